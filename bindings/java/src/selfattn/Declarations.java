// Written by bindings/declare from the public headers, which are the manual.
// SPDX-License-Identifier: MIT
package selfattn;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import java.util.LinkedHashMap;
import java.util.Map;

/** The calls, structs and constants of C, as the headers declare them. */
public interface Declarations extends Library {
    int SA_VERSION_MAJOR = 0;
    int SA_VERSION_MINOR = 1;
    int SA_VERSION_PATCH = 0;
    int SA_VERSION = 1000;
    int SA_OK = 0;
    int SA_ERR_NULL = 1;
    int SA_ERR_STRUCT_SIZE = 2;
    int SA_ERR_VALUE = 3;
    int SA_ERR_SHAPE = 4;
    int SA_ERR_OVERFLOW = 5;
    int SA_ERR_UNSUPPORTED = 6;
    int SA_ERR_MEMORY = 10;
    int SA_ERR_BUSY = 11;
    int SA_ERR_CANCELLED = 12;
    int SA_ERR_FILE = 20;
    int SA_ERR_FORMAT = 21;
    int SA_ERR_TEXT = 22;
    int SA_ERR_EXCHANGE = 30;
    int SA_F32 = 0;
    int SA_BF16 = 1;
    int SA_F16 = 2;
    int SA_BOOL = 3;
    int SA_Q4_0 = 34;
    int SA_Q4_1 = 35;
    int SA_Q5_0 = 38;
    int SA_Q5_1 = 39;
    int SA_Q8_0 = 40;
    int SA_Q2_K = 42;
    int SA_Q3_K = 43;
    int SA_Q4_K = 44;
    int SA_Q5_K = 45;
    int SA_Q6_K = 46;
    int SA_IQ4_NL = 52;
    int SA_IQ4_XS = 55;
    int SA_MXFP4 = 71;
    int SA_BHSD = 0;
    int SA_BSHD = 1;
    int SA_PARALLEL_DEFAULT = 0;
    int SA_PARALLEL_SERIAL = 1;
    int SA_PARALLEL_OPENMP = 2;
    int SA_PARALLEL_CALLBACK = 3;
    int SA_PARALLEL_POOL = 4;
    int SA_PATH_AUTO = 0;
    int SA_PATH_PLAIN = 1;
    int SA_PATH_BLAS = 2;
    int SA_PATH_FUSED = 3;
    int SA_ISA_AUTO = 0;
    int SA_ISA_PORTABLE = 1;
    int SA_ISA_SIMD128 = 7;
    int SA_ISA_NEON = 6;
    int SA_ISA_AVX2 = 2;
    int SA_ISA_AVX512 = 3;
    int SA_ISA_AVX512_BF16 = 5;
    int SA_ISA_AMX = 4;
    int SA_PRECISION_HIGHEST = 0;
    int SA_PRECISION_HIGH = 1;
    int SA_PRECISION_MEDIUM = 2;
    int SA_ALIGN_DEFAULT = 0;
    int SA_ALIGN_TOP_LEFT = 1;
    int SA_ALIGN_BOTTOM_RIGHT = 2;
    int SA_ALIGN_OFFSET = 3;
    int SA_MASK_KEYS_DEFAULT = 0;
    int SA_MASK_KEYS_REPEATED = 1;
    int SA_MASK_KEYS_HIDDEN = 2;
    int SA_ROPE_HALF = 0;
    int SA_ROPE_INTERLEAVED = 1;
    int SA_ROPE_PLAIN = 0;
    int SA_ROPE_LINEAR = 1;
    int SA_ROPE_DYNAMIC = 2;
    int SA_ROPE_YARN = 3;
    int SA_ROPE_LONGROPE = 4;
    int SA_ROPE_LLAMA3 = 5;
    int SA_SINUSOIDAL_PAIRS = 0;
    int SA_SINUSOIDAL_HALVES = 1;
    int SA_SINUSOIDAL_WHISPER = 2;
    int SA_CACHE_PAGE = 128;
    int SA_I8 = 4;
    int SA_WEIGHTS_PROBABILITIES = 0;
    int SA_WEIGHTS_SCALED = 1;
    int SA_WEIGHTS_SOFTCAPPED = 2;
    int SA_WEIGHTS_BIASED = 3;
    int SA_LIST_BLOCK_MOST = 128;
    int SA_TILE_SOME = 0;
    int SA_TILE_NONE = 1;
    int SA_TILE_ALL = 2;
    int SA_STRONGEST_MOST = 64;
    int SA_SUMMARY_QUERIES = 4194304;
    int SA_SHARDS_CONTIGUOUS = 0;
    int SA_SHARDS_ZIGZAG = 1;
    int SA_SHARDS_STRIPED = 2;
    int SA_SHARD_CHUNKS = 131072;
    int SA_FEATURES_IDENTITY = 0;
    int SA_FEATURES_ELU = 1;
    int SA_FEATURES_RELU = 2;
    int SA_FEATURES_SQUARE = 3;
    int SA_LINEAR_AUTO = 0;
    int SA_LINEAR_RECURRENT = 1;
    int SA_LINEAR_CHUNKED = 2;
    int SA_CONV_PLAIN = 0;
    int SA_CONV_SILU = 1;
    int SA_OUT_IN = 0;
    int SA_IN_OUT = 1;
    int SA_LATENT_AUTO = 0;
    int SA_LATENT_EXPANDED = 1;
    int SA_LATENT_ABSORBED = 2;
    int SA_CACHE_APPEND = 0;
    int SA_CACHE_READ = 1;
    int SA_ENCODE_NO_TEMPLATE = 1;
    int SA_ENCODE_NO_SPECIAL = 2;
    int SA_MODEL_LAYERS = 0;
    int SA_MODEL_WIDTH = 1;
    int SA_MODEL_QUERY_HEADS = 2;
    int SA_MODEL_KV_HEADS = 3;
    int SA_MODEL_VOCABULARY = 4;
    int SA_MODEL_MAX_POSITIONS = 5;
    int SA_MODEL_HEAD_SIZE = 6;
    int SA_MODEL_ENCODER = 7;
    int SA_MODEL_DECODER = 8;
    int SA_MODEL_DECODER_LAYERS = 9;
    int SA_MODEL_DECODER_WIDTH = 10;
    int SA_MODEL_DECODER_QUERY_HEADS = 11;
    int SA_MODEL_DECODER_KV_HEADS = 12;
    int SA_MODEL_DECODER_VOCABULARY = 13;
    int SA_MODEL_DECODER_MAX_POSITIONS = 14;
    int SA_MODEL_DECODER_HEAD_SIZE = 15;
    int SA_MODEL_OUTPUTS = 16;
    int SA_MODEL_POOLED = 17;
    int SA_MODEL_FEATURE_CHANNELS = 18;
    int SA_MODEL_FEATURE_HEIGHT = 19;
    int SA_MODEL_FEATURE_WIDTH = 20;
    int SA_MODEL_FEATURE_TOKENS = 21;
    int SA_MODEL_FEATURE_ROWS = 22;
    int SA_MODEL_FEATURE_COLUMNS = 23;
    int SA_MODEL_START_TOKEN = 24;
    int SA_MODEL_END_TOKEN = 25;
    int SA_MODEL_PAD_TOKEN = 26;
    int SA_MODEL_TOKEN_LOGITS = 27;
    int SA_MODEL_FORCED_FIRST_TOKEN = 28;
    int SA_MODEL_FORCED_LAST_TOKEN = 29;
    int SA_MODEL_MAX_NEW_TOKENS = 30;
    int SA_MODEL_EMBEDDING_WIDTH = 31;
    int SA_MODEL_PADDED_TOKENS = 32;
    int SA_MODEL_UNSUPPORTED = 33;
    int SA_MODEL_TOKEN_TYPES = 34;
    int SA_MODEL_POOLED_WIDTH = 35;
    int SA_LIKENESS_NONE = 0;
    int SA_LIKENESS_SOFTMAX = 1;
    int SA_LIKENESS_SIGMOID = 2;
    int SA_END_NONE = 0;
    int SA_END_MAX_TOKENS = 1;
    int SA_END_TOKEN = 2;
    int SA_END_STRING = 3;
    int SA_END_CALLER = 4;
    int SA_END_FULL = 5;
    int SA_EARLY_STOPPING_NEVER = 0;
    int SA_EARLY_STOPPING_TRUE = 1;
    int SA_EARLY_STOPPING_FALSE = 2;
    int SA_MEL_WHISPER = 0;
    int SA_MEL_KALDI = 1;
    int SA_MEL_MEANS = 1;
    int SA_MEL_DEVIATIONS = 2;
    int SA_MEL_RATE = 0;
    int SA_MEL_FRAME = 1;
    int SA_MEL_STEP = 2;
    int SA_MEL_BINS = 3;
    int SA_MEL_WINDOW = 4;
    int SA_MEL_KIND = 5;
    int SA_TIMES_AUTO = 0;
    int SA_TIMES_ALWAYS = 1;
    int SA_TIMES_NEVER = 2;
    int SA_TASK_TRANSCRIBE = 0;
    int SA_TASK_TRANSLATE = 1;
    int SA_WINDOW_TEXT = 0;
    int SA_WINDOW_SILENT = 1;
    int SA_WINDOW_SPEECHLESS = 2;
    int SA_OPTIMIZER_ADAMW = 0;
    int SA_OPTIMIZER_SGD = 1;
    int SA_SCHEDULE_CONSTANT = 0;
    int SA_SCHEDULE_LINEAR = 1;
    int SA_SCHEDULE_COSINE = 2;

