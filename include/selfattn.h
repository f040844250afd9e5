/* libselfattn: exact self-attention for CPUs behind a stable C ABI.
 * SPDX-License-Identifier: MIT
 *
 * WHAT IT COMPUTES
 *
 *   For every query vector q (one per token and head) and all keys k_j and values v_j:
 *
 *       s_j = scale * (q . k_j)                 scores       scale defaults to 1/sqrt(D)
 *       s_j = softcap * tanh(s_j / softcap)     optional
 *       s_j = s_j + bias_j, or "not visible"    masks
 *       p_j = exp(s_j) / sum_i exp(s_i)         softmax over the visible keys
 *       o   = sum_j p_j * v_j                   weighted sum of the values
 *
 *   (Vaswani et al., "Attention Is All You Need", 2017, eq. 1; edge cases follow the ONNX operator
 *   Attention-25.) sa_attention() does this for queries, keys and values that you have; sa_forward()
 *   does a whole layer: projections of the input to queries, keys and values, attention per head,
 *   concatenation of the heads, output projection. sa_model_*() runs whole trained transformers.
 *
 *   The softmax is computed online over tiles (Dao et al., "FlashAttention", 2022): it is exact, and
 *   no T x S matrix exists anywhere unless you ask for the weights.
 *
 * LETTERS (the same in the whole project)
 *
 *   B sequences in a batch   H query heads    D  head size of queries and keys   E model width
 *   T queries (tokens)       K key/value heads Dv head size of values
 *   S keys (tokens)          H is a multiple of K; query head h reads key/value head h / (H/K)
 *
 * THE SHORTEST USE
 *
 *   sa_ctx *ctx = NULL;
 *   sa_ctx_create(NULL, &ctx);
 *   sa_attention_args a = {.struct_size = sizeof a};
 *   sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, B, H, T, D);
 *   sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, B, H, S, D);
 *   sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, B, H, S, D);
 *   sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, B, H, T, D);
 *   if (sa_attention(ctx, &a) != SA_OK) puts(sa_ctx_last_error(ctx));
 *   sa_ctx_destroy(&ctx);
 *
 * RULES THAT HOLD FOR EVERY FUNCTION
 *
 *   Errors     A function that can fail returns an sa_status; 0 is success. sa_ctx_last_error() then has a
 *              sentence with the actual values. The library never prints, aborts or exits. After a failure
 *              outputs are unspecified; handles stay valid and usable.
 *   Structs    Argument structs begin with struct_size: set it to sizeof. Later versions append fields
 *              and never move one. A field that is zero means "default". A shorter (older) struct_size is
 *              accepted; a longer one too, as long as the bytes that this version does not know are zero.
 *              Zero a struct before filling it. Whatever is unknown or unsupported is refused, never ignored.
 *   Handles    sa_*_create/open write the handle through their last argument, and NULL there on failure;
 *              sa_*_destroy take its address, set it to NULL, and accept NULL and the address of a NULL.
 *   Memory     You own what you pass; it is only read or written during the call. The library allocates
 *              through the context's allocator. A call whose shape needs no more scratch memory than an
 *              earlier one of the same context allocates nothing.
 *   Threads    sa_ctx, and later everything that "has one caller": one call at a time; a second, concurrent
 *              call is refused with SA_ERR_BUSY. Any number of contexts may work at once. sa_layer, sa_model and
 *              sa_tokenizer are immutable: any number of threads and contexts may use one at once.
 *   Bits       Results have the same bits for any number of threads, any parallel back end and any repeat, given the
 *              same build, CPU, options and BLAS library. sa_attention() gives a sequence the same bits in
 *              whatever batch it sits. (In sa_forward() and models the BLAS may round a row differently in a
 *              matrix of another height.) Bits may differ between versions and between CPUs.
 *   BLAS       The library runs OpenBLAS single-threaded inside its own threads. While a call runs, the process-wide
 *              thread count of a pthread OpenBLAS is 1; it is put back when the last running call ends. Do
 *              not change it from other threads meanwhile.
 *   fork()     A child may create new contexts and use them; handles made before the fork stay with the parent,
 *              except immutable ones. Where the parent had several threads, OpenMP cannot reuse its own in the
 *              thread that forked, so there each call starts new ones.
 *   Sizes      Sizes are int64_t counts of elements, strides int64_t counts of elements (not bytes). All products are
 *              checked.
 *   Numbers    float32 arithmetic with float32 accumulation, no fast-math; tensors may be bfloat16 or binary16, which
 *              are widened when read and rounded to nearest when written. A context may allow less than float32
 *              arithmetic (SA_PRECISION_...). Infinities and NaN behave as the formula says, with one promise more:
 *              a key that a query may not see never touches its result, even when the key or its value holds NaN or
 *              infinity. (A visible infinite value gives an infinite result however small its weight.)
 *
 * Each constant can also be asked for by name, sa_constant("SA_BHSD", &value), so that bindings need not parse
 * this file.
 */
#ifndef SELFATTN_H
#define SELFATTN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(SELFATTN_STATIC)
#define SA_API
#elif defined(__GNUC__)
#define SA_API __attribute__((visibility("default")))
#else
#define SA_API
#endif

#if defined(__GNUC__)
#define SA_MUST_CHECK __attribute__((warn_unused_result))
#else
#define SA_MUST_CHECK
#endif

/* ================================================================================================ version */

#define SA_VERSION_MAJOR 0
#define SA_VERSION_MINOR 1
#define SA_VERSION_PATCH 0
/* One comparable number: major * 1000000 + minor * 1000 + patch. */
#define SA_VERSION (SA_VERSION_MAJOR * 1000000 + SA_VERSION_MINOR * 1000 + SA_VERSION_PATCH)

/* The SA_VERSION of the library that is loaded (which may be newer than this header). Never fails. Any thread. */
SA_API int32_t sa_version(void);

/* The same as text, "0.1.0". A static string. Any thread. */
SA_API const char *sa_version_string(void);

/* How this library was built and what it found: version, compiler, kernels compiled in, parallel back ends, BLAS
 * library loaded. One line for bug reports, not for parsing. A static string. Any thread. */
SA_API const char *sa_build_info(void);

/* ================================================================================================= status */

typedef int32_t sa_status;

/* Numbers are pinned for good. */
#define SA_OK              0
#define SA_ERR_NULL        1  /* a required pointer is NULL */
#define SA_ERR_STRUCT_SIZE 2  /* struct_size is too small, or unknown trailing bytes are not zero */
#define SA_ERR_VALUE       3  /* a number, option or enum is outside its range */
#define SA_ERR_SHAPE       4  /* sizes that have to agree do not */
#define SA_ERR_OVERFLOW    5  /* a size or address computation does not fit */
#define SA_ERR_UNSUPPORTED 6  /* well-formed, but this version or build does not have it */
#define SA_ERR_MEMORY      10 /* the allocator returned NULL */
#define SA_ERR_BUSY        11 /* another call is using this context right now */
#define SA_ERR_FILE        20 /* a file cannot be opened, read or mapped */
#define SA_ERR_FORMAT      21 /* a file's content is malformed, truncated or contradicts itself */
#define SA_ERR_TEXT        22 /* a text is not valid UTF-8, or the output buffer is too small for it */

/* The name and meaning of a status, for example "SA_ERR_SHAPE: sizes that have to agree do not". A static
 * string, never NULL, also for unknown numbers. Any thread. */
SA_API const char *sa_status_string(sa_status status);

/* ============================================================================================== constants */

/* Looks a public SA_ constant up by its name ("SA_F32"), or a struct's size ("sizeof(sa_tensor)"), and writes it to
 * *value. SA_ERR_NULL: an argument is NULL. SA_ERR_VALUE: no such name. Any thread. */
SA_API sa_status sa_constant(const char *name, int64_t *value);

/* The name of constant number `index` (0, 1, ...), NULL past the last: to list them all. A static string. */
SA_API const char *sa_constant_name(int32_t index);

/* ================================================================================================ tensors */

/* Element types. */
#define SA_F32  0 /* IEEE binary32 */
#define SA_BF16 1 /* bfloat16: the upper half of a binary32 */
#define SA_F16  2 /* IEEE binary16 */
#define SA_BOOL 3 /* one byte; 0 is false, anything else true (masks only) */

