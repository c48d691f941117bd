/*
 * wavu contacts, contact, verify: whom the person of the running node knows, and how surely.
 */
#ifndef APPS_WAVU_CMD_CONTACTS_H
#define APPS_WAVU_CMD_CONTACTS_H

#include "apps/wavu/command.h"

/** Each returns the exit code. */
int cmd_contacts_run(struct call *call);
int cmd_contacts_one_run(struct call *call);
int cmd_contacts_verify_run(struct call *call);

#endif
