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
 *   Numbers    float32 arithmetic with float32 accumulation, no fast-math. Infinities and NaN behave as the formula
 *              says, with one promise more: a key that a query may not see never touches its result,
 *              even when the key or its value holds NaN or infinity. (A visible infinite value gives an infinite result
 * however small its weight.)
 *
 * Each constant can also be asked for by name, sa_constant("SA_BHSD", &value), so that bindings need not parse this
 * file.
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

/* How exact float32 arithmetic is meant to be. Errors are norm-relative against float64, for scores of unit variance. */
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
    int32_t path;         /* SA_PATH_...; the environment variable SELFATTN_PATH (auto, plain, blas) stands in for 0 */
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

/* What the context uses: threads, an SA_PARALLEL_ number, the SA_ISA_, SA_PATH_ and SA_PRECISION_ that are really in force (a matrix
 * unit may be missing, a cap may be set). 0 if ctx is NULL. */
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
 * unbounded; the query's own position always counts, so window_left = W shows W + 1 keys. ("sliding_window = W" of
 * Mistral configs shows W keys: that is window_left = W - 1.) Works with and without causal. mask         [B,H,T,S] of
 * SA_BOOL (true = may be seen) or SA_F32 (added to the score, unscaled; -infinity hides the key exactly, a large
 * negative number does not). Axes 0, 1 and 2 may have size 1 and are then repeated. Axis 3 may be shorter than S: keys
 * past its end are hidden. No T x S copy is made of anything.
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
} sa_masking;

/* ============================================================================================== attention */

/* What sa_attention_args.weights receives. */
#define SA_WEIGHTS_PROBABILITIES 0 /* softmax(scores): rows sum to 1, or are 0 where no key is seen */
#define SA_WEIGHTS_SCALED        1 /* scale * q.k */
#define SA_WEIGHTS_SOFTCAPPED    2 /* the same after softcap */
#define SA_WEIGHTS_BIASED        3 /* the same after masks: hidden keys are -infinity */

typedef struct sa_attention_args {
    uint64_t struct_size;
    sa_tensor query;           /* [B,H,T,D]   in */
    sa_tensor key;             /* [B,K,S,D]   in */
    sa_tensor value;           /* [B,K,S,Dv]  in */
    sa_tensor output;          /* [B,H,T,Dv]  out */
    float scale;               /* 0: 1/sqrt(D). Finite. */
    float softcap;             /* 0: none. Finite, >= 0. */
    const sa_masking *masking; /* NULL: every query sees every key */
    sa_tensor
        lse; /* [B,H,T,1]   out, optional: log(sum_j exp(s_j)), natural logarithm; -infinity where no key is seen */
    sa_tensor weights;    /* [B,H,T,S]   out, optional: costs a second pass over the scores and your T x S memory */
    int32_t weights_kind; /* SA_WEIGHTS_... */
    int32_t reserved;     /* 0 */
} sa_attention_args;

/* Attention without projections ("scaled dot-product attention").
 *
 * All tensors are SA_F32 with any strides. B, T, S may be 0 (no key: all outputs are 0); H, K, D, Dv are at least 1.
 * query, key, value and output are required unless they have no elements. Outputs must not overlap inputs or each
 * other. Extra memory is O(threads * tile), independent of T * S. Errors: NULL, STRUCT_SIZE, VALUE (dtype, scale,
 * softcap, window, lengths, zero stride in an output), SHAPE (B, T, S, D that disagree, H not a multiple of K, mask
 * that does not broadcast), OVERFLOW, UNSUPPORTED (dtype), MEMORY, BUSY. */
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
    /* ... or one matrix, out H*D + K*D + K*Dv (all of q, then all of k, then all of v), in model_width == context_width
     */
    const void *weight_qkv;
    const void *weight_o; /* out output_width, in H*Dv; NULL: no output projection, y has width H*Dv == output_width */
    const void *bias_q;   /* [H*D] or NULL; likewise below. Only with the matching weight. */
    const void *bias_k;   /* [K*D] */
    const void *bias_v;   /* [K*Dv] */
    const void *bias_qkv; /* [H*D + K*D + K*Dv] */
    const void *bias_o;   /* [output_width] */
    float scale;          /* 0: 1/sqrt(D) */
    float softcap;        /* 0: none */
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
} sa_forward_args;

