#define LANES 8
#define KERNEL gonogo_kernel_avx2
#include "kernel_body.h"
