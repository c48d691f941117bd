/* What is said on its way out: behind the disk, and behind the mesh's allowance. */
#include "chat/rooms_out.h"

#include "chat/history_has.h"
#include "chat/rooms_core.h"
#include "chat/rooms_many.h"
#include "tests/chat/rooms_world.h"

#define TEXTS 20

static int say_now(size_t i, const char *text)
{
    uint8_t room[32];
    uint8_t id[ENTRY_ID_SIZE];
    const struct content content = {.kind = CONTENT_TEXT, .text = span_from_text(text)};

    rooms_main(nodes[i].rooms, room);
    return rooms_say(nodes[i].rooms, room, &content, 0, id);
}

/* The mesh had no room for a while: nothing of it is lost, and it goes together, in its order. */
static void what_the_mesh_has_no_room_for_goes_later(void **state)
{
    (void)state;
    char expected[4 * TEXTS + 1] = "";
    start(31, 2);
    run(90);
    say(0, "moja");
    nodes[0].is_held = true;
    for (size_t k = 0; k < TEXTS; k++) {
        char text[4];

        (void)snprintf(text, sizeof text, "%02zu", k);
        assert_int_equal(say_now(0, text), 0);
        (void)snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s|",
                       text);
    }
    run(3);
    assert_reads(1, "moja|");
    size_t before = mail_count;
    nodes[0].is_held = false;
    run(2);
    char all[sizeof expected + 8];
    (void)snprintf(all, sizeof all, "moja|%s", expected);
    assert_reads(1, all);
    size_t many = 0;
    for (size_t i = before; i < mail_count; i++) {
        many += mails[i]->from == 0 && mails[i]->bytes[0] == ROOMS_MANY;
    }
    assert_int_equal(many, 1); /* one broadcast for all of them */
    stop();
}

/* Who says more than the mesh takes is told so, and what was taken is said. */
static void who_says_too_much_waits(void **state)
{
    (void)state;
    static char text[8192];
    size_t taken = 0;
    int rc = 0;
    start(32, 2);
    run(90);
    memset(text, 'w', sizeof text - 1);
    say(0, "moja");
    nodes[0].is_held = true;
    for (; taken < 1000 && rc == 0; taken += rc == 0) {
        rc = say_now(0, text);
        sim_run_for(sim, TIMERS_SECOND / 50);
    }
    assert_int_equal(rc, WAVU_ERR_AGAIN);
    assert_true(taken * sizeof text > ROOMS_HELD_BYTES / 2);
    assert_true(taken * sizeof text < 2 * ROOMS_HELD_BYTES);
    nodes[0].is_held = false;
    size_t placed = nodes[1].placed;
    run(3);
    assert_int_equal(nodes[1].placed, placed + taken);
    assert_int_equal(say_now(0, "mbili"), 0);
    run(2);
    assert_int_equal(nodes[1].placed, placed + taken + 1);
    stop();
}

/* A MANY in a MANY is nothing; what stands beside it counts. */
static void one_many_is_in_no_other(void **state)
{
    (void)state;
    uint8_t inner[64] = {ROOMS_MANY};
    uint8_t outer[256] = {ROOMS_MANY};
    struct wr w;
    start(33, 2);
    run(60);
    wr_init(&w, span_mut_of(inner + 1, sizeof inner - 1));
    rooms_many_put(&w, UNIT_TEXT("\x03no frontier"));
    const size_t len = 1 + wr_span(&w).len;
    wr_init(&w, span_mut_of(outer + 1, sizeof outer - 1));
    rooms_many_put(&w, span_of(inner, len));
    rooms_many_put(&w, UNIT_TEXT("\x01no entry"));
    rooms_take(nodes[0].rooms, device_of(1), span_of(outer, 1 + wr_span(&w).len), NULL);
    rooms_take(nodes[0].rooms, device_of(1), span_of(outer, 5), NULL);
    rooms_take(nodes[0].rooms, device_of(1), span_of(outer, 1), NULL);
    say(1, "bado");
    run(3);
    assert_reads(0, "bado|");
    stop();
}

/* A bundle of words that are none, and `last` behind them. */
static void take_behind(size_t junk, struct span last)
{
    uint8_t many[4096] = {ROOMS_MANY};
    struct wr w;

    wr_init(&w, span_mut_of(many + 1, sizeof many - 1));
    for (size_t i = 0; i < junk; i++) {
        rooms_many_put(&w, UNIT_TEXT("\x02no change"));
    }
    rooms_many_put(&w, last);
    assert_int_equal(wr_finish(&w), 0);
    rooms_take(nodes[0].rooms, device_of(1), span_of(many, 1 + w.len), NULL);
}

/* What is no entry costs more than its bytes: of that, few count in one broadcast, and honest ones
 * put no more into it. */
