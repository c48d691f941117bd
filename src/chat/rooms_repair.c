/*
 * Repair of rooms: whom to ask, and when. Source: docs/protocol/room.md, "Repair".
 */
#include "chat/rooms_repair.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/rooms_core.h"
#include "chat/rooms_out.h"

#define SLACK_NS (UINT64_C(100) * TIMERS_MS)
#define SOON_NS (UINT64_C(700) * TIMERS_MS)    /* more than a peer lets pass between two talks */
#define LATER_NS (UINT64_C(5) * TIMERS_SECOND) /* after one that broke */
#define OTHER_NS (UINT64_C(4) * TIMERS_SECOND) /* to let the other side begin */
/* For its sponsor, or who gave it keys, to say that somebody came in; then a second for each
 * member, so that seldom two say it. */
#define STRANGER_NS (UINT64_C(10) * TIMERS_SECOND)

#define SAVED_NS (UINT64_C(200) * TIMERS_MS)     /* for a save */
#define NOT_YET_NS (UINT64_C(2) * TIMERS_SECOND) /* for others to let us in first */

struct rooms_talk {
    struct list link;
    struct rooms *rooms;
    struct repair *repair;
    uint8_t device[32];
    bool is_ours;
};

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, 32), span_of(b, 32));
}

/* Up to a half more, so that not all do it at once. */
static uint64_t spread(const struct rooms *r, uint64_t ns)
{
    return ns + random_below(&r->config.port->random, ns / 2);
}

/* ---- The log ---- */

/* The place in the log of who has that device, or had it; MEMBERS_NONE. */
static uint32_t place_of(const struct members *log, const uint8_t device[32])
{
    for (uint32_t seat = 0; seat < log->seat_count; seat++) {
        if (is_same(members_seat_key(log, seat), device)) {
            return log->seats[seat]->member;
        }
    }
    return MEMBERS_NONE;
}

/* Whose device that is or was. */
static int whose_ever(const struct rooms *r, const uint8_t device[32], uint8_t member[32])
{
    const struct members *log = &r->config.network->log;
    const uint32_t place = place_of(log, device);

    if (place == MEMBERS_NONE) {
        return WAVU_ERR_NOT_FOUND;
    }
    memcpy(member, log->ops[log->members[place].op]->id, 32);
    return 0;
}

bool rooms_repair_sponsor(void *context, const uint8_t device[32], uint8_t sponsor[32])
{
    const struct rooms *r = context;
    const struct members *log = &r->config.network->log;
    const uint32_t place = place_of(log, device);

    if (place == MEMBERS_NONE || place == MEMBERS_GENESIS) {
        return false;
    }
    memcpy(sponsor, log->ops[log->members[log->members[place].inviter].op]->id, 32);
    return true;
}

/* ---- Neighbours ---- */

static struct rooms_near *near_of(struct rooms *r, const uint8_t device[32])
{
    for (size_t i = 0; i < r->repair.near_count; i++) {
        if (is_same(r->repair.nears[i].device, device)) {
            return &r->repair.nears[i];
        }
    }
    return NULL;
}

void rooms_repair_near(struct rooms *r, const uint8_t device[32], bool is_near)
{
    struct rooms_near *n = near_of(r, device);

    if (!is_near && n != NULL) {
        *n = r->repair.nears[--r->repair.near_count];
    } else if (is_near && n == NULL && r->repair.near_count < ROOMS_NEAR_MAX) {
        bool is_first =
            span_compare(span_of(r->config.device->public_key, 32), span_of(device, 32)) < 0;

        n = &r->repair.nears[r->repair.near_count++];
        *n = (struct rooms_near){.at = r->turn->now_ns + spread(r, is_first ? SOON_NS : OTHER_NS)};
        memcpy(n->device, device, sizeof n->device);
    }
    rooms_repair_plan(r);
}

static void ask_by(struct rooms *r, struct rooms_near *n, uint64_t wait)
{
    const uint64_t at = r->turn->now_ns + spread(r, wait);

    n->at = at < n->at ? at : n->at;
}

