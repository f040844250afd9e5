/* SPDX-License-Identifier: MIT */
#include "generate/model_rules.h"

#include <math.h>

static sa_status check_forced(struct report *report, const char *key, int64_t token, int64_t V) {
    if (token < V) return SA_OK;
    return fail(report, SA_ERR_VALUE, "model_rules is 1, but %s is %lld, and the model has %lld tokens", key,
                (long long)token, (long long)V);
}

sa_status model_rules_take(struct report *report, const sa_model *model, int32_t wanted, int64_t V,
                           struct model_rules *rules) {
    const struct model_config *c = &model->config;
    *rules = (struct model_rules){.start = (int32_t)c->start_token};
    if (wanted != 0 && wanted != 1) return fail(report, SA_ERR_VALUE, "model_rules is %d, must be 0 or 1", (int)wanted);
    if (!wanted) return SA_OK;
    rules->config = c;
    sa_status status = check_forced(report, "forced_bos_token_id", c->forced_first, V);
    return status == SA_OK ? check_forced(report, "forced_eos_token_id", c->forced_last, V) : status;
}

static void forbid(int64_t token, float *logits, int64_t V) {
    if (token >= 0 && token < V) logits[token] = -HUGE_VALF;
}

/* Token i of prompt and new tokens. */
static int32_t token_at(const struct model_rules *r, const struct ruled_text *t, int64_t i) {
    if (i >= t->prompt_tokens) return t->made[i - t->prompt_tokens];
    return t->prompt ? t->prompt[i] : r->start;
}

/* Forbids what would make the last `size` tokens a group that the text already has. */
static void forbid_repeated(const struct model_rules *r, const struct ruled_text *t, int64_t size, float *logits,
                            int64_t V) {
    const int64_t count = t->prompt_tokens + t->made_tokens;
    for (int64_t begin = 0; begin + size <= count; begin++) {
        int64_t same = 0;
        while (same < size - 1 && token_at(r, t, begin + same) == token_at(r, t, count - size + 1 + same)) same++;
        if (same == size - 1) forbid(token_at(r, t, begin + size - 1), logits, V);
    }
}

static int is_too_short(const struct generation_config *g, const struct ruled_text *t) {
    return t->made_tokens < g->min_new_tokens || t->before + t->prompt_tokens + t->made_tokens < g->min_length;
}

/* The token that has to come, or -1. */
static int64_t forced_token(const struct model_config *c, const struct ruled_text *t) {
    if (c->forced_first >= 0 && t->before + t->prompt_tokens == 1 && t->made_tokens == 0) return c->forced_first;
    return t->is_last ? c->forced_last : -1;
}

/* The first new token, or the one behind the forced first one. */
static int is_first_free(const struct model_config *c, const struct ruled_text *t) {
    return t->made_tokens == (c->forced_first >= 0 && t->before + t->prompt_tokens == 1);
}

void model_rules_apply(const struct model_rules *r, const struct ruled_text *t, float certain, float *logits,
                       int64_t V) {
    const struct model_config *c = r->config;
    if (!c) return;
    const struct generation_config *g = &c->generation;
    const int64_t forced = forced_token(c, t);
    if (forced >= 0) {
        for (int64_t id = 0; id < V; id++) logits[id] = -HUGE_VALF;
        logits[forced] = certain;
        return;
    }
    for (int first = 0; first <= is_first_free(c, t); first++)
        for (int64_t i = 0; i < g->suppressed_count[first]; i++) forbid(g->suppressed[first][i], logits, V);
    if (g->no_repeat_size) forbid_repeated(r, t, g->no_repeat_size, logits, V);
    if (is_too_short(g, t))
        for (int64_t i = 0; i < c->end_token_count; i++) forbid(c->end_tokens[i], logits, V);
}
