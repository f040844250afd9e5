/* The ways in which a model computes the outputs of a sample.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_ARCHITECTURES_RUN_H
#define TESTS_ARCHITECTURES_RUN_H

#include "verdict.h"

/* Everything in one call, without a cache. */
sa_status run_whole(sa_ctx *ctx, const struct sample *in, struct sample *out);

/* How many tokens a sequence gets in a step, of `rest` that it has not got yet. */
typedef int64_t (*pace_fn)(int64_t step, int64_t sequence, int64_t rest);
int64_t pace_at_once(int64_t step, int64_t sequence, int64_t rest);
int64_t pace_chunks(int64_t step, int64_t sequence, int64_t rest);
int64_t pace_single(int64_t step, int64_t sequence, int64_t rest);
int64_t pace_ragged(int64_t step, int64_t sequence, int64_t rest);

/* A session that gets the tokens (of an encoder-decoder, the targets) at this pace. */
sa_status run_session(sa_ctx *ctx, const struct sample *in, pace_fn pace, struct sample *out);

/* Continues each sequence's beginning with the best token again and again, and counts where that is not sample->greedy.
 * With a session; or each time from the beginning, without. `guest`: a shorter sequence keeps them company in the
 * batch. */
void run_greedy(sa_ctx *ctx, const struct sample *in, const char *way, int cached, int guest, struct verdict *v);

#endif
