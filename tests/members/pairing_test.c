/*
 * Pairing as a whole: the two who know the code meet; everybody in between, before and after does
 * not get in. Properties of docs/protocol/pairing.md by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pb.h"
#include "crypto/secret.h"
#include "tests/support/pairing_world.h"
#include "tests/support/vectors.h"

static const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {10, 0, 0, 1};

struct scene {
    struct pairing_world w;
    struct pairing_host h;
    struct pairing_guest g;
    struct pairing_talk t;
};

/* Alice's code is open, Baraka is about to type `typed`, or scanned it where `network` says which
 * one the QR showed; each is on a link to the other. */
static void begin(struct scene *s, const char *typed, const uint8_t *network)
{
    memset(s, 0, sizeof *s);
    pairing_world_init(&s->w, 5);
    const struct code code = pairing_world_code(typed);
    const struct pairing_link to_alice = pairing_world_link(&s->w.alice, 1);
    const struct pairing_link to_baraka = pairing_world_link(&s->w.baraka, 1);
    assert_int_equal(pairing_host_init(&s->h, &s->w.alice.means, s->w.network), 0);
    assert_int_equal(pairing_host_open(&s->h, 1, &s->w.code), 0);
    if (network == NULL) {
        assert_int_equal(pairing_guest_init(&s->g, &s->w.baraka.means, &code), 0);
    } else {
        struct code_qr qr = {.code = code, .has_network = true};
        memcpy(qr.device, s->w.alice.self.device.public_key, sizeof qr.device);
        memcpy(qr.network, network, sizeof qr.network);
        assert_int_equal(pairing_guest_init_scanned(&s->g, &s->w.baraka.means, &qr), 0);
    }
    assert_int_equal(pairing_guest_begin(&s->g, 1, &to_alice), 0);
    assert_int_equal(pairing_host_begin(&s->h, 1, &to_baraka, source, &s->t.run), 0);
    s->t.h = &s->h;
    s->t.g = &s->g;
    s->t.now = 2;
}

static void end(struct scene *s)
{
    pairing_world_talk_clear(&s->t);
    pairing_guest_clear(&s->g);
    pairing_host_clear(&s->h);
    pairing_world_clear(&s->w);
}

static void expect_joined(const struct scene *s)
{
    assert_int_equal(s->t.host.peers, 1);
    assert_int_equal(s->t.guest.peers, 1);
    assert_memory_equal(s->t.host.peer.root, s->w.baraka.root.public_key, PAIRING_KEY_SIZE);
    assert_memory_equal(s->t.host.peer.device, s->w.baraka.self.device.public_key,
                        PAIRING_KEY_SIZE);
    assert_memory_equal(s->t.guest.peer.root, s->w.alice.root.public_key, PAIRING_KEY_SIZE);
    assert_memory_equal(s->t.guest.peer.device, s->w.alice.self.device.public_key,
                        PAIRING_KEY_SIZE);
    assert_memory_equal(s->t.guest.peer.network, s->w.network, PAIRING_KEY_SIZE);
    assert_int_equal(s->t.host.peer.name_len, 6);
    assert_memory_equal(s->t.host.peer.name, "Baraka", 6);
    assert_memory_equal(s->t.guest.peer.name, "Alice", 5);
    assert_true(span_is_equal(buf_span(&s->t.guest.welcome), span_from_text("genesis")));
    assert_true(span_is_equal(buf_span(&s->t.host.answer), span_from_text("join")));
    assert_int_equal(s->t.host.closed, 1);
    assert_int_equal(s->t.host.reason, PAIRING_HOST_USED);
    assert_int_equal(s->t.host.tries, 0);
    assert_int_equal(s->t.host.ends, 1);
    assert_int_equal(s->t.host.lost, 0);
    assert_int_equal(s->t.guest.done, 1);
    assert_int_equal(s->t.guest.failed, 0);
}

/* Nobody learned anything: no peer on either side. */
static void expect_refused(const struct scene *s, unsigned tries)
{
    assert_int_equal(s->t.host.peers, 0);
    assert_int_equal(s->t.guest.peers, 0);
    assert_int_equal(s->t.guest.failed, 1);
    assert_int_equal(s->t.guest.err, WAVU_ERR_CRYPTO);
    assert_int_equal(s->t.host.tries, tries);
    assert_int_equal(s->t.host.ends, 1);
}

