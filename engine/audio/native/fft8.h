/* The FFT of eight complex numbers, in every lane at once. */
#ifndef GONOGO_FFT8_H
#define GONOGO_FFT8_H

#include "lanes.h"
#include "plan.h"

typedef struct {
    floats re, im;
} row;

INLINE row sum(row a, row b) { return (row){a.re + b.re, a.im + b.im}; }
INLINE row difference(row a, row b) { return (row){a.re - b.re, a.im - b.im}; }
INLINE row quarter_turn(row a) { return (row){a.im, -a.re}; } /* by -i */
INLINE row turned_by(row a, gonogo_number by)
{
    return (row){a.re * by.re - a.im * by.im, a.re * by.im + a.im * by.re};
}

/* The FFT of four; with the roles of re and im exchanged all of this is the inverse. */
INLINE void fft4(row a, row b, row c, row d, row *x0, row *x1, row *x2, row *x3)
{
    row even = sum(a, c), odd = difference(a, c), both = sum(b, d), side = quarter_turn(difference(b, d));
    *x0 = sum(even, both);
    *x1 = sum(odd, side);
    *x2 = difference(even, both);
    *x3 = difference(odd, side);
}

INLINE void fft8(row x[8])
{
    const float half_root = 0.70710678118654752440f; /* an eighth of a turn is (1 - i) times this */
    row d0 = difference(x[0], x[4]), d1 = difference(x[1], x[5]);
    row d2 = difference(x[2], x[6]), d3 = difference(x[3], x[7]);
    row s0 = sum(x[0], x[4]), s1 = sum(x[1], x[5]), s2 = sum(x[2], x[6]), s3 = sum(x[3], x[7]);
    d1 = (row){(d1.re + d1.im) * half_root, (d1.im - d1.re) * half_root};
    d3 = (row){(d3.im - d3.re) * half_root, (-d3.re - d3.im) * half_root};
    fft4(s0, s1, s2, s3, &x[0], &x[2], &x[4], &x[6]);
    fft4(d0, d1, quarter_turn(d2), d3, &x[1], &x[3], &x[5], &x[7]);
}

#endif
