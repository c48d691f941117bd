/*
 * Whom this node's person knows: for each root key, over all networks, the name that the person
 * gives it, whether it was compared with its owner, and whether it is blocked. A machine on the
 * store: wishes of the person and successions of keys come in, each is one row of the next commit.
 * Nothing of it ever leaves the node.
 *
 * Source: docs/protocol/contacts.md.
 */
#ifndef CHAT_CONTACTS_H
#define CHAT_CONTACTS_H

#include "base/map.h"
#include "base/name.h"
#include "store/store.h"

#define CONTACTS_MAX 4096 /* a phone book; some 200 bytes each */
#define CONTACTS_KEY_SIZE 32
#define CONTACTS_TABLE "contacts"
#define CONTACTS_ROW_MAX (1 + 1 + 8 + CONTACTS_KEY_SIZE + 1 + NAME_SIZE_MAX)

enum contacts_mark {
    CONTACTS_UNVERIFIED,
    CONTACTS_VERIFIED,
    CONTACTS_CHANGED, /* it was verified, and another key has followed since */
};

struct contacts_one {
    uint8_t key[CONTACTS_KEY_SIZE];   /* the person's root now */
    uint8_t first[CONTACTS_KEY_SIZE]; /* the first of its roots that is known: itself, mostly */
    uint8_t name[NAME_SIZE_MAX];
    size_t name_len; /* 0: none */
    enum contacts_mark mark;
    uint64_t unix_ms; /* when it was verified, by the clock of then; 0: not known, or never */
    bool is_blocked;
    uint64_t look; /* private: a hash of what the name looks like */
};

struct contacts {
    struct store *store; /* borrowed */
    struct map ones;     /* of struct contacts_one by key */
};

/** Load what the store has. WAVU_ERR_CORRUPT, _UNSUPPORTED (a newer wavu's), and what the store
 * says. */
WARN_UNUSED int contacts_init(struct contacts *c, struct store *store, const struct random *random);
void contacts_clear(struct contacts *c);

/** What is known of that person, borrowed until the next wish; NULL for nothing. */
const struct contacts_one *contacts_get(const struct contacts *c,
                                        const uint8_t key[CONTACTS_KEY_SIZE]);

/* Wishes. Errors of all: WAVU_ERR_LIMIT beyond CONTACTS_MAX, and what the store says; nothing has
 * changed then. Who has nothing said of it any more is forgotten. */

/** Call that person `name`; empty: as it calls itself. WAVU_ERR_INVALID: no name (name_check);
 * _EXISTS: another contact's looks like it. */
WARN_UNUSED int contacts_set_name(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE],
                                  struct span name);

/** The person has compared the safety number; or takes that back. */
WARN_UNUSED int contacts_verify(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE],
                                uint64_t unix_ms);
WARN_UNUSED int contacts_unverify(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE]);

WARN_UNUSED int contacts_block(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE],
                               bool is_blocked);

/** In some network the person whose first root is `first` has `now` as its root, which another one
 * signed away. Whoever is known by `first`, or by what followed it, is known by `now` from here on,
 * and is not verified any more. `*before` is the contact as it was, when there is one to tell of;
 * WAVU_ERR_NOT_FOUND otherwise: nothing has changed. */
WARN_UNUSED int contacts_succeed(struct contacts *c, const uint8_t first[CONTACTS_KEY_SIZE],
                                 const uint8_t now[CONTACTS_KEY_SIZE], struct contacts_one *before);

/** The contact at `key` began as `first`: by that a succession finds it. */
WARN_UNUSED int contacts_follow(struct contacts *c, const uint8_t key[CONTACTS_KEY_SIZE],
                                const uint8_t first[CONTACTS_KEY_SIZE]);

/** Iterate in no order: `*at` is 0 first; NULL at the end. */
const struct contacts_one *contacts_next(const struct contacts *c, size_t *at);

/** The contact whose name has that look (name_looks_write), or NULL. */
const struct contacts_one *contacts_by_look(const struct contacts *c, struct span look);

#endif
