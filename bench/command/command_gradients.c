/* sa-bench gradients: what does a training step of attention cost?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "study/shapes.h"

#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times sa_attention() and sa_attention_backward() at named shapes (see sa-bench compare --help; default: all but\n"
    "layers and decoding). They and the roof of multiply-adds take turns, round by round; we report the lowest round\n"
    "median. A forward pass counts 4 B H T S D operations, a backward pass 10, half of it when causal. Prints "
    "Markdown.";

/* A shape, its tensors, and both calls on them. */
struct training {
    sa_ctx *ctx;
    struct workload inputs;
    float *lse, *upstream, *dq, *dk, *dv;
    sa_masking masking;
    sa_attention_args args;
    sa_attention_gradients gradients;
};

static int run_forward(void *state) {
    struct training *t = state;
    if (sa_attention(t->ctx, &t->args) == SA_OK) return 0;
    return complain(FAILED, "%s", sa_ctx_last_error(t->ctx));
}

static int run_backward(void *state) {
    struct training *t = state;
    if (sa_attention_backward(t->ctx, &t->args, &t->gradients) == SA_OK) return 0;
    return complain(FAILED, "%s", sa_ctx_last_error(t->ctx));
}

static void training_close(struct training *t) {
    float *all[] = {t->lse, t->upstream, t->dq, t->dk, t->dv};
    for (int i = 0; i < 5; i++) free(all[i]);
    workload_free(&t->inputs);
}

static void set_tensors(struct training *t, const struct shape *s) {
    const struct workload *w = &t->inputs;
    t->masking = (sa_masking){.struct_size = sizeof t->masking, .causal = s->causal};
    t->args = (sa_attention_args){.struct_size = sizeof t->args, .masking = &t->masking};
    t->gradients = (sa_attention_gradients){.struct_size = sizeof t->gradients};
    sa_tensor_set(&t->args.query, w->q, SA_F32, SA_BHSD, s->B, s->H, s->T, s->D);
    sa_tensor_set(&t->args.key, w->k, SA_F32, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&t->args.value, w->v, SA_F32, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&t->args.output, w->o, SA_F32, SA_BHSD, s->B, s->H, s->T, s->D);
    sa_tensor_set(&t->args.lse, t->lse, SA_F32, SA_BHSD, s->B, s->H, s->T, 1);
    sa_tensor_set(&t->gradients.output, t->upstream, SA_F32, SA_BHSD, s->B, s->H, s->T, s->D);
    sa_tensor_set(&t->gradients.query, t->dq, SA_F32, SA_BHSD, s->B, s->H, s->T, s->D);
    sa_tensor_set(&t->gradients.key, t->dk, SA_F32, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&t->gradients.value, t->dv, SA_F32, SA_BHSD, s->B, s->K, s->S, s->D);
}

static int training_open(struct training *t, sa_ctx *ctx, const struct shape *s) {
    *t = (struct training){.ctx = ctx};
    int status = workload_make(&t->inputs, s);
    if (status) return status;
    t->lse = floats_new(s->B, s->H, s->T, 1, "log-sum-exps");
    t->upstream = floats_new(s->B, s->H, s->T, s->D, "the output's gradient");
    t->dq = floats_new(s->B, s->H, s->T, s->D, "gradients of queries");
    t->dk = floats_new(s->B, s->K, s->S, s->D, "gradients of keys");
    t->dv = floats_new(s->B, s->K, s->S, s->D, "gradients of values");
    if (t->lse && t->upstream && t->dq && t->dk && t->dv) {
        floats_normal(t->upstream, output_count(s), 1, 5);
        set_tensors(t, s);
        return run_forward(t);
    }
    training_close(t);
    return FAILED;
}

enum { FORWARD, BACKWARD, ROOF, RUNNERS };

struct measured {
    struct runner runners[RUNNERS];
};

