/*
 * Codec of a stored ratchet. Reading checks what ratchet_check demands, because stored bytes may be
 * damaged: nothing that was read can stop the program.
 */
#include "crypto/ratchet_state.h"

#include <string.h>

#include "base/mem.h"
#include "base/pb.h"
#include "crypto/secret.h"

#define FORMAT 1
#define CHAIN_SIZE (RATCHET_KEY_SIZE + RATCHET_KEY_SIZE + 4)
#define OPENED_SIZE (4 + 4 + RATCHET_OPENED_NONCE)
#define OLD_CHAIN_SIZE (4 + RATCHET_KEY_SIZE)
#define SKIPPED_SIZE (4 + 4 + RATCHET_KEY_SIZE + 8)

enum field {
    FIELD_FORMAT = 1,
    FIELD_SESSION = 2,
    FIELD_FLAGS = 3,
    FIELD_ROOT = 4,
    FIELD_OWN = 5,
    FIELD_PEER = 6,
    FIELD_SEND = 7,
    FIELD_RECEIVE = 8,
    FIELD_NEXT = 9,
    FIELD_PREVIOUS = 10,
    FIELD_SERIAL = 11,
    FIELD_OPENED = 12,
    FIELD_CHAIN = 13,
    FIELD_SKIPPED = 14,
    FIELD_PQ_STEP = 15,
    FIELD_PQ_MIXED = 16,
    FIELD_PQ_SINCE = 17,
    FIELD_PQ_DUE = 18,
    FIELD_PQ_SEED = 19,
    FIELD_PQ_SECRET = 20,
    FIELD_PQ_BYTES = 21,
    FIELD_PQ_HAVE = 22,
    FIELD_PQ_CURSOR = 23,
    FIELD_PQ_PAUSE = 24
};

enum flag { FLAG_INITIATOR = 1, FLAG_PEER = 2, FLAG_STEP = 4, FLAG_SEND = 8, FLAG_RECEIVE = 16 };

#define REQUIRED_FIELDS UINT32_C(0x78ffe) /* 1 to 11 and 15 to 18 */

/* --- saving --- */

static void save_chain(struct wr *w, uint32_t number, const struct ratchet_chain *c)
{
    pb_write_head(w, number, CHAIN_SIZE);
    wr_bytes(w, span_of(c->key, sizeof(c->key)));
    wr_bytes(w, span_of(c->header, sizeof(c->header)));
    wr_u32be(w, c->next);
}

static void save_lists(struct wr *w, const struct ratchet *r)
{
    for (uint32_t i = 0; i < RATCHET_OPENED_MAX; i++) {
        const struct ratchet_opened *o = &r->opened[(r->opened_next + i) % RATCHET_OPENED_MAX];
        if (o->serial != 0) {
            pb_write_head(w, FIELD_OPENED, OPENED_SIZE);
            wr_u32be(w, o->serial);
            wr_u32be(w, o->index);
            wr_bytes(w, span_of(o->nonce, sizeof(o->nonce)));
        }
    }
    for (size_t i = 0; i < r->skipped.chain_count; i++) {
        const struct ratchet_skipped_chain *c = &r->skipped.chains[i];
        pb_write_head(w, FIELD_CHAIN, OLD_CHAIN_SIZE);
        wr_u32be(w, c->serial);
        wr_bytes(w, span_of(c->header, sizeof(c->header)));
    }
    for (size_t i = 0; i < r->skipped.count; i++) {
        const struct ratchet_skipped_key *k = &r->skipped.keys[i];
        pb_write_head(w, FIELD_SKIPPED, SKIPPED_SIZE);
        wr_u32be(w, k->serial);
        wr_u32be(w, k->index);
        wr_bytes(w, span_of(k->key, sizeof(k->key)));
        wr_u64be(w, k->expires);
    }
}

