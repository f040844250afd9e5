-- Written by bindings/declare from the public headers, which are the manual.
-- SPDX-License-Identifier: MIT
return {
  constants = {
    SA_VERSION_MAJOR = 0,
    SA_VERSION_MINOR = 1,
    SA_VERSION_PATCH = 0,
    SA_VERSION = 1000,
    SA_OK = 0,
    SA_ERR_NULL = 1,
    SA_ERR_STRUCT_SIZE = 2,
    SA_ERR_VALUE = 3,
    SA_ERR_SHAPE = 4,
    SA_ERR_OVERFLOW = 5,
    SA_ERR_UNSUPPORTED = 6,
    SA_ERR_MEMORY = 10,
    SA_ERR_BUSY = 11,
    SA_ERR_CANCELLED = 12,
    SA_ERR_FILE = 20,
    SA_ERR_FORMAT = 21,
    SA_ERR_TEXT = 22,
    SA_ERR_EXCHANGE = 30,
    SA_F32 = 0,
    SA_BF16 = 1,
    SA_F16 = 2,
    SA_BOOL = 3,
    SA_Q4_0 = 34,
    SA_Q4_1 = 35,
    SA_Q5_0 = 38,
    SA_Q5_1 = 39,
    SA_Q8_0 = 40,
    SA_Q2_K = 42,
    SA_Q3_K = 43,
    SA_Q4_K = 44,
    SA_Q5_K = 45,
    SA_Q6_K = 46,
    SA_IQ4_NL = 52,
    SA_IQ4_XS = 55,
    SA_MXFP4 = 71,
    SA_BHSD = 0,
    SA_BSHD = 1,
    SA_PARALLEL_DEFAULT = 0,
    SA_PARALLEL_SERIAL = 1,
    SA_PARALLEL_OPENMP = 2,
    SA_PARALLEL_CALLBACK = 3,
    SA_PARALLEL_POOL = 4,
    SA_PATH_AUTO = 0,
    SA_PATH_PLAIN = 1,
    SA_PATH_BLAS = 2,
    SA_PATH_FUSED = 3,
    SA_ISA_AUTO = 0,
    SA_ISA_PORTABLE = 1,
    SA_ISA_SIMD128 = 7,
    SA_ISA_NEON = 6,
    SA_ISA_AVX2 = 2,
    SA_ISA_AVX512 = 3,
    SA_ISA_AVX512_BF16 = 5,
    SA_ISA_AMX = 4,
    SA_PRECISION_HIGHEST = 0,
    SA_PRECISION_HIGH = 1,
    SA_PRECISION_MEDIUM = 2,
    SA_ALIGN_DEFAULT = 0,
    SA_ALIGN_TOP_LEFT = 1,
    SA_ALIGN_BOTTOM_RIGHT = 2,
    SA_ALIGN_OFFSET = 3,
    SA_MASK_KEYS_DEFAULT = 0,
    SA_MASK_KEYS_REPEATED = 1,
    SA_MASK_KEYS_HIDDEN = 2,
    SA_ROPE_HALF = 0,
    SA_ROPE_INTERLEAVED = 1,
    SA_ROPE_PLAIN = 0,
    SA_ROPE_LINEAR = 1,
    SA_ROPE_DYNAMIC = 2,
    SA_ROPE_YARN = 3,
    SA_ROPE_LONGROPE = 4,
    SA_ROPE_LLAMA3 = 5,
    SA_SINUSOIDAL_PAIRS = 0,
    SA_SINUSOIDAL_HALVES = 1,
    SA_SINUSOIDAL_WHISPER = 2,
    SA_CACHE_PAGE = 128,
    SA_I8 = 4,
    SA_WEIGHTS_PROBABILITIES = 0,
    SA_WEIGHTS_SCALED = 1,
    SA_WEIGHTS_SOFTCAPPED = 2,
    SA_WEIGHTS_BIASED = 3,
    SA_LIST_BLOCK_MOST = 128,
    SA_TILE_SOME = 0,
    SA_TILE_NONE = 1,
    SA_TILE_ALL = 2,
    SA_STRONGEST_MOST = 64,
    SA_SUMMARY_QUERIES = 4194304,
    SA_SHARDS_CONTIGUOUS = 0,
    SA_SHARDS_ZIGZAG = 1,
    SA_SHARDS_STRIPED = 2,
    SA_SHARD_CHUNKS = 131072,
    SA_FEATURES_IDENTITY = 0,
    SA_FEATURES_ELU = 1,
    SA_FEATURES_RELU = 2,
    SA_FEATURES_SQUARE = 3,
    SA_LINEAR_AUTO = 0,
    SA_LINEAR_RECURRENT = 1,
    SA_LINEAR_CHUNKED = 2,
    SA_CONV_PLAIN = 0,
    SA_CONV_SILU = 1,
    SA_OUT_IN = 0,
    SA_IN_OUT = 1,
    SA_LATENT_AUTO = 0,
    SA_LATENT_EXPANDED = 1,
    SA_LATENT_ABSORBED = 2,
    SA_CACHE_APPEND = 0,
    SA_CACHE_READ = 1,
    SA_ENCODE_NO_TEMPLATE = 1,
    SA_ENCODE_NO_SPECIAL = 2,
    SA_MODEL_LAYERS = 0,
    SA_MODEL_WIDTH = 1,
    SA_MODEL_QUERY_HEADS = 2,
    SA_MODEL_KV_HEADS = 3,
    SA_MODEL_VOCABULARY = 4,
    SA_MODEL_MAX_POSITIONS = 5,
    SA_MODEL_HEAD_SIZE = 6,
    SA_MODEL_ENCODER = 7,
    SA_MODEL_DECODER = 8,
    SA_MODEL_DECODER_LAYERS = 9,
    SA_MODEL_DECODER_WIDTH = 10,
    SA_MODEL_DECODER_QUERY_HEADS = 11,
    SA_MODEL_DECODER_KV_HEADS = 12,
    SA_MODEL_DECODER_VOCABULARY = 13,
    SA_MODEL_DECODER_MAX_POSITIONS = 14,
    SA_MODEL_DECODER_HEAD_SIZE = 15,
    SA_MODEL_OUTPUTS = 16,
    SA_MODEL_POOLED = 17,
    SA_MODEL_FEATURE_CHANNELS = 18,
    SA_MODEL_FEATURE_HEIGHT = 19,
    SA_MODEL_FEATURE_WIDTH = 20,
    SA_MODEL_FEATURE_TOKENS = 21,
    SA_MODEL_FEATURE_ROWS = 22,
    SA_MODEL_FEATURE_COLUMNS = 23,
    SA_MODEL_START_TOKEN = 24,
    SA_MODEL_END_TOKEN = 25,
    SA_MODEL_PAD_TOKEN = 26,
    SA_MODEL_TOKEN_LOGITS = 27,
    SA_MODEL_FORCED_FIRST_TOKEN = 28,
    SA_MODEL_FORCED_LAST_TOKEN = 29,
    SA_MODEL_MAX_NEW_TOKENS = 30,
    SA_MODEL_EMBEDDING_WIDTH = 31,
    SA_MODEL_PADDED_TOKENS = 32,
    SA_MODEL_UNSUPPORTED = 33,
    SA_MODEL_TOKEN_TYPES = 34,
    SA_MODEL_POOLED_WIDTH = 35,
    SA_LIKENESS_NONE = 0,
    SA_LIKENESS_SOFTMAX = 1,
    SA_LIKENESS_SIGMOID = 2,
    SA_END_NONE = 0,
    SA_END_MAX_TOKENS = 1,
    SA_END_TOKEN = 2,
    SA_END_STRING = 3,
    SA_END_CALLER = 4,
    SA_END_FULL = 5,
    SA_EARLY_STOPPING_NEVER = 0,
    SA_EARLY_STOPPING_TRUE = 1,
    SA_EARLY_STOPPING_FALSE = 2,
    SA_MEL_WHISPER = 0,
    SA_MEL_KALDI = 1,
    SA_MEL_MEANS = 1,
    SA_MEL_DEVIATIONS = 2,
    SA_MEL_RATE = 0,
    SA_MEL_FRAME = 1,
    SA_MEL_STEP = 2,
    SA_MEL_BINS = 3,
    SA_MEL_WINDOW = 4,
    SA_MEL_KIND = 5,
    SA_TIMES_AUTO = 0,
    SA_TIMES_ALWAYS = 1,
    SA_TIMES_NEVER = 2,
    SA_TASK_TRANSCRIBE = 0,
    SA_TASK_TRANSLATE = 1,
    SA_WINDOW_TEXT = 0,
    SA_WINDOW_SILENT = 1,
    SA_WINDOW_SPEECHLESS = 2,
    SA_OPTIMIZER_ADAMW = 0,
    SA_OPTIMIZER_SGD = 1,
    SA_SCHEDULE_CONSTANT = 0,
    SA_SCHEDULE_LINEAR = 1,
    SA_SCHEDULE_COSINE = 2,
  },
  fields = {
    sa_tensor = {
      { "data", "void *" },
      { "dtype", "int32_t" },
      { "reserved", "int32_t" },
      { "size", "int64_t[4]" },
      { "stride", "int64_t[4]" },
    },
    sa_ctx_options = {
      { "struct_size", "uint64_t" },
      { "threads", "int32_t" },
      { "parallel", "int32_t" },
      { "parallel_for", "sa_parallel_for_fn" },
      { "parallel_user", "void *" },
      { "allocate", "sa_allocate_fn" },
      { "release", "sa_release_fn" },
      { "allocator_user", "void *" },
      { "path", "int32_t" },
      { "isa", "int32_t" },
      { "precision", "int32_t" },
      { "same_bits", "int32_t" },
    },
    sa_masking = {
      { "struct_size", "uint64_t" },
      { "key_lengths", "int64_t *" },
      { "causal", "int32_t" },
      { "align", "int32_t" },
      { "offset", "int64_t" },
      { "offsets", "int64_t *" },
      { "window", "int32_t" },
      { "reserved", "int32_t" },
      { "window_left", "int64_t" },
      { "window_right", "int64_t" },
      { "mask", "sa_tensor" },
      { "keep_first", "int64_t" },
      { "mask_keys", "int32_t" },
      { "reserved2", "int32_t" },
    },
    sa_score_rules = {
      { "struct_size", "uint64_t" },
      { "alibi_slopes", "float *" },
      { "relative_bias", "float *" },
      { "relative_reach", "int64_t" },
      { "sink_logits", "float *" },
    },
    sa_rope = {
      { "struct_size", "uint64_t" },
      { "style", "int32_t" },
      { "reserved", "int32_t" },
      { "rotary", "int64_t" },
      { "theta", "double" },
      { "inverse_frequency", "double *" },
      { "attention_factor", "double" },
      { "cosines", "float *" },
      { "sines", "float *" },
      { "table_positions", "int64_t" },
    },
    sa_rope_scaling = {
      { "struct_size", "uint64_t" },
      { "kind", "int32_t" },
      { "truncate", "int32_t" },
      { "rotary", "int64_t" },
      { "theta", "double" },
      { "factor", "double" },
      { "original_positions", "int64_t" },
      { "max_positions", "int64_t" },
      { "length", "int64_t" },
      { "low_frequency_factor", "double" },
      { "high_frequency_factor", "double" },
      { "beta_fast", "double" },
      { "beta_slow", "double" },
      { "mscale", "double" },
      { "mscale_all_dim", "double" },
      { "attention_factor", "double" },
      { "short_factors", "double *" },
      { "long_factors", "double *" },
    },
    sa_cache_config = {
      { "struct_size", "uint64_t" },
      { "layers", "int64_t" },
      { "batch", "int64_t" },
      { "kv_heads", "int64_t" },
      { "head_size", "int64_t" },
      { "value_head_size", "int64_t" },
      { "dtype", "int32_t" },
      { "values_in_keys", "int32_t" },
      { "capacity", "int64_t" },
      { "window", "int64_t" },
      { "keep_first", "int64_t" },
    },
    sa_packing = {
      { "struct_size", "uint64_t" },
      { "sequences", "int64_t" },
      { "query_starts", "int64_t *" },
      { "key_starts", "int64_t *" },
    },
    sa_block_list = {
      { "struct_size", "uint64_t" },
      { "query_block", "int64_t" },
      { "key_block", "int64_t" },
      { "sequences", "int64_t" },
      { "heads", "int64_t" },
      { "offsets", "int64_t *" },
      { "indices", "int32_t *" },
    },
    sa_pattern = {
      { "struct_size", "uint64_t" },
      { "queries", "int64_t" },
      { "keys", "int64_t" },
      { "offset", "int64_t" },
      { "query_block", "int64_t" },
      { "key_block", "int64_t" },
      { "causal", "int32_t" },
      { "window", "int32_t" },
      { "window_left", "int64_t" },
      { "window_right", "int64_t" },
      { "stride", "int64_t" },
      { "stride_reach", "int64_t" },
      { "global_tokens", "int64_t" },
      { "random_blocks", "int64_t" },
      { "seed", "uint64_t" },
      { "document_starts", "int64_t *" },
      { "documents", "int64_t" },
    },
    sa_score_tile = {
      { "struct_size", "uint64_t" },
      { "sequence", "int64_t" },
      { "head", "int64_t" },
      { "query", "int64_t" },
      { "key", "int64_t" },
      { "queries", "int64_t" },
      { "keys", "int64_t" },
      { "query_stride", "int64_t" },
      { "key_stride", "int64_t" },
      { "values", "float *" },
      { "visible", "uint8_t *" },
    },
    sa_score_callbacks = {
      { "struct_size", "uint64_t" },
      { "user", "void *" },
      { "mask_tile", "sa_tile_question_fn" },
      { "mask_mod", "sa_tile_change_fn" },
      { "score_mod", "sa_tile_change_fn" },
      { "prob_mod", "sa_tile_change_fn" },
    },
    sa_summaries = {
      { "struct_size", "uint64_t" },
      { "key_sums", "sa_tensor" },
      { "key_maxima", "sa_tensor" },
      { "entropy", "sa_tensor" },
      { "strongest", "int64_t" },
      { "strongest_weights", "sa_tensor" },
      { "strongest_keys", "int32_t *" },
    },
    sa_dropout = {
      { "struct_size", "uint64_t" },
      { "probability", "float" },
      { "reserved", "int32_t" },
      { "seed", "uint64_t" },
    },
    sa_attention_args = {
      { "struct_size", "uint64_t" },
      { "query", "sa_tensor" },
      { "key", "sa_tensor" },
      { "value", "sa_tensor" },
      { "output", "sa_tensor" },
      { "scale", "float" },
      { "softcap", "float" },
      { "masking", "sa_masking *" },
      { "lse", "sa_tensor" },
      { "weights", "sa_tensor" },
      { "weights_kind", "int32_t" },
      { "reserved", "int32_t" },
      { "rules", "sa_score_rules *" },
      { "cache", "sa_cache *" },
      { "cache_layer", "int64_t" },
      { "packing", "sa_packing *" },
      { "blocks", "sa_block_list *" },
      { "callbacks", "sa_score_callbacks *" },
      { "summaries", "sa_summaries *" },
      { "dropout", "sa_dropout *" },
    },
    sa_attention_gradients = {
      { "struct_size", "uint64_t" },
      { "output", "sa_tensor" },
      { "query", "sa_tensor" },
      { "key", "sa_tensor" },
      { "value", "sa_tensor" },
      { "mask", "sa_tensor" },
      { "alibi_slopes", "float *" },
      { "relative_bias", "float *" },
      { "sink_logits", "float *" },
    },
    sa_attention_merge_args = {
      { "struct_size", "uint64_t" },
      { "count", "int64_t" },
      { "outputs", "sa_tensor *" },
      { "lses", "sa_tensor *" },
      { "output", "sa_tensor" },
      { "lse", "sa_tensor" },
    },
    sa_sharding = {
      { "struct_size", "uint64_t" },
      { "tokens", "int64_t" },
      { "chunk", "int64_t" },
      { "kind", "int32_t" },
      { "reserved", "int32_t" },
    },
    sa_exchange = {
      { "struct_size", "uint64_t" },
      { "user", "void *" },
      { "rank", "int64_t" },
      { "ranks", "int64_t" },
      { "start", "sa_exchange_start_fn" },
      { "finish", "sa_exchange_finish_fn" },
      { "all_gather", "sa_exchange_gather_fn" },
      { "progress", "sa_exchange_progress_fn" },
      { "failure", "sa_exchange_failure_fn" },
    },
    sa_ring_args = {
      { "struct_size", "uint64_t" },
      { "exchange", "sa_exchange *" },
      { "key_shards", "sa_sharding *" },
      { "query_shards", "sa_sharding *" },
      { "query", "sa_tensor" },
      { "key", "sa_tensor" },
      { "value", "sa_tensor" },
      { "output", "sa_tensor" },
      { "lse", "sa_tensor" },
      { "masking", "sa_masking *" },
      { "rules", "sa_score_rules *" },
      { "scale", "float" },
      { "softcap", "float" },
      { "cache", "sa_cache *" },
      { "cache_layer", "int64_t" },
    },
    sa_linear_state_config = {
      { "struct_size", "uint64_t" },
      { "batch", "int64_t" },
      { "kv_heads", "int64_t" },
      { "head_size", "int64_t" },
      { "value_head_size", "int64_t" },
      { "normalised", "int32_t" },
      { "reserved", "int32_t" },
    },
    sa_random_features_config = {
      { "struct_size", "uint64_t" },
      { "count", "int64_t" },
      { "head_size", "int64_t" },
      { "seed", "uint64_t" },
      { "independent", "int32_t" },
      { "reserved", "int32_t" },
    },
    sa_linear_attention_args = {
      { "struct_size", "uint64_t" },
      { "query", "sa_tensor" },
      { "key", "sa_tensor" },
      { "value", "sa_tensor" },
      { "output", "sa_tensor" },
      { "decay", "sa_tensor" },
      { "beta", "sa_tensor" },
      { "state", "sa_linear_state *" },
      { "lengths", "int64_t *" },
      { "random_features", "sa_random_features *" },
      { "scale", "float" },
      { "epsilon", "float" },
      { "features", "int32_t" },
      { "form", "int32_t" },
      { "normalised", "int32_t" },
      { "bidirectional", "int32_t" },
    },
    sa_causal_conv_args = {
      { "struct_size", "uint64_t" },
      { "x", "sa_tensor" },
      { "weight", "sa_tensor" },
      { "bias", "sa_tensor" },
      { "y", "sa_tensor" },
      { "state", "sa_tensor" },
      { "activation", "int32_t" },
      { "reserved", "int32_t" },
    },
    sa_latent = {
      { "struct_size", "uint64_t" },
      { "latent_size", "int64_t" },
      { "rotary_size", "int64_t" },
      { "query_rank", "int64_t" },
      { "weight_down", "void *" },
      { "weight_up", "void *" },
      { "weight_down_query", "void *" },
    },
    sa_layer_config = {
      { "struct_size", "uint64_t" },
      { "model_width", "int64_t" },
      { "context_width", "int64_t" },
      { "output_width", "int64_t" },
      { "query_heads", "int64_t" },
      { "kv_heads", "int64_t" },
      { "head_size", "int64_t" },
      { "value_head_size", "int64_t" },
      { "weight_order", "int32_t" },
      { "weight_dtype", "int32_t" },
      { "weight_q", "void *" },
      { "weight_k", "void *" },
      { "weight_v", "void *" },
      { "weight_qkv", "void *" },
      { "weight_o", "void *" },
      { "bias_q", "void *" },
      { "bias_k", "void *" },
      { "bias_v", "void *" },
      { "bias_qkv", "void *" },
      { "bias_o", "void *" },
      { "scale", "float" },
      { "softcap", "float" },
      { "rope", "sa_rope *" },
      { "rules", "sa_score_rules *" },
      { "query_norm", "float *" },
      { "key_norm", "float *" },
      { "norm_epsilon", "float" },
      { "norm_all_heads", "int32_t" },
      { "latent", "sa_latent *" },
    },
    sa_forward_args = {
      { "struct_size", "uint64_t" },
      { "x", "sa_tensor" },
      { "context", "sa_tensor" },
      { "y", "sa_tensor" },
      { "masking", "sa_masking *" },
      { "lse", "sa_tensor" },
      { "weights", "sa_tensor" },
      { "weights_kind", "int32_t" },
      { "reserved", "int32_t" },
      { "cache", "sa_cache *" },
      { "cache_layer", "int64_t" },
      { "cache_use", "int32_t" },
      { "latent_form", "int32_t" },
      { "lengths", "int64_t *" },
      { "positions", "int64_t *" },
      { "packing", "sa_packing *" },
      { "blocks", "sa_block_list *" },
      { "callbacks", "sa_score_callbacks *" },
      { "summaries", "sa_summaries *" },
      { "dropout", "sa_dropout *" },
    },
    sa_layer_gradients = {
      { "struct_size", "uint64_t" },
      { "y", "sa_tensor" },
      { "x", "sa_tensor" },
      { "context", "sa_tensor" },
      { "mask", "sa_tensor" },
      { "weight_order", "int32_t" },
      { "reserved", "int32_t" },
      { "weight_q", "float *" },
      { "weight_k", "float *" },
      { "weight_v", "float *" },
      { "weight_qkv", "float *" },
      { "weight_o", "float *" },
      { "bias_q", "float *" },
      { "bias_k", "float *" },
      { "bias_v", "float *" },
      { "bias_qkv", "float *" },
      { "bias_o", "float *" },
      { "query_norm", "float *" },
      { "key_norm", "float *" },
      { "alibi_slopes", "float *" },
      { "relative_bias", "float *" },
      { "sink_logits", "float *" },
    },
    sa_model_options = {
      { "struct_size", "uint64_t" },
      { "convert", "int32_t" },
      { "weights", "int32_t" },
      { "progress", "sa_progress_fn" },
      { "progress_user", "void *" },
      { "in_memory", "int32_t" },
      { "image_size", "int32_t" },
      { "part", "char *" },
    },
    sa_encode_args = {
      { "struct_size", "uint64_t" },
      { "batch", "int64_t" },
      { "tokens", "int64_t" },
      { "ids", "int32_t *" },
      { "lengths", "int64_t *" },
      { "types", "int32_t *" },
      { "hidden", "float *" },
      { "hidden_all", "float *" },
      { "attention", "float *" },
      { "embedding", "float *" },
      { "features", "float *" },
      { "pooled", "float *" },
      { "logits", "float *" },
      { "targets", "int64_t" },
      { "target_ids", "int32_t *" },
      { "target_lengths", "int64_t *" },
      { "target_hidden", "float *" },
      { "target_hidden_all", "float *" },
      { "target_attention", "float *" },
      { "cross_attention", "float *" },
      { "feature_width", "int64_t" },
      { "queries", "float *" },
      { "keys", "float *" },
      { "entropy", "float *" },
      { "strongest", "int64_t" },
      { "strongest_weights", "float *" },
      { "strongest_keys", "int32_t *" },
    },
    sa_session_config = {
      { "struct_size", "uint64_t" },
      { "batch", "int64_t" },
      { "capacity", "int64_t" },
      { "window", "int64_t" },
      { "keep_first", "int64_t" },
      { "cache_dtype", "int32_t" },
      { "reserved", "int32_t" },
    },
    sa_session_args = {
      { "struct_size", "uint64_t" },
      { "tokens", "int64_t" },
      { "ids", "int32_t *" },
      { "lengths", "int64_t *" },
      { "logits", "float *" },
      { "logits_all", "float *" },
      { "hidden", "float *" },
      { "hidden_all", "float *" },
      { "attention", "float *" },
      { "cross_attention", "float *" },
      { "types", "int32_t *" },
    },
    sa_sampling = {
      { "struct_size", "uint64_t" },
      { "seed", "uint64_t" },
      { "temperature", "double" },
      { "top_k", "int64_t" },
      { "top_p", "double" },
      { "min_p", "double" },
      { "repetition_penalty", "double" },
      { "presence_penalty", "double" },
      { "frequency_penalty", "double" },
    },
    sa_generate_args = {
      { "struct_size", "uint64_t" },
      { "tokens", "int64_t" },
      { "ids", "int32_t *" },
      { "lengths", "int64_t *" },
      { "max_tokens", "int64_t" },
      { "sampling", "sa_sampling *" },
      { "generated", "int32_t *" },
      { "counts", "int64_t *" },
      { "endings", "int32_t *" },
      { "log_probabilities", "float *" },
      { "stop_tokens", "int32_t *" },
      { "stop_token_count", "int64_t" },
      { "stop_strings", "char **" },
      { "stop_string_count", "int64_t" },
      { "tokenizer", "sa_tokenizer *" },
      { "on_token", "sa_token_fn" },
      { "on_logits", "sa_logits_fn" },
      { "user", "void *" },
      { "model_rules", "int32_t" },
      { "reserved", "int32_t" },
    },
    sa_beam_args = {
      { "struct_size", "uint64_t" },
      { "tokens", "int64_t" },
      { "ids", "int32_t *" },
      { "max_tokens", "int64_t" },
      { "results", "int64_t" },
      { "length_penalty", "double" },
      { "generated", "int32_t *" },
      { "counts", "int64_t *" },
      { "scores", "double *" },
      { "stop_tokens", "int32_t *" },
      { "stop_token_count", "int64_t" },
      { "model_rules", "int32_t" },
      { "early_stopping", "int32_t" },
    },
    sa_mel_config = {
      { "struct_size", "uint64_t" },
      { "rate", "int64_t" },
      { "frame", "int64_t" },
      { "step", "int64_t" },
      { "bins", "int64_t" },
      { "window", "int64_t" },
      { "lowest", "double" },
      { "highest", "double" },
      { "kind", "int32_t" },
      { "by_bin", "int32_t" },
      { "scale", "double" },
      { "window_power", "double" },
      { "mean", "double" },
      { "deviation", "double" },
    },
    sa_speech_segment = {
      { "struct_size", "uint64_t" },
      { "begin", "double" },
      { "end", "double" },
      { "ids", "int32_t *" },
      { "count", "int64_t" },
      { "language", "int32_t" },
      { "reserved", "int32_t" },
      { "log_probability", "double" },
      { "no_speech", "double" },
    },
    sa_speech_window = {
      { "struct_size", "uint64_t" },
      { "first", "int64_t" },
      { "count", "int64_t" },
      { "next", "int64_t" },
      { "kind", "int32_t" },
      { "language", "int32_t" },
      { "ids", "int32_t *" },
      { "tokens", "int64_t" },
      { "log_probability", "double" },
      { "no_speech", "double" },
    },
    sa_transcribe_args = {
      { "struct_size", "uint64_t" },
      { "speech", "sa_speech *" },
      { "samples", "float *" },
      { "count", "int64_t" },
      { "on_segment", "sa_segment_fn" },
      { "on_window", "sa_window_fn" },
      { "user", "void *" },
      { "language", "char *" },
      { "task", "int32_t" },
      { "times", "int32_t" },
      { "prompt", "int32_t *" },
      { "prompt_tokens", "int64_t" },
      { "keep_text", "int32_t" },
      { "reserved", "int32_t" },
      { "max_tokens", "int64_t" },
      { "no_speech", "double" },
      { "log_probability", "double" },
      { "language_found", "int32_t *" },
      { "language_probabilities", "float *" },
      { "done", "int64_t *" },
      { "beginning", "int32_t *" },
      { "beginning_tokens", "int64_t" },
    },
    sa_lora = {
      { "struct_size", "uint64_t" },
      { "rank", "int64_t" },
      { "alpha", "double" },
      { "dropout", "double" },
      { "targets", "char *" },
      { "adapter", "char *" },
    },
    sa_trainer_config = {
      { "struct_size", "uint64_t" },
      { "optimizer", "int32_t" },
      { "resume", "int32_t" },
      { "decay_matrices_only", "int32_t" },
      { "initialize", "int32_t" },
      { "beta1", "double" },
      { "beta2", "double" },
      { "epsilon", "double" },
      { "weight_decay", "double" },
      { "clip_norm", "double" },
      { "label_smoothing", "double" },
      { "attention_dropout", "double" },
      { "hidden_dropout", "double" },
      { "seed", "uint64_t" },
      { "lora", "sa_lora *" },
      { "recompute", "int64_t" },
      { "weights", "int64_t" },
      { "classes", "char **" },
      { "class_count", "int64_t" },
      { "image_size", "int64_t" },
    },
    sa_training_batch = {
      { "struct_size", "uint64_t" },
      { "batch", "int64_t" },
      { "tokens", "int64_t" },
      { "ids", "int32_t *" },
      { "lengths", "int64_t *" },
      { "features", "float *" },
      { "labels", "int32_t *" },
      { "labels_per_sequence", "int64_t" },
      { "weight", "double" },
    },
    sa_training_pairs = {
      { "struct_size", "uint64_t" },
      { "pairs", "int64_t" },
      { "tokens", "int64_t" },
      { "ids", "int32_t *" },
      { "lengths", "int64_t *" },
      { "temperature", "double" },
      { "weight", "double" },
    },
    sa_tokenizer_train_args = {
      { "struct_size", "uint64_t" },
      { "texts", "char **" },
      { "bytes", "int64_t *" },
      { "count", "int64_t" },
      { "vocabulary", "int64_t" },
      { "least", "int64_t" },
      { "special", "char **" },
      { "special_count", "int64_t" },
      { "begin", "char *" },
      { "end", "char *" },
    },
  },
  cdef = [[
typedef int32_t sa_status;
int32_t sa_version(void);
const char *sa_version_string(void);
const char *sa_build_info(void);
const char *sa_status_string(sa_status status);
sa_status sa_constant(const char *name, int64_t *value);
const char *sa_constant_name(int32_t index);
typedef struct sa_tensor { void *data; int32_t dtype; int32_t reserved; int64_t size[4]; int64_t stride[4]; } sa_tensor;
void sa_tensor_set(sa_tensor *t, void *data, int32_t dtype, int32_t layout, int64_t batch, int64_t heads, int64_t
    sequence, int64_t head_size);
typedef struct sa_ctx sa_ctx;
typedef void (*sa_body_fn)(void *arg, int64_t index);
typedef void (*sa_parallel_for_fn)(void *user, int64_t count, sa_body_fn body, void *arg);
typedef void *(*sa_allocate_fn)(void *user, size_t size, size_t alignment);
typedef void (*sa_release_fn)(void *user, void *memory, size_t size);
typedef struct sa_ctx_options { uint64_t struct_size; int32_t threads; int32_t parallel; sa_parallel_for_fn
    parallel_for; void *parallel_user; sa_allocate_fn allocate; sa_release_fn release; void *allocator_user; int32_t
    path; int32_t isa; int32_t precision; int32_t same_bits; } sa_ctx_options;
sa_status sa_ctx_create(const sa_ctx_options *options, sa_ctx **ctx);
void sa_ctx_destroy(sa_ctx **ctx);
const char *sa_ctx_last_error(const sa_ctx *ctx);
int32_t sa_ctx_threads(const sa_ctx *ctx);
int32_t sa_ctx_parallel(const sa_ctx *ctx);
int32_t sa_ctx_isa(const sa_ctx *ctx);
int32_t sa_ctx_path(const sa_ctx *ctx);
int32_t sa_ctx_precision(const sa_ctx *ctx);
uint64_t sa_ctx_scratch_bytes(const sa_ctx *ctx);
sa_status sa_ctx_reserve(sa_ctx *ctx, uint64_t bytes);
int32_t sa_ctx_cancel(sa_ctx *ctx);
typedef void (*sa_ctx_progress_fn)(void *user, const char *what, int64_t done, int64_t total);
sa_status sa_ctx_set_progress(sa_ctx *ctx, sa_ctx_progress_fn progress, void *user);
typedef struct sa_masking { uint64_t struct_size; const int64_t *key_lengths; int32_t causal; int32_t align; int64_t
    offset; const int64_t *offsets; int32_t window; int32_t reserved; int64_t window_left; int64_t window_right;
    sa_tensor mask; int64_t keep_first; int32_t mask_keys; int32_t reserved2; } sa_masking;
typedef struct sa_score_rules { uint64_t struct_size; const float *alibi_slopes; const float *relative_bias; int64_t
    relative_reach; const float *sink_logits; } sa_score_rules;
sa_status sa_alibi_slopes(int64_t heads, float *slopes);
sa_status sa_t5_distances(const float *table, int64_t buckets, int64_t heads, int64_t max_distance, int32_t
    bidirectional, float *bias);
typedef struct sa_rope { uint64_t struct_size; int32_t style; int32_t reserved; int64_t rotary; double theta; const
    double *inverse_frequency; double attention_factor; const float *cosines, *sines; int64_t table_positions; }
    sa_rope;
typedef struct sa_rope_scaling { uint64_t struct_size; int32_t kind; int32_t truncate; int64_t rotary; double theta;
    double factor; int64_t original_positions; int64_t max_positions; int64_t length; double low_frequency_factor,
    high_frequency_factor; double beta_fast, beta_slow; double mscale, mscale_all_dim; double attention_factor; const
    double *short_factors, *long_factors; } sa_rope_scaling;
sa_status sa_rope_frequencies(const sa_rope_scaling *scaling, double *inverse_frequency, double *attention_factor);
sa_status sa_rope_apply(sa_ctx *ctx, const sa_rope *rope, const sa_tensor *input, const sa_tensor *output, const int64_t
    *positions, int64_t offset);
sa_status sa_sinusoidal_positions(int64_t positions, int64_t width, int32_t style, float *table);
typedef struct sa_cache sa_cache;
typedef struct sa_cache_config { uint64_t struct_size; int64_t layers; int64_t batch; int64_t kv_heads; int64_t
    head_size; int64_t value_head_size; int32_t dtype; int32_t values_in_keys; int64_t capacity; int64_t window; int64_t
    keep_first; } sa_cache_config;
sa_status sa_cache_create(sa_ctx *ctx, const sa_cache_config *config, sa_cache **cache);
void sa_cache_destroy(sa_cache **cache);
sa_status sa_cache_append(sa_ctx *ctx, sa_cache *cache, int64_t layer, const sa_tensor *key, const sa_tensor *value,
    const int64_t *lengths);
int64_t sa_cache_length(const sa_cache *cache, int64_t layer, int64_t sequence);
uint64_t sa_cache_bytes(const sa_cache *cache);
sa_status sa_cache_truncate(sa_cache *cache, int64_t sequence, int64_t length);
sa_status sa_cache_fork(sa_cache *cache, int64_t from, int64_t to);
sa_status sa_cache_reorder(sa_cache *cache, const int64_t *from);
typedef struct sa_packing { uint64_t struct_size; int64_t sequences; const int64_t *query_starts; const int64_t
    *key_starts; } sa_packing;
typedef struct sa_block_list { uint64_t struct_size; int64_t query_block; int64_t key_block; int64_t sequences; int64_t
    heads; const int64_t *offsets; const int32_t *indices; } sa_block_list;
typedef struct sa_pattern { uint64_t struct_size; int64_t queries, keys; int64_t offset; int64_t query_block, key_block;
    int32_t causal; int32_t window; int64_t window_left; int64_t window_right; int64_t stride; int64_t stride_reach;
    int64_t global_tokens; int64_t random_blocks; uint64_t seed; const int64_t *document_starts; int64_t documents; }
    sa_pattern;
sa_status sa_pattern_blocks(const sa_pattern *pattern, int64_t *offsets, int32_t *indices, int64_t capacity, int64_t
    *count);
sa_status sa_top_blocks(sa_ctx *ctx, const sa_tensor *query, const sa_tensor *key, int64_t query_block, int64_t
    key_block, int64_t most, int32_t causal, int64_t offset, int64_t *offsets, int32_t *indices);
typedef struct sa_score_tile { uint64_t struct_size; int64_t sequence, head; int64_t query, key; int64_t queries, keys;
    int64_t query_stride, key_stride; float *values; uint8_t *visible; } sa_score_tile;
typedef int32_t (*sa_tile_question_fn)(void *user, const sa_score_tile *tile);
typedef void (*sa_tile_change_fn)(void *user, const sa_score_tile *tile);
typedef struct sa_score_callbacks { uint64_t struct_size; void *user; sa_tile_question_fn mask_tile; sa_tile_change_fn
    mask_mod; sa_tile_change_fn score_mod; sa_tile_change_fn prob_mod; } sa_score_callbacks;
typedef struct sa_summaries { uint64_t struct_size; sa_tensor key_sums; sa_tensor key_maxima; sa_tensor entropy; int64_t
    strongest; sa_tensor strongest_weights; int32_t *strongest_keys; } sa_summaries;
typedef struct sa_dropout { uint64_t struct_size; float probability; int32_t reserved; uint64_t seed; } sa_dropout;
typedef struct sa_attention_args { uint64_t struct_size; sa_tensor query; sa_tensor key; sa_tensor value; sa_tensor
    output; float scale; float softcap; const sa_masking *masking; sa_tensor lse; sa_tensor weights; int32_t
    weights_kind; int32_t reserved; const sa_score_rules *rules; const sa_cache *cache; int64_t cache_layer; const
    sa_packing *packing; const sa_block_list *blocks; const sa_score_callbacks *callbacks; const sa_summaries
    *summaries; const sa_dropout *dropout; } sa_attention_args;
sa_status sa_attention(sa_ctx *ctx, const sa_attention_args *args);
sa_status sa_attention_workspace_size(sa_ctx *ctx, const sa_attention_args *args, uint64_t *bytes);
typedef struct sa_attention_gradients { uint64_t struct_size; sa_tensor output; sa_tensor query; sa_tensor key;
    sa_tensor value; sa_tensor mask; float *alibi_slopes; float *relative_bias; float *sink_logits; }
    sa_attention_gradients;
sa_status sa_attention_backward(sa_ctx *ctx, const sa_attention_args *args, const sa_attention_gradients *gradients);
sa_status sa_attention_backward_workspace_size(sa_ctx *ctx, const sa_attention_args *args, const sa_attention_gradients
    *gradients, uint64_t *bytes);
typedef struct sa_attention_merge_args { uint64_t struct_size; int64_t count; const sa_tensor *outputs; const sa_tensor
    *lses; sa_tensor output; sa_tensor lse; } sa_attention_merge_args;
sa_status sa_attention_merge(sa_ctx *ctx, const sa_attention_merge_args *args);
sa_status sa_tensor_scatter(sa_ctx *ctx, const sa_tensor *update, const int64_t *positions, int32_t circular, const
    sa_tensor *cache);
typedef struct sa_sharding { uint64_t struct_size; int64_t tokens; int64_t chunk; int32_t kind; int32_t reserved; }
    sa_sharding;
sa_status sa_shard_size(const sa_sharding *sharding, int64_t ranks, int64_t rank, int64_t *tokens);
sa_status sa_shard_positions(const sa_sharding *sharding, int64_t ranks, int64_t rank, int64_t *positions);
typedef int32_t (*sa_exchange_start_fn)(void *user, const void *send, uint64_t send_bytes, int64_t to, void *receive,
    uint64_t receive_bytes, int64_t from);
typedef void (*sa_exchange_progress_fn)(void *user);
typedef int32_t (*sa_exchange_finish_fn)(void *user);
typedef int32_t (*sa_exchange_gather_fn)(void *user, const void *send, uint64_t bytes, void *receive);
typedef const char *(*sa_exchange_failure_fn)(void *user);
typedef struct sa_exchange { uint64_t struct_size; void *user; int64_t rank, ranks; sa_exchange_start_fn start;
    sa_exchange_finish_fn finish; sa_exchange_gather_fn all_gather; sa_exchange_progress_fn progress;
    sa_exchange_failure_fn failure; } sa_exchange;
typedef struct sa_ring_args { uint64_t struct_size; const sa_exchange *exchange; const sa_sharding *key_shards; const
    sa_sharding *query_shards; sa_tensor query; sa_tensor key; sa_tensor value; sa_tensor output; sa_tensor lse; const
    sa_masking *masking; const sa_score_rules *rules; float scale; float softcap; const sa_cache *cache; int64_t
    cache_layer; } sa_ring_args;
sa_status sa_ring_attention(sa_ctx *ctx, const sa_ring_args *args);
sa_status sa_sharded_attention(sa_ctx *ctx, const sa_ring_args *args);
sa_status sa_ring_attention_workspace_size(sa_ctx *ctx, const sa_ring_args *args, uint64_t *bytes);
sa_status sa_sharded_attention_workspace_size(sa_ctx *ctx, const sa_ring_args *args, uint64_t *bytes);
typedef struct sa_linear_state sa_linear_state;
typedef struct sa_linear_state_config { uint64_t struct_size; int64_t batch; int64_t kv_heads; int64_t head_size;
    int64_t value_head_size; int32_t normalised; int32_t reserved; } sa_linear_state_config;
sa_status sa_linear_state_create(sa_ctx *ctx, const sa_linear_state_config *config, sa_linear_state **state);
void sa_linear_state_destroy(sa_linear_state **state);
uint64_t sa_linear_state_bytes(const sa_linear_state *state);
sa_status sa_linear_state_copy(const sa_linear_state *from, int64_t from_sequence, sa_linear_state *to, int64_t
    to_sequence);
sa_status sa_linear_state_clear(sa_linear_state *state, int64_t sequence);
sa_status sa_linear_state_read(const sa_linear_state *state, const sa_tensor *sums, const sa_tensor *totals, const
    sa_tensor *shifts);
sa_status sa_linear_state_write(sa_linear_state *state, const sa_tensor *sums, const sa_tensor *totals, const sa_tensor
    *shifts);
typedef struct sa_random_features sa_random_features;
typedef struct sa_random_features_config { uint64_t struct_size; int64_t count; int64_t head_size; uint64_t seed;
    int32_t independent; int32_t reserved; } sa_random_features_config;
sa_status sa_random_features_create(sa_ctx *ctx, const sa_random_features_config *config, sa_random_features
    **features);
void sa_random_features_destroy(sa_random_features **features);
sa_status sa_random_features_read(const sa_random_features *features, float *directions);
typedef struct sa_linear_attention_args { uint64_t struct_size; sa_tensor query; sa_tensor key; sa_tensor value;
    sa_tensor output; sa_tensor decay; sa_tensor beta; sa_linear_state *state; const int64_t *lengths; const
    sa_random_features *random_features; float scale; float epsilon; int32_t features; int32_t form; int32_t normalised;
    int32_t bidirectional; } sa_linear_attention_args;
sa_status sa_linear_attention(sa_ctx *ctx, const sa_linear_attention_args *args);
sa_status sa_linear_attention_workspace_size(sa_ctx *ctx, const sa_linear_attention_args *args, uint64_t *bytes);
typedef struct sa_causal_conv_args { uint64_t struct_size; sa_tensor x; sa_tensor weight; sa_tensor bias; sa_tensor y;
    sa_tensor state; int32_t activation; int32_t reserved; } sa_causal_conv_args;
sa_status sa_causal_conv(sa_ctx *ctx, const sa_causal_conv_args *args);
typedef struct sa_layer sa_layer;
typedef struct sa_latent { uint64_t struct_size; int64_t latent_size; int64_t rotary_size; int64_t query_rank; const
    void *weight_down; const void *weight_up; const void *weight_down_query; } sa_latent;
typedef struct sa_layer_config { uint64_t struct_size; int64_t model_width; int64_t context_width; int64_t output_width;
    int64_t query_heads; int64_t kv_heads; int64_t head_size; int64_t value_head_size; int32_t weight_order; int32_t
    weight_dtype; const void *weight_q; const void *weight_k; const void *weight_v; const void *weight_qkv; const void
    *weight_o; const void *bias_q; const void *bias_k; const void *bias_v; const void *bias_qkv; const void *bias_o;
    float scale; float softcap; const sa_rope *rope; const sa_score_rules *rules; const float *query_norm; const float
    *key_norm; float norm_epsilon; int32_t norm_all_heads; const sa_latent *latent; } sa_layer_config;
sa_status sa_layer_create(sa_ctx *ctx, const sa_layer_config *config, sa_layer **layer);
void sa_layer_destroy(sa_layer **layer);
int64_t sa_layer_model_width(const sa_layer *layer);
int64_t sa_layer_context_width(const sa_layer *layer);
int64_t sa_layer_output_width(const sa_layer *layer);
int64_t sa_layer_query_heads(const sa_layer *layer);
int64_t sa_layer_kv_heads(const sa_layer *layer);
int64_t sa_layer_head_size(const sa_layer *layer);
int64_t sa_layer_value_head_size(const sa_layer *layer);
typedef struct sa_forward_args { uint64_t struct_size; sa_tensor x; sa_tensor context; sa_tensor y; const sa_masking
    *masking; sa_tensor lse; sa_tensor weights; int32_t weights_kind; int32_t reserved; sa_cache *cache; int64_t
    cache_layer; int32_t cache_use; int32_t latent_form; const int64_t *lengths; const int64_t *positions; const
    sa_packing *packing; const sa_block_list *blocks; const sa_score_callbacks *callbacks; const sa_summaries
    *summaries; const sa_dropout *dropout; } sa_forward_args;
sa_status sa_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args);
sa_status sa_forward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, uint64_t *bytes);
typedef struct sa_layer_gradients { uint64_t struct_size; sa_tensor y; sa_tensor x; sa_tensor context; sa_tensor mask;
    int32_t weight_order; int32_t reserved; float *weight_q; float *weight_k; float *weight_v; float *weight_qkv; float
    *weight_o; float *bias_q; float *bias_k; float *bias_v; float *bias_qkv; float *bias_o; float *query_norm; float
    *key_norm; float *alibi_slopes; float *relative_bias; float *sink_logits; } sa_layer_gradients;
sa_status sa_forward_backward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, const sa_layer_gradients
    *gradients);
