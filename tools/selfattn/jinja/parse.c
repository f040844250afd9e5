/* SPDX-License-Identifier: MIT */
#include "jinja/syntax.h"

#include <stdlib.h>
#include <string.h>

static struct node *expression(struct jinja *j);
static struct node *unary(struct jinja *j, int has_filters);
static struct node *body(struct jinja *j, const char *const *ends);

static const struct token *next(const struct jinja *j) {
    return &j->token[j->at];
}

static const struct token *take(struct jinja *j) {
    const struct token *token = next(j);
    if (token->kind != T_END) j->at++;
    j->line = token->line;
    return token;
}

static int is_next(const struct jinja *j, enum token_kind kind, const char *text) {
    return next(j)->kind == kind && text_is(next(j)->text, text);
}

static int skip(struct jinja *j, enum token_kind kind, const char *text) {
    const int found = is_next(j, kind, text);
    if (found) take(j);
    return found;
}

static int skip_sign(struct jinja *j, const char *text) {
    return skip(j, T_SIGN, text);
}

static int skip_name(struct jinja *j, const char *text) {
    return skip(j, T_NAME, text);
}

static void expect(struct jinja *j, enum token_kind kind, const char *text) {
    const struct token *found = take(j);
    if (found->kind != kind || !text_is(found->text, text))
        jinja_failure(j, "\"%.*s\" stands where \"%s\" is expected", SHOW(found->text), text);
}

static struct text expect_name(struct jinja *j) {
    const struct token *found = take(j);
    if (found->kind != T_NAME) jinja_failure(j, "\"%.*s\" stands where a name is expected", SHOW(found->text));
    return found->text;
}

static struct node *node(struct jinja *j, enum op op, struct text text) {
    struct node *n = jinja_allocate(j, sizeof *n);
    *n = (struct node){.op = op, .line = j->line, .text = text};
    return n;
}

static void add(struct jinja *j, struct node *n, struct node *child) {
    if (!(n->children & (n->children - 1)) || !n->children) {
        struct node **old = n->child;
        n->child = jinja_allocate(j, (size_t)(n->children ? 2 * n->children : 1) * sizeof(struct node *));
        if (n->children) memcpy(n->child, old, (size_t)n->children * sizeof(struct node *));
    }
    n->child[n->children++] = child;
}

static struct node *node_of(struct jinja *j, enum op op, struct text text, struct node *a, struct node *b) {
    struct node *n = node(j, op, text);
    add(j, n, a);
    if (b) add(j, n, b);
    return n;
}

static struct node *constant(struct jinja *j, struct value value) {
    struct node *n = node(j, E_CONSTANT, (struct text){"", 0});
    n->constant = value;
    return n;
}

/* Expressions up to this sign, separated by commas. */
static void items(struct jinja *j, struct node *n, const char *end) {
    while (!skip_sign(j, end)) {
        add(j, n, expression(j));
        if (!is_next(j, T_SIGN, end)) expect(j, T_SIGN, ",");
    }
}

static struct node *parse_dict(struct jinja *j) {
    struct node *n = node(j, E_DICT, text_of("{"));
    while (!skip_sign(j, "}")) {
        add(j, n, expression(j));
        expect(j, T_SIGN, ":");
        add(j, n, expression(j));
        if (!is_next(j, T_SIGN, "}")) expect(j, T_SIGN, ",");
    }
    return n;
}

/* What stands in parentheses: one expression, or a list of several. */
static struct node *parenthesis(struct jinja *j) {
    struct node *list = node(j, E_LIST, text_of("("));
    if (skip_sign(j, ")")) return list;
    struct node *first = expression(j);
    if (skip_sign(j, ")")) return first;
    expect(j, T_SIGN, ",");
    add(j, list, first);
    items(j, list, ")");
    return list;
}

static struct node *named(struct jinja *j, struct text text) {
    if (text_is(text, "true") || text_is(text, "True")) return constant(j, value_bool(1));
    if (text_is(text, "false") || text_is(text, "False")) return constant(j, value_bool(0));
    if (text_is(text, "none") || text_is(text, "None")) return constant(j, none);
    return node(j, E_NAME, text);
}

