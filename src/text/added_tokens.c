/* SPDX-License-Identifier: MIT */
#include "text/added_tokens.h"

#include "text/characters.h"

#include <string.h>

sa_status added_tokens_create(const struct allocator *memory, struct report *report, int64_t count, int64_t bytes,
                              struct added_tokens *set) {
    *set = (struct added_tokens){.memory = *memory};
    set->texts = memory_allocate(memory, bytes, 1);
    if (!set->texts) return fail_memory(report, bytes, "the texts of added tokens");
    set->texts_bytes = bytes;
    set->tokens = memory_allocate(memory, count, sizeof *set->tokens);
    if (!set->tokens) return fail_memory(report, count * (int64_t)sizeof *set->tokens, "a list of added tokens");
    set->room = count;
    return SA_OK;
}

void added_tokens_destroy(struct added_tokens *set) {
    memory_release(&set->memory, set->tokens, set->room, sizeof *set->tokens);
    memory_release(&set->memory, set->texts, set->texts_bytes, 1);
    *set = (struct added_tokens){0};
}

char *added_tokens_end(const struct added_tokens *set) {
    return set->texts + set->texts_used;
}

/* The first bytes of a text, at most 8. */
static uint64_t head_of(const char *text, int64_t bytes) {
    uint64_t head = 0;
    memcpy(&head, text, bytes < (int64_t)sizeof head ? (size_t)bytes : sizeof head);
    return head;
}

void added_tokens_add(struct added_tokens *set, struct added_token token) {
    if (!token.bytes) return;
    static const char ones[] = "\xff\xff\xff\xff\xff\xff\xff\xff";
    token.start = set->texts_used;
    token.head = head_of(set->texts + token.start, token.bytes);
    token.mask = head_of(ones, token.bytes);
    set->texts_used += token.bytes;
    set->tokens[set->count++] = token;
    set->begins[(unsigned char)set->texts[token.start]] = 1;
}

/* The longest token that stands at the beginning of the text. */
static const struct added_token *longest_at(const struct added_tokens *set, int with_special, const char *text,
                                            int64_t bytes) {
    const struct added_token *best = NULL;
    if (!set->begins[(unsigned char)*text]) return NULL;
    const uint64_t head = head_of(text, bytes);
    for (const struct added_token *t = set->tokens; t < set->tokens + set->count; t++)
        if ((head & t->mask) == t->head && (with_special || !t->special) && t->bytes <= bytes &&
            (!best || t->bytes > best->bytes) && !memcmp(text, set->texts + t->start, (size_t)t->bytes))
            best = t;
    return best;
}

/* Whether no part of a word stands beside bytes first .. last - 1. */
static int is_single_word(const char *text, int64_t bytes, int64_t first, int64_t last) {
    int32_t c;
    if (first > 0) {
        previous_character(text, first, &c);
        if (is_word(c)) return 0;
    }
    if (last == bytes) return 1;
    next_character(text + last, bytes - last, &c);
    return !is_word(c);
}

int added_tokens_next(const struct added_tokens *set, int with_special, const char *text, int64_t bytes,
                      struct match *match) {
    for (int64_t i = match->end; set->count && i < bytes; i++) {
        const struct added_token *t = longest_at(set, with_special, text + i, bytes - i);
        if (!t) continue;
        if (t->single_word && !is_single_word(text, bytes, i, i + t->bytes)) {
            i += t->bytes - 1;
            continue;
        }
        const int64_t at = match->last;
        match->end = i + t->bytes;
        match->first = t->strip_left ? (i > at ? skip_whitespace_back(text, at, i) : at) : i;
        if (t->strip_right && match->space_end < match->end)
            match->space_end = skip_whitespace(text, bytes, match->end);
        match->last = t->strip_right ? match->space_end : match->end;
        match->id = t->id;
        if (match->first < match->last) return 1;
        i = match->end - 1;
    }
    return 0;
}
