/*
 * What is due is worked off one call for help at a time: rooms first, then each person; what cannot
 * be said now is tried again soon. Each change is written in the turn in which it is made.
 */
#include "chat/sos.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "chat/sos_row.h"

_Static_assert(CONTENT_SOS_ID_SIZE == SOS_MSG_ID_SIZE, "an entry names the call");

static bool is_same(const uint8_t *a, const uint8_t *b, size_t size)
{
    return span_is_equal(span_of(a, size), span_of(b, size));
}

/* ---- Life ---- */

int sos_init(struct sos *s, struct store *store, const struct random *random,
             const struct sos_ops *ops)
{
    *s = (struct sos){.store = store, .random = random, .ops = *ops};
    list_init(&s->own);
    list_init(&s->in);
    int rc = sos_row_load(store, &s->own, &s->in, &s->in_count);
    if (rc < 0) {
        sos_clear(s);
    }
    return rc;
}

void sos_clear(struct sos *s)
{
    struct list *l = NULL;

    while ((l = list_next(&s->own, &s->own)) != NULL) {
        sos_row_free_own(LIST_OF(l, struct sos_own, link));
    }
    while ((l = list_next(&s->in, &s->in)) != NULL) {
        sos_row_free_in(LIST_OF(l, struct sos_in, link));
    }
    s->in_count = 0;
}

static struct sos_own *own_of(const struct sos *s, const uint8_t id[SOS_MSG_ID_SIZE])
{
    for (struct list *l = list_next(&s->own, &s->own); l != NULL; l = list_next(&s->own, l)) {
        struct sos_own *own = LIST_OF(l, struct sos_own, link);

        if (is_same(own->id, id, SOS_MSG_ID_SIZE)) {
            return own;
        }
    }
    return NULL;
}

/* ---- Saying ---- */

static void tell_reach(struct sos *s, const struct sos_own *own, const struct sos_target *target)
{
    const struct sos_event event = {.kind = SOS_REACHED, .own = own, .target = target};

    s->ops.event(s->ops.context, &event);
}

/* Let the target be as it is now in the store, too. A row that the store does not take now is
 * written with the next change; what it says then was done at worst twice. */
static void keep_target(struct sos *s, const struct sos_own *own, const struct sos_target *target)
{
    (void)!sos_row_put_target(s->store, own, target);
}

static int say(struct sos *s, const struct sos_own *own, const struct sos_target *target,
               enum sos_msg_kind kind, const uint8_t message[16])
{
    struct sos_msg m = {.kind = kind};
    uint8_t space[SOS_MSG_SIZE_MAX];
    struct wr w;

    memcpy(m.id, own->id, sizeof m.id);
    if (kind == SOS_MSG_CALL) {
        m.number = own->number;
        m.content = span_of(own->content, own->content_len);
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    sos_msg_write(&w, &m);
    CHECK(wr_finish(&w) == 0);
    return s->ops.say(s->ops.context, target->network, target->member, wr_span(&w), message);
}

/* In the rooms of those networks whose members are all called. False: something is left. */
static bool post(struct sos *s, struct sos_own *own)
{
    bool is_done = true;

    for (size_t i = 0; i < own->room_count; i++) {
        struct sos_room *room = &own->rooms[i];
        struct content content;
        uint8_t entry[32];

        if (own->is_over && !room->is_said) {
            room->is_over_said = true; /* nobody there has heard of it */
        }
        if (own->is_over ? room->is_over_said : room->is_said) {
            continue;
        }
        if (own->is_over) {
            content = (struct content){.kind = CONTENT_SOS_OVER, .target = room->entry};
        } else if (content_read(&content, span_of(own->content, own->content_len)) < 0) {
            continue;
        }
        content.sos = own->id;
        if (s->ops.post(s->ops.context, room->network, &content, entry) < 0) {
            is_done = false;
            continue;
        }
        if (own->is_over) {
            room->is_over_said = true;
        } else {
            room->is_said = true;
            memcpy(room->entry, entry, sizeof room->entry);
        }
        (void)!sos_row_put_room(s->store, own, room);
    }
    return is_done;
}

/* That it is over, to whom something was said. False: something is left. */
static bool say_over(struct sos *s, struct sos_own *own, const uint8_t message[16])
{
    bool is_done = true;

    for (size_t i = 0; i < own->target_count; i++) {
        struct sos_target *target = &own->targets[i];

        if (target->is_over_said) {
            continue;
        }
        int rc = say(s, own, target, SOS_MSG_OVER, message);
        if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
            is_done = false;
            continue;
        }
        target->is_over_said = true;
        keep_target(s, own, target);
    }
    return is_done;
}

