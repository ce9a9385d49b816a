/* One function for each stored type: a loop that does not ask what it reads. */
#include "mix.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Samples need not be aligned: the header of a WAV may have any even length. */
#define UNALIGNED __attribute__((packed, may_alias))
typedef struct { int16_t value; } UNALIGNED stored16;
typedef struct { int32_t value; } UNALIGNED stored32;
typedef struct { float value; } UNALIGNED stored_float;
typedef struct { double value; } UNALIGNED stored_double;
typedef struct { uint8_t low, middle; int8_t high; } UNALIGNED stored24;

static inline int32_t of_u8(const uint8_t *stored) { return *stored - 128; }
static inline int32_t of_s8(const int8_t *stored) { return *stored; }
static inline int32_t of_s16(const stored16 *stored) { return stored->value; }
static inline int32_t of_s8_in_16(const stored16 *stored) { return stored->value >> 8; }
static inline int32_t of_s24(const stored24 *stored)
{
    return stored->high * 65536 + stored->middle * 256 + stored->low;
}
static inline int32_t of_s24_in_32(const stored32 *stored) { return stored->value >> 8; }
static inline int32_t of_s32(const stored32 *stored) { return stored->value; }
static inline double of_float(const stored_float *stored) { return (double)stored->value; }
static inline double of_double(const stored_double *stored) { return stored->value; }

typedef struct {
    double of_channels, of_mix;
} energies;

/* A function that mixes samples of one type, read by VALUE, summed as SUM, into OUT. Energies are added up as ENERGY:
   exact in int64_t, as long as the frames of one call are fewer than 2**21. */
#define MIX(NAME, STORED, VALUE, SUM, ENERGY, OUT)                                                                     \
    static energies NAME(const STORED *samples, int channels, int64_t frames, OUT *mixed)                              \
    {                                                                                                                  \
        ENERGY of_channels = 0, of_mix = 0;                                                                            \
        if (channels == 1) {                                                                                           \
            for (int64_t i = 0; i < frames; i++) mixed[i] = (OUT)VALUE(samples + i);                                   \
            return (energies){0.0, 0.0};                                                                               \
        }                                                                                                              \
        for (int64_t i = 0; i < frames; i++, samples += channels) {                                                    \
            SUM sum = VALUE(samples);                                                                                  \
            of_channels += (ENERGY)sum * (ENERGY)sum;                                                                  \
            for (int channel = 1; channel < channels; channel++) {                                                     \
                SUM value = VALUE(samples + channel);                                                                  \
                of_channels += (ENERGY)value * (ENERGY)value;                                                          \
                sum += value;                                                                                          \
            }                                                                                                          \
            of_mix += (ENERGY)sum * (ENERGY)sum;                                                                       \
            mixed[i] = (OUT)sum;                                                                                       \
        }                                                                                                              \
        return (energies){(double)of_channels, (double)of_mix};                                                        \
    }

MIX(floats_of_u8, uint8_t, of_u8, int32_t, int64_t, float)
MIX(floats_of_s8, int8_t, of_s8, int32_t, int64_t, float)
MIX(floats_of_s16, stored16, of_s16, int32_t, int64_t, float)
MIX(floats_of_s8_in_16, stored16, of_s8_in_16, int32_t, int64_t, float)
MIX(doubles_of_u8, uint8_t, of_u8, int32_t, int64_t, double)
MIX(doubles_of_s8, int8_t, of_s8, int32_t, int64_t, double)
MIX(doubles_of_s16, stored16, of_s16, int32_t, int64_t, double)
MIX(doubles_of_s8_in_16, stored16, of_s8_in_16, int32_t, int64_t, double)
MIX(doubles_of_s24, stored24, of_s24, int64_t, double, double)
MIX(doubles_of_s24_in_32, stored32, of_s24_in_32, int64_t, double, double)
MIX(doubles_of_s32, stored32, of_s32, int64_t, double, double)
MIX(doubles_of_float, stored_float, of_float, double, double, double)
MIX(doubles_of_double, stored_double, of_double, double, double, double)

/* The commonest case beside one channel, by the vectors of the instruction set. */
static energies floats_of_pairs(int isa, const stored16 *samples, int64_t frames, float *mixed)
{
    int64_t exact[2] = {0, 0};
    const gonogo_kernel *kernel = gonogo_kernel_of(isa);
    int64_t done = kernel->mix_pairs ? kernel->mix_pairs(samples, frames, mixed, exact) : 0;
    energies rest = floats_of_s16(samples + 2 * done, 2, frames - done, mixed + done);
    return (energies){(double)exact[0] + rest.of_channels, (double)exact[1] + rest.of_mix};
}

