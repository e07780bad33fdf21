"""Commands on people, their roles and tokens, and the log of what everybody did."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import users
from tilth.cli.options import AsJson, one_of, workspace
from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.identity import Person, Token

#: The roles, as `identity.ROLES` has them (a test holds the two together).
ROLES = ("viewer", "editor", "submitter", "accepter", "decider", "auditor", "administrator")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with, and what the land book records.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the input, not the keyboard.")
]


@users.command("add")
def user_add(
    name: Name,
    shown: Annotated[str, typer.Option("--shown", help="Their full name, as pages show it.")] = "",
    no_password: Annotated[bool, typer.Option("--no-password", help="Let only tokens or OIDC in.")] = False,
    password_stdin: FromStdin = False,
    json: AsJson = False,
) -> None:
    """Make somebody known, and set their password. They may do nothing until they get a role. 添加用户

    Example: `tilth user add li.wei --shown 李伟`
    """
    place = workspace()
    from tilth import api

    password = None if no_password else _password(password_stdin)
    _told(api.user_add(place, name, shown=shown, password=password), json)


@users.command("password")
def user_password(name: Name, password_stdin: FromStdin = False, json: AsJson = False) -> None:
    """Set somebody's password anew. Their sessions end. 重置密码

    Example: `tilth user password li.wei`
    """
    place = workspace()
    from tilth import api

    _told(api.user_password(place, name, _password(password_stdin)), json)


@users.command("role")
def user_role(
    name: Name,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", callback=one_of("ROLE", ROLES), help=f"One of {', '.join(ROLES)}.")
    ],
    region: Annotated[str, typer.Option("--region", help="Over it and all below; the workspace's own without.")] = "",
    group: Annotated[str, typer.Option("--group", help="Over the regions of this group instead.")] = "",
    take: Annotated[bool, typer.Option("--take", help="Take the role away.")] = False,
    json: AsJson = False,
) -> None:
    """Give somebody a role over a region or a group, or take it. 授予或收回角色

    Examples: `tilth user role li.wei submitter --region 410882101` · `tilth user role li.wei submitter --take`
    """
    if region and group:
        raise BadInput("CLI-USER-REGION-GROUP")
    place = workspace()
    from tilth import api

    _told(api.user_role(place, name, role, place=region or group, take=take), json)


@users.command("token")
def user_token(
    name: Name,
    purpose: Annotated[str, typer.Option("--for", help="Make a token for this program.")] = "",
    days: Annotated[int, typer.Option("--days", help="How long it is good.")] = 90,
    role: Annotated[
        list[str] | None, typer.Option("--role", callback=one_of("--role", ROLES), help="Only this of their roles.")
    ] = None,
    region: Annotated[str, typer.Option("--region", help="Only in this region and below.")] = "",
    end: Annotated[str, typer.Option("--end", metavar="ID", help="End the token of this id instead.")] = "",
    json: AsJson = False,
) -> None:
    """Make a token for somebody's program, shown this once; or list their tokens, or end one. 访问令牌

    Examples: `tilth user token li.wei --for QGIS --days 30 --role viewer` · `tilth user token li.wei`
    """
    place = workspace()
    from tilth import api

    if end:
        api.user_token_end(place, name, end)
    if not purpose or end:
        _tokens(api.user_tokens(place, name), json)
        return
    made = api.user_token(place, name, purpose, days=days, roles=role or (), region=region)
    if json:
        show.as_json(made.as_record())
        return
    typer.echo(made.secret)
    typer.echo(message("CLI-USER-TOKEN", until=made.token.expires_at), err=True)


@users.command("list")
def user_list(json: AsJson = False) -> None:
    """Print everybody who is known, with their roles. 用户列表

    Example: `tilth user list`
    """
    place = workspace()
    from tilth import api

    people = api.user_list(place)
    if json:
        show.as_json([one.as_record() for one in people])
        return
    heading = [message(f"CLI-USER-{name}") for name in ("NAME", "SHOWN", "STATE", "ROLES")]
    show.columns([(one.name, one.shown, _state(one), _roles(one)) for one in people], heading=heading)
    typer.echo(message("CLI-USER-SUM", count=len(people)))


@users.command("remove")
def user_remove(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let them be known again, without password or role.")] = False,
    json: AsJson = False,
) -> None:
    """Let somebody in no more: sessions and tokens end, roles are taken. The name stays theirs. 停用用户

    Example: `tilth user remove li.wei`
    """
    place = workspace()
    from tilth import api

    _told(api.user_remove(place, name, undo=undo), json)


@users.command("log")
def user_log(
    most: Annotated[int, typer.Option("--most", min=1, max=100_000, help="How many rows, newest first.")] = 50,
    json: AsJson = False,
) -> None:
    """Print who did what, newest first, and whether the log is as it was written. 操作日志

    Exit status: 0 the log is whole, 1 somebody changed it.

    Example: `tilth user log --most 20`
    """
    place = workspace()
    from tilth import api

    rows, tested = api.user_log(place, limit=most), api.user_log_verify(place)
    if json:
        show.as_json({"items": rows, "verified": tested.as_record()})
    else:
        names = ("number", "at", "who", "by", "address", "action", "region", "what", "outcome")
        heading = [message(f"CLI-USER-LOG-{name.upper()}") for name in names]
        show.columns([[row[name] or "-" for name in names] for row in rows], heading=heading)
        for finding in tested.findings:
            typer.echo(str(finding))
        if not tested.findings:
            typer.echo(message("IDENTITY-LOG-WHOLE", count=tested.rows))
    raise typer.Exit(1 if tested.findings else 0)


def _password(from_stdin: bool) -> str:
    """What is typed twice without being shown, or the first line of the input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt(
        message("CLI-USER-PASSWORD"), hide_input=True, confirmation_prompt=message("CLI-USER-PASSWORD-AGAIN"), err=True
    )
    return typed


def _told(person: Person, json: bool) -> None:
    if json:
        show.as_json(person.as_record())
        return
    typer.echo(message("CLI-USER-IS", name=person.name, shown=person.shown, state=_state(person), roles=_roles(person)))


def _tokens(tokens: list[Token], json: bool) -> None:
    if json:
        show.as_json([one.as_record() for one in tokens])
        return
    heading = [message(f"CLI-USER-TOKEN-{name}") for name in ("ID", "FOR", "ROLES", "REGION", "UNTIL", "USED")]
    rows = [
        (one.id, one.name, " ".join(one.roles) or "*", one.region or "*", one.expires_at, one.used_at or "-")
        for one in tokens
    ]
    show.columns(rows, heading=heading)
    typer.echo(message("CLI-USER-TOKENS", count=len(tokens)))


def _state(person: Person) -> str:
    word = "REMOVED" if person.disabled else "PASSWORD" if person.has_password else "NO-PASSWORD"
    return message(f"CLI-USER-STATE-{word}")


def _roles(person: Person) -> str:
    return ", ".join(f"{one.role}@{one.region}" for one in person.roles) or "-"
