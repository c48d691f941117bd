/*
 * Typed lines: to the command that they name, or into the chat. Commands lie in talk_words_say.c,
 * talk_words_people.c and talk_words_node.c.
 */
#include "apps/talk/talk_words.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "apps/talk/talk_json.h"
#include "apps/talk/talk_line.h"
#include "apps/talk/talk_paths.h"
#include "apps/talk/talk_people.h"
#include "apps/talk/talk_say.h"
#include "apps/talk/talk_words_core.h"
#include "apps/talk/talk_words_node.h"
#include "apps/talk/talk_words_people.h"
#include "apps/talk/talk_words_say.h"
#include "apps/term/tongue.h"
#include "base/guess.h"
#include "base/mem.h"

#define TALK_WORDS_LIST_MAX 5 /* of several who are meant, so many are named */
#define TALK_WORDS_PART_MIN 4 /* digits of a message's id */
#define TALK_WORDS_PART 8     /* that a completion gives */

/* ---- The table ---- */

static int talk_words_help(struct talk_words_call *call);
static int talk_words_quit(struct talk_words_call *call);

static const struct talk_words_verb talk_words_table[] = {
    {{"dm", "NAME [TEXT]", "say TEXT to one member alone, or go to that chat"},
     .run = talk_words_say_dm,
     .needs_network = true,
     .needs_rest = true},
    {{"me", "TEXT", "say it as an action: * amina waves"},
     .run = talk_words_say_me,
     .needs_chat = true,
     .needs_rest = true},
    {{"reply", "ID|last TEXT", "answer a message"},
     .run = talk_words_say_reply,
     .needs_chat = true,
     .needs_rest = true},
    {{"edit", "ID|last TEXT", "put TEXT in place of a message of yours"},
     .run = talk_words_say_edit,
     .needs_chat = true,
     .needs_rest = true},
    {{"delete", "ID|last", "take back a message of yours"},
     .run = talk_words_say_delete,
     .needs_chat = true,
     .needs_rest = true},
    {{"react", "ID|last EMOJI", "react to a message; the same again takes it back"},
     .run = talk_words_say_react,
     .needs_chat = true,
     .needs_rest = true},
    {{"search", "WORDS", "messages of this chat that have all of these words"},
     .run = talk_words_say_search,
     .needs_chat = true,
     .needs_rest = true},
    {{"room", "[list | make NAME | NAME]", "go to a room, make one, or list them"},
     .run = talk_words_say_room,
     .needs_network = true},
    {{"invite", "[KEY]", "open a code for one newcomer, or invite who has that key"},
     .run = talk_words_people_invite,
     .needs_network = true},
    {{"join", "CODE [ADDRESS] | ADDRESS",
      "join with the code that a member shows; or who invited your key"},
     .run = talk_words_people_join,
     .needs_rest = true},
    {{"members", "", "who belongs to this network"},
     .run = talk_words_people_members,
     .needs_network = true},
    {{"who", "NAME", "what is known of a member"},
     .run = talk_words_people_known,
     .needs_network = true,
     .needs_rest = true},
    {{"verify", "NAME [yes|no]", "the safety number to compare; yes: it is the same"},
     .run = talk_words_people_verify,
     .needs_network = true,
     .needs_rest = true},
    {{"revoke", "NAME", "put a member out of this network"},
     .run = talk_words_people_revoke,
     .needs_network = true,
     .needs_rest = true},
    {{"leave", "", "leave this network"}, .run = talk_words_people_leave, .needs_network = true},
    {{"nick", "[NAME]", "how others are told that you are called"}, .run = talk_words_people_nick},
    {{"id", "", "who you are: nick, key, node"}, .run = talk_words_people_self},
    {{"networks", "", "the networks that you are in"}, .run = talk_words_people_networks},
    {{"file", "send PATH | list | PATH", "offer a file here, or list what is offered"},
     .run = talk_words_node_file,
     .needs_network = true,
     .needs_rest = true},
    {{"accept", "ID", "fetch a file that is offered"},
     .run = talk_words_node_accept,
     .needs_rest = true},
    {{"sos", "[TEXT] | cancel | seen | status",
      "call all members for help; end that; say that you saw a call; who calls, who has it"},
     .run = talk_words_node_sos,
     .needs_network = true},
    {{"status", "", "how the node is"}, .run = talk_words_node_status},
    {{"peers", "", "who is connected"}, .run = talk_words_node_peers},
    {{"topology", "", "who is whose neighbour"}, .run = talk_words_node_topology},
    {{"export", "DIR", "write what waits for others onto a stick"},
     .run = talk_words_node_export,
     .needs_rest = true},
    {{"import", "DIR", "take what a stick brought"},
     .run = talk_words_node_import,
     .needs_rest = true},
    {{"config", "", "the settings"}, .run = talk_words_node_config},
    {{"help", "[COMMAND]", "what there is to type"}, .run = talk_words_help},
    {{"quit", "", "end the chat"}, .run = talk_words_quit},
};

