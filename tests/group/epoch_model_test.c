/*
 * Random schedules against what must hold: 3 to 30 devices, parts of the network, messages lost and
 * doubled and late, crashes with slow disks, members who come and go, changes at any time.
 *
 * - Nobody reads an entry under an epoch whose members it is not among.
 * - When all is whole again, everybody has every entry that it is entitled to: from its ciphertext,
 *   or handed on in its stored form by one who has it, verified.
 * - No (key, nonce) pair ever seals twice: a recorder stands in for the AEAD.
 * - And then the group still works: each member writes, all read.
 */
#include "tests/base/unit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/check.h"
#include "tests/support/group_world.h"

#define RECORDS_MAX (1u << 20) /* a power of two; twice as many as any run seals */

static uint8_t (*records)[32]; /* SHA-256 of kind, key and nonce: an open hash table */
static size_t record_count;
static size_t repeats;

static void record(const struct aead_key *key, const uint8_t *nonce)
{
    static const uint8_t none[32];
    uint8_t hash[32];
    uint8_t kind = (uint8_t)key->kind;

    if (records == NULL) {
        return;
    }
    struct span pieces[3] = {span_of(&kind, 1), span_of(key->bytes, AEAD_KEY_SIZE),
                             span_of(nonce, AEAD_NONCE_SIZE)};

    hash_sha256_pieces(hash, pieces, 3);
    size_t at = ((size_t)hash[0] | (size_t)hash[1] << 8 | (size_t)hash[2] << 16) % RECORDS_MAX;
    while (memcmp(records[at], none, 32) != 0) {
        if (memcmp(records[at], hash, 32) == 0) {
            repeats++;
            return;
        }
        at = (at + 1) % RECORDS_MAX;
    }
    memcpy(records[at], hash, 32);
    CHECK(++record_count < RECORDS_MAX / 2);
}

void __real_aead_seal(struct aead *a, const struct aead_key *key, const uint8_t *nonce,
                      struct span ad, struct span_mut data, uint8_t *tag);
void __wrap_aead_seal(struct aead *a, const struct aead_key *key, const uint8_t *nonce,
                      struct span ad, struct span_mut data, uint8_t *tag);
void __wrap_aead_seal(struct aead *a, const struct aead_key *key, const uint8_t *nonce,
                      struct span ad, struct span_mut data, uint8_t *tag)
{
    record(key, nonce);
    __real_aead_seal(a, key, nonce, ad, data, tag);
}

/* A weakness to plant: restarts go on where the saved state was, as if nothing had been reserved.
 */
static bool forgets_reservations;

void __real_chain_skip_to(struct chain *c, uint32_t generation);
void __wrap_chain_skip_to(struct chain *c, uint32_t generation);
void __wrap_chain_skip_to(struct chain *c, uint32_t generation)
{
    if (!forgets_reservations) {
        __real_chain_skip_to(c, generation);
    }
}

static struct group_world w;
static uint64_t playing; /* the seed */

/* What the schedule did, so that a run that did nothing shows. */
static struct tally {
    size_t entries;
    size_t read;
    size_t handed_on;
    size_t changes;
    size_t welcomes;
    size_t removals;
    size_t joins;
    size_t crashes;
    size_t merged; /* entries under several heads */
} tally;

static uint64_t draw(uint64_t bound)
{
    return random_below(&w.random, bound);
}

/* Whether `node` belongs, as `by` knows it. */
static bool belongs(size_t by, size_t node)
{
    const struct epoch *e = &w.nodes[by].e;

    return w.nodes[by].is_up && e->current != NULL &&
           epoch_view_has(e->current, epoch_view_slot(&e->views, w.nodes[node].device.public_key));
}

static bool is_member(size_t node)
{
    return belongs(node, node);
}

static void do_write(size_t node)
{
    int rc = group_world_write(&w, node);

    if (rc == WAVU_ERR_DENIED && epoch_bar(&w.nodes[node].e) != EPOCH_OUTSIDE && draw(2) == 0) {
        tally.changes += epoch_make_change(&w.nodes[node].e, w.now, draw(4) == 0) == 0;
        group_world_pump(&w, node);
        rc = group_world_write(&w, node);
    }
    if (rc == 0) {
        tally.entries++;
        tally.merged += w.nodes[node].e.writing->head_count > 1;
    }
}

static void do_change(size_t node)
{
    tally.changes += epoch_make_change(&w.nodes[node].e, w.now, draw(8) == 0) == 0;
    group_world_pump(&w, node);
}

static void do_join(size_t by)
{
    if (w.node_count >= 30 || w.log_count >= 60) {
        return;
    }
    size_t newcomer = group_world_make(&w);
    w.nodes[newcomer].part = w.nodes[by].part;
    group_world_log(&w, by, false, newcomer);
    tally.joins++;
}

