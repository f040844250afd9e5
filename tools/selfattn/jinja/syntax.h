/* A template as a tree.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_JINJA_SYNTAX_H
#define TOOLS_JINJA_SYNTAX_H

#include "jinja/jinja.h"

#include <glib.h>

enum op {
    /* Expressions. `text` is the name of a variable, attribute, operator, filter, test or keyword. */
    E_CONSTANT,
    E_NAME,
    E_LIST,
    E_DICT,      /* keys and values in turns */
    E_ATTRIBUTE, /* of child 0 */
    E_ITEM,      /* child 1 of child 0 */
    E_SLICE,     /* of child 0: begin, end, step; NULL: none */
    E_CALL,      /* of child 0 with arguments */
    E_KEYWORD,   /* an argument, or a parameter with a default: child 0, or no child */
    E_FILTER,    /* of child 0 with arguments */
    E_TEST,      /* the same */
    E_NOT,
    E_MINUS,
    E_AND,
    E_OR,
    E_IF, /* child 1 if child 0, else child 2, which may be missing */
    E_BINARY,
    /* Statements. */
    S_BODY,
    S_DATA,
    S_PRINT,
    S_IF,     /* condition, body, other body or NULL */
    S_FOR,    /* target, items, condition or NULL, body, body where there are none or NULL */
    S_SET,    /* target, value; the target is a name, an attribute of a name, or a list of names */
    S_BLOCK,  /* target, body */
    S_FILTER, /* the body child 0 through the filter `text` with arguments */
    S_MACRO,  /* body, parameters */
    S_BREAK,
    S_CONTINUE
};

struct node {
    enum op op;
    int line;
    struct text text;
    struct value constant;
    struct node **child;
    int children;
};

enum token_kind { T_END, T_DATA, T_PRINT, T_PRINT_END, T_BLOCK, T_BLOCK_END, T_NAME, T_TEXT, T_INT, T_FLOAT, T_SIGN };

struct token {
    enum token_kind kind;
    int line;
    struct text text; /* of T_TEXT: without quotes and escapes */
};

struct frame;

struct jinja {
    char *name;
    GPtrArray *memory;
    size_t bytes; /* allocated */
    guint kept;   /* pieces of memory that are the template's own, not a run's */
    size_t kept_bytes;
    struct token *token;
    int tokens, room;
    int at; /* the token that is read next */
    struct node *root;
    int line;      /* where it is, for sentences */
    int depth;     /* of what is nested */
    int64_t steps; /* of the run */
    GString *out;
    struct frame *frame; /* the innermost variables */
    const char *date;
};

/* Ends the program with a sentence that names template and line. */
_Noreturn void jinja_failure(const struct jinja *j, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Texts for "%.*s". */
#define SHOW(text) (int)((text).length < 60 ? (text).length : 60), (text).at

void jinja_lex(struct jinja *j, struct text source);
void jinja_parse_tokens(struct jinja *j);

/* Goes one deeper, or one back. */
void jinja_enter(struct jinja *j);
void jinja_leave(struct jinja *j);

/* Arguments of a call, filter or test. */
struct arguments_of {
    struct value *item;
    int count;
    struct dict *named;
};

/* The argument at `place` or of that name, or `otherwise`. */
struct value argument(const struct arguments_of *a, int place, const char *name, struct value otherwise);

struct value jinja_filter(struct jinja *j, struct text name, struct value v, const struct arguments_of *a);
int jinja_test(struct jinja *j, struct text name, struct value v, const struct arguments_of *a);
struct value jinja_method(struct jinja *j, struct value v, struct text name, const struct arguments_of *a);
int jinja_has_function(struct text name);
struct value jinja_function(struct jinja *j, struct text name, const struct arguments_of *a);

/* Whether `a` is in `b`. */
int jinja_is_in(const struct jinja *j, struct value a, struct value b);

/* An attribute or item; undefined where there is none. */
struct value jinja_attribute(struct jinja *j, struct value v, struct text name);

#endif
