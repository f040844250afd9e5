/* What sa_trainer_config may say.
 * SPDX-License-Identifier: MIT */
#include "model/convert.h"
#include "train/new_classifier.h"
#include "train/trainer.h"

static sa_status check_number(struct report *report, const char *name, double x, double most, int below) {
    if (x >= 0 && (below ? x < most : x <= most)) return SA_OK;
    return fail(report, SA_ERR_VALUE, "%s is %g, must be 0 or more, and %s %g", name, x, below ? "below" : "at most",
                most);
}

/* What cannot be together with the others. */
static sa_status check_beginning(struct report *report, const sa_trainer_config *c) {
    const struct new_classes classes = {c->classes, c->class_count};
    if (c->initialize < 0 || c->initialize > 1 || (c->initialize && c->resume))
        return fail(report, SA_ERR_VALUE, "initialize is %d and resume %d, each must be 0 or 1, and not both 1",
                    (int)c->initialize, (int)c->resume);
    if (c->initialize && c->lora)
        return fail(report, SA_ERR_VALUE, "initialize is 1, but lora adapts weights that have been learned");
    if (c->classes && (c->resume || c->lora))
        return fail(report, SA_ERR_VALUE, "classes is given beside %s",
                    c->resume ? "resume: a checkpoint has its own" : "lora: a new classifier is no adapter");
    return new_classes_check(report, &classes);
}

sa_status trainer_take_config(struct report *report, const sa_trainer_config *from, sa_trainer_config *c) {
    const double most = 1e30;
    *c = (sa_trainer_config){.struct_size = sizeof *c};
    sa_status status =
        from ? take_struct(report, "sa_trainer_config", from, c, sizeof *c, sizeof c->struct_size) : SA_OK;
    if (status == SA_OK && (c->optimizer < SA_OPTIMIZER_ADAMW || c->optimizer > SA_OPTIMIZER_SGD))
        status = fail(report, SA_ERR_VALUE, "optimizer is %d, which is no SA_OPTIMIZER_ constant", (int)c->optimizer);
    if (status == SA_OK && (c->resume < 0 || c->resume > 1 || c->decay_matrices_only < 0 || c->decay_matrices_only > 1))
        status = fail(report, SA_ERR_VALUE, "resume is %d and decay_matrices_only %d, each must be 0 or 1",
                      (int)c->resume, (int)c->decay_matrices_only);
    if (status == SA_OK) status = check_beginning(report, c);
    if (status == SA_OK) status = check_image_size(report, c->image_size);
    if (status == SA_OK && ((c->weights != SA_F32 && c->weights != SA_BF16) || (c->weights && c->lora)))
        status = fail(report, SA_ERR_VALUE, "weights is %lld, must be SA_F32%s", (long long)c->weights,
                      c->lora ? " beside lora" : " or SA_BF16");
    if (status == SA_OK && (c->recompute < 0 || c->recompute > 1))
        status = fail(report, SA_ERR_VALUE, "recompute is %lld, must be 0 or 1", (long long)c->recompute);
    if (status == SA_OK) status = check_number(report, "beta1", c->beta1, 1, 1);
    if (status == SA_OK) status = check_number(report, "beta2", c->beta2, 1, 1);
    if (status == SA_OK) status = check_number(report, "epsilon", c->epsilon, 1, 0);
    if (status == SA_OK) status = check_number(report, "weight_decay", c->weight_decay, most, 0);
    if (status == SA_OK) status = check_number(report, "clip_norm", c->clip_norm, most, 0);
    if (status == SA_OK) status = check_number(report, "label_smoothing", c->label_smoothing, 1, 1);
    if (status == SA_OK) status = check_number(report, "attention_dropout", c->attention_dropout, 1, 1);
    if (status == SA_OK) status = check_number(report, "hidden_dropout", c->hidden_dropout, 1, 1);
    if (c->optimizer == SA_OPTIMIZER_ADAMW) {
        if (c->beta1 == 0) c->beta1 = 0.9;
        if (c->beta2 == 0) c->beta2 = 0.999;
        if (c->epsilon == 0) c->epsilon = 1e-8;
    }
    return status;
}
