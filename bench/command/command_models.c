/* sa-bench models: how fast are whole models, and what do they take to open?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/harness.h"
#include "measure/report.h"
#include "rivals/llama_cpp.h"
#include "show/grid.h"
#include "study/opening.h"
#include "way/decoder.h"
#include "way/encoder.h"
#include "way/rivals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times models whole, at precision highest and medium. Decoders: tokens per second one at a time behind a prompt "
    "of\n"
    "8 tokens (and --depth more), and prefill of 256 tokens; a GGUF file is also given to llama.cpp's llama-bench, if\n"
    "that is installed. Encoders: milliseconds for 1 text of 16, 128 and 512 tokens, 32 of 32 and of 128; beside them\n"
    "PyTorch's BertModel in f32 and bf16, if python3 can import torch and transformers. All take turns, round by "
    "round;\n"
    "we report the lowest round median. Opening is measured in processes of their own.\n"
    "\n"
    "Usage: sa-bench models MODEL...";

enum { MOST_MODELS = 16, PRECISIONS = 2, TIMES_OPENED = 5, RIVALS = 2, BATCHES = 5 };

static const int32_t precisions[PRECISIONS] = {SA_PRECISION_HIGHEST, SA_PRECISION_MEDIUM};
static const struct encoder_batch batches[BATCHES] = {{1, 16}, {1, 128}, {1, 512}, {32, 32}, {32, 128}};

struct models {
    char *names[MOST_MODELS];
    int count, threads, depth;
    double seconds;
    const char *llama_bench;
    struct opening openings[MOST_MODELS];
    struct worker rivals[RIVALS]; /* PyTorch in f32, bf16 */
    struct grid opening_grid, writing_grid, encoding_grid;
};

static const char *file_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static struct race race_of(const struct models *m) {
    return (struct race){.rounds = 1000, .seconds = 0.1, .min_reps = 1, .max_reps = DECODED, .patience = m->seconds};
}

/* ------------------------------------------------------------------------------------------------ opening */

