/* Rotary positions as config.json describes them, with the ways in which models stretch them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_ROTARY_H
#define SA_DESCRIBE_ROTARY_H

#include "base/memory.h"
#include "describe/config.h"

/* Reads the section of kind "rotary" for heads of this size. */
sa_status rotary_read(const struct section *s, int64_t head_size, struct position_config *p);

/* Reads its section "window": what replaces theta and scaling in blocks with a window. Without it, windowed->kind stays
 * POSITIONS_NONE. The limit of `p` becomes that of both. */
sa_status rotary_read_windowed(const struct section *s, int64_t head_size, struct position_config *p,
                               struct position_config *windowed);

/* Writes frequencies [rotary/2] and the attention factor. */
sa_status rotary_frequencies(const struct allocator *memory, const struct section *positions,
                             const struct position_config *p, double *frequencies, double *attention_factor);

#endif
