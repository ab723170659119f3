"""Many customers: samples, mappings, simulation."""