#define TALK_WORDS_COUNT (sizeof talk_words_table / sizeof talk_words_table[0])

const struct talk_words_command *talk_words_at(size_t i)
{
    return i < TALK_WORDS_COUNT ? &talk_words_table[i].row : NULL;
}

/* ---- What commands share ---- */

void talk_words_over(struct talk_words *w, int err, const char *id)
{
    if (w->user->done != NULL) {
        w->user->done(w->context, err, id);
    }
}

bool talk_words_show(struct talk_words_ask *ask, struct talk_words_told *told)
{
    const struct talk_words *w = ask->words;

    told->chat = told->chat != NULL ? told->chat : ask->chat;
    told->network = told->network != NULL ? told->network : ask->network;
    return w->user->outcome != NULL && w->user->outcome(w->context, told);
}

struct talk_words_ask *talk_words_ask_new(const struct talk_words_call *call, const char *text)
{
    struct talk_words_ask *ask = mem_new(sizeof *ask);

    *ask = (struct talk_words_ask){.words = call->words,
                                   .chat = call->chat,
                                   .network = call->network,
                                   .text = text != NULL ? mem_copy_text(text) : NULL,
                                   .line = call->line != NULL ? mem_copy_text(call->line) : NULL};
    return ask;
}

void talk_words_ask_free(struct talk_words_ask *ask)
{
    if (ask != NULL) {
        mem_free(ask->text);
        mem_free(ask->line);
        mem_free(ask);
    }
}

/* What was typed was not done: it can be typed again. */
static void talk_words_give_back(const struct talk_words_ask *ask)
{
    if (ask->line != NULL && ask->words->user->unsaid != NULL) {
        ask->words->user->unsaid(ask->words->context, ask->chat, ask->line);
    }
}

void talk_words_end(struct talk_words_ask *ask, int err, const char *id)
{
    struct talk_words *w = ask->words;

    talk_words_ask_free(ask);
    talk_words_over(w, err, id);
}

static void talk_words_on_answer(void *context, const struct rpc_link_answer *answer)
{
    struct talk_words_ask *ask = context;

    if (answer->err == 0) {
        ask->then(ask, answer->result);
        return;
    }
    if (answer->err != WAVU_ERR_CLOSED && answer->err != WAVU_ERR_NO_NODE) {
        talk_words_tell(ask, TALK_PROBLEM, "%s", tongue(answer->sentence));
    }
    talk_words_end(ask, answer->err, NULL);
}

static int talk_words_send_take(struct talk_words_ask *ask, const char *method, json_t *params,
                                talk_words_then *then)
{
    ask->then = then;
    int rc = talk_ask_take(ask->words->talk, method, params, talk_words_on_answer, ask);

    if (rc < 0) {
        talk_words_tell(ask, TALK_PROBLEM, "%s",
                        rc == WAVU_ERR_NO_NODE
                            ? tongue("the node is gone")
                            : tongue("too much is on its way; try again in a moment"));
        talk_words_end(ask, rc, NULL);
    }
    return 0;
}

int talk_words_ask_take(struct talk_words_ask *ask, const char *method, json_t *params,
                        talk_words_then *then)
{
    if (params == NULL) {
        talk_words_tell(ask, TALK_PROBLEM, "what is typed has to be text in UTF-8");
        talk_words_end(ask, WAVU_ERR_PROTO, NULL);
        return 0;
    }
    return talk_words_send_take(ask, method, params, then);
}

