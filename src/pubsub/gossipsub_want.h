/*
 * Messages that peers announced and we lack: each is asked of one peer, of another when it did not
 * come within a third of the time-out, and so on, the best first; who was slow is asked last next
 * time. What has not come a whole time-out after the last was asked is a promise that all broke.
 */
#ifndef PUBSUB_GOSSIPSUB_WANT_H
#define PUBSUB_GOSSIPSUB_WANT_H

#include "base/list.h"
#include "base/map.h"
#include "pubsub/gossipsub_sign.h"

#define GOSSIPSUB_WANT_COUNT_MAX 16384u /* messages that are waited for: 3 MiB at most */
#define GOSSIPSUB_WANT_STEPS 3u         /* of a time-out */
#define GOSSIPSUB_WANT_PEERS_MAX 4u     /* that are remembered for one message */

struct gossipsub_want {
    struct map entries;
    struct list waiting; /* the one that is due first, first */
    size_t count;
    uint64_t step_ns;
};

/* Peer `peer` says that it has a message. */
struct gossipsub_want_news {
    uint64_t key;
    const struct gossipsub_sign_id *id;
    uint32_t peer;
    uint32_t batch; /* of the request that would be made now */
    int64_t rank;   /* below 0: it is asked when nobody else is there a step later */
};

/* A message that did not come in time. */
struct gossipsub_want_late {
    struct gossipsub_sign_id id;
    uint64_t key;
    uint32_t slow;     /* number of a peer that was asked and has not answered so far; or 0 */
    uint32_t released; /* of the one that owes it no more; or 0 */
    uint32_t next;     /* peer to be asked now; or 0 */
    /* All that were asked, in which requests, when it is given up. */
    uint32_t broken[GOSSIPSUB_WANT_PEERS_MAX];
    uint32_t batches[GOSSIPSUB_WANT_PEERS_MAX];
    unsigned broken_count;
};

void gossipsub_want_init(struct gossipsub_want *w, const struct random *random,
                         uint64_t timeout_ns);
void gossipsub_want_clear(struct gossipsub_want *w);

/** A message that is not here was announced. True: ask that peer; false: somebody was asked
 * already, or it has to wait, or there is no room. */
WARN_UNUSED bool gossipsub_want_announced(struct gossipsub_want *w, uint64_t now,
                                          const struct gossipsub_want_news *news);

/** It came, from whomever. The number of the peer that was asked last; 0: it was not waited for. */
uint32_t gossipsub_want_came(struct gossipsub_want *w, uint64_t key);

/** The next that is late; false: none. `batch` is the number of the request that is made now. */
bool gossipsub_want_next_late(struct gossipsub_want *w, uint64_t now, uint32_t batch,
                              struct gossipsub_want_late *late);

void gossipsub_want_check(const struct gossipsub_want *w);

#endif
