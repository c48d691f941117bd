/*
 * Pages of the windows over the others.
 */
#include "apps/tui/popup_pages.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_line.h"
#include "apps/talk/talk_people.h"
#include "apps/talk/talk_words.h"
#include "apps/term/clock.h"
#include "apps/term/denied.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Keys with what they do, in the order of the page; docs/man/wavu.1 has the same ones. */
static const char *const help_keys[][2] = {
    {"F1 F2 F3 F4 F5", "help, invite, members, identity, link quality"},
    {"Ctrl+E", "identity, where nothing is typed; else the line's end"},
    {"Ctrl+F", "search, where nothing is typed; then the next older hit"},
    {"Alt+Up Alt+Down", "the older and the newer hit"},
    {"Alt+1 to Alt+9", "the chat of that number"},
    {"Ctrl+N Ctrl+P", "the next chat, the one before; also Alt+Right, Alt+Left"},
    {"Alt+A", "the next chat with something new, who means you first"},
    {"PgUp PgDn, wheel", "scroll; the whole history is there"},
    {"Home End", "first loaded and newest message, where nothing is typed"},
    {"Enter", "sends; Alt+Enter and Ctrl+J begin a new line"},
    {"Tab", "completes names, commands, messages; again: the next one"},
    {"Up Down", "what was sent before; Ctrl+R looks for it"},
    {"Ctrl+A Ctrl+B", "to the beginning, a character back"},
    {"Alt+B Alt+F", "a word back, a word on"},
    {"Ctrl+U K W Y", "cut before, behind, a word; put it back"},
    {"Alt+D Ctrl+T", "cut the word behind; swap two letters"},
    {"Ctrl+L", "draws the screen anew"},
    {"Ctrl+C", "empties the line; on an empty one leaves, as Ctrl+D does"},
    {"Esc", "closes what is open"},
};

/* Commands of the screen alone, behind those of apps/talk. */
static const char *const help_own[][2] = {
    {"/mouse on|off", "the wheel scrolls and clicks choose, or the terminal marks text as ever"},
    {"/notify off|bell|hide|show",
     "what tells of a message that means you: nothing, the bell, and a note on the desktop "
     "without or with the words"},
};

void popup_pages_help(struct popup *p)
{
    const struct talk_words_command *command;
    const char *legend;
    popup_open(p, POPUP_HELP, TONGUE("Help"));
    popup_add(p, THEME_KEY, TONGUE("Keys"));
    for (size_t i = 0; i < COUNT_OF(help_keys); i++) {
        popup_add(p, THEME_POPUP, "  %-16s %s", help_keys[i][0], tongue(help_keys[i][1]));
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_KEY, TONGUE("Commands"));
    for (size_t i = 0; (command = talk_words_at(i)) != NULL; i++) {
        popup_add(p, THEME_POPUP, "  /%s %s", command->name, command->words);
        popup_add(p, THEME_DIM, "      %s", tongue(command->summary));
    }
    for (size_t i = 0; i < COUNT_OF(help_own); i++) {
        popup_add(p, THEME_POPUP, "  %s", help_own[i][0]);
        popup_add(p, THEME_DIM, "      %s", tongue(help_own[i][1]));
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_KEY, "Marks beside a message");
    for (size_t i = 0; (legend = talk_line_legend(i)) != NULL; i++) {
        popup_add(p, THEME_POPUP, "  %s", legend);
    }
    popup_add(p, THEME_POPUP, "  !   it mentions you");
    popup_add(p, THEME_POPUP, "  k7  behind a name: a sign of that person, beside the colour");
}

void popup_pages_note(struct popup_pages_invite *invite, const char *text)
{
    if (invite->note_count == POPUP_PAGES_NOTES_MAX) {
        memmove(invite->notes[0], invite->notes[1],
                (POPUP_PAGES_NOTES_MAX - 1) * sizeof invite->notes[0]);
        invite->note_count--;
    }
    (void)snprintf(invite->notes[invite->note_count++], TALK_LINE_MAX, "%s", text);
}

