/*
 * A member who is told what to say: a real node on its own home, driven by lines on standard input
 * and telling what it hears on standard output. For tests that kill it (tests/program) and for
 * benchmarks.
 *
 * Arguments: home, address to listen on, and anything more to look around on the
 * local network. In, a line each: make NAME, invite, join CODE ADDRESS, say
 * LENGTH, tell TEXT, nick NAME, revoke MEMBER, secrets, history, quit. Out: "up ADDRESS", "member
 * ID", "entered", "code CODE", "shown ID AUTHOR", "has MEMBER ID", "said ID" or "refused ERROR",
 * "row ID AUTHOR" and "end COUNT", "left", "secret WHAT HEX" of what nobody else may see.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/wavu_networks.h"
#include "node/wavu_node.h"
#include "wavu/chat.h"
#include "wavu/mesh.h"
#include "wavu/os.h"

#define TURN_MS 2
#define HISTORY_MAX 65536

static struct wavu_os *os;
static struct wavu_node *node;
static char line[4096];
static size_t used;
static bool is_over;
static bool is_told; /* who we are */

static void on_self(void *context, const struct wavu_network_member *member)
{
    (void)context;
    if (member->is_self) {
        (void)printf("member %s\n", member->id);
        is_told = true;
    }
}

static void tell_self(void)
{
    if (!is_told && wavu_network_members(node, NULL, on_self, NULL) < 0) {
        is_told = false; /* of no network yet */
    }
}

static void on_members(void *context, const struct wavu_members_event *event)
{
    (void)context;
    if (event->kind == WAVU_MEMBERS_ENTERED) {
        (void)printf("entered\n");
    } else if (event->kind == WAVU_MEMBERS_LEFT) {
        (void)printf("left\n");
    } else if (event->kind == WAVU_MEMBERS_JOIN_FAILED || event->kind == WAVU_MEMBERS_STOPPED) {
        (void)printf("problem %d %d\n", (int)event->kind, event->err);
    }
}

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    (void)context;
    if (event->kind == WAVU_CHAT_MESSAGE) {
        (void)printf("shown %s %s\n", event->message->id, event->message->author);
    } else if (event->kind == WAVU_CHAT_HAS) {
        (void)printf("has %s %s\n", event->author, event->id);
    }
}

static void on_row(void *context, const struct wavu_message *message)
{
    size_t *count = context;

    (void)printf("row %s %s\n", message->id, message->author);
    (*count)++;
}

static void on_secret(void *context, const struct wavu_network_member *member)
{
    (void)context;
    (void)printf("secret member %s\nsecret person %s\n", member->id, member->key);
}

static void on_network(void *context, const struct wavu_network *network)
{
    (void)context;
    (void)printf("secret network %s\n", network->id);
}

static void tell_secrets(void)
{
    struct wavu_networks_one *o = NULL;
    uint8_t key[DISCOVERY_KEY_SIZE];
    char text[2 * DISCOVERY_KEY_SIZE + 1];

    wavu_networks(node, on_network, NULL);
    if (wavu_network_members(node, NULL, on_secret, NULL) == 0 &&
        wavu_networks_find(node->networks, NULL, &o) == 0 && o != NULL) {
        discovery_key_of(key, &networks_network(o->one)->state);
        wavu_networks_hex(text, key);
        (void)printf("secret discovery %s\n", text);
    }
    (void)printf("secrets end\n");
}

static void say(const char *text, size_t len)
{
    char id[WAVU_KEY_TEXT_MAX];

    int rc = wavu_say(node, NULL, text, len, id);
    if (rc == 0) {
        (void)printf("said %s\n", id);
    } else {
        (void)printf("refused %d\n", rc);
    }
}

static void say_long(size_t len)
{
    static char text[WAVU_TEXT_MAX];

    len = len < sizeof text ? len : sizeof text;
    memset(text, 'a' + (int)(len % 26), len);
    say(text, len);
}

static int join(char *rest)
{
    char *address = strchr(rest, ' ');

    if (address == NULL) {
        return WAVU_ERR_INVALID;
    }
    *address++ = '\0';
    return wavu_join(node, rest, address);
}

