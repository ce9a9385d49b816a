"""The screen of one list: GO or not and why, every item, and what there is to know of the one under the cursor."""

from __future__ import annotations

import signal
from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import Input, Static

from app.console.actions import Action, bindings
from app.console.checklist.asks import Asks
from app.console.checklist.deeds import Asked, Deeds
from app.console.checklist.evidence import evidence_page
from app.console.checklist.hand import Hand, Shown
from app.console.checklist.keys import KEYS
from app.console.checklist.looks import Looks
from app.console.checklist.prompts import Waiver
from app.console.checklist.reasons import Now, others_shown_by, why_not
from app.console.checklist.table import ItemTable
from app.console.checklist.words import alerts, counts, detail, explanation, is_for_person, verdict, wants_person
from app.console.frame import Frame
from app.console.modals import Page
from engine.checklist.answers import State
from engine.checklist.item_standing import ItemStanding
from engine.checklist.lists import Item, Mode
from engine.checklist.walk import Walk
from engine.errors import GonogoError, printable
from engine.run.off_loop import off_loop


class ChecklistScreen(Frame):
    """Walks one list.

    Args:
        walk: the list in its corpus.
        hand: whoever sits here.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = KEYS
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEYS)
    TAB: ClassVar[str] = "checklists"

    def __init__(self, walk: Walk, hand: Hand) -> None:
        super().__init__()
        self._walk = walk
        self._hand = hand
        self._looks = Looks(walk)
        self._asks = Asks(walk)
        self._deeds = Deeds(self, hand, self._look_again)
        self._anew = False
        self._has_begun = False
        self._is_challenging = False
        self._chosen: ItemStanding | None = None

    def compose_body(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="counts", markup=False)
        yield Static(id="alerts", markup=False)
        with Container(id="middle"):
            yield ItemTable(id="items")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield Input(id="finding", classes="line", compact=True, select_on_focus=False)

    def home(self) -> None:
        """Begin at the items."""
        self._table.focus()

    @property
    def _table(self) -> ItemTable:
        return self.query_one(ItemTable)

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

    async def look(self) -> bool:
        """Look, and ask the machine what is due."""
        anew, self._anew = self._anew, False
        await off_loop(lambda: self._looks.look(anew=anew))
        if not self._may_only_look:
            self._ask_what_is_due()
        return False

    def _look_again(self) -> None:
        self._anew = True
        self.look_again()

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
            self.tell(f"{item.id}: its answer could not be kept: {error}", "error")
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

    def heading(self) -> str:
        """Name the list and its corpus."""
        return f"{self._walk.checklist.title}  {self._walk.around.corpus}"

    def status(self) -> Text:
        """Say GO or NO-GO, and why."""
        looks = self._looks
        return verdict(looks.standing, looks.problem, list_changed=looks.list_changed)

    def show(self) -> None:
        """Show what is known, and draw only what is another than before."""
        standing, running = self._looks.standing, self._asks.running
        if standing is not None:
            self.put("counts", counts(standing, len(running), max(20, self.size.width - 2)))
            alarm = alerts(standing, self._deeds.busy)
            self.put("alerts", alarm, layout=True)
            self.set_class(bool(alarm), "alarmed")
            self._table.show(standing.items, running)
        self._show_chosen()
        self._begin()

    def _show_chosen(self) -> None:
        each = self._table.chosen
        if each != self._chosen:
            self._chosen = each
            told: RenderableType = "" if each is None else detail(self._walk.checklist, each)
            self.query_one("#about", Static).update(told)
        self.enable()

    def on_item_table_moved(self) -> None:
        """Tell of the item that the cursor went to."""
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)
        self._show_chosen()

    # Keys.

    def why_not(self, action: str) -> str:
        """Say why a key can do nothing now."""
        return why_not(action, self._now)

    @property
    def takes_no_keys(self) -> bool:
        """Between two challenges no key is a command."""
        return self._is_challenging

    def takes(self, which: signal.Signals) -> bool:
        """Leave Ctrl-C at the question for a passphrase to ssh-keygen alone."""
        return which is signal.SIGINT and self._hand.is_typing

    def let_go(self) -> None:
        """End a question for a passphrase."""
        self._hand.let_go()

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
        self.draw()
        found = self._table.choose_next(lambda each: wants_person(each) and not each.waits_for)
        return self._table.chosen if found else None

    def action_check(self) -> None:
        """Ask the machine about the item again."""
        each = self._table.chosen
        if each is not None:
            self._ask(each.item)
            self.draw()

    def action_check_all(self) -> None:
        """Ask the machine about everything again."""
        if self._looks.standing is not None:
            for item in self._asks.again(self._looks.standing):
                self._ask(item)
            self.draw()

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
            self.tell(f"what is not settled is not shown: {others_shown_by()}", "warning")

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
