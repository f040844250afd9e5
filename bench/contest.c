/* SPDX-License-Identifier: MIT */
#include "contest.h"

#include "report.h"

#include <stdlib.h>
#include <string.h>

/* f32 ways differ by a few roundings of sums of normal numbers; a wrong one differs by whole tenths. */
static const double DIFFERENCE_MAX = 2e-5;

static int check_against(struct contest *c, int i, const float *first) {
    int status = c->runners[i].run(c->runners[i].state);
    if (status) return status;
    double difference = largest_difference(c->workload.o, first, output_count(&c->workload.shape));
    if (!(difference <= c->difference)) c->difference = difference;
    if (difference <= DIFFERENCE_MAX) return DONE;
    return complain(FAILED, "%s and %s differ by %g", c->ways[0]->name, c->ways[i]->name, difference);
}

/* Outputs are wiped in between: a way that writes nothing is found out. */
static int check_outputs(struct contest *c) {
    const struct shape *s = &c->workload.shape;
    const size_t bytes = (size_t)output_count(s) * sizeof(float);
    float *first = floats_new(s->B, s->H, s->T, s->D, "a second output");
    if (!first) return FAILED;
    int status = c->runners[0].run(c->runners[0].state);
    memcpy(first, c->workload.o, bytes);
    for (int i = 1; i < c->count && !status; i++) {
        memset(c->workload.o, 0xff, bytes);
        status = check_against(c, i, first);
    }
    free(first);
    return status;
}

int contest_open(struct contest *c, const struct shape *shape, const struct way *const *ways, int count) {
    *c = (struct contest){.ways = ways, .count = count};
    if (workload_make(&c->workload, shape)) return FAILED;
    int status = DONE;
    for (int i = 0; i < count && !status; i++) {
        void *state = ways[i]->open(&c->workload);
        c->runners[i] = (struct runner){.run = ways[i]->run, .state = state, .work = shape_flops(shape)};
        if (!state) status = FAILED;
    }
    if (!status) status = check_outputs(c);
    if (status) contest_close(c);
    return status;
}

void contest_close(struct contest *c) {
    for (int i = 0; i < c->count; i++) {
        c->ways[i]->close(c->runners[i].state);
        c->runners[i].state = NULL;
    }
    workload_free(&c->workload);
}
