/* SPDX-License-Identifier: MIT */
#include "train/parameters.h"

#include "base/arith.h"
#include "base/half.h"
#include "model/keep.h"

enum { ARRAYS = 5 }; /* value, gradient, first, second, master */

/* Floats that a tensor takes in the store. */
static int64_t arrays_of(const struct tensor *t, enum parameters_use use) {
    if (use != PARAMETERS_FIXED) return use == PARAMETERS_LEARN_ROUNDED ? ARRAYS : ARRAYS - 1;
    return t->type == SA_F32 && tensor_is_native(t) ? 0 : 1;
}

static sa_status count_all(struct report *report, const struct tensor_file *file, const unsigned char *used,
                           enum parameters_use use, struct parameters *p) {
    for (int64_t i = 0; i < file->count; i++) {
        int64_t floats;
        if (used && !used[i]) continue;
        if (!checked_mul(file->tensors[i].elements, arrays_of(&file->tensors[i], use), &floats) ||
            !checked_add(p->floats, floats, &p->floats))
            return fail_overflow(report, "the size of a model's parameters");
        p->count++;
    }
    p->tensors = file->count;
    return SA_OK;
}

/* Places a parameter's arrays, and returns what lies behind them. */
static float *place(struct parameter *p, int64_t arrays, float *at) {
    float **const all[ARRAYS] = {&p->value, &p->gradient, &p->first, &p->second, &p->master};
    if (!arrays) p->value = (float *)p->tensor->data;
    for (int64_t a = 0; a < arrays; a++, at += p->count) *all[a] = at;
    if (arrays < ARRAYS) p->master = p->value;
    if (arrays && p->tensor->data) tensor_floats(p->tensor, 0, p->count, p->master);
    return at;
}

static void fill(const struct tensor_file *file, const unsigned char *used, enum parameters_use use,
                 struct parameters *p) {
    float *at = p->store;
    int64_t n = 0;
    for (int64_t i = 0; i < file->count; i++) {
        p->number[i] = -1;
        if (used && !used[i]) continue;
        p->list[n] = (struct parameter){.tensor = &file->tensors[i], .count = file->tensors[i].elements};
        at = place(&p->list[n], arrays_of(&file->tensors[i], use), at);
        p->number[i] = (int32_t)n++;
    }
}

sa_status parameters_open(const struct allocator *memory, struct report *report, const struct tensor_file *file,
                          const unsigned char *used, enum parameters_use use, struct parameters *p) {
    *p = (struct parameters){0};
    sa_status status = count_all(report, file, used, use, p);
    if (status != SA_OK) return status;
    p->list = memory_allocate(memory, p->count, sizeof *p->list);
    p->number = memory_allocate(memory, p->tensors, sizeof *p->number);
    p->store = memory_allocate(memory, p->floats, sizeof *p->store);
    if (p->list && p->number && p->store) {
        fill(file, used, use, p);
        return SA_OK;
    }
    status = fail_memory(report, p->floats * (int64_t)sizeof *p->store, "a model's parameters");
    parameters_close(memory, p);
    return status;
}

static void round_task(void *arg, int64_t task, int32_t worker) {
    const struct parameter *p = &((const struct parameters *)arg)->list[task];
    (void)worker;
    for (int64_t i = 0; i < p->count; i++) p->value[i] = float_of_bf16(bf16_of_float(p->master[i]));
}

void parameters_round(const struct parallel *parallel, const struct parameters *p) {
    tasks_run(parallel, p->count, round_task, (void *)p);
}

void parameters_close(const struct allocator *memory, struct parameters *p) {
    memory_release(memory, p->list, p->count, sizeof *p->list);
    memory_release(memory, p->number, p->tensors, sizeof *p->number);
    memory_release(memory, p->store, p->floats, sizeof *p->store);
    *p = (struct parameters){0};
}
