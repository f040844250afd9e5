/* SPDX-License-Identifier: MIT */
#include "write/tokens.h"

#include "api/context.h"
#include "file/json_file.h"
#include "file/mapped_file.h"
#include "file/path.h"
#include "text/characters.h"
#include "text/source/gguf_ways.h"
#include "text/tokenizer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Kinds of tokens, as GGUF numbers them. */
enum { KIND_NORMAL = 1, KIND_CONTROL = 3, KIND_USER = 4, KIND_UNUSED = 5 };

struct writing {
    sa_ctx *ctx;
    const struct sa_model *model;
    const json_t *root; /* tokenizer.json */
    int64_t count;      /* tokens, as many as the model has rows for */
    struct {
        const char *text; /* NULL: the number is not used */
        int32_t kind;
    } * tokens;
};

static sa_status refuse(const struct writing *w, const char *what, const char *name) {
    return fail(&w->ctx->report, SA_ERR_UNSUPPORTED,
                "tokenizer.json: %s \"%.80s\" cannot be written to a GGUF file; byte-level pair encoding and BERT's "
                "WordPiece can",
                what, name ? name : "null");
}

static const char *type_of(const json_t *section) {
    return json_string_value(json_object_get(section, "type"));
}

static sa_status put_token(struct writing *w, const char *text, int64_t id, int32_t kind) {
    if (id < 0 || id >= w->count)
        return fail(&w->ctx->report, SA_ERR_FORMAT,
                    "tokenizer.json: token \"%.60s\" has the number %lld, the model has %lld", text, (long long)id,
                    (long long)w->count);
    w->tokens[id].text = text;
    w->tokens[id].kind = kind;
    return SA_OK;
}

/* The library has opened the tokenizer, so all members have their types. */
static sa_status list_tokens(struct writing *w) {
    const json_t *model = json_object_get(w->root, "model"), *added = json_object_get(w->root, "added_tokens");
    const char *text;
    json_t *id;
    sa_status status = SA_OK;
    json_object_foreach(json_object_get(model, "vocab"), text, id) {
        if (status == SA_OK) status = put_token(w, text, json_integer_value(id), KIND_NORMAL);
    }
    for (size_t i = 0; i < json_array_size(added) && status == SA_OK; i++) {
        const json_t *token = json_array_get(added, i);
        status = put_token(w, json_string_value(json_object_get(token, "content")),
                           json_integer_value(json_object_get(token, "id")),
                           json_is_true(json_object_get(token, "special")) ? KIND_CONTROL : KIND_USER);
    }
    return status;
}

/* The regex of a step that cuts words, NULL if it is another step. "" of the alphabet of bytes alone. */
static const char *regex_of(const json_t *step) {
    const char *type = type_of(step);
    if (!type) return NULL;
    if (!strcmp(type, "ByteLevel"))
        return json_is_false(json_object_get(step, "use_regex")) ? "" : gguf_way_of("gpt-2")->regexes[0];
    if (strcmp(type, "Split") != 0) return NULL;
    const char *behaviour = json_string_value(json_object_get(step, "behavior"));
    if (!behaviour || strcmp(behaviour, "Isolated") != 0 || json_is_true(json_object_get(step, "invert"))) return NULL;
    return json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
}

/* Whether the steps are those of the way. */
static int is_way(const struct gguf_way *way, const char *const *regexes, int count, int composes, int whole_words) {
    if (way->composes != composes || way->whole_words != whole_words) return 0;
    for (int i = 0; i < count; i++)
        if (!way->regexes[i] || strcmp(way->regexes[i], regexes[i]) != 0) return 0;
    return !way->regexes[count];
}

