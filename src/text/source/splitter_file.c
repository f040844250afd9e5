/* The section pre_tokenizer of tokenizer.json.
 * SPDX-License-Identifier: MIT */
#include "text/step/splitter.h"
#include "text/tokenizer.h"

#include <string.h>

/* The reading of one section: where it is, and what is filled in. */
struct reading {
    const struct allocator *memory;
    const struct json_source *source;
    struct splitter *splitter;
};

static const char path[] = "pre_tokenizer.";
static const char gpt2[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

static sa_status add_step(const struct reading *r, enum cut_kind kind, struct cut_step **step) {
    struct splitter *c = r->splitter;
    if (c->count == MOST_CUT_STEPS) return fail_steps(r->source, "pre_tokenizer", MOST_CUT_STEPS);
    *step = &c->steps[c->count++];
    (*step)->kind = kind;
    return SA_OK;
}

static sa_status add_class(const struct reading *r, enum pattern_kind kind, enum cut_behavior behavior, int invert) {
    struct cut_step *step;
    sa_status status = add_step(r, CUT_PATTERN, &step);
    if (status != SA_OK) return status;
    step->pattern.kind = kind;
    step->behavior = behavior;
    step->invert = invert;
    return SA_OK;
}

static sa_status take_behavior(const struct reading *r, const json_t *json, enum cut_behavior *behavior) {
    static const char *const names[] = {"Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext"};
    const char *name;
    sa_status status = json_member_text(r->source, json, path, "behavior", &name);
    if (status != SA_OK) return status;
    for (int i = CUT_ISOLATED; i <= CUT_WITH_NEXT; i++)
        if (!strcmp(name, names[i])) {
            *behavior = (enum cut_behavior)i;
            return SA_OK;
        }
    return fail(r->source->report, SA_ERR_UNSUPPORTED, "%s: %sbehavior is \"%.60s\", which is not known",
                r->source->file, path, name);
}

static sa_status take_split(const struct reading *r, const json_t *json) {
    struct cut_step *step;
    sa_status status = add_step(r, CUT_PATTERN, &step);
    if (status == SA_OK) status = take_behavior(r, json, &step->behavior);
    if (status == SA_OK) status = take_flag(r->source, json, path, "invert", &step->invert);
    return status == SA_OK ? pattern_read(r->memory, r->source, json, path, &step->pattern) : status;
}

static sa_status take_byte_level(const struct reading *r, const json_t *json) {
    struct cut_step *step;
    int prefix = 0, cuts = 1;
    sa_status status = json_member_flag(r->source, json, path, "add_prefix_space", &prefix);
    if (status == SA_OK) status = take_flag(r->source, json, path, "use_regex", &cuts);
    if (status == SA_OK && prefix) status = add_step(r, CUT_PREFIX, &step);
    if (status == SA_OK && cuts)
        status = splitter_add_regex(r->memory, r->source->report, r->source->file, gpt2, r->splitter);
    return status == SA_OK ? add_step(r, CUT_ALPHABET, &step) : status;
}

static sa_status take_prepend(const struct reading *r, const json_t *json, enum prepend *prepend) {
    static const char *const names[] = {"never", "first", "always"};
    const char *name;
    int prefix = 1;
    *prepend = PREPEND_ALWAYS;
    sa_status status = take_flag(r->source, json, path, "add_prefix_space", &prefix);
    if (status != SA_OK || json_member_absent(json, "prepend_scheme")) {
        if (!prefix) *prepend = PREPEND_NEVER;
        return status;
    }
    status = json_member_text(r->source, json, path, "prepend_scheme", &name);
    if (status != SA_OK) return status;
    for (int i = PREPEND_NEVER; i <= PREPEND_ALWAYS; i++)
        if (!strcmp(name, names[i])) {
            *prepend = (enum prepend)i;
            return SA_OK;
        }
    return fail(r->source->report, SA_ERR_FORMAT, "%s: %sprepend_scheme is \"%.60s\", must be never, first or always",
                r->source->file, path, name);
}

static sa_status take_metaspace(const struct reading *r, const json_t *json) {
    struct cut_step *step;
    sa_status status = add_step(r, CUT_METASPACE, &step);
    if (status != SA_OK) return status;
    step->splits = 1;
    status = take_mark(r->source, json, path, "replacement", step->replacement, sizeof step->replacement);
    if (status == SA_OK && !*step->replacement)
        status = fail(r->source->report, SA_ERR_FORMAT, "%s: %sreplacement is \"\"", r->source->file, path);
    if (status == SA_OK) status = take_prepend(r, json, &step->prepend);
    return status == SA_OK ? take_flag(r->source, json, path, "split", &step->splits) : status;
}

static sa_status take_digits(const struct reading *r, const json_t *json) {
    int individual = 0;
    sa_status status = take_flag(r->source, json, path, "individual_digits", &individual);
    if (status != SA_OK) return status;
    return add_class(r, PATTERN_NUMBER, individual ? CUT_ISOLATED : CUT_CONTIGUOUS, 0);
}

static sa_status take_punctuation(const struct reading *r, const json_t *json) {
    enum cut_behavior behavior = CUT_ISOLATED;
    sa_status status = json_member_absent(json, "behavior") ? SA_OK : take_behavior(r, json, &behavior);
    return status == SA_OK ? add_class(r, PATTERN_PUNCTUATION, behavior, 0) : status;
}

static sa_status take_whitespace(const struct reading *r, const json_t *json) {
    (void)json;
    return add_class(r, PATTERN_WORDS, CUT_REMOVED, 1);
}

static sa_status take_whitespace_split(const struct reading *r, const json_t *json) {
    (void)json;
    return add_class(r, PATTERN_WHITESPACE, CUT_REMOVED, 0);
}

static sa_status take_bert(const struct reading *r, const json_t *json) {
    struct cut_step *step;
    (void)json;
    return add_step(r, CUT_BERT, &step);
}

static sa_status take_delimiter(const struct reading *r, const json_t *json) {
    struct cut_step *step;
    const char *text;
    sa_status status = json_member_text(r->source, json, path, "delimiter", &text);
    if (status == SA_OK && !*text)
        status = fail(r->source->report, SA_ERR_FORMAT, "%s: %sdelimiter is \"\"", r->source->file, path);
    if (status == SA_OK) status = add_step(r, CUT_PATTERN, &step);
    if (status != SA_OK) return status;
    step->behavior = CUT_REMOVED;
    return pattern_of_text(r->memory, r->source->report, text, &step->pattern);
}

static sa_status take_length(const struct reading *r, const json_t *json) {
    struct cut_step *step;
    sa_status status = add_step(r, CUT_LENGTH, &step);
    if (status != SA_OK) return status;
    step->length = 5;
    if (json_member_absent(json, "length")) return SA_OK;
    return json_member_integer(r->source, json, path, "length", 1, INT32_MAX, &step->length);
}

static sa_status take_step(const struct reading *r, const json_t *json);

static sa_status take_sequence(const struct reading *r, const json_t *json) {
    json_t *steps;
    sa_status status = json_member(r->source, json, path, "pretokenizers", JSON_ARRAY, &steps);
    for (size_t i = 0; status == SA_OK && i < json_array_size(steps); i++)
        status = take_step(r, json_array_get(steps, i));
    return status;
}

static const struct {
    const char *type;
    sa_status (*take)(const struct reading *r, const json_t *json);
} kinds[] = {
    {"ByteLevel", take_byte_level},
    {"Split", take_split},
    {"Metaspace", take_metaspace},
    {"Digits", take_digits},
    {"Punctuation", take_punctuation},
    {"Whitespace", take_whitespace},
    {"WhitespaceSplit", take_whitespace_split},
    {"BertPreTokenizer", take_bert},
    {"CharDelimiterSplit", take_delimiter},
    {"FixedLength", take_length},
    {"Sequence", take_sequence},
};

static sa_status take_step(const struct reading *r, const json_t *json) {
    const char *type;
    sa_status status = json_member_text(r->source, json, path, "type", &type);
    if (status != SA_OK) return status;
    for (int64_t i = 0; i < COUNT_OF(kinds); i++)
        if (!strcmp(type, kinds[i].type)) return kinds[i].take(r, json);
    return fail_kind(r->source, "pre_tokenizer", type,
                     "ByteLevel, Split, Metaspace, Digits, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer, "
                     "CharDelimiterSplit, FixedLength or a Sequence of these");
}

sa_status splitter_read(const struct allocator *memory, const struct json_source *source, const json_t *root,
                        struct splitter *splitter) {
    const struct reading r = {memory, source, splitter};
    json_t *json;
    if (json_member_absent(root, "pre_tokenizer")) return SA_OK;
    sa_status status = json_member(source, root, "", "pre_tokenizer", JSON_OBJECT, &json);
    return status == SA_OK ? take_step(&r, json) : status;
}

sa_status splitter_add_regex(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                             struct splitter *splitter) {
    const struct json_source source = {report, file};
    const struct reading r = {memory, &source, splitter};
    struct cut_step *step;
    sa_status status = add_step(&r, CUT_PATTERN, &step);
    return status == SA_OK ? pattern_of_regex(memory, report, file, regex, &step->pattern) : status;
}

void splitter_release(const struct allocator *memory, struct splitter *splitter) {
    for (int i = 0; i < splitter->count; i++) pattern_release(memory, &splitter->steps[i].pattern);
    splitter->count = 0;
}
