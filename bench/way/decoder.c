/* SPDX-License-Identifier: MIT */
#include "way/decoder.h"

#include "measure/report.h"

#include <stdlib.h>
#include <string.h>

/* ctx NULL: for what has none. */
static int complain_of(const sa_ctx *ctx) {
    return complain(FAILED, "%s", sa_ctx_last_error(ctx));
}

int32_t likeliest(const float *logits, int64_t n) {
    int32_t best = 0;
    for (int32_t i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

/* Appends T tokens to a session; the next token goes to d->next. */
static int append_tokens(struct decoder *d, sa_session *session, const int32_t *ids, int64_t T) {
    const sa_session_args args = {.struct_size = sizeof args, .tokens = T, .ids = ids, .logits = d->logits};
    if (sa_session_run(d->ctx, session, &args) != SA_OK) return complain_of(d->ctx);
    d->next = likeliest(d->logits, d->vocabulary);
    return DONE;
}

int decoder_read(struct decoder *d) {
    int status = DONE;
    if (sa_session_truncate(d->decoding, 0, 0) != SA_OK) return complain_of(NULL);
    for (int64_t read = 0; read < d->depth && !status; read += d->longer)
        status = append_tokens(d, d->decoding, d->ids, read + d->longer < d->depth ? d->longer : d->depth - read);
    return status ? status : append_tokens(d, d->decoding, d->ids, PROMPT);
}

/* Leaves the prompt alone. */
static int begin_again(struct decoder *d) {
    if (sa_session_truncate(d->decoding, 0, d->depth + PROMPT) != SA_OK) return complain_of(NULL);
    d->next = d->ids[PROMPT];
    return DONE;
}

int decoder_step(void *decoder) {
    struct decoder *d = decoder;
    int status = sa_session_length(d->decoding, 0) < d->depth + PROMPT + DECODED ? DONE : begin_again(d);
    const int32_t token = d->next;
    return status ? status : append_tokens(d, d->decoding, &token, 1);
}

int decoder_prefill(void *decoder) {
    struct decoder *d = decoder;
    if (sa_session_truncate(d->prefill, 0, 0) != SA_OK) return complain_of(NULL);
    return append_tokens(d, d->prefill, d->ids, d->longer);
}

static int size_prompts(struct decoder *d, const char *path) {
    const int64_t most = sa_model_get(d->model, SA_MODEL_DECODER_MAX_POSITIONS);
    if (most && most <= PROMPT + DECODED)
        return complain(FAILED, "%s: its longest text has %lld tokens; more than %d are needed", path, (long long)most,
                        PROMPT + DECODED);
    d->longer = most && most < PREFILL ? most : PREFILL;
    d->vocabulary = sa_model_get(d->model, SA_MODEL_OUTPUTS);
    const int64_t first = d->vocabulary > 3 ? 3 : 0; /* the first ones are often special */
    for (int64_t i = 0; i < PREFILL; i++) d->ids[i] = (int32_t)(first + i * 7919 % (d->vocabulary - first));
    d->logits = malloc((size_t)d->vocabulary * sizeof *d->logits);
    return d->logits ? DONE : complain_memory((double)d->vocabulary * sizeof *d->logits, "logits");
}

int decoder_open(struct decoder *d, const sa_ctx_options *options, const char *path) {
    memset(d, 0, sizeof *d);
    if (sa_ctx_create(options, &d->ctx) != SA_OK) return complain_of(NULL);
    if (sa_model_open(d->ctx, path, &d->model) != SA_OK) return complain_of(d->ctx);
    if (sa_model_get(d->model, SA_MODEL_ENCODER) || !sa_model_get(d->model, SA_MODEL_DECODER))
        return complain(FAILED, "%s: this model does not go on with a text; a decoder is needed", path);
    if (sa_session_create(d->ctx, d->model, NULL, &d->decoding) != SA_OK ||
        sa_session_create(d->ctx, d->model, NULL, &d->prefill) != SA_OK)
        return complain_of(d->ctx);
    return size_prompts(d, path);
}

void decoder_close(struct decoder *d) {
    sa_session_destroy(&d->decoding);
    sa_session_destroy(&d->prefill);
    sa_model_destroy(&d->model);
    sa_ctx_destroy(&d->ctx);
    free(d->logits);
    d->logits = NULL;
}
