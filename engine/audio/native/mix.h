/* Stored samples to numbers, many channels to their sum. */
#ifndef GONOGO_MIX_H
#define GONOGO_MIX_H

#include <stdint.h>

#include "decimate.h"
#include "kernel.h"

/* A clip, as much of it as is held. */
typedef struct {
    int format, channels, frame_bytes;
    const char *held; /* frame `first` */
    int64_t first, clip_frames;
    gonogo_report *report;
    int isa;
} gonogo_clip;

int gonogo_sample_bytes(int format);

/* Frames [from, from + count) as the sums of their channels, in units of the format's last bit (of the sample's own,
   where it is stored in the upper bits); zeros where the clip has none. The report gets the energies of those in
   [told_from, told_to). Formats of 8 and 16 bits only. */
void gonogo_mix_floats(const gonogo_clip *clip, int64_t told_from, int64_t told_to, int64_t from, int64_t count,
                       float *mixed);

/* The same for every format. */
void gonogo_mix_doubles(const gonogo_clip *clip, int64_t told_from, int64_t told_to, int64_t from, int64_t count,
                        double *mixed);

/* Look through the samples of frames [from, to), as many as the clip has, for one that cannot be filtered. */
void gonogo_find_unreal(const gonogo_clip *clip, int64_t from, int64_t to);

#endif
