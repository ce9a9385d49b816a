/* Rounding is done by addition: no C library, and no instruction that only some processors have. */
#include "store.h"

#include <float.h>
#include <string.h>

#include "decimate.h"
#include "mix.h"

int32_t gonogo_largest(int format)
{
    switch (format) {
    case GONOGO_U8:
    case GONOGO_S8:
    case GONOGO_S8_IN_16: return INT8_MAX;
    case GONOGO_S16: return INT16_MAX;
    case GONOGO_S24:
    case GONOGO_S24_IN_32: return (1 << 23) - 1;
    default: return INT32_MAX;
    }
}

/* Integers for magnitudes below 2**51: beside 1.5 * 2**52 a double has no room for more than the integer. */
static double rounded(double number)
{
    const double beside = 6755399441055744.0;
    return (number + beside) - beside;
}

static void put(int format, int32_t number, char *stored)
{
    switch (format) {
    case GONOGO_U8: *(uint8_t *)stored = (uint8_t)(number + 128); break;
    case GONOGO_S8: *(int8_t *)stored = (int8_t)number; break;
    case GONOGO_S16: memcpy(stored, &(int16_t){(int16_t)number}, sizeof(int16_t)); break;
    case GONOGO_S8_IN_16: memcpy(stored, &(int16_t){(int16_t)(number * 256)}, sizeof(int16_t)); break;
    case GONOGO_S24_IN_32: memcpy(stored, &(int32_t){number * 256}, sizeof(int32_t)); break;
    case GONOGO_S32: memcpy(stored, &number, sizeof number); break;
    default: /* three bytes, the lowest first */
        for (int byte = 0; byte < 3; byte++) stored[byte] = (char)((uint32_t)number >> 8 * byte);
    }
}

static int64_t store_integers(int format, const double *results, int count, char *stored)
{
    const double high = (double)gonogo_largest(format), low = -high - 1.0;
    const int bytes = gonogo_sample_bytes(format);
    int64_t held = 0;
    for (int i = 0; i < count; i++) {
        double number = rounded(results[i]);
        held += number > high || number < low;
        number = number > high ? high : number < low ? low : number;
        put(format, (int32_t)number, stored + (size_t)i * (size_t)bytes);
    }
    return held;
}

static int64_t store_floats(const double *results, int count, char *stored)
{
    const double high = FLT_MAX;
    int64_t held = 0;
    for (int i = 0; i < count; i++) {
        double number = results[i] > high ? high : results[i] < -high ? -high : results[i];
        held += number != results[i];
        memcpy(stored + sizeof(float) * (size_t)i, &(float){(float)number}, sizeof(float));
    }
    return held;
}

int64_t gonogo_store(int format, const double *results, int count, void *stored)
{
    if (format == GONOGO_F32) return store_floats(results, count, stored);
    if (format != GONOGO_F64) return store_integers(format, results, count, stored);
    memcpy(stored, results, sizeof(double) * (size_t)count); /* what may come in cannot overflow */
    return 0;
}

void gonogo_store_whole(int format, const int16_t *results, int count, void *stored)
{
    const int bytes = gonogo_sample_bytes(format);
    for (int i = 0; i < count; i++) put(format, results[i], (char *)stored + (size_t)i * (size_t)bytes);
}
