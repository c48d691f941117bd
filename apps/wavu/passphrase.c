/*
 * Passphrases come from a terminal or a file and go to the library or the running node.
 */
#include "apps/wavu/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "apps/wavu/say.h"

#define DIGITS_MAX 5 /* of a descriptor */

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
    return fd >= 0 && isatty(STDIN_FILENO);
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
    int fd = is_number ? (int)strtol(where, NULL, 10) : open(where, O_RDONLY | O_CLOEXEC);
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

/* Ask at the terminal, which shows nothing of the answer. 0 or an errno value. */
static int ask(const char *question, struct passphrase *out)
{
    struct termios before;
    struct termios quiet;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &before) < 0) {
        int error_number = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return error_number;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)dprintf(fd, "%s: ", question);
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    int error_number = read_line(fd, out);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    (void)dprintf(fd, "\n");
    (void)close(fd);
    return error_number;
}

static int ask_for_new(const char *question, struct passphrase *out)
{
    struct passphrase again;
    int error_number = ask(question, out);
    error_number = error_number == 0 ? ask("once more", &again) : error_number;
    bool is_same =
        error_number == 0 && out->len == again.len && strcmp(out->bytes, again.bytes) == 0;
    passphrase_wipe(&again);
    if (error_number != 0) {
        return explain("the terminal", error_number);
    }
    return is_same ? 0 : say_problem(SAY_USAGE, "these two differ; nothing was changed");
}

static int read_any(const char *where, const char *option, const char *question, bool is_new,
                    struct passphrase *out)
{
    if (where != NULL) {
        return read_named(where, out);
    }
    if (!passphrase_has_terminal()) {
        return say_problem(SAY_USAGE,
                           "there is no terminal to ask for the passphrase at; name a file with "
                           "--%s",
                           option);
    }
    int code = 0;
    if (is_new) {
        code = ask_for_new(question, out);
    } else {
        int error_number = ask(question, out);
        code = error_number == 0 ? 0 : explain("the terminal", error_number);
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
