/*
 * Couriers that talk with each other: what a node's courier service will do, in small.
 */
#include "tests/support/courier_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/timers.h"
#include "courier/envelope_seal.h"
#include "courier/mailbox_offer.h"
#include "courier/mailbox_row.h"
#include "courier/outbox_row.h"
#include "courier/session_state.h"

enum { DIRECT, OFFER, WANT, GIVE, TAKEN, REFUSED, DONE };
enum { WAY_DIRECT, WAY_BOX };
enum { KIND_CHAT = 1, KIND_RECEIPTS = 2 };

static const uint8_t network[ENVELOPE_NETWORK_SIZE] = {'t', 'e', 's', 't'};

static const uint8_t *id_of(const struct courier_world *w, size_t node)
{
    return w->nodes[node].device.public_key;
}

static uint8_t node_of(const struct courier_world *w, const uint8_t *id)
{
    uint8_t i = 0;
    while (memcmp(id_of(w, i), id, ENVELOPE_DEVICE_SIZE) != 0) {
        i++;
        CHECK(i < w->count);
    }
    return i;
}

/* --- crashes --- */

static void stop(struct courier_world_node *n);
static void start(struct courier_world_node *n, bool is_first);

/* True when the node is to stop here. */
static bool step(struct courier_world_node *n)
{
    n->world->steps++;
    if (n->world->steps == n->world->crash_at) {
        n->has_crashed = true;
    }
    return n->has_crashed;
}

static void drop_out(struct courier_world_node *n)
{
    for (size_t i = 0; i < n->out_count; i++) {
        mem_free(n->out[i]->bytes);
        mem_free(n->out[i]);
    }
    n->out_count = 0;
}

static void link_up(struct courier_world *w, uint8_t a, uint8_t b)
{
    CHECK(mailbox_offer_up(&w->nodes[a].mailbox, id_of(w, b)) == 0);
    outbox_reachable(&w->nodes[a].outbox, w->now, id_of(w, b));
}

void courier_world_crash(struct courier_world *w, uint8_t node)
{
    struct courier_world_node *n = &w->nodes[node];
    drop_out(n);
    rows_crash(&n->rows);
    stop(n);
    start(n, false);
    n->has_crashed = false;
    w->crashes++;
    for (size_t i = 0; i < w->wire_count; i++) { /* what was on its links went with them */
        struct courier_world_parcel *p = w->wire[(w->wire_first + i) % COURIER_WORLD_WIRE];
        p->is_lost = p->is_lost || p->from == node || p->to == node;
    }
    for (uint8_t i = 0; i < w->count; i++) {
        if (w->links[node][i]) { /* it comes up again at once */
            mailbox_offer_down(&w->nodes[i].mailbox, id_of(w, node));
            link_up(w, i, node);
            link_up(w, node, i);
        }
    }
}

/* --- what leaves --- */

static struct courier_world_parcel *parcel(struct courier_world_node *n, const uint8_t *to,
                                           uint8_t kind)
{
    struct courier_world_parcel *p = mem_new(sizeof(*p));
    p->from = n->number;
    p->to = node_of(n->world, to);
    p->kind = kind;
    CHECK(n->out_count < COURIER_WORLD_OUT);
    n->out[n->out_count++] = p;
    return p;
}

static void attach(struct courier_world_parcel *p, struct span bytes)
{
    p->bytes = mem_new(bytes.len);
    p->len = bytes.len;
    memcpy(p->bytes, bytes.ptr, bytes.len);
}

static void number_key(uint8_t key[8], uint64_t number)
{
    struct wr w;
    wr_init(&w, span_mut_of(key, 8));
    wr_u64be(&w, number);
}

/* --- sealing and reading --- */

