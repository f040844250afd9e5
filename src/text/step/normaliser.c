/* Steps write from one pad to the other. A step that leaves ASCII as it is is skipped for such texts.
 * SPDX-License-Identifier: MIT */
#include "text/step/normaliser.h"

#include "text/characters.h"
#include "text/encoder.h"
#include "text/step/byte_alphabet.h"

#include <string.h>
#include <utf8proc.h>

static int is_ascii(struct text t) {
    unsigned char any = 0;
    for (int64_t i = 0; i < t.count; i++) any |= (unsigned char)t.bytes[i];
    return any < 0x80;
}

static void put_form(struct encoder *e, enum unicode_form form, struct text t, struct pad *out) {
    for (int64_t at = 0, end; at < t.count && e->status == SA_OK; at = end) {
        end = t.places ? unicode_stretch(form, t.bytes, t.count, at) : t.count;
        stand_for(e, t, at, end);
        const int64_t length = unicode_normalise(form, t.bytes + at, end - at, NULL);
        char *room = pad_text_room(e, out, length);
        if (!room) return;
        unicode_normalise(form, t.bytes + at, end - at, room);
        if (t.places && length == end - at && !memcmp(room, t.bytes + at, (size_t)length))
            pad_copy(e, out, t, at, end);
        else
            out->used += length;
    }
}

static void put_bert(struct encoder *e, const struct bert_rules *rules, struct text t, struct pad *out) {
    const int64_t length = is_ascii(t) ? t.count : bert_normalise(rules, t, NULL, NULL);
    char *room = pad_text_room(e, out, length);
    if (room) out->used += bert_normalise(rules, t, room, pad_places(e, out));
    e->drops_start |= bert_drops_start(rules, t);
}

static void put_lowercase(struct encoder *e, struct text t, struct pad *out) {
    int32_t c;
    for (int64_t at = 0; at < t.count;) {
        const int64_t length = next_character(t.bytes + at, t.count - at, &c);
        stand_for(e, t, at, at + length);
        at += length;
        if (c == 0x130) { /* the one capital whose small form has two characters */
            pad_put(e, out, "i\xcc\x87", 3);
        } else {
            pad_put_character(e, out, utf8proc_tolower(c));
        }
    }
}

static void put_stripped(struct encoder *e, const struct normal_step *step, struct text t, struct pad *out) {
    const int64_t first = step->left ? skip_whitespace(t.bytes, t.count, 0) : 0;
    const int64_t last = step->right ? skip_whitespace_back(t.bytes, first, t.count) : t.count;
    e->drops_start |= first > 0;
    pad_copy(e, out, t, first, last);
}

