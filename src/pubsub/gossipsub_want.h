/*
 * Messages that peers announced and we lack: each is asked of one peer, and of another when it does
 * not come in time. That is a promise broken.
 */
#ifndef PUBSUB_GOSSIPSUB_WANT_H
#define PUBSUB_GOSSIPSUB_WANT_H

#include "base/list.h"
#include "base/map.h"
#include "pubsub/gossipsub_sign.h"

#define GOSSIPSUB_WANT_COUNT_MAX 16384u /* messages that are waited for: 3 MiB at most */
#define GOSSIPSUB_WANT_PEERS_MAX 4u     /* that are remembered for one message */

struct gossipsub_want {
    struct map entries;
    struct list waiting; /* the one that is due first, first */
    size_t count;
    uint64_t timeout_ns;
};

/* A message that did not come in time. */
struct gossipsub_want_late {
    struct gossipsub_sign_id id;
    uint64_t key;
    uint32_t broken; /* number of the peer that was asked */
    uint32_t batch;  /* of the request */
    uint32_t next;   /* peer to be asked now; 0: nobody else announced it, and it is forgotten */
};

void gossipsub_want_init(struct gossipsub_want *w, const struct random *random,
                         uint64_t timeout_ns);
void gossipsub_want_clear(struct gossipsub_want *w);

/** Peer `peer` announced a message that is not here. True: ask it, in the request of number
 * `batch`; false: somebody was asked already, or there is no room. */
bool gossipsub_want_announced(struct gossipsub_want *w, uint64_t now, uint64_t key,
                              const struct gossipsub_sign_id *id, uint32_t peer, uint32_t batch);

/** It came, from whomever. The number of the peer that was asked; 0: it was not waited for. */
uint32_t gossipsub_want_came(struct gossipsub_want *w, uint64_t key);

/** The next that is late; false: none. `batch` is the number of the request that is made now. */
bool gossipsub_want_next_late(struct gossipsub_want *w, uint64_t now, uint32_t batch,
                              struct gossipsub_want_late *late);

void gossipsub_want_check(const struct gossipsub_want *w);

#endif
