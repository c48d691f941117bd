/*
 * What a message says of a file, to bytes and back. Source: docs/protocol/file.md.
 */
#include "sync/file_about.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "base/utf8.h"

enum field {
    FIELD_ID = 1,
    FIELD_KEY = 2,
    FIELD_SIZE = 3,
    FIELD_NAME = 4,
    FIELD_MEDIA = 5,
    FIELD_AEAD = 6,
    FIELD_THUMBNAIL = 7
};

#define NEEDED                                                                                     \
    (1u << FIELD_ID | 1u << FIELD_KEY | 1u << FIELD_SIZE | 1u << FIELD_NAME | 1u << FIELD_AEAD)

static bool take_exact(const struct pb_field *f, uint8_t *out, size_t len)
{
    if (f->wire != PB_BYTES || f->bytes.len != len) {
        return false;
    }
    memcpy(out, f->bytes.ptr, len);
    return true;
}

static bool take_bytes(const struct pb_field *f, struct span *out, size_t max)
{
    *out = f->bytes;
    return f->wire == PB_BYTES && f->bytes.len <= max;
}

static bool take_field(struct file_about *about, const struct pb_field *f, uint64_t *aead)
{
    switch (f->number) {
    case FIELD_ID:
        return take_exact(f, about->id, sizeof about->id);
    case FIELD_KEY:
        return take_exact(f, about->key, sizeof about->key);
    case FIELD_SIZE:
        about->size = f->value;
        return f->wire == PB_VARINT && f->value <= FILE_SHAPE_SIZE_MAX;
    case FIELD_NAME:
        return take_bytes(f, &about->name, FILE_NAME_SIZE_MAX) && about->name.len > 0 &&
               utf8_is_plain(about->name);
    case FIELD_MEDIA:
        return take_bytes(f, &about->media, FILE_ABOUT_MEDIA_MAX) && utf8_is_plain(about->media);
    case FIELD_AEAD:
        *aead = f->value;
        return f->wire == PB_VARINT;
    case FIELD_THUMBNAIL:
        return take_bytes(f, &about->thumbnail, FILE_ABOUT_THUMBNAIL_MAX);
    default:
        return true;
    }
}

int file_about_decode(struct file_about *about, struct span bytes)
{
    uint32_t seen = 0;
    uint64_t aead = 0;
    struct pb p;
    struct pb_field f;

    memset(about, 0, sizeof *about);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        const uint32_t bit = f.number <= FIELD_THUMBNAIL ? UINT32_C(1) << f.number : 0;

        if ((seen & bit) != 0 || !take_field(about, &f, &aead)) {
            return WAVU_ERR_PROTO;
        }
        seen |= bit;
    }
    if (pb_finish(&p) < 0 || (seen & NEEDED) != NEEDED) {
        return WAVU_ERR_PROTO;
    }
    return aead_of_number(&about->aead, aead) < 0 ? WAVU_ERR_UNSUPPORTED : 0;
}

void file_about_encode(struct wr *w, const struct file_about *about)
{
    CHECK(about->name.len > 0 && about->name.len <= FILE_NAME_SIZE_MAX);
    CHECK(about->media.len <= FILE_ABOUT_MEDIA_MAX && about->size <= FILE_SHAPE_SIZE_MAX);
    CHECK(about->thumbnail.len <= FILE_ABOUT_THUMBNAIL_MAX);
    pb_write_bytes(w, FIELD_ID, span_of(about->id, sizeof about->id));
    pb_write_bytes(w, FIELD_KEY, span_of(about->key, sizeof about->key));
    pb_write_varint(w, FIELD_SIZE, about->size);
    pb_write_bytes(w, FIELD_NAME, about->name);
    if (about->media.len > 0) {
        pb_write_bytes(w, FIELD_MEDIA, about->media);
    }
    pb_write_varint(w, FIELD_AEAD, aead_number(about->aead));
    if (about->thumbnail.len > 0) {
        pb_write_bytes(w, FIELD_THUMBNAIL, about->thumbnail);
    }
}
