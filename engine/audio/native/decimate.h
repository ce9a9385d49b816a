/* The decimator: interleaved samples of 48 kHz in, mono of 16 kHz out, in one pass. */
#ifndef GONOGO_DECIMATE_H
#define GONOGO_DECIMATE_H

#include <stdint.h>

#include "gonogo.h"

/* How samples are stored, in the machine's byte order. The last two are what decoders of FLAC hand over: 8 and 24 bits
   in the upper bits of a wider integer. */
enum gonogo_format {
    GONOGO_U8,
    GONOGO_S8,
    GONOGO_S16,
    GONOGO_S24, /* three bytes, packed */
    GONOGO_S32,
    GONOGO_F32,
    GONOGO_F64,
    GONOGO_S8_IN_16,
    GONOGO_S24_IN_32,
    GONOGO_FORMATS
};

enum gonogo_isa { GONOGO_PLAIN, GONOGO_AVX2, GONOGO_AVX512 };

/* Results are computed in pairs of blocks of 360: where a clip is converted in several calls, each but the last one
   makes a whole number of pairs. */
#define GONOGO_STEP 720
/* Source frames on either side of those that the results stand on, which must be held as well. */
#define GONOGO_REACH 240

enum gonogo_outcome { GONOGO_DONE, GONOGO_MISUSED, GONOGO_NO_MEMORY };

typedef struct {
    double channel_energy, mix_energy; /* sums of squares, in units of the last bit; only of several channels */
    int64_t saturated;                 /* results beyond the format's range, held to its end */
    int64_t unreal; /* the first interleaved sample of the clip that is no number or too large to filter; -1: none */
} gonogo_report;

/* Make results [out_first, out_first + out_count) of a clip of clip_frames frames, in the format of its samples.

   `held` stands at frame `first` of the clip and holds held_frames interleaved frames as they are stored. Frames
   outside the clip count as zero; of those in it, all from 3 * out_first - GONOGO_REACH to
   3 * (out_first + out_count) + GONOGO_REACH must be held. out_first is a multiple of GONOGO_STEP, and so is out_count
   where it does not reach the last result, number (clip_frames + 2) / 3 - 1. Neither buffer need be aligned.

   Adds to the report what frames 3 * out_first to 3 * (out_first + out_count) have; it begins as zeros with unreal -1.
   The results are the same whatever the instruction set and however the clip is cut into calls.
   Safe to call from any number of threads; keeps half a megabyte for each until it ends. */
GONOGO_API int gonogo_decimate(int isa, int format, int channels, const void *held, int64_t first, int64_t held_frames,
                               int64_t clip_frames, int64_t out_first, int64_t out_count, void *results,
                               gonogo_report *report);

/* The widest instruction set that this processor has and this library was compiled for. */
GONOGO_API int gonogo_best_isa(void);

/* Whether a clip goes through the FFT (within half a step and a little of exact) or is summed directly (exact for
   integers of up to 24 bits): told by the clip alone, so that no machine gives other results than another. */
GONOGO_API int gonogo_takes_fft(int format, int64_t clip_frames);

#endif
