/*
 * A message becomes pieces of text that are safe on a terminal, once for all faces of the chat.
 */
#include "apps/talk/talk_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/talk/talk_people.h"
#include "apps/term/clean.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/mem.h"

#define TALK_LINE_MS_MAX UINT64_C(253402300799000)   /* the year 9999 */
#define TALK_LINE_QUOTE 48                           /* bytes of an answered message */
#define TALK_LINE_FILTER (WAVU_MODULE_NAME_MAX + 32) /* bytes of what a filter says */

/* ---- Pieces ---- */

static void talk_line_date(struct talk_line *out, uint64_t unix_ms)
{
    const time_t at = (time_t)(unix_ms / 1000);
    struct tm local;

    (void)snprintf(out->time, sizeof out->time, "--:--");
    if (unix_ms > 0 && unix_ms < TALK_LINE_MS_MAX && localtime_r(&at, &local) != NULL) {
        (void)strftime(out->day, sizeof out->day, "%Y-%m-%d", &local);
        (void)strftime(out->time, sizeof out->time, "%H:%M", &local);
    }
}

static void talk_line_state(struct talk_line *out, const struct talk_message *m)
{
    static const struct {
        const char *state;
        const char *mark;
        const char *word;
    } states[] = {{"queued", "..", TONGUE("queued")}, {"sent", ">", TONGUE("sent")},
                  {"stored", "@", TONGUE("stored")},  {"delivered", "+", TONGUE("delivered")},
                  {"read", "++", TONGUE("read")},     {"expired", "x", TONGUE("expired")},
                  {"refused", "x", TONGUE("refused")}};

    out->state = "";
    if (!m->is_own || m->is_gone) {
        return;
    }
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(m->state, states[i].state) == 0) {
            (void)snprintf(out->mark, sizeof out->mark, "%s", states[i].mark);
            out->state = tongue(states[i].word);
        }
    }
    if (m->state[0] == '\0') { /* in rooms */
        (void)snprintf(out->mark, sizeof out->mark, "%s", m->receipts > 0 ? "+" : "..");
        out->state = m->receipts > 0 ? tongue("delivered") : tongue("queued");
    }
}

const char *talk_line_legend(size_t i)
{
    static const char *const lines[] = {"..  queued: kept here, on its way",
                                        ">   sent: it has left this device",
                                        "@   stored at a member who holds it meanwhile",
                                        "+   delivered; in rooms to one member at least",
                                        "++  read",
                                        "x   expired or refused: too late, or nobody is there"};

    return i < sizeof lines / sizeof lines[0] ? tongue(lines[i]) : NULL;
}

static const char *talk_line_name(const struct talk_network *network, const char *id, char part[9])
{
    const struct talk_member *m = network != NULL ? talk_people_find(network, id) : NULL;

    (void)snprintf(part, 9, "%.8s", id);
    return m != NULL ? m->shown : part;
}

/* What others are called cannot be read as more than a name; words come behind it at once where it
 * stands `apart` from them by a space alone. */
static void talk_line_author(char out[TALK_LINE_NAME_MAX], const struct talk_message *m,
                             const char *apart)
{
    char name[SAY_CLEAN_MAX];

    (void)snprintf(out, TALK_LINE_NAME_MAX, "%.*s", TALK_LINE_NAME_MAX - 1,
                   m->is_own ? m->name : say_name(m->name, apart, name));
}

/* Put a piece behind others. */
static void talk_line_put(char *out, size_t size, const char *piece)
{
    const size_t used = strlen(out);

    (void)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", piece);
}

static void talk_line_marks(struct talk_line *out, const struct talk_message *m,
                            const struct talk_network *network)
{
    char text[TALK_LINE_PART_MAX];
    char name[SAY_CLEAN_MAX];
    char part[9];

    if (m->is_edited && !m->is_gone) {
        talk_line_put(out->marks, sizeof out->marks, tongue("(edited)"));
    }
    if (m->is_hidden) {
        talk_line_put(out->marks, sizeof out->marks,
                      tongue("(does not count: its author was put out)"));
    }
    if (strcmp(m->state, "stored") == 0) {
        (void)snprintf(text, sizeof text, tongue("(stored at %s)"),
                       say_name(talk_line_name(network, m->holder, part), ")", name));
        talk_line_put(out->marks, sizeof out->marks, text);
    } else if (m->is_own && m->state[0] == '\0' && m->receipts > 0) {
        (void)snprintf(text, sizeof text, tongue_many("(%u has it)", "(%u have it)", m->receipts),
                       (unsigned)m->receipts);
        talk_line_put(out->marks, sizeof out->marks, text);
    }
}

