/* The part of NVIDIA's management library that the gpu check calls, with its ABI (nvml.h), answering what the
 * environment says. NVML_INIT: what nvmlInit returns (0 is success, 9 a driver that is not loaded). NVML_DRIVER: the
 * driver's version. NVML_GPUS: for each GPU "name/total bytes/used bytes/per cent busy", with ";" between them; a "-"
 * for per cent is a GPU that does not tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, UNKNOWN = 999 };

struct memory { unsigned version; unsigned long long total, reserved, free, used; };
struct utilisation { unsigned gpu, memory; };

static char texts[8][200];
static unsigned count;

int nvmlInitWithFlags(unsigned flags) {
    const char *told = getenv("NVML_INIT"), *gpus = getenv("NVML_GPUS");
    (void)flags;
    for (count = 0; gpus && *gpus && count < 8; count++) {
        size_t length = strcspn(gpus, ";");
        snprintf(texts[count], sizeof texts[count], "%.*s", (int)length, gpus);
        gpus += length + (gpus[length] == ';');
    }
    return told ? atoi(told) : SUCCESS;
}

int nvmlShutdown(void) { return SUCCESS; }

const char *nvmlErrorString(int code) { return code == SUCCESS ? "Success" : "An error"; }

int nvmlSystemGetDriverVersion(char *version, unsigned size) {
    const char *told = getenv("NVML_DRIVER");
    return told && snprintf(version, size, "%s", told) > 0 ? SUCCESS : UNKNOWN;
}

int nvmlDeviceGetCount_v2(unsigned *found) { *found = count; return SUCCESS; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    if (index >= count) return INVALID_ARGUMENT;
    *device = texts[index];
    return SUCCESS;
}

static const char *part(const char *text, int which) {
    while (which--) text = strchr(text, '/') + 1;
    return text;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size) {
    snprintf(name, size, "%.*s", (int)strcspn(device, "/"), (char *)device);
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo_v2(void *device, struct memory *memory) {
    if (memory->version != (sizeof *memory | 2u << 24)) return INVALID_ARGUMENT;
    memory->total = strtoull(part(device, 1), NULL, 10);
    memory->used = strtoull(part(device, 2), NULL, 10);
    memory->reserved = 1 << 20;
    memory->free = memory->total - memory->used - memory->reserved;
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(void *device, struct utilisation *rates) {
    if (*part(device, 3) == '-') return NOT_SUPPORTED;
    rates->gpu = rates->memory = (unsigned)atoi(part(device, 3));
    return SUCCESS;
}
