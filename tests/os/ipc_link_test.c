/* The lasting client's end: lines in pieces and heaps, room to write, ends of all kinds. */
#include "os/ipc_link.h"

#include <sys/un.h>

#include "os/ipc_path.h"
#include "tests/os/world.h"

#define LINE_MAX 1000

static char folder[64];
static char path[108];
static struct ipc_path name;
static int listener = -1;
static struct ipc_link *link_end;
static int other = -1;

static int setup(void **state)
{
    (void)state;
    world_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/control", folder);
    assert_int_equal(ipc_path_claim(&name, path, &listener), 0);
    assert_int_equal(ipc_link_open(path, LINE_MAX, &link_end), 0);
    other = accept(listener, NULL, NULL);
    assert_true(other >= 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ipc_link_close(link_end);
    ipc_path_release(&name);
    (void)close(listener);
    if (other >= 0) {
        (void)close(other);
    }
    other = -1;
    world_folder_remove(folder);
    return 0;
}

static void say(const char *bytes, size_t len)
{
    assert_int_equal(send(other, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void next_is(const char *text)
{
    struct span line;
    assert_true(ipc_link_next(link_end, &line));
    assert_int_equal(line.len, strlen(text));
    assert_memory_equal(line.ptr, text, line.len);
}

static void nothing_more(void)
{
    struct span line;
    assert_false(ipc_link_next(link_end, &line));
}

static void lines_come_in_pieces_and_heaps(void **state)
{
    (void)state;
    assert_int_equal(ipc_link_pump(link_end), 0);
    nothing_more();
    say("one\ntw", 6);
    assert_int_equal(ipc_link_pump(link_end), 0);
    next_is("one");
    nothing_more();
    say("o\n\nthree\nfo", 11);
    assert_int_equal(ipc_link_pump(link_end), 0);
    next_is("two");
    assert_int_equal(ipc_link_pump(link_end), 0); /* what was not handed out stays */
    next_is("");
    next_is("three");
    nothing_more();
}

/* The last words of one who goes are heard. */
static void an_end_comes_behind_its_lines(void **state)
{
    (void)state;
    say("last\nhal", 8);
    assert_int_equal(close(other), 0);
    other = -1;
    assert_int_equal(ipc_link_pump(link_end), WAVU_ERR_NO_NODE);
    next_is("last");
    nothing_more();
    assert_int_equal(ipc_link_pump(link_end), WAVU_ERR_NO_NODE);
    assert_int_equal(ipc_link_send(link_end, span_from_text("x")), WAVU_ERR_NO_NODE);
    assert_false(ipc_link_has_more(link_end));
}

static void a_line_has_a_longest(void **state)
{
    char line[LINE_MAX + 2];
    (void)state;
    memset(line, 'x', sizeof line);
    line[LINE_MAX] = '\n';
    say(line, LINE_MAX + 1);
    assert_int_equal(ipc_link_pump(link_end), 0);
    line[LINE_MAX] = '\0';
    next_is(line);
    memset(line, 'y', sizeof line);
    say(line, LINE_MAX + 1);
    assert_int_equal(ipc_link_pump(link_end), WAVU_ERR_LIMIT);
    nothing_more();
}

/* Many lines that nobody takes are not read on and on. */
static void what_nobody_takes_is_not_read(void **state)
{
    static char lines[100 * 100];
    (void)state;
    memset(lines, 'z', sizeof lines);
    for (size_t i = 99; i < sizeof lines; i += 100) {
        lines[i] = '\n';
    }
    for (int i = 0; i < 10; i++) {
        say(lines, sizeof lines);
        assert_int_equal(ipc_link_pump(link_end), 0);
    }
    size_t count = 0;
    struct span line;
    do {
        while (ipc_link_next(link_end, &line)) {
            assert_int_equal(line.len, 99);
            count++;
        }
        assert_int_equal(ipc_link_pump(link_end), 0);
    } while (ipc_link_next(link_end, &line) && ++count > 0);
    assert_int_equal(count, 1000);
}

static void what_is_queued_leaves_as_there_is_room(void **state)
{
    static uint8_t block[65536];
    static uint8_t got[65536];
    size_t queued = 0;
    size_t came = 0;
    (void)state;
    memset(block, 'q', sizeof block);
    while (ipc_link_send(link_end, span_of(block, sizeof block)) == 0) {
        queued += sizeof block + 1;
    }
    assert_true(queued > IPC_LINK_OUT_MAX - 2 * sizeof block && queued <= IPC_LINK_OUT_MAX);
    assert_int_equal(ipc_link_pump(link_end), 0);
    assert_true(ipc_link_has_more(link_end));
    while (came < queued) {
        ssize_t len = recv(other, got, sizeof got, MSG_DONTWAIT);
        came += len > 0 ? (size_t)len : 0;
        assert_int_equal(ipc_link_pump(link_end), 0);
    }
    assert_false(ipc_link_has_more(link_end));
    assert_int_equal(came, queued);
    assert_int_equal(ipc_link_send(link_end, span_from_text("again")), 0);
}

static void nobody_there_is_said(void **state)
{
    struct ipc_link *none = NULL;
    char far[300];
    (void)state;
    (void)snprintf(far, sizeof far, "%s/absent", folder);
    assert_int_equal(ipc_link_open(far, LINE_MAX, &none), WAVU_ERR_NO_NODE);
    memset(far, 'f', sizeof far - 1);
    far[sizeof far - 1] = '\0';
    assert_int_equal(ipc_link_open(far, LINE_MAX, &none), WAVU_ERR_INVALID);
    assert_null(none);
}

#define LINK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK(lines_come_in_pieces_and_heaps),
        LINK(an_end_comes_behind_its_lines),
        LINK(a_line_has_a_longest),
        LINK(what_nobody_takes_is_not_read),
        LINK(what_is_queued_leaves_as_there_is_room),
        LINK(nobody_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
