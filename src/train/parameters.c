/* SPDX-License-Identifier: MIT */
#include "train/parameters.h"

#include "base/arith.h"
#include "model/keep.h"

enum { ARRAYS = 4 }; /* value, gradient, first, second */

/* Floats that a tensor takes in the store. */
static int64_t arrays_of(const struct tensor *t, int are_fixed) {
    if (!are_fixed) return ARRAYS;
    return t->type == SA_F32 && tensor_is_native(t) ? 0 : 1;
}

static sa_status count_all(struct report *report, const struct tensor_file *file, const unsigned char *used,
                           int are_fixed, struct parameters *p) {
    for (int64_t i = 0; i < file->count; i++) {
        int64_t floats;
        if (used && !used[i]) continue;
        if (!checked_mul(file->tensors[i].elements, arrays_of(&file->tensors[i], are_fixed), &floats) ||
            !checked_add(p->floats, floats, &p->floats))
            return fail_overflow(report, "the size of a model's parameters");
        p->count++;
    }
    p->tensors = file->count;
    return SA_OK;
}

/* Places a parameter's arrays, and returns what lies behind them. */
static float *place(struct parameter *p, int64_t arrays, float *at) {
    float **const all[ARRAYS] = {&p->value, &p->gradient, &p->first, &p->second};
    if (!arrays) p->value = (float *)p->tensor->data;
    for (int64_t a = 0; a < arrays; a++, at += p->count) *all[a] = at;
    if (arrays && p->tensor->data) tensor_floats(p->tensor, 0, p->count, p->value);
    return at;
}

static void fill(const struct tensor_file *file, const unsigned char *used, int are_fixed, struct parameters *p) {
    float *at = p->store;
    int64_t n = 0;
    for (int64_t i = 0; i < file->count; i++) {
        p->number[i] = -1;
        if (used && !used[i]) continue;
        p->list[n] = (struct parameter){.tensor = &file->tensors[i], .count = file->tensors[i].elements};
        at = place(&p->list[n], arrays_of(&file->tensors[i], are_fixed), at);
        p->number[i] = (int32_t)n++;
    }
}

sa_status parameters_open(const struct allocator *memory, struct report *report, const struct tensor_file *file,
                          const unsigned char *used, int are_fixed, struct parameters *p) {
    *p = (struct parameters){0};
    sa_status status = count_all(report, file, used, are_fixed, p);
    if (status != SA_OK) return status;
    p->list = memory_allocate(memory, p->count, sizeof *p->list);
    p->number = memory_allocate(memory, p->tensors, sizeof *p->number);
    p->store = memory_allocate(memory, p->floats, sizeof *p->store);
    if (p->list && p->number && p->store) {
        fill(file, used, are_fixed, p);
        return SA_OK;
    }
    status = fail_memory(report, p->floats * (int64_t)sizeof *p->store, "a model's parameters");
    parameters_close(memory, p);
    return status;
}

void parameters_close(const struct allocator *memory, struct parameters *p) {
    memory_release(memory, p->list, p->count, sizeof *p->list);
    memory_release(memory, p->number, p->tensors, sizeof *p->number);
    memory_release(memory, p->store, p->floats, sizeof *p->store);
    *p = (struct parameters){0};
}
