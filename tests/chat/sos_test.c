/*
 * Calls for help: said until each person has acknowledged them or they are over, over restarts and
 * power cuts; of others, what a flood can do.
 */
#include "chat/sos.h"

#include "tests/chat/sos_world.h"

static struct sos_world w; /* 600 KiB: the tests are one after the other */

static void it_is_said_until_all_have_seen_it(void **state)
{
    (void)state;
    sos_world_init(&w, 1);
    const struct sos_own *own = sos_world_call(&w, 2, false);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 1);
    assert_int_equal(sos_world_count(&w, 2, SOS_MSG_CALL), 1);
    sos_world_delivered(&w, 1, false);
    assert_int_equal(own->targets[0].reach, SOS_DELIVERED);
    sos_world_pass(&w, 59);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 1);
    sos_world_pass(&w, 1); /* who is away has it coming already */
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 2);
    assert_int_equal(sos_world_count(&w, 2, SOS_MSG_CALL), 1);
    assert_int_equal(w.said[w.said_count - 1].number, 2);
    sos_world_delivered(&w, 2, false);
    sos_world_delivered(&w, 1, false);
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_ACK, own->id, 0), 0);
    assert_int_equal(own->targets[0].reach, SOS_SEEN);
    sos_world_pass(&w, 120);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 2); /* it has seen it */
    assert_int_equal(sos_world_count(&w, 2, SOS_MSG_CALL), 2);
    assert_int_equal(sos_world_hear(&w, 2, SOS_MSG_ACK, own->id, 0), 0);
    assert_int_equal(sos_deadline(&w.sos), TIMERS_NEVER);
    size_t said = w.said_count;
    sos_world_pass(&w, 86400);
    assert_int_equal(w.said_count, said);
    assert_int_equal(sos_world_hear(&w, 3, SOS_MSG_ACK, own->id, 0), 0); /* was not called */
    sos_world_clear(&w);
}

/* What it costs: 1, 2, 4, ... minutes, then half an hour: 6 in the first hour, and 2 an hour. */
static void it_wakes_seldom(void **state)
{
    (void)state;
    sos_world_init(&w, 2);
    (void)sos_world_call(&w, 1, false);
    size_t ticks = 0;
    uint64_t begin = w.now;
    while (sos_deadline(&w.sos) <= begin + 3600 * TIMERS_SECOND) {
        sos_world_delivered(&w, 1, false);
        w.now = sos_deadline(&w.sos);
        sos_tick(&w.sos, w.now);
        ticks++;
    }
    assert_int_equal(ticks, 5); /* after 1, 3, 7, 15 and 31 minutes; the next after 61 */
    assert_int_equal(sos_deadline(&w.sos), w.now + SOS_LONGEST_NS);
    sos_world_clear(&w);
}

static void who_is_not_reached_is_called_anew(void **state)
{
    (void)state;
    sos_world_init(&w, 3);
    const struct sos_own *own = sos_world_call(&w, 1, false);
    sos_world_pass(&w, 3500);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 1);
    sos_world_delivered(&w, 1, true); /* its hour is over */
    assert_int_equal(own->targets[0].reach, SOS_WAITS);
    sos_world_pass(&w, 1800);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 2);
    w.gone = 1;
    sos_world_delivered(&w, 1, true);
    sos_world_pass(&w, 1800);
    assert_int_equal(own->targets[0].reach, SOS_GONE);
    w.gone = 0; /* and is a member again */
    sos_world_pass(&w, 1800);
    assert_int_equal(own->targets[0].reach, SOS_SAID);
    sos_world_clear(&w);
}

