"""Text from one file of each format. Runs inside the parser's child process."""
