/* The sections of tokenizer.json that make a byte-level tokenizer. Other kinds of byte-pair encoding (on characters,
 * with marks at the ends of words, with byte fallback) are refused by name.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "text/byte_bpe.h"

#include <string.h>

static sa_status read_normalizer(const struct json_source *s, const json_t *root, struct byte_bpe *bpe) {
    const char *type;
    json_t *json;
    if (json_member_absent(root, "normalizer")) return SA_OK;
    sa_status status = take_section(s, root, "normalizer", "normalizer.", &json, &type);
    if (status != SA_OK) return status;
    bpe->compose = !strcmp(type, "NFC");
    return bpe->compose ? SA_OK : fail_kind(s, "normalizer", type, "NFC, or none,");
}

static sa_status read_decoder(const struct json_source *s, const json_t *root) {
    const char *type;
    json_t *json;
    sa_status status = take_section(s, root, "decoder", "decoder.", &json, &type);
    if (status == SA_OK && strcmp(type, "ByteLevel") != 0) status = fail_kind(s, "decoder", type, "ByteLevel");
    return status;
}

/* A flag that older files do not have. */
static sa_status take_flag(const struct json_source *s, const json_t *json, const char *path, const char *key,
                           int *flag) {
    return json_member_absent(json, key) ? SA_OK : json_member_flag(s, json, path, key, flag);
}

/* Reads how text is cut into words; checks that the text is taken as bytes. */
static sa_status take_byte_level(const struct json_source *s, const json_t *json, const char *path,
                                 struct sa_tokenizer *t, int *found) {
    struct split_rules gpt2 = {.pattern = SPLIT_GPT2, .digits_apart = t->byte_bpe.split.digits_apart};
    int lead = 0, cuts = 1;
    sa_status status = json_member_flag(s, json, path, "add_prefix_space", &lead);
    if (status == SA_OK) status = take_flag(s, json, path, "use_regex", &cuts);
    if (status != SA_OK) return status;
    if (cuts && t->byte_bpe.split.pattern != SPLIT_NOWHERE)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: pre_tokenizer cuts words twice, by Split and by ByteLevel",
                    s->file);
    if (lead && (t->byte_bpe.split.pattern != SPLIT_NOWHERE || t->byte_bpe.split.digits_apart))
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %sadd_prefix_space is set after other steps", s->file, path);
    if (cuts) t->byte_bpe.split = gpt2;
    t->lead = lead ? LEAD_SPACE_UNLESS_THERE : LEAD_NOTHING;
    *found = 1;
    return SA_OK;
}

/* The known expressions match every character, so it makes no difference whether text between matches is kept or
 * dropped. */
static sa_status take_split(const struct json_source *s, const json_t *json, const char *path,
                            struct split_rules *rules) {
    json_t *pattern;
    const char *regex, *behavior;
    int invert = 0;
    struct split_rules found;
    sa_status status = json_member(s, json, path, "pattern", JSON_OBJECT, &pattern);
    if (status == SA_OK) status = json_member_text(s, pattern, path, "Regex", &regex);
    if (status == SA_OK) status = json_member_text(s, json, path, "behavior", &behavior);
    if (status == SA_OK) status = json_member_flag(s, json, path, "invert", &invert);
    if (status != SA_OK) return status;
    if (strcmp(behavior, invert ? "Removed" : "Isolated") != 0)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %sbehavior is \"%.60s\" with invert %s, which is not supported",
                    s->file, path, behavior, invert ? "true" : "false");
    if (rules->pattern != SPLIT_NOWHERE || !split_rules_of(regex, &found))
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: pre_tokenizer splits by \"%.200s\", which is not supported%s",
                    s->file, regex, rules->pattern != SPLIT_NOWHERE ? " after another Split" : "");
    found.digits_apart = rules->digits_apart;
    *rules = found;
    return SA_OK;
}

static sa_status take_digits(const struct json_source *s, const json_t *json, const char *path,
                             struct split_rules *rules) {
    int individual = 0;
    sa_status status = json_member_flag(s, json, path, "individual_digits", &individual);
    if (status != SA_OK) return status;
    if (!individual || rules->pattern != SPLIT_NOWHERE)
        return fail(s->report, SA_ERR_UNSUPPORTED,
                    "%s: pre_tokenizer Digits is supported as a first step, for single digits", s->file);
    rules->digits_apart = 1;
    return SA_OK;
}

static sa_status take_step(const struct json_source *s, const json_t *json, const char *path, struct sa_tokenizer *t,
                           int *found) {
    const char *type;
    sa_status status = json_member_text(s, json, path, "type", &type);
    if (status != SA_OK) return status;
    if (*found)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: pre_tokenizer has a step \"%.60s\" after ByteLevel", s->file,
                    type);
    if (!strcmp(type, "ByteLevel")) return take_byte_level(s, json, path, t, found);
    if (!strcmp(type, "Split")) return take_split(s, json, path, &t->byte_bpe.split);
    if (!strcmp(type, "Digits")) return take_digits(s, json, path, &t->byte_bpe.split);
    return fail_kind(s, "pre_tokenizer", type, "ByteLevel, or a Sequence of Split or Digits and ByteLevel,");
}

