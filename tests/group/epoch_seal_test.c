/*
 * Entries under keys of epochs: their size, what may be sealed when, and what is refused.
 */
#include "tests/base/unit.h"

#include "crypto/secret.h"
#include "tests/support/broadcasts.h"
#include "tests/support/group_world.h"

static struct group_world w;

static void begin(size_t count, const struct signer *signer)
{
    group_world_init(&w, 31, signer);
    group_world_begin(&w, count);
}

static void test_one_ciphertext_for_all(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 20, 200};
    size_t lengths[3];

    for (size_t i = 0; i < 3; i++) {
        begin(sizes[i], &group_world_null_signer);
        size_t before = w.item_count;
        assert_int_equal(group_world_write(&w, 0), 0);
        assert_int_equal(w.item_count, before + 1); /* one message, whatever the number */
        struct group_world_item *item = w.items[before];
        lengths[i] = item->len - item->entry.content.len;
        assert_true(lengths[i] <= 160);
        group_world_run(&w);
        for (size_t k = 0; k < sizes[i]; k++) {
            assert_true(item->opened[k]);
        }
        group_world_clear(&w);
    }
    assert_true(lengths[0] == lengths[1] && lengths[1] == lengths[2]);
}

/* The longest that any entry can be around its content: every number at its end. */
static void the_longest_entry_costs_94_bytes(void **state)
{
    (void)state;
    struct epoch_set *s = NULL;
    struct entry entry = {.sequence = ENTRY_NUMBER_MAX, .expiry = ENTRY_NUMBER_MAX};
    uint8_t bytes[512];
    struct wr wr;

    begin(2, &signer_ed25519);
    assert_int_equal(group_world_write(&w, 0), 0);
    s = w.nodes[0].e.writing;
    assert_int_equal(s->reserved, EPOCH_SET_BLOCK);
    assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
    group_world_pump(&w, 0);
    assert_int_equal(group_world_write(&w, 0), 0);
    s = w.nodes[0].e.writing;
    chain_skip_to(&epoch_set_chains(s, &w.nodes[0].e.views)[s->own], CHAIN_GENERATIONS_MAX - 1);
    s->asked = CHAIN_GENERATIONS_MAX;
    s->reserved = CHAIN_GENERATIONS_MAX;
    memcpy(entry.room, w.room, 32);
    entry.parent_count = ENTRY_PARENTS_MAX;
    entry.content = UNIT_TEXT("x");
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(epoch_seal_write(&w.nodes[0].e, &entry, &wr), 0);
    assert_int_equal(wr.len, 94 + 1);
    assert_true(EPOCH_SEAL_OVERHEAD_MAX <= 96);
    /* That was the chain's last generation. */
    entry.content = UNIT_TEXT("y");
    assert_int_equal(epoch_seal_write(&w.nodes[0].e, &entry, &wr), WAVU_ERR_EXHAUSTED);
    group_world_clear(&w);
}

static void nothing_is_sealed_before_its_generation_is_durable(void **state)
{
    (void)state;
    begin(2, &signer_ed25519);
    unsigned saves = w.nodes[0].events[EPOCH_SAVE];
    w.has_slow_disk = true;
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_AGAIN);
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_AGAIN);
    assert_int_equal(w.nodes[0].events[EPOCH_SAVE], saves + 1); /* asked once */
    group_world_disk(&w, 0);
    for (size_t i = 0; i < EPOCH_SET_BLOCK; i++) {
        assert_int_equal(group_world_write(&w, 0), 0);
    }
    /* The next block was asked for early, and what was used up is to leave the disk. */
    assert_int_equal(w.nodes[0].events[EPOCH_SAVE], saves + 2);
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_AGAIN);
    group_world_disk(&w, 0);
    assert_int_equal(group_world_write(&w, 0), 0);
    group_world_clear(&w);
}

