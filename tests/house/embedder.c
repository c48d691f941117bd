/*
 * A program of somebody else's on the installed library: two nodes in one process, Amina's on a
 * thread of wavu's, Baraka's on this program's own poll(). They use what the library promises a
 * program, once: network, code, names, room, direct chat, history, connections, broadcast, a text
 * to one, a file, a call for help, putting out, leaving; and hear of each by events.
 *
 * In: two folders that do not exist yet, and a file to send. Out: a line for each step that is
 * done; exit 1 at the first that is not done within 30 s.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wavu/wavu.h>

#define PATIENCE_NS UINT64_C(30000000000)
#define AGAIN_NS UINT64_C(500000000)

enum heard {
    ENTERED,
    LEFT,
    CHANGED,
    SAID,
    HAS,
    DIRECT,
    DELIVERED,
    LINK_UP,
    LINK_DOWN,
    BROADCAST,
    UNICAST,
    STATE,
    OFFER,
    SENT,
    DONE,
    SOS,
    REACHED,
    HEARD
};

/* A node, and what its program was told. Counts are written on its thread. */
struct person {
    struct wavu *w;
    atomic_int heard[HEARD];
    char offer[WAVU_KEY_TEXT_MAX]; /* the last one, and the last call: written before the count */
    char call[WAVU_SOS_ID_MAX];
};

static struct person amina;
static struct person baraka;
static atomic_int answer; /* of wavu_send: 1 + its verdict below 0, 1 when it arrived */

static void hear_people(struct person *p, const struct wavu_event *event)
{
    if (event->members != NULL) {
        p->heard[ENTERED] += event->members->kind == WAVU_MEMBERS_ENTERED;
        p->heard[LEFT] += event->members->kind == WAVU_MEMBERS_LEFT;
        p->heard[CHANGED] += event->members->kind == WAVU_MEMBERS_CHANGED;
    }
    if (event->sos != NULL) {
        (void)snprintf(p->call, sizeof p->call, "%s", event->sos->one->id);
        p->heard[SOS] += event->sos->kind == WAVU_SOS_CALLED;
        p->heard[REACHED] += event->sos->kind == WAVU_SOS_REACHED &&
                             strcmp(event->sos->target->state, "acknowledged") == 0;
    }
    if (event->files != NULL) {
        (void)snprintf(p->offer, sizeof p->offer, "%s", event->files->id);
        p->heard[OFFER] += event->files->kind == WAVU_FILES_OFFER;
        p->heard[SENT] += event->files->kind == WAVU_FILES_SENT;
        p->heard[DONE] += event->files->kind == WAVU_FILES_DONE;
    }
}

static void on_event(struct wavu *w, void *context, const struct wavu_event *event)
{
    struct person *p = context;

    (void)w;
    hear_people(p, event);
    if (event->chat != NULL) {
        p->heard[SAID] += event->chat->kind == WAVU_CHAT_MESSAGE && !event->chat->message->is_own &&
                          strcmp(event->chat->message->kind, "text") == 0;
        p->heard[HAS] += event->chat->kind == WAVU_CHAT_HAS;
    }
    if (event->direct != NULL) {
        p->heard[DIRECT] += event->direct->kind == WAVU_DIRECT_MESSAGE;
        p->heard[DELIVERED] += event->direct->kind == WAVU_DIRECT_STATE &&
                               strcmp(event->direct->state, "delivered") == 0;
    }
    if (event->mesh != NULL) {
        p->heard[LINK_UP] += event->mesh->kind == WAVU_MESH_NEIGHBOUR;
        p->heard[LINK_DOWN] += event->mesh->kind == WAVU_MESH_PARTED;
        p->heard[BROADCAST] += event->mesh->kind == WAVU_MESH_MESSAGE && event->mesh->len == 4 &&
                               memcmp(event->mesh->data, "maji", 4) == 0;
        p->heard[UNICAST] += event->mesh->kind == WAVU_MESH_UNICAST && event->mesh->len == 5;
        p->heard[STATE] += event->mesh->kind == WAVU_MESH_CHANGED;
    }
}

/* ---- Waiting and asking ---- */

struct job {
    struct person *of;
    int (*work)(struct wavu_node *node);
    int rc;
};

static void on_thread(void *context)
{
    struct job *job = context;

    job->rc = job->work(wavu_node(job->of->w));
}

static void turn(void)
{
    struct pollfd fd = {.fd = wavu_fd(baraka.w), .events = POLLIN};
    int wait_ms = wavu_wait_ms(baraka.w);

    (void)poll(&fd, 1, wait_ms < 0 || wait_ms > 20 ? 20 : wait_ms);
    wavu_process(baraka.w);
}

static bool done(const char *what, bool is_done)
{
    printf("%s: %s\n", what, is_done ? "yes" : "NO");
    return is_done;
}

