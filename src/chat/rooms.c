/*
 * Rooms between the mesh, the keys and the store.
 */
#include "chat/rooms.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/history_cut.h"
#include "chat/history_due.h"
#include "chat/history_has.h"
#include "chat/rooms_core.h"
#include "chat/rooms_many.h"
#include "chat/rooms_out.h"
#include "chat/rooms_repair.h"

#define SLACK_NS (UINT64_C(200) * TIMERS_MS)

/* ---- The disk ---- */

/* Tell the owner what is on the disk with the commit `number`. The owner may call here. */
static void tell_news(struct rooms *r, uint64_t number)
{
    const struct rooms_news *next = NULL;
    struct rooms_news one;

    while ((next = ring_at(&r->news, 0)) != NULL && next->number <= number &&
           ring_pop(&r->news, &one)) {
        r->config.user.event(r->config.user.context, &one.event);
    }
    if (r->many_from != 0 && r->many_from <= number) {
        const struct history_event many = {.kind = HISTORY_MANY};

        r->many_from = 0;
        r->config.user.event(r->config.user.context, &many);
    }
}

/* What was written until now is on the disk already: no commit will say so. */
static void tell_what_waits(struct rooms *r)
{
    if (store_pending(r->config.store) == 0) {
        tell_news(r, store_number(r->config.store));
    }
}

static void hold_news(struct rooms *r, const struct history_event *event)
{
    const struct rooms_news one = {.number = store_number(r->config.store), .event = *event};

    if (event->kind == HISTORY_MANY || ring_push(&r->news, &one) < 0) {
        r->many_from = one.number;
    }
}

static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct rooms *r = LIST_OF(watch, struct rooms, watch);

    tell_news(r, number); /* the author first */
    rooms_out_flush(r);
    if (r->is_cutting) {
        rooms_members(r);
    }
}

/* ---- Keys ---- */

static void on_keys_say(void *context, struct span message)
{
    rooms_out_say(context, ROOMS_EPOCH, message, NULL); /* epochs asks for a save before it says */
}

static void on_keys_tell(void *context, const uint8_t device[32], struct span message)
{
    const struct rooms *r = context;
    struct epoch_msg m;
    bool is_ask = epoch_msg_read(&m, message) == 0 && m.kind == EPOCH_MSG_ASK;

    r->config.user.tell(r->config.user.context, device, is_ask, message);
}

static void on_publish(void *context, enum epochs_published what, struct span value)
{
    const struct rooms *r = context;

    r->config.user.publish(r->config.user.context, what, value);
}

static void on_opened(void *context)
{
    struct rooms *r = context;

    turn_queue(r->turn, &r->again);
}

static void on_ready(void *context, bool is_ready)
{
    struct rooms *r = context;

    turn_queue(r->turn, &r->again); /* who came in can be told of now */
    r->config.user.ready(r->config.user.context, is_ready);
}

static void on_welcomed(void *context, const uint8_t device[32])
{
    rooms_repair_welcomed(context, device);
}

/* ---- Entries ---- */

static void stop_waiting(struct rooms *r, struct rooms_unread *b)
{
    list_remove(&b->link);
    r->waiting_count--;
    r->waiting_bytes -= b->len;
    mem_free(b);
}

/* All that waits of the member of `first`, its oldest. */
static size_t count_of(const struct rooms *r, struct rooms_unread *first)
{
    size_t bytes = 0;

    for (struct list *l = &first->link; l != NULL; l = list_next(&r->waiting, l)) {
        struct rooms_unread *b = LIST_OF(l, struct rooms_unread, link);

        if (span_is_equal(span_of(b->member, 32), span_of(first->member, 32))) {
            bytes += sizeof *b + b->len;
            b->is_counted = true;
        }
    }
    return bytes;
}

/* The oldest of the member that has most waiting. */
static struct rooms_unread *one_too_many(const struct rooms *r)
{
    struct rooms_unread *found = NULL;
    size_t most = 0;

