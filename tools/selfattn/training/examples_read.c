/* Examples from lines of texts, and from folders of images.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memrchr */
#include "exit.h"
#include "folder/crawl.h"
#include "training/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add_line(struct examples *e, const struct engine *engine, const char *line, size_t length, int64_t window) {
    const char *tab = memrchr(line, '\t', length);
    const long long number = e->count + 1;
    if (!tab || tab + 1 == line + length)
        failure("line %lld is no text with a tab and a class behind it: %.*s", number, (int)(length < 60 ? length : 60),
                line);
    char *text = strndup(line, (size_t)(tab - line));
    if (!text) failure("no memory for a text");
    struct example example = {.text = engine_tokens(engine, text)};
    if (!example.text.count) failure("line %lld: a text has no tokens", number);
    tokens_shorten(&example.text, window);
    examples_add(e, example, tab + 1, length - (size_t)(tab + 1 - line));
    free(text);
}

struct examples examples_of_texts(const struct engine *engine, const char *text, int64_t batch, int64_t window) {
    struct examples e = {.batch = batch};
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        if (length) add_line(&e, engine, text, length, window);
    }
    examples_arrange(&e);
    e.ids = allocate((size_t)(batch * window), sizeof *e.ids);
    return e;
}

static int is_image(const char *path) {
    const char *ending = strrchr(path, '.');
    return ending && (!strcasecmp(ending, ".png") || !strcasecmp(ending, ".jpg") || !strcasecmp(ending, ".jpeg"));
}

/* The class is the folder below `folder` that an image is in. */
static void add_image(struct examples *e, const char *folder, const char *path) {
    const char *name = path + strlen(folder);
    name += strspn(name, "/");
    const size_t length = strcspn(name, "/");
    if (!name[length]) failure("%s: is in no folder of a class", path);
    struct example example = {.image = strdup(path)};
    if (!example.image) failure("no memory for the name of a file");
    examples_add(e, example, name, length);
}

struct examples examples_of_images(const char *folder, int64_t batch) {
    struct examples e = {.batch = batch};
    struct crawl files = crawl_folder(folder, NULL);
    char left_out[256];
    for (int64_t i = 0; i < files.count; i++)
        if (is_image(files.file[i].path)) add_image(&e, folder, files.file[i].path);
    crawl_left_out(&files, files.count - e.count, "neither PNG nor JPEG", left_out, sizeof left_out);
    crawl_free(&files);
    if (!e.count) failure("%s has no image in it%s", folder, left_out);
    examples_arrange(&e);
    fprintf(stderr, "%s: %lld images of %lld classes%s\n", folder, (long long)e.count, (long long)e.classes, left_out);
    return e;
}
