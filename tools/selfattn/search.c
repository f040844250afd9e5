/* selfattn search: sentences sorted by how close their embeddings are to that of a query.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command.h"
#include "embeddings.h"
#include "engine.h"
#include "exit.h"
#include "sentences.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hit {
    const char *sentence;
    int64_t index;
    double score;
};

static int compare(const void *left, const void *right) {
    const struct hit *a = left, *b = right;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

/* The first of the model's prompts that it has by one of these names, else its default, else NULL. */
static const char *usual_prompt(const sa_model *model, const char *const names[]) {
    for (int i = 0; names[i]; i++)
        if (sa_model_prompt(model, names[i])) return sa_model_prompt(model, names[i]);
    return sa_model_prompt(model, NULL);
}

static const char *query_prompt(const sa_model *model, const char *name) {
    static const char *const usual[] = {"query", NULL};
    if (!name) return usual_prompt(model, usual);
    const char *prompt = sa_model_prompt(model, name), *known;
    if (prompt) return prompt;
    char list[300] = "";
    for (int64_t i = 0; (known = sa_model_prompt_name(model, i)); i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", known);
    failure("the model has no prompt \"%s\"; it has %s", name, *list ? list : "none");
}

static struct hit *score(const struct engine *engine, const char *prompt, char *query,
                         const struct sentences *sentences) {
    static const char *const usual[] = {"document", "passage", "corpus", NULL};
    struct hit *hits = allocate((size_t)sentences->count, sizeof *hits);
    struct embeddings wanted = embeddings_make(engine, query_prompt(engine->model, prompt), &query, 1);
    if (wanted.cut) failure("the query has more tokens than the model reads: %.60s...", query);
    struct embeddings x =
        embeddings_make(engine, usual_prompt(engine->model, usual), sentences->text, sentences->count);
    for (int64_t i = 0; i < sentences->count; i++)
        hits[i] = (struct hit){sentences->text[i], i, embeddings_cosine(wanted.row, x.row + i * x.width, x.width)};
    if (x.cut)
        fprintf(stderr, "%lld sentences are longer than the model reads: their ends were left out\n", (long long)x.cut);
    embeddings_free(&wanted);
    embeddings_free(&x);
    qsort(hits, (size_t)sentences->count, sizeof *hits, compare);
    return hits;
}

static void print_hits(const char *query, const struct hit *hits, int64_t count, int json) {
    json_t *results = json_array();
    for (int64_t i = 0; i < count; i++) {
        if (!json) printf("%6.3f  %s\n", hits[i].score, hits[i].sentence);
        json_array_append_new(results, json_pack("{sf sI ss}", "score", hits[i].score, "index",
                                                 (json_int_t)hits[i].index, "sentence", hits[i].sentence));
    }
    json_t *object = json_pack("{ss so}", "query", query, "results", results);
    if (json) print_json(json_incref(object));
    json_decref(object);
}

int command_search(int argc, const char **argv) {
    struct common common = {0};
    char *query = NULL, *file = NULL, *prompt = NULL;
    int top = NOT_GIVEN;
    const struct poptOption options[] = {
        {"query", 'q', POPT_ARG_STRING, &query, 0, "Query text", "TEXT"},
        {"file", 'f', POPT_ARG_STRING, &file, 0, "Read more sentences from FILE, one per line; - is standard input",
         "FILE"},
        {"prompt", 0, POPT_ARG_STRING, &prompt, 0, "Put the model's prompt NAME in front of the query", "NAME"},
        {"top", 'n', POPT_ARG_INT, &top, 0, "Show only the N best", "N"},
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL --query TEXT [SENTENCE...]", 1, INT_MAX);
    if (!query) usage_error("--query is missing");
    if (top != NOT_GIVEN && top < 1) usage_error("--top is %d, must be at least 1", top);
    struct engine engine = engine_open(a.word[0], NULL, &common);
    engine_load(&engine, a.word[0]);
    struct sentences sentences = sentences_read(a.word + 1, file);
    struct hit *hits = score(&engine, prompt, query, &sentences);
    print_hits(query, hits, top != NOT_GIVEN && top < sentences.count ? top : sentences.count, common.json);
    free(hits);
    sentences_free(&sentences);
    engine_close(&engine);
    arguments_free(&a, &common);
    free(query);
    free(file);
    free(prompt);
    return 0;
}
