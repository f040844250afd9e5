/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *room(int64_t count, int64_t size) {
    void *memory = calloc((size_t)count + 1, (size_t)size);
    if (memory) return memory;
    perror("calloc");
    exit(1);
}

static void *copy_of(const void *from, int64_t count, int64_t size) {
    if (!from) return NULL;
    return memcpy(room(count, size), from, (size_t)(count * size));
}

int has_both(const sa_model *model) {
    return sa_model_get(model, SA_MODEL_ENCODER) && sa_model_get(model, SA_MODEL_DECODER);
}

int64_t field_size(const struct sample *s, int field) {
    const struct field *f = &s->fields[field];
    return f->outer * s->B * f->inner * f->rows * f->width;
}

int64_t field_rows(const struct sample *s, int field, int64_t b) {
    const struct field *f = &s->fields[field];
    if (f->rows == 1) return 1;
    return f->of_targets ? s->target_lengths[b] : s->lengths[b];
}

float *field_row(const struct sample *s, int field, int64_t outer, int64_t b, int64_t inner, int64_t r) {
    const struct field *f = &s->fields[field];
    return s->values[field] + (((outer * s->B + b) * f->inner + inner) * f->rows + r) * f->width;
}

/* A sample's sizes with other numbers of sequences, tokens and targets. */
static struct sample resized(const struct sample *s, int64_t B, int64_t T, int64_t U) {
    struct sample r = *s;
    r.B = B, r.T = T, r.U = U;
    for (int i = 0; i < FIELDS; i++) {
        struct field *f = &r.fields[i];
        if (f->rows > 1) f->rows = f->of_targets ? U : T;
        if (f->are_weights) f->width = i == TARGET_WEIGHTS ? U : T;
    }
    return r;
}

struct sample sample_like(const struct sample *s) {
    struct sample r = *s;
    r.ids = NULL, r.targets = NULL, r.features = NULL, r.greedy = NULL;
    r.lengths = copy_of(s->lengths, s->B, sizeof *s->lengths);
    r.target_lengths = copy_of(s->target_lengths, s->B, sizeof *s->target_lengths);
    for (int i = 0; i < FIELDS; i++) r.values[i] = s->values[i] ? room(field_size(s, i), sizeof(float)) : NULL;
    return r;
}

static void copy_field(const struct sample *from, int64_t b, struct sample *to, int field) {
    const struct field *f = &to->fields[field];
    to->values[field] = from->values[field] ? room(field_size(to, field), sizeof(float)) : NULL;
    for (int64_t o = 0; from->values[field] && o < f->outer; o++)
        for (int64_t i = 0; i < f->inner; i++)
            for (int64_t r = 0; r < f->rows; r++)
                memcpy(field_row(to, field, o, 0, i, r), field_row(from, field, o, b, i, r),
                       (size_t)f->width * sizeof(float));
}

struct sample sample_alone(const struct sample *s, int64_t b) {
    const int64_t T = s->lengths[b], U = s->U ? s->target_lengths[b] : 0;
    struct sample r = resized(s, 1, T, U);
    r.ids = s->ids ? copy_of(s->ids + b * s->T, T, sizeof *s->ids) : NULL;
    r.lengths = copy_of(&T, 1, sizeof T);
    r.target_lengths = copy_of(&U, 1, sizeof U);
    r.targets = s->targets ? copy_of(s->targets + b * s->U, U, sizeof *s->targets) : NULL;
    r.features = s->features ? copy_of(s->features + b * s->feature_size, s->feature_size, sizeof *s->features) : NULL;
    r.greedy = s->greedy ? copy_of(s->greedy + b * s->greedy_length, s->greedy_length, sizeof *s->greedy) : NULL;
    for (int i = 0; i < FIELDS; i++) copy_field(s, b, &r, i);
    return r;
}

struct sample sample_padded(const struct sample *s) {
    struct sample r = *s;
    r.ids = copy_of(s->ids, s->B * s->T, sizeof *s->ids);
    r.lengths = copy_of(s->lengths, s->B, sizeof *s->lengths);
    r.targets = copy_of(s->targets, s->B * s->U, sizeof *s->targets);
    r.target_lengths = copy_of(s->target_lengths, s->B, sizeof *s->target_lengths);
    r.features = copy_of(s->features, s->B * s->feature_size, sizeof *s->features);
    r.greedy = copy_of(s->greedy, s->B * s->greedy_length, sizeof *s->greedy);
    for (int i = 0; i < FIELDS; i++) r.values[i] = copy_of(s->values[i], field_size(s, i), sizeof(float));
    int64_t *lengths = s->U ? r.target_lengths : r.lengths;
    for (int64_t b = 1; b < s->B; b++) lengths[b] -= b * lengths[b] / (s->B + 1);
    return r;
}

void sample_free(struct sample *s) {
    free(s->ids);
    free(s->lengths);
    free(s->target_lengths);
    free(s->targets);
    free(s->features);
    free(s->greedy);
    for (int i = 0; i < FIELDS; i++) free(s->values[i]);
    *s = (struct sample){0};
}
