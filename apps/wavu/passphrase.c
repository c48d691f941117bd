/*
 * Passphrases come from a terminal or a file and go to the library or the running node.
 */
#include "apps/wavu/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "apps/term/ask.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define DIGITS_MAX 5     /* of a descriptor */
#define FORWARD_TRIES 16 /* so often a shell may let it go on behind */

void passphrase_wipe(struct passphrase *p)
{
    explicit_bzero(p, sizeof *p);
}

bool passphrase_has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0 && ask_is_possible();
}

/* One line of at most WAVU_PASSPHRASE_MAX bytes, without its end. 0 or an errno value. */
static int read_line(int fd, struct passphrase *out)
{
    ssize_t got = 0;
    char one = '\0';
    out->len = 0;
    while ((got = read(fd, &one, 1)) == 1 && one != '\n') {
        if (out->len == WAVU_PASSPHRASE_MAX) {
            return EFBIG;
        }
        out->bytes[out->len++] = one;
    }
    if (got < 0) {
        return errno;
    }
    out->len -= out->len > 0 && out->bytes[out->len - 1] == '\r' ? 1 : 0;
    out->bytes[out->len] = '\0';
    return 0;
}

static int explain(const char *where, int error_number)
{
    int code = error_number == ENOENT ? SAY_NOT_FOUND : SAY_FAILURE;
    code = error_number == EACCES || error_number == EPERM ? SAY_DENIED : code;
    if (error_number == EFBIG) {
        return say_problem(SAY_USAGE, "a passphrase has at most %d bytes", WAVU_PASSPHRASE_MAX);
    }
    return say_problem(code, "the passphrase cannot be read from '%.200s': %s", where,
                       strerror(error_number));
}

/* From a file, or a descriptor that was handed down, which is closed. */
static int read_named(const char *where, struct passphrase *out)
{
    size_t digits = strspn(where, "0123456789");
    bool is_number = digits > 0 && digits <= DIGITS_MAX && where[digits] == '\0';
    int fd = strcmp(where, "-") == 0 ? STDIN_FILENO
             : is_number             ? (int)strtol(where, NULL, 10)
                                     : open(where, O_RDONLY | O_CLOEXEC);
    int error_number = fd < 0 ? errno : read_line(fd, out);
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
    if (error_number != 0) {
        return explain(where, error_number);
    }
    if (out->len == 0) {
        return say_problem(SAY_USAGE, "there is no passphrase in '%.200s'; its first line is one",
                           where);
    }
    return 0;
}

/* ---- The terminal ---- */

/* What ends or stops the program while it asks, and what goes on with it. */
static const int hidden_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};
#define HIDDEN_SIGNALS (sizeof hidden_signals / sizeof *hidden_signals)

/* The terminal while it shows nothing. Signals come to the process, so there is one; their handlers
 * call only what they may. */
static struct {
    int fd;
    const char *question;
    struct termios before;
    struct termios quiet;
    struct sigaction actions[HIDDEN_SIGNALS]; /* before */
} hidden;

static void handle(int number, struct sigaction *before);

/* Show what is typed again, then let the signal do what it would have done. */
static void on_ending(int number)
{
    int error_number = errno;
    (void)tcsetattr(hidden.fd, TCSAFLUSH, &hidden.before); /* what was typed goes to no shell */
    for (size_t i = 0; i < HIDDEN_SIGNALS; i++) {
        if (hidden_signals[i] == number) {
            (void)sigaction(number, &hidden.actions[i], NULL);
        }
    }
    (void)raise(number); /* comes when this returns */
    errno = error_number;
}

/* Stopped, and gone on with: ask once more. */
static void on_continued(int number)
{
    int error_number = errno;
    (void)number;
    handle(SIGTSTP, NULL);
    (void)tcsetattr(hidden.fd, TCSAFLUSH, &hidden.quiet);
    (void)!write(hidden.fd, hidden.question, strlen(hidden.question));
    (void)!write(hidden.fd, ": ", 2);
    errno = error_number;
}