void popup_pages_invite(struct popup *p, const struct popup_pages_invite *invite, uint64_t now_ms,
                        size_t rows, size_t columns)
{
    char left[64];
    popup_open(p, POPUP_INVITE, TONGUE("Invite"));
    uint64_t ms = invite->until_ms > now_ms ? invite->until_ms - now_ms : 0;
    uint64_t minutes = (ms + 59999) / 60000;
    (void)snprintf(left, sizeof left, "%" PRIu64, minutes);
    popup_add(p, THEME_POPUP, "One person comes into %s by this code:", invite->network);
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_POPUP_HEAD, "     %s     ", invite->code);
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_POPUP, "There they type:  wavu join %s", invite->code);
    if (minutes > 0) {
        popup_add(p, THEME_DIM,
                  "Nearby this node is found by itself; from elsewhere they type an address of it "
                  "behind the code. It can be used once; minutes left: %s. /invite makes another "
                  "one.",
                  left);
    } else {
        popup_add(p, THEME_DIM, "It is closed; /invite makes another one.");
    }
    for (size_t i = 0; i < invite->note_count; i++) {
        popup_add(p, THEME_UNREAD, "%s", invite->notes[i]);
    }
    popup_add_qr(p, invite->qr, rows, columns);
}

static void add_member(struct popup *p, const struct talk_member *m)
{
    const char *mark = strcmp(m->mark, "verified") == 0  ? tongue("verified")
                       : strcmp(m->mark, "changed") == 0 ? tongue("THE KEY CHANGED")
                                                         : "";
    char tag[3];
    theme_tag(m->id, tag);
    popup_add(p, strcmp(m->mark, "changed") == 0 ? THEME_BAD : THEME_POPUP,
              "%s %s %s  %.8s  %s%s%s%s%s", m->is_self ? "*" : (m->is_online ? "+" : " "), m->shown,
              m->is_self ? "" : tag, m->id,
              m->is_self ? tongue("you") : (m->is_online ? tongue("connected") : ""),
              m->is_member ? "" : " ", m->is_member ? "" : tongue(m->standing),
              mark[0] != '\0' ? "  " : "", mark);
}

void popup_pages_members(struct popup *p, const struct talk_network *network)
{
    char title[48 + WAVU_NAME_MAX];
    if (network == NULL) {
        popup_open(p, POPUP_MEMBERS, TONGUE("Members"));
        popup_add(p, THEME_POPUP, "This node is in no network yet.");
        return;
    }
    (void)snprintf(title, sizeof title, tongue("Members of %s"), network->name);
    popup_open(p, POPUP_MEMBERS, title);
    size_t count = talk_people_count(network);
    if (count == 0) {
        popup_add(p, THEME_DIM, "They are being looked up.");
    }
    for (size_t i = 0; i < count; i++) {
        add_member(p, talk_people_at(network, i));
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_DIM, "+ reached directly now;  /dm NAME writes to one;  /verify NAME");
}

void popup_pages_identity(struct popup *p, const struct talk *talk,
                          const struct talk_network *network)
{
    const struct talk_self *self = talk_self(talk);
    popup_open(p, POPUP_IDENTITY, TONGUE("Identity"));
    popup_add(p, THEME_UNREAD, "%s",
              self->nick[0] != '\0' ? self->nick : tongue("no nickname yet"));
    popup_add(p, THEME_POPUP, "Key of the person:");
    for (size_t at = 0; at + 32 <= strlen(self->key); at += 32) {
        const char *k = self->key + at;
        popup_add(p, THEME_POPUP, "  %.8s %.8s %.8s %.8s", k, k + 8, k + 16, k + 24);
    }
    popup_add(p, THEME_POPUP, "This node:");
    popup_add(p, THEME_POPUP, "  %s", self->peer_id);
    if (network != NULL) {
        popup_add(p, THEME_POPUP, "Network: %s", network->name);
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_DIM,
              "/nick NAME changes the name. /verify NAME compares keys with somebody "
              "face to face: only then is it sure who is at the other end.");
}