static void a_restart_goes_on_with_the_next_block(void **state)
{
    (void)state;
    begin(2, &signer_ed25519);
    assert_int_equal(group_world_write(&w, 1), 0);
    group_world_crash(&w, 1);
    group_world_restart(&w, 1);
    group_world_run(&w); /* its state is older than the wrap, which comes again */
    assert_int_equal(group_world_write(&w, 1), 0);
    struct epoch_set *s = w.nodes[1].e.writing;
    assert_int_equal(epoch_set_next(s, s->own), EPOCH_SET_BLOCK + 1);
    group_world_run(&w);
    assert_true(w.items[w.item_count - 1]->opened[0]);
    assert_true(w.items[w.item_count - 2]->opened[0]);
    group_world_clear(&w);
}

static void a_chain_near_its_end_says_so(void **state)
{
    (void)state;
    begin(2, &group_world_null_signer);
    for (size_t i = 0; i < CHAIN_GENERATIONS_MAX; i++) {
        assert_int_equal(group_world_write(&w, 0), 0);
    }
    assert_int_equal(w.nodes[0].events[EPOCH_DUE], 1);
    assert_int_equal(group_world_write(&w, 0), WAVU_ERR_EXHAUSTED);
    struct group_world_item *item = group_world_must_write(&w, 0);
    group_world_run(&w);
    assert_true(item->opened[1]);
    group_world_clear(&w);
}

static int open_by(size_t node, struct span bytes, const struct entry_proof_named *by,
                   struct entry *entry)
{
    static uint8_t room[1024];
    struct epoch_seal where;
    const struct epoch_seal_came came = {.bytes = bytes, .by = by};

    return epoch_seal_open(&w.nodes[node].e, w.now, &came, span_mut_of(room, sizeof room), entry,
                           &where);
}

/* In a broadcast of its author that names `named`. */
static int open_bytes(size_t node, struct span bytes, const struct entry *named,
                      struct entry *entry)
{
    struct entry_proof_named by;

    broadcasts_name(&by, named, w.group);
    return open_by(node, bytes, &by, entry);
}

static struct span saved(size_t node, struct buf *b)
{
    buf_wipe(b);
    assert_int_equal(epoch_state_save(&w.nodes[node].e, w.now, b), 0);
    return buf_span(b);
}

/* Each bit flipped, each length cut: refused, and the reader's state is as it was, bit for bit. */
static void a_damaged_entry_changes_nothing(void **state)
{
    (void)state;
    struct buf before;
    struct buf after;
    struct entry entry;
    uint8_t bytes[512];

    begin(2, &signer_ed25519);
    assert_int_equal(group_world_write(&w, 0), 0);
    struct group_world_item *item = w.items[w.item_count - 1];
    buf_init(&before, EPOCH_STATE_SIZE_MAX);
    buf_init(&after, EPOCH_STATE_SIZE_MAX);
    struct span was = saved(1, &before);
    for (size_t bit = 0; bit < item->len * 8; bit++) {
        memcpy(bytes, item->bytes, item->len);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = open_bytes(1, span_of(bytes, item->len), &item->entry, &entry);
        bool is_epoch = bit / 8 >= 9 && bit / 8 < 17; /* another epoch's hint: it may yet come */
        assert_int_equal(rc, is_epoch ? WAVU_ERR_AGAIN : WAVU_ERR_CRYPTO);
    }
    for (size_t len = 0; len < item->len; len++) {
        assert_int_equal(open_bytes(1, span_of(item->bytes, len), &item->entry, &entry),
                         WAVU_ERR_CRYPTO);
    }
    assert_true(span_is_equal(was, saved(1, &after)));
    assert_int_equal(open_bytes(1, span_of(item->bytes, item->len), &item->entry, &entry), 0);
    assert_false(span_is_equal(was, saved(1, &after)));
    assert_int_equal(open_bytes(1, span_of(item->bytes, item->len), &item->entry, &entry),
                     WAVU_ERR_CRYPTO);
    buf_wipe(&before);
    buf_wipe(&after);
    group_world_clear(&w);
}

