/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/course.h"

#include "clock.h"
#include "engine.h"
#include "exit.h"
#include "picture/picture.h"
#include "table.h"

#include <glib.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void course_check(const struct course_options *o) {
    const struct {
        const char *name;
        int value;
    } counts[] = {{"updates", o->updates}, {"batch", o->batch}, {"every", o->every}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].value < 1) usage_error("--%s is %d, must be at least 1", counts[i].name, counts[i].value);
    if (o->tokens < 2) usage_error("--tokens is %d, must be at least 2", o->tokens);
    if (!(o->rate > 0)) usage_error("--rate is %g, must be above 0", o->rate);
    if (!(o->dropout >= 0 && o->dropout < 1))
        usage_error("--dropout is %g, must be 0 or more, and below 1", o->dropout);
    if (o->classes && (o->text || o->pairs)) usage_error("--classes and --%s are given", o->text ? "text" : "pairs");
    if (!o->classes && !o->text == !o->pairs)
        usage_error(o->text ? "--text and --pairs are given" : "--text or --pairs is missing");
    if (!o->output) usage_error("--output is missing");
    if (o->text && !strcmp(o->text, o->output)) usage_error("--text and --output are both %s", o->text);
    if (o->picture) picture_check_name(o->picture);
}

void course_options_free(struct course_options *o) {
    free(o->text);
    free(o->pairs);
    free(o->classes);
    free(o->output);
    free(o->picture);
}

struct texts course_read(const struct course_options *o) {
    return o->text ? texts_of(o->text, o->output) : texts_of_file(o->pairs ? o->pairs : o->classes);
}

void course_make_folder(const struct course_options *o) {
    if (mkdir(o->output, 0777) && access(o->output, W_OK)) failure("%s: no such directory can be made", o->output);
}

uint64_t course_seed(const struct course_options *o, const sa_trainer *trainer) {
    return (uint64_t)o->seed + (uint64_t)sa_trainer_updates(trainer) * 0x100000001u;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* Of one run. */
struct running {
    struct course *course;
    int64_t first;
    double began, tokens;
};

/* `known` is the loss of what was learned; NULL: before the first update, where the test says it. */
static void report(struct running *r, int64_t update, const double *known) {
    struct course *c = r->course;
    const double tested = c->test(c->user), seconds = clock_seconds() - r->began, done = (double)(update - r->first);
    const double learned = known ? *known : tested;
    if (!isfinite(tested) || !isfinite(learned))
        failure("the loss is no number after %lld updates: what came of them is not written%s", (long long)update,
                known ? "; a lower --rate may help" : "");
    c->points[c->count++] = (struct loss_point){update, learned, tested};
    if (c->is_quiet || done == 0) return;
    fprintf(stderr, "%6lld updates  loss %.4f  test %.4f  %.0f tokens/s  %.0f s left\n", (long long)update, learned,
            tested, r->tokens / fmax(seconds, 1e-9), (double)(c->updates - update) * seconds / done);
    if (c->told) c->told(c->user);
}

/* The loss between two reports is the mean of their updates. */
static void run(struct running *r) {
    struct course *c = r->course;
    double sum = 0, tokens;
    int64_t since = 0;
    report(r, r->first, NULL);
    for (int64_t i = r->first; i < c->updates && !interrupted; i++) {
        const double rate = sa_learning_rate(SA_SCHEDULE_COSINE, i, c->updates / 20, c->updates, c->rate);
        sum += c->learn(c->user, &tokens), since++;
        check(sa_trainer_update(c->ctx, c->trainer, rate, NULL), c->ctx);
        r->tokens += tokens;
        if (since < c->every && i + 1 < c->updates && !interrupted) continue;
        const double mean = sum / (double)since;
        report(r, i + 1, &mean);
        sum = 0, since = 0;
    }
}

void course_run(struct course *c) {
    struct sigaction before, during = {.sa_handler = interrupt};
    struct running r = {.course = c, .first = sa_trainer_updates(c->trainer), .began = clock_seconds()};
    if (r.first >= c->updates)
        failure("there is nothing to learn: the checkpoint has %lld updates, and --updates is %lld", (long long)r.first,
                (long long)c->updates);
    c->points = allocate((size_t)(c->updates / c->every + 3), sizeof *c->points);
    sigaction(SIGINT, &during, &before);
    run(&r);
    sigaction(SIGINT, &before, NULL);
    c->is_interrupted = interrupted;
}

void course_close(struct course *c) {
    free(c->points);
}

void course_print(const struct course *c, const char *output, int as_json) {
    const struct loss_point *end = &c->points[c->count - 1];
    const long long updates = (long long)sa_trainer_updates(c->trainer);
    json_t *list = json_array();
    for (int64_t i = 0; i < c->count; i++)
        json_array_append_new(list, json_pack("{sI sf sf}", "update", (json_int_t)c->points[i].update, "loss",
                                              c->points[i].learned, "test_loss", c->points[i].tested));
    if (as_json) {
        json_t *all = json_pack("{so sI sf sf sO}", "output", json_text(output), "updates", (json_int_t)updates, "loss",
                                end->learned, "test_loss", end->tested, "losses", list);
        if (!isnan(c->accuracy)) json_object_set_new(all, "test_accuracy", json_real(c->accuracy));
        print_json(all);
    } else {
        printf("%s: %lld updates, loss %.4f, test %.4f", output, updates, end->learned, end->tested);
        if (!isnan(c->accuracy)) printf(", accuracy %.1f %%", 100 * c->accuracy);
        puts(c->is_interrupted ? " (interrupted)" : "");
    }
    json_decref(list);
}

static const char *const companions[] = {"tokenizer.json",
                                         "tokenizer_config.json",
                                         "tokenizer.model",
                                         "vocab.json",
                                         "merges.txt",
                                         "vocab.txt",
                                         "special_tokens_map.json",
                                         "generation_config.json",
                                         "chat_template.jinja",
                                         "preprocessor_config.json",
                                         "processor_config.json",
                                         "architecture.json",
                                         "modules.json",
                                         "1_Pooling/config.json",
                                         "config_sentence_transformers.json"};

static void copy(const char *directory, const char *name, const char *output) {
    char *from = g_build_filename(directory, name, NULL), *to = g_build_filename(output, name, NULL),
         *folder = g_path_get_dirname(to), *bytes;
    gsize size;
    if (!g_file_test(to, G_FILE_TEST_EXISTS) && g_file_get_contents(from, &bytes, &size, NULL)) {
        if (g_mkdir_with_parents(folder, 0777) || !g_file_set_contents(to, bytes, (gssize)size, NULL))
            failure("%s cannot be written", to);
        g_free(bytes);
    }
    g_free(from);
    g_free(to);
    g_free(folder);
}

void course_copy_companions(const char *model, const char *output) {
    char *directory = engine_directory(model);
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) copy(directory, companions[i], output);
    free(directory);
}
