/* Models that become classifiers: the tensors that Transformers' classes have, what is kept and what is new, a loss
 * that is the written model's own, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, T = 7, CLASSES = 3, PIXELS = 3 * 32 * 32 };
static const char *const names[CLASSES] = {"good", "b\xc3\xa4rig", "neither"};
static const int32_t ids[B * T] = {2, 5, 9, 7, 11, 13, 3, 2, 6, 4, 8, 3, 0, 0}, labels[B] = {1, 2};
static const int64_t lengths[B] = {7, 5};

/* A model of tests/data/architectures, its class that classifies, and tensors that this has and the model has not; of
 * the others one that it has kept. */
struct becoming {
    const char *model, *class, *kept, *added[6];
};

static const struct becoming models[] = {
    {"bert", "BertForSequenceClassification", "bert.pooler.dense.weight", {"classifier.weight", "classifier.bias"}},
    {"bert_mlm",
     "BertForSequenceClassification",
     "bert.encoder.layer.0.attention.self.query.weight",
     {"bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"}},
    {"albert", "AlbertForSequenceClassification", "albert.pooler.weight", {"classifier.weight", "classifier.bias"}},
    {"roberta_mlm",
     "RobertaForSequenceClassification",
     "roberta.embeddings.LayerNorm.weight",
     {"classifier.dense.weight", "classifier.dense.bias", "classifier.out_proj.weight", "classifier.out_proj.bias"}},
    {"distilbert_mlm",
     "DistilBertForSequenceClassification",
     "distilbert.embeddings.LayerNorm.weight",
     {"pre_classifier.weight", "pre_classifier.bias", "classifier.weight", "classifier.bias"}},
    {"electra_mlm",
     "ElectraForSequenceClassification",
     "electra.embeddings.LayerNorm.weight",
     {"classifier.dense.weight", "classifier.dense.bias", "classifier.out_proj.weight", "classifier.out_proj.bias"}},
    {"modernbert_mlm",
     "ModernBertForSequenceClassification",
     "head.dense.weight",
     {"classifier.weight", "classifier.bias"}},
    {"modernbert",
     "ModernBertForSequenceClassification",
     "model.final_norm.weight",
     {"head.dense.weight", "head.norm.weight", "classifier.weight", "classifier.bias"}},
    {"esm",
     "EsmForSequenceClassification",
     "esm.encoder.emb_layer_norm_after.weight",
     {"classifier.dense.weight", "classifier.dense.bias", "classifier.out_proj.weight", "classifier.out_proj.bias"}},
    {"llama", "LlamaForSequenceClassification", "model.norm.weight", {"score.weight"}},
    {"llama_base", "LlamaForSequenceClassification", "model.norm.weight", {"score.weight"}},
    {"mistral_classifier", "MistralForSequenceClassification", "model.norm.weight", {"score.weight"}},
    {"gpt2", "GPT2ForSequenceClassification", "transformer.ln_f.weight", {"score.weight"}},
    {"vit", "ViTForImageClassification", "vit.layernorm.weight", {"classifier.weight", "classifier.bias"}},
};

static sa_trainer *become(sa_ctx *ctx, const char *path, int32_t initialize) {
    const sa_trainer_config config = {
        .struct_size = sizeof config, .initialize = initialize, .seed = 5, .classes = names, .class_count = CLASSES};
    sa_trainer *trainer = NULL;
    cr_assert_eq(sa_trainer_create(ctx, path, &config, &trainer), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    return trainer;
}

static const float *parameter(sa_trainer *trainer, const char *name, int64_t *count) {
    float *values;
    const char *found;
    for (int64_t i = 0; (found = sa_trainer_parameter(trainer, i, &values, NULL, count)); i++)
        if (!strcmp(found, name)) return values;
    return NULL;
}

static void expect_config(const char *path, const char *class) {
    json_t *config = json_load_file(path, 0, NULL);
    const json_t *numbers = json_object_get(config, "label2id"), *texts = json_object_get(config, "id2label");
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(config, "architectures"), 0)), class);
    cr_expect_eq(json_object_size(texts), CLASSES);
    for (int i = 0; i < CLASSES; i++) {
        const char number[2] = {(char)('0' + i), 0};
        cr_expect_str_eq(json_string_value(json_object_get(texts, number)), names[i]);
        cr_expect_eq(json_integer_value(json_object_get(numbers, names[i])), i);
    }
    json_decref(config);
}

