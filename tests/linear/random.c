/* Random problems in every way and form against double precision, with the same bits for any number of threads.
 * SPDX-License-Identifier: MIT */
#include "problem.h"

#include "support/compare.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* How many problems: SELFATTN_TEST_SAMPLES, or 400. */
static int64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? atoll(text) : 400;
}

/* Sums of at most 200 tokens and 64 features, each rounded, and their errors decay with the state. A correction of the
 * delta rule adds errors of one more product per token. */
static const double bound = 2e-6;

static size_t output_bytes(const struct linear_sample *s) {
    return (size_t)(s->B * s->H * s->T * s->Dv) * sizeof(float);
}

static void check_form(sa_ctx *ctx, const struct way *way, struct linear_sample *s, const double *want, int32_t form) {
    s->args.form = form;
    memset(s->args.output.data, 0, output_bytes(s));
    sa_status status = sa_linear_attention(ctx, &s->args);
    cr_assert_eq(status, SA_OK, "%s, %s: %s", way->name, s->text, sa_ctx_last_error(ctx));
    struct difference d = compare(&s->args.output, want);
    cr_expect(d.wrong_class == 0 && (d.norm <= bound || d.largest <= bound), "%s, form %d, %s: %s", way->name, form,
              s->text, difference_text(&d));
}

static void check_threads(const struct way *way, struct linear_sample *s) {
    float *first = malloc(output_bytes(s) + 1);
    memcpy(first, s->args.output.data, output_bytes(s));
    sa_ctx *ctx = way_open(way, 3);
    memset(s->args.output.data, 0, output_bytes(s));
    cr_assert_eq(sa_linear_attention(ctx, &s->args), SA_OK);
    cr_expect(!memcmp(first, s->args.output.data, output_bytes(s)), "%s, %s: other bits on 3 threads", way->name,
              s->text);
    sa_ctx_destroy(&ctx);
    free(first);
}

static void check_way(const struct way *way) {
    sa_ctx *ctx = way_open(way, 1);
    if (!ctx) return;
    for (int64_t seed = 0; seed < samples(); seed++) {
        struct linear_sample s;
        linear_sample_make(&s, (uint64_t)seed);
        double *want = linear_oracle(&s);
        check_form(ctx, way, &s, want, SA_LINEAR_AUTO);
        if (!s.args.bidirectional) check_form(ctx, way, &s, want, SA_LINEAR_RECURRENT);
        check_form(ctx, way, &s, want, SA_LINEAR_CHUNKED);
        if (seed % 16 == 0) check_threads(way, &s);
        free(want);
        linear_sample_free(&s);
    }
    sa_ctx_destroy(&ctx);
}

static void check_isa(int32_t path, int32_t isa) {
    for (int w = 0; w < ways_count; w++)
        if (ways[w].path == path && ways[w].isa == isa) check_way(&ways[w]);
}

Test(random, plain) {
    check_isa(SA_PATH_PLAIN, SA_ISA_PORTABLE);
}
Test(random, fused_portable) {
    check_isa(SA_PATH_FUSED, SA_ISA_PORTABLE);
}
Test(random, fused_neon) {
    check_isa(SA_PATH_FUSED, SA_ISA_NEON);
}
Test(random, fused_avx2) {
    check_isa(SA_PATH_FUSED, SA_ISA_AVX2);
}
Test(random, fused_avx512) {
    check_isa(SA_PATH_FUSED, SA_ISA_AVX512);
}

/* A NaN in a token, wherever it stands, leaves the tokens before as they are; and a decay of -infinity forgets it. */
Test(random, no_token_changes_what_was_before) {
    for (int w = 0; w < ways_count; w++)
        for (int64_t at = 0; at < 130; at += 43) {
            sa_ctx *ctx = way_open(&ways[w], 1);
            struct linear_sample s = {.B = 1, .H = 1, .K = 1, .T = 130, .S = 130, .D = 16, .Dv = 16};
            struct rng rng = {7};
            if (!ctx) continue;
            s.args.struct_size = sizeof s.args;
            linear_sample_fill(&s, &s.args.query, &rng, 1, 130, 16, 1);
            linear_sample_fill(&s, &s.args.key, &rng, 1, 130, 16, .25f);
            linear_sample_fill(&s, &s.args.value, &rng, 1, 130, 16, 1);
            linear_sample_fill(&s, &s.args.output, &rng, 1, 130, 16, 0);
            linear_sample_fill(&s, &s.args.beta, &rng, 1, 130, 1, .3f);
            float *value = s.args.value.data, *key = s.args.key.data;
            double *want = linear_oracle(&s);
            value[at * 16 + 3] = NAN;
            key[at * 16 + 2] = INFINITY;
            cr_assert_eq(sa_linear_attention(ctx, &s.args), SA_OK);
            s.args.output.size[2] = at;
            struct difference d = compare(&s.args.output, want);
            cr_expect(d.wrong_class == 0 && d.norm <= bound, "%s, NaN at %lld: %s", ways[w].name, (long long)at,
                      difference_text(&d));
            free(want);
            linear_sample_free(&s);
            sa_ctx_destroy(&ctx);
        }
}
