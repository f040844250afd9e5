/* SPDX-License-Identifier: MIT */
#include "train/tokenizer/merges.h"

#include "text/vocabulary.h"
#include "train/tokenizer/array.h"
#include "train/tokenizer/pairs.h"

void merges_close(struct merges *m) {
    memory_release(&m->memory, m->text, m->text_bytes, 1);
    memory_release(&m->memory, m->tokens, m->token_room, sizeof *m->tokens);
    memory_release(&m->memory, m->list, m->room, sizeof *m->list);
    memory_release(&m->memory, m->slots, m->slot_count, sizeof *m->slots);
    *m = (struct merges){0};
}

static sa_status allocate(struct merges *m, struct report *report, int64_t text_bytes, int64_t most) {
    int64_t slots = 2 * BYTE_TOKENS;
    while (slots < 2 * most) slots *= 2;
    m->text = memory_allocate(&m->memory, text_bytes, 1);
    if (m->text) m->text_bytes = text_bytes;
    m->tokens = memory_allocate(&m->memory, most, sizeof *m->tokens);
    if (m->tokens) m->token_room = most;
    m->slots = memory_allocate(&m->memory, slots, sizeof *m->slots);
    if (m->slots) m->slot_count = slots;
    return m->text && m->tokens && m->slots ? SA_OK : fail_memory_for(report, "the tokens to learn");
}

/* The slot of a text, or the empty one where it belongs. The table is at most half full. */
static int32_t *find_slot(const struct merges *m, struct learned_token wanted) {
    const char *text = m->text + wanted.start;
    const uint64_t mask = (uint64_t)m->slot_count - 1, hash = hash_more(hash_nothing, text, wanted.bytes);
    for (uint64_t i = hash ^ hash >> 29;; i++) {
        int32_t *slot = &m->slots[i & mask];
        if (!*slot) return slot;
        const struct learned_token *t = &m->tokens[*slot - 1];
        if (t->bytes == wanted.bytes && !memcmp(m->text + t->start, text, (size_t)t->bytes)) return slot;
    }
}

/* The number of the token of a text. Two merges may make the same one: "a" and "bc", "ab" and "c". */
static int32_t take_token(struct merges *m, struct learned_token token) {
    int32_t *slot = find_slot(m, token);
    if (!*slot) {
        m->tokens[m->token_count++] = token;
        *slot = (int32_t)m->token_count;
    }
    return *slot - 1;
}

static void copy_texts(struct merges *m, const struct words *words, const unsigned char bytes[BYTE_TOKENS]) {
    char *to = m->text + BYTE_TOKENS;
    memcpy(m->text, bytes, BYTE_TOKENS);
    for (int64_t i = 0; i < BYTE_TOKENS; i++) take_token(m, (struct learned_token){i, 1});
    for (int64_t i = 0; i < words->count; to += words->list[i++].bytes)
        memcpy(to, words->list[i].text, (size_t)words->list[i].bytes);
}

static sa_status add_merge(struct merges *m, struct report *report, struct pairs *pairs, struct token_pair best) {
    if (m->count == m->room) {
        struct learned_merge *list = array_grow(&m->memory, m->list, &m->room, BYTE_TOKENS, sizeof *list);
        if (!list) return fail_memory_for(report, "the merges to learn");
        m->list = list;
    }
    /* The text of the two stands where they stand. */
    const struct learned_token joined = {BYTE_TOKENS + best.first,
                                         m->tokens[best.left].bytes + m->tokens[best.right].bytes};
    m->list[m->count++] = (struct learned_merge){best.left, best.right};
    return pairs_join(pairs, report, best, take_token(m, joined));
}

static sa_status learn(struct merges *m, struct report *report, struct watch *watch, struct pairs *pairs, int64_t most,
                       int64_t least) {
    struct watch *told = watch_begin(watch, "tokens", most);
    sa_status status = SA_OK;
    while (m->token_count < most && status == SA_OK && !watch_stops(watch)) {
        const struct token_pair *best = pairs_best(pairs);
        if (!best || best->count < least) break;
        status = add_merge(m, report, pairs, *best);
        watch_tell(told, m->token_count);
    }
    watch_end(told);
    return status;
}

sa_status merges_learn(const struct allocator *memory, struct report *report, struct watch *watch,
                       const struct words *words, const unsigned char bytes[BYTE_TOKENS], int64_t most, int64_t least,
                       struct merges *m) {
    struct pairs pairs = {0};
    int32_t token_of[BYTE_TOKENS];
    *m = (struct merges){.memory = *memory};
    sa_status status = allocate(m, report, BYTE_TOKENS + words->bytes, most);
    if (status != SA_OK) return status;
    copy_texts(m, words, bytes);
    for (int32_t i = 0; i < BYTE_TOKENS; i++) token_of[bytes[i]] = i;
    status = pairs_open(memory, report, words, token_of, &pairs);
    if (status == SA_OK) status = learn(m, report, watch, &pairs, most, least);
    pairs_close(&pairs);
    return status;
}