static void ask(struct rooms *r, struct rooms_near *n)
{
    struct repair_ask about = {.has_room = n->has_room};

    memcpy(about.room, n->room, sizeof about.room);
    n->has_room = false;
    n->has_news = false;
    n->at = r->turn->now_ns + spread(r, LATER_NS);
    (void)!r->config.user.talk(r->config.user.context, n->device, &about); /* or later */
}

/* ---- What is lacked ---- */

/* A room in which entries wait for others. */
static const struct history_room *waiting_room(const struct rooms *r)
{
    const struct history_room *room = NULL;

    for (size_t at = 0; (room = history_next_room(&r->history, &at)) != NULL;) {
        if (room->graph != NULL && room_waiting(room->graph) > 0) {
            return room;
        }
    }
    return NULL;
}

static bool is_lacked(const struct rooms *r, const uint8_t room_id[32], const uint8_t author[32],
                      uint64_t sequence)
{
    const struct history_room *room = history_room(&r->history, room_id);

    if (room == NULL || room->graph == NULL) {
        return false;
    }
    const struct room_device *d = room_device(room->graph, author);

    return sequence > (d == NULL ? 0 : d->sequence);
}

/* A place for what `member` says is lacked; NULL: something that it said is being asked for, or
 * there is none. A liar keeps its own place busy, and no other's. */
static struct rooms_lack *lack_place(struct rooms *r, const uint8_t member[32])
{
    struct rooms_lack *best = NULL;

    for (size_t i = 0; i < ROOMS_LACKS_MAX; i++) {
        struct rooms_lack *lack = &r->repair.lacks[i];

        if (lack->at != 0 && is_same(lack->member, member)) {
            return NULL;
        }
        if (best == NULL || (best->at != 0 && (lack->at == 0 || lack->wait > best->wait))) {
            best = lack;
        }
    }
    return best->at == 0 || best->wait > ROOMS_LACK_NS ? best : NULL;
}

static void note_lack(struct rooms *r, struct rooms_lack *lack, const uint8_t room[32],
                      const uint8_t author[32], uint64_t sequence)
{
    *lack = (struct rooms_lack){
        .at = r->turn->now_ns + ROOMS_LACK_NS, .wait = ROOMS_LACK_NS, .sequence = sequence};
    memcpy(lack->room, room, sizeof lack->room);
    memcpy(lack->author, author, sizeof lack->author);
}

void rooms_repair_frontier(struct rooms *r, const struct frontier *f, const uint8_t member[32])
{
    struct rooms_lack *lack = lack_place(r, member);
    struct history_room *room = history_room(&r->history, f->room);

    if (lack == NULL || room == NULL || room->kind == HISTORY_DIRECT ||
        history_open(&r->history, room) < 0) {
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct frontier_said said = frontier_at(f, i);

        if (is_lacked(r, f->room, said.device, said.sequence)) {
            note_lack(r, lack, f->room, said.device, said.sequence);
            memcpy(lack->holder, f->device, sizeof lack->holder);
            memcpy(lack->member, member, sizeof lack->member);
            return;
        }
    }
}

void rooms_repair_lost(struct rooms *r, const struct entry *entry)
{
    uint8_t member[32];
    struct rooms_lack *lack =
        whose_ever(r, entry->device, member) < 0 ? NULL : lack_place(r, member);

    if (lack != NULL) {
        note_lack(r, lack, entry->room, entry->device, entry->sequence);
        memcpy(lack->holder, entry->device, sizeof lack->holder);
        memcpy(lack->member, member, sizeof lack->member);
    }
}

/* Who has it, when that is a neighbour, or anyone; NULL: nobody is near. */
static struct rooms_near *holder_near(struct rooms *r, const uint8_t holder[32])
{
    struct rooms_near *n = near_of(r, holder);

    if (n == NULL && r->repair.near_count > 0) {
        n = &r->repair.nears[random_below(&r->config.port->random, r->repair.near_count)];
    }
    return n;
}

