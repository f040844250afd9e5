/* Checks of sa_rope, and the call that rotates.
 * SPDX-License-Identifier: MIT */
#include "api/rope.h"

#include "api/context.h"
#include "api/tensor.h"
#include "base/arith.h"
#include "base/ledger.h"
#include "flow/heads.h"

#include <math.h>

/* Angles are frequencies times positions, or rows of tables. */
static sa_status check_angles(struct report *report, const sa_rope *r, int64_t rotary) {
    int64_t bytes;
    for (int64_t i = 0; r->inverse_frequency && i < rotary / 2; i++)
        if (!isfinite(r->inverse_frequency[i]))
            return fail(report, SA_ERR_VALUE, "rope.inverse_frequency[%lld] is %g, must be finite", (long long)i,
                        r->inverse_frequency[i]);
    if (!r->cosines != !r->sines)
        return fail(report, SA_ERR_VALUE, "only one of rope.cosines and rope.sines is given: %s is NULL",
                    r->cosines ? "sines" : "cosines");
    if (r->cosines && r->inverse_frequency)
        return fail(report, SA_ERR_VALUE, "rope.inverse_frequency is given beside rope.cosines and rope.sines");
    if (r->theta != 0 && (r->cosines || r->inverse_frequency))
        return fail(report, SA_ERR_VALUE, "rope.theta is %g beside rope.%s, must be 0", r->theta,
                    r->cosines ? "cosines" : "inverse_frequency");
    if (r->table_positions < 0 || (r->table_positions > 0) != (r->cosines != NULL))
        return fail(report, SA_ERR_VALUE, "rope.table_positions is %lld, must be at least 1 with tables and 0 without",
                    (long long)r->table_positions);
    if (!checked_mul(r->table_positions, rotary / 2, &bytes) || !checked_mul(bytes, sizeof(float), &bytes))
        return fail_overflow(report, "the size of rope.cosines");
    return SA_OK;
}

sa_status take_rope(struct report *report, const sa_rope *from, int64_t D, struct rotation *rotation, double *theta) {
    sa_rope r;
    if (!from) return fail_null(report, "rope");
    sa_status status = take_struct(report, "sa_rope", from, &r, sizeof r, sizeof r.struct_size);
    if (status != SA_OK) return status;
    if (r.style != SA_ROPE_HALF && r.style != SA_ROPE_INTERLEAVED)
        return fail(report, SA_ERR_VALUE, "rope.style is %d, which is no SA_ROPE_ style", (int)r.style);
    if (r.reserved) return fail(report, SA_ERR_VALUE, "rope.reserved is %d, must be 0", (int)r.reserved);
    int64_t rotary = r.rotary ? r.rotary : D;
    if (!r.rotary && D % 2)
        return fail(report, SA_ERR_VALUE, "rope.rotary is 0, which means D = %lld; it must be even", (long long)D);
    if (rotary < 0 || rotary > D || rotary % 2)
        return fail(report, SA_ERR_VALUE, "rope.rotary is %lld, must be even and at most D = %lld", (long long)rotary,
                    (long long)D);
    *theta = r.theta != 0 ? r.theta : 10000;
    if (!(*theta > 0) || !isfinite(*theta))
        return fail(report, SA_ERR_VALUE, "rope.theta is %g, must be finite and > 0", *theta);
    if (!isfinite(r.attention_factor) || r.attention_factor < 0)
        return fail(report, SA_ERR_VALUE, "rope.attention_factor is %g, must be finite and >= 0", r.attention_factor);
    *rotation = (struct rotation){.style = r.style,
                                  .rotary = rotary,
                                  .frequency = r.inverse_frequency,
                                  .factor = r.attention_factor != 0 ? r.attention_factor : 1,
                                  .cosines = r.cosines,
                                  .sines = r.sines,
                                  .positions = r.table_positions};
    return check_angles(report, &r, rotary);
}

