/* tokenizer.json, the format of Hugging Face's tokenizers. Its sections truncation and padding do not matter here.
 * SPDX-License-Identifier: MIT */
#include "text/encoder.h"
#include "text/model/bpe.h"
#include "text/model/unigram.h"

#include <string.h>

static const struct token_model *const models[] = {&token_model_wordpiece, &token_model_bpe, &token_model_unigram,
                                                   &token_model_word_level};

sa_status fail_kind(const struct json_source *s, const char *section, const char *type, const char *known) {
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s is of type \"%.60s\"; %s is supported", s->file, section, type,
                known);
}

sa_status take_flag(const struct json_source *s, const json_t *json, const char *path, const char *key, int *flag) {
    return json_member_absent(json, key) ? SA_OK : json_member_flag(s, json, path, key, flag);
}

sa_status take_mark(const struct json_source *s, const json_t *json, const char *path, const char *key, char *mark,
                    int64_t room) {
    const char *text;
    sa_status status = json_member_text(s, json, path, key, &text);
    if (status != SA_OK) return status;
    if ((int64_t)strlen(text) >= room)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s%s \"%.60s\" has more than %lld bytes", s->file, path, key,
                    text, (long long)room - 1);
    memcpy(mark, text, strlen(text) + 1);
    return SA_OK;
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
    return t->model ? SA_OK : fail_kind(s, "model", type, "WordPiece, BPE, Unigram or WordLevel");
}

/* An added token as the file has it. */
struct entry {
    const char *text;
    int64_t bytes;
    int64_t id;
    int normalised, strip_left, strip_right, special, single_word;
};

static sa_status take_entry(const struct json_source *s, const json_t *json, struct entry *e) {
    static const char path[] = "added_tokens[].";
    if (!json_is_object(json))
        return fail(s->report, SA_ERR_FORMAT, "%s: an added token is %s, must be an object", s->file,
                    json_type_text(json));
    sa_status status = json_member_text(s, json, path, "content", &e->text);
    if (status == SA_OK) status = json_member_integer(s, json, path, "id", 0, INT32_MAX - 1, &e->id);
    if (status == SA_OK) status = json_member_flag(s, json, path, "normalized", &e->normalised);
    if (status == SA_OK) status = json_member_flag(s, json, path, "lstrip", &e->strip_left);
    if (status == SA_OK) status = json_member_flag(s, json, path, "rstrip", &e->strip_right);
    if (status == SA_OK) status = json_member_flag(s, json, path, "special", &e->special);
    if (status == SA_OK) status = json_member_flag(s, json, path, "single_word", &e->single_word);
    e->bytes = status == SA_OK ? (int64_t)strlen(e->text) : 0;
    return status;
}

/* The model's own tokens: an object of numbers by text, or a list of texts (of unigram models, with their scores). */
static sa_status count_own(const struct json_source *s, json_t *vocab, int64_t *bytes) {
    const char *text;
    json_t *value;
    size_t i;
    *bytes = 0;
    json_object_foreach(vocab, text, value) *bytes += (int64_t)strlen(text);
    json_array_foreach(vocab, i, value) {
        const json_t *name = json_array_get(value, 0);
        if (!json_is_string(name))
            return fail(s->report, SA_ERR_FORMAT, "%s: model.vocab[%lld][0] is %s, must be a string", s->file,
                        (long long)i, json_type_text(name));
        *bytes += (int64_t)json_string_length(name);
    }
    return SA_OK;
}

static sa_status add_own(const struct json_source *s, json_t *vocab, struct sa_tokenizer *t) {
    const char *text;
    json_t *value;
    size_t i;
    int64_t id = 0;
    json_object_foreach(vocab, text, value) {
        sa_status status = json_member_integer(s, vocab, "model.vocab.", text, 0, INT32_MAX - 1, &id);
        if (status != SA_OK) return status;
        vocabulary_add(&t->vocabulary, text, (int64_t)strlen(text), (int32_t)id);
    }
    json_array_foreach(vocab, i, value) {
        const json_t *name = json_array_get(value, 0);
        vocabulary_add(&t->vocabulary, json_string_value(name), (int64_t)json_string_length(name), (int32_t)i);
    }
    return SA_OK;
}

