/* SPDX-License-Identifier: MIT */
#include "jinja/syntax.h"

#include "exit.h"

#include <math.h>

/* Variables of a loop's round, of a macro's call, or of the template. */
struct frame {
    struct frame *outer;
    struct dict *variable;
};

enum flow { GOES_ON, BREAKS, CONTINUES };

static struct value eval(struct jinja *j, const struct node *n);
static enum flow run(struct jinja *j, const struct node *n);

void jinja_failure(const struct jinja *j, const char *format, ...) {
    char sentence[512];
    va_list values;
    va_start(values, format);
    g_vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    for (char *at = sentence; *at; at++) *at = (char)(*at == JINJA_LESS ? '<' : *at == JINJA_BRACKET ? '[' : *at);
    g_ptr_array_set_size(j->memory, 0);
    failure("%s: its chat template, line %d: %s; --template chooses another form (docs/chat.md)", j->name, j->line,
            sentence);
}

void jinja_enter(struct jinja *j) {
    enum { DEEPEST = 400 };
    if (++j->depth > DEEPEST) jinja_failure(j, "it is nested more than %d deep", DEEPEST);
}

void jinja_leave(struct jinja *j) {
    j->depth--;
}

static void count_step(struct jinja *j, const struct node *n) {
    enum { MOST = 4000000 };
    j->line = n->line;
    if (++j->steps > MOST) jinja_failure(j, "it goes on for more than %d steps", MOST);
}

static struct value lookup(const struct jinja *j, struct text name) {
    for (const struct frame *f = j->frame; f; f = f->outer) {
        const struct value *found = dict_find(f->variable, value_text(name));
        if (found) return *found;
    }
    if (!jinja_has_function(name)) return value_undefined(name);
    return (struct value){.kind = K_MACRO};
}

static void assign(struct jinja *j, struct text name, struct value v) {
    dict_set(j, j->frame->variable, value_text(name), v);
}

static void assign_attribute(struct jinja *j, const struct node *to, struct value v) {
    const struct value object = lookup(j, to->child[0]->text);
    if (object.kind != K_DICT || !object.dict->is_namespace)
        jinja_failure(j, "\"%.*s\" is no namespace, its attributes cannot be set", SHOW(to->child[0]->text));
    dict_set(j, object.dict, value_text(to->text), v);
}

static void assign_to(struct jinja *j, const struct node *to, struct value v) {
    if (to->op == E_NAME) {
        assign(j, to->text, v);
    } else if (to->op == E_ATTRIBUTE) {
        assign_attribute(j, to, v);
    } else {
        const struct value items = value_items(j, v);
        if (items.list->count != to->children)
            jinja_failure(j, "%lld values are no %d", (long long)items.list->count, to->children);
        for (int i = 0; i < to->children; i++) assign(j, to->child[i]->text, items.list->item[i]);
    }
}

static void enter_frame(struct jinja *j, struct frame *outer) {
    struct frame *f = jinja_allocate(j, sizeof *f);
    f->outer = outer;
    f->variable = value_dict(j).dict;
    j->frame = f;
}

/* ------------------------------------------------------------------------------------------------ expressions */

struct value jinja_attribute(struct jinja *j, struct value v, struct text name) {
    if (v.kind == K_UNDEFINED) jinja_failure(j, "\"%.*s\" is undefined", SHOW(v.text));
    const struct value *found = v.kind == K_DICT ? dict_find(v.dict, value_text(name)) : NULL;
    return found ? *found : value_undefined(name);
}

/* Where the character number i begins. */
static size_t place_of(struct text text, int64_t i) {
    size_t at = 0;
    while (i-- > 0 && at < text.length) at = text_next(text, at);
    return at;
}

static struct value item_of(struct jinja *j, struct value v, struct value key) {
    if (key.kind == K_TEXT) return jinja_attribute(j, v, key.text);
    if (v.kind == K_UNDEFINED) jinja_failure(j, "\"%.*s\" is undefined", SHOW(v.text));
    if (v.kind == K_DICT) {
        const struct value *found = dict_find(v.dict, key);
        return found ? *found : value_undefined(text_of("an item"));
    }
    if (key.kind != K_INT || (v.kind != K_LIST && v.kind != K_TEXT)) return value_undefined(text_of("an item"));
    const int64_t count = value_length(j, v), i = key.number < 0 ? key.number + count : key.number;
    if (i < 0 || i >= count) return value_undefined(text_of("an item"));
    if (v.kind == K_LIST) return v.list->item[i];
    const size_t at = place_of(v.text, i);
    return value_text(text_part(v.text, at, text_next(v.text, at)));
}

