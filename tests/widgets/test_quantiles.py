"""Percentiles by group: the figures are there at every width, the bars share one scale."""

from __future__ import annotations

import pytest

from tui.widgets.quantiles import Quantiles, Spread
from tui.widgets.runs import plain

SPREADS = (
    Spread("shop/payments", 4, 20.0, 40.0, "20 s", "40 s"),
    Spread("shop/web", 1200, 2.0, 5.0, "2.0 s", "5.0 s"),
    Spread("shop/api", 1, 1.0, 1.0, "1.0 s", "1.0 s"),
)


def rows(width: int, height: int) -> list[str]:
    widget = Quantiles("BY DEPLOYMENT")
    widget.set_reactive(Quantiles.spreads, SPREADS)
    return [plain(line).rstrip() for line in widget.lines(width, height)]


@pytest.mark.parametrize("width", [38, 60, 100])
def test_the_figures_stand_under_their_heads_at_every_width(width: int) -> None:
    header, *groups = rows(width, 6)
    assert header.startswith("BY DEPLO")
    for head, figures in (("HEALS", ("4", "1,200", "1")), ("P50", ("20 s", "2.0 s", "1.0 s"))):
        edge = header.index(head) + len(head)
        assert all(line[:edge].endswith(figure) for line, figure in zip(groups, figures, strict=True))
    assert all(len(line) <= width for line in (header, *groups))


def test_the_bars_share_one_scale() -> None:
    _, payments, web, api = rows(90, 6)
    assert abs(payments.count("▇") - payments.count("░")) <= 1, "20 s are half of 40 s"
    assert payments.count("░") > 8
    assert 0 < web.count("▇") < web.count("▇") + web.count("░") < payments.count("▇")
    assert (api.count("▇"), api.count("░")) == (1, 0)


def test_groups_that_do_not_fit_are_counted() -> None:
    assert rows(60, 3)[1].startswith("shop/payments")
    assert rows(60, 3)[2] == "+2 more"