static void save_pq(struct wr *w, const struct ratchet_pq *pq)
{
    pb_write_varint(w, FIELD_PQ_STEP, (uint64_t)pq->step);
    pb_write_varint(w, FIELD_PQ_MIXED, pq->mixed);
    pb_write_varint(w, FIELD_PQ_SINCE, pq->since);
    pb_write_varint(w, FIELD_PQ_DUE, pq->due);
    if (pq->step == RATCHET_PQ_REST) {
        return;
    }
    pb_write_bytes(w, FIELD_PQ_SEED, span_of(pq->seed, sizeof(pq->seed)));
    pb_write_bytes(w, FIELD_PQ_SECRET, span_of(pq->secret, sizeof(pq->secret)));
    pb_write_bytes(w, FIELD_PQ_BYTES, span_of(pq->bytes, MLKEM_PUBLIC_SIZE));
    pb_write_varint(w, FIELD_PQ_HAVE, pq->have);
    pb_write_varint(w, FIELD_PQ_CURSOR, pq->cursor);
    pb_write_varint(w, FIELD_PQ_PAUSE, pq->pause);
}

void ratchet_state_save(struct wr *w, const struct ratchet *r)
{
    const unsigned flags = (r->is_initiator ? FLAG_INITIATOR : 0u) |
                           (r->has_peer ? FLAG_PEER : 0u) | (r->must_step ? FLAG_STEP : 0u) |
                           (r->send.is_set ? FLAG_SEND : 0u) |
                           (r->receive.is_set ? FLAG_RECEIVE : 0u);
    pb_write_varint(w, FIELD_FORMAT, FORMAT);
    pb_write_bytes(w, FIELD_SESSION, span_of(r->session, sizeof(r->session)));
    pb_write_varint(w, FIELD_FLAGS, flags);
    pb_write_bytes(w, FIELD_ROOT, span_of(r->root, sizeof(r->root)));
    pb_write_bytes(w, FIELD_OWN, span_of(r->own.secret, sizeof(r->own.secret)));
    pb_write_bytes(w, FIELD_PEER, span_of(r->peer, sizeof(r->peer)));
    save_chain(w, FIELD_SEND, &r->send);
    save_chain(w, FIELD_RECEIVE, &r->receive);
    pb_write_head(w, FIELD_NEXT, RATCHET_KEY_SIZE + RATCHET_KEY_SIZE);
    wr_bytes(w, span_of(r->send_header_next, RATCHET_KEY_SIZE));
    wr_bytes(w, span_of(r->receive_header_next, RATCHET_KEY_SIZE));
    pb_write_varint(w, FIELD_PREVIOUS, r->previous);
    pb_write_varint(w, FIELD_SERIAL, r->serial);
    save_lists(w, r);
    save_pq(w, &r->pq);
}

/* --- loading --- */

struct loading {
    struct ratchet *r;
    uint64_t now;
    uint64_t flags;
    uint32_t seen; /* fields that came, by bit */
    bool is_bad;
    bool is_newer;
};

/* Copy exactly `len` bytes. */
static void take_bytes(struct loading *l, const struct pb_field *f, uint8_t *out, size_t len)
{
    if (f->wire != PB_BYTES || f->bytes.len != len) {
        l->is_bad = true;
        return;
    }
    memcpy(out, f->bytes.ptr, len);
}

static uint32_t take_u32(struct loading *l, const struct pb_field *f)
{
    if (f->wire != PB_VARINT || f->value > UINT32_MAX) {
        l->is_bad = true;
        return 0;
    }
    return (uint32_t)f->value;
}

/* A reader over a record of exactly `len` bytes; a failed one otherwise. */
static struct rd record(struct loading *l, const struct pb_field *f, size_t len)
{
    struct rd r;
    const bool is_good = f->wire == PB_BYTES && f->bytes.len == len;
    rd_init(&r, is_good ? f->bytes : span_empty());
    l->is_bad = l->is_bad || !is_good;
    return r;
}

static void load_chain(struct loading *l, const struct pb_field *f, struct ratchet_chain *c)
{
    struct rd r = record(l, f, CHAIN_SIZE);
    rd_copy(&r, c->key, sizeof(c->key));
    rd_copy(&r, c->header, sizeof(c->header));
    c->next = rd_u32be(&r);
}

