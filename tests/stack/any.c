/* Random transformers of every kind: opened from files, run over whole inputs and in sessions, against double
 * precision.
 * SPDX-License-Identifier: MIT */
#include "support/any.h"
#include "selfattn_models.h"

#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Relative to the largest number of an array, or to 1. Weights also by the rounding of their scores: where these are
 * large and keys are equal, a BLAS may add up the same products in two orders. */
static const double TOLERANCE = 2e-5, ROUNDING = 0x1p-24;

enum { MOST_BATCH = 3, MOST_TOKENS = 24 };

/* A batch of inputs for the first stack, with targets if there are two. */
struct input {
    int64_t B, T, U;
    int32_t ids[MOST_BATCH * MOST_TOKENS], types[MOST_BATCH * MOST_TOKENS], targets[MOST_BATCH * MOST_TOKENS];
    int64_t lengths[MOST_BATCH], target_lengths[MOST_BATCH];
    float *features;
    int64_t feature_size;
};

/* Answers and results for sequence b: states, weights, targets' weights, cross-weights, logits, pooled. */
enum { STATES, WEIGHTS, TARGET_WEIGHTS, CROSS_WEIGHTS, LOGITS, POOLED, ARRAYS };

struct outputs {
    int64_t size[ARRAYS]; /* of one sequence; 0: there is no such thing */
    float *got[ARRAYS];   /* [outer][B][inner][rows][width], as the library has it */
    double *want[ARRAYS]; /* the same */
    int64_t outer[ARRAYS], rows[ARRAYS], width[ARRAYS], inner[ARRAYS];
};

static const char *const array_names[] = {"states",        "weights", "weights of targets",
                                          "cross weights", "logits",  "pooled"};

static const struct any_stack *first_of(const struct any *a) {
    return a->encoder.name ? &a->encoder : &a->decoder;
}

static int has_both(const struct any *a) {
    return a->encoder.name && a->decoder.name;
}

static void make_input(const struct any *a, struct rng *rng, struct input *in) {
    const struct any_stack *s = first_of(a);
    const int64_t tokens = any_tokens(s);
    *in = (struct input){.B = 1 + rng_below(rng, MOST_BATCH)};
    in->T = tokens ? tokens : 1 + rng_below(rng, MOST_TOKENS);
    in->U = has_both(a) ? 1 + rng_below(rng, MOST_TOKENS) : 0;
    for (int64_t i = 0; i < MOST_BATCH * MOST_TOKENS; i++) {
        in->ids[i] = (int32_t)rng_below(rng, s->V);
        in->types[i] = (int32_t)rng_below(rng, s->types);
        in->targets[i] = (int32_t)rng_below(rng, a->decoder.V);
    }
    for (int64_t b = 0; b < in->B; b++) {
        in->lengths[b] = tokens ? in->T : 1 + rng_below(rng, in->T);
        in->target_lengths[b] = in->U ? 1 + rng_below(rng, in->U) : 0;
    }
    in->feature_size = tokens ? s->channels * s->height * s->width : 0;
    in->features = calloc((size_t)(in->B * in->feature_size) + 1, sizeof *in->features);
    for (int64_t i = 0; i < in->B * in->feature_size; i++) in->features[i] = rng_normal(rng);
}

static void shape(struct outputs *o, int i, int64_t B, int64_t outer, int64_t inner, int64_t rows, int64_t width) {
    o->outer[i] = outer, o->inner[i] = inner, o->rows[i] = rows, o->width[i] = width;
    o->size[i] = outer * inner * rows * width;
    o->got[i] = calloc((size_t)(B * o->size[i]) + 1, sizeof(float));
    o->want[i] = calloc((size_t)(B * o->size[i]) + 1, sizeof(double));
}

