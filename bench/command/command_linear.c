/* sa-bench linear: how near to the roofs is linear attention?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "loops/loops.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "way/rivals.h"
#include "way/workload.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const char about[] =
    "Times sa_linear_attention() with the gated delta rule, one decay per head, on one thread. All tokens at once, in\n"
    "the chunked form, beside the roof of multiply-adds, and beside PyTorch's chunked form if python3 can import\n"
    "torch: outputs are compared before. Then a token at a time with a state, beside a plain sum over as much memory.\n"
    "They take turns in CPU time; we report the lowest round medians. Operations are those of the products, 2 T H\n"
    "(3 D D + 128 D) for heads of D and chunks of 64, triangles counted half. Prints Markdown.";

struct linear {
    sa_ctx *ctx;
    int64_t heads, tokens, size;
    float *q, *k, *v, *o, *other, *decay, *beta;
    sa_linear_state *state;
    int64_t step; /* the token of the next step */
    float *memory, sum;
    int64_t count; /* numbers in the state, and in memory */
    struct worker worker;
    double rival_ms;
};

static sa_linear_attention_args args_of(const struct linear *l, int64_t first, int64_t count) {
    const int64_t H = l->heads, D = l->size, at = first * H * D;
    sa_linear_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, l->q + at, SA_F32, SA_BSHD, 1, H, count, D);
    sa_tensor_set(&a.key, l->k + at, SA_F32, SA_BSHD, 1, H, count, D);
    sa_tensor_set(&a.value, l->v + at, SA_F32, SA_BSHD, 1, H, count, D);
    sa_tensor_set(&a.output, l->o + at, SA_F32, SA_BSHD, 1, H, count, D);
    sa_tensor_set(&a.decay, l->decay + first * H, SA_F32, SA_BSHD, 1, H, count, 1);
    sa_tensor_set(&a.beta, l->beta + first * H, SA_F32, SA_BSHD, 1, H, count, 1);
    return a;
}

