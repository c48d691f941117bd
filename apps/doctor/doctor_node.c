/*
 * What the running node says of itself.
 */
#include "apps/doctor/doctor_node.h"

#include <jansson.h>
#include <string.h>

#include "apps/term/say.h"
#include "apps/term/tongue.h"

/* True when there is no node to ask, which is said. */
static bool doctor_node_is_away(const struct doctor_world *w, struct doctor_finding *f)
{
    if (w->node == DOCTOR_NODE_UP && w->status != NULL) {
        return false;
    }
    doctor_say(f, DOCTOR_OK, "not asked: no node is open", "not asked: no node is open here");
    return true;
}

static unsigned long long doctor_node_count(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (unsigned long long)value : 0;
}

void doctor_node_up(const struct doctor_world *w, struct doctor_finding *f)
{
    char since[32];
    switch (w->node) {
    case DOCTOR_NODE_UP:
        doctor_say(f, DOCTOR_OK, "a node runs", "a node has been running for %s",
                   say_duration(doctor_node_count(w->status, "uptimeMs"), since, sizeof since));
        break;
    case DOCTOR_NODE_LOCKED:
        doctor_say(f, DOCTOR_WARN, "the node is locked",
                   "the node is locked: it is in no network and takes no messages");
        doctor_next(f, "give it the passphrase: wavu unlock");
        break;
    case DOCTOR_NODE_NONE:
        doctor_say(f, DOCTOR_WARN, "no node runs",
                   "no node runs here, so nobody reaches you and what needs one is not asked");
        doctor_next(f, "start one: wavu up");
        break;
    case DOCTOR_NODE_SILENT:
        doctor_say(f, DOCTOR_FAIL, "the node does not answer",
                   "a node runs here and does not answer: it is stopped or overloaded");
        doctor_next(f, "end it and start it again, and say so in a bug report: wavu bugreport");
        break;
    case DOCTOR_NODE_FOREIGN:
        doctor_say(f, DOCTOR_FAIL, "the node belongs to another user",
                   "the node here belongs to another user");
        doctor_next(f, "ask as that user");
        break;
    case DOCTOR_NODE_ODD:
        doctor_say(
            f, DOCTOR_FAIL, "the node cannot be understood",
            "the node here gives no answer that can be understood: it is of another version");
        doctor_next(f, "end it and start this version: wavu up");
        break;
    }
}

/* What to do about a seed that stands so; its words are those of wavu status. */
static const char *doctor_node_seed_next(const char *word)
{
    static const struct {
        const char *part;
        const char *next;
    } known[] = {
        {"wrong network",
         TONGUE("let both name the same network (the setting network), or ask whose it is")},
        {"not invited", TONGUE("ask for an invitation, and type: wavu join CODE")},
        {"no such name", TONGUE("check the spelling of its name")},
        {"looked up", TONGUE("check that this machine finds any name at all (DNS)")},
        {"nothing listens",
         TONGUE("ask whoever runs it whether the node is up, and at which port")},
        {"another peer", TONGUE("ask for its present address")},
        {"hung up",
         TONGUE("if its network is private, name its key with --psk; if its links are under a "
                "module's cipher, load that module; else try later")},
        {"no common protocol",
         TONGUE("check the address: what answers there is no wavu, or an older one")},
        {"by this node", TONGUE("take this node's own address out of the seeds")},
        {"unreachable", TONGUE("check the address; a firewall in between may be silent")},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strstr(word, known[i].part) != NULL) {
            return tongue(known[i].next);
        }
    }
    return tongue("wait a little: it is tried again and again");
}

