/* libselfattn: exact self-attention for CPUs behind a stable C ABI.
 * SPDX-License-Identifier: MIT
 *
 * WHAT IT COMPUTES
 *
 *   For every query vector q (one per token and head) and all keys k_j and values v_j:
 *
 *       s_j = scale * (q . k_j)                 scores       scale defaults to 1/sqrt(D)
 *       s_j = softcap * tanh(s_j / softcap)     optional
 *       s_j = s_j + bias_j, or "not visible"    masks and position rules
 *       p_j = exp(s_j) / sum_i exp(s_i)         softmax over the visible keys
 *       o   = sum_j p_j * v_j                   weighted sum of the values
 *
 *   Source: Vaswani et al., "Attention Is All You Need", 2017, eq. 1. Edge cases follow the ONNX operator
 *   Attention-25.
 *
 *   sa_attention() takes queries, keys and values. sa_forward() computes a whole layer: projections of the input
 *   to queries, keys and values, attention per head, concatenation of the heads, output projection.
 *   selfattn_models.h includes this header; it adds trained transformers, their tokenizers and generation.
 *
 *   The softmax is computed online over tiles (Dao et al., "FlashAttention", 2022). The result is exact up to
 *   rounding. No T x S matrix is stored unless you ask for the weights.
 *
 * LETTERS (the same in the whole project)
 *
 *   B sequences in a batch   H query heads    D  head size of queries and keys   E model width
 *   T queries (tokens)       K key/value heads Dv head size of values
 *   S keys (tokens)          H is a multiple of K; query head h reads key/value head h / (H/K)
 *
 *   [B,H,T,D] is a shape: four axes with these sizes. For plain arrays it also means contiguous, in C order.
 *
 * THE SHORTEST USE
 *
 *   sa_ctx *ctx = NULL;
 *   if (sa_ctx_create(NULL, &ctx) != SA_OK) puts(sa_ctx_last_error(NULL));
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
 *   Errors     A function that can fail returns an sa_status; 0 is success. After a failure, sa_ctx_last_error()
 *              returns a sentence with the actual values. The library never prints, aborts or exits. After a
 *              failure the contents of outputs are unspecified; handles stay valid and usable.
 *   Structs    Argument structs begin with struct_size. Zero the struct, then set struct_size to its sizeof. A
 *              field that is zero means "default". Unknown or unsupported values are refused, never ignored.
 *              Later versions append fields and never move one. A shorter (older) struct_size is accepted. A
 *              longer one is accepted if all bytes that this version does not know are zero. It is a multiple
 *              of 8.
 *   Handles    sa_*_create() and sa_*_open() write the handle through their last argument; on failure they write
 *              NULL. sa_*_destroy() takes the address of the handle, frees it and sets it to NULL. It accepts
 *              NULL and the address of a NULL handle.
 *   Memory     You own what you pass. The library reads or writes it only during the call. Scratch memory comes
 *              from the context's allocator. A call that needs no more scratch memory than an earlier call of
 *              the same context allocates nothing.
 *   Aliasing   Inputs may overlap each other. An output must not overlap an input or another output, unless the
 *              function says so. This is not checked.
 *   Threads    "Any thread" means: any number of threads may call the function at once. "One caller at a time"
 *              means: you make sure that calls on this object do not overlap. A second call on a busy sa_ctx is
 *              refused with SA_ERR_BUSY, and its sentence is in sa_ctx_last_error(NULL). Any number of contexts
 *              may work at once. sa_layer is immutable: any number of threads and contexts may share one.
 *   Bits       Results have the same bits for any number of threads, any parallel back end and any repeat. This
 *              supposes the same build, CPU, options and BLAS library. sa_attention() gives a sequence the same
 *              bits in any batch. A step from a cache has the bits of its row in a causal call over all tokens, and
 *              so has one from tensors, except on SA_PATH_BLAS, and except for a single query (T 1, as many key heads
 *              as query heads) of tensors on SA_PATH_FUSED: its scores are summed up in the order that is fastest,
 *              and it agrees within rounding. In sa_forward() and models, a product of few rows, at most 16, is summed
 *              up along memory, one of more across it, so a row may be rounded differently in another batch, or as a
 *              step behind a prefill; SA_PRECISION_MEDIUM has more than these two kinds. Within each a row has the same
 *              bits, except where a BLAS is used. With same_bits of sa_ctx_options there is one kind: then
 *              sa_attention(), sa_forward(), sa_model_encode(), sessions and sa_generate() give a token the same bits
 *              alone, in any batch, padded or packed, prefilled at once, in chunks or token by token (on SA_PATH_BLAS
 *              whole sequences alone or packed, in models padded too, but not steps). Steps are as fast then, at
 *              SA_PRECISION_HIGHEST; docs/numerics.md says what it costs. Bits may differ between versions and between
 *              CPUs.
 *   BLAS       A context needs OpenBLAS, or what the build has instead, on SA_PATH_BLAS, and on SA_PATH_AUTO with
 *              SA_ISA_PORTABLE. The first such context loads it, or takes the process's copy; then OpenBLAS starts its
 *              threads. (libselfattn.a is linked with it.) It runs single-threaded inside the library's own threads.
 *              During a call with such a context the process-wide thread count of a pthread OpenBLAS, or of a BLIS
 *              below 1.0, is 1; the library restores it when the last such call ends. Do not change it from other
 *              threads during such a call. Other calls neither load nor change it. Another BLAS is left alone. Copies
 *              of this library in one process do not know of each other: where two such calls run at once in two
 *              copies with one OpenBLAS, results are the same within rounding only.
 *   POOL       The library's own threads do the work unless you choose otherwise (SA_PARALLEL_...). All contexts
 *              share them. There are as many as the largest number that a call can use, less one for the caller.
 *              They start with the first call that has work for them, block all signals, sleep within 20
 *              microseconds after their last task, and end with the last context. A call waits for its work,
 *              never for a thread that the system does not run. If no thread can be started, the caller does
 *              all the work. A context that is given no number of threads takes as many as its process has CPUs:
 *              those of the creating thread's affinity mask, and at most what control groups allow (the quota of
 *              a container, rounded up).
 *   fork()     A child process may create and use new contexts. Handles from before the fork belong to the
 *              parent; the child may only use the immutable ones. (With SA_PARALLEL_OPENMP, if the parent had
 *              several threads, each call of the forked thread starts new ones.)
 *   Sizes      Sizes are int64_t counts of elements. Strides are int64_t counts of elements (not bytes). All
 *              products are checked.
 *   Numbers    Arithmetic and accumulation are float32, without fast-math. (SA_PATH_PLAIN accumulates in
 *              float64.) Tensors may be bfloat16 or binary16: they are widened when read and rounded to nearest
 *              when written. A context may allow less than float32 arithmetic: see SA_PRECISION_.... Infinities
 *              and NaN behave as the formula says, with one more promise: a key that is hidden from a query
 *              never changes its result, even if the key or its value holds NaN or infinity. (A visible infinite
 *              value gives an infinite result, however small its weight is.) A mean of finite values is finite,
 *              however large they are; so is a score whose scaled products are all in range.
 *
 * Bindings need not parse this file for constants: sa_constant("SA_BHSD", &value) returns each by name.
 */
#ifndef SELFATTN_H
#define SELFATTN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* SA_API marks exported functions. Define SELFATTN_STATIC if you link libselfattn.a. Only the build of the library
 * itself defines SELFATTN_BUILDING. */
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

/* SA_MUST_CHECK: the compiler warns if a caller ignores the result. */
#if defined(__GNUC__)
#define SA_MUST_CHECK __attribute__((warn_unused_result))
#else
#define SA_MUST_CHECK
#endif

/* ================================================================================================ version */

/* The version of this header. */
#define SA_VERSION_MAJOR 0
#define SA_VERSION_MINOR 1
#define SA_VERSION_PATCH 0
/* One comparable number: major * 1000000 + minor * 1000 + patch. */
#define SA_VERSION (SA_VERSION_MAJOR * 1000000 + SA_VERSION_MINOR * 1000 + SA_VERSION_PATCH)

/* The SA_VERSION of the loaded library, which may be newer than this header. Never fails. Any thread. */
SA_API int32_t sa_version(void);

/* The version of the loaded library as text, "0.1.0". A static string. Any thread. */
SA_API const char *sa_version_string(void);

/* How this library was built and what it found: version, compiler, compiled kernels, parallel back ends, whether it
 * has models, BLAS library. For a BLAS that no context has needed yet it says so, and does not load it; later it says
 * which one was loaded, or why none was. One line for bug reports, not for parsing. A static string, another one before
 * than later. Any thread. */
SA_API const char *sa_build_info(void);

/* ================================================================================================= status */

/* What a function returns that can fail. The numbers never change. */
typedef int32_t sa_status;

#define SA_OK              0  /* success */
#define SA_ERR_NULL        1  /* a required pointer is NULL */
#define SA_ERR_STRUCT_SIZE 2  /* struct_size is too small, or unknown trailing bytes are not zero */
#define SA_ERR_VALUE       3  /* a number, option or enum is outside its range */
#define SA_ERR_SHAPE       4  /* sizes that have to agree do not */
#define SA_ERR_OVERFLOW    5  /* a size or address computation does not fit */
#define SA_ERR_UNSUPPORTED 6  /* well-formed, but this version or build does not have it */
#define SA_ERR_MEMORY      10 /* the allocator returned NULL */
#define SA_ERR_BUSY        11 /* another call is using this context right now */
#define SA_ERR_CANCELLED   12 /* sa_ctx_cancel() has ended the call before it was complete */
#define SA_ERR_FILE        20 /* a file cannot be opened, read or mapped */
#define SA_ERR_FORMAT      21 /* a file's content is malformed, truncated or contradicts itself */
#define SA_ERR_TEXT        22 /* a text is not valid UTF-8, or the output buffer is too small for it */
#define SA_ERR_EXCHANGE    30 /* several processes work together, and one of them, or the way to it, failed */

/* The name and meaning of a status, for example "SA_ERR_SHAPE: sizes that have to agree do not". A static
 * string, never NULL, also for unknown numbers. Any thread. */
SA_API const char *sa_status_string(sa_status status);

/* ============================================================================================== constants */

/* Looks up a number by its name and writes it to *value:
 *   "SA_F32"                   a public constant
 *   "sizeof(sa_tensor)"        a struct's size in bytes
 *   "sa_tensor.data"           where a field begins in its struct, in bytes
 *   "sizeof(sa_tensor.data)"   the field's size in bytes
 * A binding compares its own declarations with these. Errors: NULL (an argument), VALUE (no such name; *value is not
 * written). The sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_constant(const char *name, int64_t *value);

/* The name of number `index` of all these: call it with 0, 1, ... until it returns NULL to list them. Another version
 * may have another order. A static string. Any thread. */
SA_API const char *sa_constant_name(int32_t index);

/* ================================================================================================ tensors */

/* Element types. (SA_I8 stands with the cache, which alone has it.) */
#define SA_F32  0 /* IEEE binary32 */
#define SA_BF16 1 /* bfloat16: the upper half of a binary32 */
#define SA_F16  2 /* IEEE binary16 */
#define SA_BOOL 3 /* one byte; 0 is false, anything else true (masks only) */

/* Types of a model's weights only, never of a tensor that is passed to a call: blocks of 32 or 256 neighbouring
 * elements of a row, with scales of their own. Names and layouts are GGUF's; the numbers are GGUF's plus 32. */
#define SA_Q4_0   34 /* 32 elements in 18 bytes: d (q - 8), q of 4 bits */
#define SA_Q4_1   35 /* 32 in 20: d q + m, 4 bits */
#define SA_Q5_0   38 /* 32 in 22: d (q - 16), 5 bits */
#define SA_Q5_1   39 /* 32 in 24: d q + m, 5 bits */
#define SA_Q8_0   40 /* 32 in 34: d q, q a signed byte */
#define SA_Q2_K   42 /* 256 in 84: d s q - dmin t, q of 2 bits, s and t of 4 bits for each 16 elements */
#define SA_Q3_K   43 /* 256 in 110: d s q, q of 3 bits and s of 6 for each 16, both signed */
#define SA_Q4_K   44 /* 256 in 144: d s q - dmin t, q of 4 bits, s and t of 6 for each 32 */
#define SA_Q5_K   45 /* 256 in 176: the same with q of 5 bits */
#define SA_Q6_K   46 /* 256 in 210: d s q, q of 6 bits and s of 8 for each 16, both signed */
#define SA_IQ4_NL 52 /* 32 in 18: d c[q], q of 4 bits, c a curve that is denser near 0 */
#define SA_IQ4_XS 55 /* 256 in 136: d s c[q], s of 6 bits, signed, for each 32 */
#define SA_MXFP4  71 /* 32 in 17: 2^(e - 127) f, e of 8 bits, f of 4: 0, 0.5, 1, 1.5, 2, 3, 4, 6, and minus these */

/* Memory orders for sa_tensor_set(). */
#define SA_BHSD 0 /* [batch][head][sequence][head size] */
#define SA_BSHD 1 /* [batch][sequence][head][head size]: all heads of a token in one row, as projections write them */

/* A view of memory that you own: four sizes and four strides. The axes always have this meaning:
 *   [0] batch   [1] heads   [2] sequence   [3] head size (keys or width where the field's comment says so)
 * Element (b,h,t,d) lies at data + b*stride[0] + h*stride[1] + t*stride[2] + d*stride[3], strides in elements.
 *
 * Inputs may have any strides. 0 repeats an axis (broadcast). A negative stride runs backwards. The stride of an axis
 * of size 1 is not used. Outputs must not contain an element twice: a 0 stride along an axis longer than 1 is refused.
 * data needs the alignment of one element. A tensor is absent if data is NULL.
 *
 * A packed QKV matrix is three of these views with different data pointers. DLPack tensors map onto it field by field.
 * The layout is frozen: 80 bytes where pointers have 8. */