/* Have one of these signals handled here, unless it is ignored. */
static void handle(int number, struct sigaction *before)
{
    struct sigaction ours = {.sa_handler = number == SIGCONT ? on_continued : on_ending,
                             .sa_flags = SA_RESTART};
    struct sigaction now;
    (void)sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < HIDDEN_SIGNALS; i++) {
        (void)sigaddset(&ours.sa_mask, hidden_signals[i]); /* one at a time */
    }
    if (sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
        now.sa_handler != SIG_IGN) {
        (void)sigaction(number, &ours, NULL);
    }
    if (before != NULL) {
        *before = now;
    }
}

static void hide(int fd, const char *question)
{
    hidden.fd = fd;
    hidden.question = question;
    hidden.quiet = hidden.before;
    hidden.quiet.c_lflag &= ~(tcflag_t)ECHO;
    for (size_t i = 0; i < HIDDEN_SIGNALS; i++) {
        handle(hidden_signals[i], &hidden.actions[i]);
    }
    (void)tcsetattr(fd, TCSAFLUSH, &hidden.quiet);
}

static void show(void)
{
    (void)tcsetattr(hidden.fd, TCSAFLUSH, &hidden.before);
    for (size_t i = 0; i < HIDDEN_SIGNALS; i++) {
        (void)sigaction(hidden_signals[i], &hidden.actions[i], NULL);
    }
}

/* Stop until the shell brings this program to the foreground: before that the terminal is as the
 * shell wants it for itself, and is not to be asked at. 0 or an errno value. */
static int come_forward(int fd)
{
    for (int i = 0; i < FORWARD_TRIES; i++) {
        pid_t front = tcgetpgrp(fd);
        if (front < 0 || front == getpgrp()) {
            return front < 0 ? errno : 0;
        }
        (void)kill(0, SIGTTIN); /* as the system does to who reads from behind */
    }
    return EIO; /* no shell looks after it */
}

/* Ask at the terminal, which shows nothing of the answer. 0 or an errno value. */
static int ask(const char *question, struct passphrase *out)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int error_number = fd < 0 ? errno : come_forward(fd);
    if (error_number == 0 && tcgetattr(fd, &hidden.before) < 0) {
        error_number = errno;
    }
    if (error_number != 0) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return error_number;
    }
    hide(fd, question);
    (void)dprintf(fd, "%s: ", question); /* who reads it may type: nothing is shown */
    error_number = read_line(fd, out);
    show();
    (void)dprintf(fd, "\n");
    (void)close(fd);
    return error_number;
}

static int ask_for_new(const char *question, struct passphrase *out)
{
    struct passphrase again;
    int error_number = ask(question, out);
    error_number = error_number == 0 ? ask(tongue("once more"), &again) : error_number;
    bool is_same =
        error_number == 0 && out->len == again.len && strcmp(out->bytes, again.bytes) == 0;
    passphrase_wipe(&again);
    if (error_number != 0) {
        return explain(tongue("the terminal"), error_number);
    }
    return is_same ? 0 : say_problem(SAY_USAGE, "these two differ; nothing was changed");
}

static int read_any(const char *where, const char *option, const char *question, bool is_new,
                    struct passphrase *out)
{
    bool is_asked = passphrase_has_terminal() && (where == NULL || strcmp(where, "-") == 0);
    if (!is_asked && where != NULL) {
        return read_named(where, out);
    }
    if (!is_asked && ask_is_forbidden()) {
        return say_problem(SAY_USAGE,
                           "a passphrase is needed, and --no-input forbids to ask for it; name a "
                           "file with --%s, or - to have a line of stdin read",
                           option);
    }
    if (!is_asked) {
        return say_problem(SAY_USAGE,
                           "there is no terminal to ask for the passphrase at; name a file with "
                           "--%s, or - to have a line of stdin read",
                           option);
    }
    int code = 0;
    if (is_new) {
        code = ask_for_new(question, out);
    } else {
        int error_number = ask(question, out);
        code = error_number == 0 ? 0 : explain(tongue("the terminal"), error_number);
    }
    return code == 0 && out->len == 0 ? say_problem(SAY_USAGE, "no passphrase was typed") : code;
}

int passphrase_read(const struct call *call, const char *option, const char *question, bool is_new,
                    struct passphrase *out)
{
    *out = (struct passphrase){.len = 0};
    int code = read_any(args_value(&call->args, option), option, question, is_new, out);
    if (code != 0) {
        passphrase_wipe(out);
    }
    return code;
}
