/* The transformation of MD5 (RFC 1321, section 3.4) on MD5_LANES streams at once; compiled for each instruction set.
 *
 * A vector of GCC's is a number here as any other: one lane is the plain algorithm. */
#include "md5.h"

#include <string.h>

#if MD5_LANES == 1
typedef uint32_t numbers;
#else
typedef uint32_t numbers __attribute__((vector_size(4 * MD5_LANES)));
#endif

enum { WORDS = MD5_BLOCK_BYTES / 4 };

#define ROTATED(x, by) ((x) << (by) | (x) >> (32 - (by)))
/* The four functions of section 3.4; the first two and the third written with the newest value, b, last. */
#define F(b, c, d) ((((c) ^ (d)) & (b)) ^ (d))
#define G(b, c, d) ((((b) ^ (c)) & (d)) ^ (c))
#define H(b, c, d) (((c) ^ (d)) ^ (b))
#define I(b, c, d) (((b) | ~(d)) ^ (c))
#define STEP(f, a, b, c, d, word, by, sine) \
    a += (word) + (sine); \
    a += f(b, c, d); \
    a = ROTATED(a, by) + b;
#define FOUR(f, w0, w1, w2, w3, r0, r1, r2, r3, s0, s1, s2, s3) \
    STEP(f, a, b, c, d, word[w0], r0, s0) \
    STEP(f, d, a, b, c, word[w1], r1, s1) \
    STEP(f, c, d, a, b, word[w2], r2, s2) \
    STEP(f, b, c, d, a, word[w3], r3, s3)

/* The constants are the integer part of 2**32 * |sin(n)|, n from 1 to 64. */
static inline __attribute__((always_inline)) void transform(numbers state[4], const numbers word[WORDS])
{
    numbers a = state[0], b = state[1], c = state[2], d = state[3];
    FOUR(F, 0, 1, 2, 3, 7, 12, 17, 22, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee)
    FOUR(F, 4, 5, 6, 7, 7, 12, 17, 22, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501)
    FOUR(F, 8, 9, 10, 11, 7, 12, 17, 22, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be)
    FOUR(F, 12, 13, 14, 15, 7, 12, 17, 22, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821)
    FOUR(G, 1, 6, 11, 0, 5, 9, 14, 20, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa)
    FOUR(G, 5, 10, 15, 4, 5, 9, 14, 20, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8)
    FOUR(G, 9, 14, 3, 8, 5, 9, 14, 20, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed)
    FOUR(G, 13, 2, 7, 12, 5, 9, 14, 20, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a)
    FOUR(H, 5, 8, 11, 14, 4, 11, 16, 23, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c)
    FOUR(H, 1, 4, 7, 10, 4, 11, 16, 23, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70)
    FOUR(H, 13, 0, 3, 6, 4, 11, 16, 23, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05)
    FOUR(H, 9, 12, 15, 2, 4, 11, 16, 23, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665)
    FOUR(I, 0, 7, 14, 5, 6, 10, 15, 21, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039)
    FOUR(I, 12, 3, 10, 1, 6, 10, 15, 21, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1)
    FOUR(I, 8, 15, 6, 13, 6, 10, 15, 21, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1)
    FOUR(I, 4, 11, 2, 9, 6, 10, 15, 21, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static inline uint32_t little_endian(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/* Word i of each lane's block at `at` becomes word[i]. */
static inline __attribute__((always_inline)) void gather(const uint8_t *const bytes[MD5_LANES], size_t at,
                                                         numbers *word)
{
    uint32_t gathered[WORDS][MD5_LANES];
    for (unsigned lane = 0; lane < MD5_LANES; lane++)
        for (unsigned i = 0; i < WORDS; i++) gathered[i][lane] = little_endian(bytes[lane] + at + 4 * i);
    memcpy(word, gathered, sizeof gathered);
}

#if MD5_LANES > 1 && defined __GNUC__ && !defined __clang__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define COUNT_16 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define COUNT_8 0, 1, 2, 3, 4, 5, 6, 7
#define COUNT_4 0, 1, 2, 3
#define COUNT_OF(lanes) COUNT_##lanes
#define COUNT(lanes) COUNT_OF(lanes)

/* One step of Eklundh's transposition: rows and columns whose numbers differ in one bit change places. */
static inline __attribute__((always_inline)) void exchange(numbers *rows, unsigned bit)
{
    if (bit >= MD5_LANES) return;
    const numbers column = {COUNT(MD5_LANES)};
    const numbers other = (numbers)((column & bit) != 0) & (MD5_LANES - bit);
#pragma GCC unroll 16
    for (unsigned row = 0; row < MD5_LANES; row++) {
        if (row & bit) continue;
        numbers above = rows[row], below = rows[row + bit];
        rows[row] = __builtin_shuffle(above, below, column + other);
        rows[row + bit] = __builtin_shuffle(above, below, column + other + bit);
    }
}

/* The same through registers, as many words at once as there are lanes. */
static inline __attribute__((always_inline)) void transpose(const uint8_t *const bytes[MD5_LANES], size_t at,
                                                            numbers *word)
{
#pragma GCC unroll 4
    for (unsigned first = 0; first < WORDS; first += MD5_LANES) {
        numbers *rows = word + first;
#pragma GCC unroll 16
        for (unsigned lane = 0; lane < MD5_LANES; lane++)
            memcpy(&rows[lane], bytes[lane] + at + 4 * (size_t)first, sizeof(numbers));
        exchange(rows, 1);
        exchange(rows, 2);
        exchange(rows, 4);
        exchange(rows, 8);
    }
}
#define gather transpose
#endif

void MD5_NAME(md5_lane *lanes, unsigned count, size_t blocks)
{
    const uint8_t *bytes[MD5_LANES];
    uint32_t of_lanes[4][MD5_LANES];
    numbers state[4], word[WORDS];
    for (unsigned lane = 0; lane < MD5_LANES; lane++) {
        /* A lane without a stream does the first one's work again. */
        const md5_lane *of = &lanes[lane < count ? lane : 0];
        bytes[lane] = of->bytes;
        for (unsigned i = 0; i < 4; i++) of_lanes[i][lane] = of->state[i];
    }
    memcpy(state, of_lanes, sizeof state);
    for (size_t block = 0; block < blocks; block++) {
        gather(bytes, block * MD5_BLOCK_BYTES, word);
        transform(state, word);
    }
    memcpy(of_lanes, state, sizeof state);
    for (unsigned lane = 0; lane < count; lane++) {
        for (unsigned i = 0; i < 4; i++) lanes[lane].state[i] = of_lanes[i][lane];
        lanes[lane].bytes += blocks * MD5_BLOCK_BYTES;
        lanes[lane].blocks -= blocks;
    }
}
