/* Copies a layer's weights once into one store: matrices with a row per output, in their own type; biases as floats;
 * and if the machine uses its matrix unit, the matrices packed for it.
 * SPDX-License-Identifier: MIT */
#include "plan/weights.h"

#include "base/arith.h"
#include "base/half.h"
#include "base/ledger.h"
#include "plan/layer.h"

#include <string.h>

/* Where the store's pieces lie, in bytes. */
struct layout {
    int64_t input[2], output, bias; /* matrices q with k and v, or q and k with v; wo; all biases */
    int64_t packed_input[2], packed_output;
};

static void book_matrix(struct ledger *ledger, int64_t *place, int64_t *packed, int64_t out, int64_t in, int32_t dtype,
                        int64_t parts) {
    *place = ledger_book(ledger, "matrix", out, in, element_size(dtype));
    *packed = ledger_book(ledger, "packed matrix", parts ? round_up(out, MATRIX_UNIT) : 0, round_up(in, MATRIX_UNIT),
                          parts * (int64_t)sizeof(uint16_t));
}

static void lay_out(struct ledger *ledger, struct layout *layout, const struct sa_layer *l, const sa_layer_config *c,
                    int64_t parts) {
    int64_t q = l->H * l->D, kv = l->K * l->D + l->K * l->Dv, joined = c->weight_o ? l->H * l->Dv : 0;
    int joint = l->E == l->Ec;
    book_matrix(ledger, &layout->input[0], &layout->packed_input[0], joint ? q + kv : q, l->E, c->weight_dtype, parts);
    book_matrix(ledger, &layout->input[1], &layout->packed_input[1], joint ? 0 : kv, l->Ec, c->weight_dtype, parts);
    book_matrix(ledger, &layout->output, &layout->packed_output, joined ? l->Eo : 0, joined, c->weight_dtype, parts);
    layout->bias = ledger_book(ledger, "biases", q + kv + l->Eo, 1, sizeof(float));
}

void copy_weight_rows(char *to, int64_t in, const struct source *s, const sa_layer_config *c) {
    int64_t size = element_size(c->weight_dtype);
    const char *from = s->weights;
    if (c->weight_order == SA_OUT_IN) {
        memcpy(to, from + s->first * in * size, (size_t)(s->count * in * size));
        return;
    }
    for (int64_t o = 0; o < s->count; o++)
        for (int64_t i = 0; i < in; i++)
            memcpy(to + (o * in + i) * size, from + (i * s->outputs + s->first + o) * size, (size_t)size);
}

void copy_weight_bias(float *to, const struct source *s, int32_t dtype) {
    for (int64_t o = 0; o < s->count; o++) to[o] = s->bias ? element_load(s->bias, dtype, s->first + o) : 0;
}

/* Copies the rows of q, k and v one below the other; k and v have a matrix of their own if E != Ec. */
static void copy_inputs(struct sa_layer *l, const struct layout *layout, const struct source sources[3],
                        const sa_layer_config *c) {
    int64_t size = element_size(c->weight_dtype);
    char *q = l->store + layout->input[0];
    char *kv = l->E == l->Ec ? q + sources[0].count * l->E * size : l->store + layout->input[1];
    float *bias = (float *)(l->store + layout->bias);
    copy_weight_rows(q, l->E, &sources[0], c);
    copy_weight_rows(kv, l->Ec, &sources[1], c);
    copy_weight_rows(kv + sources[1].count * l->Ec * size, l->Ec, &sources[2], c);
    for (int i = 0; i < 3; i++) {
        copy_weight_bias(bias, &sources[i], c->weight_dtype);
        bias += sources[i].count;
    }
}

/* Points the linears into the store. */
static void point(struct sa_layer *l, const struct layout *layout, const sa_layer_config *c, int has_bias) {
    int64_t q = l->H * l->D, kv = l->K * l->D + l->K * l->Dv, joined = l->H * l->Dv,
            size = element_size(c->weight_dtype);
    const float *bias = (const float *)(l->store + layout->bias), *b = has_bias ? bias : NULL;
    const char *store = l->store;
    int joint = l->E == l->Ec;
    l->query = (struct linear){.weights = store + layout->input[0], .in = l->E, .out = q, .bias = b};
    l->key_value =
        (struct linear){.weights = joint ? store + layout->input[0] + q * l->E * size : store + layout->input[1],
                        .in = l->Ec,
                        .out = kv,
                        .bias = b ? b + q : NULL};
    if (joint) l->joint = (struct linear){.weights = store + layout->input[0], .in = l->E, .out = q + kv, .bias = b};
    if (c->weight_o)
        l->output = (struct linear){
            .weights = store + layout->output, .in = joined, .out = l->Eo, .bias = c->bias_o ? bias + q + kv : NULL};
    struct linear *all[] = {&l->query, &l->key_value, &l->joint, &l->output};
    for (int i = 0; i < 4; i++) {
        all[i]->dtype = c->weight_dtype;
        all[i]->ld = all[i]->in;
    }
}

