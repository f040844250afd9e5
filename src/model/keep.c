/* SPDX-License-Identifier: MIT */
#include "model/keep.h"

#include "base/arith.h"

#include <string.h>

enum { TAPS = 3 };

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

/* Where output o of a matrix stands among the tensor's. */
static int64_t place_of(const struct matrix_source *s, int64_t o) {
    return s->first + o / s->run * s->step + o % s->run;
}

/* Rows as they lie in the file, in their own type. */
static void copy_rows(char *to, const struct matrix_source *s, const struct linear *l) {
    const int64_t bytes = weight_bytes(l->dtype, l->in);
    for (int64_t o = 0; o < l->out; o++)
        memcpy(to + o * bytes, s->tensor->data + place_of(s, o) * bytes, (size_t)bytes);
}

static void copy_transposed(char *to, const struct matrix_source *s, const struct linear *l) {
    const int64_t size = element_size(l->dtype), outputs = s->tensor->elements / l->in;
    for (int64_t o = 0; o < l->out; o++)
        for (int64_t i = 0; i < l->in; i++)
            memcpy(to + (o * l->in + i) * size, s->tensor->data + (i * outputs + place_of(s, o)) * size, (size_t)size);
}

static void copy_floats(float *to, const struct matrix_source *s, const struct linear *l) {
    const int64_t outputs = s->tensor->elements / l->in;
    for (int64_t o = 0; o < l->out; o++)
        if (!s->in_out)
            tensor_floats(s->tensor, place_of(s, o) * l->in, l->in, to + o * l->in);
        else
            for (int64_t i = 0; i < l->in; i++)
                tensor_floats(s->tensor, i * outputs + place_of(s, o), 1, to + o * l->in + i);
}

static void pack(struct keep *k, struct linear *l) {
    l->packed_parts = is_quantised(l->dtype) ? 0 : parts_of_float(k->machine);
    if (!l->packed_parts) return;
    uint16_t *to = keep_room(k, "packed matrix", round_up(l->out, MATRIX_UNIT), round_up(l->in, MATRIX_UNIT),
                             l->packed_parts * (int64_t)sizeof *to);
    if (to) linear_pack(l, to, k->machine->kernels, l->packed_parts);
    l->packed = to;
}

static struct linear keep_matrix(struct keep *k, const struct matrix_source *s) {
    const struct tensor *t = s->tensor;
    const int64_t in = s->in_out ? t->size[0] : t->elements / t->size[0];
    const int blocks = is_quantised(t->type) && !s->in_out, own = has_own_type(t);
    struct linear l = {.dtype = own || blocks ? t->type : SA_F32, .in = in, .out = s->count, .ld = in};
    if (!s->in_out && s->run == s->count && (blocks || tensor_is_native(t))) {
        l.weights = t->data + weight_bytes(t->type, s->first * in);
        return l;
    }
    char *to = keep_room(k, "matrix", l.out, weight_bytes(l.dtype, in), 1);
    if (to && !own && !blocks)
        copy_floats((float *)to, s, &l);
    else if (to && s->in_out)
        copy_transposed(to, s, &l);
    else if (to)
        copy_rows(to, s, &l);
    l.weights = to;
    return l;
}

struct linear keep_outputs(struct keep *k, const struct matrix_source *source) {
    struct linear l = keep_matrix(k, source);
    pack(k, &l);
    return l;
}

struct matrix_source whole_matrix(const struct tensor *t, int in_out) {
    const int64_t out = in_out ? t->elements / t->size[0] : t->size[0];
    return (struct matrix_source){.tensor = t, .in_out = in_out, .count = out, .run = out};
}

struct linear keep_linear(struct keep *k, const struct bound *b, int in_out) {
    if (!b->weight) return (struct linear){0};
    const struct matrix_source whole = whole_matrix(b->weight, in_out);
    struct linear l = keep_matrix(k, &whole);
    l.bias = keep_vector(k, b->bias, 0);
    pack(k, &l);
    return l;
}

struct linear keep_convolution(struct keep *k, const struct bound *b) {
    const struct tensor *t = b->weight;
    if (!t) return (struct linear){0};
    const int64_t out = t->size[0], channels = t->size[1], in = TAPS * channels;
    float *to = keep_room(k, "convolution", t->elements, 1, sizeof *to);
    for (int64_t o = 0; to && o < out; o++)
        for (int64_t c = 0; c < channels; c++) {
            float taps[TAPS];
            tensor_floats(t, o * in + c * TAPS, TAPS, taps);
            for (int64_t tap = 0; tap < TAPS; tap++) to[o * in + tap * channels + c] = taps[tap];
        }
    struct linear l = {.weights = to, .dtype = SA_F32, .in = in, .out = out, .ld = in};
    l.bias = keep_vector(k, b->bias, 0);
    pack(k, &l);
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
