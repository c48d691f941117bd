/*
 * Direct chats as a service: devices of both get what is said; who brings whose messages; what is
 * not now, what never; hostile bodies; reading.
 */
#include "chat/directs.h"

#include "tests/support/directs_world.h"

static void all_devices_of_both_have_it(void **state)
{
    (void)state;
    directs_world_start(1);
    directs_world_text(0, 1, "one");
    directs_world_carry();
    directs_world_text(2, 0, "two");
    directs_world_carry();
    directs_world_text(1, 1, "three");
    directs_world_carry();
    for (size_t i = 0; i < 4; i++) {
        directs_world_expect(i, i < 2 ? 1 : 0, "one two three ");
    }
    directs_world_expect(4, 0, "");
    /* Three devices get each of one's own, and nobody a thing twice. */
    assert_int_equal(w->carried, 9);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(w->nodes[i].placed, 3);
    }
    /* Nothing of one's own other devices is unread. */
    assert_int_equal(directs_world_room(0, 1)->unread, 1);
    assert_int_equal(directs_world_room(3, 0)->unread, 2);
    assert_int_equal(w->nodes[0].states[OUTBOX_DELIVERED], 1);
    directs_world_stop();
}

static void it_is_there_after_a_restart(void **state)
{
    (void)state;
    directs_world_start(2);
    directs_world_text(0, 1, "one");
    directs_world_carry();
    for (size_t i = 0; i < 4; i++) {
        directs_world_again(i);
    }
    directs_world_text(0, 1, "two");
    directs_world_carry();
    for (size_t i = 0; i < 4; i++) {
        directs_world_expect(i, i < 2 ? 1 : 0, "one two ");
    }
    directs_world_stop();
}

/* A message of device `author`, as `direct_write` makes it. */
static size_t forge(uint8_t *bytes, size_t size, size_t author, size_t other, uint64_t sequence)
{
    struct direct d = {.kind = DIRECT_MESSAGE,
                       .sequence = sequence,
                       .height = sequence,
                       .content = UNIT_TEXT("\x08\x01\x12\x03lie")};
    struct wr out;
    direct_chat_id(d.chat, w->network, w->nodes[author].member, directs_world_member(other));
    memcpy(d.device, w->nodes[author].device, 32);
    wr_init(&out, span_mut_of(bytes, size));
    direct_write(&out, &d);
    assert_int_equal(wr_finish(&out), 0);
    return out.len;
}

static void nobody_speaks_for_others(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t message[ENVELOPE_ID_SIZE] = {1};
    directs_world_start(3);
    /* Baraka's device brings what Amina's said, as if: to Amina's other device. */
    size_t len = forge(bytes, sizeof bytes, 0, 1, 1);
    assert_int_equal(directs_world_hand(2, 1, message, span_of(bytes, len)), WAVU_ERR_DENIED);
    directs_world_expect(1, 1, "");
    /* Chiku brings words of Baraka, and of Amina, and those of the chat of both. */
    assert_int_equal(directs_world_hand(4, 1, message, span_of(bytes, len)), WAVU_ERR_NOT_FOUND);
    len = forge(bytes, sizeof bytes, 2, 0, 1);
    assert_int_equal(directs_world_hand(4, 1, message, span_of(bytes, len)), WAVU_ERR_NOT_FOUND);
    directs_world_expect(1, 1, "");
    directs_world_expect(1, 2, "");
    /* One's own chat as another's: Chiku says something in the chat of Amina and Baraka. */
    struct direct d;
    assert_int_equal(direct_read(&d, span_of(bytes, len)), 0);
    memcpy(d.device, w->nodes[4].device, 32);
    d.body = span_empty();
    uint8_t again[256];
    struct wr out;
    wr_init(&out, span_mut_of(again, sizeof again));
    direct_write(&out, &d);
    assert_int_equal(directs_world_hand(4, 1, message, wr_span(&out)), WAVU_ERR_NOT_FOUND);
    directs_world_expect(1, 1, "");
    /* A device that is nobody's. */
    memset(d.device, 0xee, 32);
    wr_init(&out, span_mut_of(again, sizeof again));
    direct_write(&out, &d);
    assert_int_equal(directs_world_hand(2, 1, message, wr_span(&out)), WAVU_ERR_NOT_FOUND);
    directs_world_expect(1, 1, "");
    /* What may be: Baraka's device brings what Baraka's other one said; Amina's what both did. */
    assert_int_equal(directs_world_hand(3, 1, message, span_of(bytes, len)), 0);
    directs_world_expect(1, 1, "lie ");
    assert_int_equal(directs_world_hand(1, 0, message, span_of(bytes, len)), 0);
    directs_world_expect(0, 1, "lie ");
    directs_world_stop();
}

