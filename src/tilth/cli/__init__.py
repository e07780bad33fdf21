"""The command line: parse, call `tilth.api`, show. No rule of the field lives here."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    from tilth.cli.run import run

    raise SystemExit(run())
