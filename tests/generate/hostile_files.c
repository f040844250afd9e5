/* Every file that the library opens, replaced by what is no such file: directories, pipes, devices, links to nowhere,
 * gigabytes of nothing, noise. Each is refused with a sentence that names it, in bounded memory. And files that become
 * shorter.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support/allocator.h"
#include "support/paths.h"
#include "support/reference.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of models with which all files are opened, and a session's model. */
static struct folder folder;
static sa_model *model;

static void copy_file(const char *from, const char *name) {
    size_t size;
    char *bytes = file_bytes(data_path(from), &size);
    folder_write(&folder, name, bytes, size);
    free(bytes);
}

static sa_status open_model(sa_ctx *ctx, const char *path) {
    sa_model *opened = NULL;
    sa_status status = sa_model_open(ctx, path, &opened);
    sa_model_destroy(&opened);
    return status;
}

static sa_status open_tokenizer(sa_ctx *ctx, const char *path) {
    sa_tokenizer *opened = NULL;
    sa_status status = sa_tokenizer_open(ctx, path, &opened);
    sa_tokenizer_destroy(&opened);
    return status;
}

static sa_status open_session(sa_ctx *ctx, const char *path) {
    sa_session *opened = NULL;
    sa_status status = sa_session_load(ctx, model, path, 0, &opened);
    sa_session_destroy(&opened);
    return status;
}

/* Opens `open`, of which `file` is a part. */
static const struct reader {
    const char *file, *open;
    sa_status (*call)(sa_ctx *ctx, const char *path);
} readers[] = {
    {"model.safetensors", "model.safetensors", open_model},
    {"config.json", "model.safetensors", open_model},
    {"generation_config.json", "model.safetensors", open_model},
    {"modules.json", "model.safetensors", open_model},
    {"architecture.json", "model.safetensors", open_model},
    {"x.safetensors.index.json", "x.safetensors.index.json", open_model},
    {"shard.safetensors", "good.safetensors.index.json", open_model},
    {"x.gguf", "x.gguf", open_model},
    {"x.gguf", "x.gguf", open_tokenizer},
    {"x.bin", "x.bin", open_model},
    {"tokenizer.json", "tokenizer.json", open_tokenizer},
    {"tokenizer.model", "tokenizer.model", open_tokenizer},
    {"tokenizer.bin", "tokenizer.bin", open_tokenizer},
    {"vocab.txt", "vocab.txt", open_tokenizer},
    {"vocab.json", "vocab.json", open_tokenizer},
    {"x.session", "x.session", open_session},
};
enum { READERS = sizeof readers / sizeof readers[0] };

static void make(void) {
    folder = folder_make();
    copy_file("architectures/llama/config.json", "config.json");
    copy_file("architectures/llama/model.safetensors", "model.safetensors");
    folder_write_text(&folder, "good.safetensors.index.json", "{\"weight_map\": {\"a\": \"shard.safetensors\"}}");
    sa_ctx *ctx = one_thread();
    model = writer_model(ctx, 20, -1, 1);
    sa_ctx_destroy(&ctx);
}

static void clean(void) {
    sa_model_destroy(&model);
    folder_remove(&folder);
}

TestSuite(hostile_files, .init = make, .fini = clean);

/* What takes a file's place. */
static void be_directory(const char *path) {
    cr_assert_eq(mkdir(path, 0700), 0);
}
static void be_pipe(const char *path) {
    cr_assert_eq(mkfifo(path, 0600), 0);
}
static void be_zeros(const char *path) {
    cr_assert_eq(symlink("/dev/zero", path), 0);
}
static void be_nowhere(const char *path) {
    cr_assert_eq(symlink("/nowhere/at/all", path), 0);
}
static void be_circle(const char *path) {
    cr_assert_eq(symlink(path, path), 0);
}
static void be_bytes(const char *path, int byte, long count) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    for (long i = 0; i < count; i++) fputc(byte < 0 ? (int)((uint64_t)i * 2654435761u >> 7 & 255) : byte, file);
    fclose(file);
}
static void be_empty(const char *path) {
    be_bytes(path, 0, 0);
}
static void be_one_byte(const char *path) {
    be_bytes(path, '{', 1);
}
static void be_nuls(const char *path) {
    be_bytes(path, 0, 1024);
}
static void be_ones(const char *path) {
    be_bytes(path, 255, 1024);
}
static void be_noise(const char *path) {
    be_bytes(path, -1, 4096);
}
static void be_brackets(const char *path) {
    be_bytes(path, '[', 100000);
}
/* Three gigabytes that take no room on the disk. */
static void be_huge(const char *path) {
    be_bytes(path, 0, 1);
    cr_assert_eq(truncate(path, 3000000000L), 0);
}

