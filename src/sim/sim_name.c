/*
 * Names. A look-up reads the table when its answer arrives, lookup_ns after it was asked.
 */
#include "sim/sim_name.h"

#include <string.h>

#include "base/check.h"
#include "base/ip_text.h"
#include "base/mem.h"
#include "sim/sim_handle.h"
#include "sim/sim_life.h"
#include "sim/sim_note.h"

#define TEXT_MAX 254 /* a DNS name has at most 253 characters (RFC 1035 3.1), and a NUL */

struct sim_name {
    char text[TEXT_MAX]; /* lower case */
    size_t len;
    struct multiaddr_ip ips[PORT_NET_NAMES_MAX];
    size_t count;
};

struct port_lookup {
    struct sim_handle handle;
    struct sim_event answer;
    char text[TEXT_MAX];
    size_t len;
    int family;
    const struct port_lookup_user *user;
    void *context;
};

static int parse_ip(struct span text, struct multiaddr_ip *ip)
{
    *ip = (struct multiaddr_ip){.ip_len = 4};
    if (ip_text_parse_ip4(text, ip->ip) == 0) {
        return 0;
    }
    ip->ip_len = 16;
    return ip_text_parse_ip6(text, ip->ip);
}

static size_t to_lower(char out[TEXT_MAX], const char *text)
{
    size_t len = strlen(text);

    CHECK(len < TEXT_MAX);
    for (size_t i = 0; i < len; i++) {
        bool is_upper = text[i] >= 'A' && text[i] <= 'Z';

        out[i] = is_upper ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    out[len] = '\0';
    return len;
}

void sim_name_add(struct sim *sim, const char *name, const char *address)
{
    char text[TEXT_MAX];
    size_t len = to_lower(text, name);
    struct sim_name *n = map_get(&sim->names, span_of(text, len));

    if (n == NULL) {
        n = mem_new(sizeof(*n));
        memcpy(n->text, text, len + 1);
        n->len = len;
        (void)map_put(&sim->names, span_of(n->text, n->len), n);
    }
    CHECK(n->count < PORT_NET_NAMES_MAX);
    CHECK(parse_ip(span_from_text(address), &n->ips[n->count]) == 0);
    n->count++;
}

void sim_name_remove(struct sim *sim, const char *name)
{
    char text[TEXT_MAX];
    size_t len = to_lower(text, name);

    mem_free(map_remove(&sim->names, span_of(text, len)));
}

void sim_name_break(struct sim *sim, int err)
{
    sim->names_err = err;
}

static void deliver(struct sim_input *input)
{
    struct port_lookup *lookup = LIST_OF(input, struct port_lookup, handle.input);
    struct sim_host *host = lookup->handle.life->host;
    const struct sim_name *n = map_get(&host->sim->names, span_of(lookup->text, lookup->len));
    const struct port_lookup_user *user = lookup->user;
    void *context = lookup->context;
    struct sim_name number = {.count = 1};
    struct multiaddr_ip found[PORT_NET_NAMES_MAX];
    size_t count = 0;
    int err = 0;

    if (parse_ip(span_of(lookup->text, lookup->len), &number.ips[0]) == 0) {
        n = &number;
    } else {
        err = host->sim->names_err;
    }
    for (size_t i = 0; n != NULL && err == 0 && i < n->count; i++) {
        if (lookup->family == 0 || (lookup->family == 4) == (n->ips[i].ip_len == 4)) {
            found[count++] = n->ips[i];
        }
    }
    if (err == 0 && count == 0) {
        err = WAVU_ERR_NOT_FOUND;
    }
    sim_note_event(host, SIM_KIND_NAME, count);
    sim_name_cancel(lookup);
    user->done(context, err, found, count);
}

static void on_answer(struct sim_event *event)
{
    struct port_lookup *lookup = LIST_OF(event, struct port_lookup, answer);

    sim_life_input(lookup->handle.life, &lookup->handle.input);
}

static void kill(struct sim_handle *handle)
{
    struct port_lookup *lookup = LIST_OF(handle, struct port_lookup, handle);

    sim_cancel(handle->life->host->sim, &lookup->answer);
}

int sim_name_lookup(struct port *port, const char *name, int family,
                    const struct port_lookup_user *user, void *context, struct port_lookup **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim *sim = life->host->sim;

    if (life->is_dead) {
        return WAVU_ERR_IO;
    }
    if (strlen(name) >= TEXT_MAX) {
        return WAVU_ERR_INVALID;
    }
    struct port_lookup *lookup = mem_new(sizeof(*lookup));

    lookup->handle.life = life;
    lookup->handle.input.deliver = deliver;
    lookup->handle.kill = kill;
    lookup->answer.fire = on_answer;
    lookup->len = to_lower(lookup->text, name);
    lookup->family = family;
    lookup->user = user;
    lookup->context = context;
    list_push_back(&life->handles, &lookup->handle.link);
    sim_at(sim, &lookup->answer, sim->now_ns + sim->settings.lookup_ns);
    *out = lookup;
    return 0;
}

void sim_name_cancel(struct port_lookup *lookup)
{
    struct sim_life *life = lookup->handle.life;

    kill(&lookup->handle);
    sim_life_forget(life, &lookup->handle.input);
    list_remove(&lookup->handle.link);
    mem_free(lookup);
}

void sim_name_free_all(struct sim *sim)
{
    struct sim_name *n;
    size_t at = 0;

    while ((n = map_next(&sim->names, &at)) != NULL) {
        mem_free(n);
    }
    map_clear(&sim->names);
}
