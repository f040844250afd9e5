/* The layout is that of Darts-clone: a unit has an offset, a label and a leaf flag. Every index is checked while it is
 * followed, so a wrong table finds wrong texts but reads nothing outside. What it makes of UTF-8 is UTF-8: texts are
 * whole characters, and so is the longest match. (With the shortest one, callers replace all of the text that they
 * asked for.)
 * SPDX-License-Identifier: MIT */
#include "text/step/charsmap.h"

#include "text/characters.h"

#include <string.h>

enum { UNIT = 4 };

static uint32_t load_32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

sa_status charsmap_create(const struct allocator *memory, struct report *report, const char *file, const void *table,
                          int64_t bytes, struct charsmap *map) {
    const unsigned char *p = table;
    const int64_t trie = bytes >= UNIT ? load_32(p) : 0;
    *map = (struct charsmap){0};
    if (trie < UNIT || trie % UNIT || trie >= bytes - UNIT || p[bytes - 1])
        return fail(report, SA_ERR_FORMAT,
                    "%s: the table of replaced characters has %lld bytes, of which %lld are its trie; it is cut off",
                    file, (long long)bytes, (long long)trie);
    if (invalid_utf8((const char *)p + UNIT + trie, bytes - UNIT - trie) >= 0)
        return fail(report, SA_ERR_FORMAT, "%s: the texts in the table of replaced characters are not UTF-8", file);
    map->unit_count = trie / UNIT;
    map->text_bytes = bytes - UNIT - trie;
    map->units = memory_allocate(memory, map->unit_count, UNIT);
    map->texts = memory_allocate(memory, map->text_bytes, 1);
    if (!map->units || !map->texts) return fail_memory(report, bytes, "a table of replaced characters");
    for (int64_t i = 0; i < map->unit_count; i++) map->units[i] = load_32(p + UNIT + i * UNIT);
    memcpy(map->texts, p + UNIT + trie, (size_t)map->text_bytes);
    return SA_OK;
}

static int sextet(char c) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

/* Writes the bytes that a text in base 64 stands for; -1 if it is none. */
static int64_t decode_base64(const char *text, unsigned char *out) {
    uint32_t bits = 0;
    int64_t length = 0;
    int waiting = 0;
    for (; *text && *text != '='; text++) {
        const int value = sextet(*text);
        if (value < 0) return -1;
        bits = bits << 6 | (uint32_t)value;
        waiting += 6;
        if (waiting < 8) continue;
        waiting -= 8;
        out[length++] = (unsigned char)(bits >> waiting);
    }
    return text[strspn(text, "=")] ? -1 : length;
}

sa_status charsmap_of_base64(const struct allocator *memory, struct report *report, const char *file, const char *text,
                             struct charsmap *map) {
    const int64_t room = (int64_t)strlen(text) + 1;
    *map = (struct charsmap){0};
    unsigned char *table = memory_allocate(memory, room, 1);
    if (!table) return fail_memory(report, room, "a table of replaced characters");
    const int64_t bytes = decode_base64(text, table);
    sa_status status = bytes < 0 ? fail(report, SA_ERR_FORMAT, "%s: precompiled_charsmap is not in base 64", file)
                                 : charsmap_create(memory, report, file, table, bytes, map);
    memory_release(memory, table, room, 1);
    return status;
}

void charsmap_destroy(const struct allocator *memory, struct charsmap *map) {
    memory_release(memory, map->units, map->unit_count, UNIT);
    memory_release(memory, map->texts, map->text_bytes, 1);
    *map = (struct charsmap){0};
}

static uint32_t offset_of(uint32_t unit) {
    return (unit >> 10) << ((unit & 1u << 9) >> 6);
}

static int begins_character(char c) {
    return ((unsigned char)c & 0xc0) != 0x80;
}

const char *charsmap_find(const struct charsmap *map, int longest, const char *text, int64_t bytes, int64_t *matched) {
    const uint32_t label = 1u << 31 | 0xff, leaf = 1u << 8;
    const char *found = NULL;
    uint32_t node = offset_of(map->units[0]);
    for (int64_t i = 0; i < bytes && text[i]; i++) {
        node ^= (unsigned char)text[i];
        if (node >= map->unit_count) break;
        const uint32_t unit = map->units[node];
        if ((unit & label) != (unsigned char)text[i]) break;
        node ^= offset_of(unit);
        if (!(unit & leaf) || node >= map->unit_count) continue;
        const uint32_t value = map->units[node] & ~(1u << 31);
        if (value >= map->text_bytes || !begins_character(map->texts[value])) continue;
        if (longest && i + 1 < bytes && !begins_character(text[i + 1])) continue;
        found = map->texts + value;
        *matched = i + 1;
        if (!longest) break;
    }
    return found;
}
