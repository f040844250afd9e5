// Written by bindings/declare from the public headers, which are the manual.
// SPDX-License-Identifier: MIT
#![allow(non_camel_case_types, clippy::too_many_arguments)]

use std::mem::{size_of, MaybeUninit};
use std::os::raw::{c_char, c_void};
use std::ptr::addr_of;

pub type sa_status = i32;

pub const SA_VERSION_MAJOR: i32 = 0;
pub const SA_VERSION_MINOR: i32 = 1;
pub const SA_VERSION_PATCH: i32 = 0;
pub const SA_VERSION: i32 = 1000;
pub const SA_OK: i32 = 0;
pub const SA_ERR_NULL: i32 = 1;
pub const SA_ERR_STRUCT_SIZE: i32 = 2;
pub const SA_ERR_VALUE: i32 = 3;
pub const SA_ERR_SHAPE: i32 = 4;
pub const SA_ERR_OVERFLOW: i32 = 5;
pub const SA_ERR_UNSUPPORTED: i32 = 6;
pub const SA_ERR_MEMORY: i32 = 10;
pub const SA_ERR_BUSY: i32 = 11;
pub const SA_ERR_CANCELLED: i32 = 12;
pub const SA_ERR_FILE: i32 = 20;
pub const SA_ERR_FORMAT: i32 = 21;
pub const SA_ERR_TEXT: i32 = 22;
pub const SA_ERR_EXCHANGE: i32 = 30;
pub const SA_F32: i32 = 0;
pub const SA_BF16: i32 = 1;
pub const SA_F16: i32 = 2;
pub const SA_BOOL: i32 = 3;
pub const SA_Q4_0: i32 = 34;
pub const SA_Q4_1: i32 = 35;
pub const SA_Q5_0: i32 = 38;
pub const SA_Q5_1: i32 = 39;
pub const SA_Q8_0: i32 = 40;
pub const SA_Q2_K: i32 = 42;
pub const SA_Q3_K: i32 = 43;
pub const SA_Q4_K: i32 = 44;
pub const SA_Q5_K: i32 = 45;
pub const SA_Q6_K: i32 = 46;
pub const SA_IQ4_NL: i32 = 52;
pub const SA_IQ4_XS: i32 = 55;
pub const SA_MXFP4: i32 = 71;
pub const SA_BHSD: i32 = 0;
pub const SA_BSHD: i32 = 1;
pub const SA_PARALLEL_DEFAULT: i32 = 0;
pub const SA_PARALLEL_SERIAL: i32 = 1;
pub const SA_PARALLEL_OPENMP: i32 = 2;
pub const SA_PARALLEL_CALLBACK: i32 = 3;
pub const SA_PARALLEL_POOL: i32 = 4;
pub const SA_PATH_AUTO: i32 = 0;
pub const SA_PATH_PLAIN: i32 = 1;
pub const SA_PATH_BLAS: i32 = 2;
pub const SA_PATH_FUSED: i32 = 3;
pub const SA_ISA_AUTO: i32 = 0;
pub const SA_ISA_PORTABLE: i32 = 1;
pub const SA_ISA_SIMD128: i32 = 7;
pub const SA_ISA_NEON: i32 = 6;
pub const SA_ISA_AVX2: i32 = 2;
pub const SA_ISA_AVX512: i32 = 3;
pub const SA_ISA_AVX512_BF16: i32 = 5;
pub const SA_ISA_AMX: i32 = 4;
pub const SA_PRECISION_HIGHEST: i32 = 0;
pub const SA_PRECISION_HIGH: i32 = 1;
pub const SA_PRECISION_MEDIUM: i32 = 2;
pub const SA_ALIGN_DEFAULT: i32 = 0;
pub const SA_ALIGN_TOP_LEFT: i32 = 1;
pub const SA_ALIGN_BOTTOM_RIGHT: i32 = 2;
pub const SA_ALIGN_OFFSET: i32 = 3;
pub const SA_MASK_KEYS_DEFAULT: i32 = 0;
pub const SA_MASK_KEYS_REPEATED: i32 = 1;
pub const SA_MASK_KEYS_HIDDEN: i32 = 2;
pub const SA_ROPE_HALF: i32 = 0;
pub const SA_ROPE_INTERLEAVED: i32 = 1;
pub const SA_ROPE_PLAIN: i32 = 0;
pub const SA_ROPE_LINEAR: i32 = 1;
pub const SA_ROPE_DYNAMIC: i32 = 2;
pub const SA_ROPE_YARN: i32 = 3;
pub const SA_ROPE_LONGROPE: i32 = 4;
pub const SA_ROPE_LLAMA3: i32 = 5;
pub const SA_SINUSOIDAL_PAIRS: i32 = 0;
pub const SA_SINUSOIDAL_HALVES: i32 = 1;
pub const SA_SINUSOIDAL_WHISPER: i32 = 2;
pub const SA_CACHE_PAGE: i32 = 128;
pub const SA_I8: i32 = 4;
pub const SA_WEIGHTS_PROBABILITIES: i32 = 0;
pub const SA_WEIGHTS_SCALED: i32 = 1;
pub const SA_WEIGHTS_SOFTCAPPED: i32 = 2;
pub const SA_WEIGHTS_BIASED: i32 = 3;
pub const SA_LIST_BLOCK_MOST: i32 = 128;
pub const SA_TILE_SOME: i32 = 0;
pub const SA_TILE_NONE: i32 = 1;
pub const SA_TILE_ALL: i32 = 2;
pub const SA_STRONGEST_MOST: i32 = 64;
pub const SA_SUMMARY_QUERIES: i32 = 4194304;
pub const SA_SHARDS_CONTIGUOUS: i32 = 0;
pub const SA_SHARDS_ZIGZAG: i32 = 1;
pub const SA_SHARDS_STRIPED: i32 = 2;
pub const SA_SHARD_CHUNKS: i32 = 131072;
pub const SA_FEATURES_IDENTITY: i32 = 0;
pub const SA_FEATURES_ELU: i32 = 1;
pub const SA_FEATURES_RELU: i32 = 2;
pub const SA_FEATURES_SQUARE: i32 = 3;
pub const SA_LINEAR_AUTO: i32 = 0;
pub const SA_LINEAR_RECURRENT: i32 = 1;
pub const SA_LINEAR_CHUNKED: i32 = 2;
pub const SA_CONV_PLAIN: i32 = 0;
pub const SA_CONV_SILU: i32 = 1;
pub const SA_OUT_IN: i32 = 0;
pub const SA_IN_OUT: i32 = 1;
pub const SA_LATENT_AUTO: i32 = 0;
pub const SA_LATENT_EXPANDED: i32 = 1;
pub const SA_LATENT_ABSORBED: i32 = 2;
pub const SA_CACHE_APPEND: i32 = 0;
pub const SA_CACHE_READ: i32 = 1;
pub const SA_ENCODE_NO_TEMPLATE: i32 = 1;
pub const SA_ENCODE_NO_SPECIAL: i32 = 2;
pub const SA_MODEL_LAYERS: i32 = 0;
pub const SA_MODEL_WIDTH: i32 = 1;
pub const SA_MODEL_QUERY_HEADS: i32 = 2;
pub const SA_MODEL_KV_HEADS: i32 = 3;
pub const SA_MODEL_VOCABULARY: i32 = 4;
pub const SA_MODEL_MAX_POSITIONS: i32 = 5;
pub const SA_MODEL_HEAD_SIZE: i32 = 6;
pub const SA_MODEL_ENCODER: i32 = 7;
pub const SA_MODEL_DECODER: i32 = 8;
pub const SA_MODEL_DECODER_LAYERS: i32 = 9;
pub const SA_MODEL_DECODER_WIDTH: i32 = 10;
pub const SA_MODEL_DECODER_QUERY_HEADS: i32 = 11;
pub const SA_MODEL_DECODER_KV_HEADS: i32 = 12;
pub const SA_MODEL_DECODER_VOCABULARY: i32 = 13;
pub const SA_MODEL_DECODER_MAX_POSITIONS: i32 = 14;
pub const SA_MODEL_DECODER_HEAD_SIZE: i32 = 15;
pub const SA_MODEL_OUTPUTS: i32 = 16;
pub const SA_MODEL_POOLED: i32 = 17;
pub const SA_MODEL_FEATURE_CHANNELS: i32 = 18;
pub const SA_MODEL_FEATURE_HEIGHT: i32 = 19;
pub const SA_MODEL_FEATURE_WIDTH: i32 = 20;
pub const SA_MODEL_FEATURE_TOKENS: i32 = 21;
pub const SA_MODEL_FEATURE_ROWS: i32 = 22;
pub const SA_MODEL_FEATURE_COLUMNS: i32 = 23;
pub const SA_MODEL_START_TOKEN: i32 = 24;
pub const SA_MODEL_END_TOKEN: i32 = 25;
pub const SA_MODEL_PAD_TOKEN: i32 = 26;
pub const SA_MODEL_TOKEN_LOGITS: i32 = 27;
pub const SA_MODEL_FORCED_FIRST_TOKEN: i32 = 28;
pub const SA_MODEL_FORCED_LAST_TOKEN: i32 = 29;
pub const SA_MODEL_MAX_NEW_TOKENS: i32 = 30;
pub const SA_MODEL_EMBEDDING_WIDTH: i32 = 31;
pub const SA_MODEL_PADDED_TOKENS: i32 = 32;
pub const SA_MODEL_UNSUPPORTED: i32 = 33;
pub const SA_MODEL_TOKEN_TYPES: i32 = 34;
pub const SA_MODEL_POOLED_WIDTH: i32 = 35;
pub const SA_LIKENESS_NONE: i32 = 0;
pub const SA_LIKENESS_SOFTMAX: i32 = 1;
pub const SA_LIKENESS_SIGMOID: i32 = 2;
pub const SA_END_NONE: i32 = 0;
pub const SA_END_MAX_TOKENS: i32 = 1;
pub const SA_END_TOKEN: i32 = 2;
pub const SA_END_STRING: i32 = 3;
pub const SA_END_CALLER: i32 = 4;
pub const SA_END_FULL: i32 = 5;
pub const SA_EARLY_STOPPING_NEVER: i32 = 0;
pub const SA_EARLY_STOPPING_TRUE: i32 = 1;
pub const SA_EARLY_STOPPING_FALSE: i32 = 2;
pub const SA_MEL_WHISPER: i32 = 0;
pub const SA_MEL_KALDI: i32 = 1;
pub const SA_MEL_MEANS: i32 = 1;
pub const SA_MEL_DEVIATIONS: i32 = 2;
pub const SA_MEL_RATE: i32 = 0;
pub const SA_MEL_FRAME: i32 = 1;
pub const SA_MEL_STEP: i32 = 2;
pub const SA_MEL_BINS: i32 = 3;
pub const SA_MEL_WINDOW: i32 = 4;
pub const SA_MEL_KIND: i32 = 5;
pub const SA_TIMES_AUTO: i32 = 0;
pub const SA_TIMES_ALWAYS: i32 = 1;
pub const SA_TIMES_NEVER: i32 = 2;
pub const SA_TASK_TRANSCRIBE: i32 = 0;
pub const SA_TASK_TRANSLATE: i32 = 1;
pub const SA_WINDOW_TEXT: i32 = 0;
pub const SA_WINDOW_SILENT: i32 = 1;
pub const SA_WINDOW_SPEECHLESS: i32 = 2;
pub const SA_OPTIMIZER_ADAMW: i32 = 0;
pub const SA_OPTIMIZER_SGD: i32 = 1;
pub const SA_SCHEDULE_CONSTANT: i32 = 0;
pub const SA_SCHEDULE_LINEAR: i32 = 1;
pub const SA_SCHEDULE_COSINE: i32 = 2;

