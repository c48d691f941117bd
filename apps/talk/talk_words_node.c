/*
 * /file, /accept, /sos, /status, /peers, /topology, /export, /import, /config.
 */
#include "apps/talk/talk_words_node.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apps/talk/talk_calls.h"
#include "apps/talk/talk_json.h"
#include "apps/term/clock.h"
#include "apps/term/denied.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/guess.h"

#define TALK_WORDS_NODE_PART_MIN 6 /* digits of a file's id */
#define TALK_WORDS_NODE_FILES 20   /* lines of a list */
#define TALK_WORDS_NODE_SHORT 32   /* of an amount, a time */

/* ---- Files ---- */

/* What a person types as a path, whole. False, and told. */
static bool talk_words_node_path(const struct talk_words_call *call, const char *typed,
                                 char path[PATH_MAX])
{
    const char *home = getenv("HOME");
    char whole[PATH_MAX];

    if (strncmp(typed, "~/", 2) == 0 && home != NULL) {
        (void)snprintf(whole, sizeof whole, "%s%s", home, typed + 1);
        typed = whole;
    }
    if (realpath(typed, path) != NULL) {
        return true;
    }
    talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "there is no file '%s': %s", typed,
              strerror(errno));
    return false;
}

static void talk_words_node_on_sent(struct talk_words_ask *ask, const json_t *result)
{
    (void)result; /* what becomes of it is an event, which may have come before */
    talk_words_end(ask, 0, NULL);
}

static int talk_words_node_send(struct talk_words_call *call, const char *typed)
{
    const struct talk_chat *chat = call->chat;
    char path[PATH_MAX];

    if (chat == NULL) {
        talk_tell(call->words->talk, TALK_PROBLEM, NULL, "there is no chat here to offer it in");
        return WAVU_ERR_NOT_FOUND;
    }
    if (!talk_words_node_path(call, typed, path)) {
        return WAVU_ERR_NOT_FOUND;
    }
    talk_tell(call->words->talk, TALK_PLAIN, call->chat,
              "%s is looked through; a line tells what comes of it", path);
    return talk_words_ask_take(talk_words_ask_new(call, path), "file.send",
                               json_pack("{s:s, s:s, s:s}", "path", path, "network",
                                         chat->network->id,
                                         chat->kind == TALK_CHAT_DIRECT ? "to" : "room", chat->id),
                               talk_words_node_on_sent);
}

static void talk_words_node_on_files(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *files = json_object_get(result, "files");
    struct talk_words_told told = {.outcome = TALK_WORDS_FILES, .result = result};
    char size[TALK_WORDS_NODE_SHORT];

    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *one = json_array_get(files, i);

        if (strcmp(talk_json_text(one, "state"), "offered") == 0) {
            talk_offer_add(ask->words->talk, talk_json_text(one, "id"));
        }
    }
    if (talk_words_show(ask, &told)) {
        talk_words_end(ask, 0, NULL);
        return;
    }
    if (json_array_size(files) == 0) {
        talk_words_tell(ask, TALK_PLAIN, "no files are offered");
    }
    for (size_t i = 0; i < json_array_size(files) && i < TALK_WORDS_NODE_FILES; i++) {
        const json_t *one = json_array_get(files, i);
        char name[SAY_CLEAN_MAX];
        char nick[SAY_CLEAN_MAX];
        char path[TALK_LINE_MAX] = "";

        if (talk_json_text(one, "path")[0] != '\0') {
            talk_path(ask->words->talk, talk_json_text(one, "path"), path, sizeof path);
        }
        talk_words_tell(
            ask, TALK_PLAIN,
            path[0] != '\0' ? "%.8s %s, %s, from %s: %s, at %s" : "%.8s %s, %s, from %s: %s",
            talk_json_text(one, "id"), talk_json_named(one, "name", "", name),
            say_bytes(talk_json_count(one, "size"), size, sizeof size),
            talk_json_named(one, "nick", "-", nick), tongue(talk_json_text(one, "state")), path);
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_node_file(struct talk_words_call *call)
{
    if (strcmp(call->rest, "list") == 0) {
        return talk_words_ask_take(talk_words_ask_new(call, NULL), "file.list",
                                   json_pack("{s:s}", "network", call->network->id),
                                   talk_words_node_on_files);
    }
    return talk_words_node_send(call,
                                strncmp(call->rest, "send ", 5) == 0 ? call->rest + 5 : call->rest);
}

static void talk_words_node_on_accepted(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *file = json_object_get(result, "file");
    const bool is_here = strcmp(talk_json_text(file, "state"), "here") == 0;
    char name[SAY_CLEAN_MAX];

    talk_words_tell(ask, TALK_PLAIN,
                    is_here ? "%s is here already"
                            : "%s is being fetched; a line tells when it "
                              "is here",
                    talk_json_named(file, "name", "", name));
    talk_words_end(ask, 0, NULL);
}

static void talk_words_node_on_offered(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *files = json_object_get(result, "files");
    const char *id = NULL;
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *one = talk_json_text(json_array_get(files, i), "id");

        if (strncmp(one, ask->text, strlen(ask->text)) == 0) {
            id = one;
            count++;
        }
    }
    if (count == 1) {
        (void)talk_words_ask_take(ask, "file.accept", json_pack("{s:s}", "id", id),
                                  talk_words_node_on_accepted);
        return;
    }
    talk_words_tell(ask, TALK_PROBLEM,
                    count == 0 ? "no file is offered whose id begins with '%s'; /file list shows "
                                 "them"
                               : "several files begin with '%s'; type more digits",
                    ask->text);
    talk_words_end(ask, WAVU_ERR_NOT_FOUND, NULL);
}

