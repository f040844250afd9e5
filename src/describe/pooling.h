/* How sentence-transformers makes one vector of a sequence: the config.json of its module Pooling.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_POOLING_H
#define SA_DESCRIBE_POOLING_H

#include "file/json.h"

/* Over the real tokens t = 1 .. n of a sequence, element by element. */
enum pooling_mode {
    POOLING_FIRST,
    POOLING_MAX,
    POOLING_MEAN,
    POOLING_MEAN_SQRT,     /* sum / sqrt(n) */
    POOLING_WEIGHTED_MEAN, /* sum of t x(t) / sum of t */
    POOLING_LAST,
    POOLING_MODES
};

/* The results of modes stand one behind the other. */
struct pooling_config {
    int64_t count;
    enum pooling_mode modes[POOLING_MODES];
};

/* Reads it for states of this width. Settings that are not known are SA_ERR_UNSUPPORTED, by name. */
sa_status pooling_read(const struct json_source *source, const json_t *object, int64_t width,
                       struct pooling_config *config);

/* Refuses members that are not in the list, which ends with NULL, unless they are null. */
sa_status pooling_check_members(const struct json_source *source, const json_t *object, const char *const known[]);

#endif
