"""What each screen shows, and what is to be learnt from it: the words of the help, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """`question` is what the screen answers, `shows` how, and `learn` what to take home."""

    question: str
    shows: str
    learn: str


FLEET = About(
    "Fleet: is anything not as it was asked to be?",
    "Desired is what was asked for: the spec. Actual is what there is: the pods. A row a Deployment, those with a "
    "gap on top, and why.",
    "Nobody has to notice: loops compare both for ever, and act where they differ. Delete a pod and watch them.",
)
DEPLOYMENT = About(
    "Deployment: how does the gap close?",
    "What it owns, its pods over time, the loops that act on it, and the story of who did what, on which evidence.",
    "No loop commands another. Each reads what is there, takes the smallest step, and waits: together they heal.",
)
HEALS = About(
    "Heals: where did the time go?",
    "Every gap since the start, newest first, cut into its phases; below, how long half of them took, and 19 of 20.",
    "Noticing takes almost no time, starting a pod most of it: a heal is as quick as your image and your probe. "
    "A lost node is noticed late.",
)
CHAOS = About(
    "Chaos: what would it do, and how is it undone?",
    "Every fault with its exact victims, writes, rights and undo before anything is sent; below, what goes on.",
    "A lost pod is replaced by itself. An edit stays: it is the new desired state, until somebody undoes it.",
)
DRIFT = About(
    "Drift: is what was asked for still what was declared?",
    "DRIFT counts the fields of --manifests that the spec holds otherwise, with who wrote them, and when.",
    "Gap and drift are two distances. Controllers close the gap; they hold the drift. Only an apply brings back what "
    "was declared: yours, or a loop that applies for ever. Two such loops on one field are a tug of war.",
)
CONTRAST = About(
    "Contrast: once against for ever",
    "The same service twice, under the same faults: a bare pod that was applied once, and a Deployment. Uptime, gap, "
    "drift and the times that a person had to act count up side by side.",
    "A kubelet restarts what crashes in both; only a loop replaces what is gone. Apply the bare pod every few seconds, "
    "and you have built such a loop yourself. A wrong image stays in both: no controller knows what you declared.",
)
