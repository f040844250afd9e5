/* sa_ring_attention() and sa_sharded_attention(): the caller's structs become a checked struct ring.
 * SPDX-License-Identifier: MIT */
#include "flow/ring/ring.h"
#include "api/agreement.h"
#include "api/attention.h"
#include "api/context.h"
#include "api/problem.h"
#include "api/sharding.h"
#include "base/arith.h"
#include "plan/cache.h"

/* The first thing of all: without an exchange nothing can be said to the others. */
static sa_status take_exchange(struct report *report, const sa_exchange *from, sa_exchange *x) {
    *x = (sa_exchange){.ranks = 1};
    if (!from) return SA_OK;
    sa_status status = take_struct(report, "sa_exchange", from, x, sizeof *x, offsetof(sa_exchange, progress));
    if (status != SA_OK) return status;
    if (x->ranks < 1 || x->ranks > MOST_RANKS || x->rank < 0 || x->rank >= x->ranks)
        return fail(report, SA_ERR_VALUE, "exchange has rank %lld of %lld ranks: ranks must be 1 to 2^20, rank below",
                    (long long)x->rank, (long long)x->ranks);
    if (x->start && x->finish && x->all_gather) return SA_OK;
    return fail_null(report, !x->start ? "exchange.start" : !x->finish ? "exchange.finish" : "exchange.all_gather");
}

static sa_status check_chunks(struct report *report, const char *name, const struct shards *s) {
    if (shards_chunks(s) <= SA_SHARD_CHUNKS) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED, "%s has %lld tokens in chunks of %lld: more than %d chunks", name,
                (long long)s->tokens, (long long)s->chunk, SA_SHARD_CHUNKS);
}

/* Queries that all ranks have are cut as keys are, from the first on. */
static sa_status take_shards(struct report *report, const sa_ring_args *a, struct ring *r) {
    const int64_t ranks = r->exchange.ranks;
    sa_status status = take_sharding(report, "key_shards", a->key_shards, ranks, &r->keys);
    if (status != SA_OK) return status;
    r->queries = r->keys;
    if (!r->circulates) {
        r->queries = (struct shards){a->query.size[2], r->keys.chunk, 1, SA_SHARDS_CONTIGUOUS};
        if (a->query_shards)
            return fail(report, SA_ERR_VALUE,
                        "query_shards is given, but in sharded attention all ranks have all "
                        "queries");
    } else if (a->query_shards) {
        status = take_sharding(report, "query_shards", a->query_shards, ranks, &r->queries);
    }
    if (status == SA_OK) status = check_chunks(report, "key_shards", &r->keys);
    return status == SA_OK && r->circulates ? check_chunks(report, "query_shards", &r->queries) : status;
}

static sa_status check_shard(struct report *report, const char *name, int64_t size, const struct shards *s,
                             int64_t rank) {
    const int64_t tokens = shards_tokens_of(s, rank);
    if (size == tokens) return SA_OK;
    return fail(report, SA_ERR_SHAPE, "%s is %lld, but rank %lld of %lld has %lld of the %lld tokens", name,
                (long long)size, (long long)rank, (long long)s->ranks, (long long)tokens, (long long)s->tokens);
}

/* A cache has those tokens of each sequence that are of the shard. */
static sa_status check_ring_cache(struct report *report, const sa_ring_args *a, const struct ring *r) {
    const sa_cache *c = a->cache;
    const int64_t *lengths = r->problem.visible.key_lengths;
    if (c->window)
        return fail(report, SA_ERR_UNSUPPORTED, "the cache has a window of %lld tokens: shards are whole",
                    (long long)c->window);
    if (r->keys.chunk % CACHE_PAGE)
        return fail(report, SA_ERR_VALUE, "key_shards.chunk is %lld, with a cache it must be a multiple of %d",
                    (long long)r->keys.chunk, (int)CACHE_PAGE);
    for (int64_t b = 0; b < c->B; b++) {
        const int64_t length = lengths ? lengths[b] : r->keys.tokens;
        const int64_t wanted = shards_tokens_before(&r->keys, r->exchange.rank, length);
        const int64_t held = c->lengths[a->cache_layer * c->B + b];
        if (held != wanted)
            return fail(report, SA_ERR_SHAPE,
                        "the cache has %lld tokens of sequence %lld, but of its %lld tokens rank %lld of %lld has %lld",
                        (long long)held, (long long)b, (long long)length, (long long)r->exchange.rank,
                        (long long)r->exchange.ranks, (long long)wanted);
    }
    return SA_OK;
}

