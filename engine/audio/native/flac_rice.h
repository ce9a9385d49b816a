/* Residuals in Rice codes (RFC 9639, section 9.2.7), several out of one word. */
#ifndef GONOGO_FLAC_RICE_H
#define GONOGO_FLAC_RICE_H

#include "flac_bits.h"

enum { GROUP = 4 }; /* residuals out of one word */

static inline int32_t unfolded(uint32_t folded) { return (int32_t)(folded >> 1 ^ (0 - (folded & 1))); }

static inline int32_t one_residual(flac_bits *bits, unsigned parameter)
{
    uint32_t quotient = (uint32_t)flac_unary(bits);
    return unfolded(quotient << parameter | flac_unsigned(bits, parameter));
}

static inline unsigned leading_zeros(uint64_t word)
{
#if defined __LZCNT__
    return (unsigned)__builtin_ia32_lzcnt_u64(word); /* 64 where there is no one */
#else
    return (unsigned)__builtin_clzll(word | 1);
#endif
}

/* Take a residual off the top of a word. Where the word ends within it, more bits are taken than a word has. */
static inline int32_t next_residual(uint64_t *word, unsigned parameter, unsigned *taken)
{
    unsigned quotient = leading_zeros(*word);
    uint64_t from_one = *word << (quotient & 63);
    *word = from_one << (parameter + 1);
    *taken += quotient + 1 + parameter;
    return unfolded(quotient << parameter | (uint32_t)(from_one << 1 >> 1 >> (63 - parameter)));
}

/* One load serves a group: the way from one load to the next is what a reader of Rice codes waits for. */
static inline __attribute__((always_inline)) void read_group(flac_bits *bits, unsigned parameter, int32_t *residual)
{
    uint64_t word = flac_peek(bits);
    unsigned taken = 0;
    for (unsigned i = 0; i < GROUP; i++) residual[i] = next_residual(&word, parameter, &taken);
    if (__builtin_expect(taken <= FLAC_WORD_BITS, 1))
        bits->at += taken;
    else
        for (unsigned i = 0; i < GROUP; i++) residual[i] = one_residual(bits, parameter);
}

#endif