    interface sa_body_fn extends Callback {
        void call(Pointer arg, long index);
    }

    interface sa_parallel_for_fn extends Callback {
        void call(Pointer user, long count, sa_body_fn body, Pointer arg);
    }

    interface sa_allocate_fn extends Callback {
        Pointer call(Pointer user, long size, long alignment);
    }

    interface sa_release_fn extends Callback {
        void call(Pointer user, Pointer memory, long size);
    }

    interface sa_ctx_progress_fn extends Callback {
        void call(Pointer user, Pointer what, long done, long total);
    }

    interface sa_tile_question_fn extends Callback {
        int call(Pointer user, Pointer tile);
    }

    interface sa_tile_change_fn extends Callback {
        void call(Pointer user, Pointer tile);
    }

    interface sa_exchange_start_fn extends Callback {
        int call(Pointer user, Pointer send, long send_bytes, long to, Pointer receive, long receive_bytes, long
            from);
    }

    interface sa_exchange_progress_fn extends Callback {
        void call(Pointer user);
    }

    interface sa_exchange_finish_fn extends Callback {
        int call(Pointer user);
    }

    interface sa_exchange_gather_fn extends Callback {
        int call(Pointer user, Pointer send, long bytes, Pointer receive);
    }

    interface sa_exchange_failure_fn extends Callback {
        String call(Pointer user);
    }

    interface sa_progress_fn extends Callback {
        void call(Pointer user, long done, long all);
    }

    interface sa_token_fn extends Callback {
        int call(Pointer user, long sequence, int token, float log_probability);
    }

    interface sa_logits_fn extends Callback {
        void call(Pointer user, long sequence, Pointer logits, long count);
    }

    interface sa_segment_fn extends Callback {
        int call(Pointer user, Pointer segment);
    }

    interface sa_window_fn extends Callback {
        int call(Pointer user, Pointer window);
    }

    @Structure.FieldOrder({"data", "dtype", "reserved", "size", "stride"})
    class sa_tensor extends Struct {
        public Pointer data;
        public int dtype;
        public int reserved;
        public long[] size = new long[4];
        public long[] stride = new long[4];
    }

    @Structure.FieldOrder({"struct_size", "threads", "parallel", "parallel_for", "parallel_user", "allocate",
        "release", "allocator_user", "path", "isa", "precision", "same_bits"})
    class sa_ctx_options extends Struct {
        public long struct_size;
        public int threads;
        public int parallel;
        public sa_parallel_for_fn parallel_for;
        public Pointer parallel_user;
        public sa_allocate_fn allocate;
        public sa_release_fn release;
        public Pointer allocator_user;
        public int path;
        public int isa;
        public int precision;
        public int same_bits;
    }

    @Structure.FieldOrder({"struct_size", "key_lengths", "causal", "align", "offset", "offsets", "window",
        "reserved", "window_left", "window_right", "mask", "keep_first", "mask_keys", "reserved2"})
    class sa_masking extends Struct {
        public long struct_size;
        public Pointer key_lengths;
        public int causal;
        public int align;
        public long offset;
        public Pointer offsets;
        public int window;
        public int reserved;
        public long window_left;
        public long window_right;
        public sa_tensor mask = new sa_tensor();
        public long keep_first;
        public int mask_keys;
        public int reserved2;
    }

    @Structure.FieldOrder({"struct_size", "alibi_slopes", "relative_bias", "relative_reach", "sink_logits"})
    class sa_score_rules extends Struct {
        public long struct_size;
        public Pointer alibi_slopes;
        public Pointer relative_bias;
        public long relative_reach;
        public Pointer sink_logits;
    }

    @Structure.FieldOrder({"struct_size", "style", "reserved", "rotary", "theta", "inverse_frequency",
        "attention_factor", "cosines", "sines", "table_positions"})
    class sa_rope extends Struct {
        public long struct_size;
        public int style;
        public int reserved;
        public long rotary;
        public double theta;
        public Pointer inverse_frequency;
        public double attention_factor;
        public Pointer cosines;
        public Pointer sines;
        public long table_positions;
    }

    @Structure.FieldOrder({"struct_size", "kind", "truncate", "rotary", "theta", "factor", "original_positions",
        "max_positions", "length", "low_frequency_factor", "high_frequency_factor", "beta_fast", "beta_slow",
        "mscale", "mscale_all_dim", "attention_factor", "short_factors", "long_factors"})
    class sa_rope_scaling extends Struct {
        public long struct_size;
        public int kind;
        public int truncate;
        public long rotary;
        public double theta;
        public double factor;
        public long original_positions;
        public long max_positions;
        public long length;
        public double low_frequency_factor;
        public double high_frequency_factor;
        public double beta_fast;
        public double beta_slow;
        public double mscale;
        public double mscale_all_dim;
        public double attention_factor;
        public Pointer short_factors;
        public Pointer long_factors;
    }

    @Structure.FieldOrder({"struct_size", "layers", "batch", "kv_heads", "head_size", "value_head_size", "dtype",
        "values_in_keys", "capacity", "window", "keep_first"})
    class sa_cache_config extends Struct {
        public long struct_size;
        public long layers;
        public long batch;
        public long kv_heads;
        public long head_size;
        public long value_head_size;
        public int dtype;
        public int values_in_keys;
        public long capacity;
        public long window;
        public long keep_first;
    }

    @Structure.FieldOrder({"struct_size", "sequences", "query_starts", "key_starts"})
    class sa_packing extends Struct {
        public long struct_size;
        public long sequences;
        public Pointer query_starts;
        public Pointer key_starts;
    }

    @Structure.FieldOrder({"struct_size", "query_block", "key_block", "sequences", "heads", "offsets", "indices"})
    class sa_block_list extends Struct {
        public long struct_size;
        public long query_block;
        public long key_block;
        public long sequences;
        public long heads;
        public Pointer offsets;
        public Pointer indices;
    }

    @Structure.FieldOrder({"struct_size", "queries", "keys", "offset", "query_block", "key_block", "causal",
        "window", "window_left", "window_right", "stride", "stride_reach", "global_tokens", "random_blocks", "seed",
        "document_starts", "documents"})
    class sa_pattern extends Struct {
        public long struct_size;
        public long queries;
        public long keys;
        public long offset;
        public long query_block;
        public long key_block;
        public int causal;
        public int window;
        public long window_left;
        public long window_right;
        public long stride;
        public long stride_reach;
        public long global_tokens;
        public long random_blocks;
        public long seed;
        public Pointer document_starts;
        public long documents;
    }

    @Structure.FieldOrder({"struct_size", "sequence", "head", "query", "key", "queries", "keys", "query_stride",
        "key_stride", "values", "visible"})
    class sa_score_tile extends Struct {
        public long struct_size;
        public long sequence;
        public long head;
        public long query;
        public long key;
        public long queries;
        public long keys;
        public long query_stride;
        public long key_stride;
        public Pointer values;
        public Pointer visible;
    }

