/* SPDX-License-Identifier: MIT */
#include "text/vocabulary.h"

#include <stdlib.h>
#include <string.h>

struct slot {
    uint32_t hash;  /* its upper half: tells most other tokens apart without reading their text */
    int32_t number; /* of the token, plus 1; 0: empty */
};

sa_status vocabulary_create(const struct allocator *memory, struct report *report, int64_t count, int64_t bytes,
                            struct vocabulary *v) {
    *v = (struct vocabulary){.memory = *memory};
    int64_t slots = 8;
    while (slots < 2 * count) slots *= 2;
    v->texts = memory_allocate(memory, bytes + count, 1);
    if (!v->texts) return fail_memory(report, bytes + count, "the texts of tokens");
    v->texts_bytes = bytes + count;
    v->tokens = memory_allocate(memory, count, sizeof *v->tokens);
    if (!v->tokens) return fail_memory(report, count * (int64_t)sizeof *v->tokens, "a list of tokens");
    v->room = count;
    v->slots = memory_allocate(memory, slots, sizeof *v->slots);
    if (!v->slots) return fail_memory(report, slots * (int64_t)sizeof *v->slots, "a table of tokens");
    v->slot_count = slots;
    return SA_OK;
}

void vocabulary_destroy(struct vocabulary *v) {
    memory_release(&v->memory, v->slots, v->slot_count, sizeof *v->slots);
    memory_release(&v->memory, v->tokens, v->room, sizeof *v->tokens);
    memory_release(&v->memory, v->texts, v->texts_bytes, 1);
    *v = (struct vocabulary){0};
}

void vocabulary_add(struct vocabulary *v, const char *text, int64_t bytes, int32_t id) {
    memcpy(v->texts + v->texts_used, text, (size_t)bytes);
    v->tokens[v->count++] = (struct token){v->texts_used, bytes, id, TOKEN_TEXT, 0};
    v->texts_used += bytes + 1;
    if (bytes > v->longest) v->longest = bytes;
}

void vocabulary_add_extra(struct vocabulary *v, const char *text, int64_t bytes, int32_t id) {
    vocabulary_add(v, text, bytes, id);
    v->tokens[v->count - 1].extra = 1;
}

/* FNV-1a (Fowler, Noll, Vo). */
const uint64_t hash_nothing = 0xcbf29ce484222325u;

uint64_t hash_more(uint64_t hash, const char *text, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i++) hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash;
}

static uint32_t high_half(uint64_t hash) {
    return (uint32_t)(hash >> 32);
}

static int is_text(const struct vocabulary *v, const struct token *t, const char *prefix, int64_t prefix_bytes,
                   const char *text, int64_t bytes) {
    const char *own = v->texts + t->start;
    if (t->bytes != prefix_bytes + bytes) return 0;
    if (prefix_bytes && memcmp(own, prefix, (size_t)prefix_bytes) != 0) return 0;
    return !memcmp(own + prefix_bytes, text, (size_t)bytes);
}

/* The slot that holds the text, or the empty one where it belongs. The table is at most half full. */
static struct slot *find_slot(const struct vocabulary *v, uint64_t hash, const char *prefix, int64_t prefix_bytes,
                              const char *text, int64_t bytes) {
    const uint64_t mask = (uint64_t)v->slot_count - 1;
    for (uint64_t i = hash ^ hash >> 29;; i++) {
        struct slot *slot = &v->slots[i & mask];
        if (!slot->number) return slot;
        if (slot->hash == high_half(hash) &&
            is_text(v, &v->tokens[slot->number - 1], prefix, prefix_bytes, text, bytes))
            return slot;
    }
}

int32_t vocabulary_find(const struct vocabulary *v, uint64_t hash, const char *prefix, int64_t prefix_bytes,
                        const char *text, int64_t bytes) {
    const struct slot *slot = find_slot(v, hash, prefix, prefix_bytes, text, bytes);
    return slot->number && !v->tokens[slot->number - 1].extra ? v->tokens[slot->number - 1].id : -1;
}

int32_t vocabulary_find_any(const struct vocabulary *v, const char *text, int64_t bytes) {
    const struct slot *slot = find_slot(v, hash_more(hash_nothing, text, bytes), "", 0, text, bytes);
    return slot->number ? v->tokens[slot->number - 1].id : -1;
}

