/*
 * Thieves of a ratchet's state: what they read and what they do not. A thief holds a copy of the
 * stored state at one moment (a ghost) and hears every message; it opens and seals as its owner
 * would, with the very code. What the owner draws afterwards is its own, unless a test gives it
 * away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/ratchet.h"
#include "tests/support/ratchet_pair.h"
#include "wavu/err.h"

#define ROOM RATCHET_PAIR_MAIL_MAX
#define MAILS 60

static struct ratchet_pair pair;

static int setup(void **state)
{
    (void)state;
    ratchet_pair_init(&pair, 77);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ratchet_pair_clear(&pair);
    return 0;
}

/* --- forward secrecy --- */

/* True when some 32 bytes of the stolen state, used as any key of the protocol, open `m`: as the
 * message's key, or as a chain's key with all that follows from it. */
static bool opens_with_any_bytes(const uint8_t *stolen, size_t len, const struct ratchet_mail *m,
                                 const struct ratchet *owner)
{
    uint8_t ad[1 + 32 + 57];
    ad[0] = m->bytes[1];
    memcpy(ad + 1, owner->session, 32);
    memcpy(ad + 33, m->bytes + 14, 57);
    for (size_t i = 0; i + 32 <= len; i++) {
        uint8_t chain[96];
        memcpy(chain, stolen + i, 32);
        for (int step = 0; step < 6; step++) {
            struct ratchet_mail copy = *m;
            struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
            memcpy(key.bytes, step == 0 ? chain : chain + 32, 32);
            if (aead_open(pair.aead, &key, copy.bytes + 2, span_of(ad, sizeof(ad)),
                          span_mut_of(copy.bytes + 71, copy.len - 71 - 16),
                          copy.bytes + copy.len - 16) == 0) {
                return true;
            }
            const struct span from = span_of(chain, 32);
            uint8_t next[96];
            kdf(span_mut_of(next, 96), from, "wavu session chain 1", NULL, 0);
            memcpy(chain, next, 96);
        }
    }
    return false;
}

static void test_forward_secrecy(void **state)
{
    (void)state;
    static struct ratchet_mail mails[MAILS];
    int to[MAILS];
    char text[32];
    size_t len;
    uint8_t *early = NULL;
    size_t early_len = 0;
    for (int i = 0; i < MAILS; i++) {
        const int who = (i / 4) % 2;
        if (i == MAILS - 2) { /* the same state, one message before: the control */
            early = ratchet_pair_state(&pair.r[1 - who], &early_len);
        }
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(ratchet_pair_seal(&pair, who, text, 200, &mails[i]), 0);
        assert_int_equal(ratchet_pair_open(&pair, 1 - who, &mails[i]), 0);
        to[i] = 1 - who;
    }
    for (int who = 0; who < 2; who++) {
        struct ratchet ghost;
        uint8_t *stolen = ratchet_pair_state(&pair.r[who], &len);
        ratchet_pair_copy(&pair, &ghost, &pair.r[who]);
        for (int i = 0; i < MAILS; i++) {
            assert_int_equal(ratchet_pair_open_as(&pair, &ghost, &mails[i]), WAVU_ERR_CRYPTO);
        }
        for (int i = MAILS - 6; i < MAILS; i++) {
            assert_false(opens_with_any_bytes(stolen, len, &mails[i], &pair.r[who]));
        }
        ratchet_clear(&ghost);
        mem_free(stolen);
    }
    assert_true(opens_with_any_bytes(early, early_len, &mails[MAILS - 2], &pair.r[to[MAILS - 2]]));
    mem_free(early);
}

/* Not only the stored form: the machine's memory holds no key of an opened message either. */
static void test_used_keys_leave_memory(void **state)
{
    (void)state;
    uint8_t step[96];
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    assert_int_equal(ratchet_pair_seal(&pair, 0, "two", 200, &m), 0);
    uint8_t chain[32];
    memcpy(chain, pair.r[1].receive.key, 32);
    kdf(span_mut_of(step, 96), span_of(chain, 32), "wavu session chain 1", NULL, 0);
    assert_true(ratchet_pair_holds(&pair.r[1], sizeof(pair.r[1]), chain, 32));
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0);
    assert_false(ratchet_pair_holds(&pair.r[1], sizeof(pair.r[1]), chain, 32));
    assert_false(ratchet_pair_holds(&pair.r[1], sizeof(pair.r[1]), step + 32, 32));
    assert_true(
        ratchet_pair_holds(&pair.r[1], sizeof(pair.r[1]), step, 32)); /* the next chain key */
}

