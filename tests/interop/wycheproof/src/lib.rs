//! Nothing: the package is here to name where the vectors come from.