int talk_words_node_accept(struct talk_words_call *call)
{
    const char *part = talk_words_cut(&call->rest);

    if (strlen(part) < TALK_WORDS_NODE_PART_MIN) {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat,
                  "type the first %d digits of a file's id or more; /file list shows them",
                  TALK_WORDS_NODE_PART_MIN);
        return WAVU_ERR_INVALID;
    }
    return talk_words_ask_plain(talk_words_ask_new(call, part), "file.list",
                                talk_words_node_on_offered);
}

/* ---- Calls for help ---- */

static void talk_words_node_on_sos(struct talk_words_ask *ask, const json_t *result)
{
    talk_calls_want(ask->words->talk);
    talk_words_tell(ask, TALK_ALERT, "all members of %s are called for help; /sos cancel ends it",
                    ask->network->name);
    talk_words_tell(ask, TALK_ALERT, "%s", talk_json_text(result, "notice"));
    talk_words_end(ask, 0, NULL);
}

static void talk_words_node_on_cancelled(struct talk_words_ask *ask, const json_t *result)
{
    (void)result;
    talk_calls_want(ask->words->talk);
    talk_words_tell(ask, TALK_PLAIN, "your call is over; the others are told");
    talk_words_end(ask, 0, NULL);
}

static void talk_words_node_on_seen(struct talk_words_ask *ask, const json_t *result)
{
    (void)result;
    talk_calls_want(ask->words->talk);
    talk_words_tell(ask, TALK_PLAIN, "they are told that you have seen it");
    talk_words_end(ask, 0, NULL);
}

/* The newest call of somebody that was not acknowledged. */
static void talk_words_node_on_calls(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *calls = json_object_get(result, "calls");
    const char *id = NULL;
    uint64_t newest = 0;

    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *one = json_array_get(calls, i);
        const uint64_t began = talk_json_count(one, "beganUnixMs");

        if (!talk_json_is(one, "isOwn") && !talk_json_is(one, "isSeen") &&
            !talk_json_is(one, "isOver") && (id == NULL || began > newest)) {
            id = talk_json_text(one, "id");
            newest = began;
        }
    }
    if (id != NULL) {
        (void)talk_words_ask_take(ask, "sos.ack", json_pack("{s:s}", "id", id),
                                  talk_words_node_on_seen);
        return;
    }
    talk_words_tell(ask, TALK_PLAIN, "nobody calls whom you have not answered");
    talk_words_end(ask, WAVU_ERR_NOT_FOUND, NULL);
}

/* The calls that are not over, and who has one's own. */
static void talk_words_node_on_open(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *calls = json_object_get(result, "calls");
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *one = json_array_get(calls, i);
        const json_t *to = json_object_get(one, "to");

        if (talk_json_is(one, "isOver")) {
            continue;
        }
        count++;
        if (!talk_json_is(one, "isOwn")) {
            talk_words_tell(ask, TALK_ALERT,
                            "%s CALLS FOR HELP; /sos seen tells them that you saw it",
                            talk_json_text(one, "shown"));
            continue;
        }
        talk_words_tell(ask, TALK_ALERT, "your call for help is open; /sos cancel ends it");
        for (size_t k = 0; k < json_array_size(to); k++) {
            talk_words_tell(ask, TALK_PLAIN, "your call for help: %s (%s)",
                            talk_json_text(json_array_get(to, k), "shown"),
                            talk_json_text(json_array_get(to, k), "state"));
        }
    }
    if (count == 0) {
        talk_words_tell(ask, TALK_PLAIN, "nobody calls for help");
    }
    talk_words_end(ask, 0, NULL);
}

