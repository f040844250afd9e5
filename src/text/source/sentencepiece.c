/* The file is a message of protocol buffers (sentencepiece.proto), unpacked by protobuf-c. Then texts are treated as
 * SentencePiece itself does: one normalisation, no words. Unigram models and byte-pair encoding by scores.
 * SPDX-License-Identifier: MIT */
#include "text/source/sentencepiece.h"

#include "base/arith.h"

#ifdef SELFATTN_PROTOBUF_C
#include "base/sized.h"
#include "text/characters.h"
#include "text/model/scored.h"
#include "text/model/unigram.h"

#include <math.h>
#include <sentencepiece.pb-c.h>
#include <string.h>

typedef Sentencepiece__Model message;
typedef Sentencepiece__Piece piece;

/* The file while the tokenizer is made. */
struct reading {
    struct report *report;
    const char *file;
    const message *model;
    const struct sentencepiece_layout *layout;
    struct sa_tokenizer *t;
    int64_t named;  /* one more than the highest number in vocab.json */
    int64_t behind; /* the number of the first extra token */
};

static int is_kind(const piece *p, int kind) {
    return (int)p->type == kind;
}

static sa_status fail_piece(const struct reading *r, int64_t i, const char *what) {
    return fail(r->report, SA_ERR_FORMAT, "%s: piece %lld %s", r->file, (long long)i, what);
}

static sa_status check_pieces(const struct reading *r, int64_t *bytes) {
    *bytes = 0;
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces; i++) {
        const piece *p = r->model->pieces[i];
        const char *text = (const char *)p->piece.data;
        if (!p->piece.len) return fail_piece(r, i, "has no text");
        if (p->piece.len >= INT32_MAX || invalid_utf8(text, (int64_t)p->piece.len) >= 0 ||
            memchr(text, 0, p->piece.len))
            return fail_piece(r, i, "is not UTF-8, or has a NUL");
        if (!isfinite(p->score)) return fail_piece(r, i, "has a score that is not finite");
        *bytes += (int64_t)p->piece.len;
    }
    return SA_OK;
}

/* Whether the family puts a token for padding among the pieces. */
static int has_pad(const struct reading *r) {
    return r->layout->numbering == NUMBERED_AS_FAIRSEQ || r->layout->numbering == NUMBERED_AS_CAMEMBERT;
}

/* The number of piece i. Pieces that vocab.json lacks are numbered behind it, and never shown. */
static int64_t number_of(const struct reading *r, int64_t i) {
    static const int64_t first[] = {3, 0, 2};
    if (r->layout->numbering == NUMBERED_AS_THEY_STAND) return i;
    if (r->layout->numbering == NUMBERED_AS_FAIRSEQ) return i < 3 ? first[i] : i + 1;
    if (r->layout->numbering == NUMBERED_AS_CAMEMBERT) return i ? i + 4 : 3;
    if (r->layout->numbering == NUMBERED_AS_PEGASUS) return i < 2 ? i : i + PEGASUS_EXTRA;
    const piece *p = r->model->pieces[i];
    const json_t *number = json_object_getn(r->layout->vocab, (const char *)p->piece.data, p->piece.len);
    return number ? json_integer_value(number) : r->named + (int64_t)json_array_size(r->layout->extra) + i;
}

static sa_status count_names(struct reading *r, int64_t *bytes) {
    const char *text;
    json_t *number;
    json_object_foreach(r->layout->vocab, text, number) {
        const int64_t id = json_integer_value(number);
        if (!json_is_integer(number) || id < 0 || id >= INT32_MAX / 2)
            return fail(r->report, SA_ERR_FORMAT, "vocab.json: the number of \"%.60s\" is %s or not below %d", text,
                        json_type_text(number), INT32_MAX / 2);
        r->named = max_i64(r->named, id + 1);
        *bytes += (int64_t)strlen(text);
    }
    return SA_OK;
}

static void add_names(const struct reading *r) {
    const char *text;
    json_t *number;
    json_object_foreach(r->layout->vocab, text, number)
        vocabulary_add_extra(&r->t->vocabulary, text, (int64_t)strlen(text), (int32_t)json_integer_value(number));
    for (size_t i = 0; i < json_array_size(r->layout->extra); i++) {
        const json_t *name = json_array_get(r->layout->extra, i);
        vocabulary_add_extra(&r->t->vocabulary, json_string_value(name), (int64_t)json_string_length(name),
                             (int32_t)(r->behind + (int64_t)i));
    }
    if (has_pad(r)) vocabulary_add_extra(&r->t->vocabulary, "<pad>", 5, 1);
    if (r->layout->numbering != NUMBERED_AS_CAMEMBERT) return;
    vocabulary_add_extra(&r->t->vocabulary, "<s>NOTUSED", 10, 0);
    vocabulary_add_extra(&r->t->vocabulary, "</s>NOTUSED", 11, 2);
}