static void talk_line_reactions(struct talk_line *out, const struct talk_message *m)
{
    size_t used = 0;

    for (size_t i = 0; i < m->reaction_count; i++) {
        const struct talk_reaction *r = &m->reactions[i];
        char emoji[WAVU_EMOJI_MAX];
        char piece[WAVU_EMOJI_MAX + 24];

        (void)clean_text(emoji, sizeof emoji, r->emoji, strlen(r->emoji), CLEAN_NAME);
        if (r->count > 1) {
            (void)snprintf(piece, sizeof piece, "%s%s %u", i == 0 ? "[" : ", ", emoji,
                           (unsigned)r->count);
        } else {
            (void)snprintf(piece, sizeof piece, "%s%s", i == 0 ? "[" : ", ", emoji);
        }
        if (used + strlen(piece) + 2 > sizeof out->reactions) {
            break;
        }
        memcpy(out->reactions + used, piece, strlen(piece) + 1);
        used += strlen(piece);
    }
    if (used > 0) {
        (void)snprintf(out->reactions + used, sizeof out->reactions - used, "]");
    }
}

static void talk_line_about(struct talk_line *out, const struct talk_message *m,
                            const struct talk_message *answered)
{
    char quote[TALK_LINE_QUOTE];
    char name[TALK_LINE_NAME_MAX];

    if (m->about[0] == '\0') {
        return;
    }
    if (answered == NULL || answered->is_gone || answered->is_blocked || answered->is_filtered) {
        (void)snprintf(out->about, sizeof out->about, tongue("to %.8s"), m->about);
        return;
    }
    const size_t len =
        clean_text(quote, sizeof quote, answered->text, answered->text_len, CLEAN_LINE);

    talk_line_author(name, answered, "");
    (void)snprintf(out->about, sizeof out->about,
                   len + 4 < answered->text_len ? tongue("to %s: %s...") : tongue("to %s: %s"),
                   name, quote);
}

/* What a filter of the node says of it. */
static const char *talk_line_filter(const struct talk_message *m, char out[TALK_LINE_FILTER])
{
    (void)snprintf(out, TALK_LINE_FILTER,
                   m->is_filtered ? tongue("(hidden by the filter %s)")
                                  : tongue("(marked by the filter %s)"),
                   m->filter);
    return out;
}

/* What is no text says in words what it is; NULL: it is a text. `out` may be used for it. */
static const char *talk_line_note(const struct talk_message *m, char out[TALK_LINE_FILTER])
{
    static const struct {
        const char *kind;
        const char *note;
    } notes[] = {{"file", TONGUE("(a file)")},
                 {"room", "(made or changed the room)"},
                 {"joined", TONGUE("(joined)")},
                 {"sos", TONGUE("(CALLS FOR HELP)")},
                 {"sos over", "(needs no help any more)"}};

    if (m->is_blocked) {
        return tongue("(blocked)");
    }
    if (m->is_gone) {
        return tongue("(deleted, or it has ended)");
    }
    if (m->filter[0] != '\0') {
        return talk_line_filter(m, out);
    }
    if (strcmp(m->kind, "text") == 0 || strcmp(m->kind, "me") == 0) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (strcmp(m->kind, notes[i].kind) == 0) {
            return tongue(notes[i].note);
        }
    }
    return tongue("(a message of a newer wavu)");
}

/* Nothing of what is blocked, hidden, gone or not understood is shown. */
static bool talk_line_has_text(const struct talk_message *m)
{
    return !m->is_blocked && !m->is_filtered && !m->is_gone && strcmp(m->kind, "unknown") != 0;
}

static void talk_line_text(struct talk_line *out, const struct talk_message *m)
{
    char filter[TALK_LINE_FILTER];
    const char *note = talk_line_note(m, filter);
    const size_t head = note != NULL ? strlen(note) : 0;
    const size_t len = talk_line_has_text(m) ? m->text_len : 0;
    /* A tab becomes CLEAN_TAB bytes; all else becomes no longer. */
    const size_t most =
        len < TALK_LINE_TEXT_MAX / CLEAN_TAB ? CLEAN_TAB * len : TALK_LINE_TEXT_MAX - 1;

    out->is_note = note != NULL;
    out->text = mem_new_raw(head + 1 + most + 1);
    if (head > 0) {
        memcpy(out->text, note, head);
    }
    out->text_len = head;
    if (len > 0) {
        if (head > 0) {
            out->text[out->text_len++] = ' ';
        }
        out->text_len += clean_text(out->text + out->text_len, most + 1, m->text, len, CLEAN_TEXT);
    }
    out->text[out->text_len] = '\0';
}

void talk_line_make(struct talk_line *out, const struct talk_message *m,
                    const struct talk_message *answered, const struct talk_network *network)
{
    *out = (struct talk_line){.is_action = strcmp(m->kind, "me") == 0 && !m->is_gone};
    talk_line_author(out->name, m, out->is_action ? " " : "");
    talk_line_date(out, m->unix_ms);
    talk_line_state(out, m);
    talk_line_marks(out, m, network);
    talk_line_reactions(out, m);
    talk_line_about(out, m, answered);
    talk_line_text(out, m);
}

void talk_line_clear(struct talk_line *line)
{
    mem_free(line->text);
    line->text = NULL;
    line->text_len = 0;
}
