/*
 * Codec of what people say. Source: docs/protocol/room.md, room.proto.
 */
#include "chat/content.h"

#include <string.h>

#include "base/check.h"
#include "base/utf8.h"

enum {
    FIELD_KIND = 1,
    FIELD_TEXT = 2,
    FIELD_REPLY = 3,
    FIELD_TARGET = 4,
    FIELD_MENTION = 5,
    FIELD_FILE = 6,
    FIELD_ROOM = 7,
    FIELD_UNIX_MS = 8,
    FIELD_EMOJI = 9,
    FIELD_POSITION = 10,
    FIELD_MEMBER = 11,
    FIELD_DEVICE = 12,
    FIELD_SOS = 13,
};

enum {
    ROOM_NAME = 1,
    ROOM_TOPIC = 2,
    ROOM_SHARE = 3,
    ROOM_EXPIRY = 4,
};

enum {
    POSITION_LATITUDE = 1,
    POSITION_LONGITUDE = 2,
    POSITION_ACCURACY = 3,
    POSITION_ALTITUDE = 4,
};

#define CONTENT_LATITUDE_MAX INT64_C(900000000)
#define CONTENT_LONGITUDE_MAX INT64_C(1800000000)
#define CONTENT_ALTITUDE_MAX INT64_C(100000)
/* The longest Room and Position, with their fields' heads. */
#define CONTENT_INNER_MAX (CONTENT_ROOM_NAME_MAX + CONTENT_ROOM_TOPIC_MAX + 64)

/* ---- What a kind needs ---- */

#define HAS_TEXT 1u
#define HAS_TARGET 2u
#define HAS_EMOJI 4u
#define HAS_FILE 8u
#define HAS_ROOM 16u
#define HAS_MEMBER 32u

static const uint8_t content_needs[] = {
    [CONTENT_TEXT] = HAS_TEXT,
    [CONTENT_ME] = HAS_TEXT,
    [CONTENT_EDIT] = HAS_TEXT | HAS_TARGET,
    [CONTENT_DELETE] = HAS_TARGET,
    [CONTENT_REACTION] = HAS_TARGET | HAS_EMOJI,
    [CONTENT_FILE] = HAS_FILE,
    [CONTENT_ROOM] = HAS_ROOM,
    [CONTENT_ROOM_SET] = HAS_ROOM,
    [CONTENT_JOINED] = HAS_MEMBER,
    [CONTENT_SOS] = 0,
    [CONTENT_SOS_OVER] = HAS_TARGET,
};

static unsigned has_of(const struct content *c)
{
    return (c->text.len > 0 ? HAS_TEXT : 0) | (c->target != NULL ? HAS_TARGET : 0) |
           (c->emoji.len > 0 ? HAS_EMOJI : 0) | (c->file.len > 0 ? HAS_FILE : 0) |
           (c->has_room ? HAS_ROOM : 0) | (c->member != NULL && c->device != NULL ? HAS_MEMBER : 0);
}

/* Text that anybody may have to show: its characters are the screen's business. */
static int check_text(struct span text, size_t max)
{
    if (text.len > max) {
        return WAVU_ERR_LIMIT;
    }
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        size_t len = utf8_next(&point, text, at);

        if (len == 0 || point == 0) {
            return WAVU_ERR_PROTO;
        }
        at += len;
    }
    return 0;
}

static bool is_within(int64_t value, int64_t max)
{
    return value >= -max && value <= max;
}

static int check_position(const struct content_position *p)
{
    bool is_good = is_within(p->latitude, CONTENT_LATITUDE_MAX) &&
                   is_within(p->longitude, CONTENT_LONGITUDE_MAX) &&
                   (!p->has_altitude || is_within(p->altitude, CONTENT_ALTITUDE_MAX));

    return is_good ? 0 : WAVU_ERR_PROTO;
}

static int check_room(const struct content_room *room)
{
    int rc = check_text(room->name, CONTENT_ROOM_NAME_MAX);

    if (rc == 0) {
        rc = check_text(room->topic, CONTENT_ROOM_TOPIC_MAX);
    }
    if (rc == 0 && room->name.len == 0) {
        rc = WAVU_ERR_PROTO;
    }
    if (rc == 0 && (room->share > CONTENT_ROOM_SHARE_MAX || room->expiry > CONTENT_EXPIRY_MAX)) {
        rc = WAVU_ERR_LIMIT;
    }
    return rc;
}

