"""Many studies in one command: `npl-sim batch`.

`find` says which files are run and `plan` with which values of the grid, `names` how runs and folders are called. `run` goes
through them: each is priced (`price`) in a process of its own (`worker`), shown while it runs (`display`, `text`)
and told in a table (`table`), which `files` keeps.
"""