static void load_opened(struct loading *l, const struct pb_field *f)
{
    struct rd r = record(l, f, OPENED_SIZE);
    struct ratchet_opened *o = &l->r->opened[l->r->opened_next];
    o->serial = rd_u32be(&r);
    o->index = rd_u32be(&r);
    rd_copy(&r, o->nonce, sizeof(o->nonce));
    l->r->opened_next = (l->r->opened_next + 1) % RATCHET_OPENED_MAX;
}

/* A stored end, never further away than what was to last longest. */
static uint64_t moment(const struct loading *l, uint64_t ends, uint64_t most)
{
    return ends > l->now && ends - l->now > most ? l->now + most : ends;
}

static void load_skipped(struct loading *l, const struct pb_field *f)
{
    struct rd r = record(l, f, SKIPPED_SIZE);
    struct ratchet_skipped_key k;
    k.serial = rd_u32be(&r);
    k.index = rd_u32be(&r);
    rd_copy(&r, k.key, sizeof(k.key));
    k.expires = moment(l, rd_u64be(&r), RATCHET_SKIPPED_NS);
    ratchet_skipped_put(&l->r->skipped, &k);
    secret_wipe(&k, sizeof(k));
}

static void load_pq(struct loading *l, const struct pb_field *f)
{
    struct ratchet_pq *pq = &l->r->pq;
    switch (f->number) {
    case FIELD_PQ_STEP:
        l->is_bad = l->is_bad || f->wire != PB_VARINT || f->value > RATCHET_PQ_ANSWERING;
        pq->step = l->is_bad ? RATCHET_PQ_REST : (enum ratchet_pq_step)f->value;
        return;
    case FIELD_PQ_MIXED:
        pq->mixed = take_u32(l, f);
        return;
    case FIELD_PQ_SINCE:
        pq->since = take_u32(l, f);
        return;
    case FIELD_PQ_DUE:
        l->is_bad = l->is_bad || f->wire != PB_VARINT;
        pq->due = moment(l, f->value, RATCHET_PQ_INTERVAL_NS);
        return;
    case FIELD_PQ_SEED:
        take_bytes(l, f, pq->seed, sizeof(pq->seed));
        return;
    case FIELD_PQ_SECRET:
        take_bytes(l, f, pq->secret, sizeof(pq->secret));
        return;
    case FIELD_PQ_BYTES:
        if (pq->bytes == NULL) {
            pq->bytes = mem_new(MLKEM_PUBLIC_SIZE);
        }
        take_bytes(l, f, pq->bytes, MLKEM_PUBLIC_SIZE);
        return;
    case FIELD_PQ_HAVE:
        l->is_bad = l->is_bad || f->wire != PB_VARINT;
        pq->have = f->value;
        return;
    case FIELD_PQ_CURSOR:
        pq->cursor = take_u32(l, f);
        return;
    case FIELD_PQ_PAUSE:
        pq->pause = take_u32(l, f);
        return;
    default:
        return; /* a field of later: its format would be newer if it mattered */
    }
}

static void load_field(struct loading *l, const struct pb_field *f)
{
    struct ratchet *r = l->r;
    uint8_t next[RATCHET_KEY_SIZE + RATCHET_KEY_SIZE] = {0};
    switch (f->number) {
    case FIELD_FORMAT:
        l->is_newer = take_u32(l, f) > FORMAT;
        return;
    case FIELD_SESSION:
        take_bytes(l, f, r->session, sizeof(r->session));
        return;
    case FIELD_FLAGS:
        l->flags = take_u32(l, f);
        return;
    case FIELD_ROOT:
        take_bytes(l, f, r->root, sizeof(r->root));
        return;
    case FIELD_OWN:
        take_bytes(l, f, r->own.secret, sizeof(r->own.secret));
        return;
    case FIELD_PEER:
        take_bytes(l, f, r->peer, sizeof(r->peer));
        return;
    case FIELD_SEND:
        load_chain(l, f, &r->send);
        return;
    case FIELD_RECEIVE:
        load_chain(l, f, &r->receive);
        return;
    case FIELD_NEXT:
        take_bytes(l, f, next, sizeof(next));
        memcpy(r->send_header_next, next, RATCHET_KEY_SIZE);
        memcpy(r->receive_header_next, next + RATCHET_KEY_SIZE, RATCHET_KEY_SIZE);
        secret_wipe(next, sizeof(next));
        return;
    case FIELD_PREVIOUS:
        r->previous = take_u32(l, f);
        return;
    case FIELD_SERIAL:
        r->serial = take_u32(l, f);
        return;
    case FIELD_OPENED:
        load_opened(l, f);
        return;
    case FIELD_SKIPPED:
        load_skipped(l, f);
        return;
    default:
        load_pq(l, f);
        return;
    }
}

