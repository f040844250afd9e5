/* Ring attention by threads as ranks: against the formula, with the same bits for any number of ranks, and with the
 * messages of the model.
 * SPDX-License-Identifier: MIT */
#include "problem.h"
#include "support/compare.h"
#include "support/oracle.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int samples(void) {
    const char *count = getenv("SELFATTN_TEST_SAMPLES");
    const int wanted = count ? atoi(count) / 4 : 40;
    return wanted < 8 ? 8 : wanted > 400 ? 400 : wanted;
}

/* The last of those of the highest precision that this CPU has. */
static const struct way *best_way(void) {
    for (int i = ways_count - 1; i >= 0; i--) {
        sa_ctx *ctx = way_open(&ways[i], 1);
        if (!ctx) continue;
        sa_ctx_destroy(&ctx);
        return &ways[i];
    }
    cr_assert_fail("no way");
    return NULL;
}

static void expect_right(const struct problem *p, const struct way *way, const struct result *r, const char *what) {
    double *o = malloc((size_t)(p->B * p->H * p->T * p->Dv + 1) * sizeof *o);
    double *lse = malloc((size_t)(p->B * p->H * p->T + 1) * sizeof *lse);
    sa_tensor output = p->all.output, lses = p->all.lse;
    output.data = r->o, lses.data = r->lse;
    oracle_attention(&p->all, o, lse, NULL);
    const struct difference d = compare(&output, o);
    cr_expect(d.wrong_class == 0 && d.norm <= way->error, "%s %s, %s: %s", what, way->name, p->text,
              difference_text(&d));
    const struct difference l = compare(&lses, lse);
    cr_expect(l.wrong_class == 0 && l.norm <= way->error, "%s %s, %s, lse: %s", what, way->name, p->text,
              difference_text(&l));
    free(o), free(lse);
}

/* Of the highest precision: the same as one call within 1e-6. */
static void expect_like_one_call(const struct problem *p, const struct way *way, const struct result *r) {
    const int64_t n = p->B * p->H * p->T * p->Dv;
    double *one = malloc((size_t)(n + 1) * sizeof *one);
    sa_tensor output = p->all.output;
    sa_ctx *ctx = way_open(way, 2);
    cr_assert_eq(sa_attention(ctx, &p->all), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < n; i++) one[i] = (double)p->o[i];
    output.data = r->o;
    const struct difference d = compare(&output, one);
    cr_expect(d.wrong_class == 0 && d.norm <= 1e-6, "one call, %s, %s: %s", way->name, p->text, difference_text(&d));
    sa_ctx_destroy(&ctx);
    free(one);
}

static void expect_same_bits(const struct problem *p, const struct result *a, const struct result *b, int64_t ranks,
                             const char *name) {
    cr_expect(!memcmp(a->o, b->o, (size_t)(p->B * p->H * p->T * p->Dv) * sizeof *a->o) &&
                  !memcmp(a->lse, b->lse, (size_t)(p->B * p->H * p->T) * sizeof *a->lse),
              "%s with %lld ranks: other bits, %s", name, (long long)ranks, p->text);
}

/* What docs/context-parallelism.md says rank 0 sends: shards of ranks 0, N-1, ... 2; not that of rank 1. */
static void expect_model(const struct problem *p, const struct result *r, int64_t ranks) {
    const int64_t size = p->dtype == SA_F32 ? 4 : 2;
    int64_t bytes = 0, messages = 0, tokens;
    for (int64_t i = 0; i < ranks; i++) {
        cr_assert_eq(sa_shard_size(&p->key_shards, ranks, i, &tokens), SA_OK);
        if (i == 1 || ranks == 1 || !tokens) continue;
        bytes += p->B * p->K * tokens * (p->D + p->Dv) * size;
        messages++;
    }
    cr_expect(r->bytes == bytes && r->messages == messages,
              "%s: %lld bytes in %lld messages, the model says %lld in %lld", p->text, (long long)r->bytes,
              (long long)r->messages, (long long)bytes, (long long)messages);
    cr_expect_eq(r->faults, 0, "%s: the exchange is used against its rules", p->text);
}

