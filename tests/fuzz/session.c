/* Histories of sessions on small models: runs in chunks, generation, beams, shortening, forks, reordering, saving and
 * loading, damaged files, any context at any step. At the end each sequence has the logits of a new session that reads
 * its tokens at once on the plain path.
 * SPDX-License-Identifier: MIT */
#include "base/checksum.h"
#include "base/little_endian.h"
#include "fuzz/files.h"
#include "generate/session_file.h"
#include "selfattn_models.h"
#include "support/paths.h"

#include <math.h>
#include <string.h>

enum { MOST_BATCH = 3, ROOM = 400, MOST_STEPS = 24, SOURCE = 5, CONTEXTS = 4, MOST_VOCABULARY = 1000 };

static const char *const names[] = {"granite", "gpt_neo", "gemma3_text", "mpt",     "falcon_new",       "olmo3",
                                    "mixtral", "gpt_oss", "pegasus",     "umt5",    "blenderbot_small", "codegen",
                                    "glm4",    "exaone4", "phi3",        "smollm3", "cohere",           "nemotron"};
enum { MODELS = sizeof names / sizeof names[0] };

static sa_model *models[MODELS];
static sa_ctx *contexts[CONTEXTS];

struct history {
    const sa_model *model;
    sa_session *session;
    sa_session_config config;
    int64_t B, V;
    int encodes;
    int64_t lengths[MOST_BATCH], source_lengths[MOST_BATCH];
    int32_t ids[MOST_BATCH][ROOM], source[MOST_BATCH][SOURCE];
};

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    static const int32_t isas[CONTEXTS] = {SA_ISA_AUTO, SA_ISA_PORTABLE, SA_ISA_AVX2, SA_ISA_AVX512};
    (void)count, (void)arguments;
    for (int i = 0; i < CONTEXTS; i++) {
        const sa_ctx_options options = {
            .struct_size = sizeof options, .threads = 1, .path = i ? SA_PATH_FUSED : SA_PATH_PLAIN, .isa = isas[i]};
        contexts[i] = ctx_open(&options);
    }
    for (int m = 0; m < MODELS; m++) {
        char path[300];
        snprintf(path, sizeof path, SELFATTN_SOURCE_DIR "/tests/data/architectures/%s", names[m]);
        EXPECT(sa_model_open(contexts[0], path, &models[m]) == SA_OK, "%s", sa_ctx_last_error(contexts[0]));
        EXPECT(sa_model_get(models[m], SA_MODEL_OUTPUTS) <= MOST_VOCABULARY, "%s is too large", names[m]);
    }
    files_begin();
    return 0;
}

static sa_ctx *take_context(struct input *in) {
    return contexts[take_below(in, CONTEXTS)];
}

/* What the session's capacity leaves room for, and the model's positions too: tables refuse more, other models run on.
 */
static int64_t room_of(const struct history *h) {
    return h->config.capacity && h->config.capacity < ROOM ? h->config.capacity : ROOM;
}

static int64_t limit_of(const struct history *h) {
    const int64_t positions = sa_model_get(h->model, SA_MODEL_DECODER_MAX_POSITIONS), room = room_of(h);
    return positions && positions < room ? positions : room;
}

static int64_t longest(const struct history *h) {
    int64_t most = 0;
    for (int64_t b = 0; b < h->B; b++) most = h->lengths[b] > most ? h->lengths[b] : most;
    return most;
}

static int32_t take_token(const struct history *h, struct input *in) {
    return (int32_t)take_below(in, h->V < 256 ? h->V : 256);
}

static void add(struct history *h, int64_t b, const int32_t *ids, int64_t count) {
    EXPECT(h->lengths[b] + count <= ROOM, "a sequence is longer than its limit");
    memcpy(h->ids[b] + h->lengths[b], ids, (size_t)count * sizeof *ids);
    h->lengths[b] += count;
}

static void encode(struct history *h, struct input *in) {
    sa_encode_args a = {.struct_size = sizeof a, .batch = h->B, .tokens = SOURCE, .lengths = h->source_lengths};
    int32_t ids[MOST_BATCH * SOURCE];
    for (int64_t b = 0; b < h->B; b++) {
        for (int64_t t = 0; t < SOURCE; t++) ids[b * SOURCE + t] = h->source[b][t] = take_token(h, in);
        h->source_lengths[b] = 1 + take_below(in, SOURCE);
        h->lengths[b] = 0;
    }
    a.ids = ids;
    sa_ctx *ctx = take_context(in);
    EXPECT(sa_session_encode(ctx, h->session, &a) == SA_OK, "encode: %s", sa_ctx_last_error(ctx));
}

