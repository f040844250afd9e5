/* SPDX-License-Identifier: MIT */
#include "describe/rotary.h"

#include "base/frequencies.h"

#include <stddef.h>
#include <stdio.h>

/* An object like {"rope_type": "yarn", "factor": 4.0, ...}. Older files write "type". */
static const char *const scaling_keys[] = {"rope_type",
                                           "type",
                                           "rope_theta",
                                           "partial_rotary_factor",
                                           "factor",
                                           "original_max_position_embeddings",
                                           "low_freq_factor",
                                           "high_freq_factor",
                                           "beta_fast",
                                           "beta_slow",
                                           "mscale",
                                           "mscale_all_dim",
                                           "attention_factor",
                                           "truncate",
                                           "short_factor",
                                           "long_factor",
                                           "finetuned",
                                           "mrope_section",
                                           NULL};

enum {
    DYNAMIC = 1 << SA_ROPE_DYNAMIC,
    YARN = 1 << SA_ROPE_YARN,
    LONGROPE = 1 << SA_ROPE_LONGROPE,
    LLAMA3 = 1 << SA_ROPE_LLAMA3,
    STRETCHED = 1 << SA_ROPE_LINEAR | DYNAMIC | YARN | LONGROPE | LLAMA3
};

/* Members of the object that are numbers, and the kinds that use them. The plain kind uses none: see check_plain().
 * Files of other kinds may have any; transformers ignores what a kind does not use. */
static const struct {
    const char *key;
    size_t place;
    int kinds;
} numbers[] = {
    {"factor", offsetof(sa_rope_scaling, factor), STRETCHED},
    {"low_freq_factor", offsetof(sa_rope_scaling, low_frequency_factor), LLAMA3},
    {"high_freq_factor", offsetof(sa_rope_scaling, high_frequency_factor), LLAMA3},
    {"beta_fast", offsetof(sa_rope_scaling, beta_fast), YARN},
    {"beta_slow", offsetof(sa_rope_scaling, beta_slow), YARN},
    {"mscale", offsetof(sa_rope_scaling, mscale), YARN},
    {"mscale_all_dim", offsetof(sa_rope_scaling, mscale_all_dim), YARN},
    {"attention_factor", offsetof(sa_rope_scaling, attention_factor), YARN | LONGROPE},
};

/* The object as a section of its own, so that failures name the file and the key that it comes from. */
static sa_status find_scaling(const struct section *positions, struct settings *settings, struct section *scaling) {
    struct setting found;
    *settings = *positions->settings;
    *scaling = (struct section){.settings = settings};
    sa_status status = setting_find(positions, "scaling", &found);
    if (status != SA_OK || !found.value) return status;
    if (!json_is_object(found.value)) return setting_malformed(positions, &found, "an object");
    settings->description_name = found.file;
    scaling->object = found.value;
    snprintf(scaling->path, sizeof scaling->path, "%.20s%.24s.", found.path, found.key);
    return section_check(scaling, scaling_keys);
}

static sa_status read_numbers(const struct section *scaling, sa_rope_scaling *s) {
    int truncate;
    sa_status status = setting_flag(scaling, "truncate", 1, &truncate);
    if (status == SA_OK && s->kind == SA_ROPE_YARN) s->truncate = truncate ? 0 : -1;
    for (int64_t i = 0; i < COUNT_OF(numbers) && status == SA_OK; i++) {
        double number;
        status = setting_number(scaling, numbers[i].key, 0, 0, 1e9, &number);
        const int used = s->kind == SA_ROPE_PLAIN || numbers[i].kinds >> s->kind & 1;
        if (status == SA_OK && used) *(double *)((char *)s + numbers[i].place) = number;
    }
    /* One of the two alone has no effect. Beside attention_factor, which they serve to compute, neither has. */
    int alone = s->mscale == 0 || s->mscale_all_dim == 0 || s->attention_factor != 0;
    if (s->kind == SA_ROPE_YARN && alone) s->mscale = s->mscale_all_dim = 0;
    return status;
}

