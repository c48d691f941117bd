/*
 * Kademlia as one machine: the table, look-ups under way, upkeep. It knows ids and places, and
 * neither streams nor addresses: its owner asks peers for it, says what became of that, and
 * answers requests with the ids that it names. docs/protocol/kad.md.
 *
 *   kad_find -> kad_next_ask, kad_next_ask, ... -> kad_answered | kad_failed -> kad_next_done ->
 *   kad_result -> kad_end
 */
#ifndef DISCOVERY_KAD_H
#define DISCOVERY_KAD_H

#include "base/list.h"
#include "discovery/kad_lookup.h"
#include "discovery/kad_msg.h"
#include "discovery/kad_table.h"

#define KAD_SEARCHES_MAX 64 /* under way at once, upkeep included */
#define KAD_MET_MAX 16      /* peers that asked us and are to be asked back; further ones are not */
#define KAD_UPKEEP_MAX 2    /* of these, look-ups that keep the table true */
#define KAD_NUMBER_MAX 0x7fffffffu /* of a search; above it numbers are kad_quest's */

struct kad_config {
    struct peerid self;
    unsigned k;     /* 1 to KAD_TABLE_K_MAX */
    unsigned paths; /* where who asks names none */
    unsigned alpha;
    unsigned beta;
    const struct random *random; /* borrowed */
};

struct kad_search {
    struct list link;
    uint32_t number;
    enum kad_msg_type type;
    uint8_t key[KAD_MSG_KEY_MAX];
    size_t key_len;
    struct kad_lookup lookup;
    bool is_upkeep;
    bool is_done; /* and told */
};

struct kad {
    struct kad_config config;
    struct kad_table table;
    struct list searches; /* oldest first */
    size_t search_count;
    uint32_t last_number;
    struct peerid met[KAD_MET_MAX]; /* oldest first */
    unsigned met_count;
    struct peerid probed; /* an entry in doubt that is being asked; len 0: none */
    uint64_t probed_ns;
};

/* Somebody to be asked: connect if need be, send the request, say what came. */
struct kad_ask {
    uint32_t search; /* 0: whether it is there: an entry in doubt, or one that asked us */
    struct peerid peer;
    enum kad_msg_type type;
    struct span key;   /* borrowed until the search ends */
    struct span value; /* likewise; of PUT_VALUE, which kad_quests.h asks */
};

void kad_init(struct kad *k, const struct kad_config *config, uint64_t now);
void kad_clear(struct kad *k);

/** Look up the peers nearest to `key` (KAD_MSG_KEY_MAX bytes at most) with requests of `type`, over
 * `paths` (0: as configured). WAVU_ERR_LIMIT: too many are under way; WAVU_ERR_NOT_FOUND: nobody is
 * known to ask. */
WARN_UNUSED int kad_find(struct kad *k, enum kad_msg_type type, struct span key, unsigned paths,
                         uint64_t now, uint32_t *search);

/** The same from `count` peers that are thought to be the nearest, all asked at once, over one
 * path.
 */
WARN_UNUSED int kad_find_from(struct kad *k, enum kad_msg_type type, struct span key,
                              const struct peerid *from, size_t count, uint32_t *search);

/** The next to be asked; false: nobody now. */
bool kad_next_ask(struct kad *k, uint64_t now, struct kad_ask *ask);

/** Wait for this answer until `until_ns`: a connection must be made first. */
void kad_wait(struct kad *k, uint32_t search, const struct peerid *peer, uint64_t until_ns);

/** `peer`, reached at an address of `group` (kad_table.h), answered with `m`. Peers of `m` that
 * cannot be read are skipped. WAVU_ERR_PROTO: it is no answer to what was asked; the peer leaves
 * the table. */
WARN_UNUSED int kad_answered(struct kad *k, uint32_t search, const struct peerid *peer,
                             uint64_t group, const struct kad_msg *m, uint64_t now);

/** `peer` was not reached, or will not answer. */
void kad_failed(struct kad *k, uint32_t search, const struct peerid *peer, uint64_t now);

/** A search that is over and was not told yet; false: none. End it with kad_end. */
bool kad_next_done(struct kad *k, uint32_t *search);

/** What was sought is found: ask nobody any more. */
void kad_stop(struct kad *k, uint32_t search);

/** The nearest that answered, nearest first, at most `max`. */
size_t kad_result(const struct kad *k, uint32_t search, struct peerid *out, size_t max);

/** The search of that number, or NULL; for figures of its look-up. Borrowed until it ends. */
struct kad_search *kad_search(const struct kad *k, uint32_t number);

/** Forget the search. */
void kad_end(struct kad *k, uint32_t search);

/** A server was reached by us, at an address of `group`. */
void kad_reached(struct kad *k, const struct peerid *peer, uint64_t group, uint64_t now);

/** `peer`, which says that it is a server, asked us. Where the table has room for it, it is asked
 * back, over a connection of ours: that proves that others can reach it, and it enters by its
 * answer. */
void kad_met(struct kad *k, const struct peerid *peer);

/** It is no server any more. */
void kad_left(struct kad *k, const struct peerid *peer);

/** For an answer to `asker`: the ids nearest to `key`, nearest first, at most k. */
size_t kad_named(const struct kad *k, const struct peerid *asker, struct span key,
                 struct peerid *out, size_t max);

/** Look for our own surroundings anew at `due_ns`: few are known, and others came. */
void kad_settle(struct kad *k, uint64_t due_ns);

uint64_t kad_deadline(const struct kad *k);

/** Time passed: late answers, upkeep. Then ask kad_next_ask and kad_next_done. */
void kad_tick(struct kad *k, uint64_t now);

void kad_check(const struct kad *k);

#endif
