/*
 * libedit on the terminal. While a line is edited Ctrl+C is a key like others; while a command runs
 * the terminal is as it was, and Ctrl+C a signal.
 */
#include "apps/shell/shell_line.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "apps/shell/shell_complete.h"
#include "apps/shell/shell_history.h"
#include "apps/shell/shell_news.h"
#include "apps/shell/shell_words.h"
#include "apps/term/say.h"
#include "base/mem.h"

#define SHELL_LINE_ESCAPE L'\x1b'
#define SHELL_LINE_NEWS L'\x1e' /* a key that nobody has: Ctrl+^ on some */
#define SHELL_LINE_WIDTH 80     /* of the terminal, where it does not say */

struct shell_line {
    const struct shell *shell;
    EditLine *edit;
    struct shell_history history;
    struct shell_news news;
    mbstate_t half;   /* of a character that is being read */
    bool is_sequence; /* a key of several characters is being read */
    bool is_begun;    /* and this is its second one */
    bool is_more;     /* for the prompt */
    bool is_dropped;  /* by Ctrl+C */
    struct shell_choices offered;
};

static struct shell_line *shell_line_of(EditLine *edit)
{
    void *context = NULL;
    (void)el_get(edit, EL_CLIENTDATA, &context);
    return context;
}

static char *shell_line_prompt(EditLine *edit)
{
    static char first[] = "wavu> ";
    static char more[] = "    > ";
    return shell_line_of(edit)->is_more ? more : first;
}

/* Ctrl+C: what is there is dropped. */
static unsigned char shell_line_on_drop(EditLine *edit, int key)
{
    struct shell_line *l = shell_line_of(edit);
    const LineInfo *line = el_line(edit);
    (void)key;
    (void)el_cursor(edit, (int)(line->lastchar - line->cursor));
    line = el_line(edit);
    el_deletestr(edit, (int)(line->cursor - line->buffer));
    l->is_dropped = true;
    (void)fputs("^C\n", stdout);
    return CC_NEWLINE;
}

/* ---- Tab ---- */

static void shell_line_list(const struct shell_choices *c)
{
    size_t widest = 1;
    for (size_t i = 0; i < c->count; i++) {
        size_t len = strlen(c->items[i]);
        widest = len > widest ? len : widest;
    }
    size_t columns = SHELL_LINE_WIDTH / (widest + 2);
    columns = columns > 0 ? columns : 1;
    say_out("\n");
    for (size_t i = 0; i < c->count; i++) {
        char clean[SAY_CLEAN_MAX];
        bool is_last = (i + 1) % columns == 0 || i + 1 == c->count;
        say_out("%-*s%s", (int)widest, say_clean(c->items[i], clean), is_last ? "\n" : "  ");
    }
    if (c->others > 0) {
        say_out("and %zu more\n", c->others);
    }
    (void)say_flush();
}

/* Put `word`, or `common` bytes of it, in place of what was typed from `at` on. */
static bool shell_line_put(EditLine *edit, const char *word, size_t common, bool is_whole,
                           size_t typed_len)
{
    char begin[SHELL_CHOICES_WORD_MAX];
    char quoted[2 * SHELL_CHOICES_WORD_MAX + 4];
    memcpy(begin, word, common);
    begin[common] = '\0';
    if (shell_words_quote(begin, quoted, sizeof quoted - 1) < 0) {
        return false;
    }
    if (is_whole && (common == 0 || begin[common - 1] != '/')) {
        size_t used = strlen(quoted);
        (void)snprintf(quoted + used, sizeof quoted - used, " ");
    }
    el_deletestr(edit, (int)typed_len);
    return el_insertstr(edit, quoted) == 0;
}

