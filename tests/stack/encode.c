/* A whole encoder against the double-precision forward pass, and the rules of its arguments.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call with all inputs and outputs, and the answers. */
struct batch {
    const struct tiny *tiny;
    int64_t B, T;
    int32_t ids[128], types[128];
    int64_t lengths[8];
    int padded; /* whether lengths are given */
    float *hidden, *hidden_all, *attention, *embedding;
    double *want_all, *want_attention, *want_embedding;
};

static void *room(int64_t count, size_t size) {
    void *memory = calloc((size_t)count, size);
    cr_assert(memory);
    return memory;
}

static void batch_make(struct batch *x, const struct tiny *t, int64_t B, int64_t T, uint64_t seed) {
    const struct tiny_shape *s = &t->shape;
    struct rng rng = {seed};
    *x = (struct batch){.tiny = t, .B = B, .T = T};
    for (int64_t i = 0; i < B * T; i++) {
        x->ids[i] = (int32_t)rng_below(&rng, s->V);
        x->types[i] = (int32_t)rng_below(&rng, s->Y);
    }
    for (int64_t b = 0; b < B; b++) x->lengths[b] = 1 + rng_below(&rng, T);
    x->lengths[0] = T;
    x->hidden = room(B * T * s->E, sizeof(float));
    x->hidden_all = room((s->L + 1) * B * T * s->E, sizeof(float));
    x->attention = room(s->L * B * s->H * T * T, sizeof(float));
    x->embedding = room(B * s->E, sizeof(float));
    x->want_all = room((s->L + 1) * B * T * s->E, sizeof(double));
    x->want_attention = room(s->L * B * s->H * T * T, sizeof(double));
    x->want_embedding = room(B * s->E, sizeof(double));
}

static void batch_free(struct batch *x) {
    free(x->hidden), free(x->hidden_all), free(x->attention), free(x->embedding);
    free(x->want_all), free(x->want_attention), free(x->want_embedding);
}

static sa_encode_args args_of(struct batch *x, int with_types, int with_lengths) {
    x->padded = with_lengths;
    return (sa_encode_args){.struct_size = sizeof(sa_encode_args),
                            .batch = x->B,
                            .tokens = x->T,
                            .ids = x->ids,
                            .lengths = with_lengths ? x->lengths : NULL,
                            .types = with_types ? x->types : NULL,
                            .hidden = x->hidden,
                            .hidden_all = x->hidden_all,
                            .attention = x->attention,
                            .embedding = x->embedding};
}

static double worst(const float *got, const double *want, int64_t count) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)got[i] - want[i]);
        if (!(off <= largest)) largest = off;
    }
    return largest;
}

/* The worst of arrays [outer][B][inner][T][width] in rows of real tokens. */
static double worst_of_real(const struct batch *x, const float *got, const double *want, int64_t outer, int64_t inner,
                            int64_t width) {
    double largest = 0;
    for (int64_t i = 0; i < outer * x->B * inner; i++) {
        const int64_t at = i * x->T * width;
        const int64_t real = x->padded ? x->lengths[i / inner % x->B] : x->T;
        largest = fmax(largest, worst(got + at, want + at, real * width));
    }
    return largest;
}

/* Errors as multiples of those at the highest precision. At a lower one projections round too, so twice its bound for
 * attention alone. */
static double factor_of(const struct way *way) {
    return way->precision == SA_PRECISION_HIGHEST ? 1 : 2 * way->error / 1e-6;
}

/* Hidden states are of unit scale, weights and embeddings below 1. */
static void expect_right(struct batch *x, double factor, const char *what) {
    const struct tiny_shape *s = &x->tiny->shape;
    const int64_t state = x->B * x->T * s->E;
    double all = worst_of_real(x, x->hidden_all, x->want_all, s->L + 1, 1, s->E);
    double attention = worst_of_real(x, x->attention, x->want_attention, s->L, s->H, x->T);
    double embedding = worst(x->embedding, x->want_embedding, x->B * s->E);
    cr_expect(all <= 1e-5 * factor, "%s: hidden states are off by %g", what, all);
    cr_expect(attention <= 3e-6 * factor, "%s: attention weights are off by %g", what, attention);
    cr_expect(embedding <= 1e-6 * factor, "%s: embeddings are off by %g", what, embedding);
    cr_expect(memcmp(x->hidden, x->hidden_all + s->L * state, (size_t)state * sizeof(float)) == 0, "%s", what);
}

