/*
 * The table of checks, in the order in which one thing rests on another.
 */
#include "apps/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "apps/term/tongue.h"
#include "apps/doctor/doctor_home.h"
#include "apps/doctor/doctor_machine.h"
#include "apps/doctor/doctor_net.h"
#include "apps/doctor/doctor_node.h"

static const struct {
    const char *name;
    doctor_function *check;
} doctor_table[] = {
    {"clock", doctor_machine_clock},
    {"memory", doctor_machine_memory},
    {"files", doctor_machine_files},
    {"parts", doctor_machine_parts},
    {"home", doctor_home_folder},
    {"keys", doctor_home_keys},
    {"settings", doctor_home_settings},
    {"disk", doctor_home_disk},
    {"store", doctor_home_store},
    {"control", doctor_home_control},
    {"backup", doctor_home_backup},
    {"port", doctor_net_port},
    {"discovery", doctor_net_discovery},
    {"lan", doctor_net_lan},
    {"ipv6", doctor_net_ip6},
    {"nat", doctor_net_nat},
    {"node", doctor_node_up},
    {"seeds", doctor_node_seeds},
    {"peers", doctor_node_peers},
    {"networks", doctor_node_networks},
};

size_t doctor_count(void)
{
    return sizeof doctor_table / sizeof doctor_table[0];
}

void doctor_check(size_t i, const struct doctor_world *w, struct doctor_finding *out)
{
    *out = (struct doctor_finding){.name = doctor_table[i].name, .brief = ""};
    doctor_table[i].check(w, out);
}

void doctor_say(struct doctor_finding *f, enum doctor_state state, const char *brief,
                const char *format, ...)
{
    va_list args;
    f->state = state;
    f->brief = brief;
    va_start(args, format);
    (void)vsnprintf(f->what, sizeof f->what, tongue(format), args);
    va_end(args);
}

void doctor_next(struct doctor_finding *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(f->next, sizeof f->next, tongue(format), args);
    va_end(args);
}
