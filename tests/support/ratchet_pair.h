/*
 * Two ratchets that share a start, for tests: 0 started, 1 was away. Everything is drawn from a
 * seed. Messages are copied before they are opened, so that they can be kept, changed and repeated.
 */
#ifndef TESTS_SUPPORT_RATCHET_PAIR_H
#define TESTS_SUPPORT_RATCHET_PAIR_H

#include "crypto/ratchet.h"

#define RATCHET_PAIR_MAIL_MAX 4096

struct ratchet_pair {
    struct aead *aead;
    struct random_seeded seeded[2];
    struct random random[2];
    enum aead_kind kind;
    uint64_t now;
    struct ratchet r[2];
    struct ratchet_keys keys;            /* of the start */
    struct x25519_pair prekey;           /* of 1 */
    enum ratchet_news news;              /* of the last opening */
    uint8_t text[RATCHET_PAIR_MAIL_MAX]; /* what the last opening gave */
    size_t text_len;
};

struct ratchet_mail {
    uint8_t bytes[RATCHET_PAIR_MAIL_MAX];
    size_t len;
};

void ratchet_pair_init(struct ratchet_pair *p, uint64_t seed);
void ratchet_pair_clear(struct ratchet_pair *p);
struct ratchet_env ratchet_pair_env(const struct ratchet_pair *p, int who);

/** Seal `text` in a message of at most `room` bytes; checks the machine. */
int ratchet_pair_seal(struct ratchet_pair *p, int who, const char *text, size_t room,
                      struct ratchet_mail *m);

/** Open a copy of `m` with ratchet `who`, and another ratchet `r` in its place. */
int ratchet_pair_open(struct ratchet_pair *p, int who, const struct ratchet_mail *m);
int ratchet_pair_open_as(struct ratchet_pair *p, struct ratchet *r, const struct ratchet_mail *m);

/** One message from `who` that arrives; aborts when it does not. Bytes of the message. */
size_t ratchet_pair_say(struct ratchet_pair *p, int who, const char *text);

/** The stored state of `r`, owned by the caller (mem_free). */
uint8_t *ratchet_pair_state(const struct ratchet *r, size_t *len);

/** Fill `to` with a copy of `from`, through the stored form. */
void ratchet_pair_copy(const struct ratchet_pair *p, struct ratchet *to,
                       const struct ratchet *from);

/** True when the `len` bytes at `needle` stand anywhere in `hay`. */
bool ratchet_pair_holds(const void *hay, size_t hay_len, const void *needle, size_t len);

#endif
