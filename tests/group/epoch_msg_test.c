/*
 * The codec, with sizes and bytes held against docs/protocol/epoch.md and epoch.proto.
 */
#include "tests/base/unit.h"

#include "group/epoch_msg.h"

static uint8_t body_room[EPOCH_MSG_BODY_SIZE_MAX];
static uint8_t room[EPOCH_MSG_SIZE_MAX];
static uint8_t ids[EPOCH_MSG_PARENTS_MAX * 32 + 32];
static const uint8_t signature[SIGNER_SIZE] = {3};
static uint8_t mlkem[MLKEM_PUBLIC_SIZE];

static void number_ids(void)
{
    for (size_t i = 0; i < sizeof ids / 32; i++) {
        memset(ids + i * 32, (int)i + 1, 32);
    }
}

static struct epoch_msg_change a_change(size_t parents, size_t log_heads)
{
    number_ids();
    return (struct epoch_msg_change){.group = {1},
                                     .author = {2},
                                     .sequence = 3,
                                     .kind = EPOCH_MSG_SEED,
                                     .parents = {ids, parents},
                                     .log_heads = {ids, log_heads},
                                     .members = {4},
                                     .commitment = {5},
                                     .leaf = {6}};
}

static struct span body_of(const struct epoch_msg_change *c)
{
    struct wr w;

    wr_init(&w, span_mut_of(body_room, sizeof body_room));
    epoch_msg_write_change_body(&w, c);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void a_change_comes_back(void **state)
{
    (void)state;
    struct epoch_msg_change c = a_change(2, 1);
    struct epoch_msg_change read;
    struct epoch_msg m;
    struct wr w;

    c.mlkem = mlkem;
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_signed(&w, EPOCH_MSG_CHANGE, body_of(&c), signature);
    assert_int_equal(epoch_msg_read(&m, wr_span(&w)), 0);
    assert_int_equal(m.kind, EPOCH_MSG_CHANGE);
    assert_memory_equal(m.signature.ptr, signature, SIGNER_SIZE);
    assert_int_equal(epoch_msg_read_change(&read, m.body), 0);
    assert_true(read.sequence == 3 && read.kind == EPOCH_MSG_SEED && read.parents.count == 2);
    assert_memory_equal(read.parents.bytes, ids, 64);
    assert_memory_equal(read.log_heads.bytes, ids, 32);
    assert_memory_equal(read.group, c.group, 32);
    assert_memory_equal(read.author, c.author, 32);
    assert_memory_equal(read.members, c.members, 32);
    assert_memory_equal(read.commitment, c.commitment, 32);
    assert_memory_equal(read.leaf, c.leaf, 32);
    assert_memory_equal(read.mlkem, mlkem, sizeof mlkem);
}

static size_t message_size(const struct epoch_msg_change *c)
{
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_signed(&w, EPOCH_MSG_CHANGE, body_of(c), signature);
    return w.len;
}

static void sizes_are_what_the_page_says(void **state)
{
    (void)state;
    struct epoch_msg_change c = a_change(1, 1);
    struct wrap_sealed sealed = {.aead = 1, .carried_len = X25519_SIZE};
    struct wr w;

    assert_int_equal(message_size(&c), 316);
    c = a_change(2, 1);
    assert_int_equal(message_size(&c), 316 + 34);
    c = a_change(1, 1);
    c.mlkem = mlkem;
    assert_int_equal(message_size(&c), 316 + 1187);
    c.mlkem = NULL;
    c.kind = EPOCH_MSG_DERIVED;
    assert_int_equal(message_size(&c), 316 - 34);
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_wrap(&w, ids, ids, &sealed);
    assert_int_equal(w.len, 108);
    sealed.carried_len = HYBRID_CIPHERTEXT_SIZE;
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_wrap(&w, ids, ids, &sealed);
    assert_int_equal(w.len, 1198);
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_name(&w, ids, (struct epoch_msg_ids){ids, 2});
    assert_int_equal(w.len, 2 + 34 + 2 * 34);
}

static void shapes_are_held(void **state)
{
    (void)state;
    struct epoch_msg_change read;
    struct epoch_msg_change c = a_change(EPOCH_MSG_PARENTS_MAX, EPOCH_MSG_LOG_HEADS_MAX);

    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), 0);
    c = a_change(EPOCH_MSG_PARENTS_MAX + 1, 1);
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), WAVU_ERR_CRYPTO);
    c = a_change(2, EPOCH_MSG_LOG_HEADS_MAX + 1);
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), WAVU_ERR_CRYPTO);
    c = a_change(2, 1);
    memcpy(ids, ids + 32, 32); /* twice the same */
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), WAVU_ERR_CRYPTO);
    memset(ids, 9, 32); /* descending */
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), WAVU_ERR_CRYPTO);
    c = a_change(0, 1);
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), 0); /* the first of all */
    c.kind = EPOCH_MSG_DERIVED;                                     /* from nothing? */
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), WAVU_ERR_CRYPTO);
    c = a_change(1, 1);
    c.sequence = 0;
    assert_int_equal(epoch_msg_read_change(&read, body_of(&c)), WAVU_ERR_CRYPTO);
    c = a_change(1, 1);
    c.mlkem = mlkem;
    struct span body = body_of(&c);
    memcpy(body_room + body.len, (const uint8_t[]){0x20, 7}, 2); /* the sequence once more */
    assert_int_equal(epoch_msg_read_change(&read, span_of(body.ptr, body.len + 2)),
                     WAVU_ERR_CRYPTO);
    memcpy(body_room + body.len, (const uint8_t[]){0x70, 7}, 2); /* an unknown field */
    assert_int_equal(epoch_msg_read_change(&read, span_of(body.ptr, body.len + 2)), 0);
    for (size_t len = 0; len < body.len; len++) {
        assert_int_not_equal(epoch_msg_read_change(&read, span_of(body.ptr, len)), 1);
    }
}

