# Written by bindings/declare from the public headers, which are the manual.
# SPDX-License-Identifier: MIT
CONSTANTS = """
SA_VERSION_MAJOR=0 SA_VERSION_MINOR=1 SA_VERSION_PATCH=0 SA_VERSION=1000 SA_OK=0 SA_ERR_NULL=1 SA_ERR_STRUCT_SIZE=2
SA_ERR_VALUE=3 SA_ERR_SHAPE=4 SA_ERR_OVERFLOW=5 SA_ERR_UNSUPPORTED=6 SA_ERR_MEMORY=10 SA_ERR_BUSY=11
SA_ERR_CANCELLED=12 SA_ERR_FILE=20 SA_ERR_FORMAT=21 SA_ERR_TEXT=22 SA_ERR_EXCHANGE=30 SA_F32=0 SA_BF16=1 SA_F16=2
SA_BOOL=3 SA_Q4_0=34 SA_Q4_1=35 SA_Q5_0=38 SA_Q5_1=39 SA_Q8_0=40 SA_Q2_K=42 SA_Q3_K=43 SA_Q4_K=44 SA_Q5_K=45
SA_Q6_K=46 SA_IQ4_NL=52 SA_IQ4_XS=55 SA_MXFP4=71 SA_BHSD=0 SA_BSHD=1 SA_PARALLEL_DEFAULT=0 SA_PARALLEL_SERIAL=1
SA_PARALLEL_OPENMP=2 SA_PARALLEL_CALLBACK=3 SA_PARALLEL_POOL=4 SA_PATH_AUTO=0 SA_PATH_PLAIN=1 SA_PATH_BLAS=2
SA_PATH_FUSED=3 SA_ISA_AUTO=0 SA_ISA_PORTABLE=1 SA_ISA_SIMD128=7 SA_ISA_NEON=6 SA_ISA_AVX2=2 SA_ISA_AVX512=3
SA_ISA_AVX512_BF16=5 SA_ISA_AMX=4 SA_PRECISION_HIGHEST=0 SA_PRECISION_HIGH=1 SA_PRECISION_MEDIUM=2 SA_ALIGN_DEFAULT=0
SA_ALIGN_TOP_LEFT=1 SA_ALIGN_BOTTOM_RIGHT=2 SA_ALIGN_OFFSET=3 SA_MASK_KEYS_DEFAULT=0 SA_MASK_KEYS_REPEATED=1
SA_MASK_KEYS_HIDDEN=2 SA_ROPE_HALF=0 SA_ROPE_INTERLEAVED=1 SA_ROPE_PLAIN=0 SA_ROPE_LINEAR=1 SA_ROPE_DYNAMIC=2
SA_ROPE_YARN=3 SA_ROPE_LONGROPE=4 SA_ROPE_LLAMA3=5 SA_SINUSOIDAL_PAIRS=0 SA_SINUSOIDAL_HALVES=1
SA_SINUSOIDAL_WHISPER=2 SA_CACHE_PAGE=128 SA_I8=4 SA_WEIGHTS_PROBABILITIES=0 SA_WEIGHTS_SCALED=1
SA_WEIGHTS_SOFTCAPPED=2 SA_WEIGHTS_BIASED=3 SA_LIST_BLOCK_MOST=128 SA_TILE_SOME=0 SA_TILE_NONE=1 SA_TILE_ALL=2
SA_STRONGEST_MOST=64 SA_SUMMARY_QUERIES=4194304 SA_SHARDS_CONTIGUOUS=0 SA_SHARDS_ZIGZAG=1 SA_SHARDS_STRIPED=2
SA_SHARD_CHUNKS=131072 SA_FEATURES_IDENTITY=0 SA_FEATURES_ELU=1 SA_FEATURES_RELU=2 SA_FEATURES_SQUARE=3
SA_LINEAR_AUTO=0 SA_LINEAR_RECURRENT=1 SA_LINEAR_CHUNKED=2 SA_CONV_PLAIN=0 SA_CONV_SILU=1 SA_OUT_IN=0 SA_IN_OUT=1
SA_LATENT_AUTO=0 SA_LATENT_EXPANDED=1 SA_LATENT_ABSORBED=2 SA_CACHE_APPEND=0 SA_CACHE_READ=1 SA_ENCODE_NO_TEMPLATE=1
SA_ENCODE_NO_SPECIAL=2 SA_MODEL_LAYERS=0 SA_MODEL_WIDTH=1 SA_MODEL_QUERY_HEADS=2 SA_MODEL_KV_HEADS=3
SA_MODEL_VOCABULARY=4 SA_MODEL_MAX_POSITIONS=5 SA_MODEL_HEAD_SIZE=6 SA_MODEL_ENCODER=7 SA_MODEL_DECODER=8
SA_MODEL_DECODER_LAYERS=9 SA_MODEL_DECODER_WIDTH=10 SA_MODEL_DECODER_QUERY_HEADS=11 SA_MODEL_DECODER_KV_HEADS=12
SA_MODEL_DECODER_VOCABULARY=13 SA_MODEL_DECODER_MAX_POSITIONS=14 SA_MODEL_DECODER_HEAD_SIZE=15 SA_MODEL_OUTPUTS=16
SA_MODEL_POOLED=17 SA_MODEL_FEATURE_CHANNELS=18 SA_MODEL_FEATURE_HEIGHT=19 SA_MODEL_FEATURE_WIDTH=20
SA_MODEL_FEATURE_TOKENS=21 SA_MODEL_FEATURE_ROWS=22 SA_MODEL_FEATURE_COLUMNS=23 SA_MODEL_START_TOKEN=24
SA_MODEL_END_TOKEN=25 SA_MODEL_PAD_TOKEN=26 SA_MODEL_TOKEN_LOGITS=27 SA_MODEL_FORCED_FIRST_TOKEN=28
SA_MODEL_FORCED_LAST_TOKEN=29 SA_MODEL_MAX_NEW_TOKENS=30 SA_MODEL_EMBEDDING_WIDTH=31 SA_MODEL_PADDED_TOKENS=32
SA_MODEL_UNSUPPORTED=33 SA_MODEL_TOKEN_TYPES=34 SA_MODEL_POOLED_WIDTH=35 SA_LIKENESS_NONE=0 SA_LIKENESS_SOFTMAX=1
SA_LIKENESS_SIGMOID=2 SA_END_NONE=0 SA_END_MAX_TOKENS=1 SA_END_TOKEN=2 SA_END_STRING=3 SA_END_CALLER=4 SA_END_FULL=5
SA_EARLY_STOPPING_NEVER=0 SA_EARLY_STOPPING_TRUE=1 SA_EARLY_STOPPING_FALSE=2 SA_MEL_WHISPER=0 SA_MEL_KALDI=1
SA_MEL_MEANS=1 SA_MEL_DEVIATIONS=2 SA_MEL_RATE=0 SA_MEL_FRAME=1 SA_MEL_STEP=2 SA_MEL_BINS=3 SA_MEL_WINDOW=4
SA_MEL_KIND=5 SA_TIMES_AUTO=0 SA_TIMES_ALWAYS=1 SA_TIMES_NEVER=2 SA_TASK_TRANSCRIBE=0 SA_TASK_TRANSLATE=1
SA_WINDOW_TEXT=0 SA_WINDOW_SILENT=1 SA_WINDOW_SPEECHLESS=2 SA_OPTIMIZER_ADAMW=0 SA_OPTIMIZER_SGD=1
SA_SCHEDULE_CONSTANT=0 SA_SCHEDULE_LINEAR=1 SA_SCHEDULE_COSINE=2
"""

