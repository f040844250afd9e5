/* The input of a stack, and its positions.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "describe/config_stack.h"
#include "describe/rotary.h"

#include <string.h>

enum { MOST_REGISTERS = 256, MOST_CHANNELS = 4096, MOST_DISTANCE = 1 << 16 };

/* Most rows of a table before that of position 0. */
enum { MOST_OFFSET = 1 << 16 };

int64_t input_rows(const struct input_config *c) {
    return c->patch ? (c->height - c->patch) / c->row_stride + 1 : 0;
}

int64_t input_columns(const struct input_config *c) {
    return c->patch ? (c->width - c->patch) / c->column_stride + 1 : 0;
}

int64_t input_tokens(const struct input_config *c) {
    if (c->kind == INPUT_PATCHES) return c->special_tokens + input_rows(c) * input_columns(c);
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
    in->height = 1, in->has_bias = 1;
    return status == SA_OK ? setting_integer(s, "width", NO_FALLBACK, 1, INT16_MAX, &in->width) : status;
}

/* Patches follow each other without a gap, unless a stride is given. Pixels that fill no patch are left out. */
static sa_status read_strides(const struct section *s, struct input_config *in) {
    sa_status status = setting_integer(s, "row_stride", 0, 1, INT16_MAX, &in->row_stride);
    if (status == SA_OK) status = setting_integer(s, "column_stride", 0, 1, INT16_MAX, &in->column_stride);
    if (status != SA_OK) return status;
    if (!in->row_stride) in->row_stride = in->patch;
    if (!in->column_stride) in->column_stride = in->patch;
    if (in->height >= in->patch && in->width >= in->patch) return SA_OK;
    return fail(s->settings->report, SA_ERR_FORMAT, "%s: an image of %lld x %lld cannot be cut into patches of %lld",
                s->settings->config_name, (long long)in->height, (long long)in->width, (long long)in->patch);
}

/* Convolutions may make rows of another width than the state's; a list names that of each. */
static sa_status read_convolutions(const struct section *s, struct input_config *in) {
    struct section section;
    int64_t widths[MOST_CONVOLUTIONS], count;
    in->height = 1, in->multiplier = 1;
    sa_status status = setting_integer(s, "channels", NO_FALLBACK, 1, MOST_CHANNELS, &in->channels);
    if (status == SA_OK) status = setting_flag(s, "bias", 1, &in->has_bias);
    if (status == SA_OK) status = setting_flag(s, "transposed", 0, &in->is_transposed);
    if (status == SA_OK) status = setting_flag(s, "scale_words", 0, &in->scale_words);
    if (status == SA_OK) status = setting_integers(s, "embedding", 1, GEMM_MAX, MOST_CONVOLUTIONS, widths, &count);
    if (status == SA_OK && count) in->embedding = widths[count - 1], in->has_matrix = 1;
    if (status == SA_OK) status = section_member(s, "convolutions", &section);
    return status == SA_OK ? config_read_convolutions(&section, in->has_bias, &in->convolutions) : status;
}

static sa_status read_image(const struct section *s, struct input_config *in) {
    sa_status status = setting_integer(s, "channels", NO_FALLBACK, 1, MOST_CHANNELS, &in->channels);
    if (status == SA_OK) status = setting_side(s, "width", 1, INT16_MAX, &in->width);
    if (status == SA_OK) status = setting_side(s, "height", 0, INT16_MAX, &in->height);
    if (status == SA_OK) status = read_patch(s, in);
    if (status == SA_OK) status = read_strides(s, in);
    if (status == SA_OK) status = setting_flag(s, "bias", 1, &in->has_bias);
    if (status == SA_OK) status = setting_flag(s, "transposed", 0, &in->is_transposed);
    if (status == SA_OK) status = setting_integer(s, "special_tokens", 1, 0, 2, &in->special_tokens);
    if (status == SA_OK) status = setting_integer(s, "registers", 0, 0, MOST_REGISTERS, &in->registers);
    in->special_tokens += in->registers;
    return status;
}

