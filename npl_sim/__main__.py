"""``python -m npl_sim``."""

from npl_sim.cli import main

if __name__ == "__main__":
    main()
