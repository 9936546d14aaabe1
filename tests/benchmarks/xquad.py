"""XQuAD as a collection: each paragraph a document, each question with one that answers it."""

import json
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "xquad"
ENGLISH = FOLDER / "xquad.en.json"


class Question(NamedTuple):
    """A question, its paragraph's number, and where in the paragraph the answer stands."""

    text: str
    paragraph: int
    start: int
    end: int


def load(path: Path, count: int) -> tuple[list[str], list[Question]]:
    """The paragraphs, and `count` questions spread evenly over all of them."""
    articles = json.loads(path.read_text())["data"]
    entries = [entry for article in articles for entry in article["paragraphs"]]
    questions = [
        Question(asked["question"], number, start, start + len(given["text"]))
        for number, entry in enumerate(entries)
        for asked in entry["qas"]
        for given in asked["answers"][:1]
        for start in [given["answer_start"]]
    ]
    spread = [questions[index * len(questions) // count] for index in range(count)]
    return [entry["context"] for entry in entries], spread
