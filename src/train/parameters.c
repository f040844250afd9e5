/* SPDX-License-Identifier: MIT */
#include "train/parameters.h"

#include "base/arith.h"

enum { ARRAYS = 4 }; /* value, gradient, first, second */

static sa_status count_all(struct report *report, const struct tensor_file *file, const unsigned char *used,
                           struct parameters *p) {
    int64_t floats = 0;
    for (int64_t i = 0; i < file->count; i++) {
        if (!used[i]) continue;
        if (!checked_add(floats, file->tensors[i].elements, &floats))
            return fail_overflow(report, "the size of a model's parameters");
        p->count++;
    }
    if (!checked_mul(floats, ARRAYS, &p->floats)) return fail_overflow(report, "the size of a model's parameters");
    p->tensors = file->count;
    return SA_OK;
}

static void fill(const struct tensor_file *file, const unsigned char *used, struct parameters *p) {
    float *at = p->store;
    int64_t n = 0;
    for (int64_t i = 0; i < file->count; i++) {
        p->number[i] = -1;
        if (!used[i]) continue;
        struct parameter *q = &p->list[n];
        *q = (struct parameter){.tensor = &file->tensors[i], .count = file->tensors[i].elements};
        float **const arrays[ARRAYS] = {&q->value, &q->gradient, &q->first, &q->second};
        for (int a = 0; a < ARRAYS; a++, at += q->count) *arrays[a] = at;
        tensor_floats(q->tensor, 0, q->count, q->value);
        p->number[i] = (int32_t)n++;
    }
}

sa_status parameters_open(const struct allocator *memory, struct report *report, const struct tensor_file *file,
                          const unsigned char *used, struct parameters *p) {
    *p = (struct parameters){0};
    sa_status status = count_all(report, file, used, p);
    if (status != SA_OK) return status;
    p->list = memory_allocate(memory, p->count, sizeof *p->list);
    p->number = memory_allocate(memory, p->tensors, sizeof *p->number);
    p->store = memory_allocate(memory, p->floats, sizeof *p->store);
    if (p->list && p->number && p->store) {
        fill(file, used, p);
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
