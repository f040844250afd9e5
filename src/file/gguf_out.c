/* SPDX-License-Identifier: MIT */
#include "file/gguf_out.h"

#include "base/arith.h"
#include "base/quantised.h"

#include <string.h>

static void put_bytes(struct gguf_out *out, struct growing *to, const void *bytes, int64_t count) {
    int64_t needed;
    if (out->failed || !count) return;
    if (!checked_add(to->used, count, &needed) || needed > INT64_MAX / 4) {
        out->failed = 1;
        return;
    }
    if (needed > to->room) {
        const int64_t room = max_i64(2 * needed, 4096);
        char *more = memory_allocate(&out->memory, room, 1);
        if (!more) {
            out->failed = 1;
            return;
        }
        if (to->used) memcpy(more, to->bytes, (size_t)to->used);
        memory_release(&out->memory, to->bytes, to->room, 1);
        to->bytes = more, to->room = room;
    }
    memcpy(to->bytes + to->used, bytes, (size_t)count);
    to->used = needed;
}

static void put_number(struct gguf_out *out, struct growing *to, uint64_t number, int bytes) {
    unsigned char text[8];
    for (int i = 0; i < bytes; i++) text[i] = (unsigned char)(number >> 8 * i);
    put_bytes(out, to, text, bytes);
}

static void put_text(struct gguf_out *out, struct growing *to, const char *text, int64_t bytes) {
    put_number(out, to, (uint64_t)bytes, 8);
    put_bytes(out, to, text, bytes);
}

static void put_key(struct gguf_out *out, const char *key, int64_t bytes, int32_t type) {
    put_text(out, &out->settings, key, bytes);
    put_number(out, &out->settings, (uint64_t)type, 4);
    out->setting_count++;
}

void gguf_out_release(struct gguf_out *out) {
    memory_release(&out->memory, out->settings.bytes, out->settings.room, 1);
    memory_release(&out->memory, out->tensors.bytes, out->tensors.room, 1);
    *out = (struct gguf_out){.memory = out->memory};
}

void gguf_out_integer(struct gguf_out *out, const char *key, int64_t number) {
    put_key(out, key, (int64_t)strlen(key), GGUF_U32);
    put_number(out, &out->settings, (uint64_t)number, 4);
}

void gguf_out_float(struct gguf_out *out, const char *key, double number) {
    put_key(out, key, (int64_t)strlen(key), GGUF_F32);
    put_number(out, &out->settings, bits_of_float((float)number), 4);
}

void gguf_out_flag(struct gguf_out *out, const char *key, int flag) {
    put_key(out, key, (int64_t)strlen(key), GGUF_BOOL);
    put_number(out, &out->settings, (uint64_t)flag, 1);
}

void gguf_out_text_of(struct gguf_out *out, const char *key, const char *text, int64_t bytes) {
    put_key(out, key, (int64_t)strlen(key), GGUF_TEXT);
    put_text(out, &out->settings, text, bytes);
}

void gguf_out_text(struct gguf_out *out, const char *key, const char *text) {
    gguf_out_text_of(out, key, text, (int64_t)strlen(text));
}

void gguf_out_array(struct gguf_out *out, const char *key, int32_t type, int64_t count) {
    put_key(out, key, (int64_t)strlen(key), GGUF_ARRAY);
    put_number(out, &out->settings, (uint64_t)type, 4);
    put_number(out, &out->settings, (uint64_t)count, 8);
}

void gguf_out_text_item(struct gguf_out *out, const char *text, int64_t bytes) {
    put_text(out, &out->settings, text, bytes);
}

void gguf_out_integer_item(struct gguf_out *out, int64_t number) {
    put_number(out, &out->settings, (uint64_t)number, 4);
}

void gguf_out_copy(struct gguf_out *out, const struct gguf_value *v) {
    static const int64_t sizes[GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    const int64_t count = v->count < 0 ? 1 : v->count;
    const unsigned char *end = v->data + count * sizes[v->type];
    put_key(out, v->key.bytes, v->key.length, v->count < 0 ? v->type : GGUF_ARRAY);
    if (v->count >= 0) {
        put_number(out, &out->settings, (uint64_t)v->type, 4);
        put_number(out, &out->settings, (uint64_t)count, 8);
    }
    if (v->type == GGUF_TEXT)
        for (int64_t i = 0; i < count; i++) gguf_next_text(&end);
    put_bytes(out, &out->settings, v->data, end - v->data);
}

/* GGUF numbers quantised types as we do, less 32. */
static uint64_t number_of(int32_t type) {
    if (is_quantised(type)) return (uint64_t)(type - 32);
    return type == SA_F32 ? 0 : type == SA_F16 ? 1 : 30;
}

void gguf_out_tensor(struct gguf_out *out, const char *name, int32_t axes, const int64_t *size, int32_t type) {
    int64_t elements = 1;
    put_text(out, &out->tensors, name, (int64_t)strlen(name));
    put_number(out, &out->tensors, (uint64_t)axes, 4);
    for (int32_t i = axes; i-- > 0;) {
        put_number(out, &out->tensors, (uint64_t)size[i], 8);
        elements *= size[i]; /* of a tensor that was read: it fits */
    }
    put_number(out, &out->tensors, number_of(type), 4);
    put_number(out, &out->tensors, (uint64_t)out->data_bytes, 8);
    if (!checked_add(out->data_bytes, round_up(weight_bytes(type, elements), GGUF_ALIGNMENT), &out->data_bytes))
        out->failed = 1;
    out->tensor_count++;
}

void gguf_out_head(const struct gguf_out *out, struct gguf_out *head) {
    static const char zeros[GGUF_ALIGNMENT] = {0};
    struct growing *to = &head->settings;
    *head = (struct gguf_out){.memory = out->memory, .failed = out->failed};
    put_bytes(head, to, "GGUF", 4);
    put_number(head, to, 3, 4);
    put_number(head, to, (uint64_t)out->tensor_count, 8);
    put_number(head, to, (uint64_t)out->setting_count, 8);
    put_bytes(head, to, out->settings.bytes, out->settings.used);
    put_bytes(head, to, out->tensors.bytes, out->tensors.used);
    put_bytes(head, to, zeros, round_up(to->used, GGUF_ALIGNMENT) - to->used);
}

int64_t gguf_file_type(int32_t dtype) {
    static const struct {
        int32_t dtype, number;
    } numbers[] = {{SA_F32, 0},   {SA_F16, 1},     {SA_BF16, 32},   {SA_Q4_0, 2},  {SA_Q4_1, 3},  {SA_Q5_0, 8},
                   {SA_Q5_1, 9},  {SA_Q8_0, 7},    {SA_Q2_K, 10},   {SA_Q3_K, 12}, {SA_Q4_K, 15}, {SA_Q5_K, 17},
                   {SA_Q6_K, 18}, {SA_IQ4_NL, 25}, {SA_IQ4_XS, 30}, {SA_MXFP4, 38}};
    for (int64_t i = 0; i < COUNT_OF(numbers); i++)
        if (numbers[i].dtype == dtype) return numbers[i].number;
    return 0;
}
