/*
 * Calls for help between whole nodes: they reach people, also those who come up later, are repeated
 * until each has acknowledged them, survive restarts of both sides, and end.
 */
#include "node/wavu_sos.h"

#include "node/wavu_rooms.h"
#include "tests/node/people.h"
#include "wavu/contacts.h"

struct alarms {
    size_t called;
    size_t over;
    size_t reached;
    char id[WAVU_SOS_ID_MAX];
    char text[64];
    char shown[WAVU_SHOWN_MAX];
    struct wavu_position position;
};

static struct alarms alarms[PEOPLE_MAX];
static char keys[PEOPLE_MAX][WAVU_KEY_TEXT_MAX];

static void on_sos(void *context, const struct wavu_sos_event *event)
{
    struct alarms *a = context;
    const struct wavu_sos_one *one = event->one;
    switch (event->kind) {
    case WAVU_SOS_CALLED:
        a->called++;
        memcpy(a->id, one->id, sizeof a->id);
        memcpy(a->shown, one->shown, sizeof a->shown);
        (void)snprintf(a->text, sizeof a->text, "%.*s", (int)one->text_len, one->text);
        a->position = one->position;
        assert_int_equal(strlen(one->network), 64);
        assert_int_equal(strlen(one->from), 64);
        return;
    case WAVU_SOS_OVER:
        a->over++;
        return;
    case WAVU_SOS_REACHED:
        a->reached++;
        assert_true(one->is_own && event->target->shown[0] != '\0');
        return;
    }
}

static void listen_at(size_t i)
{
    assert_int_equal(wavu_sos_listen(h.nodes[i], on_sos, &alarms[i]), 0);
}

static void meet(uint64_t seed, size_t count)
{
    memset(alarms, 0, sizeof alarms);
    start(seed, count, false);
    make();
    for (size_t i = 1; i < count; i++) {
        join_at(0, i);
    }
    run(60);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(wavu_person(h.nodes[i], keys[i]), 0);
        listen_at(i);
    }
}

static void again(size_t i)
{
    up(i, false);
    listen_at(i);
}

struct looked {
    struct wavu_sos_one own;
    struct wavu_sos_one in;
    size_t own_count;
    size_t in_count;
};

static void on_one(void *context, const struct wavu_sos_one *one)
{
    struct looked *l = context;
    if (one->is_own) {
        l->own = *one;
        l->own_count++;
    } else {
        l->in = *one;
        l->in_count++;
    }
}

static struct looked look(size_t i)
{
    struct looked l = {.own_count = 0};
    wavu_sos_list(h.nodes[i], on_one, &l);
    return l;
}

static void states_of(void *context, const struct wavu_sos_target *target)
{
    char *text = context;
    size_t used = strlen(text);
    (void)snprintf(text + used, 256 - used, "%s:%s|", target->shown, target->state);
}

/* Call `who`, or all (0), from node `by`. */
static void call(size_t by, size_t who, char id[WAVU_SOS_ID_MAX])
{
    const char *to[] = {keys[who]};
    const struct wavu_position position = {
        .latitude_e7 = -61234567, .longitude_e7 = 392345678, .has_altitude = true, .altitude_m = 9};
    const struct wavu_sos_wish wish = {.to = to,
                                       .to_count = who != 0 ? 1 : 0,
                                       .is_all = who == 0,
                                       .text = "msaada",
                                       .position = &position};
    assert_int_equal(wavu_sos(h.nodes[by], &wish, id), 0);
}

static void one_is_called(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    char states[256] = "";
    meet(51, 3);
    call(0, 1, id);
    run(3);
    assert_int_equal(alarms[1].called, 1);
    assert_int_equal(alarms[2].called, 0); /* nobody else hears of it */
    assert_int_equal(read_all(2).count, 0);
    assert_string_equal(alarms[1].text, "msaada");
    assert_string_equal(alarms[1].shown, "Amina");
    assert_int_equal(alarms[1].position.latitude_e7, -61234567);
    assert_int_equal(alarms[1].position.altitude_m, 9);
    assert_string_equal(alarms[1].id, id);
    assert_int_equal(look(0).own.reached, 1);
    assert_int_equal(wavu_sos_targets(h.nodes[0], id, states_of, states), 0);
    assert_string_equal(states, "Baraka:delivered|");
    run(90); /* it alerts again until the person acknowledges it */
    assert_int_equal(alarms[1].called, 2);
    id[8] = '\0';
    assert_int_equal(wavu_sos_ack(h.nodes[1], id), 0);
    run(3);
    assert_int_equal(look(0).own.seen, 1);
    assert_true(look(1).in.is_seen);
    run(7200);
    assert_int_equal(alarms[1].called, 2);
    assert_int_equal(wavu_sos_cancel(h.nodes[0], NULL), 0);
    run(3);
    assert_int_equal(alarms[1].over, 1);
    assert_true(look(1).in.is_over);
    assert_int_equal(wavu_sos_cancel(h.nodes[0], NULL), WAVU_ERR_NOT_FOUND);
    stop();
}