static void test_who_knows_the_code_joins(void **state)
{
    (void)state;
    for (int qr = 0; qr < 2; qr++) {
        struct scene s;
        struct pairing_world same; /* as begin's: from one seed */
        pairing_world_init(&same, 5);
        begin(&s, qr ? "7 app riv sto" : "7-apple-river-stone", qr ? same.network : NULL);
        pairing_world_clear(&same);
        if (qr) {
            s.h.means.aead_kind = AEAD_AES256_GCM;
        }
        pairing_world_talk(&s.t, "genesis", "join");
        expect_joined(&s);
        end(&s);
    }
}

static void test_wrong_words_are_refused(void **state)
{
    (void)state;
    static const char *const typed[] = {"7-apple-river-snow", "7-river-apple-stone",
                                        "7-safari-twiga-asali"};
    for (size_t i = 0; i < 3; i++) {
        struct scene s;
        begin(&s, typed[i], NULL);
        pairing_world_talk(&s.t, "genesis", "join");
        expect_refused(&s, 1);
        assert_int_equal(s.t.host.left, 2);
        end(&s);
    }
}

static void test_number_is_bound(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "8-apple-river-stone", NULL);
    pairing_world_talk(&s.t, "genesis", "join");
    expect_refused(&s, 0); /* nobody's guess: it is not this code */
    end(&s);

    /* A man in the middle who changes the number on the way, so that both mean what they have. */
    begin(&s, "8-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    struct pairing_msg m;
    struct buf changed;
    buf_init(&changed, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_msg_decode(&m, buf_span(&s.t.guest.message)), 0);
    m.number = 7;
    assert_int_equal(pairing_write(&changed, &m), 0);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&changed)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)),
                     WAVU_ERR_CRYPTO);
    buf_clear(&changed);
    end(&s);
}

/* Mallory holds both links, without the words: he runs the protocol with each by its own machines,
 * on guesses. Neither honest side accepts, and he is counted on both. */
static void test_man_in_the_middle(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_host false_host;
    struct pairing_guest false_guest;
    const struct code guess = pairing_world_code("7-apple-river-snow");
    begin(&s, "7-apple-river-stone", NULL);
    const struct pairing_link to_mallory = pairing_world_link(&s.w.mallory, 2);
    const struct pairing_link to_baraka = pairing_world_link(&s.w.baraka, 2);
    const struct pairing_link to_alice = pairing_world_link(&s.w.alice, 3);
    const struct pairing_link alices = pairing_world_link(&s.w.mallory, 3);

    /* Baraka is lured to Mallory ... */
    pairing_guest_clear(&s.g);
    assert_int_equal(pairing_guest_init(&s.g, &s.w.baraka.means, &s.w.code), 0);
    assert_int_equal(pairing_guest_begin(&s.g, 2, &to_mallory), 0);
    assert_int_equal(pairing_host_init(&false_host, &s.w.mallory.means, s.w.network), 0);
    assert_int_equal(pairing_host_open(&false_host, 2, &guess), 0);
    struct pairing_talk one = {.h = &false_host, .g = &s.g, .now = 2};
    assert_int_equal(pairing_host_begin(&false_host, 2, &to_baraka, source, &one.run), 0);
    pairing_world_talk(&one, "false genesis", "join");
    assert_int_equal(one.guest.peers + one.host.peers + one.guest.welcomes, 0);
    assert_int_equal(one.guest.failed, 1);
    assert_int_equal(one.guest.left, 2);

    /* ... and Mallory goes to Alice in his place. */
    assert_int_equal(pairing_guest_init(&false_guest, &s.w.mallory.means, &guess), 0);
    assert_int_equal(pairing_guest_begin(&false_guest, 2, &to_alice), 0);
    struct pairing_talk two = {.h = &s.h, .g = &false_guest, .now = 2};
    assert_int_equal(pairing_host_begin(&s.h, 2, &alices, source, &two.run), 0);
    pairing_world_talk(&two, "genesis", "join");
    assert_int_equal(two.host.peers + two.guest.peers + two.guest.welcomes, 0);
    assert_int_equal(two.host.tries, 1);

    pairing_world_talk_clear(&one);
    pairing_world_talk_clear(&two);
    pairing_guest_clear(&false_guest);
    pairing_host_clear(&false_host);
    end(&s);
}

