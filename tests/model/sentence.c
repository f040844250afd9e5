/* Embeddings as the modules of sentence-transformers say, and prompts.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRANSFORMER                                                                                                    \
    "{\"idx\": 0, \"name\": \"0\", \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}"
#define MODULE(i, folder, kind)                                                                                        \
    "{\"idx\": " #i ", \"name\": \"" #i "\", \"path\": \"" folder "\", \"type\": \"sentence_transformers.models." kind \
    "\"}"
#define POOLING   MODULE(1, "1_Pooling", "Pooling")
#define DENSE     MODULE(2, "2_Dense", "Dense")
#define NORMALIZE MODULE(3, "3_Normalize", "Normalize")

enum { E = 64, OUT = 5, B = 3, T = 7, MODES = 6 };

static struct folder folder;
static sa_ctx *ctx;
static const int64_t lengths[B] = {7, 1, 4};
static int32_t ids[B * T];

static void make(void) {
    folder = folder_make();
    architecture_take("bert", &folder);
    folder_make_inner(&folder, "1_Pooling");
    folder_make_inner(&folder, "2_Dense");
    ctx = ctx_open(NULL);
    for (int i = 0; i < B * T; i++) ids[i] = (i * 29 + 3) % 97;
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(sentence, .init = make, .fini = clean);

static sa_model *open_model(void) {
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

static sa_encode_args args_of(float *hidden, float *embedding) {
    return (sa_encode_args){.struct_size = sizeof(sa_encode_args),
                            .batch = B,
                            .tokens = T,
                            .ids = ids,
                            .lengths = lengths,
                            .hidden = hidden,
                            .embedding = embedding};
}

static void encode(const sa_model *model, float *hidden, float *embedding) {
    const sa_encode_args args = args_of(hidden, embedding);
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* One mode of one element over a sequence's tokens, in the order of pooling_mode_... below. */
static double pooled(int mode, const float *x, int64_t n, int64_t e) {
    double sum = 0, weighted = 0, weights = 0, most = -INFINITY;
    for (int64_t t = 0; t < n; t++) {
        const double v = (double)x[t * E + e];
        sum += v, weighted += (double)(t + 1) * v, weights += (double)(t + 1), most = fmax(most, v);
    }
    const double results[MODES] = {
        (double)x[e], most, sum / (double)n, sum / sqrt((double)n), weighted / weights, (double)x[(n - 1) * E + e]};
    return results[mode];
}

static void scale(double *y, int64_t width) {
    double square = 0;
    for (int64_t i = 0; i < width; i++) square += y[i] * y[i];
    for (int64_t i = 0; i < width; i++) y[i] /= sqrt(square);
}

/* The width and the numbers are those of `modes` (a bit for each), perhaps through a matrix, perhaps scaled. */
static void expect_embedding(unsigned modes, const float *matrix, const float *bias, int has_tanh, int is_scaled) {
    float hidden[B * T * E], got[B * MODES * E];
    sa_model *model = open_model();
    int64_t count = 0;
    for (int m = 0; m < MODES; m++) count += modes >> m & 1;
    const int64_t in = count * E, width = matrix ? OUT : in;
    cr_assert_eq(sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH), width);
    encode(model, hidden, got);
    for (int64_t b = 0; b < B; b++) {
        double x[MODES * E] = {0}, y[MODES * E];
        int64_t at = 0;
        for (int m = 0; m < MODES; m++)
            for (int64_t e = 0; e < E && modes >> m & 1; e++) x[at++] = pooled(m, hidden + b * T * E, lengths[b], e);
        for (int64_t o = 0; o < width; o++) {
            y[o] = matrix ? (bias ? (double)bias[o] : 0) : x[o];
            for (int64_t i = 0; matrix && i < in; i++) y[o] += (double)matrix[o * in + i] * x[i];
            if (has_tanh) y[o] = tanh(y[o]);
        }
        if (is_scaled) scale(y, width);
        for (int64_t o = 0; o < width; o++)
            cr_expect(fabs((double)got[b * width + o] - y[o]) < 2e-5, "modes %x, sequence %d, element %d: %g, want %g",
                      modes, (int)b, (int)o, (double)got[b * width + o], y[o]);
    }
    sa_model_destroy(&model);
}

static const char *const flags[MODES] = {"cls_token",           "max_tokens", "mean_tokens", "mean_sqrt_len_tokens",
                                         "weightedmean_tokens", "lasttoken"};

