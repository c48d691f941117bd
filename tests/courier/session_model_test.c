/*
 * Two devices over a bad network for 100,000 random steps: loss, copies, any order, small and large
 * messages, starts of both at once, rotation of prekeys, crashes (stored and loaded), states
 * that come back from an old copy, and states that are lost. Beside them an oracle that knows only
 * what was said and what was heard.
 *
 * It holds: what is heard was said, and is heard once in a life; while no state went back, all that
 * arrives is heard; after one went back, an hour's patience brings both together again; no two
 * different messages ever have one nonce.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "tests/support/session_world.h"
#include "wavu/err.h"

#define STEPS 100000
#define CALM 2000  /* steps between two pauses, in which all arrives */
#define FLIGHT 48  /* messages under way, each direction */
#define OVERDUE 80 /* steps after which the oldest goes first */
#define HOUR UINT64_C(3600000000000)

struct letter {
    uint32_t number; /* of the sender */
    int step;
    bool was_heard;
    size_t len;
    uint8_t bytes[3072];
};

/* All of a device that a backup holds. */
struct backup {
    uint8_t *session;
    size_t session_len;
    uint8_t *prekeys;
    size_t prekeys_len;
    uint8_t heard[STEPS + CALM];
};

struct nonce {
    uint8_t nonce[12];
    uint8_t hash[8]; /* of the whole message behind its prelude */
};

static struct {
    struct session_world w;
    struct random_seeded seeded;
    struct random random;
    int step;
    struct letter flight[2][FLIGHT]; /* to 0, to 1; the oldest first */
    size_t flying[2];
    uint8_t heard[2][STEPS + CALM]; /* by receiver: of the other's numbers */
    uint32_t said[2];
    bool is_troubled; /* a state went back since the last pause */
    struct backup backups[2];
    uint8_t bundle[2][PREKEYS_MSG_BUNDLE_MAX]; /* as the shared state has them */
    size_t bundle_len[2];
    struct nonce *nonces;
    size_t nonce_count;
    uint32_t opened, refused, starts, backs, crashes, renewals, losses, tries_max, mixed_max;
} m;

static bool chance(uint64_t of_thousand)
{
    return random_below(&m.random, 1000) < of_thousand;
}

static size_t text_of(char *out, size_t max, int from, uint32_t number)
{
    const int len = snprintf(out, max, "%d/%u:%*s", from, number, (int)(number * 7 % 90), "");
    return (size_t)len;
}

/* --- the world's part --- */

static void publish(int who)
{
    const struct span bundle = prekeys_bundle(&m.w.p[who].prekeys);
    memcpy(m.bundle[who], bundle.ptr, bundle.len);
    m.bundle_len[who] = bundle.len;
}

static void pass_time(uint64_t ns)
{
    m.w.now += ns;
    for (int who = 0; who < 2; who++) {
        if (prekeys_tick(&m.w.p[who].prekeys, m.w.now)) {
            publish(who);
        }
        session_tick(&m.w.p[who].session, m.w.now);
    }
}

static uint8_t *save_prekeys(int who, size_t *len)
{
    struct wr wr;
    wr_init(&wr, span_mut_of(NULL, 0));
    prekeys_save(&wr, &m.w.p[who].prekeys, m.w.now);
    *len = wr.len;
    uint8_t *bytes = mem_new(*len);
    wr_init(&wr, span_mut_of(bytes, *len));
    prekeys_save(&wr, &m.w.p[who].prekeys, m.w.now);
    return bytes;
}

static void load(int who, struct span session, struct span prekeys)
{
    const struct prekeys_config config = session_world_prekeys_config(&m.w, who);
    prekeys_clear(&m.w.p[who].prekeys);
    assert_int_equal(prekeys_load(&m.w.p[who].prekeys, &config, prekeys, m.w.now, 0), 0);
    prekeys_check(&m.w.p[who].prekeys);
    session_world_restore(&m.w, who, session);
}

static void crash(int who)
{
    size_t session_len;
    size_t prekeys_len;
    uint8_t *session = session_world_state(&m.w, who, &session_len);
    uint8_t *prekeys = save_prekeys(who, &prekeys_len);
    load(who, span_of(session, session_len), span_of(prekeys, prekeys_len));
    mem_free(session);
    mem_free(prekeys);
    m.crashes++;
}

static void back_up(int who)
{
    struct backup *b = &m.backups[who];
    mem_free(b->session);
    mem_free(b->prekeys);
    b->session = session_world_state(&m.w, who, &b->session_len);
    b->prekeys = save_prekeys(who, &b->prekeys_len);
    memcpy(b->heard, m.heard[who], sizeof(b->heard));
}