typedef struct sa_tensor {
    void *data;        /* element (0,0,0,0); the library never writes to an input */
    int32_t dtype;     /* SA_F32, ... */
    int32_t reserved;  /* 0 */
    int64_t size[4];   /* elements per axis, 0 .. 2^60 */
    int64_t stride[4]; /* elements between neighbours along an axis */
} sa_tensor;

/* Fills *t for a contiguous array of the shape [batch,heads,sequence,head_size] in the order `layout` (SA_BHSD or
 * SA_BSHD). It checks nothing: the calls that take the tensor do. t NULL: does nothing. Any thread. */
SA_API void sa_tensor_set(sa_tensor *t, void *data, int32_t dtype, int32_t layout, int64_t batch, int64_t heads,
                          int64_t sequence, int64_t head_size);

/* ================================================================================================ context */

/* Where work runs: threads, scratch memory, kernels, text of the last error. One caller at a time: create one context
 * per calling thread. */
typedef struct sa_ctx sa_ctx;

/* Kinds of parallel execution. */
#define SA_PARALLEL_DEFAULT  0 /* CALLBACK if parallel_for is set, else POOL */
#define SA_PARALLEL_SERIAL   1 /* the calling thread alone */
#define SA_PARALLEL_OPENMP   2 /* an OpenMP team */
#define SA_PARALLEL_CALLBACK 3 /* your own threads, through parallel_for */
#define SA_PARALLEL_POOL     4 /* the library's threads, shared by all contexts: see POOL above */

/* How attention is computed. All paths give the same results within rounding. */
#define SA_PATH_AUTO  0 /* FUSED; on SA_ISA_PORTABLE projections of more than 16 rows use cblas_sgemm, if any */
#define SA_PATH_PLAIN 1 /* plain C, row by row: slow and short; the reference for the other paths */
#define SA_PATH_BLAS  2 /* tiles whose two products are cblas_sgemm calls; SA_ERR_UNSUPPORTED if there is no BLAS */
#define SA_PATH_FUSED 3 /* tiles that stay in the cache, in the library's own kernels */

/* Instruction sets, in ascending order. The option is an upper limit; one of another kind of processor means PORTABLE
 * or no limit, by its place in this order. */
#define SA_ISA_AUTO        0 /* the best that CPU and operating system offer */
#define SA_ISA_PORTABLE    1 /* what every CPU of the compiler's target has */
#define SA_ISA_SIMD128     7 /* 128-bit SIMD of WebAssembly */
#define SA_ISA_NEON        6 /* NEON of 64-bit ARM */
#define SA_ISA_AVX2        2 /* AVX2 + FMA */
#define SA_ISA_AVX512      3 /* AVX-512 F, BW, DQ, VL */
#define SA_ISA_AVX512_BF16 5 /* the same + AVX512-BF16 (products of pairs of bfloat16) */
#define SA_ISA_AMX         4 /* the same + AMX-BF16 (matrix unit) */

/* How exact the arithmetic has to be. Errors are norm-relative, compared with float64, for scores of unit variance.
 * A visible NaN or infinity gives NaN or infinity with all three; only HIGHEST guarantees which of the two. (HIGH
 * splits an infinity into infinity and NaN.) */
#define SA_PRECISION_HIGHEST 0 /* float32 multiply-add everywhere: within 1e-6 up to 2^16 keys */
#define SA_PRECISION_HIGH    1 /* on a matrix unit (AMX) each float32 is split into two bfloat16: within 2e-5 */
#define SA_PRECISION_MEDIUM  2 /* with AMX or AVX512-BF16: bfloat16 operands, float32 sums and softmax: within 5e-3 */

/* sa_parallel_for_fn calls body(arg, i) exactly once for each i in 0 .. count-1, in any order, on any threads, and
 * returns when all of them have returned. `user` is parallel_user of the options. The library calls it with count <=
 * threads: all bodies may run at once. It must not fail. */
typedef void (*sa_body_fn)(void *arg, int64_t index);
typedef void (*sa_parallel_for_fn)(void *user, int64_t count, sa_body_fn body, void *arg);

/* sa_allocate_fn returns at least `size` bytes (> 0), aligned to `alignment` bytes (a power of two, at most 64), or
 * NULL. sa_release_fn gets what it returned, never NULL, with the same size. `user` is allocator_user of the options.
 * Both may be called on any thread that uses the context or a handle created with it, never on the library's worker
 * threads. */
typedef void *(*sa_allocate_fn)(void *user, size_t size, size_t alignment);
typedef void (*sa_release_fn)(void *user, void *memory, size_t size);

/* How a context works. All zero, besides struct_size, means all defaults. */
typedef struct sa_ctx_options {
    uint64_t struct_size;            /* sizeof(sa_ctx_options) */
    int32_t threads;                 /* most threads at once, 1 .. 1024; 0: as many as POOL says */
    int32_t parallel;                /* SA_PARALLEL_... */
    sa_parallel_for_fn parallel_for; /* needed for SA_PARALLEL_CALLBACK; NULL with the other kinds */
    void *parallel_user;             /* passed to parallel_for */
    sa_allocate_fn allocate;         /* both or neither; NULL: the C library's */
    sa_release_fn release;           /* frees what allocate returned */
    void *allocator_user;            /* passed to both. Has to stay valid until every handle is destroyed that
                                        was made with this context */
    int32_t path;      /* SA_PATH_...; if 0, SELFATTN_PATH in the environment holds (auto, plain, blas, fused) */
    int32_t isa;       /* SA_ISA_... limit; SELFATTN_ISA (auto, portable, simd128, neon, avx2, avx512, avx512_bf16,
                          amx) lowers it further */
    int32_t precision; /* SA_PRECISION_...; where the CPU lacks what it needs, and off the fused path, HIGHEST holds.
                          Few rows (with same_bits all) times quantised weights take inputs of 8 bits a block at
                          MEDIUM on every CPU */
    int32_t same_bits; /* 1: a row has the same bits whatever is computed beside it, see Bits above; 0: whatever is
                          fastest */
} sa_ctx_options;

/* Creates a context. options NULL: all defaults. You own the context: free it with sa_ctx_destroy().
 * Errors: NULL (ctx; parallel_for for CALLBACK; only one of allocate and release), STRUCT_SIZE, VALUE (threads, an
 * enum, a pointer that would not be used, an environment variable that names nothing), UNSUPPORTED (OpenMP, in a build
 * without it), MEMORY. There is no context yet, so the sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_ctx_create(const sa_ctx_options *options, sa_ctx **ctx) SA_MUST_CHECK;

/* Frees the context and its scratch memory. No call may be using it. Layers, caches and models that were made with it
 * stay valid. Any thread. */
SA_API void sa_ctx_destroy(sa_ctx **ctx);

/* Why the last failed call on this context failed, with the values; "" if none has failed. Owned by the context, valid
 * until the next call on it. ctx NULL: the last failure on this thread of a call without a context, or with a busy
 * one. Never NULL. One caller at a time. */
SA_API const char *sa_ctx_last_error(const sa_ctx *ctx);

/* What the context uses: the number of threads, an SA_PARALLEL_ number, and the SA_ISA_, SA_PATH_ and SA_PRECISION_
 * numbers that really hold (the options are limits, and the CPU may offer less). 0 if ctx is NULL. Any thread. */
SA_API int32_t sa_ctx_threads(const sa_ctx *ctx);
SA_API int32_t sa_ctx_parallel(const sa_ctx *ctx);
SA_API int32_t sa_ctx_isa(const sa_ctx *ctx);
SA_API int32_t sa_ctx_path(const sa_ctx *ctx);
SA_API int32_t sa_ctx_precision(const sa_ctx *ctx);

/* Bytes of scratch memory that the context holds now. 0 if ctx is NULL. One caller at a time. */
SA_API uint64_t sa_ctx_scratch_bytes(const sa_ctx *ctx);

/* Makes the context hold at least `bytes` of scratch memory. Later calls that need no more allocate nothing:
 * sa_attention_workspace_size() returns what a call needs. Errors: NULL, BUSY, MEMORY (the context keeps what it held
 * before). */
SA_API sa_status sa_ctx_reserve(sa_ctx *ctx, uint64_t bytes) SA_MUST_CHECK;

/* Ends the call that is using the context, from another thread, a signal handler, or a callback. That call leaves out
 * what it has not begun, within a tile of keys or a block of rows (on SA_PATH_BLAS: a product), and returns
 * SA_ERR_CANCELLED; if it had nothing left to do, it succeeds. Then the context can be used again. Returns 1 if there
 * was such a call, else 0, and then nothing happens: later calls are not cancelled. ctx NULL: 0. Any thread, as long as
 * the context exists.
 *
 * What a cancelled call leaves behind: outputs are undefined, but for tokens and segments that sa_generate() and
 * sa_transcribe() have delivered. Handles are as before the call: layers, models, caches, sessions (one that was
 * encoding, as new), trainers (their gradients are incomplete, as after another error in the middle). New handles are
 * NULL, and a file that was being written is not there. A call that has begun what cannot be undone or repeated goes on
 * to its end and succeeds: sa_trainer_update(), sa_ring_attention() and sa_sharded_attention(), sa_tensor_scatter(),
 * and linear attention or a convolution with a state. If a callback uses a context that a call has lent to it, both
 * calls are cancelled. */
SA_API int32_t sa_ctx_cancel(sa_ctx *ctx);

/* Tells how far a call is: `done` of `total` of `what`, a static English text for a bar's label: "attention",
 * "gradients" (tasks), "layers" (of a model that runs), "tokens" (at most as many are generated), "samples" (of sound),
 * "weights" (bytes of a model that is opened), "tensors" (bytes of one that is written); more may come. A stretch of
 * work begins with done 0. done never falls; a stretch may end before `total`, and another may follow: layers of a
 * prompt, then tokens. Called within the call that is told about, by its thread (with SA_PARALLEL_CALLBACK maybe by one
 * of yours), never by two at once, and as often as there is something to tell: return quickly. It must not use the
 * context, but for sa_ctx_cancel(). */
typedef void (*sa_ctx_progress_fn)(void *user, const char *what, int64_t done, int64_t total);

/* Sets who is told of all later calls on the context; progress NULL: nobody. Errors: NULL (ctx), BUSY. */
SA_API sa_status sa_ctx_set_progress(sa_ctx *ctx, sa_ctx_progress_fn progress, void *user) SA_MUST_CHECK;

/* ================================================================================================ masking */

/* Where query t stands among the keys: at position p = t + offset. Key j stands at position j. */
#define SA_ALIGN_DEFAULT      0 /* TOP_LEFT without key_lengths, BOTTOM_RIGHT with them (as ONNX Attention-25) */
#define SA_ALIGN_TOP_LEFT     1 /* offset 0 */
#define SA_ALIGN_BOTTOM_RIGHT 2 /* offset = (keys of the sequence) - T: the last query stands at the last key */
#define SA_ALIGN_OFFSET       3 /* the offset is given: in offset, or per sequence in offsets */

/* How axis 3 of a mask covers the S keys. */
#define SA_MASK_KEYS_DEFAULT  0 /* keys past its end are hidden; a size of 1 is refused if S > 1 */
#define SA_MASK_KEYS_REPEATED 1 /* a size of 1 holds for all keys, as in PyTorch; else the size has to be S */
#define SA_MASK_KEYS_HIDDEN   2 /* keys past its end are hidden, for any size, as in ONNX */

/* Which keys a query sees, and what is added to its scores. All given rules hold together: a query sees a key only if
 * every rule allows it. All zero: every query sees every key.
 *
 *   key_lengths  sequence b has only the keys j < key_lengths[b]; the others are padding. 0 <= key_lengths[b] <= S.
 *   causal       query t sees key j only if j <= t + offset (see align). The offset may be negative.
 *   window       query t at p = t + offset sees key j only if p - window_left <= j <= p + window_right. -1 means
 *                unbounded. The query's own position always counts, so window_left = W shows W + 1 keys.
 *                ("sliding_window = W" in configs of Mistral shows W keys: window_left = W - 1.) Works with and
 *                without causal.
 *   mask         [B,H,T,S], with any strides, of SA_BOOL (true: the key may be seen) or of SA_F32, SA_BF16 or SA_F16
 *                (added to the score after scale and softcap). -infinity hides the key exactly; a large negative
 *                number does not. Axes 0, 1 and 2 may have size 1; they are then repeated. Axis 3 may be shorter
 *                than S: keys past its end are hidden. If axis 3 has size 1 and S is greater, mask_keys has to say
 *                what that means: PyTorch repeats the element, ONNX hides the other keys.
 *
 * A query that sees no key gets an output of exactly 0, weights of 0, and a log-sum-exp of -infinity. Only the rules
 * decide this, never the values: a NaN in a visible key gives NaN.
 *
 * Cost: tiles that are hidden as a whole are skipped; tiles that are visible as a whole are not looked at. The mask is
 * never copied or expanded to T x S. */
