/* SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "flow/attention.h"
#include "flow/backward/backward.h"
#include "flow/heads.h"

#include <string.h>

/* What a step keeps for its gradients. */
struct kept {
    struct problem problem;
    struct gradients gradients;
    struct backward_plan plan;
};

/* Rows [B][N] of heads of D. */
static struct view heads_of(float *x, int64_t N, int64_t heads, int64_t D) {
    return heads_in_rows((char *)x, 0, N, heads * D, 0, D);
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct kept *k = s->data[0];
    backward_run(&ctx->machine, &k->problem, &k->gradients, &k->plan, ctx->scratch);
    for (int i = 0; i < 4; i++)
        if (s->in[i].rows) *s->in[i].given = 1;
    for (int64_t h = 0; k->gradients.sinks && s->weight->gradient && h < k->problem.H; h++)
        s->weight->gradient[h] += k->gradients.sinks[h];
}

/* Gradients are written, not added: nobody else gives to these values. */
static void place_gradients(struct tape *t, struct kept *k, const struct value in[4], int sinks) {
    const struct problem *p = &k->problem;
    k->gradients.query = heads_of(in[0].gradient, p->T, p->H, p->D);
    k->gradients.key = heads_of(in[1].gradient, p->S, p->K, p->D);
    k->gradients.value = heads_of(in[2].gradient, p->S, p->K, p->Dv);
    k->gradients.bias = in[3].rows ? in[3].gradient : NULL;
    k->gradients.sinks = sinks ? tape_memory(t, p->H, sizeof(float)) : NULL;
}

static void set_views(struct kept *k, const struct value in[4], const struct parameter *sinks, struct value y,
                      float *lse) {
    struct problem *p = &k->problem;
    p->query = heads_of(in[0].x, p->T, p->H, p->D);
    p->key = heads_of(in[1].x, p->S, p->K, p->D);
    p->value = heads_of(in[2].x, p->S, p->K, p->Dv);
    p->output = heads_of(y.x, p->T, p->H, p->Dv);
    p->lse = (struct view){.data = lse, .stride_b = p->H * p->T, .stride_h = p->T, .stride_s = 1, .stride_d = 1};
    p->rules.bias = in[3].rows ? in[3].x : NULL;
    p->rules.sinks = sinks ? sinks->value : NULL;
    k->gradients.upstream = heads_of(y.gradient, p->T, p->H, p->Dv);
}

struct value op_attention(struct tape *t, const struct problem *problem, struct value q, struct value k, struct value v,
                          struct value bias, struct parameter *sinks) {
    const struct value in[4] = {q, k, v, bias};
    struct value y = tape_value(t, q.rows, problem->H * problem->Dv);
    struct kept *kept = tape_memory(t, 1, sizeof *kept);
    float *lse = tape_memory(t, problem->B * problem->H * problem->T, sizeof *lse);
    struct tape_step *s = tape_add(t, backward, y);
    struct plan plan;
    if (!s || !kept || !lse) return y;
    const struct machine machine = exact_machine(&t->ctx->machine);
    kept->problem = *problem;
    place_gradients(t, kept, in, sinks != NULL);
    set_views(kept, in, sinks, y, lse);
    memcpy(s->in, in, sizeof in);
    s->weight = sinks;
    s->data[0] = kept;
    if (!plan_attention(&machine, &kept->problem, &plan) ||
        !plan_backward(&machine, &kept->problem, &kept->gradients, &kept->plan))
        t->status = fail_overflow(&t->ctx->report, "the size of the scratch memory");
    if (!tape_scratch(t, plan.bytes > kept->plan.bytes ? plan.bytes : kept->plan.bytes)) return y;
    attention_run(&machine, &kept->problem, &plan, t->ctx->scratch);
    return y;
}

static void relative_bias_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int32_t *bucket = s->data[0];
    const int64_t heads = s->out.rows;
    (void)ctx;
    for (int64_t h = 0; s->weight->gradient && h < heads; h++)
        for (int64_t i = 0; i < s->out.width; i++)
            s->weight->gradient[bucket[i] * heads + h] += s->out.gradient[h * s->out.width + i];
}

struct value op_relative_bias(struct tape *t, struct parameter *table, const int32_t *bucket, int64_t heads,
                              int64_t reach) {
    struct value y = tape_value(t, heads, 2 * reach + 1);
    struct tape_step *s = tape_add(t, relative_bias_backward, y);
    if (!s) return y;
    s->weight = table;
    s->data[0] = bucket;
    for (int64_t h = 0; h < heads; h++)
        for (int64_t i = 0; i < y.width; i++) y.x[h * y.width + i] = table->value[bucket[i] * heads + h];
    return y;
}