/* To everybody who has not acknowledged it, and has nothing of it on the way. False: something is
 * left that could not be said. */
static bool say_call(struct sos *s, struct sos_own *own, const uint8_t message[16])
{
    bool is_done = true;

    for (size_t i = 0; i < own->target_count; i++) {
        struct sos_target *target = &own->targets[i];
        enum sos_reach before = target->reach;

        if (before == SOS_SEEN || before == SOS_SAID) {
            continue; /* who is away: the courier goes on by itself */
        }
        int rc = say(s, own, target, SOS_MSG_CALL, message);
        if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
            is_done = false;
            continue;
        }
        target->reach = rc == 0 ? SOS_SAID : SOS_GONE;
        memcpy(target->message, message, sizeof target->message);
        target->is_over_said = false;
        if (rc == 0 || before != SOS_GONE) {
            keep_target(s, own, target);
        }
        if (target->reach != before && before != SOS_DELIVERED) {
            tell_reach(s, own, target);
        }
    }
    return is_done;
}

static bool is_seen_by_all(const struct sos_own *own)
{
    for (size_t i = 0; i < own->target_count; i++) {
        if (own->targets[i].reach != SOS_SEEN) {
            return false;
        }
    }
    return true;
}

/* 1, 2, 4, ... minutes, half an hour at most. */
static uint64_t pause_of(uint32_t number)
{
    uint64_t pause = SOS_FIRST_NS;

    for (uint32_t i = 1; i < number && pause < SOS_LONGEST_NS; i++) {
        pause *= 2;
    }
    return pause < SOS_LONGEST_NS ? pause : SOS_LONGEST_NS;
}

/* It is due: say what there is to say, and plan the next time. */
static void work(struct sos *s, struct sos_own *own, uint64_t now)
{
    uint8_t message[16];

    random_fill(s->random, message, sizeof message);
    bool is_posted = post(s, own);
    if (own->is_over) {
        bool is_done = say_over(s, own, message) && is_posted;

        own->due = is_done ? TIMERS_NEVER : now + SOS_AGAIN_NS;
    } else {
        if (own->number < SOS_MSG_NUMBER_MAX) {
            own->number++;
        }
        bool is_done = say_call(s, own, message) && is_posted;

        if (!is_done) {
            own->number--; /* the rest of this time comes soon */
            own->due = now + SOS_AGAIN_NS;
        } else {
            own->due = is_seen_by_all(own) ? TIMERS_NEVER : now + pause_of(own->number);
        }
    }
    (void)!sos_row_put_own(s->store, own);
}

/* ---- Own ones ---- */

static size_t count_own(const struct sos *s, bool is_over, struct sos_own **oldest)
{
    size_t count = 0;

    *oldest = NULL;
    for (struct list *l = list_next(&s->own, &s->own); l != NULL; l = list_next(&s->own, l)) {
        struct sos_own *own = LIST_OF(l, struct sos_own, link);

        if (own->is_over == is_over) {
            *oldest = *oldest == NULL ? own : *oldest;
            count++;
        }
    }
    return count;
}

static struct sos_own *make(const struct sos *s, const struct sos_wish *wish)
{
    struct sos_own *own = mem_new(sizeof *own);
    struct wr w;

