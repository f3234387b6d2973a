"""Labelling at speed in a real browser: live marks, where to go next, what was seen, the effort."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db.annotations import apply_edit, ensure_annotation, find_annotation, list_segments
from db.desk_models import Comment, Preference, Sitting
from db.engine import reading, session
from db.models import Annotation, Class, Segment
from db.users import create_user
from tests.browser.conftest import Application
from tests.browser.desk_pages import Web
from tests.review_app.desk_files import (
    DeskProject,
    Proposed,
    open_desk,
    store_proposals,
)
from tests.review_app.desk_server import add_edit

PROPOSED: list[Proposed] = [
    ("deep_squat", 1.0, 3.0, 0.97),
    ("deep_squat", 4.0, 6.0, 0.92),
    ("side_lunge", 7.0, 8.5, 0.87),
    ("deep_squat", 12.0, 14.0, 0.95),
]


class Desk:
    """The desk of one recording of 20 s at 25 frames a second, and what the server holds of it."""

    def __init__(self, application: Application, made: DeskProject, page: Page) -> None:
        self.application, self.made, self.page = application, made, page

    def open(self) -> None:
        open_desk(self.page, self.application.address, self.made)
        self.page.wait_for_selector('.desk[data-confirmed="true"]', timeout=20_000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go_to(self, frame: int) -> None:
        self.press("g")
        self.page.keyboard.type(str(frame))
        self.press("Enter")
        self.at(frame)

    def at(self, frame: int) -> None:
        place = f'.desk[data-frame="{frame}"][data-confirmed="true"]'
        expect(self.page.locator(place)).to_be_visible(timeout=20_000)

    def frame(self) -> int:
        return int(self.page.locator(".desk").get_attribute("data-frame") or 0)

    def wait_frame(self, frame: int) -> None:
        self.application.wait(lambda: self.frame() >= frame, 30, f"frame {frame}")

    def said(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".toast")).to_have_text(words)

    def layer(self) -> Annotation | None:
        with reading(self.application.engine) as db:
            return find_annotation(db, video_id=self.made.video_id, user_id=self.made.user_id)

    def segments(self) -> list[Segment]:
        layer = self.layer()
        with reading(self.application.engine) as db:
            return list(list_segments(db, layer.id)) if layer else []

    def labels(self) -> list[tuple[str, int, int]]:
        with reading(self.application.engine) as db:
            names = {kind.id: kind.name for kind in db.scalars(select(Class))}
        return [(names[one.class_id], one.start_frame, one.end_frame) for one in self.segments()]

    def wait(self, true: Callable[[], bool], what: str) -> None:
        self.application.wait(true, 20, f"{what}; there are {self.labels()}")

    def label_of(self, person: str, class_name: str, start: int, end: int) -> None:
        """Somebody else labels the same recording."""
        made = self.made
        with session(self.application.engine) as db:
            user_id = create_user(db, name=person).id
            layer = ensure_annotation(db, video_id=made.video_id, user_id=user_id)
            kinds = select(Class).filter_by(project_id=made.project_id, name=class_name)
            kind = db.scalars(kinds).one()
            opened = {"classes": [{"id": kind.id, "tier_id": kind.tier_id}]}
            edit = add_edit(opened, start_frame=start, end_frame=end)
            assert apply_edit(db, layer.id, user_id, edit, made.index.times.tolist())

    def sittings(self) -> list[Sitting]:
        with reading(self.application.engine) as db:
            of_person = select(Sitting).filter_by(user_id=self.made.user_id)
            return list(db.scalars(of_person.order_by(Sitting.began_at)))

    def comments(self) -> list[str]:
        layer = self.layer()
        assert layer is not None
        with reading(self.application.engine) as db:
            own = select(Comment).filter_by(annotation_id=layer.id, deleted=False)
            return [one.text for one in db.scalars(own.order_by(Comment.created_at))]

    def preference(self, name: str) -> Any:
        with reading(self.application.engine) as db:
            found = select(Preference).filter_by(user_id=self.made.user_id, name=name)
            row = db.scalars(found).one_or_none()
            return row.value if row else None

    def seen(self) -> list[list[int]]:
        layer = self.layer()
        return layer.seen if layer else []


@pytest.fixture
def desk(web: Web, imported: DeskProject, page: Page) -> Desk:
    return Desk(web.application, imported, page)


@pytest.fixture
def proposed(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    settings, engine = desk.application.settings, desk.application.engine
    store_proposals(settings, engine, desk.made, PROPOSED, model=request.node.name)
    return desk


def hold(desk: Desk, key: str, until: int) -> tuple[int, int]:
    """Holds a class key while the video plays. -> frames shown when it went down and came up"""
    began = desk.frame()
    desk.page.keyboard.down(key)
    desk.wait_frame(until)
    desk.page.keyboard.down(key)  # the keyboard repeats what is held
    ended = desk.frame()
    desk.page.keyboard.up(key)
    return began, ended


def test_a_class_key_held_while_it_plays_marks_a_segment(desk: Desk) -> None:
    desk.open()
    desk.go_to(50)
    desk.press("Space")
    desk.wait_frame(60)
    began, ended = hold(desk, "2", 110)
    desk.wait(lambda: len(desk.segments()) == 1, "a live mark")
    [(name, start, end)] = desk.labels()
    assert name == "hurdle_step"
    # 250 ms are assumed as long as nobody has measured; the wait itself takes some frames.
    assert began - 8 <= start <= began + 2
    assert ended - 8 <= end <= ended + 4

    desk.press("3")  # a tap relabels what is selected, as ever
    desk.wait(lambda: desk.labels()[0][0] == "inline_lunge", "another class")
    hold(desk, "3", desk.frame() + 30)
    desk.wait(lambda: len(desk.segments()) == 2, "a second mark")
    first, second = desk.labels()
    assert second[1] >= first[2]
    desk.press("Space", "Control+z")
    desk.wait(lambda: desk.labels() == [first], "the second mark undone")


def test_a_pause_and_escape_while_a_key_is_held(desk: Desk) -> None:
    desk.open()
    desk.press("Space")
    desk.wait_frame(30)
    desk.page.keyboard.down("1")
    desk.wait_frame(60)
    desk.press("Space")
    desk.page.wait_for_selector('.desk[data-confirmed="true"]')
    desk.press("ArrowLeft", "ArrowLeft")
    desk.page.wait_for_selector('.desk[data-confirmed="true"]')
    shown = desk.frame()
    desk.page.keyboard.up("1")
    desk.wait(lambda: len(desk.segments()) == 1, "a mark that ended at rest")
    assert desk.labels()[0][2] == shown + 1
    desk.press("Escape", "Space")
    desk.page.keyboard.down("1")
    desk.wait_frame(shown + 40)
    desk.press("Escape")
    desk.page.keyboard.up("1")
    desk.press("Space")
    assert len(desk.labels()) == 1


def test_the_reaction_time_is_measured_kept_and_shown(desk: Desk) -> None:
    desk.open()
    desk.press("Shift+R")
    dialog = desk.page.get_by_role("dialog", name="Your reaction time")
    expect(dialog).to_contain_text("250 ms are assumed")
    dialog.get_by_role("button", name="Measure it").click()
    desk.press("Space")
    expect(dialog).to_contain_text("Too early")
    for n in range(10):
        expect(dialog.locator(".flash.now")).to_be_visible(timeout=6000)
        desk.page.wait_for_timeout(230)
        desk.press("Space")
        if n < 9:
            expect(dialog).to_contain_text(re.compile(f"{n + 1} of 10|late|early"))
    expect(dialog).to_contain_text(re.compile(r"\d+ ms: the middle of \d+ presses"))
    dialog.get_by_label("Reaction time in milliseconds").fill("310")
    desk.press("Enter")
    expect(dialog).to_be_hidden()
    desk.wait(lambda: desk.preference("reaction") == {"ms": 310}, "the preference")
    expect(desk.page.get_by_role("button", name="Your reaction time")).to_have_text("310 ms")
    desk.page.reload()
    button = desk.page.get_by_role("button", name="Your reaction time")
    expect(button).to_have_text("310 ms", timeout=60_000)


def test_to_the_uncertain_and_all_the_sure_at_once(proposed: Desk) -> None:
    desk = proposed
    desk.open()
    desk.press("Shift+N")
    desk.at(175)  # 0.87, the least of the four
    desk.press("u")
    desk.wait(lambda: [one.unsure for one in desk.segments()] == [True], "an unsure label")
    desk.press("u")
    desk.wait(lambda: [one.unsure for one in desk.segments()] == [False], "a sure label")

    desk.press("Shift+Enter")
    dialog = desk.page.get_by_role("dialog", name="Accept all sure proposals")
    dialog.get_by_label("Least score").fill("0.94")
    expect(dialog).to_contain_text("2 of the 3 proposals")
    assert len(desk.segments()) == 1
    desk.press("Enter")
    accepted = [
        ("deep_squat", 25, 75),
        ("side_lunge", 175, 213),
        ("deep_squat", 300, 350),
    ]
    desk.wait(lambda: desk.labels() == accepted, "the sure ones")
    desk.press("Control+z")
    desk.wait(lambda: len(desk.labels()) == 1, "all of it undone at once")


def test_to_where_somebody_else_says_otherwise(desk: Desk) -> None:
    desk.label_of("Kim", "side_lunge", 100, 150)
    desk.label_of("Sam", "deep_squat", 300, 350)
    desk.open()
    desk.go_to(310)
    desk.press("a")  # from 310 to 360: about the same as Sam's
    desk.wait(lambda: len(desk.segments()) == 1, "a label")
    desk.press("Shift+D")
    desk.said("1 of 1: only Kim has a label here, “Side lunge”.")
    desk.at(100)
    desk.go_to(310)
    desk.press("ArrowDown", "2")  # another class than Sam's
    desk.press("Home", "Shift+D", "Shift+D")
    desk.said("2 of 2: Sam has another class here.")
    desk.at(310)


def test_finished_asks_for_what_nobody_has_looked_at(desk: Desk) -> None:
    desk.open()
    words = desk.page.locator(".looked")
    desk.press("Space")
    desk.wait_frame(100)
    desk.press("Space")
    expect(words).to_have_text(re.compile(r"^(1[89]|2\d|3\d) % looked at$"))
    desk.wait(lambda: any(end > 90 for _, end in desk.seen()), "what was seen to arrive")
    assert desk.seen()[0][0] == 0 and desk.seen()[-1][1] < 200
    desk.press("Home", "f")
    desk.said(re.compile(r"^\d+ % of it was not looked at yet"))
    expect(desk.page.locator(".progress")).to_contain_text("0 % finished")
    desk.press("f")
    expect(desk.page.locator(".progress")).to_contain_text("100 % finished")


def test_what_was_seen_and_the_effort_arrive_when_the_server_is_back(
    desk: Desk,
) -> None:
    desk.open()
    desk.page.context.set_offline(True)
    desk.go_to(300)
    desk.press("a")
    desk.page.wait_for_timeout(6000)  # it tries to send, and keeps
    desk.page.close()
    assert desk.seen() == [] and desk.sittings() == []
    desk.page.context.set_offline(False)
    desk.page = desk.page.context.new_page()
    desk.open()
    desk.application.wait(lambda: [300, 301] in desk.seen(), 20, "what was seen")
    desk.application.wait(lambda: len(desk.sittings()) >= 1, 20, "the sitting")
    assert desk.sittings()[0].actions["add"] == 1


def test_one_sitting_for_each_mode_and_its_totals(proposed: Desk) -> None:
    desk = proposed
    desk.open()
    desk.press("Enter", "Enter", "Enter")
    desk.wait(lambda: len(desk.segments()) == 2, "two labels")
    effort = desk.page.locator(".effort")
    expect(effort).to_have_text(re.compile(r"^[\d.]+ s, 1\.5 actions each$"))
    expect(effort).to_have_attribute("title", re.compile("3 actions, 2 new labels"))
    desk.page.goto("about:blank")  # closing the page sends the rest
    desk.application.wait(lambda: bool(desk.sittings()), 20, "the sitting")
    [sitting] = desk.sittings()
    assert (sitting.proposals, sitting.segments) == ("shown", 2)
    assert sitting.actions == {"accept": 3}
    assert 0 < sitting.active_s < 60


def test_comments_are_answered_and_settled(desk: Desk) -> None:
    desk.open()
    desk.press("a")
    desk.wait(lambda: len(desk.segments()) == 1, "a label")
    desk.press("c")
    panel = desk.page.get_by_role("region", name="Comments")
    expect(panel).to_contain_text("About the label “Deep squat”")
    desk.page.keyboard.type("Is <b>this</b> one?")
    desk.press("Enter")
    thread = panel.get_by_role("article")
    expect(thread).to_contain_text("You Is <b>this</b> one?")
    expect(desk.page.get_by_role("button", name="Comments")).to_have_text("1")
    thread.get_by_role("button", name="Answer").click()
    desk.page.keyboard.type("Yes")
    desk.press("Enter")
    thread.get_by_role("button", name="Settle").click()
    expect(thread.get_by_role("button", name="Open again")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Comments")).to_have_text("")
    desk.wait(
        lambda: desk.comments() == ["Is <b>this</b> one?", "Yes", "Settled."],
        "comments",
    )
    desk.page.reload()
    desk.page.wait_for_selector('.desk[data-confirmed="true"]', timeout=60_000)
    desk.press("c")
    expect(panel.get_by_role("article")).to_contain_text("Settled.")
    panel.get_by_role("button", name="Delete").click()
    expect(panel.get_by_role("article")).not_to_contain_text("Settled.")
    expect(desk.page.get_by_role("button", name="Comments")).to_have_text("1")
