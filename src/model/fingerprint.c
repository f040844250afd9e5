/* SPDX-License-Identifier: MIT */
#include "model/fingerprint.h"

#include "base/arith.h"
#include "base/checksum.h"
#include "base/little_endian.h"

#include <string.h>

enum { SAMPLES = 16, SAMPLE_BYTES = 64 };

static int add_text(const char *text, size_t bytes, void *sum) {
    checksum_add(sum, text, (int64_t)bytes);
    return 0;
}

static void add_number(struct checksum *sum, int64_t number) {
    unsigned char bytes[8];
    store_little(bytes, (uint64_t)number, 8);
    checksum_add(sum, bytes, sizeof bytes);
}

uint64_t settings_fingerprint(const json_t *config, const struct conversion *conversion) {
    struct checksum sum;
    checksum_begin(&sum);
    if (json_dump_callback(config, add_text, &sum, JSON_COMPACT | JSON_SORT_KEYS)) return 0;
    add_number(&sum, conversion->wanted ? conversion->dtype : -1);
    if (conversion->image_size) add_number(&sum, conversion->image_size);
    return checksum_of(&sum);
}

/* Stretches at equal distances, the first and the last one included. */
static void add_samples(struct checksum *sum, const struct tensor *t) {
    const int64_t bytes = min_i64(t->bytes, SAMPLE_BYTES), room = t->bytes - bytes;
    for (int64_t i = 0; i < SAMPLES; i++) checksum_add(sum, t->data + room / (SAMPLES - 1) * i, bytes);
    checksum_add(sum, t->data + room, bytes);
}

uint64_t model_fingerprint(const struct sa_model *model) {
    struct checksum sum;
    checksum_begin(&sum);
    add_number(&sum, (int64_t)model->settings);
    for (int64_t i = 0; i < model->file.count; i++) {
        const struct tensor *t = &model->file.tensors[i];
        checksum_add(&sum, t->name, (int64_t)strlen(t->name) + 1);
        checksum_add(&sum, t->dtype, (int64_t)strlen(t->dtype) + 1);
        for (int32_t a = 0; a < t->axes; a++) add_number(&sum, t->size[a]);
        add_samples(&sum, t);
    }
    return checksum_of(&sum);
}
