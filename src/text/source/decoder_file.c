/* The section decoder of tokenizer.json.
 * SPDX-License-Identifier: MIT */
#include "text/step/decoder.h"
#include "text/tokenizer.h"

#include <string.h>

/* The reading of one section. After a step that joins all tokens, the next ones see the whole text. */
struct reading {
    const struct allocator *memory;
    const struct json_source *source;
    struct decoder *decoder;
    int joined;
};

static const char path[] = "decoder.";

static sa_status take_mark_and_flag(const struct reading *r, const json_t *json, const char *mark, const char *flag,
                                    struct decode_step *step) {
    sa_status status = take_mark(r->source, json, path, mark, step->mark, sizeof step->mark);
    return status == SA_OK && flag ? json_member_flag(r->source, json, path, flag, &step->clean_up) : status;
}

static sa_status take_metaspace(const struct reading *r, const json_t *json, struct decode_step *step) {
    const char *scheme = "";
    int prefix = 1;
    sa_status status = take_mark_and_flag(r, json, "replacement", NULL, step);
    if (status == SA_OK) status = take_flag(r->source, json, path, "add_prefix_space", &prefix);
    if (status == SA_OK && !json_member_absent(json, "prepend_scheme"))
        status = json_member_text(r->source, json, path, "prepend_scheme", &scheme);
    step->drops_first = prefix && status == SA_OK && strcmp(scheme, "never") != 0;
    return status;
}

static sa_status take_replace(const struct reading *r, const json_t *json, struct decode_step *step) {
    sa_status status = take_mark(r->source, json, path, "content", step->content, sizeof step->content);
    return status == SA_OK ? pattern_read(r->memory, r->source, json, path, &step->pattern) : status;
}

static sa_status take_strip(const struct reading *r, const json_t *json, struct decode_step *step) {
    sa_status status = take_mark(r->source, json, path, "content", step->mark, sizeof step->mark);
    if (status == SA_OK) status = json_member_integer(r->source, json, path, "start", 0, INT32_MAX, &step->start);
    if (status == SA_OK) status = json_member_integer(r->source, json, path, "stop", 0, INT32_MAX, &step->stop);
    step->whole = r->joined;
    if (status != SA_OK || !step->whole || !step->stop) return status;
    return fail(r->source->report, SA_ERR_UNSUPPORTED,
                "%s: decoder.stop is %lld after the tokens are joined: what is left out at the end of a text is not "
                "known before it ends",
                r->source->file, (long long)step->stop);
}

static sa_status take_wordpiece(const struct reading *r, const json_t *json, struct decode_step *step) {
    return take_mark_and_flag(r, json, "prefix", "cleanup", step);
}

static sa_status take_suffix(const struct reading *r, const json_t *json, struct decode_step *step) {
    return take_mark_and_flag(r, json, "suffix", NULL, step);
}

static sa_status take_ctc(const struct reading *r, const json_t *json, struct decode_step *step) {
    sa_status status = take_mark_and_flag(r, json, "pad_token", "cleanup", step);
    if (status != SA_OK) return status;
    return take_mark(r->source, json, path, "word_delimiter_token", step->content, sizeof step->content);
}

static sa_status take_nothing(const struct reading *r, const json_t *json, struct decode_step *step) {
    (void)r, (void)json, (void)step;
    return SA_OK;
}

static const struct {
    const char *type;
    enum decode_kind kind;
    sa_status (*take)(const struct reading *r, const json_t *json, struct decode_step *step);
} kinds[] = {
    {"ByteLevel", DECODE_BYTES, take_nothing},
    {"WordPiece", DECODE_WORDPIECE, take_wordpiece},
    {"BPEDecoder", DECODE_SUFFIX, take_suffix},
    {"Metaspace", DECODE_METASPACE, take_metaspace},
    {"ByteFallback", DECODE_BYTE_FALLBACK, take_nothing},
    {"Replace", DECODE_REPLACE, take_replace},
    {"Strip", DECODE_STRIP, take_strip},
    {"CTC", DECODE_CTC, take_ctc},
};

