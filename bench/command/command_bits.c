/* sa-bench bits: what does same_bits of a context cost?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "way/workload.h"

#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times sa_forward() of a causal layer (width 768, 12 heads) with and without same_bits of its context, for some\n"
    "counts of rows and two types of weights. Both take turns, round by round; we report the lowest round medians.\n"
    "Prints Markdown.";

enum { WIDTH = 768, HEADS = 12, MOST_ROWS = 512, MATRICES = 4, WAYS = 2 /* as it is fastest; with same_bits */ };
static const int rows[] = {1, 2, 4, 8, 16, 32, 128, 512};
enum { COUNTS = sizeof rows / sizeof rows[0] };

/* A layer on a context of its own. */
struct way {
    sa_ctx *ctx;
    sa_layer *layer;
    sa_masking masking;
    sa_forward_args args;
};

/* What both ways work on. */
struct numbers {
    float *weights; /* [MATRICES][WIDTH][WIDTH] */
    uint16_t *halves;
    float *x, *y[WAYS]; /* [MOST_ROWS][WIDTH] */
};

static int run_forward(void *state) {
    struct way *w = state;
    if (sa_forward(w->ctx, w->layer, &w->args) == SA_OK) return 0;
    return complain(FAILED, "%s", sa_ctx_last_error(w->ctx));
}

static void numbers_free(struct numbers *n) {
    free(n->weights), free(n->halves), free(n->x);
    for (int i = 0; i < WAYS; i++) free(n->y[i]);
}

/* bfloat16 is the upper half of a float; these weights need not be rounded. */
static void cut_to_halves(const float *from, uint16_t *to) {
    for (int64_t i = 0; i < (int64_t)MATRICES * WIDTH * WIDTH; i++) {
        uint32_t bits;
        memcpy(&bits, &from[i], sizeof bits);
        to[i] = (uint16_t)(bits >> 16);
    }
}

static int numbers_make(struct numbers *n) {
    n->weights = floats_new(1, MATRICES, WIDTH, WIDTH, "weights");
    n->halves = malloc((size_t)MATRICES * WIDTH * WIDTH * sizeof *n->halves);
    n->x = floats_new(1, 1, MOST_ROWS, WIDTH, "rows");
    for (int i = 0; i < WAYS; i++) n->y[i] = floats_new(1, 1, MOST_ROWS, WIDTH, "results");
    if (!n->halves) return complain_memory((double)MATRICES * WIDTH * WIDTH * sizeof *n->halves, "weights");
    if (!n->weights || !n->x || !n->y[0] || !n->y[1]) return FAILED;
    floats_normal(n->weights, (int64_t)MATRICES * WIDTH * WIDTH, 0.03f, 1);
    floats_normal(n->x, (int64_t)MOST_ROWS * WIDTH, 1, 2);
    cut_to_halves(n->weights, n->halves);
    return 0;
}

static void way_close(struct way *w) {
    sa_layer_destroy(&w->layer);
    sa_ctx_destroy(&w->ctx);
}

static int way_open(struct way *w, const sa_ctx_options *options, int same_bits, const void *weights, int32_t dtype) {
    const size_t matrix = (size_t)WIDTH * WIDTH * (dtype == SA_F32 ? sizeof(float) : sizeof(uint16_t));
    const char *first = weights;
    sa_ctx_options own = *options;
    *w = (struct way){0};
    own.same_bits = same_bits;
    if (sa_ctx_create(&own, &w->ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = WIDTH,
                                    .query_heads = HEADS,
                                    .kv_heads = HEADS,
                                    .head_size = WIDTH / HEADS,
                                    .weight_dtype = dtype,
                                    .weight_q = first,
                                    .weight_k = first + matrix,
                                    .weight_v = first + 2 * matrix,
                                    .weight_o = first + 3 * matrix};
    if (sa_layer_create(w->ctx, &config, &w->layer) == SA_OK) return 0;
    const int status = complain(FAILED, "%s", sa_ctx_last_error(w->ctx));
    way_close(w);
    return status;
}

static void set_rows(struct way *w, const struct numbers *n, float *y, int64_t count) {
    w->masking = (sa_masking){.struct_size = sizeof w->masking, .causal = 1};
    w->args = (sa_forward_args){.struct_size = sizeof w->args, .masking = &w->masking};
    sa_tensor_set(&w->args.x, n->x, SA_F32, SA_BHSD, 1, 1, count, WIDTH);
    sa_tensor_set(&w->args.y, y, SA_F32, SA_BHSD, 1, 1, count, WIDTH);
}

static int measure(struct way ways[WAYS], double seconds, struct runner r[WAYS], struct progress *progress) {
    const struct race race = {.rounds = 100, .seconds = 0.02, .min_reps = 1, .max_reps = 10000, .patience = seconds};
    for (int i = 0; i < WAYS; i++) r[i] = (struct runner){.run = run_forward, .state = &ways[i], .work = 1};
    return race_run(r, WAYS, &race, progress);
}

static int run_type(const sa_ctx_options *options, const struct numbers *n, int32_t dtype, double seconds,
                    struct grid *grid, struct progress *progress) {
    struct way ways[WAYS];
    const void *weights = dtype == SA_F32 ? (const void *)n->weights : n->halves;
    int status = way_open(&ways[0], options, 0, weights, dtype);
    if (status) return status;
    status = way_open(&ways[1], options, 1, weights, dtype);
    for (int i = 0; i < COUNTS && !status; i++) {
        struct runner r[WAYS];
        for (int w = 0; w < WAYS; w++) set_rows(&ways[w], n, n->y[w], rows[i]);
        progress_say(progress, dtype == SA_F32 ? "f32" : "bf16");
        status = measure(ways, seconds, r, progress);
        if (status) break;
        grid_row(grid);
        grid_cell(grid, "%s", dtype == SA_F32 ? "f32" : "bf16");
        grid_cell(grid, "%d", rows[i]);
        grid_cell(grid, "%.4f", r[0].ms_median);
        grid_cell(grid, "%.4f", r[1].ms_median);
        grid_cell(grid, "%.2f", r[1].ms_median / r[0].ms_median);
    }
    way_close(&ways[0]);
    way_close(&ways[1]);
    return status;
}

static int run(const sa_ctx_options *options, double seconds) {
    static const char *const titles[] = {"weights", "rows", "ms", "same_bits, ms", "ratio"};
    static struct grid grid;
    struct progress progress;
    struct numbers n = {0};
    int status = numbers_make(&n);
    if (status) {
        numbers_free(&n);
        return status;
    }
    print_machine();
    printf("Threads %d; rounds for %g s a row.\n\n", (int)options->threads, seconds);
    grid_row(&grid);
    for (int i = 0; i < 5; i++) grid_cell(&grid, "%s", titles[i]);
    progress_start(&progress, 2 * COUNTS * seconds);
    status = run_type(options, &n, SA_F32, seconds, &grid, &progress);
    if (!status) status = run_type(options, &n, SA_BF16, seconds, &grid, &progress);
    progress_end(&progress);
    if (!status) grid_print(&grid);
    numbers_free(&n);
    return status;
}

int bits_command(int argc, const char **argv) {
    double seconds = 1;
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    struct poptOption flags[] = {
        {"threads", 0, POPT_ARG_INT, &options.threads, 0, "threads (1)", "T"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds for each row (1)", "S"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--threads", options.threads, 1, 1024);
    if (status < 0) status = check_seconds(seconds);
    return status >= 0 ? status : run(&options, seconds);
}
