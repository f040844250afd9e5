/* SPDX-License-Identifier: MIT */
#include "page/subject.h"

#include "classifier/labels.h"
#include "exit.h"
#include "page/frame.h"
#include "page/rows.h"
#include "picture/preprocess.h"
#include "table.h"
#include "text/languages.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

static int64_t get(const struct engine *engine, int32_t what) {
    return sa_model_get(engine->model, what);
}

enum subject subject_of(const struct live_page *page, const struct engine *engine) {
    const char *type = sa_model_type(engine->model);
    if (get(engine, SA_MODEL_FEATURE_ROWS) > 0 && get(engine, SA_MODEL_FEATURE_CHANNELS) == 3) return SUBJECT_PICTURES;
    if (get(engine, SA_MODEL_FEATURE_CHANNELS))
        failure("%s: a page asks for texts or pictures, and models of the type %s take neither", page->model, type);
    if (!get(engine, SA_MODEL_ENCODER) || !get(engine, SA_MODEL_DECODER)) return SUBJECT_TEXTS;
    if (!get(engine, SA_MODEL_TOKEN_LOGITS))
        failure("%s: a page asks what an encoder with a decoder writes, and the file of this %s model has no output "
                "matrix",
                page->model, type);
    return SUBJECT_REWRITINGS;
}

void subject_open_tokenizer(const struct live_page *page, enum subject subject, struct engine *engine) {
    char *list = g_build_filename(page->model, "source_vocabulary.txt", NULL);
    const int is_pair = subject == SUBJECT_REWRITINGS && g_file_test(list, G_FILE_TEST_EXISTS);
    if (subject != SUBJECT_PICTURES) engine_load_tokenizer(engine, page->model, is_pair ? list : NULL);
    g_free(list);
}

static int64_t chosen(const char *option, int value, int64_t count) {
    if (value == NOT_GIVEN) return 0;
    if (value < 0 || value >= count)
        usage_error("%s is %d, the model has 0 to %lld", option, value, (long long)count - 1);
    return value;
}

/* The sentences of a page to which none are given. */
static const char *const usual[] = {
    "The animal didn't cross the road because it was tired.",
    "The animal didn't cross the road because it was too wide.",
    "We sat on the bank and watched the river flow by.",
    "Reeds grew along the muddy bank where the heron was fishing.",
    "The bank raised its interest rate on loans.",
    "She opened a savings account at the bank.",
};

static json_t *texts_json(const struct live_page *page) {
    const char *const *texts = page->count ? page->texts : usual;
    const size_t count = page->count ? (size_t)page->count : sizeof usual / sizeof usual[0];
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(array, json_text(texts[i]));
    return array;
}

/* What pages of all kinds have. The choices are those of the heads that are seen first. */
static json_t *common_data(const struct live_page *page, const struct engine *engine, int64_t tokens, int64_t layers,
                           int64_t heads) {
    return json_pack("{so sI sI sI sI sI so*}", "model", page_name(page->model), "layers",
                     (json_int_t)get(engine, SA_MODEL_LAYERS), "heads", (json_int_t)get(engine, SA_MODEL_QUERY_HEADS),
                     "tokens", (json_int_t)tokens, "layer", (json_int_t)chosen("--layer", page->layer, layers), "head",
                     (json_int_t)chosen("--head", page->head, heads), "word",
                     page->word ? json_text(page->word) : NULL);
}

static json_t *text_data(const struct live_page *page, const struct engine *engine) {
    int64_t tokens = rows_tokens(engine, ROWS_MOST_WEIGHTS);
    const enum rows rows = rows_of(engine, tokens);
    const int is_weighed = rows == ROWS_OTHER;
    const int is_causal = is_weighed ? !get(engine, SA_MODEL_ENCODER) : rows == ROWS_CAUSAL;
    if (is_weighed) tokens = rows_tokens(engine, ROWS_MOST_TYPED);
    json_t *data = common_data(page, engine, tokens, get(engine, SA_MODEL_LAYERS), get(engine, SA_MODEL_QUERY_HEADS));
    json_object_update_new(data, json_pack("{so sI sI sb sb sb}", "texts", texts_json(page), "keyHeads",
                                           (json_int_t)get(engine, SA_MODEL_KV_HEADS), "headSize",
                                           (json_int_t)get(engine, SA_MODEL_HEAD_SIZE), "causal", is_causal, "writes",
                                           get(engine, SA_MODEL_DECODER) && get(engine, SA_MODEL_OUTPUTS), "weighed",
                                           is_weighed));
    return data;
}

