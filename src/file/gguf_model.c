/* Gives the tensors of a GGUF file the names that they have in the same model on Hugging Face. A tensor without such a
 * name is refused, since it would change the result.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "base/quantised.h"
#include "file/gguf_family.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_ALIGNMENT = 32, MOST_ALIGNMENT = 65536 };

/* A type of tensors, with elements and bytes of a block. */
struct dtype {
    uint32_t number;
    int32_t type, elements, bytes;
    const char *name;
};

/* Those beside block_type(). Types that cannot be used are listed for their names. */
static const struct dtype dtypes[] = {
    {0, SA_F32, 1, 4, "F32"},   {1, SA_F16, 1, 2, "F16"},     {30, SA_BF16, 1, 2, "BF16"}, {9, -1, 32, 36, "Q8_1"},
    {15, -1, 256, 292, "Q8_K"}, {16, -1, 256, 66, "IQ2_XXS"}, {17, -1, 256, 74, "IQ2_XS"}, {18, -1, 256, 98, "IQ3_XXS"},
    {19, -1, 256, 50, "IQ1_S"}, {21, -1, 256, 110, "IQ3_S"},  {22, -1, 256, 82, "IQ2_S"},  {24, -1, 1, 1, "I8"},
    {25, -1, 1, 2, "I16"},      {26, -1, 1, 4, "I32"},        {27, -1, 1, 8, "I64"},       {28, -1, 1, 8, "F64"},
    {29, -1, 256, 56, "IQ1_M"}, {34, -1, 256, 54, "TQ1_0"},   {35, -1, 256, 66, "TQ2_0"},
};

static const char types_read[] =
    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS and MXFP4";

/* The bytes of the file behind the list. */
struct data {
    int64_t begin, alignment;
};

static sa_status take_name(const struct gguf *g, const struct gguf_tensor *from, const json_t *family, char *to) {
    if (gguf_their_name(family, from->name, to)) return SA_OK;
    return fail(g->report, SA_ERR_UNSUPPORTED,
                "%s: tensor \"%.*s\" is not among the supported tensors of the architecture", g->file->name,
                (int)min_i64(from->name.length, 80), from->name.bytes);
}

static void write_own_name(const json_t *family, const char *name, char own[TENSOR_NAME_BYTES]) {
    if (!gguf_own_name(family, name, own)) snprintf(own, TENSOR_NAME_BYTES, "%s", name);
}

/* GGUF numbers quantised types as we do, less 32. */
static struct dtype dtype_of(uint32_t number) {
    const struct block_type *b = number <= SA_MXFP4 ? block_type((int32_t)number + 32) : NULL;
    if (b) return (struct dtype){number, (int32_t)number + 32, b->elements, b->bytes, b->name};
    for (int64_t i = 0; i < COUNT_OF(dtypes); i++)
        if (dtypes[i].number == number) return dtypes[i];
    return (struct dtype){0};
}

static sa_status take_dtype(const struct gguf *g, const struct gguf_tensor *from, struct dtype *dtype) {
    *dtype = dtype_of(from->type);
    if (!dtype->name)
        return fail(g->report, SA_ERR_UNSUPPORTED,
                    "%s: tensor \"%.*s\" is of type number %lu, which is unknown; %s are read", g->file->name,
                    (int)min_i64(from->name.length, 80), from->name.bytes, (unsigned long)from->type, types_read);
    const int64_t row = from->axes ? from->size[0] : 1;
    if (row % dtype->elements == 0) return SA_OK;
    return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%.*s\" of type %s has rows of %lld elements, no multiple of %d",
                g->file->name, (int)min_i64(from->name.length, 80), from->name.bytes, dtype->name, (long long)row,
                (int)dtype->elements);
}

