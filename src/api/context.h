/* The context, and how every call on it begins and ends.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_CONTEXT_H
#define SA_API_CONTEXT_H

#include "base/memory.h"
#include "base/report.h"
#include "plan/machine.h"

/* Memory that keeps its contents while it grows. Steps that write texts have one each. */
struct pad {
    char *bytes;
    int64_t used, room;
};
enum { CONTEXT_PADS = 48 };

struct sa_ctx {
    struct machine machine;
    struct allocator memory;
    struct report report;
    void *scratch;
    int64_t scratch_bytes;
    struct pad pads[CONTEXT_PADS];
    int32_t isa;
    struct watch watch;
};

/* Claims the context for one call: SA_OK, SA_ERR_NULL or SA_ERR_BUSY. Pair with context_leave(), which returns
 * `status`. */
sa_status context_enter(sa_ctx *ctx);
sa_status context_leave(sa_ctx *ctx, sa_status status);

/* While a callback runs, it may use the context; the call waits. It lends the context, and takes it back: SA_OK, or
 * SA_ERR_BUSY if somebody else still uses it, and then the call no longer has it. */
void context_lend(sa_ctx *ctx);
sa_status context_take_back(sa_ctx *ctx);

/* SA_ERR_CANCELLED if the call has left work out, else SA_OK. context_leave() asks, too: only a call that has something
 * to undo, or to release, need do so itself. */
sa_status context_cancelled(sa_ctx *ctx);

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
