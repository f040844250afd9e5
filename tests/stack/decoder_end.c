/* Classifiers of texts behind a decoder that reads the text itself: against what Transformers computes
 * (modeling_bart.py, modeling_mbart.py, modeling_t5.py), written here over the decoder's states for targets that the
 * test has shifted. What Transformers itself made of these files is compared by the program `architectures`.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *model;
    int32_t start, end; /* start -1: the text's last token */
} models[] = {
    {"bart_classifier", 2, 2}, {"mbart_classifier", -1, 2}, {"t5_classifier", 0, 1}, {"umt5_classifier", 0, 1}};

enum { MODELS = 4, CLASSES = 3, TEXTS = 3 };

static const int64_t lengths[TEXTS] = {9, 6, 1};

/* Texts of each length: with two end tokens, with one that is not the last token, of an end token alone. What is behind
 * a text's length is an end token, too. */
static void make_texts(int32_t end, int32_t ids[TEXTS][T]) {
    static const int32_t words[TEXTS][T] = {{9, 11, 7, 26, 4, 3, 28, 11, 17}, {8, 15, 12, 26, 9, 14}};
    for (int64_t b = 0; b < TEXTS; b++)
        for (int64_t t = 0; t < T; t++) ids[b][t] = t < lengths[b] ? words[b][t] : end;
    ids[0][2] = ids[0][8] = ids[1][4] = ids[2][0] = end;
}

static sa_model *open_model(sa_ctx *ctx, const char *path) {
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

static sa_encode_args args_of(int32_t ids[][T], const int64_t *count, int64_t batch, float *logits) {
    return (sa_encode_args){.struct_size = sizeof(sa_encode_args),
                            .batch = batch,
                            .tokens = T,
                            .ids = ids[0],
                            .lengths = count,
                            .logits = logits};
}

/* What is wanted, by targets that are given. */
static void classify(int m, const int32_t *text, int64_t length, double *y) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1, .path = SA_PATH_PLAIN};
    sa_ctx *ctx = ctx_open(&options);
    sa_model *model = open_model(ctx, architecture_path(models[m].model));
    struct folder folder = folder_make();
    int32_t shifted[T];
    float hidden[T][E];
    double x[E];
    shifted[0] = models[m].start < 0 ? text[length - 1] : models[m].start;
    for (int64_t t = 1; t < length; t++) shifted[t] = text[t - 1];
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = length,
                                 .ids = text,
                                 .targets = length,
                                 .target_ids = shifted,
                                 .target_hidden = hidden[0]};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    int64_t end = length - 1;
    while (text[end] != models[m].end) end--;
    architecture_copy(models[m].model, "model.safetensors", &folder);
    ends_take(hidden[end], x);
    ends_apply(&folder, "classification_head.dense.weight", "classification_head.dense.bias", E, x, x);
    ends_activate(tanh, x);
    ends_apply(&folder, "classification_head.out_proj.weight", "classification_head.out_proj.bias", CLASSES, x, y);
    folder_remove(&folder);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* On every path; a batch with texts of other lengths, and each text alone. */
static void check(int m, sa_ctx *ctx, sa_model *model) {
    int32_t ids[TEXTS][T];
    float together[TEXTS][CLASSES], alone[CLASSES];
    double want[CLASSES];
    make_texts(models[m].end, ids);
    sa_encode_args args = args_of(ids, lengths, TEXTS, together[0]);
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < TEXTS; b++) {
        classify(m, ids[b], lengths[b], want);
        ends_expect(together[b], want, CLASSES, models[m].model);
        args = (sa_encode_args){
            .struct_size = sizeof args, .batch = 1, .tokens = lengths[b], .ids = ids[b], .logits = alone};
        cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        ends_expect(alone, want, CLASSES, models[m].model);
    }
}