    random_fill(s->random, own->id, sizeof own->id);
    wr_init(&w, span_mut_of(own->content, sizeof own->content));
    content_write(&w, wish->content);
    own->content_len = wr_finish(&w) == 0 ? w.len : 0;
    own->unix_ms = wish->unix_ms;
    own->targets = mem_new((wish->target_count + 1) * sizeof *own->targets);
    own->rooms = mem_new((wish->room_count + 1) * sizeof *own->rooms);
    for (size_t i = 0; i < wish->target_count; i++) {
        own->targets[i].network = wish->targets[i].network;
        memcpy(own->targets[i].member, wish->targets[i].member, 32);
        own->targets[i].is_over_said = true; /* nothing was said yet */
    }
    for (size_t i = 0; i < wish->room_count; i++) {
        own->rooms[i].network = wish->rooms[i];
    }
    own->target_count = wish->target_count;
    own->room_count = wish->room_count;
    return own;
}

static int put_all(struct sos *s, const struct sos_own *own)
{
    int rc = sos_row_put_own(s->store, own);

    for (size_t i = 0; rc == 0 && i < own->room_count; i++) {
        rc = sos_row_put_room(s->store, own, &own->rooms[i]);
    }
    for (size_t i = 0; rc == 0 && i < own->target_count; i++) {
        rc = sos_row_put_target(s->store, own, &own->targets[i]);
    }
    return rc;
}

int sos_call(struct sos *s, uint64_t now, const struct sos_wish *wish, const struct sos_own **out)
{
    struct sos_own *oldest = NULL;
    int rc = content_check(wish->content);

    if (rc < 0 || wish->content->kind != CONTENT_SOS || wish->target_count == 0) {
        return rc < 0 ? rc : WAVU_ERR_INVALID;
    }
    if (wish->content->text.len > SOS_TEXT_MAX || wish->target_count > SOS_TARGETS_MAX ||
        wish->room_count > wish->target_count || count_own(s, false, &oldest) >= SOS_OWN_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct sos_own *own = make(s, wish);
    rc = own->content_len == 0 ? WAVU_ERR_LIMIT : put_all(s, own);
    list_push_back(&s->own, &own->link);
    if (rc < 0) {
        (void)!sos_row_drop_own(s->store, own);
        sos_row_free_own(own);
        return rc;
    }
    work(s, own, now);
    *out = own;
    return 0;
}

int sos_cancel(struct sos *s, uint64_t now, const uint8_t id[SOS_MSG_ID_SIZE])
{
    struct sos_own *own = own_of(s, id);
    struct sos_own *oldest = NULL;

    if (own == NULL || own->is_over) {
        return WAVU_ERR_NOT_FOUND;
    }
    own->is_over = true;
    int rc = sos_row_put_own(s->store, own);
    if (rc < 0) {
        own->is_over = false;
        return rc;
    }
    work(s, own, now);
    if (count_own(s, true, &oldest) > SOS_OVER_MAX && sos_row_drop_own(s->store, oldest) == 0) {
        sos_row_free_own(oldest);
    }
    return 0;
}

uint64_t sos_deadline(const struct sos *s)
{
    uint64_t due = TIMERS_NEVER;

    for (struct list *l = list_next(&s->own, &s->own); l != NULL; l = list_next(&s->own, l)) {
        const struct sos_own *own = LIST_OF(l, struct sos_own, link);

        due = own->due < due ? own->due : due;
    }
    return due;
}

void sos_tick(struct sos *s, uint64_t now)
{
    for (struct list *l = list_next(&s->own, &s->own); l != NULL; l = list_next(&s->own, l)) {
        struct sos_own *own = LIST_OF(l, struct sos_own, link);

        if (own->due <= now) {
            work(s, own, now);
        }
    }
}

/* The target of an own one, by who it is. */
static struct sos_target *target_of(struct sos_own *own, uint32_t network, const uint8_t member[32])
{
    for (size_t i = 0; i < own->target_count; i++) {
        struct sos_target *target = &own->targets[i];

        if (target->network == network && is_same(target->member, member, 32)) {
            return target;
        }
    }
    return NULL;
}

void sos_fate(struct sos *s, uint32_t network, const uint8_t member[32], const uint8_t message[16],
              bool is_delivered, bool is_lost)
{
    for (struct list *l = list_next(&s->own, &s->own); l != NULL; l = list_next(&s->own, l)) {
        struct sos_own *own = LIST_OF(l, struct sos_own, link);
        struct sos_target *target = target_of(own, network, member);

        if (target == NULL || target->reach != SOS_SAID || !is_same(target->message, message, 16) ||
            !(is_delivered || is_lost)) {
            continue;
        }
        target->reach = is_delivered ? SOS_DELIVERED : SOS_WAITS;
        keep_target(s, own, target);
        tell_reach(s, own, target);
    }
}

/* The person has seen it. */
static int take_ack(struct sos *s, const struct sos_from *from, const struct sos_msg *m)
{
    struct sos_own *own = own_of(s, m->id);
    struct sos_target *target = own == NULL ? NULL : target_of(own, from->network, from->member);

    if (target == NULL || target->reach == SOS_SEEN) {
        return 0; /* of nobody who was called, or once more */
    }
    enum sos_reach before = target->reach;
    target->reach = SOS_SEEN;
    int rc = sos_row_put_target(s->store, own, target);
    if (rc < 0) {
        target->reach = before;
        return rc;
    }
    if (!own->is_over && is_seen_by_all(own)) {
        own->due = TIMERS_NEVER;
        (void)!sos_row_put_own(s->store, own);
    }
    tell_reach(s, own, target);
    return 0;
}

/* ---- Those of others ---- */

static struct sos_in *in_of(const struct sos *s, const struct sos_from *from,
                            const uint8_t id[SOS_MSG_ID_SIZE])
{
    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->network == from->network && is_same(in->member, from->member, 32) &&
            is_same(in->id, id, SOS_MSG_ID_SIZE)) {
            return in;
        }
    }
    return NULL;
}

