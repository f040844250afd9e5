/* SPDX-License-Identifier: MIT */
#include "attention.h"

#include "api.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AXES = 4 };
enum { Q, K, V, O, SCORES, WEIGHTS, MASK, ARRAYS };

/* Arrays are [batch][group][row][column] of one call. Query heads that share keys are more rows of one head, unless the
 * causal rule needs to tell them apart. */
struct attention {
    const struct problem *problem;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct description descriptions[ARRAYS];
    dnnl_memory_t memories[ARRAYS];
    char *data[ARRAYS];
    int64_t step[ARRAYS]; /* bytes from one call's array to the next one's; 0 for what is used again */
    int64_t calls, share; /* so many calls follow each other on the same keys */
    dnnl_primitive_t score, normalise, weigh;
};

static int64_t size_of(dnnl_data_type_t type) {
    return type == dnnl_f32 ? 4 : 2;
}

/* One array of the calls: its description, and memory for `copies` of it. */
static dnnl_status_t add_array(struct attention *a, int i, const dnnl_dims_t sizes, dnnl_data_type_t type,
                               int64_t copies) {
    const int64_t rows = sizes[2] * sizes[3], count = sizes[0] * sizes[1] * rows, bytes = count * size_of(type);
    const dnnl_dims_t strides = {sizes[1] * rows, rows, sizes[3], 1};
    dnnl_status_t status = describe(&a->descriptions[i], AXES, sizes, strides, type);
    if (status) return status;
    a->data[i] = aligned_alloc(64, (size_t)((bytes * copies + 63) / 64 * 64));
    a->step[i] = copies > 1 ? bytes : 0;
    return a->data[i] ? memory_on(&a->memories[i], &a->descriptions[i], a->engine, a->data[i]) : dnnl_out_of_memory;
}

static dnnl_status_t add_mask(struct attention *a, int64_t T, int64_t S, dnnl_data_type_t type) {
    const dnnl_dims_t sizes = {1, 1, T, S};
    dnnl_status_t status = add_array(a, MASK, sizes, type, 1);
    if (status) return status;
    for (int64_t t = 0; t < T; t++)
        for (int64_t s = 0; s < S; s++) {
            const float value = s <= t ? 0 : -INFINITY;
            if (type == dnnl_f32)
                ((float *)(void *)a->data[MASK])[t * S + s] = value;
            else
                ((uint16_t *)(void *)a->data[MASK])[t * S + s] = s <= t ? 0 : 0xff80; /* -infinity in bf16 */
        }
    return status;
}

static dnnl_status_t add_arrays(struct attention *a, const struct choice *c) {
    const struct problem *p = a->problem;
    const int64_t G = p->H / p->K, batch = c->whole ? p->B * p->K : 1;
    const int64_t groups = c->whole && p->causal ? G : 1, rows = p->causal ? p->T : G * p->T;
    a->share = !c->whole && p->causal ? G : 1;
    a->calls = p->B * p->K / batch * a->share;
    const dnnl_dims_t queries = {batch, groups, rows, p->D}, keys = {batch, 1, p->S, p->D};
    const dnnl_dims_t scores = {batch, groups, rows, p->S};
    const int64_t key_copies = a->calls / a->share;
    dnnl_status_t status = add_array(a, Q, queries, p->type, a->calls);
    if (!status) status = add_array(a, O, queries, p->type, a->calls);
    if (!status) status = add_array(a, K, keys, p->type, key_copies);
    if (!status) status = add_array(a, V, keys, p->type, key_copies);
    if (!status) status = add_array(a, SCORES, scores, c->scores, 1);
    if (!status) status = add_array(a, WEIGHTS, scores, p->type, 1);
    return status || !p->causal ? status : add_mask(a, p->T, p->S, c->scores);
}

/* K as the right-hand side of scores = Q K^T: the same memory with the axes changed. */
static dnnl_status_t turn_keys(struct attention *a, int64_t batch) {
    const struct problem *p = a->problem;
    const dnnl_dims_t sizes = {batch, 1, p->D, p->S}, strides = {p->S * p->D, p->S * p->D, 1, p->D};
    forget(&a->descriptions[K]);
    return describe(&a->descriptions[K], AXES, sizes, strides, p->type);
}

