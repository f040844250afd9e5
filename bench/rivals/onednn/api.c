/* SPDX-License-Identifier: MIT */
#include "api.h"

#include <stddef.h>
#include <string.h>

/* oneDNN falls back to loops that take a second where a kernel takes a millisecond. */
static int is_reference(dnnl_primitive_desc_t pd) {
    const char *name = NULL;
    return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, (void *)&name) == dnnl_success && name &&
           strncmp(name, "ref", 3) == 0;
}

/* The primitive of a description that has been made, or has not for the reason `status`. */
static dnnl_status_t finish(dnnl_primitive_t *primitive, dnnl_status_t status, dnnl_primitive_desc_t pd) {
    if (status) return status;
    status = is_reference(pd) ? dnnl_unimplemented : dnnl_primitive_create(primitive, pd);
    dnnl_primitive_desc_destroy(pd);
    return status;
}

#if DNNL_VERSION_MAJOR >= 3

dnnl_status_t describe(struct description *d, int dimensions, const dnnl_dims_t sizes, const dnnl_dims_t strides,
                       dnnl_data_type_t type) {
    return dnnl_memory_desc_create_with_strides(&d->md, dimensions, sizes, type, strides);
}

void forget(struct description *d) {
    if (d->md) dnnl_memory_desc_destroy(d->md);
    d->md = NULL;
}

dnnl_status_t memory_on(dnnl_memory_t *memory, const struct description *d, dnnl_engine_t engine, void *data) {
    return dnnl_memory_create(memory, d->md, engine, data);
}

static dnnl_status_t append(dnnl_post_ops_t operations, float scale, const struct description *added) {
    dnnl_status_t status = dnnl_success;
    if (scale != 1) status = dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_linear, scale, 0);
    return status || !added ? status : dnnl_post_ops_append_binary(operations, dnnl_binary_add, added->md);
}

static dnnl_status_t product_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const struct description *src,
                                const struct description *weights, const struct description *dst,
                                dnnl_primitive_attr_t attributes) {
    return dnnl_matmul_primitive_desc_create(pd, engine, src->md, weights->md, NULL, dst->md, attributes);
}

static dnnl_status_t softmax_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const struct description *src,
                                const struct description *dst, int axis) {
    return dnnl_softmax_forward_primitive_desc_create(pd, engine, dnnl_forward_inference, dnnl_softmax_accurate,
                                                      src->md, dst->md, axis, NULL);
}

static dnnl_status_t reorder_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const struct description *src,
                                const struct description *dst) {
    return dnnl_reorder_primitive_desc_create(pd, src->md, engine, dst->md, engine, NULL);
}

#else

dnnl_status_t describe(struct description *d, int dimensions, const dnnl_dims_t sizes, const dnnl_dims_t strides,
                       dnnl_data_type_t type) {
    return dnnl_memory_desc_init_by_strides(&d->md, dimensions, sizes, type, strides);
}

void forget(struct description *d) {
    (void)d;
}

dnnl_status_t memory_on(dnnl_memory_t *memory, const struct description *d, dnnl_engine_t engine, void *data) {
    return dnnl_memory_create(memory, &d->md, engine, data);
}

static dnnl_status_t append(dnnl_post_ops_t operations, float scale, const struct description *added) {
    dnnl_status_t status = dnnl_success;
    if (scale != 1) status = dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_linear, scale, 0);
    return status || !added ? status : dnnl_post_ops_append_binary(operations, dnnl_binary_add, &added->md);
}

static dnnl_status_t product_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const struct description *src,
                                const struct description *weights, const struct description *dst,
                                dnnl_primitive_attr_t attributes) {
    dnnl_matmul_desc_t operation;
    dnnl_status_t status = dnnl_matmul_desc_init(&operation, &src->md, &weights->md, NULL, &dst->md);
    return status ? status : dnnl_primitive_desc_create(pd, &operation, attributes, engine, NULL);
}

static dnnl_status_t softmax_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const struct description *src,
                                const struct description *dst, int axis) {
    dnnl_softmax_v2_desc_t operation;
    dnnl_status_t status = dnnl_softmax_v2_forward_desc_init(&operation, dnnl_forward_inference, dnnl_softmax_accurate,
                                                             &src->md, &dst->md, axis);
    return status ? status : dnnl_primitive_desc_create(pd, &operation, NULL, engine, NULL);
}

static dnnl_status_t reorder_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const struct description *src,
                                const struct description *dst) {
    return dnnl_reorder_primitive_desc_create(pd, &src->md, engine, &dst->md, engine, NULL);
}

#endif

dnnl_status_t product(dnnl_primitive_t *primitive, dnnl_engine_t engine, const struct description *src,
                      const struct description *weights, const struct description *dst, float scale,
                      const struct description *added) {
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t operations = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (!status) status = dnnl_post_ops_create(&operations);
    if (!status) status = append(operations, scale, added);
    if (!status) status = dnnl_primitive_attr_set_post_ops(attributes, operations);
    if (!status) status = product_pd(&pd, engine, src, weights, dst, attributes);
    status = finish(primitive, status, pd);
    if (operations) dnnl_post_ops_destroy(operations);
    if (attributes) dnnl_primitive_attr_destroy(attributes);
    return status;
}

dnnl_status_t softmax(dnnl_primitive_t *primitive, dnnl_engine_t engine, const struct description *src,
                      const struct description *dst, int axis) {
    dnnl_primitive_desc_t pd = NULL;
    dnnl_status_t status = softmax_pd(&pd, engine, src, dst, axis);
    return finish(primitive, status, pd);
}

static dnnl_status_t run_once(dnnl_primitive_t primitive, dnnl_stream_t stream, dnnl_memory_t src, dnnl_memory_t dst) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}};
    dnnl_status_t status = dnnl_primitive_execute(primitive, stream, 2, arguments);
    return status ? status : dnnl_stream_wait(stream);
}

dnnl_status_t convert(dnnl_engine_t engine, dnnl_stream_t stream, const struct description *src, void *from,
                      const struct description *dst, void *to) {
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_memory_t in = NULL, out = NULL;
    dnnl_status_t status = reorder_pd(&pd, engine, src, dst);
    status = finish(&primitive, status, pd);
    if (!status) status = memory_on(&in, src, engine, from);
    if (!status) status = memory_on(&out, dst, engine, to);
    if (!status) status = run_once(primitive, stream, in, out);
    if (in) dnnl_memory_destroy(in);
    if (out) dnnl_memory_destroy(out);
    if (primitive) dnnl_primitive_destroy(primitive);
    return status;
}
