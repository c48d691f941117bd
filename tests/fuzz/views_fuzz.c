/*
 * The views under drawn operations: wishes of an owner who keeps to the contract, messages of peers
 * who keep to nothing but the codec's bounds. After each step the invariants hold, and events stay
 * within what the contract says; at the end all memory is back.
 */
#include "overlay/views.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEERS 64

struct fuzz {
    struct views views;
    bool is_linked[PEERS];
    bool is_dialled[PEERS];
    bool is_active[PEERS];
    uint64_t now;
};

static struct overlay_id id_of(unsigned n)
{
    return (struct overlay_id){.bytes = {(uint8_t)(n % PEERS), 3}};
}

static void on_event(struct fuzz *f, const struct views_event *e)
{
    unsigned n = e->id.bytes[0];
    CHECK(n < PEERS && n != 0);
    switch (e->kind) {
    case VIEWS_SEND:
        CHECK(e->msg.peer_count <= VIEWS_MSG_PEERS_MAX);
        CHECK(e->msg.root_count <= VIEWS_MSG_ROOTS_MAX);
        CHECK(e->msg.kind != VIEWS_MSG_AUDIT || !e->msg.is_brief ||
              (f->is_active[n] && !e->msg.is_asking));
        CHECK(e->msg.kind != VIEWS_MSG_NONE && f->is_linked[n]);
        return;
    case VIEWS_DIAL:
        CHECK(!f->is_linked[n]);
        f->is_dialled[n] = true;
        return;
    case VIEWS_DROP:
        f->is_linked[n] = false;
        f->is_dialled[n] = false;
        return;
    case VIEWS_UP:
        CHECK(!f->is_active[n] && f->is_linked[n]);
        f->is_active[n] = true;
        return;
    case VIEWS_DOWN:
        CHECK(f->is_active[n]);
        f->is_active[n] = false;
        return;
    case VIEWS_LEARNED:
    case VIEWS_SPLIT:
    case VIEWS_REFUSED:
        return;
    }
}

static void message(struct fuzz *f, struct rd *r)
{
    static const uint8_t where[VIEWS_MSG_WHERE_MAX] = {1};
    struct overlay_id from = id_of(rd_u8(r));
    struct views_msg m;
    memset(&m, 0, sizeof m);
    uint8_t shape = rd_u8(r);
    m.kind = (enum views_msg_kind)(shape % (VIEWS_MSG_AUDIT + 1));
    m.priority = (enum views_msg_priority)(shape >> 4 & 3);
    m.is_asking = (shape & 0x80) != 0;
    m.ttl = rd_u8(r) % (VIEWS_MSG_TTL_MAX + 1);
    m.nonce = rd_u8(r);
    m.degree = rd_u8(r);
    m.peer_count = (uint8_t)(m.degree % (VIEWS_MSG_PEERS_MAX + 1));
    if (m.peer_count == 0 && (m.kind == VIEWS_MSG_JOIN || m.kind == VIEWS_MSG_SHUFFLE)) {
        m.peer_count = 1; /* the codec sees to it */
    }
    for (size_t i = 0; i < m.peer_count; i++) {
        uint8_t n = rd_u8(r);
        m.peers[i].id = id_of(n);
        m.peers[i].where = span_of(where, (size_t)(n >> 6) * 100);
    }
    for (; m.root_count < m.ttl; m.root_count++) {
        m.roots[m.root_count] =
            (struct views_msg_root){.hash = (uint64_t)(m.root_count + 1) << 40 | m.nonce,
                                    .count = m.degree,
                                    .age_s = (uint16_t)(m.nonce * 3)};
    }
    if (m.nonce % 4 == 1) { /* of another list, or with zero roots */
        views_roots_shorten(&m);
    } else if (m.nonce % 4 == 2) { /* of the list that is here */
        views_roots_put(&f->views.roots, f->now, &m);
        views_roots_shorten(&m);
        m.list ^= m.degree == 7;
        m.roots[0].count += m.degree;
    }
    int rc = views_feed(&f->views, f->now, &from, &m);
    CHECK(f->is_linked[from.bytes[0]] || rc == WAVU_ERR_NOT_FOUND);
}

static void link(struct fuzz *f, unsigned n, bool is_ours)
{
    struct overlay_id id = id_of(n);
    if (id.bytes[0] == 0) {
        CHECK(views_link_up(&f->views, f->now, &id, is_ours) == WAVU_ERR_EXISTS);
    } else if (views_link_up(&f->views, f->now, &id, is_ours) == 0) {
        f->is_linked[id.bytes[0]] = true;
        f->is_dialled[id.bytes[0]] = false;
    }
}

static void step(struct fuzz *f, struct rd *r)
{
    uint8_t op = rd_u8(r);
    uint8_t n = op % 8 < 5 ? rd_u8(r) : 0;
    struct overlay_id id = id_of(n);
    n = id.bytes[0];
    switch (op % 8) {
    case 0:
        link(f, n, (op & 0x10) != 0);
        break;
    case 1:
        f->is_linked[n] = false;
        f->is_dialled[n] = false;
        views_link_down(&f->views, f->now, &id, (op & 0x10) != 0);
        break;
    case 2:
        if (f->is_dialled[n]) {
            f->is_dialled[n] = false;
            views_link_failed(&f->views, f->now, &id);
        } else if ((op & 0x10) != 0 && n != 0) {
            f->is_linked[n] = false;
            views_link_refused(&f->views, f->now, &id,
                               (op & 0x20) != 0 ? VIEWS_NOT_INVITED : VIEWS_WRONG_NETWORK);
        }
        break;
    case 3:
        (void)!views_learn(&f->views, f->now, &id, span_of("place", op >> 6));
        break;
    case 4:
        (void)!views_retain(&f->views, f->now, &id, span_empty());
        views_set_rtt(&f->views, &id, op);
        break;
    case 5:
        f->now += (uint64_t)1 << (20 + (op >> 3) % 20);
        views_tick(&f->views, f->now);
        break;
    default:
        message(f, r);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz f;
    struct random_seeded seeded;
    struct rd r;
    struct views_event e;
    size_t live = mem_live_count();
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    rd_init(&r, span_of(data, size));
    f = (struct fuzz){.now = 1};
    struct views_config config = {.self = id_of(0), .random = &random, .passive_max = 20};
    config.retained_max = 8;
    views_init(&f.views, f.now, &config);
    while (rd_left(&r) > 0 && !r.failed) {
        step(&f, &r);
        while (views_next_event(&f.views, &e)) {
            on_event(&f, &e);
        }
        views_check(&f.views);
    }
    views_quit(&f.views, f.now);
    while (views_next_event(&f.views, &e)) {
        on_event(&f, &e);
    }
    views_clear(&f.views);
    CHECK(mem_live_count() == live);
    return 0;
}