static void run(struct history *h, struct input *in) {
    const int64_t T = 1 + (take_chance(in, 20) ? take_below(in, 130) : take_below(in, 6));
    int32_t *ids = malloc((size_t)(h->B * T) * sizeof *ids);
    float *logits = malloc((size_t)(h->B * h->V) * sizeof *logits);
    int64_t lengths[MOST_BATCH], most = 0;
    struct rng rng = take_rng(in);
    const int ragged = take_chance(in, 100);
    for (int64_t b = 0; b < h->B; b++) {
        for (int64_t t = 0; t < T; t++) ids[b * T + t] = (int32_t)rng_below(&rng, h->V);
        lengths[b] = ragged ? take_below(in, T + 1) : T;
        if (h->lengths[b] + lengths[b] > most) most = h->lengths[b] + lengths[b];
    }
    const sa_session_args a = {
        .struct_size = sizeof a, .tokens = T, .ids = ids, .lengths = ragged ? lengths : NULL, .logits = logits};
    sa_ctx *ctx = take_context(in);
    if (most <= ROOM) {
        const sa_status status = sa_session_run(ctx, h->session, &a);
        /* With a window fewer tokens are held than were read. */
        const int fits = most <= room_of(h) || h->config.window;
        EXPECT(status == SA_OK ? fits : status == SA_ERR_SHAPE && most > limit_of(h), "run to %lld of %lld: %d, %s",
               (long long)most, (long long)limit_of(h), status, sa_ctx_last_error(ctx));
        for (int64_t b = 0; status == SA_OK && b < h->B; b++) add(h, b, ids + b * T, lengths[b]);
    }
    free(ids);
    free(logits);
}

static void generate(struct history *h, struct input *in) {
    enum { NEW = 5, PROMPT = 3 };
    int32_t ids[MOST_BATCH * PROMPT], generated[MOST_BATCH * NEW], endings[MOST_BATCH];
    int64_t lengths[MOST_BATCH], counts[MOST_BATCH];
    sa_sampling sampling = {.struct_size = sizeof sampling, .seed = take(in)};
    const int64_t choices = take(in);
    if (choices & 1) {
        sampling.temperature = (take(in) + 1) / 64.;
        sampling.top_k = choices & 2 ? take(in) : 0;
        sampling.top_p = choices & 4 ? take(in) / 255. : 0;
        sampling.min_p = choices & 8 ? take(in) / 255. : 0;
    }
    if (choices & 16) sampling.repetition_penalty = (take(in) + 1) / 100., sampling.frequency_penalty = .5;
    for (int64_t b = 0; b < h->B; b++) {
        for (int64_t t = 0; t < PROMPT; t++) ids[b * PROMPT + t] = take_token(h, in);
        lengths[b] = choices & 32 ? 1 + take_below(in, PROMPT) : PROMPT;
    }
    if (longest(h) + PROMPT + NEW > limit_of(h)) return;
    const sa_generate_args a = {.struct_size = sizeof a,
                                .tokens = PROMPT,
                                .ids = ids,
                                .lengths = lengths,
                                .max_tokens = 1 + take_below(in, NEW),
                                .sampling = &sampling,
                                .generated = generated,
                                .counts = counts,
                                .endings = endings};
    sa_ctx *ctx = take_context(in);
    EXPECT(sa_generate(ctx, h->session, &a) == SA_OK, "generate: %s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < h->B; b++) {
        EXPECT(counts[b] >= 1 && counts[b] <= a.max_tokens, "%lld new tokens", (long long)counts[b]);
        for (int64_t n = 0; n < counts[b]; n++) EXPECT(generated[b * a.max_tokens + n] < h->V, "a wrong token");
        add(h, b, ids + b * PROMPT, lengths[b]);
        add(h, b, generated + b * a.max_tokens, counts[b] - 1);
    }
}

