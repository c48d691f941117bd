/*
 * Rooms whose members were away, came in late, were apart, or lost their power: all that one may
 * have is there in the end, and no more.
 */
#include "tests/chat/rooms_world.h"

#include "chat/history_give.h"

/* What was carried is in the past: the test's memory is not endless. */
static void forget_mail(void)
{
    for (size_t i = 0; i < mail_count; i++) {
        mem_free(mails[i]);
    }
    mail_count = 0;
}

static void say_numbers(size_t i, int from, int to)
{
    char text[16];
    for (int k = from; k < to; k++) {
        (void)snprintf(text, sizeof text, "%d", k);
        say(i, text);
    }
}

static void say_in(size_t i, const uint8_t room[32], const struct content *content,
                   uint8_t id[ENTRY_ID_SIZE])
{
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 40 && rc == WAVU_ERR_AGAIN; k++) {
        rc = rooms_say(nodes[i].rooms, room, content, 0, id);
        run(1);
    }
    assert_int_equal(rc, 0);
}

static void who_was_away_gets_what_it_missed(void **state)
{
    (void)state;
    start(7, 3);
    run(200);
    nodes[2].is_away = true;
    for (int k = 0; k < 10; k++) {
        say_numbers((size_t)k % 2, k, k + 1);
    }
    run(600);
    lose(2);
    nodes[2].is_away = false;
    run(90); /* nobody says anything: a talk finds it */
    assert_reads(2, "0|1|2|3|4|5|6|7|8|9|");
    say(0, "karibu tena");
    run(5);
    assert_reads(2, "0|1|2|3|4|5|6|7|8|9|karibu tena|");
    assert_equal(0, 2);
    assert_equal(1, 2);
    stop();
}

/* What is lost on its way is there soon when others build on it, or tell that they have it. */
static void what_was_lost_is_asked_for(void **state)
{
    (void)state;
    start(8, 3);
    run(200);
    nodes[2].is_away = true;
    say(0, "moja");
    lose(2);
    nodes[2].is_away = false;
    run(10); /* its frontier */
    assert_reads(2, "moja|");
    nodes[2].is_away = true;
    say(1, "mbili");
    run(20);
    lose(2);
    nodes[2].is_away = false;
    say(0, "tatu"); /* links to what is not here */
    run(5);
    assert_reads(2, "moja|mbili|tatu|");
    stop();
}

/* Who took something in asks its other neighbours soon, who may have the content that it lacks;
 * that they ask it meanwhile does not take the place of that. */
static void who_took_something_asks_the_others_soon(void **state)
{
    (void)state;
    start(25, 3);
    run(200);
    nodes[2].is_away = true;
    say(0, "moja");
    run(5);
    lose(2);
    nodes[2].is_away = false;
    for (int k = 0; k < 1200 && main_of(2)->last < main_of(0)->last; k++) {
        sim_run_for(sim, TIMERS_SECOND / 10);
        carry_lines();
    }
    assert_int_equal(main_of(2)->last, main_of(0)->last);
    const size_t other = nodes[2].asked[0] > nodes[2].asked[1] ? 1 : 0;
    const size_t before = nodes[2].asked[other];
    const struct repair_ask all = {.has_room = false};
    assert_int_equal(on_talk(&nodes[other], device_of(2), &all), 0);
    carry_lines();
    assert_int_equal(line_count, 0);
    assert_int_equal(nodes[2].asked[other], before);
    run(4);
    assert_int_equal(nodes[2].asked[other], before + 1);
    stop();
}

/* Each second a member says that it has what nobody has: what others say that they have is asked
 * for all the same. */
static void a_liar_holds_up_nobody(void **state)
{
    uint8_t row[FRONTIER_ROW_SIZE];
    struct frontier lie = {.rows = span_of(row, sizeof row), .count = 1};
    const struct content made = {
        .kind = CONTENT_ROOM, .has_room = true, .room = {.name = UNIT_TEXT("lies")}};
    uint8_t id[32];
    struct wr w;

    (void)state;
    start(28, 4);
    run(200);
    rooms_main(nodes[1].rooms, id);
    say_in(1, id, &made, lie.room); /* of another room, so that to ask about it does not help */
    run(20);
    memcpy(lie.device, device_of(1), sizeof lie.device);
    nodes[2].is_away = true;
    say(0, "moja");
    lose(2);
    nodes[2].is_away = false;
    for (uint64_t k = 0; k < 10; k++) {
        struct frontier_said said = {.sequence = 1000 + k};

        memcpy(said.device, device_of(1), sizeof said.device);
        wr_init(&w, span_mut_of(row, sizeof row));
        frontier_write_row(&w, &said);
        assert_int_equal(wr_finish(&w), 0);
        rooms_repair_frontier(nodes[2].rooms, &lie, nodes[1].member);
        run(1);
    }
    assert_reads(2, "|moja|"); /* behind the room */
    stop();
}

