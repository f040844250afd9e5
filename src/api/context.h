/* The context, and how every call on it begins and ends.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_CONTEXT_H
#define SA_API_CONTEXT_H

#include "base/memory.h"
#include "base/report.h"
#include "plan/machine.h"

#include <stdatomic.h>

/* Memory that keeps its contents while it grows. Steps that write texts have one each. */
struct pad {
    char *bytes;
    int64_t used, room;
};
enum { CONTEXT_PADS = 24 };

struct sa_ctx {
    struct machine machine;
    struct allocator memory;
    struct report report;
    void *scratch;
    int64_t scratch_bytes;
    struct pad pads[CONTEXT_PADS];
    int32_t isa;
    atomic_flag busy;
};

/* Claims the context for one call: SA_OK, SA_ERR_NULL or SA_ERR_BUSY. Pair with context_leave(), which returns
 * `status`. */
sa_status context_enter(sa_ctx *ctx);
sa_status context_leave(sa_ctx *ctx, sa_status status);

/* Makes ctx->scratch at least `bytes` long. */
sa_status context_reserve(sa_ctx *ctx, int64_t bytes);

/* Makes a pad at least `room` long. It grows by a factor, so that many small steps cost no more than a large one. */
sa_status context_grow(sa_ctx *ctx, struct pad *pad, int64_t room);

/* The error text of calls that have no context, one per thread. */
struct report *thread_report(void);

/* Copies a caller's struct of any version into this version's. Fields that are missing at its end become 0; bytes
 * beyond the known fields have to be 0. `least` bytes are required. */
sa_status take_struct(struct report *report, const char *name, const void *from, void *to, uint64_t known,
                      uint64_t least);

#endif