/* The words of /sos that are no text; "ack" is how 'wavu sos' says "seen". */
static const struct {
    const char *word;
    const char *method;
    void (*on)(struct talk_words_ask *ask, const json_t *result);
} talk_words_node_calls[] = {
    {"cancel", "sos.cancel", talk_words_node_on_cancelled},
    {"seen", "sos.list", talk_words_node_on_calls},
    {"status", "sos.list", talk_words_node_on_open},
    {"ack", "sos.list", talk_words_node_on_calls},
};

int talk_words_node_sos(struct talk_words_call *call)
{
    const size_t count = sizeof talk_words_node_calls / sizeof talk_words_node_calls[0];
    const char *meant = NULL;

    for (size_t i = 0; i < count; i++) {
        const char *word = talk_words_node_calls[i].word;

        if (strcasecmp(call->rest, word) == 0) {
            return talk_words_ask_plain(talk_words_ask_new(call, NULL),
                                        talk_words_node_calls[i].method,
                                        talk_words_node_calls[i].on);
        }
        meant = guess_distance(call->rest, word) == 1 ? word : meant;
    }
    if (meant != NULL) { /* who mistypes the end of a call shall not make another */
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat,
                  "nobody was called; did you mean /sos %s? To call with that text, add a word",
                  meant);
        return WAVU_ERR_INVALID;
    }
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);

    return talk_words_ask_take(ask, "sos.call",
                               json_pack("{s:b, s:s, s:s*}", "all", true, "network",
                                         call->network->id, "text",
                                         call->rest[0] != '\0' ? call->rest : NULL),
                               talk_words_node_on_sos);
}

/* ---- The node ---- */

/* Of which networks others say that we are not in them any more. */
static void talk_words_node_tell_denied(struct talk_words_ask *ask)
{
    const struct talk *t = ask->words->talk;

    for (size_t i = 0; i < talk_network_count(t); i++) {
        const struct talk_network *n = talk_network_at(t, i);
        char line[DENIED_LINE_MAX];

        if (n->is_denied) {
            talk_words_tell(ask, TALK_PROBLEM, "%s", denied_write(n->name, line));
        }
    }
}

static void talk_words_node_on_status(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *mesh = json_object_get(result, "mesh");
    const json_t *seeds = json_object_get(mesh, "seeds");
    const json_t *clock = json_object_get(result, "clock");
    const char *disk = talk_json_text(result, "disk");
    struct talk_words_told told = {.outcome = TALK_WORDS_STATUS, .result = result};
    char since[TALK_WORDS_NODE_SHORT];

    if (talk_words_show(ask, &told)) {
        talk_words_end(ask, 0, NULL);
        return;
    }
    talk_words_tell(ask, TALK_PLAIN, "wavu %s, up for %s, peers: %u",
                    talk_json_text(result, "version"),
                    say_duration(talk_json_count(result, "uptimeMs"), since, sizeof since),
                    (unsigned)talk_json_small(result, "peers"));
    talk_words_tell(ask, TALK_PLAIN, "nodes: known: %u, neighbours: %u%s",
                    (unsigned)talk_json_small(mesh, "members"),
                    (unsigned)talk_json_small(mesh, "linked"),
                    talk_json_is(mesh, "isOffline") ? tongue(", offline") : "");
    for (size_t i = 0; i < json_array_size(seeds); i++) {
        talk_words_tell(ask, TALK_PLAIN, "seed %s: %s",
                        talk_json_text(json_array_get(seeds, i), "seed"),
                        tongue(talk_json_text(json_array_get(seeds, i), "state")));
    }
    if (strcmp(disk, "good") != 0 && disk[0] != '\0') {
        talk_words_tell(ask, TALK_PROBLEM, "disk: %s; make room, and see the node's log",
                        tongue(disk));
    }
    if (json_is_object(clock)) {
        char line[CLOCK_LINE_MAX];

        talk_words_tell(ask, TALK_PROBLEM, "%s",
                        clock_write(json_integer_value(json_object_get(clock, "aheadMs")),
                                    talk_json_small(clock, "others"), line));
    }
    talk_words_node_tell_denied(ask);
    talk_words_end(ask, 0, NULL);
}

