/* SPDX-License-Identifier: MIT */
#include "model/load_positions.h"

#include "base/arith.h"
#include "describe/rotary.h"

#include <math.h>

/* Most bytes of all layers' copies of a table of biases. */
#define MOST_BIAS_BYTES ((int64_t)1 << 30)

/* `positions` is the section that has the scaling. */
static sa_status make_rotary(const struct allocator *memory, const struct section *positions,
                             const struct position_config *p, struct position_rules *r) {
    double factor;
    if (p->rotary == 0) return SA_OK;
    r->frequency_count = (p->rotary + 1) / 2;
    r->frequencies = memory_allocate(memory, r->frequency_count, sizeof *r->frequencies);
    if (!r->frequencies)
        return fail_memory(positions->settings->report, r->frequency_count * (int64_t)sizeof *r->frequencies,
                           "frequencies");
    sa_status status = rotary_frequencies(memory, positions, p, r->frequencies, &factor);
    if (status != SA_OK) return status;
    r->rope = (sa_rope){.struct_size = sizeof r->rope,
                        .style = p->style,
                        .rotary = 2 * r->frequency_count,
                        .inverse_frequency = r->frequencies,
                        .attention_factor = factor};
    return SA_OK;
}

static sa_status take_numbers(const struct allocator *memory, struct report *report, int64_t count,
                              struct position_rules *r) {
    r->numbers = memory_allocate(memory, count, sizeof *r->numbers);
    if (!r->numbers) return fail_memory(report, count * (int64_t)sizeof *r->numbers, "positions");
    r->number_count = count;
    r->rules.struct_size = sizeof r->rules;
    return SA_OK;
}

static sa_status make_slopes(const struct allocator *memory, struct report *report, const struct stack_config *c,
                             struct position_rules *r) {
    sa_status status = take_numbers(memory, report, c->heads, r);
    if (status != SA_OK) return status;
    const double power = c->positions.exponent / 8, scale = c->positions.scaled ? stack_scale(c) : 1;
    r->rules.alibi_slopes = r->numbers;
    status = sa_alibi_slopes(c->heads, r->numbers);
    for (int64_t h = 0; h < c->heads && (power != 1 || scale != 1); h++)
        r->numbers[h] = (float)(pow((double)r->numbers[h], power) * scale);
    return status;
}

/* Computes biases by distance; behind them in memory is the table of buckets. */
static sa_status make_distances(const struct allocator *memory, const struct section *stack,
                                const struct stack_config *c, const struct tensor *table, struct position_rules *r) {
    struct report *report = stack->settings->report;
    const int64_t reach = c->positions.distance, count = c->heads * (2 * reach + 1);
    if (count > MOST_BIAS_BYTES / (int64_t)sizeof(float) / c->layers)
        return fail(report, SA_ERR_UNSUPPORTED, "%s: biases for distances of up to %lld take more than 1 GiB",
                    stack->settings->config_name, (long long)reach);
    sa_status status = take_numbers(memory, report, count + table->elements, r);
    if (status != SA_OK) return status;
    float *buckets = r->numbers + count;
    tensor_floats(table, 0, table->elements, buckets);
    r->rules.relative_bias = r->numbers;
    r->rules.relative_reach = reach;
    if (sa_t5_distances(buckets, c->positions.buckets, c->heads, reach, !c->causal, r->numbers) == SA_OK) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: %s", stack->settings->config_name, sa_ctx_last_error(NULL));
}

/* Rotary positions of all blocks, or of those with a window where these have their own. */
static sa_status make_rotations(const struct allocator *memory, const struct section *stack,
                                const struct stack_config *c, int of_windows, struct position_rules *r) {
    struct section positions, window;
    sa_status status = section_member(stack, "positions", &positions);
    if (status == SA_OK && of_windows) status = section_member(&positions, "window", &window);
    if (status != SA_OK) return status;
    return of_windows ? make_rotary(memory, &window, &c->windowed, r)
                      : make_rotary(memory, &positions, &c->positions, r);
}

/* Angles of the patches of an image, [token][row's, column's][D/4], as cosines and then sines: a place between -1 and 1
 * in units of the image, times 2 pi theta^(-4i/D). Special tokens do not turn (Simeoni et al., "DINOv3", 2025). */
static sa_status make_plane(const struct allocator *memory, struct report *report, const struct stack_config *c,
                            struct position_rules *r) {
    const int64_t T = input_tokens(&c->input), half = c->head_size / 2, specials = c->input.special_tokens;
    const int64_t sides[2] = {input_rows(&c->input), input_columns(&c->input)};
    if (T > MOST_BIAS_BYTES / (int64_t)sizeof(float) / c->layers / c->head_size)
        return fail(report, SA_ERR_UNSUPPORTED, "positions of %lld patches in %lld blocks take more than 1 GiB",
                    (long long)T, (long long)c->layers);
    sa_status status = take_numbers(memory, report, 2 * T * half, r);
    if (status != SA_OK) return status;
    r->rules.struct_size = 0;
    for (int64_t i = 0; i < T * half; i++) {
        const int64_t patch = i / half - specials, axis = i % half / (half / 2), k = i % (half / 2);
        const int64_t at = axis ? patch % sides[1] : patch / sides[1];
        const double place = 2 * ((double)at + 0.5) / (double)sides[axis] - 1,
                     frequency = pow(c->positions.theta, -4.0 * (double)k / (double)c->head_size);
        const double angle = patch < 0 ? 0 : 2 * acos(-1) * place * frequency;
        r->numbers[i] = (float)cos(angle);
        r->numbers[T * half + i] = (float)sin(angle);
    }
    r->rope = (sa_rope){.struct_size = sizeof r->rope,
                        .style = SA_ROPE_HALF,
                        .cosines = r->numbers,
                        .sines = r->numbers + T * half,
                        .table_positions = T};
    return SA_OK;
}

sa_status position_rules_take(const struct allocator *memory, const struct section *stack, const struct stack_config *c,
                              const struct tensor *table, enum rotations rotations, struct position_rules *r) {
    if (r->is_made && r->table == table && r->rotations == rotations) return SA_OK;
    position_rules_release(memory, r);
    *r = (struct position_rules){.is_made = 1, .table = table, .rotations = rotations};
    if (table) return make_distances(memory, stack, c, table, r);
    if (c->positions.kind == POSITIONS_PLANE) return make_plane(memory, stack->settings->report, c, r);
    if (c->positions.kind == POSITIONS_ALIBI) return make_slopes(memory, stack->settings->report, c, r);
    return rotations ? make_rotations(memory, stack, c, rotations == ROTATIONS_OF_WINDOWS, r) : SA_OK;
}

void position_rules_release(const struct allocator *memory, struct position_rules *r) {
    memory_release(memory, r->frequencies, r->frequency_count, sizeof *r->frequencies);
    memory_release(memory, r->numbers, r->number_count, sizeof *r->numbers);
}

void position_rules_apply(const struct position_rules *r, sa_layer_config *layer) {
    if (r->rope.struct_size) layer->rope = &r->rope;
    if (r->rules.struct_size) layer->rules = &r->rules;
}