sa_status sa_forward_backward_workspace_size(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, const
    sa_layer_gradients *gradients, uint64_t *bytes);
typedef struct sa_tokenizer sa_tokenizer;
sa_status sa_tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer);
void sa_tokenizer_destroy(sa_tokenizer **tokenizer);
sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t *ids,
    int64_t capacity, int64_t *count);
sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes, int32_t
    flags, int32_t *ids, int64_t capacity, int64_t *count);
sa_status sa_tokenizer_encode_offsets(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
    int32_t flags, int32_t *ids, int64_t *offsets, int64_t capacity, int64_t *count);
sa_status sa_tokenizer_language(const sa_tokenizer *tokenizer, const char *code, int32_t *id);
sa_status sa_tokenizer_encode_language(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
    int32_t flags, int32_t language, int32_t *ids, int64_t capacity, int64_t *count);
sa_status sa_tokenizer_encode_pair(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *first, int64_t first_bytes,
    const char *second, int64_t second_bytes, int32_t flags, int64_t most, int32_t *ids, int32_t *types, int64_t
    capacity, int64_t *count);
sa_status sa_tokenizer_decode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count, char *text,
    int64_t capacity, int64_t *bytes);
typedef struct sa_text_stream sa_text_stream;
sa_status sa_text_stream_create(sa_ctx *ctx, const sa_tokenizer *tokenizer, int32_t before, const char *const
    *stop_strings, int64_t stop_string_count, sa_text_stream **stream);
