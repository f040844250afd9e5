/* sa-bench busy: how fast does a model write while other processes use the CPUs?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/busy.h"
#include "measure/harness.h"
#include "measure/report.h"
#include "rivals/llama_cpp.h"
#include "show/grid.h"
#include "way/decoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Keeps 0, 1, ... CPUs busy with endless loops, and times a language model meanwhile: decoding after a prompt of\n"
    "8 tokens, and prefill of 256, by one thread, by the library's own threads and by OpenMP, which take turns, round\n"
    "by round. We report the medians of all calls: what others leave to a program is part of its time. A GGUF file\n"
    "is also given to llama.cpp's llama-bench, if that is installed.\n"
    "\n"
    "Usage: sa-bench busy MODEL";

enum { SERIAL, POOL, OPENMP, WAYS, MOST_CALLS = 4096 };
static const char *const names[WAYS] = {"one thread", "own threads", "OpenMP"};
static const int32_t kinds[WAYS] = {SA_PARALLEL_SERIAL, SA_PARALLEL_POOL, SA_PARALLEL_OPENMP};

/* Times of one kind of call. */
struct times {
    double ms[MOST_CALLS];
    int count;
};

struct contestant {
    struct decoder decoder;
    struct times decoding, prefill;
};

struct study {
    const char *model, *llama_bench;
    int threads, most_busy;
    double seconds;
    int ways;
    struct contestant contestants[WAYS];
    struct llama_cpp rival;
    struct grid grid;
};

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(struct times *t) {
    qsort(t->ms, (size_t)t->count, sizeof *t->ms, ascending);
    return t->count ? t->ms[t->count / 2] : 0;
}

static int timed(int (*call)(void *), struct decoder *d, struct times *t) {
    const double start = clock_seconds();
    const int status = call(d);
    if (t->count < MOST_CALLS) t->ms[t->count++] = (clock_seconds() - start) * 1e3;
    return status;
}

/* A prefill, and tokens for about as long. */
static int turn(struct contestant *c) {
    int status = timed(decoder_prefill, &c->decoder, &c->prefill);
    const double until = clock_seconds() + c->prefill.ms[c->prefill.count - 1] * 1e-3;
    while (!status && clock_seconds() < until) status = timed(decoder_step, &c->decoder, &c->decoding);
    return status;
}

static int open_all(struct study *s) {
    int status = DONE;
    for (int i = 0; i < WAYS && !status; i++) {
        const sa_ctx_options options = {
            .struct_size = sizeof options, .threads = i == SERIAL ? 1 : s->threads, .parallel = kinds[i]};
        struct contestant *c = &s->contestants[s->ways];
        if (i == OPENMP && !strstr(sa_build_info(), "OpenMP")) break;
        s->ways++;
        status = decoder_open(&c->decoder, &options, s->model);
        if (!status) status = decoder_read(&c->decoder);
    }
    return status;
}

static void add_rows(struct study *s, int busy) {
    const double alone = median(&s->contestants[SERIAL].decoding), reads = median(&s->contestants[SERIAL].prefill);
    for (int i = 0; i < s->ways && i < WAYS; i++) {
        struct contestant *c = &s->contestants[i];
        const double decoding = median(&c->decoding), prefill = median(&c->prefill);
        grid_row(&s->grid);
        grid_cell(&s->grid, "%s", names[i]);
        grid_cell(&s->grid, "%d", busy);
        grid_cell(&s->grid, "%.0f", 1e3 / decoding);
        grid_cell(&s->grid, "%.2f", alone / decoding);
        grid_cell(&s->grid, "%.0f", 1e3 * (double)c->decoder.longer / prefill);
        grid_cell(&s->grid, "%.2f", reads / prefill);
    }
    if (s->rival.decoding <= 0) return;
    grid_row(&s->grid);
    grid_cell(&s->grid, "%s", s->rival.name);
    grid_cell(&s->grid, "%d", busy);
    grid_cell(&s->grid, "%.0f", s->rival.decoding);
    grid_cell(&s->grid, "%.2f", s->rival.decoding * alone * 1e-3);
    grid_cell(&s->grid, "%.0f", s->rival.prefill);
    grid_cell(&s->grid, "%.2f", s->rival.prefill * reads * 1e-3 / (double)s->contestants[SERIAL].decoder.longer);
}

