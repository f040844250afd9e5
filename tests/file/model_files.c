/* Which file of weights is taken, from a directory and by name.
 * SPDX-License-Identifier: MIT */
#include "file/model_files.h"

#include "support/bytes.h"
#include "support/folder.h"
#include "support/gguf_writer.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;

static void write_safetensors(const char *name, const char *tensor) {
    const int64_t shape[1] = {1};
    const float value = 1;
    struct writer w = {0};
    size_t size;
    writer_add(&w, tensor, "F32", 1, shape, &value);
    unsigned char *bytes = writer_finish(&w, &size);
    folder_write(&folder, name, bytes, size);
    free(bytes);
}

static void write_gguf(const char *name) {
    const float value = 1;
    const uint64_t size[1] = {1};
    struct gguf_writer w = {0};
    gguf_put_text(&w, "general.architecture", "llama");
    gguf_put_tensor(&w, "output_norm.weight", 1, size, 0, &value, sizeof value);
    struct bytes b = gguf_finish(&w, 3);
    folder_write(&folder, name, b.at, b.size);
    free(b.at);
}

static void write_llama2c(const char *name) {
    const uint32_t header[7] = {2, 1, 1, 1, 1, 1, 1};
    struct bytes b = {0};
    for (int i = 0; i < 7; i++) put_number(&b, header[i], 4);
    for (int i = 0; i < 30; i++) put_float(&b, 1);
    folder_write(&folder, name, b.at, b.size);
    free(b.at);
}

static void make(void) {
    folder = folder_make();
    folder_write_text(&folder, "config.json", "{\"model_type\":\"x\"}");
}

static void clean(void) {
    folder_remove(&folder);
}

TestSuite(files, .init = make, .fini = clean);

/* What `path` opens has this tensor and its settings from this file. */
static void expect_opens(const char *path, const char *tensor, const char *config_name) {
    struct model_files files;
    struct report report = {""};
    cr_assert_eq(model_files_open(&default_allocator, &report, path, 0, &files), SA_OK, "%s", report.text);
    cr_expect_not_null(tensors_find(&files.weights, tensor), "%s", tensor);
    cr_expect_str_eq(model_files_config_name(&files.weights), config_name);
    cr_expect_not_null(json_object_get(files.config, "model_type"));
    model_files_close(&files);
    cr_expect(!files.config && !files.weights.file.bytes);
}

static void expect_refused(const char *path, sa_status status, const char *words) {
    struct model_files files;
    struct report report = {""};
    cr_expect_eq(model_files_open(&default_allocator, &report, path, 0, &files), status, "%s", report.text);
    cr_expect(strstr(report.text, words) != NULL, "\"%s\" lacks \"%s\"", report.text, words);
    cr_expect(!files.config && !files.weights.file.bytes);
}

/* From the last choice to the first: each is preferred to all before it. */
Test(files, takes_the_first_choice_that_a_directory_has) {
    expect_refused(folder.path, SA_ERR_FILE, "has no *.safetensors file, nor *.gguf, nor model.bin");
    write_llama2c("tokenizer.bin");
    expect_refused(folder.path, SA_ERR_FILE, "has no *.safetensors file");
    write_llama2c("model.bin");
    expect_opens(folder.path, "model.layers.0.mlp.up_proj.weight", "model.bin");
    folder_remove_file(&folder, "model.bin");
    write_gguf("x.gguf");
    expect_opens(folder.path, "model.norm.weight", "x.gguf");
    write_gguf("model.gguf");
    write_safetensors("x.safetensors", "x");
    expect_opens(folder.path, "model.norm.weight", "model.gguf");
    write_safetensors("y.safetensors", "y");
    folder_write_text(&folder, "model.safetensors.index.json",
                      "{\"weight_map\":{\"x\":\"x.safetensors\",\"y\":\"y.safetensors\"}}");
    expect_opens(folder.path, "x", "config.json");
    expect_opens(folder.path, "y", "config.json");
    write_safetensors("model.safetensors", "z");
    expect_opens(folder.path, "z", "config.json");
}

Test(files, names_other_formats) {
    static const char *const formats[][2] = {{"pytorch_model.bin", "PyTorch"},
                                             {"tf_model.h5", "TensorFlow"},
                                             {"flax_model.msgpack", "Flax"},
                                             {"model.onnx", "ONNX"}};
    char words[80];
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        folder_write_text(&folder, formats[i][0], "x");
        snprintf(words, sizeof words, "has %s, in the format of %s", formats[i][0], formats[i][1]);
        expect_refused(folder.path, SA_ERR_UNSUPPORTED, words);
        folder_remove_file(&folder, formats[i][0]);
    }
    folder_write_text(&folder, "x.pt", "x");
    expect_refused(folder_path(&folder, "x.pt"), SA_ERR_UNSUPPORTED, "x.pt: is in the format of PyTorch");
    folder_write_text(&folder, "x.txt", "x");
    expect_refused(folder_path(&folder, "x.txt"), SA_ERR_UNSUPPORTED, "x.txt: is no file of weights");
    write_gguf("a.gguf");
    write_gguf("b.gguf");
    expect_refused(folder.path, SA_ERR_FILE, "2 files could be meant"); /* beside x.pt */
}

