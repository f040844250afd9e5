/* The perplexity of a trained model on a text, which another implementation computed in double precision. Skipped where
 * the model or the text is absent.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A window is the token that texts begin with and a piece of the text; every id of the piece is predicted from those
 * before it. */
struct text {
    int64_t windows, piece, V;
    int32_t start, *ids; /* [windows * piece] */
    double perplexity;   /* in double precision, from float32 weights */
};

static const char *texts_path(const char *name) {
    static char path[4200];
    const char *folder = getenv("SELFATTN_TEXTS");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : SELFATTN_SOURCE_DIR "/../shared/texts", name);
    return path;
}

static char *read_text(int64_t *bytes) {
    FILE *file = fopen(texts_path("perplexity.txt"), "rb");
    if (!file) {
        fprintf(stderr, "SKIPPED perplexity: there is no %s; set SELFATTN_TEXTS\n", texts_path("perplexity.txt"));
        cr_skip_test("there is no %s", texts_path("perplexity.txt"));
    }
    char *text = malloc(1 << 20);
    *bytes = (int64_t)fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static struct text text_make(sa_ctx *ctx, const char *folder) {
    sa_tokenizer *tokenizer;
    int64_t bytes, count;
    char *words = read_text(&bytes);
    json_t *json = json_of(texts_path("perplexity.json"));
    struct text t = {.windows = json_integer_value(json_object_get(json, "windows")),
                     .piece = json_integer_value(json_object_get(json, "window_tokens")) - 1,
                     .start = (int32_t)json_integer_value(json_object_get(json, "bos_token_id")),
                     .perplexity = json_real_value(json_object_get(json, "perplexity"))};
    cr_assert_eq(sa_tokenizer_open(ctx, folder, &tokenizer), SA_OK, "%s", sa_ctx_last_error(ctx));
    t.ids = malloc((size_t)bytes * sizeof *t.ids);
    cr_assert_eq(sa_tokenizer_encode_with(ctx, tokenizer, words, bytes, SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL,
                                          t.ids, bytes, &count),
                 SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert(count >= t.windows * t.piece);
    sa_tokenizer_destroy(&tokenizer);
    json_decref(json);
    free(words);
    return t;
}

/* -log of the probability of a token. */
static double surprise(const float *logits, int64_t V, int32_t id) {
    double most = -INFINITY, sum = 0;
    for (int64_t v = 0; v < V; v++) most = fmax(most, (double)logits[v]);
    for (int64_t v = 0; v < V; v++) sum += exp((double)logits[v] - most);
    return log(sum) + most - (double)logits[id];
}

/* A window, `step` tokens at a time: at most 16 are the path of decoding, all are that of prompts. */
static double window_surprise(sa_ctx *ctx, const sa_model *model, const struct text *t, int64_t w, int64_t step) {
    const sa_session_config config = {.struct_size = sizeof config, .batch = 1};
    sa_session *session;
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    int32_t *ids = malloc((size_t)(t->piece + 1) * sizeof *ids);
    float *logits = malloc((size_t)(step * t->V) * sizeof *logits);
    double sum = 0;
    ids[0] = t->start;
    memcpy(ids + 1, t->ids + w * t->piece, (size_t)t->piece * sizeof *ids);
    for (int64_t at = 0; at < t->piece; at += step) {
        const int64_t n = step < t->piece - at ? step : t->piece - at;
        const sa_session_args args = {.struct_size = sizeof args, .tokens = n, .ids = ids + at, .logits_all = logits};
        cr_assert_eq(sa_session_run(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int64_t i = 0; i < n; i++) sum += surprise(logits + i * t->V, t->V, ids[at + i + 1]);
    }
    sa_session_destroy(&session);
    free(logits);
    free(ids);
    return sum;
}

/* Of the first `windows` windows. `weights` is a type, or -1: as the file has it. */
static double perplexity(const char *folder, int32_t precision, int32_t weights, int64_t windows, int64_t step,
                         double *reference) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 2, .precision = precision};
    const sa_model_options as = {.struct_size = sizeof as, .convert = 1, .weights = weights};
    sa_ctx *ctx = ctx_open(&options);
    struct text t = text_make(ctx, folder);
    sa_model *model;
    double sum = 0;
    cr_assert_eq(sa_model_open_with(ctx, folder, weights < 0 ? NULL : &as, &model), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    t.V = sa_model_get(model, SA_MODEL_OUTPUTS);
    if (!windows) windows = t.windows;
    for (int64_t w = 0; w < windows; w++) sum += window_surprise(ctx, model, &t, w, step ? step : t.piece);
    if (reference) *reference = t.perplexity;
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    free(t.ids);
    return exp(sum / (double)(windows * t.piece));
}

Test(perplexity, of_minimind_is_that_of_another_implementation) {
    const char *folder = model_folder("SELFATTN_MINIMIND", "minimind", "model.safetensors");
    double reference;
    const double got = perplexity(folder, SA_PRECISION_HIGHEST, -1, 0, 0, &reference);
    cr_expect(fabs(got / reference - 1) <= 1e-5, "%.6f, must be %.6f", got, reference);
}

/* Of Q8_0: prompts are within 0.5 % of floats. Decoding rounds inputs to 8 bits: 0.7 % on this text, where Q4_0 loses
 * less than 0.01 %. */
Test(perplexity, at_medium_is_near_that_at_highest) {
    const char *folder = model_folder("SELFATTN_MINIMIND", "minimind", "model.safetensors");
    for (int64_t step = 0; step <= 16; step += 16) {
        const double highest = perplexity(folder, SA_PRECISION_HIGHEST, SA_Q8_0, 0, step, NULL),
                     medium = perplexity(folder, SA_PRECISION_MEDIUM, SA_Q8_0, 0, step, NULL);
        cr_expect(fabs(medium / highest - 1) <= (step ? 0.01 : 0.005), "step %d: %.4f at medium, %.4f at highest",
                  (int)step, medium, highest);
    }
}
