/*
 * Networks of people: who belongs, who comes in, who is put out.
 *
 * A network is made by its first member; others come in by an invitation: a code that is read out
 * or shown, or because their key was typed in. Each node keeps the network's membership log and
 * checks it itself. A node may be in several networks. Everything happens on the node's thread;
 * callbacks may call everything here except wavu_node_free. It needs a mesh (struct wavu_config).
 */
#ifndef WAVU_MEMBERS_H
#define WAVU_MEMBERS_H

#include "wavu/node.h"

WAVU_BEGIN

#define WAVU_NAME_MAX 65                    /* bytes of a person's or network's name, with NUL */
#define WAVU_SHOWN_MAX (WAVU_NAME_MAX + 17) /* a name, and what tells it from others */
#define WAVU_KEY_TEXT_MAX                                                                          \
    65                   /* a key, or the id of a network or member: 64 hexadecimal digits, NUL */
#define WAVU_CODE_MAX 40 /* a join code as text, with NUL */
#define WAVU_QR_MAX 840  /* what a QR shows, with NUL */
#define WAVU_CODE_SECONDS 600 /* so long a code is open */

enum wavu_members_kind {
    WAVU_MEMBERS_ENTERED, /* this node belongs to `network` */
    WAVU_MEMBERS_LEFT,    /* it does not any more: it left, or was put out */
    WAVU_MEMBERS_CHANGED, /* who belongs has changed */
    WAVU_MEMBERS_DENIED,  /* others of `network` say that this node is not in it any more */
    WAVU_MEMBERS_LET_IN,  /* they do not any more, mostly since one of them has let it in again */
    WAVU_MEMBERS_STOPPED, /* somebody else signs with this device's key, or its home is an old copy:
                             it signs nothing more there. Make it a new device */
    WAVU_MEMBERS_NEWCOMER,    /* somebody (`name`) showed our code and is invited */
    WAVU_MEMBERS_TRY,         /* somebody tried a wrong code: `left` tries are left */
    WAVU_MEMBERS_BUSY,        /* too many come to try our code */
    WAVU_MEMBERS_CODE_CLOSED, /* our code is closed: `word` says why */
    WAVU_MEMBERS_JOINING,     /* the inviter (`name`) was found, and it is that one */
    WAVU_MEMBERS_JOIN_FAILED /* `err`; with `left` > 0 the code is tried elsewhere. WAVU_ERR_CRYPTO:
                                the code is wrong, or closed; _DENIED: not invited there;
                                _CLOSED: this device was put out there: a new home comes in;
                                _TIMEOUT: nobody with that code was found; else as wavu_connect */
};

/* Borrowed until return. */
struct wavu_members_event {
    enum wavu_members_kind kind;
    const char *network; /* its id; "" where there is none */
    const char *name;    /* of a person, who chose it; others may look like it; "" for none */
    const char *member;  /* NEWCOMER: its id, invited; "" for one who brings another device */
    const char *word;    /* CODE_CLOSED: "used", "expired", "wrong codes", "withdrawn"; else "" */
    uint32_t left;
    int err;
};

/** Be told of events; one listener, NULL for none. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int wavu_members_listen(struct wavu_node *node,
                                             void (*up)(void *context,
                                                        const struct wavu_members_event *event),
                                             void *context);

/**
 * The key of the person whose node this is, by which others can invite it; made, and kept in the
 * home as identity.key, when there is none. WAVU_ERR_CORRUPT, _DENIED, _IO, _NO_SPACE for the file;
 * _UNSUPPORTED without a mesh.
 */
WAVU_API WARN_UNUSED int wavu_person(struct wavu_node *node, char key[WAVU_KEY_TEXT_MAX]);

/** The same key, but none is made: WAVU_ERR_NOT_FOUND when there is none. It needs no mesh. */
WAVU_API WARN_UNUSED int wavu_person_known(struct wavu_node *node, char key[WAVU_KEY_TEXT_MAX]);

/** How others are told we are called. Kept. WAVU_ERR_INVALID: no name that may be shown; _AGAIN
 * while a code is open or tried; _UNSUPPORTED. */
WAVU_API WARN_UNUSED int wavu_set_nick(struct wavu_node *node, const char *nick);

/** Our own; "" while there is none. */
WAVU_API void wavu_nick(const struct wavu_node *node, char nick[WAVU_NAME_MAX]);