int talk_words_ask_plain(struct talk_words_ask *ask, const char *method, talk_words_then *then)
{
    return talk_words_send_take(ask, method, NULL, then);
}

/* ---- Whom a name means ---- */

/* "Baraka#3f9c, Baraka#77aa": to tell them apart. */
static void talk_words_list(const json_t *members, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(members) && i < TALK_WORDS_LIST_MAX; i++) {
        char shown[WAVU_SHOWN_MAX];

        talk_json_shown(shown, sizeof shown, json_array_get(members, i), "shown");
        used += (size_t)snprintf(out + used, used < size ? size - used : 0, "%s%s (%.8s)",
                                 i > 0 ? ", " : "", shown,
                                 talk_json_text(json_array_get(members, i), "id"));
        used = used < size ? used : size - 1;
    }
}

/* What goes on with the one who is meant stands in open_then until it is known. */
struct talk_words_whom {
    struct talk_words_ask *ask;
    talk_words_then *then;
    char name[TALK_WORDS_NAME_SIZE];
};

static void talk_words_on_whom(void *context, const struct rpc_link_answer *answer)
{
    struct talk_words_whom *whom = context;
    struct talk_words_ask *ask = whom->ask;
    const json_t *members = json_object_get(answer->result, "members");
    char list[TALK_LINE_MAX / 2];

    ask->then = whom->then;
    if (answer->err < 0) {
        talk_words_on_answer(ask, answer);
    } else if (json_array_size(members) == 1) {
        ask->then(ask, json_array_get(members, 0));
    } else if (json_array_size(members) == 0) {
        talk_words_tell(ask, TALK_PROBLEM, "nobody in %s is called '%s'; /members lists who is",
                        ask->network->name, whom->name);
        talk_words_give_back(ask);
        talk_words_end(ask, WAVU_ERR_NOT_FOUND, NULL);
    } else {
        talk_words_list(members, list, sizeof list);
        talk_words_tell(ask, TALK_PROBLEM,
                        "'%s' can mean several: %s; type the name as it is shown, or the "
                        "beginning of the id",
                        whom->name, list);
        talk_words_give_back(ask);
        talk_words_end(ask, WAVU_ERR_INVALID, NULL);
    }
    mem_free(whom);
}

int talk_words_who_take(struct talk_words_ask *ask, const char *name, talk_words_then *then)
{
    struct talk_words_whom *whom = mem_new(sizeof *whom);
    json_t *params = NULL;

    name += name[0] == '@' ? 1 : 0;
    params = json_pack("{s:s, s:s}", "who", name, "network", ask->network->id);
    *whom = (struct talk_words_whom){.ask = ask, .then = then};
    (void)snprintf(whom->name, sizeof whom->name, "%s", name);
    if (params == NULL ||
        talk_ask_take(ask->words->talk, "network.find", params, talk_words_on_whom, whom) < 0) {
        mem_free(whom);
        talk_words_tell(ask, TALK_PROBLEM, "'%s' cannot be looked up now", name);
        talk_words_end(ask, params == NULL ? WAVU_ERR_PROTO : WAVU_ERR_LIMIT, NULL);
    }
    return 0;
}

/* ---- Asking the person ---- */

void talk_words_sure(struct talk_words_ask *ask, const char *question, talk_words_then *then,
                     const json_t *about)
{
    struct talk_words *w = ask->words;

    if (ask->is_yes) {
        then(ask, about);
    } else if (w->user->confirm == NULL) {
        talk_words_tell(ask, TALK_PROBLEM, "%s Type the same again with 'yes' behind it.",
                        question);
        talk_words_end(ask, WAVU_ERR_AGAIN, NULL);
    } else {
        talk_words_confirm(w, false); /* the one before is withdrawn */
        w->open = ask;
        w->open_then = then;
        w->open_about = json_deep_copy(about);
        w->user->confirm(w->context, question);
    }
}

void talk_words_confirm(struct talk_words *w, bool is_yes)
{
    struct talk_words_ask *ask = w->open;
    json_t *about = w->open_about;

    if (ask == NULL) {
        return;
    }
    w->open = NULL;
    w->open_about = NULL;
    if (is_yes) {
        w->open_then(ask, about);
    } else {
        talk_words_tell(ask, TALK_PLAIN, "nothing was done");
        talk_words_end(ask, WAVU_ERR_CLOSED, NULL);
    }
    json_decref(about);
}