Test(decoder_end, classifies_the_state_at_the_last_end_token) {
    static const int32_t paths[] = {SA_PATH_AUTO, SA_PATH_PLAIN, SA_PATH_BLAS, SA_PATH_FUSED};
    for (int m = 0; m < MODELS; m++)
        for (int p = 0; p < 4; p++) {
            const sa_ctx_options options = {.struct_size = sizeof options, .path = paths[p]};
            sa_ctx *ctx;
            if (sa_ctx_create(&options, &ctx) != SA_OK) continue; /* a build without BLAS */
            sa_model *model = open_model(ctx, architecture_path(models[m].model));
            cr_expect_eq(sa_model_get(model, SA_MODEL_OUTPUTS), CLASSES);
            cr_expect_eq(sa_model_get(model, SA_MODEL_TOKEN_LOGITS), 0);
            cr_expect_eq(sa_model_get(model, SA_MODEL_DECODER), 1);
            check(m, ctx, model);
            sa_model_destroy(&model);
            sa_ctx_destroy(&ctx);
        }
}

/* The same bits alone and in a batch, beside all other outputs and without. */
Test(decoder_end, same_bits) {
    const sa_ctx_options options = {.struct_size = sizeof options, .same_bits = 1};
    sa_ctx *ctx = ctx_open(&options);
    for (int m = 0; m < MODELS; m++) {
        sa_model *model = open_model(ctx, architecture_path(models[m].model));
        int32_t ids[TEXTS][T];
        float together[TEXTS][CLASSES], alone[CLASSES], hidden[TEXTS][T][E], embedding[TEXTS][E];
        make_texts(models[m].end, ids);
        sa_encode_args args = args_of(ids, lengths, TEXTS, together[0]);
        args.hidden = hidden[0][0], args.embedding = embedding[0];
        cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int64_t b = 0; b < TEXTS; b++) {
            args = (sa_encode_args){
                .struct_size = sizeof args, .batch = 1, .tokens = lengths[b], .ids = ids[b], .logits = alone};
            cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_expect_arr_eq(alone, together[b], sizeof alone, "%s, text %d", models[m].model, (int)b);
        }
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}

static void expect_refused(sa_ctx *ctx, sa_model *model, const sa_encode_args *args, int of_sizes, sa_status status,
                           const char *words) {
    uint64_t bytes;
    cr_expect_eq(sa_model_encode(ctx, model, args), status, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "%s, want %s", sa_ctx_last_error(ctx), words);
    cr_expect_eq(sa_model_encode_workspace_size(ctx, model, args, &bytes), of_sizes ? status : SA_OK, "%s", words);
}