/* The device comes back as it was, and meets in the shared state the bundle that it does not know
 * to have made. */
static void go_back(int who)
{
    const struct backup *b = &m.backups[who];
    if (b->session == NULL) {
        return;
    }
    load(who, span_of(b->session, b->session_len), span_of(b->prekeys, b->prekeys_len));
    memcpy(m.heard[who], b->heard, sizeof(b->heard));
    m.w.p[who].prekeys.outdone = 0; /* as if years lay between: it never goes back thrice */
    m.w.p[who].prekeys.outdo_after = 0;
    if (prekeys_met(&m.w.p[who].prekeys, span_of(m.bundle[who], m.bundle_len[who]), m.w.now)) {
        publish(who);
    }
    m.is_troubled = true;
    m.backs++;
}

/* The device loses what it knew of its sessions, and not its prekeys: a new life. */
static void lose(int who)
{
    const struct session_config config = session_world_config(&m.w, who, 1 - who);
    session_clear(&m.w.p[who].session);
    session_init(&m.w.p[who].session, &config);
    memset(m.heard[who], 0, sizeof(m.heard[who]));
    m.is_troubled = true;
    m.losses++;
}

/* --- talk --- */

static void note_nonce(const struct letter *l)
{
    uint8_t hash[HASH_SHA256_SIZE];
    const size_t prelude = session_start_len(span_of(l->bytes, l->len));
    struct nonce *n = &m.nonces[m.nonce_count++];
    memcpy(n->nonce, l->bytes + prelude + 2, sizeof(n->nonce));
    hash_sha256(hash, span_of(l->bytes + prelude, l->len - prelude));
    memcpy(n->hash, hash, sizeof(n->hash));
}

static void say(int who, struct letter *l)
{
    static const size_t rooms[] = {300, 500, 3072};
    char text[128];
    struct wr wr;
    struct session *s = &m.w.p[who].session;
    l->number = m.said[who]++;
    l->step = m.step;
    l->was_heard = false;
    const size_t len = text_of(text, sizeof(text), who, l->number);
    if (session_wants_bundle(s)) {
        assert_int_equal(
            session_learn(s, m.w.now, span_of(m.bundle[1 - who], m.bundle_len[1 - who])), 0);
    }
    wr_init(&wr, span_mut_of(l->bytes, sizeof(l->bytes)));
    int rc = session_seal(s, m.w.now, span_of(text, len), rooms[random_below(&m.random, 3)], &wr);
    if (rc == WAVU_ERR_LIMIT) { /* a start: it takes another way */
        assert_int_equal(wr.len, 0);
        rc = session_seal(s, m.w.now, span_of(text, len), sizeof(l->bytes), &wr);
    }
    assert_int_equal(rc, 0);
    session_check(s);
    l->len = wr.len;
    note_nonce(l);
}

/* What the courier above would do with what happened. */
static void mind(int who, bool is_copy)
{
    enum session_event event;
    while (session_next_event(&m.w.p[who].session, &event)) {
        if (event == SESSION_EVENT_STARTED) {
            m.starts++;
        } else if (event == SESSION_EVENT_UNKNOWN && !is_copy) {
            m.renewals += session_renew(&m.w.p[who].session, m.w.now) == 0 ? 1 : 0;
        }
    }
}

/* True when it was heard. */
static bool hear(int who, const struct letter *l)
{
    uint8_t copy[sizeof(l->bytes)];
    char text[128];
    struct span content;
    const bool is_copy = m.heard[who][l->number] != 0;
    memcpy(copy, l->bytes, l->len);
    const int rc = session_open(&m.w.p[who].session, m.w.now, span_mut_of(copy, l->len), &content);
    session_check(&m.w.p[who].session);
    if (rc == 0) {
        const size_t len = text_of(text, sizeof(text), 1 - who, l->number);
        assert_true(span_is_equal(content, span_of(text, len)));
        assert_false(is_copy);
        m.heard[who][l->number] = 1;
        m.opened++;
    } else {
        assert_int_equal(rc, WAVU_ERR_CRYPTO);
        assert_true(is_copy || m.is_troubled);
        m.refused++;
    }
    mind(who, is_copy);
    return rc == 0;
}

static void remove_letter(int to, size_t at)
{
    m.flying[to]--;
    memmove(&m.flight[to][at], &m.flight[to][at + 1],
            (m.flying[to] - at) * sizeof(m.flight[to][0]));
}

