/*
 * The codec: what is written reads the same, and each malformation is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pb.h"
#include "members/members_msg.h"

static const uint8_t ids[8][64] = {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}};

static struct span id(int i)
{
    return span_of(ids[i], MEMBERS_MSG_ID_SIZE);
}

static struct members_msg whole(uint64_t kind)
{
    struct members_msg m;
    memset(&m, 0, sizeof m);
    m.format = 1;
    m.kind = kind;
    m.is_known = kind <= MEMBERS_MSG_LEAVE;
    m.network = id(0);
    m.member = id(1);
    m.author = id(2);
    m.grant = id(3);
    m.join = id(4);
    m.sequence = 300;
    m.previous = id(5);
    m.parents[0] = id(6);
    m.parents[1] = id(7);
    m.parent_count = 2;
    return m;
}

static struct span written(uint8_t *room, const struct members_msg *m)
{
    static const uint8_t signature[SIGNER_SIZE] = {9};
    uint8_t body[MEMBERS_MSG_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(body, sizeof body));
    members_msg_encode_body(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    struct wr out;
    wr_init(&out, span_mut_of(room, MEMBERS_MSG_SIZE_MAX));
    members_msg_encode_signed(&out, wr_span(&w), span_of(signature, sizeof signature));
    assert_int_equal(wr_finish(&out), 0);
    return wr_span(&out);
}

static void assert_same(struct span a, struct span b)
{
    assert_true(span_is_equal(a, b));
}

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg got;
    for (uint64_t kind = 1; kind <= 11; kind++) {
        struct members_msg m = whole(kind);
        m.is_critical = kind == 10;
        if (kind == MEMBERS_MSG_INVITE || kind == MEMBERS_MSG_DEVICE ||
            kind == MEMBERS_MSG_SUCCEED) {
            m.key = id(6);
        }
        if (kind == MEMBERS_MSG_DEVICE || kind == MEMBERS_MSG_SUCCEED) {
            m.consent = span_of(ids[7], 64);
            m.leaf = kind == MEMBERS_MSG_DEVICE ? id(5) : span_empty();
        }
        if (kind == MEMBERS_MSG_REMOVE || kind == MEMBERS_MSG_REVOKE ||
            kind == MEMBERS_MSG_COSIGN) {
            m.target = id(6);
        }
        if (kind == MEMBERS_MSG_REMOVE || kind == MEMBERS_MSG_REVOKE || kind == MEMBERS_MSG_LEAVE) {
            m.cuts[m.cut_count++] = (struct members_msg_cut){7, id(5)};
        }
        m.is_subtree = kind == MEMBERS_MSG_REVOKE;
        m.is_by_door = kind == MEMBERS_MSG_INVITE;
        if (kind == MEMBERS_MSG_REVOKE || kind == MEMBERS_MSG_LEAVE) {
            m.cuts[m.cut_count++] = (struct members_msg_cut){UINT64_C(1) << 40, id(4)};
        }
        if (members_msg_has_salt(kind)) {
            m.salt = span_of(ids[4], MEMBERS_MSG_SALT_SIZE);
        }
        if (kind > MEMBERS_MSG_LEAVE) {
            m.content = span_from_text("what nobody knows");
        }
        assert_int_equal(members_msg_decode(&got, written(room, &m)), 0);
        assert_int_equal(got.kind, kind);
        assert_int_equal(got.is_known, kind <= MEMBERS_MSG_LEAVE);
        assert_int_equal(got.is_critical, kind == 10);
        assert_int_equal(got.sequence, 300);
        assert_same(got.network, m.network);
        assert_same(got.member, m.member);
        assert_same(got.author, m.author);
        assert_same(got.grant, m.grant);
        assert_same(got.join, m.join);
        assert_same(got.previous, m.previous);
        assert_same(got.key, m.key);
        assert_same(got.consent, m.consent);
        assert_same(got.leaf, m.leaf);
        assert_same(got.salt, m.salt);
        assert_same(got.target, m.target);
        assert_int_equal(got.is_subtree, m.is_subtree);
        assert_int_equal(got.is_by_door, m.is_by_door);
        assert_int_equal(got.parent_count, 2);
        assert_same(got.parents[1], id(7));
        assert_int_equal(got.cut_count, m.cut_count);
        for (size_t i = 0; i < m.cut_count; i++) {
            assert_int_equal(got.cuts[i].sequence, m.cuts[i].sequence);
            assert_same(got.cuts[i].id, m.cuts[i].id);
        }
        if (kind > MEMBERS_MSG_LEAVE) {
            assert_same(got.content, m.content);
        }
    }
}

static void test_truncated_at_every_byte(void **state)
{
    (void)state;
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg m = whole(MEMBERS_MSG_REVOKE);
    struct members_msg got;
    m.target = id(6);
    m.salt = span_of(ids[4], MEMBERS_MSG_SALT_SIZE);
    struct span all = written(room, &m);
    assert_int_equal(members_msg_decode(&got, all), 0);
    for (size_t len = 0; len < all.len; len++) {
        assert_int_equal(members_msg_decode(&got, span_of(all.ptr, len)), WAVU_ERR_PROTO);
    }
}

/* Bodies by hand: `with` is put behind a good one. */
static int with(uint32_t number, struct span bytes, uint64_t value, uint64_t kind)
{
    static const uint8_t signature[SIGNER_SIZE] = {9};
    uint8_t body[MEMBERS_MSG_SIZE_MAX];
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg m = whole(kind);
    struct members_msg got;
    struct wr w;
    struct wr out;
    m.target = id(6);
    wr_init(&w, span_mut_of(body, sizeof body));
    members_msg_encode_body(&w, &m);
    if (bytes.ptr != NULL) {
        pb_write_bytes(&w, number, bytes);
    } else if (number > 0) {
        pb_write_varint(&w, number, value);
    }
    wr_init(&out, span_mut_of(room, sizeof room));
    members_msg_encode_signed(&out, wr_span(&w), span_of(signature, sizeof signature));
    return members_msg_decode(&got, wr_span(&out));
}

