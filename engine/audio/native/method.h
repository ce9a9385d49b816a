/* The two methods, over a stretch of a clip. */
#ifndef GONOGO_METHOD_H
#define GONOGO_METHOD_H

#include "mix.h"

/* Results [first, first + count) of a clip, in memory of GONOGO_MEMORY_BYTES; both return how many were held. */
int64_t gonogo_by_fft(const gonogo_clip *clip, int64_t first, int64_t count, void *results, void *memory);
int64_t gonogo_by_sums(const gonogo_clip *clip, int64_t first, int64_t count, void *results, void *memory);

#endif
