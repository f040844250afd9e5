/* The little of Criterion that these tests use, all in one process. Criterion itself does not start under
 * ThreadSanitizer, which owns the addresses where it places the memory that it shares with its tests.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_THREADS_PLAIN_CRITERION_H
#define TESTS_THREADS_PLAIN_CRITERION_H

struct plain_test {
    const char *name;
    void (*run)(void);
    struct plain_test *next;
};

void plain_add(struct plain_test *test);

/* Counts a failure, and ends the program if `fatal`. */
void plain_check(int good, int fatal, const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The running test counts as skipped, for this reason. */
void plain_skip(const char *why);

#define Test(suite, name, ...)                                                                                         \
    static void suite##_##name(void);                                                                                  \
    __attribute__((constructor)) static void add_##suite##_##name(void) {                                              \
        static struct plain_test self = {#suite "::" #name, suite##_##name, NULL};                                     \
        plain_add(&self);                                                                                              \
    }                                                                                                                  \
    static void suite##_##name(void)

#define PLAIN_CHECK(condition, fatal, ...)                                                                             \
    plain_check((condition) != 0, fatal, __FILE__, __LINE__, #condition, "\n" __VA_ARGS__)
#define cr_expect(condition, ...) PLAIN_CHECK(condition, 0, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)   PLAIN_CHECK((a) == (b), 0, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)   PLAIN_CHECK((a) > (b), 0, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)  PLAIN_CHECK((a) <= (b), 0, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)   PLAIN_CHECK((a) == (b), 1, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)  PLAIN_CHECK((a) >= (b), 1, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)  PLAIN_CHECK((a) <= (b), 1, __VA_ARGS__)
#define cr_skip(...)                                                                                                   \
    do {                                                                                                               \
        plain_skip(__VA_ARGS__);                                                                                       \
        return;                                                                                                        \
    } while (0)

#endif
