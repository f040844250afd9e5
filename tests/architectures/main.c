/* architectures DIR: runs every model below a folder in every way that there is, and compares with what another
 * implementation made of the same weights. Models without a reference, and tokenizers, are only opened. See sample.h
 * for what is in a model's folder. How it is computed can be chosen by the environment: SELFATTN_PATH, SELFATTN_ISA.
 * Models named behind --irreproducible are counted apart when they fail.
 * SPDX-License-Identifier: MIT */
#include "run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void check_whole(sa_ctx *ctx, const struct sample *sample, const char *way, struct verdict *v) {
    struct sample out = sample_like(sample);
    if (run_whole(ctx, sample, &out) == SA_OK)
        verdict_compare(v, way, &out, sample);
    else
        verdict_fail(v, way, "run", sa_ctx_last_error(ctx));
    sample_free(&out);
}

/* Tokens given in other ways: also compared with all of them at once. */
static void check_session(sa_ctx *ctx, const struct sample *sample, const char *way, pace_fn pace, struct verdict *v) {
    struct sample once = sample_like(sample), out = sample_like(sample);
    if (run_session(ctx, sample, pace_at_once, &once) != SA_OK || run_session(ctx, sample, pace, &out) != SA_OK)
        verdict_fail(v, way, "run", sa_ctx_last_error(ctx));
    verdict_compare(v, way, &out, sample);
    verdict_agree(v, way, &out, &once);
    sample_free(&out);
    sample_free(&once);
}

/* A decoder that reads the tokens, or behind an encoder the targets, and not the encoder's tokens up to their end. */
static int has_steps(const struct sample *s) {
    return sa_model_get(s->model, SA_MODEL_DECODER) && (s->U || !has_both(s->model));
}

static void check_sessions(sa_ctx *ctx, const struct sample *sample, struct verdict *v) {
    if (!has_steps(sample)) return;
    check_session(ctx, sample, "cache, at once", pace_at_once, v);
    check_session(ctx, sample, "cache, in chunks", pace_chunks, v);
    check_session(ctx, sample, "cache, token by token", pace_single, v);
    check_session(ctx, sample, "cache, sequences at their own pace", pace_ragged, v);
}

static void check_greedy(sa_ctx *ctx, const struct sample *sample, struct verdict *v) {
    if (!sample->greedy) return;
    run_greedy(ctx, sample, "without cache", 0, 0, v);
    run_greedy(ctx, sample, "with cache", 1, 0, v);
    run_greedy(ctx, sample, "without cache, padded", 0, 1, v);
    run_greedy(ctx, sample, "with cache, padded", 1, 1, v);
}

/* What stands behind a token changes nothing for it, so padding may take its place. */
static void check_padded(sa_ctx *ctx, const struct sample *sample, struct verdict *v) {
    struct sample padded = sample_padded(sample);
    check_whole(ctx, &padded, "whole, padded", v);
    check_sessions(ctx, &padded, v);
    sample_free(&padded);
}

static void check_sample(sa_ctx *ctx, const struct sample *sample, struct verdict *v) {
    check_whole(ctx, sample, "whole", v);
    if (has_steps(sample)) check_padded(ctx, sample, v);
    check_sessions(ctx, sample, v);
    check_greedy(ctx, sample, v);
    for (int64_t b = 0; b < sample->B; b++) {
        struct sample alone = sample_alone(sample, b);
        check_whole(ctx, &alone, "whole, alone", v);
        check_sessions(ctx, &alone, v);
        check_greedy(ctx, &alone, v);
        sample_free(&alone);
    }
}

/* Whether a folder has a file of this name. */
static int has(const char *folder, const char *name) {
    char path[4200];
    struct stat facts;
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && stat(path, &facts) == 0;
}

