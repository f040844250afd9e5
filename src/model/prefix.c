/* What stands before the names of tensors: which class of a framework a model was saved from, and what was around it.
 * SPDX-License-Identifier: MIT */
#include "model/binder.h"

#include "file/path.h"

#include <stdio.h>
#include <string.h>

/* Whether the stack needs a role, and how it is named: those of the stack itself, then those of its blocks. */
static const struct role *role_of(const struct stack_config *c, int r, int *is_table) {
    const int is_once = r < STACK_ROLES, i = is_once ? r : r - STACK_ROLES;
    *is_table = is_once ? i < STACK_TABLES : i >= BLOCK_TABLES;
    if (!(is_once ? stack_role_needed(c, (enum stack_role)i) : block_role_needed(c, (enum block_role)i))) return NULL;
    return is_once ? &stack_roles[i] : &block_roles[i];
}

/* A prefix of the description's under which the file has the role; NULL: none. */
static const char *listed(struct binder b, const json_t *prefixes, const struct role *role, int is_table) {
    for (size_t i = 0; (b.prefix = binder_pattern(prefixes, i)); i++)
        if (binder_has_role(&b, role, is_table)) return b.prefix;
    return NULL;
}

/* Whether a name ends in another, which begins it or stands behind a dot. */
static int is_named(const char *name, const char *ending) {
    return !strcmp(name, ending) || (has_ending(name, ending) && name[strlen(name) - strlen(ending) - 1] == '.');
}

/* What the file has before the name of a role; 0 if no tensor has the name, or several have. */
static int found_before(struct binder b, const struct role *role, int is_table, char found[NAME_BYTES]) {
    const json_t *names;
    const char *pattern;
    char ending[NAME_BYTES];
    int count = 0;
    b.prefix = "";
    if (binder_names(&b, role, &names) != SA_OK) return 0;
    for (size_t i = 0; !count && (pattern = binder_pattern(names, i)); i++) {
        if (!binder_write_name(ending, &b, pattern, 0, is_table ? "" : ".weight")) return 0;
        for (int64_t t = 0; t < b.file->count; t++) {
            const char *name = b.file->tensors[t].name;
            if (!is_named(name, ending) || strlen(name) >= NAME_BYTES) continue;
            snprintf(found, NAME_BYTES, "%.*s", (int)(strlen(name) - strlen(ending)), name);
            count++;
        }
    }
    return count == 1;
}

/* What is left of a prefix in front of the longest of the description's, if all names of the file begin so. */
static void find_outer(const struct binder *b, const json_t *prefixes, char outer[NAME_BYTES]) {
    const size_t bytes = strlen(b->prefix);
    size_t inner = 0;
    const char *one;
    for (size_t i = 0; (one = binder_pattern(prefixes, i)); i++)
        if (is_named(b->prefix, one) && strlen(one) > inner) inner = strlen(one);
    snprintf(outer, NAME_BYTES, "%.*s", (int)(bytes - inner), b->prefix);
    for (int64_t t = 0; t < b->file->count && *outer; t++)
        if (strncmp(b->file->tensors[t].name, outer, strlen(outer)) != 0) *outer = 0;
}

const char *prefix_of_class(const json_t *description) {
    const json_t *prefixes = json_object_get(description, "prefixes");
    const char *prefix = binder_pattern(prefixes, 0);
    for (size_t i = 1; prefix && !*prefix; i++) prefix = binder_pattern(prefixes, i);
    return prefix;
}

void binder_choose_prefix(struct binder *b, char room[2 * NAME_BYTES]) {
    const json_t *prefixes = json_object_get(b->settings->description, "prefixes");
    const struct role *role;
    int is_table;
    b->outer = "";
    for (int r = 0; r < STACK_ROLES + BLOCK_ROLES; r++)
        if ((role = role_of(b->stack, r, &is_table)) && (b->prefix = listed(*b, prefixes, role, is_table))) return;
    for (int r = 0; r < STACK_ROLES + BLOCK_ROLES; r++)
        if ((role = role_of(b->stack, r, &is_table)) && found_before(*b, role, is_table, room)) {
            b->prefix = room;
            b->outer = room + NAME_BYTES;
            find_outer(b, prefixes, room + NAME_BYTES);
            return;
        }
    b->prefix = binder_pattern(prefixes, 0);
    if (b->classes) b->prefix = prefix_of_class(b->settings->description);
    if (!b->prefix) b->prefix = "";
}