/* The vocabulary has the model's tokens and the added tokens; most added tokens are in the model's list too. */
static sa_status take_vocabulary(const struct json_source *s, json_t *vocab, const json_t *added,
                                 struct sa_tokenizer *t) {
    int64_t bytes = 0;
    struct entry e = {0};
    sa_status status = count_own(s, vocab, &bytes);
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &e);
        bytes += e.bytes;
    }
    const int64_t own = (int64_t)(json_object_size(vocab) + json_array_size(vocab));
    const int64_t count = own + (int64_t)json_array_size(added);
    if (status == SA_OK) status = vocabulary_create(&t->memory, s->report, count, bytes, &t->vocabulary);
    t->vocabulary.repeats_below = (int64_t)json_array_size(vocab);
    if (status == SA_OK) status = add_own(s, vocab, t);
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &e);
        if (status == SA_OK) vocabulary_add_extra(&t->vocabulary, e.text, e.bytes, (int32_t)e.id);
    }
    return status == SA_OK ? vocabulary_finish(&t->vocabulary, s->report, s->file) : status;
}

/* The text of an added token in the form in which it is searched. */
static sa_status find_form(struct encoder *e, const struct entry *entry, struct text *text) {
    *text = (struct text){entry->text, entry->bytes, NULL};
    if (entry->normalised) *text = normalise(e, *text);
    return e->status;
}

static void add(struct sa_tokenizer *t, const struct entry *e, struct text text) {
    struct added_tokens *set = e->normalised ? &t->normalised : &t->literal;
    memcpy(added_tokens_end(set), text.bytes, (size_t)text.count);
    added_tokens_add(set, (struct added_token){.bytes = text.count,
                                               .id = (int32_t)e->id,
                                               .strip_left = e->strip_left,
                                               .strip_right = e->strip_right,
                                               .single_word = e->single_word,
                                               .special = e->special});
    if (e->special) vocabulary_mark(&t->vocabulary, (int32_t)e->id, TOKEN_SPECIAL);
}

static sa_status take_added(const struct json_source *s, const json_t *added, struct encoder *e,
                            struct sa_tokenizer *t) {
    int64_t count[2] = {0, 0}, total[2] = {0, 0};
    struct entry entry = {0};
    struct text text;
    sa_status status = SA_OK;
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &entry);
        if (status == SA_OK) status = find_form(e, &entry, &text);
        if (status != SA_OK) break;
        count[entry.normalised]++;
        total[entry.normalised] += text.count;
    }
    if (status == SA_OK) status = added_tokens_create(&t->memory, s->report, count[0], total[0], &t->literal);
    if (status == SA_OK) status = added_tokens_create(&t->memory, s->report, count[1], total[1], &t->normalised);
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        status = take_entry(s, json_array_get(added, i), &entry);
        if (status == SA_OK) status = find_form(e, &entry, &text);
        if (status == SA_OK) add(t, &entry, text);
    }
    return status;
}

static sa_status take_rules(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    sa_status status = normaliser_read(&t->memory, s, root, &t->normaliser);
    if (status == SA_OK) status = splitter_read(&t->memory, s, root, &t->splitter);
    return status == SA_OK ? decoder_read(&t->memory, s, root, &t->decoder) : status;
}

sa_status tokenizer_read(sa_ctx *ctx, const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    struct encoder encoder = {.ctx = ctx, .tokenizer = t, .searcher.memory = ctx->memory};
    json_t *model, *vocab, *added = NULL;
    sa_status status = take_model(s, root, &model, t);
    if (status == SA_OK) status = take_rules(s, root, t);
    if (status == SA_OK)
        status = json_member(s, model, "model.", "vocab", t->model == &token_model_unigram ? JSON_ARRAY : JSON_OBJECT,
                             &vocab);
    if (status == SA_OK && !json_member_absent(root, "added_tokens"))
        status = json_member(s, root, "", "added_tokens", JSON_ARRAY, &added);
    if (status == SA_OK) status = take_vocabulary(s, vocab, added, t);
    if (status == SA_OK) status = t->model->read(s, model, t);
    if (status == SA_OK) status = take_added(s, added, &encoder, t);
    searcher_close(&encoder.searcher);
    if (status == SA_OK) status = decoder_check(&t->decoder, &t->vocabulary, s->report, s->file, &t->piece_bytes);
    return status == SA_OK ? post_processor_read(s, root, t) : status;
}

void tokenizer_release(struct sa_tokenizer *t) {
    vocabulary_destroy(&t->vocabulary);
    added_tokens_destroy(&t->literal);
    added_tokens_destroy(&t->normalised);
    normaliser_release(&t->memory, &t->normaliser);
    splitter_release(&t->memory, &t->splitter);
    decoder_release(&t->memory, &t->decoder);
    memory_release(&t->memory, t->wordpiece.prefix, t->wordpiece.prefix_bytes, 1);
    merges_destroy(t);
    memory_release(&t->memory, t->scored.scores, t->scored.count, sizeof *t->scored.scores);
    unigram_destroy(t);
    memory_release(&t->memory, t->chat_template, t->chat_template_bytes, 1);
}