static int by_id(const void *a, const void *b) {
    const struct token *s = a, *t = b;
    return (s->id > t->id) - (s->id < t->id);
}

/* Most files have their tokens in order. */
static void sort_by_id(struct token *tokens, int64_t count) {
    for (int64_t i = 1; i < count; i++)
        if (tokens[i - 1].id > tokens[i].id) {
            qsort(tokens, (size_t)count, sizeof *tokens, by_id);
            return;
        }
}

static struct slot *slot_of(const struct vocabulary *v, const struct token *t, uint64_t *hash) {
    const char *text = v->texts + t->start;
    *hash = hash_more(hash_nothing, text, t->bytes);
    return find_slot(v, *hash, "", 0, text, t->bytes);
}

static sa_status fail_numbers(const struct vocabulary *v, struct report *report, const char *file,
                              const struct token *known, const struct token *t) {
    return fail(report, SA_ERR_FORMAT, "%s: token \"%.60s\" has two numbers, %d and %d", file, v->texts + t->start,
                (int)known->id, (int)t->id);
}

/* Puts a token into the table; one that is there already is left out. */
static sa_status keep(struct vocabulary *v, struct report *report, const char *file, struct token t, int64_t *kept) {
    uint64_t hash;
    struct slot *slot = slot_of(v, &t, &hash);
    const struct token *known = slot->number ? &v->tokens[slot->number - 1] : NULL;
    if (known && known->id == t.id) return SA_OK;
    if (known && t.id >= v->repeats_below) return fail_numbers(v, report, file, known, &t);
    v->tokens[(*kept)++] = t;
    *slot = (struct slot){high_half(hash), (int32_t)*kept};
    return SA_OK;
}

/* Extra tokens have been put behind the others. If they do not belong there, all are sorted and put into the table
 * again. */
static void sort_all(struct vocabulary *v) {
    uint64_t hash;
    int64_t i = 1;
    while (i < v->count && v->tokens[i - 1].id < v->tokens[i].id) i++;
    if (i >= v->count) return;
    sort_by_id(v->tokens, v->count);
    memset(v->slots, 0, (size_t)v->slot_count * sizeof *v->slots);
    for (i = 0; i < v->count; i++) {
        struct slot *slot = slot_of(v, &v->tokens[i], &hash);
        *slot = (struct slot){high_half(hash), (int32_t)i + 1};
    }
}

sa_status vocabulary_finish(struct vocabulary *v, struct report *report, const char *file) {
    int64_t kept = 0, own = 0;
    sa_status status = SA_OK;
    while (own < v->count && !v->tokens[own].extra) own++;
    sort_by_id(v->tokens, own);
    for (int64_t i = 0; i < v->count && status == SA_OK; i++) status = keep(v, report, file, v->tokens[i], &kept);
    v->count = kept;
    if (status == SA_OK) sort_all(v);
    for (int64_t i = 1; i < kept && status == SA_OK; i++)
        if (v->tokens[i - 1].id == v->tokens[i].id)
            status = fail(report, SA_ERR_FORMAT, "%s: tokens \"%.60s\" and \"%.60s\" have the same number %d", file,
                          v->texts + v->tokens[i - 1].start, v->texts + v->tokens[i].start, (int)v->tokens[i].id);
    return status;
}

/* Most vocabularies have no gaps, and there the number is the index. */
static struct token *find_token(const struct vocabulary *v, int32_t id) {
    const struct token wanted = {.id = id};
    if (id >= 0 && id < v->count && v->tokens[id].id == id) return &v->tokens[id];
    return bsearch(&wanted, v->tokens, (size_t)v->count, sizeof *v->tokens, by_id);
}

void vocabulary_mark(struct vocabulary *v, int32_t id, enum token_kind kind) {
    struct token *t = find_token(v, id);
    if (t) t->kind = (uint8_t)kind;
}

const struct token *vocabulary_token(const struct vocabulary *v, int32_t id) {
    return find_token(v, id);
}

const char *vocabulary_text(const struct vocabulary *v, int32_t id) {
    const struct token *t = find_token(v, id);
    return t ? v->texts + t->start : NULL;
}

int64_t vocabulary_size(const struct vocabulary *v) {
    return v->count ? v->tokens[v->count - 1].id + (int64_t)1 : 0;
}