typedef struct sa_masking {
    uint64_t struct_size;       /* sizeof(sa_masking) */
    const int64_t *key_lengths; /* [B], or NULL: every sequence has S keys */
    int32_t causal;             /* 0 or 1 */
    int32_t align;              /* SA_ALIGN_...; has an effect only with causal, window or rules of distance */
    int64_t offset;             /* for SA_ALIGN_OFFSET without offsets, else 0; -2^60 .. 2^60 */
    const int64_t *offsets;     /* [B] each -2^60 .. 2^60, for SA_ALIGN_OFFSET; else NULL */
    int32_t window;             /* 0 or 1: whether window_left and window_right hold */
    int32_t reserved;           /* 0 */
    int64_t window_left;        /* keys before p, -1: all; 0 if window is 0 */
    int64_t window_right;       /* keys after p, -1: all; 0 if window is 0 */
    sa_tensor mask;             /* absent: none */
    /* With window: window_left never hides keys j < keep_first. >= 0; 0 without window. (The "attention sinks" of Xiao
     * et al., "Efficient Streaming Language Models with Attention Sinks", 2023.) */
    int64_t keep_first;
    int32_t mask_keys; /* SA_MASK_KEYS_...; 0 without a mask */
    int32_t reserved2; /* 0 */
} sa_masking;

/* ============================================================================================== positions */

/* Rules of position for scores. They work with every mask, need no T x S memory, and keep the fast path. Query t stands
 * at p = t + offset, as sa_masking says (NULL: as one of zeros), and key j at j.
 *
 *   alibi_slopes   adds slope_h * (j - p) (Press et al., "Train Short, Test Long", 2021). BLOOM's form slope_h * j
 *                  gives the same softmax with causal masks. Internally, j counts from n, the visible key that is
 *                  nearest to p; slope_h * (n - p) is added to the log-sum-exp, to requested scores and to sinks.
 *                  So rounding adds at most 2^-23 * |slope_h * (j - n)| to the error of a score, for any p.
 *   relative_bias  adds relative_bias[h][R + min(max(j - p, -R), R)], R = relative_reach: one number per distance;
 *                  greater distances take the last one. sa_t5_distances() makes such a table of T5's buckets.
 *   sink_logits    one more score per head. It counts in the softmax's sum, but it has no value:
 *                  total = sum_j exp(s_j) + exp(sink_h). So the weights of the keys sum to less than 1. The
 *                  log-sum-exp includes it. A query that sees no key still gets 0.
 *
 * The first two are added after scale and softcap, like a mask. All numbers are finite; a sink logit may also be
 * -infinity (no sink). Arrays are contiguous. */
typedef struct sa_score_rules {
    uint64_t struct_size;       /* sizeof(sa_score_rules) */
    const float *alibi_slopes;  /* [H], or NULL: none */
    const float *relative_bias; /* [H,2R+1], or NULL: none */
    int64_t relative_reach;     /* R, 1 .. 2^20; 0 without relative_bias */
    const float *sink_logits;   /* [H], or NULL: none */
} sa_score_rules;

/* Writes the slopes of ALiBi to slopes [heads], as BLOOM and MPT use them. Let n be the largest power of two <= heads.
 * Head h = 1 .. n has 2^(-8h/n). The other heads have every second slope of a model with 2n heads. Source: Press et
 * al., 2021. Errors: NULL (slopes), VALUE (heads < 1). The sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_alibi_slopes(int64_t heads, float *slopes) SA_MUST_CHECK;

/* Writes T5's relative position buckets out by distance, as a table for relative_bias: bias[h][R + d] =
 * table[bucket(d)][h] for d = j - p from -R to R, R = max_distance. All distances beyond share one bucket.
 *
 *   table          in [buckets,heads], as T5's relative_attention_bias.weight
 *   bias           out [heads,2*max_distance+1]; must not overlap table
 *   max_distance   above buckets/2 (bidirectional: buckets/4), at most 2^20
 *   bidirectional  0 (decoders): all d >= 0 share bucket 0. 1 (encoders): half of the buckets are for d > 0
 *
 * Source: Raffel et al., "Exploring the Limits of Transfer Learning", 2019. Errors: NULL, VALUE (heads < 1, buckets <
 * 4, odd buckets if bidirectional, max_distance, bidirectional). The sentence is in sa_ctx_last_error(NULL). Any
 * thread. */
SA_API sa_status sa_t5_distances(const float *table, int64_t buckets, int64_t heads, int64_t max_distance,
                                 int32_t bidirectional, float *bias) SA_MUST_CHECK;

/* Which elements of a head are rotated as a pair. */
#define SA_ROPE_HALF        0 /* i and i + R/2: GPT-NeoX, Llama files of Hugging Face */
#define SA_ROPE_INTERLEAVED 1 /* 2i and 2i + 1: the paper, GPT-J, original Llama files */

/* Rotary position embedding (Su et al., "RoFormer", 2021). The first R elements of each query and key vector are
 * rotated in pairs. At position p, pair i is rotated by the angle p * f_i:
 *     (a, b) becomes (a cos - b sin, a sin + b cos) * attention_factor.
 * Angles are computed in double precision. Either inverse_frequency, or cosines and sines, or neither is given. */
typedef struct sa_rope {
    uint64_t struct_size;            /* sizeof(sa_rope) */
    int32_t style;                   /* SA_ROPE_HALF or SA_ROPE_INTERLEAVED */
    int32_t reserved;                /* 0 */
    int64_t rotary;                  /* R, even, at most D; 0: D. Elements from R on are not changed ("partial"). */
    double theta;                    /* base, > 0; 0: 10000. 0 with inverse_frequency or tables */
    const double *inverse_frequency; /* [R/2] f_i; NULL: theta^(-2i/R). See sa_rope_frequencies(). */
    double attention_factor;         /* >= 0; 0: 1 */
    /* [table_positions,R/2] each, or both NULL: cosines and sines of the angles, one row per position. All tokens,
     * padding too, have to stand at 0 .. table_positions - 1; any other position is refused with SA_ERR_VALUE. */
    const float *cosines, *sines;
    int64_t table_positions; /* at least 1; 0 without tables */
} sa_rope;

/* How a model stretches its rotary frequencies to more positions than it was trained on. The names in quotes are those
 * of rope_scaling.rope_type in config.json. */
#define SA_ROPE_PLAIN    0 /* "default": theta^(-2i/R) */
#define SA_ROPE_LINEAR   1 /* "linear": all frequencies divided by factor (position interpolation) */
#define SA_ROPE_DYNAMIC  2 /* "dynamic": a larger theta once length exceeds original_positions (dynamic NTK) */
#define SA_ROPE_YARN     3 /* "yarn": Peng et al., "YaRN", 2023 */
#define SA_ROPE_LONGROPE 4 /* "longrope": one factor per frequency, Ding et al., "LongRoPE", 2024 */
#define SA_ROPE_LLAMA3   5 /* "llama3": low frequencies divided by factor, with a smooth transition */

/* Input of sa_rope_frequencies(). Comments name the kinds that use a field; with other kinds it has to be 0 or NULL. */
typedef struct sa_rope_scaling {
    uint64_t struct_size; /* sizeof(sa_rope_scaling) */
    int32_t kind;         /* SA_ROPE_PLAIN ... SA_ROPE_LLAMA3 */
    int32_t truncate;     /* YARN: 0 rounds the bounds of its ramp to whole pairs, which is usual; -1 does not */
    int64_t rotary;       /* R, even, >= 2 (DYNAMIC: >= 4) */
    double theta;         /* > 1; 0: 10000 */
    double factor; /* >= 1; LINEAR, DYNAMIC, YARN, LLAMA3; LONGROPE: 0 means max_positions / original_positions */
    int64_t original_positions; /* positions trained on, >= 2; DYNAMIC, YARN, LONGROPE, LLAMA3 */
    int64_t max_positions;      /* LONGROPE: positions that the model is made for; 0 with factor */
    int64_t length;             /* DYNAMIC, LONGROPE: tokens so far; 0: at most original_positions */
    double low_frequency_factor, high_frequency_factor; /* LLAMA3, 0 < low < high; 0: 1 and 4 */
    double beta_fast, beta_slow;                        /* YARN, > 0; 0: 32 and 1 */
    double mscale, mscale_all_dim;                      /* YARN, both or neither; 0 beside attention_factor */
    double attention_factor;                            /* YARN, LONGROPE, >= 0; 0: computed */
    const double *short_factors, *long_factors;         /* LONGROPE, [R/2] each, > 0: for lengths up to, and beyond,
                                                           original_positions */
} sa_rope_scaling;

/* Writes frequencies [R/2] and *attention_factor for sa_rope. Errors: NULL, STRUCT_SIZE, VALUE (kind; a number that is
 * out of its range or missing; a field that the kind does not use). The sentence is in sa_ctx_last_error(NULL). Any
 * thread. */
SA_API sa_status sa_rope_frequencies(const sa_rope_scaling *scaling, double *inverse_frequency,
                                     double *attention_factor) SA_MUST_CHECK;

/* Rotates queries or keys for sa_attention(): output = rope(input), both [B,H,T,D] of SA_F32, SA_BF16 or SA_F16 with
 * any strides. output may be the same view as input; otherwise they must not overlap. Layers and models rotate by
 * themselves, see sa_layer_config.rope.
 *
 *   positions  [B,T]: token t of sequence b stands at positions[b * T + t], -2^60 .. 2^60; offset is 0 then.
 *              NULL: it stands at offset + t
 *   offset     -2^60 .. 2^60
 *
 * Errors: NULL, STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, UNSUPPORTED (dtype), MEMORY, BUSY. */
SA_API sa_status sa_rope_apply(sa_ctx *ctx, const sa_rope *rope, const sa_tensor *input, const sa_tensor *output,
                               const int64_t *positions, int64_t offset) SA_MUST_CHECK;

/* Styles of sinusoids. */
#define SA_SINUSOIDAL_PAIRS   0 /* columns 2i and 2i+1 are sine and cosine of p * 10000^(-2i/width): the paper */
#define SA_SINUSOIDAL_HALVES  1 /* first all sines, then all cosines (odd width: one more sine): Marian */
#define SA_SINUSOIDAL_WHISPER 2 /* as HALVES, with frequencies 10000^(-i/(width/2 - 1)): Whisper, Fairseq */

/* Writes sinusoidal position embeddings to table [positions,width]. Source: Vaswani et al., 2017. Errors: NULL, VALUE
 * (positions < 0, width < 1, style; WHISPER: width odd or < 4). The sentence is in sa_ctx_last_error(NULL). Any
 * thread. */
SA_API sa_status sa_sinusoidal_positions(int64_t positions, int64_t width, int32_t style, float *table) SA_MUST_CHECK;

/* ================================================================================================== cache */

/* Keys and values of earlier tokens, for decoding: a number of layers and sequences. They lie in pages of SA_CACHE_PAGE
 * tokens. A cache grows page by page and never copies what it holds. Several sequences can share a page; it is copied
 * when one of them writes to it. One caller at a time, on whatever context; overlapping calls are not detected. */
typedef struct sa_cache sa_cache;

#define SA_CACHE_PAGE 128 /* tokens in a page */

/* An element type for storage in a cache only: signed bytes with one float scale per token and head, x = scale * byte.
 * The error is at most 0.4 % of the largest magnitude of the vector, if that is at least 1e-38. A vector with a NaN or
 * an infinity becomes NaN as a whole. */
#define SA_I8 4

/* Sizes of a cache, and what it may forget. */
typedef struct sa_cache_config {
    uint64_t struct_size;    /* sizeof(sa_cache_config) */
    int64_t layers;          /* 1 .. 2^31 - 1; 0: 1 */
    int64_t batch;           /* B: sequences; 1 .. 2^31 - 1 */
    int64_t kv_heads;        /* K; 1 .. 2^31 - 1 */
    int64_t head_size;       /* D; 1 .. 2^31 - 1 */
    int64_t value_head_size; /* Dv; 1 .. 2^31 - 1; 0: D */
    int32_t dtype;           /* storage: SA_F32, SA_BF16, SA_F16 or SA_I8 */
    int32_t values_in_keys;  /* 0; 1: values are the first Dv <= D numbers of the keys, and not stored: see sa_latent */
    /* Most tokens per layer and sequence, 0 .. 2^60. Their pages are allocated on creation, and none later. With a
     * window, a call that adds n tokens needs room for n + window - 1 tokens and the first keep_first. 0: no limit;
     * pages are allocated when they are needed. */
    int64_t capacity;
    /* Only the last `window` tokens and the first keep_first are surely held. Other pages are reused; dropped tokens
     * are hidden from every query. 0 .. 2^60; 0: everything is held. */
    int64_t window;
    /* How many first tokens the window never drops: 0 .. SA_CACHE_PAGE; 0 without a window. In layers with rope the
     * kept tokens move along (Xiao et al., 2023), so distances stay below window + keep_first: for a query at p, kept
     * token j stands at j + max(0, p + 1 - window - keep_first), directly before the last `window` tokens. This holds
     * for each query of a call, however the tokens are split into calls. Kept tokens move together or not at all. They
     * do not move in a call with positions of its own, or while one of them is a token that came by
     * sa_cache_append(), with such positions, or from a context. */
    int64_t keep_first;
} sa_cache_config;

/* Creates an empty cache with the context's allocator. You own it: free it with sa_cache_destroy(). It does not need
 * the context afterwards. Errors: NULL, STRUCT_SIZE, VALUE, OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_cache_create(sa_ctx *ctx, const sa_cache_config *config, sa_cache **cache) SA_MUST_CHECK;

/* Frees a cache. No call may be using it. */
SA_API void sa_cache_destroy(sa_cache **cache);

