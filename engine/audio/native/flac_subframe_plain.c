#define FLAC_READ_SUBFRAME flac_read_subframe_plain
#include "flac_subframe_body.h"
