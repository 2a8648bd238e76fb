"""`python -m field_forms FILE [--xform]`: what a form becomes, without publishing it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from field_forms.bad_form import BadForm
from field_forms.publish import read_form


def main(words: list[str]) -> int:
    """Print the compiled form, or its XForm; what is wrong with it goes to standard error."""
    files = [word for word in words if word != "--xform"]
    if len(files) != 1:
        print("python -m field_forms FILE [--xform]", file=sys.stderr)
        return 2
    try:
        source = read_form(Path(files[0]))
    except (BadForm, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(source.xform if "--xform" in words else json.dumps({"version": 0} | source.body, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
