/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANK = 4, MOST_INPUTS = 3 };

/* A tensor's sizes. A rank of -1 stands for what is not known. */
struct shape {
    int rank;
    int64_t size[RANK];
};

/* The place of the element that is wanted, and the number of the graph's input there. */
struct element {
    double number;
};

static struct shape shape_of(const struct graph *g, const char *name);
static double number_at(const struct graph *g, const char *name, const int64_t *at, const struct element *e);

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const char *input_of(const json_t *node, size_t i) {
    const char *name = json_string_value(json_array_get(json_object_get(node, "inputs"), i));
    return name ? name : "";
}

/* The node that makes a value, or the initializer that is it. */
static const json_t *node_of(const struct graph *g, const char *name) {
    size_t i;
    json_t *node;
    json_array_foreach((json_t *)g->nodes, i, node) {
        const char *made = json_string_value(json_array_get(json_object_get(node, "outputs"), 0));
        if (made && !strcmp(made, name)) return node;
    }
    return NULL;
}

static const json_t *initializer_of(const struct graph *g, const char *name) {
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)g->initializers, i, value) if (!strcmp(text_of(value, "name"), name)) return value;
    return NULL;
}

static double initial(const json_t *value, int64_t i) {
    const json_t *number = json_array_get(json_object_get(value, "values"), (size_t)i);
    return json_is_string(number) ? strtod(json_string_value(number), NULL) : json_number_value(number);
}

/* Element-wise operators, with as many operands. */
static double add(const double *x) {
    return x[0] + x[1];
}
static double subtract(const double *x) {
    return x[0] - x[1];
}
static double multiply(const double *x) {
    return x[0] * x[1];
}
static double divide(const double *x) {
    return x[0] / x[1];
}
static double tangent(const double *x) {
    return tanh(x[0]);
}
static double same(const double *x) {
    return x[0];
}
static double not_less(const double *x) {
    return x[0] >= x[1];
}
static double choose(const double *x) {
    return x[0] != 0 ? x[1] : x[2];
}

static const struct pointwise {
    const char *op;
    int operands;
    double (*apply)(const double *x);
} pointwise[] = {{"Add", 2, add},
                 {"Sub", 2, subtract},
                 {"Mul", 2, multiply},
                 {"Div", 2, divide},
                 {"Tanh", 1, tangent},
                 {"Cast", 1, same},
                 {"GreaterOrEqual", 2, not_less},
                 {"Where", 3, choose}};

static const struct pointwise *pointwise_named(const char *op) {
    for (size_t i = 0; i < sizeof pointwise / sizeof pointwise[0]; i++)
        if (!strcmp(pointwise[i].op, op)) return &pointwise[i];
    return NULL;
}

static double scalar(const struct graph *g, const char *name) {
    const int64_t first[RANK] = {0};
    const struct element none = {NAN};
    return number_at(g, name, first, &none);
}

/* Aligned to the right; a size of 1 is repeated. */
static struct shape broadcast(const struct graph *g, const json_t *node, int operands) {
    struct shape all = {0, {1, 1, 1, 1}};
    for (int i = 0; i < operands; i++) {
        const struct shape s = shape_of(g, input_of(node, (size_t)i));
        if (s.rank < 0) return s;
        struct shape wider = s.rank > all.rank ? s : all, other = s.rank > all.rank ? all : s;
        for (int a = 0; a < other.rank; a++) {
            int64_t *size = &wider.size[wider.rank - other.rank + a];
            if (*size == 1) *size = other.size[a];
        }
        all = wider;
    }
    return all;
}

/* Reshape is known where one axis gets all elements. */
static struct shape reshaped(const struct graph *g, const json_t *node) {
    const json_t *wanted = initializer_of(g, input_of(node, 1));
    const struct shape from = shape_of(g, input_of(node, 0));
    struct shape to = {(int)json_array_size(json_object_get(wanted, "values")), {0}};
    int64_t count = 1;
    int whole = 0;
    if (from.rank < 0 || to.rank > RANK) return (struct shape){.rank = -1};
    for (int a = 0; a < from.rank; a++) count *= from.size[a];
    for (int a = 0; a < to.rank; a++) {
        const int64_t size = (int64_t)initial(wanted, a);
        whole += size == -1;
        if (size != -1 && size != 1) return (struct shape){.rank = -1};
        to.size[a] = size == -1 ? count : 1;
    }
    return whole == 1 ? to : (struct shape){.rank = -1};
}

