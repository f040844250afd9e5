/* Filters, tests, methods and functions of templates, by their names.
 * SPDX-License-Identifier: MIT */
#include "jinja/syntax.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct value argument(const struct arguments_of *a, int place, const char *name, struct value otherwise) {
    const struct value *named = name ? dict_get(a->named, name) : NULL;
    return place < a->count ? a->item[place] : named ? *named : otherwise;
}

static struct text need_text(const struct jinja *j, struct value v, const char *what) {
    if (v.kind == K_UNDEFINED) jinja_failure(j, "\"%.*s\" is undefined, where %s takes a text", SHOW(v.text), what);
    if (v.kind != K_TEXT) jinja_failure(j, "%s takes a text, not %s", what, value_kind(v));
    return v.text;
}

static struct value text_argument(const struct jinja *j, const struct arguments_of *a, int place, const char *what) {
    return value_text(need_text(j, argument(a, place, NULL, none), what));
}

static int64_t whole_argument(const struct jinja *j, const struct arguments_of *a, int place, const char *name,
                              int64_t otherwise) {
    const struct value v = argument(a, place, name, value_int(otherwise));
    if (v.kind == K_NONE) return otherwise;
    if (v.kind != K_INT && v.kind != K_BOOL) jinja_failure(j, "%s stands where a number is expected", value_kind(v));
    return v.number;
}

/* ------------------------------------------------------------------------------------------------------- texts */

enum letter_case { LOWER, UPPER, TITLE, CAPITAL };

static struct value with_case(struct jinja *j, struct text text, enum letter_case to) {
    GString *out = g_string_new(NULL);
    int in_word = 0;
    for (size_t at = 0, end; at < text.length; at = end) {
        end = text_next(text, at);
        const gunichar c = g_utf8_get_char_validated(text.at + at, (gssize)(end - at));
        const int is_upper = to == UPPER || (to == TITLE && !in_word) || (to == CAPITAL && at == 0);
        if (c > 0x10FFFF)
            g_string_append_len(out, text.at + at, (gssize)(end - at));
        else
            g_string_append_unichar(out, is_upper ? g_unichar_toupper(c) : g_unichar_tolower(c));
        in_word = c <= 0x10FFFF && g_unichar_isalpha(c);
    }
    return value_text(text_taken(j, out));
}

/* strip() and its kin: white space, or the bytes of an argument. */
static struct value stripped(struct jinja *j, struct text text, const struct arguments_of *a, int left, int right) {
    const struct value bytes = argument(a, 0, "chars", none);
    if (bytes.kind == K_NONE) return value_text(text_strip(text, NULL, left, right));
    const struct text some = text_join(j, need_text(j, bytes, "strip()"), (struct text){"", 0});
    for (size_t i = 0; i < some.length; i++)
        if (some.at[i] & 0x80) jinja_failure(j, "strip() of characters beyond ASCII is not supported");
    return value_text(text_strip(text, some.at, left, right));
}

static struct value split_words(struct jinja *j, struct text text) {
    const struct value list = value_list(j);
    for (text = text_strip(text, NULL, 1, 0); text.length; text = text_strip(text, NULL, 1, 0)) {
        size_t end = 0;
        while (end < text.length && text_strip(text_part(text, end, text_next(text, end)), NULL, 1, 0).length)
            end = text_next(text, end);
        list_add(j, list.list, value_text(text_part(text, 0, end)));
        text = text_part(text, end, text.length);
    }
    return list;
}

static struct value split(struct jinja *j, struct text text, const struct arguments_of *a) {
    const struct value by = argument(a, 0, "sep", none), list = value_list(j);
    int64_t most = whole_argument(j, a, 1, "maxsplit", -1);
    if (by.kind == K_NONE) return split_words(j, text);
    const struct text between = need_text(j, by, "split()");
    if (!between.length) jinja_failure(j, "split() by an empty text");
    size_t begin = 0;
    for (int64_t at; most-- && (at = text_find(text, between, begin)) >= 0; begin = (size_t)at + between.length)
        list_add(j, list.list, value_text(text_part(text, begin, (size_t)at)));
    list_add(j, list.list, value_text(text_part(text, begin, text.length)));
    return list;
}

