/* sa_constant() and sa_constant_name() against the headers themselves, and the texts of versions and statuses.
 * SPDX-License-Identifier: MIT */
#include "declared.h"
#include "selfattn.h"
#ifdef SELFATTN_MODELS
#include "selfattn_models.h"
#endif

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *const headers[] = {
    SELFATTN_SOURCE_DIR "/include/selfattn.h",
#ifdef SELFATTN_MODELS
    SELFATTN_SOURCE_DIR "/include/selfattn_models.h",
#endif
};
enum { HEADERS = sizeof headers / sizeof headers[0] };

static void expect_constant(const char *name, int64_t want) {
    int64_t value = want + 1;
    cr_expect_eq(sa_constant(name, &value), SA_OK, "%s", sa_ctx_last_error(NULL));
    cr_expect_eq(value, want, "%s is %lld, want %lld", name, (long long)value, (long long)want);
}

static void compare(void *user, const char *name, int64_t value) {
    ++*(int32_t *)user;
    expect_constant(name, value);
}

Test(constants, are_those_of_the_headers) {
    int32_t declared = 0, listed = 0;
    for (int i = 0; i < HEADERS; i++) read_declared(headers[i], compare, &declared);
    expect_constant("SA_VERSION", SA_VERSION); /* an expression, not a number */
    while (sa_constant_name(listed)) listed++;
    cr_expect(declared > 150, "the headers declare more than %d numbers", declared);
    cr_expect_eq(listed, declared + 1, "%d names are listed, the headers have %d", listed, declared + 1);
}

/* What the reader of the headers supposes about places, once by the compiler. */
Test(constants, places_of_fields) {
    expect_constant("sa_tensor.stride", offsetof(sa_tensor, stride));
    expect_constant("sizeof(sa_tensor.stride)", 4 * sizeof(int64_t));
    expect_constant("sa_rope.sines", offsetof(sa_rope, sines));
    expect_constant("sa_masking.mask_keys", offsetof(sa_masking, mask_keys));
    expect_constant("sizeof(sa_masking.mask)", sizeof(sa_tensor));
}

Test(constants, are_listed_once_each) {
    int64_t value;
    for (int32_t i = 0; sa_constant_name(i); i++) {
        cr_expect_eq(sa_constant(sa_constant_name(i), &value), SA_OK, "%s", sa_constant_name(i));
        for (int32_t j = 0; j < i; j++) cr_expect_str_neq(sa_constant_name(i), sa_constant_name(j));
    }
    cr_expect_null(sa_constant_name(-1));
    cr_expect_null(sa_constant_name(INT32_MIN));
    cr_expect_null(sa_constant_name(INT32_MAX));
}

Test(constants, unknown_names_are_refused) {
    int64_t value = 5;
    cr_expect_eq(sa_constant("SA_F33", &value), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(NULL), "there is no constant \"SA_F33\"");
    cr_expect_eq(sa_constant("", &value), SA_ERR_VALUE);
    cr_expect_eq(sa_constant("sa_tensor.datum", &value), SA_ERR_VALUE);
    cr_expect_eq(value, 5, "an unknown name leaves the value alone");
}

Test(constants, every_status_has_a_text) {
    static const char unknown[] = "unknown status";
    for (int32_t i = 0; sa_constant_name(i); i++) {
        const char *name = sa_constant_name(i);
        int64_t status;
        if (strcmp(name, "SA_OK") && strncmp(name, "SA_ERR_", 7)) continue;
        cr_assert_eq(sa_constant(name, &status), SA_OK);
        const char *text = sa_status_string((sa_status)status);
        cr_expect(!strncmp(text, name, strlen(name)) && text[strlen(name)] == ':', "%s: \"%s\"", name, text);
    }
    cr_expect_str_eq(sa_status_string(-1), unknown);
    cr_expect_str_eq(sa_status_string(7), unknown);
    cr_expect_str_eq(sa_status_string(INT32_MAX), unknown);
}

Test(constants, versions) {
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", SA_VERSION_MAJOR, SA_VERSION_MINOR, SA_VERSION_PATCH);
    cr_expect_eq(sa_version(), SA_VERSION_MAJOR * 1000000 + SA_VERSION_MINOR * 1000 + SA_VERSION_PATCH);
    cr_expect_str_eq(sa_version_string(), text);
    cr_expect(strstr(sa_build_info(), text), "\"%s\" does not name version %s", sa_build_info(), text);
    cr_expect(!strchr(sa_build_info(), '\n') && strlen(sa_build_info()) < 512, "one whole line");
}
