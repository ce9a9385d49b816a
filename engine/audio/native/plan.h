/* What samples are multiplied by: the taps, their spectra and the turns of the FFTs. */
#ifndef GONOGO_PLAN_H
#define GONOGO_PLAN_H

enum {
    FFT_LENGTH = 512,
    PHASES = 3,         /* source frames to a result: as many FFTs of every third frame make one block */
    BLOCK = 360,        /* results of a block: an even number of pairs of rows, of the 363 that are free of wrapping */
    BLOCK_BEFORE = 225, /* source frames by which a block's window begins before its first result */
    WINDOW = PHASES * FFT_LENGTH,
    RADIX = 8,
    COLUMN = FFT_LENGTH / RADIX, /* the length of the FFTs that the first pass leaves */
    DIRECT_TAPS = 449,
    MOST_DOUBLES = 8, /* in the widest vector there is */
    DIRECT_MORE = PHASES * (MOST_DOUBLES - 1),
};

typedef struct {
    float re, im;
} gonogo_number;

typedef struct {
    /* The spectrum of the taps of each phase, times 1 / FFT_LENGTH, in the order in which it is used: number i of group
       g of column k is that of frequency k + 8 g + 64 i. */
    gonogo_number spectrum[RADIX][RADIX][PHASES][RADIX];
    gonogo_number turn512[COLUMN][RADIX]; /* exp(-2 pi i n k / 512) at [n][k] */
    gonogo_number turn64[RADIX][RADIX];   /* exp(-2 pi i n k / 64) at [n][k] */
    /* What frame j counts in the results that stand side by side in a vector: tap j - 3 i in number i. */
    double staggered_taps[DIRECT_TAPS + DIRECT_MORE][MOST_DOUBLES];
} gonogo_plan;

/* The one plan there is, made by whoever asks first. */
const gonogo_plan *gonogo_the_plan(void);

#endif
