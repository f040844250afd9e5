/* SPDX-License-Identifier: MIT */
#include "study/opening.h"

#include "measure/harness.h"
#include "measure/report.h"
#include "selfattn_models.h"
#include "way/decoder.h"
#include "way/encoder.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int first_call(const sa_ctx_options *options, const char *path, struct opening *o, double *start) {
    struct encoder encoder = {.ctx = NULL};
    struct decoder decoder = {.ctx = NULL};
    int status;
    if (o->writes) {
        status = decoder_open(&decoder, options, path);
        *start = clock_seconds();
        if (!status) status = decoder_read(&decoder);
    } else {
        status = encoder_open(&encoder, options, path, (struct encoder_batch){1, PROMPT});
        *start = clock_seconds();
        if (!status) status = encoder_encode(&encoder);
    }
    o->first_ms = (clock_seconds() - *start) * 1e3;
    decoder_close(&decoder);
    encoder_close(&encoder);
    return status;
}

/* The model is opened twice: the first time tells what it is, and how long that takes. */
static int open_here(struct opening *o, const char *path, int threads) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    sa_ctx *ctx = NULL;
    sa_model *model = NULL;
    struct rusage usage;
    if (sa_ctx_create(&options, &ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    double start = clock_seconds();
    if (sa_model_open(ctx, path, &model) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(ctx));
    o->open_ms = (clock_seconds() - start) * 1e3;
    o->encodes = sa_model_get(model, SA_MODEL_ENCODER) && sa_model_get(model, SA_MODEL_VOCABULARY);
    o->writes = !sa_model_get(model, SA_MODEL_ENCODER) && sa_model_get(model, SA_MODEL_DECODER);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    const int status = o->encodes || o->writes ? first_call(&options, path, o, &start) : DONE;
    getrusage(RUSAGE_SELF, &usage);
    o->mebibytes = (double)usage.ru_maxrss / 1024;
    return status;
}

static int open_in_child(struct opening *o, const char *path, int threads) {
    int ends[2], state = 0;
    if (pipe(ends)) return complain(FAILED, "cannot make a pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        int status = open_here(o, path, threads);
        if (!status && write(ends[1], o, sizeof *o) != sizeof *o) status = FAILED;
        _exit(status);
    }
    close(ends[1]);
    const int whole = child > 0 && read(ends[0], o, sizeof *o) == sizeof *o;
    close(ends[0]);
    if (child > 0) waitpid(child, &state, 0);
    if (child < 0) return complain(FAILED, "cannot start a process: %s", strerror(errno));
    if (whole) return DONE;
    return WIFEXITED(state) && WEXITSTATUS(state) ? FAILED
                                                  : complain(FAILED, "%s: the process that opens it died", path);
}

int opening_measure(struct opening *opening, const char *path, int threads, int times) {
    int status = open_in_child(opening, path, threads);
    for (int i = 1; i < times && !status; i++) {
        struct opening again = {.encodes = 0};
        status = open_in_child(&again, path, threads);
        if (again.open_ms < opening->open_ms) opening->open_ms = again.open_ms;
        if (again.first_ms < opening->first_ms) opening->first_ms = again.first_ms;
        if (again.mebibytes < opening->mebibytes) opening->mebibytes = again.mebibytes;
    }
    return status;
}
