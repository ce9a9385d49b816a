/* The part of NVIDIA's management library that is asked while a run is watched, with its ABI (nvml.h). It answers what
 * the file NVML_FILE says at that moment, so that a test can change it: one GPU a line,
 * "name|utilisation|used|total|celsius|milliwatts|limit|reasons|ecc|pid,pid"; "-" for what this GPU does not support,
 * "lost" for utilisation for one that fell off the bus. No file is a driver that is not loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, LOST = 15 };

struct memory { unsigned version; unsigned long long total, reserved, free, used; };
struct utilisation { unsigned gpu, memory; };
struct process { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; };

static char lines[8][400];
static unsigned count;

static int reread(void) {
    const char *path = getenv("NVML_FILE");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) return DRIVER_NOT_LOADED;
    for (count = 0; count < 8 && fgets(lines[count], sizeof lines[count], file); count++)
        lines[count][strcspn(lines[count], "\n")] = 0;
    fclose(file);
    return SUCCESS;
}

static const char *field(void *device, int which) {
    static char text[400];
    const char *at = device;
    while (which--) at = strchr(at, '|') + 1;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "|"), at);
    return text;
}

static int number(void *device, int which, unsigned long long *value) {
    const char *text = field(device, which);
    if (!strcmp(text, "-")) return NOT_SUPPORTED;
    if (!strcmp(text, "lost")) return LOST;
    *value = strtoull(text, NULL, 0);
    return SUCCESS;
}

static int small(void *device, int which, unsigned *value) {
    unsigned long long wide = 0;
    int code = number(device, which, &wide);
    if (code == SUCCESS) *value = (unsigned)wide;
    return code;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; return reread(); }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { return code == SUCCESS ? "Success" : "An error"; }
int nvmlSystemGetDriverVersion(char *version, unsigned size) {
    snprintf(version, size, "550.54.15");
    return SUCCESS;
}
int nvmlDeviceGetCount_v2(unsigned *found) { int code = reread(); *found = count; return code; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    if (index >= count) return INVALID_ARGUMENT;
    *device = lines[index];
    return SUCCESS;
}
int nvmlDeviceGetName(void *device, char *name, unsigned size) {
    snprintf(name, size, "%s", field(device, 0));
    return SUCCESS;
}
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size) {
    (void)device;
    snprintf(uuid, size, "GPU-0000");
    return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *device, struct utilisation *rates) {
    rates->memory = 0;
    return small(device, 1, &rates->gpu);
}
int nvmlDeviceGetMemoryInfo_v2(void *device, struct memory *memory) {
    if (memory->version != (sizeof *memory | 2u << 24)) return INVALID_ARGUMENT;
    int code = number(device, 2, &memory->used);
    return code == SUCCESS ? number(device, 3, &memory->total) : code;
}
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius) {
    return sensor == 0 ? small(device, 4, celsius) : INVALID_ARGUMENT;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) { return small(device, 5, milliwatts); }
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts) { return small(device, 6, milliwatts); }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *bits) { return number(device, 7, bits); }
int nvmlDeviceGetTotalEccErrors(void *device, int type, int counter, unsigned long long *errors) {
    return type == 1 && counter == 0 ? number(device, 8, errors) : INVALID_ARGUMENT;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *found, struct process *processes) {
    const char *text = field(device, 9);
    unsigned room = *found, there = 0;
    if (!strcmp(text, "-")) return NOT_SUPPORTED;
    for (const char *at = text; *at; there++) {
        unsigned pid = (unsigned)strtoul(at, (char **)&at, 10);
        if (there < room && processes) processes[there] = (struct process){pid, 1000000, 0, 0};
        at += *at == ',';
    }
    *found = there;
    return there > room || (there && !processes) ? INSUFFICIENT_SIZE : SUCCESS;
}
