/* The input of a stack: rows of its width, computed from tokens, an image or sound.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_INPUT_H
#define SA_STACK_INPUT_H

#include "model/model.h"
#include "plan/machine.h"

struct input {
    const struct stack *stack;
    int64_t B, T;
    const int32_t *ids, *types; /* [B][T]; types NULL: all 0 */
    const int64_t *lengths;     /* [B] real tokens; NULL: all T */
    const int64_t *starts;      /* [B] position of the first token of each sequence; NULL: 0 */
    const float *features;      /* instead of ids */
    int64_t width;              /* of features: frames of sound of any length; else as the model says */
};

/* What words of a sequence are multiplied by because some of its tokens are masked (Rives et al., "Biological structure
 * and function emerge from scaling unsupervised learning to 250 million protein sequences", 2021). Masks are 0. */
float scale_beside_masks(const struct input_config *config, const int32_t *ids, int64_t length);

/* Bytes of scratch memory; -1 if they do not fit. */
int64_t input_bytes(const struct machine *machine, const struct input *input);

/* Writes the state [B*T][E]. Has to run between blas_enter() and blas_leave(). */
void input_run(const struct machine *machine, const struct input *input, float *state, void *scratch);

/* Its other kinds: images and sound, without positions. convolutions_run() writes rows as wide as embeddings. */
int64_t patches_bytes(const struct machine *machine, const struct input *input);
void patches_run(const struct machine *machine, const struct input *input, float *state, void *scratch);
int64_t sound_bytes(const struct machine *machine, const struct input *input);
void sound_run(const struct machine *machine, const struct input *input, float *state, void *scratch);
int64_t convolutions_bytes(const struct machine *machine, const struct input *input);
void convolutions_run(const struct machine *machine, const struct input *input, float *state, void *scratch);

/* Positions that are computed from the state by a convolution, and added to it; nothing if the stack has others. */
int64_t position_convolution_bytes(const struct machine *machine, const struct input *input);
void position_convolution_run(const struct machine *machine, const struct input *input, float *state, char *scratch);

#endif