/* The number of the first extra token. */
static int64_t place_of_extra(const struct reading *r) {
    const int64_t pieces = (int64_t)r->model->n_pieces;
    if (json_object_size(r->layout->vocab)) return r->named;
    if (r->layout->numbering == NUMBERED_AS_PEGASUS) return 2;
    return r->layout->numbering == NUMBERED_AS_CAMEMBERT ? pieces + 4 : pieces + has_pad(r);
}

static sa_status take_vocabulary(struct reading *r, int64_t *most) {
    const int64_t pieces = (int64_t)r->model->n_pieces, names = (int64_t)json_object_size(r->layout->vocab);
    const int64_t extra = (int64_t)json_array_size(r->layout->extra);
    int64_t bytes = 0, more = 5 + 10 + 11; /* "<pad>" and CamemBERT's */
    sa_status status = check_pieces(r, &bytes);
    if (status == SA_OK) status = count_names(r, &more);
    for (int64_t i = 0; i < extra; i++)
        more += (int64_t)json_string_length(json_array_get(r->layout->extra, (size_t)i));
    r->behind = place_of_extra(r);
    if (status == SA_OK)
        status =
            vocabulary_create(&r->t->memory, r->report, pieces + names + extra + 3, bytes + more, &r->t->vocabulary);
    for (int64_t i = 0; i < pieces && status == SA_OK; i++) {
        const piece *p = r->model->pieces[i];
        const int64_t id = number_of(r, i);
        vocabulary_add(&r->t->vocabulary, (const char *)p->piece.data, (int64_t)p->piece.len, (int32_t)id);
        *most = max_i64(*most, id + 1);
    }
    if (status != SA_OK) return status;
    add_names(r);
    return vocabulary_finish(&r->t->vocabulary, r->report, r->file);
}

static void add_found(struct added_tokens *set, const char *text, int64_t bytes, int32_t id, int special) {
    memcpy(added_tokens_end(set), text, (size_t)bytes);
    added_tokens_add(set, (struct added_token){.bytes = bytes, .id = id, .special = special});
}

/* Control tokens and extra ones are special, and found in a text as it is given; the user's pieces once the text is
 * normalised. */
static sa_status take_found(const struct reading *r) {
    const json_t *extra = r->layout->extra;
    struct sa_tokenizer *t = r->t;
    const int64_t count = (int64_t)(r->model->n_pieces + json_array_size(extra));
    const int64_t bytes = t->vocabulary.texts_bytes;
    sa_status status = added_tokens_create(&t->memory, r->report, count, bytes, &t->literal);
    if (status == SA_OK) status = added_tokens_create(&t->memory, r->report, count, bytes, &t->normalised);
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces && status == SA_OK; i++) {
        const piece *p = r->model->pieces[i];
        const int is_control = is_kind(p, SENTENCEPIECE__PIECE__TYPE__CONTROL);
        if (!is_control && !is_kind(p, SENTENCEPIECE__PIECE__TYPE__USER_DEFINED)) continue;
        add_found(is_control ? &t->literal : &t->normalised, (const char *)p->piece.data, (int64_t)p->piece.len,
                  (int32_t)number_of(r, i), is_control);
    }
    for (size_t i = 0; i < json_array_size(extra) && status == SA_OK; i++) {
        const json_t *name = json_array_get(extra, i);
        const int32_t id = (int32_t)(r->behind + (int64_t)i);
        add_found(&t->literal, json_string_value(name), (int64_t)json_string_length(name), id, 1);
        vocabulary_mark(&t->vocabulary, id, TOKEN_SPECIAL);
    }
    return status;
}

static void mark_kinds(const struct reading *r) {
    if (has_pad(r)) vocabulary_mark(&r->t->vocabulary, 1, TOKEN_SPECIAL);
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces; i++) {
        const piece *p = r->model->pieces[i];
        const int32_t id = (int32_t)number_of(r, i);
        if (is_kind(p, SENTENCEPIECE__PIECE__TYPE__CONTROL))
            vocabulary_mark(&r->t->vocabulary, id, TOKEN_SPECIAL);
        else if (is_kind(p, SENTENCEPIECE__PIECE__TYPE__UNKNOWN))
            vocabulary_mark(&r->t->vocabulary, id, r->layout->shows_unknown ? TOKEN_UNKNOWN : TOKEN_SPECIAL);
        else if (is_kind(p, SENTENCEPIECE__PIECE__TYPE__BYTE))
            vocabulary_mark(&r->t->vocabulary, id, TOKEN_BYTE);
    }
}