static void send_one(int who)
{
    const int to = 1 - who;
    if (m.flying[to] == FLIGHT) {
        remove_letter(to, 0); /* lost */
    }
    say(who, &m.flight[to][m.flying[to]++]);
}

static void deliver_one(int to)
{
    if (m.flying[to] == 0) {
        return;
    }
    const bool is_overdue = m.step - m.flight[to][0].step > OVERDUE;
    const uint64_t reach = m.flying[to] < 12 ? m.flying[to] : 12;
    const size_t at = is_overdue || chance(400) ? 0 : (size_t)random_below(&m.random, reach);
    if (chance(120)) {
        remove_letter(to, at); /* lost */
        return;
    }
    (void)hear(to, &m.flight[to][at]);
    if (is_overdue || !chance(120)) {
        remove_letter(to, at); /* else it comes again */
    }
}

/* All arrives, in order, and both speak until they hear each other. */
static void calm_down(void)
{
    static struct letter l;
    for (int to = 0; to < 2; to++) {
        while (m.flying[to] > 0) {
            (void)hear(to, &m.flight[to][0]);
            remove_letter(to, 0);
        }
    }
    uint32_t tries = 0;
    for (int good = 0; good < 6 && tries < 60; tries++) {
        say((int)(tries % 2), &l);
        good = hear((int)(1 - tries % 2), &l) ? good + 1 : 0;
        if (good == 0) {
            pass_time(HOUR);
        }
    }
    m.tries_max = tries > m.tries_max ? tries : m.tries_max;
    assert_true(tries <= 12);
    assert_true(m.is_troubled || tries == 6);
    uint8_t name[32];
    memcpy(name, session_world_active(&m.w, 0), sizeof(name));
    assert_memory_equal(name, session_world_active(&m.w, 1), sizeof(name));
    m.is_troubled = false;
    for (size_t i = 0; i < SESSION_RATCHETS_MAX; i++) {
        const struct ratchet *r = m.w.p[0].session.slots[i].ratchet;
        m.mixed_max = r != NULL && r->pq.mixed > m.mixed_max ? r->pq.mixed : m.mixed_max;
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct nonce));
}

static void check_nonces(void)
{
    qsort(m.nonces, m.nonce_count, sizeof(*m.nonces), compare);
    for (size_t i = 1; i < m.nonce_count; i++) {
        const struct nonce *a = &m.nonces[i - 1];
        if (memcmp(a->nonce, a[1].nonce, sizeof(a->nonce)) == 0) {
            assert_memory_equal(a->hash, a[1].hash, sizeof(a->hash));
        }
    }
}

static void test_schedule_delivers_each_once(void **state)
{
    (void)state;
    session_world_init(&m.w, 2026);
    random_seeded_init(&m.seeded, 2027);
    m.random = random_from_seeded(&m.seeded);
    m.nonces = mem_new_array(STEPS + CALM, sizeof(*m.nonces));
    publish(0);
    publish(1);
    for (m.step = 0; m.step < STEPS; m.step++) {
        const int who = chance(500) ? 1 : 0;
        const uint64_t what = random_below(&m.random, 10000);
        m.w.p[who].session.config.kind = chance(500) ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305;
        if (what < 4800) {
            send_one(who);
        } else if (what < 9700) {
            deliver_one(who);
        } else if (what < 9760) {
            pass_time(random_below(&m.random, 12 * HOUR));
        } else if (what < 9860) {
            crash(who);
        } else if (what < 9890) {
            back_up(who);
        } else if (what < 9896) {
            go_back(who);
        } else if (what < 9900) {
            lose(who);
        }
        if (m.step % CALM == CALM - 1) {
            calm_down();
        }
    }
    check_nonces();
    print_message("%u heard, %u refused, %u starts, %u crashes, %u went back, %u lost, %u renewed; "
                  "at most %u "
                  "exchanges in a session, %u tries\n",
                  m.opened, m.refused, m.starts, m.crashes, m.backs, m.losses, m.renewals,
                  m.mixed_max, m.tries_max);
    /* It was no idle walk. */
    assert_true(m.opened > STEPS / 3 && m.backs > 30 && m.losses > 20 && m.crashes > 500 &&
                m.starts > m.backs);
    assert_true(m.mixed_max >= 10);
    for (int who = 0; who < 2; who++) {
        mem_free(m.backups[who].session);
        mem_free(m.backups[who].prekeys);
    }
    mem_free(m.nonces);
    session_world_clear(&m.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule_delivers_each_once),
    };
    return cmocka_run_group_tests_name("courier/session_model", tests, NULL, NULL);
}
