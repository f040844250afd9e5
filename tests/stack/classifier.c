/* Classifiers of means, and those behind a matrix and a norm, against what Transformers computes with them
 * (modeling_dinov2.py, modeling_siglip.py, modeling_modernbert.py), written here in double over the last hidden states.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { MOST_HEARD = 250 };

/* x [E] = the mean of states first .. last. */
static void mean(float hidden[][E], int64_t first, int64_t last, double *x) {
    for (int i = 0; i < E; i++) x[i] = 0;
    for (int64_t t = first; t < last; t++)
        for (int i = 0; i < E; i++) x[i] += (double)hidden[t][i] / (double)(last - first);
}

/* The class token, and behind it the mean of patches. */
Test(classifier, of_dinov2) {
    static const struct added added[] = {
        {"classifier.weight", LABELS, 2 * E}, {"classifier.bias", LABELS, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "dinov2", NULL, added, 3);
    struct outputs out = ends_run(ctx, &folder, 1, 0);
    for (int b = 0; b < B; b++) {
        double x[2 * E], y[LABELS];
        ends_take(out.hidden[b][0], x);
        mean(out.hidden[b], 1, out.tokens, x + E);
        ends_apply_wide(&folder, "classifier.weight", "classifier.bias", LABELS, 2 * E, x, y);
        ends_expect(out.logits + b * LABELS, y, LABELS, "dinov2");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(classifier, of_siglip) {
    static const struct added added[] = {
        {"classifier.weight", LABELS, E}, {"classifier.bias", LABELS, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "siglip_vision", NULL, added, 3);
    struct outputs out = ends_run(ctx, &folder, 1, 1);
    for (int b = 0; b < B; b++) {
        double x[E], y[LABELS];
        mean(out.hidden[b], 0, out.tokens, x);
        ends_apply(&folder, "classifier.weight", "classifier.bias", LABELS, x, y);
        ends_expect(out.logits + b * LABELS, y, LABELS, "siglip");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* norm(f(D x)), then classes, of a state x. */
static void classify(const struct folder *folder, int has_biases, double *x, double *y) {
    ends_apply(folder, "head.dense.weight", has_biases ? "head.dense.bias" : NULL, E, x, x);
    ends_activate(ends_gelu, x);
    ends_norm(folder, "head.norm.weight", NULL, 1e-5, x);
    ends_apply(folder, "classifier.weight", "classifier.bias", LABELS, x, y);
}

Test(classifier, of_modernbert) {
    static const struct {
        const char *change;
        int is_mean, of_tokens, has_bias;
    } cases[] = {
        {"{\"architectures\": [\"ModernBertForSequenceClassification\"]}", 0, 0, 0},
        {"{\"classifier_pooling\": \"cls\", \"classifier_bias\": true}", 0, 0, 1},
        {"{\"classifier_pooling\": \"mean\"}", 1, 0, 0},
        {"{\"architectures\": [\"ModernBertForTokenClassification\"], \"classifier_pooling\": \"mean\"}", 0, 1, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const struct added added[] = {{"classifier.weight", LABELS, E},
                                      {"classifier.bias", LABELS, 0},
                                      {"head.dense.weight", E, E},
                                      {"head.norm.weight", E, 0},
                                      {cases[c].has_bias ? "head.dense.bias" : NULL, E, 0},
                                      {NULL, 0, 0}};
        struct folder folder = folder_make();
        ends_copy(&folder, "modernbert", cases[c].change, added, c + 1);
        struct outputs out = ends_run(ctx, &folder, 0, 0);
        for (int b = 0; b < B; b++) {
            double x[E], y[LABELS];
            for (int64_t t = 0; cases[c].of_tokens && t < ends_lengths[b]; t++) {
                ends_take(out.hidden[b][t], x);
                classify(&folder, cases[c].has_bias, x, y);
                ends_expect(out.logits + (b * T + t) * LABELS, y, LABELS, cases[c].change);
            }
            if (cases[c].of_tokens) continue;
            mean(out.hidden[b], 0, cases[c].is_mean ? ends_lengths[b] : 1, x);
            classify(&folder, cases[c].has_bias, x, y);
            ends_expect(out.logits + b * LABELS, y, LABELS, cases[c].change);
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* Two random sounds of this width (0: the model's own). Returns how many tokens they have. */
static int64_t hear(sa_ctx *ctx, const struct folder *folder, int64_t width, float *hidden, float *logits) {
    static float features[B * 4000];
    struct rng rng = {7};
    sa_model *model;
    for (int i = 0; i < B * 4000; i++) features[i] = (float)rng_normal(&rng);
    cr_assert_eq(sa_model_open(ctx, folder->path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    const int64_t tokens = width ? sa_model_feature_tokens(model, width) : sa_model_get(model, SA_MODEL_FEATURE_TOKENS);
    cr_assert_leq(tokens, MOST_HEARD);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = B,
                                 .features = features,
                                 .feature_width = width,
                                 .hidden = hidden,
                                 .logits = logits};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
    return tokens;
}

/* x [E] = the mean of so many rows. */
static void mean_of_rows(const float *hidden, int64_t rows, double *x) {
    for (int i = 0; i < E; i++) x[i] = 0;
    for (int64_t t = 0; t < rows; t++)
        for (int i = 0; i < E; i++) x[i] += (double)hidden[t * E + i] / (double)rows;
}

/* The mean of both special tokens, normalised (modeling_audio_spectrogram_transformer.py). */
Test(classifier, of_audio_spectrogram_transformer) {
    static const struct added added[] = {{"classifier.layernorm.weight", E, 0},
                                         {"classifier.layernorm.bias", E, 0},
                                         {"classifier.dense.weight", LABELS, E},
                                         {"classifier.dense.bias", LABELS, 0},
                                         {NULL, 0, 0}};
    static float hidden[B * MOST_HEARD * E], logits[B * LABELS];
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "ast", "{\"architectures\": [\"ASTForAudioClassification\"]}", added, 3);
    const int64_t tokens = hear(ctx, &folder, 0, hidden, logits);
    for (int b = 0; b < B; b++) {
        double x[E], y[LABELS];
        mean_of_rows(hidden + b * tokens * E, 2, x);
        ends_norm(&folder, "classifier.layernorm.weight", "classifier.layernorm.bias", 1e-12, x);
        ends_apply(&folder, "classifier.dense.weight", "classifier.dense.bias", LABELS, x, y);
        ends_expect(logits + b * LABELS, y, LABELS, "ast");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* The mean of all frames behind a narrow matrix (modeling_hubert.py, modeling_wav2vec2.py, modeling_whisper.py). */
Test(classifier, of_sound) {
    static const struct added added[] = {{"projector.weight", WIDTH, E},
                                         {"projector.bias", WIDTH, 0},
                                         {"classifier.weight", LABELS, WIDTH},
                                         {"classifier.bias", LABELS, 0},
                                         {NULL, 0, 0}};
    static float hidden[B * MOST_HEARD * E], logits[B * LABELS];
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "hubert", "{\"architectures\": [\"HubertForSequenceClassification\"]}", added, 3);
    const int64_t tokens = hear(ctx, &folder, 400, hidden, logits);
    for (int b = 0; b < B; b++) {
        double x[E], y[LABELS];
        mean_of_rows(hidden + b * tokens * E, tokens, x);
        ends_apply(&folder, "projector.weight", "projector.bias", WIDTH, x, x);
        ends_apply_wide(&folder, "classifier.weight", "classifier.bias", LABELS, WIDTH, x, y);
        ends_expect(logits + b * LABELS, y, LABELS, "hubert");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* Each choice is a text with one logit, behind the pooler (modeling_roberta.py) or a matrix of its own
 * (modeling_electra.py), not behind what classifiers of texts have. */
Test(classifier, of_choices) {
    static const struct {
        const char *model, *change, *dense, *bias;
        int is_pooled;
    } cases[] = {{"roberta_mlm", "{\"architectures\": [\"RobertaForMultipleChoice\"]}", "roberta.pooler.dense.weight",
                  "roberta.pooler.dense.bias", 1},
                 {"electra_mlm", "{\"architectures\": [\"ElectraForMultipleChoice\"]}",
                  "sequence_summary.summary.weight", "sequence_summary.summary.bias", 0}};
    sa_ctx *ctx = ctx_open(NULL);
    for (int c = 0; c < 2; c++) {
        const struct added added[] = {{cases[c].dense, E, E},
                                      {cases[c].bias, E, 0},
                                      {"classifier.weight", 1, E},
                                      {"classifier.bias", 1, 0},
                                      {NULL, 0, 0}};
        struct folder folder = folder_make();
        ends_copy(&folder, cases[c].model, cases[c].change, added, 5);
        struct outputs out = ends_run(ctx, &folder, 0, cases[c].is_pooled);
        for (int b = 0; b < B; b++) {
            double x[E], y;
            ends_take(out.hidden[b][0], x);
            ends_apply(&folder, cases[c].dense, cases[c].bias, E, x, x);
            ends_activate(cases[c].is_pooled ? tanh : ends_gelu, x);
            ends_apply(&folder, "classifier.weight", "classifier.bias", 1, x, &y);
            ends_expect(out.logits + b, &y, 1, cases[c].model);
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* OPT-350m's words are narrower than its states, and so are those that its classifiers take (modeling_opt.py). */
Test(classifier, of_narrow_states_of_opt) {
    enum { NARROW = 12 };
    static const struct added added[] = {{"score.weight", LABELS, NARROW}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "opt_narrow", "{\"architectures\": [\"OPTForSequenceClassification\"]}", added, 3);
    struct outputs out = ends_run(ctx, &folder, 0, 0);
    for (int b = 0; b < B; b++) {
        double x[E], y[LABELS];
        ends_take(out.hidden[b][ends_lengths[b] - 1], x);
        ends_apply(&folder, "model.decoder.project_out.weight", NULL, NARROW, x, x);
        ends_apply_wide(&folder, "score.weight", NULL, LABELS, NARROW, x, y);
        ends_expect(out.logits + b * LABELS, y, LABELS, "opt_narrow");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* T5's encoder alone, of a file that has a decoder, too (modeling_t5.py). */
Test(classifier, of_tokens_of_t5) {
    static const struct added added[] = {
        {"classifier.weight", LABELS, E}, {"classifier.bias", LABELS, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "umt5", "{\"architectures\": [\"UMT5ForTokenClassification\"]}", added, 3);
    struct outputs out = ends_run(ctx, &folder, 0, 0);
    for (int b = 0; b < B; b++)
        for (int64_t t = 0; t < ends_lengths[b]; t++) {
            double x[E], y[LABELS];
            ends_take(out.hidden[b][t], x);
            ends_apply(&folder, "classifier.weight", "classifier.bias", LABELS, x, y);
            ends_expect(out.logits + (b * T + t) * LABELS, y, LABELS, "umt5");
        }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* Where an answer begins and ends, of files of many families (modeling_bert.py and its kin), whatever else they have
 * for classes; ModernBERT's stand behind its head. */
Test(classifier, of_answers) {
    enum { ENDS = 2 };
    static const char *const models[] = {"bert_mlm",    "roberta_mlm", "distilbert_mlm", "albert_mlm",
                                         "electra_mlm", "mpnet_mlm",   "deberta_v2_mlm", "modernbert_mlm"};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        const int behind_head = m == sizeof models / sizeof *models - 1;
        const char *weight = behind_head ? "classifier.weight" : "qa_outputs.weight",
                   *bias = behind_head ? "classifier.bias" : "qa_outputs.bias";
        const struct added added[] = {{weight, ENDS, E}, {bias, ENDS, 0}, {NULL, 0, 0}};
        struct folder folder = folder_make();
        ends_copy(&folder, models[m], "{\"architectures\": [\"AnyForQuestionAnswering\"]}", added, 3);
        struct outputs out = ends_run(ctx, &folder, 0, 0);
        for (int b = 0; b < B; b++)
            for (int64_t t = 0; t < ends_lengths[b]; t++) {
                double x[E], y[ENDS];
                ends_take(out.hidden[b][t], x);
                if (behind_head) {
                    ends_apply(&folder, "head.dense.weight", NULL, E, x, x);
                    ends_activate(ends_gelu, x);
                    ends_norm(&folder, "head.norm.weight", NULL, 1e-5, x);
                }
                ends_apply(&folder, weight, bias, ENDS, x, y);
                ends_expect(out.logits + (b * T + t) * ENDS, y, ENDS, models[m]);
            }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

Test(classifier, of_a_file_that_misses_a_part_is_refused) {
    static const struct added alone[] = {{"classifier.weight", LABELS, E},
                                         {"classifier.bias", LABELS, 0},
                                         {NULL, 0, 0}},
                              wide[] = {{"classifier.weight", LABELS, E},
                                        {"classifier.bias", LABELS, 0},
                                        {"head.dense.weight", 2 * E, E},
                                        {"head.norm.weight", 2 * E, 0},
                                        {NULL, 0, 0}},
                              behind_dense[] = {{"classifier.weight", LABELS, E},
                                                {"classifier.bias", LABELS, 0},
                                                {"projector.weight", E, E},
                                                {"projector.bias", E, 0},
                                                {NULL, 0, 0}},
                              narrow_norm[] = {{"classifier.weight", LABELS, E},
                                               {"classifier.bias", LABELS, 0},
                                               {"head.dense.weight", E, E},
                                               {"head.norm.weight", E - 1, 0},
                                               {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    ends_expect_refused(ctx, "modernbert", NULL, alone, "but \"head.dense.weight\" is missing, which stands before it");
    ends_expect_refused(ctx, "modernbert", NULL, wide, "tensor \"classifier.weight\" has the shape [3, 16]");
    ends_expect_refused(ctx, "modernbert", NULL, narrow_norm, "tensor \"head.norm.weight\" has the shape [15]");
    ends_expect_refused(ctx, "modernbert", "{\"classifier_pooling\": \"max\"}", wide, "classifier_pooling is \"max\"");
    ends_expect_refused(ctx, "hubert",
                        "{\"architectures\": [\"HubertForSequenceClassification\"], \"use_weighted_layer_sum\": true}",
                        behind_dense, "tensor \"layer_weights\" is missing");
    ends_expect_refused(ctx, "dinov2", NULL, alone, "tensor \"classifier.weight\" has the shape [3, 16]");
    sa_ctx_destroy(&ctx);
}
