"""What keys do: one row of a table is dispatch, footer, palette, help and documentation at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from textual.binding import Binding, BindingType

from app.console.key_names import WRITTEN, spelt, written


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that an operator can do; it is the same one whichever keys it is bound to."""

    id: str
    """``room.name``: what documentation, tests and a keymap call it."""
    keys: str = field(compare=False)
    """Textual's names of its keys, with commas between them; "" where only the palette has it."""
    does: str
    """Textual's action: ``pause``, or ``workers(1)``."""
    label: str
    """One or two words, for the footer."""
    tells: str
    """One sentence, for the palette, the help and the documentation."""
    shown_as: str = field(default="", compare=False)
    """How its key is written; "" for as Textual writes the first one."""
    footer: bool = True
    """Shown in the footer; there is room for few."""
    changes: bool = False
    """It acts on the world: refused where the console may only look."""

    @property
    def name(self) -> str:
        """The action without its arguments."""
        return self.does.partition("(")[0]

    @property
    def arguments(self) -> tuple[object, ...]:
        """Its arguments: numbers alone."""
        inner = self.does.partition("(")[2].removesuffix(")")
        return tuple(int(each) for each in inner.split(",")) if inner else ()

    @property
    def key(self) -> str:
        """How its key is written; "" for none."""
        shown = self.shown_as or self.keys.partition(",")[0]
        return WRITTEN.get(shown, shown)

    def bound(self, names: Sequence[str]) -> Action:
        """Return it with other keys, all of which are written wherever its keys are told."""
        return replace(self, keys=",".join(names), shown_as=" ".join(map(written, names)))

    def spelt(self) -> Action:
        """Return it with its key in letters, for terminals that have no sign for it."""
        return replace(self, shown_as=spelt(self.key))

    def binding(self) -> Binding:
        """Return it as Textual dispatches it."""
        return Binding(
            self.keys,
            self.does,
            self.label,
            show=self.footer,
            key_display=self.key.partition(" ")[0],
            tooltip=self.tells,
            id=self.id,
        )


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """Return the bindings of those that have a key."""
    return [action.binding() for action in actions if action.keys]