/* Memory orders for sa_tensor_set(). */
#define SA_BHSD 0 /* [batch][head][sequence][head size] */
#define SA_BSHD 1 /* [batch][sequence][head][head size]: heads merged in a row, as projections leave them */

/* A view of somebody's memory: four sizes and four strides over axes that always mean the same:
 *   [0] batch   [1] heads   [2] sequence   [3] head size (or, where it says so, keys or width)
 * Element (b,h,t,d) lies at data + b*stride[0] + h*stride[1] + t*stride[2] + d*stride[3], strides in elements.
 * Any strides are valid for inputs: 0 repeats an axis (broadcast), negative ones run backwards. Outputs must not
 * visit one element twice (no 0 stride along an axis longer than 1). A view of a packed QKV matrix is three
 * of these structs with different data pointers. DLPack tensors map onto it field by field.
 * This layout is frozen: 80 bytes where pointers have 8. A tensor is absent when data is NULL. Element alignment is
 * enough. */
typedef struct sa_tensor {
    void *data;       /* never written where the tensor is an input */
    int32_t dtype;    /* SA_F32, ... */
    int32_t reserved; /* 0 */
    int64_t size[4];
    int64_t stride[4];
} sa_tensor;

/* Fills *t for a contiguous array in the order `layout`. Only computes, checks nothing but the pointer: calls that take
 * the tensor check it. t == NULL is ignored. Any thread. */
SA_API void sa_tensor_set(sa_tensor *t, void *data, int32_t dtype, int32_t layout, int64_t batch, int64_t heads,
                          int64_t sequence, int64_t head_size);

/* ================================================================================================ context */

/* Where work runs: threads, scratch memory, kernels, last error text. One caller at a time; make one per thread that
 * calls. */
typedef struct sa_ctx sa_ctx;

/* Kinds of parallel execution. */
#define SA_PARALLEL_DEFAULT  0 /* CALLBACK when parallel_for is set, else OPENMP when built in, else SERIAL */
#define SA_PARALLEL_SERIAL   1 /* the calling thread alone */
#define SA_PARALLEL_OPENMP   2 /* an OpenMP team */
#define SA_PARALLEL_CALLBACK 3 /* your own threads, through parallel_for */

/* How attention is computed. All paths compute the same thing within rounding. */
#define SA_PATH_AUTO  0 /* whichever is fastest for the shape */
#define SA_PATH_PLAIN 1 /* plain C, row by row: slow, short, and the definition of right */
#define SA_PATH_BLAS  2 /* tiles whose two products are cblas_sgemm calls */
#define SA_PATH_FUSED 3 /* tiles that never leave the cache, in kernels of our own */

/* Instruction sets, in ascending order; the option is a cap. */
#define SA_ISA_AUTO     0 /* the best that CPU and operating system offer */
#define SA_ISA_PORTABLE 1 /* plain C */
#define SA_ISA_AVX2     2 /* AVX2 + FMA */
#define SA_ISA_AVX512   3 /* AVX-512 F, BW, DQ, VL */
#define SA_ISA_AMX      4 /* the same + AMX-BF16 (matrix unit) */

/* How exact float32 arithmetic is meant to be. Errors are norm-relative against float64, for scores of unit variance.
 * Visible NaN and infinities give NaN or infinities in all three, but which of the two is only sure with HIGHEST: split
 * in two, an infinity is infinity and NaN. */
#define SA_PRECISION_HIGHEST 0 /* float32 multiply-add everywhere: within 1e-6 */
#define SA_PRECISION_HIGH    1 /* on a matrix unit each float32 is split into two bfloat16: within 2e-5 */
#define SA_PRECISION_MEDIUM  2 /* on a matrix unit bfloat16 operands, float32 sums and softmax: within 5e-3 */

/* body(arg, i) for i in 0 .. count-1, in any order, at once or one after another; return when all have returned. Each i
 * exactly once. The library calls this with count <= threads; that is how many can usefully run at once. It must not
 * fail. */
typedef void (*sa_body_fn)(void *arg, int64_t index);
typedef void (*sa_parallel_for_fn)(void *user, int64_t count, sa_body_fn body, void *arg);

/* Allocation: at least `size` bytes (> 0) aligned to `alignment` (a power of two, at most 64), or NULL. release() gets
 * what allocate() returned, never NULL, with the same size. Both may be called from any thread that uses the context or
 * a handle created with it, never from the library's worker threads. */
typedef void *(*sa_allocate_fn)(void *user, size_t size, size_t alignment);
typedef void (*sa_release_fn)(void *user, void *memory, size_t size);

typedef struct sa_ctx_options {
    uint64_t struct_size;
    int32_t threads;  /* most threads at once; 0: as many as CPUs this process may run on; at most 1024 */
    int32_t parallel; /* SA_PARALLEL_... */
    sa_parallel_for_fn parallel_for; /* required for, and only for, SA_PARALLEL_CALLBACK */
    void *parallel_user;             /* handed to parallel_for */
    sa_allocate_fn allocate;         /* both or neither; neither: the C library's */
    sa_release_fn release;
    void *allocator_user; /* handed to both; has to stay valid until every handle made with it is destroyed */
    int32_t path;         /* SA_PATH_...; SELFATTN_PATH (auto, plain, blas, fused) in the environment stands in for 0 */
    int32_t isa;          /* SA_ISA_... cap; SELFATTN_ISA (auto, portable, avx2, avx512, amx) caps it further */
    int32_t precision;    /* SA_PRECISION_...; without a matrix unit, and off the fused path, all of them are HIGHEST */
    int32_t reserved;     /* 0 */
} sa_ctx_options;

/* Creates a context. options NULL: all defaults.
 * Errors: NULL (ctx), STRUCT_SIZE, VALUE (threads, an enum, an environment variable that names nothing), UNSUPPORTED
 * (OpenMP asked for but not built in), MEMORY. As there is no context yet, the sentence is in sa_ctx_last_error(NULL).
 * Any thread. */
SA_API sa_status sa_ctx_create(const sa_ctx_options *options, sa_ctx **ctx) SA_MUST_CHECK;

/* Frees the context and its scratch memory. No call may be using it. Layers and models made with it live on. */
SA_API void sa_ctx_destroy(sa_ctx **ctx);

/* Why the last failed call on this context failed, with the values; "" if none has failed. Valid until the next
 * call on the context. ctx NULL: the last failure on this thread of a call that had no context. Never NULL. */
SA_API const char *sa_ctx_last_error(const sa_ctx *ctx);

/* What the context uses: threads, an SA_PARALLEL_ number, and the SA_ISA_, SA_PATH_ and SA_PRECISION_ that are really
 * in force (a matrix unit may be missing, a cap may be set). 0 if ctx is NULL. */
SA_API int32_t sa_ctx_threads(const sa_ctx *ctx);
SA_API int32_t sa_ctx_parallel(const sa_ctx *ctx);
SA_API int32_t sa_ctx_isa(const sa_ctx *ctx);
SA_API int32_t sa_ctx_path(const sa_ctx *ctx);
SA_API int32_t sa_ctx_precision(const sa_ctx *ctx);

/* Bytes of scratch memory that the context holds now. 0 if ctx is NULL. */
SA_API uint64_t sa_ctx_scratch_bytes(const sa_ctx *ctx);

/* Makes the context hold at least `bytes` of scratch memory, so that later calls that need no more allocate nothing:
 * see sa_attention_workspace_size(). Errors: NULL, BUSY, MEMORY (what it held before is kept). */
SA_API sa_status sa_ctx_reserve(sa_ctx *ctx, uint64_t bytes) SA_MUST_CHECK;

/* ================================================================================================ masking */

/* Which key positions count as "the same position" as a query: query t stands at p = t + offset. */
#define SA_ALIGN_DEFAULT      0 /* TOP_LEFT without key_lengths, BOTTOM_RIGHT with them (as ONNX Attention-25) */
#define SA_ALIGN_TOP_LEFT     1 /* offset 0 */
#define SA_ALIGN_BOTTOM_RIGHT 2 /* offset (keys of the sequence) - T: the last query sees the last key */
#define SA_ALIGN_OFFSET       3 /* offset given in offset, or per sequence in offsets */

