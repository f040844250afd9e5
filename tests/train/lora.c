/* Adapters of low rank: their gradients, that only they learn, the same bits in any way, and the files.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { B = 3, T = 9, MOST = B * T, LABELS = 5, RANK = 3 };
static const double alpha = 6;

/* Llama: separate matrices; GPT-2: a row per input, packed, without a prefix; NeoX: interleaved; Marian: two stacks;
 * Phi-3: packed gates. */
static const char *const families[] = {"llama", "gpt2", "gpt_neox", "marian", "phi3", "gemma2"};
enum { FAMILIES = sizeof families / sizeof families[0] };

static const char *path_of(int family) {
    return architecture_path(families[family]);
}

static int32_t ids[MOST], labels[MOST];

static sa_training_batch batch_of(int family, uint64_t seed) {
    static const int64_t lengths[B] = {T, T - 2, T - 4};
    struct rng rng = {seed};
    sa_training_batch b = {.struct_size = sizeof b, .batch = B, .tokens = T, .ids = ids, .lengths = lengths};
    for (int i = 0; i < MOST; i++) ids[i] = (int32_t)(3 + rng_below(&rng, 28));
    for (int i = 0; i < MOST; i++) labels[i] = (int32_t)(3 + rng_below(&rng, 28));
    if (!strcmp(families[family], "marian")) b.labels = labels, b.labels_per_sequence = LABELS;
    return b;
}

static sa_lora all_matrices(void) {
    return (sa_lora){.struct_size = sizeof(sa_lora), .rank = RANK, .alpha = alpha, .targets = "*"};
}

