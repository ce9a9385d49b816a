/* Clips side by side on their way from the decoder to the encoder. */
#include "flac_line.h"

#include "flac_window.h"

#include <stdlib.h>

enum {
    /* A whole pass of the widest kernel, which takes 16 pairs of blocks; of 16 bits it stays in a core's cache. */
    WINDOW_RESULTS = 16 * GONOGO_STEP,
    FACTOR = 3,
};

typedef struct {
    int isa;
    flac_window window;
    flac_encoder encoder;
    uint8_t *results; /* mono */
    int64_t results_done;
} line;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t result_count(const gonogo_flac_clip *clip) { return (clip->frames + FACTOR - 1) / FACTOR; }

static int format_of(const gonogo_flac_clip *clip)
{
    return clip->sample_bits == 8 ? GONOGO_S8 : clip->sample_bits == 16 ? GONOGO_S16 : GONOGO_S24;
}

void gonogo_flac_begin(gonogo_flac_clip *clip, int isa, const gonogo_sndfile *library)
{
    line *work = calloc(1, sizeof *work);
    clip->work = work;
    clip->report = (gonogo_report){.unreal = -1};
    clip->result = NULL;
    clip->state = GONOGO_FLAC_NO_MEMORY;
    if (work == NULL || flac_open_window(&work->window, clip, isa, FACTOR * WINDOW_RESULTS + 2 * GONOGO_REACH) != 0)
        return;
    work->isa = isa;
    work->results = malloc((size_t)least(result_count(clip), WINDOW_RESULTS) * ((size_t)clip->sample_bits / 8));
    if (work->results == NULL) return;
    int opened = flac_begin_encoding(&work->encoder, library, (unsigned)clip->sample_bits, clip->level);
    clip->state = opened == 0 ? GONOGO_FLAC_RUNNING : GONOGO_FLAC_NOT_ENCODED;
}

void gonogo_flac_end(gonogo_flac_clip *clip)
{
    line *work = clip->work;
    if (work == NULL) return;
    flac_end_encoding(&work->encoder);
    free(work->encoder.bytes);
    free(work->results);
    flac_close_window(&work->window);
    free(work);
    clip->work = NULL;
    clip->result = NULL;
}

/* Decode what the next results stand on. */
static void fill(gonogo_flac_clip *clip)
{
    line *work = clip->work;
    int64_t needed = FACTOR * work->results_done - GONOGO_REACH;
    int64_t end = least(clip->frames, FACTOR * (work->results_done + WINDOW_RESULTS) + GONOGO_REACH);
    if (flac_fill(&work->window, needed, end) != 0) clip->state = GONOGO_FLAC_UNSURE;
}

static void finish(gonogo_flac_clip *clip)
{
    line *work = clip->work;
    if (flac_end_encoding(&work->encoder) != 0) {
        clip->state = work->encoder.no_memory ? GONOGO_FLAC_NO_MEMORY : GONOGO_FLAC_NOT_ENCODED;
        return;
    }
    clip->result = work->encoder.bytes;
    clip->result_bytes = work->encoder.size;
    clip->state = GONOGO_FLAC_CONVERTED;
}

/* Turn what was decoded into results, and those into FLAC. */
static void convert(gonogo_flac_clip *clip)
{
    line *work = clip->work;
    flac_window *window = &work->window;
    int64_t results = least(result_count(clip) - work->results_done, WINDOW_RESULTS);
    int is_last = work->results_done + results == result_count(clip); /* then all frames are there */
    if (is_last && !flac_is_proven(window)) {
        clip->state = GONOGO_FLAC_UNSURE;
        return;
    }
    int outcome = gonogo_decimate(work->isa, format_of(clip), clip->channels, window->held, window->first,
                                  window->have - window->first, clip->frames, work->results_done, results,
                                  work->results, &clip->report);
    work->results_done += results;
    if (outcome != GONOGO_DONE) {
        clip->state = outcome == GONOGO_NO_MEMORY ? GONOGO_FLAC_NO_MEMORY : GONOGO_FLAC_UNSURE;
    } else if (flac_encode(&work->encoder, work->results, results) != 0) {
        clip->state = work->encoder.no_memory ? GONOGO_FLAC_NO_MEMORY : GONOGO_FLAC_NOT_ENCODED;
    } else if (is_last) {
        finish(clip);
    }
}

static void take_in(gonogo_flac_clip **running, unsigned count)
{
    md5_lane lanes[MD5_MOST_LANES];
    for (unsigned i = 0; i < count; i++) lanes[i] = ((line *)running[i]->work)->window.hash;
    md5_take(((line *)running[0]->work)->isa, lanes, count);
    for (unsigned i = 0; i < count; i++) ((line *)running[i]->work)->window.hash = lanes[i];
}

static unsigned still_running(gonogo_flac_clip **clips, unsigned count, gonogo_flac_clip **running)
{
    unsigned found = 0;
    for (unsigned i = 0; i < count && found < MD5_MOST_LANES; i++)
        if (clips[i]->state == GONOGO_FLAC_RUNNING) running[found++] = clips[i];
    return found;
}

unsigned gonogo_flac_run(gonogo_flac_clip **clips, unsigned count, unsigned windows)
{
    gonogo_flac_clip *running[MD5_MOST_LANES];
    unsigned left = still_running(clips, count, running);
    for (; left > 0 && windows > 0; windows--) {
        for (unsigned i = 0; i < left; i++) fill(running[i]);
        left = still_running(clips, count, running);
        if (left > 0) take_in(running, left);
        for (unsigned i = 0; i < left; i++) convert(running[i]);
        left = still_running(clips, count, running);
    }
    return left;
}