/* Whatever comes is taken or refused, and nothing of it breaks anything. */
static void hostile_bodies(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t message[ENVELOPE_ID_SIZE] = {1};
    const struct random *random = NULL;
    directs_world_start(4);
    random = &w->nodes[4].port->random;
    const size_t len = forge(bytes, sizeof bytes, 2, 0, 3);
    for (size_t n = 0; n < 4000; n++) {
        uint8_t bad[256];
        memcpy(bad, bytes, len);
        for (uint64_t k = random_below(random, 4) + 1; k > 0; k--) {
            bad[random_below(random, len)] = (uint8_t)random_below(random, 256);
        }
        const size_t cut = random_below(random, 8) == 0 ? (size_t)random_below(random, len) : len;
        (void)!directs_world_hand(2, 0, message, span_of(bad, cut));
        if (n % 256 == 0) {
            directs_world_run(TIMERS_SECOND);
        }
    }
    assert_true(directs_world_hand(2, 0, message, span_empty()) < 0);
    directs_check(w->nodes[0].directs);
    directs_world_text(0, 1, "still");
    directs_world_carry();
    directs_world_expect(2, 0, "still ");
    directs_world_stop();
}

/* The courier makes a receipt of a 0, and that says "delivered": only of what is here. */
static void what_is_not_kept_has_no_receipt(void **state)
{
    (void)state;
    uint8_t first[256];
    uint8_t second[256];
    uint8_t message[ENVELOPE_ID_SIZE] = {1};
    struct direct d;
    struct wr out;
    directs_world_start(8);
    const size_t len = forge(first, sizeof first, 2, 0, 1);
    assert_int_equal(directs_world_hand(2, 0, message, span_of(first, len)), 0);
    assert_int_equal(directs_world_hand(2, 0, message, span_of(first, len)), 0); /* it is here */
    /* Another one at the same sequence: a device that went back to an old state of itself. */
    assert_int_equal(direct_read(&d, span_of(first, len)), 0);
    d.body = span_empty();
    d.content = UNIT_TEXT("\x08\x01\x12\x03two");
    wr_init(&out, span_mut_of(second, sizeof second));
    direct_write(&out, &d);
    assert_int_equal(directs_world_hand(2, 0, message, wr_span(&out)), WAVU_ERR_CRYPTO);
    directs_world_expect(0, 1, "lie ");
    /* Of a device that this node's log does not have yet: it is kept when it does. */
    d.sequence = 2;
    const uint8_t known = w->nodes[3].device[0];
    memcpy(d.device, w->nodes[3].device, 32);
    wr_init(&out, span_mut_of(second, sizeof second));
    direct_write(&out, &d);
    w->nodes[3].device[0] = 0xee;
    assert_int_equal(directs_world_hand(2, 0, message, wr_span(&out)), WAVU_ERR_NOT_FOUND);
    w->nodes[3].device[0] = known;
    assert_int_equal(directs_world_hand(2, 0, message, wr_span(&out)), 0);
    directs_world_expect(0, 1, "lie two ");
    /* Of a newer wavu: it waits for an update. */
    size_t at = 0;
    while (direct_read(&d, span_of(first, len)) != WAVU_ERR_UNSUPPORTED && at < len) {
        first[at] ^= 3;
        if (direct_read(&d, span_of(first, len)) == WAVU_ERR_UNSUPPORTED) {
            break;
        }
        first[at++] ^= 3;
    }
    assert_true(at < len);
    assert_int_equal(directs_world_hand(2, 0, message, span_of(first, len)), WAVU_ERR_UNSUPPORTED);
    directs_world_stop();
}