static sa_status take_place(const struct gguf *g, const struct gguf_tensor *from, const struct data *data,
                            const struct dtype *dtype, struct tensor *t) {
    const uint64_t room = (uint64_t)max_i64(g->file->size - data->begin, 0);
    if (from->offset % (uint64_t)data->alignment)
        return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%.*s\" begins at %llu, no multiple of the alignment %lld",
                    g->file->name, (int)min_i64(from->name.length, 80), from->name.bytes,
                    (unsigned long long)from->offset, (long long)data->alignment);
    if (!checked_mul(from->elements / dtype->elements, dtype->bytes, &t->bytes) || (uint64_t)t->bytes > room ||
        from->offset > room - (uint64_t)t->bytes)
        return fail(g->report, SA_ERR_FORMAT,
                    "%s: tensor \"%.*s\", %lld elements of type %s at byte %llu, does not fit into %llu bytes of data",
                    g->file->name, (int)min_i64(from->name.length, 80), from->name.bytes, (long long)from->elements,
                    dtype->name, (unsigned long long)from->offset, (unsigned long long)room);
    t->data = g->file->bytes + data->begin + from->offset;
    return SA_OK;
}

static sa_status take_tensor(const struct gguf *g, const struct gguf_tensor *from, const struct data *data,
                             const json_t *family, char *name, struct tensor *t) {
    struct dtype dtype;
    sa_status status = take_name(g, from, family, name);
    if (status == SA_OK) status = take_dtype(g, from, &dtype);
    if (status != SA_OK) return status;
    *t = (struct tensor){.name = name, .dtype = dtype.name, .type = dtype.type, .axes = from->axes};
    for (int32_t i = 0; i < t->axes; i++) t->size[i] = from->size[t->axes - 1 - i];
    t->elements = from->elements;
    return take_place(g, from, data, &dtype, t);
}

static sa_status find_data(const struct gguf *g, struct data *data) {
    data->alignment = DEFAULT_ALIGNMENT;
    sa_status status = SA_OK;
    if (gguf_find(g, "general.alignment"))
        status = gguf_take_integer(g, "general.alignment", 1, MOST_ALIGNMENT, &data->alignment);
    if (status == SA_OK) data->begin = round_up(g->end, data->alignment);
    return status;
}

sa_status gguf_list_tensors(const struct gguf *g, struct tensor_file *f) {
    struct data data;
    char own[TENSOR_NAME_BYTES];
    f->own_name = write_own_name;
    sa_status status = gguf_family(g, &f->family);
    if (status == SA_OK) status = find_data(g, &data);
    if (status == SA_OK) status = tensors_create(f, g->report, g->tensor_count, g->tensor_count * TENSOR_NAME_BYTES);
    for (int64_t i = 0; i < g->tensor_count && status == SA_OK; i++)
        status = take_tensor(g, &g->tensors[i], &data, f->family, f->names + i * TENSOR_NAME_BYTES, &f->tensors[i]);
    if (status != SA_OK) return status;
    tensors_sort(f);
    for (int64_t i = 1; i < f->count; i++)
        if (!strcmp(f->tensors[i - 1].name, f->tensors[i].name))
            return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%s\" is there twice", g->file->name,
                        tensors_own_name(f, f->tensors[i].name, own));
    return SA_OK;
}

sa_status gguf_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                    struct tensor_file *f, struct gguf_settings *settings) {
    static const char *const factors[] = {GGUF_ROPE_FACTORS, GGUF_ROPE_FACTORS_SHORT, GGUF_ROPE_FACTORS_LONG};
    struct gguf g = {0};
    *settings = (struct gguf_settings){0};
    *f = (struct tensor_file){.memory = *memory, .types = types_read};
    sa_status status = tensors_open_file(f, report, path, is_read);
    if (status == SA_OK) status = gguf_read(memory, report, &f->file, &g);
    if (status == SA_OK) status = gguf_list_tensors(&g, f);
    if (status == SA_OK) status = gguf_config(&g, f, settings);
    for (int64_t i = 0; i < COUNT_OF(factors) && status == SA_OK; i++) tensors_remove(f, factors[i]);
    gguf_release(&g);
    if (status != SA_OK) tensors_close(f);
    return status;
}
