/* SPDX-License-Identifier: MIT */
#include "classifier/labels.h"

#include "exit.h"
#include "json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum label_reading labels_reading(const json_t *config, int64_t classes) {
    const char *problem = json_string_value(json_object_get(config, "problem_type"));
    if (problem && !strcmp(problem, "regression")) return LABELS_ESTIMATED;
    return classes == 1 || (problem && !strcmp(problem, "multi_label_classification")) ? LABELS_ANY_MAY_BE
                                                                                       : LABELS_ONE_IS_TRUE;
}

static struct ranked *read_logits(enum label_reading reading, const float *logits, int64_t classes) {
    if (reading == LABELS_ONE_IS_TRUE) return ranking(logits, classes);
    if (reading == LABELS_ANY_MAY_BE) return ranking_of_each(logits, classes);
    struct ranked *numbers = allocate((size_t)classes, sizeof *numbers);
    for (int64_t i = 0; i < classes; i++) numbers[i] = (struct ranked){i, (double)logits[i]};
    return numbers;
}

const char *label_name(const json_t *config, int64_t index, char own_name[LABEL_BYTES]) {
    snprintf(own_name, LABEL_BYTES, "LABEL_%lld", (long long)index);
    const char *name = json_string_value(json_object_get(json_object_get(config, "id2label"), own_name + 6));
    return name ? name : own_name;
}

int64_t label_number(const json_t *config, const char *name) {
    const char *number;
    json_t *value;
    json_object_foreach(json_object_get(config, "id2label"), number,
                        value) if (json_is_string(value) &&
                                   !strcmp(json_string_value(value), name)) return strtoll(number, NULL, 10);
    return -1;
}

struct labels labels_find(const char *directory, const float *logits, int64_t classes, int64_t most) {
    struct labels l = {.count = classes < most ? classes : most};
    char path[4096];
    snprintf(path, sizeof path, "%s/config.json", directory);
    l.config = json_read(path, NULL);
    l.reading = labels_reading(l.config, classes);
    struct ranked *ranked = read_logits(l.reading, logits, classes);
    l.best = allocate((size_t)l.count, sizeof *l.best);
    for (int64_t i = 0; i < l.count; i++) {
        struct labelled *to = &l.best[i];
        *to = (struct labelled){.index = ranked[i].index, .value = ranked[i].probability};
        to->name = label_name(l.config, ranked[i].index, to->own_name);
    }
    free(ranked);
    return l;
}

struct labels labels_of(const struct ranked *ranked, const char *const *text, int64_t count) {
    struct labels l = {.count = count, .best = allocate((size_t)count, sizeof *l.best)};
    for (int64_t i = 0; i < count; i++)
        l.best[i] =
            (struct labelled){.name = text[ranked[i].index], .index = ranked[i].index, .value = ranked[i].probability};
    return l;
}

char *label_text(const struct labels *labels, int64_t i, int decimals, char text[LABEL_BYTES]) {
    const double value = labels->best[i].value;
    if (labels->reading == LABELS_ESTIMATED)
        snprintf(text, LABEL_BYTES, "%9.4f", value);
    else
        snprintf(text, LABEL_BYTES, "%*.*f %%", decimals + 4, decimals, 100 * value);
    return text;
}

json_t *label_json(const struct labels *labels, int64_t i) {
    const struct labelled *l = &labels->best[i];
    return json_pack("{ss sI sf}", "label", l->name, "class", (json_int_t)l->index,
                     labels->reading == LABELS_ESTIMATED ? "value" : "probability", l->value);
}

void labels_free(struct labels *labels) {
    json_decref(labels->config);
    free(labels->best);
}
