/* selfattn train: a language model learns a text.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "clock.h"
#include "command/command.h"
#include "exit.h"
#include "picture/picture.h"
#include "table.h"
#include "text/text_file.h"
#include "training/beginning.h"
#include "training/lesson.h"
#include "training/loss_curve.h"
#include "training/sample.h"

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
    char *text, *pairs, *output, *picture, *tokenizer, *sample;
    int updates, batch, tokens, every, vocabulary, resume, scratch;
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
    int64_t first;        /* updates that were made before */
    double began, tokens; /* tokens learned in this run */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* Files beside the weights that a model needs to read and write text. */
static const char *const companions[] = {
    "tokenizer.json", "tokenizer_config.json",   "tokenizer.model",        "vocab.json",          "merges.txt",
    "vocab.txt",      "special_tokens_map.json", "generation_config.json", "chat_template.jinja", "architecture.json"};

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

/* The model as it is now goes on with the sample's text. What Ctrl-C would lose is less, too. */
static void show_sample(const struct run *r) {
    enum { MOST_TOKENS = 60 };
    check(sa_trainer_save(r->engine.ctx, r->trainer, r->o->output), r->engine.ctx);
    sample_show(&r->engine, r->o->output, r->o->sample, MOST_TOKENS);
}

static void report(struct run *r, int64_t update, double learned) {
    const double seconds = clock_seconds() - r->began, tested = test_loss(r), done = (double)(update - r->first);
    r->points[r->count++] = (struct loss_point){update, isnan(learned) ? tested : learned, tested};
    if (r->o->common.json || done == 0) return;
    fprintf(stderr, "%6lld updates  loss %.4f  test %.4f  %.0f tokens/s  %.0f s left\n", (long long)update, learned,
            tested, r->tokens / fmax(seconds, 1e-9), (double)(r->o->updates - update) * seconds / done);
    if (r->o->sample) show_sample(r);
}

/* Learns from the first loss on, until all updates are made or Ctrl-C; the loss between two reports is the mean of
 * their updates. */