/* The positions of the training are in the object, or beside it, or they are all positions of the model. */
static sa_status read_positions(const struct section *positions, const struct section *scaling, int64_t count,
                                sa_rope_scaling *s) {
    const struct section beside = {.settings = positions->settings, .object = positions->settings->config};
    const char *key = "original_max_position_embeddings";
    int64_t original;
    sa_status status = setting_integer(&beside, key, count, 1, INT32_MAX, &original);
    if (status == SA_OK) status = setting_integer(scaling, key, original, 1, INT32_MAX, &original);
    if (status == SA_OK && s->kind >= SA_ROPE_DYNAMIC && !original)
        return fail(scaling->settings->report, SA_ERR_FORMAT, "%s: %s%s is missing",
                    scaling->settings->description_name, scaling->path, key);
    if (s->kind >= SA_ROPE_DYNAMIC) s->original_positions = original;
    if (s->kind == SA_ROPE_LONGROPE && s->factor == 0) s->max_positions = count;
    return status;
}

static sa_status fail_number(const struct section *scaling, const char *key, double number, const char *why) {
    return fail(scaling->settings->report, SA_ERR_UNSUPPORTED, "%s: %s%s is %g, %s",
                scaling->settings->description_name, scaling->path, key, number, why);
}

/* Refuses numbers that have no effect if frequencies are not stretched, except for those that mean "not stretched". */
static sa_status check_plain(const struct section *scaling, const sa_rope_scaling *s) {
    for (int64_t i = 0; i < COUNT_OF(numbers) && s->kind == SA_ROPE_PLAIN; i++) {
        const double number = *(const double *)((const char *)s + numbers[i].place);
        if (number != 0 && number != 1)
            return fail_number(scaling, numbers[i].key, number, "which has no effect without a rope_type that uses it");
    }
    for (int i = 0; i < 2 && s->kind != SA_ROPE_LONGROPE; i++) {
        static const char *const lists[] = {"short_factor", "long_factor"};
        if (!json_member_absent(scaling->object, lists[i]))
            return fail(scaling->settings->report, SA_ERR_UNSUPPORTED,
                        "%s: %s%s has no effect where rope_type is not longrope", scaling->settings->description_name,
                        scaling->path, lists[i]);
    }
    return SA_OK;
}

/* The object may repeat what the description has found elsewhere, but not contradict it. */
static sa_status check_repeated(const struct section *scaling, int64_t head_size, const struct position_config *p) {
    double theta, fraction;
    sa_status status = setting_number(scaling, "rope_theta", p->theta, 1, 1e18, &theta);
    if (status == SA_OK) status = setting_number(scaling, "partial_rotary_factor", -1, 0, 1, &fraction);
    if (status != SA_OK) return status;
    if (theta != p->theta) return fail_number(scaling, "rope_theta", theta, "and another theta is given elsewhere");
    if (fraction >= 0 && (int64_t)((double)head_size * fraction) != p->rotary)
        return fail_number(scaling, "partial_rotary_factor", fraction, "and another share of a head is rotated");
    return SA_OK;
}

static sa_status read_scaling(const struct section *positions, int64_t head_size, struct position_config *p) {
    static const char *const kinds[] = {"default", "linear", "dynamic", "yarn", "longrope",
                                        "llama3",  "su",     "mrope",   NULL};
    /* "su" is Phi-3's first name for longrope; mrope is plain in texts, where all of its positions are the same. */
    static const int32_t scalings[] = {SA_ROPE_PLAIN,    SA_ROPE_LINEAR, SA_ROPE_DYNAMIC,  SA_ROPE_YARN,
                                       SA_ROPE_LONGROPE, SA_ROPE_LLAMA3, SA_ROPE_LONGROPE, SA_ROPE_PLAIN};
    struct settings settings;
    struct section scaling;
    int kind = 0;
    p->scaling = (sa_rope_scaling){.struct_size = sizeof p->scaling, .theta = p->theta};
    sa_status status = find_scaling(positions, &settings, &scaling);
    if (status != SA_OK || !scaling.object) return status;
    const char *key = json_member_absent(scaling.object, "rope_type") ? "type" : "rope_type";
    status = setting_choice(&scaling, key, 0, kinds, &kind);
    p->scaling.kind = scalings[kind];
    if (status == SA_OK) status = read_numbers(&scaling, &p->scaling);
    if (status == SA_OK) status = check_plain(&scaling, &p->scaling);
    if (status == SA_OK) status = check_repeated(&scaling, head_size, p);
    if (status == SA_OK) status = read_positions(positions, &scaling, p->count, &p->scaling);
    /* Beyond these the frequencies would change, and with them those of keys that are already in the cache. */
    if (p->scaling.kind == SA_ROPE_DYNAMIC || p->scaling.kind == SA_ROPE_LONGROPE)
        p->limit = p->scaling.original_positions;
    return status;
}

