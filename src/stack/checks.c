/* SPDX-License-Identifier: MIT */
#include "stack/checks.h"

#include "base/arith.h"

sa_status check_tokens(struct report *report, const char *name, int64_t tokens, int64_t limit) {
    if (tokens < 1) return fail(report, SA_ERR_VALUE, "%s is %lld, must be at least 1", name, (long long)tokens);
    if (limit && tokens > limit)
        return fail(report, SA_ERR_SHAPE, "%s is %lld, the model's longest sequence has %lld", name, (long long)tokens,
                    (long long)limit);
    return SA_OK;
}

sa_status check_token_counts(struct report *report, const char *name, const int64_t *lengths, int64_t B, int64_t least,
                             int64_t most) {
    for (int64_t b = 0; lengths && b < B; b++)
        if (lengths[b] < least || lengths[b] > most)
            return fail(report, SA_ERR_VALUE, "%s[%lld] is %lld, must be %lld to %lld, the tokens of a sequence", name,
                        (long long)b, (long long)lengths[b], (long long)least, (long long)most);
    return SA_OK;
}

sa_status check_numbers(struct report *report, const char *name, const int32_t *numbers, int64_t B, int64_t T,
                        int64_t limit) {
    for (int64_t i = 0; numbers && i < B * T; i++)
        if (numbers[i] < 0 || numbers[i] >= limit)
            return fail(report, SA_ERR_VALUE, "%s of sequence %lld, token %lld is %d, must be 0 to %lld", name,
                        (long long)(i / T), (long long)(i % T), (int)numbers[i], (long long)limit - 1);
    return SA_OK;
}

int floats_fit(int64_t layers, int64_t a, int64_t b, int64_t c, int64_t d) {
    int64_t count;
    return checked_mul(layers, a, &count) && checked_mul(count, b, &count) && checked_mul(count, c, &count) &&
           checked_mul(count, d, &count) && checked_mul(count, sizeof(float), &count);
}

sa_status fail_lack(struct report *report, const struct sa_model *model, const char *what) {
    return fail(report, SA_ERR_UNSUPPORTED, "this model (%.60s) has no %s", model->config.model_type, what);
}