static void save_session(struct courier_world_node *n, uint8_t peer)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    session_state_save(&w, &n->sessions[peer], n->world->now);
    uint8_t *bytes = mem_new(w.len);
    wr_init(&w, span_mut_of(bytes, w.len));
    session_state_save(&w, &n->sessions[peer], n->world->now);
    rows_put(&n->rows, 's', span_of(&peer, 1), wr_span(&w));
    mem_free(bytes);
}

static struct session_config session_config(struct courier_world_node *n, uint8_t peer)
{
    struct session_config config = {.prekeys = &n->prekeys,
                                    .aead = n->world->aead,
                                    .kind = AEAD_CHACHA20_POLY1305,
                                    .random = &n->random};
    memcpy(config.peer, id_of(n->world, peer), sizeof(config.peer));
    return config;
}

static void seal(struct courier_world_node *n, const struct outbox_event *e)
{
    struct outbox_order order;
    struct buf out;
    uint8_t key[8];
    const uint8_t to = node_of(n->world, e->device);
    const struct prekeys_key *prekey = &n->world->nodes[to].prekeys.keys[0];
    CHECK(outbox_order_of(&n->outbox, e->row, &order) == 0);
    struct envelope_order eo = {
        .class_number = order.class_number,
        .lifetime_s = order.lifetime_s,
        .recipient = {network, id_of(n->world, to), prekey->x25519.public_key, prekey->number},
        .content = {.kind = order.kind,
                    .body = rows_get(&n->rows, 'B', span_of(order.message, 16))},
        .room = e->room};
    memcpy(eo.content.message, order.message, sizeof(order.message));
    random_fill(&n->random, eo.content.token, sizeof(eo.content.token));
    CHECK(eo.content.body.len == order.body_len);
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    if (session_wants_bundle(&n->sessions[to])) {
        CHECK(session_learn(&n->sessions[to], n->world->now,
                            prekeys_bundle(&n->world->nodes[to].prekeys)) == 0);
    }
    CHECK(envelope_seal_make(&n->sessions[to], n->world->now, &eo, &out) == 0);
    number_key(key, e->row);
    rows_put(&n->rows, 'x', span_of(key, 8), buf_span(&out));
    save_session(n, to);
    outbox_sealed(&n->outbox, n->world->now, e->row, eo.content.token, out.len);
    buf_clear(&out);
}

/* A message: into the history when it is new, once. */
static void show(struct courier_world_node *n, uint8_t sender, const struct envelope_content *c)
{
    uint8_t key[ENVELOPE_ID_SIZE];
    uint8_t row[SEEN_ROW_SIZE];
    uint32_t slot;
    struct wr w;
    struct receipt receipt = {.state = RECEIPT_DELIVERED};
    envelope_message_key(key, id_of(n->world, sender), c->message);
    memcpy(receipt.message, c->message, sizeof(receipt.message));
    outbox_received(&n->outbox, n->world->now, id_of(n->world, sender), &receipt);
    if (seen_add(&n->seen, n->world->now, key, NULL, id_of(n->world, sender), &slot) != 0) {
        n->world->duplicates++;
        return;
    }
    wr_init(&w, span_mut_of(row, sizeof(row)));
    seen_save(&w, &n->seen, slot);
    rows_put(&n->rows, 'n', span_of(&slot, sizeof(slot)), wr_span(&w));
    CHECK(rows_get(&n->rows, 'h', span_of(key, sizeof(key))).ptr == NULL); /* shown once */
    rows_put(&n->rows, 'h', span_of(key, sizeof(key)), c->body);
    n->world->shown++;
}

