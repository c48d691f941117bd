/*
 * People of rooms, and what is between them, for rooms_world.h: broadcasts and messages that wait
 * to be carried, talks.
 */
#ifndef TESTS_CHAT_ROOMS_PEOPLE_H
#define TESTS_CHAT_ROOMS_PEOPLE_H

#include "chat/rooms_repair.h"

#include "chat/history_has.h"

#include "port/files.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "tests/support/broadcasts.h"
#include "tests/support/members_world.h"

#define NODES 4
#define MAIL_MAX 4096
#define LINES_MAX 64

struct mail {
    size_t from;
    size_t to; /* NODES: all */
    bool has[NODES];
    size_t names_len; /* of the names of the entries in it, behind the bytes */
    size_t len;
    uint8_t bytes[];
};

static inline struct span names_of(const struct mail *m)
{
    return span_of(m->bytes + m->len, m->names_len);
}

/* A talk between two, while it is carried. */
struct line {
    size_t from;
    size_t to;
    struct rooms_talk *ends[2];
};

struct node {
    struct sim_host *host;
    struct port *port;
    struct store *store;
    struct network network;
    struct rooms *rooms;
    uint8_t member[32];
    struct buf published[EPOCHS_PUBLISHED]; /* what it has in the shared state */
    bool is_away;
    bool is_ready;
    bool is_held;  /* the mesh has no room for it */
    size_t said;   /* broadcasts that were tried */
    size_t placed; /* what it was told, in all its lives */
    size_t many;
    size_t asked[NODES]; /* talks that it began, with each */
};

static struct sim *sim;
static struct members_world people;
static struct node nodes[NODES];
static struct aead *aead;
static struct mail *mails[MAIL_MAX];
static size_t mail_count;
static struct line lines[LINES_MAX];
static size_t line_count;
static size_t carried; /* bytes in talks */
static struct rooms_metrics counted;

static inline size_t place_of(const struct node *n)
{
    return (size_t)(n - nodes);
}

static inline const uint8_t *device_of(size_t i)
{
    return people.persons[i].devices[0].pair.public_key;
}

static inline struct history_room *main_of(size_t i)
{
    uint8_t id[32];
    rooms_main(nodes[i].rooms, id);
    return history_room(rooms_history(nodes[i].rooms), id);
}

/* The mesh keeps nothing for node `i` of what was said until now. */
static inline void lose(size_t i)
{
    for (size_t k = 0; k < mail_count; k++) {
        mails[k]->has[i] |= mails[k]->to == NODES;
    }
}

static inline void post(size_t from, size_t to, struct span names, struct span bytes)
{
    assert_true(mail_count < MAIL_MAX);
    struct mail *m = mem_new(sizeof *m + bytes.len + names.len);
    m->from = from;
    m->to = to;
    m->len = bytes.len;
    memcpy(m->bytes, bytes.ptr, bytes.len);
    if (names.len > 0) {
        m->names_len = names.len;
        memcpy(m->bytes + bytes.len, names.ptr, names.len);
    }
    mails[mail_count++] = m;
}

static inline int on_say(void *context, struct span names, struct span bytes)
{
    struct node *n = context;
    n->said++;
    if (n->is_held) {
        return WAVU_ERR_AGAIN;
    }
    post(place_of(context), NODES, names, bytes);
    return 0;
}

static inline void on_publish(void *context, enum epochs_published what, struct span value)
{
    struct node *n = context;
    buf_clear(&n->published[what]);
    assert_int_equal(buf_append(&n->published[what], value), 0);
}

static inline void on_tell(void *context, const uint8_t device[32], bool is_ask, struct span bytes)
{
    (void)is_ask;
    for (size_t i = 0; i < NODES; i++) {
        if (memcmp(device_of(i), device, 32) == 0) {
            post(place_of(context), i, span_empty(), bytes);
        }
    }
}

static inline void on_event(void *context, const struct history_event *event)
{
    struct node *n = context;
    n->placed += event->kind == HISTORY_PLACED ? 1 : 0;
    n->many += event->kind == HISTORY_MANY ? 1 : 0;
}

static inline void on_ready(void *context, bool is_ready)
{
    struct node *n = context;
    n->is_ready = is_ready;
}

/* The other end is there at once; frames are carried by carry_lines. */
static inline int on_talk(void *context, const uint8_t device[32], const struct repair_ask *ask)
{
    size_t from = place_of(context);
    for (size_t to = 0; to < NODES; to++) {
        if (memcmp(device_of(to), device, 32) != 0) {
            continue;
        }
        if (nodes[to].rooms == NULL || nodes[to].is_away || nodes[from].is_away ||
            line_count == LINES_MAX) {
            return WAVU_ERR_NOT_FOUND;
        }
        struct line *l = &lines[line_count];
        l->from = from;
        l->to = to;
        l->ends[0] = rooms_repair_talk(nodes[from].rooms, device, ask);
        l->ends[1] = rooms_repair_talk(nodes[to].rooms, device_of(from), NULL);
        if (l->ends[0] == NULL || l->ends[1] == NULL) {
            for (size_t k = 0; k < 2; k++) {
                if (l->ends[k] != NULL) {
                    rooms_repair_end(l->ends[k], false);
                }
            }
            return WAVU_ERR_DENIED;
        }
        line_count++;
        nodes[from].asked[to]++;
        return 0;
    }
    return WAVU_ERR_NOT_FOUND;
}

static inline void end_line(size_t k, bool in_order)
{
    struct line l = lines[k];
    lines[k] = lines[--line_count];
    rooms_repair_end(l.ends[0], in_order);
    rooms_repair_end(l.ends[1], in_order);
}

/* One frame of one end to the other. False: there was none. */
static inline bool carry_frame(struct line *l, size_t from, int *rc)
{
    struct buf frame;
    buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    *rc = rooms_repair_pull(l->ends[from], &frame);
    bool has_frame = *rc == 0;
    if (has_frame) {
        carried += frame.len;
        *rc = rooms_repair_feed(l->ends[1 - from], buf_span(&frame));
        if (*rc == WAVU_ERR_AGAIN) { /* as behind a commit */
            assert_int_equal(store_flush(nodes[from == 0 ? l->to : l->from].store), 0);
            *rc = rooms_repair_feed(l->ends[1 - from], buf_span(&frame));
        }
    }
    buf_clear(&frame);
    return has_frame;
}

static inline void carry_line(size_t k)
{
    struct line *l = &lines[k];
    int rc = 0;
    bool goes_on = true;
    while (goes_on) {
        goes_on = carry_frame(l, 0, &rc);
        if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
            end_line(k, rc == WAVU_ERR_CLOSED);
            return;
        }
        goes_on |= carry_frame(l, 1, &rc);
        if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
            end_line(k, false);
            return;
        }
    }
}

static inline void carry_lines(void)
{
    for (size_t k = line_count; k-- > 0;) {
        if (nodes[lines[k].from].is_away || nodes[lines[k].to].is_away) {
            end_line(k, false);
        } else {
            carry_line(k);
        }
    }
}

#endif