static sa_trainer *trainer_open(sa_ctx *ctx, const char *path, const sa_lora *lora, sa_trainer_config config) {
    sa_trainer *trainer = NULL;
    config.struct_size = sizeof config;
    config.lora = lora;
    cr_assert_eq(sa_trainer_create(ctx, path, &config, &trainer), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    return trainer;
}

static double accumulate(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *b) {
    double loss;
    cr_assert_eq(sa_trainer_accumulate(ctx, trainer, b, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    return loss;
}

struct array {
    const char *name;
    float *x, *gradient;
    int64_t count;
};

static struct array array_at(sa_trainer *trainer, int64_t i) {
    struct array a = {0};
    a.name = sa_trainer_parameter(trainer, i, &a.x, &a.gradient, &a.count);
    return a;
}

/* The one whose name ends so, behind a dot. */
static struct array array_named(sa_trainer *trainer, const char *end) {
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) {
        const struct array a = array_at(trainer, i);
        const size_t all = strlen(a.name), length = strlen(end);
        if (all >= length && !strcmp(a.name + all - length, end)) return a;
    }
    return (struct array){0};
}

/* Every B gets numbers, so that gradients of A are not 0. */
static void fill_adapters(sa_trainer *trainer) {
    struct rng rng = {99};
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) {
        const struct array a = array_at(trainer, i);
        for (int64_t n = 0; n < a.count; n++) a.x[n] = 0.2f * rng_normal(&rng);
    }
}

/* scale B A of a pair, in the shape [out][in]. */
static double product_at(const struct array *down, const struct array *up, int64_t o, int64_t i) {
    const int64_t in = down->count / RANK;
    double sum = 0;
    for (int64_t k = 0; k < RANK; k++) sum += (double)up->x[o * RANK + k] * (double)down->x[k * in + i];
    return alpha / RANK * sum;
}

/* For each adapter, in the trainer of the whole model: its matrix and whether that has a row per input. */
static struct array matrix_of(sa_trainer *whole, const struct array *down) {
    char name[400];
    const char *module = down->name + strlen("base_model.model.");
    for (; module; module = strchr(module, '.') ? strchr(module, '.') + 1 : NULL) {
        snprintf(name, sizeof name, "%.*s.weight", (int)(strlen(module) - strlen(".lora_A.weight")), module);
        for (int64_t i = 0; i < sa_trainer_parameters(whole); i++) {
            const struct array a = array_at(whole, i);
            if (!strcmp(a.name, name)) return a;
        }
    }
    cr_assert_fail("%s has no matrix", down->name);
    return (struct array){0};
}

static struct array up_of(sa_trainer *trainer, const struct array *down) {
    char name[400];
    snprintf(name, sizeof name, "%.*s.lora_B.weight", (int)(strlen(down->name) - strlen(".lora_A.weight")), down->name);
    return array_named(trainer, name);
}

static int is_down(const struct array *a) {
    return strstr(a->name, ".lora_A.weight") != NULL;
}

/* With dW the gradient of the whole matrix: dA = scale B^T dW, dB = scale dW A^T. */
static void expect_pair(const struct array *down, const struct array *up, const struct array *w, int is_in_out) {
    const int64_t in = down->count / RANK, out = up->count / RANK;
    double worst = 0, norm = 0;
    for (int64_t k = 0; k < RANK; k++) {
        for (int64_t i = 0; i < in; i++) {
            double sum = 0;
            for (int64_t o = 0; o < out; o++)
                sum += (double)up->x[o * RANK + k] * (double)w->gradient[is_in_out ? i * out + o : o * in + i];
            worst = fmax(worst, fabs(alpha / RANK * sum - (double)down->gradient[k * in + i]));
            norm = fmax(norm, fabs(alpha / RANK * sum));
        }
        for (int64_t o = 0; o < out; o++) {
            double sum = 0;
            for (int64_t i = 0; i < in; i++)
                sum += (double)down->x[k * in + i] * (double)w->gradient[is_in_out ? i * out + o : o * in + i];
            worst = fmax(worst, fabs(alpha / RANK * sum - (double)up->gradient[o * RANK + k]));
            norm = fmax(norm, fabs(alpha / RANK * sum));
        }
    }
    cr_expect(worst <= 1e-4 * norm + 1e-7, "%s: gradients are wrong by %g of %g", down->name, worst, norm);
}

/* A trainer of the whole model at W + scale B A has the same loss, and its gradients are those of the adapters. */
Test(lora, gradients_are_those_of_the_whole_matrix) {
    for (int f = 0; f < FAMILIES; f++) {
        sa_ctx *ctx = ctx_open(NULL);
        const sa_lora lora = all_matrices();
        const sa_training_batch b = batch_of(f, 3);
        const int is_in_out = !strcmp(families[f], "gpt2");
        sa_trainer *part = trainer_open(ctx, path_of(f), &lora, (sa_trainer_config){0}),
                   *whole = trainer_open(ctx, path_of(f), NULL, (sa_trainer_config){0});
        fill_adapters(part);
        for (int64_t n = 0; n < sa_trainer_parameters(part); n++) {
            const struct array down = array_at(part, n), up = up_of(part, &down);
            if (!is_down(&down)) continue;
            const struct array w = matrix_of(whole, &down);
            const int64_t in = down.count / RANK, out = up.count / RANK;
            for (int64_t i = 0; i < w.count; i++)
                w.x[i] += (float)(is_in_out ? product_at(&down, &up, i % out, i / out)
                                            : product_at(&down, &up, i / in, i % in));
        }
        const double got = accumulate(ctx, part, &b), want = accumulate(ctx, whole, &b);
        cr_expect(fabs(got - want) < 1e-5 * want, "%s: the loss is %.7f, not %.7f", families[f], got, want);
        for (int64_t n = 0; n < sa_trainer_parameters(part); n++) {
            const struct array down = array_at(part, n), up = up_of(part, &down);
            if (!is_down(&down)) continue;
            const struct array w = matrix_of(whole, &down);
            expect_pair(&down, &up, &w, is_in_out);
        }
        sa_trainer_destroy(&part);
        sa_trainer_destroy(&whole);
        sa_ctx_destroy(&ctx);
    }
}

static void run_updates(sa_ctx *ctx, sa_trainer *trainer, int family, int first, int last) {
    for (int i = first; i < last; i++) {
        const sa_training_batch b = batch_of(family, 100 + (uint64_t)i);
        accumulate(ctx, trainer, &b);
        cr_assert_eq(sa_trainer_update(ctx, trainer, 1e-2, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
}

static void expect_same_bits(sa_trainer *a, sa_trainer *b, const char *what) {
    cr_assert_eq(sa_trainer_parameters(a), sa_trainer_parameters(b));
    for (int64_t i = 0; i < sa_trainer_parameters(a); i++) {
        const struct array x = array_at(a, i), y = array_at(b, i);
        cr_expect(!memcmp(x.x, y.x, (size_t)x.count * sizeof *x.x), "%s: other bits in %s", what, x.name);
    }
}

static const sa_trainer_config with_dropout = {
    .weight_decay = 0.1, .clip_norm = 1, .attention_dropout = 0.2, .hidden_dropout = 0.1, .seed = 17};

static sa_lora dropped(void) {
    sa_lora lora = all_matrices();
    lora.dropout = 0.1;
    return lora;
}

Test(lora, any_number_of_threads_gives_the_same_bits) {
    static const int32_t threads[] = {2, 3, 7};
    const sa_lora lora = dropped();
    for (int f = 0; f < FAMILIES; f += 3) {
        sa_ctx *one = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = 1});
        sa_trainer *first = trainer_open(one, path_of(f), &lora, with_dropout);
        run_updates(one, first, f, 0, 20);
        for (int i = 0; i < 3; i++) {
            sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads[i]});
            sa_trainer *other = trainer_open(ctx, path_of(f), &lora, with_dropout);
            run_updates(ctx, other, f, 0, 20);
            expect_same_bits(first, other, families[f]);
            sa_trainer_destroy(&other);
            sa_ctx_destroy(&ctx);
        }
        sa_trainer_destroy(&first);
        sa_ctx_destroy(&one);
    }
}