sa_status sa_text_stream_add(sa_ctx *ctx, sa_text_stream *stream, int32_t id, char *text, int64_t capacity, int64_t
    *bytes);
sa_status sa_text_stream_rest(sa_ctx *ctx, sa_text_stream *stream, char *text, int64_t capacity, int64_t *bytes);
int64_t sa_text_stream_room(const sa_text_stream *stream);
int32_t sa_text_stream_ended(const sa_text_stream *stream);
void sa_text_stream_destroy(sa_text_stream **stream);
sa_status sa_tokenizer_find(const sa_tokenizer *tokenizer, const char *text, int32_t *id);
int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer);
const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id);
const char *sa_tokenizer_chat_template(const sa_tokenizer *tokenizer);
typedef struct sa_model sa_model;
sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model);
typedef void (*sa_progress_fn)(void *user, int64_t done, int64_t all);
typedef struct sa_model_options { uint64_t struct_size; int32_t convert; int32_t weights; sa_progress_fn progress; void
    *progress_user; int32_t in_memory; int32_t image_size; const char *part; } sa_model_options;
sa_status sa_model_open_with(sa_ctx *ctx, const char *path, const sa_model_options *options, sa_model **model);
sa_status sa_model_open_adapted(sa_ctx *ctx, const char *path, const char *adapter, const sa_model_options *options,
    sa_model **model);
