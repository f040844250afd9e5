/* SPDX-License-Identifier: MIT */
#include "text/stream.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

int64_t stream_stop_count(char *const *stops) {
    int64_t count = 0;
    while (stops && stops[count]) count++;
    return count;
}

/* Room for what a call writes, and a NUL. */
static void make_room(struct stream *s) {
    const int64_t needed = s->bytes + sa_text_stream_room(s->source) + 1;
    if (needed <= s->room) return;
    s->room = 2 * needed;
    s->text = reallocate(s->text, (size_t)s->room, 1);
}

struct stream stream_begin(const struct engine *e, FILE *output, char *const *stops, int32_t before) {
    struct stream s = {.engine = e, .output = output};
    check(sa_text_stream_create(e->ctx, e->tokenizer, before, (const char *const *)stops, stream_stop_count(stops),
                                &s.source),
          e->ctx);
    make_room(&s);
    s.text[0] = 0;
    return s;
}

/* Takes in what a call has written behind the text. */
static void show(struct stream *s, int64_t bytes) {
    if (s->output && s->lead) fputs(s->lead, s->output);
    s->lead = NULL;
    if (s->output && bytes) {
        fwrite(s->text + s->bytes, 1, (size_t)bytes, s->output);
        fflush(s->output);
    }
    s->bytes += bytes;
    s->text[s->bytes] = 0;
}

void stream_add(struct stream *s, int32_t token) {
    const struct engine *e = s->engine;
    int64_t bytes;
    make_room(s);
    check(sa_text_stream_add(e->ctx, s->source, token, s->text + s->bytes, s->room - s->bytes, &bytes), e->ctx);
    show(s, bytes);
}

void stream_end(struct stream *s) {
    const struct engine *e = s->engine;
    int64_t bytes;
    make_room(s);
    check(sa_text_stream_rest(e->ctx, s->source, s->text + s->bytes, s->room - s->bytes, &bytes), e->ctx);
    show(s, bytes);
}

void stream_free(struct stream *s) {
    sa_text_stream_destroy(&s->source);
    free(s->text);
}
