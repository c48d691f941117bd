/*
 * Histories through the public interface: pages, searches, rooms by name, and what there is not.
 */
#include "wavu/history.h"

#include "node/wavu_rooms.h"
#include "tests/node/people.h"

struct page {
    char text[4096];
    char first[WAVU_KEY_TEXT_MAX];
    size_t count;
};

static void on_look(void *context, const struct wavu_message *m)
{
    struct page *p = context;
    size_t used = strlen(p->text);
    (void)snprintf(p->text + used, sizeof p->text - used, "%.*s ", (int)m->text_len, m->text);
    if (p->count++ == 0) {
        memcpy(p->first, m->id, sizeof p->first);
    }
}

static struct page look(const struct wavu_history_of *of)
{
    struct page p = {.count = 0};
    assert_int_equal(wavu_history_look(h.nodes[0], of, on_look, &p), 0);
    return p;
}

static int fails(const struct wavu_history_of *of)
{
    struct page p = {.count = 0};
    int rc = wavu_history_look(h.nodes[0], of, on_look, &p);
    assert_int_equal(p.count, 0);
    return rc;
}

static struct rooms *rooms(void)
{
    struct wavu_networks_one *o = NULL;
    assert_int_equal(wavu_networks_find(h.nodes[0]->networks, NULL, &o), 0);
    return wavu_rooms_inside(o->rooms);
}

static void pages_and_searches(void **state)
{
    (void)state;
    char text[32];
    start(51, 1, false);
    make();
    for (size_t n = 0; n < 12; n++) {
        (void)snprintf(text, sizeof text, "%s%zu", n % 3 == 0 ? "simba" : "tembo", n);
        say(0, text);
    }
    struct wavu_history_of of = {.max = 4};
    struct page last = look(&of);
    assert_string_equal(last.text, "tembo8 simba9 tembo10 tembo11 ");
    of.before = last.first;
    struct page before = look(&of);
    assert_string_equal(before.text, "tembo4 tembo5 simba6 tembo7 ");
    of.before = before.first;
    of.max = 100;
    assert_string_equal(look(&of).text, "simba0 tembo1 tembo2 simba3 ");

    /* Words: the newest first. */
    of = (struct wavu_history_of){.words = "simba", .max = 3};
    assert_string_equal(look(&of).text, "simba9 simba6 simba3 ");
    of.before = before.first; /* tembo4 */
    assert_string_equal(look(&of).text, "simba3 simba0 ");
    of = (struct wavu_history_of){.words = "twiga", .max = 3};
    assert_int_equal(look(&of).count, 0);
    of = (struct wavu_history_of){.max = 0};
    assert_int_equal(look(&of).count, 0);
    stop();
}

static struct page since(uint64_t *number, size_t max, bool is_more)
{
    const struct wavu_history_of of = {.max = max};
    struct page p = {.count = 0};
    bool is_there = !is_more;
    assert_int_equal(wavu_history_since(h.nodes[0], &of, number, &is_there, on_look, &p), 0);
    assert_int_equal(is_there, is_more);
    return p;
}

