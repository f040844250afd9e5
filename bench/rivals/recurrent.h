/* What came before attention, on the same BLAS: a layer of tanh units, of LSTM cells or of GRU cells, whose state goes
 * from token to token. The inputs of many tokens are projected by one product; then each step multiplies the state.
 * With G gates, in PyTorch's order and arithmetic (nn.RNN, nn.LSTM, nn.GRU; biases of both products):
 *
 *     a_t = W x_t + b,  u_t = U h_(t-1) + d          [G*width] each
 *     RNN   h_t = tanh(a + u)
 *     LSTM  i, f, g, o = a + u:  c_t = s(f) c_(t-1) + s(i) tanh(g),  h_t = s(o) tanh(c_t)
 *     GRU   r = s(a_r + u_r), z = s(a_z + u_z), n = tanh(a_n + r u_n):  h_t = (1 - z) n + z h_(t-1)
 *
 * Sources: Elman, 1990; Hochreiter, Schmidhuber, 1997, with Gers, Schmidhuber, Cummins, 2000; Cho et al., 2014.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_RIVALS_RECURRENT_H
#define BENCH_RIVALS_RECURRENT_H

#include <stdint.h>

enum { RNN, LSTM, GRU, RECURRENT_KINDS };
enum { RECURRENT_GATES_MOST = 4, RECURRENT_CHUNK = 512 }; /* tokens that are projected together */

struct recurrent {
    int kind;
    int64_t width;              /* of input, state and output */
    float *W, *U;               /* [gates*width, width] */
    float *b, *d;               /* [gates*width] */
    float *projected;           /* [RECURRENT_CHUNK, gates*width]: a */
    float *product, *state, *c; /* [gates*width], [width], [width]: u, h, c */
    float *memory;              /* what all of them lie in */
    int64_t floats;
};

/* "RNN", "LSTM", "GRU", and how many gates they have. */
const char *recurrent_name(int kind);
int64_t recurrent_gates(int kind);

/* Normal weights of the deviation of PyTorch's uniform ones, 1 / sqrt(3 width); to the biases of an LSTM's forget gates
 * `forget` is added. Runs 64 tokens and compares with recurrent_exact(). 0, or a complaint was made and nothing is left
 * open. */
int recurrent_open(struct recurrent *r, int kind, int64_t width, float forget);
void recurrent_close(struct recurrent *r);

/* x [n,width] to y [n,width], from a state of 0. The BLAS gets `threads` for projections and `step_threads` for the
 * product of a step, and is left with one. */
void recurrent_run(struct recurrent *r, const float *x, int64_t n, float *y, int threads, int step_threads);

/* Bytes beyond inputs, output and weights. */
uint64_t recurrent_extra_bytes(const struct recurrent *r);

/* The same in doubles and plain loops, a token at a time, with the derivative of the state for a change of the inputs.
 * h, dh, c and dc are [width], 0 before the first token; x is [width], dx its change, NULL: none. */
struct recurrent_exact {
    const struct recurrent *r;
    double *h, *dh, *c, *dc;
    double *z[2], *dz[2]; /* [gates*width]: a and u, and their changes */
    double *memory;
};
int recurrent_exact_open(struct recurrent_exact *e, const struct recurrent *r);
void recurrent_exact_close(struct recurrent_exact *e);
void recurrent_exact_step(struct recurrent_exact *e, const float *x, const float *dx);

#endif