/* A side of a slice, between `least` and `most`, which may be negative: from the end. */
static int64_t side(struct jinja *j, const struct node *n, int64_t otherwise, int64_t count, int64_t least,
                    int64_t most) {
    if (!n) return otherwise;
    const struct value v = eval(j, n);
    if (v.kind == K_NONE) return otherwise;
    if (v.kind != K_INT) jinja_failure(j, "%s is no side of a slice", value_kind(v));
    const int64_t i = v.number < 0 ? v.number + count : v.number;
    return i < least ? least : i > most ? most : i;
}

static struct value slice(struct jinja *j, const struct node *n) {
    const struct value v = eval(j, n->child[0]);
    const struct value step = n->child[3] ? eval(j, n->child[3]) : value_int(1);
    if (v.kind != K_LIST && v.kind != K_TEXT) jinja_failure(j, "%s has no slices", value_kind(v));
    if (step.kind != K_INT || !step.number) jinja_failure(j, "the step of a slice is no number, or 0");
    const struct value from = value_items(j, v), result = value_list(j);
    const int64_t count = from.list->count, back = step.number < 0;
    const int64_t begin = side(j, n->child[1], back ? count - 1 : 0, count, back ? -1 : 0, back ? count - 1 : count),
                  end = side(j, n->child[2], back ? -1 : count, count, back ? -1 : 0, back ? count - 1 : count);
    for (int64_t i = begin; back ? i > end : i < end; i += step.number) list_add(j, result.list, from.list->item[i]);
    if (v.kind == K_LIST) return result;
    GString *text = g_string_new(NULL);
    for (int64_t i = 0; i < result.list->count; i++)
        g_string_append_len(text, result.list->item[i].text.at, (gssize)result.list->item[i].text.length);
    return value_text(text_taken(j, text));
}

int jinja_is_in(const struct jinja *j, struct value a, struct value b) {
    if (b.kind == K_UNDEFINED) return 0;
    if (b.kind == K_DICT) return dict_find(b.dict, a) != NULL;
    if (b.kind == K_TEXT && a.kind == K_TEXT) return text_find(b.text, a.text, 0) >= 0;
    if (b.kind != K_LIST) jinja_failure(j, "%s is not looked for in %s", value_kind(a), value_kind(b));
    for (int64_t i = 0; i < b.list->count; i++)
        if (value_equal(a, b.list->item[i])) return 1;
    return 0;
}

static struct value repeat(struct jinja *j, struct text text, int64_t count) {
    GString *out = g_string_new(NULL);
    if (count > 10000) jinja_failure(j, "a text %lld times", (long long)count);
    while (count-- > 0) g_string_append_len(out, text.at, (gssize)text.length);
    return value_text(text_taken(j, out));
}

static struct value arithmetic(struct jinja *j, struct text sign, struct value a, struct value b) {
    const double x = value_real(a), y = value_real(b);
    const int is_whole = a.kind != K_FLOAT && b.kind != K_FLOAT && *sign.at != '/';
    double result;
    if (text_is(sign, "+"))
        result = x + y;
    else if (text_is(sign, "-"))
        result = x - y;
    else if (text_is(sign, "*"))
        result = x * y;
    else if (y == 0)
        jinja_failure(j, "a division by 0");
    else
        result = text_is(sign, "/") ? x / y : text_is(sign, "//") ? floor(x / y) : x - floor(x / y) * y;
    if (!is_whole && !(text_is(sign, "//") && a.kind != K_FLOAT && b.kind != K_FLOAT))
        return (struct value){.kind = K_FLOAT, .real = result};
    return value_whole(j, result);
}

static struct value joined_lists(struct jinja *j, struct value a, struct value b) {
    const struct value list = value_list(j);
    for (int64_t i = 0; i < a.list->count; i++) list_add(j, list.list, a.list->item[i]);
    for (int64_t i = 0; i < b.list->count; i++) list_add(j, list.list, b.list->item[i]);
    return list;
}

