/*
 * The loop of the terminal chat: keys first, then what they wished to be drawn, then the node.
 */
#include "apps/tui/tui.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/talk/talk_calls.h"
#include "apps/talk/talk_window.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "apps/tui/paint.h"
#include "apps/tui/tui_draw.h"
#include "apps/tui/tui_keys.h"
#include "apps/tui/tui_state.h"
#include "apps/tui/tui_talk.h"
#include "base/mem.h"

#define KEYS_A_TURN 4096 /* a paste comes in a few turns, and the node gets its own between */
#define DRAW_MS (1000 / TUI_DRAWS_MAX)

/* Where signals tell the loop what came: a handler may do no more. */
static int tui_pipe[2] = {-1, -1};

static void on_signal(int number)
{
    int before = errno;
    const unsigned char byte = (unsigned char)number;
    ssize_t written = write(tui_pipe[1], &byte, 1);
    (void)written;
    errno = before;
}

/* A mistake of ours: the terminal is given back, then it is what it would have been. */
static void on_crash(int number)
{
    paint_end_at_once();
    (void)raise(number); /* SA_RESETHAND: nobody catches it now */
}

static const int tui_signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT};
static const int tui_crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

static bool start_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    if (pipe2(tui_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        return false;
    }
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&crash.sa_mask);
    for (size_t i = 0; i < sizeof tui_signals / sizeof tui_signals[0]; i++) {
        (void)sigaction(tui_signals[i], &action, NULL);
    }
    for (size_t i = 0; i < sizeof tui_crashes / sizeof tui_crashes[0]; i++) {
        (void)sigaction(tui_crashes[i], &crash, NULL);
    }
    return true;
}

static void end_signals(void)
{
    for (size_t i = 0; i < sizeof tui_signals / sizeof tui_signals[0]; i++) {
        (void)signal(tui_signals[i], SIG_DFL);
    }
    for (size_t i = 0; i < sizeof tui_crashes / sizeof tui_crashes[0]; i++) {
        (void)signal(tui_crashes[i], SIG_DFL);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)close(tui_pipe[i]);
        tui_pipe[i] = -1;
    }
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Ctrl+Z: the terminal is the shell's until somebody says fg. */
static void pause_here(struct tui *t)
{
    paint_end();
    (void)kill(getpid(), SIGSTOP);
    paint_again();
    t->wants_draw = true;
}

static void take_signals(struct tui *t)
{
    unsigned char bytes[64];
    ssize_t count = read(tui_pipe[0], bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        switch (bytes[i]) {
        case SIGCONT:
        case SIGWINCH:
            paint_again();
            tui_talk_renew_popup(t);
            t->wants_draw = true;
            break;
        case SIGINT:
            tui_keys_interrupt(t);
            break;
        case SIGTSTP:
            pause_here(t);
            break;
        default:
            t->is_over = true;
            break;
        }
    }
}

static void take_keys(struct tui *t)
{
    for (size_t i = 0; i < KEYS_A_TURN && !t->is_over; i++) {
        bool was_escaped = t->keys.is_escaped;
        struct keys key = keys_next(&t->keys);
        if (key.kind == KEYS_NONE && (was_escaped || !t->keys.is_escaped)) {
            break;
        }
        t->escape_ms = t->keys.is_escaped ? t->now_ms : 0;
        if (key.kind != KEYS_NONE) {
            tui_keys_press(t, &key);
        }
    }
    if (t->keys.is_escaped && t->now_ms - t->escape_ms >= TUI_ESCAPE_MS) {
        struct keys key = keys_escaped(&t->keys);
        t->escape_ms = 0;
        tui_keys_press(t, &key);
    }
}

/* ---- the node -------------------------------------------------------------------------------- */

static void came_back(struct tui *t)
{
    t->is_down = false;
    t->status_ms = 0;
    t->wants_draw = true;
}

/* What the starter says is seen on the terminal while it is there, and kept for the screen. */
static void hear_starter(void *context, bool is_warning, const char *sentence)
{
    char *why = context;
    (void)fprintf(stderr, "%s: %s\n", "wavu", sentence);
    if (!is_warning) {
        (void)snprintf(why, TALK_LINE_MAX, "%s", sentence);
    }
}