/* He may also carry the messages unchanged between his two links. The link's session and peers are
 * in the PAKE, so the ends do not agree, although both have the words. */
static void test_relay_to_another_link(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct scene s;
        begin(&s, "7-apple-river-stone", NULL);
        struct pairing_link seen = pairing_world_link(&s.w.baraka, 1);
        if (what == 0) {
            seen = pairing_world_link(&s.w.mallory, 1); /* Alice sees Mallory's device */
        } else if (what == 1) {
            seen = pairing_world_link(&s.w.baraka, 9); /* another handshake */
        } else {
            const struct pairing_link to = pairing_world_link(&s.w.mallory, 1);
            pairing_guest_clear(&s.g);
            assert_int_equal(pairing_guest_init(&s.g, &s.w.baraka.means, &s.w.code), 0);
            assert_int_equal(pairing_guest_begin(&s.g, 1, &to), 0); /* Baraka dialled Mallory */
        }
        pairing_host_lost(&s.h, s.t.run);
        pairing_world_host(&s.t.host, &s.h);
        assert_int_equal(pairing_host_begin(&s.h, 1, &seen, source, &s.t.run), 0);
        pairing_world_host_clear(&s.t.host);
        pairing_world_talk(&s.t, "genesis", "join");
        expect_refused(&s, 1);
        end(&s);
    }
}

/* Who has the words shows keys that are not his, in every field. */
static void test_identities_are_bound(void **state)
{
    (void)state;
    for (int what = 0; what < 6; what++) {
        struct scene s;
        begin(&s, "7-apple-river-stone", NULL);
        struct pairing_self *lie = &s.w.baraka.self;
        const struct pairing_person *other = &s.w.mallory;
        switch (what) {
        case 0: /* another's root, own certificate */
            memcpy(lie->root, other->self.root, sizeof lie->root);
            break;
        case 1: /* another's root with its certificate, which is for another device */
            memcpy(lie->root, other->self.root, sizeof lie->root);
            memcpy(lie->certificate, other->self.certificate, sizeof lie->certificate);
            break;
        case 2:
            lie->certificate[5] ^= 1;
            break;
        case 3: /* signed by another key than the link's */
            lie->device.seed[0] ^= 1;
            break;
        case 4: { /* the inviter lies as well as the joiner can */
            struct pairing_self *inviter = &s.w.alice.self;
            memcpy(inviter->root, other->self.root, sizeof inviter->root);
            break;
        }
        case 5:
            memcpy(s.w.alice.self.certificate, other->self.certificate, SIGNER_SIZE);
            break;
        default:
            break;
        }
        pairing_world_talk(&s.t, "genesis", "join");
        assert_int_equal(s.t.guest.peers, 0);
        assert_int_equal(s.t.host.peers, what >= 4 ? 1 : 0);
        assert_int_equal(s.t.guest.failed, 1);
        /* The inviter says that it was not for the words; the guest that it was no valid CONFIRM.
         */
        assert_int_equal(s.t.guest.err, what >= 4 ? WAVU_ERR_CRYPTO : WAVU_ERR_INVALID);
        end(&s);
    }
}

/* Mallory, who may pair, copies Baraka's whole certificate: it names Baraka's device, not his. */
static void test_stolen_certificate(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-stone", NULL);
    struct pairing_self *thief = &s.w.mallory.self;
    memcpy(thief->root, s.w.baraka.self.root, sizeof thief->root);
    memcpy(thief->certificate, s.w.baraka.self.certificate, sizeof thief->certificate);
    const struct pairing_link to_alice = pairing_world_link(&s.w.alice, 4);
    const struct pairing_link to_mallory = pairing_world_link(&s.w.mallory, 4);
    pairing_guest_clear(&s.g);
    assert_int_equal(pairing_guest_init(&s.g, &s.w.mallory.means, &s.w.code), 0);
    assert_int_equal(pairing_guest_begin(&s.g, 1, &to_alice), 0);
    assert_int_equal(pairing_host_begin(&s.h, 1, &to_mallory, source, &s.t.run), 0);
    pairing_world_talk(&s.t, "genesis", "join");
    assert_int_equal(s.t.host.peers, 0);
    assert_int_equal(s.t.guest.peers, 0);
    end(&s);
}