static energies floats_of(const gonogo_clip *clip, const void *samples, int64_t frames, float *mixed)
{
    const int channels = clip->channels;
    if (clip->format == GONOGO_S16 && channels == 2) return floats_of_pairs(clip->isa, samples, frames, mixed);
    switch (clip->format) {
    case GONOGO_U8: return floats_of_u8(samples, channels, frames, mixed);
    case GONOGO_S8: return floats_of_s8(samples, channels, frames, mixed);
    case GONOGO_S8_IN_16: return floats_of_s8_in_16(samples, channels, frames, mixed);
    default: return floats_of_s16(samples, channels, frames, mixed);
    }
}

static energies doubles_of(const gonogo_clip *clip, const void *samples, int64_t frames, double *mixed)
{
    const int channels = clip->channels;
    switch (clip->format) {
    case GONOGO_U8: return doubles_of_u8(samples, channels, frames, mixed);
    case GONOGO_S8: return doubles_of_s8(samples, channels, frames, mixed);
    case GONOGO_S16: return doubles_of_s16(samples, channels, frames, mixed);
    case GONOGO_S8_IN_16: return doubles_of_s8_in_16(samples, channels, frames, mixed);
    case GONOGO_S24: return doubles_of_s24(samples, channels, frames, mixed);
    case GONOGO_S24_IN_32: return doubles_of_s24_in_32(samples, channels, frames, mixed);
    case GONOGO_S32: return doubles_of_s32(samples, channels, frames, mixed);
    case GONOGO_F32: return doubles_of_float(samples, channels, frames, mixed);
    default: return doubles_of_double(samples, channels, frames, mixed);
    }
}

int gonogo_sample_bytes(int format)
{
    static const int bytes[GONOGO_FORMATS] = {
        [GONOGO_U8] = 1,  [GONOGO_S8] = 1,  [GONOGO_S16] = 2,      [GONOGO_S24] = 3,       [GONOGO_S32] = 4,
        [GONOGO_F32] = 4, [GONOGO_F64] = 8, [GONOGO_S8_IN_16] = 2, [GONOGO_S24_IN_32] = 4,
    };
    return bytes[format];
}

static int64_t clamped(int64_t frame, int64_t from, int64_t to)
{
    return frame < from ? from : frame > to ? to : frame;
}

/* Mix [from, from + count) in three parts, of which the report wants the middle one, between zeros. */
#define MIX_CLIP(NAME, MIX_SAMPLES, OUT)                                                                               \
    void NAME(const gonogo_clip *clip, int64_t told_from, int64_t told_to, int64_t from, int64_t count, OUT *mixed)    \
    {                                                                                                                  \
        const int64_t start = clamped(0, from, from + count), end = clamped(clip->clip_frames, start, from + count);   \
        told_from = clamped(told_from, start, end);                                                                    \
        told_to = clamped(told_to, told_from, end);                                                                    \
        const int64_t borders[] = {start, told_from, told_to, end};                                                    \
        for (int part = 0; part < 3; part++) {                                                                         \
            int64_t at = borders[part], frames = borders[part + 1] - at;                                               \
            const char *samples = clip->held + (frames ? (at - clip->first) * clip->frame_bytes : 0);                  \
            energies heard = MIX_SAMPLES(clip, samples, frames, mixed + (at - from));                                  \
            if (part != 1) continue;                                                                                   \
            clip->report->channel_energy += heard.of_channels;                                                         \
            clip->report->mix_energy += heard.of_mix;                                                                  \
        }                                                                                                              \
        memset(mixed, 0, (size_t)(start - from) * sizeof *mixed);                                                      \
        memset(mixed + (end - from), 0, (size_t)(from + count - end) * sizeof *mixed);                                 \
    }

MIX_CLIP(gonogo_mix_floats, floats_of, float)
MIX_CLIP(gonogo_mix_doubles, doubles_of, double)

/* Magnitudes up to which the sums of the filter cannot overflow; for single precision that is all of its numbers. */
static const double largest_float = FLT_MAX, largest_double = 0x1p1000;

void gonogo_find_unreal(const gonogo_clip *clip, int64_t from, int64_t to)
{
    if (clip->report->unreal >= 0) return;
    if (to > clip->clip_frames) to = clip->clip_frames;
    const char *samples = clip->held + (from < to ? (from - clip->first) * clip->frame_bytes : 0);
    const int single = clip->format == GONOGO_F32;
    for (int64_t i = 0; i < (to - from) * clip->channels; i++) {
        double magnitude = fabs(single ? of_float((const stored_float *)samples + i)
                                       : of_double((const stored_double *)samples + i));
        if (!(magnitude <= (single ? largest_float : largest_double))) {
            clip->report->unreal = from * clip->channels + i;
            return;
        }
    }
}