/* Adds tokens at the end of each sequence of one layer.
 *
 *   layer       0 .. layers - 1
 *   key, value  [B,K,T,D] and [B,K,T,Dv] of SA_F32, SA_BF16 or SA_F16, with any strides. They are copied. Keys are
 *               stored as they are: rotate them before if they need it. With values_in_keys, value is NULL
 *   lengths     [B], each 0 .. T: only the first lengths[b] tokens of sequence b are added. NULL: all T
 *
 * After an error nothing was added. Errors: NULL, VALUE, SHAPE, OVERFLOW, UNSUPPORTED (dtype), MEMORY (the capacity is
 * reached, or the allocator returned NULL), BUSY. */
SA_API sa_status sa_cache_append(sa_ctx *ctx, sa_cache *cache, int64_t layer, const sa_tensor *key,
                                 const sa_tensor *value, const int64_t *lengths) SA_MUST_CHECK;

/* Tokens that sequence `sequence` of a layer has seen, including those that a window has dropped. -1 if there is no
 * such cache, layer or sequence. */
SA_API int64_t sa_cache_length(const sa_cache *cache, int64_t layer, int64_t sequence);

/* Bytes of memory in pages, used or not. 0 if cache is NULL. */
SA_API uint64_t sa_cache_bytes(const sa_cache *cache);

/* The next three functions take no context: their sentence is in sa_ctx_last_error(NULL).
 *
 * Removes the tokens of a sequence from number `length` on, in all layers that have more. sequence -1: of all
 * sequences. If the window has dropped tokens that the shorter sequence needs, the call is refused, except for length
 * <= keep_first. Errors: NULL, VALUE (no such sequence, length < 0, dropped tokens). */
SA_API sa_status sa_cache_truncate(sa_cache *cache, int64_t sequence, int64_t length) SA_MUST_CHECK;

/* Makes sequence `to` equal to sequence `from` in all layers without copying: they share pages until one of them adds
 * to a page that is not full. from == to does nothing. Errors: NULL, VALUE (no such sequence), MEMORY (nothing was
 * changed). */
SA_API sa_status sa_cache_fork(sa_cache *cache, int64_t from, int64_t to) SA_MUST_CHECK;

/* Makes each sequence b what sequence from[b] was before, all at once and without copying, as beam search needs it.
 * from is [B], each 0 .. B-1; several may be equal. Errors: NULL, VALUE (an index), MEMORY (nothing was changed). */
SA_API sa_status sa_cache_reorder(sa_cache *cache, const int64_t *from) SA_MUST_CHECK;

/* ============================================================================================== attention */

/* What sa_attention_args.weights receives. */
#define SA_WEIGHTS_PROBABILITIES 0 /* softmax(scores): rows sum to 1 (less with sinks); 0 if no key is visible */
#define SA_WEIGHTS_SCALED        1 /* scale * q.k */
#define SA_WEIGHTS_SOFTCAPPED    2 /* the same after softcap */
#define SA_WEIGHTS_BIASED        3 /* the same after masks and position rules: hidden keys are -infinity */

/* Packed sequences ("variable length", "ragged"): tokens of B sequences stand one behind the other on one axis, without
 * padding, so that a batch costs what its tokens cost. Tensors then have the batch size 1, and as many rows as all
 * sequences together; a sequence only sees itself. In sa_attention(), each has the bits that it has alone, but for a
 * single query per key head, which alone may be summed in another order. Where masks, lengths and rules speak of b, t
 * and j, they mean sequence b and places within it, and T and S are those of the longest sequence. The default
 * alignment is BOTTOM_RIGHT. */
typedef struct sa_packing {
    uint64_t struct_size;        /* sizeof(sa_packing) */
    int64_t sequences;           /* B, 0 .. 2^31 - 1 */
    const int64_t *query_starts; /* [B+1]: sequence b has the rows query_starts[b] .. query_starts[b+1] - 1 of the
                                  * queries. Begins with 0, never descends, ends with the number of rows. Required */
    const int64_t *key_starts;   /* [B+1], the same for keys and values; NULL: query_starts */
} sa_packing;

/* Sparse attention: which blocks of keys each block of queries sees. Query t has line t / query_block; key j lies in
 * block j / key_block. A query sees a key only if its line lists the key's block and masking allows it, so
 *
 *     o_t = sum over the listed, visible j of softmax_j(s_tj) v_j:
 *
 * exact on what it visits. Masks, rules and sinks hold inside. Equal to a boolean mask with the same blocks; but keys
 * that no line of a query block lists are never read, and time and scratch memory grow with the blocks listed, not with
 * T * S. Keys are visited in tiles (64 on SA_PATH_FUSED): blocks of 64 or 128 keys waste least; a block of 16 may cost
 * its whole tile. Lists of neighbouring queries should overlap: keys are prepared once for about 400 rows.
 *
 * The line of a query without any block may be empty: the query then sees no key. With a cache, j counts from the first
 * token of the sequence, S is its longest sequence, and t from the call's first query. In packed sequences, t and j
 * count within each sequence, and T and S are those of the longest; blocks behind a shorter sequence's end are ignored.
 * sa_pattern_blocks() and sa_top_blocks() make lists. Sources: Child et al., "Generating Long Sequences with Sparse
 * Transformers", 2019; Zaheer et al., "Big Bird", 2020. */
typedef struct sa_block_list {
    uint64_t struct_size;   /* sizeof(sa_block_list) */
    int64_t query_block;    /* queries of a block, 1 .. 128 */
    int64_t key_block;      /* keys of a block, 16, 32, 48 ... 128 */
    int64_t sequences;      /* 1: all sequences share the lines; or B */
    int64_t heads;          /* 1: all query heads share the lines; or H */
    const int64_t *offsets; /* [sequences,heads,L+1], L = ceil(T / query_block): line i of a head has the blocks
                             * indices[offsets[i]] .. indices[offsets[i+1] - 1]. Never descends. */
    const int32_t *indices; /* ascending in each line, 0 .. ceil(S / key_block) - 1; NULL if all lines are empty */
} sa_block_list;

/* The largest query_block and key_block. */
#define SA_LIST_BLOCK_MOST 128

/* A pattern of blocks. sa_pattern_blocks() lists the union of the parts window, stride, global and random, or all
 * blocks if none of them is given; of these, only blocks that causal and documents allow. The blocks are whole; where a
 * pattern has to be exact to the token, say so in masking beside the list (a window, for example). Query t stands at t
 * + offset; a query block's own place is that of its first query, in key blocks: c = floor((t + offset) / key_block).
 *
 *   window     key blocks with a key from window_left before to window_right behind one of the queries. With the same
 *              numbers in sa_masking the window is exact: attention with a window of W keys, causal, has window_left =
 *              W - 1, window_right = 0.
 *   stride     key blocks c - n * stride and c + n * stride, n = 0 .. stride_reach: strided attention (Child et al.,
 *              2019; stride_reach 0: no end), or a dilated window (Beltagy et al., "Longformer", 2020)
 *   global     the first global_tokens keys, which every query sees, and queries at these places, which see every key
 *              (Longformer)
 *   random     random_blocks key blocks, drawn for each query block from all that are allowed (Zaheer et al., "Big
 *              Bird", 2020; with window and global it is BigBird). The seed decides; the same on every machine
 *   causal     allows no block that begins behind the last query of the query block
 *   documents  allows key blocks that share a document with one of the queries: document i has the tokens
 *              document_starts[i] .. document_starts[i+1] - 1. (A border within a block needs a mask. sa_packing needs
 *              neither.) */
typedef struct sa_pattern {
    uint64_t struct_size;           /* sizeof(sa_pattern) */
    int64_t queries, keys;          /* T and S, 0 .. 2^31 - 1 */
    int64_t offset;                 /* 0 .. 2^31 - 1 */
    int64_t query_block, key_block; /* as in sa_block_list */
    int32_t causal;                 /* 0 or 1 */
    int32_t window;                 /* 0 or 1: whether window_left and window_right hold */
    int64_t window_left;            /* >= 0; 0 without window */
    int64_t window_right;           /* >= 0; 0 without window */
    int64_t stride;                 /* in key blocks; 0: none */
    int64_t stride_reach;           /* >= 0; 0 without stride */
    int64_t global_tokens;          /* >= 0 */
    int64_t random_blocks;          /* 0 .. 64 */
    uint64_t seed;                  /* of the random blocks */
    const int64_t *document_starts; /* [documents+1], from 0, never descending, or NULL: no documents */
    int64_t documents;              /* at least 1; 0 without document_starts */
} sa_pattern;

/* Lists the blocks of a pattern, for sa_block_list with one head and one sequence.
 *
 *   offsets   out [L+1], L = ceil(queries / query_block)
 *   indices   out [capacity]; may be NULL if capacity is 0
 *   count     out: how many indices the pattern has, which is offsets[L]. If it is above capacity, indices are not all
 *             there: call again with room for so many. That is no error
 *
 * Takes time O(L + count). Errors: NULL, STRUCT_SIZE, VALUE. The sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_pattern_blocks(const sa_pattern *pattern, int64_t *offsets, int32_t *indices, int64_t capacity,
                                   int64_t *count) SA_MUST_CHECK;

/* Lists for each query block the `most` key blocks that look most like it: the score of a key block is the product of
 * the mean of its keys with the mean of the queries of the query block (as MoBA, Lu et al., 2025, and, with trained
 * means, native sparse attention, Yuan et al., 2025, choose blocks). The sum over the query heads of a key/value head
 * decides, and these heads have the same lines. Equal scores: the earlier block. For sa_block_list with heads = H and
 * sequences = B.
 *
 *   query, key  in [B,H,T,D] and [B,K,S,D], of SA_F32, SA_BF16 or SA_F16, any strides
 *   causal      0, or 1: query t stands at t + offset; only blocks that begin at or before the block's last query are
 *               listed, and the block of its last query always is
 *   most        at least 1. Fewer are listed where fewer are allowed
 *   offsets     out [B,H,L+1], L = ceil(T / query_block)
 *   indices     out [B*H*L*most]
 *
 * Costs O(K * L * S / key_block * D) multiplications, in parallel, and scratch memory for the means of keys, O(K * S /
 * key_block * D), and for each thread's scores. Any number of threads lists the same blocks. Errors: NULL, VALUE,
 * SHAPE, OVERFLOW, UNSUPPORTED (dtype), MEMORY, BUSY. One caller at a time per context. */
SA_API sa_status sa_top_blocks(sa_ctx *ctx, const sa_tensor *query, const sa_tensor *key, int64_t query_block,
                               int64_t key_block, int64_t most, int32_t causal, int64_t offset, int64_t *offsets,
                               int32_t *indices) SA_MUST_CHECK;

/* A tile that a callback sees or changes: queries query .. query + queries - 1 of one sequence and query head, against
 * keys key .. key + keys - 1. Element (i, n), of query + i and key + n, lies at [i * query_stride + n * key_stride] of
 * values and of visible. Strides are in elements; the layout differs between paths. A tile has at most 512 keys. */
typedef struct sa_score_tile {
    uint64_t struct_size;   /* sizeof(sa_score_tile) */
    int64_t sequence, head; /* b and h */
    int64_t query, key;     /* t and j of the first row and column; in a packed sequence, within it */
    int64_t queries, keys;  /* at least 1 */
    int64_t query_stride, key_stride;
    float *values;    /* scores or probabilities; NULL for masks */
    uint8_t *visible; /* for mask_mod: 1; NULL for score_mod and prob_mod */
} sa_score_tile;

/* What mask_tile answers. */
#define SA_TILE_SOME 0 /* ask mask_mod */
#define SA_TILE_NONE 1 /* no query of the tile sees a key of it: it is not computed */
#define SA_TILE_ALL  2 /* every query sees every key */

typedef int32_t (*sa_tile_question_fn)(void *user, const sa_score_tile *tile);
typedef void (*sa_tile_change_fn)(void *user, const sa_score_tile *tile);

/* Scores of one's own, tile by tile, so that any bias or mask that a function can say needs no T x S memory
 * ("FlexAttention", Dong et al., 2024; ONNX's operator of that name). Each may be NULL:
 *
 *   mask_tile   is asked first, and answers for the whole tile. It reads the origin and sizes alone
 *   mask_mod    if that answered SOME, or is NULL: sets visible[...] of hidden keys to 0. Hidden keys never change a
 *               result. Without mask_mod, SOME means ALL
 *   score_mod   changes scores, after scale, softcap and relative bias, before masks. A score that it leaves at
 *               -infinity is hidden. Scores of keys that other rules hide may be anything, NaN too, and have no
 *               effect
 *   prob_mod    changes probabilities, which are not normalised again: output = prob_mod(P) V.
 *               Hidden keys have the probability 0, and it has to stay 0. lse and weights are those before. It costs a
 *               second pass over keys, and arithmetic is float32 at every precision
 *
 * A callback may be called for a tile more than once and has to do the same each time; which tiles there are depends
 * on sizes, path and masks alone. Tiles that masking, key lengths or a block list hide as a whole are not asked about.
 * Threads: callbacks run in the context's threads, several at once, and must not call the library with this context.
 * They must return (no longjmp, no exceptions through C), and cannot fail. Errors: STRUCT_SIZE, UNSUPPORTED (below). */
typedef struct sa_score_callbacks {
    uint64_t struct_size; /* sizeof(sa_score_callbacks) */
    void *user;           /* handed to each */
    sa_tile_question_fn mask_tile;
    sa_tile_change_fn mask_mod;
    sa_tile_change_fn score_mod;
    sa_tile_change_fn prob_mod;
} sa_score_callbacks;

