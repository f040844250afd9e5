/* SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_IMAGE_SIZE_H
#define SA_DESCRIBE_IMAGE_SIZE_H

#include "describe/config.h"

/* A stack that reads images takes squares of `size` pixels from now on. The tensors of its file keep their shapes: the
 * table of positions has to be stretched from positions.table_rows x table_columns. */
sa_status config_set_image_size(struct report *report, int64_t size, struct stack_config *config);

#endif
