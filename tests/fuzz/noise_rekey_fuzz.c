/*
 * Fuzzes the exchange of new keys inside a channel.
 *
 * Each byte of the input is one thing that happens between two ends: data goes over, a step that is
 * due is made, time passes, a frame is spoiled on the way, or an end that has the keys says what it
 * should not. While everybody is honest all frames open, and both ends have the same keys; after
 * that whatever comes is refused with an error of the page.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "crypto/noise_rekey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct end {
    struct noise_channel channel;
    struct noise_rekey rekey;
};

static struct aead *aead;
static struct end ends[2]; /* the dialler, the listener */
static struct random_seeded seeded;
static struct random source;
static uint64_t now;
static bool is_honest; /* nothing was spoiled or forged */
static bool is_over;   /* somebody closed */

static void start(void)
{
    if (aead == NULL) {
        aead = aead_new();
        CHECK(aead != NULL);
    }
    random_seeded_init(&seeded, 5);
    source = random_from_seeded(&seeded);
    memset(ends, 0, sizeof(ends));
    now = 1;
    is_honest = true;
    is_over = false;
    for (size_t i = 0; i < 2; i++) {
        random_fill(&source, ends[i].channel.send.key, AEAD_KEY_SIZE);
        memcpy(ends[1 - i].channel.receive.key, ends[i].channel.send.key, AEAD_KEY_SIZE);
        noise_rekey_init(&ends[i].rekey, i == 0, now);
    }
}

/* What a receiver answers. */
static void heard(int rc)
{
    CHECK(rc == 0 || rc == WAVU_ERR_CRYPTO || rc == WAVU_ERR_PROTO || rc == WAVU_ERR_LIMIT);
    CHECK(rc == 0 || !is_honest || rc == WAVU_ERR_LIMIT); /* honest ends may be in a hurry */
    is_over = rc != 0;
}

static void send_data(struct rd *r, size_t from, bool is_spoiled)
{
    uint8_t wire[NOISE_HEAD_SIZE + 255 + AEAD_TAG_SIZE] = {0};
    size_t got = 0;
    const size_t len = rd_u8(r);
    CHECK(noise_seal(&ends[from].channel, aead, span_mut_of(wire + NOISE_HEAD_SIZE, len)) == 0);
    CHECK(!noise_rekey_is_head(wire));
    if (is_spoiled) {
        wire[NOISE_HEAD_SIZE + rd_u8(r) % (len + AEAD_TAG_SIZE)] ^= 1;
    }
    const int rc = noise_open(&ends[1 - from].channel, aead,
                              span_mut_of(wire + NOISE_HEAD_SIZE, len + AEAD_TAG_SIZE), &got);
    heard(rc);
    CHECK(rc != 0 || (got == len && !is_spoiled));
}

static void send_step(struct rd *r, size_t from, bool is_spoiled)
{
    uint8_t wire[NOISE_HEAD_SIZE + NOISE_REKEY_FRAME] = {0};
    struct end *end = &ends[from];
    if (!noise_rekey_wants(&end->rekey, now)) {
        return;
    }
    const int rc = noise_rekey_write(&end->rekey, &end->channel, aead, &source, now,
                                     span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY));
    if (rc != 0) {
        heard(rc);
        return;
    }
    CHECK(noise_rekey_is_head(wire));
    if (is_spoiled) {
        wire[NOISE_HEAD_SIZE + rd_u8(r) % NOISE_REKEY_FRAME] ^= 0x80;
    }
    heard(noise_rekey_read(&ends[1 - from].rekey, &ends[1 - from].channel, aead, now, wire,
                           span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_FRAME)));
}

/* A frame of one kind, with whatever body, from an end that has the keys. */
static void forge(struct rd *r, size_t from)
{
    uint8_t wire[NOISE_HEAD_SIZE + NOISE_REKEY_FRAME] = {0};
    is_honest = false;
    const uint8_t kind = (uint8_t)(1 + rd_u8(r) % 3);
    const struct span body =
        rd_bytes(r, rd_left(r) < NOISE_REKEY_BODY ? rd_left(r) : NOISE_REKEY_BODY);
    if (body.len > 0) {
        memcpy(wire + NOISE_HEAD_SIZE, body.ptr, body.len);
    }
    CHECK(noise_seal_kind(&ends[from].channel, aead, kind,
                          span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)) == 0);
    heard(noise_rekey_read(&ends[1 - from].rekey, &ends[1 - from].channel, aead, now, wire,
                           span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_FRAME)));
}

static void check_ends(void)
{
    const struct end *a = &ends[0];
    const struct end *b = &ends[1];
    if (!is_honest || is_over) {
        return;
    }
    CHECK(a->rekey.state != NOISE_REKEY_WANTS_ANSWER && a->rekey.state != NOISE_REKEY_WAIT_SWITCH);
    CHECK(b->rekey.state != NOISE_REKEY_WANTS_SWITCH && b->rekey.state != NOISE_REKEY_WAIT_ANSWER);
    CHECK(memcmp(a->channel.send.key, b->channel.receive.key, AEAD_KEY_SIZE) == 0);
    CHECK(memcmp(b->channel.send.key, a->channel.receive.key, AEAD_KEY_SIZE) == 0);
    CHECK(a->channel.send.nonce == b->channel.receive.nonce);
    CHECK(b->channel.send.nonce == a->channel.receive.nonce);
}

static void happen(struct rd *r, uint8_t what)
{
    const size_t from = what >> 3 & 1;
    const bool is_spoiled = (what & 0xf0) == 0xf0;
    is_honest = is_honest && !is_spoiled;
    switch (what % 8) {
    case 0:
    case 1:
        send_data(r, from, is_spoiled);
        break;
    case 2:
    case 3:
        send_step(r, from, is_spoiled);
        break;
    case 4:
        now += NOISE_REKEY_NS / 2;
        break;
    case 5:
        noise_rekey_count_sealed(&ends[0].rekey, (size_t)NOISE_REKEY_BYTES);
        break;
    case 6:
        noise_rekey_count_opened(&ends[0].rekey, (size_t)NOISE_REKEY_BYTES / 2);
        break;
    default:
        forge(r, from);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd r;
    start();
    const size_t before = mem_live_count();
    rd_init(&r, span_of(data, len));
    while (rd_left(&r) > 0 && !is_over) {
        happen(&r, rd_u8(&r));
        check_ends();
    }
    CHECK(mem_live_count() == before);
    return 0;
}
