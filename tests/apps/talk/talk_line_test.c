/*
 * Messages as pieces of text, and hostile ones made harmless.
 */
#include "apps/talk/talk_line.h"

#include "tests/base/unit.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

static struct talk_message message(const char *kind, const char *text)
{
    struct talk_message m = {.unix_ms = 1700000000000, .text_len = strlen(text)};
    (void)snprintf(m.kind, sizeof m.kind, "%s", kind);
    (void)snprintf(m.name, sizeof m.name, "Baraka");
    m.text = mem_copy_text(text);
    return m;
}

static void pieces_are_made(void **state)
{
    struct talk_line line;
    struct talk_message m = message("text", "moja\n\x1b[1mmbili");
    struct talk_reaction reactions[] = {{.emoji = "+", .count = 2}, {.emoji = "\x1b", .count = 1}};
    (void)state;
    m.reactions = reactions;
    m.reaction_count = 2;
    m.is_edited = true;
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.name, "Baraka");
    assert_string_equal(line.text, "moja\n?[1mmbili");
    assert_int_equal(line.text_len, strlen(line.text));
    assert_string_equal(line.day, "2023-11-14");
    assert_string_equal(line.time, "22:13");
    assert_string_equal(line.reactions, "[+ 2, ?]");
    assert_string_equal(line.marks, "(edited)");
    assert_string_equal(line.mark, "");
    assert_false(line.is_action || line.is_note);
    talk_line_clear(&line);
    mem_free(m.text);
}

static void a_name_is_read_as_no_more(void **state)
{
    static const struct {
        const char *name;
        const char *kind;
        bool is_own;
        const char *shown;
    } names[] = {{"Amina wa Pwani", "text", false, "Amina wa Pwani"},
                 {"Amina: yes", "text", false, "\"Amina: yes\""},
                 {"you", "text", false, "\"you\""},
                 {"y\xd0\xbeu", "text", false, "\"y\xd0\xbeu\""}, /* Cyrillic */
                 {"you", "text", true, "you"},
                 {"Amina says", "me", false, "\"Amina says\""}};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct talk_message m = message(names[i].kind, "a");
        struct talk_message answer = message("text", "b");
        struct talk_line line;
        char about[64];
        (void)snprintf(m.name, sizeof m.name, "%s", names[i].name);
        (void)snprintf(answer.about, sizeof answer.about, "0123456789");
        m.is_own = names[i].is_own;
        talk_line_make(&line, &m, NULL, NULL);
        assert_string_equal(line.name, names[i].shown);
        talk_line_clear(&line);
        talk_line_make(&line, &answer, &m, NULL);
        (void)snprintf(about, sizeof about, "to %s: a",
                       strcmp(names[i].kind, "me") == 0 ? names[i].name : names[i].shown);
        assert_string_equal(line.about, about);
        talk_line_clear(&line);
        mem_free(m.text);
        mem_free(answer.text);
    }
}

static void states_have_marks_and_words(void **state)
{
    static const char *const states[][3] = {
        {"queued", "..", "queued"},      {"sent", ">", "sent"},  {"stored", "@", "stored"},
        {"delivered", "+", "delivered"}, {"read", "++", "read"}, {"expired", "x", "expired"},
        {"refused", "x", "refused"},     {"later", "", ""}};
    struct talk_message m = message("text", "a");
    struct talk_line line;
    (void)state;
    m.is_own = true;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        (void)snprintf(m.state, sizeof m.state, "%s", states[i][0]);
        talk_line_make(&line, &m, NULL, NULL);
        assert_string_equal(line.mark, states[i][1]);
        assert_string_equal(line.state, states[i][2]);
        talk_line_clear(&line);
    }
    m.state[0] = '\0'; /* in a room */
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.mark, "..");
    talk_line_clear(&line);
    m.receipts = 3;
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.mark, "+");
    assert_string_equal(line.marks, "(3 have it)");
    talk_line_clear(&line);
    mem_free(m.text);
    size_t lines = 0;
    while (talk_line_legend(lines) != NULL) {
        lines++;
    }
    assert_int_equal(lines, 6);
}

static void what_is_no_text_says_so(void **state)
{
    static const char *const kinds[][2] = {{"me", "waves"},
                                           {"file", "(a file) waves"},
                                           {"room", "(made or changed the room) waves"},
                                           {"sos", "(CALLS FOR HELP) waves"},
                                           {"unknown", "(a message of a newer wavu)"},
                                           {"later", "(a message of a newer wavu) waves"}};
    struct talk_line line;
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct talk_message m = message(kinds[i][0], "waves");
        talk_line_make(&line, &m, NULL, NULL);
        assert_string_equal(line.text, kinds[i][1]);
        assert_int_equal(line.is_action, i == 0);
        assert_int_equal(line.is_note, i != 0);
        talk_line_clear(&line);
        mem_free(m.text);
    }
    struct talk_message m = message("text", "secret");
    m.is_gone = true;
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.text, "(deleted, or it has ended)");
    talk_line_clear(&line);
    m.is_gone = false;
    m.is_blocked = true;
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.text, "(blocked)");
    talk_line_clear(&line);
    m.is_blocked = false;
    (void)snprintf(m.filter, sizeof m.filter, "words");
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.text, "(marked by the filter words) secret");
    talk_line_clear(&line);
    m.is_filtered = true;
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.text, "(hidden by the filter words)");
    talk_line_clear(&line);
    mem_free(m.text);
}

static void answers_say_to_what(void **state)
{
    struct talk_line line;
    struct talk_message m = message("text", "ndiyo");
    struct talk_message answered =
        message("text", "a very long question\nthat goes on and on until nobody reads it any more");
    (void)state;
    (void)snprintf(m.about, sizeof m.about, "0123456789abcdef");
    talk_line_make(&line, &m, NULL, NULL);
    assert_string_equal(line.about, "to 01234567");
    talk_line_clear(&line);
    talk_line_make(&line, &m, &answered, NULL);
    assert_string_equal(line.about,
                        "to Baraka: a very long question that goes on and on until ...");
    talk_line_clear(&line);
    mem_free(m.text);
    mem_free(answered.text);
}

/* 64 KiB of tabs, of marks, of escapes: bounded, and whole. */
static void long_hostile_lines_are_bounded(void **state)
{
    static char text[65001];
    static const char *const parts[] = {"\t", "\xcc\x8d", "\x1b[2J", "\n", "\xff"};
    struct talk_line line;
    (void)state;
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        for (size_t i = 0; i + strlen(parts[p]) < sizeof text; i += strlen(parts[p])) {
            memcpy(text + i, parts[p], strlen(parts[p]) + 1);
        }
        struct talk_message m = message("sos", text);
        talk_line_make(&line, &m, NULL, NULL);
        assert_true(line.text_len < TALK_LINE_TEXT_MAX + 64);
        assert_int_equal(strlen(line.text), line.text_len);
        assert_null(strchr(line.text, '\x1b'));
        talk_line_clear(&line);
        mem_free(m.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_made),
        cmocka_unit_test(a_name_is_read_as_no_more),
        cmocka_unit_test(states_have_marks_and_words),
        cmocka_unit_test(what_is_no_text_says_so),
        cmocka_unit_test(answers_say_to_what),
        cmocka_unit_test(long_hostile_lines_are_bounded),
    };
    (void)setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
