/* SPDX-License-Identifier: MIT */
#include "study/writing.h"

#include "measure/report.h"

#include <stdlib.h>

/* ctx NULL: for what has none. */
static int complain_of(const sa_ctx *ctx) {
    return complain(FAILED, "%s", sa_ctx_last_error(ctx));
}

/* Where the largest logit is, the first of equals. */
static int32_t likeliest(const float *logits, int64_t n) {
    int32_t best = 0;
    for (int32_t i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

/* Appends T tokens to a session; the next token goes to l->next. */
static int append_tokens(struct writer *l, sa_session *session, const int32_t *ids, int64_t T) {
    const sa_session_args args = {.struct_size = sizeof args, .tokens = T, .ids = ids, .logits = l->logits};
    if (sa_session_run(l->ctx, session, &args) != SA_OK) return complain_of(l->ctx);
    l->next = likeliest(l->logits, l->writing->plain.vocabulary);
    return DONE;
}

/* Leaves the prompt alone. */
static int begin_again(struct writer *l) {
    if (sa_session_truncate(l->decoding, 0, PROMPT) != SA_OK) return complain_of(NULL);
    l->next = l->writing->text[PROMPT];
    return DONE;
}

static int library_decode(void *writer) {
    struct writer *l = writer;
    int status = sa_session_length(l->decoding, 0) < PROMPT + DECODED ? DONE : begin_again(l);
    const int32_t token = l->next;
    return status ? status : append_tokens(l, l->decoding, &token, 1);
}

static int library_prefill(void *writer) {
    struct writer *l = writer;
    if (sa_session_truncate(l->prefill, 0, 0) != SA_OK) return complain_of(NULL);
    return append_tokens(l, l->prefill, l->writing->text, l->writing->prefill);
}

static int plain_decode(void *writing) {
    struct writing *w = writing;
    if (w->position == PROMPT + DECODED) w->position = PROMPT;
    llama2c_run(&w->plain, w->text[w->position], w->position, 1);
    w->position++;
    w->plain_next = likeliest(w->plain.logits, w->plain.vocabulary);
    return DONE;
}

/* Only the last token's logits are wanted, which a straightforward program would compute for every token. */
static int plain_prefill(void *writing) {
    struct writing *w = writing;
    for (int64_t i = 0; i < w->prefill; i++) llama2c_run(&w->plain, w->text[i], i, i + 1 == w->prefill);
    w->plain_next = likeliest(w->plain.logits, w->plain.vocabulary);
    return DONE;
}

static int write_text(struct writing *w) {
    enum { FIRST = 1 };
    const int32_t positions = w->plain.positions;
    if (positions <= PROMPT + DECODED)
        return complain(FAILED, "the model's longest text has %d tokens; more than %d are needed", (int)positions,
                        PROMPT + DECODED);
    w->prefill = positions < PREFILL ? positions : PREFILL;
    w->text[0] = FIRST;
    for (int64_t i = 0; i + 1 < w->prefill; i++) {
        llama2c_run(&w->plain, w->text[i], i, 1);
        w->text[i + 1] = likeliest(w->plain.logits, w->plain.vocabulary);
    }
    w->position = PROMPT;
    return DONE;
}

static int writer_open(struct writer *l, const struct writing *w, int32_t precision, const char *path) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = w->threads, .precision = precision};
    *l = (struct writer){.precision = precision, .writing = w};
    if (sa_ctx_create(&options, &l->ctx) != SA_OK) return complain_of(NULL);
    if (sa_model_open(l->ctx, path, &l->model) != SA_OK ||
        sa_session_create(l->ctx, l->model, NULL, &l->decoding) != SA_OK ||
        sa_session_create(l->ctx, l->model, NULL, &l->prefill) != SA_OK)
        return complain_of(l->ctx);
    if (sa_model_get(l->model, SA_MODEL_OUTPUTS) != w->plain.vocabulary)
        return complain(FAILED, "%s: the library and plain C read different models", path);
    l->logits = malloc((size_t)w->plain.vocabulary * sizeof *l->logits);
    return l->logits ? DONE : complain_memory((double)w->plain.vocabulary * sizeof *l->logits, "logits");
}

static void writer_close(struct writer *l) {
    sa_session_destroy(&l->decoding);
    sa_session_destroy(&l->prefill);
    sa_model_destroy(&l->model);
    sa_ctx_destroy(&l->ctx);
    free(l->logits);
}

/* Continues the prompt, and counts the first tokens that are those of plain C. */
static int check_text(struct writer *l) {
    const int32_t *text = l->writing->text;
    int status = append_tokens(l, l->decoding, text, PROMPT);
    while (!status && l->agreed < DECODED && l->next == text[PROMPT + l->agreed]) {
        l->agreed++;
        status = library_decode(l);
    }
    if (status || l->agreed == DECODED || l->precision != SA_PRECISION_HIGHEST) return status;
    return complain(FAILED, "token %d is %d, that of plain C is %d", (int)(PROMPT + l->agreed), (int)l->next,
                    (int)text[PROMPT + l->agreed]);
}

int writing_open(struct writing *w, const char *path) {
    static const int32_t precisions[] = {SA_PRECISION_HIGHEST, SA_PRECISION_HIGH, SA_PRECISION_MEDIUM};
    int status = llama2c_open(&w->plain, path);
    if (!status) status = write_text(w);
    for (int i = 0; i < PRECISIONS && !status; i++) {
        struct writer *l = &w->writers[w->count++];
        status = writer_open(l, w, precisions[i], path);
        if (status) return status;
        if (sa_ctx_precision(l->ctx) == precisions[i])
            status = check_text(l);
        else
            writer_close(&w->writers[--w->count]);
    }
    return status;
}

void writing_close(struct writing *w) {
    for (int i = 0; i < w->count; i++) writer_close(&w->writers[i]);
    llama2c_close(&w->plain);
}

double writing_read_ms(const struct writing *w) {
    return (double)w->plain.weights * sizeof(float) / (w->roofs.rate[ROOF_READ] * 1e6);
}

int writing_measure(struct writing *w) {
    enum { PLAIN = ROOFS, OURS = PLAIN + 2, ALL = OURS + 2 * PRECISIONS };
    const struct race race = {
        .rounds = 1000, .seconds = 0.1, .min_reps = 1, .max_reps = DECODED, .patience = w->seconds};
    struct runner r[ALL] = {0};
    struct progress progress;
    int status = roofs_open(r, SA_ISA_AUTO);
    if (status) return status;
    r[PLAIN] = (struct runner){.run = plain_decode, .state = w};
    r[PLAIN + 1] = (struct runner){.run = plain_prefill, .state = w};
    for (int i = 0; i < w->count; i++) {
        r[OURS + 2 * i] = (struct runner){.run = library_decode, .state = &w->writers[i]};
        r[OURS + 2 * i + 1] = (struct runner){.run = library_prefill, .state = &w->writers[i]};
    }
    progress_start(&progress, w->seconds);
    progress_say(&progress, "writing");
    status = race_run(r, OURS + 2 * w->count, &race, &progress);
    progress_end(&progress);
    roofs_update(&w->roofs, r);
    w->plain_decoding_ms = r[PLAIN].ms_median;
    w->plain_prefill_ms = r[PLAIN + 1].ms_median;
    for (int i = 0; i < w->count; i++) {
        w->writers[i].decoding_ms = r[OURS + 2 * i].ms_median;
        w->writers[i].prefill_ms = r[OURS + 2 * i + 1].ms_median;
    }
    roofs_close(r);
    return status;
}
