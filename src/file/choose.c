/* SPDX-License-Identifier: MIT */
#include "file/choose.h"

#include "file/lora.h"
#include "file/path.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { FILE_NAME_BYTES = 256 };

/* What training writes beside a model, or for one. */
static int is_no_model(const char *name) {
    return name[0] == '.' || !strcmp(name, "optimizer.safetensors") || !strcmp(name, LORA_TENSORS);
}

static int is_meant(const char *name, const struct choice *choice) {
    if (choice->name) return !strcmp(name, choice->name);
    return has_ending(name, choice->ending) && !is_no_model(name);
}

/* The files that match choices: how many, and the first names in alphabetical order. */
struct found {
    int count;
    char first[FILE_NAME_BYTES], second[FILE_NAME_BYTES];
};

static void take_name(struct found *found, const char *name) {
    char *to = found->second;
    found->count++;
    if (found->count == 1 || strcmp(name, found->first) < 0) {
        memcpy(found->second, found->first, FILE_NAME_BYTES);
        to = found->first;
    } else if (found->count > 2 && strcmp(name, found->second) > 0) {
        return;
    }
    snprintf(to, FILE_NAME_BYTES, "%s", name);
}

static void find_files(DIR *listing, const struct choice *choice, struct found *found) {
    rewinddir(listing);
    for (const struct dirent *item; (item = readdir(listing));)
        if (is_meant(item->d_name, choice)) take_name(found, item->d_name);
}

sa_status choose_file(const struct allocator *memory, struct report *report, const char *directory,
                      const struct choice *choices, int64_t count, const char *wanted, char **path) {
    struct found found = {0};
    *path = NULL;
    DIR *listing = opendir(directory);
    if (!listing) return fail_path(report, directory, "cannot be opened as a directory");
    for (int64_t i = 0; i < count && (!found.count || choices[i].is_rival); i++)
        find_files(listing, &choices[i], &found);
    closedir(listing);
    if (found.count == 1) return path_join(memory, report, directory, found.first, path);
    if (found.count == 0) return fail(report, SA_ERR_FILE, "%.200s: has no %s", directory, wanted);
    return fail(report, SA_ERR_FILE, "%.150s: %d files could be meant, \"%.80s\" and \"%.80s\"%s: name one", directory,
                found.count, found.first, found.second, found.count > 2 ? " among them" : "");
}
