/*
 * Direct chats of whole nodes whose disks stop and whose power goes at any moment: what its writer
 * was told of, and what the other has, is there at the end, once.
 */
#include "node/wavu_directs.h"

#include "node/wavu_node.h"
#include "node/wavu_rooms.h"
#include "sim/sim_files.h"
#include "tests/node/people.h"
#include "wavu/direct.h"
#include "wavu/history.h"

#define SAID_MAX 256

struct said {
    char id[WAVU_KEY_TEXT_MAX];
    size_t by;
    bool is_told; /* its writer's node said that it left, or more */
};

static struct said said[SAID_MAX];
static size_t said_count;

static void on_direct(void *context, const struct wavu_direct_event *event)
{
    const size_t *i = context;
    if (event->kind != WAVU_DIRECT_STATE) {
        return;
    }
    for (size_t k = 0; k < said_count; k++) {
        if (said[k].by == *i && strcmp(said[k].id, event->id) == 0) {
            said[k].is_told = true;
        }
    }
}

static void back(size_t i)
{
    static size_t places[PEOPLE_MAX] = {0, 1, 2, 3, 4};
    up(i, false);

    assert_int_equal(wavu_direct_listen(h.nodes[i], on_direct, &places[i]), 0);
}

static void begin(uint64_t seed, size_t count)
{
    said_count = 0;
    start(seed, count, false);
    make();
    for (size_t i = 1; i < count; i++) {
        join_at(0, i);
    }
    for (size_t i = 0; i < count; i++) {
        down(i);
        back(i);
    }
    run(60);
}

static void member_id(size_t by, size_t who, char id[WAVU_KEY_TEXT_MAX])
{
    static const char *const names[] = {"Amina", "Baraka", "Chiku"};
    memcpy(id, count(by, names[who]).id, WAVU_KEY_TEXT_MAX);
}

static void say_to(size_t by, const char *member, size_t n)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%zu", n);
    const struct wavu_direct what = {.member = member, .text = text, .len = strlen(text)};
    struct said *s = &said[said_count];
    assert_true(said_count < SAID_MAX);
    *s = (struct said){.by = by};
    said_count += wavu_direct_say(h.nodes[by], &what, s->id) == 0 ? 1 : 0;
}

struct all {
    char ids[SAID_MAX][WAVU_KEY_TEXT_MAX];
    size_t count;
    size_t open; /* own, not delivered */
};

static void on_one(void *context, const struct wavu_message *m)
{
    struct all *a = context;
    assert_true(a->count < SAID_MAX);
    memcpy(a->ids[a->count++], m->id, WAVU_KEY_TEXT_MAX);
    a->open += m->is_own && strcmp(m->state, "delivered") != 0 ? 1 : 0;
}

static struct all all_of(size_t i, const char *member)
{
    static struct all a;
    const struct wavu_history_of of = {.member = member, .max = SAID_MAX};
    a = (struct all){.count = 0};
    assert_int_equal(wavu_history_look(h.nodes[i], &of, on_one, &a), 0);
    return a;
}

static size_t times(const struct all *a, const char *id)
{
    size_t count = 0;
    for (size_t k = 0; k < a->count; k++) {
        count += strcmp(a->ids[k], id) == 0 ? 1 : 0;
    }
    return count;
}

/* Node `i` loses its power, and begins again with what its disk has. */
static void crash(size_t i)
{
    sim_host_crash(h.hosts[i], false);
    wavu_node_free(h.nodes[i]);
    h.nodes[i] = NULL;
    (void)sim_host_restart(h.hosts[i]);
    back(i);
}

/* One and the same at both, in one order, each once, and all that anybody was told of. */
static void check_equal(const char *a_id, const char *b_id)
{
    static struct all a;
    static struct all b;
    a = all_of(0, b_id);
    b = all_of(1, a_id);
    assert_int_equal(a.count, b.count);
    assert_int_equal(a.open + b.open, 0);
    for (size_t k = 0; k < a.count; k++) {
        assert_string_equal(a.ids[k], b.ids[k]);
        assert_int_equal(times(&a, a.ids[k]), 1);
    }
    size_t told_count = 0;
    for (size_t k = 0; k < said_count; k++) {
        if (said[k].is_told) {
            assert_int_equal(times(&a, said[k].id), 1);
            told_count++;
        }
    }
    assert_true(told_count > said_count / 4);
}