    for (struct list *l = list_next(&r->waiting, &r->waiting); l != NULL;
         l = list_next(&r->waiting, l)) {
        LIST_OF(l, struct rooms_unread, link)->is_counted = false;
    }
    for (struct list *l = list_next(&r->waiting, &r->waiting); l != NULL;
         l = list_next(&r->waiting, l)) {
        struct rooms_unread *b = LIST_OF(l, struct rooms_unread, link);
        const size_t bytes = b->is_counted ? 0 : count_of(r, b); /* each member once */

        if (bytes > most) { /* behind the first of a member there are fewer */
            most = bytes;
            found = b;
        }
    }
    CHECK(found != NULL); /* asked when there is one */
    return found;
}

/* Whose device that is; of those that are nobody's any more, one for all. */
static void member_of(const struct rooms *r, const uint8_t device[32], uint8_t member[32])
{
    if (!network_member_of(r->config.network, device, member)) {
        memset(member, 0, 32);
    }
}

static void wait_for_epoch(struct rooms *r, const struct epoch_seal_came *came, uint64_t since_ns)
{
    const struct span sealed = came->bytes;
    struct rooms_unread *b = mem_new_raw(sizeof *b + sealed.len);

    *b = (struct rooms_unread){.by = *came->by, .since_ns = since_ns, .len = sealed.len};
    member_of(r, came->by->device, b->member);
    memcpy(b->bytes, sealed.ptr, sealed.len);
    list_push_back(&r->waiting, &b->link);
    r->waiting_count++;
    r->waiting_bytes += sealed.len;
    while (r->waiting_count > ROOMS_WAITING_MAX || r->waiting_bytes > ROOMS_WAITING_BYTES) {
        stop_waiting(r, one_too_many(r));
    }
}

/* Open it, unless who sent it has had too much opened in vain. */
static int open_entry(struct rooms *r, const struct epoch_seal_came *came, struct entry *entry)
{
    const uint64_t before = epochs_vain(r->epochs);
    uint8_t sender[32];

    member_of(r, came->by->device, sender);
    if (!rooms_vain_may(&r->vain, sender, r->turn->now_ns)) {
        return WAVU_ERR_LIMIT;
    }
    int rc = epochs_open(r->epochs, came, span_mut_of(r->plain, ENTRY_STORED_SIZE_MAX), entry);

    rooms_vain_cost(&r->vain, sender, epochs_vain(r->epochs) - before, r->turn->now_ns);
    return rc;
}

/* WAVU_ERR_AGAIN: its epoch cannot be read yet. */
static int take_entry(struct rooms *r, const struct epoch_seal_came *came)
{
    struct entry entry;
    uint8_t member[32];
    struct history_said said = {.entry = &entry, .member = member};

    int rc = open_entry(r, came, &entry);
    if (rc == 0) {
        rc = network_member_of(r->config.network, entry.device, member) ? 0 : WAVU_ERR_NOT_FOUND;
    }
    if (rc == 0) {
        rc = history_feed(&r->history, r->config.user.lasting(r->config.user.context), &said);
        if (rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_LIMIT) {
            rooms_repair_lost(r, &entry); /* its key is used up */
            rc = 0;
        }
    }
    return rc;
}

static void on_again(struct turn_job *job, uint64_t now)
{
    struct rooms *r = LIST_OF(job, struct rooms, again);
    struct list tried;
    struct list *l = NULL;

    list_init(&tried);
    list_splice_back(&tried, &r->waiting);
    r->waiting_count = 0;
    r->waiting_bytes = 0;
    while ((l = list_pop_front(&tried)) != NULL) {
        struct rooms_unread *b = LIST_OF(l, struct rooms_unread, link);
        const struct epoch_seal_came came = {.bytes = span_of(b->bytes, b->len), .by = &b->by};

        /* In a crowd new epochs become readable all the time: one that never does is not tried for
         * ever. */
        if (take_entry(r, &came) == WAVU_ERR_AGAIN && now - b->since_ns < ROOMS_WAITING_NS_MAX) {
            wait_for_epoch(r, &came, b->since_ns);
        }
        mem_free(b);
    }
    rooms_drain(r);
}