static void do_welcome(size_t by)
{
    size_t other = draw(w.node_count);

    if (other != by && w.nodes[other].is_up && w.nodes[other].part == w.nodes[by].part &&
        belongs(by, other) && epoch_bar(&w.nodes[other].e) != EPOCH_READY) {
        tally.welcomes += group_world_welcome(&w, by, other) == 0;
    }
}

static size_t member_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < w.node_count; i++) {
        count += is_member(i);
    }
    return count;
}

static void do_remove(size_t by)
{
    size_t other = draw(w.node_count);

    if (other != by && belongs(by, other) && member_count() > 3 && w.log_count < 60 &&
        draw(3) == 0) {
        group_world_log(&w, by, true, other);
        tally.removals++;
    }
}

static void do_crash(size_t node)
{
    group_world_crash(&w, node);
    group_world_restart(&w, node);
    tally.crashes++;
}

static void do_lose(void)
{
    size_t i = draw(w.item_count);

    if (w.items[i]->kind == GROUP_WORLD_TOLD && !w.items[i]->has[w.items[i]->to] && draw(4) == 0) {
        w.items[i]->is_lost = true;
    }
}

/* One of the last messages comes to somebody, perhaps for the second time. */
static void do_deliver(void)
{
    for (int k = 0; k < 24; k++) {
        size_t node = draw(w.node_count);
        size_t span = w.item_count < 60 ? w.item_count : 60;
        size_t i = draw(8) == 0 ? draw(w.item_count) : w.item_count - 1 - draw(span);
        struct group_world_item *item = w.items[i];
        bool is_ours =
            item->kind == GROUP_WORLD_SAID || (item->kind == GROUP_WORLD_TOLD && item->to == node);
        if (is_ours && item->has[node] && item->from != node && draw(16) == 0) {
            item->has[node] = false; /* doubled */
        }
        (void)group_world_deliver(&w, node, i);
    }
}

static void do_part(void)
{
    size_t node = draw(w.node_count);

    w.nodes[node].part = (unsigned)draw(3);
    if (draw(6) == 0) {
        for (size_t i = 0; i < w.node_count; i++) {
            w.nodes[i].part = 0;
        }
    }
}

static void step(void)
{
    size_t node = draw(w.node_count);
    uint64_t kind = draw(100);

    w.now += draw(600) * GROUP_WORLD_SECOND;
    if (kind < 34) {
        do_write(node);
    } else if (kind < 37) {
        do_change(node);
    } else if (kind < 38) {
        do_join(node);
    } else if (kind < 44) {
        do_welcome(node);
    } else if (kind < 46) {
        do_remove(node);
    } else if (kind < 49) {
        do_crash(node);
    } else if (kind < 51) {
        do_lose();
    } else if (kind < 54) {
        do_part();
    } else if (kind < 70) {
        group_world_disk(&w, node);
    } else if (kind < 74) {
        epoch_tick(&w.nodes[node].e, w.now);
        group_world_pump(&w, node);
    } else {
        do_deliver();
    }
}

/* Nobody read what was not for it. */
static void check_secrecy(void)
{
    for (size_t i = 0; i < w.item_count; i++) {
        const struct group_world_item *item = w.items[i];
        for (size_t node = 0; item->kind == GROUP_WORLD_ENTRY && node < w.node_count; node++) {
            CHECK(!item->opened[node] || item->is_for[node]);
        }
    }
}

/* Whoever is entitled to an entry and still belongs, and has not read it, is handed the stored form
 * by one who has it. */
static void hand_on(struct group_world_item *item)
{
    static uint8_t bytes[1024];
    struct wr wr;
    struct entry read;

    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    CHECK(entry_write(&wr, &item->entry) == 0 && wr_finish(&wr) == 0);
    for (size_t node = 0; node < w.node_count; node++) {
        if (item->is_for[node] && is_member(node) && !item->opened[node]) {
            CHECK(entry_read(&read, wr_span(&wr)) == 0);
            CHECK(entry_verify(&read, w.group, w.signer) == 0);
            CHECK(span_is_equal(read.content, item->entry.content));
            item->handed_on[node] = true;
            tally.handed_on++;
        }
        tally.read += item->opened[node];
    }
}

/* A member that cannot write asks the first one that can, or makes a change where there is none. */
static void come_back(size_t node)
{
    int rc = WAVU_ERR_AGAIN;

    for (size_t by = 0; by < w.node_count && rc < 0; by++) {
        if (is_member(by) && epoch_bar(&w.nodes[by].e) == EPOCH_READY) {
            rc = group_world_welcome(&w, by, node);
        }
    }
    if (rc < 0) {
        CHECK(epoch_make_change(&w.nodes[node].e, w.now, false) == 0);
        group_world_pump(&w, node);
    }
    group_world_run(&w);
}

