/* SPDX-License-Identifier: MIT */
#include "way/library.h"

#include "measure/report.h"
#include "selfattn.h"
#include "way/half.h"
#include "way/way.h"

#include <stdlib.h>

enum { INPUTS = 3 };

struct library {
    const struct workload *w;
    int32_t dtype;
    sa_ctx *ctx;
    sa_layer *layer; /* NULL: attention alone */
    sa_masking masking;
    sa_attention_args attention;
    sa_forward_args forward;
    void *narrow[INPUTS + 1];   /* inputs and output of 16 bits; NULL where the workload's own are used */
    void *output;               /* what run() writes */
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

/* The i-th array in the type that the library is to see: the workload's own, or a copy. NULL: a complaint was made. */
static void *as_seen(struct library *l, int i, float *own, int64_t count) {
    if (l->dtype == SA_F32) return own;
    return l->narrow[i] = narrowed(own, count, l->dtype, "numbers of 16 bits");
}

static int describe_attention(struct library *l) {
    const struct shape *s = &l->w->shape;
    const int64_t queries = s->B * s->H * s->T * s->D, keys = s->B * s->K * s->S * s->D;
    void *q = as_seen(l, 0, l->w->q, queries), *k = q ? as_seen(l, 1, l->w->k, keys) : NULL;
    void *v = k ? as_seen(l, 2, l->w->v, keys) : NULL;
    if (!v) return FAILED;
    l->attention = (sa_attention_args){.struct_size = sizeof l->attention, .masking = &l->masking};
    sa_tensor_set(&l->attention.query, q, l->dtype, SA_BHSD, s->B, s->H, s->T, s->D);
    sa_tensor_set(&l->attention.key, k, l->dtype, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&l->attention.value, v, l->dtype, SA_BHSD, s->B, s->K, s->S, s->D);
    sa_tensor_set(&l->attention.output, l->output, l->dtype, SA_BHSD, s->B, s->H, s->T, s->D);
    return DONE;
}

static int create_layer(struct library *l) {
    const struct shape *s = &l->w->shape;
    const int64_t E = layer_width(s), kv = s->K * s->D;
    char *weights = as_seen(l, 0, l->w->weights, weight_rows(s) * E);
    if (!weights) return FAILED;
    const int64_t row = E * (int64_t)dtype_size(l->dtype);
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = E,
                                    .query_heads = s->H,
                                    .kv_heads = s->K,
                                    .weight_dtype = l->dtype,
                                    .weight_q = weights,
                                    .weight_k = weights + E * row,
                                    .weight_v = weights + (E + kv) * row,
                                    .weight_o = weights + (E + 2 * kv) * row};
    return sa_layer_create(l->ctx, &config, &l->layer) == SA_OK ? DONE
                                                                : complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

static int describe_layer(struct library *l) {
    const struct shape *s = &l->w->shape;
    const int64_t E = layer_width(s);
    int status = create_layer(l);
    void *x = status ? NULL : as_seen(l, 1, l->w->x, s->B * s->T * E);
    void *context = x && l->w->context ? as_seen(l, 2, l->w->context, s->B * s->S * E) : NULL;
    if (!x || (l->w->context && !context)) return FAILED;
    l->forward = (sa_forward_args){.struct_size = sizeof l->forward, .masking = &l->masking};
    sa_tensor_set(&l->forward.x, x, l->dtype, SA_BHSD, s->B, 1, s->T, E);
    if (context) sa_tensor_set(&l->forward.context, context, l->dtype, SA_BHSD, s->B, 1, s->S, E);
    sa_tensor_set(&l->forward.y, l->output, l->dtype, SA_BHSD, s->B, 1, s->T, E);
    return DONE;
}

static int create_context(const struct settings *s, struct library *counter, sa_ctx **ctx) {
    sa_ctx_options options = {.struct_size = sizeof options,
                              .threads = s->threads,
                              .path = s->path,
                              .isa = s->isa,
                              .precision = s->precision,
                              .same_bits = s->same_bits};
    if (counter) {
        options.allocate = count_allocate;
        options.release = count_release;
        options.allocator_user = counter;
    }
    return sa_ctx_create(&options, ctx) == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(NULL));
}

static void library_close(void *library) {
    struct library *l = library;
    if (!l) return;
    sa_layer_destroy(&l->layer);
    sa_ctx_destroy(&l->ctx);
    for (int i = 0; i <= INPUTS; i++) free(l->narrow[i]);
    free(l);
}

static void *library_open(const struct workload *w, const struct settings *s) {
    struct library *l = calloc(1, sizeof *l);
    if (!l) {
        complain_memory(sizeof *l, "the library");
        return NULL;
    }
    l->w = w;
    l->dtype = s->dtype;
    l->masking = (sa_masking){.struct_size = sizeof l->masking, .causal = w->shape.causal};
    int status = create_context(s, l, &l->ctx);
    if (!status && !(l->output = as_seen(l, INPUTS, w->o, output_count(&w->shape)))) status = FAILED;
    if (!status) status = w->shape.layer ? describe_layer(l) : describe_attention(l);
    if (!status) return l;
    library_close(l);
    return NULL;
}

static int library_run(void *library) {
    struct library *l = library;
    const sa_status status = l->layer ? sa_forward(l->ctx, l->layer, &l->forward) : sa_attention(l->ctx, &l->attention);
    return status == SA_OK ? DONE : complain(FAILED, "%s", sa_ctx_last_error(l->ctx));
}

static int library_output(void *library) {
    const struct library *l = library;
    if (l->output != l->w->o) widen(l->output, output_count(&l->w->shape), l->dtype, l->w->o);
    return DONE;
}

static uint64_t library_extra_bytes(const void *library) {
    return ((const struct library *)library)->peak_bytes;
}

int settings_resolve(struct settings *settings) {
    sa_ctx *ctx = NULL;
    int status = create_context(settings, NULL, &ctx);
    if (status) return status;
    settings->threads = sa_ctx_threads(ctx);
    settings->precision = sa_ctx_precision(ctx);
    settings->isa = sa_ctx_isa(ctx);
    settings->path = sa_ctx_path(ctx);
    sa_ctx_destroy(&ctx);
    return DONE;
}

const struct way way_library = {.name = "tiled",
                                .open = library_open,
                                .run = library_run,
                                .close = library_close,
                                .output = library_output,
                                .extra_bytes = library_extra_bytes};
