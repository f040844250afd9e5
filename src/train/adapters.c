/* SPDX-License-Identifier: MIT */
#include "train/adapters.h"

#include "api/context.h"
#include "base/arith.h"
#include "base/dropout.h"
#include "stack/rows.h"
#include "train/adapter_targets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 320, FIRST_DRAWS = 0x41726f4c }; /* the last word of the counter, which dropout does not reach */

sa_status adapters_take(struct report *report, const sa_lora *from, sa_lora *c) {
    *c = (sa_lora){.struct_size = sizeof *c};
    sa_status status = take_struct(report, "sa_lora", from, c, sizeof *c, sizeof c->struct_size);
    if (status != SA_OK) return status;
    if (c->rank < 0 || (!c->adapter && c->rank == 0))
        return fail(report, SA_ERR_VALUE, "rank is %lld, must be at least 1", (long long)c->rank);
    if (!(c->alpha >= 0 && c->alpha <= 1e30))
        return fail(report, SA_ERR_VALUE, "alpha is %g, must be 0 or more, and at most 1e+30", c->alpha);
    if (!(c->dropout >= 0 && c->dropout < 1))
        return fail(report, SA_ERR_VALUE, "dropout is %g, must be 0 or more, and below 1", c->dropout);
    if (c->adapter && (c->rank || c->alpha > 0 || c->targets))
        return fail(report, SA_ERR_VALUE, "rank, alpha or targets are given beside adapter, which has its own");
    return SA_OK;
}

static sa_status check_ranks(struct report *report, const struct adapters *a) {
    for (int64_t i = 0; i < a->count; i++) {
        const struct lora_pair *p = &a->pairs[i];
        if (a->config.rank > min_i64(p->of->size[0], p->of->size[1]))
            return fail(report, SA_ERR_VALUE, "rank is %lld, but \"%.100s\" has %lld rows and %lld columns",
                        (long long)a->config.rank, p->of->name, (long long)p->of->size[0], (long long)p->of->size[1]);
    }
    return SA_OK;
}

/* PEFT's name of A or B beside a matrix. */
static int write_name(char name[NAME_BYTES], const struct adapters *a, const struct lora_pair *p, const char *ending) {
    const int module = (int)(strlen(p->of->name) - strlen(".weight"));
    return snprintf(name, NAME_BYTES, LORA_FRONT "%s%.*s%s", a->prefix, module, p->of->name, ending);
}

/* Names and shapes of all A and B. */
static sa_status make_form(const struct allocator *memory, struct report *report, struct adapters *a) {
    char name[NAME_BYTES];
    int64_t bytes = 0;
    for (int64_t i = 0; i < a->count; i++) bytes += 2 * (write_name(name, a, &a->pairs[i], LORA_DOWN) + 1);
    a->form.memory = *memory;
    sa_status status = tensors_create(&a->form, report, 2 * a->count, bytes);
    char *at = a->form.names;
    for (int64_t i = 0; i < 2 * a->count && status == SA_OK; i++) {
        const struct lora_pair *p = &a->pairs[i / 2];
        const int64_t rows = i % 2 ? lora_outputs(p->of, p->is_in_out) : a->config.rank,
                      columns = i % 2 ? a->config.rank : lora_inputs(p->of, p->is_in_out);
        const int length = write_name(name, a, p, i % 2 ? LORA_UP : LORA_DOWN);
        if (length >= NAME_BYTES)
            return fail(report, SA_ERR_FORMAT, "the name \"%.60s\" is too long for an adapter", p->of->name);
        a->form.tensors[i] = (struct tensor){.name = memcpy(at, name, (size_t)length + 1),
                                             .dtype = "F32",
                                             .axes = 2,
                                             .size = {rows, columns},
                                             .elements = rows * columns};
        at += length + 1;
    }
    if (status == SA_OK) tensors_sort(&a->form);
    return status;
}

/* A is even in +-1 / sqrt(in), as PEFT's; B is 0. Draws are a function of the seed, the adapter and the place. */
static void draw(struct parameter *down, uint64_t seed, uint32_t number) {
    const uint32_t key[] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const double most = 1 / sqrt((double)down->tensor->size[1]);
    uint32_t words[PHILOX_WORDS];
    for (int64_t i = 0; i < down->count; i++) {
        const int64_t group = i / PHILOX_WORDS;
        const uint32_t counter[] = {(uint32_t)group, (uint32_t)(group >> 32), number, FIRST_DRAWS};
        if (i % PHILOX_WORDS == 0) philox(key, counter, words);
        down->value[i] = (float)((2 * (double)dropout_draw(words[i % PHILOX_WORDS]) - 3) * most);
    }
}

