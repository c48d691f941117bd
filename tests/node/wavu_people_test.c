/*
 * Whom a text means that somebody typed: by nick, id or key, and nobody when it can be two.
 */
#include "node/wavu_people.h"

#include "tests/node/people.h"
#include "wavu/contacts.h"

struct candidates {
    size_t count;
    char ids[PEOPLE_MAX][WAVU_KEY_TEXT_MAX];
};

static void on_candidate(void *context, const struct wavu_network_member *member)
{
    struct candidates *c = context;
    memcpy(c->ids[c->count++], member->id, WAVU_KEY_TEXT_MAX);
}

static struct candidates candidates(size_t i, const char *text)
{
    struct candidates c = {.count = 0};
    assert_int_equal(wavu_member_candidates(h.nodes[i], NULL, text, on_candidate, &c), 0);
    return c;
}

/* Expect that node `i` takes `text` for the member `id`. */
static void expect_found(size_t i, const char *text, const char *id)
{
    char found[WAVU_KEY_TEXT_MAX];
    assert_int_equal(wavu_member_find(h.nodes[i], NULL, text, found), 0);
    assert_string_equal(found, id);
}

static void expect_none(size_t i, const char *text, int err)
{
    char found[WAVU_KEY_TEXT_MAX] = "as it was";
    assert_int_equal(wavu_member_find(h.nodes[i], NULL, text, found), err);
    assert_string_equal(found, "as it was");
}

static void members_are_found(void **state)
{
    (void)state;
    char key[WAVU_KEY_TEXT_MAX];
    char part[WAVU_KEY_TEXT_MAX];
    start(31, 3, false);
    expect_none(0, "Amina", WAVU_ERR_NOT_FOUND); /* no network */
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(30);
    const struct counted baraka = count(0, "Baraka");
    expect_found(0, "Baraka", baraka.id);
    expect_found(2, "Baraka", baraka.id);
    expect_found(2, baraka.id, baraka.id);
    memcpy(part, baraka.id, sizeof part);
    part[WAVU_PEOPLE_PART_MIN] = '\0';
    expect_found(2, part, baraka.id);
    part[WAVU_PEOPLE_PART_MIN - 1] = '\0';
    expect_none(2, part, WAVU_ERR_NOT_FOUND); /* too short to stand for it */
    assert_int_equal(wavu_person(h.nodes[1], key), 0);
    expect_found(2, key, baraka.id);
    key[20] = '\0';
    for (size_t i = 0; i < 20; i++) {
        key[i] = (char)(key[i] >= 'a' ? key[i] - 'a' + 'A' : key[i]);
    }
    expect_found(2, key, baraka.id);
    expect_none(0, "Daudi", WAVU_ERR_NOT_FOUND);
    expect_none(0, "", WAVU_ERR_NOT_FOUND);
    expect_none(0, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
                WAVU_ERR_NOT_FOUND);
    stop();
}

/* A nick that is the beginning of another's id does not take its place: both are named. */
static void several_are_never_guessed(void **state)
{
    (void)state;
    char part[WAVU_KEY_TEXT_MAX];
    start(32, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(30);
    const struct counted baraka = count(0, "Baraka");
    assert_int_equal(wavu_set_nick(h.nodes[2], "Baraka"), 0);
    run(10);
    expect_none(0, "Baraka", WAVU_ERR_INVALID);
    assert_int_equal(candidates(0, "Baraka").count, 2);
    expect_found(0, baraka.id, baraka.id);
    memcpy(part, baraka.id, sizeof part);
    part[12] = '\0';
    assert_int_equal(wavu_set_nick(h.nodes[2], part), 0);
    run(10);
    expect_none(0, part, WAVU_ERR_INVALID);
    assert_int_equal(candidates(0, part).count, 2);
    expect_found(0, "Baraka", baraka.id);
    stop();
}

struct shown {
    char text[512];
    size_t ambiguous;
};

static void on_shown(void *context, const struct wavu_network_member *member)
{
    struct shown *s = context;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, "%s|", member->shown);
    s->ambiguous += member->is_ambiguous ? 1 : 0;
}

static struct shown shown(size_t i)
{
    struct shown s = {.ambiguous = 0};
    assert_int_equal(wavu_network_members(h.nodes[i], NULL, on_shown, &s), 0);
    return s;
}

