/* selfattn classify: what a classifier takes texts, images or sounds for.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "exit.h"
#include "picture/likeness.h"
#include "picture/preprocess.h"
#include "sound/classes.h"
#include "table.h"
#include "text/labels.h"
#include "text/sentences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The classes' logits of a text. */
static void classify_text(const struct engine *e, const char *text, float *logits) {
    struct tokens t = engine_tokens_that_fit(e, text);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = t.count, .ids = t.id, .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    free(t.id);
}

static void classify_image(const struct engine *e, const char *directory, const char *file, float *logits) {
    struct image image = image_read(file);
    struct view view = preprocess(e, directory, &image);
    const sa_encode_args args = {.struct_size = sizeof args, .batch = 1, .features = view.features, .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    free(view.features);
    image_free(&image);
}

static json_t *show(const char *input, const struct labels *labels, int several, int json) {
    json_t *classes = json_array();
    if (!json && several) printf("%s\n", input);
    for (int64_t i = 0; i < labels->count; i++) {
        char text[LABEL_BYTES];
        if (!json) printf("%s%s  %s\n", several ? "  " : "", label_text(labels, i, 2, text), labels->best[i].name);
        json_array_append_new(classes, label_json(labels, i));
    }
    return json_pack("{so so}", "input", json_text(input), "classes", classes);
}

static void classify_all(const struct engine *e, const char *model, const struct sentences *inputs, int top, int json) {
    const int is_sound = hears_sound(e), is_image = !is_sound && sa_model_get(e->model, SA_MODEL_FEATURE_ROWS) > 0;
    const int64_t classes = sa_model_get(e->model, SA_MODEL_OUTPUTS);
    float *logits = allocate((size_t)classes, sizeof *logits);
    char *directory = engine_directory(model);
    json_t *results = json_array();
    for (int64_t i = 0; i < inputs->count; i++) {
        if (is_sound)
            classes_hear(e, model, inputs->text[i], logits);
        else if (is_image)
            classify_image(e, directory, inputs->text[i], logits);
        else
            classify_text(e, inputs->text[i], logits);
        struct labels labels = labels_find(directory, logits, classes, top);
        json_array_append_new(results, show(inputs->text[i], &labels, inputs->count > 1, json));
        labels_free(&labels);
    }
    if (json) print_json(json_pack("{sO}", "results", results));
    json_decref(results);
    free(directory);
    free(logits);
}

/* A classifier gives one row of logits for a whole input. */
static void check_model(const struct engine *e, const char *model) {
    if (!sa_model_get(e->model, SA_MODEL_OUTPUTS) || sa_model_get(e->model, SA_MODEL_TOKEN_LOGITS))
        failure("%s: this %s model is no classifier", model, sa_model_type(e->model));
}

/* By what the texts say, instead of the classes that a model was trained for. */
static void classify_by_texts(const struct common *common, const char *model, const char *const *words,
                              const struct sentences *images, int top) {
    struct sentences texts = sentences_read(words, NULL);
    struct likeness l = likeness_open(common, model, texts);
    json_t *results = json_array();
    for (int64_t i = 0; i < images->count; i++) {
        struct labels labels = likeness_find(&l, images->text[i], top);
        json_array_append_new(results, show(images->text[i], &labels, images->count > 1, common->json));
        labels_free(&labels);
    }
    if (common->json) print_json(json_pack("{sO}", "results", results));
    json_decref(results);
    likeness_close(&l);
    sentences_free(&texts);
}

static void classify_by_classes(const struct common *common, const char *model, const char *part,
                                const struct sentences *inputs, int top) {
    struct engine engine = engine_begin(common);
    load_for_images(&engine, model, part);
    check_model(&engine, model);
    if (sa_model_get(engine.model, SA_MODEL_FEATURE_CHANNELS) <= 0) engine_load_tokenizer(&engine, model, NULL);
    classify_all(&engine, model, inputs, top, common->json);
    engine_close(&engine);
}

int command_classify(int argc, const char **argv) {
    struct common common = {0};
    char *file = NULL, *part = NULL;
    char **texts = NULL;
    int top = 5;
    const struct poptOption options[] = {
        {"file", 'f', POPT_ARG_STRING, &file, 0,
         "Read more texts, or names of images or sounds, from FILE, one per line; - is standard input", "FILE"},
        {"label", 'l', POPT_ARG_ARGV, &texts, 0,
         "Say how well TEXT fits an image, by a model of texts and images (CLIP, SigLIP); to be given several times",
         "TEXT"},
        {"part", 0, POPT_ARG_STRING, &part, 0,
         "Of a file with several models, the classifier of this one: text or vision", "NAME"},
        {"top", 'n', POPT_ARG_INT, &top, 0, "Show the N most probable classes (default: 5)", "N"},
        ADAPTER_OPTION(common),
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL [TEXT, IMAGE or SOUND...]", 1, INT_MAX);
    if (texts && part) usage_error("--label compares both parts, so there is no --part beside it");
    if (texts && common.adapter) usage_error("--label compares two models, so there is no --adapter beside it");
    if (top < 1) usage_error("--top is %d, must be at least 1", top);
    struct sentences inputs = sentences_read(a.word + 1, file);
    if (texts)
        classify_by_texts(&common, a.word[0], (const char *const *)texts, &inputs, top);
    else
        classify_by_classes(&common, a.word[0], part, &inputs, top);
    sentences_free(&inputs);
    arguments_free(&a, &common);
    for (int i = 0; texts && texts[i]; i++) free(texts[i]);
    free(texts);
    free(file);
    free(part);
    return 0;
}
