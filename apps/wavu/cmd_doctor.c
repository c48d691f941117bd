/*
 * Every check, a line each.
 */
#include "apps/wavu/cmd_doctor.h"

#include <jansson.h>
#include <stdio.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/doctor/doctor_ask.h"
#include "apps/doctor/doctor_look.h"
#include "apps/doctor/doctor_look_net.h"
#include "apps/term/say.h"
#include "base/check.h"

#define CMD_DOCTOR_INDENT 16 /* characters before what was found */

static const char *const cmd_doctor_words[] = {"ok", "warn", "fail"};

void cmd_doctor_look(struct doctor_world *w, const char *named, const char *home)
{
    *w = (struct doctor_world){.home = home, .named = named};
    doctor_look_machine(w);
    doctor_look_home(w);
    doctor_look_net(w);
    doctor_ask(w);
}

void cmd_doctor_clear(struct doctor_world *w)
{
    doctor_ask_clear(w);
    settings_wipe(&w->settings);
}

static void cmd_doctor_print(const struct doctor_finding *f)
{
    char line[2 * DOCTOR_TEXT_MAX + 8];
    (void)snprintf(line, sizeof line, "%s%s%s", f->what, f->next[0] != '\0' ? " -> " : "", f->next);
    say_out("%-4s  %-10s", cmd_doctor_words[f->state], f->name);
    say_wrapped(CMD_DOCTOR_INDENT, CMD_DOCTOR_INDENT, line);
}

static void cmd_doctor_add(json_t *list, const struct doctor_finding *f)
{
    json_t *one = json_object();
    CHECK(json_object_set_new(one, "state", json_string(cmd_doctor_words[f->state])) == 0 &&
          json_object_set_new(one, "name", json_string(f->name)) == 0 &&
          json_object_set_new(one, "what", jsonrpc_text(f->what)) == 0 &&
          json_object_set_new(one, "next",
                              f->next[0] != '\0' ? jsonrpc_text(f->next) : json_null()) == 0 &&
          json_array_append_new(list, one) == 0);
}

int cmd_doctor_run(struct call *call)
{
    struct doctor_world world;
    char home[HOME_PATH_MAX];
    size_t counts[3] = {0, 0, 0};
    int code = home_find(call->home, home);
    if (code != 0) {
        return code;
    }
    cmd_doctor_look(&world, call->home, home);
    json_t *list = json_array();
    for (size_t i = 0; i < doctor_count(); i++) {
        struct doctor_finding f;
        doctor_check(i, &world, &f);
        counts[f.state]++;
        if (call->is_json) {
            cmd_doctor_add(list, &f);
        } else {
            cmd_doctor_print(&f);
        }
    }
    cmd_doctor_clear(&world);
    code = counts[DOCTOR_FAIL] > 0 ? SAY_FAILURE : SAY_OK;
    json_t *whole =
        json_pack("{s:o,s:I,s:I}", "checks", list, "failed", (json_int_t)counts[DOCTOR_FAIL],
                  "warned", (json_int_t)counts[DOCTOR_WARN]);
    int printed = call->is_json ? cmd_ask_print_json(whole) : SAY_OK;
    json_decref(whole);
    return printed != SAY_OK ? printed : code;
}
