/* SPDX-License-Identifier: MIT */
#include "training/sample.h"

#include "exit.h"
#include "text/rewriting.h"
#include "text/writing.h"

#include <stdio.h>
#include <stdlib.h>

static void go_on(const struct engine *e, const char *text, int most) {
    struct writing w = writing_defaults;
    struct tokens prompt = engine_tokens_that_fit(e, text);
    if (!prompt.count) failure("--sample \"%s\" has no tokens", text);
    struct stream stream = stream_begin(e, stdout, NULL, prompt.id[prompt.count - 1]);
    sa_session *session = writing_session(e, 1);
    w.sampling.temperature = 0.8, w.sampling.top_p = 0.9;
    w.max_tokens = most;
    stream.lead = text;
    struct written written = writing_run(e, session, &w, &prompt, &stream);
    puts("\n");
    written_free(&written);
    sa_session_destroy(&session);
    stream_free(&stream);
    free(prompt.id);
}

static void rewrite(const struct engine *e, const char *model, const char *text, int most) {
    const struct rewriting_options options = {.beams = 1, .max_tokens = most, .length_penalty = 1};
    struct rewriting r = rewriting_open(e, model, &options, most);
    struct tokens source = engine_tokens_that_fit(e, text);
    const struct tokens nothing = {0};
    if (!source.count) failure("--sample \"%s\" has no tokens", text);
    struct rewritten w = rewriting_run(&r, &source, &nothing);
    printf("%s -> %s\n\n", text, w.text);
    rewritten_free(&w);
    rewriting_close(&r);
    free(source.id);
}

void sample_show(const struct engine *engine, const char *model, const char *text, int most) {
    struct engine own = {.ctx = engine->ctx, .tokenizer = engine->tokenizer, .special = engine->special};
    engine_load(&own, model);
    if (sa_model_get(own.model, SA_MODEL_ENCODER))
        rewrite(&own, model, text, most);
    else
        go_on(&own, text, most);
    if (fflush(stdout)) failure("standard output cannot be written");
    sa_model_destroy(&own.model);
    free(own.directory);
}
