/* SPDX-License-Identifier: MIT */
#include "text/texts.h"

#include "exit.h"
#include "folder/crawl.h"
#include "text/text_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct texts *t, char *text) {
    t->text = reallocate(t->text, (size_t)t->count + 1, sizeof *t->text);
    t->bytes = reallocate(t->bytes, (size_t)t->count + 1, sizeof *t->bytes);
    t->text[t->count] = text;
    t->bytes[t->count++] = (int64_t)strlen(text);
}

struct texts texts_of_file(const char *file) {
    struct texts t = {0};
    add(&t, text_file_read(file));
    return t;
}

/* Adds the text of a file; returns whether there is one. */
static int try_file(struct texts *t, const char *path) {
    char why[1024];
    char *text = text_file_try(path, why, sizeof why);
    if (text && !*text) {
        snprintf(why, sizeof why, "%s is empty", path);
        free(text);
        text = NULL;
    }
    if (text)
        add(t, text);
    else
        fprintf(stderr, "left out: %s\n", why);
    return text != NULL;
}

static struct texts texts_of_folder(const char *folder, const char *but) {
    struct texts t = {0};
    struct crawl files = crawl_folder(folder, but);
    char left_out[256];
    long long bytes = 0;
    for (int64_t i = 0; i < files.count; i++)
        if (try_file(&t, files.file[i].path)) bytes += t.bytes[t.count - 1];
    crawl_left_out(&files, files.count - t.count, "without text", left_out, sizeof left_out);
    if (!t.count) failure("%s has no text in it%s", folder, left_out);
    fprintf(stderr, "%s: %lld texts of %lld bytes%s\n", folder, (long long)t.count, bytes, left_out);
    crawl_free(&files);
    return t;
}

struct texts texts_of(const char *path, const char *but) {
    struct stat status;
    return !stat(path, &status) && S_ISDIR(status.st_mode) ? texts_of_folder(path, but) : texts_of_file(path);
}

void texts_free(struct texts *t) {
    for (int64_t i = 0; i < t->count; i++) free(t->text[i]);
    free(t->text);
    free(t->bytes);
}
