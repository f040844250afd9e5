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

struct crawl crawl_folder(const char *folder, const char *but) {
    struct crawl c = {0};
    struct stat left_out = {0}, status;
    const int known = !stat(but, &left_out);
    if (stat(folder, &status)) failure("%s cannot be opened: %s", folder, strerror(errno));
    if (!S_ISDIR(status.st_mode)) failure("%s is no folder", folder);
    char *root = strdup(folder), *roots[] = {root, NULL};
    for (size_t n = root ? strlen(root) : 0; n > 1 && root[n - 1] == '/'; n--) root[n - 1] = 0;
    FTS *tree = root ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
    if (!tree) failure("%s cannot be read: %s", folder, strerror(errno));
    for (FTSENT *e; (e = fts_read(tree));) {
        const int hidden = e->fts_level > 0 && e->fts_name[0] == '.';
        if (e->fts_info == FTS_D && hidden) fts_set(tree, e, FTS_SKIP);
        if (e->fts_info == FTS_DNR && !e->fts_level) failure("%s cannot be read: %s", folder, strerror(e->fts_errno));
        if (e->fts_info == FTS_DNR) fprintf(stderr, "%s cannot be read: %s\n", e->fts_path, strerror(e->fts_errno));
        if (e->fts_info != FTS_F || hidden || !S_ISREG(e->fts_statp->st_mode)) continue;
        if (known && e->fts_statp->st_ino == left_out.st_ino && e->fts_statp->st_dev == left_out.st_dev) continue;
        add(&c, e);
    }
    fts_close(tree);
    free(root);
    return c;
}

void crawl_free(struct crawl *crawl) {
    for (int64_t i = 0; i < crawl->count; i++) free(crawl->file[i].path);
    free(crawl->file);
}
