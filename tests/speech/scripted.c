/* Position p is one-hot number p, and everything between it and the last norm is zero. So the normed state behind place
 * p has one large element, and the output matrix says which token that is for.
 * SPDX-License-Identifier: MIT */
#include "scripted.h"

#include "support/paths.h"
#include "support/random.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { E = POSITIONS, F = 8, BINS = 4, FRAMES = 20, TOKENS = 10 };

const char scripted_rules[] =
    "\"lang_to_id\": {\"<|ja|>\": 44, \"<|en|>\": 42, \"<|de|>\": 43},"
    "\"task_to_id\": {\"translate\": 45, \"transcribe\": 46}, \"no_timestamps_token_id\": 50,"
    "\"suppress_tokens\": [1, 2, 41], \"begin_suppress_tokens\": [3, 40], \"max_initial_timestamp_index\": 1,";

static float *zeros(int64_t count) {
    float *values = calloc((size_t)count, sizeof *values);
    cr_assert_not_null(values);
    return values;
}

static void add(struct writer *w, const char *name, int axes, const int64_t *size, float *values) {
    writer_add(w, name, "F32", axes, size, values);
    free(values);
}

static void add_zeros(struct writer *w, const char *name, int axes, int64_t a, int64_t b, int64_t c) {
    const int64_t size[] = {a, b, c};
    add(w, name, axes, size, zeros(a * (axes > 1 ? b : 1) * (axes > 2 ? c : 1)));
}

/* A norm that changes nothing. */
static void add_norm(struct writer *w, const char *name) {
    const int64_t size[] = {E};
    char full[100];
    float *ones = zeros(E);
    for (int i = 0; i < E; i++) ones[i] = 1;
    snprintf(full, sizeof full, "%s.weight", name);
    add(w, full, 1, size, ones);
    snprintf(full, sizeof full, "%s.bias", name);
    add_zeros(w, full, 1, E, 0, 0);
}

static void add_linear(struct writer *w, const char *stack, const char *name, int64_t out, int64_t in, int has_bias) {
    char full[100];
    snprintf(full, sizeof full, "model.%s.layers.0.%s.weight", stack, name);
    add_zeros(w, full, 2, out, in, 0);
    snprintf(full, sizeof full, "model.%s.layers.0.%s.bias", stack, name);
    if (has_bias) add_zeros(w, full, 1, out, 0, 0);
}

static void add_attention(struct writer *w, const char *stack, const char *name) {
    static const char *const matrices[] = {"q", "k", "v", "out"};
    for (int i = 0; i < 4; i++) {
        char full[60];
        snprintf(full, sizeof full, "%s.%s_proj", name, matrices[i]);
        add_linear(w, stack, full, E, E, i != 1);
    }
    char norm[80];
    snprintf(norm, sizeof norm, "model.%s.layers.0.%s_layer_norm", stack, name);
    add_norm(w, norm);
}

static void add_stack(struct writer *w, const char *stack) {
    char name[60];
    add_attention(w, stack, "self_attn");
    add_linear(w, stack, "fc1", F, E, 1);
    add_linear(w, stack, "fc2", E, F, 1);
    snprintf(name, sizeof name, "model.%s.layers.0.final_layer_norm", stack);
    add_norm(w, name);
    snprintf(name, sizeof name, "model.%s.layer_norm", stack);
    add_norm(w, name);
}

static void add_script(struct writer *w, const struct line *lines) {
    const int64_t positions[] = {POSITIONS, E}, output[] = {VOCABULARY, E};
    float *one_hot = zeros(POSITIONS * E), *script = zeros(VOCABULARY * E);
    for (int p = 0; p < POSITIONS; p++) one_hot[p * E + p] = 1;
    for (; lines->weight > 0; lines++) script[lines->token * E + lines->place] = (float)(4 * lines->weight);
    add(w, "model.decoder.embed_positions.weight", 2, positions, one_hot);
    add(w, "proj_out.weight", 2, output, script);
}

