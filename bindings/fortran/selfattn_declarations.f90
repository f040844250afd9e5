! Written by bindings/declare from the public headers, which are the manual.
! SPDX-License-Identifier: MIT
module selfattn_declarations
  use, intrinsic :: iso_c_binding
  implicit none
  public

  integer(c_int32_t), parameter :: SA_VERSION_MAJOR = 0
  integer(c_int32_t), parameter :: SA_VERSION_MINOR = 1
  integer(c_int32_t), parameter :: SA_VERSION_PATCH = 0
  integer(c_int32_t), parameter :: SA_C_VERSION = 1000
  integer(c_int32_t), parameter :: SA_OK = 0
  integer(c_int32_t), parameter :: SA_ERR_NULL = 1
  integer(c_int32_t), parameter :: SA_ERR_STRUCT_SIZE = 2
  integer(c_int32_t), parameter :: SA_ERR_VALUE = 3
  integer(c_int32_t), parameter :: SA_ERR_SHAPE = 4
  integer(c_int32_t), parameter :: SA_ERR_OVERFLOW = 5
  integer(c_int32_t), parameter :: SA_ERR_UNSUPPORTED = 6
  integer(c_int32_t), parameter :: SA_ERR_MEMORY = 10
  integer(c_int32_t), parameter :: SA_ERR_BUSY = 11
  integer(c_int32_t), parameter :: SA_ERR_CANCELLED = 12
  integer(c_int32_t), parameter :: SA_ERR_FILE = 20
  integer(c_int32_t), parameter :: SA_ERR_FORMAT = 21
  integer(c_int32_t), parameter :: SA_ERR_TEXT = 22
  integer(c_int32_t), parameter :: SA_ERR_EXCHANGE = 30
  integer(c_int32_t), parameter :: SA_F32 = 0
  integer(c_int32_t), parameter :: SA_BF16 = 1
  integer(c_int32_t), parameter :: SA_F16 = 2
  integer(c_int32_t), parameter :: SA_BOOL = 3
  integer(c_int32_t), parameter :: SA_Q4_0 = 34
  integer(c_int32_t), parameter :: SA_Q4_1 = 35
  integer(c_int32_t), parameter :: SA_Q5_0 = 38
  integer(c_int32_t), parameter :: SA_Q5_1 = 39
  integer(c_int32_t), parameter :: SA_Q8_0 = 40
  integer(c_int32_t), parameter :: SA_Q2_K = 42
  integer(c_int32_t), parameter :: SA_Q3_K = 43
  integer(c_int32_t), parameter :: SA_Q4_K = 44
  integer(c_int32_t), parameter :: SA_Q5_K = 45
  integer(c_int32_t), parameter :: SA_Q6_K = 46
  integer(c_int32_t), parameter :: SA_IQ4_NL = 52
  integer(c_int32_t), parameter :: SA_IQ4_XS = 55
  integer(c_int32_t), parameter :: SA_MXFP4 = 71
  integer(c_int32_t), parameter :: SA_BHSD = 0
  integer(c_int32_t), parameter :: SA_BSHD = 1
  integer(c_int32_t), parameter :: SA_PARALLEL_DEFAULT = 0
  integer(c_int32_t), parameter :: SA_PARALLEL_SERIAL = 1
  integer(c_int32_t), parameter :: SA_PARALLEL_OPENMP = 2
  integer(c_int32_t), parameter :: SA_PARALLEL_CALLBACK = 3
  integer(c_int32_t), parameter :: SA_PARALLEL_POOL = 4
  integer(c_int32_t), parameter :: SA_PATH_AUTO = 0
  integer(c_int32_t), parameter :: SA_PATH_PLAIN = 1
  integer(c_int32_t), parameter :: SA_PATH_BLAS = 2
  integer(c_int32_t), parameter :: SA_PATH_FUSED = 3
  integer(c_int32_t), parameter :: SA_ISA_AUTO = 0
  integer(c_int32_t), parameter :: SA_ISA_PORTABLE = 1
  integer(c_int32_t), parameter :: SA_ISA_SIMD128 = 7
  integer(c_int32_t), parameter :: SA_ISA_NEON = 6
  integer(c_int32_t), parameter :: SA_ISA_AVX2 = 2
  integer(c_int32_t), parameter :: SA_ISA_AVX512 = 3
  integer(c_int32_t), parameter :: SA_ISA_AVX512_BF16 = 5
  integer(c_int32_t), parameter :: SA_ISA_AMX = 4
  integer(c_int32_t), parameter :: SA_PRECISION_HIGHEST = 0
  integer(c_int32_t), parameter :: SA_PRECISION_HIGH = 1
  integer(c_int32_t), parameter :: SA_PRECISION_MEDIUM = 2
  integer(c_int32_t), parameter :: SA_ALIGN_DEFAULT = 0
  integer(c_int32_t), parameter :: SA_ALIGN_TOP_LEFT = 1
  integer(c_int32_t), parameter :: SA_ALIGN_BOTTOM_RIGHT = 2
  integer(c_int32_t), parameter :: SA_ALIGN_OFFSET = 3
  integer(c_int32_t), parameter :: SA_MASK_KEYS_DEFAULT = 0
  integer(c_int32_t), parameter :: SA_MASK_KEYS_REPEATED = 1
  integer(c_int32_t), parameter :: SA_MASK_KEYS_HIDDEN = 2
  integer(c_int32_t), parameter :: SA_ROPE_HALF = 0
  integer(c_int32_t), parameter :: SA_ROPE_INTERLEAVED = 1
  integer(c_int32_t), parameter :: SA_ROPE_PLAIN = 0
  integer(c_int32_t), parameter :: SA_ROPE_LINEAR = 1
  integer(c_int32_t), parameter :: SA_ROPE_DYNAMIC = 2
  integer(c_int32_t), parameter :: SA_ROPE_YARN = 3
  integer(c_int32_t), parameter :: SA_ROPE_LONGROPE = 4
  integer(c_int32_t), parameter :: SA_ROPE_LLAMA3 = 5
  integer(c_int32_t), parameter :: SA_SINUSOIDAL_PAIRS = 0
  integer(c_int32_t), parameter :: SA_SINUSOIDAL_HALVES = 1
  integer(c_int32_t), parameter :: SA_SINUSOIDAL_WHISPER = 2
  integer(c_int32_t), parameter :: SA_CACHE_PAGE = 128
  integer(c_int32_t), parameter :: SA_I8 = 4
  integer(c_int32_t), parameter :: SA_WEIGHTS_PROBABILITIES = 0
  integer(c_int32_t), parameter :: SA_WEIGHTS_SCALED = 1
  integer(c_int32_t), parameter :: SA_WEIGHTS_SOFTCAPPED = 2
  integer(c_int32_t), parameter :: SA_WEIGHTS_BIASED = 3
  integer(c_int32_t), parameter :: SA_LIST_BLOCK_MOST = 128
  integer(c_int32_t), parameter :: SA_TILE_SOME = 0
  integer(c_int32_t), parameter :: SA_TILE_NONE = 1
  integer(c_int32_t), parameter :: SA_TILE_ALL = 2
  integer(c_int32_t), parameter :: SA_STRONGEST_MOST = 64
  integer(c_int32_t), parameter :: SA_SUMMARY_QUERIES = 4194304
  integer(c_int32_t), parameter :: SA_SHARDS_CONTIGUOUS = 0
  integer(c_int32_t), parameter :: SA_SHARDS_ZIGZAG = 1
  integer(c_int32_t), parameter :: SA_SHARDS_STRIPED = 2
  integer(c_int32_t), parameter :: SA_SHARD_CHUNKS = 131072
  integer(c_int32_t), parameter :: SA_FEATURES_IDENTITY = 0
  integer(c_int32_t), parameter :: SA_FEATURES_ELU = 1
  integer(c_int32_t), parameter :: SA_FEATURES_RELU = 2
  integer(c_int32_t), parameter :: SA_FEATURES_SQUARE = 3
  integer(c_int32_t), parameter :: SA_LINEAR_AUTO = 0
  integer(c_int32_t), parameter :: SA_LINEAR_RECURRENT = 1
  integer(c_int32_t), parameter :: SA_LINEAR_CHUNKED = 2
  integer(c_int32_t), parameter :: SA_CONV_PLAIN = 0
  integer(c_int32_t), parameter :: SA_CONV_SILU = 1
  integer(c_int32_t), parameter :: SA_OUT_IN = 0
  integer(c_int32_t), parameter :: SA_IN_OUT = 1
  integer(c_int32_t), parameter :: SA_LATENT_AUTO = 0
  integer(c_int32_t), parameter :: SA_LATENT_EXPANDED = 1
  integer(c_int32_t), parameter :: SA_LATENT_ABSORBED = 2
  integer(c_int32_t), parameter :: SA_C_CACHE_APPEND = 0
  integer(c_int32_t), parameter :: SA_CACHE_READ = 1
  integer(c_int32_t), parameter :: SA_ENCODE_NO_TEMPLATE = 1
  integer(c_int32_t), parameter :: SA_ENCODE_NO_SPECIAL = 2
  integer(c_int32_t), parameter :: SA_MODEL_LAYERS = 0
  integer(c_int32_t), parameter :: SA_MODEL_WIDTH = 1
  integer(c_int32_t), parameter :: SA_MODEL_QUERY_HEADS = 2
  integer(c_int32_t), parameter :: SA_MODEL_KV_HEADS = 3
  integer(c_int32_t), parameter :: SA_MODEL_VOCABULARY = 4
  integer(c_int32_t), parameter :: SA_MODEL_MAX_POSITIONS = 5
  integer(c_int32_t), parameter :: SA_MODEL_HEAD_SIZE = 6
  integer(c_int32_t), parameter :: SA_MODEL_ENCODER = 7
  integer(c_int32_t), parameter :: SA_MODEL_DECODER = 8
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_LAYERS = 9
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_WIDTH = 10
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_QUERY_HEADS = 11
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_KV_HEADS = 12
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_VOCABULARY = 13
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_MAX_POSITIONS = 14
  integer(c_int32_t), parameter :: SA_MODEL_DECODER_HEAD_SIZE = 15
  integer(c_int32_t), parameter :: SA_MODEL_OUTPUTS = 16
  integer(c_int32_t), parameter :: SA_MODEL_POOLED = 17
  integer(c_int32_t), parameter :: SA_MODEL_FEATURE_CHANNELS = 18
  integer(c_int32_t), parameter :: SA_MODEL_FEATURE_HEIGHT = 19
  integer(c_int32_t), parameter :: SA_MODEL_FEATURE_WIDTH = 20
  integer(c_int32_t), parameter :: SA_C_MODEL_FEATURE_TOKENS = 21
  integer(c_int32_t), parameter :: SA_MODEL_FEATURE_ROWS = 22
  integer(c_int32_t), parameter :: SA_MODEL_FEATURE_COLUMNS = 23
  integer(c_int32_t), parameter :: SA_MODEL_START_TOKEN = 24
  integer(c_int32_t), parameter :: SA_MODEL_END_TOKEN = 25
  integer(c_int32_t), parameter :: SA_MODEL_PAD_TOKEN = 26
  integer(c_int32_t), parameter :: SA_MODEL_TOKEN_LOGITS = 27
  integer(c_int32_t), parameter :: SA_MODEL_FORCED_FIRST_TOKEN = 28
  integer(c_int32_t), parameter :: SA_MODEL_FORCED_LAST_TOKEN = 29
  integer(c_int32_t), parameter :: SA_MODEL_MAX_NEW_TOKENS = 30
  integer(c_int32_t), parameter :: SA_MODEL_EMBEDDING_WIDTH = 31
  integer(c_int32_t), parameter :: SA_MODEL_PADDED_TOKENS = 32
  integer(c_int32_t), parameter :: SA_MODEL_UNSUPPORTED = 33
  integer(c_int32_t), parameter :: SA_MODEL_TOKEN_TYPES = 34
  integer(c_int32_t), parameter :: SA_MODEL_POOLED_WIDTH = 35
  integer(c_int32_t), parameter :: SA_LIKENESS_NONE = 0
  integer(c_int32_t), parameter :: SA_LIKENESS_SOFTMAX = 1
  integer(c_int32_t), parameter :: SA_LIKENESS_SIGMOID = 2
  integer(c_int32_t), parameter :: SA_END_NONE = 0
  integer(c_int32_t), parameter :: SA_END_MAX_TOKENS = 1
  integer(c_int32_t), parameter :: SA_END_TOKEN = 2
  integer(c_int32_t), parameter :: SA_END_STRING = 3
  integer(c_int32_t), parameter :: SA_END_CALLER = 4
  integer(c_int32_t), parameter :: SA_END_FULL = 5
  integer(c_int32_t), parameter :: SA_EARLY_STOPPING_NEVER = 0
  integer(c_int32_t), parameter :: SA_EARLY_STOPPING_TRUE = 1
  integer(c_int32_t), parameter :: SA_EARLY_STOPPING_FALSE = 2
  integer(c_int32_t), parameter :: SA_MEL_WHISPER = 0
  integer(c_int32_t), parameter :: SA_MEL_KALDI = 1
  integer(c_int32_t), parameter :: SA_MEL_MEANS = 1
  integer(c_int32_t), parameter :: SA_MEL_DEVIATIONS = 2
  integer(c_int32_t), parameter :: SA_MEL_RATE = 0
  integer(c_int32_t), parameter :: SA_MEL_FRAME = 1
  integer(c_int32_t), parameter :: SA_MEL_STEP = 2
  integer(c_int32_t), parameter :: SA_MEL_BINS = 3
  integer(c_int32_t), parameter :: SA_MEL_WINDOW = 4
  integer(c_int32_t), parameter :: SA_MEL_KIND = 5
  integer(c_int32_t), parameter :: SA_TIMES_AUTO = 0
  integer(c_int32_t), parameter :: SA_TIMES_ALWAYS = 1
  integer(c_int32_t), parameter :: SA_TIMES_NEVER = 2
  integer(c_int32_t), parameter :: SA_TASK_TRANSCRIBE = 0
  integer(c_int32_t), parameter :: SA_TASK_TRANSLATE = 1
  integer(c_int32_t), parameter :: SA_WINDOW_TEXT = 0
  integer(c_int32_t), parameter :: SA_WINDOW_SILENT = 1
  integer(c_int32_t), parameter :: SA_WINDOW_SPEECHLESS = 2
  integer(c_int32_t), parameter :: SA_OPTIMIZER_ADAMW = 0
  integer(c_int32_t), parameter :: SA_OPTIMIZER_SGD = 1
  integer(c_int32_t), parameter :: SA_SCHEDULE_CONSTANT = 0
  integer(c_int32_t), parameter :: SA_SCHEDULE_LINEAR = 1
  integer(c_int32_t), parameter :: SA_SCHEDULE_COSINE = 2

  type, bind(c) :: sa_tensor
    type(c_ptr) :: data = c_null_ptr
    integer(c_int32_t) :: dtype = 0
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: size(4) = 0
    integer(c_int64_t) :: stride(4) = 0
  end type sa_tensor

  type, bind(c) :: sa_ctx_options
    integer(c_int64_t) :: struct_size = 0
    integer(c_int32_t) :: threads = 0
    integer(c_int32_t) :: parallel = 0
    type(c_funptr) :: parallel_for = c_null_funptr
    type(c_ptr) :: parallel_user = c_null_ptr
    type(c_funptr) :: allocate = c_null_funptr
    type(c_funptr) :: release = c_null_funptr
    type(c_ptr) :: allocator_user = c_null_ptr
    integer(c_int32_t) :: path = 0
    integer(c_int32_t) :: isa = 0
    integer(c_int32_t) :: precision = 0
    integer(c_int32_t) :: same_bits = 0
  end type sa_ctx_options

  type, bind(c) :: sa_masking
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: key_lengths = c_null_ptr
    integer(c_int32_t) :: causal = 0
    integer(c_int32_t) :: align = 0
    integer(c_int64_t) :: offset = 0
    type(c_ptr) :: offsets = c_null_ptr
    integer(c_int32_t) :: window = 0
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: window_left = 0
    integer(c_int64_t) :: window_right = 0
    type(sa_tensor) :: mask = sa_tensor()
    integer(c_int64_t) :: keep_first = 0
    integer(c_int32_t) :: mask_keys = 0
    integer(c_int32_t) :: reserved2 = 0
  end type sa_masking

  type, bind(c) :: sa_score_rules
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: alibi_slopes = c_null_ptr
    type(c_ptr) :: relative_bias = c_null_ptr
    integer(c_int64_t) :: relative_reach = 0
    type(c_ptr) :: sink_logits = c_null_ptr
  end type sa_score_rules

  type, bind(c) :: sa_rope
    integer(c_int64_t) :: struct_size = 0
    integer(c_int32_t) :: style = 0
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: rotary = 0
    real(c_double) :: theta = 0
    type(c_ptr) :: inverse_frequency = c_null_ptr
    real(c_double) :: attention_factor = 0
    type(c_ptr) :: cosines = c_null_ptr
    type(c_ptr) :: sines = c_null_ptr
    integer(c_int64_t) :: table_positions = 0
  end type sa_rope

  type, bind(c) :: sa_rope_scaling
    integer(c_int64_t) :: struct_size = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: truncate = 0
    integer(c_int64_t) :: rotary = 0
    real(c_double) :: theta = 0
    real(c_double) :: factor = 0
    integer(c_int64_t) :: original_positions = 0
    integer(c_int64_t) :: max_positions = 0
    integer(c_int64_t) :: length = 0
    real(c_double) :: low_frequency_factor = 0
    real(c_double) :: high_frequency_factor = 0
    real(c_double) :: beta_fast = 0
    real(c_double) :: beta_slow = 0
    real(c_double) :: mscale = 0
    real(c_double) :: mscale_all_dim = 0
    real(c_double) :: attention_factor = 0
    type(c_ptr) :: short_factors = c_null_ptr
    type(c_ptr) :: long_factors = c_null_ptr
  end type sa_rope_scaling

  type, bind(c) :: sa_cache_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: layers = 0
    integer(c_int64_t) :: batch = 0
    integer(c_int64_t) :: kv_heads = 0
    integer(c_int64_t) :: head_size = 0
    integer(c_int64_t) :: value_head_size = 0
    integer(c_int32_t) :: dtype = 0
    integer(c_int32_t) :: values_in_keys = 0
    integer(c_int64_t) :: capacity = 0
    integer(c_int64_t) :: window = 0
    integer(c_int64_t) :: keep_first = 0
  end type sa_cache_config

  type, bind(c) :: sa_packing
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: sequences = 0
    type(c_ptr) :: query_starts = c_null_ptr
    type(c_ptr) :: key_starts = c_null_ptr
  end type sa_packing

  type, bind(c) :: sa_block_list
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: query_block = 0
    integer(c_int64_t) :: key_block = 0
    integer(c_int64_t) :: sequences = 0
    integer(c_int64_t) :: heads = 0
    type(c_ptr) :: offsets = c_null_ptr
    type(c_ptr) :: indices = c_null_ptr
  end type sa_block_list

  type, bind(c) :: sa_pattern
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: queries = 0
    integer(c_int64_t) :: keys = 0
    integer(c_int64_t) :: offset = 0
    integer(c_int64_t) :: query_block = 0
    integer(c_int64_t) :: key_block = 0
    integer(c_int32_t) :: causal = 0
    integer(c_int32_t) :: window = 0
    integer(c_int64_t) :: window_left = 0
    integer(c_int64_t) :: window_right = 0
    integer(c_int64_t) :: stride = 0
    integer(c_int64_t) :: stride_reach = 0
    integer(c_int64_t) :: global_tokens = 0
    integer(c_int64_t) :: random_blocks = 0
    integer(c_int64_t) :: seed = 0
    type(c_ptr) :: document_starts = c_null_ptr
    integer(c_int64_t) :: documents = 0
  end type sa_pattern

  type, bind(c) :: sa_score_tile
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: sequence = 0
    integer(c_int64_t) :: head = 0
    integer(c_int64_t) :: query = 0
    integer(c_int64_t) :: key = 0
    integer(c_int64_t) :: queries = 0
    integer(c_int64_t) :: keys = 0
    integer(c_int64_t) :: query_stride = 0
    integer(c_int64_t) :: key_stride = 0
    type(c_ptr) :: values = c_null_ptr
    type(c_ptr) :: visible = c_null_ptr
  end type sa_score_tile

  type, bind(c) :: sa_score_callbacks
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: user = c_null_ptr
    type(c_funptr) :: mask_tile = c_null_funptr
    type(c_funptr) :: mask_mod = c_null_funptr
    type(c_funptr) :: score_mod = c_null_funptr
    type(c_funptr) :: prob_mod = c_null_funptr
  end type sa_score_callbacks

  type, bind(c) :: sa_summaries
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: key_sums = sa_tensor()
    type(sa_tensor) :: key_maxima = sa_tensor()
    type(sa_tensor) :: entropy = sa_tensor()
    integer(c_int64_t) :: strongest = 0
    type(sa_tensor) :: strongest_weights = sa_tensor()
    type(c_ptr) :: strongest_keys = c_null_ptr
  end type sa_summaries

  type, bind(c) :: sa_dropout
    integer(c_int64_t) :: struct_size = 0
    real(c_float) :: probability = 0
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: seed = 0
  end type sa_dropout

  type, bind(c) :: sa_attention_args
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: query = sa_tensor()
    type(sa_tensor) :: key = sa_tensor()
    type(sa_tensor) :: value = sa_tensor()
    type(sa_tensor) :: output = sa_tensor()
    real(c_float) :: scale = 0
    real(c_float) :: softcap = 0
    type(c_ptr) :: masking = c_null_ptr
    type(sa_tensor) :: lse = sa_tensor()
    type(sa_tensor) :: weights = sa_tensor()
    integer(c_int32_t) :: weights_kind = 0
    integer(c_int32_t) :: reserved = 0
    type(c_ptr) :: rules = c_null_ptr
    type(c_ptr) :: cache = c_null_ptr
    integer(c_int64_t) :: cache_layer = 0
    type(c_ptr) :: packing = c_null_ptr
    type(c_ptr) :: blocks = c_null_ptr
    type(c_ptr) :: callbacks = c_null_ptr
    type(c_ptr) :: summaries = c_null_ptr
    type(c_ptr) :: dropout = c_null_ptr
  end type sa_attention_args

  type, bind(c) :: sa_attention_gradients
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: output = sa_tensor()
    type(sa_tensor) :: query = sa_tensor()
    type(sa_tensor) :: key = sa_tensor()
    type(sa_tensor) :: value = sa_tensor()
    type(sa_tensor) :: mask = sa_tensor()
    type(c_ptr) :: alibi_slopes = c_null_ptr
    type(c_ptr) :: relative_bias = c_null_ptr
    type(c_ptr) :: sink_logits = c_null_ptr
  end type sa_attention_gradients

  type, bind(c) :: sa_attention_merge_args
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: count = 0
    type(c_ptr) :: outputs = c_null_ptr
    type(c_ptr) :: lses = c_null_ptr
    type(sa_tensor) :: output = sa_tensor()
    type(sa_tensor) :: lse = sa_tensor()
  end type sa_attention_merge_args

  type, bind(c) :: sa_sharding
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: tokens = 0
    integer(c_int64_t) :: chunk = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: reserved = 0
  end type sa_sharding

  type, bind(c) :: sa_exchange
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: user = c_null_ptr
    integer(c_int64_t) :: rank = 0
    integer(c_int64_t) :: ranks = 0
    type(c_funptr) :: start = c_null_funptr
    type(c_funptr) :: finish = c_null_funptr
    type(c_funptr) :: all_gather = c_null_funptr
    type(c_funptr) :: progress = c_null_funptr
    type(c_funptr) :: failure = c_null_funptr
  end type sa_exchange

  type, bind(c) :: sa_ring_args
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: exchange = c_null_ptr
    type(c_ptr) :: key_shards = c_null_ptr
    type(c_ptr) :: query_shards = c_null_ptr
    type(sa_tensor) :: query = sa_tensor()
    type(sa_tensor) :: key = sa_tensor()
    type(sa_tensor) :: value = sa_tensor()
    type(sa_tensor) :: output = sa_tensor()
    type(sa_tensor) :: lse = sa_tensor()
    type(c_ptr) :: masking = c_null_ptr
    type(c_ptr) :: rules = c_null_ptr
    real(c_float) :: scale = 0
    real(c_float) :: softcap = 0
    type(c_ptr) :: cache = c_null_ptr
    integer(c_int64_t) :: cache_layer = 0
  end type sa_ring_args

  type, bind(c) :: sa_linear_state_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: batch = 0
    integer(c_int64_t) :: kv_heads = 0
    integer(c_int64_t) :: head_size = 0
    integer(c_int64_t) :: value_head_size = 0
    integer(c_int32_t) :: normalised = 0
    integer(c_int32_t) :: reserved = 0
  end type sa_linear_state_config

  type, bind(c) :: sa_random_features_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: count = 0
    integer(c_int64_t) :: head_size = 0
    integer(c_int64_t) :: seed = 0
    integer(c_int32_t) :: independent = 0
    integer(c_int32_t) :: reserved = 0
  end type sa_random_features_config

  type, bind(c) :: sa_linear_attention_args
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: query = sa_tensor()
    type(sa_tensor) :: key = sa_tensor()
    type(sa_tensor) :: value = sa_tensor()
    type(sa_tensor) :: output = sa_tensor()
    type(sa_tensor) :: decay = sa_tensor()
    type(sa_tensor) :: beta = sa_tensor()
    type(c_ptr) :: state = c_null_ptr
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: random_features = c_null_ptr
    real(c_float) :: scale = 0
    real(c_float) :: epsilon = 0
    integer(c_int32_t) :: features = 0
    integer(c_int32_t) :: form = 0
    integer(c_int32_t) :: normalised = 0
    integer(c_int32_t) :: bidirectional = 0
  end type sa_linear_attention_args

  type, bind(c) :: sa_causal_conv_args
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: x = sa_tensor()
    type(sa_tensor) :: weight = sa_tensor()
    type(sa_tensor) :: bias = sa_tensor()
    type(sa_tensor) :: y = sa_tensor()
    type(sa_tensor) :: state = sa_tensor()
    integer(c_int32_t) :: activation = 0
    integer(c_int32_t) :: reserved = 0
  end type sa_causal_conv_args

  type, bind(c) :: sa_latent
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: latent_size = 0
    integer(c_int64_t) :: rotary_size = 0
    integer(c_int64_t) :: query_rank = 0
    type(c_ptr) :: weight_down = c_null_ptr
    type(c_ptr) :: weight_up = c_null_ptr
    type(c_ptr) :: weight_down_query = c_null_ptr
  end type sa_latent

  type, bind(c) :: sa_layer_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: model_width = 0
    integer(c_int64_t) :: context_width = 0
    integer(c_int64_t) :: output_width = 0
    integer(c_int64_t) :: query_heads = 0
    integer(c_int64_t) :: kv_heads = 0
    integer(c_int64_t) :: head_size = 0
    integer(c_int64_t) :: value_head_size = 0
    integer(c_int32_t) :: weight_order = 0
    integer(c_int32_t) :: weight_dtype = 0
    type(c_ptr) :: weight_q = c_null_ptr
    type(c_ptr) :: weight_k = c_null_ptr
    type(c_ptr) :: weight_v = c_null_ptr
    type(c_ptr) :: weight_qkv = c_null_ptr
    type(c_ptr) :: weight_o = c_null_ptr
    type(c_ptr) :: bias_q = c_null_ptr
    type(c_ptr) :: bias_k = c_null_ptr
    type(c_ptr) :: bias_v = c_null_ptr
    type(c_ptr) :: bias_qkv = c_null_ptr
    type(c_ptr) :: bias_o = c_null_ptr
    real(c_float) :: scale = 0
    real(c_float) :: softcap = 0
    type(c_ptr) :: rope = c_null_ptr
    type(c_ptr) :: rules = c_null_ptr
    type(c_ptr) :: query_norm = c_null_ptr
    type(c_ptr) :: key_norm = c_null_ptr
    real(c_float) :: norm_epsilon = 0
    integer(c_int32_t) :: norm_all_heads = 0
    type(c_ptr) :: latent = c_null_ptr
  end type sa_layer_config

  type, bind(c) :: sa_forward_args
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: x = sa_tensor()
    type(sa_tensor) :: context = sa_tensor()
    type(sa_tensor) :: y = sa_tensor()
    type(c_ptr) :: masking = c_null_ptr
    type(sa_tensor) :: lse = sa_tensor()
    type(sa_tensor) :: weights = sa_tensor()
    integer(c_int32_t) :: weights_kind = 0
    integer(c_int32_t) :: reserved = 0
    type(c_ptr) :: cache = c_null_ptr
    integer(c_int64_t) :: cache_layer = 0
    integer(c_int32_t) :: cache_use = 0
    integer(c_int32_t) :: latent_form = 0
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: positions = c_null_ptr
    type(c_ptr) :: packing = c_null_ptr
    type(c_ptr) :: blocks = c_null_ptr
    type(c_ptr) :: callbacks = c_null_ptr
    type(c_ptr) :: summaries = c_null_ptr
    type(c_ptr) :: dropout = c_null_ptr
  end type sa_forward_args

  type, bind(c) :: sa_layer_gradients
    integer(c_int64_t) :: struct_size = 0
    type(sa_tensor) :: y = sa_tensor()
    type(sa_tensor) :: x = sa_tensor()
    type(sa_tensor) :: context = sa_tensor()
    type(sa_tensor) :: mask = sa_tensor()
    integer(c_int32_t) :: weight_order = 0
    integer(c_int32_t) :: reserved = 0
    type(c_ptr) :: weight_q = c_null_ptr
    type(c_ptr) :: weight_k = c_null_ptr
    type(c_ptr) :: weight_v = c_null_ptr
    type(c_ptr) :: weight_qkv = c_null_ptr
    type(c_ptr) :: weight_o = c_null_ptr
    type(c_ptr) :: bias_q = c_null_ptr
    type(c_ptr) :: bias_k = c_null_ptr
    type(c_ptr) :: bias_v = c_null_ptr
    type(c_ptr) :: bias_qkv = c_null_ptr
    type(c_ptr) :: bias_o = c_null_ptr
    type(c_ptr) :: query_norm = c_null_ptr
    type(c_ptr) :: key_norm = c_null_ptr
    type(c_ptr) :: alibi_slopes = c_null_ptr
    type(c_ptr) :: relative_bias = c_null_ptr
    type(c_ptr) :: sink_logits = c_null_ptr
  end type sa_layer_gradients

  type, bind(c) :: sa_model_options
    integer(c_int64_t) :: struct_size = 0
    integer(c_int32_t) :: convert = 0
    integer(c_int32_t) :: weights = 0
    type(c_funptr) :: progress = c_null_funptr
    type(c_ptr) :: progress_user = c_null_ptr
    integer(c_int32_t) :: in_memory = 0
    integer(c_int32_t) :: image_size = 0
    type(c_ptr) :: part = c_null_ptr
  end type sa_model_options

  type, bind(c) :: sa_encode_args
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: batch = 0
    integer(c_int64_t) :: tokens = 0
    type(c_ptr) :: ids = c_null_ptr
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: types = c_null_ptr
    type(c_ptr) :: hidden = c_null_ptr
    type(c_ptr) :: hidden_all = c_null_ptr
    type(c_ptr) :: attention = c_null_ptr
    type(c_ptr) :: embedding = c_null_ptr
    type(c_ptr) :: features = c_null_ptr
    type(c_ptr) :: pooled = c_null_ptr
    type(c_ptr) :: logits = c_null_ptr
    integer(c_int64_t) :: targets = 0
    type(c_ptr) :: target_ids = c_null_ptr
    type(c_ptr) :: target_lengths = c_null_ptr
    type(c_ptr) :: target_hidden = c_null_ptr
    type(c_ptr) :: target_hidden_all = c_null_ptr
    type(c_ptr) :: target_attention = c_null_ptr
    type(c_ptr) :: cross_attention = c_null_ptr
    integer(c_int64_t) :: feature_width = 0
    type(c_ptr) :: queries = c_null_ptr
    type(c_ptr) :: keys = c_null_ptr
    type(c_ptr) :: entropy = c_null_ptr
    integer(c_int64_t) :: strongest = 0
    type(c_ptr) :: strongest_weights = c_null_ptr
    type(c_ptr) :: strongest_keys = c_null_ptr
  end type sa_encode_args

  type, bind(c) :: sa_session_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: batch = 0
    integer(c_int64_t) :: capacity = 0
    integer(c_int64_t) :: window = 0
    integer(c_int64_t) :: keep_first = 0
    integer(c_int32_t) :: cache_dtype = 0
    integer(c_int32_t) :: reserved = 0
  end type sa_session_config

  type, bind(c) :: sa_session_args
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: tokens = 0
    type(c_ptr) :: ids = c_null_ptr
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: logits = c_null_ptr
    type(c_ptr) :: logits_all = c_null_ptr
    type(c_ptr) :: hidden = c_null_ptr
    type(c_ptr) :: hidden_all = c_null_ptr
    type(c_ptr) :: attention = c_null_ptr
    type(c_ptr) :: cross_attention = c_null_ptr
    type(c_ptr) :: types = c_null_ptr
  end type sa_session_args

  type, bind(c) :: sa_sampling
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: seed = 0
    real(c_double) :: temperature = 0
    integer(c_int64_t) :: top_k = 0
    real(c_double) :: top_p = 0
    real(c_double) :: min_p = 0
    real(c_double) :: repetition_penalty = 0
    real(c_double) :: presence_penalty = 0
    real(c_double) :: frequency_penalty = 0
  end type sa_sampling

  type, bind(c) :: sa_generate_args
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: tokens = 0
    type(c_ptr) :: ids = c_null_ptr
    type(c_ptr) :: lengths = c_null_ptr
    integer(c_int64_t) :: max_tokens = 0
    type(c_ptr) :: sampling = c_null_ptr
    type(c_ptr) :: generated = c_null_ptr
    type(c_ptr) :: counts = c_null_ptr
    type(c_ptr) :: endings = c_null_ptr
    type(c_ptr) :: log_probabilities = c_null_ptr
    type(c_ptr) :: stop_tokens = c_null_ptr
    integer(c_int64_t) :: stop_token_count = 0
    type(c_ptr) :: stop_strings = c_null_ptr
    integer(c_int64_t) :: stop_string_count = 0
    type(c_ptr) :: tokenizer = c_null_ptr
    type(c_funptr) :: on_token = c_null_funptr
    type(c_funptr) :: on_logits = c_null_funptr
    type(c_ptr) :: user = c_null_ptr
    integer(c_int32_t) :: model_rules = 0
    integer(c_int32_t) :: reserved = 0
  end type sa_generate_args

  type, bind(c) :: sa_beam_args
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: tokens = 0
    type(c_ptr) :: ids = c_null_ptr
    integer(c_int64_t) :: max_tokens = 0
    integer(c_int64_t) :: results = 0
    real(c_double) :: length_penalty = 0
    type(c_ptr) :: generated = c_null_ptr
    type(c_ptr) :: counts = c_null_ptr
    type(c_ptr) :: scores = c_null_ptr
    type(c_ptr) :: stop_tokens = c_null_ptr
    integer(c_int64_t) :: stop_token_count = 0
    integer(c_int32_t) :: model_rules = 0
    integer(c_int32_t) :: early_stopping = 0
  end type sa_beam_args

  type, bind(c) :: sa_mel_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: rate = 0
    integer(c_int64_t) :: frame = 0
    integer(c_int64_t) :: step = 0
    integer(c_int64_t) :: bins = 0
    integer(c_int64_t) :: window = 0
    real(c_double) :: lowest = 0
    real(c_double) :: highest = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: by_bin = 0
    real(c_double) :: scale = 0
    real(c_double) :: window_power = 0
    real(c_double) :: mean = 0
    real(c_double) :: deviation = 0
  end type sa_mel_config

  type, bind(c) :: sa_speech_segment
    integer(c_int64_t) :: struct_size = 0
    real(c_double) :: begin = 0
    real(c_double) :: end = 0
    type(c_ptr) :: ids = c_null_ptr
    integer(c_int64_t) :: count = 0
    integer(c_int32_t) :: language = 0
    integer(c_int32_t) :: reserved = 0
    real(c_double) :: log_probability = 0
    real(c_double) :: no_speech = 0
  end type sa_speech_segment

  type, bind(c) :: sa_speech_window
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: first = 0
    integer(c_int64_t) :: count = 0
    integer(c_int64_t) :: next = 0
    integer(c_int32_t) :: kind = 0
    integer(c_int32_t) :: language = 0
    type(c_ptr) :: ids = c_null_ptr
    integer(c_int64_t) :: tokens = 0
    real(c_double) :: log_probability = 0
    real(c_double) :: no_speech = 0
  end type sa_speech_window

  type, bind(c) :: sa_transcribe_args
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: speech = c_null_ptr
    type(c_ptr) :: samples = c_null_ptr
    integer(c_int64_t) :: count = 0
    type(c_funptr) :: on_segment = c_null_funptr
    type(c_funptr) :: on_window = c_null_funptr
    type(c_ptr) :: user = c_null_ptr
    type(c_ptr) :: language = c_null_ptr
    integer(c_int32_t) :: task = 0
    integer(c_int32_t) :: times = 0
    type(c_ptr) :: prompt = c_null_ptr
    integer(c_int64_t) :: prompt_tokens = 0
    integer(c_int32_t) :: keep_text = 0
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: max_tokens = 0
    real(c_double) :: no_speech = 0
    real(c_double) :: log_probability = 0
    type(c_ptr) :: language_found = c_null_ptr
    type(c_ptr) :: language_probabilities = c_null_ptr
    type(c_ptr) :: done = c_null_ptr
    type(c_ptr) :: beginning = c_null_ptr
    integer(c_int64_t) :: beginning_tokens = 0
  end type sa_transcribe_args

  type, bind(c) :: sa_lora
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: rank = 0
    real(c_double) :: alpha = 0
    real(c_double) :: dropout = 0
    type(c_ptr) :: targets = c_null_ptr
    type(c_ptr) :: adapter = c_null_ptr
  end type sa_lora

  type, bind(c) :: sa_trainer_config
    integer(c_int64_t) :: struct_size = 0
    integer(c_int32_t) :: optimizer = 0
    integer(c_int32_t) :: resume = 0
    integer(c_int32_t) :: decay_matrices_only = 0
    integer(c_int32_t) :: initialize = 0
    real(c_double) :: beta1 = 0
    real(c_double) :: beta2 = 0
    real(c_double) :: epsilon = 0
    real(c_double) :: weight_decay = 0
    real(c_double) :: clip_norm = 0
    real(c_double) :: label_smoothing = 0
    real(c_double) :: attention_dropout = 0
    real(c_double) :: hidden_dropout = 0
    integer(c_int64_t) :: seed = 0
    type(c_ptr) :: lora = c_null_ptr
    integer(c_int64_t) :: recompute = 0
    integer(c_int64_t) :: weights = 0
    type(c_ptr) :: classes = c_null_ptr
    integer(c_int64_t) :: class_count = 0
    integer(c_int64_t) :: image_size = 0
  end type sa_trainer_config

  type, bind(c) :: sa_training_batch
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: batch = 0
    integer(c_int64_t) :: tokens = 0
    type(c_ptr) :: ids = c_null_ptr
    type(c_ptr) :: lengths = c_null_ptr
    type(c_ptr) :: features = c_null_ptr
    type(c_ptr) :: labels = c_null_ptr
    integer(c_int64_t) :: labels_per_sequence = 0
    real(c_double) :: weight = 0
  end type sa_training_batch

  type, bind(c) :: sa_training_pairs
    integer(c_int64_t) :: struct_size = 0
    integer(c_int64_t) :: pairs = 0
    integer(c_int64_t) :: tokens = 0
    type(c_ptr) :: ids = c_null_ptr
    type(c_ptr) :: lengths = c_null_ptr
    real(c_double) :: temperature = 0
    real(c_double) :: weight = 0
  end type sa_training_pairs

  type, bind(c) :: sa_tokenizer_train_args
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: texts = c_null_ptr
    type(c_ptr) :: bytes = c_null_ptr
    integer(c_int64_t) :: count = 0
    integer(c_int64_t) :: vocabulary = 0
    integer(c_int64_t) :: least = 0
    type(c_ptr) :: special = c_null_ptr
    integer(c_int64_t) :: special_count = 0
    type(c_ptr) :: begin = c_null_ptr
    type(c_ptr) :: end = c_null_ptr
  end type sa_tokenizer_train_args

  interface
    function sa_version() bind(c) result(answer)
      import
      integer(c_int32_t) :: answer
    end function
    function sa_version_string() bind(c) result(answer)
      import
      type(c_ptr) :: answer
    end function
    function sa_build_info() bind(c) result(answer)
      import
      type(c_ptr) :: answer
    end function
    function sa_status_string(status) bind(c) result(answer)
      import
      integer(c_int32_t), value :: status
      type(c_ptr) :: answer
    end function
    function sa_constant(name, value) bind(c) result(answer)
      import
      type(c_ptr), value :: name
      type(c_ptr), value :: value
      integer(c_int32_t) :: answer
    end function
    function sa_constant_name(index) bind(c) result(answer)
      import
      integer(c_int32_t), value :: index
      type(c_ptr) :: answer
    end function
    subroutine sa_tensor_set(t, data, dtype, layout, batch, heads, sequence, head_size) bind(c)
      import
      type(c_ptr), value :: t
      type(c_ptr), value :: data
      integer(c_int32_t), value :: dtype
      integer(c_int32_t), value :: layout
      integer(c_int64_t), value :: batch
      integer(c_int64_t), value :: heads
      integer(c_int64_t), value :: sequence
      integer(c_int64_t), value :: head_size
    end subroutine
    function sa_ctx_create(options, ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: options
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    subroutine sa_ctx_destroy(ctx) bind(c)
      import
      type(c_ptr), value :: ctx
    end subroutine
    function sa_ctx_last_error(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr) :: answer
    end function
    function sa_ctx_threads(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_parallel(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_isa(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_path(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_precision(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_scratch_bytes(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int64_t) :: answer
    end function
    function sa_ctx_reserve(ctx, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int64_t), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_cancel(ctx) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      integer(c_int32_t) :: answer
    end function
    function sa_ctx_set_progress(ctx, progress, user) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_funptr), value :: progress
      type(c_ptr), value :: user
      integer(c_int32_t) :: answer
    end function
    function sa_alibi_slopes(heads, slopes) bind(c) result(answer)
      import
      integer(c_int64_t), value :: heads
      type(c_ptr), value :: slopes
      integer(c_int32_t) :: answer
    end function
    function sa_t5_distances(table, buckets, heads, max_distance, bidirectional, bias) bind(c) result(answer)
      import
      type(c_ptr), value :: table
      integer(c_int64_t), value :: buckets
      integer(c_int64_t), value :: heads
      integer(c_int64_t), value :: max_distance
      integer(c_int32_t), value :: bidirectional
      type(c_ptr), value :: bias
      integer(c_int32_t) :: answer
    end function
    function sa_rope_frequencies(scaling, inverse_frequency, attention_factor) bind(c) result(answer)
      import
      type(c_ptr), value :: scaling
      type(c_ptr), value :: inverse_frequency
      type(c_ptr), value :: attention_factor
      integer(c_int32_t) :: answer
    end function
    function sa_rope_apply(ctx, rope, input, output, positions, offset) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: rope
      type(c_ptr), value :: input
      type(c_ptr), value :: output
      type(c_ptr), value :: positions
      integer(c_int64_t), value :: offset
      integer(c_int32_t) :: answer
    end function
    function sa_sinusoidal_positions(positions, width, style, table) bind(c) result(answer)
      import
      integer(c_int64_t), value :: positions
      integer(c_int64_t), value :: width
      integer(c_int32_t), value :: style
      type(c_ptr), value :: table
      integer(c_int32_t) :: answer
    end function
    function sa_cache_create(ctx, config, cache) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: config
      type(c_ptr), value :: cache
      integer(c_int32_t) :: answer
    end function
    subroutine sa_cache_destroy(cache) bind(c)
      import
      type(c_ptr), value :: cache
    end subroutine
    function sa_cache_append(ctx, cache, layer, key, value, lengths) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: cache
      integer(c_int64_t), value :: layer
      type(c_ptr), value :: key
      type(c_ptr), value :: value
      type(c_ptr), value :: lengths
      integer(c_int32_t) :: answer
    end function
    function sa_cache_length(cache, layer, sequence) bind(c) result(answer)
      import
      type(c_ptr), value :: cache
      integer(c_int64_t), value :: layer
      integer(c_int64_t), value :: sequence
      integer(c_int64_t) :: answer
    end function
    function sa_cache_bytes(cache) bind(c) result(answer)
      import
      type(c_ptr), value :: cache
      integer(c_int64_t) :: answer
    end function
    function sa_cache_truncate(cache, sequence, length) bind(c) result(answer)
      import
      type(c_ptr), value :: cache
      integer(c_int64_t), value :: sequence
      integer(c_int64_t), value :: length
      integer(c_int32_t) :: answer
    end function
    function sa_cache_fork(cache, from, to) bind(c) result(answer)
      import
      type(c_ptr), value :: cache
      integer(c_int64_t), value :: from
      integer(c_int64_t), value :: to
      integer(c_int32_t) :: answer
    end function
    function sa_cache_reorder(cache, from) bind(c) result(answer)
      import
      type(c_ptr), value :: cache
      type(c_ptr), value :: from
      integer(c_int32_t) :: answer
    end function
    function sa_pattern_blocks(pattern, offsets, indices, capacity, count) bind(c) result(answer)
      import
      type(c_ptr), value :: pattern
      type(c_ptr), value :: offsets
      type(c_ptr), value :: indices
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_top_blocks(ctx, query, key, query_block, key_block, most, causal, offset, offsets, indices) &
      bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: query
      type(c_ptr), value :: key
      integer(c_int64_t), value :: query_block
      integer(c_int64_t), value :: key_block
      integer(c_int64_t), value :: most
      integer(c_int32_t), value :: causal
      integer(c_int64_t), value :: offset
      type(c_ptr), value :: offsets
      type(c_ptr), value :: indices
      integer(c_int32_t) :: answer
    end function
    function sa_attention(ctx, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_attention_workspace_size(ctx, args, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_attention_backward(ctx, args, gradients) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: gradients
      integer(c_int32_t) :: answer
    end function
    function sa_attention_backward_workspace_size(ctx, args, gradients, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: gradients
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_attention_merge(ctx, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_tensor_scatter(ctx, update, positions, circular, cache) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: update
      type(c_ptr), value :: positions
      integer(c_int32_t), value :: circular
      type(c_ptr), value :: cache
      integer(c_int32_t) :: answer
    end function
    function sa_shard_size(sharding, ranks, rank, tokens) bind(c) result(answer)
      import
      type(c_ptr), value :: sharding
      integer(c_int64_t), value :: ranks
      integer(c_int64_t), value :: rank
      type(c_ptr), value :: tokens
      integer(c_int32_t) :: answer
    end function
    function sa_shard_positions(sharding, ranks, rank, positions) bind(c) result(answer)
      import
      type(c_ptr), value :: sharding
      integer(c_int64_t), value :: ranks
      integer(c_int64_t), value :: rank
      type(c_ptr), value :: positions
      integer(c_int32_t) :: answer
    end function
    function sa_ring_attention(ctx, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_sharded_attention(ctx, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_ring_attention_workspace_size(ctx, args, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_sharded_attention_workspace_size(ctx, args, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_linear_state_create(ctx, config, state) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: config
      type(c_ptr), value :: state
      integer(c_int32_t) :: answer
    end function
    subroutine sa_linear_state_destroy(state) bind(c)
      import
      type(c_ptr), value :: state
    end subroutine
    function sa_linear_state_bytes(state) bind(c) result(answer)
      import
      type(c_ptr), value :: state
      integer(c_int64_t) :: answer
    end function
    function sa_linear_state_copy(from, from_sequence, to, to_sequence) bind(c) result(answer)
      import
      type(c_ptr), value :: from
      integer(c_int64_t), value :: from_sequence
      type(c_ptr), value :: to
      integer(c_int64_t), value :: to_sequence
      integer(c_int32_t) :: answer
    end function
    function sa_linear_state_clear(state, sequence) bind(c) result(answer)
      import
      type(c_ptr), value :: state
      integer(c_int64_t), value :: sequence
      integer(c_int32_t) :: answer
    end function
    function sa_linear_state_read(state, sums, totals, shifts) bind(c) result(answer)
      import
      type(c_ptr), value :: state
      type(c_ptr), value :: sums
      type(c_ptr), value :: totals
      type(c_ptr), value :: shifts
      integer(c_int32_t) :: answer
    end function
    function sa_linear_state_write(state, sums, totals, shifts) bind(c) result(answer)
      import
      type(c_ptr), value :: state
      type(c_ptr), value :: sums
      type(c_ptr), value :: totals
      type(c_ptr), value :: shifts
      integer(c_int32_t) :: answer
    end function
    function sa_random_features_create(ctx, config, features) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: config
      type(c_ptr), value :: features
      integer(c_int32_t) :: answer
    end function
    subroutine sa_random_features_destroy(features) bind(c)
      import
      type(c_ptr), value :: features
    end subroutine
    function sa_random_features_read(features, directions) bind(c) result(answer)
      import
      type(c_ptr), value :: features
      type(c_ptr), value :: directions
      integer(c_int32_t) :: answer
    end function
    function sa_linear_attention(ctx, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_linear_attention_workspace_size(ctx, args, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_causal_conv(ctx, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_layer_create(ctx, config, layer) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: config
      type(c_ptr), value :: layer
      integer(c_int32_t) :: answer
    end function
    subroutine sa_layer_destroy(layer) bind(c)
      import
      type(c_ptr), value :: layer
    end subroutine
    function sa_layer_model_width(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_layer_context_width(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_layer_output_width(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_layer_query_heads(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_layer_kv_heads(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_layer_head_size(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_layer_value_head_size(layer) bind(c) result(answer)
      import
      type(c_ptr), value :: layer
      integer(c_int64_t) :: answer
    end function
    function sa_forward(ctx, layer, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: layer
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_forward_workspace_size(ctx, layer, args, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: layer
      type(c_ptr), value :: args
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_forward_backward(ctx, layer, args, gradients) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: layer
      type(c_ptr), value :: args
      type(c_ptr), value :: gradients
      integer(c_int32_t) :: answer
    end function
    function sa_forward_backward_workspace_size(ctx, layer, args, gradients, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: layer
      type(c_ptr), value :: args
      type(c_ptr), value :: gradients
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_open(ctx, path, tokenizer) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: tokenizer
      integer(c_int32_t) :: answer
    end function
    subroutine sa_tokenizer_destroy(tokenizer) bind(c)
      import
      type(c_ptr), value :: tokenizer
    end subroutine
    function sa_tokenizer_encode(ctx, tokenizer, text, bytes, ids, capacity, count) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: text
      integer(c_int64_t), value :: bytes
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_encode_with(ctx, tokenizer, text, bytes, flags, ids, capacity, count) bind(c) &
      result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: text
      integer(c_int64_t), value :: bytes
      integer(c_int32_t), value :: flags
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_encode_offsets(ctx, tokenizer, text, bytes, flags, ids, offsets, capacity, count) &
      bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: text
      integer(c_int64_t), value :: bytes
      integer(c_int32_t), value :: flags
      type(c_ptr), value :: ids
      type(c_ptr), value :: offsets
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_language(tokenizer, code, id) bind(c) result(answer)
      import
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: code
      type(c_ptr), value :: id
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_encode_language(ctx, tokenizer, text, bytes, flags, language, ids, capacity, count) &
      bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: text
      integer(c_int64_t), value :: bytes
      integer(c_int32_t), value :: flags
      integer(c_int32_t), value :: language
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_encode_pair(ctx, tokenizer, first, first_bytes, second, second_bytes, flags, most, &
      ids, types, capacity, count) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: first
      integer(c_int64_t), value :: first_bytes
      type(c_ptr), value :: second
      integer(c_int64_t), value :: second_bytes
      integer(c_int32_t), value :: flags
      integer(c_int64_t), value :: most
      type(c_ptr), value :: ids
      type(c_ptr), value :: types
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_decode(ctx, tokenizer, ids, count, text, capacity, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: count
      type(c_ptr), value :: text
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_text_stream_create(ctx, tokenizer, before, stop_strings, stop_string_count, stream) bind(c) &
      result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: tokenizer
      integer(c_int32_t), value :: before
      type(c_ptr), value :: stop_strings
      integer(c_int64_t), value :: stop_string_count
      type(c_ptr), value :: stream
      integer(c_int32_t) :: answer
    end function
    function sa_text_stream_add(ctx, stream, id, text, capacity, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: stream
      integer(c_int32_t), value :: id
      type(c_ptr), value :: text
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_text_stream_rest(ctx, stream, text, capacity, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: stream
      type(c_ptr), value :: text
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_text_stream_room(stream) bind(c) result(answer)
      import
      type(c_ptr), value :: stream
      integer(c_int64_t) :: answer
    end function
    function sa_text_stream_ended(stream) bind(c) result(answer)
      import
      type(c_ptr), value :: stream
      integer(c_int32_t) :: answer
    end function
    subroutine sa_text_stream_destroy(stream) bind(c)
      import
      type(c_ptr), value :: stream
    end subroutine
    function sa_tokenizer_find(tokenizer, text, id) bind(c) result(answer)
      import
      type(c_ptr), value :: tokenizer
      type(c_ptr), value :: text
      type(c_ptr), value :: id
      integer(c_int32_t) :: answer
    end function
    function sa_tokenizer_size(tokenizer) bind(c) result(answer)
      import
      type(c_ptr), value :: tokenizer
      integer(c_int64_t) :: answer
    end function
    function sa_tokenizer_token(tokenizer, id) bind(c) result(answer)
      import
      type(c_ptr), value :: tokenizer
      integer(c_int32_t), value :: id
      type(c_ptr) :: answer
    end function
    function sa_tokenizer_chat_template(tokenizer) bind(c) result(answer)
      import
      type(c_ptr), value :: tokenizer
      type(c_ptr) :: answer
    end function
    function sa_model_open(ctx, path, model) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: model
      integer(c_int32_t) :: answer
    end function
    function sa_model_open_with(ctx, path, options, model) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: options
      type(c_ptr), value :: model
      integer(c_int32_t) :: answer
    end function
    function sa_model_open_adapted(ctx, path, adapter, options, model) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: adapter
      type(c_ptr), value :: options
      type(c_ptr), value :: model
      integer(c_int32_t) :: answer
    end function
    function sa_model_write(ctx, path, options, to) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: options
      type(c_ptr), value :: to
      integer(c_int32_t) :: answer
    end function
    function sa_model_weights(model, dtype) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      integer(c_int32_t), value :: dtype
      integer(c_int64_t) :: answer
    end function
    subroutine sa_model_destroy(model) bind(c)
      import
      type(c_ptr), value :: model
    end subroutine
    function sa_model_get(model, what) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      integer(c_int32_t), value :: what
      integer(c_int64_t) :: answer
    end function
    function sa_model_feature_tokens(model, width) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), value :: width
      integer(c_int64_t) :: answer
    end function
    function sa_model_end_tokens(model, ids, capacity) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: capacity
      integer(c_int64_t) :: answer
    end function
    function sa_model_unused_tensor(model, index) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), value :: index
      type(c_ptr) :: answer
    end function
    function sa_model_prompt(model, name) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      type(c_ptr), value :: name
      type(c_ptr) :: answer
    end function
    function sa_model_prompt_name(model, index) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      integer(c_int64_t), value :: index
      type(c_ptr) :: answer
    end function
    function sa_model_likeness(model, scale, bias) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      type(c_ptr), value :: scale
      type(c_ptr), value :: bias
      integer(c_int32_t) :: answer
    end function
    function sa_model_type(model) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      type(c_ptr) :: answer
    end function
    function sa_model_encode(ctx, model, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: model
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_model_encode_workspace_size(ctx, model, args, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: model
      type(c_ptr), value :: args
      type(c_ptr), value :: bytes
      integer(c_int32_t) :: answer
    end function
    function sa_session_create(ctx, model, config, session) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: model
      type(c_ptr), value :: config
      type(c_ptr), value :: session
      integer(c_int32_t) :: answer
    end function
    subroutine sa_session_destroy(session) bind(c)
      import
      type(c_ptr), value :: session
    end subroutine
    function sa_session_encode(ctx, session, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: session
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_session_run(ctx, session, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: session
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_session_batch(session) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      integer(c_int64_t) :: answer
    end function
    function sa_session_length(session, sequence) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      integer(c_int64_t), value :: sequence
      integer(c_int64_t) :: answer
    end function
    function sa_session_source(session) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      integer(c_int64_t) :: answer
    end function
    function sa_session_bytes(session) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      integer(c_int64_t) :: answer
    end function
    function sa_session_truncate(session, sequence, length) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      integer(c_int64_t), value :: sequence
      integer(c_int64_t), value :: length
      integer(c_int32_t) :: answer
    end function
    function sa_session_fork(session, from, to) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      integer(c_int64_t), value :: from
      integer(c_int64_t), value :: to
      integer(c_int32_t) :: answer
    end function
    function sa_session_reorder(session, from) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      type(c_ptr), value :: from
      integer(c_int32_t) :: answer
    end function
    function sa_session_save(ctx, session, path, note, note_bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: session
      type(c_ptr), value :: path
      type(c_ptr), value :: note
      integer(c_int64_t), value :: note_bytes
      integer(c_int32_t) :: answer
    end function
    function sa_session_load(ctx, model, path, capacity, session) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: model
      type(c_ptr), value :: path
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: session
      integer(c_int32_t) :: answer
    end function
    function sa_session_note(session, bytes) bind(c) result(answer)
      import
      type(c_ptr), value :: session
      type(c_ptr), value :: bytes
      type(c_ptr) :: answer
    end function
    function sa_model_sampling(model, sampling) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      type(c_ptr), value :: sampling
      integer(c_int32_t) :: answer
    end function
    function sa_model_suppressed_tokens(model, first_only, ids, capacity) bind(c) result(answer)
      import
      type(c_ptr), value :: model
      integer(c_int32_t), value :: first_only
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: capacity
      integer(c_int64_t) :: answer
    end function
    function sa_generate(ctx, session, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: session
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_beam_search(ctx, session, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: session
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_mel_create(ctx, config, mel) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: config
      type(c_ptr), value :: mel
      integer(c_int32_t) :: answer
    end function
    function sa_mel_open(ctx, path, mel) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: mel
      integer(c_int32_t) :: answer
    end function
    subroutine sa_mel_destroy(mel) bind(c)
      import
      type(c_ptr), value :: mel
    end subroutine
    function sa_mel_get(mel, what) bind(c) result(answer)
      import
      type(c_ptr), value :: mel
      integer(c_int32_t), value :: what
      integer(c_int64_t) :: answer
    end function
    function sa_mel_frames(mel, count) bind(c) result(answer)
      import
      type(c_ptr), value :: mel
      integer(c_int64_t), value :: count
      integer(c_int64_t) :: answer
    end function
    function sa_mel_features(ctx, mel, samples, count, features, frames) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: mel
      type(c_ptr), value :: samples
      integer(c_int64_t), value :: count
      type(c_ptr), value :: features
      integer(c_int64_t), value :: frames
      integer(c_int32_t) :: answer
    end function
    function sa_speech_open(ctx, model, path, speech) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: model
      type(c_ptr), value :: path
      type(c_ptr), value :: speech
      integer(c_int32_t) :: answer
    end function
    subroutine sa_speech_destroy(speech) bind(c)
      import
      type(c_ptr), value :: speech
    end subroutine
    function sa_speech_mel(speech) bind(c) result(answer)
      import
      type(c_ptr), value :: speech
      type(c_ptr) :: answer
    end function
    function sa_speech_language(speech, index) bind(c) result(answer)
      import
      type(c_ptr), value :: speech
      integer(c_int32_t), value :: index
      type(c_ptr) :: answer
    end function
    function sa_speech_rules(speech, ids, count, times, logits) bind(c) result(answer)
      import
      type(c_ptr), value :: speech
      type(c_ptr), value :: ids
      integer(c_int64_t), value :: count
      integer(c_int32_t), value :: times
      type(c_ptr), value :: logits
      integer(c_int32_t) :: answer
    end function
    function sa_transcribe(ctx, session, args) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: session
      type(c_ptr), value :: args
      integer(c_int32_t) :: answer
    end function
    function sa_ctc_decode(logits, frames, vocabulary, blank, ids, places, capacity, count) bind(c) &
      result(answer)
      import
      type(c_ptr), value :: logits
      integer(c_int64_t), value :: frames
      integer(c_int64_t), value :: vocabulary
      integer(c_int32_t), value :: blank
      type(c_ptr), value :: ids
      type(c_ptr), value :: places
      integer(c_int64_t), value :: capacity
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_create(ctx, path, config, trainer) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: path
      type(c_ptr), value :: config
      type(c_ptr), value :: trainer
      integer(c_int32_t) :: answer
    end function
    subroutine sa_trainer_destroy(trainer) bind(c)
      import
      type(c_ptr), value :: trainer
    end subroutine
    function sa_trainer_accumulate(ctx, trainer, batch, loss) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      type(c_ptr), value :: batch
      type(c_ptr), value :: loss
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_loss(ctx, trainer, batch, loss) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      type(c_ptr), value :: batch
      type(c_ptr), value :: loss
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_accumulate_pairs(ctx, trainer, pairs, loss) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      type(c_ptr), value :: pairs
      type(c_ptr), value :: loss
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_pairs_loss(ctx, trainer, pairs, loss) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      type(c_ptr), value :: pairs
      type(c_ptr), value :: loss
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_update(ctx, trainer, learning_rate, gradient_norm) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      real(c_double), value :: learning_rate
      type(c_ptr), value :: gradient_norm
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_save(ctx, trainer, directory) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      type(c_ptr), value :: directory
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_save_merged(ctx, trainer, directory) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: trainer
      type(c_ptr), value :: directory
      integer(c_int32_t) :: answer
    end function
    function sa_trainer_updates(trainer) bind(c) result(answer)
      import
      type(c_ptr), value :: trainer
      integer(c_int64_t) :: answer
    end function
    function sa_trainer_parameters(trainer) bind(c) result(answer)
      import
      type(c_ptr), value :: trainer
      integer(c_int64_t) :: answer
    end function
    function sa_trainer_parameter(trainer, number, values, gradients, count) bind(c) result(answer)
      import
      type(c_ptr), value :: trainer
      integer(c_int64_t), value :: number
      type(c_ptr), value :: values
      type(c_ptr), value :: gradients
      type(c_ptr), value :: count
      type(c_ptr) :: answer
    end function
    function sa_tokenizer_train(ctx, args, path, count) bind(c) result(answer)
      import
      type(c_ptr), value :: ctx
      type(c_ptr), value :: args
      type(c_ptr), value :: path
      type(c_ptr), value :: count
      integer(c_int32_t) :: answer
    end function
    function sa_learning_rate(schedule, update, warmup, updates, peak) bind(c) result(answer)
      import
      integer(c_int32_t), value :: schedule
      integer(c_int64_t), value :: update
      integer(c_int64_t), value :: warmup
      integer(c_int64_t), value :: updates
      real(c_double), value :: peak
      real(c_double) :: answer
    end function
  end interface

contains

  ! Calls check(name, value) with constants, sizes and places of this file.
  subroutine declared(check)
    interface
      subroutine check(name, value)
        import
        character(*), intent(in) :: name
        integer(c_int64_t), intent(in) :: value
      end subroutine check
    end interface
    type(sa_tensor), target :: x_sa_tensor
    type(sa_ctx_options), target :: x_sa_ctx_options
    type(sa_masking), target :: x_sa_masking
    type(sa_score_rules), target :: x_sa_score_rules
    type(sa_rope), target :: x_sa_rope
    type(sa_rope_scaling), target :: x_sa_rope_scaling
    type(sa_cache_config), target :: x_sa_cache_config
    type(sa_packing), target :: x_sa_packing
    type(sa_block_list), target :: x_sa_block_list
    type(sa_pattern), target :: x_sa_pattern
    type(sa_score_tile), target :: x_sa_score_tile
    type(sa_score_callbacks), target :: x_sa_score_callbacks
    type(sa_summaries), target :: x_sa_summaries
    type(sa_dropout), target :: x_sa_dropout
    type(sa_attention_args), target :: x_sa_attention_args
    type(sa_attention_gradients), target :: x_sa_attention_gradients
    type(sa_attention_merge_args), target :: x_sa_attention_merge_args
    type(sa_sharding), target :: x_sa_sharding
    type(sa_exchange), target :: x_sa_exchange
    type(sa_ring_args), target :: x_sa_ring_args
    type(sa_linear_state_config), target :: x_sa_linear_state_config
    type(sa_random_features_config), target :: x_sa_random_features_config
    type(sa_linear_attention_args), target :: x_sa_linear_attention_args
    type(sa_causal_conv_args), target :: x_sa_causal_conv_args
    type(sa_latent), target :: x_sa_latent
    type(sa_layer_config), target :: x_sa_layer_config
    type(sa_forward_args), target :: x_sa_forward_args
    type(sa_layer_gradients), target :: x_sa_layer_gradients
    type(sa_model_options), target :: x_sa_model_options
    type(sa_encode_args), target :: x_sa_encode_args
    type(sa_session_config), target :: x_sa_session_config
    type(sa_session_args), target :: x_sa_session_args
    type(sa_sampling), target :: x_sa_sampling
    type(sa_generate_args), target :: x_sa_generate_args
    type(sa_beam_args), target :: x_sa_beam_args
    type(sa_mel_config), target :: x_sa_mel_config
    type(sa_speech_segment), target :: x_sa_speech_segment
    type(sa_speech_window), target :: x_sa_speech_window
    type(sa_transcribe_args), target :: x_sa_transcribe_args
    type(sa_lora), target :: x_sa_lora
    type(sa_trainer_config), target :: x_sa_trainer_config
    type(sa_training_batch), target :: x_sa_training_batch
    type(sa_training_pairs), target :: x_sa_training_pairs
    type(sa_tokenizer_train_args), target :: x_sa_tokenizer_train_args
    call check("SA_VERSION_MAJOR", int(SA_VERSION_MAJOR, c_int64_t))
    call check("SA_VERSION_MINOR", int(SA_VERSION_MINOR, c_int64_t))
    call check("SA_VERSION_PATCH", int(SA_VERSION_PATCH, c_int64_t))
    call check("SA_VERSION", int(SA_C_VERSION, c_int64_t))
    call check("SA_OK", int(SA_OK, c_int64_t))
    call check("SA_ERR_NULL", int(SA_ERR_NULL, c_int64_t))
    call check("SA_ERR_STRUCT_SIZE", int(SA_ERR_STRUCT_SIZE, c_int64_t))
    call check("SA_ERR_VALUE", int(SA_ERR_VALUE, c_int64_t))
    call check("SA_ERR_SHAPE", int(SA_ERR_SHAPE, c_int64_t))
    call check("SA_ERR_OVERFLOW", int(SA_ERR_OVERFLOW, c_int64_t))
    call check("SA_ERR_UNSUPPORTED", int(SA_ERR_UNSUPPORTED, c_int64_t))
    call check("SA_ERR_MEMORY", int(SA_ERR_MEMORY, c_int64_t))
    call check("SA_ERR_BUSY", int(SA_ERR_BUSY, c_int64_t))
    call check("SA_ERR_CANCELLED", int(SA_ERR_CANCELLED, c_int64_t))
    call check("SA_ERR_FILE", int(SA_ERR_FILE, c_int64_t))
    call check("SA_ERR_FORMAT", int(SA_ERR_FORMAT, c_int64_t))
    call check("SA_ERR_TEXT", int(SA_ERR_TEXT, c_int64_t))
    call check("SA_ERR_EXCHANGE", int(SA_ERR_EXCHANGE, c_int64_t))
    call check("SA_F32", int(SA_F32, c_int64_t))
    call check("SA_BF16", int(SA_BF16, c_int64_t))
    call check("SA_F16", int(SA_F16, c_int64_t))
    call check("SA_BOOL", int(SA_BOOL, c_int64_t))
    call check("SA_Q4_0", int(SA_Q4_0, c_int64_t))
    call check("SA_Q4_1", int(SA_Q4_1, c_int64_t))
    call check("SA_Q5_0", int(SA_Q5_0, c_int64_t))
    call check("SA_Q5_1", int(SA_Q5_1, c_int64_t))
    call check("SA_Q8_0", int(SA_Q8_0, c_int64_t))
    call check("SA_Q2_K", int(SA_Q2_K, c_int64_t))
    call check("SA_Q3_K", int(SA_Q3_K, c_int64_t))
    call check("SA_Q4_K", int(SA_Q4_K, c_int64_t))
    call check("SA_Q5_K", int(SA_Q5_K, c_int64_t))
    call check("SA_Q6_K", int(SA_Q6_K, c_int64_t))
    call check("SA_IQ4_NL", int(SA_IQ4_NL, c_int64_t))
    call check("SA_IQ4_XS", int(SA_IQ4_XS, c_int64_t))
    call check("SA_MXFP4", int(SA_MXFP4, c_int64_t))
    call check("SA_BHSD", int(SA_BHSD, c_int64_t))
    call check("SA_BSHD", int(SA_BSHD, c_int64_t))
    call check("SA_PARALLEL_DEFAULT", int(SA_PARALLEL_DEFAULT, c_int64_t))
    call check("SA_PARALLEL_SERIAL", int(SA_PARALLEL_SERIAL, c_int64_t))
    call check("SA_PARALLEL_OPENMP", int(SA_PARALLEL_OPENMP, c_int64_t))
    call check("SA_PARALLEL_CALLBACK", int(SA_PARALLEL_CALLBACK, c_int64_t))
    call check("SA_PARALLEL_POOL", int(SA_PARALLEL_POOL, c_int64_t))
    call check("SA_PATH_AUTO", int(SA_PATH_AUTO, c_int64_t))
    call check("SA_PATH_PLAIN", int(SA_PATH_PLAIN, c_int64_t))
    call check("SA_PATH_BLAS", int(SA_PATH_BLAS, c_int64_t))
    call check("SA_PATH_FUSED", int(SA_PATH_FUSED, c_int64_t))
    call check("SA_ISA_AUTO", int(SA_ISA_AUTO, c_int64_t))
    call check("SA_ISA_PORTABLE", int(SA_ISA_PORTABLE, c_int64_t))
    call check("SA_ISA_SIMD128", int(SA_ISA_SIMD128, c_int64_t))
    call check("SA_ISA_NEON", int(SA_ISA_NEON, c_int64_t))
    call check("SA_ISA_AVX2", int(SA_ISA_AVX2, c_int64_t))
    call check("SA_ISA_AVX512", int(SA_ISA_AVX512, c_int64_t))
    call check("SA_ISA_AVX512_BF16", int(SA_ISA_AVX512_BF16, c_int64_t))
    call check("SA_ISA_AMX", int(SA_ISA_AMX, c_int64_t))
    call check("SA_PRECISION_HIGHEST", int(SA_PRECISION_HIGHEST, c_int64_t))
    call check("SA_PRECISION_HIGH", int(SA_PRECISION_HIGH, c_int64_t))
    call check("SA_PRECISION_MEDIUM", int(SA_PRECISION_MEDIUM, c_int64_t))
    call check("SA_ALIGN_DEFAULT", int(SA_ALIGN_DEFAULT, c_int64_t))
    call check("SA_ALIGN_TOP_LEFT", int(SA_ALIGN_TOP_LEFT, c_int64_t))
    call check("SA_ALIGN_BOTTOM_RIGHT", int(SA_ALIGN_BOTTOM_RIGHT, c_int64_t))
    call check("SA_ALIGN_OFFSET", int(SA_ALIGN_OFFSET, c_int64_t))
    call check("SA_MASK_KEYS_DEFAULT", int(SA_MASK_KEYS_DEFAULT, c_int64_t))
    call check("SA_MASK_KEYS_REPEATED", int(SA_MASK_KEYS_REPEATED, c_int64_t))
    call check("SA_MASK_KEYS_HIDDEN", int(SA_MASK_KEYS_HIDDEN, c_int64_t))
    call check("SA_ROPE_HALF", int(SA_ROPE_HALF, c_int64_t))
    call check("SA_ROPE_INTERLEAVED", int(SA_ROPE_INTERLEAVED, c_int64_t))
    call check("SA_ROPE_PLAIN", int(SA_ROPE_PLAIN, c_int64_t))
    call check("SA_ROPE_LINEAR", int(SA_ROPE_LINEAR, c_int64_t))
    call check("SA_ROPE_DYNAMIC", int(SA_ROPE_DYNAMIC, c_int64_t))
    call check("SA_ROPE_YARN", int(SA_ROPE_YARN, c_int64_t))
    call check("SA_ROPE_LONGROPE", int(SA_ROPE_LONGROPE, c_int64_t))
    call check("SA_ROPE_LLAMA3", int(SA_ROPE_LLAMA3, c_int64_t))
    call check("SA_SINUSOIDAL_PAIRS", int(SA_SINUSOIDAL_PAIRS, c_int64_t))
    call check("SA_SINUSOIDAL_HALVES", int(SA_SINUSOIDAL_HALVES, c_int64_t))
    call check("SA_SINUSOIDAL_WHISPER", int(SA_SINUSOIDAL_WHISPER, c_int64_t))
    call check("SA_CACHE_PAGE", int(SA_CACHE_PAGE, c_int64_t))
    call check("SA_I8", int(SA_I8, c_int64_t))
    call check("SA_WEIGHTS_PROBABILITIES", int(SA_WEIGHTS_PROBABILITIES, c_int64_t))
    call check("SA_WEIGHTS_SCALED", int(SA_WEIGHTS_SCALED, c_int64_t))
    call check("SA_WEIGHTS_SOFTCAPPED", int(SA_WEIGHTS_SOFTCAPPED, c_int64_t))
    call check("SA_WEIGHTS_BIASED", int(SA_WEIGHTS_BIASED, c_int64_t))
    call check("SA_LIST_BLOCK_MOST", int(SA_LIST_BLOCK_MOST, c_int64_t))
    call check("SA_TILE_SOME", int(SA_TILE_SOME, c_int64_t))
    call check("SA_TILE_NONE", int(SA_TILE_NONE, c_int64_t))
    call check("SA_TILE_ALL", int(SA_TILE_ALL, c_int64_t))
    call check("SA_STRONGEST_MOST", int(SA_STRONGEST_MOST, c_int64_t))
    call check("SA_SUMMARY_QUERIES", int(SA_SUMMARY_QUERIES, c_int64_t))
    call check("SA_SHARDS_CONTIGUOUS", int(SA_SHARDS_CONTIGUOUS, c_int64_t))
    call check("SA_SHARDS_ZIGZAG", int(SA_SHARDS_ZIGZAG, c_int64_t))
    call check("SA_SHARDS_STRIPED", int(SA_SHARDS_STRIPED, c_int64_t))
    call check("SA_SHARD_CHUNKS", int(SA_SHARD_CHUNKS, c_int64_t))
    call check("SA_FEATURES_IDENTITY", int(SA_FEATURES_IDENTITY, c_int64_t))
    call check("SA_FEATURES_ELU", int(SA_FEATURES_ELU, c_int64_t))
    call check("SA_FEATURES_RELU", int(SA_FEATURES_RELU, c_int64_t))
    call check("SA_FEATURES_SQUARE", int(SA_FEATURES_SQUARE, c_int64_t))
    call check("SA_LINEAR_AUTO", int(SA_LINEAR_AUTO, c_int64_t))
    call check("SA_LINEAR_RECURRENT", int(SA_LINEAR_RECURRENT, c_int64_t))
    call check("SA_LINEAR_CHUNKED", int(SA_LINEAR_CHUNKED, c_int64_t))
    call check("SA_CONV_PLAIN", int(SA_CONV_PLAIN, c_int64_t))
    call check("SA_CONV_SILU", int(SA_CONV_SILU, c_int64_t))
    call check("SA_OUT_IN", int(SA_OUT_IN, c_int64_t))
    call check("SA_IN_OUT", int(SA_IN_OUT, c_int64_t))
    call check("SA_LATENT_AUTO", int(SA_LATENT_AUTO, c_int64_t))
    call check("SA_LATENT_EXPANDED", int(SA_LATENT_EXPANDED, c_int64_t))
    call check("SA_LATENT_ABSORBED", int(SA_LATENT_ABSORBED, c_int64_t))
    call check("SA_CACHE_APPEND", int(SA_C_CACHE_APPEND, c_int64_t))
    call check("SA_CACHE_READ", int(SA_CACHE_READ, c_int64_t))
    call check("SA_ENCODE_NO_TEMPLATE", int(SA_ENCODE_NO_TEMPLATE, c_int64_t))
    call check("SA_ENCODE_NO_SPECIAL", int(SA_ENCODE_NO_SPECIAL, c_int64_t))
    call check("SA_MODEL_LAYERS", int(SA_MODEL_LAYERS, c_int64_t))
    call check("SA_MODEL_WIDTH", int(SA_MODEL_WIDTH, c_int64_t))
    call check("SA_MODEL_QUERY_HEADS", int(SA_MODEL_QUERY_HEADS, c_int64_t))
    call check("SA_MODEL_KV_HEADS", int(SA_MODEL_KV_HEADS, c_int64_t))
    call check("SA_MODEL_VOCABULARY", int(SA_MODEL_VOCABULARY, c_int64_t))
    call check("SA_MODEL_MAX_POSITIONS", int(SA_MODEL_MAX_POSITIONS, c_int64_t))
    call check("SA_MODEL_HEAD_SIZE", int(SA_MODEL_HEAD_SIZE, c_int64_t))
    call check("SA_MODEL_ENCODER", int(SA_MODEL_ENCODER, c_int64_t))
    call check("SA_MODEL_DECODER", int(SA_MODEL_DECODER, c_int64_t))
    call check("SA_MODEL_DECODER_LAYERS", int(SA_MODEL_DECODER_LAYERS, c_int64_t))
    call check("SA_MODEL_DECODER_WIDTH", int(SA_MODEL_DECODER_WIDTH, c_int64_t))
    call check("SA_MODEL_DECODER_QUERY_HEADS", int(SA_MODEL_DECODER_QUERY_HEADS, c_int64_t))
    call check("SA_MODEL_DECODER_KV_HEADS", int(SA_MODEL_DECODER_KV_HEADS, c_int64_t))
    call check("SA_MODEL_DECODER_VOCABULARY", int(SA_MODEL_DECODER_VOCABULARY, c_int64_t))
    call check("SA_MODEL_DECODER_MAX_POSITIONS", int(SA_MODEL_DECODER_MAX_POSITIONS, c_int64_t))
    call check("SA_MODEL_DECODER_HEAD_SIZE", int(SA_MODEL_DECODER_HEAD_SIZE, c_int64_t))
    call check("SA_MODEL_OUTPUTS", int(SA_MODEL_OUTPUTS, c_int64_t))
    call check("SA_MODEL_POOLED", int(SA_MODEL_POOLED, c_int64_t))
    call check("SA_MODEL_FEATURE_CHANNELS", int(SA_MODEL_FEATURE_CHANNELS, c_int64_t))
    call check("SA_MODEL_FEATURE_HEIGHT", int(SA_MODEL_FEATURE_HEIGHT, c_int64_t))
    call check("SA_MODEL_FEATURE_WIDTH", int(SA_MODEL_FEATURE_WIDTH, c_int64_t))
    call check("SA_MODEL_FEATURE_TOKENS", int(SA_C_MODEL_FEATURE_TOKENS, c_int64_t))
    call check("SA_MODEL_FEATURE_ROWS", int(SA_MODEL_FEATURE_ROWS, c_int64_t))
    call check("SA_MODEL_FEATURE_COLUMNS", int(SA_MODEL_FEATURE_COLUMNS, c_int64_t))
    call check("SA_MODEL_START_TOKEN", int(SA_MODEL_START_TOKEN, c_int64_t))
    call check("SA_MODEL_END_TOKEN", int(SA_MODEL_END_TOKEN, c_int64_t))
    call check("SA_MODEL_PAD_TOKEN", int(SA_MODEL_PAD_TOKEN, c_int64_t))
    call check("SA_MODEL_TOKEN_LOGITS", int(SA_MODEL_TOKEN_LOGITS, c_int64_t))
    call check("SA_MODEL_FORCED_FIRST_TOKEN", int(SA_MODEL_FORCED_FIRST_TOKEN, c_int64_t))
    call check("SA_MODEL_FORCED_LAST_TOKEN", int(SA_MODEL_FORCED_LAST_TOKEN, c_int64_t))
    call check("SA_MODEL_MAX_NEW_TOKENS", int(SA_MODEL_MAX_NEW_TOKENS, c_int64_t))
    call check("SA_MODEL_EMBEDDING_WIDTH", int(SA_MODEL_EMBEDDING_WIDTH, c_int64_t))
    call check("SA_MODEL_PADDED_TOKENS", int(SA_MODEL_PADDED_TOKENS, c_int64_t))
    call check("SA_MODEL_UNSUPPORTED", int(SA_MODEL_UNSUPPORTED, c_int64_t))
    call check("SA_MODEL_TOKEN_TYPES", int(SA_MODEL_TOKEN_TYPES, c_int64_t))
    call check("SA_MODEL_POOLED_WIDTH", int(SA_MODEL_POOLED_WIDTH, c_int64_t))
    call check("SA_LIKENESS_NONE", int(SA_LIKENESS_NONE, c_int64_t))
    call check("SA_LIKENESS_SOFTMAX", int(SA_LIKENESS_SOFTMAX, c_int64_t))
    call check("SA_LIKENESS_SIGMOID", int(SA_LIKENESS_SIGMOID, c_int64_t))
    call check("SA_END_NONE", int(SA_END_NONE, c_int64_t))
    call check("SA_END_MAX_TOKENS", int(SA_END_MAX_TOKENS, c_int64_t))
    call check("SA_END_TOKEN", int(SA_END_TOKEN, c_int64_t))
    call check("SA_END_STRING", int(SA_END_STRING, c_int64_t))
    call check("SA_END_CALLER", int(SA_END_CALLER, c_int64_t))
    call check("SA_END_FULL", int(SA_END_FULL, c_int64_t))
    call check("SA_EARLY_STOPPING_NEVER", int(SA_EARLY_STOPPING_NEVER, c_int64_t))
    call check("SA_EARLY_STOPPING_TRUE", int(SA_EARLY_STOPPING_TRUE, c_int64_t))
    call check("SA_EARLY_STOPPING_FALSE", int(SA_EARLY_STOPPING_FALSE, c_int64_t))
    call check("SA_MEL_WHISPER", int(SA_MEL_WHISPER, c_int64_t))
    call check("SA_MEL_KALDI", int(SA_MEL_KALDI, c_int64_t))
    call check("SA_MEL_MEANS", int(SA_MEL_MEANS, c_int64_t))
    call check("SA_MEL_DEVIATIONS", int(SA_MEL_DEVIATIONS, c_int64_t))
    call check("SA_MEL_RATE", int(SA_MEL_RATE, c_int64_t))
    call check("SA_MEL_FRAME", int(SA_MEL_FRAME, c_int64_t))
    call check("SA_MEL_STEP", int(SA_MEL_STEP, c_int64_t))
    call check("SA_MEL_BINS", int(SA_MEL_BINS, c_int64_t))
    call check("SA_MEL_WINDOW", int(SA_MEL_WINDOW, c_int64_t))
    call check("SA_MEL_KIND", int(SA_MEL_KIND, c_int64_t))
    call check("SA_TIMES_AUTO", int(SA_TIMES_AUTO, c_int64_t))
    call check("SA_TIMES_ALWAYS", int(SA_TIMES_ALWAYS, c_int64_t))
    call check("SA_TIMES_NEVER", int(SA_TIMES_NEVER, c_int64_t))
    call check("SA_TASK_TRANSCRIBE", int(SA_TASK_TRANSCRIBE, c_int64_t))
    call check("SA_TASK_TRANSLATE", int(SA_TASK_TRANSLATE, c_int64_t))
    call check("SA_WINDOW_TEXT", int(SA_WINDOW_TEXT, c_int64_t))
    call check("SA_WINDOW_SILENT", int(SA_WINDOW_SILENT, c_int64_t))
    call check("SA_WINDOW_SPEECHLESS", int(SA_WINDOW_SPEECHLESS, c_int64_t))
    call check("SA_OPTIMIZER_ADAMW", int(SA_OPTIMIZER_ADAMW, c_int64_t))
    call check("SA_OPTIMIZER_SGD", int(SA_OPTIMIZER_SGD, c_int64_t))
    call check("SA_SCHEDULE_CONSTANT", int(SA_SCHEDULE_CONSTANT, c_int64_t))
    call check("SA_SCHEDULE_LINEAR", int(SA_SCHEDULE_LINEAR, c_int64_t))
    call check("SA_SCHEDULE_COSINE", int(SA_SCHEDULE_COSINE, c_int64_t))
    call check("sizeof(sa_tensor)", int(c_sizeof(x_sa_tensor), c_int64_t))
    call check("sa_tensor.data", &
      offset(c_loc(x_sa_tensor), c_loc(x_sa_tensor%data)))
    call check("sizeof(sa_tensor.data)", &
      int(c_sizeof(x_sa_tensor%data), c_int64_t))
    call check("sa_tensor.dtype", &
      offset(c_loc(x_sa_tensor), c_loc(x_sa_tensor%dtype)))
    call check("sizeof(sa_tensor.dtype)", &
      int(c_sizeof(x_sa_tensor%dtype), c_int64_t))
    call check("sa_tensor.reserved", &
      offset(c_loc(x_sa_tensor), c_loc(x_sa_tensor%reserved)))
    call check("sizeof(sa_tensor.reserved)", &
      int(c_sizeof(x_sa_tensor%reserved), c_int64_t))
    call check("sa_tensor.size", &
      offset(c_loc(x_sa_tensor), c_loc(x_sa_tensor%size)))
    call check("sizeof(sa_tensor.size)", &
      int(c_sizeof(x_sa_tensor%size), c_int64_t))
    call check("sa_tensor.stride", &
      offset(c_loc(x_sa_tensor), c_loc(x_sa_tensor%stride)))
    call check("sizeof(sa_tensor.stride)", &
      int(c_sizeof(x_sa_tensor%stride), c_int64_t))
    call check("sizeof(sa_ctx_options)", int(c_sizeof(x_sa_ctx_options), c_int64_t))
    call check("sa_ctx_options.struct_size", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%struct_size)))
    call check("sizeof(sa_ctx_options.struct_size)", &
      int(c_sizeof(x_sa_ctx_options%struct_size), c_int64_t))
    call check("sa_ctx_options.threads", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%threads)))
    call check("sizeof(sa_ctx_options.threads)", &
      int(c_sizeof(x_sa_ctx_options%threads), c_int64_t))
    call check("sa_ctx_options.parallel", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%parallel)))
    call check("sizeof(sa_ctx_options.parallel)", &
      int(c_sizeof(x_sa_ctx_options%parallel), c_int64_t))
    call check("sa_ctx_options.parallel_for", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%parallel_for)))
    call check("sizeof(sa_ctx_options.parallel_for)", &
      int(c_sizeof(x_sa_ctx_options%parallel_for), c_int64_t))
    call check("sa_ctx_options.parallel_user", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%parallel_user)))
    call check("sizeof(sa_ctx_options.parallel_user)", &
      int(c_sizeof(x_sa_ctx_options%parallel_user), c_int64_t))
    call check("sa_ctx_options.allocate", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%allocate)))
    call check("sizeof(sa_ctx_options.allocate)", &
      int(c_sizeof(x_sa_ctx_options%allocate), c_int64_t))
    call check("sa_ctx_options.release", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%release)))
    call check("sizeof(sa_ctx_options.release)", &
      int(c_sizeof(x_sa_ctx_options%release), c_int64_t))
    call check("sa_ctx_options.allocator_user", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%allocator_user)))
    call check("sizeof(sa_ctx_options.allocator_user)", &
      int(c_sizeof(x_sa_ctx_options%allocator_user), c_int64_t))
    call check("sa_ctx_options.path", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%path)))
    call check("sizeof(sa_ctx_options.path)", &
      int(c_sizeof(x_sa_ctx_options%path), c_int64_t))
    call check("sa_ctx_options.isa", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%isa)))
    call check("sizeof(sa_ctx_options.isa)", &
      int(c_sizeof(x_sa_ctx_options%isa), c_int64_t))
    call check("sa_ctx_options.precision", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%precision)))
    call check("sizeof(sa_ctx_options.precision)", &
      int(c_sizeof(x_sa_ctx_options%precision), c_int64_t))
    call check("sa_ctx_options.same_bits", &
      offset(c_loc(x_sa_ctx_options), c_loc(x_sa_ctx_options%same_bits)))
    call check("sizeof(sa_ctx_options.same_bits)", &
      int(c_sizeof(x_sa_ctx_options%same_bits), c_int64_t))
    call check("sizeof(sa_masking)", int(c_sizeof(x_sa_masking), c_int64_t))
    call check("sa_masking.struct_size", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%struct_size)))
    call check("sizeof(sa_masking.struct_size)", &
      int(c_sizeof(x_sa_masking%struct_size), c_int64_t))
    call check("sa_masking.key_lengths", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%key_lengths)))
    call check("sizeof(sa_masking.key_lengths)", &
      int(c_sizeof(x_sa_masking%key_lengths), c_int64_t))
    call check("sa_masking.causal", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%causal)))
    call check("sizeof(sa_masking.causal)", &
      int(c_sizeof(x_sa_masking%causal), c_int64_t))
    call check("sa_masking.align", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%align)))
    call check("sizeof(sa_masking.align)", &
      int(c_sizeof(x_sa_masking%align), c_int64_t))
    call check("sa_masking.offset", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%offset)))
    call check("sizeof(sa_masking.offset)", &
      int(c_sizeof(x_sa_masking%offset), c_int64_t))
    call check("sa_masking.offsets", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%offsets)))
    call check("sizeof(sa_masking.offsets)", &
      int(c_sizeof(x_sa_masking%offsets), c_int64_t))
    call check("sa_masking.window", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%window)))
    call check("sizeof(sa_masking.window)", &
      int(c_sizeof(x_sa_masking%window), c_int64_t))
    call check("sa_masking.reserved", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%reserved)))
    call check("sizeof(sa_masking.reserved)", &
      int(c_sizeof(x_sa_masking%reserved), c_int64_t))
    call check("sa_masking.window_left", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%window_left)))
    call check("sizeof(sa_masking.window_left)", &
      int(c_sizeof(x_sa_masking%window_left), c_int64_t))
    call check("sa_masking.window_right", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%window_right)))
    call check("sizeof(sa_masking.window_right)", &
      int(c_sizeof(x_sa_masking%window_right), c_int64_t))
    call check("sa_masking.mask", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%mask)))
    call check("sizeof(sa_masking.mask)", &
      int(c_sizeof(x_sa_masking%mask), c_int64_t))
    call check("sa_masking.keep_first", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%keep_first)))
    call check("sizeof(sa_masking.keep_first)", &
      int(c_sizeof(x_sa_masking%keep_first), c_int64_t))
    call check("sa_masking.mask_keys", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%mask_keys)))
    call check("sizeof(sa_masking.mask_keys)", &
      int(c_sizeof(x_sa_masking%mask_keys), c_int64_t))
    call check("sa_masking.reserved2", &
      offset(c_loc(x_sa_masking), c_loc(x_sa_masking%reserved2)))
    call check("sizeof(sa_masking.reserved2)", &
      int(c_sizeof(x_sa_masking%reserved2), c_int64_t))
    call check("sizeof(sa_score_rules)", int(c_sizeof(x_sa_score_rules), c_int64_t))
    call check("sa_score_rules.struct_size", &
      offset(c_loc(x_sa_score_rules), c_loc(x_sa_score_rules%struct_size)))
    call check("sizeof(sa_score_rules.struct_size)", &
      int(c_sizeof(x_sa_score_rules%struct_size), c_int64_t))
    call check("sa_score_rules.alibi_slopes", &
      offset(c_loc(x_sa_score_rules), c_loc(x_sa_score_rules%alibi_slopes)))
    call check("sizeof(sa_score_rules.alibi_slopes)", &
      int(c_sizeof(x_sa_score_rules%alibi_slopes), c_int64_t))
    call check("sa_score_rules.relative_bias", &
      offset(c_loc(x_sa_score_rules), c_loc(x_sa_score_rules%relative_bias)))
    call check("sizeof(sa_score_rules.relative_bias)", &
      int(c_sizeof(x_sa_score_rules%relative_bias), c_int64_t))
    call check("sa_score_rules.relative_reach", &
      offset(c_loc(x_sa_score_rules), c_loc(x_sa_score_rules%relative_reach)))
    call check("sizeof(sa_score_rules.relative_reach)", &
      int(c_sizeof(x_sa_score_rules%relative_reach), c_int64_t))
    call check("sa_score_rules.sink_logits", &
      offset(c_loc(x_sa_score_rules), c_loc(x_sa_score_rules%sink_logits)))
    call check("sizeof(sa_score_rules.sink_logits)", &
      int(c_sizeof(x_sa_score_rules%sink_logits), c_int64_t))
    call check("sizeof(sa_rope)", int(c_sizeof(x_sa_rope), c_int64_t))
    call check("sa_rope.struct_size", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%struct_size)))
    call check("sizeof(sa_rope.struct_size)", &
      int(c_sizeof(x_sa_rope%struct_size), c_int64_t))
    call check("sa_rope.style", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%style)))
    call check("sizeof(sa_rope.style)", &
      int(c_sizeof(x_sa_rope%style), c_int64_t))
    call check("sa_rope.reserved", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%reserved)))
    call check("sizeof(sa_rope.reserved)", &
      int(c_sizeof(x_sa_rope%reserved), c_int64_t))
    call check("sa_rope.rotary", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%rotary)))
    call check("sizeof(sa_rope.rotary)", &
      int(c_sizeof(x_sa_rope%rotary), c_int64_t))
    call check("sa_rope.theta", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%theta)))
    call check("sizeof(sa_rope.theta)", &
      int(c_sizeof(x_sa_rope%theta), c_int64_t))
    call check("sa_rope.inverse_frequency", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%inverse_frequency)))
    call check("sizeof(sa_rope.inverse_frequency)", &
      int(c_sizeof(x_sa_rope%inverse_frequency), c_int64_t))
    call check("sa_rope.attention_factor", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%attention_factor)))
    call check("sizeof(sa_rope.attention_factor)", &
      int(c_sizeof(x_sa_rope%attention_factor), c_int64_t))
    call check("sa_rope.cosines", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%cosines)))
    call check("sizeof(sa_rope.cosines)", &
      int(c_sizeof(x_sa_rope%cosines), c_int64_t))
    call check("sa_rope.sines", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%sines)))
    call check("sizeof(sa_rope.sines)", &
      int(c_sizeof(x_sa_rope%sines), c_int64_t))
    call check("sa_rope.table_positions", &
      offset(c_loc(x_sa_rope), c_loc(x_sa_rope%table_positions)))
    call check("sizeof(sa_rope.table_positions)", &
      int(c_sizeof(x_sa_rope%table_positions), c_int64_t))
    call check("sizeof(sa_rope_scaling)", int(c_sizeof(x_sa_rope_scaling), c_int64_t))
    call check("sa_rope_scaling.struct_size", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%struct_size)))
    call check("sizeof(sa_rope_scaling.struct_size)", &
      int(c_sizeof(x_sa_rope_scaling%struct_size), c_int64_t))
    call check("sa_rope_scaling.kind", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%kind)))
    call check("sizeof(sa_rope_scaling.kind)", &
      int(c_sizeof(x_sa_rope_scaling%kind), c_int64_t))
    call check("sa_rope_scaling.truncate", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%truncate)))
    call check("sizeof(sa_rope_scaling.truncate)", &
      int(c_sizeof(x_sa_rope_scaling%truncate), c_int64_t))
    call check("sa_rope_scaling.rotary", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%rotary)))
    call check("sizeof(sa_rope_scaling.rotary)", &
      int(c_sizeof(x_sa_rope_scaling%rotary), c_int64_t))
    call check("sa_rope_scaling.theta", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%theta)))
    call check("sizeof(sa_rope_scaling.theta)", &
      int(c_sizeof(x_sa_rope_scaling%theta), c_int64_t))
    call check("sa_rope_scaling.factor", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%factor)))
    call check("sizeof(sa_rope_scaling.factor)", &
      int(c_sizeof(x_sa_rope_scaling%factor), c_int64_t))
    call check("sa_rope_scaling.original_positions", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%original_positions)))
    call check("sizeof(sa_rope_scaling.original_positions)", &
      int(c_sizeof(x_sa_rope_scaling%original_positions), c_int64_t))
    call check("sa_rope_scaling.max_positions", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%max_positions)))
    call check("sizeof(sa_rope_scaling.max_positions)", &
      int(c_sizeof(x_sa_rope_scaling%max_positions), c_int64_t))
    call check("sa_rope_scaling.length", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%length)))
    call check("sizeof(sa_rope_scaling.length)", &
      int(c_sizeof(x_sa_rope_scaling%length), c_int64_t))
    call check("sa_rope_scaling.low_frequency_factor", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%low_frequency_factor)))
    call check("sizeof(sa_rope_scaling.low_frequency_factor)", &
      int(c_sizeof(x_sa_rope_scaling%low_frequency_factor), c_int64_t))
    call check("sa_rope_scaling.high_frequency_factor", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%high_frequency_factor)))
    call check("sizeof(sa_rope_scaling.high_frequency_factor)", &
      int(c_sizeof(x_sa_rope_scaling%high_frequency_factor), c_int64_t))
    call check("sa_rope_scaling.beta_fast", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%beta_fast)))
    call check("sizeof(sa_rope_scaling.beta_fast)", &
      int(c_sizeof(x_sa_rope_scaling%beta_fast), c_int64_t))
    call check("sa_rope_scaling.beta_slow", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%beta_slow)))
    call check("sizeof(sa_rope_scaling.beta_slow)", &
      int(c_sizeof(x_sa_rope_scaling%beta_slow), c_int64_t))
    call check("sa_rope_scaling.mscale", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%mscale)))
    call check("sizeof(sa_rope_scaling.mscale)", &
      int(c_sizeof(x_sa_rope_scaling%mscale), c_int64_t))
    call check("sa_rope_scaling.mscale_all_dim", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%mscale_all_dim)))
    call check("sizeof(sa_rope_scaling.mscale_all_dim)", &
      int(c_sizeof(x_sa_rope_scaling%mscale_all_dim), c_int64_t))
    call check("sa_rope_scaling.attention_factor", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%attention_factor)))
    call check("sizeof(sa_rope_scaling.attention_factor)", &
      int(c_sizeof(x_sa_rope_scaling%attention_factor), c_int64_t))
    call check("sa_rope_scaling.short_factors", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%short_factors)))
    call check("sizeof(sa_rope_scaling.short_factors)", &
      int(c_sizeof(x_sa_rope_scaling%short_factors), c_int64_t))
    call check("sa_rope_scaling.long_factors", &
      offset(c_loc(x_sa_rope_scaling), c_loc(x_sa_rope_scaling%long_factors)))
    call check("sizeof(sa_rope_scaling.long_factors)", &
      int(c_sizeof(x_sa_rope_scaling%long_factors), c_int64_t))
    call check("sizeof(sa_cache_config)", int(c_sizeof(x_sa_cache_config), c_int64_t))
    call check("sa_cache_config.struct_size", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%struct_size)))
    call check("sizeof(sa_cache_config.struct_size)", &
      int(c_sizeof(x_sa_cache_config%struct_size), c_int64_t))
    call check("sa_cache_config.layers", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%layers)))
    call check("sizeof(sa_cache_config.layers)", &
      int(c_sizeof(x_sa_cache_config%layers), c_int64_t))
    call check("sa_cache_config.batch", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%batch)))
    call check("sizeof(sa_cache_config.batch)", &
      int(c_sizeof(x_sa_cache_config%batch), c_int64_t))
    call check("sa_cache_config.kv_heads", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%kv_heads)))
    call check("sizeof(sa_cache_config.kv_heads)", &
      int(c_sizeof(x_sa_cache_config%kv_heads), c_int64_t))
    call check("sa_cache_config.head_size", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%head_size)))
    call check("sizeof(sa_cache_config.head_size)", &
      int(c_sizeof(x_sa_cache_config%head_size), c_int64_t))
    call check("sa_cache_config.value_head_size", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%value_head_size)))
    call check("sizeof(sa_cache_config.value_head_size)", &
      int(c_sizeof(x_sa_cache_config%value_head_size), c_int64_t))
    call check("sa_cache_config.dtype", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%dtype)))
    call check("sizeof(sa_cache_config.dtype)", &
      int(c_sizeof(x_sa_cache_config%dtype), c_int64_t))
    call check("sa_cache_config.values_in_keys", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%values_in_keys)))
    call check("sizeof(sa_cache_config.values_in_keys)", &
      int(c_sizeof(x_sa_cache_config%values_in_keys), c_int64_t))
    call check("sa_cache_config.capacity", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%capacity)))
    call check("sizeof(sa_cache_config.capacity)", &
      int(c_sizeof(x_sa_cache_config%capacity), c_int64_t))
    call check("sa_cache_config.window", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%window)))
    call check("sizeof(sa_cache_config.window)", &
      int(c_sizeof(x_sa_cache_config%window), c_int64_t))
    call check("sa_cache_config.keep_first", &
      offset(c_loc(x_sa_cache_config), c_loc(x_sa_cache_config%keep_first)))
    call check("sizeof(sa_cache_config.keep_first)", &
      int(c_sizeof(x_sa_cache_config%keep_first), c_int64_t))
    call check("sizeof(sa_packing)", int(c_sizeof(x_sa_packing), c_int64_t))
    call check("sa_packing.struct_size", &
      offset(c_loc(x_sa_packing), c_loc(x_sa_packing%struct_size)))
    call check("sizeof(sa_packing.struct_size)", &
      int(c_sizeof(x_sa_packing%struct_size), c_int64_t))
    call check("sa_packing.sequences", &
      offset(c_loc(x_sa_packing), c_loc(x_sa_packing%sequences)))
    call check("sizeof(sa_packing.sequences)", &
      int(c_sizeof(x_sa_packing%sequences), c_int64_t))
    call check("sa_packing.query_starts", &
      offset(c_loc(x_sa_packing), c_loc(x_sa_packing%query_starts)))
    call check("sizeof(sa_packing.query_starts)", &
      int(c_sizeof(x_sa_packing%query_starts), c_int64_t))
    call check("sa_packing.key_starts", &
      offset(c_loc(x_sa_packing), c_loc(x_sa_packing%key_starts)))
    call check("sizeof(sa_packing.key_starts)", &
      int(c_sizeof(x_sa_packing%key_starts), c_int64_t))
    call check("sizeof(sa_block_list)", int(c_sizeof(x_sa_block_list), c_int64_t))
    call check("sa_block_list.struct_size", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%struct_size)))
    call check("sizeof(sa_block_list.struct_size)", &
      int(c_sizeof(x_sa_block_list%struct_size), c_int64_t))
    call check("sa_block_list.query_block", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%query_block)))
    call check("sizeof(sa_block_list.query_block)", &
      int(c_sizeof(x_sa_block_list%query_block), c_int64_t))
    call check("sa_block_list.key_block", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%key_block)))
    call check("sizeof(sa_block_list.key_block)", &
      int(c_sizeof(x_sa_block_list%key_block), c_int64_t))
    call check("sa_block_list.sequences", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%sequences)))
    call check("sizeof(sa_block_list.sequences)", &
      int(c_sizeof(x_sa_block_list%sequences), c_int64_t))
    call check("sa_block_list.heads", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%heads)))
    call check("sizeof(sa_block_list.heads)", &
      int(c_sizeof(x_sa_block_list%heads), c_int64_t))
    call check("sa_block_list.offsets", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%offsets)))
    call check("sizeof(sa_block_list.offsets)", &
      int(c_sizeof(x_sa_block_list%offsets), c_int64_t))
    call check("sa_block_list.indices", &
      offset(c_loc(x_sa_block_list), c_loc(x_sa_block_list%indices)))
    call check("sizeof(sa_block_list.indices)", &
      int(c_sizeof(x_sa_block_list%indices), c_int64_t))
    call check("sizeof(sa_pattern)", int(c_sizeof(x_sa_pattern), c_int64_t))
    call check("sa_pattern.struct_size", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%struct_size)))
    call check("sizeof(sa_pattern.struct_size)", &
      int(c_sizeof(x_sa_pattern%struct_size), c_int64_t))
    call check("sa_pattern.queries", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%queries)))
    call check("sizeof(sa_pattern.queries)", &
      int(c_sizeof(x_sa_pattern%queries), c_int64_t))
    call check("sa_pattern.keys", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%keys)))
    call check("sizeof(sa_pattern.keys)", &
      int(c_sizeof(x_sa_pattern%keys), c_int64_t))
    call check("sa_pattern.offset", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%offset)))
    call check("sizeof(sa_pattern.offset)", &
      int(c_sizeof(x_sa_pattern%offset), c_int64_t))
    call check("sa_pattern.query_block", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%query_block)))
    call check("sizeof(sa_pattern.query_block)", &
      int(c_sizeof(x_sa_pattern%query_block), c_int64_t))
    call check("sa_pattern.key_block", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%key_block)))
    call check("sizeof(sa_pattern.key_block)", &
      int(c_sizeof(x_sa_pattern%key_block), c_int64_t))
    call check("sa_pattern.causal", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%causal)))
    call check("sizeof(sa_pattern.causal)", &
      int(c_sizeof(x_sa_pattern%causal), c_int64_t))
    call check("sa_pattern.window", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%window)))
    call check("sizeof(sa_pattern.window)", &
      int(c_sizeof(x_sa_pattern%window), c_int64_t))
    call check("sa_pattern.window_left", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%window_left)))
    call check("sizeof(sa_pattern.window_left)", &
      int(c_sizeof(x_sa_pattern%window_left), c_int64_t))
    call check("sa_pattern.window_right", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%window_right)))
    call check("sizeof(sa_pattern.window_right)", &
      int(c_sizeof(x_sa_pattern%window_right), c_int64_t))
    call check("sa_pattern.stride", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%stride)))
    call check("sizeof(sa_pattern.stride)", &
      int(c_sizeof(x_sa_pattern%stride), c_int64_t))
    call check("sa_pattern.stride_reach", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%stride_reach)))
    call check("sizeof(sa_pattern.stride_reach)", &
      int(c_sizeof(x_sa_pattern%stride_reach), c_int64_t))
    call check("sa_pattern.global_tokens", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%global_tokens)))
    call check("sizeof(sa_pattern.global_tokens)", &
      int(c_sizeof(x_sa_pattern%global_tokens), c_int64_t))
    call check("sa_pattern.random_blocks", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%random_blocks)))
    call check("sizeof(sa_pattern.random_blocks)", &
      int(c_sizeof(x_sa_pattern%random_blocks), c_int64_t))
    call check("sa_pattern.seed", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%seed)))
    call check("sizeof(sa_pattern.seed)", &
      int(c_sizeof(x_sa_pattern%seed), c_int64_t))
    call check("sa_pattern.document_starts", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%document_starts)))
    call check("sizeof(sa_pattern.document_starts)", &
      int(c_sizeof(x_sa_pattern%document_starts), c_int64_t))
    call check("sa_pattern.documents", &
      offset(c_loc(x_sa_pattern), c_loc(x_sa_pattern%documents)))
    call check("sizeof(sa_pattern.documents)", &
      int(c_sizeof(x_sa_pattern%documents), c_int64_t))
    call check("sizeof(sa_score_tile)", int(c_sizeof(x_sa_score_tile), c_int64_t))
    call check("sa_score_tile.struct_size", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%struct_size)))
    call check("sizeof(sa_score_tile.struct_size)", &
      int(c_sizeof(x_sa_score_tile%struct_size), c_int64_t))
    call check("sa_score_tile.sequence", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%sequence)))
    call check("sizeof(sa_score_tile.sequence)", &
      int(c_sizeof(x_sa_score_tile%sequence), c_int64_t))
    call check("sa_score_tile.head", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%head)))
    call check("sizeof(sa_score_tile.head)", &
      int(c_sizeof(x_sa_score_tile%head), c_int64_t))
    call check("sa_score_tile.query", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%query)))
    call check("sizeof(sa_score_tile.query)", &
      int(c_sizeof(x_sa_score_tile%query), c_int64_t))
    call check("sa_score_tile.key", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%key)))
    call check("sizeof(sa_score_tile.key)", &
      int(c_sizeof(x_sa_score_tile%key), c_int64_t))
    call check("sa_score_tile.queries", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%queries)))
    call check("sizeof(sa_score_tile.queries)", &
      int(c_sizeof(x_sa_score_tile%queries), c_int64_t))
    call check("sa_score_tile.keys", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%keys)))
    call check("sizeof(sa_score_tile.keys)", &
      int(c_sizeof(x_sa_score_tile%keys), c_int64_t))
    call check("sa_score_tile.query_stride", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%query_stride)))
    call check("sizeof(sa_score_tile.query_stride)", &
      int(c_sizeof(x_sa_score_tile%query_stride), c_int64_t))
    call check("sa_score_tile.key_stride", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%key_stride)))
    call check("sizeof(sa_score_tile.key_stride)", &
      int(c_sizeof(x_sa_score_tile%key_stride), c_int64_t))
    call check("sa_score_tile.values", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%values)))
    call check("sizeof(sa_score_tile.values)", &
      int(c_sizeof(x_sa_score_tile%values), c_int64_t))
    call check("sa_score_tile.visible", &
      offset(c_loc(x_sa_score_tile), c_loc(x_sa_score_tile%visible)))
    call check("sizeof(sa_score_tile.visible)", &
      int(c_sizeof(x_sa_score_tile%visible), c_int64_t))
    call check("sizeof(sa_score_callbacks)", int(c_sizeof(x_sa_score_callbacks), c_int64_t))
    call check("sa_score_callbacks.struct_size", &
      offset(c_loc(x_sa_score_callbacks), c_loc(x_sa_score_callbacks%struct_size)))
    call check("sizeof(sa_score_callbacks.struct_size)", &
      int(c_sizeof(x_sa_score_callbacks%struct_size), c_int64_t))
    call check("sa_score_callbacks.user", &
      offset(c_loc(x_sa_score_callbacks), c_loc(x_sa_score_callbacks%user)))
    call check("sizeof(sa_score_callbacks.user)", &
      int(c_sizeof(x_sa_score_callbacks%user), c_int64_t))
    call check("sa_score_callbacks.mask_tile", &
      offset(c_loc(x_sa_score_callbacks), c_loc(x_sa_score_callbacks%mask_tile)))
    call check("sizeof(sa_score_callbacks.mask_tile)", &
      int(c_sizeof(x_sa_score_callbacks%mask_tile), c_int64_t))
    call check("sa_score_callbacks.mask_mod", &
      offset(c_loc(x_sa_score_callbacks), c_loc(x_sa_score_callbacks%mask_mod)))
    call check("sizeof(sa_score_callbacks.mask_mod)", &
      int(c_sizeof(x_sa_score_callbacks%mask_mod), c_int64_t))
    call check("sa_score_callbacks.score_mod", &
      offset(c_loc(x_sa_score_callbacks), c_loc(x_sa_score_callbacks%score_mod)))
    call check("sizeof(sa_score_callbacks.score_mod)", &
      int(c_sizeof(x_sa_score_callbacks%score_mod), c_int64_t))
    call check("sa_score_callbacks.prob_mod", &
      offset(c_loc(x_sa_score_callbacks), c_loc(x_sa_score_callbacks%prob_mod)))
    call check("sizeof(sa_score_callbacks.prob_mod)", &
      int(c_sizeof(x_sa_score_callbacks%prob_mod), c_int64_t))
    call check("sizeof(sa_summaries)", int(c_sizeof(x_sa_summaries), c_int64_t))
    call check("sa_summaries.struct_size", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%struct_size)))
    call check("sizeof(sa_summaries.struct_size)", &
      int(c_sizeof(x_sa_summaries%struct_size), c_int64_t))
    call check("sa_summaries.key_sums", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%key_sums)))
    call check("sizeof(sa_summaries.key_sums)", &
      int(c_sizeof(x_sa_summaries%key_sums), c_int64_t))
    call check("sa_summaries.key_maxima", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%key_maxima)))
    call check("sizeof(sa_summaries.key_maxima)", &
      int(c_sizeof(x_sa_summaries%key_maxima), c_int64_t))
    call check("sa_summaries.entropy", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%entropy)))
    call check("sizeof(sa_summaries.entropy)", &
      int(c_sizeof(x_sa_summaries%entropy), c_int64_t))
    call check("sa_summaries.strongest", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%strongest)))
    call check("sizeof(sa_summaries.strongest)", &
      int(c_sizeof(x_sa_summaries%strongest), c_int64_t))
    call check("sa_summaries.strongest_weights", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%strongest_weights)))
    call check("sizeof(sa_summaries.strongest_weights)", &
      int(c_sizeof(x_sa_summaries%strongest_weights), c_int64_t))
    call check("sa_summaries.strongest_keys", &
      offset(c_loc(x_sa_summaries), c_loc(x_sa_summaries%strongest_keys)))
    call check("sizeof(sa_summaries.strongest_keys)", &
      int(c_sizeof(x_sa_summaries%strongest_keys), c_int64_t))
    call check("sizeof(sa_dropout)", int(c_sizeof(x_sa_dropout), c_int64_t))
    call check("sa_dropout.struct_size", &
      offset(c_loc(x_sa_dropout), c_loc(x_sa_dropout%struct_size)))
    call check("sizeof(sa_dropout.struct_size)", &
      int(c_sizeof(x_sa_dropout%struct_size), c_int64_t))
    call check("sa_dropout.probability", &
      offset(c_loc(x_sa_dropout), c_loc(x_sa_dropout%probability)))
    call check("sizeof(sa_dropout.probability)", &
      int(c_sizeof(x_sa_dropout%probability), c_int64_t))
    call check("sa_dropout.reserved", &
      offset(c_loc(x_sa_dropout), c_loc(x_sa_dropout%reserved)))
    call check("sizeof(sa_dropout.reserved)", &
      int(c_sizeof(x_sa_dropout%reserved), c_int64_t))
    call check("sa_dropout.seed", &
      offset(c_loc(x_sa_dropout), c_loc(x_sa_dropout%seed)))
    call check("sizeof(sa_dropout.seed)", &
      int(c_sizeof(x_sa_dropout%seed), c_int64_t))
    call check("sizeof(sa_attention_args)", int(c_sizeof(x_sa_attention_args), c_int64_t))
    call check("sa_attention_args.struct_size", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%struct_size)))
    call check("sizeof(sa_attention_args.struct_size)", &
      int(c_sizeof(x_sa_attention_args%struct_size), c_int64_t))
    call check("sa_attention_args.query", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%query)))
    call check("sizeof(sa_attention_args.query)", &
      int(c_sizeof(x_sa_attention_args%query), c_int64_t))
    call check("sa_attention_args.key", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%key)))
    call check("sizeof(sa_attention_args.key)", &
      int(c_sizeof(x_sa_attention_args%key), c_int64_t))
    call check("sa_attention_args.value", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%value)))
    call check("sizeof(sa_attention_args.value)", &
      int(c_sizeof(x_sa_attention_args%value), c_int64_t))
    call check("sa_attention_args.output", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%output)))
    call check("sizeof(sa_attention_args.output)", &
      int(c_sizeof(x_sa_attention_args%output), c_int64_t))
    call check("sa_attention_args.scale", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%scale)))
    call check("sizeof(sa_attention_args.scale)", &
      int(c_sizeof(x_sa_attention_args%scale), c_int64_t))
    call check("sa_attention_args.softcap", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%softcap)))
    call check("sizeof(sa_attention_args.softcap)", &
      int(c_sizeof(x_sa_attention_args%softcap), c_int64_t))
    call check("sa_attention_args.masking", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%masking)))
    call check("sizeof(sa_attention_args.masking)", &
      int(c_sizeof(x_sa_attention_args%masking), c_int64_t))
    call check("sa_attention_args.lse", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%lse)))
    call check("sizeof(sa_attention_args.lse)", &
      int(c_sizeof(x_sa_attention_args%lse), c_int64_t))
    call check("sa_attention_args.weights", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%weights)))
    call check("sizeof(sa_attention_args.weights)", &
      int(c_sizeof(x_sa_attention_args%weights), c_int64_t))
    call check("sa_attention_args.weights_kind", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%weights_kind)))
    call check("sizeof(sa_attention_args.weights_kind)", &
      int(c_sizeof(x_sa_attention_args%weights_kind), c_int64_t))
    call check("sa_attention_args.reserved", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%reserved)))
    call check("sizeof(sa_attention_args.reserved)", &
      int(c_sizeof(x_sa_attention_args%reserved), c_int64_t))
    call check("sa_attention_args.rules", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%rules)))
    call check("sizeof(sa_attention_args.rules)", &
      int(c_sizeof(x_sa_attention_args%rules), c_int64_t))
    call check("sa_attention_args.cache", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%cache)))
    call check("sizeof(sa_attention_args.cache)", &
      int(c_sizeof(x_sa_attention_args%cache), c_int64_t))
    call check("sa_attention_args.cache_layer", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%cache_layer)))
    call check("sizeof(sa_attention_args.cache_layer)", &
      int(c_sizeof(x_sa_attention_args%cache_layer), c_int64_t))
    call check("sa_attention_args.packing", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%packing)))
    call check("sizeof(sa_attention_args.packing)", &
      int(c_sizeof(x_sa_attention_args%packing), c_int64_t))
    call check("sa_attention_args.blocks", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%blocks)))
    call check("sizeof(sa_attention_args.blocks)", &
      int(c_sizeof(x_sa_attention_args%blocks), c_int64_t))
    call check("sa_attention_args.callbacks", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%callbacks)))
    call check("sizeof(sa_attention_args.callbacks)", &
      int(c_sizeof(x_sa_attention_args%callbacks), c_int64_t))
    call check("sa_attention_args.summaries", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%summaries)))
    call check("sizeof(sa_attention_args.summaries)", &
      int(c_sizeof(x_sa_attention_args%summaries), c_int64_t))
    call check("sa_attention_args.dropout", &
      offset(c_loc(x_sa_attention_args), c_loc(x_sa_attention_args%dropout)))
    call check("sizeof(sa_attention_args.dropout)", &
      int(c_sizeof(x_sa_attention_args%dropout), c_int64_t))
    call check("sizeof(sa_attention_gradients)", int(c_sizeof(x_sa_attention_gradients), c_int64_t))
    call check("sa_attention_gradients.struct_size", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%struct_size)))
    call check("sizeof(sa_attention_gradients.struct_size)", &
      int(c_sizeof(x_sa_attention_gradients%struct_size), c_int64_t))
    call check("sa_attention_gradients.output", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%output)))
    call check("sizeof(sa_attention_gradients.output)", &
      int(c_sizeof(x_sa_attention_gradients%output), c_int64_t))
    call check("sa_attention_gradients.query", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%query)))
    call check("sizeof(sa_attention_gradients.query)", &
      int(c_sizeof(x_sa_attention_gradients%query), c_int64_t))
    call check("sa_attention_gradients.key", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%key)))
    call check("sizeof(sa_attention_gradients.key)", &
      int(c_sizeof(x_sa_attention_gradients%key), c_int64_t))
    call check("sa_attention_gradients.value", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%value)))
    call check("sizeof(sa_attention_gradients.value)", &
      int(c_sizeof(x_sa_attention_gradients%value), c_int64_t))
    call check("sa_attention_gradients.mask", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%mask)))
    call check("sizeof(sa_attention_gradients.mask)", &
      int(c_sizeof(x_sa_attention_gradients%mask), c_int64_t))
    call check("sa_attention_gradients.alibi_slopes", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%alibi_slopes)))
    call check("sizeof(sa_attention_gradients.alibi_slopes)", &
      int(c_sizeof(x_sa_attention_gradients%alibi_slopes), c_int64_t))
    call check("sa_attention_gradients.relative_bias", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%relative_bias)))
    call check("sizeof(sa_attention_gradients.relative_bias)", &
      int(c_sizeof(x_sa_attention_gradients%relative_bias), c_int64_t))
    call check("sa_attention_gradients.sink_logits", &
      offset(c_loc(x_sa_attention_gradients), c_loc(x_sa_attention_gradients%sink_logits)))
    call check("sizeof(sa_attention_gradients.sink_logits)", &
      int(c_sizeof(x_sa_attention_gradients%sink_logits), c_int64_t))
    call check("sizeof(sa_attention_merge_args)", int(c_sizeof(x_sa_attention_merge_args), c_int64_t))
    call check("sa_attention_merge_args.struct_size", &
      offset(c_loc(x_sa_attention_merge_args), c_loc(x_sa_attention_merge_args%struct_size)))
    call check("sizeof(sa_attention_merge_args.struct_size)", &
      int(c_sizeof(x_sa_attention_merge_args%struct_size), c_int64_t))
    call check("sa_attention_merge_args.count", &
      offset(c_loc(x_sa_attention_merge_args), c_loc(x_sa_attention_merge_args%count)))
    call check("sizeof(sa_attention_merge_args.count)", &
      int(c_sizeof(x_sa_attention_merge_args%count), c_int64_t))
    call check("sa_attention_merge_args.outputs", &
      offset(c_loc(x_sa_attention_merge_args), c_loc(x_sa_attention_merge_args%outputs)))
    call check("sizeof(sa_attention_merge_args.outputs)", &
      int(c_sizeof(x_sa_attention_merge_args%outputs), c_int64_t))
    call check("sa_attention_merge_args.lses", &
      offset(c_loc(x_sa_attention_merge_args), c_loc(x_sa_attention_merge_args%lses)))
    call check("sizeof(sa_attention_merge_args.lses)", &
      int(c_sizeof(x_sa_attention_merge_args%lses), c_int64_t))
    call check("sa_attention_merge_args.output", &
      offset(c_loc(x_sa_attention_merge_args), c_loc(x_sa_attention_merge_args%output)))
    call check("sizeof(sa_attention_merge_args.output)", &
      int(c_sizeof(x_sa_attention_merge_args%output), c_int64_t))
    call check("sa_attention_merge_args.lse", &
      offset(c_loc(x_sa_attention_merge_args), c_loc(x_sa_attention_merge_args%lse)))
    call check("sizeof(sa_attention_merge_args.lse)", &
      int(c_sizeof(x_sa_attention_merge_args%lse), c_int64_t))
    call check("sizeof(sa_sharding)", int(c_sizeof(x_sa_sharding), c_int64_t))
    call check("sa_sharding.struct_size", &
      offset(c_loc(x_sa_sharding), c_loc(x_sa_sharding%struct_size)))
    call check("sizeof(sa_sharding.struct_size)", &
      int(c_sizeof(x_sa_sharding%struct_size), c_int64_t))
    call check("sa_sharding.tokens", &
      offset(c_loc(x_sa_sharding), c_loc(x_sa_sharding%tokens)))
    call check("sizeof(sa_sharding.tokens)", &
      int(c_sizeof(x_sa_sharding%tokens), c_int64_t))
    call check("sa_sharding.chunk", &
      offset(c_loc(x_sa_sharding), c_loc(x_sa_sharding%chunk)))
    call check("sizeof(sa_sharding.chunk)", &
      int(c_sizeof(x_sa_sharding%chunk), c_int64_t))
    call check("sa_sharding.kind", &
      offset(c_loc(x_sa_sharding), c_loc(x_sa_sharding%kind)))
    call check("sizeof(sa_sharding.kind)", &
      int(c_sizeof(x_sa_sharding%kind), c_int64_t))
    call check("sa_sharding.reserved", &
      offset(c_loc(x_sa_sharding), c_loc(x_sa_sharding%reserved)))
    call check("sizeof(sa_sharding.reserved)", &
      int(c_sizeof(x_sa_sharding%reserved), c_int64_t))
    call check("sizeof(sa_exchange)", int(c_sizeof(x_sa_exchange), c_int64_t))
    call check("sa_exchange.struct_size", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%struct_size)))
    call check("sizeof(sa_exchange.struct_size)", &
      int(c_sizeof(x_sa_exchange%struct_size), c_int64_t))
    call check("sa_exchange.user", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%user)))
    call check("sizeof(sa_exchange.user)", &
      int(c_sizeof(x_sa_exchange%user), c_int64_t))
    call check("sa_exchange.rank", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%rank)))
    call check("sizeof(sa_exchange.rank)", &
      int(c_sizeof(x_sa_exchange%rank), c_int64_t))
    call check("sa_exchange.ranks", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%ranks)))
    call check("sizeof(sa_exchange.ranks)", &
      int(c_sizeof(x_sa_exchange%ranks), c_int64_t))
    call check("sa_exchange.start", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%start)))
    call check("sizeof(sa_exchange.start)", &
      int(c_sizeof(x_sa_exchange%start), c_int64_t))
    call check("sa_exchange.finish", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%finish)))
    call check("sizeof(sa_exchange.finish)", &
      int(c_sizeof(x_sa_exchange%finish), c_int64_t))
    call check("sa_exchange.all_gather", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%all_gather)))
    call check("sizeof(sa_exchange.all_gather)", &
      int(c_sizeof(x_sa_exchange%all_gather), c_int64_t))
    call check("sa_exchange.progress", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%progress)))
    call check("sizeof(sa_exchange.progress)", &
      int(c_sizeof(x_sa_exchange%progress), c_int64_t))
    call check("sa_exchange.failure", &
      offset(c_loc(x_sa_exchange), c_loc(x_sa_exchange%failure)))
    call check("sizeof(sa_exchange.failure)", &
      int(c_sizeof(x_sa_exchange%failure), c_int64_t))
    call check("sizeof(sa_ring_args)", int(c_sizeof(x_sa_ring_args), c_int64_t))
    call check("sa_ring_args.struct_size", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%struct_size)))
    call check("sizeof(sa_ring_args.struct_size)", &
      int(c_sizeof(x_sa_ring_args%struct_size), c_int64_t))
    call check("sa_ring_args.exchange", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%exchange)))
    call check("sizeof(sa_ring_args.exchange)", &
      int(c_sizeof(x_sa_ring_args%exchange), c_int64_t))
    call check("sa_ring_args.key_shards", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%key_shards)))
    call check("sizeof(sa_ring_args.key_shards)", &
      int(c_sizeof(x_sa_ring_args%key_shards), c_int64_t))
    call check("sa_ring_args.query_shards", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%query_shards)))
    call check("sizeof(sa_ring_args.query_shards)", &
      int(c_sizeof(x_sa_ring_args%query_shards), c_int64_t))
    call check("sa_ring_args.query", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%query)))
    call check("sizeof(sa_ring_args.query)", &
      int(c_sizeof(x_sa_ring_args%query), c_int64_t))
    call check("sa_ring_args.key", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%key)))
    call check("sizeof(sa_ring_args.key)", &
      int(c_sizeof(x_sa_ring_args%key), c_int64_t))
    call check("sa_ring_args.value", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%value)))
    call check("sizeof(sa_ring_args.value)", &
      int(c_sizeof(x_sa_ring_args%value), c_int64_t))
    call check("sa_ring_args.output", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%output)))
    call check("sizeof(sa_ring_args.output)", &
      int(c_sizeof(x_sa_ring_args%output), c_int64_t))
    call check("sa_ring_args.lse", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%lse)))
    call check("sizeof(sa_ring_args.lse)", &
      int(c_sizeof(x_sa_ring_args%lse), c_int64_t))
    call check("sa_ring_args.masking", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%masking)))
    call check("sizeof(sa_ring_args.masking)", &
      int(c_sizeof(x_sa_ring_args%masking), c_int64_t))
    call check("sa_ring_args.rules", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%rules)))
    call check("sizeof(sa_ring_args.rules)", &
      int(c_sizeof(x_sa_ring_args%rules), c_int64_t))
    call check("sa_ring_args.scale", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%scale)))
    call check("sizeof(sa_ring_args.scale)", &
      int(c_sizeof(x_sa_ring_args%scale), c_int64_t))
    call check("sa_ring_args.softcap", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%softcap)))
    call check("sizeof(sa_ring_args.softcap)", &
      int(c_sizeof(x_sa_ring_args%softcap), c_int64_t))
    call check("sa_ring_args.cache", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%cache)))
    call check("sizeof(sa_ring_args.cache)", &
      int(c_sizeof(x_sa_ring_args%cache), c_int64_t))
    call check("sa_ring_args.cache_layer", &
      offset(c_loc(x_sa_ring_args), c_loc(x_sa_ring_args%cache_layer)))
    call check("sizeof(sa_ring_args.cache_layer)", &
      int(c_sizeof(x_sa_ring_args%cache_layer), c_int64_t))
    call check("sizeof(sa_linear_state_config)", int(c_sizeof(x_sa_linear_state_config), c_int64_t))
    call check("sa_linear_state_config.struct_size", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%struct_size)))
    call check("sizeof(sa_linear_state_config.struct_size)", &
      int(c_sizeof(x_sa_linear_state_config%struct_size), c_int64_t))
    call check("sa_linear_state_config.batch", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%batch)))
    call check("sizeof(sa_linear_state_config.batch)", &
      int(c_sizeof(x_sa_linear_state_config%batch), c_int64_t))
    call check("sa_linear_state_config.kv_heads", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%kv_heads)))
    call check("sizeof(sa_linear_state_config.kv_heads)", &
      int(c_sizeof(x_sa_linear_state_config%kv_heads), c_int64_t))
    call check("sa_linear_state_config.head_size", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%head_size)))
    call check("sizeof(sa_linear_state_config.head_size)", &
      int(c_sizeof(x_sa_linear_state_config%head_size), c_int64_t))
    call check("sa_linear_state_config.value_head_size", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%value_head_size)))
    call check("sizeof(sa_linear_state_config.value_head_size)", &
      int(c_sizeof(x_sa_linear_state_config%value_head_size), c_int64_t))
    call check("sa_linear_state_config.normalised", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%normalised)))
    call check("sizeof(sa_linear_state_config.normalised)", &
      int(c_sizeof(x_sa_linear_state_config%normalised), c_int64_t))
    call check("sa_linear_state_config.reserved", &
      offset(c_loc(x_sa_linear_state_config), c_loc(x_sa_linear_state_config%reserved)))
    call check("sizeof(sa_linear_state_config.reserved)", &
      int(c_sizeof(x_sa_linear_state_config%reserved), c_int64_t))
    call check("sizeof(sa_random_features_config)", int(c_sizeof(x_sa_random_features_config), c_int64_t))
    call check("sa_random_features_config.struct_size", &
      offset(c_loc(x_sa_random_features_config), c_loc(x_sa_random_features_config%struct_size)))
    call check("sizeof(sa_random_features_config.struct_size)", &
      int(c_sizeof(x_sa_random_features_config%struct_size), c_int64_t))
    call check("sa_random_features_config.count", &
      offset(c_loc(x_sa_random_features_config), c_loc(x_sa_random_features_config%count)))
    call check("sizeof(sa_random_features_config.count)", &
      int(c_sizeof(x_sa_random_features_config%count), c_int64_t))
    call check("sa_random_features_config.head_size", &
      offset(c_loc(x_sa_random_features_config), c_loc(x_sa_random_features_config%head_size)))
    call check("sizeof(sa_random_features_config.head_size)", &
      int(c_sizeof(x_sa_random_features_config%head_size), c_int64_t))
    call check("sa_random_features_config.seed", &
      offset(c_loc(x_sa_random_features_config), c_loc(x_sa_random_features_config%seed)))
    call check("sizeof(sa_random_features_config.seed)", &
      int(c_sizeof(x_sa_random_features_config%seed), c_int64_t))
    call check("sa_random_features_config.independent", &
      offset(c_loc(x_sa_random_features_config), c_loc(x_sa_random_features_config%independent)))
    call check("sizeof(sa_random_features_config.independent)", &
      int(c_sizeof(x_sa_random_features_config%independent), c_int64_t))
    call check("sa_random_features_config.reserved", &
      offset(c_loc(x_sa_random_features_config), c_loc(x_sa_random_features_config%reserved)))
    call check("sizeof(sa_random_features_config.reserved)", &
      int(c_sizeof(x_sa_random_features_config%reserved), c_int64_t))
    call check("sizeof(sa_linear_attention_args)", int(c_sizeof(x_sa_linear_attention_args), c_int64_t))
    call check("sa_linear_attention_args.struct_size", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%struct_size)))
    call check("sizeof(sa_linear_attention_args.struct_size)", &
      int(c_sizeof(x_sa_linear_attention_args%struct_size), c_int64_t))
    call check("sa_linear_attention_args.query", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%query)))
    call check("sizeof(sa_linear_attention_args.query)", &
      int(c_sizeof(x_sa_linear_attention_args%query), c_int64_t))
    call check("sa_linear_attention_args.key", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%key)))
    call check("sizeof(sa_linear_attention_args.key)", &
      int(c_sizeof(x_sa_linear_attention_args%key), c_int64_t))
    call check("sa_linear_attention_args.value", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%value)))
    call check("sizeof(sa_linear_attention_args.value)", &
      int(c_sizeof(x_sa_linear_attention_args%value), c_int64_t))
    call check("sa_linear_attention_args.output", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%output)))
    call check("sizeof(sa_linear_attention_args.output)", &
      int(c_sizeof(x_sa_linear_attention_args%output), c_int64_t))
    call check("sa_linear_attention_args.decay", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%decay)))
    call check("sizeof(sa_linear_attention_args.decay)", &
      int(c_sizeof(x_sa_linear_attention_args%decay), c_int64_t))
    call check("sa_linear_attention_args.beta", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%beta)))
    call check("sizeof(sa_linear_attention_args.beta)", &
      int(c_sizeof(x_sa_linear_attention_args%beta), c_int64_t))
    call check("sa_linear_attention_args.state", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%state)))
    call check("sizeof(sa_linear_attention_args.state)", &
      int(c_sizeof(x_sa_linear_attention_args%state), c_int64_t))
    call check("sa_linear_attention_args.lengths", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%lengths)))
    call check("sizeof(sa_linear_attention_args.lengths)", &
      int(c_sizeof(x_sa_linear_attention_args%lengths), c_int64_t))
    call check("sa_linear_attention_args.random_features", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%random_features)))
    call check("sizeof(sa_linear_attention_args.random_features)", &
      int(c_sizeof(x_sa_linear_attention_args%random_features), c_int64_t))
    call check("sa_linear_attention_args.scale", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%scale)))
    call check("sizeof(sa_linear_attention_args.scale)", &
      int(c_sizeof(x_sa_linear_attention_args%scale), c_int64_t))
    call check("sa_linear_attention_args.epsilon", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%epsilon)))
    call check("sizeof(sa_linear_attention_args.epsilon)", &
      int(c_sizeof(x_sa_linear_attention_args%epsilon), c_int64_t))
    call check("sa_linear_attention_args.features", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%features)))
    call check("sizeof(sa_linear_attention_args.features)", &
      int(c_sizeof(x_sa_linear_attention_args%features), c_int64_t))
    call check("sa_linear_attention_args.form", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%form)))
    call check("sizeof(sa_linear_attention_args.form)", &
      int(c_sizeof(x_sa_linear_attention_args%form), c_int64_t))
    call check("sa_linear_attention_args.normalised", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%normalised)))
    call check("sizeof(sa_linear_attention_args.normalised)", &
      int(c_sizeof(x_sa_linear_attention_args%normalised), c_int64_t))
    call check("sa_linear_attention_args.bidirectional", &
      offset(c_loc(x_sa_linear_attention_args), c_loc(x_sa_linear_attention_args%bidirectional)))
    call check("sizeof(sa_linear_attention_args.bidirectional)", &
      int(c_sizeof(x_sa_linear_attention_args%bidirectional), c_int64_t))
    call check("sizeof(sa_causal_conv_args)", int(c_sizeof(x_sa_causal_conv_args), c_int64_t))
    call check("sa_causal_conv_args.struct_size", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%struct_size)))
    call check("sizeof(sa_causal_conv_args.struct_size)", &
      int(c_sizeof(x_sa_causal_conv_args%struct_size), c_int64_t))
    call check("sa_causal_conv_args.x", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%x)))
    call check("sizeof(sa_causal_conv_args.x)", &
      int(c_sizeof(x_sa_causal_conv_args%x), c_int64_t))
    call check("sa_causal_conv_args.weight", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%weight)))
    call check("sizeof(sa_causal_conv_args.weight)", &
      int(c_sizeof(x_sa_causal_conv_args%weight), c_int64_t))
    call check("sa_causal_conv_args.bias", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%bias)))
    call check("sizeof(sa_causal_conv_args.bias)", &
      int(c_sizeof(x_sa_causal_conv_args%bias), c_int64_t))
    call check("sa_causal_conv_args.y", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%y)))
    call check("sizeof(sa_causal_conv_args.y)", &
      int(c_sizeof(x_sa_causal_conv_args%y), c_int64_t))
    call check("sa_causal_conv_args.state", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%state)))
    call check("sizeof(sa_causal_conv_args.state)", &
      int(c_sizeof(x_sa_causal_conv_args%state), c_int64_t))
    call check("sa_causal_conv_args.activation", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%activation)))
    call check("sizeof(sa_causal_conv_args.activation)", &
      int(c_sizeof(x_sa_causal_conv_args%activation), c_int64_t))
    call check("sa_causal_conv_args.reserved", &
      offset(c_loc(x_sa_causal_conv_args), c_loc(x_sa_causal_conv_args%reserved)))
    call check("sizeof(sa_causal_conv_args.reserved)", &
      int(c_sizeof(x_sa_causal_conv_args%reserved), c_int64_t))
    call check("sizeof(sa_latent)", int(c_sizeof(x_sa_latent), c_int64_t))
    call check("sa_latent.struct_size", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%struct_size)))
    call check("sizeof(sa_latent.struct_size)", &
      int(c_sizeof(x_sa_latent%struct_size), c_int64_t))
    call check("sa_latent.latent_size", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%latent_size)))
    call check("sizeof(sa_latent.latent_size)", &
      int(c_sizeof(x_sa_latent%latent_size), c_int64_t))
    call check("sa_latent.rotary_size", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%rotary_size)))
    call check("sizeof(sa_latent.rotary_size)", &
      int(c_sizeof(x_sa_latent%rotary_size), c_int64_t))
    call check("sa_latent.query_rank", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%query_rank)))
    call check("sizeof(sa_latent.query_rank)", &
      int(c_sizeof(x_sa_latent%query_rank), c_int64_t))
    call check("sa_latent.weight_down", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%weight_down)))
    call check("sizeof(sa_latent.weight_down)", &
      int(c_sizeof(x_sa_latent%weight_down), c_int64_t))
    call check("sa_latent.weight_up", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%weight_up)))
    call check("sizeof(sa_latent.weight_up)", &
      int(c_sizeof(x_sa_latent%weight_up), c_int64_t))
    call check("sa_latent.weight_down_query", &
      offset(c_loc(x_sa_latent), c_loc(x_sa_latent%weight_down_query)))
    call check("sizeof(sa_latent.weight_down_query)", &
      int(c_sizeof(x_sa_latent%weight_down_query), c_int64_t))
    call check("sizeof(sa_layer_config)", int(c_sizeof(x_sa_layer_config), c_int64_t))
    call check("sa_layer_config.struct_size", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%struct_size)))
    call check("sizeof(sa_layer_config.struct_size)", &
      int(c_sizeof(x_sa_layer_config%struct_size), c_int64_t))
    call check("sa_layer_config.model_width", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%model_width)))
    call check("sizeof(sa_layer_config.model_width)", &
      int(c_sizeof(x_sa_layer_config%model_width), c_int64_t))
    call check("sa_layer_config.context_width", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%context_width)))
    call check("sizeof(sa_layer_config.context_width)", &
      int(c_sizeof(x_sa_layer_config%context_width), c_int64_t))
    call check("sa_layer_config.output_width", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%output_width)))
    call check("sizeof(sa_layer_config.output_width)", &
      int(c_sizeof(x_sa_layer_config%output_width), c_int64_t))
    call check("sa_layer_config.query_heads", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%query_heads)))
    call check("sizeof(sa_layer_config.query_heads)", &
      int(c_sizeof(x_sa_layer_config%query_heads), c_int64_t))
    call check("sa_layer_config.kv_heads", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%kv_heads)))
    call check("sizeof(sa_layer_config.kv_heads)", &
      int(c_sizeof(x_sa_layer_config%kv_heads), c_int64_t))
    call check("sa_layer_config.head_size", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%head_size)))
    call check("sizeof(sa_layer_config.head_size)", &
      int(c_sizeof(x_sa_layer_config%head_size), c_int64_t))
    call check("sa_layer_config.value_head_size", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%value_head_size)))
    call check("sizeof(sa_layer_config.value_head_size)", &
      int(c_sizeof(x_sa_layer_config%value_head_size), c_int64_t))
    call check("sa_layer_config.weight_order", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_order)))
    call check("sizeof(sa_layer_config.weight_order)", &
      int(c_sizeof(x_sa_layer_config%weight_order), c_int64_t))
    call check("sa_layer_config.weight_dtype", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_dtype)))
    call check("sizeof(sa_layer_config.weight_dtype)", &
      int(c_sizeof(x_sa_layer_config%weight_dtype), c_int64_t))
    call check("sa_layer_config.weight_q", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_q)))
    call check("sizeof(sa_layer_config.weight_q)", &
      int(c_sizeof(x_sa_layer_config%weight_q), c_int64_t))
    call check("sa_layer_config.weight_k", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_k)))
    call check("sizeof(sa_layer_config.weight_k)", &
      int(c_sizeof(x_sa_layer_config%weight_k), c_int64_t))
    call check("sa_layer_config.weight_v", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_v)))
    call check("sizeof(sa_layer_config.weight_v)", &
      int(c_sizeof(x_sa_layer_config%weight_v), c_int64_t))
    call check("sa_layer_config.weight_qkv", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_qkv)))
    call check("sizeof(sa_layer_config.weight_qkv)", &
      int(c_sizeof(x_sa_layer_config%weight_qkv), c_int64_t))
    call check("sa_layer_config.weight_o", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%weight_o)))
    call check("sizeof(sa_layer_config.weight_o)", &
      int(c_sizeof(x_sa_layer_config%weight_o), c_int64_t))
    call check("sa_layer_config.bias_q", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%bias_q)))
    call check("sizeof(sa_layer_config.bias_q)", &
      int(c_sizeof(x_sa_layer_config%bias_q), c_int64_t))
    call check("sa_layer_config.bias_k", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%bias_k)))
    call check("sizeof(sa_layer_config.bias_k)", &
      int(c_sizeof(x_sa_layer_config%bias_k), c_int64_t))
    call check("sa_layer_config.bias_v", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%bias_v)))
    call check("sizeof(sa_layer_config.bias_v)", &
      int(c_sizeof(x_sa_layer_config%bias_v), c_int64_t))
    call check("sa_layer_config.bias_qkv", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%bias_qkv)))
    call check("sizeof(sa_layer_config.bias_qkv)", &
      int(c_sizeof(x_sa_layer_config%bias_qkv), c_int64_t))
    call check("sa_layer_config.bias_o", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%bias_o)))
    call check("sizeof(sa_layer_config.bias_o)", &
      int(c_sizeof(x_sa_layer_config%bias_o), c_int64_t))
    call check("sa_layer_config.scale", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%scale)))
    call check("sizeof(sa_layer_config.scale)", &
      int(c_sizeof(x_sa_layer_config%scale), c_int64_t))
    call check("sa_layer_config.softcap", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%softcap)))
    call check("sizeof(sa_layer_config.softcap)", &
      int(c_sizeof(x_sa_layer_config%softcap), c_int64_t))
    call check("sa_layer_config.rope", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%rope)))
    call check("sizeof(sa_layer_config.rope)", &
      int(c_sizeof(x_sa_layer_config%rope), c_int64_t))
    call check("sa_layer_config.rules", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%rules)))
    call check("sizeof(sa_layer_config.rules)", &
      int(c_sizeof(x_sa_layer_config%rules), c_int64_t))
    call check("sa_layer_config.query_norm", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%query_norm)))
    call check("sizeof(sa_layer_config.query_norm)", &
      int(c_sizeof(x_sa_layer_config%query_norm), c_int64_t))
    call check("sa_layer_config.key_norm", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%key_norm)))
    call check("sizeof(sa_layer_config.key_norm)", &
      int(c_sizeof(x_sa_layer_config%key_norm), c_int64_t))
    call check("sa_layer_config.norm_epsilon", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%norm_epsilon)))
    call check("sizeof(sa_layer_config.norm_epsilon)", &
      int(c_sizeof(x_sa_layer_config%norm_epsilon), c_int64_t))
    call check("sa_layer_config.norm_all_heads", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%norm_all_heads)))
    call check("sizeof(sa_layer_config.norm_all_heads)", &
      int(c_sizeof(x_sa_layer_config%norm_all_heads), c_int64_t))
    call check("sa_layer_config.latent", &
      offset(c_loc(x_sa_layer_config), c_loc(x_sa_layer_config%latent)))
    call check("sizeof(sa_layer_config.latent)", &
      int(c_sizeof(x_sa_layer_config%latent), c_int64_t))
    call check("sizeof(sa_forward_args)", int(c_sizeof(x_sa_forward_args), c_int64_t))
    call check("sa_forward_args.struct_size", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%struct_size)))
    call check("sizeof(sa_forward_args.struct_size)", &
      int(c_sizeof(x_sa_forward_args%struct_size), c_int64_t))
    call check("sa_forward_args.x", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%x)))
    call check("sizeof(sa_forward_args.x)", &
      int(c_sizeof(x_sa_forward_args%x), c_int64_t))
    call check("sa_forward_args.context", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%context)))
    call check("sizeof(sa_forward_args.context)", &
      int(c_sizeof(x_sa_forward_args%context), c_int64_t))
    call check("sa_forward_args.y", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%y)))
    call check("sizeof(sa_forward_args.y)", &
      int(c_sizeof(x_sa_forward_args%y), c_int64_t))
    call check("sa_forward_args.masking", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%masking)))
    call check("sizeof(sa_forward_args.masking)", &
      int(c_sizeof(x_sa_forward_args%masking), c_int64_t))
    call check("sa_forward_args.lse", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%lse)))
    call check("sizeof(sa_forward_args.lse)", &
      int(c_sizeof(x_sa_forward_args%lse), c_int64_t))
    call check("sa_forward_args.weights", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%weights)))
    call check("sizeof(sa_forward_args.weights)", &
      int(c_sizeof(x_sa_forward_args%weights), c_int64_t))
    call check("sa_forward_args.weights_kind", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%weights_kind)))
    call check("sizeof(sa_forward_args.weights_kind)", &
      int(c_sizeof(x_sa_forward_args%weights_kind), c_int64_t))
    call check("sa_forward_args.reserved", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%reserved)))
    call check("sizeof(sa_forward_args.reserved)", &
      int(c_sizeof(x_sa_forward_args%reserved), c_int64_t))
    call check("sa_forward_args.cache", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%cache)))
    call check("sizeof(sa_forward_args.cache)", &
      int(c_sizeof(x_sa_forward_args%cache), c_int64_t))
    call check("sa_forward_args.cache_layer", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%cache_layer)))
    call check("sizeof(sa_forward_args.cache_layer)", &
      int(c_sizeof(x_sa_forward_args%cache_layer), c_int64_t))
    call check("sa_forward_args.cache_use", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%cache_use)))
    call check("sizeof(sa_forward_args.cache_use)", &
      int(c_sizeof(x_sa_forward_args%cache_use), c_int64_t))
    call check("sa_forward_args.latent_form", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%latent_form)))
    call check("sizeof(sa_forward_args.latent_form)", &
      int(c_sizeof(x_sa_forward_args%latent_form), c_int64_t))
    call check("sa_forward_args.lengths", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%lengths)))
    call check("sizeof(sa_forward_args.lengths)", &
      int(c_sizeof(x_sa_forward_args%lengths), c_int64_t))
    call check("sa_forward_args.positions", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%positions)))
    call check("sizeof(sa_forward_args.positions)", &
      int(c_sizeof(x_sa_forward_args%positions), c_int64_t))
    call check("sa_forward_args.packing", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%packing)))
    call check("sizeof(sa_forward_args.packing)", &
      int(c_sizeof(x_sa_forward_args%packing), c_int64_t))
    call check("sa_forward_args.blocks", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%blocks)))
    call check("sizeof(sa_forward_args.blocks)", &
      int(c_sizeof(x_sa_forward_args%blocks), c_int64_t))
    call check("sa_forward_args.callbacks", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%callbacks)))
    call check("sizeof(sa_forward_args.callbacks)", &
      int(c_sizeof(x_sa_forward_args%callbacks), c_int64_t))
    call check("sa_forward_args.summaries", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%summaries)))
    call check("sizeof(sa_forward_args.summaries)", &
      int(c_sizeof(x_sa_forward_args%summaries), c_int64_t))
    call check("sa_forward_args.dropout", &
      offset(c_loc(x_sa_forward_args), c_loc(x_sa_forward_args%dropout)))
    call check("sizeof(sa_forward_args.dropout)", &
      int(c_sizeof(x_sa_forward_args%dropout), c_int64_t))
    call check("sizeof(sa_layer_gradients)", int(c_sizeof(x_sa_layer_gradients), c_int64_t))
    call check("sa_layer_gradients.struct_size", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%struct_size)))
    call check("sizeof(sa_layer_gradients.struct_size)", &
      int(c_sizeof(x_sa_layer_gradients%struct_size), c_int64_t))
    call check("sa_layer_gradients.y", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%y)))
    call check("sizeof(sa_layer_gradients.y)", &
      int(c_sizeof(x_sa_layer_gradients%y), c_int64_t))
    call check("sa_layer_gradients.x", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%x)))
    call check("sizeof(sa_layer_gradients.x)", &
      int(c_sizeof(x_sa_layer_gradients%x), c_int64_t))
    call check("sa_layer_gradients.context", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%context)))
    call check("sizeof(sa_layer_gradients.context)", &
      int(c_sizeof(x_sa_layer_gradients%context), c_int64_t))
    call check("sa_layer_gradients.mask", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%mask)))
    call check("sizeof(sa_layer_gradients.mask)", &
      int(c_sizeof(x_sa_layer_gradients%mask), c_int64_t))
    call check("sa_layer_gradients.weight_order", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%weight_order)))
    call check("sizeof(sa_layer_gradients.weight_order)", &
      int(c_sizeof(x_sa_layer_gradients%weight_order), c_int64_t))
    call check("sa_layer_gradients.reserved", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%reserved)))
    call check("sizeof(sa_layer_gradients.reserved)", &
      int(c_sizeof(x_sa_layer_gradients%reserved), c_int64_t))
    call check("sa_layer_gradients.weight_q", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%weight_q)))
    call check("sizeof(sa_layer_gradients.weight_q)", &
      int(c_sizeof(x_sa_layer_gradients%weight_q), c_int64_t))
    call check("sa_layer_gradients.weight_k", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%weight_k)))
    call check("sizeof(sa_layer_gradients.weight_k)", &
      int(c_sizeof(x_sa_layer_gradients%weight_k), c_int64_t))
    call check("sa_layer_gradients.weight_v", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%weight_v)))
    call check("sizeof(sa_layer_gradients.weight_v)", &
      int(c_sizeof(x_sa_layer_gradients%weight_v), c_int64_t))
    call check("sa_layer_gradients.weight_qkv", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%weight_qkv)))
    call check("sizeof(sa_layer_gradients.weight_qkv)", &
      int(c_sizeof(x_sa_layer_gradients%weight_qkv), c_int64_t))
    call check("sa_layer_gradients.weight_o", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%weight_o)))
    call check("sizeof(sa_layer_gradients.weight_o)", &
      int(c_sizeof(x_sa_layer_gradients%weight_o), c_int64_t))
    call check("sa_layer_gradients.bias_q", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%bias_q)))
    call check("sizeof(sa_layer_gradients.bias_q)", &
      int(c_sizeof(x_sa_layer_gradients%bias_q), c_int64_t))
    call check("sa_layer_gradients.bias_k", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%bias_k)))
    call check("sizeof(sa_layer_gradients.bias_k)", &
      int(c_sizeof(x_sa_layer_gradients%bias_k), c_int64_t))
    call check("sa_layer_gradients.bias_v", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%bias_v)))
    call check("sizeof(sa_layer_gradients.bias_v)", &
      int(c_sizeof(x_sa_layer_gradients%bias_v), c_int64_t))
    call check("sa_layer_gradients.bias_qkv", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%bias_qkv)))
    call check("sizeof(sa_layer_gradients.bias_qkv)", &
      int(c_sizeof(x_sa_layer_gradients%bias_qkv), c_int64_t))
    call check("sa_layer_gradients.bias_o", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%bias_o)))
    call check("sizeof(sa_layer_gradients.bias_o)", &
      int(c_sizeof(x_sa_layer_gradients%bias_o), c_int64_t))
    call check("sa_layer_gradients.query_norm", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%query_norm)))
    call check("sizeof(sa_layer_gradients.query_norm)", &
      int(c_sizeof(x_sa_layer_gradients%query_norm), c_int64_t))
    call check("sa_layer_gradients.key_norm", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%key_norm)))
    call check("sizeof(sa_layer_gradients.key_norm)", &
      int(c_sizeof(x_sa_layer_gradients%key_norm), c_int64_t))
    call check("sa_layer_gradients.alibi_slopes", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%alibi_slopes)))
    call check("sizeof(sa_layer_gradients.alibi_slopes)", &
      int(c_sizeof(x_sa_layer_gradients%alibi_slopes), c_int64_t))
    call check("sa_layer_gradients.relative_bias", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%relative_bias)))
    call check("sizeof(sa_layer_gradients.relative_bias)", &
      int(c_sizeof(x_sa_layer_gradients%relative_bias), c_int64_t))
    call check("sa_layer_gradients.sink_logits", &
      offset(c_loc(x_sa_layer_gradients), c_loc(x_sa_layer_gradients%sink_logits)))
    call check("sizeof(sa_layer_gradients.sink_logits)", &
      int(c_sizeof(x_sa_layer_gradients%sink_logits), c_int64_t))
    call check("sizeof(sa_model_options)", int(c_sizeof(x_sa_model_options), c_int64_t))
    call check("sa_model_options.struct_size", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%struct_size)))
    call check("sizeof(sa_model_options.struct_size)", &
      int(c_sizeof(x_sa_model_options%struct_size), c_int64_t))
    call check("sa_model_options.convert", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%convert)))
    call check("sizeof(sa_model_options.convert)", &
      int(c_sizeof(x_sa_model_options%convert), c_int64_t))
    call check("sa_model_options.weights", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%weights)))
    call check("sizeof(sa_model_options.weights)", &
      int(c_sizeof(x_sa_model_options%weights), c_int64_t))
    call check("sa_model_options.progress", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%progress)))
    call check("sizeof(sa_model_options.progress)", &
      int(c_sizeof(x_sa_model_options%progress), c_int64_t))
    call check("sa_model_options.progress_user", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%progress_user)))
    call check("sizeof(sa_model_options.progress_user)", &
      int(c_sizeof(x_sa_model_options%progress_user), c_int64_t))
    call check("sa_model_options.in_memory", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%in_memory)))
    call check("sizeof(sa_model_options.in_memory)", &
      int(c_sizeof(x_sa_model_options%in_memory), c_int64_t))
    call check("sa_model_options.image_size", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%image_size)))
    call check("sizeof(sa_model_options.image_size)", &
      int(c_sizeof(x_sa_model_options%image_size), c_int64_t))
    call check("sa_model_options.part", &
      offset(c_loc(x_sa_model_options), c_loc(x_sa_model_options%part)))
    call check("sizeof(sa_model_options.part)", &
      int(c_sizeof(x_sa_model_options%part), c_int64_t))
    call check("sizeof(sa_encode_args)", int(c_sizeof(x_sa_encode_args), c_int64_t))
    call check("sa_encode_args.struct_size", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%struct_size)))
    call check("sizeof(sa_encode_args.struct_size)", &
      int(c_sizeof(x_sa_encode_args%struct_size), c_int64_t))
    call check("sa_encode_args.batch", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%batch)))
    call check("sizeof(sa_encode_args.batch)", &
      int(c_sizeof(x_sa_encode_args%batch), c_int64_t))
    call check("sa_encode_args.tokens", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%tokens)))
    call check("sizeof(sa_encode_args.tokens)", &
      int(c_sizeof(x_sa_encode_args%tokens), c_int64_t))
    call check("sa_encode_args.ids", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%ids)))
    call check("sizeof(sa_encode_args.ids)", &
      int(c_sizeof(x_sa_encode_args%ids), c_int64_t))
    call check("sa_encode_args.lengths", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%lengths)))
    call check("sizeof(sa_encode_args.lengths)", &
      int(c_sizeof(x_sa_encode_args%lengths), c_int64_t))
    call check("sa_encode_args.types", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%types)))
    call check("sizeof(sa_encode_args.types)", &
      int(c_sizeof(x_sa_encode_args%types), c_int64_t))
    call check("sa_encode_args.hidden", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%hidden)))
    call check("sizeof(sa_encode_args.hidden)", &
      int(c_sizeof(x_sa_encode_args%hidden), c_int64_t))
    call check("sa_encode_args.hidden_all", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%hidden_all)))
    call check("sizeof(sa_encode_args.hidden_all)", &
      int(c_sizeof(x_sa_encode_args%hidden_all), c_int64_t))
    call check("sa_encode_args.attention", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%attention)))
    call check("sizeof(sa_encode_args.attention)", &
      int(c_sizeof(x_sa_encode_args%attention), c_int64_t))
    call check("sa_encode_args.embedding", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%embedding)))
    call check("sizeof(sa_encode_args.embedding)", &
      int(c_sizeof(x_sa_encode_args%embedding), c_int64_t))
    call check("sa_encode_args.features", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%features)))
    call check("sizeof(sa_encode_args.features)", &
      int(c_sizeof(x_sa_encode_args%features), c_int64_t))
    call check("sa_encode_args.pooled", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%pooled)))
    call check("sizeof(sa_encode_args.pooled)", &
      int(c_sizeof(x_sa_encode_args%pooled), c_int64_t))
    call check("sa_encode_args.logits", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%logits)))
    call check("sizeof(sa_encode_args.logits)", &
      int(c_sizeof(x_sa_encode_args%logits), c_int64_t))
    call check("sa_encode_args.targets", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%targets)))
    call check("sizeof(sa_encode_args.targets)", &
      int(c_sizeof(x_sa_encode_args%targets), c_int64_t))
    call check("sa_encode_args.target_ids", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%target_ids)))
    call check("sizeof(sa_encode_args.target_ids)", &
      int(c_sizeof(x_sa_encode_args%target_ids), c_int64_t))
    call check("sa_encode_args.target_lengths", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%target_lengths)))
    call check("sizeof(sa_encode_args.target_lengths)", &
      int(c_sizeof(x_sa_encode_args%target_lengths), c_int64_t))
    call check("sa_encode_args.target_hidden", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%target_hidden)))
    call check("sizeof(sa_encode_args.target_hidden)", &
      int(c_sizeof(x_sa_encode_args%target_hidden), c_int64_t))
    call check("sa_encode_args.target_hidden_all", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%target_hidden_all)))
    call check("sizeof(sa_encode_args.target_hidden_all)", &
      int(c_sizeof(x_sa_encode_args%target_hidden_all), c_int64_t))
    call check("sa_encode_args.target_attention", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%target_attention)))
    call check("sizeof(sa_encode_args.target_attention)", &
      int(c_sizeof(x_sa_encode_args%target_attention), c_int64_t))
    call check("sa_encode_args.cross_attention", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%cross_attention)))
    call check("sizeof(sa_encode_args.cross_attention)", &
      int(c_sizeof(x_sa_encode_args%cross_attention), c_int64_t))
    call check("sa_encode_args.feature_width", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%feature_width)))
    call check("sizeof(sa_encode_args.feature_width)", &
      int(c_sizeof(x_sa_encode_args%feature_width), c_int64_t))
    call check("sa_encode_args.queries", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%queries)))
    call check("sizeof(sa_encode_args.queries)", &
      int(c_sizeof(x_sa_encode_args%queries), c_int64_t))
    call check("sa_encode_args.keys", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%keys)))
    call check("sizeof(sa_encode_args.keys)", &
      int(c_sizeof(x_sa_encode_args%keys), c_int64_t))
    call check("sa_encode_args.entropy", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%entropy)))
    call check("sizeof(sa_encode_args.entropy)", &
      int(c_sizeof(x_sa_encode_args%entropy), c_int64_t))
    call check("sa_encode_args.strongest", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%strongest)))
    call check("sizeof(sa_encode_args.strongest)", &
      int(c_sizeof(x_sa_encode_args%strongest), c_int64_t))
    call check("sa_encode_args.strongest_weights", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%strongest_weights)))
    call check("sizeof(sa_encode_args.strongest_weights)", &
      int(c_sizeof(x_sa_encode_args%strongest_weights), c_int64_t))
    call check("sa_encode_args.strongest_keys", &
      offset(c_loc(x_sa_encode_args), c_loc(x_sa_encode_args%strongest_keys)))
    call check("sizeof(sa_encode_args.strongest_keys)", &
      int(c_sizeof(x_sa_encode_args%strongest_keys), c_int64_t))
    call check("sizeof(sa_session_config)", int(c_sizeof(x_sa_session_config), c_int64_t))
    call check("sa_session_config.struct_size", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%struct_size)))
    call check("sizeof(sa_session_config.struct_size)", &
      int(c_sizeof(x_sa_session_config%struct_size), c_int64_t))
    call check("sa_session_config.batch", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%batch)))
    call check("sizeof(sa_session_config.batch)", &
      int(c_sizeof(x_sa_session_config%batch), c_int64_t))
    call check("sa_session_config.capacity", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%capacity)))
    call check("sizeof(sa_session_config.capacity)", &
      int(c_sizeof(x_sa_session_config%capacity), c_int64_t))
    call check("sa_session_config.window", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%window)))
    call check("sizeof(sa_session_config.window)", &
      int(c_sizeof(x_sa_session_config%window), c_int64_t))
    call check("sa_session_config.keep_first", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%keep_first)))
    call check("sizeof(sa_session_config.keep_first)", &
      int(c_sizeof(x_sa_session_config%keep_first), c_int64_t))
    call check("sa_session_config.cache_dtype", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%cache_dtype)))
    call check("sizeof(sa_session_config.cache_dtype)", &
      int(c_sizeof(x_sa_session_config%cache_dtype), c_int64_t))
    call check("sa_session_config.reserved", &
      offset(c_loc(x_sa_session_config), c_loc(x_sa_session_config%reserved)))
    call check("sizeof(sa_session_config.reserved)", &
      int(c_sizeof(x_sa_session_config%reserved), c_int64_t))
    call check("sizeof(sa_session_args)", int(c_sizeof(x_sa_session_args), c_int64_t))
    call check("sa_session_args.struct_size", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%struct_size)))
    call check("sizeof(sa_session_args.struct_size)", &
      int(c_sizeof(x_sa_session_args%struct_size), c_int64_t))
    call check("sa_session_args.tokens", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%tokens)))
    call check("sizeof(sa_session_args.tokens)", &
      int(c_sizeof(x_sa_session_args%tokens), c_int64_t))
    call check("sa_session_args.ids", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%ids)))
    call check("sizeof(sa_session_args.ids)", &
      int(c_sizeof(x_sa_session_args%ids), c_int64_t))
    call check("sa_session_args.lengths", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%lengths)))
    call check("sizeof(sa_session_args.lengths)", &
      int(c_sizeof(x_sa_session_args%lengths), c_int64_t))
    call check("sa_session_args.logits", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%logits)))
    call check("sizeof(sa_session_args.logits)", &
      int(c_sizeof(x_sa_session_args%logits), c_int64_t))
    call check("sa_session_args.logits_all", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%logits_all)))
    call check("sizeof(sa_session_args.logits_all)", &
      int(c_sizeof(x_sa_session_args%logits_all), c_int64_t))
    call check("sa_session_args.hidden", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%hidden)))
    call check("sizeof(sa_session_args.hidden)", &
      int(c_sizeof(x_sa_session_args%hidden), c_int64_t))
    call check("sa_session_args.hidden_all", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%hidden_all)))
    call check("sizeof(sa_session_args.hidden_all)", &
      int(c_sizeof(x_sa_session_args%hidden_all), c_int64_t))
    call check("sa_session_args.attention", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%attention)))
    call check("sizeof(sa_session_args.attention)", &
      int(c_sizeof(x_sa_session_args%attention), c_int64_t))
    call check("sa_session_args.cross_attention", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%cross_attention)))
    call check("sizeof(sa_session_args.cross_attention)", &
      int(c_sizeof(x_sa_session_args%cross_attention), c_int64_t))
    call check("sa_session_args.types", &
      offset(c_loc(x_sa_session_args), c_loc(x_sa_session_args%types)))
    call check("sizeof(sa_session_args.types)", &
      int(c_sizeof(x_sa_session_args%types), c_int64_t))
    call check("sizeof(sa_sampling)", int(c_sizeof(x_sa_sampling), c_int64_t))
    call check("sa_sampling.struct_size", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%struct_size)))
    call check("sizeof(sa_sampling.struct_size)", &
      int(c_sizeof(x_sa_sampling%struct_size), c_int64_t))
    call check("sa_sampling.seed", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%seed)))
    call check("sizeof(sa_sampling.seed)", &
      int(c_sizeof(x_sa_sampling%seed), c_int64_t))
    call check("sa_sampling.temperature", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%temperature)))
    call check("sizeof(sa_sampling.temperature)", &
      int(c_sizeof(x_sa_sampling%temperature), c_int64_t))
    call check("sa_sampling.top_k", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%top_k)))
    call check("sizeof(sa_sampling.top_k)", &
      int(c_sizeof(x_sa_sampling%top_k), c_int64_t))
    call check("sa_sampling.top_p", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%top_p)))
    call check("sizeof(sa_sampling.top_p)", &
      int(c_sizeof(x_sa_sampling%top_p), c_int64_t))
    call check("sa_sampling.min_p", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%min_p)))
    call check("sizeof(sa_sampling.min_p)", &
      int(c_sizeof(x_sa_sampling%min_p), c_int64_t))
    call check("sa_sampling.repetition_penalty", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%repetition_penalty)))
    call check("sizeof(sa_sampling.repetition_penalty)", &
      int(c_sizeof(x_sa_sampling%repetition_penalty), c_int64_t))
    call check("sa_sampling.presence_penalty", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%presence_penalty)))
    call check("sizeof(sa_sampling.presence_penalty)", &
      int(c_sizeof(x_sa_sampling%presence_penalty), c_int64_t))
    call check("sa_sampling.frequency_penalty", &
      offset(c_loc(x_sa_sampling), c_loc(x_sa_sampling%frequency_penalty)))
    call check("sizeof(sa_sampling.frequency_penalty)", &
      int(c_sizeof(x_sa_sampling%frequency_penalty), c_int64_t))
    call check("sizeof(sa_generate_args)", int(c_sizeof(x_sa_generate_args), c_int64_t))
    call check("sa_generate_args.struct_size", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%struct_size)))
    call check("sizeof(sa_generate_args.struct_size)", &
      int(c_sizeof(x_sa_generate_args%struct_size), c_int64_t))
    call check("sa_generate_args.tokens", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%tokens)))
    call check("sizeof(sa_generate_args.tokens)", &
      int(c_sizeof(x_sa_generate_args%tokens), c_int64_t))
    call check("sa_generate_args.ids", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%ids)))
    call check("sizeof(sa_generate_args.ids)", &
      int(c_sizeof(x_sa_generate_args%ids), c_int64_t))
    call check("sa_generate_args.lengths", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%lengths)))
    call check("sizeof(sa_generate_args.lengths)", &
      int(c_sizeof(x_sa_generate_args%lengths), c_int64_t))
    call check("sa_generate_args.max_tokens", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%max_tokens)))
    call check("sizeof(sa_generate_args.max_tokens)", &
      int(c_sizeof(x_sa_generate_args%max_tokens), c_int64_t))
    call check("sa_generate_args.sampling", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%sampling)))
    call check("sizeof(sa_generate_args.sampling)", &
      int(c_sizeof(x_sa_generate_args%sampling), c_int64_t))
    call check("sa_generate_args.generated", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%generated)))
    call check("sizeof(sa_generate_args.generated)", &
      int(c_sizeof(x_sa_generate_args%generated), c_int64_t))
    call check("sa_generate_args.counts", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%counts)))
    call check("sizeof(sa_generate_args.counts)", &
      int(c_sizeof(x_sa_generate_args%counts), c_int64_t))
    call check("sa_generate_args.endings", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%endings)))
    call check("sizeof(sa_generate_args.endings)", &
      int(c_sizeof(x_sa_generate_args%endings), c_int64_t))
    call check("sa_generate_args.log_probabilities", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%log_probabilities)))
    call check("sizeof(sa_generate_args.log_probabilities)", &
      int(c_sizeof(x_sa_generate_args%log_probabilities), c_int64_t))
    call check("sa_generate_args.stop_tokens", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%stop_tokens)))
    call check("sizeof(sa_generate_args.stop_tokens)", &
      int(c_sizeof(x_sa_generate_args%stop_tokens), c_int64_t))
    call check("sa_generate_args.stop_token_count", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%stop_token_count)))
    call check("sizeof(sa_generate_args.stop_token_count)", &
      int(c_sizeof(x_sa_generate_args%stop_token_count), c_int64_t))
    call check("sa_generate_args.stop_strings", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%stop_strings)))
    call check("sizeof(sa_generate_args.stop_strings)", &
      int(c_sizeof(x_sa_generate_args%stop_strings), c_int64_t))
    call check("sa_generate_args.stop_string_count", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%stop_string_count)))
    call check("sizeof(sa_generate_args.stop_string_count)", &
      int(c_sizeof(x_sa_generate_args%stop_string_count), c_int64_t))
    call check("sa_generate_args.tokenizer", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%tokenizer)))
    call check("sizeof(sa_generate_args.tokenizer)", &
      int(c_sizeof(x_sa_generate_args%tokenizer), c_int64_t))
    call check("sa_generate_args.on_token", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%on_token)))
    call check("sizeof(sa_generate_args.on_token)", &
      int(c_sizeof(x_sa_generate_args%on_token), c_int64_t))
    call check("sa_generate_args.on_logits", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%on_logits)))
    call check("sizeof(sa_generate_args.on_logits)", &
      int(c_sizeof(x_sa_generate_args%on_logits), c_int64_t))
    call check("sa_generate_args.user", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%user)))
    call check("sizeof(sa_generate_args.user)", &
      int(c_sizeof(x_sa_generate_args%user), c_int64_t))
    call check("sa_generate_args.model_rules", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%model_rules)))
    call check("sizeof(sa_generate_args.model_rules)", &
      int(c_sizeof(x_sa_generate_args%model_rules), c_int64_t))
    call check("sa_generate_args.reserved", &
      offset(c_loc(x_sa_generate_args), c_loc(x_sa_generate_args%reserved)))
    call check("sizeof(sa_generate_args.reserved)", &
      int(c_sizeof(x_sa_generate_args%reserved), c_int64_t))
    call check("sizeof(sa_beam_args)", int(c_sizeof(x_sa_beam_args), c_int64_t))
    call check("sa_beam_args.struct_size", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%struct_size)))
    call check("sizeof(sa_beam_args.struct_size)", &
      int(c_sizeof(x_sa_beam_args%struct_size), c_int64_t))
    call check("sa_beam_args.tokens", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%tokens)))
    call check("sizeof(sa_beam_args.tokens)", &
      int(c_sizeof(x_sa_beam_args%tokens), c_int64_t))
    call check("sa_beam_args.ids", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%ids)))
    call check("sizeof(sa_beam_args.ids)", &
      int(c_sizeof(x_sa_beam_args%ids), c_int64_t))
    call check("sa_beam_args.max_tokens", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%max_tokens)))
    call check("sizeof(sa_beam_args.max_tokens)", &
      int(c_sizeof(x_sa_beam_args%max_tokens), c_int64_t))
    call check("sa_beam_args.results", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%results)))
    call check("sizeof(sa_beam_args.results)", &
      int(c_sizeof(x_sa_beam_args%results), c_int64_t))
    call check("sa_beam_args.length_penalty", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%length_penalty)))
    call check("sizeof(sa_beam_args.length_penalty)", &
      int(c_sizeof(x_sa_beam_args%length_penalty), c_int64_t))
    call check("sa_beam_args.generated", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%generated)))
    call check("sizeof(sa_beam_args.generated)", &
      int(c_sizeof(x_sa_beam_args%generated), c_int64_t))
    call check("sa_beam_args.counts", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%counts)))
    call check("sizeof(sa_beam_args.counts)", &
      int(c_sizeof(x_sa_beam_args%counts), c_int64_t))
    call check("sa_beam_args.scores", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%scores)))
    call check("sizeof(sa_beam_args.scores)", &
      int(c_sizeof(x_sa_beam_args%scores), c_int64_t))
    call check("sa_beam_args.stop_tokens", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%stop_tokens)))
    call check("sizeof(sa_beam_args.stop_tokens)", &
      int(c_sizeof(x_sa_beam_args%stop_tokens), c_int64_t))
    call check("sa_beam_args.stop_token_count", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%stop_token_count)))
    call check("sizeof(sa_beam_args.stop_token_count)", &
      int(c_sizeof(x_sa_beam_args%stop_token_count), c_int64_t))
    call check("sa_beam_args.model_rules", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%model_rules)))
    call check("sizeof(sa_beam_args.model_rules)", &
      int(c_sizeof(x_sa_beam_args%model_rules), c_int64_t))
    call check("sa_beam_args.early_stopping", &
      offset(c_loc(x_sa_beam_args), c_loc(x_sa_beam_args%early_stopping)))
    call check("sizeof(sa_beam_args.early_stopping)", &
      int(c_sizeof(x_sa_beam_args%early_stopping), c_int64_t))
    call check("sizeof(sa_mel_config)", int(c_sizeof(x_sa_mel_config), c_int64_t))
    call check("sa_mel_config.struct_size", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%struct_size)))
    call check("sizeof(sa_mel_config.struct_size)", &
      int(c_sizeof(x_sa_mel_config%struct_size), c_int64_t))
    call check("sa_mel_config.rate", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%rate)))
    call check("sizeof(sa_mel_config.rate)", &
      int(c_sizeof(x_sa_mel_config%rate), c_int64_t))
    call check("sa_mel_config.frame", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%frame)))
    call check("sizeof(sa_mel_config.frame)", &
      int(c_sizeof(x_sa_mel_config%frame), c_int64_t))
    call check("sa_mel_config.step", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%step)))
    call check("sizeof(sa_mel_config.step)", &
      int(c_sizeof(x_sa_mel_config%step), c_int64_t))
    call check("sa_mel_config.bins", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%bins)))
    call check("sizeof(sa_mel_config.bins)", &
      int(c_sizeof(x_sa_mel_config%bins), c_int64_t))
    call check("sa_mel_config.window", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%window)))
    call check("sizeof(sa_mel_config.window)", &
      int(c_sizeof(x_sa_mel_config%window), c_int64_t))
    call check("sa_mel_config.lowest", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%lowest)))
    call check("sizeof(sa_mel_config.lowest)", &
      int(c_sizeof(x_sa_mel_config%lowest), c_int64_t))
    call check("sa_mel_config.highest", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%highest)))
    call check("sizeof(sa_mel_config.highest)", &
      int(c_sizeof(x_sa_mel_config%highest), c_int64_t))
    call check("sa_mel_config.kind", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%kind)))
    call check("sizeof(sa_mel_config.kind)", &
      int(c_sizeof(x_sa_mel_config%kind), c_int64_t))
    call check("sa_mel_config.by_bin", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%by_bin)))
    call check("sizeof(sa_mel_config.by_bin)", &
      int(c_sizeof(x_sa_mel_config%by_bin), c_int64_t))
    call check("sa_mel_config.scale", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%scale)))
    call check("sizeof(sa_mel_config.scale)", &
      int(c_sizeof(x_sa_mel_config%scale), c_int64_t))
    call check("sa_mel_config.window_power", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%window_power)))
    call check("sizeof(sa_mel_config.window_power)", &
      int(c_sizeof(x_sa_mel_config%window_power), c_int64_t))
    call check("sa_mel_config.mean", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%mean)))
    call check("sizeof(sa_mel_config.mean)", &
      int(c_sizeof(x_sa_mel_config%mean), c_int64_t))
    call check("sa_mel_config.deviation", &
      offset(c_loc(x_sa_mel_config), c_loc(x_sa_mel_config%deviation)))
    call check("sizeof(sa_mel_config.deviation)", &
      int(c_sizeof(x_sa_mel_config%deviation), c_int64_t))
    call check("sizeof(sa_speech_segment)", int(c_sizeof(x_sa_speech_segment), c_int64_t))
    call check("sa_speech_segment.struct_size", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%struct_size)))
    call check("sizeof(sa_speech_segment.struct_size)", &
      int(c_sizeof(x_sa_speech_segment%struct_size), c_int64_t))
    call check("sa_speech_segment.begin", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%begin)))
    call check("sizeof(sa_speech_segment.begin)", &
      int(c_sizeof(x_sa_speech_segment%begin), c_int64_t))
    call check("sa_speech_segment.end", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%end)))
    call check("sizeof(sa_speech_segment.end)", &
      int(c_sizeof(x_sa_speech_segment%end), c_int64_t))
    call check("sa_speech_segment.ids", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%ids)))
    call check("sizeof(sa_speech_segment.ids)", &
      int(c_sizeof(x_sa_speech_segment%ids), c_int64_t))
    call check("sa_speech_segment.count", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%count)))
    call check("sizeof(sa_speech_segment.count)", &
      int(c_sizeof(x_sa_speech_segment%count), c_int64_t))
    call check("sa_speech_segment.language", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%language)))
    call check("sizeof(sa_speech_segment.language)", &
      int(c_sizeof(x_sa_speech_segment%language), c_int64_t))
    call check("sa_speech_segment.reserved", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%reserved)))
    call check("sizeof(sa_speech_segment.reserved)", &
      int(c_sizeof(x_sa_speech_segment%reserved), c_int64_t))
    call check("sa_speech_segment.log_probability", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%log_probability)))
    call check("sizeof(sa_speech_segment.log_probability)", &
      int(c_sizeof(x_sa_speech_segment%log_probability), c_int64_t))
    call check("sa_speech_segment.no_speech", &
      offset(c_loc(x_sa_speech_segment), c_loc(x_sa_speech_segment%no_speech)))
    call check("sizeof(sa_speech_segment.no_speech)", &
      int(c_sizeof(x_sa_speech_segment%no_speech), c_int64_t))
    call check("sizeof(sa_speech_window)", int(c_sizeof(x_sa_speech_window), c_int64_t))
    call check("sa_speech_window.struct_size", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%struct_size)))
    call check("sizeof(sa_speech_window.struct_size)", &
      int(c_sizeof(x_sa_speech_window%struct_size), c_int64_t))
    call check("sa_speech_window.first", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%first)))
    call check("sizeof(sa_speech_window.first)", &
      int(c_sizeof(x_sa_speech_window%first), c_int64_t))
    call check("sa_speech_window.count", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%count)))
    call check("sizeof(sa_speech_window.count)", &
      int(c_sizeof(x_sa_speech_window%count), c_int64_t))
    call check("sa_speech_window.next", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%next)))
    call check("sizeof(sa_speech_window.next)", &
      int(c_sizeof(x_sa_speech_window%next), c_int64_t))
    call check("sa_speech_window.kind", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%kind)))
    call check("sizeof(sa_speech_window.kind)", &
      int(c_sizeof(x_sa_speech_window%kind), c_int64_t))
    call check("sa_speech_window.language", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%language)))
    call check("sizeof(sa_speech_window.language)", &
      int(c_sizeof(x_sa_speech_window%language), c_int64_t))
    call check("sa_speech_window.ids", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%ids)))
    call check("sizeof(sa_speech_window.ids)", &
      int(c_sizeof(x_sa_speech_window%ids), c_int64_t))
    call check("sa_speech_window.tokens", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%tokens)))
    call check("sizeof(sa_speech_window.tokens)", &
      int(c_sizeof(x_sa_speech_window%tokens), c_int64_t))
    call check("sa_speech_window.log_probability", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%log_probability)))
    call check("sizeof(sa_speech_window.log_probability)", &
      int(c_sizeof(x_sa_speech_window%log_probability), c_int64_t))
    call check("sa_speech_window.no_speech", &
      offset(c_loc(x_sa_speech_window), c_loc(x_sa_speech_window%no_speech)))
    call check("sizeof(sa_speech_window.no_speech)", &
      int(c_sizeof(x_sa_speech_window%no_speech), c_int64_t))
    call check("sizeof(sa_transcribe_args)", int(c_sizeof(x_sa_transcribe_args), c_int64_t))
    call check("sa_transcribe_args.struct_size", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%struct_size)))
    call check("sizeof(sa_transcribe_args.struct_size)", &
      int(c_sizeof(x_sa_transcribe_args%struct_size), c_int64_t))
    call check("sa_transcribe_args.speech", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%speech)))
    call check("sizeof(sa_transcribe_args.speech)", &
      int(c_sizeof(x_sa_transcribe_args%speech), c_int64_t))
    call check("sa_transcribe_args.samples", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%samples)))
    call check("sizeof(sa_transcribe_args.samples)", &
      int(c_sizeof(x_sa_transcribe_args%samples), c_int64_t))
    call check("sa_transcribe_args.count", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%count)))
    call check("sizeof(sa_transcribe_args.count)", &
      int(c_sizeof(x_sa_transcribe_args%count), c_int64_t))
    call check("sa_transcribe_args.on_segment", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%on_segment)))
    call check("sizeof(sa_transcribe_args.on_segment)", &
      int(c_sizeof(x_sa_transcribe_args%on_segment), c_int64_t))
    call check("sa_transcribe_args.on_window", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%on_window)))
    call check("sizeof(sa_transcribe_args.on_window)", &
      int(c_sizeof(x_sa_transcribe_args%on_window), c_int64_t))
    call check("sa_transcribe_args.user", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%user)))
    call check("sizeof(sa_transcribe_args.user)", &
      int(c_sizeof(x_sa_transcribe_args%user), c_int64_t))
    call check("sa_transcribe_args.language", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%language)))
    call check("sizeof(sa_transcribe_args.language)", &
      int(c_sizeof(x_sa_transcribe_args%language), c_int64_t))
    call check("sa_transcribe_args.task", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%task)))
    call check("sizeof(sa_transcribe_args.task)", &
      int(c_sizeof(x_sa_transcribe_args%task), c_int64_t))
    call check("sa_transcribe_args.times", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%times)))
    call check("sizeof(sa_transcribe_args.times)", &
      int(c_sizeof(x_sa_transcribe_args%times), c_int64_t))
    call check("sa_transcribe_args.prompt", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%prompt)))
    call check("sizeof(sa_transcribe_args.prompt)", &
      int(c_sizeof(x_sa_transcribe_args%prompt), c_int64_t))
    call check("sa_transcribe_args.prompt_tokens", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%prompt_tokens)))
    call check("sizeof(sa_transcribe_args.prompt_tokens)", &
      int(c_sizeof(x_sa_transcribe_args%prompt_tokens), c_int64_t))
    call check("sa_transcribe_args.keep_text", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%keep_text)))
    call check("sizeof(sa_transcribe_args.keep_text)", &
      int(c_sizeof(x_sa_transcribe_args%keep_text), c_int64_t))
    call check("sa_transcribe_args.reserved", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%reserved)))
    call check("sizeof(sa_transcribe_args.reserved)", &
      int(c_sizeof(x_sa_transcribe_args%reserved), c_int64_t))
    call check("sa_transcribe_args.max_tokens", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%max_tokens)))
    call check("sizeof(sa_transcribe_args.max_tokens)", &
      int(c_sizeof(x_sa_transcribe_args%max_tokens), c_int64_t))
    call check("sa_transcribe_args.no_speech", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%no_speech)))
    call check("sizeof(sa_transcribe_args.no_speech)", &
      int(c_sizeof(x_sa_transcribe_args%no_speech), c_int64_t))
    call check("sa_transcribe_args.log_probability", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%log_probability)))
    call check("sizeof(sa_transcribe_args.log_probability)", &
      int(c_sizeof(x_sa_transcribe_args%log_probability), c_int64_t))
    call check("sa_transcribe_args.language_found", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%language_found)))
    call check("sizeof(sa_transcribe_args.language_found)", &
      int(c_sizeof(x_sa_transcribe_args%language_found), c_int64_t))
    call check("sa_transcribe_args.language_probabilities", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%language_probabilities)))
    call check("sizeof(sa_transcribe_args.language_probabilities)", &
      int(c_sizeof(x_sa_transcribe_args%language_probabilities), c_int64_t))
    call check("sa_transcribe_args.done", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%done)))
    call check("sizeof(sa_transcribe_args.done)", &
      int(c_sizeof(x_sa_transcribe_args%done), c_int64_t))
    call check("sa_transcribe_args.beginning", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%beginning)))
    call check("sizeof(sa_transcribe_args.beginning)", &
      int(c_sizeof(x_sa_transcribe_args%beginning), c_int64_t))
    call check("sa_transcribe_args.beginning_tokens", &
      offset(c_loc(x_sa_transcribe_args), c_loc(x_sa_transcribe_args%beginning_tokens)))
    call check("sizeof(sa_transcribe_args.beginning_tokens)", &
      int(c_sizeof(x_sa_transcribe_args%beginning_tokens), c_int64_t))
    call check("sizeof(sa_lora)", int(c_sizeof(x_sa_lora), c_int64_t))
    call check("sa_lora.struct_size", &
      offset(c_loc(x_sa_lora), c_loc(x_sa_lora%struct_size)))
    call check("sizeof(sa_lora.struct_size)", &
      int(c_sizeof(x_sa_lora%struct_size), c_int64_t))
    call check("sa_lora.rank", &
      offset(c_loc(x_sa_lora), c_loc(x_sa_lora%rank)))
    call check("sizeof(sa_lora.rank)", &
      int(c_sizeof(x_sa_lora%rank), c_int64_t))
    call check("sa_lora.alpha", &
      offset(c_loc(x_sa_lora), c_loc(x_sa_lora%alpha)))
    call check("sizeof(sa_lora.alpha)", &
      int(c_sizeof(x_sa_lora%alpha), c_int64_t))
    call check("sa_lora.dropout", &
      offset(c_loc(x_sa_lora), c_loc(x_sa_lora%dropout)))
    call check("sizeof(sa_lora.dropout)", &
      int(c_sizeof(x_sa_lora%dropout), c_int64_t))
    call check("sa_lora.targets", &
      offset(c_loc(x_sa_lora), c_loc(x_sa_lora%targets)))
    call check("sizeof(sa_lora.targets)", &
      int(c_sizeof(x_sa_lora%targets), c_int64_t))
    call check("sa_lora.adapter", &
      offset(c_loc(x_sa_lora), c_loc(x_sa_lora%adapter)))
    call check("sizeof(sa_lora.adapter)", &
      int(c_sizeof(x_sa_lora%adapter), c_int64_t))
    call check("sizeof(sa_trainer_config)", int(c_sizeof(x_sa_trainer_config), c_int64_t))
    call check("sa_trainer_config.struct_size", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%struct_size)))
    call check("sizeof(sa_trainer_config.struct_size)", &
      int(c_sizeof(x_sa_trainer_config%struct_size), c_int64_t))
    call check("sa_trainer_config.optimizer", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%optimizer)))
    call check("sizeof(sa_trainer_config.optimizer)", &
      int(c_sizeof(x_sa_trainer_config%optimizer), c_int64_t))
    call check("sa_trainer_config.resume", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%resume)))
    call check("sizeof(sa_trainer_config.resume)", &
      int(c_sizeof(x_sa_trainer_config%resume), c_int64_t))
    call check("sa_trainer_config.decay_matrices_only", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%decay_matrices_only)))
    call check("sizeof(sa_trainer_config.decay_matrices_only)", &
      int(c_sizeof(x_sa_trainer_config%decay_matrices_only), c_int64_t))
    call check("sa_trainer_config.initialize", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%initialize)))
    call check("sizeof(sa_trainer_config.initialize)", &
      int(c_sizeof(x_sa_trainer_config%initialize), c_int64_t))
    call check("sa_trainer_config.beta1", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%beta1)))
    call check("sizeof(sa_trainer_config.beta1)", &
      int(c_sizeof(x_sa_trainer_config%beta1), c_int64_t))
    call check("sa_trainer_config.beta2", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%beta2)))
    call check("sizeof(sa_trainer_config.beta2)", &
      int(c_sizeof(x_sa_trainer_config%beta2), c_int64_t))
    call check("sa_trainer_config.epsilon", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%epsilon)))
    call check("sizeof(sa_trainer_config.epsilon)", &
      int(c_sizeof(x_sa_trainer_config%epsilon), c_int64_t))
    call check("sa_trainer_config.weight_decay", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%weight_decay)))
    call check("sizeof(sa_trainer_config.weight_decay)", &
      int(c_sizeof(x_sa_trainer_config%weight_decay), c_int64_t))
    call check("sa_trainer_config.clip_norm", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%clip_norm)))
    call check("sizeof(sa_trainer_config.clip_norm)", &
      int(c_sizeof(x_sa_trainer_config%clip_norm), c_int64_t))
    call check("sa_trainer_config.label_smoothing", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%label_smoothing)))
    call check("sizeof(sa_trainer_config.label_smoothing)", &
      int(c_sizeof(x_sa_trainer_config%label_smoothing), c_int64_t))
    call check("sa_trainer_config.attention_dropout", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%attention_dropout)))
    call check("sizeof(sa_trainer_config.attention_dropout)", &
      int(c_sizeof(x_sa_trainer_config%attention_dropout), c_int64_t))
    call check("sa_trainer_config.hidden_dropout", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%hidden_dropout)))
    call check("sizeof(sa_trainer_config.hidden_dropout)", &
      int(c_sizeof(x_sa_trainer_config%hidden_dropout), c_int64_t))
    call check("sa_trainer_config.seed", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%seed)))
    call check("sizeof(sa_trainer_config.seed)", &
      int(c_sizeof(x_sa_trainer_config%seed), c_int64_t))
    call check("sa_trainer_config.lora", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%lora)))
    call check("sizeof(sa_trainer_config.lora)", &
      int(c_sizeof(x_sa_trainer_config%lora), c_int64_t))
    call check("sa_trainer_config.recompute", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%recompute)))
    call check("sizeof(sa_trainer_config.recompute)", &
      int(c_sizeof(x_sa_trainer_config%recompute), c_int64_t))
    call check("sa_trainer_config.weights", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%weights)))
    call check("sizeof(sa_trainer_config.weights)", &
      int(c_sizeof(x_sa_trainer_config%weights), c_int64_t))
    call check("sa_trainer_config.classes", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%classes)))
    call check("sizeof(sa_trainer_config.classes)", &
      int(c_sizeof(x_sa_trainer_config%classes), c_int64_t))
    call check("sa_trainer_config.class_count", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%class_count)))
    call check("sizeof(sa_trainer_config.class_count)", &
      int(c_sizeof(x_sa_trainer_config%class_count), c_int64_t))
    call check("sa_trainer_config.image_size", &
      offset(c_loc(x_sa_trainer_config), c_loc(x_sa_trainer_config%image_size)))
    call check("sizeof(sa_trainer_config.image_size)", &
      int(c_sizeof(x_sa_trainer_config%image_size), c_int64_t))
    call check("sizeof(sa_training_batch)", int(c_sizeof(x_sa_training_batch), c_int64_t))
    call check("sa_training_batch.struct_size", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%struct_size)))
    call check("sizeof(sa_training_batch.struct_size)", &
      int(c_sizeof(x_sa_training_batch%struct_size), c_int64_t))
    call check("sa_training_batch.batch", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%batch)))
    call check("sizeof(sa_training_batch.batch)", &
      int(c_sizeof(x_sa_training_batch%batch), c_int64_t))
    call check("sa_training_batch.tokens", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%tokens)))
    call check("sizeof(sa_training_batch.tokens)", &
      int(c_sizeof(x_sa_training_batch%tokens), c_int64_t))
    call check("sa_training_batch.ids", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%ids)))
    call check("sizeof(sa_training_batch.ids)", &
      int(c_sizeof(x_sa_training_batch%ids), c_int64_t))
    call check("sa_training_batch.lengths", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%lengths)))
    call check("sizeof(sa_training_batch.lengths)", &
      int(c_sizeof(x_sa_training_batch%lengths), c_int64_t))
    call check("sa_training_batch.features", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%features)))
    call check("sizeof(sa_training_batch.features)", &
      int(c_sizeof(x_sa_training_batch%features), c_int64_t))
    call check("sa_training_batch.labels", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%labels)))
    call check("sizeof(sa_training_batch.labels)", &
      int(c_sizeof(x_sa_training_batch%labels), c_int64_t))
    call check("sa_training_batch.labels_per_sequence", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%labels_per_sequence)))
    call check("sizeof(sa_training_batch.labels_per_sequence)", &
      int(c_sizeof(x_sa_training_batch%labels_per_sequence), c_int64_t))
    call check("sa_training_batch.weight", &
      offset(c_loc(x_sa_training_batch), c_loc(x_sa_training_batch%weight)))
    call check("sizeof(sa_training_batch.weight)", &
      int(c_sizeof(x_sa_training_batch%weight), c_int64_t))
    call check("sizeof(sa_training_pairs)", int(c_sizeof(x_sa_training_pairs), c_int64_t))
    call check("sa_training_pairs.struct_size", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%struct_size)))
    call check("sizeof(sa_training_pairs.struct_size)", &
      int(c_sizeof(x_sa_training_pairs%struct_size), c_int64_t))
    call check("sa_training_pairs.pairs", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%pairs)))
    call check("sizeof(sa_training_pairs.pairs)", &
      int(c_sizeof(x_sa_training_pairs%pairs), c_int64_t))
    call check("sa_training_pairs.tokens", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%tokens)))
    call check("sizeof(sa_training_pairs.tokens)", &
      int(c_sizeof(x_sa_training_pairs%tokens), c_int64_t))
    call check("sa_training_pairs.ids", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%ids)))
    call check("sizeof(sa_training_pairs.ids)", &
      int(c_sizeof(x_sa_training_pairs%ids), c_int64_t))
    call check("sa_training_pairs.lengths", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%lengths)))
    call check("sizeof(sa_training_pairs.lengths)", &
      int(c_sizeof(x_sa_training_pairs%lengths), c_int64_t))
    call check("sa_training_pairs.temperature", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%temperature)))
    call check("sizeof(sa_training_pairs.temperature)", &
      int(c_sizeof(x_sa_training_pairs%temperature), c_int64_t))
    call check("sa_training_pairs.weight", &
      offset(c_loc(x_sa_training_pairs), c_loc(x_sa_training_pairs%weight)))
    call check("sizeof(sa_training_pairs.weight)", &
      int(c_sizeof(x_sa_training_pairs%weight), c_int64_t))
    call check("sizeof(sa_tokenizer_train_args)", int(c_sizeof(x_sa_tokenizer_train_args), c_int64_t))
    call check("sa_tokenizer_train_args.struct_size", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%struct_size)))
    call check("sizeof(sa_tokenizer_train_args.struct_size)", &
      int(c_sizeof(x_sa_tokenizer_train_args%struct_size), c_int64_t))
    call check("sa_tokenizer_train_args.texts", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%texts)))
    call check("sizeof(sa_tokenizer_train_args.texts)", &
      int(c_sizeof(x_sa_tokenizer_train_args%texts), c_int64_t))
    call check("sa_tokenizer_train_args.bytes", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%bytes)))
    call check("sizeof(sa_tokenizer_train_args.bytes)", &
      int(c_sizeof(x_sa_tokenizer_train_args%bytes), c_int64_t))
    call check("sa_tokenizer_train_args.count", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%count)))
    call check("sizeof(sa_tokenizer_train_args.count)", &
      int(c_sizeof(x_sa_tokenizer_train_args%count), c_int64_t))
    call check("sa_tokenizer_train_args.vocabulary", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%vocabulary)))
    call check("sizeof(sa_tokenizer_train_args.vocabulary)", &
      int(c_sizeof(x_sa_tokenizer_train_args%vocabulary), c_int64_t))
    call check("sa_tokenizer_train_args.least", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%least)))
    call check("sizeof(sa_tokenizer_train_args.least)", &
      int(c_sizeof(x_sa_tokenizer_train_args%least), c_int64_t))
    call check("sa_tokenizer_train_args.special", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%special)))
    call check("sizeof(sa_tokenizer_train_args.special)", &
      int(c_sizeof(x_sa_tokenizer_train_args%special), c_int64_t))
    call check("sa_tokenizer_train_args.special_count", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%special_count)))
    call check("sizeof(sa_tokenizer_train_args.special_count)", &
      int(c_sizeof(x_sa_tokenizer_train_args%special_count), c_int64_t))
    call check("sa_tokenizer_train_args.begin", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%begin)))
    call check("sizeof(sa_tokenizer_train_args.begin)", &
      int(c_sizeof(x_sa_tokenizer_train_args%begin), c_int64_t))
    call check("sa_tokenizer_train_args.end", &
      offset(c_loc(x_sa_tokenizer_train_args), c_loc(x_sa_tokenizer_train_args%end)))
    call check("sizeof(sa_tokenizer_train_args.end)", &
      int(c_sizeof(x_sa_tokenizer_train_args%end), c_int64_t))
  end subroutine declared

  function offset(whole, part)
    type(c_ptr), intent(in) :: whole, part
    integer(c_int64_t) :: offset
    offset = transfer(part, 0_c_intptr_t) - transfer(whole, 0_c_intptr_t)
  end function offset
end module selfattn_declarations
