/* SPDX-License-Identifier: MIT */
#include "generate/session_memory.h"

void *cut(struct cutter *cutter, const char *name, int64_t count, int64_t width, int64_t size) {
    const int64_t at = ledger_book(&cutter->ledger, name, count, width, size);
    return cutter->base ? cutter->base + at : NULL;
}

sa_status session_reserve(struct report *report, sa_session *session, const struct ledger *ledger) {
    const int64_t bytes = ledger->bytes;
    if (!ledger_fits(ledger)) return fail_overflow(report, "the memory for generation");
    if (bytes > session->work_bytes) {
        void *work = memory_allocate(&session->memory, bytes, 1);
        if (!work) return fail_memory(report, bytes, "generation");
        memory_release(&session->memory, session->work, session->work_bytes, 1);
        session->work = work;
        session->work_bytes = bytes;
    }
    ledger_open(ledger, session->work);
    return SA_OK;
}