void scripted_write(const struct folder *folder, const struct line *lines, const char *rules) {
    struct writer w = {0};
    size_t bytes;
    char text[2000];
    add_zeros(&w, "model.encoder.conv1.weight", 3, E, BINS, 3);
    add_zeros(&w, "model.encoder.conv1.bias", 1, E, 0, 0);
    add_zeros(&w, "model.encoder.conv2.weight", 3, E, E, 3);
    add_zeros(&w, "model.encoder.conv2.bias", 1, E, 0, 0);
    add_zeros(&w, "model.encoder.embed_positions.weight", 2, TOKENS, E, 0);
    add_stack(&w, "encoder");
    add_zeros(&w, "model.decoder.embed_tokens.weight", 2, VOCABULARY, E, 0);
    add_script(&w, lines);
    add_stack(&w, "decoder");
    add_attention(&w, "decoder", "encoder_attn");
    unsigned char *file = writer_finish(&w, &bytes);
    folder_write(folder, "model.safetensors", file, bytes);
    free(file);
    snprintf(
        text, sizeof text,
        "{\"model_type\": \"whisper\", \"encoder_layers\": 1, \"decoder_layers\": 1, \"d_model\": %d,"
        "\"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, \"encoder_ffn_dim\": %d,"
        "\"decoder_ffn_dim\": %d, \"num_mel_bins\": %d, \"max_source_positions\": %d, \"max_target_positions\": %d,"
        "\"vocab_size\": %d, \"tie_word_embeddings\": false, \"decoder_start_token_id\": %d, \"eos_token_id\": %d}",
        E, F, F, BINS, TOKENS, POSITIONS, VOCABULARY, START, END);
    folder_write_text(folder, "config.json", text);
    snprintf(text, sizeof text, "{%s \"max_length\": %d}", rules, POSITIONS);
    folder_write_text(folder, "generation_config.json", text);
    snprintf(text, sizeof text,
             "{\"sampling_rate\": %d, \"n_fft\": 16, \"hop_length\": %d, \"feature_size\": %d, \"n_samples\": %d}",
             RATE, WINDOW / FRAMES, BINS, WINDOW);
    folder_write_text(folder, "preprocessor_config.json", text);
}

struct scripted scripted_open(const struct line *lines, const char *rules) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    struct scripted s = {.ctx = ctx_open(&options)};
    struct folder folder = folder_make();
    scripted_write(&folder, lines, rules);
    cr_assert_eq(sa_model_open(s.ctx, folder.path, &s.model), SA_OK, "%s", sa_ctx_last_error(s.ctx));
    cr_assert_eq(sa_speech_open(s.ctx, s.model, folder.path, &s.speech), SA_OK, "%s", sa_ctx_last_error(s.ctx));
    cr_assert_eq(sa_session_create(s.ctx, s.model, NULL, &s.session), SA_OK, "%s", sa_ctx_last_error(s.ctx));
    folder_remove(&folder);
    return s;
}

void scripted_close(struct scripted *s) {
    sa_session_destroy(&s->session);
    sa_speech_destroy(&s->speech);
    sa_model_destroy(&s->model);
    sa_ctx_destroy(&s->ctx);
}

/* A callback may use the context, but not the session. */
static void use_handles(const struct scripted *s) {
    static float features[BINS * FRAMES];
    if (!s) return;
    cr_expect_eq(sa_mel_features(s->ctx, sa_speech_mel(s->speech), NULL, 0, features, FRAMES), SA_OK);
    const int32_t id = 0;
    const sa_session_args args = {.struct_size = sizeof args, .tokens = 1, .ids = &id};
    cr_expect_eq(sa_session_run(s->ctx, s->session, &args), SA_ERR_BUSY);
}

int32_t told_segment(void *user, const sa_speech_segment *segment) {
    struct told *t = user;
    cr_assert(t->segments < MOST_TOLD && segment->count <= MOST_IDS);
    cr_expect_eq(segment->struct_size, sizeof *segment);
    t->segment[t->segments] = *segment;
    memcpy(t->segment_ids[t->segments], segment->ids, (size_t)segment->count * sizeof(int32_t));
    use_handles(t->scripted);
    return ++t->segments == t->stop_at_segment;
}

int32_t told_window(void *user, const sa_speech_window *window) {
    struct told *t = user;
    cr_assert(t->windows < MOST_TOLD && window->tokens <= MOST_IDS);
    cr_expect_eq(window->struct_size, sizeof *window);
    t->window[t->windows] = *window;
    memcpy(t->window_ids[t->windows], window->ids, (size_t)window->tokens * sizeof(int32_t));
    use_handles(t->scripted);
    return ++t->windows == t->stop_at_window;
}

sa_transcribe_args scripted_args(const struct scripted *s, struct told *told, int64_t count) {
    static float noise[20 * WINDOW];
    struct rng rng = {7};
    cr_assert(count <= 20 * WINDOW);
    for (int i = 0; i < 20 * WINDOW; i++) noise[i] = 0.1f * rng_normal(&rng);
    return (sa_transcribe_args){.struct_size = sizeof(sa_transcribe_args),
                                .speech = s->speech,
                                .samples = noise,
                                .count = count,
                                .on_segment = told_segment,
                                .on_window = told_window,
                                .user = told};
}