static void test_a_field_stands_once(void **state)
{
    (void)state;
    assert_int_equal(with(0, span_empty(), 0, MEMBERS_MSG_COSIGN), 0);
    for (uint32_t field = 1; field <= 12; field++) {
        bool is_number = field == 1 || field == 3 || field == 9;
        int want = field == 11 || field == 4 ? 0 : WAVU_ERR_PROTO;
        struct span bytes = is_number || field == 4 ? span_empty() : id(6);
        assert_int_equal(with(field, bytes, 1, MEMBERS_MSG_COSIGN), want);
        /* and is of its type */
        bytes = is_number || field == 4 ? id(6) : span_empty();
        assert_int_equal(with(field, bytes, 1, MEMBERS_MSG_COSIGN), WAVU_ERR_PROTO);
    }
    assert_int_equal(with(13, id(6), 0, MEMBERS_MSG_COSIGN), 0); /* unknown: skipped */
    assert_int_equal(with(4, span_empty(), 2, MEMBERS_MSG_COSIGN), WAVU_ERR_PROTO);
    assert_int_equal(with(11, span_of(ids[0], 31), 0, MEMBERS_MSG_COSIGN), WAVU_ERR_PROTO);
}

static void test_what_is_missing(void **state)
{
    (void)state;
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg got;
    struct members_msg m = whole(MEMBERS_MSG_INVITE);
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO); /* key */
    m.key = id(6);
    assert_int_equal(members_msg_decode(&got, written(room, &m)), 0);
    m.sequence = 1; /* with a previous */
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m.previous = span_empty();
    assert_int_equal(members_msg_decode(&got, written(room, &m)), 0);
    m.sequence = 2; /* without */
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m.sequence = 0;
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m = whole(MEMBERS_MSG_DEVICE);
    m.key = id(6); /* no consent */
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m = whole(MEMBERS_MSG_REMOVE);
    m.target = id(6);
    m.salt = span_of(ids[4], MEMBERS_MSG_SALT_SIZE);
    m.cuts[0] = (struct members_msg_cut){1, id(3)};
    m.cuts[1] = (struct members_msg_cut){2, id(4)};
    m.cut_count = 2; /* one chain, one cut */
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m.cut_count = 1;
    assert_int_equal(members_msg_decode(&got, written(room, &m)), 0);
    m.cuts[0].sequence = 0;
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m.cuts[0].sequence = 1;
    m.salt = span_of(ids[4], MEMBERS_MSG_SALT_SIZE - 1);
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
    m.salt = span_empty();
    assert_int_equal(members_msg_decode(&got, written(room, &m)), WAVU_ERR_PROTO);
}

