/* SPDX-License-Identifier: MIT */
#include "jinja/syntax.h"

#include <ctype.h>
#include <string.h>

struct lexer {
    struct jinja *j;
    struct text source;
    size_t at;
    int line;
};

static char byte_at(const struct lexer *l, size_t at) {
    if (at >= l->source.length) return 0;
    return l->source.at[at];
}

static int begins(const struct lexer *l, const char *text) {
    const size_t length = strlen(text);
    return l->at + length <= l->source.length && !memcmp(l->source.at + l->at, text, length);
}

static void go_to(struct lexer *l, size_t at) {
    for (; l->at < at; l->at++) l->line += l->source.at[l->at] == '\n';
    l->j->line = l->line;
}

static void add(struct lexer *l, enum token_kind kind, struct text text) {
    struct jinja *j = l->j;
    if (j->tokens == j->room) {
        struct token *old = j->token;
        j->room = j->room ? 2 * j->room : 256;
        j->token = jinja_allocate(j, (size_t)j->room * sizeof *j->token);
        if (j->tokens) memcpy(j->token, old, (size_t)j->tokens * sizeof *old);
    }
    j->token[j->tokens++] = (struct token){kind, l->line, text};
}

static size_t find_tag(const struct lexer *l) {
    size_t at = l->at;
    while (at < l->source.length && !(byte_at(l, at) == '{' && byte_at(l, at + 1) && strchr("{%#", byte_at(l, at + 1))))
        at++;
    return at;
}

/* The text before a tag that begins at `end`: without white space where the tag has a "-", and without that of its line
 * where a block or comment has it for itself. */
static struct text data_before(const struct lexer *l, size_t end) {
    const struct text data = text_part(l->source, l->at, end);
    const char sign = byte_at(l, end + 2);
    if (sign == '-') return text_strip(data, NULL, 0, 1);
    if (end == l->source.length || sign == '+' || byte_at(l, end + 1) == '{') return data;
    size_t line = data.length;
    while (line && data.at[line - 1] != '\n' && isspace((unsigned char)data.at[line - 1])) line--;
    const int begins_line = line ? data.at[line - 1] == '\n' : !l->at || l->source.at[l->at - 1] == '\n';
    return begins_line ? text_part(data, 0, line) : data;
}

/* Goes behind the end of a tag; the line end behind a block or comment is its own. */
static void close_tag(struct lexer *l, char sign, int is_block) {
    size_t at = l->at + 2 + (sign != 0);
    while (sign == '-' && isspace((unsigned char)byte_at(l, at))) at++;
    if (!sign && is_block && byte_at(l, at) == '\n') at++;
    go_to(l, at);
}

/* Whether the tag ends here, with this end ("%}"), and with which sign. */
static int is_end(const struct lexer *l, const char *end, char *sign) {
    const char first = byte_at(l, l->at);
    *sign = 0;
    if (begins(l, end)) return 1;
    *sign = first;
    return (first == '-' || first == '+') && byte_at(l, l->at + 1) == end[0] && byte_at(l, l->at + 2) == end[1];
}

static void lex_comment(struct lexer *l) {
    char sign;
    for (go_to(l, l->at + 2); l->at < l->source.length; go_to(l, l->at + 1)) {
        if (!is_end(l, "#}", &sign)) continue;
        close_tag(l, sign, 1);
        return;
    }
    jinja_failure(l->j, "a comment has no end");
}

static void put_escape(struct lexer *l, GString *out, size_t *at) {
    static const char names[] = "n\nt\tr\rb\bf\fv\va\a\\\\''\"\"0\0";
    const char name = byte_at(l, *at);
    const int digits = name == 'x' ? 2 : name == 'u' ? 4 : name == 'U' ? 8 : 0;
    if (digits) {
        gunichar character = 0;
        for (int i = 1; i <= digits; i++) {
            const int digit = g_ascii_xdigit_value(byte_at(l, *at + (size_t)i));
            if (digit < 0) jinja_failure(l->j, "\\%c without %d hexadecimal digits", name, digits);
            character = 16 * character + (gunichar)digit;
        }
        if (!g_unichar_validate(character)) jinja_failure(l->j, "\\%c%x is no character", name, character);
        g_string_append_unichar(out, character);
        *at += (size_t)digits;
        return;
    }
    for (size_t i = 0; i + 1 < sizeof names; i += 2)
        if (name && names[i] == name && name != '0') {
            g_string_append_c(out, names[i + 1]);
            return;
        }
    if (isdigit((unsigned char)name)) jinja_failure(l->j, "\\%c in a text is not supported", name);
    if (name != '\n') g_string_append_printf(out, "\\%c", name);
}

