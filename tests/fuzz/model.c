/* Files of models. The first byte says what the rest is:
 *   s   a safetensors file               h   its header alone: the length before it and zeros behind it are added
 *   g   a GGUF file                      b   weights of llama2.c
 *   i   an index of safetensors files    c   config.json, then NUL, then architecture.json, beside the weights of a
 *                                            model; the byte behind the c says of which
 *   m   the configuration of pooling, modules.json, generation_config.json and config_sentence_transformers.json,
 *       separated by NUL
 *   d   the configuration of a dense layer, and behind a NUL the header of its weights
 *   a   preprocessor_config.json of features of sound
 * What opens runs over a few tokens.
 * SPDX-License-Identifier: MIT */
#include "fuzz/files.h"
#include "selfattn_models.h"
#include "support/paths.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARCHITECTURES SELFATTN_SOURCE_DIR "/tests/data/architectures/"

enum { TOKENS = 3, MOST_NUMBERS = 1 << 16 };

/* Models whose weights stand beside an input's settings. */
static const char *const names[] = {
    "bert_mlm", "granite", "t5_encoder_only", "gpt_neo",   "esm",        "modernbert",   "gpt_oss",
    "mpt",      "umt5",    "vit-pooler-act",  "moonshine", "deberta_v2", "siglip_vision"};
enum { MODELS = sizeof names / sizeof names[0] };

static sa_ctx *ctx;

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1, .path = SA_PATH_PLAIN};
    ctx = ctx_open(&options);
    files_begin();
    return 0;
}

static void link_file(const char *model, const char *name) {
    char path[300];
    snprintf(path, sizeof path, ARCHITECTURES "%s/%s", model, name);
    EXPECT(symlink(path, files_path(name)) == 0, "cannot link %s", path);
}

static void write_part(const char *name, struct input *in) {
    const struct input part = take_part(in);
    if (part.left) files_write(name, part.at, part.left);
}

/* A header with its length in front and as many zeros behind as its tensors may need. */
static void write_header(const char *name, const struct input *in) {
    enum { DATA = 4096 };
    uint8_t *bytes = calloc(8 + in->left + DATA, 1);
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)in->left >> 8 * i);
    if (in->left) memcpy(bytes + 8, in->at, in->left);
    files_write(name, bytes, 8 + in->left + DATA);
    free(bytes);
}

#define MODULE(i, name, path)                                                                                          \
    "{\"idx\":" #i ",\"path\":\"" path "\",\"type\":\"sentence_transformers.models." name "\"}"
static const char dense_modules[] = "[" MODULE(0, "Transformer", "") "," MODULE(1, "Dense", "1_Dense") "]";

static void write_files(struct input *in) {
    const uint8_t kind = take(in);
    const char *model = names[kind == 'c' ? take_below(in, MODELS) : 0];
    files_clear();
    switch (kind) {
    case 's':
        link_file("granite", "config.json");
        files_write("model.safetensors", in->at, in->left);
        break;
    case 'h':
        link_file("granite", "config.json");
        write_header("model.safetensors", in);
        break;
    case 'i':
        link_file("granite", "config.json");
        link_file("granite", "model.safetensors");
        if (rename(files_path("model.safetensors"), files_path("a.safetensors"))) break;
        files_write("model.safetensors.index.json", in->at, in->left);
        break;
    case 'g':
        files_write("model.gguf", in->at, in->left);
        break;
    case 'b':
        files_write("model.bin", in->at, in->left);
        break;
    case 'c':
        link_file(model, "model.safetensors");
        write_part("config.json", in);
        write_part("architecture.json", in);
        break;
    case 'm':
        link_file(model, "model.safetensors");
        link_file(model, "config.json");
        if (mkdir(files_path("1_Pooling"), 0700) == 0) write_part("1_Pooling/config.json", in);
        write_part("modules.json", in);
        write_part("generation_config.json", in);
        write_part("config_sentence_transformers.json", in);
        break;
    case 'd':
        link_file(model, "model.safetensors");
        link_file(model, "config.json");
        files_write("modules.json", dense_modules, sizeof dense_modules - 1);
        if (mkdir(files_path("1_Dense"), 0700) == 0) write_part("1_Dense/config.json", in);
        write_header("1_Dense/model.safetensors", in);
        break;
    case 'a':
        write_part("preprocessor_config.json", in);
        break;
    default:
        break;
    }
}

