/* SPDX-License-Identifier: MIT */
#include "text/text_file.h"

#include "exit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* All bytes of a stream with a NUL behind them; NULL: it cannot be read, as errno says. */
static char *read_stream(FILE *stream, size_t *length) {
    enum { STEP = 1 << 16 };
    char *text = NULL;
    size_t got = 1;
    for (*length = 0; got > 0; *length += got) {
        text = reallocate(text, *length + STEP + 1, 1);
        got = fread(text + *length, 1, STEP, stream);
    }
    text[*length] = 0;
    if (!ferror(stream)) return text;
    free(text);
    return NULL;
}

/* Returns the byte at which a text is none, `length` if there is no such. */
static size_t fault(const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t code;
        const utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(length - at), &code);
        if (bytes < 1 || !code) return at;
        at += (size_t)bytes;
    }
    return length;
}

/* Bytes of the mark that some editors put before a text of UTF-8. */
static size_t mark_of(const char *text) {
    static const char mark[] = "\xef\xbb\xbf";
    return strncmp(text, mark, sizeof mark - 1) ? 0 : sizeof mark - 1;
}

/* UTF-16 begins with one of these marks. */
static int is_utf16(const char *text, size_t length) {
    return length >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2));
}

static FILE *open_text(const char **file) {
    if (strcmp(*file, "-") != 0) return fopen(*file, "rb");
    *file = "standard input";
    return stdin;
}

char *text_file_try(const char *file, char *why, size_t room) {
    size_t length;
    FILE *stream = open_text(&file);
    if (!stream) return snprintf(why, room, "%s cannot be opened: %s", file, strerror(errno)), NULL;
    char *text = read_stream(stream, &length);
    if (!text) snprintf(why, room, "%s cannot be read: %s", file, strerror(errno));
    if (stream != stdin) (void)fclose(stream);
    if (!text) return NULL;
    const size_t at = fault(text, length), mark = mark_of(text);
    if (at == length) return memmove(text, text + mark, length - mark + 1);
    if (is_utf16(text, length))
        snprintf(why, room, "%s is UTF-16, and texts have to be UTF-8", file);
    else if (text[at])
        snprintf(why, room, "%s is not UTF-8 at byte %zu", file, at);
    else
        snprintf(why, room, "%s has a NUL after %zu bytes", file, at);
    free(text);
    return NULL;
}

char *text_file_read(const char *file) {
    char why[1024];
    char *text = text_file_try(file, why, sizeof why);
    if (!text) failure("%s", why);
    return text;
}

/* Whether a line is no text, with a sentence in `why`. */
static int line_fault(const char *file, long long number, const char *line, size_t length, char *why, size_t room) {
    const size_t at = fault(line, length);
    if (number == 1 && is_utf16(line, length))
        snprintf(why, room, "%s is UTF-16, and texts have to be UTF-8", file);
    else if (at < length && !line[at])
        snprintf(why, room, "%s: line %lld has a NUL, behind \"%.60s\"", file, number, line);
    else if (at < length)
        snprintf(why, room, "%s: line %lld is not UTF-8 at its byte %zu", file, number, at);
    return at < length;
}

