/* Models written as GGUF files: what is opened again computes the same, whole files or none, refusals by name.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/tiny.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct folder folder, out;
static sa_ctx *ctx;

static void make(void) {
    folder = folder_make();
    out = folder_make();
    ctx = ctx_open(NULL);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
    folder_remove(&out);
}

TestSuite(write, .init = make, .fini = clean);

enum { TOKENS = 11, V = 97, FEWEST = 31 };

static const sa_model_options as_floats = {.struct_size = sizeof(sa_model_options), .convert = 1, .weights = SA_F32};
static const sa_model_options as_q8_0 = {.struct_size = sizeof(sa_model_options), .convert = 1, .weights = SA_Q8_0};

/* A file of the written folder, in a buffer of its own. */
static const char *written(const char *name) {
    static char path[500];
    snprintf(path, sizeof path, "%s/%s", out.path, name);
    return path;
}

static void write_to(const char *path, const sa_model_options *options, const char *name) {
    cr_assert_eq(sa_model_write(ctx, path, options, written(name)), SA_OK, "%s", sa_ctx_last_error(ctx));
}

static void logits_of(const char *path, const sa_model_options *options, float logits[TOKENS * V]) {
    static const int32_t all[TOKENS] = {5, 17, 96, 31, 20, 8, 70, 44, 9, 0, 63};
    int32_t ids[TOKENS];
    sa_model *model;
    cr_assert_eq(sa_model_open_with(ctx, path, options, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = TOKENS, .ids = ids, .logits = logits};
    const int64_t outputs = sa_model_get(model, SA_MODEL_OUTPUTS);
    cr_assert(outputs == V || outputs == FEWEST);
    for (int i = 0; i < TOKENS; i++) ids[i] = all[i] % (int32_t)outputs;
    memset(logits, 0, TOKENS * V * sizeof *logits);
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* Rows of queries and keys are reordered for llama; the logits are those of the model that was read. */
static void expect_the_same(const char *model, const sa_model_options *options) {
    float read[TOKENS * V], got[TOKENS * V];
    architecture_take(model, &folder);
    logits_of(folder.path, options, read);
    write_to(folder.path, options, "model.gguf");
    logits_of(written("model.gguf"), NULL, got);
    cr_expect(largest_difference(got, read, TOKENS * V) <= 1e-5, "%s: off by %g", model,
              largest_difference(got, read, TOKENS * V));
}

Test(write, models_compute_the_same) {
    static const char *const models[] = {"llama", "qwen2", "qwen3", "phi3", "gpt2"};
    for (int m = 0; m < 5; m++) {
        expect_the_same(models[m], &as_floats);
        expect_the_same(models[m], &as_q8_0);
        expect_the_same(models[m], NULL);
    }
}

/* A Llama of one block whose matrices all have biases. */
static void write_biased_llama(void) {
    enum { E = 16, F = 24 };
    static const struct {
        const char *name;
        int64_t rows, width;
    } tensors[] = {{"model.embed_tokens", V, E},
                   {"lm_head", V, E},
                   {"model.norm", 0, E},
                   {"model.layers.0.input_layernorm", 0, E},
                   {"model.layers.0.post_attention_layernorm", 0, E},
                   {"model.layers.0.self_attn.q_proj", E, E},
                   {"model.layers.0.self_attn.k_proj", E / 2, E},
                   {"model.layers.0.self_attn.v_proj", E / 2, E},
                   {"model.layers.0.self_attn.o_proj", E, E},
                   {"model.layers.0.mlp.gate_proj", F, E},
                   {"model.layers.0.mlp.up_proj", F, E},
                   {"model.layers.0.mlp.down_proj", E, F}};
    struct writer w = {0};
    struct rng rng = {5};
    float values[V * E];
    char name[100];
    size_t size;
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        const int64_t sizes[2] = {tensors[i].rows, tensors[i].width};
        for (int k = 0; k < V * E; k++) values[k] = rng_normal(&rng) * 0.4f;
        snprintf(name, sizeof name, "%s.weight", tensors[i].name);
        writer_add(&w, name, "F32", sizes[0] ? 2 : 1, sizes[0] ? sizes : sizes + 1, values);
        snprintf(name, sizeof name, "%s.bias", tensors[i].name);
        if (strstr(name, "_proj")) writer_add(&w, name, "F32", 1, sizes, values + V);
    }
    unsigned char *bytes = writer_finish(&w, &size);
    folder_write(&folder, "model.safetensors", bytes, size);
    free(bytes);
    folder_write_text(&folder, "config.json",
                      "{\"model_type\": \"llama\", \"hidden_size\": 16, \"num_hidden_layers\": 1, "
                      "\"intermediate_size\": 24, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, "
                      "\"vocab_size\": 97, \"max_position_embeddings\": 64, \"attention_bias\": true, "
                      "\"mlp_bias\": true}");
}

/* Biases of queries and keys are reordered like their rows. */
Test(write, biases_compute_the_same) {
    float read[TOKENS * V], got[TOKENS * V];
    write_biased_llama();
    logits_of(folder.path, NULL, read);
    write_to(folder.path, NULL, "model.gguf");
    logits_of(written("model.gguf"), NULL, got);
    cr_expect(largest_difference(got, read, TOKENS * V) <= 1e-5, "off by %g",
              largest_difference(got, read, TOKENS * V));
}

/* A GGUF file without a new type is copied, with its settings in the order of their keys; with one, they stay. */
Test(write, gguf_files_keep_their_settings) {
    size_t first, second;
    char source[500];
    float a[TOKENS * V], b[TOKENS * V];
    architecture_take("llama", &folder);
    write_to(folder.path, &as_q8_0, "model.gguf");
    snprintf(source, sizeof source, "%s", written("model.gguf"));
    write_to(source, NULL, "copy.gguf");
    logits_of(written("copy.gguf"), NULL, a);
    logits_of(source, NULL, b);
    cr_expect_eq(largest_difference(a, b, TOKENS * V), 0);
    snprintf(source, sizeof source, "%s", written("copy.gguf"));
    write_to(source, NULL, "second.gguf");
    char *model = file_bytes(written("copy.gguf"), &first), *copy = file_bytes(written("second.gguf"), &second);
    cr_expect(first == second && !memcmp(model, copy, first));
    free(model);
    free(copy);
    write_to(folder.path, &as_floats, "floats.gguf");
    snprintf(source, sizeof source, "%s", written("floats.gguf"));
    write_to(source, &as_q8_0, "copy.gguf");
    logits_of(written("copy.gguf"), NULL, a);
    logits_of(written("model.gguf"), NULL, b);
    cr_expect_eq(largest_difference(a, b, TOKENS * V), 0);
}

static const char tokens[] =
    "{\"added_tokens\":[{\"id\":30,\"content\":\"<s>\",\"special\":true,\"single_word\":false,\"lstrip\":false,"
    "\"rstrip\":false,\"normalized\":false}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"ByteLevel\","
    "\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true},\"post_processor\":null,"
    "\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true},"
    "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":null,"
    "\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"vocab\":{\"a\":0,\"b\":1,\"c\":2,"
    "\"e\":3,\"h\":4,\"s\":5,\"t\":6,\"\xc4\xa0\":7,\"he\":8,\"the\":9,\"\xc4\xa0s\":10%s},"
    "\"merges\":[\"h e\",\"t he\",\"\xc4\xa0 s\"]}}";

static void write_tokens(const char *more) {
    char text[2000];
    snprintf(text, sizeof text, tokens, more);
    folder_write_text(&folder, "tokenizer.json", text);
}

static int64_t ids_of(const char *path, int32_t ids[40]) {
    static const char text[] = "the cat <s>sat she the";
    sa_tokenizer *tokenizer;
    int64_t count;
    cr_assert_eq(sa_tokenizer_open(ctx, path, &tokenizer), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_tokenizer_encode(ctx, tokenizer, text, sizeof text - 1, ids, 40, &count), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    sa_tokenizer_destroy(&tokenizer);
    return count;
}

Test(write, tokenizers_cut_texts_the_same) {
    int32_t read[40], got[40];
    architecture_take("llama", &folder);
    write_tokens("");
    write_to(folder.path, NULL, "model.gguf");
    const int64_t count = ids_of(folder.path, read);
    cr_expect_eq(ids_of(written("model.gguf"), got), count);
    cr_expect(count > 5 && !memcmp(read, got, (size_t)count * sizeof *got));
}

static const char word_pieces[] =
    "{\"added_tokens\":[{\"id\":2,\"content\":\"[CLS]\",\"special\":true,\"single_word\":false,\"lstrip\":false,"
    "\"rstrip\":false,\"normalized\":false}],\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":%s,"
    "\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":%s},\"pre_tokenizer\":"
    "{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
    "{\"id\":\"[CLS]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"[SEP]\","
    "\"type_id\":0}}],\"pair\":[],\"special_tokens\":{\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[2],\"tokens\":[\"[CLS]\"]},"
    "\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[3],\"tokens\":[\"[SEP]\"]}}},\"decoder\":{\"type\":\"WordPiece\","
    "\"prefix\":\"##\",\"cleanup\":true},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
    "\"continuing_subword_prefix\":\"%s\",\"max_input_chars_per_word\":100,\"vocab\":{\"[PAD]\":0,\"[UNK]\":1,"
    "\"[CLS]\":2,\"[SEP]\":3,\"the\":4,\"cat\":5,\"##s\":6,\"sat\":7,\"caf\u00e9\":8,\"cafe\":9,\"The\":10,\"#\":11,"
    "\".\":12}}}";

static void write_words(const char *cleans, const char *lower, const char *prefix) {
    char text[2000];
    snprintf(text, sizeof text, word_pieces, cleans, lower, prefix);
    folder_write_text(&folder, "tokenizer.json", text);
}

static void states_of(const char *path, const sa_model_options *options, float *hidden, float *embedding) {
    static const int32_t ids[5] = {2, 9, 5, 6, 3};
    sa_model *model;
    cr_assert_eq(sa_model_open_with(ctx, path, options, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = 5, .ids = ids, .hidden = hidden, .embedding = embedding};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* BERT, with its WordPiece: lower case and without accents, or as it is written. */
Test(write, encoders_compute_the_same) {
    static const char text[] = "The cats sat. Caf\u00e9 caf\u00e9 # dog";
    enum { STATES = 5 * 64 };
    struct tiny tiny;
    float read[2][STATES] = {{0}}, got[2][STATES] = {{0}};
    tiny_make(&tiny, &tiny_shape, "F32", 1);
    tiny_write(&tiny, &folder);
    for (int i = 0; i < 4; i++) {
        const sa_model_options *options = i % 2 ? &as_q8_0 : &as_floats;
        int32_t read_ids[40], got_ids[40];
        int64_t counts[2];
        write_words("true", i / 2 ? "true" : "false", "##");
        states_of(folder.path, options, read[0], read[1]);
        write_to(folder.path, options, "model.gguf");
        states_of(written("model.gguf"), NULL, got[0], got[1]);
        cr_expect(largest_difference(got[0], read[0], 2 * STATES) <= 1e-5, "off by %g",
                  largest_difference(got[0], read[0], 2 * STATES));
        for (int of_file = 0; of_file < 2; of_file++) {
            sa_tokenizer *t;
            const char *path = of_file ? written("model.gguf") : folder.path;
            cr_assert_eq(sa_tokenizer_open(ctx, path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_assert_eq(
                sa_tokenizer_encode(ctx, t, text, sizeof text - 1, of_file ? got_ids : read_ids, 40, &counts[of_file]),
                SA_OK, "%s", sa_ctx_last_error(ctx));
            sa_tokenizer_destroy(&t);
        }
        cr_expect(counts[0] > 8 && counts[0] == counts[1] &&
                  !memcmp(read_ids, got_ids, (size_t)counts[0] * sizeof *read_ids));
    }
    tiny_free(&tiny);
}

/* Nothing is left in the folder after a refusal. */
static int holds(const char *bytes, size_t size, const char *text) {
    const size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (!memcmp(bytes + i, text, length)) return 1;
    return 0;
}

static void expect_template(const char *wanted) {
    sa_tokenizer *t;
    write_to(folder.path, NULL, "model.gguf");
    cr_assert_eq(sa_tokenizer_open(ctx, written("model.gguf"), &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    const char *text = sa_tokenizer_chat_template(t);
    cr_expect(text && !strcmp(text, wanted), "\"%s\" instead of \"%s\"", text ? text : "nothing", wanted);
    sa_tokenizer_destroy(&t);
}

/* A template is a text, one of a list, or a file of its own, which goes before the others. */
Test(write, chat_templates_are_kept) {
    size_t size;
    architecture_take("llama", &folder);
    write_tokens("");
    folder_write_text(&folder, "tokenizer_config.json", "{\"chat_template\": \"one\"}");
    expect_template("one");
    folder_write_text(
        &folder, "tokenizer_config.json",
        "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"of tools\"}, {\"name\": \"default\", "
        "\"template\": \"two\"}, {\"name\": \"a b\", \"template\": \"three\"}]}");
    expect_template("two");
    char *bytes = file_bytes(written("model.gguf"), &size);
    cr_expect(holds(bytes, size, "tokenizer.chat_template.tool_use"));
    cr_expect(!holds(bytes, size, "tokenizer.chat_template.a"));
    free(bytes);
    folder_write_text(&folder, "chat_template.jinja", "three");
    expect_template("three");
    folder_write_text(&folder, "chat_template.jinja", "\xff");
    cr_expect_eq(sa_model_write(ctx, folder.path, NULL, written("x.gguf")), SA_ERR_FORMAT);
    cr_expect(strstr(sa_ctx_last_error(ctx), "chat_template.jinja: is not UTF-8") != NULL, "%s",
              sa_ctx_last_error(ctx));
}

static void expect_refused(const char *path, const sa_model_options *options, sa_status status, const char *words) {
    int files = 0;
    cr_expect_eq(sa_model_write(ctx, path, options, written("refused.gguf")), status, "%s", sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    DIR *listing = opendir(out.path);
    for (const struct dirent *item; (item = readdir(listing));) files += item->d_name[0] != '.';
    closedir(listing);
    cr_expect_eq(files, 0);
}

Test(write, refuses_by_name) {
    struct tiny tiny;
    tiny_make(&tiny, &tiny_shape, "F32", 1);
    tiny_write(&tiny, &folder);
    write_words("false", "true", "##");
    expect_refused(folder.path, NULL, SA_ERR_UNSUPPORTED, "clean_text \"false\" cannot be written");
    write_words("true", "true", "@@");
    expect_refused(folder.path, NULL, SA_ERR_UNSUPPORTED, "continuing_subword_prefix \"@@\" cannot be written");
    folder_write_text(&folder, "modules.json",
                      "[{\"idx\": 0, \"name\": \"0\", \"path\": \"\", \"type\": "
                      "\"sentence_transformers.models.Transformer\"}]");
    expect_refused(folder.path, NULL, SA_ERR_UNSUPPORTED, "modules.json describes cannot be written");
    folder_remove(&folder);
    folder = folder_make();
    tiny_free(&tiny);
    architecture_take("mistral", &folder);
    expect_refused(folder.path, NULL, SA_ERR_UNSUPPORTED, "block 0 has a window of 5 tokens");
    architecture_take("bloom", &folder);
    expect_refused(folder.path, NULL, SA_ERR_UNSUPPORTED, "\"bloom\" cannot be written to a GGUF file; llama, mistral");
    architecture_take("llama", &folder);
    write_tokens(",\"x\":97");
    expect_refused(folder.path, NULL, SA_ERR_FORMAT, "token \"x\" has the number 97, the model has 97");
    const sa_model_options wrong = {.struct_size = sizeof wrong, .convert = 1, .weights = SA_BOOL};
    expect_refused(folder.path, &wrong, SA_ERR_VALUE, "weights is 3");
    cr_expect_eq(sa_model_write(ctx, NULL, NULL, "x"), SA_ERR_NULL);
    cr_expect_eq(sa_model_write(ctx, folder.path, NULL, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_model_write(NULL, folder.path, NULL, "x"), SA_ERR_NULL);
}

Test(write, says_where_it_cannot_write) {
    architecture_take("llama", &folder);
    cr_expect_eq(sa_model_write(ctx, folder.path, NULL, "/nowhere/at/all.gguf"), SA_ERR_FILE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "/nowhere/at/all.gguf: cannot be written: No such file"), "%s",
              sa_ctx_last_error(ctx));
    cr_assert_eq(mkdir(written("folder.gguf"), 0700), 0);
    cr_expect_eq(sa_model_write(ctx, folder.path, NULL, written("folder.gguf")), SA_ERR_FILE, "a directory is no file");
    cr_assert_eq(rmdir(written("folder.gguf")), 0);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(sa_model_write(ctx, folder.path, NULL, written(i ? "model.safetensors" : "gguf")), SA_ERR_VALUE);
        cr_expect(strstr(sa_ctx_last_error(ctx), "name has to end in .gguf"), "%s", sa_ctx_last_error(ctx));
    }
}

static int64_t masks;

/* In place of the C library's: while one thread has changed the mask, files of others get wrong rights. */
mode_t umask(mode_t mask) {
    masks++;
    return (mode_t)syscall(SYS_umask, mask);
}

Test(write, has_the_rights_of_any_new_file) {
    struct stat facts[2];
    architecture_take("llama", &folder);
    masks = 0;
    write_to(folder.path, NULL, "model.gguf");
    cr_expect_eq(masks, 0, "the mask of the whole process was changed");
    FILE *other = fopen(written("other"), "w");
    cr_assert(other && fclose(other) == 0 && !stat(written("other"), &facts[0]));
    cr_assert_eq(stat(written("model.gguf"), &facts[1]), 0);
    cr_expect_eq(facts[0].st_mode, facts[1].st_mode);
}

/* A position in a file's bytes, and numbers and texts that stand there. */
struct cursor {
    const unsigned char *bytes;
    size_t at;
};

static uint64_t take(struct cursor *c, size_t width) {
    uint64_t number = 0;
    memcpy(&number, c->bytes + c->at, width);
    c->at += width;
    return number;
}

static void skip_text(struct cursor *c) {
    const uint64_t length = take(c, 8);
    c->at += (size_t)length;
}

/* A value of one of GGUF's types: 8 is a text, 9 a list. */
static void skip_value(struct cursor *c, uint64_t type) {
    static const unsigned char widths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    cr_assert_lt(type, sizeof widths);
    if (type == 8) {
        skip_text(c);
    } else if (type == 9) {
        const uint64_t inner = take(c, 4), count = take(c, 8);
        for (uint64_t i = 0; i < count; i++) skip_value(c, inner);
    } else {
        c->at += widths[type];
    }
}

static void expect_zeros(const unsigned char *bytes, size_t first, size_t last, const char *where) {
    for (size_t i = first; i < last; i++) cr_expect_eq(bytes[i], 0, "byte %zu, behind %s", i, where);
}

/* Bytes of a tensor of F32 (type 0), F16 (1) or Q8_0 (8: 34 bytes for 32 numbers). */
static size_t skip_tensor(struct cursor *c, size_t *offset) {
    uint64_t elements = 1;
    skip_text(c);
    for (uint64_t axes = take(c, 4); axes; axes--) elements *= take(c, 8);
    const uint64_t type = take(c, 4);
    *offset = (size_t)take(c, 8);
    cr_assert(type == 0 || type == 1 || type == 8, "type %d", (int)type);
    return (size_t)(type == 8 ? elements / 32 * 34 : elements * (type ? 2 : 4));
}

/* What fills up the head and the tensors of a file that was written is zero, and the file ends there. */
static void expect_gaps_of_zeros(const sa_model_options *options) {
    static unsigned char bytes[1 << 20];
    size_t offset, size, end = 0;
    write_to(folder.path, options, "model.gguf");
    FILE *file = fopen(written("model.gguf"), "rb");
    const size_t all = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    cr_assert(all > 0 && all < sizeof bytes && fclose(file) == 0 && !memcmp(bytes, "GGUF", 4));
    struct cursor c = {bytes, 8};
    const uint64_t tensors = take(&c, 8), values = take(&c, 8);
    for (uint64_t i = 0; i < values; i++) {
        skip_text(&c);
        skip_value(&c, take(&c, 4));
    }
    struct cursor again = c;
    for (uint64_t i = 0; i < tensors; i++) skip_tensor(&c, &offset);
    const size_t begin = (c.at + 31) / 32 * 32;
    expect_zeros(bytes, c.at, begin, "the head");
    for (uint64_t i = 0; i < tensors; i++, end = begin + offset + size) {
        size = skip_tensor(&again, &offset);
        cr_expect_eq(offset % 32, 0);
        if (end) expect_zeros(bytes, end, begin + offset, "a tensor");
    }
    expect_zeros(bytes, end, all, "the last tensor");
    cr_expect_eq((all - begin) % 32, 0);
}

Test(write, gaps_are_zeros) {
    static const char *const models[] = {"llama", "qwen2", "phi3", "gpt2"};
    for (int m = 0; m < 4; m++) {
        architecture_take(models[m], &folder);
        expect_gaps_of_zeros(&as_floats);
        expect_gaps_of_zeros(&as_q8_0);
    }
}

/* The file that is read may be replaced. */
Test(write, replaces_its_source) {
    float a[TOKENS * V], b[TOKENS * V];
    architecture_take("qwen3", &folder);
    write_to(folder.path, &as_floats, "model.gguf");
    logits_of(written("model.gguf"), &as_q8_0, a);
    char path[500];
    snprintf(path, sizeof path, "%s", written("model.gguf"));
    write_to(path, &as_q8_0, "model.gguf");
    logits_of(path, NULL, b);
    cr_expect_eq(largest_difference(a, b, TOKENS * V), 0);
}

static void count_up(void *user, int64_t done, int64_t all) {
    int64_t *last = user;
    cr_expect(done > *last && done <= all, "%lld after %lld, of %lld", (long long)done, (long long)*last,
              (long long)all);
    *last = done == all ? -1 : done;
}

Test(write, tells_its_progress) {
    int64_t last = 0;
    sa_model_options options = as_q8_0;
    options.progress = count_up, options.progress_user = &last;
    architecture_take("llama", &folder);
    write_to(folder.path, &options, "model.gguf");
    cr_expect_eq(last, -1, "the end was not told");
}

Test(write, every_allocation_may_fail) {
    architecture_take("llama", &folder);
    write_tokens("");
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        test_allocator_use(&allocator, &options);
        sa_ctx *own = ctx_open(&options);
        allocator.fail_at = allocator.calls + n;
        const sa_status status = sa_model_write(own, folder.path, &as_q8_0, written("model.gguf"));
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(own));
        sa_ctx_destroy(&own);
        cr_expect(allocator.live == 0 && allocator.faults == 0, "allocation %d", (int)n);
    }
    cr_expect_gt(n, 30);
}

/* A trained model with its tokenizer. */
Test(write, minimind_keeps_its_tokens) {
    const char *path = model_folder("SELFATTN_MINIMIND", "minimind", "model.safetensors");
    static const char text[] = "<|im_start|>user\nWhat's the \xe4\xb8\xad\xe5\x9b\xbd of 1984?<|im_end|>\n";
    int32_t ids[2][100];
    int64_t counts[2];
    write_to(path, &as_q8_0, "model.gguf");
    for (int i = 0; i < 2; i++) {
        sa_tokenizer *tokenizer;
        cr_assert_eq(sa_tokenizer_open(ctx, i ? written("model.gguf") : path, &tokenizer), SA_OK, "%s",
                     sa_ctx_last_error(ctx));
        cr_assert_eq(sa_tokenizer_encode(ctx, tokenizer, text, sizeof text - 1, ids[i], 100, &counts[i]), SA_OK);
        sa_tokenizer_destroy(&tokenizer);
    }
    cr_expect_eq(counts[0], counts[1]);
    cr_expect_arr_eq(ids[0], ids[1], (size_t)counts[0] * sizeof ids[0][0]);
}
