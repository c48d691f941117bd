/*
 * Codec of direct messages. Source: docs/protocol/room.md, "Direct chats", and room.proto.
 */
#include "chat/direct.h"

#include <string.h>

#include "crypto/signer.h"

#define DIRECT_FORMAT 1

enum body_field { BODY_CHAT = 1, BODY_MESSAGE = 2, BODY_WANT = 3 };

enum field {
    FIELD_FORMAT = 1,
    FIELD_DEVICE = 2,
    FIELD_SEQUENCE = 3,
    FIELD_HEIGHT = 4,
    FIELD_EXPIRY = 5,
    FIELD_CONTENT = 6,
};

enum want_field { WANT_DEVICE = 1, WANT_FIRST = 2, WANT_LAST = 3 };

#define FIELDS_NEEDED                                                                              \
    (1u << FIELD_DEVICE | 1u << FIELD_SEQUENCE | 1u << FIELD_HEIGHT | 1u << FIELD_CONTENT)
#define WANT_NEEDED (1u << WANT_DEVICE | 1u << WANT_FIRST | 1u << WANT_LAST)

void direct_chat_id(uint8_t id[32], const uint8_t network[32], const uint8_t a[32],
                    const uint8_t b[32])
{
    uint8_t body[96];
    const bool is_ordered = span_compare(span_of(a, 32), span_of(b, 32)) <= 0;

    memcpy(body, network, 32);
    memcpy(body + 32, is_ordered ? a : b, 32);
    memcpy(body + 64, is_ordered ? b : a, 32);
    signer_id(id, "wavu direct 1", span_of(body, sizeof body));
}

void direct_id(uint8_t id[DIRECT_ID_SIZE], const uint8_t chat[32], struct span body)
{
    static const char label[] = "wavu direct message 1";
    const uint8_t len = sizeof label - 1;
    const struct span pieces[] = {span_of(&len, 1), span_of(label, len), span_of(chat, 32), body};

    hash_sha256_pieces(id, pieces, 4);
}

/* ---- Reading ---- */

static bool take_id(const struct pb_field *f, uint8_t out[32])
{
    if (f->wire != PB_BYTES || f->bytes.len != 32) {
        return false;
    }
    memcpy(out, f->bytes.ptr, 32);
    return true;
}

static bool take_number(const struct pb_field *f, uint64_t *out, uint64_t max)
{
    *out = f->value;
    return f->wire == PB_VARINT && f->value <= max;
}

static bool take_field(struct direct *d, const struct pb_field *f, uint64_t *format)
{
    switch (f->number) {
    case FIELD_FORMAT:
        return take_number(f, format, UINT64_MAX);
    case FIELD_DEVICE:
        return take_id(f, d->device);
    case FIELD_SEQUENCE:
        return take_number(f, &d->sequence, DIRECT_NUMBER_MAX);
    case FIELD_HEIGHT:
        return take_number(f, &d->height, DIRECT_HEIGHT_MAX);
    case FIELD_EXPIRY:
        return take_number(f, &d->expiry, DIRECT_NUMBER_MAX);
    default: /* FIELD_CONTENT */
        d->content = f->bytes;
        return f->wire == PB_BYTES;
    }
}

static int read_message(struct direct *d, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    uint64_t format = 0;
    unsigned seen = 0;
    bool is_bad = false;

    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number > FIELD_CONTENT) {
            continue;
        }
        is_bad |= (seen & 1u << f.number) != 0 || !take_field(d, &f, &format);
        seen |= 1u << f.number;
    }
    if (pb_finish(&p) != 0 || format == 0) {
        return WAVU_ERR_PROTO;
    }
    if (format != DIRECT_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (is_bad || (seen & FIELDS_NEEDED) != FIELDS_NEEDED || d->sequence == 0 || d->height == 0) {
        return WAVU_ERR_PROTO;
    }
    d->kind = DIRECT_MESSAGE;
    d->body = bytes;
    return d->content.len > DIRECT_CONTENT_MAX ? WAVU_ERR_LIMIT : 0;
}

