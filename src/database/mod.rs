//! PostgreSQL: how it is reached, what it is, and what is in it. Nothing here writes.
