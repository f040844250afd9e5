/* SPDX-License-Identifier: MIT */
#include "text/stream.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

static void append(struct stream *s, int32_t token) {
    if (s->count == s->room) {
        s->room = 2 * s->room + 64;
        s->id = reallocate(s->id, (size_t)s->room, sizeof *s->id);
    }
    s->id[s->count++] = token;
}

/* The text of all tokens, that of the first one cut off. */
static void decode(struct stream *s) {
    int64_t bytes;
    const struct engine *e = s->engine;
    check(sa_tokenizer_decode(e->ctx, e->tokenizer, s->id, s->count, NULL, 0, &bytes), e->ctx);
    free(s->text);
    s->text = allocate((size_t)bytes + 1, 1);
    if (bytes) check(sa_tokenizer_decode(e->ctx, e->tokenizer, s->id, s->count, s->text, bytes, &bytes), e->ctx);
    s->bytes = bytes - s->skipped;
    memmove(s->text, s->text + s->skipped, (size_t)s->bytes + 1);
}

struct stream stream_begin(const struct engine *engine, FILE *output, char *const *stops, int32_t before) {
    struct stream s = {.engine = engine, .output = output, .stops = stops, .end = -1};
    if (before >= 0) append(&s, before);
    decode(&s);
    s.skipped = s.bytes;
    s.bytes = 0;
    s.text[0] = 0;
    return s;
}

/* Bytes of a character that has not ended yet, at the end of the text. */
static int64_t unfinished(const char *text, int64_t bytes) {
    int64_t back = 1;
    while (back < 4 && back < bytes && ((unsigned char)text[bytes - back] & 0xc0) == 0x80) back++;
    if (bytes < back) return 0;
    unsigned char first = (unsigned char)text[bytes - back];
    int64_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    return back < whole ? back : 0;
}

/* The longest end of the text with which a stop string begins. */
static int64_t suspicious(const struct stream *s) {
    int64_t most = 0;
    for (int i = 0; s->stops && s->stops[i]; i++)
        for (int64_t n = (int64_t)strlen(s->stops[i]) - 1; n > most; n--)
            if (n <= s->bytes && !memcmp(s->text + s->bytes - n, s->stops[i], (size_t)n)) most = n;
    return most;
}

static void find_end(struct stream *s) {
    for (int i = 0; s->stops && s->stops[i] && *s->stops[i]; i++) {
        const char *at = strstr(s->text, s->stops[i]);
        if (at && (s->end < 0 || at - s->text < s->end)) s->end = at - s->text;
    }
}

static void show(struct stream *s, int64_t end) {
    if (s->output && s->lead) fputs(s->lead, s->output);
    s->lead = NULL;
    if (s->output && end > s->shown) {
        fwrite(s->text + s->shown, 1, (size_t)(end - s->shown), s->output);
        fflush(s->output);
    }
    if (end > s->shown) s->shown = end;
}

void stream_add(struct stream *s, int32_t token) {
    append(s, token);
    decode(s);
    find_end(s);
    int64_t held = suspicious(s), half = unfinished(s->text, s->bytes);
    show(s, s->end >= 0 ? s->end : s->bytes - (held > half ? held : half));
}

void stream_end(struct stream *s) {
    if (s->end >= 0) s->bytes = s->end;
    s->text[s->bytes] = 0;
    show(s, s->bytes);
}

void stream_free(struct stream *s) {
    free(s->id);
    free(s->text);
}
