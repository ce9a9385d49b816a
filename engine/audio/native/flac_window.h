/* What is held of a clip's samples, and the proof that they are those that were encoded. */
#ifndef GONOGO_FLAC_WINDOW_H
#define GONOGO_FLAC_WINDOW_H

#include "flac_frame.h"
#include "flac_line.h"
#include "md5.h"

typedef struct {
    const gonogo_flac_clip *clip;
    flac_frames stream;
    unsigned frame_bytes;
    uint8_t *held;             /* frames first to have, interleaved */
    int64_t first, have, room; /* room: frames that can be held at once */
    md5_lane hash;             /* with what is next of the samples */
    int64_t hashed_bytes;      /* those that the hash has or is given */
} flac_window;

/* 0, or -1 where there is no memory; `most` frames and a little more can be held. */
int flac_open_window(flac_window *window, const gonogo_flac_clip *clip, int isa, int64_t most);

/* Decode up to frame `end`, the rest of its block too, and keep what is there from frame `needed` on. All whole blocks
 * of the hash wait in it to be taken in. Nonzero where the stream cannot be decoded with certainty. */
int flac_fill(flac_window *window, int64_t needed, int64_t end);

/* Whether the stream ends with the last frame, and the samples are those that were encoded. */
int flac_is_proven(flac_window *window);

void flac_close_window(flac_window *window);

#endif
