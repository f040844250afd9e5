/* SPDX-License-Identifier: MIT */
#include "measure/report.h"

#include "measure/machine.h"
#include "selfattn.h"

#include <stdarg.h>
#include <stdio.h>

int complain(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("sa-bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

int complain_memory(double bytes, const char *what) {
    return complain(FAILED, "no memory: %.0f bytes for %s", bytes, what);
}

void print_machine(void) {
    char cpu[200];
    cpu_name(cpu, sizeof cpu);
    printf("Machine: %s. %s\n\n", cpu, sa_build_info());
}

void print_roofs(const struct roofs *roofs) {
    printf("Roofs of one core, same run: f32 FMA %.1f GF/s (%s), AVX512-BF16 %.1f GF/s, AMX-BF16 %.0f GF/s, "
           "cblas_sgemm 2048³ %.1f GF/s, read bandwidth %.1f GB/s.\n\n",
           roofs->rate[ROOF_FMA], roofs_isa(), roofs->rate[ROOF_BF16], roofs->rate[ROOF_AMX], roofs->rate[ROOF_SGEMM],
           roofs->rate[ROOF_READ]);
}

struct bytes_text bytes_text(uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    struct bytes_text t;
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 1024 && unit < 3; unit++) value /= 1024;
    snprintf(t.text, sizeof t.text, value < 10 && unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return t;
}