static void wraps_names_and_welcomes_come_back(void **state)
{
    (void)state;
    struct epoch_msg m;
    struct epoch_msg read;
    struct wrap_sealed sealed = {
        .aead = 2, .carried_len = X25519_SIZE, .carried = {7}, .sealed = {8}};
    struct wr w;
    size_t at = 0;

    number_ids();
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_wrap(&w, ids, ids + 32, &sealed);
    assert_int_equal(epoch_msg_read(&read, wr_span(&w)), 0);
    assert_true(read.kind == EPOCH_MSG_WRAP && read.has_base && read.sealed.aead == 2);
    assert_memory_equal(read.change, ids, 8);
    assert_memory_equal(read.base, ids + 32, 8);
    assert_memory_equal(read.sealed.carried, sealed.carried, 32);
    assert_memory_equal(read.sealed.sealed, sealed.sealed, 48);
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_wrap(&w, ids, NULL, &sealed);
    assert_int_equal(epoch_msg_read(&read, wr_span(&w)), 0);
    assert_false(read.has_base);
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_name(&w, ids, (struct epoch_msg_ids){ids, 3});
    assert_int_equal(epoch_msg_read(&read, wr_span(&w)), 0);
    assert_true(read.kind == EPOCH_MSG_NAME && read.id_count == 3);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(epoch_msg_next_id(&read, &at), ids + 32 * i, 32);
    }
    assert_null(epoch_msg_next_id(&read, &at));
    m = (struct epoch_msg){.body = UNIT_TEXT("body"),
                           .signature = span_of(signature, SIGNER_SIZE),
                           .asker = {4},
                           .number = 5,
                           .sealed = sealed};
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_welcome(&w, &m, (struct epoch_msg_ids){ids, 2});
    assert_int_equal(epoch_msg_read(&read, wr_span(&w)), 0);
    assert_true(read.kind == EPOCH_MSG_WELCOME && read.number == 5 && read.id_count == 2);
    assert_true(span_is_equal(read.body, m.body));
    assert_memory_equal(read.asker, m.asker, 32);
}

/* A change is kept as a message, so what is beside its body in it is bounded, too. */
static void a_padded_change_is_none(void **state)
{
    (void)state;
    static const uint8_t zeros[EPOCH_MSG_CHANGE_SIZE_MAX];
    struct epoch_msg_change c = a_change(1, 1);
    struct epoch_msg read;
    struct span body = body_of(&c);
    struct wr w;

    for (size_t padding = 0; padding <= EPOCH_MSG_CHANGE_SIZE_MAX; padding += 500) {
        size_t inner =
            pb_bytes_size(1, body.len) + pb_bytes_size(2, SIGNER_SIZE) + pb_bytes_size(9, padding);
        wr_init(&w, span_mut_of(room, sizeof room));
        pb_write_head(&w, EPOCH_MSG_CHANGE, inner);
        pb_write_bytes(&w, 1, body);
        pb_write_bytes(&w, 2, span_of(signature, sizeof signature));
        pb_write_bytes(&w, 9, span_of(zeros, padding)); /* unknown: skipped */
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(epoch_msg_read(&read, wr_span(&w)),
                         w.len <= EPOCH_MSG_CHANGE_SIZE_MAX ? 0 : WAVU_ERR_CRYPTO);
    }
}

static void names_of_one_head_or_too_many_are_none(void **state)
{
    (void)state;
    struct epoch_msg read;
    struct wr w;

    number_ids();
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_name(&w, ids, (struct epoch_msg_ids){ids, 1});
    assert_int_equal(epoch_msg_read(&read, wr_span(&w)), WAVU_ERR_CRYPTO);
    wr_init(&w, span_mut_of(room, sizeof room));
    epoch_msg_write_name(&w, ids, (struct epoch_msg_ids){ids, EPOCH_MSG_PARENTS_MAX + 1});
    assert_int_equal(epoch_msg_read(&read, wr_span(&w)), WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_msg_read(&read, span_of(room, EPOCH_MSG_SIZE_MAX + 1)), WAVU_ERR_CRYPTO);
    assert_int_equal(epoch_msg_read(&read, span_empty()), WAVU_ERR_CRYPTO);
}

static void an_ask_comes_back(void **state)
{
    (void)state;
    static uint8_t key[HYBRID_PUBLIC_SIZE + 1];
    struct epoch_msg_ask ask = {.group = {1}, .device = {2}, .number = 1, .sequence = 7};
    struct epoch_msg_ask read;
    struct wr w;
    static const size_t sizes[] = {X25519_SIZE, HYBRID_PUBLIC_SIZE, 0, 31, HYBRID_PUBLIC_SIZE + 1};

    for (size_t i = 0; i < 5; i++) {
        ask.key = span_of(key, sizes[i]);
        wr_init(&w, span_mut_of(room, sizeof room));
        epoch_msg_write_ask_body(&w, &ask);
        assert_int_equal(epoch_msg_read_ask(&read, wr_span(&w)), i < 2 ? 0 : WAVU_ERR_CRYPTO);
    }
    room[1] = 2; /* format */
    assert_int_equal(epoch_msg_read_ask(&read, wr_span(&w)), WAVU_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_change_comes_back),     UNIT(sizes_are_what_the_page_says),
        UNIT(shapes_are_held),         UNIT(wraps_names_and_welcomes_come_back),
        UNIT(a_padded_change_is_none), UNIT(names_of_one_head_or_too_many_are_none),
        UNIT(an_ask_comes_back),
    };
    return cmocka_run_group_tests_name("epoch_msg", tests, NULL, NULL);
}
