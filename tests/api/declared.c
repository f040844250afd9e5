/* A reader of the public headers: comments, lines "#define SA_NAME number", and "typedef struct name { fields }".
 * SPDX-License-Identifier: MIT */
#include "declared.h"

#include "selfattn.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT(type)                                                                                                \
    offsetof(                                                                                                          \
        struct {                                                                                                       \
            char first;                                                                                                \
            type second;                                                                                               \
        },                                                                                                             \
        second)
#define TYPE(type)                                                                                                     \
    { #type, sizeof(type), ALIGNMENT(type) }
struct type {
    const char *name;
    size_t size, alignment;
};
static const struct type types[] = {
    TYPE(int32_t), TYPE(int64_t), TYPE(uint64_t),  TYPE(size_t),
    TYPE(float),   TYPE(double),  TYPE(sa_status), TYPE(sa_tensor),
};
static const struct type pointer = TYPE(void *);

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    const size_t size = (size_t)ftell(file);
    char *text = calloc(size + 1, 1);
    rewind(file);
    cr_assert(text && fread(text, 1, size, file) == size);
    fclose(file);
    return text;
}

static void blank_comments(char *text) {
    for (char *begin; (begin = strstr(text, "/*"));) {
        const char *end = strstr(begin, "*/");
        cr_assert_not_null(end, "a comment does not end");
        memset(begin, ' ', (size_t)(end + 2 - begin));
    }
}

static int is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Reads a word, or one other character, behind blanks. */
static const char *next_token(const char *at, char token[64]) {
    size_t length = 0;
    while (isspace((unsigned char)*at)) at++;
    cr_assert(*at, "a struct does not end");
    do token[length++] = *at++;
    while (is_word(token[0]) && is_word(*at) && length < 63);
    token[length] = 0;
    return at;
}

static struct type type_named(const char *name) {
    const size_t length = strlen(name);
    if (length > 3 && !strcmp(name + length - 3, "_fn")) return pointer;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i].name, name)) return types[i];
    return (struct type){name, 0, 1}; /* only a pointer to it can be a field */
}

struct reader {
    declared_fn declared;
    void *user;
    char name[64]; /* of the struct that is read */
    size_t end;    /* where its next field may begin */
    size_t alignment;
};

static void add_field(struct reader *reader, const char *field, struct type type, size_t count) {
    char name[160];
    cr_assert_neq(type.size, 0, "%s.%s is of an unknown type %s", reader->name, field, type.name);
    reader->end = (reader->end + type.alignment - 1) / type.alignment * type.alignment;
    if (type.alignment > reader->alignment) reader->alignment = type.alignment;
    snprintf(name, sizeof name, "%s.%s", reader->name, field);
    reader->declared(reader->user, name, (int64_t)reader->end);
    snprintf(name, sizeof name, "sizeof(%s.%s)", reader->name, field);
    reader->declared(reader->user, name, (int64_t)(type.size * count));
    reader->end += type.size * count;
}

/* "const float *cosines, *sines;", whose first word has been read. */
static const char *read_declaration(struct reader *reader, const char *at, char token[64]) {
    char base[64], field[64] = "";
    while (!strcmp(token, "const") || !strcmp(token, "struct")) at = next_token(at, token);
    strcpy(base, token);
    while (strcmp(token, ";")) {
        struct type type = type_named(base);
        size_t count = 1;
        for (at = next_token(at, token); !strcmp(token, "*") || !strcmp(token, "const"); at = next_token(at, token))
            if (token[0] == '*') type = pointer;
        cr_assert(is_word(token[0]), "a field of %s cannot be read at \"%s\"", reader->name, token);
        strcpy(field, token);
        at = next_token(at, token);
        if (!strcmp(token, "[")) {
            at = next_token(at, token);
            count = strtoul(token, NULL, 10);
            at = next_token(next_token(at, token), token);
        }
        cr_assert(!strcmp(token, ",") || !strcmp(token, ";"), "%s.%s cannot be read", reader->name, field);
        add_field(reader, field, type, count);
    }
    return at;
}

/* "name { fields }": behind the word struct. Other uses of that word are passed over. */
static void read_struct(struct reader *reader, const char *at) {
    char token[64];
    at = next_token(next_token(at, reader->name), token);
    if (strcmp(token, "{")) return;
    reader->end = 0;
    reader->alignment = 1;
    for (at = next_token(at, token); strcmp(token, "}"); at = next_token(at, token))
        at = read_declaration(reader, at, token);
    char name[80];
    snprintf(name, sizeof name, "sizeof(%s)", reader->name);
    const size_t alignment = reader->alignment;
    reader->declared(reader->user, name, (int64_t)((reader->end + alignment - 1) / alignment * alignment));
}

/* "#define SA_NAME number" */
static void read_define(const struct reader *reader, const char *at) {
    char name[64], text[64], *end;
    if (sscanf(at, "#define %63s %63s", name, text) != 2 || strncmp(name, "SA_", 3)) return;
    const int64_t value = strtoll(text, &end, 0);
    if (*end == 0) reader->declared(reader->user, name, value);
}

void read_declared(const char *path, declared_fn declared, void *user) {
    char *text = read_text(path);
    struct reader reader = {.declared = declared, .user = user};
    blank_comments(text);
    for (const char *at = text; (at = strstr(at, "#define ")); at++) read_define(&reader, at);
    for (const char *at = text; (at = strstr(at, "struct ")); at++) read_struct(&reader, at + 7);
    free(text);
}
