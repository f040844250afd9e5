/* Rotations, slopes and biases of self-attention, computed once for all layers of a stack that have the same.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_LOAD_POSITIONS_H
#define SA_MODEL_LOAD_POSITIONS_H

#include "model/bind.h"

/* Which rotary positions a block has: none, those of the stack, or those of blocks with a window. */
enum rotations { ROTATIONS_NONE, ROTATIONS_OF_STACK, ROTATIONS_OF_WINDOWS };

struct position_rules {
    sa_rope rope;         /* struct_size 0: none */
    sa_score_rules rules; /* likewise */
    double *frequencies;
    int64_t frequency_count;
    float *numbers; /* slopes, or biases by distance, or cosines and sines */
    int64_t number_count;
    int is_made;
    enum rotations rotations;
    const struct tensor *table; /* of buckets that the biases were computed from */
};

/* Makes the rules of a layer with this table of buckets (NULL: none) and these rotations, unless those of the layer
 * before are the same. On failure, too, position_rules_release() frees what was made. Rules that are all zero are those
 * before the first layer.
 */
sa_status position_rules_take(const struct allocator *memory, const struct section *stack,
                              const struct stack_config *config, const struct tensor *table, enum rotations rotations,
                              struct position_rules *rules);
void position_rules_release(const struct allocator *memory, struct position_rules *rules);

/* Puts them into a layer's configuration, which then points at them. */
void position_rules_apply(const struct position_rules *rules, sa_layer_config *layer);

#endif
