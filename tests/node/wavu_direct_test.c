/*
 * Direct chats through the public interface, on whole nodes in the simulator: both ways, by way of
 * who is there meanwhile, over restarts; states, reading, edits, what cannot be said.
 */
#include "wavu/direct.h"

#include "tests/node/people.h"
#include "wavu/contacts.h"
#include "wavu/history.h"

struct heard {
    size_t kinds[WAVU_DIRECT_STATE + 1];
    char states[256]; /* in order */
    char last[128];
    char id[WAVU_KEY_TEXT_MAX];
    char holder[WAVU_KEY_TEXT_MAX];
};

static struct heard heard[PEOPLE_MAX];

static void on_direct(void *context, const struct wavu_direct_event *event)
{
    struct heard *t = context;
    t->kinds[event->kind]++;
    assert_int_equal(strlen(event->network), 64);
    assert_int_equal(strlen(event->member), 64);
    if (event->kind == WAVU_DIRECT_STATE) {
        size_t used = strlen(t->states);
        (void)snprintf(t->states + used, sizeof t->states - used, "%s ", event->state);
        if (event->holder[0] != '\0') {
            memcpy(t->holder, event->holder, sizeof t->holder);
        }
    } else {
        (void)snprintf(t->last, sizeof t->last, "%s: %.*s", event->message->nick,
                       (int)event->message->text_len, event->message->text);
        memcpy(t->id, event->id, sizeof t->id);
    }
}

static void listen_at(size_t i)
{
    assert_int_equal(wavu_direct_listen(h.nodes[i], on_direct, &heard[i]), 0);
}

static void begin(uint64_t seed, size_t count)
{
    memset(heard, 0, sizeof heard);
    start(seed, count, false);
    for (size_t i = 0; i < count; i++) {
        listen_at(i);
    }
    make();
    for (size_t i = 1; i < count; i++) {
        join_at(0, i);
    }
    run(60);
}

static void back(size_t i)
{
    up(i, false);
    listen_at(i);
}

static const char *const names[] = {"Amina", "Baraka", "Chiku", "Daudi", "Eshe"};

static struct counted member_of(size_t by, size_t who)
{
    struct counted c = count(by, names[who]);
    assert_int_equal(strlen(c.id), 64);
    return c;
}

static int tell_as(size_t from, size_t to, const char *kind, const char *text, const char *about,
                   char id[WAVU_KEY_TEXT_MAX])
{
    struct counted other = member_of(from, to);
    const struct wavu_direct what = {.member = other.id,
                                     .kind = kind,
                                     .text = text,
                                     .len = text == NULL ? 0 : strlen(text),
                                     .about = about};
    return wavu_direct_say(h.nodes[from], &what, id);
}

static void tell(size_t from, size_t to, const char *text, char id[WAVU_KEY_TEXT_MAX])
{
    assert_int_equal(tell_as(from, to, NULL, text, NULL, id), 0);
}

struct page {
    char text[1024];
    size_t count;
};

static void on_look(void *context, const struct wavu_message *m)
{
    struct page *p = context;
    size_t used = strlen(p->text);
    (void)snprintf(p->text + used, sizeof p->text - used, "%s:%.*s%s%s%s|", m->nick,
                   (int)m->text_len, m->text, m->state[0] != '\0' ? " " : "", m->state,
                   m->is_gone ? " gone" : "");
    p->count++;
}

static struct page chat(size_t by, size_t with)
{
    struct counted other = member_of(by, with);
    struct page p = {.count = 0};
    const struct wavu_history_of of = {.member = other.id, .max = 50};
    assert_int_equal(wavu_history_look(h.nodes[by], &of, on_look, &p), 0);
    return p;
}

static void two_people_talk(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    begin(31, 2);
    assert_string_equal(chat(0, 1).text, "");
    tell(0, 1, "habari", id);
    assert_string_equal(chat(0, 1).text, "Amina:habari queued|");
    run(5);
    assert_string_equal(heard[1].last, "Amina: habari");
    assert_string_equal(heard[1].id, id);
    assert_string_equal(heard[0].states, "sent delivered ");
    tell(1, 0, "nzuri", id);
    run(5);
    assert_string_equal(chat(0, 1).text, "Amina:habari delivered|Baraka:nzuri|");
    assert_string_equal(chat(1, 0).text, "Amina:habari|Baraka:nzuri delivered|");
    assert_int_equal(read_all(0).count, 0); /* nothing of it is in the room */
    down(0);
    down(1);
    back(0);
    back(1);
    run(30);
    tell(0, 1, "tena", id);
    run(5);
    assert_string_equal(chat(1, 0).text, "Amina:habari|Baraka:nzuri delivered|Amina:tena|");
    assert_string_equal(chat(0, 1).text,
                        "Amina:habari delivered|Baraka:nzuri|Amina:tena delivered|");
    assert_int_equal(heard[1].kinds[WAVU_DIRECT_MESSAGE], 3); /* own ones are told, too */
    stop();
}

