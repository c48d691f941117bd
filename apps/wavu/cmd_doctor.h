/*
 * wavu doctor: what works, what does not, what to do.
 */
#ifndef APPS_WAVU_CMD_DOCTOR_H
#define APPS_WAVU_CMD_DOCTOR_H

#include "apps/wavu/command.h"

struct doctor_world;

/** Look at everything. `named` (--home, or NULL) and `home` are borrowed by `w`; end with
 * cmd_doctor_clear. */
void cmd_doctor_look(struct doctor_world *w, const char *named, const char *home);
void cmd_doctor_clear(struct doctor_world *w);

/** wavu doctor; returns the exit code: 0 when nothing fails. */
int cmd_doctor_run(struct call *call);

#endif
