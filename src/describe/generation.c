/* SPDX-License-Identifier: MIT */
#include "describe/generation.h"

#include <math.h>
#include <stdio.h>

/* Settings that change texts and that sa_sampling does not have, with the number that changes nothing. */
static const struct {
    const char *key;
    double neutral;
} others[] = {
    {"num_beam_groups", 1},
    {"typical_p", 1},
    {"epsilon_cutoff", 0},
    {"eta_cutoff", 0},
    {"encoder_no_repeat_ngram_size", 0},
    {"penalty_alpha", 0},
    {"diversity_penalty", 0},
    {"exponential_decay_length_penalty", 0},
    {"guidance_scale", 1},
    {"sequence_bias", 0},
    {"encoder_repetition_penalty", 1},
    {"force_words_ids", 0},
    {"watermarking_config", 0},
    {"constraints", 0},
    {"dola_layers", 0},
    {"prompt_lookup_num_tokens", 0},
    {"forced_decoder_ids", 0},
};

/* The file that says it, and its name in sentences. */
struct source {
    struct report *report;
    const char *name;
    const json_t *file;
};

static sa_status fail_value(const struct source *from, const char *key, const json_t *value, const char *wanted) {
    char text[SETTING_TEXT];
    return fail(from->report, SA_ERR_FORMAT, "%s: %s is %s, must be %s", from->name, key, setting_shown(value, text),
                wanted);
}

/* A number of the file from `least` to `most`. Missing and null: *number stays. */
static sa_status take_number(const struct source *from, const char *key, double least, double most, double *number) {
    char wanted[80];
    const json_t *value = json_object_get(from->file, key);
    const double given = json_number_value(value);
    if (!value || json_is_null(value)) return SA_OK;
    snprintf(wanted, sizeof wanted, "a number from %g to %g", least, most);
    if (!json_is_number(value) || !(given >= least && given <= most)) return fail_value(from, key, value, wanted);
    *number = given;
    return SA_OK;
}

static sa_status read_draws(const struct source *from, sa_sampling *s) {
    const json_t *draws = json_object_get(from->file, "do_sample");
    const double most = 1e9;
    double temperature = 1, top_k = 50, top_p = 1, min_p = 0; /* as Transformers has them */
    if (draws && !json_is_null(draws) && !json_is_boolean(draws))
        return fail_value(from, "do_sample", draws, "true or false");
    sa_status status = take_number(from, "temperature", 0, most, &temperature);
    if (status == SA_OK) status = take_number(from, "top_k", 0, most, &top_k);
    if (status == SA_OK) status = take_number(from, "top_p", 0, 1, &top_p);
    if (status == SA_OK) status = take_number(from, "min_p", 0, 1, &min_p);
    if (status != SA_OK || !json_is_true(draws)) return status;
    s->temperature = temperature, s->top_p = top_p < 1 ? top_p : 0, s->min_p = min_p;
    s->top_k = (int64_t)top_k;
    if (temperature == 0) s->top_k = 0, s->top_p = s->min_p = 0;
    return SA_OK;
}

/* A list of tokens; one that is too long is remembered as unsupported. */
static sa_status read_suppressed(const struct source *from, const char *key, int which, struct generation_config *g) {
    const json_t *list = json_object_get(from->file, key);
    if (!list || json_is_null(list)) return SA_OK;
    if (!json_is_array(list)) return fail_value(from, key, list, "a list of token numbers");
    if (json_array_size(list) > MOST_KEPT_BACK) snprintf(g->unsupported, sizeof g->unsupported, "%s", key);
    for (size_t i = 0; i < json_array_size(list) && i < MOST_KEPT_BACK; i++) {
        int64_t token;
        const json_t *value = json_array_get(list, i);
        if (!setting_whole(value, &token) || token < -1 || token > INT32_MAX)
            return fail_value(from, key, value, "a token number");
        if (token >= 0) g->suppressed[which][g->suppressed_count[which]++] = (int32_t)token;
    }
    return SA_OK;
}

static void remember_unsupported(struct generation_config *g, const char *key) {
    if (!*g->unsupported) snprintf(g->unsupported, sizeof g->unsupported, "%s", key);
}

/* bad_words_ids: words of one token join the suppressed ones; longer words, and too many, are remembered as
 * unsupported. */
static sa_status read_bad_words(const struct source *from, struct generation_config *g) {
    const json_t *list = json_object_get(from->file, "bad_words_ids");
    if (!list || json_is_null(list)) return SA_OK;
    if (!json_is_array(list)) return fail_value(from, "bad_words_ids", list, "a list of lists of token numbers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *word = json_array_get(list, i);
        int64_t *count = &g->suppressed_count[0], token = 0;
        if (!json_array_size(word)) return fail_value(from, "bad_words_ids", word, "lists of token numbers");
        for (size_t t = 0; t < json_array_size(word); t++)
            if (!setting_whole(json_array_get(word, t), &token) || token < 0 || token > INT32_MAX)
                return fail_value(from, "bad_words_ids", json_array_get(word, t), "token numbers");
        if (json_array_size(word) > 1 || *count == MOST_KEPT_BACK)
            remember_unsupported(g, "bad_words_ids");
        else
            g->suppressed[0][(*count)++] = (int32_t)token;
    }
    return SA_OK;
}

/* A count of the file; missing, null: 0. */
static sa_status take_count(const struct source *from, const char *key, int64_t *count) {
    const json_t *value = json_object_get(from->file, key);
    *count = 0;
    if (!value || json_is_null(value)) return SA_OK;
    if (setting_whole(value, count) && *count >= 0 && *count <= INT32_MAX) return SA_OK;
    return fail_value(from, key, value, "an integer from 0 to 2147483647");
}

static sa_status read_lengths(const struct source *from, struct generation_config *g) {
    sa_status status = take_count(from, "min_new_tokens", &g->min_new_tokens);
    if (status == SA_OK) status = take_count(from, "min_length", &g->min_length);
    return status == SA_OK ? take_count(from, "no_repeat_ngram_size", &g->no_repeat_size) : status;
}

static int changes_texts(const json_t *value, double neutral) {
    if (!value || json_is_null(value) || json_is_false(value)) return 0;
    return !json_is_number(value) || fabs(json_number_value(value) - neutral) > 0;
}

sa_status generation_read(const struct settings *s, struct generation_config *g) {
    const struct source from = {s->report, s->generation ? "generation_config.json" : s->config_name,
                                s->generation ? s->generation : s->config};
    double longest = 0;
    *g = (struct generation_config){.sampling = {.struct_size = sizeof g->sampling}};
    if (!from.file) return SA_OK;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (changes_texts(json_object_get(from.file, others[i].key), others[i].neutral))
            remember_unsupported(g, others[i].key);
    sa_status status = read_draws(&from, &g->sampling);
    if (status == SA_OK) status = take_number(&from, "repetition_penalty", 0, 1e9, &g->sampling.repetition_penalty);
    if (g->sampling.repetition_penalty == 1) g->sampling.repetition_penalty = 0;
    if (status == SA_OK) status = take_number(&from, "max_new_tokens", 1, INT32_MAX, &longest);
    g->max_new_tokens = (int64_t)longest;
    if (status == SA_OK) status = read_suppressed(&from, "suppress_tokens", 0, g);
    if (status == SA_OK) status = read_suppressed(&from, "begin_suppress_tokens", 1, g);
    if (status == SA_OK) status = read_bad_words(&from, g);
    if (status == SA_OK) status = read_lengths(&from, g);
    g->has_beams = changes_texts(json_object_get(from.file, "num_beams"), 1);
    return status;
}