static void few_in_one_are_no_entries(void **state)
{
    (void)state;
    struct history_item items[4];
    struct history_page page = {.is_forward = true, .items = items, .max = 4};
    struct history_receipt receipts[NODES];
    uint8_t room[32];
    uint8_t bytes[1024] = {ROOMS_FRONTIER};
    size_t count = 0;
    struct wr w;
    start(35, 2);
    run(90);
    say(0, "moja");
    run(5);
    assert_int_equal(say_now(0, "mbili"), 0);
    for (size_t i = 0; i < 50 && !history_has_news(&nodes[1].rooms->history); i++) {
        sim_run_for(sim, TIMERS_SECOND / 20);
        carry();
    }
    wr_init(&w, span_mut_of(bytes + 1, sizeof bytes - 1));
    assert_int_equal(
        history_has_make(&nodes[1].rooms->history, &people.persons[1].devices[0].pair, false, &w),
        0);
    rooms_main(nodes[0].rooms, room);
    const struct history_room *main_room = history_room(rooms_history(nodes[0].rooms), room);
    assert_int_equal(history_view_page(main_room, &page), 0);
    take_behind(ROOMS_MANY_OTHERS_MAX, span_of(bytes, 1 + w.len));
    assert_int_equal(history_has_of(main_room, items[1].at.id, receipts, NODES, &count), 0);
    assert_int_equal(count, 0);
    take_behind(ROOMS_MANY_OTHERS_MAX - 1, span_of(bytes, 1 + w.len));
    assert_int_equal(history_has_of(main_room, items[1].at.id, receipts, NODES, &count), 0);
    assert_int_equal(count, 1);
    run(10);
    size_t before = mail_count;
    nodes[0].is_held = true;
    for (size_t i = 0; i < 2 * ROOMS_MANY_OTHERS_MAX; i++) {
        rooms_out_say(nodes[0].rooms, ROOMS_EPOCH, UNIT_TEXT("no change"), NULL);
    }
    nodes[0].is_held = false;
    run(1);
    assert_in_range(mail_count, before + 2, before + 3);
    stop();
}

/* The epoch that `i` wrote under last, as the head of a sealed entry of another generation. */
static struct span forged_of(size_t i, uint8_t out[64])
{
    struct wr w;

    wr_init(&w, span_mut_of(out, 64));
    for (size_t k = mail_count; k-- > 0;) {
        if (mails[k]->from == i && mails[k]->bytes[0] == ROOMS_ENTRY) {
            wr_bytes(&w, span_of(mails[k]->bytes, 1 + 1 + 8 + 8));
            break;
        }
    }
    assert_int_equal(w.len, 18);
    wr_varint(&w, CHAIN_GENERATIONS_MAX - 1);
    wr_bytes(&w, UNIT_TEXT("sixteen letters!"));
    return wr_span(&w);
}

/* Some bytes that name the end of a chain cost a thousand steps, and many of them go in one
 * broadcast: who does that is not listened to for a while. What it says then comes by repair. */
static void forged_entries_cost_no_more_than_a_share(void **state)
{
    (void)state;
    uint8_t forged[64];
    uint8_t many[8192] = {ROOMS_MANY};
    const uint8_t names[ROOMS_MANY_MAX * ENTRY_ID_SIZE] = {1};
    struct wr w;
    start(34, 3);
    run(90);
    say(1, "moja");
    say(2, "mbili");
    wr_init(&w, span_mut_of(many + 1, sizeof many - 1));
    for (size_t i = 0; i < ROOMS_MANY_MAX; i++) {
        rooms_many_put(&w, forged_of(i % 2 + 1, forged)); /* under another's name, too */
    }
    assert_int_equal(wr_finish(&w), 0);
    const uint64_t before = epochs_vain(nodes[0].rooms->epochs);
    for (size_t i = 0; i < 20; i++) {
        take_named(0, 1, span_of(names, sizeof names), span_of(many, 1 + w.len));
    }
    assert_true(epochs_vain(nodes[0].rooms->epochs) - before > CHAIN_GENERATIONS_MAX);
    assert_true(epochs_vain(nodes[0].rooms->epochs) - before <
                ROOMS_VAIN_BURST + CHAIN_GENERATIONS_MAX);
    nodes[1].is_held = true;
    assert_int_equal(say_now(1, "tatu"), 0);
    nodes[1].is_held = false;
    assert_int_equal(say_now(2, "nne"), 0);
    run(1);
    assert_int_equal(say_now(2, "tano"), 0);
    run(90);
    char read[512];
    read_all(0, read, sizeof read);
    assert_non_null(strstr(read, "tatu|"));
    assert_non_null(strstr(read, "nne|tano|"));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_the_mesh_has_no_room_for_goes_later),
        UNIT(who_says_too_much_waits),
        UNIT(one_many_is_in_no_other),
        UNIT(few_in_one_are_no_entries),
        UNIT(forged_entries_cost_no_more_than_a_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