static const struct impostor {
    const char *name;
    void (*be)(const char *path);
    int is_no_file;
} impostors[] = {
    {"a directory", be_directory, 1}, {"a pipe", be_pipe, 1},
    {"/dev/zero", be_zeros, 1},       {"a link to nowhere", be_nowhere, 1},
    {"a circle", be_circle, 1},       {"empty", be_empty, 0},
    {"one byte", be_one_byte, 0},     {"NULs", be_nuls, 0},
    {"bytes of ones", be_ones, 0},    {"noise", be_noise, 0},
    {"brackets", be_brackets, 0},     {"huge", be_huge, 0},
};
enum { IMPOSTORS = sizeof impostors / sizeof impostors[0] };

static int is_optional(const char *file) {
    return !strcmp(file, "generation_config.json") || !strcmp(file, "modules.json") ||
           !strcmp(file, "architecture.json");
}

static void try_impostor(const struct reader *r, const struct impostor *impostor) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    char path[400], to[400], kept[400];
    memory.most_bytes = 16 << 20;
    test_allocator_use(&memory, &options);
    sa_ctx *ctx = ctx_open(&options);
    snprintf(path, sizeof path, "%s/%s", folder.path, r->file);
    snprintf(to, sizeof to, "%s/%s", folder.path, r->open);
    snprintf(kept, sizeof kept, "%s/kept", folder.path);
    const int is_kept = rename(path, kept) == 0;
    impostor->be(path);
    const sa_status status = r->call(ctx, to);
    const char *sentence = sa_ctx_last_error(ctx);
    /* What is not there need not be: such a link is as good as no file. Any line is a list of words. */
    const int is_words = !strcmp(r->file, "vocab.txt") && impostor->be == be_one_byte;
    const int may_be = is_words || (is_optional(r->file) && (impostor->be == be_nowhere || impostor->be == be_circle));
    cr_expect(may_be ? status == SA_OK
                     : status == SA_ERR_FILE || status == SA_ERR_FORMAT || status == SA_ERR_UNSUPPORTED,
              "%s is %s: status %d: %s", r->file, impostor->name, (int)status, sentence);
    if (!may_be && impostor->is_no_file)
        cr_expect_eq(status, SA_ERR_FILE, "%s is %s: status %d: %s", r->file, impostor->name, (int)status, sentence);
    if (!may_be)
        cr_expect(strstr(sentence, r->file), "%s is %s: \"%s\" does not name it", r->file, impostor->name, sentence);
    cr_expect_eq(memory.failures, 0, "%s is %s: asks for more than 16 MiB", r->file, impostor->name);
    sa_ctx_destroy(&ctx);
    cr_expect_eq(memory.live, 0, "%s is %s: memory is lost", r->file, impostor->name);
    cr_assert_eq(remove(path), 0);
    if (is_kept) cr_assert_eq(rename(kept, path), 0);
}

Test(hostile_files, are_refused_by_name) {
    for (int r = 0; r < READERS; r++)
        for (int i = 0; i < IMPOSTORS; i++) try_impostor(&readers[r], &impostors[i]);
}