static void search(struct history *h, struct input *in) {
    enum { NEW = 4, PROMPT = 2 };
    int32_t ids[PROMPT], generated[MOST_BATCH * NEW];
    int64_t counts[MOST_BATCH];
    double scores[MOST_BATCH];
    for (int t = 0; t < PROMPT; t++) ids[t] = take_token(h, in);
    const sa_beam_args a = {.struct_size = sizeof a,
                            .tokens = PROMPT,
                            .ids = ids,
                            .max_tokens = 1 + take_below(in, NEW),
                            .results = 1 + take_below(in, h->B),
                            .length_penalty = take(in) / 64.,
                            .generated = generated,
                            .counts = counts,
                            .scores = scores};
    sa_ctx *ctx = take_context(in);
    if (h->config.window || longest(h) + PROMPT + NEW > limit_of(h)) return;
    EXPECT(sa_beam_search(ctx, h->session, &a) == SA_OK, "beams: %s", sa_ctx_last_error(ctx));
    for (int64_t r = 1; r < a.results; r++) EXPECT(!(scores[r] > scores[r - 1]), "text %lld is better", (long long)r);
    add(h, 0, ids, PROMPT);
    EXPECT(sa_session_truncate(h->session, -1, h->lengths[0]) == SA_OK, "%s", sa_ctx_last_error(NULL));
    for (int64_t b = 1; b < h->B; b++) {
        h->lengths[b] = h->lengths[0];
        memcpy(h->ids[b], h->ids[0], sizeof h->ids[b]);
        h->source_lengths[b] = h->source_lengths[0];
        memcpy(h->source[b], h->source[0], sizeof h->source[b]);
    }
}

static void shorten(struct history *h, struct input *in) {
    const int64_t sequence = take_below(in, h->B + 1) - 1, length = take_below(in, 200);
    const sa_status status = sa_session_truncate(h->session, sequence, length);
    EXPECT(status == SA_OK || (status == SA_ERR_VALUE && h->config.window), "truncate: %s", sa_ctx_last_error(NULL));
    for (int64_t b = 0; status == SA_OK && b < h->B; b++)
        if ((sequence == -1 || sequence == b) && h->lengths[b] > length) h->lengths[b] = length;
}

static void rearrange(struct history *h, struct input *in) {
    static struct history before;
    int64_t from[MOST_BATCH] = {0, 1, 2};
    if (take_chance(in, 128)) {
        const int64_t to = take_below(in, h->B);
        from[to] = take_below(in, h->B);
        EXPECT(sa_session_fork(h->session, from[to], to) == SA_OK, "fork: %s", sa_ctx_last_error(NULL));
    } else {
        for (int64_t b = 0; b < h->B; b++) from[b] = take_below(in, h->B);
        EXPECT(sa_session_reorder(h->session, from) == SA_OK, "reorder: %s", sa_ctx_last_error(NULL));
    }
    before = *h;
    for (int64_t b = 0; b < h->B; b++) {
        h->lengths[b] = before.lengths[from[b]];
        h->source_lengths[b] = before.source_lengths[from[b]];
        memcpy(h->ids[b], before.ids[from[b]], sizeof h->ids[b]);
        memcpy(h->source[b], before.source[from[b]], sizeof h->source[b]);
    }
}

/* The session is replaced by what its file makes. */
static void reload(struct history *h, struct input *in) {
    sa_ctx *ctx = take_context(in);
    EXPECT(sa_session_save(ctx, h->session, files_path("x"), "note", 4) == SA_OK, "save: %s", sa_ctx_last_error(ctx));
    sa_session_destroy(&h->session);
    EXPECT(sa_session_load(ctx, h->model, files_path("x"), h->config.capacity, &h->session) == SA_OK, "load: %s",
           sa_ctx_last_error(ctx));
}

/* A file with some other bytes and a right checksum: refused, or a session that can be used. */
static void load_damaged(struct history *h, struct input *in) {
    size_t size;
    sa_session *session;
    sa_ctx *ctx = take_context(in);
    EXPECT(sa_session_save(ctx, h->session, files_path("x"), NULL, 0) == SA_OK, "save: %s", sa_ctx_last_error(ctx));
    unsigned char *bytes = (unsigned char *)files_read(files_path("x"), &size);
    for (int64_t changes = 1 + take_below(in, 3); changes > 0; changes--) {
        const size_t at = (size_t)take_below(in, 65536) % size;
        bytes[take_chance(in, 200) ? 16 + at % 512 % (size - 16) : at] = take(in);
    }
    if (take_chance(in, 60)) size -= (size_t)take(in) % (size - SUM_BYTES);
    struct checksum sum;
    checksum_begin(&sum);
    checksum_add(&sum, bytes, (int64_t)size - SUM_BYTES);
    store_little(bytes + size - SUM_BYTES, checksum_of(&sum), SUM_BYTES);
    files_write("x", bytes, size);
    free(bytes);
    if (sa_session_load(ctx, h->model, files_path("x"), 0, &session)) {
        EXPECT(!session && *sa_ctx_last_error(ctx), "refused without a sentence");
        return;
    }
    const int64_t B = sa_session_batch(session);
    int32_t *ids = calloc((size_t)B, sizeof *ids);
    const sa_session_args a = {.struct_size = sizeof a, .tokens = 1, .ids = ids};
    if (sa_session_run(ctx, session, &a)) EXPECT(*sa_ctx_last_error(ctx), "refused without a sentence");
    free(ids);
    sa_session_destroy(&session);
}