static void read_mail(struct courier_world_node *n, const uint8_t *from, const struct envelope *e)
{
    struct courier_world *w = n->world;
    struct buf plain;
    struct envelope_content c;
    struct receipt receipts[RECEIPT_MAX];
    size_t count;
    uint8_t sender = 0;
    buf_init(&plain, ENVELOPE_SIZE_MAX);
    while (sender < w->count &&
           (sender == n->number ||
            envelope_seal_open(&n->sessions[sender], w->now, e, &plain, &c) != 0)) {
        sender++;
    }
    if (sender == w->count) {
        w->unopened++;
    } else {
        save_session(n, sender);
        mailbox_was_read(&n->mailbox, w->now, from, c.token);
        if (c.kind == KIND_CHAT) {
            show(n, sender, &c);
        } else if (receipt_decode(receipts, &count, c.body) == 0) {
            outbox_receipts(&n->outbox, w->now, id_of(w, sender), receipts, count);
        }
    }
    buf_wipe(&plain);
}

/* An envelope came: for this node, or to be held. */
static void take(struct courier_world_node *n, const struct courier_world_parcel *p)
{
    struct courier_world *w = n->world;
    struct envelope e;
    uint8_t name[ENVELOPE_NAME_SIZE];
    const uint8_t *from = id_of(w, p->from);
    CHECK(envelope_decode(&e, span_of(p->bytes, p->len)) == 0);
    if (p->kind == GIVE) {
        e.age_s = p->event.age_s;
        e.hops = p->event.hops;
        e.copies = p->event.copies;
    }
    const enum mailbox_answer answer = mailbox_take(&n->mailbox, w->now, from, &e, p->len, name);
    if (answer == MAILBOX_WANT) {
        rows_put(&n->rows, 'b', span_of(name, sizeof(name)), span_of(p->bytes, p->len));
    } else if (answer == MAILBOX_MINE) {
        read_mail(n, from, &e);
    }
    const bool is_taken =
        answer == MAILBOX_WANT || answer == MAILBOX_MINE || answer == MAILBOX_HAVE;
    struct courier_world_parcel *reply = parcel(n, from, is_taken ? TAKEN : REFUSED);
    reply->row = p->row;
    memcpy(reply->event.name, name, sizeof(name));
}

/* --- events --- */

static void keep_mailbox(struct courier_world_node *n, const struct mailbox_event *e)
{
    uint8_t row[MAILBOX_ROW_MAX];
    const struct span name = span_of(e->name, sizeof(e->name));
    const struct span tag = span_of(e->tag, sizeof(e->tag));
    struct wr w;
    wr_init(&w, span_mut_of(row, sizeof(row)));
    if (e->kind == MAILBOX_PUT || e->kind == MAILBOX_DROP) {
        mailbox_row_save(&w, &n->mailbox, e->name);
        rows_put(&n->rows, 'm', name, wr_span(&w));
    } else if (e->kind == MAILBOX_PUT_TAG) {
        mailbox_row_save_tag(&w, &n->mailbox, e->tag);
        rows_put(&n->rows, 't', tag, wr_span(&w));
    } else if (e->kind == MAILBOX_PUT_DONE) {
        seen_save(&w, &n->mailbox.done, e->slot);
        rows_put(&n->rows, 'd', span_of(&e->slot, sizeof(e->slot)), wr_span(&w));
    } else if (e->kind == MAILBOX_DELETE_TAG) {
        rows_delete(&n->rows, 't', tag);
    } else {
        rows_delete(&n->rows, 'm', name);
    }
    if (e->kind == MAILBOX_DROP || e->kind == MAILBOX_DELETE) {
        rows_delete(&n->rows, 'b', name);
    }
}

