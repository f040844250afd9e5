/* The contents of sa_trainer.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TRAINER_H
#define SA_TRAIN_TRAINER_H

#include "file/model_files.h"
#include "model/bind.h"
#include "model/model.h"
#include "train/adapters.h"
#include "train/tape.h"

struct sa_trainer {
    struct allocator memory;
    sa_trainer_config config; /* defaults filled in */
    struct model_files files; /* its settings; the weights are the model's */
    sa_model *model;          /* what does not change: the description, and positions */
    struct bound_model bound;
    struct parameters parameters; /* of the model's tensors, but for constants */
    struct parameters constants;  /* of tensors that training leaves as they are, as Transformers does */
    struct adapters adapters;     /* count 0: none, and all parameters learn */
    struct tape tape;
    int64_t updates;
    int64_t batches;  /* since the last update */
    int64_t dropouts; /* of this batch so far */
    int learns;       /* whether this batch does; otherwise nothing is dropped */
};

/* The checked inputs of a step. */
struct training_step {
    int64_t B, T, labels_per_sequence;
    const int32_t *ids, *labels;
    const int64_t *lengths;
    const float *features;
    double weight;      /* 0: no gradients are wanted */
    double temperature; /* of pairs: sequences b and b + B / 2; 0: the loss is that of labels */
};

/* What learns. */
static inline const struct parameters *trainer_learned(const struct sa_trainer *t) {
    return t->adapters.count ? &t->adapters.parameters : &t->parameters;
}

/* The numbers of a tensor of the file; NULL for NULL. */
static inline struct parameter *trainer_parameter(const struct sa_trainer *t, const struct tensor *tensor) {
    const struct tensor_file *file = &t->model->file;
    if (!tensor) return NULL;
    return parameter_at(t->parameters.number[tensor - file->tensors] < 0 ? &t->constants : &t->parameters, file,
                        tensor);
}

/* Takes the caller's configuration, with defaults filled in. `from` may be NULL. */
sa_status trainer_take_config(struct report *report, const sa_trainer_config *from, sa_trainer_config *config);

/* Refuses what no gradient is known of, by name. */
sa_status trainer_check(struct report *report, const struct sa_model *model);

/* Refuses models whose labels no loss is known of. */
sa_status trainer_check_labels(struct report *report, const struct sa_model *model);

/* The same of a model that was made a classifier, and those that became none. */
sa_status trainer_check_classes(struct report *report, const struct sa_model *model);

/* Takes a batch's share of the gradients to the step: 0 stands for 1, and without `learns` there are none. */
sa_status trainer_take_weight(struct report *report, double weight, int learns, struct training_step *step);

/* Computes the loss of a step, and adds its gradients to the parameters'. */
sa_status trainer_run(sa_ctx *ctx, struct sa_trainer *trainer, const struct training_step *step, double *loss);

/* One update of all parameters; clears the gradients. *norm is that of the gradients before clipping. */
void trainer_update(const struct sa_ctx *ctx, struct sa_trainer *trainer, double learning_rate, double *norm);

/* Writes what learns, with what the optimiser keeps of it, or reads the latter back. `directory` exists. */
sa_status trainer_write(sa_ctx *ctx, const struct sa_trainer *trainer, const char *directory);

/* Writes the model alone, with its adapters added. */
sa_status trainer_write_merged(sa_ctx *ctx, const struct sa_trainer *trainer, const char *directory);

/* PEFT's settings of the adapters; json_decref() them. NULL: no memory. */
json_t *adapter_config(const struct sa_trainer *trainer);
sa_status trainer_read_kept(sa_ctx *ctx, struct sa_trainer *trainer, const char *directory);

#endif
