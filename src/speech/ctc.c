/* Greedy decoding of connectionist temporal classification.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"

static int32_t most_probable(const float *logits, int64_t vocabulary) {
    int32_t best = 0;
    for (int32_t v = 1; v < vocabulary; v++)
        if (logits[v] > logits[best] || logits[best] != logits[best]) best = v;
    return best;
}

sa_status sa_ctc_decode(const float *logits, int64_t frames, int64_t vocabulary, int32_t blank, int32_t *ids,
                        int64_t *places, int64_t capacity, int64_t *count) {
    int32_t before = blank;
    if (!count || (frames > 0 && !logits) || (capacity > 0 && !ids)) return SA_ERR_NULL;
    *count = 0;
    if (frames < 0 || capacity < 0 || vocabulary < 1 || vocabulary > INT32_MAX || blank < 0 || blank >= vocabulary)
        return SA_ERR_VALUE;
    for (int64_t t = 0; t < frames; t++) {
        const int32_t token = most_probable(logits + t * vocabulary, vocabulary);
        const int is_new = token != before && token != blank;
        before = token;
        if (is_new && *count < capacity) {
            ids[*count] = token;
            if (places) places[*count] = t;
        }
        *count += is_new;
    }
    return capacity && *count > capacity ? SA_ERR_TEXT : SA_OK;
}
