/*
 * Seeds: addresses that a person gave, tried for ever, each with a truthful word on how it stands.
 * A machine: it says when to look a name up or to dial, and is told what came of it.
 *
 *   WAITING -> [RESOLVING ->] DIALING -> CONNECTED -> (lost, or a verdict) ...
 *      ^______________|___________|___________________________|
 *              after a delay: base, doubled with each failure, 25 % more or less
 *
 * A name is looked up again on each try. Between tries a seed's state is why the last one failed.
 */
#ifndef DISCOVERY_SEEDS_H
#define DISCOVERY_SEEDS_H

#include "base/multiaddr.h"
#include "base/random.h"
#include "crypto/peerid.h"
#include "wavu/err.h"

#define SEEDS_MAX 64 /* a person's list; more are found by those that answer */
#define SEEDS_TEXT_MAX                                                                             \
    320 /* characters with NUL of one as it was typed: a name, a port, a peer id */
#define SEEDS_NAME_MAX 254     /* characters with NUL of a DNS name (RFC 1035 2.3.4) */
#define SEEDS_ADDRESSES_MAX 16 /* that a name has: what a look-up gives */
#define SEEDS_AT_ONCE_MAX 8    /* tries under way */
#define SEEDS_BASE_NS (UINT64_C(500) * 1000000)        /* setting recovery_base_delay */
#define SEEDS_RETRIES 10                               /* setting max_discovery_retries */
#define SEEDS_DELAY_NS_MAX (UINT64_C(30) * 1000000000) /* until so many have failed */
#define SEEDS_SLOW_NS (UINT64_C(120) * 1000000000)     /* from then on */
#define SEEDS_SLOW_LOW_NS (UINT64_C(600) * 1000000000) /* with `power low` */
#define SEEDS_STEADY_NS                                                                            \
    (UINT64_C(10) * 1000000000) /* a connection that lasted so long ends the row of failures */

enum seeds_state {
    SEEDS_WAITING, /* not tried yet */
    SEEDS_RESOLVING,
    SEEDS_DIALING,
    SEEDS_CONNECTED,
    SEEDS_NOT_INVITED,   /* it told us so */
    SEEDS_WRONG_NETWORK, /* it told us so, or its first bytes did */
    SEEDS_UNREACHABLE,
    SEEDS_NO_NAME,
    SEEDS_NO_LOOKUP,  /* the name servers do not answer: we may be without a network */
    SEEDS_REFUSED,    /* nothing listens there */
    SEEDS_OTHER_PEER, /* not the id that the seed names */
    SEEDS_HUNG_UP,    /* something was there and ended the handshake */
    SEEDS_FOREIGN,    /* no common protocol */
    SEEDS_DENIED,     /* by ourselves: our own address, or our policy */
    SEEDS_LOST,       /* was connected */
    SEEDS_STATES
};

struct seeds_config {
    const struct random *random; /* borrowed */
    uint64_t base_ns;            /* SEEDS_BASE_NS */
    uint32_t retries;            /* SEEDS_RETRIES */
    bool is_private;             /* a private network's key is in use: garbage means another one */
    bool is_low_power;
};

/* One seed as a person may see it. */
struct seeds_view {
    const char *text; /* as it was typed; borrowed */
    enum seeds_state state;
    const char *sentence; /* "dialing", "not invited", "refused: wrong network"; static */
    uint64_t next_ns;     /* when it is tried next; TIMERS_NEVER: not planned */
    uint32_t failures;    /* in a row */
    struct peerid peer;   /* who it is, once connected or when the seed names it; len 0: unknown */
};

enum seeds_event_kind { SEEDS_LOOK_UP, SEEDS_DIAL, SEEDS_CHANGED };

struct seeds_event {
    enum seeds_event_kind kind;
    size_t seed;               /* its number, from 0 in the order that they were added */
    char name[SEEDS_NAME_MAX]; /* LOOK_UP, as the next */
    int family;                /* 4, 6, or 0 for both */
    struct peerid peer;        /* DIAL: whom to expect; len 0: anyone */
    struct multiaddr addresses[SEEDS_ADDRESSES_MAX]; /* DIAL: without peer id */
    size_t address_count;
};

struct seeds_seed;

struct seeds {
    struct seeds_config config;
    struct seeds_seed *items; /* owned array */
    size_t count;
    size_t under_way; /* RESOLVING or DIALING */
    bool is_wanted;
};

void seeds_init(struct seeds *s, const struct seeds_config *config);
void seeds_clear(struct seeds *s);

/** Add what a person typed: host:port, or a multiaddr. WAVU_ERR_INVALID when it is neither,
 * _EXISTS when it is there already, _LIMIT beyond SEEDS_MAX. */
WARN_UNUSED int seeds_add(struct seeds *s, struct span text, uint64_t now);

/** The answers to LOOK_UP and DIAL, one each. `err` 0, or why not. */
void seeds_resolved(struct seeds *s, size_t seed, int err, const struct multiaddr_ip *found,
                    size_t count, uint64_t now);
void seeds_dialled(struct seeds *s, size_t seed, int err, const struct peerid *peer, uint64_t now);

/** The last connection to `peer` is gone. */
void seeds_lost(struct seeds *s, const struct peerid *peer, uint64_t now);

/** `peer` has said why it will not have us: SEEDS_NOT_INVITED or SEEDS_WRONG_NETWORK. True when a
 * seed that is (or was until now) connected is that peer. */
bool seeds_told(struct seeds *s, const struct peerid *peer, enum seeds_state verdict, uint64_t now);

/** Are seeds wanted? While the mesh has neighbours they are left alone, but for those that were
 * never reached yet. At first they are. */
void seeds_set_wanted(struct seeds *s, bool is_wanted, uint64_t now);

/** The network changed, or the machine slept: try all soon, from the first delay on. */
void seeds_hurry(struct seeds *s, uint64_t now);

void seeds_set_power(struct seeds *s, bool is_low);

/** The next event; `now` is the moment for which seeds_tick was called last. */
bool seeds_next_event(struct seeds *s, struct seeds_event *event);
uint64_t seeds_deadline(const struct seeds *s);
void seeds_tick(struct seeds *s, uint64_t now);

/** False when there is no seed of that number. */
bool seeds_look(const struct seeds *s, size_t seed, struct seeds_view *view);

/** True when each seed failed as often as `retries` in a row, and none is connected. */
bool seeds_is_offline(const struct seeds *s);

/** "dialing", "not invited" ... Static. */
const char *seeds_state_name(enum seeds_state state);

void seeds_check(const struct seeds *s);

#endif
