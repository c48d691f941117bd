/*
 * Lines to commands. The program's own run in a child process: what they keep, catch or leave
 * behind ends with them, and Ctrl+C ends them and not the shell.
 */
#include "apps/shell/shell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/shell/interrupt.h"
#include "apps/shell/shell_commands.h"
#include "apps/shell/shell_line.h"
#include "apps/shell/shell_words.h"
#include "apps/term/say.h"
#include "base/buf.h"
#include "base/mem.h"
#include "os/ipc_path.h"

/* ---- One command ---- */

/* The child: it is that command and nothing else, and does not come back. */
static void shell_be_program(const struct shell *s, size_t count, const char *const *words,
                             const sigset_t *mask)
{
    char *argv[SHELL_WORDS_MAX + 2];
    int argc = 0;
    (void)signal(SIGINT, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    for (size_t i = 0; i < count && i < SHELL_WORDS_MAX; i++) {
        argv[argc++] = (char *)(uintptr_t)words[i];
    }
    argv[argc] = NULL;
    const struct shell_program *p = s->config->program;
    _exit(say_end(p->run(p->context, argc, argv)));
}

/* Start the child. A Ctrl+C in between is the child's: it is held until that can take it. */
static pid_t shell_fork(const struct shell *s, size_t count, const char *const *words)
{
    sigset_t held;
    sigset_t before;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    pid_t child = fork();
    if (child == 0) {
        shell_be_program(s, count, words, &before);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (child > 0 && s->is_terminal && interrupt_came()) {
        (void)kill(child, SIGINT);
    }
    return child;
}

int shell_run_program(struct shell *s, size_t count, const char *const *words)
{
    int status = 0;
    (void)say_flush();
    (void)fflush(stderr);
    pid_t child = shell_fork(s, count, words);
    pid_t ended = child;
    do {
        ended = child < 0 ? -1 : waitpid(child, &status, 0);
    } while (ended < 0 && child > 0 && errno == EINTR);
    if (ended < 0) {
        return say_problem(SAY_FAILURE, "the system gives no process for a command: %s",
                           strerror(errno));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : SHELL_INTERRUPTED;
}

static int shell_run_own(struct shell *s, const struct shell_command *own, size_t count,
                         const char *const *words)
{
    if (count < own->words_min || count > own->words_max) {
        return say_problem(SAY_USAGE,
                           "%s%s%s is how it goes; a text of several words is put in "
                           "quotes ('help %s' tells more)",
                           own->name, own->words[0] != '\0' ? " " : "", own->words, own->name);
    }
    int code = own->run(s, count, words);
    return !say_flush() && code == 0 ? SAY_FAILURE : code;
}

/* Carry out one command, already in words, inside of a shell. */
static int shell_run_words(struct shell *s, size_t count, const char *const *words)
{
    bool is_whole = count > 1 && strcmp(words[0], "wavu") == 0; /* as it is typed elsewhere */
    words += is_whole ? 1 : 0;
    count -= is_whole ? 1 : 0;
    if (count == 0) {
        return SAY_OK;
    }
    const struct shell_command *own = shell_commands_find(words[0]);
    if (own != NULL && count == 2 && strcmp(words[1], "--help") == 0) {
        const char *help[] = {"help", words[0]};
        return shell_run_words(s, 2, help);
    }
    if (own != NULL) {
        return shell_run_own(s, own, count - 1, words + 1);
    }
    return shell_commands_is(s, words[0]) ? shell_run_program(s, count, words)
                                          : shell_commands_explain_unknown(s, words[0]);
}

/* ---- Lines ---- */

static int shell_explain_words(int err, enum shell_words_open open)
{
    if (err == WAVU_ERR_PROTO) {
        return say_problem(SAY_USAGE,
                           open == SHELL_WORDS_ESCAPED
                               ? "the line ends with a backslash: nothing stands behind it"
                               : "a quotation mark has no second one behind it");
    }
    if (err == WAVU_ERR_LIMIT) {
        return say_problem(SAY_USAGE, "a line takes %u bytes and a command %d words at most",
                           SHELL_WORDS_LINE_MAX, SHELL_WORDS_MAX);
    }
    return say_problem(SAY_USAGE, "the line holds a byte 0, so it is no text");
}

static void shell_note(struct shell *s, int code)
{
    s->code = s->code == 0 ? code : s->code;
}

/* Does nothing come behind a command that ended so? */
static bool shell_is_stopped(const struct shell *s, int code)
{
    return s->is_over || (code != 0 && (s->is_terminal || !s->config->keeps_going));
}

/* Where somebody types, Ctrl+C ends what the command waits for, or the command. */
static int shell_run_held(struct shell *s, size_t count, const char *const *words)
{
    if (!s->is_terminal) {
        return shell_run_words(s, count, words);
    }
    interrupt_begin();
    int code = shell_run_words(s, count, words);
    interrupt_end();
    return code;
}

/* Carry out what stands in a whole line. `*is_secret`: it is not to be kept. False: the shell ends.
 */
static bool shell_run_text(struct shell *s, const char *line, size_t len, bool *is_secret)
{
    struct shell_words *words = mem_new(sizeof *words);
    bool is_stopped = false;
    for (size_t at = 0; at < len && !is_stopped; at += words->used) {
        int rc = shell_words_read(words, line + at, len - at);
        bool is_secret_now = shell_commands_is_secret(words->count, words->items);
        *is_secret = *is_secret || is_secret_now;
        int code = rc < 0 ? shell_explain_words(rc, words->open)
                          : shell_run_held(s, words->count, words->items);
        if (code == SHELL_INTERRUPTED && s->is_terminal) {
            say_out("\n"); /* behind the ^C */
        }
        shell_note(s, code);
        is_stopped = rc < 0 || shell_is_stopped(s, code);
    }
    bool goes_on = !s->is_over && (!is_stopped || s->is_terminal || s->config->keeps_going);
    mem_free(words);
    return goes_on;
}

/* Is something open at the end of the text, so that the next line belongs to it? */
static bool shell_is_open(const struct buf *text)
{
    struct shell_words *words = mem_new(sizeof *words);
    int rc = 0;
    for (size_t at = 0; at < text->len && rc == 0; at += words->used) {
        rc = shell_words_read(words, (const char *)text->ptr + at, text->len - at);
    }
    bool is_open = rc == WAVU_ERR_PROTO && words->open != SHELL_WORDS_ESCAPED;
    mem_free(words);
    return is_open;
}

static void shell_run_terminal(struct shell *s, struct shell_line *l)
{
    struct buf text;
    const char *line = NULL;
    bool goes_on = true;
    bool is_dropped = false;
    size_t len = 0;
    buf_init(&text, SHELL_WORDS_LINE_MAX);
    while (goes_on && (line = shell_line_read(l, text.len > 0, &is_dropped, &len)) != NULL) {
        bool is_secret = false;
        if (is_dropped) {
            buf_clear(&text);
            continue;
        }
        int rc = buf_append(&text, span_of((const uint8_t *)line, len));
        if (rc == 0 && shell_is_open(&text)) {
            continue;
        }
        if (rc < 0) {
            (void)shell_explain_words(WAVU_ERR_LIMIT, SHELL_WORDS_BETWEEN);
        } else {
            goes_on = shell_run_text(s, (const char *)text.ptr, text.len, &is_secret);
        }
        if (rc == 0 && !is_secret) {
            shell_line_keep(l, (const char *)text.ptr, text.len);
        }
        buf_wipe(&text);
    }
    if (line == NULL) {
        say_out("\n"); /* behind the prompt that Ctrl+D ended */
    }
    buf_wipe(&text);
}

/* Append the next line of stdin, with its newline. False: there is none. What is too long for
 * `text` is read to its end and left out: `*is_long`. */
static bool shell_read_line(struct buf *text, bool *is_long)
{
    int c = getc(stdin);
    bool is_there = c != EOF;
    *is_long = false;
    for (; c != EOF; c = getc(stdin)) {
        const uint8_t byte = (uint8_t)c;
        *is_long = *is_long || buf_append(text, span_of(&byte, 1)) < 0;
        if (c == '\n') {
            break;
        }
    }
    return is_there;
}

/* A script: lines from a pipe or a file. They are read byte by byte, so that a command that reads
 * stdin, too, finds what stands behind its line. */
static void shell_run_lines(struct shell *s)
{
    struct buf text;
    bool goes_on = true;
    bool is_secret = false;
    bool is_long = false;
    (void)setvbuf(stdin, NULL, _IONBF, 0);
    buf_init(&text, SHELL_WORDS_LINE_MAX);
    while (goes_on && shell_read_line(&text, &is_long)) {
        if (!is_long && shell_is_open(&text)) {
            continue;
        }
        if (is_long) {
            shell_note(s, shell_explain_words(WAVU_ERR_LIMIT, SHELL_WORDS_BETWEEN));
            goes_on = s->config->keeps_going;
        } else {
            goes_on = shell_run_text(s, (const char *)text.ptr, text.len, &is_secret);
        }
        buf_wipe(&text);
    }
    if (goes_on && text.len > 0) { /* a quotation mark stayed open */
        (void)shell_run_text(s, (const char *)text.ptr, text.len, &is_secret);
    }
    buf_wipe(&text);
}

/* ---- Life ---- */

/* A node that was started for its clients stays while one is connected. */
static int shell_hold(const struct shell_config *config)
{
    int fd = -1;
    return ipc_path_connect(config->socket, &fd) == 0 ? fd : -1;
}

static void shell_begin(struct shell *s, const struct shell_config *config)
{
    *s = (struct shell){.config = config};
    (void)signal(SIGCHLD, SIG_DFL); /* each command's end is waited for */
}

int shell_run(const struct shell_config *config)
{
    struct shell s;
    shell_begin(&s, config);
    int held = shell_hold(config);
    struct shell_line *line = NULL;
    s.is_terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    if (s.is_terminal) {
        line = shell_line_open(&s);
        (void)signal(SIGINT, SIG_IGN); /* but where something waits that it can end */
    }
    if (line != NULL) {
        if (!say_is_quiet()) {
            say_out("'help' lists the commands, 'exit' leaves.\n");
            (void)say_flush();
        }
        shell_run_terminal(&s, line);
        shell_line_close(line);
    } else {
        s.is_terminal = false;
        shell_run_lines(&s);
    }
    if (held >= 0) {
        (void)close(held);
    }
    return s.is_terminal ? SAY_OK : s.code;
}

int shell_run_one(const struct shell_config *config, size_t count, const char *const *words)
{
    struct shell s;
    shell_begin(&s, config);
    return shell_run_words(&s, count, words);
}

int shell_run_line(const struct shell_config *config, const char *line)
{
    struct shell s;
    bool is_secret = false;
    shell_begin(&s, config);
    int held = shell_hold(config);
    (void)shell_run_text(&s, line, strlen(line), &is_secret);
    if (held >= 0) {
        (void)close(held);
    }
    return s.code;
}
