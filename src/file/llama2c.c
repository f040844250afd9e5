/* Seven little-endian int32, then float32 matrices one behind the other: one kind of matrix for all blocks, then the
 * next kind.
 * SPDX-License-Identifier: MIT */
#include "file/llama2c.h"

#include "base/arith.h"
#include "base/compiler.h"

#include <string.h>

enum { HEADER_NUMBERS = 7, HEADER_BYTES = 4 * HEADER_NUMBERS, MOST_LAYERS = 4096 };

/* The first four bytes of newer formats: "ak42". */
static const uint32_t newer = 0x616b3432;

struct header {
    int64_t width, inner, layers, heads, kv_heads, vocabulary, positions;
    int64_t head_size;
    int own_output; /* the output projection is not the embeddings; the file then has a negative vocabulary size */
};

/* In the order of the file. '#' is the number of the block. A shape has a letter per axis: see size_of(). Entries
 * without a name are tables of cosines and sines, which the library computes itself. */
static const struct kind {
    const char *name, *shape;
} kinds[] = {
    {"model.embed_tokens.weight", "VE"},
    {"model.layers.#.input_layernorm.weight", "E"},
    {"model.layers.#.self_attn.q_proj.weight", "EE"},
    {"model.layers.#.self_attn.k_proj.weight", "KE"},
    {"model.layers.#.self_attn.v_proj.weight", "KE"},
    {"model.layers.#.self_attn.o_proj.weight", "EE"},
    {"model.layers.#.post_attention_layernorm.weight", "E"},
    {"model.layers.#.mlp.gate_proj.weight", "FE"},
    {"model.layers.#.mlp.down_proj.weight", "EF"},
    {"model.layers.#.mlp.up_proj.weight", "FE"},
    {"model.norm.weight", "E"},
    {NULL, "PD"},
    {"lm_head.weight", "VE"},
};
enum { TIED_KINDS = 11, OWN_KINDS = 13 };

static int64_t size_of(const struct header *h, char letter) {
    switch (letter) {
    case 'V':
        return h->vocabulary;
    case 'E':
        return h->width;
    case 'K':
        return h->head_size * h->kv_heads;
    case 'F':
        return h->inner;
    case 'P':
        return h->positions;
    default: /* 'D' */
        return h->head_size;
    }
}

static int64_t copies_of(const struct header *h, const struct kind *k) {
    return k->name && strchr(k->name, '#') ? h->layers : 1;
}

/* Elements of one copy. Both factors are below 2^31. */
static int64_t elements_of(const struct header *h, const struct kind *k) {
    return size_of(h, k->shape[0]) * (k->shape[1] ? size_of(h, k->shape[1]) : 1);
}

static int kind_count(const struct header *h) {
    return h->own_output ? OWN_KINDS : TIED_KINDS;
}

static int64_t number_at(const unsigned char *p) {
    return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

static sa_status read_header(struct report *report, const struct mapped_file *file, struct header *h) {
    static const char *const names[] = {"dim",        "hidden_dim", "n_layers", "n_heads",
                                        "n_kv_heads", "vocab_size", "seq_len"};
    int64_t n[HEADER_NUMBERS];
    if (file->size < HEADER_BYTES)
        return fail(report, SA_ERR_FORMAT, "%s: %lld bytes are too few for llama2.c's weights", file->name,
                    (long long)file->size);
    if (!memcmp(file->bytes, "PK\3\4", 4))
        return fail(report, SA_ERR_UNSUPPORTED, "%s: is PyTorch's format; convert it to safetensors", file->name);
    for (int i = 0; i < HEADER_NUMBERS; i++) n[i] = number_at(file->bytes + 4 * i);
    if (n[0] == newer)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "%s: is in version %lld of llama2.c's format; the first, without a version, is supported",
                    file->name, (long long)n[1]);
    const int own_output = n[5] < 0;
    if (own_output) n[5] = -n[5];
    for (int i = 0; i < HEADER_NUMBERS; i++)
        if (n[i] < 1)
            return fail(report, SA_ERR_FORMAT, "%s: %s is %lld: these are not llama2.c's weights", file->name, names[i],
                        (long long)n[i]);
    *h = (struct header){n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[0] / n[3], own_output};
    if (h->layers > MOST_LAYERS)
        return fail(report, SA_ERR_FORMAT, "%s: n_layers is %lld, must be 1 to %d", file->name, (long long)h->layers,
                    MOST_LAYERS);
    if (h->width % (2 * h->heads) || h->heads % h->kv_heads)
        return fail(report, SA_ERR_FORMAT, "%s: dim %lld, n_heads %lld and n_kv_heads %lld do not fit together",
                    file->name, (long long)h->width, (long long)h->heads, (long long)h->kv_heads);
    return SA_OK;
}

