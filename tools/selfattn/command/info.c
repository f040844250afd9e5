/* selfattn info: what a model is, and its sizes.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "table.h"
#include "text/rewriting_options.h"
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of one stack; those that it does not have are 0 and are left out. */
struct size {
    const char *name, *text;
    int32_t what;
};

static const struct size first_sizes[] = {
    {"layers", "layers", SA_MODEL_LAYERS},
    {"width", "width of a hidden state", SA_MODEL_WIDTH},
    {"query_heads", "query heads per layer", SA_MODEL_QUERY_HEADS},
    {"kv_heads", "key/value heads per layer", SA_MODEL_KV_HEADS},
    {"head_size", "width of a head", SA_MODEL_HEAD_SIZE},
    {"vocabulary", "tokens in the vocabulary", SA_MODEL_VOCABULARY},
    {"max_positions", "tokens in the longest text", SA_MODEL_MAX_POSITIONS},
    {NULL, NULL, 0},
};

static const struct size decoder_sizes[] = {
    {"layers", "layers", SA_MODEL_DECODER_LAYERS},
    {"width", "width of a hidden state", SA_MODEL_DECODER_WIDTH},
    {"query_heads", "query heads per layer", SA_MODEL_DECODER_QUERY_HEADS},
    {"kv_heads", "key/value heads per layer", SA_MODEL_DECODER_KV_HEADS},
    {"head_size", "width of a head", SA_MODEL_DECODER_HEAD_SIZE},
    {"vocabulary", "tokens in the vocabulary", SA_MODEL_DECODER_VOCABULARY},
    {"max_positions", "tokens in the longest text", SA_MODEL_DECODER_MAX_POSITIONS},
    {NULL, NULL, 0},
};

static const struct size input_sizes[] = {
    {"channels", "channels of an image or of sound", SA_MODEL_FEATURE_CHANNELS},
    {"height", "rows of an image", SA_MODEL_FEATURE_HEIGHT},
    {"width", "columns of an image, frames of sound", SA_MODEL_FEATURE_WIDTH},
    {"tokens", "tokens that the input becomes", SA_MODEL_FEATURE_TOKENS},
    {NULL, NULL, 0},
};

static void print_number(const char *text, int64_t value) {
    printf("%-38s%10lld\n", text, (long long)value);
}

static json_t *print_sizes(const sa_model *model, const struct size *sizes, int json) {
    json_t *object = json_object();
    for (const struct size *s = sizes; s->name; s++) {
        int64_t value = sa_model_get(model, s->what);
        json_object_set_new(object, s->name, json_integer(value));
        if (!json && value > 0) print_number(s->text, value);
    }
    return object;
}

/* Adds a section with a headline to the answer. */
static void add_sizes(json_t *answer, const sa_model *model, const char *section, const struct size *sizes, int json) {
    if (!json) printf("\n%s\n", section);
    json_object_set_new(answer, section, print_sizes(model, sizes, json));
}

static json_t *end_tokens(const sa_model *model, int json) {
    int64_t count = sa_model_end_tokens(model, NULL, 0);
    int32_t *id = allocate((size_t)count, sizeof *id);
    json_t *array = json_array();
    sa_model_end_tokens(model, id, count);
    for (int64_t i = 0; i < count; i++) {
        json_array_append_new(array, json_integer(id[i]));
        if (!json) print_number("token that ends a text", id[i]);
    }
    free(id);
    return array;
}

static json_t *unused_tensors(const sa_model *model, int json) {
    json_t *array = json_array();
    const char *name;
    for (int64_t i = 0; (name = sa_model_unused_tensor(model, i)); i++) {
        json_array_append_new(array, json_text(name));
        if (!json) printf("%s%s\n", i ? "" : "\ntensors that the model does not use\n", name);
    }
    return array;
}

/* Weights by type. */
static json_t *weights(const sa_model *model, int json) {
    json_t *object = json_object();
    const char *name;
    int32_t dtype;
    for (int i = 0; (name = weights_name(i, &dtype)); i++) {
        const int64_t count = sa_model_weights(model, dtype);
        char text[40];
        if (!count) continue;
        json_object_set_new(object, name, json_integer(count));
        snprintf(text, sizeof text, "weights of type %s", name);
        if (!json) print_number(text, count);
    }
    return object;
}

static json_t *print_count(const char *text, int64_t count, int json) {
    if (!json && count > 0) print_number(text, count);
    return json_integer(count);
}

static json_t *print_real(const char *text, double value, int json) {
    if (!json && value != 0) printf("%-38s%10g\n", text, value);
    return json_real(value);
}

static json_t *print_token(const char *text, int64_t token, int json) {
    if (!json && token >= 0) print_number(text, token);
    return token < 0 ? json_null() : json_integer(token);
}

/* Beams and lengths, as the files have them. */
static void add_lengths(json_t *object, const char *path, int json) {
    json_t *shown = beam_defaults_shown(path), *value;
    const char *key;
    json_object_foreach(shown, key, value) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
        if (!json) printf("%-38s%10s\n", key, text ? text : "");
        free(text);
    }
    json_object_update(object, shown);
    json_decref(shown);
}