int content_check(const struct content *c)
{
    int rc = 0;

    if (c->kind == CONTENT_UNKNOWN || c->kind >= sizeof content_needs) {
        return WAVU_ERR_PROTO;
    }
    if (c->mention_count > CONTENT_MENTIONS_MAX || c->file.len > CONTENT_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    rc = check_text(c->text, CONTENT_SIZE_MAX);
    if (rc == 0) {
        rc = check_text(c->emoji, CONTENT_EMOJI_MAX);
    }
    if (rc == 0 && c->has_room) {
        rc = check_room(&c->room);
    }
    if (rc == 0 && c->has_position) {
        rc = check_position(&c->position);
    }
    if (rc == 0 && (content_needs[c->kind] & ~has_of(c)) != 0) {
        rc = WAVU_ERR_PROTO;
    }
    return rc;
}

/* ---- Reading ---- */

struct reading {
    struct content *c;
    uint32_t seen; /* a bit for each number */
    uint64_t kind;
    bool is_many; /* too many of something */
    bool is_bad;
};

static int64_t signed_of(uint64_t zigzag)
{
    return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
}

static uint64_t zigzag_of(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static const uint8_t *take_id(struct reading *r, struct span bytes)
{
    if (bytes.len != CONTENT_ID_SIZE) {
        r->is_bad = true;
        return NULL;
    }
    return bytes.ptr;
}

static void take_mention(struct reading *r, struct span bytes)
{
    if (r->c->mention_count == CONTENT_MENTIONS_MAX) {
        r->is_many = true;
        return;
    }
    r->c->mentions[r->c->mention_count++] = take_id(r, bytes);
}

static void take_room(struct reading *r, struct span bytes)
{
    struct content_room *room = &r->c->room;
    struct pb p;
    struct pb_field f;
    uint64_t share = 0;

    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number == ROOM_NAME && f.wire == PB_BYTES) {
            room->name = f.bytes;
        } else if (f.number == ROOM_TOPIC && f.wire == PB_BYTES) {
            room->topic = f.bytes;
        } else if (f.number == ROOM_SHARE && f.wire == PB_VARINT) {
            share = f.value;
        } else if (f.number == ROOM_EXPIRY && f.wire == PB_VARINT) {
            room->expiry = f.value;
        }
    }
    r->is_bad |= pb_finish(&p) != 0;
    room->share = share > UINT32_MAX ? UINT32_MAX : (uint32_t)share;
    r->c->has_room = true;
}

static void take_position(struct reading *r, struct span bytes)
{
    struct content_position *at = &r->c->position;
    struct pb p;
    struct pb_field f;
    unsigned seen = 0;

    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.wire != PB_VARINT || f.number > POSITION_ALTITUDE) {
            continue;
        }
        seen |= 1u << f.number;
        if (f.number == POSITION_LATITUDE) {
            at->latitude = signed_of(f.value);
        } else if (f.number == POSITION_LONGITUDE) {
            at->longitude = signed_of(f.value);
        } else if (f.number == POSITION_ACCURACY) {
            at->accuracy = f.value > UINT32_MAX ? UINT32_MAX : (uint32_t)f.value;
        } else {
            at->has_altitude = true;
            at->altitude = signed_of(f.value);
        }
    }
    r->is_bad |= pb_finish(&p) != 0 || (seen & 6u) != 6u; /* latitude and longitude */
    r->c->has_position = true;
}

static void take_bytes(struct reading *r, const struct pb_field *f)
{
    struct content *c = r->c;

    switch (f->number) {
    case FIELD_TEXT:
        c->text = f->bytes;
        return;
    case FIELD_REPLY:
        c->reply = take_id(r, f->bytes);
        return;
    case FIELD_TARGET:
        c->target = take_id(r, f->bytes);
        return;
    case FIELD_MENTION:
        take_mention(r, f->bytes);
        return;
    case FIELD_FILE:
        c->file = f->bytes;
        return;
    case FIELD_ROOM:
        take_room(r, f->bytes);
        return;
    case FIELD_EMOJI:
        c->emoji = f->bytes;
        return;
    case FIELD_POSITION:
        take_position(r, f->bytes);
        return;
    case FIELD_MEMBER:
        c->member = take_id(r, f->bytes);
        return;
    case FIELD_DEVICE:
        c->device = take_id(r, f->bytes);
        return;
    case FIELD_SOS:
        c->sos = f->bytes.ptr;
        r->is_bad |= f->bytes.len != CONTENT_SOS_ID_SIZE;
        return;
    default:
        return;
    }
}

