# Written by bindings/declare from the public headers, which are the manual.
# SPDX-License-Identifier: MIT
require 'ffi'

module SelfAttn
  # The calls of C, as the headers declare them.
  module C
    extend FFI::Library

    CONSTANTS = {
      SA_VERSION_MAJOR: 0,
      SA_VERSION_MINOR: 1,
      SA_VERSION_PATCH: 0,
      SA_VERSION: 1000,
      SA_OK: 0,
      SA_ERR_NULL: 1,
      SA_ERR_STRUCT_SIZE: 2,
      SA_ERR_VALUE: 3,
      SA_ERR_SHAPE: 4,
      SA_ERR_OVERFLOW: 5,
      SA_ERR_UNSUPPORTED: 6,
      SA_ERR_MEMORY: 10,
      SA_ERR_BUSY: 11,
      SA_ERR_CANCELLED: 12,
      SA_ERR_FILE: 20,
      SA_ERR_FORMAT: 21,
      SA_ERR_TEXT: 22,
      SA_ERR_EXCHANGE: 30,
      SA_F32: 0,
      SA_BF16: 1,
      SA_F16: 2,
      SA_BOOL: 3,
      SA_Q4_0: 34,
      SA_Q4_1: 35,
      SA_Q5_0: 38,
      SA_Q5_1: 39,
      SA_Q8_0: 40,
      SA_Q2_K: 42,
      SA_Q3_K: 43,
      SA_Q4_K: 44,
      SA_Q5_K: 45,
      SA_Q6_K: 46,
      SA_IQ4_NL: 52,
      SA_IQ4_XS: 55,
      SA_MXFP4: 71,
      SA_BHSD: 0,
      SA_BSHD: 1,
      SA_PARALLEL_DEFAULT: 0,
      SA_PARALLEL_SERIAL: 1,
      SA_PARALLEL_OPENMP: 2,
      SA_PARALLEL_CALLBACK: 3,
      SA_PARALLEL_POOL: 4,
      SA_PATH_AUTO: 0,
      SA_PATH_PLAIN: 1,
      SA_PATH_BLAS: 2,
      SA_PATH_FUSED: 3,
      SA_ISA_AUTO: 0,
      SA_ISA_PORTABLE: 1,
      SA_ISA_SIMD128: 7,
      SA_ISA_NEON: 6,
      SA_ISA_AVX2: 2,
      SA_ISA_AVX512: 3,
      SA_ISA_AVX512_BF16: 5,
      SA_ISA_AMX: 4,
      SA_PRECISION_HIGHEST: 0,
      SA_PRECISION_HIGH: 1,
      SA_PRECISION_MEDIUM: 2,
      SA_ALIGN_DEFAULT: 0,
      SA_ALIGN_TOP_LEFT: 1,
      SA_ALIGN_BOTTOM_RIGHT: 2,
      SA_ALIGN_OFFSET: 3,
      SA_MASK_KEYS_DEFAULT: 0,
      SA_MASK_KEYS_REPEATED: 1,
      SA_MASK_KEYS_HIDDEN: 2,
      SA_ROPE_HALF: 0,
      SA_ROPE_INTERLEAVED: 1,
      SA_ROPE_PLAIN: 0,
      SA_ROPE_LINEAR: 1,
      SA_ROPE_DYNAMIC: 2,
      SA_ROPE_YARN: 3,
      SA_ROPE_LONGROPE: 4,
      SA_ROPE_LLAMA3: 5,
      SA_SINUSOIDAL_PAIRS: 0,
      SA_SINUSOIDAL_HALVES: 1,
      SA_SINUSOIDAL_WHISPER: 2,
      SA_CACHE_PAGE: 128,
      SA_I8: 4,
      SA_WEIGHTS_PROBABILITIES: 0,
      SA_WEIGHTS_SCALED: 1,
      SA_WEIGHTS_SOFTCAPPED: 2,
      SA_WEIGHTS_BIASED: 3,
      SA_LIST_BLOCK_MOST: 128,
      SA_TILE_SOME: 0,
      SA_TILE_NONE: 1,
      SA_TILE_ALL: 2,
      SA_STRONGEST_MOST: 64,
      SA_SUMMARY_QUERIES: 4194304,
      SA_SHARDS_CONTIGUOUS: 0,
      SA_SHARDS_ZIGZAG: 1,
      SA_SHARDS_STRIPED: 2,
      SA_SHARD_CHUNKS: 131072,
      SA_FEATURES_IDENTITY: 0,
      SA_FEATURES_ELU: 1,
      SA_FEATURES_RELU: 2,
      SA_FEATURES_SQUARE: 3,
      SA_LINEAR_AUTO: 0,
      SA_LINEAR_RECURRENT: 1,
      SA_LINEAR_CHUNKED: 2,
      SA_CONV_PLAIN: 0,
      SA_CONV_SILU: 1,
      SA_OUT_IN: 0,
      SA_IN_OUT: 1,
      SA_LATENT_AUTO: 0,
      SA_LATENT_EXPANDED: 1,
      SA_LATENT_ABSORBED: 2,
      SA_CACHE_APPEND: 0,
      SA_CACHE_READ: 1,
      SA_ENCODE_NO_TEMPLATE: 1,
      SA_ENCODE_NO_SPECIAL: 2,
      SA_MODEL_LAYERS: 0,
      SA_MODEL_WIDTH: 1,
      SA_MODEL_QUERY_HEADS: 2,
      SA_MODEL_KV_HEADS: 3,
      SA_MODEL_VOCABULARY: 4,
      SA_MODEL_MAX_POSITIONS: 5,
      SA_MODEL_HEAD_SIZE: 6,
      SA_MODEL_ENCODER: 7,
      SA_MODEL_DECODER: 8,
      SA_MODEL_DECODER_LAYERS: 9,
      SA_MODEL_DECODER_WIDTH: 10,
      SA_MODEL_DECODER_QUERY_HEADS: 11,
      SA_MODEL_DECODER_KV_HEADS: 12,
      SA_MODEL_DECODER_VOCABULARY: 13,
      SA_MODEL_DECODER_MAX_POSITIONS: 14,
      SA_MODEL_DECODER_HEAD_SIZE: 15,
      SA_MODEL_OUTPUTS: 16,
      SA_MODEL_POOLED: 17,
      SA_MODEL_FEATURE_CHANNELS: 18,
      SA_MODEL_FEATURE_HEIGHT: 19,
      SA_MODEL_FEATURE_WIDTH: 20,
      SA_MODEL_FEATURE_TOKENS: 21,
      SA_MODEL_FEATURE_ROWS: 22,
      SA_MODEL_FEATURE_COLUMNS: 23,
      SA_MODEL_START_TOKEN: 24,
      SA_MODEL_END_TOKEN: 25,
      SA_MODEL_PAD_TOKEN: 26,
      SA_MODEL_TOKEN_LOGITS: 27,
      SA_MODEL_FORCED_FIRST_TOKEN: 28,
      SA_MODEL_FORCED_LAST_TOKEN: 29,
      SA_MODEL_MAX_NEW_TOKENS: 30,
      SA_MODEL_EMBEDDING_WIDTH: 31,
      SA_MODEL_PADDED_TOKENS: 32,
      SA_MODEL_UNSUPPORTED: 33,
      SA_MODEL_TOKEN_TYPES: 34,
      SA_MODEL_POOLED_WIDTH: 35,
      SA_LIKENESS_NONE: 0,
      SA_LIKENESS_SOFTMAX: 1,
      SA_LIKENESS_SIGMOID: 2,
      SA_END_NONE: 0,
      SA_END_MAX_TOKENS: 1,
      SA_END_TOKEN: 2,
      SA_END_STRING: 3,
      SA_END_CALLER: 4,
      SA_END_FULL: 5,
      SA_EARLY_STOPPING_NEVER: 0,
      SA_EARLY_STOPPING_TRUE: 1,
      SA_EARLY_STOPPING_FALSE: 2,
      SA_MEL_WHISPER: 0,
      SA_MEL_KALDI: 1,
      SA_MEL_MEANS: 1,
      SA_MEL_DEVIATIONS: 2,
      SA_MEL_RATE: 0,
      SA_MEL_FRAME: 1,
      SA_MEL_STEP: 2,
      SA_MEL_BINS: 3,
      SA_MEL_WINDOW: 4,
      SA_MEL_KIND: 5,
      SA_TIMES_AUTO: 0,
      SA_TIMES_ALWAYS: 1,
      SA_TIMES_NEVER: 2,
      SA_TASK_TRANSCRIBE: 0,
      SA_TASK_TRANSLATE: 1,
      SA_WINDOW_TEXT: 0,
      SA_WINDOW_SILENT: 1,
      SA_WINDOW_SPEECHLESS: 2,
      SA_OPTIMIZER_ADAMW: 0,
      SA_OPTIMIZER_SGD: 1,
      SA_SCHEDULE_CONSTANT: 0,
      SA_SCHEDULE_LINEAR: 1,
      SA_SCHEDULE_COSINE: 2,
    }.freeze
    CONSTANTS.each { |name, value| const_set(name, value) }

    callback :sa_body_fn, [:pointer, :int64], :void
    callback :sa_parallel_for_fn, [:pointer, :int64, :sa_body_fn, :pointer], :void
    callback :sa_allocate_fn, [:pointer, :size_t, :size_t], :pointer
    callback :sa_release_fn, [:pointer, :pointer, :size_t], :void
    callback :sa_ctx_progress_fn, [:pointer, :pointer, :int64, :int64], :void
    callback :sa_tile_question_fn, [:pointer, :pointer], :int32
    callback :sa_tile_change_fn, [:pointer, :pointer], :void
    callback :sa_exchange_start_fn, [:pointer, :pointer, :uint64, :int64, :pointer, :uint64, :int64], :int32
    callback :sa_exchange_progress_fn, [:pointer], :void
    callback :sa_exchange_finish_fn, [:pointer], :int32
    callback :sa_exchange_gather_fn, [:pointer, :pointer, :uint64, :pointer], :int32
    callback :sa_exchange_failure_fn, [:pointer], :pointer
    callback :sa_progress_fn, [:pointer, :int64, :int64], :void
    callback :sa_token_fn, [:pointer, :int64, :int32, :float], :int32
    callback :sa_logits_fn, [:pointer, :int64, :pointer, :int64], :void
    callback :sa_segment_fn, [:pointer, :pointer], :int32
    callback :sa_window_fn, [:pointer, :pointer], :int32

    class Tensor < FFI::Struct
      layout(data: :pointer, dtype: :int32, reserved: :int32, size: [:int64, 4], stride: [:int64, 4])
    end

    class CtxOptions < FFI::Struct
      layout(struct_size: :uint64, threads: :int32, parallel: :int32, parallel_for: :sa_parallel_for_fn,
        parallel_user: :pointer, allocate: :sa_allocate_fn, release: :sa_release_fn, allocator_user: :pointer, path:
        :int32, isa: :int32, precision: :int32, same_bits: :int32)
    end

    class Masking < FFI::Struct
      layout(struct_size: :uint64, key_lengths: :pointer, causal: :int32, align: :int32, offset: :int64, offsets:
        :pointer, window: :int32, reserved: :int32, window_left: :int64, window_right: :int64, mask: Tensor,
        keep_first: :int64, mask_keys: :int32, reserved2: :int32)
    end

    class ScoreRules < FFI::Struct
      layout(struct_size: :uint64, alibi_slopes: :pointer, relative_bias: :pointer, relative_reach: :int64,
        sink_logits: :pointer)
    end

    class Rope < FFI::Struct
      layout(struct_size: :uint64, style: :int32, reserved: :int32, rotary: :int64, theta: :double, inverse_frequency:
        :pointer, attention_factor: :double, cosines: :pointer, sines: :pointer, table_positions: :int64)
    end

    class RopeScaling < FFI::Struct
      layout(struct_size: :uint64, kind: :int32, truncate: :int32, rotary: :int64, theta: :double, factor: :double,
        original_positions: :int64, max_positions: :int64, length: :int64, low_frequency_factor: :double,
        high_frequency_factor: :double, beta_fast: :double, beta_slow: :double, mscale: :double, mscale_all_dim:
        :double, attention_factor: :double, short_factors: :pointer, long_factors: :pointer)
    end

    class CacheConfig < FFI::Struct
      layout(struct_size: :uint64, layers: :int64, batch: :int64, kv_heads: :int64, head_size: :int64,
        value_head_size: :int64, dtype: :int32, values_in_keys: :int32, capacity: :int64, window: :int64, keep_first:
        :int64)
    end

    class Packing < FFI::Struct
      layout(struct_size: :uint64, sequences: :int64, query_starts: :pointer, key_starts: :pointer)
    end

    class BlockList < FFI::Struct
      layout(struct_size: :uint64, query_block: :int64, key_block: :int64, sequences: :int64, heads: :int64, offsets:
        :pointer, indices: :pointer)
    end

    class Pattern < FFI::Struct
      layout(struct_size: :uint64, queries: :int64, keys: :int64, offset: :int64, query_block: :int64, key_block:
        :int64, causal: :int32, window: :int32, window_left: :int64, window_right: :int64, stride: :int64,
        stride_reach: :int64, global_tokens: :int64, random_blocks: :int64, seed: :uint64, document_starts: :pointer,
        documents: :int64)
    end

    class ScoreTile < FFI::Struct
      layout(struct_size: :uint64, sequence: :int64, head: :int64, query: :int64, key: :int64, queries: :int64, keys:
        :int64, query_stride: :int64, key_stride: :int64, values: :pointer, visible: :pointer)
    end

    class ScoreCallbacks < FFI::Struct
      layout(struct_size: :uint64, user: :pointer, mask_tile: :sa_tile_question_fn, mask_mod: :sa_tile_change_fn,
        score_mod: :sa_tile_change_fn, prob_mod: :sa_tile_change_fn)
    end

    class Summaries < FFI::Struct
      layout(struct_size: :uint64, key_sums: Tensor, key_maxima: Tensor, entropy: Tensor, strongest: :int64,
        strongest_weights: Tensor, strongest_keys: :pointer)
    end

    class Dropout < FFI::Struct
      layout(struct_size: :uint64, probability: :float, reserved: :int32, seed: :uint64)
    end

    class AttentionArgs < FFI::Struct
      layout(struct_size: :uint64, query: Tensor, key: Tensor, value: Tensor, output: Tensor, scale: :float, softcap:
        :float, masking: :pointer, lse: Tensor, weights: Tensor, weights_kind: :int32, reserved: :int32, rules:
        :pointer, cache: :pointer, cache_layer: :int64, packing: :pointer, blocks: :pointer, callbacks: :pointer,
        summaries: :pointer, dropout: :pointer)
    end

    class AttentionGradients < FFI::Struct
      layout(struct_size: :uint64, output: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor,
        alibi_slopes: :pointer, relative_bias: :pointer, sink_logits: :pointer)
    end

    class AttentionMergeArgs < FFI::Struct
      layout(struct_size: :uint64, count: :int64, outputs: :pointer, lses: :pointer, output: Tensor, lse: Tensor)
    end

    class Sharding < FFI::Struct
      layout(struct_size: :uint64, tokens: :int64, chunk: :int64, kind: :int32, reserved: :int32)
    end

    class Exchange < FFI::Struct
      layout(struct_size: :uint64, user: :pointer, rank: :int64, ranks: :int64, start: :sa_exchange_start_fn, finish:
        :sa_exchange_finish_fn, all_gather: :sa_exchange_gather_fn, progress: :sa_exchange_progress_fn, failure:
        :sa_exchange_failure_fn)
    end

    class RingArgs < FFI::Struct
      layout(struct_size: :uint64, exchange: :pointer, key_shards: :pointer, query_shards: :pointer, query: Tensor,
        key: Tensor, value: Tensor, output: Tensor, lse: Tensor, masking: :pointer, rules: :pointer, scale: :float,
        softcap: :float, cache: :pointer, cache_layer: :int64)
    end

    class LinearStateConfig < FFI::Struct
      layout(struct_size: :uint64, batch: :int64, kv_heads: :int64, head_size: :int64, value_head_size: :int64,
        normalised: :int32, reserved: :int32)
    end

    class RandomFeaturesConfig < FFI::Struct
      layout(struct_size: :uint64, count: :int64, head_size: :int64, seed: :uint64, independent: :int32, reserved:
        :int32)
    end

    class LinearAttentionArgs < FFI::Struct
      layout(struct_size: :uint64, query: Tensor, key: Tensor, value: Tensor, output: Tensor, decay: Tensor, beta:
        Tensor, state: :pointer, lengths: :pointer, random_features: :pointer, scale: :float, epsilon: :float,
        features: :int32, form: :int32, normalised: :int32, bidirectional: :int32)
    end

    class CausalConvArgs < FFI::Struct
      layout(struct_size: :uint64, x: Tensor, weight: Tensor, bias: Tensor, y: Tensor, state: Tensor, activation:
        :int32, reserved: :int32)
    end

    class Latent < FFI::Struct
      layout(struct_size: :uint64, latent_size: :int64, rotary_size: :int64, query_rank: :int64, weight_down:
        :pointer, weight_up: :pointer, weight_down_query: :pointer)
    end

    class LayerConfig < FFI::Struct
      layout(struct_size: :uint64, model_width: :int64, context_width: :int64, output_width: :int64, query_heads:
        :int64, kv_heads: :int64, head_size: :int64, value_head_size: :int64, weight_order: :int32, weight_dtype:
        :int32, weight_q: :pointer, weight_k: :pointer, weight_v: :pointer, weight_qkv: :pointer, weight_o: :pointer,
        bias_q: :pointer, bias_k: :pointer, bias_v: :pointer, bias_qkv: :pointer, bias_o: :pointer, scale: :float,
        softcap: :float, rope: :pointer, rules: :pointer, query_norm: :pointer, key_norm: :pointer, norm_epsilon:
        :float, norm_all_heads: :int32, latent: :pointer)
    end

    class ForwardArgs < FFI::Struct
      layout(struct_size: :uint64, x: Tensor, context: Tensor, y: Tensor, masking: :pointer, lse: Tensor, weights:
        Tensor, weights_kind: :int32, reserved: :int32, cache: :pointer, cache_layer: :int64, cache_use: :int32,
        latent_form: :int32, lengths: :pointer, positions: :pointer, packing: :pointer, blocks: :pointer, callbacks:
        :pointer, summaries: :pointer, dropout: :pointer)
    end

    class LayerGradients < FFI::Struct
      layout(struct_size: :uint64, y: Tensor, x: Tensor, context: Tensor, mask: Tensor, weight_order: :int32,
        reserved: :int32, weight_q: :pointer, weight_k: :pointer, weight_v: :pointer, weight_qkv: :pointer, weight_o:
        :pointer, bias_q: :pointer, bias_k: :pointer, bias_v: :pointer, bias_qkv: :pointer, bias_o: :pointer,
        query_norm: :pointer, key_norm: :pointer, alibi_slopes: :pointer, relative_bias: :pointer, sink_logits:
        :pointer)
    end

    class ModelOptions < FFI::Struct
      layout(struct_size: :uint64, convert: :int32, weights: :int32, progress: :sa_progress_fn, progress_user:
        :pointer, in_memory: :int32, image_size: :int32, part: :pointer)
    end

    class EncodeArgs < FFI::Struct
      layout(struct_size: :uint64, batch: :int64, tokens: :int64, ids: :pointer, lengths: :pointer, types: :pointer,
        hidden: :pointer, hidden_all: :pointer, attention: :pointer, embedding: :pointer, features: :pointer, pooled:
        :pointer, logits: :pointer, targets: :int64, target_ids: :pointer, target_lengths: :pointer, target_hidden:
        :pointer, target_hidden_all: :pointer, target_attention: :pointer, cross_attention: :pointer, feature_width:
        :int64, queries: :pointer, keys: :pointer, entropy: :pointer, strongest: :int64, strongest_weights: :pointer,
        strongest_keys: :pointer)
    end

    class SessionConfig < FFI::Struct
      layout(struct_size: :uint64, batch: :int64, capacity: :int64, window: :int64, keep_first: :int64, cache_dtype:
        :int32, reserved: :int32)
    end

    class SessionArgs < FFI::Struct
      layout(struct_size: :uint64, tokens: :int64, ids: :pointer, lengths: :pointer, logits: :pointer, logits_all:
        :pointer, hidden: :pointer, hidden_all: :pointer, attention: :pointer, cross_attention: :pointer, types:
        :pointer)
    end

    class Sampling < FFI::Struct
      layout(struct_size: :uint64, seed: :uint64, temperature: :double, top_k: :int64, top_p: :double, min_p: :double,
        repetition_penalty: :double, presence_penalty: :double, frequency_penalty: :double)
    end

    class GenerateArgs < FFI::Struct
      layout(struct_size: :uint64, tokens: :int64, ids: :pointer, lengths: :pointer, max_tokens: :int64, sampling:
        :pointer, generated: :pointer, counts: :pointer, endings: :pointer, log_probabilities: :pointer, stop_tokens:
        :pointer, stop_token_count: :int64, stop_strings: :pointer, stop_string_count: :int64, tokenizer: :pointer,
        on_token: :sa_token_fn, on_logits: :sa_logits_fn, user: :pointer, model_rules: :int32, reserved: :int32)
    end

    class BeamArgs < FFI::Struct
      layout(struct_size: :uint64, tokens: :int64, ids: :pointer, max_tokens: :int64, results: :int64, length_penalty:
        :double, generated: :pointer, counts: :pointer, scores: :pointer, stop_tokens: :pointer, stop_token_count:
        :int64, model_rules: :int32, early_stopping: :int32)
    end

    class MelConfig < FFI::Struct
      layout(struct_size: :uint64, rate: :int64, frame: :int64, step: :int64, bins: :int64, window: :int64, lowest:
        :double, highest: :double, kind: :int32, by_bin: :int32, scale: :double, window_power: :double, mean: :double,
        deviation: :double)
    end

    class SpeechSegment < FFI::Struct
      layout(struct_size: :uint64, begin: :double, end: :double, ids: :pointer, count: :int64, language: :int32,
        reserved: :int32, log_probability: :double, no_speech: :double)
    end

    class SpeechWindow < FFI::Struct
      layout(struct_size: :uint64, first: :int64, count: :int64, next: :int64, kind: :int32, language: :int32, ids:
        :pointer, tokens: :int64, log_probability: :double, no_speech: :double)
    end

    class TranscribeArgs < FFI::Struct
      layout(struct_size: :uint64, speech: :pointer, samples: :pointer, count: :int64, on_segment: :sa_segment_fn,
        on_window: :sa_window_fn, user: :pointer, language: :pointer, task: :int32, times: :int32, prompt: :pointer,
        prompt_tokens: :int64, keep_text: :int32, reserved: :int32, max_tokens: :int64, no_speech: :double,
        log_probability: :double, language_found: :pointer, language_probabilities: :pointer, done: :pointer,
        beginning: :pointer, beginning_tokens: :int64)
    end

    class Lora < FFI::Struct
      layout(struct_size: :uint64, rank: :int64, alpha: :double, dropout: :double, targets: :pointer, adapter:
        :pointer)
    end

    class TrainerConfig < FFI::Struct
      layout(struct_size: :uint64, optimizer: :int32, resume: :int32, decay_matrices_only: :int32, initialize: :int32,
        beta1: :double, beta2: :double, epsilon: :double, weight_decay: :double, clip_norm: :double, label_smoothing:
        :double, attention_dropout: :double, hidden_dropout: :double, seed: :uint64, lora: :pointer, recompute:
        :int64, weights: :int64, classes: :pointer, class_count: :int64, image_size: :int64)
    end

    class TrainingBatch < FFI::Struct
      layout(struct_size: :uint64, batch: :int64, tokens: :int64, ids: :pointer, lengths: :pointer, features:
        :pointer, labels: :pointer, labels_per_sequence: :int64, weight: :double)
    end

    class TrainingPairs < FFI::Struct
      layout(struct_size: :uint64, pairs: :int64, tokens: :int64, ids: :pointer, lengths: :pointer, temperature:
        :double, weight: :double)
    end

    class TokenizerTrainArgs < FFI::Struct
      layout(struct_size: :uint64, texts: :pointer, bytes: :pointer, count: :int64, vocabulary: :int64, least: :int64,
        special: :pointer, special_count: :int64, begin: :pointer, end: :pointer)
    end

    STRUCTS = {
      sa_tensor: Tensor,
      sa_ctx_options: CtxOptions,
      sa_masking: Masking,
      sa_score_rules: ScoreRules,
      sa_rope: Rope,
      sa_rope_scaling: RopeScaling,
      sa_cache_config: CacheConfig,
      sa_packing: Packing,
      sa_block_list: BlockList,
      sa_pattern: Pattern,
      sa_score_tile: ScoreTile,
      sa_score_callbacks: ScoreCallbacks,
      sa_summaries: Summaries,
      sa_dropout: Dropout,
      sa_attention_args: AttentionArgs,
      sa_attention_gradients: AttentionGradients,
      sa_attention_merge_args: AttentionMergeArgs,
      sa_sharding: Sharding,
      sa_exchange: Exchange,
      sa_ring_args: RingArgs,
      sa_linear_state_config: LinearStateConfig,
      sa_random_features_config: RandomFeaturesConfig,
      sa_linear_attention_args: LinearAttentionArgs,
      sa_causal_conv_args: CausalConvArgs,
      sa_latent: Latent,
      sa_layer_config: LayerConfig,
      sa_forward_args: ForwardArgs,
      sa_layer_gradients: LayerGradients,
      sa_model_options: ModelOptions,
      sa_encode_args: EncodeArgs,
      sa_session_config: SessionConfig,
      sa_session_args: SessionArgs,
      sa_sampling: Sampling,
      sa_generate_args: GenerateArgs,
      sa_beam_args: BeamArgs,
      sa_mel_config: MelConfig,
      sa_speech_segment: SpeechSegment,
      sa_speech_window: SpeechWindow,
      sa_transcribe_args: TranscribeArgs,
      sa_lora: Lora,
      sa_trainer_config: TrainerConfig,
      sa_training_batch: TrainingBatch,
      sa_training_pairs: TrainingPairs,
      sa_tokenizer_train_args: TokenizerTrainArgs,
    }.freeze

    FUNCTIONS = {
      sa_version: [[], :int32],
      sa_version_string: [[], :string],
      sa_build_info: [[], :string],
      sa_status_string: [[:int32], :string],
      sa_constant: [[:pointer, :pointer], :int32],
      sa_constant_name: [[:int32], :string],
      sa_tensor_set: [[:pointer, :pointer, :int32, :int32, :int64, :int64, :int64, :int64], :void],
      sa_ctx_create: [[:pointer, :pointer], :int32],
      sa_ctx_destroy: [[:pointer], :void],
      sa_ctx_last_error: [[:pointer], :string],
      sa_ctx_threads: [[:pointer], :int32],
      sa_ctx_parallel: [[:pointer], :int32],
      sa_ctx_isa: [[:pointer], :int32],
      sa_ctx_path: [[:pointer], :int32],
      sa_ctx_precision: [[:pointer], :int32],
      sa_ctx_scratch_bytes: [[:pointer], :uint64],
      sa_ctx_reserve: [[:pointer, :uint64], :int32],
      sa_ctx_cancel: [[:pointer], :int32],
      sa_ctx_set_progress: [[:pointer, :sa_ctx_progress_fn, :pointer], :int32],
      sa_alibi_slopes: [[:int64, :pointer], :int32],
      sa_t5_distances: [[:pointer, :int64, :int64, :int64, :int32, :pointer], :int32],
      sa_rope_frequencies: [[:pointer, :pointer, :pointer], :int32],
      sa_rope_apply: [[:pointer, :pointer, :pointer, :pointer, :pointer, :int64], :int32],
      sa_sinusoidal_positions: [[:int64, :int64, :int32, :pointer], :int32],
      sa_cache_create: [[:pointer, :pointer, :pointer], :int32],
      sa_cache_destroy: [[:pointer], :void],
      sa_cache_append: [[:pointer, :pointer, :int64, :pointer, :pointer, :pointer], :int32],
      sa_cache_length: [[:pointer, :int64, :int64], :int64],
      sa_cache_bytes: [[:pointer], :uint64],
      sa_cache_truncate: [[:pointer, :int64, :int64], :int32],
      sa_cache_fork: [[:pointer, :int64, :int64], :int32],
      sa_cache_reorder: [[:pointer, :pointer], :int32],
      sa_pattern_blocks: [[:pointer, :pointer, :pointer, :int64, :pointer], :int32],
      sa_top_blocks: [[:pointer, :pointer, :pointer, :int64, :int64, :int64, :int32, :int64, :pointer, :pointer],
        :int32],
      sa_attention: [[:pointer, :pointer], :int32],
      sa_attention_workspace_size: [[:pointer, :pointer, :pointer], :int32],
      sa_attention_backward: [[:pointer, :pointer, :pointer], :int32],
      sa_attention_backward_workspace_size: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_attention_merge: [[:pointer, :pointer], :int32],
      sa_tensor_scatter: [[:pointer, :pointer, :pointer, :int32, :pointer], :int32],
      sa_shard_size: [[:pointer, :int64, :int64, :pointer], :int32],
      sa_shard_positions: [[:pointer, :int64, :int64, :pointer], :int32],
      sa_ring_attention: [[:pointer, :pointer], :int32],
      sa_sharded_attention: [[:pointer, :pointer], :int32],
      sa_ring_attention_workspace_size: [[:pointer, :pointer, :pointer], :int32],
      sa_sharded_attention_workspace_size: [[:pointer, :pointer, :pointer], :int32],
      sa_linear_state_create: [[:pointer, :pointer, :pointer], :int32],
      sa_linear_state_destroy: [[:pointer], :void],
      sa_linear_state_bytes: [[:pointer], :uint64],
      sa_linear_state_copy: [[:pointer, :int64, :pointer, :int64], :int32],
      sa_linear_state_clear: [[:pointer, :int64], :int32],
      sa_linear_state_read: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_linear_state_write: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_random_features_create: [[:pointer, :pointer, :pointer], :int32],
      sa_random_features_destroy: [[:pointer], :void],
      sa_random_features_read: [[:pointer, :pointer], :int32],
      sa_linear_attention: [[:pointer, :pointer], :int32],
      sa_linear_attention_workspace_size: [[:pointer, :pointer, :pointer], :int32],
      sa_causal_conv: [[:pointer, :pointer], :int32],
      sa_layer_create: [[:pointer, :pointer, :pointer], :int32],
      sa_layer_destroy: [[:pointer], :void],
      sa_layer_model_width: [[:pointer], :int64],
      sa_layer_context_width: [[:pointer], :int64],
      sa_layer_output_width: [[:pointer], :int64],
      sa_layer_query_heads: [[:pointer], :int64],
      sa_layer_kv_heads: [[:pointer], :int64],
      sa_layer_head_size: [[:pointer], :int64],
      sa_layer_value_head_size: [[:pointer], :int64],
      sa_forward: [[:pointer, :pointer, :pointer], :int32],
      sa_forward_workspace_size: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_forward_backward: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_forward_backward_workspace_size: [[:pointer, :pointer, :pointer, :pointer, :pointer], :int32],
      sa_tokenizer_open: [[:pointer, :pointer, :pointer], :int32],
      sa_tokenizer_destroy: [[:pointer], :void],
      sa_tokenizer_encode: [[:pointer, :pointer, :pointer, :int64, :pointer, :int64, :pointer], :int32],
      sa_tokenizer_encode_with: [[:pointer, :pointer, :pointer, :int64, :int32, :pointer, :int64, :pointer], :int32],
      sa_tokenizer_encode_offsets: [[:pointer, :pointer, :pointer, :int64, :int32, :pointer, :pointer, :int64,
        :pointer], :int32],
      sa_tokenizer_language: [[:pointer, :pointer, :pointer], :int32],
      sa_tokenizer_encode_language: [[:pointer, :pointer, :pointer, :int64, :int32, :int32, :pointer, :int64,
        :pointer], :int32],
      sa_tokenizer_encode_pair: [[:pointer, :pointer, :pointer, :int64, :pointer, :int64, :int32, :int64, :pointer,
        :pointer, :int64, :pointer], :int32],
      sa_tokenizer_decode: [[:pointer, :pointer, :pointer, :int64, :pointer, :int64, :pointer], :int32],
      sa_text_stream_create: [[:pointer, :pointer, :int32, :pointer, :int64, :pointer], :int32],
      sa_text_stream_add: [[:pointer, :pointer, :int32, :pointer, :int64, :pointer], :int32],
      sa_text_stream_rest: [[:pointer, :pointer, :pointer, :int64, :pointer], :int32],
      sa_text_stream_room: [[:pointer], :int64],
      sa_text_stream_ended: [[:pointer], :int32],
      sa_text_stream_destroy: [[:pointer], :void],
      sa_tokenizer_find: [[:pointer, :pointer, :pointer], :int32],
      sa_tokenizer_size: [[:pointer], :int64],
      sa_tokenizer_token: [[:pointer, :int32], :string],
      sa_tokenizer_chat_template: [[:pointer], :string],
      sa_model_open: [[:pointer, :pointer, :pointer], :int32],
      sa_model_open_with: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_model_open_adapted: [[:pointer, :pointer, :pointer, :pointer, :pointer], :int32],
      sa_model_write: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_model_weights: [[:pointer, :int32], :int64],
      sa_model_destroy: [[:pointer], :void],
      sa_model_get: [[:pointer, :int32], :int64],
      sa_model_feature_tokens: [[:pointer, :int64], :int64],
      sa_model_end_tokens: [[:pointer, :pointer, :int64], :int64],
      sa_model_unused_tensor: [[:pointer, :int64], :string],
      sa_model_prompt: [[:pointer, :pointer], :string],
      sa_model_prompt_name: [[:pointer, :int64], :string],
      sa_model_likeness: [[:pointer, :pointer, :pointer], :int32],
      sa_model_type: [[:pointer], :string],
      sa_model_encode: [[:pointer, :pointer, :pointer], :int32],
      sa_model_encode_workspace_size: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_session_create: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_session_destroy: [[:pointer], :void],
      sa_session_encode: [[:pointer, :pointer, :pointer], :int32],
      sa_session_run: [[:pointer, :pointer, :pointer], :int32],
      sa_session_batch: [[:pointer], :int64],
      sa_session_length: [[:pointer, :int64], :int64],
      sa_session_source: [[:pointer], :int64],
      sa_session_bytes: [[:pointer], :uint64],
      sa_session_truncate: [[:pointer, :int64, :int64], :int32],
      sa_session_fork: [[:pointer, :int64, :int64], :int32],
      sa_session_reorder: [[:pointer, :pointer], :int32],
      sa_session_save: [[:pointer, :pointer, :pointer, :pointer, :int64], :int32],
      sa_session_load: [[:pointer, :pointer, :pointer, :int64, :pointer], :int32],
      sa_session_note: [[:pointer, :pointer], :pointer],
      sa_model_sampling: [[:pointer, :pointer], :int32],
      sa_model_suppressed_tokens: [[:pointer, :int32, :pointer, :int64], :int64],
      sa_generate: [[:pointer, :pointer, :pointer], :int32],
      sa_beam_search: [[:pointer, :pointer, :pointer], :int32],
      sa_mel_create: [[:pointer, :pointer, :pointer], :int32],
      sa_mel_open: [[:pointer, :pointer, :pointer], :int32],
      sa_mel_destroy: [[:pointer], :void],
      sa_mel_get: [[:pointer, :int32], :int64],
      sa_mel_frames: [[:pointer, :int64], :int64],
      sa_mel_features: [[:pointer, :pointer, :pointer, :int64, :pointer, :int64], :int32],
      sa_speech_open: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_speech_destroy: [[:pointer], :void],
      sa_speech_mel: [[:pointer], :pointer],
      sa_speech_language: [[:pointer, :int32], :string],
      sa_speech_rules: [[:pointer, :pointer, :int64, :int32, :pointer], :int32],
      sa_transcribe: [[:pointer, :pointer, :pointer], :int32],
      sa_ctc_decode: [[:pointer, :int64, :int64, :int32, :pointer, :pointer, :int64, :pointer], :int32],
      sa_trainer_create: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_trainer_destroy: [[:pointer], :void],
      sa_trainer_accumulate: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_trainer_loss: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_trainer_accumulate_pairs: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_trainer_pairs_loss: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_trainer_update: [[:pointer, :pointer, :double, :pointer], :int32],
      sa_trainer_save: [[:pointer, :pointer, :pointer], :int32],
      sa_trainer_save_merged: [[:pointer, :pointer, :pointer], :int32],
      sa_trainer_updates: [[:pointer], :int64],
      sa_trainer_parameters: [[:pointer], :int64],
      sa_trainer_parameter: [[:pointer, :int64, :pointer, :pointer, :pointer], :string],
      sa_tokenizer_train: [[:pointer, :pointer, :pointer, :pointer], :int32],
      sa_learning_rate: [[:int32, :int64, :int64, :int64, :double], :double],
    }.freeze

    # What works in a context, and so may be long.
    LONG = %i[
      sa_rope_apply sa_cache_create sa_cache_append sa_top_blocks sa_attention sa_attention_backward
      sa_attention_merge sa_tensor_scatter sa_ring_attention sa_sharded_attention sa_linear_state_create
      sa_random_features_create sa_linear_attention sa_causal_conv sa_layer_create sa_forward sa_forward_backward
      sa_tokenizer_open sa_tokenizer_encode sa_tokenizer_encode_with sa_tokenizer_encode_offsets
      sa_tokenizer_encode_language sa_tokenizer_encode_pair sa_tokenizer_decode sa_text_stream_create
      sa_text_stream_add sa_text_stream_rest sa_model_open sa_model_open_with sa_model_open_adapted sa_model_write
      sa_model_encode sa_session_create sa_session_encode sa_session_run sa_session_save sa_session_load sa_generate
      sa_beam_search sa_mel_create sa_mel_open sa_mel_features sa_speech_open sa_transcribe sa_trainer_create
      sa_trainer_accumulate sa_trainer_loss sa_trainer_accumulate_pairs sa_trainer_pairs_loss sa_trainer_update
      sa_trainer_save sa_trainer_save_merged sa_tokenizer_train
    ].freeze
  end
end
