/* The embeddings of a folder's chunks in a file, which is mapped into memory. Numbers are in this machine's byte order:
 * another order is another version.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_FOLDER_INDEX_H
#define TOOLS_FOLDER_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index_head {
    char magic[8];
    int64_t version, int8, width;
    uint64_t model; /* fingerprint: see index_model() */
    int64_t files, chunks, strings;
};

/* Names and texts are bytes in `strings`, each ended by NUL. */
struct index_file {
    int64_t path, size, changed, first, chunks;
};

struct index_chunk {
    int64_t file, offset, line, text;
};

/* The sections lie behind the head in this order. */
struct index {
    struct index_head head;
    struct index_file *file;   /* [files] */
    struct index_chunk *chunk; /* [chunks] */
    float *scale;              /* [chunks] of int8: what a row is multiplied by; 1 for float32 */
    void *row;                 /* [chunks,width] float or int8_t */
    char *strings;             /* [strings] */
    void *map;                 /* NULL: the sections are memory of their own */
    size_t bytes;
};

/* An index in memory of no files. */
struct index index_new(int int8, int64_t width, uint64_t model);

/* Maps an index file, which must not be shortened while it is open. A file that is none, has counts that its size
 * belies, or belongs to another model ends the program. */
struct index index_open(const char *path, int64_t width, uint64_t model);

/* Writes a new file and puts it in the place of an old one. */
void index_write(const struct index *index, const char *path);
void index_close(struct index *index);

/* Adds to an index in memory. index_row() rounds to its type: in int8 by at most half the row's greatest number/127. */
void index_add_file(struct index *index, const char *path, int64_t size, int64_t changed);
void index_add_chunk(struct index *index, int64_t offset, int64_t line, const char *text);
void index_set_row(struct index *index, int64_t chunk, const float *row);

/* Copies chunks and rows of file `from` of another index of the same type to the last file. */
void index_copy_file(struct index *index, const struct index *other, int64_t from);

double index_score(const struct index *index, int64_t chunk, const float *query);

/* A number that tells indexes apart: from their files, their texts, and which rows are set. */
uint64_t index_texts(const struct index *index);

/* A number that tells models apart, with their adapters (NULL: none): from the sizes of their files, and the first and
 * last 64 KiB of each. */
uint64_t index_model(const char *model, const char *adapter);

#endif
