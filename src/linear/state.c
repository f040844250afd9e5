/* SPDX-License-Identifier: MIT */
#include "linear/state.h"

#include <math.h>
#include <string.h>

enum { HEADER = 16 }; /* floats: shift and number of pending tokens */

int linear_sizes_of(int64_t M, int64_t Dv, int normalised, struct linear_sizes *sizes, int64_t *floats) {
    int64_t width, matrix, keys;
    *sizes = (struct linear_sizes){.features = M};
    if (!checked_add(M, LINEAR_UNIT, &width) || !checked_add(Dv, LINEAR_UNIT + 1, &width)) return 0;
    sizes->row = round_up(M, LINEAR_UNIT);
    sizes->columns = round_up(Dv + (normalised ? 1 : 0), LINEAR_UNIT);
    return checked_add(sizes->row, sizes->columns, &width) && checked_mul(width, LINEAR_PENDING + 1, &keys) &&
           checked_mul(sizes->row, sizes->columns, &matrix) && checked_add(keys, HEADER, &keys) &&
           checked_add(matrix, keys, floats);
}

struct linear_head linear_head_at(float *data, const struct linear_sizes *s) {
    struct linear_head head = {.shift = data, .pending = (int64_t *)(void *)(data + 2)};
    head.sums = data + HEADER;
    head.decay = head.sums + s->row * s->columns;
    head.keys = head.decay + s->row;
    head.values = head.keys + LINEAR_PENDING * s->row;
    return head;
}

static void forget_pending(const struct linear_head *head, const struct linear_sizes *s) {
    for (int64_t d = 0; d < s->row; d++) head->decay[d] = 1;
    *head->pending = 0;
}

void linear_head_clear(const struct linear_head *head, const struct linear_sizes *s) {
    memset(head->sums, 0, (size_t)(s->row * s->columns) * sizeof *head->sums);
    *head->shift = -INFINITY;
    forget_pending(head, s);
}

float linear_head_get(const struct linear_head *head, const struct linear_sizes *s, int64_t d, int64_t c) {
    float sum = head->decay[d] * head->sums[panel_at(s, d, c)];
    for (int64_t j = 0; j < *head->pending; j++) sum += head->keys[j * s->row + d] * head->values[j * s->columns + c];
    return sum;
}

void linear_head_settle(const struct linear_head *head, const struct linear_sizes *s,
                        const struct linear_kernels *kernels) {
    if (!*head->pending) return;
    for (int64_t c = 0; c < s->columns; c += LINEAR_PANEL) {
        const int64_t width = panel_width(s->columns, c);
        kernels->product(head->sums + c * s->features, width, head->decay, 1, head->keys, 1, s->row, head->values + c,
                         s->columns, *head->pending, s->features, width);
    }
    forget_pending(head, s);
}
