/* SPDX-License-Identifier: MIT */
#include "page/live.h"

#include "exit.h"
#include "page/carried.h"
#include "page/narrow.h"
#include "page/subject.h"
#include "page/view.h"
#include "picture/preprocess.h"
#include "table.h"
#include "weights.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char gguf_name[] = "model.gguf";

/* Adds a file of the library as WebAssembly, as a part with this id. */
static struct page_part *carry_library(const struct live_page *page, const char *name, const char *id,
                                       struct carried *carried) {
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
    carry(carried, id, path);
    free(path);
    return &carried->part[carried->count - 1];
}

/* The script of the page's worker, which is the library's and then what asks it; and the library. */
static void carry_engine(const struct live_page *page, struct carried *carried) {
    struct page_part *part = carry_library(page, "selfattn.js", "engine", carried);
    unsigned char *both = reallocate((void *)part->bytes, part->count + page_view_worker_size, 1);
    memcpy(both + part->count, page_view_worker, page_view_worker_size);
    part->bytes = both;
    part->count += page_view_worker_size;
    carry_library(page, "selfattn.wasm", "module", carried);
}

/* The licences of what the library is linked from: who passes it on passes them on. */
static json_t *notice_of(const struct live_page *page) {
    struct carried notice = {0};
    json_t *text = json_text((const char *)carry_library(page, "NOTICE.md", "notice", &notice)->bytes);
    carried_free(&notice);
    return text;
}

static int wants_half(const struct live_page *page) {
    return page->weights && weights_of("--to", page->weights) == SA_F16;
}

/* Whether a GGUF file has the tokenizer in it: of some files none is written. */
static int has_tokenizer(const struct engine *engine, const char *file) {
    sa_tokenizer *tokenizer;
    if (sa_tokenizer_open(engine->ctx, file, &tokenizer)) return 0;
    sa_tokenizer_destroy(&tokenizer);
    return 1;
}

/* Writes the model with other weights beside the page, opens that file in its place, and removes it again. A tokenizer
 * for which the format has no place keeps its files. Returns 0 for a directory for whose model it has none. */
static int carry_written(const struct live_page *page, struct engine *engine, struct carried *carried) {
    const size_t room = strlen(page->file) + 32;
    char *file = allocate(room, 1);
    snprintf(file, room, "%s.%ld.gguf", page->file, (long)getpid());
    const sa_model_options options = {.struct_size = sizeof options,
                                      .convert = 1,
                                      .weights = weights_of("--to", page->weights ? page->weights : "q8_0")};
    const int can_keep = (!page->weights || wants_half(page)) && g_file_test(page->model, G_FILE_TEST_IS_DIR);
    const sa_status written = sa_model_write(engine->ctx, page->model, &options, file);
    if (written != SA_ERR_UNSUPPORTED || !can_keep) check(written, engine->ctx);
    sa_status opened = SA_OK;
    if (!written) {
        carry(carried, gguf_name, file);
        if (!has_tokenizer(engine, file)) carry_tokenizer(carried, engine->directory);
        sa_model_destroy(&engine->model);
        opened = sa_model_open(engine->ctx, file, &engine->model);
    }
    unlink(file);
    check(opened, engine->ctx);
    free(file);
    return !written;
}

/* The files of a directory as they are, or with half floats. */
static void carry_own(const struct live_page *page, const struct engine *engine, struct carried *carried) {
    const int first = carried->count;
    if (page->weights && !wants_half(page))
        usage_error("--to is \"%s\", but models of the type %s keep their files, or take f16", page->weights,
                    sa_model_type(engine->model));
    carry_directory(carried, page->model);
    for (int i = first; i < carried->count && wants_half(page); i++)
        if (g_str_has_suffix(carried->part[i].id, ".safetensors")) narrow(&carried->part[i]);
}

/* Opens the model and takes what the page has of it: a file in GGUF, or, of models for which that format has no place,
 * their own files. */
static enum subject carry_model(const struct live_page *page, struct engine *engine, struct carried *carried) {
    load_for_images(engine, page->model, page->part);
    const int is_file = engine_is_gguf(page->model);
    const enum subject subject = subject_of(page, engine);
    if (subject != SUBJECT_REWRITINGS && (page->source || page->target))
        usage_error("--source and --target are of models that write a text for a text");
    subject_open_tokenizer(page, subject, engine);
    if (is_file && !page->weights)
        carry(carried, gguf_name, page->model);
    else if ((!is_file && subject != SUBJECT_TEXTS) || !carry_written(page, engine, carried))
        carry_own(page, engine, carried);
    return subject;
}

/* The names of the model's files, which stand behind the engine. */
static json_t *names_of(const struct carried *carried, int engine) {
    json_t *names = json_array();
    for (int i = engine; i < carried->count; i++) json_array_append_new(names, json_string(carried->part[i].id));
    return names;
}

/* Pictures that the page begins with; returns their names. */
static json_t *carry_pictures(const struct live_page *page, struct carried *carried) {
    json_t *names = json_array();
    for (int i = 0; i < page->count; i++) {
        char name[32];
        snprintf(name, sizeof name, "picture-%d", i);
        struct image image = image_read(page->texts[i]); /* whether it is one */
        image_free(&image);
        carry(carried, name, page->texts[i]);
        json_array_append_new(names, json_string(name));
    }
    return names;
}

long long live_page_write(const struct live_page *page, const struct common *common) {
    struct carried carried = {0};
    struct engine engine = engine_begin(common);
    carry_engine(page, &carried);
    const int own = carried.count;
    const enum subject subject = carry_model(page, &engine, &carried);
    json_t *data = subject_data(page, subject, &engine);
    json_object_set_new(data, "files", names_of(&carried, own));
    if (subject == SUBJECT_PICTURES) json_object_set_new(data, "pictures", carry_pictures(page, &carried));
    if (page->part) json_object_set_new(data, "part", json_text(page->part));
    json_object_set_new(data, "notice", notice_of(page));
    const long long bytes = page_write(page->file, data, carried.part, carried.count);
    carried_free(&carried);
    engine_close(&engine);
    return bytes;
}
