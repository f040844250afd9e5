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

/* The first token from this one on that looks like a code; -1: there is none. */
static int32_t next_code(const sa_tokenizer *t, int32_t id) {
    enum { MOST_BYTES = 20 };
    for (; id < sa_tokenizer_size(t); id++) {
        const char *token = sa_tokenizer_token(t, id);
        if (token && looks_like_code(token) && strlen(token) <= MOST_BYTES) return id;
    }
    return -1;
}

int languages_show(const struct engine *e, char text[LANGUAGES_SHOWN_BYTES]) {
    enum { SHOWN = 8 };
    int count = 0;
    *text = 0;
    for (int32_t id = next_code(e->tokenizer, 0); id >= 0; id = next_code(e->tokenizer, id + 1)) {
        if (count++ >= SHOWN) continue;
        strcat(text, count == 1 ? "" : ", ");
        strcat(text, sa_tokenizer_token(e->tokenizer, id));
    }
    if (count > SHOWN) strcat(text, ", ...");
    return count;
}

static _Noreturn void refuse(const struct engine *e, const char *option, const char *code) {
    char some[LANGUAGES_SHOWN_BYTES];
    const int count = languages_show(e, some);
    if (!count) usage_error("%s is \"%s\", but the tokenizer has no tokens of languages", option, code);
    usage_error("%s is \"%s\", which is none of the tokenizer's %d languages: %s", option, code, count, some);
}

/* The token of a code; -1 for NULL. */
static int32_t find(const struct engine *e, const char *option, const char *code) {
    int32_t id = -1;
    if (code &&
        (sa_tokenizer_language(e->tokenizer, code, &id) || !looks_like_code(sa_tokenizer_token(e->tokenizer, id))))
        refuse(e, option, code);
    return id;
}

/* What the tokenizer puts around a text in this language. */
struct frame {
    int32_t ids[16];
    int64_t count;
};

static struct frame frame_of(const struct engine *e, int32_t language) {
    struct frame f;
    check(sa_tokenizer_encode_language(e->ctx, e->tokenizer, "", 0, 0, language, f.ids, 16, &f.count), e->ctx);
    return f;
}

/* Whether the tokenizer puts a language behind the text. */
static int stands_behind(const struct engine *e, int32_t language) {
    const struct frame f = frame_of(e, language);
    return f.count > 1 && f.ids[f.count - 1] == language;
}

int languages_are_told(const struct engine *e) {
    const int32_t any = next_code(e->tokenizer, 0);
    return any >= 0 && frame_of(e, any).count == frame_of(e, -1).count;
}

struct languages languages_find(const struct engine *e, const char *source, const char *target) {
    struct languages l = {.around = find(e, "--source", source), .first = find(e, "--target", target)};
    if (l.first < 0) return l;
    if (stands_in_source(sa_tokenizer_token(e->tokenizer, l.first))) {
        if (source) usage_error("--source is \"%s\", but this model is told its target language alone", source);
        l.around = l.first;
        l.first = -1;
    } else
        l.replaces_start = stands_behind(e, l.first);
    return l;
}

json_t *languages_json(const struct engine *e, const char *source, const char *target) {
    const int are_told = languages_are_told(e);
    json_t *codes = json_array();
    int32_t first = -1;
    languages_find(e, source, target);
    for (int32_t id = next_code(e->tokenizer, 0); id >= 0; id = next_code(e->tokenizer, id + 1)) {
        const char *token = sa_tokenizer_token(e->tokenizer, id);
        const int in_source = stands_in_source(token);
        if (!are_told && islower((unsigned char)*token)) continue; /* "de_DE" may be a word of other tokenizers */
        json_array_append_new(codes, json_pack("[sIb]", token, (json_int_t)id, in_source));
        if (first < 0 && !in_source) first = id;
    }
    if (json_array_size(codes))
        return json_pack("{so sI sI sb}", "codes", codes, "source", (json_int_t)find(e, "--source", source), "target",
                         (json_int_t)find(e, "--target", target), "replacesStart",
                         first >= 0 && stands_behind(e, first));
    json_decref(codes);
    return NULL;
}