/* Ten updates, a checkpoint, ten more from it: the same bits as twenty. */
Test(lora, a_resumed_adapter_goes_on_with_the_same_bits) {
    for (int f = 0; f < FAMILIES; f++) {
        struct folder folder = folder_make();
        sa_ctx *ctx = ctx_open(NULL);
        const sa_lora lora = dropped(), again = {.struct_size = sizeof again, .adapter = folder.path};
        sa_trainer_config config = with_dropout;
        sa_trainer *whole = trainer_open(ctx, path_of(f), &lora, config),
                   *half = trainer_open(ctx, path_of(f), &lora, config);
        run_updates(ctx, whole, f, 0, 20);
        run_updates(ctx, half, f, 0, 10);
        cr_assert_eq(sa_trainer_save(ctx, half, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_trainer_destroy(&half);
        config.resume = 1;
        half = trainer_open(ctx, path_of(f), &again, config);
        cr_expect_eq(sa_trainer_updates(half), 10);
        run_updates(ctx, half, f, 10, 20);
        expect_same_bits(whole, half, families[f]);
        sa_trainer_destroy(&whole);
        sa_trainer_destroy(&half);
        sa_ctx_destroy(&ctx);
        folder_remove(&folder);
    }
}

static float *logits_of(sa_ctx *ctx, sa_model *model, const sa_training_batch *b, int64_t *count) {
    const int64_t V = sa_model_get(model, SA_MODEL_OUTPUTS);
    float *logits = malloc((size_t)(MOST * V) * sizeof *logits);
    sa_encode_args args = {.struct_size = sizeof args, .batch = B, .tokens = T, .ids = b->ids, .lengths = b->lengths};
    args.logits = logits;
    *count = B * T * V;
    if (b->labels) {
        args.targets = LABELS, args.target_ids = labels;
        *count = B * LABELS * V;
    }
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    return logits;
}

/* The merged checkpoint and the model opened with its adapter are the same, and have the trainer's loss. */
Test(lora, merged_and_opened_are_what_was_trained) {
    for (int f = 0; f < FAMILIES; f++) {
        struct folder beside = folder_make(), merged = folder_make();
        sa_ctx *ctx = ctx_open(NULL);
        const sa_lora lora = all_matrices();
        sa_model *one, *other, *base;
        int64_t count;
        double want, got;
        sa_trainer *trainer = trainer_open(ctx, path_of(f), &lora, (sa_trainer_config){0});
        run_updates(ctx, trainer, f, 0, 5);
        cr_assert_eq(sa_trainer_save(ctx, trainer, beside.path), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_trainer_save_merged(ctx, trainer, merged.path), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_model_open(ctx, merged.path, &one), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_model_open_adapted(ctx, path_of(f), beside.path, NULL, &other), SA_OK, "%s: %s", families[f],
                     sa_ctx_last_error(ctx));
        cr_assert_eq(sa_model_open(ctx, path_of(f), &base), SA_OK);
        const sa_training_batch b = batch_of(f, 8);
        float *x = logits_of(ctx, one, &b, &count), *y = logits_of(ctx, other, &b, &count),
              *z = logits_of(ctx, base, &b, &count);
        cr_expect(!memcmp(x, y, (size_t)count * sizeof *x), "%s: other logits", families[f]);
        cr_expect(memcmp(x, z, (size_t)count * sizeof *x), "%s: the base's logits", families[f]);
        sa_trainer *again = trainer_open(ctx, merged.path, NULL, (sa_trainer_config){0});
        cr_assert_eq(sa_trainer_loss(ctx, trainer, &b, &want), SA_OK);
        cr_assert_eq(sa_trainer_loss(ctx, again, &b, &got), SA_OK);
        cr_expect(fabs(got - want) < 1e-5 * want, "%s: the merged loss is %.7f, not %.7f", families[f], got, want);
        free(x), free(y), free(z);
        sa_model_destroy(&one), sa_model_destroy(&other), sa_model_destroy(&base);
        sa_trainer_destroy(&trainer), sa_trainer_destroy(&again);
        sa_ctx_destroy(&ctx);
        folder_remove(&beside), folder_remove(&merged);
    }
}

/* Names and settings as PEFT has them for GPT2LMHeadModel, whose file leaves "transformer." out; and first values. */
Test(lora, files_have_pefts_names) {
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    const sa_lora lora = {.struct_size = sizeof lora, .rank = 2, .targets = "attn.c_attn,down"};
    sa_trainer *trainer = trainer_open(ctx, architecture_path("gpt2"), &lora, (sa_trainer_config){.seed = 5});
    cr_assert_eq(sa_trainer_save(ctx, trainer, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    const struct array down = array_named(trainer, "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight"),
                       up = array_named(trainer, "base_model.model.transformer.h.1.mlp.c_proj.lora_B.weight");
    cr_assert(down.name && up.name, "%s, %s", array_at(trainer, 0).name, array_at(trainer, 3).name);
    const double most = 1 / sqrt((double)down.count / 2);
    double sum = 0, square = 0;
    for (int64_t i = 0; i < up.count; i++) cr_expect_eq(up.x[i], 0);
    for (int64_t i = 0; i < down.count; i++) {
        cr_expect(fabs((double)down.x[i]) <= most);
        sum += (double)down.x[i] / most;
        square += (double)down.x[i] * (double)down.x[i] / most / most;
    }
    cr_expect(fabs(sum) < 3 * sqrt((double)down.count / 3), "the sum is %g", sum);
    cr_expect(fabs(square / (double)down.count - 1. / 3) < 0.1, "the mean square is %g", square / (double)down.count);
    size_t size;
    char *text = file_bytes(folder_path(&folder, "adapter_config.json"), &size);
    static const char *const members[] = {"\"peft_type\": \"LORA\"",         "\"r\": 2",
                                          "\"fan_in_fan_out\": true",        "\"task_type\": \"CAUSAL_LM\"",
                                          "\"transformer.h.0.attn.c_attn\"", "\"bias\": \"none\""};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        cr_expect(strstr(text, members[i]), "%s is not in %s", members[i], text);
    free(text);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}