sa_status sa_model_write(sa_ctx *ctx, const char *path, const sa_model_options *options, const char *to);
int64_t sa_model_weights(const sa_model *model, int32_t dtype);
void sa_model_destroy(sa_model **model);
int64_t sa_model_get(const sa_model *model, int32_t what);
int64_t sa_model_feature_tokens(const sa_model *model, int64_t width);
int64_t sa_model_end_tokens(const sa_model *model, int32_t *ids, int64_t capacity);
const char *sa_model_unused_tensor(const sa_model *model, int64_t index);
const char *sa_model_prompt(const sa_model *model, const char *name);
const char *sa_model_prompt_name(const sa_model *model, int64_t index);
int32_t sa_model_likeness(const sa_model *model, double *scale, double *bias);
const char *sa_model_type(const sa_model *model);
typedef struct sa_encode_args { uint64_t struct_size; int64_t batch; int64_t tokens; const int32_t *ids; const int64_t
    *lengths; const int32_t *types; float *hidden; float *hidden_all; float *attention; float *embedding; const float
    *features; float *pooled; float *logits; int64_t targets; const int32_t *target_ids; const int64_t *target_lengths;
    float *target_hidden; float *target_hidden_all; float *target_attention; float *cross_attention; int64_t
    feature_width; float *queries; float *keys; float *entropy; int64_t strongest; float *strongest_weights; int32_t
    *strongest_keys; } sa_encode_args;
sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args);
sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args, uint64_t
    *bytes);
typedef struct sa_session sa_session;
typedef struct sa_session_config { uint64_t struct_size; int64_t batch; int64_t capacity; int64_t window; int64_t
    keep_first; int32_t cache_dtype; int32_t reserved; } sa_session_config;
sa_status sa_session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config, sa_session **session);
void sa_session_destroy(sa_session **session);
sa_status sa_session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args);
typedef struct sa_session_args { uint64_t struct_size; int64_t tokens; const int32_t *ids; const int64_t *lengths; float
    *logits; float *logits_all; float *hidden; float *hidden_all; float *attention; float *cross_attention; const
    int32_t *types; } sa_session_args;
sa_status sa_session_run(sa_ctx *ctx, sa_session *session, const sa_session_args *args);
int64_t sa_session_batch(const sa_session *session);
int64_t sa_session_length(const sa_session *session, int64_t sequence);
int64_t sa_session_source(const sa_session *session);
uint64_t sa_session_bytes(const sa_session *session);
sa_status sa_session_truncate(sa_session *session, int64_t sequence, int64_t length);
sa_status sa_session_fork(sa_session *session, int64_t from, int64_t to);
sa_status sa_session_reorder(sa_session *session, const int64_t *from);
sa_status sa_session_save(sa_ctx *ctx, sa_session *session, const char *path, const void *note, int64_t note_bytes);
sa_status sa_session_load(sa_ctx *ctx, const sa_model *model, const char *path, int64_t capacity, sa_session **session);
const void *sa_session_note(const sa_session *session, int64_t *bytes);
typedef struct sa_sampling { uint64_t struct_size; uint64_t seed; double temperature; int64_t top_k; double top_p;
    double min_p; double repetition_penalty; double presence_penalty; double frequency_penalty; } sa_sampling;
