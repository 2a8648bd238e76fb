"""The `sambung` command, kept warm: what to type a line in, what it answered a line out.

A fresh process costs a second, a phone's enrolment code then 13 ms. test_command_line.py starts the real program.
"""

import json
import sys

from click.testing import CliRunner

from server.cli import sambung


def main() -> None:
    runner = CliRunner()
    for line in sys.stdin:
        asked = json.loads(line)
        done = runner.invoke(sambung, asked["words"], input=asked["given"], env=asked["environment"])
        print(json.dumps([done.exit_code, done.stdout, done.stderr]), flush=True)


if __name__ == "__main__":
    main()
