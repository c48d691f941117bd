/*
 * People who pair: keys, means, and their machines' events gathered.
 */
#ifndef TESTS_SUPPORT_PAIRING_WORLD_H
#define TESTS_SUPPORT_PAIRING_WORLD_H

#include "members/pairing_guest.h"
#include "members/pairing_host.h"

#define PAIRING_WORLD_SENT_MAX 24

struct pairing_person {
    struct ed25519_pair root;
    struct pairing_self self;
    struct pairing_means means;
};

struct pairing_world {
    struct random_seeded seeded;
    struct random random;
    struct aead *aead;
    struct pairing_person alice;  /* invites */
    struct pairing_person baraka; /* joins */
    struct pairing_person mallory;
    struct code code; /* 7-apple-river-stone */
    uint8_t network[PAIRING_KEY_SIZE];
};

void pairing_world_init(struct pairing_world *w, uint64_t seed);
void pairing_world_clear(struct pairing_world *w);

/** The code that `text` says. */
struct code pairing_world_code(const char *text);

/** A link to `peer` on the session that begins with `session`. */
struct pairing_link pairing_world_link(const struct pairing_person *peer, uint8_t session);

/* What a host said since the last time. */
struct pairing_host_news {
    size_t sent;
    struct buf message[PAIRING_WORLD_SENT_MAX];
    uint32_t to[PAIRING_WORLD_SENT_MAX];
    unsigned ends, tries, left, closed, lost, peers, answers, busy;
    int err; /* of the last try */
    bool busy_all;
    uint8_t busy_source[PAIRING_HOST_SOURCE_SIZE];
    enum pairing_host_reason reason;
    struct pairing_peer peer;
    uint32_t peer_run;
    struct buf answer;
};

/** Take all events. What was in `news` before is gone. */
void pairing_world_host(struct pairing_host_news *news, struct pairing_host *h);
void pairing_world_host_clear(struct pairing_host_news *news);

struct pairing_guest_news {
    struct buf message; /* the last one to send */
    unsigned sent, peers, welcomes, done, failed, left;
    int err;
    struct pairing_peer peer;
    struct buf welcome;
};

void pairing_world_guest(struct pairing_guest_news *news, struct pairing_guest *g);
void pairing_world_guest_clear(struct pairing_guest_news *news);

/* A host and a guest that speak with each other. */
struct pairing_talk {
    struct pairing_host *h;
    struct pairing_guest *g;
    uint32_t run;
    uint64_t now;
    int host_rc; /* of the last feed */
    int guest_rc;
    struct pairing_host_news host;
    struct pairing_guest_news guest;
};

/** Carry messages until neither says anything; the host's wish is `welcome`, the guest's `answer`.
 * What is news at the end, of everything since the begin, stands in host and guest. */
void pairing_world_talk(struct pairing_talk *t, const char *welcome, const char *answer);
void pairing_world_talk_clear(struct pairing_talk *t);

#endif
