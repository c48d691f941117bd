/*
 * Fuzzes the session machine. The first byte picks the mode. State: the rest is a stored session.
 * Raw: the rest is a message, or changes to a good start. Game: two devices talk, and the input
 * says what is written, lost, spoiled, repeated, retired and stored; what is opened was written,
 * once.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "courier/session_state.h"
#include "tests/support/session_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define IN_FLIGHT 6
#define STEPS_MAX 16

static struct session_world w;
static struct session_mail first; /* a start of 0 for 1, never heard */

static void start(void)
{
    if (w.aead == NULL) {
        session_world_init(&w, 1);
        session_world_write(&w, 0, "first", &first);
    }
}

static void renew(int who)
{
    const struct session_config config = session_world_config(&w, who, 1 - who);
    session_clear(&w.p[who].session);
    session_init(&w.p[who].session, &config);
}

static void fuzz_state(struct span in)
{
    struct session s;
    struct session_mail m = {.len = 100, .bytes = {1, 1}};
    struct wr wr;
    const struct session_config config = session_world_config(&w, 0, 1);
    if (session_state_load(&s, &config, in, w.now) != 0) {
        return;
    }
    session_check(&s);
    CHECK(session_world_open_as(&w, &s, &m) != 0);
    wr_init(&wr, span_mut_of(m.bytes, sizeof(m.bytes)));
    (void)!session_seal(&s, w.now, span_from_text("x"), sizeof(m.bytes), &wr);
    session_tick(&s, session_deadline(&s));
    session_check(&s);
    session_clear(&s);
}

/* A good start with bytes of the input laid over it from a place that the input says. */
static void fuzz_raw(struct rd *r)
{
    struct session_mail m = first;
    const size_t at = (size_t)rd_u16be(r) % m.len;
    size_t n = rd_left(r) < m.len - at ? rd_left(r) : m.len - at;
    const struct span over = rd_bytes(r, n);
    const bool is_same = n == 0 || memcmp(m.bytes + at, over.ptr, n) == 0;
    if (n > 0) {
        memcpy(m.bytes + at, over.ptr, n);
    }
    renew(1);
    CHECK((session_world_open(&w, 1, &m) == 0) == is_same);
    CHECK(is_same || w.p[1].session.slots[0].ratchet == NULL);
}

struct flight {
    struct session_mail mail;
    int to;
    uint8_t text;
    bool is_opened;
};

static void open_one(struct flight *f, uint8_t spoil)
{
    struct session_mail m = f->mail;
    if (m.len == 0) {
        return;
    }
    if (spoil != 0) {
        m.bytes[(size_t)spoil * 13 % m.len] ^= spoil;
    }
    if (session_world_open(&w, f->to, &m) == 0) {
        CHECK(spoil == 0 && !f->is_opened);
        CHECK(w.text_len == 1 && w.text[0] == f->text);
        f->is_opened = true;
    }
}

static void reload(int who)
{
    size_t len;
    uint8_t *bytes = session_world_state(&w, who, &len);
    session_world_restore(&w, who, span_of(bytes, len));
    mem_free(bytes);
}

static void fuzz_game(struct rd *r)
{
    static struct flight flights[IN_FLIGHT];
    size_t next = 0;
    memset(flights, 0, sizeof(flights));
    renew(0);
    renew(1);
    for (int i = 0; i < STEPS_MAX && rd_left(r) > 0; i++) {
        const uint8_t what = rd_u8(r);
        const int who = what & 1;
        struct flight *f = &flights[(what >> 4) % IN_FLIGHT];
        switch (what >> 1 & 7) {
        case 0:
        case 1: {
            const char text[2] = {(char)(1 + i), 0};
            f = &flights[next++ % IN_FLIGHT];
            *f = (struct flight){.to = 1 - who, .text = (uint8_t)(1 + i)};
            session_world_write(&w, who, text, &f->mail);
            break;
        }
        case 2:
        case 3:
        case 4:
            open_one(f, 0);
            break;
        case 5:
            open_one(f, rd_u8(r));
            break;
        case 6:
            session_restored(&w.p[who].session, w.now);
            break;
        default:
            reload(who);
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd r;
    start();
    rd_init(&r, span_of(data, len));
    const uint8_t mode = rd_u8(&r);
    switch (mode % 3) {
    case 0:
        fuzz_state(rd_bytes(&r, rd_left(&r)));
        break;
    case 1:
        fuzz_raw(&r);
        break;
    default:
        fuzz_game(&r);
        break;
    }
    return 0;
}
