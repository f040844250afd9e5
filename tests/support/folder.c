/* SPDX-License-Identifier: MIT */
#include "support/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *checked(void *result, const char *what) {
    if (result) return result;
    perror(what);
    exit(1);
}

struct folder folder_make(void) {
    struct folder f;
    const char *root = getenv("TMPDIR");
    snprintf(f.path, sizeof f.path, "%s/selfattn-test-XXXXXX", root && *root ? root : P_tmpdir);
    checked(mkdtemp(f.path), "mkdtemp");
    return f;
}

const char *folder_path(const struct folder *f, const char *name) {
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    return path;
}

void folder_write(const struct folder *f, const char *name, const void *bytes, size_t size) {
    FILE *file = checked(fopen(folder_path(f, name), "wb"), name);
    if (fwrite(bytes, 1, size, file) != size || fclose(file)) checked(NULL, name);
}

void folder_write_text(const struct folder *f, const char *name, const char *text) {
    folder_write(f, name, text, strlen(text));
}

void folder_remove_file(const struct folder *f, const char *name) {
    if (unlink(folder_path(f, name))) checked(NULL, name);
}

void folder_make_inner(const struct folder *f, const char *name) {
    if (mkdir(folder_path(f, name), 0700)) checked(NULL, name);
}

/* A file, or a folder with its files. */
static void remove_item(const struct folder *f, const char *name) {
    struct folder inner;
    if (!strcmp(name, ".") || !strcmp(name, "..")) return;
    if (unlink(folder_path(f, name)) == 0) return;
    if (errno != EISDIR && errno != EPERM) checked(NULL, name);
    if ((size_t)snprintf(inner.path, sizeof inner.path, "%s", folder_path(f, name)) < sizeof inner.path)
        folder_remove(&inner);
}

void folder_remove(const struct folder *f) {
    DIR *listing = checked(opendir(f->path), f->path);
    for (const struct dirent *item; (item = readdir(listing));) remove_item(f, item->d_name);
    closedir(listing);
    if (rmdir(f->path)) checked(NULL, f->path);
}

char *file_bytes(const char *path, size_t *size) {
    FILE *file = checked(fopen(path, "rb"), path);
    char *bytes = NULL;
    size_t used = 0, got;
    do {
        bytes = checked(realloc(bytes, used + 65537), path);
        got = fread(bytes + used, 1, 65536, file);
        used += got;
    } while (got);
    fclose(file);
    bytes[used] = 0;
    if (size) *size = used;
    return bytes;
}