int talk_words_node_status(struct talk_words_call *call)
{
    return talk_words_ask_plain(talk_words_ask_new(call, NULL), "node.status",
                                talk_words_node_on_status);
}

static void talk_words_node_on_peers(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *peers = json_object_get(result, "peers");
    struct talk_words_told told = {.outcome = TALK_WORDS_PEERS, .result = result};

    if (talk_words_show(ask, &told)) {
        talk_words_end(ask, 0, NULL);
        return;
    }
    if (json_array_size(peers) == 0) {
        talk_words_tell(ask, TALK_PLAIN, "no peers yet");
    }
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *one = json_array_get(peers, i);
        const json_t *rtt = json_object_get(one, "rttMs");
        char time[TALK_WORDS_NODE_SHORT];

        (void)snprintf(time, sizeof time, "%s", tongue("not measured"));
        if (json_is_number(rtt)) {
            (void)snprintf(time, sizeof time, "%.1f ms", json_number_value(rtt));
        }
        talk_words_tell(ask, TALK_PLAIN, "%s: %s, %s, %s", talk_json_text(one, "peerId"), time,
                        talk_json_text(one, "secured"), talk_json_text(one, "address"));
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_node_peers(struct talk_words_call *call)
{
    return talk_words_ask_plain(talk_words_ask_new(call, NULL), "node.peers",
                                talk_words_node_on_peers);
}

static void talk_words_node_on_topology(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *members = json_object_get(result, "members");
    struct talk_words_told told = {.outcome = TALK_WORDS_TOPOLOGY, .result = result};

    if (talk_words_show(ask, &told)) {
        talk_words_end(ask, 0, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *one = json_array_get(members, i);

        talk_words_tell(ask, TALK_PLAIN, "%s%s: links: %u%s%s", talk_json_text(one, "peerId"),
                        talk_json_is(one, "isSelf") ? tongue(" (this node)") : "",
                        (unsigned)json_array_size(json_object_get(one, "links")),
                        talk_json_is(one, "isNeighbour") ? tongue(", neighbour") : "",
                        talk_json_is(one, "isReachable") ? "" : tongue(", no way there"));
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_node_topology(struct talk_words_call *call)
{
    return talk_words_ask_plain(talk_words_ask_new(call, NULL), "mesh.members",
                                talk_words_node_on_topology);
}

/* ---- What the program itself does ---- */

static int talk_words_node_run(struct talk_words_call *call, const char *const *words)
{
    const struct talk_words *w = call->words;

    if (w->user->run == NULL || !w->user->run(w->context, words)) {
        talk_tell(w->talk, TALK_PROBLEM, call->chat, "that cannot be done from here: type wavu %s",
                  words[0]);
        return WAVU_ERR_UNSUPPORTED;
    }
    return 0; /* the face says when it is over */
}

int talk_words_node_export(struct talk_words_call *call)
{
    const char *const all[] = {"export", "--all", call->rest, NULL};
    const char *const here[] = {"export",    "--all",
                                "--network", call->network != NULL ? call->network->id : "",
                                call->rest,  NULL};

    return talk_words_node_run(call, call->network != NULL ? here : all);
}

int talk_words_node_import(struct talk_words_call *call)
{
    const char *const words[] = {"import", call->rest, NULL};

    return talk_words_node_run(call, words);
}

int talk_words_node_config(struct talk_words_call *call)
{
    const char *const words[] = {"config", "show", NULL};
    struct talk_words_ask *ask = NULL;
    struct talk_words_told told = {.outcome = TALK_WORDS_CONFIG,
                                   .text = "Settings are shown by 'wavu config show --origin', and "
                                           "changed by 'wavu set NAME VALUE'."};

    if (call->words->user->run != NULL) {
        return talk_words_node_run(call, words);
    }
    ask = talk_words_ask_new(call, NULL);
    if (!talk_words_show(ask, &told)) {
        talk_words_tell(ask, TALK_PLAIN, "%s", told.text);
    }
    talk_words_end(ask, 0, NULL);
    return 0;
}
