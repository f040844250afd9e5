/* SPDX-License-Identifier: MIT */
#include "folder/crawl.h"

#include "exit.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add(struct crawl *c, const FTSENT *entry) {
    const struct stat *status = entry->fts_statp;
    c->file = reallocate(c->file, (size_t)c->count + 1, sizeof *c->file);
    struct crawled *file = &c->file[c->count++];
    file->path = allocate(strlen(entry->fts_path) + 1, 1);
    memcpy(file->path, entry->fts_path, strlen(entry->fts_path));
    file->size = status->st_size;
    file->changed = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

/* The count of what is left out for the same reason; NULL: the entry is not. */
static int64_t *left_out_with(struct crawl *c, const FTSENT *entry) {
    const int kind = entry->fts_info;
    if (entry->fts_level > 0 && entry->fts_name[0] == '.') return &c->hidden;
    if (kind == FTS_F || kind == FTS_D) return NULL;
    if (kind == FTS_SL || kind == FTS_SLNONE || kind == FTS_DC) return &c->links;
    if (kind == FTS_DEFAULT) return &c->others;
    fprintf(stderr, "left out: %s cannot be read: %s\n", entry->fts_path, strerror(entry->fts_errno));
    return &c->unreadable;
}

/* Whether an entry of the tree counts: no second visit of a folder, not left out, not this file or folder. */
static int is_taken(struct crawl *c, const FTSENT *entry, const struct stat *but) {
    if (entry->fts_info == FTS_DP) return 0;
    int64_t *count = left_out_with(c, entry);
    if (count) ++*count;
    return !count && (entry->fts_statp->st_ino != but->st_ino || entry->fts_statp->st_dev != but->st_dev);
}

struct crawl crawl_folder(const char *folder, const char *but) {
    struct crawl c = {0};
    struct stat left_out = {0}, status; /* no entry has the number 0 */
    if (!but || stat(but, &left_out)) left_out = (struct stat){0};
    if (stat(folder, &status)) failure("%s cannot be opened: %s", folder, strerror(errno));
    if (!S_ISDIR(status.st_mode)) failure("%s is no folder", folder);
    char *root = strdup(folder), *roots[] = {root, NULL};
    for (size_t n = root ? strlen(root) : 0; n > 1 && root[n - 1] == '/'; n--) root[n - 1] = 0;
    FTS *tree = root ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
    if (!tree) failure("%s cannot be read: %s", folder, strerror(errno));
    for (FTSENT *e; (errno = 0, e = fts_read(tree));) {
        if (e->fts_info == FTS_DNR && !e->fts_level) failure("%s cannot be read: %s", folder, strerror(e->fts_errno));
        const int taken = is_taken(&c, e, &left_out);
        if (!taken && e->fts_info == FTS_D) fts_set(tree, e, FTS_SKIP);
        if (taken && e->fts_info == FTS_F) add(&c, e);
    }
    if (errno) failure("%s cannot be read: %s", folder, strerror(errno));
    fts_close(tree);
    free(root);
    return c;
}

void crawl_free(struct crawl *crawl) {
    for (int64_t i = 0; i < crawl->count; i++) free(crawl->file[i].path);
    free(crawl->file);
}

void crawl_left_out(const struct crawl *c, int64_t useless, const char *what, char *to, size_t room) {
    const struct {
        int64_t count;
        const char *what;
    } of[] = {{useless, what},
              {c->hidden, "hidden"},
              {c->links, "links"},
              {c->others, "neither files nor folders"},
              {c->unreadable, "unreadable"}};
    size_t length = 0;
    to[0] = 0;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        if (of[i].count)
            length += (size_t)snprintf(to + length, room - length, "%s%s %lld",
                                       length ? ", " : "; left out: ", of[i].what, (long long)of[i].count);
}
