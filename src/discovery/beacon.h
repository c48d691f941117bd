/*
 * The LAN beacon: when to call, whom to answer, whom to believe. A machine; beacon_service.h gives
 * it sockets.
 *
 *   start, or a new interface:  0 to 0.1 s, then after 0.25, 0.5, 1, 2 ... s, at last every 30 s
 *                               (`power low`: 5 min), each interval 25 % more or less
 *   a newcomer's beacon:        answered to it alone, once, by about BEACON_ANSWERERS of those who
 *                               hear it, unless our own next call is near anyway
 *
 * In a closed network beacons are sealed (beacon_seal.h): who has not the key learns nothing, and
 * is not answered.
 *
 * Beside that, in clear and whatever the network: while a join code is open (beacon_set_slot) calls
 * that name its number, and while one is looked for (beacon_seek) calls that ask for it, to which
 * its inviter answers at once. They have a rhythm of their own, which begins when the number is
 * set.
 */
#ifndef DISCOVERY_BEACON_H
#define DISCOVERY_BEACON_H

#include "base/list.h"
#include "discovery/beacon_seal.h"
#include "discovery/candidate.h"
#include "discovery/rates.h"

#define BEACON_PORT 9999 /* UDP; setting discovery_port */
#define BEACON_START_NS (UINT64_C(100) * 1000000)
#define BEACON_FIRST_NS (UINT64_C(250) * 1000000)           /* first interval; doubles */
#define BEACON_INTERVAL_NS (UINT64_C(30) * 1000000000)      /* at last */
#define BEACON_INTERVAL_LOW_NS (UINT64_C(300) * 1000000000) /* at last, with `power low` */
#define BEACON_LATE_NS                                                                             \
    (UINT64_C(60) * 1000000000) /* so late the machine slept: as at the start                      \
                                 */
#define BEACON_ASKS 3      /* so many of a burst ask to be answered: within a second of the start */
#define BEACON_ANSWERERS 8 /* of all that hear a newcomer, about so many answer */
#define BEACON_ANSWER_NEAR_NS                                                                      \
    (UINT64_C(1) * 1000000000) /* our next call comes so soon: no answer */
#define BEACON_ANSWER_AGAIN_NS (UINT64_C(5) * 1000000000) /* one answer to a peer in this time */
#define BEACON_ANSWERS_RATE 8 /* answers a second, to all: what forged senders can make us send */
#define BEACON_ANSWERS_BURST 32
#define BEACON_SOURCE_RATE 16 /* beacons a second from one address that are looked at: */
#define BEACON_SOURCE_BURST                                                                        \
    256                      /* a host with 50 nodes that start at once sends 150 in a second      \
                              */
#define BEACON_NEW_RATE 4    /* peers not heard before, a second, from one address: */
#define BEACON_NEW_BURST 128 /* nodes on one host */
#define BEACON_NEWS_RATE 64  /* the same from all addresses together */
#define BEACON_NEWS_BURST 1024
#define BEACON_PEERS_MAX 512 /* remembered, as telling and answering go; oldest forgotten first */
#define BEACON_TELL_NS                                                                             \
    (UINT64_C(10) * 1000000000) /* a peer that says nothing new is told so often */
#define BEACON_KEYS_MAX 8       /* discovery keys, older ones included */
#define BEACON_INVITERS_MAX 16  /* remembered of those that have the code that is looked for */
#define BEACON_INVITERS_RATE 16 /* told a second, from all addresses together */
#define BEACON_INVITERS_BURST 64

/* A discovery key. The owner's number says whose, and comes back with what is found. */
struct beacon_key {
    uint8_t bytes[BEACON_SEAL_KEY_SIZE];
    uint32_t network; /* not BEACON_OPEN */
    bool is_current;  /* call under it; an older one is only recognised */
};

#define BEACON_OPEN UINT32_MAX          /* `network` of what was found in the open one */
#define BEACON_UNNAMED (UINT32_MAX - 1) /* of an inviter, who names none */

struct beacon_config {
    const struct random *random; /* borrowed */
    struct aead *aead;           /* borrowed */
    struct peerid self;
    bool is_open; /* call, and be found, in the open network */
    struct span
        open_tag; /* which one, at most BEACON_MSG_NETWORK_MAX bytes, copied; may be empty */
    bool is_low_power;
};

/* A neighbour, as one beacon told. Nothing is proved until its key is, by a connection. */
struct beacon_found {
    struct peerid peer;
    uint32_t network;                 /* the key's, or BEACON_OPEN, or BEACON_UNNAMED */
    bool is_old_key;                  /* it has missed what changed the key */
    bool is_new;                      /* not heard before, or not for long */
    struct candidate_list candidates; /* worth dialling */
};

enum beacon_event_kind { BEACON_SEND_ALL, BEACON_SEND_TO, BEACON_FOUND, BEACON_INVITER };

