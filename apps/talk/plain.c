/*
 * One loop over the node's socket and the standard input. Lines are taken while few are under way;
 * at their end it waits, within a bound, until others have what was said.
 */
#include "apps/talk/plain.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/talk/plain_await.h"
#include "apps/talk/plain_in.h"
#include "apps/talk/plain_out.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_people.h"
#include "apps/talk/talk_run.h"
#include "apps/talk/talk_words.h"
#include "apps/term/qr_blocks.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "base/mem.h"
#include "wavu/os.h"

#define PLAIN_MS_NS UINT64_C(1000000)
#define PLAIN_PEOPLE_MS 2000
#define PLAIN_LOOK_MS 100 /* between two looks at the end, when nothing else happens */

struct plain {
    const struct plain_config *config;
    struct talk *talk;
    struct talk_words *words;
    struct plain_in in;
    struct plain_out out;
    struct plain_await await;
    struct talk_run run;
    char *line;  /* owned: the one that is typed */
    int pending; /* typed and not over */
    int err;     /* of the first line that failed */
    int code;    /* when it is over: the exit code */
    bool is_over;
    bool is_ready; /* chats are known */
    bool is_quit;
    bool is_asking;  /* the last line was a command: what it says comes before what follows */
    bool is_joining; /* a code was typed, and nothing came of it yet */
    bool is_placing; /* --to is looked up */
    bool has_history;
    char entered[WAVU_KEY_TEXT_MAX]; /* the network that it opened; "": none yet */
    uint64_t join_ms;                /* then it is given up */
    uint64_t people_ms; /* so long lines wait for who the members are, whom they may name */
    uint64_t invite_ms; /* so long a code of ours is open; 0: none is */
    uint64_t coming_ms; /* at the end of the input: until then somebody was waited for */
    uint64_t end_ms;    /* when the input ended; 0: not yet */
};

static uint64_t plain_now_ms(void)
{
    return wavu_os_now_ns() / PLAIN_MS_NS;
}

static void plain_end(struct plain *p, int code)
{
    p->is_over = true;
    p->code = code;
}

static void plain_failed(struct plain *p, int err)
{
    p->err = p->err == 0 ? err : p->err;
}

/* ---- Where one is ---- */

static void plain_go(struct plain *p, struct talk_chat *chat)
{
    p->out.chat = chat;
    p->has_history = p->has_history || p->config->history == 0;
    talk_window_show(p->talk, chat);
    talk_people_want(p->talk, chat->network);
    p->people_ms = plain_now_ms() + PLAIN_PEOPLE_MS;
}

static struct talk_chat *plain_room(const struct plain *p, const struct talk_network *network)
{
    for (size_t i = 0; i < talk_chat_count(p->talk); i++) {
        struct talk_chat *chat = talk_chat_at(p->talk, i);
        const bool is_meant = p->config->room == NULL ? chat->kind == TALK_CHAT_MAIN
                                                      : strcmp(chat->name, p->config->room) == 0 ||
                                                            strcmp(chat->id, p->config->room) == 0;

        if (chat->network == network && chat->kind != TALK_CHAT_DIRECT && is_meant) {
            return chat;
        }
    }
    return NULL;
}

static const struct talk_network *plain_network(const struct plain *p)
{
    if (p->config->network != NULL) {
        return talk_network_find(p->talk, p->config->network);
    }
    for (size_t i = 0; i < talk_network_count(p->talk); i++) {
        if (talk_network_at(p->talk, i)->is_member) {
            return talk_network_at(p->talk, i);
        }
    }
    return talk_network_at(p->talk, 0); /* one that was left can be read */
}

