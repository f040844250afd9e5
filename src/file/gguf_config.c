/* A GGUF file's settings in the words of config.json. A setting of the architecture that is not on its page is refused
 * by name; settings about other things (general., tokenizer., ...) do not change the result.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "file/gguf_family.h"
#include "file/gguf_rotation.h"

#include <stdio.h>
#include <string.h>

/* Settings that are read elsewhere in this file, or that do not change the result. */
static const char *const others[] = {
    "attention.key_length",
    "attention.value_length",
    "pooling_type",
    "attention.sliding_window_pattern",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.attn_factor",
    "rope.scaling.original_context_length",
    "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
    "rope.scaling.yarn_truncate",
    "rope.scaling.finetuned",
};

/* A member of a section of the page. */
static json_t *of_page(const struct translation *t, const char *section, const char *key) {
    return json_object_get(json_object_get(t->family, section), key);
}

static int is_in(const struct translation *t, const char *section, struct gguf_text key) {
    json_t *names = json_object_get(t->family, section);
    for (void *i = json_object_iter(names); i; i = json_object_iter_next(names, i))
        if (gguf_is(key, json_object_iter_key(i))) return 1;
    return 0;
}

static int is_known(const struct translation *t, struct gguf_text key) {
    static const char *const sections[] = {"integers", "numbers", "flags", "texts", "require"};
    const json_t *unneeded = json_object_get(t->family, "unneeded");
    for (int64_t i = 0; i < COUNT_OF(sections); i++)
        if (is_in(t, sections[i], key)) return 1;
    for (size_t i = 0; i < json_array_size(unneeded); i++)
        if (gguf_is(key, json_string_value(json_array_get(unneeded, i)))) return 1;
    for (int64_t i = 0; i < COUNT_OF(others); i++)
        if (gguf_is(key, others[i])) return 1;
    return 0;
}

/* Checks that every setting of the architecture is known, and that the whole model is in this file. */
static sa_status check_keys(const struct translation *t) {
    const struct gguf *g = t->gguf;
    const int64_t prefix = (int64_t)strlen(t->architecture) + 1;
    int64_t files = 1;
    for (int64_t i = 0; i < g->value_count; i++) {
        struct gguf_text key = g->values[i].key;
        if (key.length <= prefix || memcmp(key.bytes, t->architecture, (size_t)prefix - 1) != 0 ||
            key.bytes[prefix - 1] != '.' || is_known(t, (struct gguf_text){key.bytes + prefix, key.length - prefix}))
            continue;
        return fail(g->report, SA_ERR_UNSUPPORTED, "%s: the setting \"%.*s\" is not supported", g->file->name,
                    (int)min_i64(key.length, 80), key.bytes);
    }
    if (!gguf_find(g, "split.count")) return SA_OK;
    sa_status status = gguf_take_integer(g, "split.count", 0, INT32_MAX, &files);
    if (status != SA_OK || files <= 1) return status;
    return fail(g->report, SA_ERR_UNSUPPORTED, "%s: is one of %lld files of a model; join them first", g->file->name,
                (long long)files);
}

/* The value of a setting. A window of 0 tokens is none: *value is NULL. */
static sa_status take_value(const struct translation *t, const char *kind, const char *key, json_t **value) {
    const int64_t least = !strcmp(kind, "integers") && strstr(key, ".sliding_window") ? 0 : 1;
    struct gguf_text text;
    int64_t integer = 0;
    double number = 0;
    int flag = 0;
    sa_status status = SA_OK;
    *value = NULL;
    if (!strcmp(kind, "integers")) {
        const int is_id = strstr(key, "token_id") != NULL;
        status = gguf_take_integer(t->gguf, key, is_id ? 0 : least, INT32_MAX, &integer);
        if (status == SA_OK && (integer || is_id)) *value = json_integer(integer);
    } else if (!strcmp(kind, "numbers")) {
        status = gguf_take_number(t->gguf, key, &number);
        if (status == SA_OK) *value = json_real(number);
    } else if (!strcmp(kind, "flags")) {
        status = gguf_take_flag(t->gguf, key, &flag);
        if (status == SA_OK) *value = json_boolean(flag);
    } else {
        status = gguf_take_text(t->gguf, key, &text);
        if (status == SA_OK) *value = json_stringn(text.bytes, (size_t)text.length);
        if (status == SA_OK && !*value)
            status =
                fail(t->gguf->report, SA_ERR_FORMAT, "%s: the setting \"%s\" is no UTF-8", t->gguf->file->name, key);
    }
    return status;
}