static void on_mailbox(struct courier_world_node *n, const struct mailbox_event *e)
{
    struct courier_world_parcel *p;
    switch (e->kind) {
    case MAILBOX_OFFER:
        p = parcel(n, e->to, OFFER);
        memcpy(p->offers, e->offers, e->offer_count * sizeof(p->offers[0]));
        p->count = e->offer_count;
        return;
    case MAILBOX_GIVE:
        p = parcel(n, e->to, GIVE);
        p->event = *e;
        attach(p, rows_get(&n->rows, 'b', span_of(e->name, sizeof(e->name))));
        if (n->world->liar == n->number) {
            p->bytes[2 + 6] ^= 1;                      /* lifetime */
            p->bytes[2 + ENVELOPE_HEAD_SIZE - 1] ^= 1; /* lock */
        }
        return;
    case MAILBOX_DONE:
        p = parcel(n, e->to, DONE);
        p->event = *e;
        return;
    case MAILBOX_HELD:
        outbox_stored(&n->outbox, n->world->now, e->lock, e->to);
        return;
    case MAILBOX_OPENED:
        outbox_done(&n->outbox, n->world->now, e->token);
        return;
    case MAILBOX_PUT:
    case MAILBOX_DROP:
    case MAILBOX_DELETE:
    case MAILBOX_PUT_TAG:
    case MAILBOX_DELETE_TAG:
    case MAILBOX_PUT_DONE:
        keep_mailbox(n, e);
        return;
    }
}

static void offer_to_box(struct courier_world_node *n, const struct outbox_event *e,
                         struct span bytes)
{
    struct envelope envelope;
    uint8_t name[ENVELOPE_NAME_SIZE];
    CHECK(envelope_decode(&envelope, bytes) == 0);
    const enum mailbox_answer answer =
        mailbox_take(&n->mailbox, n->world->now, n->device.public_key, &envelope, bytes.len, name);
    if (answer == MAILBOX_WANT) {
        rows_put(&n->rows, 'b', span_of(name, sizeof(name)), bytes);
    }
    const bool is_held = answer == MAILBOX_WANT || answer == MAILBOX_HAVE;
    outbox_fate(&n->outbox, n->world->now, e->row, e->way, is_held ? WAY_HELD : WAY_FAILED);
}

static void offer_row(struct courier_world_node *n, const struct outbox_event *e)
{
    uint8_t key[8];
    number_key(key, e->row);
    const struct span bytes = rows_get(&n->rows, 'x', span_of(key, 8));
    CHECK(bytes.len > 0);
    if (e->way == WAY_BOX) {
        offer_to_box(n, e, bytes);
        return;
    }
    struct courier_world_parcel *p = parcel(n, e->device, DIRECT);
    p->row = e->row;
    attach(p, bytes);
}

static void add_receipts(struct courier_world_node *n, const struct outbox_event *e)
{
    uint8_t body[RECEIPT_MAX * RECEIPT_SIZE];
    struct outbox_order order = {.class_number = ENVELOPE_CONTROL,
                                 .kind = KIND_RECEIPTS,
                                 .lifetime_s = ENVELOPE_LIFETIME_S,
                                 .is_unanswered = true};
    uint64_t row;
    struct wr w;
    wr_init(&w, span_mut_of(body, sizeof(body)));
    receipt_encode(&w, e->receipts, e->receipt_count);
    random_fill(&n->random, order.message, sizeof(order.message));
    memcpy(order.device, e->device, sizeof(order.device));
    memcpy(order.member, e->device, sizeof(order.member));
    order.body_len = (uint32_t)w.len;
    rows_put(&n->rows, 'B', span_of(order.message, 16), wr_span(&w));
    CHECK(outbox_add(&n->outbox, n->world->now, &order, &row) == 0);
}

static void keep_outbox(struct courier_world_node *n, const struct outbox_event *e)
{
    uint8_t key[8];
    uint8_t value[OUTBOX_ROW_SIZE];
    struct wr w;
    number_key(key, e->row);
    if (e->kind == OUTBOX_PUT) {
        wr_init(&w, span_mut_of(value, sizeof(value)));
        outbox_row_save(&w, &n->outbox, e->row);
        rows_put(&n->rows, 'o', span_of(key, 8), wr_span(&w));
        return;
    }
    rows_delete(&n->rows, 'o', span_of(key, 8));
    rows_delete(&n->rows, 'x', span_of(key, 8));
    if (e->is_last) {
        rows_delete(&n->rows, 'B', span_of(e->message, 16));
    }
}

