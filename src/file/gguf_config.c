/* A GGUF file's settings in the words of config.json. A setting of the architecture that is not in these tables is
 * refused by name; settings about other things (general., tokenizer., ...) do not change the result.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "file/gguf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 100, MOST_FACTORS = 65536 };

static const struct {
    const char *name, *model_type;
    int32_t architecture;
    int interleaved;
} architectures[] = {
    {"llama", "llama", GGUF_LLAMA, 1},
    {"qwen2", "qwen2", GGUF_QWEN2, 0},
    {"qwen3", "qwen3", GGUF_QWEN3, 0},
    {"granite", "granite", GGUF_GRANITE, 1},
    {"olmo2", "olmo2", GGUF_OLMO2, 0},
    {"qwen2moe", "qwen2_moe", GGUF_QWEN2_MOE, 0},
    {"qwen3moe", "qwen3_moe", GGUF_QWEN3_MOE, 0},
};

/* Keys begin with the architecture's name and a dot. */
static const struct {
    const char *theirs, *ours;
    int is_number; /* else an integer */
    int32_t architectures;
} settings[] = {
    {"context_length", "max_position_embeddings", 0, GGUF_ALL},
    {"embedding_length", "hidden_size", 0, GGUF_ALL},
    {"block_count", "num_hidden_layers", 0, GGUF_ALL},
    {"feed_forward_length", "intermediate_size", 0, GGUF_ALL},
    {"vocab_size", "vocab_size", 0, GGUF_ALL},
    {"attention.head_count", "num_attention_heads", 0, GGUF_ALL},
    {"attention.head_count_kv", "num_key_value_heads", 0, GGUF_ALL},
    {"attention.key_length", "head_dim", 0, GGUF_ALL},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps", 1, GGUF_ALL},
    {"rope.freq_base", "rope_theta", 1, GGUF_ALL},
    {"attention.scale", "attention_multiplier", 1, GGUF_GRANITE},
    {"embedding_scale", "embedding_multiplier", 1, GGUF_GRANITE},
    {"residual_scale", "residual_multiplier", 1, GGUF_GRANITE},
    {"logit_scale", "logits_scaling", 1, GGUF_GRANITE},
    {"expert_count", "num_experts", 0, GGUF_MOE},
    {"expert_used_count", "num_experts_per_tok", 0, GGUF_MOE},
    {"expert_feed_forward_length", "moe_intermediate_size", 0, GGUF_MOE},
    {"expert_shared_feed_forward_length", "shared_expert_intermediate_size", 0, GGUF_QWEN2_MOE},
};

/* Settings that are read elsewhere in this file, or that do not change the result. */
static const char *const others[] = {
    "attention.value_length",
    "rope.dimension_count",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.original_context_length",
    "rope.scaling.finetuned",
};

/* The file that is translated, and the settings so far. */
struct translation {
    const struct gguf *gguf;
    const char *architecture, *model_type;
    int32_t number; /* GGUF_... */
    json_t *config;
};

static sa_status put(const struct translation *t, const char *key, json_t *value) {
    return json_object_set_new(t->config, key, value) == 0 ? SA_OK : fail_memory_for(t->gguf->report, "a setting");
}

static const char *full_key(const struct translation *t, const char *key, char text[KEY_BYTES]) {
    snprintf(text, KEY_BYTES, "%s.%s", t->architecture, key);
    return text;
}

