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

/* How many wait from `from`. */
static size_t share_of(const struct epoch *e, const uint8_t from[32])
{
    size_t share = 0;

    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        share += span_is_equal(span_of(one->from, 32), span_of(from, 32));
    }
    return share;
}

/* The oldest of the sender that has the most, of equal ones of who came first. */
static struct epoch_waiting *oldest_of_largest(const struct epoch *e)
{
    struct epoch_waiting *found = NULL;
    size_t largest = 0;

    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        size_t share = share_of(e, one->from);
        if (share > largest) {
            largest = share;
            found = one;
        }
    }
    return found;
}

int epoch_wait_for(struct epoch *e, const struct epoch_take *f)
{
    if (e->current == NULL || !epoch_view_has(e->current, epoch_view_slot(&e->views, f->from))) {
        return WAVU_ERR_LIMIT;
    }
    for (struct epoch_waiting *one = next_of(e, NULL); one != NULL; one = next_of(e, one)) {
        if (span_is_equal(span_of(one->bytes, one->len), f->message) &&
            span_is_equal(span_of(one->from, 32), span_of(f->from, 32))) {
            return WAVU_ERR_AGAIN; /* another's copy would go with that one's share */
        }
    }
    if (e->waiting_count >= EPOCH_WAITING_MAX) {
        drop(e, oldest_of_largest(e));
    }
    struct epoch_waiting *one = add(e, f->from, f->now, f->message);
    one->has_asked = f->has_asked;
    one->is_proved = f->is_proved;
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
                               .from = one->from,
                               .message = span_of(one->bytes, one->len),
                               .has_asked = one->has_asked,
                               .is_proved = one->is_proved};
        int rc = now - one->since < EPOCH_GRAPH_KEEP_NS ? epoch_take_message(&f) : WAVU_ERR_TIMEOUT;
        next = next_of(e, one);
        one->has_asked = f.has_asked;
        one->is_proved = f.is_proved;
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

    return first != NULL ? first->since + EPOCH_GRAPH_KEEP_NS : UINT64_MAX;
}