static int drop_in(struct sos *s, struct sos_in *in)
{
    int rc = sos_row_drop_in(s->store, in);

    if (rc == 0) {
        sos_row_free_in(in);
        s->in_count--;
    }
    return rc == WAVU_ERR_LIMIT ? WAVU_ERR_AGAIN : rc; /* the store's, not the member's */
}

/* How many there are of the network, and of the member, with the one to come. */
struct share {
    size_t of_network;
    size_t of_member;
    bool is_done; /* it is over, or was seen */
};

static struct share share_of(const struct sos *s, const struct sos_in *one,
                             const struct sos_from *from)
{
    const bool is_network = one->network == from->network;
    const bool is_member = is_network && is_same(one->member, from->member, 32);
    struct share share = {.of_network = is_network ? 1 : 0,
                          .of_member = is_member ? 1 : 0,
                          .is_done = one->is_over || one->is_seen};

    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        const struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->network == one->network) {
            share.of_network++;
            share.of_member += is_same(in->member, one->member, 32) ? 1 : 0;
        }
    }
    return share;
}

static bool is_before(const struct share *a, const struct share *b)
{
    if (a->of_network != b->of_network) {
        return a->of_network > b->of_network;
    }
    return a->of_member != b->of_member ? a->of_member > b->of_member : a->is_done && !b->is_done;
}

/* Who gives way: of the network that has most, of its member that has most, what is over or was
 * seen, then the oldest. */
static struct sos_in *to_displace(const struct sos *s, const struct sos_from *from)
{
    struct sos_in *found = NULL;
    struct share most = {.of_network = 0};

    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        struct sos_in *in = LIST_OF(l, struct sos_in, link);
        const struct share share = share_of(s, in, from);

        if (found == NULL || is_before(&share, &most)) {
            found = in;
            most = share;
        }
    }
    return found;
}

/* Room for one more of that member: 0; WAVU_ERR_LIMIT: it has made too many in a short time; what
 * the store says. */