/* A turn that was heard: one's own secret and the root before it are gone with it. */
static void test_used_turns_leave_memory(void **state)
{
    (void)state;
    uint8_t own[32];
    uint8_t root[32];
    struct ratchet *r = &pair.r[1];
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_say(&pair, 1, "two");
    memcpy(own, r->own.secret, 32);
    memcpy(root, r->root, 32);
    assert_true(ratchet_pair_holds(r, sizeof(*r), own, 32));
    ratchet_pair_say(&pair, 0, "three");
    assert_false(ratchet_pair_holds(r, sizeof(*r), own, 32));
    assert_false(ratchet_pair_holds(r, sizeof(*r), root, 32));
}

/* --- healing --- */

/* What somebody draws; a ghost of it may see the draws of 32 bytes (X25519 secrets), and has draws
 * of its own for all others (the seeds of ML-KEM pairs). */
struct draws {
    struct random_seeded own;
    struct random_seeded *agreed; /* of 32 bytes, the same for owner and ghost; NULL: own */
};

static void draw(void *context, uint8_t *out, size_t len)
{
    struct draws *d = context;
    const struct random own = random_from_seeded(&d->own);
    if (len == X25519_SIZE && d->agreed != NULL) {
        const struct random agreed = random_from_seeded(d->agreed);
        random_fill(&agreed, out, len);
        return;
    }
    random_fill(&own, out, len);
}

/* A ghost of `who`: it opens what comes to its owner, and seals what its owner says. */
struct ghost {
    struct ratchet r;
    struct draws draws;
    struct random random;
    int who;
};

static void ghost_begin(struct ghost *g, int who, uint64_t seed)
{
    ratchet_pair_copy(&pair, &g->r, &pair.r[who]);
    random_seeded_init(&g->draws.own, seed);
    g->draws.agreed = NULL;
    g->random = (struct random){.fill = draw, .context = &g->draws};
    g->who = who;
}

/* One message `from` -> other, which the ghost hears, too. True when the ghost read it (or, of its
 * owner's, made the same). */
static bool said_before(struct ghost *g, int from, const char *text)
{
    struct ratchet_mail m;
    struct ratchet_mail shadow;
    assert_int_equal(ratchet_pair_seal(&pair, from, text, ROOM, &m), 0);
    assert_int_equal(ratchet_pair_open(&pair, 1 - from, &m), 0);
    if (from != g->who) {
        return ratchet_pair_open_as(&pair, &g->r, &m) == 0;
    }
    const struct ratchet_env env = {
        .aead = pair.aead, .kind = pair.kind, .random = &g->random, .now = pair.now};
    struct wr w;
    wr_init(&w, span_mut_of(shadow.bytes, sizeof(shadow.bytes)));
    return ratchet_seal(&g->r, &env, span_from_text(text), ROOM, &w) == 0 && w.len == m.len &&
           memcmp(shadow.bytes, m.bytes, m.len) == 0;
}

static void test_heals_after_a_round_trip(void **state)
{
    (void)state;
    for (int victim = 0; victim < 2; victim++) {
        struct ghost g;
        ratchet_pair_say(&pair, 0, "before");
        ratchet_pair_say(&pair, 1, "before");
        ghost_begin(&g, victim, 5);
        assert_true(said_before(&g, 1 - victim, "read by the thief"));
        assert_false(said_before(&g, victim, "drawn anew"));
        assert_false(said_before(&g, 1 - victim, "healed"));
        for (int i = 0; i < 10; i++) {
            assert_false(said_before(&g, 1 - victim, "for good"));
        }
        ratchet_clear(&g.r);
    }
}

/* The thief of the offerer's state learns every X25519 secret that it draws later. Returns how many
 * messages of `count` it reads. */