/* The older chains, once their keys are there: one without keys is of no use, and none comes twice.
 */
static void load_old_chains(struct loading *l, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number != FIELD_CHAIN || l->is_bad) {
            continue;
        }
        struct rd r = record(l, &f, OLD_CHAIN_SIZE);
        uint8_t header[RATCHET_KEY_SIZE];
        const uint32_t serial = rd_u32be(&r);
        rd_copy(&r, header, sizeof(header));
        l->is_bad = l->is_bad || serial >= l->r->serial;
        for (size_t i = 0; i < l->r->skipped.chain_count; i++) {
            l->is_bad = l->is_bad || l->r->skipped.chains[i].serial == serial;
        }
        if (!l->is_bad) {
            ratchet_skipped_end_chain(&l->r->skipped, serial, header);
        }
        secret_wipe(header, sizeof(header));
    }
}

/* What ratchet_pq_check demands. */
static bool pq_is_sound(const struct ratchet_pq *pq)
{
    const uint64_t all = (UINT64_C(1) << RATCHET_PQ_OFFER_UNITS) - 1;
    const bool is_taking =
        pq->step == RATCHET_PQ_TAKING_ANSWER || pq->step == RATCHET_PQ_TAKING_OFFER;
    if (pq->step == RATCHET_PQ_REST) {
        return pq->bytes == NULL;
    }
    return pq->bytes != NULL && pq->is_offerer == (pq->step <= RATCHET_PQ_ANSWERED) &&
           pq->pause <= RATCHET_PQ_PAUSE &&
           pq->cursor < (pq->step == RATCHET_PQ_ANSWERING ? RATCHET_PQ_ANSWER_UNITS
                                                          : RATCHET_PQ_OFFER_UNITS) &&
           (!is_taking || (pq->have != 0 && pq->have <= all)) &&
           (pq->step != RATCHET_PQ_OFFERED || mlkem_check_public(pq->bytes) == 0);
}

static bool is_sound(const struct ratchet *r)
{
    return (!r->must_step || r->has_peer) && r->receive.is_set == (r->serial > 0) &&
           (r->has_peer || !r->is_initiator) && (r->has_peer || !r->send.is_set) &&
           r->send.next <= RATCHET_CHAIN_MAX && r->receive.next <= RATCHET_CHAIN_MAX &&
           pq_is_sound(&r->pq);
}

int ratchet_state_load(struct ratchet *r, struct span bytes, uint64_t now)
{
    struct loading l = {.r = r, .now = now};
    struct pb p;
    struct pb_field f;
    memset(r, 0, sizeof(*r));
    pb_init(&p, bytes);
    while (!l.is_bad && pb_next(&p, &f)) {
        if (f.number < 32) {
            l.seen |= UINT32_C(1) << f.number;
        }
        load_field(&l, &f);
    }
    r->is_initiator = (l.flags & FLAG_INITIATOR) != 0;
    r->has_peer = (l.flags & FLAG_PEER) != 0;
    r->must_step = (l.flags & FLAG_STEP) != 0;
    r->send.is_set = (l.flags & FLAG_SEND) != 0;
    r->receive.is_set = (l.flags & FLAG_RECEIVE) != 0;
    r->pq.is_offerer = !r->is_initiator;
    load_old_chains(&l, bytes);
    int rc = 0;
    if (l.is_newer) {
        rc = WAVU_ERR_UNSUPPORTED;
    } else if (l.is_bad || pb_finish(&p) != 0 || (l.seen & REQUIRED_FIELDS) != REQUIRED_FIELDS ||
               !is_sound(r)) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc != 0) {
        ratchet_clear(r);
    } else if (!r->must_step) {
        x25519_derive(&r->own);
    }
    return rc;
}
