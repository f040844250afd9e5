/* sa-bench training: what does a training step of a small language model cost?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn_models.h"
#include "show/grid.h"
#include "way/rivals.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char about[] =
    "Times a training step of two decoders of 10 million weights, GPT-2's kind and Llama's: 8 windows of 256 tokens,\n"
    "float32, gradients clipped by their norm, AdamW. Beside it PyTorch's step of the same model, if python3 can\n"
    "import torch and safetensors: it begins with the same weights, and has to find the same losses. Both and the\n"
    "roof of multiply-adds take turns, round by round; we report the lowest round median. Operations are 6 for each\n"
    "number of a matrix and each token, and attention's 7 B H T T D. Prints Markdown.";

enum { BATCH = 8, TOKENS = 256, VOCABULARY = 4096, WIDTH = 320, HEADS = 5, GPT2_INNER = 1280, LLAMA_INNER = 864 };
enum { FAMILIES = 2, CHECKED = 3 };
static const double rate = 3e-4;

/* config.json of each, with the number of blocks to be filled in, and the numbers of a block's matrices. */
static const struct family {
    const char *name, *config;
    double block;
} families[FAMILIES] = {
    {"GPT-2",
     "{\"model_type\": \"gpt2\", \"vocab_size\": 4096, \"n_embd\": 320, \"n_layer\": %d, \"n_head\": 5, "
     "\"n_inner\": 1280, \"n_positions\": 256, \"activation_function\": \"gelu_new\", \"layer_norm_epsilon\": 1e-5, "
     "\"initializer_range\": 0.02, \"tie_word_embeddings\": true}\n",
     4.0 * WIDTH *WIDTH + 2.0 * WIDTH *GPT2_INNER},
    {"Llama",
     "{\"model_type\": \"llama\", \"vocab_size\": 4096, \"hidden_size\": 320, \"num_hidden_layers\": %d, "
     "\"num_attention_heads\": 5, \"intermediate_size\": 864, \"max_position_embeddings\": 256, "
     "\"rms_norm_eps\": 1e-5, \"initializer_range\": 0.02, \"tie_word_embeddings\": true}\n",
     4.0 * WIDTH *WIDTH + 3.0 * WIDTH *LLAMA_INNER},
};

/* A training of one family; its files are there until PyTorch has read them. */
struct training {
    sa_ctx *ctx;
    sa_trainer *trainer;
    int32_t ids[BATCH * TOKENS]; /* (7919 i) mod VOCABULARY, as PyTorch makes them too */
    double loss;                 /* of the last step */
    char directory[4096];
};

/* PyTorch's side. */
struct rival_training {
    struct worker worker;
    double ms;
};

static int run_step(void *state) {
    struct training *t = state;
    const sa_training_batch batch = {.struct_size = sizeof batch, .batch = BATCH, .tokens = TOKENS, .ids = t->ids};
    if (sa_trainer_accumulate(t->ctx, t->trainer, &batch, &t->loss) == SA_OK &&
        sa_trainer_update(t->ctx, t->trainer, rate, NULL) == SA_OK)
        return DONE;
    return complain(FAILED, "%s", sa_ctx_last_error(t->ctx));
}

static int run_rival(void *state) {
    struct rival_training *r = state;
    return worker_run(&r->worker, json_pack("{s:s}", "do", "run"), &r->ms);
}

static const char *file_in(const struct training *t, const char *name) {
    static char path[sizeof t->directory + 64];
    snprintf(path, sizeof path, "%s/%s", t->directory, name);
    return path;
}

/* A new directory with config.json; its name to t->directory. */
static int write_config(struct training *t, const struct family *family, int layers) {
    const char *where = getenv("TMPDIR");
    snprintf(t->directory, sizeof t->directory, "%s/sa-bench-XXXXXX", where ? where : P_tmpdir);
    if (!mkdtemp(t->directory)) return complain(FAILED, "%s: %s", t->directory, strerror(errno));
    FILE *file = fopen(file_in(t, "config.json"), "w");
    const int written = file && fprintf(file, family->config, layers) > 0;
    if (file && fclose(file) == 0 && written) return DONE;
    return complain(FAILED, "%s: %s", file_in(t, "config.json"), strerror(errno));
}

static void remove_files(const struct training *t) {
    static const char *const names[] = {"config.json", "model.safetensors", "optimizer.safetensors"};
    for (int i = 0; i < 3; i++) unlink(file_in(t, names[i]));
    rmdir(t->directory);
}

static int training_open(struct training *t, sa_ctx *ctx, const struct family *family, int layers) {
    const sa_trainer_config config = {.struct_size = sizeof config,
                                      .initialize = 1,
                                      .seed = 7,
                                      .weight_decay = 0.1,
                                      .decay_matrices_only = 1,
                                      .clip_norm = 1};
    t->ctx = ctx;
    for (int i = 0; i < BATCH * TOKENS; i++) t->ids[i] = (int32_t)((int64_t)i * 7919 % VOCABULARY);
    const int status = write_config(t, family, layers);
    if (status) return status;
    if (sa_trainer_create(ctx, file_in(t, "config.json"), &config, &t->trainer) == SA_OK &&
        sa_trainer_save(ctx, t->trainer, t->directory) == SA_OK)
        return DONE;
    return complain(FAILED, "%s", sa_ctx_last_error(ctx));
}

