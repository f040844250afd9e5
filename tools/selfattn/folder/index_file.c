/* An index as a file: opened with every number checked, written as a whole.
 * SPDX-License-Identifier: MIT */
#include "exit.h"
#include "folder/crawl.h"
#include "folder/index.h"
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* No count of a file can be greater than this, and no sum of sections overflows. */
#define MOST ((int64_t)1 << 40)

struct sections {
    size_t bytes[5];
};

static struct sections sections_of(const struct index_head *h) {
    const size_t files = (size_t)h->files, chunks = (size_t)h->chunks;
    const size_t rows = chunks * (size_t)h->width * (h->int8 ? 1 : sizeof(float));
    return (struct sections){{files * sizeof(struct index_file), chunks * sizeof(struct index_chunk),
                              chunks * sizeof(float), rows, (size_t)h->strings}};
}

static void check_head(const struct index_head *h, size_t size, int64_t width, uint64_t model, const char *path) {
    if (memcmp(h->magic, "SA-INDEX", sizeof h->magic)) failure("%s is no index of selfattn", path);
    if (h->version != 1) failure("%s is an index of version %lld, this program reads 1", path, (long long)h->version);
    if (h->width != width || h->model != model)
        failure(
            "%s is the index of another model: its width is %lld, its fingerprint %016llx, the model's %lld, %016llx",
            path, (long long)h->width, (unsigned long long)h->model, (long long)width, (unsigned long long)model);
    if (h->int8 < 0 || h->int8 > 1) failure("%s has embeddings of type %lld, must be 0 or 1", path, (long long)h->int8);
    const int fine = h->files >= 0 && h->files < MOST && h->chunks >= 0 && h->chunks < MOST / h->width &&
                     h->strings >= 0 && h->strings < MOST;
    size_t bytes = sizeof *h;
    for (int i = 0; fine && i < 5; i++) bytes += sections_of(h).bytes[i];
    if (!fine || bytes != size)
        failure("%s has %zu bytes, which is not what %lld files, %lld chunks and %lld bytes of text need", path, size,
                (long long)h->files, (long long)h->chunks, (long long)h->strings);
}

static void check_sections(const struct index *x, const char *path) {
    int64_t next = 0;
    const int64_t strings = x->head.strings, chunks = x->head.chunks;
    if (strings && x->strings[strings - 1]) failure("%s ends within a text", path);
    for (int64_t i = 0; i < x->head.files; i++) {
        const struct index_file *f = &x->file[i];
        if (f->path < 0 || f->path >= strings || f->first != next || f->chunks < 0 || f->chunks > chunks - next)
            failure("%s: file %lld has a path or chunks outside of the index", path, (long long)i);
        next += f->chunks;
    }
    if (next != chunks)
        failure("%s: %lld of its %lld chunks belong to no file", path, (long long)(chunks - next), (long long)chunks);
    for (int64_t i = 0; i < chunks; i++) {
        const struct index_chunk *c = &x->chunk[i];
        if (c->file < 0 || c->file >= x->head.files || c->text < 0 || c->text >= strings || !isfinite(x->scale[i]))
            failure("%s: chunk %lld has a file or text outside of the index, or a scale that is no number", path,
                    (long long)i);
    }
}

struct index index_open(const char *path, int64_t width, uint64_t model) {
    struct index x = {0};
    struct stat status;
    /* O_NONBLOCK: if the path is a pipe, do not wait for a writer. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, &status)) failure("%s cannot be opened: %s", path, strerror(errno));
    x.bytes = (size_t)status.st_size;
    if (!S_ISREG(status.st_mode) || x.bytes < sizeof x.head) failure("%s is no index of selfattn", path);
    x.map = mmap(NULL, x.bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (x.map == MAP_FAILED) failure("%s cannot be mapped: %s", path, strerror(errno));
    close(descriptor);
    memcpy(&x.head, x.map, sizeof x.head);
    check_head(&x.head, x.bytes, width, model, path);
    const struct sections s = sections_of(&x.head);
    char *at = (char *)x.map + sizeof x.head;
    x.file = (void *)at;
    x.chunk = (void *)(at += s.bytes[0]);
    x.scale = (void *)(at += s.bytes[1]);
    x.row = at += s.bytes[2];
    x.strings = at + s.bytes[3];
    check_sections(&x, path);
    return x;
}

void index_write(const struct index *x, const char *path) {
    const struct sections s = sections_of(&x->head);
    const void *const section[] = {x->file, x->chunk, x->scale, x->row, x->strings};
    struct whole_file file = whole_file_begin(path);
    int fine = fwrite(&x->head, sizeof x->head, 1, file.stream) == 1;
    for (int i = 0; i < 5 && fine; i++) fine = !s.bytes[i] || fwrite(section[i], s.bytes[i], 1, file.stream) == 1;
    whole_file_end(&file, fine);
}

void index_close(struct index *x) {
    if (x->map) {
        munmap(x->map, x->bytes);
        return;
    }
    free(x->file);
    free(x->chunk);
    free(x->scale);
    free(x->row);
    free(x->strings);
}

/* FNV-1a. */
static void mix(uint64_t *hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) *hash = (*hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
}

uint64_t index_texts(const struct index *x) {
    const struct sections s = sections_of(&x->head);
    uint64_t hash = 0xcbf29ce484222325u;
    mix(&hash, &x->head, sizeof x->head);
    mix(&hash, x->file, s.bytes[0]);
    mix(&hash, x->chunk, s.bytes[1]);
    mix(&hash, x->scale, s.bytes[2]);
    mix(&hash, x->strings, s.bytes[4]);
    return hash;
}

static void mix_file(uint64_t *hash, const char *path, int64_t size) {
    enum { SOME = 1 << 16 };
    char *bytes = allocate(SOME, 1);
    FILE *stream = fopen(path, "rb");
    if (!stream) failure("%s cannot be opened: %s", path, strerror(errno));
    mix(hash, &size, sizeof size);
    mix(hash, bytes, fread(bytes, 1, SOME, stream));
    if (size > SOME && !fseek(stream, -SOME, SEEK_END)) mix(hash, bytes, fread(bytes, 1, SOME, stream));
    fclose(stream);
    free(bytes);
}

static int is_of_model(const char *path) {
    static const char *const ends[] = {".json", ".safetensors", ".gguf", ".bin", ".txt", ".model"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strlen(path) > strlen(ends[i]) && !strcmp(path + strlen(path) - strlen(ends[i]), ends[i])) return 1;
    return 0;
}

static void mix_files(uint64_t *hash, const char *model) {
    struct stat status;
    if (stat(model, &status)) failure("%s cannot be opened: %s", model, strerror(errno));
    if (!S_ISDIR(status.st_mode)) {
        mix_file(hash, model, status.st_size);
        return;
    }
    struct crawl files = crawl_folder(model, NULL);
    for (int64_t i = 0; i < files.count; i++)
        if (is_of_model(files.file[i].path)) mix_file(hash, files.file[i].path, files.file[i].size);
    crawl_free(&files);
}

uint64_t index_model(const char *model, const char *adapter) {
    uint64_t hash = 0xcbf29ce484222325u;
    mix_files(&hash, model);
    if (adapter) mix_files(&hash, adapter);
    return hash;
}
