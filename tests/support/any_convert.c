/* Rounds a random model's matrices to another type of weights, as the library does while it opens a model.
 * SPDX-License-Identifier: MIT */
#include "support/any.h"

#include "file/quantise/quantise.h"

#include <stdlib.h>
#include <string.h>

static int ends_with(const char *name, const char *ending) {
    const size_t n = strlen(name), m = strlen(ending);
    return n >= m && !strcmp(name + n - m, ending);
}

/* Experts that share a tensor have three axes. */
static int is_stacked(const struct any_tensor *t) {
    return t->axes == 3 && strstr(t->name, ".expert_") && !ends_with(t->name, "_bias");
}

/* Matrices and tables of words; a convolution has three axes. */
static int is_converted(const struct any_tensor *t) {
    if (strstr(t->name, ".expert_")) return t->axes == 3 || (t->axes == 2 && !ends_with(t->name, "bias"));
    return t->axes >= 2 && t->axes != 3 && (ends_with(t->name, ".weight") || ends_with(t->name, ".words"));
}

/* A block's matrix with a row per input. */
static int has_row_per_input(const struct any *a, const struct any_tensor *t) {
    const struct any_stack *stacks[] = {&a->encoder, &a->decoder};
    const int of_expert = strstr(t->name, ".expert_") != NULL;
    for (int s = 0; s < 2 && !strstr(t->name, "router"); s++) {
        const size_t n = stacks[s]->name ? strlen(stacks[s]->name) : 0;
        if (n && (of_expert ? stacks[s]->expert_in_out : stacks[s]->in_out) && !strncmp(t->name, stacks[s]->name, n) &&
            t->name[n] == '.' && t->name[n + 1] >= '0' && t->name[n + 1] <= '9')
            return 1;
    }
    return 0;
}

static void convert_row(float *x, int32_t dtype, int64_t n) {
    unsigned char *blocks = malloc((size_t)weight_bytes(dtype, n));
    if (is_quantised(dtype)) {
        blocks_quantise(blocks, dtype, x, n);
        blocks_widen(x, blocks, dtype, 0, n);
    } else {
        for (int64_t i = 0; i < n; i++) {
            element_store(blocks, dtype, i, x[i]);
            x[i] = element_load(blocks, dtype, i);
        }
    }
    free(blocks);
}

/* A matrix of these rows and other elements each. */
static void convert_matrix(float *values, int64_t first, int64_t others, int in_out, int32_t dtype) {
    const int64_t rows = in_out ? others : first, n = in_out ? first : others;
    float *row = malloc((size_t)n * sizeof *row);
    for (int64_t o = 0; o < rows; o++) {
        for (int64_t i = 0; i < n; i++) row[i] = values[in_out ? i * rows + o : o * n + i];
        convert_row(row, quantised_type_for(dtype, n), n);
        for (int64_t i = 0; i < n; i++) values[in_out ? i * rows + o : o * n + i] = row[i];
    }
    free(row);
}

static void convert_tensor(const struct any *a, const struct any_tensor *t, int32_t dtype) {
    const int stacked = is_stacked(t), in_out = has_row_per_input(a, t);
    int64_t others = 1;
    for (int i = 1 + stacked; i < t->axes; i++) others *= t->size[i];
    for (int64_t e = 0; e < (stacked ? t->size[0] : 1); e++)
        convert_matrix(t->values + e * t->size[1] * others, t->size[stacked], others, in_out, dtype);
}

void any_convert(struct any *a, int32_t dtype) {
    for (int i = 0; i < a->tensors; i++)
        if (is_converted(&a->tensor[i])) convert_tensor(a, &a->tensor[i], dtype);
}
