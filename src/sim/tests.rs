//! Runs of whole clusters.