/* Every flag as files have them. */
static void write_pooling(unsigned modes) {
    char text[600] = "{\"word_embedding_dimension\": 64, \"include_prompt\": true";
    for (int m = 0; m < MODES; m++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ", \"pooling_mode_%s\": %s", flags[m],
                 modes >> m & 1 ? "true" : "false");
    folder_write_text(&folder, "1_Pooling/config.json", strcat(text, "}"));
}

static void write_dense(const char *dtype, int64_t in, int64_t out, const float *matrix, const float *bias) {
    struct writer w = {0};
    size_t bytes;
    if (bias) writer_add(&w, "linear.bias", dtype, 1, &out, bias);
    writer_add(&w, "linear.weight", dtype, 2, (const int64_t[]){out, in}, matrix);
    unsigned char *file = writer_finish(&w, &bytes);
    folder_write(&folder, "2_Dense/model.safetensors", file, bytes);
    free(file);
}

Test(sentence, every_mode_alone_and_all_of_them) {
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING "]");
    for (int m = 0; m < MODES; m++) {
        write_pooling(1U << m);
        expect_embedding(1U << m, NULL, NULL, 0, 0);
    }
    write_pooling(0x3f);
    expect_embedding(0x3f, NULL, NULL, 0, 0);
    write_pooling(0); /* as sentence-transformers has it: none is the mean */
    expect_embedding(1U << 2, NULL, NULL, 0, 0);
}

Test(sentence, modes_by_name) {
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING ", " NORMALIZE "]");
    folder_write_text(&folder, "1_Pooling/config.json",
                      "{\"embedding_dimension\": 64, \"pooling_mode\": \"lasttoken\"}");
    expect_embedding(1U << 5, NULL, NULL, 0, 1);
    folder_write_text(&folder, "1_Pooling/config.json",
                      "{\"pooling_mode\": [\"cls\", \"mean\"], \"include_prompt\": null}");
    expect_embedding(1 | 1U << 2, NULL, NULL, 0, 1);
}

Test(sentence, a_matrix_with_and_without_tanh_bias_and_scaling) {
    static const char *const types[] = {"F32", "BF16", "F16"};
    static const char *const configs[] = {
        "{\"in_features\": 128, \"out_features\": 5, \"activation_function\": \"torch.nn.modules.activation.Tanh\"}",
        "{\"in_features\": 128, \"out_features\": 5, \"bias\": false, \"module_input_name\": \"sentence_embedding\","
        " \"activation_function\": \"torch.nn.modules.linear.Identity\"}"};
    struct rng rng = {5};
    float matrix[OUT * 2 * E], bias[OUT];
    write_pooling(3);
    for (int type = 0; type < 3; type++) {
        for (int i = 0; i < OUT * 2 * E; i++) matrix[i] = rounded_to(types[type], (float)rng_normal(&rng) / 16);
        for (int i = 0; i < OUT; i++) bias[i] = rounded_to(types[type], (float)rng_normal(&rng));
        write_dense(types[type], 2 * E, OUT, matrix, bias);
        folder_write_text(&folder, "2_Dense/config.json", configs[0]);
        folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING ", " DENSE "]");
        expect_embedding(3, matrix, bias, 1, 0);
        write_dense(types[type], 2 * E, OUT, matrix, NULL);
        folder_write_text(&folder, "2_Dense/config.json", configs[1]);
        folder_write_text(&folder, "modules.json",
                          "[" TRANSFORMER ", " POOLING ", " DENSE ", " MODULE(4, "", "Dropout") ", " NORMALIZE "]");
        expect_embedding(3, matrix, NULL, 0, 1);
    }
}

/* Modules behind each other use the memory between them in turn. */
Test(sentence, three_matrices_in_a_row) {
    float twice[E * E] = {0}, hidden[B * T * E], got[B * E];
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING ", " DENSE ", " DENSE ", " DENSE "]");
    folder_write_text(&folder, "2_Dense/config.json",
                      "{\"in_features\": 64, \"out_features\": 64, \"bias\": false,"
                      " \"activation_function\": \"torch.nn.modules.linear.Identity\"}");
    for (int i = 0; i < E; i++) twice[i * E + (i + 1) % E] = 2;
    write_pooling(1);
    write_dense("F32", E, E, twice, NULL);
    sa_model *model = open_model();
    encode(model, hidden, got);
    for (int b = 0; b < B; b++)
        for (int i = 0; i < E; i++) {
            const double want = 8 * (double)hidden[b * T * E + (i + 3) % E];
            cr_expect(fabs((double)got[b * E + i] - want) < 1e-4, "%g, want %g", (double)got[b * E + i], want);
        }
    sa_model_destroy(&model);
}

