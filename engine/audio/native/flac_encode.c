/* libsndfile's encoder, writing into memory that grows. */
#include "flac_encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WRITING = 0x20,           /* SFM_WRITE */
    FORMAT_FLAC = 0x170000,   /* SF_FORMAT_FLAC; the subformat of 8, 16 and 24 bits is 1, 2 and 3 */
    SET_COMPRESSION = 0x1301, /* SFC_SET_COMPRESSION_LEVEL */
    TARGET_RATE_HZ = 16000,
    FIRST_ROOM = 1 << 16,
    WIDENED = 1024, /* samples that are widened at once */
};

static int64_t length(void *memory) { return ((flac_encoder *)memory)->size; }

static int64_t tell(void *memory) { return ((flac_encoder *)memory)->at; }

static int64_t seek(int64_t offset, int whence, void *memory)
{
    flac_encoder *encoder = memory;
    int64_t to = offset + (whence == SEEK_CUR ? encoder->at : whence == SEEK_END ? encoder->size : 0);
    if (to < 0 || to > encoder->size) return -1;
    return encoder->at = to;
}

static int64_t read_back(void *into, int64_t bytes, void *memory)
{
    flac_encoder *encoder = memory;
    if (bytes > encoder->size - encoder->at) bytes = encoder->size - encoder->at;
    if (bytes > 0) memcpy(into, encoder->bytes + encoder->at, (size_t)bytes);
    encoder->at += bytes;
    return bytes;
}

static int64_t write(const void *from, int64_t bytes, void *memory)
{
    flac_encoder *encoder = memory;
    if (encoder->at + bytes > encoder->room) {
        int64_t room = encoder->room < FIRST_ROOM ? FIRST_ROOM : encoder->room;
        while (room < encoder->at + bytes) room += room / 2;
        uint8_t *larger = realloc(encoder->bytes, (size_t)room);
        if (larger == NULL) return encoder->no_memory = 1, 0;
        encoder->bytes = larger;
        encoder->room = room;
    }
    memcpy(encoder->bytes + encoder->at, from, (size_t)bytes);
    encoder->at += bytes;
    if (encoder->at > encoder->size) encoder->size = encoder->at;
    return bytes;
}

int flac_begin_encoding(flac_encoder *encoder, const gonogo_sndfile *library, unsigned sample_bits, double level)
{
    sndfile_memory_calls calls = {length, seek, read_back, write, tell};
    sndfile_info info = {.samplerate = TARGET_RATE_HZ, .channels = 1, .format = FORMAT_FLAC | (int)sample_bits / 8};
    *encoder = (flac_encoder){.library = library, .sample_bits = sample_bits};
    encoder->file = library->open_virtual(&calls, WRITING, &info, encoder);
    if (encoder->file == NULL) return -1;
    return library->command(encoder->file, SET_COMPRESSION, &level, sizeof level) ? 0 : -1;
}

/* libsndfile takes samples of 8 and 24 bits in the upper bits of wider numbers. */
static int encode_8(flac_encoder *encoder, const uint8_t *stored, int64_t frames)
{
    int16_t wide[WIDENED];
    for (int64_t i = 0; i < frames; i++) wide[i] = (int16_t)(uint16_t)(stored[i] << 8);
    return encoder->library->writef_short(encoder->file, wide, frames) == frames ? 0 : -1;
}

static int encode_24(flac_encoder *encoder, const uint8_t *stored, int64_t frames)
{
    int32_t wide[WIDENED];
    for (int64_t i = 0; i < frames; i++, stored += 3)
        wide[i] = (int32_t)((uint32_t)stored[0] << 8 | (uint32_t)stored[1] << 16 | (uint32_t)stored[2] << 24);
    return encoder->library->writef_int(encoder->file, wide, frames) == frames ? 0 : -1;
}

int flac_encode(flac_encoder *encoder, const uint8_t *stored, int64_t frames)
{
    unsigned bytes = encoder->sample_bits / 8;
    if (bytes == 2)
        return encoder->library->writef_short(encoder->file, (const void *)stored, frames) == frames ? 0 : -1;
    for (int64_t done = 0; done < frames; done += WIDENED) {
        int64_t count = frames - done < WIDENED ? frames - done : WIDENED;
        const uint8_t *from = stored + done * bytes;
        if ((bytes == 1 ? encode_8(encoder, from, count) : encode_24(encoder, from, count)) != 0) return -1;
    }
    return 0;
}

int flac_end_encoding(flac_encoder *encoder)
{
    if (encoder->file == NULL) return 0;
    int outcome = encoder->library->close(encoder->file);
    encoder->file = NULL;
    return outcome == 0 && !encoder->no_memory ? 0 : -1;
}