static int has_at(struct text text, struct text part, int at_end) {
    if (part.length > text.length) return 0;
    return text_equal(
        at_end ? text_part(text, text.length - part.length, text.length) : text_part(text, 0, part.length), part);
}

/* startswith() and endswith(): with a text or one of a list. */
static struct value has_side(struct jinja *j, struct text text, const struct arguments_of *a, int at_end) {
    const struct value v = argument(a, 0, NULL, none);
    if (v.kind != K_LIST) return value_bool(has_at(text, need_text(j, v, "startswith() or endswith()"), at_end));
    for (int64_t i = 0; i < v.list->count; i++)
        if (has_at(text, need_text(j, v.list->item[i], "startswith() or endswith()"), at_end)) return value_bool(1);
    return value_bool(0);
}

static struct value without_side(struct jinja *j, struct text text, const struct arguments_of *a, int at_end) {
    const struct text part = need_text(j, argument(a, 0, NULL, none), "removeprefix() or removesuffix()");
    if (!has_at(text, part, at_end)) return value_text(text);
    return value_text(at_end ? text_part(text, 0, text.length - part.length)
                             : text_part(text, part.length, text.length));
}

static struct value replaced(struct jinja *j, struct text text, const struct arguments_of *a) {
    if (a->count > 2) jinja_failure(j, "replace() with a count is not supported");
    return value_text(
        text_replace(j, text, text_argument(j, a, 0, "replace()").text, text_argument(j, a, 1, "replace()").text));
}

static struct value joined(struct jinja *j, struct value items, struct text between) {
    const struct value list = value_items(j, items);
    GString *out = g_string_new(NULL);
    for (int64_t i = 0; i < list.list->count; i++) {
        const struct text text = value_print(j, list.list->item[i]);
        if (i) g_string_append_len(out, between.at, (gssize)between.length);
        g_string_append_len(out, text.at, (gssize)text.length);
    }
    return value_text(text_taken(j, out));
}

static struct value found_at(struct jinja *j, struct text text, const struct arguments_of *a) {
    const int64_t at = text_find(text, text_argument(j, a, 0, "find()").text, 0);
    return value_int(at < 0 ? -1 : value_length(j, value_text(text_part(text, 0, (size_t)at))));
}

static struct value text_method(struct jinja *j, struct text t, struct text name, const struct arguments_of *a) {
    if (text_is(name, "strip")) return stripped(j, t, a, 1, 1);
    if (text_is(name, "lstrip")) return stripped(j, t, a, 1, 0);
    if (text_is(name, "rstrip")) return stripped(j, t, a, 0, 1);
    if (text_is(name, "split")) return split(j, t, a);
    if (text_is(name, "startswith")) return has_side(j, t, a, 0);
    if (text_is(name, "endswith")) return has_side(j, t, a, 1);
    if (text_is(name, "removeprefix")) return without_side(j, t, a, 0);
    if (text_is(name, "removesuffix")) return without_side(j, t, a, 1);
    if (text_is(name, "replace")) return replaced(j, t, a);
    if (text_is(name, "find")) return found_at(j, t, a);
    if (text_is(name, "upper")) return with_case(j, t, UPPER);
    if (text_is(name, "lower")) return with_case(j, t, LOWER);
    if (text_is(name, "title")) return with_case(j, t, TITLE);
    if (text_is(name, "capitalize")) return with_case(j, t, CAPITAL);
    if (text_is(name, "join")) return joined(j, argument(a, 0, NULL, none), t);
    jinja_failure(j, "the method %.*s() of a text is not supported", SHOW(name));
}

/* ------------------------------------------------------------------------------------------------ dictionaries */

