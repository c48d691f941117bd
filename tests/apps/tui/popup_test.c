/*
 * Windows over the others, as they stand on a screen.
 */
#include "apps/tui/popup.h"

#include "tests/apps/tui/canvas.h"

static void draw(struct popup *p, size_t rows, size_t columns)
{
    canvas_size(rows, columns);
    popup_draw(p, rows, columns);
}

static void a_frame_with_title_text_and_what_closes_it(void **state)
{
    struct popup p = {.kind = POPUP_NONE};
    (void)state;
    draw(&p, 24, 80);
    assert_string_equal(canvas_row(12), ""); /* a closed one is nothing */
    popup_open(&p, POPUP_STATUS, "Status");
    popup_add(&p, THEME_POPUP, "Disk: %s", "good");
    draw(&p, 24, 80);
    size_t row = canvas_find(0, "─ Status ─");
    assert_non_null(strstr(canvas_row(row + 1), "│ Disk: good "));
    assert_non_null(strstr(canvas_row(row + 2), "└─ Esc closes ─"));
    popup_close(&p);
    assert_int_equal(p.count, 0);
}

static void long_lines_go_on_below_their_first_letter(void **state)
{
    struct popup p = {.kind = POPUP_NONE};
    (void)state;
    popup_open(&p, POPUP_OTHER, "Help");
    popup_add(&p, THEME_POPUP, "    one two three four five six seven eight nine ten");
    popup_add(&p, THEME_POPUP, "all of it");
    draw(&p, 24, 40);
    size_t row = canvas_find(0, "    one two");
    assert_non_null(strstr(canvas_row(row + 1), "│     seven eight nine ten "));
    assert_non_null(strstr(canvas_row(row + 2), "│ all of it "));
    assert_int_equal(p.total, 3);
    popup_close(&p);
}

static void what_has_no_room_is_scrolled_to(void **state)
{
    struct popup p = {.kind = POPUP_NONE};
    (void)state;
    popup_open(&p, POPUP_OTHER, "Numbers");
    for (int i = 0; i < 40; i++) {
        popup_add(&p, THEME_POPUP, "line %02d", i);
    }
    draw(&p, 24, 80);
    assert_int_equal(p.rows, 22);
    assert_non_null(strstr(canvas_row(1), "line 00"));
    assert_non_null(strstr(canvas_row(23), "PgUp PgDn scroll, Esc closes")); /* narrow as it is */
    popup_scroll(&p, 5);
    draw(&p, 24, 80);
    assert_non_null(strstr(canvas_row(1), "line 05"));
    popup_scroll(&p, 1000); /* to the end, and no further */
    draw(&p, 24, 80);
    assert_non_null(strstr(canvas_row(22), "line 39"));
    popup_open(&p, POPUP_OTHER, "Numbers"); /* anew: the place is kept */
    for (int i = 0; i < 40; i++) {
        popup_add(&p, THEME_POPUP, "line %02d", i);
    }
    assert_int_equal(p.top, 18);
    popup_scroll(&p, -1000);
    assert_int_equal(p.top, 0);
    popup_close(&p);
}

static void there_is_a_last_line(void **state)
{
    struct popup p = {.kind = POPUP_NONE};
    (void)state;
    popup_open(&p, POPUP_OTHER, "Many");
    for (int i = 0; i < POPUP_LINES_MAX + 10; i++) {
        popup_add(&p, THEME_POPUP, "line");
    }
    assert_int_equal(p.count, POPUP_LINES_MAX);
    assert_non_null(strstr(p.lines[POPUP_LINES_MAX - 1].text, "there are more"));
    popup_close(&p);
}

static void a_picture_is_whole_or_none(void **state)
{
    struct popup p = {.kind = POPUP_NONE};
    (void)state;
    popup_open(&p, POPUP_INVITE, "Invite");
    popup_add(&p, THEME_POPUP, "the code");
    popup_add_qr(&p, "wavu:7-tembo-ziwa-kahawa", 24, 80);
    if (p.count == 1) {
        skip(); /* built without pictures */
    }
    const size_t picture = p.count - 1;
    for (size_t i = 1; i < p.count; i++) {
        assert_true(p.lines[i].is_picture);
        assert_null(strchr(p.lines[i].text, '\x1b')); /* no colours of its own */
    }
    popup_open(&p, POPUP_INVITE, "Invite");
    popup_add_qr(&p, "wavu:7-tembo-ziwa-kahawa", picture - 1, 80);
    assert_int_equal(p.count, 0); /* no room: not a part of it */
    popup_add_qr(&p, "wavu:7-tembo-ziwa-kahawa", 24, 12);
    assert_int_equal(p.count, 0);
    for (int i = 0; i < 8; i++) {
        popup_add(&p, THEME_POPUP, "words");
    }
    popup_add_qr(&p, "wavu:7-tembo-ziwa-kahawa", picture, 80);
    draw(&p, picture, 80);
    assert_true(canvas_has("Esc closes"));
    popup_scroll(&p, 1000); /* then it has the screen for itself */
    draw(&p, picture, 80);
    assert_false(canvas_has("Esc closes"));
    assert_false(canvas_has("words"));
    assert_true(canvas_has("█"));
    popup_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CANVAS(a_frame_with_title_text_and_what_closes_it),
        CANVAS(long_lines_go_on_below_their_first_letter),
        CANVAS(what_has_no_room_is_scrolled_to),
        CANVAS(there_is_a_last_line),
        CANVAS(a_picture_is_whole_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