static sa_status put_settings(const struct translation *t, const char *kind) {
    json_t *names = json_object_get(t->family, kind);
    sa_status status = SA_OK;
    for (void *i = json_object_iter(names); i && status == SA_OK; i = json_object_iter_next(names, i)) {
        char key[GGUF_KEY_BYTES];
        json_t *value;
        if (!gguf_find(t->gguf, gguf_full_key(t, json_object_iter_key(i), key))) continue;
        status = take_value(t, kind, key, &value);
        if (status == SA_OK && value) status = gguf_put(t, json_string_value(json_object_iter_value(i)), value);
    }
    return status;
}

static sa_status check_required(const struct translation *t) {
    json_t *required = json_object_get(t->family, "require");
    for (void *i = json_object_iter(required); i; i = json_object_iter_next(required, i)) {
        char key[GGUF_KEY_BYTES];
        int flag;
        if (!gguf_find(t->gguf, gguf_full_key(t, json_object_iter_key(i), key))) continue;
        sa_status status = gguf_take_flag(t->gguf, key, &flag);
        if (status != SA_OK) return status;
        if (flag != json_is_true(json_object_iter_value(i)))
            return fail(t->gguf->report, SA_ERR_UNSUPPORTED, "%s: the setting \"%s\" is %s, which is not supported",
                        t->gguf->file->name, key, flag ? "true" : "false");
    }
    return SA_OK;
}

/* What config.json calls a setting of the file; NULL if its page does not have it. */
static const char *config_name(const struct translation *t, const char *section, const char *key) {
    return json_string_value(of_page(t, section, key));
}

/* A head's size that is not given follows from the width. */
static sa_status put_head_size(const struct translation *t, int64_t *head) {
    const char *width = config_name(t, "integers", "embedding_length"),
               *count = config_name(t, "integers", "attention.head_count"),
               *size = config_name(t, "integers", "attention.key_length");
    const int64_t heads = json_integer_value(json_object_get(t->config, count));
    *head = json_integer_value(size ? json_object_get(t->config, size) : NULL);
    if (*head || !heads) return SA_OK;
    *head = json_integer_value(json_object_get(t->config, width)) / heads;
    return size && *head ? gguf_put(t, size, json_integer(*head)) : SA_OK;
}

/* Sizes that config.json cannot express have to be the head size. */
static sa_status check_head_size(const struct translation *t) {
    static const char *const sizes[] = {"attention.key_length", "attention.value_length", "rope.dimension_count"};
    int64_t head, size;
    sa_status status = put_head_size(t, &head);
    for (int64_t i = 0; i < COUNT_OF(sizes) && status == SA_OK; i++) {
        char key[GGUF_KEY_BYTES];
        if (!gguf_find(t->gguf, gguf_full_key(t, sizes[i], key)) || of_page(t, "integers", sizes[i])) continue;
        status = gguf_take_integer(t->gguf, key, 1, INT32_MAX, &size);
        if (status == SA_OK && size != head)
            return fail(t->gguf->report, SA_ERR_UNSUPPORTED,
                        "%s: the setting \"%s\" is %lld; only the head size %lld is supported", t->gguf->file->name,
                        key, (long long)size, (long long)head);
    }
    return status;
}

/* The scale of scores of Gemma, which the format does not have: llama.cpp knows it by the number of blocks. */
static sa_status put_score_width(const struct translation *t) {
    const char *key = json_string_value(of_page(t, "score_width", "config"));
    const int64_t blocks = json_integer_value(json_object_get(t->config, "num_hidden_layers")),
                  heads = json_integer_value(json_object_get(t->config, "num_attention_heads"));
    json_t *head = json_object_get(t->config, "head_dim");
    if (!key || !head || !heads) return SA_OK;
    if (blocks != json_integer_value(of_page(t, "score_width", "of_heads_at")))
        return gguf_put(t, key, json_incref(head));
    return gguf_put(t, key, json_integer(json_integer_value(json_object_get(t->config, "hidden_size")) / heads));
}

