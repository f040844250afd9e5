/* Unigram models in GGUF files: T5's and XLM-RoBERTa's. Texts are treated as SentencePiece itself does.
 * SPDX-License-Identifier: MIT */
#include "text/model/unigram.h"
#include "text/source/gguf_lists.h"

#include <math.h>

static sa_status take_scores(const struct lists *l, struct sa_tokenizer *t) {
    struct unigram *u = &t->unigram;
    sa_status status = unigram_create(t, l->gguf->report, l->tokens->count);
    u->unknown = -1;
    u->single = 1;
    for (int64_t id = 0; id < l->tokens->count && status == SA_OK; id++) {
        const int64_t kind = lists_kind(l, id);
        const double score = gguf_number_of(l->scores, id);
        if (!isfinite(score)) status = lists_fail(l, id, "has a score that is not finite");
        u->scores[id] = kind == KIND_NORMAL ? score : (double)NAN;
        if (kind == KIND_UNKNOWN && u->unknown < 0) u->unknown = (int32_t)id;
        if (kind == KIND_BYTE) u->byte_fallback = 1;
        if (kind == KIND_BYTE) vocabulary_mark(&t->vocabulary, (int32_t)id, TOKEN_BYTE);
    }
    if (status == SA_OK) unigram_finish(t);
    return status;
}

/* The table of normalised characters is an array of bytes. */
static sa_status take_charsmap(const struct lists *l, struct sa_tokenizer *t, struct charsmap *map) {
    static const char key[] = "tokenizer.ggml.precompiled_charsmap";
    const struct gguf *g = l->gguf;
    const struct gguf_value *v = gguf_find(g, key);
    if (!v) return SA_OK;
    if (v->count >= 0 && v->type != GGUF_U8 && v->type != GGUF_I8)
        return fail(g->report, SA_ERR_FORMAT, "%s: \"%s\" must be an array of 8-bit integers", g->file->name, key);
    sa_status status = gguf_take_array(g, key, v->type, &v);
    if (status != SA_OK || !v->count) return status;
    return charsmap_create(&t->memory, g->report, g->file->name, v->data, v->count, map);
}

static sa_status take_rules(const struct lists *l, struct sa_tokenizer *t) {
    static const char lead_key[] = "tokenizer.ggml.add_space_prefix",
                      single_key[] = "tokenizer.ggml.remove_extra_whitespaces";
    struct normal_step *step = &t->normaliser.steps[t->normaliser.count++];
    step->kind = NORMAL_SENTENCE;
    step->left = 1;
    sa_status status = SA_OK;
    if (gguf_find(l->gguf, lead_key)) status = gguf_take_flag(l->gguf, lead_key, &step->left);
    if (status == SA_OK && gguf_find(l->gguf, single_key))
        status = gguf_take_flag(l->gguf, single_key, &step->single_spaces);
    decoder_set(&t->decoder, DECODE_BYTE_FALLBACK);
    t->decoder.steps[1] = (struct decode_step){.kind = DECODE_METASPACE, .mark = "\xe2\x96\x81"};
    t->decoder.steps[2] = (struct decode_step){.kind = DECODE_STRIP, .mark = " ", .start = 1, .whole = 1};
    t->decoder.count = step->left || step->single_spaces ? 3 : 2;
    return status == SA_OK ? take_charsmap(l, t, &step->map) : status;
}

sa_status gguf_read_unigram(const struct lists *l, struct sa_tokenizer *t) {
    if (!l->scores)
        return fail(l->gguf->report, SA_ERR_FORMAT, "%s: \"tokenizer.ggml.scores\" is missing", l->gguf->file->name);
    sa_status status = lists_take_vocabulary(l, 0, t);
    if (status == SA_OK) status = take_scores(l, t);
    if (status == SA_OK) status = take_rules(l, t);
    if (status == SA_OK) status = lists_take_control(l, t, 0);
    if (status == SA_OK) status = lists_take_user(l, t);
    if (status == SA_OK) status = lists_take_around(l, 0, 1, t);
    /* XLM-RoBERTa's texts have a token at their beginning, too; T5's have not. */
    if (status == SA_OK) tokenizer_pair_up(t, t->before.count ? PAIRING_DOUBLED : PAIRING_ENDED, 0);
    return status;
}
