/* SPDX-License-Identifier: MIT */
#include "text/languages.h"

#include "exit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ">>deu<<" (Marian) and "<2de>" (MADLAD) name the target language within the source text. */
static int stands_in_source(const char *token) {
    return !strncmp(token, ">>", 2) || !strncmp(token, "<2", 2);
}

/* "__de__", ">>deu<<", "<2de>", "deu_Latn", "de_DE". */
static int looks_like_code(const char *token) {
    const size_t length = strlen(token);
    if (!strncmp(token, "__", 2)) return length > 4 && !strcmp(token + length - 2, "__");
    if (!strncmp(token, ">>", 2)) return length > 4 && !strcmp(token + length - 2, "<<");
    if (!strncmp(token, "<2", 2)) return length > 3 && token[length - 1] == '>';
    size_t small = 0;
    while (islower((unsigned char)token[small])) small++;
    return (small == 2 || small == 3) && token[small] == '_' && isupper((unsigned char)token[small + 1]) && length < 12;
}

static _Noreturn void refuse(const sa_tokenizer *t, const char *option, const char *code) {
    enum { SHOWN = 8 };
    char some[256] = "";
    int count = 0;
    for (int32_t id = 0; id < sa_tokenizer_size(t); id++) {
        const char *token = sa_tokenizer_token(t, id);
        if (!token || !looks_like_code(token) || strlen(token) > 20 || count++ >= SHOWN) continue;
        strcat(some, count == 1 ? "" : ", ");
        strcat(some, token);
    }
    if (!count) usage_error("%s is \"%s\", but the tokenizer has no tokens of languages", option, code);
    usage_error("%s is \"%s\", which is none of the tokenizer's %d languages: %s%s", option, code, count, some,
                count > SHOWN ? ", ..." : "");
}

/* The token of a code; -1 for NULL. */
static int32_t find(const sa_tokenizer *t, const char *option, const char *code) {
    int32_t id = -1;
    if (code && (sa_tokenizer_language(t, code, &id) || !looks_like_code(sa_tokenizer_token(t, id))))
        refuse(t, option, code);
    return id;
}

/* Whether the tokenizer puts a language behind the text. */
static int stands_behind(const struct engine *e, int32_t language) {
    int32_t ids[16];
    int64_t count;
    check(sa_tokenizer_encode_language(e->ctx, e->tokenizer, "", 0, 0, language, ids, 16, &count), e->ctx);
    return count > 1 && ids[count - 1] == language;
}

struct languages languages_find(const struct engine *e, const char *source, const char *target) {
    struct languages l = {.around = find(e->tokenizer, "--source", source),
                          .first = find(e->tokenizer, "--target", target)};
    if (l.first < 0) return l;
    if (stands_in_source(sa_tokenizer_token(e->tokenizer, l.first))) {
        if (source) usage_error("--source is \"%s\", but this model is told its target language alone", source);
        l.around = l.first;
        l.first = -1;
    } else
        l.replaces_start = stands_behind(e, l.first);
    return l;
}
