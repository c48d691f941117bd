/*
 * Names over a restart: who is alone still knows what everybody was called last.
 */
#include "node/wavu_nicks.h"

#include "node/wavu_keep_msg.h"
#include "tests/node/people.h"

static struct wavu_networks_one *one(size_t i)
{
    struct wavu_networks_one *o = NULL;
    assert_int_equal(wavu_networks_find(h.nodes[i]->networks, NULL, &o), 0);
    return o;
}

static const char *table(size_t i)
{
    static char name[32];
    (void)snprintf(name, sizeof name, "nicks-%u", networks_number(one(i)->one));
    return name;
}

static size_t rows(size_t i)
{
    struct buf key;
    struct buf value;
    size_t count = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_next(h.nodes[i]->store.store, table(i), span_empty(), &key, &value) == 0) {
        count++;
    }
    buf_clear(&key);
    buf_clear(&value);
    return count;
}

static const char *nick_of(size_t at, const uint8_t device[32])
{
    static char nick[WAVU_NAME_MAX];
    wavu_nicks_of(one(at), device, nick);
    return nick;
}

static void begin(uint64_t seed, uint8_t baraka[32])
{
    start(seed, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(40);
    memcpy(baraka, h.nodes[1]->swarm.key.public_key, 32);
}

static void who_is_alone_knows_the_names(void **state)
{
    (void)state;
    uint8_t baraka[32];
    uint8_t nobody[32] = {1};
    char found[WAVU_KEY_TEXT_MAX];
    begin(61, baraka);
    const struct counted before = count(2, "Baraka"); /* of whom no pairing told it */
    say(1, "habari");
    run(10);
    assert_int_equal(rows(2), 3);
    down(0);
    down(1);
    down(2);
    up(2, false);
    assert_int_equal(wavu_member_find(h.nodes[2], NULL, "Baraka", found), 0);
    assert_string_equal(found, before.id);
    assert_string_equal(count(2, "Amina").nick, "Amina");
    assert_string_equal(read_all(2).text, "Baraka:habari|");
    assert_string_equal(nick_of(2, baraka), "Baraka");
    assert_string_equal(nick_of(2, nobody), "");
    assert_string_equal(nick_of(2, h.nodes[2]->swarm.key.public_key), "Chiku");
    stop();
}

static void a_crash_takes_six_seconds_at_most(void **state)
{
    (void)state;
    uint8_t baraka[32];
    begin(62, baraka);
    assert_int_equal(wavu_set_nick(h.nodes[1], "Bakari"), 0);
    run(12);
    down(0);
    down(1);
    homes_crash(&h, 2);
    up(2, false);
    assert_string_equal(nick_of(2, baraka), "Bakari");
    stop();
}

static void what_the_person_says_goes_before(void **state)
{
    (void)state;
    uint8_t baraka[32];
    char nick[WAVU_NAME_MAX];
    begin(63, baraka);
    down(2);
    assert_int_equal(wavu_set_nick(h.nodes[1], "Bakari"), 0);
    run(5);
    up(2, false);
    assert_string_equal(nick_of(2, baraka), "Baraka");
    assert_false(wavu_nicks_said(one(2), baraka, nick));
    run(40);
    assert_true(wavu_nicks_said(one(2), baraka, nick));
    assert_string_equal(nick_of(2, baraka), "Bakari");
    assert_true(wavu_nicks_of_member(
        one(2), members_state_member_of(&networks_network(one(2)->one)->state, baraka), nick));
    assert_string_equal(nick, "Bakari");
    assert_false(wavu_nicks_of_member(one(2), MEMBERS_NONE, nick));
    assert_string_equal(nick, "");
    assert_int_equal(count(2, "Bakari").members, 3);
    assert_int_equal(strlen(count(2, "Bakari").id), 64);
    /* What is no name is nobody's, and does not bring an old one back. */
    assert_int_equal(
        overlay_set(one(1)->overlay, span_from_text(WAVU_NETWORKS_NICK_KEY), span_from_text("\n")),
        0);
    run(20);
    assert_string_equal(nick_of(2, baraka), "");
    assert_int_equal(strlen(count(2, "Bakari").id), 0);
    stop();
}

struct shown_as {
    const char *standing;
    char shown[WAVU_SHOWN_MAX];
};

static void on_shown(void *context, const struct wavu_network_member *member)
{
    struct shown_as *s = context;
    if (strcmp(member->standing, s->standing) == 0) {
        memcpy(s->shown, member->shown, sizeof s->shown);
    }
}

/* What it said is read still: by its last name, marked, which nobody else's is mixed up with. */
static void who_is_out_keeps_its_name(void **state)
{
    (void)state;
    uint8_t baraka[32];
    struct shown_as seen = {.standing = "put out"};
    begin(64, baraka);
    const struct counted member = count(0, "Baraka");
    say(1, "habari");
    run(5);
    say(0, "nzuri"); /* so what was said counts */
    run(5);
    assert_int_equal(rows(0), 3);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, member.id, false), 0);
    assert_int_equal(wavu_set_nick(h.nodes[2], "Baraka"), 0);
    run(12);
    assert_int_equal(rows(0), 3);
    assert_string_equal(nick_of(0, baraka), "Baraka");
    assert_int_equal(wavu_network_members(h.nodes[0], NULL, on_shown, &seen), 0);
    assert_string_equal(seen.shown, "Baraka (put out)");
    assert_int_equal(count(0, "Baraka").ambiguous, 0);
    assert_string_equal(read_all(0).text, "Baraka:habari|Amina:nzuri|");
    down(0);
    up(0, false);
    assert_string_equal(nick_of(0, baraka), "Baraka");
    stop();
}

static void put_row(size_t i, const uint8_t key[32], const char *bytes, size_t len)
{
    assert_int_equal(
        store_put(h.nodes[i]->store.store, table(i), span_of(key, 32), span_of(bytes, len)), 0);
}

static void rows_that_are_none(void **state)
{
    (void)state;
    uint8_t baraka[32];
    const uint8_t stranger[32] = {7};
    const uint8_t newer[32] = {8};
    begin(65, baraka);
    wavu_keep_shut(one(2)->keep); /* it writes no more */
    put_row(2, baraka, "\1\33[2J", 5);
    put_row(2, stranger, "\1Zawadi", 7);
    put_row(2, newer, "\2Zawadi", 7);
    down(0);
    down(1);
    down(2);
    up(2, false);
    assert_string_equal(nick_of(2, baraka), "");
    assert_int_equal(rows(2), 5);
    run(10);
    assert_int_equal(rows(2), 3); /* our own, Amina's, and what a newer wavu wrote */
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_alone_knows_the_names),
        UNIT(a_crash_takes_six_seconds_at_most),
        UNIT(what_the_person_says_goes_before),
        UNIT(who_is_out_keeps_its_name),
        UNIT(rows_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
