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
    v->tokens[v->count++] = (struct token){v->texts_used, bytes, id, TOKEN_TEXT};
    v->texts_used += bytes + 1;
    if (bytes > v->longest) v->longest = bytes;
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
    return t->bytes == prefix_bytes + bytes && !memcmp(own, prefix, (size_t)prefix_bytes) &&
           !memcmp(own + prefix_bytes, text, (size_t)bytes);
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
    return slot->number ? v->tokens[slot->number - 1].id : -1;
}

static int by_id(const void *a, const void *b) {
    const struct token *s = a, *t = b;
    return (s->id > t->id) - (s->id < t->id);
}

sa_status vocabulary_finish(struct vocabulary *v, struct report *report, const char *file) {
    int64_t kept = 0;
    qsort(v->tokens, (size_t)v->count, sizeof *v->tokens, by_id);
    for (int64_t i = 0; i < v->count; i++) {
        const struct token t = v->tokens[i];
        const char *text = v->texts + t.start;
        const uint64_t hash = hash_more(hash_nothing, text, t.bytes);
        struct slot *slot = find_slot(v, hash, "", 0, text, t.bytes);
        if (slot->number && v->tokens[slot->number - 1].id == t.id) continue;
        if (slot->number)
            return fail(report, SA_ERR_FORMAT, "%s: token \"%.60s\" has two numbers, %d and %d", file, text,
                        (int)v->tokens[slot->number - 1].id, (int)t.id);
        if (kept && v->tokens[kept - 1].id == t.id)
            return fail(report, SA_ERR_FORMAT, "%s: tokens \"%.60s\" and \"%.60s\" have the same number %d", file,
                        v->texts + v->tokens[kept - 1].start, text, (int)t.id);
        v->tokens[kept++] = t;
        *slot = (struct slot){high_half(hash), (int32_t)kept};
    }
    v->count = kept;
    return SA_OK;
}

/* Most vocabularies have no gaps, and there the number is the index. */
static struct token *find_token(const struct vocabulary *v, int32_t id) {
    const struct token wanted = {.id = id};
    if (id >= 0 && id < v->count && v->tokens[id].id == id) return &v->tokens[id];
    return bsearch(&wanted, v->tokens, (size_t)v->count, sizeof *v->tokens, by_id);
}

void vocabulary_mark(struct vocabulary *v, int32_t id, enum token_kind kind) {
    struct token *t = find_token(v, id);
    if (t) t->kind = kind;
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
