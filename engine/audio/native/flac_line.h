/* FLAC clips from 48 kHz to 16 kHz mono: decoded, proven, decimated and encoded window by window. */
#ifndef GONOGO_FLAC_LINE_H
#define GONOGO_FLAC_LINE_H

#include "decimate.h"
#include "flac_encode.h"

enum gonogo_flac_state {
    GONOGO_FLAC_RUNNING,
    GONOGO_FLAC_CONVERTED,
    GONOGO_FLAC_UNSURE,    /* not what this decoder knows, or damaged: libFLAC has to look at it */
    GONOGO_FLAC_NO_MEMORY,
    GONOGO_FLAC_NOT_ENCODED,
};

typedef struct {
    /* The clip; its bytes must stay. */
    const uint8_t *bytes;
    uint64_t size;
    uint64_t audio_at; /* where its first frame begins */
    int64_t frames;    /* the rest is of STREAMINFO: samples per channel, */
    int32_t channels;
    int32_t sample_bits; /* 8, 16 or 24, */
    int32_t longest;     /* frames in the longest block, */
    uint8_t md5[16];     /* and the MD5 of the samples, which must be there */
    double level;        /* of compression, 0 to 1 */
    /* What came of it. */
    int32_t state;
    const uint8_t *result; /* the encoded clip, valid until it is let go */
    int64_t result_bytes;
    gonogo_report report;
    void *work;
} gonogo_flac_clip;

/* Begin with a clip; its state tells whether there was memory. The library's functions must stay. */
GONOGO_API void gonogo_flac_begin(gonogo_flac_clip *clip, int isa, const gonogo_sndfile *library);

/* Bring up to 16 clips forward, each by up to `windows` windows of about 35,000 frames; those that no longer run are
 * left alone. Returns how many still do. What a clip becomes does not depend on those beside it. */
GONOGO_API unsigned gonogo_flac_run(gonogo_flac_clip **clips, unsigned count, unsigned windows);

/* Let go what a clip has, its result too. */
GONOGO_API void gonogo_flac_end(gonogo_flac_clip *clip);

#endif