/* ---- Words ---- */

char *talk_words_cut(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word;

    if (*word == '"' || (*word == '@' && word[1] == '"')) {
        word += *word == '@' ? 2 : 1;
        end = strchr(word, '"');
        end = end != NULL ? end : word + strlen(word);
    } else {
        end = word + strcspn(word, " \t\n");
    }
    if (*end != '\0') {
        *end++ = '\0';
    }
    *rest = end + strspn(end, " \t");
    return word;
}

bool talk_words_cut_yes(char *rest)
{
    const size_t len = strlen(rest);
    const bool is_all = strcmp(rest, "yes") == 0;

    if (!is_all && (len < 4 || strcmp(rest + len - 4, " yes") != 0)) {
        return false;
    }
    rest[is_all ? 0 : len - 4] = '\0';
    return true;
}

/* The newest message of `chat` that `part` names (talk_words_message), and how many it names. */
static const struct talk_message *talk_words_meant(const struct talk_chat *chat, const char *part,
                                                   bool is_own, size_t *count)
{
    const struct talk_window *w = chat->window;
    const bool is_last = strcmp(part, "last") == 0;
    const struct talk_message *found = NULL;

    *count = 0;
    for (size_t i = w != NULL ? w->count : 0; i > 0; i--) {
        const struct talk_message *m = w->messages[i - 1];
        const bool is_meant = is_last ? m->is_own == is_own && !m->is_gone && found == NULL
                                      : strlen(part) >= TALK_WORDS_PART_MIN &&
                                            strncmp(m->id, part, strlen(part)) == 0;

        found = is_meant ? m : found;
        *count += is_meant;
    }
    return found;
}

const struct talk_message *talk_words_message(const struct talk_words_call *call, const char *part,
                                              bool is_own)
{
    size_t count = 0;
    const struct talk_message *found = talk_words_meant(call->chat, part, is_own, &count);

    if (count == 1) {
        return found;
    }
    if (count == 0 && strcmp(part, "last") == 0) {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "%s",
                  is_own ? tongue("you have said nothing here that is loaded")
                         : tongue("nobody else has said anything here that is loaded"));
        return NULL;
    }
    talk_tell(call->words->talk, TALK_PROBLEM, call->chat,
              count == 0 ? "no message that is loaded here is meant by '%s'; type the first %d "
                           "digits of its id or more, or 'last'"
                         : "several messages here begin with '%s'; type more than %d digits",
              part, TALK_WORDS_PART_MIN);
    return NULL;
}

/* ---- Typed lines ---- */

static int talk_words_help(struct talk_words_call *call)
{
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);
    const char *name = talk_words_cut(&call->rest);
    struct talk_words_told told = {.outcome = TALK_WORDS_HELP, .text = name};
    bool is_known = name[0] == '\0';

    name += name[0] == '/' ? 1 : 0;
    if (name[0] != '\0' || !talk_words_show(ask, &told)) {
        for (size_t i = 0; i < TALK_WORDS_COUNT; i++) {
            const struct talk_words_command *row = &talk_words_table[i].row;

            if (name[0] == '\0' || strcmp(row->name, name) == 0) {
                is_known = true;
                talk_words_tell(ask, TALK_PLAIN, "/%s%s%s: %s", row->name,
                                row->words[0] != '\0' ? " " : "", row->words, tongue(row->summary));
            }
        }
        if (!is_known) {
            talk_words_tell(ask, TALK_PROBLEM, "there is no /%s; /help lists what there is", name);
        }
    }
    talk_words_end(ask, is_known ? 0 : WAVU_ERR_NOT_FOUND, NULL);
    return 0;
}

static int talk_words_quit(struct talk_words_call *call)
{
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);
    struct talk_words_told told = {.outcome = TALK_WORDS_QUIT};

    (void)talk_words_show(ask, &told);
    talk_words_end(ask, 0, NULL);
    return 0;
}

