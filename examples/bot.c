/* A chat bot: goes into a network by a code and answers "!ping" in its main room. */
#include <stdio.h>
#include <string.h>
#include <wavu/wavu.h>

static void on_event(struct wavu *w, void *context, const struct wavu_event *event)
{
    const struct wavu_chat_event *chat = event->chat;
    (void)context;
    if (event->members != NULL && event->members->kind == WAVU_MEMBERS_JOIN_FAILED) {
        fprintf(stderr, "not let in: %s\n", wavu_err_sentence(event->members->err));
        wavu_quit(w);
    }
    if (chat == NULL || chat->kind != WAVU_CHAT_MESSAGE || chat->message->is_own) {
        return;
    }
    if (chat->message->text_len == 5 && memcmp(chat->message->text, "!ping", 5) == 0 &&
        wavu_say(wavu_node(w), chat->network, "pong", 4, NULL) < 0) {
        fprintf(stderr, "could not answer\n");
    }
}

int main(int argc, char **argv)
{
    const struct wavu_start start = {.home = argc > 1 ? argv[1] : "bot-home",
                                     .listen = "127.0.0.1:0",
                                     .nick = "bot",
                                     .up = on_event};
    struct wavu *w = NULL;
    int rc = wavu_start(&start, &w);

    if (rc == 0 && argc > 3) {
        rc = wavu_join(wavu_node(w), argv[2], argv[3]);
    }
    if (rc < 0) {
        fprintf(stderr, "the bot cannot start: %s\n", wavu_err_sentence(rc));
        return 1;
    }
    wavu_run(w);
    wavu_stop(w);
    return 0;
}
