/* SPDX-License-Identifier: MIT */
#include "train/slopes.h"

void move_along(sa_trainer *trainer, sa_trainer *other, double factor) {
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) {
        float *values, *gradients;
        int64_t count;
        sa_trainer_parameter(trainer, i, &values, NULL, &count);
        sa_trainer_parameter(other, i, NULL, &gradients, NULL);
        for (int64_t n = 0; n < count; n++) values[n] = (float)((double)values[n] + factor * (double)gradients[n]);
    }
}

double gradient_squares(sa_trainer *trainer) {
    double sum = 0;
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) {
        float *gradients;
        int64_t count;
        sa_trainer_parameter(trainer, i, NULL, &gradients, &count);
        for (int64_t n = 0; n < count; n++) sum += (double)gradients[n] * (double)gradients[n];
    }
    return sum;
}
