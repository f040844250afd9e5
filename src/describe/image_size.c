/* Images of another size than those of the training.
 * SPDX-License-Identifier: MIT */
#include "describe/image_size.h"

sa_status config_set_image_size(struct report *report, int64_t size, struct stack_config *c) {
    struct input_config *in = &c->input;
    const int64_t rows = input_rows(in), columns = input_columns(in);
    if (in->kind != INPUT_PATCHES || in->is_transposed)
        return fail(report, SA_ERR_VALUE, "image_size is %lld, but the model takes no images", (long long)size);
    if (in->height == size && in->width == size) return SA_OK;
    if (c->positions.kind == POSITIONS_GRID || c->positions.kind == POSITIONS_SINUSOIDAL)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "image_size is %lld, but neither biases by distance nor sinusoids of an image are stretched",
                    (long long)size);
    if (size < in->patch || (size - in->patch) % in->row_stride || (size - in->patch) % in->column_stride)
        return fail(report, SA_ERR_VALUE, "image_size is %lld, which patches of %lld pixels do not fill",
                    (long long)size, (long long)in->patch);
    in->height = in->width = size;
    c->positions.count = c->positions.limit = input_tokens(in);
    if (c->positions.kind == POSITIONS_LEARNED && (input_rows(in) != rows || input_columns(in) != columns))
        c->positions.table_rows = rows, c->positions.table_columns = columns;
    return SA_OK;
}
