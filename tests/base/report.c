/* Sentences can be shown, whatever the files that they speak of hold.
 * SPDX-License-Identifier: MIT */
#include "base/report.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect(const char *name, const char *shown) {
    struct report report;
    report_write(&report, "%s", name);
    cr_assert_str_eq(report.text, shown);
}

Test(report, control_characters_become_question_marks) {
    expect("blk.\x01\x1b[31m\n.weight\x7f", "blk.??[31m?.weight?");
    expect("a\xc2\x85z", "a??z"); /* U+0085, a new line */
    expect("a\xc2\xa0z", "a\xc2\xa0z");
}

Test(report, what_is_not_utf8_becomes_question_marks) {
    expect("caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80");
    expect("a\xffz\x80", "a?z?");
    expect("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80", "?? ??? ????"); /* too long, a surrogate, too large */
    expect("\xe4\xb8", "??");
}

Test(report, a_character_is_not_cut) {
    struct report report;
    char name[600] = "";
    while (strlen(name) < 500) strcat(name, "\xe4\xb8\xad");
    for (int skipped = 0; skipped < 3; skipped++) {
        report_write(&report, "%.*s%s", skipped, "..", name);
        cr_assert_eq(report.text[sizeof report.text - 1], 0);
        for (const char *p = report.text + (skipped < 3 ? skipped : 2); *p && *p != '?'; p += 3)
            cr_assert_eq(memcmp(p, "\xe4\xb8\xad", 3), 0);
    }
}
