/*
 * Files over the control socket: parameters in, the public interface's wavu/files.h asked, one JSON
 * value or one sentence out. An offer is named by its message's id alone: the network is found.
 */
#include "apps/rpc/methods_files.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "base/mem.h"
#include "wavu/files.h"

/* Beside what is the network's or the room's fault (cause.h). */
static const struct takes_meaning meanings[] = {
    {WAVU_ERR_NOT_FOUND, "there is no such offer or member, or nothing of it is on its way; 'wavu "
                         "file list' shows how each stands"},
    {WAVU_ERR_INVALID, "a path begins with /, and an id is 64 hexadecimal digits"},
    {WAVU_ERR_EXISTS,
     "it is coming or here already, or our own; 'wavu file list' shows how it stands"},
    {WAVU_ERR_LIMIT, "too many files are on their way; wait for one to end, or cancel one"},
    {WAVU_ERR_NO_SPACE, "the disk has no room for it; make some, and accept it again"},
    {WAVU_ERR_PROTO, "that message offers no file that could be fetched"},
    {WAVU_ERR_UNSUPPORTED,
     "this wavu cannot do that yet, or the file is a newer wavu's; get the newest one"},
    {WAVU_ERR_AGAIN, cause_waits},
    {0, NULL}};

static bool is_shaped(const json_t *params)
{
    return params == NULL || json_is_object(params) || json_array_size(params) == 0;
}

/* Is there a node, and are the parameters such? */
static bool is_ready(const struct methods *m, bool is_good, const char *sentence,
                     struct jsonrpc_error *error)
{
    if (!is_good) {
        (void)takes_refuse(error, sentence);
    }
    return is_good && takes_is_ready(m, error);
}

/* ---- Sending ---- */

