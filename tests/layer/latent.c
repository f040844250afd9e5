/* Latent attention: both forms on every path against the formula in doubles, at once and token by token with a cache.
 * SPDX-License-Identifier: MIT */
#include "selfattn.h"
#include "support/compare.h"
#include "support/half.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(rng, ...)                                                                                                 \
    ((const int64_t[]){__VA_ARGS__}[rng_below(rng, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

enum { MOST_TOKENS = 40, MOST_BATCH = 3, SINGLE = 3 }; /* tokens that come one by one behind the first call */

struct sizes {
    int64_t B, T, E, F, H, D, Dv, L, R, rank; /* T: of the first call */
    int32_t dtype, order, style, normed, projected;
};

/* A layer with its weights as doubles in SA_OUT_IN, and as the library gets them. */
struct sample {
    struct sizes s;
    double *q, *down, *low, *up, *o, *bias;
    void *given[6];
    float *query_norm, *key_norm;
    sa_rope rope;
    sa_latent latent;
    sa_layer_config config;
    int64_t lengths[MOST_BATCH]; /* real tokens of the first call */
    float *x;                    /* [B,MOST_TOKENS,E] */
    double *y; /* [B,MOST_TOKENS,F] the oracle's, for the real tokens of a sequence one after another */
    char text[200];
};

static double *matrix(struct sample *m, struct rng *rng, int which, int64_t out, int64_t in) {
    double *weights = malloc((size_t)(out * in) * sizeof *weights);
    float *floats = malloc((size_t)(out * in) * sizeof *floats); /* or numbers of 16 bits */
    uint16_t *halves = (uint16_t *)floats;
    for (int64_t o = 0; o < out; o++)
        for (int64_t i = 0; i < in; i++) {
            const float value = (float)(rng_normal(rng) / sqrt((double)in));
            const uint16_t half = half_nearest(value, m->s.dtype);
            const int64_t at = m->s.order == SA_OUT_IN ? o * in + i : i * out + o;
            if (m->s.dtype == SA_F32)
                floats[at] = value;
            else
                halves[at] = half;
            weights[o * in + i] = m->s.dtype == SA_F32 ? (double)value : half_value(half, m->s.dtype);
        }
    m->given[which] = floats;
    return weights;
}

static float *normals(struct rng *rng, int64_t count, double mean, double deviation) {
    float *x = malloc((size_t)(count ? count : 1) * sizeof *x);
    for (int64_t i = 0; i < count; i++) x[i] = (float)(mean + deviation * rng_normal(rng));
    return x;
}

static struct sizes sizes_random(struct rng *rng) {
    struct sizes s;
    s.B = PICK(rng, 1, 2, 3), s.T = PICK(rng, 1, 2, 7, 16, 17, 33);
    s.E = PICK(rng, 24, 40, 64), s.H = PICK(rng, 1, 2, 3, 5);
    s.D = PICK(rng, 8, 16, 20), s.Dv = PICK(rng, 8, 12, 24), s.L = PICK(rng, 16, 24, 48);
    s.R = PICK(rng, 0, 2, 8, 16), s.rank = PICK(rng, 0, 0, 20, 32);
    s.projected = (int32_t)rng_below(rng, 4) > 0, s.normed = (int32_t)rng_below(rng, 4);
    s.F = s.projected ? PICK(rng, 16, 30) : s.H * s.Dv;
    s.dtype = (int32_t)PICK(rng, SA_F32, SA_F32, SA_BF16, SA_F16);
    s.order = (int32_t)rng_below(rng, 2), s.style = (int32_t)rng_below(rng, 2);
    return s;
}

static void sample_make(struct sample *m, uint64_t seed) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 5};
    *m = (struct sample){.s = sizes_random(&rng)};
    const struct sizes *s = &m->s;
    const int64_t in = s->rank ? s->rank : s->E;
    m->q = matrix(m, &rng, 0, s->H * (s->D + s->R), in);
    m->down = matrix(m, &rng, 1, s->L + s->R, s->E);
    m->up = matrix(m, &rng, 2, s->H * (s->D + s->Dv), s->L);
    if (s->rank) m->low = matrix(m, &rng, 3, s->rank, s->E);
    if (s->projected) m->o = matrix(m, &rng, 4, s->F, s->H * s->Dv);
    if (s->projected) m->bias = matrix(m, &rng, 5, s->F, 1);
    m->query_norm = normals(&rng, s->rank, 1, .1), m->key_norm = normals(&rng, s->L, 1, .1);
    m->x = normals(&rng, s->B * MOST_TOKENS * s->E, 0, 1);
    m->y = malloc((size_t)(s->B * MOST_TOKENS * s->F) * sizeof *m->y);
    for (int64_t b = 0; b < s->B; b++) m->lengths[b] = b ? 1 + rng_below(&rng, s->T) : s->T;
    m->rope = (sa_rope){.struct_size = sizeof m->rope, .style = s->style, .theta = 100};
    m->latent = (sa_latent){.struct_size = sizeof m->latent,
                            .latent_size = s->L,
                            .rotary_size = s->R,
                            .query_rank = s->rank,
                            .weight_down = m->given[1],
                            .weight_up = m->given[2],
                            .weight_down_query = m->given[3]};
    m->config = (sa_layer_config){.struct_size = sizeof m->config,
                                  .model_width = s->E,
                                  .output_width = s->F,
                                  .query_heads = s->H,
                                  .head_size = s->D,
                                  .value_head_size = s->Dv,
                                  .weight_order = s->order,
                                  .weight_dtype = s->dtype,
                                  .weight_q = m->given[0],
                                  .weight_o = m->given[4],
                                  .bias_o = m->given[5],
                                  .rope = s->R ? &m->rope : NULL,
                                  .query_norm = s->rank && s->normed & 1 ? m->query_norm : NULL,
                                  .key_norm = s->normed & 2 ? m->key_norm : NULL,
                                  .latent = &m->latent};
    snprintf(m->text, sizeof m->text,
             "seed %llu: B %lld T %lld E %lld F %lld H %lld D %lld Dv %lld L %lld R %lld rank %lld dtype %d order %d",
             (unsigned long long)seed, (long long)s->B, (long long)s->T, (long long)s->E, (long long)s->F,
             (long long)s->H, (long long)s->D, (long long)s->Dv, (long long)s->L, (long long)s->R, (long long)s->rank,
             s->dtype, s->order);
}

static void sample_free(struct sample *m) {
    void *const all[] = {m->q, m->down, m->low, m->up, m->o, m->bias, m->query_norm, m->key_norm, m->x, m->y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    for (int i = 0; i < 6; i++) free(m->given[i]);
}

/* ---- the formula */

static void product(const double *W, int64_t out, int64_t in, const double *x, double *y) {
    for (int64_t o = 0; o < out; o++) {
        y[o] = 0;
        for (int64_t i = 0; i < in; i++) y[o] += W[o * in + i] * x[i];
    }
}

static void rms_norm(double *x, int64_t n, const float *weight) {
    double squares = 0;
    for (int64_t i = 0; i < n; i++) squares += x[i] * x[i];
    for (int64_t i = 0; i < n; i++) x[i] *= (double)weight[i] / sqrt(squares / (double)n + 1e-6);
}

static void turn(double *x, int64_t R, int32_t style, int64_t position) {
    for (int64_t i = 0; i < R / 2; i++) {
        const int64_t a = style == SA_ROPE_HALF ? i : 2 * i, b = style == SA_ROPE_HALF ? i + R / 2 : 2 * i + 1;
        const double angle = (double)position * pow(100, -2.0 * (double)i / (double)R), first = x[a];
        x[a] = first * cos(angle) - x[b] * sin(angle);
        x[b] = first * sin(angle) + x[b] * cos(angle);
    }
}

struct token {
    double q[256], up[256], rotated[16];
};

static void see_token(const struct sample *m, const float *x, int64_t position, struct token *t) {
    const struct sizes *s = &m->s;
    double in[64] = {0}, row[80] = {0}, low[32] = {0};
    for (int64_t i = 0; i < s->E; i++) in[i] = (double)x[i];
    product(m->down, s->L + s->R, s->E, in, row);
    if (m->config.key_norm) rms_norm(row, s->L, m->key_norm);
    product(m->up, s->H * (s->D + s->Dv), s->L, row, t->up);
    turn(row + s->L, s->R, s->style, position);
    memcpy(t->rotated, row + s->L, (size_t)s->R * sizeof *row);
    if (s->rank) product(m->low, s->rank, s->E, in, low);
    if (m->config.query_norm) rms_norm(low, s->rank, m->query_norm);
    product(m->q, s->H * (s->D + s->R), s->rank ? s->rank : s->E, s->rank ? low : in, t->q);
    for (int64_t h = 0; h < s->H; h++) turn(t->q + h * (s->D + s->R) + s->D, s->R, s->style, position);
}

static void attend(const struct sample *m, const struct token *tokens, int64_t t, double *y) {
    const struct sizes *s = &m->s;
    double joined[128] = {0};
    for (int64_t h = 0; h < s->H; h++) {
        const double *q = tokens[t].q + h * (s->D + s->R);
        double weights[MOST_TOKENS], total = 0;
        for (int64_t j = 0; j <= t; j++) {
            const double *k = tokens[j].up + h * (s->D + s->Dv);
            double score = 0;
            for (int64_t d = 0; d < s->D; d++) score += q[d] * k[d];
            for (int64_t d = 0; d < s->R; d++) score += q[s->D + d] * tokens[j].rotated[d];
            total += weights[j] = exp(score / sqrt((double)(s->D + s->R)));
        }
        for (int64_t j = 0; j <= t; j++)
            for (int64_t d = 0; d < s->Dv; d++)
                joined[h * s->Dv + d] += weights[j] / total * tokens[j].up[h * (s->D + s->Dv) + s->D + d];
    }
    if (!s->projected) memcpy(y, joined, (size_t)s->F * sizeof *y);
    if (s->projected) product(m->o, s->F, s->H * s->Dv, joined, y);
    for (int64_t i = 0; s->projected && i < s->F; i++) y[i] += m->bias[i];
}

/* Row i of a sequence's input: its real tokens of the first call, then those that come one by one. */
static const float *input(const struct sample *m, int64_t b, int64_t i) {
    const int64_t row = i < m->lengths[b] ? i : m->s.T + i - m->lengths[b];
    return m->x + (b * MOST_TOKENS + row) * m->s.E;
}

static void oracle(struct sample *m) {
    struct token *tokens = calloc(MOST_TOKENS, sizeof *tokens);
    for (int64_t b = 0; b < m->s.B; b++)
        for (int64_t i = 0; i < m->lengths[b] + SINGLE; i++) {
            see_token(m, input(m, b, i), i, &tokens[i]);
            attend(m, tokens, i, m->y + (b * MOST_TOKENS + i) * m->s.F);
        }
    free(tokens);
}

/* ---- the library */

static void call(sa_ctx *ctx, const sa_layer *layer, const struct sample *m, sa_cache *cache, int64_t first, int64_t T,
                 const int64_t *lengths, int32_t form, float *y) {
    static const sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    sa_forward_args a = {.struct_size = sizeof a, .masking = &causal, .cache = cache, .latent_form = form};
    uint64_t bytes = 0;
    a.lengths = lengths;
    sa_tensor_set(&a.x, m->x + first * m->s.E, SA_F32, SA_BHSD, m->s.B, 1, T, m->s.E);
    a.x.stride[0] = MOST_TOKENS * m->s.E;
    sa_tensor_set(&a.y, y, SA_F32, SA_BHSD, m->s.B, 1, T, m->s.F);
    cr_assert_eq(sa_forward_workspace_size(ctx, layer, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_forward(ctx, layer, &a), SA_OK, "%s: %s", m->text, sa_ctx_last_error(ctx));
    cr_expect_leq(bytes, sa_ctx_scratch_bytes(ctx), "%s", m->text);
}

/* Rows first .. first + count of the oracle for a sequence against rows of y. A latent layer rounds more often than
 * another: into the low queries and the latent vector, and once more into what is made of them. Low precisions round
 * their operands to 2^-8 each time, which averages out less over so few numbers. */
static void expect_rows(const struct way *way, const struct sample *m, int64_t b, int64_t first, int64_t count,
                        const float *y, const char *what) {
    const double few = way->precision == SA_PRECISION_HIGHEST ? 1 : 2;
    double difference = 0, norm = 0;
    for (int64_t i = 0; i < count * m->s.F; i++) {
        const double want = m->y[(b * MOST_TOKENS + first) * m->s.F + i];
        difference += ((double)y[i] - want) * ((double)y[i] - want), norm += want * want;
    }
    cr_expect(sqrt(difference / norm) <= 3 * few * way->error, "%s, %s, %s, sequence %lld: off by %.3g (bound %.3g)",
              way->name, what, m->text, (long long)b, sqrt(difference / norm), 3 * few * way->error);
}

static void check_whole(sa_ctx *ctx, const struct way *way, const sa_layer *layer, const struct sample *m,
                        int32_t form) {
    float *y = malloc((size_t)(m->s.B * m->s.T * m->s.F) * sizeof *y);
    call(ctx, layer, m, NULL, 0, m->s.T, NULL, form, y);
    for (int64_t b = 0; b < m->s.B; b++)
        expect_rows(way, m, b, 0, m->lengths[b], y + b * m->s.T * m->s.F, form == 1 ? "expanded" : "absorbed");
    free(y);
}

/* The first call in one form, single tokens in another. */
static void check_cached(sa_ctx *ctx, const struct way *way, const sa_layer *layer, const struct sample *m,
                         int32_t first, int32_t then) {
    const struct sizes *s = &m->s;
    sa_cache_config config = {.struct_size = sizeof config,
                              .batch = s->B,
                              .kv_heads = 1,
                              .head_size = s->L + s->R,
                              .value_head_size = s->L,
                              .values_in_keys = 1};
    sa_cache *cache = NULL;
    float *y = malloc((size_t)(s->B * s->T * s->F) * sizeof *y);
    char what[60];
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    call(ctx, layer, m, cache, 0, s->T, m->lengths, first, y);
    snprintf(what, sizeof what, "with a cache, form %d", first);
    for (int64_t b = 0; b < s->B; b++) expect_rows(way, m, b, 0, m->lengths[b], y + b * s->T * s->F, what);
    snprintf(what, sizeof what, "a token after form %d in form %d", first, then);
    for (int64_t i = 0; i < SINGLE; i++) {
        call(ctx, layer, m, cache, s->T + i, 1, NULL, then, y);
        for (int64_t b = 0; b < s->B; b++) expect_rows(way, m, b, m->lengths[b] + i, 1, y + b * s->F, what);
    }
    sa_cache_destroy(&cache);
    free(y);
}

static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 100;
}

Test(latent, both_forms_agree_with_the_oracle_on_every_path) {
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct sample m;
        sample_make(&m, seed);
        oracle(&m);
        for (int w = 0; w < all_ways_count; w++) {
            sa_ctx *ctx = way_open(&ways[w], 2);
            sa_layer *layer = NULL;
            if (!ctx) continue;
            cr_assert_eq(sa_layer_create(ctx, &m.config, &layer), SA_OK, "%s: %s", m.text, sa_ctx_last_error(ctx));
            check_whole(ctx, &ways[w], layer, &m, SA_LATENT_EXPANDED);
            check_whole(ctx, &ways[w], layer, &m, SA_LATENT_ABSORBED);
            check_cached(ctx, &ways[w], layer, &m, SA_LATENT_EXPANDED, SA_LATENT_ABSORBED);
            check_cached(ctx, &ways[w], layer, &m, SA_LATENT_ABSORBED, SA_LATENT_EXPANDED);
            check_cached(ctx, &ways[w], layer, &m, SA_LATENT_AUTO, SA_LATENT_AUTO);
            sa_layer_destroy(&layer);
            sa_ctx_destroy(&ctx);
        }
        sample_free(&m);
    }
}

/* The same bits on one thread and on three, and from a window that still holds all tokens. */
Test(latent, threads_and_windows_change_no_bit) {
    struct sample m;
    sample_make(&m, 11);
    float y[2][MOST_BATCH * MOST_TOKENS * 120];
    for (int i = 0; i < 2; i++) {
        const sa_ctx_options options = {.struct_size = sizeof options, .threads = i ? 3 : 1};
        sa_cache_config config = {.struct_size = sizeof config,
                                  .batch = m.s.B,
                                  .kv_heads = 1,
                                  .head_size = m.s.L + m.s.R,
                                  .value_head_size = m.s.L,
                                  .values_in_keys = 1,
                                  .window = i ? 500 : 0};
        sa_ctx *ctx = ctx_open(&options);
        sa_layer *layer = NULL;
        sa_cache *cache = NULL;
        cr_assert_eq(sa_layer_create(ctx, &m.config, &layer), SA_OK);
        cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK);
        call(ctx, layer, &m, cache, 0, m.s.T, NULL, SA_LATENT_ABSORBED, y[i]);
        sa_cache_destroy(&cache);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
    cr_expect(!memcmp(y[0], y[1], (size_t)(m.s.B * m.s.T * m.s.F) * sizeof(float)));
    sample_free(&m);
}

/* A prompt at once and token by token, in the form that the library takes. */
static void expect_same_rows(const struct way *way, const struct sample *m) {
    static float whole[MOST_BATCH * MOST_TOKENS * 120], step[MOST_BATCH * 120];
    const sa_ctx_options options = {
        .struct_size = sizeof options, .path = way->path, .isa = way->isa, .precision = way->precision, .same_bits = 1};
    sa_cache_config config = {.struct_size = sizeof config,
                              .batch = m->s.B,
                              .kv_heads = 1,
                              .head_size = m->s.L + m->s.R,
                              .value_head_size = m->s.L,
                              .values_in_keys = 1};
    sa_ctx *ctx = ctx_open(&options);
    sa_layer *layer = NULL;
    sa_cache *cache = NULL;
    int64_t wrong = 0;
    cr_assert_eq(sa_layer_create(ctx, &m->config, &layer), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    call(ctx, layer, m, NULL, 0, m->s.T, NULL, SA_LATENT_AUTO, whole);
    for (int64_t t = 0; t < m->s.T; t++) {
        call(ctx, layer, m, cache, t, 1, NULL, SA_LATENT_AUTO, step);
        for (int64_t b = 0; b < m->s.B; b++)
            wrong += memcmp(step + b * m->s.F, whole + (b * m->s.T + t) * m->s.F, (size_t)m->s.F * sizeof(float)) != 0;
    }
    cr_expect_eq(wrong, 0, "%s, %s: other bits in %lld rows", way->name, m->text, (long long)wrong);
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
}

Test(latent, same_bits_holds_for_prompts_and_steps) {
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct sample m;
        sample_make(&m, seed);
        for (int w = 0; w < all_ways_count; w++) {
            sa_ctx *ctx = ways[w].path == SA_PATH_FUSED ? way_open(&ways[w], 1) : NULL;
            if (ctx) expect_same_rows(&ways[w], &m);
            sa_ctx_destroy(&ctx);
        }
        sample_free(&m);
    }
}

/* ---- caches whose values are in their keys */

enum { K = 2, S = 150, D = 24, DV = 16, H = 4, T = 3 };

static void attend_cached(sa_ctx *ctx, const sa_cache *cache, float *query, float *output) {
    const sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &causal, .cache = cache};
    sa_tensor_set(&a.query, query, SA_F32, SA_BHSD, 1, H, T, D);
    sa_tensor_set(&a.output, output, SA_F32, SA_BHSD, 1, H, T, DV);
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* As an ordinary cache with a copy of these numbers: the same bits, but for bytes, whose scale is the key's. */
Test(latent, a_cache_keeps_values_in_keys) {
    struct rng rng = {1};
    float *key = normals(&rng, K * S * D, 0, 1), *query = normals(&rng, H * T * D, 0, 1);
    const int32_t types[] = {SA_F32, SA_BF16, SA_F16, SA_I8};
    for (int w = 0; w < all_ways_count; w++)
        for (int i = 0; i < 4; i++) {
            float output[2][H * T * DV];
            uint64_t bytes[2];
            sa_ctx *ctx = way_open(&ways[w], 2);
            if (!ctx) break;
            for (int shared = 0; shared < 2; shared++) {
                sa_cache_config config = {.struct_size = sizeof config,
                                          .batch = 1,
                                          .kv_heads = K,
                                          .head_size = D,
                                          .value_head_size = DV,
                                          .dtype = types[i],
                                          .values_in_keys = shared};
                sa_cache *cache = NULL;
                sa_tensor keys, values;
                sa_tensor_set(&keys, key, SA_F32, SA_BHSD, 1, K, S, D);
                values = keys, values.size[3] = DV;
                cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK);
                cr_assert_eq(sa_cache_append(ctx, cache, 0, &keys, shared ? NULL : &values, NULL), SA_OK);
                attend_cached(ctx, cache, query, output[shared]);
                bytes[shared] = sa_cache_bytes(cache);
                sa_cache_destroy(&cache);
            }
            double worst = 0;
            for (int j = 0; j < H * T * DV; j++) worst = fmax(worst, fabs((double)output[0][j] - (double)output[1][j]));
            cr_expect(worst <= (types[i] == SA_I8 ? .02 : 0), "%s, type %d: off by %g", ways[w].name, types[i], worst);
            const uint64_t size = types[i] == SA_F32 ? DV * 4 : types[i] == SA_I8 ? DV + 4 : DV * 2;
            cr_expect_eq(bytes[0] - bytes[1], 2 * SA_CACHE_PAGE * K * size, "type %d", types[i]);
            sa_ctx_destroy(&ctx);
        }
    free(key);
    free(query);
}
