/* Layers that rotate by tables of cosines and sines: the same as by frequencies, and never beyond the tables.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { B = 2, T = 6, D = 8, K = 2, PAIRS = D / 2, POSITIONS = 20 };

static const struct layer_shape small = {
    .B = B, .T = T, .S = T, .H = 4, .K = K, .D = D, .Dv = 8, .E = 12, .W = 12, .F = 12, .projected = 1, .biased = 15};

/* The same layer twice: with frequencies, and with tables of what they come to. */
struct pair {
    sa_ctx *ctx;
    struct layer_sample sample;
    sa_layer *by_frequencies, *by_tables;
};

static void pair_make(struct pair *p, const struct layer_shape *shape) {
    float cosines[POSITIONS * PAIRS], sines[POSITIONS * PAIRS];
    sa_rope rope = {.struct_size = sizeof rope, .theta = 100};
    for (int64_t i = 0; i < POSITIONS * PAIRS; i++) {
        int64_t position = i / PAIRS, j = i % PAIRS;
        double angle = (double)position * pow(100, -(double)j / PAIRS);
        cosines[i] = (float)cos(angle), sines[i] = (float)sin(angle);
    }
    p->ctx = ctx_open(NULL);
    layer_sample_make(&p->sample, shape, 11);
    p->sample.args.lse = p->sample.args.weights = (sa_tensor){0}; /* their sizes change with caches */
    p->sample.config.rope = &rope;
    p->by_frequencies = layer_sample_open(&p->sample, p->ctx);
    rope.theta = 0, rope.cosines = cosines, rope.sines = sines, rope.table_positions = POSITIONS;
    p->by_tables = layer_sample_open(&p->sample, p->ctx);
    memset(cosines, 0xff, sizeof cosines); /* NaN: layers have copies */
    memset(sines, 0xff, sizeof sines);
}

static void pair_free(struct pair *p) {
    sa_layer_destroy(&p->by_frequencies);
    sa_layer_destroy(&p->by_tables);
    layer_sample_free(&p->sample);
    sa_ctx_destroy(&p->ctx);
}

static sa_cache *open_cache(const struct pair *p, int64_t window, int64_t keep_first) {
    sa_cache *cache = NULL;
    sa_cache_config c = {.struct_size = sizeof c, .batch = B, .kv_heads = K, .head_size = D};
    c.window = window, c.keep_first = keep_first;
    cr_assert_eq(sa_cache_create(p->ctx, &c, &cache), SA_OK, "%s", sa_ctx_last_error(p->ctx));
    return cache;
}

static void run(struct pair *p, const sa_layer *layer) {
    layer_sample_clear(&p->sample);
    cr_assert_eq(sa_forward(p->ctx, layer, &p->sample.args), SA_OK, "%s", sa_ctx_last_error(p->ctx));
}

/* Runs both layers, with a cache of their own each if there is one. */
static void expect_equal(struct pair *p, sa_cache *caches[2], const char *what) {
    float want[B * T * 12];
    cr_assert_eq(p->sample.y_floats, B * T * 12);
    if (caches) p->sample.args.cache = caches[0];
    run(p, p->by_frequencies);
    memcpy(want, p->sample.y, sizeof want);
    if (caches) p->sample.args.cache = caches[1];
    run(p, p->by_tables);
    cr_expect(!memcmp(want, p->sample.y, sizeof want), "%s", what);
}

Test(rope_tables, the_same_as_frequencies) {
    const int64_t positions[B * T] = {0, 3, 19, 3, 2, 1, 7, 8, 9, 10, 11, 12};
    struct pair p;
    pair_make(&p, &small);
    expect_equal(&p, NULL, "positions from 0 on");
    p.sample.args.positions = positions;
    expect_equal(&p, NULL, "given positions");
    pair_free(&p);
}

Test(rope_tables, cross_attention) {
    struct layer_shape shape = small;
    struct pair p;
    shape.cross = 1, shape.S = POSITIONS;
    pair_make(&p, &shape);
    expect_equal(&p, NULL, "a context");
    pair_free(&p);
}