Test(sentence, mean_and_normalize_are_what_is_made_without_the_file) {
    float hidden[B * T * E], plain[B * E], read[B * E];
    sa_model *model = open_model();
    cr_expect_eq(sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH), E);
    encode(model, hidden, plain);
    sa_model_destroy(&model);
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING ", " NORMALIZE "]");
    write_pooling(1U << 2);
    model = open_model();
    encode(model, hidden, read);
    cr_expect_arr_eq(plain, read, sizeof plain);
    sa_model_destroy(&model);
}

/* The bits are the same for any number of threads. */
Test(sentence, threads_do_not_matter) {
    float hidden[B * T * E], got[2][B * OUT], matrix[OUT * E];
    struct rng rng = {6};
    for (int i = 0; i < OUT * E; i++) matrix[i] = (float)rng_normal(&rng);
    write_pooling(1U << 4);
    write_dense("F32", E, OUT, matrix, NULL);
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING ", " NORMALIZE ", " DENSE "]");
    folder_write_text(&folder, "2_Dense/config.json", "{\"in_features\": 64, \"out_features\": 5, \"bias\": false}");
    for (int i = 0; i < 2; i++) {
        sa_ctx_options options = {.struct_size = sizeof options, .threads = i ? 4 : 1};
        sa_ctx_destroy(&ctx);
        ctx = ctx_open(&options);
        sa_model *model = open_model();
        encode(model, hidden, got[i]);
        sa_model_destroy(&model);
    }
    cr_expect_arr_eq(got[0], got[1], sizeof got[0]);
}

/* The model opens, has no embedding, and says why when one is wanted. */
static void expect_refused(const char *modules, const char *words) {
    float hidden[B * T * E], embedding[B * E];
    folder_write_text(&folder, "modules.json", modules);
    sa_model *model = open_model();
    sa_encode_args args = args_of(hidden, embedding);
    cr_expect_eq(sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH), 0, "%s", modules);
    cr_expect_eq(sa_model_encode(ctx, model, &args), SA_ERR_UNSUPPORTED, "%s", modules);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "%s: %s", words, sa_ctx_last_error(ctx));
    args.embedding = NULL;
    cr_expect_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

Test(sentence, modules_that_are_not_supported_are_named) {
    write_pooling(1);
    expect_refused("[]", "modules.json: there is no Pooling");
    expect_refused("[" TRANSFORMER "]", "modules.json: there is no Pooling");
    expect_refused("[" MODULE(0, "0_T", "Transformer") ", " POOLING "]", "module 0 is Transformer in \"0_T\"");
    expect_refused("[" MODULE(0, "", "CLIPModel") "]", "modules.json: module 0 is CLIPModel");
    expect_refused("[" TRANSFORMER ", " NORMALIZE "]", "module 1 is Normalize in \"3_Normalize\"");
    expect_refused("[" TRANSFORMER ", " POOLING ", " MODULE(2, "2", "LayerNorm") "]", "module 2 is LayerNorm in \"2\"");
    expect_refused("[{\"path\": \"\", \"type\": \"custom_st.Transformer\"}]", "0.type is \"custom_st.Transformer\"");
    expect_refused("[{\"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\", \"kwargs\": [\"task\"]}]",
                   "0.kwargs is not supported");
    expect_refused("[{\"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\", \"new\": 1}]",
                   "modules.json: new is not supported");
    expect_refused("[" TRANSFORMER ", " MODULE(1, "nowhere", "Pooling") "]", "nowhere/config.json: cannot be opened");
}

