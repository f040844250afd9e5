/* A model whose matrices have adapters of low rank added while it is opened.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "file/lora.h"
#include "model/open.h"

enum { TASK_ROWS = 4 };

/* Floats of all matrices that change. */
static sa_status count_floats(struct report *report, const struct lora *lora, int64_t *floats) {
    *floats = 0;
    for (int64_t i = 0; i < lora->count; i++)
        if (!checked_add(*floats, lora->pairs[i].of->elements, floats))
            return fail_overflow(report, "the size of matrices with adapters");
    return SA_OK;
}

struct adding {
    struct lora_matrices matrices;
    int64_t rows, columns;
    float *to;
};

static void add_task(void *arg, int64_t task, int32_t worker) {
    const struct adding *a = arg;
    const int64_t first = task * TASK_ROWS;
    (void)worker;
    lora_add(&a->matrices, first, min_i64(TASK_ROWS, a->rows - first), a->to + first * a->columns);
}

/* Writes the matrix with its adapter as floats to `to`, which takes the tensor's place; `room` has A and B. */
static void add_pair(sa_ctx *ctx, const struct lora *lora, const struct lora_pair *p, struct tensor *t, float *room,
                     float *to) {
    float *down = room, *up = room + p->down->elements;
    tensor_floats(p->down, 0, p->down->elements, down);
    tensor_floats(p->up, 0, p->up->elements, up);
    tensor_floats(t, 0, t->elements, to);
    struct adding a = {
        {down, up, lora_inputs(t, p->is_in_out), lora_outputs(t, p->is_in_out), lora->rank, lora->scale, p->is_in_out},
        t->size[0],
        t->size[1],
        to};
    tasks_run_told(&ctx->machine.parallel, ceil_div(a.rows, TASK_ROWS), add_task, &a, "adapters");
    t->data = (const unsigned char *)to;
    t->type = SA_F32, t->dtype = "F32";
    t->bytes = t->elements * (int64_t)sizeof *to;
}

static sa_status add_all(sa_ctx *ctx, const struct lora *lora, struct tensor_file *weights) {
    int64_t most = 0;
    for (int64_t i = 0; i < lora->count; i++)
        most = max_i64(most, lora->pairs[i].down->elements + lora->pairs[i].up->elements);
    float *room = memory_allocate(&ctx->memory, most, sizeof *room), *to = weights->changed;
    if (!room) return fail_memory(&ctx->report, most * (int64_t)sizeof *room, "an adapter");
    for (int64_t i = 0; i < lora->count; i++) {
        struct tensor *t = &weights->tensors[lora->pairs[i].of - weights->tensors];
        add_pair(ctx, lora, &lora->pairs[i], t, room, to);
        to += t->elements;
    }
    memory_release(&ctx->memory, room, most, sizeof *room);
    return context_cancelled(ctx);
}

static sa_status adapt(sa_ctx *ctx, const char *adapter, struct tensor_file *weights) {
    struct lora lora;
    sa_status status = lora_open(&ctx->memory, &ctx->report, adapter, weights, &lora);
    if (status != SA_OK) return status;
    status = count_floats(&ctx->report, &lora, &weights->changed_count);
    if (status == SA_OK)
        weights->changed = memory_allocate(&weights->memory, weights->changed_count, sizeof *weights->changed);
    if (status == SA_OK && !weights->changed)
        status = fail_memory(&ctx->report, weights->changed_count * (int64_t)sizeof *weights->changed,
                             "matrices with adapters");
    if (status == SA_OK) status = add_all(ctx, &lora, weights);
    lora_close(&lora);
    return status;
}

sa_status sa_model_open_adapted(sa_ctx *ctx, const char *path, const char *adapter, const sa_model_options *options,
                                sa_model **model) {
    if (model) *model = NULL;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    if (adapter)
        status = model_open(ctx, path, options, adapt, adapter, model);
    else
        status = fail_null(&ctx->report, "adapter");
    return context_leave(ctx, status);
}