static void look_alikes_are_shown_apart(void **state)
{
    (void)state;
    char wanted[512];
    start(34, 4, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    join_at(0, 3);
    run(60);
    const struct counted amina = count(0, "Amina");
    const struct counted chiku = count(0, "Chiku");
    assert_int_equal(shown(0).ambiguous, 0);
    assert_string_equal(shown(0).text, "Amina|Baraka|Chiku|Daudi|");
    assert_int_equal(wavu_set_nick(h.nodes[2], "\u0410mina"), 0); /* a Cyrillic A */
    run(30);
    (void)snprintf(wanted, sizeof wanted, "Amina#%.4s|Baraka|\u0410mina#%.4s|Daudi|", amina.id,
                   chiku.id);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(shown(i).text, wanted);
        assert_int_equal(shown(i).ambiguous, 2);
        expect_none(i, "Amina", WAVU_ERR_INVALID);
        expect_none(i, "amina", WAVU_ERR_INVALID);
        assert_int_equal(candidates(i, "\u0410mina").count, 2);
        (void)snprintf(wanted + 256, 256, "Amina#%.4s", amina.id);
        expect_found(i, wanted + 256, amina.id);
    }
    assert_int_equal(wavu_set_nick(h.nodes[2], "\uf900"), 0); /* its twins are not known */
    run(30);
    (void)snprintf(wanted, sizeof wanted, "Amina|Baraka|\uf900#%.4s|Daudi|", chiku.id);
    assert_string_equal(shown(3).text, wanted);
    expect_found(3, "Amina", amina.id);
    stop();
}

/* A member that is called otherwise each second deceives nobody, and costs no more than a value of
 * the shared state. */
static void a_nick_that_changes_all_the_time(void **state)
{
    (void)state;
    static const char *const nicks[] = {"Amina", "amina", "\u0410mina", "Baraka", "X", "Am1na"};
    start(35, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(30);
    const struct counted amina = count(1, "Amina");
    for (size_t i = 0; i < 60; i++) {
        char found[WAVU_KEY_TEXT_MAX];
        assert_int_equal(wavu_set_nick(h.nodes[2], nicks[i % 6]), 0);
        run(1);
        int rc = wavu_member_find(h.nodes[1], NULL, "Amina", found);
        assert_true(rc == WAVU_ERR_INVALID || (rc == 0 && strcmp(found, amina.id) == 0));
    }
    stop();
}

/* Both are called by their names before the mesh has told them. */
static void who_paired_has_a_name_at_once(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    start(36, 2, false);
    make();
    assert_int_equal(wavu_invite(h.nodes[0], NULL, "en", &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, "10.0.0.1:9000"), 0);
    for (size_t i = 0; i < 500 && told[1].kinds[WAVU_MEMBERS_ENTERED] == 0; i++) {
        sim_run_for(h.sim, TIMERS_MS * 10);
    }
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_string_equal(shown(1).text, "Amina|Baraka|");
    stop();
}

/* What was said with somebody who was put out stays to be read: that one is found, but only where
 * nobody who belongs is meant. */
static void who_is_out_is_found_behind_all_others(void **state)
{
    (void)state;
    char part[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    start(33, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(30);
    const struct counted baraka = count(0, "Baraka");
    const struct counted chiku = count(0, "Chiku");
    assert_int_equal(wavu_person(h.nodes[1], key), 0);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, baraka.id, false), 0);
    run(5);
    memcpy(part, baraka.id, sizeof part);
    part[WAVU_PEOPLE_PART_MIN] = '\0';
    expect_found(0, part, baraka.id);
    expect_found(0, baraka.id, baraka.id);
    expect_found(0, "Baraka", baraka.id);
    assert_int_equal(wavu_set_nick(h.nodes[2], "Baraka"), 0);
    run(10);
    expect_found(0, "Baraka", chiku.id);
    /* But whom we call so ourselves is meant, gone or not: nobody takes that place. */
    assert_int_equal(wavu_contact_name(h.nodes[0], key, "Baraka"), 0);
    expect_found(0, "Baraka", baraka.id);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(members_are_found),
        UNIT(several_are_never_guessed),
        UNIT(look_alikes_are_shown_apart),
        UNIT(a_nick_that_changes_all_the_time),
        UNIT(who_paired_has_a_name_at_once),
        UNIT(who_is_out_is_found_behind_all_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