static void check_encoding(sa_ctx *ctx, const sa_model *model, struct batch *x, int with_types, int with_lengths,
                           double factor, const char *what) {
    sa_encode_args a = args_of(x, with_types, with_lengths);
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s: %s", what, sa_ctx_last_error(ctx));
    tiny_forward(x->tiny, x->ids, a.types, a.lengths, x->B, x->T, x->want_all, x->want_attention, x->want_embedding);
    expect_right(x, factor, what);
}

static void check_model(const struct tiny_shape *shape, const char *dtype) {
    struct tiny tiny;
    tiny_make(&tiny, shape, dtype, 5);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        sa_model *model = tiny_open(ctx, &tiny);
        for (int seed = 0; seed < 8; seed++) {
            struct batch x;
            char what[80];
            snprintf(what, sizeof what, "%s, %s, seed %d", ways[w].name, dtype, seed);
            batch_make(&x, &tiny, 1 + seed % 4, seed < 4 ? 1 + seed : shape->P - seed % 3, (uint64_t)seed);
            check_encoding(ctx, model, &x, seed % 2, seed / 2 % 2, factor_of(&ways[w]), what);
            batch_free(&x);
        }
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
    }
    tiny_free(&tiny);
}

Test(encode, agrees_with_double_precision_f32) {
    check_model(&tiny_shape, "F32");
}

Test(encode, agrees_with_double_precision_f16) {
    check_model(&tiny_shape, "F16");
}

Test(encode, agrees_with_double_precision_bf16) {
    check_model(&tiny_shape, "BF16");
}

Test(encode, agrees_with_double_precision_where_rows_are_long) {
    check_model(&wide_shape, "F32");
}

/* The weights of a row from queries [heads][T][D] and keys [key heads][T][D]: the softmax of their products with the
 * first `seen` keys. */
static void weights_of_row(const float *query, const float *key, int64_t D, int64_t seen, double *weight) {
    double most = -INFINITY, sum = 0;
    for (int64_t s = 0; s < seen; s++) {
        weight[s] = 0;
        for (int64_t d = 0; d < D; d++) weight[s] += (double)query[d] * (double)key[s * D + d];
        most = fmax(most, weight[s]);
    }
    for (int64_t s = 0; s < seen; s++) sum += weight[s] = exp(weight[s] - most);
    for (int64_t s = 0; s < seen; s++) weight[s] /= sum;
}

/* Runs the model, and compares its weights with those of its queries and keys. */
static void check_queries_and_keys(sa_ctx *ctx, const sa_model *model, const int32_t *ids, const int64_t *lengths,
                                   int64_t B, int64_t T, int causal) {
    const int64_t L = sa_model_get(model, SA_MODEL_LAYERS), H = sa_model_get(model, SA_MODEL_QUERY_HEADS);
    const int64_t K = sa_model_get(model, SA_MODEL_KV_HEADS), D = sa_model_get(model, SA_MODEL_HEAD_SIZE);
    float *query = room(L * B * H * T * D, sizeof *query), *key = room(L * B * K * T * D, sizeof *key);
    float *attention = room(L * B * H * T * T, sizeof *attention);
    double *want = room(T, sizeof *want), worst_off = 0;
    sa_encode_args args = {.struct_size = sizeof args,
                           .batch = B,
                           .tokens = T,
                           .ids = ids,
                           .lengths = lengths,
                           .attention = attention,
                           .queries = query,
                           .keys = key};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < L * B * H * T; i++) {
        const int64_t t = i % T, map = i / T, h = map % H, length = lengths ? lengths[map / H % B] : T;
        if (t >= length) continue;
        weights_of_row(query + i * D, key + (map / H * K + h / (H / K)) * T * D, D, causal ? t + 1 : length, want);
        worst_off = fmax(worst_off, worst(attention + i * T, want, causal ? t + 1 : length));
    }
    /* Products are sums of D terms below 10 or so, in float here and there. */
    cr_expect(worst_off <= 1e-5, "off by %g", worst_off);
    /* They are the same without the weights. */
    float *again = room(L * B * H * T * D, sizeof *again);
    args.attention = NULL, args.keys = NULL, args.queries = again;
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(memcmp(again, query, (size_t)(L * B * H * T * D) * sizeof *query), 0);
    free(query), free(key), free(attention), free(want), free(again);
}

