#define MD5_NAME md5_lanes_avx512
#define MD5_LANES 16
#include "md5_body.h"