/* Go to where the command line says, as soon as it is there. */
static void plain_place(struct plain *p)
{
    const struct talk_network *network = plain_network(p);
    struct talk_chat *chat = network != NULL ? plain_room(p, network) : NULL;
    char line[WAVU_SHOWN_MAX + 16];
    char clean[SAY_CLEAN_MAX];

    if (chat != NULL && p->config->to != NULL) {
        p->is_placing = true;
        p->pending++;
        (void)snprintf(line, sizeof line, "/dm \"%s\"", p->config->to);
        if (talk_words_enter(p->words, chat, line) < 0) {
            p->pending--;
            plain_end(p, SAY_NOT_FOUND);
        }
    } else if (chat != NULL) {
        plain_go(p, chat);
    } else if (p->config->network != NULL && network == NULL) {
        plain_end(p, say_problem(SAY_NOT_FOUND,
                                 "you are in no network '%s'; 'wavu networks' lists them",
                                 say_clean(p->config->network, clean)));
    } else if (network != NULL && p->config->room != NULL) {
        plain_end(p, say_problem(SAY_NOT_FOUND, "there is no room '%s'; 'wavu rooms' lists them",
                                 say_clean(p->config->room, clean)));
    }
}

/* ---- What the talk tells ---- */

static void plain_on_said(void *context, const struct talk_said *said)
{
    struct plain *p = context;

    if (said->is_own) {
        plain_await_said(&p->await, said->chat, said->id);
    }
    /* What is typed here is not said back; programs see all, by its id. */
    if ((!said->is_own || p->config->is_jsonl) && !said->is_blocked) {
        plain_out_said(&p->out, said);
    }
}

static void plain_on_told(void *context, enum talk_tone tone, struct talk_chat *chat,
                          const char *line)
{
    const struct plain *p = context;

    (void)chat;
    plain_out_told(&p->out, tone, line);
}

static void plain_on_event(void *context, const json_t *event)
{
    struct plain *p = context;
    const char *name = talk_json_text(event, "event");

    if (strcmp(name, "codeClosed") == 0) {
        p->invite_ms = talk_code_is_older(p->talk, event) ? p->invite_ms : 0;
    } else if (strcmp(name, "entered") == 0 && p->is_joining) {
        talk_json_copy(p->entered, sizeof p->entered, event, "network");
    } else if (strcmp(name, "joinFailed") == 0 && talk_json_count(event, "left") == 0) {
        p->is_joining = false;
        plain_failed(p, strcmp(talk_json_text(event, "error"), "timeout") == 0 ? WAVU_ERR_TIMEOUT
                                                                               : WAVU_ERR_DENIED);
    }
}

static void plain_on_ready(void *context)
{
    struct plain *p = context;

    p->is_ready = true;
    plain_place(p);
    if (p->out.chat == NULL && !p->is_placing && !p->is_over && p->config->is_person) {
        plain_out_told(
            &p->out, TALK_PLAIN,
            tongue("you are in no network yet: /join CODE joins one, 'wavu create NAME' makes "
                   "one"));
    }
}

static void plain_on_down(void *context, int err)
{
    struct plain *p = context;

    if (err == WAVU_ERR_PROTO) {
        plain_end(p, say_problem(SAY_NO_NODE, "what answers there is no node of this wavu; start "
                                              "the node anew with 'wavu up'"));
    } else {
        plain_end(p, say_problem(SAY_NO_NODE, "the node has ended, and the chat with it; what was "
                                              "said is kept: start it with 'wavu up'"));
    }
}

static const struct talk_user plain_talk_user = {.said = plain_on_said,
                                                 .told = plain_on_told,
                                                 .event = plain_on_event,
                                                 .ready = plain_on_ready,
                                                 .down = plain_on_down};

/* ---- What comes of lines ---- */

static bool plain_on_outcome(void *context, const struct talk_words_told *told)
{
    struct plain *p = context;
    static char picture[QR_BLOCKS_TEXT_MAX];

    if (told->outcome == TALK_WORDS_QUIT) {
        p->is_quit = true;
    } else if (told->outcome == TALK_WORDS_GO) {
        plain_go(p, told->chat);
        p->is_placing = false;
    } else if (told->outcome == TALK_WORDS_INVITE) {
        p->invite_ms = plain_now_ms() + told->open_ms;
        if (p->config->is_person && isatty(STDOUT_FILENO) == 1 &&
            qr_blocks_write(picture, sizeof picture, told->qr, SAY_WIDTH)) {
            say_out("%s", picture);
        }
    }
    return plain_out_outcome(&p->out, told);
}

