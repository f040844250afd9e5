/* Regular expressions: what PCRE2 would read in another way than Oniguruma is rewritten or refused; expressions that
 * run away end; the known ones that are run by hand give what PCRE2 gives.
 * SPDX-License-Identifier: MIT */
#include "text/step/expression.h"

#include "kinds.h"
#include "support/guarded.h"
#include "support/random.h"
#include "support/reference.h"
#include "text/characters.h"
#include "text/step/onig.h"
#include "text/step/split.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* What Oniguruma reads differently and cannot be said to PCRE2. */
Test(expression, refuses_what_pcre2_reads_in_another_way) {
    static const char *const refused[][2] = {
        {"[a-z&&[^b]]", "an intersection"},
        {"[a[b]]", "a set within a set"},
        {"[[:alpha:]]", "a set within a set"},
        {"[]a]", "a set that begins with ]"},
        {"\\h", "an escape"},
        {"\\R", "an escape"},
        {"\\X", "an escape"},
        {"\\K", "an escape"},
        {"[\\G]", "an escape"},
        {"(a)\\1", "an escape"},
        {"[\\W]", "an escape"},
        {"\\xe3", "\\x or \\u"},
        {"\\u12", "\\x or \\u"},
        {"\\pL", "a property"},
        {"\\p{}", "a property"},
        {"a{2}?", "a count"},
        {"a{2,3}+", "a count"},
        {"a(?i)b", "an option"},
        {"(?s:a)", "an option"},
        {"(?x: a)", "an option"},
        {"(?~a)", "an option"},
        {"(?|a|b)", "an option"},
        {"(?R)", "an option"},
        {"(?P<n>a)", "an option"},
        {"(*FAIL)", "a verb"},
        {"(?<n>a)", "an option"},
    };
    char out[4000];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const char *words = onig_rewrite(refused[i][0], out);
        cr_expect(words && strstr(words, refused[i][1]), "%s: %s", refused[i][0], words ? words : "taken");
    }
}

/* Each ends in the middle of something, and right before memory that must not be read. */
Test(expression, ends_where_the_text_ends) {
    static const char *const cut[] = {"\\p", "\\P{", "\\p{^", "\\x", "\\u", "\\x{", "\\", "[",   "[^",  "[&",
                                      "(",   "(?",   "(?<",   "(?i", "(*",  "{",    "{1", "{1,", "a{1}"};
    char out[4000];
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        const size_t bytes = strlen(cut[i]) + 1;
        char *text = guarded_alloc(bytes);
        memcpy(text, cut[i], bytes);
        const char *refused = onig_rewrite(text, out);
        cr_assert(refused || strlen(out) < sizeof out);
        guarded_free(text, bytes);
    }
}

Test(expression, rewrites_the_rest) {
    static const char *const same[][2] = {
        {"\\p{L}+|\\P{Nd}", "\\p{L}+|\\P{Nd}"},
        {"\\p{^L}", "\\p{^L}"},
        {"\\p{Han}", "\\p{sc:Han}"},
        {"\\p{Letter}", "\\p{L}"},
        {"(?m:.)(?i:a)(?-i:b)(?im:c)", "(?s:.)(?i:a)(?-i:b)(?is:c)"},
        {"(?i)ab", "(?i)ab"},
        {"\\u3042\\x41\\x{3042}\\v", "\\x{3042}\\x{41}\\x{3042}\\x0b"},
        {"a{,3}b{2,}c{2}d{x}e{,}", "a{0,3}b{2,}c{2}d{x}e{,}"},
        {"(?:a)(?=b)(?!c)(?<=d)(?<!e)(?>f)(g)", "(?:a)(?=b)(?!c)(?<=d)(?<!e)(?>f)(g)"},
        {"[\\]\\[^\\-]a?+b*+c++", "[\\]\\[^\\-]a?+b*+c++"},
        {"\\A\\Ga\\Z\\z", "\\A\\Ga\\Z\\z"},
        {"\\", "\\"},
    };
    char out[4000];
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_expect_null(onig_rewrite(same[i][0], out), "%s", same[i][0]);
        cr_expect_str_eq(out, same[i][1]);
    }
    cr_assert_null(onig_rewrite("\\b", out));
    cr_expect_lt((int64_t)strlen(out), onig_room(2));
}

#ifdef SELFATTN_PCRE2
static struct expression *compile(const char *regex) {
    struct report report = {""};
    struct expression *e;
    cr_assert_eq(expression_compile(&default_allocator, &report, "f", regex, &e), SA_OK, "%s", report.text);
    return e;
}

/* The next match, or 0. */
static int next(const struct expression *e, const char *text, int64_t at, int after_match, int64_t *first,
                int64_t *last) {
    struct searcher s = {.memory = default_allocator};
    const int found = expression_next(e, &s, text, (int64_t)strlen(text), at, after_match, first, last);
    searcher_close(&s);
    cr_assert_geq(found, 0);
    return found;
}

/* The quicker expressions for numbers in groups of three match what those that models have match. Brackets keep a slow
 * one from being recognised. */
