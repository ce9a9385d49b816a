#define MD5_NAME md5_lanes_plain
#define MD5_LANES 4
#include "md5_body.h"
