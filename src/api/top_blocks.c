/* Blocks of keys that look most like a block of queries, by the product of their means.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"
#include "base/ledger.h"

#include <math.h>
#include <string.h>

/* A checked call. Its scratch memory has the means of a sequence's keys [K][blocks][D], and for each worker a mean of
 * queries [D] and scores [blocks]. */
struct top {
    const struct machine *machine;
    struct view query, key;
    int64_t B, H, K, G, T, S, D;
    int64_t query_block, key_block, most, causal, offset, lines, blocks;
    int64_t means_at, workers_at, mean_at, scores_at;
    struct ledger memory, worker;
    char *scratch;
    const int64_t *offsets; /* [L+1] of the sequence's first head; each has as many indices */
    int32_t *indices;       /* of the sequence */
    int64_t b;
};

/* A worker's mean of queries, and scores. */
struct line_memory {
    float *mean, *scores;
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
    c->G = c->H / c->K;
    c->lines = ceil_div(c->T, c->query_block), c->blocks = ceil_div(c->S, c->key_block);
    if (c->S > INT32_MAX) return fail(report, SA_ERR_OVERFLOW, "%lld keys are more than 2^31 - 1", (long long)c->S);
    return SA_OK;
}

static sa_status book(struct report *report, struct top *c) {
    int64_t means, lines;
    c->memory = (struct ledger){.title = "top blocks"};
    if (!checked_mul(c->K, c->blocks, &means)) return fail_overflow(report, "the number of key blocks");
    if (!checked_mul(c->K, c->lines, &lines)) return fail_overflow(report, "the number of query blocks");
    c->means_at = ledger_book(&c->memory, "means of keys", means, c->D, sizeof(float));
    c->worker = (struct ledger){.title = "top blocks, a worker"};
    c->mean_at = ledger_book(&c->worker, "mean of queries", 1, c->D, sizeof(float));
    c->scores_at = ledger_book(&c->worker, "scores", c->blocks, 1, sizeof(float));
    c->workers_at =
        ledger_book_each(&c->memory, &c->worker, parallel_workers(&c->machine->parallel, max_i64(means, lines)));
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

static float *means_of(const struct top *c, int64_t k) {
    return (float *)(c->scratch + c->means_at) + k * c->blocks * c->D;
}

/* A task: the mean of a block of keys. */
static void find_mean(void *arg, int64_t task, int32_t worker) {
    const struct top *c = arg;
    const int64_t k = task / c->blocks, block = task % c->blocks;
    const int64_t first = block * c->key_block, last = min_i64(first + c->key_block, c->S);
    float *mean = means_of(c, k) + block * c->D;
    (void)worker;
    for (int64_t d = 0; d < c->D; d++) mean[d] = 0;
    add_rows(mean, &c->key, c->b, k, first, last, c->D, 1 / (float)(last - first));
}

/* Scores of the first `allowed` blocks for a line of key/value head k. NaN counts as the lowest score. */
static void find_scores(const struct top *c, const struct line_memory *m, int64_t k, int64_t line, int64_t allowed) {
    const int64_t first = line * c->query_block, last = min_i64(first + c->query_block, c->T);
    for (int64_t d = 0; d < c->D; d++) m->mean[d] = 0;
    for (int64_t g = 0; g < c->G; g++)
        add_rows(m->mean, &c->query, c->b, k * c->G + g, first, last, c->D, 1 / (float)(last - first));
    c->machine->kernels->rows->dots(m->scores, allowed, means_of(c, k), SA_F32, c->D, allowed, m->mean, c->D, 1, c->D);
    for (int64_t i = 0; i < allowed; i++)
        if (m->scores[i] != m->scores[i]) m->scores[i] = -INFINITY;
}

static int is_worse(const float *scores, int32_t a, int32_t b) {
    return scores[a] < scores[b] || (scores[a] == scores[b] && a > b);
}

/* Moves entry `at` of a heap down to its place. The root is the block that is to be dropped first. */
static void sink(const float *scores, int32_t *heap, int64_t count, int64_t at) {
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_worse(scores, heap[child + 1], heap[child])) child++;
        if (!is_worse(scores, heap[child], heap[at])) return;
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

/* Writes the `count` best of the first `allowed` blocks, ascending. */
static void choose(const float *scores, int64_t allowed, int32_t *best, int64_t count) {
    for (int64_t i = 0; i < count; i++) best[i] = (int32_t)i;
    for (int64_t i = count / 2 - 1; i >= 0; i--) sink(scores, best, count, i);
    for (int64_t i = count; i < allowed; i++)
        if (is_worse(scores, best[0], (int32_t)i)) {
            best[0] = (int32_t)i;
            sink(scores, best, count, 0);
        }
    sort(best, count);
}

/* The blocks that a line may have. If it is causal, that of its last query, if there is one, has the best score. */
static int64_t allowed_blocks(const struct top *c, int64_t line, int64_t *own) {
    const int64_t last = c->offset + min_i64((line + 1) * c->query_block, c->T) - 1;
    *own = c->causal && last < c->S ? last / c->key_block : -1;
    return c->causal ? min_i64(c->blocks, last / c->key_block + 1) : c->blocks;
}

/* A task: a line of a key/value head, for the first query head of its group. */
static void list_line(void *arg, int64_t task, int32_t worker) {
    const struct top *c = arg;
    const int64_t k = task / c->lines, line = task % c->lines;
    char *memory = c->scratch + c->workers_at + worker * c->worker.bytes;
    const struct line_memory m = {(float *)(memory + c->mean_at), (float *)(memory + c->scores_at)};
    const int64_t *o = c->offsets + line, of_head = c->offsets[c->lines] - c->offsets[0];
    int64_t own, allowed = allowed_blocks(c, line, &own);
    find_scores(c, &m, k, line, allowed);
    if (own >= 0) m.scores[own] = INFINITY;
    choose(m.scores, allowed, c->indices + k * c->G * of_head + o[0] - c->offsets[0], o[1] - o[0]);
}

/* How many blocks a line lists does not depend on scores. `at` is where the sequence begins; returns where it ends. */
static int64_t list_offsets(const struct top *c, int64_t at, int64_t *offsets) {
    for (int64_t h = 0; h < c->H; h++, offsets++) {
        for (int64_t line = 0; line < c->lines; line++) {
            int64_t own;
            *offsets++ = at;
            at += min_i64(c->most, allowed_blocks(c, line, &own));
        }
        *offsets = at;
    }
    return at;
}

/* The heads of a group have the same lines. */
static void repeat_heads(const struct top *c) {
    const int64_t of_head = c->offsets[c->lines] - c->offsets[0];
    for (int64_t h = 0; h < c->H; h++)
        if (h % c->G)
            memcpy(c->indices + h * of_head, c->indices + (h - h % c->G) * of_head,
                   (size_t)of_head * sizeof *c->indices);
}

static void list_blocks(struct top *c, int64_t *offsets, int32_t *indices) {
    int64_t at = 0;
    for (c->b = 0; c->b < c->B; c->b++) {
        int64_t *own = offsets + c->b * c->H * (c->lines + 1);
        c->offsets = own;
        c->indices = indices + at;
        at = list_offsets(c, at, own);
        tasks_run(&c->machine->parallel, c->K * c->blocks, find_mean, c);
        tasks_run(&c->machine->parallel, c->K * c->lines, list_line, c);
        repeat_heads(c);
    }
}

static sa_status top_blocks(sa_ctx *ctx, const sa_tensor *query, const sa_tensor *key, struct top *c, int64_t *offsets,
                            int32_t *indices) {
    struct report *report = &ctx->report;
    if (!query || !key || !offsets || !indices)
        return fail_null(report, !query ? "query" : !key ? "key" : !offsets ? "offsets" : "indices");
    c->machine = &ctx->machine;
    sa_status status = check_numbers(report, c);
    if (status == SA_OK) status = take_tensors(report, query, key, c);
    if (status == SA_OK) status = book(report, c);
    if (status == SA_OK) status = context_reserve(ctx, c->memory.bytes);
    if (status != SA_OK) return status;
    c->scratch = ctx->scratch;
    ledger_open(&c->memory, c->scratch);
    list_blocks(c, offsets, indices);
    ledger_close(&c->memory, c->scratch);
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
