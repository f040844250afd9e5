/* SPDX-License-Identifier: MIT */
#include "model/keep.h"

#include "base/arith.h"
#include "base/half.h"

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

/* to[o][i] = element i * step_in + o * step_out of the tensor, all in the tensor's own type. */
static void copy_native(char *to, const struct tensor *t, int64_t out, int64_t in, int64_t step_out, int64_t step_in) {
    const int64_t size = element_size(t->type);
    for (int64_t o = 0; o < out; o++)
        for (int64_t i = 0; i < in; i++)
            memcpy(to + (o * in + i) * size, t->data + (o * step_out + i * step_in) * size, (size_t)size);
}

static void copy_floats(float *to, const struct tensor *t, int64_t out, int64_t in, int64_t step_out, int64_t step_in) {
    for (int64_t o = 0; o < out; o++)
        if (step_in == 1)
            tensor_floats(t, o * step_out, in, to + o * in);
        else
            for (int64_t i = 0; i < in; i++) tensor_floats(t, o * step_out + i * step_in, 1, to + o * in + i);
}

static int has_own_type(const struct tensor *t) {
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && (t->type == SA_F32 || t->type == SA_BF16 || t->type == SA_F16);
}

static void pack(struct keep *k, struct linear *l) {
    l->packed_parts = parts_of_float(k->machine);
    if (!l->packed_parts) return;
    uint16_t *to = keep_room(k, "packed matrix", round_up(l->out, MATRIX_UNIT), round_up(l->in, MATRIX_UNIT),
                             l->packed_parts * (int64_t)sizeof *to);
    if (to) linear_pack(l, to, k->machine->kernels, l->packed_parts);
    l->packed = to;
}

struct linear keep_linear(struct keep *k, const struct bound *b, int in_out) {
    const struct tensor *t = b->weight;
    if (!t) return (struct linear){0};
    const int64_t rows = t->size[0], columns = t->elements / rows;
    struct linear l = {.in = in_out ? rows : columns, .out = in_out ? columns : rows, .dtype = SA_F32};
    const int64_t step_out = in_out ? 1 : columns, step_in = in_out ? columns : 1;
    l.ld = l.in;
    if (has_own_type(t)) l.dtype = t->type;
    if (tensor_is_native(t) && !in_out) {
        l.weights = t->data;
    } else {
        char *to = keep_room(k, "matrix", t->elements, 1, element_size(l.dtype));
        if (to && has_own_type(t)) copy_native(to, t, l.out, l.in, step_out, step_in);
        if (to && !has_own_type(t)) copy_floats((float *)to, t, l.out, l.in, step_out, step_in);
        l.weights = to;
    }
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