typedef int32_t (*sa_token_fn)(void *user, int64_t sequence, int32_t token, float log_probability);
typedef void (*sa_logits_fn)(void *user, int64_t sequence, float *logits, int64_t count);
sa_status sa_model_sampling(const sa_model *model, sa_sampling *sampling);
int64_t sa_model_suppressed_tokens(const sa_model *model, int32_t first_only, int32_t *ids, int64_t capacity);
typedef struct sa_generate_args { uint64_t struct_size; int64_t tokens; const int32_t *ids; const int64_t *lengths;
    int64_t max_tokens; const sa_sampling *sampling; int32_t *generated; int64_t *counts; int32_t *endings; float
    *log_probabilities; const int32_t *stop_tokens; int64_t stop_token_count; const char *const *stop_strings; int64_t
    stop_string_count; const sa_tokenizer *tokenizer; sa_token_fn on_token; sa_logits_fn on_logits; void *user; int32_t
    model_rules; int32_t reserved; } sa_generate_args;
sa_status sa_generate(sa_ctx *ctx, sa_session *session, const sa_generate_args *args);
typedef struct sa_beam_args { uint64_t struct_size; int64_t tokens; const int32_t *ids; int64_t max_tokens; int64_t
    results; double length_penalty; int32_t *generated; int64_t *counts; double *scores; const int32_t *stop_tokens;
    int64_t stop_token_count; int32_t model_rules; int32_t early_stopping; } sa_beam_args;
