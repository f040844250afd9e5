/* SPDX-License-Identifier: MIT */
#include "file/head_norms.h"

#include "file/path.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 200 };

static const char ending[] = ".norms.0.weight";

/* Bytes of the name of head 0 before this ending; 0: it is another tensor. */
static size_t stem_of(const struct tensor *t) {
    const size_t length = strlen(t->name);
    return length < NAME && has_ending(t->name, ending) ? length - strlen(ending) : 0;
}

/* The tensor of a head that is like that of head 0; NULL: there is none. */
static const struct tensor *find_head(const struct tensor_file *f, const struct tensor *first, int64_t head) {
    char name[NAME + 20];
    snprintf(name, sizeof name, "%.*s.norms.%lld.weight", (int)stem_of(first), first->name, (long long)head);
    const struct tensor *t = tensors_find(f, name);
    return t && t->axes == 1 && t->type == first->type && t->bytes == first->bytes ? t : NULL;
}

static int64_t count_heads(const struct tensor_file *f, const struct tensor *first) {
    int64_t heads = 0;
    if (!stem_of(first) || first->axes != 1 || first->type < 0) return 0;
    while (find_head(f, first, heads)) heads++;
    return heads;
}

/* Copies all heads to `to`; their first tensor becomes that of all, and the others leave the list. */
static void join(struct tensor_file *f, int64_t i, int64_t heads, unsigned char *to) {
    const struct tensor first = f->tensors[i], *one;
    for (int64_t h = 0; h < heads; h++)
        memcpy(to + h * first.bytes, find_head(f, &first, h)->data, (size_t)first.bytes);
    for (int64_t h = 1; h < heads; h++)
        if ((one = find_head(f, &first, h))) tensors_remove(f, one->name);
    struct tensor *all = &f->tensors[i]; /* of these names it is the first one */
    all->axes = 2;
    all->size[0] = heads, all->size[1] = first.size[0];
    all->elements *= heads, all->bytes *= heads;
    all->data = to;
}

sa_status head_norms_join(struct report *report, struct tensor_file *f) {
    int64_t bytes = 0, at = 0;
    for (int64_t i = 0; i < f->count; i++) bytes += count_heads(f, &f->tensors[i]) * f->tensors[i].bytes;
    if (!bytes) return SA_OK;
    f->joined = memory_allocate(&f->memory, bytes, 1);
    if (!f->joined) return fail_memory(report, bytes, "norms of heads");
    f->joined_bytes = bytes;
    for (int64_t i = 0; i < f->count; i++) {
        const int64_t heads = count_heads(f, &f->tensors[i]);
        if (!heads) continue;
        join(f, i, heads, f->joined + at);
        at += f->tensors[i].bytes;
    }
    for (int64_t i = 0; i < f->count; i++)
        if (f->tensors[i].axes == 2 && stem_of(&f->tensors[i]))
            strcpy((char *)f->tensors[i].name + stem_of(&f->tensors[i]), ".weight");
    tensors_sort(f);
    return SA_OK;
}