static int measure_openings(struct models *m) {
    static const char *const heading[] = {"model", "open, ms", "first call, ms", "memory, MiB"};
    int status = DONE;
    grid_titles(&m->opening_grid, heading, 4);
    for (int i = 0; i < m->count && !status; i++) {
        const struct opening *o = &m->openings[i];
        status = opening_measure(&m->openings[i], m->names[i], m->threads, TIMES_OPENED);
        grid_row(&m->opening_grid);
        grid_cell(&m->opening_grid, "%s", file_of(m->names[i]));
        grid_cell(&m->opening_grid, "%.1f", o->open_ms);
        if (o->first_ms > 0) grid_cell(&m->opening_grid, "%.1f", o->first_ms);
        grid_cell(&m->opening_grid, "%.0f", o->mebibytes);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ writing */

static void add_rates(struct grid *grid, const char *model, const char *by, double decoding, double prefill) {
    grid_row(grid);
    grid_cell(grid, "%s", model);
    grid_cell(grid, "%s", by);
    grid_cell(grid, "%.0f", decoding);
    grid_cell(grid, "%.0f", prefill);
}

static void race_llama_cpp(struct models *m, const char *path) {
    struct llama_cpp l;
    llama_cpp_measure(&l, m->llama_bench, path, m->threads, DECODED, PROMPT + m->depth, PREFILL);
    if (*l.absent)
        printf("Not there: llama.cpp (%s).\n\n", l.absent);
    else
        add_rates(&m->writing_grid, file_of(path), l.name, l.decoding, l.prefill);
}

static int measure_writing(struct models *m, const char *path, struct progress *progress) {
    static struct decoder decoders[PRECISIONS];
    struct runner r[2 * PRECISIONS] = {{0}};
    const struct race race = race_of(m);
    int status = DONE;
    for (int i = 0; i < PRECISIONS && !status; i++) {
        const sa_ctx_options options = {
            .struct_size = sizeof options, .threads = m->threads, .precision = precisions[i]};
        status = decoder_open(&decoders[i], &options, path);
        decoders[i].depth = m->depth;
        if (!status) status = decoder_read(&decoders[i]);
        r[2 * i] = (struct runner){.run = decoder_step, .state = &decoders[i]};
        r[2 * i + 1] = (struct runner){.run = decoder_prefill, .state = &decoders[i]};
    }
    if (!status) status = race_run(r, 2 * PRECISIONS, &race, progress);
    for (int i = 0; i < PRECISIONS; i++) {
        if (!status)
            add_rates(&m->writing_grid, file_of(path), precision_name(precisions[i]), 1e3 / r[2 * i].ms_median,
                      1e3 * (double)decoders[i].longer / r[2 * i + 1].ms_median);
        decoder_close(&decoders[i]);
    }
    if (!status && llama_cpp_reads(path)) race_llama_cpp(m, path);
    return status;
}

/* ----------------------------------------------------------------------------------------------- encoding */

/* PyTorch's side of a race. */
struct remote_encoder {
    struct worker *worker;
    double ms;
};

static int remote_encode(void *remote) {
    struct remote_encoder *r = remote;
    return worker_run(r->worker, json_pack("{s:s}", "do", "run"), &r->ms);
}

/* The first numbers of the first embedding have to agree, within what the type of numbers explains. */
static int check_embedding(const json_t *answer, const struct encoder *e, double allowed, const char *name) {
    size_t i;
    json_t *number;
    json_array_foreach(json_object_get(answer, "embedding"), i, number) {
        const double difference = fabs(json_number_value(number) - (double)e->embedding[i]);
        if (!(difference <= allowed))
            return complain(FAILED, "%s: number %zu of the embedding differs by %g", name, i, difference);
    }
    return DONE;
}

/* Sets the runner to PyTorch if it can run this model. */
static int open_remote(struct models *m, int rival, const char *path, const struct encoder *e,
                       struct remote_encoder *remote, struct runner *runner) {
    static const char *const types[RIVALS] = {"f32", "bf16"};
    static const double allowed[RIVALS] = {1e-3, 2e-2};
    struct worker *w = &m->rivals[rival];
    char absent[WORKER_ABSENT];
    if (!*w->name) return DONE;
    json_t *request = json_pack("{s:s,s:s,s:I,s:I,s:s,s:i}", "do", "encoder", "path", path, "B", (json_int_t)e->batch.B,
                                "T", (json_int_t)e->batch.T, "dtype", types[rival], "threads", m->threads);
    json_t *answer = worker_open(w, request, absent);
    if (!answer) return DONE;
    *remote = (struct remote_encoder){.worker = w};
    *runner = (struct runner){.run = remote_encode, .state = remote, .own_ms = &remote->ms};
    const int status = check_embedding(answer, e, allowed[rival], w->name);
    json_decref(answer);
    return status;
}

static void add_times(struct models *m, const char *path, const struct encoder *e, const struct runner *r) {
    struct grid *g = &m->encoding_grid;
    grid_row(g);
    grid_cell(g, "%s", file_of(path));
    grid_cell(g, "%d × %d", (int)e->batch.B, (int)e->batch.T);
    for (int i = 0; i < PRECISIONS + RIVALS; i++)
        if (r[i].run)
            grid_cell(g, "%.2f", r[i].ms_median);
        else
            grid_cell(g, " ");
}

static int race_encoders(struct models *m, const char *path, struct encoder_batch batch, struct progress *progress) {
    static struct encoder encoders[PRECISIONS];
    struct remote_encoder remotes[RIVALS];
    struct runner r[PRECISIONS + RIVALS] = {{0}};
    const struct race race = race_of(m);
    int status = DONE;
    for (int i = 0; i < PRECISIONS && !status; i++) {
        const sa_ctx_options options = {
            .struct_size = sizeof options, .threads = m->threads, .precision = precisions[i]};
        status = encoder_open(&encoders[i], &options, path, batch);
        r[i] = (struct runner){.run = encoder_encode, .state = &encoders[i]};
        if (!status) status = encoder_encode(&encoders[i]);
    }
    for (int i = 0; i < RIVALS && !status; i++)
        status = open_remote(m, i, path, &encoders[0], &remotes[i], &r[PRECISIONS + i]);
    if (!status) status = race_run(r, PRECISIONS + RIVALS, &race, progress);
    if (!status) add_times(m, path, &encoders[0], r);
    for (int i = 0; i < PRECISIONS; i++) encoder_close(&encoders[i]);
    return status;
}

static int measure_encoding(struct models *m, const char *path, struct progress *progress) {
    int status = DONE;
    for (int i = 0; i < BATCHES && !status; i++) status = race_encoders(m, path, batches[i], progress);
    return status;
}

/* ---------------------------------------------------------------------------------------------- all of it */

static int measure_all(struct models *m) {
    static const char *const writing[] = {"model", "by", "decoding, tokens/s", "prefill, tokens/s"};
    static const char *const encoding[] = {"model",      "texts × tokens",  "highest, ms",
                                           "medium, ms", "PyTorch f32, ms", "PyTorch bf16, ms"};
    struct progress progress;
    double total = 0;
    int status = DONE;
    grid_titles(&m->writing_grid, writing, 4);
    grid_titles(&m->encoding_grid, encoding, 6);
    for (int i = 0; i < m->count; i++) total += m->seconds * (m->openings[i].encodes ? BATCHES : 1);
    progress_start(&progress, total);
    for (int i = 0; i < m->count && !status; i++) {
        progress_say(&progress, file_of(m->names[i]));
        if (m->openings[i].writes)
            status = measure_writing(m, m->names[i], &progress);
        else if (m->openings[i].encodes)
            status = measure_encoding(m, m->names[i], &progress);
    }
    progress_end(&progress);
    return status;
}

static void print_grid(const struct grid *grid) {
    if (grid->rows < 2) return;
    grid_print(grid);
    putchar('\n');
}

static int run_models(struct models *m) {
    int status = measure_openings(m); /* before this process has anything in memory */
    for (int i = 0; i < RIVALS && !status; i++) rivals_start_pytorch(&m->rivals[i], "pytorch.py");
    if (!status) print_machine();
    if (!status) status = measure_all(m);
    if (!status) {
        printf("%d thread%s, %d tokens before those that are decoded, %g s a model or batch. %s.\n\n", m->threads,
               m->threads > 1 ? "s" : "", PROMPT + m->depth, m->seconds,
               *m->rivals[0].name ? m->rivals[0].name : "PyTorch is not there");
        print_grid(&m->opening_grid);
        print_grid(&m->writing_grid);
        print_grid(&m->encoding_grid);
    }
    for (int i = 0; i < RIVALS; i++) worker_stop(&m->rivals[i]);
    return status;
}

/* popt's copy of the name goes with its context. */
static int take_model(const char *name, void *to) {
    struct models *m = to;
    if (m->count == MOST_MODELS) return complain(BAD_USAGE, "more than %d models", MOST_MODELS);
    m->names[m->count] = strdup(name);
    return m->names[m->count++] ? -1 : complain_memory((double)strlen(name), "a name");
}

int models_command(int argc, const char **argv) {
    static struct models m = {.threads = 1, .seconds = 5};
    char *llama_bench = NULL;
    struct poptOption flags[] = {
        {"threads", 0, POPT_ARG_INT, &m.threads, 0, "threads of the library and of each rival (1)", "T"},
        {"depth", 0, POPT_ARG_INT, &m.depth, 0, "tokens before the prompt of 8 that decoding begins with (0)", "N"},
        {"seconds", 0, POPT_ARG_DOUBLE, &m.seconds, 0, "seconds of rounds for each model or batch (5)", "S"},
        {"llama-bench", 0, POPT_ARG_STRING, &llama_bench, 0, "llama.cpp's program (llama-bench, in PATH)", "PROGRAM"},
        POPT_TABLEEND};
    int status = options_read_names(flags, about, argc, argv, take_model, &m);
    if (status < 0) status = check_seconds(m.seconds);
    if (status < 0) status = check_range("--threads", m.threads, 1, 1024);
    if (status < 0) status = check_range("--depth", m.depth, 0, 1000000);
    if (status < 0 && !m.count) status = complain(BAD_USAGE, "no model is named; see sa-bench models --help");
    m.llama_bench = llama_bench ? llama_bench : "llama-bench";
    if (status < 0) status = run_models(&m);
    for (int i = 0; i < m.count; i++) free(m.names[i]);
    free(llama_bench);
    return status;
}