sa_status sa_beam_search(sa_ctx *ctx, sa_session *session, const sa_beam_args *args);
typedef struct sa_mel sa_mel;
typedef struct sa_mel_config { uint64_t struct_size; int64_t rate; int64_t frame; int64_t step; int64_t bins; int64_t
    window; double lowest; double highest; int32_t kind; int32_t by_bin; double scale; double window_power; double mean;
    double deviation; } sa_mel_config;
sa_status sa_mel_create(sa_ctx *ctx, const sa_mel_config *config, sa_mel **mel);
sa_status sa_mel_open(sa_ctx *ctx, const char *path, sa_mel **mel);
void sa_mel_destroy(sa_mel **mel);
int64_t sa_mel_get(const sa_mel *mel, int32_t what);
int64_t sa_mel_frames(const sa_mel *mel, int64_t count);
sa_status sa_mel_features(sa_ctx *ctx, const sa_mel *mel, const float *samples, int64_t count, float *features, int64_t
    frames);
typedef struct sa_speech sa_speech;
sa_status sa_speech_open(sa_ctx *ctx, const sa_model *model, const char *path, sa_speech **speech);
void sa_speech_destroy(sa_speech **speech);
const sa_mel *sa_speech_mel(const sa_speech *speech);
const char *sa_speech_language(const sa_speech *speech, int32_t index);
sa_status sa_speech_rules(const sa_speech *speech, const int32_t *ids, int64_t count, int32_t times, float *logits);
typedef struct sa_speech_segment { uint64_t struct_size; double begin, end; const int32_t *ids; int64_t count; int32_t
    language; int32_t reserved; double log_probability; double no_speech; } sa_speech_segment;