static void test_network_is_bound(void **state)
{
    (void)state;
    struct scene s;
    uint8_t other[PAIRING_KEY_SIZE] = {9};

    /* The QR said another network. */
    begin(&s, "7-apple-river-stone", other);
    pairing_world_talk(&s.t, "genesis", "join");
    assert_int_equal(s.t.guest.peers, 0);
    assert_int_equal(s.t.guest.failed, 1);
    end(&s);

    /* The inviter opens another network than the one that it committed to. */
    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)), 0);
    s.h.network[0] ^= 1;
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), WAVU_ERR_CRYPTO);
    end(&s);

    /* A commitment that somebody changed on the way. */
    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)), 0);
    pairing_world_host(&s.t.host, &s.h);
    s.t.host.message[0].ptr[s.t.host.message[0].len - 1] ^= 1; /* the commitment's last byte */
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)),
                     WAVU_ERR_CRYPTO);
    end(&s);
}

/* Whoever scanned a QR tells nobody else anything, also not one who saw the QR and opened the same
 * code: he would be let in on the words alone. */
static void test_scanned_device_is_the_inviter(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_host thief;
    struct code_qr qr = {.count = 0};
    begin(&s, "7-apple-river-stone", NULL);
    qr.code = s.w.code;
    memcpy(qr.device, s.w.alice.self.device.public_key, sizeof qr.device);
    const struct pairing_link to_mallory = pairing_world_link(&s.w.mallory, 2);
    const struct pairing_link to_baraka = pairing_world_link(&s.w.baraka, 2);
    const struct pairing_link to_alice = pairing_world_link(&s.w.alice, 1);

    /* What happens to one who types: nothing in the code says whose it is. */
    pairing_guest_clear(&s.g);
    assert_int_equal(pairing_guest_init(&s.g, &s.w.baraka.means, &s.w.code), 0);
    assert_int_equal(pairing_guest_begin(&s.g, 2, &to_mallory), 0);
    assert_int_equal(pairing_host_init(&thief, &s.w.mallory.means, s.w.network), 0);
    assert_int_equal(pairing_host_open(&thief, 2, &s.w.code), 0);
    struct pairing_talk t = {.h = &thief, .g = &s.g, .now = 2};
    assert_int_equal(pairing_host_begin(&thief, 2, &to_baraka, source, &t.run), 0);
    pairing_world_talk(&t, "false genesis", "join");
    assert_int_equal(t.guest.peers, 1);
    pairing_world_talk_clear(&t);
    pairing_host_clear(&thief);

    /* And to one who scans: not a byte, not a try. */
    pairing_guest_clear(&s.g);
    assert_int_equal(pairing_guest_init_scanned(&s.g, &s.w.baraka.means, &qr), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(pairing_guest_begin(&s.g, 2, &to_mallory), WAVU_ERR_PEER_ID);
    }
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(s.t.guest.sent + s.t.guest.failed, 0);
    pairing_world_guest_clear(&s.t.guest);
    assert_int_equal(pairing_guest_deadline(&s.g), UINT64_MAX);
    assert_int_equal(pairing_guest_begin(&s.g, 2, &to_alice), 0);
    pairing_world_talk(&s.t, "genesis", "join");
    expect_joined(&s);
    end(&s);
}

