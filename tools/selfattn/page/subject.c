/* SPDX-License-Identifier: MIT */
#include "page/subject.h"

#include "exit.h"
#include "page/frame.h"
#include "page/rows.h"
#include "table.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

static int64_t get(const struct engine *engine, int32_t what) {
    return sa_model_get(engine->model, what);
}

enum subject subject_of(const struct live_page *page, const struct engine *engine) {
    const char *type = sa_model_type(engine->model);
    if (get(engine, SA_MODEL_FEATURE_CHANNELS))
        failure("%s: a page asks for texts, and a %s model does not take any", page->model, type);
    if (!get(engine, SA_MODEL_ENCODER) || !get(engine, SA_MODEL_DECODER)) return SUBJECT_TEXTS;
    if (!strcmp(type, "m2m_100") || !strcmp(type, "mbart"))
        failure("%s: a %s model has to be told languages, which a page does not do; selfattn translate --align draws "
                "what each new word looked at",
                page->model, type);
    return SUBJECT_REWRITINGS;
}

/* The path of a file in a directory, if it is there; g_free() it. */
static char *found(const char *directory, const char *name) {
    char *file = g_build_filename(directory, name, NULL);
    if (g_file_test(file, G_FILE_TEST_EXISTS)) return file;
    g_free(file);
    return NULL;
}

/* The engine of a page reads tokenizer.json and lists, but no SentencePiece. */
static void check_readable(const char *directory) {
    static const char *const pieces[] = {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "source.spm"};
    char *json = found(directory, "tokenizer.json");
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0] && !json; i++)
        if (found(directory, pieces[i]))
            failure("%s: the tokenizer is %s, SentencePiece's own file, which the engine of a page does not read; a "
                    "tokenizer.json beside it does",
                    directory, pieces[i]);
    g_free(json);
}

void subject_open_tokenizer(const struct live_page *page, enum subject subject, struct engine *engine) {
    char *list = found(page->model, "source_vocabulary.txt");
    if (subject == SUBJECT_REWRITINGS && !list) check_readable(page->model);
    engine_load_tokenizer(engine, page->model, subject == SUBJECT_REWRITINGS ? list : NULL);
    g_free(list);
}

static int64_t chosen(const char *option, int value, int64_t count) {
    if (value == NOT_GIVEN) return 0;
    if (value < 0 || value >= count)
        usage_error("%s is %d, the model has 0 to %lld", option, value, (long long)count - 1);
    return value;
}

/* What pages of all kinds have. The choices are those of the heads that are seen first. */
static json_t *common_data(const struct live_page *page, const struct engine *engine, int64_t tokens, int64_t layers,
                           int64_t heads) {
    json_t *texts = json_array();
    for (int i = 0; i < page->count; i++) json_array_append_new(texts, json_text(page->texts[i]));
    return json_pack("{so so sI sI sI sI sI so*}", "model", page_name(page->model), "texts", texts, "layers",
                     (json_int_t)get(engine, SA_MODEL_LAYERS), "heads", (json_int_t)get(engine, SA_MODEL_QUERY_HEADS),
                     "tokens", (json_int_t)tokens, "layer", (json_int_t)chosen("--layer", page->layer, layers), "head",
                     (json_int_t)chosen("--head", page->head, heads), "word",
                     page->word ? json_text(page->word) : NULL);
}

static json_t *text_data(const struct live_page *page, const struct engine *engine) {
    const int64_t tokens = rows_tokens(engine);
    const enum rows rows = rows_of(engine, tokens);
    if (rows == ROWS_OTHER)
        failure("%s: a page computes weights as the softmax of queries times keys, and those of %s models are more; "
                "selfattn attend --html writes a page of given sentences",
                page->model, sa_model_type(engine->model));
    json_t *data = common_data(page, engine, tokens, get(engine, SA_MODEL_LAYERS), get(engine, SA_MODEL_QUERY_HEADS));
    json_object_update_new(data,
                           json_pack("{sI sI sb}", "keyHeads", (json_int_t)get(engine, SA_MODEL_KV_HEADS), "headSize",
                                     (json_int_t)get(engine, SA_MODEL_HEAD_SIZE), "causal", rows == ROWS_CAUSAL));
    return data;
}

static json_t *rewriting_data(const struct live_page *page, const struct engine *engine) {
    const int64_t layers = get(engine, SA_MODEL_DECODER_LAYERS), heads = get(engine, SA_MODEL_DECODER_QUERY_HEADS);
    const int64_t tokens = rows_tokens(engine), most = get(engine, SA_MODEL_DECODER_MAX_POSITIONS);
    json_t *data = common_data(page, engine, most > 0 && most < tokens ? most : tokens, layers, heads);
    json_object_set_new(data, "decoder",
                        json_pack("{sI sI}", "layers", (json_int_t)layers, "heads", (json_int_t)heads));
    return data;
}

json_t *subject_data(const struct live_page *page, enum subject subject, const struct engine *engine) {
    return subject == SUBJECT_TEXTS ? text_data(page, engine) : rewriting_data(page, engine);
}
