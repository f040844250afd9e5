/* ONNX LinearAttention and CausalConvWithState, in every form that the library has.
 * SPDX-License-Identifier: MIT */
#include "floats.h"
#include "operators.h"

#include <stdlib.h>
#include <string.h>

struct linear {
    sa_linear_attention_args args;
    sa_linear_state *state;
    sa_tensor past, present; /* of the state, past.data NULL: none */
    void *output, *numbers;
};

/* Decay and beta are required exactly where the rule uses them. */
static int take_rule(struct linear *l, const struct test_case *c, int64_t K) {
    const char *rule = case_text(c, "update_rule", "gated_delta");
    const struct value *decay = case_input(c, "decay"), *beta = case_input(c, "beta");
    const int gated = strstr(rule, "gated") != NULL, delta = strstr(rule, "delta") != NULL;
    if (!strcmp(rule, "linear") + gated + delta == 0 || !decay != !gated || !beta != !delta) return 0;
    return (!decay || value_heads(&l->args.decay, decay, K)) &&
           (!beta || (beta->rank == 3 && value_heads(&l->args.beta, beta, beta->shape[2] == 1 ? 1 : K)));
}

static int prepare(struct linear *l, const struct test_case *c) {
    sa_linear_attention_args *a = &l->args;
    const struct value *past = case_input(c, "past_state"), *present = case_output(c, "present_state"),
                       *output = case_output(c, "output");
    const int64_t H = (int64_t)case_number(c, "q_num_heads", 0), K = (int64_t)case_number(c, "kv_num_heads", 0);
    a->struct_size = sizeof *a;
    a->scale = (float)case_number(c, "scale", 0);
    if (!value_heads(&a->query, case_input(c, "query"), H) || !value_heads(&a->key, case_input(c, "key"), K) ||
        !value_heads(&a->value, case_input(c, "value"), K) || !take_rule(l, c, K) || !output || !present)
        return 0;
    if (past && !value_heads(&l->past, past, 0)) return 0;
    l->output = floats_new(output->elements);
    l->numbers = floats_new(present->elements);
    return value_heads(&a->output, output, H) && value_heads(&l->present, present, 0);
}

static sa_status begin(sa_ctx *ctx, struct linear *l) {
    const sa_linear_state_config config = {.struct_size = sizeof config,
                                           .batch = l->args.key.size[0],
                                           .kv_heads = l->args.key.size[1],
                                           .head_size = l->args.key.size[3],
                                           .value_head_size = l->args.value.size[3]};
    sa_status status = sa_linear_state_create(ctx, &config, &l->state);
    l->args.state = l->state;
    return status == SA_OK && l->past.data ? sa_linear_state_write(l->state, &l->past, NULL, NULL) : status;
}

static struct verdict run_form(sa_ctx *ctx, struct linear *l, struct test_case *c, int32_t form) {
    struct verdict v = {.outcome = PASSED};
    l->args.form = form;
    l->args.output.data = l->output, l->present.data = l->numbers;
    sa_status status = begin(ctx, l);
    if (status == SA_OK) status = sa_linear_attention(ctx, &l->args);
    if (status == SA_OK) status = sa_linear_state_read(l->state, &l->present, NULL, NULL);
    sa_linear_state_destroy(&l->state);
    if (status != SA_OK)
        return verdict_of(FAILED, "refused: \"%s\" or \"%s\"", sa_ctx_last_error(ctx), sa_ctx_last_error(NULL));
    verdict_compare(&v, c, "output", l->output);
    verdict_compare(&v, c, "present_state", l->numbers);
    return v;
}

static struct verdict run_linear(sa_ctx *ctx, struct test_case *c) {
    struct linear l = {0};
    struct verdict v = verdict_of(FAILED, "shapes or attributes that no LinearAttention node can have");
    if (prepare(&l, c)) v = run_form(ctx, &l, c, SA_LINEAR_RECURRENT);
    if (v.outcome == PASSED) v = run_form(ctx, &l, c, SA_LINEAR_CHUNKED);
    free(l.output);
    free(l.numbers);
    return v;
}

