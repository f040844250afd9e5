/* The section model of a tokenizer.json of type Unigram; its vocabulary is a list of texts with their scores.
 * SPDX-License-Identifier: MIT */
#include "text/model/unigram.h"

#include <math.h>

static sa_status take_score(const struct json_source *s, const json_t *entry, int64_t id, double *score) {
    const json_t *number = json_array_get(entry, 1);
    *score = json_number_value(number);
    if (json_is_number(number) && isfinite(*score)) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: model.vocab[%lld][1] is %s, must be a number", s->file, (long long)id,
                json_type_text(number));
}

sa_status unigram_read(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    const json_t *vocab = json_object_get(model, "vocab");
    const int64_t count = (int64_t)json_array_size(vocab);
    int64_t unknown = -1;
    sa_status status = json_member_absent(model, "unk_id")
                           ? SA_OK
                           : json_member_integer(s, model, "model.", "unk_id", 0, count - 1, &unknown);
    if (status == SA_OK) status = take_flag(s, model, "model.", "byte_fallback", &t->unigram.byte_fallback);
    if (status == SA_OK) status = unigram_create(t, s->report, count);
    for (int64_t i = 0; i < count && status == SA_OK; i++)
        status = take_score(s, json_array_get(vocab, (size_t)i), i, &t->unigram.scores[i]);
    if (status != SA_OK) return status;
    t->unigram.unknown = (int32_t)unknown;
    unigram_finish(t);
    return SA_OK;
}