static sa_status read_pre_tokenizer(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    static const char path[] = "pre_tokenizer.", inner[] = "pre_tokenizer.pretokenizers[].";
    const char *type;
    json_t *json, *steps;
    int found = 0;
    sa_status status = take_section(s, root, "pre_tokenizer", path, &json, &type);
    if (status != SA_OK) return status;
    if (strcmp(type, "Sequence") != 0) {
        status = take_step(s, json, path, t, &found);
    } else {
        status = json_member(s, json, path, "pretokenizers", JSON_ARRAY, &steps);
        for (size_t i = 0; status == SA_OK && i < json_array_size(steps); i++)
            status = take_step(s, json_array_get(steps, i), inner, t, &found);
    }
    if (status != SA_OK || found) return status;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: pre_tokenizer has no ByteLevel, without which BPE is not supported",
                s->file);
}

sa_status byte_bpe_read_rules(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    sa_status status = read_normalizer(s, root, &t->byte_bpe);
    if (status == SA_OK) status = read_pre_tokenizer(s, root, t);
    return status == SA_OK ? read_decoder(s, root) : status;
}

/* Options of other kinds of byte-pair encoding: absent, null, false, 0 or "". */
static sa_status check_options(const struct json_source *s, const json_t *model) {
    static const char *const options[] = {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                                          "byte_fallback"};
    for (int64_t i = 0; i < COUNT_OF(options); i++) {
        const json_t *value = json_object_get(model, options[i]);
        const char *text = json_string_value(value);
        if (json_member_absent(model, options[i]) || json_is_false(value) || (text && !*text) ||
            (json_is_number(value) && json_number_value(value) == 0))
            continue;
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: model.%s is set, which is not supported", s->file, options[i]);
    }
    return SA_OK;
}

static sa_status take_unknown(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    const char *text;
    t->byte_bpe.unknown = -1;
    if (json_member_absent(model, "unk_token")) return SA_OK;
    sa_status status = json_member_text(s, model, "model.", "unk_token", &text);
    if (status != SA_OK || !*text) return status;
    t->byte_bpe.unknown = byte_bpe_token(t, text, (int64_t)strlen(text));
    if (t->byte_bpe.unknown >= 0) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: model.unk_token \"%.60s\" is not in the vocabulary", s->file, text);
}

/* A merge is "a b" or ["a", "b"]. */
struct halves {
    const char *left, *right;
    int64_t left_bytes, right_bytes;
};

static int take_halves(const json_t *merge, struct halves *h) {
    if (json_is_string(merge)) {
        h->left = json_string_value(merge);
        h->left_bytes = (int64_t)strcspn(h->left, " ");
        h->right = h->left + h->left_bytes + 1;
        if (!h->left[h->left_bytes] || strchr(h->right, ' ')) return 0;
    } else {
        h->left = json_string_value(json_array_get(merge, 0));
        h->right = json_string_value(json_array_get(merge, 1));
        if (json_array_size(merge) != 2 || !h->left || !h->right) return 0;
        h->left_bytes = (int64_t)strlen(h->left);
    }
    h->right_bytes = (int64_t)strlen(h->right);
    return 1;
}

static sa_status take_merge(const struct json_source *s, const json_t *merge, int32_t rank, struct sa_tokenizer *t) {
    struct halves h;
    if (!take_halves(merge, &h))
        return fail(s->report, SA_ERR_FORMAT, "%s: model.merges[%d] is not two tokens", s->file, (int)rank);
    const int32_t left = byte_bpe_token(t, h.left, h.left_bytes), right = byte_bpe_token(t, h.right, h.right_bytes);
    const int32_t id = byte_bpe_joined(t, h.left, h.left_bytes, h.right, h.right_bytes);
    if (left < 0 || right < 0 || id < 0)
        return fail(s->report, SA_ERR_FORMAT,
                    "%s: model.merges[%d] is \"%.*s\" and \"%.60s\", and the vocabulary lacks %s", s->file, (int)rank,
                    (int)min_i64(h.left_bytes, 60), h.left, h.right,
                    left < 0    ? "the first"
                    : right < 0 ? "the second"
                                : "the two joined");
    merges_add(&t->byte_bpe, left, right, id, rank);
    return SA_OK;
}

static sa_status take_merges(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    json_t *merges;
    sa_status status = json_member(s, model, "model.", "merges", JSON_ARRAY, &merges);
    if (status == SA_OK) status = merges_create(t, s->report, (int64_t)json_array_size(merges));
    for (size_t i = 0; status == SA_OK && i < json_array_size(merges); i++)
        status = take_merge(s, json_array_get(merges, i), (int32_t)i, t);
    return status;
}

sa_status byte_bpe_read_model(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    sa_status status = check_options(s, model);
    if (status == SA_OK) status = take_flag(s, model, "model.", "ignore_merges", &t->byte_bpe.whole_words);
    if (status == SA_OK) status = take_unknown(s, model, t);
    if (status == SA_OK) status = take_merges(s, model, t);
    if (status == SA_OK) byte_bpe_find_bytes(t);
    return status;
}
