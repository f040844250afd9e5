/* SPDX-License-Identifier: MIT */
#include "api/layer.h"

#include "api/context.h"
#include "api/latent.h"
#include "api/problem.h"
#include "api/rope.h"
#include "base/arith.h"

#include <math.h>

static sa_status take_size(struct report *report, const char *name, int64_t value, int64_t fallback, int64_t *out) {
    *out = value ? value : fallback;
    if (value < 0 || *out < 1)
        return fail(report, SA_ERR_VALUE, "%s is %lld, must be at least 1", name, (long long)value);
    if (*out > GEMM_MAX) return fail(report, SA_ERR_OVERFLOW, "%s is %lld, must be below 2^31", name, (long long)*out);
    return SA_OK;
}

/* Widths of joined heads have to fit a BLAS's int too. */
static sa_status check_products(struct report *report, const struct sa_layer *l) {
    int64_t q = l->H * l->D, k = l->K * l->D, v = l->K * l->Dv, joined = l->H * l->Dv;
    if (max_i64(q, joined) <= GEMM_MAX && q + k + v <= GEMM_MAX) return SA_OK; /* k <= q and v <= joined */
    return fail(report, SA_ERR_OVERFLOW, "H %lld, K %lld, D %lld, Dv %lld: joined heads are wider than 2^31",
                (long long)l->H, (long long)l->K, (long long)l->D, (long long)l->Dv);
}

static sa_status take_sizes(struct report *report, const sa_layer_config *c, int has_output, struct sa_layer *l) {
    sa_status status = take_size(report, "model_width", c->model_width, 0, &l->E);
    if (status == SA_OK) status = take_size(report, "context_width", c->context_width, l->E, &l->Ec);
    if (status == SA_OK) status = take_size(report, "query_heads", c->query_heads, 0, &l->H);
    if (status == SA_OK) status = take_size(report, "kv_heads", c->kv_heads, l->H, &l->K);
    if (status != SA_OK) return status;
    if (!c->head_size && l->E % l->H)
        return fail(report, SA_ERR_SHAPE,
                    "model_width %lld is no multiple of query_heads %lld, and head_size is not given", (long long)l->E,
                    (long long)l->H);
    status = take_size(report, "head_size", c->head_size, l->E / l->H, &l->D);
    if (status == SA_OK) status = take_size(report, "value_head_size", c->value_head_size, l->D, &l->Dv);
    if (status == SA_OK)
        status = take_size(report, "output_width", c->output_width, has_output ? l->E : l->H * l->Dv, &l->Eo);
    if (status != SA_OK) return status;
    if (l->H % l->K)
        return fail(report, SA_ERR_SHAPE, "kv_heads %lld does not divide query_heads %lld", (long long)l->K,
                    (long long)l->H);
    if (!has_output && l->Eo != l->H * l->Dv)
        return fail(report, SA_ERR_SHAPE, "without weight_o the output width is H*Dv = %lld, not %lld",
                    (long long)(l->H * l->Dv), (long long)l->Eo);
    l->G = l->H / l->K;
    return check_products(report, l);
}

static sa_status check_storage(struct report *report, const sa_layer_config *c) {
    if (c->weight_order != SA_OUT_IN && c->weight_order != SA_IN_OUT)
        return fail(report, SA_ERR_VALUE, "weight_order is %d, which is neither SA_OUT_IN nor SA_IN_OUT",
                    (int)c->weight_order);
    if (c->weight_dtype != SA_F32 && c->weight_dtype != SA_BF16 && c->weight_dtype != SA_F16)
        return fail(report, SA_ERR_VALUE, "weight_dtype is %d, must be SA_F32, SA_BF16 or SA_F16",
                    (int)c->weight_dtype);
    return SA_OK;
}

static sa_status check_weights(struct report *report, const sa_layer_config *c, const struct sa_layer *l) {
    if (c->weight_qkv) {
        if (c->weight_q || c->weight_k || c->weight_v || c->bias_q || c->bias_k || c->bias_v)
            return fail(report, SA_ERR_VALUE, "%s is given beside weight_qkv",
                        c->weight_q   ? "weight_q"
                        : c->weight_k ? "weight_k"
                        : c->weight_v ? "weight_v"
                        : c->bias_q   ? "bias_q"
                        : c->bias_k   ? "bias_k"
                                      : "bias_v");
        if (l->E != l->Ec)
            return fail(report, SA_ERR_SHAPE,
                        "weight_qkv needs equal widths, but model_width is %lld and context_width %lld",
                        (long long)l->E, (long long)l->Ec);
    } else {
        if (!c->weight_q) return fail_null(report, "weight_q (and weight_qkv)");
        if (!c->weight_k) return fail_null(report, "weight_k");
        if (!c->weight_v) return fail_null(report, "weight_v");
        if (c->bias_qkv) return fail(report, SA_ERR_VALUE, "bias_qkv is given without weight_qkv");
    }
    if (c->bias_o && !c->weight_o) return fail(report, SA_ERR_VALUE, "bias_o is given without weight_o");
    return SA_OK;
}

