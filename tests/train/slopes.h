/* How a loss changes along its gradient.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_TRAIN_SLOPES_H
#define TESTS_TRAIN_SLOPES_H

#include "selfattn_models.h"

/* Changes all parameters by `factor` times the gradients of another trainer. */
void move_along(sa_trainer *trainer, sa_trainer *other, double factor);

/* The sum of the squares of all gradients. */
double gradient_squares(sa_trainer *trainer);

#endif