static int make_room(struct sos *s, uint64_t now, const struct sos_from *from)
{
    struct sos_in *first = NULL;
    size_t of_member = 0;

    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->network == from->network && is_same(in->member, from->member, 32)) {
            first = first == NULL ? in : first;
            of_member++;
        }
    }
    if (of_member >= SOS_IN_MEMBER_MAX) {
        return now < first->since + SOS_IN_ANEW_NS ? WAVU_ERR_LIMIT : drop_in(s, first);
    }
    return s->in_count < SOS_IN_MAX ? 0 : drop_in(s, to_displace(s, from));
}

static int add_in(struct sos *s, uint64_t now, const struct sos_from *from, const struct sos_msg *m,
                  struct sos_in **out)
{
    int rc = make_room(s, now, from);

    if (rc < 0) {
        return rc;
    }
    struct sos_in *in = mem_new(sizeof *in);
    in->network = from->network;
    memcpy(in->member, from->member, sizeof in->member);
    memcpy(in->id, m->id, sizeof in->id);
    in->since = now;
    in->unix_ms = from->unix_ms;
    list_push_back(&s->in, &in->link);
    s->in_count++;
    *out = in;
    return 0;
}

/* When a member's call was told last. */
static uint64_t last_alert(const struct sos *s, const struct sos_from *from)
{
    uint64_t last = 0;

    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        const struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->network == from->network && is_same(in->member, from->member, 32) &&
            in->alert > last) {
            last = in->alert;
        }
    }
    return last;
}

static void tell_in(struct sos *s, enum sos_news kind, const struct sos_in *in)
{
    const struct sos_event event = {.kind = kind, .in = in};

    s->ops.event(s->ops.context, &event);
}

static int say_ack(struct sos *s, const struct sos_in *in)
{
    struct sos_msg m = {.kind = SOS_MSG_ACK};
    uint8_t space[64];
    uint8_t message[16];
    struct wr w;

    memcpy(m.id, in->id, sizeof m.id);
    random_fill(s->random, message, sizeof message);
    wr_init(&w, span_mut_of(space, sizeof space));
    sos_msg_write(&w, &m);
    CHECK(wr_finish(&w) == 0);
    return s->ops.say(s->ops.context, in->network, in->member, wr_span(&w), message);
}

/* Write what came, or take it back. */
static int keep_in(struct sos *s, struct sos_in *in, bool is_new)
{
    int rc = sos_row_put_in(s->store, in);

    if (rc < 0 && is_new) {
        sos_row_free_in(in);
        s->in_count--;
    }
    return rc;
}

static int take_call(struct sos *s, uint64_t now, const struct sos_from *from,
                     const struct sos_msg *m)
{
    struct sos_in *in = in_of(s, from, m->id);
    bool is_new = in == NULL;
    uint64_t last = last_alert(s, from);
    int rc = is_new ? add_in(s, now, from, m, &in) : 0;

    if (rc == WAVU_ERR_LIMIT) {
        s->dropped++;
        return 0; /* it calls too often: its node has a receipt, and nobody hears of it */
    }
    if (rc < 0) {
        return rc;
    }
    if (in->is_over || (!is_new && m->number <= in->number)) {
        return 0; /* late, or known */
    }
    in->number = m->number;
    memcpy(in->content, m->content.ptr, m->content.len);
    in->content_len = m->content.len;
    rc = keep_in(s, in, is_new);
    if (rc < 0) {
        return rc;
    }
    bool is_quiet = last != 0 && now < last + SOS_ALERT_NS;
    if (in->is_seen) {
        (void)!(is_quiet ? 0 : say_ack(s, in)); /* what was said of it may have been lost */
    }
    if (!is_quiet) {
        in->alert = now == 0 ? 1 : now;
        if (!in->is_seen) {
            tell_in(s, SOS_CALLED, in);
        }
    }
    return 0;
}

