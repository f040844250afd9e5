/* selfattn fill: which words may stand in the gaps of a text.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "table.h"
#include "text/ranking.h"
#include "text/sentences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct filling {
    struct engine engine;
    int32_t mask; /* the token of a gap, */
    const char *name;
    int64_t words; /* V */
    int top, json;
};

/* The tokens that stand for a gap in one family of models or another. */
static void find_mask(struct filling *f, const char *model) {
    static const char *const names[] = {"[MASK]", "<mask>", "<MASK>"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sa_tokenizer_find(f->engine.tokenizer, f->name = names[i], &f->mask) == SA_OK) return;
    failure("%s: the tokenizer has no token for a gap ([MASK] or <mask>)", model);
}

/* The text with the model's own token in place of each gap: three underscores or more, [MASK] or <mask>. free() it. */
static char *with_masks(const char *text, const char *mask) {
    static const char *const gaps[] = {"___", "[MASK]", "<mask>"};
    char *made = allocate(strlen(text) * strlen(mask) + 1, 1), *to = made;
    while (*text) {
        size_t gap = 0;
        for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++)
            if (!strncmp(text, gaps[i], strlen(gaps[i]))) gap = strlen(gaps[i]);
        if (gap == 3) gap = strspn(text, "_");
        if (gap)
            to = stpcpy(to, mask);
        else
            *to++ = *text;
        text += gap ? gap : 1;
    }
    *to = 0;
    return made;
}

/* Shows the most probable tokens of a gap, and puts the first one into it. */
static json_t *fill_gap(const struct filling *f, const float *logits, size_t number, int32_t *id) {
    struct ranked *best = ranking(logits, f->words);
    json_t *words = json_array();
    if (!f->json) printf("gap %zu\n", number);
    for (int64_t i = 0; i < f->top && i < f->words; i++) {
        const int32_t token = (int32_t)best[i].index;
        const char *name = sa_tokenizer_token(f->engine.tokenizer, token);
        char *text = engine_text(&f->engine, f->engine.tokenizer, &token, 1);
        const char *shown = *text ? text + strspn(text, " ") : name ? name : "";
        if (!f->json) printf("%6.2f %%  %s\n", 100 * best[i].probability, shown);
        json_array_append_new(words,
                              json_pack("{so so sI sf}", "word", json_text(shown), "token", json_text(name ? name : ""),
                                        "id", (json_int_t)token, "probability", best[i].probability));
        free(text);
    }
    *id = (int32_t)best[0].index;
    free(best);
    return words;
}

static json_t *fill(const struct filling *f, const char *given) {
    char *text = with_masks(given, f->name);
    struct tokens t = engine_tokens_that_fit(&f->engine, text);
    if (!tokens_have(&t, f->mask)) failure("\"%.60s\" has no gap: write ___ or %s", given, f->name);
    float *logits = allocate((size_t)(t.count * f->words), sizeof *logits);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = t.count, .ids = t.id, .logits = logits};
    check(sa_model_encode(f->engine.ctx, f->engine.model, &args), f->engine.ctx);
    json_t *gaps = json_array();
    for (int64_t i = 0; i < t.count; i++)
        if (t.id[i] == f->mask)
            json_array_append_new(gaps, fill_gap(f, logits + i * f->words, json_array_size(gaps) + 1, &t.id[i]));
    char *filled = engine_text(&f->engine, f->engine.tokenizer, t.id, t.count);
    if (!f->json) puts(filled);
    json_t *result = json_pack("{so so so}", "text", json_text(given), "filled", json_text(filled), "gaps", gaps);
    free(filled);
    free(logits);
    free(t.id);
    free(text);
    return result;
}

/* A row of logits of words for each token. */
static void check_model(const struct engine *e, const char *model) {
    if (sa_model_get(e->model, SA_MODEL_DECODER) || !sa_model_get(e->model, SA_MODEL_TOKEN_LOGITS) ||
        sa_model_get(e->model, SA_MODEL_OUTPUTS) != sa_model_get(e->model, SA_MODEL_VOCABULARY))
        failure("%s: this %s model fills no gaps: it is no masked language model, or its file lacks that part", model,
                sa_model_type(e->model));
}

static void fill_all(const struct filling *f, const struct sentences *texts) {
    json_t *results = json_array();
    for (int64_t i = 0; i < texts->count; i++) json_array_append_new(results, fill(f, texts->text[i]));
    if (f->json) print_json(json_pack("{sO}", "results", results));
    json_decref(results);
}

int command_fill(int argc, const char **argv) {
    struct common common = {0};
    struct filling f = {.top = 5};
    char *file = NULL;
    const struct poptOption options[] = {
        {"file", 'f', POPT_ARG_STRING, &file, 0, "Read more texts from FILE, one per line; - is standard input",
         "FILE"},
        {"top", 'n', POPT_ARG_INT, &f.top, 0, "Show the N most probable tokens (default: 5)", "N"},
        ADAPTER_OPTION(common),
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL [TEXT...]", 1, INT_MAX);
    if (f.top < 1) usage_error("--top is %d, must be at least 1", f.top);
    f.engine = engine_open(a.word[0], NULL, &common);
    engine_load(&f.engine, a.word[0]);
    check_model(&f.engine, a.word[0]);
    find_mask(&f, a.word[0]);
    f.words = sa_model_get(f.engine.model, SA_MODEL_OUTPUTS), f.json = common.json;
    struct sentences texts = sentences_read(a.word + 1, file);
    fill_all(&f, &texts);
    sentences_free(&texts);
    engine_close(&f.engine);
    arguments_free(&a, &common);
    free(file);
    return 0;
}
