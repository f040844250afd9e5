/* The arrays of a layer other than its weights: rotary frequencies or tables, score rules, norms of queries and keys.
 * SPDX-License-Identifier: MIT */
#include "base/frequencies.h"
#include "base/ledger.h"
#include "plan/layer.h"

#include <string.h>

/* An array to copy. `from` NULL: there is none, or it is computed here. */
struct piece {
    const char *name;
    const void *from;
    int64_t rows, width, size;
    int64_t at; /* where it will lie */
};

enum { FREQUENCIES, COSINES, SINES, SLOPES, BIAS, SINKS, QUERY_NORM, KEY_NORM, PIECES };

/* Whether frequencies are computed here. */
static int makes_frequencies(const struct rotation *r) {
    return r->rotary && !r->frequency && !r->cosines;
}

static void list_pieces(const struct sa_layer *l, struct piece p[PIECES]) {
    const struct rotation *r = &l->rotation;
    const struct score_rules *rules = &l->rules;
    const struct head_norm *query = &l->query_norm, *key = &l->key_norm;
    const int64_t pairs = r->rotary / 2, distances = 2 * rules->reach + 1, f = sizeof(float);
    p[FREQUENCIES] = (struct piece){"frequencies", r->frequency, 1, pairs, sizeof(double), 0};
    p[COSINES] = (struct piece){"cosines", r->cosines, r->positions, pairs, f, 0};
    p[SINES] = (struct piece){"sines", r->sines, r->positions, pairs, f, 0};
    p[SLOPES] = (struct piece){"slopes", rules->slopes, 1, l->H, f, 0};
    p[BIAS] = (struct piece){"relative bias", rules->bias, l->H, distances, f, 0};
    p[SINKS] = (struct piece){"sinks", rules->sinks, 1, l->H, f, 0};
    p[QUERY_NORM] = (struct piece){"query norm", query->weight, 1, query->width, f, 0};
    p[KEY_NORM] = (struct piece){"key norm", key->weight, 1, key->width, f, 0};
}

static void book_pieces(struct ledger *ledger, const struct sa_layer *l, struct piece p[PIECES]) {
    for (int i = 0; i < PIECES; i++)
        if (p[i].from || (i == FREQUENCIES && makes_frequencies(&l->rotation)))
            p[i].at = ledger_book(ledger, p[i].name, p[i].rows, p[i].width, p[i].size);
}

/* The copy of a piece; NULL where there is nothing. */
static const void *copy(const struct sa_layer *l, const struct piece *p) {
    if (!p->from) return NULL;
    return memcpy(l->extras + p->at, p->from, (size_t)(p->rows * p->width * p->size));
}

static const double *make_frequencies(const struct sa_layer *l, double theta, const struct piece *p) {
    double *frequency = (double *)(l->extras + p->at);
    plain_frequencies(frequency, l->rotation.rotary, theta);
    return frequency;
}

sa_status layer_store_extras(struct sa_layer *l, double theta, struct report *report) {
    struct ledger ledger = {.title = "a layer's rules"};
    struct piece p[PIECES];
    list_pieces(l, p);
    book_pieces(&ledger, l, p);
    if (!ledger_fits(&ledger)) return fail_overflow(report, "the size of the layer's rules");
    l->extra_bytes = ledger.bytes;
    if (!l->extra_bytes) return SA_OK;
    l->extras = memory_allocate(&l->memory, l->extra_bytes, 1);
    if (!l->extras) return fail_memory(report, l->extra_bytes, "the layer's rules");
    ledger_open(&ledger, l->extras);
    l->rotation.frequency =
        makes_frequencies(&l->rotation) ? make_frequencies(l, theta, &p[FREQUENCIES]) : copy(l, &p[FREQUENCIES]);
    l->rotation.cosines = copy(l, &p[COSINES]);
    l->rotation.sines = copy(l, &p[SINES]);
    l->rules.slopes = copy(l, &p[SLOPES]);
    l->rules.bias = copy(l, &p[BIAS]);
    l->rules.sinks = copy(l, &p[SINKS]);
    l->query_norm.weight = copy(l, &p[QUERY_NORM]);
    l->key_norm.weight = copy(l, &p[KEY_NORM]);
    return SA_OK;
}

void layer_release(struct sa_layer *l) {
    memory_release(&l->memory, l->store, l->stored, 1);
    memory_release(&l->memory, l->extras, l->extra_bytes, 1);
}
