/* SPDX-License-Identifier: MIT */
#include "text/ranking.h"

#include "exit.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->probability != b->probability) return a->probability < b->probability ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

struct ranked *ranking(const float *logits, int64_t count) {
    struct ranked *list = allocate((size_t)count, sizeof *list);
    double total = 0;
    float largest = -HUGE_VALF;
    for (int64_t i = 0; i < count; i++) largest = fmaxf(largest, logits[i]);
    for (int64_t i = 0; i < count; i++) total += exp((double)logits[i] - (double)largest);
    for (int64_t i = 0; i < count; i++) list[i] = (struct ranked){i, exp((double)logits[i] - (double)largest) / total};
    qsort(list, (size_t)count, sizeof *list, compare);
    return list;
}

struct ranked *ranking_of_each(const float *logits, int64_t count) {
    struct ranked *list = allocate((size_t)count, sizeof *list);
    for (int64_t i = 0; i < count; i++) list[i] = (struct ranked){i, 1 / (1 + exp(-(double)logits[i]))};
    qsort(list, (size_t)count, sizeof *list, compare);
    return list;
}
