#define MD5_NAME md5_lanes_avx2
#define MD5_LANES 8
#include "md5_body.h"
