/* Files of tokenizers, and texts through those that open. The first byte says which kind of file it is; files and text
 * are separated by NUL; a binary file is the last one, and has no text behind it. What opens has to keep the promises
 * of the header: counts are full numbers, and the text of the first tokens is the beginning of the text of more.
 * SPDX-License-Identifier: MIT */
#include "fuzz/files.h"
#include "selfattn_models.h"
#include "support/paths.h"
#include "text/characters.h"

#include <stdlib.h>
#include <string.h>

static sa_ctx *ctx;

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1, .path = SA_PATH_PLAIN};
    ctx = ctx_open(&options);
    files_begin();
    return 0;
}

/* The kinds, with up to three files each; of binary kinds the last one is. */
enum { MOST_FILES = 3 };
static const struct {
    char letter;
    int binary;
    const char *names[MOST_FILES];
} kinds[] = {{'j', 0, {"tokenizer.json", NULL}},
             {'w', 0, {"vocab.txt", NULL}},
             {'b', 0, {"vocab.json", "merges.txt"}},
             {'l', 1, {"tokenizer.bin", NULL}},
             {'s', 1, {"tokenizer.model", NULL}},
             {'g', 1, {"model.gguf", NULL}},
             {'c', 0, {"tokenizer_config.json", "vocab.txt"}},
             {'f', 0, {"tokenizer_config.json", "tokenizer.json"}},
             /* Marian and M2M-100: numbers of pieces, and codes of languages */
             {'p', 1, {"vocab.json", "special_tokens_map.json", "source.spm"}},
             {'q', 1, {"vocab.json", "tokenizer_config.json", "sentencepiece.bpe.model"}},
             /* a list of words, as translation toolkits write them */
             {'v', 0, {"source_vocabulary.txt", "target_vocabulary.txt"}}};

static void write_files(struct input *in) {
    const char letter = (char)take(in);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (kinds[k].letter != letter) continue;
        for (int i = 0; i < MOST_FILES && kinds[k].names[i]; i++) {
            const int takes_rest = kinds[k].binary && (i + 1 == MOST_FILES || !kinds[k].names[i + 1]);
            const struct input part = takes_rest ? *in : take_part(in);
            files_write(kinds[k].names[i], part.at, part.left);
            if (takes_rest) in->left = 0;
        }
    }
}

static void check_decoding(const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count) {
    enum { ROOM = 1 << 14 };
    static char whole[ROOM], part[ROOM];
    int64_t all = 0, some = 0;
    const sa_status status = sa_tokenizer_decode(ctx, tokenizer, ids, count, whole, ROOM, &all);
    EXPECT(status == SA_OK || (status == SA_ERR_TEXT && all > ROOM), "decode: %s", sa_ctx_last_error(ctx));
    for (int64_t n = 0; status == SA_OK && n < count; n += 1 + count / 8) {
        EXPECT(sa_tokenizer_decode(ctx, tokenizer, ids, n, part, ROOM, &some) == SA_OK, "decode: %s",
               sa_ctx_last_error(ctx));
        EXPECT(some <= all && !memcmp(part, whole, (size_t)some), "the text of %lld tokens is no beginning",
               (long long)n);
    }
}

/* Token by token, the text is UTF-8; and the same, where the whole is. */
static void check_stream(const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count) {
    enum { ROOM = 1 << 14 };
    static char whole[ROOM];
    sa_text_stream *stream;
    int64_t all = 0, length = 0, bytes = 0;
    if (sa_tokenizer_decode(ctx, tokenizer, ids, count, whole, ROOM, &all) != SA_OK) return;
    const int same = invalid_utf8(whole, all) < 0;
    EXPECT(sa_text_stream_create(ctx, tokenizer, -1, NULL, 0, &stream) == SA_OK, "%s", sa_ctx_last_error(ctx));
    const int64_t room = sa_text_stream_room(stream);
    char *part = malloc((size_t)room);
    EXPECT(part, "no memory for %lld bytes", (long long)room);
    for (int64_t n = 0; n <= count; n++, length += bytes) {
        EXPECT((n < count ? sa_text_stream_add(ctx, stream, ids[n], part, room, &bytes)
                          : sa_text_stream_rest(ctx, stream, part, room, &bytes)) == SA_OK,
               "stream: %s", sa_ctx_last_error(ctx));
        EXPECT(invalid_utf8(part, bytes) < 0, "token %lld is no UTF-8", (long long)n);
        EXPECT(!same || (length + bytes <= all && !memcmp(whole + length, part, (size_t)bytes)),
               "token %lld has another text alone", (long long)n);
    }
    EXPECT(!same || length == all, "%lld bytes, %lld at once", (long long)length, (long long)all);
    free(part);
    sa_text_stream_destroy(&stream);
}

