/* The sum over the taps as it is written down, in double precision, results in lanes.

   Integer samples of up to 24 bits make it exact, because a tap is a whole number of units: see decimate.py. For others
   the order counts, and it is the same for every result: in the order of the frames. */
#ifndef GONOGO_DIRECT_H
#define GONOGO_DIRECT_H

#include "kernel.h"
#include "lanes.h"

enum {
    DOUBLES = LANES / 2,
    AT_ONCE = 8, /* vectors of results: their sums need not wait for each other, and share what is read of the taps */
};

_Static_assert(DIRECT_BLOCK % (AT_ONCE * DOUBLES) == 0, "a block of results is a whole number of what is made at once");

static void sum_directly(const double *mixed, double *results, int count)
{
    const gonogo_plan *plan = gonogo_the_plan();
    for (int m = 0; m < count; m += AT_ONCE * DOUBLES) {
        doubles sums[AT_ONCE] = {0};
        for (int j = 0; j < DIRECT_TAPS + PHASES * (DOUBLES - 1); j++) {
            const doubles taps = load_doubles(plan->staggered_taps[j]);
            for (int i = 0; i < AT_ONCE; i++) sums[i] += taps * mixed[PHASES * (m + i * DOUBLES) + j];
        }
        for (int i = 0; i < AT_ONCE; i++) memcpy(results + m + i * DOUBLES, &sums[i], sizeof sums[i]);
    }
}

#endif
