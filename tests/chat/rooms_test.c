/*
 * Rooms of whole people: what one says all others read, whatever came first; newcomers read on,
 * who is put out reads no more, and all of it is there after a restart.
 */
#include "chat/rooms_core.h"
#include "tests/chat/rooms_world.h"

static void all_read_what_one_says(void **state)
{
    (void)state;
    start(1, 3);
    run(60);
    say(0, "habari");
    say(1, "nzuri");
    say(2, "karibu");
    run(3);
    for (size_t i = 0; i < 3; i++) {
        assert_reads(i, "habari|nzuri|karibu|");
    }
    stop();
}

static void newcomers_read_on_and_not_back(void **state)
{
    (void)state;
    start(2, 2);
    run(60);
    say(0, "zamani");
    members_world_join(&people, 0, 2);
    see_log(0);
    see_log(1);
    up(2);
    run(200);
    assert_true(nodes[2].is_ready);
    say(0, "sasa");
    run(5);
    assert_reads(1, "zamani|sasa|");
    char read[512];
    read_all(2, read, sizeof read);
    assert_null(strstr(read, "zamani"));
    stop();
}

/* What a power cut may take back is not told yet: all is told once. */
static void news_come_behind_the_disk(void **state)
{
    (void)state;
    start(20, 2);
    run(90);
    size_t before = nodes[1].placed;
    nodes[1].is_away = true;
    say(0, "moja");
    nodes[1].is_away = false;
    carry();
    assert_reads(1, "moja|");
    assert_int_equal(nodes[1].placed, before);
    restart(1, true);
    assert_reads(1, "");
    run(120);
    assert_reads(1, "moja|");
    assert_int_equal(nodes[1].placed, before + 1);
    uint8_t room[32];
    uint8_t id[ENTRY_ID_SIZE];
    const struct content mine = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("mbili")};
    rooms_main(nodes[0].rooms, room);
    before = nodes[0].placed; /* likewise what one says oneself */
    int rc = rooms_say(nodes[0].rooms, room, &mine, 0, id);
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) { /* keys are renewed */
        run(1);
        before = nodes[0].placed;
        rc = rooms_say(nodes[0].rooms, room, &mine, 0, id);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(nodes[0].placed, before);
    run(1);
    assert_int_equal(nodes[0].placed, before + 1);
    stop();
}

static void too_much_news_is_many(void **state)
{
    (void)state;
    const struct history_event event = {.kind = HISTORY_PLACED};
    start(21, 2);
    run(90);
    size_t before = nodes[0].placed;
    assert_int_equal(store_put(nodes[0].store, "t", UNIT_TEXT("k"), UNIT_TEXT("v")), 0);
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < ROOMS_NEWS_MAX - 1; i++) {
            history_tell(rooms_history(nodes[0].rooms), &event);
        }
        rooms_drain(nodes[0].rooms);
    }
    assert_int_equal(nodes[0].placed, before);
    run(1);
    assert_int_equal(nodes[0].placed, before + ROOMS_NEWS_MAX);
    assert_int_equal(nodes[0].many, 1);
    stop();
}

static void who_is_put_out_reads_no_more(void **state)
{
    (void)state;
    start(3, 4);
    run(200);
    say(1, "wote");
    run(3);
    assert_reads(3, "wote|");
    (void)members_world_sign(&people, &people.persons[0].devices[0],
                             members_world_revoke(&people, 3));
    for (size_t i = 0; i < 3; i++) {
        see_log(i);
    }
    say(1, "sisi");
    run(10);
    assert_reads(0, "wote|sisi|");
    assert_reads(2, "wote|sisi|");
    assert_reads(3, "wote|");
    stop();
}

