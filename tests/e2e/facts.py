"""A document in each format, every one with a fact that only it tells."""

import json

from tests.documents import files

# One fact a file, each in another format; the question has most of its words.
FACTS = {
    "harbour.txt": "The harbour ledger is kept in the north tower, behind the brass clock.",
    "orchard.md": "The orchard survey counted three hundred and twelve pear trees in autumn.",
    "ferry.html": "The ferry to Saint Anne leaves at a quarter past six from the eastern pier.",
    "vault.pdf": "The vault is opened by two officers, who hold one key each.",
    "bridge.docx": "The bridge carries loads of up to eighteen tonnes between the two mills.",
    "prices.csv": "Copper costs nine marks a pound and tin costs four marks a pound.",
    "lighthouse.json": "The lighthouse keeper trims the lamp twice every night in winter.",
}
QUESTIONS = {
    "harbour.txt": "Where is the harbour ledger kept?",
    "orchard.md": "How many pear trees did the orchard survey count?",
    "ferry.html": "When does the ferry to Saint Anne leave?",
    "vault.pdf": "Who opens the vault?",
    "bridge.docx": "Which loads does the bridge carry?",
    "prices.csv": "What does copper cost?",
    "lighthouse.json": "How often does the lighthouse keeper trim the lamp?",
}


def content(name: str, fact: str) -> bytes:
    """The fact as a file of the kind that its name says."""
    match name.rpartition(".")[2]:
        case "md":
            return f"# Survey\n\n{fact}\n".encode()
        case "html":
            return f"<!doctype html><title>Notice</title><p>{fact}</p>".encode()
        case "pdf":
            return files.pdf([[fact]])
        case "docx":
            return files.bare_docx(f"<w:p><w:r><w:t>{fact}</w:t></w:r></w:p>")
        case "csv":
            return f"subject,remark\nmetals,{fact}\n".encode()
        case "json":
            return json.dumps({"subject": "lamps", "remark": fact}).encode()
        case _:
            return fact.encode()
