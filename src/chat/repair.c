/*
 * A talk about what is missing. Source: docs/protocol/room.md, "Repair".
 */
#include "chat/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define NS_A_SECOND UINT64_C(1000000000)
#define HEAD_MAX 64 /* of a frame, before its items */

/* A chain that is being given: what comes next of it. */
struct repair_cursor {
    uint32_t device;
    uint64_t sequence;
    uint64_t number;
    bool is_fork; /* given whole, behind all others: it may be long, and the same each time */
};

/* A question of the peer. */
struct repair_job {
    struct list link;
    uint8_t room[32];
    struct history_at since;
    bool is_refused;   /* it is not known that the peer came in */
    struct buf answer; /* CHAINS that goes before what is given, or empty */
    uint64_t *numbers; /* owned: entries asked for by name */
    size_t number_count;
    struct repair_cursor *cursors; /* owned */
    size_t cursor_count;
};

struct repair {
    struct repair_config config;
    bool is_ours;
    struct repair_ask ask;
    bool has_begun;
    bool has_ended;   /* there is no more to be asked for by name */
    unsigned open;    /* questions of ours that are not answered */
    unsigned heard;   /* questions of the peer, ever */
    unsigned unknown; /* frames of a newer wavu */
    unsigned rounds;  /* of asking by name */
    size_t took_before;
    size_t walk;        /* over rooms whose contents are asked for */
    uint64_t bare_from; /* in the one behind it */
    struct history_room *bare;
    size_t barren;
    size_t given; /* bytes */
    struct list jobs;
    size_t job_count;
    uint8_t (*rooms)[32]; /* owned: that the peer's hashes differ of */
    size_t room_count;
    size_t room_at;
    bool is_comparing; /* the peer's ROOMS is not answered yet */
    bool is_cut;       /* and there were more of them */
    struct repair_result result;
};

static bool is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    return span_is_equal(span_of(a, len), span_of(b, len));
}

/* ---- Rooms and rows ---- */

static struct history_room *room_of(const struct repair *r, const uint8_t *id)
{
    struct history_room *room = history_room(r->config.history, id);

    return room == NULL || room->kind == HISTORY_DIRECT ? NULL : room;
}

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

/* Append a frame of up to `size` bytes that `w` has been begun for. */
static int begin_frame(struct buf *out, size_t size, struct wr *w)
{
    int rc = buf_reserve(out, size);

    if (rc == 0) {
        wr_init(w, span_mut_of(out->ptr + out->len, size));
    }
    return rc;
}

static int end_frame(struct buf *out, const struct wr *w)
{
    int rc = wr_finish(w);

    out->len += rc == 0 ? w->len : 0;
    return rc;
}

/* How far all chains of a room are here. */
static int say_chains(struct repair *r, struct history_room *room, struct buf *out)
{
    struct wr w;
    size_t count = 0;
    int rc = history_open(r->config.history, room);

    if (rc < 0) {
        return rc;
    }
    const struct room_device **all = devices_of(room, &count);

    rc = begin_frame(out, HEAD_MAX + count * REPAIR_MSG_ROW_SIZE_MAX, &w);
    if (rc == 0) {
        write_head(&w, room, 0);
        for (size_t i = 0; i < count; i++) {
            const struct repair_msg_row row = row_of(all[i]);

            if (i == 0 || !is_same(all[i - 1]->device, all[i]->device, 8)) {
                repair_msg_write_row(&w, &row);
            }
        }
        rc = end_frame(out, &w);
        r->open++;
    }
    mem_free(all);
    return rc;
}

/* ---- What the peer lacks ---- */

/* A comparison of the peer's chains with ours. */
struct repair_diff {
    struct repair *r;
    const struct history_room *room;
    struct repair_job *job;
    const struct room_device **ours;
    size_t count;
    struct wr answer; /* rows of what we lack */
    bool is_only;     /* devices that the peer does not name are none of its questions */
    bool is_again;    /* chains are alike and the rooms are not: forked ones are given whole */
    size_t lacks;     /* chains of which we lack something */
};

static void give_behind(struct repair_diff *d, const struct room_device *ours, uint64_t sequence)
{
    const struct history_device *device = history_device_of(d->room->history, ours->device);

    CHECK(device != NULL && d->job->cursor_count < d->count);
    d->job->cursors[d->job->cursor_count++] = (struct repair_cursor){
        .device = device->number, .sequence = sequence, .number = UINT64_MAX};
}

