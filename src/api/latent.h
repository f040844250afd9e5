/* Checks of sa_latent, and of calls of its layers.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_LATENT_H
#define SA_API_LATENT_H

#include "flow/forward.h"

/* Checks what a layer's configuration says about latent attention, takes it to *latent and fills in the layer's sizes
 * and norms. Its other sizes are there already. */
sa_status take_latent(struct report *report, const sa_layer_config *config, sa_latent *latent, struct sa_layer *layer);

/* Checks whether a call suits the layer and its cache, before any tensor is looked at; layers without latent attention
 * too. */
sa_status check_latent_call(struct report *report, const sa_layer *layer, const sa_forward_args *args);

/* Whether the checked call runs in the expanded form. */
int runs_expanded(const struct machine *machine, const struct forward *forward, int32_t form);

#endif
