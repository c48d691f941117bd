/*
 * wavu inside a program that has a loop already, and wants no thread: one poll() over stdin and
 * wavu's descriptor. Lines that are typed are said in the main room; what others say is printed.
 *
 *     ./embed HOME                  makes a network, prints a code for somebody to join
 *     ./embed HOME CODE ADDRESS     joins one
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wavu/wavu.h>

/* A terminal obeys control characters; what others wrote must not reach it as it is. */
static void print_clean(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_c1 = c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0;

        if (is_c1) {
            i++;
        }
        (void)putchar(c < 0x20 || c == 0x7f || is_c1 ? '?' : c);
    }
}

static void on_event(struct wavu *w, void *context, const struct wavu_event *event)
{
    (void)w;
    (void)context;
    if (event->members != NULL && event->members->kind == WAVU_MEMBERS_JOIN_FAILED) {
        printf("not let in: %s\n", wavu_err_sentence(event->members->err));
    } else if (event->chat != NULL && event->chat->kind == WAVU_CHAT_MESSAGE &&
               strcmp(event->chat->message->kind, "text") == 0) {
        print_clean(event->chat->message->shown, strlen(event->chat->message->shown));
        printf(": ");
        print_clean(event->chat->message->text, event->chat->message->text_len);
        printf("\n");
    }
    (void)fflush(stdout);
}

/* Make a network if there is none, and let one newcomer in. */
static int open_door(struct wavu_node *node)
{
    struct wavu_invitation invitation;
    char address[WAVU_ADDRESS_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    int rc = wavu_invite(node, NULL, NULL, &invitation);

    if (rc == WAVU_ERR_NOT_FOUND) {
        rc = wavu_network_make(node, "example", NULL, id);
        rc = rc < 0 ? rc : wavu_invite(node, NULL, NULL, &invitation);
    }
    if (rc == 0 && wavu_node_address(node, 0, address)) {
        printf("join with: %s %s\n", invitation.code, address);
        (void)fflush(stdout);
    }
    return rc;
}

/* Say what was typed; false at the end of stdin. A line that cannot be said is kept for later. */
static bool read_line(struct wavu_node *node)
{
    static char line[1024];
    ssize_t got = read(STDIN_FILENO, line, sizeof line);
    size_t len = got > 0 && line[got - 1] == '\n' ? (size_t)got - 1 : (size_t)(got > 0 ? got : 0);
    int rc = len > 0 ? wavu_say(node, NULL, line, len, NULL) : 0;

    if (rc < 0) {
        fprintf(stderr, "not said: %s\n", wavu_err_sentence(rc));
    }
    return got > 0;
}

static void loop(struct wavu *w)
{
    bool is_open = true;

    while (is_open) {
        struct pollfd fds[2] = {{.fd = wavu_fd(w), .events = POLLIN},
                                {.fd = STDIN_FILENO, .events = POLLIN}};

        (void)poll(fds, 2, wavu_wait_ms(w));
        wavu_process(w); /* whatever ended the wait */
        if ((fds[1].revents & (POLLIN | POLLHUP)) != 0) {
            is_open = read_line(wavu_node(w));
        }
    }
}

int main(int argc, char **argv)
{
    const struct wavu_start start = {
        .home = argc > 1 ? argv[1] : NULL, .listen = "127.0.0.1:0", .up = on_event};
    struct wavu *w = NULL;
    int rc = wavu_start(&start, &w);

    if (rc == 0) {
        rc = argc > 3 ? wavu_join(wavu_node(w), argv[2], argv[3]) : open_door(wavu_node(w));
    }
    if (rc == 0) {
        loop(w);
    } else {
        fprintf(stderr, "it cannot start: %s\n", wavu_err_sentence(rc));
    }
    wavu_stop(w);
    return rc == 0 ? 0 : 1;
}
