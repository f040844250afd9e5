/* Gradients of attention by sa_attention_backward(): inputs as Attention's, and dY, the gradient of its output.
 * SPDX-License-Identifier: MIT */
#include "attention.h"
#include "floats.h"
#include "operators.h"

#include <stdlib.h>

enum { GRADIENTS = 4 };
static const char *const names[GRADIENTS] = {"dQ", "dK", "dV", "dMask"};

/* The gradients of a case, and whether its shapes agree. */
struct backward {
    struct attention forward;
    sa_attention_gradients args;
    float *got[GRADIENTS], *lse;
};

static int take_gradient(struct backward *b, const struct test_case *c, int i, sa_tensor *t, const sa_tensor *of) {
    const struct value *v = case_output(c, names[i]);
    const int64_t *n = of->size;
    if (!v) return 1;
    if (value_dtype(v) != SA_F32 || v->elements != n[0] * n[1] * n[2] * n[3]) return 0;
    b->got[i] = floats_new(v->elements);
    sa_tensor_set(t, b->got[i], SA_F32, v->rank == 3 && i < 3 ? SA_BSHD : SA_BHSD, n[0], n[1], n[2], n[3]);
    return 1;
}

static int prepare(sa_ctx *ctx, struct backward *b, const struct test_case *c) {
    sa_attention_args *a = &b->forward.args;
    if (!attention_prepare(ctx, &b->forward, c)) return 0;
    const int64_t *n = a->output.size;
    b->lse = floats_new(n[0] * n[1] * n[2]);
    sa_tensor_set(&a->lse, b->lse, SA_F32, SA_BHSD, n[0], n[1], n[2], 1);
    b->args.struct_size = sizeof b->args;
    return value_heads(&b->args.output, case_input(c, "dY"), n[1]) &&
           take_gradient(b, c, 0, &b->args.query, &a->query) && take_gradient(b, c, 1, &b->args.key, &a->key) &&
           take_gradient(b, c, 2, &b->args.value, &a->value) &&
           take_gradient(b, c, 3, &b->args.mask, &b->forward.masking.mask);
}

static struct verdict run(sa_ctx *ctx, struct backward *b, const struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    if (!prepare(ctx, b, c)) return verdict_of(FAILED, "shapes that no gradients of an Attention node can have");
    if (sa_attention(ctx, &b->forward.args) != SA_OK || sa_attention_backward(ctx, &b->forward.args, &b->args) != SA_OK)
        return verdict_of(FAILED, "refused: %s", sa_ctx_last_error(ctx));
    verdict_compare(&v, c, "Y", b->forward.output);
    for (int i = 0; i < GRADIENTS; i++)
        if (b->got[i]) verdict_compare(&v, c, names[i], b->got[i]);
    return v;
}

static struct verdict run_backward(sa_ctx *ctx, struct test_case *c) {
    struct backward b = {0};
    if (c->norm > 0) return verdict_of(SKIPPED, "gradients from an output of lower precision");
    struct verdict v = run(ctx, &b, c);
    attention_free(&b.forward);
    for (int i = 0; i < GRADIENTS; i++) free(b.got[i]);
    free(b.lse);
    return v;
}

static const char *const attributes[] = {"is_causal",         "scale",       "softcap",      "left_window_size",
                                         "right_window_size", "q_num_heads", "kv_num_heads", NULL};
static const char *const values[] = {"Q",  "K",  "V",     "attn_mask", "nonpad_kv_seqlen", "Y", "dY", "dQ",
                                     "dK", "dV", "dMask", NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", "bool", "int64", NULL};

const struct operation attention_backward_operation = {"AttentionBackward", attributes, values, dtypes, 1,
                                                       run_backward};
