/* What these tests use of Criterion, for where that is not: under ThreadSanitizer, which owns the addresses where
 * Criterion places the memory that it shares with its tests, and on processors for which Debian has no Criterion. Each
 * test runs in a process of its own, but under ThreadSanitizer in this one.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PLAIN_CRITERION_H
#define TESTS_SUPPORT_PLAIN_CRITERION_H

#include <math.h>
#include <stdint.h>
#include <string.h>

struct plain_options {
    double timeout;         /* seconds; 0: none */
    void (*init)(void);     /* before the test */
    void (*fini)(void);     /* behind it */
    int named_members_only; /* so that a list of none is one of some */
};

struct plain_test {
    const char *suite, *name;
    void (*run)(void); /* NULL: a suite, whose options are those of its tests */
    struct plain_options options;
    struct plain_test *next;
};

void plain_add(struct plain_test *test);

/* Counts a failure, and ends the test if `fatal`. */
void plain_check(int good, int fatal, const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Ends the running test, which counts as skipped for this reason. */
void plain_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* What goes to stderr from now on is kept; and whether it is this. */
void cr_redirect_stderr(void);
int plain_stderr_is(const char *want);

#define PLAIN_ADD(owner, suite, name, run, ...)                                                                        \
    __attribute__((constructor)) static void add_##owner(void) {                                                       \
        static struct plain_test self = {suite, name, run, {.named_members_only = 1, __VA_ARGS__}, NULL};              \
        plain_add(&self);                                                                                              \
    }
#define TestSuite(suite, ...) PLAIN_ADD(suite##_suite, #suite, NULL, NULL, __VA_ARGS__) extern int plain_semicolon
#define Test(suite, name, ...)                                                                                         \
    static void suite##_##name(void);                                                                                  \
    PLAIN_ADD(suite##_##name, #suite, #name, suite##_##name, __VA_ARGS__)                                              \
    static void suite##_##name(void)

#define PLAIN_CHECK(condition, fatal, ...)                                                                             \
    plain_check((condition) != 0, fatal, __FILE__, __LINE__, #condition, "\n" __VA_ARGS__)

#define cr_expect(condition, ...)           PLAIN_CHECK(condition, 0, __VA_ARGS__)
#define cr_expect_not(condition, ...)       PLAIN_CHECK(!(condition), 0, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)             PLAIN_CHECK((a) == (b), 0, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)            PLAIN_CHECK((a) != (b), 0, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)             PLAIN_CHECK((a) < (b), 0, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)            PLAIN_CHECK((a) <= (b), 0, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)             PLAIN_CHECK((a) > (b), 0, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)            PLAIN_CHECK((a) >= (b), 0, __VA_ARGS__)
#define cr_expect_null(a, ...)              PLAIN_CHECK(!(a), 0, __VA_ARGS__)
#define cr_expect_not_null(a, ...)          PLAIN_CHECK((a) != NULL, 0, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)         PLAIN_CHECK(!strcmp(a, b), 0, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...)        PLAIN_CHECK(strcmp(a, b), 0, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, bytes, ...)  PLAIN_CHECK(!memcmp(a, b, bytes), 0, __VA_ARGS__)
#define cr_expect_arr_neq(a, b, bytes, ...) PLAIN_CHECK(memcmp(a, b, bytes), 0, __VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...)    PLAIN_CHECK(fabs((double)(a) - (double)(b)) <= (double)(e), 0, __VA_ARGS__)
#define cr_expect_stderr_eq_str(want, ...)  PLAIN_CHECK(plain_stderr_is(want), 0, __VA_ARGS__)
#define cr_expect_fail(...)                 PLAIN_CHECK(0, 0, __VA_ARGS__)

#define cr_assert(condition, ...)          PLAIN_CHECK(condition, 1, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)            PLAIN_CHECK((a) == (b), 1, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)           PLAIN_CHECK((a) != (b), 1, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)            PLAIN_CHECK((a) < (b), 1, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)           PLAIN_CHECK((a) <= (b), 1, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)            PLAIN_CHECK((a) > (b), 1, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)           PLAIN_CHECK((a) >= (b), 1, __VA_ARGS__)
#define cr_assert_null(a, ...)             PLAIN_CHECK(!(a), 1, __VA_ARGS__)
#define cr_assert_not_null(a, ...)         PLAIN_CHECK((a) != NULL, 1, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)        PLAIN_CHECK(!strcmp(a, b), 1, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, bytes, ...) PLAIN_CHECK(!memcmp(a, b, bytes), 1, __VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...)   PLAIN_CHECK(fabs((double)(a) - (double)(b)) <= (double)(e), 1, __VA_ARGS__)
#define cr_assert_fail(...)                PLAIN_CHECK(0, 1, __VA_ARGS__)

#define cr_skip(...)      plain_skip(__VA_ARGS__)
#define cr_skip_test(...) plain_skip(__VA_ARGS__)
#define cr_log_info(...)  ((void)0)

#endif
