/* No memory of a process that has used the library can be both written and executed, and its stack cannot be executed.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Tokenizers of all kinds, so with expressions too, read a text. */
static void tokenize(void) {
    static const char text[] = "It's 12345 caf\xc3\xa9s, \xe4\xbd\xa0\xe5\xa5\xbd!\n\n  end";
    json_t *kinds = json_of(data_path("tokenizers/kinds.json")), *kind;
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    const char *name;
    int read = 0;
    json_object_foreach(kinds, name, kind) {
        sa_tokenizer *t = NULL;
        int32_t ids[200];
        int64_t count;
        cr_assert_eq(json_dump_file(json_object_get(kind, "tokenizer"), folder_path(&folder, "tokenizer.json"), 0), 0);
        if (sa_tokenizer_open(ctx, folder.path, &t) != SA_OK) continue; /* without PCRE2 */
        read += sa_tokenizer_encode(ctx, t, text, sizeof text - 1, ids, 200, &count) == SA_OK;
        sa_tokenizer_destroy(&t);
    }
    cr_expect_gt(read, 10);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
    json_decref(kinds);
}

static void encode(sa_ctx *ctx, const char *folder) {
    const int32_t ids[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    float embedding[21];
    sa_model *model;
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = 10, .ids = ids, .embedding = embedding};
    cr_assert_eq(sa_model_open(ctx, folder, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* The first mapping that can be written and executed, or a stack that can be executed; "" if there is none. */
static const char *bad_mapping(void) {
    static char line[600];
    FILE *maps = fopen("/proc/self/maps", "r");
    int bad = 0, lines = 0;
    while (maps && !bad && fgets(line, sizeof line, maps)) {
        char rights[5] = "";
        lines++;
        if (strstr(line, "valgrind")) cr_skip("valgrind writes the code that it runs");
        cr_assert_eq(sscanf(line, "%*s %4s", rights), 1);
        bad = rights[2] == 'x' && (rights[1] == 'w' || strstr(line, "[stack"));
    }
    if (!maps) cr_skip("no /proc/self/maps");
    (void)fclose(maps);
    cr_expect_gt(lines, 10);
    return bad ? line : "";
}

Test(mappings, none_is_both_writable_and_executable) {
    struct folder folder = tiny_folder_make();
    tokenize();
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 3);
        if (!ctx) continue;
        encode(ctx, folder.path);
        cr_expect_str_eq(bad_mapping(), "", "%s", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
    folder_remove(&folder);
}
