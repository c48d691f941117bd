/*
 * Persons on one membership log, for tests that read like the worked examples of
 * docs/protocol/members.md. Every step CHECKs that it was let in, unless it says otherwise.
 */
#ifndef TESTS_SUPPORT_MEMBERS_WORLD_H
#define TESTS_SUPPORT_MEMBERS_WORLD_H

#include "members/identity.h"
#include "tests/support/members_null.h"

#define MEMBERS_WORLD_PERSONS 16
#define MEMBERS_WORLD_DEVICES 3

struct members_world_person {
    struct members_author root;
    struct members_author devices[MEMBERS_WORLD_DEVICES];
    uint32_t device_count;
    uint8_t member[MEMBERS_MSG_ID_SIZE];
};

struct members_world {
    struct members log;
    struct members_state state;
    const struct signer *signer;
    struct random_seeded seeded;
    struct random random;
    struct members_world_person persons[MEMBERS_WORLD_PERSONS]; /* 0: the founder, with a device */
    uint64_t keys;                                              /* made so far */
    bool is_loading; /* let in what is signed as if it lay in the store */
};

/** A network with its founder. */
void members_world_open(struct members_world *w, const struct signer *signer,
                        enum members_msg_policy policy);
void members_world_close(struct members_world *w);

/** Let `by`'s first device invite person `who`, who makes a device and joins. */
void members_world_join(struct members_world *w, int by, int who);

/** `who` comes in again as `again`: another member, with the root and the first device that it has.
 * Returns the JOIN. */
const struct members_op *members_world_join_again(struct members_world *w, int by, int who,
                                                  int again);

/** Only the invitation. */
const struct members_op *members_world_invite(struct members_world *w, int by, int who);

/** Let `by` invite somebody new (by the door of its node, if that is so) who makes a device and
 * joins, as far as there is room: 0, or what members_feed says of the first that has none. */
int members_world_come(struct members_world *w, struct members_author *by, bool is_by_door,
                       struct members_world_person *p);

/** Certify one more device of `who`, which may then sign. */
void members_world_device(struct members_world *w, int who);

/** A message of that kind, with nothing in it. */
struct members_msg members_world_msg(enum members_msg_kind kind);

/** A REVOKE of `who`, by what counts now. */
struct members_msg members_world_revoke(struct members_world *w, int who);

/** Sign as the author and put it into the log, even when its place in the chain is taken. Returns
 * what members_feed says; `*op` the operation when it was let in. */
int members_world_forge(struct members_world *w, struct members_author *author,
                        struct members_msg *m, const struct members_op **op);

/** Sign as the author; CHECK that it is let in. */
const struct members_op *members_world_sign(struct members_world *w, struct members_author *author,
                                            struct members_msg m);

/** Sign as first device of `by`. */
const struct members_op *members_world_by(struct members_world *w, int by, struct members_msg m);

/** COSIGN `op` as first device of `by`. */
const struct members_op *members_world_cosign(struct members_world *w, int by,
                                              const struct members_op *op);

/** An operation that means nothing (of an unknown kind): to fill a chain. */
const struct members_op *members_world_say(struct members_world *w, int by);

/** A REMOVE of device `device` of `who`, by what counts now. */
struct members_msg members_world_remove(struct members_world *w, int who, uint32_t device);

/** Let the root of `who` leave, by what counts now: `*m` is the LEAVE, `*root` who signs it. */
void members_world_leave(struct members_world *w, int who, struct members_author *root,
                         struct members_msg *m);

/** The log is stored and read back, as over a restart: operations of before are gone. */
void members_world_restart(struct members_world *w);

/** Evaluate; then: does it count, does it stand, does the person belong, is the device live? */
void members_world_run(struct members_world *w);
bool members_world_counts(const struct members_world *w, const struct members_op *op);
bool members_world_stands(const struct members_world *w, const struct members_op *op);
bool members_world_belongs(const struct members_world *w, int who);
bool members_world_is_live(const struct members_world *w, int who, uint32_t device);

#endif
