"""Price many studies into one table: ``npl-sim batch``.

`find` lists the study files and `jobs` the runs, `names` names runs and folders. `run` goes
through the runs: `price` prices each in the process of `worker`. `table` makes the rows, `files`
stores them.
"""