/* What weights are usually wanted for, without T x S numbers; a second pass over the keys computes them. Each output is
 * optional: data NULL or strongest 0. SA_F32, any strides. In packed sequences rows are those of the packing: the
 * batch size is 1, key_sums [1,H,key rows,1], entropy [1,H,query rows,1].
 *
 *   key_sums, key_maxima   per query head and key: sum_t P_tj and max_t P_tj over the queries of the call. Caches are
 *                          cut by them ("H2O", Zhang et al., 2023). 0 for keys that no query sees
 *   strongest...           per query, its keys with the largest weights, descending; of equal ones the earlier first.
 *                          Where fewer keys have a weight above 0: key -1, weight 0
 *   entropy                -sum_j P_tj log P_tj, in nats. 0 for a query that sees no key
 *
 * Weights are those of SA_WEIGHTS_PROBABILITIES, before prob_mod, and sums agree with those of full weights within 1e-6
 * of the largest, or T * 2^-41: a sum is kept in units of 2^-40, so any number of threads gives the same bits. A
 * visible NaN makes sums, maxima and entropy that it reaches NaN; it is no strongest key. Scratch memory: 12 bytes per
 * key and query head, and at most 32 MiB for scores that are read twice. Time: 1.4 to 1.5 times that of attention alone
 * for one kind of output, 1.5 to 1.7 times for all (D 64, one thread; docs/sparse.md). */
typedef struct sa_summaries {
    uint64_t struct_size;        /* sizeof(sa_summaries) */
    sa_tensor key_sums;          /* [B,H,S,1]  out; T at most 2^22 */
    sa_tensor key_maxima;        /* [B,H,S,1]  out, likewise */
    sa_tensor entropy;           /* [B,H,T,1]  out */
    int64_t strongest;           /* how many, 0 .. 64 */
    sa_tensor strongest_weights; /* [B,H,T,strongest]  out */
    int32_t *strongest_keys;     /* [B,H,T,strongest]  out, contiguous */
} sa_summaries;
#define SA_STRONGEST_MOST  64      /* the largest sa_summaries.strongest */
#define SA_SUMMARY_QUERIES 4194304 /* the most queries that sums of keys can have */

/* Dropout of attention weights, for training (Srivastava et al., "Dropout", 2014; PyTorch's dropout_p): each weight is
 * replaced by 0 with `probability`, else divided by 1 - probability. So output = sum_j m_tj P_tj v_j, and gradients
 * have the same m_tj. lse, weights, summaries and what prob_mod gets are those before. A key whose weight is dropped
 * adds nothing, even if its value is NaN.
 *
 * Nothing random is kept: m_tj is a function of the seed and of sequence b, query head h, query t of the call's
 * sequence, and key j, the same forward and backward, in every tile, on every path and for any number of threads. Word
 * j mod 4 of Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) is drawn with the
 * counter (j / 4, t, h, b), 32 bits of each, and the key (seed, seed >> 32); the weight is dropped if floor(word / 512)
 * is below round(2^23 * probability): it counts in steps of 2^-23. Give each layer and each step a seed of its own.
 * Time: a quarter of that of attention (D 64, AVX2 and AVX-512). Arithmetic is float32 at every precision. */
typedef struct sa_dropout {
    uint64_t struct_size; /* sizeof(sa_dropout) */
    float probability;    /* 0 .. below 1; 0: nothing is dropped */
    int32_t reserved;     /* 0 */
    uint64_t seed;
} sa_dropout;

/* WHAT WORKS WITH WHAT, in sa_attention()
 *
 *   Masking, rules, sinks, softcap, dropout, all types, groups of heads, lse and threads work with everything. Else:
 *
 *                 weights   cache   packing   blocks   callbacks   summaries   backward
 *   weights          .      kind 0   refused   yes      yes         yes         refused
 *   cache         kind 0       .     refused   yes      yes         yes         refused
 *   packing       refused   refused     .      yes      yes         yes         yes
 *   blocks        yes       yes       yes       .       yes         yes         yes
 *   callbacks     yes       yes       yes      yes       .          yes         refused
 *   summaries     yes       yes       yes      yes      yes          .          refused
 *
 *   score_mod beside alibi_slopes is refused too: slopes count from each query's nearest key, so a callback would not
 *   see the real scores. It can add the slopes itself. */

/* Inputs and outputs of sa_attention(). */
typedef struct sa_attention_args {
    uint64_t struct_size;        /* sizeof(sa_attention_args) */
    sa_tensor query;             /* [B,H,T,D]   in */
    sa_tensor key;               /* [B,K,S,D]   in; absent with a cache */
    sa_tensor value;             /* [B,K,S,Dv]  in; absent with a cache */
    sa_tensor output;            /* [B,H,T,Dv]  out */
    float scale;                 /* 0: 1/sqrt(D). Finite. */
    float softcap;               /* 0: none. Finite, >= 0. */
    const sa_masking *masking;   /* NULL: every query sees every key */
    sa_tensor lse;               /* [B,H,T,1]   out, optional: log(sum_j exp(s_j)); -infinity if no key is visible */
    sa_tensor weights;           /* [B,H,T,S]   out, optional: costs a second pass and your T x S memory */
    int32_t weights_kind;        /* SA_WEIGHTS_...; 0 without weights */
    int32_t reserved;            /* 0 */
    const sa_score_rules *rules; /* ALiBi, relative bias, sinks; NULL: none */
    /* NULL: none. Else keys and values come from this cache. S is then the length of its longest sequence, and each
     * sequence has its own length, so masking.key_lengths has to be NULL. The default alignment is BOTTOM_RIGHT: query
     * T-1 stands at the last key. weights_kind has to be SA_WEIGHTS_PROBABILITIES. */
    const sa_cache *cache;
    int64_t cache_layer; /* which layer of the cache; 0 without a cache */
    /* NULL: none. Else the batch size of all tensors is 1, and their rows are those of the packed sequences: query
     * [1,H,rows,D], key [1,K,rows,D], lse [1,H,rows,1]. Without a cache, key_lengths and weights. */
    const sa_packing *packing;
    const sa_block_list *blocks;         /* sparse attention; NULL: every block of keys is seen */
    const sa_score_callbacks *callbacks; /* NULL: none */
    const sa_summaries *summaries;       /* NULL: none */
    const sa_dropout *dropout;           /* NULL: none */
} sa_attention_args;

/* Attention without projections ("scaled dot-product attention").
 *
 * query, key, value and output are SA_F32, SA_BF16 or SA_F16, each of its own type; lse and weights are SA_F32. All may
 * have any strides. B, T and S may be 0; without a key all outputs are 0. H, K, D and Dv are at least 1, and K divides
 * H. query, key, value and output are required unless they have no elements. Scratch memory is O(threads * tile),
 * independent of T * S.
 *
 * Errors: NULL, STRUCT_SIZE, VALUE (dtype, scale, softcap, masking, rules, a 0 stride in an output), SHAPE (sizes that
 * disagree, K does not divide H, a mask that does not broadcast), OVERFLOW, UNSUPPORTED (dtype; weights_kind with a
 * cache; a packing with weights or a cache), MEMORY, BUSY. One caller at a time per context; a cache must not be
 * changed during the call. */