enum parts { KEYS = 1, VALUES = 2, PAIRS = 3 };

static struct value parts_of(struct jinja *j, const struct dict *d, enum parts which) {
    const struct value list = value_list(j);
    for (int64_t i = 0; i < d->count; i++) {
        const struct value pair = which == PAIRS ? value_list(j) : none;
        if (which == PAIRS) {
            list_add(j, pair.list, d->entry[i].key);
            list_add(j, pair.list, d->entry[i].value);
        }
        list_add(j, list.list, which == PAIRS ? pair : which == KEYS ? d->entry[i].key : d->entry[i].value);
    }
    return list;
}

static struct value dict_method(struct jinja *j, const struct dict *d, struct text name, const struct arguments_of *a) {
    if (text_is(name, "items")) return parts_of(j, d, PAIRS);
    if (text_is(name, "keys")) return parts_of(j, d, KEYS);
    if (text_is(name, "values")) return parts_of(j, d, VALUES);
    if (text_is(name, "get")) {
        const struct value *found = dict_find(d, argument(a, 0, NULL, none));
        return found ? *found : argument(a, 1, NULL, none);
    }
    jinja_failure(j, "the method %.*s() of a dictionary is not supported", SHOW(name));
}

struct value jinja_method(struct jinja *j, struct value v, struct text name, const struct arguments_of *a) {
    if (v.kind == K_TEXT) return text_method(j, v.text, name, a);
    if (v.kind == K_DICT) return dict_method(j, v.dict, name, a);
    if (v.kind == K_UNDEFINED) jinja_failure(j, "\"%.*s\" is undefined", SHOW(v.text));
    jinja_failure(j, "the method %.*s() of %s is not supported", SHOW(name), value_kind(v));
}

/* ------------------------------------------------------------------------------------------------------- tests */

int jinja_test(struct jinja *j, struct text name, struct value v, const struct arguments_of *a) {
    const struct value other = argument(a, 0, NULL, none);
    const int has_items = v.kind == K_TEXT || v.kind == K_LIST || v.kind == K_DICT || v.kind == K_UNDEFINED;
    if (text_is(name, "defined")) return v.kind != K_UNDEFINED;
    if (text_is(name, "undefined")) return v.kind == K_UNDEFINED;
    if (text_is(name, "none")) return v.kind == K_NONE;
    if (text_is(name, "string")) return v.kind == K_TEXT;
    if (text_is(name, "number")) return value_is_number(v);
    if (text_is(name, "integer")) return v.kind == K_INT;
    if (text_is(name, "float")) return v.kind == K_FLOAT;
    if (text_is(name, "boolean")) return v.kind == K_BOOL;
    if (text_is(name, "true")) return v.kind == K_BOOL && v.number;
    if (text_is(name, "false")) return v.kind == K_BOOL && !v.number;
    if (text_is(name, "mapping")) return v.kind == K_DICT && !v.dict->is_namespace;
    if (text_is(name, "sequence") || text_is(name, "iterable")) return has_items;
    if (text_is(name, "equalto") || text_is(name, "eq")) return value_equal(v, other);
    if (text_is(name, "ne")) return !value_equal(v, other);
    if (text_is(name, "in")) return jinja_is_in(j, v, other);
    if (text_is(name, "odd") && v.kind == K_INT) return v.number % 2 != 0;
    if (text_is(name, "even") && v.kind == K_INT) return v.number % 2 == 0;
    jinja_failure(j, "the test \"%.*s\" of %s is not supported", SHOW(name), value_kind(v));
}

/* ----------------------------------------------------------------------------------------------------- filters */

/* The attribute, of items; the value itself where none is named. */
static struct value part_of(struct jinja *j, struct value item, struct value attribute) {
    if (attribute.kind == K_INT) jinja_failure(j, "an attribute that is a number is not supported");
    return attribute.kind == K_TEXT ? jinja_attribute(j, item, attribute.text) : item;
}

