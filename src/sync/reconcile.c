/*
 * Range-based reconciliation of two sets. Source: docs/protocol/repair.md.
 */
#include "sync/reconcile.h"

#include <string.h>

#include "base/check.h"

/* A frame that is being written. */
struct answer {
    struct reconcile *r;
    struct wr w;
    struct reconcile_set_bound written; /* where the last range ended */
    bool is_full;
    bool says_something;
};

static uint64_t rank_of(const struct reconcile *r, const struct reconcile_set_bound *bound)
{
    return reconcile_set_rank(r->set, bound);
}

void reconcile_init(struct reconcile *r, struct reconcile_set *set, const struct random *random)
{
    *r = (struct reconcile){.set = set, .random = random};
    buf_init(&r->in, RECONCILE_MSG_SIZE_MAX);
    buf_init(&r->out, RECONCILE_MSG_SIZE_MAX);
}

void reconcile_clear(struct reconcile *r)
{
    buf_clear(&r->in);
    buf_clear(&r->out);
}

/* ---- Saying ---- */

/* Write a range, and before it that nothing is said of what lies between. */
static void say(struct answer *a, const struct reconcile_msg_range *range)
{
    if (reconcile_set_compare_bounds(&a->written, &range->lower) < 0) {
        const struct reconcile_msg_range skip = {
            .lower = a->written, .upper = range->lower, .mode = RECONCILE_MSG_SKIP};
        reconcile_msg_write(&a->w, &skip);
    }
    reconcile_msg_write(&a->w, range);
    a->written = range->upper;
    a->says_something = true;
}

/* Room for one more range of any kind, and the two short ones that may stand around it. */
static bool has_room(const struct answer *a)
{
    return a->w.out.len - a->w.len >= RECONCILE_MSG_RANGE_MAX + 128;
}

static void say_fingerprint(struct answer *a, const struct reconcile_set_bound *lower,
                            const struct reconcile_set_bound *upper)
{
    struct reconcile_msg_range range = {
        .lower = *lower, .upper = *upper, .mode = RECONCILE_MSG_FINGERPRINT};
    struct reconcile_set_sum sum;

    reconcile_set_sum_of(a->r->set, rank_of(a->r, lower), rank_of(a->r, upper), &sum);
    reconcile_msg_fingerprint(range.fingerprint, &sum);
    say(a, &range);
}

/* The frame is full: one word about all that comes from here on. */
static void close_frame(struct answer *a, const struct reconcile_set_bound *from)
{
    const struct reconcile_set_bound end = {.is_end = true};

    say_fingerprint(a, from, &end);
    a->is_full = true;
}

static void say_list(struct answer *a, const struct reconcile_set_bound *lower,
                     const struct reconcile_set_bound *upper, uint64_t from, uint64_t to)
{
    uint8_t hints[RECONCILE_LIST_MAX * RECONCILE_MSG_HINT_SIZE];
    size_t len = 0;

    for (uint64_t i = from; i < to; i++, len += RECONCILE_MSG_HINT_SIZE) {
        memcpy(hints + len, reconcile_set_at(a->r->set, i)->id, RECONCILE_MSG_HINT_SIZE);
    }
    const struct reconcile_msg_range range = {
        .lower = *lower, .upper = *upper, .mode = RECONCILE_MSG_LIST, .hints = span_of(hints, len)};
    say(a, &range);
}

/* Say more of a range that differs: its items, or what its parts sum up to. Bounds are drawn anew
 * each time: who could make two sets look alike would have to know them. */
static void say_more(struct answer *a, const struct reconcile_set_bound *lower,
                     const struct reconcile_set_bound *upper)
{
    uint64_t from = rank_of(a->r, lower);
    uint64_t to = rank_of(a->r, upper);
    uint64_t count = to - from;

    if (count <= RECONCILE_LIST_MAX) {
        say_list(a, lower, upper, from, to);
        return;
    }
    uint64_t shift = random_below(a->r->random, count / RECONCILE_SPLIT);
    struct reconcile_set_bound low = *lower;

    for (uint64_t i = 1; i <= RECONCILE_SPLIT; i++) {
        struct reconcile_set_bound high = *upper;

        if (i < RECONCILE_SPLIT) {
            uint64_t rank = from + count * i / RECONCILE_SPLIT - shift;
            const struct reconcile_set_item before = *reconcile_set_at(a->r->set, rank - 1);

            high = reconcile_set_bound_between(&before, reconcile_set_at(a->r->set, rank));
        }
        if (!has_room(a)) {
            close_frame(a, &low);
            return;
        }
        say_fingerprint(a, &low, &high);
        low = high;
    }
}

