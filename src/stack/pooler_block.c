/* SPDX-License-Identifier: MIT */
#include "stack/pooler_block.h"

#include "base/arith.h"
#include "flow/forward.h"
#include "stack/feed_forward.h"
#include "stack/norm.h"

/* Memory: rows that go into the sub-layers, what the second one makes, and what both need in turn. */
struct room {
    struct forward_plan attention;
    struct feed_forward_plan feed_forward;
    int64_t rows, change, work;
    struct ledger ledger;
};

/* Rows [B][T][E]. */
static struct view rows_of(const float *data, int64_t T, int64_t E) {
    return (struct view){.data = (float *)data, .stride_b = T * E, .stride_h = T * E, .stride_s = E, .stride_d = 1};
}

/* The attention of B queries, one for each of the sequences [B][T][E]. While planning, all addresses are NULL. */
static struct forward call_of(const struct sa_model *m, const float *queries, const struct pooler_input *in, float *y) {
    const int64_t E = m->pooler_block.config.width;
    struct forward f = forward_of(m->pooler_block.blocks[0].attention);
    f.problem.B = in->B, f.problem.T = 1, f.problem.S = f.N = in->T;
    f.problem.visible =
        (struct visibility){.left = WINDOW_UNBOUNDED, .right = WINDOW_UNBOUNDED, .key_lengths = in->lengths};
    f.has_context = 1;
    f.x = rows_of(queries, 1, E), f.context = rows_of(in->states, in->T, E), f.y = rows_of(y, 1, E);
    return f;
}

static struct room book(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T) {
    const int64_t E = model->pooler_block.config.width;
    const struct pooler_input sizes = {.model = model, .B = B, .T = T};
    const struct forward call = call_of(model, NULL, &sizes, NULL);
    struct room room = {.ledger = {.title = "pooler's block"}};
    ledger_require(&room.ledger, forward_plan(machine, &call, &room.attention));
    ledger_require(&room.ledger, feed_forward_plan(machine, &model->pooler_block, B, &room.feed_forward));
    room.rows = ledger_book(&room.ledger, "rows", B, E, sizeof(float));
    room.change = ledger_book(&room.ledger, "change", B, E, sizeof(float));
    room.work =
        ledger_book(&room.ledger, "work", max_i64(room.attention.scratch.bytes, room.feed_forward.scratch.bytes), 1, 1);
    return room;
}

int64_t pooler_block_bytes(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T) {
    if (!model->pooler_block.config.name) return 0;
    const struct room room = book(machine, model, B, T);
    return ledger_bytes(&room.ledger);
}

void pooler_block_run(const struct machine *machine, const struct pooler_input *in, float *y, char *scratch) {
    const struct stack *stack = &in->model->pooler_block;
    const struct model_block *block = &stack->blocks[0];
    const int64_t E = stack->config.width;
    const struct room room = book(machine, in->model, in->B, in->T);
    float *rows = (float *)(scratch + room.rows), *change = (float *)(scratch + room.change);
    ledger_open(&room.ledger, scratch);
    for (int64_t b = 0; b < in->B; b++) tensor_floats(&stack->probe, 0, E, rows + b * E);
    struct forward call = call_of(in->model, rows, in, y);
    forward_run(machine, &call, &room.attention, scratch + room.work);
    norm_rows(&machine->parallel, &block->feed_forward_norm, in->B, y, rows);
    feed_forward_run(machine, &stack->config, block, &room.feed_forward, in->B, rows, change, scratch + room.work);
    const struct join sum = {.state = y, .change = change, .normed = rows, .multiplier = 1};
    join_rows(&machine->parallel, &sum, E, in->B);
    ledger_close(&room.ledger, scratch);
}