/* Which blocks have a window: a flag for each, or a period. */
static sa_status put_windows(const struct translation *t) {
    const char *which = json_string_value(json_object_get(t->family, "windows"));
    const char *count = config_name(t, "integers", "block_count");
    const int64_t blocks = json_integer_value(json_object_get(t->config, count));
    char key[GGUF_KEY_BYTES];
    const struct gguf_value *v = gguf_find(t->gguf, gguf_full_key(t, "attention.sliding_window_pattern", key));
    int64_t period = 0;
    sa_status status = SA_OK;
    if (!v) return SA_OK;
    if (!which)
        return fail(t->gguf->report, SA_ERR_UNSUPPORTED, "%s: the setting \"%s\" is not supported", t->gguf->file->name,
                    key);
    if (v->count < 0) status = gguf_take_integer(t->gguf, key, 1, INT32_MAX, &period);
    if (v->count >= 0) status = gguf_take_array(t->gguf, key, GGUF_BOOL, &v);
    if (status == SA_OK && v->count >= 0 && v->count != blocks)
        status = fail(t->gguf->report, SA_ERR_FORMAT, "%s: the setting \"%s\" has %lld items, there are %lld blocks",
                      t->gguf->file->name, key, (long long)v->count, (long long)blocks);
    if (status != SA_OK || blocks > GGUF_MOST_BLOCKS) return status;
    json_t *list = json_array();
    const int64_t without = period && !strcmp(which, "last") ? period - 1 : 0;
    for (int64_t l = 0; l < blocks; l++)
        json_array_append_new(list, json_string((period ? l % period != without : v->data[l] != 0) ? "sliding_attention"
                                                                                                   : "full_attention"));
    return gguf_put(t, "layer_types", list);
}

/* What follows from tensors: sizes, and whether they are there. */
static sa_status put_what_tensors_say(const struct translation *t) {
    json_t *sizes = json_object_get(t->family, "sizes"), *has = json_object_get(t->family, "has");
    char output[TENSOR_NAME_BYTES];
    sa_status status = SA_OK;
    for (void *i = json_object_iter(sizes); i && status == SA_OK; i = json_object_iter_next(sizes, i)) {
        const struct tensor *tensor = tensors_find(t->file, json_string_value(json_object_iter_value(i)));
        if (tensor && tensor->axes >= 1 && !json_object_get(t->config, json_object_iter_key(i)))
            status = gguf_put(t, json_object_iter_key(i), json_integer(tensor->axes == 1 ? 1 : tensor->size[0]));
    }
    for (void *i = json_object_iter(has); i && status == SA_OK; i = json_object_iter_next(has, i)) {
        const char *name = json_string_value(json_object_iter_value(i));
        status = gguf_put(t, json_object_iter_key(i), json_boolean(tensors_find(t->file, name) != NULL));
    }
    if (status != SA_OK || !gguf_their_name(t->family, (struct gguf_text){"output.weight", 13}, output)) return status;
    return gguf_put(t, "tie_word_embeddings", json_boolean(!tensors_find(t->file, output)));
}

/* A token number, if the file has the setting. Numbers above any vocabulary, such as 2^32 - 1, mean none. */
static sa_status take_token(const struct translation *t, const char *key, json_t **token) {
    int64_t id;
    *token = NULL;
    if (!gguf_find(t->gguf, key)) return SA_OK;
    sa_status status = gguf_take_integer(t->gguf, key, 0, UINT32_MAX, &id);
    if (status != SA_OK || id == UINT32_MAX) return status;
    *token = json_integer(id);
    return *token ? SA_OK : fail_memory_for(t->gguf->report, "a setting");
}

/* The tokens that end a text, a turn or a message all end generation. */
static sa_status put_tokens(const struct translation *t) {
    static const char *const ends[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                       "tokenizer.ggml.eom_token_id"};
    json_t *token, *list = json_array();
    sa_status status =
        list ? take_token(t, "tokenizer.ggml.bos_token_id", &token) : fail_memory_for(t->gguf->report, "a setting");
    if (status == SA_OK && token) status = gguf_put(t, "bos_token_id", token);
    for (int64_t i = 0; i < COUNT_OF(ends) && status == SA_OK; i++) {
        status = take_token(t, ends[i], &token);
        if (status == SA_OK && token && json_array_append_new(list, token))
            status = fail_memory_for(t->gguf->report, "a setting");
    }
    if (status == SA_OK) return gguf_put(t, "eos_token_id", list);
    json_decref(list);
    return status;
}

