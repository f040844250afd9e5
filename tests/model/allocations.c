/* Every allocation fails in turn: the call says so, nothing leaks, and the handles stay usable. And a call of a known
 * shape allocates nothing.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/reference.h"
#include "support/tiny.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "the [MASK] caf\xc3\xa9 New York cats";

/* Opens both, uses both; stops at the first status that is not SA_OK. */
struct work {
    sa_ctx *ctx;
    sa_tokenizer *tokenizer;
    sa_model *model;
    float embedding[2 * 21];
};

static sa_status tokenize(struct work *w) {
    int32_t ids[40];
    int64_t count;
    return sa_tokenizer_encode(w->ctx, w->tokenizer, text, sizeof text - 1, ids, 40, &count);
}

static sa_status encode(struct work *w) {
    const int32_t ids[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const int64_t lengths[] = {5, 3};
    const sa_encode_args a = {
        .struct_size = sizeof a, .batch = 2, .tokens = 5, .ids = ids, .lengths = lengths, .embedding = w->embedding};
    return sa_model_encode(w->ctx, w->model, &a);
}

static sa_status run(struct work *w, const char *folder) {
    sa_status status = sa_tokenizer_open(w->ctx, data_path("tokenizer"), &w->tokenizer);
    if (status == SA_OK) status = sa_model_open(w->ctx, folder, &w->model);
    if (status == SA_OK) status = tokenize(w);
    if (status == SA_OK) status = encode(w);
    return status;
}

static void clean(struct work *w) {
    sa_tokenizer_destroy(&w->tokenizer);
    sa_model_destroy(&w->model);
    sa_ctx_destroy(&w->ctx);
}

/* Modules that make what is made without them, but through a matrix, and a prompt. */
static void add_modules(const struct folder *folder) {
    struct writer w = {0};
    float identity[21 * 21] = {0};
    size_t bytes;
    for (int i = 0; i < 21; i++) identity[i * 22] = 1;
    writer_add(&w, "linear.weight", "F32", 2, (const int64_t[]){21, 21}, identity);
    unsigned char *file = writer_finish(&w, &bytes);
    folder_make_inner(folder, "dense");
    folder_write(folder, "dense/model.safetensors", file, bytes);
    free(file);
    folder_write_text(folder, "dense/config.json",
                      "{\"in_features\": 21, \"out_features\": 21, \"bias\": false, \"activation_function\": "
                      "\"torch.nn.modules.linear.Identity\"}");
    folder_make_inner(folder, "pooling");
    folder_write_text(folder, "pooling/config.json", "{\"pooling_mode\": \"mean\"}");
    folder_write_text(folder, "config_sentence_transformers.json", "{\"prompts\": {\"query\": \"query: \"}}");
    folder_write_text(folder, "modules.json",
                      "[{\"type\": \"sentence_transformers.models.Transformer\", \"path\": \"\"},"
                      " {\"type\": \"sentence_transformers.models.Pooling\", \"path\": \"pooling\"},"
                      " {\"type\": \"sentence_transformers.models.Dense\", \"path\": \"dense\"},"
                      " {\"type\": \"sentence_transformers.models.Normalize\", \"path\": \"norm\"}]");
}

static struct folder tiny_folder(void) {
    struct folder folder = folder_make();
    struct tiny tiny;
    tiny_make(&tiny, &tiny_shape, "F32", 5);
    tiny_write(&tiny, &folder);
    tiny_free(&tiny);
    add_modules(&folder);
    return folder;
}

static struct work work_in(struct test_allocator *allocator) {
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
    test_allocator_use(allocator, &options);
    return (struct work){.ctx = ctx_open(&options)};
}

Test(allocations, every_one_may_fail) {
    struct folder folder = tiny_folder();
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        struct work w = work_in(&allocator);
        allocator.fail_at = allocator.calls + n;
        sa_status status = run(&w, folder.path);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(w.ctx));
        if (failed) cr_expect(strstr(sa_ctx_last_error(w.ctx), "no memory: ") != NULL, "%s", sa_ctx_last_error(w.ctx));
        allocator.fail_at = -1;
        sa_tokenizer_destroy(&w.tokenizer);
        sa_model_destroy(&w.model);
        cr_expect_eq(run(&w, folder.path), SA_OK, "after allocation %d failed: %s", (int)n, sa_ctx_last_error(w.ctx));
        clean(&w);
        cr_expect_eq(allocator.live, 0, "allocation %d: %d blocks are left", (int)n, (int)allocator.live);
        cr_expect_eq(allocator.faults, 0, "allocation %d", (int)n);
    }
    cr_expect_gt(n, 20);
    folder_remove(&folder);
}

Test(allocations, none_for_a_shape_that_was_there) {
    struct folder folder = tiny_folder();
    struct test_allocator allocator = test_allocator_make();
    struct work w = work_in(&allocator);
    cr_assert_eq(run(&w, folder.path), SA_OK);
    const int64_t calls = allocator.calls;
    cr_expect_eq(tokenize(&w), SA_OK);
    cr_expect_eq(encode(&w), SA_OK);
    cr_expect_eq(allocator.calls, calls);
    clean(&w);
    cr_expect_eq(allocator.live, 0);
    folder_remove(&folder);
}

/* The handles go on with their own copy of the allocator when the context that made them is gone. */
Test(allocations, handles_outlive_their_context) {
    struct folder folder = tiny_folder();
    struct test_allocator allocator = test_allocator_make();
    struct work w = work_in(&allocator);
    float first[42];
    cr_assert_eq(run(&w, folder.path), SA_OK);
    memcpy(first, w.embedding, sizeof first);
    sa_ctx_destroy(&w.ctx);
    w.ctx = ctx_open(NULL);
    cr_expect_eq(tokenize(&w), SA_OK);
    cr_expect_eq(encode(&w), SA_OK);
    cr_expect_arr_eq(first, w.embedding, sizeof first);
    clean(&w);
    cr_expect_eq(allocator.live, 0);
    cr_expect_eq(allocator.faults, 0);
    folder_remove(&folder);
}
