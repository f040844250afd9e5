/* selfattn summarize: a text made short. An encoder of sentences picks the most central ones; an encoder with a decoder
 * writes a summary.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "exit.h"
#include "table.h"
#include "text/embeddings.h"
#include "text/rewriting.h"
#include "text/text_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct common common;
    struct rewriting_options writing;
    int sentences;
    char *prefix;
};

/* ---------------------------------------------------------------------------------------------- extractive */

/* Sentences are linked by how similar they are; a walk along the links, which starts anew with probability 0.15, is
 * most often at the central ones: Erkan and Radev, "LexRank", 2004, with cosines of embeddings. The shares of visits
 * [count] sum to 1; free() them. */
static double *find_centrality(const struct embeddings *x) {
    enum { STEPS = 100 };
    static const double ANEW = 0.15;
    const int64_t n = x->count;
    double *share = allocate((size_t)n, sizeof *share), *next = allocate((size_t)n, sizeof *next);
    float *link = allocate((size_t)(n * n), sizeof *link);
    double *links = allocate((size_t)n, sizeof *links);
    for (int64_t i = 0; i < n; i++) {
        share[i] = 1 / (double)n;
        for (int64_t j = 0; j < n; j++) {
            link[i * n + j] = (float)fmax(embeddings_cosine(x->row + i * x->width, x->row + j * x->width, x->width), 0);
            links[i] += (double)link[i * n + j];
        }
    }
    for (int step = 0; step < STEPS; step++) {
        for (int64_t j = 0; j < n; j++) next[j] = ANEW / (double)n;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) next[j] += (1 - ANEW) * share[i] * (double)link[i * n + j] / links[i];
        memcpy(share, next, (size_t)n * sizeof *share);
    }
    free(next);
    free(link);
    free(links);
    return share;
}

/* What a sentence adds to those that are picked: central, on a scale from the least to the most central one, and not
 * what they say already. Carbonell and Goldstein, "The Use of MMR", 1998, with weights 0.7 and 0.3. */
static double merit(const struct embeddings *x, const double *centrality, const char *picked, int64_t i) {
    double same = 0, least = centrality[0], most = centrality[0];
    for (int64_t j = 0; j < x->count; j++) least = fmin(least, centrality[j]), most = fmax(most, centrality[j]);
    for (int64_t j = 0; j < x->count; j++)
        if (picked[j]) same = fmax(same, embeddings_cosine(x->row + i * x->width, x->row + j * x->width, x->width));
    return (most > least ? 0.7 * (centrality[i] - least) / (most - least) : 0) - 0.3 * same;
}

static char *pick(const struct embeddings *x, const double *centrality, int64_t wanted) {
    char *picked = allocate((size_t)x->count, 1);
    for (int64_t n = 0; n < wanted && n < x->count; n++) {
        int64_t best = -1;
        double best_merit = 0;
        for (int64_t i = 0; i < x->count; i++) {
            const double m = picked[i] ? -HUGE_VAL : merit(x, centrality, picked, i);
            if (best < 0 || m > best_merit) best = i, best_merit = m;
        }
        picked[best] = 1;
    }
    return picked;
}

static void print_picked(const struct sentences *s, const char *picked, const double *centrality, int json) {
    json_t *list = json_array();
    for (int64_t i = 0; i < s->count; i++) {
        if (!picked[i]) continue;
        if (!json) puts(s->text[i]);
        json_array_append_new(list, json_pack("{sI sf so}", "index", (json_int_t)i, "centrality", centrality[i],
                                              "sentence", json_text(s->text[i])));
    }
    if (json) print_json(json_pack("{sI sO}", "count", (json_int_t)s->count, "sentences", list));
    json_decref(list);
}

/* Headings and the like are left out where there are sentences beside them. */
static struct sentences real_sentences(const char *text) {
    struct sentences all = text_sentences(text), real = {.text = allocate((size_t)all.count + 1, sizeof *real.text)};
    for (int64_t i = 0; i < all.count; i++)
        if (text_is_sentence(all.text[i])) real.text[real.count++] = strdup(all.text[i]);
    struct sentences *other = real.count ? &all : &real;
    const struct sentences chosen = real.count ? real : all;
    sentences_free(other);
    return chosen;
}

static void extract(const struct engine *e, const struct options *o, const char *text) {
    struct sentences s = real_sentences(text);
    if (!s.count) failure("the text is empty");
    struct embeddings x = embeddings_make(e, sa_model_prompt(e->model, NULL), s.text, s.count);
    if (x.cut)
        fprintf(stderr, "%lld sentences are longer than the model reads: their ends were left out\n", (long long)x.cut);
    double *centrality = find_centrality(&x);
    char *picked = pick(&x, centrality, o->sentences);
    print_picked(&s, picked, centrality, o->common.json);
    free(picked);
    free(centrality);
    embeddings_free(&x);
    sentences_free(&s);
}

/* --------------------------------------------------------------------------------------------- abstractive */

static void write_summary(const struct engine *e, const struct options *o, const char *model, const char *text) {
    struct rewriting r = rewriting_open(e, model, &o->writing, 128);
    char *own = o->writing.model_defaults && !o->prefix ? task_prefix(model, o->writing.task) : NULL;
    const char *prefix = o->prefix ? o->prefix : own ? own : "";
    char *whole = allocate(strlen(prefix) + strlen(text) + 1, 1);
    strcat(strcpy(whole, prefix), text);
    struct tokens source = engine_tokens_that_fit(e, whole), none = {0};
    struct rewritten w = rewriting_run(&r, &source, &none);
    if (o->common.json)
        print_json(json_pack("{so sf}", "summary", json_text(w.text), "score", w.score));
    else
        puts(w.text);
    rewritten_free(&w);
    rewriting_close(&r);
    free(source.id);
    free(whole);
    free(own);
}

static void check_options(struct options *o) {
    if (o->sentences < 1) usage_error("--sentences is %d, must be at least 1", o->sentences);
    rewriting_options_check(&o->writing);
}

int command_summarize(int argc, const char **argv) {
    struct options o = {.sentences = 3, .writing = rewriting_options_none};
    o.writing.task = "summarization";
    const struct poptOption table[] = {{"sentences", 's', POPT_ARG_INT, &o.sentences, 0,
                                        "With an encoder of sentences: how many are picked (default: 3)", "N"},
                                       {"prefix", 0, POPT_ARG_STRING, &o.prefix, 0,
                                        "With an encoder and a decoder: stands before the text, \"summarize: \" for T5",
                                        "TEXT"},
                                       REWRITING_OPTIONS(o.writing),
                                       ADAPTER_OPTION(o.common),
                                       COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL FILE", 2, 2);
    check_options(&o);
    char *text = text_file_read(a.word[1]);
    struct engine engine = engine_open(a.word[0], NULL, &o.common);
    engine_load(&engine, a.word[0]);
    if (sa_model_get(engine.model, SA_MODEL_ENCODER) && sa_model_get(engine.model, SA_MODEL_DECODER))
        write_summary(&engine, &o, a.word[0], text);
    else
        extract(&engine, &o, text); /* decoders make embeddings, too */
    engine_close(&engine);
    free(text);
    free(o.prefix);
    arguments_free(&a, &o.common);
    return 0;
}