Test(expression, finds_groups_of_three_digits_as_the_slow_ones_do) {
    static const char *const slow[][2] = {
        {"\\d{1,3}(?=(?:\\d{3})*\\b)", "(?:\\d{1,3})(?=(?:\\d{3})*\\b)"},
        {"\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))", "(?:\\p{N}{1,3})(?=(?:\\p{N}{3})*(?!\\p{N}))"},
    };
    static const char *const parts[] = {"1", "23", "456",      "78901",    "x",       "_",
                                        " ", "-",  "\xd9\xa1", "\xc2\xb2", "\xcc\x81"};
    struct rng rng = {1};
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
        struct expression *quick = compile(slow[i][0]), *plain = compile(slow[i][1]);
        for (int n = 0; n < 2000; n++) {
            char text[80] = "";
            int64_t first = 0, last = 0, wanted_first = 0, wanted_last = 0;
            for (int64_t p = 0, count = 1 + rng_below(&rng, 12); p < count; p++)
                strcat(text, parts[rng_below(&rng, sizeof parts / sizeof parts[0])]);
            for (int goes_on = 1, count = 0; goes_on; count++) {
                const int64_t at = last;
                goes_on = next(plain, text, at, count > 0, &wanted_first, &wanted_last);
                cr_assert_eq(next(quick, text, at, count > 0, &first, &last), goes_on, "%s of \"%s\" at %lld",
                             slow[i][0], text, (long long)at);
                cr_assert(first == wanted_first && last == wanted_last, "%s of \"%s\" at %lld", slow[i][0], text,
                          (long long)at);
            }
        }
        expression_destroy(&default_allocator, quick);
        expression_destroy(&default_allocator, plain);
    }
}

/* Characters for which the two differ: "\s" of PCRE2 has U+180E, its "\w" lacks marks. */
Test(expression, has_the_classes_of_oniguruma) {
    static const struct {
        const char *regex, *text;
        int matches;
    } cases[] = {
        {"\\s", "\xe1\xa0\x8e", 0},
        {"\\S", "\xe1\xa0\x8e", 1},
        {"[\\s]", "\xe1\xa0\x8e", 0},
        {"[\\S]", "\xe1\xa0\x8e", 1},
        {"\\s", "\xc2\xa0", 1},
        {"\\s", "\xe2\x80\x8b", 0},
        {"\\w", "\xcc\x81", 1},
        {"\\w", "\xc2\xb2", 1},
        {"\\w", "\xe2\x93\x90", 1},
        {"\\w", "\xe2\x91\xa0", 0},
        {"\\d", "\xd9\xa1", 1},
        {"\\p{Han}", "\xe3\x80\x82", 0},
        {".", "\n", 0},
        {"(?m:.)", "\n", 1},
        {".", "\r", 1},
        {"(?i:'s)", "'\xc5\xbf", 1},
        {"^b$", "a\nb\nc", 1},
        {"\\bb",
         "a\xcc\x81"
         "b",
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct expression *e = compile(cases[i].regex);
        struct searcher s = {.memory = default_allocator};
        int64_t first, last;
        const int found = expression_next(e, &s, cases[i].text, (int64_t)strlen(cases[i].text), 0, 0, &first, &last);
        cr_expect_eq(found, cases[i].matches, "%s on case %d", cases[i].regex, (int)i);
        searcher_close(&s);
        expression_destroy(&default_allocator, e);
    }
}

/* An expression of exponential cost is an error, not a hang. */
Test(expression, ends_what_runs_away, .timeout = 60) {
    enum { BYTES = 20000 };
    struct expression *e = compile("(?:a+)+b|(?:(?:a|aa)+)+c");
    struct searcher s = {.memory = default_allocator};
    char *text = malloc(BYTES);
    int64_t first, last;
    memset(text, 'a', BYTES);
    const int found = expression_next(e, &s, text, 60, 0, 0, &first, &last);
    cr_expect_eq(found, EXPRESSION_RUNS_AWAY);
    searcher_close(&s);
    expression_destroy(&default_allocator, e);
    /* Nested more deeply than a stack could hold. */
    e = compile("(?:a(?=a)|b)*");
    cr_expect_eq(expression_next(e, &s, text, BYTES, 0, 0, &first, &last), 1);
    cr_expect(first == 0 && last == BYTES - 1);
    searcher_close(&s);
    expression_destroy(&default_allocator, e);
    free(text);
}

/* The expressions that are known by their text. */
Test(expression, agrees_with_what_is_run_by_hand) {
    static const char *const known[] = {
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
        "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
        "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
        "\\s+(?!\\S)|\\s+",
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|"
        "\\s+(?!\\S)|\\s+",
    };
    static char text[KINDS_MOST_TEXT];
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct expression *e = compile(known[i]);
        struct searcher s = {.memory = default_allocator};
        struct split_rules rules;
        uint64_t state = 1;
        cr_assert(split_rules_of(known[i], &rules));
        for (int round = 0; round < KINDS_TEXTS; round++) {
            const int64_t bytes = kinds_text(fragments, &state, text);
            for (int64_t at = 0, first, last; at < bytes; at = last) {
                cr_assert_eq(expression_next(e, &s, text, bytes, at, 1, &first, &last), 1);
                cr_assert(first == at && last == split_next(&rules, text, bytes, at), "expression %d, text %d", (int)i,
                          round);
            }
        }
        searcher_close(&s);
        expression_destroy(&default_allocator, e);
    }
    json_decref(fragments);
}
#endif
