/* SPDX-License-Identifier: MIT */
#include "describe/tokens.h"

/* One of the files that name tokens; `object` is NULL where there is none. */
struct token_file {
    struct report *report;
    const char *name;
    const json_t *object;
};

enum { TOKEN_FILES = 2 };

/* A token number; -1 where it is missing, null or negative. */
static sa_status take_token(const struct token_file *f, const json_t *value, const char *key, int64_t *token) {
    const int is_number = setting_whole(value, token);
    if (!is_number || *token < 0) *token = -1;
    if (!value || json_is_null(value) || (is_number && *token <= INT32_MAX)) return SA_OK;
    if (is_number)
        return fail(f->report, SA_ERR_FORMAT, "%s: %s is %lld, must be a token number, at most %d", f->name, key,
                    (long long)*token, INT32_MAX);
    return fail(f->report, SA_ERR_FORMAT, "%s: %s is %s, must be a token number", f->name, key, json_type_text(value));
}

/* The token that the first of the files names. */
static sa_status find_token(const struct token_file files[TOKEN_FILES], const char *key, int64_t *token) {
    sa_status status = SA_OK;
    *token = -1;
    for (int i = 0; i < TOKEN_FILES && status == SA_OK && *token < 0; i++)
        status = take_token(&files[i], json_object_get(files[i].object, key), key, token);
    return status;
}

static sa_status add_end_token(const struct token_file *f, int64_t token, struct model_config *c) {
    for (int64_t i = 0; i < c->end_token_count; i++)
        if (c->end_tokens[i] == token) return SA_OK;
    if (token < 0) return SA_OK;
    if (c->end_token_count == MOST_END_TOKENS)
        return fail(f->report, SA_ERR_UNSUPPORTED,
                    "%s: with token %lld, eos_token_id names more than the %d tokens that are supported", f->name,
                    (long long)token, MOST_END_TOKENS);
    c->end_tokens[c->end_token_count++] = token;
    return SA_OK;
}

static sa_status add_end_tokens(const struct token_file *f, struct model_config *c) {
    const json_t *end = json_object_get(f->object, "eos_token_id");
    const size_t count = json_is_array(end) ? json_array_size(end) : 1;
    sa_status status = SA_OK;
    for (size_t i = 0; i < count && status == SA_OK; i++) {
        int64_t token;
        status = take_token(f, json_is_array(end) ? json_array_get(end, i) : end, "eos_token_id", &token);
        if (status == SA_OK) status = add_end_token(f, token, c);
    }
    return status;
}

/* What a decoder that reads the text itself begins with, and where its state is classified. */
static sa_status check_classified(const struct settings *s, const struct model_config *c) {
    const long long most = (long long)c->decoder.input.vocabulary - 1;
    const char *missing = NULL;
    if (c->classifier_of != CLASSIFIER_OF_DECODER_END) return SA_OK;
    if (!c->end_token_count) missing = "eos_token_id is missing, whose state is classified";
    if (!c->classifier_starts_last && c->start_token < 0)
        missing = "decoder_start_token_id is missing, which stands before a text that is classified";
    if (missing) return fail(s->report, SA_ERR_FORMAT, "%s: %s", s->config_name, missing);
    if (c->classifier_starts_last || c->start_token <= most) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: decoder_start_token_id is %lld, must be 0 to %lld", s->config_name,
                (long long)c->start_token, most);
}

sa_status config_read_tokens(const struct settings *s, struct model_config *c) {
    const struct token_file files[TOKEN_FILES] = {{s->report, s->config_name, s->config},
                                                  {s->report, "generation_config.json", s->generation}};
    sa_status status = find_token(files, "pad_token_id", &c->pad_token);
    if (status == SA_OK) status = find_token(files, "decoder_start_token_id", &c->start_token);
    if (status == SA_OK && c->start_token < 0 && c->classifier_of != CLASSIFIER_OF_DECODER_END)
        status = find_token(files, "bos_token_id", &c->start_token);
    if (status == SA_OK) status = find_token(files, "forced_bos_token_id", &c->forced_first);
    if (status == SA_OK) status = find_token(files, "forced_eos_token_id", &c->forced_last);
    for (int i = 0; i < TOKEN_FILES && status == SA_OK; i++) status = add_end_tokens(&files[i], c);
    return status == SA_OK ? check_classified(s, c) : status;
}
