/* SPDX-License-Identifier: MIT */
#include "model/keep.h"

#include "base/arith.h"
#include "file/mxfp4.h"
#include "file/quantise/quantise.h"

#include <math.h>
#include <string.h>

/* The only place that decides where things lie in the store. */
void *keep_room(struct keep *k, const char *name, int64_t rows, int64_t width, int64_t size) {
    const int64_t at = ledger_book(&k->ledger, name, rows, width, size);
    return k->base ? k->base + at : NULL;
}

int tensor_is_native(const struct tensor *t) {
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) return 0;
    if (t->type != SA_F32 && t->type != SA_BF16 && t->type != SA_F16) return 0;
    return (uintptr_t)t->data % (uintptr_t)element_size(t->type) == 0;
}

const float *keep_vector(struct keep *k, const struct tensor *t, float added) {
    if (!t) return NULL;
    float *to = keep_room(k, "vector", t->elements, 1, sizeof *to);
    if (!to) return NULL;
    tensor_floats(t, 0, t->elements, to);
    for (int64_t i = 0; i < t->elements; i++) to[i] += added;
    return to;
}

static int has_own_type(const struct tensor *t) {
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && (t->type == SA_F32 || t->type == SA_BF16 || t->type == SA_F16);
}

/* Rows as they lie in the file, in their own type. */
static void copy_rows(char *to, const struct matrix_source *s, const struct linear *l) {
    const int64_t bytes = weight_bytes(l->dtype, l->in), blocks = l->in / LEAST_BLOCK_ELEMENTS;
    for (int64_t o = 0; o < l->out; o++)
        if (s->tensor->scales)
            mxfp4_blocks(s->tensor, source_place(s, o) * blocks, blocks, (unsigned char *)to + o * bytes);
        else
            memcpy(to + o * bytes, s->tensor->data + source_place(s, o) * bytes, (size_t)bytes);
}

static void copy_transposed(char *to, const struct matrix_source *s, const struct linear *l) {
    const int64_t size = element_size(l->dtype), outputs = s->tensor->elements / l->in;
    for (int64_t o = 0; o < l->out; o++)
        for (int64_t i = 0; i < l->in; i++)
            memcpy(to + (o * l->in + i) * size, s->tensor->data + (i * outputs + source_place(s, o)) * size,
                   (size_t)size);
}

static void pack(struct keep *k, struct linear *l) {
    l->packed_parts = is_quantised(l->dtype) ? 0 : parts_of_float(k->machine);
    if (!l->packed_parts) return;
    uint16_t *to = keep_room(k, "packed matrix", round_up(l->out, MATRIX_UNIT), round_up(l->in, MATRIX_UNIT),
                             l->packed_parts * (int64_t)sizeof *to);
    if (to && !tasks_stop(&k->machine->parallel)) linear_pack(l, to, k->machine->kernels, l->packed_parts);
    l->packed = to;
}

/* The type that rows of the tensor have in the model. */
static int32_t kept_type(const struct keep *k, const struct matrix_source *s) {
    const int32_t type = s->tensor->type;
    if (k->conversion.wanted) return quantised_type_for(k->conversion.dtype, source_inputs(s));
    return has_own_type(s->tensor) || (is_quantised(type) && !s->in_out) ? type : SA_F32;
}

static void fill_matrix(struct keep *k, const struct matrix_source *s, const struct linear *l, char *to) {
    const int own = l->dtype == s->tensor->type && (is_quantised(l->dtype) || has_own_type(s->tensor));
    if (tasks_stop(&k->machine->parallel)) return;
    if (own && !s->in_out)
        copy_rows(to, s, l);
    else if (own && !is_quantised(l->dtype))
        copy_transposed(to, s, l);
    else if (!convert_rows(&k->machine->parallel, s, l->dtype, to) && !k->failed)
        k->failed = s->tensor;
    if (k->conversion.progress) k->conversion.progress(k->conversion.user, k->ledger.bytes, k->all);
    watch_tell(k->told, k->ledger.bytes);
}

static struct linear keep_matrix(struct keep *k, const struct matrix_source *s) {
    const struct tensor *t = s->tensor;
    const int64_t in = source_inputs(s);
    struct linear l = {.dtype = kept_type(k, s), .in = in, .out = s->count, .ld = in};
    if (!s->in_out && !t->scales && s->run == s->count && l.dtype == t->type &&
        (is_quantised(t->type) || tensor_is_native(t))) {
        if (t->data) l.weights = t->data + weight_bytes(t->type, s->first * in); /* NULL: a table, while counting */
        return l;
    }
    char *to = keep_room(k, "matrix", l.out, weight_bytes(l.dtype, in), 1);
    if (to) fill_matrix(k, s, &l, to);
    l.weights = to;
    return l;
}