/* The mean loss of the labels by the logits of the model in a folder. */
static double loss_of(sa_ctx *ctx, const char *path, const float *features) {
    float logits[B * CLASSES];
    sa_model *model;
    double loss = 0;
    sa_encode_args args = {.struct_size = sizeof args, .batch = B, .features = features, .logits = logits};
    if (!features) args.tokens = T, args.ids = ids, args.lengths = lengths;
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_get(model, SA_MODEL_OUTPUTS), CLASSES);
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int b = 0; b < B; b++) {
        double sum = 0;
        for (int i = 0; i < CLASSES; i++) sum += exp((double)logits[b * CLASSES + i]);
        loss += (log(sum) - (double)logits[b * CLASSES + labels[b]]) / B;
    }
    sa_model_destroy(&model);
    return loss;
}

static double accumulate(sa_ctx *ctx, sa_trainer *trainer, const float *features) {
    sa_training_batch batch = {
        .struct_size = sizeof batch, .batch = B, .features = features, .labels = labels, .labels_per_sequence = 1};
    double loss;
    if (!features) batch.tokens = T, batch.ids = ids, batch.lengths = lengths;
    cr_assert_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    return loss;
}

static const float *pixels(const struct becoming *b) {
    static float drawn[B * PIXELS];
    struct rng rng = {3};
    for (int i = 0; i < B * PIXELS; i++) drawn[i] = (float)rng_normal(&rng);
    return !strcmp(b->model, "vit") ? drawn : NULL;
}

/* Gradients that are not 0 reach the first and the last tensor. */
static void expect_learns(sa_trainer *trainer, const struct becoming *b) {
    const char *const both[] = {b->kept, b->added[0]};
    for (int64_t i = 0, count; i < sa_trainer_parameters(trainer); i++) {
        float *gradients;
        const char *name = sa_trainer_parameter(trainer, i, NULL, &gradients, &count);
        double sum = 0;
        for (int64_t k = 0; k < count; k++) sum += fabs((double)gradients[k]);
        for (int k = 0; k < 2; k++) cr_expect(strcmp(name, both[k]) != 0 || sum > 0, "%s: %s", b->model, name);
    }
}