static struct node *primary(struct jinja *j) {
    const struct token *t = take(j);
    struct text text = t->text;
    switch (t->kind) {
    case T_NAME:
        return named(j, text);
    case T_TEXT:
        while (next(j)->kind == T_TEXT) text = text_join(j, text, take(j)->text);
        return constant(j, value_text(text));
    case T_INT:
        return constant(j, value_int(strtoll(text.at, NULL, 10)));
    case T_FLOAT:
        return constant(j, (struct value){.kind = K_FLOAT, .real = strtod(text.at, NULL)});
    default:
        break;
    }
    if (t->kind == T_SIGN && text_is(text, "(")) return parenthesis(j);
    if (t->kind == T_SIGN && text_is(text, "{")) return parse_dict(j);
    if (t->kind != T_SIGN || !text_is(text, "["))
        jinja_failure(j, "\"%.*s\" stands where a value is expected", SHOW(text));
    struct node *n = node(j, E_LIST, text);
    items(j, n, "]");
    return n;
}

/* The arguments behind an opened parenthesis. */
static void arguments(struct jinja *j, struct node *n) {
    while (!skip_sign(j, ")")) {
        const struct token *t = next(j);
        if (t->kind == T_NAME && t[1].kind == T_SIGN && text_is(t[1].text, "=")) {
            j->at += 2;
            add(j, n, node_of(j, E_KEYWORD, t->text, expression(j), NULL));
        } else {
            add(j, n, expression(j));
        }
        if (!is_next(j, T_SIGN, ")")) expect(j, T_SIGN, ",");
    }
}

/* An item or a slice behind an opened bracket. */
static struct node *subscript(struct jinja *j, struct node *of) {
    struct node *part[3] = {NULL};
    int i = 0;
    for (;;) {
        if (skip_sign(j, "]")) break;
        if (skip_sign(j, ":")) {
            if (++i > 2) jinja_failure(j, "a slice has more than three parts");
        } else if (part[i]) {
            jinja_failure(j, "\"%.*s\" stands where \"]\" is expected", SHOW(next(j)->text));
        } else {
            part[i] = expression(j);
        }
    }
    if (!i && !part[0]) jinja_failure(j, "[] holds nothing");
    if (!i) return node_of(j, E_ITEM, text_of("["), of, part[0]);
    struct node *n = node_of(j, E_SLICE, text_of("["), of, NULL);
    for (int k = 0; k < 3; k++) add(j, n, part[k]);
    return n;
}

static struct node *call(struct jinja *j, struct node *of) {
    struct node *n = node_of(j, E_CALL, of->text, of, NULL);
    arguments(j, n);
    return n;
}

static struct node *postfix(struct jinja *j, struct node *n) {
    for (;;) {
        if (skip_sign(j, "."))
            n = node_of(j, E_ATTRIBUTE, expect_name(j), n, NULL);
        else if (skip_sign(j, "["))
            n = subscript(j, n);
        else if (skip_sign(j, "("))
            n = call(j, n);
        else
            return n;
    }
}

static struct node *filter(struct jinja *j, enum op op, struct node *of) {
    struct node *n = node(j, op, expect_name(j));
    add(j, n, of);
    if (skip_sign(j, "(")) arguments(j, n);
    return n;
}

/* A test takes one argument without parentheses, too. */
static struct node *parse_test(struct jinja *j, struct node *of) {
    static const char *const ends[] = {"and", "or", "else", "if", "is", "not", "in"};
    const int is_not = skip_name(j, "not");
    struct node *n = node_of(j, E_TEST, expect_name(j), of, NULL);
    const struct token *t = next(j);
    int has_argument = t->kind == T_NAME || t->kind == T_TEXT || t->kind == T_INT || t->kind == T_FLOAT ||
                       is_next(j, T_SIGN, "[") || is_next(j, T_SIGN, "{");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (is_next(j, T_NAME, ends[i])) has_argument = 0;
    if (skip_sign(j, "("))
        arguments(j, n);
    else if (has_argument)
        add(j, n, postfix(j, primary(j)));
    return is_not ? node_of(j, E_NOT, text_of("not"), n, NULL) : n;
}

static struct node *filters(struct jinja *j, struct node *n) {
    for (;;) {
        if (skip_sign(j, "|"))
            n = filter(j, E_FILTER, n);
        else if (skip_name(j, "is"))
            n = parse_test(j, n);
        else if (skip_sign(j, "("))
            n = call(j, n);
        else
            return n;
    }
}

static struct node *unary(struct jinja *j, int has_filters) {
    struct node *n;
    jinja_enter(j);
    if (skip_sign(j, "-"))
        n = node_of(j, E_MINUS, text_of("-"), unary(j, 0), NULL);
    else
        n = postfix(j, primary(j));
    jinja_leave(j);
    return has_filters ? filters(j, n) : n;
}

