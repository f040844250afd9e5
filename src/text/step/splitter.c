/* Each piece goes through all later steps before the next piece is looked for. So nothing is stored but the texts that
 * steps write.
 * SPDX-License-Identifier: MIT */
#include "text/step/splitter.h"

#include "base/arith.h"
#include "text/characters.h"
#include "text/encoder.h"
#include "text/step/byte_alphabet.h"

#include <string.h>

_Static_assert(PAD_CUTS + MOST_CUT_STEPS <= CONTEXT_PADS, "each step has a pad");

/* A piece on its way to step number `step`. */
struct piece {
    const char *text;
    int64_t bytes;
    int at_start; /* nothing of the text stands before it */
    int step;
};

static void run(struct encoder *e, struct piece p);

static struct piece part_of(struct piece p, int64_t first, int64_t last) {
    return (struct piece){p.text + first, last - first, p.at_start && first == 0, p.step + 1};
}

/* Joins the matches and what lies between them as the behaviour says. */
struct joiner {
    struct encoder *encoder;
    const struct cut_step *step;
    struct piece whole;
    int64_t first, last;
    int has_item, is_match; /* the item that waits */
};

static void flush(struct joiner *j) {
    const int dropped = j->step->behavior == CUT_REMOVED && j->is_match;
    if (j->has_item && !dropped && j->last > j->first) run(j->encoder, part_of(j->whole, j->first, j->last));
    j->has_item = 0;
}

static int joins(const struct joiner *j, int is_match) {
    switch (j->step->behavior) {
    case CUT_CONTIGUOUS:
        return j->is_match == is_match;
    case CUT_WITH_PREVIOUS:
        return is_match && !j->is_match;
    case CUT_WITH_NEXT:
        return !is_match && j->is_match;
    default:
        return 0;
    }
}

static void take_item(struct joiner *j, int64_t first, int64_t last, int is_match) {
    if (!j->has_item || !joins(j, is_match)) {
        flush(j);
        j->first = first;
        j->has_item = 1;
    }
    j->last = last;
    j->is_match = is_match;
}

static void cut_by_pattern(struct encoder *e, const struct cut_step *step, struct piece p) {
    struct joiner j = {.encoder = e, .step = step, .whole = p};
    int64_t at = 0, first, last;
    int found = 0;
    for (int after = 0; e->status == SA_OK; after = 1) {
        found = pattern_next(&step->pattern, &e->searcher, p.text, p.bytes, at, after, &first, &last);
        if (found <= 0) break;
        if (first > at) take_item(&j, at, first, step->invert);
        take_item(&j, first, last, !step->invert);
        at = last;
    }
    if (found < 0) encoder_fail_search(e, found, at);
    if (e->status != SA_OK) return;
    if (at < p.bytes) take_item(&j, at, p.bytes, step->invert);
    flush(&j);
}

static void cut_as_bert(struct encoder *e, struct piece p) {
    int64_t first;
    for (int64_t at = 0; e->status == SA_OK && bert_next_word(p.text, p.bytes, &at, &first);)
        run(e, part_of(p, first, at));
}

/* Writes the piece with its spaces replaced to the step's pad. */
static struct pad *write_metaspace(struct encoder *e, const struct cut_step *step, struct piece p) {
    struct pad *pad = &e->ctx->pads[PAD_CUTS + p.step];
    const int64_t width = (int64_t)strlen(step->replacement);
    const int begins = *p.text == ' ' || (p.bytes >= width && !memcmp(p.text, step->replacement, (size_t)width));
    pad->used = 0;
    char *to = pad_room(e, pad, (p.bytes + 1) * width);
    if (!to) return NULL;
    const char *from = to;
    if (!begins && (step->prepend == PREPEND_ALWAYS || (step->prepend == PREPEND_FIRST && p.at_start))) {
        memcpy(to, step->replacement, (size_t)width);
        to += width;
    }
    for (int64_t i = 0; i < p.bytes; i++) {
        if (p.text[i] != ' ') {
            *to++ = p.text[i];
            continue;
        }
        memcpy(to, step->replacement, (size_t)width);
        to += width;
    }
    pad->used = to - from;
    return pad;
}

/* A word is the visible space and what follows up to the next one. */
static void cut_metaspace(struct encoder *e, const struct cut_step *step, struct piece p) {
    const struct pad *pad = write_metaspace(e, step, p);
    const int64_t width = (int64_t)strlen(step->replacement);
    if (!pad) return;
    const struct piece written = {pad->bytes, pad->used, p.at_start, p.step};
    int64_t first = 0;
    for (int64_t at = 1; step->splits && at + width <= written.bytes && e->status == SA_OK; at++) {
        if (written.text[at] != *step->replacement || memcmp(written.text + at, step->replacement, (size_t)width) != 0)
            continue;
        run(e, part_of(written, first, at));
        first = at;
    }
    if (e->status == SA_OK) run(e, part_of(written, first, written.bytes));
}

static void write_prefix(struct encoder *e, struct piece p) {
    struct pad *pad = &e->ctx->pads[PAD_CUTS + p.step];
    if (*p.text == ' ') {
        run(e, part_of(p, 0, p.bytes));
        return;
    }
    pad->used = 0;
    pad_put(e, pad, " ", 1);
    pad_put(e, pad, p.text, p.bytes);
    if (e->status == SA_OK) run(e, (struct piece){pad->bytes, pad->used, p.at_start, p.step + 1});
}

static void write_alphabet(struct encoder *e, struct piece p) {
    struct pad *pad = &e->ctx->pads[PAD_CUTS + p.step];
    pad->used = 0;
    char *room = pad_room(e, pad, ALPHABET_MOST_BYTES * p.bytes);
    if (!room) return;
    for (int64_t i = 0; i < p.bytes; i++) pad->used += alphabet_character((unsigned char)p.text[i], room + pad->used);
    run(e, (struct piece){pad->bytes, pad->used, p.at_start, p.step + 1});
}

static void cut_by_length(struct encoder *e, const struct cut_step *step, struct piece p) {
    int32_t c;
    for (int64_t at = 0, first = 0; at < p.bytes && e->status == SA_OK; first = at) {
        for (int64_t i = 0; i < step->length && at < p.bytes; i++) at += next_character(p.text + at, p.bytes - at, &c);
        run(e, part_of(p, first, at));
    }
}

static void run(struct encoder *e, struct piece p) {
    const struct splitter *splitter = &e->tokenizer->splitter;
    const struct cut_step *step = &splitter->steps[p.step];
    if (p.step == splitter->count) {
        e->tokenizer->model->tokenize(e, p.text, p.bytes);
        return;
    }
    switch (step->kind) {
    case CUT_PATTERN:
        cut_by_pattern(e, step, p);
        break;
    case CUT_BERT:
        cut_as_bert(e, p);
        break;
    case CUT_METASPACE:
        cut_metaspace(e, step, p);
        break;
    case CUT_PREFIX:
        write_prefix(e, p);
        break;
    case CUT_ALPHABET:
        write_alphabet(e, p);
        break;
    case CUT_LENGTH:
        cut_by_length(e, step, p);
        break;
    }
}

void cut_text(struct encoder *e, const char *text, int64_t bytes, int at_start) {
    if (bytes && e->status == SA_OK) run(e, (struct piece){text, bytes, at_start, 0});
}
