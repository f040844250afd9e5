/* SPDX-License-Identifier: MIT */
#include "train/slopes.h"

void move_one_along(sa_trainer *trainer, sa_trainer *other, int64_t number, double factor) {
    float *values, *gradients;
    int64_t count;
    sa_trainer_parameter(trainer, number, &values, NULL, &count);
    sa_trainer_parameter(other, number, NULL, &gradients, NULL);
    for (int64_t n = 0; n < count; n++) values[n] = (float)((double)values[n] + factor * (double)gradients[n]);
}

void move_along(sa_trainer *trainer, sa_trainer *other, double factor) {
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) move_one_along(trainer, other, i, factor);
}

double gradient_squares_of(sa_trainer *trainer, int64_t number) {
    float *gradients;
    double sum = 0;
    int64_t count;
    sa_trainer_parameter(trainer, number, NULL, &gradients, &count);
    for (int64_t n = 0; n < count; n++) sum += (double)gradients[n] * (double)gradients[n];
    return sum;
}

double gradient_squares(sa_trainer *trainer) {
    double sum = 0;
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) sum += gradient_squares_of(trainer, i);
    return sum;
}