static void make_outputs(const struct any *a, const struct input *in, struct outputs *o) {
    const struct any_stack *s = first_of(a), *d = &a->decoder;
    const int64_t T = in->T, U = in->U;
    *o = (struct outputs){0};
    shape(o, STATES, in->B, 1, 1, T, s->E);
    shape(o, WEIGHTS, in->B, s->L, s->H, T, T);
    if (U) shape(o, TARGET_WEIGHTS, in->B, d->L, d->H, U, U);
    if (U) shape(o, CROSS_WEIGHTS, in->B, d->L, d->H, U, T);
    if (d->name)
        shape(o, LOGITS, in->B, 1, 1, U ? U : T, d->V);
    else if (a->classes)
        shape(o, LOGITS, in->B, 1, 1, 1, a->classes);
    if (a->encoder.name && a->pooler) shape(o, POOLED, in->B, 1, 1, 1, s->E);
}

static void free_outputs(struct outputs *o) {
    for (int i = 0; i < ARRAYS; i++) {
        free(o->got[i]);
        free(o->want[i]);
    }
}

/* Where row r of sequence b is. */
static int64_t place(const struct outputs *o, int i, int64_t B, int64_t outer, int64_t b, int64_t inner, int64_t r) {
    return (((outer * B + b) * o->inner[i] + inner) * o->rows[i] + r) * o->width[i];
}

/* Rows of `width` numbers, [outer][inner][rows], into their places for sequence b. */
static void put(struct outputs *o, int i, int64_t B, int64_t b, int64_t rows, int64_t width, const double *from) {
    for (int64_t u = 0; u < o->outer[i]; u++)
        for (int64_t n = 0; n < o->inner[i]; n++)
            for (int64_t r = 0; r < rows; r++)
                memcpy(o->want[i] + place(o, i, B, u, b, n, r), from + ((u * o->inner[i] + n) * rows + r) * width,
                       (size_t)width * sizeof *from);
}

/* The answers for sequence b without its padding. */
static void answer(const struct any *a, const struct input *in, int64_t b, struct outputs *o) {
    const struct any_stack *s = first_of(a), *d = &a->decoder;
    const int64_t T = in->lengths[b], U = in->target_lengths[b], rows = in->U ? U : T, B = in->B;
    double *x = calloc((size_t)(T * s->E), sizeof *x), *y = calloc((size_t)(rows * d->E) + 1, sizeof *y);
    double *w = calloc((size_t)(s->L * s->H * T * T), sizeof *w);
    double *v = calloc((size_t)(d->L * d->H * U * U) + 1, sizeof *v);
    double *c = calloc((size_t)(d->L * d->H * U * T) + 1, sizeof *c);
    double *row = calloc((size_t)(rows * (d->V + s->E + 8)), sizeof *row);
    any_forward(a, s, in->ids + b * in->T, s->types ? in->types + b * in->T : NULL, in->features + b * in->feature_size,
                T, NULL, 0, x, w, NULL);
    put(o, STATES, B, b, T, s->E, x);
    put(o, WEIGHTS, B, b, T, T, w);
    if (in->U) {
        any_forward(a, d, in->targets + b * in->U, NULL, NULL, U, x, T, y, v, c);
        put(o, TARGET_WEIGHTS, B, b, U, U, v);
        put(o, CROSS_WEIGHTS, B, b, U, T, c);
    }
    for (int64_t r = 0; d->name && r < rows; r++) any_logits(a, (in->U ? y : x) + r * d->E, row + r * d->V);
    if (!d->name && a->classes) any_classes(a, x, row);
    if (o->size[LOGITS]) put(o, LOGITS, B, b, d->name ? rows : 1, o->width[LOGITS], row);
    if (o->size[POOLED]) {
        any_pooled(a, x, row);
        put(o, POOLED, B, b, 1, s->E, row);
    }
    free(x), free(y), free(w), free(v), free(c), free(row);
}

static int is_of_weights(int i) {
    return i == WEIGHTS || i == TARGET_WEIGHTS || i == CROSS_WEIGHTS;
}

