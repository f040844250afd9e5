/* SPDX-License-Identifier: MIT */
#include "page/carried.h"

#include "exit.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As letters this is what one text of a browser can hold. */
static const long long most_bytes = 500000000;

/* What a model may have beside its weights. */
static const char *const beside[] = {
    "config.json",           "generation_config.json", "architecture.json",        "modules.json",
    "1_Pooling/config.json", "2_Dense/config.json",    "2_Dense/model.safetensors"};

/* Files of tokenizers, but for SentencePiece's. */
static const char *const tokenizers[] = {"tokenizer.json",
                                         "tokenizer_config.json",
                                         "special_tokens_map.json",
                                         "added_tokens.json",
                                         "vocab.json",
                                         "merges.txt",
                                         "vocab.txt",
                                         "tokenizer.bin",
                                         "source_vocabulary.txt",
                                         "target_vocabulary.txt"};

static const char weights_name[] = "model.safetensors", index_name[] = "model.safetensors.index.json";

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

void carry(struct carried *carried, const char *name, const char *file) {
    carried->part = reallocate(carried->part, (size_t)carried->count + 1, sizeof *carried->part);
    struct page_part *part = &carried->part[carried->count++];
    part->id = g_strdup(name);
    read_into(part, file);
}

/* Whether the directory has the file, which is then added. */
static int carry_from(struct carried *carried, const char *directory, const char *name) {
    char *file = g_build_filename(directory, name, NULL);
    const int there = g_file_test(file, G_FILE_TEST_EXISTS);
    if (there) carry(carried, name, file);
    g_free(file);
    return there;
}

/* The name becomes an id in HTML. */
static void check_name(const char *directory, const char *from, const char *name) {
    if (strpbrk(name, "\"<>&/")) failure("%s: %s names the file \"%.80s\", which a page cannot", directory, from, name);
}

/* The files among which an index shares the tensors. */
static void carry_shards(struct carried *carried, const char *directory) {
    json_t *index = json_loads((const char *)carried->part[carried->count - 1].bytes, 0, NULL);
    json_t *files = json_object(), *value;
    const char *tensor, *name;
    json_object_foreach(json_object_get(index, "weight_map"), tensor, value)
        json_object_set(files, json_string_value(value), value);
    json_object_foreach(files, name, value) {
        check_name(directory, index_name, name);
        if (!carry_from(carried, directory, name))
            failure("%s: %s, which %s names, is missing", directory, name, index_name);
    }
    json_decref(files);
    json_decref(index);
}

static void carry_all(struct carried *carried, const char *directory, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) carry_from(carried, directory, names[i]);
}

/* Files of SentencePiece, which may have any name. Marian's pieces of what is written stand in vocab.json, too. */
static void carry_pieces(struct carried *carried, const char *directory) {
    GDir *listing = g_dir_open(directory, 0, NULL);
    for (const char *name; listing && (name = g_dir_read_name(listing));) {
        if (*name == '.' || !(g_str_has_suffix(name, ".model") || g_str_has_suffix(name, ".spm"))) continue;
        if (!strcmp(name, "target.spm")) continue;
        check_name(directory, "the directory", name);
        carry_from(carried, directory, name);
    }
    if (listing) g_dir_close(listing);
}

void carry_tokenizer(struct carried *carried, const char *directory) {
    char *whole = g_build_filename(directory, tokenizers[0], NULL);
    carry_all(carried, directory, tokenizers, sizeof tokenizers / sizeof tokenizers[0]);
    if (!g_file_test(whole, G_FILE_TEST_EXISTS)) carry_pieces(carried, directory);
    g_free(whole);
}

void carry_directory(struct carried *carried, const char *directory) {
    carry_all(carried, directory, beside, sizeof beside / sizeof beside[0]);
    carry_tokenizer(carried, directory);
    if (carry_from(carried, directory, weights_name)) return;
    if (!carry_from(carried, directory, index_name))
        failure("%s: a page carries %s, or %s with the files that it names, and neither is there", directory,
                weights_name, index_name);
    carry_shards(carried, directory);
}

void carried_free(struct carried *carried) {
    for (int i = 0; i < carried->count; i++) {
        g_free((void *)carried->part[i].id);
        free((void *)carried->part[i].bytes);
    }
    free(carried->part);
}
