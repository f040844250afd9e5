/* SPDX-License-Identifier: MIT */
#include "ranks/ranks.h"

struct ranks ranks_open(void) {
    return (struct ranks){0, 1};
}

void ranks_close(void) {}

int ranks_agree(uint64_t number) {
    (void)number;
    return 1;
}

void ranks_collect(void *bytes, size_t count) {
    (void)bytes, (void)count;
}
