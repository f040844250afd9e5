/* SPDX-License-Identifier: MIT */
#include "api/agreement.h"

#include "base/checksum.h"

#include <string.h>

/* What has to be equal, besides status. */
enum {
    STATUS,
    CALL,
    SEQUENCES,
    HEADS,
    KEY_HEADS,
    HEAD_SIZE,
    VALUE_SIZE,
    QUERIES,
    QUERY_CHUNK,
    QUERY_SHARDS,
    KEYS,
    KEY_CHUNK,
    KEY_SHARDS,
    KEY_TYPE,
    VALUE_TYPE,
    RULES,
    FIELDS
};
static const char *const names[FIELDS] = {"status",
                                          "the function",
                                          "B",
                                          "H",
                                          "K",
                                          "D",
                                          "Dv",
                                          "T",
                                          "query chunk",
                                          "kind of query shards",
                                          "S",
                                          "key chunk",
                                          "kind of key shards",
                                          "key.dtype",
                                          "value.dtype",
                                          "the sum of masking, rules, scale and softcap"};

struct note {
    int64_t fields[FIELDS];
};

int64_t agreement_bytes(const sa_exchange *exchange) {
    return (exchange->ranks + 1) * (int64_t)sizeof(struct note);
}

static void add(struct checksum *sum, const void *bytes, int64_t count, int64_t size) {
    const int64_t present = bytes != NULL;
    checksum_add(sum, &present, sizeof present);
    if (bytes && count) checksum_add(sum, bytes, count * size);
}

/* Arrays and numbers that have no field of their own. */
static uint64_t sum_of_rules(const struct problem *p) {
    const struct visibility *v = &p->visible;
    const struct score_rules *rules = &p->rules;
    const int64_t numbers[] = {v->offset, v->bottom_right, v->causal, v->left, v->right, v->keep, rules->reach};
    struct checksum sum;
    checksum_begin(&sum);
    checksum_add(&sum, numbers, sizeof numbers);
    checksum_add(&sum, &p->scale, sizeof p->scale);
    checksum_add(&sum, &p->softcap, sizeof p->softcap);
    add(&sum, v->key_lengths, p->B, sizeof *v->key_lengths);
    add(&sum, v->offsets, p->B, sizeof *v->offsets);
    add(&sum, rules->slopes, p->H, sizeof(float));
    add(&sum, rules->bias, p->H * (2 * rules->reach + 1), sizeof(float));
    add(&sum, rules->sinks, p->H, sizeof(float));
    return checksum_of(&sum);
}

static struct note note_of(const struct ring *r) {
    const struct problem *p = &r->problem;
    const uint64_t sum = sum_of_rules(p);
    struct note n = {{[CALL] = r->circulates,
                      [SEQUENCES] = p->B,
                      [HEADS] = p->H,
                      [KEY_HEADS] = p->K,
                      [HEAD_SIZE] = p->D,
                      [VALUE_SIZE] = p->Dv,
                      [QUERIES] = r->queries.tokens,
                      [QUERY_CHUNK] = r->queries.chunk,
                      [QUERY_SHARDS] = r->queries.kind,
                      [KEYS] = r->keys.tokens,
                      [KEY_CHUNK] = r->keys.chunk,
                      [KEY_SHARDS] = r->keys.kind,
                      [KEY_TYPE] = p->key.dtype,
                      [VALUE_TYPE] = p->value.dtype}};
    memcpy(&n.fields[RULES], &sum, sizeof sum);
    return n;
}

/* Ranks with a status first: what else they say is incomplete. */
static sa_status compare_notes(struct report *report, const sa_exchange *x, const struct note *notes) {
    const struct note *own = &notes[x->rank];
    for (int64_t i = 0; i < x->ranks; i++)
        if (notes[i].fields[STATUS])
            return fail(report, SA_ERR_EXCHANGE, "rank %lld of %lld has refused the call: %s", (long long)i,
                        (long long)x->ranks, sa_status_string((sa_status)notes[i].fields[STATUS]));
    for (int64_t i = 0; i < x->ranks; i++)
        for (int f = CALL; f < FIELDS; f++)
            if (notes[i].fields[f] != own->fields[f])
                return fail(report, SA_ERR_EXCHANGE,
                            "ranks disagree: %s is %lld on rank %lld, and %lld on rank %lld, which is this one",
                            names[f], (long long)notes[i].fields[f], (long long)i, (long long)own->fields[f],
                            (long long)x->rank);
    return SA_OK;
}

sa_status agree(struct report *report, const struct ring *r, sa_status own, void *memory) {
    const sa_exchange *x = &r->exchange;
    struct note *mine = memory, *notes = mine + 1;
    if (x->ranks == 1) return own;
    *mine = own == SA_OK ? note_of(r) : (struct note){{[STATUS] = own}};
    const int32_t code = x->all_gather(x->user, mine, sizeof *mine, notes);
    if (own != SA_OK) return own;
    if (code) return fail_exchange(report, x, &(struct ring_failure){"all_gather", code, 0});
    return compare_notes(report, x, notes);
}

sa_status fail_exchange(struct report *report, const sa_exchange *exchange, const struct ring_failure *failure) {
    const char *why = exchange->failure ? exchange->failure(exchange->user) : NULL;
    return fail(report, SA_ERR_EXCHANGE, "exchange.%s failed with %d on rank %lld of %lld, in step %lld%s%s",
                failure->function, (int)failure->code, (long long)exchange->rank, (long long)exchange->ranks,
                (long long)failure->step, why ? ": " : "", why ? why : "");
}
