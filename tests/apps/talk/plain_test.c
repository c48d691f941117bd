/*
 * The plain chat: a process of its own with pipes, against the scripted node in this one.
 */
#include "apps/talk/plain.h"

#include "tests/apps/talk/node_words.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "apps/term/say.h"

#define PLAIN_TURNS_MAX 20000 /* of a millisecond: only a failing test takes so many */

/* One that runs. */
static struct {
    pid_t pid;
    int in; /* -1: closed */
    int out;
    int code;
    size_t len;
    char text[65536]; /* what it said, output and errors */
} plain;

static int start(void **state)
{
    memset(&plain, 0, sizeof plain);
    return node_start_settled(state);
}

static int stop(void **state)
{
    json_decref(node_asked);
    node_asked = NULL;
    if (plain.in >= 0) {
        (void)close(plain.in);
    }
    (void)close(plain.out);
    return node_stop(state);
}

static struct plain_config plain_of(const char *to)
{
    return (struct plain_config){.socket = node_path, .home = node_folder, .to = to, .wait_ms = 0};
}

static void begin(const struct plain_config *config, const char *input)
{
    int in[2];
    int out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    (void)fflush(NULL);
    plain.pid = fork();
    assert_true(plain.pid >= 0);
    if (plain.pid == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(out[1], STDERR_FILENO);
        (void)close(in[1]);
        int code = plain_run(config);
        (void)fflush(NULL);
        _exit(code);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    plain.in = in[1];
    plain.out = out[0];
    (void)fcntl(plain.out, F_SETFL, O_NONBLOCK);
    assert_int_equal(write(plain.in, input, strlen(input)), strlen(input));
}

static void read_more(void)
{
    ssize_t got = read(plain.out, plain.text + plain.len, sizeof plain.text - 1 - plain.len);
    plain.len += got > 0 ? (size_t)got : 0;
    plain.text[plain.len] = '\0';
}

/* The node answers until the program has said that. */
static void until(const char *text)
{
    for (int i = 0; i < PLAIN_TURNS_MAX; i++) {
        node_turn();
        read_more();
        if (strstr(plain.text, text) != NULL) {
            return;
        }
        (void)usleep(1000);
    }
    fail_msg("'%s' is not in: %s", text, plain.text);
}

/* Its input ends; its exit code. */
static int over(void)
{
    int status = 0;
    (void)close(plain.in);
    plain.in = -1;
    for (int i = 0; i < PLAIN_TURNS_MAX; i++) {
        node_turn();
        read_more();
        if (waitpid(plain.pid, &status, WNOHANG) == plain.pid) {
            read_more();
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        (void)usleep(1000);
    }
    (void)kill(plain.pid, SIGKILL);
    fail_msg("it does not end; it said: %s", plain.text);
    return -1;
}

static void lines_are_messages(void **state)
{
    const struct plain_config config = plain_of(NULL);
    (void)state;
    begin(&config, "habari\n\nnzuri sana\n");
    (void)over();
    assert_string_equal(node.heard, "habari nzuri sana ");
    assert_string_equal(json_string_value(json_object_get(node.said, "room")), NODE_MAIN);
}

static void one_alone_can_be_written_to(void **state)
{
    const struct plain_config config = plain_of("Baraka wa K");
    (void)state;
    begin(&config, "siri\n");
    (void)over();
    assert_string_equal(node.heard, "siri ");
    assert_string_equal(json_string_value(json_object_get(node.said, "member")), NODE_BARAKA);
}

static void what_was_before_and_what_comes_is_shown(void **state)
{
    struct plain_config config = plain_of(NULL);
    (void)state;
    config.history = 2;
    begin(&config, "");
    until(": m10\n");
    assert_null(strstr(plain.text, ": m8\n"));
    assert_non_null(strstr(plain.text, ": m9\n"));
    node_event_take(node_said_event(0, node_add(0, 0), false));
    until(": m11\n");
    assert_int_equal(over(), 0);
}

/* A pipe's first mistake is its exit code; a person's is said. */
static void mistakes_have_their_exit_code(void **state)
{
    struct plain_config config = plain_of(NULL);
    (void)state;
    begin(&config, "/nonsense\n/status\n");
    assert_int_not_equal(over(), 0);
    assert_non_null(strstr(plain.text, "nonsense"));
    assert_non_null(strstr(plain.text, "wavu 0.1.0, up for")); /* the next one is done */
    (void)close(plain.out);
    memset(&plain, 0, sizeof plain);
    config.is_person = true;
    begin(&config, "/nonsense\n");
    assert_int_equal(over(), 0);
    assert_non_null(strstr(plain.text, "nonsense"));
}

static void objects_in_and_out(void **state)
{
    struct plain_config config = plain_of(NULL);
    (void)state;
    config.is_jsonl = true;
    begin(&config, "{\"text\":\"habari\"}\n");
    until("\"done\"");
    node_event_take(node_said_event(0, node_add(0, 0), false));
    until("\"m11\"");
    (void)over();
    assert_string_equal(node.heard, "habari ");
    for (char *line = strtok(plain.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *one = json_loads(line, 0, NULL);
        assert_true(json_is_object(one));
        json_decref(one);
    }
}

static void whom_nobody_knows_is_said(void **state)
{
    const struct plain_config config = plain_of("Simba");
    (void)state;
    begin(&config, "siri\n");
    assert_int_not_equal(over(), 0);
    assert_non_null(strstr(plain.text, "Simba"));
    assert_string_equal(node.heard, "");
}

static void without_a_node_there_is_no_chat(void **state)
{
    struct plain_config config = plain_of(NULL);
    (void)state;
    config.socket = "/nowhere/control.sock";
    begin(&config, "");
    assert_int_equal(over(), SAY_NO_NODE);
    assert_non_null(strstr(plain.text, "'wavu up' starts one"));
}

/* Calls for help that were open before are told first of all. */
static void calls_that_are_open_are_told(void **state)
{
    const struct plain_config config = plain_of(NULL);
    (void)state;
    begin(&config, "");
    until("CALLS FOR HELP. /sos seen tells them that you saw it.");
    assert_int_equal(over(), 0);
}

#define PLAIN(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(lines_are_messages),
        PLAIN(one_alone_can_be_written_to),
        PLAIN(what_was_before_and_what_comes_is_shown),
        PLAIN(mistakes_have_their_exit_code),
        PLAIN(objects_in_and_out),
        PLAIN(whom_nobody_knows_is_said),
        PLAIN(without_a_node_there_is_no_chat),
        PLAIN(calls_that_are_open_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