STRUCTS = """
sa_tensor: pointer data, int32 dtype reserved, int64*4 size stride
sa_ctx_options: uint64 struct_size, int32 threads parallel, pointer parallel_for parallel_user allocate release
    allocator_user, int32 path isa precision same_bits
sa_masking: uint64 struct_size, pointer key_lengths, int32 causal align, int64 offset, pointer offsets, int32 window
    reserved, int64 window_left window_right, sa_tensor mask, int64 keep_first, int32 mask_keys reserved2
sa_score_rules: uint64 struct_size, pointer alibi_slopes relative_bias, int64 relative_reach, pointer sink_logits
sa_rope: uint64 struct_size, int32 style reserved, int64 rotary, double theta, pointer inverse_frequency, double
    attention_factor, pointer cosines sines, int64 table_positions
sa_rope_scaling: uint64 struct_size, int32 kind truncate, int64 rotary, double theta factor, int64 original_positions
    max_positions length, double low_frequency_factor high_frequency_factor beta_fast beta_slow mscale mscale_all_dim
    attention_factor, pointer short_factors long_factors
sa_cache_config: uint64 struct_size, int64 layers batch kv_heads head_size value_head_size, int32 dtype
    values_in_keys, int64 capacity window keep_first
sa_packing: uint64 struct_size, int64 sequences, pointer query_starts key_starts
sa_block_list: uint64 struct_size, int64 query_block key_block sequences heads, pointer offsets indices
sa_pattern: uint64 struct_size, int64 queries keys offset query_block key_block, int32 causal window, int64
    window_left window_right stride stride_reach global_tokens random_blocks, uint64 seed, pointer document_starts,
    int64 documents
sa_score_tile: uint64 struct_size, int64 sequence head query key queries keys query_stride key_stride, pointer values
    visible
sa_score_callbacks: uint64 struct_size, pointer user mask_tile mask_mod score_mod prob_mod
sa_summaries: uint64 struct_size, sa_tensor key_sums key_maxima entropy, int64 strongest, sa_tensor strongest_weights,
    pointer strongest_keys
sa_dropout: uint64 struct_size, float probability, int32 reserved, uint64 seed
sa_attention_args: uint64 struct_size, sa_tensor query key value output, float scale softcap, pointer masking,
    sa_tensor lse weights, int32 weights_kind reserved, pointer rules cache, int64 cache_layer, pointer packing blocks
    callbacks summaries dropout
sa_attention_gradients: uint64 struct_size, sa_tensor output query key value mask, pointer alibi_slopes relative_bias
    sink_logits
sa_attention_merge_args: uint64 struct_size, int64 count, pointer outputs lses, sa_tensor output lse
sa_sharding: uint64 struct_size, int64 tokens chunk, int32 kind reserved
sa_exchange: uint64 struct_size, pointer user, int64 rank ranks, pointer start finish all_gather progress failure
sa_ring_args: uint64 struct_size, pointer exchange key_shards query_shards, sa_tensor query key value output lse,
    pointer masking rules, float scale softcap, pointer cache, int64 cache_layer
sa_linear_state_config: uint64 struct_size, int64 batch kv_heads head_size value_head_size, int32 normalised reserved
sa_random_features_config: uint64 struct_size, int64 count head_size, uint64 seed, int32 independent reserved
sa_linear_attention_args: uint64 struct_size, sa_tensor query key value output decay beta, pointer state lengths
    random_features, float scale epsilon, int32 features form normalised bidirectional
sa_causal_conv_args: uint64 struct_size, sa_tensor x weight bias y state, int32 activation reserved
sa_latent: uint64 struct_size, int64 latent_size rotary_size query_rank, pointer weight_down weight_up
    weight_down_query
sa_layer_config: uint64 struct_size, int64 model_width context_width output_width query_heads kv_heads head_size
    value_head_size, int32 weight_order weight_dtype, pointer weight_q weight_k weight_v weight_qkv weight_o bias_q
    bias_k bias_v bias_qkv bias_o, float scale softcap, pointer rope rules query_norm key_norm, float norm_epsilon,
    int32 norm_all_heads, pointer latent
sa_forward_args: uint64 struct_size, sa_tensor x context y, pointer masking, sa_tensor lse weights, int32 weights_kind
    reserved, pointer cache, int64 cache_layer, int32 cache_use latent_form, pointer lengths positions packing blocks
    callbacks summaries dropout
sa_layer_gradients: uint64 struct_size, sa_tensor y x context mask, int32 weight_order reserved, pointer weight_q
    weight_k weight_v weight_qkv weight_o bias_q bias_k bias_v bias_qkv bias_o query_norm key_norm alibi_slopes
    relative_bias sink_logits
sa_model_options: uint64 struct_size, int32 convert weights, pointer progress progress_user, int32 in_memory
    image_size, string part
sa_encode_args: uint64 struct_size, int64 batch tokens, pointer ids lengths types hidden hidden_all attention
    embedding features pooled logits, int64 targets, pointer target_ids target_lengths target_hidden target_hidden_all
    target_attention cross_attention, int64 feature_width, pointer queries keys entropy, int64 strongest, pointer
    strongest_weights strongest_keys
sa_session_config: uint64 struct_size, int64 batch capacity window keep_first, int32 cache_dtype reserved
sa_session_args: uint64 struct_size, int64 tokens, pointer ids lengths logits logits_all hidden hidden_all attention
    cross_attention types
sa_sampling: uint64 struct_size seed, double temperature, int64 top_k, double top_p min_p repetition_penalty
    presence_penalty frequency_penalty
sa_generate_args: uint64 struct_size, int64 tokens, pointer ids lengths, int64 max_tokens, pointer sampling generated
    counts endings log_probabilities stop_tokens, int64 stop_token_count, pointer stop_strings, int64
    stop_string_count, pointer tokenizer on_token on_logits user, int32 model_rules reserved
sa_beam_args: uint64 struct_size, int64 tokens, pointer ids, int64 max_tokens results, double length_penalty, pointer
    generated counts scores stop_tokens, int64 stop_token_count, int32 model_rules early_stopping
sa_mel_config: uint64 struct_size, int64 rate frame step bins window, double lowest highest, int32 kind by_bin, double
    scale window_power mean deviation
sa_speech_segment: uint64 struct_size, double begin end, pointer ids, int64 count, int32 language reserved, double
    log_probability no_speech
sa_speech_window: uint64 struct_size, int64 first count next, int32 kind language, pointer ids, int64 tokens, double
    log_probability no_speech
sa_transcribe_args: uint64 struct_size, pointer speech samples, int64 count, pointer on_segment on_window user, string
    language, int32 task times, pointer prompt, int64 prompt_tokens, int32 keep_text reserved, int64 max_tokens,
    double no_speech log_probability, pointer language_found language_probabilities done beginning, int64
    beginning_tokens
sa_lora: uint64 struct_size, int64 rank, double alpha dropout, string targets adapter
sa_trainer_config: uint64 struct_size, int32 optimizer resume decay_matrices_only initialize, double beta1 beta2
    epsilon weight_decay clip_norm label_smoothing attention_dropout hidden_dropout, uint64 seed, pointer lora, int64
    recompute weights, pointer classes, int64 class_count image_size
sa_training_batch: uint64 struct_size, int64 batch tokens, pointer ids lengths features labels, int64
    labels_per_sequence, double weight
sa_training_pairs: uint64 struct_size, int64 pairs tokens, pointer ids lengths, double temperature weight
sa_tokenizer_train_args: uint64 struct_size, pointer texts bytes, int64 count vocabulary least, pointer special, int64
    special_count, string begin end
"""

