/* SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "flow/backward/product.h"

static struct operand rows_of(const float *x, int64_t width) {
    return (struct operand){x, width, 0};
}

static struct operand columns_of(const float *x, int64_t width) {
    return (struct operand){x, width, 1};
}

/* dX = dY W, dW = dY^T X, or its transpose. */
static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct value *x = &s->in[0], *y = &s->out;
    const int64_t in = x->width, out = y->width, rows = x->rows, in_out = s->number[0];
    const struct operand dy = rows_of(y->gradient, out),
                         w = in_out ? columns_of(s->weight->value, out) : rows_of(s->weight->value, in);
    const struct product dx = {x->gradient, in, rows, in, out, dy, w};
    const struct product dw = {s->weight->gradient, in, out, in, rows, columns_of(y->gradient, out), rows_of(x->x, in)};
    const struct product dw_in_out = {s->weight->gradient,      out, in, out, rows, columns_of(x->x, in),
                                      rows_of(y->gradient, out)};
    if (x->gradient && value_is_first(x))
        product_set(&ctx->machine, &dx, NULL, ctx->scratch);
    else if (x->gradient)
        product_add(&ctx->machine, &dx, ctx->scratch);
    if (s->weight->gradient) product_add(&ctx->machine, in_out ? &dw_in_out : &dw, ctx->scratch);
    if (s->bias && s->bias->gradient) add_rows(&ctx->machine.parallel, s->bias->gradient, y->gradient, rows, out);
}

struct value op_linear(struct tape *t, struct value x, struct weights w) {
    struct value y = tape_value(t, x.rows, w.out);
    void *scratch = tape_scratch(t, product_bytes(&t->ctx->machine, x.rows, x.width, w.out));
    struct tape_step *s = tape_add(t, backward, y);
    if (!s || !scratch) return y;
    s->in[0] = x;
    s->weight = w.weight;
    s->bias = w.bias;
    s->number[0] = w.in_out;
    const struct product p = {y.x,
                              y.width,
                              y.rows,
                              y.width,
                              x.width,
                              rows_of(x.x, x.width),
                              w.in_out ? rows_of(w.weight->value, y.width) : columns_of(w.weight->value, x.width)};
    product_set(&t->ctx->machine, &p, w.bias ? w.bias->value : NULL, scratch);
    return y;
}
