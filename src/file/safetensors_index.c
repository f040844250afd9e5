/* model.safetensors.index.json: the list that says which shard has which tensor.
 * SPDX-License-Identifier: MIT */
#include "file/json.h"
#include "file/path.h"
#include "file/tensors.h"

#include <stdlib.h>
#include <string.h>

/* The index while it is read: the names of its files, sorted, each once. They point into the parsed text. */
struct listing {
    const struct json_source *source;
    json_t *map; /* tensor name -> file name */
    const char **names;
    int64_t count, room;
};

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that could lead out of the directory is refused. */
static sa_status take_name(const struct json_source *s, const char *tensor, const json_t *value, const char **name) {
    *name = json_string_value(value);
    if (!*name)
        return fail(s->report, SA_ERR_FORMAT, "%s: weight_map.%.80s is %s, must be a string", s->file, tensor,
                    json_type_text(value));
    if (**name && **name != '.' && !strchr(*name, '/')) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: weight_map.%.80s is \"%.80s\", which is no plain file name", s->file,
                tensor, *name);
}

static sa_status take_names(const struct allocator *memory, struct listing *l) {
    const char *tensor;
    json_t *value;
    l->room = (int64_t)json_object_size(l->map);
    l->names = memory_allocate(memory, l->room, sizeof *l->names);
    if (!l->names) return fail_memory(l->source->report, l->room * (int64_t)sizeof *l->names, "a list of shards");
    json_object_foreach(l->map, tensor, value) {
        sa_status status = take_name(l->source, tensor, value, &l->names[l->count++]);
        if (status != SA_OK) return status;
    }
    qsort((void *)l->names, (size_t)l->count, sizeof *l->names, by_text);
    int64_t kept = 0;
    for (int64_t i = 0; i < l->count; i++)
        if (!kept || strcmp(l->names[kept - 1], l->names[i]) != 0) l->names[kept++] = l->names[i];
    l->count = kept;
    return SA_OK;
}

static sa_status open_shards(struct report *report, const char *directory, const struct listing *l, int is_read,
                             struct tensor_file *f) {
    sa_status status = SA_OK;
    f->shards = memory_allocate(&f->memory, l->count, sizeof *f->shards);
    if (!f->shards) return fail_memory(report, l->count * (int64_t)sizeof *f->shards, "a list of shards");
    f->shard_count = l->count;
    for (int64_t i = 0; i < l->count && status == SA_OK; i++) {
        char *path = NULL;
        status = path_join(&f->memory, report, directory, l->names[i], &path);
        if (status == SA_OK) status = safetensors_open(&f->memory, report, path, is_read, &f->shards[i]);
        path_release(&f->memory, path);
    }
    return status;
}

static sa_status join_shards(struct report *report, struct tensor_file *f) {
    int64_t count = 0;
    for (int64_t i = 0; i < f->shard_count; i++) count += f->shards[i].count;
    sa_status status = tensors_create(f, report, count, 0);
    if (status != SA_OK) return status;
    struct tensor *t = f->tensors;
    for (int64_t i = 0; i < f->shard_count; i++)
        for (int64_t j = 0; j < f->shards[i].count; j++) *t++ = f->shards[i].tensors[j];
    tensors_sort(f);
    for (int64_t i = 1; i < count; i++)
        if (!strcmp(f->tensors[i - 1].name, f->tensors[i].name))
            return fail(report, SA_ERR_FORMAT, "%s: two of its files have a tensor \"%.80s\"", f->file.name,
                        f->tensors[i].name);
    return SA_OK;
}

/* Checks that every tensor is in the shard that the index names. */
static sa_status check_places(const struct listing *l, const struct tensor_file *f) {
    const char *tensor;
    json_t *value;
    json_object_foreach(l->map, tensor, value) {
        const char *name = json_string_value(value);
        const char **at = bsearch(&name, (const void *)l->names, (size_t)l->count, sizeof *l->names, by_text);
        if (!tensors_find(&f->shards[at - l->names], tensor))
            return fail(l->source->report, SA_ERR_FORMAT, "%s: tensor \"%.80s\" is not in %.80s", l->source->file,
                        tensor, name);
    }
    return SA_OK;
}

static sa_status take_index(const struct json_source *source, const json_t *index, const char *directory, int is_read,
                            struct tensor_file *f) {
    struct listing l = {.source = source};
    sa_status status = json_member(source, index, "", "weight_map", JSON_OBJECT, &l.map);
    if (status == SA_OK) status = take_names(&f->memory, &l);
    if (status == SA_OK) status = open_shards(source->report, directory, &l, is_read, f);
    if (status == SA_OK) status = join_shards(source->report, f);
    if (status == SA_OK) status = check_places(&l, f);
    memory_release(&f->memory, (void *)l.names, l.room, sizeof *l.names);
    return status;
}

sa_status safetensors_open_index(const struct allocator *memory, struct report *report, const char *path, int is_read,
                                 struct tensor_file *f) {
    char *directory = NULL;
    json_t *index = NULL;
    *f = (struct tensor_file){.memory = *memory, .types = "F32, F16 and BF16"};
    sa_status status = path_parent(memory, report, path, &directory);
    if (status == SA_OK) status = file_read(memory, report, path, JSON_MOST_BYTES, &f->file);
    const struct json_source source = {report, f->file.name};
    if (status == SA_OK) status = json_parse(&source, f->file.bytes, f->file.size, &index);
    if (status == SA_OK) status = take_index(&source, index, directory, is_read, f);
    json_decref(index);
    path_release(memory, directory);
    if (status != SA_OK) tensors_close(f);
    return status;
}
