/* The input of a stack, and its positions.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"
#include "describe/rotary.h"

enum { MOST_CHANNELS = 4096, MOST_DISTANCE = 1 << 16 };

/* Most rows of a table before that of position 0. */
enum { MOST_OFFSET = 1 << 16 };

int64_t input_tokens(const struct input_config *c) {
    if (c->kind == INPUT_PATCHES) return 1 + c->height / c->patch * (c->width / c->patch);
    return c->kind == INPUT_SOUND ? (c->width + 1) / 2 : 0;
}

/* Patches are squares: in a list of two, both sides have to be equal. */
static sa_status read_patch(const struct section *s, struct input_config *in) {
    int64_t width;
    sa_status status = setting_side(s, "patch", 0, INT16_MAX, &in->patch);
    if (status == SA_OK) status = setting_side(s, "patch", 1, INT16_MAX, &width);
    if (status != SA_OK || width == in->patch) return status;
    return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: patches of %lld x %lld are not supported, only squares",
                s->settings->config_name, (long long)in->patch, (long long)width);
}

static sa_status read_sound(const struct section *s, struct input_config *in) {
    sa_status status = setting_integer(s, "channels", NO_FALLBACK, 1, MOST_CHANNELS, &in->channels);
    in->height = 1;
    return status == SA_OK ? setting_integer(s, "width", NO_FALLBACK, 1, INT16_MAX, &in->width) : status;
}

static sa_status read_image(const struct section *s, struct input_config *in) {
    sa_status status = setting_integer(s, "channels", NO_FALLBACK, 1, MOST_CHANNELS, &in->channels);
    if (status == SA_OK) status = setting_side(s, "width", 1, INT16_MAX, &in->width);
    if (status == SA_OK) status = setting_side(s, "height", 0, INT16_MAX, &in->height);
    if (status == SA_OK) status = read_patch(s, in);
    if (status == SA_OK && (in->height % in->patch || in->width % in->patch))
        status =
            fail(s->settings->report, SA_ERR_FORMAT, "%s: an image of %lld x %lld cannot be cut into patches of %lld",
                 s->settings->config_name, (long long)in->height, (long long)in->width, (long long)in->patch);
    return status;
}

static sa_status read_tokens(const struct section *s, struct input_config *in) {
    const int64_t types = json_member_absent(s->object, "types") ? 0 : NO_FALLBACK;
    sa_status status = setting_integer(s, "vocabulary", NO_FALLBACK, 1, GEMM_MAX, &in->vocabulary);
    if (status == SA_OK) status = setting_integer(s, "types", types, 1, GEMM_MAX, &in->types);
    if (status == SA_OK) status = setting_flag(s, "scale_words", 0, &in->scale_words);
    return status == SA_OK ? setting_number(s, "multiplier", 1, 1e-9, 1e9, &in->multiplier) : status;
}

sa_status config_read_input(const struct section *stack, struct input_config *in) {
    static const char *const known[] = {"kind",     "vocabulary", "types", "scale_words", "multiplier", "norm",
                                        "channels", "height",     "width", "patch",       NULL};
    static const char *const kinds[] = {"tokens", "patches", "sound", NULL};
    static const char *const unused[][7] = {
        [INPUT_TOKENS] = {"channels", "height", "width", "patch", NULL},
        [INPUT_PATCHES] = {"vocabulary", "types", "scale_words", "multiplier", NULL},
        [INPUT_SOUND] = {"vocabulary", "types", "scale_words", "multiplier", "height", "patch", NULL}};
    struct section s;
    sa_status status = section_member(stack, "input", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", INPUT_TOKENS, kinds, &in->kind);
    if (status == SA_OK) status = section_all_unused(&s, unused[in->kind], &s, "kind");
    if (status == SA_OK) status = setting_flag(&s, "norm", 0, &in->has_norm);
    if (status != SA_OK) return status;
    if (in->kind == INPUT_SOUND) return read_sound(&s, in);
    return in->kind == INPUT_PATCHES ? read_image(&s, in) : read_tokens(&s, in);
}

static sa_status read_buckets(const struct section *s, struct position_config *p) {
    sa_status status = setting_integer(s, "buckets", NO_FALLBACK, 4, MOST_DISTANCE, &p->buckets);
    if (status == SA_OK)
        status = setting_integer(s, "distance", NO_FALLBACK, p->buckets / 2 + 1, MOST_DISTANCE, &p->distance);
    return status;
}

/* Settings that each kind of positions does not use. */
static const char *const unused_positions[][9] = {
    [POSITIONS_NONE] = {"offset", "style", "theta", "fraction", "elements", "scaling", "buckets", "distance", NULL},
    [POSITIONS_LEARNED] = {"style", "theta", "fraction", "elements", "scaling", "buckets", "distance", NULL},
    [POSITIONS_SINUSOIDAL] = {"theta", "fraction", "elements", "scaling", "buckets", "distance", NULL},
    [POSITIONS_ROTARY] = {"offset", "buckets", "distance", NULL},
    [POSITIONS_ALIBI] = {"offset", "style", "theta", "fraction", "elements", "scaling", "buckets", "distance", NULL},
    [POSITIONS_BUCKETS] = {"offset", "style", "theta", "fraction", "elements", "scaling", NULL},
};

/* Images and sound have as many positions as tokens. */
static sa_status read_count(const struct section *stack, const struct section *s, int required,
                            struct stack_config *c) {
    const int64_t tokens = input_tokens(&c->input);
    struct section input;
    if (!tokens) return setting_integer(s, "count", required ? NO_FALLBACK : 0, 1, GEMM_MAX, &c->positions.count);
    c->positions.count = tokens;
    sa_status status = section_member(stack, "input", &input);
    return status == SA_OK ? section_unused(s, "count", &input, "kind") : status;
}

sa_status config_read_positions(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"kind",     "style",   "count",   "offset",   "theta", "fraction",
                                        "elements", "scaling", "buckets", "distance", NULL};
    static const char *const kinds[] = {"none", "learned", "sinusoidal", "rotary", "alibi", "buckets", NULL};
    static const char *const styles[] = {"interleaved", "marian", "whisper", NULL};
    struct position_config *p = &c->positions;
    struct section s;
    sa_status status = section_member(stack, "positions", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", POSITIONS_NONE, kinds, &p->kind);
    if (status != SA_OK) return status;
    const int table = p->kind == POSITIONS_LEARNED || p->kind == POSITIONS_SINUSOIDAL;
    status = section_all_unused(&s, unused_positions[p->kind], &s, "kind");
    if (status == SA_OK) status = read_count(stack, &s, table, c);
    if (status == SA_OK && table) status = setting_integer(&s, "offset", 0, 0, MOST_OFFSET, &p->offset);
    if (table) p->limit = p->count;
    if (status == SA_OK && p->kind == POSITIONS_SINUSOIDAL) status = setting_choice(&s, "style", 0, styles, &p->style);
    if (status == SA_OK && p->kind == POSITIONS_ROTARY) status = rotary_read(&s, c->head_size, p);
    if (status == SA_OK && p->kind == POSITIONS_BUCKETS) status = read_buckets(&s, p);
    return status;
}
