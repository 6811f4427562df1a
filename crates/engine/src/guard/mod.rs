//! Small machines, each testable alone.
