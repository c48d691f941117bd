/*
 * Whom a text means that somebody typed: by nick, id or key, and nobody when it can be two.
 */
#include "node/wavu_people.h"

#include "tests/node/people.h"

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

/* Who was put out is nobody's name any more, and is still found by the whole id. */
static void who_is_out_is_found_by_id_alone(void **state)
{
    (void)state;
    char part[WAVU_KEY_TEXT_MAX];
    start(33, 2, false);
    make();
    join_at(0, 1);
    run(30);
    const struct counted baraka = count(0, "Baraka");
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, baraka.id, false), 0);
    run(5);
    expect_none(0, "Baraka", WAVU_ERR_NOT_FOUND);
    memcpy(part, baraka.id, sizeof part);
    part[16] = '\0';
    expect_none(0, part, WAVU_ERR_NOT_FOUND);
    expect_found(0, baraka.id, baraka.id);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(members_are_found),
        UNIT(several_are_never_guessed),
        UNIT(who_is_out_is_found_by_id_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