static struct value binary(struct jinja *j, struct text sign, struct value a, struct value b) {
    if (text_is(sign, "==")) return value_bool(value_equal(a, b));
    if (text_is(sign, "!=")) return value_bool(!value_equal(a, b));
    if (text_is(sign, "in")) return value_bool(jinja_is_in(j, a, b));
    if (text_is(sign, "not in")) return value_bool(!jinja_is_in(j, a, b));
    if (text_is(sign, "~")) return value_text(text_join(j, value_print(j, a), value_print(j, b)));
    if (text_is(sign, "<")) return value_bool(value_compare(j, a, b) < 0);
    if (text_is(sign, ">")) return value_bool(value_compare(j, a, b) > 0);
    if (text_is(sign, "<=")) return value_bool(value_compare(j, a, b) <= 0);
    if (text_is(sign, ">=")) return value_bool(value_compare(j, a, b) >= 0);
    if (value_is_number(a) && value_is_number(b)) return arithmetic(j, sign, a, b);
    if (text_is(sign, "+") && a.kind == K_TEXT && b.kind == K_TEXT) return value_text(text_join(j, a.text, b.text));
    if (text_is(sign, "+") && a.kind == K_LIST && b.kind == K_LIST) return joined_lists(j, a, b);
    if (text_is(sign, "*") && a.kind == K_TEXT && b.kind == K_INT) return repeat(j, a.text, b.number);
    if (a.kind == K_UNDEFINED || b.kind == K_UNDEFINED)
        jinja_failure(j, "\"%.*s\" is undefined", SHOW(a.kind == K_UNDEFINED ? a.text : b.text));
    jinja_failure(j, "%s %.*s %s is not supported", value_kind(a), SHOW(sign), value_kind(b));
}

static struct arguments_of arguments(struct jinja *j, const struct node *n) {
    struct arguments_of a = {jinja_allocate(j, (size_t)n->children * sizeof(struct value)), 0, value_dict(j).dict};
    for (int i = 1; i < n->children; i++) {
        const struct node *child = n->child[i];
        if (child->op == E_KEYWORD)
            dict_set(j, a.named, value_text(child->text), eval(j, child->child[0]));
        else
            a.item[a.count++] = eval(j, child);
    }
    return a;
}

/* What a body writes, as a text. */
static struct value captured(struct jinja *j, const struct node *body) {
    GString *outer = j->out;
    j->out = g_string_new(NULL);
    run(j, body);
    GString *own = j->out;
    j->out = outer;
    return value_text(text_taken(j, own));
}

static struct value call_macro(struct jinja *j, const struct node *macro, const struct arguments_of *a) {
    struct frame *caller = j->frame, *root = caller;
    while (root->outer) root = root->outer;
    if (a->count > macro->children - 1) jinja_failure(j, "%.*s() has too many arguments", SHOW(macro->text));
    enter_frame(j, root);
    for (int i = 1; i < macro->children; i++) {
        const struct node *p = macro->child[i];
        const struct value *named = dict_find(a->named, value_text(p->text));
        assign(j, p->text,
               i <= a->count ? a->item[i - 1]
               : named       ? *named
               : p->children ? eval(j, p->child[0])
                             : value_undefined(p->text));
    }
    const struct value text = captured(j, macro->child[0]);
    j->frame = caller;
    return text;
}

static struct value call(struct jinja *j, const struct node *n) {
    const struct node *of = n->child[0];
    if (of->op == E_ATTRIBUTE) {
        const struct value object = eval(j, of->child[0]);
        const struct arguments_of a = arguments(j, n);
        return jinja_method(j, object, of->text, &a);
    }
    if (of->op != E_NAME) jinja_failure(j, "a call of what is no name is not supported");
    const struct arguments_of a = arguments(j, n);
    const struct value macro = lookup(j, of->text);
    return macro.kind == K_MACRO && macro.macro ? call_macro(j, macro.macro, &a) : jinja_function(j, of->text, &a);
}

