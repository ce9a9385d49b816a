/* Between memory order, one stream for each lane, and rows, one lane for each stream. */
#ifndef GONOGO_TURNED_H
#define GONOGO_TURNED_H

#include "kernel.h"
#include "lanes.h"

#if LANES == 16
#define WIDE __m512i
#define WIDE_OP(name) _mm512_##name
#elif LANES == 8
#define WIDE __m256i
#define WIDE_OP(name) _mm256_##name
#endif

#ifdef WIDE

/* Transpose 8 x 8 numbers of 16 bits in each 128 bits of eight vectors. */
INLINE void transpose_8x8(WIDE r[8])
{
    WIDE a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = WIDE_OP(unpacklo_epi16)(r[2 * i], r[2 * i + 1]);
        a[2 * i + 1] = WIDE_OP(unpackhi_epi16)(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) { /* rows 4 i to 4 i + 3; two columns in each of b[4 i] to b[4 i + 3] */
        b[4 * i] = WIDE_OP(unpacklo_epi32)(a[4 * i], a[4 * i + 2]);
        b[4 * i + 1] = WIDE_OP(unpackhi_epi32)(a[4 * i], a[4 * i + 2]);
        b[4 * i + 2] = WIDE_OP(unpacklo_epi32)(a[4 * i + 1], a[4 * i + 3]);
        b[4 * i + 3] = WIDE_OP(unpackhi_epi32)(a[4 * i + 1], a[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        r[2 * i] = WIDE_OP(unpacklo_epi64)(b[i], b[4 + i]);
        r[2 * i + 1] = WIDE_OP(unpackhi_epi64)(b[i], b[4 + i]);
    }
}

#endif

#if LANES == 16

/* What rows of int16_t are multiplied by on their way into floats; the results are divided by it. */
#define STORED_SCALE 65536.0f

INLINE void rows_of_stored(const int16_t *const streams[LANES], int at, floats rows[ROWS][PARTS], int part)
{
    __m512i r[8];
    for (int i = 0; i < 8; i++) {
        __m256i near = _mm256_loadu_si256((const __m256i *)(streams[i] + at));
        r[i] = _mm512_inserti64x4(_mm512_castsi256_si512(near),
                                  _mm256_loadu_si256((const __m256i *)(streams[i + 8] + at)), 1);
    }
    transpose_8x8(r);
    /* Of each vector the 128 bits 0 and 2 are row i, the others row i + 8. A number goes into the upper half of its
       integer: that is its sign extension times 65536. */
    const __m512i row = _mm512_set_epi16(23, 0, 22, 0, 21, 0, 20, 0, 19, 0, 18, 0, 17, 0, 16, 0, 7, 0, 6, 0, 5, 0, 4,
                                         0, 3, 0, 2, 0, 1, 0, 0, 0);
    const __m512i row_behind = _mm512_add_epi16(row, _mm512_set1_epi16(8));
    for (int i = 0; i < 8; i++) {
        rows[i][part] = (floats)_mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi16(0xAAAAAAAA, row, r[i]));
        rows[i + 8][part] = (floats)_mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi16(0xAAAAAAAA, row_behind, r[i]));
    }
}

INLINE void rows_to_streams(const ints rows[ROWS][PARTS], int part, int16_t *const streams[LANES], int at, int count)
{
    __m512i r[8];
    const __m512i halves = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    for (int i = 0; i < 8; i++) {
        __m512i packed = _mm512_packs_epi32((__m512i)rows[i][part], (__m512i)rows[i + 8][part]);
        r[i] = _mm512_permutexvar_epi64(halves, packed);
    }
    transpose_8x8(r);
    for (int i = 0; i < 8; i++) {
        __m512i in_order = _mm512_shuffle_i64x2(r[i], r[i], 0xD8);
        __m256i near = _mm512_castsi512_si256(in_order), far = _mm512_extracti64x4_epi64(in_order, 1);
        if (count == ROWS) {
            _mm256_storeu_si256((__m256i *)(streams[i] + at), near);
            _mm256_storeu_si256((__m256i *)(streams[i + 8] + at), far);
        } else {
            _mm_storeu_si128((__m128i *)(streams[i] + at), _mm256_castsi256_si128(near));
            _mm_storeu_si128((__m128i *)(streams[i + 8] + at), _mm256_castsi256_si128(far));
        }
    }
}

#elif LANES == 8

#define STORED_SCALE 1.0f

INLINE void rows_of_stored(const int16_t *const streams[LANES], int at, floats rows[ROWS][PARTS], int part)
{
    __m256i r[8];
    for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_si256((const __m256i *)(streams[i] + at));
    transpose_8x8(r);
    for (int i = 0; i < 8; i++) {
        __m256i near = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(r[i]));
        __m256i behind = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(r[i], 1));
        rows[i][part] = (floats)_mm256_cvtepi32_ps(near);
        rows[i + 8][part] = (floats)_mm256_cvtepi32_ps(behind);
    }
}

INLINE void rows_to_streams(const ints rows[ROWS][PARTS], int part, int16_t *const streams[LANES], int at, int count)
{
    __m256i r[8];
    for (int i = 0; i < 8; i++) {
        __m256i packed = _mm256_packs_epi32((__m256i)rows[i][part], (__m256i)rows[i + 8][part]);
        r[i] = _mm256_permute4x64_epi64(packed, 0xD8);
    }
    transpose_8x8(r);
    for (int i = 0; i < 8; i++) {
        if (count == ROWS) _mm256_storeu_si256((__m256i *)(streams[i] + at), r[i]);
        else _mm_storeu_si128((__m128i *)(streams[i] + at), _mm256_castsi256_si128(r[i]));
    }
}

#else

#define STORED_SCALE 1.0f

INLINE void rows_of_stored(const int16_t *const streams[LANES], int at, floats rows[ROWS][PARTS], int part)
{
    int16_t stored[LANES][ROWS];
    for (int lane = 0; lane < LANES; lane++) memcpy(stored[lane], streams[lane] + at, sizeof stored[lane]);
    for (int row = 0; row < ROWS; row++)
        for (int lane = 0; lane < LANES; lane++) rows[row][part][lane] = (float)stored[lane][row];
}

INLINE void rows_to_streams(const ints rows[ROWS][PARTS], int part, int16_t *const streams[LANES], int at, int count)
{
    int16_t stored[LANES][ROWS];
    for (int row = 0; row < ROWS; row++)
        for (int lane = 0; lane < LANES; lane++) stored[lane][row] = (int16_t)rows[row][part][lane];
    for (int lane = 0; lane < LANES; lane++)
        memcpy(streams[lane] + at, stored[lane], (size_t)count * sizeof *stored[lane]);
}

#endif

/* Rows of numbers that are floats already. */
INLINE void rows_of_mixed(const float *const streams[LANES], int at, floats rows[ROWS][PARTS], int part)
{
    for (int first = 0; first < ROWS; first += LANES) {
        floats square[LANES], turned[LANES];
        for (int i = 0; i < LANES; i++) square[i] = load_floats(streams[i] + at + first);
        /* Interleaving the first half of the rows with the second, log2(LANES) times, is a transposition. */
        for (int round = 1; round < LANES; round *= 2) {
            for (int i = 0; i < LANES / 2; i++) {
                turned[2 * i] = interleaved_low(square[i], square[i + LANES / 2]);
                turned[2 * i + 1] = interleaved_high(square[i], square[i + LANES / 2]);
            }
            memcpy(square, turned, sizeof square);
        }
        for (int i = 0; i < LANES; i++) rows[first + i][part] = square[i];
    }
}

#endif