static void on_outbox(struct courier_world_node *n, const struct outbox_event *e)
{
    const uint8_t state = (uint8_t)e->state;
    switch (e->kind) {
    case OUTBOX_PUT:
    case OUTBOX_DELETE:
        keep_outbox(n, e);
        return;
    case OUTBOX_SEAL:
        seal(n, e);
        return;
    case OUTBOX_OFFER:
        offer_row(n, e);
        return;
    case OUTBOX_RECEIPTS:
        add_receipts(n, e);
        return;
    case OUTBOX_PURGE:
        mailbox_done(&n->mailbox, n->world->now, NULL, e->token);
        return;
    case OUTBOX_STATE: {
        const struct span before = rows_get(&n->rows, 'S', span_of(e->message, 16));
        CHECK(before.len == 0 || before.ptr[0] < state || state <= OUTBOX_EXPIRED);
        rows_put(&n->rows, 'S', span_of(e->message, 16), span_of(&state, 1));
        return;
    }
    case OUTBOX_LATE:
        return;
    }
}

/* --- turns --- */

static void send_out(struct courier_world_node *n)
{
    struct courier_world *w = n->world;
    for (size_t i = 0; i < n->out_count; i++) {
        CHECK(w->wire_count < COURIER_WORLD_WIRE);
        w->wire[(w->wire_first + w->wire_count++) % COURIER_WORLD_WIRE] = n->out[i];
    }
    n->out_count = 0;
}

/* The rest of the turn: events, commit, sending. */
static void turn(struct courier_world_node *n)
{
    struct mailbox_event me;
    struct outbox_event oe;
    const uint64_t now = n->world->now;
    for (;;) {
        if (step(n)) {
            break;
        }
        if (mailbox_next_event(&n->mailbox, now, &me)) {
            on_mailbox(n, &me);
        } else if (outbox_next_event(&n->outbox, now, &oe)) {
            on_outbox(n, &oe);
        } else {
            break;
        }
    }
    if (!step(n)) {
        rows_commit(&n->rows);
        if (!step(n)) {
            send_out(n);
            mailbox_check(&n->mailbox);
            outbox_check(&n->outbox);
            seen_check(&n->seen);
            return;
        }
    }
    courier_world_crash(n->world, n->number);
    turn(n);
}

static void answer_offer(struct courier_world_node *n, const struct courier_world_parcel *p)
{
    struct courier_world_parcel *reply = parcel(n, id_of(n->world, p->from), WANT);
    for (size_t i = 0; i < p->count; i++) {
        const enum mailbox_answer answer =
            mailbox_offered(&n->mailbox, n->world->now, id_of(n->world, p->from), &p->offers[i]);
        if (answer == MAILBOX_WANT || answer == MAILBOX_MINE) {
            reply->offers[reply->count++] = p->offers[i];
        } else if (answer == MAILBOX_HAVE) {
            struct courier_world_parcel *taken = parcel(n, id_of(n->world, p->from), TAKEN);
            memcpy(taken->event.name, p->offers[i].name, sizeof(taken->event.name));
        }
    }
}

static void answer_want(struct courier_world_node *n, const struct courier_world_parcel *p)
{
    uint8_t names[MAILBOX_OFFER_MAX][ENVELOPE_NAME_SIZE];
    for (size_t i = 0; i < p->count; i++) {
        memcpy(names[i], p->offers[i].name, sizeof(names[i]));
    }
    CHECK(mailbox_offer_wanted(&n->mailbox, n->world->now, id_of(n->world, p->from), names[0],
                               p->count) == 0);
}

