/* Every call where address space is short, from none to more than enough: it succeeds or says SA_ERR_MEMORY, and never
 * ends the process. Each amount in a child, whose limit is what the parent has mapped and so much more.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef SELFATTN_MODELS
#include <selfattn_models.h>
#endif

enum { H = 4, T = 64, D = 16, E = H * D, FINE_KIB = 4 << 10, MOST_KIB = 64 << 10, HANG = 60, GOOD = 0, SHORT = 50 };

static sa_status attend(sa_ctx *ctx) {
    static float in[H * T * D], out[H * T * D];
    sa_attention_args args = {.struct_size = sizeof args};
    sa_tensor_set(&args.query, in, SA_F32, SA_BHSD, 1, H, T, D);
    args.key = args.value = args.query;
    sa_tensor_set(&args.output, out, SA_F32, SA_BHSD, 1, H, T, D);
    const sa_status status = sa_ctx_reserve(ctx, 1 << 20);
    return status == SA_OK ? sa_attention(ctx, &args) : status;
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

/* The context, too, has to be made in what is left. 0: all went well, SHORT: memory was short, else another status. */
static int run(int32_t path, int32_t threads, sa_status (*call)(sa_ctx *ctx)) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads, .path = path};
    sa_ctx *ctx;
    sa_status status = sa_ctx_create(&options, &ctx);
    if (status == SA_OK) status = call(ctx);
    if (status != SA_OK && status != SA_ERR_MEMORY) fprintf(stderr, "%s\n", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return status == SA_OK ? GOOD : status == SA_ERR_MEMORY ? SHORT : status;
}

static long mapped_kib(void) {
    char line[200];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmSize:", 7)) kib = atol(line + 7);
    if (file) (void)fclose(file);
    return kib;
}

static int run_in(long kib, int32_t path, int32_t threads, sa_status (*call)(sa_ctx *ctx)) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        const rlim_t bytes = (rlim_t)(mapped_kib() + kib) << 10;
        const struct rlimit limit = {bytes, bytes};
        alarm(HANG);
        _exit(setrlimit(RLIMIT_AS, &limit) ? 99 : run(path, threads, call));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return 98;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* 1 if it never ends otherwise than well or for want of memory, and does both. */
static int sweep(const char *name, int32_t path, int32_t threads, sa_status (*call)(sa_ctx *ctx)) {
    int good = 1, end = SHORT, enough = -1, shorts = 0;
    for (long kib = 0; kib <= MOST_KIB && good; kib += kib < FINE_KIB ? 64 : FINE_KIB) {
        end = run_in(kib, path, threads, call);
        good = end == GOOD || end == SHORT;
        shorts += end == SHORT;
        if (!good) fprintf(stderr, "%s, path %d, %d threads, %ld KiB: end %d\n", name, path, threads, kib, end);
        if (end == GOOD && enough < 0) enough = (int)kib;
    }
    printf("%s, path %d, %d threads: %d KiB are enough, %d times SA_ERR_MEMORY\n", name, path, threads, enough, shorts);
    return good && end == GOOD && shorts > 0;
}

int main(void) {
    const struct {
        sa_status (*call)(sa_ctx *ctx);
        const char *name;
    } calls[] = {{attend, "attention"},
                 {forward, "a layer"},
#ifdef SELFATTN_MODELS
                 {encode, "sa_model_encode()"},
                 {generate, "sa_generate()"}
#endif
    };
    int good = 1;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        good &= sweep(calls[i].name, SA_PATH_FUSED, 1, calls[i].call);
        good &= sweep(calls[i].name, SA_PATH_FUSED, 3, calls[i].call);
        good &= sweep(calls[i].name, SA_PATH_PLAIN, 1, calls[i].call);
    }
    return !good;
}