/* Which keys a query may see, and what is added to its scores. All rules given hold together (a key has to pass each).
 *
 *   key_lengths  keys j >= key_lengths[b] do not exist for sequence b (padding). 0 <= key_lengths[b] <= S.
 *   causal       query t sees key j only if j <= t + offset (see align); the offset may be negative.
 *   window       query t at p = t + offset sees key j only if p - window_left <= j <= p + window_right; -1 is
 *                unbounded; the query's own position always counts, so window_left = W shows W + 1 keys.
 *                ("sliding_window = W" of Mistral configs shows W keys: that is window_left = W - 1.) Works with
 *                and without causal.
 *   mask         [B,H,T,S] of SA_BOOL (true = may be seen) or of SA_F32, SA_BF16 or SA_F16 (added to the score,
 *                unscaled; -infinity hides the key exactly, a large negative number does not). Axes 0, 1 and 2 may
 *                have size 1 and are then repeated. Axis 3 may be shorter than S: keys past its end are hidden.
 *                No T x S copy is made of anything.
 *
 * A query that sees no key gets an output of exactly 0, weights of 0, and a log-sum-exp of -infinity. This is decided
 * by these rules alone, not by values: a NaN in a key that is seen comes out as NaN. All zero: every query sees every
 * key. Everything here costs at most a look at the tiles it crosses; tiles that are hidden as a whole are skipped. */
typedef struct sa_masking {
    uint64_t struct_size;
    const int64_t *key_lengths; /* [B], or NULL: all have S keys */
    int32_t causal;             /* 0 or 1 */
    int32_t align;              /* SA_ALIGN_...; only means something with causal or window */
    int64_t offset;             /* for SA_ALIGN_OFFSET when offsets is NULL, else 0; -2^60 .. 2^60 */
    const int64_t *offsets;     /* [B], for SA_ALIGN_OFFSET, else NULL */
    int32_t window;             /* 0 or 1: whether window_left and window_right hold */
    int32_t reserved;           /* 0 */
    int64_t window_left;        /* >= -1; 0 when window is 0 */
    int64_t window_right;       /* >= -1; 0 when window is 0 */
    sa_tensor mask;             /* absent: none */
    /* With window: window_left does not hide keys j < keep_first ("attention sinks" of Xiao et al., "Efficient
     * Streaming Language Models with Attention Sinks", 2023). >= 0. */
    int64_t keep_first;
} sa_masking;

/* ============================================================================================== positions */

/* What is added to, or put beside, the scores by rule. All of it works with every mask, costs no T x S memory, and
 * keeps the fast path. p = t + offset is the query's position, as sa_masking says (t, without masking), j the key's.
 *
 *   alibi_slopes   adds slope_h * (j - p) (Press et al., "Train Short, Test Long", 2021). With causal masks BLOOM's
 *                  slope_h * j is the same after the softmax.
 *   relative_bias  adds relative_bias[h][R + min(max(j - p, -R), R)] with R = relative_reach, 1 .. 2^20: a number per
 *                  distance, the last holding for all greater ones. T5's buckets are such a table: sa_t5_distances().
 *   sink_logits    one more score per head that takes part in the softmax's sum and has no value: total = sum_j
 *                  exp(s_j) + exp(sink_h). The weights of keys then sum to less than 1, and the log-sum-exp counts it.
 *                  (A query that sees no key still gets 0.)
 *
 * The first two are added unscaled after softcap, together with masks. Values are finite; sink_logits may be -infinity
 * (no sink). Arrays are contiguous. */
typedef struct sa_score_rules {
    uint64_t struct_size;
    const float *alibi_slopes;  /* [H], or NULL */
    const float *relative_bias; /* [H, 2R+1], or NULL */
    int64_t relative_reach;     /* R; 0 without relative_bias */
    const float *sink_logits;   /* [H], or NULL */
} sa_score_rules;

/* Slopes of ALiBi for `heads` heads, as BLOOM and MPT use them: 2^(-8h/n) for h = 1 .. n, n the largest power of two <=
 * heads, and for the rest every other slope of 2n heads. Errors: NULL (slopes), VALUE (heads < 1). Any thread. */
SA_API sa_status sa_alibi_slopes(int64_t heads, float *slopes) SA_MUST_CHECK;

/* T5's relative position buckets (Raffel et al., "Exploring the Limits of Transfer Learning", 2019) written out by
 * distance: bias[h][R + d] = table[bucket(d)][h] for d = j - p from -R to R, R = max_distance, beyond which all
 * distances share a bucket. table is [buckets, heads], as T5's relative_attention_bias.weight; bias is [heads, 2 *
 * max_distance + 1]. bidirectional 0 (decoders): all d >= 0 share bucket 0, 1 (encoders): half of the buckets are for d
 * > 0. Errors: NULL, VALUE (heads < 1, buckets < 4 or odd when bidirectional, max_distance above 2^20 or not above
 * buckets/2, bidirectional: buckets/4). Any thread. */
SA_API sa_status sa_t5_distances(const float *table, int64_t buckets, int64_t heads, int64_t max_distance,
                                 int32_t bidirectional, float *bias) SA_MUST_CHECK;

/* Which elements of a head are rotated together. */
#define SA_ROPE_HALF        0 /* i and i + R/2: GPT-NeoX, Llama files of Hugging Face */
#define SA_ROPE_INTERLEAVED 1 /* 2i and 2i + 1: the paper, GPT-J, original Llama files */

/* Rotary position embedding (Su et al., "RoFormer", 2021): of each query and key vector the first R elements are
 * rotated in pairs; pair i of a vector at position p by the angle p * f_i, (a, b) becomes (a cos - b sin, a sin + b
 * cos) * attention_factor. Angles are computed in double precision, whatever the position. */
typedef struct sa_rope {
    uint64_t struct_size;
    int32_t style;                   /* SA_ROPE_... */
    int32_t reserved;                /* 0 */
    int64_t rotary;                  /* R, even, at most D; 0: D. Elements from R on stay as they are ("partial"). */
    double theta;                    /* base; 0: 10000 */
    const double *inverse_frequency; /* [R/2] f_i; NULL: theta^(-2i/R). See sa_rope_frequencies(). */
    double attention_factor;         /* 0: 1 */
    /* [table_positions, R/2] or NULL: cosines and sines of the angles, a row per position, instead of frequencies (then
     * inverse_frequency is NULL). Tokens, padding too, may only stand at 0 .. table_positions - 1; any other position
     * is refused with SA_ERR_VALUE. */
    const float *cosines, *sines;
    int64_t table_positions; /* 0 without tables */
} sa_rope;

/* Ways in which models stretch their rotary frequencies to more positions than they were trained on; names as
 * rope_scaling.rope_type of config.json has them. */
#define SA_ROPE_PLAIN    0 /* "default": theta^(-2i/R) */
#define SA_ROPE_LINEAR   1 /* "linear": all frequencies divided by factor (position interpolation) */
#define SA_ROPE_DYNAMIC  2 /* "dynamic": a larger theta once length exceeds original_positions (dynamic NTK) */
#define SA_ROPE_YARN     3 /* "yarn": Peng et al., "YaRN", 2023 */
#define SA_ROPE_LONGROPE 4 /* "longrope": a factor per frequency, Ding et al., "LongRoPE", 2024 */
#define SA_ROPE_LLAMA3   5 /* "llama3": low frequencies divided by factor, with a smooth passage */