/* Amina and Baraka are never there together. */
static void by_way_of_who_is_there(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    begin(32, 3);
    down(1);
    run(60);
    tell(0, 1, "kupitia Chiku", id);
    run(60);
    assert_string_equal(chat(0, 1).text, "Amina:kupitia Chiku stored|");
    assert_string_equal(heard[0].holder, member_of(0, 2).id);
    down(0);
    run(10);
    back(1);
    run(60);
    assert_string_equal(chat(1, 0).text, "Amina:kupitia Chiku|");
    down(1);
    run(10);
    back(0);
    run(120);
    assert_string_equal(chat(0, 1).text, "Amina:kupitia Chiku delivered|");
    assert_int_equal(heard[1].kinds[WAVU_DIRECT_MESSAGE], 1);
    stop();
}

/* Chiku is away for three hours when Daudi comes, whom she has never met: he writes to her, goes,
 * and she comes. */
static void to_who_was_away_before_one_came(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    memset(heard, 0, sizeof heard);
    start(37, 4, false);
    for (size_t i = 0; i < 4; i++) {
        listen_at(i);
    }
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    struct counted chiku = member_of(0, 2);
    down(2);
    run(3 * 3600);
    join_at(0, 3);
    run(60);
    const struct wavu_direct what = {.member = chiku.id, .text = "habari", .len = 6};
    assert_int_equal(wavu_direct_say(h.nodes[3], &what, id), 0);
    run(60);
    assert_string_equal(heard[3].states, "sent stored "); /* sealed, and with a neighbour */
    assert_string_equal(chat(3, 2).text, "Daudi:habari stored|");
    down(3);
    run(10);
    back(2);
    run(120);
    assert_int_equal(heard[2].kinds[WAVU_DIRECT_MESSAGE], 1);
    assert_string_equal(chat(2, 3).text, "Daudi:habari|");
    stop();
}

static void on_chat_of(void *context, const struct wavu_direct_chat *c)
{
    struct page *p = context;
    size_t used = strlen(p->text);
    (void)snprintf(p->text + used, sizeof p->text - used, "%s %u of %u%s|", c->nick, c->unread,
                   (unsigned)c->messages, c->is_open ? "" : " closed");
    p->count++;
}

static struct page chats(size_t by)
{
    struct page p = {.count = 0};
    assert_int_equal(wavu_direct_chats(h.nodes[by], NULL, on_chat_of, &p), 0);
    return p;
}

