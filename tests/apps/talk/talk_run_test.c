/*
 * The program run once more: this test is the program, and prints when it is asked to.
 */
#include "apps/talk/talk_run.h"

#include "tests/apps/talk/node.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static int lines;
static char last[TALK_LINE_MAX];

static void on_told(void *context, enum talk_tone tone, struct talk_chat *chat, const char *line)
{
    (void)context;
    (void)tone;
    (void)chat;
    lines++;
    (void)snprintf(last, sizeof last, "%s", line);
}

static const struct talk_user user = {.told = on_told};

static bool run(const char *const *words)
{
    struct talk_run r;
    bool is_good = false;
    talk_run_init(&r);
    lines = 0;
    assert_int_equal(talk_run_start(&r, "/home/x", words), 0);
    assert_int_equal(talk_run_start(&r, "/home/x", words), WAVU_ERR_AGAIN);
    do {
        struct pollfd one = {.fd = r.fd, .events = POLLIN};
        (void)poll(&one, 1, 10000);
    } while (!talk_run_pump(&r, the_talk, &is_good));
    assert_int_equal(r.fd, -1);
    return is_good;
}

static void what_it_prints_is_told(void **state)
{
    static const char *const good[] = {"good", "a b", NULL};
    static const char *const bad[] = {"bad", NULL};
    (void)state;
    struct talk *before = the_talk;
    assert_int_equal(talk_new(node_path, &user, NULL, &the_talk), 0);
    assert_true(run(good));
    assert_int_equal(lines, 2);
    assert_string_equal(last, "/home/x a b?[2J");
    assert_false(run(bad));
    assert_int_equal(lines, 1);
    assert_string_equal(last, "why"); /* of stderr, without a newline */
    talk_free(the_talk);
    the_talk = before;
}

static void it_can_be_ended(void **state)
{
    static const char *const hang[] = {"hang", NULL};
    struct talk_run r;
    (void)state;
    talk_run_init(&r);
    talk_run_stop(&r); /* none runs */
    assert_int_equal(talk_run_start(&r, "/home/x", hang), 0);
    const int pid = r.pid;
    talk_run_stop(&r);
    assert_int_equal(r.fd, -1);
    assert_int_equal(kill((pid_t)pid, 0), -1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        NODE(what_it_prints_is_told),
        NODE(it_can_be_ended),
    };
    if (argc > 3 && strcmp(argv[2], "--home") == 0) { /* as the child */
        if (strcmp(argv[1], "good") == 0) {
            (void)printf("first\n\n%s %s\x1b[2J\n", argv[3], argv[4]);
            return 0;
        }
        while (strcmp(argv[1], "hang") == 0) {
            (void)pause();
        }
        (void)fprintf(stderr, "why");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