/* Compares the real rows, and that nobody looks at padding. `largest`: the largest sum of amounts in a score. */
static void compare(const struct input *in, const struct outputs *o, double largest, const char *way, uint64_t seed) {
    for (int i = 0; i < ARRAYS; i++) {
        double most = 1, off = 0;
        for (int64_t u = 0; u < o->outer[i]; u++)
            for (int64_t b = 0; b < in->B; b++) {
                const int of_targets = i == TARGET_WEIGHTS || i == CROSS_WEIGHTS || (i == LOGITS && in->U);
                const int64_t length = of_targets ? in->target_lengths[b] : in->lengths[b];
                for (int64_t n = 0; n < o->inner[i]; n++)
                    for (int64_t r = 0; r < o->rows[i] && r < length; r++)
                        for (int64_t c = 0; c < o->width[i]; c++) {
                            const int64_t at = place(o, i, in->B, u, b, n, r) + c;
                            const double error = fabs((double)o->got[i][at] - o->want[i][at]);
                            most = fmax(most, fabs(o->want[i][at]));
                            if (!(error <= off)) off = isnan(error) ? (double)INFINITY : error;
                        }
            }
        const double tolerance = TOLERANCE * most + (is_of_weights(i) ? ROUNDING * largest : 0);
        cr_expect(off <= tolerance, "seed %d, %s: %s are off by %g of %g", (int)seed, way, array_names[i], off, most);
    }
}

static sa_encode_args encode_args(const struct any *a, const struct input *in) {
    const struct any_stack *s = first_of(a);
    return (sa_encode_args){.struct_size = sizeof(sa_encode_args),
                            .batch = in->B,
                            .tokens = in->T,
                            .ids = in->feature_size ? NULL : in->ids,
                            .lengths = in->lengths,
                            .types = s->types ? in->types : NULL,
                            .features = in->feature_size ? in->features : NULL};
}