static void ask_behind(struct repair_diff *d, const uint8_t device[8], uint64_t sequence,
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
static int is_ours(const struct repair_diff *d, const struct room_device *ours,
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

static int compare_one(struct repair_diff *d, const struct room_device *ours,
                       const struct repair_msg_row *theirs)
{
    static const uint8_t none[4];
    const int is_alike = is_ours(d, ours, theirs);

    if (is_alike < 0) {
        return is_alike;
    }
    if (is_alike == 0 || (d->is_again && (ours->is_forked || theirs->is_forked))) {
        give_behind(d, ours, 0); /* a fork: all of it */
        d->job->cursors[d->job->cursor_count - 1].is_fork = true;
        ask_behind(d, ours->device, 0, none);
    } else if (theirs->sequence < ours->sequence) {
        give_behind(d, ours, theirs->sequence);
    } else if (theirs->sequence > ours->sequence) {
        ask_behind(d, ours->device, ours->sequence, ours->last);
    }
    return 0;
}

/* Both lists ascend: walk them side by side. */
static int compare_all(struct repair_diff *d, struct span rows)
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

static int compare(struct repair_diff *d, const struct repair_msg *m)
{
    uint8_t hash[8];
    int rc = compare_all(d, m->items);

    history_hash(d->room, hash);
    if (rc == 0 && !d->is_only && d->job->cursor_count == 0 && d->lacks == 0 &&
        !is_same(hash, m->hash, sizeof hash)) {
        d->is_again = true;
        rc = compare_all(d, m->items);
    }
    return rc;
}

static void free_job(struct repair_job *job)
{
    buf_clear(&job->answer);
    mem_free(job->numbers);
    mem_free(job->cursors);
    mem_free(job);
}

/* What the peer may have of a room. */
static int begin_job(struct repair *r, const struct history_room *room, struct repair_job **out)
{
    struct repair_job *job = mem_new(sizeof *job);
    int rc = history_give_since(room, r->config.device, r->config.member, &job->since);

    buf_init(&job->answer, REPAIR_MSG_SIZE_MAX);
    memcpy(job->room, room->id, sizeof job->room);
    job->is_refused = rc == WAVU_ERR_NOT_FOUND;
    if (job->is_refused) {
        r->result.is_unjoined = true;
        memcpy(r->result.room, room->id, sizeof r->result.room);
        rc = 0;
    }
    if (rc < 0) {
        free_job(job);
        return rc;
    }
    *out = job;
    return 0;
}

static void queue_job(struct repair *r, struct repair_job *job)
{
    list_push_back(&r->jobs, &job->link);
    r->job_count++;
}

/* The answer, with what it lacks, and what is given: as long as they turned out to be. */
static int compare_chains(struct repair_diff *d, const struct repair_msg *m)
{
    struct repair_job *job = d->job;
    struct buf answer; /* a row for each of the peer's at most */
    const size_t size = HEAD_MAX + m->items.len / REPAIR_MSG_ROW_SIZE_MIN * REPAIR_MSG_ROW_SIZE_MAX;

    buf_init(&answer, size);
    d->ours = devices_of(d->room, &d->count);
    job->cursors = mem_new_array(d->count + 1, sizeof *job->cursors);
    int rc = begin_frame(&answer, size, &d->answer);

    if (rc == 0) {
        write_head(&d->answer, d->room, REPAIR_ONLY);
        rc = compare(d, m);
    }
    if (rc == 0 && d->lacks > 0) {
        rc = end_frame(&answer, &d->answer);
        rc = rc < 0 ? rc : buf_append(&job->answer, buf_span(&answer));
    }
    buf_clear(&answer);
    mem_free(d->ours);
    job->cursors = mem_resize(job->cursors, (job->cursor_count + 1) * sizeof *job->cursors);
    return rc;
}

static int hear_chains(struct repair *r, const struct repair_msg *m)
{
    struct history_room *room = room_of(r, m->room);
    struct repair_diff d = {.r = r, .room = room, .is_only = (m->flags & REPAIR_ONLY) != 0};

    if (room == NULL) {
        queue_job(r, mem_new(sizeof *d.job)); /* nothing, and that is said */
        return 0;
    }
    int rc = history_open(r->config.history, room);

    rc = rc < 0 ? rc : begin_job(r, room, &d.job);
    if (rc < 0) {
        return rc;
    }
    rc = compare_chains(&d, m);
    if (rc < 0) {
        free_job(d.job);
        return rc;
    }
    queue_job(r, d.job);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int hear_want(struct repair *r, const struct repair_msg *m)
{
    const struct history_room *room = room_of(r, m->room);
    struct history_place place;
    struct repair_job *job = NULL;
    int rc = 0;

    if (room == NULL) {
        queue_job(r, mem_new(sizeof *job));
        return 0;
    }
    rc = begin_job(r, room, &job);
    if (rc < 0) {
        return rc;
    }
    job->numbers = mem_new_array(m->count + 1, sizeof *job->numbers);
    for (size_t i = 0; rc == 0 && i < m->count; i++) {
        rc = history_find(room, m->items.ptr + 32 * i, &place);
        if (rc == 0) {
            job->numbers[job->number_count++] = place.number;
        }
        rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    }
    if (rc < 0) {
        free_job(job);
        return rc;
    }
    qsort(job->numbers, job->number_count, sizeof *job->numbers, by_number);
    queue_job(r, job);
    return 0;
}

/* Rooms of which the peer has something else. */
static int hear_rooms(struct repair *r, const struct repair_msg *m)
{
    struct history_room *room = NULL;

    if (r->is_comparing || r->rooms != NULL) {
        return WAVU_ERR_PROTO; /* once is enough */
    }
    r->rooms = mem_new_array(REPAIR_ROOMS_MAX, sizeof *r->rooms);
    r->is_comparing = true;
    for (size_t at = 0; (room = history_next_room(r->config.history, &at)) != NULL;) {
        uint8_t hash[8];
        bool is_equal = room->kind == HISTORY_DIRECT;

        history_hash(room, hash);
        for (size_t i = 0; !is_equal && i < m->count; i++) {
            is_equal = is_same(m->items.ptr + 16 * i, room->id, 8) &&
                       is_same(m->items.ptr + 16 * i + 8, hash, 8);
        }
        if (!is_equal && r->room_count == REPAIR_ROOMS_MAX) {
            r->is_cut = true;
        } else if (!is_equal) {
            memcpy(r->rooms[r->room_count++], room->id, 32);
        }
    }
    return 0;
}

static int hear_value(struct repair *r, const struct repair_msg *m)
{
    if (r->open == 0) {
        return WAVU_ERR_PROTO; /* nobody asked */
    }
    int rc = r->config.user.take(r->config.user.context, m->stored, m->age_s);

    if (rc == 0) {
        r->result.took++;
        r->barren = 0;
    } else if (rc == WAVU_ERR_EXISTS || rc == WAVU_ERR_LIMIT) {
        rc = r->barren++ < REPAIR_BARREN_MAX ? 0 : WAVU_ERR_LIMIT;
    }
    return rc;
}

static int hear_done(struct repair *r, const struct repair_msg *m)
{
    if (r->open == 0) {
        return WAVU_ERR_PROTO;
    }
    r->open--;
    r->result.is_more |= (m->flags & REPAIR_MORE) != 0;
    return 0;
}

int repair_feed(struct repair *r, struct span frame)
{
    struct repair_msg m;
    int rc = repair_msg_read(&m, frame);

    if (rc == WAVU_ERR_UNSUPPORTED) {
        return r->unknown++ < REPAIR_UNKNOWN_MAX ? 0 : WAVU_ERR_LIMIT;
    }
    if (rc < 0) {
        return rc;
    }
    if (m.kind == REPAIR_VALUE) {
        return hear_value(r, &m);
    }
    if (m.kind == REPAIR_DONE) {
        return hear_done(r, &m);
    }
    if (r->job_count == REPAIR_JOBS_MAX || r->heard++ == REPAIR_ASKED_MAX) {
        return WAVU_ERR_LIMIT;
    }
    return m.kind == REPAIR_CHAINS ? hear_chains(r, &m)
           : m.kind == REPAIR_WANT ? hear_want(r, &m)
                                   : hear_rooms(r, &m);
}

/* ---- Out ---- */

static int say_done(struct buf *out, bool is_more)
{
    struct wr w;
    int rc = begin_frame(out, HEAD_MAX, &w);

    if (rc == 0) {
        repair_msg_write(
            &w, &(struct repair_msg){.kind = REPAIR_DONE, .flags = is_more ? REPAIR_MORE : 0});
        rc = end_frame(out, &w);
    }
    return rc;
}

static int say_rooms(struct repair *r, struct buf *out)
{
    const struct history_room *room = NULL;
    struct wr w;
    int rc = begin_frame(out, HEAD_MAX + 16 * (r->config.history->rooms.count + 1), &w);

    if (rc < 0) {
        return rc;
    }
    repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_ROOMS});
    for (size_t at = 0; (room = history_next_room(r->config.history, &at)) != NULL;) {
        uint8_t hash[8];

        if (room->kind != HISTORY_DIRECT) {
            history_hash(room, hash);
            wr_bytes(&w, span_of(room->id, 8));
            wr_bytes(&w, span_of(hash, sizeof hash));
        }
    }
    r->open++;
    return end_frame(out, &w);
}

static int say_names(struct repair *r, const struct history_room *room,
                     uint8_t (*ids)[ENTRY_ID_SIZE], size_t count, struct buf *out)
{
    struct wr w;
    int rc = begin_frame(out, HEAD_MAX + count * ENTRY_ID_SIZE, &w);

    if (rc == 0) {
        repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_WANT, .room = room->id});
        wr_bytes(&w, span_of(ids[0], count * ENTRY_ID_SIZE));
        rc = end_frame(out, &w);
        r->open++;
    }
    return rc;
}

