/* Which method, which instruction set, and whether what is asked for can be. */
#include "decimate.h"

#include "memory.h"
#include "method.h"

/* 0.05 s. From here on one batch of the FFT, however empty, takes less time than the sums; it was measured with AVX-512
   and AVX2. Below, exact results come as a gift. */
#define SHORTEST_FFT_FRAMES 2400

GONOGO_API int gonogo_takes_fft(int format, int64_t clip_frames)
{
    const int of_8_bits = format == GONOGO_U8 || format == GONOGO_S8 || format == GONOGO_S8_IN_16;
    return (of_8_bits || format == GONOGO_S16) && clip_frames >= SHORTEST_FFT_FRAMES;
}

GONOGO_API int gonogo_best_isa(void)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return GONOGO_AVX512;
    if (__builtin_cpu_supports("avx2")) return GONOGO_AVX2;
#endif
    return GONOGO_PLAIN;
}

const gonogo_kernel *gonogo_kernel_of(int isa)
{
#ifdef __x86_64__
    if (isa == GONOGO_AVX512) return &gonogo_kernel_avx512;
    if (isa == GONOGO_AVX2) return &gonogo_kernel_avx2;
#endif
    (void)isa;
    return &gonogo_kernel_plain;
}

/* Whether the results that are asked for are there, and what they need is held. */
static int is_answerable(int64_t first, int64_t held_frames, int64_t clip_frames, int64_t out_first, int64_t out_count)
{
    const int64_t results = (clip_frames + PHASES - 1) / PHASES, out_end = out_first + out_count;
    if (clip_frames < 0 || first < 0 || held_frames < 0 || out_first < 0 || out_count < 0) return 0;
    if (out_end > results) return 0;
    if (out_first % GONOGO_STEP || (out_count % GONOGO_STEP && out_end != results)) return 0;
    int64_t from = PHASES * out_first - GONOGO_REACH, to = PHASES * out_end + GONOGO_REACH;
    if (from < 0) from = 0;
    if (to > clip_frames) to = clip_frames;
    return from >= to || (first <= from && first + held_frames >= to);
}

GONOGO_API int gonogo_decimate(int isa, int format, int channels, const void *held, int64_t first, int64_t held_frames,
                               int64_t clip_frames, int64_t out_first, int64_t out_count, void *results,
                               gonogo_report *report)
{
    if (isa < 0 || isa > gonogo_best_isa()) return GONOGO_MISUSED;
    if (format < 0 || format >= GONOGO_FORMATS || channels < 1) return GONOGO_MISUSED;
    if (!is_answerable(first, held_frames, clip_frames, out_first, out_count)) return GONOGO_MISUSED;
    void *memory = gonogo_memory();
    if (!memory) return GONOGO_NO_MEMORY;
    const gonogo_clip clip = {
        .format = format,
        .channels = channels,
        .frame_bytes = channels * gonogo_sample_bytes(format),
        .held = held,
        .first = first,
        .clip_frames = clip_frames,
        .report = report,
        .isa = isa,
    };
    if (format == GONOGO_F32 || format == GONOGO_F64)
        gonogo_find_unreal(&clip, PHASES * out_first, PHASES * (out_first + out_count));
    if (gonogo_takes_fft(format, clip_frames))
        report->saturated += gonogo_by_fft(&clip, out_first, out_count, results, memory);
    else
        report->saturated += gonogo_by_sums(&clip, out_first, out_count, results, memory);
    return GONOGO_DONE;
}