Test(rope_tables, caches) {
    struct pair p;
    pair_make(&p, &small);
    sa_cache *caches[2] = {open_cache(&p, 0, 0), open_cache(&p, 0, 0)};
    for (int i = 0; i < POSITIONS / T; i++) expect_equal(&p, caches, "a cache");
    for (int i = 0; i < 2; i++) sa_cache_destroy(&caches[i]);
    for (int i = 0; i < 2; i++) caches[i] = open_cache(&p, 5, 2);
    for (int i = 0; i < POSITIONS / T; i++) expect_equal(&p, caches, "a window that keeps the first tokens");
    for (int i = 0; i < 2; i++) sa_cache_destroy(&caches[i]);
    pair_free(&p);
}

static void expect_refused(struct pair *p, const char *words) {
    uint64_t bytes;
    cr_expect_eq(sa_forward(p->ctx, p->by_tables, &p->sample.args), SA_ERR_VALUE, "%s", words);
    const char *sentence = sa_ctx_last_error(p->ctx);
    cr_expect(strstr(sentence, words), "\"%s\" does not say \"%s\"", sentence, words);
    cr_expect_eq(sa_forward_workspace_size(p->ctx, p->by_tables, &p->sample.args, &bytes), SA_ERR_VALUE, "%s", words);
    cr_expect_eq(sa_forward(p->ctx, p->by_frequencies, &p->sample.args), SA_OK, "%s", sa_ctx_last_error(p->ctx));
}

Test(rope_tables, too_many_tokens) {
    struct layer_shape shape = small;
    struct pair p;
    shape.T = shape.S = POSITIONS + 1;
    pair_make(&p, &shape);
    expect_refused(&p, "tokens stand at 0 to 20, but rope has tables for 0 to 19");
    pair_free(&p);
    shape = small, shape.cross = 1, shape.S = POSITIONS + 1;
    pair_make(&p, &shape);
    expect_refused(&p, "tokens stand at 0 to 20");
    pair_free(&p);
}

Test(rope_tables, positions_outside) {
    int64_t positions[B * T] = {0};
    struct pair p;
    pair_make(&p, &small);
    p.sample.args.positions = positions;
    positions[B * T - 1] = POSITIONS;
    expect_refused(&p, "positions[11] is 20, but rope has tables for 0 to 19");
    positions[B * T - 1] = 0, positions[0] = -1;
    expect_refused(&p, "positions[0] is -1");
    pair_free(&p);
}

/* A refused call leaves the cache as it was: the next one that fits works. */
Test(rope_tables, tokens_behind_a_cache) {
    struct pair p;
    pair_make(&p, &small);
    sa_cache *cache = open_cache(&p, 0, 0);
    p.sample.args.cache = cache;
    for (int i = 0; i < POSITIONS / T; i++) run(&p, p.by_tables);
    cr_expect_eq(sa_forward(p.ctx, p.by_tables, &p.sample.args), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(p.ctx), "tokens stand at 18 to 23"), "%s", sa_ctx_last_error(p.ctx));
    cr_expect_eq(sa_cache_length(cache, 0, 0), POSITIONS / T * T);
    p.sample.args.x.size[2] = p.sample.args.y.size[2] = POSITIONS % T;
    run(&p, p.by_tables);
    cr_expect_eq(sa_cache_length(cache, 0, 1), POSITIONS);
    sa_cache_destroy(&cache);
    pair_free(&p);
}

/* In calls with positions of their own nothing moves, so those have to be in the tables and no others. */
Test(rope_tables, first_tokens_that_stay) {
    const int64_t positions[B * T] = {0, 1, 2, 5, 4, 3, 7, 19, 8, 12, 11, 10};
    struct pair p;
    pair_make(&p, &small);
    sa_cache *caches[2] = {open_cache(&p, 5, 2), open_cache(&p, 5, 2)};
    p.sample.args.positions = positions;
    for (int i = 0; i < 3 * POSITIONS / T; i++) expect_equal(&p, caches, "given positions");
    for (int i = 0; i < 2; i++) sa_cache_destroy(&caches[i]);
    pair_free(&p);
}
