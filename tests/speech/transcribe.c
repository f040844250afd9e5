/* sa_transcribe() with a model that writes a script: windows, segments, languages, silence, prompts, endings.
 * SPDX-License-Identifier: MIT */
#include "scripted.h"
#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXPECT_TRANSCRIBE(s, args)                                                                                     \
    cr_assert_eq(sa_transcribe((s)->ctx, (s)->session, args), SA_OK, "%s", sa_ctx_last_error((s)->ctx))

/* Behind the start token at place 0 comes the language, then the task, then perhaps "no times", then the text. */
static const struct line plain[] = {{0, FIRST_LANGUAGE + 1, 1}, {3, 5, 1}, {4, 6, 1}, {5, END, 1}, {0}};

static void expect_ids(const int32_t *got, int64_t count, const int32_t *want, int64_t wanted) {
    cr_assert_eq(count, wanted, "%d ids, want %d", (int)count, (int)wanted);
    for (int64_t i = 0; i < wanted; i++)
        cr_expect_eq(got[i], want[i], "id %d is %d, want %d", (int)i, (int)got[i], (int)want[i]);
}

static void expect_segment(const struct told *t, int n, double begin, double end, const int32_t *ids, int64_t count) {
    cr_assert_gt(t->segments, n);
    cr_expect_float_eq(t->segment[n].begin, begin, 1e-9, "segment %d begins at %g", n, t->segment[n].begin);
    cr_expect_float_eq(t->segment[n].end, end, 1e-9, "segment %d ends at %g", n, t->segment[n].end);
    expect_ids(t->segment_ids[n], t->segment[n].count, ids, count);
}

Test(transcribe, one_window_without_times) {
    const int32_t text[] = {5, 6}, all[] = {5, 6, END};
    struct scripted s = scripted_open(plain, scripted_rules);
    struct told t = {.scripted = &s};
    sa_transcribe_args a = scripted_args(&s, &t, 100);
    int32_t found = 7;
    int64_t done = 7;
    float probabilities[3];
    a.language_found = &found, a.language_probabilities = probabilities, a.done = &done;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.windows, 1);
    cr_expect_eq(t.segments, 1);
    expect_segment(&t, 0, 0, 1, text, 2);
    expect_ids(t.window_ids[0], t.window[0].tokens, all, 3);
    cr_expect_eq(t.window[0].kind, SA_WINDOW_TEXT);
    cr_expect_eq(t.window[0].next, 100);
    cr_expect_eq(t.segment[0].language, 1);
    cr_expect_float_eq(t.window[0].log_probability, 0, 1e-6);
    cr_expect_lt(t.window[0].no_speech, 1e-6);
    cr_expect_eq(found, 1);
    cr_expect_eq(done, 100);
    cr_expect_str_eq(sa_speech_language(s.speech, found), "de");
    cr_expect_gt(probabilities[1], 0.999f);
    cr_expect_float_eq((double)probabilities[0] + (double)probabilities[1] + (double)probabilities[2], 1, 1e-6);
    scripted_close(&s);
}

Test(transcribe, windows_without_times_follow_each_other) {
    struct scripted s = scripted_open(plain, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 3 * WINDOW + 7);
    a.times = SA_TIMES_NEVER;
    EXPECT_TRANSCRIBE(&s, &a);
    /* The last 7 samples are less than a step of 8. */
    cr_expect_eq(t.windows, 3);
    for (int w = 0; w < 3; w++) {
        cr_expect_eq(t.window[w].first, w * WINDOW);
        cr_expect_eq(t.window[w].next, (w + 1) * WINDOW);
        cr_expect_float_eq(t.segment[w].begin, w * 1.6, 1e-9);
    }
    scripted_close(&s);
}