/* The first losses of both have to agree. */
static int check_losses(struct training *t, const json_t *losses, const char *name) {
    int status = DONE;
    for (size_t i = 0; i < CHECKED && !status; i++) {
        status = run_step(t);
        const double other = json_number_value(json_array_get(losses, i));
        if (!status && !(fabs(other - t->loss) < 1e-3))
            status = complain(FAILED, "step %zu: the loss is %.6f, that of %s %.6f", i + 1, t->loss, name, other);
    }
    return status;
}

/* Sets the runner to PyTorch if it is there. */
static int open_rival(struct rival_training *r, struct training *t, struct runner *runner) {
    if (!*r->worker.name) return DONE;
    json_t *request = json_pack("{s:s,s:s,s:i,s:i,s:i,s:i,s:f}", "do", "training", "path", t->directory, "B", BATCH,
                                "T", TOKENS, "threads", (int)sa_ctx_threads(t->ctx), "steps", CHECKED, "rate", rate);
    json_t *answer = worker_open(&r->worker, request, r->worker.absent);
    if (!answer) return DONE;
    *runner = (struct runner){.run = run_rival, .state = r, .own_ms = &r->ms};
    const int status = check_losses(t, json_object_get(answer, "losses"), r->worker.name);
    json_decref(answer);
    return status;
}

enum { OURS, PYTORCH, ROOF, RUNNERS };

static void print_family(struct grid *grid, const struct family *family, const struct runner *r, int threads) {
    grid_row(grid);
    grid_cell(grid, "%s", family->name);
    grid_cell(grid, "%.0f", r[OURS].ms_median);
    grid_cell(grid, "%.1f", runner_rate(&r[OURS]));
    grid_cell(grid, "%.2f", runner_rate(&r[OURS]) / (runner_rate(&r[ROOF]) * threads));
    if (!r[PYTORCH].run) return;
    grid_cell(grid, "%.0f", r[PYTORCH].ms_median);
    grid_cell(grid, "%.2f", r[PYTORCH].ms_median / r[OURS].ms_median);
}

static int measure_family(sa_ctx *ctx, const struct family *family, int layers, double seconds,
                          struct rival_training *rival, struct grid *grid, struct progress *progress) {
    const struct race race = {.rounds = 1000, .seconds = 0.05, .min_reps = 1, .max_reps = 1000, .patience = seconds};
    static struct training t;
    struct runner runners[RUNNERS] = {{0}};
    progress_say(progress, family->name);
    int status = training_open(&t, ctx, family, layers);
    if (!status) status = open_rival(rival, &t, &runners[PYTORCH]);
    remove_files(&t);
    const double matrices = layers * family->block + (double)VOCABULARY * WIDTH;
    runners[OURS] = (struct runner){.run = run_step, .state = &t};
    runners[OURS].work = BATCH * TOKENS * (6 * matrices + 7.0 * layers * TOKENS * WIDTH);
    if (!status) status = fma_open(&runners[ROOF], sa_ctx_isa(ctx));
    if (!status) status = race_run(runners, RUNNERS, &race, progress);
    if (!status) print_family(grid, family, runners, sa_ctx_threads(ctx));
    sa_trainer_destroy(&t.trainer);
    return status;
}

static int run(sa_ctx *ctx, int layers, double seconds) {
    static const char *const titles[] = {"model", "step, ms", "GF/s", "of FMA", "PyTorch, ms", "PyTorch / ours"};
    static struct rival_training rival;
    static struct grid grid;
    struct progress progress;
    int status = DONE;
    rivals_start_pytorch(&rival.worker, "pytorch_training.py");
    print_machine();
    grid_titles(&grid, titles, *rival.worker.name ? 6 : 4);
    progress_start(&progress, FAMILIES * seconds);
    for (int i = 0; i < FAMILIES && !status; i++)
        status = measure_family(ctx, &families[i], layers, seconds, &rival, &grid, &progress);
    progress_end(&progress);
    if (!status) {
        printf("Threads %d, precision highest, f32; rounds for %g s a model, lowest round median. ",
               sa_ctx_threads(ctx), seconds);
        worker_print(&rival.worker, "PyTorch");
        printf(".\n\n");
        grid_print(&grid);
    }
    worker_stop(&rival.worker);
    return status;
}

int training_command(int argc, const char **argv) {
    int layers = 7;
    double seconds = 20;
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx;
    struct poptOption flags[] = {
        {"threads", 0, POPT_ARG_INT, &options.threads, 0, "threads of the library and of PyTorch (1)", "T"},
        {"layers", 0, POPT_ARG_INT, &layers, 0, "blocks of each model (7: 10 million weights)", "L"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds for each model (20)", "S"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--threads", options.threads, 1, 1024);
    if (status < 0) status = check_range("--layers", layers, 1, 1000);
    if (status < 0) status = check_seconds(seconds);
    if (status >= 0) return status;
    if (sa_ctx_create(&options, &ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    status = run(ctx, layers, seconds);
    sa_ctx_destroy(&ctx);
    return status;
}