static void run_whole(sa_ctx *ctx, const sa_model *model, const struct any *a, const struct input *in,
                      struct outputs *o) {
    sa_encode_args args = encode_args(a, in);
    args.hidden = o->got[STATES];
    args.attention = o->got[WEIGHTS];
    args.pooled = o->got[POOLED];
    args.logits = o->got[LOGITS];
    args.targets = in->U;
    args.target_ids = in->U ? in->targets : NULL;
    args.target_lengths = in->U ? in->target_lengths : NULL;
    args.target_attention = o->got[TARGET_WEIGHTS];
    args.cross_attention = o->got[CROSS_WEIGHTS];
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Gives each sequence a few of its tokens at a time, and collects logits. */
static void run_session(sa_ctx *ctx, const sa_model *model, const struct any *a, const struct input *in,
                        struct rng *rng, struct outputs *o) {
    const sa_session_config config = {.struct_size = sizeof config, .batch = in->B};
    const int64_t all = in->U ? in->U : in->T, V = a->decoder.V;
    const int64_t *lengths = in->U ? in->target_lengths : in->lengths;
    const int32_t *ids = in->U ? in->targets : in->ids;
    int64_t now[MOST_BATCH], left = 1;
    int32_t step[MOST_BATCH * MOST_TOKENS], types[MOST_BATCH * MOST_TOKENS];
    float *logits = calloc((size_t)(in->B * all * V) + 1, sizeof *logits);
    sa_session *session;
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    const sa_encode_args source = encode_args(a, in);
    if (in->U) cr_assert_eq(sa_session_encode(ctx, session, &source), SA_OK, "%s", sa_ctx_last_error(ctx));
    while (left) {
        int64_t T = 1;
        left = 0;
        for (int64_t b = 0; b < in->B; b++) {
            const int64_t rest = lengths[b] - sa_session_length(session, b), most = 1 + rng_below(rng, 7);
            now[b] = rest < most ? rest : most;
            left += rest - now[b];
            if (now[b] > T) T = now[b];
        }
        for (int64_t b = 0; b < in->B; b++)
            for (int64_t t = 0; t < T; t++) {
                const int64_t at = b * all + sa_session_length(session, b) + t;
                step[b * T + t] = t < now[b] ? ids[at] : 0;
                types[b * T + t] = t < now[b] ? in->types[at] : 0;
            }
        const sa_session_args args = {.struct_size = sizeof args,
                                      .tokens = T,
                                      .ids = step,
                                      .lengths = now,
                                      .logits_all = logits,
                                      .types = a->decoder.types && !in->U ? types : NULL};
        cr_assert_eq(sa_session_run(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int64_t b = 0; b < in->B; b++)
            memcpy(o->got[LOGITS] + (b * all + sa_session_length(session, b) - now[b]) * V, logits + b * T * V,
                   (size_t)(now[b] * V) * sizeof *logits);
    }
    sa_session_destroy(&session);
    free(logits);
}

/* `wanted` is a type that the weights are converted to, or -1. */
static void check(sa_ctx *ctx, const char *way, struct any *a, const struct folder *folder, int32_t wanted,
                  uint64_t seed) {
    struct rng rng = {seed * 7919};
    double largest = 0;
    struct input in;
    struct outputs o;
    sa_model *model;
    const sa_model_options options = {
        .struct_size = sizeof options, .convert = wanted >= 0, .weights = wanted >= 0 ? wanted : 0};
    sa_status status = sa_model_open_with(ctx, folder->path, wanted >= 0 ? &options : NULL, &model);
    cr_expect_eq(status, SA_OK, "seed %d: %s", (int)seed, sa_ctx_last_error(ctx));
    if (status != SA_OK) return;
    make_input(a, &rng, &in);
    make_outputs(a, &in, &o);
    a->largest = &largest;
    for (int64_t b = 0; b < in.B; b++) answer(a, &in, b, &o);
    a->largest = NULL;
    run_whole(ctx, model, a, &in, &o);
    compare(&in, &o, largest, way, seed);
    if (a->decoder.name) {
        memset(o.got[LOGITS], 0, (size_t)(in.B * o.size[LOGITS]) * sizeof(float));
        run_session(ctx, model, a, &in, &rng, &o);
        compare(&in, &o, largest, way, seed);
    }
    free_outputs(&o);
    free(in.features);
    sa_model_destroy(&model);
}

/* How many models: SELFATTN_TEST_SAMPLES, or 200. Each is run in one way of computing, in turn. */
static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 200;
}

/* A third of the models is converted while it is opened. */
static int32_t conversion_of(uint64_t seed) {
    static const int32_t types[] = {SA_F32, SA_BF16, SA_F16, SA_Q8_0, SA_Q4_0, SA_Q5_1, SA_Q4_K, SA_IQ4_XS};
    return seed % 3 ? -1 : types[seed / 3 % (uint64_t)(sizeof types / sizeof *types)];
}

static void check_share(uint64_t share, uint64_t shares) {
    for (uint64_t seed = 1 + share; seed <= samples(); seed += shares) {
        struct any any;
        struct folder folder = folder_make();
        any_make(&any, seed);
        any_write(&any, &folder);
        const struct way *way = &ways[seed / shares % (uint64_t)ways_count];
        sa_ctx *ctx = way_open(way, seed % 7 ? 1 : 2);
        if (conversion_of(seed) >= 0) any_convert(&any, conversion_of(seed));
        if (ctx) check(ctx, way->name, &any, &folder, conversion_of(seed), seed);
        sa_ctx_destroy(&ctx);
        any_free(&any);
        folder_remove(&folder);
    }
}

Test(any, random_models_compute_their_formulas_1) {
    check_share(0, 2);
}

Test(any, random_models_compute_their_formulas_2) {
    check_share(1, 2);
}
