/* Runs the tests one after the other; the exit status says whether all passed.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct plain_test *tests;
static int failures, skipped;

void plain_add(struct plain_test *test) {
    test->next = tests;
    tests = test;
}

void plain_check(int good, int fatal, const char *file, int line, const char *condition, const char *format, ...) {
    va_list arguments;
    if (good) return;
    failures++;
    printf("%s:%d: not so: %s", file, line, condition);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    if (fatal) exit(EXIT_FAILURE);
}

void plain_skip(const char *why) {
    skipped = 1;
    printf("SKIPPED: %s\n", why);
}

int main(void) {
    for (const struct plain_test *test = tests; test; test = test->next) {
        int before = failures;
        skipped = 0;
        test->run();
        printf("[%s] %s\n", skipped ? "SKIP" : failures == before ? "PASS" : "FAIL", test->name);
    }
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
