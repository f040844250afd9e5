/* SPDX-License-Identifier: MIT */
#include "sound/sound.h"

#include "exit.h"

#include <errno.h>
#include <samplerate.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values that are read at a time, whatever the number of channels. */
enum { PIECE = 1 << 16 };

/* All of standard input, which may be a pipe: most formats have to be read out of order. */
struct memory_file {
    char *bytes;
    sf_count_t size, room, at;
};

static sf_count_t memory_size(void *user) {
    return ((struct memory_file *)user)->size;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *user) {
    struct memory_file *m = user;
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->at : m->size;
    if (offset < -from || offset > m->size - from) return -1;
    m->at = from + offset;
    return m->at;
}

static sf_count_t memory_read(void *to, sf_count_t count, void *user) {
    struct memory_file *m = user;
    if (count > m->size - m->at) count = m->size - m->at;
    memcpy(to, m->bytes + m->at, (size_t)count);
    m->at += count;
    return count;
}

static sf_count_t memory_tell(void *user) {
    return ((struct memory_file *)user)->at;
}

static struct memory_file read_all(FILE *file) {
    struct memory_file m = {.room = 1 << 20};
    m.bytes = allocate((size_t)m.room, 1);
    for (size_t n; (n = fread(m.bytes + m.size, 1, (size_t)(m.room - m.size), file)) > 0;) {
        m.size += (sf_count_t)n;
        if (m.size < m.room) continue;
        m.room *= 2;
        m.bytes = reallocate(m.bytes, (size_t)m.room, 1);
    }
    if (ferror(file)) failure("standard input cannot be read: %s", strerror(errno));
    return m;
}

/* A recording while it is read. */
struct reading {
    const char *name;
    SNDFILE *file;
    SF_INFO info;
    SRC_STATE *resampler; /* NULL: the rate is the model's */
    double ratio;
    struct sound sound;
    int64_t room;
};

static void append(struct reading *r, const float *samples, int64_t count) {
    if (!count) return;
    if (r->sound.count + count > r->room) {
        r->room = 2 * (r->sound.count + count);
        r->sound.samples = reallocate(r->sound.samples, (size_t)r->room, sizeof *samples);
    }
    memcpy(r->sound.samples + r->sound.count, samples, (size_t)count * sizeof *samples);
    r->sound.count += count;
}

/* Passes samples on at the model's rate; is_last: no more will come. */
static void resample(struct reading *r, const float *samples, int64_t count, int is_last) {
    static float made[PIECE];
    SRC_DATA data = {.data_in = samples, .input_frames = (long)count, .end_of_input = is_last, .src_ratio = r->ratio};
    if (!r->resampler) {
        append(r, samples, count);
        return;
    }
    do {
        data.data_out = made;
        data.output_frames = PIECE;
        const int error = src_process(r->resampler, &data);
        if (error) failure("%s: cannot be resampled: %s", r->name, src_strerror(error));
        append(r, made, data.output_frames_gen);
        data.data_in += data.input_frames_used;
        data.input_frames -= data.input_frames_used;
    } while (data.input_frames > 0 || data.output_frames_gen > 0);
}

/* frames [count][channels] to their means, in place. */
static void mix(float *frames, int64_t count, int channels) {
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int c = 0; c < channels; c++) sum += (double)frames[i * channels + c];
        frames[i] = (float)(sum / channels);
    }
}

/* Only what is really there is believed: the number of samples in a header may be anything. */
static void read_samples(struct reading *r) {
    static float frames[PIECE];
    const int channels = r->info.channels;
    int64_t total = 0;
    for (sf_count_t n; (n = sf_readf_float(r->file, frames, PIECE / channels)) > 0; total += n) {
        mix(frames, n, channels);
        resample(r, frames, n, 0);
    }
    if (sf_error(r->file)) failure("%s: %s", r->name, sf_strerror(r->file));
    resample(r, frames, 0, 1);
    r->sound.seconds = (double)total / r->info.samplerate;
}

static void check_format(struct reading *r, int64_t rate) {
    if (!r->file) failure("%s: %s", r->name, sf_strerror(NULL));
    if (r->info.channels < 1 || r->info.channels > PIECE || r->info.samplerate < 1)
        failure("%s: %d channels at %d samples per second cannot be read", r->name, r->info.channels,
                r->info.samplerate);
    r->ratio = (double)rate / r->info.samplerate;
    if (!src_is_valid_ratio(r->ratio))
        failure("%s: %d samples per second cannot become %lld", r->name, r->info.samplerate, (long long)rate);
}

struct sound sound_read(const char *path, int64_t rate) {
    struct reading r = {.name = path};
    struct memory_file memory = {0};
    static SF_VIRTUAL_IO from_memory = {memory_size, memory_seek, memory_read, NULL, memory_tell};
    int error = 0;
    if (!strcmp(path, "-")) {
        r.name = "standard input";
        memory = read_all(stdin);
        r.file = sf_open_virtual(&from_memory, SFM_READ, &r.info, &memory);
    } else {
        r.file = sf_open(path, SFM_READ, &r.info);
    }
    check_format(&r, rate);
    if (r.info.samplerate != rate) {
        r.resampler = src_new(SRC_SINC_BEST_QUALITY, 1, &error);
        if (!r.resampler) failure("%s: cannot be resampled: %s", r.name, src_strerror(error));
    }
    read_samples(&r);
    if (r.resampler) src_delete(r.resampler);
    sf_close(r.file);
    free(memory.bytes);
    return r.sound;
}

void sound_free(struct sound *sound) {
    free(sound->samples);
    sound->samples = NULL;
}
