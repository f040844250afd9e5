/* sa-bench features: how does the error of random features fall with their number?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/fit.h"
#include "show/grid.h"
#include "show/picture.h"
#include "way/workload.h"

#include <math.h>
#include <stdlib.h>

static const char about[] =
    "Measures the error of FAVOR+ (sa_random_features) against exact attention over m = 16, 32 ... features: one head\n"
    "of 64, 512 tokens, scores of variance 0.36, causal and not, directions that are orthogonal (with LAPACKE) and\n"
    "independent. The error is the norm of the difference over that of the output, the mean of --seeds draws. Fits\n"
    "error = c / sqrt(m), and the exponent. Prints Markdown; writes features.csv, features.png and features.svg (by\n"
    "gnuplot) into the output directory.";

/* |x'|^2 = sqrt(SIZE) SPREAD^2 is 0.6, the header's example. */
enum { TOKENS = 512, SIZE = 64, LEAST = 16, COUNTS = 9 };
static const float spread = .27386f;
static const uint64_t first_seed = 2026; /* not those of the tokens: directions would be tokens */

/* Bidirectional and causal, each with orthogonal and independent directions. */
enum { KINDS = 4 };
static const char *const names[KINDS] = {"orthogonal", "independent", "orthogonal and causal",
                                         "independent and causal"};
static int is_causal(int kind) {
    return kind >= 2;
}
static int is_independent(int kind) {
    return kind % 2;
}

struct features {
    sa_ctx *ctx;
    float *q, *k, *v, *o, *exact[2]; /* [TOKENS,SIZE]; exact: bidirectional, causal */
    int counts, seeds;
    double error[KINDS][COUNTS]; /* NaN: not there */
};

static void set_tensors(const struct features *f, sa_tensor *q, sa_tensor *k, sa_tensor *v) {
    sa_tensor_set(q, f->q, SA_F32, SA_BHSD, 1, 1, TOKENS, SIZE);
    sa_tensor_set(k, f->k, SA_F32, SA_BHSD, 1, 1, TOKENS, SIZE);
    sa_tensor_set(v, f->v, SA_F32, SA_BHSD, 1, 1, TOKENS, SIZE);
}

static int attend(struct features *f, int causal) {
    const sa_masking masking = {.struct_size = sizeof masking, .causal = causal};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking};
    set_tensors(f, &a.query, &a.key, &a.value);
    sa_tensor_set(&a.output, f->exact[causal], SA_F32, SA_BHSD, 1, 1, TOKENS, SIZE);
    return sa_attention(f->ctx, &a) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(f->ctx));
}