/* Whether `needle` is in any message of the talk. */
static bool is_on_the_wire(const struct pairing_talk *t, const uint8_t *needle, size_t len)
{
    for (size_t i = 0; i < t->host.sent; i++) {
        const struct buf *m = &t->host.message[i];
        for (size_t at = 0; at + len <= m->len; at++) {
            if (memcmp(m->ptr + at, needle, len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void test_network_and_names_are_not_in_clear(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_talk(&s.t, "genesis", "join");
    expect_joined(&s);
    assert_int_equal(s.t.host.sent, 3);
    assert_false(is_on_the_wire(&s.t, s.w.network, 8));
    assert_false(is_on_the_wire(&s.t, s.w.alice.self.root, 8));
    assert_false(is_on_the_wire(&s.t, (const uint8_t *)"Alice", 5));
    assert_false(is_on_the_wire(&s.t, (const uint8_t *)"genesis", 7));
    assert_true(is_on_the_wire(&s.t, s.t.host.message[0].ptr + 4, 32)); /* the search does find */
    end(&s);
}

/* Record all that Baraka says, and say it again on the same link with the same code. */
static void test_replay(void **state)
{
    (void)state;
    struct scene s;
    struct buf hello;
    struct buf proof;
    begin(&s, "7-apple-river-stone", NULL);
    buf_init(&hello, PAIRING_MSG_SIZE_MAX);
    buf_init(&proof, PAIRING_MSG_SIZE_MAX);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(buf_append(&hello, buf_span(&s.t.guest.message)), 0);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&hello)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(buf_append(&proof, buf_span(&s.t.guest.message)), 0);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&proof)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(s.t.host.peers, 1);

    const struct pairing_link again = pairing_world_link(&s.w.baraka, 1);
    uint32_t run = 0;
    assert_int_equal(pairing_host_open(&s.h, 3, &s.w.code), 0); /* even the same code */
    assert_int_equal(pairing_host_begin(&s.h, 3, &again, source, &run), 0);
    assert_int_equal(pairing_host_feed(&s.h, 3, run, buf_span(&hello)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_host_feed(&s.h, 3, run, buf_span(&proof)), WAVU_ERR_CRYPTO);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(s.t.host.peers, 0);
    assert_int_equal(s.t.host.tries, 1);
    buf_clear(&hello);
    buf_clear(&proof);
    end(&s);
}

/* What a side says comes back to itself, as it is or in the shape of what it waits for. */
static void test_reflection(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_msg hello;
    struct buf out;
    begin(&s, "7-apple-river-stone", NULL);
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_msg_decode(&hello, buf_span(&s.t.guest.message)), 0);
    const struct pairing_msg share = {
        .kind = PAIRING_MSG_SHARE, .share = hello.share, .commitment = hello.share};
    assert_int_equal(pairing_write(&out, &share), 0);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&out)), WAVU_ERR_CRYPTO);
    end(&s);

    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.guest.message)), WAVU_ERR_CRYPTO);
    end(&s);

    /* The inviter's tag and identity in the joiner's message. */
    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    struct pairing_msg proof;
    assert_int_equal(pairing_msg_decode(&proof, buf_span(&s.t.guest.message)), 0);
    proof.kind = PAIRING_MSG_CONFIRM;
    assert_int_equal(pairing_write(&out, &proof), 0);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&out)), WAVU_ERR_CRYPTO);
    buf_clear(&out);
    end(&s);
}

/* Somebody recorded a pairing, and later learns the words: with them and all that was public he
 * derives what he can, as either side. Shares were made with scalars that are gone. */
