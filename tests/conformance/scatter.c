/* ONNX TensorScatter: tokens are written into a cache of the caller's.
 * SPDX-License-Identifier: MIT */
#include "operators.h"

#include <stdlib.h>
#include <string.h>

/* Axes before the tokens' become heads, those behind it one. */
static int take_tokens(sa_tensor *t, const struct value *v, void *data, int64_t axis) {
    int64_t heads = 1, size = 1;
    if (!v || value_dtype(v) < 0) return 0;
    if (axis < 0) axis += v->rank;
    if (axis < 1 || axis >= v->rank) return 0;
    for (int i = 1; i < axis; i++) heads *= v->shape[i];
    for (int i = (int)axis + 1; i < v->rank; i++) size *= v->shape[i];
    sa_tensor_set(t, data, value_dtype(v), SA_BHSD, v->shape[0], heads, v->shape[axis], size);
    return 1;
}

static struct verdict scatter(sa_ctx *ctx, const struct test_case *c, void *cache) {
    struct verdict v = {.outcome = PASSED};
    sa_tensor update, present;
    int64_t *zeros = calloc((size_t)case_output(c, "present_cache")->shape[0] + 1, sizeof *zeros);
    const struct value *positions = case_input(c, "write_indices"), *new = case_input(c, "update");
    const int64_t axis = (int64_t)case_number(c, "axis", -2);
    const char *mode = case_text(c, "mode", "linear");
    if (!take_tokens(&update, new, new ? new->data : NULL, axis) ||
        !take_tokens(&present, case_output(c, "present_cache"), cache, axis) ||
        (positions && (strcmp(positions->dtype, "int64") || positions->elements != present.size[0])))
        v = verdict_of(FAILED, "shapes that no TensorScatter node can have");
    else if (sa_tensor_scatter(ctx, &update, positions ? positions->data : zeros, !strcmp(mode, "circular"),
                               &present) != SA_OK)
        v = verdict_of(FAILED, "refused: %s", sa_ctx_last_error(ctx));
    free(zeros);
    if (v.outcome == PASSED) verdict_compare(&v, c, "present_cache", cache);
    return v;
}

static struct verdict run(sa_ctx *ctx, struct test_case *c) {
    const struct value *past = case_input(c, "past_cache"), *present = case_output(c, "present_cache");
    if (!past || !present || past->elements != present->elements || value_dtype(past) != value_dtype(present) ||
        value_dtype(past) < 0)
        return verdict_of(FAILED, "caches that no TensorScatter node can have");
    const size_t bytes = (size_t)past->elements * (value_dtype(past) == SA_F32 ? 4 : 2);
    void *cache = malloc(bytes + 1);
    memcpy(cache, past->data, bytes);
    struct verdict v = scatter(ctx, c, cache);
    free(cache);
    return v;
}

static const char *const attributes[] = {"axis", "mode", NULL};
static const char *const values[] = {"past_cache", "update", "write_indices", "present_cache", NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", "int64", NULL};
const struct operation tensor_scatter_operation = {"TensorScatter", attributes, values, dtypes, 0, run};
