/* Two texts as one input: sa_tokenizer_encode_pair().
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "text/encoder.h"

/* Where tokens and their types go: all are counted, and written while there is room. */
struct row {
    int32_t *ids, *types; /* types: may be NULL */
    int64_t capacity, count;
};

struct half {
    const char *text;
    int64_t bytes, keep; /* of its tokens, the first */
};

static void put(struct row *row, int32_t id, int32_t type) {
    if (row->count < row->capacity) {
        row->ids[row->count] = id;
        if (row->types) row->types[row->count] = type;
    }
    row->count++;
}

static void put_around(struct row *row, const struct around *around) {
    for (int i = 0; i < around->count; i++) put(row, around->ids[i], around->types[i]);
}

static void put_half(struct encoder *e, const struct half *half, int32_t type, struct row *row) {
    const int64_t room = max_i64(row->capacity - row->count, 0);
    struct token_sink sink = {room ? row->ids + row->count : NULL, min_i64(room, half->keep), 0, NULL};
    e->sink = &sink;
    encoder_put_text(e, half->text, half->bytes);
    e->sink = NULL;
    const int64_t count = min_i64(sink.count, half->keep);
    for (int64_t i = 0; row->types && i < min_i64(room, count); i++) row->types[row->count + i] = type;
    row->count += count;
}

static int64_t count_half(struct encoder *e, const struct half *half) {
    struct token_sink sink = {0};
    e->sink = &sink;
    encoder_put_text(e, half->text, half->bytes);
    e->sink = NULL;
    return sink.count;
}

/* Leaves tokens of both texts that have `room` together: the longer one is cut first, down to as many as the shorter
 * one has, then both to a half of the room, as Transformers does it ("longest_first"). */
static void shorten(struct half halves[2], int64_t room) {
    struct half *shorter = &halves[halves[0].keep > halves[1].keep],
                *longer = &halves[halves[0].keep <= halves[1].keep];
    if (shorter->keep + longer->keep <= room) return;
    longer->keep = max_i64(shorter->keep, room - shorter->keep);
    if (shorter->keep + longer->keep <= room) return;
    shorter->keep = room / 2;
    longer->keep = room / 2 + room % 2;
}

static void put_pair(struct encoder *e, struct half halves[2], int64_t most, struct row *row) {
    const struct pair_frame *p = &e->tokenizer->pair;
    for (int i = 0; i < 2 && most; i++) halves[i].keep = count_half(e, &halves[i]);
    if (most) shorten(halves, most - p->before.count - p->between.count - p->after.count);
    put_around(row, &p->before);
    put_half(e, &halves[0], p->types[0], row);
    put_around(row, &p->between);
    put_half(e, &halves[1], p->types[1], row);
    put_around(row, &p->after);
}

static sa_status check_frame(struct report *report, const struct pair_frame *p, int64_t most) {
    const int beside = p->before.count + p->between.count + p->after.count;
    if (p->state == PAIR_UNSAID)
        return fail(report, SA_ERR_UNSUPPORTED, "the tokenizer's files do not say how two texts stand together");
    if (p->state == PAIR_SWAPPED)
        return fail(report, SA_ERR_UNSUPPORTED, "the tokenizer puts the second text before the first");
    if (most < 0 || (most && most < beside))
        return fail(report, SA_ERR_VALUE,
                    "most is %lld, must be 0 or at least %d: so many tokens stand beside the texts", (long long)most,
                    beside);
    return SA_OK;
}

static sa_status check(struct report *report, const sa_tokenizer *t, const struct half halves[2], int32_t flags,
                       int64_t most, const struct row *row) {
    if (!t) return fail_null(report, "tokenizer");
    if (row->capacity < 0)
        return fail(report, SA_ERR_VALUE, "capacity is %lld, must be at least 0", (long long)row->capacity);
    if (row->capacity && !row->ids) return fail_null(report, "ids");
    if (flags & ~SA_ENCODE_NO_SPECIAL)
        return fail(report, SA_ERR_VALUE, "flags is %d, must be 0 or SA_ENCODE_NO_SPECIAL: pairs have a template",
                    (int)flags);
    sa_status status = check_frame(report, &t->pair, most);
    if (status == SA_OK) status = encoder_check_text(report, "first text", halves[0].text, halves[0].bytes);
    return status == SA_OK ? encoder_check_text(report, "second text", halves[1].text, halves[1].bytes) : status;
}

static sa_status encode(sa_ctx *ctx, const sa_tokenizer *t, struct half halves[2], int32_t flags, int64_t most,
                        struct row *row) {
    sa_status status = check(&ctx->report, t, halves, flags, most, row);
    if (status != SA_OK) return status;
    struct encoder e = {.ctx = ctx, .tokenizer = t, .with_special = !(flags & SA_ENCODE_NO_SPECIAL)};
    e.searcher.memory = ctx->memory;
    put_pair(&e, halves, most, row);
    searcher_close(&e.searcher);
    if (e.status != SA_OK || row->capacity == 0 || row->count <= row->capacity) return e.status;
    return fail(&ctx->report, SA_ERR_TEXT, "the texts have %lld tokens, ids has room for %lld", (long long)row->count,
                (long long)row->capacity);
}

sa_status sa_tokenizer_encode_pair(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *first, int64_t first_bytes,
                                   const char *second, int64_t second_bytes, int32_t flags, int64_t most, int32_t *ids,
                                   int32_t *types, int64_t capacity, int64_t *count) {
    struct half halves[] = {{first, first_bytes, INT64_MAX}, {second, second_bytes, INT64_MAX}};
    struct row row = {ids, types, capacity, 0};
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = count ? encode(ctx, tokenizer, halves, flags, most, &row) : fail_null(&ctx->report, "count");
    if (count) *count = row.count;
    return context_leave(ctx, status);
}
