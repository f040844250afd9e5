/* Files of sessions that are cut off, damaged, made up, or cannot be written.
 * SPDX-License-Identifier: MIT */
#include "base/checksum.h"
#include "base/little_endian.h"
#include "generate/saved.h"
#include "generate/session_file.h"
#include "support/allocator.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static sa_ctx *ctx;
static struct folder folder;
static sa_model *model;
static struct test_allocator memory;

static void make(void) {
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    memory = test_allocator_make();
    test_allocator_use(&memory, &options);
    ctx = ctx_open(&options);
    folder = folder_make();
    model = saved_model(ctx, "marian");
}

static void clean(void) {
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(session_file_hostile, .init = make, .fini = clean);

enum { TOKENS = 2, SOURCE = 3, MANY = 300 };

/* A session of two sequences with few tokens; with so many that a window has dropped pages, if the model allows that.
 */
static sa_session *small_session(int64_t window) {
    static const int32_t ids[2 * MANY] = {5, 17, 3, 9, 4, 1};
    const int both = (int)sa_model_get(model, SA_MODEL_ENCODER);
    sa_session *session;
    const sa_session_config config = {
        .struct_size = sizeof config, .batch = 2, .cache_dtype = SA_I8, .window = window, .keep_first = window > 0};
    const sa_encode_args e = {.struct_size = sizeof e, .batch = 2, .tokens = SOURCE, .ids = ids};
    const sa_session_args many = {.struct_size = sizeof many, .tokens = MANY, .ids = ids},
                          a = {.struct_size = sizeof a, .tokens = TOKENS, .ids = ids};
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(both ? sa_session_encode(ctx, session, &e) : sa_session_run(ctx, session, &many), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    cr_assert_eq(sa_session_run(ctx, session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    return session;
}

static const char *file(void) {
    return folder_path(&folder, "x.session");
}

static unsigned char *small_file(int64_t window, size_t *bytes) {
    sa_session *session = small_session(window);
    cr_assert_eq(sa_session_save(ctx, session, file(), "note", 4), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_session_destroy(&session);
    return (unsigned char *)file_bytes(file(), bytes);
}

/* Replaces the checksum by the right one. */
static void sign(unsigned char *bytes, size_t size) {
    struct checksum sum;
    checksum_begin(&sum);
    checksum_add(&sum, bytes, (int64_t)size - SUM_BYTES);
    store_little(bytes + size - SUM_BYTES, checksum_of(&sum), SUM_BYTES);
}

static sa_status load_bytes(const unsigned char *bytes, size_t size, sa_session **session) {
    folder_write(&folder, "x.session", bytes, size);
    return sa_session_load(ctx, model, file(), 0, session);
}

static void expect_refused(const unsigned char *bytes, size_t size, sa_status status, const char *words) {
    sa_session *session;
    cr_expect_eq(load_bytes(bytes, size, &session), status, "%s", sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect(strstr(sa_ctx_last_error(ctx), "x.session") != NULL, "\"%s\"", sa_ctx_last_error(ctx));
    cr_expect_null(session);
}

Test(session_file_hostile, cut_off_anywhere) {
    size_t size;
    unsigned char *bytes = small_file(0, &size);
    const int64_t live = memory.live;
    for (size_t n = 0; n < size; n += n < 400 ? 1 : 37) {
        expect_refused(bytes, n, SA_ERR_FORMAT, n < sizeof session_magic ? "is not the file of a session" : "damaged");
        unsigned char *end = malloc(n + SUM_BYTES); /* with a right checksum */
        memcpy(end, bytes, n);
        sign(end, n + SUM_BYTES);
        if (n >= SESSION_HEAD && n < size - SUM_BYTES) expect_refused(end, n + SUM_BYTES, SA_ERR_FORMAT, "");
        free(end);
    }
    cr_expect_eq(memory.live, live);
    free(bytes);
}

Test(session_file_hostile, every_flipped_bit_is_found) {
    size_t size;
    unsigned char *bytes = small_file(0, &size);
    for (size_t i = 0; i < size * 8; i += i < 400 * 8 ? 1 : 11) {
        sa_session *session;
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        cr_expect_neq(load_bytes(bytes, size, &session), SA_OK, "bit %zu", i);
        cr_expect_null(session);
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    free(bytes);
}

/* Whoever makes the file up can make the checksum, too. What is loaded can be used; nothing large is allocated. */
static void expect_harmless(const unsigned char *bytes, size_t size) {
    static const int32_t ids[] = {7, 8};
    sa_session *session;
    const int64_t live = memory.live;
    const sa_status status = load_bytes(bytes, size, &session);
    if (status == SA_OK && sa_session_batch(session) == 2) {
        const sa_session_args a = {.struct_size = sizeof a, .tokens = 1, .ids = ids};
        const sa_status ran = sa_session_run(ctx, session, &a);
        cr_expect(ran == SA_OK || ran == SA_ERR_SHAPE || ran == SA_ERR_VALUE, "%s", sa_ctx_last_error(ctx));
    } else if (status != SA_OK) {
        cr_expect(status == SA_ERR_FORMAT || status == SA_ERR_VALUE || status == SA_ERR_UNSUPPORTED, "%d: %s",
                  (int)status, sa_ctx_last_error(ctx));
    }
    sa_session_destroy(&session);
    cr_expect_eq(memory.live, live);
}

static void expect_changes_harmless(int64_t window) {
    static const uint64_t numbers[] = {0, 1, 2, 3, 127, 128, 129, UINT32_MAX, INT64_MAX, UINT64_MAX, (uint64_t)1 << 60};
    size_t size;
    unsigned char *bytes = small_file(window, &size), *changed = malloc(size);
    memory.most_bytes = 4 << 20;
    for (size_t at = sizeof session_magic; at + 8 <= size - SUM_BYTES; at += at < 700 ? 4 : (size - 700) / 100)
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
            memcpy(changed, bytes, size);
            store_little(changed + at, numbers[n], 8);
            sign(changed, size);
            expect_harmless(changed, size);
        }
    free(changed);
    free(bytes);
}

Test(session_file_hostile, made_up_numbers_do_no_harm) {
    expect_changes_harmless(0);
}

Test(session_file_hostile, made_up_windows_do_no_harm) {
    expect_changes_harmless(3);
}

Test(session_file_hostile, made_up_places_of_pages_do_no_harm) {
    sa_model_destroy(&model);
    model = saved_model(ctx, "llama");
    expect_changes_harmless(20);
}

Test(session_file_hostile, other_versions_are_named) {
    size_t size;
    unsigned char *bytes = small_file(0, &size);
    store_little(bytes + sizeof session_magic, 2, 8);
    expect_refused(bytes, size, SA_ERR_UNSUPPORTED, "is version 2 of sessions; version 1 is supported");
    memset(bytes, 'G', 4);
    expect_refused(bytes, size, SA_ERR_FORMAT, "is not the file of a session");
    free(bytes);
}

/* Each number of the head, with the sentence that names it. */
Test(session_file_hostile, numbers_out_of_range_are_named) {
    static const struct {
        int64_t number, value;
        sa_status status;
        const char *words;
    } wrong[] = {{NUMBER_MODEL, 1, SA_ERR_VALUE, "is a session of another model than this marian model"},
                 {NUMBER_BATCH, 0, SA_ERR_FORMAT, "x.session: the batch is 0, must be 1 to"},
                 {NUMBER_BATCH, INT64_MAX, SA_ERR_FORMAT, "x.session: the batch is 9223372036854775807, must be 1 to"},
                 {NUMBER_WINDOW, -1, SA_ERR_FORMAT, "x.session: the window is -1, must be 0 to"},
                 {NUMBER_KEEP_FIRST, 1, SA_ERR_FORMAT, "x.session: the number of kept tokens is 1, must be 0 to 0"},
                 {NUMBER_DTYPE, -1, SA_ERR_FORMAT, "x.session: the type of the cache is -1, must be 0 to"},
                 {NUMBER_NOTE, 1 << 30, SA_ERR_FORMAT, "x.session: the length of the note is 1073741824, must be 0"},
                 {NUMBER_NOTE, 5, SA_ERR_FORMAT, "x.session"}};
    size_t size;
    unsigned char *bytes = small_file(0, &size), *changed = malloc(size);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(changed, bytes, size);
        store_little(changed + sizeof session_magic + 8 * wrong[i].number, (uint64_t)wrong[i].value, 8);
        sign(changed, size);
        expect_refused(changed, size, wrong[i].status, wrong[i].words);
    }
    free(changed);
    free(bytes);
}

Test(session_file_hostile, only_files_are_read) {
    sa_session *session;
    cr_expect_eq(sa_session_load(ctx, model, folder.path, 0, &session), SA_ERR_FILE);
    cr_expect_eq(sa_session_load(ctx, model, folder_path(&folder, "none"), 0, &session), SA_ERR_FILE);
    cr_assert_eq(mkfifo(file(), 0600), 0);
    cr_expect_eq(sa_session_load(ctx, model, file(), 0, &session), SA_ERR_FILE);
    folder_remove_file(&folder, "x.session");
}

static int files(void) {
    int count = 0;
    DIR *listing = opendir(folder.path);
    for (const struct dirent *item; (item = readdir(listing));) count += item->d_name[0] != '.';
    closedir(listing);
    return count;
}

/* The file that was there stays whole, and nothing else is left behind. */
Test(session_file_hostile, a_full_disk_loses_nothing) {
    size_t size, left;
    unsigned char *bytes = small_file(0, &size);
    sa_session *session = small_session(0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < size; room += 97) {
        const struct rlimit limit = {room, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_FSIZE, &limit);
        const sa_status status = sa_session_save(ctx, session, file(), "other", 5);
        setrlimit(RLIMIT_FSIZE, &none);
        cr_expect_eq(status, SA_ERR_FILE);
        cr_expect(strstr(sa_ctx_last_error(ctx), "cannot be written: File too large"), "%s", sa_ctx_last_error(ctx));
        char *now = file_bytes(file(), &left);
        cr_expect(left == size && !memcmp(now, bytes, size));
        cr_expect_eq(files(), 1);
        free(now);
    }
    cr_expect_eq(sa_session_save(ctx, session, "/nowhere/at/all", NULL, 0), SA_ERR_FILE);
    cr_expect_eq(sa_session_save(ctx, session, folder.path, NULL, 0), SA_ERR_FILE, "a directory is no file");
    sa_session_destroy(&session);
    free(bytes);
}

Test(session_file_hostile, every_allocation_may_fail) {
    size_t size;
    free(small_file(0, &size));
    sa_session *session = small_session(0);
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        sa_session *loaded = NULL;
        const int64_t live = memory.live, failures = memory.failures;
        memory.fail_at = memory.calls + n;
        sa_status status = sa_session_save(ctx, session, file(), "note", 4);
        if (status == SA_OK) status = sa_session_load(ctx, model, file(), 0, &loaded);
        failed = memory.failures > failures;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(ctx));
        cr_expect_eq(failed, loaded == NULL);
        memory.fail_at = -1;
        sa_session_destroy(&loaded);
        cr_expect(memory.live == live && memory.faults == 0, "allocation %d", (int)n);
        cr_expect_eq(files(), 1);
    }
    cr_expect_gt(n, 15);
    sa_session_destroy(&session);
}