typedef struct sa_rope_scaling {
    uint64_t struct_size;
    int32_t kind;     /* SA_ROPE_PLAIN ... SA_ROPE_LLAMA3 */
    int32_t truncate; /* YARN: 0 rounds the bounds of its ramp to whole pairs, as usual; -1 does not */
    int64_t rotary;   /* R, even, >= 2 */
    double theta;     /* 0: 10000 */
    double factor;    /* >= 1; LINEAR, DYNAMIC, YARN, LLAMA3; LONGROPE: 0 for max_positions / original_positions */
    int64_t original_positions; /* positions trained on; DYNAMIC, YARN, LONGROPE, LLAMA3 */
    int64_t max_positions;      /* LONGROPE: positions the model is meant for */
    int64_t length;             /* DYNAMIC, LONGROPE: tokens so far; 0: no more than original_positions */
    double low_frequency_factor, high_frequency_factor; /* LLAMA3; 0: 1 and 4 */
    double beta_fast, beta_slow;                        /* YARN; 0: 32 and 1 */
    double mscale, mscale_all_dim;                      /* YARN; 0: not given */
    double attention_factor;                            /* YARN, LONGROPE; 0: computed */
    const double *short_factors, *long_factors;         /* [R/2] LONGROPE: up to, and beyond, original_positions */
} sa_rope_scaling;

/* Writes frequencies [R/2] and the factor for sa_rope. Errors: NULL, STRUCT_SIZE, VALUE (kind, a number out of its
 * range or missing). The sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_rope_frequencies(const sa_rope_scaling *scaling, double *inverse_frequency,
                                     double *attention_factor) SA_MUST_CHECK;

/* Rotates queries or keys for sa_attention(): output = rope(input), both [B,H,T,D] of SA_F32, SA_BF16 or SA_F16 with
 * any strides; output may be the very same view as input, else they must not overlap. Token t of sequence b stands at
 * positions[b * T + t], or where positions is NULL at offset + t. (Layers and models rotate by themselves, see
 * sa_layer_config.rope.) Errors: NULL, STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_rope_apply(sa_ctx *ctx, const sa_rope *rope, const sa_tensor *input, const sa_tensor *output,
                               const int64_t *positions, int64_t offset) SA_MUST_CHECK;

/* Styles of sinusoids. */
#define SA_SINUSOIDAL_PAIRS   0 /* columns 2i and 2i+1 are sine and cosine of p * 10000^(-2i/width): the paper */
#define SA_SINUSOIDAL_HALVES  1 /* all sines, then all cosines (odd width: one more sine): Marian */
#define SA_SINUSOIDAL_WHISPER 2 /* the same with frequencies 10000^(-i/(width/2 - 1)): Whisper, Fairseq */

/* Sinusoidal position embeddings (Vaswani et al., 2017): table[p][i], p < positions, i < width; style is an
 * SA_SINUSOIDAL_ constant. Errors: NULL, VALUE. Any thread. */
SA_API sa_status sa_sinusoidal_positions(int64_t positions, int64_t width, int32_t style, float *table) SA_MUST_CHECK;

/* ================================================================================================== cache */

/* Keys and values already seen, for decoding: a number of layers and sequences, stored in pages of SA_CACHE_PAGE tokens
 * that grow one by one, are never copied while they grow, and can be shared by several sequences (a page that is shared
 * is copied when one of them writes to it). One caller at a time. */
typedef struct sa_cache sa_cache;

#define SA_CACHE_PAGE 128

/* Storage in the cache only: signed bytes with one float scale per token and head, x = scale * byte (worst error
 * 0.4 % of the largest element of the vector). */
#define SA_I8 4

typedef struct sa_cache_config {
    uint64_t struct_size;
    int64_t layers;          /* 0: 1 */
    int64_t batch;           /* B: sequences; >= 1 */
    int64_t kv_heads;        /* K */
    int64_t head_size;       /* D */
    int64_t value_head_size; /* Dv; 0: D */
    int32_t dtype;           /* storage: SA_F32, SA_BF16, SA_F16 or SA_I8 */
    int32_t reserved;        /* 0 */
    /* Most tokens held per layer and sequence; with a window, adding n tokens holds n + window - 1 and the first
     * keep_first. Their pages are allocated at once, and nothing later. 0: pages are allocated as they are needed. */
    int64_t capacity;
    /* Only the last `window` tokens, and the first keep_first, are sure to be held; pages of others are used again, and
     * what is gone is hidden from every query. 0: everything is held. */
    int64_t window;
    /* 0 .. SA_CACHE_PAGE; 0 without a window. In layers with rope the kept tokens stand right before the window (Xiao
     * et al., 2023), so that distances never outgrow it: their keys are rotated anew in each call, except where the
     * call has positions of its own. Keys that came by sa_cache_append() stay as they are. */
    int64_t keep_first;
} sa_cache_config;

/* Creates an empty cache with the context's allocator. Errors: NULL, STRUCT_SIZE, VALUE, OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_cache_create(sa_ctx *ctx, const sa_cache_config *config, sa_cache **cache) SA_MUST_CHECK;

/* Frees a cache. No call may be using it. */
SA_API void sa_cache_destroy(sa_cache **cache);

/* Adds tokens at the end of each sequence of one layer: key [B,K,T,D] and value [B,K,T,Dv], SA_F32, SA_BF16 or SA_F16
 * with any strides; of sequence b the first lengths[b] tokens, 0 .. T (NULL: all T). Keys are stored as they come,
 * rotated by you where they have to be. Errors: NULL, VALUE, SHAPE, MEMORY (capacity reached, or the allocator
 * refused: nothing was added), OVERFLOW, BUSY. */
SA_API sa_status sa_cache_append(sa_ctx *ctx, sa_cache *cache, int64_t layer, const sa_tensor *key,
                                 const sa_tensor *value, const int64_t *lengths) SA_MUST_CHECK;

/* Tokens that sequence b of a layer has seen, those included that a window has dropped; -1 if there is no such cache,
 * layer or sequence. */
SA_API int64_t sa_cache_length(const sa_cache *cache, int64_t layer, int64_t sequence);

/* Bytes of memory held in pages, used or not. 0 if cache is NULL. */
SA_API uint64_t sa_cache_bytes(const sa_cache *cache);

/* The following have no context: their sentence is in sa_ctx_last_error(NULL).
 *
 * Forgets the tokens of a sequence (-1: of all) from `length` on, in all layers that have more. Going back to where
 * tokens were dropped by a window is refused, except to keep_first tokens or fewer. Errors: NULL, VALUE (no such
 * sequence, length < 0, dropped). */
SA_API sa_status sa_cache_truncate(sa_cache *cache, int64_t sequence, int64_t length) SA_MUST_CHECK;

/* Makes sequence `to` equal to `from` in all layers without copying: they share pages until one of them adds to a page
 * that is not full. Errors: NULL, VALUE, MEMORY (nothing was changed). */
SA_API sa_status sa_cache_fork(sa_cache *cache, int64_t from, int64_t to) SA_MUST_CHECK;

/* Each sequence b becomes what from[b] was, all at once, as beam search wants it: from is [B], values 0 .. B-1. Errors:
 * NULL, VALUE, MEMORY (nothing was changed). */
SA_API sa_status sa_cache_reorder(sa_cache *cache, const int64_t *from) SA_MUST_CHECK;

/* ============================================================================================== attention */

/* What sa_attention_args.weights receives. */
#define SA_WEIGHTS_PROBABILITIES 0 /* softmax(scores): rows sum to 1, or are 0 where no key is seen */
#define SA_WEIGHTS_SCALED        1 /* scale * q.k */
#define SA_WEIGHTS_SOFTCAPPED    2 /* the same after softcap */
#define SA_WEIGHTS_BIASED        3 /* the same after masks: hidden keys are -infinity */

typedef struct sa_attention_args {
    uint64_t struct_size;
    sa_tensor query;             /* [B,H,T,D]   in */
    sa_tensor key;               /* [B,K,S,D]   in */
    sa_tensor value;             /* [B,K,S,Dv]  in */
    sa_tensor output;            /* [B,H,T,Dv]  out */
    float scale;                 /* 0: 1/sqrt(D). Finite. */
    float softcap;               /* 0: none. Finite, >= 0. */
    const sa_masking *masking;   /* NULL: every query sees every key */
    sa_tensor lse;               /* [B,H,T,1]   out, optional: log(sum_j exp(s_j)); -infinity where no key is seen */
    sa_tensor weights;           /* [B,H,T,S]   out, optional: costs a second pass and your T x S memory */
    int32_t weights_kind;        /* SA_WEIGHTS_... */
    int32_t reserved;            /* 0 */
    const sa_score_rules *rules; /* NULL: none */
    /* Keys and values instead of key and value, which then are absent: S is the longest sequence's length, each
     * sequence has its own (masking.key_lengths has to be NULL), and the default alignment is bottom-right: query T-1
     * stands at the last key. weights_kind has to be SA_WEIGHTS_PROBABILITIES. NULL: none. */
    const sa_cache *cache;
    int64_t cache_layer; /* which of the cache's layers; 0 without a cache */
} sa_attention_args;

