/* One channel of one FLAC frame. */
#ifndef GONOGO_FLAC_SUBFRAME_H
#define GONOGO_FLAC_SUBFRAME_H

#include "flac_bits.h"

/* Read a subframe of `frames` samples of `width` bits; nonzero where it is not one that libFLAC's encoders make. */
typedef int flac_read_subframe(flac_bits *bits, unsigned frames, unsigned width, int32_t *samples);

flac_read_subframe flac_read_subframe_plain;
#if defined __x86_64__
flac_read_subframe flac_read_subframe_avx2;
#endif

/* The fastest of them for an instruction set; all read the same. */
flac_read_subframe *flac_subframe_reader(int isa);

#endif
