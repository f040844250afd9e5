/* Adapters of low rank (Hu et al., "LoRA", 2021) as Hugging Face's PEFT writes them: a directory with
 * adapter_config.json and adapter_model.safetensors. A pair of matrices A [rank][in] and B [out][rank] stands beside a
 * matrix W [out][in] of a model, which acts as W + scale B A.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_LORA_H
#define SA_FILE_LORA_H

#include "file/tensors.h"

/* A pair and the model's matrix, which has a row per input if is_in_out. */
struct lora_pair {
    const struct tensor *of, *down, *up; /* W, A, B */
    int is_in_out;
};

struct lora {
    struct allocator memory;
    int64_t rank;
    double alpha, dropout, scale;
    int is_in_out, by_root; /* fan_in_fan_out; use_rslora */
    struct tensor_file file;
    struct lora_pair *pairs; /* in the order of the file's names */
    int64_t count;
};

#define LORA_CONFIG  "adapter_config.json"
#define LORA_TENSORS "adapter_model.safetensors"

/* What PEFT's names have in front of a module's and behind it. */
#define LORA_FRONT "base_model.model."
#define LORA_DOWN  ".lora_A.weight"
#define LORA_UP    ".lora_B.weight"

/* Whether the name of a module ends with whole parts: it is `end`, or has a dot in front of that. Neither ends with a
 * NUL. */
int module_ends_with(const char *name, size_t length, const char *end, size_t end_length);

/* alpha / rank; or alpha / sqrt(rank) (Kalajdzievski, "A rank stabilization scaling factor", 2023). */
double lora_scale(double alpha, int64_t rank, int by_root);

/* Inputs and outputs of a matrix. */
static inline int64_t lora_inputs(const struct tensor *of, int is_in_out) {
    return of->size[is_in_out ? 0 : 1];
}
static inline int64_t lora_outputs(const struct tensor *of, int is_in_out) {
    return of->size[is_in_out ? 1 : 0];
}

/* Refuses files whose matrices may have their rows in another order than PEFT's: GGUF and llama2.c. */
sa_status lora_check_base(struct report *report, const struct tensor_file *base);

/* Opens the adapters in a directory, which stand beside matrices of `base`. All are found, and their shapes checked.
 * A module's names in both files may differ by what stands in front. On failure `lora` is left closed. */
sa_status lora_open(const struct allocator *memory, struct report *report, const char *directory,
                    const struct tensor_file *base, struct lora *lora);
void lora_close(struct lora *lora);

/* Rows first .. first + rows of w, as the matrix lies in its file, get scale B A added. Sums are in double. */
struct lora_matrices {
    const float *down, *up;
    int64_t in, out, rank;
    double scale;
    int is_in_out;
};
void lora_add(const struct lora_matrices *m, int64_t first, int64_t rows, float *w);

#endif
