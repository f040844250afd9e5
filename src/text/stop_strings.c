/* SPDX-License-Identifier: MIT */
#include "text/stop_strings.h"

#include "base/arith.h"
#include "text/characters.h"

#include <string.h>

sa_status stop_strings_take(struct report *report, const char *const *text, int64_t count, struct stop_strings *stops) {
    *stops = (struct stop_strings){text, count, 0};
    if (count < 0) return fail(report, SA_ERR_VALUE, "stop_string_count is %lld, must be at least 0", (long long)count);
    if (count && !text) return fail_null(report, "stop_strings");
    for (int64_t i = 0; i < count; i++) {
        if (!text[i] || !*text[i])
            return fail(report, text[i] ? SA_ERR_VALUE : SA_ERR_NULL, "stop_strings[%lld] is %s", (long long)i,
                        text[i] ? "empty" : "NULL");
        const int64_t bytes = (int64_t)strlen(text[i]), wrong = invalid_utf8(text[i], bytes);
        if (wrong >= 0)
            return fail(report, SA_ERR_TEXT, "stop_strings[%lld] is not UTF-8 at byte %lld, which is 0x%02x",
                        (long long)i, (long long)wrong, (unsigned char)text[i][wrong]);
        stops->longest = max_i64(stops->longest, bytes);
    }
    return SA_OK;
}

static int ends_with(const struct text_end *end, const char *text) {
    int64_t length = (int64_t)strlen(text);
    return length <= end->count && !memcmp(end->bytes + end->count - length, text, (size_t)length);
}

int stop_strings_find(const struct stop_strings *stops, struct text_end *end, const char *bytes, int64_t count) {
    int found = 0;
    for (int64_t i = 0; i < count; i++) {
        if (end->count == stops->longest) memmove(end->bytes, end->bytes + 1, (size_t)--end->count);
        end->bytes[end->count++] = bytes[i];
        for (int64_t s = 0; s < stops->count; s++) found |= ends_with(end, stops->text[s]);
    }
    return found;
}

int64_t stop_strings_begin(const struct stop_strings *stops, const char *text, int64_t length) {
    for (int64_t at = 0; at < length; at++)
        for (int64_t s = 0; s < stops->count; s++) {
            const int64_t bytes = (int64_t)strlen(stops->text[s]);
            if (bytes <= length - at && !memcmp(text + at, stops->text[s], (size_t)bytes)) return at;
        }
    return -1;
}

int64_t stop_strings_open_end(const struct stop_strings *stops, const char *text, int64_t length) {
    int64_t most = 0;
    for (int64_t s = 0; s < stops->count; s++)
        for (int64_t n = min_i64((int64_t)strlen(stops->text[s]) - 1, length); n > most; n--)
            if (!memcmp(text + length - n, stops->text[s], (size_t)n)) most = n;
    return most;
}