const float *keep_some(struct keep *k, const struct tensor *t, const struct matrix_source *s) {
    if (!t) return NULL;
    float *to = keep_room(k, "vector", s->count, 1, sizeof *to);
    for (int64_t o = 0; to && o < s->count; o++) tensor_floats(t, source_place(s, o), 1, to + o);
    return to;
}

struct linear keep_outputs(struct keep *k, const struct matrix_source *source) {
    struct linear l = keep_matrix(k, source);
    pack(k, &l);
    return l;
}

struct linear keep_linear(struct keep *k, const struct bound *b, int in_out) {
    if (!b->weight) return (struct linear){0};
    const struct matrix_source whole = whole_matrix(b->weight, in_out);
    struct linear l = keep_matrix(k, &whole);
    l.bias = keep_vector(k, b->bias, 0);
    pack(k, &l);
    return l;
}

/* The rows [out][in][taps] of a kernel as rows [out][taps][in]. */
static struct linear linear_of_taps(struct keep *k, const struct tensor *t, float **to) {
    const int64_t taps = t->size[2], in = t->size[1] * taps;
    *to = keep_room(k, "convolution", t->elements, 1, sizeof **to);
    for (int64_t i = 0; *to && i < t->elements; i++)
        tensor_floats(t, i, 1, *to + i / in * in + i % taps * t->size[1] + i % in / taps);
    return (struct linear){.weights = *to, .dtype = SA_F32, .in = in, .out = t->size[0], .ld = in};
}

struct linear keep_convolution(struct keep *k, const struct bound *b) {
    float *to;
    if (!b->weight) return (struct linear){0};
    struct linear l = linear_of_taps(k, b->weight, &to);
    l.bias = keep_vector(k, b->bias, 0);
    pack(k, &l);
    return l;
}

struct tensor keep_table(struct keep *k, const struct tensor *table) {
    struct tensor t = table ? *table : (struct tensor){0};
    if (!table || !k->conversion.wanted) return t;
    const struct matrix_source whole = whole_matrix(table, 0);
    const struct linear l = keep_matrix(k, &whole);
    t.type = l.dtype;
    t.data = l.weights;
    t.bytes = weight_bytes(l.dtype, t.elements);
    return t;
}

/* The weights of a tap, in[...] of all outputs, scaled to this length. */
static void scale_tap(float *weights, const struct linear *l, int64_t first, int64_t channels, double length) {
    double square = 0;
    for (int64_t o = 0; o < l->out; o++)
        for (int64_t i = first; i < first + channels; i++)
            square += (double)weights[o * l->in + i] * (double)weights[o * l->in + i];
    for (int64_t o = 0; square > 0 && o < l->out; o++)
        for (int64_t i = first; i < first + channels; i++)
            weights[o * l->in + i] = (float)((double)weights[o * l->in + i] * (length / sqrt(square)));
}

struct linear keep_weight_norm(struct keep *k, const struct tensor *kernel, const struct tensor *gain,
                               const struct tensor *bias) {
    float *to;
    if (!kernel) return (struct linear){0};
    struct linear l = linear_of_taps(k, kernel, &to);
    for (int64_t tap = 0; to && gain && tap < kernel->size[2]; tap++) {
        float length;
        tensor_floats(gain, tap, 1, &length);
        scale_tap(to, &l, tap * kernel->size[1], kernel->size[1], (double)length);
    }
    l.bias = keep_vector(k, bias, 0);
    return l;
}

struct norm keep_norm(struct keep *k, const struct bound *b, const struct norm_config *c, int64_t width) {
    const int plus_one = c->kind == NORM_RMS_PLUS_ONE || c->kind == NORM_LAYER_PLUS_ONE;
    struct norm n = {.is_rms = c->kind == NORM_RMS || c->kind == NORM_RMS_PLUS_ONE, .width = width};
    n.epsilon = c->epsilon;
    n.weight = keep_vector(k, b->weight, plus_one ? 1 : 0);
    n.bias = keep_vector(k, b->bias, 0);
    return n;
}
