"""The cluster that is made ready, asked over a connection."""

from __future__ import annotations

import pytest

from tests.scripted import Reply, ScriptedApi
from tui.cluster.errors import ClusterError
from tui.workshop.target import ClusterTarget


@pytest.mark.parametrize("said", [{}, "<html>starting</html>"], ids=["{}", "html"])
async def test_what_answers_before_the_api_server_does_has_no_nodes_and_is_one_line(said: object) -> None:
    async with ScriptedApi([Reply(said)]) as api:
        with pytest.raises(ClusterError, match="its Node list is no list"):
            await ClusterTarget(api.connection).nodes()
