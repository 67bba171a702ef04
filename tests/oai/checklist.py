"""The rules of OAI-PMH 2.0 for a repository, each with its test: `python -m tests.oai.checklist` runs them and prints the report."""

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "conformance.md"
LEVELS = {"M": "must", "S": "should", "H": "asked by harvesters"}


@dataclass(frozen=True)
class Rule:
    """One line: `number` of a rule or name of a verb, how binding it is, and what is asked."""

    number: str
    level: str
    words: str

    @property
    def begins(self) -> str:
        """How the name of its test begins."""
        if self.number.isdigit():
            return f"test_rule_{self.number}_"
        return "test_errors_of" + re.sub("(?=[A-Z])", "_", self.number).lower() + "_"


CHAPTERS: dict[str, tuple[Rule, ...]] = {
    "HTTP (3.1)": (
        Rule("1", "M", "GET and POST answer alike; a POST carries a form"),
        Rule("2", "M", "one base URL; arguments in any order; values are percent-decoded, + is a blank"),
        Rule("3", "M", "every answer is text/xml in UTF-8, errors too, for browsers too"),
        Rule("4", "M", "protocol errors travel in HTTP 200"),
        Rule("5", "M", "what cannot be served now is 503 with Retry-After in seconds"),
        Rule("6", "M", "plain bytes unless a coding is asked for; q=0 refuses one; Vary says that it matters"),
        Rule("7", "S", "Identify lists just the codings that are done"),
        Rule("8", "S", "requests of several kilobytes get an answer of OAI-PMH"),
        Rule("9", "S", "HEAD is GET without a body; other methods are refused in plain words"),
    ),
    "Envelope (3.2)": (
        Rule("10", "M", "XML declaration, UTF-8, no DOCTYPE, no entities but the five"),
        Rule("11", "M", "the root is OAI-PMH in its namespace, with the schema's address"),
        Rule("12", "M", "responseDate, request, then errors or the verb; dates are YYYY-MM-DDThh:mm:ssZ"),
        Rule("13", "M", "request holds the base URL, without a query"),
        Rule("14", "M", "its attributes are the arguments exactly as sent"),
        Rule("15", "M", "after badVerb and badArgument it has none"),
        Rule("16", "M", "after every other error it keeps them"),
        Rule("17", "M", "where a badArgument is among several errors it has none"),
        Rule("18", "S", "all errors found are reported, each with a text"),
        Rule("19", "M", "whatever stands in requests or records, answers are well-formed XML 1.0"),
        Rule("20", "M", "every answer is valid against OAI-PMH.xsd"),
    ),
    "Errors of each verb (3.6)": (
        Rule("AnyVerb", "M", "badVerb: missing, empty, unknown, in other letters, repeated"),
        Rule("Identify", "M", "takes no argument"),
        Rule("ListMetadataFormats", "M", "badArgument, idDoesNotExist, noMetadataFormats"),
        Rule("ListSets", "M", "badArgument, badResumptionToken, noSetHierarchy"),
        Rule("GetRecord", "M", "badArgument, idDoesNotExist, cannotDisseminateFormat"),
        Rule("ListIdentifiers", "M", "badArgument, badResumptionToken, cannotDisseminateFormat, noRecordsMatch, noSetHierarchy"),
        Rule("ListRecords", "M", "badArgument, badResumptionToken, cannotDisseminateFormat, noRecordsMatch, noSetHierarchy"),
        Rule("21", "M", "an argument the verb does not take is a badArgument"),
        Rule("22", "M", "a repeated argument is a badArgument, a repeated verb a badVerb"),
        Rule("23", "M", "a missing argument is a badArgument; nothing is assumed"),
        Rule("24", "M", "a resumptionToken beside other arguments is a badArgument, whatever it says"),
        Rule("25", "M", "an unknown metadataPrefix is cannotDisseminateFormat"),
        Rule("26", "M", "an identifier of no legal form is idDoesNotExist"),
        Rule("27", "M", "an unknown set is noRecordsMatch, an illegal setSpec a badArgument"),
        Rule("28", "S", "an empty value is no absent argument"),
    ),
    "Dates (2.7.1, 3.3)": (
        Rule("29", "M", "bounds may be days or seconds"),
        Rule("30", "M", "bounds are no finer than the granularity; it is seconds here, so seconds are taken and fractions are not"),
        Rule("31", "M", "from and until of different granularity are a badArgument"),
        Rule("32", "M", "from later than until is a badArgument"),
        Rule("33", "M", "both bounds are inclusive; a day is a whole day, a second one second"),
        Rule("34", "M", "what is not exactly one of the two forms, or no day there is, is a badArgument"),
        Rule("35", "M", "until before the earliest datestamp is noRecordsMatch"),
        Rule("36", "S", "from before the earliest datestamp and until in the future are legal; from in the future finds nothing"),
        Rule("37", "M", "all datestamps have the granularity declared, and none is before the earliest"),
        Rule("38", "M", "the datestamp moves with every change harvesters can see"),
    ),
    "Lists (3.5)": (
        Rule("39", "M", "an incomplete list ends in a token; its last part in an empty one; a list in one part has none"),
        Rule("40", "M", "the token alone says format, set, dates and place"),
        Rule("41", "M", "the same token gives the same part again"),
        Rule("42", "M", "nothing is lost or doubled between parts while others write"),
        Rule("43", "M", "cursor is the number of elements given before"),
        Rule("44", "S", "completeListSize stands on every part"),
        Rule("45", "M", "expirationDate is given, at least seven days ahead unless set otherwise, and meant"),
        Rule("46", "M", "tokens that are cut, changed, expired, foreign or of another verb are badResumptionToken, and say how to go on"),
        Rule("47", "S", "no part is empty"),
        Rule("48", "H", "a part holds 500 records unless set otherwise, 1 to 1000"),
        Rule("49", "S", "tokens need no encoding"),
    ),
    "Sets (2.6, 2.7.2, 4.6)": (
        Rule("50", "M", "without sets both ListSets and set= are noSetHierarchy, and no header names one"),
        Rule("51", "M", "every set in a header is listed once, and headers carry all of them"),
        Rule("52", "M", "setSpecs are of legal characters, colons make the hierarchy"),
        Rule("53", "S", "every node of the hierarchy is listed, and holds what its children hold"),
        Rule("54", "M", "a set gives its members alone, deletions among them"),
        Rule("55", "S", "ListSets pages by token, and a set may be described"),
    ),
    "Records and formats (2.5, 3.4)": (
        Rule("56", "M", "deletedRecord is true: a deletion is a header with its status, for ever"),
        Rule("57", "M", "what is shown no more is announced as deleted, in every format and set it was known in"),
        Rule("58", "M", "every item has oai_dc; formats are declared as they are in the data"),
        Rule("59", "M", "a metadata root is in a namespace and says where the schema of just that one is"),
        Rule("60", "H", "a metadata root declares all its namespaces itself"),
        Rule("61", "M", "identifiers are oai:domain:local, and the same in all formats"),
        Rule("62", "M", "a header is the same in GetRecord and in lists"),
        Rule("63", "S", "Identify holds oai-identifier, friends, rights and toolkit; records hold their rights and, where harvested, their provenance"),
        Rule("64", "H", "oai_dc has an http address in identifier, a title, a creator, an ISO date, a language and a type harvesters know"),
        Rule("65", "H", "adminEmail and baseURL are whole and exact"),
    ),
}  # fmt: skip
RULES = tuple(rule for rules in CHAPTERS.values() for rule in rules)


