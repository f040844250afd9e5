/* States: tokens in several calls, snapshots, numbers in and out; memory and refusals.
 * SPDX-License-Identifier: MIT */
#include "problem.h"

#include "support/allocator.h"
#include "support/compare.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The problem's tokens first .. first + count. */
static sa_linear_attention_args part_of(const struct linear_sample *s, int64_t first, int64_t count,
                                        sa_linear_state *state) {
    sa_linear_attention_args a = s->args;
    sa_tensor *all[] = {&a.query, &a.key, &a.value, &a.output, &a.decay, &a.beta};
    for (int i = 0; i < 6; i++) {
        if (!all[i]->data) continue;
        all[i]->data = (float *)all[i]->data + first * all[i]->stride[2];
        all[i]->size[2] = count;
    }
    a.state = state;
    a.lengths = NULL;
    return a;
}

static sa_linear_state *state_for(sa_ctx *ctx, const struct linear_sample *s) {
    sa_linear_state *state;
    const sa_linear_state_config config = {.struct_size = sizeof config,
                                           .batch = s->B,
                                           .kv_heads = s->K,
                                           .head_size = s->D,
                                           .value_head_size = s->Dv,
                                           .normalised = s->args.normalised};
    cr_assert_eq(sa_linear_state_create(ctx, &config, &state), SA_OK, "%s", sa_ctx_last_error(ctx));
    return state;
}

