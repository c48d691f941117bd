/*
 * A talk about what is missing. Source: docs/protocol/room.md, "Repair".
 */
#include "chat/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/repair_chains.h"

#define NS_A_SECOND UINT64_C(1000000000)

/* A question of the peer. */
struct repair_job {
    struct list link;
    uint8_t room[32];
    struct history_at since;
    struct history_give_known known;
    bool is_refused;   /* it is not known that the peer came in */
    struct buf answer; /* CHAINS that goes before what is given, or empty */
    uint64_t *numbers; /* owned: entries asked for by name */
    size_t number_count;
    struct repair_chains chains;
};

/* Since when the peer may have what is said in a room: a walk of thousands of rows. */
struct repair_since {
    const struct history_room *room;
    struct history_at at;
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
    size_t walk; /* over rooms whose contents are asked for */
    struct history_room *bare;
    bool is_walking;      /* and has begun with them */
    unsigned scans;       /* in vain */
    unsigned bare_rounds; /* of asking for them of which none came, in a row */
    size_t bare_before;   /* what had come before the last of them */
    size_t barren;
    size_t given; /* bytes */
    struct list jobs;
    size_t job_count;
    uint8_t (*rooms)[32]; /* owned: that the peer's hashes differ of */
    size_t room_count;
    size_t room_at;
    bool is_comparing;                           /* the peer's ROOMS is not answered yet */
    bool is_cut;                                 /* and there were more of them */
    struct history_room *taking;                 /* what is missing there is asked for here alone */
    struct repair_since since[REPAIR_ROOMS_MAX]; /* found in this talk, the oldest gives way */
    size_t since_count;
    struct repair_result result;
};

static bool is_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    return span_is_equal(span_of(a, len), span_of(b, len));
}

static struct history_room *room_of(const struct repair *r, const uint8_t *id)
{
    struct history_room *room = history_room(r->config.history, id);

    return room == NULL || room->kind == HISTORY_DIRECT ? NULL : room;
}

static void stop_asking(struct repair *r)
{
    if (r->taking != NULL && r->taking->taker == r) {
        r->taking->taker = NULL;
    }
    r->taking = NULL;
}

/* May what is missing in the room be asked for here? Of one at a time, or all would give the
 * same; but one that brings nothing keeps nobody else from it. */
static bool may_ask(struct repair *r, struct history_room *room)
{
    const uint64_t now = r->config.user.lasting(r->config.user.context);

    if (room->taker != NULL && room->taker != r && now < room->taker_until) {
        r->result.is_put_off = !r->config.is_pressing;
        return r->config.is_pressing; /* beside the other */
    }
    if (r->taking != room) {
        stop_asking(r);
    }
    if (room->taker != r) { /* to ask once more is nothing new */
        room->taker_end = now + REPAIR_TAKER_NS_MAX;
        room->taker_until = now + REPAIR_TAKER_NS;
    }
    room->taker = r;
    r->taking = room;
    return true;
}

/* Something new has come. */
static void keep_asking(struct repair *r)
{
    struct history_room *room = r->taking;

    if (room != NULL && room->taker == r) {
        const uint64_t until = r->config.user.lasting(r->config.user.context) + REPAIR_TAKER_NS;

        room->taker_until = until < room->taker_end ? until : room->taker_end;
    }
}

/* How far all chains of a room are here. */
static int say_chains(struct repair *r, struct history_room *room, struct buf *out)
{
    int rc = history_open(r->config.history, room);

    rc = rc < 0 ? rc : repair_chains_write(room, may_ask(r, room) ? 0 : REPAIR_TELL, out);
    r->open += rc == 0;
    return rc;
}

/* ---- What the peer lacks ---- */

static void free_job(struct repair_job *job)
{
    buf_clear(&job->answer);
    mem_free(job->numbers);
    repair_chains_clear(&job->chains);
    mem_free(job);
}

/* Once in a talk: a peer asks for a few bytes as often as it likes. */
static int find_since(struct repair *r, const struct history_room *room, struct history_at *at)
{
    struct repair_since *since = &r->since[r->since_count % REPAIR_ROOMS_MAX];

    for (size_t i = 0; i < r->since_count && i < REPAIR_ROOMS_MAX; i++) {
        if (r->since[i].room == room) {
            *at = r->since[i].at;
            return 0;
        }
    }
    int rc = history_give_since(room, r->config.device, r->config.member, at);

    if (rc == 0) {
        *since = (struct repair_since){.room = room, .at = *at};
        r->since_count++;
    }
    return rc;
}

