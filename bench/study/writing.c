/* SPDX-License-Identifier: MIT */
#include "study/writing.h"

#include "measure/report.h"

#include <string.h>

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

/* The model reads what plain C wrote. */
static int writer_open(struct writer *l, const struct writing *w, int32_t precision, const char *path) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = w->threads, .precision = precision};
    struct decoder *d = &l->decoder;
    *l = (struct writer){.precision = precision, .writing = w};
    int status = decoder_open(d, &options, path);
    if (status) return status;
    if (d->vocabulary != w->plain.vocabulary || d->longer != w->prefill)
        return complain(FAILED, "%s: the library and plain C read different models", path);
    memcpy(d->ids, w->text, sizeof d->ids);
    return DONE;
}

/* Continues the prompt, and counts the first tokens that are those of plain C. */
static int check_text(struct writer *l) {
    const int32_t *text = l->writing->text;
    struct decoder *d = &l->decoder;
    int status = decoder_read(d);
    while (!status && l->agreed < DECODED && d->next == text[PROMPT + l->agreed]) {
        l->agreed++;
        status = decoder_step(d);
    }
    if (status || l->agreed == DECODED || l->precision != SA_PRECISION_HIGHEST) return status;
    return complain(FAILED, "token %d is %d, that of plain C is %d", (int)(PROMPT + l->agreed), (int)d->next,
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
        if (sa_ctx_precision(l->decoder.ctx) == precisions[i])
            status = check_text(l);
        else
            decoder_close(&w->writers[--w->count].decoder);
    }
    return status;
}

void writing_close(struct writing *w) {
    for (int i = 0; i < w->count; i++) decoder_close(&w->writers[i].decoder);
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
        r[OURS + 2 * i] = (struct runner){.run = decoder_step, .state = &w->writers[i].decoder};
        r[OURS + 2 * i + 1] = (struct runner){.run = decoder_prefill, .state = &w->writers[i].decoder};
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
