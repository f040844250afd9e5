/* SPDX-License-Identifier: MIT */
#include "classifier/inference.h"

#include "classifier/text_pairs.h"
#include "exit.h"
#include "text/ranking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The class whose name begins so; -1: none. */
static int64_t class_named(const json_t *config, int64_t classes, const char *beginning) {
    for (int64_t i = 0; i < classes; i++) {
        char own_name[LABEL_BYTES];
        if (!strncasecmp(label_name(config, i, own_name), beginning, strlen(beginning))) return i;
    }
    return -1;
}

/* The opposite is a contradiction; of two classes it is the other one ("not_entailment"). */
static int64_t find_contradiction(const struct inference *f, const json_t *config) {
    const int64_t named = class_named(config, f->classes, "contradict");
    return named < 0 && f->classes == 2 ? 1 - f->entailment : named;
}

/* Finds the numbers of the classes that matter. */
static void find_classes(struct inference *f, const char *model) {
    json_t *config = engine_json_beside(model, "config.json", 1);
    f->classes = sa_model_get(f->engine.model, SA_MODEL_OUTPUTS);
    f->entailment = class_named(config, f->classes, "entail");
    if (f->entailment < 0 || sa_model_get(f->engine.model, SA_MODEL_TOKEN_LOGITS))
        failure("%s: labels for texts need a model of inference, with a class \"entailment\" among id2label of "
                "config.json; this %s model is none",
                model, sa_model_type(f->engine.model));
    f->contradiction = find_contradiction(f, config);
    if (f->several && f->contradiction < 0)
        failure("%s: --several, or a single label, needs a class \"contradiction\" among id2label of config.json",
                model);
    json_decref(config);
}

struct inference inference_open(const struct common *common, const char *model, struct sentences label,
                                const char *hypothesis, int several) {
    struct inference f = {.label = label,
                          .hypothesis = hypothesis ? hypothesis : "This example is {}.",
                          .several = several || label.count == 1};
    const char *place = strstr(f.hypothesis, "{}");
    if (!place || strstr(place + 2, "{}"))
        failure("the hypothesis has to have {} once, where labels stand: %.60s", f.hypothesis);
    f.engine = engine_open(model, NULL, common);
    engine_load(&f.engine, model);
    find_classes(&f, model);
    return f;
}

void inference_close(struct inference *inference) {
    engine_close(&inference->engine);
}

/* The hypothesis about a label; free() it. */
static char *hypothesis_of(const struct inference *f, const char *label) {
    const char *place = strstr(f->hypothesis, "{}");
    const size_t room = strlen(f->hypothesis) + strlen(label) + 1;
    char *text = allocate(room, 1);
    snprintf(text, room, "%.*s%s%s", (int)(place - f->hypothesis), f->hypothesis, label, place + 2);
    return text;
}

static float judge(const struct inference *f, const char *text, const char *label, float *logits) {
    char *hypothesis = hypothesis_of(f, label);
    text_pair_logits(&f->engine, text, hypothesis, logits);
    free(hypothesis);
    return f->several ? logits[f->entailment] - logits[f->contradiction] : logits[f->entailment];
}

struct labels inference_find(const struct inference *inference, const char *text, int64_t most) {
    const int64_t count = inference->label.count;
    float *logits = allocate((size_t)inference->classes, sizeof *logits), *fit = allocate((size_t)count, sizeof *fit);
    for (int64_t i = 0; i < count; i++) fit[i] = judge(inference, text, inference->label.text[i], logits);
    struct ranked *ranked = inference->several ? ranking_of_each(fit, count) : ranking(fit, count);
    struct labels found = labels_of(ranked, (const char *const *)inference->label.text, count < most ? count : most);
    free(ranked);
    free(fit);
    free(logits);
    return found;
}
