/* Reading an array that no cache holds, on one thread.
 * SPDX-License-Identifier: MIT */
#include "loops/loops.h"
#include "measure/machine.h"
#include "measure/report.h"
#include "measure/roofs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct array {
    int64_t count; /* a multiple of 256 */
    float sum;
    _Alignas(64) float data[];
};

/* 1 GiB is more than twice the largest last-level caches; a small machine gives an eighth of what it has. */
static int64_t data_bytes(void) {
    const int64_t most = (int64_t)1 << 30, eighth = (int64_t)(memory_available() / 8);
    return (eighth < most ? eighth : most) / 4096 * 4096 + 4096;
}

static int read_run(void *state) {
    struct array *array = state;
    array->sum = loops_best()->read(array->data, array->count);
    return DONE;
}

int read_open(struct runner *r) {
    enum { HUGE_PAGE = 2 << 20 };
    const int64_t bytes = data_bytes();
    const size_t whole = sizeof(struct array) + (size_t)bytes;
    void *memory = NULL;
    if (posix_memalign(&memory, HUGE_PAGE, whole)) return complain_memory((double)whole, "the bandwidth roof");
    madvise(memory, whole, MADV_HUGEPAGE);
    memset(memory, 0, whole);
    ((struct array *)memory)->count = bytes / (int64_t)sizeof(float);
    *r = (struct runner){.run = read_run, .state = memory, .work = (double)bytes};
    return DONE;
}
