/* The FFTs over a stretch of a clip, batch by batch: windows in, results out. */
#include <string.h>

#include "memory.h"
#include "method.h"
#include "store.h"

enum {
    BLOCK_FRAMES = PHASES * BLOCK, /* from one block to the next */
    MOST_BLOCKS = PARTS * MOST_LANES,
};

/* Where a batch's windows and results lie that cannot lie in the caller's buffers. */
typedef struct {
    char work[WORK_BYTES];
    union {
        float mixed[(MOST_BLOCKS - 1) * BLOCK_FRAMES + WINDOW];
        int16_t windows[MOST_BLOCKS][WINDOW]; /* of blocks at the ends of the clip */
    } in;
    int16_t results[MOST_BLOCKS][BLOCK];
} bench;

_Static_assert(sizeof(bench) <= GONOGO_MEMORY_BYTES, "a batch needs more memory than a thread has");

/* A window of a clip of 16 bits and one channel, filled up with zeros where the clip has none. */
static const int16_t *window_of(const gonogo_clip *clip, int64_t from, int16_t *padded)
{
    int64_t start = from < 0 ? 0 : from, end = from + WINDOW < clip->clip_frames ? from + WINDOW : clip->clip_frames;
    if (end - start < WINDOW) memset(padded, 0, WINDOW * sizeof *padded);
    if (start >= end) return padded;
    const char *stored = clip->held + (start - clip->first) * clip->frame_bytes;
    if (end - start == WINDOW) return (const int16_t *)stored;
    memcpy(padded + (start - from), stored, (size_t)(end - start) * sizeof *padded);
    return padded;
}

/* Point the batch to its windows; `frame` is where the first block's results begin. Lanes that are left over make the
   first window's results again, which nobody reads. */
static void take_windows(gonogo_batch *batch, const gonogo_clip *clip, int64_t frame, int blocks, bench *work)
{
    batch->mixed = clip->format != GONOGO_S16 || clip->channels != 1;
    if (batch->mixed)
        gonogo_mix_floats(clip, frame, frame + (int64_t)blocks * BLOCK_FRAMES, frame - BLOCK_BEFORE,
                          (int64_t)(blocks - 1) * BLOCK_FRAMES + WINDOW, work->in.mixed);
    for (int block = 0; block < MOST_BLOCKS; block++) {
        int64_t from = frame + (int64_t)block * BLOCK_FRAMES - BLOCK_BEFORE;
        const void **in = &batch->in[block % PARTS][block / PARTS];
        if (block >= blocks) *in = batch->in[0][0];
        else if (batch->mixed) *in = work->in.mixed + block * BLOCK_FRAMES;
        else *in = window_of(clip, from, work->in.windows[block]);
    }
}

/* Point the batch to where its results go: into `results`, or where they are cut or stored otherwise from there. */
static void place_results(gonogo_batch *batch, int64_t count, int16_t *results, bench *work)
{
    for (int block = 0; block < MOST_BLOCKS; block++) {
        int64_t left = count - (int64_t)block * BLOCK;
        int32_t wanted = left < 0 ? 0 : left < BLOCK ? (int32_t)left : BLOCK;
        batch->count[block % PARTS][block / PARTS] = wanted;
        batch->out[block % PARTS][block / PARTS] =
            results && wanted == BLOCK ? results + block * BLOCK : work->results[block];
    }
}

/* Store what is not yet in its place. */
static void store_rest(const gonogo_batch *batch, int format, int blocks, char *results, const bench *work)
{
    const int bytes = gonogo_sample_bytes(format);
    for (int block = 0; block < blocks; block++)
        if (batch->out[block % PARTS][block / PARTS] == work->results[block])
            gonogo_store_whole(format, work->results[block], batch->count[block % PARTS][block / PARTS],
                               results + block * BLOCK * bytes);
}

/* The widest kernel that does not leave half of its lanes empty where a narrower one would do; four lanes of plain C
   take longer than eight of AVX2, even if those are half empty. */
static const gonogo_kernel *kernel_for(int isa, int64_t pairs)
{
    while (isa > GONOGO_AVX2 && pairs <= gonogo_kernel_of(isa - 1)->lanes) isa--;
    return gonogo_kernel_of(isa);
}

int64_t gonogo_by_fft(const gonogo_clip *clip, int64_t first, int64_t count, void *results, void *memory)
{
    bench *work = memory;
    const int bytes = gonogo_sample_bytes(clip->format);
    const int32_t high = gonogo_largest(clip->format);
    gonogo_batch batch = {.scale = 1.0f / (float)clip->channels, .low = -high - 1, .high = high};
    int64_t held = 0;
    for (int64_t done = 0; done < count;) {
        int64_t pairs = (count - done + PARTS * BLOCK - 1) / (PARTS * BLOCK);
        const gonogo_kernel *kernel = kernel_for(clip->isa, pairs);
        const int blocks = PARTS * (pairs < kernel->lanes ? (int)pairs : kernel->lanes);
        char *at = (char *)results + done * bytes;
        take_windows(&batch, clip, PHASES * (first + done), blocks, work);
        place_results(&batch, count - done, clip->format == GONOGO_S16 ? (int16_t *)at : NULL, work);
        held += kernel->convolve(&batch, work->work);
        store_rest(&batch, clip->format, blocks, at, work);
        done += blocks * BLOCK;
    }
    return held;
}
