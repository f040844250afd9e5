/* Text that comes token by token: what is written is that of sa_tokenizer_decode(), in whole characters, and ends
 * before a stop string.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "text/characters.h"
#include "text/text_stream.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { MOST_IDS = 60, MOST_TEXT = 60000 };

static sa_ctx *ctx;
static sa_tokenizer *tokenizer; /* of bytes */

static void make(void) {
    ctx = ctx_open(NULL);
    cr_assert_eq(sa_tokenizer_open(ctx, data_path("byte-level/tokenizer.json"), &tokenizer), SA_OK);
}

static void clean(void) {
    sa_tokenizer_destroy(&tokenizer);
    sa_ctx_destroy(&ctx);
}

TestSuite(stream, .init = make, .fini = clean);

static sa_text_stream *begin(const sa_tokenizer *t, int32_t before, const char *const *stops, int64_t count) {
    sa_text_stream *stream;
    cr_assert_eq(sa_text_stream_create(ctx, t, before, stops, count, &stream), SA_OK, "%s", sa_ctx_last_error(ctx));
    return stream;
}

/* Adds a token, or takes the rest; what is written is UTF-8 and goes behind the text. */
enum { REST = -1 };
static void add(sa_text_stream *stream, int32_t id, char *text, int64_t *length) {
    const int64_t room = sa_text_stream_room(stream);
    int64_t bytes = -1;
    char *part = malloc((size_t)room); /* exactly: the sanitizers see a byte too many */
    cr_assert_eq(id == REST ? sa_text_stream_rest(ctx, stream, part, room, &bytes)
                            : sa_text_stream_add(ctx, stream, id, part, room, &bytes),
                 SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert(bytes >= 0 && bytes <= room);
    cr_expect_eq(invalid_utf8(part, bytes), -1);
    memcpy(text + *length, part, (size_t)bytes);
    *length += bytes;
    free(part);
}

static int64_t stream_all(const sa_tokenizer *t, int32_t before, const int32_t *ids, int64_t count, char *text) {
    sa_text_stream *stream = begin(t, before, NULL, 0);
    int64_t length = 0;
    for (int64_t i = 0; i < count; i++) add(stream, ids[i], text, &length);
    add(stream, REST, text, &length);
    cr_expect_eq(sa_text_stream_ended(stream), 0);
    sa_text_stream_destroy(&stream);
    cr_expect_null(stream);
    return length;
}

/* Whether some bytes behind these make one character of them. */
static int begins_character(const char *bytes, int64_t count) {
    static const char edges[] = "\x80\x8f\x90\x9f\xa0\xbf";
    char whole[4];
    utf8proc_int32_t c;
    if (count > 3) return 0;
    memcpy(whole, bytes, (size_t)count);
    for (int64_t more = 1; count + more <= 4; more++)
        for (int n = 0, all = more == 1 ? 6 : more == 2 ? 36 : 216; n < all; n++) {
            for (int64_t i = 0, rest = n; i < more; i++, rest /= 6) whole[count + i] = edges[rest % 6];
            if (utf8proc_iterate((const utf8proc_uint8_t *)whole, (utf8proc_ssize_t)(count + more), &c) == count + more)
                return 1;
        }
    return 0;
}

/* U+FFFD for each longest beginning of a character, and for each byte that begins none. */
static int64_t repair(const char *from, int64_t bytes, char *to) {
    static const char replacement[] = {'\xef', '\xbf', '\xbd'};
    int64_t length = 0;
    utf8proc_int32_t c;
    for (int64_t at = 0, n; at < bytes; at += n) {
        n = utf8proc_iterate((const utf8proc_uint8_t *)from + at, (utf8proc_ssize_t)(bytes - at), &c);
        if (n > 0) {
            memcpy(to + length, from + at, (size_t)n);
            length += n;
            continue;
        }
        for (n = 1; at + n < bytes && begins_character(from + at, n + 1); n++) {}
        memcpy(to + length, replacement, sizeof replacement);
        length += (int64_t)sizeof replacement;
    }
    return length;
}

static void expect_decoded(const sa_tokenizer *t, const char *name, struct rng *rng) {
    static char raw[MOST_TEXT], want[3 * MOST_TEXT], got[3 * MOST_TEXT];
    int32_t ids[MOST_IDS];
    const int64_t count = 1 + rng_below(rng, MOST_IDS - 1), before = rng_chance(rng, .5);
    int64_t skipped = 0, bytes;
    for (int64_t i = 0; i < count;) {
        ids[i] = (int32_t)rng_below(rng, sa_tokenizer_size(t));
        i += sa_tokenizer_token(t, ids[i]) != NULL;
    }
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, raw, MOST_TEXT, &bytes), SA_OK);
    if (before) cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, 1, NULL, 0, &skipped), SA_OK);
    const int64_t wanted = repair(raw + skipped, bytes - skipped, want);
    const int64_t length = stream_all(t, before ? ids[0] : -1, ids + before, count - before, got);
    cr_expect(length == wanted && !memcmp(got, want, (size_t)wanted), "%s: \"%.*s\", not \"%.*s\"", name, (int)length,
              got, (int)wanted, want);
}