/* A model of the small shape, one context and a batch of three sequences of ten tokens. */
struct fixture {
    struct tiny tiny;
    sa_ctx *ctx;
    sa_model *model;
    struct batch x;
};

static void fixture_make(struct fixture *f) {
    f->ctx = ctx_open(NULL);
    tiny_make(&f->tiny, &tiny_shape, "F32", 5);
    f->model = tiny_open(f->ctx, &f->tiny);
    batch_make(&f->x, &f->tiny, 3, 10, 77);
}

static void fixture_free(struct fixture *f) {
    batch_free(&f->x);
    sa_model_destroy(&f->model);
    cr_expect_null(f->model);
    tiny_free(&f->tiny);
    sa_ctx_destroy(&f->ctx);
}

Test(encode, every_output_is_optional) {
    struct fixture f;
    fixture_make(&f);
    sa_encode_args all = args_of(&f.x, 1, 1);
    cr_assert_eq(sa_model_encode(f.ctx, f.model, &all), SA_OK);
    const int64_t state = 30 * tiny_shape.E;
    for (int wanted = 0; wanted < 16; wanted++) {
        struct batch y;
        batch_make(&y, &f.tiny, 3, 10, 77);
        sa_encode_args a = args_of(&y, 1, 1);
        if (!(wanted & 1)) a.hidden = NULL;
        if (!(wanted & 2)) a.hidden_all = NULL;
        if (!(wanted & 4)) a.attention = NULL;
        if (!(wanted & 8)) a.embedding = NULL;
        cr_assert_eq(sa_model_encode(f.ctx, f.model, &a), SA_OK, "%s", sa_ctx_last_error(f.ctx));
        if (a.hidden) cr_expect_arr_eq(y.hidden, f.x.hidden, (size_t)state * sizeof(float));
        if (a.hidden_all) cr_expect_arr_eq(y.hidden_all, f.x.hidden_all, (size_t)(3 * state) * sizeof(float));
        if (a.attention) cr_expect_arr_eq(y.attention, f.x.attention, 2 * 3 * 3 * 100 * sizeof(float));
        if (a.embedding) cr_expect_arr_eq(y.embedding, f.x.embedding, (size_t)(3 * tiny_shape.E) * sizeof(float));
        batch_free(&y);
    }
    fixture_free(&f);
}

/* Whatever stands in the padding, and however much of it: the sequence comes out the same, up to the BLAS's rounding of
 * states of up to about 4. */
Test(encode, padding_changes_nothing) {
    struct fixture f;
    fixture_make(&f);
    sa_encode_args padded = args_of(&f.x, 1, 1);
    cr_assert_eq(sa_model_encode(f.ctx, f.model, &padded), SA_OK);
    for (int64_t b = 0; b < f.x.B; b++) {
        struct batch alone;
        const int64_t n = f.x.lengths[b], E = tiny_shape.E;
        batch_make(&alone, &f.tiny, 1, n, 77);
        memcpy(alone.ids, f.x.ids + b * 10, (size_t)n * sizeof *alone.ids);
        memcpy(alone.types, f.x.types + b * 10, (size_t)n * sizeof *alone.types);
        sa_encode_args a = args_of(&alone, 1, 0);
        cr_assert_eq(sa_model_encode(f.ctx, f.model, &a), SA_OK);
        cr_expect_lt(largest_difference(alone.hidden, f.x.hidden + b * 10 * E, n * E), 4e-6, "sequence %d", (int)b);
        cr_expect_lt(largest_difference(alone.embedding, f.x.embedding + b * E, E), 1e-6, "sequence %d", (int)b);
        batch_free(&alone);
    }
    for (int64_t i = 0; i < 30 * tiny_shape.E; i++) cr_expect(isfinite(f.x.hidden[i]));
    for (int64_t i = 0; i < 2 * 3 * 3 * 100; i++) {
        int64_t key = i % 10, sequence = i / 300 % 3;
        if (key >= f.x.lengths[sequence]) cr_expect_eq(f.x.attention[i], 0);
    }
    fixture_free(&f);
}

