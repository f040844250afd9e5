/* Gives the tensors of a GGUF file the names that they have in the same model on Hugging Face. A tensor without such a
 * name is refused, since it would change the result.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "file/gguf.h"

#include <stdio.h>
#include <string.h>

enum { MOST_BLOCKS = 4096, DEFAULT_ALIGNMENT = 32, MOST_ALIGNMENT = 65536 };

/* Types of tensors, with elements and bytes of a block. Types that cannot be used are listed for their names. */
static const struct dtype {
    uint32_t number;
    int32_t type, elements, bytes;
    const char *name;
} dtypes[] = {
    {0, SA_F32, 1, 4, "F32"},
    {1, SA_F16, 1, 2, "F16"},
    {30, SA_BF16, 1, 2, "BF16"},
    {2, SA_Q4_0, 32, 18, "Q4_0"},
    {3, SA_Q4_1, 32, 20, "Q4_1"},
    {6, SA_Q5_0, 32, 22, "Q5_0"},
    {7, SA_Q5_1, 32, 24, "Q5_1"},
    {8, SA_Q8_0, 32, 34, "Q8_0"},
    {10, SA_Q2_K, 256, 84, "Q2_K"},
    {11, SA_Q3_K, 256, 110, "Q3_K"},
    {12, SA_Q4_K, 256, 144, "Q4_K"},
    {13, SA_Q5_K, 256, 176, "Q5_K"},
    {14, SA_Q6_K, 256, 210, "Q6_K"},
    {20, SA_IQ4_NL, 32, 18, "IQ4_NL"},
    {23, SA_IQ4_XS, 256, 136, "IQ4_XS"},
    {9, -1, 32, 36, "Q8_1"},
    {15, -1, 256, 292, "Q8_K"},
    {16, -1, 256, 66, "IQ2_XXS"},
    {17, -1, 256, 74, "IQ2_XS"},
    {18, -1, 256, 98, "IQ3_XXS"},
    {19, -1, 256, 50, "IQ1_S"},
    {21, -1, 256, 110, "IQ3_S"},
    {22, -1, 256, 82, "IQ2_S"},
    {24, -1, 1, 1, "I8"},
    {25, -1, 1, 2, "I16"},
    {26, -1, 1, 4, "I32"},
    {27, -1, 1, 8, "I64"},
    {28, -1, 1, 8, "F64"},
    {29, -1, 256, 56, "IQ1_M"},
    {34, -1, 256, 54, "TQ1_0"},
    {35, -1, 256, 66, "TQ2_0"},
    {39, -1, 32, 17, "MXFP4"},
};

static const char types_read[] =
    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL and IQ4_XS";

