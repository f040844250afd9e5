/* Training of embeddings on pairs of texts.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "stack/checks.h"

#include <math.h>

static const double first_temperature = 0.05;

/* Whether the embedding is one of the means, or a token's state, and nothing learns behind it. */
static sa_status check_embedding(struct report *report, const struct sa_model *m) {
    const struct sentence *s = &m->sentence;
    const char *what = model_first(m)->config.input.kind == INPUT_PATCHES ? "images"
                       : s->is_of_pooled                                  ? "a pooled state"
                       : s->pooling.count != 1                            ? "several poolings"
                       : s->pooling.modes[0] == POOLING_MAX               ? "the largest states"
                                                                          : NULL;
    for (int64_t i = 0; i < s->count && !what; i++)
        if (s->steps[i].is_dense) what = "a Dense module";
    if (!s->width) return fail(report, SA_ERR_UNSUPPORTED, "%s", s->refused.text);
    return what ? fail(report, SA_ERR_UNSUPPORTED, "training embeddings by %s (%s)", what, m->config.model_type)
                : SA_OK;
}

static sa_status take_numbers(struct report *report, const sa_training_pairs *p, struct training_step *s) {
    if (p->pairs < 1 || p->pairs > INT32_MAX / 2)
        return fail(report, SA_ERR_VALUE, "pairs is %lld, must be 1 to 2^30 - 1", (long long)p->pairs);
    if (!(isfinite(p->temperature) && p->temperature >= 0))
        return fail(report, SA_ERR_VALUE, "temperature is %g, must be finite and 0 or more", p->temperature);
    s->B = 2 * p->pairs, s->T = p->tokens;
    s->ids = p->ids, s->lengths = p->lengths;
    s->temperature = p->temperature > 0 ? p->temperature : first_temperature;
    return p->ids ? SA_OK : fail_null(report, "ids");
}

static sa_status run_pairs(sa_ctx *ctx, sa_trainer *t, const sa_training_pairs *pairs, int learns, double *loss) {
    struct report *report = &ctx->report;
    struct training_step s = {0};
    sa_training_pairs p;
    if (!t) return fail_null(report, "trainer");
    if (!pairs) return fail_null(report, "pairs");
    if (!loss) return fail_null(report, "loss");
    const struct stack_config *c = &model_first(t->model)->config;
    sa_status status = take_struct(report, "sa_training_pairs", pairs, &p, sizeof p, sizeof p.struct_size);
    if (status == SA_OK) status = check_embedding(report, t->model);
    if (status == SA_OK) status = trainer_take_weight(report, p.weight, learns, &s);
    if (status == SA_OK) status = take_numbers(report, &p, &s);
    if (status == SA_OK) status = check_tokens(report, "tokens", s.T, c->positions.limit);
    if (status == SA_OK) status = check_token_counts(report, "lengths", s.lengths, s.B, 1, s.T);
    if (status == SA_OK) status = check_numbers(report, "ids", s.ids, s.B, s.T, c->input.vocabulary);
    return status == SA_OK ? trainer_run(ctx, t, &s, loss) : status;
}

sa_status sa_trainer_accumulate_pairs(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *pairs, double *loss) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, run_pairs(ctx, trainer, pairs, 1, loss)) : status;
}

sa_status sa_trainer_pairs_loss(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *pairs, double *loss) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, run_pairs(ctx, trainer, pairs, 0, loss)) : status;
}
