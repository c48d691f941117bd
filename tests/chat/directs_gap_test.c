/*
 * What is missing in direct chats: it is asked for and given, also by other devices; what is gone
 * stays gone; who asks too much is given little.
 */
#include "chat/directs_gap.h"

#include "tests/support/directs_world.h"

#define MINUTE (UINT64_C(60) * TIMERS_SECOND)

/* Let wishes and answers go to and fro. */
static void talk(uint64_t minutes)
{
    for (uint64_t n = 0; n < minutes * 6; n++) {
        directs_world_run(10 * TIMERS_SECOND);
        directs_world_carry();
    }
}

static void what_was_lost_is_asked_for(void **state)
{
    (void)state;
    directs_world_start(1);
    directs_world_text(0, 1, "one");
    directs_world_carry();
    directs_world_text(0, 1, "two");
    directs_world_text(0, 1, "three");
    directs_world_lose();
    directs_world_text(0, 1, "four");
    directs_world_carry();
    directs_world_expect(2, 0, "one four ");
    directs_world_expect(1, 1, "one four ");
    talk(3);
    for (size_t i = 0; i < 4; i++) {
        directs_world_expect(i, i < 2 ? 1 : 0, "one two three four ");
    }
    assert_int_equal(w->nodes[0].states[OUTBOX_DELIVERED], 4); /* the writer knows in the end */
    assert_int_equal(w->nodes[2].directs->gap_count, 0);
    directs_world_stop();
}

/* Who answers after long silence is asked for the rest at once, not after a long pause. */
static void an_answer_ends_the_silence(void **state)
{
    (void)state;
    char text[16];
    uint8_t id[32];
    uint8_t last[32];
    directs_world_start(7);
    w->nodes[1].is_gone = true;
    w->nodes[3].is_gone = true;
    for (size_t n = 0; n < 2 * DIRECT_WANT_MAX + 10; n++) {
        (void)snprintf(text, sizeof text, "%zu", n);
        const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};
        assert_int_equal(directs_world_say_content(0, 1, &c, n + 1 == DIRECT_WANT_MAX ? last : id),
                         0);
        directs_world_run(TIMERS_SECOND / 10);
    }
    /* The last one of the first wish does not come. */
    const struct content gone = {.kind = CONTENT_DELETE, .target = last};
    assert_int_equal(directs_world_say_content(0, 1, &gone, id), 0);
    directs_world_lose();
    directs_world_text(0, 1, "end");
    directs_world_carry();
    w->nodes[0].is_away = true;
    talk(90); /* it is asked, again and again */
    assert_true(w->nodes[2].directs->gap_count == 1);
    w->nodes[0].is_away = false;
    talk(3);
    assert_int_equal(directs_world_room(2, 0)->last, 2 * DIRECT_WANT_MAX + 11);
    directs_world_stop();
}

/* On its way is not lost: nobody is asked at once. */
static void what_is_late_is_not_asked_for(void **state)
{
    (void)state;
    directs_world_start(2);
    directs_world_text(0, 1, "one");
    directs_world_text(0, 1, "two");
    w->mails[0].is_done = true; /* to Amina's other device, or Baraka's first: all of `one` */
    const size_t before = w->mail_count;
    for (size_t k = 0; k < before; k++) {
        w->mails[k].is_done = w->mails[k].to != 2 || k < before / 2;
    }
    directs_world_carry();
    directs_world_expect(2, 0, "two ");
    directs_world_run(20 * TIMERS_SECOND);
    assert_int_equal(w->mail_count, before);
    for (size_t k = 0; k < before; k++) {
        w->mails[k].is_done = false;
    }
    directs_world_carry();
    talk(2);
    directs_world_expect(2, 0, "one two ");
    assert_int_equal(w->mail_count, before);
    directs_world_stop();
}

/* A long chat, for a device that has seen nothing of it, from its person's other device while the
 * author is away. */