Test(new_classes, give_the_tensors_of_the_class) {
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        const struct becoming *b = &models[m];
        sa_ctx *ctx = ctx_open(NULL);
        struct folder folder = folder_make();
        sa_trainer *trainer = become(ctx, architecture_path(b->model), 0);
        int64_t count;
        cr_expect(parameter(trainer, b->kept, &count), "%s: %s is missing", b->model, b->kept);
        for (int i = 0; b->added[i]; i++)
            cr_expect(parameter(trainer, b->added[i], &count), "%s: %s is missing", b->model, b->added[i]);
        cr_expect_null(parameter(trainer, "lm_head.weight", &count));
        cr_expect_null(parameter(trainer, "cls.predictions.bias", &count));
        cr_assert_eq(sa_trainer_save(ctx, trainer, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
        expect_config(folder_path(&folder, "config.json"), b->class);
        const double loss = accumulate(ctx, trainer, pixels(b)), want = loss_of(ctx, folder.path, pixels(b));
        cr_expect(fabs(loss - want) < 1e-5, "%s: the loss is %.7f, not %.7f", b->model, loss, want);
        expect_learns(trainer, b);
        sa_trainer_destroy(&trainer);
        sa_ctx_destroy(&ctx);
        folder_remove(&folder);
    }
}

/* What the file has stays, but for the last matrix; what is new is drawn by the seed, or 0. */
Test(new_classes, keep_what_is_there) {
    sa_ctx *ctx = ctx_open(NULL);
    int64_t count;
    sa_trainer *was, *is = become(ctx, architecture_path("mistral_classifier"), 0),
                     *again = become(ctx, architecture_path("mistral_classifier"), 0);
    cr_assert_eq(sa_trainer_create(ctx, architecture_path("mistral_classifier"), NULL, &was), SA_OK);
    const char *name;
    for (int64_t i = 0; (name = sa_trainer_parameter(was, i, NULL, NULL, &count)); i++) {
        const float *x = parameter(was, name, &count), *y = parameter(is, name, &count),
                    *z = parameter(again, name, &count);
        const int is_new = !strcmp(name, "score.weight");
        const size_t bytes = (size_t)count * sizeof *x;
        cr_expect_eq(memcmp(y, z, bytes), 0, "%s", name);
        cr_expect_eq(memcmp(x, y, bytes) != 0, is_new, "%s", name);
    }
    sa_trainer_destroy(&was);
    sa_trainer_destroy(&is);
    sa_trainer_destroy(&again);
    sa_ctx_destroy(&ctx);
}

/* From a config.json alone, and in a folder of the names that the class has. */
Test(new_classes, begin_from_nothing) {
    static const char *const made[] = {"bert", "llama", "vit"};
    for (int m = 0; m < 3; m++) {
        sa_ctx *ctx = ctx_open(NULL);
        struct folder folder = folder_make();
        architecture_copy(made[m], "config.json", &folder);
        sa_trainer *read = become(ctx, architecture_path(made[m]), 0), *drawn = become(ctx, folder.path, 1);
        cr_expect_eq(sa_trainer_parameters(drawn), sa_trainer_parameters(read), "%s", made[m]);
        const char *name;
        for (int64_t i = 0, count, wanted; (name = sa_trainer_parameter(read, i, NULL, NULL, &wanted)); i++)
            cr_expect(parameter(drawn, name, &count) && count == wanted, "%s: %s", made[m], name);
        cr_assert_eq(sa_trainer_save(ctx, drawn, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_trainer_destroy(&read);
        sa_trainer_destroy(&drawn);
        sa_ctx_destroy(&ctx);
        folder_remove(&folder);
    }
}

/* Two classes that one token tells apart. */
Test(new_classes, are_learned) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer = become(ctx, architecture_path("bert_mlm"), 0);
    double first = 0, loss = 0;
    for (int i = 0; i < 40; i++) {
        loss = accumulate(ctx, trainer, NULL);
        if (!i) first = loss;
        cr_assert_eq(sa_trainer_update(ctx, trainer, 1e-2, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
    cr_expect(loss < first / 20, "the loss fell from %g to %g", first, loss);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

static void expect_refused(const char *path, sa_trainer_config config, sa_status want, const char *words) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    config.struct_size = sizeof config;
    cr_expect_eq(sa_trainer_create(ctx, path, &config, &trainer), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect_null(trainer);
    sa_ctx_destroy(&ctx);
}

Test(new_classes, refused) {
    static const char *const twice[] = {"a", "b", "a"}, *const empty[] = {"a", ""}, *const missing[] = {"a", NULL},
                             *const broken[] = {"a", "\xff"};
    const sa_lora lora = {.struct_size = sizeof lora, .rank = 1};
    const struct {
        const char *words, *const *classes;
        int64_t count;
        sa_status want;
    } cases[] = {{"class_count is 1, must be 2 to 2^20", names, 1, SA_ERR_VALUE},
                 {"class_count is 1048577, must be", names, 1048577, SA_ERR_VALUE},
                 {"class_count is 2, and classes is NULL", NULL, 2, SA_ERR_VALUE},
                 {"classes[2] is \"a\", as one before it", twice, 3, SA_ERR_VALUE},
                 {"classes[1] is empty", empty, 2, SA_ERR_VALUE},
                 {"classes[1] is NULL", missing, 2, SA_ERR_NULL},
                 {"classes[1] is no UTF-8", broken, 2, SA_ERR_VALUE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(architecture_path("bert"),
                       (sa_trainer_config){.classes = cases[i].classes, .class_count = cases[i].count}, cases[i].want,
                       cases[i].words);
    const sa_trainer_config three = {.classes = names, .class_count = CLASSES};
    sa_trainer_config config = three;
    config.resume = 1;
    expect_refused(architecture_path("bert"), config, SA_ERR_VALUE, "classes is given beside resume");
    config = three;
    config.lora = &lora;
    expect_refused(architecture_path("bert"), config, SA_ERR_VALUE, "classes is given beside lora");
    expect_refused(architecture_path("marian"), three, SA_ERR_UNSUPPORTED,
                   "its family has no classifier that is known");
    expect_refused(architecture_path("umt5"), three, SA_ERR_UNSUPPORTED, "of a decoder's end");
    expect_refused(architecture_path("gpt_oss_mxfp4_gguf"), three, SA_ERR_UNSUPPORTED,
                   "a GGUF file becomes no classifier; safetensors do");
}

static sa_status try(sa_ctx *ctx, const char *path) {
    const sa_trainer_config config = {.struct_size = sizeof config, .classes = names, .class_count = CLASSES};
    sa_trainer *trainer;
    const sa_status status = sa_trainer_create(ctx, path, &config, &trainer);
    sa_trainer_destroy(&trainer);
    return status;
}

Test(new_classes, every_allocation_may_fail) {
    char path[512];
    int64_t n = 0;
    (void)snprintf(path, sizeof path, "%s", architecture_path("bert"));
    for (int failed = 1; failed; n++) {
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        test_allocator_use(&memory, &options);
        sa_ctx *ctx = ctx_open(&options);
        memory.fail_at = memory.calls + n;
        const sa_status status = try(ctx, path);
        failed = memory.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %lld: %s", (long long)n,
                     sa_ctx_last_error(ctx));
        if (failed) cr_expect_eq(try(ctx, path), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0, "allocation %lld: %lld blocks left", (long long)n,
                  (long long)memory.live);
    }
    cr_expect_gt(n, 20);
}