/* Let `p` do it, until that is possible. */
static bool does(const char *what, struct person *p, int (*work)(struct wavu_node *node))
{
    uint64_t end_ns = wavu_os_now_ns() + PATIENCE_NS;
    uint64_t next_ns = 0;
    struct job job = {.of = p, .work = work, .rc = WAVU_ERR_AGAIN};

    while (job.rc < 0 && wavu_os_now_ns() < end_ns) {
        if (wavu_os_now_ns() >= next_ns && p == &amina) {
            job.rc = wavu_call(p->w, on_thread, &job) < 0 ? WAVU_ERR_SHUTDOWN : job.rc;
        } else if (wavu_os_now_ns() >= next_ns) {
            job.rc = work(wavu_node(p->w));
        }
        next_ns = wavu_os_now_ns() >= next_ns ? wavu_os_now_ns() + AGAIN_NS : next_ns;
        turn();
    }
    return done(what, job.rc >= 0);
}

static bool hears(const char *what, struct person *p, enum heard which)
{
    uint64_t end_ns = wavu_os_now_ns() + PATIENCE_NS;

    while (atomic_load(&p->heard[which]) == 0 && wavu_os_now_ns() < end_ns) {
        turn();
    }
    return done(what, atomic_load(&p->heard[which]) > 0);
}

/* ---- What they do; AGAIN: not yet ---- */

static struct wavu_invitation invitation;
static char address[WAVU_ADDRESS_TEXT_MAX];
static char others[2][WAVU_KEY_TEXT_MAX]; /* how the other is called: of Amina's, of Baraka's */
static char peer[WAVU_PEER_TEXT_MAX];     /* Amina's */
static const char *sent_path;
static size_t found;

