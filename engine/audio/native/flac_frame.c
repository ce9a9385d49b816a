/* A frame: its header, its subframes, its checksums (RFC 9639, section 9).
 *
 * What is rare is refused as well as what is wrong: the caller then asks libFLAC, and its word counts. */
#include "flac_frame.h"

enum {
    SYNC = 0x3FFE << 1, /* 14 bits and a zero */
    RATE_OF_STREAM = 0,
    RATE_48_KHZ = 10,
    LEFT_SIDE = 8, /* channel assignments; below them: independent channels */
    SIDE_RIGHT = 9,
    MID_SIDE = 10,
    MAX_NUMBER_BYTES = 7,
};

typedef struct {
    unsigned frames;
    unsigned assignment;
} header;

static unsigned block_frames(flac_bits *bits, unsigned code)
{
    if (code == 0) return 0;
    if (code == 1) return 192;
    if (code <= 5) return 576U << (code - 2);
    if (code == 6) return flac_unsigned(bits, 8) + 1;
    if (code == 7) return flac_unsigned(bits, 16) + 1;
    return 256U << (code - 8);
}

/* Pass the number of the frame, coded as UTF-8 codes a character: where frames are missing, the MD5 tells. */
static int pass_number(flac_bits *bits)
{
    unsigned first = flac_unsigned(bits, 8), more = 0;
    while (first & 0x80U >> more) more++;
    if (more == 1 || more > MAX_NUMBER_BYTES) return -1;
    for (; more > 1; more--)
        if (flac_unsigned(bits, 8) >> 6 != 2) return -1;
    return 0;
}

static unsigned width_of(unsigned code)
{
    static const uint8_t widths[] = {0, 8, 12, 0, 16, 20, 24, 32};
    return widths[code];
}

static int read_header(flac_frames *stream, header *read)
{
    flac_bits *bits = &stream->bits;
    size_t start = (size_t)(bits->at / 8);
    if (flac_unsigned(bits, 15) != SYNC) return -1;
    flac_unsigned(bits, 1); /* whether blocks are all of one length, which changes nothing here */
    unsigned length_code = flac_unsigned(bits, 4), rate_code = flac_unsigned(bits, 4);
    read->assignment = flac_unsigned(bits, 4);
    unsigned width_code = flac_unsigned(bits, 3), reserved = flac_unsigned(bits, 1);
    if (pass_number(bits) != 0) return -1;
    read->frames = block_frames(bits, length_code);
    size_t end = (size_t)(bits->at / 8);
    if (end >= bits->size || flac_unsigned(bits, 8) != flac_crc8(bits->bytes + start, end - start)) return -1;
    unsigned channels = read->assignment < LEFT_SIDE ? read->assignment + 1 : 2;
    int as_stream = reserved == 0 && (width_code == 0 || width_of(width_code) == stream->sample_bits)
                    && (rate_code == RATE_OF_STREAM || rate_code == RATE_48_KHZ) && channels == stream->channels
                    && read->assignment <= MID_SIDE;
    return as_stream && read->frames > 0 && read->frames <= stream->longest ? 0 : -1;
}

/* The channel that holds a difference has one bit more. */
static unsigned channel_bits(const flac_frames *stream, unsigned assignment, unsigned channel)
{
    int is_side = assignment == SIDE_RIGHT ? channel == 0 : assignment >= LEFT_SIDE && channel == 1;
    return stream->sample_bits + (unsigned)is_side;
}

/* Wrong bits may overflow here: the arithmetic is without signs. */
static void undo_stereo(unsigned assignment, int32_t *first, int32_t *second, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        uint32_t a = (uint32_t)first[i], b = (uint32_t)second[i];
        if (assignment == LEFT_SIDE) {
            b = a - b;
        } else if (assignment == SIDE_RIGHT) {
            a = a + b;
        } else {
            uint32_t sum = a << 1 | (b & 1);
            a = (uint32_t)((int32_t)(sum + b) >> 1);
            b = (uint32_t)((int32_t)(sum - b) >> 1);
        }
        first[i] = (int32_t)a;
        second[i] = (int32_t)b;
    }
}

static void store(const flac_frames *stream, unsigned frames, uint8_t *stored)
{
    unsigned channels = stream->channels, bytes = stream->sample_bits / 8;
    for (unsigned channel = 0; channel < channels; channel++) {
        const int32_t *samples = stream->samples + (size_t)channel * stream->longest;
        uint8_t *to = stored + (size_t)channel * bytes;
        if (bytes == 2 && channels == 1) { /* as most are: a loop of its own becomes vector code */
            for (unsigned i = 0; i < frames; i++) {
                uint16_t low = (uint16_t)samples[i];
                memcpy(to + 2 * (size_t)i, &low, 2);
            }
            return;
        }
        for (unsigned i = 0; i < frames; i++, to += (size_t)channels * bytes)
            for (unsigned byte = 0; byte < bytes; byte++) to[byte] = (uint8_t)((uint32_t)samples[i] >> 8 * byte);
    }
}

int flac_next_block(flac_frames *stream, uint8_t *stored, unsigned room)
{
    header read;
    flac_bits *bits = &stream->bits;
    size_t start = (size_t)(bits->at / 8);
    if (read_header(stream, &read) != 0 || read.frames > room) return -1;
    for (unsigned channel = 0; channel < stream->channels; channel++) {
        int32_t *samples = stream->samples + (size_t)channel * stream->longest;
        if (stream->read_subframe(bits, read.frames, channel_bits(stream, read.assignment, channel), samples) != 0)
            return -1;
    }
    bits->at = (bits->at + 7) / 8 * 8;
    size_t end = (size_t)(bits->at / 8);
    if (end + 2 > bits->size || flac_unsigned(bits, 16) != flac_crc16(bits->bytes + start, end - start)) return -1;
    if (read.assignment >= LEFT_SIDE)
        undo_stereo(read.assignment, stream->samples, stream->samples + stream->longest, read.frames);
    store(stream, read.frames, stored);
    return (int)read.frames;
}
