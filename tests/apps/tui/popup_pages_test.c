/*
 * What stands in the windows over the others.
 */
#include "apps/tui/popup_pages.h"

#include "tests/apps/talk/node.h"

#include "apps/talk/talk_line.h"
#include "apps/talk/talk_words.h"

static struct popup popup;

static int stop(void **state)
{
    popup_close(&popup);
    return node_stop(state);
}

/* The line that has `text`, from `from` on; NULL: none. */
static const char *line_of(const char *text)
{
    for (size_t i = 0; i < popup.count; i++) {
        if (strstr(popup.lines[i].text, text) != NULL) {
            return popup.lines[i].text;
        }
    }
    return NULL;
}

static void has(const char *text)
{
    if (line_of(text) == NULL) {
        fail_msg("no line of '%s' has '%s'", popup.title, text);
    }
}

static void help_has_every_command_and_mark(void **state)
{
    const struct talk_words_command *command;
    const char *legend;
    char typed[64];
    (void)state;
    popup_pages_help(&popup);
    assert_int_equal(popup.kind, POPUP_HELP);
    for (size_t i = 0; (command = talk_words_at(i)) != NULL; i++) {
        (void)snprintf(typed, sizeof typed, "  /%s", command->name);
        has(typed);
        has(command->summary);
    }
    for (size_t i = 0; (legend = talk_line_legend(i)) != NULL; i++) {
        has(legend);
    }
    has("/mouse");
    has("/notify");
    has("F1 F2 F3 F4 F5");
}

static void a_code_and_what_became_of_it(void **state)
{
    struct popup_pages_invite invite = {.until_ms = 120001};
    char note[32];
    (void)state;
    (void)snprintf(invite.network, sizeof invite.network, "nyumbani");
    (void)snprintf(invite.code, sizeof invite.code, "7-simba-mto-jua");
    popup_pages_invite(&popup, &invite, 1, 24, 80);
    has("One person comes into nyumbani");
    has("     7-simba-mto-jua");
    has("wavu join 7-simba-mto-jua");
    has("minutes left: 2.");
    for (int i = 0; i <= POPUP_PAGES_NOTES_MAX; i++) {
        (void)snprintf(note, sizeof note, "note %d", i);
        popup_pages_note(&invite, note);
    }
    popup_pages_invite(&popup, &invite, 120001, 24, 80);
    has("It is closed; /invite makes another one.");
    assert_null(line_of("minutes left"));
    assert_null(line_of("note 0")); /* the oldest goes */
    has("note 8");
}

static void members_with_who_is_here(void **state)
{
    (void)state;
    popup_pages_members(&popup, NULL);
    has("This node is in no network yet.");
    const struct talk_network *network = talk_network_at(the_talk, 0);
    popup_pages_members(&popup, network);
    has("They are being looked up.");
    talk_people_want(the_talk, network);
    node_settle();
    popup_pages_members(&popup, network);
    has("* Amina   cc000000  you");
    assert_non_null(strstr(line_of("Baraka wa Kwanza"), "+ Baraka wa Kwanza "));
    assert_non_null(strstr(line_of("Baraka wa Kwanza"), "cc000000  connected"));
    assert_non_null(strstr(line_of("Chui"), "put out"));
    assert_string_equal(popup.title, " Members of nyumbani ");
}

static void identity_and_status(void **state)
{
    (void)state;
    talk_want_status(the_talk);
    node_later();
    popup_pages_status(&popup, the_talk);
    has("wavu 0.1.0, up for ");
    has("Connected to nodes: 2");
    has("The node's own mesh: nodes 3, of them reachable 2");
    has("Disk: good");
    has("Seed /dns/seed: in ");
    has("Network nyumbani: members 3, neighbours 1");
    popup_pages_identity(&popup, the_talk, talk_network_at(the_talk, 0));
    has("Amina");
    has("  dd000000 00000000 00000000 00000000");
    has("  12D3KooWtest");
    has("Network: nyumbani");
}