static int is_mark(int32_t c) {
    const utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

/* What becomes of a character in the rules for neural machine translation: -1, it is dropped. */
static int32_t nmt_character(int32_t c) {
    if ((c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f || c == 0x9f) return -1;
    if (c == 0x9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 || (c >= 0x200b && c <= 0x200f) || c == 0x2028 ||
        c == 0x2029 || c == 0x2581 || c == 0xfeff || c == 0xfffd)
        return ' ';
    return c;
}

static void put_each(struct encoder *e, enum normal_kind kind, struct text t, struct pad *out) {
    int32_t c;
    for (int64_t at = 0; at < t.count;) {
        const int64_t length = next_character(t.bytes + at, t.count - at, &c);
        stand_for(e, t, at, at + length);
        at += length;
        if (kind == NORMAL_NMT) c = nmt_character(c);
        if (c >= 0 && !(kind == NORMAL_STRIP_ACCENTS && is_mark(c)))
            pad_put_character(e, out, c);
        else
            e->drops_start |= out->used == 0;
    }
}

static void put_replaced(struct encoder *e, const struct normal_step *step, struct text t, struct pad *out) {
    int64_t at = 0, first, last;
    int found = 0;
    for (int after = 0; t.count && (found = pattern_next(&step->pattern, &e->searcher, t.bytes, t.count, at, after,
                                                         &first, &last)) > 0;
         after = 1) {
        pad_copy(e, out, t, at, first);
        stand_for(e, t, first, last);
        pad_put(e, out, step->text, step->bytes);
        e->drops_start |= out->used == 0 && last > 0;
        at = last;
        if (e->status != SA_OK) return;
    }
    if (found < 0) encoder_fail_search(e, found, at);
    pad_copy(e, out, t, at, t.count);
}

/* The end of the cluster of characters that a reader sees as one. */
static int64_t cluster_end(struct text t, int64_t at) {
    int32_t before, c, state = 0;
    at += next_character(t.bytes + at, t.count - at, &before);
    while (at < t.count) {
        const int64_t length = next_character(t.bytes + at, t.count - at, &c);
        if (utf8proc_grapheme_break_stateful(before, c, &state)) break;
        at += length;
        before = c;
    }
    return at;
}

/* A cluster of fewer than 6 bytes is replaced as a whole if any beginning of it is in the table. That is how the
 * reference does it. */
static void put_cluster(struct encoder *e, const struct charsmap *map, struct text cluster, struct pad *out) {
    enum { MOST_CLUSTER = 5 };
    int64_t matched, length;
    int32_t c;
    const char *whole =
        cluster.count <= MOST_CLUSTER ? charsmap_find(map, 0, cluster.bytes, cluster.count, &matched) : NULL;
    if (whole) {
        stand_for(e, cluster, 0, cluster.count);
        pad_put(e, out, whole, (int64_t)strlen(whole));
        return;
    }
    for (int64_t at = 0; at < cluster.count; at += length) {
        length = next_character(cluster.bytes + at, cluster.count - at, &c);
        const char *text = charsmap_find(map, 0, cluster.bytes + at, length, &matched);
        stand_for(e, cluster, at, at + length);
        pad_put(e, out, text ? text : cluster.bytes + at, text ? (int64_t)strlen(text) : length);
    }
}

static void put_mapped(struct encoder *e, const struct charsmap *map, struct text t, struct pad *out) {
    for (int64_t at = 0, end; at < t.count && e->status == SA_OK; at = end) {
        const int plain = (unsigned char)t.bytes[at] < 0x80 &&
                          (at + 1 == t.count || ((unsigned char)t.bytes[at + 1] < 0x80 && t.bytes[at] != '\r'));
        end = plain ? at + 1 : cluster_end(t, at);
        put_cluster(e, map, text_part(t, at, end), out);
    }
}

/* A text on its way through SentencePiece's rules. */
struct sentence {
    const struct normal_step *step;
    int has_text;    /* something other than spaces that begin the text has been met */
    int after_space; /* spaces that follow are left out */
};

static void put_chunk(struct encoder *e, struct sentence *s, const char *chunk, int64_t bytes, struct pad *out) {
    s->has_text |= bytes != 1 || *chunk != ' ' || !s->step->single_spaces;
    while (s->after_space && bytes && *chunk == ' ') chunk++, bytes--;
    if (!bytes) return;
    for (int64_t i = 0; i < bytes; i++) {
        const int is_space = chunk[i] == ' ';
        pad_put(e, out, is_space ? visible_space : chunk + i, is_space ? VISIBLE_SPACE : 1);
    }
    s->after_space = s->step->single_spaces && chunk[bytes - 1] == ' ';
}

static int ends_with_space(const struct pad *pad, int64_t from) {
    return pad->used - from >= VISIBLE_SPACE &&
           !memcmp(pad->bytes + pad->used - VISIBLE_SPACE, visible_space, VISIBLE_SPACE);
}

/* SentencePiece: replaces by the table; a run of spaces becomes one, there is none at the ends, and one is put before
 * the text or behind it. Spaces become visible. */
static void put_sentence(struct encoder *e, const struct normal_step *step, struct text t, struct pad *out) {
    const int64_t from = out->used;
    struct sentence s = {step, 0, step->single_spaces};
    int32_t c;
    stand_for(e, t, 0, 0);
    if (step->left) pad_put(e, out, visible_space, VISIBLE_SPACE);
    for (int64_t at = 0, matched; at < t.count && e->status == SA_OK; at += matched) {
        const char *text = step->map.units ? charsmap_find(&step->map, 1, t.bytes + at, t.count - at, &matched) : NULL;
        if (!text) matched = next_character(t.bytes + at, t.count - at, &c);
        stand_for(e, t, at, at + matched);
        put_chunk(e, &s, text ? text : t.bytes + at, text ? (int64_t)strlen(text) : matched, out);
    }
    while (step->single_spaces && e->status == SA_OK && ends_with_space(out, from)) out->used -= VISIBLE_SPACE;
    if (!s.has_text) out->used = from;
    stand_for(e, t, t.count, t.count);
    if (s.has_text && step->right) pad_put(e, out, visible_space, VISIBLE_SPACE);
}

/* Whether a step leaves a text of ASCII as it is. */
static int keeps_ascii(const struct normal_step *step) {
    return step->kind == NORMAL_FORM || step->kind == NORMAL_STRIP_ACCENTS;
}

static void run_step(struct encoder *e, const struct normal_step *step, struct text t, struct pad *out) {
    switch (step->kind) {
    case NORMAL_BERT:
        put_bert(e, &step->bert, t, out);
        break;
    case NORMAL_FORM:
        put_form(e, step->form, t, out);
        break;
    case NORMAL_LOWERCASE:
        put_lowercase(e, t, out);
        break;
    case NORMAL_STRIP:
        put_stripped(e, step, t, out);
        break;
    case NORMAL_STRIP_ACCENTS:
    case NORMAL_NMT:
        put_each(e, step->kind, t, out);
        break;
    case NORMAL_PREPEND:
        stand_for(e, t, 0, 0);
        if (t.count) pad_put(e, out, step->text, step->bytes);
        pad_copy(e, out, t, 0, t.count);
        break;
    case NORMAL_REPLACE:
        put_replaced(e, step, t, out);
        break;
    case NORMAL_CHARSMAP:
        put_mapped(e, &step->map, t, out);
        break;
    case NORMAL_SENTENCE:
        put_sentence(e, step, t, out);
        break;
    case NORMAL_BYTE_ALPHABET:
        alphabet_write(e, t, out);
        break;
    }
}

struct text normalise(struct encoder *e, struct text t) {
    const struct normaliser *n = &e->tokenizer->normaliser;
    struct pad *pad = &e->ctx->pads[PAD_TEXT], *other = &e->ctx->pads[PAD_OTHER];
    for (int i = 0; i < n->count && e->status == SA_OK; i++) {
        if (keeps_ascii(&n->steps[i]) && is_ascii(t)) continue;
        other->used = 0;
        run_step(e, &n->steps[i], t, other);
        t = pad_text(e, other);
        struct pad *full = other;
        other = pad;
        pad = full;
    }
    return t;
}