static void check_model(sa_ctx *ctx, const char *folder, struct verdict *v) {
    struct sample sample;
    sa_model *model = NULL;
    char why[REASON_BYTES], file[4200];
    snprintf(file, sizeof file, "%s/model.gguf", folder);
    if (sa_model_open(ctx, has(folder, "model.gguf") ? file : folder, &model) != SA_OK) {
        verdict_fail(v, "opening", "the model", sa_ctx_last_error(ctx));
        return;
    }
    if (!has(folder, "reference.json")) {
        v->is_opened = 1;
        sa_model_destroy(&model);
        return;
    }
    if (sample_read(&sample, model, folder, why))
        check_sample(ctx, &sample, v);
    else
        verdict_fail(v, "reading", "the reference", why);
    sample_free(&sample);
    sa_model_destroy(&model);
}

static void check_tokenizer(sa_ctx *ctx, const char *folder, struct verdict *v) {
    sa_tokenizer *tokenizer = NULL;
    v->is_opened = sa_tokenizer_open(ctx, folder, &tokenizer) == SA_OK;
    if (!v->is_opened) verdict_fail(v, "opening", "the tokenizer", sa_ctx_last_error(ctx));
    sa_tokenizer_destroy(&tokenizer);
}

/* What came of it: passed; opened, where there is no reference; failed, or failed as was expected of references that
 * their files do not give. */
struct tally {
    long passed, opened, failed, irreproducible;
};

static void print(const char *name, const struct verdict *v, int expected, struct tally *tally) {
    if (v->is_opened) {
        tally->opened++;
        printf("OPEN %-12s has no reference: opened, not run\n", name);
        return;
    }
    const char *word = !v->failed ? "PASS" : expected ? "SKIP" : "FAIL";
    ++*(!v->failed ? &tally->passed : expected ? &tally->irreproducible : &tally->failed);
    printf("%s %-12s states %.1e  weights %.1e  ways agree within %.1e  greedy %ld of %ld\n", word, name, v->states,
           v->weights, v->agreement, v->tokens - v->wrong_tokens, v->tokens);
    if (v->failed) printf("     %s%s\n", v->why, expected ? ", as expected" : "");
}

/* Whether a name is among those that --irreproducible gives. */
static int is_expected(char **names, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (!strcmp(names[i], name)) return 1;
    return 0;
}

/* Runs the models, and opens the tokenizers, below `root`, in the order of their names. */
static int run_all(sa_ctx *ctx, const char *root, char **expected, int expected_count, struct tally *tally) {
    struct dirent **items;
    int count = scandir(root, &items, NULL, alphasort);
    if (count < 0) return 0;
    for (int i = 0; i < count; i++) {
        char folder[4096];
        struct verdict v = {0};
        snprintf(folder, sizeof folder, "%s/%s", root, items[i]->d_name);
        const int is_model = has(folder, "config.json") || has(folder, "model.gguf"),
                  is_tokenizer = has(folder, "tokenizer.json");
        if (items[i]->d_name[0] != '.' && (is_model || is_tokenizer)) {
            if (is_model)
                check_model(ctx, folder, &v);
            else
                check_tokenizer(ctx, folder, &v);
            print(items[i]->d_name, &v, is_expected(expected, expected_count, items[i]->d_name), tally);
        }
        free(items[i]);
    }
    free(items);
    return 1;
}

int main(int argc, char **argv) {
    /* Models of a sample's size are done before another thread is awake. */
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx = NULL;
    struct tally tally = {0};
    if (argc < 2 || argv[1][0] == '-' || argc == 3 || (argc > 3 && strcmp(argv[2], "--irreproducible") != 0)) {
        fprintf(stderr, "usage: architectures DIR [--irreproducible NAME...]\n");
        return 2;
    }
    if (sa_ctx_create(&options, &ctx) != SA_OK) {
        fprintf(stderr, "%s\n", sa_ctx_last_error(NULL));
        return 1;
    }
    if (!run_all(ctx, argv[1], argv + 3, argc > 3 ? argc - 3 : 0, &tally)) perror(argv[1]);
    sa_ctx_destroy(&ctx);
    if (tally.opened) printf("%ld opened\n", tally.opened);
    if (tally.irreproducible) printf("%ld not reproducible\n", tally.irreproducible);
    printf("%ld passed, %ld failed\n", tally.passed, tally.failed);
    return tally.failed || !tally.passed;
}
