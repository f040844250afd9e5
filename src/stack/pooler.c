/* SPDX-License-Identifier: MIT */
#include "stack/pooler.h"

#include "base/arith.h"
#include "stack/activation.h"
#include "stack/feed_forward.h"
#include "stack/norm.h"
#include "stack/pooler_block.h"

#include <string.h>

/* Memory: the pooled states, the same before the pooler's matrix, and rows behind the classifier's first one. */
struct room {
    int64_t pooled, picked, dense, work;
    struct ledger ledger;
};

static struct room book(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T) {
    const int64_t E = model_first(model)->config.width;
    const int64_t rows = model->config.classifier_of == CLASSIFIER_OF_TOKENS ? B * T : B;
    const struct linear *const matrices[] = {&model->pooler, &model->classifier_dense, &model->classifier};
    struct room room = {.ledger = {.title = "pooler"}};
    int64_t work = 0;
    for (int i = 0; i < 3; i++) {
        const int64_t bytes = apply_linear_bytes(machine, matrices[i], i ? rows : B);
        ledger_require(&room.ledger, bytes >= 0);
        work = max_i64(work, bytes);
    }
    const int64_t block = pooler_block_bytes(machine, model, B, T);
    ledger_require(&room.ledger, block >= 0);
    work = max_i64(work, block);
    room.pooled = ledger_book(&room.ledger, "pooled", B, model_pooled_width(model), sizeof(float));
    room.picked = ledger_book(&room.ledger, "picked", B, 2 * E, sizeof(float));
    room.dense = ledger_book(&room.ledger, "dense", rows,
                             max_i64(model->classifier_dense.out, model->classifier_norm.width), sizeof(float));
    room.work = ledger_book(&room.ledger, "work", work, 1, 1);
    return room;
}

int64_t pooler_bytes(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T) {
    const struct room room = book(machine, model, B, T);
    return ledger_bytes(&room.ledger);
}

/* The token that ends a text of `count` tokens: the first that is an end token. CLIP's older files call token 2 that,
 * but mean the token with the largest number, as Transformers knows. Without any it is the first token, as there. */
static int64_t find_end(const struct model_config *c, const int32_t *ids, int64_t count) {
    enum { OLDER_END = 2 };
    const int64_t end = c->end_token_count ? c->end_tokens[0] : -1;
    int64_t largest = 0;
    for (int64_t t = 0; t < count; t++) {
        if (ids[t] > ids[largest]) largest = t;
        if (ids[t] == end && end != OLDER_END) return t;
    }
    return end == OLDER_END ? largest : 0;
}

int64_t pooler_last_end(const struct model_config *c, const int32_t *ids, int64_t count) {
    while (count > 0 && ids[count - 1] != c->end_tokens[0]) count--;
    return count - 1;
}

/* The mean of the states first .. last of a sequence. */
static void mean_of(const float *states, int64_t first, int64_t last, int64_t E, float *y) {
    for (int64_t i = 0; i < E; i++) {
        double sum = 0;
        for (int64_t t = first; t < last; t++) sum += (double)states[t * E + i];
        y[i] = (float)(sum / (double)(last - first));
    }
}

static int64_t count_of(const struct pooler_input *in, int64_t b) {
    return in->lengths ? in->lengths[b] : in->T;
}

/* What a classifier takes of a sequence, if not the pooled state: the first token, then a mean behind or in place of
 * it. Patches are the last tokens of an image. */
static void pick_for_classifier(const struct pooler_input *in, int64_t b, const float *states, float *y) {
    const struct stack_config *c = &model_first(in->model)->config;
    const int64_t E = c->width, specials = c->input.special_tokens;
    const enum classifier_of of = in->model->config.classifier_of;
    if (of == CLASSIFIER_OF_FIRST || of == CLASSIFIER_OF_BOTH) memcpy(y, states, (size_t)E * sizeof *y);
    if (of == CLASSIFIER_OF_MEAN) mean_of(states, 0, count_of(in, b), E, y);
    if (of == CLASSIFIER_OF_LAST) memcpy(y, states + (count_of(in, b) - 1) * E, (size_t)E * sizeof *y);
    if (of == CLASSIFIER_OF_DECODER_END) {
        const int64_t end = pooler_last_end(&in->model->config, in->ids + b * in->T, count_of(in, b));
        memcpy(y, states + end * E, (size_t)E * sizeof *y);
    }
    if (of == CLASSIFIER_OF_PATCHES) mean_of(states, specials, in->T, E, y);
    if (of == CLASSIFIER_OF_BOTH) mean_of(states, specials, in->T, E, y + E);
    if (of == CLASSIFIER_OF_SPECIALS) mean_of(states, 0, specials, E, y);
}

