/*
 * Nodes with Kademlia, several in one process: wavu's side of tests/interop/kad_test.py.
 *
 * In: --nodes N, --prefix /wavu; then lines "ID NODE WORD [ARG [ARG]]", binary arguments in
 * hexadecimal: connect ADDR, drop PEER, find PEER, table, put KEY VALUE, get KEY, provide KEY,
 * providers KEY. Out: JSON lines, {"event":"listening", ...} for each node, then an answer with its
 * id for each line. It ends when its input does.
 */
#include "discovery/kad_service.h"
#include "node/wavu_kad.h"
#include "node/wavu_node.h"
#include "wavu/kad.h"
#include "wavu/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NODES_MAX 64
#define LINE_MAX 65536

static struct wavu_os *os;
static struct wavu_node *nodes[NODES_MAX];
static struct port *ports[NODES_MAX];
static size_t node_count = 1;

/* One wish under way. */
struct wish {
    char id[32];
    uint8_t value[KAD_MSG_VALUE_MAX];
    size_t value_len;
    struct peerid peers[KAD_QUEST_PROVIDERS_MAX];
    size_t peer_count;
};

static void print_hex(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        printf("%02x", bytes.ptr[i]);
    }
}

static void answer(struct wish *wish, int err, unsigned count)
{
    char text[PEERID_TEXT_MAX];
    printf("{\"id\":%s,\"ok\":%s,\"error\":\"%s\",\"count\":%u,\"value\":\"", wish->id,
           err == 0 ? "true" : "false", wavu_err_name(err), count);
    print_hex(span_of(wish->value, wish->value_len));
    printf("\",\"peers\":[");
    for (size_t i = 0; i < wish->peer_count; i++) {
        peerid_format(&wish->peers[i], text);
        printf("%s\"%s\"", i > 0 ? "," : "", text);
    }
    printf("]}\n");
    (void)fflush(stdout);
    free(wish);
}

static void on_quest(void *context, const struct kad_quest_event *event)
{
    struct wish *wish = context;
    switch (event->kind) {
    case KAD_QUEST_FOUND:
    case KAD_QUEST_PROVIDER:
        wish->peers[wish->peer_count++] = event->peer;
        return;
    case KAD_QUEST_VALUE:
        memcpy(wish->value, event->value.ptr, event->value.len);
        wish->value_len = event->value.len;
        return;
    case KAD_QUEST_DONE:
        answer(wish, event->err, event->count);
        return;
    }
}

static void on_connected(void *context, int err, const char *peer)
{
    (void)peer;
    answer(context, err, 0);
}

static void on_found(void *context, int err, const char *const *addresses, size_t count)
{
    (void)addresses;
    answer(context, err, (unsigned)count);
}

static size_t read_hex(const char *text, uint8_t *out, size_t max)
{
    size_t len = 0;
    while (len < max && text[2 * len] != '\0' && text[2 * len + 1] != '\0') {
        char two[3] = {text[2 * len], text[2 * len + 1], '\0'};
        out[len++] = (uint8_t)strtoul(two, NULL, 16);
    }
    return len;
}

static int begin_quest(struct wavu_node *node, const char *word, char *const args[2],
                       struct wish *wish)
{
    static const struct {
        const char *word;
        enum kad_quest_kind kind;
    } words[] = {{"put", KAD_QUEST_PUT},
                 {"get", KAD_QUEST_GET},
                 {"provide", KAD_QUEST_PROVIDE},
                 {"providers", KAD_QUEST_PROVIDERS}};
    static uint8_t key[KAD_MSG_KEY_MAX];
    static uint8_t value[KAD_MSG_VALUE_MAX];
    struct kad_service_find *find;
    struct kad_service_user user = {.up = on_quest, .context = wish};
    struct kad_quest_wish quest = {.key = span_of(key, read_hex(args[0], key, sizeof key)),
                                   .value = span_of(value, read_hex(args[1], value, sizeof value))};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) == 0) {
            quest.kind = words[i].kind;
            return kad_service_begin(wavu_kad_inside(node), &quest, user, &find);
        }
    }
    return WAVU_ERR_INVALID;
}