static int attend(const struct linear *l, const sa_linear_attention_args *a) {
    return sa_linear_attention(l->ctx, a) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

static int run_chunked(void *state) {
    const struct linear *l = state;
    sa_linear_attention_args a = args_of(l, 0, l->tokens);
    a.form = SA_LINEAR_CHUNKED;
    return attend(l, &a);
}

static int run_step(void *state) {
    struct linear *l = state;
    sa_linear_attention_args a = args_of(l, l->step, 1);
    l->step = (l->step + 1) % l->tokens;
    a.state = l->state;
    return attend(l, &a);
}

static int run_sum(void *state) {
    struct linear *l = state;
    l->sum = loops_best()->read(l->memory, l->count);
    return DONE;
}

static int run_rival(void *state) {
    struct linear *l = state;
    return worker_run(&l->worker, json_pack("{s:s}", "do", "run"), &l->rival_ms);
}

/* Keys of norm 1, decays of 0 .. 0.1, betas around a half. */
static void fill(struct linear *l) {
    const int64_t rows = l->tokens * l->heads, D = l->size;
    floats_normal(l->q, rows * D, 1, 1), floats_normal(l->k, rows * D, 1, 2), floats_normal(l->v, rows * D, 1, 3);
    floats_normal(l->beta, rows, 1, 4);
    for (int64_t r = 0; r < rows; r++) {
        double norm = 0;
        for (int64_t d = 0; d < D; d++) norm += (double)l->k[r * D + d] * (double)l->k[r * D + d];
        for (int64_t d = 0; d < D; d++) l->k[r * D + d] = (float)((double)l->k[r * D + d] / sqrt(norm));
        l->decay[r] = -.01f * (float)(r % 11);
        l->beta[r] = 1 / (1 + expf(-l->beta[r]));
    }
}

static int open_all(struct linear *l) {
    const int64_t H = l->heads, D = l->size;
    float **const rows[] = {&l->q, &l->k, &l->v, &l->o, &l->other};
    for (int i = 0; i < 5; i++)
        if (!(*rows[i] = floats_new(l->tokens, H, D, 1, "tokens"))) return FAILED;
    l->decay = floats_new(l->tokens, H, 1, 1, "decays"), l->beta = floats_new(l->tokens, H, 1, 1, "betas");
    l->count = H * D * D / 256 * 256;
    l->memory = floats_new(l->count, 1, 1, 1, "a state");
    if (!l->decay || !l->beta || !l->memory) return FAILED;
    floats_normal(l->memory, l->count, 1, 5);
    fill(l);
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    const sa_linear_state_config config = {.struct_size = sizeof config, .batch = 1, .kv_heads = H, .head_size = D};
    if (sa_ctx_create(&options, &l->ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    if (sa_linear_state_create(l->ctx, &config, &l->state) == SA_OK) return DONE;
    return complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

static void close_all(struct linear *l) {
    float *const all[] = {l->q, l->k, l->v, l->o, l->other, l->decay, l->beta, l->memory};
    for (int i = 0; i < 8; i++) free(all[i]);
    worker_stop(&l->worker);
    sa_linear_state_destroy(&l->state);
    sa_ctx_destroy(&l->ctx);
}

/* ---- PyTorch's side: inputs go to it and its output comes back in a file */

static int write_inputs(const struct linear *l, FILE *file) {
    const size_t rows = (size_t)(l->tokens * l->heads), numbers = rows * (size_t)l->size;
    fwrite(l->q, sizeof(float), numbers, file), fwrite(l->k, sizeof(float), numbers, file);
    fwrite(l->v, sizeof(float), numbers, file);
    fwrite(l->decay, sizeof(float), rows, file), fwrite(l->beta, sizeof(float), rows, file);
    return fflush(file) || ferror(file) ? complain(FAILED, "cannot write PyTorch's inputs") : DONE;
}

static int read_output(const struct linear *l, FILE *file) {
    const size_t rows = (size_t)(l->tokens * l->heads), numbers = rows * (size_t)l->size;
    const int whole = fseek(file, (long)((3 * numbers + 2 * rows) * sizeof(float)), SEEK_SET) == 0 &&
                      fread(l->other, sizeof(float), numbers, file) == numbers;
    if (!whole) return complain(FAILED, "%s wrote no whole output", l->worker.name);
    const double difference = largest_difference(l->o, l->other, (int64_t)numbers);
    return difference <= 2e-5 ? DONE : complain(FAILED, "%s is off by %g", l->worker.name, difference);
}

static int ask_rival(struct linear *l, const char *name, FILE *file, struct runner *runner) {
    json_t *request = json_pack("{s:s,s:I,s:I,s:I,s:s}", "do", "linear", "H", (json_int_t)l->heads, "T",
                                (json_int_t)l->tokens, "D", (json_int_t)l->size, "file", name);
    json_decref(worker_open(&l->worker, request, l->worker.absent));
    if (*l->worker.absent) return DONE;
    *runner = (struct runner){.run = run_rival, .state = l, .own_ms = &l->rival_ms};
    const int status = run_chunked(l);
    return status ? status : read_output(l, file);
}

static int open_rival(struct linear *l, struct runner *runner) {
    char name[4096];
    rivals_start_pytorch(&l->worker, "pytorch_linear.py");
    if (!*l->worker.name) return DONE;
    FILE *file = worker_file(name, sizeof name);
    if (!file) return FAILED;
    int status = write_inputs(l, file);
    if (!status) status = ask_rival(l, name, file, runner);
    fclose(file);
    unlink(name);
    return status;
}

/* ---- the race */

enum { CHUNKED, PYTORCH, ROOF, STEP, SUM, RUNNERS };

static void print_chunked(const struct runner *r) {
    static struct grid grid;
    static const char *const titles[] = {"all tokens at once", "ms", "GF/s", "of FMA", "x ours"};
    grid_titles(&grid, titles, 5);
    grid_row(&grid);
    grid_cell(&grid, "chunks of 64");
    grid_cell(&grid, "%.1f", r[CHUNKED].ms_median);
    grid_cell(&grid, "%.1f", runner_rate(&r[CHUNKED]));
    grid_cell(&grid, "%.2f", runner_rate(&r[CHUNKED]) / runner_rate(&r[ROOF]));
    grid_cell(&grid, "1.00");
    if (r[PYTORCH].run) {
        grid_row(&grid);
        grid_cell(&grid, "PyTorch, chunks of 64");
        grid_cell(&grid, "%.1f", r[PYTORCH].ms_median);
        grid_cell(&grid, "–");
        grid_cell(&grid, "–");
        grid_cell(&grid, "%.2f", r[PYTORCH].ms_median / r[CHUNKED].ms_median);
    }
    grid_print(&grid);
}

static void print_step(const struct runner *r) {
    static struct grid grid;
    static const char *const titles[] = {"a token at a time", "µs", "GB/s of state", "of a plain sum"};
    printf("\n");
    grid_titles(&grid, titles, 4);
    for (int i = STEP; i <= SUM; i++) {
        grid_row(&grid);
        grid_cell(&grid, "%s", i == STEP ? "a step" : "a plain sum of as many numbers");
        grid_cell(&grid, "%.1f", r[i].ms_median * 1e3);
        grid_cell(&grid, "%.1f", runner_rate(&r[i]));
        grid_cell(&grid, "%.2f", runner_rate(&r[i]) / runner_rate(&r[SUM]));
    }
    grid_print(&grid);
}

static void set_runners(struct linear *l, struct runner *r) {
    const double D = (double)l->size, bytes = (double)l->count * sizeof(float);
    r[CHUNKED] = (struct runner){.run = run_chunked, .state = l};
    r[CHUNKED].work = 2 * (double)(l->tokens * l->heads) * (3 * D * D + 128 * D);
    r[STEP] = (struct runner){.run = run_step, .state = l, .work = bytes};
    r[SUM] = (struct runner){.run = run_sum, .state = l, .work = bytes};
}

static int run(struct linear *l, double seconds) {
    const struct race race = {
        .rounds = 10000, .seconds = 0.02, .min_reps = 1, .max_reps = 1000, .patience = seconds, .cpu_time = 1};
    struct runner r[RUNNERS] = {{0}};
    struct progress progress;
    int status = open_all(l);
    if (!status) set_runners(l, r);
    if (!status) status = open_rival(l, &r[PYTORCH]);
    if (!status) status = fma_open(&r[ROOF], sa_ctx_isa(l->ctx));
    progress_start(&progress, seconds);
    if (!status) status = race_run(r, RUNNERS, &race, &progress);
    progress_end(&progress);
    if (status) return status;
    print_machine();
    printf("The gated delta rule, %lld heads of %lld, %lld tokens, one thread, CPU time; FMA roof %.1f GF/s. ",
           (long long)l->heads, (long long)l->size, (long long)l->tokens, runner_rate(&r[ROOF]));
    worker_print(&l->worker, "PyTorch");
    printf(".\n\n");
    print_chunked(r);
    print_step(r);
    return DONE;
}

int linear_command(int argc, const char **argv) {
    long long heads = 16, tokens = 4096, size = 128;
    double seconds = 20;
    struct poptOption flags[] = {{"h", 0, POPT_ARG_LONGLONG, &heads, 0, "heads (16)", "H"},
                                 {"t", 0, POPT_ARG_LONGLONG, &tokens, 0, "tokens (4096)", "T"},
                                 {"d", 0, POPT_ARG_LONGLONG, &size, 0, "head size, a multiple of 16 (128)", "D"},
                                 {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds (20)", "S"},
                                 POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--h", heads, 1, 1024);
    if (status < 0) status = check_range("--t", tokens, 1, 1 << 20);
    if (status < 0) status = check_range("--d", size, 16, 1024);
    if (status < 0 && size % 16) status = complain(BAD_USAGE, "--d is %lld; it has to be a multiple of 16", size);
    if (status < 0) status = check_seconds(seconds);
    if (status >= 0) return status;
    struct linear l = {.heads = heads, .tokens = tokens, .size = size};
    status = run(&l, seconds);
    close_all(&l);
    return status;
}
