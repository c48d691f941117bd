/*
 * A peer that keeps to the protocol only as far as a test wishes: its own socket in the simulator,
 * the library's Noise, and after that whatever plaintext, frame or bare byte it is told to send.
 */
#ifndef TESTS_SUPPORT_NET_FOE_H
#define TESTS_SUPPORT_NET_FOE_H

#include "mux/yamux_msg.h"
#include "tests/support/net_world.h"

struct net_foe {
    struct net_world *world;
    struct port *port;
    struct port_tcp *socket;
    struct ed25519_pair key;
    struct noise_identity identity;
    struct peerid id;
    struct aead *aead;
    struct noise *noise;
    struct noise_channel channel;
    const char *const *security; /* it claims to speak; NULL, as foreign peers: says nothing */
    struct buf out;              /* not yet taken by the socket */
    struct buf sealed;           /* the beginning of a Noise frame that came */
    struct buf heard;            /* plaintext that came, its first NET_FOE_HEARD_MAX bytes */
    size_t received;             /* raw bytes that came */
    size_t answer_len;           /* of the node's first words, which are skipped */
    uint32_t next_stream;
    bool is_connected;
    bool is_secured;
    bool is_closed; /* by the node */
    bool is_shaking;
};

#define NET_FOE_HEARD_MAX 65536

/** Connect from `host` to node `to` of `w`, and let the world run until that is done. `number`
 * makes the key. Nothing is said yet. */
void net_foe_start(struct net_foe *f, struct net_world *w, struct sim_host *host, size_t to,
                   uint64_t number);

/** Agree on Noise and yamux as an honest dialler does. False when the node ended it. */
bool net_foe_secure(struct net_foe *f);

/** Reset the connection, if the node has not, and free everything. */
void net_foe_stop(struct net_foe *f);

/** Send bytes as they are; the world runs until they are taken, the node ends it, or `limit_ns`. */
void net_foe_say_raw(struct net_foe *f, struct span bytes, uint64_t limit_ns);

/** Queue a sealed Noise frame of `plain`, to be sent as the socket takes it. */
void net_foe_queue(struct net_foe *f, struct span plain);

/** Queue a yamux header, and `payload` behind it (its length is the header's, whatever that says).
 */
void net_foe_frame(struct net_foe *f, struct yamux_msg msg, struct span payload);

/** Queue the opening of a stream that proposes `name` (NULL: says nothing); returns its id. */
uint32_t net_foe_open(struct net_foe *f, const char *name);

/** Queue `data` on a stream. */
void net_foe_data(struct net_foe *f, uint32_t stream, struct span data, unsigned flags);

/** Read no more (or again). */
void net_foe_deafen(struct net_foe *f, bool is_deaf);

/** Yamux frames of `type` among what came that have all of `flags`. */
size_t net_foe_count(const struct net_foe *f, enum yamux_msg_type type, unsigned flags);

/** For sim_run_until: the node ended the connection of the foe in `context`. */
bool net_foe_is_closed(void *context);

#endif