@cache
def tests() -> dict[str, str]:
    """Return the names of the tests of rules, each with its file."""
    found: dict[str, str] = {}
    for path in sorted(HERE.glob("test_rules_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name] = path.name
    return found


def of(rule: Rule) -> list[str]:
    """Return the names of a rule's tests."""
    return [name for name in tests() if name.startswith(rule.begins)]


def document() -> str:
    """Write the page of the documentation."""
    lines = [
        "# Conformance",
        "",
        "The rules of OAI-PMH 2.0 for a repository in our own words, with how binding each is, and the test that holds Sheaf to it:",
        "over HTTP, on SQLite and on PostgreSQL. `python -m tests.oai.checklist` runs them and prints what came out.",
    ]
    for chapter, rules in CHAPTERS.items():
        lines += ["", f"## {chapter}", "", "| rule | level | what is asked | test |", "|---|---|---|---|"]
        for rule in rules:
            lines.append(f"| {rule.number} | {LEVELS[rule.level]} | {rule.words} | `{'`, `'.join(of(rule))}` |")
    return "\n".join(lines) + "\n"


class Collector:
    """Notes what came of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = re.sub(r"\[.*", "", report.nodeid.rpartition("::")[2])
        said = self.outcomes.setdefault(name, [])
        if report.when == "call" or report.outcome != "passed":
            reason = f" ({report.longrepr[2]})" if report.skipped and isinstance(report.longrepr, tuple) else ""
            said.append(report.outcome + reason)


def report(outcomes: dict[str, list[str]]) -> str:
    """Write the report: each rule, its tests, what came of them."""
    lines = []
    for chapter, rules in CHAPTERS.items():
        lines += ["", chapter]
        for rule in rules:
            lines.append(f"  {rule.number:>3} {rule.level}  {rule.words}")
            for name in of(rule):
                told = outcomes.get(name, [])
                said = ", ".join(f"{told.count(each)} {each}" for each in sorted(set(told)))
                lines.append(f"         {name}: {said or 'not run'}")
    met = sum(all(set(outcomes.get(name, ["not run"])) == {"passed"} for name in of(rule)) for rule in RULES)
    return "\n".join([*lines, "", f"{met} of {len(RULES)} rules: every test passed."])


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        DOCUMENT.write_text(document())
        sys.exit(0)
    collector = Collector()
    status = pytest.main(["-q", "--no-header", "-p", "no:randomly", *map(str, sorted(HERE.glob("test_rules_*.py")))], [collector])
    print(report(collector.outcomes))
    sys.exit(status)