void rooms_repair_unread(struct rooms *r, const uint8_t author[32])
{
    struct rooms_near *n = holder_near(r, author);

    if (n != NULL) {
        ask_by(r, n, ROOMS_LACK_NS);
    }
}

/* Ask its holder, or another one that is not just being asked about another room. */
static void ask_for(struct rooms *r, const struct rooms_lack *lack)
{
    struct rooms_near *n = holder_near(r, lack->holder);
    const uint64_t now = r->turn->now_ns;

    if (n != NULL && !n->is_busy && !(n->has_room && n->at <= now)) {
        n->at = now;
        n->has_room = true;
        memcpy(n->room, lack->room, sizeof n->room);
    }
}

/* Ask for it now, then others, less and less often. */
static void look_for(struct rooms *r, struct rooms_lack *lack)
{
    ask_for(r, lack);
    memset(lack->holder, 0, sizeof lack->holder);
    lack->wait = 2 * lack->wait < ROOMS_CHECK_NS ? 2 * lack->wait : ROOMS_CHECK_NS;
    lack->at = r->turn->now_ns + spread(r, lack->wait);
}

static void look_for_lacks(struct rooms *r)
{
    const uint64_t now = r->turn->now_ns;
    struct rooms_lack *waits = &r->repair.waits;
    const struct history_room *room = waits->at != 0 && waits->at <= now ? waiting_room(r) : NULL;

    if (room != NULL) {
        memcpy(waits->room, room->id, sizeof waits->room);
        look_for(r, waits);
    } else if (waits->at <= now) {
        waits->at = 0;
    }
    for (size_t i = 0; i < ROOMS_LACKS_MAX; i++) {
        struct rooms_lack *lack = &r->repair.lacks[i];

        if (lack->at == 0 || lack->at > now) {
            continue;
        }
        if (lack->wait >= ROOMS_CHECK_NS ||
            !is_lacked(r, lack->room, lack->author, lack->sequence)) {
            lack->at = 0; /* a frontier can say anything */
        } else {
            look_for(r, lack);
        }
    }
}

static uint64_t earliest_lack(const struct rooms_repair *p)
{
    uint64_t at = p->waits.at != 0 ? p->waits.at : UINT64_MAX;

    for (size_t i = 0; i < ROOMS_LACKS_MAX; i++) {
        at = p->lacks[i].at != 0 && p->lacks[i].at < at ? p->lacks[i].at : at;
    }
    return at;
}

/* ---- Time ---- */

static void on_timer(struct timer *timer, uint64_t now)
{
    struct rooms *r = LIST_OF(timer, struct rooms, repair.timer);

    look_for_lacks(r);
    for (size_t i = 0; i < r->repair.near_count; i++) {
        struct rooms_near *n = &r->repair.nears[i];

        if (!n->is_busy && n->at <= now) {
            ask(r, n);
        }
    }
    rooms_drain(r); /* who came in */
}

void rooms_repair_plan(struct rooms *r)
{
    struct rooms_repair *p = &r->repair;
    uint64_t at = UINT64_MAX;

    if (p->waits.at == 0 && waiting_room(r) != NULL) {
        p->waits =
            (struct rooms_lack){.at = r->turn->now_ns + ROOMS_LACK_NS, .wait = ROOMS_LACK_NS};
    }
    at = p->near_count > 0 ? earliest_lack(p) : at;
    for (size_t i = 0; i < p->near_count; i++) {
        at = !p->nears[i].is_busy && p->nears[i].at < at ? p->nears[i].at : at;
    }
    for (size_t i = 0; i < p->joined_count && rooms_is_ready(r); i++) {
        at = p->joined[i].at < at ? p->joined[i].at : at;
    }
    if (at == UINT64_MAX) {
        timers_cancel(&r->turn->timers, &p->timer);
    } else {
        timers_set(&r->turn->timers, &p->timer, at > r->turn->now_ns ? at : r->turn->now_ns + 1,
                   SLACK_NS);
    }
}

/* ---- Who came in ---- */

