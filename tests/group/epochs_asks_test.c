/*
 * Asks that wait for an answer: one of a device, few in all, as many as can be with one change.
 */
#include "group/epochs_asks.h"

#include "base/check.h"
#include "tests/base/unit.h"
#include "tests/support/group_world.h"

static struct group_world w;
static struct epochs_asks asks;

/* All but device 0 lack the secret of its change. */
static void change_unheard(void)
{
    group_world_change_unheard(&w, 0, true, GROUP_WORLD_ALL);
}

/* `count` members. */
static void begin(uint64_t seed, size_t count)
{
    group_world_init(&w, seed, &signer_ed25519);
    group_world_begin(&w, count);
    change_unheard();
    epochs_asks_init(&asks);
}

static void end(void)
{
    epochs_asks_clear(&asks);
    group_world_clear(&w);
}

static void ask(size_t node)
{
    uint8_t bytes[2048];
    struct wr wr;

    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(group_world_ask(&w, node, &wr), 0);
    assert_int_equal(epochs_asks_keep(&asks, w.now, w.nodes[node].device.public_key,
                                      w.nodes[node].device.public_key, wr_span(&wr)),
                     0);
}

static size_t answer(void)
{
    uint8_t devices[EPOCH_ASKS_MAX][32];
    size_t count = epochs_asks_answer(&asks, &w.nodes[0].e, w.now, devices);

    group_world_pump(&w, 0);
    group_world_run(&w);
    return count;
}

/* Many ask at once: one change for all of them, 16 at a time, and all can write. */
static void one_change_answers_many(void **state)
{
    (void)state;
    begin(1, 20);
    for (size_t i = 1; i < 20; i++) {
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_BLIND);
        ask(i);
    }
    uint64_t before = w.nodes[0].e.sequence;
    assert_int_equal(answer(), EPOCH_ASKS_MAX);
    assert_int_equal(answer(), 3);
    assert_int_equal(answer(), 0);
    assert_int_equal(w.nodes[0].e.sequence, before + 1);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
    }
    end();
}

/* An ask as `node` may sign it, with a key that is none. */
static void ask_with_no_key(size_t node, uint64_t number)
{
    static const uint8_t zeros[32];
    struct epoch_msg_ask bad = {.key = span_of(zeros, sizeof zeros), .number = number};
    uint8_t body[256];
    uint8_t signature[SIGNER_SIZE];
    uint8_t bytes[512];
    const uint8_t *device = w.nodes[node].device.public_key;
    struct wr b;
    struct wr wr;

    memcpy(bad.group, w.group, sizeof bad.group);
    memcpy(bad.device, device, sizeof bad.device);
    wr_init(&b, span_mut_of(body, sizeof body));
    epoch_msg_write_ask_body(&b, &bad);
    w.signer->sign(w.signer->context, signature, &w.nodes[node].device, "wavu epoch ask 1",
                   wr_span(&b));
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_signed(&wr, EPOCH_MSG_ASK, wr_span(&b), signature);
    assert_int_equal(epochs_asks_keep(&asks, w.now, device, device, wr_span(&wr)), 0);
}

/* Nor one whose key cannot be sealed to: the others have theirs and are told of, whether a change
 * was made for them or the last one said again. */
static void a_key_that_is_none_spoils_no_other(void **state)
{
    (void)state;
    begin(5, 4);
    for (size_t i = 1; i < 3; i++) {
        uint64_t before = w.nodes[0].e.sequence;
        ask(i);
        ask_with_no_key(3, 90 + i);
        assert_int_equal(answer(), 2);
        assert_true(w.nodes[0].e.sequence == before + (i == 1 ? 1 : 0));
        assert_int_equal(asks.count, 0);
        assert_int_equal(epoch_bar(&w.nodes[i].e), EPOCH_READY);
    }
    end();
}