static void receive(struct courier_world_node *n, const struct courier_world_parcel *p)
{
    const uint64_t now = n->world->now;
    const uint8_t *from = id_of(n->world, p->from);
    switch (p->kind) {
    case DIRECT:
    case GIVE:
        take(n, p);
        break;
    case OFFER:
        answer_offer(n, p);
        break;
    case WANT:
        answer_want(n, p);
        break;
    case TAKEN:
        if (p->row != 0) {
            outbox_fate(&n->outbox, now, p->row, WAY_DIRECT, WAY_TAKEN);
        } else {
            mailbox_offer_taken(&n->mailbox, from, p->event.name);
        }
        break;
    case REFUSED:
        if (p->row == 0) {
            mailbox_offer_refused(&n->mailbox, from, p->event.name);
        }
        break;
    default:
        mailbox_done(&n->mailbox, now, from, p->event.token);
        outbox_done(&n->outbox, now, p->event.token);
        break;
    }
    turn(n);
}

static void drain_wire(struct courier_world *w)
{
    while (w->wire_count > 0) {
        struct courier_world_parcel *p = w->wire[w->wire_first];
        w->wire_first = (w->wire_first + 1) % COURIER_WORLD_WIRE;
        w->wire_count--;
        if (w->links[p->from][p->to] && !p->is_lost) {
            receive(&w->nodes[p->to], p);
        }
        mem_free(p->bytes);
        mem_free(p);
    }
}

void courier_world_run(struct courier_world *w, uint64_t ns)
{
    const uint64_t end = w->now + ns;
    for (;;) {
        uint64_t next = TIMERS_NEVER;
        for (size_t i = 0; i < w->count; i++) {
            turn(&w->nodes[i]);
        }
        drain_wire(w);
        for (size_t i = 0; i < w->count; i++) {
            const uint64_t mail = mailbox_deadline(&w->nodes[i].mailbox);
            const uint64_t rows = outbox_deadline(&w->nodes[i].outbox);
            next = mail < next ? mail : next;
            next = rows < next ? rows : next;
        }
        if (next > end) {
            w->now = end;
            return;
        }
        w->now = next > w->now ? next : w->now + 1;
        for (size_t i = 0; i < w->count; i++) {
            mailbox_tick(&w->nodes[i].mailbox, w->now);
            outbox_tick(&w->nodes[i].outbox, w->now);
        }
    }
}

/* --- nodes --- */

static size_t direct_credit(void *context, const uint8_t *device)
{
    const struct courier_world_node *n = context;
    return n->world->links[n->number][node_of(n->world, device)] ? SIZE_MAX : 0;
}

static size_t box_credit(void *context, const uint8_t *device)
{
    (void)context;
    (void)device;
    return SIZE_MAX;
}

static void no_offer(void *context, const struct way_parcel *p)
{
    (void)context;
    (void)p;
}

static int by_key(const void *a, const void *b)
{
    const struct rows_row *const *x = a;
    const struct rows_row *const *y = b;
    return span_compare(rows_key(*x), rows_key(*y));
}

static void load_outbox(struct courier_world_node *n)
{
    const struct rows_row *all[1024];
    size_t count = 0;
    size_t at = 0;
    while (count < 1024 && (all[count] = rows_next(&n->rows, 'o', &at)) != NULL) {
        count++;
    }
    qsort(all, count, sizeof(struct rows_row *), by_key);
    for (size_t i = 0; i < count; i++) {
        struct rd r;
        rd_init(&r, rows_key(all[i]));
        CHECK(outbox_row_load(&n->outbox, n->world->now, rd_u64be(&r), rows_value(all[i])) == 0);
    }
}

static void load_slots(struct courier_world_node *n, char table, struct seen *seen)
{
    const struct rows_row *row;
    size_t at = 0;
    while ((row = rows_next(&n->rows, table, &at)) != NULL) {
        uint32_t slot;
        memcpy(&slot, rows_key(row).ptr, sizeof(slot));
        CHECK(seen_load(seen, n->world->now, slot, rows_value(row)) == 0);
    }
}