/* What changes who belongs. */
static bool obey_person(const char *word, char *rest, int *rc)
{
    struct wavu_invitation invitation;
    char id[WAVU_KEY_TEXT_MAX];

    if (strcmp(word, "make") == 0) {
        *rc = wavu_network_make(node, rest, "any", id);
    } else if (strcmp(word, "invite") == 0) {
        *rc = wavu_invite(node, NULL, "en", &invitation);
        (void)printf("code %s\n", *rc == 0 ? invitation.code : "");
    } else if (strcmp(word, "join") == 0) {
        *rc = join(rest);
    } else if (strcmp(word, "nick") == 0) {
        *rc = wavu_set_nick(node, rest);
    } else if (strcmp(word, "revoke") == 0) {
        *rc = wavu_revoke(node, NULL, rest, false);
    } else {
        return false;
    }
    return true;
}

static void obey(char *order)
{
    static char nothing[1] = "";
    size_t count = 0;
    char *word = order;
    char *rest = strchr(order, ' ');
    int rc = 0;

    if (rest != NULL) {
        *rest++ = '\0';
    }
    rest = rest == NULL ? nothing : rest;
    if (obey_person(word, rest, &rc)) {
        count = 0;
    } else if (strcmp(word, "say") == 0) {
        say_long(strtoul(rest, NULL, 10));
    } else if (strcmp(word, "tell") == 0) {
        say(rest, strlen(rest));
    } else if (strcmp(word, "secrets") == 0) {
        tell_secrets();
    } else if (strcmp(word, "history") == 0) {
        rc = wavu_history(node, NULL, HISTORY_MAX, on_row, &count);
        (void)printf("end %zu\n", count);
    } else {
        is_over = true; /* quit, or a line that nobody wrote */
    }
    if (rc < 0) {
        (void)printf("problem %s %d\n", word, rc);
    }
}

/* Whole lines of what came; the end of it ends us. */
static void read_orders(void)
{
    ssize_t got = read(STDIN_FILENO, line + used, sizeof line - 1 - used);

    if (got == 0) {
        is_over = true;
    }
    used += got > 0 ? (size_t)got : 0;
    line[used] = '\0';
    for (char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        *end = '\0';
        obey(line);
        used -= (size_t)(end + 1 - line);
        memmove(line, end + 1, used + 1);
    }
}

static int start(const struct wavu_config *config, const char *address)
{
    char at[WAVU_ADDRESS_TEXT_MAX];
    int rc = wavu_node_new(config, &node);

    rc = rc < 0 ? rc : wavu_node_listen(node, address);
    if (rc == WAVU_ERR_IN_USE) {
        rc = wavu_node_listen(node, "127.0.0.1:0"); /* somebody has taken the port meanwhile */
    }
    rc = rc < 0 ? rc : wavu_members_listen(node, on_members, NULL);
    rc = rc < 0 ? rc : wavu_chat_listen(node, on_chat, NULL);
    if (rc == 0 && wavu_node_address(node, 0, at)) {
        (void)printf("up %s\n", at);
    }
    return rc;
}

int main(int argc, char **argv)
{
    const struct wavu_mesh_config mesh = {.has_discovery = argc == 4};
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    if (argc < 3 || argc > 4 || (os = wavu_os_new()) == NULL) {
        return 2;
    }
    (void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* what is told is told before it leaves this machine */
    struct port *port = wavu_os_port_new(os, argv[1]);
    const struct wavu_config config = {.port = port, .mesh = &mesh};
    int rc = port == NULL ? WAVU_ERR_IO : start(&config, argv[2]);
    if (rc < 0) {
        (void)fprintf(stderr, "%s\n", wavu_err_sentence(rc));
    }
    while (rc == 0 && !is_over) {
        tell_self();
        wavu_os_run(os, TURN_MS);
        if (poll(&in, 1, 0) > 0) {
            read_orders();
        }
    }
    wavu_node_free(node);
    wavu_os_port_free(port);
    wavu_os_free(os);
    return rc < 0 ? 1 : 0;
}
