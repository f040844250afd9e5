/* Tensors of a file that have no role in the model: listed where they do not matter, refused otherwise.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;
static sa_ctx *ctx;
static struct tiny tiny;

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
    tiny_make(&tiny, &tiny_shape, "F32", 1);
}

static void clean(void) {
    tiny_free(&tiny);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(unused, .init = make, .fini = clean);

/* One that no model can use: of integers. */
static void add(const char *name) {
    struct tiny_tensor *t = &tiny.tensor[tiny.tensors++];
    *t = (struct tiny_tensor){.dtype = "I32", .axes = 1, .size = {1}, .values = calloc(1, sizeof(float))};
    snprintf(t->name, sizeof t->name, "%s", name);
}

static void expect_refused(const char *words) {
    sa_model *model;
    tiny_write(&tiny, &folder);
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_UNSUPPORTED);
    cr_expect_str_eq(sa_ctx_last_error(ctx), words);
}

static void expect_listed(int count, const char *const names[]) {
    sa_model *model;
    tiny_write(&tiny, &folder);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int i = 0; i < count; i++) cr_expect_str_eq(sa_model_unused_tensor(model, i), names[i]);
    cr_expect_null(sa_model_unused_tensor(model, count));
    cr_expect_null(sa_model_unused_tensor(model, INT64_MAX));
    cr_expect_null(sa_model_unused_tensor(model, -1));
    sa_model_destroy(&model);
}

#define HINT ". Where that is right, \"ignore\" in an architecture.json says so"

Test(unused, tensors_are_refused_by_name) {
    add("encoder.layer.0.attention.self.distance.weight");
    expect_refused("model.safetensors: 1 tensor has no role in the model: "
                   "\"encoder.layer.0.attention.self.distance.weight\"" HINT);
    add("adapter.c"), add("adapter.a"), add("adapter.b");
    expect_refused("model.safetensors: 4 tensors have no role in the model: \"adapter.a\", \"adapter.b\", "
                   "\"adapter.c\", ..." HINT);
}

/* A name that fills the sentence does not hide what it says. */
Test(unused, tensors_may_have_long_names) {
    char name[80] = "";
    memset(name, 'n', 79);
    add(name);
    tiny_write(&tiny, &folder);
    sa_model *model;
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), HINT) != NULL, "%s", sa_ctx_last_error(ctx));
}

Test(unused, tensors_that_do_not_matter_are_listed) {
    expect_listed(0, NULL);
    add("embeddings.position_ids"), add("cls.predictions.decoder.weight"), add("qa_outputs.weight");
    expect_listed(
        3, (const char *const[]){"cls.predictions.decoder.weight", "embeddings.position_ids", "qa_outputs.weight"});
    cr_expect_null(sa_model_unused_tensor(NULL, 0));
}

Test(unused, tensors_are_what_a_description_says) {
    folder_write_text(&folder, "architecture.json", "{\"like\": \"bert\", \"ignore\": [\"adapter.#.*\"]}");
    add("adapter.0.up"), add("adapter.12.down");
    expect_listed(2, (const char *const[]){"adapter.0.up", "adapter.12.down"});
    add("adapter.x.up");
    expect_refused("model.safetensors: 1 tensor has no role in the model: \"adapter.x.up\"" HINT);
    folder_write_text(&folder, "architecture.json", "{\"like\": \"bert\", \"ignore\": \"*\"}");
    sa_model *model;
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_FORMAT);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "architecture.json: ignore must be a list of texts");
}
