/* What a description says of single classes of a framework.
 * SPDX-License-Identifier: MIT */
#include "describe/classes.h"

#include <criterion/criterion.h>
#include <string.h>

static json_t *parsed(const char *text) {
    json_t *object = json_loads(text, 0, NULL);
    cr_assert_not_null(object, "%s", text);
    return object;
}

/* A class changes members, removes them by null, and leaves the others; the next one is laid over it. */
Test(classes, are_laid_over_the_description) {
    static const char description[] =
        "{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}, \"classes\": ["
        "{\"architectures\": [\"*Encoder\", \"XForTokens\"], \"a\": null, \"b\": {\"c\": 4}},"
        "{\"architectures\": [\"XForTokens\"], \"e\": 5}]}";
    static const struct {
        const char *config, *description, *own;
    } cases[] = {
        {"{\"architectures\": [\"XEncoder\"]}", "{\"b\": {\"c\": 4, \"d\": 3}}", "{\"b\": {\"c\": 4}}"},
        {"{\"architectures\": [\"Y\", \"XForTokens\"]}", "{\"b\": {\"c\": 4, \"d\": 3}, \"e\": 5}",
         "{\"b\": {\"c\": 4}, \"e\": 5}"},
        {"{\"architectures\": [\"XEncoderModel\", 3]}", "{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}", "{\"a\": 1}"},
        {"{\"architectures\": \"XEncoder\"}", "{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}", "{\"a\": 1}"},
        {"{}", "{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}", "{\"a\": 1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report report = {""};
        json_t *given = parsed(description), *own = parsed("{\"a\": 1}"), *config = parsed(cases[i].config),
               *wanted = parsed(cases[i].description), *wanted_own = parsed(cases[i].own);
        cr_expect_eq(classes_apply(&report, config, given, own), SA_OK, "%s", report.text);
        cr_expect(json_equal(given, wanted), "%s: %s", cases[i].config, json_dumps(given, 0));
        cr_expect(json_equal(own, wanted_own), "%s: %s", cases[i].config, json_dumps(own, 0));
        json_decref(given), json_decref(own), json_decref(config), json_decref(wanted), json_decref(wanted_own);
    }
}

Test(classes, that_make_no_sense_are_refused) {
    static const char *const cases[][2] = {
        {"{\"classes\": {}}", "classes is an object, must be a list"},
        {"{\"classes\": [3]}", "classes[0].architectures must be a list of texts"},
        {"{\"classes\": [{\"architectures\": [\"A\"]}, {}]}", "classes[1].architectures must be a list of texts"},
        {"{\"classes\": [{\"architectures\": []}]}", "classes[0].architectures must be a list of texts"},
        {"{\"classes\": [{\"architectures\": [\"A\", 7]}]}", "classes[0].architectures must be a list of texts"},
    };
    json_t *config = parsed("{\"architectures\": [\"A\"]}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report report = {""};
        json_t *description = parsed(cases[i][0]), *own = parsed("{}");
        cr_expect_eq(classes_apply(&report, config, description, own), SA_ERR_FORMAT, "%s", cases[i][0]);
        cr_expect(strstr(report.text, cases[i][1]) != NULL, "%s: %s", cases[i][0], report.text);
        json_decref(description), json_decref(own);
    }
    json_decref(config);
}