/* Attention without projections ("scaled dot-product attention").
 *
 * query, key, value and output are SA_F32, SA_BF16 or SA_F16, each as it likes; lse and weights are SA_F32. All may
 * have any strides. B, T, S may be 0 (no key: all outputs are 0); H, K, D, Dv are at least 1. query, key, value and
 * output are required unless they have no elements. Outputs must not overlap inputs or each other. Extra memory is
 * O(threads * tile), independent of T * S.
 * Errors: NULL, STRUCT_SIZE, VALUE (dtype, scale, softcap, window, lengths, zero stride in an output), SHAPE (sizes
 * that disagree, H not a multiple of K, mask that does not broadcast), OVERFLOW, UNSUPPORTED (dtype), MEMORY, BUSY. */
SA_API sa_status sa_attention(sa_ctx *ctx, const sa_attention_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_attention(ctx, args) needs. Data pointers are not followed, except
 * key_lengths and offsets, and may be NULL for required tensors too. Errors as sa_attention(). */
SA_API sa_status sa_attention_workspace_size(sa_ctx *ctx, const sa_attention_args *args, uint64_t *bytes) SA_MUST_CHECK;

/* ================================================================================================== layer */

/* One multi-head attention layer: sizes and weights. Immutable after creation; any number of threads and contexts at
 * once. */
typedef struct sa_layer sa_layer;

/* Storage order of a weight matrix that maps `in` numbers to `out` numbers. */
#define SA_OUT_IN 0 /* row per output, y_o = sum_i W[o][i] x_i: PyTorch's nn.Linear, most safetensors files */
#define SA_IN_OUT 1 /* row per input,  y_o = sum_i x_i W[i][o]: GPT-2's Conv1D */

typedef struct sa_layer_config {
    uint64_t struct_size;
    int64_t model_width;     /* E: width of the input x. Required. */
    int64_t context_width;   /* width of the input that keys and values are made of; 0: E */
    int64_t output_width;    /* width of the result y; 0: E */
    int64_t query_heads;     /* H. Required. */
    int64_t kv_heads;        /* K; 0: H. Less than H is grouped-query, 1 is multi-query attention. */
    int64_t head_size;       /* D; 0: E / H, which then has to divide */
    int64_t value_head_size; /* Dv; 0: D */
    int32_t weight_order;    /* SA_OUT_IN or SA_IN_OUT, for all matrices */
    int32_t weight_dtype;    /* SA_F32, SA_BF16 or SA_F16, for all matrices and biases */
    /* Either the three separate matrices ... */
    const void *weight_q; /* out H*D,  in model_width; output h*D + d is dimension d of head h */
    const void *weight_k; /* out K*D,  in context_width */
    const void *weight_v; /* out K*Dv, in context_width */
    /* ... or one matrix, out H*D + K*D + K*Dv (all of q, then all of k, then all of v), in model_width, which then is
     * context_width too */
    const void *weight_qkv;
    const void *weight_o; /* out output_width, in H*Dv; NULL: no output projection, y has width H*Dv == output_width */
    const void *bias_q;   /* [H*D] or NULL; likewise below. Only with the matching weight. */
    const void *bias_k;   /* [K*D] */
    const void *bias_v;   /* [K*Dv] */
    const void *bias_qkv; /* [H*D + K*D + K*Dv] */
    const void *bias_o;   /* [output_width] */
    float scale;          /* 0: 1/sqrt(D) */
    float softcap;        /* 0: none */
    const sa_rope *rope;  /* rotates queries and keys; NULL: not. Copied. */
    const sa_score_rules *rules; /* ALiBi, relative bias, sinks; NULL: none. Copied. */
    const float *query_norm;     /* [D] weights of an RMSNorm over each head of the queries, before rope; NULL: none */
    const float *key_norm;       /* [D] the same for keys; both or neither */
    float norm_epsilon;          /* added to the mean square; 0: 1e-6 */
    int32_t norm_all_heads;      /* 0; 1: the norms run over the whole rows of H*D and K*D, and have as many weights */
} sa_layer_config;

/* Creates a layer; weights are contiguous and copied, so yours may be freed afterwards. The context lends its allocator
 * and threads and takes the error text; the layer does not depend on it afterwards. Errors: NULL (ctx, config, layer, a
 * required weight), STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_layer_create(sa_ctx *ctx, const sa_layer_config *config, sa_layer **layer) SA_MUST_CHECK;

/* Frees a layer. No call may be using it. */
SA_API void sa_layer_destroy(sa_layer **layer);

/* The layer's sizes. 0 if layer is NULL. */
SA_API int64_t sa_layer_model_width(const sa_layer *layer);
SA_API int64_t sa_layer_context_width(const sa_layer *layer);
SA_API int64_t sa_layer_output_width(const sa_layer *layer);
SA_API int64_t sa_layer_query_heads(const sa_layer *layer);
SA_API int64_t sa_layer_kv_heads(const sa_layer *layer);
SA_API int64_t sa_layer_head_size(const sa_layer *layer);
SA_API int64_t sa_layer_value_head_size(const sa_layer *layer);

/* What to do with a cache. Query t stands at p = (tokens held before) + t for masks and rules when masking.align is
 * default, and at p = t in cross-attention. S is the longest sequence's length after adding; masking.key_lengths has to
 * be NULL and weights_kind SA_WEIGHTS_PROBABILITIES. */
#define SA_CACHE_APPEND 0 /* add this call's keys and values, then attend to all */
#define SA_CACHE_READ   1 /* make none, attend to what is there: cross-attention after its first call; no context */

/* Tensors of model width have one head: [B,1,T,E]. */
typedef struct sa_forward_args {
    uint64_t struct_size;
    sa_tensor x;               /* [B,1,T,model_width]    in */
    sa_tensor context;         /* [B,1,S,context_width]  in; absent: x itself (self-attention, S = T) */
    sa_tensor y;               /* [B,1,T,output_width]   out; must not overlap x or context */
    const sa_masking *masking; /* as in sa_attention() */
    sa_tensor lse;             /* [B,H,T,1]  out, optional */
    sa_tensor weights;         /* [B,H,T,S]  out, optional */
    int32_t weights_kind;      /* SA_WEIGHTS_... */
    int32_t reserved;          /* 0 */
    /* Keys and values made of x (or the context) are added to this cache, and the queries attend to all that it then
     * holds. Its sizes are the layer's. NULL: none. */
    sa_cache *cache;
    int64_t cache_layer; /* which of the cache's layers; 0 without a cache */
    int32_t cache_use;   /* SA_CACHE_... */
    int32_t reserved2;   /* 0 */
    /* [B] with SA_CACHE_APPEND: how many of the T tokens (of the S of the context) of each sequence are real, 0 .. T;
     * the others stand behind. Their rows of y mean nothing. NULL: all are. */
    const int64_t *lengths;
    /* [B,T] where the tokens stand for rope. NULL: at t, plus the tokens that the cache held before. Tokens of a
     * context stand at 0, 1, ... */
    const int64_t *positions;
} sa_forward_args;

/* One layer: y = concat_h(attention(x Wq_h, c Wk_h, c Wv_h)) Wo, with biases where given; c is the context, or x.
 *
 * x, context and y are SA_F32, SA_BF16 or SA_F16, each as it likes. Their rows need stride[3] == 1; the other strides
 * are free.
 * Scratch memory is O(B * (T + S)) for the projections plus what sa_attention() needs.
 * Errors as sa_attention(); SHAPE also when a width is not the layer's. */
SA_API sa_status sa_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args) SA_MUST_CHECK;

/* As sa_attention_workspace_size(). */
SA_API sa_status sa_forward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                                           uint64_t *bytes) SA_MUST_CHECK;

