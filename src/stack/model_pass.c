/* SPDX-License-Identifier: MIT */
#include "stack/model_pass.h"

#include "base/arith.h"
#include "stack/output.h"
#include "stack/pooler.h"
#include "stack/pooling.h"

#include <string.h>

/* An embedding that is made of the pooled states: these, and the memory of the pooler and then of embed(). */
static struct ledger book_embedding(const struct machine *machine, const struct model_pass *m, int64_t *work) {
    const int64_t B = m->args.batch;
    const int64_t embedding = embed_bytes(machine, m->model, B),
                  pooler = pooler_bytes(machine, m->model, B, m->args.tokens);
    struct ledger ledger = {.title = "embedding of the pooled state"};
    ledger_book(&ledger, "pooled", B, model_pooled_width(m->model), sizeof(float));
    ledger_require(&ledger, embedding >= 0 && pooler >= 0);
    *work = ledger_book(&ledger, "work", max_i64(embedding, pooler), 1, 1);
    return ledger;
}

static int64_t embedding_bytes(const struct machine *machine, const struct model_pass *m) {
    int64_t work;
    if (!m->args.embedding) return 0;
    if (!m->model->sentence.is_of_pooled) return embed_bytes(machine, m->model, m->args.batch);
    const struct ledger ledger = book_embedding(machine, m, &work);
    return ledger_bytes(&ledger);
}

/* What is computed of the first stack's states other than logits of words. */
static int64_t ends_bytes(const struct machine *machine, const struct model_pass *m) {
    const sa_encode_args *a = &m->args;
    const int is_pooled = a->pooled || (a->logits && m->model->classifier.weights && !m->rereads);
    const int64_t pooler = is_pooled ? pooler_bytes(machine, m->model, a->batch, a->tokens) : 0;
    const int64_t embedding = embedding_bytes(machine, m);
    return pooler < 0 || embedding < 0 ? -1 : max_i64(pooler, embedding);
}

static int has_second(const struct model_pass *m) {
    return m->args.targets || m->rereads;
}

/* The memory of the second pass: where the decoder reads the text itself, what it reads; then the pass. */
struct second_room {
    int64_t ids, pass;
    struct ledger ledger;
};

static struct second_room book_second(const struct model_pass *m) {
    struct second_room room = {.ledger = {.title = "second pass"}};
    room.ids = ledger_book(&room.ledger, "ids", m->rereads ? m->args.batch : 0, m->args.tokens, sizeof(int32_t));
    room.pass = ledger_book(&room.ledger, "pass", m->second_plan.scratch.bytes, 1, 1);
    return room;
}

/* `output`: bytes that logits of words need. -1: more than fits. */
static int64_t plan_second(const struct machine *machine, int64_t output, struct model_pass *m) {
    const sa_encode_args *a = &m->args;
    const int64_t behind = m->rereads ? pooler_bytes(machine, m->model, a->batch, a->tokens) : output;
    if (!pass_plan(machine, &m->second, behind, &m->second_plan)) return -1;
    const struct second_room room = book_second(m);
    return ledger_bytes(&room.ledger);
}

sa_status model_pass_plan(sa_ctx *ctx, int64_t behind, struct model_pass *m) {
    const sa_encode_args *a = &m->args;
    const struct machine *machine = &ctx->machine;
    const int64_t rows = a->batch * max_i64(a->tokens, a->targets), output = output_bytes(machine, m->model, rows);
    const int64_t ends = ends_bytes(machine, m);
    int64_t following = behind < 0 || output < 0 || ends < 0 ? -1 : max_i64(max_i64(behind, output), ends);
    if (has_second(m)) {
        const int64_t second = plan_second(machine, output, m);
        following = second < 0 || following < 0 ? -1 : max_i64(following, second);
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

static void give_embedding(const struct machine *machine, const struct model_pass *m, const struct pooler_input *in,
                           char *scratch) {
    const sa_encode_args *a = &m->args;
    int64_t work;
    if (!m->model->sentence.is_of_pooled) {
        embed(machine, m->model, in->states, a->lengths, a->batch, a->tokens, a->embedding, scratch);
        return;
    }
    const struct ledger ledger = book_embedding(machine, m, &work);
    float *pooled = (float *)scratch;
    ledger_open(&ledger, scratch);
    pooler_run(machine, in, pooled, scratch + work);
    embed(machine, m->model, pooled, NULL, a->batch, 1, a->embedding, scratch + work);
    ledger_close(&ledger, scratch);
}

/* Writes the outputs of the first stack other than its states. */
static void give_outputs(const struct machine *machine, const struct model_pass *m, float *states, char *scratch) {
    void *work = model_pass_shared(m, scratch);
    const sa_encode_args *a = &m->args;
    const int64_t B = a->batch, T = a->tokens, E = model_first(m->model)->config.width;
    give(a->hidden, states, B * T, E);
    struct pooler_input in = {m->model, states, a->ids, a->lengths, B, T};
    if (a->embedding) give_embedding(machine, m, &in, work);
    if (a->pooled) pooler_run(machine, &in, a->pooled, work);
    if (!a->logits || has_second(m)) return;
    if (m->first.mix) in.states = (float *)(scratch + m->first_plan.mixed);
    if (m->model->output.weights)
        give_logits(machine, m, &m->first_plan.rows, states, work);
    else
        pooler_classes(machine, &in, a->logits, work);
}

/* What the decoder of a classifier reads: its first token, then each text but for the last one. */
static void shift_right(const struct model_pass *m, int32_t *ids) {
    const sa_encode_args *a = &m->args;
    const struct model_config *c = &m->model->config;
    for (int64_t b = 0; b < a->batch; b++) {
        const int32_t *text = a->ids + b * a->tokens;
        const int64_t last = (a->lengths ? a->lengths[b] : a->tokens) - 1;
        int32_t *to = ids + b * a->tokens;
        to[0] = c->classifier_starts_last ? text[last] : (int32_t)c->start_token;
        memcpy(to + 1, text, (size_t)(a->tokens - 1) * sizeof *to);
    }
}

static void run_second(const struct machine *machine, struct model_pass *m, float *states, char *scratch) {
    const sa_encode_args *a = &m->args;
    const struct second_room room = book_second(m);
    ledger_open(&room.ledger, scratch);
    if (m->rereads) {
        shift_right(m, (int32_t *)(scratch + room.ids));
        m->second.input.ids = (int32_t *)(scratch + room.ids);
    }
    m->second.context = states;
    float *decoded = pass_run(machine, &m->second, &m->second_plan, scratch + room.pass);
    char *work = scratch + room.pass + m->second_plan.shared;
    give(a->target_hidden, decoded, a->batch * a->targets, m->model->decoder.config.width);
    const struct pooler_input in = {m->model, decoded, a->ids, a->lengths, a->batch, a->tokens};
    if (m->rereads)
        pooler_classes(machine, &in, a->logits, work);
    else if (a->logits)
        give_logits(machine, m, &m->second_plan.rows, decoded, work);
    ledger_close(&room.ledger, scratch);
}

float *model_pass_run(const struct machine *machine, struct model_pass *m, char *scratch) {
    char *shared = model_pass_shared(m, scratch);
    float *states = pass_run(machine, &m->first, &m->first_plan, scratch);
    give_outputs(machine, m, states, scratch);
    if (has_second(m)) run_second(machine, m, states, shared);
    return states;
}
