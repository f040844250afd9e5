/* The section normalizer of tokenizer.json.
 * SPDX-License-Identifier: MIT */
#include "text/step/normaliser.h"
#include "text/tokenizer.h"

#include <string.h>

/* The reading of one section: where it is, and what is filled in. */
struct reading {
    const struct allocator *memory;
    const struct json_source *source;
    struct normaliser *normaliser;
};

static const char path[] = "normalizer.";

static sa_status copy_text(const struct reading *r, const char *text, struct normal_step *step) {
    const int64_t bytes = (int64_t)strlen(text);
    step->text = memory_allocate(r->memory, bytes + 1, 1);
    if (!step->text) return fail_memory(r->source->report, bytes + 1, "a text of the normalizer");
    memcpy(step->text, text, (size_t)bytes);
    step->bytes = bytes;
    return SA_OK;
}

static sa_status take_bert(const struct reading *r, const json_t *json, struct normal_step *step) {
    const struct json_source *s = r->source;
    struct bert_rules *rules = &step->bert;
    sa_status status = json_member_flag(s, json, path, "clean_text", &rules->clean_text);
    if (status == SA_OK) status = json_member_flag(s, json, path, "handle_chinese_chars", &rules->handle_chinese_chars);
    if (status == SA_OK) status = json_member_flag(s, json, path, "lowercase", &rules->lowercase);
    if (status != SA_OK) return status;
    rules->strip_accents = rules->lowercase;
    return take_flag(s, json, path, "strip_accents", &rules->strip_accents);
}

static sa_status take_form(const struct reading *r, const json_t *json, struct normal_step *step) {
    static const char *const names[] = {"NFC", "NFD", "NFKC", "NFKD"};
    const char *type;
    sa_status status = json_member_text(r->source, json, path, "type", &type);
    for (int form = FORM_C; status == SA_OK && form <= FORM_KD; form++)
        if (!strcmp(type, names[form])) step->form = (enum unicode_form)form;
    return status;
}

static sa_status take_strip(const struct reading *r, const json_t *json, struct normal_step *step) {
    sa_status status = json_member_flag(r->source, json, path, "strip_left", &step->left);
    return status == SA_OK ? json_member_flag(r->source, json, path, "strip_right", &step->right) : status;
}

static sa_status take_prepend(const struct reading *r, const json_t *json, struct normal_step *step) {
    const char *text;
    sa_status status = json_member_text(r->source, json, path, "prepend", &text);
    return status == SA_OK ? copy_text(r, text, step) : status;
}

static sa_status take_replace(const struct reading *r, const json_t *json, struct normal_step *step) {
    const char *text;
    sa_status status = json_member_text(r->source, json, path, "content", &text);
    if (status == SA_OK) status = copy_text(r, text, step);
    return status == SA_OK ? pattern_read(r->memory, r->source, json, path, &step->pattern) : status;
}

static sa_status take_charsmap(const struct reading *r, const json_t *json, struct normal_step *step) {
    const char *text;
    sa_status status = json_member_text(r->source, json, path, "precompiled_charsmap", &text);
    if (status != SA_OK) return status;
    return charsmap_of_base64(r->memory, r->source->report, r->source->file, text, &step->map);
}

static sa_status take_nothing(const struct reading *r, const json_t *json, struct normal_step *step) {
    (void)r, (void)json, (void)step;
    return SA_OK;
}

static const struct {
    const char *type;
    enum normal_kind kind;
    sa_status (*take)(const struct reading *r, const json_t *json, struct normal_step *step);
} kinds[] = {
    {"BertNormalizer", NORMAL_BERT, take_bert},
    {"NFC", NORMAL_FORM, take_form},
    {"NFD", NORMAL_FORM, take_form},
    {"NFKC", NORMAL_FORM, take_form},
    {"NFKD", NORMAL_FORM, take_form},
    {"Lowercase", NORMAL_LOWERCASE, take_nothing},
    {"Strip", NORMAL_STRIP, take_strip},
    {"StripAccents", NORMAL_STRIP_ACCENTS, take_nothing},
    {"Nmt", NORMAL_NMT, take_nothing},
    {"Prepend", NORMAL_PREPEND, take_prepend},
    {"Replace", NORMAL_REPLACE, take_replace},
    {"Precompiled", NORMAL_CHARSMAP, take_charsmap},
    {"ByteLevel", NORMAL_BYTE_ALPHABET, take_nothing},
};

static sa_status take_step(const struct reading *r, const json_t *json);

static sa_status take_sequence(const struct reading *r, const json_t *json) {
    json_t *steps;
    sa_status status = json_member(r->source, json, path, "normalizers", JSON_ARRAY, &steps);
    for (size_t i = 0; status == SA_OK && i < json_array_size(steps); i++)
        status = take_step(r, json_array_get(steps, i));
    return status;
}

static sa_status take_step(const struct reading *r, const json_t *json) {
    struct normaliser *n = r->normaliser;
    const char *type;
    sa_status status = json_member_text(r->source, json, path, "type", &type);
    if (status != SA_OK) return status;
    if (!strcmp(type, "Sequence")) return take_sequence(r, json);
    for (int64_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(type, kinds[i].type) != 0) continue;
        if (n->count == MOST_NORMAL_STEPS) return fail_steps(r->source, "normalizer", MOST_NORMAL_STEPS);
        struct normal_step *step = &n->steps[n->count++];
        step->kind = kinds[i].kind;
        return kinds[i].take(r, json, step);
    }
    return fail_kind(r->source, "normalizer", type,
                     "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, "
                     "Precompiled, ByteLevel or a Sequence of these");
}

sa_status normaliser_read(const struct allocator *memory, const struct json_source *source, const json_t *root,
                          struct normaliser *normaliser) {
    const struct reading r = {memory, source, normaliser};
    json_t *json;
    if (json_member_absent(root, "normalizer")) return SA_OK;
    sa_status status = json_member(source, root, "", "normalizer", JSON_OBJECT, &json);
    return status == SA_OK ? take_step(&r, json) : status;
}

sa_status normaliser_prepend(const struct allocator *memory, struct report *report, const char *text,
                             struct normaliser *n) {
    const struct json_source source = {report, ""};
    const struct reading r = {memory, &source, n};
    struct normal_step *step = &n->steps[n->count++];
    step->kind = NORMAL_PREPEND;
    return copy_text(&r, text, step);
}

void normaliser_release(const struct allocator *memory, struct normaliser *n) {
    for (int i = 0; i < n->count; i++) {
        struct normal_step *step = &n->steps[i];
        if (step->text) memory_release(memory, step->text, step->bytes + 1, 1);
        pattern_release(memory, &step->pattern);
        charsmap_destroy(memory, &step->map);
    }
    n->count = 0;
}
