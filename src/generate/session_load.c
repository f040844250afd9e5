/* sa_session_load(). The file may hold anything: the checksum finds damage, and everything is checked besides.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/checksum.h"
#include "base/little_endian.h"
#include "file/mapped_file.h"
#include "generate/session.h"
#include "generate/session_file.h"
#include "model/fingerprint.h"
#include "plan/cache_bytes.h"

#include <string.h>

struct loading {
    struct report *report;
    const char *name; /* of the file */
    int64_t numbers[SESSION_NUMBERS];
    struct byte_source rest; /* behind the numbers, without the checksum */
};

static int sum_is_right(const struct mapped_file *file) {
    const int64_t bytes = file->size - SUM_BYTES;
    struct checksum sum;
    checksum_begin(&sum);
    checksum_add(&sum, file->bytes, bytes);
    return checksum_of(&sum) == load_little(file->bytes + bytes, SUM_BYTES);
}

static sa_status take_head(struct loading *l, const struct mapped_file *file, const sa_model *model) {
    struct report *report = l->report;
    int64_t version = 0;
    l->name = file->name;
    l->rest = (struct byte_source){file->bytes, file->size};
    const unsigned char *magic = source_bytes(&l->rest, sizeof session_magic);
    if (!magic || memcmp(magic, session_magic, sizeof session_magic))
        return fail(report, SA_ERR_FORMAT, "%s: is not the file of a session", l->name);
    if (source_number(&l->rest, &version) && version != SESSION_VERSION)
        return fail(report, SA_ERR_UNSUPPORTED, "%s: is version %lld of sessions; version %d is supported", l->name,
                    (long long)version, SESSION_VERSION);
    if (file->size < SESSION_HEAD + SUM_BYTES || !sum_is_right(file))
        return fail(report, SA_ERR_FORMAT, "%s: is damaged: its checksum is not that of its %lld bytes", l->name,
                    (long long)file->size);
    l->rest.left -= SUM_BYTES;
    l->numbers[NUMBER_VERSION] = version;
    for (int i = NUMBER_VERSION + 1; i < SESSION_NUMBERS; i++) source_number(&l->rest, &l->numbers[i]);
    if ((uint64_t)l->numbers[NUMBER_MODEL] == model_fingerprint(model)) return SA_OK;
    return fail(report, SA_ERR_VALUE, "%s: is a session of another model than this %.60s model", l->name,
                model->config.model_type);
}

static sa_status check(const struct loading *l, const char *name, int64_t number, int64_t least, int64_t most) {
    if (number >= least && number <= most) return SA_OK;
    return fail(l->report, SA_ERR_FORMAT, "%s: %s is %lld, must be %lld to %lld", l->name, name, (long long)number,
                (long long)least, (long long)most);
}

/* A session without tokens. Each sequence has at least a number, and one for each layer, in the file. */
static sa_status make(sa_ctx *ctx, const struct loading *l, const sa_model *model, int64_t capacity,
                      sa_session **session) {
    const int64_t *n = l->numbers;
    sa_status status = check(l, "the batch", n[NUMBER_BATCH], 1, l->rest.left / 8 / (model->decoder.config.layers + 1));
    if (status == SA_OK) status = check(l, "the type of the cache", n[NUMBER_DTYPE], 0, INT32_MAX);
    if (status == SA_OK) status = check(l, "the window", n[NUMBER_WINDOW], 0, POSITION_MAX);
    const int64_t most_kept = n[NUMBER_WINDOW] ? CACHE_PAGE : 0;
    if (status == SA_OK) status = check(l, "the number of kept tokens", n[NUMBER_KEEP_FIRST], 0, most_kept);
    if (status == SA_OK) status = check(l, "the length of the note", n[NUMBER_NOTE], 0, l->rest.left);
    if (status != SA_OK) return status;
    const sa_session_config config = {.struct_size = sizeof config,
                                      .batch = n[NUMBER_BATCH],
                                      .capacity = capacity,
                                      .window = n[NUMBER_WINDOW],
                                      .keep_first = n[NUMBER_KEEP_FIRST],
                                      .cache_dtype = (int32_t)n[NUMBER_DTYPE]};
    return session_create(ctx, model, &config, session);
}

static sa_status take_note(struct loading *l, sa_session *s) {
    const int64_t bytes = l->numbers[NUMBER_NOTE];
    const unsigned char *note = source_bytes(&l->rest, bytes);
    if (!note) return check(l, "the length of the note", bytes, 0, l->rest.left);
    s->note = memory_allocate(&s->memory, bytes, 1);
    if (!s->note) return fail_memory(l->report, bytes, "a note");
    memcpy(s->note, note, (size_t)bytes);
    s->note_bytes = bytes;
    return SA_OK;
}

/* What a step relies on: no sequence is longer than model and capacity allow. */
static sa_status check_lengths(const struct loading *l, const sa_session *s) {
    const int64_t limit = s->model->decoder.config.positions.limit;
    sa_status status = SA_OK;
    for (int64_t b = 0; b < s->B && status == SA_OK; b++) {
        const int64_t length = s->self->lengths[b], held = cache_tokens_needed(s->self, 0, b, length);
        status = check(l, "the length of a sequence", length, 0, limit ? limit : POSITION_MAX);
        if (status == SA_OK && s->capacity && held > s->capacity)
            status = fail(l->report, SA_ERR_SHAPE, "%s: sequence %lld holds %lld tokens, the capacity is %lld", l->name,
                          (long long)b, (long long)held, (long long)s->capacity);
    }
    return status;
}

/* Padding behind the longest input is not kept. */
static sa_status find_source(const struct loading *l, sa_session *s) {
    sa_status status = SA_OK;
    for (int64_t b = 0; s->cross && b < s->B; b++) s->source = max_i64(s->source, s->cross->lengths[b]);
    for (int64_t b = 0; s->cross && s->source && b < s->B && status == SA_OK; b++)
        status = check(l, "the length of an input", s->cross->lengths[b], 1, s->source);
    return status;
}

static sa_status fill(struct loading *l, sa_session *s) {
    sa_status status = take_note(l, s);
    if (status == SA_OK) status = cache_take_bytes(s->self, l->report, &l->rest, l->name);
    if (status == SA_OK && s->cross) status = cache_take_bytes(s->cross, l->report, &l->rest, l->name);
    if (status == SA_OK) status = check_lengths(l, s);
    if (status == SA_OK) status = find_source(l, s);
    if (status != SA_OK || !l->rest.left) return status;
    return fail(l->report, SA_ERR_FORMAT, "%s: %lld bytes are left over", l->name, (long long)l->rest.left);
}

static sa_status load(sa_ctx *ctx, const sa_model *model, const char *path, int64_t capacity, sa_session **session) {
    struct loading l = {.report = &ctx->report};
    struct mapped_file file;
    if (!session) return fail_null(&ctx->report, "session");
    if (!model) return fail_null(&ctx->report, "model");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = file_map(&ctx->report, path, &file);
    if (status == SA_OK) status = take_head(&l, &file, model);
    if (status == SA_OK) status = make(ctx, &l, model, capacity, session);
    if (status == SA_OK && (status = fill(&l, *session)) != SA_OK) sa_session_destroy(session);
    file_close(&file);
    return status;
}

sa_status sa_session_load(sa_ctx *ctx, const sa_model *model, const char *path, int64_t capacity,
                          sa_session **session) {
    if (session) *session = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, load(ctx, model, path, capacity, session)) : status;
}

const void *sa_session_note(const sa_session *session, int64_t *bytes) {
    if (bytes) *bytes = session ? session->note_bytes : 0;
    return session ? session->note : NULL;
}
