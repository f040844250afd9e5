/* selfattn info: the sizes of a model.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command.h"
#include "engine.h"
#include "table.h"

#include <stdio.h>

static const struct {
    const char *name, *text;
    int32_t what;
} sizes[] = {
    {"layers", "layers", SA_MODEL_LAYERS},
    {"width", "width of a hidden state", SA_MODEL_WIDTH},
    {"query_heads", "query heads per layer", SA_MODEL_QUERY_HEADS},
    {"kv_heads", "key/value heads per layer", SA_MODEL_KV_HEADS},
    {"vocabulary", "tokens in the vocabulary", SA_MODEL_VOCABULARY},
    {"max_positions", "tokens in the longest text", SA_MODEL_MAX_POSITIONS},
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

int command_info(int argc, const char **argv) {
    struct common common = {0};
    const struct poptOption options[] = {COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL_DIR", 1, 1);
    struct engine engine = engine_begin(&common);
    engine_load(&engine, a.word[0]);
    json_t *object = json_object();
    for (int i = 0; i < SIZES; i++) {
        int64_t value = sa_model_get(engine.model, sizes[i].what);
        json_object_set_new(object, sizes[i].name, json_integer(value));
        if (!common.json) printf("%-28s%8lld\n", sizes[i].text, (long long)value);
    }
    if (common.json) print_json(json_incref(object));
    json_decref(object);
    engine_close(&engine);
    arguments_free(&a, &common);
    return 0;
}
