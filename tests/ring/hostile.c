/* Exchanges that fail, ranks that refuse or disagree, and bad arguments: a status and a sentence on every rank, and no
 * rank waits for ever.
 * SPDX-License-Identifier: MIT */
#include "problem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANKS = 4 };

struct trial {
    struct problem p;
    int circulates;
    void (*spoil)(sa_ring_args *a, int64_t rank);
    sa_status status[RANKS];
    char text[RANKS][400];
};

static void work(void *arg, const sa_exchange *x) {
    struct trial *t = arg;
    sa_ctx *ctx = ctx_open(NULL);
    sa_ring_args a = rank_args(&t->p, t->circulates, x), whole = a;
    if (t->spoil) t->spoil(&a, x->rank);
    t->status[x->rank] = t->circulates ? sa_ring_attention(ctx, &a) : sa_sharded_attention(ctx, &a);
    strncpy(t->text[x->rank], sa_ctx_last_error(ctx), sizeof t->text[0] - 1);
    /* The context works on. */
    sa_attention_args alone = {.struct_size = sizeof alone,
                               .query = whole.query,
                               .key = whole.key,
                               .value = whole.value,
                               .output = whole.output};
    cr_expect_eq(sa_attention(ctx, &alone), SA_OK, "%s", sa_ctx_last_error(ctx));
    rank_free(&whole);
    sa_ctx_destroy(&ctx);
}

/* A problem in which every rank has tokens. */
static void trial_make(struct trial *t, int circulates) {
    memset(t, 0, sizeof *t);
    for (uint64_t seed = 1;; seed++) {
        problem_make(&t->p, seed);
        if (t->p.same && !t->p.masking.key_lengths && t->p.S >= 2 * RANKS * t->p.key_shards.chunk) break;
        problem_free(&t->p);
    }
    t->circulates = circulates;
}

static void trial_run(struct trial *t, const char *fail_in, int64_t rank, int64_t at, int64_t *steps) {
    struct group group;
    group_open(&group, RANKS);
    group.members[rank].fail_in = fail_in, group.members[rank].fail_at = at;
    group_run(&group, work, t);
    for (int64_t i = 0; i < RANKS; i++) {
        cr_expect_eq(group.members[i].faults, 0);
        cr_expect_eq(group.members[i].pending, 0, "finish() is called after every start()");
    }
    *steps = group.members[0].starts;
    group_close(&group);
}

/* One rank's function fails at one call: it says so; the others end too, in the same way or with their results. */
static void expect_failure(int circulates, const char *function, int32_t code, int64_t at) {
    struct trial t;
    int64_t steps;
    char words[60];
    trial_make(&t, circulates);
    trial_run(&t, function, 2, at, &steps);
    snprintf(words, sizeof words, "exchange.%s failed with %d on rank 2 of 4", function, (int)code);
    cr_expect_eq(t.status[2], SA_ERR_EXCHANGE);
    cr_expect_not_null(strstr(t.text[2], words), "%s, not %s", t.text[2], words);
    cr_expect_not_null(strstr(t.text[2], "a thread has given up"), "%s", t.text[2]);
    for (int i = 0; i < RANKS; i++)
        cr_expect(t.status[i] == SA_ERR_EXCHANGE || (i != 2 && t.status[i] == SA_OK), "rank %d: %s", i, t.text[i]);
    problem_free(&t.p);
}

Test(hostile, functions_that_fail, .timeout = 120) {
    for (int circulates = 0; circulates < 2; circulates++) {
        for (int64_t at = 0; at < (circulates ? 3 : 2); at++) {
            expect_failure(circulates, "start", 41, at);
            expect_failure(circulates, "finish", 42, at);
        }
        expect_failure(circulates, "all_gather", 44, 0);
    }
}

/* Rank 2 does something else: all ranks end, nothing is sent behind the agreement, and the sentences have the values.
 */
static void expect_disagreement(void (*spoil)(sa_ring_args *, int64_t), sa_status own, const char *own_words,
                                const char *words) {
    for (int circulates = 0; circulates < 2; circulates++) {
        struct trial t;
        int64_t steps;
        trial_make(&t, circulates);
        t.spoil = spoil;
        trial_run(&t, NULL, 0, 0, &steps);
        cr_expect_eq(steps, 0);
        cr_expect_eq(t.status[2], own, "%s", t.text[2]);
        cr_expect_not_null(strstr(t.text[2], own_words), "%s, not %s", t.text[2], own_words);
        for (int i = 0; i < RANKS; i++) {
            if (i == 2) continue;
            cr_expect_eq(t.status[i], SA_ERR_EXCHANGE, "rank %d", i);
            cr_expect_not_null(strstr(t.text[i], words), "%s, not %s", t.text[i], words);
        }
        problem_free(&t.p);
    }
}

