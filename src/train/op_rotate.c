/* Rotary positions, as layers rotate heads. The gradient turns by the opposite angle.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "flow/heads.h"

#include <math.h>

/* The same rotation by tables of cosines and sines: all sequences of a batch use them, forwards and backwards. */
static struct rotation with_tables(struct tape *t, const struct rotation *rotation, int64_t T) {
    const int64_t pairs = rotation->rotary / 2;
    struct rotation r = *rotation;
    if (r.cosines) return r;
    float *cosines = tape_memory(t, T * pairs, sizeof *cosines), *sines = tape_memory(t, T * pairs, sizeof *sines);
    for (int64_t i = 0; cosines && sines && i < T * pairs; i++) {
        const int64_t position = i / pairs;
        const double angle = (double)position * rotation->frequency[i % pairs];
        cosines[i] = (float)cos(angle);
        sines[i] = (float)sin(angle);
    }
    r.cosines = cosines, r.sines = sines, r.positions = T;
    return r;
}

/* The gradient is turned where it lies: nothing else reads it. */
static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    struct heads_step back = *(const struct heads_step *)s->data[0];
    back.turns_back = 1;
    back.from = back.to = heads_in_rows((char *)s->out.gradient, 0, back.T, s->out.width, 0, back.D);
    heads_run(&ctx->machine, &back, ctx->scratch);
    value_give(ctx, &s->in[0], s->out.gradient, 1);
}

struct value op_rotate(struct tape *t, struct value x, const struct rotation *rotation, int64_t D, int64_t T) {
    struct value y = tape_value(t, x.rows, x.width);
    struct heads_step *step = tape_memory(t, 1, sizeof *step);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s || !step) return y;
    *step = (struct heads_step){.B = T ? x.rows / T : 0,
                                .T = T,
                                .heads = x.width / D,
                                .D = D,
                                .from = heads_in_rows((char *)x.x, 0, T, x.width, 0, D),
                                .to = heads_in_rows((char *)y.x, 0, T, x.width, 0, D),
                                .rotation = with_tables(t, rotation, T)};
    s->in[0] = x;
    s->data[0] = step;
    void *scratch = tape_scratch(t, heads_bytes(&t->ctx->machine, step));
    if (scratch) heads_run(&t->ctx->machine, step, scratch);
    return y;
}
