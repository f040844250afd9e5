/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "exit.h"

#include <glib.h>
#include <stdio.h>
#include <utf8proc.h>

int wider(int width, const char *text) {
    int columns = 0;
    utf8proc_int32_t character;
    for (utf8proc_ssize_t bytes;
         (bytes = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character)) > 0 && character; text += bytes)
        columns += utf8proc_charwidth(character);
    return columns > width ? columns : width;
}

void print_padded(const char *text, int width) {
    printf("%s%*s", text, width - wider(0, text), "");
}

void print_bar(float fraction, int width) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int length = (int)(fraction * (float)(8 * width) + 0.5f);
    for (int i = 0; i < length / 8; i++) fputs("█", stdout);
    fputs(eighths[length % 8], stdout);
}

json_t *json_text(const char *text) {
    char *valid = g_utf8_make_valid(text, -1);
    json_t *json = json_string(valid);
    g_free(valid);
    return json;
}

static void print_json_as(json_t *value, size_t form) {
    if (json_dumpf(value, stdout, form | JSON_REAL_PRECISION(9))) failure("the answer is no valid JSON");
    putchar('\n');
    json_decref(value);
}

json_t *json_numbers(const int32_t *numbers, int64_t count) {
    json_t *array = json_array();
    for (int64_t i = 0; i < count; i++) json_array_append_new(array, json_integer(numbers[i]));
    return array;
}

void print_json(json_t *value) {
    print_json_as(value, JSON_INDENT(2));
}

void print_json_line(json_t *value) {
    print_json_as(value, 0);
}