static int talk_words_unknown(struct talk_words *w, struct talk_chat *chat, const char *name)
{
    struct guess guess = {.word = NULL};

    for (size_t i = 0; i < TALK_WORDS_COUNT; i++) {
        guess_try(&guess, name, talk_words_table[i].row.name);
    }
    if (guess.word != NULL) {
        talk_tell(w->talk, TALK_PROBLEM, chat, "there is no /%s; did you mean /%s?", name,
                  guess.word);
    } else {
        talk_tell(w->talk, TALK_PROBLEM, chat,
                  "there is no /%s; /help lists what there is, and // begins a text with one /",
                  name);
    }
    return WAVU_ERR_NOT_FOUND;
}

/* What a command lacks, as a line; 0: nothing. */
static int talk_words_lacks(const struct talk_words_call *call)
{
    const struct talk_words_verb *verb = call->verb;
    const char *line = NULL;

    if (verb->needs_rest && call->rest[0] == '\0') {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "type /%s %s: %s", verb->row.name,
                  verb->row.words, tongue(verb->row.summary));
        return WAVU_ERR_INVALID;
    }
    if (verb->needs_chat && call->chat == NULL) {
        line = tongue("there is no chat here yet; /room NAME or /dm NAME goes to one");
    } else if (verb->needs_network && call->network == NULL) {
        line =
            tongue("you are in no network yet: /join CODE joins one, 'wavu create NAME' makes one");
    }
    if (line != NULL) {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "%s", line);
        return WAVU_ERR_NOT_FOUND;
    }
    return 0;
}

/* The network that is meant where no chat says it. */
static const struct talk_network *talk_words_network(const struct talk_words *w)
{
    for (size_t i = 0; i < talk_network_count(w->talk); i++) {
        if (talk_network_at(w->talk, i)->is_member) {
            return talk_network_at(w->talk, i);
        }
    }
    return NULL;
}

static int talk_words_do(struct talk_words *w, struct talk_chat *chat, const char *line,
                         char *typed)
{
    char *rest = typed;
    const char *name = talk_words_cut(&rest);
    struct talk_words_call call = {.words = w,
                                   .chat = chat,
                                   .network = chat != NULL ? chat->network : talk_words_network(w),
                                   .rest = rest,
                                   .line = line};
    size_t len = strlen(rest);

    while (len > 0 && (rest[len - 1] == ' ' || rest[len - 1] == '\n')) {
        rest[--len] = '\0';
    }
    for (size_t i = 0; i < TALK_WORDS_COUNT; i++) {
        if (strcmp(talk_words_table[i].row.name, name) == 0) {
            call.verb = &talk_words_table[i];
            int rc = talk_words_lacks(&call);

            return rc < 0 ? rc : call.verb->run(&call);
        }
    }
    return talk_words_unknown(w, chat, name);
}

static void talk_words_on_said(void *context, int err, const char *id, const char *sentence)
{
    struct talk_words_ask *ask = context;

    if (err < 0 && id == NULL && err != WAVU_ERR_CLOSED && err != WAVU_ERR_NO_NODE) {
        talk_words_tell(ask, TALK_PROBLEM, "not said: %s", sentence);
    }
    if (err < 0 && id == NULL && err != WAVU_ERR_CLOSED) {
        talk_words_give_back(ask);
    }
    talk_words_end(ask, err, id);
}

int talk_words_say(const struct talk_words_call *call, struct talk_chat *chat,
                   const struct talk_say *what)
{
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);

    ask->chat = chat;
    int rc = talk_say(call->words->talk, chat, what, talk_words_on_said, ask);

    if (rc < 0) {
        talk_words_ask_free(ask);
        talk_say_explain(call->words->talk, chat, rc);
    }
    return rc;
}

bool talk_words_is_command(const char *line)
{
    return line[0] == '/' && line[1] != '/';
}

