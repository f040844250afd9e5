/* SPDX-License-Identifier: MIT */
#include "train/tokenizer/words.h"

#include "base/compiler.h"
#include "text/step/split.h"
#include "text/vocabulary.h"
#include "train/tokenizer/array.h"

enum { LEAST_WORDS = 1024 };

void words_open(const struct allocator *memory, struct words *w) {
    *w = (struct words){.memory = *memory};
}

void words_close(struct words *w) {
    memory_release(&w->memory, w->list, w->room, sizeof *w->list);
    memory_release(&w->memory, w->slots, w->slot_count, sizeof *w->slots);
    *w = (struct words){0};
}

/* The slot of a word, or the empty one where it belongs. */
static int32_t *find_slot(const struct words *w, const char *text, int64_t bytes) {
    const uint64_t mask = (uint64_t)w->slot_count - 1, hash = hash_more(hash_nothing, text, bytes);
    for (uint64_t i = hash ^ hash >> 29;; i++) {
        int32_t *slot = &w->slots[i & mask];
        if (!*slot) return slot;
        const struct word *word = &w->list[*slot - 1];
        if (word->bytes == bytes && !memcmp(word->text, text, (size_t)bytes)) return slot;
    }
}

static sa_status grow(struct words *w, struct report *report) {
    struct word *list = array_grow(&w->memory, w->list, &w->room, LEAST_WORDS, sizeof *w->list);
    if (!list) return fail_memory_for(report, "the words of a text");
    w->list = list;
    int32_t *slots = memory_allocate(&w->memory, 2 * w->room, sizeof *slots);
    if (!slots) return fail_memory_for(report, "the words of a text");
    memory_release(&w->memory, w->slots, w->slot_count, sizeof *w->slots);
    w->slots = slots;
    w->slot_count = 2 * w->room;
    for (int64_t i = 0; i < w->count; i++) *find_slot(w, w->list[i].text, w->list[i].bytes) = (int32_t)(i + 1);
    return SA_OK;
}

static sa_status count_word(struct words *w, struct report *report, const char *text, int64_t bytes) {
    sa_status status = w->count < w->room ? SA_OK : grow(w, report);
    if (status != SA_OK) return status;
    int32_t *slot = find_slot(w, text, bytes);
    if (!*slot) {
        w->list[w->count++] = (struct word){.text = text, .bytes = bytes};
        *slot = (int32_t)w->count;
        w->bytes += bytes;
    }
    w->list[*slot - 1].count++;
    return w->bytes <= INT32_MAX ? SA_OK : fail(report, SA_ERR_OVERFLOW, "the different words have over 2^31 bytes");
}

static sa_status count_stretch(struct words *w, struct report *report, const char *text, int64_t bytes) {
    const struct split_rules gpt2 = {SPLIT_GPT2, 0};
    sa_status status = SA_OK;
    for (int64_t at = 0, end; at < bytes && status == SA_OK; at = end) {
        end = split_next(&gpt2, text, bytes, at);
        status = count_word(w, report, text + at, end - at);
    }
    return status;
}

sa_status words_count(struct words *w, struct report *report, const struct added_tokens *special, const char *text,
                      int64_t bytes) {
    struct match match = {0};
    int64_t at = 0;
    sa_status status = SA_OK;
    for (; status == SA_OK && added_tokens_next(special, 1, text, bytes, &match); at = match.last)
        status = count_stretch(w, report, text + at, match.first - at);
    return status == SA_OK ? count_stretch(w, report, text + at, bytes - at) : status;
}