static void the_power_goes_at_any_disk_operation(void **state)
{
    (void)state;
    char a_id[WAVU_KEY_TEXT_MAX];
    char b_id[WAVU_KEY_TEXT_MAX];
    begin(41, 2);
    member_id(0, 0, a_id);
    member_id(0, 1, b_id);
    for (size_t cut = 0; cut < 48; cut++) {
        const size_t victim = cut % 2; /* who writes in one round reads in the next */
        sim_files_fail(h.hosts[victim], cut / 2, SIM_DISK_FOR_EVER);
        say_to(0, b_id, cut);
        say_to(1, a_id, cut);
        sim_run_for(h.sim, (100 + cut * 40) * TIMERS_MS);
        say_to(cut % 3 % 2, cut % 3 % 2 == 0 ? b_id : a_id, 1000 + cut);
        run(2);
        crash(victim);
        run(cut % 4 == 3 ? 15 : 3);
    }
    run(400);
    assert_true(said_count > 100);
    check_equal(a_id, b_id);
    stop();
}

/* The same with a third who holds what one of them cannot get now, and loses its power, too. */
static void holders_lose_their_power(void **state)
{
    (void)state;
    char a_id[WAVU_KEY_TEXT_MAX];
    char b_id[WAVU_KEY_TEXT_MAX];
    begin(42, 3);
    member_id(0, 0, a_id);
    member_id(0, 1, b_id);
    for (size_t round = 0; round < 8; round++) {
        const size_t away = round % 2;
        const size_t here = 1 - away;
        down(away);
        run(5);
        say_to(here, away == 0 ? a_id : b_id, round);
        sim_files_fail(h.hosts[2], 2 + round * 3, SIM_DISK_FOR_EVER);
        run(8);
        crash(2);
        run(60);
        down(here);
        back(away);
        run(60);
        say_to(away, here == 0 ? a_id : b_id, 100 + round);
        run(20);
        back(here);
        run(20);
    }
    run(400);
    assert_int_equal(said_count, 16);
    check_equal(a_id, b_id);
    stop();
}

/* Who left and came back often: the newest chats with that one, the last first, and no more. */
static void of_many_chats_with_one_the_newest_are_read(void **state)
{
    struct wavu_networks_one *one = NULL;
    struct history_room *chats[WAVU_DIRECTS_CHATS_MAX];
    struct history_room *made = NULL;
    const uint8_t other[32] = {7};
    const uint8_t nobody[32] = {8};

    (void)state;
    begin(31, 2);
    assert_int_equal(wavu_networks_find(h.nodes[0]->networks, NULL, &one), 0);
    struct history *histories = rooms_history(wavu_rooms_inside(one->rooms));

    assert_int_equal(wavu_directs_chats(one, other, chats), 0);
    for (uint8_t i = 1; i <= 2 * WAVU_DIRECTS_CHATS_MAX; i++) {
        const uint8_t id[32] = {i, 1};

        assert_int_equal(history_make_room(histories, id, HISTORY_DIRECT, other, &made), 0);
        const size_t count = wavu_directs_chats(one, other, chats);

        assert_int_equal(count, i < WAVU_DIRECTS_CHATS_MAX ? i : WAVU_DIRECTS_CHATS_MAX);
        assert_ptr_equal(chats[0], made);
        for (size_t k = 1; k < count; k++) {
            assert_int_equal(chats[k]->number, chats[k - 1]->number - 1);
        }
    }
    assert_int_equal(wavu_directs_chats(one, nobody, chats), 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_power_goes_at_any_disk_operation),
        UNIT(holders_lose_their_power),
        UNIT(of_many_chats_with_one_the_newest_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
