/* SPDX-License-Identifier: MIT */
#include "study/shapes.h"

#include "measure/report.h"

#include <string.h>

const struct named_shape shapes[SHAPES] = {{"bert", "bert512", {1, 12, 12, 512, 512, 64, 0, 0}},
                                           {"bert", "bert128x8", {8, 12, 12, 128, 128, 64, 0, 0}},
                                           {"bert", "bert512-layer", {1, 12, 12, 512, 512, 64, 0, 1}},
                                           {"vit", "vit197x4", {4, 12, 12, 197, 197, 64, 0, 0}},
                                           {"gpt", "gpt1k", {1, 12, 12, 1024, 1024, 64, 1, 0}},
                                           {"gpt", "gpt2k", {1, 12, 12, 2048, 2048, 64, 1, 0}},
                                           {"llama", "llama2k", {1, 8, 2, 2048, 2048, 128, 1, 0}},
                                           {"cross", "cross", {1, 16, 16, 64, 1500, 64, 0, 0}},
                                           {"decode", "decode2k", {1, 32, 8, 1, 2048, 128, 0, 0}},
                                           {"decode", "decode16k", {1, 32, 8, 1, 16384, 128, 0, 0}},
                                           {"long", "long8k", {1, 4, 4, 8192, 8192, 64, 0, 0}}};

int shape_is_decoding(const struct shape *s) {
    enum { FEW_QUERIES = 16 };
    return s->T <= FEW_QUERIES;
}

int shapes_choose(const char *name, void *chosen) {
    int found = 0;
    for (int i = 0; i < SHAPES; i++) {
        if (strcmp(name, "all") != 0 && strcmp(name, shapes[i].set) != 0 && strcmp(name, shapes[i].name) != 0) continue;
        ((char *)chosen)[i] = 1;
        found = 1;
    }
    if (found) return -1;
    return complain(BAD_USAGE,
                    "there is no set \"%s\"; there are bert, vit, gpt, llama, cross, decode, long and all, and single "
                    "shapes, see sa-bench compare --help",
                    name);
}
