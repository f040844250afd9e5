/* Classifiers of means, and those behind a matrix and a norm, against what Transformers computes with them
 * (modeling_dinov2.py, modeling_siglip.py, modeling_modernbert.py), written here in double over the last hidden states.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <string.h>

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

Test(classifier, of_a_file_that_misses_a_part_is_refused) {
    static const struct added alone[] = {{"classifier.weight", LABELS, E},
                                         {"classifier.bias", LABELS, 0},
                                         {NULL, 0, 0}},
                              wide[] = {{"classifier.weight", LABELS, E},
                                        {"classifier.bias", LABELS, 0},
                                        {"head.dense.weight", 2 * E, E},
                                        {"head.norm.weight", 2 * E, 0},
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
    ends_expect_refused(ctx, "dinov2", NULL, alone, "tensor \"classifier.weight\" has the shape [3, 16]");
    sa_ctx_destroy(&ctx);
}
