"""The persistence module for the `eventsourcing` library: one tenant's log, synchronously."""