/* <0.00> 5 6 <0.48><0.48> 7 END: what stands behind the pair of times is written again, from there on. */
Test(transcribe, the_next_window_begins_at_the_last_pair_of_times) {
    static const struct line lines[] = {{0, FIRST_LANGUAGE, 1}, {2, TIME, 1}, {3, 5, 1},   {4, 6, 1}, {5, TIME + 3, 1},
                                        {6, TIME + 3, 1},       {7, 7, 1},    {8, END, 1}, {0}};
    const int32_t text[] = {5, 6}, all[] = {TIME, 5, 6, TIME + 3, TIME + 3, 7, END};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {.scripted = &s};
    const sa_transcribe_args a = scripted_args(&s, &t, WINDOW + 40);
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.windows, 5); /* from 0, 48, 96, 144 and 192, where 8 samples are left */
    for (int w = 0; w < t.windows; w++) {
        cr_expect_eq(t.window[w].first, w * 3 * TIME_STEP);
        expect_ids(t.window_ids[w], t.window[w].tokens, all, 7);
        expect_segment(&t, w, w * 0.48, fmin(w * 0.48 + 0.48, 2), text, 2);
    }
    cr_expect_eq(t.segments, t.windows);
    scripted_close(&s);
}

/* <0.00> 5 <0.32><0.48> 6 <0.80> END: two segments, and nothing is left open. */
Test(transcribe, a_single_time_at_the_end_ends_the_window) {
    static const struct line lines[] = {{0, FIRST_LANGUAGE, 1}, {2, TIME, 1},     {3, 5, 1},
                                        {4, TIME + 2, 1},       {5, TIME + 3, 1}, {6, 6, 1},
                                        {7, TIME + 5, 1},       {8, END, 1},      {0}};
    const int32_t first[] = {5}, second[] = {6};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, WINDOW);
    a.times = SA_TIMES_ALWAYS;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.windows, 1);
    cr_expect_eq(t.segments, 2);
    expect_segment(&t, 0, 0, 0.32, first, 1);
    expect_segment(&t, 1, 0.48, 0.8, second, 1);
    scripted_close(&s);
}

/* Times never lead backwards, and the script's own wish for that is overruled. */
Test(transcribe, a_script_that_breaks_the_rules) {
    static const struct line lines[] = {{0, FIRST_LANGUAGE, 1}, {2, TIME + 9, 2}, {2, TIME, 1}, {3, 5, 1},
                                        {4, TIME + 4, 1},       {5, TIME + 2, 2}, {5, END, 1},  {0}};
    const int32_t all[] = {TIME, 5, TIME + 4, END}, text[] = {5};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, WINDOW);
    a.times = SA_TIMES_ALWAYS;
    EXPECT_TRANSCRIBE(&s, &a);
    expect_ids(t.window_ids[0], t.window[0].tokens, all, 4);
    expect_segment(&t, 0, 0, 0.64, text, 1);
    scripted_close(&s);
}

Test(transcribe, windows_without_speech) {
    static const struct line lines[] = {{0, NO_SPEECH, 2}, {3, 5, 0.02}, {4, END, 0.02}, {0}};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 100);
    int32_t found;
    a.language_found = &found;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[0].kind, SA_WINDOW_SPEECHLESS);
    cr_expect_gt(t.window[0].no_speech, 0.99);
    cr_expect_lt(t.window[0].log_probability, -1);
    cr_expect_eq(t.segments, 0);
    cr_expect_eq(found, -1);
    a.no_speech = 1; /* no window is */
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[1].kind, SA_WINDOW_TEXT);
    cr_expect_eq(t.segments, 1);
    a.no_speech = 0.6, a.log_probability = -10; /* the tokens are probable enough */
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[2].kind, SA_WINDOW_TEXT);
    scripted_close(&s);
}

Test(transcribe, silence_and_next_to_no_sound) {
    static const float zeros[3 * WINDOW];
    struct scripted s = scripted_open(plain, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 0);
    int32_t found;
    int64_t done;
    a.language_found = &found, a.done = &done;
    const int64_t nothing[] = {0, 1, 7};
    for (int i = 0; i < 3; i++) {
        a.count = nothing[i];
        EXPECT_TRANSCRIBE(&s, &a);
        cr_expect_eq(t.windows, 0);
        cr_expect_eq(found, -1);
        cr_expect_eq(done, nothing[i]);
    }
    a.samples = zeros, a.count = 3 * WINDOW;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.windows, 3);
    cr_expect_eq(t.segments, 0);
    cr_expect_eq(t.window[2].kind, SA_WINDOW_SILENT);
    cr_expect_eq(t.window[2].no_speech, 1);
    cr_expect_eq(t.window[2].tokens, 0);
    cr_expect_eq(t.window[2].language, -1);
    scripted_close(&s);
}