void popup_pages_status(struct popup *p, const struct talk *talk)
{
    const struct talk_status *s = talk_status(talk);
    char up[32];
    char clock[CLOCK_LINE_MAX];
    char denied[DENIED_LINE_MAX];
    popup_open(p, POPUP_STATUS, TONGUE("Status"));
    if (!talk_is_up(talk) || !s->is_known) {
        popup_add(p, THEME_BAD,
                  talk_is_up(talk) ? "The node has not answered yet." : "No node runs here.");
        return;
    }
    popup_add(p, THEME_POPUP, "wavu %s, up for %s", s->version,
              say_duration(s->uptime_ms, up, sizeof up));
    popup_add(p, THEME_POPUP, "Connected to nodes: %" PRIu32, s->peers);
    popup_add(p, THEME_POPUP, "The node's own mesh: nodes %" PRIu32 ", of them reachable %" PRIu32,
              s->members, s->reachable);
    popup_add(p, strcmp(s->disk, "good") == 0 ? THEME_POPUP : THEME_BAD, "Disk: %s",
              tongue(s->disk));
    if (s->clock_others > 0) {
        popup_add(p, THEME_BAD, "%s", clock_write(s->clock_ahead_ms, s->clock_others, clock));
    }
    if (s->is_offline) {
        popup_add(p, THEME_BAD, "Nobody is reached: it looks for others.");
    }
    for (size_t i = 0; i < s->seed_count; i++) {
        popup_add(p, THEME_POPUP, "Seed %s: %s", s->seeds[i].seed, tongue(s->seeds[i].state));
    }
    for (size_t i = 0; i < talk_network_count(talk); i++) {
        const struct talk_network *n = talk_network_at(talk, i);
        popup_add(p, THEME_POPUP, "Network %s: members %" PRIu32 ", neighbours %" PRIu32 "%s",
                  n->name, n->members, n->neighbours,
                  n->has_left ? tongue(", left")
                              : (n->is_member ? "" : tongue(", this node is not in it")));
        if (n->is_denied) {
            popup_add(p, THEME_BAD, "%s", denied_write(n->name, denied));
        }
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void rtt_of(const json_t *object, char out[32])
{
    const json_t *rtt = json_object_get(object, "rttMs");
    (void)snprintf(out, 32, json_is_number(rtt) ? "%.1f ms" : "-", json_number_value(rtt));
}

/* Five steps of a round trip's quality, in signs. */
static const char *bars(const json_t *object)
{
    const json_t *rtt = json_object_get(object, "rttMs");
    double ms = json_number_value(rtt);
    if (!json_is_number(rtt)) {
        return "[    ]";
    }
    return ms < 20 ? "[####]" : (ms < 80 ? "[### ]" : (ms < 250 ? "[##  ]" : "[#   ]"));
}

void popup_pages_peers(struct popup *p, const struct json_t *peers)
{
    const json_t *list = json_object_get(peers, "peers");
    size_t i = 0;
    const json_t *peer = NULL;
    popup_open(p, POPUP_LINKS, "Link quality");
    if (json_array_size(list) == 0) {
        popup_add(p, THEME_POPUP, "No connection is open.");
    }
    json_array_foreach(list, i, peer)
    {
        char rtt[32];
        const char *id = text_of(peer, "peerId");
        size_t len = strlen(id);
        rtt_of(peer, rtt);
        popup_add(p, THEME_POPUP, "%s %8s  ...%s  %s, %s", bars(peer), rtt,
                  len > 8 ? id + len - 8 : id, tongue(text_of(peer, "direction")),
                  tongue(text_of(peer, "secured")));
        popup_add(p, THEME_DIM, "       %s  %s", text_of(peer, "address"), text_of(peer, "agent"));
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_DIM, "Round trip; #### under 20 ms, ### 80, ## 250. /topology: all nodes.");
}

static void add_node(struct popup *p, const json_t *member)
{
    char rtt[32];
    char links[POPUP_LINE_MAX / 2] = "";
    size_t used = 0;
    size_t k = 0;
    const json_t *link = NULL;
    const char *id = text_of(member, "peerId");
    size_t len = strlen(id);
    rtt_of(member, rtt);
    json_array_foreach(json_object_get(member, "links"), k, link)
    {
        const char *other = json_string_value(link);
        size_t other_len = other != NULL ? strlen(other) : 0;
        if (other_len > 6 && used + 16 < sizeof links) {
            used += (size_t)snprintf(links + used, sizeof links - used, " ...%s",
                                     other + other_len - 6);
        }
    }
    bool is_self = json_is_true(json_object_get(member, "isSelf"));
    bool is_near = json_is_true(json_object_get(member, "isNeighbour"));
    bool is_bad = json_is_true(json_object_get(member, "isSuspected"));
    bool is_lost = !is_self && !json_is_true(json_object_get(member, "isReachable"));
    const char *state = is_lost  ? tongue("not reachable")
                        : is_bad ? tongue("suspected")
                                 : (is_near ? rtt : "");
    popup_add(p, is_lost || is_bad ? THEME_BAD : THEME_POPUP, "%s ...%s %8s  --%s",
              is_self ? "*" : (is_near ? "+" : " "), len > 6 ? id + len - 6 : id, state,
              used > 0 ? links : tongue(" no links"));
}

/* Each network has a mesh of its own: of it this node knows whom it is linked with itself. */
static void add_linked(struct popup *p, const struct talk_network *network)
{
    char tag[3];
    size_t count = 0;
    popup_add(p, THEME_KEY, "%s", network->name);
    for (size_t i = 0; i < talk_people_count(network); i++) {
        const struct talk_member *m = talk_people_at(network, i);
        if (m->is_online && !m->is_self) {
            theme_tag(m->id, tag);
            popup_add(p, THEME_POPUP, "+ %s %s  %.8s", m->shown, tag, m->id);
            count++;
        }
    }
    if (count == 0) {
        popup_add(p, THEME_POPUP, "  Nobody is linked with this node now.");
    }
    popup_add(p, THEME_POPUP, " ");
}

void popup_pages_topology(struct popup *p, const struct talk_network *network,
                          const struct json_t *members)
{
    const json_t *list = json_object_get(members, "members");
    size_t i = 0;
    const json_t *member = NULL;
    popup_open(p, POPUP_LINKS, TONGUE("Topology"));
    if (network != NULL) {
        add_linked(p, network);
    }
    popup_add(p, THEME_KEY, "The node's own mesh, beside its networks");
    json_array_foreach(list, i, member)
    {
        add_node(p, member);
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_DIM,
              "* this node, + linked with it; behind -- whom that one is linked with.");
}

void popup_pages_files(struct popup *p, const struct talk *talk, const struct json_t *files)
{
    const json_t *list = json_object_get(files, "files");
    size_t i = 0;
    const json_t *file = NULL;
    popup_open(p, POPUP_OTHER, TONGUE("Files"));
    if (json_array_size(list) == 0) {
        popup_add(p, THEME_POPUP, "No files are offered; /file PATH sends one.");
        return;
    }
    json_array_foreach(list, i, file)
    {
        char size[32];
        char whole[POPUP_LINE_MAX];
        const char *path = text_of(file, "path");
        uint64_t bytes = (uint64_t)json_integer_value(json_object_get(file, "size"));
        popup_add(p, THEME_POPUP, "%.8s  %s  %s  %s  %s", text_of(file, "id"),
                  text_of(file, "name"), say_bytes(bytes, size, sizeof size),
                  tongue(text_of(file, "state")), text_of(file, "nick"));
        if (path[0] != '\0') { /* of what is here, or one's own */
            talk_path(talk, path, whole, sizeof whole);
            popup_add(p, THEME_DIM, "          %s", whole);
        }
    }
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_DIM, "/accept ID fetches one.");
}

void popup_pages_verify(struct popup *p, const struct json_t *number, size_t rows, size_t columns)
{
    popup_open(p, POPUP_OTHER, "Safety number");
    popup_add(p, THEME_POPUP,
              "The same digits stand on the other's screen, or somebody is between "
              "you. Read them to each other:");
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_UNREAD, "%s", text_of(number, "digits"));
    popup_add(p, THEME_POPUP, " ");
    popup_add(p, THEME_DIM, "Mark now: %s. /verify NAME yes: they are the same; no: they are not.",
              tongue(text_of(number, "mark")));
    popup_add_qr(p, text_of(number, "qr"), rows, columns);
}

void popup_pages_text(struct popup *p, const char *title, const char *text)
{
    popup_open(p, POPUP_OTHER, title);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        popup_add(p, THEME_POPUP, "%.*s", (int)(len < POPUP_LINE_MAX ? len : POPUP_LINE_MAX - 1),
                  text);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
}