/* Logits of one more token, behind all tokens of a sequence read at once. */
static void read_anew(const struct history *h, int64_t b, int32_t token, float *logits) {
    sa_session_config config = h->config;
    sa_session *session;
    int32_t ids[ROOM + 1];
    sa_session_args a = {.struct_size = sizeof a, .tokens = h->lengths[b] + 1, .ids = ids, .logits = logits};
    config.batch = 1;
    memcpy(ids, h->ids[b], (size_t)h->lengths[b] * sizeof *ids);
    ids[h->lengths[b]] = token;
    EXPECT(sa_session_create(contexts[0], h->model, &config, &session) == SA_OK, "%s", sa_ctx_last_error(contexts[0]));
    if (h->encodes) {
        const sa_encode_args e = {.struct_size = sizeof e,
                                  .batch = 1,
                                  .tokens = SOURCE,
                                  .ids = h->source[b],
                                  .lengths = &h->source_lengths[b]};
        EXPECT(sa_session_encode(contexts[0], session, &e) == SA_OK, "%s", sa_ctx_last_error(contexts[0]));
    }
    EXPECT(sa_session_run(contexts[0], session, &a) == SA_OK, "%s", sa_ctx_last_error(contexts[0]));
    sa_session_destroy(&session);
}

static void check(struct history *h, struct input *in) {
    int32_t ids[MOST_BATCH];
    float got[MOST_BATCH * MOST_VOCABULARY], want[MOST_VOCABULARY];
    for (int64_t b = 0; b < h->B; b++) ids[b] = take_token(h, in);
    const sa_session_args a = {.struct_size = sizeof a, .tokens = 1, .ids = ids, .logits = got};
    sa_ctx *ctx = take_context(in);
    if (longest(h) + 1 > room_of(h)) return;
    if (sa_session_run(ctx, h->session, &a)) {
        EXPECT(longest(h) + 1 > limit_of(h), "%s", sa_ctx_last_error(ctx));
        return;
    }
    for (int64_t b = 0; b < h->B && h->config.cache_dtype == SA_F32; b++) {
        float most = 1;
        read_anew(h, b, ids[b], want);
        for (int64_t v = 0; v < h->V; v++) most = fmaxf(most, fabsf(want[v]));
        for (int64_t v = 0; v < h->V; v++)
            EXPECT(fabsf(got[b * h->V + v] - want[v]) <= 2e-3f * most, "sequence %lld of %lld tokens: %g, not %g",
                   (long long)b, (long long)h->lengths[b], (double)got[b * h->V + v], (double)want[v]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    static struct history h;
    h = (struct history){.model = models[take_below(&in, MODELS)], .B = 1 + take_below(&in, MOST_BATCH)};
    h.V = sa_model_get(h.model, SA_MODEL_OUTPUTS);
    h.encodes = sa_model_get(h.model, SA_MODEL_ENCODER) == 1;
    h.config = (sa_session_config){.struct_size = sizeof h.config,
                                   .batch = h.B,
                                   .cache_dtype = (int32_t)TAKE(&in, SA_F32, SA_F32, SA_BF16, SA_F16, SA_I8)};
    if (take_chance(&in, 50)) h.config.capacity = 160;
    if (take_chance(&in, 50)) h.config.window = 1 + take_below(&in, 30), h.config.keep_first = take_below(&in, 6);
    EXPECT(sa_session_create(contexts[0], h.model, &h.config, &h.session) == SA_OK, "%s",
           sa_ctx_last_error(contexts[0]));
    if (h.encodes) encode(&h, &in);
    for (int step = 0; in.left && step < MOST_STEPS; step++) {
        switch (take_below(&in, 10)) {
        case 0:
            shorten(&h, &in);
            break;
        case 1:
            rearrange(&h, &in);
            break;
        case 2:
            reload(&h, &in);
            break;
        case 3:
            load_damaged(&h, &in);
            break;
        case 4:
            generate(&h, &in);
            break;
        case 5:
            search(&h, &in);
            break;
        case 6:
            if (h.encodes) encode(&h, &in);
            break;
        default:
            run(&h, &in);
        }
        for (int64_t b = 0; b < h.B; b++)
            EXPECT(sa_session_length(h.session, b) == h.lengths[b], "length %lld, not %lld",
                   (long long)sa_session_length(h.session, b), (long long)h.lengths[b]);
    }
    check(&h, &in);
    sa_session_destroy(&h.session);
    return 0;
}
