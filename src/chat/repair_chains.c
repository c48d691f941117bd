/*
 * Chains, compared and given. A part of chat/repair.h. Source: docs/protocol/room.md, "Repair".
 */
#include "chat/repair_chains.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static bool is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    return span_is_equal(span_of(a, len), span_of(b, len));
}

/* ---- Ours ---- */

static int by_key(const void *a, const void *b)
{
    const struct room_device *const *x = a;
    const struct room_device *const *y = b;

    return span_compare(span_of((*x)->device, 32), span_of((*y)->device, 32));
}

/* Devices of which something is here, by ascending key. Freed by the caller. */
static const struct room_device **devices_of(const struct history_room *room, size_t *count)
{
    const struct map *devices = &room->graph->devices;
    const struct room_device **all = mem_new_array(devices->count + 1, sizeof *all);
    const struct room_device *d = NULL;

    *count = 0;
    for (size_t at = 0; (d = map_next(devices, &at)) != NULL;) {
        if (d->sequence > 0) {
            all[(*count)++] = d;
        }
    }
    qsort(all, *count, sizeof *all, by_key);
    return all;
}

static struct repair_msg_row row_of(const struct room_device *d)
{
    struct repair_msg_row row = {.sequence = d->sequence, .is_forked = d->is_forked};

    memcpy(row.device, d->device, sizeof row.device);
    memcpy(row.id, d->last, sizeof row.id);
    return row;
}

static void write_head(struct wr *w, const struct history_room *room, uint8_t flags)
{
    uint8_t hash[8];

    history_hash(room, hash);
    repair_msg_write(w, &(struct repair_msg){
                            .kind = REPAIR_CHAINS, .flags = flags, .room = room->id, .hash = hash});
}

int repair_chains_write(const struct history_room *room, uint8_t flags, struct buf *out)
{
    size_t count = 0;
    const struct room_device **all = devices_of(room, &count);
    struct wr w;
    int rc = repair_msg_begin(out, REPAIR_MSG_HEAD_MAX + count * REPAIR_MSG_ROW_SIZE_MAX, &w);

    if (rc == 0) {
        write_head(&w, room, flags);
        for (size_t i = 0; i < count; i++) {
            const struct repair_msg_row row = row_of(all[i]);

            if (i == 0 || !is_same(all[i - 1]->device, all[i]->device, 8)) {
                repair_msg_write_row(&w, &row);
            }
        }
        rc = repair_msg_end(out, &w);
    }
    mem_free(all);
    return rc;
}

/* ---- Theirs ---- */

/* A comparison of the peer's chains with ours. */
struct chains_diff {
    const struct history_room *room;
    struct repair_chains *given;
    const struct room_device **ours;
    size_t count;
    struct wr answer; /* rows of what we lack */
    bool is_only;     /* devices that the peer does not name are none of its questions */
    bool is_again;    /* chains are alike and the rooms are not: forked ones are given whole */
    size_t lacks;     /* chains of which we lack something */
};

static void give_behind(struct chains_diff *d, const struct room_device *ours, uint64_t sequence)
{
    const struct history_device *device = history_device_of(d->room->history, ours->device);

    CHECK(device != NULL && d->given->count < d->count);
    d->given->cursors[d->given->count++] = (struct repair_chains_cursor){
        .device = device->number, .sequence = sequence, .number = UINT64_MAX};
}

static void ask_behind(struct chains_diff *d, const uint8_t device[8], uint64_t sequence,
                       const uint8_t id[4])
{
    struct repair_msg_row row = {.sequence = sequence};

    if (d->is_only) {
        return; /* it has been told */
    }
    memcpy(row.device, device, sizeof row.device);
    memcpy(row.id, id, sizeof row.id);
    repair_msg_write_row(&d->answer, &row);
    d->lacks++;
}

/* Is what the peer has last of that device in our chain? 1, 0, or an error. */
static int is_ours(const struct chains_diff *d, const struct room_device *ours,
                   const struct repair_msg_row *theirs)
{
    const struct history_device *device = history_device_of(d->room->history, ours->device);
    uint8_t id[32];

    if (theirs->sequence == 0 || theirs->sequence > ours->sequence) {
        return 1; /* the peer judges that */
    }
    if (theirs->sequence == ours->sequence) {
        return is_same(ours->last, theirs->id, sizeof theirs->id);
    }
    int rc = device == NULL ? WAVU_ERR_CORRUPT
                            : history_view_said(d->room, device->number, theirs->sequence, id);

    return rc < 0 ? rc : is_same(id, theirs->id, sizeof theirs->id);
}

