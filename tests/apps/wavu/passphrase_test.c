/*
 * Asking for a passphrase at a terminal: whatever ends or stops the program meanwhile, the terminal
 * shows again what is typed.
 *
 *   test -- pty --> terminal of: middle (leads the session) -> asker (in the foreground)
 */
#include "apps/wavu/passphrase.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>

#include "tests/apps/wavu/program.h"

#define QUESTION "the passphrase"
#define SECRET "correct horse"

static struct {
    int master;
    int terminal; /* the other end, to look at */
    int news;     /* the asker's pid, then what became of it */
    pid_t middle;
    pid_t asker; /* 0: it has ended */
    bool begins_behind;
} w;

/* In a process of its own: 0 when what was typed is the secret. */
static int asker(void)
{
    struct call call = {.home = NULL};
    struct passphrase got;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)signal(numbers[i],
                     SIG_DFL); /* a shell that is no terminal's ignores some behind '&' */
    }
    (void)setpgid(0, 0);
    while (!w.begins_behind && tcgetpgrp(STDIN_FILENO) != getpgrp()) {
        (void)sched_yield(); /* the middle brings it to the foreground */
    }
    if (passphrase_read(&call, "from", QUESTION, false, &got) != 0) {
        return 2;
    }
    return strcmp(got.bytes, SECRET) == 0 ? 0 : 3;
}

/* As a shell has the terminal while it reads a line itself. */
static void make_raw(int terminal, struct termios *before)
{
    struct termios raw;
    (void)tcgetattr(terminal, before);
    raw = *before;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    raw.c_iflag &= ~(tcflag_t)ICRNL;
    (void)tcsetattr(terminal, TCSANOW, &raw);
}

/* Lead a session on the terminal, and tell what becomes of the asker. */
static void middle(const char *name, int news)
{
    const struct rlimit none = {0};
    int status = 0;
    (void)signal(SIGTTOU, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody */
    if (setsid() < 0 || setrlimit(RLIMIT_CORE, &none) < 0) {
        _exit(1);
    }
    int terminal = open(name, O_RDWR);
    if (terminal < 0 || dup2(terminal, STDIN_FILENO) < 0) {
        _exit(1);
    }
    struct termios cooked;
    if (w.begins_behind) {
        make_raw(terminal, &cooked);
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)signal(SIGTTOU, SIG_DFL);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(asker());
    }
    (void)setpgid(pid, pid);
    if (!w.begins_behind) {
        (void)tcsetpgrp(terminal, pid);
    }
    (void)!write(news, &pid, sizeof pid);
    while (waitpid(pid, &status, WUNTRACED) == pid) {
        (void)!write(news, &status, sizeof status);
        if (w.begins_behind) { /* fg */
            w.begins_behind = false;
            (void)tcsetattr(terminal, TCSANOW, &cooked);
            (void)tcsetpgrp(terminal, pid);
            (void)kill(-pid, SIGCONT);
        }
    }
    _exit(0);
}

static int hear(void)
{
    int news = -1;
    assert_int_equal(read(w.news, &news, sizeof news), sizeof news);
    return news;
}

/* What became of the asker. */
static int hear_status(void)
{
    int status = hear();
    w.asker = WIFSTOPPED(status) ? w.asker : 0;
    return status;
}

/* Until the question is there. */
static void expect_question(void)
{
    char got[256] = "";
    size_t len = 0;
    while (strstr(got, QUESTION ": ") == NULL) {
        assert_true(len + 1 < sizeof got);
        assert_int_equal(read(w.master, got + len, 1), 1);
        got[++len] = '\0';
    }
}

static bool is_shown(void)
{
    struct termios now;
    assert_int_equal(tcgetattr(w.terminal, &now), 0);
    return (now.c_lflag & ECHO) != 0;
}

static int begin(void **state)
{
    int news[2];
    (void)state;
    w.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(w.master >= 0 && grantpt(w.master) == 0 && unlockpt(w.master) == 0);
    const char *name = ptsname(w.master);
    w.terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(w.terminal >= 0 && pipe(news) == 0);
    w.middle = fork();
    assert_true(w.middle >= 0);
    if (w.middle == 0) {
        (void)close(news[0]);
        middle(name, news[1]);
    }
    (void)close(news[1]);
    w.news = news[0];
    w.asker = hear();
    if (w.begins_behind) {
        assert_true(WIFSTOPPED(hear_status()));
    }
    expect_question();
    return is_shown() ? -1 : 0;
}

static int begin_behind(void **state)
{
    w.begins_behind = true;
    int rc = begin(state);
    w.begins_behind = false;
    return rc;
}

static int end(void **state)
{
    int status = 0;
    (void)state;
    if (w.asker > 0) {
        (void)kill(w.asker, SIGKILL);
    }
    (void)waitpid(w.middle, &status, 0);
    (void)close(w.news);
    (void)close(w.terminal);
    (void)close(w.master);
    return 0;
}

static void type(const char *text)
{
    assert_int_equal(write(w.master, text, strlen(text)), (ssize_t)strlen(text));
}

static void what_is_typed_is_read(void **state)
{
    (void)state;
    type(SECRET "\n");
    int status = hear_status();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(is_shown());
}

static void ends_by(int number)
{
    type("half of");
    assert_int_equal(kill(w.asker, number), 0);
    int status = hear_status();
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == number);
    assert_true(is_shown());
}

static void interrupted(void **state)
{
    (void)state;
    ends_by(SIGINT);
}

static void terminated(void **state)
{
    (void)state;
    ends_by(SIGTERM);
}

static void hung_up(void **state)
{
    (void)state;
    ends_by(SIGHUP);
}

static void quit(void **state)
{
    (void)state;
    ends_by(SIGQUIT);
}

static void stopped_and_gone_on_with(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        type("half of");
        assert_int_equal(kill(w.asker, SIGTSTP), 0);
        assert_true(WIFSTOPPED(hear_status()));
        assert_true(is_shown());
        assert_int_equal(kill(w.asker, SIGCONT), 0);
        expect_question();
        assert_false(is_shown());
    }
    type(SECRET "\n");
    int status = hear_status();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(is_shown());
}

/* 'wavu up &', then fg: the terminal as the shell has it for itself is not taken for how it was. */
static void begun_behind(void **state)
{
    struct termios now;
    what_is_typed_is_read(state);
    assert_int_equal(tcgetattr(w.terminal, &now), 0);
    assert_true((now.c_lflag & ICANON) != 0 && (now.c_lflag & ISIG) != 0);
}

static void interrupted_behind(void **state)
{
    (void)state;
    type("half of\x03"); /* Ctrl-C */
    int status = hear_status();
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_true(is_shown());
}

#define TERMINAL(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TERMINAL(what_is_typed_is_read),
        TERMINAL(interrupted),
        TERMINAL(terminated),
        TERMINAL(hung_up),
        TERMINAL(quit),
        TERMINAL(stopped_and_gone_on_with),
        cmocka_unit_test_setup_teardown(begun_behind, begin_behind, end),
        cmocka_unit_test_setup_teardown(interrupted_behind, begin_behind, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