/* Tokens that are drawn: special ones, bytes that make no characters, spaces at all places. */
Test(stream, writes_what_decoding_writes) {
    struct rng rng = {7};
    json_t *kinds = json_of(data_path("tokenizers/kinds.json")), *kind;
    const char *name;
    int opened = 0;
    struct folder folder = folder_make();
    json_object_foreach(kinds, name, kind) {
        sa_tokenizer *t;
        cr_assert_eq(json_dump_file(json_object_get(kind, "tokenizer"), folder_path(&folder, "tokenizer.json"), 0), 0);
        if (sa_tokenizer_open(ctx, folder.path, &t) != SA_OK) continue; /* expressions, where PCRE2 is absent */
        for (int i = 0; i < 100; i++) expect_decoded(t, name, &rng);
        opened++;
        sa_tokenizer_destroy(&t);
    }
    for (int i = 0; i < 1000; i++) expect_decoded(tokenizer, "byte-level", &rng);
    cr_expect_geq(opened, 20);
    folder_remove(&folder);
    json_decref(kinds);
}

/* The token of a byte, as GPT-2's alphabet has it. */
static int32_t byte_id(unsigned char byte) {
    int32_t id;
    char text[3] = {(char)byte};
    int c = byte;
    if (byte <= 0x20) c = 0x100 + byte;
    if (byte >= 0x7f && byte <= 0xa0) c = 0x121 + byte - 0x7f;
    if (byte == 0xad) c = 0x143;
    if (c >= 0x80) text[0] = (char)(0xc0 | c >> 6), text[1] = (char)(0x80 | (c & 0x3f));
    cr_assert_eq(sa_tokenizer_find(tokenizer, text, &id), SA_OK, "byte %d", byte);
    return id;
}

static int64_t add_bytes(sa_text_stream *stream, const char *bytes, char *text) {
    int64_t length = 0;
    for (const char *b = bytes; *b; b++) add(stream, byte_id((unsigned char)*b), text, &length);
    return length;
}

/* The examples of Unicode's tables 3-8 to 3-11. */
Test(stream, replaces_maximal_subparts) {
    static const struct {
        const char *bytes, *text;
    } examples[] = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA"},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "\ufffd\ufffd\ufffd\ufffd\ufffdA\ufffd\ufffdB"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\ufffd\ufffd\ufffd\ufffdA"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        char text[100] = "";
        sa_text_stream *stream = begin(tokenizer, -1, NULL, 0);
        int64_t length = add_bytes(stream, examples[i].bytes, text);
        add(stream, REST, text, &length);
        cr_expect_str_eq(text, examples[i].text, "example %zu", i);
        sa_text_stream_destroy(&stream);
    }
}

/* A character comes with its last byte; at the end, an unfinished one is replaced, and bytes may follow all the same.
 */
