/* How a subframe is decoded (RFC 9639, section 9.2); compiled for each instruction set under a name of its own.
 *
 * Everything is whole numbers: what comes out is the same everywhere. Nothing is trusted: sums are so wide, and shifts
 * so limited, that any bits whatever only give wrong samples, which the stream's MD5 tells. */

#if defined __GNUC__ && !defined __clang__
/* Gathering the numbers of a prediction into vectors takes longer than predicting: 4 % of decoding. */
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

#include "flac_rice.h"
#include "flac_subframe.h"

enum {
    MAX_ORDER = 32,
    FIRST_FIXED = 8, /* types of subframe */
    LAST_FIXED = 12,
    FIRST_LPC = 32,
    MAX_PRECISION = 15,
    MAX_SHIFT = 15,
};

static const int8_t FIXED_TAPS[5][4] = {{0}, {1}, {2, -1}, {3, -3, 1}, {4, -6, 4, -1}};

/* How a channel is predicted from its past. */
typedef struct {
    int64_t taps[MAX_ORDER]; /* the first is for the newest sample */
    unsigned order;
    unsigned shift;
} predictor;

/* Add a prediction to its residual. The residual goes into the sum before the shift, which changes nothing, and the
 * newest sample comes last into it: the next prediction waits for it. */
static inline __attribute__((always_inline)) int32_t predicted(uint64_t *past, const predictor *by, unsigned order,
                                                               int32_t residual)
{
    uint64_t sum = (uint64_t)(int64_t)residual << by->shift;
    for (unsigned i = order; i-- > 0;) sum += past[i] * (uint64_t)by->taps[i];
    uint64_t sample = (uint64_t)((int64_t)sum >> by->shift);
    for (unsigned i = order; i-- > 1;) past[i] = past[i - 1];
    if (order > 0) past[0] = sample;
    return (int32_t)sample;
}

/* Read residuals and turn them into samples as they come: the processor does the two side by side. With a constant
 * order the past stays in registers. */
static inline __attribute__((always_inline)) void read_rice(flac_bits *stream, unsigned parameter, int32_t *samples,
                                                            unsigned count, const predictor *by, unsigned order)
{
    flac_bits bits = *stream;
    uint64_t past[MAX_ORDER];
    for (unsigned i = 0; i < order; i++) past[i] = (uint64_t)(int64_t)samples[-1 - (int)i];
    unsigned done = 0;
    for (; count - done >= GROUP; done += GROUP) {
        int32_t residual[GROUP];
        read_group(&bits, parameter, residual);
        for (unsigned i = 0; i < GROUP; i++) samples[done + i] = predicted(past, by, order, residual[i]);
    }
    for (; done < count; done++) samples[done] = predicted(past, by, order, one_residual(&bits, parameter));
    *stream = bits;
}

#define OF_ORDER(n) \
    case n: read_rice(bits, parameter, samples, count, by, n); return;

static void read_rice_partition(flac_bits *bits, unsigned parameter, int32_t *samples, unsigned count,
                                const predictor *by)
{
    switch (by->order) {
        OF_ORDER(0) OF_ORDER(1) OF_ORDER(2) OF_ORDER(3) OF_ORDER(4) OF_ORDER(5) OF_ORDER(6)
        OF_ORDER(7) OF_ORDER(8) OF_ORDER(9) OF_ORDER(10) OF_ORDER(11) OF_ORDER(12)
        default: read_rice(bits, parameter, samples, count, by, by->order);
    }
}

static void read_raw_partition(flac_bits *bits, int32_t *samples, unsigned count, const predictor *by)
{
    uint64_t past[MAX_ORDER];
    unsigned width = flac_unsigned(bits, 5);
    for (unsigned i = 0; i < by->order; i++) past[i] = (uint64_t)(int64_t)samples[-1 - (int)i];
    for (unsigned i = 0; i < count; i++) samples[i] = predicted(past, by, by->order, flac_signed(bits, width));
}

static int read_partitions(flac_bits *bits, unsigned frames, int32_t *samples, const predictor *by)
{
    unsigned method = flac_unsigned(bits, 2), partitions_log2 = flac_unsigned(bits, 4);
    unsigned parameter_width = method == 0 ? 4 : 5, escape = (1U << parameter_width) - 1;
    unsigned length = frames >> partitions_log2, done = by->order;
    if (method > 1 || length << partitions_log2 != frames || length < by->order) return -1;
    for (unsigned end = length; end <= frames; end += length) {
        unsigned parameter = flac_unsigned(bits, parameter_width);
        if (parameter == escape)
            read_raw_partition(bits, samples + done, end - done, by);
        else
            read_rice_partition(bits, parameter, samples + done, end - done, by);
        if (flac_bits_left_the_stream(bits)) return -1;
        done = end;
    }
    return 0;
}

static int read_predicted(flac_bits *bits, unsigned frames, unsigned width, unsigned type, int32_t *samples)
{
    predictor by = {.order = type >= FIRST_LPC ? type - FIRST_LPC + 1 : type - FIRST_FIXED};
    if (by.order > frames) return -1;
    for (unsigned i = 0; i < by.order; i++) samples[i] = flac_signed(bits, width);
    if (type < FIRST_LPC) {
        for (unsigned i = 0; i < by.order; i++) by.taps[i] = FIXED_TAPS[by.order][i];
    } else {
        unsigned precision = flac_unsigned(bits, 4) + 1;
        by.shift = flac_unsigned(bits, 5); /* a negative one, which would be larger than 15, is invalid */
        if (precision > MAX_PRECISION || by.shift > MAX_SHIFT) return -1;
        for (unsigned i = 0; i < by.order; i++) by.taps[i] = flac_signed(bits, precision);
    }
    return read_partitions(bits, frames, samples, &by);
}

int FLAC_READ_SUBFRAME(flac_bits *bits, unsigned frames, unsigned width, int32_t *samples)
{
    unsigned type = flac_unsigned(bits, 7), wasted = 0; /* the first of the seven bits is zero */
    if (flac_unsigned(bits, 1)) wasted = (unsigned)flac_unary(bits) + 1;
    if (wasted >= width) return -1;
    width -= wasted;
    if (type == 0) {
        int32_t constant = flac_signed(bits, width);
        for (unsigned i = 0; i < frames; i++) samples[i] = constant;
    } else if (type == 1) {
        for (unsigned i = 0; i < frames; i++) samples[i] = flac_signed(bits, width);
    } else if ((type >= FIRST_FIXED && type <= LAST_FIXED) || (type >= FIRST_LPC && type < 2 * FIRST_LPC)) {
        if (read_predicted(bits, frames, width, type, samples) != 0) return -1;
    } else {
        return -1;
    }
    for (unsigned i = 0; wasted != 0 && i < frames; i++) samples[i] = (int32_t)((uint32_t)samples[i] << wasted);
    return flac_bits_left_the_stream(bits) ? -1 : 0;
}
