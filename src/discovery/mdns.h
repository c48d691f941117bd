/*
 * libp2p's discovery by multicast DNS: asking who is here, answering who we are. A machine.
 *
 *   we ask:     soon after the start, then 1, 2, 4 ... s later, at last once a minute (`power low`:
 *               ten); when another asks, its question serves us as well, and ours is put off
 *   we answer:  20 to 120 ms after a question, at most once a second (RFC 6762 6); also our own
 *               questions, so that everybody hears of us (libp2p discovery/mdns)
 *
 * Only in open networks: names of peers go out in clear.
 */
#ifndef DISCOVERY_MDNS_H
#define DISCOVERY_MDNS_H

#include "crypto/peerid.h"
#include "discovery/candidate.h"
#include "discovery/mdns_msg.h"
#include "discovery/rates.h"

#define MDNS_PORT 5353
#define MDNS_SERVICE "_p2p._udp.local"
#define MDNS_SERVICE_MAX                                                                           \
    64 /* characters with NUL; a private network's has its fingerprint in it                       \
        */
#define MDNS_INSTANCE_SIZE 40                        /* random characters: libp2p says 32 to 63 */
#define MDNS_ASK_FIRST_NS (UINT64_C(1) * 1000000000) /* second question (RFC 6762 5.2); doubles */
#define MDNS_ASK_NS (UINT64_C(60) * 1000000000)      /* at last */
#define MDNS_ASK_LOW_NS (UINT64_C(600) * 1000000000) /* at last, with `power low` */
#define MDNS_LATE_NS (UINT64_C(60) * 1000000000)   /* so late the machine slept: as at the start */
#define MDNS_DELAY_MIN_NS (UINT64_C(20) * 1000000) /* before an answer or a first question */
#define MDNS_DELAY_NS_MAX (UINT64_C(120) * 1000000)
#define MDNS_REPLY_GAP_NS (UINT64_C(1) * 1000000000) /* between two answers to all */
#define MDNS_TTL_S 120                               /* of our records; as js-libp2p's */
#define MDNS_TTL_LEGACY_S 10                         /* RFC 6762 6.7 */
#define MDNS_SOURCE_RATE                                                                           \
    64 /* messages a second from one address that are looked at: others' services */
#define MDNS_SOURCE_BURST 256
#define MDNS_FOUND_RATE 4 /* peers told a second, by one address */
#define MDNS_FOUND_BURST 128
#define MDNS_DIRECT_RATE 8 /* answers a second to legacy askers, all together */
#define MDNS_DIRECT_BURST 16
#define MDNS_TOLD_MAX 256 /* remembered so as not to tell the same again at once */
#define MDNS_TELL_NS (UINT64_C(10) * 1000000000)

struct mdns_config {
    const struct random *random; /* borrowed */
    struct peerid self;
    const char *service; /* MDNS_SERVICE; copied */
    bool is_low_power;
};

struct mdns_found {
    struct peerid peer;
    struct candidate_list candidates; /* without peer id */
};

enum mdns_event_kind { MDNS_SEND_ALL, MDNS_SEND_TO, MDNS_FOUND };

struct mdns_event {
    enum mdns_event_kind kind;
    struct multiaddr_ip to;            /* SEND_TO */
    uint8_t bytes[MDNS_MSG_WRITE_MAX]; /* SEND_ALL, SEND_TO */
    size_t len;
    struct mdns_found found; /* FOUND */
};

struct mdns_counts {
    uint64_t asked;
    uint64_t replied;
    uint64_t bad;  /* malformed */
    uint64_t shed; /* too many */
};

/* What was told when: a slot for each hash, newer ones replace. */
struct mdns_told {
    uint64_t said;
    uint64_t at_ns; /* 0: none */
};

struct mdns {
    struct mdns_config config;
    char service[MDNS_SERVICE_MAX];
    char instance[MDNS_INSTANCE_SIZE + 1];
    char texts[CANDIDATE_LIST_MAX][MDNS_MSG_TEXT_MAX + 1]; /* "dnsaddr=..." */
    size_t text_count;
    struct mdns_msg_host host; /* of the first address of each family among them */
    struct rates sources;
    struct rates finders;
    struct budget_bucket direct;
    struct mdns_told told[MDNS_TOLD_MAX];
    uint64_t told_seed[2];
    uint64_t ask_ns;
    uint32_t asks;     /* since the start */
    uint64_t reply_ns; /* or TIMERS_NEVER */
    uint64_t replied_ns;
    bool has_question; /* what next_event gives, as the next three */
    bool has_reply;
    bool has_direct;
    bool has_found;
    struct mdns_msg_reply direct_reply;
    struct multiaddr_ip direct_to;
    struct mdns_found found;
    struct mdns_counts counts;
};

void mdns_init(struct mdns *m, const struct mdns_config *config, uint64_t now);
void mdns_clear(struct mdns *m);

/** Where we can be dialled, without peer id; those that others on the network could use are told.
 */
void mdns_set_addresses(struct mdns *m, const struct multiaddr *addresses, size_t count);

void mdns_set_power(struct mdns *m, bool is_low);

/** The network changed: ask again as at the start. */
void mdns_hurry(struct mdns *m, uint64_t now);

/** A datagram came from `from`, who must be a neighbour. WAVU_ERR_PROTO when it is malformed,
 * _LIMIT when its source sends too many: both are counted, and no reason to do anything. Take the
 * events before the next call. */
WARN_UNUSED int mdns_feed(struct mdns *m, const struct multiaddr_ip *from, struct span bytes,
                          uint64_t now);

bool mdns_next_event(struct mdns *m, struct mdns_event *event);
uint64_t mdns_deadline(const struct mdns *m);
void mdns_tick(struct mdns *m, uint64_t now);

/** Write the word that we are gone (ttl 0): for a node that ends. Returns its size. */
size_t mdns_farewell(const struct mdns *m, uint8_t out[MDNS_MSG_WRITE_MAX]);

void mdns_check(const struct mdns *m);

#endif