static int is_known(const struct translation *t, struct gguf_text key) {
    for (int64_t i = 0; i < COUNT_OF(settings); i++)
        if (settings[i].architectures & t->number && gguf_is(key, settings[i].theirs)) return 1;
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

static sa_status put_settings(const struct translation *t) {
    sa_status status = SA_OK;
    for (int64_t i = 0; i < COUNT_OF(settings) && status == SA_OK; i++) {
        char key[KEY_BYTES];
        int64_t integer = 0;
        double number = 0;
        if (!(settings[i].architectures & t->number)) continue;
        if (!gguf_find(t->gguf, full_key(t, settings[i].theirs, key))) continue;
        status = settings[i].is_number ? gguf_take_number(t->gguf, key, &number)
                                       : gguf_take_integer(t->gguf, key, 1, INT32_MAX, &integer);
        if (status != SA_OK) return status;
        status = put(t, settings[i].ours, settings[i].is_number ? json_real(number) : json_integer(integer));
    }
    return status;
}

/* Sizes that config.json cannot express have to be the head size. */
static sa_status check_head_size(const struct translation *t) {
    static const char *const sizes[] = {"attention.value_length", "rope.dimension_count"};
    int64_t heads = json_integer_value(json_object_get(t->config, "num_attention_heads"));
    int64_t head = json_integer_value(json_object_get(t->config, "head_dim")), size;
    if (!head && heads) head = json_integer_value(json_object_get(t->config, "hidden_size")) / heads;
    for (int64_t i = 0; i < COUNT_OF(sizes); i++) {
        char key[KEY_BYTES];
        if (!gguf_find(t->gguf, full_key(t, sizes[i], key))) continue;
        sa_status status = gguf_take_integer(t->gguf, key, 1, INT32_MAX, &size);
        if (status != SA_OK) return status;
        if (size != head)
            return fail(t->gguf->report, SA_ERR_UNSUPPORTED,
                        "%s: the setting \"%s\" is %lld; only the head size %lld is supported", t->gguf->file->name,
                        key, (long long)size, (long long)head);
    }
    return SA_OK;
}

/* A vocabulary without a size of its own is as large as its table of embeddings. */
static sa_status put_vocabulary(const struct translation *t, const struct tensor_file *file) {
    const struct tensor *words = tensors_find(file, "model.embed_tokens.weight");
    sa_status status = put(t, "tie_word_embeddings", json_boolean(!tensors_find(file, "lm_head.weight")));
    if (status == SA_OK && words && words->axes == 2 && !json_object_get(t->config, "vocab_size"))
        status = put(t, "vocab_size", json_integer(words->size[0]));
    return status;
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
    if (status == SA_OK && token) status = put(t, "bos_token_id", token);
    for (int64_t i = 0; i < COUNT_OF(ends) && status == SA_OK; i++) {
        status = take_token(t, ends[i], &token);
        if (status == SA_OK && token && json_array_append_new(list, token))
            status = fail_memory_for(t->gguf->report, "a setting");
    }
    if (status == SA_OK) return put(t, "eos_token_id", list);
    json_decref(list);
    return status;
}

/* A vector as a JSON array; NULL if there is no memory. */
static json_t *list_of(const struct tensor *t) {
    json_t *list = json_array();
    for (int64_t i = 0; i < t->elements; i++) {
        float value;
        tensor_floats(t, i, 1, &value);
        if (!json_array_append_new(list, json_real((double)value))) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static int all_finite(const struct tensor *t) {
    for (int64_t i = 0; i < t->elements; i++) {
        float value;
        tensor_floats(t, i, 1, &value);
        if (!isfinite(value)) return 0;
    }
    return 1;
}

/* Factors by which each frequency of the rotation is divided, at any length: "longrope" in config.json. */
static sa_status put_factors(const struct translation *t, const struct tensor *factors) {
    const struct gguf *g = t->gguf;
    if (factors->type != SA_F32 || factors->elements > MOST_FACTORS || !all_finite(factors))
        return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%s\" must be a vector of finite F32", g->file->name,
                    factors->name);
    json_t *list = list_of(factors);
    json_t *scaling = list ? json_pack("{s:s, s:O, s:O, s:f}", "rope_type", "longrope", "short_factor", list,
                                       "long_factor", list, "attention_factor", 1.0)
                           : NULL;
    json_decref(list);
    if (!scaling) return fail_memory(g->report, factors->bytes, "a setting");
    json_object_set(scaling, "original_max_position_embeddings", json_object_get(t->config, "max_position_embeddings"));
    return put(t, "rope_scaling", scaling);
}

static sa_status put_scaling(const struct translation *t, const char *type) {
    const struct gguf *g = t->gguf;
    char key[KEY_BYTES];
    double factor = 0;
    int64_t original = 0;
    sa_status status = gguf_take_number(g, full_key(t, "rope.scaling.factor", key), &factor);
    if (status == SA_OK && gguf_find(g, full_key(t, "rope.scaling.original_context_length", key)))
        status = gguf_take_integer(g, key, 1, INT32_MAX, &original);
    if (status != SA_OK) return status;
    json_t *scaling = json_pack("{s:s, s:f}", "rope_type", type, "factor", factor);
    if (original) json_object_set_new(scaling, "original_max_position_embeddings", json_integer(original));
    return put(t, "rope_scaling", scaling);
}

static sa_status put_scaling_of_type(const struct translation *t) {
    const struct gguf *g = t->gguf;
    char key[KEY_BYTES];
    struct gguf_text type;
    if (!gguf_find(g, full_key(t, "rope.scaling.type", key))) return SA_OK;
    sa_status status = gguf_take_text(g, key, &type);
    if (status != SA_OK || gguf_is(type, "none")) return status;
    if (gguf_is(type, "linear")) return put_scaling(t, "linear");
    if (gguf_is(type, "yarn")) return put_scaling(t, "yarn");
    return fail(g->report, SA_ERR_UNSUPPORTED, "%s: the setting \"%s\" is \"%.*s\"; linear and yarn are supported",
                g->file->name, key, (int)min_i64(type.length, 80), type.bytes);
}

static sa_status put_rotation(const struct translation *t, int interleaved, const struct tensor_file *file) {
    const struct tensor *factors = tensors_find(file, GGUF_ROPE_FACTORS);
    sa_status status = interleaved ? put(t, "rope_interleave", json_true()) : SA_OK;
    if (status == SA_OK) status = put_scaling_of_type(t);
    if (status != SA_OK || !factors) return status;
    if (json_object_get(t->config, "rope_scaling"))
        return fail(t->gguf->report, SA_ERR_UNSUPPORTED, "%s: has both a tensor \"%s\" and a scaled rotation",
                    t->gguf->file->name, factors->name);
    return put_factors(t, factors);
}

static sa_status put_all(const struct translation *t, int interleaved, const struct tensor_file *file) {
    sa_status status = check_keys(t);
    if (status == SA_OK) status = put(t, "model_type", json_string(t->model_type));
    if (status == SA_OK) status = put(t, "hidden_act", json_string("silu"));
    /* The format has no setting for it; llama.cpp knows it. */
    if (status == SA_OK && t->number == GGUF_QWEN3_MOE) status = put(t, "norm_topk_prob", json_true());
    if (status == SA_OK) status = put_settings(t);
    if (status == SA_OK) status = check_head_size(t);
    if (status == SA_OK) status = put_rotation(t, interleaved, file);
    if (status == SA_OK) status = put_vocabulary(t, file);
    return status == SA_OK ? put_tokens(t) : status;
}

int32_t gguf_architecture_of(const char *name, int *interleaved) {
    int64_t i = 0;
    while (strcmp(architectures[i].name, name) != 0) i++;
    *interleaved = architectures[i].interleaved;
    return architectures[i].architecture;
}

sa_status gguf_architecture(const struct gguf *g, int32_t *architecture) {
    struct gguf_text name;
    sa_status status = gguf_take_text(g, "general.architecture", &name);
    if (status != SA_OK) return status;
    for (int64_t i = 0; i < COUNT_OF(architectures); i++)
        if (gguf_is(name, architectures[i].name)) {
            *architecture = architectures[i].architecture;
            return SA_OK;
        }
    return fail(g->report, SA_ERR_UNSUPPORTED,
                "%s: general.architecture is \"%.*s\"; llama, qwen2, qwen3, granite, olmo2, qwen2moe and qwen3moe are "
                "supported",
                g->file->name, (int)min_i64(name.length, 80), name.bytes);
}

sa_status gguf_config(const struct gguf *g, int32_t architecture, const struct tensor_file *file, json_t **config) {
    struct translation t = {.gguf = g, .architecture = "", .model_type = "", .config = json_object()};
    int interleaved = 0;
    for (int64_t i = 0; i < COUNT_OF(architectures); i++)
        if (architectures[i].architecture == architecture) {
            t.architecture = architectures[i].name, t.model_type = architectures[i].model_type;
            t.number = architecture, interleaved = architectures[i].interleaved;
        }
    sa_status status = t.config ? put_all(&t, interleaved, file) : fail_memory_for(g->report, "a model's settings");
    if (status != SA_OK) json_decref(t.config);
    *config = status == SA_OK ? t.config : NULL;
    return status;
}
