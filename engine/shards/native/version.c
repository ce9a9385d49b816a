#include "gonogo.h"

GONOGO_API int gonogo_version(void) { return GONOGO_VERSION; }
