/* Rotary positions. The gradient turns by the opposite angle.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "stack/rows.h"

#include <math.h>
#include <string.h>

/* Cosines and sines [position][pair][2], times the attention factor. */
static float *make_table(struct tape *t, const struct rotation *rotation, int64_t T) {
    const int64_t pairs = rotation->rotary / 2;
    float *table = tape_memory(t, T * pairs, 2 * sizeof *table);
    for (int64_t i = 0; table && i < T * pairs; i++) {
        const int64_t position = i / pairs;
        const double angle = (double)position * rotation->frequency[i % pairs];
        table[2 * i] = (float)(cos(angle) * rotation->factor);
        table[2 * i + 1] = (float)(sin(angle) * rotation->factor);
    }
    return table;
}

struct turning {
    const float *table, *from;
    float *to;
    int64_t T, D, width, pairs;
    int is_half, back;
};

static void turn_head(const struct turning *j, const float *angles, const float *from, float *to) {
    for (int64_t i = 0; i < j->pairs; i++) {
        const float c = angles[2 * i], s = j->back ? -angles[2 * i + 1] : angles[2 * i + 1];
        const int64_t a = j->is_half ? i : 2 * i, b = j->is_half ? i + j->pairs : 2 * i + 1;
        to[a] += from[a] * c - from[b] * s;
        to[b] += from[a] * s + from[b] * c;
    }
    for (int64_t d = 2 * j->pairs; d < j->D; d++) to[d] += from[d];
}

static void turn_rows(void *arg, int64_t first, int64_t last) {
    const struct turning *j = arg;
    for (int64_t r = first; r < last; r++) {
        if (!j->back) memset(j->to + r * j->width, 0, (size_t)j->width * sizeof *j->to);
        for (int64_t h = 0; h < j->width; h += j->D)
            turn_head(j, j->table + r % j->T * j->pairs * 2, j->from + r * j->width + h, j->to + r * j->width + h);
    }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct rotation *rotation = s->data[0];
    struct turning j = {s->data[1],
                        s->out.gradient,
                        s->in[0].gradient,
                        s->number[1],
                        s->number[0],
                        s->out.width,
                        rotation->rotary / 2,
                        rotation->style == SA_ROPE_HALF,
                        1};
    rows_run(&ctx->machine.parallel, s->out.rows, turn_rows, &j);
}

struct value op_rotate(struct tape *t, struct value x, const struct rotation *rotation, int64_t D, int64_t T) {
    struct value y = tape_value(t, x.rows, x.width);
    const float *table = make_table(t, rotation, T);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->number[0] = D;
    s->number[1] = T;
    s->data[0] = rotation;
    s->data[1] = table;
    struct turning j = {table, x.x, y.x, T, D, x.width, rotation->rotary / 2, rotation->style == SA_ROPE_HALF, 0};
    rows_run(&t->ctx->machine.parallel, x.rows, turn_rows, &j);
    return y;
}
