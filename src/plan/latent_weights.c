/* Copies the weights of a latent layer once into one store. The matrix that makes keys is there twice: as it came for
 * the expanded form, and transposed for the absorbed one.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/half.h"
#include "base/ledger.h"
#include "plan/layer.h"
#include "plan/weights.h"

#include <string.h>

enum { DOWN, DOWN_QUERY, UP, QUERY, OUTPUT, MATRICES };

/* A matrix and where it will lie; from.weights NULL: there is none. */
struct matrix {
    struct source from;
    int64_t in, at;
    struct linear *to;
};

static void list_matrices(struct sa_layer *l, const sa_layer_config *c, const sa_latent *latent,
                          struct matrix m[MATRICES]) {
    const int64_t rank = latent->query_rank, queries = l->H * (l->D + l->R), up = l->H * (l->D + l->Dv);
    m[DOWN] = (struct matrix){{latent->weight_down, NULL, l->L + l->R, 0, l->L + l->R}, l->E, 0, &l->down};
    m[DOWN_QUERY] = (struct matrix){{latent->weight_down_query, NULL, rank, 0, rank}, l->E, 0, &l->down_query};
    m[UP] = (struct matrix){{latent->weight_up, NULL, up, 0, up}, l->L, 0, &l->up};
    m[QUERY] = (struct matrix){{c->weight_q, NULL, queries, 0, queries}, rank ? rank : l->E, 0, &l->query};
    m[OUTPUT] = (struct matrix){{c->weight_o, c->bias_o, l->Eo, 0, l->Eo}, l->H * l->Dv, 0, &l->output};
}

/* Row c of head h is what number c of a latent vector adds to its key. */
static void transpose_keys(const struct sa_layer *l, char *to) {
    const int64_t size = element_size(l->up.dtype);
    for (int64_t h = 0; h < l->H; h++)
        for (int64_t c = 0; c < l->L; c++)
            for (int64_t d = 0; d < l->D; d++, to += size)
                memcpy(to, (const char *)linear_row(&l->up, h * (l->D + l->Dv) + d) + c * size, (size_t)size);
}

sa_status layer_store_latent(struct sa_layer *l, const sa_layer_config *c, const sa_latent *latent,
                             struct report *report) {
    const int64_t size = element_size(c->weight_dtype);
    struct ledger ledger = {.title = "a latent layer's weights"};
    struct matrix m[MATRICES];
    list_matrices(l, c, latent, m);
    for (int i = 0; i < MATRICES; i++)
        m[i].at = ledger_book(&ledger, "matrix", m[i].from.weights ? m[i].from.count : 0, m[i].in, size);
    const int64_t keys = ledger_book(&ledger, "transposed keys", l->H * l->L, l->D, size);
    const int64_t bias = ledger_book(&ledger, "bias", c->bias_o ? l->Eo : 0, 1, sizeof(float));
    if (!ledger_fits(&ledger)) return fail_overflow(report, "the size of the layer's weights");
    l->stored = ledger.bytes;
    l->store = memory_allocate(&l->memory, l->stored, 1);
    if (!l->store) return fail_memory(report, l->stored, "the layer's weights");
    ledger_open(&ledger, l->store);
    for (int i = 0; i < MATRICES; i++) {
        if (!m[i].from.weights) continue;
        copy_weight_rows(l->store + m[i].at, m[i].in, &m[i].from, c);
        *m[i].to = (struct linear){.weights = l->store + m[i].at,
                                   .dtype = c->weight_dtype,
                                   .in = m[i].in,
                                   .out = m[i].from.count,
                                   .ld = m[i].in};
    }
    if (c->bias_o) {
        copy_weight_bias((float *)(l->store + bias), &m[OUTPUT].from, c->weight_dtype);
        l->output.bias = (const float *)(l->store + bias);
    }
    transpose_keys(l, l->store + keys);
    l->keys_up = l->store + keys;
    return SA_OK;
}
