/*
 * wavu members, topology, broadcast, events: against real nodes on loopback.
 */
#include "apps/wavu/cmd_mesh.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "tests/apps/wavu/program.h"
#include "wavu/mesh.h"

#define TRIES 200

/* Ask until the answer holds `part`. */
static const struct said *ask_until(const char *line, const char *part)
{
    static char kept[1024];
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    (void)snprintf(kept, sizeof kept, "%s", line);
    const struct said *said = program_run(kept);
    for (int i = 0; i < TRIES && strstr(said->out, part) == NULL; i++) {
        (void)nanosleep(&pause, NULL);
        said = program_run(kept);
    }
    program_expect(said->out, part);
    return said;
}

static void two_nodes_are_a_mesh(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char other[PROGRAM_TEXT_MAX];
    char line[PROGRAM_TEXT_MAX + 256];
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(
        line, sizeof line,
        "up --ephemeral --home %s/second --listen 127.0.0.1:0 --discovery-port 0 --seed %s",
        program_home, address);
    struct program second = program_start(line);
    program_line(second.out, other);
    const char *id = strstr(other, "/p2p/") + 5;
    (void)ask_until(program_in_home("members --home %s"), id);
    (void)ask_until(program_in_home("members --home %s"), "neighbour");
    const struct said *said = ask_until(program_in_home("topology --home %s"), id + 44);
    program_expect(said->out, "* -- ");
    said = ask_until(program_in_home("topology --graphviz --home %s"), "\" -- \"");
    program_expect(said->out, "graph mesh {");
    assert_null(strstr(strstr(said->out, " -- ") + 1, " -- ")); /* once */
    (void)snprintf(line, sizeof line, "broadcast hello --home %s/second", program_home);
    said = program_run(line);
    assert_int_equal(said->code, 0);
    program_expect(said->out, "said to 1 neighbour, to be passed on\n");
    said = ask_until(program_in_home("events --no-follow --home %s"), "\"text\":\"hello\"");
    program_expect(said->out, "\"unixMs\":1");
    program_expect(said->out, "\"event\":\"neighbour\"");
    said = program_run(program_in_home("status --home %s"));
    program_expect(said->out, "nodes        known: 2, neighbours: 1\n");
    (void)snprintf(line, sizeof line, "status --home %s/second", program_home);
    program_expect(program_run(line)->out, " connected\n");
    assert_int_equal(program_end(&second)->code, 0);
    (void)ask_until(program_in_home("members --home %s"), " no way ");
    (void)ask_until(program_in_home("topology --home %s"), "  (no way)\n");
    said = program_run(program_in_home("topology --graphviz --home %s"));
    program_expect(said->out, " [style=dashed];\n"); /* whatever it said of its links */
    assert_null(strstr(said->out, " -- "));
    said = program_run(program_in_home("status --home %s"));
    program_expect(said->out, "nodes        known: 2, neighbours: 0, no way to: 1\n");
    said = program_run(program_in_home("broadcast hello --home %s"));
    program_expect(said->out, "nobody is near now; it is kept for those who come\n");
    assert_int_equal(program_end(&up)->code, 0);
    (void)snprintf(line, sizeof line, "%s/second/control.lock", program_home);
    (void)unlink(line);
    (void)snprintf(line, sizeof line, "%s/second", program_home);
    assert_int_equal(rmdir(line), 0);
}

/* What the node answers is not called a failure of the machine. */
static void what_refuses_a_broadcast_is_said(void **state)
{
    static char line[WAVU_BROADCAST_MAX + 256];
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("--no-mesh", address);
    program_expect_problem(program_in_home("broadcast x --home %s"), 1,
                           "wavu: this node has no mesh: it was started with --no-mesh\n");
    int head = snprintf(line, sizeof line, "broadcast ");
    memset(line + head, 'x', WAVU_BROADCAST_MAX + 1);
    (void)snprintf(line + head + WAVU_BROADCAST_MAX + 1, 128, " --home %s", program_home);
    program_expect_problem(line, 2, "broadcast takes a text of at most 32768 bytes");
    assert_int_equal(program_end(&up)->code, 0);
}

/* 'wavu events | head -1', and nothing happens any more. */
static void events_end_with_their_reader(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char first[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    (void)ask_until(program_in_home("broadcast hello --home %s"), "nobody is near");
    assert_int_equal(program_run(program_in_home("create --home %s harbour"))->code, 0);
    struct program follows = program_start(program_in_home("events --all --home %s"));
    program_line(follows.out, first);
    program_expect(first, "{\"");
    (void)close(follows.out);
    follows.out = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const struct said *said = program_wait(&follows);
    assert_int_equal(said->code, 1);
    assert_string_equal(said->err, "");
    assert_int_equal(program_end(&up)->code, 0);
}

static void without_a_node_they_say_so(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("members --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("topology --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("broadcast x --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("events --home %s"), 3, "no node runs");
    program_expect_problem("broadcast", 2, "broadcast needs TEXT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(two_nodes_are_a_mesh), PROGRAM(what_refuses_a_broadcast_is_said),
        PROGRAM(events_end_with_their_reader), PROGRAM(without_a_node_they_say_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
