/* SPDX-License-Identifier: MIT */
#include "folder/folder.h"

#include "clock.h"
#include "exit.h"
#include "folder/chunks.h"
#include "folder/crawl.h"
#include "folder/index.h"
#include "ranks/ranks.h"
#include "table.h"
#include "text/embeddings.h"
#include "text/hits.h"
#include "text/prompts.h"
#include "text/text_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------- making */

struct update {
    struct index index;
    int64_t kept, changed, no_text;
};

static void add_new(const struct engine *engine, struct update *u, const struct crawled *file) {
    char why[1024];
    char *text = text_file_try(file->path, why, sizeof why);
    if (!text) {
        fprintf(stderr, "left out: %s\n", why);
        u->no_text++;
        return;
    }
    struct chunks chunks = chunks_make(engine, text);
    index_add_file(&u->index, file->path, file->size, file->changed);
    for (int64_t i = 0; i < chunks.count; i++) {
        index_add_chunk(&u->index, chunks.chunk[i].offset, chunks.chunk[i].line, chunks.chunk[i].text);
        free(chunks.chunk[i].text);
    }
    free(chunks.chunk);
    free(text);
    u->changed++;
}

/* Files of both come in the same order only if no folder was renamed: all are compared, from where the last was. */
static int64_t find(const struct index *old, const struct crawled *file, int64_t *from) {
    for (int64_t n = 0; n < old->head.files; n++) {
        const int64_t i = (*from + n) % old->head.files;
        const struct index_file *f = &old->file[i];
        if (strcmp(old->strings + f->path, file->path)) continue;
        *from = i + 1;
        return f->size == file->size && f->changed == file->changed ? i : -1;
    }
    return -1;
}

/* Texts that are embedded together. */
enum { GROUP = 32 };

static int64_t *missing_rows(const struct index *x, int64_t *count) {
    int64_t *missing = allocate((size_t)x->head.chunks, sizeof *missing);
    *count = 0;
    for (int64_t i = 0; i < x->head.chunks; i++)
        if (x->scale[i] == 0) missing[(*count)++] = i;
    return missing;
}

static void embed_group(const struct engine *engine, const struct index *x, const int64_t *missing, int64_t count,
                        float *rows) {
    char *text[GROUP];
    for (int64_t i = 0; i < count; i++) text[i] = x->strings + x->chunk[missing[i]].text;
    struct embeddings made = embeddings_make(engine, prompt_of_documents(engine->model), text, count);
    memcpy(rows, made.row, (size_t)(count * made.width) * sizeof *rows);
    embeddings_free(&made);
}

/* Computes the rows that are missing; returns how many. In each round every rank embeds a group, and rank 0 gets them
 * all: groups, and so the bits of rows, do not depend on how many ranks there are. */
static int64_t embed(const struct engine *engine, struct index *x, struct ranks ranks) {
    const int64_t width = x->head.width, round = (int64_t)ranks.count * GROUP;
    const double begin = clock_seconds();
    int64_t count;
    int64_t *missing = missing_rows(x, &count);
    float *rows = allocate((size_t)(round * width), sizeof *rows);
    for (int64_t first = 0; first < count; first += round) {
        const int64_t all = first + round < count ? round : count - first, own = (int64_t)ranks.own * GROUP;
        memset(rows, 0, (size_t)(round * width) * sizeof *rows);
        if (own < all)
            embed_group(engine, x, missing + first + own, own + GROUP < all ? GROUP : all - own, rows + own * width);
        ranks_collect(rows, (size_t)(all * width) * sizeof *rows);
        for (int64_t i = 0; i < all && !ranks.own; i++) index_set_row(x, missing[first + i], rows + i * width);
        const int64_t done = first + all;
        if (isatty(2) && !ranks.own)
            fprintf(stderr, "\r%lld of %lld chunks, %.0f a minute ", (long long)done, (long long)count,
                    60 * (double)done / (clock_seconds() - begin));
    }
    if (isatty(2) && count && !ranks.own) fputc('\n', stderr);
    free(rows);
    free(missing);
    return count;
}

/* Every rank finds and cuts the texts; only their embeddings are shared out. */
static void update(const struct engine *engine, const struct folder_search *s, int64_t width, uint64_t model,
                   struct ranks ranks) {
    const int exists = !access(s->index, F_OK);
    struct index old = exists ? index_open(s->index, width, model) : index_new(s->int8, width, model);
    if (s->int8 && !old.head.int8) failure("%s has float32 embeddings: --int8 needs a new index", s->index);
    struct update u = {.index = index_new((int)old.head.int8, width, model)};
    struct crawl files = crawl_folder(s->folder, s->index);
    const double begin = clock_seconds();
    for (int64_t i = 0, from = 0; i < files.count; i++) {
        const int64_t same = find(&old, &files.file[i], &from);
        if (same < 0) {
            add_new(engine, &u, &files.file[i]);
            continue;
        }
        index_add_file(&u.index, files.file[i].path, files.file[i].size, files.file[i].changed);
        index_copy_file(&u.index, &old, same);
        u.kept++;
    }
    if (!ranks_agree(index_texts(&u.index)))
        failure("the processes of mpirun do not find the same files in %s, or the same index in %s", s->folder,
                s->index);
    const int64_t made = embed(engine, &u.index, ranks);
    if (!ranks.own) {
        index_write(&u.index, s->index);
        fprintf(stderr,
                "%lld files are new or changed, %lld as before, %lld left out; %lld of %lld chunks embedded in %.1f "
                "s\n",
                (long long)u.changed, (long long)u.kept, (long long)u.no_text, (long long)made,
                (long long)u.index.head.chunks, clock_seconds() - begin);
    }
    crawl_free(&files);
    index_close(&old);
    index_close(&u.index);
}

