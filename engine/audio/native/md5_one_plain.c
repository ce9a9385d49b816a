#define MD5_NAME md5_one_plain
#define MD5_LANES 1
#include "md5_body.h"