static int64_t unknown_of(const struct reading *r) {
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces; i++)
        if (is_kind(r->model->pieces[i], SENTENCEPIECE__PIECE__TYPE__UNKNOWN)) return number_of(r, i);
    return -1;
}

static int falls_back(const message *m) {
    return m->trainer_spec && m->trainer_spec->byte_fallback;
}

/* ALBERT and XLNet cut "9," into "9" and ",". As in Transformers, such pieces have a score that hardly ever wins. */
static double score_of(const struct reading *r, const piece *p) {
    enum { HARDLY_EVER = 100 };
    const uint8_t *end = p->piece.data + p->piece.len;
    const int has_comma = p->piece.len > 1 && end[-1] == ',' && end[-2] >= '0' && end[-2] <= '9';
    return (double)p->score - (has_comma && r->layout->parts_commas ? HARDLY_EVER : 0);
}

static sa_status take_unigram(const struct reading *r, int64_t most) {
    struct unigram *u = &r->t->unigram;
    sa_status status = unigram_create(r->t, r->report, most);
    if (status != SA_OK) return status;
    for (int64_t id = 0; id < most; id++) u->scores[id] = (double)NAN;
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces; i++)
        if (is_kind(r->model->pieces[i], SENTENCEPIECE__PIECE__TYPE__NORMAL))
            u->scores[number_of(r, i)] = score_of(r, r->model->pieces[i]);
    u->unknown = (int32_t)unknown_of(r);
    u->byte_fallback = falls_back(r->model);
    u->single = 1;
    if (r->layout->numbering == NUMBERED_BY_NAME) u->shown_below = (int32_t)r->behind;
    unigram_finish(r->t);
    return SA_OK;
}

static sa_status take_scored(const struct reading *r, int64_t most) {
    struct scored *s = &r->t->scored;
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces; i++)
        if (is_kind(r->model->pieces[i], SENTENCEPIECE__PIECE__TYPE__UNUSED))
            return fail(r->report, SA_ERR_UNSUPPORTED, "%s: piece %lld of this byte-pair encoding is marked as unused",
                        r->file, (long long)i);
    sa_status status = scored_create(r->t, r->report, most);
    if (status != SA_OK) return status;
    for (int64_t i = 0; i < (int64_t)r->model->n_pieces; i++) s->scores[number_of(r, i)] = r->model->pieces[i]->score;
    s->unknown = (int32_t)unknown_of(r);
    s->has_unknown = 1;
    for (int byte = 0; byte < 256; byte++) {
        char text[BYTE_TEXT];
        byte_text(byte, text);
        s->byte_ids[byte] = falls_back(r->model) ? tokenizer_find(r->t, text, BYTE_TEXT - 1) : -1;
    }
    r->t->model = &token_model_scored;
    return SA_OK;
}

/* Visible spaces become spaces, without the one that normalising put in front of the text. If it made several spaces
 * one, none stands at the beginning of a text. */
static sa_status take_decoder(const struct reading *r, const Sentencepiece__NormalizerSpec *n) {
    static const Sentencepiece__TrainerSpec usual = SENTENCEPIECE__TRAINER_SPEC__INIT;
    const ProtobufCBinaryData *mark =
        r->model->trainer_spec ? &r->model->trainer_spec->unk_surface : &usual.unk_surface;
    struct decode_step *step = r->t->decoder.steps;
    decoder_set(&r->t->decoder, DECODE_SENTENCE);
    memcpy(step->mark, visible_space, VISIBLE_SPACE);
    step->start = n->remove_extra_whitespaces ? INT64_MAX : n->add_dummy_prefix;
    if (mark->len >= sizeof step->content || (mark->len && memchr(mark->data, 0, mark->len)))
        return fail(r->report, SA_ERR_UNSUPPORTED,
                    "%s: unk_surface has %lld bytes or a NUL; at most %d bytes without one are supported", r->file,
                    (long long)mark->len, (int)sizeof step->content - 1);
    if (mark->len) memcpy(step->content, mark->data, mark->len);
    return SA_OK;
}