/* Operators that bind alike, strongest first. */
static struct node *binary(struct jinja *j, int level) {
    static const char *const signs[3][5] = {{"*", "/", "//", "%"}, {"~"}, {"+", "-"}};
    if (level < 0) return unary(j, 1);
    struct node *n = binary(j, level - 1);
    for (int i = 0; signs[level][i]; i++) {
        if (!is_next(j, T_SIGN, signs[level][i])) continue;
        const struct text sign = take(j)->text;
        n = node_of(j, E_BINARY, sign, n, binary(j, level - 1));
        i = -1;
    }
    return n;
}

static struct text comparison(struct jinja *j) {
    static const char *const signs[] = {"==", "!=", "<", ">", "<=", ">="};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (is_next(j, T_SIGN, signs[i])) return take(j)->text;
    if (is_next(j, T_NAME, "in")) return take(j)->text;
    if (!is_next(j, T_NAME, "not") || next(j)[1].kind != T_NAME || !text_is(next(j)[1].text, "in"))
        return (struct text){"", 0};
    j->at += 2;
    return text_of("not in");
}

static struct node *compare(struct jinja *j) {
    struct node *n = binary(j, 2);
    const struct text sign = comparison(j);
    if (!sign.length) return n;
    n = node_of(j, E_BINARY, sign, n, binary(j, 2));
    if (comparison(j).length) jinja_failure(j, "two comparisons in a row are not supported");
    return n;
}

static struct node *negation(struct jinja *j) {
    if (!skip_name(j, "not")) return compare(j);
    jinja_enter(j);
    struct node *n = node_of(j, E_NOT, text_of("not"), negation(j), NULL);
    jinja_leave(j);
    return n;
}

static struct node *conjunction(struct jinja *j) {
    struct node *n = negation(j);
    while (skip_name(j, "and")) n = node_of(j, E_AND, text_of("and"), n, negation(j));
    return n;
}

static struct node *disjunction(struct jinja *j) {
    struct node *n = conjunction(j);
    while (skip_name(j, "or")) n = node_of(j, E_OR, text_of("or"), n, conjunction(j));
    return n;
}

static struct node *expression(struct jinja *j) {
    jinja_enter(j);
    struct node *n = disjunction(j);
    while (skip_name(j, "if")) {
        struct node *condition = disjunction(j);
        n = node_of(j, E_IF, text_of("if"), condition, n);
        if (skip_name(j, "else")) add(j, n, expression(j));
    }
    jinja_leave(j);
    return n;
}

static void end_block(struct jinja *j) {
    expect(j, T_BLOCK_END, "%}");
}

/* The name that ends a body has been read when this returns; the block that it is in has not been closed. */
static int ended(struct jinja *j, const char *name) {
    if (!is_next(j, T_BLOCK, "{%") || !text_is(next(j)[1].text, name) || next(j)[1].kind != T_NAME) return 0;
    j->at += 2;
    return 1;
}

static void expect_end(struct jinja *j, const char *name) {
    if (!ended(j, name)) jinja_failure(j, "{%% %s %%} is missing", name);
    end_block(j);
}

static struct node *parse_if(struct jinja *j) {
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    struct node *condition = expression(j);
    end_block(j);
    struct node *n = node_of(j, S_IF, text_of("if"), condition, body(j, ends));
    if (ended(j, "elif")) {
        jinja_enter(j);
        add(j, n, parse_if(j));
        jinja_leave(j);
        return n;
    }
    if (ended(j, "else")) {
        end_block(j);
        add(j, n, body(j, ends));
    } else {
        add(j, n, NULL);
    }
    expect_end(j, "endif");
    return n;
}

/* A name, an attribute of one, or names separated by commas. */
static struct node *target(struct jinja *j) {
    const int has_parenthesis = skip_sign(j, "(");
    struct node *n = node(j, E_NAME, expect_name(j));
    if (skip_sign(j, ".")) return node_of(j, E_ATTRIBUTE, expect_name(j), n, NULL);
    if (is_next(j, T_SIGN, ",")) {
        n = node_of(j, E_LIST, text_of("("), n, NULL);
        while (skip_sign(j, ",")) add(j, n, node(j, E_NAME, expect_name(j)));
    }
    if (has_parenthesis) expect(j, T_SIGN, ")");
    return n;
}

