/* Settings of an architecture's description: values, or expressions that take them from config.json.
 *
 *   7, true, "half"           themselves; null: not given
 *   "$key", "$outer.inner"    what config.json has there; not given where that is missing or null
 *   "4*$key", "1+$key"        that number times 4, or plus 1
 *   "$ratio*$key"             the product of both numbers; the first one is an integer of 1 or more
 *   [a, b, ...]               the first one that is given
 *   {"of": a, "x": b, ...}    b where a is "x" (or true, or a number, written out); any other a is refused by name
 *
 * Failures name the key of config.json that a value came from, or its place in the description.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_SETTING_H
#define SA_DESCRIBE_SETTING_H

#include "file/json.h"

/* Both texts, and where failures go. */
struct settings {
    struct report *report;
    const char *config_name, *description_name; /* for failures */
    const json_t *config, *description;
    const json_t *generation; /* generation_config.json; NULL: none */
    const json_t *own;        /* the description before "like" was filled in: what its author wrote */
};

/* An object of the description; NULL is an empty one. */
struct section {
    const struct settings *settings;
    const json_t *object, *own; /* own: of what the author wrote, NULL: nothing */
    char path[64];              /* "decoder.norm." */
};

struct section section_root(const struct settings *settings);

/* A member that is an object or absent. */
sa_status section_member(const struct section *parent, const char *key, struct section *child);

/* Refuses members that are not in the list, which ends with NULL. */
sa_status section_check(const struct section *section, const char *const known[]);

/* Refuses a member that the author wrote although it never has an effect: the member `decider` excludes it, whatever
 * config.json says. Inherited members are accepted. */
sa_status section_unused(const struct section *section, const char *key, const struct section *deciding,
                         const char *decider);
sa_status section_all_unused(const struct section *section, const char *const keys[], const struct section *deciding,
                             const char *decider);

/* A member that names tensors: a name or a list of them; *names becomes NULL where it is absent. */
sa_status section_names(const struct section *section, const char *key, const json_t **names);

/* A value and where it came from. */
struct setting {
    const json_t *value;    /* NULL: not given */
    int64_t times, plus;    /* the number is to be multiplied by `times`; then `plus` is to be added */
    const char *file;       /* for failures: */
    const char *path, *key; /* "decoder.norm." and "epsilon", or "" and a key of config.json */
};

sa_status setting_find(const struct section *section, const char *key, struct setting *setting);

/* What config.json has at "outer.inner". */
const json_t *setting_look_up(const json_t *config, const char *path);

/* The key in "$key", "4*$key" or "1+$key", with the numbers; "ratio*$key" in "$ratio*$key"; NULL if the text is none of
 * them. */
const char *setting_reference(const json_t *spec, int64_t *times, int64_t *plus);

/* Whether a value is an integer, also if it is written as a real number: 4.0. */
int setting_whole(const json_t *value, int64_t *integer);

/* A value as failures show it: short ones as they are. Adds to a list of names: "a", "b". */
enum { SETTING_TEXT = 100 };
const char *setting_shown(const json_t *value, char text[SETTING_TEXT]);
void setting_list(char *list, size_t size, const char *name);

/* The failures "config.json: KEY is VALUE; supported: WANTED" and "... is a string, must be WANTED". */
sa_status setting_unsupported(const struct section *section, const struct setting *setting, const char *wanted);
sa_status setting_malformed(const struct section *section, const struct setting *setting, const char *wanted);

/* Values of each kind. Where they are not given they become the fallback; NO_FALLBACK: they are required. */
#define NO_FALLBACK INT64_MIN
sa_status setting_integer(const struct section *section, const char *key, int64_t fallback, int64_t least, int64_t most,
                          int64_t *integer);
/* Integers, at most `most_count`: an integer, a list in config.json, or a text: "127 7 3". 0 of them: not given. */
sa_status setting_integers(const struct section *section, const char *key, int64_t least, int64_t most,
                           int64_t most_count, int64_t *integers, int64_t *count);

/* A side of an image, 1 to `most`: an integer, or number `which` of a list of two, [height, width]. */
sa_status setting_side(const struct section *section, const char *key, int which, int64_t most, int64_t *side);

sa_status setting_number(const struct section *section, const char *key, double fallback, double least, double most,
                         double *number);
sa_status setting_flag(const struct section *section, const char *key, int fallback, int *flag);

/* One of these names, as its number; the list ends with NULL. In case of an error the fallback, or 0: it can always
 * be an index. */
sa_status setting_choice(const struct section *section, const char *key, int64_t fallback, const char *const names[],
                         int *choice);

/* Checks the member "require": {"key": "off", "key": [value, ...], ...}: values that a key of config.json may have, if
 * it is there. "off" is false, null or an empty object; "$key" in a list is another key's value. */
sa_status settings_require(const struct section *root);

#endif