int talk_words_enter(struct talk_words *w, struct talk_chat *chat, const char *line)
{
    const struct talk_words_call call = {.words = w, .chat = chat, .line = line};
    struct talk_say what = {.text = line + (line[0] == '/' ? 1 : 0)};

    if (strlen(line) >= TALK_WORDS_LINE_MAX) {
        talk_tell(w->talk, TALK_PROBLEM, chat, "that is too long; /file PATH sends it as a file");
        return WAVU_ERR_LIMIT;
    }
    if (talk_words_is_command(line)) {
        char *typed = mem_copy_text(line + 1);
        int rc = talk_words_do(w, chat, line, typed);

        mem_free(typed);
        return rc;
    }
    if (chat == NULL) {
        talk_tell(w->talk, TALK_PROBLEM, NULL,
                  "there is nobody to say it to yet: /join CODE joins a network");
        return WAVU_ERR_NOT_FOUND;
    }
    if (line[strspn(line, " \t\n")] == '\0') {
        talk_tell(w->talk, TALK_PROBLEM, chat, "nothing was typed");
        return WAVU_ERR_INVALID;
    }
    return talk_words_say(&call, chat, &what);
}

/* ---- Completion ---- */

static void talk_words_found_add(struct talk_words_found *out, const char *head, const char *text)
{
    const char *quote = strchr(text, ' ') != NULL ? "\"" : "";

    if (out->count < TALK_WORDS_FOUND_MAX) {
        (void)snprintf(out->texts[out->count++], sizeof out->texts[0], "%s%s%s%s", head, quote,
                       text, quote);
    }
}

static void talk_words_complete_commands(struct talk_words_found *out, const char *head,
                                         const char *part, size_t len)
{
    for (size_t i = 0; i < TALK_WORDS_COUNT; i++) {
        if (strncasecmp(talk_words_table[i].row.name, part, len) == 0) {
            talk_words_found_add(out, head, talk_words_table[i].row.name);
        }
    }
}

static void talk_words_complete_names(struct talk_words_found *out,
                                      const struct talk_network *network, const char *head,
                                      const char *part, size_t len)
{
    for (size_t i = 0; network != NULL && i < talk_people_count(network); i++) {
        const struct talk_member *m = talk_people_at(network, i);

        if (!m->is_self && m->is_member && strncasecmp(m->shown, part, len) == 0) {
            talk_words_found_add(out, head, m->shown);
        }
    }
}

static void talk_words_complete_rooms(const struct talk_words *w, struct talk_words_found *out,
                                      const struct talk_network *network, const char *part,
                                      size_t len)
{
    for (size_t i = 0; i < talk_chat_count(w->talk); i++) {
        const struct talk_chat *chat = talk_chat_at(w->talk, i);

        if (chat->network == network && chat->kind != TALK_CHAT_DIRECT &&
            strncasecmp(chat->name, part, len) == 0) {
            talk_words_found_add(out, "", chat->name);
        }
    }
}

/* The messages that are loaded, the newest first. */
static void talk_words_complete_ids(struct talk_words_found *out, const struct talk_chat *chat,
                                    bool is_own, const char *part, size_t len)
{
    const struct talk_window *w = chat != NULL ? chat->window : NULL;
    char id[TALK_WORDS_PART + 1];
    for (size_t i = w != NULL ? w->count : 0; i > 0; i--) {
        const struct talk_message *m = w->messages[i - 1];

        if (!m->is_gone && (m->is_own || !is_own) && strncmp(m->id, part, len) == 0) {
            (void)snprintf(id, sizeof id, "%.*s", TALK_WORDS_PART, m->id);
            talk_words_found_add(out, "", id);
        }
    }
}

/* Where the word at the cursor begins: behind a space, or at a quote that is open. */
static size_t talk_words_word_at(const char *line, size_t at)
{
    size_t from = 0;
    bool is_quoted = false;

    for (size_t i = 0; i < at; i++) {
        if (line[i] == '"') {
            is_quoted = !is_quoted;
            from = is_quoted && (i == 0 || line[i - 1] != '@') ? i : from;
        } else if (line[i] == ' ' && !is_quoted) {
            from = i + 1;
        }
    }
    return from;
}