static void it_is_over_when_it_is_cancelled(void **state)
{
    (void)state;
    sos_world_init(&w, 4);
    const struct sos_own *own = sos_world_call(&w, 3, true);
    uint8_t id[16];
    memcpy(id, own->id, 16);
    assert_int_equal(w.posts[CONTENT_SOS], 1);
    assert_int_equal(sos_world_hear(&w, 2, SOS_MSG_ACK, id, 0), 0);
    w.say_err = WAVU_ERR_AGAIN; /* not now */
    w.post_err = WAVU_ERR_AGAIN;
    assert_int_equal(sos_cancel(&w.sos, w.now, id), 0);
    assert_int_equal(sos_cancel(&w.sos, w.now, id), WAVU_ERR_NOT_FOUND);
    sos_world_again(&w);
    w.say_err = 0;
    w.post_err = 0;
    sos_world_pass(&w, 10);
    for (uint8_t i = 1; i <= 3; i++) {
        assert_int_equal(sos_world_count(&w, i, SOS_MSG_OVER), 1);
        assert_int_equal(sos_world_count(&w, i, SOS_MSG_CALL), 1);
    }
    assert_int_equal(w.posts[CONTENT_SOS_OVER], 1);
    assert_int_equal(sos_deadline(&w.sos), TIMERS_NEVER);
    sos_world_clear(&w);
}

static void what_cannot_be_said_is_said_soon(void **state)
{
    (void)state;
    sos_world_init(&w, 5);
    w.say_err = WAVU_ERR_AGAIN;
    w.post_err = WAVU_ERR_AGAIN;
    const struct sos_own *own = sos_world_call(&w, 2, true);
    sos_world_pass(&w, 35);
    w.post_err = 0;
    w.say_err = 0;
    sos_world_pass(&w, 10);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 1);
    assert_int_equal(sos_world_count(&w, 2, SOS_MSG_CALL), 1);
    assert_int_equal(w.posts[CONTENT_SOS], 1);
    assert_int_equal(own->number, 1);
    /* Cancelled before anybody heard of it: nobody is told. */
    w.say_err = WAVU_ERR_AGAIN;
    w.post_err = WAVU_ERR_AGAIN;
    own = sos_world_call(&w, 5, true);
    assert_int_equal(sos_cancel(&w.sos, w.now, own->id), 0);
    w.say_err = 0;
    w.post_err = 0;
    sos_world_pass(&w, 60);
    assert_int_equal(sos_world_count(&w, 5, SOS_MSG_OVER), 0);
    assert_int_equal(w.posts[CONTENT_SOS_OVER], 0);
    sos_world_clear(&w);
}

static void it_goes_on_after_a_restart(void **state)
{
    (void)state;
    uint8_t id[16];
    sos_world_init(&w, 6);
    memcpy(id, sos_world_call(&w, 3, true)->id, 16);
    sos_world_delivered(&w, 1, false);
    sos_world_delivered(&w, 2, false);
    assert_int_equal(sos_world_hear(&w, 2, SOS_MSG_ACK, id, 0), 0);
    sos_world_again(&w);
    sos_world_pass(&w, 60);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_CALL), 2);
    assert_int_equal(sos_world_count(&w, 2, SOS_MSG_CALL), 1); /* it had seen it */
    assert_int_equal(sos_world_count(&w, 3, SOS_MSG_CALL), 1); /* the courier has it still */
    assert_int_equal(w.posts[CONTENT_SOS], 1);
    /* Of others, too. */
    const uint8_t theirs[16] = {9};
    assert_int_equal(sos_world_hear(&w, 7, SOS_MSG_CALL, theirs, 1), 0);
    assert_int_equal(sos_ack(&w.sos, theirs), 0);
    assert_int_equal(sos_world_count(&w, 7, SOS_MSG_ACK), 1);
    sos_world_again(&w);
    const struct sos_in *in = LIST_OF(list_next(&w.sos.in, &w.sos.in), struct sos_in, link);
    assert_true(in->is_seen);
    assert_int_equal(in->number, 1);
    sos_world_clear(&w);
}