/* ---------------------------------------------------------------------------------------------- answering */

static void print_hit(const struct index *x, const struct hit *hit, json_t *results) {
    const struct index_chunk *c = &x->chunk[hit->index];
    const char *path = x->strings + x->file[c->file].path;
    if (!results) {
        printf("%6.3f  %s:%lld  %s\n", hit->score, path, (long long)c->line, hit->text);
        return;
    }
    json_array_append_new(results, json_pack("{sf so sI sI ss}", "score", hit->score, "path", json_text(path), "line",
                                             (json_int_t)c->line, "offset", (json_int_t)c->offset, "text", hit->text));
}

/* Ends an answer on one line of JSON, or with an empty line where more may follow. */
static void end_answer(const struct folder_search *s, json_t *object) {
    if (s->json) json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (s->json || s->pipe) putchar('\n');
    fflush(stdout);
    json_decref(object);
}

/* A service says what is wrong with a line, and goes on. */
static void refuse(const struct folder_search *s, const char *why) {
    if (!s->pipe) failure("%s", why);
    if (!s->json) fprintf(stderr, "selfattn: %s\n", why);
    end_answer(s, json_pack("{so}", "error", json_text(why)));
}

/* Why a text is no query, in the library's words; NULL: it is one. */
static const char *fault_of(const struct engine *e, const char *query) {
    int64_t count;
    if (sa_tokenizer_encode(e->ctx, e->tokenizer, query, (int64_t)strlen(query), NULL, 0, &count) != SA_OK)
        return sa_ctx_last_error(e->ctx);
    return count ? NULL : "the query has no tokens";
}

static void answer(const struct engine *engine, const struct index *x, const char *query,
                   const struct folder_search *s) {
    char *const text[] = {(char *)query};
    char why[160];
    const char *fault = fault_of(engine, query);
    if (fault) {
        refuse(s, fault);
        return;
    }
    struct embeddings wanted = embeddings_make(engine, prompt_of_query(engine->model, s->prompt), text, 1);
    if (wanted.cut) {
        snprintf(why, sizeof why, "the query has more tokens than the model reads: %.60s...", query);
        refuse(s, why);
        embeddings_free(&wanted);
        return;
    }
    struct hit *hits = allocate((size_t)x->head.chunks, sizeof *hits);
    for (int64_t i = 0; i < x->head.chunks; i++) {
        hits[i] = (struct hit){x->strings + x->chunk[i].text, i, index_score(x, i, wanted.row)};
        if (!isfinite(hits[i].score)) failure("%s: the embedding of chunk %lld is no number", s->index, (long long)i);
    }
    const int64_t count = hits_rank(hits, x->head.chunks, s->reranker, s->candidates, query);
    json_t *results = s->json ? json_array() : NULL;
    for (int64_t i = 0; i < s->top && i < count; i++) print_hit(x, &hits[i], results);
    end_answer(s, s->json ? json_pack("{ss so}", "query", query, "results", results) : NULL);
    embeddings_free(&wanted);
    free(hits);
}

/* What answers the lines of standard input. */
struct service {
    const struct engine *engine;
    const struct index *index;
    const struct folder_search *search;
};

static void serve_line(void *service, const char *line) {
    const struct service *s = service;
    answer(s->engine, s->index, line, s->search);
}

static void serve_fault(void *service, const char *why) {
    refuse(((const struct service *)service)->search, why);
}

void folder_search(const struct engine *engine, const struct folder_search *s) {
    const int64_t width = sa_model_get(engine->model, SA_MODEL_EMBEDDING_WIDTH);
    const uint64_t model = index_model(s->model, engine->adapter);
    struct ranks ranks = ranks_open();
    if (s->folder) update(engine, s, width, model, ranks);
    ranks_close();
    if (ranks.own || (!s->query && !s->pipe)) return; /* one process answers */
    struct index x = index_open(s->index, width, model);
    if (s->query) answer(engine, &x, s->query, s);
    if (s->pipe) text_lines_or("-", serve_line, serve_fault, &(struct service){engine, &x, s});
    index_close(&x);
}