    @Structure.FieldOrder({"struct_size", "user", "mask_tile", "mask_mod", "score_mod", "prob_mod"})
    class sa_score_callbacks extends Struct {
        public long struct_size;
        public Pointer user;
        public sa_tile_question_fn mask_tile;
        public sa_tile_change_fn mask_mod;
        public sa_tile_change_fn score_mod;
        public sa_tile_change_fn prob_mod;
    }

    @Structure.FieldOrder({"struct_size", "key_sums", "key_maxima", "entropy", "strongest", "strongest_weights",
        "strongest_keys"})
    class sa_summaries extends Struct {
        public long struct_size;
        public sa_tensor key_sums = new sa_tensor();
        public sa_tensor key_maxima = new sa_tensor();
        public sa_tensor entropy = new sa_tensor();
        public long strongest;
        public sa_tensor strongest_weights = new sa_tensor();
        public Pointer strongest_keys;
    }

    @Structure.FieldOrder({"struct_size", "probability", "reserved", "seed"})
    class sa_dropout extends Struct {
        public long struct_size;
        public float probability;
        public int reserved;
        public long seed;
    }

    @Structure.FieldOrder({"struct_size", "query", "key", "value", "output", "scale", "softcap", "masking", "lse",
        "weights", "weights_kind", "reserved", "rules", "cache", "cache_layer", "packing", "blocks", "callbacks",
        "summaries", "dropout"})
    class sa_attention_args extends Struct {
        public long struct_size;
        public sa_tensor query = new sa_tensor();
        public sa_tensor key = new sa_tensor();
        public sa_tensor value = new sa_tensor();
        public sa_tensor output = new sa_tensor();
        public float scale;
        public float softcap;
        public Pointer masking;
        public sa_tensor lse = new sa_tensor();
        public sa_tensor weights = new sa_tensor();
        public int weights_kind;
        public int reserved;
        public Pointer rules;
        public Pointer cache;
        public long cache_layer;
        public Pointer packing;
        public Pointer blocks;
        public Pointer callbacks;
        public Pointer summaries;
        public Pointer dropout;
    }

    @Structure.FieldOrder({"struct_size", "output", "query", "key", "value", "mask", "alibi_slopes",
        "relative_bias", "sink_logits"})
    class sa_attention_gradients extends Struct {
        public long struct_size;
        public sa_tensor output = new sa_tensor();
        public sa_tensor query = new sa_tensor();
        public sa_tensor key = new sa_tensor();
        public sa_tensor value = new sa_tensor();
        public sa_tensor mask = new sa_tensor();
        public Pointer alibi_slopes;
        public Pointer relative_bias;
        public Pointer sink_logits;
    }

    @Structure.FieldOrder({"struct_size", "count", "outputs", "lses", "output", "lse"})
    class sa_attention_merge_args extends Struct {
        public long struct_size;
        public long count;
        public Pointer outputs;
        public Pointer lses;
        public sa_tensor output = new sa_tensor();
        public sa_tensor lse = new sa_tensor();
    }

    @Structure.FieldOrder({"struct_size", "tokens", "chunk", "kind", "reserved"})
    class sa_sharding extends Struct {
        public long struct_size;
        public long tokens;
        public long chunk;
        public int kind;
        public int reserved;
    }

    @Structure.FieldOrder({"struct_size", "user", "rank", "ranks", "start", "finish", "all_gather", "progress",
        "failure"})
    class sa_exchange extends Struct {
        public long struct_size;
        public Pointer user;
        public long rank;
        public long ranks;
        public sa_exchange_start_fn start;
        public sa_exchange_finish_fn finish;
        public sa_exchange_gather_fn all_gather;
        public sa_exchange_progress_fn progress;
        public sa_exchange_failure_fn failure;
    }

    @Structure.FieldOrder({"struct_size", "exchange", "key_shards", "query_shards", "query", "key", "value",
        "output", "lse", "masking", "rules", "scale", "softcap", "cache", "cache_layer"})
    class sa_ring_args extends Struct {
        public long struct_size;
        public Pointer exchange;
        public Pointer key_shards;
        public Pointer query_shards;
        public sa_tensor query = new sa_tensor();
        public sa_tensor key = new sa_tensor();
        public sa_tensor value = new sa_tensor();
        public sa_tensor output = new sa_tensor();
        public sa_tensor lse = new sa_tensor();
        public Pointer masking;
        public Pointer rules;
        public float scale;
        public float softcap;
        public Pointer cache;
        public long cache_layer;
    }

    @Structure.FieldOrder({"struct_size", "batch", "kv_heads", "head_size", "value_head_size", "normalised",
        "reserved"})
    class sa_linear_state_config extends Struct {
        public long struct_size;
        public long batch;
        public long kv_heads;
        public long head_size;
        public long value_head_size;
        public int normalised;
        public int reserved;
    }

    @Structure.FieldOrder({"struct_size", "count", "head_size", "seed", "independent", "reserved"})
    class sa_random_features_config extends Struct {
        public long struct_size;
        public long count;
        public long head_size;
        public long seed;
        public int independent;
        public int reserved;
    }

    @Structure.FieldOrder({"struct_size", "query", "key", "value", "output", "decay", "beta", "state", "lengths",
        "random_features", "scale", "epsilon", "features", "form", "normalised", "bidirectional"})
    class sa_linear_attention_args extends Struct {
        public long struct_size;
        public sa_tensor query = new sa_tensor();
        public sa_tensor key = new sa_tensor();
        public sa_tensor value = new sa_tensor();
        public sa_tensor output = new sa_tensor();
        public sa_tensor decay = new sa_tensor();
        public sa_tensor beta = new sa_tensor();
        public Pointer state;
        public Pointer lengths;
        public Pointer random_features;
        public float scale;
        public float epsilon;
        public int features;
        public int form;
        public int normalised;
        public int bidirectional;
    }

    @Structure.FieldOrder({"struct_size", "x", "weight", "bias", "y", "state", "activation", "reserved"})
    class sa_causal_conv_args extends Struct {
        public long struct_size;
        public sa_tensor x = new sa_tensor();
        public sa_tensor weight = new sa_tensor();
        public sa_tensor bias = new sa_tensor();
        public sa_tensor y = new sa_tensor();
        public sa_tensor state = new sa_tensor();
        public int activation;
        public int reserved;
    }

    @Structure.FieldOrder({"struct_size", "latent_size", "rotary_size", "query_rank", "weight_down", "weight_up",
        "weight_down_query"})
    class sa_latent extends Struct {
        public long struct_size;
        public long latent_size;
        public long rotary_size;
        public long query_rank;
        public Pointer weight_down;
        public Pointer weight_up;
        public Pointer weight_down_query;
    }

    @Structure.FieldOrder({"struct_size", "model_width", "context_width", "output_width", "query_heads", "kv_heads",
        "head_size", "value_head_size", "weight_order", "weight_dtype", "weight_q", "weight_k", "weight_v",
        "weight_qkv", "weight_o", "bias_q", "bias_k", "bias_v", "bias_qkv", "bias_o", "scale", "softcap", "rope",
        "rules", "query_norm", "key_norm", "norm_epsilon", "norm_all_heads", "latent"})
    class sa_layer_config extends Struct {
        public long struct_size;
        public long model_width;
        public long context_width;
        public long output_width;
        public long query_heads;
        public long kv_heads;
        public long head_size;
        public long value_head_size;
        public int weight_order;
        public int weight_dtype;
        public Pointer weight_q;
        public Pointer weight_k;
        public Pointer weight_v;
        public Pointer weight_qkv;
        public Pointer weight_o;
        public Pointer bias_q;
        public Pointer bias_k;
        public Pointer bias_v;
        public Pointer bias_qkv;
        public Pointer bias_o;
        public float scale;
        public float softcap;
        public Pointer rope;
        public Pointer rules;
        public Pointer query_norm;
        public Pointer key_norm;
        public float norm_epsilon;
        public int norm_all_heads;
        public Pointer latent;
    }