static sa_status read_tokens(const struct section *s, struct input_config *in) {
    const int64_t width = in->embedding;
    static const char *const norms[] = {"sum", "words", NULL};
    const int64_t types = json_member_absent(s->object, "types") ? 0 : NO_FALLBACK; /* config.json may say 0, too */
    sa_status status = setting_integer(s, "vocabulary", NO_FALLBACK, 1, GEMM_MAX, &in->vocabulary);
    if (status == SA_OK) status = setting_integer(s, "types", types, 0, GEMM_MAX, &in->types);
    if (status == SA_OK) status = setting_integer(s, "embedding", in->embedding, 1, GEMM_MAX, &in->embedding);
    if (status == SA_OK) status = setting_flag(s, "matrix_always", 0, &in->has_matrix);
    in->has_matrix |= in->embedding != width;
    if (status == SA_OK) status = setting_flag(s, "matrix_first", 0, &in->matrix_first);
    if (status == SA_OK && in->matrix_first && in->has_norm)
        return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: input.matrix_first and input.norm are both given",
                    s->settings->description_name);
    if (status == SA_OK) status = setting_choice(s, "norm_of", 0, norms, &in->norms_words);
    if (status == SA_OK && !in->has_norm) status = section_unused(s, "norm_of", s, "norm");
    if (status == SA_OK) status = setting_flag(s, "scale_words", 0, &in->scale_words);
    if (status == SA_OK) status = setting_integer(s, "mask_token", -1, 0, INT32_MAX, &in->mask_token);
    if (status == SA_OK) status = setting_number(s, "mask_share", 0, 0, 0.999, &in->mask_share);
    if (status == SA_OK && in->mask_token < 0) status = section_unused(s, "mask_share", s, "mask_token");
    return status == SA_OK ? setting_number(s, "multiplier", 1, 1e-9, 1e9, &in->multiplier) : status;
}