/* ============================================================================================== tokenizer */

/* Turns text into token numbers and back. Immutable after opening; any number of threads at once. */
typedef struct sa_tokenizer sa_tokenizer;

/* Reads a tokenizer. `path` is a file, or a directory in which the first of these is taken that it has:
 *   tokenizer.json  Hugging Face's format
 *   tokenizer.bin   llama2.c's format, which the ending .bin says. A text begins with token 1 ("<s>") and a space, as
 *                   run.c has it; a character that is no token is taken as its bytes.
 *   *.gguf          the only one: the tokenizer in a GGUF file, of kind "llama" (the same as llama2.c's, but control
 *                   tokens are recognised in a text) or "gpt2" (byte-level BPE) that cuts words as "gpt-2",
 *                   "llama-bpe", "qwen2" or "smollm"
 *
 * Supported of tokenizer.json, and everything else refused by name:
 *   WordPiece       normalizer BertNormalizer; pre_tokenizer BertPreTokenizer; decoder WordPiece or none
 *   byte-level BPE  normalizer NFC or none; pre_tokenizer ByteLevel, or a Sequence of Split and ByteLevel with one of
 *                   the regular expressions of GPT-2, GPT-4, Llama 3 and Qwen 2 (which are recognised by their text), or of
 *                   Digits (single) and ByteLevel; decoder ByteLevel
 *   both            post_processor TemplateProcessing, BertProcessing, ByteLevel, a Sequence of these, or none; added
 *                   tokens with lstrip and rstrip, but not single_word
 * The sections truncation and padding are ignored. Token numbers are those of Hugging Face's tokenizers, except for
 * characters that Unicode has added or moved to another class since the version that those know.
 * Errors: NULL, FILE, FORMAT, UNSUPPORTED (a kind of model, normalizer, ... that this version does not have, by name),
 * MEMORY, BUSY. While it reads, the JSON parser takes memory from the C library: at most about 100 bytes per value, and
 * files of more than 100 MB or four million values are refused. */
SA_API sa_status sa_tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) SA_MUST_CHECK;

/* Frees a tokenizer. No call may be using it. */
SA_API void sa_tokenizer_destroy(sa_tokenizer **tokenizer);

/* Encodes `bytes` bytes of UTF-8 text (NUL is a character like any other), with the special tokens that the
 * tokenizer's template adds for one sequence ([CLS] ... [SEP]). Special tokens that are written in the text ("[MASK]")
 * become that token. Writes at most `capacity` token numbers to ids and always the full number to *count; so a first
 * call with capacity 0 (ids may be NULL) asks for the size. No truncation, no padding. Errors: NULL, VALUE (negative
 * number), TEXT (not UTF-8, with the offset of the first wrong byte; a word of more than 2^31 - 1 bytes; or count >
 * capacity > 0), MEMORY, BUSY. */
SA_API sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                     int32_t *ids, int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* What sa_tokenizer_encode_with() does otherwise; a sum of these. Without a template nothing is added before and after
 * the text: for one that goes on, or a rendered chat template. Without special tokens those that are written in the
 * text are text like any other: for what strangers wrote. */
#define SA_ENCODE_NO_TEMPLATE 1
#define SA_ENCODE_NO_SPECIAL  2

/* The same with flags; 0 is sa_tokenizer_encode(). VALUE also: an unknown flag. */
SA_API sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                          int32_t flags, int32_t *ids, int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* The text of `count` tokens, special tokens left out (their names are in sa_tokenizer_token()). Writes at most
 * `capacity` bytes, no NUL, and always the full number to *bytes; capacity 0 asks for it.
 *
 * The text of the first n tokens is always the beginning of the text of more: to stream, decode all tokens so far and
 * show what is new. A token may end within a character, whose other bytes then are the next tokens': the text of the
 * first n is UTF-8 but for an incomplete character at its end, if the model wrote UTF-8 at all. Byte-level BPE and
 * llama2.c's tokenizer also give the same bytes token by token, except that a space right behind llama2.c's token 1 is
 * shown when that token is not there. (WordPiece writes a space before each word but the first.)
 * Errors: NULL, VALUE (a number that is no token, negative numbers), TEXT (*bytes > capacity > 0), BUSY. Allocates
 * nothing. */
SA_API sa_status sa_tokenizer_decode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count,
                                     char *text, int64_t capacity, int64_t *bytes) SA_MUST_CHECK;

/* Looks a token up by its text as it stands in the vocabulary ("<|im_end|>", "##ing") and writes its number to *id.
 * SA_ERR_NULL: an argument is NULL. SA_ERR_VALUE: there is none (*id is -1). Any thread. */
SA_API sa_status sa_tokenizer_find(const sa_tokenizer *tokenizer, const char *text, int32_t *id);

/* One more than the highest token number; a few numbers below it may have no token. 0 if NULL. Any thread. */
SA_API int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer);

/* The token's text as it stands in the vocabulary ("##ing"), NUL-terminated, owned by the tokenizer; NULL if there is
 * no such id. Any thread. */
SA_API const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id);

/* ================================================================================================== model */

/* A trained transformer read from files: an encoder, a decoder, or an encoder and a decoder that looks at it. Immutable
 * after opening; any number of threads and contexts at once. */
typedef struct sa_model sa_model;

/* Opens a model. `path` is a file of weights, or a directory in which the first of these is taken that it has:
 *   model.safetensors, the files that model.safetensors.index.json names, or the only *.safetensors file: F32, F16 or
 *              BF16 tensors under Hugging Face's names, with a config.json beside them
 *   the only *.gguf file: F32, F16, BF16 or Q8_0 tensors of a GGUF file (version 2 or 3, little-endian) of the
 *              architectures "llama", "qwen2" or "qwen3". Its settings stand for config.json.
 *   model.bin: llama2.c's weights in its first format (seven numbers, then float32). What else is known of such models
 *              stands for config.json.
 *
 * Architectures (model_type in config.json):
 *   encoders           bert, vit
 *   decoders           gpt2, llama, mistral, qwen2, qwen3, gemma2, gpt_neox, bloom, opt
 *   encoder-decoders   t5, marian, whisper
 * Each is described by a page of JSON: which keys of config.json are its sizes and options, which parts its blocks
 * consist of, and how its tensors are named. A directory may bring a description of its own, architecture.json,
 * which then holds: docs/architectures.md has the format.
 *
 * Files are mapped and checked against their size before anything is believed. Weights keep their type; those that can
 * be used as they lie stay in the mapped file, so it must not be changed or shortened while the model exists (replacing
 * it by renaming another over it is fine). Any byte order of the host. Options in config.json that would change the
 * result and that this version does not have are refused by name; dropout and the like are ignored. JSON is parsed
 * within the limits and with the memory that sa_tokenizer_open() names. Errors: NULL, FILE, FORMAT (malformed,
 * truncated, a tensor missing or of the wrong shape, named), UNSUPPORTED (an architecture, dtype or option that this
 * version does not have, by name), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) SA_MUST_CHECK;

/* Frees a model. No call may be using it, and no session of it may be left. */
SA_API void sa_model_destroy(sa_model **model);

/* What sa_model_get() answers. The first group is about the encoder, or about the decoder of a model without encoder;
 * the second about the decoder. 0 where there is no such thing. */