/* The page names another type for files with one of these settings or tensors. */
static sa_status put_model_type(const struct translation *t, const char **model_type) {
    json_t *with = json_object_get(t->family, "with");
    *model_type = json_string_value(json_object_get(t->family, "model_type"));
    for (void *i = json_object_iter(with); i; i = json_object_iter_next(with, i)) {
        char key[GGUF_KEY_BYTES];
        int found = gguf_find(t->gguf, gguf_full_key(t, json_object_iter_key(i), key)) != NULL;
        for (int64_t n = 0; n < t->gguf->tensor_count && !found; n++)
            found = gguf_is(t->gguf->tensors[n].name, json_object_iter_key(i));
        if (found) *model_type = json_string_value(json_object_iter_value(i));
    }
    return gguf_put(t, "model_type", json_string(*model_type));
}

static sa_status put_description(const struct translation *t, const char *model_type, json_t **description) {
    const json_t *page = json_object_get(t->family, "description");
    *description = NULL;
    if (!page) return SA_OK;
    *description = json_deep_copy(page);
    if (*description && !json_object_set_new(*description, "like", json_string(model_type))) return SA_OK;
    return fail_memory_for(t->gguf->report, "an architecture's description");
}

/* How the states of a text become one vector: numbered as in llama.cpp. */
static sa_status put_pooling(const struct translation *t, json_t **pooling) {
    static const char *const names[] = {"none", "mean", "cls", "lasttoken", "rank"};
    char key[GGUF_KEY_BYTES];
    int64_t number;
    *pooling = NULL;
    if (!gguf_find(t->gguf, gguf_full_key(t, "pooling_type", key))) return SA_OK;
    sa_status status = gguf_take_integer(t->gguf, key, 0, COUNT_OF(names) - 1, &number);
    if (status != SA_OK) return status;
    *pooling = json_pack("{s:s}", "pooling_mode", names[number]);
    return *pooling ? SA_OK : fail_memory_for(t->gguf->report, "a setting");
}

static sa_status put_all(const struct translation *t, struct gguf_settings *settings) {
    static const char *const kinds[] = {"integers", "numbers", "flags", "texts"};
    const char *model_type = "";
    sa_status status = check_keys(t);
    if (status == SA_OK) status = put_model_type(t, &model_type);
    if (status == SA_OK) status = check_required(t);
    for (int64_t i = 0; i < COUNT_OF(kinds) && status == SA_OK; i++) status = put_settings(t, kinds[i]);
    if (status == SA_OK) status = check_head_size(t);
    if (status == SA_OK) status = put_score_width(t);
    if (status == SA_OK) status = put_windows(t);
    if (status == SA_OK) status = gguf_put_rotation(t);
    if (status == SA_OK) status = put_what_tensors_say(t);
    if (status == SA_OK) status = put_tokens(t);
    if (status == SA_OK) status = put_pooling(t, &settings->pooling);
    return status == SA_OK ? put_description(t, model_type, &settings->description) : status;
}

void gguf_settings_release(struct gguf_settings *s) {
    json_decref(s->config);
    json_decref(s->description);
    json_decref(s->pooling);
    *s = (struct gguf_settings){0};
}

sa_status gguf_config(const struct gguf *g, const struct tensor_file *file, struct gguf_settings *settings) {
    struct gguf_text name;
    char architecture[GGUF_KEY_BYTES];
    *settings = (struct gguf_settings){0};
    sa_status status = gguf_take_text(g, "general.architecture", &name);
    if (status != SA_OK) return status;
    snprintf(architecture, sizeof architecture, "%.*s", (int)min_i64(name.length, GGUF_KEY_BYTES - 1), name.bytes);
    const json_t *fixed = json_object_get(file->family, "config");
    settings->config = fixed ? json_deep_copy(fixed) : json_object();
    const struct translation t = {g, file, file->family, architecture, settings->config};
    status = t.config ? put_all(&t, settings) : fail_memory_for(g->report, "a model's settings");
    if (status != SA_OK) gguf_settings_release(settings);
    return status;
}
