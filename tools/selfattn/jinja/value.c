/* SPDX-License-Identifier: MIT */
#include "jinja/value.h"

#include "jinja/syntax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct value none = {.kind = K_NONE};

void *jinja_allocate(struct jinja *j, size_t bytes) {
    enum { MOST = 1 << 28 };
    if (bytes > MOST || j->bytes + bytes > MOST) jinja_failure(j, "it needs more than %d bytes", MOST);
    void *memory = g_malloc0(bytes + 1);
    j->bytes += bytes + 1;
    g_ptr_array_add(j->memory, memory);
    return memory;
}

/* Room for one more of `size` bytes behind `count`. */
static void *more_room(struct jinja *j, void *old, int64_t count, int64_t *room, size_t size) {
    if (count < *room) return old;
    *room = *room ? 2 * *room : 4;
    void *memory = jinja_allocate(j, (size_t)*room * size);
    if (count) memcpy(memory, old, (size_t)count * size);
    return memory;
}

struct text text_of(const char *text) {
    return (struct text){text, strlen(text)};
}

struct text text_part(struct text text, size_t begin, size_t end) {
    return (struct text){text.at + begin, end > begin ? end - begin : 0};
}

struct text text_join(struct jinja *j, struct text a, struct text b) {
    char *memory = jinja_allocate(j, a.length + b.length);
    if (a.length) memcpy(memory, a.at, a.length);
    if (b.length) memcpy(memory + a.length, b.at, b.length);
    return (struct text){memory, a.length + b.length};
}

struct text text_taken(struct jinja *j, GString *out) {
    const struct text text = text_join(j, (struct text){out->str, out->len}, (struct text){"", 0});
    g_string_free(out, TRUE);
    return text;
}

static char plain(char byte) {
    if (byte == JINJA_LESS) return '<';
    if (byte == JINJA_BRACKET) return '[';
    return byte;
}

/* What Python takes for white space. */
static int is_space(const char *at, size_t length) {
    const gunichar c = g_utf8_get_char_validated(at, (gssize)length);
    return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F) || c == 0x85 || (c < 0x110000 && g_unichar_isspace(c));
}

static int is_among(struct text character, const char *bytes) {
    if (!bytes) return is_space(character.at, character.length);
    return character.length == 1 && *character.at && strchr(bytes, plain(*character.at));
}

/* Where the last character begins. */
static size_t last_of(struct text text) {
    size_t at = text.length - 1;
    while (at && (text.at[at] & 0xC0) == 0x80) at--;
    return at;
}

struct text text_strip(struct text text, const char *bytes, int left, int right) {
    while (left && text.length && is_among(text_part(text, 0, text_next(text, 0)), bytes))
        text = text_part(text, text_next(text, 0), text.length);
    while (right && text.length && is_among(text_part(text, last_of(text), text.length), bytes))
        text.length = last_of(text);
    return text;
}

static int same_bytes(const char *a, const char *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (plain(a[i]) != plain(b[i])) return 0;
    return 1;
}

int text_equal(struct text a, struct text b) {
    return a.length == b.length && same_bytes(a.at, b.at, a.length);
}

int text_is(struct text text, const char *other) {
    return text_equal(text, text_of(other));
}

int64_t text_find(struct text text, struct text part, size_t from) {
    for (size_t i = from; i + part.length <= text.length; i++)
        if (same_bytes(text.at + i, part.at, part.length)) return (int64_t)i;
    return -1;
}

size_t text_next(struct text text, size_t at) {
    for (at++; at < text.length && (text.at[at] & 0xC0) == 0x80;) at++;
    return at;
}

struct text text_replace(struct jinja *j, struct text text, struct text from, struct text to) {
    GString *out = g_string_new(NULL);
    size_t begin = 0;
    if (!from.length) jinja_failure(j, "replace() of an empty text is not supported");
    for (int64_t at; (at = text_find(text, from, begin)) >= 0; begin = (size_t)at + from.length) {
        g_string_append_len(out, text.at + begin, (gssize)((size_t)at - begin));
        g_string_append_len(out, to.at, (gssize)to.length);
    }
    g_string_append_len(out, text.at + begin, (gssize)(text.length - begin));
    return text_taken(j, out);
}

struct value value_text(struct text text) {
    return (struct value){.kind = K_TEXT, .text = text};
}

struct value value_int(int64_t number) {
    return (struct value){.kind = K_INT, .number = number};
}

struct value value_whole(const struct jinja *j, double number) {
    if (!(fabs(number) < 1e15)) jinja_failure(j, "numbers beyond 10^15 are not supported");
    return value_int((int64_t)number);
}

struct value value_bool(int is) {
    return (struct value){.kind = K_BOOL, .number = is != 0};
}