/* As these filters have it, what is not true has no items. */
static struct value items_or_none(struct jinja *j, struct value v) {
    return value_is_true(v) ? value_items(j, v) : value_list(j);
}

/* select() and its kin: the items of which a test holds. The arguments behind the test's name are the test's. */
static struct value selected(struct jinja *j, struct value v, const struct arguments_of *a, int by_part, int wanted) {
    const struct value items = items_or_none(j, v), result = value_list(j),
                       attribute = by_part ? argument(a, 0, NULL, none) : none, test = argument(a, by_part, NULL, none);
    const int used = by_part + 1 < a->count ? by_part + 1 : a->count;
    const struct arguments_of rest = {a->item + used, a->count - used, a->named};
    for (int64_t i = 0; i < items.list->count; i++) {
        const struct value part = part_of(j, items.list->item[i], attribute);
        const int holds = test.kind == K_TEXT ? jinja_test(j, test.text, part, &rest) : value_is_true(part);
        if (holds == wanted) list_add(j, result.list, items.list->item[i]);
    }
    return result;
}

static struct value mapped(struct jinja *j, struct value v, const struct arguments_of *a) {
    const struct value items = items_or_none(j, v), result = value_list(j),
                       attribute = argument(a, 1, "attribute", none);
    const struct arguments_of rest = {a->item + 1, a->count ? a->count - 1 : 0, a->named};
    for (int64_t i = 0; i < items.list->count; i++)
        list_add(j, result.list,
                 a->count ? jinja_filter(j, text_argument(j, a, 0, "map()").text, items.list->item[i], &rest)
                          : part_of(j, items.list->item[i], attribute));
    return result;
}

static struct value as_json(struct jinja *j, struct value v, const struct arguments_of *a) {
    for (int64_t i = 0; i < a->named->count; i++) {
        const struct text name = a->named->entry[i].key.text;
        if (!text_is(name, "indent") && !(text_is(name, "ensure_ascii") && !value_is_true(a->named->entry[i].value)))
            jinja_failure(j, "tojson(%.*s) is not supported", SHOW(name));
    }
    const int64_t indent = whole_argument(j, a, 0, "indent", -1);
    if (indent > 100) jinja_failure(j, "tojson(indent=%lld)", (long long)indent);
    return value_text(value_json(j, v, indent));
}

static struct value indented(struct jinja *j, struct text text, const struct arguments_of *a) {
    const int64_t width = whole_argument(j, a, 0, "width", 4);
    const int is_first = value_is_true(argument(a, 1, "first", none)),
              has_blank = value_is_true(argument(a, 2, "blank", none));
    GString *out = g_string_new(NULL);
    if (width < 0 || width > 1000) jinja_failure(j, "indent(%lld)", (long long)width);
    for (size_t at = 0; at <= text.length;) {
        const int64_t found = text_find(text, text_of("\n"), at);
        const size_t end = found < 0 ? text.length : (size_t)found;
        if (at ? has_blank || end > at : is_first)
            for (int64_t i = 0; i < width; i++) g_string_append_c(out, ' ');
        g_string_append_len(out, text.at + at, (gssize)(end - at));
        if (found >= 0) g_string_append_c(out, '\n');
        at = end + 1;
    }
    return value_text(text_taken(j, out));
}

static struct value reversed(struct jinja *j, struct value v) {
    const struct value items = value_items(j, v), result = value_list(j);
    for (int64_t i = items.list->count; i--;) list_add(j, result.list, items.list->item[i]);
    return v.kind == K_TEXT ? joined(j, result, text_of("")) : result;
}

static struct value unique(struct jinja *j, struct value v) {
    const struct value items = value_items(j, v), result = value_list(j);
    for (int64_t i = 0; i < items.list->count; i++)
        if (!jinja_is_in(j, items.list->item[i], result)) list_add(j, result.list, items.list->item[i]);
    return result;
}

