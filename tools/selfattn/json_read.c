/* SPDX-License-Identifier: MIT */
#include "json_read.h"

#include <glib.h>

json_t *json_read(const char *path, json_error_t *error) {
    json_error_t ignored;
    if (!error) error = &ignored;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, error);
    gchar *text = NULL;
    if (value || json_error_code(error) != json_error_numeric_overflow || !g_file_get_contents(path, &text, NULL, NULL))
        return value;
    /* Behind a colon, a bracket or a comma stands a number; within a text that has such a one, two characters more. */
    GRegex *large = g_regex_new("([:\\[,]\\s*-?[0-9]{18,})(?=[\\s,\\]}])", G_REGEX_RAW, 0, NULL);
    gchar *reals = large ? g_regex_replace(large, text, -1, 0, "\\1.0", 0, NULL) : NULL;
    if (reals) value = json_loads(reals, JSON_REJECT_DUPLICATES, error);
    g_free(reals);
    if (large) g_regex_unref(large);
    g_free(text);
    return value;
}
