/*
 * The graph: taking operations in any order, what waits, limits, storing and loading, bad bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pb.h"
#include "crypto/secret.h"
#include "members/members_sync.h"
#include "tests/support/members_world.h"

enum { F, A, B };

static void open_twin(struct members *twin, struct members_world *w)
{
    const struct members_op *genesis = w->log.ops[MEMBERS_GENESIS];
    assert_int_equal(
        members_init(twin, w->signer, &w->random, span_of(genesis->bytes, genesis->len)), 0);
}

static int give(struct members *to, const struct members_op *op, uint64_t source,
                enum members_fed *fed)
{
    return members_feed(to, span_of(op->bytes, op->len), source, fed);
}

static void hash_of(const struct members *log, uint8_t out[HASH_SHA256_SIZE])
{
    struct members_state s;
    members_state_init(&s);
    members_state_run(&s, log);
    members_state_hash(&s, out);
    members_state_clear(&s);
}

static void assert_same_state(const struct members *a, const struct members *b)
{
    uint8_t x[HASH_SHA256_SIZE];
    uint8_t y[HASH_SHA256_SIZE];
    hash_of(a, x);
    hash_of(b, y);
    assert_memory_equal(x, y, sizeof x);
}

static void test_backwards(void **state)
{
    (void)state;
    struct members_world w;
    struct members twin;
    enum members_fed fed = MEMBERS_KNOWN;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    open_twin(&twin, &w);
    for (uint32_t i = w.log.op_count - 1; i > 0; i--) {
        assert_int_equal(give(&twin, w.log.ops[i], 1, &fed), 0);
        assert_int_equal(fed, i > 1 ? MEMBERS_PENDING : MEMBERS_ADDED);
        assert_int_equal(give(&twin, w.log.ops[i], 1, &fed), 0); /* twice changes nothing */
        members_check(&twin);
    }
    assert_int_equal(fed, MEMBERS_KNOWN);
    assert_int_equal(twin.op_count, w.log.op_count);
    assert_int_equal(twin.pending_count, 0);
    assert_same_state(&twin, &w.log);
    members_clear(&twin);
    members_world_close(&w);
}