static bool talk_words_takes(const char *line, const char *const *names)
{
    const size_t len = strcspn(line, " ");

    for (; *names != NULL; names++) {
        if (strlen(*names) + 1 == len && strncmp(line + 1, *names, len - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* Is it a command about a message, `*is_own` about one of one's own? */
static bool talk_words_is_about(const char *line, bool *is_own)
{
    static const char *const of_others[] = {"reply", "react", NULL};
    static const char *const of_own[] = {"edit", "delete", NULL};
    *is_own = talk_words_takes(line, of_own);
    return *is_own || talk_words_takes(line, of_others);
}

const char *talk_words_about(const struct talk_chat *chat, const char *line)
{
    char part[WAVU_KEY_TEXT_MAX];
    const size_t head = strcspn(line, " ");
    const struct talk_message *m = NULL;
    size_t count = 0;
    bool is_own = false;

    if (chat != NULL && talk_words_is_command(line) && line[head] == ' ' &&
        talk_words_is_about(line, &is_own)) {
        (void)snprintf(part, sizeof part, "%.*s", (int)strcspn(line + head + 1, " "),
                       line + head + 1);
        m = talk_words_meant(chat, part, is_own, &count);
    }
    return count == 1 ? m->id : NULL;
}

/* Files that were offered while this talk is open, by the beginnings of their ids. */
static void talk_words_complete_offers(const struct talk_words *w, struct talk_words_found *out,
                                       const char *part, size_t len)
{
    const char *id = NULL;

    for (size_t i = 0; (id = talk_offer(w->talk, i)) != NULL; i++) {
        if (strncmp(id, part, len) == 0) {
            talk_words_found_add(out, "", id);
        }
    }
}

/* Where the path behind one of these commands begins, which is the rest of the line; 0: none. */
static size_t talk_words_path_at(const char *line, size_t at)
{
    static const char *const of_paths[] = {"file", "export", "import", NULL};
    const size_t behind = strcspn(line, " ") + 1;
    const size_t send = strncmp(line + behind - 1, " send ", 6) == 0 ? 5 : 0;

    return !talk_words_is_command(line) || at < behind || !talk_words_takes(line, of_paths) ? 0
           : at >= behind + send ? behind + send
                                 : behind;
}

void talk_words_complete(const struct talk_words *w, const struct talk_chat *chat, const char *line,
                         size_t at, struct talk_words_found *out)
{
    static const char *const of_people[] = {"dm", "who", "verify", "revoke", NULL};
    static const char *const of_rooms[] = {"room", NULL};
    static const char *const of_commands[] = {"help", NULL};
    static const char *const of_offers[] = {"accept", NULL};
    const size_t path_at = talk_words_path_at(line, at);
    const struct talk_network *network = chat != NULL ? chat->network : talk_words_network(w);
    const bool is_command = talk_words_is_command(line);
    bool is_own = false;
    const size_t from = talk_words_word_at(line, at);
    const char *part = line + from;
    size_t len = at - from;

    *out = (struct talk_words_found){.from = from};
    if (is_command && from == 0) {
        talk_words_complete_commands(out, "/", part + 1, len > 0 ? len - 1 : 0);
        return;
    }
    if (path_at > 0) {
        talk_paths_complete(line, path_at, at, out);
        return;
    }
    const bool is_at = len > 0 && part[0] == '@';
    const bool is_quoted = len > (is_at ? 1u : 0u) && part[is_at ? 1 : 0] == '"';
    const size_t head = (is_at ? 1u : 0u) + (is_quoted ? 1u : 0u);

    part += head;
    len -= head;
    if (is_command && talk_words_takes(line, of_commands)) {
        talk_words_complete_commands(out, "", part, len);
    } else if (is_command && talk_words_takes(line, of_offers)) {
        talk_words_complete_offers(w, out, part, len);
    } else if (is_command && talk_words_takes(line, of_rooms)) {
        talk_words_complete_rooms(w, out, network, part, len);
    } else if (is_command && strcspn(line, " ") + 1 == from && talk_words_is_about(line, &is_own)) {
        talk_words_complete_ids(out, chat, is_own, part, len);
    } else if (is_command && talk_words_takes(line, of_people)) {
        talk_words_complete_names(out, network, "", part, len);
    } else if (len > 0 || is_at) {
        talk_words_complete_names(out, network, "@", part, len);
    }
}

struct talk_words *talk_words_new(struct talk *talk, const struct talk_words_user *user,
                                  void *context)
{
    struct talk_words *w = mem_new(sizeof *w);

    *w = (struct talk_words){.talk = talk, .user = user, .context = context};
    return w;
}

void talk_words_free(struct talk_words *w)
{
    if (w != NULL) {
        talk_words_ask_free(w->open);
        json_decref(w->open_about);
        mem_free(w);
    }
}