SA_API sa_status sa_attention(sa_ctx *ctx, const sa_attention_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_attention(ctx, args) needs. Data of tensors is not read; data pointers of
 * required tensors may be NULL. Lengths, offsets and rules are read. Errors as sa_attention(), NULL also for bytes. */
SA_API sa_status sa_attention_workspace_size(sa_ctx *ctx, const sa_attention_args *args, uint64_t *bytes) SA_MUST_CHECK;

/* ============================================================================== gradients of attention */

/* What sa_attention_backward() reads beside the forward call's arguments, and what it writes. Gradients are SA_F32 of
 * any strides, whatever the types of the inputs are, and are written anew, not added to. They overlap neither each
 * other nor an input. Each is optional: a tensor is absent if data is NULL, an array is not wanted if NULL. */
typedef struct sa_attention_gradients {
    uint64_t struct_size; /* sizeof(sa_attention_gradients) */
    sa_tensor output;     /* dO [B,H,T,Dv]  in: gradient of the loss by the output. SA_F32, SA_BF16 or SA_F16 */
    sa_tensor query;      /* dQ [B,H,T,D]   out */
    sa_tensor key;        /* dK [B,K,S,D]   out: the sum over the query heads of a group */
    sa_tensor value;      /* dV [B,K,S,Dv]  out, likewise */
    sa_tensor mask;       /* out: sizes of masking.mask, which has to hold numbers. The sum over all axes on which the
                           * mask is repeated */
    float *alibi_slopes;  /* [H]       out, summed over sequences. It needs rules.alibi_slopes; the others likewise */
    float *relative_bias; /* [H,2R+1]  out */
    float *sink_logits;   /* [H]       out */
} sa_attention_gradients;

/* Gradients of sa_attention(), for training: from inputs, output, log-sum-exp and the output's gradient, the gradients
 * of query, key, value, of a float mask and of the rules' numbers. With P the weights and s the scores:
 *
 *     P_tj = exp(s_tj - lse_t)        dV_j = sum_t P_tj dO_t       dS_tj = P_tj (dO_t . v_j - dO_t . O_t)
 *     dQ_t = scale sum_j dS_tj c_tj k_j       dK_j = scale sum_t dS_tj c_tj q_t
 *
 * where c = 1 - (capped score / softcap)^2, or 1 without a softcap; the gradient of what is added to a score is dS.
 * Weights are computed again tile by tile (Dao et al., "FlashAttention", 2022): scratch memory is O(threads * (tile +
 * 2048 keys)), and nothing of size T x S. About 2.5 times the work of the forward pass.
 *
 *   args       as given to sa_attention(), with `output` and `lse` as that call has written them: both are inputs here,
 *              and lse is required. No cache, no weights. Masks, windows, rules, groups, strides, types and packed
 *              sequences are those of the forward pass
 *   gradients  see above. Keys that a query may not see, and queries that see no key, add exactly 0, even if they hold
 *              NaN or infinity. Padded keys get 0
 *
 * Arithmetic is float32 at every precision, in double on SA_PATH_PLAIN, and by the library's own kernels also on
 * SA_PATH_BLAS. The error of a weight grows with the log-sum-exp, by 2^-24 |lse|. Sums have a fixed order: any number
 * of threads gives the same bits. A task is one sequence and key/value head, or, below 8 of these, a part of it (7
 * products of matrices instead of 5). Gradients of rules, and of masks that sequences or heads share, are summed up by
 * one task for all that share them.
 *
 * Errors: those of sa_attention(); NULL also for gradients and lse.data; VALUE (a gradient of a mask or rule that the
 * call has not, weights), UNSUPPORTED (a cache, callbacks, summaries, another dtype). One caller at a time per
 * context. */
SA_API sa_status sa_attention_backward(sa_ctx *ctx, const sa_attention_args *args,
                                       const sa_attention_gradients *gradients) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_attention_backward(ctx, args, gradients) needs. Data of tensors is not
 * read; data pointers of required tensors may be NULL, an optional one is absent then. Errors as
 * sa_attention_backward(), NULL also for bytes. */
SA_API sa_status sa_attention_backward_workspace_size(sa_ctx *ctx, const sa_attention_args *args,
                                                      const sa_attention_gradients *gradients,
                                                      uint64_t *bytes) SA_MUST_CHECK;

/* Inputs and outputs of sa_attention_merge(). */
typedef struct sa_attention_merge_args {
    uint64_t struct_size;     /* sizeof(sa_attention_merge_args) */
    int64_t count;            /* n, 1 .. 2^31 - 1 */
    const sa_tensor *outputs; /* [n] of [B,H,T,Dv]  in: attention of the same queries to n sets of keys */
    const sa_tensor *lses;    /* [n] of [B,H,T,1]   in, SA_F32: the log-sum-exps that came with them */
    sa_tensor output;         /* [B,H,T,Dv]  out; may be the same view as one of outputs */
    sa_tensor lse;            /* [B,H,T,1]   out, SA_F32, optional; may be the same view as one of lses */
} sa_attention_merge_args;

/* Merges attention to n sets of keys that have no key in common to attention to all of them:
 *
 *     lse = log(sum_i exp(lse_i))      output = sum_i exp(lse_i - lse) output_i
 *
 * So keys can be split among calls, caches or machines (Rabe and Staats, "Self-attention Does Not Need O(n^2) Memory",
 * 2021). A log-sum-exp of -infinity means that no key was visible: that output is not read. If all are -infinity, the
 * output is 0 and lse -infinity. Nothing overflows, whatever the log-sum-exps are. Sums run in the order of the
 * outputs. A sink (sa_score_rules) may stand in one of the calls alone.
 *
 * outputs and output are SA_F32, SA_BF16 or SA_F16, each of its own type, with any strides. Scratch memory is
 * O(threads * (Dv + n)). Errors: NULL, STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, UNSUPPORTED (dtype), MEMORY, BUSY. One
 * caller at a time per context. */
SA_API sa_status sa_attention_merge(sa_ctx *ctx, const sa_attention_merge_args *args) SA_MUST_CHECK;

/* Writes tokens into a cache that you keep yourself, as the ONNX operator TensorScatter-24:
 *
 *     cache[b,h,positions[b] + t] = update[b,h,t]        with circular: [b,h,(positions[b] + t) mod S]
 *
 *   update     [B,H,T,D]  in, T <= S
 *   positions  [B], each 0 .. S - T; with circular 0 .. 2^60
 *   cache      [B,H,S,D]  the other tokens keep their values
 *
 * Both are SA_F32, SA_BF16 or SA_F16, each of its own type, with any strides. Errors: NULL, VALUE, SHAPE, OVERFLOW,
 * UNSUPPORTED (dtype), BUSY; nothing was written then. One caller at a time per context. */
SA_API sa_status sa_tensor_scatter(sa_ctx *ctx, const sa_tensor *update, const int64_t *positions, int32_t circular,
                                   const sa_tensor *cache) SA_MUST_CHECK;

/* =================================================================================== more than one machine */

/* Context parallelism: one sequence, its tokens spread over several processes, on one machine or many. Experimental:
 * names may change until 1.0. The library owns no network code; it talks to the other processes through a table of
 * functions, sa_exchange. libselfattn-mpi (selfattn_mpi.h) fills the table from MPI.
 *
 *   rank    one of the N processes that work on a sequence together, 0 .. N-1
 *   shard   the tokens that a rank holds
 *   chunk   C tokens, the unit in which tokens are dealt out and sums are split. The last chunk may be shorter
 *
 *   sa_ring_attention()     Every rank has the queries, keys and values of its shard. Keys and values travel around the
 *                           ring of ranks, while each rank computes with those it has (Liu, Zaharia, Abbeel, "Ring
 *                           Attention with Blockwise Transformers for Near-Infinite Context", 2023). For prompts.
 *   sa_sharded_attention()  Every rank has all queries, and the keys and values of its shard, in tensors or a cache.
 *                           Each attends to its own, and the results become one. For decoding.
 *
 * Bits. Every chunk of keys is attended to on its own. Its result o with the log-sum-exp l is added to sums,
 *
 *     total = sum over chunks of exp(l)       output = (sum over chunks of exp(l) o) / total,
 *
 * which are kept exactly where it matters: each term is cut at fixed powers of two into two parts, and sums of parts
 * have no rounding (as in Demmel and Nguyen, "Fast Reproducible Floating-Point Summation", 2013). So their order does
 * not count: the same tokens and the same C give the same bits for any number of ranks, any kind of shards and both
 * functions (with the exception for a single query under Bits at the beginning of this header), and equal to those of
 * one process. A term is cut at 2^-36 of the largest element of its row. Against sa_attention() the result agrees
 * within 1e-6.
 *
 * What crosses the network, and from how many tokens on that pays: docs/context-parallelism.md. */

/* How chunks are dealt out to ranks.
 *
 *   CONTIGUOUS  neighbouring chunks. With causal masks the last ranks have most of the work
 *   ZIGZAG      2N stretches of neighbouring chunks: rank r has number r and number 2N-1-r, so that causal masks leave
 *               all ranks the same work (as Megatron, PyTorch and Llama 3 deal)
 *   STRIPED     chunk c belongs to rank c mod N: equal work too (Brandon et al., "Striped Attention", 2023), and tokens
 *               that come later do not move the others, as decoding needs it */
#define SA_SHARDS_CONTIGUOUS 0
#define SA_SHARDS_ZIGZAG     1
#define SA_SHARDS_STRIPED    2

/* How the tokens of a sequence are spread over ranks. Stretches differ by at most one chunk, the longer ones first. A
 * rank's tokens stand in its tensors in the order of the sequence. */
typedef struct sa_sharding {
    uint64_t struct_size; /* sizeof(sa_sharding) */
    int64_t tokens;       /* of the whole sequence, 0 .. 2^60 */
    int64_t chunk;        /* C, 1 .. 2^20; 0: 512. Attention takes at most SA_SHARD_CHUNKS of them */
    int32_t kind;         /* SA_SHARDS_... */
    int32_t reserved;     /* 0 */
} sa_sharding;
#define SA_SHARD_CHUNKS 131072 /* sums of more could round */

/* Writes to *tokens how many tokens rank `rank` of `ranks` (1 .. 2^20) holds. Errors: NULL, STRUCT_SIZE, VALUE. The
 * sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_shard_size(const sa_sharding *sharding, int64_t ranks, int64_t rank, int64_t *tokens) SA_MUST_CHECK;

/* Writes the place in the sequence of each token of a shard to positions [sa_shard_size()], ascending: what the rank
 * has to load, and what sa_rope_apply() and sa_forward_args.positions need. Errors as sa_shard_size(). Any thread. */
SA_API sa_status sa_shard_positions(const sa_sharding *sharding, int64_t ranks, int64_t rank,
                                    int64_t *positions) SA_MUST_CHECK;

/* Functions of an exchange. They return 0; anything else is a failure, and the call ends with SA_ERR_EXCHANGE. `user`
 * is that of the table. They are called by the thread that makes the call, one at a time, never by the library's
 * workers, and must not use the call's context.
 *
 *   start       Begins to send `send_bytes` bytes at `send` to rank `to` and to receive `receive_bytes` bytes from rank
 *               `from`, and returns; `from` may be `to`. Messages of two ranks arrive in the order in which they were
 *               sent. 0 bytes: nothing is sent, or received. The memory is left alone until finish() returns.
 *   progress    Optional. Is called now and then between start and finish, for transports that move data only while
 *               they are called. It cannot fail: finish() reports.
 *   finish      Waits for what start() began. Afterwards, and also after a failure, nothing may touch the memory of
 *               start() any more. It is called once after each start() that returned 0. It has to fail within a bounded
 *               time if a rank is gone.
 *   all_gather  Writes the `bytes` bytes at `send` of every rank to receive [N][bytes], in the order of ranks. A wait
 *               for all ranks; fails in bounded time too.
 *   failure     Optional. A sentence about the last failure, for the text of the error. Valid until the next call. */
typedef int32_t (*sa_exchange_start_fn)(void *user, const void *send, uint64_t send_bytes, int64_t to, void *receive,
                                        uint64_t receive_bytes, int64_t from);
typedef void (*sa_exchange_progress_fn)(void *user);
typedef int32_t (*sa_exchange_finish_fn)(void *user);
typedef int32_t (*sa_exchange_gather_fn)(void *user, const void *send, uint64_t bytes, void *receive);
typedef const char *(*sa_exchange_failure_fn)(void *user);

/* The way to the other ranks. rank and ranks are numbers, since they never change. */
typedef struct sa_exchange {
    uint64_t struct_size; /* sizeof(sa_exchange) */
    void *user;
    int64_t rank, ranks; /* 0 <= rank < ranks <= 2^20 */
    sa_exchange_start_fn start;
    sa_exchange_finish_fn finish;
    sa_exchange_gather_fn all_gather;
    sa_exchange_progress_fn progress; /* or NULL */
    sa_exchange_failure_fn failure;   /* or NULL */
} sa_exchange;

/* Inputs and outputs of sa_ring_attention() and sa_sharded_attention(). T and S are tokens of whole sequences, t and s
 * those of the rank's shards. */
typedef struct sa_ring_args {
    uint64_t struct_size;            /* sizeof(sa_ring_args) */
    const sa_exchange *exchange;     /* NULL: one rank, no messages */
    const sa_sharding *key_shards;   /* of keys and values; its `tokens` is S. Required */
    const sa_sharding *query_shards; /* of queries and output; its `tokens` is T. NULL: key_shards. Sharded attention:
                                      * NULL, all ranks have all T queries */
    sa_tensor query;                 /* [B,H,t,D]   in; sharded: [B,H,T,D], the same on all ranks */
    sa_tensor key;                   /* [B,K,s,D]   in; absent with a cache */
    sa_tensor value;                 /* [B,K,s,Dv]  in; absent with a cache */
    sa_tensor output;                /* [B,H,t,Dv]  out; sharded: [B,H,T,Dv], the same bits on all ranks */
    sa_tensor lse;                   /* [B,H,t,1]   out, optional, as in sa_attention(); sharded: [B,H,T,1] */
    const sa_masking *masking;   /* of the whole sequences: key_lengths, offsets, windows and keep_first count their T
                                  * queries and S keys, and are the same on all ranks. No mask tensor */
    const sa_score_rules *rules; /* as in sa_attention(); the same on all ranks */
    float scale;                 /* 0: 1/sqrt(D). Finite. */
    float softcap;               /* 0: none. Finite, >= 0. */
    /* Sharded attention only; NULL: none. Keys and values of the rank's shard come from this cache, which has no
     * window; C is a multiple of SA_CACHE_PAGE. Sequence b has key_lengths[b] keys (NULL: S): the cache holds those of
     * them that are of the shard. The default alignment is BOTTOM_RIGHT. */
    const sa_cache *cache;
    int64_t cache_layer; /* which layer of the cache; 0 without a cache */
} sa_ring_args;

/* Attention of the queries of all ranks to the keys of all ranks. Every rank calls it, with the same sizes, types,
 * shards, masking and rules.
 *
 * First all ranks tell each other by one all_gather of 128 bytes what they are about to do. If one refuses its
 * arguments, or has no memory, or they disagree, all ranks return an error, and nothing else is sent. Then there are
 * N-1 steps: start() sends the keys and values that a rank has to rank + 1, and receives those of rank - 1 into a
 * second buffer, while attention runs on the first; finish() waits. So a rank sends N-1 messages, of B * K * s' * (D *
 * size of a key's element + Dv * size of a value's) bytes each, s' being the tokens of the shard that is passed on.
 *
 * Tensors are as in sa_attention(), each of its own type and with any strides. B, t and s may be 0. What a query sees
 * is what it would see in sa_attention() with all tokens in one tensor; chunks that nobody sees cost nothing. Scratch
 * memory: two messages of the largest shard; B * H * t * (2 Dv + 5) doubles for sums; B * H * min(C, t) * (Dv + 1)
 * floats; 128 N bytes; and what sa_attention() needs for C queries and C keys.
 *
 * Errors: those of sa_attention(); EXCHANGE (a function of the table failed, another rank refused, ranks disagree),
 * UNSUPPORTED (a mask tensor, a cache, more than SA_SHARD_CHUNKS chunks), SHAPE (tensors that are not as long as the
 * shard). NULL, STRUCT_SIZE and VALUE for exchange itself, and BUSY, return before the others are told. After EXCHANGE
 * ranks may be at different steps: end the exchange. One caller at a time per context and per exchange. */
SA_API sa_status sa_ring_attention(sa_ctx *ctx, const sa_ring_args *args) SA_MUST_CHECK;

/* Attention of the same queries, which all ranks have, to the keys of all ranks. After the all_gather, each rank
 * attends to its shard. Then sums are added up: with p the largest power of two <= N, log2(p) times each rank exchanges
 * its sums with another one (recursive doubling), B * H * T * (2 Dv + 5) * 8 bytes each; ranks from p on send theirs to
 * rank - p before, and receive the result behind. Scratch memory: twice the sums, and no messages of keys; else as
 * above. Errors as sa_ring_attention(); also UNSUPPORTED for a cache with a window, SHAPE for one that does not hold
 * the shard. */
SA_API sa_status sa_sharded_attention(sa_ctx *ctx, const sa_ring_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_ring_attention(ctx, args) or sa_sharded_attention(ctx, args) needs on
 * this rank. No message is sent. Data of tensors is not read; data pointers of required tensors may be NULL. Errors as
 * there, NULL also for bytes. */
SA_API sa_status sa_ring_attention_workspace_size(sa_ctx *ctx, const sa_ring_args *args, uint64_t *bytes) SA_MUST_CHECK;
SA_API sa_status sa_sharded_attention_workspace_size(sa_ctx *ctx, const sa_ring_args *args,
                                                     uint64_t *bytes) SA_MUST_CHECK;

/* ======================================================================================= linear attention */

/* Attention without a softmax, whose cost grows with the number of tokens, not with its square: experimental, its names
 * may change until 1.0.
 *
 *   q, k and v are a token's query and key, after the feature map, and its value. Per key/value head there is one
 *   matrix S of D x Dv, at first 0. For every token, in this order:
 *
 *       S = diag(exp(decay)) S                      with decay: one number per head, or one per channel (row of S)
 *       u = v, or beta * (v - S^T k) with beta      the delta rule: only what S does not say yet is added
 *       S = S + k u^T
 *       o = scale * S^T q                           query head h reads the S of head h / (H/K)
 *
 *   What is given chooses the rule, under the names of the ONNX operator LinearAttention-27: neither: linear; decay:
 *   gated; beta: delta; both: gated delta. Models that are cases of it:
 *
 *       linear transformers  ELU features, normalised (Katharopoulos et al., "Transformers are RNNs", 2020)
 *       RetNet               decay = log(gamma) of the head for all tokens, strides 0 (Sun et al., 2023)
 *       GLA                  decay per channel (Yang et al., "Gated Linear Attention Transformers", 2023)
 *       Mamba-2              scale 1, query = C, key = B (stride 0 along heads, if they share it), value = dt * x,
 *                            decay = dt * A, one number per head (Dao and Gu, "Transformers are SSMs", 2024)
 *       DeltaNet             beta; keys of norm 1 (Yang et al., 2024)
 *       Gated DeltaNet       beta and decay (Yang et al., 2024); with decay per channel: Kimi Linear (2025)
 *
 *   Normalised, o is divided by what a value of 1 for every token would give: S has one more column. Then the scale
 *   would cancel, and has to be 0. Where the divisor is 0, the output is 0.
 *
 *   Forms. RECURRENT goes token by token. It reads S once per token, and keeps the last 8 tokens beside S, so that it
 *   writes S once per 9 tokens. CHUNKED takes 64 tokens at once: T tokens of a head cost about T (3 D Dv + 128 (D +
 *   Dv)) multiply-adds (without beta, 2 D Dv; each further query head of the group D Dv + 64 (D + Dv) more). AUTO is
 *   RECURRENT up to 4 tokens, CHUNKED above. Both agree within 2e-6 of the norm of the output for keys of norm 1,
 *   decay <= 0 and 0 <= beta <= 1. Decays are multiplied, never divided by: exp(decay) may be 0 (decay -infinity), and
 *   greater than 1. SA_PATH_PLAIN goes token by token, in plain C.
 *
 *   A token never changes the output of a token before it, even if it holds NaN. */

/* Feature maps, element by element. Products of features should not be negative where outputs are normalised. */
#define SA_FEATURES_IDENTITY 0 /* x */
#define SA_FEATURES_ELU      1 /* x + 1 for x >= 0, else exp(x) */
#define SA_FEATURES_RELU     2 /* max(x, 0) */
#define SA_FEATURES_SQUARE   3 /* x * x */

/* How the output is computed: see above. */
#define SA_LINEAR_AUTO      0
#define SA_LINEAR_RECURRENT 1
#define SA_LINEAR_CHUNKED   2

/* The state of linear attention after some tokens, for a batch of sequences: the matrices S. It takes the place of a
 * cache, and its size does not depend on the number of tokens. One caller at a time, on whatever context; overlapping
 * calls are not detected. */
typedef struct sa_linear_state sa_linear_state;

/* Sizes of a state. */
typedef struct sa_linear_state_config {
    uint64_t struct_size;    /* sizeof(sa_linear_state_config) */
    int64_t batch;           /* B: sequences; all sizes are 1 .. 2^31 - 1 */
    int64_t kv_heads;        /* K */
    int64_t head_size;       /* D; with random features their number m */
    int64_t value_head_size; /* Dv; 0: D */
    int32_t normalised;      /* 0 or 1: whether outputs will be normalised */
    int32_t reserved;        /* 0 */
} sa_linear_state_config;

/* Creates the state before the first token, with the context's allocator: about B * K * (D + 8) * (Dv + 9) floats. You
 * own it: free it with sa_linear_state_destroy(). It does not need the context afterwards. Errors: NULL, STRUCT_SIZE,
 * VALUE, OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_linear_state_create(sa_ctx *ctx, const sa_linear_state_config *config,
                                        sa_linear_state **state) SA_MUST_CHECK;

/* Frees a state. No call may be using it. */
SA_API void sa_linear_state_destroy(sa_linear_state **state);

/* Bytes of memory of a state. 0 if state is NULL. */
SA_API uint64_t sa_linear_state_bytes(const sa_linear_state *state);

/* The next four functions take no context: their sentence is in sa_ctx_last_error(NULL), and they allocate nothing.
 *
 * Copies sequence from_sequence of a state to sequence to_sequence of another one, or of the same; -1 for both copies
 * all. The sizes other than the batch have to agree; with -1, the batch too. Later tokens have the same bits after
 * both. So a second state of the same sizes is a snapshot: copy to it to save, and back to roll back. Errors: NULL,
 * VALUE (no such sequence, only one is -1), SHAPE. */
SA_API sa_status sa_linear_state_copy(const sa_linear_state *from, int64_t from_sequence, sa_linear_state *to,
                                      int64_t to_sequence) SA_MUST_CHECK;

/* Makes a sequence (-1: all) as it was before the first token. Errors: NULL, VALUE (no such sequence). */
SA_API sa_status sa_linear_state_clear(sa_linear_state *state, int64_t sequence) SA_MUST_CHECK;

/* The numbers of a state, to be kept elsewhere and written back. Rounding may differ afterwards.
 *
 *   sums    [B,K,D,Dv]  S
 *   totals  [B,K,D,1]   the column of S that normalises: present exactly if the state is normalised, else absent
 *   shifts  [B,K,1,1]   of SA_F32. S is to be multiplied by exp(shift): only random features make one. 0 otherwise. May
 *                       be absent, which stands for 0
 *
 * sums and totals are SA_F32, SA_BF16 or SA_F16. All may have any strides. NULL stands for an absent tensor. Errors:
 * NULL (state, sums, data), VALUE, SHAPE, OVERFLOW, UNSUPPORTED (dtype; shifts absent in reading, but not all 0). */
SA_API sa_status sa_linear_state_read(const sa_linear_state *state, const sa_tensor *sums, const sa_tensor *totals,
                                      const sa_tensor *shifts) SA_MUST_CHECK;
SA_API sa_status sa_linear_state_write(sa_linear_state *state, const sa_tensor *sums, const sa_tensor *totals,
                                       const sa_tensor *shifts) SA_MUST_CHECK;

/* Positive random features of the softmax (FAVOR+): experimental. They approximate attention at a cost that grows with
 * the number of tokens:
 *
 *     exp(scale * q . k) = E[f(q) f(k)],   f(x) = exp(w . x' - |x'|^2 / 2),   x' = sqrt(scale) * x,   w normal
 *
 * With m directions w, features of queries and keys are m positive numbers, and linear attention of them, normalised,
 * has the mean of softmax attention. Its error falls with 1/sqrt(m), and grows with the size of scores: in our tests
 * with |x'|^2 near 0.6 it is 1.2 / sqrt(m) of the norm of the output, causal 0.9 / sqrt(m), and its variance grows like
 * exp(2 |x'|^2). Independent directions have an error that is a tenth to a fifth larger. Exponents are shifted by the
 * largest one so far, so that nothing overflows; the shift cancels. Source: Choromanski et al., "Rethinking Attention
 * with Performers", 2020. Immutable: any number of threads and contexts may use one at once. */
typedef struct sa_random_features sa_random_features;

/* How directions are drawn. */
typedef struct sa_random_features_config {
    uint64_t struct_size; /* sizeof(sa_random_features_config) */
    int64_t count;        /* m, 1 .. 2^20 */
    int64_t head_size;    /* D, 1 .. 2^20 */
    uint64_t seed;        /* the same seed gives the same directions on every machine (orthogonal ones: unless LAPACK
                           * rounds the 53rd bit of a number differently that lies on the edge between two floats) */
    int32_t independent; /* 0: each D directions are orthogonal, with the lengths of normal vectors, by a QR factor from
                          * LAPACKE; 1: normal vectors, which need no library */
    int32_t reserved;    /* 0 */
} sa_random_features_config;

/* Draws directions; it costs m * D numbers, and a QR factor of D x D for each D directions. You own them: free them
 * with sa_random_features_destroy(). They do not need the context afterwards. LAPACKE is loaded when it is first
 * needed, in builds with SELFATTN_LAPACKE. Errors: NULL, STRUCT_SIZE, VALUE, OVERFLOW, UNSUPPORTED (orthogonal
 * directions without LAPACKE: the sentence says why it is not there), MEMORY, BUSY. */
SA_API sa_status sa_random_features_create(sa_ctx *ctx, const sa_random_features_config *config,
                                           sa_random_features **features) SA_MUST_CHECK;

/* Frees directions. No call may be using them. */
SA_API void sa_random_features_destroy(sa_random_features **features);

/* Writes the directions to directions [m,D]. Errors: NULL; the sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_random_features_read(const sa_random_features *features, float *directions) SA_MUST_CHECK;

/* Inputs and outputs of sa_linear_attention(). */
typedef struct sa_linear_attention_args {
    uint64_t struct_size; /* sizeof(sa_linear_attention_args) */
    sa_tensor query;      /* [B,H,T,D]   in */
    sa_tensor key;        /* [B,K,S,D]   in; S = T unless bidirectional */
    sa_tensor value;      /* [B,K,S,Dv]  in */
    sa_tensor output;     /* [B,H,T,Dv]  out */
    sa_tensor decay;      /* [B,K,T,1] or [B,K,T,D]  in, optional: logarithms. 1 alone with random features */
    sa_tensor beta;       /* [B,K,T,1] or [B,1,T,1]  in, optional */
    /* NULL: every sequence begins with S = 0. Else it begins where the state stands, and the state moves on. Its sizes
     * are the call's. After an error it is as before. */
    sa_linear_state *state;
    const int64_t *lengths; /* [B]: only the first lengths[b] tokens, 0 .. S, are real; the others do not change the
                             * state. Without bidirectional, their rows of the output are not written. NULL: all */
    const sa_random_features *random_features; /* NULL: `features` are used */
    float scale;           /* 0: 1/sqrt(D). Finite. 0 if normalised, unless there are random features: then it is the
                            * scale of the scores that they approximate, > 0 */
    float epsilon;         /* is added to the divisor if normalised; finite, >= 0. (1e-6 in Katharopoulos' code.) */
    int32_t features;      /* SA_FEATURES_...; 0 with random features */
    int32_t form;          /* SA_LINEAR_... */
    int32_t normalised;    /* 0 or 1; 1 with random features */
    int32_t bidirectional; /* 0 or 1: every query sees all keys of its sequence, and those of the state. Without decay
                            * and beta; form is not RECURRENT */
} sa_linear_attention_args;

/* Linear attention: see above.
 *
 * query, key, value, output, decay and beta are SA_F32, SA_BF16 or SA_F16, each of its own type, with any strides;
 * sums are float32. B, T and S may be 0. H, K, D and Dv are at least 1, and K divides H. Heads of a sequence are
 * computed in parallel: one task for each of the B * K. Scratch memory is O(threads * (64 + Dv) * D); the recurrent
 * form with a state needs O(threads * (D + Dv) * H/K).
 *
 * Errors: NULL, STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, UNSUPPORTED (dtype; bidirectional with decay, beta or RECURRENT;
 * random features with decay per channel), MEMORY, BUSY. One caller at a time per context and per state. */
SA_API sa_status sa_linear_attention(sa_ctx *ctx, const sa_linear_attention_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_linear_attention(ctx, args) needs. Data of tensors is not read. Errors as
 * there, NULL also for bytes. */
SA_API sa_status sa_linear_attention_workspace_size(sa_ctx *ctx, const sa_linear_attention_args *args,
                                                    uint64_t *bytes) SA_MUST_CHECK;

/* What comes after the convolution of sa_causal_conv(). */
#define SA_CONV_PLAIN 0 /* nothing */
#define SA_CONV_SILU  1 /* x * sigmoid(x), of the convolution after that was rounded to the type of x */

/* Inputs and outputs of sa_causal_conv(). Tensors have one head. */
typedef struct sa_causal_conv_args {
    uint64_t struct_size; /* sizeof(sa_causal_conv_args) */
    sa_tensor x;          /* [B,1,T,C]    in: C channels */
    sa_tensor weight;     /* [1,1,C,W]    in: W taps per channel, 1 .. 1024; the last one meets the current token */
    sa_tensor bias;       /* [1,1,1,C]    in, optional */
    sa_tensor y;          /* [B,1,T,C]    out; of the type of x */
    /* [B,1,W-1,C], in and out, optional: the last W-1 rows of x before this call, without activation; afterwards those
     * before the next call. Absent, or with W = 1: nothing is kept, and what stands before x is 0. */
    sa_tensor state;
    int32_t activation; /* SA_CONV_... */
    int32_t reserved;   /* 0 */
} sa_causal_conv_args;

/* A causal convolution along the tokens, channel by channel, as models put it before linear attention:
 *
 *     y[t,c] = activation(bias[c] + sum over j < W of weight[c,j] * x[t - (W-1) + j, c])
 *
 * Source: the ONNX operator CausalConvWithState-27. Types are SA_F32, SA_BF16 or SA_F16, strides any; the fast order
 * has stride 1 along channels. Sums are float32. Errors: NULL, STRUCT_SIZE, VALUE, SHAPE, OVERFLOW, UNSUPPORTED
 * (dtype), MEMORY, BUSY; after an error the state is as before. One caller at a time per context. */
SA_API sa_status sa_causal_conv(sa_ctx *ctx, const sa_causal_conv_args *args) SA_MUST_CHECK;

/* ================================================================================================== layer */

/* One multi-head attention layer: sizes and weights. Immutable after creation: any number of threads and contexts may
 * use one at once. */
typedef struct sa_layer sa_layer;

/* Storage order of a weight matrix W that maps `in` numbers x to `out` numbers y. */
#define SA_OUT_IN 0 /* [out,in], y_o = sum_i W[o][i] x_i: PyTorch's nn.Linear, most safetensors files */
#define SA_IN_OUT 1 /* [in,out], y_o = sum_i x_i W[i][o]: GPT-2's Conv1D */

/* Latent attention ("MLA", DeepSeek-AI, "DeepSeek-V2", 2024, section 2.1): experimental, its names may change later.
 * All keys and values of a token come from one latent vector of L numbers, and from one rotated key of R numbers that
 * all heads share. A cache keeps these L + R numbers alone. With x the token, N an RMSNorm (or nothing) and "rotate"
 * the layer's rope:
 *
 *     c = N((W_down x)[0 .. L-1]),  r = rotate((W_down x)[L .. L+R-1])
 *     k_h, v_h = the D and the Dv numbers of head h of W_up c
 *     q_h, p_h = the D and the R numbers of head h of W_q x, or of W_q N(W_down_query x);  p_h = rotate(p_h)
 *     s_h = scale (q_h . k_h + p_h . r),  o_h = sum_j softmax_j(s_h) v_h,  y = W_o [o_1 ... o_H]
 *
 * Two forms give the same y but for rounding. The expanded form makes k_h and v_h of all tokens that it sees. The
 * absorbed form uses that W_up is linear: q_h . k_h = (W_up_k^T q_h) . c, and o_h = W_up_v (sum_j softmax_j(s_h) c_j);
 * that is multi-query attention with keys (c, r) and values c, which reads a cache as it is. For a few queries it takes
 * far less work. */
typedef struct sa_latent {
    uint64_t struct_size;          /* sizeof(sa_latent) */
    int64_t latent_size;           /* L; required */
    int64_t rotary_size;           /* R; 0: no rotated part, and no rope */
    int64_t query_rank;            /* numbers that queries are made of; 0: of x itself */
    const void *weight_down;       /* out L + R, in model_width */
    const void *weight_up;         /* out H*(D+Dv), in L; output h*(D+Dv) + i is number i of the key of head h, or from
                                      i = D on of its value */
    const void *weight_down_query; /* out query_rank, in model_width; NULL without query_rank */
} sa_latent;

/* Which form a call takes; each call may take another. The expanded form needs H*(2D+R+Dv) floats of scratch memory for
 * each token that is seen, and cannot read a cache with a window. Costs and errors: docs/latent.md. */
#define SA_LATENT_AUTO     0 /* what has fewer multiplications, but with same_bits absorbed */
#define SA_LATENT_EXPANDED 1
#define SA_LATENT_ABSORBED 2

/* Sizes and weights of a layer. Matrices and vectors are contiguous. */
typedef struct sa_layer_config {
    uint64_t struct_size;    /* sizeof(sa_layer_config) */
    int64_t model_width;     /* E: width of the input x; required. All sizes are at least 1 and below 2^31. */
    int64_t context_width;   /* width of the input of keys and values; 0: E */
    int64_t output_width;    /* width of the result y; 0: E */
    int64_t query_heads;     /* H; required */
    int64_t kv_heads;        /* K, divides H; 0: H. Less than H is grouped-query, 1 is multi-query attention. */
    int64_t head_size;       /* D; 0: E / H, if H divides E */
    int64_t value_head_size; /* Dv; 0: D */
    int32_t weight_order;    /* SA_OUT_IN or SA_IN_OUT, for all matrices */
    int32_t weight_dtype;    /* SA_F32, SA_BF16 or SA_F16, for all matrices and biases */
    /* Either three separate matrices ... */
    const void *weight_q; /* out H*D,  in model_width; output h*D + d is dimension d of head h */
    const void *weight_k; /* out K*D,  in context_width; output k*D + d likewise */
    const void *weight_v; /* out K*Dv, in context_width; output k*Dv + d likewise */
    /* ... or one: out H*D + K*D + K*Dv (all of q, then all of k, then all of v), in model_width. context_width then
     * equals model_width, and the three matrices and their biases are NULL. */
    const void *weight_qkv;
    const void *weight_o;        /* out output_width, in H*Dv; NULL: no output projection, y has the width H*Dv */
    const void *bias_q;          /* [H*D]; NULL: none. A bias needs its weight. */
    const void *bias_k;          /* [K*D]; NULL: none */
    const void *bias_v;          /* [K*Dv]; NULL: none */
    const void *bias_qkv;        /* [H*D + K*D + K*Dv]; NULL: none */
    const void *bias_o;          /* [output_width]; NULL: none */
    float scale;                 /* 0: 1/sqrt(D). Finite. */
    float softcap;               /* 0: none. Finite, >= 0. */
    const sa_rope *rope;         /* rotates queries and keys; NULL: no rotation */
    const sa_score_rules *rules; /* ALiBi, relative bias, sinks; NULL: none */
    const float *query_norm;     /* [D] weights of an RMSNorm (Zhang, Sennrich, 2019) over each query head, before rope;
                                    NULL: none */
    const float *key_norm;       /* [D] the same for keys; both or neither */
    float norm_epsilon;          /* added to the mean square, >= 0; 0: 1e-6. 0 without norms */
    int32_t norm_all_heads;      /* 0; 1: each norm covers a whole row, H*D or K*D numbers, and has as many weights */
    /* NULL: none. Else latent attention, in the types and order of the layer's other matrices. weight_q has out
     * H*(D+R), in query_rank or model_width: output h*(D+R) + d of head h, its R numbers last. query_norm [query_rank]
     * and key_norm [L] are the norms N, each optional. rope rotates heads of R numbers. scale 0: 1/sqrt(D+R). kv_heads,
     * context_width, norm_all_heads, the other input weights and all biases but bias_o are not given. */
    const sa_latent *latent;
} sa_layer_config;

/* Creates a layer. Everything that config points to is copied; you may free it afterwards. The layer uses the context's
 * allocator but does not need the context afterwards. Its matrices are packed once for the context's precision; a
 * context of another precision packs them in each call, with the same bits but slowly. You own the layer: free it with
 * sa_layer_destroy(). Errors: NULL (ctx, config, layer, a required weight), STRUCT_SIZE, VALUE, SHAPE, OVERFLOW,
 * MEMORY, BUSY. */
SA_API sa_status sa_layer_create(sa_ctx *ctx, const sa_layer_config *config, sa_layer **layer) SA_MUST_CHECK;

/* Frees a layer. No call may be using it. */
SA_API void sa_layer_destroy(sa_layer **layer);

/* The layer's sizes. 0 if layer is NULL. Of a latent layer, kv_heads is 1. Any thread. */
SA_API int64_t sa_layer_model_width(const sa_layer *layer);
SA_API int64_t sa_layer_context_width(const sa_layer *layer);
SA_API int64_t sa_layer_output_width(const sa_layer *layer);
SA_API int64_t sa_layer_query_heads(const sa_layer *layer);
SA_API int64_t sa_layer_kv_heads(const sa_layer *layer);
SA_API int64_t sa_layer_head_size(const sa_layer *layer);
SA_API int64_t sa_layer_value_head_size(const sa_layer *layer);

/* What a call does with its cache. */
#define SA_CACHE_APPEND 0 /* adds its keys and values, then attends to all that the cache holds */
#define SA_CACHE_READ   1 /* adds none and attends to what the cache holds: cross-attention after its first call */

/* Inputs and outputs of sa_forward(). Tensors of model width have one head: [B,1,T,E]. */
typedef struct sa_forward_args {
    uint64_t struct_size; /* sizeof(sa_forward_args) */
    sa_tensor x;          /* [B,1,T,model_width]    in */
    sa_tensor context;    /* [B,1,S,context_width]  in; absent: x itself (self-attention, S = T). Absent with READ */
    sa_tensor y;          /* [B,1,T,output_width]   out */
    const sa_masking *masking; /* as in sa_attention(); NULL: every query sees every key */
    sa_tensor lse;             /* [B,H,T,1]  out, optional, as in sa_attention() */
    sa_tensor weights;         /* [B,H,T,S]  out, optional, as in sa_attention() */
    int32_t weights_kind;      /* SA_WEIGHTS_...; 0 without weights */
    int32_t reserved;          /* 0 */
    /* NULL: none. Else the keys and values of x (or of the context) are added to this cache, and the queries attend to
     * all that it then holds: S is the length of its longest sequence after the call. Its sizes are the layer's.
     * masking.key_lengths has to be NULL, and weights_kind SA_WEIGHTS_PROBABILITIES. With the default alignment, query
     * t stands at (tokens held before) + t; in cross-attention at t. After an error the cache is as before. */
    sa_cache *cache;
    int64_t cache_layer; /* which layer of the cache; 0 without a cache */
    int32_t cache_use;   /* SA_CACHE_...; 0 without a cache */
    int32_t latent_form; /* SA_LATENT_...; 0 for a layer without latent attention */
    /* [B], only with SA_CACHE_APPEND: the first lengths[b] of the T tokens of x (or of the S of the context) are real,
     * 0 .. T (S); the others are padding and are not added. Rows of y for padding mean nothing. NULL: all are real. */
    const int64_t *lengths;
    /* [B,T], only in layers with rope: where the tokens of x stand for rope, -2^60 .. 2^60. NULL: token t stands at t,
     * plus the tokens that the cache held before. Tokens of a context stand at 0, 1, ... */
    const int64_t *positions;
    /* NULL: none. Else the batch size of all tensors is 1, and their rows are those of the packed sequences: x
     * [1,1,rows,E], positions [rows]. NULL positions: each sequence begins at 0. key_starts is about the context, and
     * NULL without one. Without a cache, key_lengths and weights. All rows are projected together: on SA_PATH_FUSED,
     * above SA_ISA_PORTABLE, a sequence of more than 16 tokens has the bits that it has alone, elsewhere a product may
     * round differently, unless the context has same_bits. */
    const sa_packing *packing;
    const sa_block_list *blocks;         /* as in sa_attention(); NULL: every block of keys is seen */
    const sa_score_callbacks *callbacks; /* as in sa_attention(); NULL: none */
    const sa_summaries *summaries;       /* as in sa_attention(); NULL: none */
    const sa_dropout *dropout;           /* as in sa_attention(); NULL: none */
} sa_forward_args;

/* One layer: y = concat_h(attention(x Wq_h, c Wk_h, c Wv_h)) Wo, with biases if they are given; c is the context, or x
 * without a context. Source: Vaswani et al., 2017, section 3.2.2.
 *
 * x, context and y are SA_F32, SA_BF16 or SA_F16, each of its own type; lse and weights are SA_F32. Rows of x, context
 * and y need stride[3] == 1; the other strides may be any. Outputs must not overlap inputs or each other. Scratch
 * memory is O(B * (T + S)) for the projections, plus what sa_attention() needs.
 *
 * A layer with latent attention takes no context, packing or SA_CACHE_READ. Its cache has one head, head_size L + R,
 * value_head_size L, and values_in_keys; kept first tokens of a window do not move.
 *
 * Errors as sa_attention(); SHAPE also if a width is not the layer's, UNSUPPORTED also for rows that are not
 * contiguous, MEMORY also if the cache's capacity is reached. One caller at a time per context and per cache. */
SA_API sa_status sa_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_forward(ctx, layer, args) needs. What is read, and errors, as in
 * sa_attention_workspace_size(). The cache is not changed. */
SA_API sa_status sa_forward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                                           uint64_t *bytes) SA_MUST_CHECK;

/* What sa_forward_backward() reads beside the forward call's arguments, and what it writes. Gradients are SA_F32,
 * whatever the types of inputs and weights are, and are written anew, not added to. They overlap neither each other nor
 * an input. Each but y is optional: a tensor is absent if data is NULL, an array is not wanted if NULL. Rows of tensors
 * need stride[3] == 1, except in mask. */
typedef struct sa_layer_gradients {
    uint64_t struct_size; /* sizeof(sa_layer_gradients) */
    sa_tensor y;          /* dY [B,1,T,output_width]   in: gradient of the loss by y. SA_F32, SA_BF16 or SA_F16 */
    sa_tensor x;          /* dX [B,1,T,model_width]    out; without a context, with what keys and values give */
    sa_tensor context;    /* dC [B,1,S,context_width]  out; with a context */
    sa_tensor mask;       /* out: sizes of masking.mask, which has to hold numbers. The sum over all axes on which the
                           * mask is repeated */
    int32_t weight_order; /* SA_OUT_IN or SA_IN_OUT: of the matrices here, whatever the layer was given */
    int32_t reserved;     /* 0 */
    float *weight_q;      /* out, shapes as in sa_layer_config, for this and all that follow. Contiguous */
    float *weight_k;
    float *weight_v;
    float *weight_qkv; /* instead of the three above; model_width and context_width are equal */
    float *weight_o;   /* it needs the layer's weight_o; so does bias_o */
    float *bias_q;     /* also if the layer has no such bias: the gradient of one that is 0; the others likewise */
    float *bias_k;
    float *bias_v;
    float *bias_qkv; /* instead of the three above */
    float *bias_o;
    float *query_norm;    /* [D], or [H*D] with norm_all_heads. It needs the layer's norms */
    float *key_norm;      /* [D], or [K*D] */
    float *alibi_slopes;  /* [H]       it needs the same array of the layer's rules; the others likewise */
    float *relative_bias; /* [H,2R+1] */
    float *sink_logits;   /* [H] */
} sa_layer_gradients;

/* One layer and its gradients, for training: computes y as sa_forward() does, and from the gradient of a loss by y
 * those by the inputs, by all weights, biases and norms, by a float mask and by the rules' numbers. With c the context,
 * or x, and O the joined heads, all as matrices with a row per token:
 *
 *     dW_o = dY^T O    dO = dY W_o    dQ, dK, dV from dO: see sa_attention_backward(), then rotated back, through norms
 *     dW_q = dQ^T x    dx = dQ W_q    dW_k = dK^T c    dW_v = dV^T c    dc = dK W_k + dV W_v
 *
 * and a bias has the sum of its rows. Without a context, dc is added to dx. The forward pass is computed again by each
 * call, so a chain of layers keeps their inputs alone: sa_forward() for each, then this from the last to the first.
 *
 *   args       as given to sa_forward(): y and, if wanted, lse are written. Masks, windows, packed sequences, block
 *              lists, positions and dropout are those of the forward pass. No cache, weights, callbacks, summaries
 *   gradients  see above. Keys that no query may see add 0 to attention; but rows of x are factors of gradients of
 *              weights, so those of padding have to be finite
 *
 * Everything is computed at SA_PRECISION_HIGHEST, whatever the context's precision is; the products of gradients by the
 * library's own float32 kernels on every path. Sums have a fixed order: any number of threads gives the same bits.
 * About 3 times the work of the forward pass. Scratch memory is O((B*T + B*S) * widths), and a matrix as floats if
 * weights are of 16 bits, plus what sa_attention_backward() needs.
 *
 * Errors: those of sa_forward(); NULL also for gradients and its y.data; VALUE (a gradient of what the layer or the
 * call has not, weight_order, weights), UNSUPPORTED (a layer with latent attention, a cache, callbacks, summaries).
 * One caller at a time per context. */
SA_API sa_status sa_forward_backward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                                     const sa_layer_gradients *gradients) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_forward_backward(ctx, layer, args, gradients) needs. What is read, and
 * errors, as in sa_attention_backward_workspace_size(). */
SA_API sa_status sa_forward_backward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args,
                                                    const sa_layer_gradients *gradients, uint64_t *bytes) SA_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_H */