static sa_status take_step(struct report *report, const sa_rope *rope, const sa_tensor *input, const sa_tensor *output,
                           struct heads_step *s, double *theta) {
    if (!input) return fail_null(report, "input");
    if (!output) return fail_null(report, "output");
    const struct expected in = {"input", {-1, -1, -1, -1}, {NULL}, USE_INPUT, 1, 1};
    sa_status status = check_tensor(report, input, &in);
    if (status != SA_OK) return status;
    const int64_t *size = input->size;
    const struct expected out = {"output",
                                 {size[0], size[1], size[2], size[3]},
                                 {"input.size[0]", "input.size[1]", "input.size[2]", "input.size[3]"},
                                 USE_OUTPUT,
                                 1,
                                 1};
    status = check_tensor(report, output, &out);
    if (status == SA_OK) status = take_rope(report, rope, size[3], &s->rotation, theta);
    s->B = size[0], s->heads = size[1], s->T = size[2], s->D = size[3];
    s->from = view_of(input), s->to = view_of(output);
    return status;
}

sa_status check_positions(struct report *report, const struct rotation *r, const int64_t *positions, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (positions[i] < -POSITION_MAX || positions[i] > POSITION_MAX)
            return fail(report, SA_ERR_VALUE, "positions[%lld] is %lld, must be -2^60 to 2^60", (long long)i,
                        (long long)positions[i]);
        if (r->cosines && (positions[i] < 0 || positions[i] >= r->positions))
            return fail(report, SA_ERR_VALUE, "positions[%lld] is %lld, but rope has tables for 0 to %lld",
                        (long long)i, (long long)positions[i], (long long)r->positions - 1);
    }
    return SA_OK;
}

sa_status check_position_range(struct report *report, const struct rotation *r, int64_t first, int64_t count) {
    if (!r->cosines || count <= 0 || (first >= 0 && count <= r->positions && first <= r->positions - count))
        return SA_OK;
    return fail(report, SA_ERR_VALUE, "tokens stand at %lld to %lld, but rope has tables for 0 to %lld",
                (long long)first, (long long)(first + count - 1), (long long)r->positions - 1);
}

static sa_status check_places(struct report *report, const struct heads_step *s) {
    int64_t tokens;
    if (!checked_mul(s->B, s->T, &tokens)) return fail_overflow(report, "the number of tokens");
    if (s->positions && s->offset)
        return fail(report, SA_ERR_VALUE, "offset is %lld beside positions, must be 0", (long long)s->offset);
    if (s->offset < -POSITION_MAX || s->offset > POSITION_MAX)
        return fail(report, SA_ERR_VALUE, "offset is %lld, must be -2^60 to 2^60", (long long)s->offset);
    return s->positions ? check_positions(report, &s->rotation, s->positions, tokens)
                        : check_position_range(report, &s->rotation, s->offset, s->T);
}

static sa_status apply(sa_ctx *ctx, struct heads_step *s, double theta) {
    const int given = s->rotation.frequency || s->rotation.cosines;
    struct ledger ledger = {.title = "rotation"};
    const int64_t own = ledger_book(&ledger, "frequencies", given ? 0 : s->rotation.rotary / 2, 1, sizeof(double));
    const int64_t work = ledger_book(&ledger, "heads", heads_bytes(&ctx->machine, s), 1, 1);
    if (!ledger_fits(&ledger)) return fail_overflow(&ctx->report, "the size of the scratch memory");
    sa_status status = context_reserve(ctx, ledger.bytes);
    if (status != SA_OK) return status;
    char *scratch = ctx->scratch;
    ledger_open(&ledger, scratch);
    if (!given) {
        double *frequency = (double *)(scratch + own);
        plain_frequencies(frequency, s->rotation.rotary, theta);
        s->rotation.frequency = frequency;
    }
    heads_run(&ctx->machine, s, scratch + work);
    ledger_close(&ledger, scratch);
    return SA_OK;
}

sa_status sa_rope_apply(sa_ctx *ctx, const sa_rope *rope, const sa_tensor *input, const sa_tensor *output,
                        const int64_t *positions, int64_t offset) {
    struct heads_step step = {.positions = positions, .offset = offset};
    double theta;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_step(&ctx->report, rope, input, output, &step, &theta);
    int empty = !step.B || !step.heads || !step.T || !step.D; /* the other sizes may be any then */
    if (status == SA_OK && !empty) status = check_places(&ctx->report, &step);
    if (status == SA_OK && !empty) status = apply(ctx, &step, theta);
    return context_leave(ctx, status);
}