static int open_door(struct wavu_node *node)
{
    char id[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    int rc = wavu_network_make(node, "savanna", NULL, id);

    rc = rc < 0 ? rc : wavu_person(node, key);
    rc = rc == 0 && strlen(key) != WAVU_KEY_TEXT_MAX - 1 ? WAVU_ERR_INVALID : rc;
    wavu_node_id(node, peer);
    return rc < 0 ? rc : wavu_invite(node, NULL, NULL, &invitation);
}

static int tell_address(struct wavu_node *node)
{
    return wavu_node_address(node, 0, address) ? 0 : WAVU_ERR_AGAIN;
}

static int name_and_join(struct wavu_node *node)
{
    int rc = wavu_set_nick(node, "Baraka");

    return rc < 0 ? rc : wavu_join(node, invitation.code, address);
}

static void on_member(void *context, const struct wavu_network_member *member)
{
    char *out = context;

    if (!member->is_self && strcmp(member->standing, "member") == 0) {
        (void)snprintf(out, WAVU_KEY_TEXT_MAX, "%s", member->id);
    }
}

static int look_for(struct wavu_node *node, char out[WAVU_KEY_TEXT_MAX])
{
    int rc = wavu_network_members(node, NULL, on_member, out);

    return rc == 0 && out[0] == '\0' ? WAVU_ERR_AGAIN : rc;
}

static int look_for_baraka(struct wavu_node *node)
{
    return look_for(node, others[0]);
}

static int look_for_amina(struct wavu_node *node)
{
    return look_for(node, others[1]);
}

/* What was said before the other could read is none of its: again, until it hears something. */
static int say(struct wavu_node *node)
{
    int rc = wavu_say(node, NULL, "habari", 6, NULL);

    return rc == 0 && atomic_load(&baraka.heard[SAID]) == 0 ? WAVU_ERR_AGAIN : rc;
}

static int say_to_amina(struct wavu_node *node)
{
    const struct wavu_direct what = {.member = others[1], .text = "nzuri", .len = 5};

    return wavu_direct_say(node, &what, NULL);
}

static void on_message(void *context, const struct wavu_message *message)
{
    found += message->text_len == strlen(context) &&
             memcmp(message->text, context, message->text_len) == 0;
}

static int look_back(struct wavu_node *node)
{
    char room[] = "habari";
    char chat[] = "nzuri";
    const struct wavu_history_of of = {.member = others[1], .max = 10};
    int rc = 0;

    found = 0;
    rc = wavu_history(node, NULL, 1, on_message, room);
    rc = rc < 0 ? rc : wavu_history_look(node, &of, on_message, chat);
    return rc == 0 && found != 2 ? WAVU_ERR_AGAIN : rc;
}

static void on_peer(void *context, const struct wavu_peer *one)
{
    found += strcmp(one->id, context) == 0;
}

static int look_at_connections(struct wavu_node *node)
{
    found = 0;
    wavu_node_peers(node, on_peer, peer);
    return found == 1 ? 0 : WAVU_ERR_AGAIN;
}

static int call_all(struct wavu_node *node)
{
    int rc = wavu_mesh_set(node, "colour", "green", 5);

    return rc < 0 ? rc : wavu_broadcast(node, "maji", 4);
}

static void on_answer(void *context, int err)
{
    (void)context;
    atomic_store(&answer, 1 + err);
}

static int send_to_amina(struct wavu_node *node)
{
    return wavu_send(node, peer, "njooo", 5, on_answer, NULL);
}

static int look_at_answer(struct wavu_node *node)
{
    (void)node;
    return atomic_load(&answer) == 1 ? 0 : WAVU_ERR_AGAIN;
}

static int offer(struct wavu_node *node)
{
    const struct wavu_file_wish wish = {.path = sent_path};
    uint64_t number = 0;

    return wavu_file_send(node, &wish, &number);
}

static int accept(struct wavu_node *node)
{
    return wavu_file_accept(node, NULL, baraka.offer);
}

static int call_for_help(struct wavu_node *node)
{
    const struct wavu_sos_wish wish = {.is_all = true, .text = "daraja"};
    char id[WAVU_SOS_ID_MAX];

    return wavu_sos(node, &wish, id);
}

static int acknowledge(struct wavu_node *node)
{
    return wavu_sos_ack(node, baraka.call);
}

static int put_out(struct wavu_node *node)
{
    return wavu_revoke(node, NULL, others[0], false);
}

static int look_for_nobody(struct wavu_node *node)
{
    int rc = 0;

    others[0][0] = '\0';
    rc = wavu_network_members(node, NULL, on_member, others[0]);
    return rc == 0 && others[0][0] != '\0' ? WAVU_ERR_AGAIN : rc;
}

static int leave(struct wavu_node *node)
{
    return wavu_network_leave(node, NULL);
}

/* ---- In their order ---- */

static bool begin(struct person *p, const char *home, const struct wavu_mesh_config *mesh)
{
    const struct wavu_start start = {.home = home,
                                     .listen = "127.0.0.1:0",
                                     .nick = p == &amina ? "Amina" : NULL,
                                     .mesh = mesh,
                                     .has_thread = p == &amina,
                                     .up = on_event,
                                     .context = p};

    return done("a node starts", wavu_start(&start, &p->w) == 0);
}

static bool meet(void)
{
    return hears("links come up", &amina, LINK_UP) &&
           does("a name, and a code is tried", &baraka, name_and_join) &&
           hears("one is let in", &baraka, ENTERED) &&
           hears("members hear of it", &amina, CHANGED) &&
           does("members are listed", &amina, look_for_baraka) &&
           does("by the newcomer, too", &baraka, look_for_amina);
}

static bool talk(void)
{
    return does("something is said", &amina, say) && hears("it is heard", &baraka, SAID) &&
           hears("its author knows", &amina, HAS) &&
           does("something is said to one", &baraka, say_to_amina) &&
           hears("that one hears it", &amina, DIRECT) &&
           hears("it is delivered", &baraka, DELIVERED) &&
           does("both stand in the history", &baraka, look_back) &&
           does("connections are listed", &baraka, look_at_connections) &&
           does("a broadcast, and shared state", &amina, call_all) &&
           hears("the broadcast comes", &baraka, BROADCAST) && hears("the state", &baraka, STATE) &&
           does("a text to one node", &baraka, send_to_amina) &&
           hears("it comes", &amina, UNICAST) &&
           does("and is acknowledged", &baraka, look_at_answer);
}

static bool help(void)
{
    return does("a file is offered", &amina, offer) && hears("as it is told", &amina, SENT) &&
           hears("the other sees it", &baraka, OFFER) && does("and takes it", &baraka, accept) &&
           hears("it is there", &baraka, DONE) && does("a call for help", &amina, call_for_help) &&
           hears("it is heard of", &baraka, SOS) && does("acknowledged", &baraka, acknowledge) &&
           hears("and that is known", &amina, REACHED) && does("one is put out", &amina, put_out) &&
           does("and is no member any more", &amina, look_for_nobody) &&
           does("the other leaves", &amina, leave) &&
           hears("and is told when it has", &amina, LEFT);
}

int main(int argc, char **argv)
{
    const char *seeds[] = {address};
    const struct wavu_mesh_config first = {.has_discovery = false};
    const struct wavu_mesh_config second = {.seeds = seeds, .seed_count = 1};
    bool is_well = argc == 4;

    sent_path = argc == 4 ? argv[3] : "";
    is_well = is_well && begin(&amina, argv[1], &first);
    if (is_well) {
        struct job job = {.of = &amina, .work = tell_address};
        is_well = wavu_call(amina.w, on_thread, &job) == 0 && job.rc == 0;
    }
    is_well = is_well && begin(&baraka, argv[2], &second);
    is_well =
        is_well && does("a network and a code", &amina, open_door) && meet() && talk() && help();
    wavu_stop(baraka.w);
    baraka.w = NULL;
    if (is_well) {
        uint64_t end_ns = wavu_os_now_ns() + PATIENCE_NS;
        while (atomic_load(&amina.heard[LINK_DOWN]) == 0 && wavu_os_now_ns() < end_ns) {
            (void)poll(NULL, 0, 20);
        }
        is_well = done("links go down", atomic_load(&amina.heard[LINK_DOWN]) > 0);
    }
    wavu_stop(amina.w);
    return is_well ? 0 : 1;
}
