/*
 * Messages that are kept for some heartbeats, to be announced and given again; and what was seen.
 * A message is counted: the cache, queues of peers and verdicts that are waited for hold the same
 * one.
 */
#ifndef PUBSUB_GOSSIPSUB_CACHE_H
#define PUBSUB_GOSSIPSUB_CACHE_H

#include "pubsub/gossipsub_keys.h"
#include "pubsub/gossipsub_sign.h"

#define GOSSIPSUB_CACHE_BYTES_MAX (32u * 1024u * 1024u) /* of the messages that are kept */
#define GOSSIPSUB_CACHE_COUNT_MAX 65536u
#define GOSSIPSUB_CACHE_SEEN_MAX 262144u /* 2,184 messages a second for 120 s; 6 MiB */
#define GOSSIPSUB_CACHE_SEEN_S 120u

struct gossipsub_topic; /* private to gossipsub */

struct gossipsub_message {
    uint64_t key;                         /* map_hash of its id */
    struct gossipsub_msg_publish publish; /* spans are its own bytes */
    struct gossipsub_topic *topic;        /* counted there */
    uint32_t refs;
    uint32_t from; /* number of the peer that brought it; 0: our own */
    uint32_t beat; /* the heartbeat in which it was kept */
    struct gossipsub_sign_id id;
    uint8_t bytes[]; /* as it is published, publish.bytes.len */
};

/** A message with a copy of `bytes`, which decode, and one reference. */
WARN_UNUSED struct gossipsub_message *gossipsub_cache_message(struct span bytes);

struct gossipsub_message *gossipsub_cache_ref(struct gossipsub_message *m);

/** Drop one reference; the last one frees, and takes one off the topic's `messages`. */
void gossipsub_cache_unref(struct gossipsub_message *m);

enum gossipsub_cache_status {
    GOSSIPSUB_CACHE_WAITS, /* for a verdict */
    GOSSIPSUB_CACHE_VALID,
    GOSSIPSUB_CACHE_INVALID,
    GOSSIPSUB_CACHE_IGNORED
};

struct gossipsub_cache {
    struct gossipsub_keys kept; /* values are messages, a reference each; oldest first */
    struct gossipsub_keys seen; /* values: nanoseconds << 2 | status */
    size_t bytes;
    uint32_t beat;
    unsigned windows;
};

/** Messages are kept for `windows` heartbeats. */
void gossipsub_cache_init(struct gossipsub_cache *c, unsigned windows);
void gossipsub_cache_clear(struct gossipsub_cache *c);

/** Keep a message, whose key is not there; takes a reference of its own. The oldest give way. */
void gossipsub_cache_put(struct gossipsub_cache *c, struct gossipsub_message *m);

/** The message of that key while it is kept, or NULL. */
struct gossipsub_message *gossipsub_cache_get(const struct gossipsub_cache *c, uint64_t key);

/** How many, from the newest on, are of the last `windows` heartbeats; and the `i`th newest. */
size_t gossipsub_cache_recent(const struct gossipsub_cache *c, unsigned windows);
struct gossipsub_message *gossipsub_cache_newest(const struct gossipsub_cache *c, size_t i);

/** A heartbeat passed: old messages go, and what was seen long ago. */
void gossipsub_cache_shift(struct gossipsub_cache *c, uint64_t now);

/** Remember that a message was seen, or what became of it. */
void gossipsub_cache_see(struct gossipsub_cache *c, uint64_t key,
                         enum gossipsub_cache_status status, uint64_t now);

/** Was it seen? Then what became of it, and when (not with WAITS). */
bool gossipsub_cache_has_seen(const struct gossipsub_cache *c, uint64_t key,
                              enum gossipsub_cache_status *status, uint64_t *at_ns);

size_t gossipsub_cache_memory(const struct gossipsub_cache *c);
void gossipsub_cache_check(const struct gossipsub_cache *c);

#endif
