/* SPDX-License-Identifier: MIT */
#include "support/backward.h"

#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const gradient_names[ORACLE_GRADIENTS] = {"dQ", "dK", "dV", "dMask", "dSlopes", "dBias", "dSinks"};

static float *room(struct backward_call *c, enum oracle_gradient which, int64_t count) {
    c->count[which] = count;
    return c->got[which] = malloc((size_t)(count + 1) * sizeof(float));
}

static void like(struct backward_call *c, enum oracle_gradient which, sa_tensor *t, const sa_tensor *of, int layout) {
    const int64_t *n = of->size;
    sa_tensor_set(t, room(c, which, n[0] * n[1] * n[2] * n[3]), SA_F32, layout, n[0], n[1], n[2], n[3]);
}

void backward_make(struct backward_call *c, const sa_attention_args *f, uint64_t seed) {
    const int64_t *n = f->output.size, numbers = n[0] * n[1] * n[2] * n[3];
    const sa_score_rules *r = f->rules;
    struct rng rng = {seed};
    *c = (struct backward_call){.args = {.struct_size = sizeof c->args}};
    c->upstream = malloc((size_t)(numbers + 1) * sizeof(float));
    for (int64_t i = 0; i < numbers; i++) c->upstream[i] = rng_normal(&rng);
    sa_tensor_set(&c->args.output, c->upstream, SA_F32, SA_BHSD, n[0], n[1], n[2], n[3]);
    like(c, ORACLE_QUERY, &c->args.query, &f->query, SA_BHSD);
    like(c, ORACLE_KEY, &c->args.key, &f->key, SA_BHSD);
    like(c, ORACLE_VALUE, &c->args.value, &f->value, SA_BHSD);
    if (f->masking && f->masking->mask.data && f->masking->mask.dtype != SA_BOOL)
        like(c, ORACLE_MASK, &c->args.mask, &f->masking->mask, SA_BHSD);
    if (r && r->alibi_slopes) c->args.alibi_slopes = room(c, ORACLE_SLOPES, f->query.size[1]);
    if (r && r->relative_bias)
        c->args.relative_bias = room(c, ORACLE_BIAS, f->query.size[1] * (2 * r->relative_reach + 1));
    if (r && r->sink_logits) c->args.sink_logits = room(c, ORACLE_SINKS, f->query.size[1]);
}

void backward_free(struct backward_call *c) {
    free(c->upstream);
    for (int i = 0; i < ORACLE_GRADIENTS; i++) free(c->got[i]);
}

void backward_call_run(struct backward_call *c, sa_ctx *ctx, const sa_attention_args *forward, const char *what) {
    sa_attention_args f = *forward;
    f.weights = (sa_tensor){0};
    f.weights_kind = 0;
    for (int i = 0; i < ORACLE_GRADIENTS; i++)
        for (int64_t n = 0; n < c->count[i]; n++) c->got[i][n] = NAN;
    if (sa_attention(ctx, &f) == SA_OK && sa_attention_backward(ctx, &f, &c->args) == SA_OK) return;
    fprintf(stderr, "%s: %s\n", what, sa_ctx_last_error(ctx));
    abort();
}