static void note_joined(struct rooms *r, const uint8_t device[32], uint64_t wait, bool is_ours)
{
    struct rooms_repair *p = &r->repair;
    struct rooms_joined *j = NULL;

    for (size_t i = 0; i < p->joined_count; i++) {
        j = is_same(p->joined[i].device, device) ? &p->joined[i] : j;
    }
    if (j == NULL && p->joined_count < ROOMS_JOINED_MAX) {
        j = &p->joined[p->joined_count++];
        *j = (struct rooms_joined){.at = UINT64_MAX};
        memcpy(j->device, device, sizeof j->device);
    }
    const uint64_t at = r->turn->now_ns + wait;

    if (j != NULL) {
        j->at = at < j->at ? at : j->at;
        j->is_ours |= is_ours;
    }
}

static uint64_t stranger_wait(const struct rooms *r)
{
    const uint64_t members = r->config.network->log.seat_count + 5;

    return STRANGER_NS + random_below(&r->config.port->random, members * TIMERS_SECOND);
}

/* Have we let in the member whose device that is? */
static bool is_sponsor(const struct rooms *r, uint32_t member)
{
    const struct members *log = &r->config.network->log;
    const struct members_op *invitation = log->ops[log->members[member].op];

    return invitation->kind == MEMBERS_MSG_INVITE &&
           is_same(members_seat_key(log, invitation->seat), r->config.device->public_key);
}

void rooms_repair_members(struct rooms *r)
{
    const struct history_room *room = NULL;
    struct members_state_view view;
    uint32_t at = 0;

    for (size_t k = 0; (room = history_next_room(&r->history, &k)) != NULL;) {
        if (room->kind == HISTORY_GROUP) {
            break;
        }
    }
    CHECK(room != NULL);
    while (members_state_next_device(&r->config.network->state, &at, &view)) {
        if (history_give_is_joined(room, view.device) == 0) {
            const bool is_ours = is_sponsor(r, view.member);

            note_joined(r, view.device, is_ours ? 0 : stranger_wait(r), is_ours);
            if (is_ours && !rooms_is_ready(r)) {
                epochs_hurry(r->epochs, false); /* that it came in is to be said now */
            }
        }
    }
}

void rooms_repair_welcomed(struct rooms *r, const uint8_t device[32])
{
    const uint32_t member = members_state_member_of(&r->config.network->state, device);
    const bool is_ours = member != MEMBERS_NONE && is_sponsor(r, member);

    /* Who answers an old ask of somebody whom others have let in may not know what is said here. */
    note_joined(r, device, 0, is_ours);
    turn_queue(r->turn, &r->again);
}

/* In each room in which it is not said, by who is known to be in there. Negative: later. */
static int say_joined(struct rooms *r, const uint8_t device[32])
{
    const uint8_t *self = r->config.device->public_key;
    const bool is_founder = is_same(r->config.member, r->history.config.founder);
    const struct history_room *room = NULL;
    struct content content = {.kind = CONTENT_JOINED, .device = device};
    uint8_t member[32];
    uint8_t id[ENTRY_ID_SIZE];
    int rc = 0;

    if (!network_member_of(r->config.network, device, member) ||
        is_same(member, r->history.config.founder)) {
        return 0; /* nobody's, or there from the beginning */
    }
    content.member = member;
    for (size_t at = 0; rc == 0 && (room = history_next_room(&r->history, &at)) != NULL;) {
        rc = room->kind == HISTORY_DIRECT ? 1 : history_give_is_joined(room, device);
        if (rc == 0 && !is_founder && history_give_is_joined(room, self) != 1) {
            return WAVU_ERR_DENIED; /* nobody would count it */
        }
        rc = rc == 0 ? rooms_say_content(r, room->id, &content, 0, id) : rc == 1 ? 0 : rc;
    }
    return rc;
}

void rooms_repair_first(struct rooms *r)
{
    struct rooms_repair *p = &r->repair;
    const uint64_t now = r->turn->now_ns;

    for (size_t i = 0; i < p->joined_count; i++) {
        struct rooms_joined *j = &p->joined[i];

        j->at = j->is_ours && j->at < now + NOT_YET_NS ? now : j->at;
    }
    rooms_repair_joined(r);
}

