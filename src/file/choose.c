/* SPDX-License-Identifier: MIT */
#include "file/choose.h"

#include "file/path.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_NAME_BYTES = 256 };

static int is_meant(const char *name, const struct choice *choice) {
    if (choice->name) return !strcmp(name, choice->name);
    return name[0] != '.' && has_ending(name, choice->ending);
}

/* How many files a choice means; `found` is the name of one. */
static int count_files(DIR *listing, const struct choice *choice, char found[FILE_NAME_BYTES]) {
    int count = 0;
    rewinddir(listing);
    for (const struct dirent *item; (item = readdir(listing));) {
        if (!is_meant(item->d_name, choice)) continue;
        count++;
        snprintf(found, FILE_NAME_BYTES, "%s", item->d_name);
    }
    return count;
}

sa_status choose_file(const struct allocator *memory, struct report *report, const char *directory,
                      const struct choice *choices, int64_t count, const char *wanted, char **path) {
    char name[FILE_NAME_BYTES];
    int64_t at = 0;
    int files = 0;
    *path = NULL;
    DIR *listing = opendir(directory);
    if (!listing)
        return fail(report, SA_ERR_FILE, "%.200s: cannot be opened as a directory%s", directory,
                    errno == ENOENT ? ": there is none" : "");
    for (; at < count && !files; at++) files = count_files(listing, &choices[at], name);
    closedir(listing);
    if (files == 1) return path_join(memory, report, directory, name, path);
    if (files == 0) return fail(report, SA_ERR_FILE, "%.200s: has no %s", directory, wanted);
    return fail(report, SA_ERR_FILE, "%.200s: has %d *%s files and none is %s: name one", directory, files,
                choices[at - 1].ending, choices[0].name);
}
