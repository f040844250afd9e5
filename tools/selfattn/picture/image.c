/* SPDX-License-Identifier: MIT */
#include "picture/image.h"

#include "exit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

/* More pixels than any model's photograph has; files can claim anything. */
static const int64_t MOST_PIXELS = 100000000;

/* A file's content. */
struct content {
    const char *file;
    size_t size, at;
    unsigned char *byte;
};

static struct content read_content(const char *file) {
    struct content c = {.file = file};
    FILE *stream = fopen(file, "rb");
    if (!stream) failure("%s cannot be opened: %s", file, strerror(errno));
    for (size_t room = 0, got = 1; got > 0; c.size += got) {
        if (c.size == room) {
            room = room ? 2 * room : 1 << 16;
            c.byte = reallocate(c.byte, room, 1);
        }
        got = fread(c.byte + c.size, 1, room - c.size, stream);
    }
    if (ferror(stream)) failure("%s cannot be read: %s", file, strerror(errno));
    fclose(stream);
    return c;
}

static struct image make(const char *file, int64_t width, int64_t height) {
    if (width < 1 || height < 1 || width > MOST_PIXELS / height)
        failure("%s: has %lld x %lld pixels, must be 1 to %lld in total", file, (long long)width, (long long)height,
                (long long)MOST_PIXELS);
    return (struct image){(int)width, (int)height, allocate((size_t)(width * height), 3)};
}

static int64_t big_endian(const unsigned char *byte) {
    return (int64_t)byte[0] << 24 | byte[1] << 16 | byte[2] << 8 | byte[3];
}

static cairo_status_t feed(void *closure, unsigned char *data, unsigned int length) {
    struct content *c = closure;
    if (length > c->size - c->at) return CAIRO_STATUS_READ_ERROR;
    memcpy(data, c->byte + c->at, length);
    c->at += length;
    return CAIRO_STATUS_SUCCESS;
}

/* Whatever format cairo made of the file, on white paper. */
static void flatten(cairo_surface_t *png, struct image *image) {
    cairo_surface_t *paper = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    cairo_t *cairo = cairo_create(paper);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_set_source_surface(cairo, png, 0, 0);
    cairo_paint(cairo);
    cairo_destroy(cairo);
    cairo_surface_flush(paper);
    for (int y = 0; y < image->height; y++) {
        const unsigned char *row = cairo_image_surface_get_data(paper) + y * cairo_image_surface_get_stride(paper);
        for (int x = 0; x < image->width; x++) {
            uint32_t pixel;
            memcpy(&pixel, row + 4 * x, 4);
            unsigned char *rgb = image->rgb + 3 * ((int64_t)y * image->width + x);
            rgb[0] = (unsigned char)(pixel >> 16), rgb[1] = (unsigned char)(pixel >> 8), rgb[2] = (unsigned char)pixel;
        }
    }
    cairo_surface_destroy(paper);
}

static struct image read_png(struct content *c) {
    if (c->size < 24) failure("%s: is not a complete PNG file", c->file);
    struct image image = make(c->file, big_endian(c->byte + 16), big_endian(c->byte + 20));
    cairo_surface_t *png = cairo_image_surface_create_from_png_stream(feed, c);
    cairo_status_t status = cairo_surface_status(png);
    if (status != CAIRO_STATUS_SUCCESS)
        failure("%s: cannot be read as PNG: %s", c->file, cairo_status_to_string(status));
    flatten(png, &image);
    cairo_surface_destroy(png);
    return image;
}

static struct image read_jpeg(const struct content *c) {
    int width, height, sampling, space;
    tjhandle jpeg = tjInitDecompress();
    if (!jpeg || tjDecompressHeader3(jpeg, c->byte, c->size, &width, &height, &sampling, &space))
        failure("%s: cannot be read as JPEG: %s", c->file, tjGetErrorStr2(jpeg));
    struct image image = make(c->file, width, height);
    if (tjDecompress2(jpeg, c->byte, c->size, image.rgb, width, 0, height, TJPF_RGB, TJFLAG_ACCURATEDCT))
        failure("%s: cannot be read as JPEG: %s", c->file, tjGetErrorStr2(jpeg));
    tjDestroy(jpeg);
    return image;
}

struct image image_read(const char *file) {
    static const unsigned char png[] = {0x89, 'P', 'N', 'G'}, jpeg[] = {0xff, 0xd8, 0xff};
    struct content c = read_content(file);
    int is_png = c.size > sizeof png && !memcmp(c.byte, png, sizeof png);
    int is_jpeg = c.size > sizeof jpeg && !memcmp(c.byte, jpeg, sizeof jpeg);
    if (!is_png && !is_jpeg) failure("%s: is neither a PNG nor a JPEG file", file);
    struct image image = is_png ? read_png(&c) : read_jpeg(&c);
    free(c.byte);
    return image;
}

void image_free(struct image *image) {
    free(image->rgb);
    image->rgb = NULL;
}

cairo_surface_t *image_surface(const struct image *image) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) failure("no memory for a picture");
    for (int y = 0; y < image->height; y++) {
        unsigned char *row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
        for (int x = 0; x < image->width; x++) {
            const unsigned char *rgb = image->rgb + 3 * ((int64_t)y * image->width + x);
            uint32_t pixel = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
            memcpy(row + 4 * x, &pixel, 4);
        }
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}
