/* A rival in a process of its own, as a way like the others. Inputs go to it and outputs come from it in a file.
 * SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "way/way.h"
#include "way/worker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct remote {
    const struct workload *w;
    struct worker *worker;
    FILE *file;                 /* inputs, and behind them the output; has its name only while the rival opens it */
    char absent[WORKER_ABSENT]; /* why it cannot do this problem; "" if it can */
    double ms;                  /* of the last run */
};

/* The inputs in the order of the file; returns how many arrays. */
static int inputs_of(const struct workload *w, const float *arrays[3], int64_t counts[3]) {
    const struct shape *s = &w->shape;
    const int64_t E = layer_width(s), keys = s->B * s->K * s->S * s->D;
    if (s->layer) {
        arrays[0] = w->x, counts[0] = s->B * s->T * E;
        arrays[1] = w->weights, counts[1] = weight_rows(s) * E;
        return 2;
    }
    arrays[0] = w->q, counts[0] = output_count(s);
    arrays[1] = w->k, counts[1] = keys;
    arrays[2] = w->v, counts[2] = keys;
    return 3;
}

static int write_inputs(struct remote *r, const char *name) {
    const float *arrays[3];
    int64_t counts[3];
    const int count = inputs_of(r->w, arrays, counts);
    for (int i = 0; i < count; i++) fwrite(arrays[i], sizeof(float), (size_t)counts[i], r->file);
    return fflush(r->file) || ferror(r->file) ? complain(FAILED, "%s: cannot write", name) : DONE;
}

static void send_problem(struct remote *r, const struct settings *settings, const char *name) {
    const struct shape *s = &r->w->shape;
    json_t *request = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:i,s:s,s:i,s:s}", "do", "open", "B",
                                (json_int_t)s->B, "H", (json_int_t)s->H, "K", (json_int_t)s->K, "T", (json_int_t)s->T,
                                "S", (json_int_t)s->S, "D", (json_int_t)s->D, "causal", s->causal, "layer", s->layer,
                                "dtype", dtype_name(settings->dtype), "threads", settings->threads, "file", name);
    json_decref(worker_open(r->worker, request, r->absent));
}

static void remote_close(void *state) {
    struct remote *r = state;
    if (!r) return;
    if (r->file) fclose(r->file);
    free(r);
}

static void *remote_open(const struct workload *w, const struct settings *settings) {
    struct remote *r = calloc(1, sizeof *r);
    if (!r) {
        complain_memory(sizeof *r, settings->worker->name);
        return NULL;
    }
    char name[4096];
    r->w = w;
    r->worker = settings->worker;
    r->file = worker_file(name, sizeof name);
    int status = r->file ? write_inputs(r, name) : FAILED;
    if (!status) send_problem(r, settings, name);
    if (r->file) unlink(name);
    if (!status) return r;
    remote_close(r);
    return NULL;
}

static int remote_run(void *state) {
    struct remote *r = state;
    return worker_run(r->worker, json_pack("{s:s}", "do", "run"), &r->ms);
}

/* Stands behind the inputs. */
static int remote_output(void *state) {
    struct remote *r = state;
    const float *arrays[3];
    int64_t counts[3], before = 0;
    const size_t outputs = (size_t)output_count(&r->w->shape);
    for (int i = inputs_of(r->w, arrays, counts) - 1; i >= 0; i--) before += counts[i];
    const int whole = fseeko(r->file, before * (int64_t)sizeof(float), SEEK_SET) == 0 &&
                      fread(r->w->o, sizeof(float), outputs, r->file) == outputs;
    return whole ? DONE : complain(FAILED, "%s wrote no whole output", r->worker->name);
}

static const double *remote_own_ms(const void *state) {
    return &((const struct remote *)state)->ms;
}

static const char *remote_absent(const void *state) {
    const struct remote *r = state;
    return *r->absent ? r->absent : NULL;
}

const struct way way_remote = {.name = "rival",
                               .open = remote_open,
                               .run = remote_run,
                               .close = remote_close,
                               .output = remote_output,
                               .own_ms = remote_own_ms,
                               .absent = remote_absent};
