/* SPDX-License-Identifier: MIT */
#include "generate/stop_tokens.h"

static int model_names(const sa_model *model, int32_t id) {
    for (int64_t i = 0; i < model->config.end_token_count; i++)
        if (model->config.end_tokens[i] == id) return 1;
    return 0;
}

sa_status stop_tokens_check(struct report *report, const sa_model *model, const int32_t *id, int64_t count) {
    const int64_t V = word_logits(model);
    if (count < 0) return fail(report, SA_ERR_VALUE, "stop_token_count is %lld, must be at least 0", (long long)count);
    if (count && !id) return fail_null(report, "stop_tokens");
    for (int64_t i = 0; i < count; i++)
        if (id[i] < 0 || (id[i] >= V && !model_names(model, id[i])))
            return fail(report, SA_ERR_VALUE, "stop_tokens[%lld] is %d, must be 0 to %lld", (long long)i, (int)id[i],
                        (long long)V - 1);
    return SA_OK;
}

struct stop_tokens stop_tokens_take(const sa_model *model, const int32_t *id, int64_t count, struct cutter *cutter) {
    if (id) return (struct stop_tokens){id, count};
    count = sa_model_end_tokens(model, NULL, 0);
    int32_t *copy = cut(cutter, "stop tokens", count, 1, sizeof *copy);
    if (copy) sa_model_end_tokens(model, copy, count);
    return (struct stop_tokens){copy, count};
}

int stop_tokens_have(const struct stop_tokens *stops, int32_t id) {
    for (int64_t i = 0; i < stops->count; i++)
        if (stops->id[i] == id) return 1;
    return 0;
}
