/* The tokenizer of a GGUF file. Settings have its tokens, their kinds, and either scores or merges.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "file/gguf.h"
#include "text/characters.h"
#include "text/model/bpe.h"
#include "text/model/scored.h"
#include "text/source/gguf_lists.h"
#include "text/source/gguf_ways.h"

#include <math.h>
#include <string.h>

int64_t lists_kind(const struct lists *l, int64_t id) {
    return l->kinds ? gguf_integer_of(l->kinds, id) : KIND_NORMAL;
}

sa_status lists_fail(const struct lists *l, int64_t id, const char *what) {
    return fail(l->gguf->report, SA_ERR_FORMAT, "%s: token %lld %s", l->gguf->file->name, (long long)id, what);
}

static sa_status take_list(const struct gguf *g, const char *key, int32_t type, int64_t count,
                           const struct gguf_value **list) {
    sa_status status = gguf_take_array(g, key, type, list);
    if (status != SA_OK || (*list)->count == count) return status;
    return fail(g->report, SA_ERR_FORMAT, "%s: there are %lld tokens, but \"%s\" has %lld items", g->file->name,
                (long long)count, key, (long long)(*list)->count);
}

static sa_status take_lists(const struct gguf *g, struct lists *l) {
    static const char kinds[] = "tokenizer.ggml.token_type", scores[] = "tokenizer.ggml.scores";
    l->gguf = g;
    sa_status status = gguf_take_array(g, "tokenizer.ggml.tokens", GGUF_TEXT, &l->tokens);
    if (status == SA_OK && l->tokens->count >= INT32_MAX)
        return fail(g->report, SA_ERR_FORMAT, "%s: has %lld tokens", g->file->name, (long long)l->tokens->count);
    if (status == SA_OK && gguf_find(g, kinds)) status = take_list(g, kinds, GGUF_I32, l->tokens->count, &l->kinds);
    if (status == SA_OK && gguf_find(g, scores)) status = take_list(g, scores, GGUF_F32, l->tokens->count, &l->scores);
    return status;
}

/* Replaces U+2581 by a space in the last token's text, which becomes shorter. */
static void write_spaces(struct vocabulary *v) {
    struct token *t = &v->tokens[v->count - 1];
    char *text = v->texts + t->start;
    int64_t to = 0;
    for (int64_t at = 0; at < t->bytes; to++) {
        const int is_space = t->bytes - at >= 3 && !memcmp(text + at, "\xe2\x96\x81", 3);
        text[to] = text[at];
        if (is_space) text[to] = ' ';
        at += is_space ? 3 : 1;
    }
    memset(text + to, 0, (size_t)(t->bytes - to));
    t->bytes = to;
}

sa_status lists_take_vocabulary(const struct lists *l, int with_spaces, struct sa_tokenizer *t) {
    const unsigned char *at = l->tokens->data;
    int64_t bytes = 0;
    for (int64_t id = 0; id < l->tokens->count; id++) {
        const struct gguf_text text = gguf_next_text(&at);
        if (invalid_utf8(text.bytes, text.length) >= 0) return lists_fail(l, id, "is not UTF-8");
        bytes += text.length;
    }
    sa_status status = vocabulary_create(&t->memory, l->gguf->report, l->tokens->count, bytes, &t->vocabulary);
    if (status != SA_OK) return status;
    at = l->tokens->data;
    for (int64_t id = 0; id < l->tokens->count; id++) {
        const struct gguf_text text = gguf_next_text(&at);
        vocabulary_add(&t->vocabulary, text.bytes, text.length, (int32_t)id);
        if (with_spaces) write_spaces(&t->vocabulary);
    }
    return vocabulary_finish(&t->vocabulary, l->gguf->report, l->gguf->file->name);
}

/* Tokens of these kinds are found in a text. */
static sa_status take_found(const struct lists *l, int64_t kind, int64_t other, struct sa_tokenizer *t,
                            struct added_tokens *set) {
    int64_t count = 0, bytes = 0;
    for (int64_t id = 0; id < l->tokens->count; id++) {
        if (lists_kind(l, id) != kind && lists_kind(l, id) != other) continue;
        count++;
        bytes += vocabulary_token(&t->vocabulary, (int32_t)id)->bytes;
    }
    sa_status status = added_tokens_create(&t->memory, l->gguf->report, count, bytes, set);
    for (int64_t id = 0; id < l->tokens->count && status == SA_OK; id++) {
        if (lists_kind(l, id) != kind && lists_kind(l, id) != other) continue;
        const struct token *token = vocabulary_token(&t->vocabulary, (int32_t)id);
        memcpy(added_tokens_end(set), t->vocabulary.texts + token->start, (size_t)token->bytes);
        added_tokens_add(
            set, (struct added_token){.bytes = token->bytes, .id = token->id, .special = token->kind == TOKEN_SPECIAL});
    }
    return status;
}