static void learn(struct run *r) {
    const struct options *o = r->o;
    double sum = 0, loss;
    int64_t since = 0;
    r->first = sa_trainer_updates(r->trainer);
    r->began = clock_seconds();
    if (r->first < o->updates) report(r, r->first, NAN);
    for (int64_t i = r->first; i < o->updates && !interrupted; i++) {
        const sa_training_batch batch = lesson_next(&r->lesson);
        const double rate = sa_learning_rate(SA_SCHEDULE_COSINE, i, o->updates / 20, o->updates, o->rate);
        check(sa_trainer_accumulate(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
        check(sa_trainer_update(r->engine.ctx, r->trainer, rate, NULL), r->engine.ctx);
        r->tokens += (double)(batch.batch * (batch.tokens + batch.labels_per_sequence));
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
    if (!o->text == !o->pairs) usage_error(o->text ? "--text and --pairs are given" : "--text or --pairs is missing");
    if (o->vocabulary != NOT_GIVEN && !o->scratch)
        usage_error("--vocabulary needs --scratch, or a config.json: what has been learned has other tokens");
    if (o->vocabulary != NOT_GIVEN && o->tokenizer) usage_error("--vocabulary and --tokenizer are given");
    if (!o->output) usage_error("--output is missing");
    if (o->picture) picture_check_name(o->picture);
}

/* What is learned, as numbers. A text goes on from windows of itself; of a pair, one text is written for the other. */
static struct lesson open_lesson(struct run *r, const char *model, const char *text) {
    const struct options *o = r->o;
    const uint64_t seed = (uint64_t)o->seed + (uint64_t)sa_trainer_updates(r->trainer) * 0x100000001u;
    if (o->scratch) check(sa_trainer_save(r->engine.ctx, r->trainer, o->output), r->engine.ctx);
    engine_load(&r->engine, o->scratch ? o->output : model);
    const sa_model *m = r->engine.model;
    const int64_t encodes = sa_model_get(m, SA_MODEL_ENCODER), decodes = sa_model_get(m, SA_MODEL_DECODER);
    if (o->pairs && !(encodes && decodes))
        failure("%s: a %s model is no encoder with a decoder, which learns pairs", model, sa_model_type(m));
    if (o->pairs) return lesson_open_pairs(&r->engine, text, o->batch, seed);
    if (encodes || !decodes) failure("%s: a %s model does not go on with a text", model, sa_model_type(m));
    return lesson_open(&r->engine, (int32_t)sa_model_get(m, SA_MODEL_START_TOKEN), text, o->batch, o->tokens, seed);
}

static void run(const struct options *o, const char *model) {
    struct run r = {.o = o};
    const sa_trainer_config config = {.struct_size = sizeof config,
                                      .resume = o->resume,
                                      .initialize = o->scratch,
                                      .weight_decay = o->decay,
                                      .decay_matrices_only = 1,
                                      .beta2 = 0.95,
                                      .clip_norm = 1,
                                      .attention_dropout = o->dropout,
                                      .hidden_dropout = o->dropout,
                                      .seed = (uint64_t)o->seed};
    char *text = text_file_read(o->text ? o->text : o->pairs);
    if (mkdir(o->output, 0777) && access(o->output, W_OK)) failure("%s: no such directory can be made", o->output);
    r.engine = engine_begin(&o->common);
    if (o->vocabulary != NOT_GIVEN) {
        beginning_learn(r.engine.ctx, model, text, o->vocabulary, o->pairs != NULL, o->output);
        model = o->output;
    }
    engine_load_tokenizer(&r.engine, model, o->tokenizer);
    check(sa_trainer_create(r.engine.ctx, model, &config, &r.trainer), r.engine.ctx);
    r.lesson = open_lesson(&r, model, text);
    train(&r, model);
    lesson_close(&r.lesson);
    sa_trainer_destroy(&r.trainer);
    engine_close(&r.engine);
    free(text);
}

static void options_free(struct options *o) {
    char *const all[] = {o->text, o->pairs, o->output, o->picture, o->tokenizer, o->sample};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

int command_train(int argc, const char **argv) {
    struct options o = {
        .updates = 500, .batch = 8, .tokens = 128, .every = 20, .vocabulary = NOT_GIVEN, .rate = 3e-4, .decay = 0.1};
    const struct poptOption table[] = {
        {"text", 'f', POPT_ARG_STRING, &o.text, 0, "Learn the text in FILE; - is standard input", "FILE"},
        {"pairs", 0, POPT_ARG_STRING, &o.pairs, 0,
         "Learn to write the second text of each line of FILE for the first; a tab is between them", "FILE"},
        {"output", 'o', POPT_ARG_STRING, &o.output, 0, "Write the model into DIR, with what --resume needs", "DIR"},
        {"vocabulary", 0, POPT_ARG_INT, &o.vocabulary, 0,
         "Learn a tokenizer of at most N tokens from FILE first, and put it into DIR", "N"},
        {"updates", 'n', POPT_ARG_INT, &o.updates, 0, "Change the weights N times (default: 500)", "N"},
        {"batch", 'b', POPT_ARG_INT, &o.batch, 0, "Learn N windows of the text, or pairs, for each update (default: 8)",
         "N"},
        {"tokens", 'w', POPT_ARG_INT, &o.tokens, 0, "Make windows N tokens long (default: 128)", "N"},
        {"rate", 0, POPT_ARG_DOUBLE, &o.rate, 0,
         "Rise to this learning rate, then fall to 0 along a cosine (default: 0.0003)", "X"},
        {"decay", 0, POPT_ARG_DOUBLE, &o.decay, 0, "Weight decay of matrices (default: 0.1)", "X"},
        {"dropout", 0, POPT_ARG_DOUBLE, &o.dropout, 0,
         "Drop this share of attention weights and of what layers add (default: 0)", "X"},
        {"every", 0, POPT_ARG_INT, &o.every, 0, "Tell the losses after every N updates (default: 20)", "N"},
        {"sample", 0, POPT_ARG_STRING, &o.sample, 0,
         "Whenever losses are told, write the model into DIR and show what it writes behind TEXT, or for it", "TEXT"},
        {"seed", 0, POPT_ARG_LONGLONG, &o.seed, 0, "Seed of what is drawn: windows or pairs, first weights, dropout",
         "N"},
        {"scratch", 0, POPT_ARG_NONE, &o.scratch, 0,
         "Read only the config.json of MODEL: begin with random weights, as if MODEL is that file", NULL},
        {"resume", 0, POPT_ARG_NONE, &o.resume, 0, "Go on where MODEL, the --output of this command, has stopped",
         NULL},
        {"tokenizer", 0, POPT_ARG_STRING, &o.tokenizer, 0, "Read the tokenizer from FILE (default: beside the model)",
         "FILE"},
        {"picture", 'p', POPT_ARG_STRING, &o.picture, 0, "Draw the losses into FILE (.png or .svg)", "FILE"},
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL", 1, 1);
    o.scratch |= g_str_has_suffix(a.word[0], "config.json");
    check_options(&o);
    run(&o, a.word[0]);
    options_free(&o);
    arguments_free(&a, &o.common);
    return 0;
}
