/*
 * The line that is typed.
 */
#include "apps/tui/input.h"

#include <string.h>

#include "apps/tui/glyph.h"
#include "apps/tui/input_history.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Owned by whoever made it. */
struct input {
    struct input_completer completer;
    struct input_history history;
    char text[INPUT_TEXT_MAX + 1];
    size_t len;
    size_t cursor; /* byte, at a cluster */
    char *killed;  /* what was cut last, or NULL */
    size_t past;   /* text of the history that is shown: 0 is what is typed, 1 the last sent */
    char *typed;   /* what was typed before one of the history was shown, or NULL */
    bool is_pasting;
    bool was_return; /* the last character of a paste was a return: a newline behind it is it */
    /* A search in the history. */
    bool is_searching;
    char query[INPUT_QUERY_MAX];
    size_t query_len;
    /* A completion that goes on while Tab is pressed. */
    struct input_words *words; /* NULL for none */
    size_t word;               /* the one that stands there */
    size_t word_end;           /* byte behind it */
};

struct input *input_new(struct input_completer completer)
{
    struct input *in = mem_new(sizeof *in);
    in->completer = completer;
    return in;
}

static void end_completion(struct input *in)
{
    mem_free(in->words);
    in->words = NULL;
}

static void forget_typed(struct input *in)
{
    mem_free(in->typed);
    in->typed = NULL;
    in->past = 0;
}

void input_free(struct input *in)
{
    if (in == NULL) {
        return;
    }
    end_completion(in);
    forget_typed(in);
    input_history_clear(&in->history);
    mem_free(in->killed);
    mem_free(in);
}

const char *input_text(const struct input *in)
{
    return in->text;
}

size_t input_len(const struct input *in)
{
    return in->len;
}

size_t input_cursor(const struct input *in)
{
    return in->cursor;
}

const char *input_query(const struct input *in)
{
    return in->is_searching ? in->query : NULL;
}

static struct span whole(const struct input *in)
{
    return span_of(in->text, in->len);
}

/* Replace the bytes from `from` to `to` by `text`; the cursor stands behind it. */
static bool replace(struct input *in, size_t from, size_t to, struct span text)
{
    if (in->len - (to - from) + text.len > INPUT_TEXT_MAX) {
        return false;
    }
    memmove(in->text + from + text.len, in->text + to, in->len - to + 1);
    if (text.len > 0) {
        memcpy(in->text + from, text.ptr, text.len);
    }
    in->len = in->len - (to - from) + text.len;
    in->cursor = from + text.len;
    return true;
}

void input_set(struct input *in, const char *text)
{
    size_t len = strlen(text);
    len = len < INPUT_TEXT_MAX ? len : INPUT_TEXT_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
        len--; /* no half character */
    }
    end_completion(in);
    CHECK(replace(in, 0, in->len, span_of(text, len)));
}

void input_sent(struct input *in, bool is_secret)
{
    if (!is_secret && in->len > 0) {
        input_history_add(&in->history, in->text);
    }
    end_completion(in);
    forget_typed(in);
    in->is_searching = false;
    memset(in->text, 0, sizeof in->text);
    in->len = 0;
    in->cursor = 0;
}

static size_t cluster_behind(const struct input *in, size_t at)
{
    struct glyph g;
    return at < in->len ? at + glyph_next(&g, whole(in), at, false) : in->len;
}

static size_t cluster_before(const struct input *in, size_t at)
{
    return at > 0 ? glyph_before(whole(in), at) : 0;
}