/* Somebody invites who was put out again, and that one leaves at once: nobody revokes who left. */
static void who_is_put_out_is_not_heard_by_leaving(void **state)
{
    (void)state;
    start(22, 3);
    run(200);
    say(2, "uongo");
    run(3);
    assert_reads(0, "uongo|");
    (void)members_world_sign(&people, &people.persons[0].devices[0],
                             members_world_revoke(&people, 2));
    see_log(0);
    assert_reads(0, "");
    (void)members_world_join_again(&people, 1, 2, 3);
    (void)members_world_by(&people, 3, members_world_msg(MEMBERS_MSG_LEAVE));
    see_log(0);
    assert_reads(0, "");
    stop();
}

/* Who leaves is put out of keys: nobody writes before a seed that it never had. */
static void who_leaves_reads_no_more(void **state)
{
    (void)state;
    start(23, 4);
    run(200);
    say(1, "wote");
    run(3);
    assert_reads(3, "wote|");
    (void)members_world_by(&people, 3, members_world_msg(MEMBERS_MSG_LEAVE));
    for (size_t i = 0; i < 3; i++) {
        see_log(i);
    }
    say(1, "sisi");
    run(10);
    assert_reads(0, "wote|sisi|");
    assert_reads(2, "wote|sisi|");
    assert_reads(3, "wote|"); /* it hears all that is broadcast, and has not seen its own LEAVE */
    stop();
}

static void all_is_there_after_a_restart(void **state)
{
    (void)state;
    start(4, 3);
    run(200);
    say(0, "moja");
    run(5);
    say(1, "mbili");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_flush(nodes[i].store), 0);
        down(i);
        store_free(nodes[i].store);
        open_store(&nodes[i]);
        up(i);
    }
    run(5);
    say(2, "tatu");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_reads(i, "moja|mbili|tatu|");
    }
    stop();
}

/* Who has an entry is told to its author by frontiers. */
static void authors_hear_who_has_it(void **state)
{
    (void)state;
    struct history_receipt receipts[NODES];
    struct history_item items[4];
    struct history_page page = {.is_forward = true, .items = items, .max = 4};
    uint8_t id[32];
    size_t count = 0;
    start(5, 3);
    run(60);
    nodes[2].is_away = true;
    say(0, "nani anasoma");
    run(10);
    rooms_main(nodes[0].rooms, id);
    const struct history_room *room = history_room(rooms_history(nodes[0].rooms), id);
    assert_int_equal(history_view_page(room, &page), 0);
    assert_int_equal(history_has_of(room, items[0].at.id, receipts, NODES, &count), 0);
    assert_int_equal(count, 1);
    assert_memory_equal(receipts[0].member, nodes[1].member, 32);
    nodes[2].is_away = false;
    run(10);
    assert_int_equal(history_has_of(room, items[0].at.id, receipts, NODES, &count), 0);
    assert_int_equal(count, 2);
    stop();
}

/* A member says for another, who is away, that it has something: only what a device says itself, or
 * has signed, is a receipt. */
static void nobody_says_what_another_has(void **state)
{
    (void)state;
    struct history_item items[4];
    struct history_page page = {.is_forward = true, .items = items, .max = 4};
    struct history_receipt receipts[NODES];
    uint8_t id[32];
    uint8_t rows[FRONTIER_ROW_SIZE];
    uint8_t bytes[1024] = {3};
    struct frontier_said said = {.sequence = 1};
    struct frontier f = {.number = 1000, .count = 1};
    size_t count = 0;
    struct wr w;
    start(7, 3);
    run(60);
    nodes[1].is_away = true;
    nodes[2].is_away = true;
    say(0, "siri");
    rooms_main(nodes[0].rooms, id);
    const struct history_room *room = history_room(rooms_history(nodes[0].rooms), id);
    assert_int_equal(history_view_page(room, &page), 0);
    const struct history_at *at = &items[page.count - 1].at;
    memcpy(said.device, device_of(0), 32);
    memcpy(said.id, at->id, sizeof said.id);
    struct history_message m;
    assert_int_equal(history_view_get(room, at->id, &m), 0);
    said.sequence = m.sequence;
    history_view_clear(&m);
    wr_init(&w, span_mut_of(rows, sizeof rows));
    frontier_write_row(&w, &said);
    f.rows = wr_span(&w);
    memcpy(f.room, id, 32);
    memcpy(f.device, device_of(2), 32);
    wr_init(&w, span_mut_of(bytes + 1, sizeof bytes - 1));
    assert_int_equal(frontier_seal(&w, &f, members_network(&people.log), &signer_ed25519,
                                   &people.persons[1].devices[0].pair),
                     0);
    rooms_take(nodes[0].rooms, device_of(1), span_of(bytes, w.len + 1), NULL);
    assert_int_equal(history_has_of(room, at->id, receipts, NODES, &count), 0);
    assert_int_equal(count, 0);
    rooms_take(nodes[0].rooms, device_of(2), span_of(bytes, w.len + 1),
               NULL); /* so says the mesh */
    assert_int_equal(history_has_of(room, at->id, receipts, NODES, &count), 0);
    assert_int_equal(count, 1);
    stop();
}