    @Structure.FieldOrder({"struct_size", "x", "context", "y", "masking", "lse", "weights", "weights_kind",
        "reserved", "cache", "cache_layer", "cache_use", "latent_form", "lengths", "positions", "packing", "blocks",
        "callbacks", "summaries", "dropout"})
    class sa_forward_args extends Struct {
        public long struct_size;
        public sa_tensor x = new sa_tensor();
        public sa_tensor context = new sa_tensor();
        public sa_tensor y = new sa_tensor();
        public Pointer masking;
        public sa_tensor lse = new sa_tensor();
        public sa_tensor weights = new sa_tensor();
        public int weights_kind;
        public int reserved;
        public Pointer cache;
        public long cache_layer;
        public int cache_use;
        public int latent_form;
        public Pointer lengths;
        public Pointer positions;
        public Pointer packing;
        public Pointer blocks;
        public Pointer callbacks;
        public Pointer summaries;
        public Pointer dropout;
    }

    @Structure.FieldOrder({"struct_size", "y", "x", "context", "mask", "weight_order", "reserved", "weight_q",
        "weight_k", "weight_v", "weight_qkv", "weight_o", "bias_q", "bias_k", "bias_v", "bias_qkv", "bias_o",
        "query_norm", "key_norm", "alibi_slopes", "relative_bias", "sink_logits"})
    class sa_layer_gradients extends Struct {
        public long struct_size;
        public sa_tensor y = new sa_tensor();
        public sa_tensor x = new sa_tensor();
        public sa_tensor context = new sa_tensor();
        public sa_tensor mask = new sa_tensor();
        public int weight_order;
        public int reserved;
        public Pointer weight_q;
        public Pointer weight_k;
        public Pointer weight_v;
        public Pointer weight_qkv;
        public Pointer weight_o;
        public Pointer bias_q;
        public Pointer bias_k;
        public Pointer bias_v;
        public Pointer bias_qkv;
        public Pointer bias_o;
        public Pointer query_norm;
        public Pointer key_norm;
        public Pointer alibi_slopes;
        public Pointer relative_bias;
        public Pointer sink_logits;
    }

    @Structure.FieldOrder({"struct_size", "convert", "weights", "progress", "progress_user", "in_memory",
        "image_size", "part"})
    class sa_model_options extends Struct {
        public long struct_size;
        public int convert;
        public int weights;
        public sa_progress_fn progress;
        public Pointer progress_user;
        public int in_memory;
        public int image_size;
        public Pointer part;
    }

    @Structure.FieldOrder({"struct_size", "batch", "tokens", "ids", "lengths", "types", "hidden", "hidden_all",
        "attention", "embedding", "features", "pooled", "logits", "targets", "target_ids", "target_lengths",
        "target_hidden", "target_hidden_all", "target_attention", "cross_attention", "feature_width", "queries",
        "keys", "entropy", "strongest", "strongest_weights", "strongest_keys"})
    class sa_encode_args extends Struct {
        public long struct_size;
        public long batch;
        public long tokens;
        public Pointer ids;
        public Pointer lengths;
        public Pointer types;
        public Pointer hidden;
        public Pointer hidden_all;
        public Pointer attention;
        public Pointer embedding;
        public Pointer features;
        public Pointer pooled;
        public Pointer logits;
        public long targets;
        public Pointer target_ids;
        public Pointer target_lengths;
        public Pointer target_hidden;
        public Pointer target_hidden_all;
        public Pointer target_attention;
        public Pointer cross_attention;
        public long feature_width;
        public Pointer queries;
        public Pointer keys;
        public Pointer entropy;
        public long strongest;
        public Pointer strongest_weights;
        public Pointer strongest_keys;
    }

    @Structure.FieldOrder({"struct_size", "batch", "capacity", "window", "keep_first", "cache_dtype", "reserved"})
    class sa_session_config extends Struct {
        public long struct_size;
        public long batch;
        public long capacity;
        public long window;
        public long keep_first;
        public int cache_dtype;
        public int reserved;
    }

    @Structure.FieldOrder({"struct_size", "tokens", "ids", "lengths", "logits", "logits_all", "hidden",
        "hidden_all", "attention", "cross_attention", "types"})
    class sa_session_args extends Struct {
        public long struct_size;
        public long tokens;
        public Pointer ids;
        public Pointer lengths;
        public Pointer logits;
        public Pointer logits_all;
        public Pointer hidden;
        public Pointer hidden_all;
        public Pointer attention;
        public Pointer cross_attention;
        public Pointer types;
    }

    @Structure.FieldOrder({"struct_size", "seed", "temperature", "top_k", "top_p", "min_p", "repetition_penalty",
        "presence_penalty", "frequency_penalty"})
    class sa_sampling extends Struct {
        public long struct_size;
        public long seed;
        public double temperature;
        public long top_k;
        public double top_p;
        public double min_p;
        public double repetition_penalty;
        public double presence_penalty;
        public double frequency_penalty;
    }

    @Structure.FieldOrder({"struct_size", "tokens", "ids", "lengths", "max_tokens", "sampling", "generated",
        "counts", "endings", "log_probabilities", "stop_tokens", "stop_token_count", "stop_strings",
        "stop_string_count", "tokenizer", "on_token", "on_logits", "user", "model_rules", "reserved"})
    class sa_generate_args extends Struct {
        public long struct_size;
        public long tokens;
        public Pointer ids;
        public Pointer lengths;
        public long max_tokens;
        public Pointer sampling;
        public Pointer generated;
        public Pointer counts;
        public Pointer endings;
        public Pointer log_probabilities;
        public Pointer stop_tokens;
        public long stop_token_count;
        public Pointer stop_strings;
        public long stop_string_count;
        public Pointer tokenizer;
        public sa_token_fn on_token;
        public sa_logits_fn on_logits;
        public Pointer user;
        public int model_rules;
        public int reserved;
    }

    @Structure.FieldOrder({"struct_size", "tokens", "ids", "max_tokens", "results", "length_penalty", "generated",
        "counts", "scores", "stop_tokens", "stop_token_count", "model_rules", "early_stopping"})
    class sa_beam_args extends Struct {
        public long struct_size;
        public long tokens;
        public Pointer ids;
        public long max_tokens;
        public long results;
        public double length_penalty;
        public Pointer generated;
        public Pointer counts;
        public Pointer scores;
        public Pointer stop_tokens;
        public long stop_token_count;
        public int model_rules;
        public int early_stopping;
    }

    @Structure.FieldOrder({"struct_size", "rate", "frame", "step", "bins", "window", "lowest", "highest", "kind",
        "by_bin", "scale", "window_power", "mean", "deviation"})
    class sa_mel_config extends Struct {
        public long struct_size;
        public long rate;
        public long frame;
        public long step;
        public long bins;
        public long window;
        public double lowest;
        public double highest;
        public int kind;
        public int by_bin;
        public double scale;
        public double window_power;
        public double mean;
        public double deviation;
    }

    @Structure.FieldOrder({"struct_size", "begin", "end", "ids", "count", "language", "reserved", "log_probability",
        "no_speech"})
    class sa_speech_segment extends Struct {
        public long struct_size;
        public double begin;
        public double end;
        public Pointer ids;
        public long count;
        public int language;
        public int reserved;
        public double log_probability;
        public double no_speech;
    }

    @Structure.FieldOrder({"struct_size", "first", "count", "next", "kind", "language", "ids", "tokens",
        "log_probability", "no_speech"})
    class sa_speech_window extends Struct {
        public long struct_size;
        public long first;
        public long count;
        public long next;
        public int kind;
        public int language;
        public Pointer ids;
        public long tokens;
        public double log_probability;
        public double no_speech;
    }

