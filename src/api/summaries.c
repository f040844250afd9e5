/* The argument rules of sa_summaries.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"

/* An output [B,H,rows,last]; the rows are those of queries, or of keys. */
static sa_status take_summary(struct report *report, const sa_tensor *t, const char *name, const struct problem *p,
                              const int64_t *starts, int64_t rows, int64_t last, int data_needed, struct view *view) {
    const struct expected e = {name,
                               {starts ? 1 : p->B, p->H, starts ? starts[p->B] : rows, last},
                               {starts ? NULL : "B", "H", starts ? "the packed rows" : NULL, NULL},
                               USE_OUTPUT,
                               0,
                               data_needed};
    if (!t->data) return SA_OK;
    *view = view_of(t);
    view->starts = starts;
    return check_tensor(report, t, &e);
}

static sa_status check_strongest(struct report *report, const sa_summaries *s, const struct problem *p) {
    if (s->strongest < 0 || s->strongest > SA_STRONGEST_MOST)
        return fail(report, SA_ERR_VALUE, "summaries.strongest is %lld, must be 0 to %d", (long long)s->strongest,
                    SA_STRONGEST_MOST);
    if (s->strongest && !s->strongest_keys) return fail_null(report, "summaries.strongest_keys");
    if (s->strongest && !s->strongest_weights.data) return fail_null(report, "summaries.strongest_weights.data");
    if (!s->strongest && (s->strongest_keys || s->strongest_weights.data))
        return fail(report, SA_ERR_VALUE, "summaries.strongest is 0, but strongest_%s is given",
                    s->strongest_keys ? "keys" : "weights");
    if (s->strongest && p->S > INT32_MAX)
        return fail(report, SA_ERR_UNSUPPORTED, "summaries.strongest with %lld keys, at most 2^31 - 1",
                    (long long)p->S);
    return SA_OK;
}

sa_status take_summaries(struct report *report, const sa_summaries *from, struct problem *p, int data_needed) {
    sa_summaries s;
    struct summaries *out = &p->summaries;
    const int64_t *queries = p->query_starts, *keys = p->visible.key_starts;
    sa_status status = take_struct(report, "sa_summaries", from, &s, sizeof s, sizeof s.struct_size);
    if (status == SA_OK) status = check_strongest(report, &s, p);
    if (status == SA_OK && p->T > SA_SUMMARY_QUERIES && (s.key_sums.data || s.key_maxima.data))
        status = fail(report, SA_ERR_UNSUPPORTED, "summaries of keys over %lld queries, at most 2^22", (long long)p->T);
    if (status == SA_OK)
        status = take_summary(report, &s.key_sums, "summaries.key_sums", p, keys, p->S, 1, data_needed, &out->key_sums);
    if (status == SA_OK)
        status = take_summary(report, &s.key_maxima, "summaries.key_maxima", p, keys, p->S, 1, data_needed,
                              &out->key_maxima);
    if (status == SA_OK)
        status = take_summary(report, &s.entropy, "summaries.entropy", p, queries, p->T, 1, data_needed, &out->entropy);
    if (status == SA_OK)
        status = take_summary(report, &s.strongest_weights, "summaries.strongest_weights", p, queries, p->T,
                              s.strongest, data_needed, &out->strongest_weights);
    out->strongest_keys = s.strongest_keys;
    out->strongest = s.strongest;
    return status;
}
