/* SPDX-License-Identifier: MIT */
#include "study/contest.h"

#include "measure/report.h"
#include "selfattn.h"
#include "way/worker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The largest differences by rounding, for outputs of size 1 to 4; a wrong output differs by 0.1 or more. f32 ways
 * differ by a few roundings of sums of normal numbers; high rounds operands to 17 bits, numbers of 16 bits have 8
 * (bf16) or 11. */
static double difference_allowed(const struct settings *s) {
    if (s->dtype != SA_F32 || s->precision == SA_PRECISION_MEDIUM) return 5e-2;
    return s->precision == SA_PRECISION_HIGH ? 2e-4 : 2e-5;
}

static const char *entry_name(const struct entry *e) {
    return e->settings.worker ? e->settings.worker->name : e->way->name;
}

/* One call, its output in the workload. */
static int run_once(struct contest *c, int i) {
    const struct way *way = c->entries[i].way;
    int status = way->run(c->runners[i].state);
    return !status && way->output ? way->output(c->runners[i].state) : status;
}

static int check_against(struct contest *c, int i, const float *first) {
    const struct entry *e = &c->entries[i];
    int status = run_once(c, i);
    if (status) return status;
    c->differences[i] = largest_difference(c->workload.o, first, output_count(&c->workload.shape));
    if (c->differences[i] <= difference_allowed(&e->settings)) return DONE;
    return complain(FAILED, "%s and %s (%s, %s) differ by %g", entry_name(&c->entries[0]), entry_name(e),
                    dtype_name(e->settings.dtype), precision_name(e->settings.precision), c->differences[i]);
}

/* The output is cleared before, so that a way that writes nothing is noticed. */
static int check_outputs(struct contest *c) {
    const struct shape *s = &c->workload.shape;
    const size_t bytes = (size_t)output_count(s) * sizeof(float);
    float *first = floats_new(s->B, s->H, s->T, s->D, "a second output");
    if (!first) return FAILED;
    int status = run_once(c, 0);
    memcpy(first, c->workload.o, bytes);
    for (int i = 1; i < c->count && !status; i++) {
        memset(c->workload.o, 0xff, bytes);
        if (!c->absent[i]) status = check_against(c, i, first);
    }
    free(first);
    return status;
}

static int open_entry(struct contest *c, int i) {
    const struct way *way = c->entries[i].way;
    void *state = way->open(&c->workload, &c->entries[i].settings);
    if (!state) return FAILED;
    c->absent[i] = way->absent ? way->absent(state) : NULL;
    c->runners[i] = (struct runner){.run = c->absent[i] ? NULL : way->run,
                                    .state = state,
                                    .own_ms = way->own_ms ? way->own_ms(state) : NULL,
                                    .work = shape_flops(&c->workload.shape)};
    return DONE;
}

int contest_open(struct contest *c, const struct shape *shape, const struct entry *entries, int count) {
    *c = (struct contest){.entries = entries, .count = count};
    if (workload_make(&c->workload, shape)) return FAILED;
    int status = DONE;
    for (int i = 0; i < count && !status; i++) status = open_entry(c, i);
    if (!status) status = check_outputs(c);
    if (status) contest_close(c);
    return status;
}

void contest_close(struct contest *c) {
    for (int i = 0; i < c->count; i++) {
        c->entries[i].way->close(c->runners[i].state);
        c->runners[i].state = NULL;
    }
    workload_free(&c->workload);
}

double contest_difference(const struct contest *c) {
    double largest = 0;
    for (int i = 0; i < c->count; i++) largest = fmax(largest, c->differences[i]);
    return largest;
}