/* Make the world whole: nothing is lost any more, disks are done, and who lacks a secret asks. */
static void heal(void)
{
    for (size_t i = 0; i < w.node_count; i++) {
        w.nodes[i].part = 0;
    }
    w.has_slow_disk = false;
    for (int round = 0; round < 3; round++) {
        w.now += EPOCH_ORPHAN_NS;
        for (size_t i = 0; i < w.node_count; i++) {
            group_world_disk(&w, i);
            epoch_tick(&w.nodes[i].e, w.now);
            group_world_pump(&w, i);
        }
        group_world_run(&w);
    }
    for (size_t i = 0; i < w.node_count; i++) {
        enum epoch_bar bar = epoch_bar(&w.nodes[i].e);
        if (is_member(i) && bar != EPOCH_READY) {
            CHECK(bar != EPOCH_STOPPED && bar != EPOCH_OUTSIDE);
            come_back(i);
        }
    }
}

static void check_all_can_talk(void)
{
    for (size_t node = 0; node < w.node_count; node++) {
        if (!is_member(node)) {
            continue;
        }
        struct group_world_item *item = group_world_must_write(&w, node);
        group_world_run(&w);
        for (size_t i = 0; i < w.node_count; i++) {
            if (item->opened[i] != is_member(i)) {
                fail_msg("seed %" PRIu64 ": device %zu %s what %zu writes (bar %d)", playing, i,
                         item->opened[i] ? "reads" : "does not read", node,
                         (int)epoch_bar(&w.nodes[i].e));
            }
        }
    }
}

static void schedule(uint64_t seed, size_t steps)
{
    playing = seed;
    group_world_init(&w, seed, &group_world_null_signer);
    size_t count = 3 + draw(10);
    group_world_begin(&w, count);
    w.has_slow_disk = true;
    for (size_t i = 0; i < steps; i++) {
        step();
    }
    check_secrecy();
    heal();
    check_all_can_talk();
    check_secrecy();
    for (size_t i = 0; i < w.item_count; i++) {
        if (w.items[i]->kind == GROUP_WORLD_ENTRY) {
            hand_on(w.items[i]);
        }
    }
    group_world_clear(&w);
}

/* WAVU_MODEL_SEEDS=n plays n schedules instead of those of every day. */
static size_t seeds_wanted(size_t normally)
{
    const char *text = getenv("WAVU_MODEL_SEEDS");

    return text != NULL ? strtoul(text, NULL, 10) : normally;
}

static void start_recorder(void)
{
    records = mem_new_array(RECORDS_MAX, sizeof *records);
    record_count = 0;
    repeats = 0;
}

static void stop_recorder(void)
{
    mem_free(records);
    records = NULL;
}

static void nobody_loses_what_it_may_read_and_nobody_reads_more(void **state)
{
    (void)state;
    memset(&tally, 0, sizeof tally);
    for (uint64_t seed = 1; seed <= seeds_wanted(8); seed++) {
        schedule(seed, 1000);
    }
    print_message("%zu entries (%zu under several heads), %zu read, %zu handed on, %zu changes, "
                  "%zu joins, %zu welcomes, %zu removals, %zu crashes\n",
                  tally.entries, tally.merged, tally.read, tally.handed_on, tally.changes,
                  tally.joins, tally.welcomes, tally.removals, tally.crashes);
    assert_true(tally.entries > 500 && tally.merged > 50 && tally.read > 10 * tally.handed_on);
    assert_true(tally.handed_on > 0 && tally.changes > 50 && tally.joins > 10);
    assert_true(tally.welcomes > 10 && tally.removals > 5 && tally.crashes > 50);
}

static void test_no_key_is_used_twice(void **state)
{
    (void)state;
    start_recorder();
    for (uint64_t seed = 101; seed <= 100 + seeds_wanted(6); seed++) {
        schedule(seed, 1000);
    }
    assert_true(record_count > 1000);
    assert_int_equal(repeats, 0);
    stop_recorder();
}

/* A device that crashes right behind each of its entries. */
static size_t repeats_of_a_crasher(bool is_planted)
{
    start_recorder();
    forgets_reservations = is_planted;
    group_world_init(&w, 5, &group_world_null_signer);
    group_world_begin(&w, 3);
    for (size_t i = 0; i < 20; i++) {
        (void)group_world_must_write(&w, 1);
        if (i % 3 == 0) {
            group_world_run(&w);
        }
        group_world_crash(&w, 1);
        group_world_restart(&w, 1);
    }
    group_world_clear(&w);
    forgets_reservations = false;
    stop_recorder();
    return repeats;
}

static void a_crasher_uses_no_key_twice(void **state)
{
    (void)state;
    assert_int_equal(repeats_of_a_crasher(false), 0);
}

static void a_forgotten_reservation_is_noticed(void **state)
{
    (void)state;
    assert_true(repeats_of_a_crasher(true) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_no_key_is_used_twice),
        UNIT(a_crasher_uses_no_key_twice),
        UNIT(a_forgotten_reservation_is_noticed),
        UNIT(nobody_loses_what_it_may_read_and_nobody_reads_more),
    };
    return cmocka_run_group_tests_name("epoch_model", tests, NULL, NULL);
}