void doctor_node_seeds(const struct doctor_world *w, struct doctor_finding *f)
{
    char clean[SAY_CLEAN_MAX];
    char word[SAY_CLEAN_MAX];
    if (doctor_node_is_away(w, f)) {
        return;
    }
    const json_t *seeds = json_object_get(json_object_get(w->status, "mesh"), "seeds");
    size_t count = json_array_size(seeds);
    size_t connected = 0;
    const json_t *bad = NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(seeds, i);
        const char *state = json_string_value(json_object_get(one, "state"));
        bool is_good = state != NULL && strcmp(state, "connected") == 0;
        connected += is_good ? 1 : 0;
        bad = is_good || bad != NULL ? bad : one;
    }
    if (count == 0) {
        doctor_say(f, DOCTOR_OK, "there are no seeds", "there are no seeds in the settings");
        return;
    }
    if (bad == NULL) {
        doctor_say(f, DOCTOR_OK, "all seeds are connected", "all seeds are connected");
        return;
    }
    const char *state = json_string_value(json_object_get(bad, "state"));
    const char *seed = json_string_value(json_object_get(bad, "seed"));
    doctor_say(f, connected > 0 ? DOCTOR_WARN : DOCTOR_FAIL,
               connected > 0 ? "some seeds fail" : "all seeds fail",
               "seeds that are connected: %zu of %zu; %.100s: %.100s", connected, count,
               say_clean(seed != NULL ? seed : "", clean),
               say_clean(state != NULL ? state : "", word));
    doctor_next(f, "%s", doctor_node_seed_next(state != NULL ? state : ""));
}

void doctor_node_peers(const struct doctor_world *w, struct doctor_finding *f)
{
    if (doctor_node_is_away(w, f)) {
        return;
    }
    const json_t *mesh = json_object_get(w->status, "mesh");
    unsigned long long peers = doctor_node_count(w->status, "peers");
    unsigned long long barred = doctor_node_count(mesh, "barred");
    if (json_is_null(mesh)) {
        doctor_say(f, DOCTOR_WARN, "the node is in no mesh",
                   "the node looks for nobody (--no-mesh)");
        doctor_next(f, "start it without --no-mesh");
    } else if (peers == 0) {
        doctor_say(f, DOCTOR_WARN, "nobody is connected", "the node is connected to nobody");
        doctor_next(f, "see 'lan' and 'seeds' above, or invite somebody: wavu invite");
    } else if (barred > 0) {
        doctor_say(
            f, DOCTOR_WARN, "peers broke the rules",
            "connected peers: %llu; kept off for a while, because they broke the rules: %llu",
            peers, barred);
        doctor_next(f, "see whether they run the newest wavu: wavu peers --wide");
    } else {
        doctor_say(f, DOCTOR_OK, "peers are connected", "connected peers: %llu", peers);
    }
}

void doctor_node_networks(const struct doctor_world *w, struct doctor_finding *f)
{
    unsigned long long joined = 0;
    unsigned long long alone = 0;
    bool is_frozen = false;
    if (doctor_node_is_away(w, f)) {
        return;
    }
    const json_t *list = json_object_get(w->networks, "networks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (json_is_true(json_object_get(one, "isMember"))) {
            joined++;
            is_frozen = is_frozen || json_is_true(json_object_get(one, "isFrozen"));
            alone +=
                doctor_node_count(one, "members") > 1 && doctor_node_count(one, "neighbours") == 0
                    ? 1
                    : 0;
        }
    }
    if (is_frozen) {
        doctor_say(f, DOCTOR_FAIL, "a network wants a newer wavu",
                   "somebody in one of your networks uses what only a newer wavu understands");
        doctor_next(f, "install the newest wavu");
    } else if (joined == 0) {
        doctor_say(f, DOCTOR_WARN, "in no network", "you are in no network yet");
        doctor_next(f, "wavu create NAME, or wavu join CODE");
    } else if (alone > 0) {
        doctor_say(f, DOCTOR_WARN, "nobody of a network is near",
                   "networks that you are in: %llu; where nobody is connected now: %llu (what you "
                   "say there is "
                   "kept for them)",
                   joined, alone);
        doctor_next(f, "see 'lan', 'nat' and 'seeds' above");
    } else {
        doctor_say(f, DOCTOR_OK, "in networks", "networks that you are in: %llu", joined);
    }
}