static void test_limits_hold(void **state)
{
    (void)state;
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg got;
    struct members_msg m = whole(MEMBERS_MSG_REVOKE);
    m.target = id(6);
    m.salt = span_of(ids[4], MEMBERS_MSG_SALT_SIZE);
    while (m.cut_count < MEMBERS_MSG_CUTS_MAX) {
        m.cuts[m.cut_count++] = (struct members_msg_cut){UINT64_MAX >> 1, id(3)};
    }
    while (m.parent_count < MEMBERS_MSG_PARENTS_MAX) {
        m.parents[m.parent_count++] = id(3);
    }
    assert_int_equal(members_msg_decode(&got, written(room, &m)), 0); /* the largest fits */
    assert_int_equal(got.cut_count, MEMBERS_MSG_CUTS_MAX);
    static const uint8_t large[MEMBERS_MSG_SIZE_MAX + 1];
    assert_int_equal(members_msg_decode(&got, span_of(large, sizeof large)), WAVU_ERR_LIMIT);

    /* One more of each, by hand. */
    uint8_t body[MEMBERS_MSG_SIZE_MAX];
    struct wr w;
    struct wr out;
    wr_init(&w, span_mut_of(body, sizeof body));
    m.cut_count = 0;
    members_msg_encode_body(&w, &m);
    pb_write_bytes(&w, 11, id(3));
    wr_init(&out, span_mut_of(room, sizeof room));
    members_msg_encode_signed(&out, wr_span(&w), span_of(ids[7], 64));
    assert_int_equal(members_msg_decode(&got, wr_span(&out)), WAVU_ERR_LIMIT);
}

static void test_newer_formats(void **state)
{
    (void)state;
    uint8_t room[MEMBERS_MSG_SIZE_MAX];
    struct members_msg got;
    struct members_msg m = whole(MEMBERS_MSG_INVITE);
    m.format = 2; /* its content is not read */
    assert_int_equal(members_msg_decode(&got, written(room, &m)), 0);
    assert_false(got.is_known);

    struct members_msg_genesis g = {.format = 1, .name = span_from_text("home"), .policy = 1};
    struct members_msg_genesis read;
    uint8_t body[256];
    g.root = id(1);
    g.nonce = span_of(ids[2], MEMBERS_MSG_NONCE_SIZE);
    for (int i = 0; i < 5; i++) {
        struct wr w;
        struct wr out;
        g.format = i == 1 ? 2 : 1;
        g.policy = i == 2 ? 5 : i == 3 ? 0 : 3;
        g.name = span_from_text(i == 4 ? "No Name" : "home");
        wr_init(&w, span_mut_of(body, sizeof body));
        members_msg_encode_genesis_body(&w, &g);
        wr_init(&out, span_mut_of(room, sizeof room));
        members_msg_encode_signed(&out, wr_span(&w), span_of(ids[7], 64));
        static const int want[] = {0, WAVU_ERR_UNSUPPORTED, WAVU_ERR_UNSUPPORTED, WAVU_ERR_PROTO,
                                   WAVU_ERR_PROTO};
        assert_int_equal(members_msg_decode_genesis(&read, wr_span(&out)), want[i]);
    }
    assert_same(read.root, id(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),          cmocka_unit_test(test_truncated_at_every_byte),
        cmocka_unit_test(test_a_field_stands_once), cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_limits_hold),         cmocka_unit_test(test_newer_formats),
    };
    return cmocka_run_group_tests_name("members/members_msg", tests, NULL, NULL);
}
