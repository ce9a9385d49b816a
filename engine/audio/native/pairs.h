/* Two channels of 16 bits to their sum, with the energies of both and of it, exact. */
#ifndef GONOGO_PAIRS_H
#define GONOGO_PAIRS_H

#include "kernel.h"
#include "lanes.h"
#include "turned.h"

#ifdef WIDE

typedef uint32_t words __attribute__((vector_size(4 * LANES)));
typedef uint64_t long_words __attribute__((vector_size(4 * LANES)));

INLINE long_words added(long_words to, words numbers)
{
    return to + ((long_words)numbers & 0xFFFFFFFF) + ((long_words)numbers >> 32);
}

INLINE uint64_t total(long_words of)
{
    uint64_t sum = 0;
    for (int i = 0; i < LANES / 2; i++) sum += of[i];
    return sum;
}

/* (l + r)**2 is l**2 + r**2 + 2 l r. The last of these is -2**31 + 65,536 to 2**31, which a biased word holds. */
static int64_t mix_pairs(const void *samples, int64_t frames, float *mixed, int64_t energies[2])
{
    const uint32_t bias = 0x7FFFFFFF;
    const int64_t whole = frames - frames % LANES;
    long_words squares = {0}, products = {0};
    for (int64_t i = 0; i < whole; i += LANES) {
        WIDE pairs;
        memcpy(&pairs, (const char *)samples + 4 * i, sizeof pairs);
        words exchanged = (words)pairs << 16 | (words)pairs >> 16;
        floats sums = __builtin_convertvector((ints)WIDE_OP(madd_epi16)(pairs, WIDE_OP(set1_epi16)(1)), floats);
        memcpy(mixed + i, &sums, sizeof sums);
        squares = added(squares, (words)WIDE_OP(madd_epi16)(pairs, pairs));
        products = added(products, (words)WIDE_OP(madd_epi16)(pairs, (WIDE)exchanged) + bias);
    }
    energies[0] += (int64_t)total(squares);
    energies[1] += (int64_t)total(squares) + (int64_t)total(products) - whole * (int64_t)bias;
    return whole;
}

#define MIX_PAIRS mix_pairs

#else

#define MIX_PAIRS 0

#endif

#endif
