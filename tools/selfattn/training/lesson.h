/* What a model learns: windows of a text's tokens, and a part at its end that it never learns, for the test.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_LESSON_H
#define TOOLS_TRAINING_LESSON_H

#include "engine.h"

#include <stdint.h>

struct lesson {
    struct tokens all;
    int64_t learned;       /* tokens before the part for the test */
    int64_t batch, window; /* sequences of a batch, and tokens of each */
    int32_t start;         /* stands in front of each window, as in front of a text; -1: nothing does */
    int32_t *ids;          /* [batch][window] of the batch now */
    uint64_t state;        /* of the generator that places windows */
};

/* A text that is too short for one window of each part ends the program. */
struct lesson lesson_open(const struct engine *engine, int32_t start, const char *text, int64_t batch, int64_t window,
                          uint64_t seed);
void lesson_close(struct lesson *lesson);

/* Windows at random places; or number `i` of the windows for the test, of which lesson_tests() exist. */
sa_training_batch lesson_next(struct lesson *lesson);
int64_t lesson_tests(const struct lesson *lesson);
sa_training_batch lesson_test(struct lesson *lesson, int64_t i);

#endif
