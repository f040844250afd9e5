/* SPDX-License-Identifier: MIT */
#include "training/beginning.h"

#include "engine.h"
#include "exit.h"
#include "json_read.h"

#include <glib.h>
#include <stdlib.h>

/* The tokens of both kinds of model; their numbers are their places. */
static const char *const of_texts[] = {"<|endoftext|>"};
static const char *const of_pairs[] = {"<pad>", "</s>"};

static int64_t learn(sa_ctx *ctx, const struct texts *texts, int64_t vocabulary, int has_pairs, const char *path) {
    int64_t count;
    const sa_tokenizer_train_args args = {.struct_size = sizeof args,
                                          .texts = (const char *const *)texts->text,
                                          .bytes = texts->bytes,
                                          .count = texts->count,
                                          .vocabulary = vocabulary,
                                          .special = has_pairs ? of_pairs : of_texts,
                                          .special_count = has_pairs ? 2 : 1,
                                          .begin = has_pairs ? NULL : of_texts[0],
                                          .end = has_pairs ? of_pairs[1] : NULL};
    check(sa_tokenizer_train(ctx, &args, path, &count), ctx);
    return count;
}

static json_t *read_config(const char *model) {
    json_error_t error;
    if (g_file_test(model, G_FILE_TEST_IS_DIR)) return engine_json_beside(model, "config.json", 0);
    json_t *config = json_read(model, &error);
    if (!json_is_object(config)) failure("%s: %s", model, config ? "is not an object" : error.text);
    return config;
}

static void set_numbers(json_t *config, int64_t vocabulary, int has_pairs) {
    json_object_set_new(config, "vocab_size", json_integer(vocabulary));
    json_object_set_new(config, "eos_token_id", json_integer(has_pairs));
    if (!has_pairs) {
        json_object_set_new(config, "bos_token_id", json_integer(0));
        return;
    }
    json_object_set_new(config, "pad_token_id", json_integer(0));
    json_object_set_new(config, "decoder_start_token_id", json_integer(0));
}

void beginning_learn(sa_ctx *ctx, const char *model, const struct texts *texts, int64_t vocabulary, int has_pairs,
                     const char *output) {
    char *tokenizer = g_build_filename(output, "tokenizer.json", NULL),
         *path = g_build_filename(output, "config.json", NULL);
    json_t *config = read_config(model);
    set_numbers(config, learn(ctx, texts, vocabulary, has_pairs, tokenizer), has_pairs);
    if (json_dump_file(config, path, JSON_INDENT(2))) failure("%s cannot be written", path);
    json_decref(config);
    g_free(tokenizer);
    g_free(path);
}
