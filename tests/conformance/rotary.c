/* ONNX RotaryEmbedding by sa_rope_apply(). Its cosines and sines are rows per position, or without position_ids per
 * token: then every token stands at a position of its own.
 * SPDX-License-Identifier: MIT */
#include "floats.h"
#include "operators.h"

#include <stdlib.h>

struct rotary {
    sa_rope rope;
    sa_tensor input, output;
    float *cosines, *sines;
    int64_t *positions;
    void *y;
};

/* Tables are [positions,R/2] with position_ids, else [B,T,R/2]. */
static int has_shape(const struct value *table, const struct value *ids, const sa_tensor *x, int64_t rotary) {
    if (!table || table->rank != (ids ? 2 : 3) || table->shape[table->rank - 1] * 2 != rotary) return 0;
    return ids || (table->shape[0] == x->size[0] && table->shape[1] == x->size[2]);
}

static int take_shapes(struct rotary *r, const struct test_case *c) {
    const struct value *x = case_input(c, "X"), *ids = case_input(c, "position_ids"), *y = case_output(c, "Y");
    const struct value *cosines = case_input(c, "cos_cache"), *sines = case_input(c, "sin_cache");
    if (!value_heads(&r->input, x, (int64_t)case_number(c, "num_heads", 0))) return 0;
    r->rope.struct_size = sizeof r->rope;
    r->rope.style = case_number(c, "interleaved", 0) != 0 ? SA_ROPE_INTERLEAVED : SA_ROPE_HALF;
    r->rope.rotary = (int64_t)case_number(c, "rotary_embedding_dim", 0);
    if (!r->rope.rotary) r->rope.rotary = r->input.size[3];
    if (r->rope.rotary < 2 || !has_shape(cosines, ids, &r->input, r->rope.rotary) ||
        !has_shape(sines, ids, &r->input, r->rope.rotary) || cosines->elements != sines->elements)
        return 0;
    r->rope.table_positions = cosines->elements / (r->rope.rotary / 2);
    int tables = value_dtype(cosines) >= 0 && value_dtype(sines) >= 0;
    int right_ids = !ids || (ids->elements == r->input.size[0] * r->input.size[2] && value_dtype(ids) < 0);
    return tables && right_ids && y && y->elements == x->elements && value_dtype(y) >= 0;
}

static void take_data(struct rotary *r, const sa_ctx *ctx, const struct test_case *c) {
    const struct value *ids = case_input(c, "position_ids"), *y = case_output(c, "Y");
    int64_t tokens = r->input.size[0] * r->input.size[2];
    r->rope.cosines = r->cosines = floats_of(ctx, case_input(c, "cos_cache"));
    r->rope.sines = r->sines = floats_of(ctx, case_input(c, "sin_cache"));
    r->positions = calloc((size_t)tokens + 1, sizeof *r->positions);
    for (int64_t i = 0; i < tokens; i++) r->positions[i] = ids ? ((const int64_t *)ids->data)[i] : i;
    r->y = calloc((size_t)y->elements + 1, sizeof(float));
    r->output = r->input;
    r->output.data = r->y, r->output.dtype = value_dtype(y);
}

static struct verdict apply(sa_ctx *ctx, const struct rotary *r, const struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    if (sa_rope_apply(ctx, &r->rope, &r->input, &r->output, r->positions, 0) != SA_OK)
        return verdict_of(FAILED, "refused: %s", sa_ctx_last_error(ctx));
    verdict_compare(&v, c, "Y", r->y);
    return v;
}

static struct verdict run(sa_ctx *ctx, struct test_case *c) {
    struct rotary r = {0};
    if (!take_shapes(&r, c)) return verdict_of(FAILED, "shapes or attributes that no RotaryEmbedding node can have");
    take_data(&r, ctx, c);
    struct verdict v = apply(ctx, &r, c);
    free(r.cosines);
    free(r.sines);
    free(r.positions);
    free(r.y);
    return v;
}

static const char *const attributes[] = {"interleaved", "rotary_embedding_dim", "num_heads", NULL};
static const char *const values[] = {"X", "cos_cache", "sin_cache", "position_ids", "Y", NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", "int64", NULL};

const struct operation rotary_operation = {"RotaryEmbedding", attributes, values, dtypes, 0, run};
