/* SPDX-License-Identifier: MIT */
#include "problem.h"
#include "support/half.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *random_numbers(struct rng *rng, int64_t n, int32_t dtype) {
    float *numbers = malloc((size_t)(n + 1) * sizeof *numbers);
    for (int64_t i = 0; i < n; i++) numbers[i] = rng_normal(rng);
    if (dtype == SA_F32) return numbers;
    uint16_t *halves = malloc((size_t)(n + 1) * sizeof *halves);
    for (int64_t i = 0; i < n; i++) halves[i] = half_nearest((double)numbers[i], dtype);
    free(numbers);
    return halves;
}

static void choose_masking(struct problem *p, struct rng *rng) {
    p->masking = (sa_masking){.struct_size = sizeof p->masking, .causal = rng_chance(rng, .6)};
    if (rng_chance(rng, .4)) {
        for (int64_t b = 0; b < p->B; b++) p->lengths[b] = rng_below(rng, p->S + 1);
        p->masking.key_lengths = p->lengths;
    }
    if (rng_chance(rng, .3)) {
        for (int64_t b = 0; b < p->B; b++) p->offsets[b] = rng_below(rng, p->S + 1) - p->S / 4;
        p->masking.align = SA_ALIGN_OFFSET, p->masking.offsets = p->offsets;
    }
    if (rng_chance(rng, .3)) {
        p->masking.window = 1, p->masking.window_left = rng_below(rng, p->S + 9);
        p->masking.window_right = rng_below(rng, 9) - 1;
        if (rng_chance(rng, .5)) p->masking.keep_first = rng_below(rng, 40);
    }
}

static void choose_rules(struct problem *p, struct rng *rng) {
    p->rules = (sa_score_rules){.struct_size = sizeof p->rules};
    for (int i = 0; i < MOST_H; i++) p->slopes[i] = (float)rng_unit(rng) / 16, p->sinks[i] = rng_normal(rng);
    for (int i = 0; i < MOST_H * 9; i++) p->bias[i] = rng_normal(rng);
    if (rng_chance(rng, .2)) p->rules.alibi_slopes = p->slopes;
    if (rng_chance(rng, .2)) p->rules.relative_bias = p->bias, p->rules.relative_reach = 4;
    if (rng_chance(rng, .3)) p->rules.sink_logits = p->sinks;
}

/* Tensors of the problem's sizes. */
static void fill(struct problem *p, struct rng *rng) {
    const int32_t layout = rng_chance(rng, .5) ? SA_BSHD : SA_BHSD;
    p->q = random_numbers(rng, p->B * p->H * p->T * p->D, p->dtype);
    p->k = random_numbers(rng, p->B * p->K * p->S * p->D, p->dtype);
    p->v = random_numbers(rng, p->B * p->K * p->S * p->Dv, p->dtype);
    p->o = malloc((size_t)(p->B * p->H * p->T * p->Dv + 1) * sizeof *p->o);
    p->lse = malloc((size_t)(p->B * p->H * p->T + 1) * sizeof *p->lse);
    p->all = (sa_attention_args){.struct_size = sizeof p->all,
                                 .masking = &p->masking,
                                 .rules = &p->rules,
                                 .softcap = rng_chance(rng, .2) ? 5 : 0};
    sa_tensor_set(&p->all.query, p->q, p->dtype, layout, p->B, p->H, p->T, p->D);
    sa_tensor_set(&p->all.key, p->k, p->dtype, layout, p->B, p->K, p->S, p->D);
    sa_tensor_set(&p->all.value, p->v, p->dtype, layout, p->B, p->K, p->S, p->Dv);
    sa_tensor_set(&p->all.output, p->o, SA_F32, SA_BHSD, p->B, p->H, p->T, p->Dv);
    sa_tensor_set(&p->all.lse, p->lse, SA_F32, SA_BHSD, p->B, p->H, p->T, 1);
}

void problem_fill(struct problem *p, uint64_t seed) {
    fill(p, &(struct rng){seed});
}

