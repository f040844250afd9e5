/* Patterns of key blocks. Each part of a pattern names, for a query block, the first of its key blocks from a given one
 * on; the smallest of these numbers is the pattern's next block. So a list takes time for what it names.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"

#include <string.h>

enum { MOST_RANDOM = 64 };

/* A query block: places of its queries among the keys, the key blocks that it may have, and those drawn for it. */
struct place {
    int64_t first, last; /* of queries */
    int64_t begin, end;  /* allowed blocks are begin <= block < end */
    int64_t centre;      /* key block of the first query */
    int sees_all;
    struct range_of_blocks {
        int64_t first, last;
    } window;
    int32_t drawn[MOST_RANDOM];
    int64_t draws;
};

static uint64_t mixed(uint64_t x) { /* splitmix64, Steele et al., 2014 */
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static int is_drawn(const struct place *q, int64_t block) {
    for (int64_t i = 0; i < q->draws; i++)
        if (q->drawn[i] == block) return 1;
    return 0;
}

/* Draws different blocks, by Floyd's method: each set of so many is as likely as any other. */
static void draw(const sa_pattern *p, int64_t line, struct place *q) {
    const int64_t allowed = max_i64(q->end - q->begin, 0), wanted = min_i64(p->random_blocks, allowed);
    const uint64_t own = mixed(mixed(p->seed) ^ (uint64_t)line);
    q->draws = 0;
    for (int64_t n = allowed - wanted; n < allowed; n++) {
        const int64_t block = q->begin + (int64_t)(mixed(own ^ (uint64_t)n) % (uint64_t)(n + 1));
        q->drawn[q->draws] = (int32_t)(is_drawn(q, block) ? q->begin + n : block);
        q->draws++;
    }
}

/* The number of the document of a token: the last one that begins at or before it. */
static int64_t document_of(const sa_pattern *p, int64_t token) {
    int64_t first = 0, last = p->documents;
    while (last - first > 1) {
        int64_t middle = first + (last - first) / 2;
        if (p->document_starts[middle] <= token)
            first = middle;
        else
            last = middle;
    }
    return first;
}

/* The blocks of keys first .. last. */
static struct range_of_blocks blocks_of(const sa_pattern *p, int64_t first, int64_t last) {
    return (struct range_of_blocks){max_i64(first, 0) / p->key_block, last < 0 ? 0 : last / p->key_block + 1};
}

/* Leaves the blocks of the documents of the first to the last query; none for queries behind all documents. */
static void keep_documents(const sa_pattern *p, struct place *q) {
    const int64_t *starts = p->document_starts;
    struct range_of_blocks kept = {0, 0};
    if (q->first < starts[p->documents])
        kept = blocks_of(p, starts[document_of(p, q->first)], starts[document_of(p, q->last) + 1] - 1);
    q->begin = kept.first;
    q->end = min_i64(q->end, kept.last);
}

static int has_parts(const sa_pattern *p) {
    return p->window || p->stride || p->global_tokens || p->random_blocks;
}

static void find_place(const sa_pattern *p, int64_t line, struct place *q) {
    const int64_t t = line * p->query_block, blocks = ceil_div(p->keys, p->key_block);
    q->first = p->offset + t;
    q->last = p->offset + min_i64(t + p->query_block, p->queries) - 1;
    q->begin = 0;
    q->end = p->causal ? min_i64(blocks, q->last / p->key_block + 1) : blocks;
    if (p->document_starts) keep_documents(p, q);
    q->centre = q->first / p->key_block;
    q->sees_all = q->first < p->global_tokens || !has_parts(p);
    q->window = (struct range_of_blocks){0, 0};
    if (p->window) q->window = blocks_of(p, q->first - p->window_left, q->last + p->window_right);
    draw(p, line, q);
}

static int64_t next_in(struct range_of_blocks range, int64_t from) {
    return max_i64(from, range.first) < range.last ? max_i64(from, range.first) : INT64_MAX;
}

static int64_t next_of_stride(const sa_pattern *p, const struct place *q, int64_t from) {
    if (!p->stride) return INT64_MAX;
    const int64_t reach = p->stride_reach ? min_i64(p->stride_reach, INT32_MAX / p->stride) * p->stride : INT32_MAX;
    const int64_t least = max_i64(from, q->centre - reach), rest = q->centre % p->stride;
    const int64_t next = least <= rest ? rest : rest + round_up(least - rest, p->stride);
    return next <= q->centre + reach ? next : INT64_MAX;
}

static int64_t next_drawn(const struct place *q, int64_t from) {
    int64_t next = INT64_MAX;
    for (int64_t i = 0; i < q->draws; i++)
        if (q->drawn[i] >= from) next = min_i64(next, q->drawn[i]);
    return next;
}

/* The pattern's first block from `from` on; q->end or more if there is none. */
static int64_t next_block(const sa_pattern *p, const struct place *q, int64_t from) {
    if (q->sees_all || from * p->key_block < p->global_tokens) return from;
    return min_i64(next_in(q->window, from), min_i64(next_of_stride(p, q, from), next_drawn(q, from)));
}

static sa_status check_documents(struct report *report, const sa_pattern *p) {
    if (p->document_starts ? p->documents < 1 : p->documents != 0)
        return fail(report, SA_ERR_VALUE, "pattern.documents is %lld, must be %s", (long long)p->documents,
                    p->document_starts ? "at least 1" : "0 without document_starts");
    for (int64_t i = 0; i <= p->documents && p->document_starts; i++)
        if (p->document_starts[i] < (i ? p->document_starts[i - 1] : 0) || (!i && p->document_starts[0]))
            return fail(report, SA_ERR_VALUE,
                        "pattern.document_starts[%lld] is %lld; they have to begin with 0 and never descend",
                        (long long)i, (long long)p->document_starts[i]);
    return SA_OK;
}

static sa_status check_number(struct report *report, const char *name, int64_t value, int64_t least, int64_t most) {
    return value >= least && value <= most ? SA_OK
                                           : fail(report, SA_ERR_VALUE, "pattern.%s is %lld, must be %lld to %lld",
                                                  name, (long long)value, (long long)least, (long long)most);
}

static sa_status check_numbers(struct report *report, const sa_pattern *p) {
    const struct {
        const char *name;
        int64_t value, least, most;
    } numbers[] = {{"queries", p->queries, 0, INT32_MAX},
                   {"keys", p->keys, 0, INT32_MAX},
                   {"offset", p->offset, 0, INT32_MAX},
                   {"query_block", p->query_block, 1, SA_LIST_BLOCK_MOST},
                   {"key_block", p->key_block, LIST_UNIT, SA_LIST_BLOCK_MOST},
                   {"causal", p->causal, 0, 1},
                   {"window", p->window, 0, 1},
                   {"window_left", p->window_left, 0, p->window ? POSITION_MAX : 0},
                   {"window_right", p->window_right, 0, p->window ? POSITION_MAX : 0},
                   {"stride", p->stride, 0, INT32_MAX},
                   {"stride_reach", p->stride_reach, 0, p->stride ? INT32_MAX : 0},
                   {"global_tokens", p->global_tokens, 0, POSITION_MAX},
                   {"random_blocks", p->random_blocks, 0, MOST_RANDOM}};
    for (int64_t i = 0; i < COUNT_OF(numbers); i++) {
        sa_status status = check_number(report, numbers[i].name, numbers[i].value, numbers[i].least, numbers[i].most);
        if (status != SA_OK) return status;
    }
    if (p->key_block % LIST_UNIT)
        return fail(report, SA_ERR_VALUE, "pattern.key_block is %lld, must be a multiple of %d",
                    (long long)p->key_block, LIST_UNIT);
    return check_documents(report, p);
}

sa_status sa_pattern_blocks(const sa_pattern *pattern, int64_t *offsets, int32_t *indices, int64_t capacity,
                            int64_t *count) {
    struct report *report = thread_report();
    sa_pattern p;
    if (!pattern || !offsets || !count) return fail_null(report, !pattern ? "pattern" : !offsets ? "offsets" : "count");
    if (capacity < 0) return fail(report, SA_ERR_VALUE, "capacity is %lld, must be >= 0", (long long)capacity);
    if (capacity && !indices) return fail_null(report, "indices");
    sa_status status = take_struct(report, "sa_pattern", pattern, &p, sizeof p, offsetof(sa_pattern, causal));
    if (status == SA_OK) status = check_numbers(report, &p);
    if (status != SA_OK) return status;
    const int64_t lines = ceil_div(p.queries, p.query_block);
    *count = offsets[0] = 0;
    for (int64_t i = 0; i < lines; i++) {
        struct place q;
        find_place(&p, i, &q);
        for (int64_t k = next_block(&p, &q, q.begin); k < q.end; k = next_block(&p, &q, k + 1), ++*count)
            if (*count < capacity) indices[*count] = (int32_t)k;
        offsets[i + 1] = *count;
    }
    return SA_OK;
}