/* Seal `plain` as generation `generation` of node 0, with the chain that node 1 has of it. */
static struct span forge(const struct entry *entry, uint32_t generation, uint8_t *bytes)
{
    const struct epoch *e = &w.nodes[1].e;
    struct epoch_set *s = LIST_OF(list_next(&e->sets, &e->sets), struct epoch_set, link);
    int index = -1;
    struct chain_peek peek;
    struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t ad[256];
    uint8_t tag[AEAD_TAG_SIZE];
    struct wr a;
    struct wr wr;

    for (size_t i = 0; i < s->count; i++) {
        if (span_is_equal(span_of(e->views.devices[s->slots[i]].id, 32),
                          span_of(w.nodes[0].device.public_key, 32))) {
            index = (int)i;
        }
    }
    assert_true(index >= 0);
    assert_int_equal(epoch_set_look(s, &e->views, (size_t)index, generation, &peek), 0);
    memcpy(key.bytes, peek.keys.key, 32);
    wr_init(&a, span_mut_of(ad, sizeof ad));
    wr_u8(&a, 1);
    wr_u8(&a, 2);
    wr_bytes(&a, span_of(w.group, 32));
    wr_bytes(&a, span_of(s->id, 32));
    wr_bytes(&a, span_of(w.nodes[0].device.public_key, 32));
    wr_u32be(&a, generation);
    wr_init(&wr, span_mut_of(bytes, 512));
    wr_u8(&wr, 1);
    wr_bytes(&wr, span_of(w.nodes[0].device.public_key, 8));
    wr_bytes(&wr, span_of(s->id, 8));
    wr_varint(&wr, generation);
    size_t start = wr.len;
    assert_int_equal(entry_write_plain(&wr, entry), 0);
    aead_seal(w.aead, &key, nonce, wr_span(&a), span_mut_of(bytes + start, wr.len - start), tag);
    wr_bytes(&wr, span_of(tag, sizeof tag));
    assert_int_equal(wr_finish(&wr), 0);
    return wr_span(&wr);
}

/* A member knows the others' chain keys. It can seal as another, but nobody takes it. */
static void test_a_generation_is_its_authors(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct entry entry;
    struct buf before;
    struct buf after;

    begin(3, &signer_ed25519);
    assert_int_equal(group_world_write(&w, 0), 0);
    struct entry old = w.items[w.item_count - 1]->entry;
    buf_init(&before, EPOCH_STATE_SIZE_MAX);
    buf_init(&after, EPOCH_STATE_SIZE_MAX);
    struct span was = saved(2, &before);
    /* The author's own entry, named by it, once more under a generation to come. */
    assert_int_equal(open_bytes(2, forge(&old, 5, bytes), &old, &entry), WAVU_ERR_CRYPTO);
    /* Something new, named by the author's broadcast of something else, or by the member's own. */
    struct entry_proof_named by;
    struct entry made = old;
    made.expiry++;
    assert_int_equal(open_bytes(2, forge(&made, 0, bytes), &old, &entry), WAVU_ERR_CRYPTO);
    broadcasts_name(&by, &made, w.group);
    memcpy(by.device, w.nodes[1].device.public_key, 32);
    assert_int_equal(open_by(2, forge(&made, 0, bytes), &by, &entry), WAVU_ERR_CRYPTO);
    /* The author's very entry in the member's broadcast, which may even say that it is its. */
    broadcasts_name(&by, &old, w.group);
    memcpy(by.device, w.nodes[1].device.public_key, 32);
    struct span sealed = forge(&old, 0, bytes);
    assert_int_equal(open_by(2, sealed, &by, &entry), WAVU_ERR_CRYPTO);
    memcpy(bytes + 1, w.nodes[1].device.public_key, 8);
    assert_int_equal(open_by(2, sealed, &by, &entry), WAVU_ERR_CRYPTO);
    assert_true(span_is_equal(was, saved(2, &after)));
    /* With the right generation and name it is the very entry: the forging above is sound. */
    assert_int_equal(open_bytes(2, forge(&old, 0, bytes), &old, &entry), 0);
    assert_true(entry.is_said);
    buf_wipe(&before);
    buf_wipe(&after);
    group_world_clear(&w);
}

