/* SPDX-License-Identifier: MIT */
#include "describe/unneeded.h"

#include "describe/pattern.h"

#include <string.h>

/* Tensors that files of any family may have beside the model's. */
static const char *const general[] = {
    "*.inv_freq",                  /* tables of rotary positions, which follow from config.json */
    "*.rotary_emb.cos_cached",     /* the same */
    "*.rotary_emb.sin_cached",     /* the same */
    "*position_ids",               /* 0, 1, 2, ... */
    "*embeddings.token_type_ids",  /* zeros */
    "*.num_batches_tracked",       /* a counter of training steps */
    "*.activation_post_process.*", /* ranges that PyTorch's quantiser has seen */
    "*.weight_fake_quant.*",       /* the same */
    "*_quantizer._amax",           /* the same, of another quantiser */
    "*.k_proj.k_scale",            /* ranges for a cache of 8-bit numbers */
    "*.v_proj.v_scale",            /* the same */
    "qa_outputs.*",                /* where an answer begins and ends */
    "*total_ops",                  /* numbers that a profiler left */
    "*total_params",               /* the same */
};

/* '#' stands for a number. */
static int matches(const char *pattern, const char *name) {
    return pattern_matches(pattern, strlen(pattern), '#', name, strlen(name));
}

static int any_matches(const json_t *patterns, const char *name) {
    for (size_t i = 0; i < json_array_size(patterns); i++)
        if (matches(json_string_value(json_array_get(patterns, i)), name)) return 1;
    return 0;
}

/* A member that may be missing, or is a list of texts. */
static sa_status check_list(const struct section *s, const char *key) {
    const json_t *list = json_object_get(s->object, key);
    int fits = !list || json_is_null(list) || json_is_array(list);
    for (size_t i = 0; i < json_array_size(list); i++) fits &= json_is_string(json_array_get(list, i));
    if (fits) return SA_OK;
    return fail(s->settings->report, SA_ERR_FORMAT, "%s: %s%s must be a list of texts", s->settings->description_name,
                s->path, key);
}

sa_status unneeded_check(const struct section *root) {
    static const char *const known[] = {"architectures", "ignore", NULL};
    struct section alone;
    sa_status status = check_list(root, "ignore");
    if (status == SA_OK) status = section_member(root, "encoder_alone", &alone);
    if (status == SA_OK) status = section_check(&alone, known);
    if (status == SA_OK) status = check_list(&alone, "architectures");
    return status == SA_OK ? check_list(&alone, "ignore") : status;
}

int encoder_is_alone(const struct settings *s) {
    const json_t *alone = json_object_get(json_object_get(s->description, "encoder_alone"), "architectures");
    const json_t *named = json_object_get(s->config, "architectures");
    for (size_t i = 0; i < json_array_size(alone); i++)
        for (size_t j = 0; j < json_array_size(named); j++)
            if (json_equal(json_array_get(alone, i), json_array_get(named, j))) return 1;
    return 0;
}

int tensor_is_unneeded(const struct settings *s, const char *name) {
    const json_t *alone = json_object_get(json_object_get(s->description, "encoder_alone"), "ignore");
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (matches(general[i], name)) return 1;
    return any_matches(json_object_get(s->description, "ignore"), name) ||
           (encoder_is_alone(s) && any_matches(alone, name));
}
