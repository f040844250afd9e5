/* SPDX-License-Identifier: MIT */
#include "study/recurrent_rival.h"

#include "measure/report.h"

#include <stdlib.h>
#include <unistd.h>

static int run(void *state) {
    struct recurrent_rival *r = state;
    return worker_run(r->worker, json_pack("{s:s,s:i}", "do", "run", "way", r->way), &r->ms);
}

static int write_inputs(FILE *file, const struct recurrent *recurrent, const struct workload *w) {
    const int64_t width = recurrent->width;
    for (int kind = 0; kind < RECURRENT_KINDS; kind++) {
        const struct recurrent *r = &recurrent[kind];
        const size_t rows = (size_t)(recurrent_gates(kind) * width);
        fwrite(r->W, sizeof(float), rows * (size_t)width, file),
            fwrite(r->U, sizeof(float), rows * (size_t)width, file);
        fwrite(r->b, sizeof(float), rows, file), fwrite(r->d, sizeof(float), rows, file);
    }
    fwrite(w->x, sizeof(float), (size_t)(w->shape.T * width), file);
    return fflush(file) || ferror(file) ? complain(FAILED, "cannot write PyTorch's inputs") : DONE;
}

/* The outputs are the last that the file has. */
static int compare_outputs(FILE *file, struct recurrent *recurrent, const struct workload *w, const char *name) {
    const int64_t count = w->shape.T * recurrent->width;
    float *other = floats_new(count, 1, 1, 1, "PyTorch's output");
    int status = other ? DONE : FAILED;
    if (!status && fseek(file, -(long)(RECURRENT_KINDS * count) * (long)sizeof(float), SEEK_END))
        status = complain(FAILED, "%s wrote no whole output", name);
    for (int kind = 0; kind < RECURRENT_KINDS && !status; kind++) {
        recurrent_run(&recurrent[kind], w->x, w->shape.T, w->o, 1, 1);
        if (fread(other, sizeof(float), (size_t)count, file) != (size_t)count)
            status = complain(FAILED, "%s wrote no whole output", name);
        const double difference = status ? 0 : largest_difference(w->o, other, count);
        if (!(difference <= 2e-5))
            status = complain(FAILED, "%s's %s is off by %g", name, recurrent_name(kind), difference);
    }
    free(other);
    return status;
}

static int ask(FILE *file, const char *name, struct worker *worker, struct recurrent *recurrent,
               const struct workload *w) {
    json_t *request = json_pack("{s:s,s:I,s:I,s:s}", "do", "recurrent", "width", (json_int_t)recurrent->width, "n",
                                (json_int_t)w->shape.T, "file", name);
    json_decref(worker_open(worker, request, worker->absent));
    return *worker->absent ? DONE : compare_outputs(file, recurrent, w, worker->name);
}

int recurrent_rivals_open(struct recurrent_rival *rivals, struct runner *runners, struct worker *worker,
                          struct recurrent *recurrent, const struct workload *w) {
    char name[4096];
    if (!*worker->name || *worker->absent) return DONE;
    FILE *file = worker_file(name, sizeof name);
    if (!file) return FAILED;
    int status = write_inputs(file, recurrent, w);
    if (!status) status = ask(file, name, worker, recurrent, w);
    fclose(file);
    unlink(name);
    for (int i = 0; i < RECURRENT_RIVALS && !status && !*worker->absent; i++) {
        rivals[i] = (struct recurrent_rival){worker, i, 0};
        runners[i] = (struct runner){.run = run, .state = &rivals[i], .own_ms = &rivals[i].ms};
    }
    return status;
}
