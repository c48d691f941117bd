/*
 * Devices of one network with their prekeys, and a session of each with another: for tests. All is
 * drawn from a seed; messages are copied before they are opened.
 */
#ifndef TESTS_SUPPORT_SESSION_WORLD_H
#define TESTS_SUPPORT_SESSION_WORLD_H

#include "courier/session.h"

#define SESSION_WORLD_PARTIES 3
#define SESSION_WORLD_MAIL_MAX 8192

struct session_party {
    struct ed25519_pair device;
    struct random_seeded seeded;
    struct random random;
    struct prekeys prekeys;
    struct session session;
};

struct session_world {
    struct aead *aead;
    enum aead_kind kind;
    uint64_t now;
    struct session_party p[SESSION_WORLD_PARTIES]; /* 0 talks with 1, 1 with 0, 2 with 1 */
    uint8_t text[SESSION_WORLD_MAIL_MAX];          /* what the last opening gave */
    size_t text_len;
};

struct session_mail {
    uint8_t bytes[SESSION_WORLD_MAIL_MAX];
    size_t len;
};

void session_world_init(struct session_world *w, uint64_t seed);
void session_world_clear(struct session_world *w);
struct prekeys_config session_world_prekeys_config(struct session_world *w, int who);
struct session_config session_world_config(struct session_world *w, int who, int peer);

/** Seal with a room of `room`, without help; or with the peer's bundle when it is wanted. */
int session_world_seal(struct session_world *w, int who, const char *text, size_t room,
                       struct session_mail *m);
void session_world_write(struct session_world *w, int who, const char *text,
                         struct session_mail *m);

/** Open a copy of `m` in the session of `who`; or in another one. */
int session_world_open(struct session_world *w, int who, const struct session_mail *m);
int session_world_open_as(struct session_world *w, struct session *s, const struct session_mail *m);

/** Open `m` and abort unless it says `text`. */
void session_world_hear(struct session_world *w, int who, const struct session_mail *m,
                        const char *text);

/** One message that arrives. Bytes of it. */
size_t session_world_say(struct session_world *w, int who, const char *text);

/** The stored state of the session of `who`, owned by the caller (mem_free). */
uint8_t *session_world_state(struct session_world *w, int who, size_t *len);

/** Give `who` the session that is stored in `bytes`. */
void session_world_restore(struct session_world *w, int who, struct span bytes);

/** True when event `event` comes up at `who` (all that wait are taken). */
bool session_world_tells(struct session_world *w, int who, enum session_event event);

/** Place of the session that `who` would write with: its name, or NULL. */
const uint8_t *session_world_active(struct session_world *w, int who);

#endif