/* A known field with the wire type of another one is an error; twice, too, but for mentions. */
static void take_field(struct reading *r, const struct pb_field *f)
{
    bool is_number = f->number == FIELD_KIND || f->number == FIELD_UNIX_MS;

    if (f->number > FIELD_SOS) {
        return;
    }
    uint32_t bit = UINT32_C(1) << f->number;

    if (f->wire != (is_number ? PB_VARINT : PB_BYTES) ||
        ((r->seen & bit) != 0 && f->number != FIELD_MENTION)) {
        r->is_bad = true;
        return;
    }
    r->seen |= bit;
    if (f->number == FIELD_KIND) {
        r->kind = f->value;
    } else if (f->number == FIELD_UNIX_MS) {
        r->c->unix_ms = f->value;
    } else {
        take_bytes(r, f);
    }
}

int content_read(struct content *c, struct span bytes)
{
    struct reading r = {.c = c};
    struct pb p;
    struct pb_field f;

    if (bytes.len > CONTENT_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    *c = (struct content){0};
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        take_field(&r, &f);
    }
    if (pb_finish(&p) != 0 || r.kind == 0) {
        return WAVU_ERR_PROTO;
    }
    if (r.kind >= sizeof content_needs) { /* its fields may mean something else there */
        *c = (struct content){.kind = CONTENT_UNKNOWN};
        return 0;
    }
    c->kind = (enum content_kind)r.kind;
    if (r.is_bad) {
        return WAVU_ERR_PROTO;
    }
    return r.is_many ? WAVU_ERR_LIMIT : content_check(c);
}

/* ---- Writing ---- */

static void write_id(struct wr *w, uint32_t field, const uint8_t *id)
{
    if (id != NULL) {
        pb_write_bytes(w, field, span_of(id, CONTENT_ID_SIZE));
    }
}

static void write_span(struct wr *w, uint32_t field, struct span bytes)
{
    if (bytes.len > 0) {
        pb_write_bytes(w, field, bytes);
    }
}

static void write_room(struct wr *w, const struct content_room *room)
{
    uint8_t inner[CONTENT_INNER_MAX];
    struct wr in;

    wr_init(&in, span_mut_of(inner, sizeof inner));
    pb_write_bytes(&in, ROOM_NAME, room->name);
    write_span(&in, ROOM_TOPIC, room->topic);
    if (room->share > 0) {
        pb_write_varint(&in, ROOM_SHARE, room->share);
    }
    if (room->expiry > 0) {
        pb_write_varint(&in, ROOM_EXPIRY, room->expiry);
    }
    CHECK(wr_finish(&in) == 0);
    pb_write_bytes(w, FIELD_ROOM, wr_span(&in));
}

static void write_position(struct wr *w, const struct content_position *at)
{
    uint8_t inner[CONTENT_INNER_MAX];
    struct wr in;

    wr_init(&in, span_mut_of(inner, sizeof inner));
    pb_write_varint(&in, POSITION_LATITUDE, zigzag_of(at->latitude));
    pb_write_varint(&in, POSITION_LONGITUDE, zigzag_of(at->longitude));
    if (at->accuracy > 0) {
        pb_write_varint(&in, POSITION_ACCURACY, at->accuracy);
    }
    if (at->has_altitude) {
        pb_write_varint(&in, POSITION_ALTITUDE, zigzag_of(at->altitude));
    }
    CHECK(wr_finish(&in) == 0);
    pb_write_bytes(w, FIELD_POSITION, wr_span(&in));
}

void content_write(struct wr *w, const struct content *c)
{
    CHECK(content_check(c) == 0);
    pb_write_varint(w, FIELD_KIND, (uint64_t)c->kind);
    write_span(w, FIELD_TEXT, c->text);
    write_id(w, FIELD_REPLY, c->reply);
    write_id(w, FIELD_TARGET, c->target);
    for (size_t i = 0; i < c->mention_count; i++) {
        write_id(w, FIELD_MENTION, c->mentions[i]);
    }
    write_span(w, FIELD_FILE, c->file);
    if (c->has_room) {
        write_room(w, &c->room);
    }
    if (c->unix_ms > 0) {
        pb_write_varint(w, FIELD_UNIX_MS, c->unix_ms);
    }
    write_span(w, FIELD_EMOJI, c->emoji);
    if (c->has_position) {
        write_position(w, &c->position);
    }
    write_id(w, FIELD_MEMBER, c->member);
    write_id(w, FIELD_DEVICE, c->device);
    write_span(w, FIELD_SOS, span_of(c->sos, c->sos != NULL ? CONTENT_SOS_ID_SIZE : 0));
}