static int read_want(struct direct *d, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    unsigned seen = 0;
    bool is_bad = false;

    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number > WANT_LAST) {
            continue;
        }
        is_bad |= (seen & 1u << f.number) != 0;
        seen |= 1u << f.number;
        is_bad |= f.number == WANT_DEVICE
                      ? !take_id(&f, d->device)
                      : !take_number(&f, f.number == WANT_FIRST ? &d->sequence : &d->last,
                                     DIRECT_NUMBER_MAX);
    }
    if (pb_finish(&p) != 0 || is_bad || (seen & WANT_NEEDED) != WANT_NEEDED || d->sequence == 0 ||
        d->last < d->sequence) {
        return WAVU_ERR_PROTO;
    }
    d->kind = DIRECT_WANT;
    return d->last - d->sequence < DIRECT_WANT_MAX ? 0 : WAVU_ERR_LIMIT;
}

int direct_read(struct direct *d, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    struct span parts[BODY_WANT + 1] = {{0}};

    *d = (struct direct){0};
    if (bytes.len > DIRECT_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number > BODY_WANT) {
            continue;
        }
        if (f.wire != PB_BYTES || parts[f.number].ptr != NULL) {
            return WAVU_ERR_PROTO;
        }
        parts[f.number] = f.bytes;
    }
    if (pb_finish(&p) != 0 || parts[BODY_CHAT].len != 32) {
        return WAVU_ERR_PROTO;
    }
    memcpy(d->chat, parts[BODY_CHAT].ptr, 32);
    if ((parts[BODY_MESSAGE].ptr == NULL) == (parts[BODY_WANT].ptr == NULL)) {
        return parts[BODY_MESSAGE].ptr == NULL ? WAVU_ERR_UNSUPPORTED : WAVU_ERR_PROTO;
    }
    return parts[BODY_WANT].ptr != NULL ? read_want(d, parts[BODY_WANT])
                                        : read_message(d, parts[BODY_MESSAGE]);
}

int direct_read_message(struct direct *d, struct span bytes)
{
    *d = (struct direct){0};
    return read_message(d, bytes);
}

/* ---- Writing ---- */

static void write_message(struct wr *w, const struct direct *d)
{
    pb_write_varint(w, FIELD_FORMAT, DIRECT_FORMAT);
    pb_write_bytes(w, FIELD_DEVICE, span_of(d->device, sizeof d->device));
    pb_write_varint(w, FIELD_SEQUENCE, d->sequence);
    pb_write_varint(w, FIELD_HEIGHT, d->height);
    if (d->expiry > 0) {
        pb_write_varint(w, FIELD_EXPIRY, d->expiry);
    }
    pb_write_bytes(w, FIELD_CONTENT, d->content);
}

static void write_want(struct wr *w, const struct direct *d)
{
    pb_write_bytes(w, WANT_DEVICE, span_of(d->device, sizeof d->device));
    pb_write_varint(w, WANT_FIRST, d->sequence);
    pb_write_varint(w, WANT_LAST, d->last);
}

void direct_write(struct wr *w, const struct direct *d)
{
    struct wr measure;

    pb_write_bytes(w, BODY_CHAT, span_of(d->chat, sizeof d->chat));
    if (d->kind == DIRECT_MESSAGE && d->body.ptr != NULL) {
        pb_write_bytes(w, BODY_MESSAGE, d->body);
        return;
    }
    wr_init(&measure, span_mut_of(NULL, 0));
    if (d->kind == DIRECT_MESSAGE) {
        write_message(&measure, d);
        pb_write_head(w, BODY_MESSAGE, measure.len);
        write_message(w, d);
    } else {
        write_want(&measure, d);
        pb_write_head(w, BODY_WANT, measure.len);
        write_want(w, d);
    }
}
