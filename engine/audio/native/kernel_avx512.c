#define LANES 16
#define KERNEL gonogo_kernel_avx512
#include "kernel_body.h"