/* The mesh has proved that `from` said it in this network: its own frontier needs no second look,
 * which is half of what a large room costs. Those of others nobody hands on but for a whim. */
static int open_frontier(struct rooms *r, struct frontier *f, const uint8_t from[32],
                         struct span bytes)
{
    uint8_t sender[32];
    int rc = frontier_read(f, bytes);

    if (rc < 0 || span_is_equal(span_of(f->device, 32), span_of(from, 32))) {
        return rc;
    }
    member_of(r, from, sender);
    if (!rooms_vain_may(&r->vain, sender, r->turn->now_ns)) {
        return WAVU_ERR_LIMIT;
    }
    rooms_vain_cost(&r->vain, sender, ROOMS_VAIN_SIGNATURE, r->turn->now_ns);
    return frontier_open(f, bytes, members_network(&r->config.network->log), r->config.signer);
}

static void take_frontier(struct rooms *r, const uint8_t from[32], struct span bytes)
{
    struct frontier f;
    uint8_t member[32];

    if (open_frontier(r, &f, from, bytes) == 0 &&
        network_member_of(r->config.network, f.device, member)) {
        (void)!history_has_take(&r->history, &f, member); /* the next one says more */
        rooms_repair_frontier(r, &f, member);
    }
}

/* What came in one broadcast of `from`, while it is walked through. */
struct rooms_heard {
    const uint8_t *from;
    const struct entry_proof_said *said; /* NULL: it names no entries */
    size_t entries;                      /* that came so far */
};

/* The entries of a broadcast are named by it in their order: what it does not name is nobody's. */
static void take_sealed(struct rooms *r, struct rooms_heard *h, struct span sealed)
{
    struct entry_proof_named by;
    const struct epoch_seal_came came = {.bytes = sealed, .by = &by};

    if (h->said != NULL && entry_proof_at(&by, h->said, h->entries++) &&
        sealed.len <= ENTRY_CONTENT_MAX + EPOCH_SEAL_OVERHEAD_MAX &&
        take_entry(r, &came) == WAVU_ERR_AGAIN) {
        wait_for_epoch(r, &came, r->turn->now_ns);
        rooms_repair_unread(r, h->from);
    }
}

/* One that is no MANY. */
static void take_one(struct rooms *r, struct rooms_heard *h, struct span bytes)
{
    struct span body = span_slice(bytes, 1, bytes.len);

    switch (bytes.ptr[0]) {
    case ROOMS_ENTRY:
        take_sealed(r, h, body);
        break;
    case ROOMS_EPOCH:
        /* The mesh brings it once: it waits. */
        (void)!epochs_take(r->epochs, h->from, body, false);
        break;
    case ROOMS_FRONTIER:
        take_frontier(r, h->from, body);
        break;
    default:
        break; /* of a newer wavu, or one MANY in another */
    }
}

static void take_many(struct rooms *r, struct rooms_heard *h, struct span many)
{
    struct span one = span_empty();
    size_t others = 0;
    struct rd rd;

    rd_init(&rd, many);
    if (!rooms_many_is_whole(many)) {
        return;
    }
    while (rooms_many_next(&rd, &one)) {
        others += one.ptr[0] != ROOMS_ENTRY;
        if (one.ptr[0] == ROOMS_ENTRY || others <= ROOMS_MANY_OTHERS_MAX) {
            take_one(r, h, one);
        }
    }
}

void rooms_take(struct rooms *r, const uint8_t from[32], struct span bytes,
                const struct entry_proof_said *said)
{
    struct rooms_heard h = {.from = from, .said = said};

    if (bytes.len > 0 && bytes.ptr[0] == ROOMS_MANY) {
        take_many(r, &h, span_slice(bytes, 1, bytes.len));
    } else if (bytes.len > 0) {
        take_one(r, &h, bytes);
    }
    rooms_drain(r);
}

int rooms_told(struct rooms *r, const uint8_t from[32], struct span bytes)
{
    int rc = epochs_take(r->epochs, from, bytes, true);

    rooms_drain(r);
    return rc;
}