static unsigned char shell_line_on_tab(EditLine *edit, int key)
{
    struct shell_line *l = shell_line_of(edit);
    const LineInfo *line = el_line(edit);
    char typed[SHELL_CHOICES_WORD_MAX];
    size_t len = (size_t)(line->cursor - line->buffer);
    size_t at = 0;
    (void)key;
    if (!shell_complete_line(l->shell, line->buffer, len, &l->offered, typed, &at) ||
        l->offered.count == 0) {
        return CC_REFRESH_BEEP;
    }
    struct shell_choices *c = &l->offered;
    size_t common = shell_choices_common(c);
    bool is_one = c->count == 1 && c->others == 0;
    if (is_one || common > strlen(typed)) {
        return shell_line_put(edit, c->items[0], common, is_one, len - at) ? CC_REFRESH
                                                                           : CC_REFRESH_BEEP;
    }
    shell_choices_sort(c);
    shell_line_list(c);
    return CC_REDISPLAY;
}

/* ---- Keys, and what others say between two of them ---- */

/* What was said stands above the line that is being typed. */
static unsigned char shell_line_on_news(EditLine *edit, int key)
{
    struct shell_line *l = shell_line_of(edit);
    (void)key;
    const char *term = getenv("TERM");
    bool is_dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
    say_out(is_dumb ? "\n" : "\r\x1b[K"); /* in place of the line, where that can be */
    shell_news_print(&l->news);
    (void)say_flush();
    return CC_REDISPLAY;
}

/* Escape [ ... letter, and Escape letter, are one key. */
static void shell_line_follow(struct shell_line *l, wchar_t c)
{
    bool is_opening = l->is_begun && (c == L'[' || c == L'O');
    bool is_end = (c >= L'@' && c <= L'~') || c < L' ';
    l->is_begun = c == SHELL_LINE_ESCAPE;
    l->is_sequence = l->is_begun || (l->is_sequence && (is_opening || !is_end));
}

/* One more byte: 1 with a character, 0 at the end of input, -1: not whole yet, or none. */
static int shell_line_take_byte(struct shell_line *l, wchar_t *out)
{
    char byte = 0;
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got <= 0) {
        return got == 0 || (errno != EINTR && errno != EAGAIN) ? 0 : -1;
    }
    size_t len = mbrtowc(out, &byte, 1, &l->half);
    if (len == (size_t)-1) { /* no character: what it is instead is shown */
        memset(&l->half, 0, sizeof l->half);
        *out = L'?';
    }
    if (len == (size_t)-2) {
        return -1;
    }
    *out = len == 0 ? L'\0' : *out;
    return 1;
}

/* Is there something to show, and no key half read? */
static bool shell_line_may_tell(const struct shell_line *l)
{
    return shell_news_has(&l->news) && !l->is_sequence && mbsinit(&l->half) != 0;
}