Test(sentence, settings_that_are_not_supported_are_named) {
    static const char *const pooling[][2] = {
        {"{\"pooling_mode\": \"attention\"}", "1_Pooling/config.json: pooling_mode is \"attention\"; supported: cls"},
        {"{\"pooling_mode_new\": true}", "1_Pooling/config.json: pooling_mode_new is not supported"},
        {"{\"include_prompt\": false}", "1_Pooling/config.json: include_prompt is false"},
    };
    static const char *const dense[][2] = {
        {"{\"in_features\": 64, \"out_features\": 5, \"activation_function\": \"torch.nn.modules.activation.SELU\"}",
         "2_Dense/config.json: activation_function is \"torch.nn.modules.activation.SELU\""},
        {"{\"in_features\": 64, \"out_features\": 5, \"module_input_name\": \"token_embeddings\"}",
         "2_Dense/config.json: module_input_name is \"token_embeddings\""},
        {"{\"in_features\": 64, \"out_features\": 5, \"dropout\": 1}", "2_Dense/config.json: dropout is not supported"},
        {"{\"in_features\": 64, \"out_features\": 5}", "2_Dense/model.safetensors is missing"},
    };
    for (size_t i = 0; i < sizeof pooling / sizeof pooling[0]; i++) {
        folder_write_text(&folder, "1_Pooling/config.json", pooling[i][0]);
        expect_refused("[" TRANSFORMER ", " POOLING "]", pooling[i][1]);
    }
    write_pooling(1);
    for (size_t i = 0; i < sizeof dense / sizeof dense[0]; i++) {
        folder_write_text(&folder, "2_Dense/config.json", dense[i][0]);
        expect_refused("[" TRANSFORMER ", " POOLING ", " DENSE "]", dense[i][1]);
    }
    write_dense("F32", E, OUT, (const float[OUT * E]){0}, (const float[OUT]){0});
    folder_write_text(&folder, "2_Dense/config.json", "{\"in_features\": 64, \"out_features\": 5, \"bias\": false}");
    expect_refused("[" TRANSFORMER ", " POOLING ", " DENSE "]", "2_Dense/model.safetensors: it has 2 tensors, not 1");
    write_dense("I32", E, OUT, (const float[OUT * E]){0}, NULL);
    expect_refused("[" TRANSFORMER ", " POOLING ", " DENSE "]", "tensor \"linear.weight\" is of type I32");
}

static void expect_malformed(const char *words) {
    sa_model *model;
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_FORMAT, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "%s: %s", words, sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

Test(sentence, malformed_files_are_refused) {
    static const char *const modules[][2] = {
        {"{}", "modules.json: the JSON text is an object, must be an array"},
        {"[" TRANSFORMER, "modules.json: line 1"},
        {"[3]", "modules.json: module 0 is an integer, must be an object"},
        {"[{\"path\": \"\"}]", "modules.json: 0.type is missing"},
        {"[{\"type\": 4, \"path\": \"\"}]", "modules.json: 0.type is an integer, must be a string"},
        {"[" TRANSFORMER ", {\"type\": \"sentence_transformers.models.Pooling\", \"path\": \"../1_Pooling\"}]",
         "modules.json: 1.path is \"../1_Pooling\", must be the name of a folder"},
        {"[" TRANSFORMER ", {\"type\": \"sentence_transformers.models.Pooling\", \"path\": \"..\"}]",
         "modules.json: 1.path is \"..\", must be"},
    };
    static const char *const pooling[][2] = {
        {"[]", "1_Pooling/config.json: the JSON text is an array, must be an object"},
        {"", "1_Pooling/config.json: line 1"},
        {"{\"word_embedding_dimension\": 32}", "word_embedding_dimension is 32, the model's states have 64"},
        {"{\"embedding_dimension\": -1}", "embedding_dimension is -1, must be 1 to"},
        {"{\"pooling_mode_max_tokens\": 1}", "pooling_mode_max_tokens is an integer, must be true or false"},
        {"{\"pooling_mode\": 7}", "pooling_mode is 7, must be a name or a list of names"},
        {"{\"pooling_mode\": []}", "pooling_mode is empty"},
    };
    static const char *const dense[][2] = {
        {"{\"in_features\": 64}", "2_Dense/config.json: out_features is missing"},
        {"{\"in_features\": 64, \"out_features\": 1e9}", "out_features is a real number, must be an integer"},
        {"{\"in_features\": 32, \"out_features\": 5}", "in_features is 32, the module before it makes 64"},
        {"{\"in_features\": 64, \"out_features\": 9223372036854775807}",
         "out_features is 9223372036854775807, must be"},
        {"{\"in_features\": 64, \"out_features\": 5, \"bias\": 1}", "bias is an integer, must be true or false"},
        {"{\"in_features\": 64, \"out_features\": 6, \"bias\": false}",
         "2_Dense/model.safetensors: tensor \"linear.weight\" has the shape [5, 64], must be [6, 64]"},
        {"{\"in_features\": 64, \"out_features\": 5, \"bias\": true}", "tensor \"linear.bias\" is missing"},
    };
    write_dense("F32", E, OUT, (const float[OUT * E]){0}, NULL);
    write_pooling(1);
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        folder_write_text(&folder, "modules.json", modules[i][0]);
        expect_malformed(modules[i][1]);
    }
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING ", " DENSE "]");
    for (size_t i = 0; i < sizeof pooling / sizeof pooling[0]; i++) {
        folder_write_text(&folder, "1_Pooling/config.json", pooling[i][0]);
        expect_malformed(pooling[i][1]);
    }
    write_pooling(1);
    for (size_t i = 0; i < sizeof dense / sizeof dense[0]; i++) {
        folder_write_text(&folder, "2_Dense/config.json", dense[i][0]);
        expect_malformed(dense[i][1]);
    }
    folder_write_text(&folder, "2_Dense/config.json", "{\"in_features\": 64, \"out_features\": 5, \"bias\": false}");
    folder_write_text(&folder, "2_Dense/model.safetensors", "broken");
    expect_malformed("6 bytes are too few");
}