static void others_are_heard(void **state)
{
    (void)state;
    const uint8_t id[16] = {5};
    sos_world_init(&w, 7);
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 1), 0);
    assert_int_equal(w.news[SOS_CALLED], 1);
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 1), 0); /* the same once more */
    assert_int_equal(w.news[SOS_CALLED], 1);
    sos_world_pass(&w, 60);
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 2), 0);
    assert_int_equal(w.news[SOS_CALLED], 2);                         /* it alerts again */
    assert_int_equal(sos_world_hear(&w, 2, SOS_MSG_OVER, id, 0), 0); /* not whose it is */
    assert_int_equal(w.news[SOS_ENDED], 0);
    const uint8_t none[16] = {6};
    assert_int_equal(sos_ack(&w.sos, none), WAVU_ERR_NOT_FOUND);
    w.say_err = WAVU_ERR_AGAIN;
    assert_int_equal(sos_ack(&w.sos, id), WAVU_ERR_AGAIN);
    w.say_err = 0;
    assert_int_equal(sos_ack(&w.sos, id), 0);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_ACK), 1);
    sos_world_pass(&w, 60); /* who calls has not heard that: it is said again, and nobody woken */
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 3), 0);
    assert_int_equal(sos_world_count(&w, 1, SOS_MSG_ACK), 2);
    assert_int_equal(w.news[SOS_CALLED], 2);
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_OVER, id, 0), 0);
    assert_int_equal(w.news[SOS_ENDED], 1);
    sos_world_pass(&w, 60);
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 4), 0); /* late */
    assert_int_equal(w.news[SOS_CALLED], 2);
    /* An end that overtakes the call. */
    assert_int_equal(sos_world_hear(&w, 3, SOS_MSG_OVER, none, 0), 0);
    assert_int_equal(sos_world_hear(&w, 3, SOS_MSG_CALL, none, 1), 0);
    assert_int_equal(w.news[SOS_CALLED], 2);
    assert_int_equal(w.news[SOS_ENDED], 1);
    sos_world_again(&w);
    assert_int_equal(sos_ack(&w.sos, none), WAVU_ERR_NOT_FOUND); /* nothing of it is known */
    sos_world_clear(&w);
}

/* A member that calls ten times a second for an hour, each time anew: four of it are kept, and it
 * alerts as seldom as one that repeats. Others are heard. */
static void a_flood_of_calls(void **state)
{
    (void)state;
    uint8_t id[16] = {1};
    sos_world_init(&w, 8);
    for (uint32_t i = 0; i < 36000; i++) {
        memcpy(id + 1, &i, sizeof i);
        assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 1), 0);
        w.now += TIMERS_SECOND / 10;
        if (i % 512 == 0) {
            assert_int_equal(store_flush(w.disk.store), 0);
        }
    }
    assert_true(w.sos.in_count <= SOS_IN_MEMBER_MAX);
    assert_true(w.news[SOS_CALLED] <= 16); /* four in a quarter of an hour */
    assert_true(w.sos.dropped > 35000);
    size_t before = w.news[SOS_CALLED];
    for (uint32_t i = 1; i < 36000; i++) { /* one that repeats itself */
        assert_int_equal(sos_world_hear(&w, 2, SOS_MSG_CALL, id, i), 0);
        w.now += TIMERS_SECOND / 10;
        if (i % 512 == 0) {
            assert_int_equal(store_flush(w.disk.store), 0);
        }
    }
    assert_true(w.news[SOS_CALLED] - before <= 121);
    before = w.news[SOS_CALLED];
    assert_int_equal(sos_world_hear(&w, 3, SOS_MSG_CALL, id, 1), 0);
    assert_int_equal(w.news[SOS_CALLED], before + 1);
    sos_world_clear(&w);
}