    @Structure.FieldOrder({"struct_size", "speech", "samples", "count", "on_segment", "on_window", "user",
        "language", "task", "times", "prompt", "prompt_tokens", "keep_text", "reserved", "max_tokens", "no_speech",
        "log_probability", "language_found", "language_probabilities", "done", "beginning", "beginning_tokens"})
    class sa_transcribe_args extends Struct {
        public long struct_size;
        public Pointer speech;
        public Pointer samples;
        public long count;
        public sa_segment_fn on_segment;
        public sa_window_fn on_window;
        public Pointer user;
        public Pointer language;
        public int task;
        public int times;
        public Pointer prompt;
        public long prompt_tokens;
        public int keep_text;
        public int reserved;
        public long max_tokens;
        public double no_speech;
        public double log_probability;
        public Pointer language_found;
        public Pointer language_probabilities;
        public Pointer done;
        public Pointer beginning;
        public long beginning_tokens;
    }

    @Structure.FieldOrder({"struct_size", "rank", "alpha", "dropout", "targets", "adapter"})
    class sa_lora extends Struct {
        public long struct_size;
        public long rank;
        public double alpha;
        public double dropout;
        public Pointer targets;
        public Pointer adapter;
    }

    @Structure.FieldOrder({"struct_size", "optimizer", "resume", "decay_matrices_only", "initialize", "beta1",
        "beta2", "epsilon", "weight_decay", "clip_norm", "label_smoothing", "attention_dropout", "hidden_dropout",
        "seed", "lora", "recompute", "weights", "classes", "class_count", "image_size"})
    class sa_trainer_config extends Struct {
        public long struct_size;
        public int optimizer;
        public int resume;
        public int decay_matrices_only;
        public int initialize;
        public double beta1;
        public double beta2;
        public double epsilon;
        public double weight_decay;
        public double clip_norm;
        public double label_smoothing;
        public double attention_dropout;
        public double hidden_dropout;
        public long seed;
        public Pointer lora;
        public long recompute;
        public long weights;
        public Pointer classes;
        public long class_count;
        public long image_size;
    }

    @Structure.FieldOrder({"struct_size", "batch", "tokens", "ids", "lengths", "features", "labels",
        "labels_per_sequence", "weight"})
    class sa_training_batch extends Struct {
        public long struct_size;
        public long batch;
        public long tokens;
        public Pointer ids;
        public Pointer lengths;
        public Pointer features;
        public Pointer labels;
        public long labels_per_sequence;
        public double weight;
    }

    @Structure.FieldOrder({"struct_size", "pairs", "tokens", "ids", "lengths", "temperature", "weight"})
    class sa_training_pairs extends Struct {
        public long struct_size;
        public long pairs;
        public long tokens;
        public Pointer ids;
        public Pointer lengths;
        public double temperature;
        public double weight;
    }

    @Structure.FieldOrder({"struct_size", "texts", "bytes", "count", "vocabulary", "least", "special",
        "special_count", "begin", "end"})
    class sa_tokenizer_train_args extends Struct {
        public long struct_size;
        public Pointer texts;
        public Pointer bytes;
        public long count;
        public long vocabulary;
        public long least;
        public Pointer special;
        public long special_count;
        public Pointer begin;
        public Pointer end;
    }

