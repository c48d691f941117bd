/*
 * Which commands there are for people and their networks: their words, options and help.
 */
#include "apps/wavu/commands_people.h"

#include "apps/wavu/cmd_contacts.h"
#include "apps/wavu/cmd_invite.h"
#include "apps/wavu/cmd_join.h"
#include "apps/wavu/cmd_network.h"
#include "apps/wavu/cmd_people.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct args_option create_options[] = {
    {"policy", '\0', "inviter|two|any|open", "who can put whom out (inviter)"},
    {"open", '\0', NULL, "whoever asks a member is let in"},
};

static const struct args_option invite_options[] = {
    {"network", '\0', "NET", "into that one, by name or id; needed when there are several"},
    {"language", '\0', "en|sw", "of the words of the code (en)"},
    {"key", '\0', "KEY", "no code: whoever has this key ('wavu id' there) may join"},
    {"no-wait", '\0', NULL, "print the code and end; it stays open"},
    {"close", '\0', NULL, "close an open code"},
};

static const struct args_option join_options[] = {
    {"key", '\0', "ADDR", "no code: the node there has invited our key"},
    {"open", '\0', NULL, "no code: ask to be let into an open network"},
};

static const struct args_option revoke_options[] = {
    {"network", '\0', "NET", "from that one, by name or id; needed when there are several"},
    {"subtree", '\0', NULL, "also all whom WHO has brought in"},
    {"dry-run", '\0', NULL, "say who would be put out, and do nothing"},
    {"yes", '\0', NULL, "without asking"},
};

static const struct args_option leave_options[] = {
    {"network", '\0', "NET", "that one, by name or id; needed when there are several"},
    {"dry-run", '\0', NULL, "say what would be left, and do nothing"},
    {"yes", '\0', NULL, "without asking"},
};

static const struct args_option members_options[] = {
    {"network", '\0', "NET", "only of that one, by name or id"},
    {"nodes", '\0', NULL, "the nodes of the mesh, in whatever network"},
};

static const struct args_option contact_options[] = {
    {"network", '\0', "NET", "WHO is meant as a member of that network, by its name or id"},
};

static const struct args_option verify_options[] = {
    {"network", '\0', "NET", "WHO is meant as a member of that network, by its name or id"},
    {"yes", '\0', NULL, "it was compared, and is the same: mark it"},
    {"no", '\0', NULL, "take the mark back"},
    {"scanned", '\0', "TEXT", "what their QR said: compare it, and mark it if it is the same"},
};

