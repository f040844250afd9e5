/* The transform of one frame, by FFTW in double precision.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SOUND_FFT_H
#define SA_SOUND_FFT_H

#include "base/report.h"

/* Transforms of `size` real numbers. Immutable once planned: any number of threads may run one at once. */
struct fft {
    void *plan;
    int64_t size;
};

/* Whether the library was built with FFTW. */
int fft_is_there(void);

/* Plans transforms. `frame` [size] and `spectrum` [size / 2 + 1][2] are aligned as memory_allocate() aligns, like those
 * that fft_run() gets. */
sa_status fft_plan(struct report *report, int64_t size, double *frame, double (*spectrum)[2], struct fft *fft);
void fft_release(struct fft *fft);

/* spectrum[k] = sum of frame[n] e^(-2 pi i k n / size) */
void fft_run(const struct fft *fft, double *frame, double (*spectrum)[2]);

#endif