void rooms_repair_joined(struct rooms *r)
{
    struct rooms_repair *p = &r->repair;

    for (size_t i = 0; i < p->joined_count && rooms_is_ready(r);) {
        struct rooms_joined *j = &p->joined[i];

        if (j->at > r->turn->now_ns) {
            i++;
        } else if (!j->is_ours && !p->has_talked) {
            j->at = r->turn->now_ns + stranger_wait(r); /* it may have been said */
            i++;
        } else {
            int rc = rooms_out_is_full(r) ? WAVU_ERR_LIMIT : say_joined(r, j->device);

            if (rc == 0) {
                *j = p->joined[--p->joined_count];
            } else { /* AGAIN: the keys of the welcome are on their way to the disk */
                j->at = r->turn->now_ns + spread(r, rc == WAVU_ERR_AGAIN ? SAVED_NS : NOT_YET_NS);
                i++;
            }
        }
    }
}

/* ---- What comes ---- */

/* Is it here, with all that this has of it? 1, 0, or an error. */
static int is_here(const struct rooms *r, const struct history_room *room,
                   const struct entry *entry)
{
    struct history_place place;
    struct history_row row;
    struct buf bytes;
    uint8_t id[ENTRY_ID_SIZE];

    entry_id(id, entry, r->history.config.network);
    int rc = history_find(room, id, &place);

    if (rc < 0 || !entry->has_content) {
        return rc == WAVU_ERR_NOT_FOUND ? 0 : rc < 0 ? rc : 1;
    }
    buf_init(&bytes, STORE_VALUE_MAX);
    rc = history_row_get_entry(r->config.store, room->number, place.number, &row, &bytes);
    rc = rc < 0 ? rc : row.kind != HISTORY_ROW_NONE;
    buf_clear(&bytes);
    return rc;
}

