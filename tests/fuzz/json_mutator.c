/* Lets libFuzzer change values of JSON instead of bytes. The first text of an input that is a JSON object is changed:
 * a value is replaced, removed, copied to another place, or, if it is a number, moved to a boundary. Every other time,
 * and for inputs without JSON, libFuzzer's own changes are made.
 * SPDX-License-Identifier: MIT */
#include "fuzz/input.h"

#include <jansson.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static json_int_t boundary(json_int_t number, struct rng *rng) {
    static const json_int_t numbers[] = {0,        1,         -1,        2,         255,       65536,  INT32_MAX,
                                         1L << 31, 1LL << 32, 1LL << 53, INT64_MAX, INT64_MIN, 1 << 20};
    switch (rng_below(rng, 4)) {
    case 0:
        return number < INT64_MAX ? number + 1 : 0;
    case 1:
        return number > INT64_MIN ? number - 1 : 0;
    case 2:
        return number < INT32_MAX && number > INT32_MIN ? number * 2 : 1;
    default:
        return numbers[rng_below(rng, sizeof numbers / sizeof *numbers)];
    }
}

/* A new value in place of another. */
static json_t *other_value(const json_t *old, struct rng *rng) {
    switch (rng_below(rng, 9)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_false();
    case 3:
        return json_string("");
    case 4:
        return json_object();
    case 5:
        return json_array();
    case 6:
        return json_real(rng_chance(rng, .5) ? 1e308 : -.5);
    case 7:
        return json_is_array(old) ? json_deep_copy(json_array_get(old, 0)) : json_pack("[O]", old);
    default:
        return json_integer(boundary(json_integer_value(old), rng));
    }
}

static json_t *changed(const json_t *old, struct rng *rng) {
    if (json_is_integer(old) && rng_chance(rng, .7)) return json_integer(boundary(json_integer_value(old), rng));
    if (json_is_boolean(old) && rng_chance(rng, .7)) return json_boolean(!json_is_true(old));
    return other_value(old, rng);
}

/* Walks down from `at` to a random depth and changes something there; *kept is a value that was seen on the way, and
 * may be put elsewhere. */
static void change(json_t *at, struct rng *rng, const json_t **kept) {
    const size_t members = json_is_object(at) ? json_object_size(at) : json_array_size(at);
    if (!members) return;
    int64_t chosen = rng_below(rng, (int64_t)members);
    const char *key = NULL;
    if (json_is_object(at)) {
        void *place = json_object_iter(at);
        while (chosen-- > 0) place = json_object_iter_next(at, place);
        key = json_object_iter_key(place);
    }
    json_t *member = key ? json_object_get(at, key) : json_array_get(at, (size_t)chosen);
    if (json_is_object(member) || json_is_array(member)) {
        if (rng_chance(rng, .8) && (json_object_size(member) || json_array_size(member))) {
            change(member, rng, kept);
            return;
        }
    }
    if (rng_chance(rng, .3)) *kept = member;
    char name[200];
    snprintf(name, sizeof name, "%s", key ? key : "");
    if (rng_chance(rng, .2)) {
        if (key)
            json_object_del(at, name);
        else
            json_array_remove(at, (size_t)chosen);
        return;
    }
    json_t *value = *kept && *kept != at && rng_chance(rng, .3) ? json_deep_copy(*kept) : changed(member, rng);
    if (!value) return;
    if (key)
        json_object_set_new(at, name, value);
    else
        json_array_set_new(at, (size_t)chosen, value);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    struct rng rng = {seed};
    const uint8_t *begin = memchr(data, '{', size);
    if (!begin || rng_chance(&rng, .5)) return LLVMFuzzerMutate(data, size, most);
    const size_t before = (size_t)(begin - data);
    const uint8_t *end = memchr(begin, 0, size - before);
    const size_t length = end ? (size_t)(end - begin) : size - before;
    json_t *root = json_loadb((const char *)begin, length, 0, NULL);
    if (!root) return LLVMFuzzerMutate(data, size, most);
    const json_t *kept = NULL;
    for (int64_t i = 0; i <= rng_below(&rng, 3); i++, kept = NULL) change(root, &rng, &kept);
    char *text = json_dumps(root, JSON_COMPACT);
    const size_t room = text ? strlen(text) : 0, rest = size - before - length;
    if (!text || before + room + rest > most) {
        size = LLVMFuzzerMutate(data, size, most);
    } else {
        memmove(data + before + room, data + before + length, rest);
        memcpy(data + before, text, room);
        size = before + room + rest;
    }
    free(text);
    json_decref(root);
    return size;
}