/* A text beside itself: its tokens twice, and what stands beside two empty texts; no more than asked for. */
static void check_pair(const sa_tokenizer *tokenizer, const char *text, int64_t bytes) {
    enum { ROOM = 600 };
    int32_t ids[ROOM], types[ROOM];
    int64_t single, beside, asked, count;
    if (sa_tokenizer_encode_pair(ctx, tokenizer, "", 0, "", 0, 0, 0, NULL, NULL, 0, &beside)) return;
    if (sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, SA_ENCODE_NO_TEMPLATE, NULL, 0, &single)) return;
    EXPECT(!sa_tokenizer_encode_with(ctx, tokenizer, "", 0, SA_ENCODE_NO_TEMPLATE, NULL, 0, &count),
           "an empty text: %s", sa_ctx_last_error(ctx));
    EXPECT(!sa_tokenizer_encode_pair(ctx, tokenizer, text, bytes, text, bytes, 0, 0, NULL, NULL, 0, &asked), "pair: %s",
           sa_ctx_last_error(ctx));
    EXPECT(asked - beside == 2 * (single - count), "%lld tokens, %lld beside, %lld of a text", (long long)asked,
           (long long)beside, (long long)single);
    const int64_t most = beside + single / 3;
    EXPECT(!sa_tokenizer_encode_pair(ctx, tokenizer, text, bytes, text, bytes, 0, most, ids, types, ROOM, &count) ||
               count > ROOM,
           "pair: %s", sa_ctx_last_error(ctx));
    EXPECT(count <= most || !most, "%lld tokens of at most %lld", (long long)count, (long long)most);
}

/* Offsets change no token, and every range lies within the text. */
static void check_offsets(const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t flags,
                          const int32_t *ids, int64_t count) {
    enum { ROOM = 600 };
    int32_t again[ROOM];
    int64_t offsets[ROOM][2], found;
    const sa_status status =
        sa_tokenizer_encode_offsets(ctx, tokenizer, text, bytes, flags, again, offsets[0], ROOM, &found);
    EXPECT(found == count && (status == SA_OK || count > ROOM), "%lld tokens, %lld with offsets: %s", (long long)count,
           (long long)found, sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < count && i < ROOM; i++)
        EXPECT(again[i] == ids[i] && offsets[i][0] >= 0 && offsets[i][0] <= offsets[i][1] && offsets[i][1] <= bytes,
               "token %lld is %d, or %d at %lld to %lld", (long long)i, ids[i], again[i], (long long)offsets[i][0],
               (long long)offsets[i][1]);
}

static void use(const sa_tokenizer *tokenizer, const char *text, int64_t bytes) {
    enum { ROOM = 600 };
    static const int32_t flags[] = {0, SA_ENCODE_NO_TEMPLATE, SA_ENCODE_NO_SPECIAL};
    int32_t ids[ROOM];
    for (int i = 0; i < 3; i++) {
        int64_t asked = 0, count = 0;
        const sa_status first = sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, flags[i], NULL, 0, &asked);
        const sa_status second = sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, flags[i], ids, ROOM, &count);
        if (first) continue;
        EXPECT(count == asked, "%lld tokens, then %lld", (long long)asked, (long long)count);
        EXPECT(second == SA_OK || count > ROOM, "encode: %s", sa_ctx_last_error(ctx));
        for (int64_t n = 0; n < count && n < ROOM; n++)
            EXPECT(ids[n] >= 0 && ids[n] < sa_tokenizer_size(tokenizer), "token %d", ids[n]);
        check_offsets(tokenizer, text, bytes, flags[i], ids, count);
        check_decoding(tokenizer, ids, count < ROOM ? count : ROOM);
        check_stream(tokenizer, ids, count < ROOM ? count : ROOM);
    }
    check_pair(tokenizer, text, bytes);
    for (int32_t id = -1; id <= sa_tokenizer_size(tokenizer) && id < 40; id++) {
        int32_t found;
        const char *name = sa_tokenizer_token(tokenizer, id);
        if (name && *name && !sa_tokenizer_find(tokenizer, name, &found))
            EXPECT(!strcmp(sa_tokenizer_token(tokenizer, found), name), "token %d is not %d", found, id);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char usual[] = "Hello, w\xc3\xb6rld 123's\n \xf0\x9f\x98\x80 <s> [CLS] \xe2\x96\x81x";
    struct input in = {data, size};
    sa_tokenizer *tokenizer;
    files_clear();
    write_files(&in);
    /* Lists of words are opened by their names. */
    if (sa_tokenizer_open(ctx, files_path(size && data[0] == 'v' ? "source_vocabulary.txt" : ""), &tokenizer)) {
        EXPECT(!tokenizer && *sa_ctx_last_error(ctx), "refused without a sentence");
        return 0;
    }
    use(tokenizer, usual, sizeof usual - 1);
    use(tokenizer, (const char *)in.at, (int64_t)in.left);
    sa_tokenizer_destroy(&tokenizer);
    return 0;
}
