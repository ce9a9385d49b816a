/* What is compiled once for each instruction set, and called through this table. */
#ifndef GONOGO_KERNEL_H
#define GONOGO_KERNEL_H

#include <stdint.h>

#include "plan.h"

enum {
    MOST_LANES = 16,        /* floats in the widest vector there is */
    ROWS = 16,              /* frames that are turned from memory order into lanes at once */
    PARTS = 2,              /* a lane carries two blocks, as the real and the imaginary part of its FFT */
    WORK_BYTES = 320 << 10, /* what a batch of the most lanes needs */
    DIRECT_BLOCK = 64,      /* results: what the widest vectors make at once */
};

/* One batch of blocks, two to a lane: block 2 i of it is the real part in lane i, block 2 i + 1 the imaginary one. */
typedef struct {
    const void *in[PARTS][MOST_LANES]; /* WINDOW frames each: int16_t, or float where they are mixed */
    int mixed;
    int16_t *out[PARTS][MOST_LANES];  /* BLOCK results each */
    int32_t count[PARTS][MOST_LANES]; /* how many of them are of the clip */
    float scale;                      /* of the results */
    int32_t low, high;                /* what results are held to */
} gonogo_batch;

typedef struct {
    int lanes;
    /* Make a batch, in WORK_BYTES of memory aligned to a vector; return how many results were held. */
    int64_t (*convolve)(const gonogo_batch *batch, void *work);
    /* Make `count` results, a multiple of DIRECT_BLOCK; mixed[3 m] is the first of the frames that result m stands on,
       and DIRECT_MORE frames behind the last ones of those are there as well, if only as zeros. */
    void (*sum)(const double *mixed, double *results, int count);
    /* Mix frames of two channels of int16_t, as many as fill vectors, add the energies of the channels and of the mix,
       and return how many frames that were; NULL where there is no faster way than the general one. */
    int64_t (*mix_pairs)(const void *samples, int64_t frames, float *mixed, int64_t energies[2]);
} gonogo_kernel;

/* The kernel of an instruction set, which the processor has. */
const gonogo_kernel *gonogo_kernel_of(int isa);

extern const gonogo_kernel gonogo_kernel_plain, gonogo_kernel_avx2, gonogo_kernel_avx512;

#endif
