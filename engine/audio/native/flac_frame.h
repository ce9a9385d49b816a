/* The frames of a FLAC stream, one after the other. */
#ifndef GONOGO_FLAC_FRAME_H
#define GONOGO_FLAC_FRAME_H

#include "flac_subframe.h"

enum { FLAC_MAX_CHANNELS = 8 };

typedef struct {
    flac_bits bits;
    flac_read_subframe *read_subframe;
    unsigned channels;
    unsigned sample_bits;      /* 8, 16 or 24 */
    unsigned longest;          /* frames in the longest block, as STREAMINFO has it */
    int32_t *samples;          /* channels x longest */
} flac_frames;

uint8_t flac_crc8(const uint8_t *bytes, size_t size);
uint16_t flac_crc16(const uint8_t *bytes, size_t size);

/* Decode the next block into interleaved samples as a WAV of this width would store them, at most `room` frames.
 * Returns the frames that it has, or -1 where it is not one that this decoder is sure of. */
int flac_next_block(flac_frames *stream, uint8_t *stored, unsigned room);

#endif