/* By insertion; pairs by their keys. Upper and lower case are the same, as Jinja has it. */
static struct value sorted(struct jinja *j, struct value v, int by_key) {
    const struct value items = value_items(j, v);
    struct value *item = items.list->item;
    for (int64_t i = 0; i < items.list->count; i++) {
        const struct value moved = item[i];
        const struct value key = by_key ? moved.list->item[0] : moved;
        const struct value folded = key.kind == K_TEXT ? with_case(j, key.text, LOWER) : key;
        int64_t at = i;
        for (; at; at--) {
            const struct value before = by_key ? item[at - 1].list->item[0] : item[at - 1];
            if (value_compare(j, before.kind == K_TEXT ? with_case(j, before.text, LOWER) : before, folded) <= 0) break;
            item[at] = item[at - 1];
        }
        item[at] = moved;
    }
    return items;
}

static struct value as_int(struct jinja *j, struct value v) {
    if (value_is_number(v)) return value_whole(j, value_real(v));
    const struct text text = text_join(j, text_strip(value_print(j, v), NULL, 1, 1), (struct text){"", 0});
    char *end;
    const int64_t number = strtoll(text.at, &end, 10);
    return value_whole(j, *end || end == text.at ? 0 : (double)number);
}

static struct value pairs_of(struct jinja *j, struct value v) {
    if (v.kind != K_DICT && v.kind != K_UNDEFINED) jinja_failure(j, "%s has no keys", value_kind(v));
    return v.kind == K_DICT ? parts_of(j, v.dict, PAIRS) : value_list(j);
}

static struct value side_of(struct jinja *j, struct value v, int last) {
    const struct value items = value_items(j, v);
    if (!items.list->count) return value_undefined(text_of(last ? "last" : "first"));
    return items.list->item[last ? items.list->count - 1 : 0];
}

static struct value default_of(struct value v, const struct arguments_of *a) {
    const int by_truth = value_is_true(argument(a, 1, "boolean", none));
    return v.kind == K_UNDEFINED || (by_truth && !value_is_true(v))
               ? argument(a, 0, "default_value", value_text(text_of("")))
               : v;
}

static struct value text_filter(struct jinja *j, struct text name, struct value v, const struct arguments_of *a) {
    const struct text text = value_print(j, v);
    if (text_is(name, "trim")) return stripped(j, text, a, 1, 1);
    if (text_is(name, "string") || text_is(name, "safe")) return value_text(text);
    if (text_is(name, "upper")) return with_case(j, text, UPPER);
    if (text_is(name, "lower")) return with_case(j, text, LOWER);
    if (text_is(name, "capitalize")) return with_case(j, text, CAPITAL);
    if (text_is(name, "title")) return with_case(j, text, TITLE);
    if (text_is(name, "replace")) return replaced(j, text, a);
    if (text_is(name, "indent")) return indented(j, text, a);
    jinja_failure(j, "the filter \"%.*s\" is not supported", SHOW(name));
}