static dnnl_status_t add_primitives(struct attention *a, const struct choice *c) {
    const struct problem *p = a->problem;
    const struct description *d = a->descriptions;
    const float scale = 1 / sqrtf((float)p->D);
    dnnl_status_t status = turn_keys(a, c->whole ? p->B * p->K : 1);
    if (!status) status = memory_on(&a->memories[K], &d[K], a->engine, a->data[K]);
    if (!status) status = product(&a->score, a->engine, &d[Q], &d[K], &d[SCORES], scale, p->causal ? &d[MASK] : NULL);
    if (!status) status = softmax(&a->normalise, a->engine, &d[SCORES], &d[WEIGHTS], AXES - 1);
    return status ? status : product(&a->weigh, a->engine, &d[WEIGHTS], &d[V], &d[O], 1, NULL);
}

/* n numbers as a vector of either type. */
static dnnl_status_t copy(struct attention *a, int64_t n, dnnl_data_type_t from_type, void *from,
                          dnnl_data_type_t to_type, void *to) {
    const dnnl_dims_t size = {n}, stride = {1};
    struct description src = {0}, dst = {0};
    dnnl_status_t status = describe(&src, 1, size, stride, from_type);
    if (!status) status = describe(&dst, 1, size, stride, to_type);
    if (!status) status = convert(a->engine, a->stream, &src, from, &dst, to);
    forget(&src);
    forget(&dst);
    return status;
}

static dnnl_status_t take_inputs(struct attention *a) {
    const struct problem *p = a->problem;
    const int64_t keys = p->B * p->K * p->S * p->D;
    dnnl_status_t status = copy(a, p->B * p->H * p->T * p->D, dnnl_f32, p->q, p->type, a->data[Q]);
    if (!status) status = copy(a, keys, dnnl_f32, p->k, p->type, a->data[K]);
    return status ? status : copy(a, keys, dnnl_f32, p->v, p->type, a->data[V]);
}

struct attention *attention_open(const struct problem *problem, const struct choice *choice, dnnl_engine_t engine,
                                 dnnl_stream_t stream) {
    struct attention *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->problem = problem;
    a->engine = engine;
    a->stream = stream;
    dnnl_status_t status = add_arrays(a, choice);
    if (!status) status = take_inputs(a);
    if (!status) status = add_primitives(a, choice);
    if (!status) return a;
    attention_close(a);
    return NULL;
}

void attention_close(struct attention *a) {
    if (!a) return;
    dnnl_primitive_t const primitives[] = {a->score, a->normalise, a->weigh};
    for (int i = 0; i < 3; i++)
        if (primitives[i]) dnnl_primitive_destroy(primitives[i]);
    for (int i = 0; i < ARRAYS; i++) {
        if (a->memories[i]) dnnl_memory_destroy(a->memories[i]);
        if (a->data[i]) forget(&a->descriptions[i]);
        free(a->data[i]);
    }
    free(a);
}

static dnnl_status_t point_at(struct attention *a, int64_t call) {
    static const int moving[] = {Q, K, V, O};
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < 4 && !status; i++) {
        const int array = moving[i];
        const int64_t place = array == K || array == V ? call / a->share : call;
        status = dnnl_memory_set_data_handle(a->memories[array], a->data[array] + place * a->step[array]);
    }
    return status;
}

static dnnl_status_t run_call(struct attention *a) {
    const dnnl_memory_t *m = a->memories;
    const dnnl_exec_arg_t scores[] = {{DNNL_ARG_SRC, m[Q]},
                                      {DNNL_ARG_WEIGHTS, m[K]},
                                      {DNNL_ARG_DST, m[SCORES]},
                                      {DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1, m[MASK]}};
    const dnnl_exec_arg_t normal[] = {{DNNL_ARG_SRC, m[SCORES]}, {DNNL_ARG_DST, m[WEIGHTS]}};
    const dnnl_exec_arg_t output[] = {{DNNL_ARG_SRC, m[WEIGHTS]}, {DNNL_ARG_WEIGHTS, m[V]}, {DNNL_ARG_DST, m[O]}};
    dnnl_status_t status = dnnl_primitive_execute(a->score, a->stream, m[MASK] ? 4 : 3, scores);
    if (!status) status = dnnl_primitive_execute(a->normalise, a->stream, 2, normal);
    return status ? status : dnnl_primitive_execute(a->weigh, a->stream, 3, output);
}

dnnl_status_t attention_run(struct attention *a) {
    dnnl_status_t status = dnnl_success;
    for (int64_t call = 0; call < a->calls && !status; call++) {
        status = point_at(a, call);
        if (!status) status = run_call(a);
    }
    return status ? status : dnnl_stream_wait(a->stream);
}

dnnl_status_t attention_output(struct attention *a) {
    const struct problem *p = a->problem;
    return copy(a, p->B * p->H * p->T * p->D, p->type, a->data[O], dnnl_f32, p->o);
}
