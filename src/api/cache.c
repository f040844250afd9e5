/* The calls on sa_cache.
 * SPDX-License-Identifier: MIT */
#include "api/cache.h"

#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"
#include "flow/heads.h"

#include <stddef.h>
#include <stdio.h>

sa_status check_cache(struct report *report, const struct sa_cache *c, int64_t layer) {
    if (layer >= 0 && layer < c->layers) return SA_OK;
    return fail(report, SA_ERR_VALUE, "the cache's layer is %lld, must be 0 to %lld", (long long)layer,
                (long long)c->layers - 1);
}

sa_status check_cache_sizes(struct report *report, const struct sa_cache *c, const struct problem *p) {
    if (c->B == p->B && c->K == p->K && c->D == p->D && c->Dv == p->Dv) return SA_OK;
    return fail(report, SA_ERR_SHAPE,
                "the cache has B %lld, K %lld, D %lld, Dv %lld, but the call B %lld, K %lld, D %lld, Dv %lld",
                (long long)c->B, (long long)c->K, (long long)c->D, (long long)c->Dv, (long long)p->B, (long long)p->K,
                (long long)p->D, (long long)p->Dv);
}

sa_status check_cache_rules(struct report *report, const struct sa_cache *c, const struct problem *p) {
    const struct visibility *v = &p->visible;
    if (v->key_lengths) return fail(report, SA_ERR_VALUE, "masking.key_lengths is given beside a cache");
    if (p->weights.data && p->weights_kind != SA_WEIGHTS_PROBABILITIES)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "weights_kind is %d; with a cache only SA_WEIGHTS_PROBABILITIES can be had", (int)p->weights_kind);
    if (c->window && v->window && v->keep > c->keep_first)
        return fail(report, SA_ERR_VALUE, "masking.keep_first is %lld, must be at most the cache's keep_first, %lld",
                    (long long)v->keep, (long long)c->keep_first);
    return SA_OK;
}

/* ---- making */

static sa_status check_size(struct report *report, const char *name, int64_t value, int64_t least) {
    if (value >= least && value <= INT32_MAX) return SA_OK;
    return fail(report, value < least ? SA_ERR_VALUE : SA_ERR_OVERFLOW, "%s is %lld, must be %lld to 2^31 - 1", name,
                (long long)value, (long long)least);
}

static sa_status take_config(struct report *report, const sa_cache_config *config, struct sa_cache *c) {
    sa_cache_config g;
    if (!config) return fail_null(report, "config");
    sa_status status =
        take_struct(report, "sa_cache_config", config, &g, sizeof g, offsetof(sa_cache_config, value_head_size));
    if (status != SA_OK) return status;
    c->layers = g.layers ? g.layers : 1, c->B = g.batch, c->K = g.kv_heads, c->D = g.head_size;
    c->Dv = g.value_head_size ? g.value_head_size : g.head_size;
    c->dtype = g.dtype, c->capacity = g.capacity, c->window = g.window, c->keep_first = g.keep_first;
    status = check_size(report, "layers", c->layers, 1);
    if (status == SA_OK) status = check_size(report, "batch", c->B, 1);
    if (status == SA_OK) status = check_size(report, "kv_heads", c->K, 1);
    if (status == SA_OK) status = check_size(report, "head_size", c->D, 1);
    if (status == SA_OK) status = check_size(report, "value_head_size", c->Dv, 1);
    if (status != SA_OK) return status;
    if (g.values_in_keys != 0 && g.values_in_keys != 1)
        return fail(report, SA_ERR_VALUE, "values_in_keys is %d, must be 0 or 1", (int)g.values_in_keys);
    if (g.values_in_keys && c->Dv > c->D)
        return fail(report, SA_ERR_VALUE, "value_head_size is %lld, but keys that hold the values have head_size %lld",
                    (long long)c->Dv, (long long)c->D);
    c->values_in_keys = g.values_in_keys;
    if (c->dtype != SA_F32 && c->dtype != SA_BF16 && c->dtype != SA_F16 && c->dtype != SA_I8)
        return fail(report, SA_ERR_VALUE, "dtype is %d, must be SA_F32, SA_BF16, SA_F16 or SA_I8", (int)c->dtype);
    if (c->capacity < 0 || c->capacity > POSITION_MAX || c->window < 0 || c->window > POSITION_MAX)
        return fail(report, SA_ERR_VALUE, "capacity is %lld and window %lld, must be 0 to 2^60", (long long)c->capacity,
                    (long long)c->window);
    if (c->keep_first < 0 || c->keep_first > CACHE_PAGE || (c->keep_first && !c->window))
        return fail(report, SA_ERR_VALUE,
                    "keep_first is %lld with window %lld; it has to be 0 to %d, and 0 without a window",
                    (long long)c->keep_first, (long long)c->window, CACHE_PAGE);
    return SA_OK;
}

sa_status cache_create(sa_ctx *ctx, const sa_cache_config *config, sa_cache **cache) {
    struct sa_cache made = {.memory = ctx->memory};
    if (!cache) return fail_null(&ctx->report, "cache");
    sa_status status = take_config(&ctx->report, config, &made);
    if (status != SA_OK) return status;
    status = cache_open(&made, &ctx->report);
    if (status == SA_OK && !(*cache = memory_allocate(&ctx->memory, 1, sizeof made)))
        status = fail_memory(&ctx->report, sizeof made, "a cache");
    if (status == SA_OK)
        **cache = made;
    else
        cache_close(&made);
    return status;
}

sa_status sa_cache_create(sa_ctx *ctx, const sa_cache_config *config, sa_cache **cache) {
    if (cache) *cache = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, cache_create(ctx, config, cache)) : status;
}