sa_status lists_take_control(const struct lists *l, struct sa_tokenizer *t, int with_user) {
    for (int64_t id = 0; id < l->tokens->count; id++)
        if (lists_kind(l, id) == KIND_CONTROL || lists_kind(l, id) == KIND_UNKNOWN)
            vocabulary_mark(&t->vocabulary, (int32_t)id, TOKEN_SPECIAL);
    return take_found(l, KIND_CONTROL, with_user ? KIND_USER : KIND_CONTROL, t, &t->literal);
}

sa_status lists_take_user(const struct lists *l, struct sa_tokenizer *t) {
    return take_found(l, KIND_USER, KIND_USER, t, &t->normalised);
}

/* A token before or behind each text, if a flag says so. */
static sa_status take_around(const struct lists *l, const char *flag_key, int flag, const char *id_key,
                             struct around *around) {
    int64_t id = 0;
    sa_status status = gguf_find(l->gguf, flag_key) ? gguf_take_flag(l->gguf, flag_key, &flag) : SA_OK;
    if (status == SA_OK && flag) status = gguf_take_integer(l->gguf, id_key, 0, l->tokens->count - 1, &id);
    if (status == SA_OK && flag) around->ids[around->count++] = (int32_t)id;
    return status;
}

sa_status lists_take_around(const struct lists *l, int begins, int ends, struct sa_tokenizer *t) {
    sa_status status =
        take_around(l, "tokenizer.ggml.add_bos_token", begins, "tokenizer.ggml.bos_token_id", &t->before);
    if (status == SA_OK)
        status = take_around(l, "tokenizer.ggml.add_eos_token", ends, "tokenizer.ggml.eos_token_id", &t->after);
    return status;
}

/* Checks the order of tokens that scored.c relies on. */
static sa_status check_order(const struct lists *l, const struct sa_tokenizer *t) {
    char text[BYTE_TEXT];
    if (l->tokens->count < SCORED_PIECES) return lists_fail(l, l->tokens->count, "is missing");
    for (int32_t byte = 0; byte < 256; byte++) {
        byte_text(byte, text);
        if (strcmp(vocabulary_text(&t->vocabulary, SCORED_BYTES + byte), text) != 0)
            return lists_fail(l, SCORED_BYTES + byte, "is not that of a byte");
    }
    return SA_OK;
}

static sa_status read_scored(const struct lists *l, struct sa_tokenizer *t) {
    static const char lead_key[] = "tokenizer.ggml.add_space_prefix";
    int lead = 1;
    if (!l->scores)
        return fail(l->gguf->report, SA_ERR_FORMAT, "%s: \"tokenizer.ggml.scores\" is missing", l->gguf->file->name);
    sa_status status = lists_take_vocabulary(l, 1, t);
    if (status == SA_OK) status = check_order(l, t);
    if (status == SA_OK) status = scored_create(t, l->gguf->report, l->tokens->count);
    for (int64_t id = 0; id < l->tokens->count && status == SA_OK; id++) {
        t->scored.scores[id] = (float)gguf_number_of(l->scores, id);
        if (!isfinite(t->scored.scores[id])) status = lists_fail(l, id, "has a score that is not finite");
    }
    if (status == SA_OK) status = lists_take_control(l, t, 1);
    if (status == SA_OK && gguf_find(l->gguf, lead_key)) status = gguf_take_flag(l->gguf, lead_key, &lead);
    if (status == SA_OK) status = lists_take_around(l, 1, 0, t);
    if (status != SA_OK) return status;
    scored_finish(t);
    return lead ? normaliser_prepend(&t->memory, l->gguf->report, " ", &t->normaliser) : SA_OK;
}

static sa_status take_merge(const struct lists *l, struct gguf_text text, int32_t rank, struct sa_tokenizer *t) {
    const char *space = text.length ? memchr(text.bytes + 1, ' ', (size_t)text.length - 1) : NULL;
    const int64_t left_bytes = space ? space - text.bytes : 0, right_bytes = text.length - left_bytes - 1;
    if (space && !bpe_add_merge(t, text.bytes, left_bytes, space + 1, right_bytes, rank)) return SA_OK;
    return fail(l->gguf->report, SA_ERR_FORMAT, "%s: merge %d, \"%.*s\", is not two tokens that join to a token",
                l->gguf->file->name, (int)rank, (int)min_i64(text.length, 60), text.bytes);
}

