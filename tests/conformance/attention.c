/* ONNX Attention by sa_attention(). Where a case has past keys, or asks for the present ones, a cache joins them: then
 * attention over what the cache gives back has to agree with the reference, and attention from the cache itself too.
 * SPDX-License-Identifier: MIT */
#include "attention.h"
#include "attention_cache.h"
#include "floats.h"
#include "operators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Aligned to the right: rank 1 is [S], rank 2 [T,S], rank 3 [heads,T,S]. Keys past a mask's end are hidden. */
static int take_mask(sa_masking *m, const struct value *mask) {
    if (!mask) return 1;
    sa_tensor *t = &m->mask;
    m->mask_keys = SA_MASK_KEYS_HIDDEN;
    int is_bool = !strcmp(mask->dtype, "bool");
    if (mask->rank < 1 || mask->rank > 4 || (!is_bool && value_dtype(mask) < 0)) return 0;
    int64_t size[4] = {1, 1, 1, 1};
    for (int i = 0; i < mask->rank; i++) size[4 - mask->rank + i] = mask->shape[i];
    sa_tensor_set(t, mask->data, is_bool ? SA_BOOL : value_dtype(mask), SA_BHSD, size[0], size[1], size[2], size[3]);
    return 1;
}

/* Positions count from the first key of the past; with key lengths the last query stands at the last valid key, which
 * is the library's default then. */
static int take_masking(struct attention *a, const struct test_case *c) {
    const struct value *lengths = case_input(c, "nonpad_kv_seqlen");
    int64_t left = (int64_t)case_number(c, "left_window_size", -1),
            right = (int64_t)case_number(c, "right_window_size", -1);
    sa_masking *m = &a->masking;
    m->struct_size = sizeof *m;
    m->causal = case_number(c, "is_causal", 0) != 0;
    if (a->past || !lengths) m->align = SA_ALIGN_OFFSET, m->offset = a->past;
    if (left != -1 || right != -1) m->window = 1, m->window_left = left, m->window_right = right;
    if (lengths) m->key_lengths = lengths->data;
    a->args.masking = m;
    return (!lengths || (lengths->elements == a->args.query.size[0] && !strcmp(lengths->dtype, "int64"))) &&
           take_mask(m, case_input(c, "attn_mask"));
}

static int take_outputs(struct attention *a, const struct test_case *c) {
    static const int32_t kinds[] = {SA_WEIGHTS_SCALED, SA_WEIGHTS_SOFTCAPPED, SA_WEIGHTS_BIASED,
                                    SA_WEIGHTS_PROBABILITIES};
    sa_attention_args *x = &a->args;
    int64_t B = x->query.size[0], H = x->query.size[1], T = x->query.size[2], S = x->key.size[2], Dv = x->value.size[3];
    const struct value *y = case_output(c, "Y"), *qk = case_output(c, "qk_matmul_output");
    int mode = (int)case_number(c, "qk_matmul_output_mode", 0);
    if (mode < 0 || mode > 3 || !y || value_dtype(y) < 0 || y->elements != B * H * T * Dv) return 0;
    if (qk && (value_dtype(qk) < 0 || qk->elements != B * H * T * S)) return 0;
    a->output = floats_new(y->elements);
    sa_tensor_set(&x->output, a->output, value_dtype(y), y->rank == 3 ? SA_BSHD : SA_BHSD, B, H, T, Dv);
    if (!qk) return 1;
    a->weights = floats_new(qk->elements);
    sa_tensor_set(&x->weights, a->weights, SA_F32, SA_BHSD, B, H, T, S);
    x->weights_kind = kinds[mode];
    return 1;
}

/* An output is absent, or of this size. */
static int holds(const struct value *v, const sa_tensor *t) {
    return !v || (v->elements == t->size[0] * t->size[1] * t->size[2] * t->size[3] && value_dtype(v) == t->dtype);
}