/* ---- convolution */

/* [B,C,L] as rows of channels. */
static int take_channels(sa_tensor *t, const struct value *v, void *data) {
    if (!v || v->rank != 3 || value_dtype(v) < 0) return 0;
    sa_tensor_set(t, data, value_dtype(v), SA_BHSD, v->shape[0], 1, v->shape[2], v->shape[1]);
    t->stride[2] = 1, t->stride[3] = v->shape[2];
    return 1;
}

static int take_convolution(sa_causal_conv_args *a, const struct test_case *c, void *y, void *state) {
    const struct value *weight = case_input(c, "weight"), *bias = case_input(c, "bias"),
                       *past = case_input(c, "past_state"), *present = case_output(c, "present_state");
    const char *activation = case_text(c, "activation", "none");
    const int silu = !strcmp(activation, "silu") || !strcmp(activation, "swish");
    *a = (sa_causal_conv_args){.struct_size = sizeof *a, .activation = silu ? SA_CONV_SILU : SA_CONV_PLAIN};
    if (!silu && strcmp(activation, "none")) return 0;
    if (!take_channels(&a->x, case_input(c, "input"), case_input(c, "input")->data) ||
        !take_channels(&a->y, case_output(c, "output"), y) || !take_channels(&a->state, present, state))
        return 0;
    if (weight->rank != 3 || value_dtype(weight) < 0) return 0;
    sa_tensor_set(&a->weight, weight->data, value_dtype(weight), SA_BHSD, 1, 1, weight->shape[0], weight->shape[2]);
    if (bias) sa_tensor_set(&a->bias, bias->data, value_dtype(bias), SA_BHSD, 1, 1, 1, bias->elements);
    if (past && (past->elements != present->elements || value_dtype(past) != value_dtype(present))) return 0;
    if (past) memcpy(state, past->data, (size_t)past->elements * (value_dtype(past) == SA_F32 ? 4 : 2));
    return 1;
}

static struct verdict run_convolution(sa_ctx *ctx, struct test_case *c) {
    struct verdict v = {.outcome = PASSED};
    sa_causal_conv_args a;
    const struct value *y = case_output(c, "output"), *present = case_output(c, "present_state");
    if (!case_input(c, "input") || !case_input(c, "weight") || !y || !present)
        return verdict_of(FAILED, "values that every CausalConvWithState node has are missing");
    float *output = floats_new(y->elements), *state = floats_new(present->elements);
    if (!take_convolution(&a, c, output, state))
        v = verdict_of(FAILED, "shapes or attributes that no CausalConvWithState node can have");
    else if (sa_causal_conv(ctx, &a) != SA_OK)
        v = verdict_of(FAILED, "refused: %s", sa_ctx_last_error(ctx));
    if (v.outcome == PASSED) verdict_compare(&v, c, "output", output);
    if (v.outcome == PASSED) verdict_compare(&v, c, "present_state", state);
    free(output);
    free(state);
    return v;
}

static const char *const dtypes[] = {"float32", "float16", "bfloat16", NULL};
static const char *const attributes[] = {"update_rule", "scale", "q_num_heads", "kv_num_heads", "chunk_size", NULL};
static const char *const values[] = {"query", "key",    "value",         "past_state", "decay",
                                     "beta",  "output", "present_state", NULL};
const struct operation linear_attention_operation = {"LinearAttention", attributes, values, dtypes, 0, run_linear};

static const char *const conv_attributes[] = {"activation", NULL};
static const char *const conv_values[] = {"input", "weight", "bias", "past_state", "output", "present_state", NULL};
const struct operation causal_conv_operation = {"CausalConvWithState", conv_attributes, conv_values, dtypes, 0,
                                                run_convolution};
