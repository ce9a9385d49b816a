/* FLAC encoded into memory by libsndfile, without Python between the two. */
#ifndef GONOGO_FLAC_ENCODE_H
#define GONOGO_FLAC_ENCODE_H

#include "gonogo.h"

/* What libsndfile's interface has of it (sndfile.h of 1.2): counts of frames and bytes have 64 bits. */
typedef struct SNDFILE_tag sndfile;
typedef struct {
    int64_t frames;
    int samplerate, channels, format, sections, seekable;
} sndfile_info;
typedef struct {
    int64_t (*length)(void *memory);
    int64_t (*seek)(int64_t offset, int whence, void *memory);
    int64_t (*read)(void *into, int64_t bytes, void *memory);
    int64_t (*write)(const void *from, int64_t bytes, void *memory);
    int64_t (*tell)(void *memory);
} sndfile_memory_calls;

/* Functions of the libsndfile that Python has loaded. */
typedef struct {
    sndfile *(*open_virtual)(sndfile_memory_calls *, int mode, sndfile_info *, void *memory);
    int (*command)(sndfile *, int command, void *data, int data_bytes);
    int64_t (*writef_short)(sndfile *, const int16_t *, int64_t frames);
    int64_t (*writef_int)(sndfile *, const int32_t *, int64_t frames);
    int (*close)(sndfile *);
} gonogo_sndfile;

typedef struct {
    const gonogo_sndfile *library;
    sndfile *file;
    unsigned sample_bits;
    uint8_t *bytes; /* the caller frees them */
    int64_t size, room, at;
    int no_memory;
} flac_encoder;

/* Open an encoder of mono at 16 kHz; the encoder must stay where it is until it is closed. 0, or -1. */
int flac_begin_encoding(flac_encoder *encoder, const gonogo_sndfile *library, unsigned sample_bits, double level);

/* Append samples, stored as a WAV of that width stores them. 0, or -1. */
int flac_encode(flac_encoder *encoder, const uint8_t *stored, int64_t frames);

/* Write the length and the MD5 into STREAMINFO; also lets go an encoder that is given up. 0, or -1. */
int flac_end_encoding(flac_encoder *encoder);

#endif
