/*
 * libedit on the terminal. While a line is edited Ctrl+C is a key like others; while a command runs
 * the terminal is as it was, and Ctrl+C a signal.
 */
#include "apps/shell/shell_line.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/shell/shell_complete.h"
#include "apps/shell/words.h"
#include "apps/term/say.h"
#include "base/mem.h"

#define SHELL_LINE_WIDTH 80 /* of the terminal, where it does not say */
#define SHELL_LINE_PATH_MAX 1100

struct shell_line {
    const struct shell *shell;
    EditLine *edit;
    History *history;
    bool is_more;    /* for the prompt */
    bool is_dropped; /* by Ctrl+C */
    struct complete offered;
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
    (void)fputs("^C", stdout);
    return CC_NEWLINE;
}

/* ---- Tab ---- */

static void shell_line_list(const struct complete *c)
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
    char begin[COMPLETE_WORD_MAX];
    char quoted[2 * COMPLETE_WORD_MAX + 4];
    memcpy(begin, word, common);
    begin[common] = '\0';
    if (words_quote(begin, quoted, sizeof quoted - 1) < 0) {
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
    char typed[COMPLETE_WORD_MAX];
    size_t len = (size_t)(line->cursor - line->buffer);
    size_t at = 0;
    (void)key;
    if (!shell_complete_line(l->shell, line->buffer, len, &l->offered, typed, &at) ||
        l->offered.count == 0) {
        return CC_REFRESH_BEEP;
    }
    struct complete *c = &l->offered;
    size_t common = complete_common(c);
    bool is_one = c->count == 1 && c->others == 0;
    if (is_one || common > strlen(typed)) {
        return shell_line_put(edit, c->items[0], common, is_one, len - at) ? CC_REFRESH
                                                                           : CC_REFRESH_BEEP;
    }
    complete_sort(c);
    shell_line_list(c);
    return CC_REDISPLAY;
}

/* ---- What was typed before ---- */

static void shell_line_load(struct shell_line *l)
{
    struct stat about;
    HistEvent event;
    const char *path = l->shell->config->history;
    if (path != NULL && stat(path, &about) == 0 && S_ISREG(about.st_mode) &&
        about.st_size <= SHELL_LINE_HISTORY_BYTES) {
        (void)history(l->history, &event, H_LOAD, path);
    }
}

/* Into a new file that only this user can read, which then takes the old one's place. */
static void shell_line_save(struct shell_line *l)
{
    char path[SHELL_LINE_PATH_MAX];
    HistEvent event;
    const char *whole = l->shell->config->history;
    if (whole == NULL || strlen(whole) >= sizeof path - 4) {
        return;
    }
    (void)snprintf(path, sizeof path, "%s.new", whole);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return; /* a disk that takes nothing: what was typed is gone with the shell */
    }
    (void)close(fd);
    if (history(l->history, &event, H_SAVE, path) < 0 || rename(path, whole) != 0) {
        (void)unlink(path);
    }
}

void shell_line_keep(struct shell_line *l, const char *line)
{
    HistEvent event;
    if (line[0] != ' ' && line[0] != '\n' && line[0] != '\0') {
        (void)history(l->history, &event, H_ENTER, line);
    }
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
}

struct shell_line *shell_line_open(const struct shell *shell)
{
    struct shell_line *l = mem_new(sizeof *l);
    HistEvent event;
    l->shell = shell;
    shell_line_locale();
    l->edit = el_init("wavu", stdin, stdout, stderr);
    l->history = history_init();
    if (l->edit == NULL || l->history == NULL) {
        shell_line_close(l);
        return NULL;
    }
    (void)history(l->history, &event, H_SETSIZE, SHELL_LINE_HISTORY_MAX);
    (void)history(l->history, &event, H_SETUNIQUE, 1);
    shell_line_load(l);
    (void)el_set(l->edit, EL_CLIENTDATA, l);
    (void)el_set(l->edit, EL_PROMPT, shell_line_prompt);
    (void)el_set(l->edit, EL_SIGNAL, 1);
    (void)el_set(l->edit, EL_HIST, history, l->history);
    shell_line_keys(l->edit);
    return l;
}

void shell_line_close(struct shell_line *l)
{
    if (l == NULL) {
        return;
    }
    if (l->history != NULL) {
        shell_line_save(l);
        history_end(l->history);
    }
    if (l->edit != NULL) {
        el_end(l->edit);
    }
    mem_free(l);
}

const char *shell_line_read(struct shell_line *l, bool is_more, bool *is_dropped, size_t *len)
{
    int count = 0;
    l->is_more = is_more;
    l->is_dropped = false;
    const char *line = el_gets(l->edit, &count);
    *is_dropped = l->is_dropped;
    *len = line != NULL && count > 0 ? (size_t)count : 0;
    return *len > 0 ? line : NULL;
}
