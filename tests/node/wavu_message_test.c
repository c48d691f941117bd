/*
 * Messages as people see them: kinds, authors, edits, deletions, the last few.
 */
#include "node/wavu_message.h"

#include "node/wavu_rooms.h"
#include "tests/node/people.h"
#include "wavu/contacts.h"

struct seen {
    char text[512];
    size_t count;
    bool is_gone;
    bool is_edited;
};

static void on_seen(void *context, const struct wavu_message *m)
{
    struct seen *s = context;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, "%s %s %s%.*s|", m->nick, m->kind,
                   m->is_own ? "own " : "", (int)m->text_len, m->text);
    s->count++;
    s->is_gone = m->is_gone;
    s->is_edited = m->is_edited;
}

static struct wavu_networks_one *one(size_t i)
{
    struct wavu_networks_one *o = NULL;
    assert_int_equal(wavu_networks_find(h.nodes[i]->networks, NULL, &o), 0);
    return o;
}

static const struct history_room *room_of(size_t i)
{
    uint8_t id[32];
    struct rooms *rooms = wavu_rooms_inside(one(i)->rooms);
    rooms_main(rooms, id);
    return history_room(rooms_history(rooms), id);
}

/* As soon as that can be. */
static void say_content(size_t i, const struct content *content, uint8_t id[32])
{
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) {
        rc = rooms_say(wavu_rooms_inside(one(i)->rooms), room_of(i)->id, content, 0, id);
        run(2);
    }
    assert_int_equal(rc, 0);
}

static struct seen last(size_t i, size_t max)
{
    struct seen s = {.count = 0};
    const struct wavu_message_reader reader = {.each = on_seen, .context = &s};
    assert_int_equal(wavu_message_last(one(i), room_of(i), max, &reader), 0);
    return s;
}

static struct seen by_id(size_t i, const uint8_t id[32])
{
    struct seen s = {.count = 0};
    const struct wavu_message_reader reader = {.each = on_seen, .context = &s};
    assert_int_equal(wavu_message_show_id(one(i), room_of(i), id, &reader), 0);
    return s;
}

static void messages_as_people_see_them(void **state)
{
    (void)state;
    uint8_t text[32];
    uint8_t me[32];
    uint8_t other[32];
    start(31, 2, false);
    make();
    join_at(0, 1);
    run(60);
    struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("habari")};
    say_content(0, &c, text);
    c = (struct content){.kind = CONTENT_ME, .text = UNIT_TEXT("waves")};
    say_content(1, &c, me);
    assert_string_equal(last(0, 9).text, "Amina text own habari|Baraka me waves|");
    assert_string_equal(last(1, 9).text, "Amina text habari|Baraka me own waves|");
    assert_string_equal(last(1, 1).text, "Baraka me own waves|"); /* the newest */
    assert_int_equal(last(1, 0).count, 0);

    c = (struct content){.kind = CONTENT_EDIT, .text = UNIT_TEXT("nzuri"), .target = text};
    say_content(0, &c, other);
    assert_string_equal(by_id(1, text).text, "Amina text nzuri|");
    assert_true(by_id(1, text).is_edited && !by_id(1, text).is_gone);
    assert_int_equal(last(1, 9).count, 2); /* an edit is no message of its own */
    c = (struct content){.kind = CONTENT_DELETE, .target = text};
    say_content(0, &c, other);
    assert_true(by_id(1, text).is_gone);
    other[0] ^= 1;
    assert_int_equal(by_id(1, other).count, 0);
    stop();
}

static void on_time(void *context, const struct wavu_message *m)
{
    uint64_t *unix_ms = context;
    *unix_ms = m->unix_ms;
}

/* An author's clock is a hint: it puts nothing further down, and hides nothing. */
static void a_clock_of_the_far_future_changes_nothing(void **state)
{
    (void)state;
    uint8_t id[32];
    uint64_t unix_ms = 0;
    const struct wavu_message_reader reader = {.each = on_time, .context = &unix_ms};
    start(33, 2, false);
    make();
    join_at(0, 1);
    run(60);
    struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("kesho"), .unix_ms = UINT64_MAX};
    say_content(1, &c, id);
    run(5);
    c = (struct content){.kind = CONTENT_TEXT, .text = UNIT_TEXT("leo"), .unix_ms = 1};
    say_content(0, &c, id);
    run(5);
    assert_string_equal(last(0, 9).text, "Baraka text kesho|Amina text own leo|");
    assert_string_equal(last(1, 9).text, "Baraka text own kesho|Amina text leo|");
    assert_int_equal(wavu_message_last(one(0), room_of(0), 1, &reader), 0);
    assert_int_equal(unix_ms, 1); /* the last one is the last one */
    down(0);
    up(0, false);
    run(5);
    assert_string_equal(last(0, 9).text, "Baraka text kesho|Amina text own leo|");
    stop();
}

struct authors {
    char text[512];
    char id[WAVU_KEY_TEXT_MAX]; /* of the last one's author */
};

static void on_author(void *context, const struct wavu_message *m)
{
    struct authors *a = context;
    size_t used = strlen(a->text);
    (void)snprintf(a->text + used, sizeof a->text - used, "%s(%s)%s:%.*s|", m->shown, m->nick,
                   m->is_blocked ? "blocked" : "", (int)m->text_len, m->text);
    memcpy(a->id, m->author, sizeof a->id);
}

static struct authors authors(size_t i)
{
    struct authors a = {.text = ""};
    assert_int_equal(wavu_history(h.nodes[i], NULL, 9, on_author, &a), 0);
    return a;
}

/* At once: what is said of somebody changes how all its messages look. */
static void authors_are_told_apart(void **state)
{
    (void)state;
    char wanted[512];
    char key[WAVU_KEY_TEXT_MAX];
    start(32, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    say(1, "habari");
    say(2, "nzuri");
    run(5);
    assert_string_equal(authors(0).text, "Baraka(Baraka):habari|Chiku(Chiku):nzuri|");
    const struct counted baraka = count(0, "Baraka");
    const struct counted chiku = count(0, "Chiku");
    assert_int_equal(wavu_set_nick(h.nodes[2], "baraka"), 0);
    (void)snprintf(wanted, sizeof wanted, "Baraka#%.4s(Baraka):habari|baraka#%.4s(baraka):nzuri|",
                   baraka.id, chiku.id);
    assert_string_equal(authors(2).text, wanted); /* at once, here */
    run(10);
    assert_string_equal(authors(0).text, wanted);
    assert_string_equal(authors(0).id, chiku.id);
    assert_int_equal(wavu_person(h.nodes[2], key), 0);
    assert_int_equal(wavu_contact_block(h.nodes[0], key, true), 0);
    assert_int_equal(wavu_contact_name(h.nodes[0], key, "Dada"), 0);
    assert_string_equal(authors(0).text, "Baraka(Baraka):habari|Dada(baraka)blocked:nzuri|");
    assert_string_equal(authors(1).text, wanted);
    assert_int_equal(wavu_contact_block(h.nodes[0], key, false), 0);
    assert_int_equal(wavu_contact_name(h.nodes[0], key, ""), 0);
    assert_string_equal(authors(0).text, wanted);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(messages_as_people_see_them),
        UNIT(a_clock_of_the_far_future_changes_nothing),
        UNIT(authors_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
