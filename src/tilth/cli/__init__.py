"""The command line: parse, call `tilth.api`, show. No rule of the field lives here."""

import gc


def main() -> None:
    """Run the command line and leave with its exit status."""
    from tilth.cli.run import run

    status = run()
    gc.freeze()  # the process ends: nobody needs to look through all that it has for garbage once more
    raise SystemExit(status)