sa_status rotary_read(const struct section *s, int64_t head_size, struct position_config *p) {
    static const char *const styles[] = {"half", "interleaved", NULL};
    double fraction;
    int64_t elements;
    sa_status status = setting_choice(s, "style", SA_ROPE_HALF, styles, &p->style);
    if (status == SA_OK) status = setting_number(s, "theta", 10000, 1, 1e18, &p->theta);
    if (status == SA_OK) status = setting_number(s, "fraction", 1, 0, 1, &fraction);
    if (status == SA_OK) status = setting_integer(s, "elements", 0, 1, head_size, &elements);
    if (status != SA_OK) return status;
    if (elements && !json_member_absent(s->object, "fraction"))
        return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: %sfraction and %selements are both given",
                    s->settings->description_name, s->path, s->path);
    p->rotary = elements ? elements : (int64_t)((double)head_size * fraction);
    status = read_scaling(s, head_size, p);
    if (status != SA_OK) return status;
    p->scaling.rotary = p->rotary;
    if (p->rotary % 2 && (p->rotary == head_size || p->scaling.kind != SA_ROPE_PLAIN))
        return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: %lld of %lld elements of a head cannot be rotated",
                    s->settings->config_name, (long long)p->rotary, (long long)head_size);
    return SA_OK;
}

sa_status rotary_read_windowed(const struct section *s, int64_t head_size, struct position_config *p,
                               struct position_config *windowed) {
    static const char *const known[] = {"theta", "scaling", NULL};
    struct section window;
    sa_status status = section_member(s, "window", &window);
    if (status != SA_OK || !window.object) return status;
    *windowed = *p;
    windowed->limit = 0;
    status = section_check(&window, known);
    if (status == SA_OK) status = setting_number(&window, "theta", p->theta, 1, 1e18, &windowed->theta);
    if (status == SA_OK) status = read_scaling(&window, head_size, windowed);
    windowed->scaling.rotary = p->rotary;
    if (windowed->limit && (!p->limit || windowed->limit < p->limit)) p->limit = windowed->limit;
    return status;
}

/* A list of positive numbers, one per frequency. */
static sa_status read_factors(const struct section *scaling, const char *key, int64_t count, double *factors) {
    const json_t *list = json_object_get(scaling->object, key);
    const struct settings *s = scaling->settings;
    int64_t given = (int64_t)json_array_size(list);
    if (given != count)
        return fail(s->report, SA_ERR_FORMAT, "%s: %s%s has %lld factors, must have %lld", s->description_name,
                    scaling->path, key, (long long)given, (long long)count);
    for (int64_t i = 0; i < count; i++) factors[i] = json_number_value(json_array_get(list, (size_t)i));
    return SA_OK;
}

static sa_status stretched(const struct section *positions, const struct position_config *p, double *factors,
                           double *frequencies, double *attention_factor) {
    struct settings settings;
    struct section section;
    sa_rope_scaling scaling = p->scaling;
    const int64_t pairs = p->rotary / 2;
    sa_status status = find_scaling(positions, &settings, &section);
    if (status == SA_OK && scaling.kind == SA_ROPE_LONGROPE) {
        scaling.short_factors = factors, scaling.long_factors = factors + pairs;
        status = read_factors(&section, "short_factor", pairs, factors);
        if (status == SA_OK) status = read_factors(&section, "long_factor", pairs, factors + pairs);
    }
    if (status != SA_OK) return status;
    if (sa_rope_frequencies(&scaling, frequencies, attention_factor) == SA_OK) return SA_OK;
    return fail(settings.report, SA_ERR_FORMAT, "%s: %s%s", settings.description_name, section.path,
                sa_ctx_last_error(NULL));
}

sa_status rotary_frequencies(const struct allocator *memory, const struct section *positions,
                             const struct position_config *p, double *frequencies, double *attention_factor) {
    *attention_factor = 1;
    plain_frequencies(frequencies, p->rotary, p->theta);
    if (p->scaling.kind == SA_ROPE_PLAIN || p->rotary == 0) return SA_OK;
    double *factors = memory_allocate(memory, p->rotary, sizeof *factors);
    if (!factors) return fail_memory(positions->settings->report, p->rotary * (int64_t)sizeof *factors, "frequencies");
    sa_status status = stretched(positions, p, factors, frequencies, attention_factor);
    memory_release(memory, factors, p->rotary, sizeof *factors);
    return status;
}