static void an_unknown_room_or_epoch_is_told_apart(void **state)
{
    (void)state;
    struct entry entry;

    begin(2, &signer_ed25519);
    assert_int_equal(group_world_write(&w, 0), 0);
    struct group_world_item *item = w.items[w.item_count - 1];
    w.nodes[1].e.rooms[0][0] ^= 1;
    assert_int_equal(open_bytes(1, span_of(item->bytes, item->len), &item->entry, &entry),
                     WAVU_ERR_NOT_FOUND);
    w.nodes[1].e.rooms[0][0] ^= 1;
    w.nodes[1].e.rooms[0][31] ^= 1; /* the hint fits, the room does not */
    assert_int_equal(open_bytes(1, span_of(item->bytes, item->len), &item->entry, &entry),
                     WAVU_ERR_CRYPTO);
    w.nodes[1].e.rooms[0][31] ^= 1;
    size_t stranger = group_world_make(&w);
    assert_int_equal(open_bytes(stranger, span_of(item->bytes, item->len), &item->entry, &entry),
                     WAVU_ERR_AGAIN);
    assert_int_equal(open_bytes(1, span_of(item->bytes, item->len), &item->entry, &entry), 0);
    group_world_clear(&w);
}

static void kept_keys_are_bounded_for_all_chains_together(void **state)
{
    (void)state;
    struct entry entry;

    begin(2, &group_world_null_signer);
    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i < CHAIN_SKIPPED_MAX + 1; i++) {
            assert_int_equal(group_world_write(&w, 0), 0);
        }
        struct group_world_item *last = w.items[w.item_count - 1];
        assert_int_equal(open_bytes(1, span_of(last->bytes, last->len), &last->entry, &entry), 0);
        assert_true(w.nodes[1].e.skipped <= EPOCH_SKIPPED_MAX);
        epoch_check(&w.nodes[1].e);
        for (size_t i = 0; i < w.item_count; i++) { /* all entries stay on the way */
            if (w.items[i]->kind == GROUP_WORLD_ENTRY) {
                w.items[i]->has[1] = true;
            }
        }
        assert_int_equal(epoch_make_change(&w.nodes[0].e, w.now, false), 0);
        group_world_pump(&w, 0);
        group_world_run(&w);
    }
    assert_int_equal(w.nodes[1].e.skipped, EPOCH_SKIPPED_MAX);
    w.now += EPOCH_GRAPH_KEEP_NS;
    assert_true(epoch_deadline(&w.nodes[1].e) <= w.now);
    epoch_tick(&w.nodes[1].e, w.now);
    assert_int_equal(w.nodes[1].e.skipped, 0);
    group_world_clear(&w);
}

/* A member that leaves 256 keys behind in each of its epochs keeps nobody else's from being kept.
 */
