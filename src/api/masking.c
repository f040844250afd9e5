/* The masking rules of selfattn.h, checked and brought into internal terms.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"
#include "base/arith.h"

static sa_status check_flag(struct report *report, const char *name, int32_t value) {
    return value == 0 || value == 1 ? SA_OK
                                    : fail(report, SA_ERR_VALUE, "masking.%s is %d, must be 0 or 1", name, (int)value);
}

static sa_status take_lengths(struct report *report, const sa_masking *m, struct problem *p) {
    if (m->key_lengths && p->query_starts)
        return fail(report, SA_ERR_VALUE, "masking.key_lengths is given beside a packing, which has the lengths");
    for (int64_t b = 0; m->key_lengths && b < p->B; b++)
        if (m->key_lengths[b] < 0 || m->key_lengths[b] > p->S)
            return fail(report, SA_ERR_VALUE, "masking.key_lengths[%lld] is %lld, must be 0 to S = %lld", (long long)b,
                        (long long)m->key_lengths[b], (long long)p->S);
    p->visible.key_lengths = m->key_lengths;
    return SA_OK;
}

static int is_position(int64_t offset) {
    return offset >= -POSITION_MAX && offset <= POSITION_MAX;
}

static sa_status check_offsets(struct report *report, const sa_masking *m, int64_t B) {
    if (!is_position(m->offset))
        return fail(report, SA_ERR_VALUE, "masking.offset is %lld, must be -2^60 to 2^60", (long long)m->offset);
    for (int64_t b = 0; m->offsets && b < B; b++)
        if (!is_position(m->offsets[b]))
            return fail(report, SA_ERR_VALUE, "masking.offsets[%lld] is %lld, must be -2^60 to 2^60", (long long)b,
                        (long long)m->offsets[b]);
    return SA_OK;
}

static sa_status take_alignment(struct report *report, const sa_masking *m, struct problem *p) {
    struct visibility *v = &p->visible;
    if (m->align < SA_ALIGN_DEFAULT || m->align > SA_ALIGN_OFFSET)
        return fail(report, SA_ERR_VALUE, "masking.align is %d, which is no SA_ALIGN_ constant", (int)m->align);
    if (m->align != SA_ALIGN_OFFSET && (m->offset || m->offsets))
        return fail(report, SA_ERR_VALUE, "masking.%s is given, but align is %d and not SA_ALIGN_OFFSET (3)",
                    m->offsets ? "offsets" : "offset", (int)m->align);
    if (m->offset && m->offsets)
        return fail(report, SA_ERR_VALUE, "masking.offset is %lld beside masking.offsets, must be 0",
                    (long long)m->offset);
    sa_status status = check_offsets(report, m, p->B);
    v->align_default = m->align == SA_ALIGN_DEFAULT;
    v->bottom_right =
        m->align == SA_ALIGN_BOTTOM_RIGHT || (m->align == SA_ALIGN_DEFAULT && (m->key_lengths || v->key_starts));
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
            "masking.window is %d with window_left %lld and window_right %lld; both must be at least -1 (unbounded), "
            "and 0 without window",
            (int)m->window, (long long)m->window_left, (long long)m->window_right);
    v->left = m->window && m->window_left >= 0 ? min_i64(m->window_left, WINDOW_UNBOUNDED) : WINDOW_UNBOUNDED;
    v->right = m->window && m->window_right >= 0 ? min_i64(m->window_right, WINDOW_UNBOUNDED) : WINDOW_UNBOUNDED;
    return SA_OK;
}

/* The meaning of a mask's last axis for S keys. One element holds for all keys in PyTorch and for the first key alone
 * in ONNX, so the caller has to say which. */
static sa_status check_mask_keys(struct report *report, int64_t size, int32_t meaning, int64_t S) {
    if (meaning < SA_MASK_KEYS_DEFAULT || meaning > SA_MASK_KEYS_HIDDEN)
        return fail(report, SA_ERR_VALUE, "masking.mask_keys is %d, which is no SA_MASK_KEYS_ constant", (int)meaning);
    if (meaning == SA_MASK_KEYS_REPEATED && size != 1 && size != S)
        return fail(report, SA_ERR_SHAPE, "masking.mask.size[3] is %lld, must be 1 or S = %lld to be repeated",
                    (long long)size, (long long)S);
    if (meaning != SA_MASK_KEYS_REPEATED && size > S)
        return fail(report, SA_ERR_SHAPE, "masking.mask.size[3] is %lld, must be at most S = %lld", (long long)size,
                    (long long)S);
    if (meaning == SA_MASK_KEYS_DEFAULT && size == 1 && S > 1)
        return fail(report, SA_ERR_SHAPE,
                    "masking.mask.size[3] is 1, but there are S = %lld keys: set masking.mask_keys to "
                    "SA_MASK_KEYS_REPEATED (1) if the mask holds for all of them, to SA_MASK_KEYS_HIDDEN (2) if the "
                    "others are hidden",
                    (long long)S);
    return SA_OK;
}

