/* sa-bench summaries: what do summaries of weights cost?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "way/workload.h"

#include <stdlib.h>

static const char about[] =
    "Times causal sa_attention() of one head of 64 on one thread, alone and with each kind of summary of its weights\n"
    "(sa_summaries): sums and maxima per key, the 8 strongest keys, entropy, and all together. They take turns in CPU\n"
    "time, at least once for --seconds; we report the fastest call. Prints Markdown with the scratch memory.";

enum { SIZE = 64, STRONGEST = 8 };
enum { ALONE, KEYS, STRONG, ENTROPY, ALL, KINDS };
static const char *const names[KINDS] = {"attention alone", "key_sums, key_maxima", "8 strongest keys", "entropy",
                                         "all of them"};

struct kind {
    sa_ctx *ctx; /* of its own, so that its memory can be told */
    sa_attention_args args;
    sa_summaries summaries;
};

/* What all kinds share. */
struct text {
    int64_t n;
    float *q, *k, *v, *o, *key_sums, *key_maxima, *entropy, *weights;
    int32_t *keys;
};

static int text_make(struct text *t) {
    float **const rows[] = {&t->q, &t->k, &t->v, &t->o};
    float **const columns[] = {&t->key_sums, &t->key_maxima, &t->entropy};
    for (int i = 0; i < 4; i++) {
        *rows[i] = floats_new(t->n, SIZE, 1, 1, "tokens");
        if (!*rows[i]) return FAILED;
        floats_normal(*rows[i], t->n * SIZE, 1, (uint64_t)i + 1);
    }
    for (int i = 0; i < 3; i++)
        if (!(*columns[i] = floats_new(t->n, 1, 1, 1, "summaries"))) return FAILED;
    t->weights = floats_new(t->n, STRONGEST, 1, 1, "summaries");
    t->keys = malloc((size_t)(t->n * STRONGEST) * sizeof *t->keys);
    return t->weights && t->keys ? DONE : complain_memory((double)t->n * STRONGEST * 8, "strongest keys");
}

static void text_free(struct text *t) {
    void *const all[] = {t->q, t->k, t->v, t->o, t->key_sums, t->key_maxima, t->entropy, t->weights, t->keys};
    for (int i = 0; i < 9; i++) free(all[i]);
}

static int kind_open(struct kind *x, const struct text *t, int kind, const sa_masking *masking) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_attention_args *a = &x->args;
    sa_summaries *s = &x->summaries;
    *a = (sa_attention_args){.struct_size = sizeof *a, .masking = masking, .summaries = kind == ALONE ? NULL : s};
    *s = (sa_summaries){.struct_size = sizeof *s};
    sa_tensor_set(&a->query, t->q, SA_F32, SA_BHSD, 1, 1, t->n, SIZE);
    sa_tensor_set(&a->key, t->k, SA_F32, SA_BHSD, 1, 1, t->n, SIZE);
    sa_tensor_set(&a->value, t->v, SA_F32, SA_BHSD, 1, 1, t->n, SIZE);
    sa_tensor_set(&a->output, t->o, SA_F32, SA_BHSD, 1, 1, t->n, SIZE);
    if (kind == KEYS || kind == ALL) {
        sa_tensor_set(&s->key_sums, t->key_sums, SA_F32, SA_BHSD, 1, 1, t->n, 1);
        sa_tensor_set(&s->key_maxima, t->key_maxima, SA_F32, SA_BHSD, 1, 1, t->n, 1);
    }
    if (kind == ENTROPY || kind == ALL) sa_tensor_set(&s->entropy, t->entropy, SA_F32, SA_BHSD, 1, 1, t->n, 1);
    if (kind == STRONG || kind == ALL) {
        s->strongest = STRONGEST, s->strongest_keys = t->keys;
        sa_tensor_set(&s->strongest_weights, t->weights, SA_F32, SA_BHSD, 1, 1, t->n, STRONGEST);
    }
    if (sa_ctx_create(&options, &x->ctx) == SA_OK) return DONE;
    return complain(FAILED, "%s", sa_ctx_last_error(NULL));
}

static int run_kind(void *state) {
    struct kind *x = state;
    return sa_attention(x->ctx, &x->args) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(x->ctx));
}

static void print_kinds(const struct kind *kinds, const struct runner *r) {
    static const char *const titles[] = {"", "ms", "of attention alone", "scratch memory"};
    static struct grid grid;
    grid_titles(&grid, titles, 4);
    for (int i = 0; i < KINDS; i++) {
        grid_row(&grid);
        grid_cell(&grid, "%s", names[i]);
        grid_cell(&grid, "%.4g", r[i].ms_min);
        grid_cell(&grid, "%.2f", r[i].ms_min / r[ALONE].ms_min);
        grid_cell(&grid, "%s", bytes_text(sa_ctx_scratch_bytes(kinds[i].ctx)).text);
    }
    grid_print(&grid);
}

static int run(struct text *t, double seconds) {
    const struct race race = {
        .rounds = 1000, .seconds = 0.05, .min_reps = 1, .max_reps = 1, .patience = seconds, .cpu_time = 1};
    const sa_masking masking = {.struct_size = sizeof masking, .causal = 1};
    struct kind kinds[KINDS] = {{0}};
    struct runner r[KINDS];
    struct progress progress;
    int status = text_make(t);
    for (int i = 0; i < KINDS && !status; i++) {
        status = kind_open(&kinds[i], t, i, &masking);
        r[i] = (struct runner){.run = run_kind, .state = &kinds[i]};
    }
    progress_start(&progress, seconds);
    if (!status) status = race_run(r, KINDS, &race, &progress);
    progress_end(&progress);
    if (!status) {
        print_machine();
        printf("One causal head of %d, %lld tokens, one thread, CPU time.\n\n", SIZE, (long long)t->n);
        print_kinds(kinds, r);
    }
    for (int i = 0; i < KINDS; i++) sa_ctx_destroy(&kinds[i].ctx);
    return status;
}

int summaries_command(int argc, const char **argv) {
    long long n = 65536;
    double seconds = 60;
    struct poptOption flags[] = {{"n", 0, POPT_ARG_LONGLONG, &n, 0, "tokens (65536)", "N"},
                                 {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds (60)", "S"},
                                 POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--n", n, 1, 1 << 20);
    if (status < 0) status = check_seconds(seconds);
    if (status >= 0) return status;
    struct text t = {.n = n};
    status = run(&t, seconds);
    text_free(&t);
    return status;
}
