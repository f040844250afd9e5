/* Causal convolution against double precision, in one call and token by token.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, T = 70, C = 83, MOST_TAPS = 5 };

struct sample {
    float x[B * T * C], y[B * T * C], weight[C * MOST_TAPS], bias[C], state[B * MOST_TAPS * C],
        first[B * MOST_TAPS * C];
    sa_causal_conv_args args;
    int64_t taps;
};

static struct sample *sample_make(int64_t taps, int channels_first, int32_t activation) {
    struct sample *s = calloc(1, sizeof *s);
    struct rng rng = {(uint64_t)taps};
    float *all[] = {s->x, s->weight, s->bias, s->first};
    const int64_t counts[] = {B * T * C, C * MOST_TAPS, C, B * MOST_TAPS * C};
    for (int i = 0; i < 4; i++)
        for (int64_t j = 0; j < counts[i]; j++) all[i][j] = rng_normal(&rng);
    memcpy(s->state, s->first, sizeof s->state);
    s->args = (sa_causal_conv_args){.struct_size = sizeof s->args, .activation = activation};
    sa_tensor_set(&s->args.x, s->x, SA_F32, SA_BHSD, B, 1, T, C);
    sa_tensor_set(&s->args.y, s->y, SA_F32, SA_BHSD, B, 1, T, C);
    if (channels_first) s->args.x.stride[2] = 1, s->args.x.stride[3] = T;
    sa_tensor_set(&s->args.weight, s->weight, SA_F32, SA_BHSD, 1, 1, C, taps);
    sa_tensor_set(&s->args.bias, s->bias, SA_F32, SA_BHSD, 1, 1, 1, C);
    sa_tensor_set(&s->args.state, s->state, SA_F32, SA_BHSD, B, 1, taps - 1, C);
    s->taps = taps;
    return s;
}

/* x of token t, which may lie before the first one. */
static double earlier(const struct sample *s, int64_t b, int64_t t, int64_t c) {
    if (t >= 0) return oracle_at(&s->args.x, b, 0, t, c);
    return s->args.state.data ? (double)s->first[(b * (s->taps - 1) + s->taps - 1 + t) * C + c] : 0;
}

static double *oracle(const struct sample *s) {
    double *y = malloc(B * T * C * sizeof *y);
    for (int64_t i = 0; i < B * T * C; i++) {
        const int64_t c = i % C, t = i / C % T, b = i / C / T;
        double sum = (double)s->bias[c];
        for (int64_t j = 0; j < s->taps; j++)
            sum += (double)s->weight[c * s->taps + j] * earlier(s, b, t - (s->taps - 1) + j, c);
        y[i] = s->args.activation == SA_CONV_SILU ? sum / (1 + exp(-sum)) : sum;
    }
    return y;
}

static void expect_close(const struct sample *s, const double *want, const char *what, const char *way) {
    struct difference d = compare(&s->args.y, want);
    cr_expect(d.wrong_class == 0 && d.norm <= 1e-6, "%s, %s, %lld taps: %s", way, what, (long long)s->taps,
              difference_text(&d));
}

/* The state after the call holds the last rows of x. */
static void expect_state(const struct sample *s, const char *way) {
    for (int64_t i = 0; i < B * (s->taps - 1) * C && s->args.state.data; i++) {
        const int64_t c = i % C, j = i / C % (s->taps - 1), b = i / C / (s->taps - 1);
        const double want = earlier(s, b, T - (s->taps - 1) + j, c);
        cr_assert((double)s->state[i] == want, "%s, %lld taps: the state differs", way, (long long)s->taps);
    }
}

static void convolve(sa_ctx *ctx, const sa_causal_conv_args *args) {
    cr_assert_eq(sa_causal_conv(ctx, args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

static void check(sa_ctx *ctx, const char *way, struct sample *s) {
    double *want = oracle(s);
    convolve(ctx, &s->args);
    expect_close(s, want, "at once", way);
    expect_state(s, way);
    memcpy(s->state, s->first, sizeof s->state);
    memset(s->y, 0, sizeof s->y);
    for (int64_t t = 0, n; t < T && s->args.state.data; t += n) {
        sa_causal_conv_args a = s->args;
        n = t % 3 + 1 < T - t ? t % 3 + 1 : T - t;
        a.x.data = s->x + t * a.x.stride[2], a.y.data = s->y + t * C;
        a.x.size[2] = a.y.size[2] = n;
        convolve(ctx, &a);
    }
    if (s->args.state.data) expect_close(s, want, "in calls", way);
    expect_state(s, way);
    free(want);
    free(s);
}

Test(convolution, random) {
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = ways[w].path == SA_PATH_BLAS ? NULL : way_open(&ways[w], 2);
        if (!ctx) continue;
        for (int64_t taps = 1; taps <= MOST_TAPS; taps++)
            for (int channels_first = 0; channels_first < 2; channels_first++) {
                check(ctx, ways[w].name, sample_make(taps, channels_first, SA_CONV_SILU));
                struct sample *s = sample_make(taps, channels_first, SA_CONV_PLAIN);
                s->args.state.data = NULL;
                check(ctx, ways[w].name, s);
            }
        sa_ctx_destroy(&ctx);
    }
}

#define REFUSED(expected, words, change)                                                                               \
    do {                                                                                                               \
        struct sample *s = sample_make(3, 0, 0);                                                                       \
        change;                                                                                                        \
        cr_expect_eq(sa_causal_conv(ctx, &s->args), expected, "%s", sa_ctx_last_error(ctx));                           \
        cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));    \
        free(s);                                                                                                       \
    } while (0)

Test(convolution, bad_input_is_refused) {
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    cr_expect_eq(sa_causal_conv(NULL, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_causal_conv(ctx, NULL), SA_ERR_NULL);
    REFUSED(SA_ERR_VALUE, "activation is 2", s->args.activation = 2);
    REFUSED(SA_ERR_SHAPE, "weight.size[2]", s->args.weight.size[2] = C - 1);
    REFUSED(SA_ERR_VALUE, "weight.size[3] (taps) is 0", s->args.weight.size[3] = 0);
    REFUSED(SA_ERR_SHAPE, "state.size[2]", s->args.state.size[2] = 3);
    REFUSED(SA_ERR_VALUE, "y.dtype is 1", s->args.y.dtype = SA_BF16);
    REFUSED(SA_ERR_SHAPE, "x.size[1]", s->args.x.size[1] = 2);
    sa_ctx_destroy(&ctx);
}
