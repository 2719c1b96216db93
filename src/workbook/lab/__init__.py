"""Where students work: the tests as a notebook sees them, answers read from files, work copies, progress, launching JupyterLab."""
