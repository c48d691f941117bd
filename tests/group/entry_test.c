/*
 * Room entries: each property of docs/protocol/entry.md that needs no epoch.
 */
#include "tests/base/unit.h"

#include "group/entry.h"
#include "tests/support/broadcasts.h"
#include "tests/support/vectors.h"

#define ROOM (ENTRY_STORED_SIZE_MAX + 1)

static const uint8_t network[32] = {7};
static const uint8_t seed[32] = {9, 9};
static uint8_t room_bytes[ROOM];

static struct entry draft(void)
{
    struct entry e = {.room = {1, 2, 3}, .sequence = 300, .expiry = 3600, .parent_count = 3};

    struct ed25519_pair pair;
    ed25519_from_seed(&pair, seed);
    memcpy(e.device, pair.public_key, 32);
    memset(e.previous, 5, 32);
    for (size_t i = 0; i < 3; i++) {
        memset(e.parents[i], (int)(10 + i), 32);
    }
    memset(e.salt, 6, 32);
    e.content = UNIT_TEXT("habari ya leo");
    return e;
}

static struct entry made(void)
{
    struct entry e = draft();
    struct ed25519_pair pair;

    ed25519_from_seed(&pair, seed);
    assert_int_equal(entry_sign(&e, network, &signer_ed25519, &pair), 0);
    return e;
}

static struct span stored(const struct entry *e)
{
    struct wr w;

    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    assert_int_equal(entry_write(&w, e), 0);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

/* Take what was read from the sealed form for the entry `e`, which a broadcast of its author names.
 */
static int prove(struct entry *read, const struct entry *e, const uint8_t net[32])
{
    struct entry_proof_named by;

    memcpy(read->room, e->room, 32);
    memcpy(read->device, e->device, 32);
    memcpy(read->salt, e->salt, 32);
    broadcasts_name(&by, e, net);
    return entry_prove(read, net, &by);
}

/* The record's entry as its broadcast proves it: of the page, and made here. */
static void by_broadcast(struct vectors *v, const struct entry *e, struct ed25519_pair *pair,
                         const uint8_t net[32])
{
    struct entry_proof_said said;
    struct entry_proof_named by;
    struct entry read;
    struct entry own = *e;
    size_t at = 0;

    assert_int_equal(entry_read(&read, vectors_span(v, "said")), 0);
    assert_true(read.is_said);
    assert_int_equal(entry_verify(&read, net, &signer_ed25519), 0);
    assert_true(span_is_equal(stored(&read), vectors_span(v, "said")));
    /* Of this broadcast, but for its number, which the page draws otherwise. */
    broadcasts_make(&said, pair, net, vectors_span(v, "names"), vectors_span(v, "rest"));
    said.generation = read.said.generation;
    said.sequence = read.said.sequence;
    memcpy(said.signature, read.signature, sizeof said.signature);
    do {
        assert_true(entry_proof_at(&by, &said, at++));
    } while (memcmp(by.id, vectors_span(v, "id").ptr, 32) != 0);
    assert_int_equal(entry_prove(&own, net, &by), 0);
    assert_true(span_is_equal(stored(&own), vectors_span(v, "said")));
}

static void test_any_holder_can_hand_on(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry read;
    uint8_t id[32];
    uint8_t read_id[32];

    assert_int_equal(entry_read(&read, stored(&e)), 0);
    assert_int_equal(entry_verify(&read, network, &signer_ed25519), 0);
    assert_true(span_is_equal(read.content, e.content));
    assert_true(read.sequence == 300 && read.expiry == 3600 && read.parent_count == 3);
    assert_memory_equal(read.previous, e.previous, 32);
    assert_memory_equal(read.parents, e.parents, sizeof e.parents);
    entry_id(id, &e, network);
    entry_id(read_id, &read, network);
    assert_memory_equal(id, read_id, 32);
}

/* Each bit of the stored form: what is no entry any more, or still the same, or not signed. */
static void test_nobody_can_forge(void **state)
{
    (void)state;
    struct entry e = made();
    struct span bytes = stored(&e);
    struct entry read;
    size_t refused = 0;

    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        room_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = entry_read(&read, bytes);
        if (rc == 0) {
            rc = entry_verify(&read, network, &signer_ed25519);
        }
        /* Who turns the number of `expiry` or `salt` into an unknown one makes another entry. */
        assert_int_equal(rc, bit / 8 == 1 && rc != WAVU_ERR_CRYPTO ? WAVU_ERR_UNSUPPORTED
                                                                   : WAVU_ERR_CRYPTO);
        refused++;
        room_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(refused, bytes.len * 8);
    uint8_t other[32] = {8};
    assert_int_equal(entry_read(&read, bytes), 0);
    assert_int_equal(entry_verify(&read, other, &signer_ed25519), WAVU_ERR_CRYPTO);
    read.device[0] ^= 1;
    assert_int_equal(entry_verify(&read, network, &signer_ed25519), WAVU_ERR_CRYPTO);
}

/* The entry `e` as one of three of a broadcast. */
static struct entry said_of(const struct entry *e, struct ed25519_pair *pair)
{
    static uint8_t names[3][32] = {{1}, {2}, {3}};
    struct entry_proof_said said;
    struct entry_proof_named by;
    struct entry out = *e;