static sa_status take_norms(struct report *report, const sa_layer_config *c, struct sa_layer *l) {
    int64_t all = c->norm_all_heads;
    if (!c->query_norm != !c->key_norm)
        return fail(report, SA_ERR_VALUE, "only one of query_norm and key_norm is given: %s is NULL",
                    c->query_norm ? "key_norm" : "query_norm");
    if (all != 0 && all != 1)
        return fail(report, SA_ERR_VALUE, "norm_all_heads is %lld, must be 0 or 1", (long long)all);
    if (!(c->norm_epsilon >= 0) || !isfinite(c->norm_epsilon))
        return fail(report, SA_ERR_VALUE, "norm_epsilon is %g, must be finite and >= 0", (double)c->norm_epsilon);
    if (!c->query_norm && (all || c->norm_epsilon > 0))
        return fail(report, SA_ERR_VALUE, "norm_epsilon is %g and norm_all_heads %lld without query_norm, must be 0",
                    (double)c->norm_epsilon, (long long)all);
    float epsilon = c->norm_epsilon > 0 ? c->norm_epsilon : 1e-6f;
    l->query_norm = (struct head_norm){c->query_norm, all ? l->H * l->D : l->D, epsilon, 0};
    l->key_norm = (struct head_norm){c->key_norm, all ? l->K * l->D : l->D, epsilon, 0};
    return SA_OK;
}

/* Rotation, rules and norms, pointing at the caller's arrays until layer_store_extras() has copied them. */
static sa_status take_extras_of_layer(struct report *report, const sa_layer_config *c, struct sa_layer *l,
                                      double *theta) {
    sa_status status = l->L ? SA_OK : take_norms(report, c, l);
    if (status == SA_OK && c->rope) status = take_rope(report, c->rope, l->L ? l->R : l->D, &l->rotation, theta);
    if (status == SA_OK && c->rules) status = take_rules(report, c->rules, l->H, &l->rules);
    return status;
}

static sa_status fill_layer(sa_ctx *ctx, const sa_layer_config *c, const struct layer_matrices *matrices,
                            struct sa_layer *l) {
    struct report *report = &ctx->report;
    double theta = 0;
    sa_latent latent;
    sa_status status = take_sizes(report, c, matrices ? matrices->output.weights != NULL : c->weight_o != NULL, l);
    if (status == SA_OK && !matrices) status = check_storage(report, c);
    if (status == SA_OK && !matrices)
        status = c->latent ? take_latent(report, c, &latent, l) : check_weights(report, c, l);
    if (status == SA_OK) status = take_scale(report, c->scale, c->softcap, l->D + l->R, &l->scale, &l->softcap);
    if (status == SA_OK) status = take_extras_of_layer(report, c, l, &theta);
    if (status == SA_OK) status = layer_store_extras(l, theta, report);
    if (status != SA_OK) return status;
    if (l->L) return layer_store_latent(l, c, &latent, report);
    return matrices ? layer_use_matrices(l, c, matrices, report) : layer_store_weights(l, c, &ctx->machine, report);
}

sa_status layer_create(sa_ctx *ctx, const sa_layer_config *config, sa_layer **layer) {
    return layer_create_with(ctx, config, NULL, layer);
}

sa_status layer_create_with(sa_ctx *ctx, const sa_layer_config *config, const struct layer_matrices *matrices,
                            sa_layer **layer) {
    struct report *report = &ctx->report;
    if (!layer) return fail_null(report, "layer");
    *layer = NULL;
    if (!config) return fail_null(report, "config");
    sa_layer_config c;
    sa_status status = take_struct(report, "sa_layer_config", config, &c, sizeof c, offsetof(sa_layer_config, scale));
    if (status != SA_OK) return status;
    struct sa_layer made = {.memory = ctx->memory};
    status = fill_layer(ctx, &c, matrices, &made);
    if (status == SA_OK && !(*layer = memory_allocate(&ctx->memory, 1, sizeof made)))
        status = fail_memory(report, sizeof made, "a layer");
    if (status == SA_OK)
        **layer = made;
    else
        layer_release(&made);
    return status;
}

sa_status sa_layer_create(sa_ctx *ctx, const sa_layer_config *config, sa_layer **layer) {
    if (layer) *layer = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, layer_create(ctx, config, layer)) : status;
}

void sa_layer_destroy(sa_layer **layer) {
    if (!layer || !*layer) return;
    struct allocator memory = (*layer)->memory;
    layer_release(*layer);
    memory_release(&memory, *layer, 1, sizeof **layer);
    *layer = NULL;
}

int64_t sa_layer_model_width(const sa_layer *layer) {
    return layer ? layer->E : 0;
}

int64_t sa_layer_context_width(const sa_layer *layer) {
    return layer ? layer->Ec : 0;
}

int64_t sa_layer_output_width(const sa_layer *layer) {
    return layer ? layer->Eo : 0;
}

int64_t sa_layer_query_heads(const sa_layer *layer) {
    return layer ? layer->H : 0;
}

int64_t sa_layer_kv_heads(const sa_layer *layer) {
    return layer ? layer->K : 0;
}

int64_t sa_layer_head_size(const sa_layer *layer) {
    return layer ? layer->D : 0;
}

int64_t sa_layer_value_head_size(const sa_layer *layer) {
    return layer ? layer->Dv : 0;
}
