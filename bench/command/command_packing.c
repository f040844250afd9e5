/* sa-bench packing: does a packed batch cost what its texts cost?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "way/workload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times sa_attention() of packed texts (sa_packing) beside one call for each text, on one thread, causal and not:\n"
    "texts of skewed lengths, 1 to --longest tokens, most of them short; 4 heads of 64. Both have to give the same\n"
    "bits. They take turns, round by round, in CPU time; we report the lowest round medians. Prints Markdown.";

enum { HEADS = 4, SIZE = 64 };

struct batch {
    sa_ctx *ctx;
    int64_t texts, longest, *starts;
    float *q, *k, *v, *together, *apart;
    sa_masking masking;
};

/* Text i of n has longest^((i/n)^2) tokens: half of them fewer than the fourth root of the longest. */
static void choose_lengths(struct batch *b) {
    b->starts[0] = 0;
    for (int64_t i = 0; i < b->texts; i++) {
        const double place = (double)(i * 97 % b->texts + 1) / (double)b->texts;
        b->starts[i + 1] = b->starts[i] + (int64_t)pow((double)b->longest, place * place);
    }
}

static int attend(struct batch *b, const sa_packing *packing, int64_t first, int64_t rows, float *output) {
    const int64_t at = first * HEADS * SIZE;
    sa_attention_args a = {.struct_size = sizeof a, .masking = &b->masking, .packing = packing};
    sa_tensor_set(&a.query, b->q + at, SA_F32, SA_BSHD, 1, HEADS, rows, SIZE);
    sa_tensor_set(&a.key, b->k + at, SA_F32, SA_BSHD, 1, HEADS, rows, SIZE);
    sa_tensor_set(&a.value, b->v + at, SA_F32, SA_BSHD, 1, HEADS, rows, SIZE);
    sa_tensor_set(&a.output, output + at, SA_F32, SA_BSHD, 1, HEADS, rows, SIZE);
    return sa_attention(b->ctx, &a) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(b->ctx));
}

static int run_together(void *state) {
    struct batch *b = state;
    const sa_packing packing = {sizeof packing, b->texts, b->starts, NULL};
    return attend(b, &packing, 0, b->starts[b->texts], b->together);
}

static int run_apart(void *state) {
    struct batch *b = state;
    int status = DONE;
    for (int64_t i = 0; i < b->texts && !status; i++)
        status = attend(b, NULL, b->starts[i], b->starts[i + 1] - b->starts[i], b->apart);
    return status;
}

static void batch_free(struct batch *b) {
    void *const all[] = {b->starts, b->q, b->k, b->v, b->together, b->apart};
    for (int i = 0; i < 6; i++) free(all[i]);
    sa_ctx_destroy(&b->ctx);
}

/* same_bits: without it a text of one token is computed as it is fastest alone, with other bits. */
static int batch_make(struct batch *b) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1, .same_bits = 1};
    b->starts = malloc((size_t)(b->texts + 1) * sizeof *b->starts);
    if (!b->starts) return complain_memory((double)b->texts * 8, "places of texts");
    choose_lengths(b);
    float **const all[] = {&b->q, &b->k, &b->v, &b->together, &b->apart};
    const int64_t rows = b->starts[b->texts];
    for (int i = 0; i < 5; i++) {
        *all[i] = floats_new(rows, HEADS, SIZE, 1, "tokens");
        if (!*all[i]) return FAILED;
        floats_normal(*all[i], rows * HEADS * SIZE, 1, (uint64_t)i + 1);
    }
    if (sa_ctx_create(&options, &b->ctx) == SA_OK) return DONE;
    return complain(FAILED, "%s", sa_ctx_last_error(NULL));
}

static int measure(struct batch *b, double seconds, struct grid *grid, struct progress *progress) {
    const struct race race = {
        .rounds = 1000, .seconds = 0.05, .min_reps = 1, .max_reps = 100, .patience = seconds, .cpu_time = 1};
    struct runner r[2] = {{.run = run_together, .state = b}, {.run = run_apart, .state = b}};
    const int64_t count = b->starts[b->texts] * HEADS * SIZE;
    int status = race_run(r, 2, &race, progress);
    if (status) return status;
    if (memcmp(b->together, b->apart, (size_t)count * sizeof *b->apart) != 0)
        return complain(FAILED, "packed texts have other bits than each alone");
    grid_row(grid);
    grid_cell(grid, "%s", b->masking.causal ? "yes" : "no");
    grid_cell(grid, "%.2f", r[0].ms_median);
    grid_cell(grid, "%.2f", r[1].ms_median);
    grid_cell(grid, "%.3f", r[0].ms_median / r[1].ms_median);
    return DONE;
}

static int run(struct batch *b, double seconds) {
    static const char *const titles[] = {"causal", "packed, ms", "each alone, ms", "packed / alone"};
    static struct grid grid;
    struct progress progress;
    int status = batch_make(b);
    if (status) return status;
    print_machine();
    printf("%lld texts of 1 to %lld tokens, %lld in all; %d heads of %d, one thread, CPU time.\n\n",
           (long long)b->texts, (long long)b->longest, (long long)b->starts[b->texts], HEADS, SIZE);
    grid_titles(&grid, titles, 4);
    progress_start(&progress, 2 * seconds);
    for (int causal = 0; causal < 2 && !status; causal++) {
        b->masking = (sa_masking){.struct_size = sizeof b->masking, .causal = causal};
        status = measure(b, seconds, &grid, &progress);
    }
    progress_end(&progress);
    if (!status) grid_print(&grid);
    return status;
}

int packing_command(int argc, const char **argv) {
    long long texts = 256, longest = 2048;
    double seconds = 10;
    struct poptOption flags[] = {
        {"texts", 0, POPT_ARG_LONGLONG, &texts, 0, "how many (256)", "N"},
        {"longest", 0, POPT_ARG_LONGLONG, &longest, 0, "tokens of the longest text (2048)", "T"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds, causal and not (10)", "S"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--texts", texts, 1, 65536);
    if (status < 0) status = check_range("--longest", longest, 1, 65536);
    if (status < 0) status = check_seconds(seconds);
    if (status >= 0) return status;
    struct batch b = {.texts = texts, .longest = longest};
    status = run(&b, seconds);
    batch_free(&b);
    return status;
}