static void test_recording_tells_nothing_later(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_run run;
    struct pairing_msg hello;
    struct pairing_msg share;
    struct pairing_msg proof;
    struct pairing_peer peer;
    struct buf recorded[2];
    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    for (int i = 0; i < 2; i++) {
        buf_init(&recorded[i], PAIRING_MSG_SIZE_MAX);
    }
    assert_int_equal(buf_append(&recorded[0], buf_span(&s.t.guest.message)), 0);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&recorded[0])), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(buf_append(&recorded[1], buf_span(&s.t.guest.message)), 0);
    assert_int_equal(pairing_msg_decode(&hello, buf_span(&recorded[0])), 0);
    assert_int_equal(pairing_msg_decode(&share, buf_span(&s.t.host.message[0])), 0);
    assert_int_equal(pairing_msg_decode(&proof, buf_span(&recorded[1])), 0);

    memset(&run, 0, sizeof run);
    run.role = PAIRING_MSG_INVITER;
    run.number = 7;
    run.link = pairing_world_link(&s.w.baraka, 1);
    memcpy(run.commitment, share.commitment.ptr, sizeof run.commitment);
    pairing_begin(&run, &s.w.alice.means, span_from_text("apple-river-stone"));
    memcpy(run.cpace.share, share.share.ptr, CPACE_SHARE_SIZE); /* as if it were his */
    assert_int_equal(pairing_keys(&run, &s.w.alice.means, hello.share), 0);
    assert_int_equal(pairing_check(&run, &s.w.alice.means, &proof, &peer), WAVU_ERR_CRYPTO);
    struct buf opened;
    buf_init(&opened, PAIRING_MSG_SIZE_MAX);
    const struct pairing_part part = {.kind = PAIRING_MSG_PROOF};
    assert_int_equal(pairing_open(&run, &s.w.alice.means, part, proof.sealed, &opened),
                     WAVU_ERR_CRYPTO);
    /* The honest inviter, who has the scalar, does open it. */
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&recorded[1])), 0);
    buf_clear(&opened);
    buf_clear(&recorded[0]);
    buf_clear(&recorded[1]);
    end(&s);
}

enum craft {
    GOOD,
    NEWER,
    ROLE,
    TRANSCRIPT,
    OTHERS_DEVICE,
    SIGNER,
    ROOT_OF_ANOTHER,
    TURNING_NAME,
    STEERING_NAME,
    CRAFTS
};

