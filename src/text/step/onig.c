/* A list of differences, one function per kind of construct. All were found by reading the two manuals (doc/RE of
 * Oniguruma 6.9, pcre2pattern(3)); tests/text/expression.c has them.
 * SPDX-License-Identifier: MIT */
#include "text/step/onig.h"

#include "base/compiler.h"

#include <string.h>

/* White_Space; PCRE2's \s has U+180E too. */
#define SPACE "\\t-\\r\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
/* Letters, marks, digits and connectors; PCRE2's \w has no marks and all numbers. Outside of sets, and for \b, the
 * small digits and fractions of Latin-1 too. */
#define WORD_IN_SET                                                                                                    \
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}"                   \
    "\\x{1f170}-\\x{1f189}"
#define WORD WORD_IN_SET "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"

/* Two bytes become \b, which is the longest. */
enum { MOST_GROWTH = 320 };

struct rewriter {
    const char *at;
    char *out;
    int64_t length;
    int in_class;
    const char *refused;
};

int64_t onig_room(int64_t bytes) {
    return bytes * MOST_GROWTH + 1;
}

static void put(struct rewriter *r, const char *text) {
    const size_t n = strlen(text);
    memcpy(r->out + r->length, text, n);
    r->length += (int64_t)n;
}

static void copy(struct rewriter *r, int64_t bytes) {
    memcpy(r->out + r->length, r->at, (size_t)bytes);
    r->length += bytes;
    r->at += bytes;
}

/* Properties with more than a general category's two letters, and what PCRE2 calls them. All others are scripts;
 * without "sc:" PCRE2 would take characters of several scripts too. */
