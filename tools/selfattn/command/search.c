/* selfattn search: sentences sorted by how close their embeddings are to that of a query.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "folder/folder.h"
#include "table.h"
#include "text/embeddings.h"
#include "text/prompts.h"
#include "text/sentences.h"

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

static struct hit *score(const struct engine *engine, const char *prompt, char *query,
                         const struct sentences *sentences) {
    struct hit *hits = allocate((size_t)sentences->count, sizeof *hits);
    struct embeddings wanted = embeddings_make(engine, prompt_of_query(engine->model, prompt), &query, 1);
    if (wanted.cut) failure("the query has more tokens than the model reads: %.60s...", query);
    struct embeddings x =
        embeddings_make(engine, prompt_of_documents(engine->model), sentences->text, sentences->count);
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

static void search_sentences(const struct engine *engine, const char *prompt, char *query, const char *const *given,
                             const char *file, int top, int json) {
    struct sentences sentences = sentences_read(given, file);
    struct hit *hits = score(engine, prompt, query, &sentences);
    print_hits(query, hits, top != NOT_GIVEN && top < sentences.count ? top : sentences.count, json);
    free(hits);
    sentences_free(&sentences);
}

int command_search(int argc, const char **argv) {
    struct common common = {0};
    char *query = NULL, *file = NULL, *prompt = NULL, *index = NULL, *folder = NULL;
    int top = NOT_GIVEN, int8 = 0, pipe = 0;
    const struct poptOption options[] = {
        {"query", 'q', POPT_ARG_STRING, &query, 0, "Query text", "TEXT"},
        {"file", 'f', POPT_ARG_STRING, &file, 0, "Read more sentences from FILE, one per line; - is standard input",
         "FILE"},
        {"prompt", 0, POPT_ARG_STRING, &prompt, 0, "Put the model's prompt NAME in front of the query", "NAME"},
        {"top", 'n', POPT_ARG_INT, &top, 0, "Show only the N best", "N"},
        {"index", 'i', POPT_ARG_STRING, &index, 0, "Search the index in FILE instead of sentences", "FILE"},
        {"folder", 0, POPT_ARG_STRING, &folder, 0, "Make or update the index from the texts of DIR", "DIR"},
        {"int8", 0, POPT_ARG_NONE, &int8, 0, "A new index has embeddings of bytes", NULL},
        {"pipe", 0, POPT_ARG_NONE, &pipe, 0, "Answer each line of standard input from the index", NULL},
        ADAPTER_OPTION(common),
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL --query TEXT [SENTENCE...]", 1, INT_MAX);
    if (!index && (folder || int8 || pipe)) usage_error("--folder, --int8 and --pipe need --index");
    if (index && (file || a.count > 1)) usage_error("--index searches its own texts, not sentences");
    if (int8 && !folder) usage_error("--int8 needs --folder");
    if (!query && !folder && !pipe) usage_error("--query is missing");
    if (top != NOT_GIVEN && top < 1) usage_error("--top is %d, must be at least 1", top);
    struct engine engine = engine_open(a.word[0], NULL, &common);
    engine_load(&engine, a.word[0]);
    if (index) {
        const struct folder_search in = {.model = a.word[0],
                                         .index = index,
                                         .folder = folder,
                                         .query = query,
                                         .prompt = prompt,
                                         .int8 = int8,
                                         .pipe = pipe,
                                         .json = common.json,
                                         .top = top == NOT_GIVEN ? 10 : top};
        folder_search(&engine, &in);
    } else {
        search_sentences(&engine, prompt, query, a.word + 1, file, top, common.json);
    }
    engine_close(&engine);
    arguments_free(&a, &common);
    free(query);
    free(file);
    free(prompt);
    free(index);
    free(folder);
    return 0;
}
