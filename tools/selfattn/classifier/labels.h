/* What a classifier's logits stand for, by the id2label of config.json.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLASSIFIER_LABELS_H
#define TOOLS_CLASSIFIER_LABELS_H

#include "text/ranking.h"

#include <jansson.h>
#include <stdint.h>

enum { LABEL_BYTES = 40 };
struct labelled {
    const char *name; /* id2label's, or LABEL_ and the number, as Transformers calls it */
    char own_name[LABEL_BYTES];
    int64_t index;
    double value; /* its probability, or what was estimated */
};

/* What logits say, by problem_type of config.json, as Transformers reads it. */
enum label_reading {
    LABELS_ONE_IS_TRUE,
    LABELS_ANY_MAY_BE, /* multi_label_classification; also the only class there is, such as "fits together" */
    LABELS_ESTIMATED   /* regression: numbers, as they are */
};
enum label_reading labels_reading(const json_t *config, int64_t classes);

struct labels {
    json_t *config;
    int64_t count;
    enum label_reading reading;
    struct labelled *best; /* [count] most probable first; what was estimated is in the model's order */
};

/* A class's name: id2label's, or LABEL_ and the number, which is written to own_name. */
const char *label_name(const json_t *config, int64_t index, char own_name[LABEL_BYTES]);

/* The number of the class with this name in id2label; -1: there is none. */
int64_t label_number(const json_t *config, const char *name);

/* At most `most` classes. A failure ends the program. */
struct labels labels_find(const char *directory, const float *logits, int64_t classes, int64_t most);

/* The first `count` of texts that were ranked, which have to live longer. */
struct labels labels_of(const struct ranked *ranked, const char *const *text, int64_t count);

/* "12.3 %", or a number that was estimated. */
char *label_text(const struct labels *labels, int64_t i, int decimals, char text[LABEL_BYTES]);
json_t *label_json(const struct labels *labels, int64_t i);

void labels_free(struct labels *labels);

#endif
