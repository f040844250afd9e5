/* The files of a folder.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_FOLDER_CRAWL_H
#define TOOLS_FOLDER_CRAWL_H

#include <stddef.h>
#include <stdint.h>

struct crawled {
    char *path;
    int64_t size, changed; /* bytes; when it was last modified, nanoseconds since 1970 */
};

struct crawl {
    int64_t count;
    struct crawled *file; /* [count] in a fixed order: in each folder by the bytes of names */
    /* How many were left out: what is hidden, links, neither files nor folders, and what cannot be read. */
    int64_t hidden, links, others, unreadable;
};

/* Regular files of the folder and the folders in it. Hidden ones, links and `but`, a file or a folder, are left out;
 * NULL: no such. A folder that cannot be read is told of on stderr; if it is `folder` itself, the program ends. */
struct crawl crawl_folder(const char *folder, const char *but);
void crawl_free(struct crawl *crawl);

/* Writes "; left out: without text 2, hidden 1", or nothing: so many of the files were `useless`, which is `what` they
 * are. */
void crawl_left_out(const struct crawl *crawl, int64_t useless, const char *what, char *to, size_t room);

#endif
