/* SPDX-License-Identifier: MIT */
#include "page/frame.h"

#include "exit.h"
#include "page/letters.h"
#include "page/view.h"
#include "table.h"
#include "whole_file.h"

#include <glib.h>
#include <string.h>

json_t *page_name(const char *path) {
    char *name = g_path_get_basename(path);
    json_t *json = json_text(name);
    g_free(name);
    return json;
}

/* In a page "<" could end the script that the data stand in; in JSON it stands in strings alone. */
static int put(const char *text, size_t size, void *stream) {
    for (size_t i = 0, part; i < size; i += part) {
        const char *less = memchr(text + i, '<', size - i);
        part = less ? (size_t)(less - text) - i : size - i;
        fwrite(text + i, 1, part, stream);
        if (!less) continue;
        fputs("\\u003c", stream);
        part++;
    }
    return ferror((FILE *)stream) ? -1 : 0;
}

static void put_part(FILE *stream, const struct page_part *part) {
    fprintf(stream, "\n<script type=\"application/octet-stream\" id=\"%s\">", part->id);
    put_letters(part->bytes, part->count, stream);
    fputs("</script>", stream);
}

long long page_write(const char *path, json_t *data, const struct page_part *parts, int count) {
    struct whole_file file = whole_file_begin(path);
    fwrite(page_view_head, 1, page_view_head_size, file.stream);
    fputs("<script type=\"application/json\" id=\"data\">", file.stream);
    int fine = !json_dump_callback(data, put, file.stream, JSON_COMPACT | JSON_ENSURE_ASCII);
    fputs("</script>", file.stream);
    for (int i = 0; i < count; i++) put_part(file.stream, &parts[i]);
    fwrite(page_view_tail, 1, page_view_tail_size, file.stream);
    json_decref(data);
    return whole_file_end(&file, fine);
}