static int make(struct features *f) {
    float **const all[] = {&f->q, &f->k, &f->v, &f->o, &f->exact[0], &f->exact[1]};
    for (int i = 0; i < 6; i++) {
        *all[i] = floats_new(TOKENS, SIZE, 1, 1, "tokens");
        if (!*all[i]) return FAILED;
        if (i < 3) floats_normal(*all[i], TOKENS * SIZE, i < 2 ? spread : 1, (uint64_t)i + 1);
    }
    if (sa_ctx_create(NULL, &f->ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    const int status = attend(f, 0);
    return status ? status : attend(f, 1);
}

static void features_free(struct features *f) {
    float *const all[] = {f->q, f->k, f->v, f->o, f->exact[0], f->exact[1]};
    for (int i = 0; i < 6; i++) free(all[i]);
    sa_ctx_destroy(&f->ctx);
}

static double error_of(const struct features *f, int causal) {
    double difference = 0, norm = 0;
    for (int i = 0; i < TOKENS * SIZE; i++) {
        const double want = (double)f->exact[causal][i], d = (double)f->o[i] - want;
        difference += d * d, norm += want * want;
    }
    return sqrt(difference / norm);
}

/* Adds one draw's error to *error; NaN without LAPACKE. */
static int draw(struct features *f, int kind, int64_t m, uint64_t seed, double *error) {
    const sa_random_features_config config = {
        .struct_size = sizeof config, .count = m, .head_size = SIZE, .seed = seed, .independent = is_independent(kind)};
    sa_random_features *directions = NULL;
    sa_status status = sa_random_features_create(f->ctx, &config, &directions);
    if (status == SA_ERR_UNSUPPORTED) {
        *error = NAN;
        return DONE;
    }
    sa_linear_attention_args a = {
        .struct_size = sizeof a, .normalised = 1, .bidirectional = !is_causal(kind), .random_features = directions};
    set_tensors(f, &a.query, &a.key, &a.value);
    sa_tensor_set(&a.output, f->o, SA_F32, SA_BHSD, 1, 1, TOKENS, SIZE);
    if (status == SA_OK) status = sa_linear_attention(f->ctx, &a);
    sa_random_features_destroy(&directions);
    if (status != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(f->ctx));
    *error += error_of(f, is_causal(kind)) / f->seeds;
    return DONE;
}

static int measure(struct features *f) {
    struct progress progress;
    int status = make(f);
    progress_start(&progress, KINDS * f->counts);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < f->counts && !status; i++) {
            progress_say(&progress, names[kind]);
            for (int seed = 0; seed < f->seeds && !status; seed++)
                status = draw(f, kind, LEAST << i, first_seed + (uint64_t)seed, &f->error[kind][i]);
            progress_step(&progress, 1);
        }
    progress_end(&progress);
    return status;
}

/* c of error = c / sqrt(m), by least squares of the logarithms. */
static double constant_of(const struct features *f, int kind) {
    double sum = 0;
    for (int i = 0; i < f->counts; i++) sum += log(f->error[kind][i] * sqrt(LEAST << i));
    return exp(sum / f->counts);
}

static double exponent_of(const struct features *f, int kind) {
    struct sample samples[COUNTS] = {{0}};
    for (int i = 0; i < f->counts; i++) samples[i] = (struct sample){LEAST << i, 1, f->error[kind][i]};
    return isnan(samples[0].y) ? NAN : fit_power_law(samples, f->counts).n;
}

static void print_laws(const struct features *f, struct grid *grid) {
    for (int row = 0; row < 2; row++) {
        grid_row(grid);
        grid_cell(grid, "%s", row ? "exponent" : "c / √m");
        for (int kind = 0; kind < KINDS; kind++) {
            const double law = row ? exponent_of(f, kind) : constant_of(f, kind);
            if (isnan(law))
                grid_cell(grid, "–");
            else
                grid_cell(grid, row ? "m^%.2f" : "%.2f / √m", law);
        }
    }
}

static void print(const struct features *f) {
    static struct grid grid;
    print_machine();
    printf("One head of %d, %d tokens, mean of %d seeds.\n\n", SIZE, TOKENS, f->seeds);
    grid_row(&grid);
    grid_cell(&grid, "m");
    for (int kind = 0; kind < KINDS; kind++) grid_cell(&grid, "%s", names[kind]);
    for (int i = 0; i < f->counts; i++) {
        grid_row(&grid);
        grid_cell(&grid, "%d", LEAST << i);
        for (int kind = 0; kind < KINDS; kind++)
            if (isnan(f->error[kind][i]))
                grid_cell(&grid, "–");
            else
                grid_cell(&grid, "%.4f", f->error[kind][i]);
    }
    print_laws(f, &grid);
    grid_print(&grid);
}

static int write_csv(const struct features *f, const char *path) {
    FILE *file = file_create(path);
    if (!file) return FAILED;
    fputs("kind,m,error,law\n", file);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < f->counts && !isnan(f->error[kind][i]); i++)
            fprintf(file, "%s,%d,%.6g,%.6g\n", names[kind], LEAST << i, f->error[kind][i],
                    constant_of(f, kind) / sqrt(LEAST << i));
    return file_finish(file, path);
}

static int run(struct features *f, const char *directory) {
    int status = directory_make(directory);
    if (!status) status = measure(f);
    if (status) return status;
    print(f);
    const struct path csv = path_in(directory, "features.csv");
    status = write_csv(f, csv.text);
    if (status) return status;
    fprintf(stderr, "%s\n", csv.text);
    return pictures_draw("features.gp", csv.text, directory, "features", (const char *const[]){NULL});
}

int features_command(int argc, const char **argv) {
    long long most = LEAST << (COUNTS - 1);
    int seeds = 20;
    char *output = NULL;
    struct poptOption flags[] = {
        {"most", 0, POPT_ARG_LONGLONG, &most, 0, "powers of two up to so many features (4096)", "M"},
        {"seeds", 0, POPT_ARG_INT, &seeds, 0, "draws that are averaged (20)", "N"},
        {"output", 0, POPT_ARG_STRING, &output, 0, "directory for the files, created if needed (.)", "DIR"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--most", most, 2 * LEAST, LEAST << (COUNTS - 1));
    if (status < 0) status = check_range("--seeds", seeds, 1, 10000);
    if (status < 0) {
        struct features f = {.seeds = seeds};
        while (f.counts < COUNTS && LEAST << f.counts <= most) f.counts++;
        status = run(&f, output ? output : ".");
        features_free(&f);
    }
    free(output);
    return status;
}
