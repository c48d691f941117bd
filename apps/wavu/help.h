/*
 * wavu help, wavu version, and --help of each command.
 */
#ifndef APPS_WAVU_HELP_H
#define APPS_WAVU_HELP_H

#include "apps/wavu/command.h"

/** Print the list of commands. */
void help_print_all(bool is_json);

/** Print what there is to know about one command. */
void help_print(const struct command *command, bool is_json);

/** wavu help [COMMAND] */
int help_run(struct call *call);

/** wavu version */
int help_version_run(struct call *call);

#endif
