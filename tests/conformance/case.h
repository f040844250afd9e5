/* One conformance case: a folder with meta.json and one raw little-endian C-order file per tensor.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_CASE_H
#define TESTS_CONFORMANCE_CASE_H

#include "selfattn.h"

#include <jansson.h>

/* What honest binary32 arithmetic reaches on logits of order 1; a case may bring its own. */
#define CASE_RTOL 1e-5
#define CASE_ATOL 1e-6

enum { CASE_VALUES = 8, CASE_RANK = 8, CASE_TEXT = 512 };

/* An input or output under its formal name. */
struct value {
    char formal[32], dtype[16]; /* "Q", "float32" */
    int rank;
    int64_t shape[CASE_RANK], elements;
    void *data; /* NULL for a dtype whose size is not known here */
};

struct test_case {
    char op[32];
    json_t *meta;
    struct value input[CASE_VALUES], output[CASE_VALUES]; /* those that are present */
    int inputs, outputs;
    double rtol, atol;
    double rounding; /* half an ulp at 1 of the coarsest 16-bit format that the reference was rounded to: see
                      * case_rounds(). 0: none, or the case brings its own tolerances */
    int own;         /* the case brings its own tolerances */
    double norm;     /* largest norm-relative error of an output instead of rtol and atol; 0: none, see --norm */
    int widen;       /* whether the tolerance may grow with the logits, see --widen */
    int poisoned;    /* NaN or infinity stands at keys that some rows may not see */
};

/* Reads the case in `folder`; 0 and the reason in `why` if that fails. Free it in either case. */
int case_load(struct test_case *c, const char *folder, char why[CASE_TEXT]);
void case_free(struct test_case *c);

/* NULL where the value is absent. */
const struct value *case_input(const struct test_case *c, const char *formal);
const struct value *case_output(const struct test_case *c, const char *formal);

/* An attribute of the node, or `fallback` where it is not set. */
double case_number(const struct test_case *c, const char *attribute, double fallback);
const char *case_text(const struct test_case *c, const char *attribute, const char *fallback);

/* The first attribute or value that is not in the lists, which end with NULL; NULL if there is none. What a runner does
 * not know it must not pass over. */
const char *case_unknown(const struct test_case *c, const char *const *attributes, const char *const *values);

/* The first value with a dtype that is not in the list, which ends with NULL; NULL if there is none. */
const struct value *case_other_dtype(const struct test_case *c, const char *const *dtypes);

/* The reference was rounded to `dtype` on its way, perhaps more than once: widens the tolerance to four units of it
 * (relative) and two (absolute), unless the case brings its own. Done for the outputs when loading. */
void case_rounds(struct test_case *c, const char *dtype);

/* SA_F32, SA_BF16 or SA_F16, -1 for any other dtype. */
int32_t value_dtype(const struct value *v);

/* A view of heads: rank 4 is [B,heads,S,D], rank 3 is [B,S,heads*D]. 0 if the value is neither, or no numbers, or
 * absent. */
int value_heads(sa_tensor *t, const struct value *v, int64_t heads);

#endif
