/* SPDX-License-Identifier: MIT */
#include "model/convert.h"

#include "api/context.h"
#include "base/arith.h"
#include "file/quantise/quantise.h"

#include <stdatomic.h>

/* Rows of a task: quantising one takes a hundred microseconds or so. */
enum { TASK_ROWS = 4, CHUNK = MOST_BLOCK_ELEMENTS };

struct converting {
    const struct matrix_source *source;
    int32_t dtype;
    int64_t in;
    char *to;
    atomic_int failed;
};

/* A vector is a matrix of one row. */
static int64_t first_axis(const struct tensor *t) {
    return t->axes > 1 ? t->size[0] : 1;
}

struct matrix_source whole_matrix(const struct tensor *t, int in_out) {
    const int64_t first = first_axis(t), out = in_out && !t->scales ? t->elements / first : first;
    return (struct matrix_source){.tensor = t, .in_out = in_out && !t->scales, .count = out, .run = out};
}

int64_t source_inputs(const struct matrix_source *s) {
    return s->in_out ? first_axis(s->tensor) : s->tensor->elements / first_axis(s->tensor);
}

/* Inputs first .. first + n of output o. */
static void read_floats(const struct converting *c, int64_t o, int64_t first, int64_t n, float *to) {
    const struct matrix_source *s = c->source;
    const int64_t place = source_place(s, o), outputs = s->tensor->elements / c->in;
    if (!s->in_out)
        tensor_floats(s->tensor, place * c->in + first, n, to);
    else
        for (int64_t i = 0; i < n; i++) tensor_floats(s->tensor, (first + i) * outputs + place, 1, to + i);
}

static int write_floats(void *to, int32_t dtype, const float *x, int64_t n) {
    if (is_quantised(dtype)) return blocks_quantise(to, dtype, x, n);
    for (int64_t i = 0; i < n; i++) element_store(to, dtype, i, x[i]);
    return 1;
}

static void convert_task(void *arg, int64_t task, int32_t worker) {
    struct converting *c = arg;
    const int64_t last = min_i64((task + 1) * TASK_ROWS, c->source->count), row = weight_bytes(c->dtype, c->in);
    float chunk[CHUNK];
    (void)worker;
    for (int64_t o = task * TASK_ROWS; o < last; o++)
        for (int64_t i = 0; i < c->in; i += CHUNK) {
            const int64_t n = min_i64(CHUNK, c->in - i);
            read_floats(c, o, i, n, chunk);
            if (!write_floats(c->to + o * row + weight_bytes(c->dtype, i), c->dtype, chunk, n))
                atomic_store(&c->failed, 1);
        }
}

int convert_rows(const struct parallel *parallel, const struct matrix_source *source, int32_t dtype, void *to) {
    struct converting c = {.source = source, .dtype = dtype, .in = source_inputs(source), .to = to};
    tasks_run(parallel, ceil_div(source->count, TASK_ROWS), convert_task, &c);
    return !atomic_load(&c.failed);
}

static int is_type_of_weights(int32_t dtype) {
    return dtype == SA_F32 || dtype == SA_BF16 || dtype == SA_F16 || block_type(dtype);
}

sa_status check_image_size(struct report *report, int64_t size) {
    if (size >= 0 && size <= INT16_MAX) return SA_OK;
    return fail(report, SA_ERR_VALUE, "image_size is %lld, must be 0 to %d", (long long)size, INT16_MAX);
}

sa_status take_model_options(struct report *report, const sa_model_options *options, struct conversion *conversion) {
    sa_model_options o = {0};
    sa_status status =
        options ? take_struct(report, "sa_model_options", options, &o, sizeof o, sizeof o.struct_size) : SA_OK;
    if (status != SA_OK) return status;
    if (o.convert != 0 && o.convert != 1)
        return fail(report, SA_ERR_VALUE, "convert is %d, must be 0 or 1", (int)o.convert);
    if (!o.convert && o.weights) return fail(report, SA_ERR_VALUE, "weights is %d, but convert is 0", (int)o.weights);
    if (!is_type_of_weights(o.weights))
        return fail(report, SA_ERR_VALUE, "weights is %d, which is no type of weights", (int)o.weights);
    if (o.in_memory != 0 && o.in_memory != 1)
        return fail(report, SA_ERR_VALUE, "in_memory is %d, must be 0 or 1", (int)o.in_memory);
    status = check_image_size(report, o.image_size);
    if (status != SA_OK) return status;
    *conversion =
        (struct conversion){o.convert, o.weights, o.progress, o.progress_user, o.in_memory, o.part, o.image_size};
    return SA_OK;
}