/* An entry that is here was verified when it came; what has its id and another content was not. */
static int take(void *context, struct span stored, uint64_t age_s)
{
    struct rooms *r = context;
    struct entry entry;
    uint8_t member[32];
    const struct history_said said = {.entry = &entry, .member = member, .age_s = age_s};
    int rc = entry_read(&entry, stored);

    if (rc < 0) {
        return rc == WAVU_ERR_UNSUPPORTED ? WAVU_ERR_LIMIT : WAVU_ERR_CRYPTO;
    }
    const struct history_room *room = history_room(&r->history, entry.room);

    if (room == NULL || room->kind == HISTORY_DIRECT || whose_ever(r, entry.device, member) < 0) {
        return WAVU_ERR_LIMIT; /* not known here yet: another time */
    }
    rc = is_here(r, room, &entry);
    if (rc != 0) {
        return rc < 0 ? rc : WAVU_ERR_EXISTS;
    }
    if (entry_verify(&entry, r->history.config.network, r->config.signer) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    if (history_has_room(&r->history, entry.content.len) < 0) {
        return WAVU_ERR_AGAIN; /* behind the commit */
    }
    rc = history_feed(&r->history, r->config.user.lasting(r->config.user.context), &said);
    if (rc == 0 && r->config.metrics != NULL) {
        r->config.metrics->repaired.value++;
        r->config.metrics->repaired_bytes.value += stored.len;
    }
    return rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_LIMIT : rc;
}

static uint64_t lasting(void *context)
{
    const struct rooms *r = context;

    return r->config.user.lasting(r->config.user.context);
}

/* ---- Talks ---- */

struct rooms_talk *rooms_repair_talk(struct rooms *r, const uint8_t device[32],
                                     const struct repair_ask *about)
{
    struct repair_config config = {.history = &r->history,
                                   .ask = about,
                                   .user = {.take = take, .lasting = lasting, .context = r}};
    struct rooms_near *n = near_of(r, device);

    if (!network_member_of(r->config.network, device, config.member)) {
        return NULL;
    }
    memcpy(config.device, device, sizeof config.device);
    if (n != NULL && about != NULL) {
        config.bare = n->bare;
        config.bare.is_due = n->bare_at <= r->turn->now_ns;
        config.is_pressing = n->put_off >= ROOMS_PUT_OFF_MAX;
    }
    struct rooms_talk *talk = mem_new(sizeof *talk);

    talk->rooms = r;
    talk->repair = repair_new(&config);
    talk->is_ours = about != NULL;
    memcpy(talk->device, device, sizeof talk->device);
    list_push_back(&r->repair.talks, &talk->link);
    if (n != NULL && talk->is_ours) {
        n->is_busy = true;
    }
    return talk;
}

/* Who was put out meanwhile is given nothing. */
static bool is_live(const struct rooms_talk *talk)
{
    uint8_t member[32];

    return network_member_of(talk->rooms->config.network, talk->device, member);
}

int rooms_repair_feed(struct rooms_talk *talk, struct span frame)
{
    int rc = is_live(talk) ? repair_feed(talk->repair, frame) : WAVU_ERR_DENIED;

    rooms_drain(talk->rooms);
    return rc;
}

int rooms_repair_pull(struct rooms_talk *talk, struct buf *out)
{
    return is_live(talk) ? repair_pull(talk->repair, out) : WAVU_ERR_DENIED;
}

/* Contents that are missing: who gave none of them is asked again later and later, and others are
 * not. What came without content since is asked for of all. */
static void settle_bare(struct rooms *r, struct rooms_near *n, const struct repair_result *what)
{
    const uint64_t count = r->history.bare_count;

    if (n != NULL) {
        n->bare = what->bare;
        n->bare_wait = what->bare_took > 0 ? 0 : n->bare_wait;
    }
    if (n != NULL && what->is_bare_done && what->bare_asked > 0 && what->bare_took == 0) {
        const uint64_t wait = n->bare_wait == 0 ? ROOMS_CHECK_NS : 2 * n->bare_wait;

        n->bare_wait = wait < ROOMS_BARE_NS ? wait : ROOMS_BARE_NS;
        n->bare_at = r->turn->now_ns + n->bare_wait;
    }
    for (size_t i = 0; r->repair.bare_count != count && i < r->repair.near_count; i++) {
        r->repair.nears[i].bare_at = 0;
    }
    r->repair.bare_count = count;
}

void rooms_repair_end(struct rooms_talk *talk, bool in_order)
{
    struct rooms *r = talk->rooms;
    struct rooms_near *n = near_of(r, talk->device);
    struct repair_result what;

    repair_what(talk->repair, &what);
    r->repair.has_talked |= in_order;
    settle_bare(r, talk->is_ours ? n : NULL, &what);
    if (n != NULL) {
        n->is_busy = n->is_busy && !talk->is_ours;
        n->put_off = !talk->is_ours ? n->put_off : what.is_put_off ? n->put_off + 1 : 0;
        if (in_order && !n->has_news) {
            n->at = r->turn->now_ns + spread(r, ROOMS_CHECK_NS);
        }
        if (what.is_more && what.took + what.gave > 0) {
            ask_by(r, n, SOON_NS);
        }
        if (what.is_put_off) {
            ask_by(r, n, SOON_NS);
        }
    }
    if (what.is_unjoined) {
        note_joined(r, talk->device, stranger_wait(r), false);
    }
    for (size_t i = 0; what.took > 0 && i < r->repair.near_count; i++) {
        ask_by(r, &r->repair.nears[i], SOON_NS); /* they may lack it as well, or have its content */
        r->repair.nears[i].has_news = true;
    }
    list_remove(&talk->link);
    repair_free(talk->repair);
    mem_free(talk);
    rooms_repair_plan(r);
}

/* ---- Life ---- */

void rooms_repair_init(struct rooms *r)
{
    list_init(&r->repair.talks);
    timers_prepare(&r->repair.timer, on_timer);
}

void rooms_repair_clear(struct rooms *r)
{
    CHECK(list_is_empty(&r->repair.talks));
    timers_cancel(&r->turn->timers, &r->repair.timer);
}
