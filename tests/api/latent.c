/* What is refused about latent attention, in a layer and in its calls.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>
#include <string.h>

enum { L = 6, R = 2, RANK = 5 };

/* A latent layer with everything set, and a call of it with a cache. */
struct latent_call {
    struct valid v;
    sa_latent latent;
    sa_rope rope;
    sa_cache_config cache_config;
    sa_cache *cache;
    float norm[E];
};

static void latent_make(struct latent_call *c) {
    valid_make(&c->v);
    for (int i = 0; i < E; i++) c->norm[i] = 1;
    c->latent = (sa_latent){sizeof c->latent, L, R, RANK, c->v.matrix, c->v.matrix, c->v.matrix};
    c->rope = (sa_rope){.struct_size = sizeof c->rope};
    c->v.config = (sa_layer_config){.struct_size = sizeof c->v.config,
                                    .model_width = E,
                                    .query_heads = H,
                                    .head_size = D,
                                    .value_head_size = DV,
                                    .output_width = F,
                                    .weight_q = c->v.matrix,
                                    .weight_o = c->v.matrix,
                                    .rope = &c->rope,
                                    .query_norm = c->norm,
                                    .key_norm = c->norm,
                                    .latent = &c->latent};
    c->cache_config = (sa_cache_config){.struct_size = sizeof c->cache_config,
                                        .batch = B,
                                        .kv_heads = 1,
                                        .head_size = L + R,
                                        .value_head_size = L,
                                        .values_in_keys = 1};
    sa_layer_destroy(&c->v.layer);
    cr_assert_eq(sa_layer_create(c->v.ctx, &c->v.config, &c->v.layer), SA_OK, "%s", sa_ctx_last_error(c->v.ctx));
    c->v.forward.context = (sa_tensor){0}, c->v.forward.masking = NULL;
    c->v.forward.lse.data = c->v.forward.weights.data = NULL;
    c->v.forward.weights_kind = 0;
}

static void open_cache(struct latent_call *c) {
    cr_assert_eq(sa_cache_create(c->v.ctx, &c->cache_config, &c->cache), SA_OK, "%s", sa_ctx_last_error(c->v.ctx));
    c->v.forward.cache = c->cache;
}

#define LATENT_REFUSED(call, status, words, ...)                                                                       \
    do {                                                                                                               \
        struct latent_call c = {0};                                                                                    \
        latent_make(&c);                                                                                               \
        __VA_ARGS__;                                                                                                   \
        expect_##call##_refused(&c.v, status, words, #__VA_ARGS__);                                                    \
        sa_cache_destroy(&c.cache);                                                                                    \
        valid_free(&c.v);                                                                                              \
    } while (0)

Test(latent, sizes_and_weights) {
    const int64_t most = INT32_MAX;
    LATENT_REFUSED(layer, SA_ERR_VALUE, "latent.latent_size is 0, must be at least 1", c.latent.latent_size = 0);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "latent.rotary_size is -2, must be at least 0", c.latent.rotary_size = -2);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "latent.query_rank is -1", c.latent.query_rank = -1);
    LATENT_REFUSED(layer, SA_ERR_OVERFLOW, "latent.latent_size is 2147483648", c.latent.latent_size = most + 1);
    LATENT_REFUSED(layer, SA_ERR_OVERFLOW, "rows of all heads are wider", c.latent.latent_size = most - 2);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "which means D = 3", c.latent.rotary_size = 3);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "rope is given, but latent.rotary_size is 0", c.latent.rotary_size = 0);
    LATENT_REFUSED(layer, SA_ERR_NULL, "weight_q", c.v.config.weight_q = NULL);
    LATENT_REFUSED(layer, SA_ERR_NULL, "latent.weight_down", c.latent.weight_down = NULL);
    LATENT_REFUSED(layer, SA_ERR_NULL, "latent.weight_up", c.latent.weight_up = NULL);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "query_rank is 5, but latent.weight_down_query is NULL",
                   c.latent.weight_down_query = NULL);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "query_rank is 0, but latent.weight_down_query is given",
                   c.latent.query_rank = 0);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "query_norm is given, but latent.query_rank is 0", c.latent.query_rank = 0,
                   c.latent.weight_down_query = NULL);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "norm_epsilon is -1", c.v.config.norm_epsilon = -1);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "norm_epsilon is 1 without norms", c.v.config.norm_epsilon = 1,
                   c.v.config.query_norm = c.v.config.key_norm = NULL);
}

Test(latent, what_else_is_given) {
    LATENT_REFUSED(layer, SA_ERR_VALUE, "weight_k is given beside latent", c.v.config.weight_k = c.norm);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "weight_v is given beside latent", c.v.config.weight_v = c.norm);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "weight_qkv is given beside latent", c.v.config.weight_qkv = c.norm);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "bias_q is given beside latent", c.v.config.bias_q = c.norm);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "kv_heads is given beside latent", c.v.config.kv_heads = 2);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "context_width is given beside latent", c.v.config.context_width = W);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "norm_all_heads is given beside latent", c.v.config.norm_all_heads = 1);
    LATENT_REFUSED(layer, SA_ERR_VALUE, "weight_order is 7", c.v.config.weight_order = 7);
}

Test(latent, calls) {
    LATENT_REFUSED(forward, SA_ERR_VALUE, "latent_form is 3", c.v.forward.latent_form = 3);
    LATENT_REFUSED(forward, SA_ERR_VALUE, "latent_form is -1", c.v.forward.latent_form = -1);
    LATENT_REFUSED(forward, SA_ERR_UNSUPPORTED, "context is given, which a layer with latent attention",
                   c.v.forward.context = c.v.forward.x);
    LATENT_REFUSED(forward, SA_ERR_UNSUPPORTED, "cache_use is given, which a layer with latent attention",
                   open_cache(&c), c.v.forward.cache_use = SA_CACHE_READ);
    LATENT_REFUSED(forward, SA_ERR_SHAPE, "values_in_keys is 0, but the layer has latent",
                   c.cache_config.values_in_keys = 0, open_cache(&c));
    LATENT_REFUSED(forward, SA_ERR_SHAPE, "the cache has B 2, K 1, D 9, Dv 6, but the call B 2, K 1, D 8, Dv 6",
                   c.cache_config.head_size = L + R + 1, open_cache(&c));
    LATENT_REFUSED(forward, SA_ERR_UNSUPPORTED, "SA_LATENT_EXPANDED, but the cache has a window of 9 tokens",
                   c.cache_config.window = 9, open_cache(&c), c.v.forward.latent_form = SA_LATENT_EXPANDED);
}

/* An ordinary layer, whose sizes would fit, does not write its values over its keys. */
Test(latent, a_cache_for_latents_is_not_for_other_layers) {
    struct latent_call c = {0};
    valid_make(&c.v);
    c.cache_config = (sa_cache_config){.struct_size = sizeof c.cache_config,
                                       .batch = B,
                                       .kv_heads = K,
                                       .head_size = 8,
                                       .value_head_size = DV,
                                       .values_in_keys = 1};
    open_cache(&c);
    expect_forward_refused(&c.v, SA_ERR_SHAPE, "values_in_keys is 1, but the layer has no latent attention", "a cache");
    sa_tensor value = c.v.attention.value;
    cr_expect_eq(sa_cache_append(c.v.ctx, c.cache, 0, &value, &value, NULL), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(c.v.ctx), "value is given, but the cache has its values in its keys"));
    sa_cache_destroy(&c.cache);
    valid_free(&c.v);
}
