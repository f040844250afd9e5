/* selfattn train: a language model learns a text, an encoder with a decoder pairs of texts, any model classes of texts
 * or images.
 * SPDX-License-Identifier: MIT */
#include "classifier/labels.h"
#include "command/command.h"
#include "exit.h"
#include "training/beginning.h"
#include "training/course.h"
#include "training/examples.h"
#include "training/lesson.h"
#include "training/sample.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct common common;
    struct course_options course;
    char *tokenizer, *sample;
    int vocabulary, resume, scratch, bf16, of_images; /* of_images: classes are of images in a folder */
    double decay;
};

struct run {
    const struct options *o;
    struct engine engine;
    sa_trainer *trainer;
    struct lesson lesson;     /* of texts or pairs, or ... */
    struct examples examples; /* ... of classes */
};

static double learn(void *user, double *tokens) {
    struct run *r = user;
    return lesson_learn(&r->lesson, r->engine.ctx, r->trainer, tokens);
}

static double test(void *user) {
    struct run *r = user;
    return lesson_test_loss(&r->lesson, r->engine.ctx, r->trainer);
}

static double learn_classes(void *user, double *tokens) {
    struct run *r = user;
    const sa_training_batch batch = examples_next(&r->examples);
    double loss;
    check(sa_trainer_accumulate(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
    *tokens = 0;
    for (int64_t b = 0; b < batch.batch; b++) *tokens += (double)r->examples.lengths[b];
    return loss;
}

static double test_classes(void *user) {
    struct run *r = user;
    const int64_t count = examples_tests(&r->examples);
    double sum = 0, loss;
    for (int64_t i = 0; i < count; i++) {
        const sa_training_batch batch = examples_test(&r->examples, i);
        check(sa_trainer_loss(r->engine.ctx, r->trainer, &batch, &loss), r->engine.ctx);
        sum += loss;
    }
    return sum / (double)count;
}

/* The model as it is now goes on with the sample's text. What Ctrl-C would lose is less, too. */
static void show_sample(void *user) {
    enum { MOST_TOKENS = 60 };
    const struct run *r = user;
    check(sa_trainer_save(r->engine.ctx, r->trainer, r->o->course.output), r->engine.ctx);
    sample_show(&r->engine, r->o->course.output, r->o->sample, MOST_TOKENS);
}

static void train(struct run *r, const char *model) {
    const struct options *o = r->o;
    struct course course = {.ctx = r->engine.ctx,
                            .trainer = r->trainer,
                            .updates = o->course.updates,
                            .every = o->course.every,
                            .rate = o->course.rate,
                            .is_quiet = o->common.json,
                            .learn = o->course.classes ? learn_classes : learn,
                            .test = o->course.classes ? test_classes : test,
                            .told = o->sample ? show_sample : NULL,
                            .user = r,
                            .accuracy = NAN};
    course_run(&course);
    check(sa_trainer_save(r->engine.ctx, r->trainer, o->course.output), r->engine.ctx);
    course_copy_companions(model, o->course.output);
    if (o->course.classes) course.accuracy = examples_accuracy(&r->examples, &r->engine, o->course.output);
    course_print(&course, o->course.output, o->common.json);
    if (o->course.picture) loss_curve_draw(course.points, course.count, o->course.picture);
    course_close(&course);
}

static void complete_options(struct options *o, const char *model) {
    o->of_images = o->course.classes && g_file_test(o->course.classes, G_FILE_TEST_IS_DIR);
    if (o->of_images && (o->tokenizer || o->course.tokens != NOT_GIVEN))
        usage_error("--%s is given, but --classes is a folder of images", o->tokenizer ? "tokenizer" : "tokens");
    if (o->course.tokens == NOT_GIVEN) o->course.tokens = 128;
    if (isnan(o->course.rate)) o->course.rate = o->course.classes ? 1e-4 : 3e-4;
    o->scratch |= g_str_has_suffix(model, "config.json");
}

static void check_options(const struct options *o) {
    if (!(o->decay >= 0)) usage_error("--decay is %g, must be 0 or more", o->decay);
    if (o->resume && o->scratch) usage_error("--resume and --scratch are given");
    if (o->vocabulary != NOT_GIVEN && !o->scratch)
        usage_error("--vocabulary needs --scratch, or a config.json: what has been learned has other tokens");
    if (o->course.classes && o->vocabulary != NOT_GIVEN) usage_error("--classes and --vocabulary are given");
    if (o->vocabulary != NOT_GIVEN && o->tokenizer) usage_error("--vocabulary and --tokenizer are given");
    if (o->course.classes && o->sample) usage_error("--classes and --sample are given: a classifier writes nothing");
    course_check(&o->course);
}

/* The model that learns, as it is before that. */
static void load_model(struct run *r, const char *model) {
    const struct options *o = r->o;
    if (o->scratch) check(sa_trainer_save(r->engine.ctx, r->trainer, o->course.output), r->engine.ctx);
    engine_load(&r->engine, o->scratch ? o->course.output : model);
}

/* What is learned, as numbers. A text goes on from windows of itself; of a pair, one text is written for the other. */
static struct lesson open_lesson(struct run *r, const char *model, const struct texts *texts) {
    const struct options *o = r->o;
    const uint64_t seed = course_seed(&o->course, r->trainer);
    load_model(r, model);
    const sa_model *m = r->engine.model;
    const int64_t encodes = sa_model_get(m, SA_MODEL_ENCODER), decodes = sa_model_get(m, SA_MODEL_DECODER);
    if (o->course.pairs && !(encodes && decodes))
        failure("%s: a %s model is no encoder with a decoder, which learns pairs", model, sa_model_type(m));
    if (o->course.pairs) return lesson_open_pairs(&r->engine, texts->text[0], o->course.batch, seed);
    if (encodes || !decodes) failure("%s: a %s model does not go on with a text", model, sa_model_type(m));
    return lesson_open(&r->engine, (int32_t)sa_model_get(m, SA_MODEL_START_TOKEN), texts, o->course.batch,
                       o->course.tokens, seed);
}

static int is_classifier(const json_t *config) {
    const char *class = json_string_value(json_array_get(json_object_get(config, "architectures"), 0));
    return class && strstr(class, "Classification");
}

/* What a classifier learns. A checkpoint, and a classifier that has all classes, go on with theirs; any other model
 * becomes a classifier of those of the examples. */
static void open_examples(struct run *r, const char *model, const struct texts *texts, sa_trainer_config *config) {
    const struct options *o = r->o;
    json_t *settings = o->scratch ? NULL : engine_json_beside(model, "config.json", 1);
    struct examples *e = &r->examples;
    *e = o->of_images ? examples_of_images(o->course.classes, o->course.batch)
                      : examples_of_texts(&r->engine, texts->text[0], o->course.batch, o->course.tokens);
    const int goes_on = o->resume || is_classifier(settings);
    const char *lacking = goes_on ? examples_number(e, settings) : e->name[0];
    if (lacking && o->resume) failure("the model has no class %s", lacking);
    if (lacking && e->classes < 2)
        failure("all examples are of the class %s: there is nothing to tell apart", e->name[0]);
    if (lacking) config->classes = e->name, config->class_count = e->classes;
    json_decref(settings);
}

/* A model learns images of the size that its image processor makes; one that begins from nothing, those that its
 * config.json names. Returns the side, 0 for that. */
static int64_t see_images(struct run *r, const char *model) {
    int64_t side = 0;
    if (r->o->scratch)
        load_model(r, model);
    else
        side = load_for_images(&r->engine, model, NULL);
    examples_see(&r->examples, &r->engine, model);
    engine_unload(&r->engine);
    return side;
}

static void run(const struct options *o, const char *model) {
    struct run r = {.o = o};
    sa_trainer_config config = {.struct_size = sizeof config,
                                .resume = o->resume,
                                .initialize = o->scratch,
                                .weight_decay = o->decay,
                                .decay_matrices_only = 1,
                                .beta2 = 0.95,
                                .clip_norm = 1,
                                .attention_dropout = o->course.dropout,
                                .hidden_dropout = o->course.dropout,
                                .seed = (uint64_t)o->course.seed,
                                .weights = o->bf16 ? SA_BF16 : SA_F32};
    struct texts texts = {0};
    if (!o->of_images) texts = course_read(&o->course);
    course_make_folder(&o->course);
    r.engine = engine_begin(&o->common);
    if (o->vocabulary != NOT_GIVEN) {
        beginning_learn(r.engine.ctx, model, &texts, o->vocabulary, o->course.pairs != NULL, o->course.output);
        model = o->course.output;
    }
    if (!o->of_images) engine_load_tokenizer(&r.engine, model, o->tokenizer);
    if (o->course.classes) open_examples(&r, model, &texts, &config);
    if (o->of_images && !o->scratch) config.image_size = see_images(&r, model);
    check(sa_trainer_create(r.engine.ctx, model, &config, &r.trainer), r.engine.ctx);
    if (o->of_images && o->scratch) see_images(&r, model);
    if (o->course.classes)
        examples_begin(&r.examples, course_seed(&o->course, r.trainer));
    else
        r.lesson = open_lesson(&r, model, &texts);
    train(&r, model);
    lesson_close(&r.lesson);
    examples_close(&r.examples);
    sa_trainer_destroy(&r.trainer);
    engine_close(&r.engine);
    texts_free(&texts);
}

static void options_free(struct options *o) {
    course_options_free(&o->course);
    free(o->tokenizer);
    free(o->sample);
}

int command_train(int argc, const char **argv) {
    struct options o = {.course = {.updates = 500, .batch = 8, .tokens = NOT_GIVEN, .every = 20, .rate = NAN},
                        .vocabulary = NOT_GIVEN,
                        .decay = 0.1};
    const struct poptOption table[] = {
        {"text", 'f', POPT_ARG_STRING, &o.course.text, 0,
         "Learn the text in FILE, - is standard input, or all texts below a directory", "FILE|DIR"},
        {"pairs", 0, POPT_ARG_STRING, &o.course.pairs, 0,
         "Learn to write the second text of each line of FILE for the first; a tab is between them", "FILE"},
        {"classes", 0, POPT_ARG_STRING, &o.course.classes, 0,
         "Learn to classify: each line of FILE is a text, a tab and its class; DIR has a folder of images for each "
         "class",
         "FILE|DIR"},
        {"output", 'o', POPT_ARG_STRING, &o.course.output, 0, "Write the model into DIR, with what --resume needs",
         "DIR"},
        {"vocabulary", 0, POPT_ARG_INT, &o.vocabulary, 0,
         "Learn a tokenizer of at most N tokens from the texts first, and put it into DIR", "N"},
        {"updates", 'n', POPT_ARG_INT, &o.course.updates, 0, "Change the weights N times (default: 500)", "N"},
        {"batch", 'b', POPT_ARG_INT, &o.course.batch, 0,
         "Learn N windows of the text, pairs, or texts or images with classes for each update (default: 8)", "N"},
        {"tokens", 'w', POPT_ARG_INT, &o.course.tokens, 0,
         "Make windows, and cut texts with classes, N tokens long (default: 128)", "N"},
        {"rate", 0, POPT_ARG_DOUBLE, &o.course.rate, 0,
         "Rise to this learning rate, then fall to 0 along a cosine (default: 0.0003; with --classes 0.0001)", "X"},
        {"decay", 0, POPT_ARG_DOUBLE, &o.decay, 0, "Weight decay of matrices (default: 0.1)", "X"},
        {"dropout", 0, POPT_ARG_DOUBLE, &o.course.dropout, 0,
         "Drop this share of attention weights and of what layers add (default: 0)", "X"},
        {"bf16", 0, POPT_ARG_NONE, &o.bf16, 0,
         "Compute with weights rounded to bfloat16, and write the model so; --resume goes on from float32", NULL},
        {"every", 0, POPT_ARG_INT, &o.course.every, 0, "Tell the losses after every N updates (default: 20)", "N"},
        {"sample", 0, POPT_ARG_STRING, &o.sample, 0,
         "Whenever losses are told, write the model into DIR and show what it writes behind TEXT, or for it", "TEXT"},
        {"seed", 0, POPT_ARG_LONGLONG, &o.course.seed, 0,
         "Seed of what is drawn: windows or pairs, first weights, dropout", "N"},
        {"scratch", 0, POPT_ARG_NONE, &o.scratch, 0,
         "Read only the config.json of MODEL: begin with random weights, as if MODEL is that file", NULL},
        {"resume", 0, POPT_ARG_NONE, &o.resume, 0, "Go on where MODEL, the --output of this command, has stopped",
         NULL},
        {"tokenizer", 0, POPT_ARG_STRING, &o.tokenizer, 0, "Read the tokenizer from FILE (default: beside the model)",
         "FILE"},
        {"picture", 'p', POPT_ARG_STRING, &o.course.picture, 0, "Draw the losses into FILE (.png or .svg)", "FILE"},
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL", 1, 1);
    complete_options(&o, a.word[0]);
    check_options(&o);
    run(&o, a.word[0]);
    options_free(&o);
    arguments_free(&a, &o.common);
    return 0;
}
