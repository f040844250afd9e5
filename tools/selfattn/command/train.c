/* selfattn train: a language model learns a text.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "clock.h"
#include "command/command.h"
#include "exit.h"
#include "picture/picture.h"
#include "table.h"
#include "text/text_file.h"
#include "training/lesson.h"
#include "training/loss_curve.h"

#include <glib.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
    struct common common;
    char *text, *output, *picture, *tokenizer;
    int updates, batch, tokens, every, resume, scratch;
    long long seed;
    double rate, decay, dropout;
};

/* A training that runs, and what was measured. */
struct run {
    const struct options *o;
    struct engine engine;
    sa_trainer *trainer;
    struct lesson lesson;
    struct loss_point *points;
    int64_t count;
    double began, tokens; /* tokens learned in this run */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* Files beside the weights that a model needs to read and write text. */
static const char *const companions[] = {
    "tokenizer.json", "tokenizer_config.json",   "tokenizer.model",        "vocab.json",         "merges.txt",
    "vocab.txt",      "special_tokens_map.json", "generation_config.json", "chat_template.jinja"};

static void copy_companions(const char *model, const char *output) {
    char *directory = engine_directory(model);
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
        char *from = g_build_filename(directory, companions[i], NULL),
             *to = g_build_filename(output, companions[i], NULL), *bytes;
        gsize size;
        if (!g_file_test(to, G_FILE_TEST_EXISTS) && g_file_get_contents(from, &bytes, &size, NULL)) {
            if (!g_file_set_contents(to, bytes, (gssize)size, NULL)) failure("%s cannot be written", to);
            g_free(bytes);
        }
        g_free(from);
        g_free(to);
    }
    free(directory);
}

/* A normal number by the sum of twelve even ones; the same everywhere. */
static double normal(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*state >> 11) * 0x1p-53;
    }
    return sum;
}

/* Biases become 0, weights of norms 1, and all others normal numbers of deviation 0.02, as GPT-2's and Llama's were at
 * first. */
static void forget(sa_trainer *trainer, uint64_t seed) {
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) {
        float *values;
        int64_t count;
        const char *name = sa_trainer_parameter(trainer, i, &values, NULL, &count);
        const int is_norm = strstr(name, "norm") || strstr(name, "ln_"), is_bias = g_str_has_suffix(name, ".bias");
        for (int64_t n = 0; n < count; n++) values[n] = is_bias ? 0 : is_norm ? 1 : (float)(0.02 * normal(&seed));
    }
}

