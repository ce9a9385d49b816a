/* The plan is derived from the integer taps in double precision, in one order: its bits are the same everywhere. */
#include "plan.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "tables.h"

#if FLT_EVAL_METHOD != 0
#error "this processor's floats are wider than their type: results would not be those of other machines"
#endif

static gonogo_plan the_plan;
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* cos(2 pi part / 512), of any part of the turn. */
static double cosine(int part)
{
    part &= FFT_LENGTH - 1;
    if (part > FFT_LENGTH / 2) part = FFT_LENGTH - part;
    return part > FFT_LENGTH / 4 ? -gonogo_cosines[FFT_LENGTH / 2 - part] : gonogo_cosines[part];
}

/* sin(2 pi part / 512). */
static double sine(int part) { return cosine(part - FFT_LENGTH / 4); }

static gonogo_number turn(int part) { return (gonogo_number){(float)cosine(part), (float)-sine(part)}; }

static double tap(int offset)
{
    int distance = abs(offset);
    return distance > GONOGO_TAPS_REACH ? 0.0 : (double)gonogo_taps[GONOGO_TAPS_REACH - distance];
}

/* The taps of one phase, tap(3 d - phase) at place d - 75 of the circle: so result t of a block stands at place t. */
static gonogo_number spectrum(int phase, int frequency)
{
    const int reach = BLOCK_BEFORE / PHASES;
    const double unit = 1.0 / ((double)(1 << GONOGO_UNIT_BITS) * FFT_LENGTH);
    double re = 0.0, im = 0.0;
    for (int d = 1 - reach; d <= reach; d++) {
        int part = (int)((unsigned)(frequency * (d - reach)) % FFT_LENGTH);
        re += tap(PHASES * d - phase) * cosine(part);
        im -= tap(PHASES * d - phase) * sine(part);
    }
    return (gonogo_number){(float)(re * unit), (float)(im * unit)};
}

static void make_taps(void)
{
    for (int j = 0; j < DIRECT_TAPS + DIRECT_MORE; j++)
        for (int i = 0; i < MOST_DOUBLES; i++)
            the_plan.staggered_taps[j][i] = tap(j - PHASES * i - GONOGO_TAPS_REACH) / (1 << GONOGO_UNIT_BITS);
}

static void make_spectra(void)
{
    for (int k = 0; k < RADIX; k++)
        for (int group = 0; group < RADIX; group++)
            for (int phase = 0; phase < PHASES; phase++)
                for (int i = 0; i < RADIX; i++)
                    the_plan.spectrum[k][group][phase][i] = spectrum(phase, k + RADIX * group + COLUMN * i);
}

static void make_turns(void)
{
    for (int n = 0; n < COLUMN; n++)
        for (int k = 0; k < RADIX; k++) the_plan.turn512[n][k] = turn(n * k);
    for (int n = 0; n < RADIX; n++)
        for (int k = 0; k < RADIX; k++) the_plan.turn64[n][k] = turn(FFT_LENGTH / COLUMN * n * k);
}

static void make(void)
{
    make_taps();
    make_spectra();
    make_turns();
}

const gonogo_plan *gonogo_the_plan(void)
{
    pthread_once(&made, make);
    return &the_plan;
}
