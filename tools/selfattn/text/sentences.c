/* SPDX-License-Identifier: MIT */
#include "text/sentences.h"

#include "exit.h"
#include "text/text_file.h"

#include <stdlib.h>
#include <string.h>

static void append(struct sentences *s, const char *text) {
    char *kept = strdup(text);
    char **more = realloc(s->text, sizeof *more * ((size_t)s->count + 1));
    if (!kept || !more) failure("no memory for %lld sentences", (long long)s->count + 1);
    s->text = more;
    s->text[s->count++] = kept;
}

static void append_line(void *sentences, const char *line) {
    if (*line) append(sentences, line);
}

struct sentences sentences_read(const char *const *given, const char *file) {
    struct sentences s = {0};
    for (int i = 0; given[i]; i++) append(&s, given[i]);
    if (file || !s.count) text_lines(file ? file : "-", append_line, &s);
    if (!s.count) failure("there is no sentence to search");
    return s;
}

void sentences_free(struct sentences *sentences) {
    for (int64_t i = 0; i < sentences->count; i++) free(sentences->text[i]);
    free(sentences->text);
}
