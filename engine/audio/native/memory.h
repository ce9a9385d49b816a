/* The memory that a thread converts in: asked for once, given back when the thread ends. */
#ifndef GONOGO_MEMORY_H
#define GONOGO_MEMORY_H

#include <stddef.h>

/* Memory of this thread, aligned to a line of the cache, of GONOGO_MEMORY_BYTES; NULL where there is none. */
void *gonogo_memory(void);

enum { GONOGO_MEMORY_BYTES = 512 << 10 };

#endif