static void pack_linear(struct linear *l, char *to, const struct machine *machine, int64_t parts) {
    l->packed = (const uint16_t *)to;
    l->packed_parts = parts;
    linear_pack(l, (uint16_t *)to, machine->kernels, parts);
}

/* The packed copies. An input matrix that q, k and v share is packed only as a whole: cross-attention packs it when it
 * runs, tile by tile. */
static void pack_all(struct sa_layer *l, const struct layout *layout, const struct machine *machine, int64_t parts) {
    if (!parts) return;
    pack_linear(l->joint.weights ? &l->joint : &l->query, l->store + layout->packed_input[0], machine, parts);
    if (!l->joint.weights) pack_linear(&l->key_value, l->store + layout->packed_input[1], machine, parts);
    if (l->output.weights) pack_linear(&l->output, l->store + layout->packed_output, machine, parts);
}

sa_status layer_store_weights(struct sa_layer *l, const sa_layer_config *c, const struct machine *machine,
                              struct report *report) {
    int64_t q = l->H * l->D, k = l->K * l->D, v = l->K * l->Dv, all = q + k + v, parts = parts_of_float(machine);
    struct ledger ledger = {.title = "a layer's weights"};
    struct layout layout;
    lay_out(&ledger, &layout, l, c, parts);
    if (!ledger_fits(&ledger)) return fail_overflow(report, "the size of the layer's weights");
    l->stored = ledger.bytes;
    l->store = memory_allocate(&l->memory, l->stored, 1);
    if (!l->store) return fail_memory(report, l->stored, "the layer's weights");
    ledger_open(&ledger, l->store);
    const struct source separate[3] = {
        {c->weight_q, c->bias_q, q, 0, q}, {c->weight_k, c->bias_k, k, 0, k}, {c->weight_v, c->bias_v, v, 0, v}};
    const struct source packed[3] = {{c->weight_qkv, c->bias_qkv, all, 0, q},
                                     {c->weight_qkv, c->bias_qkv, all, q, k},
                                     {c->weight_qkv, c->bias_qkv, all, q + k, v}};
    copy_inputs(l, &layout, c->weight_qkv ? packed : separate, c);
    if (c->weight_o) {
        const struct source output = {c->weight_o, c->bias_o, l->Eo, 0, l->Eo};
        copy_weight_rows(l->store + layout.output, l->H * l->Dv, &output, c);
        copy_weight_bias((float *)(l->store + layout.bias) + all, &output, c->weight_dtype);
    }
    point(l, &layout, c, c->bias_q || c->bias_k || c->bias_v || c->bias_qkv);
    pack_all(l, &layout, machine, parts);
    return SA_OK;
}

sa_status layer_use_matrices(struct sa_layer *l, const sa_layer_config *c, const struct layer_matrices *matrices,
                             struct report *report) {
    const struct source sources[] = {{.bias = c->bias_q, .count = matrices->query.out},
                                     {.bias = c->bias_k, .count = matrices->key.out},
                                     {.bias = c->bias_v, .count = matrices->value.out},
                                     {.bias = c->bias_o, .count = matrices->output.out}};
    struct linear *const own[] = {&l->query, &l->key, &l->value, &l->output};
    struct ledger ledger = {.title = "a layer's biases"};
    int64_t places[4];
    l->query = matrices->query, l->key = matrices->key, l->value = matrices->value, l->output = matrices->output;
    for (int i = 0; i < 4; i++)
        places[i] = ledger_book(&ledger, "bias", sources[i].bias ? sources[i].count : 0, 1, sizeof(float));
    if (!ledger_fits(&ledger)) return fail_overflow(report, "the size of the layer's biases");
    l->stored = ledger.bytes;
    l->store = memory_allocate(&l->memory, l->stored, 1);
    if (!l->store) return fail_memory(report, l->stored, "the layer's biases");
    for (int i = 0; i < 4; i++) {
        if (!sources[i].bias) continue;
        float *bias = (float *)(l->store + places[i]);
        copy_weight_bias(bias, &sources[i], c->weight_dtype);
        own[i]->bias = bias;
    }
    l->key_value = (struct linear){.in = l->Ec, .out = l->key.out + l->value.out};
    if (l->E == l->Ec) l->joint = (struct linear){.in = l->E, .out = l->query.out + l->key_value.out};
    return SA_OK;
}
