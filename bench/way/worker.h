/* A rival in a process of its own, talked to in lines of JSON: rivals/README.md says which.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_WORKER_H
#define BENCH_WAY_WORKER_H

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

enum { WORKER_ABSENT = 200 };

struct worker {
    pid_t process; /* 0: none */
    FILE *to, *from;
    char name[80];              /* what it calls itself, with its version; "" if it is absent */
    char absent[WORKER_ABSENT]; /* why it cannot be used; "" if it can */
};

/* Starts command[0] (looked up in PATH, the arguments ended by NULL) and hears its name. Afterwards the worker has a
 * name or is absent. */
void worker_start(struct worker *worker, const char *const command[]);
void worker_stop(struct worker *worker);

/* Sends a request, which is taken over, and returns the answer, for json_decref(). NULL: there is none. */
json_t *worker_ask(struct worker *worker, json_t *request);

/* The same with a request that opens something; where that cannot be done, the answer is NULL and `absent` says why. */
json_t *worker_open(struct worker *worker, json_t *request, char absent[WORKER_ABSENT]);

/* The same with a request to run; what it took by the worker's own clock to *ms. 0, or a complaint was made. */
int worker_run(struct worker *worker, json_t *request, double *ms);

/* "PyTorch 2.14.1", or "PyTorch is not there: " and why. */
void worker_print(const struct worker *worker, const char *kind);

/* A new file for numbers that go to a worker and come back; its name to `name`. NULL: a complaint was made. */
FILE *worker_file(char *name, size_t size);

#endif
