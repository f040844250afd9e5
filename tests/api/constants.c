/* sa_constant() and sa_constant_name() against the headers themselves, and the texts of versions and statuses.
 * SPDX-License-Identifier: MIT */
#include "selfattn.h"
#ifdef SELFATTN_MODELS
#include "selfattn_models.h"
#endif

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The structs of the headers; a new one has to be added here. */
#define SIZE(type)                                                                                                     \
    { #type, sizeof(type) }
static const struct {
    const char *name;
    int64_t size;
} structs[] = {
    SIZE(sa_tensor),          SIZE(sa_ctx_options),    SIZE(sa_masking),
    SIZE(sa_packing),         SIZE(sa_score_rules),    SIZE(sa_rope),
    SIZE(sa_rope_scaling),    SIZE(sa_cache_config),   SIZE(sa_attention_args),
    SIZE(sa_layer_config),    SIZE(sa_forward_args),
#ifdef SELFATTN_MODELS
    SIZE(sa_encode_args),     SIZE(sa_session_config), SIZE(sa_session_args),
    SIZE(sa_sampling),        SIZE(sa_generate_args),  SIZE(sa_beam_args),
    SIZE(sa_mel_config),      SIZE(sa_speech_segment), SIZE(sa_speech_window),
    SIZE(sa_transcribe_args), SIZE(sa_model_options),
#endif
};

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

/* "#define NAME number" */
static int is_number(const char *line, char name[64], int64_t *value) {
    char text[64], *end;
    if (sscanf(line, "#define %63s %63s", name, text) != 2 || strncmp(name, "SA_", 3)) return 0;
    *value = strtoll(text, &end, 0);
    return *end == 0;
}

/* "typedef struct name {" */
static int is_struct(const char *line, char name[64]) {
    char brace;
    return sscanf(line, "typedef struct %63s %c", name, &brace) == 2 && brace == '{';
}

static int64_t size_of(const char *name) {
    for (size_t i = 0; i < sizeof structs / sizeof structs[0]; i++)
        if (!strcmp(name, structs[i].name)) return structs[i].size;
    cr_assert_fail("%s is missing in this test's list", name);
    return 0;
}

/* Compares each constant and struct of a header and counts them. */
static void compare_with(const char *path, int32_t *numbers, int32_t *sizes) {
    char line[512], name[64], quoted[80];
    int64_t value;
    FILE *header = fopen(path, "r");
    cr_assert_not_null(header, "%s cannot be opened", path);
    while (fgets(line, sizeof line, header))
        if (is_number(line, name, &value)) {
            expect_constant(name, value);
            ++*numbers;
        } else if (is_struct(line, name)) {
            snprintf(quoted, sizeof quoted, "sizeof(%s)", name);
            expect_constant(quoted, size_of(name));
            ++*sizes;
        }
    fclose(header);
}

Test(constants, are_those_of_the_headers) {
    int32_t numbers = 0, sizes = 0, listed = 0;
    for (int i = 0; i < HEADERS; i++) compare_with(headers[i], &numbers, &sizes);
    expect_constant("SA_VERSION", SA_VERSION); /* an expression, not a number */
    cr_expect(numbers > 40 && sizes == sizeof structs / sizeof structs[0]);
    while (sa_constant_name(listed)) listed++;
    cr_expect_eq(listed, numbers + 1 + sizes, "%d names are listed, the headers have %d", listed, numbers + 1 + sizes);
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