static int compare_one(struct chains_diff *d, const struct room_device *ours,
                       const struct repair_msg_row *theirs)
{
    static const uint8_t none[4];
    const int is_alike = is_ours(d, ours, theirs);

    if (is_alike < 0) {
        return is_alike;
    }
    if (is_alike == 0 || (d->is_again && (ours->is_forked || theirs->is_forked))) {
        give_behind(d, ours, 0); /* a fork: all of it */
        d->given->cursors[d->given->count - 1].is_fork = true;
        ask_behind(d, ours->device, 0, none);
    } else if (theirs->sequence < ours->sequence) {
        give_behind(d, ours, theirs->sequence);
    } else if (theirs->sequence > ours->sequence) {
        ask_behind(d, ours->device, ours->sequence, ours->last);
    }
    return 0;
}

/* Both lists ascend: walk them side by side. */
static int compare_all(struct chains_diff *d, struct span rows)
{
    static const uint8_t none[4];
    struct repair_msg_row theirs;
    struct rd r;
    size_t i = 0;
    int rc = 0;

    rd_init(&r, rows);
    bool has_row = repair_msg_next(&r, &theirs);

    while (rc == 0 && (has_row || i < d->count)) {
        const int order = !has_row        ? -1
                          : i == d->count ? 1
                                          : span_compare(span_of(d->ours[i]->device, 8),
                                                         span_of(theirs.device, 8));

        if (order < 0 && !d->is_only) {
            give_behind(d, d->ours[i], 0);
        } else if (order > 0) {
            ask_behind(d, theirs.device, 0, none);
        } else if (order == 0) {
            rc = compare_one(d, d->ours[i], &theirs);
        }
        i += order <= 0;
        has_row = order >= 0 ? repair_msg_next(&r, &theirs) : has_row;
    }
    return rc;
}

static int compare(struct chains_diff *d, const struct repair_msg *m)
{
    uint8_t hash[8];
    int rc = compare_all(d, m->items);

    history_hash(d->room, hash);
    if (rc == 0 && !d->is_only && d->given->count == 0 && d->lacks == 0 &&
        !is_same(hash, m->hash, sizeof hash)) {
        d->is_again = true;
        rc = compare_all(d, m->items);
    }
    return rc;
}

int repair_chains_compare(const struct history_room *room, const struct repair_msg *m,
                          struct repair_chains *given, struct buf *answer)
{
    /* A row for each of the peer's at most. */
    const size_t size =
        REPAIR_MSG_HEAD_MAX + m->items.len / REPAIR_MSG_ROW_SIZE_MIN * REPAIR_MSG_ROW_SIZE_MAX;
    struct chains_diff d = {.room = room, .given = given, .is_only = (m->flags & REPAIR_ONLY) != 0};
    struct buf space;

    buf_init(&space, size);
    d.ours = devices_of(room, &d.count);
    given->cursors = mem_new_array(d.count + 1, sizeof *given->cursors);
    int rc = repair_msg_begin(&space, size, &d.answer);

    if (rc == 0) {
        write_head(&d.answer, room, REPAIR_ONLY);
        rc = compare(&d, m);
    }
    if ((m->flags & REPAIR_TELL) != 0) {
        given->count = 0; /* another time */
    }
    if (rc == 0 && d.lacks > 0) {
        rc = repair_msg_end(&space, &d.answer);
        rc = rc < 0 ? rc : buf_append(answer, buf_span(&space));
    }
    buf_clear(&space);
    mem_free(d.ours);
    given->cursors = mem_resize(given->cursors, (given->count + 1) * sizeof *given->cursors);
    return rc;
}

/* ---- Given ---- */

/* Forked chains behind the others; else whose next entry came here first. */
static bool comes_before(const struct repair_chains_cursor *a, const struct repair_chains_cursor *b)
{
    return a->is_fork != b->is_fork ? b->is_fork : a->number < b->number;
}

/* The chain whose turn it is gives its next entry. */
int repair_chains_next(const struct history_room *room, struct repair_chains *given,
                       uint64_t *number)
{
    size_t best = given->count;

    for (size_t i = 0; i < given->count;) {
        struct repair_chains_cursor *c = &given->cursors[i];
        int rc = 0;

        if (c->number == UINT64_MAX) { /* behind all at `sequence` */
            rc = history_give_next(room, c->device, &c->sequence, &c->number);
        }
        if (rc == WAVU_ERR_NOT_FOUND) {
            *c = given->cursors[--given->count];
            best = given->count; /* what was moved may have been the best: look again */
            i = 0;
            continue;
        }
        if (rc < 0) {
            return rc;
        }
        if (best == given->count || comes_before(c, &given->cursors[best])) {
            best = i;
        }
        i++;
    }
    if (best == given->count) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct repair_chains_cursor *c = &given->cursors[best];

    *number = c->number;
    int rc = history_give_next(room, c->device, &c->sequence, &c->number);

    if (rc == WAVU_ERR_NOT_FOUND) {
        *c = given->cursors[--given->count];
        rc = 0;
    }
    return rc;
}

void repair_chains_clear(struct repair_chains *given)
{
    mem_free(given->cursors);
    *given = (struct repair_chains){.count = 0};
}
