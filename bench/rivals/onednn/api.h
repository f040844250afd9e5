/* The calls of oneDNN's C interface whose form changed from version 2 to 3, in one form.
 * SPDX-License-Identifier: MIT */
#ifndef ONEDNN_API_H
#define ONEDNN_API_H

#include <dnnl.h>

/* Owns what oneDNN needs to describe an array: since version 3 that lives behind a pointer. */
struct description {
    dnnl_memory_desc_t md;
};

/* All of these: a dnnl_status_t, dnnl_success being 0. */
dnnl_status_t describe(struct description *d, int dimensions, const dnnl_dims_t sizes, const dnnl_dims_t strides,
                       dnnl_data_type_t type);
void forget(struct description *d);

dnnl_status_t memory_on(dnnl_memory_t *memory, const struct description *d, dnnl_engine_t engine, void *data);

/* Primitives that oneDNN has a kernel for; dnnl_unimplemented where it has reference loops alone.
 * dst = scale src weights, and + `added` where that is not NULL. */
dnnl_status_t product(dnnl_primitive_t *primitive, dnnl_engine_t engine, const struct description *src,
                      const struct description *weights, const struct description *dst, float scale,
                      const struct description *added);

/* dst = src in the order and type of dst; done when it returns. */
dnnl_status_t convert(dnnl_engine_t engine, dnnl_stream_t stream, const struct description *src, void *from,
                      const struct description *dst, void *to);

dnnl_status_t softmax(dnnl_primitive_t *primitive, dnnl_engine_t engine, const struct description *src,
                      const struct description *dst, int axis);

#endif
