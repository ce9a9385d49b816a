"""The screen of one list: GO or not and why, every item, and what there is to know of the one under the cursor."""

from __future__ import annotations

import asyncio
import contextlib
from typing import ClassVar, Final

from rich.console import RenderableType
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from app.console.checklist.asks import Asks
from app.console.checklist.deeds import Asked, Deeds, tell
from app.console.checklist.evidence import evidence_page
from app.console.checklist.hand import Hand, Shown
from app.console.checklist.keys import KEYS, help_page
from app.console.checklist.looks import Looks
from app.console.checklist.prompts import Waiver
from app.console.checklist.reasons import Now, why_not
from app.console.checklist.table import ItemTable
from app.console.checklist.words import alerts, counts, detail, explanation, is_for_person, verdict, wants_person
from app.console.modals import Page
from app.console.run_screen import LOOKS_PER_S, SMALLEST
from engine.checklist.answers import State
from engine.checklist.around import off_loop
from engine.checklist.item_standing import ItemStanding
from engine.checklist.lists import Item, Mode
from engine.checklist.walk import Walk
from engine.errors import GonogoError, printable

_WIDE_COLUMNS: Final = 110
"""From here on the detail stands beside the table, not below it."""


class ChecklistScreen(Screen[None]):
    """Walks one list.

    Args:
        walk: the list in its corpus.
        hand: whoever sits here.
    """

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, walk: Walk, hand: Hand) -> None:
        super().__init__()
        self._walk = walk
        self._looks = Looks(walk)
        self._asks = Asks(walk)
        self._deeds = Deeds(self, hand, self._look_again)
        self._again = asyncio.Event()
        self._told: dict[str, object] = {}
        self._enabled: tuple[bool | None, ...] = ()
        self._has_begun = False
        self._is_challenging = False

    def compose(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="title", markup=False)
        yield Static(id="verdict", markup=False)
        yield Static(id="counts", markup=False)
        yield Static(id="alerts", markup=False)
        with Container(id="middle"):
            yield ItemTable(id="items")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield Input(id="finding", classes="line", compact=True, select_on_focus=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to look."""
        self._table.focus()
        self._keep_looking()

    def on_resize(self) -> None:
        """Put the detail where there is room; where there is none for anything, say so and take no keys."""
        self.set_class(self._too_small, "small")
        self.set_class(self.size.width >= _WIDE_COLUMNS, "wide")
        self._show()

    @property
    def _table(self) -> ItemTable:
        return self.query_one(ItemTable)

    @property
    def _too_small(self) -> bool:
        return self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]

    @property
    def _now(self) -> Now:
        looks = self._looks
        return Now(
            looks.standing,
            self._table.chosen,
            running=self._asks.running,
            busy=self._deeds.busy,
            list_changed=looks.list_changed,
        )

    # Looking and asking.

    @work(group="look")
    async def _keep_looking(self) -> None:
        """Look, show, ask what is due, wait: one look at a time, away from the loop that draws."""
        anew = False
        while True:
            await off_loop(lambda: self._looks.look(anew=anew))  # noqa: B023  # called before the next turn
            self._ask_what_is_due()
            self._show()
            self._begin()
            anew = False
            with contextlib.suppress(TimeoutError):
                anew = await asyncio.wait_for(self._again.wait(), 1 / LOOKS_PER_S)
            self._again.clear()

    def _look_again(self) -> None:
        self._again.set()

    def _ask_what_is_due(self) -> None:
        standing = self._looks.standing
        if standing is None or self._looks.list_changed or self._looks.problem:
            return
        for item in self._asks.due(standing):
            self._ask(item)

    def _ask(self, item: Item) -> None:
        self._asks.take(item)
        self.run_worker(self._ask_one(item), group="ask")

    async def _ask_one(self, item: Item) -> None:
        try:
            await self._asks.ask(item)
        except (GonogoError, OSError) as error:
            self._tell(f"{item.id}: its answer could not be kept: {error}", "error")
        self._look_again()

    def _begin(self) -> None:
        """Go on where a person is wanted first."""
        standing = self._looks.standing
        if self._has_begun or standing is None:
            return
        self._has_begun = True
        if not self._table.choose_next(is_for_person):
            self._table.choose_next(lambda each: not each.is_settled)

    # Showing.

    def _show(self) -> None:
        """Show what is known, and draw only what is another than before."""
        looks, width = self._looks, max(20, self.size.width - 2)
        standing, running = looks.standing, self._asks.running
        title = f"{printable(self._walk.checklist.title)}  {printable(str(self._walk.around.corpus))}"
        if self._too_small:
            title = f"too small: wanted {SMALLEST[0]}x{SMALLEST[1]}; keys rest, q leaves"
        self._put("title", title[:width])
        self._put("verdict", verdict(standing, looks.problem, list_changed=looks.list_changed))
        if standing is not None:
            self._put("counts", counts(standing, len(running), width))
            alarm = alerts(standing, self._deeds.busy)
            self._put("alerts", alarm, layout=True)
            self.set_class(bool(alarm), "alarmed")
            self._table.show(standing.items, running)
        self._show_chosen()

    def _show_chosen(self) -> None:
        each = self._table.chosen
        if self._told.get("chosen") != each:
            self._told["chosen"] = each
            told: RenderableType = "" if each is None else detail(self._walk.checklist, each)
            self.query_one("#about", Static).update(told)
        enabled = tuple(map(self._state_of, self._actions))
        if enabled != self._enabled:  # it draws the whole footer anew
            self._enabled = enabled
            self.refresh_bindings()

    def on_item_table_moved(self) -> None:
        """Tell of the item that the cursor went to."""
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)
        self._show_chosen()

    def _put(self, name: str, content: str | Text, *, layout: bool = False) -> None:
        if self._told.get(name) != content:
            self._told[name] = content
            self.query_one(f"#{name}", Static).update(content, layout=layout)

    # Keys.

    @property
    def _actions(self) -> tuple[str, ...]:
        return tuple(binding.action for binding in self.BINDINGS if isinstance(binding, Binding))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what can do nothing now; a window that is too small does nothing but end."""
        return self._state_of(action) if action in self._actions else True

    def _state_of(self, action: str) -> bool | None:
        if self._too_small:
            return action == "leave"
        return None if why_not(action, self._now) else True

    def refuses(self, key: str) -> bool:
        """Tell whether a key does nothing now, and say why where it is greyed out."""
        if self._too_small or self.focused is not self._table:
            return False
        if self._is_challenging:
            return True  # between two challenges no key is a command
        for binding in self._bindings.key_to_bindings.get(key, ()):
            if binding.action in self._actions and (why := why_not(binding.action, self._now)):
                self._tell(why, "warning")
                return True
        return False

    async def action_answer(self) -> None:
        """Ask for a value; the machine's own items are asked again."""
        each = self._table.chosen
        if each is not None and not each.item.asks_person:
            self.action_check()
        elif each is not None:
            self._answer(each, await self._deeds.ask_value(self._walk.checklist, each))

    @work(group="act")
    async def _answer(self, each: ItemStanding, asked: Asked[str]) -> None:
        """Keep it; challenged, ask for one after the other until the person leaves or an answer is red."""
        self._is_challenging = self._walk.checklist.mode is Mode.CHALLENGE_RESPONSE
        try:
            entry = await self._deeds.answer(each, asked)
            while self._is_challenging and entry is not None and entry.state is State.PASS:
                following = await self._next_challenge()
                if following is None:
                    return
                asked = await self._deeds.ask_value(self._walk.checklist, following)
                entry = await self._deeds.answer(following, asked)
        finally:
            self._is_challenging = False

    async def _next_challenge(self) -> ItemStanding | None:
        await off_loop(lambda: self._looks.look(anew=True))
        self._show()
        found = self._table.choose_next(lambda each: wants_person(each) and not each.waits_for)
        return self._table.chosen if found else None

    def action_check(self) -> None:
        """Ask the machine about the item again."""
        each = self._table.chosen
        if each is not None:
            self._ask(each.item)
            self._show()

    def action_check_all(self) -> None:
        """Ask the machine about everything again."""
        if self._looks.standing is not None:
            for item in self._asks.again(self._looks.standing):
                self._ask(item)
            self._show()

    @work(group="act")
    async def action_sign(self) -> None:
        """Sign the item's answer."""
        each = self._table.chosen
        if each is not None:
            await self._deeds.sign((Shown.of(each),))

    @work(group="act")
    async def action_sign_all(self) -> None:
        """Sign everything that waits for this signer."""
        await self._deeds.sign(None)

    async def action_waive(self) -> None:
        """Let the item pass for a while."""
        each = self._table.chosen
        if each is not None:
            self._waive(each, await self._deeds.ask_waiver(each))

    @work(group="act")
    async def _waive(self, each: ItemStanding, asked: Asked[Waiver]) -> None:
        await self._deeds.waive(each, asked)

    @work(group="act")
    async def action_evidence(self) -> None:
        """Show what the item's answers rest on."""
        each = self._table.chosen
        if each is not None:
            told = await off_loop(lambda: evidence_page(each, self._walk.around.state))
            self.app.push_screen(Page(Text(told)))

    def action_why(self) -> None:
        """Explain the item."""
        each = self._table.chosen
        if each is not None:
            self.app.push_screen(Page(explanation(self._walk.checklist, each)))

    def action_next(self) -> None:
        """Go to the next item that is not settled."""
        if not self._table.choose_next(lambda each: not each.is_settled):
            self._tell("what is not settled is not shown: f and / show others", "warning")

    def action_filter(self) -> None:
        """Show another kind of items."""
        self._table.next_filter()
        self._caption()

    def action_find(self) -> None:
        """Ask for a text that the items must have."""
        self.add_class("finding")
        self.set_focus(self.query_one("#finding", Input))  # at once: what is typed next is for it

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has this text, while it is typed."""
        self._table.find(event.value)
        self._caption()

    def on_input_submitted(self) -> None:
        """Go back to the items that were found."""
        self.set_focus(self._table)
        self.set_class(bool(self._table.text), "finding")

    def action_all(self) -> None:
        """Show all items again."""
        self._table.filter = "all"
        self.query_one("#finding", Input).value = ""
        self.remove_class("finding")
        self._table.find("")
        self._table.focus()
        self._caption()

    def _caption(self) -> None:
        """Say on the table's edge what is left out."""
        table = self._table
        left_out = table.filter != "all" or table.text
        text = f", with {printable(table.text)!r}" if table.text else ""
        table.border_subtitle = Text(f"{table.filter}{text}: {table.shown} shown; Escape shows all") if left_out else ""
        table.set_class(bool(left_out), "filtered")

    def action_keys(self) -> None:
        """Show what every key does."""
        self.app.push_screen(Page(help_page()))

    def action_leave(self) -> None:
        """Close the console."""
        self.app.exit()

    def _tell(self, text: str, severity: SeverityLevel) -> None:
        tell(self, text, severity)
