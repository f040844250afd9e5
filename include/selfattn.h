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
 *   concatenation of the heads, output projection. Whole trained transformers, their tokenizers and
 *   generation are in selfattn_models.h, which includes this header.
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
 *              call is refused with SA_ERR_BUSY. Any number of contexts may work at once. sa_layer is immutable: any
 *              number of threads and contexts may use one at once.
 *   Bits       Results have the same bits for any number of threads, any parallel back end and any repeat, given the
 *              same build, CPU, options and BLAS library. sa_attention() gives a sequence the same bits in
 *              whatever batch it sits. (In sa_forward() and models the BLAS may round a row differently in a
 *              matrix of another height.) Bits may differ between versions and between CPUs.
 *   BLAS       The library runs OpenBLAS single-threaded inside its own threads. While a call runs, the process-wide
 *              thread count of a pthread OpenBLAS is 1; it is put back when the last running call ends. Do
 *              not change it from other threads meanwhile.
 *   POOL       The library's own threads run the work unless you say otherwise (SA_PARALLEL_...). All contexts
 *              share them: as many as the largest number that a call could use, less the caller. They start with
 *              the first call that has work for them, block all signals, sleep within 20 microseconds of their
 *              last task, and end with the last context. A call waits for its work, never for a thread that the
 *              system does not let run. Where no thread can be started the caller does everything.
 *   fork()     A child may create new contexts and use them; handles made before the fork stay with the parent,
 *              except immutable ones. (With SA_PARALLEL_OPENMP, where the parent had several threads, each call of
 *              the thread that forked starts new ones.)
 *   Sizes      Sizes are int64_t counts of elements, strides int64_t counts of elements (not bytes). All products are
 *              checked.
 *   Numbers    float32 arithmetic with float32 accumulation, no fast-math; tensors may be bfloat16 or binary16, which
 *              are widened when read and rounded to nearest when written. A context may allow less than float32
 *              arithmetic (SA_PRECISION_...). Infinities and NaN behave as the formula says, with one promise more:
 *              a key that a query may not see never touches its result, even when the key or its value holds NaN or
 *              infinity. (A visible infinite value gives an infinite result however small its weight.) A mean of finite
 *              values is finite, however large they are; so is a score if all of its products are in range when scaled.
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

/* How a function is exported or imported. Define SELFATTN_STATIC where libselfattn.a is linked. Only the build of the
 * library itself defines SELFATTN_BUILDING. */
#if defined(SELFATTN_STATIC)
#define SA_API
#elif defined(_WIN32) || defined(__CYGWIN__)
#if defined(SELFATTN_BUILDING)
#define SA_API __declspec(dllexport)
#else
#define SA_API __declspec(dllimport)
#endif
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

/* How this library was built and what it found: version, compiler, kernels compiled in, parallel back ends, whether
 * models are in, BLAS library loaded. One line for bug reports, not for parsing. A static string. Any thread. */
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
 * Any strides are valid for inputs: 0 repeats an axis (broadcast), negative ones run backwards, that of an axis of size
 * 1 does not matter. Outputs must not visit one element twice (no 0 stride along an axis longer than 1). A view of a
 * packed QKV matrix is three of these structs with different data pointers. DLPack tensors map onto it field by field.
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
#define SA_PARALLEL_DEFAULT  0 /* CALLBACK when parallel_for is set, else POOL */
#define SA_PARALLEL_SERIAL   1 /* the calling thread alone */
#define SA_PARALLEL_OPENMP   2 /* an OpenMP team */
#define SA_PARALLEL_CALLBACK 3 /* your own threads, through parallel_for */
#define SA_PARALLEL_POOL     4 /* the library's threads, shared by all contexts: see POOL above */

/* How attention is computed. All paths compute the same thing within rounding. */
#define SA_PATH_AUTO  0 /* FUSED; on SA_ISA_PORTABLE with the projections of more than 16 rows by cblas_sgemm */
#define SA_PATH_PLAIN 1 /* plain C, row by row: slow, short, and the definition of right */
#define SA_PATH_BLAS  2 /* tiles whose two products are cblas_sgemm calls */
#define SA_PATH_FUSED 3 /* tiles that never leave the cache, in kernels of our own */

/* Instruction sets, in ascending order; the option is a cap. */
#define SA_ISA_AUTO     0 /* the best that CPU and operating system offer */
#define SA_ISA_PORTABLE 1 /* the compiler's baseline; with SA_PATH_PLAIN plain C */
#define SA_ISA_AVX2     2 /* AVX2 + FMA */
#define SA_ISA_AVX512   3 /* AVX-512 F, BW, DQ, VL */
#define SA_ISA_AMX      4 /* the same + AMX-BF16 (matrix unit) */

/* How exact float32 arithmetic is meant to be. Errors are norm-relative against float64, for scores of unit variance.
 * Visible NaN and infinities give NaN or infinities in all three, but which of the two is only sure with HIGHEST: split
 * in two, an infinity is infinity and NaN. */
#define SA_PRECISION_HIGHEST 0 /* float32 multiply-add everywhere: within 1e-6 up to 2^16 keys */
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
    void *parallel_user;             /* handed to parallel_for; NULL without it */
    sa_allocate_fn allocate;         /* both or neither; neither: the C library's */
    sa_release_fn release;
    void *allocator_user; /* handed to both, NULL without them; has to stay valid until every handle made with it is
                             destroyed */
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