static void what_cannot_be_said(void **state)
{
    (void)state;
    static uint8_t text[CONTENT_SIZE_MAX];
    uint8_t id[32];
    uint8_t own[32];
    struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("a")};
    directs_world_start(5);
    assert_int_equal(directs_world_say_content(0, 0, &c, id), WAVU_ERR_INVALID);
    uint8_t nobody[32] = {0x77};
    const struct directs_words words = {.other = nobody, .content = &c};
    assert_int_equal(directs_say(w->nodes[0].directs, &words, id), WAVU_ERR_NOT_FOUND);
    c.kind = CONTENT_ROOM;
    assert_int_equal(directs_world_say_content(0, 1, &c, id), WAVU_ERR_INVALID);
    memset(text, 'a', sizeof text);
    c = (struct content){.kind = CONTENT_TEXT, .text = span_of(text, sizeof text)};
    assert_int_equal(directs_world_say_content(0, 1, &c, id), WAVU_ERR_LIMIT);
    c.text.len = CONTENT_SIZE_MAX - 16;
    assert_int_equal(directs_world_say_content(0, 1, &c, own), 0); /* the longest */
    c = (struct content){.kind = CONTENT_EDIT, .text = UNIT_TEXT("b"), .target = nobody};
    assert_int_equal(directs_world_say_content(0, 1, &c, id), WAVU_ERR_NOT_FOUND);
    directs_world_carry();
    c.target = own;
    assert_int_equal(directs_world_say_content(2, 0, &c, id), WAVU_ERR_DENIED);
    c = (struct content){.kind = CONTENT_TEXT, .text = UNIT_TEXT("b"), .reply = own};
    assert_int_equal(directs_world_say_content(2, 0, &c, id), 0);
    /* The disk is behind. */
    w->nodes[0].is_behind = true;
    assert_int_equal(directs_world_say_content(0, 1, &c, id), WAVU_ERR_AGAIN);
    w->nodes[0].is_behind = false;
    /* Who was put out is not told anything; what was said stays. */
    directs_world_carry();
    w->nodes[2].is_gone = true;
    w->nodes[3].is_gone = true;
    assert_int_equal(directs_world_say_content(0, 1, &c, id), WAVU_ERR_DENIED);
    assert_int_equal(directs_world_room(0, 1)->last, 2);
    directs_world_stop();
}

/* A full commit takes nothing, and the courier brings it again. */
static void not_now_is_not_never(void **state)
{
    (void)state;
    static uint8_t junk[STORE_VALUE_MAX];
    uint8_t key = 0;
    directs_world_start(6);
    directs_world_text(2, 0, "one");
    while (store_put(w->nodes[0].store, "t", span_of(&key, 1), span_of(junk, sizeof junk)) == 0) {
        key++;
    }
    const struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("a")};
    uint8_t id[32];
    assert_int_equal(directs_world_say_content(0, 1, &c, id), WAVU_ERR_AGAIN);
    directs_world_carry();
    directs_world_expect(0, 1, "");
    assert_int_equal(w->nodes[0].placed, 0);
    directs_world_run(TIMERS_SECOND);
    directs_world_carry();
    directs_world_expect(0, 1, "one ");
    directs_world_stop();
}

static void what_was_read_is_told_when_it_is_wished(void **state)
{
    (void)state;
    directs_world_start(7);
    for (size_t n = 0; n < 5; n++) {
        directs_world_text(0, 1, "text");
    }
    directs_world_carry();
    assert_int_equal(directs_read(w->nodes[2].directs, directs_world_room(2, 0), 2), 0);
    directs_world_run(5 * TIMERS_SECOND);
    assert_int_equal(w->nodes[2].reads, 0);
    assert_int_equal(directs_world_room(2, 0)->unread, 3);
    assert_int_equal(directs_tell_read(w->nodes[2].directs, true), 0);
    directs_world_again(2);
    assert_true(directs_tells_read(w->nodes[2].directs)); /* kept */
    w->nodes[2].is_behind = true;
    assert_int_equal(directs_read(w->nodes[2].directs, directs_world_room(2, 0), UINT64_MAX), 0);
    directs_world_run(5 * TIMERS_SECOND);
    assert_int_equal(w->nodes[2].reads, 0);
    w->nodes[2].is_behind = false; /* later */
    directs_world_run(5 * TIMERS_SECOND);
    assert_int_equal(w->nodes[2].reads, 3);
    assert_int_equal(w->nodes[0].states[OUTBOX_READ], 3);
    assert_int_equal(directs_world_room(2, 0)->unread, 0);
    directs_world_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_devices_of_both_have_it),
        UNIT(it_is_there_after_a_restart),
        UNIT(nobody_speaks_for_others),
        UNIT(hostile_bodies),
        UNIT(what_is_not_kept_has_no_receipt),
        UNIT(what_cannot_be_said),
        UNIT(not_now_is_not_never),
        UNIT(what_was_read_is_told_when_it_is_wished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
