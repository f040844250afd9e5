/* SPDX-License-Identifier: MIT */
#include "sentences.h"

#include "exit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct sentences *s, const char *text) {
    char *kept = strdup(text);
    char **more = realloc(s->text, sizeof *more * ((size_t)s->count + 1));
    if (!kept || !more) failure("no memory for %lld sentences", (long long)s->count + 1);
    s->text = more;
    s->text[s->count++] = kept;
}

static void append_lines(struct sentences *s, const char *file) {
    FILE *stream = strcmp(file, "-") ? fopen(file, "r") : stdin;
    if (!stream) failure("%s cannot be opened: %s", file, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    for (ssize_t bytes; (bytes = getline(&line, &size, stream)) >= 0;) {
        if (strlen(line) < (size_t)bytes) failure("%s has a NUL in a line, behind \"%.60s\"", file, line);
        line[strcspn(line, "\r\n")] = 0;
        if (*line) append(s, line);
    }
    if (ferror(stream)) failure("%s cannot be read: %s", file, strerror(errno));
    free(line);
    if (stream != stdin) fclose(stream);
}

struct sentences sentences_read(const char *const *given, const char *file) {
    struct sentences s = {0};
    for (int i = 0; given[i]; i++) append(&s, given[i]);
    if (file || !s.count) append_lines(&s, file ? file : "-");
    if (!s.count) failure("there is no sentence to search");
    return s;
}

void sentences_free(struct sentences *sentences) {
    for (int64_t i = 0; i < sentences->count; i++) free(sentences->text[i]);
    free(sentences->text);
}
