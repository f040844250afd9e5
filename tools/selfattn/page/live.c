/* SPDX-License-Identifier: MIT */
#include "page/live.h"

#include "exit.h"
#include "page/frame.h"
#include "page/rows.h"
#include "page/view.h"
#include "table.h"
#include "weights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As letters this is what one text of a browser can hold. */
static const long long most_bytes = 500000000;

/* A file's bytes; free() them. */
static void read_into(struct page_part *part, const char *file) {
    FILE *stream = fopen(file, "rb");
    struct stat facts;
    if (!stream || fstat(fileno(stream), &facts)) failure("%s cannot be read: %s", file, strerror(errno));
    if (facts.st_size > most_bytes)
        failure("%s has %lld bytes, a page can have %lld", file, (long long)facts.st_size, most_bytes);
    const size_t count = (size_t)facts.st_size;
    unsigned char *bytes = allocate(count + 1, 1);
    if (fread(bytes, 1, count, stream) != count) failure("%s cannot be read to its end", file);
    fclose(stream);
    part->bytes = bytes;
    part->count = count;
}

/* A file of the library as WebAssembly. */
static void read_library(const struct live_page *page, const char *name, struct page_part *part) {
    const char *folder = page->library ? page->library : getenv("SELFATTN_ENGINE");
    if (!folder || !*folder) folder = SELFATTN_ENGINE_FOLDER;
    const size_t room = strlen(folder) + strlen(name) + 2;
    char *path = allocate(room, 1);
    snprintf(path, room, "%s/%s", folder, name);
    if (access(path, R_OK))
        failure("%s cannot be read: %s. A page needs the library as WebAssembly, selfattn.js and selfattn.wasm, with "
                "its NOTICE.md: scripts/wasm builds them in build/wasm/package (Debian: emscripten). Name their folder "
                "by --engine or SELFATTN_ENGINE",
                path, strerror(errno));
    read_into(part, path);
    free(path);
}

/* The licences of what the library is linked from: who passes it on passes them on. */
static json_t *notice_of(const struct live_page *page) {
    struct page_part part = {0};
    read_library(page, "NOTICE.md", &part);
    json_t *notice = json_text((const char *)part.bytes);
    free((void *)part.bytes);
    return notice;
}

/* The script of the page's worker: the library's, then what asks it. */
static void read_worker(const struct live_page *page, struct page_part *part) {
    read_library(page, "selfattn.js", part);
    unsigned char *both = allocate(part->count + page_view_worker_size, 1);
    memcpy(both, part->bytes, part->count);
    memcpy(both + part->count, page_view_worker, page_view_worker_size);
    free((void *)part->bytes);
    part->bytes = both;
    part->count += page_view_worker_size;
}

static int is_gguf(const char *file) {
    char begin[4] = {0};
    FILE *stream = fopen(file, "rb");
    if (!stream) return 0;
    const size_t got = fread(begin, 1, sizeof begin, stream);
    fclose(stream);
    return got == sizeof begin && !memcmp(begin, "GGUF", sizeof begin);
}

/* Opens the model as the page has it, and reads its file: a GGUF file as it is, anything else as one that is written
 * beside the page and removed again. */
static void open_model(const struct live_page *page, struct engine *engine, struct page_part *part) {
    engine_load_tokenizer(engine, page->model, NULL);
    if (!page->weights && is_gguf(page->model)) {
        read_into(part, page->model);
        engine_load(engine, page->model);
        return;
    }
    const size_t room = strlen(page->file) + 32;
    char *file = allocate(room, 1);
    snprintf(file, room, "%s.%ld.gguf", page->file, (long)getpid());
    const sa_model_options options = {.struct_size = sizeof options,
                                      .convert = 1,
                                      .weights = weights_of("--to", page->weights ? page->weights : "q8_0")};
    check(sa_model_write(engine->ctx, page->model, &options, file), engine->ctx);
    read_into(part, file);
    const sa_status status = sa_model_open(engine->ctx, file, &engine->model);
    unlink(file);
    check(status, engine->ctx);
    free(file);
}

static int64_t chosen(const char *option, int value, int64_t count) {
    if (value == NOT_GIVEN) return 0;
    if (value < 0 || value >= count)
        usage_error("%s is %d, the model has 0 to %lld", option, value, (long long)count - 1);
    return value;
}

/* What the page's script has to know. */
static json_t *data_of(const struct live_page *page, const struct engine *engine) {
    const int64_t tokens = rows_tokens(engine), layers = sa_model_get(engine->model, SA_MODEL_LAYERS),
                  heads = sa_model_get(engine->model, SA_MODEL_QUERY_HEADS);
    const enum rows rows = rows_of(engine, tokens);
    if (rows == ROWS_OTHER)
        failure("%s: a page computes weights as the softmax of queries times keys, and those of %s models are more; "
                "selfattn attend --html writes a page of given sentences",
                page->model, sa_model_type(engine->model));
    json_t *texts = json_array();
    for (int i = 0; i < page->count; i++) json_array_append_new(texts, json_text(page->texts[i]));
    return json_pack("{so so sI sI sI sI sI sb sI sI so* so}", "model", page_name(page->model), "texts", texts,
                     "layers", (json_int_t)layers, "heads", (json_int_t)heads, "keyHeads",
                     (json_int_t)sa_model_get(engine->model, SA_MODEL_KV_HEADS), "headSize",
                     (json_int_t)sa_model_get(engine->model, SA_MODEL_HEAD_SIZE), "tokens", (json_int_t)tokens,
                     "causal", rows == ROWS_CAUSAL, "layer", (json_int_t)chosen("--layer", page->layer, layers), "head",
                     (json_int_t)chosen("--head", page->head, heads), "word", page->word ? json_text(page->word) : NULL,
                     "notice", notice_of(page));
}

long long live_page_write(const struct live_page *page, const struct common *common) {
    struct page_part parts[] = {{.id = "engine"}, {.id = "module"}, {.id = "model"}};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    struct engine engine = engine_begin(common);
    read_worker(page, &parts[0]);
    read_library(page, "selfattn.wasm", &parts[1]);
    open_model(page, &engine, &parts[2]);
    const long long bytes = page_write(page->file, data_of(page, &engine), parts, PARTS);
    for (int i = 0; i < PARTS; i++) free((void *)parts[i].bytes);
    engine_close(&engine);
    return bytes;
}
