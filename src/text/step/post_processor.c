/* The section post_processor of tokenizer.json: which tokens stand before and after a text.
 * SPDX-License-Identifier: MIT */
#include "text/tokenizer.h"

#include <string.h>

static sa_status put_around(const struct json_source *s, const struct sa_tokenizer *t, const json_t *id,
                            struct around *around) {
    int64_t number = json_integer_value(id);
    if (!json_is_integer(id) || number < 0 || number > INT32_MAX || !vocabulary_text(&t->vocabulary, (int32_t)number))
        return fail(s->report, SA_ERR_FORMAT, "%s: post_processor has a token that is not in the vocabulary", s->file);
    if (around->count == MOST_AROUND)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: post_processor puts more than %d tokens beside a text", s->file,
                    MOST_AROUND);
    around->ids[around->count++] = (int32_t)number;
    return SA_OK;
}

/* A special token is a list of token numbers, found by its name. */
static sa_status put_special(const struct json_source *s, const struct sa_tokenizer *t, const json_t *specials,
                             const char *name, struct around *around) {
    json_t *special, *ids;
    sa_status status = json_member(s, specials, "post_processor.special_tokens.", name, JSON_OBJECT, &special);
    if (status == SA_OK) status = json_member(s, special, "post_processor.special_tokens[].", "ids", JSON_ARRAY, &ids);
    for (size_t i = 0; status == SA_OK && i < json_array_size(ids); i++)
        status = put_around(s, t, json_array_get(ids, i), around);
    return status;
}

/* A piece is {"SpecialToken": {...}} or {"Sequence": {...}}; the text itself is sequence A. */
static sa_status take_piece(const struct json_source *s, const json_t *piece, const json_t *specials,
                            struct sa_tokenizer *t, int *texts) {
    static const char path[] = "post_processor.single[].";
    const char *id;
    int64_t type;
    json_t *inner;
    int is_text = !json_member_absent(piece, "Sequence");
    sa_status status = json_member(s, piece, path, is_text ? "Sequence" : "SpecialToken", JSON_OBJECT, &inner);
    if (status == SA_OK) status = json_member_text(s, inner, path, "id", &id);
    if (status == SA_OK) status = json_member_integer(s, inner, path, "type_id", 0, INT32_MAX, &type);
    if (status != SA_OK) return status;
    if (type != 0)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %stype_id is %lld; only 0 is supported for a single text",
                    s->file, path, (long long)type);
    if (!is_text) return put_special(s, t, specials, id, *texts ? &t->after : &t->before);
    if (strcmp(id, "A") != 0)
        return fail(s->report, SA_ERR_FORMAT, "%s: %sSequence is \"%.20s\", must be \"A\"", s->file, path, id);
    ++*texts;
    return SA_OK;
}

static sa_status take_pieces(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    json_t *single, *specials;
    int texts = 0;
    sa_status status = json_member(s, json, "post_processor.", "single", JSON_ARRAY, &single);
    if (status == SA_OK) status = json_member(s, json, "post_processor.", "special_tokens", JSON_OBJECT, &specials);
    for (size_t i = 0; status == SA_OK && i < json_array_size(single); i++)
        status = take_piece(s, json_array_get(single, i), specials, t, &texts);
    if (status == SA_OK && texts != 1)
        status = fail(s->report, SA_ERR_FORMAT, "%s: post_processor.single has the text %d times, must have it once",
                      s->file, texts);
    return status;
}

/* "cls": ["[CLS]", 101] */
static sa_status take_pair(const struct json_source *s, const json_t *json, const char *key, struct sa_tokenizer *t,
                           struct around *around) {
    json_t *pair;
    sa_status status = json_member(s, json, "post_processor.", key, JSON_ARRAY, &pair);
    return status == SA_OK ? put_around(s, t, json_array_get(pair, 1), around) : status;
}

/* The older form: one token before the text and one after it. */
static sa_status take_cls_and_sep(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    sa_status status = take_pair(s, json, "cls", t, &t->before);
    return status == SA_OK ? take_pair(s, json, "sep", t, &t->after) : status;
}

/* RoBERTa's flags only affect which characters of the text belong to a token. So they are checked, and have no effect.
 */
static sa_status take_roberta(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    static const char *const flags[] = {"trim_offsets", "add_prefix_space"};
    sa_status status = SA_OK;
    for (int i = 0, ignored; i < 2 && status == SA_OK; i++)
        if (json_object_get(json, flags[i])) status = json_member_flag(s, json, "post_processor.", flags[i], &ignored);
    return status == SA_OK ? take_cls_and_sep(s, json, t) : status;
}

/* ByteLevel, too, only affects which characters belong to a token. */
static sa_status take_processor(const struct json_source *s, const json_t *json, const char *path,
                                struct sa_tokenizer *t) {
    const char *type;
    sa_status status = json_member_text(s, json, path, "type", &type);
    if (status != SA_OK || !strcmp(type, "ByteLevel")) return status;
    if (t->before.count || t->after.count)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: post_processor adds tokens twice; the second time by \"%.60s\"",
                    s->file, type);
    if (!strcmp(type, "TemplateProcessing")) return take_pieces(s, json, t);
    if (!strcmp(type, "BertProcessing")) return take_cls_and_sep(s, json, t);
    if (!strcmp(type, "RobertaProcessing")) return take_roberta(s, json, t);
    return fail_kind(s, "post_processor", type,
                     "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or a Sequence of these");
}

sa_status post_processor_read(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    const char *type;
    json_t *json, *steps;
    if (json_member_absent(root, "post_processor")) return SA_OK;
    sa_status status = take_section(s, root, "post_processor", "post_processor.", &json, &type);
    if (status != SA_OK) return status;
    if (strcmp(type, "Sequence") != 0) return take_processor(s, json, "post_processor.", t);
    status = json_member(s, json, "post_processor.", "processors", JSON_ARRAY, &steps);
    for (size_t i = 0; status == SA_OK && i < json_array_size(steps); i++)
        status = take_processor(s, json_array_get(steps, i), "post_processor.processors[].", t);
    return status;
}
