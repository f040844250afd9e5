/* Runs the tests, or those named by --filter SUITE/NAME with wildcards, one after the other; the exit status says
 * whether all passed.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PASSED, FAILED, SKIPPED };

static struct plain_test *tests;
static jmp_buf end; /* of the running test */
static int result;
static FILE *errors;

void plain_add(struct plain_test *test) {
    test->next = tests;
    tests = test;
}

void plain_check(int good, int fatal, const char *file, int line, const char *condition, const char *format, ...) {
    va_list arguments;
    if (good) return;
    result = FAILED;
    printf("%s:%d: not so: %s", file, line, condition);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    if (fatal) longjmp(end, 1);
}

void plain_skip(const char *format, ...) {
    va_list arguments;
    if (result == PASSED) result = SKIPPED;
    printf("SKIPPED: ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    longjmp(end, 1);
}

void cr_redirect_stderr(void) {
    errors = tmpfile();
    if (errors) dup2(fileno(errors), STDERR_FILENO);
}

int plain_stderr_is(const char *want) {
    char got[4096];
    fflush(stderr);
    if (!errors || fseek(errors, 0, SEEK_SET)) return 0;
    const size_t count = fread(got, 1, sizeof got, errors);
    return count == strlen(want) && !memcmp(got, want, count);
}

static const struct plain_options *suite_of(const struct plain_test *test) {
    static const struct plain_options none;
    for (const struct plain_test *t = tests; t; t = t->next)
        if (!t->run && !strcmp(t->suite, test->suite)) return &t->options;
    return &none;
}

static int run(const struct plain_test *test, const struct plain_options *suite) {
    const struct plain_options *own = &test->options;
    result = PASSED;
    if (!setjmp(end)) {
        if (suite->init) suite->init();
        if (own->init) own->init();
        test->run();
        if (own->fini) own->fini();
        if (suite->fini) suite->fini();
    }
    return result;
}

static int run_apart(const struct plain_test *test) {
#ifdef __SANITIZE_THREAD__
    return run(test, suite_of(test));
#else
    int status;
    fflush(stdout);
    const pid_t child = fork();
    if (child < 0) return FAILED;
    if (!child) {
        alarm((unsigned)test->options.timeout);
        exit(run(test, suite_of(test)));
    }
    if (waitpid(child, &status, 0) != child) return FAILED;
    if (WIFSIGNALED(status)) printf("ended by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
#endif
}

int main(int count, char **arguments) {
    static const char *const words[] = {"PASS", "FAIL", "SKIP"};
    const char *filter = count > 2 && !strcmp(arguments[1], "--filter") ? arguments[2] : "*";
    int failed = 0, all = 0;
    char name[400];
    for (const struct plain_test *test = tests; test; test = test->next) {
        snprintf(name, sizeof name, "%s/%s", test->suite, test->run ? test->name : "");
        if (!test->run || fnmatch(filter, name, 0)) continue;
        int got = run_apart(test);
        if (got < PASSED || got > SKIPPED) got = FAILED;
        failed += got == FAILED;
        all++;
        printf("[%s] %s\n", words[got], name);
    }
    printf("%d tests, %d failed\n", all, failed);
    return failed || !all ? EXIT_FAILURE : EXIT_SUCCESS;
}
