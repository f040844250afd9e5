/* Attention over a cache has the bits of attention over the same keys and values as contiguous tensors, whatever has
 * been done to the cache.
 * SPDX-License-Identifier: MIT */
#include "attention/cache_pair.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICK(rng, ...)                                                                                                 \
    ((const int64_t[]){__VA_ARGS__}[rng_below(rng, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

enum { ROOM = 700, OPERATIONS = 25, MOST_QUERIES = 24, MOST_GROUP = 3, REACH = 20 };

static sa_cache_config random_config(struct rng *rng) {
    sa_cache_config c = {.layers = PAIR_LAYERS};
    c.batch = 1 + rng_below(rng, PAIR_BATCH);
    c.kv_heads = PICK(rng, 1, 1, 2, 3);
    c.head_size = PICK(rng, 8, 16, 24, 33);
    c.value_head_size = rng_chance(rng, .7) ? 0 : PICK(rng, 1, 8, 20);
    c.dtype = (int32_t)PICK(rng, SA_F32, SA_F32, SA_F32, SA_BF16, SA_F16, SA_I8);
    c.window = rng_chance(rng, .5) ? 0 : PICK(rng, 1, 5, 64, 127, 128, 129, 200, 300);
    c.keep_first = c.window && rng_chance(rng, .6) ? PICK(rng, 1, 4, 63, 64, 100, 128) : 0;
    c.capacity = rng_chance(rng, .6) ? 0 : ROOM;
    return c;
}

/* Rules of a call, and the numbers they point at. */
struct rules {
    sa_masking masking;
    sa_score_rules scores;
    uint8_t mask[MOST_QUERIES * ROOM];
    float slopes[3 * MOST_GROUP], bias[3 * MOST_GROUP * (2 * REACH + 1)], sinks[3 * MOST_GROUP];
};

static void make_rules(struct pair *t, struct rules *r, int64_t T, int64_t S) {
    struct rng *rng = &t->rng;
    *r = (struct rules){.masking.struct_size = sizeof r->masking, .scores.struct_size = sizeof r->scores};
    r->masking.causal = rng_chance(rng, .7);
    if (rng_chance(rng, .3)) {
        r->masking.window = 1;
        r->masking.window_left = rng_below(rng, S + 2) - 1;
        r->masking.window_right = rng_below(rng, 5) - 1;
        r->masking.keep_first = t->config.window ? rng_below(rng, t->config.keep_first + 1) : rng_below(rng, S + 2);
    }
    if (rng_chance(rng, .2)) {
        for (int64_t i = 0; i < T * S; i++) r->mask[i] = (uint8_t)rng_chance(rng, .8);
        sa_tensor_set(&r->masking.mask, r->mask, SA_BOOL, SA_BHSD, 1, 1, T, S);
    }
    for (int h = 0; h < 3 * MOST_GROUP; h++) r->slopes[h] = (float)rng_unit(rng) / 8, r->sinks[h] = rng_normal(rng);
    for (size_t i = 0; i < sizeof r->bias / sizeof r->bias[0]; i++) r->bias[i] = rng_normal(rng);
    if (rng_chance(rng, .5)) r->scores.alibi_slopes = r->slopes;
    if (rng_chance(rng, .5)) r->scores.relative_bias = r->bias, r->scores.relative_reach = REACH;
    if (rng_chance(rng, .5)) r->scores.sink_logits = r->sinks;
}

/* Queries that stand where a window may have dropped what they would see are nobody's business: with a window only as
 * many as were added to each sequence since. */
static void check(struct pair *t, int64_t layer, int64_t T, const char *what) {
    static struct rules rules;
    int64_t S = pair_longest(t, layer);
    make_rules(t, &rules, T, S);
    pair_check(t, layer, T, rng_chance(&t->rng, .8) ? &rules.masking : NULL,
               rng_chance(&t->rng, .3) ? &rules.scores : NULL, what);
}

static void add(struct pair *t, int64_t layer) {
    struct rng *rng = &t->rng;
    int64_t T = PICK(rng, 0, 1, 1, 1, 2, 7, 30, 64, 128, 129, 200), lengths[PAIR_BATCH], least = T;
    if (pair_longest(t, layer) + T > ROOM) T = least = 0;
    int ragged = rng_chance(rng, .5);
    for (int64_t b = 0; b < t->config.batch; b++) {
        lengths[b] = ragged ? rng_below(rng, T + 1) : T;
        least = lengths[b] < least ? lengths[b] : least;
    }
    cr_assert_eq(pair_append(t, layer, T, ragged ? lengths : NULL), SA_OK, "%s", sa_ctx_last_error(t->ctx));
    check(t, layer, least < 1 ? 1 : least < MOST_QUERIES ? least : MOST_QUERIES, "append");
}

static void rewind_one(struct pair *t) {
    struct rng *rng = &t->rng;
    int64_t b = rng_below(rng, t->config.batch + 1) - 1, longest = pair_longest(t, 0);
    int64_t back = t->config.window ? rng_below(rng, 3) : rng_below(rng, longest + 1);
    sa_status status = pair_truncate(t, b, longest > back ? longest - back : 0);
    cr_assert(status == SA_OK || (status == SA_ERR_VALUE && t->config.window), "%s", sa_ctx_last_error(NULL));
}

static void operate(struct pair *t) {
    struct rng *rng = &t->rng;
    int64_t B = t->config.batch, from[PAIR_BATCH];
    switch (rng_below(rng, 8)) {
    case 0:
        rewind_one(t);
        break;
    case 1:
        cr_assert_eq(pair_fork(t, rng_below(rng, B), rng_below(rng, B)), SA_OK, "%s", sa_ctx_last_error(NULL));
        break;
    case 2:
        for (int64_t b = 0; b < B; b++) from[b] = rng_below(rng, B);
        cr_assert_eq(pair_reorder(t, from), SA_OK, "%s", sa_ctx_last_error(NULL));
        break;
    default:
        add(t, rng_below(rng, PAIR_LAYERS));
        return;
    }
    for (int64_t layer = 0; layer < PAIR_LAYERS; layer++) check(t, layer, t->config.window ? 1 : 5, "change");
}

/* How many for each way: one per 40 of SELFATTN_TEST_SAMPLES and one more, or 10. */
static uint64_t scenarios(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) / 40 + 1 : 10;
}

Test(cache, equals_contiguous_tensors_whatever_was_done_to_it) {
    for (int w = 0; w < all_ways_count; w++)
        for (uint64_t i = 0; i < scenarios(); i++) {
            uint64_t seed = i * (uint64_t)all_ways_count + (uint64_t)w;
            struct rng rng = {seed};
            struct pair t;
            sa_cache_config config = random_config(&rng);
            if (!pair_open(&t, &ways[w], &config, 1 + rng_below(&rng, MOST_GROUP), ROOM, seed)) break;
            for (int o = 0; o < OPERATIONS; o++) operate(&t);
            cr_expect(t.checks >= OPERATIONS && t.wrong == 0, "seed %llu: %lld of %lld are wrong, as %s",
                      (unsigned long long)seed, (long long)t.wrong, (long long)t.checks, t.text);
            pair_close(&t);
        }
}

/* Token by token, while the other sequence stands still, its window beginning with the last token of a page: that is
 * not dropped meanwhile. */
Test(cache, holds_the_last_tokens_of_a_window) {
    const int64_t windows[] = {1, 5, 128, 129, 200}, keeps[] = {0, 7, 128};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++) {
            struct pair t;
            int64_t lengths[2] = {1, 0};
            const sa_cache_config config = {.layers = PAIR_LAYERS,
                                            .batch = 2,
                                            .kv_heads = 1,
                                            .head_size = 8,
                                            .window = windows[i],
                                            .keep_first = keeps[k]};
            if (!pair_open(&t, &ways[0], &config, 1, ROOM, 5)) continue;
            cr_assert_eq(pair_append(&t, 0, 127 + windows[i], NULL), SA_OK);
            for (int64_t step = 0; step < 260; step++) {
                cr_assert_eq(pair_append(&t, 0, 1, lengths), SA_OK);
                pair_check(&t, 0, 1, NULL, NULL, "standing still");
                if (step % 10 == 9) lengths[1] = !lengths[1];
            }
            cr_expect(t.wrong == 0, "%lld of %lld are wrong, as %s", (long long)t.wrong, (long long)t.checks, t.text);
            pair_close(&t);
        }
}
