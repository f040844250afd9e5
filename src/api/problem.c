/* The masking rules of selfattn.h, checked and brought into internal terms.
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

static sa_status check_flag(struct report *report, const char *name, int32_t value) {
    return value == 0 || value == 1 ? SA_OK
                                    : fail(report, SA_ERR_VALUE, "masking.%s is %d, must be 0 or 1", name, (int)value);
}

static sa_status take_lengths(struct report *report, const sa_masking *m, struct problem *p) {
    for (int64_t b = 0; m->key_lengths && b < p->B; b++)
        if (m->key_lengths[b] < 0 || m->key_lengths[b] > p->S)
            return fail(report, SA_ERR_VALUE, "masking.key_lengths[%lld] is %lld, must be 0 to S = %lld", (long long)b,
                        (long long)m->key_lengths[b], (long long)p->S);
    p->visible.key_lengths = m->key_lengths;
    return SA_OK;
}

static sa_status check_offset(struct report *report, const char *name, int64_t offset) {
    if (offset >= -POSITION_MAX && offset <= POSITION_MAX) return SA_OK;
    return fail(report, SA_ERR_VALUE, "masking.%s is %lld, must be within 2^60 of 0", name, (long long)offset);
}

static sa_status take_alignment(struct report *report, const sa_masking *m, struct problem *p) {
    struct visibility *v = &p->visible;
    if (m->align < SA_ALIGN_DEFAULT || m->align > SA_ALIGN_OFFSET)
        return fail(report, SA_ERR_VALUE, "masking.align is %d, which is no SA_ALIGN_ constant", (int)m->align);
    if (m->align != SA_ALIGN_OFFSET && (m->offset || m->offsets))
        return fail(report, SA_ERR_VALUE, "masking.offset or offsets is given, but align is %d and not SA_ALIGN_OFFSET",
                    (int)m->align);
    if (m->offset && m->offsets) return fail(report, SA_ERR_VALUE, "masking.offset and masking.offsets are both given");
    sa_status status = check_offset(report, "offset", m->offset);
    for (int64_t b = 0; status == SA_OK && m->offsets && b < p->B; b++)
        status = check_offset(report, "offsets[]", m->offsets[b]);
    v->align_default = m->align == SA_ALIGN_DEFAULT;
    v->bottom_right = m->align == SA_ALIGN_BOTTOM_RIGHT || (m->align == SA_ALIGN_DEFAULT && m->key_lengths);
    v->offset = m->offset;
    v->offsets = m->offsets;
    return status;
}

static sa_status take_window(struct report *report, const sa_masking *m, struct problem *p) {
    struct visibility *v = &p->visible;
    sa_status status = check_flag(report, "window", m->window);
    if (status != SA_OK) return status;
    if (m->window_left < -1 || m->window_right < -1 || (!m->window && (m->window_left || m->window_right)))
        return fail(
            report, SA_ERR_VALUE,
            "masking.window is %d with window_left %lld and window_right %lld; -1 is unbounded, less is nothing, and "
            "without window both are 0",
            (int)m->window, (long long)m->window_left, (long long)m->window_right);
    v->left = m->window && m->window_left >= 0 ? min_i64(m->window_left, POSITION_MAX) : 2 * POSITION_MAX;
    v->right = m->window && m->window_right >= 0 ? min_i64(m->window_right, POSITION_MAX) : 2 * POSITION_MAX;
    return SA_OK;
}

static sa_status take_mask(struct report *report, const sa_tensor *t, struct problem *p, int data_needed) {
    struct visibility *v = &p->visible;
    if (!t->data) return SA_OK;
    if (t->dtype < SA_F32 || t->dtype > SA_BOOL)
        return fail(report, SA_ERR_VALUE, "masking.mask.dtype is %d, which is no dtype", (int)t->dtype);
    sa_status status =
        check_layout(report, t, "masking.mask", t->dtype == SA_BOOL ? 1 : element_size(t->dtype), data_needed);
    if (status != SA_OK) return status;
    const int64_t full[3] = {p->B, p->H, p->T};
    for (int i = 0; i < 3; i++)
        if (t->size[i] != full[i] && t->size[i] != 1)
            return fail(report, SA_ERR_SHAPE, "masking.mask.size[%d] is %lld, must be 1 or %lld", i,
                        (long long)t->size[i], (long long)full[i]);
    if (t->size[3] > p->S)
        return fail(report, SA_ERR_SHAPE, "masking.mask.size[3] is %lld, must be at most S = %lld",
                    (long long)t->size[3], (long long)p->S);
    v->mask_kind = t->dtype == SA_BOOL ? MASK_BOOL : MASK_ADDED;
    v->mask = t->data;
    v->mask_dtype = t->dtype;
    v->mask_keys = t->size[3];
    v->mask_b = t->size[0] == 1 ? 0 : t->stride[0];
    v->mask_h = t->size[1] == 1 ? 0 : t->stride[1];
    v->mask_t = t->size[2] == 1 ? 0 : t->stride[2];
    v->mask_s = t->stride[3];
    return SA_OK;
}

static sa_status take_masking(struct report *report, const sa_masking *masking, struct problem *p, int data_needed) {
    p->visible = (struct visibility){.left = 2 * POSITION_MAX, .right = 2 * POSITION_MAX, .align_default = 1};
    if (!masking) return SA_OK;
    sa_masking m;
    sa_status status = take_struct(report, "sa_masking", masking, &m, sizeof m, sizeof m.struct_size);
    if (status == SA_OK && m.reserved)
        status = fail(report, SA_ERR_VALUE, "masking.reserved is %d, must be 0", (int)m.reserved);
    if (status == SA_OK) status = check_flag(report, "causal", m.causal);
    if (status == SA_OK) status = take_lengths(report, &m, p);
    if (status == SA_OK) status = take_alignment(report, &m, p);
    if (status == SA_OK) status = take_window(report, &m, p);
    if (status == SA_OK) status = take_mask(report, &m.mask, p, data_needed);
    if (status == SA_OK && (m.keep_first < 0 || (m.keep_first && !m.window)))
        status = fail(report, SA_ERR_VALUE,
                      "masking.keep_first is %lld with window %d; it has to be >= 0, and 0 without a window",
                      (long long)m.keep_first, (int)m.window);
    p->visible.causal = m.causal;
    p->visible.window = m.window;
    p->visible.keep = m.keep_first;
    return status;
}

/* Largest relative_reach: a table stays small beside anything that has that many positions. */
enum { REACH_MAX = 1 << 20 };

