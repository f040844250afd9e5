/* SPDX-License-Identifier: MIT */
#include "api/latent.h"

#include "api/context.h"
#include "base/arith.h"
#include "flow/latent.h"

#include <math.h>
#include <stddef.h>

static sa_status check_size(struct report *report, const char *name, int64_t value, int64_t least) {
    if (value < least)
        return fail(report, SA_ERR_VALUE, "latent.%s is %lld, must be at least %lld", name, (long long)value,
                    (long long)least);
    if (value > GEMM_MAX)
        return fail(report, SA_ERR_OVERFLOW, "latent.%s is %lld, must be below 2^31", name, (long long)value);
    return SA_OK;
}

/* What the layer's configuration has no use for beside latent attention. */
static sa_status check_absent(struct report *report, const sa_layer_config *c, const struct sa_layer *l) {
    const struct {
        const char *name;
        int given;
    } others[] = {{"weight_k", c->weight_k != NULL},     {"weight_v", c->weight_v != NULL},
                  {"weight_qkv", c->weight_qkv != NULL}, {"bias_q", c->bias_q != NULL},
                  {"bias_k", c->bias_k != NULL},         {"bias_v", c->bias_v != NULL},
                  {"bias_qkv", c->bias_qkv != NULL},     {"kv_heads", c->kv_heads != 0},
                  {"context_width", l->Ec != l->E},      {"norm_all_heads", c->norm_all_heads != 0}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i].given) return fail(report, SA_ERR_VALUE, "%s is given beside latent", others[i].name);
    return SA_OK;
}

static sa_status check_weights(struct report *report, const sa_layer_config *c, const sa_latent *g) {
    if (!c->weight_q) return fail_null(report, "weight_q");
    if (!g->weight_down) return fail_null(report, "latent.weight_down");
    if (!g->weight_up) return fail_null(report, "latent.weight_up");
    if (!g->query_rank != !g->weight_down_query)
        return fail(report, SA_ERR_VALUE, "latent.query_rank is %lld, but latent.weight_down_query is %s",
                    (long long)g->query_rank, g->weight_down_query ? "given" : "NULL");
    if (c->bias_o && !c->weight_o) return fail(report, SA_ERR_VALUE, "bias_o is given without weight_o");
    return SA_OK;
}

static sa_status take_norms(struct report *report, const sa_layer_config *c, const sa_latent *g, struct sa_layer *l) {
    if (!(c->norm_epsilon >= 0) || !isfinite(c->norm_epsilon))
        return fail(report, SA_ERR_VALUE, "norm_epsilon is %g, must be finite and >= 0", (double)c->norm_epsilon);
    if (!c->query_norm && !c->key_norm && c->norm_epsilon > 0)
        return fail(report, SA_ERR_VALUE, "norm_epsilon is %g without norms, must be 0", (double)c->norm_epsilon);
    if (c->query_norm && !g->query_rank)
        return fail(report, SA_ERR_VALUE, "query_norm is given, but latent.query_rank is 0");
    const float epsilon = c->norm_epsilon > 0 ? c->norm_epsilon : 1e-6f;
    l->query_norm = (struct head_norm){c->query_norm, g->query_rank, epsilon, 0};
    l->key_norm = (struct head_norm){c->key_norm, g->latent_size, epsilon, 0};
    return SA_OK;
}

/* Rows of all heads have to fit a BLAS's int. */
static sa_status check_rows(struct report *report, const struct sa_layer *l) {
    const int64_t widest = max_i64(max_i64(l->D, l->L) + l->R, l->D + l->Dv);
    if (l->L + l->R <= GEMM_MAX && widest <= GEMM_MAX / l->H) return SA_OK;
    return fail(report, SA_ERR_OVERFLOW,
                "H %lld, D %lld, Dv %lld, L %lld, R %lld: rows of all heads are wider than 2^31", (long long)l->H,
                (long long)l->D, (long long)l->Dv, (long long)l->L, (long long)l->R);
}

sa_status take_latent(struct report *report, const sa_layer_config *c, sa_latent *latent, struct sa_layer *l) {
    sa_status status =
        take_struct(report, "sa_latent", c->latent, latent, sizeof *latent, offsetof(sa_latent, weight_down_query));
    if (status == SA_OK) status = check_absent(report, c, l);
    if (status == SA_OK) status = check_size(report, "latent_size", latent->latent_size, 1);
    if (status == SA_OK) status = check_size(report, "rotary_size", latent->rotary_size, 0);
    if (status == SA_OK) status = check_size(report, "query_rank", latent->query_rank, 0);
    if (status == SA_OK && c->rope && !latent->rotary_size)
        status = fail(report, SA_ERR_VALUE, "rope is given, but latent.rotary_size is 0");
    if (status == SA_OK) status = check_weights(report, c, latent);
    if (status == SA_OK) status = take_norms(report, c, latent, l);
    l->L = latent->latent_size, l->R = latent->rotary_size, l->K = 1, l->G = l->H;
    return status == SA_OK ? check_rows(report, l) : status;
}

sa_status check_latent_call(struct report *report, const sa_layer *l, const sa_forward_args *a) {
    if (a->latent_form < SA_LATENT_AUTO || a->latent_form > SA_LATENT_ABSORBED)
        return fail(report, SA_ERR_VALUE, "latent_form is %d, which is no SA_LATENT_ constant", (int)a->latent_form);
    if (a->latent_form && !l->L)
        return fail(report, SA_ERR_VALUE, "latent_form is %d, but the layer has no latent attention",
                    (int)a->latent_form);
    if (a->cache && a->cache->values_in_keys != (l->L > 0))
        return fail(report, SA_ERR_SHAPE, "the cache's values_in_keys is %d, but the layer %s latent attention",
                    a->cache->values_in_keys, l->L ? "has" : "has no");
    if (!l->L) return SA_OK;
    if (a->context.data || a->packing || a->cache_use != SA_CACHE_APPEND)
        return fail(report, SA_ERR_UNSUPPORTED, "%s is given, which a layer with latent attention does not know",
                    a->context.data ? "context"
                    : a->packing    ? "packing"
                                    : "cache_use");
    if (a->latent_form == SA_LATENT_EXPANDED && a->cache && a->cache->window)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "latent_form is SA_LATENT_EXPANDED, but the cache has a window of %lld tokens",
                    (long long)a->cache->window);
    return SA_OK;
}

/* A window's dropped tokens cannot be expanded. The forms round differently, so same_bits needs the one that always
 * can be. */
int runs_expanded(const struct machine *machine, const struct forward *f, int32_t form) {
    if (form != SA_LATENT_AUTO) return form == SA_LATENT_EXPANDED;
    return !machine->same_bits && !(f->cache && f->cache->window) && latent_prefers_expanded(f);
}
