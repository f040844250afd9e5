/* SPDX-License-Identifier: MIT */
#include "stack/output.h"

#include "base/arith.h"
#include "stack/activation.h"
#include "stack/feed_forward.h"
#include "stack/norm.h"
#include "stack/rows.h"

#include <math.h>

/* Memory of the functions here: products, and rows behind the head's matrix. */
struct room {
    int64_t rows, work;
    struct ledger ledger;
};

static struct room book(const struct machine *machine, const struct sa_model *model, int64_t rows) {
    const struct linear *const matrices[] = {&model->output, &model->head};
    struct room room = {.ledger = {.title = "outputs"}};
    int64_t work = 0;
    for (int i = 0; i < 2; i++) {
        const int64_t bytes = apply_linear_bytes(machine, matrices[i], rows);
        ledger_require(&room.ledger, bytes >= 0);
        work = max_i64(work, bytes);
    }
    room.work = ledger_book(&room.ledger, "work", work, 1, 1);
    room.rows = ledger_book(&room.ledger, "rows", model->head.weights ? rows : 0, model->head.out, sizeof(float));
    return room;
}

int64_t output_bytes(const struct machine *machine, const struct sa_model *model, int64_t rows) {
    const struct room room = book(machine, model, rows);
    return ledger_bytes(&room.ledger);
}

struct head {
    const struct machine *machine;
    const struct sa_model *model;
    float *x;
};

static void activate_rows(void *arg, int64_t first, int64_t last) {
    const struct head *h = arg;
    const int64_t width = h->model->head.out;
    activate(h->machine->kernels, (enum activation)h->model->config.output.activation, h->x + first * width,
             (last - first) * width);
}

/* norm(f(W x + b)), or W x + b. */
static void run_head(const struct machine *machine, const struct sa_model *model, int64_t rows, const float *states,
                     float *x, void *work) {
    struct head head = {machine, model, x};
    apply_linear(machine, &model->head, rows, states, x, work);
    if (model->config.output.is_bare) return;
    rows_run(&machine->parallel, rows, activate_rows, &head);
    norm_rows(&machine->parallel, &model->head_norm, rows, x, x);
}

/* What is done to logits behind the matrix. */
struct shaping {
    const struct kernels *kernels;
    float *x;
    int64_t width;
    float multiplier, cap; /* cap 0: none */
};

static void shape_rows(void *arg, int64_t first, int64_t last) {
    const struct shaping *s = arg;
    float *x = s->x + first * s->width;
    const int64_t n = (last - first) * s->width;
    if (s->multiplier != 1) s->kernels->rows->scale(x, n, s->multiplier);
    if (s->cap > 0) s->kernels->rows->softcap(x, n, s->cap);
}

void output_logits(const struct machine *machine, const struct sa_model *model, int64_t rows, float *states,
                   float *logits, void *scratch) {
    const int64_t E = output_states(model);
    const struct output_config *c = &model->config.output;
    const struct room room = book(machine, model, rows);
    char *work = (char *)scratch + room.work;
    float *x = model->head.weights ? (float *)((char *)scratch + room.rows) : states;
    ledger_open(&room.ledger, scratch);
    if (c->scale_states) machine->kernels->rows->scale(states, rows * E, (float)(1 / sqrt((double)E)));
    if (model->head.weights) run_head(machine, model, rows, states, x, work);
    apply_linear(machine, &model->output, rows, x, logits, work);
    ledger_close(&room.ledger, scratch);
    struct shaping shaping = {machine->kernels, logits, model->output.out, (float)c->multiplier, (float)c->softcap};
    if (c->softcap > 0 || c->multiplier != 1) rows_run(&machine->parallel, rows, shape_rows, &shaping);
}
