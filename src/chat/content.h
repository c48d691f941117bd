/*
 * Codec of what people say: a message's content as bytes and as a struct. Bytes come from opened
 * entries and envelopes, that is from members, who may send anything.
 *
 * Source: docs/protocol/room.md, room.proto.
 */
#ifndef CHAT_CONTENT_H
#define CHAT_CONTENT_H

#include "base/pb.h"

#define CONTENT_SIZE_MAX 65536 /* longer texts go as files */
#define CONTENT_ID_SIZE 32
#define CONTENT_SOS_ID_SIZE 16 /* as SOS_MSG_ID_SIZE */
#define CONTENT_MENTIONS_MAX 64
#define CONTENT_EMOJI_MAX 32     /* bytes: families with skin tones have 25 */
#define CONTENT_ROOM_NAME_MAX 64 /* bytes */
#define CONTENT_ROOM_TOPIC_MAX 512
#define CONTENT_ROOM_SHARE_MAX 10000
#define CONTENT_EXPIRY_MAX ((UINT64_C(1) << 35) - 1) /* seconds: as entries have it */

enum content_kind {
    CONTENT_UNKNOWN = 0, /* of a newer wavu: kept, handed on, shown as such */
    CONTENT_TEXT = 1,
    CONTENT_ME = 2, /* "* nick waves" */
    CONTENT_EDIT = 3,
    CONTENT_DELETE = 4,
    CONTENT_REACTION = 5,
    CONTENT_FILE = 6,
    CONTENT_ROOM = 7, /* makes a room: its id is this entry's */
    CONTENT_ROOM_SET = 8,
    CONTENT_JOINED = 9,
    CONTENT_SOS = 10,
    CONTENT_SOS_OVER = 11,
};

struct content_room {
    struct span name;
    struct span topic;
    uint32_t share;  /* entries handed to newcomers */
    uint64_t expiry; /* s; 0: for ever */
};

struct content_position {
    int64_t latitude; /* 10^-7 degrees */
    int64_t longitude;
    uint32_t accuracy; /* m; 0: not said */
    bool has_altitude;
    int64_t altitude; /* m */
};

/* All spans are borrowed. Ids are NULL where there is none. */
struct content {
    enum content_kind kind;
    struct span text;
    const uint8_t *reply;
    const uint8_t *target;
    const uint8_t *mentions[CONTENT_MENTIONS_MAX]; /* members' ids */
    size_t mention_count;
    struct span file; /* a File of file.proto, not parsed here */
    bool has_room;
    struct content_room room;
    uint64_t unix_ms; /* 0: not said */
    struct span emoji;
    bool has_position;
    struct content_position position;
    const uint8_t *member; /* JOINED */
    const uint8_t *device;
    const uint8_t *sos; /* SOS, SOS_OVER: the call's id, CONTENT_SOS_ID_SIZE */
};

/**
 * Parse. WAVU_ERR_PROTO for what is malformed or lacks what its kind needs (a text, a target, ...),
 * has text that is not UTF-8 or has a NUL; WAVU_ERR_LIMIT for what is too long or too many. A newer
 * kind parses as CONTENT_UNKNOWN, whatever is in it.
 */
WARN_UNUSED int content_read(struct content *c, struct span bytes);

/** Check what a user wants to say by the same rules. */
WARN_UNUSED int content_check(const struct content *c);

/** Write `c`, which content_check has accepted. */
void content_write(struct wr *w, const struct content *c);

#endif