/* '#' stands for the number of a block. */
static const struct name_rule {
    const char *theirs, *ours;
    int32_t architectures;
} names[] = {
    {"token_embd.weight", "model.embed_tokens.weight", GGUF_ALL},
    {"output_norm.weight", "model.norm.weight", GGUF_ALL},
    {"output.weight", "lm_head.weight", GGUF_ALL},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight", GGUF_ALL & ~GGUF_OLMO2},
    {"blk.#.attn_q.weight", "model.layers.#.self_attn.q_proj.weight", GGUF_ALL},
    {"blk.#.attn_k.weight", "model.layers.#.self_attn.k_proj.weight", GGUF_ALL},
    {"blk.#.attn_v.weight", "model.layers.#.self_attn.v_proj.weight", GGUF_ALL},
    {"blk.#.attn_output.weight", "model.layers.#.self_attn.o_proj.weight", GGUF_ALL},
    {"blk.#.attn_q.bias", "model.layers.#.self_attn.q_proj.bias", GGUF_QWEN2 | GGUF_QWEN2_MOE},
    {"blk.#.attn_k.bias", "model.layers.#.self_attn.k_proj.bias", GGUF_QWEN2 | GGUF_QWEN2_MOE},
    {"blk.#.attn_v.bias", "model.layers.#.self_attn.v_proj.bias", GGUF_QWEN2 | GGUF_QWEN2_MOE},
    {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight", GGUF_QWEN3 | GGUF_OLMO2 | GGUF_QWEN3_MOE},
    {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight", GGUF_QWEN3 | GGUF_OLMO2 | GGUF_QWEN3_MOE},
    {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight", GGUF_ALL & ~GGUF_OLMO2},
    {"blk.#.post_attention_norm.weight", "model.layers.#.post_attention_layernorm.weight", GGUF_OLMO2},
    {"blk.#.post_ffw_norm.weight", "model.layers.#.post_feedforward_layernorm.weight", GGUF_OLMO2},
    {"blk.#.ffn_gate_inp.weight", "model.layers.#.mlp.gate.weight", GGUF_MOE},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.mlp.experts.gate_proj.weight", GGUF_MOE},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.mlp.experts.up_proj.weight", GGUF_MOE},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.mlp.experts.down_proj.weight", GGUF_MOE},
    {"blk.#.ffn_gate_inp_shexp.weight", "model.layers.#.mlp.shared_expert_gate.weight", GGUF_QWEN2_MOE},
    {"blk.#.ffn_gate_shexp.weight", "model.layers.#.mlp.shared_expert.gate_proj.weight", GGUF_QWEN2_MOE},
    {"blk.#.ffn_up_shexp.weight", "model.layers.#.mlp.shared_expert.up_proj.weight", GGUF_QWEN2_MOE},
    {"blk.#.ffn_down_shexp.weight", "model.layers.#.mlp.shared_expert.down_proj.weight", GGUF_QWEN2_MOE},
    {"blk.#.ffn_gate.weight", "model.layers.#.mlp.gate_proj.weight", GGUF_ALL},
    {"blk.#.ffn_up.weight", "model.layers.#.mlp.up_proj.weight", GGUF_ALL},
    {"blk.#.ffn_down.weight", "model.layers.#.mlp.down_proj.weight", GGUF_ALL},
    /* gguf_config.c reads it as a setting. */
    {GGUF_ROPE_FACTORS, GGUF_ROPE_FACTORS, GGUF_LLAMA},
};

/* The bytes of the file behind the list. */
struct data {
    int64_t begin, alignment;
};

/* Whether a name matches the pattern; *block becomes the number at its '#'. */
static int matches(struct gguf_text name, const char *pattern, int64_t *block) {
    int64_t at = 0;
    *block = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '#') {
            if (at == name.length || name.bytes[at++] != *pattern) return 0;
            continue;
        }
        const int64_t first = at;
        for (; at < name.length && at < first + 4 && name.bytes[at] >= '0' && name.bytes[at] <= '9'; at++)
            *block = 10 * *block + name.bytes[at] - '0';
        if (at == first || (at > first + 1 && name.bytes[first] == '0')) return 0;
    }
    return at == name.length;
}

static sa_status take_name(const struct gguf *g, const struct gguf_tensor *from, int32_t architecture, char *to) {
    int64_t block;
    for (int64_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].architectures & architecture && matches(from->name, names[i].theirs, &block)) {
            tensor_name(to, names[i].ours, block);
            return SA_OK;
        }
    return fail(g->report, SA_ERR_UNSUPPORTED,
                "%s: tensor \"%.*s\" is not among the supported tensors of the architecture", g->file->name,
                (int)min_i64(from->name.length, 80), from->name.bytes);
}

int gguf_tensor_name(const char *name, int32_t architecture, char own[TENSOR_NAME_BYTES]) {
    const struct gguf_text ours = {name, (int64_t)strlen(name)};
    int64_t block;
    for (int64_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].architectures & architecture && matches(ours, names[i].ours, &block)) {
            tensor_name(own, names[i].theirs, block);
            return 1;
        }
    return 0;
}