/* The identity of one who knows the words and writes what he likes into it. */
static struct span craft_identity(uint8_t room[1024], const struct scene *s,
                                  const struct pairing_run *run, enum craft craft)
{
    static const uint8_t zeros[PAIRING_KEY_SIZE];
    static const char *const names[CRAFTS] = {
        [TURNING_NAME] = "\u202e\u05d0 Alice, verified", [STEERING_NAME] = "Baraka\x1b[2K\rAlice"};
    const struct pairing_person *p = &s->w.baraka;
    const struct pairing_person *other = &s->w.mallory;
    const bool others = craft == OTHERS_DEVICE;
    uint8_t body[PAIRING_MSG_IDENTITY_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr w;
    const struct pairing_msg_identity m = {
        .format = craft == NEWER ? 2 : 1,
        .role = craft == ROLE ? PAIRING_MSG_INVITER : PAIRING_MSG_JOINER,
        .transcript = span_of(craft == TRANSCRIPT ? zeros : run->transcript, HASH_SHA256_SIZE),
        .root = span_of(others || craft == ROOT_OF_ANOTHER ? other->self.root : p->self.root,
                        PAIRING_KEY_SIZE),
        .device = span_of(others ? other->self.device.public_key : p->self.device.public_key,
                          PAIRING_KEY_SIZE),
        .certificate = span_of(others ? other->self.certificate : p->self.certificate, SIGNER_SIZE),
        .name = span_from_text(names[craft] != NULL ? names[craft] : "Baraka"),
        .network = span_of(s->w.network, PAIRING_KEY_SIZE),
        .opening = span_of(s->h.runs[0].opening, PAIRING_KEY_SIZE)};
    wr_init(&w, span_mut_of(body, sizeof body));
    pairing_msg_identity_encode(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    const struct span signed_body = wr_span(&w);
    signer_ed25519.sign(NULL, signature, craft == SIGNER ? &other->self.device : &p->self.device,
                        "wavu pairing identity 1", signed_body);
    wr_init(&w, span_mut_of(room, 1024));
    pb_write_bytes(&w, 1, signed_body);
    pb_write_bytes(&w, 2, span_of(signature, sizeof signature));
    return wr_span(&w);
}

/* Speak as the joiner with that identity. Returns what the host says of the PROOF. */
static int send_crafted(struct scene *s, enum craft craft)
{
    uint8_t room[1024];
    struct pairing_run run;
    struct pairing_msg share;
    struct buf sealed;
    struct buf out;
    const struct pairing_means *means = &s->w.baraka.means;
    memset(&run, 0, sizeof run);
    run.role = PAIRING_MSG_JOINER;
    run.number = 7;
    run.link = pairing_world_link(&s->w.alice, 1);
    pairing_begin(&run, means, span_from_text("apple-river-stone"));
    const struct pairing_msg hello = {.kind = PAIRING_MSG_HELLO,
                                      .format = PAIRING_MSG_FORMAT,
                                      .number = 7,
                                      .share = span_of(run.cpace.share, CPACE_SHARE_SIZE)};
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    buf_init(&sealed, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_write(&out, &hello), 0);
    assert_int_equal(pairing_host_feed(&s->h, 2, s->t.run, buf_span(&out)), 0);
    pairing_world_host(&s->t.host, &s->h);
    assert_int_equal(pairing_msg_decode(&share, buf_span(&s->t.host.message[0])), 0);
    memcpy(run.commitment, share.commitment.ptr, sizeof run.commitment);
    assert_int_equal(pairing_keys(&run, means, share.share), 0);
    const struct pairing_part part = {.kind = PAIRING_MSG_PROOF};
    const struct span identity = craft_identity(room, s, &run, craft);
    assert_int_equal(pairing_seal(&run, means, part, identity, &sealed), 0);
    const struct pairing_msg proof = {.kind = PAIRING_MSG_PROOF,
                                      .tag = span_of(run.cpace.our_tag, CPACE_TAG_SIZE),
                                      .sealed = buf_span(&sealed)};
    assert_int_equal(pairing_write(&out, &proof), 0);
    const int rc = pairing_host_feed(&s->h, 2, s->t.run, buf_span(&out));
    pairing_world_host(&s->t.host, &s->h);
    buf_clear(&out);
    buf_clear(&sealed);
    return rc;
}

/* Who has the words may lie in every field: with another's device, root and certificate, all of
 * them genuine, signed by his own key, too. */
static void test_lies_are_refused(void **state)
{
    (void)state;
    for (int craft = GOOD; craft < CRAFTS; craft++) {
        struct scene s;
        begin(&s, "7-apple-river-stone", NULL);
        const int rc = send_crafted(&s, (enum craft)craft);
        if (craft != NEWER) {
            const bool is_name = craft == TURNING_NAME || craft == STEERING_NAME;
            const int want = is_name ? WAVU_ERR_INVALID : WAVU_ERR_CRYPTO;
            assert_int_equal(rc, craft == GOOD ? 0 : want);
            assert_int_equal(s.t.host.peers, craft == GOOD ? 1 : 0);
            assert_int_equal(s.t.host.tries, craft == GOOD ? 0 : 1);
            if (craft != GOOD) { /* told and why, and not counted: the words were right */
                assert_int_equal(s.t.host.err, want);
                assert_int_equal(s.t.host.left, PAIRING_HOST_TRIES_MAX);
                assert_int_equal(s.h.failures, 0);
                assert_true(s.h.is_open);
            }
        }
        end(&s);
    }
}

/* A joiner of a newer wavu, who knows the words and whose identity is signed as it must be. */
static void test_newer_identity_is_told(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-stone", NULL);
    assert_int_equal(send_crafted(&s, NEWER), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(s.t.host.peers + s.t.host.closed, 0);
    assert_int_equal(s.t.host.tries, 1);
    assert_int_equal(s.t.host.err, WAVU_ERR_UNSUPPORTED);
    assert_int_equal(s.h.failures, 0);
    assert_true(s.h.is_open);
    end(&s);
}

static void fill_given(void *context, uint8_t *out, size_t len)
{
    const struct span *given = context;
    assert_int_equal(len, given->len);
    memcpy(out, given->ptr, len);
}

/* One side of a vector, with the scalar that it states. */
static void begin_given(struct pairing_run *run, struct vectors *v, enum pairing_msg_role role,
                        struct pairing_self *self)
{
    const bool joiner = role == PAIRING_MSG_JOINER;
    struct span scalar = vectors_span(v, joiner ? "ya" : "yb");
    const struct random random = {.fill = fill_given, .context = &scalar};
    const struct pairing_means means = {.self = self, .random = &random};
    const struct span words = vectors_text(v, "words");
    memset(run, 0, sizeof *run);
    run->role = role;
    run->number = words.ptr[0] == 'a' ? 7 : 999;
    memcpy(self->device.public_key, vectors_span(v, joiner ? "joiner" : "inviter").ptr, 32);
    memcpy(run->link.peer, vectors_span(v, joiner ? "inviter" : "joiner").ptr, 32);
    memcpy(run->link.session, vectors_span(v, "session").ptr, 32);
    pairing_commit(run->commitment, vectors_span(v, "opening").ptr, vectors_span(v, "network").ptr);
    pairing_begin(run, &means, words);
}

static void expect(struct vectors *v, const char *name, const uint8_t *got)
{
    assert_memory_equal(vectors_span(v, name).ptr, got, 32);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/pairing.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        struct pairing_run a;
        struct pairing_run b;
        struct pairing_self joiner;
        struct pairing_self inviter;
        const struct pairing_means as_a = {.self = &joiner};
        const struct pairing_means as_b = {.self = &inviter};
        begin_given(&a, v, PAIRING_MSG_JOINER, &joiner);
        begin_given(&b, v, PAIRING_MSG_INVITER, &inviter);
        expect(v, "commitment", a.commitment);
        expect(v, "share_a", a.cpace.share);
        expect(v, "share_b", b.cpace.share);
        assert_int_equal(pairing_keys(&a, &as_a, vectors_span(v, "share_b")), 0);
        assert_int_equal(pairing_keys(&b, &as_b, vectors_span(v, "share_a")), 0);
        expect(v, "tag_a", a.cpace.our_tag);
        expect(v, "tag_b", b.cpace.our_tag);
        expect(v, "transcript", a.transcript);
        expect(v, "transcript", b.transcript);
        expect(v, "key_a", a.our_key);
        expect(v, "key_b", a.their_key);
        expect(v, "key_a", b.their_key);
        expect(v, "key_b", b.our_key);
        records++;
    }
    assert_int_equal(records, 2);
    vectors_close(v);
}

static void test_commitment(void **state)
{
    (void)state;
    uint8_t a[PAIRING_COMMITMENT_SIZE];
    uint8_t b[PAIRING_COMMITMENT_SIZE];
    const uint8_t one[PAIRING_KEY_SIZE] = {1};
    const uint8_t two[PAIRING_KEY_SIZE] = {2};
    pairing_commit(a, one, two);
    pairing_commit(b, two, one);
    assert_memory_not_equal(a, b, sizeof a);
    pairing_commit(b, one, two);
    assert_memory_equal(a, b, sizeof a);
}

/* The sizes that docs/protocol/pairing.md states. */
static void test_sizes(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-stone", NULL);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(s.t.guest.message.len, 40);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(s.t.host.message[0].len, 70);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    pairing_world_guest(&s.t.guest, &s.g);
    assert_int_equal(s.t.guest.message.len, 299 + 6);
    assert_int_equal(pairing_host_feed(&s.h, 2, s.t.run, buf_span(&s.t.guest.message)), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(s.t.host.message[0].len, 367 + 5);
    assert_int_equal(pairing_guest_feed(&s.g, 2, buf_span(&s.t.host.message[0])), 0);
    assert_int_equal(pairing_host_welcome(&s.h, 2, s.t.run, span_from_text("genesis")), 0);
    pairing_world_host(&s.t.host, &s.h);
    assert_int_equal(s.t.host.message[0].len, 21 + 7);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_knows_the_code_joins),
        cmocka_unit_test(test_wrong_words_are_refused),
        cmocka_unit_test(test_number_is_bound),
        cmocka_unit_test(test_man_in_the_middle),
        cmocka_unit_test(test_relay_to_another_link),
        cmocka_unit_test(test_identities_are_bound),
        cmocka_unit_test(test_stolen_certificate),
        cmocka_unit_test(test_network_is_bound),
        cmocka_unit_test(test_scanned_device_is_the_inviter),
        cmocka_unit_test(test_network_and_names_are_not_in_clear),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_reflection),
        cmocka_unit_test(test_recording_tells_nothing_later),
        cmocka_unit_test(test_lies_are_refused),
        cmocka_unit_test(test_newer_identity_is_told),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_commitment),
        cmocka_unit_test(test_sizes),
    };
    if (secret_start() != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