static void pick(const struct pooler_input *in, enum pooler_of of, float *y) {
    const struct stack_config *c = &model_first(in->model)->config;
    const int64_t E = c->width, T = in->T;
    for (int64_t b = 0; b < in->B; b++) {
        const float *states = in->states + b * T * E;
        int64_t t = 0;
        if (of == POOLER_OF_LAST) t = count_of(in, b) - 1;
        if (of == POOLER_OF_END && in->ids) t = find_end(&in->model->config, in->ids + b * T, count_of(in, b));
        if (of == POOLER_OF_PATCHES)
            mean_of(states, c->input.special_tokens, T, E, y + b * E);
        else
            memcpy(y + b * E, states + t * E, (size_t)E * sizeof *y);
    }
}

static void run_pooler(const struct machine *machine, const struct pooler_input *in, const struct room *room, float *y,
                       char *scratch) {
    const struct sa_model *m = in->model;
    const struct model_config *c = &m->config;
    float *x = m->pooler.weights ? (float *)(scratch + room->picked) : y;
    if (c->pooler_of == POOLER_OF_ATTENTION)
        pooler_block_run(machine, in, x, scratch + room->work);
    else
        pick(in, c->pooler_of, x);
    if (m->pooler_norm.weight) norm_rows(&machine->parallel, &m->pooler_norm, in->B, x, x);
    if (!m->pooler.weights) return;
    apply_linear(machine, &m->pooler, in->B, x, y, scratch + room->work);
    if (c->pooler_is_active)
        activate(machine->kernels, (enum activation)c->pooler_activation, y, in->B * m->pooler.out);
}

void pooler_run(const struct machine *machine, const struct pooler_input *in, float *y, void *scratch) {
    const struct room room = book(machine, in->model, in->B, in->T);
    ledger_open(&room.ledger, scratch);
    run_pooler(machine, in, &room, y, scratch);
    ledger_close(&room.ledger, scratch);
}

/* Rows that a classifier takes; `rows` becomes how many. */
static const float *classified(const struct machine *machine, const struct pooler_input *in, const struct room *room,
                               char *scratch, int64_t *rows) {
    const enum classifier_of of = in->model->config.classifier_of;
    const int64_t E = model_first(in->model)->config.width, width = of == CLASSIFIER_OF_BOTH ? 2 * E : E;
    float *x = (float *)(scratch + room->pooled), *picked = (float *)(scratch + room->picked);
    *rows = of == CLASSIFIER_OF_TOKENS ? in->B * in->T : in->B;
    if (of == CLASSIFIER_OF_TOKENS) return in->states;
    if (of == CLASSIFIER_OF_POOLED) {
        run_pooler(machine, in, room, x, scratch);
        return x;
    }
    for (int64_t b = 0; b < in->B; b++) pick_for_classifier(in, b, in->states + b * in->T * E, picked + b * width);
    return picked;
}

static void run_classifier(const struct machine *machine, const struct pooler_input *in, const struct room *room,
                           float *y, char *scratch) {
    const struct sa_model *m = in->model;
    float *hidden = (float *)(scratch + room->dense);
    int64_t rows;
    const float *x = classified(machine, in, room, scratch, &rows);
    if (m->classifier_dense.weights) {
        apply_linear(machine, &m->classifier_dense, rows, x, hidden, scratch + room->work);
        if (m->config.classifier_is_active)
            activate(machine->kernels, (enum activation)m->config.classifier_activation, hidden,
                     rows * m->classifier_dense.out);
        x = hidden;
    }
    if (m->classifier_norm.weight) {
        norm_rows(&machine->parallel, &m->classifier_norm, rows, x, hidden);
        x = hidden;
    }
    apply_linear(machine, &m->classifier, rows, x, y, scratch + room->work);
}

void pooler_classes(const struct machine *machine, const struct pooler_input *in, float *y, void *scratch) {
    const struct room room = book(machine, in->model, in->B, in->T);
    ledger_open(&room.ledger, scratch);
    run_classifier(machine, in, &room, y, scratch);
    ledger_close(&room.ledger, scratch);
}
