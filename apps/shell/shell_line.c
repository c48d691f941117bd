/*
 * libedit on the terminal. While a line is edited Ctrl+C is a key like others; while a command runs
 * the terminal is as it was, and Ctrl+C a signal.
 */
#include "apps/shell/shell_line.h"

#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "apps/shell/shell_complete.h"
#include "apps/shell/shell_history.h"
#include "apps/shell/words.h"
#include "apps/term/say.h"
#include "base/mem.h"

#define SHELL_LINE_WIDTH 80 /* of the terminal, where it does not say */

struct shell_line {
    const struct shell *shell;
    EditLine *edit;
    struct shell_history history;
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
    (void)fputs("^C\n", stdout);
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
    el_end(l->edit);
    mem_free(l);
}

const char *shell_line_read(struct shell_line *l, bool is_more, bool *is_dropped, size_t *len)
{
    int count = 0;
    l->is_more = is_more;
    l->is_dropped = false;
    const char *line = el_gets(l->edit, &count);
    *is_dropped = l->is_dropped;
    if (l->is_dropped) { /* nothing is left of it, which is no end */
        line = "\n";
        count = 1;
    }
    *len = line != NULL && count > 0 ? (size_t)count : 0;
    return *len > 0 ? line : NULL;
}
