/* The reader of llama2.c's weights: names, places and settings, and files that are too short or lie.
 * SPDX-License-Identifier: MIT */
#include "file/llama2c.h"

#include "support/bytes.h"
#include "support/folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;

static void make_folder(void) {
    folder = folder_make();
}

static void remove_folder(void) {
    folder_remove(&folder);
}

TestSuite(llama2c, .init = make_folder, .fini = remove_folder);

/* dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len */
static const int32_t sizes[7] = {8, 6, 2, 4, 2, 5, 3};

/* The tensors of a file with these sizes in their order, and how often; NULL: cosines and sines. */
static const struct {
    const char *name;
    int64_t rows, columns;
    int copies;
} order[] = {
    {"model.embed_tokens.weight", 5, 8, 1},
    {"model.layers.#.input_layernorm.weight", 8, 0, 2},
    {"model.layers.#.self_attn.q_proj.weight", 8, 8, 2},
    {"model.layers.#.self_attn.k_proj.weight", 4, 8, 2},
    {"model.layers.#.self_attn.v_proj.weight", 4, 8, 2},
    {"model.layers.#.self_attn.o_proj.weight", 8, 8, 2},
    {"model.layers.#.post_attention_layernorm.weight", 8, 0, 2},
    {"model.layers.#.mlp.gate_proj.weight", 6, 8, 2},
    {"model.layers.#.mlp.down_proj.weight", 8, 6, 2},
    {"model.layers.#.mlp.up_proj.weight", 6, 8, 2},
    {"model.norm.weight", 8, 0, 1},
    {NULL, 3, 2, 1},
    {"lm_head.weight", 5, 8, 1},
};
enum { TIED = 11, OWN = 13 };

/* The header, and floats 0, 1, 2, ... of the first `parts` of that list. */
static struct bytes file_of(const int32_t header[7], int parts) {
    struct bytes b = {0};
    int64_t next = 0;
    for (int i = 0; i < 7; i++) put_number(&b, (uint32_t)header[i], 4);
    for (int i = 0; i < parts; i++)
        for (int64_t n = order[i].copies * order[i].rows * (order[i].columns ? order[i].columns : 1); n; n--)
            put_float(&b, (float)next++);
    return b;
}

static sa_status open_bytes(const struct bytes *b, struct tensor_file *file, json_t **config, struct report *report) {
    folder_write(&folder, "x.bin", b->at, b->size);
    return llama2c_open(&default_allocator, report, folder_path(&folder, "x.bin"), 0, file, config);
}

/* Of thousands of files: an assertion that holds is a message to another process, and costs more than opening one. */
static void assert_cut_is_refused(const struct bytes *b) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    if (open_bytes(b, &file, &config, &report) != SA_ERR_FORMAT || file.tensors || config || !strstr(report.text, "x."))
        cr_assert_fail("%zu bytes: \"%s\"", b->size, report.text);
}

static void expect_refused(const struct bytes *b, sa_status status, const char *words) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config = (json_t *)&file;
    cr_expect_eq(open_bytes(b, &file, &config, &report), status, "%s", report.text);
    cr_expect(strstr(report.text, words) != NULL, "\"%s\" lacks \"%s\"", report.text, words);
    cr_expect_null(file.tensors);
    cr_expect_null(file.file.bytes);
    cr_expect_null(config);
}

/* The tensors of a file lie in it one behind the other, from float 0 on. */
static void expect_tensors(const struct tensor_file *file, int parts) {
    int64_t next = 0, count = 0;
    for (int i = 0; i < parts; i++)
        for (int copy = 0; copy < order[i].copies; copy++) {
            const int64_t elements = order[i].rows * (order[i].columns ? order[i].columns : 1);
            const int64_t first = next;
            char name[TENSOR_NAME_BYTES];
            float ends[2];
            next += elements;
            if (!order[i].name) continue;
            tensor_name(name, order[i].name, copy);
            const struct tensor *t = tensors_find(file, name);
            cr_assert_not_null(t, "%s", name);
            count++;
            cr_expect_eq(t->axes, order[i].columns ? 2 : 1, "%s", name);
            cr_expect(t->size[0] == order[i].rows && t->size[1] == order[i].columns, "%s", name);
            cr_expect(t->type == SA_F32 && t->elements == elements && t->bytes == 4 * elements, "%s", name);
            tensor_floats(t, 0, 1, ends);
            tensor_floats(t, elements - 1, 1, ends + 1);
            cr_expect(ends[0] == (float)first && ends[1] == (float)(next - 1), "%s", name);
        }
    cr_expect_eq(file->count, count);
}

static int64_t number(const json_t *config, const char *key) {
    return json_integer_value(json_object_get(config, key));
}

