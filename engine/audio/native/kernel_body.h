/* The two methods, for LANES floats in a vector, in the table KERNEL. */
#include "convolve.h"
#include "direct.h"
#include "pairs.h"

_Static_assert(sizeof(workshop) <= WORK_BYTES, "a batch needs more memory than it is given");

const gonogo_kernel KERNEL = {LANES, convolve, sum_directly, MIX_PAIRS};
