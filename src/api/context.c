/* SPDX-License-Identifier: MIT */
#include "api/context.h"

#include "base/arith.h"
#include "cpu/cpu.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 1024 };

struct report *thread_report(void) {
    static _Thread_local struct report report;
    return &report;
}

/* Makes the context busy, unless it is. `less`: WATCH_LENT for a call that has lent it, else 0; with no call under way
 * nothing is cancelled. */
static sa_status claim(sa_ctx *ctx, uint32_t less) {
    uint32_t state = atomic_load_explicit(&ctx->watch.state, memory_order_relaxed);
    while (!(state & WATCH_BUSY))
        if (atomic_compare_exchange_weak_explicit(&ctx->watch.state, &state,
                                                  (state < WATCH_LENT ? 0 : state - less) | WATCH_BUSY,
                                                  memory_order_acquire, memory_order_relaxed))
            return SA_OK;
    return fail(thread_report(), SA_ERR_BUSY,
                "another call is using this context; make one context per calling thread");
}

sa_status context_enter(sa_ctx *ctx) {
    return ctx ? claim(ctx, 0) : fail_null(thread_report(), "ctx");
}

sa_status context_cancelled(sa_ctx *ctx) {
    if (!watch_has_stopped(&ctx->watch)) return SA_OK;
    return fail(&ctx->report, SA_ERR_CANCELLED, "sa_ctx_cancel() has ended this call before it was complete");
}

/* Between the two steps of the first case nobody else writes but sa_ctx_cancel(), which then is too late. */
sa_status context_leave(sa_ctx *ctx, sa_status status) {
    const sa_status cancelled = context_cancelled(ctx);
    if (atomic_load_explicit(&ctx->watch.state, memory_order_relaxed) < WATCH_LENT)
        atomic_store_explicit(&ctx->watch.state, 0, memory_order_release);
    else
        atomic_fetch_and_explicit(&ctx->watch.state, ~(uint32_t)(WATCH_BUSY | WATCH_STOPPED | WATCH_SHIELDED),
                                  memory_order_release);
    return cancelled == SA_OK ? status : cancelled;
}

void context_lend(sa_ctx *ctx) {
    atomic_fetch_add_explicit(&ctx->watch.state, WATCH_LENT - WATCH_BUSY, memory_order_release);
}

sa_status context_take_back(sa_ctx *ctx) {
    const sa_status status = claim(ctx, WATCH_LENT);
    if (status != SA_OK) atomic_fetch_sub_explicit(&ctx->watch.state, WATCH_LENT, memory_order_relaxed);
    return status;
}

int32_t sa_ctx_cancel(sa_ctx *ctx) {
    uint32_t state = ctx ? atomic_load_explicit(&ctx->watch.state, memory_order_relaxed) : 0;
    while (state & ~(uint32_t)WATCH_CANCELLED)
        if (atomic_compare_exchange_weak_explicit(&ctx->watch.state, &state, state | WATCH_CANCELLED,
                                                  memory_order_relaxed, memory_order_relaxed))
            return 1;
    return 0;
}

sa_status sa_ctx_set_progress(sa_ctx *ctx, sa_ctx_progress_fn progress, void *user) {
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    ctx->watch.progress = progress;
    ctx->watch.user = user;
    return context_leave(ctx, SA_OK);
}

sa_status context_reserve(sa_ctx *ctx, int64_t bytes) {
    if (bytes <= ctx->scratch_bytes) return SA_OK;
    void *scratch = memory_allocate(&ctx->memory, bytes, 1);
    if (!scratch) return fail_memory(&ctx->report, bytes, "scratch memory");
    memory_release(&ctx->memory, ctx->scratch, ctx->scratch_bytes, 1);
    ctx->scratch = scratch;
    ctx->scratch_bytes = bytes;
    return SA_OK;
}

sa_status context_grow(sa_ctx *ctx, struct pad *pad, int64_t room) {
    enum { LEAST_ROOM = 1024 };
    int64_t wanted;
    if (room <= pad->room) return SA_OK;
    if (!checked_mul(pad->room, 2, &wanted) || wanted < room) wanted = room;
    if (wanted < LEAST_ROOM) wanted = LEAST_ROOM;
    char *bytes = memory_allocate(&ctx->memory, wanted, 1);
    if (!bytes) return fail_memory(&ctx->report, wanted, "text");
    if (pad->used) memcpy(bytes, pad->bytes, (size_t)pad->used);
    memory_release(&ctx->memory, pad->bytes, pad->room, 1);
    pad->bytes = bytes;
    pad->room = wanted;
    return SA_OK;
}

