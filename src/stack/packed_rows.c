/* SPDX-License-Identifier: MIT */
#include "stack/packed_rows.h"

#include "base/arith.h"

#include <string.h>

static int64_t length_of(const struct packed_rows *p, int64_t b) {
    return p->lengths ? p->lengths[b] : p->T;
}

struct packed_rows packed_rows_of(const int64_t *lengths, int64_t B, int64_t T) {
    struct packed_rows p = {.B = B, .T = T, .lengths = lengths};
    if (!lengths && B) p.rows = B * T, p.longest = T; /* B may be any number */
    for (int64_t b = 0; lengths && b < B; b++) {
        p.rows += lengths[b];
        p.longest = max_i64(p.longest, lengths[b]);
    }
    return p;
}

void packed_starts(const struct packed_rows *p, int64_t *starts) {
    starts[0] = 0;
    for (int64_t b = 0; b < p->B; b++) starts[b + 1] = starts[b] + length_of(p, b);
}

void pack_rows(const struct packed_rows *p, float *x, int64_t width) {
    int64_t row = 0;
    for (int64_t b = 0; b < p->B; b++) {
        const int64_t length = length_of(p, b);
        memmove(x + row * width, x + b * p->T * width, (size_t)(length * width) * sizeof *x);
        row += length;
    }
}

void unpack_rows(const struct packed_rows *p, float *x, int64_t width) {
    int64_t row = p->rows;
    for (int64_t b = p->B - 1; b >= 0; b--) {
        const int64_t length = length_of(p, b), padding = p->T - length;
        row -= length;
        memmove(x + b * p->T * width, x + row * width, (size_t)(length * width) * sizeof *x);
        memset(x + (b * p->T + length) * width, 0, (size_t)(padding * width) * sizeof *x);
    }
}
