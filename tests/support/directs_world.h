/*
 * Devices of three persons with direct chats, each on a store of its own, joined by a courier that
 * the test carries by hand: for the tests of chat/directs*. One world at a time.
 */
#ifndef TESTS_SUPPORT_DIRECTS_WORLD_H
#define TESTS_SUPPORT_DIRECTS_WORLD_H

#include "chat/directs.h"
#include "chat/directs_state.h"
#include "chat/history_view.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define DIRECTS_WORLD_NODES 5 /* 0 and 1 are Amina's, 2 and 3 Baraka's, 4 Chiku's */
#define DIRECTS_WORLD_PERSONS 3
#define DIRECTS_WORLD_MAILS 4096

struct directs_world_mail {
    size_t from;
    size_t to;
    uint8_t message[ENVELOPE_ID_SIZE];
    bool is_done; /* taken, or lost */
    bool is_lost;
    size_t len;
    uint8_t *bytes; /* owned */
};

struct directs_world_node {
    struct sim_host *host;
    struct port *port;
    struct store *store;
    struct history history;
    struct directs *directs;
    uint8_t device[32];
    uint8_t member[32];
    bool is_gone;   /* its person was put out */
    bool is_away;   /* nothing reaches it */
    bool is_behind; /* its courier's store is */
    bool is_full;   /* its courier takes no order */
    size_t placed;
    size_t reads; /* courier_read was called */
    size_t states[OUTBOX_READ + 1];
};

struct directs_world {
    struct sim *sim;
    struct directs_world_node nodes[DIRECTS_WORLD_NODES];
    struct directs_world_mail mails[DIRECTS_WORLD_MAILS];
    size_t mail_count;
    size_t carried;
    uint8_t network[32];
};

extern struct directs_world directs_world_one;

/* The tests of a file are one after the other. */
static struct directs_world *const w = &directs_world_one;

const uint8_t *directs_world_member(size_t person);

void directs_world_start(uint64_t seed);
void directs_world_stop(void);

/** Node `i` goes down in order and comes up again. */
void directs_world_again(size_t i);

/** Let time pass; nothing is carried meanwhile. */
void directs_world_run(uint64_t ns);

/** Bring that body of one node to another, and nothing else. What the handler says. */
int directs_world_hand(size_t from, size_t to, const uint8_t message[ENVELOPE_ID_SIZE],
                       struct span body);

/** Everything that waits for who is there arrives, and what is said meanwhile. */
void directs_world_carry(void);

/** What waits is lost for good: it has expired. */
void directs_world_lose(void);

/** Node `i` says that to a person. */
int directs_world_say_content(size_t i, size_t person, const struct content *c, uint8_t id[32]);
void directs_world_text(size_t i, size_t person, const char *text);

/** The chat of node `i` with a person, or NULL. */
struct history_room *directs_world_room(size_t i, size_t person);

/** Its texts in its order, a space behind each; "gone" for what is. */
void directs_world_read_all(size_t i, size_t person, char *out, size_t size);

static inline void directs_world_expect(size_t i, size_t person, const char *expected)
{
    static char text[65536];
    directs_world_read_all(i, person, text, sizeof text);
    assert_string_equal(text, expected);
}

#endif
