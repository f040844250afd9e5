/* SPDX-License-Identifier: MIT */
#include "api/gradient/gradients.h"

#include "api/context.h"

sa_status take_gradient(struct report *report, const sa_tensor *t, const char *name, const sa_tensor *of,
                        const char *const source[4], enum use use, int data_needed, struct view *view) {
    struct expected e = {.name = name, .use = use, .halves = use == USE_INPUT, .data_needed = data_needed};
    if (use == USE_OUTPUT && !t->data) return SA_OK;
    for (int i = 0; i < 4; i++) {
        e.size[i] = of->size[i];
        e.source[i] = source[i];
    }
    *view = view_of(t);
    return check_tensor(report, t, &e);
}

sa_status check_differentiable(struct report *report, const sa_cache *cache, const sa_summaries *summaries,
                               const sa_score_callbacks *callbacks, const sa_tensor *weights) {
    if (cache) return fail(report, SA_ERR_UNSUPPORTED, "gradients of keys and values in a cache");
    if (summaries) return fail(report, SA_ERR_UNSUPPORTED, "summaries beside gradients");
    if (callbacks) return fail(report, SA_ERR_UNSUPPORTED, "gradients with callbacks");
    if (weights->data) return fail(report, SA_ERR_VALUE, "weights is given: gradients do not need it");
    return SA_OK;
}

sa_status take_mask_gradient(struct report *report, const sa_masking *masking, const sa_tensor *t, int data_needed,
                             const struct problem *p, struct gradients *g) {
    static const char *const sizes[] = {"masking.mask.size[0]", "masking.mask.size[1]", "masking.mask.size[2]",
                                        "masking.mask.size[3]"};
    struct view view;
    sa_masking m;
    if (!t->data) return SA_OK;
    if (p->visible.mask_kind != MASK_ADDED)
        return fail(report, SA_ERR_VALUE, "gradients.mask is given without a mask of numbers");
    sa_status status = take_struct(report, "sa_masking", masking, &m, sizeof m, sizeof m.struct_size);
    if (status == SA_OK)
        status = take_gradient(report, t, "gradients.mask", &m.mask, sizes, USE_OUTPUT, data_needed, &view);
    g->mask = t->data;
    g->mask_b = t->size[0] == 1 ? 0 : t->stride[0];
    g->mask_h = t->size[1] == 1 ? 0 : t->stride[1];
    g->mask_t = t->size[2] == 1 ? 0 : t->stride[2];
    g->mask_s = t->size[3] <= 1 ? 0 : t->stride[3];
    return status;
}

sa_status take_rule_gradients(struct report *report, float *alibi_slopes, float *relative_bias, float *sink_logits,
                              const struct problem *p, struct gradients *g) {
    const struct {
        const char *name;
        const void *wanted, *rule;
    } arrays[] = {{"alibi_slopes", alibi_slopes, p->rules.slopes},
                  {"relative_bias", relative_bias, p->rules.bias},
                  {"sink_logits", sink_logits, p->rules.sinks}};
    for (int i = 0; i < 3; i++)
        if (arrays[i].wanted && !arrays[i].rule)
            return fail(report, SA_ERR_VALUE, "gradients.%s is given without rules.%s", arrays[i].name, arrays[i].name);
    g->slopes = alibi_slopes;
    g->bias = relative_bias;
    g->sinks = sink_logits;
    return SA_OK;
}

void clear_gradient(const sa_tensor *t) {
    float *data = t->data;
    for (int64_t b = 0; data && b < t->size[0]; b++)
        for (int64_t h = 0; h < t->size[1]; h++)
            for (int64_t s = 0; s < t->size[2]; s++)
                for (int64_t d = 0; d < t->size[3]; d++)
                    data[b * t->stride[0] + h * t->stride[1] + s * t->stride[2] + d * t->stride[3]] = 0;
}
