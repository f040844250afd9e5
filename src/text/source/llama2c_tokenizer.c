/* llama2.c's tokenizer.bin: the length of the longest token; then for each its score, its length and its text.
 * SPDX-License-Identifier: MIT */
#include "base/half.h"
#include "file/llama2c.h"
#include "text/model/scored.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

enum { HEADER_BYTES = 4, ENTRY_BYTES = 8 };

/* The file while it is read. */
struct cursor {
    struct report *report;
    const struct mapped_file *file;
    int64_t longest, at, number;
};

/* A token as the file has it. */
struct entry {
    float score;
    const char *text;
    int64_t bytes;
};

static uint32_t load_32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static sa_status take_header(struct cursor *c) {
    if (c->file->size < HEADER_BYTES)
        return fail(c->report, SA_ERR_FORMAT, "%s: %lld bytes are too few for llama2.c's tokenizer", c->file->name,
                    (long long)c->file->size);
    c->longest = load_32(c->file->bytes);
    c->at = HEADER_BYTES;
    c->number = 0;
    return SA_OK;
}

static sa_status take_entry(struct cursor *c, struct entry *e) {
    const unsigned char *p = c->file->bytes + c->at;
    const int64_t left = c->file->size - c->at - ENTRY_BYTES;
    if (left < 0)
        return fail(c->report, SA_ERR_FORMAT, "%s: ends within token %lld", c->file->name, (long long)c->number);
    *e = (struct entry){float_of_bits(load_32(p)), (const char *)p + ENTRY_BYTES, load_32(p + 4)};
    if (e->bytes > c->longest || e->bytes > left)
        return fail(c->report, SA_ERR_FORMAT,
                    "%s: token %lld has %lld bytes; the longest is said to have %lld, and %lld are left", c->file->name,
                    (long long)c->number, (long long)e->bytes, (long long)c->longest, (long long)left);
    if (!isfinite(e->score))
        return fail(c->report, SA_ERR_FORMAT, "%s: token %lld has the score %g", c->file->name, (long long)c->number,
                    (double)e->score);
    c->at += ENTRY_BYTES + e->bytes;
    c->number++;
    return SA_OK;
}

/* Special tokens are written with line breaks around them: "\n<s>\n". */
static void trim(struct entry *e) {
    while (e->bytes && e->text[e->bytes - 1] == '\n') e->bytes--;
    while (e->bytes && *e->text == '\n') e->text++, e->bytes--;
}

/* The token of a byte is "<0xE4>", or in older files the character with this number. */
static sa_status check_byte(const struct cursor *c, int byte, struct entry *e, char text[BYTE_TEXT]) {
    char character[4];
    byte_text(byte, text);
    const int64_t bytes = utf8proc_encode_char(byte, (utf8proc_uint8_t *)character);
    if (!(e->bytes == BYTE_TEXT - 1 && !memcmp(e->text, text, BYTE_TEXT - 1)) &&
        !(e->bytes == bytes && !memcmp(e->text, character, (size_t)bytes)))
        return fail(c->report, SA_ERR_FORMAT, "%s: token %d is not %s: only tokenizers with bytes are supported",
                    c->file->name, byte + SCORED_BYTES, text);
    e->text = text;
    e->bytes = BYTE_TEXT - 1;
    return SA_OK;
}

static sa_status take_token(struct cursor *c, struct entry *e, char byte_text[BYTE_TEXT]) {
    const int64_t id = c->number;
    sa_status status = take_entry(c, e);
    if (status != SA_OK || id >= SCORED_PIECES) return status;
    if (id >= SCORED_BYTES) return check_byte(c, (int)(id - SCORED_BYTES), e, byte_text);
    trim(e);
    return SA_OK;
}

/* Goes over the file and counts tokens and the bytes of their texts. */
static sa_status count_tokens(struct cursor *c, int64_t *count, int64_t *bytes) {
    char byte_text[BYTE_TEXT];
    struct entry e = {.text = ""};
    *bytes = 0;
    sa_status status = take_header(c);
    while (status == SA_OK && c->at < c->file->size) {
        status = take_token(c, &e, byte_text);
        if (status == SA_OK) *bytes += e.bytes;
    }
    *count = c->number;
    if (status != SA_OK || (*count >= SCORED_PIECES && *count < INT32_MAX)) return status;
    return fail(c->report, SA_ERR_FORMAT, "%s: has %lld tokens, must have %d to %d", c->file->name, (long long)*count,
                SCORED_PIECES, INT32_MAX - 1);
}

static sa_status take_tokens(struct cursor *c, int64_t count, int64_t bytes, struct sa_tokenizer *t) {
    char byte_text[BYTE_TEXT];
    struct entry e = {.text = ""};
    sa_status status = vocabulary_create(&t->memory, c->report, count, bytes, &t->vocabulary);
    if (status == SA_OK) status = scored_create(t, c->report, count);
    if (status == SA_OK) status = take_header(c);
    for (int64_t id = 0; id < count && status == SA_OK; id++) {
        status = take_token(c, &e, byte_text);
        if (status != SA_OK) break;
        vocabulary_add(&t->vocabulary, e.text, e.bytes, (int32_t)id);
        t->scored.scores[id] = e.score;
    }
    return status == SA_OK ? vocabulary_finish(&t->vocabulary, c->report, c->file->name) : status;
}

sa_status llama2c_read_tokenizer(struct report *report, const struct mapped_file *file, struct sa_tokenizer *t) {
    struct cursor c = {.report = report, .file = file};
    int64_t count, bytes;
    sa_status status = count_tokens(&c, &count, &bytes);
    if (status == SA_OK) status = take_tokens(&c, count, bytes, t);
    if (status != SA_OK) return status;
    scored_finish(t);
    status = normaliser_prepend(&t->memory, report, " ", &t->normaliser);
    if (status == SA_OK) status = decoder_check(&t->decoder, &t->vocabulary, report, file->name, &t->piece_bytes);
    if (status != SA_OK) return status;
    t->before = (struct around){.ids = {SCORED_BEGIN}, .count = 1};
    return SA_OK;
}
