/* Opening a model's directory: which file it takes, and every tensor that can be missing or wrong.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct folder folder;
static sa_ctx *ctx;
static struct tiny tiny;

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
    tiny_make(&tiny, &tiny_shape, "F32", 1);
    tiny_write(&tiny, &folder);
}

static void clean(void) {
    tiny_free(&tiny);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(open, .init = make, .fini = clean);

static void expect_status(sa_status wanted, const char *words) {
    sa_model *model = (sa_model *)&folder;
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), wanted, "want \"%s\", got \"%s\"", words,
                 sa_ctx_last_error(ctx));
    if (wanted == SA_OK) {
        cr_expect_not_null(model);
    } else {
        cr_expect_null(model);
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    }
    sa_model_destroy(&model);
}

static void rewrite(void) {
    size_t bytes;
    unsigned char *file = tiny_weights(&tiny, &bytes);
    folder_write(&folder, "model.safetensors", file, bytes);
    free(file);
}

Test(open, wants_its_arguments) {
    sa_model *model;
    cr_expect_eq(sa_model_open(NULL, folder.path, &model), SA_ERR_NULL);
    cr_expect_null(model);
    cr_expect_eq(sa_model_open(ctx, NULL, &model), SA_ERR_NULL);
    cr_expect_eq(sa_model_open(ctx, folder.path, NULL), SA_ERR_NULL);
    expect_status(SA_OK, "");
}

Test(open, takes_the_only_weights_or_those_of_the_usual_name) {
    size_t bytes;
    unsigned char *file = tiny_weights(&tiny, &bytes);
    folder_write_text(&folder, "other.safetensors", "broken");
    folder_write_text(&folder, ".hidden.safetensors", "broken");
    expect_status(SA_OK, "");
    folder_remove_file(&folder, "model.safetensors");
    expect_status(SA_ERR_FORMAT, "other.safetensors: 6 bytes are too few");
    folder_write(&folder, "other.safetensors", file, bytes);
    expect_status(SA_OK, "");
    folder_write(&folder, "model-2.safetensors", file, bytes);
    expect_status(SA_ERR_FILE, "2 files could be meant, \"model-2.safetensors\" and \"other.safetensors\": name one");
    folder_remove_file(&folder, "other.safetensors");
    folder_remove_file(&folder, "model-2.safetensors");
    expect_status(SA_ERR_FILE, "has no *.safetensors file, nor *.gguf, nor model.bin");
    free(file);
}

Test(open, says_what_is_not_there) {
    folder_remove_file(&folder, "config.json");
    expect_status(SA_ERR_FILE, "config.json: cannot be opened: No such file");
    sa_model *model;
    char words[700];
    snprintf(words, sizeof words, "%s/none: cannot be opened: No such file or directory", folder.path);
    cr_expect_eq(sa_model_open(ctx, folder_path(&folder, "none"), &model), SA_ERR_FILE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), words);
    cr_expect_eq(sa_model_open(ctx, "none", &model), SA_ERR_FILE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "none: cannot be opened: No such file or directory");
    cr_expect_eq(sa_model_open(ctx, "", &model), SA_ERR_FILE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "the path is empty");
    cr_expect_eq(sa_model_open(ctx, folder_path(&folder, "model.safetensors"), &model), SA_ERR_FILE);
}

Test(open, takes_names_with_a_prefix_and_of_older_files) {
    tiny.prefix = "bert.";
    rewrite();
    expect_status(SA_OK, "");
    tiny.old_norm = 1;
    rewrite();
    expect_status(SA_OK, "");
    tiny.prefix = "module.bert.";
    rewrite();
    expect_status(SA_OK, "");
    tiny.prefix = "gpt."; /* no description has it, but the file has each name once */
    rewrite();
    expect_status(SA_OK, "");
}