Test(files, wants_a_name_where_several_could_be_meant) {
    write_gguf("x.gguf");
    write_gguf("y.gguf");
    expect_refused(folder.path, SA_ERR_FILE, "2 files could be meant, \"x.gguf\" and \"y.gguf\": name one");
    expect_opens(folder_path(&folder, "y.gguf"), "model.norm.weight", "y.gguf");
    folder_remove_file(&folder, "y.gguf");
    write_llama2c("model.bin");
    expect_refused(folder.path, SA_ERR_FILE, "2 files could be meant, \"model.bin\" and \"x.gguf\": name one");
    write_safetensors("a.safetensors", "a");
    expect_refused(folder.path, SA_ERR_FILE,
                   "3 files could be meant, \"a.safetensors\" and \"model.bin\" among them: name one");
    expect_opens(folder_path(&folder, "a.safetensors"), "a", "config.json");
}

/* What training leaves beside a model is never taken for it. */
Test(files, passes_over_what_training_writes) {
    write_safetensors("optimizer.safetensors", "a");
    expect_refused(folder.path, SA_ERR_FILE, "has no *.safetensors file");
    write_safetensors("adapter_model.safetensors", "b");
    folder_remove_file(&folder, "optimizer.safetensors");
    expect_refused(folder.path, SA_ERR_FILE, "has an adapter and no model; sa_model_open_adapted() adds it to one");
    write_safetensors("x.safetensors", "x");
    expect_opens(folder.path, "x", "config.json");
    expect_opens(folder_path(&folder, "adapter_model.safetensors"), "b", "config.json");
    write_safetensors("y.safetensors", "y");
    expect_refused(folder.path, SA_ERR_FILE, "2 files could be meant, \"x.safetensors\" and \"y.safetensors\"");
}

/* safetensors without config.json are no model: adapters, or what else lies beside a GGUF file. */
Test(files, passes_over_safetensors_without_config) {
    write_gguf("x.gguf");
    write_safetensors("adapter.safetensors", "a");
    expect_refused(folder.path, SA_ERR_FILE,
                   "2 files could be meant, \"adapter.safetensors\" and \"x.gguf\": name one");
    folder_remove_file(&folder, "config.json");
    expect_opens(folder.path, "model.norm.weight", "x.gguf");
    write_safetensors("model.safetensors", "z");
    expect_opens(folder.path, "model.norm.weight", "x.gguf");
    write_gguf("y.gguf");
    expect_refused(folder.path, SA_ERR_FILE, "2 files could be meant, \"x.gguf\" and \"y.gguf\": name one");
    write_gguf("model.gguf");
    expect_opens(folder.path, "model.norm.weight", "model.gguf");
    folder_remove_file(&folder, "model.gguf");
    folder_remove_file(&folder, "y.gguf");
    folder_remove_file(&folder, "x.gguf");
    expect_refused(folder.path, SA_ERR_FILE, "/config.json: cannot be opened: No such file");
}

/* PyTorch's files have the same ending. */
Test(files, names_the_format_of_a_file_that_it_cannot_read) {
    char zip[64] = "PK\3\4";
    folder_write(&folder, "pytorch_model.bin", zip, sizeof zip);
    expect_refused(folder_path(&folder, "pytorch_model.bin"), SA_ERR_UNSUPPORTED,
                   "pytorch_model.bin: is PyTorch's format; convert it to safetensors");
}

/* The ending decides how a file is read, and is seen behind a long name too. */
Test(files, takes_a_name_of_any_length) {
    char name[220] = "";
    for (int i = 0; i < 200; i++) name[i] = (char)('a' + i % 26);
    memcpy(name + 200, "-Q8_0.gguf", 11);
    write_gguf(name);
    struct model_files files;
    struct report report = {""};
    cr_assert_eq(model_files_open(&default_allocator, &report, folder.path, 0, &files), SA_OK, "%s", report.text);
    cr_expect(!strncmp(model_files_config_name(&files.weights), "...", 3));
    cr_expect(strstr(model_files_config_name(&files.weights), "pqr-Q8_0.gguf") != NULL);
    model_files_close(&files);
}

Test(files, reads_what_ends_a_text_beside_safetensors_alone) {
    struct model_files files;
    struct report report = {""};
    write_safetensors("x.safetensors", "x");
    folder_write_text(&folder, "generation_config.json", "{\"eos_token_id\": 5}");
    cr_assert_eq(model_files_open(&default_allocator, &report, folder.path, 0, &files), SA_OK, "%s", report.text);
    cr_expect_eq(json_integer_value(json_object_get(files.generation, "eos_token_id")), 5);
    model_files_close(&files);
    folder_write_text(&folder, "generation_config.json", "[]");
    expect_refused(folder.path, SA_ERR_FORMAT, "generation_config.json: ");
    write_gguf("x.gguf");
    expect_opens(folder_path(&folder, "x.gguf"), "model.norm.weight", "x.gguf");
}

Test(files, takes_a_file_by_its_name) {
    write_llama2c("a.bin");
    write_gguf("b.gguf");
    write_safetensors("c.safetensors", "c");
    write_safetensors("d.safetensors", "d");
    expect_opens(folder_path(&folder, "a.bin"), "model.norm.weight", "a.bin");
    expect_opens(folder_path(&folder, "b.gguf"), "model.norm.weight", "b.gguf");
    expect_opens(folder_path(&folder, "c.safetensors"), "c", "config.json");
    expect_opens(folder_path(&folder, "d.safetensors"), "d", "config.json");
    folder_remove_file(&folder, "config.json");
    expect_opens(folder_path(&folder, "a.bin"), "model.norm.weight", "a.bin");
    expect_refused(folder_path(&folder, "c.safetensors"), SA_ERR_FILE, "config.json: cannot be opened");
    expect_refused(folder_path(&folder, "none.gguf"), SA_ERR_FILE, "none.gguf: cannot be opened: No such file");
}
