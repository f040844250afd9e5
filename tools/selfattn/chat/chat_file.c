/* SPDX-License-Identifier: MIT */
#include "chat/chat_file.h"

#include "exit.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *key;
    size_t offset;
} texts[] = {{"begin", offsetof(struct chat_form, begin)},   {"begin_end", offsetof(struct chat_form, begin_end)},
             {"answer", offsetof(struct chat_form, answer)}, {"bos", offsetof(struct chat_form, bos)},
             {"eos", offsetof(struct chat_form, eos)},       {"end", offsetof(struct chat_form, end)},
             {"date", offsetof(struct chat_form, date)},     {"thought_end", offsetof(struct chat_form, thought_end)}},
  turns[] = {{"system", offsetof(struct chat_form, system)},
             {"user", offsetof(struct chat_form, user)},
             {"assistant", offsetof(struct chat_form, assistant)}};

static const char *const places[] = {"turn", "first", "last", "refused", NULL}, *const trims[] = {"nothing", "all",
                                                                                                  "answers", "together",
                                                                                                  NULL};

static const char *text_of(const char *path, const char *key, const json_t *value) {
    const char *text = json_string_value(value);
    if (!text) failure("%s: \"%s\" must be a text, or for \"system\", \"user\" and \"assistant\" two texts", path, key);
    return text;
}

/* Puts a text or a turn where it belongs; 0 if there is no such key. */
static int put(struct chat_form *form, const char *path, const char *key, const json_t *value) {
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!strcmp(key, texts[i].key))
            return *(const char **)((char *)form + texts[i].offset) = text_of(path, key, value), 1;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        if (strcmp(key, turns[i].key) != 0) continue;
        struct chat_marks *marks = (struct chat_marks *)((char *)form + turns[i].offset);
        marks->before = text_of(path, key, json_array_get(value, 0));
        marks->after = text_of(path, key, json_array_get(value, 1));
        return 1;
    }
    return 0;
}

static int choice(const char *path, const char *key, const json_t *value, const char *const *names) {
    const char *name = text_of(path, key, value);
    for (int i = 0; names[i]; i++)
        if (!strcmp(name, names[i])) return i;
    failure("%s: \"%s\" is \"%.40s\", must be %s, %s, %s or %s", path, key, name, names[0], names[1], names[2],
            names[3]);
}

struct chat_form chat_file_read(const char *path, json_t **root) {
    struct chat_form form = {.name = path};
    json_error_t error;
    const char *key;
    json_t *value;
    *root = json_load_file(path, 0, &error);
    if (!*root) failure("%s: line %d: %s", path, error.line, error.text);
    if (!json_is_object(*root)) failure("%s: must be a JSON object", path);
    json_object_foreach(*root, key, value) {
        if (!strcmp(key, "system_place"))
            form.system_place = choice(path, key, value, places);
        else if (!strcmp(key, "trim"))
            form.trim = choice(path, key, value, trims);
        else if (!put(&form, path, key, value))
            failure("%s: has \"%.40s\", which no form of conversations has", path, key);
    }
    if (!form.user.before || !form.assistant.before) failure("%s: needs \"user\" and \"assistant\"", path);
    return form;
}