static sa_status put_way(const struct writing *w, struct gguf_out *out) {
    const json_t *pre = json_object_get(w->root, "pre_tokenizer"), *steps = json_object_get(pre, "pretokenizers");
    const json_t *normalizer = json_object_get(w->root, "normalizer");
    const int composes = normalizer && !json_is_null(normalizer);
    const int whole_words = json_is_true(json_object_get(json_object_get(w->root, "model"), "ignore_merges"));
    const char *regexes[GGUF_MOST_REGEXES];
    int count = 0;
    if (composes && (!type_of(normalizer) || strcmp(type_of(normalizer), "NFC") != 0))
        return refuse(w, "normalizer", type_of(normalizer));
    for (size_t i = 0; i < (steps ? json_array_size(steps) : 1); i++) {
        const json_t *step = steps ? json_array_get(steps, i) : pre;
        const char *regex = regex_of(step);
        if (!regex || json_is_true(json_object_get(step, "add_prefix_space")) || count == GGUF_MOST_REGEXES)
            return refuse(w, "pre_tokenizer", type_of(step));
        if (*regex) regexes[count++] = regex;
    }
    const struct gguf_way *way;
    for (int64_t i = 0; (way = gguf_way_at(i)); i++)
        if (is_way(way, regexes, count, composes, whole_words)) {
            gguf_out_text(out, "tokenizer.ggml.pre", way->names[0]);
            return SA_OK;
        }
    return refuse(w, "pre_tokenizer with the expression", count ? regexes[0] : NULL);
}

static sa_status put_merges(const struct writing *w, struct gguf_out *out) {
    const json_t *merges = json_object_get(json_object_get(w->root, "model"), "merges");
    gguf_out_array(out, "tokenizer.ggml.merges", GGUF_TEXT, (int64_t)json_array_size(merges));
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *merge = json_array_get(merges, i);
        char text[600];
        int bytes = json_is_string(merge)
                        ? snprintf(text, sizeof text, "%s", json_string_value(merge))
                        : snprintf(text, sizeof text, "%s %s", json_string_value(json_array_get(merge, 0)),
                                   json_string_value(json_array_get(merge, 1)));
        if (bytes < 0 || bytes >= (int)sizeof text)
            return fail(&w->ctx->report, SA_ERR_UNSUPPORTED,
                        "tokenizer.json: merge %lld has %d bytes, at most %d can be written", (long long)i, bytes,
                        (int)sizeof text - 1);
        gguf_out_text_item(out, text, bytes);
    }
    return SA_OK;
}

/* How many letters of a piece of WordPiece GGUF leaves out: the "##" of those that continue a word. The others get a
 * visible space. */
static int is_continued(const char *text) {
    return !strncmp(text, "##", 2) && text[2];
}

static void put_word(const struct writing *w, int64_t id, struct gguf_out *out) {
    char word[300];
    const char *text = w->tokens[id].text;
    if (w->tokens[id].kind != KIND_NORMAL)
        snprintf(word, sizeof word, "%s", text);
    else
        snprintf(word, sizeof word, "%s%s", is_continued(text) ? "" : visible_space, text + 2 * is_continued(text));
    gguf_out_text_item(out, word, (int64_t)strlen(word));
}

/* Tokens with their kinds; `words`: as WordPiece has them. */
static void put_tokens(const struct writing *w, int words, struct gguf_out *out) {
    gguf_out_array(out, "tokenizer.ggml.tokens", GGUF_TEXT, w->count);
    for (int64_t id = 0; id < w->count; id++) {
        char unused[40];
        snprintf(unused, sizeof unused, "[PAD%lld]", (long long)id);
        const char *text = w->tokens[id].text ? w->tokens[id].text : unused;
        if (words && w->tokens[id].text)
            put_word(w, id, out);
        else
            gguf_out_text_item(out, text, (int64_t)strlen(text));
    }
    gguf_out_array(out, "tokenizer.ggml.token_type", GGUF_I32, w->count);
    for (int64_t id = 0; id < w->count; id++)
        gguf_out_integer_item(out, w->tokens[id].text ? w->tokens[id].kind : KIND_UNUSED);
}