static struct value eval_list(struct jinja *j, const struct node *n) {
    const struct value list = value_list(j);
    for (int i = 0; i < n->children; i++) list_add(j, list.list, eval(j, n->child[i]));
    return list;
}

static struct value eval_dict(struct jinja *j, const struct node *n) {
    const struct value dict = value_dict(j);
    for (int i = 0; i + 1 < n->children; i += 2) {
        const struct value key = eval(j, n->child[i]);
        dict_set(j, dict.dict, key, eval(j, n->child[i + 1]));
    }
    return dict;
}

static struct value negative(struct jinja *j, struct value v) {
    if (!value_is_number(v)) jinja_failure(j, "%s has no negative", value_kind(v));
    return v.kind == K_FLOAT ? (struct value){.kind = K_FLOAT, .real = -v.real} : value_int(-v.number);
}

static struct value eval_filter(struct jinja *j, const struct node *n) {
    const struct value v = eval(j, n->child[0]);
    const struct arguments_of a = arguments(j, n);
    return jinja_filter(j, n->text, v, &a);
}

static struct value eval_test(struct jinja *j, const struct node *n) {
    const struct value v = eval(j, n->child[0]);
    const struct arguments_of a = arguments(j, n);
    return value_bool(jinja_test(j, n->text, v, &a));
}

static struct value eval_if(struct jinja *j, const struct node *n) {
    if (value_is_true(eval(j, n->child[0]))) return eval(j, n->child[1]);
    return n->children > 2 ? eval(j, n->child[2]) : value_undefined(text_of("if without else"));
}

static struct value eval_pair(struct jinja *j, const struct node *n) {
    const struct value a = eval(j, n->child[0]);
    if (n->op == E_AND && !value_is_true(a)) return a;
    if (n->op == E_OR && value_is_true(a)) return a;
    const struct value b = eval(j, n->child[1]);
    return n->op == E_BINARY ? binary(j, n->text, a, b) : n->op == E_ITEM ? item_of(j, a, b) : b;
}

static struct value eval_op(struct jinja *j, const struct node *n) {
    switch (n->op) {
    case E_CONSTANT:
        return n->constant;
    case E_NAME:
        return lookup(j, n->text);
    case E_LIST:
        return eval_list(j, n);
    case E_DICT:
        return eval_dict(j, n);
    case E_ATTRIBUTE:
        return jinja_attribute(j, eval(j, n->child[0]), n->text);
    case E_SLICE:
        return slice(j, n);
    case E_CALL:
        return call(j, n);
    case E_FILTER:
        return eval_filter(j, n);
    case E_TEST:
        return eval_test(j, n);
    case E_NOT:
        return value_bool(!value_is_true(eval(j, n->child[0])));
    case E_MINUS:
        return negative(j, eval(j, n->child[0]));
    case E_IF:
        return eval_if(j, n);
    default:
        return eval_pair(j, n);
    }
}

static struct value eval(struct jinja *j, const struct node *n) {
    jinja_enter(j);
    count_step(j, n);
    const struct value v = eval_op(j, n);
    jinja_leave(j);
    return v;
}

/* ------------------------------------------------------------------------------------------------- statements */

static void put_loop(struct jinja *j, const struct list *items, int64_t i) {
    const struct value loop = value_dict(j);
    const struct {
        const char *name;
        struct value value;
    } parts[] = {{"index", value_int(i + 1)},
                 {"index0", value_int(i)},
                 {"revindex", value_int(items->count - i)},
                 {"revindex0", value_int(items->count - i - 1)},
                 {"first", value_bool(i == 0)},
                 {"last", value_bool(i == items->count - 1)},
                 {"length", value_int(items->count)},
                 {"previtem", i ? items->item[i - 1] : value_undefined(text_of("previtem"))},
                 {"nextitem", i + 1 < items->count ? items->item[i + 1] : value_undefined(text_of("nextitem"))}};
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        dict_set(j, loop.dict, value_text(text_of(parts[k].name)), parts[k].value);
    assign(j, text_of("loop"), loop);
}

