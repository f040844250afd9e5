/* A llama2.c model that writes, by the library at each precision and by plain C, in one run with the roofs.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_WRITING_H
#define BENCH_STUDY_WRITING_H

#include "measure/roofs.h"
#include "rivals/llama2c.h"
#include "way/decoder.h"

enum { PRECISIONS = 3 };

/* The library at a precision. */
struct writer {
    int32_t precision;
    const struct writing *writing;
    struct decoder decoder;
    int64_t agreed;     /* of the DECODED tokens, how many at the beginning are those of plain C */
    double decoding_ms; /* a token */
    double prefill_ms;
};

struct writing {
    double seconds;
    int threads;
    struct llama2c plain;
    int64_t position;      /* where plain C goes on decoding */
    int64_t prefill;       /* PREFILL, or as many positions as the model has */
    int32_t text[PREFILL]; /* what plain C writes greedily, the first token included */
    int32_t plain_next;    /* the token that it would write next */
    double plain_decoding_ms, plain_prefill_ms;
    struct writer writers[PRECISIONS];
    int count; /* without a matrix unit high and medium are highest, and stay out */
    struct roofs roofs;
};

/* After the fields up to `threads` are set. 0, or a complaint was made; to be closed in either case. */
int writing_open(struct writing *w, const char *path);

/* Also checks that the library's tokens are those of plain C. */
int writing_measure(struct writing *w);
void writing_close(struct writing *w);

/* How long reading all weights once takes at the read bandwidth. */
double writing_read_ms(const struct writing *w);

#endif
