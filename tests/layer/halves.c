/* Layers with x, context, y and masks in 16 bits, and weights of every type: what floats of the same values give,
 * rounded once.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"
#include "support/twin.h"

#include <criterion/criterion.h>

struct problem {
    sa_forward_args args;
    sa_masking masking;
    struct twin twin;
};

static void move(struct problem *p, const struct layer_sample *s, sa_tensor *t, int32_t dtype) {
    char *data = t->data;
    int i = 0;
    while (data < (char *)s->memory[i].data || data >= (char *)s->memory[i].data + s->memory[i].bytes) i++;
    twin_move(&p->twin, t, s->memory[i].data, s->memory[i].bytes, dtype);
}

static void problem_make(struct problem *p, const struct layer_sample *s, struct rng *rng) {
    *p = (struct problem){.args = s->args, .masking = s->masking};
    if (s->args.masking) p->args.masking = &p->masking;
    sa_tensor *halves[] = {&p->args.x, &p->args.context, &p->args.y, &p->masking.mask};
    for (int i = 0; i < 4; i++)
        if (halves[i]->data) move(p, s, halves[i], (int32_t)rng_below(rng, 3));
    move(p, s, &p->args.lse, SA_F32);
    move(p, s, &p->args.weights, SA_F32);
}

static void check(sa_ctx *ctx, const struct way *way, const struct layer_sample *s, const struct problem *p) {
    sa_layer *layer = layer_sample_open(s, ctx);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_forward(ctx, layer, &p->args), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    int exact = way->path != SA_PATH_BLAS;
    int64_t y = twin_differing(&p->args.y, &s->args.y, exact), lse = twin_differing(&p->args.lse, &s->args.lse, exact),
            weights = twin_differing(&p->args.weights, &s->args.weights, exact);
    if (y + lse + weights)
        cr_expect_fail("%s,%s, %s: %lld elements of y differ, %lld of lse, %lld of weights", way->name, p->twin.types,
                       s->text, (long long)y, (long long)lse, (long long)weights);
    sa_layer_destroy(&layer);
}

static void check_layer(sa_ctx *ctx, const struct way *way, const struct layer_shape *shape, uint64_t seed) {
    struct layer_sample s;
    struct problem p;
    struct rng rng = {seed};
    layer_sample_make(&s, shape, seed);
    if (seed % 4) layer_sample_mask(&s, seed);
    if (seed % 3 == 0) twin_upset(s.args.context.data ? &s.args.context : &s.args.x, &rng);
    problem_make(&p, &s, &rng);
    check(ctx, way, &s, &p);
    twin_free(&p.twin);
    layer_sample_free(&s);
}

/* Inputs hold numbers now and then that are special to one of the types. */
Test(halves, random_layers_of_mixed_types) {
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (uint64_t seed = 7000; ctx && seed < 7024; seed++) {
            struct layer_shape shape = layer_shape_random(seed);
            check_layer(ctx, &ways[w], &shape, seed);
        }
        sa_ctx_destroy(&ctx);
    }
}

/* More rows and columns than one block of a projection has. */
Test(halves, projections_of_many_blocks) {
    const struct layer_shape shape = {
        .B = 2, .T = 260, .S = 260, .H = 4, .K = 2, .D = 40, .Dv = 40, .E = 40, .W = 40, .F = 601, .projected = 1};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (uint64_t seed = 1; ctx && seed < 6; seed += 4) check_layer(ctx, &ways[w], &shape, seed);
        sa_ctx_destroy(&ctx);
    }
}
