"""The root command and its global options. Commands register themselves with it; `tilth.cli.run` runs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tilth import __version__
from tilth.cli import options
from tilth.cli.grammar import Commands, Group, Root
from tilth.core import BadInput, set_language
from tilth.core.language import LANGUAGES

app = Commands(
    cls=Root,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""
    A county's land book: from survey files to tables, flows, project checks and a yearbook, exact to 0.01 m².

    Tables of regions are printed in hectares, as the ministry prints them, and areas of projects and polygons in m²;
    --unit of accounts, flows, standing, check and area asks for another. Files hold every row and column, exact to
    0.01 m².

    Exit status: 0 fine, 1 findings that break a rule, 2 bad request or input.

    Examples: `tilth demo` · `tilth COMMAND --help`
    """,
)
importing = Commands(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="Bring files into the workspace. 导入数据"
)
app.add_typer(importing, name="import")
ledger = Commands(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="The land book: post, reserve, close, verify. 土地账簿"
)
app.add_typer(ledger, name="ledger")
soil = Commands(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="Soil salinity: samples, classes, indices. 土壤盐碱"
)
app.add_typer(soil, name="soil")
quality = Commands(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Farmland quality: register, grades, accounts. 耕地质量",
)
app.add_typer(quality, name="quality")
plan = Commands(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Which unit gets which treatment, to a proven gap. 治理规划",
)
app.add_typer(plan, name="plan")
users = Commands(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="Who may do what: people, roles, tokens. 用户与角色"
)
app.add_typer(users, name="user")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tilth {__version__}")
        raise typer.Exit


def _speak(lang: str | None) -> str | None:
    """Speak `lang` from here on. Locale names such as zh_CN.UTF-8 count by their language."""
    if lang:
        code = lang.lower()[:2]
        if code in LANGUAGES:
            set_language(code)
        elif lang != os.environ.get("TILTH_LANG"):
            raise BadInput("CLI-LANG", lang=lang)
    return lang


@app.callback()
def root(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="TILTH_WORKSPACE", help="The workspace folder.")
    ] = Path(),
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang",
            envvar="TILTH_LANG",
            callback=_speak,
            is_eager=True,
            help="en or zh; the machine's language by default.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Global options."""
    options.folder.set(workspace)
