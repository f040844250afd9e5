/* SPDX-License-Identifier: MIT */
#include "library.h"

#include "report.h"
#include "way.h"

#include <stdlib.h>

struct library {
    sa_ctx *ctx;
    sa_masking masking;
    sa_attention_args args;
    uint64_t bytes, peak_bytes; /* what the context's allocator holds, and has held */
};

static void *count_allocate(void *user, size_t size, size_t alignment) {
    struct library *l = user;
    void *memory = NULL;
    if (posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size)) return NULL;
    l->bytes += size;
    if (l->bytes > l->peak_bytes) l->peak_bytes = l->bytes;
    return memory;
}

static void count_release(void *user, void *memory, size_t size) {
    struct library *l = user;
    l->bytes -= size;
    free(memory);
}

static void describe_problem(struct library *l, const struct workload *w) {
    const struct shape *s = &w->shape;
    l->masking = (sa_masking){.struct_size = sizeof l->masking, .causal = s->causal};
    l->args = (sa_attention_args){.struct_size = sizeof l->args, .masking = &l->masking};
    sa_tensor_set(&l->args.query, w->q, SA_F32, SA_BHSD, s->B, s->H, s->T, s->D);
    sa_tensor_set(&l->args.key, w->k, SA_F32, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&l->args.value, w->v, SA_F32, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&l->args.output, w->o, SA_F32, SA_BHSD, s->B, s->H, s->T, s->D);
}

void *library_open(const struct workload *w, int threads) {
    struct library *l = calloc(1, sizeof *l);
    if (!l) {
        complain_memory(sizeof *l, "the library");
        return NULL;
    }
    sa_ctx_options options = {.struct_size = sizeof options,
                              .threads = threads,
                              .allocate = count_allocate,
                              .release = count_release,
                              .allocator_user = l};
    if (sa_ctx_create(&options, &l->ctx) != SA_OK) {
        complain(FAILED, "%s", sa_ctx_last_error(NULL));
        library_close(l);
        return NULL;
    }
    describe_problem(l, w);
    return l;
}

int library_run(void *library) {
    struct library *l = library;
    return sa_attention(l->ctx, &l->args) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

uint64_t library_extra_bytes(const void *library) {
    return ((const struct library *)library)->peak_bytes;
}

void library_close(void *library) {
    struct library *l = library;
    if (!l) return;
    sa_ctx_destroy(&l->ctx);
    free(l);
}

static void *open_on_one_thread(const struct workload *w) {
    return library_open(w, 1);
}

const struct way way_library = {"tiled", open_on_one_thread, library_run, library_extra_bytes, library_close};
