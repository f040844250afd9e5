/* Blocks of keys that look most like a block of queries, by the product of their means.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"
#include "base/ledger.h"

#include <math.h>

/* A checked call, and its scratch memory: means [K][blocks][D] of keys, a mean [D] of queries, scores [blocks]. */
struct top {
    struct view query, key;
    int64_t B, H, K, T, S, D;
    int64_t query_block, key_block, most, causal, offset, lines, blocks;
    int64_t means_at, mean_at, scores_at;
    struct ledger memory;
    float *means, *mean, *scores;
};

static sa_status check_numbers(struct report *report, const struct top *c) {
    if (c->query_block < 1 || c->query_block > SA_LIST_BLOCK_MOST)
        return fail(report, SA_ERR_VALUE, "query_block is %lld, must be 1 to %d", (long long)c->query_block,
                    SA_LIST_BLOCK_MOST);
    if (c->key_block < LIST_UNIT || c->key_block > SA_LIST_BLOCK_MOST || c->key_block % LIST_UNIT)
        return fail(report, SA_ERR_VALUE, "key_block is %lld, must be a multiple of %d up to %d",
                    (long long)c->key_block, LIST_UNIT, SA_LIST_BLOCK_MOST);
    if (c->most < 1) return fail(report, SA_ERR_VALUE, "most is %lld, must be at least 1", (long long)c->most);
    if (c->causal < 0 || c->causal > 1)
        return fail(report, SA_ERR_VALUE, "causal is %lld, must be 0 or 1", (long long)c->causal);
    if (c->causal ? c->offset < 0 || c->offset > POSITION_MAX : c->offset != 0)
        return fail(report, SA_ERR_VALUE, "offset is %lld, must be %s", (long long)c->offset,
                    c->causal ? "0 to 2^60" : "0 without causal");
    return SA_OK;
}

static sa_status take_tensors(struct report *report, const sa_tensor *query, const sa_tensor *key, struct top *c) {
    const struct expected q = {"query", {-1, -1, -1, -1}, {NULL}, USE_INPUT, 1, 1};
    sa_status status = check_tensor(report, query, &q);
    if (status != SA_OK) return status;
    const struct expected k = {
        "key", {query->size[0], -1, -1, query->size[3]}, {"query.size[0]", NULL, NULL, "query.size[3]"}, USE_INPUT, 1,
        1};
    if ((status = check_tensor(report, key, &k)) != SA_OK) return status;
    c->B = query->size[0], c->H = query->size[1], c->T = query->size[2], c->D = query->size[3];
    c->K = key->size[1], c->S = key->size[2];
    c->query = view_of(query), c->key = view_of(key);
    if (!c->H || !c->K || c->H % c->K)
        return fail(report, SA_ERR_SHAPE, "key has %lld heads, which does not divide query's %lld", (long long)c->K,
                    (long long)c->H);
    c->lines = ceil_div(c->T, c->query_block), c->blocks = ceil_div(c->S, c->key_block);
    if (c->S > INT32_MAX) return fail(report, SA_ERR_OVERFLOW, "%lld keys are more than 2^31 - 1", (long long)c->S);
    return SA_OK;
}

static sa_status book(struct report *report, struct top *c) {
    int64_t means;
    c->memory = (struct ledger){.title = "top blocks"};
    if (!checked_mul(c->K, c->blocks, &means)) return fail_overflow(report, "the number of key blocks");
    c->means_at = ledger_book(&c->memory, "means of keys", means, c->D, sizeof(float));
    c->mean_at = ledger_book(&c->memory, "mean of queries", 1, c->D, sizeof(float));
    c->scores_at = ledger_book(&c->memory, "scores", c->blocks, 1, sizeof(float));
    return ledger_fits(&c->memory) ? SA_OK : fail_overflow(report, "the size of the scratch memory");
}

/* Adds factor times rows first .. last - 1 to sum [D]. */
static void add_rows(float *sum, const struct view *v, int64_t b, int64_t h, int64_t first, int64_t last, int64_t D,
                     float factor) {
    for (int64_t s = first; s < last; s++) {
        const void *row = view_row(v, b, h, s);
        for (int64_t d = 0; d < D; d++) sum[d] += factor * view_load(v, row, d);
    }
}

static void find_means(const struct top *c, int64_t b) {
    for (int64_t i = 0; i < c->K * c->blocks; i++) {
        const int64_t first = i % c->blocks * c->key_block, last = min_i64(first + c->key_block, c->S);
        float *mean = c->means + i * c->D;
        for (int64_t d = 0; d < c->D; d++) mean[d] = 0;
        add_rows(mean, &c->key, b, i / c->blocks, first, last, c->D, 1 / (float)(last - first));
    }
}

