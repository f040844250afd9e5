/* The recording of shared/ with its references, for tests that are skipped where it is absent.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_RECORDING_H
#define TESTS_SUPPORT_RECORDING_H

#include <stdint.h>

/* The path of a file: $SELFATTN_SHARED/NAME, else shared/NAME beside the source tree; in a static buffer. Where it is
 * absent the test is skipped, with a line on stderr. */
const char *shared_path(const char *name);

/* The samples of a WAV file of 16 bits and one channel; free() them. */
float *recording_read(const char *path, int64_t *count);

/* A tensor of a safetensors file of type F32 or F64, of which there have to be `count` elements; free() it. */
double *recording_tensor(const char *path, const char *name, int64_t count);

#endif
