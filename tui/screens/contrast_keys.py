"""What becomes of a key on the contrast screen: past the safety catch to the session."""

from __future__ import annotations

from tui.chaos.contrast import Stroke
from tui.screens.chaos_keys import ChaosKeys
from tui.screens.contrast import ContrastScreen
from tui.session.session import Session

Asked = (
    ContrastScreen.StartAsked
    | ContrastScreen.EndAsked
    | ContrastScreen.StrokeAsked
    | ContrastScreen.ReapplyAsked
    | ContrastScreen.DayAsked
    | ContrastScreen.IntervalAsked
)


def do(asked: Asked, session: Session, keys: ChaosKeys) -> None:
    """Has it done, where the context is armed; else asks to arm it first. To end it, nothing has to be armed."""
    match asked:
        case ContrastScreen.EndAsked():
            session.contrast.stop()
        case ContrastScreen.StartAsked():
            if keys.consent("start the contrast", "s"):
                session.contrast.start()
        case ContrastScreen.StrokeAsked():
            if keys.consent(f"{asked.stroke} both copies", asked.key):
                session.contrast.strike(Stroke(asked.stroke))
        case ContrastScreen.ReapplyAsked():
            if keys.consent(f"re-apply {asked.copy}", asked.key):
                session.contrast.reapply(asked.copy)
        case ContrastScreen.DayAsked():
            if asked.day_s is None or keys.consent("have it happen thirty times a day", "t", once=False):
                session.contrast.keep_day(asked.day_s)
        case ContrastScreen.IntervalAsked():
            if asked.every_s is None or keys.consent(
                "re-apply the bare pod again and again", "l", once=False
            ):
                session.contrast.keep_applying(asked.every_s)