static sa_status check_numbers(struct report *report, const char *name, const float *numbers, int64_t n, int lowest) {
    for (int64_t i = 0; numbers && i < n; i++)
        if (!isfinite(numbers[i]) && !(lowest && numbers[i] == -INFINITY))
            return fail(report, SA_ERR_VALUE, "rules.%s[%lld] is %g, must be finite%s", name, (long long)i,
                        (double)numbers[i], lowest ? " or -infinity" : "");
    return SA_OK;
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
    if (status == SA_OK) status = check_numbers(report, "sink_logits", r.sink_logits, H, 1);
    *rules = (struct score_rules){r.alibi_slopes, r.relative_bias, r.relative_reach, r.sink_logits};
    return status;
}

static sa_status take_output(struct report *report, const sa_tensor *t, const char *name, const struct problem *p,
                             int64_t last, int data_needed, struct view *view) {
    if (!t->data) return SA_OK;
    const struct expected e = {name, {p->B, p->H, p->T, last}, USE_OUTPUT, 0, data_needed};
    *view = view_of(t);
    return check_tensor(report, t, &e);
}

sa_status take_extras(struct report *report, const struct extras *x, struct problem *p, int data_needed) {
    if (x->weights_kind < SA_WEIGHTS_PROBABILITIES || x->weights_kind > SA_WEIGHTS_BIASED)
        return fail(report, SA_ERR_VALUE, "weights_kind is %d, which is no SA_WEIGHTS_ constant", (int)x->weights_kind);
    p->weights_kind = x->weights_kind;
    sa_status status = take_masking(report, x->masking, p, data_needed);
    if (status == SA_OK && x->rules) status = take_rules(report, x->rules, p->H, &p->rules);
    if (status == SA_OK) status = take_output(report, x->lse, "lse", p, 1, data_needed, &p->lse);
    if (status == SA_OK) status = take_output(report, x->weights, "weights", p, p->S, data_needed, &p->weights);
    return status;
}
