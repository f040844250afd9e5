/* SPDX-License-Identifier: MIT */
#include "text/labels.h"

#include "exit.h"
#include "text/ranking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct labels labels_find(const char *directory, const float *logits, int64_t classes, int64_t most) {
    struct labels l = {.count = classes < most ? classes : most};
    char path[4096];
    snprintf(path, sizeof path, "%s/config.json", directory);
    l.config = json_load_file(path, 0, NULL);
    const char *problem = json_string_value(json_object_get(l.config, "problem_type"));
    struct ranked *ranked = problem && !strcmp(problem, "multi_label_classification") ? ranking_of_each(logits, classes)
                                                                                      : ranking(logits, classes);
    l.best = allocate((size_t)l.count, sizeof *l.best);
    const json_t *names = json_object_get(l.config, "id2label");
    for (int64_t i = 0; i < l.count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)ranked[i].index);
        const char *name = json_string_value(json_object_get(names, number));
        l.best[i] = (struct labelled){name ? name : "?", ranked[i].index, ranked[i].probability};
    }
    free(ranked);
    return l;
}

void labels_free(struct labels *labels) {
    json_decref(labels->config);
    free(labels->best);
}