Test(transcribe, languages_and_tasks) {
    struct scripted s = scripted_open(plain, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 100);
    a.language = "ja", a.task = SA_TASK_TRANSLATE;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[0].language, 2);
    a.language = "xx";
    cr_expect_eq(sa_transcribe(s.ctx, s.session, &a), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(s.ctx), "language is \"xx\", which is none of the model's 3: \"en\" to \"ja\"");
    cr_expect_str_eq(sa_speech_language(s.speech, 0), "en");
    cr_expect_null(sa_speech_language(s.speech, 3));
    cr_expect_null(sa_speech_language(s.speech, -1));
    cr_expect_null(sa_speech_language(NULL, 0));
    cr_expect_null(sa_speech_mel(NULL));
    scripted_close(&s);
}

/* Without languages the prompt is the start token, and without times what forbids them. */
Test(transcribe, a_model_of_english_alone) {
    static const struct line lines[] = {{0, TIME, 1}, {1, 5, 1}, {2, END, 1}, {0}};
    const int32_t with_times[] = {TIME, 5, END}, without[] = {5, END};
    struct scripted s = scripted_open(lines, "\"no_timestamps_token_id\": 50,");
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 100);
    EXPECT_TRANSCRIBE(&s, &a);
    expect_ids(t.window_ids[0], t.window[0].tokens, without, 2);
    a.times = SA_TIMES_ALWAYS, a.language = "en";
    EXPECT_TRANSCRIBE(&s, &a);
    expect_ids(t.window_ids[1], t.window[1].tokens, with_times, 3);
    cr_expect_eq(t.window[1].language, -1);
    a.language = "de";
    cr_expect_eq(sa_transcribe(s.ctx, s.session, &a), SA_ERR_VALUE);
    a.language = NULL, a.task = SA_TASK_TRANSLATE;
    cr_expect_eq(sa_transcribe(s.ctx, s.session, &a), SA_ERR_VALUE);
    scripted_close(&s);
}

/* A prompt stands before the start token, behind a token of its own: all places shift. */
Test(transcribe, prompts) {
    static const struct line lines[] = {{0, FIRST_LANGUAGE, 1},
                                        {3, 5, 1},
                                        {4, END, 1}, /* without a prompt */
                                        {6, 8, 1},
                                        {7, END, 1}, /* with two tokens before */
                                        {9, 9, 1},
                                        {8, 9, 1},
                                        {10, END, 1},
                                        {0}};
    const int32_t earlier[40] = {20, 21};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 2 * WINDOW);
    a.language = "en", a.times = SA_TIMES_NEVER;
    a.prompt = earlier, a.prompt_tokens = 2;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window_ids[0][0], 8); /* the first window has the prompt, */
    cr_expect_eq(t.window_ids[1][0], 5); /* the second has none */
    a.keep_text = 1;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window_ids[2][0], 8);
    cr_expect_eq(t.window_ids[3][0], 0); /* three tokens, the last of which is 8: no line of the script */
    cr_expect_eq(t.window_ids[3][1], 9);
    /* Half of the positions, less one, is kept of a long prompt: 1 + 15 + 4 tokens, so the text begins at place 19. */
    a.prompt_tokens = 40;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[4].tokens, POSITIONS - 20);
    cr_expect_eq(t.window[5].tokens, POSITIONS - 20); /* the first window's tokens have replaced as many */
    scripted_close(&s);
}

/* What the caller begins is new text of the first window with sound, and the model goes on from there. */
Test(transcribe, a_beginning) {
    static const struct line lines[] = {
        {0, FIRST_LANGUAGE, 1}, {2, TIME, 1}, {3, 5, 1}, {4, END, 1}, {5, 8, 1}, {6, END, 1}, {0}};
    static float sound[3 * WINDOW];
    const int32_t beginning[] = {20, 21}, timed[] = {TIME, 20, 21, 8, END}, text[] = {20, 21, 8};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 3 * WINDOW);
    memcpy(sound + WINDOW, a.samples, 2 * WINDOW * sizeof *sound);
    a.samples = sound, a.times = SA_TIMES_NEVER;
    a.beginning = beginning, a.beginning_tokens = 2;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[0].kind, SA_WINDOW_SILENT);
    expect_ids(t.window_ids[1], t.window[1].tokens, timed + 1, 4);
    expect_segment(&t, 0, 1.6, 3.2, text, 3);
    cr_expect_gt(t.window[1].log_probability, -0.1, "%g: those that were not chosen do not count",
                 t.window[1].log_probability);
    cr_expect_eq(t.window_ids[2][0], 5);
    a.max_tokens = 2; /* both are there already */
    EXPECT_TRANSCRIBE(&s, &a);
    expect_ids(t.window_ids[4], t.window[4].tokens, timed + 1, 2);
    a.max_tokens = 0, a.times = SA_TIMES_ALWAYS;
    EXPECT_TRANSCRIBE(&s, &a);
    expect_ids(t.window_ids[7], t.window[7].tokens, timed, 5);
    scripted_close(&s);
}