/* Start the node again: the terminal is the starter's meanwhile, who may ask and says why not. */
static void start_again(struct tui *t)
{
    char why[TALK_LINE_MAX] = "";
    t->wants_start = false;
    if (t->wish->start == NULL) {
        tui_talk_note(t, TALK_PROBLEM,
                      tongue("It cannot be started from here: type 'wavu up' elsewhere."));
        return;
    }
    paint_end();
    const struct say_ear before = say_to((struct say_ear){hear_starter, why});
    int code = t->wish->start(t->wish->context);
    (void)say_to(before);
    paint_again();
    t->wants_draw = true;
    t->now_ms = clock_ms();
    if (code == 0 && talk_again(t->talk) == 0) {
        came_back(t);
    } else {
        tui_talk_note(t, TALK_PROBLEM,
                      code != 0 && why[0] != '\0'
                          ? why
                          : tongue("The node does not start; 'wavu up' says why."));
    }
}

static void show_first_chat(struct tui *t)
{
    if (t->wizard.step == WIZARD_DONE && talk_chat_count(t->talk) > 0) {
        tui_talk_note(t, TALK_PLAIN,
                      t->wizard.is_made
                          ? tongue("The network is made. F2 or /invite lets somebody in.")
                          : tongue("You are in. What you type is said here."));
        t->wizard.step = WIZARD_OFF;
    }
    bool is_gone = t->chat != NULL && !t->chat->is_listed;
    if (t->wizard.step == WIZARD_OFF && (t->chat == NULL || is_gone) &&
        talk_chat_count(t->talk) > 0) {
        struct talk_chat *active = talk_chat_active(t->talk, NULL);
        bool is_start = t->chat == NULL && t->wish->first != NULL;
        tui_talk_show(t, active != NULL ? active : talk_chat_at(t->talk, 0));
        if (is_start) {
            (void)talk_words_enter(t->words, t->chat, t->wish->first);
        }
    }
}

static void take_news(struct tui *t)
{
    unsigned news = talk_news(t->talk);
    if (t->wizard.wants_draw) {
        t->wizard.wants_draw = false;
        t->wants_draw = true;
    }
    if (news == 0 && t->wizard.step != WIZARD_DONE) {
        return;
    }
    show_first_chat(t);
    if ((news & (TALK_NEWS_PEOPLE | TALK_NEWS_STATUS)) != 0) {
        tui_talk_renew_popup(t);
    }
    t->has_news = true;
}

static void take_node(struct tui *t)
{
    if (t->is_down) {
        if (t->now_ms - t->again_ms >= TUI_AGAIN_MS) {
            t->again_ms = t->now_ms;
            if (talk_again(t->talk) == 0) {
                came_back(t);
            }
        }
        return;
    }
    if (talk_pump(t->talk, t->now_ms) != 0) {
        t->is_down = true;
        t->wants_draw = true;
    }
    if (t->now_ms - t->status_ms >= TUI_STATUS_MS) {
        t->status_ms = t->now_ms;
        talk_want_status(t->talk);
        if (talk_calls(t->talk)->others > 0) {
            talk_calls_want(t->talk); /* another program may have answered */
        }
    }
    take_news(t);
}