static void obey(char *line)
{
    char *rest = NULL;
    char empty[] = "";
    const char *id = strtok_r(line, " \n", &rest);
    const char *number = strtok_r(NULL, " \n", &rest);
    const char *word = strtok_r(NULL, " \n", &rest);
    char *args[2] = {strtok_r(NULL, " \n", &rest), strtok_r(NULL, " \n", &rest)};
    if (id == NULL || number == NULL || word == NULL || strtoul(number, NULL, 10) >= node_count) {
        return;
    }
    struct wavu_node *node = nodes[strtoul(number, NULL, 10)];
    struct wish *wish = calloc(1, sizeof *wish);
    struct wavu_op *op;
    struct wavu_kad_find *find;
    struct wavu_kad_status status;
    int rc = 0;
    args[0] = args[0] == NULL ? empty : args[0];
    args[1] = args[1] == NULL ? empty : args[1];
    (void)snprintf(wish->id, sizeof wish->id, "%s", id);
    if (strcmp(word, "connect") == 0) {
        rc = wavu_connect(node, args[0], on_connected, wish, &op);
    } else if (strcmp(word, "find") == 0) {
        rc = wavu_kad_find(node, args[0], on_found, wish, &find);
    } else if (strcmp(word, "table") == 0) {
        wavu_kad_status(node, &status);
        answer(wish, 0, (unsigned)status.peers);
    } else if (strcmp(word, "drop") == 0) {
        answer(wish, wavu_disconnect(node, args[0]), 0);
    } else {
        rc = begin_quest(node, word, args, wish);
    }
    if (rc < 0) {
        answer(wish, rc, 0);
    }
}

static bool start(size_t i, const char *prefix)
{
    char address[WAVU_ADDRESS_TEXT_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    const struct wavu_kad_config kad = {.role = WAVU_KAD_SERVER, .prefix = prefix, .is_open = true};
    ports[i] = wavu_os_port_new(os, NULL);
    struct wavu_config config = {.port = ports[i], .is_ephemeral = true, .kad = &kad};
    if (ports[i] == NULL || wavu_node_new(&config, &nodes[i]) < 0 ||
        wavu_node_listen(nodes[i], "127.0.0.1:0") < 0 || !wavu_node_address(nodes[i], 0, address)) {
        return false;
    }
    wavu_node_id(nodes[i], id);
    printf("{\"event\":\"listening\",\"node\":%zu,\"addr\":\"%s\",\"peer\":\"%s\",\"key\":\"", i,
           address, id);
    print_hex(span_of(nodes[i]->swarm.identity.key, KEYS_ED25519_PUBLIC_SIZE));
    printf("\",\"hash\":\"");
    print_hex(peerid_span(&nodes[i]->swarm.self));
    printf("\"}\n");
    (void)fflush(stdout);
    return true;
}

/* Lines of the input, as they come; false at its end. */
static bool hear(void)
{
    static char bytes[LINE_MAX];
    static size_t len;
    ssize_t got = read(STDIN_FILENO, bytes + len, sizeof bytes - 1 - len);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    len += (size_t)got;
    bytes[len] = '\0';
    char *end;
    while ((end = strchr(bytes, '\n')) != NULL) {
        size_t used = (size_t)(end - bytes) + 1;
        *end = '\0';
        obey(bytes);
        memmove(bytes, bytes + used, len - used + 1);
        len -= used;
    }
    return true;
}

int main(int argc, char **argv)
{
    const char *prefix = "/wavu";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--nodes") == 0) {
            node_count = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--prefix") == 0) {
            prefix = argv[i + 1];
        }
    }
    node_count = node_count > NODES_MAX ? NODES_MAX : node_count;
    os = wavu_os_new();
    for (size_t i = 0; os != NULL && i < node_count; i++) {
        if (!start(i, prefix)) {
            printf("{\"event\":\"error\",\"message\":\"a node cannot start\"}\n");
            return 1;
        }
    }
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = wavu_os_fd(os), .events = POLLIN}};
    do {
        wavu_os_process(os);
        (void)poll(fds, 2, wavu_os_wait_ms(os));
        wavu_os_process(os);
    } while ((fds[0].revents & (POLLIN | POLLHUP)) == 0 || hear());
    for (size_t i = 0; i < node_count; i++) {
        wavu_node_free(nodes[i]);
        wavu_os_port_free(ports[i]);
    }
    wavu_os_free(os);
    return 0;
}