/* One layer: y = concat_h(attention(x Wq_h, c Wk_h, c Wv_h)) Wo, with biases where given; c is the context, or x.
 *
 * x, context and y are SA_F32; rows of width elements need stride[3] == 1, the other strides are free.
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
 *                   tokens are recognised in a text) or "gpt2" (byte-level BPE) that cuts words as "gpt-2", "llama-bpe",
 *                   "qwen2" or "smollm"
 *
 * Supported of tokenizer.json, and everything else refused by name:
 *   WordPiece       normalizer BertNormalizer; pre_tokenizer BertPreTokenizer; decoder WordPiece or none
 *   byte-level BPE  normalizer NFC or none; pre_tokenizer ByteLevel, or a Sequence of Split and ByteLevel with one of the
 *                   regular expressions of GPT-2, GPT-4, Llama 3 and Qwen 2 (which are recognised by their text), or of
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

/* What sa_tokenizer_encode_with() does otherwise; a sum of these. Without a template nothing is added before and after the
 * text: for one that goes on, or a rendered chat template. Without special tokens those that are written in the text are
 * text like any other: for what strangers wrote. */
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

/* A trained transformer read from files. Immutable after opening; any number of threads and contexts at once. */
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
 *   "bert"   encoder: word, position and type embeddings, blocks with LayerNorm after each part, GELU feed-forward.
 *            The pooler and the heads of particular tasks are not run.
 *
 * Files are mapped and checked against their size before anything is believed. Weights are converted to float32 once;
 * embedding tables stay in the mapped file, so it must not be changed or shortened while the model exists (replacing it
 * by renaming another over it is fine). Any byte order of the host. Options in config.json that would change the result
 * and that this version does not have are refused by name; dropout and the like are ignored.
 * JSON is parsed within the limits and with the memory that sa_tokenizer_open() names.
 * Errors: NULL, FILE, FORMAT (malformed, truncated, a tensor missing or of the wrong shape, named), UNSUPPORTED (an
 * architecture, dtype or option that this version does not have, by name), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) SA_MUST_CHECK;

/* Frees a model. No call may be using it. */
SA_API void sa_model_destroy(sa_model **model);

/* What sa_model_get() answers. */
#define SA_MODEL_LAYERS        0 /* L */
#define SA_MODEL_WIDTH         1 /* E */
#define SA_MODEL_QUERY_HEADS   2 /* H */
#define SA_MODEL_KV_HEADS      3 /* K */
#define SA_MODEL_VOCABULARY    4 /* token ids are below this */
#define SA_MODEL_MAX_POSITIONS 5 /* longest sequence */

/* A number about the model; -1 if model is NULL or `what` is unknown. Any thread. */
SA_API int64_t sa_model_get(const sa_model *model, int32_t what);

/* Arrays are contiguous, in C order; outputs overlap neither inputs nor each other. L, H, E as sa_model_get() says; B
 * and T are this call's. */
typedef struct sa_encode_args {
    uint64_t struct_size;
    int64_t batch;          /* B */
    int64_t tokens;         /* T: tokens per sequence, padding included; at least 1 */
    const int32_t *ids;     /* [B,T] token ids; padding may hold any valid id */
    const int64_t *lengths; /* [B], 1 .. T; NULL: all T. Padding stands at the end and is never attended to. */
    const int32_t *types;   /* [B,T] token types (segments); NULL: all 0 */
    float *hidden;     /* [B,T,E]     out, optional: last hidden state; rows of padding are finite but mean nothing */
    float *hidden_all; /* [L+1,B,T,E] out, optional: embeddings, then the state after each block */
    float *attention;  /* [L,B,H,T,T] out, optional: attention weights by layer, sequence, head, query, key; 0 where the
                        * key is padding, without meaning where the query is */
    float *embedding;  /* [B,E]       out, optional: mean of the last hidden state over the sequence, scaled to length 1
                        * ("mean pooling" and "normalize" of sentence-transformers) */
} sa_encode_args;

/* Runs an encoder. Scratch memory is O(B * T) plus what sa_attention() needs. Errors: NULL, STRUCT_SIZE, VALUE (an id
 * or type outside the model's range, lengths), SHAPE (T above the longest sequence), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_model_encode(ctx, model, args) needs. ids and types are not followed and
 * may be NULL. Errors as sa_model_encode(). */
SA_API sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args,
                                                uint64_t *bytes) SA_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_H */
