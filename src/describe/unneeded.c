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

sa_status unneeded_check(const struct section *root) {
    const json_t *list = json_object_get(root->object, "ignore");
    int fits = !list || json_is_null(list) || json_is_array(list);
    for (size_t i = 0; i < json_array_size(list); i++) fits &= json_is_string(json_array_get(list, i));
    if (fits) return SA_OK;
    return fail(root->settings->report, SA_ERR_FORMAT, "%s: ignore must be a list of texts",
                root->settings->description_name);
}

int tensor_is_unneeded(const struct settings *s, const char *name) {
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (matches(general[i], name)) return 1;
    return any_matches(json_object_get(s->description, "ignore"), name);
}