static const struct command table[] = {
    {
        .name = "create",
        .words = "[NAME]",
        .summary = "make a network of people, with this node in it",
        .examples = "  wavu create savanna\n"
                    "  wavu create harbour --policy two\n"
                    "  wavu create market --open\n",
        .notes = "NAME is 1 to 64 of a-z 0-9 . - _; without one it is called after you.\n"
                 "By the policy 'inviter' a member can put out whom it has brought in, and two\n"
                 "members anybody; by 'two' it always takes two; by 'any' everybody can. Into\n"
                 "an open one anybody comes who knows its id or a\n"
                 "member's address; there only who let somebody in, or let in who did, can put\n"
                 "that one out. It stays as it is. With require_invitation = false in wavu.toml\n"
                 "networks are open unless --policy says otherwise.\n",
        .options = create_options,
        .option_count = COUNT_OF(create_options),
        .words_max = 1,
        .run = cmd_network_create_run,
    },
    {
        .name = "networks",
        .words = "",
        .summary = "the networks that this node is in",
        .examples = "  wavu networks\n"
                    "  wavu networks --json\n",
        .notes = "'the others say that you are out' is what members there say, and they do not\n"
                 "hear this node: ask one of them. They may be behind, or lie; it stands there\n"
                 "until one of them lets this node in again.\n",
        .run = cmd_network_list_run,
    },
    {
        .name = "invite",
        .words = "",
        .summary = "let somebody into a network",
        .examples = "  wavu invite\n"
                    "  wavu invite --network savanna --language sw\n"
                    "  wavu invite --key 3b6a27bc...             # no code: by key\n",
        .notes = "Prints a code for one newcomer, and waits for what becomes of it: exit code 0\n"
                 "when it was used, 6 when it expired, 5 when it was closed after wrong tries.\n",
        .options = invite_options,
        .option_count = COUNT_OF(invite_options),
        .run = cmd_invite_run,
    },
    {
        .name = "join",
        .words = "[CODE] [ADDR]",
        .summary = "go into a network",
        .examples = "  wavu join 7-apple-river-stone                  # on the local network\n"
                    "  wavu join 7-apple-river-stone 192.0.2.7:9000\n"
                    "  wavu join --key /ip4/192.0.2.7/tcp/9000/p2p/12D3KooW...\n"
                    "  wavu join --open                              # of whoever is near\n"
                    "  wavu join --open 5f6a7b8c... [192.0.2.7:9000]\n",
        .notes =
            "CODE is what 'wavu invite' prints at the other end, or the text of its QR. Words\n"
            "may be cut to three letters. Waits until this node belongs to the network.\n"
            "With --open the words are the network's id, a member's address, both or none.\n"
            "Exit code 5 for a wrong code, 6 when nobody is found.\n",
        .options = join_options,
        .option_count = COUNT_OF(join_options),
        .words_max = 2,
        .run = cmd_join_run,
    },
    {
        .name = "revoke",
        .words = "WHO",
        .summary = "put somebody out of a network",
        .examples = "  wavu revoke Baraka\n"
                    "  wavu revoke 5f6a7b8c --network savanna\n"
                    "  wavu revoke Baraka --subtree --dry-run\n"
                    "  wavu revoke Baraka --yes                 # in a script\n",
        .notes = "WHO is a member's name, if only one has it, or at least the first 8 digits of\n"
                 "its id or key. Exit code 1 when by the policy somebody else has to do the\n"
                 "same before it holds. Who is out is cut off: 'wavu networks' there says so, or\n"
                 "that the others say so, and what was said before stays to be read there. That\n"
                 "device stays out. To come back a person needs a new home ('wavu up --home DIR')\n"
                 "and a new invitation.\n",
        .options = revoke_options,
        .option_count = COUNT_OF(revoke_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_people_revoke_run,
    },
    {
        .name = "leave",
        .words = "",
        .summary = "leave a network",
        .examples = "  wavu leave\n"
                    "  wavu leave --network savanna --yes\n",
        .notes = "The others are told, and you belong no more, with all your devices. What was\n"
                 "said before stays here to be read; whom you brought in stays there. You come\n"
                 "back by a new invitation, in the same home. On a terminal you are asked first.\n",
        .options = leave_options,
        .option_count = COUNT_OF(leave_options),
        .run = cmd_network_leave_run,
    },
    {
        .name = "nick",
        .words = "[NAME]",
        .summary = "how others are told you are called",
        .examples = "  wavu nick\n"
                    "  wavu nick 'Amina wa Pwani'\n",
        .notes = "",
        .words_max = 1,
        .run = cmd_network_nick_run,
    },
    {
        .name = "members",
        .words = "",
        .summary = "who belongs to the networks, or the mesh",
        .examples = "  wavu members\n"
                    "  wavu members --network savanna --json\n"
                    "  wavu members --nodes\n",
        .notes =
            "Members are people. BY is who brought them in; CONNECTED, that a device of theirs\n"
            "is a neighbour of this node. A NAME is what they call themselves; the ID is who\n"
            "they are. Who is in no network any more sees those of the last ones. --nodes, and\n"
            "for who was never in a network: the nodes of the mesh. A neighbour has a link to\n"
            "this node; a known one is reached over others; to one with no way no links lead\n"
            "now: it crashed, left, or is cut off.\n"
            "Exit code 3 when no node runs in the home.\n",
        .options = members_options,
        .option_count = COUNT_OF(members_options),
        .run = cmd_people_members_run,
    },
    {
        .name = "contacts",
        .words = "",
        .summary = "whom you know, and how surely",
        .examples = "  wavu contacts\n"
                    "  wavu contacts --json\n",
        .notes = "",
        .run = cmd_contacts_run,
    },
    {
        .name = "contact",
        .words = "name|block|unblock|show WHO",
        .summary = "call somebody as you like, or block them",
        .examples = "  wavu contact name 5f6a7b8c Mama\n"
                    "  wavu contact name Mama            # as she calls herself, again\n"
                    "  wavu contact block Baraka\n",
        .notes =
            "Your own name for somebody goes before what others call themselves, in all\n"
            "networks, and nobody learns of it. Of who is blocked no SOS is shown and no direct\n"
            "message told of, though 'wavu history --with' shows what came; they are not told,\n"
            "and 'wavu dm' to them says that they are blocked. WHO is a name, or at least the\n"
            "first 8 digits of an id or key.\n",
        .options = contact_options,
        .option_count = COUNT_OF(contact_options),
        .words_min = 2,
        .words_max = 3,
        .run = cmd_contacts_one_run,
    },
    {
        .name = "verify",
        .words = "WHO",
        .summary = "the safety number of you and somebody",
        .examples = "  wavu verify Baraka\n"
                    "  wavu verify Baraka --yes\n"
                    "  wavu verify Baraka --scanned WAVU:SAFETY:1:...\n",
        .notes =
            "Both see the same 60 digits, or somebody stands between. The mark is gone when\n"
            "that person's key changes. Exit code 1 when what was scanned is another number.\n",
        .options = verify_options,
        .option_count = COUNT_OF(verify_options),
        .words_min = 1,
        .words_max = 1,
        .run = cmd_contacts_verify_run,
    },
};

const struct command *commands_people(size_t *count)
{
    *count = COUNT_OF(table);
    return table;
}