static int reads_with_all_x25519(int count, bool sees_mlkem, uint32_t *mixed_at_loss)
{
    struct ghost g;
    static struct random_seeded agreed[2];
    static struct draws owner;
    ratchet_pair_say(&pair, 0, "before");
    ratchet_pair_say(&pair, 1, "before");
    ghost_begin(&g, 1, 123);
    for (int i = 0; i < 2; i++) {
        random_seeded_init(&agreed[i], 99);
    }
    random_seeded_init(&owner.own, sees_mlkem ? 123 : 456);
    owner.agreed = &agreed[0];
    g.draws.agreed = &agreed[1];
    pair.random[1] = (struct random){.fill = draw, .context = &owner};
    const uint32_t mixed = pair.r[1].pq.mixed;
    int read = 0;
    for (int i = 0; i < count; i++) {
        const int from = (i / 2) % 2;
        const bool is_read = said_before(&g, from, "x");
        if (from == 0 && is_read) {
            read++;
        } else if (from == 0 && *mixed_at_loss == 0) {
            *mixed_at_loss = pair.r[1].pq.mixed - mixed;
        }
    }
    ratchet_clear(&g.r);
    return read;
}

static void test_heals_after_an_exchange_without_x25519(void **state)
{
    (void)state;
    uint32_t mixed = 0;
    const int read = reads_with_all_x25519(400, false, &mixed);
    assert_true(read > 0);   /* until then the thief reads: X25519 alone does not heal */
    assert_true(read < 100); /* two intervals at most; of 200 to the victim */
    assert_true(mixed >= 1 && mixed <= 2);
}

/* The control: who sees the ML-KEM secrets as well reads all. So it was they that healed. */
static void test_who_draws_the_same_reads_all(void **state)
{
    (void)state;
    uint32_t mixed = 0;
    assert_int_equal(reads_with_all_x25519(400, true, &mixed), 200);
}

/* --- what messages show --- */

static void test_messages_show_nothing(void **state)
{
    (void)state;
    static struct ratchet_mail mails[MAILS];
    static struct ratchet_mail other;
    static struct ratchet_pair second;
    ratchet_pair_init(&second, 78);
    for (int i = 0; i < MAILS; i++) { /* the same text in the same turn */
        assert_int_equal(ratchet_pair_seal(&pair, 0, "same", 92, &mails[i]), 0);
        assert_int_equal(mails[i].len, 92);
        assert_memory_equal(mails[i].bytes, mails[0].bytes, 2); /* kind and aead */
        assert_false(ratchet_pair_holds(mails[i].bytes, mails[i].len, pair.r[0].own.public_key, 4));
        assert_false(ratchet_pair_holds(mails[i].bytes, mails[i].len, pair.r[0].session, 4));
    }
    /* Beyond the two first bytes nothing stands twice, not even four bytes at one place. */
    for (int i = 0; i < MAILS; i++) {
        for (int k = 0; k < i; k++) {
            for (size_t at = 2; at + 4 <= 92; at++) {
                assert_memory_not_equal(mails[i].bytes + at, mails[k].bytes + at, 4);
            }
        }
    }
    assert_int_equal(ratchet_pair_seal(&second, 0, "same", 92, &other), 0);
    assert_int_equal(other.len, mails[0].len);
    assert_memory_equal(other.bytes, mails[0].bytes, 2);
    /* Each bit is set in about half of them: 60 coins, outside of 10 to 50 once in 10^7. */
    for (size_t bit = 16; bit < (size_t)92 * 8; bit++) {
        int set = 0;
        for (int i = 0; i < MAILS; i++) {
            set += mails[i].bytes[bit / 8] >> bit % 8 & 1;
        }
        assert_in_range(set, 8, MAILS - 8);
    }
    ratchet_pair_clear(&second);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_forward_secrecy),
        T(test_used_keys_leave_memory),
        T(test_used_turns_leave_memory),
        T(test_heals_after_a_round_trip),
        T(test_heals_after_an_exchange_without_x25519),
        T(test_who_draws_the_same_reads_all),
        T(test_messages_show_nothing),
    };
    return cmocka_run_group_tests_name("crypto/ratchet_theft", tests, NULL, NULL);
}
