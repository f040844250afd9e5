/* Limits of JSON texts.
 * SPDX-License-Identifier: MIT */
#include "file/json.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* `depth` objects or arrays within each other, the outermost an object. */
static char *nested(int64_t depth, int objects) {
    const char *open = objects ? "{\"a\":" : "[", *close = objects ? "}" : "]";
    char *text = malloc((size_t)depth * 6 + 20), *at = text;
    at = stpcpy(at, "{\"a\":");
    for (int64_t i = 1; i < depth; i++) at = stpcpy(at, open);
    *at++ = '1';
    for (int64_t i = 1; i < depth; i++) at = stpcpy(at, close);
    stpcpy(at, "}");
    return text;
}

static sa_status parse(const char *text, struct report *report) {
    const struct json_source source = {report, "x.json"};
    json_t *object;
    sa_status status = json_parse(&source, text, (int64_t)strlen(text), &object);
    json_decref(object);
    return status;
}

static void *parse_deep_ones(void *unused) {
    for (int objects = 0; objects < 2; objects++)
        for (int64_t depth = 1; depth <= 100000; depth = depth < 70 ? depth + 1 : depth * 10) {
            struct report report = {""};
            char *text = nested(depth, objects), words[100];
            const sa_status status = parse(text, &report), wanted = depth > JSON_MOST_DEPTH ? SA_ERR_FORMAT : SA_OK;
            snprintf(words, sizeof words, "x.json: JSON nested %lld deep, at most 64 is accepted", (long long)depth);
            cr_expect_eq(status, wanted, "%lld: %s", (long long)depth, report.text);
            if (wanted != SA_OK) cr_expect_str_eq(report.text, words);
            free(text);
        }
    return unused;
}

/* On a stack as small as those that hosts give to threads. */
Test(json, refuses_deep_nesting_before_it_takes_stack) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    cr_assert_eq(pthread_attr_setstacksize(&attributes, 192 << 10), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, parse_deep_ones, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

/* Transformers writes 10^30 for "no limit". Numbers that are no integers, and those in texts, stay as they are. */
Test(json, integers_that_are_too_big_are_real) {
    static const char text[] = "{\"a\":1000000000000000019884624838656 ,\"b\": -99999999999999999999,"
                               "\"123456789012345678901\": [12345678901234567890123,9223372036854775807,17 ],"
                               "\"c\": \"\\\"123456789012345678901,\", \"d\": 0.12345678901234567890123,"
                               "\"e\": 1e300, \"f\": 12345678901234567890.5, \"g\": 9007199254740993}";
    struct report report = {""};
    const struct json_source source = {&report, "x.json"};
    json_t *o;
    cr_assert_eq(json_parse(&source, text, sizeof text - 1, &o), SA_OK, "%s", report.text);
    cr_expect_eq(json_real_value(json_object_get(o, "a")), 1e30);
    cr_expect_eq(json_real_value(json_object_get(o, "b")), -1e20);
    const json_t *list = json_object_get(o, "123456789012345678901");
    cr_expect_eq(json_real_value(json_array_get(list, 0)), 12345678901234567890123.0);
    cr_expect_eq(json_number_value(json_array_get(list, 1)), 9223372036854775808.0);
    cr_expect_eq(json_integer_value(json_array_get(list, 2)), 17);
    cr_expect_str_eq(json_string_value(json_object_get(o, "c")), "\"123456789012345678901,");
    cr_expect_eq(json_real_value(json_object_get(o, "d")), 0.12345678901234567890123);
    cr_expect_eq(json_real_value(json_object_get(o, "e")), 1e300);
    cr_expect_eq(json_real_value(json_object_get(o, "f")), 12345678901234567890.5);
    cr_expect_eq(json_integer_value(json_object_get(o, "g")), 9007199254740993);
    json_decref(o);
    cr_expect_eq(parse("{\"a\": 1e999}", &report), SA_ERR_FORMAT);
    cr_expect_eq(parse("{\"a\": 123456789012345678901", &report), SA_ERR_FORMAT);
    cr_expect_eq(parse("{\"a\": 123456789012345678901-2}", &report), SA_ERR_FORMAT);
}

/* Neither brackets in a string nor those behind each other are nesting. */
Test(json, counts_only_brackets_within_each_other) {
    struct report report = {""};
    char text[4000] = "{\"a\": \"";
    for (int i = 0; i < 100; i++) strcat(text, "[{\\\"\\\\");
    strcat(text, "\", \"b\": [");
    for (int i = 0; i < 100; i++) strcat(text, "[], {}, ");
    strcat(text, "1]}");
    cr_expect_eq(parse(text, &report), SA_OK, "%s", report.text);
}

static const struct built_in pages[] = {{"base", "{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}"},
                                        {"middle", "{\"like\": \"base\", \"e\": {\"of\": 1}}"},
                                        {"top", "{\"like\": \"middle\", \"a\": null, \"b\": {\"c\": null}}"},
                                        {"circle", "{\"like\": \"circle\"}"},
                                        {"number", "{\"like\": 1}"},
                                        {"other", "{\"like\": \"nothing\"}"},
                                        {NULL, NULL}};

/* A null removes what any page below has, also where the page in between does not have it. */
Test(json, pages_are_laid_over_those_that_they_are_like) {
    struct report report = {""};
    const struct json_source source = {&report, "x.json"};
    json_t *page, *want = json_pack("{s:{s:i}, s:{s:i}}", "b", "d", 3, "e", "of", 1);
    cr_assert_eq(json_built_in(&source, pages, "top", &page), SA_OK);
    cr_assert_eq(json_follow_like(&source, pages, &page), SA_OK, "%s", report.text);
    cr_expect(json_equal(page, want));
    json_decref(page);
    json_decref(want);
}

Test(json, pages_that_are_like_nothing_are_refused) {
    static const struct {
        const char *name, *words;
        sa_status status;
    } wrong[] = {{"circle", "x.json: \"like\" runs in a circle", SA_ERR_FORMAT},
                 {"number", "x.json: \"like\" must be a string", SA_ERR_FORMAT},
                 {"other", "x.json: like is \"nothing\", which is not built in", SA_ERR_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct report report = {""};
        const struct json_source source = {&report, "x.json"};
        json_t *page;
        cr_assert_eq(json_built_in(&source, pages, wrong[i].name, &page), SA_OK);
        cr_expect_eq(json_follow_like(&source, pages, &page), wrong[i].status);
        cr_expect_str_eq(report.text, wrong[i].words);
        json_decref(page);
    }
}
