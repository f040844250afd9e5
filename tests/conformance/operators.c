/* SPDX-License-Identifier: MIT */
#include "operators.h"

#include <string.h>

static const struct {
    const char *op;
    operator_fn run;
} operators[] = {
    {"Attention", run_attention},
};

operator_fn operator_named(const char *op) {
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (!strcmp(op, operators[i].op)) return operators[i].run;
    return NULL;
}
