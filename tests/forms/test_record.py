"""The whole record as a form: what is sent as it was shown changes nothing, and nonsense harms nothing."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.forms.form import Form, Layout
from server.records.model import Record
from tests.forms.browse import sent
from tests.strategies import records, texts

RECORD = Layout.of(Record)
BRISK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@BRISK
@given(records())
def test_a_record_sent_as_it_was_shown_is_the_same_record(record: Record) -> None:
    assert RECORD.read(sent(RECORD.show(record)), record) == record


def _names(layout: Layout) -> list[str]:
    found: list[str] = ["", "row", "title", "creators", ".", "creators.0.family.0", "creators.x.family"]

    def walk(part, path) -> None:
        for child in part.fields:
            step = "0" if part.widget == "rows" else child.name
            below = f"{path}.{step}".lstrip(".")
            found.append(below)
            found.append(below.replace("0", "99999999"))
            walk(child, below)

    walk(layout.whole, "")
    return found


JUNK = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(_names(RECORD)), st.text(max_size=20)),
        st.one_of(
            texts(),
            st.sampled_from(
                ("true", "1e999", "-1", "٣", "1_0", "publication.book", "add:creators", "remove:creators.7", "up:creators.0", "down:title",
                 "remove:", "up:..", "add:creators.0.ids", "NaN", "9" * 5000)
            ),
            st.binary(max_size=3),
        ),
    ),
    max_size=30,
)  # fmt: skip


@BRISK
@given(JUNK, st.one_of(st.none(), records()))
def test_any_nonsense_gives_a_record_or_a_form(pairs: list, stored: Record | None) -> None:
    answer = RECORD.read(pairs, stored)
    if isinstance(answer, Form):
        assert all(error.text for error in answer.errors)
        sent(answer)
    else:
        assert isinstance(answer, Record)


@BRISK
@given(records())
def test_a_record_without_what_a_form_trims_needs_nothing_stored(record: Record) -> None:
    """What the form makes of a record is a fixed point: shown and read again it stays, though nothing is stored."""
    taken = RECORD.read(sent(RECORD.show(record)))
    if isinstance(taken, Record):
        assert RECORD.read(sent(RECORD.show(taken))) == taken