/* Many members: what is over or was seen makes room, and there is an end to it. */
static void many_who_call(void **state)
{
    (void)state;
    uint8_t id[16] = {1};
    sos_world_init(&w, 9);
    for (size_t i = 0; i < 2 * SOS_IN_MAX; i++) {
        id[1] = (uint8_t)i;
        id[2] = (uint8_t)(i >> 8);
        assert_int_equal(sos_world_hear(&w, (uint8_t)(1 + i / 3), SOS_MSG_CALL, id, 1), 0);
        if (i % 64 == 0) {
            assert_int_equal(store_flush(w.disk.store), 0);
        }
    }
    assert_int_equal(w.sos.in_count, SOS_IN_MAX);
    sos_world_again(&w);
    assert_int_equal(w.sos.in_count, SOS_IN_MAX);
    sos_world_clear(&w);
}

static void hear_of(uint32_t network, uint8_t member, uint8_t call)
{
    const uint8_t who[32] = {member};
    const struct content content = {.kind = CONTENT_SOS, .text = UNIT_TEXT("help")};
    const struct sos_from from = {.network = network, .member = who};
    struct sos_msg m = {.kind = SOS_MSG_CALL, .id = {call, 9}, .number = 1};
    uint8_t text[64];
    uint8_t space[SOS_MSG_SIZE_MAX];
    struct wr out;

    wr_init(&out, span_mut_of(text, sizeof text));
    content_write(&out, &content);
    m.content = wr_span(&out);
    wr_init(&out, span_mut_of(space, sizeof space));
    sos_msg_write(&out, &m);
    assert_int_equal(sos_take(&w.sos, w.now, &from, wr_span(&out)), 0);
    assert_int_equal(store_flush(w.disk.store), 0);
    sos_check(&w.sos);
}

static bool is_listed(uint32_t network, uint8_t member)
{
    for (struct list *l = list_next(&w.sos.in, &w.sos.in); l != NULL; l = list_next(&w.sos.in, l)) {
        const struct sos_in *in = LIST_OF(l, struct sos_in, link);

        if (in->network == network && in->member[0] == member) {
            return true;
        }
    }
    return false;
}

/* Any number of puppets in one network: what others call, there and elsewhere, stays. */
static void puppets_push_nobody_out(void **state)
{
    (void)state;
    sos_world_init(&w, 12);
    hear_of(2, 7, 1); /* of another network, */
    hear_of(1, 7, 1); /* and of the same */
    for (uint8_t puppet = 100; puppet < 180; puppet++) {
        for (uint8_t call = 0; call < SOS_IN_MEMBER_MAX; call++) {
            hear_of(1, puppet, call);
        }
    }
    assert_int_equal(w.sos.in_count, SOS_IN_MAX);
    assert_true(is_listed(2, 7));
    assert_true(is_listed(1, 7));
    hear_of(2, 8, 1); /* and who calls when all is full is heard */
    hear_of(1, 8, 1);
    for (uint8_t puppet = 100; puppet < 180; puppet++) {
        hear_of(1, puppet, 77);
    }
    assert_true(is_listed(2, 7) && is_listed(2, 8) && is_listed(1, 7) && is_listed(1, 8));
    assert_int_equal(w.sos.in_count, SOS_IN_MAX);
    sos_world_clear(&w);
}

static void who_is_blocked_is_not_heard(void **state)
{
    (void)state;
    const uint8_t id[16] = {5};
    sos_world_init(&w, 10);
    const struct sos_own *own = sos_world_call(&w, 1, false);
    w.blocked = 1;
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_CALL, id, 1), 0);
    assert_int_equal(w.news[SOS_CALLED], 0);
    assert_int_equal(w.sos.in_count, 0);
    /* That it has seen ours counts all the same: it is not called any more. */
    assert_int_equal(sos_world_hear(&w, 1, SOS_MSG_ACK, own->id, 0), 0);
    assert_int_equal(own->targets[0].reach, SOS_SEEN);
    sos_world_clear(&w);
}

