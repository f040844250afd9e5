/* What a layer holds beside its weights: rotary frequencies or tables, score rules, norms of queries and keys.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "plan/layer.h"

#include <math.h>
#include <string.h>

/* An array to be copied: where the pointer to it stands, and its size. `from` NULL: there is none. */
struct piece {
    const void *from;
    int64_t count, size;
};

enum { FREQUENCIES, COSINES, SINES, SLOPES, BIAS, SINKS, QUERY_NORM, KEY_NORM, PIECES };

static int64_t floats(const void *from) {
    return from ? (int64_t)sizeof(float) : 0;
}

static int list_pieces(const struct sa_layer *l, struct piece p[PIECES]) {
    const struct rotation *r = &l->rotation;
    int64_t distances, angles;
    if (!checked_mul(l->H, 2 * l->rules.reach + 1, &distances) || !checked_mul(r->positions, r->rotary / 2, &angles))
        return 0;
    p[FREQUENCIES] = (struct piece){r->frequency, r->cosines ? 0 : r->rotary / 2, sizeof(double)};
    p[COSINES] = (struct piece){r->cosines, angles, floats(r->cosines)};
    p[SINES] = (struct piece){r->sines, angles, floats(r->sines)};
    p[SLOPES] = (struct piece){l->rules.slopes, l->H, floats(l->rules.slopes)};
    p[BIAS] = (struct piece){l->rules.bias, distances, floats(l->rules.bias)};
    p[SINKS] = (struct piece){l->rules.sinks, l->H, floats(l->rules.sinks)};
    p[QUERY_NORM] = (struct piece){l->query_norm.weight, l->query_norm.width, floats(l->query_norm.weight)};
    p[KEY_NORM] = (struct piece){l->key_norm.weight, l->key_norm.width, floats(l->key_norm.weight)};
    return 1;
}

static int add_up(const struct piece p[PIECES], int64_t *bytes) {
    int64_t size;
    *bytes = 0;
    for (int i = 0; i < PIECES; i++)
        if (!checked_mul(p[i].count, p[i].size, &size) || size > INT64_MAX / 16 ||
            !checked_add(*bytes, round_up(size, MEMORY_ALIGNMENT), bytes))
            return 0;
    return 1;
}

/* Copies piece p to *place, and moves that on; NULL where there is nothing. */
static void *copy(const struct piece *p, char **place) {
    char *to = *place;
    if (!p->from) return NULL;
    memcpy(to, p->from, (size_t)(p->count * p->size));
    *place += round_up(p->count * p->size, MEMORY_ALIGNMENT);
    return to;
}

static void make_frequencies(struct sa_layer *l, double theta, char **place) {
    double *frequency = (double *)*place;
    int64_t pairs = l->rotation.rotary / 2;
    for (int64_t i = 0; i < pairs; i++) frequency[i] = pow(theta, -(double)i / (double)pairs);
    l->rotation.frequency = frequency;
    *place += round_up(pairs * (int64_t)sizeof(double), MEMORY_ALIGNMENT);
}

sa_status layer_store_extras(struct sa_layer *l, double theta, struct report *report) {
    struct piece p[PIECES];
    if (!list_pieces(l, p) || !add_up(p, &l->extra_bytes))
        return fail_overflow(report, "the size of the layer's rules");
    if (!l->extra_bytes) return SA_OK;
    l->extras = memory_allocate(&l->memory, l->extra_bytes, 1);
    if (!l->extras) return fail_memory(report, l->extra_bytes, "the layer's rules");
    char *place = l->extras;
    if (l->rotation.frequency)
        l->rotation.frequency = copy(&p[FREQUENCIES], &place);
    else if (l->rotation.rotary && !l->rotation.cosines)
        make_frequencies(l, theta, &place);
    l->rotation.cosines = copy(&p[COSINES], &place);
    l->rotation.sines = copy(&p[SINES], &place);
    l->rules.slopes = copy(&p[SLOPES], &place);
    l->rules.bias = copy(&p[BIAS], &place);
    l->rules.sinks = copy(&p[SINKS], &place);
    l->query_norm.weight = copy(&p[QUERY_NORM], &place);
    l->key_norm.weight = copy(&p[KEY_NORM], &place);
    return SA_OK;
}

void layer_release(struct sa_layer *l) {
    memory_release(&l->memory, l->store, l->stored, 1);
    memory_release(&l->memory, l->extras, l->extra_bytes, 1);
}
