/* selfattn finetune: adapters of low rank learn a text beside a language model, or pairs of texts beside one that makes
 * embeddings.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "exit.h"
#include "training/course.h"
#include "training/lesson.h"
#include "training/partners.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>

struct options {
    struct common common;
    struct course_options course;
    char *resume, *targets, *tokenizer;
    int rank, merge, recompute;
    double alpha, temperature;
};

/* What is learned: a text, or pairs. */
struct run {
    const struct options *o;
    struct engine engine;
    sa_trainer *trainer;
    struct lesson lesson;
    struct partners partners;
};

static double learn_text(void *user, double *tokens) {
    struct run *r = user;
    return lesson_learn(&r->lesson, r->engine.ctx, r->trainer, tokens);
}

static double test_text(void *user) {
    struct run *r = user;
    return lesson_test_loss(&r->lesson, r->engine.ctx, r->trainer);
}

static double learn_pairs(void *user, double *tokens) {
    struct run *r = user;
    sa_training_pairs batch = partners_next(&r->partners);
    double loss;
    batch.temperature = r->o->temperature;
    check(sa_trainer_accumulate_pairs(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
    *tokens = 0;
    for (int64_t i = 0; i < 2 * batch.pairs; i++) *tokens += (double)batch.lengths[i];
    return loss;
}

static double test_pairs(void *user) {
    struct run *r = user;
    const int64_t count = partners_tests(&r->partners);
    double sum = 0, loss;
    for (int64_t i = 0; i < count; i++) {
        sa_training_pairs batch = partners_test(&r->partners, i);
        batch.temperature = r->o->temperature;
        check(sa_trainer_pairs_loss(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
        sum += loss;
    }
    return sum / (double)count;
}

static void open_lesson(struct run *r, const char *model, const struct texts *texts) {
    const struct options *o = r->o;
    const uint64_t seed = course_seed(&o->course, r->trainer);
    engine_load(&r->engine, model);
    const sa_model *m = r->engine.model;
    if (o->course.pairs) {
        r->partners = partners_open(&r->engine, texts->text[0], o->course.batch, o->course.tokens, seed);
        return;
    }
    if (sa_model_get(m, SA_MODEL_ENCODER) || !sa_model_get(m, SA_MODEL_DECODER))
        failure("%s: a %s model does not go on with a text; --pairs lets embeddings learn", model, sa_model_type(m));
    r->lesson = lesson_open(&r->engine, (int32_t)sa_model_get(m, SA_MODEL_START_TOKEN), texts, o->course.batch,
                            o->course.tokens, seed);
}

static void open_trainer(struct run *r, const char *model) {
    const struct options *o = r->o;
    const sa_lora fresh = {.struct_size = sizeof fresh,
                           .rank = o->rank,
                           .alpha = o->alpha > 0 ? o->alpha : 2.0 * o->rank,
                           .dropout = o->course.dropout,
                           .targets = o->targets},
                  again = {.struct_size = sizeof again, .adapter = o->resume, .dropout = o->course.dropout};
    const sa_trainer_config config = {.struct_size = sizeof config,
                                      .resume = o->resume != NULL,
                                      .beta2 = 0.95,
                                      .clip_norm = 1,
                                      .seed = (uint64_t)o->course.seed,
                                      .lora = o->resume ? &again : &fresh,
                                      .recompute = o->recompute};
    check(sa_trainer_create(r->engine.ctx, model, &config, &r->trainer), r->engine.ctx);
}

static void save(const struct run *r, const char *model) {
    if (r->o->merge) {
        check(sa_trainer_save_merged(r->engine.ctx, r->trainer, r->o->course.output), r->engine.ctx);
        course_copy_companions(model, r->o->course.output);
    } else {
        check(sa_trainer_save(r->engine.ctx, r->trainer, r->o->course.output), r->engine.ctx);
    }
}

static void run(const struct options *o, const char *model) {
    struct run r = {.o = o};
    struct texts texts = course_read(&o->course);
    r.engine = engine_open(model, o->tokenizer, &o->common);
    open_trainer(&r, model);
    open_lesson(&r, model, &texts);
    course_make_folder(&o->course);
    struct course course = {.ctx = r.engine.ctx,
                            .trainer = r.trainer,
                            .updates = o->course.updates,
                            .every = o->course.every,
                            .rate = o->course.rate,
                            .is_quiet = o->common.json,
                            .learn = o->course.text ? learn_text : learn_pairs,
                            .test = o->course.text ? test_text : test_pairs,
                            .user = &r,
                            .accuracy = NAN};
    course_run(&course);
    save(&r, model);
    course_print(&course, o->course.output, o->common.json);
    if (o->course.picture) loss_curve_draw(course.points, course.count, o->course.picture);
    course_close(&course);
    lesson_close(&r.lesson);
    partners_close(&r.partners);
    sa_trainer_destroy(&r.trainer);
    engine_close(&r.engine);
    texts_free(&texts);
}

static int has_adapter(const char *folder) {
    char *path = g_build_filename(folder, "adapter_config.json", NULL);
    const int has = g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return has;
}

static void check_options(const struct options *o) {
    if (o->rank < 1) usage_error("--rank is %d, must be at least 1", o->rank);
    if (!(o->alpha >= 0)) usage_error("--alpha is %g, must be 0 or more", o->alpha);
    if (!(o->temperature > 0)) usage_error("--temperature is %g, must be above 0", o->temperature);
    course_check(&o->course);
    if (o->merge && has_adapter(o->course.output))
        usage_error("--merge would put a whole model into %s, beside its adapter", o->course.output);
}

static void options_free(struct options *o) {
    course_options_free(&o->course);
    free(o->resume);
    free(o->targets);
    free(o->tokenizer);
}

int command_finetune(int argc, const char **argv) {
    struct options o = {.course = {.updates = 200, .batch = 8, .tokens = 128, .every = 20, .rate = 1e-3},
                        .rank = 8,
                        .temperature = 0.05};
    const struct poptOption table[] = {
        {"text", 'f', POPT_ARG_STRING, &o.course.text, 0,
         "Learn the text in FILE, - is standard input, or all texts below a directory", "FILE|DIR"},
        {"pairs", 0, POPT_ARG_STRING, &o.course.pairs, 0,
         "Learn embeddings: the two texts of a line of FILE, with a tab between, belong together", "FILE"},
        {"output", 'o', POPT_ARG_STRING, &o.course.output, 0, "Write the adapter into DIR, in the form of PEFT", "DIR"},
        {"merge", 0, POPT_ARG_NONE, &o.merge, 0, "Write the whole model with its adapter added instead", NULL},
        {"rank", 'r', POPT_ARG_INT, &o.rank, 0, "Rank of the adapters (default: 8)", "N"},
        {"alpha", 0, POPT_ARG_DOUBLE, &o.alpha, 0, "Add alpha / rank times the adapter (default: twice the rank)", "X"},
        {"targets", 0, POPT_ARG_STRING, &o.targets, 0,
         "Matrices with adapters, as query,up or q_proj or *.mlp.* (default: query,value,qkv)", "LIST"},
        {"dropout", 0, POPT_ARG_DOUBLE, &o.course.dropout, 0, "Drop this share of what adapters read (default: 0)",
         "X"},
        {"temperature", 0, POPT_ARG_DOUBLE, &o.temperature, 0, "Divide the cosines of --pairs by it (default: 0.05)",
         "X"},
        {"updates", 'n', POPT_ARG_INT, &o.course.updates, 0, "Change the adapters N times (default: 200)", "N"},
        {"batch", 'b', POPT_ARG_INT, &o.course.batch, 0,
         "Learn N windows of the text, or pairs, for each update (default: 8)", "N"},
        {"tokens", 'w', POPT_ARG_INT, &o.course.tokens, 0,
         "Make windows, and cut texts of pairs, N tokens long (default: 128)", "N"},
        {"rate", 0, POPT_ARG_DOUBLE, &o.course.rate, 0,
         "Rise to this learning rate, then fall to 0 along a cosine (default: 0.001)", "X"},
        {"every", 0, POPT_ARG_INT, &o.course.every, 0, "Tell the losses after every N updates (default: 20)", "N"},
        {"seed", 0, POPT_ARG_LONGLONG, &o.course.seed, 0, "Seed of the windows, of first adapters and of draws", "N"},
        {"resume", 0, POPT_ARG_STRING, &o.resume, 0, "Go on with the adapter in DIR, where this command has stopped",
         "DIR"},
        {"recompute", 0, POPT_ARG_NONE, &o.recompute, 0, "Compute blocks twice, which takes less memory", NULL},
        {"tokenizer", 0, POPT_ARG_STRING, &o.tokenizer, 0, "Read the tokenizer from FILE (default: beside the model)",
         "FILE"},
        {"picture", 'p', POPT_ARG_STRING, &o.course.picture, 0, "Draw the losses into FILE (.png or .svg)", "FILE"},
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL", 1, 1);
    check_options(&o);
    run(&o, a.word[0]);
    options_free(&o);
    arguments_free(&a, &o.common);
    return 0;
}
