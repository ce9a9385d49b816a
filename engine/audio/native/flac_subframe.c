/* Which code reads subframes on this processor. */
#include "flac_subframe.h"

#include "decimate.h"

#if defined __x86_64__
#include <cpuid.h>

enum { LEAF = (int)0x80000001, LZCNT = 1 << 5 }; /* the bit is in ECX */

/* Asked once, as a virtual machine answers slowly; by number, as older compilers do not know the name. */
static int counts_zeros;

__attribute__((constructor)) static void find_out(void)
{
    unsigned a, b, c = 0, d;
    __builtin_cpu_init();
    counts_zeros = __get_cpuid((unsigned)LEAF, &a, &b, &c, &d) && (c & LZCNT) && __builtin_cpu_supports("bmi2");
}
#endif

flac_read_subframe *flac_subframe_reader(int isa)
{
#if defined __x86_64__
    if (isa >= GONOGO_AVX2 && counts_zeros) return flac_read_subframe_avx2;
#endif
    (void)isa;
    return flac_read_subframe_plain;
}