/* Somebody else always comes first and gives nothing: others are asked beside it in the end. */
static void nobody_is_put_off_for_ever(void **state)
{
    (void)state;
    start(24, 2);
    run(200);
    nodes[1].is_away = true;
    say(0, "moja");
    run(5);
    lose(1);
    nodes[1].is_away = false;
    main_of(1)->taker = nodes;
    main_of(1)->taker_until = UINT64_MAX;
    run(150);
    main_of(1)->taker = NULL;
    assert_reads(1, "moja|");
    stop();
}

static void newcomers_read_nothing_before(void **state)
{
    (void)state;
    char read[512];
    start(9, 2);
    run(60);
    for (int k = 0; k < 100; k++) {
        say_numbers((size_t)k % 2, k + 1000, k + 1001);
    }
    members_world_join(&people, 0, 2);
    see_log(0);
    see_log(1);
    up(2);
    run(200);
    assert_true(nodes[2].is_ready);
    say(0, "sasa");
    say(1, "ndiyo");
    run(20);
    read_all(2, read, sizeof read);
    assert_string_equal(read, "sasa|ndiyo|");
    assert_equal(0, 2);
    assert_equal(1, 2);
    assert_int_equal(history_give_is_joined(main_of(1), device_of(2)), 1);
    stop();
}

/* The sponsor says it at once, whoever gives the keys: what is said while the newcomer is away is
 * for it. */
static void sponsors_say_at_once_who_came_in(void **state)
{
    (void)state;
    start(19, 3);
    run(200);
    say(1, "kabla");
    members_world_join(&people, 0, 3);
    for (size_t i = 3; i-- > 0;) {
        see_log(i);
    }
    run(3);
    assert_int_equal(history_give_is_joined(main_of(1), device_of(3)), 1);
    assert_int_equal(main_of(0)->last, main_of(2)->last); /* nobody says it again */
    say(1, "moja");
    say(2, "mbili");
    lose(3);
    up(3);
    run(120);
    assert_reads(3, "moja|mbili|");
    assert_equal(0, 3);
    stop();
}

/* What the sponsor says as soon as it can is behind its word that somebody came in, which waits for
 * the disk as well. */
static void what_is_said_at_once_is_for_who_came_in(void **state)
{
    (void)state;
    for (uint64_t seed = 30; seed < 36; seed++) {
        uint8_t id[ENTRY_ID_SIZE];
        const struct content content = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("karibu")};
        int rc = WAVU_ERR_AGAIN;
        start(seed, 3);
        run(200);
        members_world_join(&people, 0, 3);
        up(3);
        for (size_t i = 3; i-- > 0;) {
            see_log(i);
        }
        carry();
        for (int k = 0; k < 4000 && rc == WAVU_ERR_AGAIN; k++) {
            rc = rooms_say(nodes[0].rooms, main_of(0)->id, &content, 0, id);
            sim_run_for(sim, TIMERS_MS);
            carry();
        }
        assert_int_equal(rc, 0);
        run(120);
        assert_reads(3, "karibu|");
        stop();
    }
}

static void newcomers_read_the_last_where_rooms_share(void **state)
{
    (void)state;
    uint8_t id[ENTRY_ID_SIZE];
    char read[512];
    start(10, 2);
    run(60);
    const struct content set = {.kind = CONTENT_ROOM_SET,
                                .target = main_of(0)->id,
                                .has_room = true,
                                .room = {.name = UNIT_TEXT("wote"), .share = 3}};
    say_in(0, main_of(0)->id, &set, id);
    say_numbers(0, 0, 10);
    members_world_join(&people, 0, 2);
    see_log(0);
    see_log(1);
    up(2);
    run(200);
    say(1, "sasa");
    run(20);
    read_all(2, read, sizeof read);
    assert_string_equal(read, "|7|8|9|sasa|"); /* what the room was set to is for all */
    assert_equal(1, 2);
    stop();
}