void rooms_published(struct rooms *r, const uint8_t device[32], enum epochs_published what,
                     struct span value)
{
    epochs_published(r->epochs, device, what, value);
}

/* ---- Saying ---- */

static int seal(struct rooms *r, struct entry *entry, struct buf *sealed)
{
    struct wr w;

    int rc = buf_reserve(sealed, entry->content.len + EPOCH_SEAL_OVERHEAD_MAX);
    if (rc < 0) {
        return rc;
    }
    wr_init(&w, span_mut_of(sealed->ptr, entry->content.len + EPOCH_SEAL_OVERHEAD_MAX));
    rc = epochs_seal(r->epochs, entry, &w);
    sealed->len = w.len;
    return rc;
}

/* Draft, seal, keep: one turn, one commit. */
static int say_bytes(struct rooms *r, const uint8_t room[32], struct span content,
                     uint64_t expiry_s, uint8_t id[ENTRY_ID_SIZE])
{
    struct entry entry = {.has_content = true, .has_links = true};
    const struct history_said said = {.entry = &entry, .member = r->config.member};
    struct buf sealed;

    buf_init(&sealed, ENTRY_CONTENT_MAX + EPOCH_SEAL_OVERHEAD_MAX);
    int rc = history_draft(&r->history, room, &entry);
    entry.content = content;
    entry.expiry = expiry_s;
    rc = rc < 0 ? rc : seal(r, &entry, &sealed);
    if (rc == 0) {
        rc = history_feed(&r->history, r->config.user.lasting(r->config.user.context), &said);
    }
    if (rc == 0) {
        entry_id(id, &entry, members_network(&r->config.network->log));
        rooms_out_say(r, ROOMS_ENTRY, buf_span(&sealed), id);
    }
    buf_clear(&sealed);
    return rc;
}

/* How long what is said there stays when its author does not say; 0: for ever. What rules rooms and
 * members, and what takes something back, stays; an edit, as long as its message. */
static int expiry_of(struct history_room *room, enum content_kind kind, uint64_t *expiry_s)
{
    bool is_ruled = kind == CONTENT_TEXT || kind == CONTENT_ME || kind == CONTENT_REACTION ||
                    kind == CONTENT_FILE;

    return *expiry_s > 0 || !is_ruled ? 0 : history_view_expiry(room, expiry_s);
}

int rooms_say_content(struct rooms *r, const uint8_t room[32], const struct content *content,
                      uint64_t expiry_s, uint8_t id[ENTRY_ID_SIZE])
{
    uint8_t *space = mem_new_raw(CONTENT_SIZE_MAX);
    struct wr w;

    wr_init(&w, span_mut_of(space, CONTENT_SIZE_MAX));
    content_write(&w, content);
    int rc = wr_finish(&w);

    rc = rc < 0 ? rc : say_bytes(r, room, wr_span(&w), expiry_s, id);
    mem_free(space);
    return rc;
}

