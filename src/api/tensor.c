/* SPDX-License-Identifier: MIT */
#include "api/tensor.h"

#include "base/arith.h"

void sa_tensor_set(sa_tensor *t, void *data, int32_t dtype, int32_t layout, int64_t batch, int64_t heads,
                   int64_t sequence, int64_t head_size) {
    if (!t) return;
    /* Unsigned arithmetic: sizes that check_layout() will refuse may wrap, which is undefined for signed numbers. */
    uint64_t h = (uint64_t)heads, s = (uint64_t)sequence, d = (uint64_t)head_size;
    int merged = layout == SA_BSHD;
    *t = (sa_tensor){.data = data,
                     .dtype = dtype,
                     .size = {batch, heads, sequence, head_size},
                     .stride = {(int64_t)(h * s * d), (int64_t)(merged ? d : s * d), (int64_t)(merged ? h * d : d), 1}};
}

/* Largest distance of an element from data, in bytes, along all axes together. */
static int extent_fits(const sa_tensor *t, int64_t bytes) {
    int64_t extent = 0;
    for (int i = 0; i < 4; i++) {
        int64_t stride = t->stride[i], reach;
        if (t->size[i] == 1) continue;
        if (stride == INT64_MIN) return 0;
        if (!checked_mul(stride < 0 ? -stride : stride, t->size[i] - 1, &reach) || !checked_add(extent, reach, &extent))
            return 0;
    }
    return checked_add(extent, 1, &extent) && checked_mul(extent, bytes, &extent);
}

sa_status check_layout(struct report *report, const sa_tensor *t, const char *name, int64_t bytes, int data_needed) {
    int64_t elements = 1;
    if (t->reserved) return fail(report, SA_ERR_VALUE, "%s.reserved is %d, must be 0", name, (int)t->reserved);
    for (int i = 0; i < 4; i++) {
        if (t->size[i] < 0 || t->size[i] > POSITION_MAX)
            return fail(report, t->size[i] < 0 ? SA_ERR_VALUE : SA_ERR_OVERFLOW,
                        "%s.size[%d] is %lld, must be 0 to 2^60", name, i, (long long)t->size[i]);
        if (t->size[i] == 0) elements = 0;
    }
    if (elements && !extent_fits(t, bytes))
        return fail(report, SA_ERR_OVERFLOW,
                    "%s does not fit an address: sizes %lld %lld %lld %lld, strides %lld %lld %lld %lld", name,
                    (long long)t->size[0], (long long)t->size[1], (long long)t->size[2], (long long)t->size[3],
                    (long long)t->stride[0], (long long)t->stride[1], (long long)t->stride[2], (long long)t->stride[3]);
    if (elements && data_needed && !t->data) return fail(report, SA_ERR_NULL, "%s.data is NULL", name);
    return SA_OK;
}

sa_status check_tensor(struct report *report, const sa_tensor *t, const struct expected *e) {
    static const char *const axes[] = {"batch", "heads", "sequence", "last"};
    int fits = t->dtype == SA_F32 || (e->halves && (t->dtype == SA_BF16 || t->dtype == SA_F16));
    if (!fits)
        return fail(report, t->dtype >= SA_F32 && t->dtype <= SA_BOOL ? SA_ERR_UNSUPPORTED : SA_ERR_VALUE,
                    "%s.dtype is %d; %s supported here", e->name, (int)t->dtype,
                    e->halves ? "SA_F32 (0), SA_BF16 (1) and SA_F16 (2) are" : "only SA_F32 (0) is");
    sa_status status = check_layout(report, t, e->name, element_size(t->dtype), e->data_needed);
    if (status != SA_OK) return status;
    int64_t smallest = min_i64(min_i64(t->size[0], t->size[1]), min_i64(t->size[2], t->size[3]));
    for (int i = 0; i < 4; i++) {
        if (e->size[i] >= 0 && t->size[i] != e->size[i])
            return fail(report, SA_ERR_SHAPE, "%s.size[%d] (%s) is %lld, must be %lld%s%s", e->name, i, axes[i],
                        (long long)t->size[i], (long long)e->size[i], e->source[i] ? ", which is " : "",
                        e->source[i] ? e->source[i] : "");
        if (e->use == USE_OUTPUT && smallest > 0 && t->size[i] > 1 && t->stride[i] == 0)
            return fail(report, SA_ERR_VALUE, "%s.stride[%d] is 0 along %lld elements; an output cannot repeat an axis",
                        e->name, i, (long long)t->size[i]);
    }
    return SA_OK;
}

sa_status check_rows_contiguous(struct report *report, const sa_tensor *t, const char *name) {
    if (t->size[3] <= 1 || t->stride[3] == 1) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED, "%s.stride[3] is %lld, must be 1: rows have to be contiguous", name,
                (long long)t->stride[3]);
}

/* The stride of an axis of one element may have any value and is never used; `usual` replaces it. */
static int64_t stride_of(const sa_tensor *t, int axis, int64_t usual) {
    return t->size[axis] > 1 ? t->stride[axis] : usual;
}

void set_view(struct view *view, const sa_tensor *t) {
    view->data = t->data;
    view->stride_b = stride_of(t, 0, 0);
    view->stride_h = stride_of(t, 1, 0);
    view->stride_s = stride_of(t, 2, t->size[3]);
    view->stride_d = stride_of(t, 3, 1);
    view->dtype = t->dtype;
}

struct view view_of(const sa_tensor *t) {
    struct view view = {0};
    set_view(&view, t);
    return view;
}