/* ---- Hearing ---- */

static bool is_hinted(const uint8_t *id, const uint8_t *hint)
{
    return span_is_equal(span_of(id, RECONCILE_MSG_HINT_SIZE),
                         span_of(hint, RECONCILE_MSG_HINT_SIZE));
}

static bool has_hint(struct span hints, const uint8_t *id)
{
    for (size_t at = 0; at < hints.len; at += RECONCILE_MSG_HINT_SIZE) {
        if (is_hinted(id, hints.ptr + at)) {
            return true;
        }
    }
    return false;
}

/* Is an item of ranks [from, to) hinted at? */
static bool has_item(const struct reconcile *r, uint64_t from, uint64_t to, const uint8_t *hint)
{
    for (uint64_t i = from; i < to; i++) {
        if (is_hinted(reconcile_set_at(r->set, i)->id, hint)) {
            return true;
        }
    }
    return false;
}

/* The peer has these there, and nothing else: what of it is not here is wanted. */
static void hear_list(struct answer *a, const struct reconcile_msg_range *heard)
{
    uint8_t wanted[RECONCILE_MSG_LIST_MAX * RECONCILE_MSG_HINT_SIZE];
    size_t len = 0;
    uint64_t from = rank_of(a->r, &heard->lower);
    uint64_t to = rank_of(a->r, &heard->upper);

    for (size_t at = 0; at < heard->hints.len; at += RECONCILE_MSG_HINT_SIZE) {
        if (!has_item(a->r, from, to, heard->hints.ptr + at)) {
            memcpy(wanted + len, heard->hints.ptr + at, RECONCILE_MSG_HINT_SIZE);
            len += RECONCILE_MSG_HINT_SIZE;
        }
    }
    if (len > 0) {
        const struct reconcile_msg_range range = {.lower = heard->lower,
                                                  .upper = heard->upper,
                                                  .mode = RECONCILE_MSG_WANT,
                                                  .hints = span_of(wanted, len)};
        say(a, &range);
        a->r->barren = 0;
    }
}

/* Too much of ours lies in a range to look for each of the peer's hints in it. Of a range that it
 * lists more is said then; wants about such a range answer no list of ours. */
static bool is_too_wide(const struct reconcile *r, const struct reconcile_msg_range *heard)
{
    return heard->hints.len > 0 &&
           rank_of(r, &heard->upper) - rank_of(r, &heard->lower) > RECONCILE_SCAN_MAX;
}

static void hear(struct answer *a, const struct reconcile_msg_range *heard)
{
    uint8_t own[RECONCILE_MSG_FINGERPRINT_SIZE];
    struct reconcile_set_sum sum;

    switch (heard->mode) {
    case RECONCILE_MSG_SKIP:
    case RECONCILE_MSG_WANT:
        return;
    case RECONCILE_MSG_LIST:
        if (is_too_wide(a->r, heard)) {
            say_more(a, &heard->lower, &heard->upper);
        } else {
            hear_list(a, heard);
        }
        return;
    case RECONCILE_MSG_FINGERPRINT:
        reconcile_set_sum_of(a->r->set, rank_of(a->r, &heard->lower), rank_of(a->r, &heard->upper),
                             &sum);
        reconcile_msg_fingerprint(own, &sum);
        if (!span_is_equal(span_of(own, sizeof own),
                           span_of(heard->fingerprint, sizeof heard->fingerprint))) {
            say_more(a, &heard->lower, &heard->upper);
        }
        return;
    }
}

/* ---- Frames ---- */

static void open_frame(struct reconcile *r, struct answer *a)
{
    r->out.len = 0;
    CHECK(buf_reserve(&r->out, RECONCILE_MSG_SIZE_MAX) == 0);
    *a = (struct answer){.r = r};
    wr_init(&a->w, span_mut_of(r->out.ptr, RECONCILE_MSG_SIZE_MAX));
    reconcile_msg_begin(&a->w);
}

