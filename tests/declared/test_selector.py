"""What -l selects among manifests: the same as for kubectl."""

from __future__ import annotations

import pytest

from tui.clean import PlainError
from tui.declared.selector import selector_of

WEB = {"app": "web", "tier": "front", "shop.io/rev": "7"}
SELECTED = {
    "": True,
    "app=web": True,
    "app==web": True,
    " app = web , tier ": True,
    "app=api": False,
    "app!=api": True,
    "app!=web": False,
    "none!=web": True,
    "app in (api, web)": True,
    "app in (api),tier": False,
    "app notin (api,db)": True,
    "app notin (web)": False,
    "none notin (web)": True,
    "none in ()": False,
    "tier": True,
    "none": False,
    "!none": True,
    "! tier": False,
    "shop.io/rev>6": True,
    "shop.io/rev<7": False,
    "app>6": False,
    "app=": False,
}


@pytest.mark.parametrize("selector", SELECTED)
def test_a_selector_selects_as_for_kubectl(selector: str) -> None:
    assert selector_of(selector)(WEB) is SELECTED[selector]


@pytest.mark.parametrize("selector", ["app in (", "app=web,", "=web", "app web", "app>much", "app in web"])
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(PlainError, match="this is no label selector"):
        selector_of(selector)