static void test_every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t bytes[MEMBERS_MSG_SIZE_MAX];
    enum members_fed fed = MEMBERS_KNOWN;
    assert_int_equal(secret_start(), 0);
    members_world_open(&w, &signer_ed25519, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members twin;
    open_twin(&twin, &w);
    for (uint32_t i = 1; i + 1 < w.log.op_count; i++) {
        assert_int_equal(give(&twin, w.log.ops[i], 1, &fed), 0);
    }
    const struct members_op *last = w.log.ops[w.log.op_count - 1];
    struct buf before;
    struct buf after;
    buf_init(&before, MEMBERS_STORED_MAX);
    buf_init(&after, MEMBERS_STORED_MAX);
    assert_int_equal(members_save(&twin, &before), 0);
    memcpy(bytes, last->bytes, last->len);
    for (size_t i = 0; i < (size_t)last->len * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        int rc = members_feed(&twin, span_of(bytes, last->len), 1, &fed);
        assert_int_equal(rc, WAVU_ERR_CRYPTO);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t len = 0; len < last->len; len++) {
        assert_int_equal(members_feed(&twin, span_of(bytes, len), 1, &fed), WAVU_ERR_CRYPTO);
    }
    assert_int_equal(members_save(&twin, &after), 0);
    assert_true(span_is_equal(buf_span(&before), buf_span(&after)));
    assert_int_equal(twin.pending_count, 0);
    assert_int_equal(give(&twin, last, 1, &fed), 0);
    assert_int_equal(fed, MEMBERS_ADDED);
    assert_same_state(&twin, &w.log);

    /* The genesis likewise, and operations of another network. */
    const struct members_op *genesis = w.log.ops[MEMBERS_GENESIS];
    memcpy(bytes, genesis->bytes, genesis->len);
    for (size_t i = 0; i < (size_t)genesis->len * 8; i++) {
        struct members bad;
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_true(members_init(&bad, w.signer, &w.random, span_of(bytes, genesis->len)) < 0);
        members_clear(&bad);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    struct members_world other;
    members_world_open(&other, &signer_ed25519, MEMBERS_MSG_TWO);
    assert_int_equal(give(&other.log, last, 1, &fed), WAVU_ERR_CRYPTO);
    members_world_close(&other);
    buf_clear(&before);
    buf_clear(&after);
    members_clear(&twin);
    members_world_close(&w);
}

static void assert_parts_are_the_whole(const struct members *log, const struct buf *whole)
{
    for (size_t room = 1; room < whole->len; room = room * 3 + 1) {
        struct buf parts;
        uint32_t next = 0;
        buf_init(&parts, whole->len);
        while (next < log->op_count) {
            size_t before = parts.len;
            uint32_t from = next;
            assert_int_equal(members_save_part(log, from, room, &parts, &next), 0);
            assert_true(next == from + 1 || parts.len - before <= room);
        }
        assert_int_equal(parts.len, whole->len);
        assert_memory_equal(parts.ptr, whole->ptr, whole->len);
        buf_clear(&parts);
    }
}

static void test_save_and_load(void **state)
{
    (void)state;
    struct members_world w;
    struct members twin;
    struct buf stored;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_TWO);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    (void)members_world_by(&w, A, members_world_revoke(&w, B));
    (void)members_world_say(&w, B);
    buf_init(&stored, MEMBERS_STORED_MAX);
    assert_int_equal(members_save(&w.log, &stored), 0);
    assert_parts_are_the_whole(&w.log, &stored);
    for (int is_trusted = 0; is_trusted < 2; is_trusted++) {
        assert_int_equal(
            members_load(&twin, w.signer, &w.random, buf_span(&stored), is_trusted == 1), 0);
        members_check(&twin);
        assert_int_equal(twin.policy, MEMBERS_MSG_TWO);
        assert_int_equal(twin.op_count, w.log.op_count);
        assert_same_state(&twin, &w.log);
        members_clear(&twin);
    }
    size_t live = mem_live_count();
    for (size_t len = 0; len < stored.len; len++) {
        int rc = members_load(&twin, w.signer, &w.random, span_of(stored.ptr, len), false);
        if (rc == 0) { /* a whole number of operations */
            members_check(&twin);
            assert_true(twin.op_count < w.log.op_count);
            members_clear(&twin);
        } else {
            assert_int_equal(rc, WAVU_ERR_CORRUPT);
        }
    }
    for (size_t i = 0; i < stored.len; i++) { /* damage anywhere is found where signatures are */
        stored.ptr[i] ^= 0x10;
        int rc = members_load(&twin, w.signer, &w.random, buf_span(&stored), false);
        assert_true(rc == WAVU_ERR_CORRUPT || (i < 2 && rc == WAVU_ERR_UNSUPPORTED) ||
                    rc == WAVU_ERR_UNSUPPORTED);
        stored.ptr[i] ^= 0x10;
    }
    stored.ptr[1] = 1; /* the format before, which named no payers */
    assert_int_equal(members_load(&twin, w.signer, &w.random, buf_span(&stored), true), 0);
    members_check(&twin);
    members_clear(&twin);
    static const uint8_t founder[] = {0x20, 0x00};
    static const uint8_t nobody[] = {0x20, 0xff, 0x01};
    const struct span payers[] = {span_of(founder, sizeof founder), span_of(nobody, sizeof nobody)};
    for (size_t i = 0; i < 2; i++) { /* the founder pays for what does not follow; nobody pays */
        const size_t before = stored.len;
        assert_int_equal(buf_append(&stored, payers[i]), 0);
        assert_int_equal(members_load(&twin, w.signer, &w.random, buf_span(&stored), true),
                         WAVU_ERR_CORRUPT);
        stored.len = before;
    }
    stored.ptr[1] = 3; /* a newer format */
    assert_int_equal(members_load(&twin, w.signer, &w.random, buf_span(&stored), true),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(mem_live_count(), live);
    buf_clear(&stored);
    members_world_close(&w);
}

/* What waited and turns out not to be let in is dropped, and so it is not passed on. */
static void test_what_waited_is_checked_whole(void **state)
{
    (void)state;
    struct members_world w;
    struct members twin;
    enum members_fed fed = MEMBERS_KNOWN;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    const struct members_op *first = members_world_say(&w, A);
    open_twin(&twin, &w);

    /* A device's operation that names a grant which is no grant: made by swapping the twin's view.
     */
    struct members_author liar = w.persons[A].devices[0];
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 60;
    uint8_t body[MEMBERS_MSG_SIZE_MAX];
    uint8_t whole[MEMBERS_MSG_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr out;
    m.format = 1;
    m.network = span_of(members_network(&w.log), MEMBERS_MSG_ID_SIZE);
    m.member = span_of(liar.member, MEMBERS_MSG_ID_SIZE);
    m.author = span_of(liar.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    m.grant = span_of(first->id, MEMBERS_MSG_ID_SIZE);
    m.sequence = 1;
    wr_init(&out, span_mut_of(body, sizeof body));
    members_msg_encode_body(&out, &m);
    struct span signed_body = wr_span(&out);
    w.signer->sign(NULL, signature, &liar.pair, members_msg_label_operation, signed_body);
    wr_init(&out, span_mut_of(whole, sizeof whole));
    members_msg_encode_signed(&out, signed_body, span_of(signature, sizeof signature));
    assert_int_equal(members_feed(&twin, wr_span(&out), 1, &fed), 0);
    assert_int_equal(fed, MEMBERS_PENDING);
    for (uint32_t k = 1; k < w.log.op_count; k++) {
        assert_int_equal(give(&twin, w.log.ops[k], 9, &fed), 0);
    }
    assert_int_equal(twin.op_count, w.log.op_count);
    assert_int_equal(twin.refused, 1);
    assert_int_equal(twin.pending_count, 0);
    members_check(&twin);
    members_clear(&twin);
    members_world_close(&w);
}

struct snapshot {
    struct buf log;
    struct members_author author;
};

static void snap(struct snapshot *s, const struct members_world *w)
{
    buf_init(&s->log, MEMBERS_STORED_MAX);
    assert_int_equal(members_save(&w->log, &s->log), 0);
    s->author = w->persons[F].devices[0];
}

/* A node comes up with a log and an author as they were stored, and signs. */
static int come_up(struct members_world *w, const struct snapshot *log,
                   const struct snapshot *author, const struct members_op *heard,
                   uint64_t *sequence)
{
    struct members twin;
    struct members_author a = author->author;
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    const struct members_op *op = NULL;
    enum members_fed fed = MEMBERS_KNOWN;
    m.kind = 61;
    assert_int_equal(members_load(&twin, w->signer, &w->random, buf_span(&log->log), true), 0);
    if (heard != NULL) {
        assert_int_equal(give(&twin, heard, 1, &fed), 0);
    }
    int rc = members_write(&twin, &a, &m, &op);
    *sequence = rc == 0 ? op->sequence : 0;
    members_clear(&twin);
    return rc;
}

/* Log and author stored in one transaction: a crash loses both or none, and the number of what
 * left is never used again. Stored apart, one of them older: refused, whichever it is. */
static void test_a_crash_never_uses_a_number_twice(void **state)
{
    (void)state;
    struct members_world w;
    struct snapshot before;
    struct snapshot after;
    uint64_t sequence = 0;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    (void)members_world_say(&w, F);
    snap(&before, &w);
    const struct members_op *sent = members_world_say(&w, F);
    snap(&after, &w);
    assert_int_equal(come_up(&w, &after, &after, NULL, &sequence), 0);
    assert_int_equal(sequence, sent->sequence + 1);
    assert_int_equal(come_up(&w, &before, &before, NULL, &sequence), 0);
    assert_int_equal(sequence, sent->sequence); /* nothing had left: the number is free */
    assert_int_equal(come_up(&w, &after, &before, NULL, &sequence), WAVU_ERR_IN_USE);
    assert_int_equal(come_up(&w, &before, &after, NULL, &sequence), WAVU_ERR_IN_USE);
    /* It had left after all (a restored backup): it is met again, and signing ends. */
    assert_int_equal(come_up(&w, &before, &before, sent, &sequence), WAVU_ERR_IN_USE);
    buf_clear(&before.log);
    buf_clear(&after.log);
    members_world_close(&w);
}

static void test_unknown_kinds_are_kept(void **state)
{
    (void)state;
    struct members_world w;
    struct members twin;
    struct members_sync sync;
    struct span bytes;
    enum members_fed fed = MEMBERS_KNOWN;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    m.format = 2; /* of a newer format, whatever its kind */
    m.content = span_from_text("not to be read");
    const struct members_op *newer = members_world_by(&w, A, m);
    m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 4711;
    const struct members_op *kind = members_world_sign(&w, &w.persons[A].root, m);
    members_world_run(&w);
    assert_true(members_world_counts(&w, newer) && members_world_counts(&w, kind));
    assert_false(w.state.is_frozen);
    open_twin(&twin, &w);
    (void)members_sync_begin(&sync, &w.log, span_empty());
    while (members_sync_next(&sync, &bytes)) {
        assert_int_equal(members_feed(&twin, bytes, 1, &fed), 0);
    }
    members_sync_end(&sync);
    assert_non_null(members_find(&twin, newer->id));
    assert_non_null(members_find(&twin, kind->id));
    assert_same_state(&twin, &w.log);
    members_clear(&twin);
    members_world_close(&w);
}

/* Sign what means nothing until there is no room. */
static void fill(struct members_world *w, struct members_author *author)
{
    const struct members_op *op = NULL;
    int rc = 0;
    while (rc == 0) {
        struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
        m.kind = 99;
        rc = members_world_forge(w, author, &m, &op);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
}

/* Into an open network somebody comes with many keys, each a branch of its own: eight of them, as a
 * door lets in at once, leave nearly all of the log. The founder has its part as ever. */
static void test_in_an_open_network_eight_keys_fill_little(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    uint8_t root[MEMBERS_MSG_KEY_SIZE] = {0x77};
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_OPEN);
    for (int who = 1; who <= 8; who++) {
        members_world_join(&w, 0, who);
        members_world_device(&w, who);
        fill(&w, &w.persons[who].devices[0]);
        fill(&w, &w.persons[who].devices[1]);
    }
    assert_in_range(w.log.op_count, 8, MEMBERS_OPERATIONS_MAX / 8);
    m.key = span_of(root, sizeof root);
    for (uint32_t i = 0; i < 512; i++) { /* as many as a door lets in */
        root[1] = (uint8_t)i;
        root[2] = (uint8_t)(i >> 8);
        assert_int_equal(members_world_forge(&w, &w.persons[0].devices[0], &m, &op), 0);
    }
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_what_waited_is_checked_whole),
        cmocka_unit_test(test_a_crash_never_uses_a_number_twice),
        cmocka_unit_test(test_unknown_kinds_are_kept),
        cmocka_unit_test(test_in_an_open_network_eight_keys_fill_little),
    };
    return cmocka_run_group_tests_name("members/members", tests, NULL, NULL);
}
