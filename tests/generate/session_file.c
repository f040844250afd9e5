/* Sessions as files: a session that was saved and loaded goes on with the same bits.
 * SPDX-License-Identifier: MIT */
#include "generate/saved.h"
#include "plan/cache_bytes.h"
#include "plan/cache_pages.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static sa_ctx *ctx;
static struct folder folder;

static void make(void) {
    ctx = ctx_open(NULL);
    folder = folder_make();
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(session_file, .init = make, .fini = clean);

enum { B = 3, MOST = 700, SOURCE = 6 };

/* A session, and how many tokens it may still get. */
struct writer {
    const sa_model *model;
    sa_session *session;
    struct rng rng;
};

static void encode(struct writer *w) {
    const int64_t V = sa_model_get(w->model, SA_MODEL_VOCABULARY), lengths[B] = {6, 2, 5};
    int32_t ids[B * SOURCE];
    for (int i = 0; i < B * SOURCE; i++) ids[i] = (int32_t)(rng_next(&w->rng) % (uint64_t)V);
    const sa_encode_args a = {.struct_size = sizeof a, .batch = B, .tokens = SOURCE, .ids = ids, .lengths = lengths};
    cr_assert_eq(sa_session_encode(ctx, w->session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Gives each sequence up to T random tokens; returns logits, all of them. free() them. */
static float *step(struct writer *w, int64_t T) {
    const int64_t V = sa_model_get(w->model, SA_MODEL_DECODER_VOCABULARY);
    int32_t ids[B * MOST];
    int64_t lengths[B];
    float *logits = calloc((size_t)(B * V), sizeof *logits);
    for (int i = 0; i < B * T; i++) ids[i] = (int32_t)(rng_next(&w->rng) % (uint64_t)V);
    for (int b = 0; b < B; b++) lengths[b] = T - (int64_t)(rng_next(&w->rng) % (uint64_t)(T / 2 + 1));
    const sa_session_args a = {.struct_size = sizeof a, .tokens = T, .ids = ids, .lengths = lengths, .logits = logits};
    cr_assert_eq(sa_session_run(ctx, w->session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    return logits;
}

static void expect_same_steps(struct writer *a, struct writer *b, const char *what) {
    static const int64_t sizes[] = {1, 2, 1};
    const size_t bytes = (size_t)(B * sa_model_get(a->model, SA_MODEL_DECODER_VOCABULARY)) * sizeof(float);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        float *want = step(a, sizes[i]), *got = step(b, sizes[i]);
        cr_expect(!memcmp(want, got, bytes), "%s: step %zu", what, i);
        free(want);
        free(got);
    }
}

static void expect_same_files(struct writer *a, struct writer *b, const char *what) {
    size_t sizes[2];
    struct writer *const writers[] = {a, b};
    char *bytes[2];
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(sa_session_save(ctx, writers[i]->session, folder_path(&folder, "again"), NULL, 0), SA_OK);
        bytes[i] = file_bytes(folder_path(&folder, "again"), &sizes[i]);
    }
    cr_expect(sizes[0] == sizes[1] && !memcmp(bytes[0], bytes[1], sizes[0]), "%s: files differ", what);
    free(bytes[0]);
    free(bytes[1]);
}

static void expect_goes_on(struct writer *w, int64_t capacity, const char *what) {
    static const char note[] = "5 17 3";
    int64_t bytes;
    struct writer loaded = *w;
    const char *path = folder_path(&folder, "saved");
    cr_assert_eq(sa_session_save(ctx, w->session, path, note, sizeof note), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_session_load(ctx, w->model, path, capacity, &loaded.session), SA_OK, "%s: %s", what,
                 sa_ctx_last_error(ctx));
    cr_expect_str_eq(sa_session_note(loaded.session, &bytes), note);
    cr_expect_eq(bytes, sizeof note);
    cr_expect_eq(sa_session_batch(loaded.session), B);
    cr_expect_eq(sa_session_source(loaded.session), sa_session_source(w->session));
    for (int b = 0; b < B; b++) cr_expect_eq(sa_session_length(loaded.session, b), sa_session_length(w->session, b));
    expect_same_files(w, &loaded, what);
    expect_same_steps(w, &loaded, what);
    cr_assert_eq(sa_session_fork(w->session, 1, 2), SA_OK);
    cr_assert_eq(sa_session_fork(loaded.session, 1, 2), SA_OK);
    expect_same_steps(w, &loaded, what);
    expect_same_files(w, &loaded, what);
    sa_session_destroy(&loaded.session);
}

/* Saved empty, with few tokens, with many, with sequences that share pages, with some of them gone again. A model of
 * few positions goes back each time. */
static void expect_goes_on_always(const char *name, const sa_session_config *config, int64_t many) {
    sa_model *model = saved_model(ctx, name);
    struct writer w = {.model = model, .rng = {11}};
    cr_assert_eq(sa_session_create(ctx, model, config, &w.session), SA_OK, "%s", sa_ctx_last_error(ctx));
    if (sa_model_get(model, SA_MODEL_ENCODER)) encode(&w);
    for (int round = 0; round < 6; round++) {
        if (many < 10) cr_assert_eq(sa_session_truncate(w.session, -1, 4), SA_OK);
        if (round == 1) free(step(&w, 5));
        if (round == 2) free(step(&w, many));
        if (round == 3) cr_assert_eq(sa_session_fork(w.session, 0, 2), SA_OK);
        if (round == 4 && !config->window) cr_assert_eq(sa_session_truncate(w.session, 0, 4), SA_OK);
        if (round == 5) cr_assert_eq(sa_session_truncate(w.session, 1, 0), SA_OK);
        expect_goes_on(&w, round % 2 ? config->capacity : 0, name);
    }
    sa_session_destroy(&w.session);
    sa_model_destroy(&model);
}

static const int32_t types[] = {SA_F32, SA_BF16, SA_F16, SA_I8};

/* Rotary, learned, ALiBi and relative positions; windows of blocks; encoders; grouped heads. */
Test(session_file, goes_on_with_the_same_bits) {
    static const struct {
        const char *name;
        int64_t many;
    } models[] = {{"llama", 140}, {"gemma2", 140}, {"mistral", 140}, {"gpt2", 3},     {"bloom", 140},
                  {"marian", 3},  {"umt5", 140},   {"olmo3", 140},   {"gpt_oss", 140}};
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        sa_session_config config = {.struct_size = sizeof config, .batch = B, .cache_dtype = types[m % 4]};
        expect_goes_on_always(models[m].name, &config, models[m].many);
    }
}

Test(session_file, keeps_every_type_and_window) {
    for (int t = 0; t < 4; t++)
        for (int kind = 0; kind < 4; kind++) {
            const sa_session_config config = {.struct_size = sizeof config,
                                              .batch = B,
                                              .cache_dtype = types[t],
                                              .window = kind ? 40 : 0,
                                              .keep_first = kind > 1 ? 3 : 0,
                                              .capacity = kind == 3 ? 1500 : 0};
            expect_goes_on_always("llama", &config, MOST);
        }
}

struct buffer {
    unsigned char bytes[20000];
    int64_t used;
};

static void put(void *user, const void *bytes, int64_t count) {
    struct buffer *b = user;
    cr_assert(b->used + count <= (int64_t)sizeof b->bytes);
    memcpy(b->bytes + b->used, bytes, (size_t)count);
    b->used += count;
}

/* Keys that a caller appends do not move along with a window: where they begin is part of a cache. */
Test(session_file, caches_remember_what_does_not_move) {
    const sa_cache_config config = {
        .struct_size = sizeof config, .batch = 1, .kv_heads = 1, .head_size = 4, .window = 150, .keep_first = 3};
    float keys[200 * 4];
    struct report report = {""};
    struct buffer buffer = {.used = 0};
    const struct byte_sink sink = {put, &buffer};
    sa_cache *cache, *other;
    sa_tensor key;
    for (int i = 0; i < 800; i++) keys[i] = (float)i;
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK);
    cr_assert_eq(sa_cache_create(ctx, &config, &other), SA_OK);
    sa_tensor_set(&key, keys, SA_F32, SA_BHSD, 1, 1, 200, 4);
    for (int i = 0; i < 3; i++) cr_assert_eq(sa_cache_append(ctx, cache, 0, &key, &key, NULL), SA_OK);
    cr_assert_eq(head_of(cache->tables[0].page[0])->fixed, 0);
    cr_assert_eq(cache_put_bytes(cache, &report, &sink), SA_OK, "%s", report.text);
    struct byte_source source = {buffer.bytes, buffer.used};
    cr_assert_eq(cache_take_bytes(other, &report, &source, "a cache"), SA_OK, "%s", report.text);
    cr_expect_eq(source.left, 0);
    cr_expect_eq(head_of(other->tables[0].page[0])->fixed, 0);
    cr_expect_eq(sa_cache_length(other, 0, 0), 600);
    sa_cache_destroy(&cache);
    sa_cache_destroy(&other);
}

/* 200 tokens that eight sequences share take a page more in the file than one sequence alone. */
Test(session_file, shared_pages_are_written_once) {
    sa_model *model = saved_model(ctx, "llama");
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        const sa_session_config config = {.struct_size = sizeof config, .batch = i ? 8 : 1};
        struct writer w = {.model = model, .rng = {3}};
        int32_t ids[8 * 200] = {0};
        int64_t lengths[8] = {200};
        const sa_session_args a = {.struct_size = sizeof a, .tokens = 200, .ids = ids, .lengths = lengths};
        cr_assert_eq(sa_session_create(ctx, model, &config, &w.session), SA_OK);
        cr_assert_eq(sa_session_run(ctx, w.session, &a), SA_OK);
        for (int b = 1; b < (i ? 8 : 1); b++) cr_assert_eq(sa_session_fork(w.session, 0, b), SA_OK);
        cr_assert_eq(sa_session_save(ctx, w.session, folder_path(&folder, "shared"), NULL, 0), SA_OK);
        free(file_bytes(folder_path(&folder, "shared"), &sizes[i]));
        sa_session_destroy(&w.session);
    }
    cr_expect_lt(sizes[1], sizes[0] + 1000, "%zu bytes, alone %zu", sizes[1], sizes[0]);
    sa_model_destroy(&model);
}

/* The llama whose last weight is another, with the same settings. */
static sa_model *with_a_changed_weight(void) {
    size_t size;
    sa_model *model;
    architecture_take("llama", &folder);
    char *bytes = architecture_bytes("llama", "model.safetensors", &size);
    bytes[size - 1] ^= 1;
    folder_write(&folder, "model.safetensors", bytes, size);
    free(bytes);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

/* The session of another model, or of the same one with other weights, is refused by a sentence. */
Test(session_file, belongs_to_its_model) {
    sa_model *llama = saved_model(ctx, "llama"), *qwen = saved_model(ctx, "qwen2"), *other;
    sa_session *session;
    const sa_model_options options = {.struct_size = sizeof options, .convert = 1, .weights = SA_BF16};
    char path[400];
    snprintf(path, sizeof path, "%s/llama.session", folder.path);
    cr_assert_eq(sa_session_create(ctx, llama, NULL, &session), SA_OK);
    cr_assert_eq(sa_session_save(ctx, session, path, NULL, 0), SA_OK);
    sa_session_destroy(&session);
    cr_expect_eq(sa_session_load(ctx, qwen, path, 0, &session), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "llama.session: is a session of another model than this qwen2 model");
    cr_expect_null(session);
    cr_assert_eq(sa_model_open_with(ctx, data_path("architectures/llama"), &options, &other), SA_OK);
    cr_expect_eq(sa_session_load(ctx, other, path, 0, &session), SA_ERR_VALUE);
    sa_model_destroy(&other);
    other = saved_model(ctx, "llama");
    cr_expect_eq(sa_session_load(ctx, other, path, 0, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_session_destroy(&session);
    sa_model_destroy(&other);
    other = with_a_changed_weight();
    cr_expect_eq(sa_session_load(ctx, other, path, 0, &session), SA_ERR_VALUE);
    sa_model_destroy(&other);
    sa_model_destroy(&qwen);
    sa_model_destroy(&llama);
}

Test(session_file, capacity_is_the_callers) {
    sa_model *model = saved_model(ctx, "llama");
    const sa_session_config config = {.struct_size = sizeof config, .batch = B};
    struct writer w = {.model = model, .rng = {5}};
    sa_session *loaded;
    const char *path = folder_path(&folder, "saved");
    cr_assert_eq(sa_session_create(ctx, model, &config, &w.session), SA_OK);
    free(step(&w, 150));
    cr_assert_eq(sa_session_save(ctx, w.session, path, NULL, 0), SA_OK);
    cr_expect_eq(sa_session_load(ctx, model, path, 20, &loaded), SA_ERR_SHAPE, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_session_load(ctx, model, path, -1, &loaded), SA_ERR_VALUE, "%s", sa_ctx_last_error(ctx));
    cr_expect_null(loaded);
    sa_session_destroy(&w.session);
    sa_model_destroy(&model);
}

Test(session_file, null_is_refused) {
    sa_model *model = saved_model(ctx, "llama");
    sa_session *session, *loaded;
    int64_t bytes = 7;
    cr_assert_eq(sa_session_create(ctx, model, NULL, &session), SA_OK);
    cr_expect_eq(sa_session_save(NULL, session, "x", NULL, 0), SA_ERR_NULL);
    cr_expect_eq(sa_session_save(ctx, NULL, "x", NULL, 0), SA_ERR_NULL);
    cr_expect_eq(sa_session_save(ctx, session, NULL, NULL, 0), SA_ERR_NULL);
    cr_expect_eq(sa_session_save(ctx, session, "x", NULL, 1), SA_ERR_NULL);
    cr_expect_eq(sa_session_save(ctx, session, "x", "x", -1), SA_ERR_VALUE);
    cr_expect_eq(sa_session_load(NULL, model, "x", 0, &loaded), SA_ERR_NULL);
    cr_expect_eq(sa_session_load(ctx, NULL, "x", 0, &loaded), SA_ERR_NULL);
    cr_expect_eq(sa_session_load(ctx, model, NULL, 0, &loaded), SA_ERR_NULL);
    cr_expect_eq(sa_session_load(ctx, model, "x", 0, NULL), SA_ERR_NULL);
    cr_expect_null(sa_session_note(NULL, &bytes));
    cr_expect_eq(bytes, 0);
    cr_expect_null(sa_session_note(session, NULL));
    cr_expect_eq(sa_session_source(NULL), -1);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}
