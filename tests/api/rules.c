/* What is refused about score rules, about windows that keep the first keys, and about positions and norms in layers.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>
#include <math.h>

static sa_score_rules rules = {.struct_size = sizeof rules};
static sa_rope rope = {.struct_size = sizeof rope};
static float numbers[H * 64];
static const double frequencies[D / 2] = {1, .1};

/* Begins each case; the compound literal is what the rules are. */
static const sa_score_rules *rules_of(sa_score_rules r) {
    r.struct_size = sizeof r;
    rules = r;
    for (int i = 0; i < H * 64; i++) numbers[i] = 1;
    return &rules;
}

static const sa_rope *rope_of(sa_rope r) {
    r.struct_size = sizeof r;
    rope = r;
    return &rope;
}

#define RULES(...) rules_of((sa_score_rules){__VA_ARGS__})
#define ROPE(...)  rope_of((sa_rope){__VA_ARGS__})

Test(rules, numbers) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.alibi_slopes[2] is nan, must be finite",
                      v.attention.rules = RULES(.alibi_slopes = numbers), numbers[2] = NAN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.alibi_slopes[3] is -inf, must be finite",
                      v.attention.rules = RULES(.alibi_slopes = numbers), numbers[3] = -INFINITY);
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.sink_logits[0] is inf, must be finite or -infinity",
                      v.attention.rules = RULES(.sink_logits = numbers), numbers[0] = INFINITY);
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.sink_logits[1] is nan", v.attention.rules = RULES(.sink_logits = numbers),
                      numbers[1] = NAN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_bias[11] is nan, must be finite",
                      v.attention.rules = RULES(.relative_bias = numbers, .relative_reach = 1), numbers[11] = NAN,
                      numbers[12] = NAN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_bias[0] is inf, must be finite",
                      v.attention.rules = RULES(.relative_bias = numbers, .relative_reach = 1), numbers[0] = INFINITY);
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_bias[5] is -inf, must be finite",
                      v.attention.rules = RULES(.relative_bias = numbers, .relative_reach = 1), numbers[5] = -INFINITY);
    LAYER_REFUSED(SA_ERR_VALUE, "rules.relative_bias[3] is -inf, must be finite",
                  v.config.rules = RULES(.relative_bias = numbers, .relative_reach = 2), numbers[3] = -INFINITY);
    LAYER_REFUSED(SA_ERR_VALUE, "rules.alibi_slopes[2] is inf", v.config.rules = RULES(.alibi_slopes = numbers),
                  numbers[2] = INFINITY);
}

Test(rules, reach) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_reach is 0, must be 1 to 2^20",
                      v.attention.rules = RULES(.relative_bias = numbers));
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_reach is -1",
                      v.attention.rules = RULES(.relative_bias = numbers, .relative_reach = -1));
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_reach is 1048577",
                      v.attention.rules = RULES(.relative_bias = numbers, .relative_reach = (1 << 20) + 1));
    ATTENTION_REFUSED(SA_ERR_VALUE, "rules.relative_reach is 3, must be 0 without relative_bias",
                      v.attention.rules = RULES(.relative_reach = 3));
    LAYER_REFUSED(SA_ERR_VALUE, "rules.relative_reach is 0, must be 1 to 2^20",
                  v.config.rules = RULES(.relative_bias = numbers));
}

/* What is at the ends of ranges, and nothing at all, is taken. */
Test(rules, extremes_are_taken) {
    struct valid v;
    valid_make(&v);
    v.attention.rules = RULES(0);
    cr_expect_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    v.attention.rules = RULES(.sink_logits = numbers);
    numbers[0] = -INFINITY, numbers[1] = 1e30f, numbers[2] = -1e30f;
    cr_expect_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    for (int i = 0; i < B * H * T * DV; i++) cr_expect(isfinite(v.output[i]));
    for (int b = 0; b < B; b++)
        for (int i = 0; i < T * DV; i++) cr_expect_eq(v.output[(b * H + 1) * T * DV + i], 0, "all goes to the sink");
    valid_free(&v);
}

Test(rules, keep_first) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.keep_first is 1 with window 0", v.masking.keep_first = 1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.keep_first is -1 with window 1", v.masking.window = 1,
                      v.masking.keep_first = -1);
    FORWARD_REFUSED(SA_ERR_VALUE, "masking.keep_first is 2 with window 0", v.masking.keep_first = 2);
}

Test(rules, rope_of_a_layer) {
    LAYER_REFUSED(SA_ERR_VALUE, "rope.style is 2", v.config.rope = ROPE(.style = 2));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.reserved is 1", v.config.rope = ROPE(.reserved = 1));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.rotary is 6, must be even and at most D = 4", v.config.rope = ROPE(.rotary = 6));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.rotary is 3", v.config.rope = ROPE(.rotary = 3));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.theta is -5", v.config.rope = ROPE(.theta = -5));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.theta is 100 beside rope.inverse_frequency, must be 0",
                  v.config.rope = ROPE(.theta = 100, .inverse_frequency = frequencies));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.theta is 10000 beside rope.cosines, must be 0",
                  v.config.rope = ROPE(.theta = 10000, .cosines = numbers, .sines = numbers, .table_positions = 9));
    LAYER_REFUSED(SA_ERR_VALUE, "rope.attention_factor is nan", v.config.rope = ROPE(.attention_factor = NAN));
    LAYER_REFUSED(SA_ERR_STRUCT_SIZE, "sa_rope.struct_size is 4", v.config.rope = ROPE(0), rope.struct_size = 4);
    LAYER_REFUSED(SA_ERR_STRUCT_SIZE, "sa_score_rules.struct_size is 4", v.config.rules = RULES(0),
                  rules.struct_size = 4);
    ATTENTION_REFUSED(SA_ERR_STRUCT_SIZE, "sa_score_rules.struct_size is 0", v.attention.rules = RULES(0),
                      rules.struct_size = 0);
}

Test(rules, norms_of_a_layer) {
    LAYER_REFUSED(SA_ERR_VALUE, "only one of query_norm and key_norm is given: key_norm is NULL",
                  v.config.query_norm = numbers);
    LAYER_REFUSED(SA_ERR_VALUE, "only one of query_norm and key_norm is given: query_norm is NULL",
                  v.config.key_norm = numbers);
    LAYER_REFUSED(SA_ERR_VALUE, "norm_all_heads is 2", v.config.norm_all_heads = 2);
    LAYER_REFUSED(SA_ERR_VALUE, "norm_all_heads is -1", v.config.norm_all_heads = -1);
    LAYER_REFUSED(SA_ERR_VALUE, "norm_epsilon is 0 and norm_all_heads 1 without query_norm",
                  v.config.norm_all_heads = 1);
    LAYER_REFUSED(SA_ERR_VALUE, "norm_epsilon is 0.5 and norm_all_heads 0 without query_norm",
                  v.config.norm_epsilon = .5f);
    LAYER_REFUSED(SA_ERR_VALUE, "norm_epsilon is -1", v.config.norm_epsilon = -1);
    LAYER_REFUSED(SA_ERR_VALUE, "norm_epsilon is inf", v.config.norm_epsilon = INFINITY);
}
