"""The command `sheaf`: one page of help that teaches, and every command imported only when it is asked for."""

from importlib import import_module

import click

from server import VERSION

#: Each command: where it stands and what it does, in the order an operator meets them.
COMMANDS = {
    "serve": ("serve", "Run the web server and the worker."),
    "work": ("serve", "Run a worker alone, beside servers on the same PostgreSQL."),
    "migrate": ("installation", "Bring the database's tables to this release."),
    "check": ("installation", "Look whether all is well, and say what is not."),
    "backup": ("backup", "Save database and files in one archive, while the server runs."),
    "restore": ("backup", "Take a backup into an empty installation."),
    "status": ("manage", "Count works, deposits, identifiers and jobs by state, and name the agencies that do not answer."),
    "user": ("accounts", "Make accounts, set passwords, switch accounts on and off."),
    "token": ("accounts", "Make and revoke API tokens."),
    "profile": ("manage", "Set up integrations: harvesting, deposits, identifiers and more."),
    "rotate-key": ("manage", "Seal all stored secrets under another secret key."),
    "mint": ("manage", "Reserve the next free DOIs of a type."),
    "usage": ("usage", "Keep the lists of robots up to date, and see what IRUS was told."),
    "identifiers": ("identifiers", "See which identifiers are stuck and why, and ask their agencies again."),
    "verify-agency": ("identifiers", "Try out an account at an agency's test system: a draft is made and deleted again."),
    "jobs": ("jobs", "See, start and cancel long work."),
    "import": ("bulk", "Bring works in from files."),
    "harvest": ("bulk", "Bring works in from another OAI-PMH repository."),
    "export": ("bulk", "Write the metadata of all published works as JSON Lines."),
}


class _Lazy(click.Group):
    """Finds a command in its module; help is fast because nothing is imported for it."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"server.commands.{COMMANDS[name][0]}")
        found = getattr(module, f"{name}_" if name == "import" else name.replace("-", "_"))
        return found if isinstance(found, click.Command) else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="sheaf")
def main() -> None:
    """Sheaf takes works in by SWORD, mints and registers their identifiers, and gives them out by OAI-PMH.

    \b
    First steps:
      sheaf serve                               start on http://127.0.0.1:8080, examples included
      sheaf status                              what is there, and what is stuck
      sheaf user add thoth                      an account for a depositor
      sheaf profile set datacite NAME key=value …  who registers DOIs, under which prefix
      sheaf import works.jsonl.zst              bring works in from files
      sheaf harvest https://old.example.org/oai  bring works in from another repository

    Settings come from environment variables (SHEAF_PORT, SHEAF_DATA, …); README.md has the table. Commands ask the
    running server of the data folder, and open the database themselves only where none runs.
    """  # noqa: D301 -- click knows a paragraph to leave alone by its backspace


if __name__ == "__main__":
    main()