static sa_status take_mask(struct report *report, const sa_masking *m, struct problem *p, int data_needed) {
    const sa_tensor *t = &m->mask;
    struct visibility *v = &p->visible;
    if (t->dtype < SA_F32 || t->dtype > SA_BOOL)
        return fail(report, SA_ERR_VALUE,
                    "masking.mask.dtype is %d, must be SA_F32 (0), SA_BF16 (1), SA_F16 (2) or SA_BOOL (3)",
                    (int)t->dtype);
    sa_status status =
        check_layout(report, t, "masking.mask", t->dtype == SA_BOOL ? 1 : element_size(t->dtype), data_needed);
    if (status != SA_OK) return status;
    const int64_t full[3] = {p->B, p->H, p->T};
    for (int i = 0; i < 3; i++)
        if (t->size[i] != full[i] && t->size[i] != 1)
            return fail(report, SA_ERR_SHAPE, "masking.mask.size[%d] is %lld, must be 1 or %c = %lld", i,
                        (long long)t->size[i], "BHT"[i], (long long)full[i]);
    status = check_mask_keys(report, t->size[3], m->mask_keys, p->S);
    if (status != SA_OK) return status;
    int repeats = m->mask_keys == SA_MASK_KEYS_REPEATED && t->size[3] == 1;
    v->mask_kind = t->dtype == SA_BOOL ? MASK_BOOL : MASK_ADDED;
    v->mask = t->data;
    v->mask_dtype = t->dtype;
    v->mask_keys = repeats ? p->S : t->size[3];
    v->mask_b = t->size[0] == 1 ? 0 : t->stride[0];
    v->mask_h = t->size[1] == 1 ? 0 : t->stride[1];
    v->mask_t = t->size[2] == 1 ? 0 : t->stride[2];
    v->mask_s = repeats || t->size[3] <= 1 ? 0 : t->stride[3];
    return SA_OK;
}

sa_status take_masking(struct report *report, const sa_masking *masking, struct problem *p, int data_needed) {
    const int64_t *starts = p->visible.key_starts;
    p->visible = (struct visibility){.key_starts = starts,
                                     .left = WINDOW_UNBOUNDED,
                                     .right = WINDOW_UNBOUNDED,
                                     .align_default = 1,
                                     .bottom_right = starts != NULL};
    if (!masking) return SA_OK; /* as a masking that is all 0 */
    sa_masking m;
    sa_status status = take_struct(report, "sa_masking", masking, &m, sizeof m, sizeof m.struct_size);
    if (status == SA_OK && m.reserved)
        status = fail(report, SA_ERR_VALUE, "masking.reserved is %d, must be 0", (int)m.reserved);
    if (status == SA_OK) status = check_flag(report, "causal", m.causal);
    if (status == SA_OK) status = take_lengths(report, &m, p);
    if (status == SA_OK) status = take_alignment(report, &m, p);
    if (status == SA_OK) status = take_window(report, &m, p);
    if (status == SA_OK && m.reserved2)
        status = fail(report, SA_ERR_VALUE, "masking.reserved2 is %d, must be 0", (int)m.reserved2);
    if (status == SA_OK && !m.mask.data && m.mask_keys)
        status = fail(report, SA_ERR_VALUE, "masking.mask_keys is %d without a mask", (int)m.mask_keys);
    if (status == SA_OK && m.mask.data) status = take_mask(report, &m, p, data_needed);
    if (status == SA_OK && (m.keep_first < 0 || (m.keep_first && !m.window)))
        status = fail(report, SA_ERR_VALUE,
                      "masking.keep_first is %lld with window %d; it has to be >= 0, and 0 without a window",
                      (long long)m.keep_first, (int)m.window);
    p->visible.causal = m.causal;
    p->visible.window = m.window;
    p->visible.keep = m.keep_first;
    return status;
}
