/* The course of a training: updates, losses that are told now and then, the end by Ctrl-C.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_COURSE_H
#define TOOLS_TRAINING_COURSE_H

#include "selfattn_models.h"
#include "text/texts.h"
#include "training/loss_curve.h"

/* What commands that train are told, by options of these names; NULL: not given. free() the texts. */
struct course_options {
    char *text, *pairs, *classes; /* what is learned, one of them: a file or a folder of texts; a file of pairs; a file
                                   * of texts with their classes, or a folder of images with theirs */
    char *output, *picture;
    int updates, batch, tokens, every;
    long long seed;
    double rate, dropout;
};

/* Ends the program with usage_error() if they are wrong. */
void course_check(const struct course_options *options);
void course_options_free(struct course_options *options);

/* What is learned. Files of the output are no texts. */
struct texts course_read(const struct course_options *options);

/* Makes the folder for the output. */
void course_make_folder(const struct course_options *options);

/* What a trainer is shown next is drawn from this: a resumed one sees other things. */
uint64_t course_seed(const struct course_options *options, const sa_trainer *trainer);

/* A training that runs, and what was measured. */
struct course {
    sa_ctx *ctx;
    sa_trainer *trainer;
    int64_t updates, every; /* until so many are made; losses are told after each `every` of them */
    double rate;            /* the highest; it rises over a twentieth of the updates, and falls along half a cosine */
    int is_quiet;           /* tells nothing on stderr */
    /* Gradients of what is learned next: its loss; *tokens is how many tokens it has. */
    double (*learn)(void *user, double *tokens);
    double (*test)(void *user); /* the loss of what is never learned */
    void (*told)(void *user);   /* called when losses were told; NULL: nobody */
    void *user;
    struct loss_point *points; /* [count], made by course_run() */
    int64_t count;
    int is_interrupted;
    double accuracy; /* the share of the test whose class a classifier tells; NAN: it is none */
};

/* Runs from the trainer's number of updates on. A course without an update to make ends the program. */
void course_run(struct course *course);
void course_close(struct course *course);

/* Says how it ended, on stdout. */
void course_print(const struct course *course, const char *output, int as_json);

/* Copies the tokenizer's files, and what else a model has beside its weights to read and write text. */
void course_copy_companions(const char *model, const char *output);

#endif
