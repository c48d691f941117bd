/*
 * One node's calls for help on a store, with what it says and is told noted: for the tests of
 * chat/sos*.
 */
#ifndef TESTS_CHAT_SOS_WORLD_H
#define TESTS_CHAT_SOS_WORLD_H

#include "base/timers.h"
#include "chat/sos.h"
#include "tests/store/disk.h"

#define SOS_WORLD_SAID_MAX 8192

struct sos_world_said {
    uint32_t network;
    uint8_t member;
    enum sos_msg_kind kind;
    uint32_t number;
    uint8_t id[16];
    uint8_t message[16];
};

struct sos_world {
    struct disk disk;
    struct random_seeded seeded;
    struct random random;
    struct sos sos;
    uint64_t now;
    struct sos_world_said said[SOS_WORLD_SAID_MAX];
    size_t said_count;
    size_t posts[CONTENT_SOS_OVER + 1]; /* by kind */
    size_t news[SOS_REACHED + 1];
    int say_err; /* of all that is said; 0 */
    int post_err;
    uint8_t gone;    /* a member that has no device; 0: none */
    uint8_t blocked; /* a member; 0: none */
};

static inline int sos_world_say(void *context, uint32_t network, const uint8_t member[32],
                                struct span body, const uint8_t message[16])
{
    struct sos_world *w = context;
    struct sos_msg m;

    if (w->say_err != 0 || (w->gone != 0 && member[0] == w->gone)) {
        return w->say_err != 0 ? w->say_err : WAVU_ERR_NOT_FOUND;
    }
    assert_int_equal(sos_msg_read(&m, body), 0);
    assert_true(w->said_count < SOS_WORLD_SAID_MAX);
    struct sos_world_said *said = &w->said[w->said_count++];
    *said = (struct sos_world_said){
        .network = network, .member = member[0], .kind = m.kind, .number = m.number};
    memcpy(said->id, m.id, 16);
    memcpy(said->message, message, 16);
    return 0;
}

static inline int sos_world_post(void *context, uint32_t network, const struct content *content,
                                 uint8_t entry[32])
{
    struct sos_world *w = context;

    (void)network;
    if (w->post_err != 0) {
        return w->post_err;
    }
    assert_int_equal(content_check(content), 0);
    if (content->kind == CONTENT_SOS_OVER) {
        assert_int_equal(content->target[0], 0x77);
    }
    w->posts[content->kind]++;
    memset(entry, 0x77, 32);
    return 0;
}

static inline bool sos_world_is_blocked(void *context, uint32_t network, const uint8_t member[32])
{
    const struct sos_world *w = context;

    (void)network;
    return w->blocked != 0 && member[0] == w->blocked;
}

static inline void sos_world_event(void *context, const struct sos_event *event)
{
    struct sos_world *w = context;

    w->news[event->kind]++;
}

static inline void sos_world_open(struct sos_world *w)
{
    const struct sos_ops ops = {.say = sos_world_say,
                                .post = sos_world_post,
                                .is_blocked = sos_world_is_blocked,
                                .event = sos_world_event,
                                .context = w};

    assert_int_equal(sos_init(&w->sos, w->disk.store, &w->random, &ops), 0);
    sos_check(&w->sos);
}

static inline void sos_world_init(struct sos_world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    w->now = 1000 * TIMERS_SECOND;
    disk_start(&w->disk, seed, STORE_DISK);
    sos_world_open(w);
}

static inline void sos_world_clear(struct sos_world *w)
{
    sos_clear(&w->sos);
    disk_stop(&w->disk);
}

/* Another start, with what is on the disk. */
static inline void sos_world_again(struct sos_world *w)
{
    sos_clear(&w->sos);
    assert_int_equal(store_flush(w->disk.store), 0);
    disk_reopen(&w->disk);
    sos_world_open(w);
}

/* Time goes by; what is due is done when it is. */
static inline void sos_world_pass(struct sos_world *w, uint64_t seconds)
{
    uint64_t end = w->now + seconds * TIMERS_SECOND;

    while (sos_deadline(&w->sos) <= end) {
        w->now = sos_deadline(&w->sos) > w->now ? sos_deadline(&w->sos) : w->now;
        sos_tick(&w->sos, w->now);
        sos_check(&w->sos);
        assert_true(sos_deadline(&w->sos) > w->now);
    }
    w->now = end;
}

/* Call members 1 to `count` of network 1, with a room or without. */
static inline const struct sos_own *sos_world_call(struct sos_world *w, size_t count, bool has_room)
{
    static struct sos_target targets[SOS_TARGETS_MAX];
    static const uint32_t room = 1;
    const struct content content = {
        .kind = CONTENT_SOS, .text = UNIT_TEXT("help"), .unix_ms = 1700000000000};
    const struct sos_own *own = NULL;

    for (size_t i = 0; i < count; i++) {
        targets[i] = (struct sos_target){.network = 1};
        targets[i].member[0] = (uint8_t)(i + 1);
        targets[i].member[1] = (uint8_t)((i + 1) >> 8);
    }
    const struct sos_wish wish = {.content = &content,
                                  .targets = targets,
                                  .target_count = count,
                                  .rooms = &room,
                                  .room_count = has_room ? 1 : 0,
                                  .unix_ms = 1700000000000};
    assert_int_equal(sos_call(&w->sos, w->now, &wish, &own), 0);
    sos_check(&w->sos);
    return own;
}

/* Member `who` of network 1 says something: what sos_take answers. */
static inline int sos_world_hear(struct sos_world *w, uint8_t who, enum sos_msg_kind kind,
                                 const uint8_t id[16], uint32_t number)
{
    const struct content content = {.kind = CONTENT_SOS, .text = UNIT_TEXT("help")};
    uint8_t member[32] = {who};
    const struct sos_from from = {.network = 1, .member = member, .unix_ms = 1700000000000};
    struct sos_msg m = {.kind = kind, .number = number};
    uint8_t bytes[64];
    uint8_t space[SOS_MSG_SIZE_MAX];
    struct wr c;
    struct wr out;

    wr_init(&c, span_mut_of(bytes, sizeof bytes));
    content_write(&c, &content);
    m.content = wr_span(&c);
    memcpy(m.id, id, 16);
    wr_init(&out, span_mut_of(space, sizeof space));
    sos_msg_write(&out, &m);
    int rc = sos_take(&w->sos, w->now, &from, wr_span(&out));
    sos_check(&w->sos);
    return rc;
}

/* The courier says that member `who` has what it was told last. */
static inline void sos_world_delivered(struct sos_world *w, uint8_t who, bool is_lost)
{
    uint8_t member[32] = {who};

    for (size_t i = w->said_count; i > 0; i--) {
        if (w->said[i - 1].member == who && w->said[i - 1].kind == SOS_MSG_CALL) {
            sos_fate(&w->sos, 1, member, w->said[i - 1].message, !is_lost, is_lost);
            return;
        }
    }
    fail_msg("nothing was said");
}

static inline size_t sos_world_count(const struct sos_world *w, uint8_t who, enum sos_msg_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < w->said_count; i++) {
        count += w->said[i].member == who && w->said[i].kind == kind ? 1 : 0;
    }
    return count;
}

#endif
