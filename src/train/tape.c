/* SPDX-License-Identifier: MIT */
#include "train/tape.h"

#include "base/arith.h"
#include "stack/rows.h"

#include <string.h>

enum { LEAST_BLOCK = 1 << 20, FIRST_STEPS = 256 };

void tape_open(struct tape *t, const struct allocator *memory) {
    *t = (struct tape){.memory = *memory};
}

static void release_blocks(struct tape *t) {
    for (int64_t i = 0; i < t->block_count; i++) memory_release(&t->memory, t->blocks[i].bytes, t->blocks[i].size, 1);
    t->block_count = t->block = t->used = t->taken = 0;
}

void tape_close(struct tape *t) {
    release_blocks(t);
    memory_release(&t->memory, t->steps, t->room, sizeof *t->steps);
    *t = (struct tape){.memory = t->memory};
}

static int add_block(struct tape *t, int64_t size) {
    if (t->block_count == ARENA_BLOCKS) return 0;
    char *bytes = memory_allocate(&t->memory, size, 1);
    if (!bytes) return 0;
    t->blocks[t->block_count].bytes = bytes;
    t->blocks[t->block_count++].size = size;
    return 1;
}

void tape_reset(struct tape *t, sa_ctx *ctx) {
    t->ctx = ctx;
    t->status = SA_OK;
    t->count = t->block = t->used = t->taken = 0;
    if (t->block_count <= 1) return;
    release_blocks(t);
    if (!add_block(t, t->most)) t->status = fail_memory(&ctx->report, t->most, "a training step");
}

/* Goes on to a block with room. Blocks double, so that there are few. */
static int make_room(struct tape *t, int64_t bytes) {
    const int64_t size = t->block_count ? t->blocks[t->block_count - 1].size : 0;
    while (t->block < t->block_count && bytes > t->blocks[t->block].size - t->used) {
        t->block++;
        t->used = 0;
    }
    if (t->block < t->block_count) return 1;
    return add_block(t, max_i64(bytes, max_i64(LEAST_BLOCK, size <= INT64_MAX / 2 ? 2 * size : size)));
}

/* Memory whose bytes are not set. */
static char *take(struct tape *t, int64_t count, int64_t size) {
    int64_t bytes = 0;
    if (t->status != SA_OK) return NULL;
    if (!checked_mul(count, size, &bytes) || !checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes)) {
        t->status = fail_overflow(&t->ctx->report, "the size of a training step");
        return NULL;
    }
    bytes = bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
    if (!make_room(t, bytes)) {
        t->status = fail_memory(&t->ctx->report, bytes, "a training step");
        return NULL;
    }
    t->used += bytes;
    t->taken += bytes;
    t->most = max_i64(t->most, t->taken);
    return t->blocks[t->block].bytes + t->used - bytes;
}

void *tape_memory(struct tape *t, int64_t count, int64_t size) {
    char *memory = take(t, count, size);
    if (memory) memset(memory, 0, (size_t)(count * size));
    return memory;
}

struct value tape_value(struct tape *t, int64_t rows, int64_t width) {
    struct value v = {.rows = rows, .width = width};
    int64_t numbers = 0;
    if (t->status == SA_OK && !checked_mul(rows, width, &numbers))
        t->status = fail_overflow(&t->ctx->report, "the size of a training step");
    v.x = (float *)take(t, numbers, sizeof(float));
    v.gradient = (float *)take(t, numbers, sizeof(float));
    v.given = tape_memory(t, 1, sizeof *v.given);
    return v;
}

struct value tape_parameter(struct tape *t, const struct parameter *p, int64_t width) {
    int32_t *given = tape_memory(t, 1, sizeof *given);
    if (given) *given = 1;
    return (struct value){p->value, p->gradient, given, p->count / width, width};
}

static void clear_numbers(void *gradient, int64_t first, int64_t last) {
    memset((float *)gradient + first, 0, (size_t)(last - first) * sizeof(float));
}

float *value_gradient(const struct sa_ctx *ctx, const struct value *v) {
    if (value_is_first(v)) numbers_run(&ctx->machine.parallel, v->rows * v->width, clear_numbers, v->gradient);
    return v->gradient;
}

struct giving {
    float *to;
    const float *from;
    float factor;
    int is_first;
};

static void give_numbers(void *arg, int64_t first, int64_t last) {
    const struct giving g = *(const struct giving *)arg;
    float *restrict to = g.to;
    if (g.is_first)
        for (int64_t i = first; i < last; i++) to[i] = g.factor * g.from[i];
    else
        for (int64_t i = first; i < last; i++) to[i] += g.factor * g.from[i];
}

void value_give(const struct sa_ctx *ctx, const struct value *v, const float *from, float factor) {
    struct giving g = {v->gradient, from, factor, value_is_first(v)};
    numbers_run(&ctx->machine.parallel, v->rows * v->width, give_numbers, &g);
}

struct tape_step *tape_add(struct tape *t, backward_fn backward, struct value out) {
    if (t->status == SA_OK && t->count == t->room) {
        const int64_t room = t->room ? 2 * t->room : FIRST_STEPS;
        struct tape_step *steps = memory_allocate(&t->memory, room, sizeof *steps);
        if (!steps) t->status = fail_memory(&t->ctx->report, room * (int64_t)sizeof *steps, "a training step");
        if (steps && t->count) memcpy(steps, t->steps, (size_t)t->count * sizeof *steps);
        if (steps) {
            memory_release(&t->memory, t->steps, t->room, sizeof *t->steps);
            t->steps = steps;
            t->room = room;
        }
    }
    if (t->status == SA_OK) t->status = context_cancelled(t->ctx);
    if (t->status != SA_OK) return NULL;
    t->steps[t->count] = (struct tape_step){.backward = backward, .out = out};
    return &t->steps[t->count++];
}

static void step_back(struct tape *t, const struct tape_step *s) {
    if (*s->out.given) s->backward(t->ctx, s);
}

void tape_backward(struct tape *t) {
    struct watch *told = watch_begin(&t->ctx->watch, "gradients", t->count);
    for (int64_t i = t->count - 1; i >= 0 && !watch_stops(&t->ctx->watch); i--) {
        step_back(t, &t->steps[i]);
        watch_tell(told, t->count - i);
    }
    watch_end(told);
}

void tape_backward_to(struct tape *t, int64_t first) {
    for (int64_t i = t->count - 1; i >= first && !watch_stops(&t->ctx->watch); i--) step_back(t, &t->steps[i]);
}

struct tape_mark tape_mark(const struct tape *t) {
    return (struct tape_mark){t->count, t->block, t->used, t->taken};
}

void tape_rewind(struct tape *t, struct tape_mark mark) {
    t->count = mark.count;
    t->block = mark.block, t->used = mark.used, t->taken = mark.taken;
}

void *tape_scratch(struct tape *t, int64_t bytes) {
    if (t->status == SA_OK) t->status = context_reserve(t->ctx, bytes);
    return t->status == SA_OK ? t->ctx->scratch : NULL;
}