static struct shape shape_of_node(const struct graph *g, const json_t *node) {
    const char *op = text_of(node, "op");
    const struct pointwise *p = pointwise_named(op);
    if (p) return broadcast(g, node, p->operands);
    if (!strcmp(op, "Shape")) return (struct shape){1, {shape_of(g, input_of(node, 0)).rank}};
    if (!strcmp(op, "Gather")) return shape_of(g, input_of(node, 1)); /* from a list: axis 0 */
    if (!strcmp(op, "Reshape")) return reshaped(g, node);
    if (strcmp(op, "Range") != 0) return (struct shape){.rank = -1};
    const double first = scalar(g, input_of(node, 0)), last = scalar(g, input_of(node, 1));
    return (struct shape){1, {(int64_t)ceil((last - first) / scalar(g, input_of(node, 2)))}};
}

static struct shape shape_of(const struct graph *g, const char *name) {
    const json_t *value = initializer_of(g, name), *node = node_of(g, name);
    struct shape s = {.rank = -1};
    if (!strcmp(name, g->input)) {
        s.rank = RANK;
        memcpy(s.size, g->sizes, sizeof s.size);
    } else if (value) {
        const json_t *dims = json_object_get(value, "dims");
        if (json_array_size(dims) > RANK) return s;
        s.rank = (int)json_array_size(dims);
        for (int a = 0; a < s.rank; a++) s.size[a] = json_integer_value(json_array_get(dims, (size_t)a));
    } else if (node) {
        s = shape_of_node(g, node);
    }
    return s;
}

/* The operand's element that stands at `at` of a result of this rank. */
static double operand_at(const struct graph *g, const char *name, const int64_t *at, int rank,
                         const struct element *e) {
    const struct shape s = shape_of(g, name);
    int64_t own[RANK] = {0};
    for (int a = 0; a < s.rank; a++) own[a] = s.size[a] == 1 ? 0 : at[rank - s.rank + a];
    return number_at(g, name, own, e);
}

static double number_of_node(const struct graph *g, const json_t *node, const int64_t *at, const struct element *e) {
    const char *op = text_of(node, "op"), *first = input_of(node, 0);
    const struct pointwise *p = pointwise_named(op);
    double x[MOST_INPUTS];
    const int rank = shape_of_node(g, node).rank;
    if (p) {
        for (int i = 0; i < p->operands; i++) x[i] = operand_at(g, input_of(node, (size_t)i), at, rank, e);
        return p->apply(x);
    }
    if (!strcmp(op, "Shape")) return (double)shape_of(g, first).size[at[0]];
    if (!strcmp(op, "Range")) return scalar(g, first) + (double)at[0] * scalar(g, input_of(node, 2));
    int64_t whole[RANK] = {0};
    if (!strcmp(op, "Gather"))
        whole[0] = (int64_t)number_at(g, input_of(node, 1), at, e);
    else /* Reshape: the only axis that is not 1 counts the elements */
        for (int a = 0; a < rank; a++) whole[0] += at[a];
    return number_at(g, first, whole, e);
}

static double number_at(const struct graph *g, const char *name, const int64_t *at, const struct element *e) {
    const json_t *value = initializer_of(g, name);
    if (!strcmp(name, g->input)) return e->number;
    if (!value) return number_of_node(g, node_of(g, name), at, e);
    const struct shape s = shape_of(g, name);
    int64_t flat = 0;
    for (int a = 0; a < s.rank; a++) flat = flat * s.size[a] + at[a];
    return initial(value, flat);
}

static int is_known(const char *op) {
    static const char *const others[] = {"Shape", "Gather", "Range", "Reshape"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(op, others[i])) return 1;
    return pointwise_named(op) != NULL;
}

int graph_read(struct graph *g, const struct test_case *c, const char *attribute, const sa_attention_args *args,
               char why[CASE_TEXT]) {
    const json_t *from = json_object_get(json_object_get(json_object_get(c->meta, "attributes"), attribute), "graph");
    size_t i;
    json_t *node;
    *g = (struct graph){.sizes = {args->query.size[0], args->query.size[1], args->query.size[2], args->key.size[2]}};
    if (!from) return 1;
    g->initializers = json_object_get(from, "initializers");
    g->input = text_of(json_array_get(json_object_get(from, "inputs"), 0), "name");
    g->output = text_of(json_array_get(json_object_get(from, "outputs"), 0), "name");
    g->nodes = json_object_get(from, "nodes");
    json_array_foreach((json_t *)g->nodes, i, node) if (!is_known(text_of(node, "op"))) {
        snprintf(why, CASE_TEXT, "operator %s in the graph of %s", text_of(node, "op"), attribute);
        return 0;
    }
    if (shape_of(g, g->output).rank == RANK) return 1;
    snprintf(why, CASE_TEXT, "the graph of %s makes no tensor of rank 4", attribute);
    return 0;
}

void graph_change(const struct graph *g, const sa_score_tile *t) {
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++) {
            float *number = &t->values[i * t->query_stride + n * t->key_stride];
            const int64_t at[RANK] = {t->sequence, t->head, t->query + i, t->key + n};
            const struct element e = {*number};
            *number = (float)number_at(g, g->output, at, &e);
        }
}