struct beacon_event {
    enum beacon_event_kind kind;
    struct multiaddr_ip to;             /* SEND_TO */
    uint8_t bytes[BEACON_MSG_SIZE_MAX]; /* SEND_ALL, SEND_TO */
    size_t len;
    struct beacon_found found; /* FOUND, INVITER */
    uint16_t slot;             /* INVITER: the code that it has open */
};

struct beacon_counts {
    uint64_t heard;   /* that were of our network, or about our code, and not our own */
    uint64_t foreign; /* of other networks or codes, or sealed under keys that we have not */
    uint64_t bad;     /* malformed */
    uint64_t shed;    /* beyond a source's rate, or too many new peers */
    uint64_t answered;
};

/* When we call, and how often we did since that began. */
struct beacon_rhythm {
    uint64_t next_ns; /* UINT64_MAX: not at all */
    uint32_t calls;
};

/* What was told of a peer. */
struct beacon_told {
    uint64_t ns;   /* when; 0: never */
    uint64_t said; /* hash of its content: what is new is told at once */
};

/* One who has the code open that we look for. */
struct beacon_inviter {
    struct peerid peer;
    struct beacon_told told;
};

struct beacon {
    struct beacon_config config;
    uint8_t open_tag[BEACON_MSG_NETWORK_MAX];
    struct beacon_key keys[BEACON_KEYS_MAX];
    size_t key_count;
    struct multiaddr addresses[BEACON_MSG_ADDRESSES_MAX]; /* our own */
    size_t address_count;
    struct map peers;     /* id and network -> struct beacon_peer */
    struct list by_time;  /* of them, longest not heard first */
    struct rates sources; /* what is looked at */
    struct rates fresh;   /* of each: new peers, inviters told, seekers answered */
    struct budget_bucket answers;
    struct budget_bucket news;
    struct budget_bucket invitations; /* inviters told */
    struct beacon_rhythm usual;       /* to our networks */
    struct beacon_rhythm coded;       /* about codes */
    uint32_t unsent; /* of the calls that are due: bit i for key i, then open, slot and seek */
    bool asks;       /* the usual call does */
    uint16_t slot;   /* number of our open code; 0: none is */
    uint16_t seek;   /* of the one that we look for; 0: none */
    struct beacon_inviter inviters[BEACON_INVITERS_MAX]; /* of `seek`; a ring */
    size_t inviter_count;                                /* ever: the next one's place */
    bool has_answer;                                     /* what next_event gives */
    bool has_found;
    struct beacon_event answer;
    struct beacon_found found;
    uint16_t found_slot; /* 0: a neighbour; else an inviter */
    struct beacon_counts counts;
};

void beacon_init(struct beacon *b, const struct beacon_config *config, uint64_t now);
void beacon_clear(struct beacon *b);

/** Replace the keys (copied; wiped later). WAVU_ERR_LIMIT beyond BEACON_KEYS_MAX: nothing changes.
 */
WARN_UNUSED int beacon_set_keys(struct beacon *b, const struct beacon_key *keys, size_t count);

/** Where we listen, without peer id: what others are told from now on. Beyond the limits: dropped.
 */
void beacon_set_addresses(struct beacon *b, const struct multiaddr *addresses, size_t count);

void beacon_set_power(struct beacon *b, bool is_low, uint64_t now);

/** Join code `slot` (1 to BEACON_MSG_SLOT_MAX) is open here: say so to everybody, our id with it,
 * beginning at once. 0: none is, say it no more. The same again: nothing. */
void beacon_set_slot(struct beacon *b, uint16_t slot, uint64_t now);

/** Look for who has code `slot` open, beginning at once; 0: no more. Each that says so comes as
 * INVITER, again when it says something new or after BEACON_TELL_NS; whether it is the one that is
 * meant only pairing shows. The same again: nothing. */
void beacon_seek(struct beacon *b, uint16_t slot, uint64_t now);

/** Something changed (an interface, the keys, a long sleep): call as at the start, also about
 * codes. */
void beacon_hurry(struct beacon *b, uint64_t now);

/** A datagram came from `from`, who must be a neighbour. WAVU_ERR_PROTO or _CRYPTO when it is
 * malformed, _UNSUPPORTED when newer than we are, _LIMIT when its source sends too many; all are
 * counted, and no reason to do anything. Take the events before the next call. */
WARN_UNUSED int beacon_feed(struct beacon *b, const struct multiaddr_ip *from, struct span bytes,
                            uint64_t now);

bool beacon_next_event(struct beacon *b, struct beacon_event *event);
uint64_t beacon_deadline(const struct beacon *b);
void beacon_tick(struct beacon *b, uint64_t now);

/** Neighbours heard within the last three intervals. */
size_t beacon_peer_count(const struct beacon *b);

void beacon_check(const struct beacon *b);

#endif