static void finish_frame(struct reconcile *r, struct answer *a)
{
    CHECK(wr_finish(&a->w) == 0);
    r->out.len = a->w.len;
    r->has_out = true;
    r->is_over = !a->says_something;
}

void reconcile_begin(struct reconcile *r)
{
    const struct reconcile_set_bound start = {0};
    const struct reconcile_set_bound end = {.is_end = true};
    struct answer a;

    CHECK(!r->has_begun);
    r->has_begun = true;
    open_frame(r, &a);
    say_more(&a, &start, &end);
    finish_frame(r, &a);
}

int reconcile_feed(struct reconcile *r, struct span frame)
{
    struct reconcile_msg_reader reader;
    struct reconcile_msg_range range;
    struct answer a;
    size_t heard = 0;

    if (r->is_over) {
        return WAVU_ERR_CLOSED;
    }
    if (r->has_out || r->told_of > 0 || r->has_range) {
        return WAVU_ERR_AGAIN;
    }
    if (r->barren == RECONCILE_BARREN_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc = reconcile_msg_open(&reader, frame);
    if (rc < 0) {
        return rc;
    }
    r->has_begun = true;
    r->barren++;
    if (rd_left(&reader.in) == 0) {
        r->is_over = true;
        return 0;
    }
    r->in.len = 0;
    CHECK(buf_append(&r->in, frame) == 0);
    CHECK(reconcile_msg_open(&r->reader, buf_span(&r->in)) == 0);
    reader = r->reader;
    open_frame(r, &a);
    while (!a.is_full && reconcile_msg_next(&reader, &range)) {
        if (has_room(&a)) {
            hear(&a, &range);
            heard++;
        } else {
            close_frame(&a, &range.lower);
        }
    }
    finish_frame(r, &a);
    r->told_of = heard;
    return 0;
}

/* ---- Items ---- */

/* Does the peer lack this one of ours, which lies in the range? */
static bool is_lacking(const struct reconcile_msg_range *range, const uint8_t *id)
{
    return has_hint(range->hints, id) == (range->mode == RECONCILE_MSG_WANT);
}

/* The next item of the range that the peer lacks. */
static bool next_of_range(struct reconcile *r, struct reconcile_set_item *item)
{
    uint64_t rank = rank_of(r, &r->cursor);
    uint64_t to = rank_of(r, &r->range.upper);

    for (; rank < to; rank++) {
        *item = *reconcile_set_at(r->set, rank);
        if (is_lacking(&r->range, item->id)) {
            r->cursor = reconcile_set_bound_at(item);
            /* Just behind it: the next id, or the next key behind the greatest id. */
            for (size_t i = sizeof r->cursor.id; i > 0 && ++r->cursor.id[i - 1] == 0; i--) {
                r->cursor.key += i == 1;
            }
            return true;
        }
    }
    return false;
}

static bool next_item(struct reconcile *r, struct reconcile_set_item *item)
{
    while (r->has_range || r->told_of > 0) {
        if (!r->has_range) {
            CHECK(reconcile_msg_next(&r->reader, &r->range));
            r->told_of--;
            r->has_range =
                (r->range.mode == RECONCILE_MSG_WANT || r->range.mode == RECONCILE_MSG_LIST) &&
                !is_too_wide(r, &r->range);
            r->cursor = r->range.lower;
        }
        if (r->has_range) {
            if (next_of_range(r, item)) {
                return true;
            }
            r->has_range = false;
        }
    }
    return false;
}

bool reconcile_next_event(struct reconcile *r, struct reconcile_event *event)
{
    *event = (struct reconcile_event){.kind = RECONCILE_DONE};
    if (r->has_out) {
        r->has_out = false;
        event->kind = RECONCILE_FRAME;
        event->frame = buf_span(&r->out);
        return true;
    }
    if (next_item(r, &event->item)) {
        r->barren = 0;
        event->kind = RECONCILE_SEND;
        return true;
    }
    if (r->is_over && !r->is_done) {
        r->is_done = true;
        return true;
    }
    return false;
}
