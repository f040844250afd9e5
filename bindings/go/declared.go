// Written by bindings/declare from the public headers, which are the manual.
// SPDX-License-Identifier: MIT

//go:build !selfattn_core

package selfattn

// #include <selfattn_models.h>
import "C"

import "unsafe"

// declared has what this build took from the headers, by the names that sa_constant knows.
func declared() map[string]int64 {
	list := map[string]int64{}
	list["SA_VERSION_MAJOR"] = C.SA_VERSION_MAJOR
	list["SA_VERSION_MINOR"] = C.SA_VERSION_MINOR
	list["SA_VERSION_PATCH"] = C.SA_VERSION_PATCH
	list["SA_VERSION"] = C.SA_VERSION
	list["SA_OK"] = C.SA_OK
	list["SA_ERR_NULL"] = C.SA_ERR_NULL
	list["SA_ERR_STRUCT_SIZE"] = C.SA_ERR_STRUCT_SIZE
	list["SA_ERR_VALUE"] = C.SA_ERR_VALUE
	list["SA_ERR_SHAPE"] = C.SA_ERR_SHAPE
	list["SA_ERR_OVERFLOW"] = C.SA_ERR_OVERFLOW
	list["SA_ERR_UNSUPPORTED"] = C.SA_ERR_UNSUPPORTED
	list["SA_ERR_MEMORY"] = C.SA_ERR_MEMORY
	list["SA_ERR_BUSY"] = C.SA_ERR_BUSY
	list["SA_ERR_CANCELLED"] = C.SA_ERR_CANCELLED
	list["SA_ERR_FILE"] = C.SA_ERR_FILE
	list["SA_ERR_FORMAT"] = C.SA_ERR_FORMAT
	list["SA_ERR_TEXT"] = C.SA_ERR_TEXT
	list["SA_ERR_EXCHANGE"] = C.SA_ERR_EXCHANGE
	list["SA_F32"] = C.SA_F32
	list["SA_BF16"] = C.SA_BF16
	list["SA_F16"] = C.SA_F16
	list["SA_BOOL"] = C.SA_BOOL
	list["SA_Q4_0"] = C.SA_Q4_0
	list["SA_Q4_1"] = C.SA_Q4_1
	list["SA_Q5_0"] = C.SA_Q5_0
	list["SA_Q5_1"] = C.SA_Q5_1
	list["SA_Q8_0"] = C.SA_Q8_0
	list["SA_Q2_K"] = C.SA_Q2_K
	list["SA_Q3_K"] = C.SA_Q3_K
	list["SA_Q4_K"] = C.SA_Q4_K
	list["SA_Q5_K"] = C.SA_Q5_K
	list["SA_Q6_K"] = C.SA_Q6_K
	list["SA_IQ4_NL"] = C.SA_IQ4_NL
	list["SA_IQ4_XS"] = C.SA_IQ4_XS
	list["SA_MXFP4"] = C.SA_MXFP4
	list["SA_BHSD"] = C.SA_BHSD
	list["SA_BSHD"] = C.SA_BSHD
	list["SA_PARALLEL_DEFAULT"] = C.SA_PARALLEL_DEFAULT
	list["SA_PARALLEL_SERIAL"] = C.SA_PARALLEL_SERIAL
	list["SA_PARALLEL_OPENMP"] = C.SA_PARALLEL_OPENMP
	list["SA_PARALLEL_CALLBACK"] = C.SA_PARALLEL_CALLBACK
	list["SA_PARALLEL_POOL"] = C.SA_PARALLEL_POOL
	list["SA_PATH_AUTO"] = C.SA_PATH_AUTO
	list["SA_PATH_PLAIN"] = C.SA_PATH_PLAIN
	list["SA_PATH_BLAS"] = C.SA_PATH_BLAS
	list["SA_PATH_FUSED"] = C.SA_PATH_FUSED
	list["SA_ISA_AUTO"] = C.SA_ISA_AUTO
	list["SA_ISA_PORTABLE"] = C.SA_ISA_PORTABLE
	list["SA_ISA_SIMD128"] = C.SA_ISA_SIMD128
	list["SA_ISA_NEON"] = C.SA_ISA_NEON
	list["SA_ISA_AVX2"] = C.SA_ISA_AVX2
	list["SA_ISA_AVX512"] = C.SA_ISA_AVX512
	list["SA_ISA_AVX512_BF16"] = C.SA_ISA_AVX512_BF16
	list["SA_ISA_AMX"] = C.SA_ISA_AMX
	list["SA_PRECISION_HIGHEST"] = C.SA_PRECISION_HIGHEST
	list["SA_PRECISION_HIGH"] = C.SA_PRECISION_HIGH
	list["SA_PRECISION_MEDIUM"] = C.SA_PRECISION_MEDIUM
	list["SA_ALIGN_DEFAULT"] = C.SA_ALIGN_DEFAULT
	list["SA_ALIGN_TOP_LEFT"] = C.SA_ALIGN_TOP_LEFT
	list["SA_ALIGN_BOTTOM_RIGHT"] = C.SA_ALIGN_BOTTOM_RIGHT
	list["SA_ALIGN_OFFSET"] = C.SA_ALIGN_OFFSET
	list["SA_MASK_KEYS_DEFAULT"] = C.SA_MASK_KEYS_DEFAULT
	list["SA_MASK_KEYS_REPEATED"] = C.SA_MASK_KEYS_REPEATED
	list["SA_MASK_KEYS_HIDDEN"] = C.SA_MASK_KEYS_HIDDEN
	list["SA_ROPE_HALF"] = C.SA_ROPE_HALF
	list["SA_ROPE_INTERLEAVED"] = C.SA_ROPE_INTERLEAVED
	list["SA_ROPE_PLAIN"] = C.SA_ROPE_PLAIN
	list["SA_ROPE_LINEAR"] = C.SA_ROPE_LINEAR
	list["SA_ROPE_DYNAMIC"] = C.SA_ROPE_DYNAMIC
	list["SA_ROPE_YARN"] = C.SA_ROPE_YARN
	list["SA_ROPE_LONGROPE"] = C.SA_ROPE_LONGROPE
	list["SA_ROPE_LLAMA3"] = C.SA_ROPE_LLAMA3
	list["SA_SINUSOIDAL_PAIRS"] = C.SA_SINUSOIDAL_PAIRS
	list["SA_SINUSOIDAL_HALVES"] = C.SA_SINUSOIDAL_HALVES
	list["SA_SINUSOIDAL_WHISPER"] = C.SA_SINUSOIDAL_WHISPER
	list["SA_CACHE_PAGE"] = C.SA_CACHE_PAGE
	list["SA_I8"] = C.SA_I8
	list["SA_WEIGHTS_PROBABILITIES"] = C.SA_WEIGHTS_PROBABILITIES
	list["SA_WEIGHTS_SCALED"] = C.SA_WEIGHTS_SCALED
	list["SA_WEIGHTS_SOFTCAPPED"] = C.SA_WEIGHTS_SOFTCAPPED
	list["SA_WEIGHTS_BIASED"] = C.SA_WEIGHTS_BIASED
	list["SA_LIST_BLOCK_MOST"] = C.SA_LIST_BLOCK_MOST
	list["SA_TILE_SOME"] = C.SA_TILE_SOME
	list["SA_TILE_NONE"] = C.SA_TILE_NONE
	list["SA_TILE_ALL"] = C.SA_TILE_ALL
	list["SA_STRONGEST_MOST"] = C.SA_STRONGEST_MOST
	list["SA_SUMMARY_QUERIES"] = C.SA_SUMMARY_QUERIES
	list["SA_SHARDS_CONTIGUOUS"] = C.SA_SHARDS_CONTIGUOUS
	list["SA_SHARDS_ZIGZAG"] = C.SA_SHARDS_ZIGZAG
	list["SA_SHARDS_STRIPED"] = C.SA_SHARDS_STRIPED
	list["SA_SHARD_CHUNKS"] = C.SA_SHARD_CHUNKS
	list["SA_FEATURES_IDENTITY"] = C.SA_FEATURES_IDENTITY
	list["SA_FEATURES_ELU"] = C.SA_FEATURES_ELU
	list["SA_FEATURES_RELU"] = C.SA_FEATURES_RELU
	list["SA_FEATURES_SQUARE"] = C.SA_FEATURES_SQUARE
	list["SA_LINEAR_AUTO"] = C.SA_LINEAR_AUTO
	list["SA_LINEAR_RECURRENT"] = C.SA_LINEAR_RECURRENT
	list["SA_LINEAR_CHUNKED"] = C.SA_LINEAR_CHUNKED
	list["SA_CONV_PLAIN"] = C.SA_CONV_PLAIN
	list["SA_CONV_SILU"] = C.SA_CONV_SILU
	list["SA_OUT_IN"] = C.SA_OUT_IN
	list["SA_IN_OUT"] = C.SA_IN_OUT
	list["SA_LATENT_AUTO"] = C.SA_LATENT_AUTO
	list["SA_LATENT_EXPANDED"] = C.SA_LATENT_EXPANDED
	list["SA_LATENT_ABSORBED"] = C.SA_LATENT_ABSORBED
	list["SA_CACHE_APPEND"] = C.SA_CACHE_APPEND
	list["SA_CACHE_READ"] = C.SA_CACHE_READ
	list["SA_ENCODE_NO_TEMPLATE"] = C.SA_ENCODE_NO_TEMPLATE
	list["SA_ENCODE_NO_SPECIAL"] = C.SA_ENCODE_NO_SPECIAL
	list["SA_MODEL_LAYERS"] = C.SA_MODEL_LAYERS
	list["SA_MODEL_WIDTH"] = C.SA_MODEL_WIDTH
	list["SA_MODEL_QUERY_HEADS"] = C.SA_MODEL_QUERY_HEADS
	list["SA_MODEL_KV_HEADS"] = C.SA_MODEL_KV_HEADS
	list["SA_MODEL_VOCABULARY"] = C.SA_MODEL_VOCABULARY
	list["SA_MODEL_MAX_POSITIONS"] = C.SA_MODEL_MAX_POSITIONS
	list["SA_MODEL_HEAD_SIZE"] = C.SA_MODEL_HEAD_SIZE
	list["SA_MODEL_ENCODER"] = C.SA_MODEL_ENCODER
	list["SA_MODEL_DECODER"] = C.SA_MODEL_DECODER
	list["SA_MODEL_DECODER_LAYERS"] = C.SA_MODEL_DECODER_LAYERS
	list["SA_MODEL_DECODER_WIDTH"] = C.SA_MODEL_DECODER_WIDTH
	list["SA_MODEL_DECODER_QUERY_HEADS"] = C.SA_MODEL_DECODER_QUERY_HEADS
	list["SA_MODEL_DECODER_KV_HEADS"] = C.SA_MODEL_DECODER_KV_HEADS
	list["SA_MODEL_DECODER_VOCABULARY"] = C.SA_MODEL_DECODER_VOCABULARY
	list["SA_MODEL_DECODER_MAX_POSITIONS"] = C.SA_MODEL_DECODER_MAX_POSITIONS
	list["SA_MODEL_DECODER_HEAD_SIZE"] = C.SA_MODEL_DECODER_HEAD_SIZE
	list["SA_MODEL_OUTPUTS"] = C.SA_MODEL_OUTPUTS
	list["SA_MODEL_POOLED"] = C.SA_MODEL_POOLED
	list["SA_MODEL_FEATURE_CHANNELS"] = C.SA_MODEL_FEATURE_CHANNELS
	list["SA_MODEL_FEATURE_HEIGHT"] = C.SA_MODEL_FEATURE_HEIGHT
	list["SA_MODEL_FEATURE_WIDTH"] = C.SA_MODEL_FEATURE_WIDTH
	list["SA_MODEL_FEATURE_TOKENS"] = C.SA_MODEL_FEATURE_TOKENS
	list["SA_MODEL_FEATURE_ROWS"] = C.SA_MODEL_FEATURE_ROWS
	list["SA_MODEL_FEATURE_COLUMNS"] = C.SA_MODEL_FEATURE_COLUMNS
	list["SA_MODEL_START_TOKEN"] = C.SA_MODEL_START_TOKEN
	list["SA_MODEL_END_TOKEN"] = C.SA_MODEL_END_TOKEN
	list["SA_MODEL_PAD_TOKEN"] = C.SA_MODEL_PAD_TOKEN
	list["SA_MODEL_TOKEN_LOGITS"] = C.SA_MODEL_TOKEN_LOGITS
	list["SA_MODEL_FORCED_FIRST_TOKEN"] = C.SA_MODEL_FORCED_FIRST_TOKEN
	list["SA_MODEL_FORCED_LAST_TOKEN"] = C.SA_MODEL_FORCED_LAST_TOKEN
	list["SA_MODEL_MAX_NEW_TOKENS"] = C.SA_MODEL_MAX_NEW_TOKENS
	list["SA_MODEL_EMBEDDING_WIDTH"] = C.SA_MODEL_EMBEDDING_WIDTH
	list["SA_MODEL_PADDED_TOKENS"] = C.SA_MODEL_PADDED_TOKENS
	list["SA_MODEL_UNSUPPORTED"] = C.SA_MODEL_UNSUPPORTED
	list["SA_MODEL_TOKEN_TYPES"] = C.SA_MODEL_TOKEN_TYPES
	list["SA_MODEL_POOLED_WIDTH"] = C.SA_MODEL_POOLED_WIDTH
	list["SA_LIKENESS_NONE"] = C.SA_LIKENESS_NONE
	list["SA_LIKENESS_SOFTMAX"] = C.SA_LIKENESS_SOFTMAX
	list["SA_LIKENESS_SIGMOID"] = C.SA_LIKENESS_SIGMOID
	list["SA_END_NONE"] = C.SA_END_NONE
	list["SA_END_MAX_TOKENS"] = C.SA_END_MAX_TOKENS
	list["SA_END_TOKEN"] = C.SA_END_TOKEN
	list["SA_END_STRING"] = C.SA_END_STRING
	list["SA_END_CALLER"] = C.SA_END_CALLER
	list["SA_END_FULL"] = C.SA_END_FULL
	list["SA_EARLY_STOPPING_NEVER"] = C.SA_EARLY_STOPPING_NEVER
	list["SA_EARLY_STOPPING_TRUE"] = C.SA_EARLY_STOPPING_TRUE
	list["SA_EARLY_STOPPING_FALSE"] = C.SA_EARLY_STOPPING_FALSE
	list["SA_MEL_WHISPER"] = C.SA_MEL_WHISPER
	list["SA_MEL_KALDI"] = C.SA_MEL_KALDI
	list["SA_MEL_MEANS"] = C.SA_MEL_MEANS
	list["SA_MEL_DEVIATIONS"] = C.SA_MEL_DEVIATIONS
	list["SA_MEL_RATE"] = C.SA_MEL_RATE
	list["SA_MEL_FRAME"] = C.SA_MEL_FRAME
	list["SA_MEL_STEP"] = C.SA_MEL_STEP
	list["SA_MEL_BINS"] = C.SA_MEL_BINS
	list["SA_MEL_WINDOW"] = C.SA_MEL_WINDOW
	list["SA_MEL_KIND"] = C.SA_MEL_KIND
	list["SA_TIMES_AUTO"] = C.SA_TIMES_AUTO
	list["SA_TIMES_ALWAYS"] = C.SA_TIMES_ALWAYS
	list["SA_TIMES_NEVER"] = C.SA_TIMES_NEVER
	list["SA_TASK_TRANSCRIBE"] = C.SA_TASK_TRANSCRIBE
	list["SA_TASK_TRANSLATE"] = C.SA_TASK_TRANSLATE
	list["SA_WINDOW_TEXT"] = C.SA_WINDOW_TEXT
	list["SA_WINDOW_SILENT"] = C.SA_WINDOW_SILENT
	list["SA_WINDOW_SPEECHLESS"] = C.SA_WINDOW_SPEECHLESS
	list["SA_OPTIMIZER_ADAMW"] = C.SA_OPTIMIZER_ADAMW
	list["SA_OPTIMIZER_SGD"] = C.SA_OPTIMIZER_SGD
	list["SA_SCHEDULE_CONSTANT"] = C.SA_SCHEDULE_CONSTANT
	list["SA_SCHEDULE_LINEAR"] = C.SA_SCHEDULE_LINEAR
	list["SA_SCHEDULE_COSINE"] = C.SA_SCHEDULE_COSINE
	field := func(name string, place, size uintptr) {
		list[name] = int64(place)
		list["sizeof("+name+")"] = int64(size)
	}
	{
		var x C.sa_tensor
		list["sizeof(sa_tensor)"] = int64(unsafe.Sizeof(x))
		field("sa_tensor.data",
			unsafe.Offsetof(x.data), unsafe.Sizeof(x.data))
		field("sa_tensor.dtype",
			unsafe.Offsetof(x.dtype), unsafe.Sizeof(x.dtype))
		field("sa_tensor.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_tensor.size",
			unsafe.Offsetof(x.size), unsafe.Sizeof(x.size))
		field("sa_tensor.stride",
			unsafe.Offsetof(x.stride), unsafe.Sizeof(x.stride))
	}
	{
		var x C.sa_ctx_options
		list["sizeof(sa_ctx_options)"] = int64(unsafe.Sizeof(x))
		field("sa_ctx_options.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_ctx_options.threads",
			unsafe.Offsetof(x.threads), unsafe.Sizeof(x.threads))
		field("sa_ctx_options.parallel",
			unsafe.Offsetof(x.parallel), unsafe.Sizeof(x.parallel))
		field("sa_ctx_options.parallel_for",
			unsafe.Offsetof(x.parallel_for), unsafe.Sizeof(x.parallel_for))
		field("sa_ctx_options.parallel_user",
			unsafe.Offsetof(x.parallel_user), unsafe.Sizeof(x.parallel_user))
		field("sa_ctx_options.allocate",
			unsafe.Offsetof(x.allocate), unsafe.Sizeof(x.allocate))
		field("sa_ctx_options.release",
			unsafe.Offsetof(x.release), unsafe.Sizeof(x.release))
		field("sa_ctx_options.allocator_user",
			unsafe.Offsetof(x.allocator_user), unsafe.Sizeof(x.allocator_user))
		field("sa_ctx_options.path",
			unsafe.Offsetof(x.path), unsafe.Sizeof(x.path))
		field("sa_ctx_options.isa",
			unsafe.Offsetof(x.isa), unsafe.Sizeof(x.isa))
		field("sa_ctx_options.precision",
			unsafe.Offsetof(x.precision), unsafe.Sizeof(x.precision))
		field("sa_ctx_options.same_bits",
			unsafe.Offsetof(x.same_bits), unsafe.Sizeof(x.same_bits))
	}
	{
		var x C.sa_masking
		list["sizeof(sa_masking)"] = int64(unsafe.Sizeof(x))
		field("sa_masking.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_masking.key_lengths",
			unsafe.Offsetof(x.key_lengths), unsafe.Sizeof(x.key_lengths))
		field("sa_masking.causal",
			unsafe.Offsetof(x.causal), unsafe.Sizeof(x.causal))
		field("sa_masking.align",
			unsafe.Offsetof(x.align), unsafe.Sizeof(x.align))
		field("sa_masking.offset",
			unsafe.Offsetof(x.offset), unsafe.Sizeof(x.offset))
		field("sa_masking.offsets",
			unsafe.Offsetof(x.offsets), unsafe.Sizeof(x.offsets))
		field("sa_masking.window",
			unsafe.Offsetof(x.window), unsafe.Sizeof(x.window))
		field("sa_masking.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_masking.window_left",
			unsafe.Offsetof(x.window_left), unsafe.Sizeof(x.window_left))
		field("sa_masking.window_right",
			unsafe.Offsetof(x.window_right), unsafe.Sizeof(x.window_right))
		field("sa_masking.mask",
			unsafe.Offsetof(x.mask), unsafe.Sizeof(x.mask))
		field("sa_masking.keep_first",
			unsafe.Offsetof(x.keep_first), unsafe.Sizeof(x.keep_first))
		field("sa_masking.mask_keys",
			unsafe.Offsetof(x.mask_keys), unsafe.Sizeof(x.mask_keys))
		field("sa_masking.reserved2",
			unsafe.Offsetof(x.reserved2), unsafe.Sizeof(x.reserved2))
	}
	{
		var x C.sa_score_rules
		list["sizeof(sa_score_rules)"] = int64(unsafe.Sizeof(x))
		field("sa_score_rules.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_score_rules.alibi_slopes",
			unsafe.Offsetof(x.alibi_slopes), unsafe.Sizeof(x.alibi_slopes))
		field("sa_score_rules.relative_bias",
			unsafe.Offsetof(x.relative_bias), unsafe.Sizeof(x.relative_bias))
		field("sa_score_rules.relative_reach",
			unsafe.Offsetof(x.relative_reach), unsafe.Sizeof(x.relative_reach))
		field("sa_score_rules.sink_logits",
			unsafe.Offsetof(x.sink_logits), unsafe.Sizeof(x.sink_logits))
	}
	{
		var x C.sa_rope
		list["sizeof(sa_rope)"] = int64(unsafe.Sizeof(x))
		field("sa_rope.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_rope.style",
			unsafe.Offsetof(x.style), unsafe.Sizeof(x.style))
		field("sa_rope.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_rope.rotary",
			unsafe.Offsetof(x.rotary), unsafe.Sizeof(x.rotary))
		field("sa_rope.theta",
			unsafe.Offsetof(x.theta), unsafe.Sizeof(x.theta))
		field("sa_rope.inverse_frequency",
			unsafe.Offsetof(x.inverse_frequency), unsafe.Sizeof(x.inverse_frequency))
		field("sa_rope.attention_factor",
			unsafe.Offsetof(x.attention_factor), unsafe.Sizeof(x.attention_factor))
		field("sa_rope.cosines",
			unsafe.Offsetof(x.cosines), unsafe.Sizeof(x.cosines))
		field("sa_rope.sines",
			unsafe.Offsetof(x.sines), unsafe.Sizeof(x.sines))
		field("sa_rope.table_positions",
			unsafe.Offsetof(x.table_positions), unsafe.Sizeof(x.table_positions))
	}
	{
		var x C.sa_rope_scaling
		list["sizeof(sa_rope_scaling)"] = int64(unsafe.Sizeof(x))
		field("sa_rope_scaling.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_rope_scaling.kind",
			unsafe.Offsetof(x.kind), unsafe.Sizeof(x.kind))
		field("sa_rope_scaling.truncate",
			unsafe.Offsetof(x.truncate), unsafe.Sizeof(x.truncate))
		field("sa_rope_scaling.rotary",
			unsafe.Offsetof(x.rotary), unsafe.Sizeof(x.rotary))
		field("sa_rope_scaling.theta",
			unsafe.Offsetof(x.theta), unsafe.Sizeof(x.theta))
		field("sa_rope_scaling.factor",
			unsafe.Offsetof(x.factor), unsafe.Sizeof(x.factor))
		field("sa_rope_scaling.original_positions",
			unsafe.Offsetof(x.original_positions), unsafe.Sizeof(x.original_positions))
		field("sa_rope_scaling.max_positions",
			unsafe.Offsetof(x.max_positions), unsafe.Sizeof(x.max_positions))
		field("sa_rope_scaling.length",
			unsafe.Offsetof(x.length), unsafe.Sizeof(x.length))
		field("sa_rope_scaling.low_frequency_factor",
			unsafe.Offsetof(x.low_frequency_factor), unsafe.Sizeof(x.low_frequency_factor))
		field("sa_rope_scaling.high_frequency_factor",
			unsafe.Offsetof(x.high_frequency_factor), unsafe.Sizeof(x.high_frequency_factor))
		field("sa_rope_scaling.beta_fast",
			unsafe.Offsetof(x.beta_fast), unsafe.Sizeof(x.beta_fast))
		field("sa_rope_scaling.beta_slow",
			unsafe.Offsetof(x.beta_slow), unsafe.Sizeof(x.beta_slow))
		field("sa_rope_scaling.mscale",
			unsafe.Offsetof(x.mscale), unsafe.Sizeof(x.mscale))
		field("sa_rope_scaling.mscale_all_dim",
			unsafe.Offsetof(x.mscale_all_dim), unsafe.Sizeof(x.mscale_all_dim))
		field("sa_rope_scaling.attention_factor",
			unsafe.Offsetof(x.attention_factor), unsafe.Sizeof(x.attention_factor))
		field("sa_rope_scaling.short_factors",
			unsafe.Offsetof(x.short_factors), unsafe.Sizeof(x.short_factors))
		field("sa_rope_scaling.long_factors",
			unsafe.Offsetof(x.long_factors), unsafe.Sizeof(x.long_factors))
	}
	{
		var x C.sa_cache_config
		list["sizeof(sa_cache_config)"] = int64(unsafe.Sizeof(x))
		field("sa_cache_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_cache_config.layers",
			unsafe.Offsetof(x.layers), unsafe.Sizeof(x.layers))
		field("sa_cache_config.batch",
			unsafe.Offsetof(x.batch), unsafe.Sizeof(x.batch))
		field("sa_cache_config.kv_heads",
			unsafe.Offsetof(x.kv_heads), unsafe.Sizeof(x.kv_heads))
		field("sa_cache_config.head_size",
			unsafe.Offsetof(x.head_size), unsafe.Sizeof(x.head_size))
		field("sa_cache_config.value_head_size",
			unsafe.Offsetof(x.value_head_size), unsafe.Sizeof(x.value_head_size))
		field("sa_cache_config.dtype",
			unsafe.Offsetof(x.dtype), unsafe.Sizeof(x.dtype))
		field("sa_cache_config.values_in_keys",
			unsafe.Offsetof(x.values_in_keys), unsafe.Sizeof(x.values_in_keys))
		field("sa_cache_config.capacity",
			unsafe.Offsetof(x.capacity), unsafe.Sizeof(x.capacity))
		field("sa_cache_config.window",
			unsafe.Offsetof(x.window), unsafe.Sizeof(x.window))
		field("sa_cache_config.keep_first",
			unsafe.Offsetof(x.keep_first), unsafe.Sizeof(x.keep_first))
	}
	{
		var x C.sa_packing
		list["sizeof(sa_packing)"] = int64(unsafe.Sizeof(x))
		field("sa_packing.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_packing.sequences",
			unsafe.Offsetof(x.sequences), unsafe.Sizeof(x.sequences))
		field("sa_packing.query_starts",
			unsafe.Offsetof(x.query_starts), unsafe.Sizeof(x.query_starts))
		field("sa_packing.key_starts",
			unsafe.Offsetof(x.key_starts), unsafe.Sizeof(x.key_starts))
	}
	{
		var x C.sa_block_list
		list["sizeof(sa_block_list)"] = int64(unsafe.Sizeof(x))
		field("sa_block_list.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_block_list.query_block",
			unsafe.Offsetof(x.query_block), unsafe.Sizeof(x.query_block))
		field("sa_block_list.key_block",
			unsafe.Offsetof(x.key_block), unsafe.Sizeof(x.key_block))
		field("sa_block_list.sequences",
			unsafe.Offsetof(x.sequences), unsafe.Sizeof(x.sequences))
		field("sa_block_list.heads",
			unsafe.Offsetof(x.heads), unsafe.Sizeof(x.heads))
		field("sa_block_list.offsets",
			unsafe.Offsetof(x.offsets), unsafe.Sizeof(x.offsets))
		field("sa_block_list.indices",
			unsafe.Offsetof(x.indices), unsafe.Sizeof(x.indices))
	}
	{
		var x C.sa_pattern
		list["sizeof(sa_pattern)"] = int64(unsafe.Sizeof(x))
		field("sa_pattern.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_pattern.queries",
			unsafe.Offsetof(x.queries), unsafe.Sizeof(x.queries))
		field("sa_pattern.keys",
			unsafe.Offsetof(x.keys), unsafe.Sizeof(x.keys))
		field("sa_pattern.offset",
			unsafe.Offsetof(x.offset), unsafe.Sizeof(x.offset))
		field("sa_pattern.query_block",
			unsafe.Offsetof(x.query_block), unsafe.Sizeof(x.query_block))
		field("sa_pattern.key_block",
			unsafe.Offsetof(x.key_block), unsafe.Sizeof(x.key_block))
		field("sa_pattern.causal",
			unsafe.Offsetof(x.causal), unsafe.Sizeof(x.causal))
		field("sa_pattern.window",
			unsafe.Offsetof(x.window), unsafe.Sizeof(x.window))
		field("sa_pattern.window_left",
			unsafe.Offsetof(x.window_left), unsafe.Sizeof(x.window_left))
		field("sa_pattern.window_right",
			unsafe.Offsetof(x.window_right), unsafe.Sizeof(x.window_right))
		field("sa_pattern.stride",
			unsafe.Offsetof(x.stride), unsafe.Sizeof(x.stride))
		field("sa_pattern.stride_reach",
			unsafe.Offsetof(x.stride_reach), unsafe.Sizeof(x.stride_reach))
		field("sa_pattern.global_tokens",
			unsafe.Offsetof(x.global_tokens), unsafe.Sizeof(x.global_tokens))
		field("sa_pattern.random_blocks",
			unsafe.Offsetof(x.random_blocks), unsafe.Sizeof(x.random_blocks))
		field("sa_pattern.seed",
			unsafe.Offsetof(x.seed), unsafe.Sizeof(x.seed))
		field("sa_pattern.document_starts",
			unsafe.Offsetof(x.document_starts), unsafe.Sizeof(x.document_starts))
		field("sa_pattern.documents",
			unsafe.Offsetof(x.documents), unsafe.Sizeof(x.documents))
	}
	{
		var x C.sa_score_tile
		list["sizeof(sa_score_tile)"] = int64(unsafe.Sizeof(x))
		field("sa_score_tile.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_score_tile.sequence",
			unsafe.Offsetof(x.sequence), unsafe.Sizeof(x.sequence))
		field("sa_score_tile.head",
			unsafe.Offsetof(x.head), unsafe.Sizeof(x.head))
		field("sa_score_tile.query",
			unsafe.Offsetof(x.query), unsafe.Sizeof(x.query))
		field("sa_score_tile.key",
			unsafe.Offsetof(x.key), unsafe.Sizeof(x.key))
		field("sa_score_tile.queries",
			unsafe.Offsetof(x.queries), unsafe.Sizeof(x.queries))
		field("sa_score_tile.keys",
			unsafe.Offsetof(x.keys), unsafe.Sizeof(x.keys))
		field("sa_score_tile.query_stride",
			unsafe.Offsetof(x.query_stride), unsafe.Sizeof(x.query_stride))
		field("sa_score_tile.key_stride",
			unsafe.Offsetof(x.key_stride), unsafe.Sizeof(x.key_stride))
		field("sa_score_tile.values",
			unsafe.Offsetof(x.values), unsafe.Sizeof(x.values))
		field("sa_score_tile.visible",
			unsafe.Offsetof(x.visible), unsafe.Sizeof(x.visible))
	}
	{
		var x C.sa_score_callbacks
		list["sizeof(sa_score_callbacks)"] = int64(unsafe.Sizeof(x))
		field("sa_score_callbacks.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_score_callbacks.user",
			unsafe.Offsetof(x.user), unsafe.Sizeof(x.user))
		field("sa_score_callbacks.mask_tile",
			unsafe.Offsetof(x.mask_tile), unsafe.Sizeof(x.mask_tile))
		field("sa_score_callbacks.mask_mod",
			unsafe.Offsetof(x.mask_mod), unsafe.Sizeof(x.mask_mod))
		field("sa_score_callbacks.score_mod",
			unsafe.Offsetof(x.score_mod), unsafe.Sizeof(x.score_mod))
		field("sa_score_callbacks.prob_mod",
			unsafe.Offsetof(x.prob_mod), unsafe.Sizeof(x.prob_mod))
	}
	{
		var x C.sa_summaries
		list["sizeof(sa_summaries)"] = int64(unsafe.Sizeof(x))
		field("sa_summaries.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_summaries.key_sums",
			unsafe.Offsetof(x.key_sums), unsafe.Sizeof(x.key_sums))
		field("sa_summaries.key_maxima",
			unsafe.Offsetof(x.key_maxima), unsafe.Sizeof(x.key_maxima))
		field("sa_summaries.entropy",
			unsafe.Offsetof(x.entropy), unsafe.Sizeof(x.entropy))
		field("sa_summaries.strongest",
			unsafe.Offsetof(x.strongest), unsafe.Sizeof(x.strongest))
		field("sa_summaries.strongest_weights",
			unsafe.Offsetof(x.strongest_weights), unsafe.Sizeof(x.strongest_weights))
		field("sa_summaries.strongest_keys",
			unsafe.Offsetof(x.strongest_keys), unsafe.Sizeof(x.strongest_keys))
	}
	{
		var x C.sa_dropout
		list["sizeof(sa_dropout)"] = int64(unsafe.Sizeof(x))
		field("sa_dropout.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_dropout.probability",
			unsafe.Offsetof(x.probability), unsafe.Sizeof(x.probability))
		field("sa_dropout.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_dropout.seed",
			unsafe.Offsetof(x.seed), unsafe.Sizeof(x.seed))
	}
	{
		var x C.sa_attention_args
		list["sizeof(sa_attention_args)"] = int64(unsafe.Sizeof(x))
		field("sa_attention_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_attention_args.query",
			unsafe.Offsetof(x.query), unsafe.Sizeof(x.query))
		field("sa_attention_args.key",
			unsafe.Offsetof(x.key), unsafe.Sizeof(x.key))
		field("sa_attention_args.value",
			unsafe.Offsetof(x.value), unsafe.Sizeof(x.value))
		field("sa_attention_args.output",
			unsafe.Offsetof(x.output), unsafe.Sizeof(x.output))
		field("sa_attention_args.scale",
			unsafe.Offsetof(x.scale), unsafe.Sizeof(x.scale))
		field("sa_attention_args.softcap",
			unsafe.Offsetof(x.softcap), unsafe.Sizeof(x.softcap))
		field("sa_attention_args.masking",
			unsafe.Offsetof(x.masking), unsafe.Sizeof(x.masking))
		field("sa_attention_args.lse",
			unsafe.Offsetof(x.lse), unsafe.Sizeof(x.lse))
		field("sa_attention_args.weights",
			unsafe.Offsetof(x.weights), unsafe.Sizeof(x.weights))
		field("sa_attention_args.weights_kind",
			unsafe.Offsetof(x.weights_kind), unsafe.Sizeof(x.weights_kind))
		field("sa_attention_args.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_attention_args.rules",
			unsafe.Offsetof(x.rules), unsafe.Sizeof(x.rules))
		field("sa_attention_args.cache",
			unsafe.Offsetof(x.cache), unsafe.Sizeof(x.cache))
		field("sa_attention_args.cache_layer",
			unsafe.Offsetof(x.cache_layer), unsafe.Sizeof(x.cache_layer))
		field("sa_attention_args.packing",
			unsafe.Offsetof(x.packing), unsafe.Sizeof(x.packing))
		field("sa_attention_args.blocks",
			unsafe.Offsetof(x.blocks), unsafe.Sizeof(x.blocks))
		field("sa_attention_args.callbacks",
			unsafe.Offsetof(x.callbacks), unsafe.Sizeof(x.callbacks))
		field("sa_attention_args.summaries",
			unsafe.Offsetof(x.summaries), unsafe.Sizeof(x.summaries))
		field("sa_attention_args.dropout",
			unsafe.Offsetof(x.dropout), unsafe.Sizeof(x.dropout))
	}
	{
		var x C.sa_attention_gradients
		list["sizeof(sa_attention_gradients)"] = int64(unsafe.Sizeof(x))
		field("sa_attention_gradients.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_attention_gradients.output",
			unsafe.Offsetof(x.output), unsafe.Sizeof(x.output))
		field("sa_attention_gradients.query",
			unsafe.Offsetof(x.query), unsafe.Sizeof(x.query))
		field("sa_attention_gradients.key",
			unsafe.Offsetof(x.key), unsafe.Sizeof(x.key))
		field("sa_attention_gradients.value",
			unsafe.Offsetof(x.value), unsafe.Sizeof(x.value))
		field("sa_attention_gradients.mask",
			unsafe.Offsetof(x.mask), unsafe.Sizeof(x.mask))
		field("sa_attention_gradients.alibi_slopes",
			unsafe.Offsetof(x.alibi_slopes), unsafe.Sizeof(x.alibi_slopes))
		field("sa_attention_gradients.relative_bias",
			unsafe.Offsetof(x.relative_bias), unsafe.Sizeof(x.relative_bias))
		field("sa_attention_gradients.sink_logits",
			unsafe.Offsetof(x.sink_logits), unsafe.Sizeof(x.sink_logits))
	}
	{
		var x C.sa_attention_merge_args
		list["sizeof(sa_attention_merge_args)"] = int64(unsafe.Sizeof(x))
		field("sa_attention_merge_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_attention_merge_args.count",
			unsafe.Offsetof(x.count), unsafe.Sizeof(x.count))
		field("sa_attention_merge_args.outputs",
			unsafe.Offsetof(x.outputs), unsafe.Sizeof(x.outputs))
		field("sa_attention_merge_args.lses",
			unsafe.Offsetof(x.lses), unsafe.Sizeof(x.lses))
		field("sa_attention_merge_args.output",
			unsafe.Offsetof(x.output), unsafe.Sizeof(x.output))
		field("sa_attention_merge_args.lse",
			unsafe.Offsetof(x.lse), unsafe.Sizeof(x.lse))
	}
	{
		var x C.sa_sharding
		list["sizeof(sa_sharding)"] = int64(unsafe.Sizeof(x))
		field("sa_sharding.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_sharding.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_sharding.chunk",
			unsafe.Offsetof(x.chunk), unsafe.Sizeof(x.chunk))
		field("sa_sharding.kind",
			unsafe.Offsetof(x.kind), unsafe.Sizeof(x.kind))
		field("sa_sharding.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
	}
	{
		var x C.sa_exchange
		list["sizeof(sa_exchange)"] = int64(unsafe.Sizeof(x))
		field("sa_exchange.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_exchange.user",
			unsafe.Offsetof(x.user), unsafe.Sizeof(x.user))
		field("sa_exchange.rank",
			unsafe.Offsetof(x.rank), unsafe.Sizeof(x.rank))
		field("sa_exchange.ranks",
			unsafe.Offsetof(x.ranks), unsafe.Sizeof(x.ranks))
		field("sa_exchange.start",
			unsafe.Offsetof(x.start), unsafe.Sizeof(x.start))
		field("sa_exchange.finish",
			unsafe.Offsetof(x.finish), unsafe.Sizeof(x.finish))
		field("sa_exchange.all_gather",
			unsafe.Offsetof(x.all_gather), unsafe.Sizeof(x.all_gather))
		field("sa_exchange.progress",
			unsafe.Offsetof(x.progress), unsafe.Sizeof(x.progress))
		field("sa_exchange.failure",
			unsafe.Offsetof(x.failure), unsafe.Sizeof(x.failure))
	}
	{
		var x C.sa_ring_args
		list["sizeof(sa_ring_args)"] = int64(unsafe.Sizeof(x))
		field("sa_ring_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_ring_args.exchange",
			unsafe.Offsetof(x.exchange), unsafe.Sizeof(x.exchange))
		field("sa_ring_args.key_shards",
			unsafe.Offsetof(x.key_shards), unsafe.Sizeof(x.key_shards))
		field("sa_ring_args.query_shards",
			unsafe.Offsetof(x.query_shards), unsafe.Sizeof(x.query_shards))
		field("sa_ring_args.query",
			unsafe.Offsetof(x.query), unsafe.Sizeof(x.query))
		field("sa_ring_args.key",
			unsafe.Offsetof(x.key), unsafe.Sizeof(x.key))
		field("sa_ring_args.value",
			unsafe.Offsetof(x.value), unsafe.Sizeof(x.value))
		field("sa_ring_args.output",
			unsafe.Offsetof(x.output), unsafe.Sizeof(x.output))
		field("sa_ring_args.lse",
			unsafe.Offsetof(x.lse), unsafe.Sizeof(x.lse))
		field("sa_ring_args.masking",
			unsafe.Offsetof(x.masking), unsafe.Sizeof(x.masking))
		field("sa_ring_args.rules",
			unsafe.Offsetof(x.rules), unsafe.Sizeof(x.rules))
		field("sa_ring_args.scale",
			unsafe.Offsetof(x.scale), unsafe.Sizeof(x.scale))
		field("sa_ring_args.softcap",
			unsafe.Offsetof(x.softcap), unsafe.Sizeof(x.softcap))
		field("sa_ring_args.cache",
			unsafe.Offsetof(x.cache), unsafe.Sizeof(x.cache))
		field("sa_ring_args.cache_layer",
			unsafe.Offsetof(x.cache_layer), unsafe.Sizeof(x.cache_layer))
	}
	{
		var x C.sa_linear_state_config
		list["sizeof(sa_linear_state_config)"] = int64(unsafe.Sizeof(x))
		field("sa_linear_state_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_linear_state_config.batch",
			unsafe.Offsetof(x.batch), unsafe.Sizeof(x.batch))
		field("sa_linear_state_config.kv_heads",
			unsafe.Offsetof(x.kv_heads), unsafe.Sizeof(x.kv_heads))
		field("sa_linear_state_config.head_size",
			unsafe.Offsetof(x.head_size), unsafe.Sizeof(x.head_size))
		field("sa_linear_state_config.value_head_size",
			unsafe.Offsetof(x.value_head_size), unsafe.Sizeof(x.value_head_size))
		field("sa_linear_state_config.normalised",
			unsafe.Offsetof(x.normalised), unsafe.Sizeof(x.normalised))
		field("sa_linear_state_config.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
	}
	{
		var x C.sa_random_features_config
		list["sizeof(sa_random_features_config)"] = int64(unsafe.Sizeof(x))
		field("sa_random_features_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_random_features_config.count",
			unsafe.Offsetof(x.count), unsafe.Sizeof(x.count))
		field("sa_random_features_config.head_size",
			unsafe.Offsetof(x.head_size), unsafe.Sizeof(x.head_size))
		field("sa_random_features_config.seed",
			unsafe.Offsetof(x.seed), unsafe.Sizeof(x.seed))
		field("sa_random_features_config.independent",
			unsafe.Offsetof(x.independent), unsafe.Sizeof(x.independent))
		field("sa_random_features_config.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
	}
	{
		var x C.sa_linear_attention_args
		list["sizeof(sa_linear_attention_args)"] = int64(unsafe.Sizeof(x))
		field("sa_linear_attention_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_linear_attention_args.query",
			unsafe.Offsetof(x.query), unsafe.Sizeof(x.query))
		field("sa_linear_attention_args.key",
			unsafe.Offsetof(x.key), unsafe.Sizeof(x.key))
		field("sa_linear_attention_args.value",
			unsafe.Offsetof(x.value), unsafe.Sizeof(x.value))
		field("sa_linear_attention_args.output",
			unsafe.Offsetof(x.output), unsafe.Sizeof(x.output))
		field("sa_linear_attention_args.decay",
			unsafe.Offsetof(x.decay), unsafe.Sizeof(x.decay))
		field("sa_linear_attention_args.beta",
			unsafe.Offsetof(x.beta), unsafe.Sizeof(x.beta))
		field("sa_linear_attention_args.state",
			unsafe.Offsetof(x.state), unsafe.Sizeof(x.state))
		field("sa_linear_attention_args.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_linear_attention_args.random_features",
			unsafe.Offsetof(x.random_features), unsafe.Sizeof(x.random_features))
		field("sa_linear_attention_args.scale",
			unsafe.Offsetof(x.scale), unsafe.Sizeof(x.scale))
		field("sa_linear_attention_args.epsilon",
			unsafe.Offsetof(x.epsilon), unsafe.Sizeof(x.epsilon))
		field("sa_linear_attention_args.features",
			unsafe.Offsetof(x.features), unsafe.Sizeof(x.features))
		field("sa_linear_attention_args.form",
			unsafe.Offsetof(x.form), unsafe.Sizeof(x.form))
		field("sa_linear_attention_args.normalised",
			unsafe.Offsetof(x.normalised), unsafe.Sizeof(x.normalised))
		field("sa_linear_attention_args.bidirectional",
			unsafe.Offsetof(x.bidirectional), unsafe.Sizeof(x.bidirectional))
	}
	{
		var x C.sa_causal_conv_args
		list["sizeof(sa_causal_conv_args)"] = int64(unsafe.Sizeof(x))
		field("sa_causal_conv_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_causal_conv_args.x",
			unsafe.Offsetof(x.x), unsafe.Sizeof(x.x))
		field("sa_causal_conv_args.weight",
			unsafe.Offsetof(x.weight), unsafe.Sizeof(x.weight))
		field("sa_causal_conv_args.bias",
			unsafe.Offsetof(x.bias), unsafe.Sizeof(x.bias))
		field("sa_causal_conv_args.y",
			unsafe.Offsetof(x.y), unsafe.Sizeof(x.y))
		field("sa_causal_conv_args.state",
			unsafe.Offsetof(x.state), unsafe.Sizeof(x.state))
		field("sa_causal_conv_args.activation",
			unsafe.Offsetof(x.activation), unsafe.Sizeof(x.activation))
		field("sa_causal_conv_args.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
	}
	{
		var x C.sa_latent
		list["sizeof(sa_latent)"] = int64(unsafe.Sizeof(x))
		field("sa_latent.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_latent.latent_size",
			unsafe.Offsetof(x.latent_size), unsafe.Sizeof(x.latent_size))
		field("sa_latent.rotary_size",
			unsafe.Offsetof(x.rotary_size), unsafe.Sizeof(x.rotary_size))
		field("sa_latent.query_rank",
			unsafe.Offsetof(x.query_rank), unsafe.Sizeof(x.query_rank))
		field("sa_latent.weight_down",
			unsafe.Offsetof(x.weight_down), unsafe.Sizeof(x.weight_down))
		field("sa_latent.weight_up",
			unsafe.Offsetof(x.weight_up), unsafe.Sizeof(x.weight_up))
		field("sa_latent.weight_down_query",
			unsafe.Offsetof(x.weight_down_query), unsafe.Sizeof(x.weight_down_query))
	}
	{
		var x C.sa_layer_config
		list["sizeof(sa_layer_config)"] = int64(unsafe.Sizeof(x))
		field("sa_layer_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_layer_config.model_width",
			unsafe.Offsetof(x.model_width), unsafe.Sizeof(x.model_width))
		field("sa_layer_config.context_width",
			unsafe.Offsetof(x.context_width), unsafe.Sizeof(x.context_width))
		field("sa_layer_config.output_width",
			unsafe.Offsetof(x.output_width), unsafe.Sizeof(x.output_width))
		field("sa_layer_config.query_heads",
			unsafe.Offsetof(x.query_heads), unsafe.Sizeof(x.query_heads))
		field("sa_layer_config.kv_heads",
			unsafe.Offsetof(x.kv_heads), unsafe.Sizeof(x.kv_heads))
		field("sa_layer_config.head_size",
			unsafe.Offsetof(x.head_size), unsafe.Sizeof(x.head_size))
		field("sa_layer_config.value_head_size",
			unsafe.Offsetof(x.value_head_size), unsafe.Sizeof(x.value_head_size))
		field("sa_layer_config.weight_order",
			unsafe.Offsetof(x.weight_order), unsafe.Sizeof(x.weight_order))
		field("sa_layer_config.weight_dtype",
			unsafe.Offsetof(x.weight_dtype), unsafe.Sizeof(x.weight_dtype))
		field("sa_layer_config.weight_q",
			unsafe.Offsetof(x.weight_q), unsafe.Sizeof(x.weight_q))
		field("sa_layer_config.weight_k",
			unsafe.Offsetof(x.weight_k), unsafe.Sizeof(x.weight_k))
		field("sa_layer_config.weight_v",
			unsafe.Offsetof(x.weight_v), unsafe.Sizeof(x.weight_v))
		field("sa_layer_config.weight_qkv",
			unsafe.Offsetof(x.weight_qkv), unsafe.Sizeof(x.weight_qkv))
		field("sa_layer_config.weight_o",
			unsafe.Offsetof(x.weight_o), unsafe.Sizeof(x.weight_o))
		field("sa_layer_config.bias_q",
			unsafe.Offsetof(x.bias_q), unsafe.Sizeof(x.bias_q))
		field("sa_layer_config.bias_k",
			unsafe.Offsetof(x.bias_k), unsafe.Sizeof(x.bias_k))
		field("sa_layer_config.bias_v",
			unsafe.Offsetof(x.bias_v), unsafe.Sizeof(x.bias_v))
		field("sa_layer_config.bias_qkv",
			unsafe.Offsetof(x.bias_qkv), unsafe.Sizeof(x.bias_qkv))
		field("sa_layer_config.bias_o",
			unsafe.Offsetof(x.bias_o), unsafe.Sizeof(x.bias_o))
		field("sa_layer_config.scale",
			unsafe.Offsetof(x.scale), unsafe.Sizeof(x.scale))
		field("sa_layer_config.softcap",
			unsafe.Offsetof(x.softcap), unsafe.Sizeof(x.softcap))
		field("sa_layer_config.rope",
			unsafe.Offsetof(x.rope), unsafe.Sizeof(x.rope))
		field("sa_layer_config.rules",
			unsafe.Offsetof(x.rules), unsafe.Sizeof(x.rules))
		field("sa_layer_config.query_norm",
			unsafe.Offsetof(x.query_norm), unsafe.Sizeof(x.query_norm))
		field("sa_layer_config.key_norm",
			unsafe.Offsetof(x.key_norm), unsafe.Sizeof(x.key_norm))
		field("sa_layer_config.norm_epsilon",
			unsafe.Offsetof(x.norm_epsilon), unsafe.Sizeof(x.norm_epsilon))
		field("sa_layer_config.norm_all_heads",
			unsafe.Offsetof(x.norm_all_heads), unsafe.Sizeof(x.norm_all_heads))
		field("sa_layer_config.latent",
			unsafe.Offsetof(x.latent), unsafe.Sizeof(x.latent))
	}
	{
		var x C.sa_forward_args
		list["sizeof(sa_forward_args)"] = int64(unsafe.Sizeof(x))
		field("sa_forward_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_forward_args.x",
			unsafe.Offsetof(x.x), unsafe.Sizeof(x.x))
		field("sa_forward_args.context",
			unsafe.Offsetof(x.context), unsafe.Sizeof(x.context))
		field("sa_forward_args.y",
			unsafe.Offsetof(x.y), unsafe.Sizeof(x.y))
		field("sa_forward_args.masking",
			unsafe.Offsetof(x.masking), unsafe.Sizeof(x.masking))
		field("sa_forward_args.lse",
			unsafe.Offsetof(x.lse), unsafe.Sizeof(x.lse))
		field("sa_forward_args.weights",
			unsafe.Offsetof(x.weights), unsafe.Sizeof(x.weights))
		field("sa_forward_args.weights_kind",
			unsafe.Offsetof(x.weights_kind), unsafe.Sizeof(x.weights_kind))
		field("sa_forward_args.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_forward_args.cache",
			unsafe.Offsetof(x.cache), unsafe.Sizeof(x.cache))
		field("sa_forward_args.cache_layer",
			unsafe.Offsetof(x.cache_layer), unsafe.Sizeof(x.cache_layer))
		field("sa_forward_args.cache_use",
			unsafe.Offsetof(x.cache_use), unsafe.Sizeof(x.cache_use))
		field("sa_forward_args.latent_form",
			unsafe.Offsetof(x.latent_form), unsafe.Sizeof(x.latent_form))
		field("sa_forward_args.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_forward_args.positions",
			unsafe.Offsetof(x.positions), unsafe.Sizeof(x.positions))
		field("sa_forward_args.packing",
			unsafe.Offsetof(x.packing), unsafe.Sizeof(x.packing))
		field("sa_forward_args.blocks",
			unsafe.Offsetof(x.blocks), unsafe.Sizeof(x.blocks))
		field("sa_forward_args.callbacks",
			unsafe.Offsetof(x.callbacks), unsafe.Sizeof(x.callbacks))
		field("sa_forward_args.summaries",
			unsafe.Offsetof(x.summaries), unsafe.Sizeof(x.summaries))
		field("sa_forward_args.dropout",
			unsafe.Offsetof(x.dropout), unsafe.Sizeof(x.dropout))
	}
	{
		var x C.sa_layer_gradients
		list["sizeof(sa_layer_gradients)"] = int64(unsafe.Sizeof(x))
		field("sa_layer_gradients.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_layer_gradients.y",
			unsafe.Offsetof(x.y), unsafe.Sizeof(x.y))
		field("sa_layer_gradients.x",
			unsafe.Offsetof(x.x), unsafe.Sizeof(x.x))
		field("sa_layer_gradients.context",
			unsafe.Offsetof(x.context), unsafe.Sizeof(x.context))
		field("sa_layer_gradients.mask",
			unsafe.Offsetof(x.mask), unsafe.Sizeof(x.mask))
		field("sa_layer_gradients.weight_order",
			unsafe.Offsetof(x.weight_order), unsafe.Sizeof(x.weight_order))
		field("sa_layer_gradients.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_layer_gradients.weight_q",
			unsafe.Offsetof(x.weight_q), unsafe.Sizeof(x.weight_q))
		field("sa_layer_gradients.weight_k",
			unsafe.Offsetof(x.weight_k), unsafe.Sizeof(x.weight_k))
		field("sa_layer_gradients.weight_v",
			unsafe.Offsetof(x.weight_v), unsafe.Sizeof(x.weight_v))
		field("sa_layer_gradients.weight_qkv",
			unsafe.Offsetof(x.weight_qkv), unsafe.Sizeof(x.weight_qkv))
		field("sa_layer_gradients.weight_o",
			unsafe.Offsetof(x.weight_o), unsafe.Sizeof(x.weight_o))
		field("sa_layer_gradients.bias_q",
			unsafe.Offsetof(x.bias_q), unsafe.Sizeof(x.bias_q))
		field("sa_layer_gradients.bias_k",
			unsafe.Offsetof(x.bias_k), unsafe.Sizeof(x.bias_k))
		field("sa_layer_gradients.bias_v",
			unsafe.Offsetof(x.bias_v), unsafe.Sizeof(x.bias_v))
		field("sa_layer_gradients.bias_qkv",
			unsafe.Offsetof(x.bias_qkv), unsafe.Sizeof(x.bias_qkv))
		field("sa_layer_gradients.bias_o",
			unsafe.Offsetof(x.bias_o), unsafe.Sizeof(x.bias_o))
		field("sa_layer_gradients.query_norm",
			unsafe.Offsetof(x.query_norm), unsafe.Sizeof(x.query_norm))
		field("sa_layer_gradients.key_norm",
			unsafe.Offsetof(x.key_norm), unsafe.Sizeof(x.key_norm))
		field("sa_layer_gradients.alibi_slopes",
			unsafe.Offsetof(x.alibi_slopes), unsafe.Sizeof(x.alibi_slopes))
		field("sa_layer_gradients.relative_bias",
			unsafe.Offsetof(x.relative_bias), unsafe.Sizeof(x.relative_bias))
		field("sa_layer_gradients.sink_logits",
			unsafe.Offsetof(x.sink_logits), unsafe.Sizeof(x.sink_logits))
	}
	{
		var x C.sa_model_options
		list["sizeof(sa_model_options)"] = int64(unsafe.Sizeof(x))
		field("sa_model_options.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_model_options.convert",
			unsafe.Offsetof(x.convert), unsafe.Sizeof(x.convert))
		field("sa_model_options.weights",
			unsafe.Offsetof(x.weights), unsafe.Sizeof(x.weights))
		field("sa_model_options.progress",
			unsafe.Offsetof(x.progress), unsafe.Sizeof(x.progress))
		field("sa_model_options.progress_user",
			unsafe.Offsetof(x.progress_user), unsafe.Sizeof(x.progress_user))
		field("sa_model_options.in_memory",
			unsafe.Offsetof(x.in_memory), unsafe.Sizeof(x.in_memory))
		field("sa_model_options.image_size",
			unsafe.Offsetof(x.image_size), unsafe.Sizeof(x.image_size))
		field("sa_model_options.part",
			unsafe.Offsetof(x.part), unsafe.Sizeof(x.part))
	}
	{
		var x C.sa_encode_args
		list["sizeof(sa_encode_args)"] = int64(unsafe.Sizeof(x))
		field("sa_encode_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_encode_args.batch",
			unsafe.Offsetof(x.batch), unsafe.Sizeof(x.batch))
		field("sa_encode_args.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_encode_args.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_encode_args.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_encode_args.types",
			unsafe.Offsetof(x.types), unsafe.Sizeof(x.types))
		field("sa_encode_args.hidden",
			unsafe.Offsetof(x.hidden), unsafe.Sizeof(x.hidden))
		field("sa_encode_args.hidden_all",
			unsafe.Offsetof(x.hidden_all), unsafe.Sizeof(x.hidden_all))
		field("sa_encode_args.attention",
			unsafe.Offsetof(x.attention), unsafe.Sizeof(x.attention))
		field("sa_encode_args.embedding",
			unsafe.Offsetof(x.embedding), unsafe.Sizeof(x.embedding))
		field("sa_encode_args.features",
			unsafe.Offsetof(x.features), unsafe.Sizeof(x.features))
		field("sa_encode_args.pooled",
			unsafe.Offsetof(x.pooled), unsafe.Sizeof(x.pooled))
		field("sa_encode_args.logits",
			unsafe.Offsetof(x.logits), unsafe.Sizeof(x.logits))
		field("sa_encode_args.targets",
			unsafe.Offsetof(x.targets), unsafe.Sizeof(x.targets))
		field("sa_encode_args.target_ids",
			unsafe.Offsetof(x.target_ids), unsafe.Sizeof(x.target_ids))
		field("sa_encode_args.target_lengths",
			unsafe.Offsetof(x.target_lengths), unsafe.Sizeof(x.target_lengths))
		field("sa_encode_args.target_hidden",
			unsafe.Offsetof(x.target_hidden), unsafe.Sizeof(x.target_hidden))
		field("sa_encode_args.target_hidden_all",
			unsafe.Offsetof(x.target_hidden_all), unsafe.Sizeof(x.target_hidden_all))
		field("sa_encode_args.target_attention",
			unsafe.Offsetof(x.target_attention), unsafe.Sizeof(x.target_attention))
		field("sa_encode_args.cross_attention",
			unsafe.Offsetof(x.cross_attention), unsafe.Sizeof(x.cross_attention))
		field("sa_encode_args.feature_width",
			unsafe.Offsetof(x.feature_width), unsafe.Sizeof(x.feature_width))
		field("sa_encode_args.queries",
			unsafe.Offsetof(x.queries), unsafe.Sizeof(x.queries))
		field("sa_encode_args.keys",
			unsafe.Offsetof(x.keys), unsafe.Sizeof(x.keys))
		field("sa_encode_args.entropy",
			unsafe.Offsetof(x.entropy), unsafe.Sizeof(x.entropy))
		field("sa_encode_args.strongest",
			unsafe.Offsetof(x.strongest), unsafe.Sizeof(x.strongest))
		field("sa_encode_args.strongest_weights",
			unsafe.Offsetof(x.strongest_weights), unsafe.Sizeof(x.strongest_weights))
		field("sa_encode_args.strongest_keys",
			unsafe.Offsetof(x.strongest_keys), unsafe.Sizeof(x.strongest_keys))
	}
	{
		var x C.sa_session_config
		list["sizeof(sa_session_config)"] = int64(unsafe.Sizeof(x))
		field("sa_session_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_session_config.batch",
			unsafe.Offsetof(x.batch), unsafe.Sizeof(x.batch))
		field("sa_session_config.capacity",
			unsafe.Offsetof(x.capacity), unsafe.Sizeof(x.capacity))
		field("sa_session_config.window",
			unsafe.Offsetof(x.window), unsafe.Sizeof(x.window))
		field("sa_session_config.keep_first",
			unsafe.Offsetof(x.keep_first), unsafe.Sizeof(x.keep_first))
		field("sa_session_config.cache_dtype",
			unsafe.Offsetof(x.cache_dtype), unsafe.Sizeof(x.cache_dtype))
		field("sa_session_config.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
	}
	{
		var x C.sa_session_args
		list["sizeof(sa_session_args)"] = int64(unsafe.Sizeof(x))
		field("sa_session_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_session_args.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_session_args.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_session_args.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_session_args.logits",
			unsafe.Offsetof(x.logits), unsafe.Sizeof(x.logits))
		field("sa_session_args.logits_all",
			unsafe.Offsetof(x.logits_all), unsafe.Sizeof(x.logits_all))
		field("sa_session_args.hidden",
			unsafe.Offsetof(x.hidden), unsafe.Sizeof(x.hidden))
		field("sa_session_args.hidden_all",
			unsafe.Offsetof(x.hidden_all), unsafe.Sizeof(x.hidden_all))
		field("sa_session_args.attention",
			unsafe.Offsetof(x.attention), unsafe.Sizeof(x.attention))
		field("sa_session_args.cross_attention",
			unsafe.Offsetof(x.cross_attention), unsafe.Sizeof(x.cross_attention))
		field("sa_session_args.types",
			unsafe.Offsetof(x.types), unsafe.Sizeof(x.types))
	}
	{
		var x C.sa_sampling
		list["sizeof(sa_sampling)"] = int64(unsafe.Sizeof(x))
		field("sa_sampling.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_sampling.seed",
			unsafe.Offsetof(x.seed), unsafe.Sizeof(x.seed))
		field("sa_sampling.temperature",
			unsafe.Offsetof(x.temperature), unsafe.Sizeof(x.temperature))
		field("sa_sampling.top_k",
			unsafe.Offsetof(x.top_k), unsafe.Sizeof(x.top_k))
		field("sa_sampling.top_p",
			unsafe.Offsetof(x.top_p), unsafe.Sizeof(x.top_p))
		field("sa_sampling.min_p",
			unsafe.Offsetof(x.min_p), unsafe.Sizeof(x.min_p))
		field("sa_sampling.repetition_penalty",
			unsafe.Offsetof(x.repetition_penalty), unsafe.Sizeof(x.repetition_penalty))
		field("sa_sampling.presence_penalty",
			unsafe.Offsetof(x.presence_penalty), unsafe.Sizeof(x.presence_penalty))
		field("sa_sampling.frequency_penalty",
			unsafe.Offsetof(x.frequency_penalty), unsafe.Sizeof(x.frequency_penalty))
	}
	{
		var x C.sa_generate_args
		list["sizeof(sa_generate_args)"] = int64(unsafe.Sizeof(x))
		field("sa_generate_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_generate_args.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_generate_args.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_generate_args.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_generate_args.max_tokens",
			unsafe.Offsetof(x.max_tokens), unsafe.Sizeof(x.max_tokens))
		field("sa_generate_args.sampling",
			unsafe.Offsetof(x.sampling), unsafe.Sizeof(x.sampling))
		field("sa_generate_args.generated",
			unsafe.Offsetof(x.generated), unsafe.Sizeof(x.generated))
		field("sa_generate_args.counts",
			unsafe.Offsetof(x.counts), unsafe.Sizeof(x.counts))
		field("sa_generate_args.endings",
			unsafe.Offsetof(x.endings), unsafe.Sizeof(x.endings))
		field("sa_generate_args.log_probabilities",
			unsafe.Offsetof(x.log_probabilities), unsafe.Sizeof(x.log_probabilities))
		field("sa_generate_args.stop_tokens",
			unsafe.Offsetof(x.stop_tokens), unsafe.Sizeof(x.stop_tokens))
		field("sa_generate_args.stop_token_count",
			unsafe.Offsetof(x.stop_token_count), unsafe.Sizeof(x.stop_token_count))
		field("sa_generate_args.stop_strings",
			unsafe.Offsetof(x.stop_strings), unsafe.Sizeof(x.stop_strings))
		field("sa_generate_args.stop_string_count",
			unsafe.Offsetof(x.stop_string_count), unsafe.Sizeof(x.stop_string_count))
		field("sa_generate_args.tokenizer",
			unsafe.Offsetof(x.tokenizer), unsafe.Sizeof(x.tokenizer))
		field("sa_generate_args.on_token",
			unsafe.Offsetof(x.on_token), unsafe.Sizeof(x.on_token))
		field("sa_generate_args.on_logits",
			unsafe.Offsetof(x.on_logits), unsafe.Sizeof(x.on_logits))
		field("sa_generate_args.user",
			unsafe.Offsetof(x.user), unsafe.Sizeof(x.user))
		field("sa_generate_args.model_rules",
			unsafe.Offsetof(x.model_rules), unsafe.Sizeof(x.model_rules))
		field("sa_generate_args.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
	}
	{
		var x C.sa_beam_args
		list["sizeof(sa_beam_args)"] = int64(unsafe.Sizeof(x))
		field("sa_beam_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_beam_args.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_beam_args.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_beam_args.max_tokens",
			unsafe.Offsetof(x.max_tokens), unsafe.Sizeof(x.max_tokens))
		field("sa_beam_args.results",
			unsafe.Offsetof(x.results), unsafe.Sizeof(x.results))
		field("sa_beam_args.length_penalty",
			unsafe.Offsetof(x.length_penalty), unsafe.Sizeof(x.length_penalty))
		field("sa_beam_args.generated",
			unsafe.Offsetof(x.generated), unsafe.Sizeof(x.generated))
		field("sa_beam_args.counts",
			unsafe.Offsetof(x.counts), unsafe.Sizeof(x.counts))
		field("sa_beam_args.scores",
			unsafe.Offsetof(x.scores), unsafe.Sizeof(x.scores))
		field("sa_beam_args.stop_tokens",
			unsafe.Offsetof(x.stop_tokens), unsafe.Sizeof(x.stop_tokens))
		field("sa_beam_args.stop_token_count",
			unsafe.Offsetof(x.stop_token_count), unsafe.Sizeof(x.stop_token_count))
		field("sa_beam_args.model_rules",
			unsafe.Offsetof(x.model_rules), unsafe.Sizeof(x.model_rules))
		field("sa_beam_args.early_stopping",
			unsafe.Offsetof(x.early_stopping), unsafe.Sizeof(x.early_stopping))
	}
	{
		var x C.sa_mel_config
		list["sizeof(sa_mel_config)"] = int64(unsafe.Sizeof(x))
		field("sa_mel_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_mel_config.rate",
			unsafe.Offsetof(x.rate), unsafe.Sizeof(x.rate))
		field("sa_mel_config.frame",
			unsafe.Offsetof(x.frame), unsafe.Sizeof(x.frame))
		field("sa_mel_config.step",
			unsafe.Offsetof(x.step), unsafe.Sizeof(x.step))
		field("sa_mel_config.bins",
			unsafe.Offsetof(x.bins), unsafe.Sizeof(x.bins))
		field("sa_mel_config.window",
			unsafe.Offsetof(x.window), unsafe.Sizeof(x.window))
		field("sa_mel_config.lowest",
			unsafe.Offsetof(x.lowest), unsafe.Sizeof(x.lowest))
		field("sa_mel_config.highest",
			unsafe.Offsetof(x.highest), unsafe.Sizeof(x.highest))
		field("sa_mel_config.kind",
			unsafe.Offsetof(x.kind), unsafe.Sizeof(x.kind))
		field("sa_mel_config.by_bin",
			unsafe.Offsetof(x.by_bin), unsafe.Sizeof(x.by_bin))
		field("sa_mel_config.scale",
			unsafe.Offsetof(x.scale), unsafe.Sizeof(x.scale))
		field("sa_mel_config.window_power",
			unsafe.Offsetof(x.window_power), unsafe.Sizeof(x.window_power))
		field("sa_mel_config.mean",
			unsafe.Offsetof(x.mean), unsafe.Sizeof(x.mean))
		field("sa_mel_config.deviation",
			unsafe.Offsetof(x.deviation), unsafe.Sizeof(x.deviation))
	}
	{
		var x C.sa_speech_segment
		list["sizeof(sa_speech_segment)"] = int64(unsafe.Sizeof(x))
		field("sa_speech_segment.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_speech_segment.begin",
			unsafe.Offsetof(x.begin), unsafe.Sizeof(x.begin))
		field("sa_speech_segment.end",
			unsafe.Offsetof(x.end), unsafe.Sizeof(x.end))
		field("sa_speech_segment.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_speech_segment.count",
			unsafe.Offsetof(x.count), unsafe.Sizeof(x.count))
		field("sa_speech_segment.language",
			unsafe.Offsetof(x.language), unsafe.Sizeof(x.language))
		field("sa_speech_segment.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_speech_segment.log_probability",
			unsafe.Offsetof(x.log_probability), unsafe.Sizeof(x.log_probability))
		field("sa_speech_segment.no_speech",
			unsafe.Offsetof(x.no_speech), unsafe.Sizeof(x.no_speech))
	}
	{
		var x C.sa_speech_window
		list["sizeof(sa_speech_window)"] = int64(unsafe.Sizeof(x))
		field("sa_speech_window.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_speech_window.first",
			unsafe.Offsetof(x.first), unsafe.Sizeof(x.first))
		field("sa_speech_window.count",
			unsafe.Offsetof(x.count), unsafe.Sizeof(x.count))
		field("sa_speech_window.next",
			unsafe.Offsetof(x.next), unsafe.Sizeof(x.next))
		field("sa_speech_window.kind",
			unsafe.Offsetof(x.kind), unsafe.Sizeof(x.kind))
		field("sa_speech_window.language",
			unsafe.Offsetof(x.language), unsafe.Sizeof(x.language))
		field("sa_speech_window.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_speech_window.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_speech_window.log_probability",
			unsafe.Offsetof(x.log_probability), unsafe.Sizeof(x.log_probability))
		field("sa_speech_window.no_speech",
			unsafe.Offsetof(x.no_speech), unsafe.Sizeof(x.no_speech))
	}
	{
		var x C.sa_transcribe_args
		list["sizeof(sa_transcribe_args)"] = int64(unsafe.Sizeof(x))
		field("sa_transcribe_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_transcribe_args.speech",
			unsafe.Offsetof(x.speech), unsafe.Sizeof(x.speech))
		field("sa_transcribe_args.samples",
			unsafe.Offsetof(x.samples), unsafe.Sizeof(x.samples))
		field("sa_transcribe_args.count",
			unsafe.Offsetof(x.count), unsafe.Sizeof(x.count))
		field("sa_transcribe_args.on_segment",
			unsafe.Offsetof(x.on_segment), unsafe.Sizeof(x.on_segment))
		field("sa_transcribe_args.on_window",
			unsafe.Offsetof(x.on_window), unsafe.Sizeof(x.on_window))
		field("sa_transcribe_args.user",
			unsafe.Offsetof(x.user), unsafe.Sizeof(x.user))
		field("sa_transcribe_args.language",
			unsafe.Offsetof(x.language), unsafe.Sizeof(x.language))
		field("sa_transcribe_args.task",
			unsafe.Offsetof(x.task), unsafe.Sizeof(x.task))
		field("sa_transcribe_args.times",
			unsafe.Offsetof(x.times), unsafe.Sizeof(x.times))
		field("sa_transcribe_args.prompt",
			unsafe.Offsetof(x.prompt), unsafe.Sizeof(x.prompt))
		field("sa_transcribe_args.prompt_tokens",
			unsafe.Offsetof(x.prompt_tokens), unsafe.Sizeof(x.prompt_tokens))
		field("sa_transcribe_args.keep_text",
			unsafe.Offsetof(x.keep_text), unsafe.Sizeof(x.keep_text))
		field("sa_transcribe_args.reserved",
			unsafe.Offsetof(x.reserved), unsafe.Sizeof(x.reserved))
		field("sa_transcribe_args.max_tokens",
			unsafe.Offsetof(x.max_tokens), unsafe.Sizeof(x.max_tokens))
		field("sa_transcribe_args.no_speech",
			unsafe.Offsetof(x.no_speech), unsafe.Sizeof(x.no_speech))
		field("sa_transcribe_args.log_probability",
			unsafe.Offsetof(x.log_probability), unsafe.Sizeof(x.log_probability))
		field("sa_transcribe_args.language_found",
			unsafe.Offsetof(x.language_found), unsafe.Sizeof(x.language_found))
		field("sa_transcribe_args.language_probabilities",
			unsafe.Offsetof(x.language_probabilities), unsafe.Sizeof(x.language_probabilities))
		field("sa_transcribe_args.done",
			unsafe.Offsetof(x.done), unsafe.Sizeof(x.done))
		field("sa_transcribe_args.beginning",
			unsafe.Offsetof(x.beginning), unsafe.Sizeof(x.beginning))
		field("sa_transcribe_args.beginning_tokens",
			unsafe.Offsetof(x.beginning_tokens), unsafe.Sizeof(x.beginning_tokens))
	}
	{
		var x C.sa_lora
		list["sizeof(sa_lora)"] = int64(unsafe.Sizeof(x))
		field("sa_lora.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_lora.rank",
			unsafe.Offsetof(x.rank), unsafe.Sizeof(x.rank))
		field("sa_lora.alpha",
			unsafe.Offsetof(x.alpha), unsafe.Sizeof(x.alpha))
		field("sa_lora.dropout",
			unsafe.Offsetof(x.dropout), unsafe.Sizeof(x.dropout))
		field("sa_lora.targets",
			unsafe.Offsetof(x.targets), unsafe.Sizeof(x.targets))
		field("sa_lora.adapter",
			unsafe.Offsetof(x.adapter), unsafe.Sizeof(x.adapter))
	}
	{
		var x C.sa_trainer_config
		list["sizeof(sa_trainer_config)"] = int64(unsafe.Sizeof(x))
		field("sa_trainer_config.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_trainer_config.optimizer",
			unsafe.Offsetof(x.optimizer), unsafe.Sizeof(x.optimizer))
		field("sa_trainer_config.resume",
			unsafe.Offsetof(x.resume), unsafe.Sizeof(x.resume))
		field("sa_trainer_config.decay_matrices_only",
			unsafe.Offsetof(x.decay_matrices_only), unsafe.Sizeof(x.decay_matrices_only))
		field("sa_trainer_config.initialize",
			unsafe.Offsetof(x.initialize), unsafe.Sizeof(x.initialize))
		field("sa_trainer_config.beta1",
			unsafe.Offsetof(x.beta1), unsafe.Sizeof(x.beta1))
		field("sa_trainer_config.beta2",
			unsafe.Offsetof(x.beta2), unsafe.Sizeof(x.beta2))
		field("sa_trainer_config.epsilon",
			unsafe.Offsetof(x.epsilon), unsafe.Sizeof(x.epsilon))
		field("sa_trainer_config.weight_decay",
			unsafe.Offsetof(x.weight_decay), unsafe.Sizeof(x.weight_decay))
		field("sa_trainer_config.clip_norm",
			unsafe.Offsetof(x.clip_norm), unsafe.Sizeof(x.clip_norm))
		field("sa_trainer_config.label_smoothing",
			unsafe.Offsetof(x.label_smoothing), unsafe.Sizeof(x.label_smoothing))
		field("sa_trainer_config.attention_dropout",
			unsafe.Offsetof(x.attention_dropout), unsafe.Sizeof(x.attention_dropout))
		field("sa_trainer_config.hidden_dropout",
			unsafe.Offsetof(x.hidden_dropout), unsafe.Sizeof(x.hidden_dropout))
		field("sa_trainer_config.seed",
			unsafe.Offsetof(x.seed), unsafe.Sizeof(x.seed))
		field("sa_trainer_config.lora",
			unsafe.Offsetof(x.lora), unsafe.Sizeof(x.lora))
		field("sa_trainer_config.recompute",
			unsafe.Offsetof(x.recompute), unsafe.Sizeof(x.recompute))
		field("sa_trainer_config.weights",
			unsafe.Offsetof(x.weights), unsafe.Sizeof(x.weights))
		field("sa_trainer_config.classes",
			unsafe.Offsetof(x.classes), unsafe.Sizeof(x.classes))
		field("sa_trainer_config.class_count",
			unsafe.Offsetof(x.class_count), unsafe.Sizeof(x.class_count))
		field("sa_trainer_config.image_size",
			unsafe.Offsetof(x.image_size), unsafe.Sizeof(x.image_size))
	}
	{
		var x C.sa_training_batch
		list["sizeof(sa_training_batch)"] = int64(unsafe.Sizeof(x))
		field("sa_training_batch.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_training_batch.batch",
			unsafe.Offsetof(x.batch), unsafe.Sizeof(x.batch))
		field("sa_training_batch.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_training_batch.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_training_batch.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_training_batch.features",
			unsafe.Offsetof(x.features), unsafe.Sizeof(x.features))
		field("sa_training_batch.labels",
			unsafe.Offsetof(x.labels), unsafe.Sizeof(x.labels))
		field("sa_training_batch.labels_per_sequence",
			unsafe.Offsetof(x.labels_per_sequence), unsafe.Sizeof(x.labels_per_sequence))
		field("sa_training_batch.weight",
			unsafe.Offsetof(x.weight), unsafe.Sizeof(x.weight))
	}
	{
		var x C.sa_training_pairs
		list["sizeof(sa_training_pairs)"] = int64(unsafe.Sizeof(x))
		field("sa_training_pairs.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_training_pairs.pairs",
			unsafe.Offsetof(x.pairs), unsafe.Sizeof(x.pairs))
		field("sa_training_pairs.tokens",
			unsafe.Offsetof(x.tokens), unsafe.Sizeof(x.tokens))
		field("sa_training_pairs.ids",
			unsafe.Offsetof(x.ids), unsafe.Sizeof(x.ids))
		field("sa_training_pairs.lengths",
			unsafe.Offsetof(x.lengths), unsafe.Sizeof(x.lengths))
		field("sa_training_pairs.temperature",
			unsafe.Offsetof(x.temperature), unsafe.Sizeof(x.temperature))
		field("sa_training_pairs.weight",
			unsafe.Offsetof(x.weight), unsafe.Sizeof(x.weight))
	}
	{
		var x C.sa_tokenizer_train_args
		list["sizeof(sa_tokenizer_train_args)"] = int64(unsafe.Sizeof(x))
		field("sa_tokenizer_train_args.struct_size",
			unsafe.Offsetof(x.struct_size), unsafe.Sizeof(x.struct_size))
		field("sa_tokenizer_train_args.texts",
			unsafe.Offsetof(x.texts), unsafe.Sizeof(x.texts))
		field("sa_tokenizer_train_args.bytes",
			unsafe.Offsetof(x.bytes), unsafe.Sizeof(x.bytes))
		field("sa_tokenizer_train_args.count",
			unsafe.Offsetof(x.count), unsafe.Sizeof(x.count))
		field("sa_tokenizer_train_args.vocabulary",
			unsafe.Offsetof(x.vocabulary), unsafe.Sizeof(x.vocabulary))
		field("sa_tokenizer_train_args.least",
			unsafe.Offsetof(x.least), unsafe.Sizeof(x.least))
		field("sa_tokenizer_train_args.special",
			unsafe.Offsetof(x.special), unsafe.Sizeof(x.special))
		field("sa_tokenizer_train_args.special_count",
			unsafe.Offsetof(x.special_count), unsafe.Sizeof(x.special_count))
		field("sa_tokenizer_train_args.begin",
			unsafe.Offsetof(x.begin), unsafe.Sizeof(x.begin))
		field("sa_tokenizer_train_args.end",
			unsafe.Offsetof(x.end), unsafe.Sizeof(x.end))
	}
	return list
}