    int sa_version();
    String sa_version_string();
    String sa_build_info();
    String sa_status_string(int status);
    int sa_constant(Pointer name, Pointer value);
    String sa_constant_name(int index);
    void sa_tensor_set(Pointer t, Pointer data, int dtype, int layout, long batch, long heads, long sequence, long
        head_size);
    int sa_ctx_create(Pointer options, Pointer ctx);
    void sa_ctx_destroy(Pointer ctx);
    String sa_ctx_last_error(Pointer ctx);
    int sa_ctx_threads(Pointer ctx);
    int sa_ctx_parallel(Pointer ctx);
    int sa_ctx_isa(Pointer ctx);
    int sa_ctx_path(Pointer ctx);
    int sa_ctx_precision(Pointer ctx);
    long sa_ctx_scratch_bytes(Pointer ctx);
    int sa_ctx_reserve(Pointer ctx, long bytes);
    int sa_ctx_cancel(Pointer ctx);
    int sa_ctx_set_progress(Pointer ctx, sa_ctx_progress_fn progress, Pointer user);
    int sa_alibi_slopes(long heads, Pointer slopes);
    int sa_t5_distances(Pointer table, long buckets, long heads, long max_distance, int bidirectional, Pointer
        bias);
    int sa_rope_frequencies(Pointer scaling, Pointer inverse_frequency, Pointer attention_factor);
    int sa_rope_apply(Pointer ctx, Pointer rope, Pointer input, Pointer output, Pointer positions, long offset);
    int sa_sinusoidal_positions(long positions, long width, int style, Pointer table);
    int sa_cache_create(Pointer ctx, Pointer config, Pointer cache);
    void sa_cache_destroy(Pointer cache);
    int sa_cache_append(Pointer ctx, Pointer cache, long layer, Pointer key, Pointer value, Pointer lengths);
    long sa_cache_length(Pointer cache, long layer, long sequence);
    long sa_cache_bytes(Pointer cache);
    int sa_cache_truncate(Pointer cache, long sequence, long length);
    int sa_cache_fork(Pointer cache, long from, long to);
    int sa_cache_reorder(Pointer cache, Pointer from);
    int sa_pattern_blocks(Pointer pattern, Pointer offsets, Pointer indices, long capacity, Pointer count);
    int sa_top_blocks(Pointer ctx, Pointer query, Pointer key, long query_block, long key_block, long most, int
        causal, long offset, Pointer offsets, Pointer indices);
    int sa_attention(Pointer ctx, Pointer args);
    int sa_attention_workspace_size(Pointer ctx, Pointer args, Pointer bytes);
    int sa_attention_backward(Pointer ctx, Pointer args, Pointer gradients);
    int sa_attention_backward_workspace_size(Pointer ctx, Pointer args, Pointer gradients, Pointer bytes);
    int sa_attention_merge(Pointer ctx, Pointer args);
    int sa_tensor_scatter(Pointer ctx, Pointer update, Pointer positions, int circular, Pointer cache);
    int sa_shard_size(Pointer sharding, long ranks, long rank, Pointer tokens);
    int sa_shard_positions(Pointer sharding, long ranks, long rank, Pointer positions);
    int sa_ring_attention(Pointer ctx, Pointer args);
    int sa_sharded_attention(Pointer ctx, Pointer args);
    int sa_ring_attention_workspace_size(Pointer ctx, Pointer args, Pointer bytes);
    int sa_sharded_attention_workspace_size(Pointer ctx, Pointer args, Pointer bytes);
    int sa_linear_state_create(Pointer ctx, Pointer config, Pointer state);
    void sa_linear_state_destroy(Pointer state);
    long sa_linear_state_bytes(Pointer state);
    int sa_linear_state_copy(Pointer from, long from_sequence, Pointer to, long to_sequence);
    int sa_linear_state_clear(Pointer state, long sequence);
    int sa_linear_state_read(Pointer state, Pointer sums, Pointer totals, Pointer shifts);
    int sa_linear_state_write(Pointer state, Pointer sums, Pointer totals, Pointer shifts);
    int sa_random_features_create(Pointer ctx, Pointer config, Pointer features);
    void sa_random_features_destroy(Pointer features);
    int sa_random_features_read(Pointer features, Pointer directions);
    int sa_linear_attention(Pointer ctx, Pointer args);
    int sa_linear_attention_workspace_size(Pointer ctx, Pointer args, Pointer bytes);
    int sa_causal_conv(Pointer ctx, Pointer args);
    int sa_layer_create(Pointer ctx, Pointer config, Pointer layer);
    void sa_layer_destroy(Pointer layer);
    long sa_layer_model_width(Pointer layer);
    long sa_layer_context_width(Pointer layer);
    long sa_layer_output_width(Pointer layer);
    long sa_layer_query_heads(Pointer layer);
    long sa_layer_kv_heads(Pointer layer);
    long sa_layer_head_size(Pointer layer);
    long sa_layer_value_head_size(Pointer layer);
    int sa_forward(Pointer ctx, Pointer layer, Pointer args);
    int sa_forward_workspace_size(Pointer ctx, Pointer layer, Pointer args, Pointer bytes);
    int sa_forward_backward(Pointer ctx, Pointer layer, Pointer args, Pointer gradients);
    int sa_forward_backward_workspace_size(Pointer ctx, Pointer layer, Pointer args, Pointer gradients, Pointer
        bytes);
    int sa_tokenizer_open(Pointer ctx, Pointer path, Pointer tokenizer);
    void sa_tokenizer_destroy(Pointer tokenizer);
    int sa_tokenizer_encode(Pointer ctx, Pointer tokenizer, Pointer text, long bytes, Pointer ids, long capacity,
        Pointer count);
    int sa_tokenizer_encode_with(Pointer ctx, Pointer tokenizer, Pointer text, long bytes, int flags, Pointer ids,
        long capacity, Pointer count);
    int sa_tokenizer_encode_offsets(Pointer ctx, Pointer tokenizer, Pointer text, long bytes, int flags, Pointer
        ids, Pointer offsets, long capacity, Pointer count);
    int sa_tokenizer_language(Pointer tokenizer, Pointer code, Pointer id);
    int sa_tokenizer_encode_language(Pointer ctx, Pointer tokenizer, Pointer text, long bytes, int flags, int
        language, Pointer ids, long capacity, Pointer count);
    int sa_tokenizer_encode_pair(Pointer ctx, Pointer tokenizer, Pointer first, long first_bytes, Pointer second,
        long second_bytes, int flags, long most, Pointer ids, Pointer types, long capacity, Pointer count);
    int sa_tokenizer_decode(Pointer ctx, Pointer tokenizer, Pointer ids, long count, Pointer text, long capacity,
        Pointer bytes);
    int sa_text_stream_create(Pointer ctx, Pointer tokenizer, int before, Pointer stop_strings, long
        stop_string_count, Pointer stream);
    int sa_text_stream_add(Pointer ctx, Pointer stream, int id, Pointer text, long capacity, Pointer bytes);
    int sa_text_stream_rest(Pointer ctx, Pointer stream, Pointer text, long capacity, Pointer bytes);
    long sa_text_stream_room(Pointer stream);
    int sa_text_stream_ended(Pointer stream);
    void sa_text_stream_destroy(Pointer stream);
    int sa_tokenizer_find(Pointer tokenizer, Pointer text, Pointer id);
    long sa_tokenizer_size(Pointer tokenizer);
    String sa_tokenizer_token(Pointer tokenizer, int id);
    String sa_tokenizer_chat_template(Pointer tokenizer);
    int sa_model_open(Pointer ctx, Pointer path, Pointer model);
    int sa_model_open_with(Pointer ctx, Pointer path, Pointer options, Pointer model);
    int sa_model_open_adapted(Pointer ctx, Pointer path, Pointer adapter, Pointer options, Pointer model);
    int sa_model_write(Pointer ctx, Pointer path, Pointer options, Pointer to);
    long sa_model_weights(Pointer model, int dtype);
    void sa_model_destroy(Pointer model);
    long sa_model_get(Pointer model, int what);
    long sa_model_feature_tokens(Pointer model, long width);
    long sa_model_end_tokens(Pointer model, Pointer ids, long capacity);
    String sa_model_unused_tensor(Pointer model, long index);
    String sa_model_prompt(Pointer model, Pointer name);
    String sa_model_prompt_name(Pointer model, long index);
    int sa_model_likeness(Pointer model, Pointer scale, Pointer bias);
    String sa_model_type(Pointer model);
    int sa_model_encode(Pointer ctx, Pointer model, Pointer args);
    int sa_model_encode_workspace_size(Pointer ctx, Pointer model, Pointer args, Pointer bytes);
    int sa_session_create(Pointer ctx, Pointer model, Pointer config, Pointer session);
    void sa_session_destroy(Pointer session);
    int sa_session_encode(Pointer ctx, Pointer session, Pointer args);
    int sa_session_run(Pointer ctx, Pointer session, Pointer args);
    long sa_session_batch(Pointer session);
    long sa_session_length(Pointer session, long sequence);
    long sa_session_source(Pointer session);
    long sa_session_bytes(Pointer session);
    int sa_session_truncate(Pointer session, long sequence, long length);
    int sa_session_fork(Pointer session, long from, long to);
    int sa_session_reorder(Pointer session, Pointer from);
    int sa_session_save(Pointer ctx, Pointer session, Pointer path, Pointer note, long note_bytes);
    int sa_session_load(Pointer ctx, Pointer model, Pointer path, long capacity, Pointer session);
    Pointer sa_session_note(Pointer session, Pointer bytes);
    int sa_model_sampling(Pointer model, Pointer sampling);
    long sa_model_suppressed_tokens(Pointer model, int first_only, Pointer ids, long capacity);
    int sa_generate(Pointer ctx, Pointer session, Pointer args);
    int sa_beam_search(Pointer ctx, Pointer session, Pointer args);
    int sa_mel_create(Pointer ctx, Pointer config, Pointer mel);
    int sa_mel_open(Pointer ctx, Pointer path, Pointer mel);
    void sa_mel_destroy(Pointer mel);
    long sa_mel_get(Pointer mel, int what);
    long sa_mel_frames(Pointer mel, long count);
    int sa_mel_features(Pointer ctx, Pointer mel, Pointer samples, long count, Pointer features, long frames);
    int sa_speech_open(Pointer ctx, Pointer model, Pointer path, Pointer speech);
    void sa_speech_destroy(Pointer speech);
    Pointer sa_speech_mel(Pointer speech);
    String sa_speech_language(Pointer speech, int index);
    int sa_speech_rules(Pointer speech, Pointer ids, long count, int times, Pointer logits);
    int sa_transcribe(Pointer ctx, Pointer session, Pointer args);
    int sa_ctc_decode(Pointer logits, long frames, long vocabulary, int blank, Pointer ids, Pointer places, long
        capacity, Pointer count);
    int sa_trainer_create(Pointer ctx, Pointer path, Pointer config, Pointer trainer);
    void sa_trainer_destroy(Pointer trainer);
    int sa_trainer_accumulate(Pointer ctx, Pointer trainer, Pointer batch, Pointer loss);
    int sa_trainer_loss(Pointer ctx, Pointer trainer, Pointer batch, Pointer loss);
    int sa_trainer_accumulate_pairs(Pointer ctx, Pointer trainer, Pointer pairs, Pointer loss);
    int sa_trainer_pairs_loss(Pointer ctx, Pointer trainer, Pointer pairs, Pointer loss);
    int sa_trainer_update(Pointer ctx, Pointer trainer, double learning_rate, Pointer gradient_norm);
    int sa_trainer_save(Pointer ctx, Pointer trainer, Pointer directory);
    int sa_trainer_save_merged(Pointer ctx, Pointer trainer, Pointer directory);
    long sa_trainer_updates(Pointer trainer);
    long sa_trainer_parameters(Pointer trainer);
    String sa_trainer_parameter(Pointer trainer, long number, Pointer values, Pointer gradients, Pointer count);
    int sa_tokenizer_train(Pointer ctx, Pointer args, Pointer path, Pointer count);
    double sa_learning_rate(int schedule, long update, long warmup, long updates, double peak);

    /** A struct of C, which can be asked for places of its fields. */
    abstract class Struct extends Structure {
        int offset(String field) {
            return fieldOffset(field);
        }

        /** Writes the fields to memory of C, and returns that. */
        Pointer written() {
            write();
            return getPointer();
        }
    }