static void a_new_device_gets_all_of_it(void **state)
{
    (void)state;
    char text[16];
    directs_world_start(3);
    w->nodes[3].is_gone = true;
    for (size_t n = 0; n < 600; n++) {
        (void)snprintf(text, sizeof text, "%zu", n);
        directs_world_text(n % 3 == 0 ? 2 : 0, n % 3 == 0 ? 0 : 1, text);
        directs_world_carry();
        directs_world_run(TIMERS_SECOND / 10);
    }
    w->nodes[3].is_gone = false;
    directs_world_text(2, 0, "last");
    directs_world_text(0, 1, "end");
    directs_world_carry();
    w->nodes[0].is_away = true;
    talk(20);
    static char a[65536];
    static char b[65536];
    directs_world_read_all(2, 0, a, sizeof a);
    directs_world_read_all(3, 0, b, sizeof b);
    assert_string_equal(a, b);
    assert_int_equal(directs_world_room(3, 0)->last, 602);
    assert_int_equal(w->nodes[3].directs->gap_count, 0);
    directs_world_stop();
}

/* Messages that are gone are not given, do not hold up what is behind them, and are asked for less
 * and less. */
static void what_is_gone_does_not_stand_in_the_way(void **state)
{
    (void)state;
    uint8_t ids[300][32];
    uint8_t id[32];
    directs_world_start(4);
    for (size_t i = 1; i < 4; i++) {
        w->nodes[i].is_away = true;
    }
    const struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("x")};
    for (size_t n = 0; n < 300; n++) {
        assert_int_equal(directs_world_say_content(0, 1, &c, ids[n]), 0);
        directs_world_run(TIMERS_SECOND / 10);
    }
    for (size_t n = 0; n < 290; n++) {
        const struct content gone = {.kind = CONTENT_DELETE, .target = ids[n]};
        assert_int_equal(directs_world_say_content(0, 1, &gone, id), 0);
        directs_world_run(TIMERS_SECOND / 10);
    }
    directs_world_lose();
    for (size_t i = 1; i < 4; i++) {
        w->nodes[i].is_away = false;
    }
    directs_world_text(0, 1, "end");
    directs_world_carry();
    talk(20);
    directs_world_expect(2, 0, "x x x x x x x x x x end ");
    const size_t before = w->mail_count;
    talk(360);
    assert_true(w->mail_count - before < 3 * 20); /* three devices that lack it, in six hours */
    directs_world_stop();
}

static size_t write_want(uint8_t *bytes, size_t size, size_t author, size_t other)
{
    struct direct d = {.kind = DIRECT_WANT, .sequence = 1, .last = DIRECT_WANT_MAX};
    struct wr out;
    direct_chat_id(d.chat, w->network, w->nodes[author].member, directs_world_member(other));
    memcpy(d.device, w->nodes[author].device, 32);
    wr_init(&out, span_mut_of(bytes, size));
    direct_write(&out, &d);
    assert_int_equal(wr_finish(&out), 0);
    return out.len;
}

/* Who asks again and again is given the burst, and then so much a second. */
static void a_greedy_member(void **state)
{
    (void)state;
    static uint8_t text[60000];
    uint8_t bytes[256];
    uint8_t id[32];
    uint8_t message[ENVELOPE_ID_SIZE] = {1};
    directs_world_start(5);
    memset(text, 'a', sizeof text);
    const struct content c = {.kind = CONTENT_TEXT, .text = span_of(text, sizeof text)};
    for (size_t n = 0; n < 10; n++) {
        assert_int_equal(directs_world_say_content(0, 1, &c, id), 0);
        directs_world_run(TIMERS_SECOND);
    }
    directs_world_carry();
    const size_t len = write_want(bytes, sizeof bytes, 0, 1);
    const size_t before = w->mail_count;
    for (size_t n = 0; n < 60; n++) {
        assert_int_equal(directs_world_hand(2, 0, message, span_of(bytes, len)), 0);
        directs_world_run(TIMERS_SECOND);
        directs_world_carry();
    }
    const uint64_t given = (uint64_t)(w->mail_count - before) * sizeof text;
    assert_true(given > DIRECTS_GIVE_BURST / 2);
    assert_true(given < DIRECTS_GIVE_BURST + 62 * DIRECTS_GIVE_RATE);

    /* What Baraka said is not given to Baraka, and nothing to who is not in the chat. */
    directs_world_run(120 * TIMERS_SECOND);
    directs_world_text(2, 0, "hm");
    directs_world_carry();
    const size_t now = w->mail_count;
    const size_t other = write_want(bytes, sizeof bytes, 2, 0);
    assert_int_equal(directs_world_hand(3, 0, message, span_of(bytes, other)), 0);
    assert_int_equal(directs_world_hand(4, 0, message, span_of(bytes, other)), WAVU_ERR_NOT_FOUND);
    directs_world_run(5 * TIMERS_SECOND);
    assert_int_equal(w->mail_count, now);
    directs_world_stop();
}

