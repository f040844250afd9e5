/* SPDX-License-Identifier: MIT */
#include "api/packing.h"

#include "api/context.h"
#include "base/arith.h"

/* starts [B+1] has to begin at 0, never descend, and end at `rows`. *longest is the length of the longest sequence. */
static sa_status check_starts(struct report *report, const char *name, const int64_t *starts, int64_t B, int64_t rows,
                              const char *rows_name, int64_t *longest) {
    *longest = 0;
    if (starts[0] != 0) return fail(report, SA_ERR_VALUE, "packing.%s[0] is %lld, must be 0", name, (long long)*starts);
    for (int64_t b = 0; b < B; b++) {
        if (starts[b + 1] < starts[b])
            return fail(report, SA_ERR_VALUE, "packing.%s[%lld] is %lld, below the %lld before it", name,
                        (long long)b + 1, (long long)starts[b + 1], (long long)starts[b]);
        *longest = max_i64(*longest, starts[b + 1] - starts[b]);
    }
    if (starts[B] != rows)
        return fail(report, SA_ERR_SHAPE, "packing.%s[%lld] is %lld, must be %s = %lld: all rows", name, (long long)B,
                    (long long)starts[B], rows_name, (long long)rows);
    return SA_OK;
}

static sa_status check_axes(struct report *report, const sa_packing *p, const struct packed_axes *axes) {
    enum { MOST = INT32_MAX };
    if (p->sequences < 0 || p->sequences > MOST)
        return fail(report, SA_ERR_VALUE, "packing.sequences is %lld, must be 0 to %d", (long long)p->sequences, MOST);
    if (!p->query_starts) return fail_null(report, "packing.query_starts");
    if (p->key_starts && !axes->own_keys)
        return fail(report, SA_ERR_VALUE, "packing.key_starts is given without a context");
    if (axes->batch != 1)
        return fail(report, SA_ERR_SHAPE, "%s is %lld, must be 1 with a packing", axes->batch_name,
                    (long long)axes->batch);
    return SA_OK;
}

sa_status take_packing(struct report *report, const sa_packing *packing, const struct packed_axes *axes,
                       struct problem *p) {
    sa_packing k;
    sa_status status = take_struct(report, "sa_packing", packing, &k, sizeof k, offsetof(sa_packing, key_starts));
    if (status == SA_OK) status = check_axes(report, &k, axes);
    if (status != SA_OK) return status;
    const int64_t *keys = k.key_starts ? k.key_starts : k.query_starts;
    status = check_starts(report, "query_starts", k.query_starts, k.sequences, axes->queries, axes->query_name, &p->T);
    if (status == SA_OK)
        status = check_starts(report, k.key_starts ? "key_starts" : "query_starts", keys, k.sequences, axes->keys,
                              axes->key_name, &p->S);
    p->B = k.sequences;
    p->query_starts = p->query.starts = p->output.starts = k.query_starts;
    p->visible.key_starts = p->key.starts = p->value.starts = keys;
    return status;
}