void problem_make(struct problem *p, uint64_t seed) {
    static const int64_t sizes[] = {1, 7, 16, 40, 64}, chunks[] = {1, 5, 16, 64, 100, 128};
    struct rng rng = {seed};
    memset(p, 0, sizeof *p);
    p->seed = seed;
    p->B = 1 + rng_below(&rng, MOST_B), p->K = 1 + rng_below(&rng, 2), p->H = p->K * (1 + rng_below(&rng, 3));
    p->D = sizes[rng_below(&rng, 5)], p->Dv = sizes[rng_below(&rng, 5)];
    p->dtype = rng_chance(&rng, .3) ? SA_BF16 : SA_F32;
    const int64_t chunk = chunks[rng_below(&rng, 6)];
    p->S = rng_below(&rng, chunk < 16 ? 60 : 700);
    p->same = rng_chance(&rng, .6);
    p->T = p->same ? p->S : rng_below(&rng, 200);
    p->key_shards = (sa_sharding){
        .struct_size = sizeof p->key_shards, .tokens = p->S, .chunk = chunk, .kind = (int32_t)rng_below(&rng, 3)};
    p->query_shards = p->key_shards;
    p->query_shards.tokens = p->T;
    choose_masking(p, &rng);
    choose_rules(p, &rng);
    fill(p, &rng);
    snprintf(p->text, sizeof p->text, "seed %llu: B %lld H %lld K %lld D %lld Dv %lld T %lld S %lld chunk %lld kind %d",
             (unsigned long long)seed, (long long)p->B, (long long)p->H, (long long)p->K, (long long)p->D,
             (long long)p->Dv, (long long)p->T, (long long)p->S, (long long)chunk, (int)p->key_shards.kind);
}

void problem_free(struct problem *p) {
    free(p->q), free(p->k), free(p->v), free(p->o), free(p->lse);
}

sa_tensor shard_of(const sa_tensor *whole, const int64_t *positions, int64_t count) {
    const int64_t size = whole->dtype == SA_F32 ? 4 : 2, *n = whole->size, *stride = whole->stride;
    char *data = malloc((size_t)(n[0] * n[1] * count * n[3] * size + 1)), *to = data;
    for (int64_t b = 0; b < n[0]; b++)
        for (int64_t h = 0; h < n[1]; h++)
            for (int64_t i = 0; i < count; i++, to += n[3] * size)
                memcpy(to, (char *)whole->data + (b * stride[0] + h * stride[1] + positions[i] * stride[2]) * size,
                       (size_t)(n[3] * size));
    sa_tensor shard;
    sa_tensor_set(&shard, data, whole->dtype, SA_BHSD, n[0], n[1], count, n[3]);
    return shard;
}

static int64_t *positions_of(const sa_sharding *s, const sa_exchange *x, int64_t *count) {
    cr_assert_eq(sa_shard_size(s, x->ranks, x->rank, count), SA_OK, "%s", sa_ctx_last_error(NULL));
    int64_t *positions = malloc((size_t)(*count + 1) * sizeof *positions);
    cr_assert_eq(sa_shard_positions(s, x->ranks, x->rank, positions), SA_OK);
    return positions;
}

static const sa_sharding *sharding_of_queries(const struct problem *p) {
    return p->same ? &p->key_shards : &p->query_shards;
}