static sa_status take_merges(const struct lists *l, struct sa_tokenizer *t) {
    const struct gguf_value *merges;
    sa_status status = gguf_take_array(l->gguf, "tokenizer.ggml.merges", GGUF_TEXT, &merges);
    if (status == SA_OK && merges->count > BPE_MOST_MERGES)
        return fail(l->gguf->report, SA_ERR_FORMAT, "%s: has %lld merges, at most %d are accepted", l->gguf->file->name,
                    (long long)merges->count, BPE_MOST_MERGES);
    if (status == SA_OK) status = merges_create(t, l->gguf->report, merges->count);
    const unsigned char *at = status == SA_OK ? merges->data : NULL;
    for (int32_t i = 0; status == SA_OK && i < merges->count; i++) status = take_merge(l, gguf_next_text(&at), i, t);
    return status;
}

static sa_status take_way(const struct lists *l, struct sa_tokenizer *t, int *begins) {
    const struct gguf *g = l->gguf;
    struct gguf_text name;
    char text[40] = "";
    sa_status status = gguf_take_text(g, "tokenizer.ggml.pre", &name);
    if (status != SA_OK) return status;
    if (name.length < (int64_t)sizeof text) memcpy(text, name.bytes, (size_t)name.length);
    const struct gguf_way *way = gguf_way_of(text);
    if (!way)
        return fail(g->report, SA_ERR_UNSUPPORTED, "%s: tokenizer.ggml.pre is \"%.*s\"; %s are supported",
                    g->file->name, (int)min_i64(name.length, 60), name.bytes, gguf_ways);
    for (int i = 0; status == SA_OK && way->regexes[i]; i++)
        status = splitter_add_regex(&t->memory, g->report, g->file->name, way->regexes[i], &t->splitter);
    if (way->composes) t->normaliser.steps[t->normaliser.count++] = (struct normal_step){.kind = NORMAL_FORM};
    t->bpe.whole_words = way->whole_words;
    t->bpe.takes_bytes = 1;
    *begins = way->begins;
    return status;
}

static sa_status read_byte_bpe(const struct lists *l, struct sa_tokenizer *t) {
    int begins = 0;
    sa_status status = take_way(l, t, &begins);
    if (status == SA_OK) status = lists_take_vocabulary(l, 0, t);
    if (status == SA_OK) status = take_merges(l, t);
    if (status == SA_OK) status = lists_take_control(l, t, 1);
    if (status == SA_OK) status = lists_take_around(l, begins, 0, t);
    if (status != SA_OK) return status;
    t->bpe.unknown = -1;
    t->model = &token_model_bpe;
    decoder_set(&t->decoder, DECODE_BYTES);
    bpe_find_bytes(t);
    return SA_OK;
}

static sa_status fail_model(const struct gguf *g, struct gguf_text model) {
    return fail(g->report, SA_ERR_UNSUPPORTED,
                "%s: tokenizer.ggml.model is \"%.*s\"; llama, gpt2, t5 and bert are supported", g->file->name,
                (int)min_i64(model.length, 60), model.bytes);
}

static sa_status take_chat_template(const struct gguf *g, struct sa_tokenizer *t) {
    static const char key[] = "tokenizer.chat_template";
    struct gguf_text text;
    if (!gguf_find(g, key)) return SA_OK;
    sa_status status = gguf_take_text(g, key, &text);
    if (status != SA_OK) return status;
    if (invalid_utf8(text.bytes, text.length) >= 0)
        return fail(g->report, SA_ERR_FORMAT, "%s: \"%s\" is not UTF-8", g->file->name, key);
    t->chat_template = memory_allocate(&t->memory, text.length + 1, 1);
    if (!t->chat_template) return fail_memory(g->report, text.length + 1, "a chat template");
    t->chat_template_bytes = text.length + 1;
    memcpy(t->chat_template, text.bytes, (size_t)text.length);
    t->chat_template[text.length] = 0;
    return SA_OK;
}

sa_status gguf_read_tokenizer(sa_ctx *ctx, const struct gguf *g, struct sa_tokenizer *t) {
    struct lists l = {0};
    struct gguf_text model;
    sa_status status = gguf_take_text(g, "tokenizer.ggml.model", &model);
    if (status == SA_OK) status = take_lists(g, &l);
    if (status != SA_OK) return status;
    if (gguf_is(model, "llama"))
        status = read_scored(&l, t);
    else if (gguf_is(model, "gpt2"))
        status = read_byte_bpe(&l, t);
    else if (gguf_is(model, "t5"))
        status = gguf_read_unigram(&l, t);
    else if (gguf_is(model, "bert"))
        status = gguf_read_wordpiece(ctx, &l, t);
    else
        status = fail_model(g, model);
    if (status == SA_OK) status = take_chat_template(g, t);
    return status == SA_OK ? decoder_check(&t->decoder, &t->vocabulary, g->report, g->file->name, &t->piece_bytes)
                           : status;
}