static int measure_beside(struct study *s, int busy, struct progress *progress) {
    const double start = clock_seconds();
    struct busy loops;
    int status = busy_begin(&loops, busy);
    for (int i = 0; i < s->ways; i++) s->contestants[i].decoding.count = s->contestants[i].prefill.count = 0;
    do {
        const double before = clock_seconds();
        for (int i = 0; i < s->ways && !status; i++) status = turn(&s->contestants[i]);
        progress_step(progress, clock_seconds() - before);
    } while (!status && clock_seconds() - start < s->seconds);
    if (!status && llama_cpp_reads(s->model))
        llama_cpp_measure(&s->rival, s->llama_bench, s->model, s->threads, DECODED, 0, PREFILL);
    busy_end(&loops);
    if (!status) add_rows(s, busy);
    return status;
}

static int measure(struct study *s) {
    static const char *const heading[] = {
        "", "busy loops", "decoding, tokens/s", "of one thread", "prefill, tokens/s", "of one thread"};
    struct progress progress;
    int status = DONE;
    grid_row(&s->grid);
    for (size_t i = 0; i < sizeof heading / sizeof *heading; i++) grid_cell(&s->grid, "%s", heading[i]);
    progress_start(&progress, s->seconds * (s->most_busy + 1));
    for (int busy = 0; busy <= s->most_busy && !status; busy++) {
        progress_say(&progress, busy ? "beside busy loops" : "alone");
        status = measure_beside(s, busy, &progress);
    }
    progress_end(&progress);
    return status;
}

static int run_busy(struct study *s) {
    int status = open_all(s);
    if (!status) status = measure(s);
    if (!status) {
        print_machine();
        printf("%d threads; %g s for each number of busy CPUs; medians; \"of one thread\" is under the same load.\n\n",
               s->threads, s->seconds);
        grid_print(&s->grid);
        if (*s->rival.absent) printf("\nNot there: llama.cpp (%s).\n", s->rival.absent);
    }
    for (int i = 0; i < s->ways; i++) decoder_close(&s->contestants[i].decoder);
    return status;
}

/* popt's copy of the name goes with its context. */
static int take_model(const char *name, void *to) {
    char **model = to;
    if (*model) return complain(BAD_USAGE, "\"%s\" is one model too many; see sa-bench busy --help", name);
    *model = strdup(name);
    return *model ? -1 : complain_memory((double)strlen(name), "a name");
}

int busy_command(int argc, const char **argv) {
    static struct study s = {.threads = 2, .most_busy = 2, .seconds = 10};
    char *model = NULL, *llama_bench = NULL;
    struct poptOption flags[] = {
        {"threads", 0, POPT_ARG_INT, &s.threads, 0, "threads of all ways but \"one thread\" (2)", "T"},
        {"busy", 0, POPT_ARG_INT, &s.most_busy, 0, "the most busy loops (2)", "N"},
        {"seconds", 0, POPT_ARG_DOUBLE, &s.seconds, 0, "seconds for each number of busy loops (10)", "S"},
        {"llama-bench", 0, POPT_ARG_STRING, &llama_bench, 0, "llama.cpp's program (llama-bench, in PATH)", "PROGRAM"},
        POPT_TABLEEND};
    int status = options_read_names(flags, about, argc, argv, take_model, &model);
    if (status < 0) status = check_seconds(s.seconds);
    if (status < 0) status = check_range("--threads", s.threads, 1, 1024);
    if (status < 0) status = check_range("--busy", s.most_busy, 0, MOST_BUSY);
    if (status < 0 && !model) status = complain(BAD_USAGE, "no model is named; see sa-bench busy --help");
    s.model = model;
    s.llama_bench = llama_bench ? llama_bench : "llama-bench";
    if (status < 0) status = run_busy(&s);
    free(model);
    free(llama_bench);
    return status;
}