static void expect_refused(struct fixture *f, const sa_encode_args *a, sa_status status, const char *words) {
    uint64_t bytes = 1;
    cr_expect_eq(sa_model_encode(f->ctx, f->model, a), status, "%s: %s", words, sa_ctx_last_error(f->ctx));
    cr_expect(strstr(sa_ctx_last_error(f->ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(f->ctx),
              words);
    if (strstr(words, "id") || strstr(words, "type")) return;
    cr_expect_eq(sa_model_encode_workspace_size(f->ctx, f->model, a, &bytes), status);
    cr_expect_eq(bytes, 0);
}

Test(encode, refuses_wrong_arguments) {
    struct fixture f;
    fixture_make(&f);
    const sa_encode_args good = args_of(&f.x, 1, 1);
    sa_encode_args a = good;
    uint64_t bytes;
    cr_expect_eq(sa_model_encode(NULL, f.model, &a), SA_ERR_NULL);
    cr_expect_eq(sa_model_encode(f.ctx, NULL, &a), SA_ERR_NULL);
    cr_expect_eq(sa_model_encode(f.ctx, f.model, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_model_encode_workspace_size(f.ctx, f.model, &a, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_model_encode_workspace_size(NULL, f.model, &a, &bytes), SA_ERR_NULL);
    a.ids = NULL, expect_refused(&f, &a, SA_ERR_NULL, "ids is NULL");
    a = good, a.struct_size = 8, expect_refused(&f, &a, SA_ERR_STRUCT_SIZE, "struct_size is 8");
    a = good, a.batch = -1, expect_refused(&f, &a, SA_ERR_VALUE, "batch is -1, must be at least 0");
    a = good, a.tokens = 0, expect_refused(&f, &a, SA_ERR_VALUE, "tokens is 0");
    a = good, a.tokens = 24, expect_refused(&f, &a, SA_ERR_SHAPE, "tokens is 24, the model's longest sequence has 23");
    a = good, a.batch = INT64_MAX / 4, a.ids = NULL, a.types = NULL, a.lengths = NULL;
    expect_refused(&f, &a, SA_ERR_OVERFLOW, "do not fit");
    a = good, f.x.lengths[2] = 0, expect_refused(&f, &a, SA_ERR_VALUE, "lengths[2] is 0, must be 1 to 10");
    f.x.lengths[2] = 11, expect_refused(&f, &a, SA_ERR_VALUE, "lengths[2] is 11");
    f.x.lengths[2] = 3, f.x.ids[25] = 41;
    expect_refused(&f, &a, SA_ERR_VALUE, "the id of sequence 2, token 5 is 41, must be 0 to 40");
    f.x.ids[25] = -1, expect_refused(&f, &a, SA_ERR_VALUE, "the id of sequence 2, token 5 is -1");
    f.x.ids[25] = 40, f.x.types[9] = 2;
    expect_refused(&f, &a, SA_ERR_VALUE, "the type of sequence 0, token 9 is 2, must be 0 to 1");
    f.x.types[9] = 1;
    cr_expect_eq(sa_model_encode(f.ctx, f.model, &a), SA_OK, "%s", sa_ctx_last_error(f.ctx));
    fixture_free(&f);
}

Test(encode, takes_older_structs_and_empty_batches) {
    struct fixture f;
    fixture_make(&f);
    sa_encode_args a = args_of(&f.x, 0, 0);
    a.struct_size = offsetof(sa_encode_args, embedding);
    cr_expect_eq(sa_model_encode(f.ctx, f.model, &a), SA_OK, "%s", sa_ctx_last_error(f.ctx));
    cr_expect_eq(f.x.embedding[0], 0, "an older struct has no embedding");
    a = (sa_encode_args){.struct_size = sizeof a, .batch = 0, .tokens = 3};
    cr_expect_eq(sa_model_encode(f.ctx, f.model, &a), SA_OK, "%s", sa_ctx_last_error(f.ctx));
    fixture_free(&f);
}

Test(encode, says_how_much_scratch_it_needs) {
    struct fixture f;
    fixture_make(&f);
    sa_encode_args a = args_of(&f.x, 1, 1);
    uint64_t bytes = 0;
    a.ids = NULL, a.types = NULL;
    cr_assert_eq(sa_model_encode_workspace_size(f.ctx, f.model, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(f.ctx));
    cr_expect_gt(bytes, 2 * 30 * (uint64_t)tiny_shape.E * sizeof(float));
    sa_encode_args many = {.struct_size = sizeof many, .batch = (int64_t)1 << 42, .tokens = 1};
    cr_expect_eq(sa_model_encode_workspace_size(f.ctx, f.model, &many, &bytes), SA_OK, "%s", sa_ctx_last_error(f.ctx));
    cr_expect_gt(bytes, (uint64_t)tiny_shape.E * sizeof(float) << 42);
    cr_expect_eq(sa_model_encode_workspace_size(f.ctx, f.model, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(f.ctx));
    sa_ctx *fresh = ctx_open(NULL);
    a = args_of(&f.x, 1, 1);
    cr_assert_eq(sa_model_encode(fresh, f.model, &a), SA_OK);
    cr_expect_eq(sa_ctx_scratch_bytes(fresh), bytes);
    sa_ctx_destroy(&fresh);
    fixture_free(&f);
}

Test(encode, getters_know_the_model) {
    struct fixture f;
    fixture_make(&f);
    cr_expect_eq(sa_model_get(f.model, SA_MODEL_LAYERS), 2);
    cr_expect_eq(sa_model_get(f.model, SA_MODEL_WIDTH), 21);
    cr_expect_eq(sa_model_get(f.model, SA_MODEL_QUERY_HEADS), 3);
    cr_expect_eq(sa_model_get(f.model, SA_MODEL_KV_HEADS), 3);
    cr_expect_eq(sa_model_get(f.model, SA_MODEL_VOCABULARY), 41);
    cr_expect_eq(sa_model_get(f.model, SA_MODEL_MAX_POSITIONS), 23);
    cr_expect_eq(sa_model_get(f.model, -1), -1);
    cr_expect_eq(sa_model_get(f.model, 99), -1);
    cr_expect_eq(sa_model_get(NULL, SA_MODEL_WIDTH), -1);
    fixture_free(&f);
    sa_model_destroy(NULL);
    sa_model_destroy(&f.model);
}

/* With padding rows are packed; of a decoder keys are rotated, and heads share them. */
Test(encode, queries_and_keys_give_the_weights) {
    static const int32_t ids[12] = {1, 3, 5, 2, 9, 30, 7, 8, 20, 21, 6, 4};
    struct fixture f;
    sa_model *model;
    fixture_make(&f);
    check_queries_and_keys(f.ctx, f.model, f.x.ids, f.x.lengths, 3, 10, 0);
    check_queries_and_keys(f.ctx, f.model, f.x.ids, NULL, 3, 10, 0);
    for (int i = 0; i < 2; i++) {
        const char *path = data_path(i ? "architectures/qwen3" : "architectures/llama");
        cr_assert_eq(sa_model_open(f.ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(f.ctx));
        check_queries_and_keys(f.ctx, model, ids, NULL, 2, 6, 1);
        sa_model_destroy(&model);
    }
    fixture_free(&f);
}