static void plain_on_done(void *context, int err, const char *id)
{
    struct plain *p = context;

    p->pending--;
    if (p->is_over) {
        return;
    }
    if (p->is_placing) { /* --to was looked up in vain, as a line has told */
        p->is_placing = false;
        plain_end(p, say_exit_of(err) != SAY_OK ? say_exit_of(err) : SAY_NOT_FOUND);
        return;
    }
    if (err < 0) {
        plain_failed(p, err);
        p->is_joining = false;
    } else if (id != NULL) {
        plain_await_typed(&p->await, id, plain_now_ms());
    }
    plain_out_done(&p->out, err, id);
}

static bool plain_on_run(void *context, const char *const *words)
{
    struct plain *p = context;

    return talk_run_start(&p->run, p->config->home, words) == 0;
}

static const struct talk_words_user plain_words_user = {
    .outcome = plain_on_outcome, .run = plain_on_run, .done = plain_on_done};

/* ---- Lines ---- */

static void plain_enter(struct plain *p, const char *line)
{
    if (strncmp(line, "/join ", 6) == 0) {
        p->is_joining = true;
        p->join_ms = plain_now_ms() + PLAIN_JOIN_MS;
    }
    p->is_asking = line[0] == '/' && line[1] != '/';
    p->pending++;
    int rc = talk_words_enter(p->words, p->out.chat, line);

    if (rc < 0) {
        p->pending--;
        p->is_joining = false;
        plain_failed(p, rc);
        plain_out_done(&p->out, rc, NULL);
    }
}

/* {"text": words or /command, "to": NAME}, or a text alone. */
static void plain_enter_json(struct plain *p, const char *line)
{
    json_t *one = json_loads(line, JSON_DECODE_ANY, NULL);
    const char *text = json_is_string(one) ? json_string_value(one)
                                           : json_string_value(json_object_get(one, "text"));
    const char *to = json_string_value(json_object_get(one, "to"));

    if (text == NULL || (to != NULL && strchr(to, '"') != NULL)) {
        plain_out_told(&p->out, TALK_PROBLEM,
                       "a line is {\"text\": words, \"to\": name, optional}, or a text in quotes");
        plain_out_done(&p->out, WAVU_ERR_INVALID, NULL);
        plain_failed(p, WAVU_ERR_INVALID);
    } else if (to != NULL) {
        char *whole = mem_new_raw(strlen(to) + strlen(text) + 16);

        (void)snprintf(whole, strlen(to) + strlen(text) + 16, "/dm \"%s\" %s", to, text);
        plain_enter(p, whole);
        mem_free(whole);
    } else {
        plain_enter(p, text);
    }
    json_decref(one);
}

/* Are those known whom a line may mention? */
static bool plain_has_people(const struct plain *p)
{
    const struct talk_chat *chat = p->out.chat;

    return chat == NULL || talk_people_count(chat->network) > 0 || plain_now_ms() >= p->people_ms;
}

/* May a line be taken now? */
static bool plain_takes(const struct plain *p)
{
    return plain_has_people(p) && p->is_ready && !p->is_over && !p->is_quit && !p->is_joining &&
           !p->is_placing && p->run.fd < 0 && p->pending < (p->is_asking ? 1 : PLAIN_PENDING_MAX);
}

