/*
 * Codec of DNS messages, as far as multicast DNS needs them: RFC 1035 4.1 with the changes of RFC
 * 6762 18. Pure; spans are borrowed from the message.
 *
 * Names stay in the message and are known by their offset. A compression pointer must lead before
 * everything that was read of its name so far, so that no name is endless.
 */
#ifndef DISCOVERY_MDNS_MSG_H
#define DISCOVERY_MDNS_MSG_H

#include "base/rd.h"
#include "base/wr.h"

#define MDNS_MSG_SIZE_MAX 9000    /* bytes of a message (RFC 6762 17) */
#define MDNS_MSG_WRITE_MAX 1400   /* bytes of one that we send: an Ethernet packet */
#define MDNS_MSG_QUESTIONS_MAX 16 /* kept; further ones are read and dropped */
#define MDNS_MSG_RECORDS_MAX 64   /* kept, of all three sections */
#define MDNS_MSG_NAME_MAX 255     /* bytes of a name (RFC 1035 2.3.4) */
#define MDNS_MSG_LABEL_MAX 63
#define MDNS_MSG_JUMPS_MAX 16 /* pointers followed in one name: more are made to cost us time */
#define MDNS_MSG_TEXT_MAX 255 /* bytes of one string of a TXT record */

enum mdns_msg_type {
    MDNS_MSG_A = 1,
    MDNS_MSG_PTR = 12,
    MDNS_MSG_TXT = 16,
    MDNS_MSG_AAAA = 28,
    MDNS_MSG_SRV = 33,
    MDNS_MSG_ANY = 255
};

struct mdns_msg_question {
    size_t name;        /* offset in the message */
    uint16_t type;      /* enum mdns_msg_type */
    bool wants_unicast; /* RFC 6762 5.4 */
};

struct mdns_msg_record {
    size_t name;
    uint16_t type;
    uint32_t ttl;     /* seconds */
    struct span data; /* TXT: strings, each behind its length */
    size_t target;    /* PTR: offset of the name it points to */
};

struct mdns_msg {
    struct span bytes; /* all of it */
    uint16_t id;
    bool is_response;
    struct mdns_msg_question questions[MDNS_MSG_QUESTIONS_MAX];
    size_t question_count;
    struct mdns_msg_record records[MDNS_MSG_RECORDS_MAX]; /* answers, authority, additional */
    size_t record_count;
};

/** Read a message of class IN; other classes are dropped. WAVU_ERR_PROTO when it is malformed, has
 * a response code, or is no standard query. */
WARN_UNUSED int mdns_msg_decode(struct mdns_msg *m, struct span bytes);

/** Is the name at offset `name` the dotted `text`? Case does not matter. */
bool mdns_msg_name_is(const struct mdns_msg *m, size_t name, const char *text);

/** Is it one label in front of the dotted `parent`? Then `*label` is that label. */
bool mdns_msg_name_is_under(const struct mdns_msg *m, size_t name, const char *parent,
                            struct span *label);

/** The next string of a TXT record's data: start with `*at` = 0; false at the end. */
bool mdns_msg_next_text(struct span data, size_t *at, struct span *text);

/* ---- Writing ---- */

/** A query for the pointers of `service`. */
void mdns_msg_write_query(struct wr *w, const char *service);

enum mdns_msg_reply_kind {
    MDNS_MSG_REPLY_POINTER, /* service PTR instance.service; additional: its TXT, SRV, addresses */
    MDNS_MSG_REPLY_TEXT,    /* instance.service TXT */
    MDNS_MSG_REPLY_SERVICE  /* _services._dns-sd._udp.local PTR service */
};

/* What DNS-SD knows of an instance besides its texts. libp2p needs none of it, but go-libp2p
 * believes no instance without an address. */
struct mdns_msg_host {
    uint16_t port;
    bool has_ip4;
    bool has_ip6;
    uint8_t ip4[4];
    uint8_t ip6[16];
};

struct mdns_msg_reply {
    enum mdns_msg_reply_kind kind;
    const char *service;
    const char *instance; /* one label */
    const struct span *texts;
    size_t text_count;
    struct mdns_msg_host host;
    uint32_t ttl;   /* seconds; 0: gone */
    bool is_legacy; /* to one that speaks plain DNS: its id, its question again (RFC 6762 6.7) */
    uint16_t id;
};

void mdns_msg_write_reply(struct wr *w, const struct mdns_msg_reply *reply);

#define MDNS_MSG_SERVICES "_services._dns-sd._udp.local" /* RFC 6763 9 */

#endif