Test(transcribe, a_window_ends_where_there_is_no_room) {
    static const struct line lines[] = {{0, FIRST_LANGUAGE, 1}, {0}};
    struct scripted s = scripted_open(lines, scripted_rules);
    struct told t = {0};
    sa_transcribe_args a = scripted_args(&s, &t, 100);
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[0].tokens, POSITIONS - 4);
    a.max_tokens = 3;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.window[1].tokens, 3);
    scripted_close(&s);
}

Test(transcribe, callbacks_end_the_call) {
    struct scripted s = scripted_open(plain, scripted_rules);
    struct told t = {.stop_at_segment = 2};
    sa_transcribe_args a = scripted_args(&s, &t, 5 * WINDOW);
    int64_t done;
    a.times = SA_TIMES_NEVER, a.done = &done;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.windows, 2);
    cr_expect_eq(done, 2 * WINDOW);
    t = (struct told){.stop_at_window = 3};
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(t.windows, 3);
    cr_expect_eq(done, 3 * WINDOW);
    a.on_segment = NULL, a.on_window = NULL, a.user = NULL;
    EXPECT_TRANSCRIBE(&s, &a);
    cr_expect_eq(done, 5 * WINDOW);
    scripted_close(&s);
}

static void expect_refused(const struct scripted *s, const sa_transcribe_args *a, sa_status want, const char *words) {
    cr_expect_eq(sa_transcribe(s->ctx, s->session, a), want, "%s", sa_ctx_last_error(s->ctx));
    cr_expect(strstr(sa_ctx_last_error(s->ctx), words) != NULL, "%s", sa_ctx_last_error(s->ctx));
}

#define REFUSED(field, value, want, words)                                                                             \
    do {                                                                                                               \
        sa_transcribe_args b = a;                                                                                      \
        b.field = value;                                                                                               \
        expect_refused(&s, &b, want, words);                                                                           \
    } while (0)

/* Where the rules forbid every token, none can be written. */
Test(transcribe, rules_that_leave_nothing) {
    char rules[600] = "\"no_timestamps_token_id\": 50, \"suppress_tokens\": [0";
    for (int v = 1; v < VOCABULARY; v++) snprintf(rules + strlen(rules), sizeof rules - strlen(rules), ", %d", v);
    struct scripted s = scripted_open(plain, strcat(rules, "],"));
    struct told t = {0};
    const sa_transcribe_args a = scripted_args(&s, &t, 100);
    for (int again = 0; again < 2; again++)
        expect_refused(&s, &a, SA_ERR_VALUE, "no token of the window at sample 0 can be chosen");
    cr_expect_eq(t.windows, 0);
    scripted_close(&s);
}