/* What the peer may have of a room. */
static int begin_job(struct repair *r, const struct history_room *room, struct repair_job **out)
{
    struct repair_job *job = mem_new(sizeof *job);
    int rc = find_since(r, room, &job->since);

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

static int hear_chains(struct repair *r, const struct repair_msg *m)
{
    struct history_room *room = room_of(r, m->room);
    struct repair_job *job = NULL;

    if (room == NULL) {
        queue_job(r, mem_new(sizeof *job)); /* nothing, and that is said */
        return 0;
    }
    int rc = history_open(r->config.history, room);

    rc = rc < 0 ? rc : begin_job(r, room, &job);
    if (rc < 0) {
        return rc;
    }
    rc = repair_chains_compare(room, m, &job->chains, &job->answer);
    if (rc < 0) {
        free_job(job);
        return rc;
    }
    queue_job(r, job);
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
        keep_asking(r);
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
    if (--r->open == 0) {
        stop_asking(r);
    }
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
    int rc = repair_msg_begin(out, REPAIR_MSG_HEAD_MAX, &w);

    if (rc == 0) {
        repair_msg_write(
            &w, &(struct repair_msg){.kind = REPAIR_DONE, .flags = is_more ? REPAIR_MORE : 0});
        rc = repair_msg_end(out, &w);
    }
    return rc;
}

static int say_rooms(struct repair *r, struct buf *out)
{
    const struct history_room *room = NULL;
    struct wr w;
    int rc =
        repair_msg_begin(out, REPAIR_MSG_HEAD_MAX + 16 * (r->config.history->rooms.count + 1), &w);

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
    return repair_msg_end(out, &w);
}

static int say_names(struct repair *r, const struct history_room *room,
                     uint8_t (*ids)[ENTRY_ID_SIZE], size_t count, struct buf *out)
{
    struct wr w;
    int rc = repair_msg_begin(out, REPAIR_MSG_HEAD_MAX + count * ENTRY_ID_SIZE, &w);

    if (rc == 0) {
        repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_WANT, .room = room->id});
        wr_bytes(&w, span_of(ids[0], count * ENTRY_ID_SIZE));
        rc = repair_msg_end(out, &w);
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

/* The room where asking for contents goes on. NULL: there is none any more. */
static struct history_room *next_bare(struct repair *r)
{
    struct history *h = r->config.history;
    struct repair_bare *bare = &r->result.bare;

    if (!r->is_walking) { /* where another talk left off */
        r->is_walking = true;
        while ((r->bare = history_next_room(h, &r->walk)) != NULL &&
               !is_same(r->bare->id, bare->room, sizeof bare->room)) {
        }
        if (r->bare != NULL) {
            return r->bare;
        }
        r->walk = 0;
    }
    r->bare = history_next_room(h, &r->walk);
    memset(bare->room, 0, sizeof bare->room);
    bare->from = 0;
    if (r->bare != NULL) {
        memcpy(bare->room, r->bare->id, sizeof bare->room);
    }
    return r->bare;
}

/* Contents that are missing here, of one room after the other, while some come. */
static int say_bare(struct repair *r, struct buf *out)
{
    uint8_t ids[REPAIR_MSG_IDS_MAX][ENTRY_ID_SIZE];
    const bool is_own = is_same(r->config.member, r->config.history->config.member, 32);
    struct repair_result *what = &r->result;

    if (what->bare_asked > 0) {
        r->bare_rounds = what->took == r->bare_before ? r->bare_rounds + 1 : 0;
        what->bare_took += what->took - r->bare_before;
    }
    while (what->bare.is_due && r->bare_rounds < REPAIR_BARE_MAX && r->scans < REPAIR_SCANS_MAX) {
        size_t count = 0;
        int rc = r->bare == NULL || r->bare->kind == HISTORY_DIRECT
                     ? 0
                     : history_give_bare(r->bare, is_own, &what->bare.from, ids, REPAIR_MSG_IDS_MAX,
                                         &count);

        if (rc < 0) {
            return rc;
        }
        if (rc == 0 && count == 0 && next_bare(r) == NULL) {
            what->is_bare_done = true;
            what->bare.is_due = false;
        }
        r->scans += rc == 1 && count == 0;
        if (count > 0) {
            r->rounds++;
            r->bare_before = what->took;
            what->bare_asked += count;
            return say_names(r, r->bare, ids, count, out);
        }
    }
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

static int next_number(const struct history_room *room, struct repair_job *job, uint64_t *number)
{
    if (job->number_count == 0) {
        return repair_chains_next(room, &job->chains, number);
    }
    *number = job->numbers[0]; /* few: 64 at most */
    memmove(job->numbers, job->numbers + 1, --job->number_count * sizeof *job->numbers);
    return 0;
}

static int say_value(struct repair *r, const struct history_room *room, struct repair_job *job,
                     uint64_t number, struct buf *out)
{
    static const size_t size = REPAIR_MSG_HEAD_MAX + ENTRY_STORED_SIZE_MAX;
    const struct history_give_to to = {.device = r->config.device,
                                       .since = job->since,
                                       .now_s = r->config.user.lasting(r->config.user.context) /
                                                NS_A_SECOND,
                                       .known = &job->known};
    uint8_t *space = mem_new_raw(ENTRY_STORED_SIZE_MAX);
    struct wr stored;
    struct wr w;
    uint64_t age_s = 0;

    wr_init(&stored, span_mut_of(space, ENTRY_STORED_SIZE_MAX));
    int rc = history_give_entry(room, number, &to, &age_s, &stored);

    rc = rc < 0 ? rc : repair_msg_begin(out, size, &w);
    if (rc == 0) {
        repair_msg_write(&w, &(struct repair_msg){.kind = REPAIR_VALUE, .age_s = age_s});
        wr_bytes(&w, wr_span(&stored));
        rc = repair_msg_end(out, &w);
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
    struct history_room *room = room_of(r, job->room);
    uint64_t number = 0;
    bool is_more = false;
    int rc = WAVU_ERR_NOT_FOUND;

    if (job->answer.len > 0 && !may_ask(r, room)) {
        job->answer.len = 0;
    }
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
    r->result.bare = config->bare;
    r->result.bare.is_due &= !r->ask.has_room;
    list_init(&r->jobs);
    return r;
}

void repair_free(struct repair *r)
{
    struct list *l = NULL;

    if (r == NULL) {
        return;
    }
    stop_asking(r);
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