/* Scores of the first `allowed` blocks for a line of key/value head k. NaN counts as the lowest score. */
static void find_scores(const struct top *c, int64_t b, int64_t k, int64_t line, int64_t allowed) {
    const int64_t G = c->H / c->K, first = line * c->query_block, last = min_i64(first + c->query_block, c->T);
    for (int64_t d = 0; d < c->D; d++) c->mean[d] = 0;
    for (int64_t g = 0; g < G; g++)
        add_rows(c->mean, &c->query, b, k * G + g, first, last, c->D, 1 / (float)(last - first));
    for (int64_t i = 0; i < allowed; i++) {
        const float *mean = c->means + (k * c->blocks + i) * c->D;
        float sum = 0;
        for (int64_t d = 0; d < c->D; d++) sum += c->mean[d] * mean[d];
        c->scores[i] = sum == sum ? sum : -INFINITY;
    }
}

static int is_worse(const struct top *c, int32_t a, int32_t b) {
    return c->scores[a] < c->scores[b] || (c->scores[a] == c->scores[b] && a > b);
}

/* Moves entry `at` of a heap down to its place. The root is the block that is to be dropped first. */
static void sink(const struct top *c, int32_t *heap, int64_t count, int64_t at) {
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_worse(c, heap[child + 1], heap[child])) child++;
        if (!is_worse(c, heap[child], heap[at])) return;
        const int32_t other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

/* Sorts by number: a heap's order is of no use to the caller. */
static void sort(int32_t *numbers, int64_t count) {
    for (int64_t gap = count / 2; gap > 0; gap /= 2)
        for (int64_t i = gap; i < count; i++) {
            const int32_t moved = numbers[i];
            int64_t j = i;
            for (; j >= gap && numbers[j - gap] > moved; j -= gap) numbers[j] = numbers[j - gap];
            numbers[j] = moved;
        }
}

/* Writes the best of the first `allowed` blocks, ascending; returns how many. */
static int64_t choose(const struct top *c, int64_t allowed, int32_t *best) {
    const int64_t count = min_i64(c->most, allowed);
    for (int64_t i = 0; i < count; i++) best[i] = (int32_t)i;
    for (int64_t i = count / 2 - 1; i >= 0; i--) sink(c, best, count, i);
    for (int64_t i = count; i < allowed; i++)
        if (is_worse(c, best[0], (int32_t)i)) {
            best[0] = (int32_t)i;
            sink(c, best, count, 0);
        }
    sort(best, count);
    return count;
}

/* The blocks that a line may have. If it is causal, that of its last query, if there is one, has the best score. */
static int64_t allowed_blocks(const struct top *c, int64_t line, int64_t *own) {
    const int64_t last = c->offset + min_i64((line + 1) * c->query_block, c->T) - 1;
    *own = c->causal && last < c->S ? last / c->key_block : -1;
    return c->causal ? min_i64(c->blocks, last / c->key_block + 1) : c->blocks;
}

static void list_blocks(const struct top *c, int64_t *offsets, int32_t *indices) {
    int64_t at = 0, G = c->H / c->K;
    for (int64_t b = 0; b < c->B; b++) {
        find_means(c, b);
        for (int64_t h = 0; h < c->H; h++, offsets++) {
            for (int64_t line = 0; line < c->lines; line++) {
                int64_t own, allowed = allowed_blocks(c, line, &own);
                *offsets++ = at;
                find_scores(c, b, h / G, line, allowed);
                if (own >= 0) c->scores[own] = INFINITY;
                at += choose(c, allowed, indices + at);
            }
            *offsets = at;
        }
    }
}

static sa_status top_blocks(sa_ctx *ctx, const sa_tensor *query, const sa_tensor *key, struct top *c, int64_t *offsets,
                            int32_t *indices) {
    struct report *report = &ctx->report;
    if (!query || !key || !offsets || !indices)
        return fail_null(report, !query ? "query" : !key ? "key" : !offsets ? "offsets" : "indices");
    sa_status status = check_numbers(report, c);
    if (status == SA_OK) status = take_tensors(report, query, key, c);
    if (status == SA_OK) status = book(report, c);
    if (status == SA_OK) status = context_reserve(ctx, c->memory.bytes);
    if (status != SA_OK) return status;
    char *scratch = ctx->scratch;
    c->means = (float *)(scratch + c->means_at), c->mean = (float *)(scratch + c->mean_at),
    c->scores = (float *)(scratch + c->scores_at);
    ledger_open(&c->memory, scratch);
    list_blocks(c, offsets, indices);
    ledger_close(&c->memory, scratch);
    return SA_OK;
}

sa_status sa_top_blocks(sa_ctx *ctx, const sa_tensor *query, const sa_tensor *key, int64_t query_block,
                        int64_t key_block, int64_t most, int32_t causal, int64_t offset, int64_t *offsets,
                        int32_t *indices) {
    struct top call = {
        .query_block = query_block, .key_block = key_block, .most = most, .causal = causal, .offset = offset};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    return context_leave(ctx, top_blocks(ctx, query, key, &call, offsets, indices));
}