sa_status take_struct(struct report *report, const char *name, const void *from, void *to, uint64_t known,
                      uint64_t least) {
    uint64_t size;
    memcpy(&size, from, sizeof size);
    if (size < least || size > UINT32_MAX)
        return fail(report, SA_ERR_STRUCT_SIZE, "%s.struct_size is %llu, at least %llu is needed; set it to sizeof(%s)",
                    name, (unsigned long long)size, (unsigned long long)least, name);
    if (size % _Alignof(uint64_t))
        return fail(report, SA_ERR_STRUCT_SIZE, "%s.struct_size is %llu, which cuts a field; set it to sizeof(%s)",
                    name, (unsigned long long)size, name);
    for (uint64_t i = known; i < size; i++)
        if (((const unsigned char *)from)[i])
            return fail(report, SA_ERR_STRUCT_SIZE,
                        "%s has %llu bytes of which byte %llu is set; this version knows %llu", name,
                        (unsigned long long)size, (unsigned long long)i, (unsigned long long)known);
    const uint64_t copied = size < known ? size : known;
    memcpy(to, from, (size_t)copied);
    memset((char *)to + copied, 0, (size_t)(known - copied));
    return SA_OK;
}

/* Reads an environment variable that names one of `count` choices; if it is not set, *value is unchanged. */
static sa_status choice_from_environment(const char *variable, const char *const *names, int32_t count, const char *all,
                                         int32_t *value) {
    const char *text = getenv(variable);
    if (!text || !*text) return SA_OK;
    for (int32_t i = 0; i < count; i++)
        if (!strcmp(text, names[i])) {
            *value = i;
            return SA_OK;
        }
    return fail(thread_report(), SA_ERR_VALUE, "the environment variable %s is \"%.80s\", must be one of %s", variable,
                text, all);
}

static sa_status check_options(const sa_ctx_options *o) {
    struct report *r = thread_report();
    if (o->threads < 0 || o->threads > MOST_THREADS)
        return fail(r, SA_ERR_VALUE, "threads is %d, must be 0 to %d", (int)o->threads, MOST_THREADS);
    if (o->parallel < SA_PARALLEL_DEFAULT || o->parallel > SA_PARALLEL_POOL)
        return fail(r, SA_ERR_VALUE, "parallel is %d, which is no SA_PARALLEL_ constant", (int)o->parallel);
    if (o->parallel == SA_PARALLEL_CALLBACK && !o->parallel_for)
        return fail_null(r, "parallel_for, which SA_PARALLEL_CALLBACK needs,");
    if (o->parallel_for && o->parallel != SA_PARALLEL_CALLBACK && o->parallel != SA_PARALLEL_DEFAULT)
        return fail(r, SA_ERR_VALUE, "parallel_for is set, but parallel is %d and would not use it", (int)o->parallel);
    if (o->parallel == SA_PARALLEL_OPENMP && !parallel_has_openmp())
        return fail(r, SA_ERR_UNSUPPORTED, "this build of the library has no OpenMP");
    if (!o->allocate != !o->release)
        return fail(r, SA_ERR_NULL, "%s is NULL, but %s is given: both or neither",
                    o->allocate ? "release" : "allocate", o->allocate ? "allocate" : "release");
    if (o->path < SA_PATH_AUTO || o->path > SA_PATH_FUSED)
        return fail(r, SA_ERR_VALUE, "path is %d, which is no SA_PATH_ constant", (int)o->path);
    if (o->isa < SA_ISA_AUTO || o->isa > SA_ISA_SIMD128)
        return fail(r, SA_ERR_VALUE, "isa is %d, which is no SA_ISA_ constant", (int)o->isa);
    if (o->precision < SA_PRECISION_HIGHEST || o->precision > SA_PRECISION_MEDIUM)
        return fail(r, SA_ERR_VALUE, "precision is %d, which is no SA_PRECISION_ constant", (int)o->precision);
    if (o->same_bits != 0 && o->same_bits != 1)
        return fail(r, SA_ERR_VALUE, "same_bits is %d, must be 0 or 1", (int)o->same_bits);
    return SA_OK;
}

/* The environment replaces the default path, and caps the instruction set. */
static sa_status read_environment(int32_t *path, int32_t *isa) {
    static const char *const paths[] = {"auto", "plain", "blas", "fused"};
    static const char *const names[] = {"auto", "portable", "avx2", "avx512", "amx", "avx512_bf16", "neon", "simd128"};
    int32_t path_wanted = SA_PATH_AUTO, isa_wanted = SA_ISA_AUTO;
    sa_status status =
        choice_from_environment("SELFATTN_PATH", paths, COUNT_OF(paths), "auto, plain, blas, fused", &path_wanted);
    if (status == SA_OK)
        status = choice_from_environment("SELFATTN_ISA", names, COUNT_OF(names),
                                         "auto, portable, simd128, neon, avx2, avx512, avx512_bf16, amx", &isa_wanted);
    if (*path == SA_PATH_AUTO) *path = path_wanted;
    if (isa_wanted != SA_ISA_AUTO && (*isa == SA_ISA_AUTO || isa_has(*isa, isa_wanted))) *isa = isa_wanted;
    return status;
}

static sa_status check_blas(int32_t path) {
    const char *why = path == SA_PATH_BLAS ? blas_load() : NULL;
    return why ? fail(thread_report(), SA_ERR_UNSUPPORTED, "path is SA_PATH_BLAS, but no BLAS can be used: %s", why)
               : SA_OK;
}

