/* How a loss changes along its gradient.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_TRAIN_SLOPES_H
#define TESTS_TRAIN_SLOPES_H

#include "selfattn_models.h"

/* Changes all parameters, or one, by `factor` times the gradients of another trainer. */
void move_along(sa_trainer *trainer, sa_trainer *other, double factor);
void move_one_along(sa_trainer *trainer, sa_trainer *other, int64_t number, double factor);

/* The sum of the squares of all gradients, or of those of one parameter. */
double gradient_squares(sa_trainer *trainer);
double gradient_squares_of(sa_trainer *trainer, int64_t number);

#endif