static void plain_take_lines(struct plain *p)
{
    bool is_too_long = false;

    while (plain_takes(p) && plain_in_next(&p->in, p->line, &is_too_long)) {
        if (is_too_long) {
            plain_out_told(
                &p->out, TALK_PROBLEM,
                tongue("a line was too long and is passed over; /file PATH sends a file"));
            plain_failed(p, WAVU_ERR_LIMIT);
        } else if (p->config->is_jsonl && p->line[0] != '\0') {
            plain_enter_json(p, p->line);
        } else if (p->line[strspn(p->line, " \t")] != '\0') {
            plain_enter(p, p->line);
        }
    }
}

/* ---- The end ---- */

/* What is left when the time is over. */
static void plain_give_up(struct plain *p, size_t left)
{
    if (p->pending > 0) {
        plain_end(p, say_problem(SAY_TIMEOUT, "the node does not answer; 'wavu status' shows "
                                              "whether it runs"));
    } else if (left == 1) {
        plain_end(p, say_problem(SAY_TIMEOUT, "one message was not delivered yet; it is kept, and "
                                              "goes on while a node runs here: 'wavu up'"));
    } else {
        plain_end(p, say_problem(SAY_TIMEOUT,
                                 "%zu messages were not delivered yet; they are kept, and go on "
                                 "while a node runs here: 'wavu up'",
                                 left));
    }
}

/* Is somebody waited for who has the code? */
static bool plain_is_inviting(struct plain *p, uint64_t now_ms)
{
    const bool is_so =
        !p->is_quit && p->invite_ms > now_ms && now_ms - p->end_ms < p->config->invite_wait_ms;

    p->coming_ms = is_so ? now_ms : p->coming_ms;
    return is_so;
}

/* The input is over: is all that was typed, too? */
static void plain_step_end(struct plain *p, uint64_t now_ms)
{
    const bool is_input_over = p->is_quit || (p->in.is_end && !plain_in_has_line(&p->in));

    if (!is_input_over || !p->is_ready || p->is_joining || p->is_placing || p->run.fd >= 0) {
        return;
    }
    if (p->out.chat != NULL && !p->has_history && now_ms < p->people_ms) {
        return; /* what was said before is shown first */
    }
    p->end_ms = p->end_ms == 0 ? now_ms : p->end_ms;
    if (plain_is_inviting(p, now_ms)) {
        return;
    }
    const size_t left = p->pending == 0 ? plain_await_step(&p->await, now_ms) : 0;
    const uint64_t since_ms = p->coming_ms > p->end_ms ? p->coming_ms : p->end_ms;
    const bool is_late = now_ms >= since_ms + p->config->wait_ms;

    if (p->pending == 0 && (left == 0 || p->config->wait_ms == 0)) {
        const int err = p->err == 0 && p->await.failed > 0 ? WAVU_ERR_TIMEOUT : p->err;

        plain_end(p, p->config->is_person ? SAY_OK : say_exit_of(err));
    } else if (is_late && (p->pending == 0 || talk_silent_ms(p->talk, now_ms) > PLAIN_ANSWER_MS)) {
        plain_give_up(p, left);
    }
}

/* ---- The loop ---- */

/* Messages of before, once they are there; what is shown is read. */
static void plain_step_window(struct plain *p)
{
    struct talk_chat *chat = p->out.chat;
    const struct talk_window *w = chat != NULL ? chat->window : NULL;

    if (w == NULL || w->is_loading) {
        return;
    }
    if (!p->has_history) {
        p->has_history = true;
        for (size_t i = w->count > p->config->history ? w->count - p->config->history : 0;
             i < w->count; i++) {
            plain_out_message(&p->out, chat, w->messages[i]);
        }
    }
    talk_window_read(p->talk, chat);
}

/* Joined, and its rooms are there: what is typed next is said there. */
static void plain_step_join(struct plain *p)
{
    const struct talk_network *network =
        p->is_joining && p->entered[0] != '\0' ? talk_network_find(p->talk, p->entered) : NULL;
    struct talk_chat *chat = NULL;

    for (size_t i = 0; network != NULL && chat == NULL && i < talk_chat_count(p->talk); i++) {
        struct talk_chat *one = talk_chat_at(p->talk, i);

        chat = one->network == network && one->kind == TALK_CHAT_MAIN ? one : NULL;
    }
    if (chat != NULL && chat->is_open) {
        p->is_joining = false;
        p->entered[0] = '\0';
        plain_go(p, chat);
    }
}