/* Two and two, apart for hours; each goes on. */
static void halves_become_one(void **state)
{
    (void)state;
    start(11, 4);
    run(200);
    say(0, "kabla");
    for (int hour = 0; hour < 3; hour++) {
        for (size_t half = 0; half < 2; half++) {
            for (size_t i = 0; i < 4; i++) {
                nodes[i].is_away = i / 2 != half;
            }
            for (size_t i = 0; i < 2; i++) {
                say_numbers(2 * half + i, 10 * hour, 10 * hour + 5);
            }
            run(1800);
            for (size_t i = 0; i < 4; i++) {
                if (i / 2 != half) {
                    lose(i);
                }
            }
            forget_mail();
        }
    }
    for (size_t i = 0; i < 4; i++) {
        nodes[i].is_away = false;
    }
    size_t before = carried;
    uint64_t bytes = counted.repaired_bytes.value;
    run(10);
    for (size_t i = 1; i < 4; i++) {
        assert_equal(0, i);
    }
    /* All talks together: what each missed, once, and little else. */
    bytes = counted.repaired_bytes.value - bytes;
    assert_true(bytes > 4 * 30 * 200); /* what the other half said */
    assert_true(carried - before <= 2 * bytes + 2500);
    run(110);
    for (size_t i = 1; i < 4; i++) {
        assert_equal(0, i);
    }
    assert_true(main_of(0)->last >= 61);
    say(3, "baada");
    run(10);
    for (size_t i = 1; i < 4; i++) {
        assert_equal(0, i);
    }
    stop();
}

/* A room of its own, with what was said there. */
static void named_rooms_are_repaired(void **state)
{
    (void)state;
    uint8_t id[ENTRY_ID_SIZE];
    uint8_t said[ENTRY_ID_SIZE];
    struct history_message m;
    const struct content made = {
        .kind = CONTENT_ROOM, .has_room = true, .room = {.name = UNIT_TEXT("jikoni")}};
    const struct content text = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("chakula")};
    start(12, 3);
    run(200);
    nodes[2].is_away = true;
    say_in(0, main_of(0)->id, &made, id);
    run(5);
    say_in(1, id, &text, said);
    run(5);
    lose(2);
    nodes[2].is_away = false;
    run(120);
    const struct history_room *room = history_room(rooms_history(nodes[2].rooms), id);
    assert_non_null(room);
    assert_int_equal(history_view_get(room, said, &m), 0);
    assert_false(m.is_gone);
    history_view_clear(&m);

    /* Who comes in later reads on in it. */
    members_world_join(&people, 0, 3);
    for (size_t i = 0; i < 3; i++) {
        see_log(i);
    }
    up(3);
    run(300);
    assert_int_equal(history_give_is_joined(room, device_of(3)), 1);
    room = history_room(rooms_history(nodes[3].rooms), id);
    assert_non_null(room);
    assert_int_equal(history_view_get(room, said, &m), 0);
    assert_true(m.is_gone);
    history_view_clear(&m);
    nodes[3].is_away = true;
    say_in(1, id, &text, said);
    run(5);
    lose(3);
    nodes[3].is_away = false;
    run(120);
    assert_int_equal(history_view_get(room, said, &m), 0);
    assert_false(m.is_gone);
    history_view_clear(&m);
    stop();
}

/* Power goes in the middle of a talk, again and again. */
static void power_cuts_amid_repair(void **state)
{
    (void)state;
    start(13, 3);
    run(200);
    nodes[2].is_away = true;
    for (int k = 0; k < 40; k++) {
        say_numbers((size_t)k % 2, k, k + 1);
    }
    lose(2);
    nodes[2].is_away = false;
    for (int cut = 0; cut < 12; cut++) {
        for (int k = 0; k < 10 && line_count == 0; k++) {
            sim_run_for(sim, TIMERS_SECOND / 5);
        }
        int rc = 0;
        for (int k = 0; k < 4 * cut && line_count > 0; k++) {
            (void)carry_frame(&lines[0], 0, &rc);
            (void)carry_frame(&lines[0], 1, &rc);
        }
        restart(2, cut % 3 != 0);
    }
    run(120);
    assert_equal(0, 2);
    char read[512];
    char other[512];
    read_all(2, read, sizeof read);
    read_all(0, other, sizeof other);
    assert_string_equal(read, other);
    stop();
}

