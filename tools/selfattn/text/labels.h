/* What a classifier's logits stand for, by the id2label of config.json.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_LABELS_H
#define TOOLS_TEXT_LABELS_H

#include <jansson.h>
#include <stdint.h>

struct labelled {
    const char *name;
    int64_t index;
    double probability;
};

struct labels {
    json_t *config;
    int64_t count;
    struct labelled *best; /* [count] most probable first */
};

/* At most `most` classes, of which one is true, or any where problem_type of config.json is multi_label_classification.
 * A failure ends the program. */
struct labels labels_find(const char *directory, const float *logits, int64_t classes, int64_t most);
void labels_free(struct labels *labels);

#endif