/* Tokens with a meaning, and which of them stand around every text. */
static sa_status put_roles(const struct writing *w, const sa_tokenizer *t, struct gguf_out *out) {
    const struct model_config *c = &w->model->config;
    const int64_t begin = t->before.count ? t->before.ids[0] : c->start_token, end = t->after.count ? t->after.ids[0]
                                                                                     : c->end_token_count
                                                                                         ? c->end_tokens[0]
                                                                                         : -1;
    if (t->before.count > 1 || t->after.count > 1)
        return fail(&w->ctx->report, SA_ERR_UNSUPPORTED,
                    "tokenizer.json: %d tokens before and %d behind a text cannot be written to a GGUF file; one can",
                    t->before.count, t->after.count);
    if (begin >= 0) gguf_out_integer(out, "tokenizer.ggml.bos_token_id", begin);
    if (end >= 0) gguf_out_integer(out, "tokenizer.ggml.eos_token_id", end);
    if (c->pad_token >= 0) gguf_out_integer(out, "tokenizer.ggml.padding_token_id", c->pad_token);
    for (int64_t i = 1; i < c->end_token_count && i < 3; i++)
        gguf_out_integer(out, i == 1 ? "tokenizer.ggml.eot_token_id" : "tokenizer.ggml.eom_token_id", c->end_tokens[i]);
    gguf_out_flag(out, "tokenizer.ggml.add_bos_token", t->before.count > 0);
    gguf_out_flag(out, "tokenizer.ggml.add_eos_token", t->after.count > 0);
    return SA_OK;
}

/* What GGUF's readers take for granted of BERT's tokenizer. */
static sa_status check_wordpiece(const struct writing *w) {
    const json_t *model = json_object_get(w->root, "model"), *normalizer = json_object_get(w->root, "normalizer");
    const char *const prefix = json_string_value(json_object_get(model, "continuing_subword_prefix"));
    const char *const unknown = json_string_value(json_object_get(model, "unk_token"));
    const char *const cutter = type_of(json_object_get(w->root, "pre_tokenizer"));
    if (!prefix || strcmp(prefix, "##") != 0) return refuse(w, "continuing_subword_prefix", prefix);
    if (!unknown || strcmp(unknown, "[UNK]") != 0) return refuse(w, "unk_token", unknown);
    if (!cutter || strcmp(cutter, "BertPreTokenizer") != 0) return refuse(w, "pre_tokenizer", cutter);
    if (!type_of(normalizer) || strcmp(type_of(normalizer), "BertNormalizer") != 0)
        return refuse(w, "normalizer", type_of(normalizer));
    if (json_is_false(json_object_get(normalizer, "clean_text"))) return refuse(w, "clean_text", "false");
    if (json_is_false(json_object_get(normalizer, "handle_chinese_chars")))
        return refuse(w, "handle_chinese_chars", "false");
    for (int64_t id = 0; id < w->count; id++)
        if (w->tokens[id].text && strlen(w->tokens[id].text) > 290) return refuse(w, "the token", w->tokens[id].text);
    return SA_OK;
}

static sa_status put_wordpiece(const struct writing *w, const sa_tokenizer *t, struct gguf_out *out) {
    static const struct {
        const char *text, *key;
    } roles[] = {
        {"[PAD]", "padding"}, {"[UNK]", "unknown"}, {"[CLS]", "cls"}, {"[SEP]", "seperator"}, {"[MASK]", "mask"}};
    const json_t *normalizer = json_object_get(w->root, "normalizer");
    const json_t *strip = json_object_get(normalizer, "strip_accents");
    const int lower = json_is_true(json_object_get(normalizer, "lowercase"));
    char key[60];
    sa_status status = check_wordpiece(w);
    if (status != SA_OK) return status;
    if (t->before.count != 1 || t->after.count != 1)
        return refuse(w, "post_processor", type_of(json_object_get(w->root, "post_processor")));
    gguf_out_text(out, "tokenizer.ggml.model", "bert");
    gguf_out_text(out, "tokenizer.ggml.pre", "default");
    gguf_out_flag(out, "tokenizer.ggml.normalizer.lowercase", lower);
    gguf_out_flag(out, "tokenizer.ggml.normalizer.strip_accents", json_is_boolean(strip) ? json_is_true(strip) : lower);
    put_tokens(w, 1, out);
    for (int64_t i = 0; i < COUNT_OF(roles); i++)
        for (int64_t id = 0; id < w->count; id++) {
            if (!w->tokens[id].text || strcmp(w->tokens[id].text, roles[i].text) != 0) continue;
            snprintf(key, sizeof key, "tokenizer.ggml.%s_token_id", roles[i].key); /* so is it spelled there */
            gguf_out_integer(out, key, id);
        }
    return SA_OK;
}