/* Whether the file is long enough. This is checked before the list is made, so the file's length bounds the list's. */
static sa_status check_size(struct report *report, const struct mapped_file *file, const struct header *h) {
    int64_t floats = 0, elements;
    for (int i = 0; i < kind_count(h); i++)
        if (!checked_mul(elements_of(h, &kinds[i]), copies_of(h, &kinds[i]), &elements) ||
            !checked_add(floats, elements, &floats))
            return fail(report, SA_ERR_FORMAT, "%s: has more than 2^63 elements", file->name);
    if (floats <= (file->size - HEADER_BYTES) / 4) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: %lld bytes are too few for llama2.c's weights of these sizes: %lld floats",
                file->name, (long long)file->size, (long long)floats);
}

static struct tensor take_tensor(const struct header *h, const struct kind *k, const unsigned char *data) {
    struct tensor t = {.dtype = "F32", .type = SA_F32, .axes = (int32_t)strlen(k->shape), .data = data};
    for (int32_t i = 0; i < t.axes; i++) t.size[i] = size_of(h, k->shape[i]);
    t.elements = elements_of(h, k);
    t.bytes = 4 * t.elements;
    return t;
}

static sa_status take_tensors(struct report *report, const struct header *h, struct tensor_file *f) {
    int64_t count = 0;
    for (int i = 0; i < kind_count(h); i++) count += kinds[i].name ? copies_of(h, &kinds[i]) : 0;
    sa_status status = tensors_create(f, report, count, count * TENSOR_NAME_BYTES);
    if (status != SA_OK) return status;
    const unsigned char *at = f->file.bytes + HEADER_BYTES;
    struct tensor *t = f->tensors;
    char *name = f->names;
    for (int i = 0; i < kind_count(h); i++)
        for (int64_t l = 0; l < copies_of(h, &kinds[i]); l++, at += 4 * elements_of(h, &kinds[i])) {
            if (!kinds[i].name) continue;
            *t = take_tensor(h, &kinds[i], at);
            tensor_name(name, kinds[i].name, l);
            t++->name = name;
            name += TENSOR_NAME_BYTES;
        }
    tensors_sort(f);
    return SA_OK;
}

/* run.c's fixed tokens: 1 begins a story, and both 1 and 2 end it. */
static sa_status make_config(struct report *report, const struct header *h, json_t **config) {
    *config = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f, s:f, s:b, s:b, s:i, s:[i, i]}",
                        "model_type", "llama", "hidden_size", (json_int_t)h->width, "intermediate_size",
                        (json_int_t)h->inner, "num_hidden_layers", (json_int_t)h->layers, "num_attention_heads",
                        (json_int_t)h->heads, "num_key_value_heads", (json_int_t)h->kv_heads, "vocab_size",
                        (json_int_t)h->vocabulary, "max_position_embeddings", (json_int_t)h->positions, "hidden_act",
                        "silu", "rms_norm_eps", 1e-5, "rope_theta", 10000.0, "rope_interleave", 1,
                        "tie_word_embeddings", !h->own_output, "bos_token_id", 1, "eos_token_id", 1, 2);
    return *config ? SA_OK : fail_memory_for(report, "a model's settings");
}

sa_status llama2c_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                       struct tensor_file *f, json_t **config) {
    struct header h = {0};
    *config = NULL;
    *f = (struct tensor_file){.memory = *memory, .types = "F32"};
    sa_status status = tensors_open_file(f, report, path, is_read);
    if (status == SA_OK) status = read_header(report, &f->file, &h);
    if (status == SA_OK) status = check_size(report, &f->file, &h);
    if (status == SA_OK) status = take_tensors(report, &h, f);
    if (status == SA_OK) status = make_config(report, &h, config);
    if (status != SA_OK) tensors_close(f);
    return status;
}