# Name, type of the result, types of the arguments.
FUNCTIONS = """
sa_version int32:
sa_version_string string:
sa_build_info string:
sa_status_string string: int32
sa_constant int32: string pointer
sa_constant_name string: int32
sa_tensor_set nothing: pointer pointer int32 int32 int64 int64 int64 int64
sa_ctx_create int32: pointer pointer
sa_ctx_destroy nothing: pointer
sa_ctx_last_error string: pointer
sa_ctx_threads int32: pointer
sa_ctx_parallel int32: pointer
sa_ctx_isa int32: pointer
sa_ctx_path int32: pointer
sa_ctx_precision int32: pointer
sa_ctx_scratch_bytes uint64: pointer
sa_ctx_reserve int32: pointer uint64
sa_ctx_cancel int32: pointer
sa_ctx_set_progress int32: pointer pointer pointer
sa_alibi_slopes int32: int64 pointer
sa_t5_distances int32: pointer int64 int64 int64 int32 pointer
sa_rope_frequencies int32: pointer pointer pointer
sa_rope_apply int32: pointer pointer pointer pointer pointer int64
sa_sinusoidal_positions int32: int64 int64 int32 pointer
sa_cache_create int32: pointer pointer pointer
sa_cache_destroy nothing: pointer
sa_cache_append int32: pointer pointer int64 pointer pointer pointer
sa_cache_length int64: pointer int64 int64
sa_cache_bytes uint64: pointer
sa_cache_truncate int32: pointer int64 int64
sa_cache_fork int32: pointer int64 int64
sa_cache_reorder int32: pointer pointer
sa_pattern_blocks int32: pointer pointer pointer int64 pointer
sa_top_blocks int32: pointer pointer pointer int64 int64 int64 int32 int64 pointer pointer
sa_attention int32: pointer pointer
sa_attention_workspace_size int32: pointer pointer pointer
sa_attention_backward int32: pointer pointer pointer
sa_attention_backward_workspace_size int32: pointer pointer pointer pointer
sa_attention_merge int32: pointer pointer
sa_tensor_scatter int32: pointer pointer pointer int32 pointer
sa_shard_size int32: pointer int64 int64 pointer
sa_shard_positions int32: pointer int64 int64 pointer
sa_ring_attention int32: pointer pointer
sa_sharded_attention int32: pointer pointer
sa_ring_attention_workspace_size int32: pointer pointer pointer
sa_sharded_attention_workspace_size int32: pointer pointer pointer
sa_linear_state_create int32: pointer pointer pointer
sa_linear_state_destroy nothing: pointer
sa_linear_state_bytes uint64: pointer
sa_linear_state_copy int32: pointer int64 pointer int64
sa_linear_state_clear int32: pointer int64
sa_linear_state_read int32: pointer pointer pointer pointer
sa_linear_state_write int32: pointer pointer pointer pointer
sa_random_features_create int32: pointer pointer pointer
sa_random_features_destroy nothing: pointer
sa_random_features_read int32: pointer pointer
sa_linear_attention int32: pointer pointer
sa_linear_attention_workspace_size int32: pointer pointer pointer
sa_causal_conv int32: pointer pointer
sa_layer_create int32: pointer pointer pointer
sa_layer_destroy nothing: pointer
sa_layer_model_width int64: pointer
sa_layer_context_width int64: pointer
sa_layer_output_width int64: pointer
sa_layer_query_heads int64: pointer
sa_layer_kv_heads int64: pointer
sa_layer_head_size int64: pointer
sa_layer_value_head_size int64: pointer
sa_forward int32: pointer pointer pointer
sa_forward_workspace_size int32: pointer pointer pointer pointer
sa_forward_backward int32: pointer pointer pointer pointer
sa_forward_backward_workspace_size int32: pointer pointer pointer pointer pointer
sa_tokenizer_open int32: pointer string pointer
sa_tokenizer_destroy nothing: pointer
sa_tokenizer_encode int32: pointer pointer string int64 pointer int64 pointer
sa_tokenizer_encode_with int32: pointer pointer string int64 int32 pointer int64 pointer
sa_tokenizer_encode_offsets int32: pointer pointer string int64 int32 pointer pointer int64 pointer
sa_tokenizer_language int32: pointer string pointer
sa_tokenizer_encode_language int32: pointer pointer string int64 int32 int32 pointer int64 pointer
sa_tokenizer_encode_pair int32: pointer pointer string int64 string int64 int32 int64 pointer pointer int64 pointer
sa_tokenizer_decode int32: pointer pointer pointer int64 string int64 pointer
sa_text_stream_create int32: pointer pointer int32 pointer int64 pointer
sa_text_stream_add int32: pointer pointer int32 string int64 pointer
sa_text_stream_rest int32: pointer pointer string int64 pointer
sa_text_stream_room int64: pointer
sa_text_stream_ended int32: pointer
sa_text_stream_destroy nothing: pointer
sa_tokenizer_find int32: pointer string pointer
sa_tokenizer_size int64: pointer
sa_tokenizer_token string: pointer int32
sa_tokenizer_chat_template string: pointer
sa_model_open int32: pointer string pointer
sa_model_open_with int32: pointer string pointer pointer
sa_model_open_adapted int32: pointer string string pointer pointer
sa_model_write int32: pointer string pointer string
sa_model_weights int64: pointer int32
sa_model_destroy nothing: pointer
sa_model_get int64: pointer int32
sa_model_feature_tokens int64: pointer int64
sa_model_end_tokens int64: pointer pointer int64
sa_model_unused_tensor string: pointer int64
sa_model_prompt string: pointer string
sa_model_prompt_name string: pointer int64
sa_model_likeness int32: pointer pointer pointer
sa_model_type string: pointer
sa_model_encode int32: pointer pointer pointer
sa_model_encode_workspace_size int32: pointer pointer pointer pointer
sa_session_create int32: pointer pointer pointer pointer
sa_session_destroy nothing: pointer
sa_session_encode int32: pointer pointer pointer
sa_session_run int32: pointer pointer pointer
sa_session_batch int64: pointer
sa_session_length int64: pointer int64
sa_session_source int64: pointer
sa_session_bytes uint64: pointer
sa_session_truncate int32: pointer int64 int64
sa_session_fork int32: pointer int64 int64
sa_session_reorder int32: pointer pointer
sa_session_save int32: pointer pointer string pointer int64
sa_session_load int32: pointer pointer string int64 pointer
sa_session_note pointer: pointer pointer
sa_model_sampling int32: pointer pointer
sa_model_suppressed_tokens int64: pointer int32 pointer int64
sa_generate int32: pointer pointer pointer
sa_beam_search int32: pointer pointer pointer
sa_mel_create int32: pointer pointer pointer
sa_mel_open int32: pointer string pointer
sa_mel_destroy nothing: pointer
sa_mel_get int64: pointer int32
sa_mel_frames int64: pointer int64
sa_mel_features int32: pointer pointer pointer int64 pointer int64
sa_speech_open int32: pointer pointer string pointer
sa_speech_destroy nothing: pointer
sa_speech_mel pointer: pointer
sa_speech_language string: pointer int32
sa_speech_rules int32: pointer pointer int64 int32 pointer
sa_transcribe int32: pointer pointer pointer
sa_ctc_decode int32: pointer int64 int64 int32 pointer pointer int64 pointer
sa_trainer_create int32: pointer string pointer pointer
sa_trainer_destroy nothing: pointer
sa_trainer_accumulate int32: pointer pointer pointer pointer
sa_trainer_loss int32: pointer pointer pointer pointer
sa_trainer_accumulate_pairs int32: pointer pointer pointer pointer
sa_trainer_pairs_loss int32: pointer pointer pointer pointer
sa_trainer_update int32: pointer pointer double pointer
sa_trainer_save int32: pointer pointer string
sa_trainer_save_merged int32: pointer pointer string
sa_trainer_updates int64: pointer
sa_trainer_parameters int64: pointer
sa_trainer_parameter string: pointer int64 pointer pointer pointer
sa_tokenizer_train int32: pointer pointer string pointer
sa_learning_rate double: int32 int64 int64 int64 double
"""