struct value jinja_filter(struct jinja *j, struct text name, struct value v, const struct arguments_of *a) {
    if (text_is(name, "length") || text_is(name, "count")) return value_int(value_length(j, v));
    if (text_is(name, "tojson")) return as_json(j, v, a);
    if (text_is(name, "default") || text_is(name, "d")) return default_of(v, a);
    if (text_is(name, "first")) return side_of(j, v, 0);
    if (text_is(name, "last")) return side_of(j, v, 1);
    if (text_is(name, "list")) return value_items(j, v);
    if (text_is(name, "items")) return pairs_of(j, v);
    if (text_is(name, "dictsort")) return sorted(j, pairs_of(j, v), 1);
    if (text_is(name, "sort") && !a->count && !a->named->count) return sorted(j, v, 0);
    if (text_is(name, "unique") && !a->count && !a->named->count) return unique(j, v);
    if (text_is(name, "reverse")) return reversed(j, v);
    if (text_is(name, "int") && !a->count && !a->named->count) return as_int(j, v);
    if (text_is(name, "select")) return selected(j, v, a, 0, 1);
    if (text_is(name, "reject")) return selected(j, v, a, 0, 0);
    if (text_is(name, "selectattr")) return selected(j, v, a, 1, 1);
    if (text_is(name, "rejectattr")) return selected(j, v, a, 1, 0);
    if (text_is(name, "map")) return mapped(j, v, a);
    if (text_is(name, "join")) {
        const struct value between = argument(a, 0, "d", value_text(text_of("")));
        const struct value attribute = argument(a, 1, "attribute", none);
        const struct value items = value_items(j, v);
        for (int64_t i = 0; i < items.list->count; i++)
            items.list->item[i] = part_of(j, items.list->item[i], attribute);
        return joined(j, items, value_print(j, between));
    }
    return text_filter(j, name, v, a);
}

/* --------------------------------------------------------------------------------------------------- functions */

static struct value range(struct jinja *j, const struct arguments_of *a) {
    enum { MOST = 100000 };
    const struct value list = value_list(j);
    const int64_t first = whole_argument(j, a, 0, NULL, 0), second = whole_argument(j, a, 1, NULL, 0),
                  step = whole_argument(j, a, 2, NULL, 1);
    const int64_t begin = a->count > 1 ? first : 0, end = a->count > 1 ? second : first;
    if (!step) jinja_failure(j, "range() with a step of 0");
    for (int64_t i = begin; step > 0 ? i < end : i > end; i += step) {
        if (list.list->count == MOST) jinja_failure(j, "range() of more than %d numbers", MOST);
        list_add(j, list.list, value_int(i));
    }
    return list;
}

static struct value new_dict(struct jinja *j, const struct arguments_of *a, int is_namespace) {
    const struct value dict = value_dict(j), from = argument(a, 0, NULL, none);
    dict.dict->is_namespace = is_namespace;
    if (from.kind != K_NONE && from.kind != K_DICT) jinja_failure(j, "a dictionary of %s", value_kind(from));
    for (int64_t i = 0; from.kind == K_DICT && i < from.dict->count; i++)
        dict_set(j, dict.dict, from.dict->entry[i].key, from.dict->entry[i].value);
    for (int64_t i = 0; i < a->named->count; i++)
        dict_set(j, dict.dict, a->named->entry[i].key, a->named->entry[i].value);
    return dict;
}

static struct value today(struct jinja *j, const struct arguments_of *a) {
    char text[256] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (j->date) return value_text(text_of(j->date));
    const struct text format = text_join(j, text_argument(j, a, 0, "strftime_now()").text, (struct text){"", 0});
    if (!localtime_r(&now, &parts) || (format.length && !strftime(text, sizeof text, format.at, &parts)))
        jinja_failure(j, "strftime_now(\"%.*s\") makes no date", SHOW(format));
    return value_text(text_join(j, text_of(text), (struct text){"", 0}));
}

int jinja_has_function(struct text name) {
    static const char *const names[] = {"range", "namespace", "dict", "strftime_now", "raise_exception"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_is(name, names[i])) return 1;
    return 0;
}

struct value jinja_function(struct jinja *j, struct text name, const struct arguments_of *a) {
    if (text_is(name, "range")) return range(j, a);
    if (text_is(name, "namespace")) return new_dict(j, a, 1);
    if (text_is(name, "dict")) return new_dict(j, a, 0);
    if (text_is(name, "strftime_now")) return today(j, a);
    if (text_is(name, "raise_exception")) {
        const struct text sentence = value_print(j, argument(a, 0, NULL, none));
        jinja_failure(j, "it refuses this conversation: %.*s", (int)(sentence.length < 300 ? sentence.length : 300),
                      sentence.at);
    }
    jinja_failure(j, "the function %.*s() is not known", SHOW(name));
}