/* Wait for a key, or for what others say. True: a key is there. False at `*is_over`: no more. */
static bool shell_line_wait(const struct shell_line *l, bool *is_over)
{
    struct pollfd polled[1 + RPC_LINK_FDS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    struct rpc_link_wait waits[RPC_LINK_FDS];
    int wait_ms = -1;
    size_t count = shell_news_waits(&l->news, waits, &wait_ms);
    for (size_t i = 0; i < count; i++) {
        polled[1 + i].fd = waits[i].fd;
        polled[1 + i].events = waits[i].wants_writes ? POLLIN | POLLOUT : POLLIN;
    }
    int ready = poll(polled, 1 + count, shell_line_may_tell(l) ? 0 : wait_ms);
    *is_over = ready < 0 && errno != EINTR;
    return ready > 0 && polled[0].revents != 0;
}

/* The next key, for libedit. While none comes, what others say becomes a key of its own. */
static int shell_line_on_char(EditLine *edit, wchar_t *out)
{
    struct shell_line *l = shell_line_of(edit);
    bool is_over = false;
    int rc = -1;
    while (rc < 0) {
        if (shell_line_wait(l, &is_over)) {
            rc = shell_line_take_byte(l, out);
            continue;
        }
        shell_news_pump(&l->news);
        if (is_over) {
            return 0;
        }
        if (shell_line_may_tell(l)) {
            *out = SHELL_LINE_NEWS;
            return 1;
        }
    }
    if (rc == 1) {
        shell_line_follow(l, *out);
    }
    return rc;
}

/* ---- What was typed before ---- */

/* libedit asks; "first" is the newest to it, and "next" an older one. */
static int shell_line_on_history(void *context, HistEvent *event, int wish, ...)
{
    struct shell_history *h = context;
    const char *line = NULL;
    switch (wish) {
    case H_FIRST:
        line = shell_history_newest(h);
        break;
    case H_LAST:
        line = shell_history_oldest(h);
        break;
    case H_NEXT:
        line = shell_history_older(h);
        break;
    case H_PREV:
        line = shell_history_newer(h);
        break;
    case H_CURR:
        line = shell_history_here(h);
        break;
    default:
        break; /* its own files and sizes are none of ours */
    }
    event->num = 0;
    event->str = line != NULL ? line : "";
    return line != NULL ? 0 : -1;
}

void shell_line_keep(struct shell_line *l, const char *line, size_t len)
{
    shell_history_add(&l->history, line, len);
}

/* ---- Life ---- */

/* Keys are characters: where the place that was named is not known, those of UTF-8. */
static void shell_line_locale(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

static void shell_line_keys(EditLine *edit)
{
    (void)el_set(edit, EL_EDITOR, "emacs");
    (void)el_set(edit, EL_ADDFN, "wavu-drop", "drop the line", shell_line_on_drop);
    (void)el_set(edit, EL_ADDFN, "wavu-complete", "complete the word", shell_line_on_tab);
    (void)el_set(edit, EL_BIND, "^I", "wavu-complete", NULL);
    (void)el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    (void)el_set(edit, EL_BIND, "\\e[1~", "ed-move-to-beg", NULL);
    (void)el_set(edit, EL_BIND, "\\e[4~", "ed-move-to-end", NULL);
    (void)el_set(edit, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
    (void)el_set(edit, EL_SETTY, "-d", "-isig", NULL);
    (void)el_set(edit, EL_BIND, "^C", "wavu-drop", NULL);
    (void)el_set(edit, EL_ADDFN, "wavu-news", "show what others said", shell_line_on_news);
    (void)el_set(edit, EL_BIND, "^^", "wavu-news", NULL);
    (void)el_set(edit, EL_GETCFN, shell_line_on_char);
}

struct shell_line *shell_line_open(const struct shell *shell)
{
    struct shell_line *l = mem_new(sizeof *l);
    l->shell = shell;
    shell_line_locale();
    l->edit = el_init("wavu", stdin, stdout, stderr);
    if (l->edit == NULL) {
        mem_free(l);
        return NULL;
    }
    if (shell->config->history != NULL) {
        shell_history_load(&l->history, shell->config->history);
    }
    shell_news_open(&l->news, shell);
    (void)el_set(l->edit, EL_CLIENTDATA, l);
    (void)el_set(l->edit, EL_PROMPT, shell_line_prompt);
    (void)el_set(l->edit, EL_SIGNAL, 1);
    (void)el_set(l->edit, EL_HIST, shell_line_on_history, &l->history);
    shell_line_keys(l->edit);
    return l;
}

void shell_line_close(struct shell_line *l)
{
    if (l == NULL) {
        return;
    }
    if (l->shell->config->history != NULL &&
        !shell_history_save(&l->history, l->shell->config->history)) {
        say_warning("what was typed could not be kept; see whether the disk is full");
    }
    shell_history_clear(&l->history);
    shell_news_close(&l->news);
    el_end(l->edit);
    mem_free(l);
}

const char *shell_line_read(struct shell_line *l, bool is_more, bool *is_dropped, size_t *len)
{
    int count = 0;
    l->is_more = is_more;
    l->is_dropped = false;
    shell_news_again(&l->news);
    shell_news_pump(&l->news);
    const char *line = el_gets(l->edit, &count);
    *is_dropped = l->is_dropped;
    if (l->is_dropped) { /* nothing is left of it, which is no end */
        line = "\n";
        count = 1;
    }
    *len = line != NULL && count > 0 ? (size_t)count : 0;
    return *len > 0 ? line : NULL;
}
