/* SPDX-License-Identifier: MIT */
#include "layer/order.h"

static void add_rope(struct layer_order *o, struct layer_sample *s, struct rng *rng) {
    int64_t D = s->shape.D;
    sa_rope *r = &o->rope;
    if (D < 2) return;
    *r = (sa_rope){.struct_size = sizeof *r, .style = (int32_t)rng_below(rng, 2)};
    if (D % 2 || rng_chance(rng, .4)) r->rotary = 2 * (1 + rng_below(rng, D / 2));
    if (rng_chance(rng, .4)) r->theta = 500;
    if (rng_chance(rng, .3)) r->attention_factor = .8 + .4 * rng_unit(rng);
    for (int i = 0; i < MOST_SIZE / 2; i++) o->frequency[i] = rng_unit(rng);
    if (rng_chance(rng, .3)) r->inverse_frequency = o->frequency, r->theta = 0;
    s->config.rope = r;
    for (int i = 0; i < MOST_TOKENS; i++) o->positions[i] = rng_below(rng, 5000) - 1000;
    if (rng_chance(rng, .4)) s->args.positions = o->positions;
}

static void add_norms(struct layer_order *o, struct layer_sample *s, struct rng *rng) {
    for (int i = 0; i < MOST_HEADS * MOST_SIZE; i++)
        o->query_norm[i] = 1 + .2f * rng_normal(rng), o->key_norm[i] = 1 + .2f * rng_normal(rng);
    s->config.query_norm = o->query_norm, s->config.key_norm = o->key_norm;
    s->config.norm_all_heads = rng_chance(rng, .5);
    s->config.norm_epsilon = rng_chance(rng, .5) ? 0 : .01f;
}

static void add_rules(struct layer_order *o, struct layer_sample *s, struct rng *rng) {
    o->rules = (sa_score_rules){.struct_size = sizeof o->rules};
    for (int h = 0; h < MOST_HEADS; h++) o->slopes[h] = (float)rng_unit(rng) / 32, o->sinks[h] = rng_normal(rng);
    for (size_t i = 0; i < sizeof o->bias / sizeof o->bias[0]; i++) o->bias[i] = rng_normal(rng);
    if (rng_chance(rng, .5)) o->rules.alibi_slopes = o->slopes;
    if (rng_chance(rng, .5)) o->rules.relative_bias = o->bias, o->rules.relative_reach = REACH;
    if (rng_chance(rng, .5)) o->rules.sink_logits = o->sinks;
    s->config.rules = &o->rules;
}

void layer_order_make(struct layer_sample *s, struct layer_order *o, uint64_t seed, int64_t work) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 3};
    struct layer_shape shape = layer_shape_random(seed + 1000);
    while (shape.B * shape.H * shape.T * shape.S * shape.D > work) shape = layer_shape_random(seed += 7919);
    layer_sample_make(s, &shape, seed);
    if (rng_chance(&rng, .7)) layer_sample_mask(s, seed);
    if (rng_chance(&rng, .8)) add_rope(o, s, &rng);
    if (rng_chance(&rng, .5) && shape.D >= 8)
        add_norms(o, s, &rng); /* over fewer elements they may magnify any rounding */
    if (rng_chance(&rng, .5)) add_rules(o, s, &rng);
}