static int has_step(const struct decoder *d, enum decode_kind kind) {
    for (int i = 0; i < d->count; i++)
        if (d->steps[i].kind == kind) return 1;
    return 0;
}

/* Some steps see more than one token's text: CTC leaves out a token that says what the one before says, BPEDecoder
 * looks at the end of the one before, ByteFallback makes one text of bytes in a row. They have to see tokens as the
 * vocabulary has them, and no step that asks where a token begins, or ends, may follow them. */
static sa_status check_order(const struct reading *r, const char *type, enum decode_kind kind) {
    const struct decoder *d = r->decoder;
    const int sees_others = kind == DECODE_CTC || kind == DECODE_SUFFIX;
    const int has_place = sees_others || kind == DECODE_WORDPIECE;
    const char *before = NULL;
    if (sees_others && d->count) before = "another step";
    if ((has_place || kind == DECODE_METASPACE) && has_step(d, DECODE_CTC)) before = "CTC";
    if ((has_place || kind == DECODE_STRIP) && has_step(d, DECODE_BYTE_FALLBACK) && !r->joined) before = "ByteFallback";
    if (kind == DECODE_STRIP && r->joined && d->count && d->steps[d->count - 1].whole) before = "Strip of a whole text";
    if (!before) return SA_OK;
    return fail(r->source->report, SA_ERR_UNSUPPORTED, "%s: decoder has the step \"%.60s\" after %s", r->source->file,
                type, before);
}

static sa_status take_step(struct reading *r, const json_t *json);

static sa_status take_sequence(struct reading *r, const json_t *json) {
    json_t *steps;
    sa_status status = json_member(r->source, json, path, "decoders", JSON_ARRAY, &steps);
    for (size_t i = 0; status == SA_OK && i < json_array_size(steps); i++)
        status = take_step(r, json_array_get(steps, i));
    return status;
}

static sa_status take_step(struct reading *r, const json_t *json) {
    struct decoder *d = r->decoder;
    const char *type;
    sa_status status = json_member_text(r->source, json, path, "type", &type);
    if (status != SA_OK) return status;
    if (!strcmp(type, "Sequence")) return take_sequence(r, json);
    if (r->joined && strcmp(type, "Strip") != 0 && strcmp(type, "Fuse") != 0)
        return fail(r->source->report, SA_ERR_UNSUPPORTED,
                    "%s: decoder has the step \"%.60s\" after the tokens are joined", r->source->file, type);
    if (!strcmp(type, "Fuse")) {
        r->joined = 1;
        return SA_OK;
    }
    for (int64_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(type, kinds[i].type) != 0) continue;
        if (d->count == MOST_DECODE_STEPS) return fail_steps(r->source, "decoder", MOST_DECODE_STEPS);
        status = check_order(r, type, kinds[i].kind);
        if (status != SA_OK) return status;
        struct decode_step *step = &d->steps[d->count++];
        step->kind = kinds[i].kind;
        status = kinds[i].take(r, json, step);
        r->joined |= step->kind == DECODE_BYTES;
        return status;
    }
    return fail_kind(r->source, "decoder", type,
                     "ByteLevel, WordPiece, BPEDecoder, Metaspace, ByteFallback, Fuse, Replace, Strip, CTC or a "
                     "Sequence of these");
}

sa_status decoder_read(const struct allocator *memory, const struct json_source *source, const json_t *root,
                       struct decoder *decoder) {
    struct reading r = {memory, source, decoder, 0};
    json_t *json;
    decoder_set(decoder, DECODE_JOIN);
    if (json_member_absent(root, "decoder")) return SA_OK;
    decoder->count = 0;
    sa_status status = json_member(source, root, "", "decoder", JSON_OBJECT, &json);
    return status == SA_OK ? take_step(&r, json) : status;
}
