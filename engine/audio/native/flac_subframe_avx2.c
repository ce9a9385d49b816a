/* What matters here is not AVX2 but the instructions on single bits that came with it, which its flag does not name. */
#if !defined __clang__
#pragma GCC target("lzcnt,bmi,bmi2")
#endif
#define FLAC_READ_SUBFRAME flac_read_subframe_avx2
#include "flac_subframe_body.h"