/* A false one among them is dropped alone. */
static void a_false_ask_spoils_no_other(void **state)
{
    (void)state;
    begin(2, 4);
    ask(1);
    ask(2);
    struct epoch_make_asked asked = {.from = w.nodes[3].device.public_key,
                                     .message = span_from_text("no ask")};
    assert_int_equal(epochs_asks_keep(&asks, w.now, asked.from, asked.from, asked.message), 0);
    assert_int_equal(asks.count, 3);
    assert_int_equal(answer(), 2);
    assert_int_equal(asks.count, 0);
    assert_int_equal(epoch_bar(&w.nodes[2].e), EPOCH_READY);
    end();
}

/* Who lacks something itself keeps them until it does not, or the askers have gone elsewhere. */
static void they_wait_for_who_lacks_something(void **state)
{
    (void)state;
    begin(3, 3);
    uint8_t devices[EPOCH_ASKS_MAX][32];
    ask(2);
    assert_int_equal(epochs_asks_answer(&asks, &w.nodes[1].e, w.now, devices), 0);
    assert_int_equal(asks.count, 1);
    assert_true(epochs_asks_has_known(&asks, &w.nodes[1].e));
    assert_int_equal(epochs_asks_answer(&asks, &w.nodes[1].e, w.now + EPOCHS_ASKS_KEEP_NS, devices),
                     0);
    assert_int_equal(asks.count, 0);
    end();
}

/* A member that asks and asks has one place, and two answers in a while; a crowd has few. */
static void places_are_few(void **state)
{
    (void)state;
    begin(4, 2);
    uint8_t from[32] = {0};
    struct span message = span_from_text("ask");
    for (uint8_t i = 0; i < EPOCHS_ASKS_KEPT_MAX; i++) {
        from[0] = i;
        assert_int_equal(epochs_asks_keep(&asks, w.now, from, from, message), 0);
        assert_int_equal(epochs_asks_keep(&asks, w.now, from, from, message), 0);
    }
    assert_int_equal(asks.count, EPOCHS_ASKS_KEPT_MAX);
    from[0] = EPOCHS_ASKS_KEPT_MAX;
    assert_int_equal(epochs_asks_keep(&asks, w.now, from, from, message), WAVU_ERR_LIMIT);
    epochs_asks_clear(&asks);
    /* Who was answered when somebody else made a change, too, lacks that one. */
    for (int i = 0; i < 2; i++) {
        ask(1);
        assert_int_equal(answer(), 1);
        change_unheard();
    }
    assert_int_equal(epochs_asks_keep(&asks, w.now, w.nodes[1].device.public_key,
                                      w.nodes[1].device.public_key, message),
                     0);
    assert_int_equal(asks.count, 0);
    w.now += EPOCHS_ASKS_ANSWER_NS;
    assert_int_equal(epochs_asks_keep(&asks, w.now, w.nodes[1].device.public_key,
                                      w.nodes[1].device.public_key, message),
                     0);
    assert_int_equal(asks.count, 1);
    end();
}

/* A member with as many devices as there are places leaves places to others. */
static void places_are_the_members(void **state)
{
    (void)state;
    begin(5, 2);
    static const uint8_t many[32] = {1};
    uint8_t from[32] = {0};
    struct span message = span_from_text("ask");
    for (uint8_t i = 0; i < 2 * EPOCHS_ASKS_KEPT_MAX; i++) {
        from[0] = i;
        assert_int_equal(epochs_asks_keep(&asks, w.now, from, many, message),
                         i < EPOCHS_ASKS_KEPT_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    for (uint8_t i = 0; i < EPOCHS_ASKS_KEPT_MAX / 2; i++) {
        uint8_t other[32] = {2, i};
        assert_int_equal(epochs_asks_keep(&asks, w.now, other, other, message), 0);
    }
    assert_int_equal(asks.count, EPOCHS_ASKS_KEPT_MAX);
    assert_int_equal(epochs_asks_keep(&asks, w.now, from, many, message), WAVU_ERR_LIMIT);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_change_answers_many),
        UNIT(a_false_ask_spoils_no_other),
        UNIT(a_key_that_is_none_spoils_no_other),
        UNIT(they_wait_for_who_lacks_something),
        UNIT(places_are_few),
        UNIT(places_are_the_members),
    };
    return cmocka_run_group_tests_name("epochs_asks", tests, NULL, NULL);
}