/* What is here can be opened: its path is whole. */
static void files_with_their_paths(void **state)
{
    char path[128];
    (void)state;
    json_t *none = json_pack("{s:[]}", "files");
    popup_pages_files(&popup, the_talk, none);
    has("No files are offered; /file PATH sends one.");
    assert_null(line_of("/accept"));
    json_t *files = json_pack(
        "{s:[{s:s, s:s, s:i, s:s, s:s, s:s}, {s:s, s:s, s:i, s:s, s:s, s:n}, {s:s, s:s, s:s}]}",
        "files", "id", "f1f1f1f100", "name", "map.txt", "size", 2048, "state", "here", "nick",
        "Chui", "path", "downloads/map.txt", "id", "f2f2f2f200", "name", "song.ogg", "size", 7,
        "state", "offered", "nick", "Baraka", "path", "id", "f3f3f3f300", "state", "own", "path",
        "/tmp/mine.txt");
    popup_pages_files(&popup, the_talk, files);
    has("f1f1f1f1  map.txt  2.0 KiB  here  Chui");
    (void)snprintf(path, sizeof path, "  %s/downloads/map.txt", node_folder);
    has(path);
    has("f2f2f2f2  song.ogg");
    has("  /tmp/mine.txt");
    has("/accept ID fetches one.");
    assert_int_equal(popup.count, 3 + 2 + 2);
    json_decref(none);
    json_decref(files);
}

static void links_and_topology(void **state)
{
    (void)state;
    json_t *peers =
        json_pack("{s:[{s:s, s:f, s:s, s:s, s:s, s:s}, {s:s, s:n}]}", "peers", "peerId",
                  "12D3KooWabcdefgh", "rttMs", 100.0, "direction", "inbound", "secured", "hybrid",
                  "address", "/ip4/192.0.2.7/tcp/1", "agent", "wavu/1", "peerId", "short", "rttMs");
    popup_pages_peers(&popup, peers);
    has("[##  ] 100.0 ms  ...abcdefgh  inbound, hybrid");
    has("/ip4/192.0.2.7/tcp/1  wavu/1");
    has("[    ]        -  ...short");
    json_decref(peers);
    json_t *members =
        json_pack("{s:[{s:s, s:b, s:b, s:[s]}, {s:s, s:b, s:b, s:f, s:[]}, {s:s, s:b}]}", "members",
                  "peerId", "12D3KooWself00", "isSelf", 1, "isReachable", 1, "links",
                  "12D3KooWnear00", "peerId", "12D3KooWnear00", "isNeighbour", 1, "isReachable", 1,
                  "rttMs", 2.5, "links", "peerId", "12D3KooWlost00", "isReachable", 0);
    popup_pages_topology(&popup, NULL, members);
    has("* ...self00");
    has("-- ...near00");
    has("+ ...near00   2.5 ms  -- no links");
    has("  ...lost00 not reachable");
    json_decref(members);
    members = json_pack("{s:[]}", "members");
    const struct talk_network *network = talk_network_at(the_talk, 0);
    popup_pages_topology(&popup, network, members);
    has("Nobody is linked with this node now.");
    talk_people_want(the_talk, network);
    node_settle();
    popup_pages_topology(&popup, network, members);
    has("+ Baraka wa Kwanza ");
    assert_null(line_of("Amina")); /* not with itself */
    json_decref(members);
}

static void a_text_line_by_line(void **state)
{
    (void)state;
    popup_pages_text(&popup, "Settings", "one\n\nthree");
    assert_int_equal(popup.count, 3);
    assert_string_equal(popup.lines[0].text, "one");
    assert_string_equal(popup.lines[2].text, "three");
    json_t *number =
        json_pack("{s:s, s:s, s:s}", "digits", "12345 67890", "mark", "unverified", "qr", "wavu:x");
    popup_pages_verify(&popup, number, 24, 80);
    has("12345 67890");
    has("Mark now: unverified");
    json_decref(number);
}

#define PAGES(test) cmocka_unit_test_setup_teardown(test, node_start_settled, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGES(help_has_every_command_and_mark),
        PAGES(a_code_and_what_became_of_it),
        PAGES(members_with_who_is_here),
        PAGES(identity_and_status),
        PAGES(files_with_their_paths),
        PAGES(links_and_topology),
        PAGES(a_text_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
