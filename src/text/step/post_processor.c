/* The section post_processor of tokenizer.json: which tokens stand beside a text, and beside two.
 * SPDX-License-Identifier: MIT */
#include "text/tokenizer.h"

#include <string.h>

static sa_status put_around(const struct json_source *s, const struct sa_tokenizer *t, const json_t *id, int32_t type,
                            struct around *around) {
    int64_t number = json_integer_value(id);
    if (!json_is_integer(id) || number < 0 || number > INT32_MAX || !vocabulary_text(&t->vocabulary, (int32_t)number))
        return fail(s->report, SA_ERR_FORMAT, "%s: post_processor has a token that is not in the vocabulary", s->file);
    if (around->count == MOST_AROUND)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: post_processor puts more than %d tokens beside a text", s->file,
                    MOST_AROUND);
    around->types[around->count] = type;
    around->ids[around->count++] = (int32_t)number;
    return SA_OK;
}

/* A special token is a list of token numbers, found by its name. */
static sa_status put_special(const struct json_source *s, const struct sa_tokenizer *t, const json_t *specials,
                             const char *name, int32_t type, struct around *around) {
    json_t *special, *ids;
    sa_status status = json_member(s, specials, "post_processor.special_tokens.", name, JSON_OBJECT, &special);
    if (status == SA_OK) status = json_member(s, special, "post_processor.special_tokens[].", "ids", JSON_ARRAY, &ids);
    for (size_t i = 0; status == SA_OK && i < json_array_size(ids); i++)
        status = put_around(s, t, json_array_get(ids, i), type, around);
    return status;
}

/* A piece is {"SpecialToken": {...}} or {"Sequence": {...}}; the texts themselves are the sequences A and B. */
struct piece {
    const char *id;
    int64_t type;
    int is_text;
};

static sa_status take_piece(const struct json_source *s, const json_t *json, const char *path, struct piece *piece) {
    json_t *inner;
    piece->is_text = !json_member_absent(json, "Sequence");
    sa_status status = json_member(s, json, path, piece->is_text ? "Sequence" : "SpecialToken", JSON_OBJECT, &inner);
    if (status == SA_OK) status = json_member_text(s, inner, path, "id", &piece->id);
    return status == SA_OK ? json_member_integer(s, inner, path, "type_id", 0, INT32_MAX, &piece->type) : status;
}

static sa_status take_single_piece(const struct json_source *s, const json_t *json, const json_t *specials,
                                   struct sa_tokenizer *t, int *texts) {
    static const char path[] = "post_processor.single[].";
    struct piece piece;
    sa_status status = take_piece(s, json, path, &piece);
    if (status != SA_OK) return status;
    if (piece.type != 0)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %stype_id is %lld; only 0 is supported for a single text",
                    s->file, path, (long long)piece.type);
    if (!piece.is_text) return put_special(s, t, specials, piece.id, 0, *texts ? &t->after : &t->before);
    if (strcmp(piece.id, "A") != 0)
        return fail(s->report, SA_ERR_FORMAT, "%s: %sSequence is \"%.20s\", must be \"A\"", s->file, path, piece.id);
    ++*texts;
    return SA_OK;
}

static sa_status take_single(const struct json_source *s, const json_t *json, const json_t *specials,
                             struct sa_tokenizer *t) {
    json_t *single;
    int texts = 0;
    sa_status status = json_member(s, json, "post_processor.", "single", JSON_ARRAY, &single);
    for (size_t i = 0; status == SA_OK && i < json_array_size(single); i++)
        status = take_single_piece(s, json_array_get(single, i), specials, t, &texts);
    if (status == SA_OK && texts != 1)
        status = fail(s->report, SA_ERR_FORMAT, "%s: post_processor.single has the text %d times, must have it once",
                      s->file, texts);
    return status;
}

static sa_status take_pair_piece(const struct json_source *s, const json_t *json, const json_t *specials,
                                 struct sa_tokenizer *t, int *texts) {
    struct pair_frame *p = &t->pair;
    struct around *const places[] = {&p->before, &p->between, &p->after};
    struct piece piece;
    sa_status status = take_piece(s, json, "post_processor.pair[].", &piece);
    if (status != SA_OK) return status;
    if (!piece.is_text) return put_special(s, t, specials, piece.id, (int32_t)piece.type, places[*texts]);
    if (*texts == 2 || (strcmp(piece.id, "A") != 0 && strcmp(piece.id, "B") != 0))
        return fail(s->report, SA_ERR_FORMAT, "%s: post_processor.pair must have the texts \"A\" and \"B\" once each",
                    s->file);
    if ((*piece.id == 'A') != (*texts == 0)) p->state = PAIR_SWAPPED;
    p->types[(*texts)++] = (int32_t)piece.type;
    return SA_OK;
}

