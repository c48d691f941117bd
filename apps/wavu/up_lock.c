/*
 * The lock: wishes come from the control socket and from time, and leave to cmd_up.
 */
#include "apps/wavu/up_lock.h"

#include <string.h>

#include "apps/term/say.h"

#define UP_LOCK_MINUTE_NS (UINT64_C(60) * 1000000000)
#define UP_LOCK_MS_NS UINT64_C(1000000)

int up_lock_begin(struct up_lock *l, const struct call *call, struct methods *methods,
                  struct port *port, bool is_kept, uint64_t minutes)
{
    struct methods_vault *v = &methods->vault;
    bool is_set = false;
    *l = (struct up_lock){.vault = v};
    up_lock_after(l, minutes);
    if (is_kept && wavu_passphrase_is_set(port, &is_set) < 0) {
        is_set = false; /* there is no key yet, or the opening says what is wrong with it */
    }
    v->has_passphrase = is_set;
    if (minutes > 0 && !is_set) {
        return say_problem(SAY_USAGE, "auto_lock needs a home with a passphrase; set one with "
                                      "'wavu passphrase set', or leave auto_lock out");
    }
    if (!is_set) {
        return 0;
    }
    if (args_value(&call->args, "passphrase-file") != NULL || passphrase_has_terminal()) {
        return passphrase_read(call, "passphrase-file", "passphrase", false, &l->typed);
    }
    v->is_locked = true;
    return 0;
}

void up_lock_after(struct up_lock *l, uint64_t minutes)
{
    l->auto_ns = minutes * UP_LOCK_MINUTE_NS;
}

/* When it locks by itself. */
static uint64_t up_lock_due_ns(const struct up_lock *l)
{
    return l->auto_ns == 0 || l->vault->is_locked ? UINT64_MAX : l->vault->asked_ns + l->auto_ns;
}

int64_t up_lock_patience_ms(const struct up_lock *l)
{
    uint64_t due = up_lock_due_ns(l);
    uint64_t now = wavu_os_now_ns();
    if (l->vault->wants_lock || l->vault->wants_stop || l->vault->typed_len > 0) {
        return 0;
    }
    if (due == UINT64_MAX) {
        return -1;
    }
    return due <= now ? 0 : (int64_t)((due - now) / UP_LOCK_MS_NS + 1);
}

enum up_lock_wish up_lock_next(struct up_lock *l)
{
    struct methods_vault *v = l->vault;
    if (v->wants_stop) {
        return UP_LOCK_STOP;
    }
    if (v->is_locked && v->typed_len > 0) {
        memcpy(l->typed.bytes, v->typed, v->typed_len);
        l->typed.len = v->typed_len;
        return UP_LOCK_OPEN;
    }
    bool is_due = up_lock_due_ns(l) <= wavu_os_now_ns();
    return !v->is_locked && (v->wants_lock || is_due) ? UP_LOCK_CLOSE : UP_LOCK_NOTHING;
}

void up_lock_opened(struct up_lock *l, int code)
{
    struct methods_vault *v = l->vault;
    passphrase_wipe(&l->typed);
    explicit_bzero(v->typed, sizeof v->typed);
    v->typed_len = 0;
    v->is_locked = code != 0;
    v->asked_ns = wavu_os_now_ns();
    v->problem = NULL;
    if (code != 0) {
        v->problem = code == SAY_DENIED ? "the passphrase is wrong"
                                        : "the node cannot start; what it says on stderr tells why";
    }
}

void up_lock_close(struct up_lock *l)
{
    l->vault->is_locked = true;
    l->vault->wants_lock = false;
}

void up_lock_clear(struct up_lock *l)
{
    passphrase_wipe(&l->typed);
    if (l->vault != NULL) {
        explicit_bzero(l->vault->typed, sizeof l->vault->typed);
    }
}
