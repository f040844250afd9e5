/* Values of templates, as Python has them. All memory is the template's and is freed with it.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_JINJA_VALUE_H
#define TOOLS_JINJA_VALUE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct jinja;

/* Bytes that no UTF-8 has: "<" and "[" in texts of people, which begin no token there. Everything else takes them for
 * the characters that they stand for. */
#define JINJA_LESS    '\xFE'
#define JINJA_BRACKET '\xFD'

struct text {
    const char *at;
    size_t length;
};

enum kind { K_UNDEFINED, K_NONE, K_BOOL, K_INT, K_FLOAT, K_TEXT, K_LIST, K_DICT, K_MACRO };

/* An undefined value keeps its name in `text`. A macro that is NULL is a function that every template has. */
struct value {
    enum kind kind;
    union {
        int64_t number;
        double real;
        struct text text;
        struct list *list;
        struct dict *dict;
        const struct node *macro;
    };
};

struct list {
    struct value *item;
    int64_t count, room;
};

struct entry {
    struct value key, value;
};

/* In the order in which keys came. */
struct dict {
    struct entry *entry;
    int64_t count, room;
    int is_namespace; /* templates may set its attributes */
};

extern const struct value none;

/* Zeroed memory; failure() where a template takes too much. */
void *jinja_allocate(struct jinja *j, size_t bytes);

struct text text_of(const char *text);
struct text text_part(struct text text, size_t begin, size_t end);
struct text text_join(struct jinja *j, struct text a, struct text b);

/* What was written; `out` is freed. */
struct text text_taken(struct jinja *j, GString *out);

/* The text without any of `bytes` at its sides; NULL: white space. */
struct text text_strip(struct text text, const char *bytes, int left, int right);
int text_equal(struct text a, struct text b);
int text_is(struct text text, const char *other);

/* Where `part` begins in `text` at or behind `from`; -1: nowhere. */
int64_t text_find(struct text text, struct text part, size_t from);

/* Where a character of UTF-8 ends that begins at `at`. */
size_t text_next(struct text text, size_t at);
struct text text_replace(struct jinja *j, struct text text, struct text from, struct text to);

struct value value_text(struct text text);
struct value value_int(int64_t number);

/* The same of a number that a template says or computes: beyond 10^15 it is refused, so that sums, steps and places of
 * such numbers never overflow. */
struct value value_whole(const struct jinja *j, double number);
struct value value_bool(int is);
struct value value_undefined(struct text name);
struct value value_list(struct jinja *j);
struct value value_dict(struct jinja *j);

void list_add(struct jinja *j, struct list *list, struct value item);
void dict_set(struct jinja *j, struct dict *dict, struct value key, struct value value);

/* NULL: there is no such key. */
struct value *dict_find(const struct dict *dict, struct value key);
struct value *dict_get(const struct dict *dict, const char *key);

int value_is_true(struct value v);
int value_is_number(struct value v);
double value_real(struct value v);
int value_equal(struct value a, struct value b);

/* -1, 0, 1; failure() for values without an order. */
int value_compare(const struct jinja *j, struct value a, struct value b);

/* The number of characters, items or keys. */
int64_t value_length(const struct jinja *j, struct value v);

/* Items, keys or characters as a new list. */
struct value value_items(struct jinja *j, struct value v);

/* The text that is printed for a value. */
struct text value_print(struct jinja *j, struct value v);

/* JSON; indent < 0: on one line. */
struct text value_json(struct jinja *j, struct value v, int64_t indent);

/* "a text", "a list" ... for sentences. */
const char *value_kind(struct value v);

#endif