int rooms_say(struct rooms *r, const uint8_t room[32], const struct content *content,
              uint64_t expiry_s, uint8_t id[ENTRY_ID_SIZE])
{
    int rc = content_check(content);

    if (rc < 0) {
        return rc;
    }
    if (history_room(&r->history, room) == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    rc = expiry_of(history_room(&r->history, room), content->kind, &expiry_s);
    if (rc < 0) {
        return rc;
    }
    uint8_t self[32];
    if (!network_member_of(r->config.network, r->config.device->public_key, self)) {
        return WAVU_ERR_DENIED;
    }
    if (!epochs_is_ready(r->epochs)) {
        epochs_hurry(r->epochs, r->repair.near_count == 0);
    }
    if (!epochs_is_ready(r->epochs) || rooms_out_is_full(r)) {
        rooms_drain(r);
        return WAVU_ERR_AGAIN;
    }
    rooms_repair_first(r);
    rc = rooms_say_content(r, room, content, expiry_s, id);
    rooms_drain(r);
    return rc;
}

/* ---- Time ---- */

/* Between two frontiers of ours: the more devices there are, the longer. In a large room we do not
 * wait for the same moment as all the others, who have heard the same. */
static uint64_t frontier_gap(const struct rooms *r)
{
    size_t devices = epochs_members_now(r->epochs);

    if (devices <= ROOMS_FRONTIERS_MAX) {
        return ROOMS_FRONTIER_NS;
    }
    uint64_t gap = ROOMS_FRONTIER_NS * devices / ROOMS_FRONTIERS_MAX;
    return gap / 2 + random_below(&r->config.port->random, gap);
}

static void plan(struct rooms *r)
{
    uint64_t at = UINT64_MAX;
    uint64_t lasting = r->config.user.lasting(r->config.user.context);

    if (history_has_news(&r->history) && !timers_is_set(&r->frontier)) {
        timers_set(&r->turn->timers, &r->frontier, r->turn->now_ns + frontier_gap(r), SLACK_NS);
    }
    if (history_due_next(&r->history, &at) == 0 && at != UINT64_MAX) {
        uint64_t wait = at > lasting ? at - lasting : 0;

        timers_set(&r->turn->timers, &r->due, r->turn->now_ns + wait, TIMERS_SECOND);
    }
    rooms_repair_plan(r);
}

static void on_frontier(struct timer *timer, uint64_t now)
{
    struct rooms *r = LIST_OF(timer, struct rooms, frontier);
    uint8_t *space = mem_new_raw(FRONTIER_SIZE_MAX);
    struct wr w;

    (void)now;
    wr_init(&w, span_mut_of(space, FRONTIER_SIZE_MAX));
    if (history_has_make(&r->history, r->config.device, false, &w) == 0 && wr_finish(&w) == 0) {
        rooms_out_say(r, ROOMS_FRONTIER, wr_span(&w), NULL); /* the next one says it as well */
    }
    mem_free(space);
    tell_what_waits(r);
    plan(r);
}

static void on_due(struct timer *timer, uint64_t now)
{
    struct rooms *r = LIST_OF(timer, struct rooms, due);
    bool is_more = false;

    (void)now;
    int rc =
        history_due_tick(&r->history, r->config.user.lasting(r->config.user.context), &is_more);
    rooms_drain(r);
    if (rc < 0 || is_more) {
        timers_set(&r->turn->timers, &r->due, r->turn->now_ns + (rc < 0 ? TIMERS_SECOND : 1),
                   SLACK_NS);
    }
}

/* News wait for the disk, or for the owner; rooms that are new get their keys' ear. */
void rooms_drain(struct rooms *r)
{
    struct history_event event;

    rooms_repair_joined(r);
    while (history_next_event(&r->history, &event)) {
        if (event.kind == HISTORY_ROOM) {
            (void)!epochs_room(r->epochs, event.id); /* beyond its limit nothing is opened there */
        }
        hold_news(r, &event);
    }
    tell_what_waits(r);
    plan(r);
}

/* ---- Life ---- */

/* Devices that a revocation cuts: their entries count only in the past of others. One that is of
 * two members is judged once for both, whichever of them came first. */
static int cut_devices(struct rooms *r)
{
    const struct network *n = r->config.network;
    int rc = 0;

    for (uint32_t seat = 0; rc == 0 && seat < n->state.seat_count; seat++) {
        const uint8_t *key = members_seat_key(&n->log, seat);
        const struct members_op *member = n->log.ops[n->log.members[n->log.seats[seat]->member].op];

        rc = history_cut_set(&r->history, key, member->id,
                             members_state_is_device_cut(&n->state, key));
    }
    return rc;
}

void rooms_members(struct rooms *r)
{
    r->is_cutting = cut_devices(r) == WAVU_ERR_AGAIN;
    epochs_members(r->epochs);
    rooms_repair_members(r);
    rooms_drain(r);
}

static int open_histories(struct rooms *r)
{
    struct history_config history = {.store = r->config.store,
                                     .random = &r->config.port->random,
                                     .signer = r->config.signer,
                                     .sponsor = rooms_repair_sponsor,
                                     .context = r};
    const uint8_t *network = members_network(&r->config.network->log);

    memcpy(history.network, network, sizeof history.network);
    memcpy(history.founder, network, sizeof history.founder);
    memcpy(history.member, r->config.member, sizeof history.member);
    memcpy(history.device, r->config.device->public_key, sizeof history.device);
    return history_begin(&r->history, &history);
}

void rooms_metrics_add(struct rooms_metrics *m, struct metric_set *set)
{
    metric_add(set, &m->repaired, "rooms_repaired_total");
    metric_add(set, &m->repaired_bytes, "rooms_repaired_bytes_total");
}

static int open_keys(struct rooms *r)
{
    const struct epochs_config keys = {.port = r->config.port,
                                       .store = r->config.store,
                                       .aead = r->config.aead,
                                       .signer = r->config.signer,
                                       .device = r->config.device,
                                       .network = r->config.network,
                                       .number = r->config.number,
                                       .user = {.say = on_keys_say,
                                                .tell = on_keys_tell,
                                                .publish = on_publish,
                                                .opened = on_opened,
                                                .ready = on_ready,
                                                .welcomed = on_welcomed,
                                                .context = r}};
    const struct history_room *room = NULL;
    size_t at = 0;
    int rc = epochs_new(&keys, &r->epochs);

    while (rc == 0 && (room = history_next_room(&r->history, &at)) != NULL) {
        if (room->kind != HISTORY_DIRECT) {
            (void)!epochs_room(r->epochs, room->id); /* as in drain */
        }
    }
    return rc;
}

int rooms_new(const struct rooms_config *config, struct rooms **out)
{
    struct rooms *r = mem_new(sizeof *r);

    r->config = *config;
    r->signer = signer_memo_init(&r->memo, config->signer);
    r->config.signer = &r->signer;
    r->turn = &config->port->turn;
    rooms_out_init(r);
    list_init(&r->waiting);
    ring_init(&r->news, sizeof(struct rooms_news), ROOMS_NEWS_MAX);
    r->again = (struct turn_job){.run = on_again, .cost_us = 1000};
    timers_prepare(&r->frontier, on_frontier);
    timers_prepare(&r->due, on_due);
    rooms_repair_init(r);
    int rc = open_histories(r);
    if (rc < 0) {
        goto no_histories;
    }
    rc = open_keys(r);
    if (rc < 0) {
        goto no_keys;
    }
    r->plain = mem_new_raw(ENTRY_STORED_SIZE_MAX);
    r->watch = (struct store_watch){.committed = on_committed};
    store_watch(config->store, &r->watch);
    *out = r;
    return 0;

no_keys:
    history_clear(&r->history);
no_histories:
    rooms_out_clear(r);
    mem_free(r);
    return rc;
}

void rooms_free(struct rooms *r)
{
    struct list *l = NULL;

    if (r == NULL) {
        return;
    }
    timers_cancel(&r->turn->timers, &r->frontier);
    timers_cancel(&r->turn->timers, &r->due);
    turn_cancel(&r->again);
    rooms_repair_clear(r);
    store_unwatch(&r->watch);
    rooms_out_clear(r);
    while ((l = list_next(&r->waiting, &r->waiting)) != NULL) {
        stop_waiting(r, LIST_OF(l, struct rooms_unread, link));
    }
    ring_clear(&r->news);
    epochs_free(r->epochs);
    history_clear(&r->history);
    mem_free(r->plain);
    mem_free(r);
}

void rooms_main(const struct rooms *r, uint8_t room[32])
{
    const struct history_room *at_hand = NULL;
    size_t at = 0;

    while ((at_hand = history_next_room(&r->history, &at)) != NULL) {
        if (at_hand->kind == HISTORY_GROUP) {
            memcpy(room, at_hand->id, 32);
            return;
        }
    }
    CHECK(false); /* it is there from the beginning */
}

bool rooms_is_ready(const struct rooms *r)
{
    return epochs_is_ready(r->epochs);
}

struct history *rooms_history(struct rooms *r)
{
    return &r->history;
}