static void what_was_read(void **state)
{
    (void)state;
    char first[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    begin(33, 3);
    tell(0, 1, "moja", first);
    run(3);
    tell(2, 1, "mbili", id);
    run(3);
    tell(0, 1, "tatu", id);
    run(3);
    assert_string_equal(chats(1).text, "Amina 2 of 2|Chiku 1 of 1|");
    assert_string_equal(chats(0).text, "Baraka 0 of 2|");
    struct counted amina = member_of(1, 0);
    assert_int_equal(wavu_direct_read(h.nodes[1], NULL, amina.id, first), 0);
    assert_string_equal(chats(1).text, "Amina 1 of 2|Chiku 1 of 1|");
    run(5); /* nobody is told, as nobody asked for it */
    assert_string_equal(chat(0, 1).text, "Amina:moja delivered|Amina:tatu delivered|");
    assert_int_equal(wavu_direct_receipts(h.nodes[1], NULL, true), 0);
    down(1);
    back(1);
    run(20);
    assert_int_equal(wavu_direct_read(h.nodes[1], NULL, amina.id, NULL), 0);
    run(5);
    assert_string_equal(chat(0, 1).text, "Amina:moja delivered|Amina:tatu read|");
    assert_string_equal(chats(1).text, "Amina 0 of 2|Chiku 1 of 1|");
    assert_int_equal(wavu_direct_read(h.nodes[1], NULL, member_of(1, 1).id, NULL),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_direct_read(h.nodes[1], NULL, "abc", NULL), WAVU_ERR_INVALID);
    stop();
}

static void edits_and_searches(void **state)
{
    (void)state;
    char one[WAVU_KEY_TEXT_MAX];
    char two[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    begin(34, 2);
    struct counted baraka = member_of(0, 1);
    tell(0, 1, "the elephant", one);
    tell(0, 1, "the lion", two);
    run(5);
    assert_int_equal(tell_as(0, 1, "edit", "the giraffe", one, id), 0);
    assert_int_equal(tell_as(1, 0, "reaction", "\xf0\x9f\xa6\x92", one, id), 0);
    assert_int_equal(tell_as(1, 0, "me", "nods", two, id), 0);
    run(5);
    assert_string_equal(chat(1, 0).text, "Amina:the giraffe|Amina:the lion|Baraka:nods delivered|");
    assert_int_equal(tell_as(0, 1, "delete", NULL, two, id), 0);
    run(5);
    assert_true(heard[1].kinds[WAVU_DIRECT_CHANGED] >= 3);
    assert_string_equal(chat(1, 0).text, "Amina:the giraffe|Amina: gone|Baraka:nods delivered|");

    struct page p = {.count = 0};
    struct wavu_history_of of = {.member = baraka.id, .max = 5, .words = "giraf"};
    assert_int_equal(wavu_history_look(h.nodes[0], &of, on_look, &p), 0);
    assert_string_equal(p.text, "Amina:the giraffe delivered|");
    of.words = "elephant";
    assert_int_equal(wavu_history_look(h.nodes[0], &of, on_look, &p), 0);
    assert_int_equal(p.count, 1); /* nothing more */

    /* What is the other's can be neither edited nor deleted. */
    assert_int_equal(tell_as(1, 0, "edit", "no", one, id), WAVU_ERR_DENIED);
    assert_int_equal(tell_as(1, 0, "delete", NULL, one, id), WAVU_ERR_DENIED);
    stop();
}

static void what_cannot_be_said(void **state)
{
    (void)state;
    static char long_text[WAVU_TEXT_MAX + 1];
    char id[WAVU_KEY_TEXT_MAX];
    struct page p = {.count = 0};
    struct wavu_history_of of = {.max = 5};
    memset(long_text, 'a', sizeof long_text);
    begin(35, 3);
    struct counted baraka = member_of(0, 1);
    struct wavu_direct what = {.member = baraka.id, .text = "a", .len = 1};
    assert_int_equal(tell_as(0, 0, NULL, "peke yangu", NULL, id), WAVU_ERR_INVALID);
    assert_int_equal(tell_as(0, 1, "room", "a", NULL, id), WAVU_ERR_INVALID);
    assert_int_equal(tell_as(0, 1, NULL, "\xff", NULL, id), WAVU_ERR_PROTO);
    assert_int_equal(tell_as(0, 1, NULL, "", NULL, id), WAVU_ERR_PROTO);
    assert_int_equal(tell_as(0, 1, "edit", "a", baraka.id, id), WAVU_ERR_NOT_FOUND);
    assert_int_equal(tell_as(0, 1, NULL, "a", "123", id), WAVU_ERR_INVALID);
    what.len = sizeof long_text;
    what.text = long_text;
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), WAVU_ERR_LIMIT);
    what.len = WAVU_TEXT_MAX;
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), 0);
    what.len = 1;
    what.network = "other";
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), WAVU_ERR_NOT_FOUND);
    what.network = "savanna";
    what.member = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), WAVU_ERR_NOT_FOUND);
    of.member = what.member;
    assert_int_equal(wavu_history_look(h.nodes[0], &of, on_look, &p), WAVU_ERR_NOT_FOUND);
    of.member = NULL;
    of.room = "no such room";
    assert_int_equal(wavu_history_look(h.nodes[0], &of, on_look, &p), WAVU_ERR_NOT_FOUND);

    /* Who was put out is not told anything more; what was said can be read. */
    run(2);
    tell(0, 2, "kwaheri", id);
    run(5);
    struct counted chiku = member_of(0, 2);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, chiku.id, false), 0);
    run(5);
    what = (struct wavu_direct){.member = chiku.id, .text = "a", .len = 1};
    assert_int_equal(wavu_direct_say(h.nodes[0], &what, id), WAVU_ERR_DENIED);
    of = (struct wavu_history_of){.member = chiku.id, .max = 5};
    assert_int_equal(wavu_history_look(h.nodes[0], &of, on_look, &p), 0);
    assert_string_equal(p.text, "Amina:kwaheri delivered|");
    assert_string_equal(chats(0).text, "Chiku 0 of 1 closed|Baraka 0 of 1|");
    stop();
}

/* What a blocked person says is kept, and not told. */
static void who_is_blocked_is_not_heard(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    begin(36, 2);
    assert_int_equal(wavu_person(h.nodes[1], key), 0);
    assert_int_equal(wavu_contact_block(h.nodes[0], key, true), 0);
    tell(1, 0, "sikiliza", id);
    run(5);
    assert_int_equal(heard[0].kinds[WAVU_DIRECT_MESSAGE], 0);
    assert_string_equal(chats(0).text, "Baraka 0 of 1|");
    tell(0, 1, "hapana", id);
    run(5);
    assert_int_equal(heard[0].kinds[WAVU_DIRECT_MESSAGE], 1); /* one's own is */
    assert_int_equal(wavu_contact_block(h.nodes[0], key, false), 0);
    assert_string_equal(chats(0).text, "Baraka 1 of 2|");
    tell(1, 0, "sasa?", id);
    run(5);
    assert_string_equal(heard[0].last, "Baraka: sasa?");
    assert_string_equal(chat(0, 1).text, "Baraka:sikiliza|Amina:hapana delivered|Baraka:sasa?|");
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_blocked_is_not_heard),
        UNIT(two_people_talk),
        UNIT(by_way_of_who_is_there),
        UNIT(what_was_read),
        UNIT(to_who_was_away_before_one_came),
        UNIT(edits_and_searches),
        UNIT(what_cannot_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
