/*
 * What hostile nodes of kad_world answer. All of them collude: they know each other, every request
 * that any of them gets, and have the time to prepare ids.
 */
#ifndef SWARM_KAD_HARM_H
#define SWARM_KAD_HARM_H

#include "crypto/peerid.h"
#include "swarm/kad_forest.h"

enum kad_harm_kind {
    KAD_HARM_COLLUDE, /* name the nearest of their own kind, and nobody else; ids at random */
    KAD_HARM_LAST,    /* answer as the honest do, and COLLUDE near the target */
    KAD_HARM_OMIT,    /* answer as the honest do, without the target */
    KAD_HARM_DIVERT,  /* name ids of their own that were made for the target: KAD_HARM_MADE */
    KAD_HARM_SILENT,  /* answer nothing */
    KAD_HARM_POISON   /* name ids that nobody has */
};

/* Ids that the hostile made beforehand, for each node of the network: of so many at random the k
 * nearest to any target are nearer to it than any honest node, 15 times of 16 (k 16: the 16th of
 * 256 N stands at a sixteenth of where the first of N is expected). Each is answered for by all
 * hostile nodes: it never ends. */
#define KAD_HARM_MADE 256

/* An id's number: a node's, or, with this bit, that of an id made beforehand. */
#define KAD_HARM_MADE_BIT UINT32_C(0x80000000)

struct kad_harm {
    enum kad_harm_kind kind;
    struct kad_forest kin;  /* hostile nodes */
    struct kad_forest made; /* DIVERT: ids made beforehand, numbers with the bit */
};

/** Ready to be asked, with ids made for a network of `nodes`. */
void kad_harm_init(struct kad_harm *h, enum kad_harm_kind kind, uint32_t nodes);
void kad_harm_clear(struct kad_harm *h);

/** The id of number `who` that is told apart from others of that number by `salt`. */
struct peerid kad_harm_id(uint32_t who, uint64_t salt);

/** The number in an id: kad_harm_id's `who`. */
uint32_t kad_harm_number(const struct peerid *id);

/** The salt of all ids made beforehand: there is one of each number. */
#define KAD_HARM_MADE_SALT UINT64_C(0)

/** Numbers of the ids that a hostile node at `own` names for `target`, nearest first. 0 of LAST and
 * OMIT: it answers as honest nodes do. `ids` has the ids of kin by number; at most `max`. */
size_t kad_harm_named(const struct kad_harm *h, uint64_t own, uint64_t target, uint32_t *out,
                      size_t max);

#endif
