/* SPDX-License-Identifier: MIT */
#include "text/labels.h"

#include "exit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *left, const void *right) {
    const struct labelled *a = left, *b = right;
    if (a->probability != b->probability) return a->probability < b->probability ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

struct labels labels_find(const char *directory, const float *logits, int64_t classes, int64_t most) {
    struct labels l = {.count = classes < most ? classes : most, .best = allocate((size_t)classes, sizeof *l.best)};
    char path[4096];
    snprintf(path, sizeof path, "%s/config.json", directory);
    l.config = json_load_file(path, 0, NULL);
    const json_t *names = json_object_get(l.config, "id2label");
    double total = 0;
    float largest = -HUGE_VALF;
    for (int64_t i = 0; i < classes; i++) largest = fmaxf(largest, logits[i]);
    for (int64_t i = 0; i < classes; i++) total += exp((double)logits[i] - (double)largest);
    for (int64_t i = 0; i < classes; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)i);
        const char *name = json_string_value(json_object_get(names, number));
        l.best[i] = (struct labelled){name ? name : "?", i, exp((double)logits[i] - (double)largest) / total};
    }
    qsort(l.best, (size_t)classes, sizeof *l.best, compare);
    return l;
}

void labels_free(struct labels *labels) {
    json_decref(labels->config);
    free(labels->best);
}