Test(llama2c, names_its_tensors_and_settings) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    struct bytes b = file_of(sizes, TIED);
    cr_assert_eq(open_bytes(&b, &file, &config, &report), SA_OK, "%s", report.text);
    expect_tensors(&file, TIED);
    cr_expect_str_eq(json_string_value(json_object_get(config, "model_type")), "llama");
    cr_expect_str_eq(json_string_value(json_object_get(config, "hidden_act")), "silu");
    cr_expect_eq(number(config, "hidden_size"), 8);
    cr_expect_eq(number(config, "intermediate_size"), 6);
    cr_expect_eq(number(config, "num_hidden_layers"), 2);
    cr_expect_eq(number(config, "num_attention_heads"), 4);
    cr_expect_eq(number(config, "num_key_value_heads"), 2);
    cr_expect_eq(number(config, "vocab_size"), 5);
    cr_expect_eq(number(config, "max_position_embeddings"), 3);
    cr_expect(json_is_true(json_object_get(config, "rope_interleave")));
    cr_expect(json_is_true(json_object_get(config, "tie_word_embeddings")));
    json_decref(config);
    tensors_close(&file);
    free(b.at);
}

/* A negative vocabulary says so; its matrix is behind the tables that are not read. */
Test(llama2c, finds_an_output_of_its_own) {
    int32_t header[7];
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    memcpy(header, sizes, sizeof header);
    header[5] = -5;
    struct bytes b = file_of(header, OWN);
    cr_assert_eq(open_bytes(&b, &file, &config, &report), SA_OK, "%s", report.text);
    expect_tensors(&file, OWN);
    cr_expect_eq(number(config, "vocab_size"), 5);
    cr_expect(json_is_false(json_object_get(config, "tie_word_embeddings")));
    json_decref(config);
    tensors_close(&file);
    free(b.at);
}

Test(llama2c, ignores_what_is_behind_the_weights) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    struct bytes b = file_of(sizes, TIED);
    put_bytes(&b, "something", 9);
    cr_assert_eq(open_bytes(&b, &file, &config, &report), SA_OK, "%s", report.text);
    expect_tensors(&file, TIED);
    json_decref(config);
    tensors_close(&file);
    free(b.at);
}

Test(llama2c, refuses_a_file_cut_anywhere) {
    int32_t header[7];
    memcpy(header, sizes, sizeof header);
    for (int own = 0; own < 2; own++) {
        header[5] = own ? -5 : 5;
        struct bytes b = file_of(header, own ? OWN : TIED);
        while (b.size) {
            b.size--;
            assert_cut_is_refused(&b);
        }
        free(b.at);
    }
}

Test(llama2c, refuses_sizes_that_lie) {
    static const char *const names[] = {"dim",        "hidden_dim", "n_layers", "n_heads",
                                        "n_kv_heads", "vocab_size", "seq_len"};
    struct bytes b = file_of(sizes, TIED);
    for (size_t i = 0; i < 7; i++) {
        char words[40];
        snprintf(words, sizeof words, "%s is 0: these are not", names[i]);
        set_number(&b, 4 * i, 0, 4);
        expect_refused(&b, SA_ERR_FORMAT, words);
        if (i != 5) {
            snprintf(words, sizeof words, "%s is -1: these are not", names[i]);
            set_number(&b, 4 * i, UINT32_MAX, 4);
            expect_refused(&b, SA_ERR_FORMAT, words);
        }
        set_number(&b, 4 * i, INT32_MAX, 4);
        if (i < 6) expect_refused(&b, SA_ERR_FORMAT, "");
        set_number(&b, 4 * i, (uint32_t)sizes[i], 4);
    }
    set_number(&b, 5 * 4, 0x80000000u, 4);
    expect_refused(&b, SA_ERR_FORMAT, "too few for llama2.c's weights of these sizes");
    set_number(&b, 5 * 4, 5, 4);
    set_number(&b, 3 * 4, 3, 4);
    expect_refused(&b, SA_ERR_FORMAT, "dim 8, n_heads 3 and n_kv_heads 2 do not fit together");
    set_number(&b, 3 * 4, 8, 4);
    expect_refused(&b, SA_ERR_FORMAT, "dim 8, n_heads 8 and n_kv_heads 2 do not fit together");
    set_number(&b, 3 * 4, 4, 4);
    set_number(&b, 4 * 4, 3, 4);
    expect_refused(&b, SA_ERR_FORMAT, "n_kv_heads 3 do not fit together");
    free(b.at);
}

Test(llama2c, refuses_sizes_whose_products_overflow) {
    const int32_t huge[7] = {INT32_MAX - 1, INT32_MAX, 4096, 1, 1, INT32_MAX, INT32_MAX};
    struct bytes b = {0};
    for (int i = 0; i < 7; i++) put_number(&b, (uint32_t)huge[i], 4);
    expect_refused(&b, SA_ERR_FORMAT, "has more than 2^63 elements");
    free(b.at);
}

Test(llama2c, names_a_newer_format) {
    struct bytes b = file_of(sizes, TIED);
    set_number(&b, 0, 0x616b3432, 4);
    set_number(&b, 4, 2, 4);
    expect_refused(&b, SA_ERR_UNSUPPORTED, "x.bin: is in version 2 of llama2.c's format");
    free(b.at);
}
