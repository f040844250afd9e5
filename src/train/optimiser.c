/* AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019) and SGD with momentum.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "base/norm.h"

#include <math.h>
#include <string.h>

static double norm_of(const struct parameters *all) {
    double sum = 0;
    for (int64_t i = 0; i < all->count; i++) sum += sum_of_squares(all->list[i].gradient, all->list[i].count, 0);
    return sqrt(sum);
}

/* An update's numbers. */
struct update {
    const sa_trainer_config *config;
    double rate, clip;                          /* clip: what gradients are multiplied by */
    double first_correction, second_correction; /* 1 - beta^t */
    const struct parameters *all;
};

static void adam(const struct update *u, struct parameter *p, double decay) {
    const sa_trainer_config *c = u->config;
    const float clip = (float)u->clip, beta1 = (float)c->beta1, beta2 = (float)c->beta2, rest1 = (float)(1 - c->beta1),
                rest2 = (float)(1 - c->beta2), epsilon = (float)c->epsilon, keep = (float)(1 - u->rate * decay),
                rate = (float)(u->rate / u->first_correction), root = (float)(1 / sqrt(u->second_correction));
    float *restrict gradient = p->gradient, *restrict first = p->first, *restrict second = p->second,
                    *restrict master = p->master;
    for (int64_t i = 0; i < p->count; i++) {
        const float g = gradient[i] * clip;
        first[i] = beta1 * first[i] + rest1 * g;
        second[i] = beta2 * second[i] + rest2 * g * g;
        master[i] = master[i] * keep - rate * first[i] / (sqrtf(second[i]) * root + epsilon);
    }
}

static void descend(const struct update *u, struct parameter *p, double decay) {
    for (int64_t i = 0; i < p->count; i++) {
        const double g = (double)p->gradient[i] * u->clip + decay * (double)p->master[i];
        const double m = u->config->beta1 * (double)p->first[i] + g;
        p->first[i] = (float)m;
        p->master[i] = (float)((double)p->master[i] - u->rate * m);
    }
}

static void update_task(void *arg, int64_t task, int32_t worker) {
    const struct update *u = arg;
    struct parameter *p = &u->all->list[task];
    const int decays = !u->config->decay_matrices_only || p->tensor->axes > 1;
    (void)worker;
    (u->config->optimizer == SA_OPTIMIZER_SGD ? descend : adam)(u, p, decays ? u->config->weight_decay : 0);
    memset(p->gradient, 0, (size_t)p->count * sizeof *p->gradient);
}

void trainer_update(const struct sa_ctx *ctx, struct sa_trainer *t, double learning_rate, double *norm) {
    const sa_trainer_config *c = &t->config;
    const struct parameters *all = trainer_learned(t);
    *norm = norm_of(all);
    t->updates++;
    t->batches = 0;
    struct update u = {.config = c, .rate = learning_rate, .clip = 1, .all = all};
    if (c->clip_norm > 0 && *norm > c->clip_norm) u.clip = c->clip_norm / (*norm + 1e-6);
    u.first_correction = 1 - pow(c->beta1, (double)t->updates);
    u.second_correction = 1 - pow(c->beta2, (double)t->updates);
    tasks_run(&ctx->machine.parallel, all->count, update_task, &u);
}
