/*
 * Contacts: whom this node's person knows, over all networks, by the person's key; what to call
 * them, whether they are verified, whether they are blocked. Kept on this node, told to nobody.
 *
 * Who is verified: both look at the same safety number, side by side or by voice, and each marks
 * the other. When a person's key is followed by another one, the mark is gone, and
 * wavu_contacts_listen tells so. Everything happens on the node's thread; it needs a mesh.
 */
#ifndef WAVU_CONTACTS_H
#define WAVU_CONTACTS_H

#include "wavu/members.h"

WAVU_BEGIN

#define WAVU_SAFETY_DIGITS_MAX 72 /* 60 digits in groups of five, with NUL */
#define WAVU_SAFETY_QR_MAX 128    /* what a QR shows, with NUL */
#define WAVU_SAFETY_PRINT_MAX 20  /* sixteen letters, with NUL */

/* One contact. Valid until the callback returns. */
struct wavu_contact {
    char key[WAVU_KEY_TEXT_MAX]; /* the person's */
    char name[WAVU_NAME_MAX];    /* that we gave; "" for none */
    const char *mark;          /* "unverified", "verified", "changed": it was verified, and another
                                  key has followed since; static */
    uint64_t verified_unix_ms; /* when it was, by this node's clock of then; 0: never, or unknown */
    bool is_blocked;
};

/** Call `each` for everybody of whom something is known here, in no order. */
WAVU_API void wavu_contacts(const struct wavu_node *node,
                            void (*each)(void *context, const struct wavu_contact *contact),
                            void *context);

/** What is known of the person of `key`: WAVU_ERR_INVALID (no key), _NOT_FOUND (nothing). */
WAVU_API WARN_UNUSED int wavu_contact(const struct wavu_node *node, const char *key,
                                      struct wavu_contact *out);

/** Whose key `who` means, in `network` or (NULL) in all: as wavu_member_find, and by our own name
 * for a contact, which goes before what others call themselves. WAVU_ERR_NOT_FOUND, _INVALID:
 * several persons are meant (wavu_person_candidates names them). */
WAVU_API WARN_UNUSED int wavu_person_find(const struct wavu_node *node, const char *network,
                                          const char *who, char key[WAVU_KEY_TEXT_MAX]);

/** Call `each` for the persons that `who` can mean, each once, as a member of one network. */
WAVU_API void
wavu_person_candidates(const struct wavu_node *node, const char *network, const char *who,
                       void (*each)(void *context, const struct wavu_network_member *member),
                       void *context);

/* Errors of the next ones: WAVU_ERR_INVALID (no key), _LIMIT (4,096 contacts), _UNSUPPORTED
 * (no mesh), and what the store says. */

/** Call the person `name`; "": as it calls itself. WAVU_ERR_INVALID also: no name that may be
 * shown; _EXISTS: another contact's name is the same, or looks like it. */
WAVU_API WARN_UNUSED int wavu_contact_name(struct wavu_node *node, const char *key,
                                           const char *name);

/** Block: an SOS of a blocked person is not shown, and no event tells of its direct messages; in
 * histories what it says is marked. */
WAVU_API WARN_UNUSED int wavu_contact_block(struct wavu_node *node, const char *key,
                                            bool is_blocked);

/** The number was compared with the person, and is the same; or take that back. */
WAVU_API WARN_UNUSED int wavu_contact_verify(struct wavu_node *node, const char *key,
                                             bool is_verified);

/* What both have to see alike. */
struct wavu_safety {
    char digits[WAVU_SAFETY_DIGITS_MAX]; /* to be read out */
    char qr[WAVU_SAFETY_QR_MAX];         /* to be shown as QR, and scanned by the other */
    char print[WAVU_SAFETY_PRINT_MAX];   /* the short fingerprint of that person alone */
};

/** The safety number of us and that person. 12 ms of CPU. WAVU_ERR_INVALID; _NOT_FOUND: this node
 * has no person yet (wavu_person); _EXISTS: that is our own key. */
WAVU_API WARN_UNUSED int wavu_safety_number(struct wavu_node *node, const char *key,
                                            struct wavu_safety *out);

/** Compare what a scanner read with that number. 0: the same; then wavu_contact_verify. As
 * wavu_safety_number; WAVU_ERR_CRYPTO: of other keys, somebody may stand between; _PROTO: no
 * safety number, or damaged; _UNSUPPORTED: a newer wavu's. `*explain` (may be NULL) is a sentence
 * or two for the person; static. */
WAVU_API WARN_UNUSED int wavu_safety_check(struct wavu_node *node, const char *key,
                                           const char *scanned, const char **explain);

/* A person has another key now. Borrowed until return. */
struct wavu_contacts_event {
    const char *network; /* where that was signed: its id */
    const char *before;  /* the key that was */
    const char *key;
    const char *name;  /* that we gave, or ""; */
    bool was_verified; /* and is not any more */
};

/** Be told of it; one listener, NULL for none. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int wavu_contacts_listen(struct wavu_node *node,
                                              void (*up)(void *context,
                                                         const struct wavu_contacts_event *event),
                                              void *context);

WAVU_END

#endif