/* Who goes on from where the last look ended misses nothing and sees nothing twice. */
static void what_is_new_comes_once(void **state)
{
    uint64_t number = UINT64_MAX;
    bool is_more = true;
    (void)state;
    start(54, 1, false);
    make();
    assert_int_equal(since(&number, 10, false).count, 0); /* above all: where that ends */
    assert_int_equal(number, 0);
    for (size_t n = 0; n < 5; n++) {
        say(0, (const char *[]){"moja", "mbili", "tatu", "nne", "tano"}[n]);
    }
    assert_string_equal(since(&number, 2, true).text, "moja mbili ");
    assert_string_equal(since(&number, 3, false).text, "tatu nne tano ");
    assert_int_equal(since(&number, 3, false).count, 0);
    say(0, "sita");
    assert_string_equal(since(&number, 3, false).text, "sita ");
    number = UINT64_MAX;
    assert_int_equal(since(&number, 10, false).count, 0);
    assert_int_equal(number, 6);
    number = 4;
    assert_int_equal(since(&number, 0, true).count, 0); /* nothing wanted: nothing passed over */
    assert_int_equal(number, 4);

    /* What was never said is no error, what there is not is. */
    char nobody[WAVU_KEY_TEXT_MAX];
    memset(nobody, 'a', sizeof nobody - 1);
    nobody[sizeof nobody - 1] = '\0';
    struct page p = {.count = 0};
    struct wavu_history_of of = {.room = "porini", .max = 5};
    assert_int_equal(wavu_history_since(h.nodes[0], &of, &number, &is_more, on_look, &p),
                     WAVU_ERR_NOT_FOUND);
    of = (struct wavu_history_of){.member = nobody, .max = 5};
    assert_int_equal(wavu_history_since(h.nodes[0], &of, &number, &is_more, on_look, &p),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(number, 4);
    assert_false(is_more);
    stop();
}

static void pages_go_forward(void **state)
{
    (void)state;
    char text[32];
    start(55, 1, false);
    make();
    for (size_t n = 0; n < 9; n++) {
        (void)snprintf(text, sizeof text, "tembo%zu", n);
        say(0, text);
    }
    struct wavu_history_of of = {.max = 8};
    struct page last = look(&of); /* from tembo1 on */
    of = (struct wavu_history_of){.after = last.first, .max = 3};
    struct page after = look(&of);
    assert_string_equal(after.text, "tembo2 tembo3 tembo4 ");
    of.after = after.first;
    of.max = 100;
    assert_string_equal(look(&of).text, "tembo3 tembo4 tembo5 tembo6 tembo7 tembo8 ");
    of = (struct wavu_history_of){.max = 1};
    struct page newest = look(&of);
    of = (struct wavu_history_of){.after = newest.first, .max = 5};
    assert_int_equal(look(&of).count, 0);
    of = (struct wavu_history_of){.at = after.first, .max = 5};
    assert_string_equal(look(&of).text, "tembo2 ");

    /* One direction at a time. */
    of = (struct wavu_history_of){.at = after.first, .before = last.first, .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_INVALID);
    of = (struct wavu_history_of){.after = after.first, .words = "tembo", .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_INVALID);
    static const char nobody[] = "00000000000000000000000000000000"
                                 "00000000000000000000000000000000";
    of = (struct wavu_history_of){.after = nobody, .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    of = (struct wavu_history_of){.at = nobody, .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    of = (struct wavu_history_of){.at = "abc", .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_INVALID);
    stop();
}

/* What is said about a message is none. */
static void a_reaction_is_no_message(void **state)
{
    (void)state;
    uint8_t main_room[32];
    uint8_t first[32];
    uint8_t id[32];
    char text[WAVU_KEY_TEXT_MAX];
    start(56, 1, false);
    make();
    say(0, "hapa");
    rooms_main(rooms(), main_room);
    struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("moja")};
    assert_int_equal(rooms_say(rooms(), main_room, &c, 0, first), 0);
    c = (struct content){.kind = CONTENT_REACTION, .emoji = UNIT_TEXT("x"), .target = first};
    assert_int_equal(rooms_say(rooms(), main_room, &c, 0, id), 0);
    wavu_networks_hex(text, id);
    const struct wavu_history_of of = {.at = text, .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    stop();
}

/* Reactions of thousands between messages do not make a page end early. */
static void what_is_not_shown_fills_no_page(void **state)
{
    (void)state;
    uint8_t main_room[32];
    uint8_t id[32];
    uint8_t first[32];
    start(52, 1, false);
    make();
    say(0, "moja");
    rooms_main(rooms(), main_room);
    struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("mbili")};
    assert_int_equal(rooms_say(rooms(), main_room, &c, 0, first), 0);
    c = (struct content){.kind = CONTENT_REACTION, .emoji = UNIT_TEXT("x"), .target = first};
    for (size_t n = 0; n < HISTORY_VIEW_SCAN + 100; n++) {
        int rc = WAVU_ERR_AGAIN;
        while (rc == WAVU_ERR_AGAIN) { /* the disk takes it in */
            rc = rooms_say(rooms(), main_room, &c, 0, id);
            sim_run_for(h.sim, rc == 0 ? 0 : TIMERS_SECOND);
        }
        assert_int_equal(rc, 0);
    }
    say(0, "tatu");
    const struct wavu_history_of of = {.max = 3};
    assert_string_equal(look(&of).text, "moja mbili tatu ");

    uint64_t number = 0; /* what is new is looked at in bounded steps instead */
    assert_string_equal(since(&number, 3, true).text, "moja mbili ");
    assert_int_equal(number, WAVU_HISTORY_SCAN);
    assert_string_equal(since(&number, 3, false).text, "tatu ");
    stop();
}

static void rooms_by_name(void **state)
{
    (void)state;
    uint8_t main_room[32];
    uint8_t id[32];
    uint8_t said[32];
    char text[WAVU_KEY_TEXT_MAX];
    start(53, 1, false);
    make();
    say(0, "hapa");
    rooms_main(rooms(), main_room);
    struct content c = {
        .kind = CONTENT_ROOM, .has_room = true, .room = {.name = UNIT_TEXT("safari")}};
    assert_int_equal(rooms_say(rooms(), main_room, &c, 0, id), 0);
    c = (struct content){.kind = CONTENT_TEXT, .text = UNIT_TEXT("kule")};
    assert_int_equal(rooms_say(rooms(), id, &c, 0, said), 0);
    struct wavu_history_of of = {.room = "safari", .max = 5};
    assert_string_equal(look(&of).text, "kule ");
    wavu_networks_hex(text, id);
    of.room = text;
    assert_string_equal(look(&of).text, "kule ");
    of.room = "porini";
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    c = (struct content){
        .kind = CONTENT_ROOM, .has_room = true, .room = {.name = UNIT_TEXT("safari")}};
    assert_int_equal(rooms_say(rooms(), main_room, &c, 0, id), 0);
    of.room = "safari"; /* two of that name: never guessed */
    assert_int_equal(fails(&of), WAVU_ERR_INVALID);
    stop();
}

static void what_there_is_not(void **state)
{
    (void)state;
    static const char nobody[] = "00000000000000000000000000000000"
                                 "00000000000000000000000000000000";
    start(54, 1, false);
    struct wavu_history_of of = {.max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND); /* no network yet */
    make();
    assert_int_equal(fails(&of), 0);
    of.network = "other";
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    of = (struct wavu_history_of){.member = "abc", .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_INVALID);
    of.member = nobody;
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    of = (struct wavu_history_of){.before = "abc", .max = 5};
    assert_int_equal(fails(&of), WAVU_ERR_INVALID);
    of.before = nobody;
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    of.words = "moja";
    assert_int_equal(fails(&of), WAVU_ERR_NOT_FOUND);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(pages_and_searches),
        UNIT(what_is_new_comes_once),
        UNIT(pages_go_forward),
        UNIT(a_reaction_is_no_message),
        UNIT(what_is_not_shown_fills_no_page),
        UNIT(rooms_by_name),
        UNIT(what_there_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
