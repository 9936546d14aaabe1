"""PostgreSQL and Valkey from pip wheels: real servers, run below one data directory."""