#define SA_MODEL_LAYERS        0 /* L */
#define SA_MODEL_WIDTH         1 /* E */
#define SA_MODEL_QUERY_HEADS   2 /* H */
#define SA_MODEL_KV_HEADS      3 /* K */
#define SA_MODEL_VOCABULARY    4 /* token ids are below this; 0: it takes features, not tokens */
#define SA_MODEL_MAX_POSITIONS 5 /* tokens of the longest sequence that it was made for; 0: not said. */
/* A model with a position table has no more positions; others may be run on longer sequences. */
#define SA_MODEL_HEAD_SIZE             6 /* D */
#define SA_MODEL_ENCODER               7 /* 1: it has an encoder */
#define SA_MODEL_DECODER               8 /* 1: it has a decoder */
#define SA_MODEL_DECODER_LAYERS        9 /* as above, for the decoder */
#define SA_MODEL_DECODER_WIDTH         10
#define SA_MODEL_DECODER_QUERY_HEADS   11
#define SA_MODEL_DECODER_KV_HEADS      12
#define SA_MODEL_DECODER_VOCABULARY    13
#define SA_MODEL_DECODER_MAX_POSITIONS 14
#define SA_MODEL_DECODER_HEAD_SIZE     15
#define SA_MODEL_OUTPUTS               16 /* V: numbers in a row of logits, one per token or class; 0: none */
#define SA_MODEL_POOLED                17 /* 1: it has a pooler */
#define SA_MODEL_FEATURE_CHANNELS      18 /* C: channels of an image, or mel bins of sound; 0: it takes tokens */
#define SA_MODEL_FEATURE_HEIGHT        19 /* rows of an image; 1 of sound */
#define SA_MODEL_FEATURE_WIDTH         20 /* columns of an image, or frames of sound */
#define SA_MODEL_FEATURE_TOKENS        21 /* T: tokens that the encoder makes of an image or sound */
#define SA_MODEL_FEATURE_ROWS          22 /* rows and columns of patches that an image is cut into; 0: none. */
#define SA_MODEL_FEATURE_COLUMNS       23 /* The patches are the last tokens, row by row. */
/* Token ids; -1: config.json names none. */
#define SA_MODEL_START_TOKEN 24 /* what a decoder's text begins with: decoder_start_token_id, or bos_token_id */
#define SA_MODEL_END_TOKEN   25 /* eos_token_id, the first if there are several: sa_model_end_tokens() */
#define SA_MODEL_PAD_TOKEN   26 /* pad_token_id */

/* A number about the model; -1 if model is NULL or `what` is unknown. Any thread. */
SA_API int64_t sa_model_get(const sa_model *model, int32_t what);

/* Writes at most `capacity` of the tokens that end a text, by config.json, to ids, and returns how many there are. 0 if
 * model is NULL. Any thread. */
SA_API int64_t sa_model_end_tokens(const sa_model *model, int32_t *ids, int64_t capacity);

/* Its model_type, owned by the model; "" if NULL. Any thread. */
SA_API const char *sa_model_type(const sa_model *model);

/* Arrays are contiguous, in C order; outputs overlap neither inputs nor each other. L, H, E, V, ... as sa_model_get()
 * says; B, T and U are this call's. Rows of padding in outputs are finite but mean nothing. */
typedef struct sa_encode_args {
    uint64_t struct_size;
    int64_t batch;          /* B */
    int64_t tokens;         /* T: tokens per sequence, padding included; at least 1. With features: 0, or their T */
    const int32_t *ids;     /* [B,T] token ids; padding may hold any valid id */
    const int64_t *lengths; /* [B], 1 .. T; NULL: all T. Padding stands at the end and is never attended to. */
    const int32_t *types;   /* [B,T] token types (segments); NULL: all 0. Only for models that have types */
    float *hidden;          /* [B,T,E]     out, optional: last hidden state, after the last norm if there is one */
    float *hidden_all; /* [L+1,B,T,E] out, optional: embeddings, then the state after each block, without that norm */
    /* [L,B,H,T,T] out, optional: attention weights by layer, sequence, head, query, key; 0 where the key is hidden,
     * without meaning where the query is padding */
    float *attention;
    /* [B,E] out, optional: mean of the last hidden state over the sequence, scaled to length 1 ("mean pooling" and
     * "normalize" of sentence-transformers) */
    float *embedding;
    const float *features; /* instead of ids, for models of images [B,C,height,width] and of sound [B,C,frames] */
    float *pooled;         /* [B,E]       out, optional: BERT's pooler, tanh(W x + b) of the first token */
    float *logits;         /* out, optional: [B,V] of a classifier, [B,T,V] of a decoder, [B,U,V] with targets */
    /* With targets, an encoder's states then go through the decoder, as in training ("teacher forcing"); its letters
     * are the decoder's. */
    int64_t targets;               /* U: target tokens per sequence, padding included; 0: the decoder is not run */
    const int32_t *target_ids;     /* [B,U] */
    const int64_t *target_lengths; /* [B], 1 .. U; NULL: all U */
    float *target_hidden;          /* [B,U,E]     out, optional */
    float *target_hidden_all;      /* [L+1,B,U,E] out, optional */
    float *target_attention;       /* [L,B,H,U,U] out, optional: of targets to targets */
    float *cross_attention;        /* [L,B,H,U,T] out, optional: of targets to the encoder's tokens */
} sa_encode_args;

/* Runs a model over whole inputs, without a cache: an encoder; or a decoder without encoder, whose tokens see only
 * those before them. Scratch memory is O(B * (T + U)) plus what sa_attention() needs. Errors: NULL, STRUCT_SIZE, VALUE
 * (an id or type outside the model's range, lengths), SHAPE (T or U above the longest sequence), UNSUPPORTED (an output
 * or input that this model does not have), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_model_encode(ctx, model, args) needs. ids, types and features are not
 * followed and may be NULL. Errors as sa_model_encode(). */
SA_API sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args,
                                                uint64_t *bytes) SA_MUST_CHECK;

/* ================================================================================================ session */

/* A decoder at work on B sequences: the keys and values of all tokens so far, and of the encoder's where there is one.
 * One caller at a time. The model has to outlive it; the context need not. */
typedef struct sa_session sa_session;

typedef struct sa_session_config {
    uint64_t struct_size;
    int64_t batch;       /* B: sequences; 0: 1 */
    int64_t capacity;    /* most tokens per sequence, allocated at once; 0: memory grows with the sequences */
    int64_t window;      /* 0: all tokens are remembered; else only the last `window` ones and the first keep_first */
    int64_t keep_first;  /* as in sa_cache_config */
    int32_t cache_dtype; /* how keys and values are stored: SA_F32, SA_BF16, SA_F16 or SA_I8 */
    int32_t reserved;    /* 0 */
} sa_session_config;

/* Starts a session with empty sequences. config NULL: all defaults. Errors: NULL, STRUCT_SIZE, VALUE, UNSUPPORTED (the
 * model has no decoder), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config,
                                   sa_session **session) SA_MUST_CHECK;

/* Frees a session. */
SA_API void sa_session_destroy(sa_session **session);

/* For models with an encoder: encodes B inputs as sa_model_encode() does, with all its outputs (targets has to be 0),
 * keeps the keys and values that the decoder makes of them, and empties the sequences. Needed once before
 * sa_session_run(). Errors as sa_model_encode(), SHAPE also when args->batch is not the session's; UNSUPPORTED: the
 * model has no encoder. */
SA_API sa_status sa_session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args) SA_MUST_CHECK;

/* Arrays as in sa_encode_args; L, H, E, V are the decoder's. S is the longest sequence's length after the call. */
typedef struct sa_session_args {
    uint64_t struct_size;
    int64_t tokens;         /* T: new tokens per sequence, padding included; at least 1 */
    const int32_t *ids;     /* [B,T] */
    const int64_t *lengths; /* [B], 0 .. T: how many of them are real, the others stand behind; NULL: all. 0 leaves a
                             * sequence as it is */
    /* [B,V] out, optional: of each sequence's last real token; of a sequence without one the row is not written */
    float *logits;
    float *logits_all; /* [B,T,V]     out, optional */
    float *hidden;     /* [B,T,E]     out, optional: last hidden state, after the last norm if there is one */
    float *hidden_all; /* [L+1,B,T,E] out, optional: embeddings, then the state after each block */
    float *attention;  /* [L,B,H,T,S] out, optional: weights of the new tokens to all; 0 from a sequence's length on */
    float *cross_attention; /* [L,B,H,T,S'] out, optional: to the S' tokens of the encoder (padding included) */
    const int32_t *types;   /* [B,T] token types; NULL: all 0. Only for models that have types */
} sa_session_args;

