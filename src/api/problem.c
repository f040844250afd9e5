/* What sa_attention() and sa_forward() share: scale, score rules, lengths and optional outputs.
 * SPDX-License-Identifier: MIT */
#include "api/problem.h"

#include "api/context.h"
#include "base/arith.h"

#include <math.h>

sa_status take_scale(struct report *report, float scale, float softcap, int64_t D, float *scale_out,
                     float *softcap_out) {
    if (!isfinite(scale)) return fail(report, SA_ERR_VALUE, "scale is %g, must be finite", (double)scale);
    if (!isfinite(softcap) || softcap < 0)
        return fail(report, SA_ERR_VALUE, "softcap is %g, must be finite and >= 0", (double)softcap);
    *scale_out = scale != 0 ? scale : (float)(1 / sqrt((double)D));
    *softcap_out = softcap;
    return SA_OK;
}

/* Largest relative_reach: tables up to this size are small compared with inputs of that many positions. */
enum { REACH_MAX = 1 << 20 };

static sa_status check_numbers(struct report *report, const char *name, const float *numbers, int64_t n, int lowest) {
    for (int64_t i = 0; numbers && i < n; i++)
        if (!isfinite(numbers[i]) && !(lowest && numbers[i] == -INFINITY))
            return fail(report, SA_ERR_VALUE, "rules.%s[%lld] is %g, must be finite%s", name, (long long)i,
                        (double)numbers[i], lowest ? " or -infinity" : "");
    return SA_OK;
}

/* A table of relative biases may be long. So a first pass only counts NaN and infinities, in a loop that compilers
 * vectorise; only if there are any, a second pass finds which one to report. */
static sa_status check_bias(struct report *report, const sa_score_rules *r, int64_t H) {
    int64_t row = 2 * r->relative_reach + 1, count, odd = 0;
    if (!r->relative_bias) return SA_OK;
    if (!checked_mul(H, row, &count)) return fail_overflow(report, "the size of rules.relative_bias");
    for (int64_t i = 0; i < count; i++) odd += !isfinite(r->relative_bias[i]);
    return odd ? check_numbers(report, "relative_bias", r->relative_bias, count, 0) : SA_OK;
}

sa_status check_lengths(struct report *report, const int64_t *lengths, int64_t B, int64_t most) {
    for (int64_t b = 0; b < B; b++)
        if (lengths[b] < 0 || lengths[b] > most)
            return fail(report, SA_ERR_VALUE, "lengths[%lld] is %lld, must be 0 to %lld", (long long)b,
                        (long long)lengths[b], (long long)most);
    return SA_OK;
}

sa_status take_rules(struct report *report, const sa_score_rules *from, int64_t H, struct score_rules *rules) {
    sa_score_rules r;
    sa_status status = take_struct(report, "sa_score_rules", from, &r, sizeof r, sizeof r.struct_size);
    if (status != SA_OK) return status;
    if (r.relative_bias ? r.relative_reach < 1 || r.relative_reach > REACH_MAX : r.relative_reach != 0)
        return fail(report, SA_ERR_VALUE, "rules.relative_reach is %lld, must be %s", (long long)r.relative_reach,
                    r.relative_bias ? "1 to 2^20" : "0 without relative_bias");
    status = check_numbers(report, "alibi_slopes", r.alibi_slopes, H, 0);
    if (status == SA_OK) status = check_bias(report, &r, H);
    if (status == SA_OK) status = check_numbers(report, "sink_logits", r.sink_logits, H, 1);
    *rules = (struct score_rules){r.alibi_slopes, r.relative_bias, r.relative_reach, r.sink_logits};
    return status;
}

static sa_status take_output(struct report *report, const sa_tensor *t, const char *name, const struct problem *p,
                             const struct extras *x, int64_t last, const char *source, int data_needed,
                             struct view *view) {
    if (!t->data) return SA_OK;
    const char *const B = x->has_query ? "query.size[0]" : "x.size[0]",
                      *const H = x->has_query ? "query.size[1]" : "the layer's query_heads",
                      *const T = x->has_query ? "query.size[2]" : "x.size[2]";
    const int64_t *packed = p->query_starts, batch = packed ? 1 : p->B, rows = packed ? packed[p->B] : p->T;
    const struct expected e = {name, {batch, p->H, rows, last}, {B, H, T, source}, USE_OUTPUT, 0, data_needed};
    *view = view_of(t);
    view->starts = packed;
    return check_tensor(report, t, &e);
}

static sa_status take_dropout(struct report *report, const sa_dropout *from, struct dropout *dropout) {
    sa_dropout d;
    sa_status status = take_struct(report, "sa_dropout", from, &d, sizeof d, sizeof d);
    if (status == SA_OK && d.reserved)
        status = fail(report, SA_ERR_VALUE, "dropout.reserved is %d, must be 0", (int)d.reserved);
    if (status == SA_OK && !(d.probability >= 0 && d.probability < 1))
        status = fail(report, SA_ERR_VALUE, "dropout.probability is %g, must be 0 or more, and below 1",
                      (double)d.probability);
    if (status == SA_OK) *dropout = dropout_of((double)d.probability, d.seed);
    return status;
}

sa_status take_extras(struct report *report, const struct extras *x, struct problem *p, int data_needed) {
    if (x->weights_kind < SA_WEIGHTS_PROBABILITIES || x->weights_kind > SA_WEIGHTS_BIASED)
        return fail(report, SA_ERR_VALUE, "weights_kind is %d, which is no SA_WEIGHTS_ constant", (int)x->weights_kind);
    if (x->weights_kind && !x->weights->data)
        return fail(report, SA_ERR_VALUE, "weights_kind is %d without weights", (int)x->weights_kind);
    p->weights_kind = x->weights_kind;
    sa_status status = take_masking(report, x->masking, p, data_needed);
    if (status == SA_OK && x->rules) status = take_rules(report, x->rules, p->H, &p->rules);
    if (status == SA_OK && x->blocks) status = take_block_list(report, x->blocks, p);
    if (status == SA_OK && x->summaries) status = take_summaries(report, x->summaries, p, data_needed);
    if (status == SA_OK && x->dropout) status = take_dropout(report, x->dropout, &p->dropout);
    if (status == SA_OK && x->callbacks) status = take_callbacks(report, x->callbacks, p);
    if (status == SA_OK) status = take_output(report, x->lse, "lse", p, x, 1, NULL, data_needed, &p->lse);
    if (status == SA_OK)
        status =
            take_output(report, x->weights, "weights", p, x, p->S, "S, the number of keys", data_needed, &p->weights);
    return status;
}