static int measure_shape(sa_ctx *ctx, const struct named_shape *shape, double seconds, struct measured *m,
                         struct progress *progress) {
    const struct race race = {.rounds = 100, .seconds = 0.05, .min_reps = 1, .max_reps = 1000, .patience = seconds};
    static struct training t;
    int status = training_open(&t, ctx, &shape->shape);
    if (status) return status;
    const double flops = shape_flops(&shape->shape);
    m->runners[FORWARD] = (struct runner){.run = run_forward, .state = &t, .work = flops};
    m->runners[BACKWARD] = (struct runner){.run = run_backward, .state = &t, .work = 2.5 * flops};
    progress_say(progress, shape->name);
    status = fma_open(&m->runners[ROOF], sa_ctx_isa(ctx));
    if (!status) status = race_run(m->runners, RUNNERS, &race, progress);
    training_close(&t);
    return status;
}

static void print_shape(struct grid *grid, const char *name, const struct measured *m, int threads) {
    const struct runner *r = m->runners;
    const double ms = r[FORWARD].ms_median + r[BACKWARD].ms_median, work = r[FORWARD].work + r[BACKWARD].work;
    grid_row(grid);
    grid_cell(grid, "%s", name);
    grid_cell(grid, "%.2f", r[FORWARD].ms_median);
    grid_cell(grid, "%.2f", r[BACKWARD].ms_median);
    grid_cell(grid, "%.1f", work / ms * 1e-6);
    grid_cell(grid, "%.2f", work / ms * 1e-6 / (runner_rate(&r[ROOF]) * threads));
}

static int run(sa_ctx *ctx, const char chosen[SHAPES], double seconds) {
    static struct grid grid;
    struct progress progress;
    double total = 0;
    int status = DONE;
    for (int i = 0; i < SHAPES; i++) total += chosen[i] ? seconds : 0;
    print_machine();
    printf("Threads %d, precision highest, f32; rounds for %g s a shape, lowest round median.\n\n", sa_ctx_threads(ctx),
           seconds);
    grid_titles(&grid, (const char *const[]){"shape", "forward, ms", "backward, ms", "both, GF/s", "of FMA"}, 5);
    progress_start(&progress, total);
    for (int i = 0; i < SHAPES && !status; i++) {
        struct measured m = {0};
        if (!chosen[i]) continue;
        status = measure_shape(ctx, &shapes[i], seconds, &m, &progress);
        if (!status) print_shape(&grid, shapes[i].name, &m, sa_ctx_threads(ctx));
    }
    progress_end(&progress);
    if (!status) grid_print(&grid);
    return status;
}

/* All shapes that a training step has. */
static void choose_usual(char chosen[SHAPES]) {
    for (int i = 0; i < SHAPES; i++) chosen[i] = (char)(!shapes[i].shape.layer && !shape_is_decoding(&shapes[i].shape));
}

static int check_chosen(const char chosen[SHAPES]) {
    for (int i = 0; i < SHAPES; i++)
        if (chosen[i] && shapes[i].shape.layer)
            return complain(BAD_USAGE, "%s is a layer; gradients are those of attention alone", shapes[i].name);
    return -1;
}

int gradients_command(int argc, const char **argv) {
    char chosen[SHAPES] = {0};
    double seconds = 3;
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx;
    struct poptOption flags[] = {
        {"threads", 0, POPT_ARG_INT, &options.threads, 0, "threads (1)", "T"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds for each shape (3)", "S"},
        POPT_TABLEEND};
    int status = options_read_names(flags, about, argc, argv, shapes_choose, chosen);
    if (status < 0) status = check_range("--threads", options.threads, 1, 1024);
    if (status < 0) status = check_seconds(seconds);
    if (status < 0 && !memchr(chosen, 1, sizeof chosen)) choose_usual(chosen);
    if (status < 0) status = check_chosen(chosen);
    if (status >= 0) return status;
    if (sa_ctx_create(&options, &ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    status = run(ctx, chosen, seconds);
    sa_ctx_destroy(&ctx);
    return status;
}
