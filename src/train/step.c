/* One step: the loss of a batch and its gradients.
 * SPDX-License-Identifier: MIT */
#include "train/graph.h"

#include <math.h>
#include <string.h>

enum { NO_LABEL = -100 };

sa_status trainer_check(struct report *report, const struct sa_model *model) {
    const struct stack_config *stacks[] = {&model->config.encoder, &model->config.decoder};
    for (int i = 0; i < 2; i++) {
        const struct stack_config *c = stacks[i];
        if (!c->name) continue;
        const int kind = c->positions.kind;
        const char *what = c->experts.count                      ? "experts"
                           : c->clip > 0                         ? "clipped heads"
                           : c->head_norms && c->norm_each_head  ? "norms for each head"
                           : c->clamp > 0 || c->up_plus_one      ? "clamped gates"
                           : kind == POSITIONS_CONVOLUTION       ? "positions by a convolution"
                           : kind == POSITIONS_GRID              ? "relative positions in images"
                           : kind == POSITIONS_DISENTANGLED      ? "disentangled positions"
                           : kind == POSITIONS_PLANE             ? "rotary positions in images"
                           : c->input.kind == INPUT_SOUND        ? "sound"
                           : c->input.kind == INPUT_CONVOLUTIONS ? "convolutions"
                           : c->input.is_transposed              ? "transposed images"
                                                                 : NULL;
        if (what)
            return fail(report, SA_ERR_UNSUPPORTED, "training a model with %s (%s)", what, model->config.model_type);
    }
    return SA_OK;
}

/* Labels in the tape's memory. Without any: the next token of each sequence. */
static int32_t *make_labels(struct tape *t, const struct training_step *s, int64_t T) {
    int32_t *labels = tape_memory(t, s->B * T, sizeof *labels);
    for (int64_t r = 0; labels && r < s->B * T; r++) {
        const int64_t b = r / T, place = r % T, end = s->lengths ? s->lengths[b] : T;
        labels[r] = s->labels ? s->labels[r] : place + 1 < end ? s->ids[r + 1] : NO_LABEL;
    }
    return labels;
}

/* The last of a sequence's T labels that counts. */
static int32_t last_label(const int32_t *labels, int64_t T) {
    while (T > 1 && labels[T - 1] == NO_LABEL) T--;
    return labels[T - 1];
}

/* What the decoder of a model with an encoder reads: a first token, then the labels but for the last one. */
static int32_t *shift_right(struct tape *t, const struct model_config *c, const int32_t *labels, int64_t B, int64_t T) {
    int32_t *ids = tape_memory(t, B * T, sizeof *ids);
    for (int64_t r = 0; ids && r < B * T; r++) {
        ids[r] = r % T                         ? labels[r - 1]
                 : c->output.labels_start_last ? last_label(labels + r, T)
                                               : (int32_t)c->start_token;
        if (ids[r] == NO_LABEL) ids[r] = (int32_t)(c->pad_token < 0 ? 0 : c->pad_token);
    }
    return ids;
}

static struct graph graph_of(struct sa_trainer *t, const struct stack *stack, const struct bound_stack *bound,
                             int64_t B, int64_t T) {
    return (struct graph){.trainer = t, .stack = stack, .bound = bound, .B = B, .T = T};
}

/* The stack that runs first, and its inputs. */
static struct graph first_graph(struct sa_trainer *t, const struct training_step *s) {
    const int is_encoder = t->model->encoder.config.name != NULL;
    struct graph g = graph_of(t, model_first(t->model), is_encoder ? &t->bound.encoder : &t->bound.decoder, s->B, s->T);
    g.ids = s->ids;
    g.features = s->features;
    g.lengths = s->lengths;
    return g;
}

static struct value decoder_states(struct sa_trainer *t, const struct training_step *s, struct value context,
                                   const int32_t *labels) {
    struct graph g = graph_of(t, &t->model->decoder, &t->bound.decoder, s->B, s->labels_per_sequence);
    g.ids = shift_right(&t->tape, &t->model->config, labels, s->B, g.T);
    g.context = context;
    g.S = s->T;
    g.context_lengths = s->lengths;
    return t->tape.status == SA_OK ? graph_run(&g) : context;
}

/* The matrix of logits, or that of classes. */
static struct cross_entropy output_of(struct sa_trainer *t, const struct training_step *s, int64_t E) {
    const struct sa_model *m = t->model;
    const struct output_config *c = &m->config.output;
    const struct bound *b = m->output.out ? &t->bound.output : &t->bound.classifier;
    const struct graph g = {.trainer = t};
    struct cross_entropy e = {.output = graph_weights(&g, b, 0, m->output.out ? m->output.out : m->classifier.out),
                              .states_factor = 1,
                              .multiplier = 1,
                              .smoothing = s->weight > 0 ? t->config.label_smoothing : 0,
                              .weight = s->weight};
    if (!m->output.out) return e;
    e.states_factor = c->scale_states ? 1 / sqrt((double)E) : 1;
    e.multiplier = c->multiplier;
    e.softcap = c->softcap;
    return e;
}

static void find_loss_of_pairs(struct sa_trainer *t, const struct training_step *s, double *loss) {
    struct graph g = first_graph(t, s);
    const struct value states = graph_run(&g),
                       rows = op_pool(&t->tape, states, t->model->sentence.pooling.modes[0], s->lengths, s->T);
    if (t->tape.status == SA_OK) op_contrast(&t->tape, rows, s->temperature, s->weight, loss);
}

static void find_loss_of_labels(struct sa_trainer *t, const struct training_step *s, double *loss) {
    const struct sa_model *m = t->model;
    const int both = m->encoder.config.name && m->decoder.config.name;
    const int by_sequence = !m->output.out && m->config.classifier_of != CLASSIFIER_OF_TOKENS;
    struct graph g = first_graph(t, s);
    struct value states = graph_run(&g);
    const int32_t *labels = make_labels(&t->tape, s, both ? s->labels_per_sequence : by_sequence ? 1 : s->T);
    if (both) states = decoder_states(t, s, states, labels);
    states = m->output.out ? graph_head(&g, states) : graph_classified(&g, states);
    struct cross_entropy e = output_of(t, s, states.width);
    e.labels = labels;
    if (t->tape.status == SA_OK) op_cross_entropy(&t->tape, states, &e, loss);
}

sa_status trainer_run(sa_ctx *ctx, struct sa_trainer *t, const struct training_step *s, double *loss) {
    *loss = 0;
    t->learns = s->weight > 0;
    t->dropouts = 0;
    tape_reset(&t->tape, ctx);
    if (t->config.weights == SA_BF16) parameters_round(&ctx->machine.parallel, &t->parameters);
    if (t->tape.status == SA_OK) (s->temperature > 0 ? find_loss_of_pairs : find_loss_of_labels)(t, s, loss);
    if (t->tape.status == SA_OK && t->learns) tape_backward(&t->tape);
    if (t->tape.status == SA_OK) t->tape.status = context_cancelled(ctx);
    if (t->tape.status == SA_OK && t->learns) t->batches++;
    return t->tape.status;
}