json_t *methods_files_send(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes_meaning oneself[] = {
        {WAVU_ERR_INVALID, "that is you: say to whom else; 'wavu members' lists people"},
        {0, NULL}};
    const struct methods *m = context;
    bool is_good = is_shaped(params);
    uint64_t number = 0;
    const struct wavu_file_wish wish = {.network = takes_text_at(params, "network", &is_good),
                                        .room = takes_text_at(params, "room", &is_good),
                                        .to = takes_text_at(params, "to", &is_good),
                                        .path = takes_text_at(params, "path", &is_good)};
    if (!is_ready(m, is_good && wish.path != NULL,
                  "this method takes {\"path\": absolute, \"network\": name or id, \"room\": name "
                  "or id, \"to\": a member's id}, all but the first optional",
                  error)) {
        return NULL;
    }
    uint64_t next = m->feed.next;
    int rc = wavu_file_send(m->node, &wish, &number);
    if (rc == WAVU_ERR_INVALID && wish.to != NULL && cause_is_id(wish.to) && wish.path[0] == '/') {
        return cause_fail(m, error, rc, (struct cause_named){wish.network, NULL}, oneself);
    }
    if (rc < 0) {
        return cause_fail(m, error, rc, (struct cause_named){wish.network, wish.room}, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "send", json_integer((json_int_t)number));
    takes_put(result, "after", json_integer((json_int_t)next - 1));
    return result;
}

/* ---- Looking ---- */

static json_t *file_as_json(const char *network, const struct wavu_file *file)
{
    json_t *one = json_object();
    takes_put(one, "id", json_string(file->id));
    takes_put(one, "network", json_string(network));
    takes_put(one, "author", json_string(file->author));
    takes_put(one, "nick", takes_text_or_null(file->nick));
    takes_put(one, "name", jsonrpc_text(file->name));
    takes_put(one, "size", json_integer((json_int_t)file->size));
    takes_put(one, "unixMs", takes_count(file->unix_ms));
    takes_put(one, "state", json_string(file->state));
    takes_put(one, "bytes", json_integer((json_int_t)file->bytes));
    takes_put(one, "holders", json_integer(file->holders));
    takes_put(one, "error", file->err < 0 ? json_string(wavu_err_name(file->err)) : json_null());
    takes_put(one, "path", takes_text_or_null(file->path));
    return one;
}

/* A walk over the networks that this node belongs to: to list, or to find the one of an offer. */
struct walk {
    const struct methods *m;
    const char *meant; /* a network's name or id; NULL: all */
    const char *id;    /* of an offer */
    json_t *files;
    char network[WAVU_KEY_TEXT_MAX];
    struct wavu_file *file;
    bool is_met; /* one that was meant */
    int err;
};

static void add_file(void *context, const struct wavu_file *file)
{
    struct walk *w = context;
    CHECK(json_array_append_new(w->files, file_as_json(w->network, file)) == 0);
}

static void list_network(void *context, const struct wavu_network *network)
{
    struct walk *w = context;
    if (!network->is_member || (w->meant != NULL && strcmp(w->meant, network->name) != 0 &&
                                strcmp(w->meant, network->id) != 0)) {
        return;
    }
    w->is_met = true;
    memcpy(w->network, network->id, sizeof w->network);
    int rc = wavu_files(w->m->node, network->id, add_file, w);
    w->err = rc < 0 && rc != WAVU_ERR_AGAIN ? rc : w->err;
}

json_t *methods_files_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    bool is_good = is_shaped(params);
    struct walk w = {.m = m, .meant = takes_text_at(params, "network", &is_good)};
    if (!is_ready(m, is_good, "this method takes {\"network\": name or id, optional}", error)) {
        return NULL;
    }
    w.files = json_array();
    wavu_networks(m->node, list_network, &w);
    w.err = w.meant != NULL && !w.is_met ? WAVU_ERR_NOT_FOUND : w.err;
    if (w.err < 0) {
        json_decref(w.files);
        return cause_fail(m, error, w.err, (struct cause_named){w.meant, NULL}, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "files", w.files);
    return result;
}

static void look_network(void *context, const struct wavu_network *network)
{
    struct walk *w = context;
    if (!network->is_member || w->err != WAVU_ERR_NOT_FOUND) {
        return;
    }
    w->err = wavu_file_look(w->m->node, network->id, w->id, w->file);
    memcpy(w->network, network->id, sizeof w->network);
}

/* Find the offer that `params` names: its network and how it stands into `w`. */
static bool find(const struct methods *m, const json_t *params, struct walk *w,
                 struct jsonrpc_error *error)
{
    bool is_good = is_shaped(params);
    *w = (struct walk){
        .m = m, .id = takes_text_at(params, "id", &is_good), .err = WAVU_ERR_NOT_FOUND};
    if (!is_ready(m, is_good && w->id != NULL,
                  "this method takes {\"id\": of the message that offers the file}", error)) {
        return false;
    }
    w->file = mem_new(sizeof *w->file);
    wavu_networks(m->node, look_network, w);
    if (w->err < 0) {
        mem_free(w->file);
        (void)cause_fail(m, error, w->err, (struct cause_named){NULL, NULL}, meanings);
        return false;
    }
    return true;
}

/* {"file": as it stands now, "after": the newest event's number}. Ends `w`. */
static json_t *answer(struct walk *w, int rc, uint64_t next, struct jsonrpc_error *error)
{
    json_t *result = rc < 0 ? takes_fail(error, rc, meanings) : json_object();
    if (rc == 0) {
        (void)!wavu_file_look(w->m->node, w->network, w->id, w->file);
        takes_put(result, "file", file_as_json(w->network, w->file));
        takes_put(result, "after", json_integer((json_int_t)next - 1));
    }
    mem_free(w->file);
    return result;
}

json_t *methods_files_look(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    struct walk w;
    return find(m, params, &w, error) ? answer(&w, 0, m->feed.next, error) : NULL;
}

json_t *methods_files_accept(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    struct walk w;
    if (!find(m, params, &w, error)) {
        return NULL;
    }
    uint64_t next = m->feed.next;
    return answer(&w, wavu_file_accept(m->node, w.network, w.id), next, error);
}

json_t *methods_files_cancel(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    struct walk w;
    if (!find(m, params, &w, error)) {
        return NULL;
    }
    uint64_t next = m->feed.next;
    return answer(&w, wavu_file_cancel(m->node, w.network, w.id), next, error);
}
