/* Tokenizers of models that write, from their own files: token numbers and texts against those of another
 * implementation (tests/data/NAME/reference.json). Where a model's files are absent its test is skipped.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void decode(sa_ctx *ctx, const sa_tokenizer *t, const json_t *ids, char *text, int64_t room) {
    int32_t numbers[1000];
    int64_t bytes;
    for (size_t i = 0; i < json_array_size(ids); i++) numbers[i] = (int32_t)json_integer_value(json_array_get(ids, i));
    cr_assert_eq(sa_tokenizer_decode(ctx, t, numbers, (int64_t)json_array_size(ids), text, room - 1, &bytes), SA_OK,
                 "%s", sa_ctx_last_error(ctx));
    text[bytes] = 0;
}

/* The reference writes a line break as it stands in llama2.c's vocabulary. */
static void break_lines(char *text) {
    static const char written[] = "<0x0A>";
    for (char *at = text; (at = strstr(at, written)); at++) {
        *at = '\n';
        memmove(at + 1, at + sizeof written - 1, strlen(at + sizeof written - 1) + 1);
    }
}

static void expect_written(sa_ctx *ctx, const sa_tokenizer *t, const json_t *json) {
    static char got[5000], wanted[5000];
    strncpy(wanted, json_string_value(json_object_get(json, "greedy_text")), sizeof wanted - 1);
    break_lines(wanted);
    decode(ctx, t, json_object_get(json, "greedy_ids"), got, sizeof got);
    cr_expect_str_eq(got, wanted);
}

static void expect_prompt(sa_ctx *ctx, const sa_tokenizer *t, const json_t *json) {
    const json_t *prompt = json_object_get(json, "prompt");
    json_t *cases = json_pack("[{s:O, s:O}]", "text", prompt, "ids", json_object_get(json, "prompt_ids"));
    expect_ids(ctx, t, cases, "prompt");
    json_decref(cases);
}

static void expect_reference(const char *path, const char *name) {
    char file[60];
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = NULL;
    snprintf(file, sizeof file, "%s/reference.json", name);
    json_t *references = json_of(data_path(file));
    cr_assert_eq(sa_tokenizer_open(ctx, path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_geq(json_array_size(references), 3);
    for (size_t i = 0; i < json_array_size(references); i++) {
        expect_prompt(ctx, t, json_array_get(references, i));
        expect_written(ctx, t, json_array_get(references, i));
    }
    sa_tokenizer_destroy(&t);
    json_decref(references);
    sa_ctx_destroy(&ctx);
}

Test(decoder_tokens, minimind) {
    expect_reference(model_folder("SELFATTN_MINIMIND", "minimind", "tokenizer.json"), "minimind");
}

Test(decoder_tokens, stories15M) {
    expect_reference(model_folder("SELFATTN_STORIES15M", "stories15M", "tokenizer.bin"), "stories15M");
}

/* Its files are not published as a package. */
Test(decoder_tokens, stories260K) {
    char path[1000];
    if (!getenv("SELFATTN_STORIES260K"))
        setenv("SELFATTN_STORIES260K", SELFATTN_SOURCE_DIR "/../shared/models/stories260K", 1);
    snprintf(path, sizeof path, "%s/tok512.bin", model_folder("SELFATTN_STORIES260K", "stories260K", "tok512.bin"));
    expect_reference(path, "stories260K");
}