void sa_cache_destroy(sa_cache **cache) {
    if (!cache || !*cache) return;
    struct allocator memory = (*cache)->memory;
    cache_close(*cache);
    memory_release(&memory, *cache, 1, sizeof **cache);
    *cache = NULL;
}

/* ---- adding */

/* Keys and values that a call appends: one copy each. */
struct addition {
    struct heads_step copies[2];
    int64_t bytes;
};

static sa_status take_addition(sa_ctx *ctx, const struct sa_cache *c, int64_t layer, const sa_tensor *key,
                               const sa_tensor *value, const int64_t *lengths, struct addition *a) {
    struct report *report = &ctx->report;
    const sa_tensor *tensor[2] = {key, value};
    static const char *const names[2] = {"key", "value"};
    const int64_t size[2] = {c->D, c->Dv};
    *a = (struct addition){0};
    if (c->values_in_keys && value && value->data)
        return fail(report, SA_ERR_VALUE, "value is given, but the cache has its values in its keys");
    for (int i = 0; i < cache_kinds(c); i++) {
        if (!tensor[i]) return fail_null(report, names[i]);
        const struct expected e = {names[i],
                                   {c->B, c->K, i ? key->size[2] : -1, size[i]},
                                   {"the cache's batch", "the cache's kv_heads", "key.size[2]",
                                    i ? "the cache's value_head_size" : "the cache's head_size"},
                                   USE_INPUT,
                                   1,
                                   1};
        sa_status status = check_tensor(report, tensor[i], &e);
        if (status != SA_OK) return status;
        a->copies[i] = (struct heads_step){.B = c->B,
                                           .T = key->size[2],
                                           .heads = c->K,
                                           .D = size[i],
                                           .from = view_of(tensor[i]),
                                           .to = cache_view(c, layer, i),
                                           .starts = c->before,
                                           .lengths = lengths};
        int64_t bytes = heads_bytes(&ctx->machine, &a->copies[i]);
        if (bytes < 0) return fail_overflow(report, "the size of the scratch memory");
        a->bytes = max_i64(a->bytes, bytes);
    }
    return lengths ? check_lengths(report, lengths, c->B, key->size[2]) : SA_OK;
}

static sa_status append(sa_ctx *ctx, struct sa_cache *c, int64_t layer, const sa_tensor *key, const sa_tensor *value,
                        const int64_t *lengths) {
    struct addition a;
    if (!c) return fail_null(&ctx->report, "cache");
    sa_status status = check_cache(&ctx->report, c, layer);
    if (status == SA_OK) status = take_addition(ctx, c, layer, key, value, lengths, &a);
    if (status == SA_OK) status = context_reserve(ctx, a.bytes);
    if (status == SA_OK) status = cache_make_room(c, layer, lengths, key->size[2], &ctx->report);
    if (status != SA_OK) return status;
    for (int i = 0; i < cache_kinds(c); i++) heads_run(&ctx->machine, &a.copies[i], ctx->scratch);
    cache_commit(c, layer, 1);
    status = context_cancelled(ctx);
    if (status != SA_OK) cache_revert(c, layer);
    return status;
}

sa_status sa_cache_append(sa_ctx *ctx, sa_cache *cache, int64_t layer, const sa_tensor *key, const sa_tensor *value,
                          const int64_t *lengths) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, append(ctx, cache, layer, key, value, lengths)) : status;
}

/* ---- asking, rewinding, sharing */

int64_t sa_cache_length(const sa_cache *c, int64_t layer, int64_t sequence) {
    if (!c || layer < 0 || layer >= c->layers || sequence < 0 || sequence >= c->B) return -1;
    return c->lengths[layer * c->B + sequence];
}

uint64_t sa_cache_bytes(const sa_cache *c) {
    return c ? (uint64_t)c->pages * (uint64_t)c->page_bytes : 0;
}

static sa_status check_sequence(struct report *report, const struct sa_cache *c, const char *name, int64_t sequence) {
    if (sequence >= 0 && sequence < c->B) return SA_OK;
    return fail(report, SA_ERR_VALUE, "%s is %lld, must be 0 to %lld", name, (long long)sequence, (long long)c->B - 1);
}

sa_status sa_cache_truncate(sa_cache *c, int64_t sequence, int64_t length) {
    struct report *report = thread_report();
    if (!c) return fail_null(report, "cache");
    if (length < 0) return fail(report, SA_ERR_VALUE, "length is %lld, must be at least 0", (long long)length);
    int64_t first = sequence == -1 ? 0 : sequence, last = sequence == -1 ? c->B - 1 : sequence;
    sa_status status = check_sequence(report, c, "sequence", first);
    for (int64_t b = first; b <= last && status == SA_OK; b++) status = cache_check_truncate(c, b, length, report);
    for (int64_t b = first; b <= last && status == SA_OK; b++) cache_truncate(c, b, length);
    return status;
}

sa_status sa_cache_fork(sa_cache *c, int64_t from, int64_t to) {
    struct report *report = thread_report();
    if (!c) return fail_null(report, "cache");
    sa_status status = check_sequence(report, c, "from", from);
    if (status == SA_OK) status = check_sequence(report, c, "to", to);
    if (status != SA_OK) return status;
    return from == to ? SA_OK : cache_fork(c, from, to, report);
}

sa_status sa_cache_reorder(sa_cache *c, const int64_t *from) {
    struct report *report = thread_report();
    if (!c) return fail_null(report, "cache");
    if (!from) return fail_null(report, "from");
    for (int64_t b = 0; b < c->B; b++) {
        char name[32];
        snprintf(name, sizeof name, "from[%lld]", (long long)b);
        sa_status status = check_sequence(report, c, name, from[b]);
        if (status != SA_OK) return status;
    }
    return cache_reorder(c, from, report);
}