sa_ring_args rank_args(const struct problem *p, int circulates, const sa_exchange *x) {
    sa_ring_args a = {.struct_size = sizeof a,
                      .exchange = x,
                      .key_shards = &p->key_shards,
                      .query_shards = circulates && !p->same ? &p->query_shards : NULL,
                      .masking = p->all.masking,
                      .rules = p->all.rules,
                      .softcap = p->all.softcap};
    const sa_exchange alone = {.ranks = 1};
    int64_t keys, queries;
    int64_t *positions = positions_of(&p->key_shards, x ? x : &alone, &keys);
    a.key = shard_of(&p->all.key, positions, keys), a.value = shard_of(&p->all.value, positions, keys);
    free(positions);
    positions = positions_of(sharding_of_queries(p), circulates && x ? x : &alone, &queries);
    a.query = shard_of(&p->all.query, positions, queries);
    free(positions);
    sa_tensor_set(&a.output, malloc((size_t)(p->B * p->H * queries * p->Dv + 1) * 4), SA_F32, SA_BHSD, p->B, p->H,
                  queries, p->Dv);
    sa_tensor_set(&a.lse, malloc((size_t)(p->B * p->H * queries + 1) * 4), SA_F32, SA_BHSD, p->B, p->H, queries, 1);
    return a;
}

void rank_free(sa_ring_args *a) {
    free(a->query.data), free(a->key.data), free(a->value.data), free(a->output.data), free(a->lse.data);
}

struct job {
    const struct problem *p;
    const struct way *way;
    int circulates;
    int64_t reporter; /* in sharded attention all ranks have all results: this one's are taken */
    struct result *result;
};

/* A rank's rows to their places. */
static void put_rows(const sa_tensor *from, float *to, const int64_t *positions, int64_t T) {
    const int64_t rows = from->size[2], width = from->size[3];
    const float *data = from->data;
    for (int64_t h = 0; h < from->size[0] * from->size[1]; h++)
        for (int64_t i = 0; i < rows; i++)
            memcpy(to + (h * T + positions[i]) * width, data + (h * rows + i) * width, (size_t)width * sizeof *data);
}

static void work(void *arg, const sa_exchange *x) {
    const struct job *job = arg;
    const struct problem *p = job->p;
    sa_ctx *ctx = way_open(job->way, 1 + (int32_t)x->rank % 2);
    sa_ring_args a = rank_args(p, job->circulates, x);
    uint64_t bytes = 0;
    const sa_status sized = job->circulates ? sa_ring_attention_workspace_size(ctx, &a, &bytes)
                                            : sa_sharded_attention_workspace_size(ctx, &a, &bytes);
    cr_assert_eq(sized, SA_OK, "%s: %s", p->text, sa_ctx_last_error(ctx));
    const sa_status status = job->circulates ? sa_ring_attention(ctx, &a) : sa_sharded_attention(ctx, &a);
    cr_assert_eq(status, SA_OK, "%s, %lld ranks: %s", p->text, (long long)x->ranks, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_ctx_scratch_bytes(ctx), bytes, "%s: scratch memory", p->text);
    const sa_exchange alone = {.ranks = 1};
    int64_t queries, *positions = positions_of(sharding_of_queries(p), job->circulates ? x : &alone, &queries);
    if (job->circulates || x->rank == job->reporter) {
        put_rows(&a.output, job->result->o, positions, p->T);
        put_rows(&a.lse, job->result->lse, positions, p->T);
    }
    free(positions);
    rank_free(&a);
    sa_ctx_destroy(&ctx);
}

int problem_run(const struct problem *p, const struct way *way, int circulates, int64_t ranks, struct result *result) {
    struct group group;
    sa_ctx *ctx = way_open(way, 1);
    if (!ctx) return 0;
    sa_ctx_destroy(&ctx);
    result->o = malloc((size_t)(p->B * p->H * p->T * p->Dv + 1) * sizeof(float));
    result->lse = malloc((size_t)(p->B * p->H * p->T + 1) * sizeof(float));
    group_open(&group, ranks);
    group_run(&group, work, &(struct job){p, way, circulates, ranks - 1, result});
    result->messages = group.members[0].messages, result->bytes = group.members[0].bytes, result->faults = 0;
    for (int64_t i = 0; i < ranks; i++) {
        const struct member *m = &group.members[i];
        result->faults += m->faults + m->pending;
        result->pieces[i] = m->progress, result->meanwhile[i] = m->meanwhile;
    }
    group_close(&group);
    return 1;
}

void result_free(struct result *result) {
    free(result->o), free(result->lse);
}