#[repr(C)]
pub struct sa_ctx {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_cache {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_linear_state {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_random_features {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_layer {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_tokenizer {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_text_stream {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_model {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_session {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_mel {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_speech {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct sa_trainer {
    _opaque: [u8; 0],
}

pub type sa_body_fn = Option<unsafe extern "C" fn(arg: *mut c_void, index: i64)>;

pub type sa_parallel_for_fn = Option<unsafe extern "C" fn(
    user: *mut c_void,
    count: i64,
    body: sa_body_fn,
    arg: *mut c_void,
)>;

pub type sa_allocate_fn = Option<unsafe extern "C" fn(user: *mut c_void, size: usize, alignment: usize) -> *mut c_void>;

pub type sa_release_fn = Option<unsafe extern "C" fn(user: *mut c_void, memory: *mut c_void, size: usize)>;

pub type sa_ctx_progress_fn = Option<unsafe extern "C" fn(
    user: *mut c_void,
    what: *const c_char,
    done: i64,
    total: i64,
)>;

pub type sa_tile_question_fn = Option<unsafe extern "C" fn(user: *mut c_void, tile: *const sa_score_tile) -> i32>;

pub type sa_tile_change_fn = Option<unsafe extern "C" fn(user: *mut c_void, tile: *const sa_score_tile)>;

pub type sa_exchange_start_fn = Option<unsafe extern "C" fn(
    user: *mut c_void,
    send: *const c_void,
    send_bytes: u64,
    to: i64,
    receive: *mut c_void,
    receive_bytes: u64,
    from: i64,
) -> i32>;

pub type sa_exchange_progress_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

pub type sa_exchange_finish_fn = Option<unsafe extern "C" fn(user: *mut c_void) -> i32>;

pub type sa_exchange_gather_fn = Option<unsafe extern "C" fn(
    user: *mut c_void,
    send: *const c_void,
    bytes: u64,
    receive: *mut c_void,
) -> i32>;

pub type sa_exchange_failure_fn = Option<unsafe extern "C" fn(user: *mut c_void) -> *const c_char>;

pub type sa_progress_fn = Option<unsafe extern "C" fn(user: *mut c_void, done: i64, all: i64)>;

pub type sa_token_fn = Option<unsafe extern "C" fn(
    user: *mut c_void,
    sequence: i64,
    token: i32,
    log_probability: f32,
) -> i32>;

pub type sa_logits_fn = Option<unsafe extern "C" fn(user: *mut c_void, sequence: i64, logits: *mut f32, count: i64)>;

pub type sa_segment_fn = Option<unsafe extern "C" fn(user: *mut c_void, segment: *const sa_speech_segment) -> i32>;

pub type sa_window_fn = Option<unsafe extern "C" fn(user: *mut c_void, window: *const sa_speech_window) -> i32>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_tensor {
    pub data: *mut c_void,
    pub dtype: i32,
    pub reserved: i32,
    pub size: [i64; 4],
    pub stride: [i64; 4],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_ctx_options {
    pub struct_size: u64,
    pub threads: i32,
    pub parallel: i32,
    pub parallel_for: sa_parallel_for_fn,
    pub parallel_user: *mut c_void,
    pub allocate: sa_allocate_fn,
    pub release: sa_release_fn,
    pub allocator_user: *mut c_void,
    pub path: i32,
    pub isa: i32,
    pub precision: i32,
    pub same_bits: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_masking {
    pub struct_size: u64,
    pub key_lengths: *const i64,
    pub causal: i32,
    pub align: i32,
    pub offset: i64,
    pub offsets: *const i64,
    pub window: i32,
    pub reserved: i32,
    pub window_left: i64,
    pub window_right: i64,
    pub mask: sa_tensor,
    pub keep_first: i64,
    pub mask_keys: i32,
    pub reserved2: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_score_rules {
    pub struct_size: u64,
    pub alibi_slopes: *const f32,
    pub relative_bias: *const f32,
    pub relative_reach: i64,
    pub sink_logits: *const f32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_rope {
    pub struct_size: u64,
    pub style: i32,
    pub reserved: i32,
    pub rotary: i64,
    pub theta: f64,
    pub inverse_frequency: *const f64,
    pub attention_factor: f64,
    pub cosines: *const f32,
    pub sines: *const f32,
    pub table_positions: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_rope_scaling {
    pub struct_size: u64,
    pub kind: i32,
    pub truncate: i32,
    pub rotary: i64,
    pub theta: f64,
    pub factor: f64,
    pub original_positions: i64,
    pub max_positions: i64,
    pub length: i64,
    pub low_frequency_factor: f64,
    pub high_frequency_factor: f64,
    pub beta_fast: f64,
    pub beta_slow: f64,
    pub mscale: f64,
    pub mscale_all_dim: f64,
    pub attention_factor: f64,
    pub short_factors: *const f64,
    pub long_factors: *const f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_cache_config {
    pub struct_size: u64,
    pub layers: i64,
    pub batch: i64,
    pub kv_heads: i64,
    pub head_size: i64,
    pub value_head_size: i64,
    pub dtype: i32,
    pub values_in_keys: i32,
    pub capacity: i64,
    pub window: i64,
    pub keep_first: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_packing {
    pub struct_size: u64,
    pub sequences: i64,
    pub query_starts: *const i64,
    pub key_starts: *const i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_block_list {
    pub struct_size: u64,
    pub query_block: i64,
    pub key_block: i64,
    pub sequences: i64,
    pub heads: i64,
    pub offsets: *const i64,
    pub indices: *const i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_pattern {
    pub struct_size: u64,
    pub queries: i64,
    pub keys: i64,
    pub offset: i64,
    pub query_block: i64,
    pub key_block: i64,
    pub causal: i32,
    pub window: i32,
    pub window_left: i64,
    pub window_right: i64,
    pub stride: i64,
    pub stride_reach: i64,
    pub global_tokens: i64,
    pub random_blocks: i64,
    pub seed: u64,
    pub document_starts: *const i64,
    pub documents: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_score_tile {
    pub struct_size: u64,
    pub sequence: i64,
    pub head: i64,
    pub query: i64,
    pub key: i64,
    pub queries: i64,
    pub keys: i64,
    pub query_stride: i64,
    pub key_stride: i64,
    pub values: *mut f32,
    pub visible: *mut u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_score_callbacks {
    pub struct_size: u64,
    pub user: *mut c_void,
    pub mask_tile: sa_tile_question_fn,
    pub mask_mod: sa_tile_change_fn,
    pub score_mod: sa_tile_change_fn,
    pub prob_mod: sa_tile_change_fn,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_summaries {
    pub struct_size: u64,
    pub key_sums: sa_tensor,
    pub key_maxima: sa_tensor,
    pub entropy: sa_tensor,
    pub strongest: i64,
    pub strongest_weights: sa_tensor,
    pub strongest_keys: *mut i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_dropout {
    pub struct_size: u64,
    pub probability: f32,
    pub reserved: i32,
    pub seed: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_attention_args {
    pub struct_size: u64,
    pub query: sa_tensor,
    pub key: sa_tensor,
    pub value: sa_tensor,
    pub output: sa_tensor,
    pub scale: f32,
    pub softcap: f32,
    pub masking: *const sa_masking,
    pub lse: sa_tensor,
    pub weights: sa_tensor,
    pub weights_kind: i32,
    pub reserved: i32,
    pub rules: *const sa_score_rules,
    pub cache: *const sa_cache,
    pub cache_layer: i64,
    pub packing: *const sa_packing,
    pub blocks: *const sa_block_list,
    pub callbacks: *const sa_score_callbacks,
    pub summaries: *const sa_summaries,
    pub dropout: *const sa_dropout,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_attention_gradients {
    pub struct_size: u64,
    pub output: sa_tensor,
    pub query: sa_tensor,
    pub key: sa_tensor,
    pub value: sa_tensor,
    pub mask: sa_tensor,
    pub alibi_slopes: *mut f32,
    pub relative_bias: *mut f32,
    pub sink_logits: *mut f32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_attention_merge_args {
    pub struct_size: u64,
    pub count: i64,
    pub outputs: *const sa_tensor,
    pub lses: *const sa_tensor,
    pub output: sa_tensor,
    pub lse: sa_tensor,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_sharding {
    pub struct_size: u64,
    pub tokens: i64,
    pub chunk: i64,
    pub kind: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_exchange {
    pub struct_size: u64,
    pub user: *mut c_void,
    pub rank: i64,
    pub ranks: i64,
    pub start: sa_exchange_start_fn,
    pub finish: sa_exchange_finish_fn,
    pub all_gather: sa_exchange_gather_fn,
    pub progress: sa_exchange_progress_fn,
    pub failure: sa_exchange_failure_fn,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_ring_args {
    pub struct_size: u64,
    pub exchange: *const sa_exchange,
    pub key_shards: *const sa_sharding,
    pub query_shards: *const sa_sharding,
    pub query: sa_tensor,
    pub key: sa_tensor,
    pub value: sa_tensor,
    pub output: sa_tensor,
    pub lse: sa_tensor,
    pub masking: *const sa_masking,
    pub rules: *const sa_score_rules,
    pub scale: f32,
    pub softcap: f32,
    pub cache: *const sa_cache,
    pub cache_layer: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_linear_state_config {
    pub struct_size: u64,
    pub batch: i64,
    pub kv_heads: i64,
    pub head_size: i64,
    pub value_head_size: i64,
    pub normalised: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_random_features_config {
    pub struct_size: u64,
    pub count: i64,
    pub head_size: i64,
    pub seed: u64,
    pub independent: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_linear_attention_args {
    pub struct_size: u64,
    pub query: sa_tensor,
    pub key: sa_tensor,
    pub value: sa_tensor,
    pub output: sa_tensor,
    pub decay: sa_tensor,
    pub beta: sa_tensor,
    pub state: *mut sa_linear_state,
    pub lengths: *const i64,
    pub random_features: *const sa_random_features,
    pub scale: f32,
    pub epsilon: f32,
    pub features: i32,
    pub form: i32,
    pub normalised: i32,
    pub bidirectional: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_causal_conv_args {
    pub struct_size: u64,
    pub x: sa_tensor,
    pub weight: sa_tensor,
    pub bias: sa_tensor,
    pub y: sa_tensor,
    pub state: sa_tensor,
    pub activation: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_latent {
    pub struct_size: u64,
    pub latent_size: i64,
    pub rotary_size: i64,
    pub query_rank: i64,
    pub weight_down: *const c_void,
    pub weight_up: *const c_void,
    pub weight_down_query: *const c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_layer_config {
    pub struct_size: u64,
    pub model_width: i64,
    pub context_width: i64,
    pub output_width: i64,
    pub query_heads: i64,
    pub kv_heads: i64,
    pub head_size: i64,
    pub value_head_size: i64,
    pub weight_order: i32,
    pub weight_dtype: i32,
    pub weight_q: *const c_void,
    pub weight_k: *const c_void,
    pub weight_v: *const c_void,
    pub weight_qkv: *const c_void,
    pub weight_o: *const c_void,
    pub bias_q: *const c_void,
    pub bias_k: *const c_void,
    pub bias_v: *const c_void,
    pub bias_qkv: *const c_void,
    pub bias_o: *const c_void,
    pub scale: f32,
    pub softcap: f32,
    pub rope: *const sa_rope,
    pub rules: *const sa_score_rules,
    pub query_norm: *const f32,
    pub key_norm: *const f32,
    pub norm_epsilon: f32,
    pub norm_all_heads: i32,
    pub latent: *const sa_latent,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_forward_args {
    pub struct_size: u64,
    pub x: sa_tensor,
    pub context: sa_tensor,
    pub y: sa_tensor,
    pub masking: *const sa_masking,
    pub lse: sa_tensor,
    pub weights: sa_tensor,
    pub weights_kind: i32,
    pub reserved: i32,
    pub cache: *mut sa_cache,
    pub cache_layer: i64,
    pub cache_use: i32,
    pub latent_form: i32,
    pub lengths: *const i64,
    pub positions: *const i64,
    pub packing: *const sa_packing,
    pub blocks: *const sa_block_list,
    pub callbacks: *const sa_score_callbacks,
    pub summaries: *const sa_summaries,
    pub dropout: *const sa_dropout,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_layer_gradients {
    pub struct_size: u64,
    pub y: sa_tensor,
    pub x: sa_tensor,
    pub context: sa_tensor,
    pub mask: sa_tensor,
    pub weight_order: i32,
    pub reserved: i32,
    pub weight_q: *mut f32,
    pub weight_k: *mut f32,
    pub weight_v: *mut f32,
    pub weight_qkv: *mut f32,
    pub weight_o: *mut f32,
    pub bias_q: *mut f32,
    pub bias_k: *mut f32,
    pub bias_v: *mut f32,
    pub bias_qkv: *mut f32,
    pub bias_o: *mut f32,
    pub query_norm: *mut f32,
    pub key_norm: *mut f32,
    pub alibi_slopes: *mut f32,
    pub relative_bias: *mut f32,
    pub sink_logits: *mut f32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_model_options {
    pub struct_size: u64,
    pub convert: i32,
    pub weights: i32,
    pub progress: sa_progress_fn,
    pub progress_user: *mut c_void,
    pub in_memory: i32,
    pub image_size: i32,
    pub part: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_encode_args {
    pub struct_size: u64,
    pub batch: i64,
    pub tokens: i64,
    pub ids: *const i32,
    pub lengths: *const i64,
    pub types: *const i32,
    pub hidden: *mut f32,
    pub hidden_all: *mut f32,
    pub attention: *mut f32,
    pub embedding: *mut f32,
    pub features: *const f32,
    pub pooled: *mut f32,
    pub logits: *mut f32,
    pub targets: i64,
    pub target_ids: *const i32,
    pub target_lengths: *const i64,
    pub target_hidden: *mut f32,
    pub target_hidden_all: *mut f32,
    pub target_attention: *mut f32,
    pub cross_attention: *mut f32,
    pub feature_width: i64,
    pub queries: *mut f32,
    pub keys: *mut f32,
    pub entropy: *mut f32,
    pub strongest: i64,
    pub strongest_weights: *mut f32,
    pub strongest_keys: *mut i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_session_config {
    pub struct_size: u64,
    pub batch: i64,
    pub capacity: i64,
    pub window: i64,
    pub keep_first: i64,
    pub cache_dtype: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_session_args {
    pub struct_size: u64,
    pub tokens: i64,
    pub ids: *const i32,
    pub lengths: *const i64,
    pub logits: *mut f32,
    pub logits_all: *mut f32,
    pub hidden: *mut f32,
    pub hidden_all: *mut f32,
    pub attention: *mut f32,
    pub cross_attention: *mut f32,
    pub types: *const i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_sampling {
    pub struct_size: u64,
    pub seed: u64,
    pub temperature: f64,
    pub top_k: i64,
    pub top_p: f64,
    pub min_p: f64,
    pub repetition_penalty: f64,
    pub presence_penalty: f64,
    pub frequency_penalty: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_generate_args {
    pub struct_size: u64,
    pub tokens: i64,
    pub ids: *const i32,
    pub lengths: *const i64,
    pub max_tokens: i64,
    pub sampling: *const sa_sampling,
    pub generated: *mut i32,
    pub counts: *mut i64,
    pub endings: *mut i32,
    pub log_probabilities: *mut f32,
    pub stop_tokens: *const i32,
    pub stop_token_count: i64,
    pub stop_strings: *const *const c_char,
    pub stop_string_count: i64,
    pub tokenizer: *const sa_tokenizer,
    pub on_token: sa_token_fn,
    pub on_logits: sa_logits_fn,
    pub user: *mut c_void,
    pub model_rules: i32,
    pub reserved: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_beam_args {
    pub struct_size: u64,
    pub tokens: i64,
    pub ids: *const i32,
    pub max_tokens: i64,
    pub results: i64,
    pub length_penalty: f64,
    pub generated: *mut i32,
    pub counts: *mut i64,
    pub scores: *mut f64,
    pub stop_tokens: *const i32,
    pub stop_token_count: i64,
    pub model_rules: i32,
    pub early_stopping: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_mel_config {
    pub struct_size: u64,
    pub rate: i64,
    pub frame: i64,
    pub step: i64,
    pub bins: i64,
    pub window: i64,
    pub lowest: f64,
    pub highest: f64,
    pub kind: i32,
    pub by_bin: i32,
    pub scale: f64,
    pub window_power: f64,
    pub mean: f64,
    pub deviation: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_speech_segment {
    pub struct_size: u64,
    pub begin: f64,
    pub end: f64,
    pub ids: *const i32,
    pub count: i64,
    pub language: i32,
    pub reserved: i32,
    pub log_probability: f64,
    pub no_speech: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_speech_window {
    pub struct_size: u64,
    pub first: i64,
    pub count: i64,
    pub next: i64,
    pub kind: i32,
    pub language: i32,
    pub ids: *const i32,
    pub tokens: i64,
    pub log_probability: f64,
    pub no_speech: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_transcribe_args {
    pub struct_size: u64,
    pub speech: *const sa_speech,
    pub samples: *const f32,
    pub count: i64,
    pub on_segment: sa_segment_fn,
    pub on_window: sa_window_fn,
    pub user: *mut c_void,
    pub language: *const c_char,
    pub task: i32,
    pub times: i32,
    pub prompt: *const i32,
    pub prompt_tokens: i64,
    pub keep_text: i32,
    pub reserved: i32,
    pub max_tokens: i64,
    pub no_speech: f64,
    pub log_probability: f64,
    pub language_found: *mut i32,
    pub language_probabilities: *mut f32,
    pub done: *mut i64,
    pub beginning: *const i32,
    pub beginning_tokens: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_lora {
    pub struct_size: u64,
    pub rank: i64,
    pub alpha: f64,
    pub dropout: f64,
    pub targets: *const c_char,
    pub adapter: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_trainer_config {
    pub struct_size: u64,
    pub optimizer: i32,
    pub resume: i32,
    pub decay_matrices_only: i32,
    pub initialize: i32,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub weight_decay: f64,
    pub clip_norm: f64,
    pub label_smoothing: f64,
    pub attention_dropout: f64,
    pub hidden_dropout: f64,
    pub seed: u64,
    pub lora: *const sa_lora,
    pub recompute: i64,
    pub weights: i64,
    pub classes: *const *const c_char,
    pub class_count: i64,
    pub image_size: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_training_batch {
    pub struct_size: u64,
    pub batch: i64,
    pub tokens: i64,
    pub ids: *const i32,
    pub lengths: *const i64,
    pub features: *const f32,
    pub labels: *const i32,
    pub labels_per_sequence: i64,
    pub weight: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_training_pairs {
    pub struct_size: u64,
    pub pairs: i64,
    pub tokens: i64,
    pub ids: *const i32,
    pub lengths: *const i64,
    pub temperature: f64,
    pub weight: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sa_tokenizer_train_args {
    pub struct_size: u64,
    pub texts: *const *const c_char,
    pub bytes: *const i64,
    pub count: i64,
    pub vocabulary: i64,
    pub least: i64,
    pub special: *const *const c_char,
    pub special_count: i64,
    pub begin: *const c_char,
    pub end: *const c_char,
}

extern "C" {
    pub fn sa_version() -> i32;
    pub fn sa_version_string() -> *const c_char;
    pub fn sa_build_info() -> *const c_char;
    pub fn sa_status_string(status: sa_status) -> *const c_char;
    pub fn sa_constant(name: *const c_char, value: *mut i64) -> sa_status;
    pub fn sa_constant_name(index: i32) -> *const c_char;
    pub fn sa_tensor_set(
        t: *mut sa_tensor,
        data: *mut c_void,
        dtype: i32,
        layout: i32,
        batch: i64,
        heads: i64,
        sequence: i64,
        head_size: i64,
    );
    pub fn sa_ctx_create(options: *const sa_ctx_options, ctx: *mut *mut sa_ctx) -> sa_status;
    pub fn sa_ctx_destroy(ctx: *mut *mut sa_ctx);
    pub fn sa_ctx_last_error(ctx: *const sa_ctx) -> *const c_char;
    pub fn sa_ctx_threads(ctx: *const sa_ctx) -> i32;
    pub fn sa_ctx_parallel(ctx: *const sa_ctx) -> i32;
    pub fn sa_ctx_isa(ctx: *const sa_ctx) -> i32;
    pub fn sa_ctx_path(ctx: *const sa_ctx) -> i32;
    pub fn sa_ctx_precision(ctx: *const sa_ctx) -> i32;
    pub fn sa_ctx_scratch_bytes(ctx: *const sa_ctx) -> u64;
    pub fn sa_ctx_reserve(ctx: *mut sa_ctx, bytes: u64) -> sa_status;
    pub fn sa_ctx_cancel(ctx: *mut sa_ctx) -> i32;
    pub fn sa_ctx_set_progress(ctx: *mut sa_ctx, progress: sa_ctx_progress_fn, user: *mut c_void) -> sa_status;
    pub fn sa_alibi_slopes(heads: i64, slopes: *mut f32) -> sa_status;
    pub fn sa_t5_distances(
        table: *const f32,
        buckets: i64,
        heads: i64,
        max_distance: i64,
        bidirectional: i32,
        bias: *mut f32,
    ) -> sa_status;
    pub fn sa_rope_frequencies(
        scaling: *const sa_rope_scaling,
        inverse_frequency: *mut f64,
        attention_factor: *mut f64,
    ) -> sa_status;
    pub fn sa_rope_apply(
        ctx: *mut sa_ctx,
        rope: *const sa_rope,
        input: *const sa_tensor,
        output: *const sa_tensor,
        positions: *const i64,
        offset: i64,
    ) -> sa_status;
    pub fn sa_sinusoidal_positions(positions: i64, width: i64, style: i32, table: *mut f32) -> sa_status;
    pub fn sa_cache_create(ctx: *mut sa_ctx, config: *const sa_cache_config, cache: *mut *mut sa_cache) -> sa_status;
    pub fn sa_cache_destroy(cache: *mut *mut sa_cache);
    pub fn sa_cache_append(
        ctx: *mut sa_ctx,
        cache: *mut sa_cache,
        layer: i64,
        key: *const sa_tensor,
        value: *const sa_tensor,
        lengths: *const i64,
    ) -> sa_status;
    pub fn sa_cache_length(cache: *const sa_cache, layer: i64, sequence: i64) -> i64;
    pub fn sa_cache_bytes(cache: *const sa_cache) -> u64;
    pub fn sa_cache_truncate(cache: *mut sa_cache, sequence: i64, length: i64) -> sa_status;
    pub fn sa_cache_fork(cache: *mut sa_cache, from: i64, to: i64) -> sa_status;
    pub fn sa_cache_reorder(cache: *mut sa_cache, from: *const i64) -> sa_status;
    pub fn sa_pattern_blocks(
        pattern: *const sa_pattern,
        offsets: *mut i64,
        indices: *mut i32,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_top_blocks(
        ctx: *mut sa_ctx,
        query: *const sa_tensor,
        key: *const sa_tensor,
        query_block: i64,
        key_block: i64,
        most: i64,
        causal: i32,
        offset: i64,
        offsets: *mut i64,
        indices: *mut i32,
    ) -> sa_status;
    pub fn sa_attention(ctx: *mut sa_ctx, args: *const sa_attention_args) -> sa_status;
    pub fn sa_attention_workspace_size(ctx: *mut sa_ctx, args: *const sa_attention_args, bytes: *mut u64) -> sa_status;
    pub fn sa_attention_backward(
        ctx: *mut sa_ctx,
        args: *const sa_attention_args,
        gradients: *const sa_attention_gradients,
    ) -> sa_status;
    pub fn sa_attention_backward_workspace_size(
        ctx: *mut sa_ctx,
        args: *const sa_attention_args,
        gradients: *const sa_attention_gradients,
        bytes: *mut u64,
    ) -> sa_status;
    pub fn sa_attention_merge(ctx: *mut sa_ctx, args: *const sa_attention_merge_args) -> sa_status;
    pub fn sa_tensor_scatter(
        ctx: *mut sa_ctx,
        update: *const sa_tensor,
        positions: *const i64,
        circular: i32,
        cache: *const sa_tensor,
    ) -> sa_status;
    pub fn sa_shard_size(sharding: *const sa_sharding, ranks: i64, rank: i64, tokens: *mut i64) -> sa_status;
    pub fn sa_shard_positions(sharding: *const sa_sharding, ranks: i64, rank: i64, positions: *mut i64) -> sa_status;
    pub fn sa_ring_attention(ctx: *mut sa_ctx, args: *const sa_ring_args) -> sa_status;
    pub fn sa_sharded_attention(ctx: *mut sa_ctx, args: *const sa_ring_args) -> sa_status;
    pub fn sa_ring_attention_workspace_size(ctx: *mut sa_ctx, args: *const sa_ring_args, bytes: *mut u64) -> sa_status;
    pub fn sa_sharded_attention_workspace_size(
        ctx: *mut sa_ctx,
        args: *const sa_ring_args,
        bytes: *mut u64,
    ) -> sa_status;
    pub fn sa_linear_state_create(
        ctx: *mut sa_ctx,
        config: *const sa_linear_state_config,
        state: *mut *mut sa_linear_state,
    ) -> sa_status;
    pub fn sa_linear_state_destroy(state: *mut *mut sa_linear_state);
    pub fn sa_linear_state_bytes(state: *const sa_linear_state) -> u64;
    pub fn sa_linear_state_copy(
        from: *const sa_linear_state,
        from_sequence: i64,
        to: *mut sa_linear_state,
        to_sequence: i64,
    ) -> sa_status;
    pub fn sa_linear_state_clear(state: *mut sa_linear_state, sequence: i64) -> sa_status;
    pub fn sa_linear_state_read(
        state: *const sa_linear_state,
        sums: *const sa_tensor,
        totals: *const sa_tensor,
        shifts: *const sa_tensor,
    ) -> sa_status;
    pub fn sa_linear_state_write(
        state: *mut sa_linear_state,
        sums: *const sa_tensor,
        totals: *const sa_tensor,
        shifts: *const sa_tensor,
    ) -> sa_status;
    pub fn sa_random_features_create(
        ctx: *mut sa_ctx,
        config: *const sa_random_features_config,
        features: *mut *mut sa_random_features,
    ) -> sa_status;
    pub fn sa_random_features_destroy(features: *mut *mut sa_random_features);
    pub fn sa_random_features_read(features: *const sa_random_features, directions: *mut f32) -> sa_status;
    pub fn sa_linear_attention(ctx: *mut sa_ctx, args: *const sa_linear_attention_args) -> sa_status;
    pub fn sa_linear_attention_workspace_size(
        ctx: *mut sa_ctx,
        args: *const sa_linear_attention_args,
        bytes: *mut u64,
    ) -> sa_status;
    pub fn sa_causal_conv(ctx: *mut sa_ctx, args: *const sa_causal_conv_args) -> sa_status;
    pub fn sa_layer_create(ctx: *mut sa_ctx, config: *const sa_layer_config, layer: *mut *mut sa_layer) -> sa_status;
    pub fn sa_layer_destroy(layer: *mut *mut sa_layer);
    pub fn sa_layer_model_width(layer: *const sa_layer) -> i64;
    pub fn sa_layer_context_width(layer: *const sa_layer) -> i64;
    pub fn sa_layer_output_width(layer: *const sa_layer) -> i64;
    pub fn sa_layer_query_heads(layer: *const sa_layer) -> i64;
    pub fn sa_layer_kv_heads(layer: *const sa_layer) -> i64;
    pub fn sa_layer_head_size(layer: *const sa_layer) -> i64;
    pub fn sa_layer_value_head_size(layer: *const sa_layer) -> i64;
    pub fn sa_forward(ctx: *mut sa_ctx, layer: *const sa_layer, args: *const sa_forward_args) -> sa_status;
    pub fn sa_forward_workspace_size(
        ctx: *mut sa_ctx,
        layer: *const sa_layer,
        args: *const sa_forward_args,
        bytes: *mut u64,
    ) -> sa_status;
    pub fn sa_forward_backward(
        ctx: *mut sa_ctx,
        layer: *const sa_layer,
        args: *const sa_forward_args,
        gradients: *const sa_layer_gradients,
    ) -> sa_status;
    pub fn sa_forward_backward_workspace_size(
        ctx: *mut sa_ctx,
        layer: *const sa_layer,
        args: *const sa_forward_args,
        gradients: *const sa_layer_gradients,
        bytes: *mut u64,
    ) -> sa_status;
    pub fn sa_tokenizer_open(ctx: *mut sa_ctx, path: *const c_char, tokenizer: *mut *mut sa_tokenizer) -> sa_status;
    pub fn sa_tokenizer_destroy(tokenizer: *mut *mut sa_tokenizer);
    pub fn sa_tokenizer_encode(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        text: *const c_char,
        bytes: i64,
        ids: *mut i32,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_tokenizer_encode_with(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        text: *const c_char,
        bytes: i64,
        flags: i32,
        ids: *mut i32,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_tokenizer_encode_offsets(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        text: *const c_char,
        bytes: i64,
        flags: i32,
        ids: *mut i32,
        offsets: *mut i64,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_tokenizer_language(tokenizer: *const sa_tokenizer, code: *const c_char, id: *mut i32) -> sa_status;
    pub fn sa_tokenizer_encode_language(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        text: *const c_char,
        bytes: i64,
        flags: i32,
        language: i32,
        ids: *mut i32,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_tokenizer_encode_pair(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        first: *const c_char,
        first_bytes: i64,
        second: *const c_char,
        second_bytes: i64,
        flags: i32,
        most: i64,
        ids: *mut i32,
        types: *mut i32,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_tokenizer_decode(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        ids: *const i32,
        count: i64,
        text: *mut c_char,
        capacity: i64,
        bytes: *mut i64,
    ) -> sa_status;
    pub fn sa_text_stream_create(
        ctx: *mut sa_ctx,
        tokenizer: *const sa_tokenizer,
        before: i32,
        stop_strings: *const *const c_char,
        stop_string_count: i64,
        stream: *mut *mut sa_text_stream,
    ) -> sa_status;
    pub fn sa_text_stream_add(
        ctx: *mut sa_ctx,
        stream: *mut sa_text_stream,
        id: i32,
        text: *mut c_char,
        capacity: i64,
        bytes: *mut i64,
    ) -> sa_status;
    pub fn sa_text_stream_rest(
        ctx: *mut sa_ctx,
        stream: *mut sa_text_stream,
        text: *mut c_char,
        capacity: i64,
        bytes: *mut i64,
    ) -> sa_status;
    pub fn sa_text_stream_room(stream: *const sa_text_stream) -> i64;
    pub fn sa_text_stream_ended(stream: *const sa_text_stream) -> i32;
    pub fn sa_text_stream_destroy(stream: *mut *mut sa_text_stream);
    pub fn sa_tokenizer_find(tokenizer: *const sa_tokenizer, text: *const c_char, id: *mut i32) -> sa_status;
    pub fn sa_tokenizer_size(tokenizer: *const sa_tokenizer) -> i64;
    pub fn sa_tokenizer_token(tokenizer: *const sa_tokenizer, id: i32) -> *const c_char;
    pub fn sa_tokenizer_chat_template(tokenizer: *const sa_tokenizer) -> *const c_char;
    pub fn sa_model_open(ctx: *mut sa_ctx, path: *const c_char, model: *mut *mut sa_model) -> sa_status;
    pub fn sa_model_open_with(
        ctx: *mut sa_ctx,
        path: *const c_char,
        options: *const sa_model_options,
        model: *mut *mut sa_model,
    ) -> sa_status;
    pub fn sa_model_open_adapted(
        ctx: *mut sa_ctx,
        path: *const c_char,
        adapter: *const c_char,
        options: *const sa_model_options,
        model: *mut *mut sa_model,
    ) -> sa_status;
    pub fn sa_model_write(
        ctx: *mut sa_ctx,
        path: *const c_char,
        options: *const sa_model_options,
        to: *const c_char,
    ) -> sa_status;
    pub fn sa_model_weights(model: *const sa_model, dtype: i32) -> i64;
    pub fn sa_model_destroy(model: *mut *mut sa_model);
    pub fn sa_model_get(model: *const sa_model, what: i32) -> i64;
    pub fn sa_model_feature_tokens(model: *const sa_model, width: i64) -> i64;
    pub fn sa_model_end_tokens(model: *const sa_model, ids: *mut i32, capacity: i64) -> i64;
    pub fn sa_model_unused_tensor(model: *const sa_model, index: i64) -> *const c_char;
    pub fn sa_model_prompt(model: *const sa_model, name: *const c_char) -> *const c_char;
    pub fn sa_model_prompt_name(model: *const sa_model, index: i64) -> *const c_char;
    pub fn sa_model_likeness(model: *const sa_model, scale: *mut f64, bias: *mut f64) -> i32;
    pub fn sa_model_type(model: *const sa_model) -> *const c_char;
    pub fn sa_model_encode(ctx: *mut sa_ctx, model: *const sa_model, args: *const sa_encode_args) -> sa_status;
    pub fn sa_model_encode_workspace_size(
        ctx: *mut sa_ctx,
        model: *const sa_model,
        args: *const sa_encode_args,
        bytes: *mut u64,
    ) -> sa_status;
    pub fn sa_session_create(
        ctx: *mut sa_ctx,
        model: *const sa_model,
        config: *const sa_session_config,
        session: *mut *mut sa_session,
    ) -> sa_status;
    pub fn sa_session_destroy(session: *mut *mut sa_session);
    pub fn sa_session_encode(ctx: *mut sa_ctx, session: *mut sa_session, args: *const sa_encode_args) -> sa_status;
    pub fn sa_session_run(ctx: *mut sa_ctx, session: *mut sa_session, args: *const sa_session_args) -> sa_status;
    pub fn sa_session_batch(session: *const sa_session) -> i64;
    pub fn sa_session_length(session: *const sa_session, sequence: i64) -> i64;
    pub fn sa_session_source(session: *const sa_session) -> i64;
    pub fn sa_session_bytes(session: *const sa_session) -> u64;
    pub fn sa_session_truncate(session: *mut sa_session, sequence: i64, length: i64) -> sa_status;
    pub fn sa_session_fork(session: *mut sa_session, from: i64, to: i64) -> sa_status;
    pub fn sa_session_reorder(session: *mut sa_session, from: *const i64) -> sa_status;
    pub fn sa_session_save(
        ctx: *mut sa_ctx,
        session: *mut sa_session,
        path: *const c_char,
        note: *const c_void,
        note_bytes: i64,
    ) -> sa_status;
    pub fn sa_session_load(
        ctx: *mut sa_ctx,
        model: *const sa_model,
        path: *const c_char,
        capacity: i64,
        session: *mut *mut sa_session,
    ) -> sa_status;
    pub fn sa_session_note(session: *const sa_session, bytes: *mut i64) -> *const c_void;
    pub fn sa_model_sampling(model: *const sa_model, sampling: *mut sa_sampling) -> sa_status;
    pub fn sa_model_suppressed_tokens(model: *const sa_model, first_only: i32, ids: *mut i32, capacity: i64) -> i64;
    pub fn sa_generate(ctx: *mut sa_ctx, session: *mut sa_session, args: *const sa_generate_args) -> sa_status;
    pub fn sa_beam_search(ctx: *mut sa_ctx, session: *mut sa_session, args: *const sa_beam_args) -> sa_status;
    pub fn sa_mel_create(ctx: *mut sa_ctx, config: *const sa_mel_config, mel: *mut *mut sa_mel) -> sa_status;
    pub fn sa_mel_open(ctx: *mut sa_ctx, path: *const c_char, mel: *mut *mut sa_mel) -> sa_status;
    pub fn sa_mel_destroy(mel: *mut *mut sa_mel);
    pub fn sa_mel_get(mel: *const sa_mel, what: i32) -> i64;
    pub fn sa_mel_frames(mel: *const sa_mel, count: i64) -> i64;
    pub fn sa_mel_features(
        ctx: *mut sa_ctx,
        mel: *const sa_mel,
        samples: *const f32,
        count: i64,
        features: *mut f32,
        frames: i64,
    ) -> sa_status;
    pub fn sa_speech_open(
        ctx: *mut sa_ctx,
        model: *const sa_model,
        path: *const c_char,
        speech: *mut *mut sa_speech,
    ) -> sa_status;
    pub fn sa_speech_destroy(speech: *mut *mut sa_speech);
    pub fn sa_speech_mel(speech: *const sa_speech) -> *const sa_mel;
    pub fn sa_speech_language(speech: *const sa_speech, index: i32) -> *const c_char;
    pub fn sa_speech_rules(
        speech: *const sa_speech,
        ids: *const i32,
        count: i64,
        times: i32,
        logits: *mut f32,
    ) -> sa_status;
    pub fn sa_transcribe(ctx: *mut sa_ctx, session: *mut sa_session, args: *const sa_transcribe_args) -> sa_status;
    pub fn sa_ctc_decode(
        logits: *const f32,
        frames: i64,
        vocabulary: i64,
        blank: i32,
        ids: *mut i32,
        places: *mut i64,
        capacity: i64,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_trainer_create(
        ctx: *mut sa_ctx,
        path: *const c_char,
        config: *const sa_trainer_config,
        trainer: *mut *mut sa_trainer,
    ) -> sa_status;
    pub fn sa_trainer_destroy(trainer: *mut *mut sa_trainer);
    pub fn sa_trainer_accumulate(
        ctx: *mut sa_ctx,
        trainer: *mut sa_trainer,
        batch: *const sa_training_batch,
        loss: *mut f64,
    ) -> sa_status;
    pub fn sa_trainer_loss(
        ctx: *mut sa_ctx,
        trainer: *mut sa_trainer,
        batch: *const sa_training_batch,
        loss: *mut f64,
    ) -> sa_status;
    pub fn sa_trainer_accumulate_pairs(
        ctx: *mut sa_ctx,
        trainer: *mut sa_trainer,
        pairs: *const sa_training_pairs,
        loss: *mut f64,
    ) -> sa_status;
    pub fn sa_trainer_pairs_loss(
        ctx: *mut sa_ctx,
        trainer: *mut sa_trainer,
        pairs: *const sa_training_pairs,
        loss: *mut f64,
    ) -> sa_status;
    pub fn sa_trainer_update(
        ctx: *mut sa_ctx,
        trainer: *mut sa_trainer,
        learning_rate: f64,
        gradient_norm: *mut f64,
    ) -> sa_status;
    pub fn sa_trainer_save(ctx: *mut sa_ctx, trainer: *const sa_trainer, directory: *const c_char) -> sa_status;
    pub fn sa_trainer_save_merged(ctx: *mut sa_ctx, trainer: *const sa_trainer, directory: *const c_char) -> sa_status;
    pub fn sa_trainer_updates(trainer: *const sa_trainer) -> i64;
    pub fn sa_trainer_parameters(trainer: *const sa_trainer) -> i64;
    pub fn sa_trainer_parameter(
        trainer: *mut sa_trainer,
        number: i64,
        values: *mut *mut f32,
        gradients: *mut *mut f32,
        count: *mut i64,
    ) -> *const c_char;
    pub fn sa_tokenizer_train(
        ctx: *mut sa_ctx,
        args: *const sa_tokenizer_train_args,
        path: *const c_char,
        count: *mut i64,
    ) -> sa_status;
    pub fn sa_learning_rate(schedule: i32, update: i64, warmup: i64, updates: i64, peak: f64) -> f64;
}

macro_rules! constants {
    ($($name:ident)*) => {
        vec![$((stringify!($name), $name as i64)),*]
    };
}

macro_rules! layout {
    ($list:ident, $type:ident: $($field:ident)*) => {
        let value = MaybeUninit::<$type>::uninit();
        $list.push((concat!("sizeof(", stringify!($type), ")"), size_of::<$type>() as i64));
        // SAFETY: only addresses of fields are computed; nothing is read.
        $(unsafe {
            let field = addr_of!((*value.as_ptr()).$field);
            let name = concat!(stringify!($type), ".", stringify!($field));
            $list.push((name, field as i64 - value.as_ptr() as i64));
            $list.push((concat!("sizeof(", stringify!($type), ".", stringify!($field), ")"), size_at(field)));
        })*
    };
}

fn size_at<T>(_: *const T) -> i64 {
    size_of::<T>() as i64
}

/// Constants, sizes and places of this file, by the names that `sa_constant` knows.
pub fn declared() -> Vec<(&'static str, i64)> {
    let mut list = constants!(SA_VERSION_MAJOR SA_VERSION_MINOR SA_VERSION_PATCH SA_VERSION SA_OK SA_ERR_NULL
        SA_ERR_STRUCT_SIZE SA_ERR_VALUE SA_ERR_SHAPE SA_ERR_OVERFLOW SA_ERR_UNSUPPORTED SA_ERR_MEMORY SA_ERR_BUSY
        SA_ERR_CANCELLED SA_ERR_FILE SA_ERR_FORMAT SA_ERR_TEXT SA_ERR_EXCHANGE SA_F32 SA_BF16 SA_F16 SA_BOOL SA_Q4_0
        SA_Q4_1 SA_Q5_0 SA_Q5_1 SA_Q8_0 SA_Q2_K SA_Q3_K SA_Q4_K SA_Q5_K SA_Q6_K SA_IQ4_NL SA_IQ4_XS SA_MXFP4 SA_BHSD
        SA_BSHD SA_PARALLEL_DEFAULT SA_PARALLEL_SERIAL SA_PARALLEL_OPENMP SA_PARALLEL_CALLBACK SA_PARALLEL_POOL
        SA_PATH_AUTO SA_PATH_PLAIN SA_PATH_BLAS SA_PATH_FUSED SA_ISA_AUTO SA_ISA_PORTABLE SA_ISA_SIMD128 SA_ISA_NEON
        SA_ISA_AVX2 SA_ISA_AVX512 SA_ISA_AVX512_BF16 SA_ISA_AMX SA_PRECISION_HIGHEST SA_PRECISION_HIGH
        SA_PRECISION_MEDIUM SA_ALIGN_DEFAULT SA_ALIGN_TOP_LEFT SA_ALIGN_BOTTOM_RIGHT SA_ALIGN_OFFSET
        SA_MASK_KEYS_DEFAULT SA_MASK_KEYS_REPEATED SA_MASK_KEYS_HIDDEN SA_ROPE_HALF SA_ROPE_INTERLEAVED SA_ROPE_PLAIN
        SA_ROPE_LINEAR SA_ROPE_DYNAMIC SA_ROPE_YARN SA_ROPE_LONGROPE SA_ROPE_LLAMA3 SA_SINUSOIDAL_PAIRS
        SA_SINUSOIDAL_HALVES SA_SINUSOIDAL_WHISPER SA_CACHE_PAGE SA_I8 SA_WEIGHTS_PROBABILITIES SA_WEIGHTS_SCALED
        SA_WEIGHTS_SOFTCAPPED SA_WEIGHTS_BIASED SA_LIST_BLOCK_MOST SA_TILE_SOME SA_TILE_NONE SA_TILE_ALL
        SA_STRONGEST_MOST SA_SUMMARY_QUERIES SA_SHARDS_CONTIGUOUS SA_SHARDS_ZIGZAG SA_SHARDS_STRIPED SA_SHARD_CHUNKS
        SA_FEATURES_IDENTITY SA_FEATURES_ELU SA_FEATURES_RELU SA_FEATURES_SQUARE SA_LINEAR_AUTO SA_LINEAR_RECURRENT
        SA_LINEAR_CHUNKED SA_CONV_PLAIN SA_CONV_SILU SA_OUT_IN SA_IN_OUT SA_LATENT_AUTO SA_LATENT_EXPANDED
        SA_LATENT_ABSORBED SA_CACHE_APPEND SA_CACHE_READ SA_ENCODE_NO_TEMPLATE SA_ENCODE_NO_SPECIAL SA_MODEL_LAYERS
        SA_MODEL_WIDTH SA_MODEL_QUERY_HEADS SA_MODEL_KV_HEADS SA_MODEL_VOCABULARY SA_MODEL_MAX_POSITIONS
        SA_MODEL_HEAD_SIZE SA_MODEL_ENCODER SA_MODEL_DECODER SA_MODEL_DECODER_LAYERS SA_MODEL_DECODER_WIDTH
        SA_MODEL_DECODER_QUERY_HEADS SA_MODEL_DECODER_KV_HEADS SA_MODEL_DECODER_VOCABULARY
        SA_MODEL_DECODER_MAX_POSITIONS SA_MODEL_DECODER_HEAD_SIZE SA_MODEL_OUTPUTS SA_MODEL_POOLED
        SA_MODEL_FEATURE_CHANNELS SA_MODEL_FEATURE_HEIGHT SA_MODEL_FEATURE_WIDTH SA_MODEL_FEATURE_TOKENS
        SA_MODEL_FEATURE_ROWS SA_MODEL_FEATURE_COLUMNS SA_MODEL_START_TOKEN SA_MODEL_END_TOKEN SA_MODEL_PAD_TOKEN
        SA_MODEL_TOKEN_LOGITS SA_MODEL_FORCED_FIRST_TOKEN SA_MODEL_FORCED_LAST_TOKEN SA_MODEL_MAX_NEW_TOKENS
        SA_MODEL_EMBEDDING_WIDTH SA_MODEL_PADDED_TOKENS SA_MODEL_UNSUPPORTED SA_MODEL_TOKEN_TYPES
        SA_MODEL_POOLED_WIDTH SA_LIKENESS_NONE SA_LIKENESS_SOFTMAX SA_LIKENESS_SIGMOID SA_END_NONE SA_END_MAX_TOKENS
        SA_END_TOKEN SA_END_STRING SA_END_CALLER SA_END_FULL SA_EARLY_STOPPING_NEVER SA_EARLY_STOPPING_TRUE
        SA_EARLY_STOPPING_FALSE SA_MEL_WHISPER SA_MEL_KALDI SA_MEL_MEANS SA_MEL_DEVIATIONS SA_MEL_RATE SA_MEL_FRAME
        SA_MEL_STEP SA_MEL_BINS SA_MEL_WINDOW SA_MEL_KIND SA_TIMES_AUTO SA_TIMES_ALWAYS SA_TIMES_NEVER
        SA_TASK_TRANSCRIBE SA_TASK_TRANSLATE SA_WINDOW_TEXT SA_WINDOW_SILENT SA_WINDOW_SPEECHLESS SA_OPTIMIZER_ADAMW
        SA_OPTIMIZER_SGD SA_SCHEDULE_CONSTANT SA_SCHEDULE_LINEAR SA_SCHEDULE_COSINE);
    layout!(list, sa_tensor: data dtype reserved size stride);
    layout!(list, sa_ctx_options: struct_size threads parallel parallel_for parallel_user allocate release
        allocator_user path isa precision same_bits);
    layout!(list, sa_masking: struct_size key_lengths causal align offset offsets window reserved window_left
        window_right mask keep_first mask_keys reserved2);
    layout!(list, sa_score_rules: struct_size alibi_slopes relative_bias relative_reach sink_logits);
    layout!(list, sa_rope: struct_size style reserved rotary theta inverse_frequency attention_factor cosines sines
        table_positions);
    layout!(list, sa_rope_scaling: struct_size kind truncate rotary theta factor original_positions max_positions
        length low_frequency_factor high_frequency_factor beta_fast beta_slow mscale mscale_all_dim attention_factor
        short_factors long_factors);
    layout!(list, sa_cache_config: struct_size layers batch kv_heads head_size value_head_size dtype values_in_keys
        capacity window keep_first);
    layout!(list, sa_packing: struct_size sequences query_starts key_starts);
    layout!(list, sa_block_list: struct_size query_block key_block sequences heads offsets indices);
    layout!(list, sa_pattern: struct_size queries keys offset query_block key_block causal window window_left
        window_right stride stride_reach global_tokens random_blocks seed document_starts documents);
    layout!(list, sa_score_tile: struct_size sequence head query key queries keys query_stride key_stride values
        visible);
    layout!(list, sa_score_callbacks: struct_size user mask_tile mask_mod score_mod prob_mod);
    layout!(list, sa_summaries: struct_size key_sums key_maxima entropy strongest strongest_weights strongest_keys);
    layout!(list, sa_dropout: struct_size probability reserved seed);
    layout!(list, sa_attention_args: struct_size query key value output scale softcap masking lse weights weights_kind
        reserved rules cache cache_layer packing blocks callbacks summaries dropout);
    layout!(list, sa_attention_gradients: struct_size output query key value mask alibi_slopes relative_bias
        sink_logits);
    layout!(list, sa_attention_merge_args: struct_size count outputs lses output lse);
    layout!(list, sa_sharding: struct_size tokens chunk kind reserved);
    layout!(list, sa_exchange: struct_size user rank ranks start finish all_gather progress failure);
    layout!(list, sa_ring_args: struct_size exchange key_shards query_shards query key value output lse masking rules
        scale softcap cache cache_layer);
    layout!(list, sa_linear_state_config: struct_size batch kv_heads head_size value_head_size normalised reserved);
    layout!(list, sa_random_features_config: struct_size count head_size seed independent reserved);
    layout!(list, sa_linear_attention_args: struct_size query key value output decay beta state lengths
        random_features scale epsilon features form normalised bidirectional);
    layout!(list, sa_causal_conv_args: struct_size x weight bias y state activation reserved);
    layout!(list, sa_latent: struct_size latent_size rotary_size query_rank weight_down weight_up weight_down_query);
    layout!(list, sa_layer_config: struct_size model_width context_width output_width query_heads kv_heads head_size
        value_head_size weight_order weight_dtype weight_q weight_k weight_v weight_qkv weight_o bias_q bias_k bias_v
        bias_qkv bias_o scale softcap rope rules query_norm key_norm norm_epsilon norm_all_heads latent);
    layout!(list, sa_forward_args: struct_size x context y masking lse weights weights_kind reserved cache cache_layer
        cache_use latent_form lengths positions packing blocks callbacks summaries dropout);
    layout!(list, sa_layer_gradients: struct_size y x context mask weight_order reserved weight_q weight_k weight_v
        weight_qkv weight_o bias_q bias_k bias_v bias_qkv bias_o query_norm key_norm alibi_slopes relative_bias
        sink_logits);
    layout!(list, sa_model_options: struct_size convert weights progress progress_user in_memory image_size part);
    layout!(list, sa_encode_args: struct_size batch tokens ids lengths types hidden hidden_all attention embedding
        features pooled logits targets target_ids target_lengths target_hidden target_hidden_all target_attention
        cross_attention feature_width queries keys entropy strongest strongest_weights strongest_keys);
    layout!(list, sa_session_config: struct_size batch capacity window keep_first cache_dtype reserved);
    layout!(list, sa_session_args: struct_size tokens ids lengths logits logits_all hidden hidden_all attention
        cross_attention types);
    layout!(list, sa_sampling: struct_size seed temperature top_k top_p min_p repetition_penalty presence_penalty
        frequency_penalty);
    layout!(list, sa_generate_args: struct_size tokens ids lengths max_tokens sampling generated counts endings
        log_probabilities stop_tokens stop_token_count stop_strings stop_string_count tokenizer on_token on_logits
        user model_rules reserved);
    layout!(list, sa_beam_args: struct_size tokens ids max_tokens results length_penalty generated counts scores
        stop_tokens stop_token_count model_rules early_stopping);
    layout!(list, sa_mel_config: struct_size rate frame step bins window lowest highest kind by_bin scale window_power
        mean deviation);
    layout!(list, sa_speech_segment: struct_size begin end ids count language reserved log_probability no_speech);
    layout!(list, sa_speech_window: struct_size first count next kind language ids tokens log_probability no_speech);
    layout!(list, sa_transcribe_args: struct_size speech samples count on_segment on_window user language task times
        prompt prompt_tokens keep_text reserved max_tokens no_speech log_probability language_found
        language_probabilities done beginning beginning_tokens);
    layout!(list, sa_lora: struct_size rank alpha dropout targets adapter);
    layout!(list, sa_trainer_config: struct_size optimizer resume decay_matrices_only initialize beta1 beta2 epsilon
        weight_decay clip_norm label_smoothing attention_dropout hidden_dropout seed lora recompute weights classes
        class_count image_size);
    layout!(list, sa_training_batch: struct_size batch tokens ids lengths features labels labels_per_sequence weight);
    layout!(list, sa_training_pairs: struct_size pairs tokens ids lengths temperature weight);
    layout!(list, sa_tokenizer_train_args: struct_size texts bytes count vocabulary least special special_count begin
        end);
    list
}