struct value value_undefined(struct text name) {
    return (struct value){.kind = K_UNDEFINED, .text = name};
}

struct value value_list(struct jinja *j) {
    return (struct value){.kind = K_LIST, .list = jinja_allocate(j, sizeof(struct list))};
}

struct value value_dict(struct jinja *j) {
    return (struct value){.kind = K_DICT, .dict = jinja_allocate(j, sizeof(struct dict))};
}

void list_add(struct jinja *j, struct list *list, struct value item) {
    list->item = more_room(j, list->item, list->count, &list->room, sizeof item);
    list->item[list->count++] = item;
}

struct value *dict_find(const struct dict *dict, struct value key) {
    for (int64_t i = 0; i < dict->count; i++)
        if (value_equal(dict->entry[i].key, key)) return &dict->entry[i].value;
    return NULL;
}

struct value *dict_get(const struct dict *dict, const char *key) {
    return dict_find(dict, value_text(text_of(key)));
}

void dict_set(struct jinja *j, struct dict *dict, struct value key, struct value value) {
    struct value *old = dict_find(dict, key);
    if (old) {
        *old = value;
        return;
    }
    dict->entry = more_room(j, dict->entry, dict->count, &dict->room, sizeof *dict->entry);
    dict->entry[dict->count++] = (struct entry){key, value};
}

int value_is_number(struct value v) {
    return v.kind == K_BOOL || v.kind == K_INT || v.kind == K_FLOAT;
}

double value_real(struct value v) {
    return v.kind == K_FLOAT ? v.real : (double)v.number;
}

int value_is_true(struct value v) {
    switch (v.kind) {
    case K_UNDEFINED:
    case K_NONE:
        return 0;
    case K_BOOL:
    case K_INT:
        return v.number != 0;
    case K_FLOAT:
        return v.real != 0;
    case K_TEXT:
        return v.text.length > 0;
    case K_LIST:
        return v.list->count > 0;
    case K_DICT:
        return v.dict->is_namespace || v.dict->count > 0;
    default:
        return 1;
    }
}

/* As deep as values that hold themselves may be compared or printed. */
enum { DEEP = 100 };

static int equal(struct value a, struct value b, int depth) {
    if (value_is_number(a) && value_is_number(b)) return value_real(a) == value_real(b);
    if (a.kind != b.kind || depth > DEEP) return 0;
    if (a.kind == K_TEXT) return text_equal(a.text, b.text);
    if (a.kind == K_LIST) {
        int64_t i = 0;
        if (a.list->count != b.list->count) return 0;
        while (i < a.list->count && equal(a.list->item[i], b.list->item[i], depth + 1)) i++;
        return i == a.list->count;
    }
    if (a.kind == K_DICT) {
        if (a.dict == b.dict) return 1;
        for (int64_t i = 0; i < a.dict->count; i++) {
            const struct value *other = dict_find(b.dict, a.dict->entry[i].key);
            if (!other || !equal(a.dict->entry[i].value, *other, depth + 1)) return 0;
        }
        return a.dict->count == b.dict->count;
    }
    return a.kind == K_MACRO ? a.macro == b.macro : 1;
}

int value_equal(struct value a, struct value b) {
    return equal(a, b, 0);
}

