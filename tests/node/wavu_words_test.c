/*
 * All that can be said in a room, through the public interface: answers, actions, edits, deletions,
 * reactions; and what cannot.
 */
#include "wavu/rooms.h"

#include "tests/node/people.h"

static char said[WAVU_KEY_TEXT_MAX];

/* Say it at node `i`; what it is called is in `said`. */
static int words(size_t i, enum wavu_words_kind kind, const char *text, const char *target)
{
    const struct wavu_words w = {
        .kind = kind, .text = text, .text_len = text == NULL ? 0 : strlen(text), .target = target};
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) { /* keys are renewed */
        rc = wavu_say_words(h.nodes[i], &w, said);
        run(3);
    }
    return rc;
}

static void begin(uint64_t seed)
{
    start(seed, 2, false);
    make();
    join_at(0, 1);
    run(60);
}

static void edits_and_deletions(void **state)
{
    (void)state;
    char first[WAVU_KEY_TEXT_MAX];
    begin(41);
    assert_int_equal(words(0, WAVU_WORDS_TEXT, "habati", NULL), 0);
    memcpy(first, said, sizeof first);
    assert_int_equal(words(1, WAVU_WORDS_ACTION, "waves", NULL), 0);
    assert_string_equal(read_all(1).text, "Amina:habati|Baraka:waves|");
    assert_int_equal(words(1, WAVU_WORDS_EDIT, "not yours", first), WAVU_ERR_DENIED);
    assert_int_equal(words(0, WAVU_WORDS_EDIT, "habari", first), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(read_all(i).text, "Amina:habari|Baraka:waves|");
    }
    assert_int_equal(words(1, WAVU_WORDS_DELETE, NULL, first), WAVU_ERR_DENIED);
    assert_string_equal(read_all(0).text, "Amina:habari|Baraka:waves|");
    assert_int_equal(words(0, WAVU_WORDS_DELETE, NULL, first), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(read_all(i).text, "Amina:|Baraka:waves|");
    }
    stop();
}

struct reacted {
    char text[128]; /* "emoji x count own|" */
};

static void on_reaction(void *context, const struct wavu_reaction *reaction)
{
    struct reacted *r = context;
    size_t used = strlen(r->text);
    (void)snprintf(r->text + used, sizeof r->text - used, "%s%u%s|", reaction->emoji,
                   (unsigned)reaction->count, reaction->is_own ? "!" : "");
}

static struct reacted reactions(size_t i, const char *id)
{
    struct reacted r = {.text = ""};
    assert_int_equal(wavu_reactions(h.nodes[i], NULL, NULL, id, on_reaction, &r), 0);
    return r;
}

static void reactions_come_and_go(void **state)
{
    (void)state;
    char first[WAVU_KEY_TEXT_MAX];
    begin(42);
    assert_int_equal(words(0, WAVU_WORDS_TEXT, "habari", NULL), 0);
    memcpy(first, said, sizeof first);
    assert_int_equal(words(0, WAVU_WORDS_REACTION, "+", first), 0);
    assert_int_equal(words(1, WAVU_WORDS_REACTION, "+", first), 0);
    assert_int_equal(words(1, WAVU_WORDS_REACTION, "x", first), 0);
    assert_string_equal(reactions(0, first).text, "+2!|x1|");
    assert_string_equal(reactions(1, first).text, "+2!|x1!|");
    assert_int_equal(words(1, WAVU_WORDS_REACTION, "+", first), 0); /* taken back */
    assert_string_equal(reactions(0, first).text, "+1!|x1|");
    assert_string_equal(read_all(0).text, "Amina:habari|"); /* they are no messages */
    stop();
}

struct mentioned {
    char text[256]; /* "text: whom ids begin with! |", with ! where this one is mentioned */
};

static void on_mention(void *context, const struct wavu_message *message)
{
    struct mentioned *m = context;
    size_t used = strlen(m->text);
    used += (size_t)snprintf(m->text + used, sizeof m->text - used, "%.*s:", (int)message->text_len,
                             message->text);
    for (size_t i = 0; i < message->mention_count; i++) {
        assert_int_equal(strlen(message->mentions[i]), WAVU_KEY_TEXT_MAX - 1);
        used +=
            (size_t)snprintf(m->text + used, sizeof m->text - used, " %.8s", message->mentions[i]);
    }
    (void)snprintf(m->text + used, sizeof m->text - used, "%s|", message->is_mentioned ? "!" : "");
}

static struct mentioned mentioned(size_t i)
{
    struct mentioned m = {.text = ""};
    assert_int_equal(wavu_history(h.nodes[i], NULL, 9, on_mention, &m), 0);
    return m;
}

