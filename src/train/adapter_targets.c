/* SPDX-License-Identifier: MIT */
#include "train/adapter_targets.h"

#include "base/arith.h"
#include "describe/pattern.h"

#include <stdio.h>
#include <string.h>

/* The matrices that Hu et al. adapt; of packed ones, the whole. */
static const char first_targets[] = "query,value,qkv";

/* A matrix of a block, and the name that descriptions give it. */
struct candidate {
    const struct tensor *of;
    const char *role;
    int is_in_out;
};

/* A part of a list. */
struct word {
    const char *text;
    size_t length;
};

/* The next part of a list with commas; 0 at its end. */
static int next_word(const char **list, struct word *word) {
    if (!**list) return 0;
    *word = (struct word){*list, strcspn(*list, ",")};
    *list += word->length;
    if (**list == ',') ++*list;
    return 1;
}

/* A target is a role, a pattern with '*' for the whole name of a module, or the last parts of that name. */
static int fits(const struct candidate *c, struct word target) {
    const size_t all = strlen(c->of->name) - strlen(".weight");
    if (strlen(c->role) == target.length && !memcmp(c->role, target.text, target.length)) return 1;
    if (memchr(target.text, '*', target.length))
        return pattern_matches(target.text, target.length, 0, c->of->name, all);
    return module_ends_with(c->of->name, all, target.text, target.length);
}

/* All matrices of blocks, in the order of blocks; `list` NULL: counts. */
static int64_t list_candidates(const struct adapted *a, struct candidate *list) {
    const struct stack *stacks[] = {&a->model->encoder, &a->model->decoder};
    const struct bound_stack *bound[] = {&a->bound->encoder, &a->bound->decoder};
    int64_t count = 0;
    for (int s = 0; s < 2; s++)
        for (int64_t l = 0; stacks[s]->config.name && l < stacks[s]->config.layers; l++)
            for (int role = 0; role < BLOCK_MATRICES; role++) {
                const struct tensor *t = bound[s]->blocks[l][role].weight;
                if (!t || t->axes != 2) continue;
                if (list) list[count] = (struct candidate){t, block_roles[role].name, stacks[s]->config.in_out};
                count++;
            }
    return count;
}

/* "query, value, up" of the first block. */
static sa_status fail_target(struct report *report, struct word target, const struct candidate *list, int64_t count) {
    char roles[200] = "";
    for (int64_t i = 0; i < count; i++) {
        const size_t at = strlen(roles);
        if (i && !strcmp(list[i].role, list[0].role)) break;
        snprintf(roles + at, sizeof roles - at, "%s%s", i ? ", " : "", list[i].role);
    }
    return fail(report, SA_ERR_VALUE, "targets: \"%.*s\" is no matrix of the model's blocks, which are %s",
                (int)(target.length < 80 ? target.length : 80), target.text, roles);
}

/* Blocks may share a matrix. */
static void add(struct adapters *adapters, const struct candidate *c) {
    for (int64_t i = 0; i < adapters->count; i++)
        if (adapters->pairs[i].of == c->of) return;
    adapters->pairs[adapters->count++] = (struct lora_pair){.of = c->of, .is_in_out = c->is_in_out};
}

static sa_status choose(struct report *report, const struct candidate *list, int64_t count, struct adapters *adapters) {
    const char *targets = adapters->config.targets;
    struct word word;
    for (const char *rest = targets ? targets : first_targets; next_word(&rest, &word);) {
        int64_t found = 0;
        for (int64_t i = 0; i < count; i++)
            if (fits(&list[i], word)) add(adapters, &list[i]), found++;
        if (targets && !found) return fail_target(report, word, list, count);
    }
    return adapters->count ? SA_OK : fail(report, SA_ERR_VALUE, "targets names no matrix");
}

/* All candidates; memory_release() them. */
static sa_status make_list(const struct allocator *memory, struct report *report, const struct adapted *a,
                           struct candidate **list, int64_t *count) {
    *count = list_candidates(a, NULL);
    *list = memory_allocate(memory, *count, sizeof **list);
    if (!*list) return fail_memory(report, *count * (int64_t)sizeof **list, "a list of matrices");
    list_candidates(a, *list);
    return SA_OK;
}

sa_status adapters_choose(const struct allocator *memory, struct report *report, const struct adapted *a,
                          struct adapters *adapters) {
    struct candidate *list;
    int64_t count;
    sa_status status = make_list(memory, report, a, &list, &count);
    if (status != SA_OK) return status;
    adapters->pairs = memory_allocate(memory, count, sizeof *adapters->pairs);
    adapters->room = count;
    status = adapters->pairs ? choose(report, list, count, adapters)
                             : fail_memory(report, count * (int64_t)sizeof *adapters->pairs, "a list of adapters");
    memory_release(memory, list, count, sizeof *list);
    return status;
}

static int is_among(const struct candidate *list, int64_t count, const struct lora_pair *p) {
    for (int64_t i = 0; i < count; i++)
        if (list[i].of == p->of) return !list[i].is_in_out == !p->is_in_out;
    return 0;
}

sa_status adapters_check(const struct allocator *memory, struct report *report, const struct adapted *a,
                         const struct adapters *adapters) {
    struct candidate *list;
    int64_t count;
    sa_status status = make_list(memory, report, a, &list, &count);
    for (int64_t i = 0; i < adapters->count && status == SA_OK; i++)
        if (!is_among(list, count, &adapters->pairs[i]))
            status =
                fail(report, SA_ERR_UNSUPPORTED, "training an adapter of \"%.100s\", which is no matrix of a block",
                     adapters->pairs[i].of->name);
    memory_release(memory, list, count, sizeof *list);
    return status;
}
