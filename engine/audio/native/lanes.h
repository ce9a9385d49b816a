/* Vectors of LANES floats or integers, and what the compiler's operators on them lack. */
#ifndef GONOGO_LANES_H
#define GONOGO_LANES_H

#ifndef LANES
#error "the including file says for how many lanes it is compiled"
#endif

#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef double doubles __attribute__((vector_size(4 * LANES)));

#define INLINE static inline __attribute__((always_inline))

INLINE floats load_floats(const void *from)
{
    floats loaded;
    memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

INLINE doubles load_doubles(const void *from)
{
    doubles loaded;
    memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

INLINE ints held_to(ints numbers, ints low, ints high)
{
#if LANES == 16
    return (ints)_mm512_max_epi32(_mm512_min_epi32((__m512i)numbers, (__m512i)high), (__m512i)low);
#elif LANES == 8
    return (ints)_mm256_max_epi32(_mm256_min_epi32((__m256i)numbers, (__m256i)high), (__m256i)low);
#else
    ints over = numbers > high, under = numbers < low;
    return (high & over) | (low & under) | (numbers & ~(over | under));
#endif
}

/* To the nearest integer, half way to the even one, for magnitudes below 2**22: beside 1.5 * 2**23 a float has no room
   for more than the integer. */
INLINE ints rounded(floats numbers)
{
    const floats beside = (floats){0} + 12582912.0f;
    return (ints)(numbers + beside) - (ints)beside;
}

/* Numbers of two vectors by their places: those of the second follow those of the first. */
#ifdef __clang__
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLED(a, b, ...) __builtin_shuffle(a, b, (ints){__VA_ARGS__})
#endif

/* a[0], b[0], a[1], b[1] and so on: the first LANES of them, and the others. */
INLINE floats interleaved_low(floats a, floats b)
{
#if LANES == 16
    return SHUFFLED(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif LANES == 8
    return SHUFFLED(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
    return SHUFFLED(a, b, 0, 4, 1, 5);
#endif
}

INLINE floats interleaved_high(floats a, floats b)
{
#if LANES == 16
    return SHUFFLED(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LANES == 8
    return SHUFFLED(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
    return SHUFFLED(a, b, 2, 6, 3, 7);
#endif
}

#endif