static bool is_about(const struct repair *r, const struct history_room *room)
{
    return room->kind != HISTORY_DIRECT &&
           (!r->ask.has_room || is_same(room->id, r->ask.room, sizeof room->id));
}

/* What entries here wait for, by name. NOT_FOUND: for nothing, or for what the peer has not. */
static int say_missing(struct repair *r, struct buf *out)
{
    uint8_t ids[REPAIR_MSG_IDS_MAX][ENTRY_ID_SIZE];
    const struct history_room *room = NULL;
    const bool is_barren = r->rounds > 0 && r->took_before == r->result.took;

    r->took_before = r->result.took;
    for (size_t at = 0; !is_barren && (room = history_next_room(r->config.history, &at)) != NULL;) {
        size_t count = room->graph != NULL && is_about(r, room)
                           ? room_missing(room->graph, ids, REPAIR_MSG_IDS_MAX)
                           : 0;

        if (count > 0) {
            r->rounds++;
            return say_names(r, room, ids, count, out);
        }
    }
    return WAVU_ERR_NOT_FOUND;
}

/* Contents that are missing here, of one room after the other. */
static int say_bare(struct repair *r, struct buf *out)
{
    uint8_t ids[REPAIR_MSG_IDS_MAX][ENTRY_ID_SIZE];
    const bool is_own = is_same(r->config.member, r->config.history->config.member, 32);

    do {
        size_t count = 0;
        int rc = r->bare == NULL || !is_about(r, r->bare)
                     ? 0
                     : history_give_bare(r->bare, is_own, &r->bare_from, ids, REPAIR_MSG_IDS_MAX,
                                         &count);

        if (rc < 0) {
            return rc;
        }
        if (count > 0) {
            r->rounds++;
            return say_names(r, r->bare, ids, count, out);
        }
        r->bare_from = 0;
        r->bare = history_next_room(r->config.history, &r->walk);
    } while (r->bare != NULL);
    return WAVU_ERR_NOT_FOUND;
}