/* The commit has no room for an entry whose key is used up with it: it comes again. */
static void what_found_no_room_comes_again(void **state)
{
    (void)state;
    static uint8_t big[STORE_VALUE_MAX];
    start(15, 3);
    run(200);
    nodes[1].is_away = true;
    say(0, "moja");
    nodes[1].is_away = false;
    for (uint32_t k = 0; store_pending(nodes[1].store) + sizeof big + 1000 < STORE_PENDING_MAX;
         k++) {
        assert_int_equal(store_put(nodes[1].store, "t", span_of((const uint8_t *)&k, sizeof k),
                                   span_of(big, sizeof big)),
                         0);
    }
    carry();
    assert_reads(1, "");
    run(20);
    assert_reads(1, "moja|");
    stop();
}

/* One floods with entries of an epoch that nobody knows: others' still wait for theirs. */
static void floods_push_out_their_own(void **state)
{
    (void)state;
    struct buf sealed;
    static uint8_t bytes[400];
    start(16, 3);
    run(200);
    buf_init(&sealed, 4096);
    /* An entry that node 1 cannot open yet: it is said by one whose change it has not heard of. */
    nodes[1].is_away = true;
    members_world_join(&people, 0, 3);
    see_log(0);
    see_log(2);
    up(3);
    run(200);
    size_t before = mail_count;
    size_t at = 0;
    say(0, "siri");
    for (size_t k = before; k < mail_count; k++) {
        if (mails[k]->to == NODES && mails[k]->bytes[0] == 1 && mails[k]->from == 0) {
            assert_int_equal(buf_append(&sealed, span_of(mails[k]->bytes, mails[k]->len)), 0);
            at = k;
            break;
        }
    }
    assert_true(sealed.len > 0);
    take_named(1, 0, names_of(mails[at]), buf_span(&sealed));
    for (size_t k = 0; k < 2000; k++) {
        random_fill(&nodes[0].port->random, bytes, sizeof bytes);
        bytes[0] = 1;
        bytes[1] = sealed.ptr[1]; /* the cipher */
        memcpy(bytes + 2, device_of(2), 8);
        take_named(1, 2, span_of(bytes + 20, ENTRY_ID_SIZE), span_of(bytes, sizeof bytes));
    }
    assert_reads(1, "");
    mails[at]->has[1] = true; /* it does not come again */
    for (size_t k = 0; k < NODES; k++) {
        rooms_repair_near(nodes[1].rooms, device_of(k), false); /* no talk helps */
        rooms_repair_near(nodes[k].rooms, device_of(1), false);
    }
    see_log(1);
    nodes[1].is_away = false;
    run(200);
    char read[512];
    read_all(1, read, sizeof read);
    assert_string_equal(read, "siri|");
    buf_clear(&sealed);
    stop();
}

/* Who is put out is given nothing any more, not in the middle of a talk either. */
static void who_is_put_out_is_given_nothing(void **state)
{
    (void)state;
    struct buf frame;
    const struct repair_ask ask = {.has_room = false};
    start(14, 3);
    run(200);
    struct rooms_talk *talk = rooms_repair_talk(nodes[0].rooms, device_of(2), NULL);
    assert_non_null(talk);
    (void)members_world_sign(&people, &people.persons[0].devices[0],
                             members_world_revoke(&people, 2));
    see_log(0);
    buf_init(&frame, REPAIR_MSG_SIZE_MAX);
    assert_int_equal(rooms_repair_feed(talk, UNIT_TEXT("\x01")), WAVU_ERR_DENIED);
    assert_int_equal(rooms_repair_pull(talk, &frame), WAVU_ERR_DENIED);
    rooms_repair_end(talk, false);
    assert_null(rooms_repair_talk(nodes[0].rooms, device_of(2), NULL));
    assert_null(rooms_repair_talk(nodes[0].rooms, device_of(2), &ask));
    buf_clear(&frame);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_was_away_gets_what_it_missed),
        UNIT(what_was_lost_is_asked_for),
        UNIT(who_took_something_asks_the_others_soon),
        UNIT(a_liar_holds_up_nobody),
        UNIT(nobody_is_put_off_for_ever),
        UNIT(newcomers_read_nothing_before),
        UNIT(sponsors_say_at_once_who_came_in),
        UNIT(what_is_said_at_once_is_for_who_came_in),
        UNIT(newcomers_read_the_last_where_rooms_share),
        UNIT(halves_become_one),
        UNIT(named_rooms_are_repaired),
        UNIT(power_cuts_amid_repair),
        UNIT(what_found_no_room_comes_again),
        UNIT(floods_push_out_their_own),
        UNIT(who_is_put_out_is_given_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
