"""What a text names is found under one key, however it is written."""

from infrastructure.documents.analysis import StatisticalAnalysis

ANALYSIS = StatisticalAnalysis()


def entities(text: str, language: str | None) -> dict[tuple[str, str], int]:
    return {(e.kind, e.key): e.mentions for e in ANALYSIS.entities(text, language)}


def test_entities_of_an_english_text() -> None:
    found = entities(
        "Present: Dr. Adaeze Okafor (chair), Mr Tom Lindqvist and Hanna Weiss. Okafor said that "
        "contract SA-2026-031 with Brightwell Instruments Ltd. costs EUR 48,500.00 or £1.2 "
        "million, see https://www.larkfield.example/policy/#top or ask records@larkfield.example. "
        "On 14 March 2026, that is 2026-03-14 or March 14, 2026, CL-07 failed; by 03/04/2026 the "
        "Department of Health and Safety and Brightwell Instruments had agreed.",
        "en",
    )
    assert found == {
        ("date", "2026-03-14"): 3,
        ("person", "adaeze okafor"): 2,
        ("organisation", "brightwell instruments"): 2,
        ("person", "tom lindqvist"): 1,
        ("name", "hanna weiss"): 1,
        ("reference", "sa-2026-031"): 1,
        ("money", "EUR 48500.00"): 1,
        ("money", "GBP 1200000.00"): 1,
        ("url", "larkfield.example/policy"): 1,
        ("domain", "larkfield.example"): 1,
        ("reference", "cl-07"): 1,
        ("date", "03/04/2026"): 1,
        ("organisation", "department of health and safety"): 1,
    }


def test_entities_of_a_german_text_leave_out_its_nouns() -> None:
    assert entities(
        "Frau Dr. Müller erklärte am 14. März 2026, dass die Stadtwerke Nordheim GmbH den Vertrag "
        "kündigt. Am 03.05.2026 traf Anna Weber, Leiterin der Abteilung, den Verein Wasser für "
        "Alle in der Bibliothek. Die Kosten betragen 12.500,50 Euro. Frau Müller war dabei.",
        "de",
    ) == {
        ("person", "müller"): 2,
        ("date", "2026-03-14"): 1,
        ("organisation", "stadtwerke nordheim"): 1,
        ("date", "2026-05-03"): 1,
        ("person", "anna weber"): 1,
        ("organisation", "verein wasser für alle"): 1,
        ("money", "EUR 12500.50"): 1,
    }


def test_scripts_without_capitals_give_dates_amounts_and_references() -> None:
    assert entities("2026年3月14日,报告INC-2026-014,费用¥12,500,样品 81234 个。", "zh") == {
        ("date", "2026-03-14"): 1,
        ("reference", "inc-2026-014"): 1,
        ("money", "JPY 12500.00"): 1,
        ("number", "81234"): 1,
    }


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert ("date", "2026-02-30") not in entities("On 2026-02-30 or 30.02.2026 nothing was.", "en")