static void what_cannot_be_called(void **state)
{
    (void)state;
    static uint8_t text[SOS_TEXT_MAX + 1];
    const struct sos_own *own = NULL;
    struct sos_target target = {.network = 1, .member = {1}};
    struct content content = {.kind = CONTENT_SOS};
    struct sos_wish wish = {.content = &content, .targets = &target};
    sos_world_init(&w, 11);
    memset(text, 'a', sizeof text);
    assert_int_equal(sos_call(&w.sos, w.now, &wish, &own), WAVU_ERR_INVALID);
    wish.target_count = 1;
    content.text = span_of(text, sizeof text);
    assert_int_equal(sos_call(&w.sos, w.now, &wish, &own), WAVU_ERR_LIMIT);
    content.text = span_of(text, SOS_TEXT_MAX);
    content.has_position = true;
    content.position.latitude = INT64_C(910000000);
    assert_true(sos_call(&w.sos, w.now, &wish, &own) < 0);
    content.position = (struct content_position){.latitude = INT64_C(-900000000),
                                                 .longitude = INT64_C(-1800000000),
                                                 .accuracy = 100000,
                                                 .has_altitude = true,
                                                 .altitude = -400};
    content.unix_ms = UINT64_C(1) << 50;
    assert_int_equal(sos_call(&w.sos, w.now, &wish, &own), 0); /* the largest */
    for (size_t i = 1; i < SOS_OWN_MAX; i++) {
        assert_int_equal(sos_call(&w.sos, w.now, &wish, &own), 0);
    }
    assert_int_equal(sos_call(&w.sos, w.now, &wish, &own), WAVU_ERR_LIMIT);
    for (size_t i = 0; i < 2 * SOS_OVER_MAX; i++) { /* those that are over are listed for a while */
        assert_int_equal(sos_cancel(&w.sos, w.now, own->id), 0);
        assert_int_equal(sos_call(&w.sos, w.now, &wish, &own), 0);
    }
    assert_int_equal(list_count(&w.sos.own), SOS_OWN_MAX + SOS_OVER_MAX);
    sos_world_again(&w);
    assert_int_equal(list_count(&w.sos.own), SOS_OWN_MAX + SOS_OVER_MAX);
    sos_world_clear(&w);
}

/* The power goes at any moment: what was told stays, what was called goes on. */
static void power_cuts(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        const uint8_t theirs[16] = {(uint8_t)seed, 1};
        uint8_t id[16];
        sos_world_init(&w, 100 + seed);
        memcpy(id, sos_world_call(&w, 2, true)->id, 16);
        sim_run_for(w.disk.sim, TIMERS_SECOND);
        assert_int_equal(sos_world_hear(&w, 3, SOS_MSG_CALL, theirs, 1), 0);
        if (seed % 2 == 0) {
            sim_run_for(w.disk.sim, TIMERS_SECOND);
        }
        sos_world_delivered(&w, 1, false);
        (void)!sos_ack(&w.sos, theirs);
        (void)!sos_cancel(&w.sos, w.now, id);
        sim_run_for(w.disk.sim, seed * TIMERS_MS / 4);
        sos_clear(&w.sos);
        disk_crash(&w.disk);
        sos_world_open(&w);
        assert_int_equal(list_count(&w.sos.own), 1);
        assert_true(w.sos.in_count == 1 || seed % 2 == 1);
        sos_world_pass(&w, 4000);
        sos_world_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(it_is_said_until_all_have_seen_it),
        UNIT(it_wakes_seldom),
        UNIT(who_is_not_reached_is_called_anew),
        UNIT(it_is_over_when_it_is_cancelled),
        UNIT(what_cannot_be_said_is_said_soon),
        UNIT(it_goes_on_after_a_restart),
        UNIT(others_are_heard),
        UNIT(a_flood_of_calls),
        UNIT(many_who_call),
        UNIT(puppets_push_nobody_out),
        UNIT(who_is_blocked_is_not_heard),
        UNIT(what_cannot_be_called),
        UNIT(power_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
