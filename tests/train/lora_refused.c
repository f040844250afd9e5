/* Adapters that are refused, with what the sentence says; and what happens where memory runs out.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/reference.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *llama(void) {
    return architecture_path("llama");
}

static sa_status create(sa_ctx *ctx, const char *path, const sa_lora *lora, int resume, sa_trainer **trainer) {
    const sa_trainer_config config = {.struct_size = sizeof config, .resume = resume, .lora = lora};
    return sa_trainer_create(ctx, path, &config, trainer);
}

static void expect_refused(const char *path, sa_status want, const char *words, int resume, const sa_lora *lora) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    cr_expect_eq(create(ctx, path, lora, resume, &trainer), want, "%s: %s", words, sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect_null(trainer);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

#define LORA(...)                                                                                                      \
    &(sa_lora) {                                                                                                       \
        .struct_size = sizeof(sa_lora), __VA_ARGS__                                                                    \
    }

Test(lora_refused, settings) {
    expect_refused(llama(), SA_ERR_VALUE, "rank is 0, must be at least 1", 0, LORA(.rank = 0));
    expect_refused(llama(), SA_ERR_VALUE, "rank is -1", 0, LORA(.rank = -1));
    expect_refused(llama(), SA_ERR_VALUE, "alpha is -2", 0, LORA(.rank = 1, .alpha = -2));
    expect_refused(llama(), SA_ERR_VALUE, "alpha is nan", 0, LORA(.rank = 1, .alpha = NAN));
    expect_refused(llama(), SA_ERR_VALUE, "dropout is 1, must be 0 or more, and below 1", 0,
                   LORA(.rank = 1, .dropout = 1));
    expect_refused(llama(), SA_ERR_VALUE, "rank is 9999, but \"model.layers.0.self_attn.q_proj.weight\" has", 0,
                   LORA(.rank = 9999));
    expect_refused(llama(), SA_ERR_VALUE,
                   "\"c_attn\" is no matrix of the model's blocks, which are query, key, value, attention_output", 0,
                   LORA(.rank = 1, .targets = "query,c_attn"));
    expect_refused(llama(), SA_ERR_VALUE, "\"proj\" is no matrix", 0, LORA(.rank = 1, .targets = "proj"));
    expect_refused(llama(), SA_ERR_VALUE, "\"lm_head\" is no matrix", 0, LORA(.rank = 1, .targets = "lm_head"));
    expect_refused(llama(), SA_ERR_VALUE, "targets names no matrix", 0, LORA(.rank = 1, .targets = ""));
    expect_refused(llama(), SA_ERR_VALUE, "resume is 1, but lora names no adapter", 1, LORA(.rank = 1));
    expect_refused(llama(), SA_ERR_VALUE, "rank, alpha or targets are given beside adapter", 0,
                   LORA(.rank = 1, .adapter = "x"));
    expect_refused(llama(), SA_ERR_FILE, "adapter_config.json", 0, LORA(.adapter = "/nonexistent"));
    expect_refused(llama(), SA_ERR_STRUCT_SIZE, "sa_lora", 0, &(sa_lora){.struct_size = 4});
}

/* Targets name as many matrices as they should: A and B of each. */
static void expect_count(const char *path, const char *targets, int64_t matrices) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    cr_assert_eq(create(ctx, path, LORA(.rank = 1, .targets = targets), 0, &trainer), SA_OK, "%s: %s", targets,
                 sa_ctx_last_error(ctx));
    cr_expect_eq(sa_trainer_parameters(trainer), 2 * matrices, "%s: %lld", targets,
                 (long long)sa_trainer_parameters(trainer));
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

Test(lora_refused, targets) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, llama(), &model), SA_OK);
    const int64_t layers = sa_model_get(model, SA_MODEL_LAYERS);
    expect_count(llama(), NULL, 2 * layers);
    expect_count(llama(), "query,q_proj,self_attn.q_proj", layers);
    expect_count(llama(), "*", 7 * layers);
    expect_count(llama(), "model.layers.0.*", 7);
    expect_count(llama(), "*.mlp.*_proj", 3 * layers);
    expect_count(llama(), "up,gate,k_proj", 3 * layers);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* Writes a good adapter with rank 2, and replaces a part of its settings; or reads it for another model. */
