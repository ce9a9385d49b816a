/* Streams of different lengths on lanes that go in step. */
#include "md5.h"

#include "decimate.h"

#include <string.h>

const uint32_t MD5_START[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

enum {
    LENGTH_BYTES = 8,
    /* Two streams in vector registers take no less time than one after the other. */
    FEWEST_SIDE_BY_SIDE = 3,
};

static md5_side_by_side *for_instruction_set(int isa, unsigned *most)
{
#if defined __x86_64__
    if (isa == GONOGO_AVX512) return *most = 16, md5_lanes_avx512;
    if (isa == GONOGO_AVX2) return *most = 8, md5_lanes_avx2;
#endif
    (void)isa;
    return *most = 4, md5_lanes_plain;
}

void md5_take(int isa, md5_lane *lanes, unsigned count)
{
    unsigned most;
    md5_side_by_side *several = for_instruction_set(isa, &most);
    for (;;) {
        md5_lane waiting[MD5_MOST_LANES];
        unsigned from[MD5_MOST_LANES], taken = 0;
        size_t fewest = SIZE_MAX;
        for (unsigned i = 0; i < count && taken < most; i++) {
            if (lanes[i].blocks == 0) continue;
            if (lanes[i].blocks < fewest) fewest = lanes[i].blocks;
            from[taken] = i;
            waiting[taken++] = lanes[i];
        }
        if (taken == 0) return;
        if (taken < FEWEST_SIDE_BY_SIDE)
            for (unsigned i = 0; i < taken; i++) md5_one_plain(&waiting[i], 1, waiting[i].blocks);
        else
            several(waiting, taken, fewest);
        for (unsigned i = 0; i < taken; i++) lanes[from[i]] = waiting[i];
    }
}

void md5_finish(md5_lane *lane, const uint8_t *last, uint64_t total_bytes, uint8_t *digest)
{
    uint8_t padded[2 * MD5_BLOCK_BYTES] = {0};
    size_t size = (size_t)(total_bytes % MD5_BLOCK_BYTES);
    size_t blocks = size + 1 + LENGTH_BYTES <= MD5_BLOCK_BYTES ? 1 : 2;
    if (size > 0) memcpy(padded, last, size);
    padded[size] = 0x80;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        padded[blocks * MD5_BLOCK_BYTES - LENGTH_BYTES + i] = (uint8_t)(8 * total_bytes >> 8 * i);
    lane->bytes = padded;
    lane->blocks = blocks;
    md5_one_plain(lane, 1, blocks);
    for (unsigned i = 0; i < MD5_DIGEST_BYTES; i++) digest[i] = (uint8_t)(lane->state[i / 4] >> 8 * (i % 4));
}

void gonogo_md5(int isa, unsigned count, const uint8_t *const *streams, const uint64_t *sizes, size_t piece_blocks,
                uint8_t *digests)
{
    md5_lane lanes[MD5_MOST_LANES];
    if (count > MD5_MOST_LANES || piece_blocks == 0) return;
    for (unsigned i = 0; i < count; i++) {
        memcpy(lanes[i].state, MD5_START, sizeof MD5_START);
        lanes[i].bytes = streams[i];
    }
    for (int more = 1; more;) {
        more = 0;
        for (unsigned i = 0; i < count; i++) {
            size_t left = (size_t)(sizes[i] - (uint64_t)(lanes[i].bytes - streams[i])) / MD5_BLOCK_BYTES;
            lanes[i].blocks = left < piece_blocks ? left : piece_blocks;
            more |= left > lanes[i].blocks;
        }
        md5_take(isa, lanes, count);
    }
    for (unsigned i = 0; i < count; i++)
        md5_finish(&lanes[i], lanes[i].bytes, sizes[i], digests + (size_t)i * MD5_DIGEST_BYTES);
}
