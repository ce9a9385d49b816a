/* What bare libFLAC costs: decode FLAC clips, then encode others at level 5, all in memory, one thread.
 *
 * Usage: bare_flac ROUNDS SOURCES RESULTS
 *   ROUNDS   how often each half is done
 *   SOURCES  a text file with the path of a 48 kHz FLAC clip on each line: they are decoded
 *   RESULTS  the same with their 16 kHz conversions: their samples, decoded beforehand and not counted, are encoded
 * Prints one line a round: CPU seconds of decoding, of encoding, and bytes of PCM that each took.
 *
 * As a program on libFLAC does it by default: the decoder does not check the MD5, the encoder writes one. Each decoded
 * block is copied out as 16-bit samples, which is the least that anyone who uses it must do.
 * Build: cc -O2 -o bare_flac flac_bare.c -lFLAC
 */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEVEL = 5, LONGEST_PATH = 4096, MOST_CLIPS = 100000, BITS = 16 };

typedef struct {
    unsigned char *bytes;
    size_t size, at;
} Memory;

typedef struct {
    Memory file;
    int16_t *samples; /* interleaved */
    size_t count, room;
    unsigned channels, rate_hz;
} Clip;

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", what, name);
    exit(1);
}

static void *grown(void *memory, size_t bytes)
{
    void *larger = realloc(memory, bytes);
    if (larger == NULL) fail("no memory", "for a clip");
    return larger;
}

static FLAC__StreamDecoderReadStatus give(const FLAC__StreamDecoder *decoder, FLAC__byte into[], size_t *bytes, void *data)
{
    Memory *file = &((Clip *)data)->file;
    size_t left = file->size - file->at;
    (void)decoder;
    if (*bytes > left) *bytes = left;
    if (*bytes == 0) return FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
    memcpy(into, file->bytes + file->at, *bytes);
    file->at += *bytes;
    return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

static FLAC__StreamDecoderWriteStatus take(const FLAC__StreamDecoder *decoder, const FLAC__Frame *frame,
                                           const FLAC__int32 *const channel[], void *data)
{
    Clip *clip = data;
    unsigned channels = frame->header.channels, frames = frame->header.blocksize;
    (void)decoder;
    clip->channels = channels;
    clip->rate_hz = frame->header.sample_rate;
    if (clip->count + (size_t)frames * channels > clip->room) {
        clip->room = 2 * (clip->count + (size_t)frames * channels);
        clip->samples = grown(clip->samples, clip->room * sizeof *clip->samples);
    }
    int16_t *out = clip->samples + clip->count;
    for (unsigned i = 0; i < frames; i++)
        for (unsigned c = 0; c < channels; c++) *out++ = (int16_t)channel[c][i];
    clip->count += (size_t)frames * channels;
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

static void refuse(const FLAC__StreamDecoder *decoder, FLAC__StreamDecoderErrorStatus status, void *data)
{
    (void)decoder, (void)data;
    fail("a clip cannot be decoded", FLAC__StreamDecoderErrorStatusString[status]);
}

static void decode(Clip *clip)
{
    FLAC__StreamDecoder *decoder = FLAC__stream_decoder_new();
    clip->file.at = clip->count = 0;
    if (FLAC__stream_decoder_init_stream(decoder, give, NULL, NULL, NULL, NULL, take, NULL, refuse, clip) != 0
        || !FLAC__stream_decoder_process_until_end_of_stream(decoder))
        fail("a clip cannot be decoded", "");
    FLAC__stream_decoder_delete(decoder);
}

static FLAC__StreamEncoderWriteStatus keep(const FLAC__StreamEncoder *encoder, const FLAC__byte bytes[], size_t count,
                                           uint32_t samples, uint32_t frame, void *data)
{
    Memory *file = data;
    (void)encoder, (void)samples, (void)frame;
    if (file->at + count > file->size) file->bytes = grown(file->bytes, file->size = 2 * (file->at + count));
    memcpy(file->bytes + file->at, bytes, count);
    file->at += count;
    return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

static FLAC__StreamEncoderSeekStatus seek(const FLAC__StreamEncoder *encoder, FLAC__uint64 to, void *data)
{
    (void)encoder;
    ((Memory *)data)->at = (size_t)to; /* back to STREAMINFO, to write the MD5 */
    return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
}

static FLAC__StreamEncoderTellStatus tell(const FLAC__StreamEncoder *encoder, FLAC__uint64 *at, void *data)
{
    (void)encoder;
    *at = ((Memory *)data)->at;
    return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
}

static void encode(const Clip *clip, Memory *into)
{
    FLAC__StreamEncoder *encoder = FLAC__stream_encoder_new();
    FLAC__int32 *wide = grown(NULL, clip->count * sizeof *wide);
    for (size_t i = 0; i < clip->count; i++) wide[i] = clip->samples[i];
    into->at = 0;
    FLAC__stream_encoder_set_compression_level(encoder, LEVEL);
    FLAC__stream_encoder_set_channels(encoder, clip->channels);
    FLAC__stream_encoder_set_bits_per_sample(encoder, BITS);
    FLAC__stream_encoder_set_sample_rate(encoder, clip->rate_hz);
    if (FLAC__stream_encoder_init_stream(encoder, keep, seek, tell, NULL, into) != 0
        || !FLAC__stream_encoder_process_interleaved(encoder, wide, (uint32_t)(clip->count / clip->channels))
        || !FLAC__stream_encoder_finish(encoder))
        fail("a clip cannot be encoded", "");
    FLAC__stream_encoder_delete(encoder);
    free(wide);
}

static size_t load(const char *list, Clip *clips)
{
    char path[LONGEST_PATH];
    size_t count = 0;
    FILE *names = fopen(list, "r");
    if (names == NULL) fail("cannot be opened", list);
    while (count < MOST_CLIPS && fgets(path, sizeof path, names) != NULL) {
        path[strcspn(path, "\n")] = 0;
        FILE *file = fopen(path, "rb");
        if (file == NULL) fail("cannot be opened", path);
        fseek(file, 0, SEEK_END);
        Clip clip = {.file.size = (size_t)ftell(file)};
        rewind(file);
        clip.file.bytes = grown(NULL, clip.file.size);
        if (fread(clip.file.bytes, 1, clip.file.size, file) != clip.file.size) fail("cannot be read", path);
        fclose(file);
        clips[count++] = clip;
    }
    fclose(names);
    return count;
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void drop_samples(Clip *clip)
{
    free(clip->samples);
    clip->samples = NULL;
    clip->room = 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) fail("usage", "bare_flac ROUNDS SOURCES RESULTS");
    Clip *sources = grown(NULL, MOST_CLIPS * sizeof *sources), *results = grown(NULL, MOST_CLIPS * sizeof *results);
    size_t source_count = load(argv[2], sources), result_count = load(argv[3], results);
    Memory into = {0};
    for (size_t i = 0; i < result_count; i++) decode(&results[i]);
    for (int round = atoi(argv[1]); round > 0; round--) {
        size_t decoded = 0, encoded = 0;
        double start = cpu_s();
        for (size_t i = 0; i < source_count; i++) {
            decode(&sources[i]);
            decoded += sources[i].count * sizeof *sources[i].samples;
            drop_samples(&sources[i]); /* a converter does not keep them either */
        }
        double half = cpu_s();
        for (size_t i = 0; i < result_count; i++) {
            encode(&results[i], &into);
            encoded += results[i].count * sizeof *results[i].samples;
        }
        double end = cpu_s();
        printf("%.6f %.6f %zu %zu\n", half - start, end - half, decoded, encoded);
    }
    return 0;
}