static struct parallel choose_parallel(const sa_ctx_options *o) {
    struct parallel p = {
        .kind = o->parallel, .threads = o->threads, .callback = o->parallel_for, .user = o->parallel_user};
    if (p.kind == SA_PARALLEL_DEFAULT) p.kind = o->parallel_for ? SA_PARALLEL_CALLBACK : SA_PARALLEL_POOL;
    if (p.threads == 0) {
        const int32_t cpus = cpu_count();
        p.threads = cpus < MOST_THREADS ? cpus : MOST_THREADS;
    }
    if (p.kind == SA_PARALLEL_SERIAL) p.threads = 1;
    return p;
}

/* The precision that holds: HIGHEST wherever a lower one would not be faster. */
static int32_t choose_precision(const struct machine *m, int32_t wanted) {
    const struct matrix_kernels *matrix = m->kernels->matrix;
    int64_t parts = parts_of_precision(wanted);
    return m->path == SA_PATH_FUSED && matrix && parts <= matrix->most_parts ? wanted : SA_PRECISION_HIGHEST;
}

static struct machine choose_machine(const sa_ctx_options *o, int32_t path, int32_t isa) {
    struct machine m = {.parallel = choose_parallel(o), .kernels = kernels_select(isa)};
    m.path = path != SA_PATH_AUTO ? path : SA_PATH_FUSED;
    /* We have no kernels for this processor, but its BLAS may have. */
    m.blas_projections = path == SA_PATH_AUTO && m.kernels->isa == SA_ISA_PORTABLE && !blas_load();
    if (m.path == SA_PATH_PLAIN && m.kernels->isa == SA_ISA_PORTABLE) m.kernels = &kernels_ref;
    m.precision = choose_precision(&m, o->precision);
    m.same_bits = o->same_bits;
    m.rounds_inputs = m.path == SA_PATH_FUSED && o->precision == SA_PRECISION_MEDIUM;
    m.gemm = m.path == SA_PATH_BLAS || m.blas_projections ? gemm_blas : gemm_plain;
    return m;
}

sa_status sa_ctx_create(const sa_ctx_options *options, sa_ctx **ctx) {
    if (!ctx) return fail_null(thread_report(), "ctx");
    *ctx = NULL;
    sa_ctx_options o = {0};
    sa_status status = SA_OK;
    if (options) status = take_struct(thread_report(), "sa_ctx_options", options, &o, sizeof o, sizeof o.struct_size);
    if (status == SA_OK) status = check_options(&o);
    if (status == SA_OK) status = read_environment(&o.path, &o.isa);
    if (status == SA_OK) status = check_blas(o.path);
    if (status != SA_OK) return status;
    struct allocator memory = {o.allocate, o.release, o.allocator_user};
    if (!memory.allocate) memory = default_allocator;
    sa_ctx *made = memory_allocate(&memory, 1, sizeof *made);
    if (!made) return fail_memory(thread_report(), sizeof *made, "a context");
    made->memory = memory;
    int32_t isa = o.isa == SA_ISA_AUTO || isa_has(o.isa, cpu_isa()) ? cpu_isa() : o.isa;
    made->machine = choose_machine(&o, o.path, isa);
    made->isa = made->machine.kernels->isa;
    made->machine.parallel.watch = &made->watch;
    parallel_open(&made->machine.parallel);
    *ctx = made;
    return SA_OK;
}

void sa_ctx_destroy(sa_ctx **ctx) {
    if (!ctx || !*ctx) return;
    struct allocator memory = (*ctx)->memory;
    parallel_close(&(*ctx)->machine.parallel);
    memory_release(&memory, (*ctx)->scratch, (*ctx)->scratch_bytes, 1);
    for (int i = 0; i < CONTEXT_PADS; i++) memory_release(&memory, (*ctx)->pads[i].bytes, (*ctx)->pads[i].room, 1);
    memory_release(&memory, *ctx, 1, sizeof **ctx);
    *ctx = NULL;
}

const char *sa_ctx_last_error(const sa_ctx *ctx) {
    return ctx ? ctx->report.text : thread_report()->text;
}

int32_t sa_ctx_threads(const sa_ctx *ctx) {
    return ctx ? ctx->machine.parallel.threads : 0;
}

int32_t sa_ctx_parallel(const sa_ctx *ctx) {
    return ctx ? ctx->machine.parallel.kind : 0;
}

int32_t sa_ctx_isa(const sa_ctx *ctx) {
    return ctx ? ctx->isa : 0;
}

int32_t sa_ctx_path(const sa_ctx *ctx) {
    return ctx ? ctx->machine.path : 0;
}

int32_t sa_ctx_precision(const sa_ctx *ctx) {
    return ctx ? ctx->machine.precision : 0;
}

uint64_t sa_ctx_scratch_bytes(const sa_ctx *ctx) {
    return ctx ? (uint64_t)ctx->scratch_bytes : 0;
}

sa_status sa_ctx_reserve(sa_ctx *ctx, uint64_t bytes) {
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    if (bytes > INT64_MAX) return context_leave(ctx, fail_memory(&ctx->report, INT64_MAX, "scratch memory"));
    return context_leave(ctx, context_reserve(ctx, (int64_t)bytes));
}
