/* tokenizer.json, the format of Hugging Face's tokenizers. Its sections truncation and padding do not matter here.
 * SPDX-License-Identifier: MIT */
#include "text/byte_bpe.h"

#include <string.h>

static const struct token_model *const models[] = {&token_model_wordpiece, &token_model_byte_bpe};

sa_status fail_kind(const struct json_source *s, const char *section, const char *type, const char *known) {
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s is of type \"%.60s\"; %s is supported", s->file, section, type,
                known);
}

sa_status take_section(const struct json_source *s, const json_t *root, const char *section, const char *path,
                       json_t **json, const char **type) {
    if (json_member_absent(root, section))
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: there is no %s, which this version needs", s->file, section);
    sa_status status = json_member(s, root, "", section, JSON_OBJECT, json);
    return status == SA_OK ? json_member_text(s, *json, path, "type", type) : status;
}

/* Older files do not name the model's type. Its members tell it, tried in the order of Hugging Face's tokenizers. */
static sa_status infer_type(const struct json_source *s, const json_t *model, const char **type) {
    const json_t *vocab = json_object_get(model, "vocab");
    const int is_wordpiece =
        json_object_get(model, "continuing_subword_prefix") && json_object_get(model, "max_input_chars_per_word");
    *type = NULL;
    if (json_is_object(vocab) && json_object_get(model, "merges"))
        *type = "BPE";
    else if (json_is_object(vocab) && json_object_get(model, "unk_token"))
        *type = is_wordpiece ? "WordPiece" : "WordLevel";
    else if (json_is_array(vocab))
        *type = "Unigram";
    if (*type) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: model.type is missing, and its members are those of no known type",
                s->file);
}

static sa_status take_model(const struct json_source *s, const json_t *root, json_t **json, struct sa_tokenizer *t) {
    const char *type;
    json_t *model = json_object_get(root, "model");
    sa_status status;
    if (json_is_object(model) && !json_object_get(model, "type"))
        status = infer_type(s, *json = model, &type);
    else
        status = take_section(s, root, "model", "model.", json, &type);
    if (status != SA_OK) return status;
    for (int64_t i = 0; i < COUNT_OF(models); i++)
        if (!strcmp(type, models[i]->type)) t->model = models[i];
    return t->model ? SA_OK : fail_kind(s, "model", type, "WordPiece or BPE");
}

/* An added token as the file has it. */
struct entry {
    const char *text;
    int64_t bytes;
    int64_t id;
    int normalised, strip_left, strip_right, special;
};

static sa_status take_entry(const struct json_source *s, const json_t *json, struct entry *e) {
    static const char path[] = "added_tokens[].";
    int single_word = 0;
    if (!json_is_object(json))
        return fail(s->report, SA_ERR_FORMAT, "%s: an added token is %s, must be an object", s->file,
                    json_type_text(json));
    sa_status status = json_member_text(s, json, path, "content", &e->text);
    if (status == SA_OK) status = json_member_integer(s, json, path, "id", 0, INT32_MAX - 1, &e->id);
    if (status == SA_OK) status = json_member_flag(s, json, path, "normalized", &e->normalised);
    if (status == SA_OK) status = json_member_flag(s, json, path, "lstrip", &e->strip_left);
    if (status == SA_OK) status = json_member_flag(s, json, path, "rstrip", &e->strip_right);
    if (status == SA_OK) status = json_member_flag(s, json, path, "special", &e->special);
    if (status == SA_OK) status = json_member_flag(s, json, path, "single_word", &single_word);
    if (status == SA_OK && single_word)
        status = fail(s->report, SA_ERR_UNSUPPORTED, "%s: added token \"%.60s\" has single_word set", s->file, e->text);
    e->bytes = status == SA_OK ? (int64_t)strlen(e->text) : 0;
    return status;
}

