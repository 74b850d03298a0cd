"""TinyDB's tables over SQLite: they do what TinyDB promises, without its traps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tinydb import Query, where
from tinydb.table import Document

from core.errors import OurBug
from core.store.table import DocumentDB, DocumentTable
from tests.store.given import open_db, undone

KEYS = st.sampled_from(["a", "b", "c", "A", "%", "_", "漢字", "a|b", "a\0b", "x" * 300])
VALUES = st.one_of(st.integers(-(2**53), 2**53), st.text(max_size=8), st.booleans(), st.none())
DOCS = st.dictionaries(st.sampled_from(["colour", "n", "deep"]), VALUES, max_size=3)


def ids(docs: Iterable[Any]) -> list[Any]:
    return [doc.doc_id for doc in docs]


def thing(key: str, **fields: Any) -> Document:
    return Document(fields, key)  # type: ignore[arg-type]  # TinyDB declares int ids


def test_tinydbs_own_words_work(db: DocumentDB) -> None:
    things = db.table("things")
    assert things.insert(thing("a", n=1, colour="red")) == "a"
    assert things.insert_multiple([thing("b", n=2), thing("c", n=3)]) == ["b", "c"]
    assert things.update({"colour": "blue"}, where("n") > 1) == ["b", "c"]
    assert things.upsert({"colour": "grey"}, where("n") == 3) == ["c"]
    assert ids(things.search(Query().colour == "blue")) == ["b"]
    assert things.get(where("n") == 1) == {"n": 1, "colour": "red"}
    assert things.contains(doc_id="a")  # type: ignore[arg-type]
    assert things.count(where("n") >= 1) == 3
    assert things.remove(where("n") == 1) == ["a"]
    assert len(things) == 2
    assert ids(things) == ["b", "c"]
    assert things.all() == [{"n": 2, "colour": "blue"}, {"n": 3, "colour": "grey"}]
    things.truncate()
    assert things.all() == []


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    with open_db(tmp_path) as db:
        db.table("things").insert(thing("a", text="日本語", deep={"list": [1, {"x": None}]}))
    with open_db(tmp_path) as db:
        assert db.table("things").doc("a") == {"text": "日本語", "deep": {"list": [1, {"x": None}]}}


def test_asking_for_a_persistent_empty_table_does_not_wipe_it(tmp_path: Path) -> None:
    with open_db(tmp_path) as db:
        db.table("things").insert(thing("a", n=1))
    with open_db(tmp_path) as db:
        assert len(db.table("things", persist_empty=True)) == 1


def test_a_changed_result_changes_nothing_that_others_get(db: DocumentDB) -> None:
    things = db.table("things", cache_size=10)
    things.insert(thing("a", deep={"n": 1}))
    for found in (things.search(where("deep").exists())[0], things.get(doc_id="a"), *things):
        found["deep"]["n"] = 99
        found["more"] = True
    assert things.search(where("deep").exists()) == [{"deep": {"n": 1}}]


def test_searching_twice_sees_what_another_opening_wrote(db: DocumentDB, tmp_path: Path) -> None:
    things = db.table("things")
    assert things.search(where("n") == 1) == []
    with open_db(tmp_path) as other:
        other.table("things").insert(thing("a", n=1))
    assert things.search(where("n") == 1) == [{"n": 1}]


def test_a_document_without_its_natural_key_is_refused(db: DocumentDB) -> None:
    with pytest.raises(OurBug, match="natural key"):
        db.table("things").insert({"n": 1})
    assert len(db.table("things")) == 0


def test_an_existing_key_is_not_overwritten_and_nothing_of_the_batch_stays(db: DocumentDB) -> None:
    things = db.table("things")
    things.insert(thing("b", n=1))
    with pytest.raises(ValueError, match="b already exists"):
        things.insert_multiple([thing("a"), thing("b", n=2)])
    assert things.all() == [{"n": 1}]


def test_an_update_that_fails_half_way_leaves_nothing_behind(db: DocumentDB) -> None:
    things = db.table("things")
    things.insert_multiple([thing("a", n=1), thing("b", n="x"), thing("c", n=3)])

    def double(doc: MutableMapping[str, Any]) -> None:
        doc["n"] = doc["n"] // 1 * 2

    with pytest.raises(TypeError):
        things.update(double)
    assert [doc["n"] for doc in things] == [1, "x", 3]


def test_an_update_that_cannot_be_written_leaves_nothing_behind(db: DocumentDB) -> None:
    things = db.table("things")
    things.insert_multiple([thing("a", n=1), thing("b", n=2)])
    with pytest.raises(TypeError):
        things.update({"n": object()})
    assert [doc["n"] for doc in things] == [1, 2]


def test_several_updates_see_each_other_in_their_order(db: DocumentDB) -> None:
    things = db.table("things")
    things.insert_multiple([thing("a", n=1), thing("b", n=5)])
    done = things.update_multiple([({"n": 2}, where("n") == 1), ({"n": 3}, where("n") == 2)])
    assert done == ["a", "a"]
    assert [doc["n"] for doc in things] == [3, 5]


class Counted:
    """Counts what is asked of the file."""

    def __init__(self, db: DocumentDB, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows = 0
        real = db.file.rows

        def rows(sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
            found = real(sql, params)
            self.rows += len(found)
            return found

        monkeypatch.setattr(db.file, "rows", rows)


def test_getting_by_ids_reads_these_and_no_others(
    db: DocumentDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    things = db.table("things")
    things.put_many((f"k{n:04}", {"n": n}) for n in range(2000))
    counted = Counted(db, monkeypatch)
    assert [doc["n"] for doc in things.get(doc_ids=["k0007", "k1999", "none"])] == [7, 1999]
    assert counted.rows == 2


def test_finding_by_a_field_reads_only_what_fits(
    db: DocumentDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    things = db.table("things")
    things.put_many((f"k{n:04}", {"colour": f"c{n % 500}"}) for n in range(2000))
    counted = Counted(db, monkeypatch)
    found = [key for key, _ in things.find("colour", "c3")]
    assert found == ["k0003", "k0503", "k1003", "k1503"]
    assert counted.rows == 4
    plan = db.file.rows("EXPLAIN QUERY PLAN SELECT id FROM things WHERE colour = 'c3'")
    assert "things_by_colour" in plan[0][3]


def test_texts_that_differ_after_a_nul_are_not_mixed_up(db: DocumentDB) -> None:
    things = db.table("things")
    things.put_many([("a", {"colour": "red"}), ("b", {"colour": "red\0dish"})])
    assert [key for key, _ in things.find("colour", "red")] == ["a"]
    assert [key for key, _ in things.find("colour", "red\0dish")] == ["b"]


def test_only_declared_fields_and_tables_can_be_asked_for(db: DocumentDB) -> None:
    with pytest.raises(OurBug, match="no index on n"):
        list(db.table("things").find("n", "1"))
    with pytest.raises(OurBug, match="no such table: thimgs"):
        db.table("thimgs")
    with pytest.raises(AttributeError):
        db.insert({"n": 1})


@pytest.mark.parametrize("there", [False, True])
def test_many_documents_are_kept_in_their_order_and_the_last_of_a_key_stays(
    db: DocumentDB, there: bool
) -> None:
    things = db.table("things")
    if there:
        things.put_many((f"{n:04}", {"n": -1}) for n in range(1_200))
    for keep in (things.put_many, things.revise_many):
        keep([*((f"{n:04}", {"n": n}) for n in range(1_200)), ("0007", {"n": 70})])
        assert len(things) == 1_200
        assert things.doc("0007") == {"n": 70}
        assert things.doc("1199") == {"n": 1199}
        things.put("0007", {"n": 7})
        things.put_many([("0007", {"n": 1}), ("0008", {"n": 1}), ("0007", {"n": 70})])
        assert things.doc("0007") == {"n": 70}


def test_all_pages_of_a_long_table_arrive_once(db: DocumentDB) -> None:
    things = db.table("things")
    things.put_many((f"k{n:05}", {"n": n, "colour": "red"}) for n in range(1501))
    assert [doc["n"] for doc in things] == list(range(1501))
    assert len(list(things.rows)) == 1501
    assert len(list(things.find("colour", "red"))) == 1501


def test_walking_a_table_while_changing_it_meets_each_document_once(db: DocumentDB) -> None:
    things = db.table("things")
    things.put_many((f"k{n:05}", {"colour": "red"}) for n in range(1201))
    with db.transaction():
        seen = []
        for key, _ in things.find("colour", "red"):
            seen.append(key)
            things.put(key, {"colour": "blue"})
    assert len(seen) == len(set(seen)) == 1201


def test_dropping_a_table_empties_it_and_leaves_the_others(db: DocumentDB) -> None:
    db.table("things").insert(thing("a"))
    db.table("others").insert(thing("a"))
    db.drop_table("things")
    assert (len(db.table("things")), len(db.table("others"))) == (0, 1)
    db.drop_tables()
    assert len(db.table("others")) == 0


def test_writing_the_whole_database_replaces_it_at_once(db: DocumentDB) -> None:
    db.table("things").insert(thing("a"))
    db.table("others").insert(thing("o", n=1))
    db.storage.write({"others": db.storage.read()["others"], "things": {"b": {"n": 2}}})  # type: ignore[index]
    assert ids(db.table("things")) == ["b"]
    assert db.table("others").doc("o") == {"n": 1}


class TableLikeADict(RuleBasedStateMachine):
    """Whatever is done, the table holds what a plain dict would, also when transactions fail."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = open_db(Path(self.folder.name))
        self.model: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()

    @property
    def table(self) -> DocumentTable:
        return self.db.table("things")

    @rule(key=KEYS, doc=DOCS)
    def put(self, key: str, doc: dict[str, Any]) -> None:
        self.table.put(key, doc)
        self.model[key] = doc

    @rule(key=KEYS, doc=DOCS)
    def upsert(self, key: str, doc: dict[str, Any]) -> None:
        self.table.upsert(thing(key, **doc))
        self.model[key] = self.model.get(key, {}) | doc

    @rule(keys=st.lists(KEYS, max_size=4), doc=DOCS)
    def update(self, keys: list[str], doc: dict[str, Any]) -> None:
        there = [key for key in dict.fromkeys(keys) if key in self.model]
        assert self.table.update(doc, doc_ids=keys) == there
        for key in there:
            self.model[key] = self.model[key] | doc

    @rule(keys=st.lists(KEYS, max_size=4))
    def remove(self, keys: list[str]) -> None:
        self.table.remove(doc_ids=keys)
        self.model = {k: v for k, v in self.model.items() if k not in keys}

    @rule(value=VALUES)
    def remove_by_condition(self, value: Any) -> None:
        self.table.remove(where("n") == value)
        self.model = {k: v for k, v in self.model.items() if not ("n" in v and v["n"] == value)}

    @rule(docs=st.dictionaries(KEYS, DOCS), inner=st.dictionaries(KEYS, DOCS))
    def fail_inside(self, docs: dict[str, Any], inner: dict[str, Any]) -> None:
        with self.db.transaction():
            self.table.put_many(docs.items())
            with undone(self.db):
                self.table.put_many(inner.items())
        self.model.update(docs)

    @rule(docs=st.dictionaries(KEYS, DOCS))
    def fail_outside(self, docs: dict[str, Any]) -> None:
        with undone(self.db):
            with self.db.transaction():
                self.table.truncate()
            self.table.put_many(docs.items())

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self.db = open_db(Path(self.folder.name))

    @invariant()
    def same(self) -> None:
        assert dict(self.table.rows.items()) == self.model
        assert len(self.table) == len(self.model)
        for colour in {str(doc["colour"]) for doc in self.model.values() if "colour" in doc}:
            expected = sorted(k for k, v in self.model.items() if v.get("colour") == colour)
            assert [key for key, _ in self.table.find("colour", colour)] == expected


TestTableLikeADict = TableLikeADict.TestCase
TestTableLikeADict.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
