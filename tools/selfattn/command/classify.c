/* selfattn classify: what a classifier takes texts, their words, images or sounds for.
 * SPDX-License-Identifier: MIT */
#include "classifier/answering.h"
#include "classifier/inference.h"
#include "classifier/labels.h"
#include "classifier/tagging.h"
#include "classifier/text_pairs.h"
#include "command/command.h"
#include "exit.h"
#include "picture/likeness.h"
#include "picture/preprocess.h"
#include "sound/classes.h"
#include "table.h"
#include "text/sentences.h"
#include "text/text_file.h"

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

/* Two texts with a tab between them. */
static void classify_pair(const struct engine *e, const char *text, float *logits) {
    const char *tab = strchr(text, '\t');
    if (!tab || strchr(tab + 1, '\t')) failure("a pair has to be two texts with a tab between them: %.60s", text);
    char *first = strndup(text, (size_t)(tab - text));
    if (!first) failure("no memory for a text");
    text_pair_logits(e, first, tab + 1, logits);
    free(first);
}

static void classify_image(const struct engine *e, const struct preprocessing *preprocessing, const char *directory,
                           const char *file, float *logits) {
    struct image image = image_read(file);
    struct view view = preprocess(preprocessing, directory, &image);
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

static void classify_all(const struct engine *e, const char *model, const struct sentences *inputs, int top, int pairs,
                         int json) {
    const int is_sound = hears_sound(e), is_image = !is_sound && sa_model_get(e->model, SA_MODEL_FEATURE_ROWS) > 0;
    const int64_t classes = sa_model_get(e->model, SA_MODEL_OUTPUTS);
    float *logits = allocate((size_t)classes, sizeof *logits);
    char *directory = engine_directory(model);
    struct preprocessing preprocessing = {0};
    if (is_image) preprocessing = preprocessing_find(e, directory);
    json_t *results = json_array();
    for (int64_t i = 0; i < inputs->count; i++) {
        if (is_sound)
            classes_hear(e, model, inputs->text[i], logits);
        else if (is_image)
            classify_image(e, &preprocessing, directory, inputs->text[i], logits);
        else if (pairs)
            classify_pair(e, inputs->text[i], logits);
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

/* The words of each text that are something, by a classifier of tokens. */
static void tag_all(const struct engine *e, const char *model, const struct sentences *inputs, int json) {
    struct tagger tagger = tagger_open(e, model);
    json_t *results = json_array();
    for (int64_t i = 0; i < inputs->count; i++) {
        const char *text = inputs->text[i];
        struct entities found = entities_find(&tagger, text);
        json_t *list = json_array();
        if (!json && inputs->count > 1) puts(text);
        for (int64_t k = 0; k < found.count; k++) {
            const struct entity *one = &found.entity[k];
            char *words = text_between(text + one->begin, text + one->end);
            if (!json)
                printf("%s%6.2f %%  %-10s  %s\n", inputs->count > 1 ? "  " : "", 100 * one->probability, one->label,
                       words);
            json_array_append_new(list, json_pack("{ss ss sf sI sI}", "label", one->label, "words", words,
                                                  "probability", one->probability, "begin", (json_int_t)one->begin,
                                                  "end", (json_int_t)one->end));
            free(words);
        }
        json_array_append_new(results, json_pack("{so so}", "input", json_text(text), "entities", list));
        free(found.entity);
    }
    if (json) print_json(json_pack("{sO}", "results", results));
    json_decref(results);
    tagger_close(&tagger);
}

/* A classifier gives one row of logits for a whole input, or of texts one for each token. */
static void check_model(const struct engine *e, const char *model) {
    const int of_tokens = sa_model_get(e->model, SA_MODEL_TOKEN_LOGITS) == 1;
    const int64_t classes = sa_model_get(e->model, SA_MODEL_OUTPUTS);
    const int is_of_words = of_tokens && classes == sa_model_get(e->model, SA_MODEL_VOCABULARY);
    if (!classes || is_of_words || (of_tokens && sa_model_get(e->model, SA_MODEL_FEATURE_CHANNELS) > 0))
        failure("%s: this %s model is no classifier", model, sa_model_type(e->model));
    if (answers_are_shown(e, model))
        failure("%s: this %s model shows where answers are: selfattn answer asks it", model, sa_model_type(e->model));
}

/* What is asked for: the model's own classes, or labels in words. */
struct request {
    const char *model, *part, *hypothesis;
    const struct sentences *inputs;
    struct sentences labels;
    int top, pairs, several; /* top 0: it is not given */
};

static int top_of(const struct request *r) {
    return r->top ? r->top : 5;
}

static int knows_images(const char *model) {
    json_t *config = engine_json_beside(model, "config.json", 1);
    const int knows = json_object_get(config, "vision_config") != NULL;
    json_decref(config);
    return knows;
}

/* By what the labels say, instead of the classes that a model was trained for. */
static void classify_by_labels(const struct common *common, const struct request *r) {
    const int of_images = knows_images(r->model);
    struct likeness likeness;
    struct inference inference;
    if (of_images && (r->hypothesis || r->several)) usage_error("--hypothesis and --several are for texts");
    if (of_images)
        likeness = likeness_open(common, r->model, r->labels);
    else
        inference = inference_open(common, r->model, r->labels, r->hypothesis, r->several);
    json_t *results = json_array();
    for (int64_t i = 0; i < r->inputs->count; i++) {
        const char *input = r->inputs->text[i];
        struct labels labels =
            of_images ? likeness_find(&likeness, input, top_of(r)) : inference_find(&inference, input, top_of(r));
        json_array_append_new(results, show(input, &labels, r->inputs->count > 1, common->json));
        labels_free(&labels);
    }
    if (common->json) print_json(json_pack("{sO}", "results", results));
    json_decref(results);
    if (of_images)
        likeness_close(&likeness);
    else
        inference_close(&inference);
}

static void classify_by_classes(const struct common *common, const struct request *r) {
    struct engine engine = engine_begin(common);
    load_for_images(&engine, r->model, r->part);
    check_model(&engine, r->model);
    const int is_of_texts = sa_model_get(engine.model, SA_MODEL_FEATURE_CHANNELS) <= 0;
    if (r->pairs && !is_of_texts)
        failure("%s: --pairs are texts; this %s model takes none", r->model, sa_model_type(engine.model));
    if (is_of_texts) engine_load_tokenizer(&engine, r->model, NULL);
    const int of_tokens = sa_model_get(engine.model, SA_MODEL_TOKEN_LOGITS) == 1;
    if (of_tokens && (r->pairs || r->top))
        failure("%s: --pairs and --top are for classes of whole inputs; this model classifies single tokens", r->model);
    if (of_tokens)
        tag_all(&engine, r->model, r->inputs, common->json);
    else
        classify_all(&engine, r->model, r->inputs, top_of(r), r->pairs, common->json);
    engine_close(&engine);
}

int command_classify(int argc, const char **argv) {
    struct common common = {0};
    char *file = NULL, *part = NULL, *hypothesis = NULL;
    char **texts = NULL;
    int top = NOT_GIVEN, pairs = 0, several = 0;
    const struct poptOption options[] = {
        {"file", 'f', POPT_ARG_STRING, &file, 0,
         "Read more texts, or names of images or sounds, from FILE, one per line; - is standard input", "FILE"},
        {"label", 'l', POPT_ARG_ARGV, &texts, 0,
         "Say how well TEXT fits an image, by a model of texts and images (CLIP, SigLIP), or a text, by a model of "
         "inference (a class of it is \"entailment\"); to be given several times",
         "TEXT"},
        {"hypothesis", 0, POPT_ARG_STRING, &hypothesis, 0,
         "What a label says of a text, with {} in its place (default: \"This example is {}.\")", "TEXT"},
        {"several", 0, POPT_ARG_NONE, &several, 0,
         "Several labels may fit a text: each is judged for itself, as a single one always is", NULL},
        {"pairs", 0, POPT_ARG_NONE, &pairs, 0,
         "Each text is two, with a tab between them, for a model that compares texts", NULL},
        {"part", 0, POPT_ARG_STRING, &part, 0,
         "Of a file with several models, the classifier of this one: text or vision", "NAME"},
        {"top", 'n', POPT_ARG_INT, &top, 0, "Show the N most probable classes (default: 5)", "N"},
        ADAPTER_OPTION(common),
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL [TEXT, IMAGE or SOUND...]", 1, INT_MAX);
    if (texts && part) usage_error("--label compares whole models, so there is no --part beside it");
    if (texts && common.adapter && knows_images(a.word[0]))
        usage_error("--label compares two models, so there is no --adapter beside it");
    if (top != NOT_GIVEN && top < 1) usage_error("--top is %d, must be at least 1", top);
    if (texts && pairs) usage_error("--label makes pairs itself, so there is no --pairs beside it");
    if (!texts && (hypothesis || several)) usage_error("--hypothesis and --several need --label");
    struct sentences inputs = sentences_read(a.word + 1, file);
    struct request r = {.model = a.word[0],
                        .part = part,
                        .hypothesis = hypothesis,
                        .inputs = &inputs,
                        .top = top == NOT_GIVEN ? 0 : top,
                        .pairs = pairs,
                        .several = several};
    for (int i = 0; texts && texts[i]; i++)
        if (!*texts[i]) usage_error("a --label is empty");
    if (texts) r.labels = sentences_read((const char *const *)texts, NULL);
    if (!texts)
        classify_by_classes(&common, &r);
    else
        classify_by_labels(&common, &r);
    sentences_free(&r.labels);
    sentences_free(&inputs);
    arguments_free(&a, &common);
    for (int i = 0; texts && texts[i]; i++) free(texts[i]);
    free(texts);
    free(file);
    free(part);
    free(hypothesis);
    return 0;
}