static void no_value(sa_ring_args *a, int64_t rank) {
    if (rank == 2) a->value.data = NULL;
}
static void short_key(sa_ring_args *a, int64_t rank) {
    if (rank == 2) a->key.size[2]--, a->value.size[2]--;
}
static void other_scale(sa_ring_args *a, int64_t rank) {
    if (rank == 2) a->scale = 3;
}
static void other_kind(sa_ring_args *a, int64_t rank) {
    static _Thread_local sa_sharding other;
    other = *a->key_shards;
    other.chunk = 1, other.tokens = a->key.size[2] * RANKS, other.kind = SA_SHARDS_STRIPED;
    if (rank == 2) a->key_shards = &other;
    if (rank == 2 && a->query_shards) a->query_shards = &other;
}
static void masked(sa_ring_args *a, int64_t rank) {
    static _Thread_local sa_masking masking;
    static uint8_t mask[1] = {1};
    masking = (sa_masking){.struct_size = sizeof masking, .mask_keys = SA_MASK_KEYS_REPEATED};
    sa_tensor_set(&masking.mask, mask, SA_BOOL, SA_BHSD, 1, 1, 1, 1);
    if (rank == 2) a->masking = &masking;
}

Test(hostile, ranks_that_refuse_or_disagree, .timeout = 120) {
    expect_disagreement(no_value, SA_ERR_NULL, "value.data is NULL", "rank 2 of 4 has refused the call: SA_ERR_NULL");
    expect_disagreement(short_key, SA_ERR_SHAPE, "but rank 2 of 4 has",
                        "rank 2 of 4 has refused the call: SA_ERR_SHAPE");
    expect_disagreement(other_scale, SA_ERR_EXCHANGE, "ranks disagree: the sum of masking, rules, scale and softcap",
                        "ranks disagree");
    expect_disagreement(other_kind, SA_ERR_EXCHANGE, "ranks disagree: ", "on rank 2, and");
    expect_disagreement(masked, SA_ERR_UNSUPPORTED, "masking.mask is given", "SA_ERR_UNSUPPORTED");
}

static void expect_refused(sa_ctx *ctx, const sa_ring_args *a, sa_status status, const char *words) {
    uint64_t bytes = 1;
    cr_expect_eq(sa_ring_attention(ctx, a), status, "%s", words);
    cr_expect_not_null(strstr(sa_ctx_last_error(ctx), words), "%s, not %s", sa_ctx_last_error(ctx), words);
    cr_expect_eq(sa_ring_attention_workspace_size(ctx, a, &bytes), status, "%s", words);
    cr_expect_eq(bytes, 0);
}

static int32_t never_start(void *user, const void *send, uint64_t bytes, int64_t to, void *receive, uint64_t more,
                           int64_t from) {
    (void)user, (void)send, (void)bytes, (void)to, (void)receive, (void)more, (void)from;
    return 1;
}
static int32_t never_finish(void *user) {
    (void)user;
    return 1;
}
static int32_t never_gather(void *user, const void *send, uint64_t bytes, void *receive) {
    (void)user, (void)send, (void)bytes, (void)receive;
    return 1;
}

Test(hostile, bad_arguments) {
    sa_ctx *ctx = ctx_open(NULL);
    struct problem p;
    uint64_t bytes;
    problem_make(&p, 3);
    sa_ring_args good = rank_args(&p, 1, NULL), a = good;
    const sa_exchange table = {.struct_size = sizeof table,
                               .ranks = 2,
                               .start = never_start,
                               .finish = never_finish,
                               .all_gather = never_gather};
    sa_exchange x = table;
    cr_expect_eq(sa_ring_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_ring_attention(NULL, &a), SA_ERR_NULL);
    cr_expect_eq(sa_sharded_attention(NULL, &a), SA_ERR_NULL);
    cr_expect_eq(sa_ring_attention_workspace_size(ctx, &a, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_sharded_attention_workspace_size(ctx, &a, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_sharded_attention_workspace_size(ctx, NULL, &bytes), SA_ERR_NULL);
    expect_refused(ctx, NULL, SA_ERR_NULL, "args is NULL");
    a.struct_size = 8, expect_refused(ctx, &a, SA_ERR_STRUCT_SIZE, "struct_size is 8"), a = good;
    a.key_shards = NULL, expect_refused(ctx, &a, SA_ERR_NULL, "key_shards is NULL"), a = good;
    a.scale = INFINITY, expect_refused(ctx, &a, SA_ERR_VALUE, "scale is inf"), a = good;
    a.exchange = &x;
    x.struct_size = 16, expect_refused(ctx, &a, SA_ERR_STRUCT_SIZE, "struct_size is 16"), x = table;
    x.ranks = 0, expect_refused(ctx, &a, SA_ERR_VALUE, "rank 0 of 0 ranks"), x = table;
    x.rank = 2, expect_refused(ctx, &a, SA_ERR_VALUE, "rank 2 of 2 ranks"), x = table;
    x.start = NULL, expect_refused(ctx, &a, SA_ERR_NULL, "exchange.start is NULL"), x = table;
    x.finish = NULL, expect_refused(ctx, &a, SA_ERR_NULL, "exchange.finish is NULL"), x = table;
    x.all_gather = NULL, expect_refused(ctx, &a, SA_ERR_NULL, "exchange.all_gather is NULL"), x = table;
    sa_sharding many = p.key_shards;
    many.tokens = SA_SHARD_CHUNKS + 1, many.chunk = 1;
    a = good, a.key_shards = &many, expect_refused(ctx, &a, SA_ERR_UNSUPPORTED, "131073 tokens in chunks of 1"),
    a = good;
    rank_free(&good), problem_free(&p);
    sa_ctx_destroy(&ctx);
}