/* Masking speaks of whole sequences. */
static sa_status take_whole_masking(struct report *report, const sa_ring_args *a, struct ring *r) {
    struct problem *p = &r->problem;
    const int64_t T = p->T, S = p->S;
    p->T = r->queries.tokens, p->S = r->keys.tokens;
    sa_status status = take_masking(report, a->masking, p, 0);
    p->T = T, p->S = S;
    if (status == SA_OK && p->visible.mask_kind != MASK_NONE)
        status = fail(report, SA_ERR_UNSUPPORTED, "masking.mask is given: tokens on several ranks have none");
    p->visible.bottom_right |= a->cache && p->visible.align_default;
    return status;
}

static sa_status take_ring(struct report *report, const sa_ring_args *a, int data_needed, struct ring *r) {
    sa_attention_args taken;
    const sa_attention_args tensors = {.struct_size = sizeof tensors,
                                       .query = a->query,
                                       .key = a->key,
                                       .value = a->value,
                                       .output = a->output,
                                       .lse = a->lse,
                                       .scale = a->scale,
                                       .softcap = a->softcap,
                                       .rules = a->rules,
                                       .cache = a->cache,
                                       .cache_layer = a->cache_layer};
    if (r->circulates && a->cache)
        return fail(report, SA_ERR_UNSUPPORTED, "cache is given: keys of a ring are tensors");
    sa_status status = take_attention(report, &tensors, data_needed, &taken, &r->problem);
    if (status == SA_OK) status = take_shards(report, a, r);
    if (status == SA_OK) status = check_shard(report, "query.size[2]", r->problem.T, &r->queries, ring_query_rank(r));
    if (status == SA_OK && !a->cache)
        status = check_shard(report, "key.size[2]", r->problem.S, &r->keys, r->exchange.rank);
    if (status == SA_OK) status = take_whole_masking(report, a, r);
    if (status == SA_OK && a->cache) status = check_ring_cache(report, a, r);
    return status;
}

/* The arguments, as far as they are needed to speak to the others. */
static sa_status take_args(struct report *report, const sa_ring_args *args, int circulates, sa_ring_args *a,
                           struct ring *r) {
    *r = (struct ring){.circulates = circulates};
    if (!args) return fail_null(report, "args");
    sa_status status = take_struct(report, "sa_ring_args", args, a, sizeof *a, offsetof(sa_ring_args, lse));
    return status == SA_OK ? take_exchange(report, a->exchange, &r->exchange) : status;
}

static sa_status plan(sa_ctx *ctx, const sa_ring_args *a, int data_needed, struct ring *r, struct ring_plan *plan) {
    sa_status status = take_ring(&ctx->report, a, data_needed, r);
    if (status != SA_OK) return status;
    return plan_ring(&ctx->machine, r, plan) ? SA_OK : fail_overflow(&ctx->report, "the size of the scratch memory");
}

/* Memory for the agreement comes first, and what is computed uses it afterwards. */
static sa_status call(sa_ctx *ctx, const sa_ring_args *args, int circulates) {
    sa_ring_args a;
    struct ring r;
    struct ring_plan planned;
    struct ring_failure failure = {0};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_args(&ctx->report, args, circulates, &a, &r);
    if (status == SA_OK) status = context_reserve(ctx, agreement_bytes(&r.exchange));
    if (status != SA_OK) return context_leave(ctx, status);
    status = plan(ctx, &a, 1, &r, &planned);
    if (status == SA_OK) status = context_reserve(ctx, planned.all.bytes);
    status = agree(&ctx->report, &r, status, ctx->scratch);
    watch_shield(&ctx->watch); /* other ranks would wait */
    if (status == SA_OK) ring_run(&ctx->machine, &r, &planned, ctx->scratch, &failure);
    if (failure.function) status = fail_exchange(&ctx->report, &r.exchange, &failure);
    return context_leave(ctx, status);
}

sa_status sa_ring_attention(sa_ctx *ctx, const sa_ring_args *args) {
    return call(ctx, args, 1);
}

sa_status sa_sharded_attention(sa_ctx *ctx, const sa_ring_args *args) {
    return call(ctx, args, 0);
}

static sa_status size(sa_ctx *ctx, const sa_ring_args *args, int circulates, uint64_t *bytes) {
    sa_ring_args a;
    struct ring r;
    struct ring_plan planned;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_args(&ctx->report, args, circulates, &a, &r) : fail_null(&ctx->report, "bytes");
    if (status == SA_OK) status = plan(ctx, &a, 0, &r, &planned);
    if (bytes) *bytes = status == SA_OK ? (uint64_t)max_i64(planned.all.bytes, agreement_bytes(&r.exchange)) : 0;
    return context_leave(ctx, status);
}

sa_status sa_ring_attention_workspace_size(sa_ctx *ctx, const sa_ring_args *args, uint64_t *bytes) {
    return size(ctx, args, 1, bytes);
}

sa_status sa_sharded_attention_workspace_size(sa_ctx *ctx, const sa_ring_args *args, uint64_t *bytes) {
    return size(ctx, args, 0, bytes);
}