static void write_own_name(const char *name, char own[TENSOR_NAME_BYTES]) {
    if (!gguf_tensor_name(name, GGUF_ALL, own)) snprintf(own, TENSOR_NAME_BYTES, "%s", name);
}

static sa_status take_dtype(const struct gguf *g, const struct gguf_tensor *from, const struct dtype **dtype) {
    *dtype = NULL;
    for (int64_t i = 0; i < COUNT_OF(dtypes); i++)
        if (dtypes[i].number == from->type) *dtype = &dtypes[i];
    if (!*dtype)
        return fail(g->report, SA_ERR_UNSUPPORTED,
                    "%s: tensor \"%.*s\" is of type number %lu, which is unknown; %s are read", g->file->name,
                    (int)min_i64(from->name.length, 80), from->name.bytes, (unsigned long)from->type, types_read);
    const int64_t row = from->axes ? from->size[0] : 1;
    if (row % (*dtype)->elements == 0) return SA_OK;
    return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%.*s\" of type %s has rows of %lld elements, no multiple of %d",
                g->file->name, (int)min_i64(from->name.length, 80), from->name.bytes, (*dtype)->name, (long long)row,
                (int)(*dtype)->elements);
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
                             int32_t architecture, char *name, struct tensor *t) {
    const struct dtype *dtype;
    sa_status status = take_name(g, from, architecture, name);
    if (status == SA_OK) status = take_dtype(g, from, &dtype);
    if (status != SA_OK) return status;
    *t = (struct tensor){.name = name, .dtype = dtype->name, .type = dtype->type, .axes = from->axes};
    for (int32_t i = 0; i < t->axes; i++) t->size[i] = from->size[t->axes - 1 - i];
    t->elements = from->elements;
    return take_place(g, from, data, dtype, t);
}

static sa_status find_data(const struct gguf *g, struct data *data) {
    data->alignment = DEFAULT_ALIGNMENT;
    sa_status status = SA_OK;
    if (gguf_find(g, "general.alignment"))
        status = gguf_take_integer(g, "general.alignment", 1, MOST_ALIGNMENT, &data->alignment);
    if (status == SA_OK) data->begin = round_up(g->end, data->alignment);
    return status;
}

sa_status gguf_list_tensors(const struct gguf *g, int32_t architecture, struct tensor_file *f) {
    struct data data;
    char own[TENSOR_NAME_BYTES];
    sa_status status = find_data(g, &data);
    if (status == SA_OK) status = tensors_create(f, g->report, g->tensor_count, g->tensor_count * TENSOR_NAME_BYTES);
    for (int64_t i = 0; i < g->tensor_count && status == SA_OK; i++)
        status = take_tensor(g, &g->tensors[i], &data, architecture, f->names + i * TENSOR_NAME_BYTES, &f->tensors[i]);
    if (status != SA_OK) return status;
    tensors_sort(f);
    for (int64_t i = 1; i < f->count; i++)
        if (!strcmp(f->tensors[i - 1].name, f->tensors[i].name))
            return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%s\" is there twice", g->file->name,
                        tensors_own_name(f, f->tensors[i].name, own));
    return SA_OK;
}

sa_status gguf_open(const struct allocator *memory, struct report *report, const char *path, struct tensor_file *f,
                    json_t **config) {
    struct gguf g = {0};
    int32_t architecture = 0;
    *config = NULL;
    *f = (struct tensor_file){.memory = *memory, .types = types_read, .own_name = write_own_name};
    sa_status status = file_map(report, path, &f->file);
    if (status == SA_OK) status = gguf_read(memory, report, &f->file, &g);
    if (status == SA_OK) status = gguf_architecture(&g, &architecture);
    if (status == SA_OK) status = gguf_list_tensors(&g, architecture, f);
    if (status == SA_OK) status = gguf_config(&g, architecture, f, config);
    if (status == SA_OK) tensors_remove(f, GGUF_ROPE_FACTORS); /* it is a setting now */
    gguf_release(&g);
    if (status != SA_OK) tensors_close(f);
    return status;
}