/* What was drawn at the newest message was read. */
static void mark_read(struct tui *t)
{
    if (t->chat != NULL && t->wizard.step == WIZARD_OFF && !t->is_down && t->chat->unread > 0 &&
        view_is_end(&t->view, t->chat) && !t->chat->window->is_loading) {
        talk_window_read(t->talk, t->chat);
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static long minute_of_clock(void)
{
    return (long)(time(NULL) / 60);
}

static void draw(struct tui *t)
{
    if (minute_of_clock() != t->minute) {
        t->minute = minute_of_clock();
        t->wants_draw = true;
        tui_talk_notes_clear(t, false);
        tui_talk_renew_popup(t);
    }
    if (t->wants_draw || (t->has_news && t->now_ms - t->drawn_ms >= DRAW_MS)) {
        t->has_news = false;
        tui_draw_all(t);
        mark_read(t);
    } else if (t->wants_input) {
        tui_draw_input(t);
    }
    if (t->wants_bell && (t->bell_ms == 0 || t->now_ms - t->bell_ms >= TUI_BELL_MS)) {
        t->bell_ms = t->now_ms;
        paint_bell();
    }
    t->wants_bell = false;
}

static int least(int a, uint64_t b)
{
    return a < 0 || (uint64_t)a > b ? (int)b : a;
}

/* How long nothing has to be done. */
static int wait_ms(const struct tui *t)
{
    int ms = t->is_down ? TUI_AGAIN_MS : talk_wait_ms(t->talk, t->now_ms);
    ms = least(ms, TUI_STATUS_MS);
    if (t->has_news) {
        uint64_t since = t->now_ms - t->drawn_ms;
        ms = least(ms, since < DRAW_MS ? DRAW_MS - since : 0);
    }
    if (t->keys.is_escaped) {
        ms = least(ms, TUI_ESCAPE_MS);
    }
    return ms;
}

static void turn(struct tui *t)
{
    struct rpc_link_wait waits[RPC_LINK_FDS];
    struct pollfd fds[4 + RPC_LINK_FDS] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = tui_pipe[0], .events = POLLIN},
        {.fd = notify_fd(t->notify), .events = POLLIN},
        {.fd = t->run.fd, .events = POLLIN},
    };
    nfds_t count = 4;
    size_t links = t->is_down ? 0 : talk_waits(t->talk, waits);
    for (size_t i = 0; i < links; i++) {
        fds[count++] = (struct pollfd){
            .fd = waits[i].fd, .events = (short)(POLLIN | (waits[i].wants_writes ? POLLOUT : 0))};
    }
    if (poll(fds, count, wait_ms(t)) < 0) {
        for (nfds_t i = 0; i < count; i++) {
            fds[i].revents = 0;
        }
    }
    t->now_ms = clock_ms();
    take_signals(t);
    take_keys(t);
    t->is_over = t->is_over || (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    if (t->is_over) {
        return;
    }
    if (t->wants_input && !t->wants_draw) { /* what is typed is seen before anything else is done */
        tui_draw_input(t);
    }
    if (t->wants_start) {
        start_again(t);
    }
    take_node(t);
    notify_pump(t->notify);
    tui_talk_run(t);
    if (!t->is_over) {
        draw(t);
    }
}

static int connect_node(struct tui *t)
{
    int rc = talk_new(t->wish->path, &tui_talk_user, t, &t->talk);
    if (rc == WAVU_ERR_NO_NODE && t->wish->start != NULL) {
        int code = t->wish->start(t->wish->context);
        if (code != 0) {
            return code;
        }
        rc = talk_new(t->wish->path, &tui_talk_user, t, &t->talk);
    }
    if (rc != 0) {
        return say_problem(say_exit_of(rc),
                           rc == WAVU_ERR_NO_NODE ? "no node runs here; 'wavu up' starts one"
                                                  : "the node cannot be asked: %s",
                           tongue(wavu_err_sentence(rc)));
    }
    return 0;
}

static void free_all(struct tui *t)
{
    talk_free(t->talk);
    talk_words_free(t->words);
    talk_run_stop(&t->run);
    notify_close(t->notify);
    popup_close(&t->popup);
    drafts_clear(&t->drafts);
    input_free(t->input);
    mem_free(t);
}

int tui_run(const struct tui_wish *wish)
{
    struct tui *t = mem_new(sizeof *t);
    const struct paint_wish paint = {wish->colour, wish->is_ascii, !wish->has_no_mouse};
    t->wish = wish;
    talk_run_init(&t->run);
    t->tells = wish->notify;
    t->has_mouse = !wish->has_no_mouse;
    t->now_ms = clock_ms();
    t->input = input_new((struct input_completer){tui_talk_offer, t});
    int code = connect_node(t);
    if (code != 0) {
        free_all(t);
        return code;
    }
    t->words = talk_words_new(t->talk, &tui_talk_words_user, t);
    if (!start_signals() || !paint_start(&paint)) {
        end_signals();
        free_all(t);
        return say_problem(SAY_FAILURE, "this is no terminal that can show the chat; 'wavu chat "
                                        "--plain' works everywhere");
    }
    t->notify = notify_open();
    t->wants_draw = true;
    draw(t);
    while (!t->is_over) {
        turn(t);
    }
    paint_end();
    end_signals();
    free_all(t);
    return SAY_OK;
}
