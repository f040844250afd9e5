/* Rotary positions, as layers rotate heads. The gradient turns by the opposite angle.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "flow/heads.h"

#include <math.h>

/* What a step keeps for its gradient. */
struct kept {
    struct heads_step step;
    float *turned; /* the gradient, turned back */
};

/* The same rotation by tables of cosines and sines: all sequences of a batch use them, forwards and backwards. */
static struct rotation with_tables(struct tape *t, const struct rotation *rotation, int64_t T) {
    const int64_t pairs = rotation->rotary / 2;
    struct rotation r = *rotation;
    if (r.cosines) return r;
    float *cosines = tape_memory(t, T * pairs, sizeof *cosines), *sines = tape_memory(t, T * pairs, sizeof *sines);
    for (int64_t i = 0; cosines && sines && i < T * pairs; i++) {
        const double angle = (double)(i / pairs) * rotation->frequency[i % pairs];
        cosines[i] = (float)cos(angle);
        sines[i] = (float)sin(angle);
    }
    r.cosines = cosines, r.sines = sines, r.positions = T;
    return r;
}

static struct view heads_of(float *x, int64_t T, int64_t width, int64_t D) {
    return (struct view){.data = x, .stride_b = T * width, .stride_h = D, .stride_s = width, .stride_d = 1};
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct kept *k = s->data[0];
    struct heads_step back = k->step;
    back.turns_back = 1;
    back.from = heads_of(s->out.gradient, back.T, s->out.width, back.D);
    back.to = heads_of(k->turned, back.T, s->out.width, back.D);
    heads_run(&ctx->machine, &back, ctx->scratch);
    for (int64_t i = 0; i < s->out.rows * s->out.width; i++) s->in[0].gradient[i] += k->turned[i];
}

struct value op_rotate(struct tape *t, struct value x, const struct rotation *rotation, int64_t D, int64_t T) {
    struct value y = tape_value(t, x.rows, x.width);
    struct kept *kept = tape_memory(t, 1, sizeof *kept);
    float *turned = tape_memory(t, x.rows * x.width, sizeof *turned);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s || !kept || !turned) return y;
    kept->turned = turned;
    kept->step = (struct heads_step){.B = T ? x.rows / T : 0,
                                     .T = T,
                                     .heads = x.width / D,
                                     .D = D,
                                     .from = heads_of(x.x, T, x.width, D),
                                     .to = heads_of(y.x, T, x.width, D),
                                     .rotation = with_tables(t, rotation, T)};
    s->in[0] = x;
    s->data[0] = kept;
    if (t->status != SA_OK) return y;
    void *scratch = tape_scratch(t, heads_bytes(&t->ctx->machine, &kept->step));
    if (scratch) heads_run(&t->ctx->machine, &kept->step, scratch);
    return y;
}
