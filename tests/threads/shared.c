/* Contexts on several threads at once, sharing one layer.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS = 5, CALLS = 6 };

/* One caller: its own context and output, everybody's layer and input. */
struct caller {
    const struct way *way;
    const sa_layer *layer;
    sa_forward_args args;
    float *y;
    const float *want;
    size_t bytes;
    int wrong;
};

/* Callers differ in back end and number of threads. */
static sa_ctx *open_context(const struct caller *c, int64_t index) {
    sa_ctx_options options = {.struct_size = sizeof options,
                              .threads = (int32_t)(1 + index % 3),
                              .parallel_for = index % 2 ? pool_for : NULL,
                              .path = c->way->path,
                              .isa = c->way->isa,
                              .precision = c->way->precision};
    return ctx_open(&options);
}

static void call(void *arg, int64_t index) {
    struct caller *c = (struct caller *)arg + index;
    sa_ctx *ctx = open_context(c, index);
    for (int i = 0; i < CALLS; i++) {
        memset(c->y, 0xff, c->bytes);
        c->wrong += sa_forward(ctx, c->layer, &c->args) != SA_OK || memcmp(c->y, c->want, c->bytes) != 0;
    }
    sa_ctx_destroy(&ctx);
}

static void check(const struct way *way, struct layer_sample *s) {
    struct caller callers[CALLERS];
    sa_ctx *ctx = way_open(way, 1);
    if (!ctx) return;
    sa_layer *layer = layer_sample_open(s, ctx);
    s->args.lse.data = s->args.weights.data = NULL;
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    size_t bytes = (size_t)s->y_floats * sizeof(float);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){
            .way = way, .layer = layer, .args = s->args, .y = malloc(bytes), .want = s->y, .bytes = bytes};
        callers[i].args.y.data = callers[i].y;
    }
    pool_for(NULL, CALLERS, call, callers);
    for (int i = 0; i < CALLERS; i++) {
        cr_expect_eq(callers[i].wrong, 0, "%s, caller %d: %d of %d calls with other bits than alone", way->name, i,
                     callers[i].wrong, CALLS);
        free(callers[i].y);
    }
    sa_layer_destroy(&layer);
}

Test(shared, a_layer_serves_many_threads_at_once) {
    const struct layer_shape shape = {.B = 2,
                                      .T = 97,
                                      .S = 97,
                                      .H = 6,
                                      .K = 3,
                                      .D = 32,
                                      .Dv = 32,
                                      .E = 192,
                                      .W = 192,
                                      .F = 192,
                                      .projected = 1,
                                      .biased = 15};
    struct layer_sample s;
    layer_sample_make(&s, &shape, 4);
    s.masking = (sa_masking){.struct_size = sizeof s.masking, .causal = 1};
    s.args.masking = &s.masking;
    for (int w = 0; w < ways_count; w++) check(&ways[w], &s);
    layer_sample_free(&s);
}

/* A second caller on a busy context is refused, never served wrongly; whoever is served gets the right result. */
struct contended {
    sa_ctx *ctx;
    struct caller caller[CALLERS];
    int other[CALLERS]; /* calls that ended with neither SA_OK nor SA_ERR_BUSY */
};

static void contend(void *arg, int64_t index) {
    struct contended *x = arg;
    struct caller *c = &x->caller[index];
    for (int i = 0; i < 50; i++) {
        sa_status status = sa_forward(x->ctx, c->layer, &c->args);
        c->wrong += status == SA_OK && memcmp(c->y, c->want, c->bytes) != 0;
        x->other[index] += status != SA_OK && status != SA_ERR_BUSY;
    }
}

Test(shared, a_context_refuses_a_second_caller) {
    const struct layer_shape shape = {
        .B = 1, .T = 40, .S = 40, .H = 2, .K = 2, .D = 16, .Dv = 16, .E = 32, .W = 32, .F = 32, .projected = 1};
    struct layer_sample s;
    struct contended x = {.ctx = ctx_open(NULL)};
    layer_sample_make(&s, &shape, 4);
    sa_layer *layer = layer_sample_open(&s, x.ctx);
    s.args.lse.data = s.args.weights.data = NULL;
    cr_assert_eq(sa_forward(x.ctx, layer, &s.args), SA_OK);
    size_t bytes = (size_t)s.y_floats * sizeof(float);
    for (int i = 0; i < CALLERS; i++) {
        x.caller[i] = (struct caller){.layer = layer, .args = s.args, .y = malloc(bytes), .want = s.y, .bytes = bytes};
        x.caller[i].args.y.data = x.caller[i].y;
    }
    pool_for(NULL, CALLERS, contend, &x);
    for (int i = 0; i < CALLERS; i++) {
        cr_expect(x.caller[i].wrong == 0 && x.other[i] == 0, "caller %d: %d wrong, %d other statuses", i,
                  x.caller[i].wrong, x.other[i]);
        free(x.caller[i].y);
    }
    cr_expect_eq(sa_forward(x.ctx, layer, &s.args), SA_OK, "free again");
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&x.ctx);
    layer_sample_free(&s);
}
