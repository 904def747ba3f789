"""The sensitivity scan, by re-executing only what depends on the pruned layer."""
