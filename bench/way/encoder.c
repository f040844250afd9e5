/* SPDX-License-Identifier: MIT */
#include "way/encoder.h"

#include "measure/report.h"

#include <stdlib.h>
#include <string.h>

int encoder_encode(void *encoder) {
    struct encoder *e = encoder;
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = e->batch.B,
                                 .tokens = e->batch.T,
                                 .ids = e->ids,
                                 .embedding = e->embedding};
    return sa_model_encode(e->ctx, e->model, &args) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(e->ctx));
}

static int make_batch(struct encoder *e, const char *path) {
    enum { FIRST = 1000 }; /* the first ones are often special */
    const int64_t vocabulary = sa_model_get(e->model, SA_MODEL_VOCABULARY), count = e->batch.B * e->batch.T;
    if (vocabulary <= FIRST) return complain(FAILED, "%s: more than %d tokens are needed", path, FIRST);
    e->width = sa_model_get(e->model, SA_MODEL_WIDTH);
    e->ids = malloc((size_t)count * sizeof *e->ids);
    e->embedding = malloc((size_t)(e->batch.B * e->width) * sizeof *e->embedding);
    if (!e->ids || !e->embedding) return complain_memory((double)(count + e->batch.B * e->width) * 4, "a batch");
    for (int64_t i = 0; i < count; i++) e->ids[i] = (int32_t)(FIRST + i * 7919 % (vocabulary - FIRST));
    return DONE;
}

int encoder_open(struct encoder *e, const sa_ctx_options *options, const char *path, struct encoder_batch batch) {
    memset(e, 0, sizeof *e);
    e->batch = batch;
    if (sa_ctx_create(options, &e->ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    if (sa_model_open(e->ctx, path, &e->model) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(e->ctx));
    return make_batch(e, path);
}

void encoder_close(struct encoder *e) {
    sa_model_destroy(&e->model);
    sa_ctx_destroy(&e->ctx);
    free(e->ids);
    free(e->embedding);
    e->ids = NULL;
    e->embedding = NULL;
}
