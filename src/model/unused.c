/* SPDX-License-Identifier: MIT */
#include "model/unused.h"

#include "describe/unneeded.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 3, SHOWN_BYTES = 250 };

/* Tensors that should have a role: how many, and the names of the first ones as a text. */
struct strangers {
    int64_t count;
    char shown[SHOWN_BYTES];
};

static void add_stranger(struct strangers *s, const struct tensor_file *file, const char *name) {
    const size_t used = strlen(s->shown);
    char own[TENSOR_NAME_BYTES];
    if (s->count++ < SHOWN)
        snprintf(s->shown + used, sizeof s->shown - used, "%s\"%.70s\"", used ? ", " : "",
                 tensors_own_name(file, name, own));
}

static sa_status refuse(const struct settings *settings, const struct tensor_file *file, const struct strangers *s) {
    return fail(settings->report, SA_ERR_UNSUPPORTED,
                "%s: %lld tensor%s no role in the model: %s%s. Where that is right, \"ignore\" in an architecture.json "
                "says so",
                file->file.name, (long long)s->count, s->count == 1 ? " has" : "s have", s->shown,
                s->count > SHOWN ? ", ..." : "");
}

sa_status unused_list(const struct allocator *memory, const struct settings *settings, const struct tensor_file *file,
                      const struct bound_model *bound, struct unused_tensors *unused) {
    struct strangers strangers = {0};
    int64_t count = 0;
    *unused = (struct unused_tensors){0};
    for (int64_t i = 0; i < file->count; i++) {
        if (bound->used[i]) continue;
        count++;
        if (!tensor_is_unneeded(settings, file->tensors[i].name + bound->outer))
            add_stranger(&strangers, file, file->tensors[i].name);
    }
    if (strangers.count) return refuse(settings, file, &strangers);
    unused->names = memory_allocate(memory, count, sizeof *unused->names);
    if (!unused->names)
        return fail_memory(settings->report, count * (int64_t)sizeof *unused->names, "a list of tensors");
    for (int64_t i = 0; i < file->count; i++)
        if (!bound->used[i]) unused->names[unused->count++] = file->tensors[i].name;
    return SA_OK;
}

void unused_release(const struct allocator *memory, struct unused_tensors *unused) {
    memory_release(memory, (void *)unused->names, unused->count, sizeof *unused->names);
    *unused = (struct unused_tensors){0};
}
