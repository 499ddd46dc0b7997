"""Running a definition: SpiffWorkflow behind a port, the state codec, the step."""