int value_compare(const struct jinja *j, struct value a, struct value b) {
    if (value_is_number(a) && value_is_number(b))
        return (value_real(a) > value_real(b)) - (value_real(a) < value_real(b));
    if (a.kind != K_TEXT || b.kind != K_TEXT) jinja_failure(j, "%s and %s have no order", value_kind(a), value_kind(b));
    for (size_t i = 0; i < a.text.length && i < b.text.length; i++) {
        const unsigned char x = (unsigned char)plain(a.text.at[i]), y = (unsigned char)plain(b.text.at[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    return (a.text.length > b.text.length) - (a.text.length < b.text.length);
}

int64_t value_length(const struct jinja *j, struct value v) {
    int64_t count = 0;
    if (v.kind == K_LIST) return v.list->count;
    if (v.kind == K_DICT) return v.dict->count;
    if (v.kind == K_UNDEFINED) return 0;
    if (v.kind != K_TEXT) jinja_failure(j, "%s has no length", value_kind(v));
    for (size_t at = 0; at < v.text.length; at = text_next(v.text, at)) count++;
    return count;
}

struct value value_items(struct jinja *j, struct value v) {
    struct value items = value_list(j);
    if (v.kind == K_LIST) {
        for (int64_t i = 0; i < v.list->count; i++) list_add(j, items.list, v.list->item[i]);
    } else if (v.kind == K_DICT) {
        for (int64_t i = 0; i < v.dict->count; i++) list_add(j, items.list, v.dict->entry[i].key);
    } else if (v.kind == K_TEXT) {
        for (size_t at = 0, next; at < v.text.length; at = next) {
            next = text_next(v.text, at);
            list_add(j, items.list, value_text(text_part(v.text, at, next)));
        }
    } else if (v.kind != K_UNDEFINED) {
        jinja_failure(j, "%s has no items", value_kind(v));
    }
    return items;
}

const char *value_kind(struct value v) {
    static const char *const names[] = {
        "something undefined", "none",   "a truth value", "a number", "a number", "a text", "a list",
        "a dictionary",        "a macro"};
    return names[v.kind];
}

/* How lists and dictionaries are written: as Python prints them, or as JSON. */
struct notation {
    char quote;
    const char *yes, *no, *none;
    int64_t indent; /* JSON's; -1: on one line */
};

static const struct notation python = {'\'', "True", "False", "None", -1};

static void put_quoted(GString *out, struct text text, char quote) {
    static const char names[] = "\nn\tt\rr\bb\ff";
    if (quote == '\'' && memchr(text.at, '\'', text.length) && !memchr(text.at, '"', text.length)) quote = '"';
    g_string_append_c(out, quote);
    for (size_t i = 0; i < text.length; i++) {
        const char byte = text.at[i], *name = byte > 0 && byte < ' ' ? strchr(names, byte) : NULL;
        if (byte == quote || byte == '\\')
            g_string_append_printf(out, "\\%c", byte);
        else if (name && (quote == '"' || byte != '\b') && (quote == '"' || byte != '\f'))
            g_string_append_printf(out, "\\%c", name[1]);
        else if (byte >= 0 && byte < ' ')
            g_string_append_printf(out, quote == '"' ? "\\u%04x" : "\\x%02x", byte);
        else
            g_string_append_c(out, byte);
    }
    g_string_append_c(out, quote);
}

static void put_break(GString *out, const struct notation *n, int depth) {
    if (n->indent < 0) return;
    g_string_append_c(out, '\n');
    for (int64_t i = 0; i < n->indent * depth; i++) g_string_append_c(out, ' ');
}

static void put_real(GString *out, double real) {
    char number[64];
    for (int digits = 1; digits <= 17; digits++) {
        g_snprintf(number, sizeof number, "%.*g", digits, real);
        if (strtod(number, NULL) == real) break;
    }
    g_string_append(out, number);
    if (!number[strspn(number, "-0123456789")]) g_string_append(out, ".0");
}

static void put(const struct jinja *j, GString *out, const struct notation *n, struct value v, int depth) {
    const char *between = n->indent < 0 ? ", " : ",";
    if (depth > DEEP) jinja_failure(j, "values are nested more than %d deep", DEEP);
    if (v.kind == K_TEXT) {
        put_quoted(out, v.text, n->quote);
    } else if (v.kind == K_NONE) {
        g_string_append(out, n->none);
    } else if (v.kind == K_BOOL) {
        g_string_append(out, v.number ? n->yes : n->no);
    } else if (v.kind == K_INT) {
        g_string_append_printf(out, "%lld", (long long)v.number);
    } else if (v.kind == K_FLOAT) {
        put_real(out, v.real);
    } else if (v.kind == K_LIST) {
        g_string_append_c(out, '[');
        for (int64_t i = 0; i < v.list->count; i++) {
            if (i) g_string_append(out, between);
            put_break(out, n, depth + 1);
            put(j, out, n, v.list->item[i], depth + 1);
        }
        if (v.list->count) put_break(out, n, depth);
        g_string_append_c(out, ']');
    } else if (v.kind == K_DICT && !v.dict->is_namespace) {
        g_string_append_c(out, '{');
        for (int64_t i = 0; i < v.dict->count; i++) {
            if (i) g_string_append(out, between);
            put_break(out, n, depth + 1);
            put(j, out, n, v.dict->entry[i].key, depth + 1);
            g_string_append(out, ": ");
            put(j, out, n, v.dict->entry[i].value, depth + 1);
        }
        if (v.dict->count) put_break(out, n, depth);
        g_string_append_c(out, '}');
    } else {
        jinja_failure(j, "%s cannot be written", value_kind(v));
    }
}

static struct text written(struct jinja *j, const struct notation *n, struct value v) {
    GString *out = g_string_new(NULL);
    put(j, out, n, v, 0);
    return text_taken(j, out);
}

struct text value_print(struct jinja *j, struct value v) {
    if (v.kind == K_TEXT) return v.text;
    if (v.kind == K_UNDEFINED) return (struct text){"", 0};
    return written(j, &python, v);
}

struct text value_json(struct jinja *j, struct value v, int64_t indent) {
    const struct notation json = {'"', "true", "false", "null", indent};
    return written(j, &json, v);
}
