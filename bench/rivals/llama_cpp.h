/* llama.cpp as a rival for whole models, by its own program llama-bench.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_RIVALS_LLAMA_CPP_H
#define BENCH_RIVALS_LLAMA_CPP_H

struct llama_cpp {
    double decoding, prefill; /* tokens a second, the better of two repetitions */
    char name[80];            /* "llama.cpp 11669"; "" if it is absent */
    char absent[200];         /* why; "" if it is not */
};

/* Whether it can read such a file: by its name, a GGUF file. */
int llama_cpp_reads(const char *path);

/* Runs `program` (looked up in PATH) on a GGUF file: `depth` tokens before those that are decoded, `prompt` tokens to
 * read, flash attention on. */
void llama_cpp_measure(struct llama_cpp *l, const char *program, const char *file, int threads, int decoded, int depth,
                       int prompt);

#endif
