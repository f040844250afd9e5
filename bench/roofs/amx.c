/* bf16 tile products from tile registers.
 * SPDX-License-Identifier: MIT */
#include "measure/roofs.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef HAVE_AMX
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What LDTILECFG reads: palette 1, then for eight tiles the bytes in a row (16 bits each) and the rows. Constant
 * data, because GCC takes the intrinsic to read only the first eight bytes and drops stores to the others. */
static const uint8_t config[64] = {
    [0] = 1,   [16] = 64, [18] = 64, [20] = 64, [22] = 64, [24] = 64, [26] = 64, [28] = 64, [30] = 64,
    [48] = 16, [49] = 16, [50] = 16, [51] = 16, [52] = 16, [53] = 16, [54] = 16, [55] = 16};

static const int64_t STEPS = 100000; /* about 6 ms at 1 TF/s */

static int cpu_has_amx_bf16(void) {
    unsigned a, b, c, d = 0;
    const unsigned BF16 = 1u << 22, TILE = 1u << 24;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & BF16) && (d & TILE);
}

/* Linux hands the tile registers' 8 KiB of state only to processes that ask. */
static int system_grants_tiles(void) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

/* Four independent accumulators (tiles 0-3) hide a product's latency; all tiles hold zeros. */
static int amx_run(void *state) {
    (void)state;
    _tile_loadconfig(config);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
    for (int64_t step = 0; step < STEPS; step++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
    return 0;
}

int amx_open(struct runner *r, int32_t isa) {
    enum { ROWS = 16, COLUMNS = 16, PAIRS = 16, PRODUCTS = 4 }; /* a product sums 16 pairs of bf16 */
    const double product = 2.0 * ROWS * COLUMNS * (2 * PAIRS);
    if ((isa == SA_ISA_AUTO || isa == SA_ISA_AMX) && cpu_has_amx_bf16() && system_grants_tiles())
        *r = (struct runner){.run = amx_run, .work = product * PRODUCTS * (double)STEPS};
    return 0;
}
#else
int amx_open(struct runner *r, int32_t isa) {
    (void)isa;
    *r = (struct runner){.run = NULL};
    return 0;
}
#endif
