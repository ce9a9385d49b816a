/* The sums over a stretch of a clip, as many results at once as stay in the nearest cache. */
#include <string.h>

#include "memory.h"
#include "method.h"
#include "store.h"

enum {
    AT_ONCE = 16 * DIRECT_BLOCK, /* results: with fewer, more frames are mixed twice; twice as many gain 2 % */
    REACH = DIRECT_TAPS / 2,     /* frames on either side of the one that a result stands on */
    FRAMES = PHASES * AT_ONCE + DIRECT_TAPS + DIRECT_MORE,
};

typedef struct {
    double mixed[FRAMES], results[AT_ONCE];
} bench;

_Static_assert(sizeof(bench) <= GONOGO_MEMORY_BYTES, "the sums need more memory than a thread has");

/* Results [first, first + count), at most AT_ONCE; returns how many were held. */
static int64_t make_some(const gonogo_clip *clip, int64_t first, int count, char *results, bench *work)
{
    const int padded = (count + DIRECT_BLOCK - 1) / DIRECT_BLOCK * DIRECT_BLOCK;
    const int needed = PHASES * (count - 1) + DIRECT_TAPS, read = PHASES * (padded - 1) + DIRECT_TAPS + DIRECT_MORE;
    gonogo_mix_doubles(clip, PHASES * first, PHASES * (first + count), PHASES * first - REACH, needed, work->mixed);
    memset(work->mixed + needed, 0, (size_t)(read - needed) * sizeof *work->mixed);
    gonogo_kernel_of(clip->isa)->sum(work->mixed, work->results, padded);
    for (int i = 0; i < count && clip->channels > 1; i++) work->results[i] /= clip->channels;
    return gonogo_store(clip->format, work->results, count, results);
}

int64_t gonogo_by_sums(const gonogo_clip *clip, int64_t first, int64_t count, void *results, void *memory)
{
    const int bytes = gonogo_sample_bytes(clip->format);
    int64_t held = 0;
    for (int64_t done = 0; done < count; done += AT_ONCE) {
        int some = count - done < AT_ONCE ? (int)(count - done) : AT_ONCE;
        held += make_some(clip, first + done, some, (char *)results + done * bytes, memory);
    }
    return held;
}
