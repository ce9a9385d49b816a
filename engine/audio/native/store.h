/* Filtered numbers to stored samples: rounded to the nearest, half way to the even one, and held to the range. */
#ifndef GONOGO_STORE_H
#define GONOGO_STORE_H

#include <stdint.h>

/* Store results in a format; return how many lay beyond its range. Floats are held to what the format can hold at all,
   not to full scale. */
int64_t gonogo_store(int format, const double *results, int count, void *stored);

/* Store results of 8 or 16 bits that are rounded and held already. */
void gonogo_store_whole(int format, const int16_t *results, int count, void *stored);

/* The largest positive number of a format of integers. */
int32_t gonogo_largest(int format);

#endif
