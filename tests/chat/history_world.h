/*
 * Members of one network, each with histories on a store of its own, for the tests of
 * chat/history*.
 */
#ifndef TESTS_CHAT_HISTORY_WORLD_H
#define TESTS_CHAT_HISTORY_WORLD_H

#include "chat/history.h"
#include "chat/history_cut.h"
#include "chat/history_due.h"
#include "chat/history_view.h"
#include "crypto/hash.h"
#include "tests/store/disk.h"

#define HISTORY_WORLD_NODES_MAX 6
#define HISTORY_WORLD_SECOND UINT64_C(1000000000)

/* What somebody said, as others get it. */
struct history_world_said {
    uint8_t *bytes; /* owned: stored form */
    size_t len;
    uint8_t id[32];
    size_t author;
};

struct history_world_node {
    struct disk disk;
    struct history history;
    struct ed25519_pair pair;
    uint8_t member[32];
    size_t counts[HISTORY_MANY + 1]; /* events, by kind */
    struct history_event last[HISTORY_MANY + 1];
};

struct history_world {
    struct random_seeded seeded;
    struct random random;
    uint8_t network[32];
    uint8_t group[32]; /* room's id */
    struct history_world_node nodes[HISTORY_WORLD_NODES_MAX];
    size_t node_count;
    struct history_world_said *said;
    size_t said_count;
    size_t said_cap;
    uint64_t now;
};

static inline void history_world_open(struct history_world *w, size_t i)
{
    struct history_world_node *n = &w->nodes[i];
    struct history_config config = {
        .store = n->disk.store, .random = &w->random, .signer = &signer_ed25519};

    memcpy(config.network, w->network, 32);
    memcpy(config.founder, w->nodes[0].member, 32);
    memcpy(config.member, n->member, 32);
    memcpy(config.device, n->pair.public_key, 32);
    assert_int_equal(history_begin(&n->history, &config), 0);
}

static inline void history_world_init(struct history_world *w, size_t nodes, uint64_t seed,
                                      enum store_kind kind)
{
    *w = (struct history_world){
        .node_count = nodes, .network = {9}, .now = 1000 * HISTORY_WORLD_SECOND};
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    for (size_t i = 0; i < nodes; i++) {
        uint8_t secret[ED25519_SEED_SIZE];

        random_fill(&w->random, secret, sizeof secret);
        ed25519_from_seed(&w->nodes[i].pair, secret);
        w->nodes[i].member[0] = (uint8_t)(i + 1);
        disk_start(&w->nodes[i].disk, seed + i, kind);
        history_world_open(w, i);
    }
    signer_id(w->group, "wavu room main 1", span_of(w->network, 32));
}

static inline void history_world_clear(struct history_world *w)
{
    for (size_t i = 0; i < w->node_count; i++) {
        history_check(&w->nodes[i].history);
        history_clear(&w->nodes[i].history);
        disk_stop(&w->nodes[i].disk);
    }
    for (size_t k = 0; k < w->said_count; k++) {
        mem_free(w->said[k].bytes);
    }
    mem_free(w->said);
}

static inline struct history_room *history_world_room(struct history_world *w, size_t i)
{
    struct history_room *room = history_room(&w->nodes[i].history, w->group);

    assert_non_null(room);
    return room;
}

/* What was written is on the disk. */
static inline void history_world_commit(struct history_world *w, size_t i)
{
    assert_int_equal(store_flush(w->nodes[i].disk.store), 0);
}

/* Close in order, or lose power; then start again. */
static inline void history_world_restart(struct history_world *w, size_t i, bool is_crash)
{
    struct history_world_node *n = &w->nodes[i];

    history_check(&n->history);
    history_clear(&n->history);
    if (is_crash) {
        disk_crash(&n->disk);
    } else {
        disk_reopen(&n->disk);
    }
    history_world_open(w, i);
}

/* The power goes while it writes; then start again with what is there. */
static inline void history_world_tear(struct history_world *w, size_t i)
{
    struct history_world_node *n = &w->nodes[i];

    sim_files_fail(n->disk.host, random_below(&w->random, 60), SIM_DISK_FOR_EVER);
    int rc = store_flush(n->disk.store);

    assert_true(rc == 0 || rc == WAVU_ERR_IO);
    history_world_restart(w, i, true);
}