void text_lines_or(const char *file, void (*take)(void *user, const char *line),
                   void (*refuse)(void *user, const char *why), void *user) {
    FILE *stream = open_text(&file);
    if (!stream) failure("%s cannot be opened: %s", file, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    long long number = 1;
    for (ssize_t bytes; (bytes = getline(&line, &size, stream)) >= 0; number++) {
        char why[1024];
        if (line_fault(file, number, line, (size_t)bytes, why, sizeof why)) {
            refuse(user, why);
            continue;
        }
        line[strcspn(line, "\r\n")] = 0;
        take(user, line + (number == 1 ? mark_of(line) : 0));
    }
    if (ferror(stream)) failure("%s cannot be read: %s", file, strerror(errno));
    free(line);
    if (stream != stdin) (void)fclose(stream);
}

static void give_up(void *user, const char *why) {
    (void)user;
    failure("%s", why);
}

void text_lines(const char *file, void (*take)(void *user, const char *line), void *user) {
    text_lines_or(file, take, give_up, user);
}

/* ---------------------------------------------------------------------------------------------- sentences */

/* Whether the word that ends before `end` stands before a name or number: its point ends no sentence. */
static int is_title(const char *begin, const char *end) {
    static const char *const titles[] = {"Dr", "Mr", "Mrs", "Ms",  "Prof", "St",  "Jr",  "Sr",
                                         "No", "vs", "cf",  "e.g", "i.e",  "etc", "Fig", "Eq"};
    const char *word = end;
    while (word > begin && end - word < 8 && !isspace((unsigned char)word[-1]) && word[-1] != '(') word--;
    const size_t length = (size_t)(end - word);
    if (length == 1 && isupper((unsigned char)*word)) return 1;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strlen(titles[i]) == length && !strncmp(word, titles[i], length)) return 1;
    return 0;
}

/* Bytes of a mark that ends a sentence, with quotes and brackets that close behind it; 0: there is none. */
static size_t end_mark(const char *begin, const char *at) {
    static const char *const marks[] = {".", "!", "?", "…", "。", "！", "？", "؟", "۔", "।"};
    static const char *const closing[] = {"\"", "'", ")", "]", "”", "’", "»", "」"};
    size_t length = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks && !length; i++)
        if (!strncmp(at, marks[i], strlen(marks[i]))) length = strlen(marks[i]);
    if (!length || (*at == '.' && is_title(begin, at))) return 0;
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (!strncmp(at + length, closing[i], strlen(closing[i]))) length += strlen(closing[i]), i = (size_t)-1;
    return length;
}

/* Bytes of `at` that belong to the end of a sentence which began at `begin`; 0: it goes on. Scripts without spaces need
 * none behind their marks. */
static size_t sentence_end(const char *begin, const char *at) {
    const size_t mark = end_mark(begin, at);
    if (!mark) return 0;
    const char *next = at + mark;
    if ((unsigned char)*at >= 0xe3) return mark;
    if (*next && !isspace((unsigned char)*next)) return 0;
    while (isspace((unsigned char)*next)) next++;
    return islower((unsigned char)*next) ? 0 : mark;
}

/* Whether a line ends here and the next one begins something new: it is empty, or a heading, item or row of Markdown.
 */
static int is_paragraph_end(const char *at) {
    if (*at != '\n') return 0;
    for (at++; *at == ' ' || *at == '\t' || *at == '\r';) at++;
    return *at == 0 || strchr("\n#|-*`>", *at) != NULL;
}

char *text_between(const char *begin, const char *end) {
    char *text = allocate((size_t)(end - begin) + 1, 1), *to = text;
    for (const char *at = begin; at < end; at++) {
        const int space = isspace((unsigned char)*at);
        if (!space)
            *to++ = *at;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > text && to[-1] == ' ') to--;
    *to = 0;
    return text;
}

int text_is_sentence(const char *text) {
    const size_t length = strlen(text);
    for (size_t back = 1; back <= 12 && back <= length; back++)
        if (end_mark(text, text + length - back) == back) return 1;
    return 0;
}

const char *text_sentence_end(const char *begin) {
    for (const char *at = begin; *at;) {
        const size_t end = is_paragraph_end(at) ? 1 : sentence_end(begin, at);
        at += end ? end : 1;
        if (end || !*at) return at;
    }
    return begin;
}

struct sentences text_sentences(const char *text) {
    struct sentences s = {0};
    for (const char *end; *text; text = end) {
        end = text_sentence_end(text);
        char *sentence = text_between(text, end);
        if (!*sentence) {
            free(sentence);
            continue;
        }
        s.text = reallocate(s.text, (size_t)s.count + 1, sizeof *s.text);
        s.text[s.count++] = sentence;
    }
    return s;
}
