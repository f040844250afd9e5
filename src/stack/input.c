/* Tables stay in the file: only the rows of a text's tokens are read and converted.
 * SPDX-License-Identifier: MIT */
#include "stack/input.h"

#include "base/arith.h"
#include "base/ledger.h"
#include "stack/feed_forward.h"
#include "stack/norm.h"
#include "stack/rows.h"

#include <math.h>

enum { CHUNK = 256 };

struct embedding {
    const struct input *input;
    float *x;    /* [B*T][width] */
    float scale; /* of words */
    int64_t width;
    int has_words, adds_positions; /* what embed_rows() does */
};

/* Where the buffers lie in scratch memory, in bytes. */
struct buffers {
    int64_t rows;   /* float [B*T][embedding], if a matrix makes the state of them */
    int64_t shared; /* used in turn by what makes the rows, that matrix, and what adds positions */
    struct ledger ledger;
};

static int64_t front_bytes(const struct machine *machine, const struct input *in) {
    switch (in->stack->config.input.kind) {
    case INPUT_PATCHES:
        return patches_bytes(machine, in);
    case INPUT_SOUND:
        return sound_bytes(machine, in);
    case INPUT_CONVOLUTIONS:
        return convolutions_bytes(machine, in);
    default:
        return 0;
    }
}

static struct buffers place_buffers(const struct machine *machine, const struct input *in) {
    const struct linear *linear = &in->stack->embedding;
    struct buffers b = {.ledger = {.title = "input"}};
    int64_t rows = 0;
    ledger_require(&b.ledger, checked_mul(in->B, in->T, &rows));
    const int64_t front = front_bytes(machine, in), positions = position_convolution_bytes(machine, in),
                  matrix = apply_linear_bytes(machine, linear, rows);
    ledger_require(&b.ledger, front >= 0 && positions >= 0 && matrix >= 0);
    b.rows =
        ledger_book(&b.ledger, "rows", linear->weights ? rows : 0, in->stack->config.input.embedding, sizeof(float));
    b.shared = ledger_book(&b.ledger, "shared", max_i64(max_i64(front, positions), matrix), 1, 1);
    return b;
}

static void add_row(const struct tensor *table, int64_t row, int64_t width, float *x) {
    float chunk[CHUNK];
    for (int64_t i = 0; i < width; i += CHUNK) {
        int64_t n = min_i64(CHUNK, width - i);
        tensor_floats(table, row * width + i, n, chunk);
        for (int64_t j = 0; j < n; j++) x[i + j] += chunk[j];
    }
}

/* Row r of the state is token r % T of sequence r / T. Registers of an image have no position. Padding may be beyond
 * the last position; it then gets the last one. */
static void add_position(const struct input *in, int64_t r, float *x) {
    const struct stack *s = in->stack;
    const struct position_config *c = &s->config.positions;
    const int64_t width = position_width(&s->config), start = in->starts ? in->starts[r / in->T] : 0;
    if (c->kind != POSITIONS_LEARNED && c->kind != POSITIONS_SINUSOIDAL) return;
    const int64_t token = r % in->T, registers = s->config.input.registers, specials = s->config.input.special_tokens;
    const int is_behind = token >= specials;
    if (registers && !is_behind && token >= specials - registers) return;
    const int64_t row = min_i64(start + token - (is_behind ? registers : 0), c->count - 1) + c->offset;
    if (s->positions.data)
        add_row(&s->positions, row, width, x);
    else
        for (int64_t i = 0; i < width; i++) x[i] += s->sinusoids[row * width + i];
}

static void place_word(const struct input *in, int64_t r, float scale, float *x) {
    const struct stack *s = in->stack;
    const int64_t width = s->config.input.embedding;
    tensor_floats(&s->words, in->ids[r] * width, width, x);
    for (int64_t i = 0; scale != 1 && i < width; i++) x[i] *= scale;
    if (s->config.input.norms_words) norm_row(&s->input_norm, x, x);
    if (s->config.input.types) add_row(&s->types, in->types ? in->types[r] : 0, width, x);
}

float scale_beside_masks(const struct input_config *c, const int32_t *ids, int64_t length) {
    int64_t left = 0;
    for (int64_t t = 0; t < length; t++) left += ids[t] != c->mask_token;
    return left ? (float)((1 - c->mask_share) * (double)length / (double)left) : 0;
}

static void scale_row(const struct embedding *e, float *x) {
    for (int64_t i = 0; e->scale != 1 && i < e->width; i++) x[i] *= e->scale;
}

static void embed_rows(void *arg, int64_t first, int64_t last) {
    const struct embedding *e = arg;
    const struct stack *s = e->input->stack;
    const struct input_config *c = &s->config.input;
    const int64_t T = e->input->T, *lengths = e->input->lengths;
    float scale = e->scale;
    for (int64_t r = first; r < last; r++) {
        float *x = e->x + r * e->width;
        if (c->mask_token >= 0 && (r == first || r % T == 0))
            scale = e->scale * scale_beside_masks(c, e->input->ids + r / T * T, lengths ? lengths[r / T] : T);
        const int is_masked = c->mask_token >= 0 && e->input->ids[r] == c->mask_token;
        if (c->kind == INPUT_TOKENS && e->has_words) place_word(e->input, r, is_masked ? 0 : scale, x);
        if (c->kind == INPUT_CONVOLUTIONS) scale_row(e, x);
        if (!e->adds_positions) continue;
        add_position(e->input, r, x);
        if (c->has_norm && !c->norms_words) norm_row(&s->input_norm, x, x);
    }
}

int64_t input_bytes(const struct machine *machine, const struct input *in) {
    const struct buffers b = place_buffers(machine, in);
    return ledger_bytes(&b.ledger);
}

static void run_front(const struct machine *machine, const struct input *in, float *rows, void *scratch) {
    const int kind = in->stack->config.input.kind;
    if (kind == INPUT_PATCHES) patches_run(machine, in, rows, scratch);
    if (kind == INPUT_SOUND) sound_run(machine, in, rows, scratch);
    if (kind == INPUT_CONVOLUTIONS) convolutions_run(machine, in, rows, scratch);
}

void input_run(const struct machine *machine, const struct input *in, float *state, void *scratch) {
    const struct stack_config *c = &in->stack->config;
    const struct linear *linear = &in->stack->embedding;
    const struct buffers b = place_buffers(machine, in);
    const float scale = (float)(c->input.multiplier * (c->input.scale_words ? sqrt((double)c->width) : 1));
    char *shared = (char *)scratch + b.shared;
    ledger_open(&b.ledger, scratch);
    struct embedding embedding = {in,    linear->weights ? (float *)((char *)scratch + b.rows) : state,
                                  scale, c->input.embedding,
                                  1,     !c->input.matrix_first};
    run_front(machine, in, embedding.x, shared);
    rows_run(&machine->parallel, in->B * in->T, embed_rows, &embedding);
    if (linear->weights) apply_linear(machine, linear, in->B * in->T, embedding.x, state, shared);
    if (c->input.matrix_first) {
        embedding = (struct embedding){in, state, scale, c->width, 0, 1};
        rows_run(&machine->parallel, in->B * in->T, embed_rows, &embedding);
    }
    position_convolution_run(machine, in, state, shared);
    ledger_close(&b.ledger, scratch);
}
