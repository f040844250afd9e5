/* Jobs of the soak: each is a function of its number, and gives a sum of all the bits that it has computed.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SOAK_JOBS_H
#define TESTS_SOAK_JOBS_H

#include "selfattn_models.h"

/* What all threads share. */
struct shared {
    sa_layer *layer;
    sa_model *encoder, *decoder;
};

/* A failure of any of these ends the program. */
void shared_open(struct shared *shared);
void shared_close(struct shared *shared);

/* Job number `seed` on a context: attention with masks, a layer at once or from a cache, an encoder's batch, or a
 * session that runs, forks and writes. */
uint64_t job_run(sa_ctx *ctx, const struct shared *shared, uint64_t seed);

#endif