/** Make a network, with this node as its first member. `name`: 1 to 64 of a-z 0-9 . - _; `policy`
 * says who can put whom out: "inviter" (whom one has brought in, others by two), "two" (always
 * two), "any"; "open": whoever asks any member is let in (wavu_join_open), and is put out only by
 * those who let it in; NULL: "inviter". WAVU_ERR_INVALID, _EXISTS (this node is in one of that
 * name: others' names cannot be helped, one's own can), _LIMIT (too many), as wavu_person's, and of
 * the store. */
WAVU_API WARN_UNUSED int wavu_network_make(struct wavu_node *node, const char *name,
                                           const char *policy, char id[WAVU_KEY_TEXT_MAX]);

/* One network. Valid until the callback returns. */
struct wavu_network {
    char id[WAVU_KEY_TEXT_MAX];
    char name[WAVU_NAME_MAX];
    const char *policy; /* static */
    bool is_member;     /* this node belongs */
    bool has_left;      /* it does not, and its person wanted that */
    bool is_denied; /* it belongs by what it knows, and others say that it does not any more: two
                       of them, or one who could put it out alone, and nobody lets it in. What
                       they say is no proof; to ask one of them is left */
    uint32_t members;
    uint32_t neighbours; /* of this node, there */
    bool is_frozen;      /* somebody uses what only a newer wavu understands: update needed */
};

/** Call `each` for every network, oldest first. */
WAVU_API void wavu_networks(const struct wavu_node *node,
                            void (*each)(void *context, const struct wavu_network *network),
                            void *context);

/* One member. Valid until the callback returns. */
struct wavu_network_member {
    char network[WAVU_KEY_TEXT_MAX]; /* the network's id, and what that is called */
    char network_name[WAVU_NAME_MAX];
    char id[WAVU_KEY_TEXT_MAX];      /* of one network: no member of another has it */
    char key[WAVU_KEY_TEXT_MAX];     /* the person's */
    char inviter[WAVU_KEY_TEXT_MAX]; /* a member; of the founder its own */
    char nick[WAVU_NAME_MAX];        /* as that person says; "" while unknown */
    const char *standing; /* "member", "invited", "put out", "left", "lost its key"; static */
    uint32_t devices;     /* that belong */
    bool is_self;
    bool is_online;               /* a device of it is a neighbour */
    bool is_ambiguous;            /* another member's nick is the same, or looks like it */
    char own_name[WAVU_NAME_MAX]; /* that we gave the person (wavu/contacts.h); "" for none */
    const char *mark;             /* "unverified", "verified", "changed"; static */
    bool is_blocked;              /* by us */
    char shown[WAVU_SHOWN_MAX];   /* what to call it: our own name for it, or the nick, with "#3f9c"
                                     of the id behind it where another looks like it; of who is gone
                                     the last one that was known, with " (put out)" or " (left)";
                                     without any the id's beginning */
};

/** Call `each` for every member of `network` (as of wavu_history_of: also of one that this node was
 * in). WAVU_ERR_NOT_FOUND, _INVALID (there are several: say which), _AGAIN (the store has not let
 * it begin); what the store says. */
WAVU_API WARN_UNUSED int
wavu_network_members(const struct wavu_node *node, const char *network,
                     void (*each)(void *context, const struct wavu_network_member *member),
                     void *context);

/** Who of `network` is meant by `text`: a nick, or what looks like it, a name as shown, a member's
 * id, a person's key, or the beginning of one of these two, 8 digits at least. Without a network
 * (NULL) all are looked through that this node is in; those that it was in, when nobody there is
 * meant. Who was put out or left is meant only where nobody else is. WAVU_ERR_NOT_FOUND (nobody;
 * no such network), _INVALID: several are meant, which must be resolved and never guessed
 * (wavu_member_candidates names them), or several networks are called so. */
WAVU_API WARN_UNUSED int wavu_member_find(const struct wavu_node *node, const char *network,
                                          const char *text, char id[WAVU_KEY_TEXT_MAX]);

/** Call `each` for all whom `text` can mean; for nobody is no error. WAVU_ERR_NOT_FOUND, _INVALID,
 * _AGAIN for the network alone; what the store says. */
WAVU_API WARN_UNUSED int
wavu_member_candidates(const struct wavu_node *node, const char *network, const char *text,
                       void (*each)(void *context, const struct wavu_network_member *member),
                       void *context);