    /** All constants by name. */
    static Map<String, Integer> constants() {
        Map<String, Integer> all = new LinkedHashMap<>();
        all.put("SA_VERSION_MAJOR", SA_VERSION_MAJOR);
        all.put("SA_VERSION_MINOR", SA_VERSION_MINOR);
        all.put("SA_VERSION_PATCH", SA_VERSION_PATCH);
        all.put("SA_VERSION", SA_VERSION);
        all.put("SA_OK", SA_OK);
        all.put("SA_ERR_NULL", SA_ERR_NULL);
        all.put("SA_ERR_STRUCT_SIZE", SA_ERR_STRUCT_SIZE);
        all.put("SA_ERR_VALUE", SA_ERR_VALUE);
        all.put("SA_ERR_SHAPE", SA_ERR_SHAPE);
        all.put("SA_ERR_OVERFLOW", SA_ERR_OVERFLOW);
        all.put("SA_ERR_UNSUPPORTED", SA_ERR_UNSUPPORTED);
        all.put("SA_ERR_MEMORY", SA_ERR_MEMORY);
        all.put("SA_ERR_BUSY", SA_ERR_BUSY);
        all.put("SA_ERR_CANCELLED", SA_ERR_CANCELLED);
        all.put("SA_ERR_FILE", SA_ERR_FILE);
        all.put("SA_ERR_FORMAT", SA_ERR_FORMAT);
        all.put("SA_ERR_TEXT", SA_ERR_TEXT);
        all.put("SA_ERR_EXCHANGE", SA_ERR_EXCHANGE);
        all.put("SA_F32", SA_F32);
        all.put("SA_BF16", SA_BF16);
        all.put("SA_F16", SA_F16);
        all.put("SA_BOOL", SA_BOOL);
        all.put("SA_Q4_0", SA_Q4_0);
        all.put("SA_Q4_1", SA_Q4_1);
        all.put("SA_Q5_0", SA_Q5_0);
        all.put("SA_Q5_1", SA_Q5_1);
        all.put("SA_Q8_0", SA_Q8_0);
        all.put("SA_Q2_K", SA_Q2_K);
        all.put("SA_Q3_K", SA_Q3_K);
        all.put("SA_Q4_K", SA_Q4_K);
        all.put("SA_Q5_K", SA_Q5_K);
        all.put("SA_Q6_K", SA_Q6_K);
        all.put("SA_IQ4_NL", SA_IQ4_NL);
        all.put("SA_IQ4_XS", SA_IQ4_XS);
        all.put("SA_MXFP4", SA_MXFP4);
        all.put("SA_BHSD", SA_BHSD);
        all.put("SA_BSHD", SA_BSHD);
        all.put("SA_PARALLEL_DEFAULT", SA_PARALLEL_DEFAULT);
        all.put("SA_PARALLEL_SERIAL", SA_PARALLEL_SERIAL);
        all.put("SA_PARALLEL_OPENMP", SA_PARALLEL_OPENMP);
        all.put("SA_PARALLEL_CALLBACK", SA_PARALLEL_CALLBACK);
        all.put("SA_PARALLEL_POOL", SA_PARALLEL_POOL);
        all.put("SA_PATH_AUTO", SA_PATH_AUTO);
        all.put("SA_PATH_PLAIN", SA_PATH_PLAIN);
        all.put("SA_PATH_BLAS", SA_PATH_BLAS);
        all.put("SA_PATH_FUSED", SA_PATH_FUSED);
        all.put("SA_ISA_AUTO", SA_ISA_AUTO);
        all.put("SA_ISA_PORTABLE", SA_ISA_PORTABLE);
        all.put("SA_ISA_SIMD128", SA_ISA_SIMD128);
        all.put("SA_ISA_NEON", SA_ISA_NEON);
        all.put("SA_ISA_AVX2", SA_ISA_AVX2);
        all.put("SA_ISA_AVX512", SA_ISA_AVX512);
        all.put("SA_ISA_AVX512_BF16", SA_ISA_AVX512_BF16);
        all.put("SA_ISA_AMX", SA_ISA_AMX);
        all.put("SA_PRECISION_HIGHEST", SA_PRECISION_HIGHEST);
        all.put("SA_PRECISION_HIGH", SA_PRECISION_HIGH);
        all.put("SA_PRECISION_MEDIUM", SA_PRECISION_MEDIUM);
        all.put("SA_ALIGN_DEFAULT", SA_ALIGN_DEFAULT);
        all.put("SA_ALIGN_TOP_LEFT", SA_ALIGN_TOP_LEFT);
        all.put("SA_ALIGN_BOTTOM_RIGHT", SA_ALIGN_BOTTOM_RIGHT);
        all.put("SA_ALIGN_OFFSET", SA_ALIGN_OFFSET);
        all.put("SA_MASK_KEYS_DEFAULT", SA_MASK_KEYS_DEFAULT);
        all.put("SA_MASK_KEYS_REPEATED", SA_MASK_KEYS_REPEATED);
        all.put("SA_MASK_KEYS_HIDDEN", SA_MASK_KEYS_HIDDEN);
        all.put("SA_ROPE_HALF", SA_ROPE_HALF);
        all.put("SA_ROPE_INTERLEAVED", SA_ROPE_INTERLEAVED);
        all.put("SA_ROPE_PLAIN", SA_ROPE_PLAIN);
        all.put("SA_ROPE_LINEAR", SA_ROPE_LINEAR);
        all.put("SA_ROPE_DYNAMIC", SA_ROPE_DYNAMIC);
        all.put("SA_ROPE_YARN", SA_ROPE_YARN);
        all.put("SA_ROPE_LONGROPE", SA_ROPE_LONGROPE);
        all.put("SA_ROPE_LLAMA3", SA_ROPE_LLAMA3);
        all.put("SA_SINUSOIDAL_PAIRS", SA_SINUSOIDAL_PAIRS);
        all.put("SA_SINUSOIDAL_HALVES", SA_SINUSOIDAL_HALVES);
        all.put("SA_SINUSOIDAL_WHISPER", SA_SINUSOIDAL_WHISPER);
        all.put("SA_CACHE_PAGE", SA_CACHE_PAGE);
        all.put("SA_I8", SA_I8);
        all.put("SA_WEIGHTS_PROBABILITIES", SA_WEIGHTS_PROBABILITIES);
        all.put("SA_WEIGHTS_SCALED", SA_WEIGHTS_SCALED);
        all.put("SA_WEIGHTS_SOFTCAPPED", SA_WEIGHTS_SOFTCAPPED);
        all.put("SA_WEIGHTS_BIASED", SA_WEIGHTS_BIASED);
        all.put("SA_LIST_BLOCK_MOST", SA_LIST_BLOCK_MOST);
        all.put("SA_TILE_SOME", SA_TILE_SOME);
        all.put("SA_TILE_NONE", SA_TILE_NONE);
        all.put("SA_TILE_ALL", SA_TILE_ALL);
        all.put("SA_STRONGEST_MOST", SA_STRONGEST_MOST);
        all.put("SA_SUMMARY_QUERIES", SA_SUMMARY_QUERIES);
        all.put("SA_SHARDS_CONTIGUOUS", SA_SHARDS_CONTIGUOUS);
        all.put("SA_SHARDS_ZIGZAG", SA_SHARDS_ZIGZAG);
        all.put("SA_SHARDS_STRIPED", SA_SHARDS_STRIPED);
        all.put("SA_SHARD_CHUNKS", SA_SHARD_CHUNKS);
        all.put("SA_FEATURES_IDENTITY", SA_FEATURES_IDENTITY);
        all.put("SA_FEATURES_ELU", SA_FEATURES_ELU);
        all.put("SA_FEATURES_RELU", SA_FEATURES_RELU);
        all.put("SA_FEATURES_SQUARE", SA_FEATURES_SQUARE);
        all.put("SA_LINEAR_AUTO", SA_LINEAR_AUTO);
        all.put("SA_LINEAR_RECURRENT", SA_LINEAR_RECURRENT);
        all.put("SA_LINEAR_CHUNKED", SA_LINEAR_CHUNKED);
        all.put("SA_CONV_PLAIN", SA_CONV_PLAIN);
        all.put("SA_CONV_SILU", SA_CONV_SILU);
        all.put("SA_OUT_IN", SA_OUT_IN);
        all.put("SA_IN_OUT", SA_IN_OUT);
        all.put("SA_LATENT_AUTO", SA_LATENT_AUTO);
        all.put("SA_LATENT_EXPANDED", SA_LATENT_EXPANDED);
        all.put("SA_LATENT_ABSORBED", SA_LATENT_ABSORBED);
        all.put("SA_CACHE_APPEND", SA_CACHE_APPEND);
        all.put("SA_CACHE_READ", SA_CACHE_READ);
        all.put("SA_ENCODE_NO_TEMPLATE", SA_ENCODE_NO_TEMPLATE);
        all.put("SA_ENCODE_NO_SPECIAL", SA_ENCODE_NO_SPECIAL);
        all.put("SA_MODEL_LAYERS", SA_MODEL_LAYERS);
        all.put("SA_MODEL_WIDTH", SA_MODEL_WIDTH);
        all.put("SA_MODEL_QUERY_HEADS", SA_MODEL_QUERY_HEADS);
        all.put("SA_MODEL_KV_HEADS", SA_MODEL_KV_HEADS);
        all.put("SA_MODEL_VOCABULARY", SA_MODEL_VOCABULARY);
        all.put("SA_MODEL_MAX_POSITIONS", SA_MODEL_MAX_POSITIONS);
        all.put("SA_MODEL_HEAD_SIZE", SA_MODEL_HEAD_SIZE);
        all.put("SA_MODEL_ENCODER", SA_MODEL_ENCODER);
        all.put("SA_MODEL_DECODER", SA_MODEL_DECODER);
        all.put("SA_MODEL_DECODER_LAYERS", SA_MODEL_DECODER_LAYERS);
        all.put("SA_MODEL_DECODER_WIDTH", SA_MODEL_DECODER_WIDTH);
        all.put("SA_MODEL_DECODER_QUERY_HEADS", SA_MODEL_DECODER_QUERY_HEADS);
        all.put("SA_MODEL_DECODER_KV_HEADS", SA_MODEL_DECODER_KV_HEADS);
        all.put("SA_MODEL_DECODER_VOCABULARY", SA_MODEL_DECODER_VOCABULARY);
        all.put("SA_MODEL_DECODER_MAX_POSITIONS", SA_MODEL_DECODER_MAX_POSITIONS);
        all.put("SA_MODEL_DECODER_HEAD_SIZE", SA_MODEL_DECODER_HEAD_SIZE);
        all.put("SA_MODEL_OUTPUTS", SA_MODEL_OUTPUTS);
        all.put("SA_MODEL_POOLED", SA_MODEL_POOLED);
        all.put("SA_MODEL_FEATURE_CHANNELS", SA_MODEL_FEATURE_CHANNELS);
        all.put("SA_MODEL_FEATURE_HEIGHT", SA_MODEL_FEATURE_HEIGHT);
        all.put("SA_MODEL_FEATURE_WIDTH", SA_MODEL_FEATURE_WIDTH);
        all.put("SA_MODEL_FEATURE_TOKENS", SA_MODEL_FEATURE_TOKENS);
        all.put("SA_MODEL_FEATURE_ROWS", SA_MODEL_FEATURE_ROWS);
        all.put("SA_MODEL_FEATURE_COLUMNS", SA_MODEL_FEATURE_COLUMNS);
        all.put("SA_MODEL_START_TOKEN", SA_MODEL_START_TOKEN);
        all.put("SA_MODEL_END_TOKEN", SA_MODEL_END_TOKEN);
        all.put("SA_MODEL_PAD_TOKEN", SA_MODEL_PAD_TOKEN);
        all.put("SA_MODEL_TOKEN_LOGITS", SA_MODEL_TOKEN_LOGITS);
        all.put("SA_MODEL_FORCED_FIRST_TOKEN", SA_MODEL_FORCED_FIRST_TOKEN);
        all.put("SA_MODEL_FORCED_LAST_TOKEN", SA_MODEL_FORCED_LAST_TOKEN);
        all.put("SA_MODEL_MAX_NEW_TOKENS", SA_MODEL_MAX_NEW_TOKENS);
        all.put("SA_MODEL_EMBEDDING_WIDTH", SA_MODEL_EMBEDDING_WIDTH);
        all.put("SA_MODEL_PADDED_TOKENS", SA_MODEL_PADDED_TOKENS);
        all.put("SA_MODEL_UNSUPPORTED", SA_MODEL_UNSUPPORTED);
        all.put("SA_MODEL_TOKEN_TYPES", SA_MODEL_TOKEN_TYPES);
        all.put("SA_MODEL_POOLED_WIDTH", SA_MODEL_POOLED_WIDTH);
        all.put("SA_LIKENESS_NONE", SA_LIKENESS_NONE);
        all.put("SA_LIKENESS_SOFTMAX", SA_LIKENESS_SOFTMAX);
        all.put("SA_LIKENESS_SIGMOID", SA_LIKENESS_SIGMOID);
        all.put("SA_END_NONE", SA_END_NONE);
        all.put("SA_END_MAX_TOKENS", SA_END_MAX_TOKENS);
        all.put("SA_END_TOKEN", SA_END_TOKEN);
        all.put("SA_END_STRING", SA_END_STRING);
        all.put("SA_END_CALLER", SA_END_CALLER);
        all.put("SA_END_FULL", SA_END_FULL);
        all.put("SA_EARLY_STOPPING_NEVER", SA_EARLY_STOPPING_NEVER);
        all.put("SA_EARLY_STOPPING_TRUE", SA_EARLY_STOPPING_TRUE);
        all.put("SA_EARLY_STOPPING_FALSE", SA_EARLY_STOPPING_FALSE);
        all.put("SA_MEL_WHISPER", SA_MEL_WHISPER);
        all.put("SA_MEL_KALDI", SA_MEL_KALDI);
        all.put("SA_MEL_MEANS", SA_MEL_MEANS);
        all.put("SA_MEL_DEVIATIONS", SA_MEL_DEVIATIONS);
        all.put("SA_MEL_RATE", SA_MEL_RATE);
        all.put("SA_MEL_FRAME", SA_MEL_FRAME);
        all.put("SA_MEL_STEP", SA_MEL_STEP);
        all.put("SA_MEL_BINS", SA_MEL_BINS);
        all.put("SA_MEL_WINDOW", SA_MEL_WINDOW);
        all.put("SA_MEL_KIND", SA_MEL_KIND);
        all.put("SA_TIMES_AUTO", SA_TIMES_AUTO);
        all.put("SA_TIMES_ALWAYS", SA_TIMES_ALWAYS);
        all.put("SA_TIMES_NEVER", SA_TIMES_NEVER);
        all.put("SA_TASK_TRANSCRIBE", SA_TASK_TRANSCRIBE);
        all.put("SA_TASK_TRANSLATE", SA_TASK_TRANSLATE);
        all.put("SA_WINDOW_TEXT", SA_WINDOW_TEXT);
        all.put("SA_WINDOW_SILENT", SA_WINDOW_SILENT);
        all.put("SA_WINDOW_SPEECHLESS", SA_WINDOW_SPEECHLESS);
        all.put("SA_OPTIMIZER_ADAMW", SA_OPTIMIZER_ADAMW);
        all.put("SA_OPTIMIZER_SGD", SA_OPTIMIZER_SGD);
        all.put("SA_SCHEDULE_CONSTANT", SA_SCHEDULE_CONSTANT);
        all.put("SA_SCHEDULE_LINEAR", SA_SCHEDULE_LINEAR);
        all.put("SA_SCHEDULE_COSINE", SA_SCHEDULE_COSINE);
        return all;
    }