/* Past and new keys and values become args.key and args.value. */
static int join(sa_ctx *ctx, struct attention *a, const struct test_case *c, const sa_tensor fresh[2]) {
    static const char *const past_names[] = {"past_key", "past_value"};
    static const char *const names[] = {"present_key", "present_value"};
    sa_tensor past[2], *joined[] = {&a->args.key, &a->args.value};
    int given = 0, wanted = 0;
    for (int i = 0; i < 2; i++) {
        const struct value *v = case_input(c, past_names[i]);
        if (v && (v->rank != 4 || !value_heads(&past[i], v, 0))) return 0;
        given += v != NULL, wanted += case_output(c, names[i]) != NULL;
        *joined[i] = fresh[i];
    }
    if (given == 1) return 0;
    if (!given && !wanted) return 1;
    a->past = given ? past[0].size[2] : 0;
    a->cache = cache_of(ctx, given ? past : NULL, fresh);
    a->refused = !a->cache;
    for (int i = 0; i < 2 && a->cache; i++) a->present[i] = cache_content(a->cache, i, fresh[i].dtype, joined[i]);
    return a->cache && holds(case_output(c, names[0]), joined[0]) && holds(case_output(c, names[1]), joined[1]);
}

int attention_prepare(sa_ctx *ctx, struct attention *a, const struct test_case *c) {
    sa_tensor fresh[2];
    int64_t H = (int64_t)case_number(c, "q_num_heads", 0), K = (int64_t)case_number(c, "kv_num_heads", 0);
    a->args.struct_size = sizeof a->args;
    a->args.scale = (float)case_number(c, "scale", 0);
    a->args.softcap = (float)case_number(c, "softcap", 0);
    return value_heads(&a->args.query, case_input(c, "Q"), H) && value_heads(&fresh[0], case_input(c, "K"), K) &&
           value_heads(&fresh[1], case_input(c, "V"), K) && join(ctx, a, c, fresh) && take_masking(a, c) &&
           take_outputs(a, c);
}

void attention_free(struct attention *a) {
    sa_cache_destroy(&a->cache);
    free(a->present[0]);
    free(a->present[1]);
    free(a->output);
    free(a->weights);
}

/* Logits grow with the scale, and so do their rounding errors, which the softmax hands on as relative errors of the
 * weights. A tolerance that was made for the default scale 1/sqrt(D) is too small by as much. */
static void widen(struct test_case *c, const sa_attention_args *args) {
    double growth = fabs((double)args->scale) * sqrt((double)args->query.size[3]);
    if (!c->widen || growth <= 1) return;
    c->rtol *= growth;
    c->atol *= growth;
    c->norm *= growth;
}

static struct verdict attend(sa_ctx *ctx, const struct attention *a, const struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    sa_status status = sa_attention(ctx, &a->args);
    if (status != SA_OK)
        return verdict_of(status == SA_ERR_UNSUPPORTED ? SKIPPED : FAILED, "refused: %s", sa_ctx_last_error(ctx));
    verdict_compare(&v, c, "Y", a->output);
    floats_compare(&v, ctx, c, "qk_matmul_output", a->weights);
    return v;
}

/* A cache gives no other weights than probabilities; and it knows the lengths itself. */
static int can_read_cache(const struct attention *a) {
    return a->cache && !a->masking.key_lengths && (!a->weights || a->args.weights_kind == SA_WEIGHTS_PROBABILITIES);
}

static void change_score(void *user, const sa_score_tile *tile) {
    graph_change(&((const struct attention *)user)->graphs.score, tile);
}

static void change_prob(void *user, const sa_score_tile *tile) {
    graph_change(&((const struct attention *)user)->graphs.prob, tile);
}