static const char *const properties[][2] = {
    {"Letter", "L"},
    {"Alphabetic", "Alphabetic"},
    {"Mark", "M"},
    {"Number", "N"},
    {"Punctuation", "P"},
    {"Symbol", "S"},
    {"Separator", "Z"},
    {"Other", "C"},
    {"Uppercase", "Uppercase"},
    {"Lowercase", "Lowercase"},
    {"White_Space", "White_Space"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Nonspacing_Mark", "Mn"},
    {"Decimal_Number", "Nd"},
    {"Emoji", "Emoji"},
};

static void put_property(struct rewriter *r) {
    char name[40];
    const int negated = !strncmp(r->at + 2, "{^", 2);
    const char *begin = r->at + 3 + negated, *end = r->at[2] == '{' ? strchr(begin, '}') : NULL;
    const int64_t bytes = end ? end - begin : 0;
    if (bytes <= 0 || bytes >= (int64_t)sizeof name) {
        r->refused = "a property that is not \\p{Name}";
        return;
    }
    memcpy(name, begin, (size_t)bytes);
    name[bytes] = 0;
    put(r, r->at[1] == 'p' ? "\\p{" : "\\P{");
    if (negated) put(r, "^");
    int known = bytes <= 2;
    for (int64_t i = 0; i < COUNT_OF(properties) && !known; i++)
        if (!strcmp(name, properties[i][0])) {
            strcpy(name, properties[i][1]);
            known = 1;
        }
    if (!known) put(r, "sc:");
    put(r, name);
    put(r, "}");
    r->at = end + 1;
}

static void put_hexadecimal(struct rewriter *r) {
    const int64_t wanted = r->at[1] == 'u' ? 4 : 2;
    const int64_t digits = (int64_t)strspn(r->at + 2, "0123456789abcdefABCDEF");
    if (r->at[1] == 'x' && r->at[2] == '{') {
        copy(r, 3);
    } else if (digits < wanted || (wanted == 2 && r->at[2] > '7')) {
        r->refused = "\\x or \\u without two or four digits of a character";
    } else {
        r->at += 2;
        put(r, "\\x{");
        copy(r, wanted);
        put(r, "}");
    }
}

static void replace(struct rewriter *r, const char *text) {
    put(r, text);
    r->at += 2;
}

static void put_escape(struct rewriter *r) {
    const char c = r->at[1];
    if (c == 'p' || c == 'P')
        put_property(r);
    else if (c == 'x' || c == 'u')
        put_hexadecimal(r);
    else if (c == 's')
        replace(r, r->in_class ? SPACE : "[" SPACE "]");
    else if (c == 'S')
        replace(r, r->in_class ? "\\S\\x{180e}" : "[^" SPACE "]");
    else if (c == 'w')
        replace(r, r->in_class ? WORD_IN_SET : "[" WORD "]");
    else if (c == 'W' && !r->in_class)
        replace(r, "[^" WORD "]");
    else if (c == 'b' && !r->in_class)
        replace(r, "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))");
    else if (c == 'v')
        replace(r, "\\x0b");
    else if (c && !(strchr("dDnrtfae", c) || (!r->in_class && strchr("AGzZ", c))) &&
             ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
        r->refused = "an escape of a letter or digit that PCRE2 has not, or reads in another way";
    else
        copy(r, c ? 2 : 1);
}

/* In Ruby's syntax "m" lets the dot match line breaks. */
static void put_options(struct rewriter *r) {
    const char *begin = r->at + 2, *end = begin + strspn(begin, "im-");
    const int alone = *end == ')';
    if (end == begin || (*end != ':' && !alone) || (alone && r->length)) {
        r->refused = "an option, or a kind of group, that PCRE2 has not or reads in another way";
        return;
    }
    put(r, "(?");
    for (r->at += 2; r->at <= end; r->at++) {
        const char option[2] = {(char)(*r->at == 'm' ? 's' : *r->at), 0};
        put(r, option);
    }
}

static void put_group(struct rewriter *r) {
    static const char *const same[] = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?#"};
    if (r->at[1] == '*') {
        r->refused = "a verb \"(*\"";
        return;
    }
    if (r->at[1] != '?') {
        copy(r, 1);
        return;
    }
    for (int64_t i = 0; i < COUNT_OF(same); i++)
        if (!strncmp(r->at, same[i], strlen(same[i]))) {
            copy(r, (int64_t)strlen(same[i]));
            return;
        }
    put_options(r);
}

/* {n}? means another thing in Ruby, and so does {n,m}+; {,m} is a plain text for PCRE2. */
static void put_count(struct rewriter *r) {
    const char *begin = r->at + 1, *end = begin + strspn(begin, "0123456789,");
    const int has_comma = memchr(begin, ',', (size_t)(end - begin)) != NULL;
    if (end == begin || *end != '}' || (end - begin == 1 && has_comma)) {
        copy(r, 1);
        return;
    }
    if (end[1] == '+' || (end[1] == '?' && !has_comma)) {
        r->refused = "a count {n,m} with + or ? behind it";
        return;
    }
    copy(r, 1);
    if (*begin == ',') put(r, "0");
    copy(r, end - r->at + 1);
}

static void put_class_member(struct rewriter *r) {
    if (*r->at == '[')
        r->refused = "a set within a set";
    else if (!strncmp(r->at, "&&", 2))
        r->refused = "an intersection of sets";
    else {
        r->in_class = *r->at != ']';
        copy(r, 1);
    }
}

static void open_class(struct rewriter *r) {
    copy(r, r->at[1] == '^' ? 2 : 1);
    r->in_class = 1;
    if (*r->at == ']') r->refused = "a set that begins with ]";
}

const char *onig_rewrite(const char *regex, char *out) {
    struct rewriter r = {.at = regex, .out = out};
    while (*r.at && !r.refused) {
        if (*r.at == '\\')
            put_escape(&r);
        else if (r.in_class)
            put_class_member(&r);
        else if (*r.at == '[')
            open_class(&r);
        else if (*r.at == '(')
            put_group(&r);
        else if (*r.at == '{')
            put_count(&r);
        else
            copy(&r, 1);
    }
    out[r.length] = 0;
    return r.refused;
}
