/* MD5 (RFC 1321), which FLAC keeps of its samples: of one stream, or of several side by side.
 *
 * It proves that samples are those that were encoded; nothing here relies on it against an enemy. */
#ifndef GONOGO_MD5_H
#define GONOGO_MD5_H

#include "gonogo.h"

#include <stddef.h>

enum { MD5_BLOCK_BYTES = 64, MD5_DIGEST_BYTES = 16, MD5_MOST_LANES = 16 };

/* A stream and what is next of it. */
typedef struct {
    uint32_t state[4];
    const uint8_t *bytes;
    size_t blocks;
} md5_lane;

extern const uint32_t MD5_START[4];

/* Take in the whole blocks of up to MD5_MOST_LANES streams. One stream waits for itself at each of 64 steps; several,
 * one in each lane of a register, wait together. */
void md5_take(int isa, md5_lane *lanes, unsigned count);

/* Take in the last bytes, fewer than a block, of a stream of total_bytes, and write its digest. */
void md5_finish(md5_lane *lane, const uint8_t *last, uint64_t total_bytes, uint8_t *digest);

/* The same number of blocks of each of `count` streams, as many as there are lanes or fewer. */
typedef void md5_side_by_side(md5_lane *lanes, unsigned count, size_t blocks);
md5_side_by_side md5_one_plain, md5_lanes_plain;
#if defined __x86_64__
md5_side_by_side md5_lanes_avx2, md5_lanes_avx512;
#endif

/* For tests: digests of `count` streams, 16 bytes each, cut into pieces of `piece_blocks` blocks. */
GONOGO_API void gonogo_md5(int isa, unsigned count, const uint8_t *const *streams, const uint64_t *sizes,
                           size_t piece_blocks, uint8_t *digests);

#endif
