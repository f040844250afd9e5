/* Recordings: any file that libsndfile reads, as one channel at the rate that a model takes.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_SOUND_SOUND_H
#define TOOLS_SOUND_SOUND_H

#include <stdint.h>

struct sound {
    float *samples; /* [count] */
    int64_t count;
    double seconds; /* of the file, at its own rate */
};

/* Reads a file, or standard input where `path` is "-": the mean of the channels, at `rate` samples per second. A
 * failure ends the program. */
struct sound sound_read(const char *path, int64_t rate);
void sound_free(struct sound *sound);

#endif