static void expect_file(const char *from, const char *to, const char *path, sa_status want, const char *words) {
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    sa_model *model;
    size_t size;
    char changed[8192], copied[512];
    snprintf(copied, sizeof copied, "%s", path);
    cr_assert_eq(create(ctx, llama(), LORA(.rank = 2), 0, &trainer), SA_OK);
    cr_assert_eq(sa_trainer_save(ctx, trainer, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_trainer_destroy(&trainer);
    char *text = file_bytes(folder_path(&folder, "adapter_config.json"), &size), *at = strstr(text, from);
    cr_assert(at, "%s is not in %s", from, text);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    folder_write_text(&folder, "adapter_config.json", changed);
    expect_refused(copied, want, words, 0, LORA(.adapter = folder.path));
    cr_expect_eq(sa_model_open_adapted(ctx, copied, folder.path, NULL, &model), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect_null(model);
    free(text);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

Test(lora_refused, files) {
    expect_file("\"LORA\"", "\"ADALORA\"", llama(), SA_ERR_UNSUPPORTED, "peft_type is \"ADALORA\"; supported: LORA");
    expect_file("\"r\": 2", "\"r\": 3", llama(), SA_ERR_FORMAT, "must be [3, ");
    expect_file("\"r\": 2", "\"r\": 0", llama(), SA_ERR_FORMAT, "r is 0");
    expect_file("\"r\": 2", "\"r\": 1048577", llama(), SA_ERR_FORMAT, "r is 1048577");
    expect_file("\"r\": 2", "\"r\": 1048576", llama(), SA_ERR_FORMAT, "must be [1048576, ");
    expect_file("\"bias\": \"none\"", "\"bias\": \"all\"", llama(), SA_ERR_UNSUPPORTED, "bias is not supported");
    expect_file("\"r\": 2", "\"r\": 2, \"use_dora\": true", llama(), SA_ERR_UNSUPPORTED, "use_dora is not supported");
    expect_file("\"r\": 2", "\"r\": 2, \"rank_pattern\": {\"a\": 1}", llama(), SA_ERR_UNSUPPORTED, "rank_pattern");
    expect_file("\"lora_alpha\": 2.0", "\"lora_alpha\": -1", llama(), SA_ERR_FORMAT, "lora_alpha is -1");
    expect_file("\"lora_alpha\": 2.0", "\"lora_alpha\": \"x\"", llama(), SA_ERR_FORMAT, "lora_alpha is a string");
    expect_file("\"r\": 2", "\"r\": 2", architecture_path("gpt2"), SA_ERR_FORMAT,
                "the model has no matrix for the adapter");
}

static void expect_tensors(struct writer *w, const char *words) {
    struct folder folder = folder_make();
    size_t bytes;
    unsigned char *file = w->header ? writer_finish(w, &bytes) : file_with_header("{}", 0, &bytes);
    folder_write_text(&folder, "adapter_config.json", "{\"peft_type\": \"LORA\", \"r\": 1}");
    folder_write(&folder, "adapter_model.safetensors", file, bytes);
    expect_refused(llama(), SA_ERR_FORMAT, words, 0, LORA(.adapter = folder.path));
    folder_remove(&folder);
    free(file);
}

Test(lora_refused, no_adapters) {
    struct writer nothing = {0};
    expect_tensors(&nothing, "has no adapters");
}

/* Names that differ in front of a module's are of the same module. */
Test(lora_refused, two_adapters_of_one_matrix) {
    enum { E = 64 };
    static const float zeros[E];
    static const char *const fronts[] = {"", "x."};
    struct writer w = {0};
    for (int i = 0; i < 2; i++) {
        char name[2][100];
        for (int k = 0; k < 2; k++)
            snprintf(name[k], sizeof name[k], "base_model.model.%smodel.layers.0.self_attn.q_proj.lora_%c.weight",
                     fronts[i], "AB"[k]);
        writer_add(&w, name[0], "F32", 2, (const int64_t[]){1, E}, zeros);
        writer_add(&w, name[1], "F32", 2, (const int64_t[]){E, 1}, zeros);
    }
    expect_tensors(&w, "are adapters of one matrix");
}

/* Rows of a GGUF file's queries and keys may have another order. */
Test(lora_refused, gguf) {
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    cr_assert_eq(sa_model_write(ctx, llama(), NULL, folder_path(&folder, "model.gguf")), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    expect_refused(folder.path, SA_ERR_UNSUPPORTED, "adapters beside model.gguf", 0, LORA(.rank = 1));
    expect_refused(folder.path, SA_ERR_UNSUPPORTED, "adapters beside model.gguf", 0, LORA(.adapter = folder.path));
    cr_expect_eq(sa_model_open_adapted(ctx, folder.path, folder.path, NULL, &model), SA_ERR_UNSUPPORTED);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

Test(lora_refused, nulls) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    sa_trainer *trainer;
    cr_assert_eq(create(ctx, llama(), LORA(.rank = 2), 0, &trainer), SA_OK);
    cr_expect_eq(sa_trainer_save_merged(NULL, trainer, "."), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_save_merged(ctx, NULL, "."), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_save_merged(ctx, trainer, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_save_merged(ctx, trainer, "/nonexistent"), SA_ERR_FILE);
    cr_expect_eq(sa_model_open_adapted(NULL, llama(), ".", NULL, &model), SA_ERR_NULL);
    cr_expect_eq(sa_model_open_adapted(ctx, NULL, ".", NULL, &model), SA_ERR_NULL);
    cr_expect_eq(sa_model_open_adapted(ctx, llama(), NULL, NULL, &model), SA_ERR_NULL);
    cr_expect_eq(sa_model_open_adapted(ctx, llama(), ".", NULL, NULL), SA_ERR_NULL);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

/* A trainer with adapters, and a model that is opened with them. */
static sa_status use(sa_ctx *ctx, const char *adapter) {
    static const int32_t ids[] = {5, 6, 7, 8};
    const sa_training_batch batch = {.struct_size = sizeof batch, .batch = 1, .tokens = 4, .ids = ids};
    sa_trainer *made = NULL, *read = NULL;
    sa_model *model = NULL;
    double loss;
    sa_status status = create(ctx, llama(), LORA(.rank = 2, .targets = "*"), 0, &made);
    if (status == SA_OK) status = sa_trainer_accumulate(ctx, made, &batch, &loss);
    if (status == SA_OK) status = create(ctx, llama(), LORA(.adapter = adapter), 1, &read);
    if (status == SA_OK) status = sa_model_open_adapted(ctx, llama(), adapter, NULL, &model);
    sa_trainer_destroy(&made);
    sa_trainer_destroy(&read);
    sa_model_destroy(&model);
    return status;
}

Test(lora_refused, every_allocation_may_fail) {
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    cr_assert_eq(create(ctx, llama(), LORA(.rank = 2), 0, &trainer), SA_OK);
    cr_assert_eq(sa_trainer_save(ctx, trainer, folder.path), SA_OK);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
    for (int64_t n = 0, failed = 1; failed; n++) {
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        test_allocator_use(&memory, &options);
        if (sa_ctx_create(&options, &ctx) != SA_OK) continue;
        memory.fail_at = memory.calls + n;
        const sa_status status = use(ctx, folder.path);
        failed = memory.failures > 0;
        cr_expect(status == (failed ? SA_ERR_MEMORY : SA_OK), "allocation %lld: %s", (long long)n,
                  sa_ctx_last_error(ctx));
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0, "allocation %lld: %lld blocks left", (long long)n,
                  (long long)memory.live);
    }
    folder_remove(&folder);
}