/* Wishes beyond the limit are let go; the rest are answered. */
static void many_wishes(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t message[ENVELOPE_ID_SIZE] = {1};
    directs_world_start(6);
    directs_world_text(0, 1, "one");
    directs_world_carry();
    const size_t len = write_want(bytes, sizeof bytes, 0, 1);
    w->nodes[0].is_behind = true;
    for (size_t n = 0; n < 200; n++) {
        assert_int_equal(directs_world_hand(2, 0, message, span_of(bytes, len)), 0);
        assert_int_equal(directs_world_hand(3, 0, message, span_of(bytes, len)), 0);
        assert_int_equal(directs_world_hand(1, 0, message, span_of(bytes, len)), 0);
    }
    assert_int_equal(w->nodes[0].directs->want_count, 3); /* one of each device and author */
    const size_t before = w->mail_count;
    directs_world_run(10 * TIMERS_SECOND);
    assert_int_equal(w->mail_count, before);
    w->nodes[0].is_behind = false;
    w->nodes[0].is_full = true; /* the order fails: the message is given later, not left out */
    directs_world_run(10 * TIMERS_SECOND);
    assert_int_equal(w->mail_count, before);
    w->nodes[0].is_full = false;
    directs_world_run(10 * TIMERS_SECOND);
    assert_int_equal(w->mail_count, before + 3);
    assert_int_equal(w->nodes[0].directs->want_count, 0);
    directs_world_stop();
}

/* A message at sequence 2 of a device of that member, so that its first one is missing. */
static void leave_gap(uint8_t member, uint8_t device, uint8_t high)
{
    const uint8_t other[32] = {member};
    uint8_t bytes[256];
    struct direct d = {.kind = DIRECT_MESSAGE,
                       .sequence = 2,
                       .height = 2,
                       .content = UNIT_TEXT("\x08\x01\x12\x03gap")};
    struct wr out;
    const struct history_direct_said said = {.direct = &d, .member = other, .other = other};
    direct_chat_id(d.chat, w->network, w->nodes[0].member, other);
    memcpy(d.device, (const uint8_t[32]){member, device, high, 9}, 32);
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    direct_write(&out, &d);
    assert_int_equal(direct_read(&d, wr_span(&out)), 0);
    assert_int_equal(history_direct_take(&w->nodes[0].history, TIMERS_SECOND, &said), 0);
    w->nodes[0].directs->config.user.news(&w->nodes[0]);
}

/* Whose gaps are asked for: one person with any number of devices, and any number of persons,
 * leave room for the others. */
static void nobody_takes_all_gaps(void **state)
{
    (void)state;
    directs_world_start(8);
    const struct directs *d = w->nodes[0].directs;
    for (unsigned n = 0; n < 2 * DIRECTS_GAPS_MAX; n++) {
        leave_gap(0x12, (uint8_t)n, (uint8_t)(n >> 8)); /* Chiku's */
        if (n % 64 == 0) {
            directs_world_run(TIMERS_SECOND / 10);
        }
    }
    talk(2);
    assert_int_equal(d->gap_count, DIRECTS_GAPS_EACH);
    for (unsigned n = 0; n < 2 * DIRECTS_GAPS_MAX; n++) {
        leave_gap((uint8_t)(0x40 + n / 16), (uint8_t)n, 1); /* of 32 puppets, 16 each */
        if (n % 64 == 0) {
            directs_world_run(TIMERS_SECOND / 10);
        }
    }
    directs_world_text(2, 0, "one");
    directs_world_lose();
    directs_world_text(2, 0, "two");
    directs_world_carry();
    directs_world_expect(0, 1, "two ");
    talk(5);
    assert_int_equal(d->gap_count, DIRECTS_GAPS_MAX);
    directs_world_expect(0, 1, "one two ");
    directs_world_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_answer_ends_the_silence),
        UNIT(what_was_lost_is_asked_for),
        UNIT(what_is_late_is_not_asked_for),
        UNIT(a_new_device_gets_all_of_it),
        UNIT(what_is_gone_does_not_stand_in_the_way),
        UNIT(a_greedy_member),
        UNIT(many_wishes),
        UNIT(nobody_takes_all_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