static inline void history_world_drain(struct history_world_node *n)
{
    struct history_event event;

    while (history_next_event(&n->history, &event)) {
        n->counts[event.kind]++;
        n->last[event.kind] = event;
    }
}

/* Sign what `e` says as node `i`; nobody is fed. */
static inline size_t history_world_sign(struct history_world *w, size_t i, struct entry *e)
{
    uint8_t *bytes = mem_new(ENTRY_STORED_SIZE_MAX);
    struct wr out;

    random_fill(&w->random, e->salt, sizeof e->salt);
    e->has_content = true;
    assert_int_equal(entry_sign(e, w->network, &signer_ed25519, &w->nodes[i].pair), 0);
    wr_init(&out, span_mut_of(bytes, ENTRY_STORED_SIZE_MAX));
    assert_int_equal(entry_write(&out, e), 0);
    assert_int_equal(wr_finish(&out), 0);
    if (w->said_count == w->said_cap) {
        w->said_cap = w->said_cap == 0 ? 64 : 2 * w->said_cap;
        w->said = mem_resize(w->said, w->said_cap * sizeof *w->said);
    }
    struct history_world_said *said = &w->said[w->said_count];

    *said = (struct history_world_said){
        .bytes = mem_resize(bytes, out.len), .len = out.len, .author = i};
    entry_id(said->id, e, w->network);
    return w->said_count++;
}

static inline int history_world_feed_aged(struct history_world *w, size_t i, size_t k,
                                          uint64_t age_s)
{
    struct history_world_node *n = &w->nodes[i];
    struct entry e;

    assert_int_equal(entry_read(&e, span_of(w->said[k].bytes, w->said[k].len)), 0);
    assert_int_equal(entry_verify(&e, w->network, &signer_ed25519), 0);
    const struct history_said said = {
        .entry = &e, .member = w->nodes[w->said[k].author].member, .age_s = age_s};
    int rc = history_feed(&n->history, w->now, &said);

    history_world_drain(n);
    return rc;
}

static inline int history_world_feed(struct history_world *w, size_t i, size_t k)
{
    return history_world_feed_aged(w, i, k, 0);
}

/* Node `i` says that in `room`; it has it itself. Returns its place in `said`. */
static inline size_t history_world_write(struct history_world *w, size_t i, const uint8_t room[32],
                                         const struct content *c, uint64_t expiry)
{
    static uint8_t bytes[CONTENT_SIZE_MAX];
    struct entry e = {.expiry = expiry};
    struct wr out;

    assert_int_equal(content_check(c), 0);
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    content_write(&out, c);
    e.content = wr_span(&out);
    assert_int_equal(history_draft(&w->nodes[i].history, room, &e), 0);
    size_t k = history_world_sign(w, i, &e);

    assert_int_equal(history_world_feed(w, i, k), 0);
    return k;
}

static inline size_t history_world_text(struct history_world *w, size_t i, const char *text)
{
    const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};

    return history_world_write(w, i, w->group, &c, 0);
}

/* Node `i` says something of a message: an edit, a deletion, a reaction. */
static inline size_t history_world_about(struct history_world *w, size_t i, size_t target,
                                         enum content_kind kind, const char *text)
{
    const struct content c = {.kind = kind,
                              .text = kind == CONTENT_EDIT ? span_from_text(text) : span_empty(),
                              .emoji =
                                  kind == CONTENT_REACTION ? span_from_text(text) : span_empty(),
                              .target = w->said[target].id};

    return history_world_write(w, i, w->group, &c, 0);
}

/* Give everything to everybody, in the order of its making. */
static inline void history_world_share(struct history_world *w)
{
    for (size_t i = 0; i < w->node_count; i++) {
        for (size_t k = 0; k < w->said_count; k++) {
            int rc = history_world_feed(w, i, k);

            assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
        }
        history_world_commit(w, i);
    }
}

#endif