    /** One of each struct. */
    static Struct[] structs() {
        return new Struct[] {
            new sa_tensor(),
            new sa_ctx_options(),
            new sa_masking(),
            new sa_score_rules(),
            new sa_rope(),
            new sa_rope_scaling(),
            new sa_cache_config(),
            new sa_packing(),
            new sa_block_list(),
            new sa_pattern(),
            new sa_score_tile(),
            new sa_score_callbacks(),
            new sa_summaries(),
            new sa_dropout(),
            new sa_attention_args(),
            new sa_attention_gradients(),
            new sa_attention_merge_args(),
            new sa_sharding(),
            new sa_exchange(),
            new sa_ring_args(),
            new sa_linear_state_config(),
            new sa_random_features_config(),
            new sa_linear_attention_args(),
            new sa_causal_conv_args(),
            new sa_latent(),
            new sa_layer_config(),
            new sa_forward_args(),
            new sa_layer_gradients(),
            new sa_model_options(),
            new sa_encode_args(),
            new sa_session_config(),
            new sa_session_args(),
            new sa_sampling(),
            new sa_generate_args(),
            new sa_beam_args(),
            new sa_mel_config(),
            new sa_speech_segment(),
            new sa_speech_window(),
            new sa_transcribe_args(),
            new sa_lora(),
            new sa_trainer_config(),
            new sa_training_batch(),
            new sa_training_pairs(),
            new sa_tokenizer_train_args(),
        };
    }
}