Test(sentence, more_modules_than_there_is_room_for) {
    char text[4000] = "[" TRANSFORMER ", " POOLING;
    write_pooling(1);
    for (int i = 0; i < 8; i++) strcat(text, ", " NORMALIZE);
    folder_write_text(&folder, "modules.json", strcat(text, "]"));
    expect_embedding(1, NULL, NULL, 0, 1);
    text[strlen(text) - 1] = 0;
    expect_refused(strcat(text, ", " NORMALIZE "]"), "modules.json: more than 8 modules behind Pooling");
}

Test(sentence, prompts_by_name) {
    write_pooling(1);
    folder_write_text(&folder, "config_sentence_transformers.json",
                      "{\"prompts\": {\"query\": \"query: \", \"empty\": \"\"}, \"default_prompt_name\": \"query\"}");
    sa_model *model = open_model();
    cr_expect_null(sa_model_prompt(model, "query")); /* without modules.json there are none */
    sa_model_destroy(&model);
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING "]");
    model = open_model();
    cr_expect_str_eq(sa_model_prompt(model, "query"), "query: ");
    cr_expect_str_eq(sa_model_prompt(model, "empty"), "");
    cr_expect_str_eq(sa_model_prompt(model, NULL), "query: ");
    cr_expect_null(sa_model_prompt(model, "document"));
    cr_expect_null(sa_model_prompt(model, ""));
    cr_expect_null(sa_model_prompt(model, "query: ")); /* a text, not a name */
    cr_expect_str_eq(sa_model_prompt_name(model, 0), "query");
    cr_expect_str_eq(sa_model_prompt_name(model, 1), "empty");
    cr_expect_null(sa_model_prompt_name(model, 2));
    cr_expect_null(sa_model_prompt_name(model, -1));
    sa_model_destroy(&model);
    cr_expect_null(sa_model_prompt(NULL, "query"));
    cr_expect_null(sa_model_prompt_name(NULL, 0));
    folder_write_text(&folder, "config_sentence_transformers.json", "{\"default_prompt_name\": null}");
    model = open_model();
    cr_expect_null(sa_model_prompt(model, NULL));
    sa_model_destroy(&model);
}

Test(sentence, prompts_that_are_malformed_are_refused) {
    static const char *const wrong[][2] = {
        {"{\"prompts\": [\"query\"]}", "prompts is an array, must be an object"},
        {"{\"prompts\": {\"query\": 3}}", "prompts.query is an integer, must be a string"},
        {"{\"prompts\": {\"query\": \"a\"}, \"default_prompt_name\": \"b\"}",
         "config_sentence_transformers.json: default_prompt_name is \"b\", which prompts lacks"},
        {"{\"prompts\": {\"query\": \"a\"}, \"default_prompt_name\": 1}", "default_prompt_name is an integer"},
        {"[]", "config_sentence_transformers.json: the JSON text is an array, must be an object"},
    };
    write_pooling(1);
    folder_write_text(&folder, "modules.json", "[" TRANSFORMER ", " POOLING "]");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        folder_write_text(&folder, "config_sentence_transformers.json", wrong[i][0]);
        expect_malformed(wrong[i][1]);
    }
}
