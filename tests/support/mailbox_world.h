/*
 * Nodes with mailboxes and stores, and links between them that carry what the mailboxes say at
 * once: for tests. Envelopes are made up: their sealed part begins with their token.
 */
#ifndef TESTS_SUPPORT_MAILBOX_WORLD_H
#define TESTS_SUPPORT_MAILBOX_WORLD_H

#include "courier/mailbox.h"
#include "tests/support/rows.h"

#define MAILBOX_WORLD_NODES 40
#define MAILBOX_WORLD_TOKENS 64

struct mailbox_world_node {
    struct mailbox box;
    struct rows rows; /* 'm' rows, 'b' bodies, 't' tags, 'd' done */
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    uint8_t tag[ENVELOPE_TAG_SIZE];
    bool is_up;
    bool is_deaf; /* a recipient whose disk dies: it reads, and never says so */
    uint8_t was_read[MAILBOX_WORLD_TOKENS][ENVELOPE_TOKEN_SIZE];
    size_t read_count;
    size_t held;   /* MAILBOX_HELD heard */
    size_t opened; /* MAILBOX_OPENED heard */
};

struct mailbox_world {
    struct mailbox_world_node nodes[MAILBOX_WORLD_NODES];
    size_t count;
    struct random_seeded seeded;
    struct random random;
    uint64_t now;
    bool links[MAILBOX_WORLD_NODES][MAILBOX_WORLD_NODES];
    uint8_t owners[MAILBOX_WORLD_NODES]; /* whose device a node is; 0: its own */
    size_t gives;                        /* envelopes that went over a link */
};

void mailbox_world_init(struct mailbox_world *w, size_t count, uint64_t bytes);
void mailbox_world_clear(struct mailbox_world *w);

struct mailbox_world_mail {
    uint8_t head[ENVELOPE_HEAD_SIZE];
    uint8_t sealed[4096];
    struct envelope e;
    size_t size;
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t name[ENVELOPE_NAME_SIZE];
};

/** An envelope for `to`, with `len` bytes sealed (16 or more), a fresh token and all copies. */
void mailbox_world_make(struct mailbox_world *w, struct mailbox_world_mail *mail, size_t to,
                        enum envelope_class class_number, size_t len);

/** `from` gives `mail` to `at` (itself: it wrote it), which stores it when it takes it. */
enum mailbox_answer mailbox_world_give(struct mailbox_world *w, size_t at, size_t from,
                                       const struct mailbox_world_mail *mail);

/** Link or part two nodes; then everything that follows happens. */
void mailbox_world_link(struct mailbox_world *w, size_t a, size_t b, bool is_linked);
void mailbox_world_pump(struct mailbox_world *w);
void mailbox_world_tick(struct mailbox_world *w, uint64_t ns);

/** Forget the machine and load it from what was committed. */
void mailbox_world_restart(struct mailbox_world *w, size_t node);

/** Copies of `mail` at all nodes together, and how many hold it. */
size_t mailbox_world_copies(struct mailbox_world *w, const struct mailbox_world_mail *mail,
                            size_t *holders);

bool mailbox_world_has_read(const struct mailbox_world *w, size_t node,
                            const struct mailbox_world_mail *mail);

#endif