static int say_want(struct repair *r, struct buf *out)
{
    int rc =
        r->rounds >= REPAIR_ROUNDS_MAX || r->has_ended ? WAVU_ERR_NOT_FOUND : say_missing(r, out);

    if (rc == WAVU_ERR_NOT_FOUND && r->rounds < REPAIR_ROUNDS_MAX && !r->has_ended) {
        rc = say_bare(r, out);
    }
    r->has_ended |= rc == WAVU_ERR_NOT_FOUND;
    return rc;
}

/* Forked chains behind the others; else whose next entry came here first. */
static bool comes_before(const struct repair_cursor *a, const struct repair_cursor *b)
{
    return a->is_fork != b->is_fork ? b->is_fork : a->number < b->number;
}

/* The chain whose turn it is gives its next entry. */
static int next_of_chains(const struct history_room *room, struct repair_job *job, uint64_t *number)
{
    size_t best = job->cursor_count;

    for (size_t i = 0; i < job->cursor_count;) {
        struct repair_cursor *c = &job->cursors[i];
        int rc = 0;

        if (c->number == UINT64_MAX) { /* behind all at `sequence` */
            rc = history_give_next(room, c->device, &c->sequence, &c->number);
        }
        if (rc == WAVU_ERR_NOT_FOUND) {
            *c = job->cursors[--job->cursor_count];
            best = job->cursor_count; /* what was moved may have been the best: look again */
            i = 0;
            continue;
        }
        if (rc < 0) {
            return rc;
        }
        if (best == job->cursor_count || comes_before(c, &job->cursors[best])) {
            best = i;
        }
        i++;
    }
    if (best == job->cursor_count) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct repair_cursor *c = &job->cursors[best];

    *number = c->number;
    int rc = history_give_next(room, c->device, &c->sequence, &c->number);

    if (rc == WAVU_ERR_NOT_FOUND) {
        *c = job->cursors[--job->cursor_count];
        rc = 0;
    }
    return rc;
}