Test(decoder_end, refuses_what_cannot_be_classified) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model = open_model(ctx, architecture_path("bart_classifier"));
    int32_t ids[TEXTS][T];
    float logits[TEXTS][CLASSES], hidden[TEXTS][T][E];
    uint64_t bytes;
    make_texts(2, ids);
    const sa_encode_args good = args_of(ids, lengths, TEXTS, logits[0]);
    sa_encode_args a = good;
    ids[1][4] = 3;
    expect_refused(ctx, model, &a, 0, SA_ERR_VALUE, "text 1 has no end token (2), whose state is classified");
    a.logits = NULL, a.hidden = hidden[0][0];
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    ids[1][4] = 2, a = good, a.targets = T, a.target_ids = ids[0];
    expect_refused(ctx, model, &a, 1, SA_ERR_VALUE, "targets is 9, but logits are wanted");
    a = good, a.target_hidden = hidden[0][0];
    expect_refused(ctx, model, &a, 1, SA_ERR_VALUE, "targets is 0, but outputs of the decoder are wanted");
    a = good, a.ids = NULL, expect_refused(ctx, model, &a, 0, SA_ERR_NULL, "ids is NULL");
    a = good, a.tokens = 21, expect_refused(ctx, model, &a, 1, SA_ERR_SHAPE, "longest sequence has 20");
    a = good, a.batch = INT64_MAX / 4, a.ids = NULL, a.lengths = NULL;
    expect_refused(ctx, model, &a, 1, SA_ERR_OVERFLOW, "do not fit");
    a = good, a.batch = INT64_MAX / 2000, a.ids = NULL, a.lengths = NULL;
    cr_expect_eq(sa_model_encode_workspace_size(ctx, model, &a, &bytes), SA_ERR_OVERFLOW);
    cr_expect(strstr(sa_ctx_last_error(ctx), "the size of the scratch memory") != NULL, "%s", sa_ctx_last_error(ctx));
    ids[0][3] = 31, a = good;
    expect_refused(ctx, model, &a, 0, SA_ERR_VALUE, "the id of sequence 0, token 3 is 31, must be 0 to 30");
    a = (sa_encode_args){.struct_size = sizeof a, .tokens = T, .logits = logits[0]};
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* A decoder with a shorter list of words cannot read every text. */
Test(decoder_end, refuses_words_that_the_decoder_does_not_know) {
    static const struct added added[] = {{"model.decoder.embed_tokens.weight", 20, E}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    int32_t ids[TEXTS][T];
    float logits[TEXTS][CLASSES];
    ends_copy(&folder, "bart_classifier", "{\"decoder_vocab_size\": 20}", added, 3);
    sa_model *model = open_model(ctx, folder.path);
    make_texts(2, ids);
    const sa_encode_args args = args_of(ids, lengths, TEXTS, logits[0]);
    expect_refused(ctx, model, &args, 0, SA_ERR_VALUE,
                   "the decoder's id of sequence 0, token 3 is 26, must be 0 to 19");
    sa_model_destroy(&model);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(decoder_end, says_how_much_scratch_it_needs) {
    sa_ctx *ctx = ctx_open(NULL);
    for (int m = 0; m < MODELS; m++) {
        sa_model *model = open_model(ctx, architecture_path(models[m].model));
        int32_t ids[TEXTS][T];
        float logits[TEXTS][CLASSES];
        uint64_t bytes, without;
        make_texts(models[m].end, ids);
        sa_encode_args args = args_of(ids, lengths, TEXTS, logits[0]);
        args.ids = NULL;
        cr_assert_eq(sa_model_encode_workspace_size(ctx, model, &args, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
        args.logits = NULL;
        cr_assert_eq(sa_model_encode_workspace_size(ctx, model, &args, &without), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_gt(bytes, without + TEXTS * T * sizeof(int32_t));
        sa_ctx *fresh = ctx_open(NULL);
        args.ids = ids[0], args.logits = logits[0];
        cr_assert_eq(sa_model_encode(fresh, model, &args), SA_OK, "%s", sa_ctx_last_error(fresh));
        cr_expect_eq(sa_ctx_scratch_bytes(fresh), bytes);
        sa_ctx_destroy(&fresh);
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}

/* A converted model has its classifier. */
Test(decoder_end, stays_in_converted_models) {
    sa_ctx *ctx = ctx_open(NULL);
    const sa_model_options options = {.struct_size = sizeof options, .convert = 1, .weights = SA_BF16};
    for (int m = 0; m < MODELS; m++) {
        int32_t ids[TEXTS][T];
        float logits[TEXTS][CLASSES];
        double want[CLASSES];
        sa_model *model;
        make_texts(models[m].end, ids);
        cr_assert_eq(sa_model_open_with(ctx, architecture_path(models[m].model), &options, &model), SA_OK, "%s",
                     sa_ctx_last_error(ctx));
        const sa_encode_args args = args_of(ids, lengths, TEXTS, logits[0]);
        cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int64_t b = 0; b < TEXTS; b++) {
            classify(m, ids[b], lengths[b], want);
            for (int i = 0; i < CLASSES; i++)
                cr_expect(fabs((double)logits[b][i] - want[i]) < 0.25, "%s: %g, want %g", models[m].model,
                          (double)logits[b][i], want[i]);
        }
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}

/* A session has the classes of what its encoder reads, and no words to write. */
Test(decoder_end, in_a_session) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model = open_model(ctx, architecture_path("t5_classifier"));
    const sa_session_config config = {.struct_size = sizeof config, .batch = TEXTS};
    sa_session *session;
    int32_t ids[TEXTS][T], first[TEXTS] = {0}, generated[TEXTS][2];
    int64_t counts[TEXTS];
    float logits[TEXTS][CLASSES], hidden[TEXTS][E], wanted[TEXTS][E];
    double want[CLASSES];
    make_texts(1, ids);
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_encode_args args = args_of(ids, lengths, TEXTS, logits[0]);
    cr_assert_eq(sa_session_encode(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < TEXTS; b++) {
        classify(2, ids[b], lengths[b], want);
        ends_expect(logits[b], want, CLASSES, "a session");
    }
    sa_session_args run = {.struct_size = sizeof run, .tokens = 1, .ids = first, .hidden = hidden[0]};
    cr_assert_eq(sa_session_run(ctx, session, &run), SA_OK, "%s", sa_ctx_last_error(ctx));
    args.logits = NULL, args.targets = 1, args.target_ids = first, args.target_hidden = wanted[0];
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_lt(largest_difference(hidden[0], wanted[0], TEXTS * E), 1e-5);
    run.logits = logits[0];
    cr_expect_eq(sa_session_run(ctx, session, &run), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "this model (t5) has no logits") != NULL, "%s", sa_ctx_last_error(ctx));
    const sa_generate_args generate = {
        .struct_size = sizeof generate, .max_tokens = 2, .generated = generated[0], .counts = counts};
    cr_expect_eq(sa_generate(ctx, session, &generate), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "the model has no logits to choose tokens by") != NULL, "%s",
              sa_ctx_last_error(ctx));
    const sa_beam_args beam = {
        .struct_size = sizeof beam, .max_tokens = 2, .generated = generated[0], .counts = counts};
    cr_expect_eq(sa_beam_search(ctx, session, &beam), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "the model has no logits to choose tokens by") != NULL, "%s",
              sa_ctx_last_error(ctx));
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

static void expect_page_refused(sa_ctx *ctx, const char *change, const char *page, const char *sentence) {
    static const struct added none[] = {{NULL, 0, 0}};
    struct folder folder = folder_make();
    sa_model *model;
    ends_copy(&folder, "bart_classifier", change, none, 1);
    folder_write_text(&folder, "architecture.json", page);
    cr_expect_neq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sentence);
    cr_expect(strstr(sa_ctx_last_error(ctx), sentence) != NULL, "%s, want %s", sa_ctx_last_error(ctx), sentence);
    cr_expect_null(model);
    folder_remove(&folder);
}

Test(decoder_end, is_refused_at_opening_without_what_it_needs) {
    static const struct added none[] = {{NULL, 0, 0}}, other[] = {{"classifier.weight", CLASSES, E}, {NULL, 0, 0}};
    static const char base[] = "{\"architectures\": [\"BartForConditionalGeneration\"]}",
                      page[] = "{\"like\": \"bart\", \"output\": null, \"classifier_of\": \"decoder_end\","
                               " \"classifier\": \"classification_head.out_proj\", %s}";
    sa_ctx *ctx = ctx_open(NULL);
    char text[400];
    ends_expect_refused(ctx, "bart_classifier", "{\"eos_token_id\": null}", none,
                        "config.json: eos_token_id is missing, whose state is classified");
    ends_expect_refused(ctx, "bart_classifier", "{\"decoder_start_token_id\": null}", none,
                        "decoder_start_token_id is missing, which stands before a text");
    ends_expect_refused(ctx, "t5_classifier", "{\"decoder_start_token_id\": 31}", none,
                        "decoder_start_token_id is 31, must be 0 to 30");
    ends_expect_refused(ctx, "bart_classifier", NULL, other, "\"classifier.weight\"");
    expect_page_refused(ctx, base, "{\"like\": \"bart\", \"classifier\": \"c\"}", "no effect beside a decoder");
    expect_page_refused(ctx, base, "{\"like\": \"bart\", \"classifier\": \"c\", \"classifier_of\": \"decoder_end\"}",
                        "classifier_of is \"decoder_end\", but there is an output of words");
    expect_page_refused(ctx, NULL, "{\"like\": \"bart\", \"decoder\": null}",
                        "classifier_of is \"decoder_end\", but the model is no encoder with a decoder");
    snprintf(text, sizeof text, page, "\"decoder\": {\"width\": 32}");
    expect_page_refused(ctx, base, text, "but the encoder is 16 wide and the decoder 32");
    snprintf(text, sizeof text, page, "\"classifier_start\": \"middle\"");
    expect_page_refused(ctx, base, text, "classifier_start is \"middle\"");
    ends_expect_refused(ctx, "speech_to_text", "{\"architectures\": [\"XForSequenceClassification\"]}", none,
                        "classifier_of is \"decoder_end\", but the model takes no texts");
    sa_ctx_destroy(&ctx);
}
