/* Calls on threads whose stacks are as small as is promised: small_stack [KIB]
 *   without an argument: as the documents say; with one: that many KiB, for a search by hand
 * Each case runs in a process of its own, so that a stack that is too small is reported by name.
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef SELFATTN_MODELS
#include <selfattn_models.h>
#endif

enum { H = 4, T = 64, D = 16, E = H * D, LEAST_KIB = 32, LEAST_MODEL_KIB = 64, LEAST_BLAS_KIB = 128, HANG = 60 };

struct work {
    int32_t path, isa, failed;
    sa_status (*call)(sa_ctx *ctx);
    const char *name;
};

static sa_status attend(sa_ctx *ctx) {
    static float in[H * T * D], out[H * T * D];
    sa_attention_args args = {.struct_size = sizeof args};
    sa_tensor_set(&args.query, in, SA_F32, SA_BHSD, 1, H, T, D);
    args.key = args.value = args.query;
    sa_tensor_set(&args.output, out, SA_F32, SA_BHSD, 1, H, T, D);
    return sa_attention(ctx, &args);
}

static sa_status forward(sa_ctx *ctx) {
    static float x[T * E], y[T * E], weights[E * E];
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = E,
                                    .query_heads = H,
                                    .weight_q = weights,
                                    .weight_k = weights,
                                    .weight_v = weights,
                                    .weight_o = weights};
    sa_forward_args args = {.struct_size = sizeof args};
    sa_layer *layer;
    sa_tensor_set(&args.x, x, SA_F32, SA_BSHD, 1, 1, T, E);
    sa_tensor_set(&args.y, y, SA_F32, SA_BSHD, 1, 1, T, E);
    sa_status status = sa_layer_create(ctx, &config, &layer);
    if (status == SA_OK) status = sa_forward(ctx, layer, &args);
    sa_layer_destroy(&layer);
    return status;
}

#ifdef SELFATTN_MODELS
static const int32_t tokens[] = {5, 9, 3, 12, 7, 20, 11, 4, 6, 8};
enum { TOKENS = sizeof tokens / sizeof tokens[0], NEW = 5 };

static sa_status open_model(sa_ctx *ctx, const char *name, sa_model **model) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/tests/data/architectures/%s", SELFATTN_SOURCE_DIR, name);
    return sa_model_open(ctx, path, model);
}

static sa_status encode(sa_ctx *ctx) {
    static float hidden[TOKENS * 512];
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = TOKENS, .ids = tokens, .hidden = hidden};
    sa_model *model;
    sa_status status = open_model(ctx, "bert", &model);
    if (status == SA_OK) status = sa_model_encode(ctx, model, &args);
    sa_model_destroy(&model);
    return status;
}

static sa_status generate(sa_ctx *ctx) {
    int32_t written[NEW];
    int64_t count;
    const sa_session_config config = {.struct_size = sizeof config};
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = TOKENS,
                                   .ids = tokens,
                                   .max_tokens = NEW,
                                   .generated = written,
                                   .counts = &count};
    sa_model *model;
    sa_session *session = NULL;
    sa_status status = open_model(ctx, "llama", &model);
    if (status == SA_OK) status = sa_session_create(ctx, model, &config, &session);
    if (status == SA_OK) status = sa_generate(ctx, session, &args);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    return status;
}
#endif

static void *run(void *arg) {
    struct work *w = arg;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 2, .path = w->path, .isa = w->isa};
    sa_ctx *ctx;
    sa_status status = sa_ctx_create(&options, &ctx);
    if (status == SA_OK) status = w->call(ctx);
    if (status != SA_OK) fprintf(stderr, "%s\n", sa_ctx_last_error(ctx));
    w->failed = status != SA_OK;
    sa_ctx_destroy(&ctx);
    return NULL;
}

static int run_on_stack(struct work *w, size_t kib) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, kib << 10)) return 2;
    if (pthread_create(&thread, &attributes, run, w) || pthread_join(thread, NULL)) return 3;
    pthread_attr_destroy(&attributes);
    return w->failed;
}

/* 1 if the case ends well in a child. */
static int check(struct work w, size_t kib) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        alarm(HANG);
        _exit(run_on_stack(&w, kib));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 1;
    fprintf(stderr, "%s, path %d, isa %d, a stack of %zu KiB: status %x\n", w.name, w.path, w.isa, kib,
            (unsigned)status);
    return 0;
}

int main(int count, char **arguments) {
    const struct {
        sa_status (*call)(sa_ctx *ctx);
        const char *name;
        size_t kib;
    } calls[] = {{attend, "attention", LEAST_KIB},
                 {forward, "a layer", LEAST_KIB},
#ifdef SELFATTN_MODELS
                 {encode, "sa_model_encode()", LEAST_MODEL_KIB},
                 {generate, "sa_generate()", LEAST_MODEL_KIB}
#endif
    };
    const size_t kib = count == 2 ? (size_t)atol(arguments[1]) : 0;
    int good = 1;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const struct work fused = {.path = SA_PATH_FUSED, .call = calls[i].call, .name = calls[i].name};
        struct work w = fused;
        good &= check(w, kib ? kib : calls[i].kib);
        w.isa = SA_ISA_PORTABLE;
        good &= check(w, kib ? kib : calls[i].kib);
        w.path = SA_PATH_PLAIN;
        good &= check(w, kib ? kib : calls[i].kib);
        w = fused;
        w.path = SA_PATH_BLAS;
        good &= !WITH_BLAS || check(w, kib ? kib : LEAST_BLAS_KIB);
    }
    return !good;
}
