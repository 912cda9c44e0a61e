"""Where tiles of scenarios are simulated: threads of this process, or Dask workers."""
