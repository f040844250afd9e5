/* SPDX-License-Identifier: MIT */
#include "folder/chunks.h"

#include "exit.h"
#include "text/embeddings.h"
#include "text/text_file.h"

#include <ctype.h>
#include <stdlib.h>

/* Tokens of a chunk: sentence encoders were trained on texts of about this length. */
enum { MOST_TOKENS = 128 };

struct piece {
    const char *begin, *end;
    int64_t tokens;
};

struct pieces {
    int64_t count, most;
    struct piece *piece; /* [count] */
};

/* A space near the middle, else a place between two characters. */
static const char *middle(const char *begin, const char *end) {
    const char *half = begin + (end - begin) / 2, *at = half;
    while (at > begin && !isspace((unsigned char)*at)) at--;
    if (at > begin) return at;
    while (half > begin && ((unsigned char)*half & 0xc0) == 0x80) half--;
    return half;
}

/* Adds a sentence, in halves of halves where it has more tokens than fit. */
static void add_piece(const struct engine *engine, struct pieces *p, const char *begin, const char *end) {
    while (begin < end && isspace((unsigned char)*begin)) begin++;
    while (end > begin && isspace((unsigned char)end[-1])) end--;
    if (begin == end) return;
    char *text = text_between(begin, end);
    struct tokens tokens = engine_tokens(engine, text);
    const int64_t count = tokens.count - engine->special.count;
    free(tokens.id);
    free(text);
    const char *half = middle(begin, end);
    if (count > p->most && half > begin) {
        add_piece(engine, p, begin, half);
        add_piece(engine, p, half, end);
    } else if (count > 0) {
        p->piece = reallocate(p->piece, (size_t)p->count + 1, sizeof *p->piece);
        p->piece[p->count++] = (struct piece){begin, end, count};
    }
}

static struct pieces cut(const struct engine *engine, const char *text) {
    const int64_t positions = embeddings_most_tokens(engine);
    struct pieces p = {.most = positions > 0 && positions < MOST_TOKENS ? positions : MOST_TOKENS};
    p.most = p.most > engine->special.count ? p.most - engine->special.count : 1;
    for (const char *end; *text; text = end) {
        end = text_sentence_end(text);
        add_piece(engine, &p, text, end);
    }
    return p;
}

struct chunks chunks_make(const struct engine *engine, const char *text) {
    struct pieces p = cut(engine, text);
    struct chunks c = {0};
    const char *counted = text;
    int64_t line = 1;
    for (int64_t first = 0, next; first < p.count; first = next) {
        int64_t end = first + 1, tokens = p.piece[first].tokens;
        while (end < p.count && tokens + p.piece[end].tokens <= p.most) tokens += p.piece[end++].tokens;
        for (; counted < p.piece[first].begin; counted++) line += *counted == '\n';
        c.chunk = reallocate(c.chunk, (size_t)c.count + 1, sizeof *c.chunk);
        c.chunk[c.count++] =
            (struct chunk){counted - text, line, text_between(p.piece[first].begin, p.piece[end - 1].end)};
        /* The last sentence begins the next chunk too, if another one fits behind it. */
        next = end;
        if (end < p.count && end - first > 1 && p.piece[end - 1].tokens + p.piece[end].tokens <= p.most) next--;
    }
    free(p.piece);
    return c;
}