/* A link to a file is as good as the file. */
Test(hostile_files, links_are_followed) {
    sa_ctx *ctx = one_thread();
    char path[400], kept[400];
    snprintf(path, sizeof path, "%s/model.safetensors", folder.path);
    snprintf(kept, sizeof kept, "%s/kept", folder.path);
    cr_assert_eq(rename(path, kept), 0);
    cr_assert_eq(symlink("kept", path), 0);
    cr_expect_eq(open_model(ctx, path), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(rename(kept, path), 0);
    sa_ctx_destroy(&ctx);
}

/* An allocator that makes a file shorter when it is asked for as many bytes as the file has: between looking and
 * reading. */
struct thief {
    const char *path;
    size_t size;
    int stolen;
};

static void *steal(void *user, size_t size, size_t alignment) {
    struct thief *thief = user;
    if (size == thief->size && !thief->stolen++) cr_assert_eq(truncate(thief->path, (off_t)size / 2), 0);
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void give_back(void *user, void *memory, size_t size) {
    (void)user, (void)size;
    free(memory);
}

static sa_status open_in_memory(sa_ctx *ctx, const char *path, sa_model **opened) {
    const sa_model_options options = {.struct_size = sizeof options, .in_memory = 1};
    return sa_model_open_with(ctx, path, &options, opened);
}

Test(hostile_files, that_shrink_while_they_are_read) {
    char path[400];
    struct stat facts;
    sa_model *opened;
    for (int i = 0; i < 2; i++) {
        if (i)
            copy_file("architectures/llama/model.safetensors", "model.safetensors");
        else
            be_bytes(folder_path(&folder, "tokenizer.json"), ' ', 1000003);
        snprintf(path, sizeof path, "%s/%s", folder.path, i ? "model.safetensors" : "tokenizer.json");
        cr_assert_eq(stat(path, &facts), 0);
        struct thief thief = {path, (size_t)facts.st_size, 0};
        const sa_ctx_options options = {.struct_size = sizeof options,
                                        .threads = 1,
                                        .allocate = steal,
                                        .release = give_back,
                                        .allocator_user = &thief};
        sa_ctx *ctx = ctx_open(&options);
        const sa_status status = i ? open_in_memory(ctx, path, &opened) : open_tokenizer(ctx, path);
        cr_expect_eq(status, SA_ERR_FILE, "%d: %s", (int)status, sa_ctx_last_error(ctx));
        cr_expect(strstr(sa_ctx_last_error(ctx), "it has become shorter"), "%s", sa_ctx_last_error(ctx));
        cr_expect_eq(thief.stolen, 1);
        sa_ctx_destroy(&ctx);
    }
}

/* The model computes on when its file is gone, and has the bits of a mapped one. */
Test(hostile_files, that_shrink_under_a_model_in_memory) {
    static const int32_t ids[] = {1, 5, 9, 3};
    sa_ctx *ctx = one_thread();
    char path[400];
    sa_model *mapped, *read;
    snprintf(path, sizeof path, "%s/model.safetensors", folder.path);
    cr_assert_eq(sa_model_open(ctx, path, &mapped), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(open_in_memory(ctx, path, &read), SA_OK, "%s", sa_ctx_last_error(ctx));
    const int64_t V = sa_model_get(mapped, SA_MODEL_OUTPUTS);
    float *logits[2];
    for (int i = 0; i < 2; i++) {
        logits[i] = calloc((size_t)(4 * V), sizeof **logits);
        const sa_encode_args args = {
            .struct_size = sizeof args, .batch = 1, .tokens = 4, .ids = ids, .logits = logits[i]};
        cr_expect_eq(sa_model_encode(ctx, i ? read : mapped, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        if (!i) sa_model_destroy(&mapped);
        if (!i) cr_assert_eq(truncate(path, 0), 0);
    }
    cr_expect_arr_eq(logits[0], logits[1], (size_t)(4 * V) * sizeof **logits);
    free(logits[0]), free(logits[1]);
    sa_model_destroy(&read);
    sa_ctx_destroy(&ctx);
}

Test(hostile_files, options_out_of_range) {
    sa_ctx *ctx = one_thread();
    sa_model *opened;
    const sa_model_options options[] = {{.struct_size = sizeof options[0], .in_memory = 2},
                                        {.struct_size = sizeof options[0], .image_size = -1}};
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(sa_model_open_with(ctx, folder.path, &options[i], &opened), SA_ERR_VALUE);
        cr_expect(strstr(sa_ctx_last_error(ctx), i ? "image_size is -1" : "in_memory is 2"));
    }
    sa_ctx_destroy(&ctx);
}
