/* What ranks tell each other before they compute, so that all of them fail if one does.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_AGREEMENT_H
#define SA_API_AGREEMENT_H

#include "base/report.h"
#include "flow/ring/ring.h"

/* Bytes that agree() needs at `memory`. */
int64_t agreement_bytes(const sa_exchange *exchange);

/* Tells the others that this rank is about to run `ring`, which is complete if `own` is SA_OK, or that it has failed
 * with `own`. Returns that status; SA_OK if all ranks are about to do the same; SA_ERR_EXCHANGE otherwise. */
sa_status agree(struct report *report, const struct ring *ring, sa_status own, void *memory);

/* The sentence of a failure of the exchange. */
sa_status fail_exchange(struct report *report, const sa_exchange *exchange, const struct ring_failure *failure);

#endif