static struct parameter *find(const struct adapters *a, const struct lora_pair *p, const char *ending) {
    char name[NAME_BYTES];
    write_name(name, a, p, ending);
    return parameter_at(&a->parameters, &a->form, tensors_find(&a->form, name)); /* make_form() named it */
}

/* Puts the adapters beside the model's parameters, and gives A and B their first values. */
static void place(const struct adapted *of, struct adapters *a) {
    for (int64_t i = 0; i < a->count; i++) {
        const struct lora_pair *p = &a->pairs[i];
        a->list[i] =
            (struct adapter){find(a, p, LORA_DOWN), find(a, p, LORA_UP), a->config.rank, a->scale, a->config.dropout};
        parameter_at(of->parameters, &of->model->file, p->of)->adapter = &a->list[i];
        if (p->down) {
            tensor_floats(p->down, 0, p->down->elements, a->list[i].down->value);
            tensor_floats(p->up, 0, p->up->elements, a->list[i].up->value);
        } else {
            draw(a->list[i].down, of->seed, (uint32_t)i);
        }
    }
}

static sa_status make(const struct allocator *memory, struct report *report, const struct adapted *of,
                      struct adapters *a) {
    sa_status status = make_form(memory, report, a);
    if (status == SA_OK) status = parameters_open(memory, report, &a->form, NULL, PARAMETERS_LEARN, &a->parameters);
    if (status == SA_OK && !(a->list = memory_allocate(memory, a->count, sizeof *a->list)))
        status = fail_memory_for(report, "a list of adapters");
    if (status == SA_OK) place(of, a);
    return status;
}

/* Those of a directory; the pairs' A and B are in its file, which stays open only here. */
static sa_status load(const struct allocator *memory, struct report *report, const struct adapted *of,
                      struct adapters *a) {
    struct lora lora;
    sa_status status = lora_open(memory, report, a->config.adapter, &of->model->file, &lora);
    if (status != SA_OK) return status;
    a->config.rank = lora.rank, a->config.alpha = lora.alpha, a->scale = lora.scale, a->by_root = lora.by_root;
    if (a->config.dropout == 0) a->config.dropout = lora.dropout;
    a->count = lora.count, a->room = lora.file.count, a->pairs = lora.pairs;
    lora.pairs = NULL;
    status = adapters_check(memory, report, of, a);
    if (status == SA_OK) status = make(memory, report, of, a);
    for (int64_t i = 0; i < a->count; i++) a->pairs[i].down = a->pairs[i].up = NULL;
    lora_close(&lora);
    return status;
}

sa_status adapters_open(const struct allocator *memory, struct report *report, const struct adapted *of,
                        struct adapters *a) {
    if (a->config.adapter) return load(memory, report, of, a);
    sa_status status = lora_check_base(report, &of->model->file);
    if (status == SA_OK) status = adapters_choose(memory, report, of, a);
    if (status == SA_OK) status = check_ranks(report, a);
    if (a->config.alpha == 0) a->config.alpha = (double)a->config.rank;
    a->scale = lora_scale(a->config.alpha, a->config.rank, 0);
    return status == SA_OK ? make(memory, report, of, a) : status;
}

void adapters_close(const struct allocator *memory, struct adapters *a) {
    memory_release(memory, a->list, a->count, sizeof *a->list);
    parameters_close(memory, &a->parameters);
    tensors_close(&a->form);
    memory_release(memory, a->pairs, a->room, sizeof *a->pairs);
    *a = (struct adapters){0};
}

struct merging {
    struct lora_matrices matrices;
    int64_t columns;
    float *to;
};

static void merge_rows(void *arg, int64_t first, int64_t last) {
    const struct merging *m = arg;
    lora_add(&m->matrices, first, last - first, m->to + first * m->columns);
}

void adapters_merge(const struct parallel *parallel, const struct adapters *a, const struct parameter *p,
                    float *merged) {
    const struct adapter *adapter = p->adapter;
    if (!adapter) return;
    const struct lora_pair *pair = &a->pairs[adapter - a->list];
    struct merging m = {{adapter->down->value, adapter->up->value, lora_inputs(pair->of, pair->is_in_out),
                         lora_outputs(pair->of, pair->is_in_out), adapter->rank, adapter->scale, pair->is_in_out},
                        pair->of->size[1],
                        merged};
    rows_run(parallel, pair->of->size[0], merge_rows, &m);
}