static void load_mailbox(struct courier_world_node *n)
{
    const struct rows_row *row;
    size_t at = 0;
    while ((row = rows_next(&n->rows, 't', &at)) != NULL) {
        CHECK(mailbox_row_load_tag(&n->mailbox, n->world->now, rows_key(row).ptr,
                                   rows_value(row)) == 0);
    }
    at = 0;
    while ((row = rows_next(&n->rows, 'm', &at)) != NULL) {
        const int rc =
            mailbox_row_load(&n->mailbox, n->world->now, rows_key(row).ptr, rows_value(row));
        CHECK(rc == 0 || rc == WAVU_ERR_TIMEOUT);
    }
    load_slots(n, 'd', &n->mailbox.done);
    mailbox_row_settle(&n->mailbox, n->world->now);
}

static void start(struct courier_world_node *n, bool is_first)
{
    struct courier_world *w = n->world;
    struct mailbox_config mailbox = {.random = &n->random};
    const struct outbox_config outbox = {.ways = n->ways, .way_count = 2, .random = &n->random};
    const struct seen_config seen = {.random = &n->random,
                                     .keep_ns = SEEN_MESSAGE_DAYS * SEEN_DAY_NS};
    memcpy(mailbox.self, n->device.public_key, sizeof(mailbox.self));
    mailbox_init(&n->mailbox, &mailbox);
    outbox_init(&n->outbox, &outbox);
    seen_init(&n->seen, &seen);
    for (uint8_t i = 0; i < w->count; i++) {
        const struct session_config config = session_config(n, i);
        const struct span stored = rows_get(&n->rows, 's', span_of(&i, 1));
        if (stored.len == 0) {
            session_init(&n->sessions[i], &config);
        } else {
            CHECK(session_state_load(&n->sessions[i], &config, stored, w->now) == 0);
        }
    }
    if (!is_first) {
        load_mailbox(n);
        load_outbox(n);
        load_slots(n, 'n', &n->seen);
        seen_settle(&n->seen);
    }
}

static void stop(struct courier_world_node *n)
{
    for (size_t i = 0; i < n->world->count; i++) {
        session_clear(&n->sessions[i]);
    }
    mailbox_clear(&n->mailbox);
    outbox_clear(&n->outbox);
    seen_clear(&n->seen);
}

static void make_keys(struct courier_world *w, uint8_t i)
{
    struct courier_world_node *n = &w->nodes[i];
    n->world = w;
    n->number = i;
    random_seeded_init(&n->seeded, 1000u + i);
    n->random = random_from_seeded(&n->seeded);
    ed25519_make(&n->device, &n->random);
    struct prekeys_config config = {
        .device = &n->device, .signer = &signer_ed25519, .random = &n->random};
    memcpy(config.network, network, sizeof(network));
    prekeys_init(&n->prekeys, &config, w->now);
    rows_init(&n->rows);
    for (size_t k = 0; k < 2; k++) {
        n->ways[k] = (struct way_ops){.name = k == WAY_DIRECT ? "direct" : "mailbox",
                                      .size_max = ENVELOPE_SIZE_MAX,
                                      .rate = 1000000,
                                      .delay_ns = TIMERS_MS,
                                      .patience_ns = k == WAY_DIRECT ? 0 : 10 * TIMERS_SECOND,
                                      .privacy = k == WAY_DIRECT ? WAY_NOBODY_ELSE : WAY_RELAYS,
                                      .classes = WAY_ALL_CLASSES,
                                      .credit = k == WAY_DIRECT ? direct_credit : box_credit,
                                      .offer = no_offer,
                                      .context = n};
    }
}

