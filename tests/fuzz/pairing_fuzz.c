/*
 * Both machines of a pairing against a hostile other side: messages drawn from the input, good ones
 * in between, time that jumps. And the codec: what decodes encodes again to what decodes alike.
 */
#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "tests/support/pairing_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_codec(struct span bytes)
{
    struct pairing_msg m;
    struct pairing_msg again;
    struct pairing_msg_identity id;
    struct buf out;
    if (pairing_msg_identity_decode(&id, bytes) == 0) {
        CHECK(id.root.len == 32 && id.certificate.len == 64);
        CHECK(id.name.len == 0 || name_check(id.name) == NAME_GOOD);
    }
    if (pairing_msg_decode(&m, bytes) < 0) {
        return;
    }
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    CHECK(pairing_write(&out, &m) == 0);
    CHECK(pairing_msg_decode(&again, buf_span(&out)) == 0);
    CHECK(again.kind == m.kind && again.number == m.number && again.format == m.format);
    CHECK(span_is_equal(again.sealed, m.sealed) && span_is_equal(again.tag, m.tag));
    buf_clear(&out);
}

struct play {
    struct pairing_world w;
    struct pairing_host h;
    struct pairing_guest g;
    struct pairing_host_news host;
    struct pairing_guest_news guest;
    uint32_t run;
    uint64_t now;
};

static void begin_run(struct play *p, uint8_t from)
{
    const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {from};
    const struct pairing_link to = pairing_world_link(&p->w.alice, 1);
    const struct pairing_link back = pairing_world_link(&p->w.baraka, 1);
    if (pairing_guest_begin(&p->g, p->now, &to) == 0) {
        pairing_world_guest(&p->guest, &p->g);
    }
    if (pairing_host_begin(&p->h, p->now, &back, source, &p->run) < 0) {
        p->run = 0;
    }
}

static void step(struct play *p, uint8_t op, struct span bytes)
{
    switch (op % 8) {
    case 0:
        begin_run(p, op);
        break;
    case 1:
        (void)!pairing_host_feed(&p->h, p->now, p->run, bytes);
        break;
    case 2:
        (void)!pairing_guest_feed(&p->g, p->now, bytes);
        break;
    case 3: /* what the guest said last, spoilt or not */
        if (p->guest.message.len > 0) {
            p->guest.message.ptr[bytes.len % p->guest.message.len] ^= op >> 3;
            (void)!pairing_host_feed(&p->h, p->now, p->run, buf_span(&p->guest.message));
        }
        break;
    case 4:
        if (p->host.sent > 0) {
            struct buf *m = &p->host.message[0];
            m->ptr[bytes.len % m->len] ^= op >> 3;
            (void)!pairing_guest_feed(&p->g, p->now, buf_span(m));
        }
        break;
    case 5:
        (void)!pairing_host_welcome(&p->h, p->now, p->run, bytes);
        (void)!pairing_guest_answer(&p->g, bytes);
        break;
    case 6:
        p->now += (uint64_t)op << 30;
        pairing_host_tick(&p->h, p->now);
        pairing_guest_tick(&p->g, p->now);
        break;
    default:
        pairing_host_lost(&p->h, p->run);
        pairing_guest_lost(&p->g);
        (void)!pairing_host_open(&p->h, p->now, &p->w.code);
        break;
    }
}

static void check_peer(const struct pairing_peer *peer)
{
    CHECK(peer->name_len == 0 || name_check(span_of(peer->name, peer->name_len)) == NAME_GOOD);
}

static void gather(struct play *p)
{
    struct pairing_host_event e;
    struct pairing_guest_event g;
    while (pairing_host_next_event(&p->h, &e)) {
        if (e.kind == PAIRING_HOST_SEND) {
            buf_clear(&p->host.message[0]);
            buf_init(&p->host.message[0], PAIRING_MSG_SIZE_MAX);
            CHECK(buf_append(&p->host.message[0], e.bytes) == 0);
            p->host.sent = 1;
        } else if (e.kind == PAIRING_HOST_PEER) {
            check_peer(&e.peer);
        }
    }
    while (pairing_guest_next_event(&p->g, &g)) {
        if (g.kind == PAIRING_GUEST_SEND) {
            buf_clear(&p->guest.message);
            buf_init(&p->guest.message, PAIRING_MSG_SIZE_MAX);
            CHECK(buf_append(&p->guest.message, g.bytes) == 0);
        } else if (g.kind == PAIRING_GUEST_PEER) {
            check_peer(&g.peer);
        }
    }
    pairing_host_check(&p->h);
    pairing_guest_check(&p->g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play p;
    size_t at = 0;
    memset(&p, 0, sizeof p);
    CHECK(secret_start() == 0);
    check_codec(span_of(data, size));
    pairing_world_init(&p.w, 1);
    CHECK(pairing_host_init(&p.h, &p.w.alice.means, p.w.network) == 0);
    CHECK(pairing_host_open(&p.h, 0, &p.w.code) == 0);
    CHECK(pairing_guest_init(&p.g, &p.w.baraka.means, &p.w.code) == 0);
    begin_run(&p, 0);
    for (int i = 0; i < 64 && at + 2 <= size; i++) {
        const size_t len = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;
        step(&p, data[at], span_of(data + at + 2, len));
        gather(&p);
        at += 2 + len;
    }
    pairing_world_host_clear(&p.host);
    pairing_world_guest_clear(&p.guest);
    pairing_guest_clear(&p.g);
    pairing_host_clear(&p.h);
    pairing_world_clear(&p.w);
    return 0;
}
