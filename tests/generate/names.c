/* A trained model that writes names of Arabic letters with Latin ones: all four texts of a search with four beams, and
 * greedy texts. Skipped where the model, $SELFATTN_AREN, is absent.
 * SPDX-License-Identifier: MIT */
#include "support/folder.h"
#include "support/reference.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BEAMS = 4, MOST = 64, BEAM_MOST = 256 };

struct names {
    sa_ctx *ctx;
    sa_model *model;
    json_t *reference;
};

/* The model with the description that leaves the sinusoids to the library. */
static struct names names_open(void) {
    if (!getenv("SELFATTN_AREN")) setenv("SELFATTN_AREN", SELFATTN_SOURCE_DIR "/../shared/models/aren", 1);
    static const char *const files[][2] = {{"config.json", "config.json"},
                                           {"model.safetensors", "model.safetensors"},
                                           {"architecture-sinusoidal.json", "architecture.json"}};
    char path[1200];
    const char *source = model_folder("SELFATTN_AREN", "aren", "reference.json");
    struct names n = {.ctx = one_thread()};
    struct folder folder = folder_make();
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", source, files[i][0]);
        cr_assert_eq(symlink(path, folder_path(&folder, files[i][1])), 0);
    }
    cr_assert_eq(sa_model_open(n.ctx, folder.path, &n.model), SA_OK, "%s", sa_ctx_last_error(n.ctx));
    folder_remove(&folder);
    snprintf(path, sizeof path, "%s/reference.json", source);
    n.reference = json_of(path);
    return n;
}

static void names_close(struct names *n) {
    json_decref(n->reference);
    sa_model_destroy(&n->model);
    sa_ctx_destroy(&n->ctx);
}

static int64_t numbers_of(const json_t *object, const char *key, int32_t *numbers) {
    const json_t *array = json_object_get(object, key);
    const size_t count = json_array_size(array);
    cr_assert(count > 0 && count <= MOST);
    for (size_t i = 0; i < count; i++) numbers[i] = (int32_t)json_integer_value(json_array_get(array, i));
    return (int64_t)count;
}

/* A session whose beams have all read the name. */
static sa_session *session_with(const struct names *n, const json_t *name, int64_t beams) {
    int32_t ids[BEAMS * MOST];
    const int64_t count = numbers_of(name, "ids", ids);
    sa_session *session = session_of(n->ctx, n->model, beams);
    for (int64_t b = 1; b < beams; b++) memcpy(ids + b * count, ids, (size_t)count * sizeof *ids);
    const sa_encode_args args = {.struct_size = sizeof args, .batch = beams, .tokens = count, .ids = ids};
    cr_assert_eq(sa_session_encode(n->ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(n->ctx));
    return session;
}

/* The reference of that name, with at most `most` new tokens. */
static void expect_beams(const struct names *n, const json_t *name, const char *key, int64_t most, int32_t stopping) {
    int32_t got[BEAMS * BEAM_MOST], want[MOST];
    int64_t counts[BEAMS];
    double scores[BEAMS];
    const char *text = json_string_value(json_object_get(name, "text"));
    sa_session *session = session_with(n, name, BEAMS);
    const sa_beam_args args = {.struct_size = sizeof args,
                               .max_tokens = most,
                               .results = BEAMS,
                               .length_penalty = 1,
                               .generated = got,
                               .counts = counts,
                               .scores = scores,
                               .early_stopping = stopping};
    cr_assert_eq(sa_beam_search(n->ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(n->ctx));
    for (int r = 0; r < BEAMS; r++) {
        const json_t *result = json_array_get(json_object_get(name, key), (size_t)r);
        cr_expect_eq(counts[r], numbers_of(result, "ids", want), "%s, text %d has %d tokens", text, r, (int)counts[r]);
        cr_expect_arr_eq(got + r * most, want, (size_t)counts[r] * sizeof *want, "%s, text %d", text, r);
        const double score = json_real_value(json_object_get(result, "score"));
        cr_expect(fabs(scores[r] - score) < 1e-5, "%s, %s, text %d: score %g, want %g", key, text, r, scores[r], score);
    }
    sa_session_destroy(&session);
}

static void expect_greedy(const struct names *n, const json_t *name, const int32_t *prompt, int64_t tokens,
                          const json_t *wanted) {
    int32_t got[MOST], want[MOST];
    int64_t count;
    sa_session *session = session_with(n, name, 1);
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = tokens,
                                   .ids = prompt,
                                   .max_tokens = MOST,
                                   .generated = got,
                                   .counts = &count};
    EXPECT_GENERATE(n->ctx, session, &args, SA_OK);
    cr_expect_eq(count, numbers_of(wanted, "greedy_ids", want));
    cr_expect_arr_eq(got, want, (size_t)count * sizeof *want, "%s", json_string_value(json_object_get(name, "text")));
    sa_session_destroy(&session);
}

Test(names, four_beams_find_the_four_texts_of_the_reference) {
    struct names n = names_open();
    const json_t *cases = json_object_get(n.reference, "cases");
    cr_assert_eq(json_array_size(cases), 20);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *name = json_array_get(cases, i);
        expect_beams(&n, name, "beam4_to_the_end", 32, SA_EARLY_STOPPING_NEVER);
        expect_beams(&n, name, "beam4", BEAM_MOST, SA_EARLY_STOPPING_TRUE);
    }
    names_close(&n);
}

Test(names, greedy_texts) {
    struct names n = names_open();
    const json_t *cases = json_object_get(n.reference, "cases");
    cr_assert_eq(json_array_size(cases), 20);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *name = json_array_get(cases, i);
        expect_greedy(&n, name, NULL, 0, name);
    }
    names_close(&n);
}

/* The decoder goes on behind letters that it is given. */
Test(names, a_given_beginning) {
    struct names n = names_open();
    int32_t prompt[MOST];
    const json_t *given = json_object_get(n.reference, "prefix");
    const json_t *name = json_array_get(json_object_get(n.reference, "cases"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(name, "text")),
                     json_string_value(json_object_get(given, "text")));
    const int64_t tokens = numbers_of(given, "prompt_ids", prompt);
    expect_greedy(&n, name, prompt, tokens, given);
    names_close(&n);
}
