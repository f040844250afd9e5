/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdlib.h>
#include <string.h>

sa_status run_whole(sa_ctx *ctx, const struct sample *in, struct sample *out) {
    const int64_t E = sa_model_get(in->model, SA_MODEL_WIDTH), L = sa_model_get(in->model, SA_MODEL_LAYERS);
    float *hidden_all = out->values[HIDDEN_1] ? room((L + 1) * in->B * in->T * E, sizeof *hidden_all) : NULL;
    const sa_encode_args a = {
        .struct_size = sizeof a,
        .batch = in->B,
        .tokens = in->T,
        .ids = in->ids,
        .lengths = in->features ? NULL : in->lengths,
        .features = in->features,
        .feature_width = in->feature_width,
        .hidden = out->values[HIDDEN],
        .hidden_all = hidden_all,
        .attention = out->values[WEIGHTS],
        .pooled = out->values[POOLED],
        .logits = out->values[LOGITS],
        .targets = in->U,
        .target_ids = in->targets,
        .target_lengths = in->U ? in->target_lengths : NULL,
        .target_attention = out->values[TARGET_WEIGHTS],
        .cross_attention = out->values[CROSS_WEIGHTS],
    };
    sa_status status = sa_model_encode(ctx, in->model, &a);
    if (hidden_all)
        memcpy(out->values[HIDDEN_1], hidden_all + in->B * in->T * E,
               (size_t)field_size(out, HIDDEN_1) * sizeof *hidden_all);
    free(hidden_all);
    return status;
}
