/* SPDX-License-Identifier: MIT */
#include "generate/stop_tokens.h"

sa_status stop_tokens_check(struct report *report, const int32_t *id, int64_t count) {
    if (count < 0) return fail(report, SA_ERR_VALUE, "stop_token_count is %lld, must be at least 0", (long long)count);
    return count && !id ? fail_null(report, "stop_tokens") : SA_OK;
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
