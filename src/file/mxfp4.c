/* SPDX-License-Identifier: MIT */
#include "file/mxfp4.h"

#include "base/arith.h"
#include "file/path.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 16, ELEMENTS = 32, AXES = 4, NAME = 200 };

static const char blocks_ending[] = "_blocks", scales_ending[] = "_scales";

/* Bytes of the name without its ending; 0: it has another. */
static size_t stem_of(const struct tensor *t) {
    return has_ending(t->name, blocks_ending) ? strlen(t->name) - strlen(blocks_ending) : 0;
}

static int has_blocks(const struct tensor *t) {
    return !strcmp(t->dtype, "U8") && t->axes == AXES && t->size[AXES - 1] == BLOCK;
}

/* The scales of blocks; NULL: there are none. */
static const struct tensor *scales_of(const struct tensor_file *f, const struct tensor *t) {
    char name[NAME];
    const size_t stem = stem_of(t);
    if (!stem || stem >= NAME - sizeof scales_ending || !has_blocks(t)) return NULL;
    snprintf(name, sizeof name, "%.*s%s", (int)stem, t->name, scales_ending);
    return tensors_find(f, name);
}

static sa_status join(struct report *report, const struct tensor_file *f, struct tensor *t, const struct tensor *s) {
    char has[SHAPE_TEXT], must[SHAPE_TEXT];
    int fits = !strcmp(s->dtype, "U8") && s->axes == AXES - 1;
    for (int32_t i = 0; i < AXES - 1; i++) fits = fits && s->size[i] == t->size[i];
    if (!fits || !checked_mul(t->size[AXES - 2], ELEMENTS, &t->size[AXES - 2]))
        return fail(report, SA_ERR_FORMAT, "%s: tensor \"%.80s\" is %s%s, \"%.80s\" is U8%s", f->file.name, s->name,
                    s->dtype, shape_text(s->size, s->axes, has), t->name, shape_text(t->size, t->axes, must));
    t->dtype = "MXFP4", t->type = SA_MXFP4;
    t->axes--;
    t->elements *= 2; /* a byte of the file had one */
    t->scales = s->data;
    return SA_OK;
}

sa_status mxfp4_join(struct report *report, struct tensor_file *f) {
    int joined = 0;
    for (int64_t i = 0; i < f->count; i++) {
        const struct tensor *scales = scales_of(f, &f->tensors[i]);
        if (!scales) continue;
        sa_status status = join(report, f, &f->tensors[i], scales);
        if (status != SA_OK) return status;
        tensors_remove(f, scales->name);
        joined = 1;
    }
    if (!joined) return SA_OK;
    /* The names are in this list, or in that of a shard. */
    for (int64_t i = 0; i < f->count; i++)
        if (f->tensors[i].scales) ((char *)f->tensors[i].name)[stem_of(&f->tensors[i])] = 0;
    tensors_sort(f);
    return SA_OK;
}

void mxfp4_blocks(const struct tensor *t, int64_t first, int64_t count, unsigned char *to) {
    const unsigned char *from = t->data + first * BLOCK;
    for (int64_t b = 0; b < count; b++, from += BLOCK) {
        *to++ = t->scales[first + b];
        for (int i = 0; i < BLOCK / 2; i++) {
            const unsigned char low = from[i], high = from[i + BLOCK / 2];
            *to++ = (unsigned char)((low & 15) | high << 4);
            *to++ = (unsigned char)(low >> 4 | (high & 240));
        }
    }
}