/* What the page lets one choose from. A model that is always told languages does not know what to write without. */
static json_t *languages_of(const struct live_page *page, const struct engine *engine) {
    char some[LANGUAGES_SHOWN_BYTES];
    if (!page->target && languages_are_told(engine) && get(engine, SA_MODEL_FORCED_FIRST_TOKEN) < 0) {
        languages_show(engine, some);
        usage_error("%s is told the language to write: choose one by --target (%s)", page->model, some);
    }
    return languages_json(engine, page->source, page->target);
}

static json_t *rewriting_data(const struct live_page *page, const struct engine *engine) {
    const int64_t layers = get(engine, SA_MODEL_DECODER_LAYERS), heads = get(engine, SA_MODEL_DECODER_QUERY_HEADS);
    const int64_t tokens = rows_tokens(engine, ROWS_MOST_TYPED), most = get(engine, SA_MODEL_DECODER_MAX_POSITIONS);
    json_t *data = common_data(page, engine, most > 0 && most < tokens ? most : tokens, layers, heads);
    json_object_update_new(data, json_pack("{so s{sI sI} so*}", "texts", texts_json(page), "decoder", "layers",
                                           (json_int_t)layers, "heads", (json_int_t)heads, "languages",
                                           languages_of(page, engine)));
    return data;
}

/* How the page makes of a picture what the model takes. That it can, but for the picture's own size, is certain. */
static json_t *rules_json(const struct live_page *page, const struct engine *engine) {
    const int64_t width = get(engine, SA_MODEL_FEATURE_WIDTH), height = get(engine, SA_MODEL_FEATURE_HEIGHT);
    const struct preprocessing p = preprocessing_find(engine, page->model);
    const int64_t made_width = p.crop ? p.crop_width : p.width, made_height = p.crop ? p.crop_height : p.height;
    if ((p.crop || (p.resize && !p.shortest)) && (made_width != width || made_height != height))
        failure("%s: preprocessor_config.json makes images of %lld x %lld pixels, the model takes %lld x %lld",
                page->model, (long long)made_width, (long long)made_height, (long long)width, (long long)height);
    return json_pack("{s[II] sb si sb sI sI sI sI sf s[fff] s[fff]}", "taken", (json_int_t)width, (json_int_t)height,
                     "resize", p.resize, "filter", p.filter, "crop", p.crop, "width", (json_int_t)p.width, "height",
                     (json_int_t)p.height, "shortest", (json_int_t)p.shortest, "longest", (json_int_t)p.longest,
                     "factor", p.factor, "mean", p.mean[0], p.mean[1], p.mean[2], "deviation", p.deviation[0],
                     p.deviation[1], p.deviation[2]);
}

/* What its classes are called, and whether each is true or not for itself. */
static json_t *labels_json(const struct live_page *page, const struct engine *engine, int *each) {
    json_t *config = engine_json_beside(page->model, "config.json", 0);
    *each = labels_reading(config, get(engine, SA_MODEL_OUTPUTS)) == LABELS_ANY_MAY_BE;
    json_t *names = json_object_get(config, "id2label");
    json_t *labels = json_is_object(names) ? json_incref(names) : json_object();
    json_decref(config);
    return labels;
}

static json_t *picture_data(const struct live_page *page, const struct engine *engine) {
    const int64_t layers = get(engine, SA_MODEL_LAYERS), heads = get(engine, SA_MODEL_QUERY_HEADS),
                  tokens = get(engine, SA_MODEL_FEATURE_TOKENS);
    if (layers * heads * tokens * tokens > ROWS_MOST_WEIGHTS)
        failure("%s: %lld layers of %lld heads have %lld x %lld weights each, a page has room for %lld in all",
                page->model, (long long)layers, (long long)heads, (long long)tokens, (long long)tokens,
                (long long)ROWS_MOST_WEIGHTS);
    int each;
    json_t *labels = labels_json(page, engine, &each), *data = common_data(page, engine, tokens, layers, heads);
    json_object_set_new(data, "image",
                        json_pack("{s[II] so so sb}", "patches", (json_int_t)get(engine, SA_MODEL_FEATURE_ROWS),
                                  (json_int_t)get(engine, SA_MODEL_FEATURE_COLUMNS), "rules", rules_json(page, engine),
                                  "labels", labels, "each", each));
    return data;
}

json_t *subject_data(const struct live_page *page, enum subject subject, const struct engine *engine) {
    switch (subject) {
    case SUBJECT_PICTURES:
        return picture_data(page, engine);
    case SUBJECT_REWRITINGS:
        return rewriting_data(page, engine);
    case SUBJECT_TEXTS:
        break;
    }
    return text_data(page, engine);
}
