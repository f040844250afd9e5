/* Each piece goes through all later steps before the next piece is looked for. So nothing is stored but the texts that
 * steps write.
 * SPDX-License-Identifier: MIT */
#include "text/step/splitter.h"

#include "base/arith.h"
#include "text/characters.h"
#include "text/encoder.h"
#include "text/step/byte_alphabet.h"

#include <string.h>

_Static_assert(2 * PAD_PLACES <= CONTEXT_PADS, "each step has a pad, and one for the places of its text");

/* A piece on its way to step number `step`. */
struct piece {
    struct text text;
    int at_start; /* nothing of the text stands before it */
    int step;
};

static void run(struct encoder *e, struct piece p);

static struct piece part_of(struct piece p, int64_t first, int64_t last) {
    return (struct piece){text_part(p.text, first, last), p.at_start && first == 0, p.step + 1};
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
        found = pattern_next(&step->pattern, &e->searcher, p.text.bytes, p.text.count, at, after, &first, &last);
        if (found <= 0) break;
        if (first > at) take_item(&j, at, first, step->invert);
        take_item(&j, first, last, !step->invert);
        at = last;
    }
    if (found < 0) encoder_fail_search(e, found, at);
    if (e->status != SA_OK) return;
    if (at < p.text.count) take_item(&j, at, p.text.count, step->invert);
    flush(&j);
}

static void cut_as_bert(struct encoder *e, struct piece p) {
    int64_t first;
    for (int64_t at = 0; e->status == SA_OK && bert_next_word(p.text.bytes, p.text.count, &at, &first);)
        run(e, part_of(p, first, at));
}

/* Puts the replacement of a space, which is byte `at` of the piece, or is missing there. */
static void put_space(struct encoder *e, const struct cut_step *step, struct text t, int64_t at, int is_there) {
    stand_for(e, t, at, at + is_there);
    pad_put(e, &e->ctx->pads[PAD_CUTS + (step - e->tokenizer->splitter.steps)], step->replacement,
            (int64_t)strlen(step->replacement));
}

/* Writes the piece with its spaces replaced to the step's pad. */
static struct text write_metaspace(struct encoder *e, const struct cut_step *step, struct piece p) {
    struct pad *pad = &e->ctx->pads[PAD_CUTS + p.step];
    const struct text t = p.text;
    const int64_t width = (int64_t)strlen(step->replacement);
    const int begins = *t.bytes == ' ' || (t.count >= width && !memcmp(t.bytes, step->replacement, (size_t)width));
    pad->used = 0;
    if (!begins && (step->prepend == PREPEND_ALWAYS || (step->prepend == PREPEND_FIRST && p.at_start)))
        put_space(e, step, t, 0, 0);
    for (int64_t at = 0, end; at < t.count && e->status == SA_OK; at = end + 1) {
        const char *space = memchr(t.bytes + at, ' ', (size_t)(t.count - at));
        end = space ? space - t.bytes : t.count;
        pad_copy(e, pad, t, at, end);
        if (space) put_space(e, step, t, end, 1);
    }
    return pad_text(e, pad);
}

/* A word is the visible space and what follows up to the next one. */
static void cut_metaspace(struct encoder *e, const struct cut_step *step, struct piece p) {
    const struct piece written = {write_metaspace(e, step, p), p.at_start, p.step};
    const struct text t = written.text;
    const int64_t width = (int64_t)strlen(step->replacement);
    int64_t first = 0;
    for (int64_t at = 1; step->splits && at + width <= t.count && e->status == SA_OK; at++) {
        if (t.bytes[at] != *step->replacement || memcmp(t.bytes + at, step->replacement, (size_t)width) != 0) continue;
        run(e, part_of(written, first, at));
        first = at;
    }
    if (e->status == SA_OK) run(e, part_of(written, first, t.count));
}

static void write_prefix(struct encoder *e, struct piece p) {
    struct pad *pad = &e->ctx->pads[PAD_CUTS + p.step];
    if (*p.text.bytes == ' ') {
        run(e, part_of(p, 0, p.text.count));
        return;
    }
    pad->used = 0;
    stand_for(e, p.text, 0, 0);
    pad_put(e, pad, " ", 1);
    pad_copy(e, pad, p.text, 0, p.text.count);
    if (e->status == SA_OK) run(e, (struct piece){pad_text(e, pad), p.at_start, p.step + 1});
}

static void write_alphabet(struct encoder *e, struct piece p) {
    struct pad *pad = &e->ctx->pads[PAD_CUTS + p.step];
    pad->used = 0;
    alphabet_write(e, p.text, pad);
    if (e->status == SA_OK) run(e, (struct piece){pad_text(e, pad), p.at_start, p.step + 1});
}

static void cut_by_length(struct encoder *e, const struct cut_step *step, struct piece p) {
    int32_t c;
    const struct text t = p.text;
    for (int64_t at = 0, first = 0; at < t.count && e->status == SA_OK; first = at) {
        for (int64_t i = 0; i < step->length && at < t.count; i++) at += next_character(t.bytes + at, t.count - at, &c);
        run(e, part_of(p, first, at));
    }
}

static void run(struct encoder *e, struct piece p) {
    const struct splitter *splitter = &e->tokenizer->splitter;
    const struct cut_step *step = &splitter->steps[p.step];
    if (p.step == splitter->count) {
        e->word = p.text;
        e->tokenizer->model->tokenize(e, p.text.bytes, p.text.count);
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

void cut_text(struct encoder *e, struct text text, int at_start) {
    if (text.count && e->status == SA_OK) run(e, (struct piece){text, at_start, 0});
}