static void sweep(const struct way *way, uint64_t first, int count) {
    static const int64_t many[] = {2, 3, 4, 7};
    for (int i = 0; i < count; i++) {
        struct problem p;
        struct result one, more;
        problem_make(&p, first + (uint64_t)i);
        if (problem_run(&p, way, 1, 1, &one)) {
            expect_right(&p, way, &one, "ring");
            if (way->precision == SA_PRECISION_HIGHEST) expect_like_one_call(&p, way, &one);
            for (int n = 0; n < 4; n++) {
                p.key_shards.kind = p.query_shards.kind = (int32_t)((i + n) % 3);
                problem_run(&p, way, 1, many[n], &more);
                expect_same_bits(&p, &one, &more, many[n], way->name);
                expect_model(&p, &more, many[n]);
                result_free(&more);
            }
            problem_run(&p, way, 0, many[i % 4], &more);
            if (p.T > 1 || p.H > p.K) expect_same_bits(&p, &one, &more, many[i % 4], "sharded");
            expect_right(&p, way, &more, "sharded");
            cr_expect_eq(more.faults, 0, "%s: the exchange is used against its rules", p.text);
            result_free(&more), result_free(&one);
        }
        problem_free(&p);
    }
}

Test(ring, random_problems_on_the_default_path) {
    const struct way *way = best_way();
    sweep(way, 1, samples());
}

Test(ring, random_problems_on_every_path) {
    for (int i = 0; i < all_ways_count; i++) sweep(&ways[i], 100000 + 100 * (uint64_t)i, samples() / 8);
}

/* Long enough for several chunks of the default size. */
Test(ring, default_chunks) {
    const struct way *way = best_way();
    struct problem p;
    for (uint64_t seed = 1;; seed++) {
        problem_make(&p, seed);
        if (p.S > 500 && p.same && p.dtype == SA_F32 && p.B == 1 && p.D >= 16) break;
        problem_free(&p);
    }
    struct result one, two;
    p.key_shards.chunk = p.query_shards.chunk = 0, p.key_shards.kind = SA_SHARDS_ZIGZAG;
    problem_run(&p, way, 1, 1, &one), problem_run(&p, way, 1, 2, &two);
    expect_right(&p, way, &two, "default chunks");
    expect_same_bits(&p, &one, &two, 2, "default chunks");
    result_free(&one), result_free(&two), problem_free(&p);
}

/* A causal prompt of 2N chunks. With zigzag shards every rank computes 2N + 1 pieces, and all but those of the last
 * step while a message travels; with contiguous shards the last rank computes most. */
Test(ring, balance_and_overlap) {
    enum { RANKS = 4, CHUNK = 16 };
    const struct way *way = best_way();
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct problem p;
        struct result r;
        problem_make(&p, seed + 900);
        problem_free(&p);
        p.B = 1, p.T = p.S = 2 * RANKS * CHUNK, p.same = 1;
        problem_fill(&p, seed);
        p.masking = (sa_masking){.struct_size = sizeof p.masking, .causal = 1};
        p.key_shards.tokens = p.S, p.key_shards.chunk = CHUNK, p.key_shards.kind = SA_SHARDS_ZIGZAG;
        problem_run(&p, way, 1, RANKS, &r);
        for (int i = 0; i < RANKS; i++) {
            cr_expect_eq(r.pieces[i], 2 * RANKS + 1, "rank %d: %lld pieces", i, (long long)r.pieces[i]);
            cr_expect_geq(r.meanwhile[i], r.pieces[i] - 3, "rank %d: %lld", i, (long long)r.meanwhile[i]);
        }
        result_free(&r);
        p.key_shards.kind = SA_SHARDS_CONTIGUOUS;
        problem_run(&p, way, 1, RANKS, &r);
        for (int i = 0; i < RANKS; i++) cr_expect_eq(r.pieces[i], 4 * i + 3);
        result_free(&r), problem_free(&p);
    }
}

/* Infinite and NaN values reach the queries that see them, and no others, and do so on any number of ranks. */
Test(ring, extremes) {
    const struct way *way = best_way();
    static const float odd[] = {INFINITY, -INFINITY, NAN, 3e6F, 1e-42F};
    for (uint64_t seed = 1; seed < 30; seed++) {
        struct problem p;
        struct result one, three;
        struct rng rng = {seed};
        problem_make(&p, seed);
        for (int i = 0; i < 5 && p.dtype == SA_F32 && p.S; i++)
            ((float *)p.v)[rng_below(&rng, p.B * p.K * p.S * p.Dv)] = odd[i];
        problem_run(&p, way, 1, 1, &one), problem_run(&p, way, 1, 3, &three);
        expect_right(&p, way, &one, "extremes");
        for (int64_t i = 0; i < p.B * p.H * p.T * p.Dv; i++)
            cr_expect(one.o[i] == three.o[i] || (isnan(one.o[i]) && isnan(three.o[i])), "%s: element %lld is %g, %g",
                      p.text, (long long)i, (double)one.o[i], (double)three.o[i]);
        result_free(&one), result_free(&three), problem_free(&p);
    }
}