/* Who is mentioned is told so, and nobody else; an edit says anew whom. */
static void mentions_are_shown(void **state)
{
    (void)state;
    char wanted[256];
    char first[WAVU_KEY_TEXT_MAX];
    begin(46);
    const struct counted baraka = count(0, "Baraka");
    const struct counted amina = count(0, "Amina");
    const char *const both[] = {baraka.id, baraka.id, amina.id};
    struct wavu_words w = {.text = "njoo", .text_len = 4, .mentions = both, .mention_count = 2};
    say(0, "habari");
    assert_int_equal(wavu_say_words(h.nodes[0], &w, first), 0);
    run(5);
    (void)snprintf(wanted, sizeof wanted, "habari:|njoo: %.8s|", baraka.id);
    assert_string_equal(mentioned(0).text, wanted);
    (void)snprintf(wanted, sizeof wanted, "habari:|njoo: %.8s!|", baraka.id);
    assert_string_equal(mentioned(1).text, wanted);
    w = (struct wavu_words){.kind = WAVU_WORDS_EDIT,
                            .text = "nenda",
                            .text_len = 5,
                            .target = first,
                            .mentions = both + 1,
                            .mention_count = 2};
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), 0);
    run(5);
    (void)snprintf(wanted, sizeof wanted, "habari:|nenda: %.8s %.8s!|", baraka.id, amina.id);
    assert_string_equal(mentioned(0).text, wanted);
    assert_string_equal(mentioned(1).text, wanted);
    w.mention_count = 0;
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), 0);
    run(5);
    assert_string_equal(mentioned(1).text, "habari:|nenda:|");
    w.mention_count = 1;
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), 0);
    assert_int_equal(words(0, WAVU_WORDS_DELETE, NULL, first), 0);
    assert_string_equal(mentioned(1).text, "habari:|:|");
    stop();
}

static void a_message_disappears(void **state)
{
    (void)state;
    const struct wavu_words w = {.text = "until dawn", .text_len = 10, .expiry_s = 60};
    begin(43);
    say(0, "first");
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), 0);
    run(5);
    assert_string_equal(read_all(1).text, "Amina:first|Amina:until dawn|");
    run(90);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(read_all(i).text, "Amina:first|Amina:|");
    }
    stop();
}

/* The room's time is for what is said from then on; an edit lives as long as its message. */
static void an_edit_lives_as_long_as_its_message(void **state)
{
    (void)state;
    const struct wavu_room_wish wish = {.name = "main", .expiry_s = 60};
    char first[WAVU_KEY_TEXT_MAX];
    begin(45);
    assert_int_equal(words(0, WAVU_WORDS_TEXT, "habari", NULL), 0);
    memcpy(first, said, sizeof first);
    assert_int_equal(wavu_room_set(h.nodes[0], NULL, NULL, &wish), 0);
    run(5);
    assert_int_equal(words(0, WAVU_WORDS_EDIT, "habari gani", first), 0);
    assert_int_equal(words(0, WAVU_WORDS_TEXT, "brief", NULL), 0);
    run(5);
    assert_string_equal(read_all(1).text, "Amina:habari gani|Amina:main|Amina:brief|");
    run(90);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(read_all(i).text, "Amina:habari gani|Amina:main|Amina:|");
    }
    stop();
}

static void what_cannot_be_said(void **state)
{
    (void)state;
    static char id[WAVU_KEY_TEXT_MAX];
    struct wavu_words w = {.text = "a", .text_len = 1, .reply = "no id"};
    begin(44);
    memset(id, 'a', sizeof id - 1);
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), WAVU_ERR_INVALID);
    w = (struct wavu_words){.kind = (enum wavu_words_kind)99, .text = "a", .text_len = 1};
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), WAVU_ERR_INVALID);
    w = (struct wavu_words){.text = "a", .text_len = 1, .mention_count = WAVU_MENTIONS_MAX + 1};
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), WAVU_ERR_INVALID);
    assert_int_equal(words(0, WAVU_WORDS_TEXT, "", NULL), WAVU_ERR_PROTO);
    assert_int_equal(words(0, WAVU_WORDS_EDIT, "a", NULL), WAVU_ERR_PROTO);
    assert_int_equal(words(0, WAVU_WORDS_REACTION, NULL, id), WAVU_ERR_PROTO);
    assert_int_equal(words(0, WAVU_WORDS_DELETE, NULL, NULL), WAVU_ERR_PROTO);
    assert_int_equal(words(0, WAVU_WORDS_EDIT, "a", id), WAVU_ERR_NOT_FOUND); /* not here */
    assert_int_equal(words(0, WAVU_WORDS_REACTION, "+", id), WAVU_ERR_NOT_FOUND);
    w = (struct wavu_words){.text = "a", .text_len = 1, .reply = id};
    assert_int_equal(wavu_say_words(h.nodes[0], &w, NULL), WAVU_ERR_NOT_FOUND);
    assert_int_equal(read_all(0).count, 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(edits_and_deletions),  UNIT(reactions_come_and_go),
        UNIT(a_message_disappears), UNIT(an_edit_lives_as_long_as_its_message),
        UNIT(mentions_are_shown),   UNIT(what_cannot_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
