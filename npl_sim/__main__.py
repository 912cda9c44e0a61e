"""Run the command line: ``python -m npl_sim``."""

from npl_sim.cli import program

if __name__ == "__main__":
    program()
