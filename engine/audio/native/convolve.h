/* Overlap-save convolution of a batch of blocks, a pair of them in each lane.

   A window of 1,536 frames is three interleaved windows of 512, one for each phase; each is transformed by an FFT of
   three passes of radix 8, multiplied by the spectrum of the phase's taps, and their sum is transformed back. The first
   pass leaves eight independent columns of 64, small enough to stay in the nearest cache until they are transformed
   back. Frequencies are never put in order: the transform back undoes the same passes in reverse. */
#ifndef GONOGO_CONVOLVE_H
#define GONOGO_CONVOLVE_H

#include "fft8.h"
#include "turned.h"

/* A row more than a column has: columns that lie a power of two apart would fight for the same lines of the cache. */
enum { COLUMN_ROWS = COLUMN + 1 };
/* Columns of 64 results that a block reaches into. */
enum { RESULT_COLUMNS = (BLOCK + COLUMN - 1) / COLUMN };

typedef struct {
    row columns[PHASES][RADIX][COLUMN_ROWS];
    row results[RADIX][COLUMN_ROWS];
    floats in[RADIX][ROWS][PARTS];
    ints out[RESULT_COLUMNS][ROWS][PARTS];
} workshop;

INLINE row swapped(row a) { return (row){a.im, a.re}; }

INLINE void read_rows(const gonogo_batch *batch, int at, floats rows[ROWS][PARTS])
{
    for (int part = 0; part < PARTS; part++) {
        if (batch->mixed) rows_of_mixed((const float *const *)batch->in[part], at, rows, part);
        else rows_of_stored((const int16_t *const *)batch->in[part], at, rows, part);
    }
}

/* The first pass, from memory into the columns. */
static void split(const gonogo_batch *batch, const gonogo_plan *plan, workshop *work)
{
    for (int chunk = 0; chunk < WINDOW / RADIX / ROWS; chunk++) {
        for (int i = 0; i < RADIX; i++) read_rows(batch, i * (WINDOW / RADIX) + chunk * ROWS, work->in[i]);
        for (int frame = 0; frame < ROWS; frame++) {
            int n = (chunk * ROWS + frame) / PHASES, phase = (chunk * ROWS + frame) % PHASES;
            row x[RADIX];
            for (int i = 0; i < RADIX; i++) x[i] = (row){work->in[i][frame][0], work->in[i][frame][1]};
            fft8(x);
            work->columns[phase][0][n] = x[0];
            for (int k = 1; k < RADIX; k++) work->columns[phase][k][n] = turned_by(x[k], plan->turn512[n][k]);
        }
    }
}

/* The second pass, in place: leaves eight groups of eight. */
INLINE void split_column(row *column, const gonogo_plan *plan)
{
    for (int n = 0; n < RADIX; n++) {
        row x[RADIX];
        for (int i = 0; i < RADIX; i++) x[i] = column[n + RADIX * i];
        fft8(x);
        column[n] = x[0];
        for (int k = 1; k < RADIX; k++) column[n + RADIX * k] = turned_by(x[k], plan->turn64[n][k]);
    }
}

/* The third pass of each phase, the product with its spectrum, their sum, and the first pass back. */
INLINE void filter_group(workshop *work, const gonogo_plan *plan, int k, int group)
{
    row all[RADIX];
    for (int phase = 0; phase < PHASES; phase++) {
        const gonogo_number *spectrum = plan->spectrum[k][group][phase];
        row x[RADIX];
        for (int i = 0; i < RADIX; i++) x[i] = work->columns[phase][k][RADIX * group + i];
        fft8(x);
        for (int i = 0; i < RADIX; i++) {
            row product = turned_by(x[i], spectrum[i]);
            all[i] = phase ? sum(all[i], product) : product;
        }
    }
    for (int i = 0; i < RADIX; i++) all[i] = swapped(all[i]);
    fft8(all);
    work->results[k][RADIX * group] = all[0];
    for (int n = 1; n < RADIX; n++)
        work->results[k][RADIX * group + n] = turned_by(all[n], plan->turn64[n][group]);
}

/* The second pass back. */
INLINE void join_column(row *column, const gonogo_plan *plan, int k)
{
    for (int n = 0; n < RADIX; n++) {
        row x[RADIX];
        for (int i = 0; i < RADIX; i++) x[i] = column[n + RADIX * i];
        fft8(x);
        for (int i = 0; i < RADIX; i++)
            column[n + RADIX * i] = turned_by(x[i], plan->turn512[n + RADIX * i][k]);
    }
}

/* Rows of results that begin at `at` in their blocks; returns how many were held in each lane, on top of `held`. */
INLINE ints write_rows(const gonogo_batch *batch, ints rows[ROWS][PARTS], int at, int count, ints held)
{
    const ints low = (ints){0} + batch->low, high = (ints){0} + batch->high;
    for (int part = 0; part < PARTS; part++) {
        ints of_clip;
        memcpy(&of_clip, batch->count[part], sizeof of_clip);
        for (int i = 0; i < ROWS; i++) {
            ints within = held_to(rows[i][part], low, high);
            held -= (within != rows[i][part]) & (of_clip > at + i);
            rows[i][part] = within;
        }
        rows_to_streams((const ints(*)[PARTS])rows, part, (int16_t *const *)batch->out[part], at, count);
    }
    return held;
}

/* The last pass back, from the columns into memory. */
static int64_t join(const gonogo_batch *batch, workshop *work)
{
    const float scale = batch->mixed ? batch->scale : batch->scale / STORED_SCALE;
    ints held = {0};
    for (int chunk = 0; chunk < COLUMN; chunk += ROWS) {
        for (int n = 0; n < ROWS; n++) {
            row x[RADIX];
            for (int k = 0; k < RADIX; k++) x[k] = work->results[k][chunk + n];
            fft8(x);
            for (int i = 0; i < RESULT_COLUMNS; i++) {
                work->out[i][n][0] = rounded(x[i].im * scale);
                work->out[i][n][1] = rounded(x[i].re * scale);
            }
        }
        for (int i = 0; i < RESULT_COLUMNS; i++) {
            int at = COLUMN * i + chunk;
            if (at < BLOCK) held = write_rows(batch, work->out[i], at, BLOCK - at < ROWS ? BLOCK - at : ROWS, held);
        }
    }
    int64_t all_held = 0;
    for (int lane = 0; lane < LANES; lane++) all_held += held[lane];
    return all_held;
}

static int64_t convolve(const gonogo_batch *batch, void *memory)
{
    const gonogo_plan *plan = gonogo_the_plan();
    workshop *work = memory;
    split(batch, plan, work);
    for (int k = 0; k < RADIX; k++) {
        for (int phase = 0; phase < PHASES; phase++) split_column(work->columns[phase][k], plan);
        for (int group = 0; group < RADIX; group++) filter_group(work, plan, k, group);
        join_column(work->results[k], plan, k);
    }
    return join(batch, work);
}

#endif