static void lex_text(struct lexer *l) {
    const char quote = byte_at(l, l->at);
    GString *out = g_string_new(NULL);
    size_t at = l->at + 1;
    for (; byte_at(l, at) != quote; at++) {
        if (at >= l->source.length) jinja_failure(l->j, "a text has no end");
        if (byte_at(l, at) == '\\' && ++at < l->source.length)
            put_escape(l, out, &at);
        else
            g_string_append_c(out, byte_at(l, at));
    }
    add(l, T_TEXT, text_taken(l->j, out));
    go_to(l, at + 1);
}

static void lex_number(struct lexer *l) {
    size_t end = l->at;
    while (isdigit((unsigned char)byte_at(l, end))) end++;
    const int is_real = byte_at(l, end) == '.' && isdigit((unsigned char)byte_at(l, end + 1));
    if (is_real) end++;
    while (isdigit((unsigned char)byte_at(l, end))) end++;
    if (end - l->at > 15) jinja_failure(l->j, "a number of %zu digits", end - l->at);
    add(l, is_real ? T_FLOAT : T_INT, text_part(l->source, l->at, end));
    go_to(l, end);
}

static void lex_sign(struct lexer *l, int *nested) {
    static const char *const pairs[] = {"==", "!=", "<=", ">=", "//", "**"};
    size_t length = 1;
    const char first = byte_at(l, l->at);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (begins(l, pairs[i])) length = 2;
    if (!first || !strchr("+-*/%~<>=!.,:|()[]{}", first)) jinja_failure(l->j, "\"%c\" is unexpected", first);
    *nested += strchr("([{", first) ? 1 : strchr(")]}", first) ? -1 : 0;
    add(l, T_SIGN, text_part(l->source, l->at, l->at + length));
    go_to(l, l->at + length);
}

static void lex_name(struct lexer *l) {
    size_t end = l->at;
    while (isalnum((unsigned char)byte_at(l, end)) || byte_at(l, end) == '_') end++;
    add(l, T_NAME, text_part(l->source, l->at, end));
    go_to(l, end);
}

static void lex_tag(struct lexer *l, int is_block) {
    const char *end = is_block ? "%}" : "}}";
    int nested = 0;
    char sign;
    add(l, is_block ? T_BLOCK : T_PRINT, text_part(l->source, l->at, l->at + 2));
    go_to(l, l->at + 2 + (byte_at(l, l->at + 2) == '-' || byte_at(l, l->at + 2) == '+'));
    while (nested > 0 || !is_end(l, end, &sign)) {
        const char first = byte_at(l, l->at);
        if (l->at >= l->source.length) jinja_failure(l->j, "a tag has no end");
        if (isspace((unsigned char)first))
            go_to(l, l->at + 1);
        else if (isalpha((unsigned char)first) || first == '_')
            lex_name(l);
        else if (isdigit((unsigned char)first))
            lex_number(l);
        else if (first == '"' || first == '\'')
            lex_text(l);
        else
            lex_sign(l, &nested);
    }
    add(l, is_block ? T_BLOCK_END : T_PRINT_END, text_of(end));
    close_tag(l, sign, is_block);
}

void jinja_lex(struct jinja *j, struct text source) {
    struct lexer l = {.j = j, .source = source, .line = 1};
    if (source.length && source.at[source.length - 1] == '\n') l.source.length--;
    while (l.at < l.source.length) {
        const size_t tag = find_tag(&l);
        const struct text data = data_before(&l, tag);
        const char kind = byte_at(&l, tag + 1);
        if (data.length) add(&l, T_DATA, data);
        go_to(&l, tag);
        if (l.at >= l.source.length) break;
        if (kind == '#')
            lex_comment(&l);
        else
            lex_tag(&l, kind == '%');
    }
    add(&l, T_END, text_of("the end"));
}
