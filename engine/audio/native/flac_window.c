/* A window of samples that moves through a clip of any length. */
#include "flac_window.h"

#include <stdlib.h>

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

int flac_open_window(flac_window *window, const gonogo_flac_clip *clip, int isa, int64_t most)
{
    size_t channels = (size_t)clip->channels;
    *window = (flac_window){.clip = clip};
    window->frame_bytes = (unsigned)clip->channels * (unsigned)clip->sample_bits / 8;
    /* A header that claims much gets a window all the same, not what it claims. */
    window->room = least(clip->frames, most + clip->longest + MD5_BLOCK_BYTES);
    window->held = malloc((size_t)window->room * window->frame_bytes);
    memcpy(window->hash.state, MD5_START, sizeof MD5_START);
    window->stream = (flac_frames){
        .bits = {.bytes = clip->bytes, .size = clip->size, .at = 8 * clip->audio_at},
        .read_subframe = flac_subframe_reader(isa),
        .channels = (unsigned)clip->channels,
        .sample_bits = (unsigned)clip->sample_bits,
        .longest = (unsigned)clip->longest,
        .samples = malloc(channels * (size_t)clip->longest * sizeof(int32_t)),
    };
    return window->held == NULL || window->stream.samples == NULL ? -1 : 0;
}

void flac_close_window(flac_window *window)
{
    free(window->stream.samples);
    free(window->held);
}

static uint8_t *held_at(flac_window *window, int64_t frame)
{
    return window->held + (frame - window->first) * window->frame_bytes;
}

/* Frames that nobody needs any more make room; bytes that the hash has not had are needed. */
static void slide(flac_window *window, int64_t needed)
{
    needed = least(needed, window->hashed_bytes / window->frame_bytes);
    if (needed <= window->first) return;
    memmove(window->held, held_at(window, needed), (size_t)(window->have - needed) * window->frame_bytes);
    window->first = needed;
}

static void offer_to_hash(flac_window *window)
{
    int64_t bytes = window->have * window->frame_bytes;
    window->hash.bytes = window->held + (window->hashed_bytes - window->first * window->frame_bytes);
    window->hash.blocks = (size_t)(bytes - window->hashed_bytes) / MD5_BLOCK_BYTES;
    window->hashed_bytes += (int64_t)window->hash.blocks * MD5_BLOCK_BYTES;
}

int flac_fill(flac_window *window, int64_t needed, int64_t end)
{
    slide(window, needed);
    while (window->have < end) {
        int64_t room = least(window->room - (window->have - window->first), window->clip->frames - window->have);
        int frames = flac_next_block(&window->stream, held_at(window, window->have), (unsigned)room);
        if (frames < 0) return -1;
        window->have += frames;
    }
    offer_to_hash(window);
    return 0;
}

int flac_is_proven(flac_window *window)
{
    const gonogo_flac_clip *clip = window->clip;
    uint8_t digest[MD5_DIGEST_BYTES];
    md5_finish(&window->hash, window->hash.bytes, (uint64_t)clip->frames * window->frame_bytes, digest);
    return window->stream.bits.at == 8 * clip->size && memcmp(digest, clip->md5, sizeof digest) == 0;
}