sa_status config_read_input(const struct section *stack, int64_t width, struct input_config *in) {
    static const char *const known[] = {
        "kind",       "vocabulary", "types",          "scale_words",   "norm",          "norm_of",
        "embedding",  "channels",   "height",         "width",         "patch",         "row_stride",
        "bias",       "transposed", "special_tokens", "column_stride", "multiplier",    "convolutions",
        "mask_token", "mask_share", "registers",      "matrix_first",  "matrix_always", NULL};
    static const char *const kinds[] = {"tokens", "patches", "sound", "convolutions", NULL};
    static const char *const unused[][19] = {
        [INPUT_TOKENS] = {"channels", "height", "width", "patch", "row_stride", "column_stride", "bias", "transposed",
                          "special_tokens", "registers", "convolutions", NULL},
        [INPUT_CONVOLUTIONS] = {"vocabulary", "types", "multiplier", "norm_of", "mask_token", "matrix_first",
                                "matrix_always", "height", "width", "patch", "row_stride", "column_stride",
                                "special_tokens", "registers", NULL},
        [INPUT_PATCHES] = {"vocabulary", "types", "scale_words", "multiplier", "norm_of", "mask_token", "embedding",
                           "matrix_first", "matrix_always", "convolutions", NULL},
        [INPUT_SOUND] = {"vocabulary", "types", "scale_words", "multiplier", "norm_of", "mask_token", "embedding",
                         "matrix_first", "matrix_always", "height", "patch", "row_stride", "column_stride", "bias",
                         "transposed", "special_tokens", "registers", "convolutions", NULL}};
    struct section s;
    in->embedding = width, in->mask_token = -1;
    sa_status status = section_member(stack, "input", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", INPUT_TOKENS, kinds, &in->kind);
    if (status == SA_OK) status = section_all_unused(&s, unused[in->kind], &s, "kind");
    if (status == SA_OK) status = setting_flag(&s, "norm", 0, &in->has_norm);
    if (status != SA_OK) return status;
    if (in->kind == INPUT_SOUND) return read_sound(&s, in);
    if (in->kind == INPUT_CONVOLUTIONS) return read_convolutions(&s, in);
    return in->kind == INPUT_PATCHES ? read_image(&s, in) : read_tokens(&s, in);
}

static sa_status read_buckets(const struct section *s, struct position_config *p) {
    sa_status status = setting_integer(s, "buckets", NO_FALLBACK, 4, MOST_DISTANCE, &p->buckets);
    if (status == SA_OK)
        status = setting_integer(s, "distance", NO_FALLBACK, p->buckets / 2 + 1, MOST_DISTANCE, &p->distance);
    return status;
}

/* Settings that only some kinds of positions use. */
static const struct {
    const char *key;
    unsigned kinds; /* a bit each */
} position_settings[] = {
    {"offset", 1 << POSITIONS_LEARNED | 1 << POSITIONS_SINUSOIDAL},
    {"rows", 1 << POSITIONS_LEARNED | 1 << POSITIONS_SINUSOIDAL},
    {"style", 1 << POSITIONS_SINUSOIDAL | 1 << POSITIONS_ROTARY},
    {"antialias", 1 << POSITIONS_LEARNED},
    {"theta", 1 << POSITIONS_ROTARY | 1 << POSITIONS_PLANE},
    {"fraction", 1 << POSITIONS_ROTARY},
    {"elements", 1 << POSITIONS_ROTARY},
    {"scaling", 1 << POSITIONS_ROTARY},
    {"window", 1 << POSITIONS_ROTARY},
    {"blocks", 1 << POSITIONS_ROTARY},
    {"exponent", 1 << POSITIONS_ALIBI},
    {"scaled", 1 << POSITIONS_ALIBI},
    {"buckets", 1 << POSITIONS_BUCKETS | 1 << POSITIONS_LEARNED | 1 << POSITIONS_DISENTANGLED},
    {"distance", 1 << POSITIONS_BUCKETS | 1 << POSITIONS_LEARNED | 1 << POSITIONS_DISENTANGLED},
    {"terms", 1 << POSITIONS_DISENTANGLED},
    {"kernel", 1 << POSITIONS_CONVOLUTION},
    {"groups", 1 << POSITIONS_CONVOLUTION},
    {"batch_norm", 1 << POSITIONS_CONVOLUTION},
    {"norm", 1 << POSITIONS_CONVOLUTION},
};

static sa_status check_unused_positions(const struct section *s, int kind) {
    sa_status status = SA_OK;
    for (int64_t i = 0; i < COUNT_OF(position_settings) && status == SA_OK; i++)
        if (!(position_settings[i].kinds >> kind & 1)) status = section_unused(s, position_settings[i].key, s, "kind");
    return status;
}

static sa_status read_alibi(const struct section *s, struct position_config *p) {
    sa_status status = setting_number(s, "exponent", 8, 1e-3, 64, &p->exponent);
    return status == SA_OK ? setting_flag(s, "scaled", 0, &p->scaled) : status;
}

/* Blocks with a window may have another theta, and frequencies that are stretched in another way or not at all. */
static sa_status read_rotary(const struct section *s, struct stack_config *c) {
    static const char *const known[] = {"layers", "except", "windows", NULL};
    struct section blocks;
    sa_status status = rotary_read(s, c->head_size, &c->positions);
    if (status == SA_OK) status = section_member(s, "blocks", &blocks);
    if (status == SA_OK) status = section_check(&blocks, known);
    return status == SA_OK ? rotary_read_windowed(s, c->head_size, &c->positions, &c->windowed) : status;
}

/* A table has `rows` rows, or those of `count` positions behind the offset. */
static sa_status read_table(const struct section *s, struct position_config *p) {
    const struct settings *all = s->settings;
    int64_t rows;
    sa_status status = setting_integer(s, "rows", 0, 1, GEMM_MAX, &rows);
    if (status != SA_OK) return status;
    if (!rows) return setting_integer(s, "count", NO_FALLBACK, 1, GEMM_MAX, &p->count);
    if (!json_member_absent(s->object, "count"))
        return fail(all->report, SA_ERR_UNSUPPORTED, "%s: %scount and %srows are both given", all->description_name,
                    s->path, s->path);
    p->count = rows - p->offset;
    if (p->count > 0) return SA_OK;
    return fail(all->report, SA_ERR_FORMAT, "%s: of %lld positions none is behind an offset of %lld", all->config_name,
                (long long)rows, (long long)p->offset);
}

/* Images and sound have as many positions as tokens. */
static sa_status read_count(const struct section *stack, const struct section *s, int table, struct stack_config *c) {
    const int64_t tokens = input_tokens(&c->input);
    struct section input;
    sa_status status = section_member(stack, "input", &input);
    if (status == SA_OK && !tokens) status = section_unused(s, "antialias", &input, "kind");
    if (status != SA_OK) return status;
    if (!tokens && table) return read_table(s, &c->positions);
    if (!tokens) return setting_integer(s, "count", 0, 1, GEMM_MAX, &c->positions.count);
    c->positions.count = tokens;
    status = section_unused(s, "rows", &input, "kind");
    if (status == SA_OK) status = setting_flag(s, "antialias", 0, &c->positions.antialias);
    return status == SA_OK ? section_unused(s, "count", &input, "kind") : status;
}

/* Each group of channels of the state is convolved on its own. */
static sa_status read_position_convolution(const struct section *s, struct stack_config *c) {
    struct position_config *p = &c->positions;
    sa_status status = setting_integer(s, "kernel", NO_FALLBACK, 1, INT16_MAX, &p->kernel);
    if (status == SA_OK) status = setting_integer(s, "groups", NO_FALLBACK, 1, c->width, &p->groups);
    if (status == SA_OK) status = setting_flag(s, "batch_norm", 0, &p->batch_norm);
    if (status == SA_OK) status = setting_flag(s, "norm", 0, &p->has_norm);
    if (status != SA_OK) return status;
    const struct settings *all = s->settings;
    if (c->causal || c->input.kind == INPUT_TOKENS)
        return fail(all->report, SA_ERR_UNSUPPORTED, "%s: %skind is \"convolution\", which only encoders of sound have",
                    all->description_name, s->path);
    if (c->width % p->groups == 0) return SA_OK;
    return fail(all->report, SA_ERR_FORMAT, "%s: a width of %lld cannot be split into %lld groups", all->config_name,
                (long long)c->width, (long long)p->groups);
}

/* Half of a head turns by a patch's row, half by its column. */
static sa_status read_plane(const struct section *s, struct stack_config *c) {
    const struct settings *all = s->settings;
    if (c->causal || c->input.kind != INPUT_PATCHES || c->head_size % 4)
        return fail(all->report, SA_ERR_UNSUPPORTED,
                    "%s: %skind is \"plane\", which only encoders of images have, with a head size that is a multiple "
                    "of 4; it is %lld",
                    all->description_name, s->path, (long long)c->head_size);
    return setting_number(s, "theta", 100, 1e-3, 1e12, &c->positions.theta);
}

/* DeBERTa's terms are a list of texts or a text, "c2p|p2c": content to position and back. Both are needed. */
static int has_term(const json_t *terms, const char *term) {
    if (json_is_string(terms)) return strstr(json_string_value(terms), term) != NULL;
    for (size_t i = 0; i < json_array_size(terms); i++)
        if (json_is_string(json_array_get(terms, i)) && !strcmp(json_string_value(json_array_get(terms, i)), term))
            return 1;
    return 0;
}

/* Numbers that are added to scores by more than the distance. */
static sa_status read_bias(const struct section *s, struct stack_config *c) {
    const struct settings *all = s->settings;
    const int is_grid = c->positions.kind == POSITIONS_GRID;
    const int fits = is_grid ? c->input.kind == INPUT_PATCHES && c->input.special_tokens == 1
                             : c->input.kind == INPUT_TOKENS && c->heads == c->kv_heads;
    struct setting terms;
    if (c->causal || !fits)
        return fail(all->report, SA_ERR_UNSUPPORTED, "%s: %skind is \"%s\", which only encoders of %s have",
                    all->description_name, s->path, is_grid ? "grid" : "disentangled",
                    is_grid ? "images with one special token" : "tokens, with as many heads of keys as of queries,");
    if (is_grid) return SA_OK;
    sa_status status = setting_integer(s, "buckets", NO_FALLBACK, 4, MOST_DISTANCE, &c->positions.buckets);
    if (status == SA_OK)
        status = setting_integer(s, "distance", NO_FALLBACK, c->positions.buckets / 2 + 2, MOST_DISTANCE,
                                 &c->positions.distance);
    if (status == SA_OK) status = setting_find(s, "terms", &terms);
    if (status != SA_OK || !terms.value || (has_term(terms.value, "c2p") && has_term(terms.value, "p2c")))
        return status;
    return setting_unsupported(s, &terms, "\"c2p\" and \"p2c\" together");
}

sa_status config_read_positions(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"kind",      "style",    "count",      "rows",     "offset", "theta",
                                        "fraction",  "elements", "scaling",    "window",   "blocks", "scaled",
                                        "exponent",  "kernel",   "buckets",    "distance", "groups", "norm",
                                        "antialias", "terms",    "batch_norm", NULL};
    static const char *const kinds[] = {"none",        "learned", "sinusoidal",   "rotary", "alibi", "buckets",
                                        "convolution", "grid",    "disentangled", "plane",  NULL};
    static const char *const styles[] = {"interleaved", "marian", "whisper", NULL};
    struct position_config *p = &c->positions;
    struct section s;
    sa_status status = section_member(stack, "positions", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", POSITIONS_NONE, kinds, &p->kind);
    if (status != SA_OK) return status;
    const int table = p->kind == POSITIONS_LEARNED || p->kind == POSITIONS_SINUSOIDAL;
    status = check_unused_positions(&s, p->kind);
    if (status == SA_OK && table) status = setting_integer(&s, "offset", 0, 0, MOST_OFFSET, &p->offset);
    if (status == SA_OK) status = read_count(stack, &s, table, c);
    if (table) p->limit = p->count;
    if (status == SA_OK && p->kind == POSITIONS_SINUSOIDAL) status = setting_choice(&s, "style", 0, styles, &p->style);
    if (status == SA_OK && p->kind == POSITIONS_ROTARY) status = read_rotary(&s, c);
    if (status == SA_OK && p->kind == POSITIONS_ALIBI) status = read_alibi(&s, p);
    if (status == SA_OK && p->kind == POSITIONS_PLANE) return read_plane(&s, c);
    if (status == SA_OK && p->kind == POSITIONS_CONVOLUTION) return read_position_convolution(&s, c);
    if (status == SA_OK && (p->kind == POSITIONS_GRID || p->kind == POSITIONS_DISENTANGLED)) return read_bias(&s, c);
    const int has_buckets =
        p->kind == POSITIONS_BUCKETS || (p->kind == POSITIONS_LEARNED && !json_member_absent(s.object, "buckets"));
    if (status == SA_OK && has_buckets) return read_buckets(&s, p);
    if (status == SA_OK && p->kind == POSITIONS_LEARNED) status = section_unused(&s, "distance", &s, "buckets");
    return status;
}
