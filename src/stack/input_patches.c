/* Images [C][height][width]: a class token, then squares row by row, each flattened to [C][patch][patch] and projected
 * (Dosovitskiy et al. 2020).
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/memory.h"
#include "flow/project/project.h"
#include "stack/input.h"
#include "stack/rows.h"

#include <string.h>

struct job {
    const struct input *input;
    float *patches; /* [B][patches][C * patch * patch] */
};

/* Patches of an image, and elements of a patch. */
static int64_t patch_count(const struct input_config *c) {
    return c->height / c->patch * (c->width / c->patch);
}
static int64_t patch_size(const struct input_config *c) {
    return c->channels * c->patch * c->patch;
}

static void cut_patches(void *arg, int64_t first, int64_t last) {
    const struct job *job = arg;
    const struct input_config *c = &job->input->stack->config.input;
    const int64_t p = c->patch, columns = c->width / p, count = patch_count(c), size = patch_size(c);
    for (int64_t r = first; r < last; r++) {
        const int64_t row = r % count / columns * p, column = r % count % columns * p;
        const float *image = job->input->features + r / count * c->channels * c->height * c->width;
        for (int64_t i = 0; i < c->channels * p; i++)
            memcpy(job->patches + r * size + i * p, image + (i / p * c->height + row + i % p) * c->width + column,
                   (size_t)p * sizeof *image);
    }
}

static struct projection step(const struct input *in, const float *patches, float *state) {
    const struct stack *s = in->stack;
    const int64_t E = s->config.width, count = patch_count(&s->config.input), size = patch_size(&s->config.input);
    float *first = state ? state + E : NULL;
    return (struct projection){&s->patches,
                               in->B,
                               count,
                               {.data = (float *)patches, .stride_b = count * size, .stride_s = size, .stride_d = 1},
                               {.data = first, .stride_b = in->T * E, .stride_s = E, .stride_d = 1}};
}

/* Where the projection's scratch memory begins; -1 if sizes do not fit. */
static int64_t bytes_of_patches(const struct input *in) {
    const struct input_config *c = &in->stack->config.input;
    int64_t bytes;
    return checked_mul(in->B, patch_count(c), &bytes) && checked_mul(bytes, patch_size(c), &bytes) &&
                   checked_mul(bytes, sizeof(float), &bytes) && checked_add(bytes, MEMORY_ALIGNMENT, &bytes)
               ? bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT
               : -1;
}

int64_t patches_bytes(const struct machine *machine, const struct input *in) {
    const struct projection p = step(in, NULL, NULL);
    int64_t patches = bytes_of_patches(in), work = project_bytes(machine, &p), bytes;
    return patches >= 0 && work >= 0 && checked_add(patches, work, &bytes) ? bytes : -1;
}

void patches_run(const struct machine *machine, const struct input *in, float *state, void *scratch) {
    const int64_t E = in->stack->config.width;
    struct job job = {in, scratch};
    const struct projection p = step(in, job.patches, state);
    rows_run(&machine->parallel, in->B * patch_count(&in->stack->config.input), cut_patches, &job);
    project(machine, &p, (char *)scratch + bytes_of_patches(in));
    for (int64_t b = 0; b < in->B; b++) tensor_floats(&in->stack->class_token, 0, E, state + b * in->T * E);
}
