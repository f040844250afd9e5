/* SPDX-License-Identifier: MIT */
#include "stack/model_pass.h"

#include "base/arith.h"
#include "stack/output.h"
#include "stack/pooling.h"

#include <string.h>

sa_status model_pass_plan(sa_ctx *ctx, int64_t behind, struct model_pass *m) {
    const sa_encode_args *a = &m->args;
    const struct machine *machine = &ctx->machine;
    const int64_t rows = a->batch * max_i64(a->tokens, a->targets), output = output_bytes(machine, m->model, rows);
    const int64_t embedding = a->embedding ? embed_bytes(machine, m->model, a->batch) : 0;
    int64_t following = behind < 0 || output < 0 || embedding < 0 ? -1 : max_i64(max_i64(behind, output), embedding);
    if (a->targets) {
        const int fits = pass_plan(machine, &m->second, output, &m->second_plan);
        following = fits && following >= 0 ? max_i64(following, m->second_plan.scratch.bytes) : -1;
    }
    return pass_plan(machine, &m->first, following, &m->first_plan)
               ? SA_OK
               : fail_overflow(&ctx->report, "the size of the scratch memory");
}

static void give(float *out, const float *states, int64_t rows, int64_t width) {
    if (out) memcpy(out, states, (size_t)(rows * width) * sizeof *out);
}

/* Logits of all rows of a pass, or of real tokens alone: those of padding are 0. Overwrites the states. */
static void give_logits(const struct machine *machine, const struct model_pass *m, const struct pass_rows *rows,
                        float *states, void *work) {
    const struct linear *output = &m->model->output;
    if (rows->packed) pack_rows(&rows->own, states, output_states(m->model));
    output_logits(machine, m->model, rows->own.rows, states, m->args.logits, work);
    if (rows->packed) unpack_rows(&rows->own, m->args.logits, output->out);
}

/* Writes the outputs of the first stack other than its states. */
static void give_outputs(const struct machine *machine, const struct model_pass *m, float *states, void *work) {
    const sa_encode_args *a = &m->args;
    const int64_t B = a->batch, T = a->tokens, E = model_first(m->model)->config.width;
    give(a->hidden, states, B * T, E);
    if (a->embedding) embed(machine, m->model, states, a->lengths, B, T, a->embedding, work);
    if (a->pooled) output_pooled(machine, m->model, B, T, states, a->pooled, work);
    if (!a->logits || a->targets) return;
    if (m->model->output.weights)
        give_logits(machine, m, &m->first_plan.rows, states, work);
    else
        output_classes(machine, m->model, B, T, states, a->logits, work);
}

float *model_pass_run(const struct machine *machine, struct model_pass *m, char *scratch) {
    const sa_encode_args *a = &m->args;
    char *shared = model_pass_shared(m, scratch);
    float *states = pass_run(machine, &m->first, &m->first_plan, scratch);
    give_outputs(machine, m, states, shared);
    if (!a->targets) return states;
    m->second.context = states;
    float *decoded = pass_run(machine, &m->second, &m->second_plan, shared);
    give(a->target_hidden, decoded, a->batch * a->targets, m->model->decoder.config.width);
    if (a->logits) give_logits(machine, m, &m->second_plan.rows, decoded, shared + m->second_plan.shared);
    return states;
}