static struct node *parse_for(struct jinja *j) {
    static const char *const ends[] = {"else", "endfor", NULL};
    struct node *n = node_of(j, S_FOR, text_of("for"), target(j), NULL);
    expect(j, T_NAME, "in");
    add(j, n, disjunction(j));
    add(j, n, skip_name(j, "if") ? expression(j) : NULL);
    end_block(j);
    add(j, n, body(j, ends));
    if (ended(j, "else")) {
        end_block(j);
        add(j, n, body(j, ends));
    } else {
        add(j, n, NULL);
    }
    expect_end(j, "endfor");
    return n;
}

static struct node *parse_set(struct jinja *j) {
    static const char *const ends[] = {"endset", NULL};
    struct node *to = target(j);
    if (skip_sign(j, "=")) {
        struct node *value = expression(j);
        if (is_next(j, T_SIGN, ",")) {
            value = node_of(j, E_LIST, text_of("("), value, NULL);
            while (skip_sign(j, ",")) add(j, value, expression(j));
        }
        end_block(j);
        return node_of(j, S_SET, text_of("set"), to, value);
    }
    end_block(j);
    struct node *n = node_of(j, S_BLOCK, text_of("set"), to, body(j, ends));
    expect_end(j, "endset");
    return n;
}

static struct node *parse_macro(struct jinja *j) {
    static const char *const ends[] = {"endmacro", NULL};
    struct node *n = node(j, S_MACRO, expect_name(j));
    add(j, n, NULL);
    expect(j, T_SIGN, "(");
    while (!skip_sign(j, ")")) {
        struct node *parameter = node(j, E_KEYWORD, expect_name(j));
        if (skip_sign(j, "=")) add(j, parameter, expression(j));
        add(j, n, parameter);
        if (!is_next(j, T_SIGN, ")")) expect(j, T_SIGN, ",");
    }
    end_block(j);
    n->child[0] = body(j, ends);
    expect_end(j, "endmacro");
    return n;
}

/* {% filter name(arguments) %} */
static struct node *parse_filter(struct jinja *j) {
    static const char *const ends[] = {"endfilter", NULL};
    struct node *n = filter(j, S_FILTER, NULL);
    end_block(j);
    n->child[0] = body(j, ends);
    expect_end(j, "endfilter");
    return n;
}

/* What transformers adds to the language: marks that say which part of a text is an answer, for training. */
static struct node *parse_generation(struct jinja *j) {
    static const char *const ends[] = {"endgeneration", NULL};
    end_block(j);
    struct node *n = body(j, ends);
    expect_end(j, "endgeneration");
    return n;
}

static struct node *simple(struct jinja *j, enum op op) {
    end_block(j);
    return node(j, op, (struct text){"", 0});
}

static struct node *statement(struct jinja *j) {
    const struct text name = expect_name(j);
    if (text_is(name, "if")) return parse_if(j);
    if (text_is(name, "for")) return parse_for(j);
    if (text_is(name, "set")) return parse_set(j);
    if (text_is(name, "macro")) return parse_macro(j);
    if (text_is(name, "filter")) return parse_filter(j);
    if (text_is(name, "generation")) return parse_generation(j);
    if (text_is(name, "break")) return simple(j, S_BREAK);
    if (text_is(name, "continue")) return simple(j, S_CONTINUE);
    jinja_failure(j, "{%% %.*s %%} is not supported", SHOW(name));
}

static int is_ended(const struct jinja *j, const char *const *ends) {
    if (next(j)->kind == T_END) return 1;
    for (int i = 0; ends[i]; i++)
        if (is_next(j, T_BLOCK, "{%") && next(j)[1].kind == T_NAME && text_is(next(j)[1].text, ends[i])) return 1;
    return 0;
}

static struct node *body(struct jinja *j, const char *const *ends) {
    struct node *n = node(j, S_BODY, (struct text){"", 0});
    jinja_enter(j);
    while (!is_ended(j, ends)) {
        const struct token *t = take(j);
        if (t->kind == T_DATA) {
            add(j, n, node(j, S_DATA, t->text));
        } else if (t->kind == T_PRINT) {
            add(j, n, node_of(j, S_PRINT, t->text, expression(j), NULL));
            expect(j, T_PRINT_END, "}}");
        } else {
            add(j, n, statement(j));
        }
    }
    jinja_leave(j);
    return n;
}

void jinja_parse_tokens(struct jinja *j) {
    static const char *const ends[] = {NULL};
    j->root = body(j, ends);
}