Test(stream, writes_whole_characters) {
    char text[20] = "";
    sa_text_stream *stream = begin(tokenizer, -1, NULL, 0);
    cr_expect_eq(add_bytes(stream, "\xf0\x9f\x98", text), 0);
    cr_expect_eq(add_bytes(stream, "\x80", text), 4);
    cr_expect_str_eq(text, "\U0001f600");
    int64_t length = add_bytes(stream, "x\xe2\x82", text);
    cr_expect_eq(length, 1);
    add(stream, REST, text, &length);
    cr_expect_eq(length, 4);
    cr_expect_eq(add_bytes(stream, "\xac", text), 3); /* no longer the third byte of a character */
    sa_text_stream_destroy(&stream);
}

/* How long the longest end is with which a stop string begins. */
static int64_t open_end(const char *text, int64_t length, const char *const *stops, int64_t count) {
    for (int64_t n = length; n > 0; n--)
        for (int64_t i = 0; i < count; i++)
            if (n < (int64_t)strlen(stops[i]) && !strncmp(text + length - n, stops[i], (size_t)n)) return n;
    return 0;
}

/* Over three letters, so that beginnings of stop strings come often: shown is all that is certain, and no more. */
Test(stream, holds_back_what_might_become_a_stop_string) {
    static const char *const stops[] = {"abac", "aba", "bb", "caac"};
    struct rng rng = {3};
    int ended = 0;
    for (int round = 0; round < 2000; round++) {
        const int64_t count = 1 + rng_below(&rng, 4), first = rng_below(&rng, 5 - count);
        sa_text_stream *stream = begin(tokenizer, -1, stops + first, count);
        char whole[20] = "", text[20] = "";
        int64_t length = 0;
        const char *end = NULL;
        for (int n = 0; n < 12; n++) {
            whole[n] = (char)('a' + rng_below(&rng, 3));
            add(stream, byte_id((unsigned char)whole[n]), text, &length);
            for (int64_t i = first; i < first + count; i++) {
                const char *at = strstr(whole, stops[i]);
                if (at && (!end || at < end)) end = at;
            }
            cr_expect_eq(sa_text_stream_ended(stream), end != NULL);
            cr_expect_eq(length, end ? end - whole : n + 1 - open_end(whole, n + 1, stops + first, count), "%s", whole);
            if (end) break;
        }
        add(stream, REST, text, &length);
        cr_expect_eq(length, end ? end - whole : 12);
        cr_expect_eq(memcmp(text, whole, (size_t)length), 0);
        ended += end != NULL;
        sa_text_stream_destroy(&stream);
    }
    cr_expect(ended > 200 && ended < 1800, "%d", ended);
}

/* A token may hold the end of one stop string and the beginning of the text behind it; later tokens write nothing. */
Test(stream, ends_inside_of_a_token) {
    static const char *const stops[] = {"two sp"};
    char text[40] = "";
    int32_t spaces;
    sa_text_stream *stream = begin(tokenizer, -1, stops, 1);
    int64_t length = add_bytes(stream, "one", text);
    cr_assert_eq(sa_tokenizer_find(tokenizer, "  two spaces", &spaces), SA_OK);
    add(stream, spaces, text, &length);
    cr_expect_eq(sa_text_stream_ended(stream), 1);
    add(stream, spaces, text, &length);
    add(stream, REST, text, &length);
    cr_expect_str_eq(text, "one  ");
    sa_text_stream_destroy(&stream);
}

/* The one allocation of a stream fails, then does not; adding needs none. */
Test(stream, allocates_once) {
    static const char *const stops[] = {"stop", "\n\n"};
    struct test_allocator allocator = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    test_allocator_use(&allocator, &options);
    sa_ctx *own = ctx_open(&options);
    sa_text_stream *stream;
    allocator.fail_at = allocator.calls;
    cr_expect_eq(sa_text_stream_create(own, tokenizer, 60, stops, 2, &stream), SA_ERR_MEMORY);
    cr_expect_null(stream);
    allocator.fail_at = -1;
    cr_assert_eq(sa_text_stream_create(own, tokenizer, 60, stops, 2, &stream), SA_OK);
    const int64_t calls = allocator.calls;
    char text[100];
    int64_t length = 0;
    for (int32_t id = 60; id < 80; id++) add(stream, id, text, &length);
    cr_expect_eq(length, 20);
    cr_expect_eq(allocator.calls, calls);
    sa_ctx_destroy(&own); /* the stream outlives it */
    sa_text_stream_destroy(&stream);
    cr_expect_eq(allocator.live, 0);
    cr_expect_eq(allocator.faults, 0);
}

