/* The table of architectures.
 * SPDX-License-Identifier: MIT */
#include "model/architecture.h"

#include "base/compiler.h"
#include "blas/gemm.h"

#include <string.h>

enum { MOST_LAYERS = 4096 };

#define SIZE(key, member, most)                                                                                        \
    { key, offsetof(struct model_config, member), most }

static const struct architecture architectures[] = {
    {
        /* Devlin et al., "BERT", 2018: post-norm encoder with learned positions. */
        .model_type = "bert",
        .prefixes = {"", "bert."},
        .sizes =
            {
                SIZE("num_hidden_layers", layers, MOST_LAYERS),
                SIZE("hidden_size", width, GEMM_MAX),
                SIZE("num_attention_heads", heads, GEMM_MAX),
                SIZE("intermediate_size", inner, GEMM_MAX),
                SIZE("vocab_size", vocabulary, GEMM_MAX),
                SIZE("max_position_embeddings", positions, GEMM_MAX),
                SIZE("type_vocab_size", types, GEMM_MAX),
            },
        .options =
            {
                {"hidden_act", "gelu"},
                {"position_embedding_type", "absolute"},
                {"is_decoder", NULL},
                {"is_encoder_decoder", NULL},
                {"add_cross_attention", NULL},
                {"pruned_heads", NULL},
                {"quantization_config", NULL},
            },
        .epsilon_key = "layer_norm_eps",
        .epsilon = 1e-12,
        .model =
            {
                [WORD_EMBEDDINGS] = {"embeddings.word_embeddings.weight", NULL, "VE"},
                [POSITION_EMBEDDINGS] = {"embeddings.position_embeddings.weight", NULL, "PE"},
                [TYPE_EMBEDDINGS] = {"embeddings.token_type_embeddings.weight", NULL, "YE"},
                [EMBEDDING_NORM_WEIGHT] = {"embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma", "E"},
                [EMBEDDING_NORM_BIAS] = {"embeddings.LayerNorm.bias", "embeddings.LayerNorm.beta", "E"},
            },
        .block =
            {
                [QUERY_WEIGHT] = {"encoder.layer.#.attention.self.query.weight", NULL, "EE"},
                [QUERY_BIAS] = {"encoder.layer.#.attention.self.query.bias", NULL, "E"},
                [KEY_WEIGHT] = {"encoder.layer.#.attention.self.key.weight", NULL, "EE"},
                [KEY_BIAS] = {"encoder.layer.#.attention.self.key.bias", NULL, "E"},
                [VALUE_WEIGHT] = {"encoder.layer.#.attention.self.value.weight", NULL, "EE"},
                [VALUE_BIAS] = {"encoder.layer.#.attention.self.value.bias", NULL, "E"},
                [OUTPUT_WEIGHT] = {"encoder.layer.#.attention.output.dense.weight", NULL, "EE"},
                [OUTPUT_BIAS] = {"encoder.layer.#.attention.output.dense.bias", NULL, "E"},
                [ATTENTION_NORM_WEIGHT] = {"encoder.layer.#.attention.output.LayerNorm.weight",
                                           "encoder.layer.#.attention.output.LayerNorm.gamma", "E"},
                [ATTENTION_NORM_BIAS] = {"encoder.layer.#.attention.output.LayerNorm.bias",
                                         "encoder.layer.#.attention.output.LayerNorm.beta", "E"},
                [UP_WEIGHT] = {"encoder.layer.#.intermediate.dense.weight", NULL, "FE"},
                [UP_BIAS] = {"encoder.layer.#.intermediate.dense.bias", NULL, "F"},
                [DOWN_WEIGHT] = {"encoder.layer.#.output.dense.weight", NULL, "EF"},
                [DOWN_BIAS] = {"encoder.layer.#.output.dense.bias", NULL, "E"},
                [FEED_FORWARD_NORM_WEIGHT] = {"encoder.layer.#.output.LayerNorm.weight",
                                              "encoder.layer.#.output.LayerNorm.gamma", "E"},
                [FEED_FORWARD_NORM_BIAS] = {"encoder.layer.#.output.LayerNorm.bias",
                                            "encoder.layer.#.output.LayerNorm.beta", "E"},
            },
    },
};

const struct architecture *architecture_find(const char *model_type) {
    for (int64_t i = 0; i < COUNT_OF(architectures); i++)
        if (!strcmp(architectures[i].model_type, model_type)) return &architectures[i];
    return NULL;
}

int64_t architecture_size(const struct model_config *config, char letter) {
    switch (letter) {
    case 'E':
        return config->width;
    case 'F':
        return config->inner;
    case 'V':
        return config->vocabulary;
    case 'P':
        return config->positions;
    default: /* 'Y' */
        return config->types;
    }
}