Test(open, names_each_missing_tensor) {
    for (int i = 0; i < tiny.tensors; i++) {
        char words[160];
        snprintf(words, sizeof words, "model.safetensors: tensor \"%s\" is missing", tiny.tensor[i].name);
        tiny.tensor[i].missing = 1;
        rewrite();
        expect_status(SA_ERR_FORMAT, words);
        tiny.tensor[i].missing = 0;
    }
}

Test(open, names_each_tensor_of_a_type_that_it_cannot_use) {
    for (int i = 0; i < tiny.tensors; i++) {
        char words[160];
        snprintf(words, sizeof words, "tensor \"%s\" is of type I32", tiny.tensor[i].name);
        tiny.tensor[i].dtype = "I32";
        rewrite();
        expect_status(SA_ERR_UNSUPPORTED, words);
        tiny.tensor[i].dtype = "F32";
    }
}

Test(open, names_each_tensor_of_another_shape) {
    for (int i = 0; i < tiny.tensors; i++) {
        struct tiny_tensor *t = &tiny.tensor[i], right = *t;
        char words[160];
        snprintf(words, sizeof words, "tensor \"%s\" has the shape [", t->name);
        t->size[0]--;
        rewrite();
        expect_status(SA_ERR_FORMAT, words);
        *t = right;
        t->axes = 3 - t->axes;
        if (t->axes == 2) t->size[1] = 1;
        rewrite();
        expect_status(SA_ERR_FORMAT, words);
        *t = right;
    }
}

Test(open, ignores_tensors_that_it_does_not_need) {
    struct tiny_tensor *more = &tiny.tensor[tiny.tensors++];
    *more = (struct tiny_tensor){.name = "cls.seq_relationship.weight", .dtype = "I32", .axes = 2, .size = {1, 2}};
    more->values = calloc(2, sizeof(float));
    rewrite();
    expect_status(SA_OK, "");
}

Test(open, mixes_types) {
    for (int i = 0; i < tiny.tensors; i++)
        if (strstr(tiny.tensor[i].name, "bias")) tiny.tensor[i].dtype = "BF16";
    rewrite();
    expect_status(SA_OK, "");
}

/* The description beside the weights holds, whether the weights are named or their directory. */
Test(open, reads_a_description_beside_named_weights) {
    sa_model *model;
    folder_write_text(&folder, "architecture.json", "{\"like\": \"bert\", \"nonsense\": 1}");
    expect_status(SA_ERR_UNSUPPORTED, "architecture.json: there is no setting nonsense");
    cr_expect_eq(sa_model_open(ctx, folder_path(&folder, "model.safetensors"), &model), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "architecture.json: there is no setting nonsense") != NULL);
}

/* A file that ends too early, wherever that is. */
Test(open, refuses_weights_cut_anywhere) {
    const struct tiny_shape least = {1, 2, 1, 1, 2, 1, 1};
    struct tiny small;
    size_t bytes;
    tiny_make(&small, &least, "F16", 1);
    tiny_write(&small, &folder);
    expect_status(SA_OK, "");
    unsigned char *file = tiny_weights(&small, &bytes);
    for (size_t n = 0; n < bytes; n++) {
        sa_model *model;
        folder_write(&folder, "model.safetensors", file, n);
        cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_FORMAT, "cut at byte %zu of %zu", n, bytes);
    }
    free(file);
    tiny_free(&small);
}

/* The mapped file outlives its name, and a new file under the name does not disturb the model. */
Test(open, keeps_its_file_when_that_is_replaced) {
    sa_model *model;
    const int32_t ids[3] = {1, 2, 3};
    float before[21], after[21];
    sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = 3, .ids = ids, .embedding = before};
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK);
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK);
    folder_write_text(&folder, "new", "something else");
    char from[700];
    snprintf(from, sizeof from, "%s", folder_path(&folder, "new"));
    cr_assert_eq(rename(from, folder_path(&folder, "model.safetensors")), 0);
    a.embedding = after;
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK);
    cr_expect_arr_eq(before, after, sizeof before);
    sa_model_destroy(&model);
}