static void expect_refused(sa_status status, sa_status wanted, const char *sentence) {
    cr_expect_eq(status, wanted);
    cr_expect_str_eq(sa_ctx_last_error(ctx), sentence);
}

Test(stream, refuses_wrong_arguments) {
    static const char *const stops[] = {"x", "", NULL, "\xff"};
    sa_text_stream *stream = (void *)stops;
    char text[1000], sentence[100];
    int64_t bytes;
    cr_expect_eq(sa_text_stream_create(NULL, tokenizer, -1, NULL, 0, &stream), SA_ERR_NULL);
    cr_expect_null(stream);
    expect_refused(sa_text_stream_create(ctx, NULL, -1, NULL, 0, &stream), SA_ERR_NULL, "tokenizer is NULL");
    expect_refused(sa_text_stream_create(ctx, tokenizer, -1, NULL, 0, NULL), SA_ERR_NULL, "stream is NULL");
    expect_refused(sa_text_stream_create(ctx, tokenizer, 9999, NULL, 0, &stream), SA_ERR_VALUE,
                   "id is 9999, which is no token");
    cr_expect_null(stream);
    expect_refused(sa_text_stream_create(ctx, tokenizer, -1, NULL, 1, &stream), SA_ERR_NULL, "stop_strings is NULL");
    expect_refused(sa_text_stream_create(ctx, tokenizer, -1, stops, -1, &stream), SA_ERR_VALUE,
                   "stop_string_count is -1, must be at least 0");
    expect_refused(sa_text_stream_create(ctx, tokenizer, -1, stops, 2, &stream), SA_ERR_VALUE,
                   "stop_strings[1] is empty");
    expect_refused(sa_text_stream_create(ctx, tokenizer, -1, stops + 2, 1, &stream), SA_ERR_NULL,
                   "stop_strings[0] is NULL");
    expect_refused(sa_text_stream_create(ctx, tokenizer, -1, stops + 3, 1, &stream), SA_ERR_TEXT,
                   "stop_strings[0] is not UTF-8 at byte 0, which is 0xff");
    stream = begin(tokenizer, -1, NULL, 0);
    const int64_t room = sa_text_stream_room(stream);
    cr_assert_leq(room, (int64_t)sizeof text);
    expect_refused(sa_text_stream_add(ctx, NULL, 5, text, room, &bytes), SA_ERR_NULL, "stream is NULL");
    expect_refused(sa_text_stream_add(ctx, stream, 5, NULL, room, &bytes), SA_ERR_NULL, "text is NULL");
    expect_refused(sa_text_stream_add(ctx, stream, 5, text, room, NULL), SA_ERR_NULL, "bytes is NULL");
    expect_refused(sa_text_stream_add(ctx, stream, -5, text, room, &bytes), SA_ERR_VALUE,
                   "id is -5, which is no token");
    snprintf(sentence, sizeof sentence, "capacity is %lld, must be at least sa_text_stream_room(), which is %lld",
             (long long)room - 1, (long long)room);
    expect_refused(sa_text_stream_rest(ctx, stream, text, room - 1, &bytes), SA_ERR_VALUE, sentence);
    cr_expect_eq(sa_text_stream_rest(NULL, stream, text, room, &bytes), SA_ERR_NULL);
    cr_expect_eq(bytes, 0);
    atomic_flag_test_and_set(&stream->busy);
    expect_refused(sa_text_stream_add(ctx, stream, 5, text, room, &bytes), SA_ERR_BUSY,
                   "another call is using this stream");
    sa_text_stream_destroy(&stream);
    sa_text_stream_destroy(&stream);
    sa_text_stream_destroy(NULL);
    cr_expect_eq(sa_text_stream_room(NULL), 0);
    cr_expect_eq(sa_text_stream_ended(NULL), 0);
}