    entry_id(names[1], e, network);
    broadcasts_make(&said, pair, network, span_of(names[0], sizeof names), UNIT_TEXT("the rest"));
    assert_true(entry_proof_at(&by, &said, 1));
    assert_int_equal(entry_prove(&out, network, &by), 0);
    return out;
}

/* As by its own signature: whoever has it from the broadcast hands it on, and nobody else can make
 * or alter one; each is bound to network, device and room. */
static void test_a_broadcast_proves_its_entries(void **state)
{
    (void)state;
    struct ed25519_pair pair;
    struct entry e = made();
    struct entry read;
    uint8_t ids[2][32];
    const uint8_t other[32] = {8};

    ed25519_from_seed(&pair, seed);
    struct entry said = said_of(&e, &pair);
    struct span bytes = stored(&said);
    entry_id(ids[0], &e, network);
    assert_int_equal(entry_read(&read, bytes), 0);
    assert_true(read.is_said && read.has_content);
    assert_int_equal(entry_verify(&read, network, &signer_ed25519), 0);
    entry_id(ids[1], &read, network);
    assert_memory_equal(ids[0], ids[1], 32); /* one entry, whatever proves it */
    assert_int_equal(entry_verify(&read, other, &signer_ed25519), WAVU_ERR_CRYPTO);
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        room_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = entry_read(&read, bytes);
        rc = rc == 0 ? entry_verify(&read, network, &signer_ed25519) : rc;
        assert_true(rc < 0);
        room_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* Dropped content leaves the proof. */
    entry_drop_content(&said);
    assert_int_equal(entry_read(&read, stored(&said)), 0);
    assert_false(read.has_content);
    assert_int_equal(entry_verify(&read, network, &signer_ed25519), 0);
    /* The proof under another room, device, or entry is none; nor is its signature alone. */
    said = said_of(&e, &pair);
    said.room[0] ^= 1;
    assert_int_equal(entry_verify(&said, network, &signer_ed25519), WAVU_ERR_CRYPTO);
    said = said_of(&e, &pair);
    said.device[0] ^= 1;
    assert_int_equal(entry_verify(&said, network, &signer_ed25519), WAVU_ERR_CRYPTO);
    said = said_of(&e, &pair);
    said.sequence++;
    assert_int_equal(entry_verify(&said, network, &signer_ed25519), WAVU_ERR_CRYPTO);
    said = said_of(&e, &pair);
    said.is_said = false;
    assert_int_equal(entry_verify(&said, network, &signer_ed25519), WAVU_ERR_CRYPTO);
}

/* In a broadcast of another device, or of another entry, it is nobody's. */
static void test_it_is_its_authors_broadcast(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry_proof_named by;

    broadcasts_name(&by, &e, network);
    by.device[31] ^= 1;
    assert_int_equal(entry_prove(&e, network, &by), WAVU_ERR_CRYPTO);
    broadcasts_name(&by, &e, network);
    by.id[31] ^= 1;
    assert_int_equal(entry_prove(&e, network, &by), WAVU_ERR_CRYPTO);
    assert_false(e.is_said); /* as it was */
    assert_int_equal(entry_verify(&e, network, &signer_ed25519), 0);
    e.sequence = 0;
    broadcasts_name(&by, &e, network);
    assert_int_equal(entry_prove(&e, network, &by), WAVU_ERR_CRYPTO);
}

static void truncated_anywhere_it_is_none(void **state)
{
    (void)state;
    struct entry e = made();
    struct span bytes = stored(&e);
    struct entry read;

    for (size_t len = 0; len < bytes.len; len++) {
        int rc = entry_read(&read, span_of(bytes.ptr, len));
        if (rc == 0) { /* cut behind the signature: content and salt are away, the entry stays */
            assert_false(read.has_content);
            assert_int_equal(entry_verify(&read, network, &signer_ed25519), 0);
            assert_true(len + 13 + 2 + 34 == bytes.len);
        }
    }
}

static void test_dropped_content_keeps_the_chain(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry read;
    uint8_t id[32];
    uint8_t dropped_id[32];

    entry_id(id, &e, network);
    entry_drop_content(&e);
    assert_int_equal(entry_verify(&e, network, &signer_ed25519), 0);
    assert_int_equal(entry_read(&read, stored(&e)), 0);
    assert_false(read.has_content);
    assert_int_equal(entry_verify(&read, network, &signer_ed25519), 0);
    entry_id(dropped_id, &read, network);
    assert_memory_equal(id, dropped_id, 32);
}

static void test_dropped_content_cannot_be_guessed(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry other = draft();
    struct ed25519_pair pair;
    static const uint8_t none[32];

    ed25519_from_seed(&pair, seed);
    other.salt[0] ^= 1;
    assert_int_equal(entry_sign(&other, network, &signer_ed25519, &pair), 0);
    assert_memory_not_equal(e.content_hash, other.content_hash, 32);
    entry_drop_content(&e);
    assert_memory_equal(e.salt, none, 32);
    e.content = UNIT_TEXT("habari ya leo"); /* the right guess, without the salt */
    e.has_content = true;
    assert_int_equal(entry_verify(&e, network, &signer_ed25519), WAVU_ERR_CRYPTO);
}

static void test_links_are_checked_when_known(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry read;
    uint8_t hint[ENTRY_ROOM_HINT_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    assert_int_equal(entry_write_plain(&w, &e), 0);
    assert_int_equal(entry_read_plain(&read, hint, wr_span(&w)), 0);
    assert_memory_equal(hint, e.room, sizeof hint);
    assert_false(read.has_links);
    assert_int_equal(read.parent_count, 3);
    assert_memory_equal(read.hints[1], e.parents[1], ENTRY_HINT_SIZE);
    const uint8_t(*parents)[ENTRY_ID_SIZE] = (const uint8_t(*)[ENTRY_ID_SIZE])e.parents;
    assert_int_equal(entry_check_links(&read, e.previous, parents, 3), 0);
    assert_int_equal(entry_check_links(&read, e.previous, parents, 2), WAVU_ERR_CRYPTO);
    assert_int_equal(entry_check_links(&read, e.parents[0], parents, 3), WAVU_ERR_CRYPTO);
    assert_int_equal(entry_check_links(&read, e.previous, parents, 9), WAVU_ERR_CRYPTO);
    e.parents[2][31] ^= 1;
    assert_int_equal(entry_check_links(&read, e.previous, parents, 3), WAVU_ERR_CRYPTO);
    assert_int_equal(entry_verify(&e, network, &signer_ed25519), WAVU_ERR_CRYPTO);
}

/* Who seals another's entry anew can alter neither the number of its parents nor their hints. */
static void test_hints_and_their_number_are_signed(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry read;
    uint8_t hint[ENTRY_ROOM_HINT_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    assert_int_equal(entry_write_plain(&w, &e), 0);
    size_t count_at = ENTRY_ROOM_HINT_SIZE + 2 + 2; /* two varints of two bytes */
    assert_int_equal(room_bytes[count_at], 3);
    for (size_t bit = 0; bit < (1 + 2 * ENTRY_HINT_SIZE) * 8; bit++) {
        room_bytes[count_at + bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = entry_read_plain(&read, hint, wr_span(&w));
        if (rc == 0) {
            rc = prove(&read, &e, network);
        }
        assert_int_equal(rc, WAVU_ERR_CRYPTO);
        room_bytes[count_at + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(entry_read_plain(&read, hint, wr_span(&w)), 0);
    assert_int_equal(prove(&read, &e, network), 0);
    /* An author who signs a number or hints that its links do not have is found out by them. */
    const uint8_t(*parents)[ENTRY_ID_SIZE] = (const uint8_t(*)[ENTRY_ID_SIZE])e.parents;
    assert_int_equal(entry_check_links(&read, e.previous, parents, 3), 0);
    read.parent_count = 4;
    assert_int_equal(entry_check_links(&read, e.previous, parents, 3), WAVU_ERR_CRYPTO);
    read.parent_count = 3;
    read.hints[1][0] ^= 1;
    assert_int_equal(entry_check_links(&read, e.previous, parents, 3), WAVU_ERR_CRYPTO);
}

/* What cannot be written is an error of the caller's that a peer's entry may lead it to. */
static void what_is_not_there_is_not_written(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry read;
    uint8_t hint[ENTRY_ROOM_HINT_SIZE];
    uint8_t other[ROOM];
    struct wr w;
    struct wr again;

    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    assert_int_equal(entry_write_plain(&w, &e), 0);
    assert_int_equal(entry_read_plain(&read, hint, wr_span(&w)), 0);
    wr_init(&again, span_mut_of(other, sizeof other));
    assert_int_equal(entry_write(&again, &read), WAVU_ERR_INVALID); /* only hints */
    memcpy(read.room, e.room, 32);
    assert_int_equal(entry_write_plain(&again, &read), 0); /* but it can be sealed anew */
    assert_true(span_is_equal(wr_span(&w), wr_span(&again)));
    entry_drop_content(&e);
    wr_init(&again, span_mut_of(other, sizeof other));
    assert_int_equal(entry_write_plain(&again, &e), WAVU_ERR_INVALID);
    assert_int_equal(again.len, 0);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/entry.txt");
    size_t records = 0;

    while (vectors_next(v)) {
        const uint8_t *net = vectors_span(v, "network").ptr;
        struct span plain = vectors_span(v, "plain");
        uint8_t id[32];
        uint8_t hint[ENTRY_ROOM_HINT_SIZE];
        struct ed25519_pair pair;
        struct entry e;
        struct entry read;
        struct wr w;

        assert_int_equal(vectors_span(v, "body").len, ENTRY_BODY_SIZE);
        ed25519_from_seed(&pair, vectors_span(v, "seed").ptr);
        assert_int_equal(entry_read(&e, vectors_span(v, "stored")), 0);
        assert_int_equal(entry_verify(&e, net, &signer_ed25519), 0);
        entry_id(id, &e, net);
        assert_memory_equal(id, vectors_span(v, "id").ptr, 32);
        memset(e.signature, 0, sizeof e.signature);
        assert_int_equal(entry_sign(&e, net, &signer_ed25519, &pair), 0);
        assert_true(span_is_equal(stored(&e), vectors_span(v, "stored")));
        wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
        assert_int_equal(entry_write_plain(&w, &e), 0);
        assert_true(span_is_equal(wr_span(&w), plain));
        assert_int_equal(entry_read_plain(&read, hint, plain), 0);
        assert_int_equal(prove(&read, &e, net), 0);
        by_broadcast(v, &e, &pair, net);
        records++;
    }
    assert_int_equal(records, 3);
    vectors_close(v);
}

static void test_forks_show(void **state)
{
    (void)state;
    struct entry a = made();
    struct entry b = draft();
    struct ed25519_pair pair;
    uint8_t ids[2][32];

    ed25519_from_seed(&pair, seed);
    b.content = UNIT_TEXT("habari ya kesho");
    assert_int_equal(entry_sign(&b, network, &signer_ed25519, &pair), 0);
    assert_true(a.sequence == b.sequence);
    assert_int_equal(entry_verify(&a, network, &signer_ed25519), 0);
    assert_int_equal(entry_verify(&b, network, &signer_ed25519), 0);
    entry_id(ids[0], &a, network);
    entry_id(ids[1], &b, network);
    assert_memory_not_equal(ids[0], ids[1], 32);
    /* Also when broadcasts prove them. */
    a = said_of(&a, &pair);
    b = said_of(&b, &pair);
    assert_int_equal(entry_verify(&a, network, &signer_ed25519), 0);
    assert_int_equal(entry_verify(&b, network, &signer_ed25519), 0);
    struct entry mixed = a; /* the proof of the one is none of the other */
    mixed.said = b.said;
    memcpy(mixed.signature, b.signature, sizeof mixed.signature);
    assert_int_equal(entry_verify(&mixed, network, &signer_ed25519), WAVU_ERR_CRYPTO);
}

static void a_newer_format_is_told_apart(void **state)
{
    (void)state;
    struct entry e = made();
    struct entry read;
    struct span bytes = stored(&e);

    assert_true(room_bytes[0] == 0x08 && room_bytes[1] == 1);
    room_bytes[1] = 2;
    assert_int_equal(entry_read(&read, bytes), WAVU_ERR_UNSUPPORTED);
    room_bytes[1] = 0;
    assert_int_equal(entry_read(&read, bytes), WAVU_ERR_CRYPTO);
}

static void limits_hold(void **state)
{
    (void)state;
    static const uint8_t longest[ENTRY_CONTENT_MAX];
    struct ed25519_pair pair;
    struct entry e = draft();

    ed25519_from_seed(&pair, seed);
    e.sequence = ENTRY_NUMBER_MAX + 1;
    assert_int_equal(entry_sign(&e, network, &signer_ed25519, &pair), WAVU_ERR_LIMIT);
    e = draft();
    e.content.len = ENTRY_CONTENT_MAX + 1;
    assert_int_equal(entry_sign(&e, network, &signer_ed25519, &pair), WAVU_ERR_LIMIT);
    e = draft();
    e.parent_count = ENTRY_PARENTS_MAX + 1;
    assert_int_equal(entry_sign(&e, network, &signer_ed25519, &pair), WAVU_ERR_LIMIT);
    assert_int_equal(entry_read(&e, span_of(room_bytes, ENTRY_STORED_SIZE_MAX + 1)),
                     WAVU_ERR_CRYPTO);
    /* The longest stored form: all parents, the longest path. */
    e = draft();
    e.sequence = ENTRY_NUMBER_MAX;
    e.expiry = ENTRY_NUMBER_MAX;
    e.parent_count = ENTRY_PARENTS_MAX;
    e.content = span_of(longest, sizeof longest);
    assert_int_equal(entry_sign(&e, network, &signer_ed25519, &pair), 0);
    e.is_said = true;
    e.said.path.depth = HASH_TREE_DEPTH_MAX;
    assert_true(stored(&e).len <= ENTRY_STORED_SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_any_holder_can_hand_on),
        UNIT(test_nobody_can_forge),
        UNIT(test_a_broadcast_proves_its_entries),
        UNIT(test_it_is_its_authors_broadcast),
        UNIT(truncated_anywhere_it_is_none),
        UNIT(test_dropped_content_keeps_the_chain),
        UNIT(test_dropped_content_cannot_be_guessed),
        UNIT(test_links_are_checked_when_known),
        UNIT(test_hints_and_their_number_are_signed),
        UNIT(what_is_not_there_is_not_written),
        UNIT(test_vectors),
        UNIT(test_forks_show),
        UNIT(a_newer_format_is_told_apart),
        UNIT(limits_hold),
    };
    return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