static bool is_word_byte(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x80 || (byte >= '0' && byte <= '9') ||
           ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static size_t word_before(const struct input *in, size_t at)
{
    while (at > 0 && !is_word_byte(in->text[at - 1])) {
        at--;
    }
    while (at > 0 && is_word_byte(in->text[at - 1])) {
        at--;
    }
    return at;
}

static size_t word_behind(const struct input *in, size_t at)
{
    while (at < in->len && !is_word_byte(in->text[at])) {
        at++;
    }
    while (at < in->len && is_word_byte(in->text[at])) {
        at++;
    }
    return at;
}

static size_t space_before(const struct input *in, size_t at)
{
    while (at > 0 && (in->text[at - 1] == ' ' || in->text[at - 1] == '\n')) {
        at--;
    }
    while (at > 0 && in->text[at - 1] != ' ' && in->text[at - 1] != '\n') {
        at--;
    }
    return at;
}

static size_t line_start(const struct input *in, size_t at)
{
    while (at > 0 && in->text[at - 1] != '\n') {
        at--;
    }
    return at;
}

static size_t line_end(const struct input *in, size_t at)
{
    while (at < in->len && in->text[at] != '\n') {
        at++;
    }
    return at;
}

static void cut(struct input *in, size_t from, size_t to)
{
    if (from < to) {
        mem_free(in->killed);
        in->killed = mem_new(to - from + 1);
        memcpy(in->killed, in->text + from, to - from);
        CHECK(replace(in, from, to, span_empty()));
    }
}

static void transpose(struct input *in)
{
    char copy[2 * GLYPH_BACK_MAX];
    size_t middle = in->cursor < in->len ? in->cursor : cluster_before(in, in->cursor);
    size_t from = cluster_before(in, middle);
    size_t to = cluster_behind(in, middle);
    if (from < middle && to > middle && to - from <= sizeof copy) {
        memcpy(copy, in->text + middle, to - middle);
        memcpy(copy + (to - middle), in->text + from, middle - from);
        CHECK(replace(in, from, to, span_of(copy, to - from)));
    }
}

/* ---- history ------------------------------------------------------------------------------- */

static void show_past(struct input *in, size_t past)
{
    if (in->past == 0) {
        mem_free(in->typed);
        in->typed = mem_copy_text(in->text);
    }
    const char *text = past == 0 ? in->typed : input_history_get(&in->history, past);
    input_set(in, text);
    in->past = past;
    if (past == 0) {
        forget_typed(in);
    }
}

/* One line up (or down) in the text; beyond it, in the history. */
static enum input_did step(struct input *in, bool is_up)
{
    size_t start = line_start(in, in->cursor);
    size_t end = line_end(in, in->cursor);
    size_t column = in->cursor - start;
    if (is_up ? start > 0 : end < in->len) {
        size_t first = is_up ? line_start(in, start - 1) : end + 1;
        size_t last = line_end(in, first);
        size_t at = first + column < last ? first + column : last;
        while (at > first && ((unsigned char)in->text[at] & 0xc0) == 0x80) {
            at--;
        }
        in->cursor = at;
        return INPUT_CHANGED;
    }
    if (is_up ? in->past >= in->history.count : in->past == 0) {
        return INPUT_UNUSED;
    }
    show_past(in, is_up ? in->past + 1 : in->past - 1);
    return INPUT_CHANGED;
}

/* The next older text that has what is looked for, from `past` on. */
static void find_past(struct input *in, size_t past)
{
    size_t found = in->query_len > 0 ? input_history_find(&in->history, past, in->query) : 0;
    if (found > 0) {
        show_past(in, found);
    }
}

static void begin_search(struct input *in)
{
    in->is_searching = true;
    in->query_len = 0;
    in->query[0] = '\0';
}

static enum input_did search_type(struct input *in, uint32_t point)
{
    uint8_t bytes[4];
    size_t len = utf8_write(bytes, point);
    if (in->query_len + len >= INPUT_QUERY_MAX) {
        return INPUT_FULL;
    }
    memcpy(in->query + in->query_len, bytes, len);
    in->query_len += len;
    in->query[in->query_len] = '\0';
    find_past(in, in->past > 0 ? in->past : 1);
    return INPUT_CHANGED;
}

/* A key while one looks. False when it ends that and is to be pressed as ever. */
static bool search_press(struct input *in, enum input_key key)
{
    if (key == INPUT_SEARCH) {
        find_past(in, in->past + 1);
    } else if (key == INPUT_BACKSPACE) {
        while (in->query_len > 0 && ((unsigned char)in->query[in->query_len - 1] & 0xc0) == 0x80) {
            in->query_len--;
        }
        in->query_len -= in->query_len > 0 ? 1 : 0;
        in->query[in->query_len] = '\0';
    } else {
        in->is_searching = false;
        if (key == INPUT_CANCEL && in->past > 0) {
            show_past(in, 0);
        }
        return key == INPUT_CANCEL || key == INPUT_ENTER;
    }
    return true;
}

/* ---- completion ---------------------------------------------------------------------------- */

static enum input_did complete(struct input *in, bool is_forward)
{
    if (in->words == NULL) {
        struct input_words *words = mem_new(sizeof *words);
        in->completer.offer(in->completer.context, in->text, in->cursor, words);
        CHECK(words->count <= INPUT_WORDS_MAX && words->from <= in->cursor);
        if (words->count == 0) {
            mem_free(words);
            return INPUT_UNUSED;
        }
        in->words = words;
        in->word = is_forward ? 0 : words->count - 1;
        in->word_end = in->cursor;
    } else {
        size_t count = in->words->count;
        in->word = (in->word + (is_forward ? 1 : count - 1)) % count;
    }
    struct span word = span_from_text(in->words->word[in->word]);
    if (!replace(in, in->words->from, in->word_end, word)) {
        return INPUT_FULL;
    }
    in->word_end = in->words->from + word.len;
    if (in->words->count == 1) {
        end_completion(in);
    }
    return INPUT_CHANGED;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static enum input_did insert(struct input *in, struct span text)
{
    return replace(in, in->cursor, in->cursor, text) ? INPUT_CHANGED : INPUT_FULL;
}

static enum input_did move(struct input *in, size_t to)
{
    enum input_did did = to != in->cursor ? INPUT_CHANGED : INPUT_UNUSED;
    in->cursor = to;
    return did;
}

static enum input_did move_key(struct input *in, enum input_key key)
{
    size_t at = in->cursor;
    switch ((int)key) {
    case INPUT_LEFT:
        return move(in, cluster_before(in, at));
    case INPUT_RIGHT:
        return move(in, cluster_behind(in, at));
    case INPUT_HOME:
        return move(in, line_start(in, at));
    case INPUT_END:
        return move(in, line_end(in, at));
    case INPUT_WORD_LEFT:
        return move(in, word_before(in, at));
    case INPUT_WORD_RIGHT:
        return move(in, word_behind(in, at));
    case INPUT_UP:
        return step(in, true);
    case INPUT_DOWN:
        return step(in, false);
    default:
        return INPUT_UNUSED;
    }
}

static enum input_did cut_key(struct input *in, enum input_key key)
{
    size_t at = in->cursor;
    size_t before = in->len;
    switch ((int)key) {
    case INPUT_BACKSPACE:
        CHECK(replace(in, cluster_before(in, at), at, span_empty()));
        break;
    case INPUT_DELETE:
        CHECK(replace(in, at, cluster_behind(in, at), span_empty()));
        break;
    case INPUT_KILL_LINE:
        /* At the end of a line it takes the newline. */
        cut(in, at, at < in->len && in->text[at] == '\n' ? at + 1 : line_end(in, at));
        break;
    case INPUT_KILL_START:
        cut(in, line_start(in, at), at);
        break;
    case INPUT_KILL_WORD_BACK:
        cut(in, space_before(in, at), at);
        break;
    case INPUT_KILL_WORD:
        cut(in, at, word_behind(in, at));
        break;
    default:
        break;
    }
    return in->len != before ? INPUT_CHANGED : INPUT_UNUSED;
}

static enum input_did other_key(struct input *in, enum input_key key)
{
    switch ((int)key) {
    case INPUT_YANK:
        return in->killed != NULL ? insert(in, span_from_text(in->killed)) : INPUT_UNUSED;
    case INPUT_TRANSPOSE:
        transpose(in);
        return INPUT_CHANGED;
    case INPUT_NEWLINE:
        return insert(in, span_of("\n", 1));
    case INPUT_ENTER:
        return in->len > 0 ? INPUT_SEND : INPUT_UNUSED;
    case INPUT_SEARCH:
        begin_search(in);
        return INPUT_CHANGED;
    case INPUT_PASTE_BEGIN:
        in->is_pasting = true;
        in->was_return = false;
        return INPUT_CHANGED;
    default:
        return INPUT_UNUSED;
    }
}

static enum input_did press_pasting(struct input *in, enum input_key key)
{
    if (key == INPUT_PASTE_END) {
        in->is_pasting = false;
        return INPUT_CHANGED;
    }
    if (key == INPUT_ENTER || key == INPUT_NEWLINE) {
        return input_type(in, key == INPUT_ENTER ? '\r' : '\n');
    }
    return key == INPUT_TAB ? input_type(in, '\t') : INPUT_UNUSED;
}

enum input_did input_press(struct input *in, enum input_key key)
{
    if (in->is_pasting) {
        return press_pasting(in, key);
    }
    if (in->is_searching && search_press(in, key)) {
        return INPUT_CHANGED;
    }
    if (key == INPUT_TAB || key == INPUT_BACKTAB) {
        return complete(in, key == INPUT_TAB);
    }
    end_completion(in);
    enum input_did did = move_key(in, key);
    if (did == INPUT_UNUSED) {
        did = cut_key(in, key);
    }
    return did == INPUT_UNUSED ? other_key(in, key) : did;
}

enum input_did input_type(struct input *in, uint32_t point)
{
    uint8_t bytes[4];
    bool is_behind_return = in->was_return && point == '\n';
    end_completion(in);
    in->was_return = in->is_pasting && point == '\r';
    if (in->is_pasting && (point == '\r' || point == '\n' || point == '\t')) {
        if (is_behind_return) {
            return INPUT_UNUSED;
        }
        return insert(in, span_of(point == '\t' ? "    " : "\n", point == '\t' ? 4 : 1));
    }
    if (point < ' ' || (point >= 0x7f && point <= 0x9f) || point > 0x10ffff ||
        (point >= 0xd800 && point <= 0xdfff)) {
        return INPUT_UNUSED;
    }
    if (in->is_searching) {
        return search_type(in, point);
    }
    return insert(in, span_of(bytes, utf8_write(bytes, point)));
}
