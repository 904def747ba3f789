"""`prune-tui config`: prints the configuration as a file that could be its own."""

from typing import Annotated

import typer

from prune_tui.cli.exits import reporting


@reporting
def config(
    *,
    path: Annotated[bool, typer.Option("--path", help="Print where the configuration file lies.")] = False,
) -> None:
    """Print the configuration as TOML, with all that can be set."""
    from prune_tui.configuration.places import configuration_path
    from prune_tui.configuration.printing import configuration_text
    from prune_tui.configuration.reading import read_configuration

    if path:
        typer.echo(configuration_path())
        return
    from prune_tui.tui.configured.keymap import check_keys, key_entries
    from prune_tui.tui.configured.theme import check_theme

    configuration = read_configuration()
    check_theme(configuration)
    check_keys(configuration)
    typer.echo(configuration_text(configuration, key_entries()), nl=False)
