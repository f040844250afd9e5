/* A model's files: weights in any format, and the settings, from config.json or from the weights' file.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_MODEL_FILES_H
#define SA_FILE_MODEL_FILES_H

#include "file/json.h"
#include "file/tensors.h"

struct model_files {
    struct allocator memory;
    char *directory; /* of the weights */
    int is_read;     /* files of weights are read as a whole, not mapped */
    struct tensor_file weights;
    json_t *config;      /* in the form of a config.json */
    json_t *description; /* of a GGUF file: takes the place of architecture.json; NULL: there is none */
    json_t *pooling;     /* of a GGUF file: sentence-transformers' Pooling; NULL as before */
    json_t *generation;  /* generation_config.json; NULL: there is none, or all settings are in the weights' file */
    json_t *modules;     /* the array of modules.json of sentence-transformers; NULL as before */
    json_t *prompts;     /* config_sentence_transformers.json, where there is a modules.json; NULL as before */
};

/* Opens what `path` names: a file of weights (*.safetensors, *.safetensors.index.json, *.gguf, *.bin) or a directory
 * with one. safetensors have a config.json beside them. In a directory with config.json, the first of
 * model.safetensors, its index and model.gguf is opened, or otherwise the only file that is possible. In a directory
 * without, *.gguf and model.bin come before safetensors. On failure `files` is left empty. Weights are
 * mapped, or `is_read`. */
sa_status model_files_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                           struct model_files *files);

/* The file that has the settings of a model with these weights, for error texts. */
const char *model_files_config_name(const struct tensor_file *weights);

void model_files_close(struct model_files *files);

#endif
