/* Steps of training of the tiny models in tests/data/architectures, on numbers that are drawn.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_TRAIN_STEPS_H
#define TESTS_TRAIN_STEPS_H

#include "selfattn_models.h"

enum { B = 3, T = 11, LABELS = 6, MOST = B * T, FAMILIES = 13 };

extern const char *const families[FAMILIES];
const char *model_path(int family);

/* A batch for any of the models. */
struct batch {
    int32_t ids[MOST], labels[MOST];
    int64_t lengths[B];
    sa_training_batch args;
};

void batch_make(struct batch *b, const char *path, uint64_t seed);

/* These calls have to succeed. */
sa_trainer *trainer_open(sa_ctx *ctx, const char *path, const sa_trainer_config *config);
double accumulate(sa_ctx *ctx, sa_trainer *trainer, const struct batch *b);

/* Updates number first .. last - 1 of the model in `path`, each with a batch of its own. */
void run_updates(sa_ctx *ctx, sa_trainer *trainer, const char *path, int first, int last);

void expect_same_bits(sa_trainer *a, sa_trainer *b, const char *what);

/* The loss of a decoder's next tokens by the logits of sa_model_encode(). */
double model_loss(sa_ctx *ctx, const char *path, const struct batch *b);

#endif