/* Who has it has heard it, though the room did not take it before it was cancelled. */
static void a_call_that_is_cancelled_at_once(void **state)
{
    (void)state;
    static char text[60000];
    char id[WAVU_SOS_ID_MAX];
    char states[256] = "";
    int rc = 0;
    meet(52, 2);
    memset(text, 'a', sizeof text);
    for (size_t i = 0; rc == 0 && i < 100; i++) {
        rc = wavu_say(h.nodes[0], NULL, text, sizeof text, NULL);
    }
    assert_int_equal(rc, WAVU_ERR_AGAIN); /* until something is on the disk */
    call(0, 0, id);
    assert_int_equal(wavu_sos_cancel(h.nodes[0], NULL), 0);
    assert_int_equal(look(0).own.number, 1);
    run(20);
    assert_int_equal(look(0).own.number, 1);
    assert_int_equal(wavu_sos_targets(h.nodes[0], id, states_of, states), 0);
    assert_string_equal(states, "Baraka:delivered|");
    stop();
}

/* What is over waits for nobody. */
static void who_was_not_reached_is_said(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    char states[256] = "";
    meet(53, 2);
    down(1);
    call(0, 1, id);
    for (size_t i = 0; i < 800 && strcmp(states, "Baraka:waiting|") != 0; i++) {
        run(5);
        states[0] = '\0';
        assert_int_equal(wavu_sos_targets(h.nodes[0], id, states_of, states), 0);
    }
    assert_string_equal(states, "Baraka:waiting|");
    assert_int_equal(wavu_sos_cancel(h.nodes[0], NULL), 0);
    states[0] = '\0';
    assert_int_equal(wavu_sos_targets(h.nodes[0], id, states_of, states), 0);
    assert_string_equal(states, "Baraka:not reached|");
    up(1, false);
    stop();
}

/* Whoever is down hears of it when it is up again; both sides start anew meanwhile. */
static void restarts_of_both_sides(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    meet(52, 3);
    down(1);
    run(30);
    call(0, 1, id);
    run(5);
    assert_int_equal(look(0).own.reached, 0);
    down(0);
    run(600);
    again(0);
    assert_int_equal(look(0).own_count, 1);
    run(60);
    again(1);
    run(400);
    assert_true(alarms[1].called >= 1);
    assert_string_equal(alarms[1].id, id);
    size_t before = alarms[1].called;
    down(1);
    again(1);
    assert_int_equal(look(1).in_count, 1); /* what it heard is there still */
    assert_false(look(1).in.is_seen);
    run(1900);
    assert_true(alarms[1].called > before); /* and it goes on alerting */
    assert_int_equal(wavu_sos_ack(h.nodes[1], id), 0);
    run(1);
    down(1);
    run(1);
    again(1);
    assert_true(look(1).in.is_seen);
    run(400);
    assert_int_equal(look(0).own.seen, 1);
    down(0);
    again(0);
    assert_int_equal(look(0).own.seen, 1);
    assert_int_equal(wavu_sos_cancel(h.nodes[0], id), 0);
    run(60);
    assert_int_equal(alarms[1].over, 1);
    stop();
}

static void all_are_called(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    meet(53, 4);
    assert_int_equal(wavu_contact_block(h.nodes[3], keys[0], true), 0);
    call(0, 0, id);
    run(5);
    assert_int_equal(alarms[1].called, 1);
    assert_int_equal(alarms[2].called, 1);
    assert_int_equal(alarms[3].called, 0); /* it does not want to hear of Amina */
    assert_int_equal(look(3).in_count, 0);
    assert_int_equal(look(0).own.called, 3);
    run(120);                                               /* said again when keys are here */
    assert_string_equal(read_all(2).text, "Amina:msaada|"); /* in the room, too */
    assert_int_equal(wavu_sos_cancel(h.nodes[0], id), 0);
    run(5);
    assert_int_equal(alarms[1].over, 1);
    assert_int_equal(alarms[3].over, 0);
    stop();
}

/* An entry of the main room alone, which goes over the tree: no envelope of an SOS is under way. */
static void post_entry(size_t by, enum content_kind kind, const uint8_t sos[16],
                       const uint8_t target[32], uint8_t entry[32])
{
    const struct wavu_networks *n = h.nodes[by]->networks;
    const struct wavu_networks_one *o =
        LIST_OF(list_next(&n->ones, &n->ones), struct wavu_networks_one, link);
    const struct content content = {.kind = kind,
                                    .text =
                                        kind == CONTENT_SOS ? UNIT_TEXT("msaada") : span_empty(),
                                    .sos = sos,
                                    .target = target};
    uint8_t room[32];

    rooms_main(wavu_rooms_inside(o->rooms), room);
    int rc = rooms_say(wavu_rooms_inside(o->rooms), room, &content, 0, entry);
    for (size_t i = 0; i < 60 && rc == WAVU_ERR_AGAIN; i++) { /* keys are on their way */
        run(10);
        rc = rooms_say(wavu_rooms_inside(o->rooms), room, &content, 0, entry);
    }
    assert_int_equal(rc, 0);
}