Test(transcribe, calls_that_make_no_sense) {
    const int32_t wrong[] = {3, VOCABULARY};
    struct scripted s = scripted_open(plain, scripted_rules), other = scripted_open(plain, scripted_rules);
    struct told t = {0};
    const sa_transcribe_args a = scripted_args(&s, &t, 100);
    expect_refused(&s, NULL, SA_ERR_NULL, "args");
    REFUSED(struct_size, 8, SA_ERR_STRUCT_SIZE, "sa_transcribe_args");
    REFUSED(speech, NULL, SA_ERR_NULL, "speech");
    REFUSED(speech, other.speech, SA_ERR_VALUE, "another model");
    REFUSED(samples, NULL, SA_ERR_NULL, "samples");
    REFUSED(count, -1, SA_ERR_VALUE, "count is -1");
    REFUSED(task, 2, SA_ERR_VALUE, "task is 2, must be 0 to 1");
    REFUSED(times, -1, SA_ERR_VALUE, "times is -1, must be 0 to 2");
    REFUSED(keep_text, 2, SA_ERR_VALUE, "keep_text is 2");
    REFUSED(reserved, 1, SA_ERR_VALUE, "reserved is 1");
    REFUSED(prompt_tokens, -1, SA_ERR_VALUE, "prompt_tokens is -1");
    REFUSED(prompt_tokens, 1, SA_ERR_NULL, "prompt");
    REFUSED(beginning_tokens, -1, SA_ERR_VALUE, "beginning_tokens is -1");
    REFUSED(beginning_tokens, 1, SA_ERR_NULL, "beginning");
    REFUSED(max_tokens, -1, SA_ERR_VALUE, "max_tokens is -1");
    REFUSED(no_speech, 1.5, SA_ERR_VALUE, "no_speech is 1.5");
    REFUSED(no_speech, NAN, SA_ERR_VALUE, "no_speech is nan");
    REFUSED(log_probability, 1, SA_ERR_VALUE, "log_probability is 1");
    sa_transcribe_args b = a;
    b.prompt = wrong, b.prompt_tokens = 2;
    expect_refused(&s, &b, SA_ERR_VALUE, "prompt[1] is 62, must be 0 to 61");
    const int32_t end[] = {3, END};
    b = a, b.beginning = end, b.beginning_tokens = 2;
    expect_refused(&s, &b, SA_ERR_VALUE, "beginning[1] is 40, must be 0 to 39");
    const int32_t long_one[12] = {0};
    b.beginning = long_one, b.beginning_tokens = 12;
    expect_refused(&s, &b, SA_ERR_VALUE, "beginning_tokens is 12, must be 0 to 11");
    static float spoiled[2 * WINDOW];
    for (int i = 0; i < 2 * WINDOW; i++) spoiled[i] = a.samples[i];
    spoiled[WINDOW + 5] = INFINITY;
    b = a, b.samples = spoiled, b.count = 2 * WINDOW, b.times = SA_TIMES_NEVER;
    expect_refused(&s, &b, SA_ERR_VALUE, "samples[165] is inf");
    cr_expect_eq(t.windows, 1);
    sa_session_destroy(&s.session);
    const sa_session_config two = {.struct_size = sizeof two, .batch = 2},
                            short_one = {.struct_size = sizeof two, .capacity = 9};
    cr_assert_eq(sa_session_create(s.ctx, s.model, &two, &s.session), SA_OK);
    expect_refused(&s, &a, SA_ERR_SHAPE, "2 sequences");
    sa_session_destroy(&s.session);
    cr_assert_eq(sa_session_create(s.ctx, s.model, &short_one, &s.session), SA_OK);
    expect_refused(&s, &a, SA_ERR_SHAPE, "at most 9 tokens");
    scripted_close(&s);
    scripted_close(&other);
}

Test(transcribe, every_allocation_may_fail) {
    struct folder folder = folder_make();
    scripted_write(&folder, plain, scripted_rules);
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        struct told t = {0};
        test_allocator_use(&allocator, &options);
        struct scripted s = {.ctx = ctx_open(&options)};
        cr_assert_eq(sa_model_open(s.ctx, folder.path, &s.model), SA_OK);
        allocator.fail_at = allocator.calls + n;
        sa_status status = sa_speech_open(s.ctx, s.model, folder.path, &s.speech);
        if (status == SA_OK) status = sa_session_create(s.ctx, s.model, NULL, &s.session);
        const sa_transcribe_args a = scripted_args(&s, &t, 3 * WINDOW);
        if (status == SA_OK) status = sa_transcribe(s.ctx, s.session, &a);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(s.ctx));
        allocator.fail_at = -1;
        if (s.session) {
            EXPECT_TRANSCRIBE(&s, &a);
            const int64_t calls = allocator.calls;
            t = (struct told){0};
            EXPECT_TRANSCRIBE(&s, &a);
            cr_expect_eq(allocator.calls, calls);
        }
        scripted_close(&s);
        cr_expect_eq(allocator.live, 0, "allocation %d", (int)n);
        cr_expect_eq(allocator.faults, 0);
    }
    cr_expect_gt(n, 15);
    folder_remove(&folder);
}
