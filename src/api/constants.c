/* Every public constant and struct size by name, so that bindings need not parse the header. A test compares this table
 * with it.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#ifdef SELFATTN_MODELS
#include "selfattn_models.h"
#endif

#include <string.h>

static const struct {
    const char *name;
    int64_t value;
} constants[] = {
#define CONSTANT(name)                                                                                                 \
    { #name, name }
#define SIZE(type)                                                                                                     \
    { "sizeof(" #type ")", sizeof(type) }
    CONSTANT(SA_VERSION_MAJOR),
    CONSTANT(SA_VERSION_MINOR),
    CONSTANT(SA_VERSION_PATCH),
    CONSTANT(SA_VERSION),
    CONSTANT(SA_OK),
    CONSTANT(SA_ERR_NULL),
    CONSTANT(SA_ERR_STRUCT_SIZE),
    CONSTANT(SA_ERR_VALUE),
    CONSTANT(SA_ERR_SHAPE),
    CONSTANT(SA_ERR_OVERFLOW),
    CONSTANT(SA_ERR_UNSUPPORTED),
    CONSTANT(SA_ERR_MEMORY),
    CONSTANT(SA_ERR_BUSY),
    CONSTANT(SA_ERR_FILE),
    CONSTANT(SA_ERR_FORMAT),
    CONSTANT(SA_ERR_TEXT),
    CONSTANT(SA_F32),
    CONSTANT(SA_BF16),
    CONSTANT(SA_F16),
    CONSTANT(SA_BOOL),
    CONSTANT(SA_Q4_0),
    CONSTANT(SA_Q4_1),
    CONSTANT(SA_Q5_0),
    CONSTANT(SA_Q5_1),
    CONSTANT(SA_Q8_0),
    CONSTANT(SA_Q2_K),
    CONSTANT(SA_Q3_K),
    CONSTANT(SA_Q4_K),
    CONSTANT(SA_Q5_K),
    CONSTANT(SA_Q6_K),
    CONSTANT(SA_IQ4_NL),
    CONSTANT(SA_IQ4_XS),
    CONSTANT(SA_BHSD),
    CONSTANT(SA_BSHD),
    CONSTANT(SA_PARALLEL_DEFAULT),
    CONSTANT(SA_PARALLEL_SERIAL),
    CONSTANT(SA_PARALLEL_OPENMP),
    CONSTANT(SA_PARALLEL_CALLBACK),
    CONSTANT(SA_PARALLEL_POOL),
    CONSTANT(SA_PATH_AUTO),
    CONSTANT(SA_PATH_PLAIN),
    CONSTANT(SA_PATH_BLAS),
    CONSTANT(SA_PATH_FUSED),
    CONSTANT(SA_ISA_AUTO),
    CONSTANT(SA_ISA_PORTABLE),
    CONSTANT(SA_ISA_AVX2),
    CONSTANT(SA_ISA_AVX512),
    CONSTANT(SA_ISA_AMX),
    CONSTANT(SA_ISA_AVX512_BF16),
    CONSTANT(SA_PRECISION_HIGHEST),
    CONSTANT(SA_PRECISION_HIGH),
    CONSTANT(SA_PRECISION_MEDIUM),
    CONSTANT(SA_ALIGN_DEFAULT),
    CONSTANT(SA_ALIGN_TOP_LEFT),
    CONSTANT(SA_ALIGN_BOTTOM_RIGHT),
    CONSTANT(SA_ALIGN_OFFSET),
    CONSTANT(SA_MASK_KEYS_DEFAULT),
    CONSTANT(SA_MASK_KEYS_REPEATED),
    CONSTANT(SA_MASK_KEYS_HIDDEN),
    CONSTANT(SA_I8),
    CONSTANT(SA_ROPE_HALF),
    CONSTANT(SA_ROPE_INTERLEAVED),
    CONSTANT(SA_ROPE_PLAIN),
    CONSTANT(SA_ROPE_LINEAR),
    CONSTANT(SA_ROPE_DYNAMIC),
    CONSTANT(SA_ROPE_YARN),
    CONSTANT(SA_ROPE_LONGROPE),
    CONSTANT(SA_ROPE_LLAMA3),
    CONSTANT(SA_SINUSOIDAL_PAIRS),
    CONSTANT(SA_SINUSOIDAL_HALVES),
    CONSTANT(SA_SINUSOIDAL_WHISPER),
    CONSTANT(SA_CACHE_PAGE),
    CONSTANT(SA_CACHE_APPEND),
    CONSTANT(SA_CACHE_READ),
    CONSTANT(SA_WEIGHTS_PROBABILITIES),
    CONSTANT(SA_WEIGHTS_SCALED),
    CONSTANT(SA_WEIGHTS_SOFTCAPPED),
    CONSTANT(SA_WEIGHTS_BIASED),
    CONSTANT(SA_OUT_IN),
    CONSTANT(SA_IN_OUT),
#ifdef SELFATTN_MODELS
    CONSTANT(SA_ENCODE_NO_TEMPLATE),
    CONSTANT(SA_ENCODE_NO_SPECIAL),
    CONSTANT(SA_MODEL_LAYERS),
    CONSTANT(SA_MODEL_WIDTH),
    CONSTANT(SA_MODEL_QUERY_HEADS),
    CONSTANT(SA_MODEL_KV_HEADS),
    CONSTANT(SA_MODEL_VOCABULARY),
    CONSTANT(SA_MODEL_MAX_POSITIONS),
    CONSTANT(SA_MODEL_HEAD_SIZE),
    CONSTANT(SA_MODEL_ENCODER),
    CONSTANT(SA_MODEL_DECODER),
    CONSTANT(SA_MODEL_DECODER_LAYERS),
    CONSTANT(SA_MODEL_DECODER_WIDTH),
    CONSTANT(SA_MODEL_DECODER_QUERY_HEADS),
    CONSTANT(SA_MODEL_DECODER_KV_HEADS),
    CONSTANT(SA_MODEL_DECODER_VOCABULARY),
    CONSTANT(SA_MODEL_DECODER_MAX_POSITIONS),
    CONSTANT(SA_MODEL_DECODER_HEAD_SIZE),
    CONSTANT(SA_MODEL_OUTPUTS),
    CONSTANT(SA_MODEL_POOLED),
    CONSTANT(SA_MODEL_FEATURE_CHANNELS),
    CONSTANT(SA_MODEL_FEATURE_HEIGHT),
    CONSTANT(SA_MODEL_FEATURE_WIDTH),
    CONSTANT(SA_MODEL_FEATURE_TOKENS),
    CONSTANT(SA_MODEL_FEATURE_ROWS),
    CONSTANT(SA_MODEL_FEATURE_COLUMNS),
    CONSTANT(SA_MODEL_START_TOKEN),
    CONSTANT(SA_MODEL_END_TOKEN),
    CONSTANT(SA_MODEL_PAD_TOKEN),
    CONSTANT(SA_MODEL_TOKEN_LOGITS),
    CONSTANT(SA_END_NONE),
    CONSTANT(SA_END_MAX_TOKENS),
    CONSTANT(SA_END_TOKEN),
    CONSTANT(SA_END_STRING),
    CONSTANT(SA_END_CALLER),
    CONSTANT(SA_END_FULL),
    CONSTANT(SA_MEL_RATE),
    CONSTANT(SA_MEL_FRAME),
    CONSTANT(SA_MEL_STEP),
    CONSTANT(SA_MEL_BINS),
    CONSTANT(SA_MEL_WINDOW),
    CONSTANT(SA_TIMES_AUTO),
    CONSTANT(SA_TIMES_ALWAYS),
    CONSTANT(SA_TIMES_NEVER),
    CONSTANT(SA_TASK_TRANSCRIBE),
    CONSTANT(SA_TASK_TRANSLATE),
    CONSTANT(SA_WINDOW_TEXT),
    CONSTANT(SA_WINDOW_SILENT),
    CONSTANT(SA_WINDOW_SPEECHLESS),
#endif
    SIZE(sa_tensor),
    SIZE(sa_ctx_options),
    SIZE(sa_masking),
    SIZE(sa_packing),
    SIZE(sa_score_rules),
    SIZE(sa_rope),
    SIZE(sa_rope_scaling),
    SIZE(sa_cache_config),
    SIZE(sa_attention_args),
    SIZE(sa_layer_config),
    SIZE(sa_forward_args),
#ifdef SELFATTN_MODELS
    SIZE(sa_model_options),
    SIZE(sa_encode_args),
    SIZE(sa_session_config),
    SIZE(sa_session_args),
    SIZE(sa_sampling),
    SIZE(sa_generate_args),
    SIZE(sa_beam_args),
    SIZE(sa_mel_config),
    SIZE(sa_speech_segment),
    SIZE(sa_speech_window),
    SIZE(sa_transcribe_args),
#endif
};

sa_status sa_constant(const char *name, int64_t *value) {
    if (!name || !value) return fail_null(thread_report(), name ? "value" : "name");
    for (int64_t i = 0; i < COUNT_OF(constants); i++)
        if (!strcmp(name, constants[i].name)) {
            *value = constants[i].value;
            return SA_OK;
        }
    return fail(thread_report(), SA_ERR_VALUE, "there is no constant \"%.100s\"", name);
}

const char *sa_constant_name(int32_t index) {
    return index >= 0 && index < COUNT_OF(constants) ? constants[index].name : NULL;
}
