/*
 * Envelopes: what is said to one device, sealed, and what those on the way need to know of it. A
 * codec and the names that are computed of one; it keeps nothing. Bytes come from and leave to ways
 * and the store; content comes out of a session and goes into one (courier/envelope_seal.h).
 *
 * Source: docs/protocol/envelope.md and envelope.proto.
 */
#ifndef COURIER_ENVELOPE_H
#define COURIER_ENVELOPE_H

#include "base/wr.h"

#define ENVELOPE_FORMAT 1
#define ENVELOPE_HEAD_SIZE 55 /* format, class and form 1 each, lifetime 4, tag 16, lock 32 */
#define ENVELOPE_HEAD_MAX 255 /* of a newer format */
#define ENVELOPE_NAME_SIZE 16
#define ENVELOPE_TAG_SIZE 16
#define ENVELOPE_LOCK_SIZE 32
#define ENVELOPE_TOKEN_SIZE 16
#define ENVELOPE_ID_SIZE 16 /* of a message */
#define ENVELOPE_DEVICE_SIZE 32
#define ENVELOPE_NETWORK_SIZE 32

/* What a session seals at most, 72 KiB of content, has room for a text of 64 KiB, and a start in
 * front of it; the rest is for a newer form. */
#define ENVELOPE_SIZE_MAX ((size_t)96 * 1024)
#define ENVELOPE_CONTENT_MAX ((size_t)72 * 1024)
#define ENVELOPE_KIND_MAX UINT32_MAX
/* token, message, 5 bytes of kind, 3 of length */
#define ENVELOPE_BODY_MAX (ENVELOPE_CONTENT_MAX - 2 * 16 - 5 - 3)

#define ENVELOPE_LIFETIME_S_MAX (UINT32_C(30) * 86400) /* prekeys do not live longer unused */
#define ENVELOPE_LIFETIME_S (UINT32_C(7) * 86400)      /* of who says nothing else */
#define ENVELOPE_SOS_LIFETIME_S UINT32_C(3600)         /* an SOS is repeated */
#define ENVELOPE_COPIES_MAX 16                         /* binary spray begins with them */
#define ENVELOPE_HOPS_MAX 15
#define ENVELOPE_HOPS 8 /* of a new one: four halvings, and each may go by a stick */

enum envelope_class {
    ENVELOPE_SOS = 1,
    ENVELOPE_CONTROL = 2, /* receipts, keys */
    ENVELOPE_CHAT = 3,
    ENVELOPE_BULK = 4
};
#define ENVELOPE_CLASSES 4

enum envelope_form { ENVELOPE_SESSION = 1, ENVELOPE_BOX = 2 };

struct envelope_head {
    uint8_t format;
    uint8_t class_number; /* enum envelope_class; of a newer format: as bulk when it is none */
    uint8_t form;         /* enum envelope_form; unknown ones only with a newer format */
    uint32_t lifetime_s;  /* 1 to ENVELOPE_LIFETIME_S_MAX */
    uint8_t tag[ENVELOPE_TAG_SIZE];
    uint8_t lock[ENVELOPE_LOCK_SIZE];
};

struct envelope {
    struct envelope_head head;
    struct span head_bytes; /* exactly as they came; borrowed */
    struct span sealed;     /* borrowed */
    uint32_t age_s;
    uint8_t hops;   /* how often it may still change hands before it reaches its reader */
    uint8_t copies; /* 1 to ENVELOPE_COPIES_MAX: the share that comes with it */
};

/* What is inside. Spans are borrowed. */
struct envelope_content {
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t message[ENVELOPE_ID_SIZE]; /* its author's name for it, the same however often sealed */
    uint32_t kind;
    struct span body;
};

/** Names and ids that nobody keeps secret. */
static inline bool envelope_is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    return span_is_equal(span_of(a, len), span_of(b, len));
}

void envelope_head_encode(uint8_t out[ENVELOPE_HEAD_SIZE], const struct envelope_head *head);

/** WAVU_ERR_PROTO when it is none; a newer format is no error. */
WARN_UNUSED int envelope_head_decode(struct envelope_head *head, struct span bytes);

/** Read a whole envelope; copies and hops beyond the most there may be are cut to it.
 * WAVU_ERR_PROTO. */
WARN_UNUSED int envelope_decode(struct envelope *e, struct span bytes);

/** Append `e` as head_bytes, sealed, age, hops and copies say. */
void envelope_encode(struct wr *w, const struct envelope *e);

/** What everybody calls it by. */
void envelope_name(uint8_t name[ENVELOPE_NAME_SIZE], struct span head_bytes, struct span sealed);

/* A recipient, as its bundle of prekeys says. */
struct envelope_recipient {
    const uint8_t *network; /* ENVELOPE_NETWORK_SIZE; all borrowed */
    const uint8_t *device;  /* ENVELOPE_DEVICE_SIZE */
    const uint8_t *prekey;  /* 32: the bundle's X25519 key */
    uint32_t number;        /* the bundle's */
};

void envelope_tag(uint8_t tag[ENVELOPE_TAG_SIZE], const struct envelope_recipient *recipient);

void envelope_lock(uint8_t lock[ENVELOPE_LOCK_SIZE], const uint8_t token[ENVELOPE_TOKEN_SIZE]);

/** True when `token` opens `lock`: who shows it is the reader, or the author. */
bool envelope_is_opened(const uint8_t lock[ENVELOPE_LOCK_SIZE],
                        const uint8_t token[ENVELOPE_TOKEN_SIZE]);

/** Bytes of a padded content with a body of `len`. */
size_t envelope_content_size(uint32_t kind, size_t len);

/** Append `content`, padded. */
void envelope_content_encode(struct wr *w, const struct envelope_content *content);

/** Read what came out of a session. WAVU_ERR_CRYPTO when it is malformed. The head that it came
 * behind is not asked: others could change that, and the message must not be lost for it. */
WARN_UNUSED int envelope_content_decode(struct envelope_content *content, struct span bytes);

/** What a reader remembers a message by: authors cannot take each other's ids. */
void envelope_message_key(uint8_t key[ENVELOPE_ID_SIZE], const uint8_t device[ENVELOPE_DEVICE_SIZE],
                          const uint8_t message[ENVELOPE_ID_SIZE]);

#endif