static void what_is_wrong_is_dropped(void **state)
{
    (void)state;
    uint8_t room[32];
    uint8_t id[ENTRY_ID_SIZE];
    struct content content = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("\xff")};
    start(6, 2);
    run(60);
    for (size_t i = 0; i < 500; i++) {
        uint8_t bytes[300];
        random_fill(&nodes[0].port->random, bytes, sizeof bytes);
        bytes[0] = (uint8_t)(i % 5);
        take_named(0, 1, i % 2 == 0 ? span_of(bytes, ENTRY_ID_SIZE) : span_empty(),
                   span_of(bytes, i % sizeof bytes));
        (void)!rooms_told(nodes[0].rooms, device_of(1), span_of(bytes, i % sizeof bytes));
    }
    rooms_main(nodes[0].rooms, room);
    assert_int_equal(rooms_say(nodes[0].rooms, room, &content, 0, id), WAVU_ERR_PROTO);
    content.text = UNIT_TEXT("sawa");
    memset(room, 7, sizeof room);
    assert_int_equal(rooms_say(nodes[0].rooms, room, &content, 0, id), WAVU_ERR_NOT_FOUND);
    say(0, "bado");
    run(3);
    assert_reads(1, "bado|");
    stop();
}

/* One whose epoch nobody tells: it is tried when another can be read, for a minute. */
static void an_entry_waits_a_minute(void **state)
{
    (void)state;
    uint8_t sealed[120] = {ROOMS_ENTRY, 1};
    start(9, 2);
    run(60);
    memset(sealed + 2, 0xee, sizeof sealed - 2);
    memcpy(sealed + 2, device_of(1), 8);
    sealed[18] = 0; /* its generation */
    take_named(0, 1, span_of(sealed + 20, ENTRY_ID_SIZE), span_of(sealed, sizeof sealed));
    assert_int_equal(nodes[0].rooms->waiting_count, 1);
    for (int who = 2; who < 4; who++) {
        members_world_join(&people, 0, who);
        see_log(0);
        see_log(1);
        up((size_t)who);
        run(who == 2 ? 40 : 200);
        assert_int_equal(nodes[0].rooms->waiting_count, who == 2 ? 1 : 0);
        run(30);
    }
    assert_true(nodes[3].is_ready); /* by an epoch that became readable here, too */
    assert_int_equal(nodes[0].rooms->waiting_bytes, 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_read_what_one_says),       UNIT(newcomers_read_on_and_not_back),
        UNIT(news_come_behind_the_disk),    UNIT(too_much_news_is_many),
        UNIT(who_is_put_out_reads_no_more), UNIT(who_is_put_out_is_not_heard_by_leaving),
        UNIT(who_leaves_reads_no_more),     UNIT(all_is_there_after_a_restart),
        UNIT(authors_hear_who_has_it),      UNIT(what_is_wrong_is_dropped),
        UNIT(nobody_says_what_another_has), UNIT(an_entry_waits_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
