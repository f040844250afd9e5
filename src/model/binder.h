/* Looks up the tensors of a description's roles in a file.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_BINDER_H
#define SA_MODEL_BINDER_H

#include "model/bind.h"

enum { NAME_BYTES = 200 };

struct binder;

/* What is done about a required tensor that the file lacks, of the shape size [axes]; names, block and ending are those
 * of binder_look_up(). */
typedef sa_status (*binder_missing_fn)(const struct binder *binder, const json_t *names, int64_t block,
                                       const char *ending, const int64_t *size, int32_t axes);

/* The file in which names are looked up, and the stack. */
struct binder {
    const struct settings *settings;
    const struct tensor_file *file;
    const struct stack_config *stack;
    const struct output_config *output;
    const char *prefix; /* of all names except those of the ends */
    const char *outer;  /* of these; it is a part of the other, and stands before all names of the file */
    int64_t expert;     /* whose number stands for '&' in names */
    int64_t classes;    /* of a new classifier, whose parts are missing then; 0: it is what the file has */
    unsigned char *used;
    binder_missing_fn missing; /* NULL: what is missing is a failure, but for an output */
    void *user;                /* for missing */
};

/* What bind_tensors() does, and what is done about tensors that are missing; NULL: they are refused. With
 * config->new_classes a classifier is missing always, and what stands before it is required. */
sa_status binder_bind(const struct allocator *memory, const struct settings *settings,
                      const struct model_config *config, const struct tensor_file *file, binder_missing_fn missing,
                      void *user, struct bound_model *bound);

/* A role has one name or a list of names: name number i, or NULL. */
const char *binder_pattern(const json_t *names, size_t i);

/* Writes a name: the prefix, the pattern with numbers and the stack's name filled in, and the ending. 0 if that is too
 * long. */
int binder_write_name(char name[NAME_BYTES], const struct binder *binder, const char *pattern, int64_t block,
                      const char *ending);

/* The prefix of the first stack's names, and what stands before all names of the file: one of the description's, or
 * what the file has before a name that is there once. `room` keeps what is not in the description. */
void binder_choose_prefix(struct binder *binder, char room[2 * NAME_BYTES]);

/* What stands before a model's own names in a framework's class that has something behind it, as a classifier; NULL:
 * nothing does. */
const char *prefix_of_class(const json_t *description);

/* Whether the file has a tensor for a role of the stack, in its first block. Tables have no ending. */
int binder_has_role(const struct binder *binder, const struct role *role, int is_table);

/* The names of a stack's role in the description. */
sa_status binder_names(const struct binder *binder, const struct role *role, const json_t **names);

/* The tensor under any of its names, or NULL; `name` becomes the first of them. */
sa_status binder_look_up(const struct binder *binder, const json_t *names, int64_t block, const char *ending,
                         char name[NAME_BYTES], const struct tensor **tensor);

/* Gives a tensor that exists its role, if its type and shape fit. */
sa_status binder_take(const struct binder *binder, const struct tensor *tensor, const int64_t *wanted, int32_t axes,
                      int is_table);

/* Finds a tensor that is required, and gives it its role. Tables have no ending. */
sa_status binder_find(const struct binder *binder, const json_t *names, int64_t block, const char *ending,
                      const int64_t *wanted, int32_t axes, const struct tensor **tensor);

/* The experts of a stack whose other tensors have been found. */
sa_status bind_experts(const struct allocator *memory, const struct binder *binder, struct bound_stack *bound);
void bound_experts_release(const struct allocator *memory, const struct stack_config *config,
                           struct bound_stack *bound);

/* What stands behind the stacks, which have been found. `width` is that of the states; the binder is at the decoder. */
sa_status bind_ends(const struct binder *binder, const struct model_config *config, int64_t width,
                    struct bound_model *bound);

#endif