/* Files that were written by hand may lack the section, or a text in it. */
static sa_status take_pair(const struct json_source *s, const json_t *json, const json_t *specials,
                           struct sa_tokenizer *t) {
    json_t *pair;
    int texts = 0;
    t->pair.state = PAIR_UNSAID;
    if (json_member_absent(json, "pair")) return SA_OK;
    t->pair.state = PAIR_KNOWN;
    sa_status status = json_member(s, json, "post_processor.", "pair", JSON_ARRAY, &pair);
    for (size_t i = 0; status == SA_OK && i < json_array_size(pair); i++)
        status = take_pair_piece(s, json_array_get(pair, i), specials, t, &texts);
    if (texts != 2) t->pair.state = PAIR_UNSAID;
    return status;
}

static sa_status take_template(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    json_t *specials;
    sa_status status = json_member(s, json, "post_processor.", "special_tokens", JSON_OBJECT, &specials);
    if (status == SA_OK) status = take_single(s, json, specials, t);
    return status == SA_OK ? take_pair(s, json, specials, t) : status;
}

static void put_all(struct around *to, const struct around *from, int32_t type) {
    for (int i = 0; i < from->count && to->count < MOST_AROUND; i++) {
        to->types[to->count] = type;
        to->ids[to->count++] = from->ids[i];
    }
}

void tokenizer_pair_up(struct sa_tokenizer *t, enum pairing pairing, int32_t second) {
    struct pair_frame p = {.state = pairing == PAIRING_UNSAID ? PAIR_UNSAID : PAIR_KNOWN, .types = {0, second}};
    put_all(&p.before, &t->before, 0);
    if (pairing > PAIRING_PLAIN) put_all(&p.between, &t->after, 0);
    if (pairing == PAIRING_DOUBLED) put_all(&p.between, &t->after, 0);
    if (pairing == PAIRING_REPEATED) put_all(&p.between, &t->before, second);
    put_all(&p.after, &t->after, second);
    t->pair = p;
}

/* "cls": ["[CLS]", 101] */
static sa_status take_named(const struct json_source *s, const json_t *json, const char *key, struct sa_tokenizer *t,
                            struct around *around) {
    json_t *named;
    sa_status status = json_member(s, json, "post_processor.", key, JSON_ARRAY, &named);
    return status == SA_OK ? put_around(s, t, json_array_get(named, 1), 0, around) : status;
}

/* The older form: one token before the text and one after it. */
static sa_status take_cls_and_sep(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    sa_status status = take_named(s, json, "cls", t, &t->before);
    return status == SA_OK ? take_named(s, json, "sep", t, &t->after) : status;
}

static sa_status take_bert(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    sa_status status = take_cls_and_sep(s, json, t);
    tokenizer_pair_up(t, PAIRING_ENDED, 1);
    return status;
}

/* RoBERTa's flags only affect which characters of the text belong to a token. So they are checked, and have no effect.
 */
static sa_status take_roberta(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    static const char *const flags[] = {"trim_offsets", "add_prefix_space"};
    sa_status status = SA_OK;
    for (int i = 0, ignored; i < 2 && status == SA_OK; i++)
        if (json_object_get(json, flags[i])) status = json_member_flag(s, json, "post_processor.", flags[i], &ignored);
    if (status == SA_OK) status = take_cls_and_sep(s, json, t);
    tokenizer_pair_up(t, PAIRING_DOUBLED, 0);
    return status;
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
    if (!strcmp(type, "TemplateProcessing")) return take_template(s, json, t);
    if (!strcmp(type, "BertProcessing")) return take_bert(s, json, t);
    if (!strcmp(type, "RobertaProcessing")) return take_roberta(s, json, t);
    return fail_kind(s, "post_processor", type,
                     "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or a Sequence of these");
}

sa_status post_processor_read(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    const char *type;
    json_t *json, *steps;
    tokenizer_pair_up(t, PAIRING_PLAIN, 1);
    if (json_member_absent(root, "post_processor")) return SA_OK;
    sa_status status = take_section(s, root, "post_processor", "post_processor.", &json, &type);
    if (status != SA_OK) return status;
    if (strcmp(type, "Sequence") != 0) return take_processor(s, json, "post_processor.", t);
    status = json_member(s, json, "post_processor.", "processors", JSON_ARRAY, &steps);
    for (size_t i = 0; status == SA_OK && i < json_array_size(steps); i++)
        status = take_processor(s, json_array_get(steps, i), "post_processor.processors[].", t);
    return status;
}