static void kept_keys_of_others_stay(void **state)
{
    (void)state;
    enum { M, R, H };
    struct entry entry;

    begin(3, &group_world_null_signer);
    for (size_t round = 0; round <= EPOCH_SKIPPED_MAX / CHAIN_SKIPPED_MAX; round++) {
        for (size_t i = 0; i < CHAIN_SKIPPED_MAX + 1; i++) {
            assert_int_equal(group_world_write(&w, M), 0);
        }
        struct group_world_item *last = w.items[w.item_count - 1];
        assert_int_equal(open_bytes(R, span_of(last->bytes, last->len), &last->entry, &entry), 0);
        for (size_t i = 0; i < w.item_count; i++) {
            if (w.items[i]->kind == GROUP_WORLD_ENTRY) {
                w.items[i]->has[R] = true;
                w.items[i]->has[H] = true;
            }
        }
        assert_int_equal(epoch_make_change(&w.nodes[M].e, w.now, false), 0);
        group_world_pump(&w, M);
        group_world_run(&w);
        w.now += GROUP_WORLD_SECOND;
    }
    assert_int_equal(w.nodes[R].e.skipped, EPOCH_SKIPPED_MAX);
    size_t first = w.item_count;
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(group_world_write(&w, H), 0);
    }
    for (size_t i = w.item_count; i > first; i--) { /* the last one comes first */
        if (w.items[i - 1]->kind == GROUP_WORLD_ENTRY) {
            struct span bytes = span_of(w.items[i - 1]->bytes, w.items[i - 1]->len);
            assert_int_equal(open_bytes(R, bytes, &w.items[i - 1]->entry, &entry), 0);
        }
    }
    assert_int_equal(w.nodes[R].e.skipped, EPOCH_SKIPPED_MAX - 7);
    epoch_check(&w.nodes[R].e);
    group_world_clear(&w);
}

static void rooms_are_bounded(void **state)
{
    (void)state;
    uint8_t room[32] = {0};

    begin(2, &group_world_null_signer);
    for (size_t i = 1; i < EPOCH_ROOMS_MAX; i++) {
        room[0] = (uint8_t)i;
        room[1] = (uint8_t)(i >> 8);
        assert_int_equal(epoch_seal_room(&w.nodes[0].e, room), 0);
        assert_int_equal(epoch_seal_room(&w.nodes[0].e, room), 0);
    }
    room[2] = 1;
    assert_int_equal(epoch_seal_room(&w.nodes[0].e, room), WAVU_ERR_LIMIT);
    group_world_clear(&w);
}

/* A draft that cannot be sealed leaves nothing behind, not even its room. */
static void a_draft_that_is_refused_changes_nothing(void **state)
{
    (void)state;
    struct entry entry = {.sequence = ENTRY_NUMBER_MAX + 1, .room = {77}};
    struct buf before;
    struct buf after;
    uint8_t bytes[512];
    struct wr wr;

    begin(2, &group_world_null_signer);
    assert_int_equal(group_world_write(&w, 0), 0);
    buf_init(&before, EPOCH_STATE_SIZE_MAX);
    buf_init(&after, EPOCH_STATE_SIZE_MAX);
    struct span was = saved(0, &before);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(epoch_seal_write(&w.nodes[0].e, &entry, &wr), WAVU_ERR_LIMIT);
    assert_int_equal(wr.len, 0);
    entry.sequence = 2;
    wr_init(&wr, span_mut_of(bytes, EPOCH_SEAL_OVERHEAD_MAX - 1)); /* too little room */
    assert_int_equal(epoch_seal_write(&w.nodes[0].e, &entry, &wr), WAVU_ERR_LIMIT);
    assert_true(span_is_equal(was, saved(0, &after)));
    buf_wipe(&before);
    buf_wipe(&after);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_one_ciphertext_for_all),
        UNIT(the_longest_entry_costs_94_bytes),
        UNIT(nothing_is_sealed_before_its_generation_is_durable),
        UNIT(a_restart_goes_on_with_the_next_block),
        UNIT(a_chain_near_its_end_says_so),
        UNIT(a_damaged_entry_changes_nothing),
        UNIT(test_a_generation_is_its_authors),
        UNIT(an_unknown_room_or_epoch_is_told_apart),
        UNIT(kept_keys_are_bounded_for_all_chains_together),
        UNIT(kept_keys_of_others_stay),
        UNIT(rooms_are_bounded),
        UNIT(a_draft_that_is_refused_changes_nothing),
    };
    return cmocka_run_group_tests_name("epoch_seal", tests, NULL, NULL);
}
