/*
 * wavu id: the peer id of the home's key, which is made when there is none, and the person's key,
 * when there is one. In a home with a passphrase both are under it.
 */
#include "apps/wavu/cmd_id.h"

#include "apps/settings/home.h"
#include "apps/wavu/own_node.h"
#include "apps/wavu/passphrase.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "wavu/members.h"

int cmd_id_run(struct call *call)
{
    char home[HOME_PATH_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    char person[WAVU_KEY_TEXT_MAX];
    struct own_node own = {NULL, NULL, NULL};
    struct passphrase typed = {.len = 0};
    bool is_set = false;
    struct own_node_wish wish = {.home = home, .log_level = WAVU_LOG_WARN};
    int code = home_find(call->home, home);
    if (code == 0) {
        code = home_make(home, false);
    }
    if (code == 0) {
        code = own_node_start_loop(&own, home);
    }
    if (code == 0 && wavu_passphrase_is_set(own.port, &is_set) == 0 && is_set) {
        code = passphrase_read(call, "passphrase-file", "passphrase", false, &typed);
        wish.passphrase = typed.bytes;
        wish.passphrase_len = typed.len;
    }
    if (code == 0) {
        code = own_node_open(&own, &wish);
    }
    passphrase_wipe(&typed);
    if (code == 0) {
        int rc = wavu_person_known(own.node, person);
        wavu_node_id(own.node, id);
        say_out(call->is_json ? "{\"peerId\":\"%s\"" : "%s\n", id);
        if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
            say_warning("the person's key, identity.key in '%s', cannot be read: %s", home,
                        tongue(wavu_err_sentence(rc)));
        }
        if (rc == 0) {
            say_out(call->is_json ? ",\"personKey\":\"%s\"" : "person %s\n", person);
        }
        say_out("%s", call->is_json ? "}\n" : "");
    }
    own_node_clear(&own);
    return code;
}
