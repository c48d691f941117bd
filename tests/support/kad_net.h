/*
 * A network of Kademlia that is a table in memory: every node knows all, answers at once, keeps
 * what it is given; some lie. For tests of quests.
 */
#ifndef TESTS_SUPPORT_KAD_NET_H
#define TESTS_SUPPORT_KAD_NET_H

#include "discovery/kad_quests.h"

#define KAD_NET_NODES_MAX 1100
#define KAD_NET_K 16
#define KAD_NET_NAMES 16 /* peers that an answer names */
#define KAD_NET_KEY span_of((const uint8_t *)"/t/what", 7)

enum kad_net_harm {
    KAD_NET_HONEST,
    KAD_NET_SILENT,
    KAD_NET_FORGER, /* answers with a value that nobody signed */
    KAD_NET_SYBIL   /* names sybils alone, keeps nothing and says that it did */
};

struct kad_net_node {
    struct peerid id;
    struct kad_key key;
    enum kad_net_harm harm;
    uint8_t sequence; /* of the value that it keeps; 0: none */
    bool is_provider; /* it knows one */
    unsigned asked;
};

struct kad_net {
    struct kad_net_node nodes[KAD_NET_NODES_MAX];
    size_t count;
    struct kad kad;
    struct kad_quests quests;
    struct random_seeded seeded;
    struct random random;
    struct kad_store_time time;
    size_t asks; /* of look-ups */
    size_t puts;
    size_t extra; /* providers that one answer names besides */
    /* What was told of the quest that runs. */
    size_t found;
    struct peerid found_first;
    size_t values;
    uint8_t value[2];
    size_t providers;
    size_t done;
    int err;
    unsigned kept;
};

/** `nodes` honest ones, all in the table of the node that asks. */
struct kad_net *kad_net_new(uint64_t seed, size_t nodes);
void kad_net_free(struct kad_net *n);

/** An id that nobody has. */
void kad_net_id(struct kad_net *n, struct peerid *id);

struct kad_net_node *kad_net_of(struct kad_net *n, const struct peerid *id);

/** The nearest to `target`, nearest first: of sybils, or of all. */
size_t kad_net_nearest(struct kad_net *n, const struct kad_key *target, bool is_sybil,
                       const struct kad_net_node *out[], size_t max);

/** Answer what is asked; take the events; both until nobody is asked any more. */
void kad_net_serve(struct kad_net *n, const struct kad_ask *ask);
void kad_net_take(struct kad_net *n);
void kad_net_pump(struct kad_net *n);

/** Run one quest to its end, and return its error; what it told is in `n`. */
int kad_net_run(struct kad_net *n, const struct kad_quest_wish *wish);

/** Put a signed value of that sequence under KAD_NET_KEY; get what is there. */
int kad_net_put(struct kad_net *n, uint8_t sequence);
int kad_net_get(struct kad_net *n);

/** Let servers be counted. */
void kad_net_count(struct kad_net *n);

/** Of the nearest honest nodes to KAD_NET_KEY, how many keep that sequence. */
size_t kad_net_kept(struct kad_net *n, uint8_t sequence);

/** Sybils nearer to KAD_NET_KEY than every honest node, which name each other alone. */
void kad_net_besiege(struct kad_net *n, unsigned count);

#endif