void courier_world_init(struct courier_world *w, size_t count)
{
    memset(w, 0, sizeof(*w));
    CHECK(count <= COURIER_WORLD_NODES);
    w->aead = aead_new();
    w->count = count;
    w->liar = COURIER_WORLD_NODES;
    w->now = TIMERS_SECOND;
    for (uint8_t i = 0; i < count; i++) {
        make_keys(w, i);
    }
    for (size_t i = 0; i < count; i++) {
        start(&w->nodes[i], true);
        for (size_t k = 0; k < count; k++) {
            const struct prekeys_key *key = &w->nodes[k].prekeys.keys[0];
            const struct envelope_recipient r = {network, id_of(w, k), key->x25519.public_key,
                                                 key->number};
            uint8_t tag[ENVELOPE_TAG_SIZE];
            envelope_tag(tag, &r);
            CHECK(mailbox_learn(&w->nodes[i].mailbox, w->now, id_of(w, k), tag) == 0);
        }
    }
    courier_world_run(w, 0);
    w->steps = 0;
}

void courier_world_clear(struct courier_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        stop(&w->nodes[i]);
        drop_out(&w->nodes[i]);
        prekeys_clear(&w->nodes[i].prekeys);
        rows_clear(&w->nodes[i].rows);
    }
    aead_free(w->aead);
}

void courier_world_write(struct courier_world *w, uint8_t from, uint8_t to, uint8_t id)
{
    struct courier_world_node *n = &w->nodes[from];
    struct outbox_order order = {.class_number = ENVELOPE_CHAT,
                                 .kind = KIND_CHAT,
                                 .lifetime_s = ENVELOPE_LIFETIME_S,
                                 .body_len = 5};
    const uint8_t body[5] = {'n', 'o', '.', id, '!'};
    const uint8_t state = OUTBOX_QUEUED;
    uint64_t row;
    struct outbox_event e;
    order.message[0] = id;
    order.message[1] = from;
    memcpy(order.device, id_of(w, to), sizeof(order.device));
    memcpy(order.member, order.device, sizeof(order.member));
    rows_put(&n->rows, 'B', span_of(order.message, 16), span_of(body, sizeof(body)));
    rows_put(&n->rows, 'S', span_of(order.message, 16), span_of(&state, 1));
    CHECK(outbox_add(&n->outbox, w->now, &order, &row) == 0);
    CHECK(outbox_next_event(&n->outbox, w->now, &e) && e.kind == OUTBOX_PUT);
    keep_outbox(n, &e);
    rows_commit(&n->rows); /* then its writer is told that it is kept */
}

void courier_world_link(struct courier_world *w, uint8_t a, uint8_t b, bool is_linked)
{
    CHECK(w->links[a][b] != is_linked);
    w->links[a][b] = w->links[b][a] = is_linked;
    if (is_linked) {
        link_up(w, a, b);
        link_up(w, b, a);
    } else {
        mailbox_offer_down(&w->nodes[a].mailbox, id_of(w, b));
        mailbox_offer_down(&w->nodes[b].mailbox, id_of(w, a));
    }
}

enum outbox_state courier_world_state(const struct courier_world *w, uint8_t from, uint8_t id)
{
    const uint8_t message[ENVELOPE_ID_SIZE] = {id, from};
    const struct span state = rows_get(&w->nodes[from].rows, 'S', span_of(message, 16));
    CHECK(state.len == 1);
    return (enum outbox_state)state.ptr[0];
}

bool courier_world_has(const struct courier_world *w, uint8_t to, uint8_t from, uint8_t id)
{
    const uint8_t message[ENVELOPE_ID_SIZE] = {id, from};
    uint8_t key[ENVELOPE_ID_SIZE];
    envelope_message_key(key, id_of(w, from), message);
    const struct span body = rows_get(&w->nodes[to].rows, 'h', span_of(key, sizeof(key)));
    CHECK(body.len == 0 || (body.len == 5 && body.ptr[3] == id));
    return body.len > 0;
}

void courier_world_retire(struct courier_world *w, uint8_t from, uint8_t to)
{
    struct courier_world_node *n = &w->nodes[from];
    session_restored(&n->sessions[to], w->now);
    save_session(n, to);
    outbox_retired(&n->outbox, w->now, id_of(w, to));
    turn(n);
}
