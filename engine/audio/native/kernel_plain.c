#define LANES 4
#define KERNEL gonogo_kernel_plain
#include "kernel_body.h"