/* How the model's makers write with it. */
static json_t *defaults(const sa_model *model, const char *path, int json) {
    sa_sampling s = {.struct_size = sizeof s};
    const int complete = sa_model_sampling(model, &s) == SA_OK;
    json_t *object = json_object();
    if (!json) printf("\ngeneration with --model-defaults%s\n", s.temperature > 0 ? "" : ": greedy");
    json_object_set_new(object, "temperature", print_real("temperature", s.temperature, json));
    json_object_set_new(object, "top_k", print_count("most probable tokens", s.top_k, json));
    json_object_set_new(object, "top_p", print_real("their probability", s.top_p, json));
    json_object_set_new(object, "min_p", print_real("least share of the most probable", s.min_p, json));
    json_object_set_new(object, "repetition_penalty", print_real("penalty of repetition", s.repetition_penalty, json));
    json_object_set_new(object, "max_new_tokens",
                        print_count("most new tokens", sa_model_get(model, SA_MODEL_MAX_NEW_TOKENS), json));
    json_object_set_new(object, "suppressed_tokens",
                        print_count("tokens that never come", sa_model_suppressed_tokens(model, 0, NULL, 0), json));
    json_object_set_new(
        object, "first_suppressed_tokens",
        print_count("tokens that are never the first", sa_model_suppressed_tokens(model, 1, NULL, 0), json));
    json_object_set_new(object, "forced_first_token",
                        print_token("first new token", sa_model_get(model, SA_MODEL_FORCED_FIRST_TOKEN), json));
    json_object_set_new(
        object, "forced_last_token",
        print_token("last token of a text that is cut off", sa_model_get(model, SA_MODEL_FORCED_LAST_TOKEN), json));
    add_lengths(object, path, json);
    json_object_set_new(object, "unsupported", complete ? json_null() : json_string(sa_ctx_last_error(NULL)));
    if (!json && !complete) printf("%s\n", sa_ctx_last_error(NULL));
    return object;
}

/* How pictures and sound are prepared, and texts for an embedding: the files beside the model. Long lists are not
 * printed. */
static void add_preparation(json_t *answer, const struct engine *e, int json) {
    static const char *const files[] = {"processor_config.json", "preprocessor_config.json",
                                        "sentence_bert_config.json"};
    for (int i = 0; i < 3; i++) {
        enum { MOST_TEXT = 60 };
        json_t *object = engine_json_beside(e->directory, files[i], 1), *value;
        const char *key;
        if (!object) continue;
        if (!json) printf("\n%s\n", files[i]);
        json_object_foreach(object, key, value) {
            char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
            if (!json && text && strlen(text) <= MOST_TEXT) printf("%-38s%10s\n", key, text);
            free(text);
        }
        json_object_set_new(answer, files[i], object);
    }
}

static json_t *describe(const sa_model *model, const char *path, int json) {
    const int has_encoder = sa_model_get(model, SA_MODEL_ENCODER) == 1,
              has_decoder = sa_model_get(model, SA_MODEL_DECODER) == 1;
    const char *kind = has_encoder && has_decoder ? "encoder-decoder" : has_encoder ? "encoder" : "decoder";
    json_t *answer = json_pack("{ss ss}", "type", sa_model_type(model), "kind", kind);
    if (!json) printf("%s, %s\n", sa_model_type(model), kind);
    if (has_encoder) add_sizes(answer, model, "encoder", first_sizes, json);
    if (has_decoder) add_sizes(answer, model, "decoder", decoder_sizes, json);
    if (sa_model_get(model, SA_MODEL_FEATURE_CHANNELS) > 0) add_sizes(answer, model, "input", input_sizes, json);
    const int64_t outputs = sa_model_get(model, SA_MODEL_OUTPUTS);
    json_object_set_new(answer, "outputs", json_integer(outputs));
    if (!json && outputs > 0) printf("\noutput\n"), print_number("logits per token or text", outputs);
    if (!json) putchar('\n');
    json_object_set_new(answer, "weights", weights(model, json));
    json_object_set_new(answer, "end_tokens", end_tokens(model, json));
    if (has_decoder) json_object_set_new(answer, "generation", defaults(model, path, json));
    json_object_set_new(answer, "unused_tensors", unused_tensors(model, json));
    return answer;
}

int command_info(int argc, const char **argv) {
    struct common common = {0};
    char *part = NULL;
    const struct poptOption options[] = {
        {"part", 0, POPT_ARG_STRING, &part, 0, "Of a file with several models, this one: text or vision", "NAME"},
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL", 1, 1);
    struct engine engine = engine_begin(&common);
    engine_load_part(&engine, a.word[0], part, 0);
    free(part);
    json_t *answer = describe(engine.model, a.word[0], common.json);
    add_preparation(answer, &engine, common.json);
    if (common.json) print_json(json_incref(answer));
    json_decref(answer);
    engine_close(&engine);
    arguments_free(&a, &common);
    return 0;
}