static double test_loss(struct run *r) {
    const int64_t count = lesson_tests(&r->lesson);
    double sum = 0, loss;
    for (int64_t i = 0; i < count; i++) {
        const sa_training_batch batch = lesson_test(&r->lesson, i);
        check(sa_trainer_loss(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
        sum += loss;
    }
    return sum / (double)count;
}

static void report(struct run *r, int64_t update, double learned) {
    const double tested = test_loss(r), seconds = clock_seconds() - r->began, speed = r->tokens / fmax(seconds, 1e-9);
    const double left = (double)(r->o->updates - update) * (double)(r->o->batch * r->o->tokens) / fmax(speed, 1e-9);
    r->points[r->count++] = (struct loss_point){update, isnan(learned) ? tested : learned, tested};
    if (!r->o->common.json && r->tokens > 0)
        fprintf(stderr, "%6lld updates  loss %.4f  test %.4f  %.0f tokens/s  %.0f s left\n", (long long)update, learned,
                tested, speed, left);
}

/* Learns from the first loss on, until all updates are made or Ctrl-C; the loss between two reports is the mean of
 * their updates. */
static void learn(struct run *r) {
    const struct options *o = r->o;
    double sum = 0, loss;
    int64_t first = sa_trainer_updates(r->trainer), since = 0;
    r->began = clock_seconds();
    if (first < o->updates) report(r, first, NAN);
    for (int64_t i = first; i < o->updates && !interrupted; i++) {
        const sa_training_batch batch = lesson_next(&r->lesson);
        const double rate = sa_learning_rate(SA_SCHEDULE_COSINE, i, o->updates / 20, o->updates, o->rate);
        check(sa_trainer_accumulate(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
        check(sa_trainer_update(r->engine.ctx, r->trainer, rate, NULL), r->engine.ctx);
        r->tokens += (double)(o->batch * o->tokens);
        sum += loss, since++;
        if (since < o->every && i + 1 < o->updates && !interrupted) continue;
        report(r, i + 1, sum / (double)since);
        sum = 0, since = 0;
    }
}

static void print_end(const struct run *r) {
    const struct loss_point *end = &r->points[r->count - 1];
    json_t *list = json_array();
    for (int64_t i = 0; i < r->count; i++)
        json_array_append_new(list, json_pack("{sI sf sf}", "update", (json_int_t)r->points[i].update, "loss",
                                              r->points[i].learned, "test_loss", r->points[i].tested));
    if (r->o->common.json)
        print_json(json_pack("{ss sI sf sf sO}", "output", r->o->output, "updates",
                             (json_int_t)sa_trainer_updates(r->trainer), "loss", end->learned, "test_loss", end->tested,
                             "losses", list));
    else
        printf("%s: %lld updates, loss %.4f, test %.4f%s\n", r->o->output, (long long)sa_trainer_updates(r->trainer),
               end->learned, end->tested, interrupted ? " (interrupted)" : "");
    json_decref(list);
}

static void train(struct run *r, const char *model) {
    const struct options *o = r->o;
    struct sigaction before, during = {.sa_handler = interrupt};
    r->points = allocate((size_t)(o->updates / o->every + 3), sizeof *r->points);
    if (mkdir(o->output, 0777) && access(o->output, W_OK)) failure("%s: no such directory can be made", o->output);
    sigaction(SIGINT, &during, &before);
    learn(r);
    sigaction(SIGINT, &before, NULL);
    if (!r->count)
        failure("there is nothing to learn: the checkpoint has %lld updates, and --updates is %d",
                (long long)sa_trainer_updates(r->trainer), o->updates);
    check(sa_trainer_save(r->engine.ctx, r->trainer, o->output), r->engine.ctx);
    copy_companions(model, o->output);
    print_end(r);
    if (o->picture) loss_curve_draw(r->points, r->count, o->picture);
    free(r->points);
}

static void check_options(const struct options *o) {
    const struct {
        const char *name;
        int value;
    } counts[] = {{"updates", o->updates}, {"batch", o->batch}, {"every", o->every}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].value < 1) usage_error("--%s is %d, must be at least 1", counts[i].name, counts[i].value);
    if (o->tokens < 2) usage_error("--tokens is %d, must be at least 2", o->tokens);
    if (!(o->rate > 0)) usage_error("--rate is %g, must be above 0", o->rate);
    if (!(o->decay >= 0)) usage_error("--decay is %g, must be 0 or more", o->decay);
    if (!(o->dropout >= 0 && o->dropout < 1))
        usage_error("--dropout is %g, must be 0 or more, and below 1", o->dropout);
    if (o->resume && o->scratch) usage_error("--resume and --scratch are given");
    if (!o->text) usage_error("--text is missing");
    if (!o->output) usage_error("--output is missing");
    if (o->picture) picture_check_name(o->picture);
}

/* The token that every text begins with, if the model has one and the tokenizer does not put it there itself. */
static int32_t start_token(struct run *r, const char *model) {
    engine_load(&r->engine, model);
    const int32_t start = (int32_t)sa_model_get(r->engine.model, SA_MODEL_START_TOKEN);
    if (sa_model_get(r->engine.model, SA_MODEL_ENCODER) || !sa_model_get(r->engine.model, SA_MODEL_DECODER))
        failure("%s: a %s model does not go on with a text", model, sa_model_type(r->engine.model));
    return start;
}

static void run(const struct options *o, const char *model) {
    struct run r = {.o = o};
    const sa_trainer_config config = {.struct_size = sizeof config,
                                      .resume = o->resume,
                                      .weight_decay = o->decay,
                                      .decay_matrices_only = 1,
                                      .beta2 = 0.95,
                                      .clip_norm = 1,
                                      .attention_dropout = o->dropout,
                                      .hidden_dropout = o->dropout,
                                      .seed = (uint64_t)o->seed};
    char *text = text_file_read(o->text);
    r.engine = engine_open(model, o->tokenizer, &o->common);
    check(sa_trainer_create(r.engine.ctx, model, &config, &r.trainer), r.engine.ctx);
    if (o->scratch) forget(r.trainer, (uint64_t)o->seed);
    r.lesson = lesson_open(&r.engine, start_token(&r, model), text, o->batch, o->tokens,
                           (uint64_t)o->seed + (uint64_t)sa_trainer_updates(r.trainer) * 0x100000001u);
    train(&r, model);
    lesson_close(&r.lesson);
    sa_trainer_destroy(&r.trainer);
    engine_close(&r.engine);
    free(text);
}

int command_train(int argc, const char **argv) {
    struct options o = {.updates = 500, .batch = 8, .tokens = 128, .every = 20, .rate = 3e-4, .decay = 0.1};
    const struct poptOption table[] = {
        {"text", 'f', POPT_ARG_STRING, &o.text, 0, "Learn the text in FILE; - is standard input", "FILE"},
        {"output", 'o', POPT_ARG_STRING, &o.output, 0, "Write the model into DIR, with what --resume needs", "DIR"},
        {"updates", 'n', POPT_ARG_INT, &o.updates, 0, "Change the weights N times (default: 500)", "N"},
        {"batch", 'b', POPT_ARG_INT, &o.batch, 0, "Learn N windows of the text for each update (default: 8)", "N"},
        {"tokens", 'w', POPT_ARG_INT, &o.tokens, 0, "Make windows N tokens long (default: 128)", "N"},
        {"rate", 0, POPT_ARG_DOUBLE, &o.rate, 0,
         "Rise to this learning rate, then fall to 0 along a cosine (default: 0.0003)", "X"},
        {"decay", 0, POPT_ARG_DOUBLE, &o.decay, 0, "Weight decay of matrices (default: 0.1)", "X"},
        {"dropout", 0, POPT_ARG_DOUBLE, &o.dropout, 0,
         "Drop this share of attention weights and of what layers add (default: 0)", "X"},
        {"every", 0, POPT_ARG_INT, &o.every, 0, "Tell the losses after every N updates (default: 20)", "N"},
        {"seed", 0, POPT_ARG_LONGLONG, &o.seed, 0, "Seed of the windows, of --scratch and of --dropout", "N"},
        {"scratch", 0, POPT_ARG_NONE, &o.scratch, 0, "Forget what MODEL has learned: begin with random weights", NULL},
        {"resume", 0, POPT_ARG_NONE, &o.resume, 0, "Go on where MODEL, the --output of this command, has stopped",
         NULL},
        {"tokenizer", 0, POPT_ARG_STRING, &o.tokenizer, 0, "Read the tokenizer from FILE (default: beside the model)",
         "FILE"},
        {"picture", 'p', POPT_ARG_STRING, &o.picture, 0, "Draw the losses into FILE (.png or .svg)", "FILE"},
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL", 1, 1);
    check_options(&o);
    run(&o, a.word[0]);
    free(o.text);
    free(o.output);
    free(o.picture);
    free(o.tokenizer);
    arguments_free(&a, &o.common);
    return 0;
}