/* The items for which the loop's condition holds. */
static struct list *chosen(struct jinja *j, const struct node *n, struct list *items) {
    struct frame *outer = j->frame;
    if (!n->child[2]) return items;
    struct list *some = value_list(j).list;
    for (int64_t i = 0; i < items->count; i++) {
        enter_frame(j, outer);
        assign_to(j, n->child[0], items->item[i]);
        if (value_is_true(eval(j, n->child[2]))) list_add(j, some, items->item[i]);
    }
    j->frame = outer;
    return some;
}

static void run_for(struct jinja *j, const struct node *n) {
    struct frame *outer = j->frame;
    struct list *items = chosen(j, n, value_items(j, eval(j, n->child[1])).list);
    enum flow flow = GOES_ON;
    for (int64_t i = 0; i < items->count && flow != BREAKS; i++) {
        enter_frame(j, outer);
        put_loop(j, items, i);
        assign_to(j, n->child[0], items->item[i]);
        flow = run(j, n->child[3]);
    }
    j->frame = outer;
    if (!items->count && n->child[4]) run(j, n->child[4]);
}

static enum flow run_body(struct jinja *j, const struct node *n) {
    enum flow flow = GOES_ON;
    for (int i = 0; i < n->children && flow == GOES_ON; i++) flow = run(j, n->child[i]);
    return flow;
}

static void write_text(struct jinja *j, struct text text) {
    enum { MOST = 1 << 26 };
    if (j->out->len + text.length > MOST) jinja_failure(j, "it writes more than %d bytes", MOST);
    g_string_append_len(j->out, text.at, (gssize)text.length);
}

static void run_filter(struct jinja *j, const struct node *n) {
    const struct value text = captured(j, n->child[0]);
    const struct arguments_of a = arguments(j, n);
    write_text(j, value_print(j, jinja_filter(j, n->text, text, &a)));
}

static enum flow run_op(struct jinja *j, const struct node *n) {
    switch (n->op) {
    case S_BODY:
        return run_body(j, n);
    case S_DATA:
        write_text(j, n->text);
        return GOES_ON;
    case S_PRINT:
        write_text(j, value_print(j, eval(j, n->child[0])));
        return GOES_ON;
    case S_IF:
        if (value_is_true(eval(j, n->child[0]))) return run(j, n->child[1]);
        return n->child[2] ? run(j, n->child[2]) : GOES_ON;
    case S_FOR:
        run_for(j, n);
        return GOES_ON;
    case S_SET:
        assign_to(j, n->child[0], eval(j, n->child[1]));
        return GOES_ON;
    case S_BLOCK:
        assign_to(j, n->child[0], captured(j, n->child[1]));
        return GOES_ON;
    case S_FILTER:
        run_filter(j, n);
        return GOES_ON;
    case S_MACRO:
        assign(j, n->text, (struct value){.kind = K_MACRO, .macro = n});
        return GOES_ON;
    default:
        return n->op == S_BREAK ? BREAKS : CONTINUES;
    }
}

static enum flow run(struct jinja *j, const struct node *n) {
    jinja_enter(j);
    count_step(j, n);
    const enum flow flow = run_op(j, n);
    jinja_leave(j);
    return flow;
}

/* ---------------------------------------------------------------------------------------------------- templates */

struct jinja *jinja_parse(const char *name, const char *text) {
    struct jinja *j = g_new0(struct jinja, 1);
    j->name = g_strdup(name);
    j->memory = g_ptr_array_new_with_free_func(g_free);
    GString *lines = g_string_new(NULL);
    for (; *text; text++)
        if (*text != '\r' || text[1] != '\n') g_string_append_c(lines, *text);
    jinja_lex(j, text_taken(j, lines));
    jinja_parse_tokens(j);
    j->kept = j->memory->len;
    j->kept_bytes = j->bytes;
    return j;
}

char *jinja_render(struct jinja *j, struct value variables, const char *date) {
    j->out = g_string_new(NULL);
    j->steps = 0;
    j->date = date;
    enter_frame(j, NULL);
    j->frame->variable = variables.dict;
    run(j, j->root);
    char *text = g_string_free(j->out, FALSE);
    g_ptr_array_set_size(j->memory, (int)j->kept);
    j->bytes = j->kept_bytes;
    return text;
}

void jinja_free(struct jinja *j) {
    if (!j) return;
    g_ptr_array_free(j->memory, TRUE);
    g_free(j->name);
    g_free(j);
}
