/*
 * Lines for people, objects for programs.
 */
#include "apps/talk/plain_out.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/talk/talk_line.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/buf.h"
#include "base/mem.h"

/* ---- Programs ---- */

static void plain_out_json_take(json_t *one)
{
    struct buf text;

    buf_init(&text, JSONRPC_ANSWER_MAX);
    if (one != NULL && jsonrpc_write(one, &text) == 0) {
        say_out("%.*s", (int)text.len, (const char *)text.ptr);
    }
    buf_clear(&text);
    json_decref(one);
}

static json_t *plain_out_place(const char *event, const struct talk_chat *chat)
{
    const bool is_direct = chat->kind == TALK_CHAT_DIRECT;

    return json_pack("{s:s, s:o, s:s, s:s, s:s}", "event", event, "networkName",
                     jsonrpc_text(chat->network->name), "network", chat->network->id,
                     is_direct ? "member" : "room", chat->id, "chat", chat->name);
}

static void plain_out_set(json_t *one, const char *key, json_t *value)
{
    if (value != NULL) {
        (void)json_object_set_new(one, key, value);
    }
}

static void plain_out_said_json(const struct talk_said *said)
{
    json_t *one = plain_out_place("message", said->chat);

    plain_out_set(one, "id", json_string(said->id));
    plain_out_set(one, "author", json_string(said->author));
    plain_out_set(one, "name", jsonrpc_text(said->name));
    plain_out_set(one, "kind", json_string(said->kind));
    plain_out_set(one, "text", jsonrpc_long_text(said->text, (size_t)3 * WAVU_TEXT_MAX));
    plain_out_set(one, "isOwn", json_boolean(said->is_own));
    plain_out_set(one, "isMentioned", json_boolean(said->is_mentioned));
    plain_out_set(one, "isBlocked", json_boolean(said->is_blocked));
    plain_out_json_take(one);
}

bool plain_out_outcome(const struct plain_out *out, const struct talk_words_told *told)
{
    static const char *const names[] = {
        [TALK_WORDS_LINES] = NULL,      [TALK_WORDS_GO] = "chat",
        [TALK_WORDS_INVITE] = "code",   [TALK_WORDS_MEMBERS] = "members",
        [TALK_WORDS_IDENTITY] = NULL,   [TALK_WORDS_STATUS] = "status",
        [TALK_WORDS_PEERS] = "peers",   [TALK_WORDS_TOPOLOGY] = "topology",
        [TALK_WORDS_FILES] = "files",   [TALK_WORDS_FOUND] = "found",
        [TALK_WORDS_VERIFY] = "number", [TALK_WORDS_HELP] = NULL,
        [TALK_WORDS_CONFIG] = NULL,     [TALK_WORDS_QUIT] = NULL};
    const char *name = names[told->outcome];

    if (!out->is_jsonl || name == NULL) {
        return false;
    }
    json_t *one = told->outcome == TALK_WORDS_GO ? plain_out_place(name, told->chat)
                                                 : json_pack("{s:s}", "event", name);

    if (told->outcome == TALK_WORDS_INVITE) {
        plain_out_set(one, "code", json_string(told->code));
        plain_out_set(one, "qr", json_string(told->qr));
        plain_out_set(one, "openMs", json_integer((json_int_t)told->open_ms));
    } else if (told->result != NULL) {
        plain_out_set(one, "result", json_deep_copy(told->result));
    }
    plain_out_json_take(one);
    return true;
}

void plain_out_done(const struct plain_out *out, int err, const char *id)
{
    if (!out->is_jsonl) {
        return;
    }
    plain_out_json_take(
        err < 0 ? json_pack("{s:s, s:s}", "event", "failed", "error", wavu_err_name(err))
                : json_pack("{s:s, s:s*}", "event", "done", "id", id));
}

void plain_out_told(const struct plain_out *out, enum talk_tone tone, const char *line)
{
    static const char *const tones[] = {
        [TALK_PLAIN] = "plain", [TALK_PROBLEM] = "problem", [TALK_ALERT] = "alert"};

    if (out->is_jsonl) {
        plain_out_json_take(json_pack("{s:s, s:s, s:o}", "event", "notice", "tone", tones[tone],
                                      "text", jsonrpc_long_text(line, TALK_LINE_MAX)));
    } else {
        say_out("-- %s\n", line);
    }
}

/* ---- People ---- */

/* Lines of a text stand below each other, indented, so that none can pass for another message. */
static void plain_out_text(const char *text)
{
    for (const char *end = strchr(text, '\n'); end != NULL; end = strchr(text, '\n')) {
        say_out("%.*s\n    ", (int)(end - text), text);
        text = end + 1;
    }
    say_out("%s", text);
}

static void plain_out_line(const struct plain_out *out, const struct talk_chat *chat,
                           const struct talk_message *message)
{
    struct talk_line line;
    char name[SAY_CLEAN_MAX];

    talk_line_make(&line, message, NULL, chat->network);
    say_out("%s ", line.time);
    if (chat->kind == TALK_CHAT_DIRECT) {
        if (message->is_own) {
            say_out("[direct to %s] ", say_name(chat->name, "]", name));
        } else {
            say_out("%s", tongue("[direct] "));
        }
    } else if (chat != out->chat) {
        /* A room may be called "direct", and says so between quotes. */
        say_out("[%s] ",
                say_name(chat->name, strncmp(chat->name, "direct", 6) == 0 ? "d" : "]", name));
    }
    say_out(line.is_action ? "* %s " : "%s: ", line.name);
    if (message->is_mentioned && !message->is_own) {
        say_out("(@you) ");
    }
    if (line.about[0] != '\0') {
        say_out("(%s) ", line.about);
    }
    plain_out_text(line.text);
    if (line.marks[0] != '\0') {
        say_out(" %s", line.marks);
    }
    say_out(line.reactions[0] != '\0' ? " %s\n" : "%s\n", line.reactions);
    talk_line_clear(&line);
}

void plain_out_message(const struct plain_out *out, const struct talk_chat *chat,
                       const struct talk_message *message)
{
    const struct talk_said said = {.chat = (struct talk_chat *)(uintptr_t)chat,
                                   .id = message->id,
                                   .author = message->author,
                                   .name = message->name,
                                   .text = message->text,
                                   .kind = message->kind,
                                   .is_own = message->is_own,
                                   .is_mentioned = message->is_mentioned,
                                   .is_blocked = message->is_blocked};

    if (out->is_jsonl) {
        plain_out_said_json(&said);
    } else {
        plain_out_line(out, chat, message);
    }
}

void plain_out_said(const struct plain_out *out, const struct talk_said *said)
{
    struct talk_message m = {.unix_ms = (uint64_t)time(NULL) * 1000,
                             .text_len = strlen(said->text),
                             .is_own = said->is_own,
                             .is_mentioned = said->is_mentioned,
                             .is_blocked = said->is_blocked};

    if (out->is_jsonl) {
        plain_out_said_json(said);
        return;
    }
    m.text = mem_copy_text(said->text);
    (void)snprintf(m.id, sizeof m.id, "%s", said->id);
    (void)snprintf(m.name, sizeof m.name, "%s", said->name);
    (void)snprintf(m.kind, sizeof m.kind, "%s", said->kind);
    plain_out_line(out, said->chat, &m);
    mem_free(m.text);
}