/* An open code. */
struct wavu_invitation {
    char code[WAVU_CODE_MAX]; /* to be read out: "7-apple-river-stone" */
    char qr[WAVU_QR_MAX];     /* to be shown, with where to find us; says the code, too */
    uint32_t seconds;         /* it is open */
};

/** Open a code for one newcomer to `network` (NULL: the only one); an open one is withdrawn first.
 * `language`: "en" or "sw"; NULL: "en". The caller wipes `*out`. WAVU_ERR_NOT_FOUND, _INVALID,
 * _DENIED (we do not belong). */
WAVU_API WARN_UNUSED int wavu_invite(struct wavu_node *node, const char *network,
                                     const char *language, struct wavu_invitation *out);
WAVU_API void wavu_invite_close(struct wavu_node *node);

/** Invite the person of that key (wavu_person's of another node): it joins by wavu_join_key.
 * WAVU_ERR_INVALID (no key), _EXISTS (it belongs), _NOT_FOUND, _DENIED, _IN_USE
 * (WAVU_MEMBERS_STOPPED), _LIMIT. */
WAVU_API WARN_UNUSED int wavu_invite_key(struct wavu_node *node, const char *network,
                                         const char *key);

/** Join by a code or what a QR showed. `address` (or NULL) is where the inviter is; without one it
 * is looked for where the QR says, or on the local network for two minutes, and up to ten while one
 * that was found there had no turn. A code for which nobody was found yet gives way to another,
 * and JOIN_FAILED tells of it (WAVU_ERR_IN_USE). Events tell the rest. WAVU_ERR_INVALID (no code:
 * wavu_code_explain; no address), _UNSUPPORTED (a newer wavu's), _EXISTS (one is tried), _NOT_FOUND
 * (this node calls nobody on the local network), as wavu_person's. */
WAVU_API WARN_UNUSED int wavu_join(struct wavu_node *node, const char *code, const char *address);

/** Join whoever has invited our key, at `address`, which must say the peer's id. Events tell the
 * rest. WAVU_ERR_INVALID (no such address), _EXISTS (one is tried), as wavu_person's. */
WAVU_API WARN_UNUSED int wavu_join_key(struct wavu_node *node, const char *address);

/** Ask to be let into an open network: that with the id `network`, or (NULL) whichever there is; at
 * `address`, or (NULL) of whoever is connected or found on the local network, as long as
 * wavu_join. Events tell the rest: WAVU_ERR_DENIED (there is none, or its people put us out),
 * _AGAIN (it lets in no more for now). WAVU_ERR_INVALID (no id, no address), _EXISTS (one is
 * tried), _IN_USE (we are in it), _CLOSED (this device was put out there), as wavu_person's. */
WAVU_API WARN_UNUSED int wavu_join_open(struct wavu_node *node, const char *network,
                                        const char *address);

/** One sentence on what is wrong with a code as typed, without a full stop. */
WAVU_API void wavu_code_explain(const char *code, char *out, size_t size);

/** Put `member` (its id) out of `network` (NULL: the only one), and by `subtree` all whom it has
 * brought in. WAVU_ERR_NOT_FOUND, _INVALID (ourselves, no id, or several networks), _DENIED (we do
 * not belong, or a newer wavu is needed), _IN_USE (WAVU_MEMBERS_STOPPED), _LIMIT, _UNSUPPORTED (an
 * open network, and one whom we did not bring in); what the store says; WAVU_ERR_AGAIN: it is
 * signed, and by the network's policy somebody else has to sign as well before it holds. */
WAVU_API WARN_UNUSED int wavu_revoke(struct wavu_node *node, const char *network,
                                     const char *member, bool subtree);

/** Leave `network` (NULL: the only one), with all devices of this person. The others are told, and
 * WAVU_MEMBERS_LEFT says when it is done, some seconds later; what was said stays here to be read.
 * A crash changes nothing of that: who has left, as wavu_node_kept says, is out after a restart. By
 * a new invitation one comes back. WAVU_ERR_NOT_FOUND, _INVALID, _DENIED (we do not belong, or a
 * newer wavu is needed), _IN_USE (WAVU_MEMBERS_STOPPED), _LIMIT; what the store says. */
WAVU_API WARN_UNUSED int wavu_network_leave(struct wavu_node *node, const char *network);

WAVU_END

#endif