static void plain_step(struct plain *p, uint64_t now_ms)
{
    const unsigned news = talk_news(p->talk);

    if ((news & TALK_NEWS_CHATS) != 0 && p->is_ready && p->out.chat == NULL && !p->is_placing) {
        plain_place(p);
    }
    plain_step_join(p);
    if (p->is_joining && now_ms >= p->join_ms) {
        p->is_joining = false;
        plain_failed(p, WAVU_ERR_TIMEOUT);
    }
    if ((news & (TALK_NEWS_MESSAGES | TALK_NEWS_CHATS)) != 0 || !p->has_history) {
        plain_step_window(p);
    }
    plain_take_lines(p);
    plain_step_end(p, now_ms);
}

static int plain_wait_ms(const struct plain *p, uint64_t now_ms)
{
    int wait = talk_wait_ms(p->talk, now_ms);
    const bool is_bounded =
        p->in.is_end || p->is_quit || p->is_joining || (p->is_ready && !plain_has_people(p));

    return is_bounded && (wait < 0 || wait > PLAIN_LOOK_MS) ? PLAIN_LOOK_MS : wait;
}

static void plain_take_run(struct plain *p)
{
    bool is_good = false;

    if (talk_run_pump(&p->run, p->talk, &is_good)) {
        plain_on_done(p, is_good ? 0 : WAVU_ERR_IO, NULL);
    }
}

static void plain_turn(struct plain *p)
{
    struct rpc_link_wait waits[RPC_LINK_FDS];
    struct pollfd fds[RPC_LINK_FDS + 2];
    const size_t count = talk_waits(p->talk, waits);
    const bool wants_input = plain_takes(p) && !p->in.is_end;

    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = waits[i].fd,
                                 .events = (short)(POLLIN | (waits[i].wants_writes ? POLLOUT : 0))};
    }
    fds[count] = (struct pollfd){.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN};
    fds[count + 1] = (struct pollfd){.fd = p->run.fd, .events = POLLIN};
    (void)poll(fds, (nfds_t)count + 2, plain_wait_ms(p, plain_now_ms()));
    if (talk_pump(p->talk, plain_now_ms()) < 0) {
        return; /* it was said */
    }
    if (wants_input && fds[count].revents != 0) {
        plain_in_read(&p->in, STDIN_FILENO);
    }
    if (p->run.fd >= 0 && fds[count + 1].revents != 0) {
        plain_take_run(p);
    }
    plain_step(p, plain_now_ms());
    if (!say_flush() && !p->is_over) {
        plain_end(p, SAY_FAILURE); /* nobody reads any more */
    }
}

int plain_run(const struct plain_config *config)
{
    struct plain p = {.config = config, .out = {.is_jsonl = config->is_jsonl}};
    int rc = talk_new(config->socket, &plain_talk_user, &p, &p.talk);

    if (rc < 0) {
        return say_problem(say_exit_of(rc), "the node cannot be asked: %s; 'wavu up' starts one",
                           tongue(wavu_err_sentence(rc)));
    }
    p.words = talk_words_new(p.talk, &plain_words_user, &p);
    p.line = mem_new_raw(TALK_WORDS_LINE_MAX);
    plain_in_init(&p.in);
    plain_await_init(&p.await, p.talk);
    talk_run_init(&p.run);
    while (!p.is_over) {
        plain_turn(&p);
    }
    talk_run_stop(&p.run);
    talk_free(p.talk);
    talk_words_free(p.words);
    plain_await_clear(&p.await);
    plain_in_clear(&p.in);
    mem_free(p.line);
    return p.code;
}
