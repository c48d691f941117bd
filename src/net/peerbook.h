/*
 * What is known of peers: addresses with where they came from, protocols, agent. Siblings
 * (discovery, overlay, nat, later kad) meet here. In memory; node/wavu_keep.c keeps what belongs to
 * the mesh.
 */
#ifndef NET_PEERBOOK_H
#define NET_PEERBOOK_H

#include "base/list.h"
#include "base/map.h"
#include "base/multiaddr.h"
#include "crypto/peerid.h"

#define PEERBOOK_PEERS_MAX                                                                         \
    10000 /* entries; the longest unused, not connected one is forgotten first */
/* When the book is full, this part of it is for peers of whom nothing but hearsay is known: one
 * in 4. More than it is theirs while there is room. */
#define PEERBOOK_HEARSAY_SHARE 4
#define PEERBOOK_ADDRESSES_MAX 16 /* of one peer; the least trusted, oldest goes first */
#define PEERBOOK_PROTOCOLS_MAX 64
#define PEERBOOK_AGENT_MAX 128  /* characters with NUL, printable ASCII only */
#define PEERBOOK_TEXT_MAX 2048  /* bytes of all protocol names of one peer */
#define PEERBOOK_RECORD_MAX 512 /* bytes of a signed record that is kept; longer ones are not */

/* Where an address came from, least trusted first. */
enum peerbook_source {
    PEERBOOK_HEARSAY,  /* another peer told */
    PEERBOOK_IDENTIFY, /* the peer itself, unsigned */
    PEERBOOK_SIGNED,   /* the peer's signed record */
    PEERBOOK_PERSON,   /* typed or configured */
    PEERBOOK_CONNECTED /* a connection stands there now or did */
};

struct peerbook_address {
    struct multiaddr address; /* without trailing peer id */
    enum peerbook_source source;
    uint64_t seen_ns;
};

struct peerbook {
    struct map entries;
    struct list by_use;  /* least recently used first */
    struct list hearsay; /* likewise, those of whom nothing but hearsay is known */
    size_t hearsay_count;
    size_t peers_max;
};

void peerbook_init(struct peerbook *b, const struct random *random);
void peerbook_clear(struct peerbook *b);

/** Remember an address of `peer`. Returns WAVU_ERR_LIMIT when there is no room for it. */
WARN_UNUSED int peerbook_add_address(struct peerbook *b, const struct peerid *peer,
                                     const struct multiaddr *address, enum peerbook_source source,
                                     uint64_t now);

/** Addresses of `peer`, most trusted and most recent first; returns how many (at most max). */
size_t peerbook_addresses(const struct peerbook *b, const struct peerid *peer,
                          struct peerbook_address *out, size_t max);

/** A signed record replaces the signed addresses when `seq` is newer: WAVU_ERR_EXISTS when it is
 * not. */
WARN_UNUSED int peerbook_put_record(struct peerbook *b, const struct peerid *peer, uint64_t seq,
                                    const struct multiaddr *addresses, size_t count, uint64_t now);

/** Keep the signed record itself, which peerbook_put_record took, for others. */
void peerbook_keep_record(struct peerbook *b, const struct peerid *peer, struct span envelope);

/** The newest signed record, or an empty span. Borrowed until the next change. */
struct span peerbook_record(const struct peerbook *b, const struct peerid *peer);

/** Set the agent; what is not printable ASCII becomes '?', longer is cut. */
void peerbook_set_agent(struct peerbook *b, const struct peerid *peer, struct span agent);

/** The agent, or "" when unknown. Borrowed until the next change. */
const char *peerbook_agent(const struct peerbook *b, const struct peerid *peer);

/** Replace the protocol list; names beyond the limits are dropped. */
void peerbook_set_protocols(struct peerbook *b, const struct peerid *peer, const struct span *names,
                            size_t count);
bool peerbook_speaks(const struct peerbook *b, const struct peerid *peer, const char *protocol);

/** The `i`th protocol name, or an empty span. */
struct span peerbook_protocol(const struct peerbook *b, const struct peerid *peer, size_t i);

/** Connected peers are not forgotten. */
void peerbook_pin(struct peerbook *b, const struct peerid *peer, bool pinned);

void peerbook_check(const struct peerbook *b);

#endif
