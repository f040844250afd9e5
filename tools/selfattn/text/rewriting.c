/* SPDX-License-Identifier: MIT */
#include "text/rewriting.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

struct rewriting rewriting_open(const struct engine *engine, const char *model, const struct rewriting_options *options,
                                int usual) {
    struct rewriting r = {.engine = engine, .options = *options, .written = engine->tokenizer};
    if (!sa_model_get(engine->model, SA_MODEL_ENCODER) || !sa_model_get(engine->model, SA_MODEL_DECODER))
        failure("%s: a %s model is no encoder with a decoder, which writes one text for another", model,
                sa_model_type(engine->model));
    if (!sa_model_get(engine->model, SA_MODEL_TOKEN_LOGITS))
        failure("%s: this %s model writes no text: its file has no output matrix", model, sa_model_type(engine->model));
    rewriting_options_fill(&r.options, model, usual);
    const sa_session_config config = {.struct_size = sizeof config, .batch = r.options.beams};
    check(sa_session_create(engine->ctx, engine->model, &config, &r.session), engine->ctx);
    return r;
}

void rewriting_close(struct rewriting *rewriting) {
    sa_session_destroy(&rewriting->session);
}

/* Every beam reads the same source. */
static void encode(const struct rewriting *r, const struct tokens *source) {
    const int64_t beams = r->options.beams;
    int32_t *ids = allocate((size_t)(beams * source->count) + 1, sizeof *ids);
    for (int64_t b = 0; b < beams; b++)
        memcpy(ids + b * source->count, source->id, (size_t)source->count * sizeof *ids);
    const sa_encode_args args = {.struct_size = sizeof args, .batch = beams, .tokens = source->count, .ids = ids};
    check(sa_session_encode(r->engine->ctx, r->session, &args), r->engine->ctx);
    free(ids);
}

struct tokens rewriting_prompt(const struct rewriting *r, const struct tokens *begin) {
    struct tokens prompt = {.id = allocate((size_t)begin->count + 2, sizeof *prompt.id)};
    const int32_t start = (int32_t)sa_model_get(r->engine->model, SA_MODEL_START_TOKEN);
    if (start >= 0 && !r->no_start) prompt.id[prompt.count++] = start;
    const int32_t forced = (int32_t)sa_model_get(r->engine->model, SA_MODEL_FORCED_FIRST_TOKEN);
    if (!begin->count && forced >= 0) prompt.id[prompt.count++] = forced;
    for (int64_t i = 0; i < begin->count; i++) prompt.id[prompt.count++] = begin->id[i];
    return prompt;
}

struct rewritten rewriting_run(const struct rewriting *r, const struct tokens *source, const struct tokens *begin) {
    const struct engine *e = r->engine;
    struct tokens prompt = rewriting_prompt(r, begin);
    const int64_t most = most_new_tokens(r->options.max_tokens, r->options.max_length, prompt.count);
    struct rewritten w = {.tokens.id = allocate((size_t)most, sizeof *w.tokens.id)};
    encode(r, source);
    const sa_beam_args args = {.struct_size = sizeof args,
                               .tokens = prompt.count,
                               .ids = prompt.id,
                               .max_tokens = most,
                               .results = 1,
                               .length_penalty = r->options.length_penalty,
                               .generated = w.tokens.id,
                               .counts = &w.tokens.count,
                               .scores = &w.score,
                               .model_rules = 1,
                               .early_stopping = r->options.early_stopping};
    check(sa_beam_search(e->ctx, r->session, &args), e->ctx);
    struct tokens ends = engine_end_tokens(e);
    if (w.tokens.count && tokens_have(&ends, w.tokens.id[w.tokens.count - 1])) w.tokens.count--;
    free(ends.id);
    w.text = engine_text(e, r->written, w.tokens.id, w.tokens.count);
    free(prompt.id);
    return w;
}

void rewritten_free(struct rewritten *written) {
    free(written->tokens.id);
    free(written->text);
}
