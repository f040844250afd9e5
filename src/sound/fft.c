/* SPDX-License-Identifier: MIT */
#include "sound/fft.h"

#ifdef SELFATTN_FFTW
#include <fftw3.h>
#include <pthread.h>

/* Only running a plan is thread-safe. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

int fft_is_there(void) {
    return 1;
}

sa_status fft_plan(struct report *report, int64_t size, double *frame, double (*spectrum)[2], struct fft *fft) {
    pthread_mutex_lock(&planner);
    /* An estimated plan does not depend on measurements, so that results have the same bits every time. */
    *fft = (struct fft){fftw_plan_dft_r2c_1d((int)size, frame, spectrum, FFTW_ESTIMATE), size};
    pthread_mutex_unlock(&planner);
    return fft->plan ? SA_OK : fail_memory_for(report, "the plan of a Fourier transform");
}

void fft_release(struct fft *fft) {
    pthread_mutex_lock(&planner);
    if (fft->plan) fftw_destroy_plan(fft->plan);
    pthread_mutex_unlock(&planner);
    fft->plan = NULL;
}

void fft_run(const struct fft *fft, double *frame, double (*spectrum)[2]) {
    fftw_execute_dft_r2c(fft->plan, frame, spectrum);
}
#else
int fft_is_there(void) {
    return 0;
}

sa_status fft_plan(struct report *report, int64_t size, double *frame, double (*spectrum)[2], struct fft *fft) {
    (void)frame;
    (void)spectrum;
    *fft = (struct fft){NULL, size};
    return fail(report, SA_ERR_UNSUPPORTED,
                "features of sound need FFTW, which this build of the library has not: see sa_build_info()");
}

void fft_release(struct fft *fft) {
    (void)fft;
}

void fft_run(const struct fft *fft, double *frame, double (*spectrum)[2]) {
    (void)fft;
    (void)frame;
    (void)spectrum;
}
#endif