/* The vocabulary has the model's tokens and the added tokens; most added tokens are in the model's list too. */
static sa_status take_vocabulary(const struct json_source *s, json_t *vocab, const json_t *added,
                                 struct sa_tokenizer *t) {
    const char *text;
    json_t *value;
    int64_t bytes = 0, id = 0;
    struct entry e = {0};
    sa_status status = SA_OK;
    json_object_foreach(vocab, text, value) bytes += (int64_t)strlen(text);
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &e);
        bytes += e.bytes;
    }
    int64_t count = (int64_t)(json_object_size(vocab) + json_array_size(added));
    if (status == SA_OK) status = vocabulary_create(&t->memory, s->report, count, bytes, &t->vocabulary);
    if (status != SA_OK) return status;
    json_object_foreach(vocab, text, value) {
        status = json_member_integer(s, vocab, "model.vocab.", text, 0, INT32_MAX - 1, &id);
        if (status != SA_OK) return status;
        vocabulary_add(&t->vocabulary, text, (int64_t)strlen(text), (int32_t)id);
    }
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &e);
        if (status == SA_OK) vocabulary_add(&t->vocabulary, e.text, e.bytes, (int32_t)e.id);
    }
    return status == SA_OK ? vocabulary_finish(&t->vocabulary, s->report, s->file) : status;
}

/* The length of the token's text in the form in which it is searched. */
static int64_t searched_bytes(const struct sa_tokenizer *t, const struct entry *e) {
    return e->normalised ? t->model->normalise(t, e->text, e->bytes, NULL) : e->bytes;
}

static void add(struct sa_tokenizer *t, const struct entry *e) {
    struct added_tokens *set = e->normalised ? &t->normalised : &t->literal;
    const struct added_token token = {.bytes = searched_bytes(t, e),
                                      .id = (int32_t)e->id,
                                      .strip_left = e->strip_left,
                                      .strip_right = e->strip_right,
                                      .special = e->special};
    if (e->normalised)
        t->model->normalise(t, e->text, e->bytes, added_tokens_end(set));
    else
        memcpy(added_tokens_end(set), e->text, (size_t)e->bytes);
    added_tokens_add(set, token);
    if (e->special) vocabulary_mark(&t->vocabulary, token.id, TOKEN_SPECIAL);
}

static sa_status take_added(const struct json_source *s, const json_t *added, struct sa_tokenizer *t) {
    int64_t count[2] = {0, 0}, bytes[2] = {0, 0};
    struct entry e = {0};
    sa_status status = SA_OK;
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &e);
        count[e.normalised]++;
        bytes[e.normalised] += searched_bytes(t, &e);
    }
    if (status == SA_OK) status = added_tokens_create(&t->memory, s->report, count[0], bytes[0], &t->literal);
    if (status == SA_OK) status = added_tokens_create(&t->memory, s->report, count[1], bytes[1], &t->normalised);
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &e);
        if (status == SA_OK) add(t, &e);
    }
    return status;
}

sa_status tokenizer_read(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    json_t *model, *vocab, *added = NULL;
    sa_status status = take_model(s, root, &model, t);
    if (status == SA_OK) status = t->model->read_rules(s, root, t);
    if (status == SA_OK) status = json_member(s, model, "model.", "vocab", JSON_OBJECT, &vocab);
    if (status == SA_OK && !json_member_absent(root, "added_tokens"))
        status = json_member(s, root, "", "added_tokens", JSON_ARRAY, &added);
    if (status == SA_OK) status = take_vocabulary(s, vocab, added, t);
    if (status == SA_OK) status = t->model->read_model(s, model, t);
    if (status == SA_OK) status = take_added(s, added, t);
    return status == SA_OK ? post_processor_read(s, root, t) : status;
}

void tokenizer_release(struct sa_tokenizer *t) {
    vocabulary_destroy(&t->vocabulary);
    added_tokens_destroy(&t->literal);
    added_tokens_destroy(&t->normalised);
    memory_release(&t->memory, t->wordpiece.prefix, t->wordpiece.prefix_bytes, 1);
    merges_destroy(t);
    memory_release(&t->memory, t->scored.scores, t->scored.count, sizeof *t->scored.scores);
}