/* What axis 3 of a mask says about S keys. */
#define SA_MASK_KEYS_DEFAULT  0 /* keys past its end are hidden; a size of 1 is refused where S > 1 */
#define SA_MASK_KEYS_REPEATED 1 /* a size of 1 holds for all keys, as in PyTorch; else it is S */
#define SA_MASK_KEYS_HIDDEN   2 /* keys past its end are hidden, whatever its size, as in ONNX */

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
 *                (Where axis 3 has size 1 and S is greater, PyTorch repeats it and ONNX hides the other keys: such a
 *                mask is refused unless mask_keys says which.) No T x S copy is made of anything.
 *
 * A query that sees no key gets an output of exactly 0, weights of 0, and a log-sum-exp of -infinity. This is decided
 * by these rules alone, not by values: a NaN in a key that is seen comes out as NaN. All zero: every query sees every
 * key. Everything here costs at most a look at the tiles it crosses; tiles that are hidden as a whole are skipped. */
typedef struct sa_masking {
    uint64_t struct_size;
    const int64_t *key_lengths; /* [B], or NULL: all have S keys */
    int32_t causal;             /* 0 or 1 */
    int32_t align;              /* SA_ALIGN_...; only means something with causal, window or rules of distance */
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
    int32_t mask_keys; /* SA_MASK_KEYS_...: what axis 3 of the mask says about S keys; 0 without a mask */
    int32_t reserved2; /* 0 */
} sa_masking;

/* ============================================================================================== positions */

/* What is added to, or put beside, the scores by rule. All of it works with every mask, costs no T x S memory, and
 * keeps the fast path. p = t + offset is the query's position, as sa_masking says (t, without masking), j the key's.
 *
 *   alibi_slopes   adds slope_h * (j - p) (Press et al., "Train Short, Test Long", 2021). With causal masks BLOOM's
 *                  slope_h * j is the same after the softmax. Inside, j counts from the visible key n that is nearest
 *                  to p, and slope_h * (n - p) is added to the log-sum-exp, to scores that are asked for, and to sinks.
 *                  So rounding adds at most 2^-23 * |slope_h * (j - n)| to the error of a score, however far p is.
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
    double theta;                    /* base; 0: 10000. 0 with inverse_frequency or tables */
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

/* A field that the kind does not use has to be 0 or NULL. */
typedef struct sa_rope_scaling {
    uint64_t struct_size;
    int32_t kind;     /* SA_ROPE_PLAIN ... SA_ROPE_LLAMA3 */
    int32_t truncate; /* YARN: 0 rounds the bounds of its ramp to whole pairs, as usual; -1 does not */
    int64_t rotary;   /* R, even, >= 2 */
    double theta;     /* 0: 10000 */
    double factor;    /* >= 1; LINEAR, DYNAMIC, YARN, LLAMA3; LONGROPE: 0 for max_positions / original_positions */
    int64_t original_positions; /* positions trained on; DYNAMIC, YARN, LONGROPE, LLAMA3 */
    int64_t max_positions;      /* LONGROPE: positions the model is meant for; 0 with factor */
    int64_t length;             /* DYNAMIC, LONGROPE: tokens so far; 0: no more than original_positions */
    double low_frequency_factor, high_frequency_factor; /* LLAMA3; 0: 1 and 4 */
    double beta_fast, beta_slow;                        /* YARN; 0: 32 and 1 */
    double mscale, mscale_all_dim;                      /* YARN, both or neither; 0 beside attention_factor */
    double attention_factor;                            /* YARN, LONGROPE; 0: computed */
    const double *short_factors, *long_factors;         /* [R/2] LONGROPE: up to, and beyond, original_positions */
} sa_rope_scaling;

/* Writes frequencies [R/2] and the factor for sa_rope. Errors: NULL, STRUCT_SIZE, VALUE (kind, a number out of its
 * range or missing). The sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_rope_frequencies(const sa_rope_scaling *scaling, double *inverse_frequency,
                                     double *attention_factor) SA_MUST_CHECK;

/* Rotates queries or keys for sa_attention(): output = rope(input), both [B,H,T,D] of SA_F32, SA_BF16 or SA_F16 with
 * any strides; output may be the very same view as input, else they must not overlap. Token t of sequence b stands at
 * positions[b * T + t] (offset is 0 then), or where positions is NULL at offset + t. (Layers and models rotate by
 * themselves, see sa_layer_config.rope.) Errors: NULL, STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, MEMORY, BUSY. */
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

/* Storage in the cache only: signed bytes with one float scale per token and head, x = scale * byte. Worst error: 0.4 %
 * of the vector's largest element, if that is 1e-38 or more. A NaN or an infinity makes the whole vector NaN. */
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
    /* 0 .. SA_CACHE_PAGE; 0 without a window. In layers with rope the kept tokens move along (Xiao et al., 2023), so
     * that distances never outgrow the window: for a query at p, kept token j stands at j + max(0, p + 1 - window -
     * keep_first), right before the last `window` tokens. This holds for each query of a call, however the tokens are
     * cut into calls. Two things stay where they are: the kept tokens in a call with positions of its own, and those
     * that came by sa_cache_append(), with such positions, or from a context. */
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
    int32_t weights_kind;        /* SA_WEIGHTS_...; 0 without weights */
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

/* Writes to *bytes how much scratch memory sa_attention(ctx, args) needs. Data pointers of tensors are not
 * followed, and may be NULL for required ones too; key_lengths, offsets and rules are. Errors as sa_attention(). */
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
    float norm_epsilon;          /* added to the mean square; 0: 1e-6. 0 without norms */
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
    int32_t weights_kind;      /* SA_WEIGHTS_...; 0 without weights */
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
    /* [B,T] where the tokens stand for rope; only in layers with it. NULL: at t, plus the tokens that the cache held
     * before. Tokens of a context stand at 0, 1, ... */
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

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_H */