static sa_status put_all(struct writing *w, const sa_tokenizer *t, struct gguf_out *out) {
    const char *type = type_of(json_object_get(w->root, "model"));
    if (type && !strcmp(type, "WordPiece")) {
        sa_status status = list_tokens(w);
        return status == SA_OK ? put_wordpiece(w, t, out) : status;
    }
    if (t->model != &token_model_bpe || !t->bpe.takes_bytes) return refuse(w, "model", type ? type : "BPE");
    sa_status status = list_tokens(w);
    if (status != SA_OK) return status;
    gguf_out_text(out, "tokenizer.ggml.model", "gpt2");
    status = put_way(w, out);
    if (status != SA_OK) return status;
    put_tokens(w, 0, out);
    status = put_merges(w, out);
    return status == SA_OK ? put_roles(w, t, out) : status;
}

/* A list has templates with names; "default" is the one that others are beside. */
static void put_named_templates(const json_t *list, struct gguf_out *out) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    char key[100];
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "name"));
        const char *text = json_string_value(json_object_get(json_array_get(list, i), "template"));
        if (!name || !text || !*name || strlen(name) > 60 || name[strspn(name, letters)]) continue;
        snprintf(key, sizeof key, "tokenizer.chat_template%s%s", strcmp(name, "default") ? "." : "",
                 strcmp(name, "default") ? name : "");
        gguf_out_text(out, key, text);
    }
}

/* chat_template.jinja goes before the one in tokenizer_config.json. *found says whether it is there. */
static sa_status put_template_file(sa_ctx *ctx, const char *directory, struct gguf_out *out, int *found) {
    struct mapped_file file = {0};
    char *path = NULL;
    sa_status status = path_join(&ctx->memory, &ctx->report, directory, "chat_template.jinja", &path);
    *found = status == SA_OK && access(path, F_OK) == 0;
    if (*found) status = file_read(&ctx->memory, &ctx->report, path, JSON_MOST_BYTES, &file);
    if (*found && status == SA_OK) {
        const char *bytes = (const char *)file.bytes;
        if (file.size > JSON_MOST_BYTES || invalid_utf8(bytes, file.size) >= 0)
            status = fail(&ctx->report, SA_ERR_FORMAT, "%s: is not UTF-8, or longer than %d bytes", file.name,
                          JSON_MOST_BYTES);
        else
            gguf_out_text_of(out, "tokenizer.chat_template", bytes, file.size);
    }
    file_close(&file);
    path_release(&ctx->memory, path);
    return status;
}

static sa_status put_template(sa_ctx *ctx, const char *directory, struct gguf_out *out) {
    json_t *config;
    int found;
    sa_status status = put_template_file(ctx, directory, out, &found);
    if (status != SA_OK || found) return status;
    status = json_file_beside(&ctx->memory, &ctx->report, directory, "tokenizer_config.json", 1, &config);
    const json_t *template = json_object_get(config, "chat_template");
    if (status == SA_OK && json_is_string(template))
        gguf_out_text(out, "tokenizer.chat_template", json_string_value(template));
    if (status == SA_OK) put_named_templates(template, out);
    json_decref(config);
    return status;
}

sa_status write_tokenizer(sa_ctx *ctx, const struct sa_model *model, const char *directory, struct gguf_out *out) {
    struct writing w = {.ctx = ctx, .model = model, .count = model_first(model)->config.input.vocabulary};
    struct sa_tokenizer tokenizer = {.memory = ctx->memory};
    const struct json_source source = {&ctx->report, "tokenizer.json"};
    json_t *root;
    sa_status status = json_file_beside(&ctx->memory, &ctx->report, directory, "tokenizer.json", 1, &root);
    if (status != SA_OK || !root) return status;
    w.root = root;
    status = tokenizer_read(ctx, &source, root, &tokenizer);
    if (status == SA_OK && !(w.tokens = memory_allocate(&ctx->memory, w.count, sizeof *w.tokens)))
        status = fail_memory(&ctx->report, w.count * (int64_t)sizeof *w.tokens, "a list of tokens");
    if (status == SA_OK) status = put_all(&w, &tokenizer, out);
    if (status == SA_OK) status = put_template(ctx, directory, out);
    memory_release(&ctx->memory, w.tokens, w.count, sizeof *w.tokens);
    tokenizer_release(&tokenizer);
    json_decref(root);
    return status;
}