static int take_over(struct sos *s, uint64_t now, const struct sos_from *from,
                     const struct sos_msg *m)
{
    struct sos_in *in = in_of(s, from, m->id);
    bool is_new = in == NULL;
    int rc = is_new ? add_in(s, now, from, m, &in) : 0;

    if (rc == WAVU_ERR_LIMIT || (rc == 0 && in->is_over)) {
        return 0;
    }
    if (rc < 0) {
        return rc;
    }
    in->is_over = true;
    rc = keep_in(s, in, is_new);
    if (rc < 0 && !is_new) {
        in->is_over = false;
    }
    if (rc == 0 && in->content_len > 0) {
        tell_in(s, SOS_ENDED, in);
    }
    return rc;
}

static int take(struct sos *s, uint64_t now, const struct sos_from *from, const struct sos_msg *m)
{
    if (m->kind == SOS_MSG_ACK) {
        return take_ack(s, from, m);
    }
    if (s->ops.is_blocked(s->ops.context, from->network, from->member)) {
        return 0;
    }
    return m->kind == SOS_MSG_CALL ? take_call(s, now, from, m) : take_over(s, now, from, m);
}

int sos_take(struct sos *s, uint64_t now, const struct sos_from *from, struct span body)
{
    struct sos_msg m;

    if (sos_msg_read(&m, body) < 0) {
        return 0; /* no SOS, or of a newer wavu: nothing comes of it when it comes again */
    }
    return take(s, now, from, &m);
}

int sos_entry(struct sos *s, uint64_t now, const struct sos_from *from,
              const struct content *content)
{
    struct sos_msg m = {.kind = SOS_MSG_OVER};
    struct content bare = *content;
    uint8_t space[SOS_MSG_CONTENT_MAX];
    struct wr w;

    if (content->sos == NULL ||
        (content->kind != CONTENT_SOS && content->kind != CONTENT_SOS_OVER)) {
        return 0; /* of an older wavu: the courier's copy calls */
    }
    memcpy(m.id, content->sos, sizeof m.id);
    if (content->kind == CONTENT_SOS) {
        bare.sos = NULL;
        wr_init(&w, span_mut_of(space, sizeof space));
        content_write(&w, &bare);
        if (wr_finish(&w) < 0) {
            return 0; /* longer than any call */
        }
        m.kind = SOS_MSG_CALL;
        m.number = 1;
        m.content = wr_span(&w);
    }
    return take(s, now, from, &m);
}

int sos_ack(struct sos *s, const uint8_t id[SOS_MSG_ID_SIZE])
{
    int rc = WAVU_ERR_NOT_FOUND;

    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (!is_same(in->id, id, SOS_MSG_ID_SIZE) || in->content_len == 0) {
            continue;
        }
        int said = say_ack(s, in);
        if (said == 0 && !in->is_seen) {
            in->is_seen = true;
            said = sos_row_put_in(s->store, in);
            in->is_seen = said == 0;
        }
        rc = said;
    }
    return rc;
}

void sos_check(const struct sos *s)
{
    struct sos_own *oldest = NULL;
    size_t in_count = 0;

    CHECK(count_own(s, false, &oldest) <= SOS_OWN_MAX);
    for (struct list *l = list_next(&s->own, &s->own); l != NULL; l = list_next(&s->own, l)) {
        const struct sos_own *own = LIST_OF(l, struct sos_own, link);

        CHECK(own->content_len > 0 && own->content_len <= SOS_MSG_CONTENT_MAX);
        CHECK(own->target_count <= SOS_TARGETS_MAX && own->number <= SOS_MSG_NUMBER_MAX);
        CHECK(own->is_over || own->due != TIMERS_NEVER || is_seen_by_all(own));
    }
    for (struct list *l = list_next(&s->in, &s->in); l != NULL; l = list_next(&s->in, l)) {
        const struct sos_in *in = LIST_OF(l, struct sos_in, link);

        CHECK(in->content_len > 0 || in->is_over);
        in_count++;
    }
    CHECK(in_count == s->in_count && in_count <= SOS_IN_MAX);
}