/* Outputs of modest size only: sizes come from the file. */
static void run(const sa_model *model) {
    static float output[MOST_NUMBERS], features[MOST_NUMBERS];
    const int32_t ids[TOKENS] = {0};
    const int64_t width = sa_model_get(model, SA_MODEL_WIDTH), wide = sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH),
                  channels = sa_model_get(model, SA_MODEL_FEATURE_CHANNELS),
                  height = sa_model_get(model, SA_MODEL_FEATURE_HEIGHT),
                  columns = sa_model_get(model, SA_MODEL_FEATURE_WIDTH);
    sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = TOKENS, .ids = ids, .hidden = output};
    if (channels) {
        const int64_t frames = columns ? columns : 400, tokens = sa_model_feature_tokens(model, frames);
        if (channels > MOST_NUMBERS || height > MOST_NUMBERS || frames > MOST_NUMBERS ||
            channels * height * frames > MOST_NUMBERS || tokens * width > MOST_NUMBERS || !tokens)
            return;
        a.ids = NULL, a.features = features, a.tokens = 0, a.feature_width = columns ? 0 : frames;
    }
    if (width > MOST_NUMBERS / TOKENS) return;
    if (wide > 0 && wide <= MOST_NUMBERS / 2 && !channels && width <= MOST_NUMBERS / 8)
        a.embedding = output + MOST_NUMBERS / 2;
    const int64_t pooled = sa_model_get(model, SA_MODEL_POOLED_WIDTH);
    if (channels && pooled > 0 && pooled <= MOST_NUMBERS / 2) a.pooled = output + MOST_NUMBERS / 2;
    uint64_t bytes;
    if (sa_model_encode_workspace_size(ctx, model, &a, &bytes) || bytes > (uint64_t)1 << 26) return;
    if (sa_model_encode(ctx, model, &a)) EXPECT(*sa_ctx_last_error(ctx), "refused without a sentence");
}

/* Features of modest size: numbers come from the file. */
static void listen_to(void) {
    enum { SAMPLES = 500 };
    static float samples[SAMPLES], features[MOST_NUMBERS];
    sa_mel *mel;
    const sa_status status = sa_mel_open(ctx, files_path(""), &mel);
    EXPECT(status ? !mel && *sa_ctx_last_error(ctx) : mel != NULL, "status %d and %p", status, (void *)mel);
    const int64_t made = sa_mel_frames(mel, SAMPLES), frames = made > 0 ? made : 1;
    const int64_t frame = sa_mel_get(mel, SA_MEL_FRAME), end = frames * sa_mel_get(mel, SA_MEL_STEP);
    sa_status wanted = end > frame / 2 ? SA_OK : SA_ERR_SHAPE;
    if (sa_mel_get(mel, SA_MEL_KIND) == SA_MEL_KALDI) wanted = made > 0 ? SA_OK : SA_ERR_VALUE;
    if (mel && sa_mel_get(mel, SA_MEL_BINS) <= MOST_NUMBERS / frames && frame <= MOST_NUMBERS)
        EXPECT(sa_mel_features(ctx, mel, samples, SAMPLES, features, frames) == wanted, "%s", sa_ctx_last_error(ctx));
    sa_mel_destroy(&mel);
}

static void clear(void) {
    static const char *const inside[] = {"1_Pooling/config.json", "1_Dense/config.json", "1_Dense/model.safetensors"};
    for (int i = 0; i < 3; i++) unlink(files_path(inside[i]));
    rmdir(files_path("1_Pooling"));
    rmdir(files_path("1_Dense"));
    files_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    sa_model *model;
    sa_sampling sampling = {.struct_size = sizeof sampling};
    write_files(&in);
    if (size && data[0] == 'a') {
        listen_to();
        clear();
        return 0;
    }
    const sa_status status = sa_model_open(ctx, files_path(""), &model);
    EXPECT(status ? !model && *sa_ctx_last_error(ctx) : model != NULL, "status %d and %p", status, (void *)model);
    if (model) {
        run(model);
        for (int64_t i = 0; sa_model_unused_tensor(model, i); i++) {}
        for (int64_t i = 0; sa_model_prompt_name(model, i); i++) sa_model_prompt(model, sa_model_prompt_name(model, i));
        if (sa_model_sampling(model, &sampling)) EXPECT(*sa_ctx_last_error(NULL), "refused without a sentence");
    }
    sa_model_destroy(&model);
    clear();
    return 0;
}