/* Spaces are normalised and become visible. */
static sa_status take_rules(const struct reading *r) {
    static const Sentencepiece__NormalizerSpec usual = SENTENCEPIECE__NORMALIZER_SPEC__INIT;
    const Sentencepiece__NormalizerSpec *n = r->model->normalizer_spec ? r->model->normalizer_spec : &usual;
    const int behind = r->model->trainer_spec && r->model->trainer_spec->treat_whitespace_as_suffix;
    struct sa_tokenizer *t = r->t;
    struct normal_step *step = &t->normaliser.steps[t->normaliser.count++];
    step->kind = NORMAL_SENTENCE;
    step->left = n->add_dummy_prefix && !behind;
    step->right = n->add_dummy_prefix && behind;
    step->single_spaces = n->remove_extra_whitespaces;
    sa_status status = take_decoder(r, n);
    if (status != SA_OK || !n->has_precompiled_charsmap || !n->precompiled_charsmap.len) return status;
    return charsmap_create(&t->memory, r->report, r->file, n->precompiled_charsmap.data,
                           (int64_t)n->precompiled_charsmap.len, &step->map);
}

static sa_status take_model(const struct reading *r, int64_t most) {
    const int type = r->model->trainer_spec ? (int)r->model->trainer_spec->model_type
                                            : SENTENCEPIECE__TRAINER_SPEC__MODEL_TYPE__UNIGRAM;
    if (type == SENTENCEPIECE__TRAINER_SPEC__MODEL_TYPE__UNIGRAM) return take_unigram(r, most);
    if (type == SENTENCEPIECE__TRAINER_SPEC__MODEL_TYPE__BPE) return take_scored(r, most);
    return fail(r->report, SA_ERR_UNSUPPORTED, "%s: the model's type is %d; 1 (unigram) and 2 (BPE) are supported",
                r->file, type);
}

static sa_status take(struct reading *r) {
    struct sa_tokenizer *t = r->t;
    int64_t most = 0;
    if (r->model->n_pieces < 4 || r->model->n_pieces >= INT32_MAX / 4)
        return fail(r->report, SA_ERR_FORMAT, "%s: is no SentencePiece model, or one of %lld pieces", r->file,
                    (long long)r->model->n_pieces);
    for (int64_t i = 0; i < 2 && r->layout->numbering == NUMBERED_AS_PEGASUS; i++)
        if (!is_kind(r->model->pieces[i], SENTENCEPIECE__PIECE__TYPE__CONTROL))
            return fail(r->report, SA_ERR_FORMAT, "%s: piece %lld is no control token, which Pegasus has there",
                        r->file, (long long)i);
    sa_status status = take_vocabulary(r, &most);
    if (status == SA_OK) status = take_rules(r);
    if (status == SA_OK) status = take_model(r, most);
    if (status == SA_OK) status = take_found(r);
    if (status != SA_OK) return status;
    mark_kinds(r);
    if (t->model == &token_model_scored) scored_find_words(t, visible_space);
    return decoder_check(&t->decoder, &t->vocabulary, r->report, r->file, &t->piece_bytes);
}

/* protobuf-c does not say why it could not unpack a message. */
struct unpacking {
    struct allocator memory;
    int lacks_memory;
};

static void *unpack_allocate(void *user, size_t size) {
    struct unpacking *u = user;
    void *memory = sized_allocate(&u->memory, size);
    u->lacks_memory |= !memory;
    return memory;
}

sa_status sentencepiece_read(struct report *report, const struct mapped_file *file,
                             const struct sentencepiece_layout *layout, struct sa_tokenizer *t) {
    struct unpacking unpacking = {t->memory, 0};
    ProtobufCAllocator allocator = {unpack_allocate, sized_release, &unpacking};
    if (file->size > JSON_MOST_BYTES)
        return fail(report, SA_ERR_FORMAT, "%s: %lld bytes, at most %d are accepted", file->name, (long long)file->size,
                    JSON_MOST_BYTES);
    message *m = sentencepiece__model__unpack(&allocator, (size_t)file->size, file->bytes);
    if (!m && unpacking.lacks_memory) return fail_memory(report, file->size, "unpacking a SentencePiece model");
    if (!m)
        return fail(report, SA_ERR_FORMAT, "%s: %lld bytes that are no SentencePiece model", file->name,
                    (long long)file->size);
    struct reading r = {.report = report, .file = file->name, .model = m, .layout = layout, .t = t};
    sa_status status = take(&r);
    sentencepiece__model__free_unpacked(m, &allocator);
    return status;
}
#else
sa_status sentencepiece_read(struct report *report, const struct mapped_file *file,
                             const struct sentencepiece_layout *layout, struct sa_tokenizer *t) {
    (void)layout;
    (void)t;
    return fail(report, SA_ERR_UNSUPPORTED,
                "%s: is a SentencePiece model; this library was built without protobuf-c, which it needs for it",
                file->name);
}
#endif