typedef struct sa_speech_window { uint64_t struct_size; int64_t first, count; int64_t next; int32_t kind; int32_t
    language; const int32_t *ids; int64_t tokens; double log_probability; double no_speech; } sa_speech_window;
typedef int32_t (*sa_segment_fn)(void *user, const sa_speech_segment *segment);
typedef int32_t (*sa_window_fn)(void *user, const sa_speech_window *window);
typedef struct sa_transcribe_args { uint64_t struct_size; const sa_speech *speech; const float *samples; int64_t count;
    sa_segment_fn on_segment; sa_window_fn on_window; void *user; const char *language; int32_t task; int32_t times;
    const int32_t *prompt; int64_t prompt_tokens; int32_t keep_text; int32_t reserved; int64_t max_tokens; double
    no_speech; double log_probability; int32_t *language_found; float *language_probabilities; int64_t *done; const
    int32_t *beginning; int64_t beginning_tokens; } sa_transcribe_args;
sa_status sa_transcribe(sa_ctx *ctx, sa_session *session, const sa_transcribe_args *args);
sa_status sa_ctc_decode(const float *logits, int64_t frames, int64_t vocabulary, int32_t blank, int32_t *ids, int64_t
    *places, int64_t capacity, int64_t *count);
typedef struct sa_trainer sa_trainer;
typedef struct sa_lora { uint64_t struct_size; int64_t rank; double alpha; double dropout; const char *targets; const
    char *adapter; } sa_lora;
typedef struct sa_trainer_config { uint64_t struct_size; int32_t optimizer; int32_t resume; int32_t decay_matrices_only;
    int32_t initialize; double beta1, beta2; double epsilon; double weight_decay; double clip_norm; double
    label_smoothing; double attention_dropout; double hidden_dropout; uint64_t seed; const sa_lora *lora; int64_t
    recompute; int64_t weights; const char *const *classes; int64_t class_count; int64_t image_size; }
    sa_trainer_config;
typedef struct sa_training_batch { uint64_t struct_size; int64_t batch; int64_t tokens; const int32_t *ids; const
    int64_t *lengths; const float *features; const int32_t *labels; int64_t labels_per_sequence; double weight; }
    sa_training_batch;
sa_status sa_trainer_create(sa_ctx *ctx, const char *path, const sa_trainer_config *config, sa_trainer **trainer);
void sa_trainer_destroy(sa_trainer **trainer);
sa_status sa_trainer_accumulate(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *batch, double *loss);
sa_status sa_trainer_loss(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *batch, double *loss);
typedef struct sa_training_pairs { uint64_t struct_size; int64_t pairs; int64_t tokens; const int32_t *ids; const
    int64_t *lengths; double temperature; double weight; } sa_training_pairs;
sa_status sa_trainer_accumulate_pairs(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *pairs, double *loss);
sa_status sa_trainer_pairs_loss(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *pairs, double *loss);
sa_status sa_trainer_update(sa_ctx *ctx, sa_trainer *trainer, double learning_rate, double *gradient_norm);
sa_status sa_trainer_save(sa_ctx *ctx, const sa_trainer *trainer, const char *directory);
sa_status sa_trainer_save_merged(sa_ctx *ctx, const sa_trainer *trainer, const char *directory);
int64_t sa_trainer_updates(const sa_trainer *trainer);
int64_t sa_trainer_parameters(const sa_trainer *trainer);
const char *sa_trainer_parameter(sa_trainer *trainer, int64_t number, float **values, float **gradients, int64_t
    *count);
typedef struct sa_tokenizer_train_args { uint64_t struct_size; const char *const *texts; const int64_t *bytes; int64_t
    count; int64_t vocabulary; int64_t least; const char *const *special; int64_t special_count; const char *begin,
    *end; } sa_tokenizer_train_args;
sa_status sa_tokenizer_train(sa_ctx *ctx, const sa_tokenizer_train_args *args, const char *path, int64_t *count);
double sa_learning_rate(int32_t schedule, int64_t update, int64_t warmup, int64_t updates, double peak);
]],
}
