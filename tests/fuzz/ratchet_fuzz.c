/*
 * Fuzzes the ratchet. The first byte picks the mode. State: the rest is a stored ratchet. Raw: the
 * rest is a message to one in mid-talk. Parts: the rest is a row of opened bodies for both halves
 * of an exchange. Game: two ratchets talk, and the input says what is written, lost, spoiled,
 * repeated and stored; what is opened was written, once.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "crypto/ratchet_state.h"
#include "tests/support/ratchet_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define IN_FLIGHT 8
#define STEPS_MAX 60

static struct ratchet_pair pair;
static uint8_t *stored[2]; /* of two in mid-talk */
static size_t stored_len[2];

static void start(void)
{
    if (stored[0] != NULL) {
        return;
    }
    struct ratchet_mail lost;
    ratchet_pair_init(&pair, 1);
    ratchet_pair_say(&pair, 0, "one");
    CHECK(ratchet_pair_seal(&pair, 0, "two", 200, &lost) == 0);
    ratchet_pair_say(&pair, 1, "three");
    ratchet_pair_say(&pair, 0, "four");
    ratchet_pair_say(&pair, 1, "five");
    for (int i = 0; i < 2; i++) {
        stored[i] = ratchet_pair_state(&pair.r[i], &stored_len[i]);
    }
}

static void reload(int who, struct span bytes)
{
    ratchet_clear(&pair.r[who]);
    CHECK(ratchet_state_load(&pair.r[who], bytes, pair.now) == 0);
}

static void fuzz_state(struct span in)
{
    struct ratchet r;
    struct ratchet twin;
    size_t len;
    if (ratchet_state_load(&r, in, pair.now) != 0) {
        return;
    }
    ratchet_check(&r);
    struct ratchet_mail m = {.len = 100, .bytes = {RATCHET_KIND_MESSAGE, 1}};
    CHECK(ratchet_pair_open_as(&pair, &r, &m) != 0);
    uint8_t *bytes = ratchet_pair_state(&r, &len);
    CHECK(ratchet_state_load(&twin, span_of(bytes, len), pair.now) == 0);
    ratchet_check(&twin);
    const struct ratchet_env env = ratchet_pair_env(&pair, 0);
    struct wr w;
    wr_init(&w, span_mut_of(m.bytes, sizeof(m.bytes)));
    (void)!ratchet_seal(&r, &env, span_from_text("x"), sizeof(m.bytes), &w);
    ratchet_check(&r);
    ratchet_clear(&r);
    ratchet_clear(&twin);
    mem_free(bytes);
}

static void fuzz_raw(struct span in)
{
    struct ratchet_mail m = {.len = in.len < sizeof(m.bytes) ? in.len : sizeof(m.bytes)};
    size_t len;
    if (m.len > 0) {
        memcpy(m.bytes, in.ptr, m.len);
    }
    reload(1, span_of(stored[1], stored_len[1]));
    CHECK(ratchet_pair_open(&pair, 1, &m) == WAVU_ERR_CRYPTO);
    uint8_t *after = ratchet_pair_state(&pair.r[1], &len);
    CHECK(len == stored_len[1] && memcmp(after, stored[1], len) == 0);
    mem_free(after);
}

static void fuzz_parts(struct rd *r)
{
    static uint8_t out[RATCHET_PAIR_MAIL_MAX];
    struct ratchet_pq halves[2];
    ratchet_pq_init(&halves[0], false, 0);
    ratchet_pq_init(&halves[1], true, 0);
    for (int i = 0; i < 20 && rd_left(r) > 0; i++) {
        struct ratchet_pq_part part;
        struct span content;
        struct wr w;
        const uint8_t what = rd_u8(r);
        const size_t want = (size_t)rd_u8(r) * 8;
        const struct span body = rd_bytes(r, want < rd_left(r) ? want : rd_left(r));
        struct ratchet_pq *pq = &halves[what & 1];
        if (ratchet_pq_split(body, &part, &content) == 0) {
            ratchet_pq_take(pq, &part);
        }
        wr_init(&w, span_mut_of(out, sizeof(out)));
        ratchet_pq_write(pq, what, &pair.random[0], what * 8u, &w);
        CHECK(!w.failed && w.len <= what * 8u + 1);
        ratchet_pq_check(pq);
    }
    ratchet_pq_clear(&halves[0]);
    ratchet_pq_clear(&halves[1]);
}

struct flight {
    struct ratchet_mail mail;
    int to;
    uint8_t text;
    bool is_opened;
};

static void open_one(struct flight *f, uint8_t spoil)
{
    struct ratchet_mail m = f->mail;
    if (m.len == 0) {
        return;
    }
    if (spoil != 0) {
        m.bytes[(size_t)spoil * 7 % m.len] ^= spoil;
    }
    const int rc = ratchet_pair_open(&pair, f->to, &m);
    CHECK(rc == 0 || rc == WAVU_ERR_CRYPTO);
    CHECK((rc == 0) == (spoil == 0 && !f->is_opened));
    if (rc == 0) {
        f->is_opened = true;
        CHECK(pair.text_len == 1 && pair.text[0] == f->text);
    }
}

static void fuzz_game(struct rd *r)
{
    static struct flight flights[IN_FLIGHT];
    size_t next = 0;
    memset(flights, 0, sizeof(flights));
    reload(0, span_of(stored[0], stored_len[0]));
    reload(1, span_of(stored[1], stored_len[1]));
    for (int i = 0; i < STEPS_MAX && rd_left(r) > 0; i++) {
        const uint8_t what = rd_u8(r);
        const int who = what & 1;
        struct flight *f = &flights[rd_u8(r) % IN_FLIGHT];
        switch (what >> 1 & 3) {
        case 0: {
            const char text[2] = {(char)(1 + i), 0};
            f = &flights[next++ % IN_FLIGHT];
            *f = (struct flight){.to = 1 - who, .text = (uint8_t)(1 + i)};
            pair.kind = what & 8 ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305;
            CHECK(ratchet_pair_seal(&pair, who, text, 89 + (size_t)(what >> 4) * 100, &f->mail) ==
                  0);
            break;
        }
        case 1:
            open_one(f, 0);
            break;
        case 2:
            open_one(f, rd_u8(r));
            break;
        default: {
            size_t len;
            uint8_t *bytes = ratchet_pair_state(&pair.r[who], &len);
            reload(who, span_of(bytes, len));
            mem_free(bytes);
            break;
        }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd r;
    start();
    rd_init(&r, span_of(data, len));
    const uint8_t mode = rd_u8(&r);
    switch (mode & 3) {
    case 0:
        fuzz_state(rd_bytes(&r, rd_left(&r)));
        break;
    case 1:
        fuzz_raw(rd_bytes(&r, rd_left(&r)));
        break;
    case 2:
        fuzz_parts(&r);
        break;
    default:
        fuzz_game(&r);
        break;
    }
    return 0;
}
