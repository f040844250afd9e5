/* Sizes and places of a pass.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "stack/pass_calls.h"
#include "stack/score_bias.h"

/* Plans all layers; 0 if sizes do not fit. */
static int plan_layers(const struct machine *machine, const struct pass *p, struct pass_plan *plan) {
    const struct stack *stack = p->input.stack;
    for (int64_t l = 0; l < stack->config.layers; l++) {
        const struct model_block *block = &stack->blocks[l];
        struct forward self = pass_self_call(p, &plan->rows, l, NULL, NULL);
        if (p->cache) self.problem.S = plan_keys(p->keys);
        if (!forward_plan_most(machine, &self, &plan->self)) return 0;
        if (!block->cross) continue;
        const struct forward cross = pass_cross_call(p, &plan->rows, l, NULL, NULL);
        if (!forward_plan_most(machine, &cross, &plan->cross)) return 0;
    }
    return 1;
}

/* Blocks see rows of real tokens alone, but a cache has places of its own, and so have numbers that are added to
 * scores, and summaries of weights. */
static struct pass_rows choose_rows(const struct pass *p) {
    const int64_t B = p->input.B;
    struct pass_rows rows = {.own = packed_rows_of(p->lengths, B, p->input.T)};
    const int keeps_places = p->cache || p->cross_cache || adds_score_bias(pass_config(p)) || pass_summarises(p);
    rows.packed = rows.own.rows < B * p->input.T && !keeps_places;
    if (rows.packed) rows.context = packed_rows_of(p->context_lengths, B, p->S);
    if (!rows.packed) rows.own.rows = B * p->input.T;
    return rows;
}

int pass_plan(const struct machine *machine, const struct pass *p, int64_t behind, struct pass_plan *plan) {
    const struct stack_config *c = pass_config(p);
    int64_t padded;
    *plan = (struct pass_plan){.scratch = {.title = "pass"}};
    struct ledger *s = &plan->scratch;
    if (!checked_mul(p->input.B, p->input.T, &padded)) return 0;
    plan->rows = choose_rows(p);
    const int64_t rows = plan->rows.own.rows, starts = plan->rows.packed ? p->input.B + 1 : 0;
    plan->starts = ledger_book(s, "starts", starts, 1, sizeof(int64_t));
    plan->context_starts = ledger_book(s, "context starts", starts, 1, sizeof(int64_t));
    plan->state = ledger_book(s, "state", padded, c->width, sizeof(float));
    plan->normed = ledger_book(s, "normed", c->norm.place == NORM_AFTER ? 0 : padded, c->width, sizeof(float));
    plan->change = ledger_book(s, "change", rows, c->width, sizeof(float));
    plan->second = ledger_book(s, "second", c->parallel ? rows : 0, c->width, sizeof(float));
    plan->mixed = ledger_book(s, "mixed", p->mix ? padded : 0, c->width, sizeof(float));
    const int64_t T = p->input.T;
    int64_t bias_rows = 0;
    if (adds_score_bias(c)) ledger_require(s, checked_mul(c->heads, T, &bias_rows));
    plan->bias = ledger_book(s, "score bias", bias_rows, T, sizeof(float));
    plan->bias_work = ledger_book(s, "buckets", score_bias_bytes(machine, p->input.stack, T), 1, 1);
    if (!ledger_fits(s) || !plan_layers(machine, p, plan)) return 0;
    if (!feed_forward_plan(machine, p->input.stack, rows, &plan->feed_forward)) return 0;
    const int64_t input = input_bytes(machine, &p->input), layers = plan->self.scratch.bytes,
                  cross = plan->cross.scratch.bytes;
    if (input < 0 || behind < 0) return 0;
    const int64_t shared =
        max_i64(max_i64(max_i64(layers, cross), max_i64(input, behind)), plan->feed_forward.scratch.bytes);
    plan->shared = ledger_book(s, "shared", shared, 1, 1);
    return ledger_fits(s);
}
