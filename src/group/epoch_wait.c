/*
 * Messages come from epoch_feed when something is missing that they build on, and leave to
 * epoch_take when something came.
 *
 * Places are few, and anybody could make messages that wait for ever. So only members have places,
 * and who fills them loses its own: as long as an honest member has fewer waiting than another one,
 * nothing of it goes.
 */
#include "group/epoch_wait.h"

#include <string.h>

#include "base/mem.h"

static struct epoch_waiting *next_of(const struct epoch *e, const struct epoch_waiting *one)
{
    struct list *at = list_next(&e->waiting, one != NULL ? &one->link : &e->waiting);

    return at != NULL ? LIST_OF(at, struct epoch_waiting, link) : NULL;
}

static void drop(struct epoch *e, struct epoch_waiting *one)
{
    list_remove(&one->link);
    mem_free(one);
    e->waiting_count--;
}

void epoch_wait_clear(struct epoch *e)
{
    struct epoch_waiting *one = NULL;

    while ((one = next_of(e, NULL)) != NULL) {
        drop(e, one);
    }
}

static struct epoch_waiting *add(struct epoch *e, const uint8_t from[32], uint64_t since,
                                 struct span message)
{
    struct epoch_waiting *one = mem_new(sizeof *one + message.len);

    memcpy(one->from, from, 32);
    memcpy(one->bytes, message.ptr, message.len);
    one->len = message.len;
    one->since = since;
    list_push_back(&e->waiting, &one->link);
    e->waiting_count++;
    return one;
}

/* What the devices of the member that sent `one` have in common; 0 for who is in no view now. */
static uint64_t owner_of(const struct epoch *e, const struct epoch_waiting *one)
{
    int slot = epoch_view_slot(&e->views, one->from);

    return slot >= 0 ? e->views.devices[slot].owner : 0;
}

/* How many wait from the devices of that member. */
static size_t share_of(const struct epoch *e, uint64_t owner)
{
    size_t share = 0;

    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        share += owner_of(e, one) == owner;
    }
    return share;
}

/* The oldest of the member that has the most, of equal ones of who came first. */
static struct epoch_waiting *oldest_of_largest(const struct epoch *e)
{
    struct epoch_waiting *found = NULL;
    size_t largest = 0;

    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        size_t share = share_of(e, owner_of(e, one));
        if (share > largest) {
            largest = share;
            found = one;
        }
    }
    return found;
}

static bool is_member(const struct epoch *e, const uint8_t device[32])
{
    return e->current != NULL && epoch_view_has(e->current, epoch_view_slot(&e->views, device));
}

/* Where the views are counted that were asked for on the word of `from`, a member. */
static struct epoch_device *counter_of(const struct epoch *e, const uint8_t from[32])
{
    return &e->views.devices[epoch_view_first(&e->views, epoch_view_slot(&e->views, from))];
}

/* Within a minute: the owner may have lost it, and a copy that comes later asks again. */
static bool is_asked_for(const struct epoch *e, uint64_t now, const uint8_t view[32])
{
    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        if (one->has_asked && now - one->asked_ns < EPOCH_VIEW_ASKS_NS &&
            span_is_equal(span_of(one->view, 32), span_of(view, 32))) {
            return true;
        }
    }
    return false;
}

bool epoch_wait_ask(struct epoch_take *f, struct epoch_msg_ids log_heads)
{
    struct epoch *e = f->e;

    epoch_view_key(f->view, log_heads);
    f->lacks_view = true;
    if (!is_member(e, f->from)) {
        return false;
    }
    if (is_asked_for(e, f->now, f->view)) {
        return true;
    }
    struct epoch_device *counter = counter_of(e, f->from);
    if (f->now - counter->asks_since >= EPOCH_VIEW_ASKS_NS) {
        counter->asks = 0;
        counter->asks_since = f->now;
    }
    if (counter->asks >= EPOCH_VIEW_ASKS_MAX ||
        epoch_hint(e, EPOCH_VIEW, span_of(log_heads.bytes, log_heads.count * 32)) == NULL) {
        return false;
    }
    counter->asks++;
    return true;
}

/* What a try has found out about a message that goes on waiting. */
static void note(struct epoch_waiting *one, const struct epoch_take *f)
{
    one->asked_ns = f->has_asked && !one->has_asked ? f->now : one->asked_ns;
    one->has_asked = f->has_asked;
    one->is_proved = f->is_proved;
    one->lacks_view = f->lacks_view;
    one->lacks_parent = f->lacks_parent;
    memcpy(one->view, f->view, sizeof one->view);
}

int epoch_wait_for(struct epoch *e, const struct epoch_take *f)
{
    if (!is_member(e, f->from)) {
        return WAVU_ERR_LIMIT;
    }
    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        if (span_is_equal(span_of(one->bytes, one->len), f->message) &&
            span_is_equal(span_of(one->from, 32), span_of(f->from, 32))) {
            one->asked_ns = f->has_asked ? f->now : one->asked_ns;
            return WAVU_ERR_AGAIN; /* another's copy would go with that one's share */
        }
    }
    if (e->waiting_count >= EPOCH_WAITING_MAX) {
        drop(e, oldest_of_largest(e));
    }
    note(add(e, f->from, f->now, f->message), f);
    return WAVU_ERR_AGAIN;
}

bool epoch_wait_restore(struct epoch *e, const uint8_t from[32], uint64_t since,
                        struct span message)
{
    bool has_place = e->waiting_count < EPOCH_WAITING_MAX;

    if (has_place) {
        (void)add(e, from, since, message);
    }
    return has_place;
}

bool epoch_wait_retry(struct epoch *e, uint64_t now)
{
    struct epoch_waiting *next = NULL;
    bool has_come = false;

    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next) {
        struct epoch_take f = {.e = e,
                               .now = now,
                               .since = one->since,
                               .from = one->from,
                               .message = span_of(one->bytes, one->len),
                               .has_asked = one->has_asked,
                               .is_proved = one->is_proved};
        memcpy(f.view, one->view, sizeof f.view);
        int rc = now - one->since < EPOCH_GRAPH_KEEP_NS ? epoch_take_message(&f) : WAVU_ERR_TIMEOUT;
        next = next_of(e, one);
        note(one, &f);
        if (rc != WAVU_ERR_AGAIN) {
            has_come = has_come || f.has_news;
            drop(e, one);
        }
    }
    return has_come;
}

uint64_t epoch_wait_deadline(const struct epoch *e)
{
    const struct epoch_waiting *first = next_of(e, NULL); /* the oldest */
    uint64_t soonest = first != NULL ? first->since + EPOCH_GRAPH_KEEP_NS : UINT64_MAX;

    for (const struct epoch_waiting *one = first; one != NULL; one = next_of(e, one)) {
        uint64_t at = UINT64_MAX;
        if (one->lacks_parent) {
            at = one->since + EPOCH_ORPHAN_NS;
        } else if (one->lacks_view && !one->has_asked && is_member(e, one->from)) {
            at = counter_of(e, one->from)->asks_since + EPOCH_VIEW_ASKS_NS;
        }
        if (at > e->told_ns && at < soonest) {
            soonest = at;
        }
    }
    return soonest;
}
