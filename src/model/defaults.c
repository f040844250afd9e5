/* sa_model_sampling().
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "model/model.h"

#include <string.h>

sa_status sa_model_sampling(const sa_model *model, sa_sampling *sampling) {
    struct report *report = thread_report();
    sa_sampling known;
    if (!model) return fail_null(report, "model");
    if (!sampling) return fail_null(report, "sampling");
    sa_status status = take_struct(report, "sa_sampling", sampling, &known, sizeof known, sizeof known.struct_size);
    if (status != SA_OK) return status;
    const struct generation_config *g = &model->config.generation;
    const uint64_t size = known.struct_size;
    known = g->sampling;
    known.struct_size = size;
    memcpy(sampling, &known, size < sizeof known ? (size_t)size : sizeof known);
    if (!*g->unsupported && !g->has_beams) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED, "generation_config.json: %s changes texts and is not supported",
                *g->unsupported ? g->unsupported : "num_beams");
}
