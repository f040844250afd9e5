/* A small random BERT that Transformers has written, against what Transformers computes with it:
 * tests/data/architectures/bert.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { L = 2, B = 2, T = 19, E = 64, H = 4 };

static void take_inputs(int32_t *ids, int64_t *lengths) {
    json_t *json = json_of(data_path("architectures/bert/reference.json"));
    const json_t *rows = json_object_get(json, "input_ids");
    for (size_t b = 0; b < B; b++) {
        lengths[b] = json_integer_value(json_array_get(json_object_get(json, "lengths"), b));
        for (size_t t = 0; t < T; t++)
            ids[b * T + t] = (int32_t)json_integer_value(json_array_get(json_array_get(rows, b), t));
    }
    json_decref(json);
}

/* Rows of padding mean nothing and are not compared. */
static void compare(const struct reference *r, const int64_t *lengths, const float *hidden, const float *attention,
                    const char *way) {
    float *states = reference_tensor(r, "last_hidden_state", B * T * E);
    float *weights = reference_tensor(r, "attention_weights", L * B * H * T * T);
    double state_error = 0, weight_error = 0;
    for (int64_t b = 0; b < B; b++) {
        double off = largest_difference(hidden + b * T * E, states + b * T * E, lengths[b] * E);
        state_error = off > state_error ? off : state_error;
        for (int64_t l = 0; l < L; l++)
            for (int64_t h = 0; h < H; h++) {
                int64_t at = ((l * B + b) * H + h) * T * T;
                off = largest_difference(attention + at, weights + at, lengths[b] * T);
                weight_error = off > weight_error ? off : weight_error;
            }
    }
    cr_log_info("%s: hidden states off by %.2g, attention weights by %.2g", way, state_error, weight_error);
    cr_expect(state_error <= 1e-5, "%s: hidden states are off by %g", way, state_error);
    cr_expect(weight_error <= 1e-6, "%s: attention weights are off by %g", way, weight_error);
    free(states);
    free(weights);
}

Test(bert_reference, agrees_with_transformers) {
    int32_t ids[B * T];
    int64_t lengths[B];
    static float hidden[B * T * E], attention[L * B * H * T * T];
    struct reference r = reference_open(data_path("architectures/bert/reference.safetensors"));
    take_inputs(ids, lengths);
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        sa_model *model = NULL;
        cr_assert_eq(sa_model_open(ctx, data_path("architectures/bert"), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
        const sa_encode_args a = {.struct_size = sizeof a,
                                  .batch = B,
                                  .tokens = T,
                                  .ids = ids,
                                  .lengths = lengths,
                                  .hidden = hidden,
                                  .attention = attention};
        cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        compare(&r, lengths, hidden, attention, ways[w].name);
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
    }
    reference_close(&r);
}