static void attend(sa_ctx *ctx, const sa_linear_attention_args *a) {
    cr_assert_eq(sa_linear_attention(ctx, a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Calls of 1, 2, 3 ... tokens, with a snapshot that is rolled back to once. */
static void feed(sa_ctx *ctx, const struct linear_sample *s, int64_t largest) {
    sa_linear_state *state = state_for(ctx, s), *snapshot = state_for(ctx, s);
    int64_t t = 0;
    for (int64_t count = 1; t < s->T; count = count % largest + 1) {
        const int64_t now = count < s->T - t ? count : s->T - t;
        const sa_linear_attention_args a = part_of(s, t, now, state);
        cr_assert_eq(sa_linear_state_copy(state, -1, snapshot, -1), SA_OK);
        attend(ctx, &a);
        cr_assert_eq(sa_linear_state_copy(snapshot, -1, state, -1), SA_OK);
        attend(ctx, &a);
        t += now;
    }
    sa_linear_state_destroy(&state);
    sa_linear_state_destroy(&snapshot);
}

static void check_feeding(const struct way *way) {
    sa_ctx *ctx = way_open(way, 2);
    if (!ctx) return;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct linear_sample s;
        linear_sample_make(&s, seed);
        s.args.lengths = NULL;
        double *want = linear_oracle(&s);
        for (int64_t largest = 1; largest < 100 && !s.args.bidirectional; largest = largest * 5 + 1) {
            feed(ctx, &s, largest);
            struct difference d = compare(&s.args.output, want);
            cr_expect(d.wrong_class == 0 && (d.norm <= 2e-6 || d.largest <= 2e-6), "%s, up to %lld tokens, %s: %s",
                      way->name, (long long)largest, s.text, difference_text(&d));
        }
        free(want);
        linear_sample_free(&s);
    }
    sa_ctx_destroy(&ctx);
}

Test(state, tokens_may_come_in_any_calls) {
    for (int w = 0; w < ways_count; w++)
        if (ways[w].path != SA_PATH_BLAS) check_feeding(&ways[w]);
}

/* ---- numbers */

static struct linear_sample plain_sample(int64_t T, int32_t normalised) {
    struct linear_sample s = {.B = 2, .H = 4, .K = 2, .T = T, .S = T, .D = 20, .Dv = 35};
    struct rng rng = {3};
    s.args.struct_size = sizeof s.args;
    s.args.normalised = normalised;
    s.args.features = normalised ? SA_FEATURES_ELU : SA_FEATURES_IDENTITY;
    linear_sample_fill(&s, &s.args.query, &rng, s.H, T, s.D, 1);
    linear_sample_fill(&s, &s.args.key, &rng, s.K, T, s.D, .2f);
    linear_sample_fill(&s, &s.args.value, &rng, s.K, T, s.Dv, 1);
    linear_sample_fill(&s, &s.args.output, &rng, s.H, T, s.Dv, 0);
    linear_sample_fill(&s, &s.args.decay, &rng, s.K, T, 1, -.01f);
    return s;
}

/* What is read and written back answers as before, within rounding; so does a copy of another sequence. */
static void check_numbers(sa_ctx *ctx, int32_t normalised, int64_t before) {
    struct linear_sample s = plain_sample(before + 1, normalised);
    sa_linear_state *state = state_for(ctx, &s), *other = state_for(ctx, &s);
    float sums[2 * 2 * 20 * 35], totals[2 * 2 * 20];
    sa_tensor t[2];
    const sa_linear_attention_args first = part_of(&s, 0, before, state), next = part_of(&s, before, 1, other),
                                   same = part_of(&s, before, 1, state);
    sa_tensor_set(&t[0], sums, SA_F32, SA_BHSD, 2, 2, 20, 35);
    sa_tensor_set(&t[1], totals, SA_F32, SA_BHSD, 2, 2, 20, 1);
    attend(ctx, &first);
    cr_assert_eq(sa_linear_state_read(state, &t[0], normalised ? &t[1] : NULL, NULL), SA_OK, "%s",
                 sa_ctx_last_error(NULL));
    cr_assert_eq(sa_linear_state_write(other, &t[0], normalised ? &t[1] : NULL, NULL), SA_OK);
    double *want = linear_oracle(&s);
    for (int i = 0; i < 2; i++) {
        attend(ctx, i ? &same : &next);
        struct difference d;
        double *last = malloc((size_t)(s.B * s.H * s.Dv) * sizeof *last);
        for (int64_t h = 0; h < s.B * s.H; h++)
            memcpy(last + h * s.Dv, want + (h * s.T + before) * s.Dv, (size_t)s.Dv * sizeof *last);
        d = compare(&next.output, last);
        cr_expect(d.norm <= 2e-6, "normalised %d, %lld tokens: %s", normalised, (long long)before, difference_text(&d));
        free(last);
    }
    free(want);
    sa_linear_state_destroy(&state);
    sa_linear_state_destroy(&other);
    linear_sample_free(&s);
}

Test(state, numbers_can_be_read_and_written) {
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    for (int64_t before = 1; before < 100; before += 16)
        for (int32_t normalised = 0; normalised < 2; normalised++) check_numbers(ctx, normalised, before);
    sa_ctx_destroy(&ctx);
}

Test(state, sequences_are_copied_and_cleared_alone) {
    sa_ctx *ctx;
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    struct linear_sample s = plain_sample(5, 0);
    sa_linear_state *state = state_for(ctx, &s);
    const sa_linear_attention_args a = part_of(&s, 0, 5, state);
    float sums[2][2 * 20 * 35];
    sa_tensor t;
    sa_tensor_set(&t, sums, SA_F32, SA_BHSD, 2, 2, 20, 35);
    attend(ctx, &a);
    cr_assert_eq(sa_linear_state_read(state, &t, NULL, NULL), SA_OK);
    cr_expect(memcmp(sums[0], sums[1], sizeof sums[0]), "the sequences differ");
    cr_assert_eq(sa_linear_state_copy(state, 0, state, 1), SA_OK);
    cr_assert_eq(sa_linear_state_read(state, &t, NULL, NULL), SA_OK);
    cr_expect(!memcmp(sums[0], sums[1], sizeof sums[0]), "and do no longer");
    cr_assert_eq(sa_linear_state_clear(state, 0), SA_OK);
    cr_assert_eq(sa_linear_state_read(state, &t, NULL, NULL), SA_OK);
    for (int i = 0; i < 2 * 20 * 35; i++) cr_assert(sums[0][i] == 0);
    cr_expect(sums[1][0] != 0, "the other one is not cleared");
    sa_linear_state_destroy(&state);
    linear_sample_free(&s);
    sa_ctx_destroy(&ctx);
}

/* ---- memory */

/* Whether allocation n is reached; what fails may be called again. */
static int run_with_failure(int64_t n) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options};
    sa_ctx *ctx;
    sa_linear_state *state;
    struct linear_sample s = plain_sample(100, 0);
    const sa_linear_state_config config = {
        .struct_size = sizeof config, .batch = 2, .kv_heads = 2, .head_size = 20, .value_head_size = 35};
    test_allocator_use(&memory, &options);
    cr_assert_eq(sa_ctx_create(&options, &ctx), SA_OK);
    memory.fail_at = memory.calls + n;
    if (sa_linear_state_create(ctx, &config, &state) != SA_OK) {
        cr_expect(!state && strstr(sa_ctx_last_error(ctx), "no memory"), "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_linear_state_create(ctx, &config, &state), SA_OK);
    }
    sa_linear_attention_args a = part_of(&s, 0, 99, state);
    sa_status status = sa_linear_attention(ctx, &a);
    cr_expect(status == SA_OK || status == SA_ERR_MEMORY);
    if (status != SA_OK) attend(ctx, &a);
    const int64_t calls = memory.calls;
    a = part_of(&s, 99, 1, state);
    for (int i = 0; i < 30; i++) attend(ctx, &a);
    cr_expect_eq(memory.calls, calls, "a decoding step allocates nothing");
    sa_linear_state_destroy(&state);
    sa_ctx_destroy(&ctx);
    linear_sample_free(&s);
    cr_expect(memory.live == 0 && memory.faults == 0);
    return memory.failures > 0;
}

Test(state, every_allocation_may_fail) {
    int64_t n = 0;
    while (run_with_failure(n)) n++;
    cr_expect(n >= 3, "a state, its numbers and scratch memory are allocated; only %lld were", (long long)n);
}

Test(state, the_workspace_size_is_exact) {
    sa_ctx *ctx;
    uint64_t bytes;
    struct linear_sample s = plain_sample(100, 1);
    for (int32_t form = 1; form < 3; form++) {
        cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
        s.args.form = form;
        cr_assert_eq(sa_linear_attention_workspace_size(ctx, &s.args, &bytes), SA_OK);
        attend(ctx, &s.args);
        cr_expect_eq(sa_ctx_scratch_bytes(ctx), bytes);
        sa_ctx_destroy(&ctx);
    }
    linear_sample_free(&s);
}

/* ---- refusals */

static void refused(sa_ctx *ctx, struct linear_sample *s, sa_status status, const char *words) {
    cr_expect_eq(sa_linear_attention(ctx, &s->args), status, "\"%s\" is expected, not \"%s\"", words,
                 sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
}

#define REFUSED(status, words, ...)                                                                                    \
    do {                                                                                                               \
        struct linear_sample s = plain_sample(5, 0);                                                                   \
        sa_linear_attention_args *a = &s.args;                                                                         \
        __VA_ARGS__;                                                                                                   \
        refused(ctx, &s, status, words);                                                                               \
        linear_sample_free(&s);                                                                                        \
    } while (0)

Test(state, bad_input_is_refused) {
    sa_ctx *ctx;
    static const int64_t lengths[] = {5, 6};
    struct linear_sample shape = plain_sample(5, 1);
    cr_assert_eq(sa_ctx_create(NULL, &ctx), SA_OK);
    sa_linear_state *state = state_for(ctx, &shape);
    cr_expect_eq(sa_linear_attention(ctx, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_linear_attention(NULL, &shape.args), SA_ERR_NULL);
    REFUSED(SA_ERR_STRUCT_SIZE, "struct_size", a->struct_size = 8);
    REFUSED(SA_ERR_VALUE, "features is 4", a->features = 4);
    REFUSED(SA_ERR_VALUE, "form is 3", a->form = 3);
    REFUSED(SA_ERR_VALUE, "normalised is 2", a->normalised = 2);
    REFUSED(SA_ERR_VALUE, "epsilon is 1", a->epsilon = 1);
    REFUSED(SA_ERR_VALUE, "scale is inf", a->scale = INFINITY);
    REFUSED(SA_ERR_VALUE, "scale is 2", a->normalised = 1, a->scale = 2);
    REFUSED(SA_ERR_UNSUPPORTED, "bidirectional is 1 with decay", a->bidirectional = 1);
    REFUSED(SA_ERR_SHAPE, "key.size[2]", a->key.size[2] = 4);
    REFUSED(SA_ERR_SHAPE, "key has 3 heads", a->key.size[1] = 3, a->value.size[1] = 3, a->decay.data = NULL);
    REFUSED(SA_ERR_SHAPE, "decay.size[3] (last) is 2", a->decay.size[3] = 2);
    REFUSED(SA_ERR_SHAPE, "beta.size[1] (heads) is 4", a->beta = a->query, a->beta.size[3] = 1);
    REFUSED(SA_ERR_VALUE, "lengths[1] is 6", a->lengths = lengths);
    REFUSED(SA_ERR_SHAPE, "the state has B 2", a->state = state);
    REFUSED(SA_ERR_NULL, "value.data is NULL", a->value.data = NULL);
    cr_expect_eq(sa_linear_state_copy(state, 0, state, -1), SA_ERR_VALUE);
    cr_expect_eq(sa_linear_state_copy(state, 2, state, 0), SA_ERR_VALUE);
    cr_expect_eq(sa_linear_state_copy(NULL, 0, state, 0), SA_ERR_NULL);
    cr_expect_eq(sa_linear_state_clear(state, 2), SA_ERR_VALUE);
    cr_expect_eq(sa_linear_state_read(state, &shape.args.query, NULL, NULL), SA_ERR_NULL, "totals is needed");
    cr_expect_eq(sa_linear_state_read(state, &shape.args.query, &shape.args.decay, NULL), SA_ERR_SHAPE);
    cr_expect_eq(sa_linear_state_bytes(NULL), 0);
    sa_linear_state_destroy(&state);
    sa_linear_state_destroy(NULL);
    linear_sample_free(&shape);
    sa_ctx_destroy(&ctx);
}