/* Appends tokens to the sequences and runs the decoder over them. A text may be given at once, in chunks, or token by
 * token: results are the same within rounding, and those of sa_model_encode(). A call whose sizes need no more scratch
 * memory than an earlier one allocates nothing but pages of the cache, and those not if capacity was given. After an
 * error the sequences are as before. Errors: NULL, STRUCT_SIZE, VALUE (an id outside the vocabulary, lengths; a model
 * with encoder was given nothing to look at), SHAPE (a sequence above the longest or above the capacity), OVERFLOW,
 * MEMORY, BUSY. */
SA_API sa_status sa_session_run(sa_ctx *ctx, sa_session *session, const sa_session_args *args) SA_MUST_CHECK;

/* Sequences B, and tokens of one of them; -1 if there is no such sequence or session. */
SA_API int64_t sa_session_batch(const sa_session *session);
SA_API int64_t sa_session_length(const sa_session *session, int64_t sequence);

/* Bytes of memory held in caches. 0 if session is NULL. */
SA_API uint64_t sa_session_bytes(const sa_session *session);

/* As sa_cache_truncate(), sa_cache_fork() and sa_cache_reorder(), what belongs to the encoder included: forget the
 * tokens of a sequence (-1: of all) from `length` on; make sequence `to` equal to `from` without copying; and let each
 * sequence b become what from[b] was. Errors as there. */
SA_API sa_status sa_session_truncate(sa_session *session, int64_t sequence, int64_t length) SA_MUST_CHECK;
SA_API sa_status sa_session_fork(sa_session *session, int64_t from, int64_t to) SA_MUST_CHECK;
SA_API sa_status sa_session_reorder(sa_session *session, const int64_t *from) SA_MUST_CHECK;

/* ============================================================================================= generation */

/* How a sequence's next token is chosen from a row of logits l. The steps are taken in this order, that of Hugging
 * Face's generate(); a field that is 0 leaves its step out.
 *
 *   penalties     for every token that stands n > 0 times among this call's prompt and new tokens:
 *                 l / repetition_penalty where l > 0, else l * repetition_penalty (Keskar et al., "CTRL", 2019); then
 *                 less presence_penalty + n * frequency_penalty
 *   temperature   0: the token with the largest logit is taken ("greedy"), and nothing below matters. Else
 *                 l / temperature
 *   top_k         only the k largest logits stay
 *   top_p         only the most probable tokens stay, as few as have a probability of top_p or more together
 *                 (Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020)
 *   min_p         only tokens stay that are at least min_p times as probable as the most probable one (Nguyen et al.,
 *                 "Min-p Sampling", 2024)
 *   draw          by the softmax of what stays
 *
 * Of equal logits the one with the lower id is the larger; NaN is -infinity. Draw n = 0, 1, ... of sequence b is a
 * number that depends on seed + b and n alone, whatever the threads and the rest of the batch are:
 *     z = seed + b + (n + 1) * 0x9e3779b97f4a7c15; z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
 *     z = (z ^ z >> 27) * 0x94d049bb133111eb; z = z ^ z >> 31; u = (z >> 11) / 2^53
 * (SplitMix64: Steele, Lea and Flood, 2014). The token is the first, by id, at which the sum of probabilities exceeds
 * u. So the same logits give the same text on every machine. */
typedef struct sa_sampling {
    uint64_t struct_size;
    uint64_t seed;
    double temperature;        /* >= 0 */
    int64_t top_k;             /* >= 0 */
    double top_p;              /* 0 .. 1 */
    double min_p;              /* 0 .. 1 */
    double repetition_penalty; /* >= 0 */
    double presence_penalty;   /* any */
    double frequency_penalty;  /* any */
} sa_sampling;

/* Why a sequence ended. */
#define SA_END_NONE       0 /* it took no part: its prompt was empty */
#define SA_END_MAX_TOKENS 1 /* it has all the new tokens that were asked for */
#define SA_END_TOKEN      2 /* the last new token is a stop token */
#define SA_END_STRING     3 /* the last new token completes a stop string */
#define SA_END_CALLER     4 /* on_token said so */
#define SA_END_FULL       5 /* the model has no position, or the session no capacity, for one token more */

/* Called with each new token and the logarithm of its probability, by the softmax of the logits before all steps of
 * sa_sampling. 0 goes on; anything else ends the sequence after this token. The context may be used meanwhile (to
 * decode), the session may not. */
typedef int32_t (*sa_token_fn)(void *user, int64_t sequence, int32_t token, float log_probability);

/* Called before a token is chosen; may change the logits, -infinity forbids a token. */
typedef void (*sa_logits_fn)(void *user, int64_t sequence, float *logits, int64_t count);

typedef struct sa_generate_args {
    uint64_t struct_size;
    int64_t tokens;              /* T: tokens per prompt, padding included; 0: all prompts are SA_MODEL_START_TOKEN */
    const int32_t *ids;          /* [B,T] prompts; with tokens 0: NULL */
    const int64_t *lengths;      /* [B], 0 .. T: their lengths; padding stands behind. NULL: all T */
    int64_t max_tokens;          /* N: most new tokens per sequence; at least 1 */
    const sa_sampling *sampling; /* NULL: greedy */
    int32_t *generated;         /* [B,N] out: new tokens, a stop token included; from counts[b] on nothing is written */
    int64_t *counts;            /* [B]   out: how many there are */
    int32_t *endings;           /* [B]   out, optional: SA_END_... */
    float *log_probabilities;   /* [B,N] out, optional: as on_token gets them */
    const int32_t *stop_tokens; /* [stop_token_count]; NULL: sa_model_end_tokens(). Not NULL with a count of 0: none */
    int64_t stop_token_count;
    /* [stop_string_count] NUL-terminated UTF-8, not empty, looked for in the text of the new tokens, wherever they
     * begin and end within tokens. The text before them is yours to cut */
    const char *const *stop_strings;
    int64_t stop_string_count;
    const sa_tokenizer *tokenizer; /* the model's; needed with stop_strings */
    sa_token_fn on_token;          /* NULL: none */
    sa_logits_fn on_logits;        /* NULL: none */
    void *user;                    /* handed to both */
} sa_generate_args;

/* Appends a prompt to each sequence of the session and lets the model write on. Afterwards a sequence holds its
 * prompt and its new tokens but the last, which has not been run: begin the next prompt with it. A call whose sizes
 * are no larger than an earlier one's allocates nothing but what sa_session_run() does. After an error the sequences
 * hold what was run before it. Errors: as sa_session_run(); VALUE also where no logit is finite or one is +infinity,
 * UNSUPPORTED where the model has no logits. */
SA_API sa_status sa_generate(sa_ctx *ctx, sa_session *session, const sa_generate_args *args) SA_MUST_CHECK;

typedef struct sa_beam_args {
    uint64_t struct_size;
    int64_t tokens;             /* T: tokens of the prompt; 0: it is SA_MODEL_START_TOKEN */
    const int32_t *ids;         /* [T]; with tokens 0: NULL */
    int64_t max_tokens;         /* N: most new tokens; at least 1 */
    int64_t results;            /* R: texts wanted, at most B; 0: 1 */
    double length_penalty;      /* see below; 0: sums are compared as they are */
    int32_t *generated;         /* [R,N] out: new tokens of the best texts, best first, stop tokens included */
    int64_t *counts;            /* [R]   out: how many there are; 0: there is no such text */
    double *scores;             /* [R]   out, optional */
    const int32_t *stop_tokens; /* as in sa_generate_args */
    int64_t stop_token_count;
} sa_beam_args;

/* Beam search: looks for the most probable continuations of one prompt, with as many beams as the session has
 * sequences. The prompt is appended to sequence 0, and the others become equal to it. At each step the B most
 * probable continuations of all beams that do not end with a stop token become the new beams; those that do, if they
 * are among the B most probable of all, are texts. A text's score is the sum of its new tokens' log-probabilities
 * over n^length_penalty, n new tokens. The search ends when no beam can come to a better score any more than R texts
 * have, or with N new tokens (or no room for one more), when the beams are texts too. Of equal sums that of the
 * lower beam, and then of the lower token, is the better. Afterwards the sequences hold the prompt and some beam's
 * tokens; sa_session_truncate() takes those away. Memory and errors as sa_generate(). */
SA_API sa_status sa_beam_search(sa_ctx *ctx, sa_session *session, const sa_beam_args *args) SA_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_H */
