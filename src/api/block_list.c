/* The argument rules of sa_block_list.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"

/* The indices of a list without blocks. */
static const int32_t no_blocks = 0;

static sa_status check_sizes(struct report *report, const sa_block_list *l, const struct problem *p) {
    if (l->query_block < 1 || l->query_block > SA_LIST_BLOCK_MOST)
        return fail(report, SA_ERR_VALUE, "blocks.query_block is %lld, must be 1 to %d", (long long)l->query_block,
                    SA_LIST_BLOCK_MOST);
    if (l->key_block < LIST_UNIT || l->key_block > SA_LIST_BLOCK_MOST || l->key_block % LIST_UNIT)
        return fail(report, SA_ERR_VALUE, "blocks.key_block is %lld, must be a multiple of %d up to %d",
                    (long long)l->key_block, LIST_UNIT, SA_LIST_BLOCK_MOST);
    if (l->sequences != 1 && l->sequences != p->B)
        return fail(report, SA_ERR_SHAPE, "blocks.sequences is %lld, must be 1 or B = %lld", (long long)l->sequences,
                    (long long)p->B);
    if (l->heads != 1 && l->heads != p->H)
        return fail(report, SA_ERR_SHAPE, "blocks.heads is %lld, must be 1 or H = %lld", (long long)l->heads,
                    (long long)p->H);
    return l->offsets ? SA_OK : fail_null(report, "blocks.offsets");
}

/* Numbers ascend within a line and name blocks of the S keys. */
static sa_status check_line(struct report *report, const sa_block_list *l, int64_t first, int64_t last,
                            int64_t blocks) {
    for (int64_t i = first; i < last; i++) {
        if (l->indices[i] < 0 || l->indices[i] >= blocks)
            return fail(report, SA_ERR_VALUE,
                        "blocks.indices[%lld] is %d, must be 0 to %lld: there are %lld key blocks", (long long)i,
                        (int)l->indices[i], (long long)blocks - 1, (long long)blocks);
        if (i > first && l->indices[i] <= l->indices[i - 1])
            return fail(report, SA_ERR_VALUE, "blocks.indices[%lld] is %d behind %d, must ascend in a line",
                        (long long)i, (int)l->indices[i], (int)l->indices[i - 1]);
    }
    return SA_OK;
}

static sa_status check_lines(struct report *report, const sa_block_list *l, int64_t offsets, int64_t lines,
                             int64_t blocks) {
    const int64_t *o = l->offsets;
    for (int64_t i = 0; i + 1 < offsets; i++) {
        if (o[i] < 0 || o[i + 1] < o[i])
            return fail(report, SA_ERR_VALUE,
                        "blocks.offsets[%lld] is %lld behind %lld, must not descend or be negative", (long long)i + 1,
                        (long long)o[i + 1], (long long)o[i]);
        if (i % (lines + 1) == lines) continue; /* from one head's last offset to the next one's first */
        if (o[i] < o[i + 1] && !l->indices) return fail_null(report, "blocks.indices");
        sa_status status = check_line(report, l, o[i], o[i + 1], blocks);
        if (status != SA_OK) return status;
    }
    return SA_OK;
}

sa_status take_block_list(struct report *report, const sa_block_list *from, struct problem *p) {
    sa_block_list l;
    sa_status status = take_struct(report, "sa_block_list", from, &l, sizeof l, sizeof l);
    if (status == SA_OK) status = check_sizes(report, &l, p);
    if (status != SA_OK) return status;
    const int64_t lines = ceil_div(p->T, l.query_block), blocks = ceil_div(p->S, l.key_block);
    int64_t offsets;
    if (!checked_mul(l.sequences * l.heads, lines + 1, &offsets)) return fail_overflow(report, "the size of blocks");
    p->blocks = (struct block_list){.offsets = l.offsets,
                                    .indices = l.indices ? l.indices : &no_blocks,
                                    .query_block = l.query_block,
                                    .key_block = l.key_block,
                                    .offsets_b = l.sequences > 1 ? l.heads * (lines + 1) : 0,
                                    .offsets_h = l.heads > 1 ? lines + 1 : 0};
    return check_lines(report, &l, offsets, lines, blocks);
}