static int next_number(const struct history_room *room, struct repair_job *job, uint64_t *number)
{
    if (job->number_count == 0) {
        return next_of_chains(room, job, number);
    }
    *number = job->numbers[0]; /* few: 64 at most */
    memmove(job->numbers, job->numbers + 1, --job->number_count * sizeof *job->numbers);
    return 0;
}

static int say_value(struct repair *r, const struct history_room *room,
                     const struct repair_job *job, uint64_t number, struct buf *out)
{
    static const size_t size = HEAD_MAX + ENTRY_STORED_SIZE_MAX;
    const struct history_give_to to = {.device = r->config.device,
                                       .since = job->since,
                                       .now_s = r->config.user.lasting(r->config.user.context) /
                                                NS_A_SECOND};
    uint8_t *space = mem_new_raw(ENTRY_STORED_SIZE_MAX);
    struct wr stored;
    struct wr w;
    uint64_t age_s = 0;

    wr_init(&stored, span_mut_of(space, ENTRY_STORED_SIZE_MAX));
    int rc = history_give_entry(room, number, &to, &age_s, &stored);

    rc = rc < 0 ? rc : begin_frame(out, size, &w);
    if (rc == 0) {
        repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_VALUE, .age_s = age_s});
        wr_bytes(&w, wr_span(&stored));
        rc = end_frame(out, &w);
        r->given += w.len;
        r->result.gave++;
    }
    mem_free(space);
    return rc;
}

/* The next frame of the first question of the peer. */
static int work(struct repair *r, struct buf *out)
{
    struct repair_job *job = LIST_OF(list_next(&r->jobs, &r->jobs), struct repair_job, link);
    const struct history_room *room = room_of(r, job->room);
    uint64_t number = 0;
    bool is_more = false;
    int rc = WAVU_ERR_NOT_FOUND;

    if (job->answer.len > 0) {
        rc = buf_append(out, buf_span(&job->answer));
        job->answer.len = 0;
        r->open++;
        return rc;
    }
    if (room != NULL && !job->is_refused) {
        rc = next_number(room, job, &number);
        is_more = rc == 0 && r->given >= REPAIR_GIVE_MAX;
    }
    if (rc == 0 && !is_more) {
        return say_value(r, room, job, number, out);
    }
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        return rc;
    }
    list_remove(&job->link);
    r->job_count--;
    free_job(job);
    r->result.is_more |= is_more;
    return say_done(out, is_more);
}

/* One room after the other, each when the one before is done. */
static int compare_rooms(struct repair *r, struct buf *out)
{
    while (r->room_at < r->room_count) {
        struct history_room *room = room_of(r, r->rooms[r->room_at++]);

        if (room != NULL) {
            return say_chains(r, room, out);
        }
    }
    r->is_comparing = false;
    return say_done(out, r->is_cut);
}

static int begin(struct repair *r, struct buf *out)
{
    struct history_room *room = r->ask.has_room ? room_of(r, r->ask.room) : NULL;

    r->has_begun = true;
    return room == NULL ? say_rooms(r, out) : say_chains(r, room, out);
}

int repair_pull(struct repair *r, struct buf *out)
{
    if (r->is_ours && !r->has_begun) {
        return begin(r, out);
    }
    if (r->job_count > 0) {
        return work(r, out);
    }
    if (r->is_comparing && r->open == 0) {
        return compare_rooms(r, out);
    }
    if (!r->is_ours || r->open > 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = say_want(r, out);

    return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CLOSED : rc;
}

/* ---- Life ---- */

struct repair *repair_new(const struct repair_config *config)
{
    struct repair *r = mem_new(sizeof *r);

    r->config = *config;
    r->config.ask = NULL; /* copied */
    r->is_ours = config->ask != NULL;
    if (r->is_ours) {
        r->ask = *config->ask;
    }
    list_init(&r->jobs);
    return r;
}

void repair_free(struct repair *r)
{
    struct list *l = NULL;

    if (r == NULL) {
        return;
    }
    while ((l = list_pop_front(&r->jobs)) != NULL) {
        free_job(LIST_OF(l, struct repair_job, link));
    }
    mem_free(r->rooms);
    mem_free(r);
}

void repair_what(const struct repair *r, struct repair_result *out)
{
    *out = r->result;
}
