/*
 * An epoch: a set of heads, the devices that are in the view of each, and a chain for each of them,
 * from the first key on that is used. Here is the key schedule. Source: docs/protocol/epoch.md.
 */
#ifndef GROUP_EPOCH_SET_H
#define GROUP_EPOCH_SET_H

#include "group/chain.h"
#include "group/epoch_graph.h"

#define EPOCH_SET_BLOCK 64 /* generations reserved at once */

struct epoch_set {
    struct list link;
    uint8_t id[32];
    size_t head_count;
    struct epoch_change **heads; /* owned array; ascending by id; the changes are the graph's */
    size_t count;
    uint16_t *slots;      /* owned; the members, ascending by device */
    struct chain *chains; /* owned; one for each; NULL while no key of any was used: */
    uint8_t root[32];     /* all come from it then; zero later */
    int own;              /* one's own place in it; -1: none */
    uint32_t reserved;    /* own generations below it may be used */
    uint32_t asked;       /* a state that is saved now reserves so far */
    uint64_t ticket;      /* of the save that makes `asked` durable */
    bool is_named;        /* others can know what its hint means */
    bool is_told;         /* the owner has the event that it can be read */
    int namer;            /* slot of the device that named it first; -1: it is of our own heads */
    uint64_t since;
};

/** The epoch of those heads, ascending, without chains. NULL when `self` is not in the view of
 * each. */
struct epoch_set *epoch_set_new(const struct epoch_views *views, const uint8_t group[32],
                                struct epoch_change *const *heads, size_t count, int self);
/** Wipe and free; returns how many kept keys went with it. */
size_t epoch_set_free(struct epoch_set *s);

/** Only the id of that epoch. */
void epoch_set_id(uint8_t id[32], const struct epoch_views *views, const uint8_t group[32],
                  struct epoch_change *const *heads, size_t count);

/** All chains come from `root`, when they are needed. */
void epoch_set_fill(struct epoch_set *s, const uint8_t root[32]);
/** The chains, derived when they are not there yet: the root is erased then. */
struct chain *epoch_set_chains(struct epoch_set *s, const struct epoch_views *views);
/** How many chains there are: one for each member, or none while no key was used. */
size_t epoch_set_chain_count(const struct epoch_set *s);
/** The next generation of the member at `index`. */
uint32_t epoch_set_next(const struct epoch_set *s, int index);
/** As chain_look and chain_take with the chain of the member at `index`; a look changes nothing. */
WARN_UNUSED int epoch_set_look(const struct epoch_set *s, const struct epoch_views *views,
                               size_t index, uint32_t generation, struct chain_peek *peek);
int epoch_set_take(struct epoch_set *s, const struct epoch_views *views, size_t index, uint64_t now,
                   const struct chain_peek *peek);
/** The root of an epoch of several heads, from their merge secrets. */
void epoch_set_root(const struct epoch_set *s, uint8_t root[32]);

/** Take the seed of `c`: its merge secret stands, and its root goes into `root`. */
void epoch_set_merge(struct epoch_change *c, const uint8_t seed[32], uint8_t root[32]);
/** Its pair secrets stand, too. */
void epoch_set_pairs(struct epoch_change *c, const struct epoch_views *views, int self,
                     const uint8_t seed[32]);
/** Only the one for the wrap that the member at `index` makes for oneself. */
void epoch_set_pair_in(uint8_t secret[32], const struct epoch_change *c,
                       const struct epoch_views *views, int self, int index,
                       const uint8_t seed[32]);
/** Both: merge and pair secrets. */
void epoch_set_secrets(struct epoch_change *c, const struct epoch_views *views, int self,
                       const uint8_t seed[32], uint8_t root[32]);
/** The seed of the derived change `c`, from the merge secrets of its parents, ascending. */
void epoch_set_derive(uint8_t seed[32], const struct epoch_msg_change *c,
                      struct epoch_change *const *parents, size_t count);
/** What a change says of its seed. */
void epoch_set_commit(uint8_t commitment[32], const uint8_t seed[32]);

#endif