/* The graphs of FlexAttention become callbacks. */
static int take_graphs(struct attention *a, const struct test_case *c, char why[CASE_TEXT]) {
    if (!graph_read(&a->graphs.score, c, "score_mod", &a->args, why) ||
        !graph_read(&a->graphs.prob, c, "prob_mod", &a->args, why))
        return 0;
    a->callbacks = (sa_score_callbacks){.struct_size = sizeof a->callbacks,
                                        .user = a,
                                        .score_mod = a->graphs.score.nodes ? change_score : NULL,
                                        .prob_mod = a->graphs.prob.nodes ? change_prob : NULL};
    if (a->graphs.score.nodes || a->graphs.prob.nodes) a->args.callbacks = &a->callbacks;
    return 1;
}

static struct verdict run(sa_ctx *ctx, struct attention *a, struct test_case *c) {
    if (!attention_prepare(ctx, a, c))
        return a->refused ? verdict_of(FAILED, "refused: %s", sa_ctx_last_error(ctx))
                          : verdict_of(FAILED, "shapes or attributes that no Attention node can have");
    char why[CASE_TEXT];
    if (!take_graphs(a, c, why)) return verdict_of(SKIPPED, "%s", why);
    widen(c, &a->args);
    struct verdict v = attend(ctx, a, c);
    if (a->cache) verdict_compare(&v, c, "present_key", a->present[0]);
    if (a->cache) verdict_compare(&v, c, "present_value", a->present[1]);
    if (v.outcome != PASSED || !can_read_cache(a)) return v;
    memset(a->output, 0xff, (size_t)case_output(c, "Y")->elements * (size_t)(a->args.output.dtype == SA_F32 ? 4 : 2));
    a->args.cache = a->cache;
    a->args.key = a->args.value = (sa_tensor){0};
    return attend(ctx, a, c);
}

/* The softmax is float32, whatever the node says: where that is more, outputs are still held to float32's tolerance,
 * and where it is less, to that of the format that the reference was rounded to. NULL: no such type. */
static const char *softmax_dtype(const struct test_case *c) {
    static const char *const names[] = {[1] = "float32", [10] = "float16", [11] = "float64", [16] = "bfloat16"};
    int number = (int)case_number(c, "softmax_precision", 1);
    return number > 0 && number < (int)(sizeof names / sizeof names[0]) ? names[number] : NULL;
}

static struct verdict run_attention(sa_ctx *ctx, struct test_case *c) {
    struct attention a = {0};
    const struct value *mask = case_input(c, "attn_mask");
    if (mask && !strcmp(mask->dtype, "int64")) return verdict_of(SKIPPED, "dtype int64 (attn_mask)");
    if (case_number(c, "scale", 1) == 0) return verdict_of(SKIPPED, "scale 0, which stands for the default here");
    if (!softmax_dtype(c)) return verdict_of(FAILED, "softmax_precision is no type of a softmax");
    case_rounds(c, softmax_dtype(c));
    struct verdict v = run(ctx, &a, c);
    attention_free(&a);
    return v;
}

static const char *const attributes[] = {"is_causal",         "scale",       "softcap",      "left_window_size",
                                         "right_window_size", "q_num_heads", "kv_num_heads", "qk_matmul_output_mode",
                                         "softmax_precision", NULL};
static const char *const values[] = {"Q",
                                     "K",
                                     "V",
                                     "attn_mask",
                                     "past_key",
                                     "past_value",
                                     "nonpad_kv_seqlen",
                                     "Y",
                                     "present_key",
                                     "present_value",
                                     "qk_matmul_output",
                                     NULL};
static const char *const dtypes[] = {"float32", "float16", "bfloat16", "bool", "int64", NULL};

const struct operation attention_operation = {"Attention", attributes, values, dtypes, 1, run_attention};

/* FlexAttention is attention with graphs that may change its scores and weights. */
static const char *const flex_attributes[] = {"scale", "softmax_precision", "score_mod", "prob_mod", NULL};
static const char *const flex_values[] = {"Q", "K", "V", "Y", NULL};

const struct operation flex_attention_operation = {"FlexAttention", flex_attributes, flex_values, dtypes, 1,
                                                   run_attention};