/* The tree brings a call by itself, and its end; what the courier brings besides is the same one,
 * whichever is first. Old ones do not call any more. */
static void the_tree_brings_it(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    const uint8_t sos[16] = {7, 7};
    uint8_t entry[32];
    uint8_t over[32];
    meet(56, 5);
    assert_int_equal(wavu_contact_block(h.nodes[3], keys[0], true), 0);
    down(4);
    post_entry(0, CONTENT_SOS, sos, NULL, entry);
    run(3);
    assert_int_equal(alarms[1].called, 1);
    assert_int_equal(alarms[2].called, 1);
    assert_int_equal(alarms[3].called, 0); /* it does not want to hear of Amina */
    assert_string_equal(alarms[2].text, "msaada");
    assert_string_equal(alarms[2].shown, "Amina");
    assert_int_equal(look(0).in_count, 0); /* who calls is not called */
    post_entry(0, CONTENT_SOS_OVER, sos, entry, over);
    run(3);
    assert_int_equal(alarms[1].over, 1);
    assert_true(look(2).in.is_over);
    assert_int_equal(alarms[3].over, 0);
    run(7200);
    again(4); /* repair brings it two hours later */
    run(120);
    assert_string_equal(read_all(4).text, "Amina:msaada|Amina:|");
    assert_int_equal(alarms[4].called, 0);
    /* Both ways together. */
    call(0, 0, id);
    run(20);
    for (size_t i = 1; i < 5; i++) {
        assert_int_equal(alarms[i].called, i < 3 ? 2 : i == 3 ? 0 : 1);
        assert_int_equal(look(i).in_count, i < 3 ? 2 : i == 3 ? 0 : 1);
    }
    assert_string_equal(alarms[1].id, id);
    assert_int_equal(wavu_sos_ack(h.nodes[1], id), 0);
    run(3);
    assert_int_equal(look(0).own.seen, 1);
    assert_int_equal(wavu_sos_cancel(h.nodes[0], id), 0);
    run(20);
    assert_int_equal(alarms[1].over, 2);
    stop();
}

/* Somebody posts calls all the time. */
static void a_flood_by_the_tree(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    uint8_t entry[32];
    meet(57, 3);
    for (uint8_t i = 0; i < 100; i++) {
        const uint8_t sos[16] = {9, i};
        post_entry(1, CONTENT_SOS, sos, NULL, entry);
        run(1);
    }
    assert_true(alarms[2].called >= 1 && alarms[2].called <= 4);
    assert_int_equal(look(2).in_count, 4);
    call(0, 0, id);
    run(5);
    assert_string_equal(alarms[2].id, id);
    stop();
}

static void what_cannot_be_called(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    static char text[WAVU_SOS_TEXT_MAX + 2];
    const char *nobody[] = {"x"};
    const char *stranger[] = {"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"};
    struct wavu_sos_wish wish = {.is_all = true};
    meet(54, 2);
    const char *self[] = {keys[0]};
    const char *twice[] = {keys[1], keys[1]};
    wish.network = "nowhere";
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_NOT_FOUND);
    wish = (struct wavu_sos_wish){.to = nobody, .to_count = 1};
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_INVALID);
    wish.to = stranger;
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_NOT_FOUND);
    wish.to = self;
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_NOT_FOUND);
    wish.to_count = 0;
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_INVALID);
    wish = (struct wavu_sos_wish){.to = twice, .to_count = 2, .text = "\xff"};
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_PROTO);
    memset(text, 'a', sizeof text - 1);
    wish.text = text;
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), WAVU_ERR_LIMIT);
    wish.text = NULL;
    assert_int_equal(wavu_sos(h.nodes[0], &wish, id), 0);
    assert_int_equal(look(0).own.called, 1); /* once is enough */
    assert_int_equal(wavu_sos_ack(h.nodes[0], id), WAVU_ERR_NOT_FOUND);
    stop();
}

/* Somebody calls and cancels all the time: others are told of few, and go on. */
static void a_flood_of_calls(void **state)
{
    (void)state;
    char id[WAVU_SOS_ID_MAX];
    meet(55, 3);
    for (size_t i = 0; i < 200; i++) {
        call(1, 2, id);
        run(1);
        assert_int_equal(wavu_sos_cancel(h.nodes[1], id), 0);
        run(1);
    }
    assert_true(alarms[2].called <= 4);
    assert_true(look(2).in_count <= 4);
    call(0, 2, id);
    run(5);
    assert_string_equal(alarms[2].id, id); /* who is in need is heard */
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_is_called),
        UNIT(a_call_that_is_cancelled_at_once),
        UNIT(who_was_not_reached_is_said),
        UNIT(restarts_of_both_sides),
        UNIT(all_are_called),
        UNIT(what_cannot_be_called),
        UNIT(a_flood_of_calls),
        UNIT(the_tree_brings_it),
        UNIT(a_flood_by_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
