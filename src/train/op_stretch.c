/* Positions of an image's patches for another number of patches: y(p) = sum of w x over old places, in double.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct stretch *stretch = s->data[0];
    const int64_t first = s->number[0], width = s->out.width;
    float *to = s->weight->gradient;
    (void)ctx;
    if (!to) return;
    for (int64_t i = 0; i < first; i++) to[i] += s->out.gradient[i];
    for (int64_t p = 0; p < stretch->to_rows * stretch->to_columns; p++) {
        const struct stretch_place place = stretch_place(stretch, p);
        const float *from = s->out.gradient + first + p * width;
        for (int64_t i = 0; i < place.count; i++) {
            double weight;
            float *old = to + first + stretch_old(stretch, &place, i, &weight) * width;
            for (int64_t d = 0; d < width; d++) old[d] += (float)(weight * (double)from[d]);
        }
    }
}

struct value op_stretch(struct tape *t, struct parameter *table, const struct stretch *stretch) {
    const struct tensor numbers = {
        .type = SA_F32, .elements = table->count, .data = (const unsigned char *)table->value};
    struct value y = tape_value(t, stretch_vectors(stretch, table->count), stretch->width);
    struct stretch *kept = tape_memory(t, 1, sizeof *kept);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s) return y;
    *kept = *stretch;
    s->weight = table;
    s->data[0] = kept;
    s->number[0] = stretch_first(stretch, table->count);
    stretch_table(stretch, &numbers, y.x);
    return y;
}
