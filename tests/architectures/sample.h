/* A model's folder: inputs, and the outputs that another implementation computed.
 *
 *   config.json, model.safetensors    the model; or model.gguf
 *   reference.json                    input_ids [B,T] with lengths [B], decoder_input_ids [B,U], greedy [B,n];
 *                                     each optional
 *   reference.safetensors             pixel_values or input_features instead of input_ids, and the outputs in fields[]
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_ARCHITECTURES_SAMPLE_H
#define TESTS_ARCHITECTURES_SAMPLE_H

#include "selfattn_models.h"

#include <stdint.h>

/* Outputs, all as arrays [outer][B][inner][rows][width]. */
enum field_number {
    HIDDEN_1,       /* hidden_after_layer_1         [B,T,E] */
    HIDDEN,         /* last_hidden_state, encoder_last_hidden_state */
    POOLED,         /* pooler_output                [B,E] */
    LOGITS,         /* logits: [B,T,V], of a classifier [B,V], of words behind an encoder [B,U,V] */
    WEIGHTS,        /* attention_weights, encoder_weights [L,B,H,T,T] */
    TARGET_WEIGHTS, /* decoder_weights              [L,B,H,U,U] */
    CROSS_WEIGHTS,  /* cross_weights                [L,B,H,U,T] */
    FIELDS
};

struct field {
    const char *name;
    int are_weights;
    int of_targets; /* rows are targets, else tokens */
    int64_t outer, inner, rows, width;
};

struct sample {
    const sa_model *model;
    int64_t B, T, U;
    int32_t *ids;            /* [B][T], or NULL */
    int64_t *lengths;        /* [B]; of the targets where they are not all real, target_lengths */
    int64_t *target_lengths; /* [B] */
    int32_t *targets;        /* [B][U], or NULL */
    float *features;         /* instead of ids, or NULL */
    int64_t feature_size;    /* of one input */
    int64_t feature_width;   /* of sound of any length; else 0 */
    int32_t *greedy;         /* [B][greedy_length], or NULL */
    int64_t greedy_length;
    struct field fields[FIELDS];
    float *values[FIELDS]; /* NULL: not there */
};

enum { REASON_BYTES = 500 };

/* Reads a folder; 0 with the reason in `why` if something is missing or unknown. */
int sample_read(struct sample *sample, const sa_model *model, const char *folder, char why[REASON_BYTES]);
void sample_free(struct sample *sample);

/* The sequence b of a sample, without its padding, as a sample of its own. */
struct sample sample_alone(const struct sample *sample, int64_t b);

/* The sample of a decoder with its tokens, or its targets, cut to other lengths: what is cut off becomes padding. */
struct sample sample_padded(const struct sample *sample);

/* Room for outputs of a sample: the same sizes, zeros, nothing in greedy. */
struct sample sample_like(const struct sample *sample);

/* Elements of a field. */
int64_t field_size(const struct sample *sample, int field);

/* Real rows of a field for sequence b. */
int64_t field_rows(const struct sample *sample, int field, int64_t b);

/* Row r of sequence b. */
float *field_row(const struct sample *sample, int field, int64_t outer, int64_t b, int64_t inner, int64_t r);

/* Whether there is a decoder that looks at an encoder. */
int has_both(const sa_model *model);

/* malloc() that ends the program where there is no memory. */
void *room(int64_t count, int64_t size);

#endif
