/* selfattn search: sentences sorted by how close their embeddings are to that of a query.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "folder/folder.h"
#include "table.h"
#include "text/embeddings.h"
#include "text/hits.h"
#include "text/prompts.h"
#include "text/sentences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    return hits;
}

static void print_hits(const char *query, const struct hit *hits, int64_t count, int json) {
    json_t *results = json_array();
    for (int64_t i = 0; i < count; i++) {
        if (!json) printf("%6.3f  %s\n", hits[i].score, hits[i].text);
        json_array_append_new(results, json_pack("{sf sI ss}", "score", hits[i].score, "index",
                                                 (json_int_t)hits[i].index, "sentence", hits[i].text));
    }
    json_t *object = json_pack("{ss so}", "query", query, "results", results);
    if (json) print_json(json_incref(object));
    json_decref(object);
}

/* Sentences of the command line; `candidates` of them are sorted again by a reranker, which may be NULL. */
static void search_sentences(const struct engine *engine, const struct engine *reranker, const char *prompt,
                             char *query, const struct sentences *sentences, int candidates, int top, int json) {
    struct hit *hits = score(engine, prompt, query, sentences);
    const int64_t count = hits_rank(hits, sentences->count, reranker, candidates, query);
    print_hits(query, hits, top != NOT_GIVEN && top < count ? top : count, json);
    free(hits);
}

int command_search(int argc, const char **argv) {
    struct common common = {0};
    char *query = NULL, *file = NULL, *prompt = NULL, *index = NULL, *folder = NULL, *rerank = NULL;
    int top = NOT_GIVEN, candidates = NOT_GIVEN, int8 = 0, pipe = 0;
    const struct poptOption options[] = {
        {"query", 'q', POPT_ARG_STRING, &query, 0, "Query text", "TEXT"},
        {"file", 'f', POPT_ARG_STRING, &file, 0, "Read more sentences from FILE, one per line; - is standard input",
         "FILE"},
        {"prompt", 0, POPT_ARG_STRING, &prompt, 0, "Put the model's prompt NAME in front of the query", "NAME"},
        {"top", 'n', POPT_ARG_INT, &top, 0, "Show only the N best", "N"},
        {"rerank", 0, POPT_ARG_STRING, &rerank, 0,
         "Sort the best again by MODEL, a reranker, which reads query and text together", "MODEL"},
        {"candidates", 0, POPT_ARG_INT, &candidates, 0,
         "Sort the N best again, and show no others (default: 50; at least --top)", "N"},
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
    if (candidates != NOT_GIVEN && !rerank) usage_error("--candidates needs --rerank");
    if (candidates != NOT_GIVEN && candidates < 1) usage_error("--candidates is %d, must be at least 1", candidates);
    if (rerank && common.adapter) usage_error("--rerank is a second model, so there is no --adapter beside it");
    if (rerank && !query && !pipe) usage_error("--rerank needs --query or --pipe");
    if (candidates == NOT_GIVEN) candidates = 50;
    if (top != NOT_GIVEN && candidates < top) candidates = top;
    struct engine engine = engine_open(a.word[0], NULL, &common), second = {0};
    const struct engine *reranker = rerank ? &second : NULL;
    engine_load(&engine, a.word[0]);
    if (rerank) second = reranker_open(&common, rerank);
    if (index) {
        const struct folder_search in = {.model = a.word[0],
                                         .index = index,
                                         .reranker = reranker,
                                         .candidates = candidates,
                                         .folder = folder,
                                         .query = query,
                                         .prompt = prompt,
                                         .int8 = int8,
                                         .pipe = pipe,
                                         .json = common.json,
                                         .top = top == NOT_GIVEN ? 10 : top};
        folder_search(&engine, &in);
    } else {
        struct sentences sentences = sentences_read(a.word + 1, file);
        search_sentences(&engine, reranker, prompt, query, &sentences, candidates, top, common.json);
        sentences_free(&sentences);
    }
    if (rerank) engine_close(&second);
    engine_close(&engine);
    arguments_free(&a, &common);
    free(query);
    free(file);
    free(prompt);
    free(index);
    free(folder);
    free(rerank);
    return 0;
}
