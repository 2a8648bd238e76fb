"""`python -m server` is the `sambung` command."""

from server.cli import main

if __name__ == "__main__":
    main()
