/* The bits of a FLAC stream, most significant first (RFC 9639, section 5).
 *
 * Reading never leaves the stream: behind its end there are zeros, and the position tells that it was passed. */
#ifndef GONOGO_FLAC_BITS_H
#define GONOGO_FLAC_BITS_H

#include "gonogo.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t size;
    uint64_t at; /* in bits */
} flac_bits;

/* Bits of a word that are there wherever in a byte it starts. */
enum { FLAC_WORD_BITS = 57 };

static inline int flac_bits_left_the_stream(const flac_bits *bits) { return bits->at > 8 * (uint64_t)bits->size; }

static inline uint64_t flac_big_endian(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t flac_last_word(const flac_bits *bits, size_t byte)
{
    uint8_t padded[sizeof(uint64_t)] = {0};
    if (byte < bits->size) memcpy(padded, bits->bytes + byte, bits->size - byte);
    return flac_big_endian(padded);
}

/* The next bits from the top of a word down, at least FLAC_WORD_BITS of them. */
static inline uint64_t flac_peek(const flac_bits *bits)
{
    size_t byte = (size_t)(bits->at >> 3);
    int whole = byte + sizeof(uint64_t) <= bits->size;
    uint64_t word = whole ? flac_big_endian(bits->bytes + byte) : flac_last_word(bits, byte);
    return word << (bits->at & 7);
}

/* A number of 0 to 32 bits. */
static inline uint32_t flac_unsigned(flac_bits *bits, unsigned width)
{
    uint64_t word = flac_peek(bits);
    bits->at += width;
    return (uint32_t)(word >> 1 >> (63 - width));
}

static inline int32_t flac_signed(flac_bits *bits, unsigned width)
{
    if (width == 0) return 0;
    int64_t word = (int64_t)flac_peek(bits);
    bits->at += width;
    return (int32_t)(word >> (64 - width));
}

/* The zeros before the next one, which is passed as well. */
static inline uint64_t flac_unary(flac_bits *bits)
{
    uint64_t start = bits->at;
    while (!flac_bits_left_the_stream(bits)) {
        /* The lowest bits of the word may be zeros that were shifted in: only those that are there count. */
        uint64_t word = flac_peek(bits) >> (64 - FLAC_WORD_BITS) << (64 - FLAC_WORD_BITS);
        if (word != 0) {
            bits->at += (unsigned)__builtin_clzll(word);
            return bits->at++ - start;
        }
        bits->at += FLAC_WORD_BITS;
    }
    return 0;
}

#endif
