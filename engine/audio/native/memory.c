/* A thread that converts one clip converts many: asking the system anew for each would cost page faults. */
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

static pthread_key_t of_thread;
static pthread_once_t made = PTHREAD_ONCE_INIT;
static int is_made;

static void make(void) { is_made = pthread_key_create(&of_thread, free) == 0; }

void *gonogo_memory(void)
{
    pthread_once(&made, make);
    if (!is_made) return NULL;
    void *memory = pthread_getspecific(of_thread);
    if (memory) return memory;
    memory = aligned_alloc(CACHE_LINE, GONOGO_MEMORY_BYTES);
    if (memory && pthread_setspecific(of_thread, memory) != 0) {
        free(memory);
        return NULL;
    }
    return memory;
}
