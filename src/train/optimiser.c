/* AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019) and SGD with momentum.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "base/norm.h"
#include "stack/rows.h"

#include <math.h>
#include <string.h>

static void find_squares(void *all, int64_t task, int32_t worker) {
    struct parameter *p = &((const struct parameters *)all)->list[task];
    (void)worker;
    p->squares = sum_of_squares(p->gradient, p->count, 0);
}

static double norm_of(const struct parallel *parallel, const struct parameters *all) {
    double sum = 0;
    tasks_run(parallel, all->count, find_squares, (void *)all);
    for (int64_t i = 0; i < all->count; i++) sum += all->list[i].squares;
    return sqrt(sum);
}

/* An update's numbers, and the parameter that is updated. */
struct update {
    const sa_trainer_config *config;
    double rate, clip;                          /* clip: what gradients are multiplied by */
    double first_correction, second_correction; /* 1 - beta^t */
    struct parameter *p;
    double decay;
};

static void adam(const struct update *u, int64_t begin, int64_t end) {
    const sa_trainer_config *c = u->config;
    const float clip = (float)u->clip, beta1 = (float)c->beta1, beta2 = (float)c->beta2, rest1 = (float)(1 - c->beta1),
                rest2 = (float)(1 - c->beta2), epsilon = (float)c->epsilon, keep = (float)(1 - u->rate * u->decay),
                rate = (float)(u->rate / u->first_correction), root = (float)(1 / sqrt(u->second_correction));
    float *restrict gradient = u->p->gradient, *restrict first = u->p->first, *restrict second = u->p->second,
                    *restrict master = u->p->master;
    for (int64_t i = begin; i < end; i++) {
        const float g = gradient[i] * clip;
        first[i] = beta1 * first[i] + rest1 * g;
        second[i] = beta2 * second[i] + rest2 * g * g;
        master[i] = master[i] * keep - rate * first[i] / (sqrtf(second[i]) * root + epsilon);
    }
}

static void descend(const struct update *u, int64_t begin, int64_t end) {
    const struct parameter *p = u->p;
    for (int64_t i = begin; i < end; i++) {
        const double g = (double)p->gradient[i] * u->clip + u->decay * (double)p->master[i];
        const double m = u->config->beta1 * (double)p->first[i] + g;
        p->first[i] = (float)m;
        p->master[i] = (float)((double)p->master[i] - u->rate * m);
    }
}

static void update_numbers(void *arg, int64_t begin, int64_t end) {
    const struct update *u = arg;
    (u->config->optimizer == SA_OPTIMIZER_SGD ? descend : adam)(u, begin, end);
    memset(u->p->gradient + begin, 0, (size_t)(end - begin) * sizeof *u->p->gradient);
}

void trainer_update(const struct sa_ctx *ctx, struct sa_trainer *t, double learning_rate, double *norm) {
    const sa_trainer_config *c = &t->config;
    const struct parameters *all = trainer_learned(t);
    *norm = norm_of(&ctx->machine.parallel, all);
    t->updates++;
    t->batches = 0;
    struct update u = {.config = c, .rate = learning_rate, .clip = 1};
    if (c->clip_norm > 0 && *norm > c->clip_norm) u.clip = c->clip_norm / (*norm + 1e-6);
    u.first_correction = 1 - pow(c->beta1, (double)t->updates);
    u.second_correction = 1 - pow(c->beta2, (double)t->updates);
    for (int64_t i = 0; i < all->count; i++) {
        const int decays = !c->decay_matrices_only || all->list[i].tensor->axes > 1;
        u.p = &all->list[i];
        u.decay = decays ? c->weight_decay : 0;
        numbers_run(&ctx->machine.parallel, u.p->count, update_numbers, &u);
    }
}
